/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of Alpine Linux in their order. */
#include "sensor/apk.h"

#include "../check.h"

#include "base/ban.h"

/* Each before the next. */
static const char *const rising[] = {
	"0.9",	     "1.0_alpha", "1.0_alpha1",	 "1.0_beta",  "1.0_pre2", "1.0_rc1",  "1.0_rc1_p1",
	"1.0_rc2",   "1.0",	  "1.0-r0",	 "1.0-r1",    "1.0-r10",  "1.0_cvs1", "1.0_git9",
	"1.0_git10", "1.0_hg1",	  "1.0_p1",	 "1.0_p1-r3", "1.0a",	  "1.0b",     "1.0b-r1",
	"1.0.0",     "1.0.1",	  "1.05",	 "1.1",	      "1.9.9",	  "1.10",     "1.10~ab12cd",
	"2",	     "10.0",	  "20230101-r0", "20260801",
};
#define RISING (sizeof(rising) / sizeof(rising[0]))

static int compare(const char *a, const char *b)
{
	return yg_apk_compare(yg_bytes_str(a), yg_bytes_str(b));
}

static void order(void)
{
	for (size_t i = 0; i < RISING; i++)
		for (size_t j = 0; j < RISING; j++) {
			int found = compare(rising[i], rising[j]);

			if ((found > 0) - (found < 0) != (i > j) - (i < j))
				fprintf(stderr, "%s, %s: %d\n", rising[i], rising[j], found);
			CHECK((found > 0) - (found < 0) == (i > j) - (i < j));
		}
}

static void no_versions(void)
{
	CHECK(compare("", "") == 0 && compare("1", "") > 0 && compare("x", "1") < 0);
	CHECK(compare("1.0_what", "1.0_that") == 0);
	CHECK(compare("1.18446744073709551617", "1.1") > 0);
}

static const struct check_case cases[] = {CASE(order), CASE(no_versions)};

int main(void)
{
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
