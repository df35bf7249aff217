/* SPDX-License-Identifier: Apache-2.0 */
/* Noise removal: which step takes what, why, and what lists may hold. */
#include "correlate/noise.h"

#include "../check.h"
#include "correlate/bundle.h"

#include "base/ban.h"

#define ALL 30u

static struct yg_noise_alert alert;
static char why[YG_NOISE_WHY_MAX];

static void begin(void)
{
	alert = (struct yg_noise_alert){.org = YG_S("acme"),
					.rule = YG_S("r1"),
					.actor = YG_S("203.0.113.5"),
					.reason = YG_S("status 404: there is nothing at this path"),
					.level = YG_LEVEL_HIGH,
					.kind = YG_KIND_PATTERN,
					.outcome = YG_OUTCOME_UNKNOWN,
					.time_ns = INT64_C(1763712000000000000)}; /* 2025-11-21 */
}

static void steps_take_what_they_say(void)
{
	struct yg_noise_lists *lists;

	CHECK(yg_noise_lists_new(&lists) == YG_OK);
	begin();
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_KEPT && why[0] == '\0');
	alert.outcome = YG_OUTCOME_ATTEMPT;
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_MITIGATED);
	CHECK_TEXT(yg_bytes_str(why), "status 404: there is nothing at this path");
	CHECK(yg_noise_judge(lists, ALL & ~(1u << YG_NOISE_MITIGATED), &alert, why) ==
	      YG_NOISE_KEPT);
	alert.kind = YG_KIND_BEHAVIOUR; /* it goes on */
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_KEPT);
	alert.level = YG_LEVEL_LOW;
	alert.outcome = YG_OUTCOME_UNKNOWN;
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_RECON);
	alert.outcome = YG_OUTCOME_POSSIBLE;
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_KEPT);
	lists = yg_noise_lists_free(lists);
}

static void a_scanner_that_got_in_stays(void)
{
	struct yg_noise_lists *lists;
	struct yg_line_fault fault = {0};
	uint32_t scanners, allowed;

	begin();
	CHECK(yg_noise_lists_new(&lists) == YG_OK);
	CHECK(yg_noise_add_scanners(lists,
				    YG_S("[{\"ip\":\"203.0.113.5\",\"scanner\":\"Surveyor\","
					 "\"last_seen\":\"2026-03-30\"},"
					 "{\"ip\":\"2001:DB8::1\",\"scanner\":\"Other\"}]"),
				    &fault) == YG_OK);
	yg_noise_lists_ready(lists);
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_SCANNER);
	CHECK_TEXT(yg_bytes_str(why), "Surveyor, 2026-03-30");
	alert.outcome = YG_OUTCOME_POSSIBLE;
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_KEPT);
	begin();
	alert.actor = YG_S("2001:db8::1");
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_SCANNER);
	/* All or nothing. */
	CHECK(yg_noise_add_scanners(lists,
				    YG_S("[{\"ip\":\"203.0.113.6\",\"scanner\":\"S\"},{\"ip\":7}]"),
				    &fault) == YG_EFORMAT);
	CHECK(strstr(fault.msg, "entry 2") != NULL);
	CHECK(yg_noise_add_scanners(lists, YG_S("{}"), &fault) == YG_EFORMAT);
	CHECK(yg_noise_add_scanners(lists, YG_S("[{"), &fault) == YG_EFORMAT);
	yg_noise_lists_count(lists, &scanners, &allowed);
	CHECK(scanners == 2 && allowed == 0);
	lists = yg_noise_lists_free(lists);
}

static void what_is_allowed_ends(void)
{
	const struct yg_bytes head[] = {YG_S("Org"), YG_S("rule"), YG_S("actor"), YG_S("until"),
					YG_S("reason")};
	const struct yg_bytes good[] = {YG_S("acme"), YG_S(""), YG_S("203.0.113.5"),
					YG_S("2025-11-21"), YG_S("agreed test")};
	const struct yg_bytes bad[] = {YG_S("acme"), YG_S(""), YG_S(""), YG_S(""), YG_S("all")};
	const struct yg_table_row rows[] = {{good, 5, 2}, {bad, 5, 3}};
	struct yg_table table = {.header = {head, 5, 1}, .rows = rows, .row_count = 2};
	struct yg_line_fault fault = {0};
	struct yg_noise_lists *lists;
	uint32_t scanners, allowed;

	begin();
	alert.outcome = YG_OUTCOME_POSSIBLE; /* a person said so */
	CHECK(yg_noise_lists_new(&lists) == YG_OK);
	CHECK(yg_noise_add_table(lists, true, &table, &fault) == YG_EFORMAT && fault.line == 3);
	yg_noise_lists_count(lists, &scanners, &allowed);
	CHECK(allowed == 0);
	table.row_count = 1;
	CHECK(yg_noise_add_table(lists, true, &table, &fault) == YG_OK);
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_ALLOWED);
	CHECK_TEXT(yg_bytes_str(why), "agreed test");
	alert.org = YG_S("rival");
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_KEPT);
	begin();
	alert.time_ns += 86400 * YG_NS_PER_S; /* the day after its last */
	CHECK(yg_noise_judge(lists, ALL, &alert, why) == YG_NOISE_KEPT);
	lists = yg_noise_lists_free(lists);
}

static unsigned keys_of(const char *actor, const char *target, enum yg_attack_field field,
			enum yg_outcome outcome, struct yg_bundle_key *keys)
{
	const struct yg_bundle_alert a = {.org = YG_S("acme"),
					  .rule = YG_S("r"),
					  .title = YG_S("T"),
					  .actor = yg_bytes_str(actor),
					  .target = yg_bytes_str(target),
					  .field = field,
					  .outcome = outcome};
	struct yg_bundle_key pattern;

	return yg_bundle_keys(&a, keys, &pattern);
}

static void names_that_everybody_has_tie_nobody(void)
{
	struct yg_bundle_key a[YG_BUNDLE_KEYS_MAX], b[YG_BUNDLE_KEYS_MAX];

	CHECK(keys_of("203.0.113.5", "sato", YG_ATTACK_SIGN_IN, YG_OUTCOME_ATTEMPT, a) == 1);
	CHECK(keys_of("203.0.113.5", "sato", YG_ATTACK_SIGN_IN, YG_OUTCOME_POSSIBLE, a) == 2);
	CHECK(keys_of("203.0.113.5", "root", YG_ATTACK_SIGN_IN, YG_OUTCOME_POSSIBLE, b) == 1);
	CHECK(keys_of("203.0.113.5", "/sato", YG_ATTACK_WEB, YG_OUTCOME_POSSIBLE, b) == 1);
	CHECK(keys_of("pc-7", "EXAMPLE\\Sato", YG_ATTACK_ENDPOINT, YG_OUTCOME_UNKNOWN, b) == 2);
	CHECK(memcmp(a[1].key, b[1].key, YG_BUNDLE_KEY_BYTES) == 0);
	CHECK_TEXT(yg_bytes_str(b[1].value), "Sato");
	CHECK(keys_of("NT AUTHORITY\\SYSTEM", "", YG_ATTACK_ENDPOINT, YG_OUTCOME_UNKNOWN, b) == 0);
	CHECK(keys_of("10.0.0.5", "", YG_ATTACK_ENDPOINT, YG_OUTCOME_UNKNOWN, b) == 1);
	CHECK(b[0].tie == YG_TIE_ENTITY);
	CHECK(yg_bundle_is_outside(YG_S("203.0.113.5")) &&
	      yg_bundle_is_outside(YG_S("2001:db8::1")));
	CHECK(!yg_bundle_is_outside(YG_S("192.168.1.1")) && !yg_bundle_is_outside(YG_S("fe80::1")));
	CHECK(!yg_bundle_is_outside(YG_S("::ffff:10.0.0.1")) &&
	      yg_bundle_is_outside(YG_S("::ffff:203.0.113.5")));
	CHECK(!yg_bundle_is_outside(YG_S("::1")) && !yg_bundle_is_outside(YG_S("pc-7")));
}

static const struct check_case cases[] = {
	CASE(steps_take_what_they_say),
	CASE(a_scanner_that_got_in_stays),
	CASE(what_is_allowed_ends),
	CASE(names_that_everybody_has_tie_nobody),
};
CHECK_MAIN(cases)
