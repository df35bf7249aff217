/* SPDX-License-Identifier: Apache-2.0 */
/* Markings: each name comes back, in every spelling that occurs; nothing unmarked is looser. */
#include "model/marking.h"

#include "../check.h"

#include "base/ban.h"

static void names(void)
{
	enum yg_tlp tlp;
	enum yg_pap pap;
	enum yg_certainty certainty;

	for (unsigned i = 1; i < YG_TLP_COUNT; i++)
		CHECK(yg_tlp_by_name(yg_bytes_str(yg_tlp_name(i)), &tlp) && tlp == i);
	for (unsigned i = 1; i < YG_PAP_COUNT; i++)
		CHECK(yg_pap_by_name(yg_bytes_str(yg_pap_name(i)), &pap) && pap == i);
	for (unsigned i = 0; i < YG_CERTAINTY_COUNT; i++) {
		CHECK(yg_certainty_by_name(yg_bytes_str(yg_certainty_name(i)), &certainty) &&
		      certainty == i);
		CHECK(yg_certainty_text(i)[0]);
	}
	CHECK(yg_tlp_by_name(YG_S(" TLP:Amber+Strict "), &tlp) && tlp == YG_TLP_AMBER_STRICT);
	CHECK(yg_tlp_by_name(YG_S("amber-strict"), &tlp) && tlp == YG_TLP_AMBER_STRICT);
	CHECK(yg_tlp_by_name(YG_S("tlp:white"), &tlp) && tlp == YG_TLP_CLEAR);
	CHECK(!yg_tlp_by_name(YG_S(""), &tlp) && !yg_tlp_by_name(YG_S("TLP:"), &tlp));
	CHECK(!yg_tlp_by_name(YG_S("amberish"), &tlp) &&
	      !yg_pap_by_name(YG_S("amber+strict"), &pap));
	CHECK(!yg_certainty_by_name(YG_S("machin"), &certainty));
}

static void stricter(void)
{
	for (unsigned a = 0; a < YG_TLP_COUNT; a++) {
		for (unsigned b = 0; b < YG_TLP_COUNT; b++) {
			enum yg_tlp both = yg_tlp_stricter(a, b);

			CHECK(both == yg_tlp_stricter(b, a));
			CHECK(both >= a && both >= b &&
			      (both == a || both == b || both == YG_TLP_RED));
			CHECK((a && b) || both == YG_TLP_RED);
		}
	}
	for (unsigned a = 0; a < YG_PAP_COUNT; a++) {
		for (unsigned b = 0; b < YG_PAP_COUNT; b++) {
			enum yg_pap both = yg_pap_stricter(a, b);

			CHECK(both == yg_pap_stricter(b, a) && both >= a && both >= b);
			CHECK((a && b) || both == YG_PAP_RED);
		}
	}
}

static const struct check_case cases[] = {CASE(names), CASE(stricter)};
CHECK_MAIN(cases)
