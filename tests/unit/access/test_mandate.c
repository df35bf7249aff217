/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "base/ban.h"

static char id[YG_RANDOM_ID_HEX + 1];
static struct yg_mandate last;
static unsigned listed;

static int see(void *arg, const struct yg_mandate *mandate)
{
	(void)arg;
	listed++;
	last = *mandate;
	return YG_OK;
}

static void given_and_ended(void)
{
	char expected[200];
	struct yg_hub_actor tanaka;
	struct yg_hub_reach reach;
	struct yg_access *open;

	hub_start();
	add_org("acme");
	add_org("other");
	add_org("msp");
	tanaka = person("tanaka", "provider:msp");
	CHECK(ask(&tanaka, "acme", YG_MAY_read_findings) == YG_ENOENT);
	CHECK(give_mandate("acme", "msp", BIT(read_findings) | BIT(read_mandates), id) == YG_OK);
	open = open_as(&tanaka, "acme", YG_MAY_read_findings);
	(void)snprintf(expected, sizeof(expected), "person:%s by msp/%s", tanaka.person, id);
	CHECK_TEXT(yg_bytes_str(yg_access_actor(open)), expected);
	CHECK_TEXT(yg_bytes_str(yg_access_org(open)), "acme");
	CHECK(ask(&tanaka, "acme", YG_MAY_read_records) == YG_EACCES); /* not in the mandate */
	CHECK(ask(&tanaka, "other", YG_MAY_read_findings) == YG_ENOENT);
	CHECK(ask(&tanaka, "msp", YG_MAY_read_findings) == YG_OK); /* its own house */
	CHECK(yg_hub_reach(hub, &tanaka, YG_MAY_read_findings, &reach) == YG_OK);
	CHECK(!reach.is_all && reach.count == 2);
	yg_hub_reach_done(&reach);
	/* The member ends it: at once, also what was open. */
	CHECK(end_mandate("other", id) == YG_ENOENT);
	CHECK(end_mandate("acme", id) == YG_OK && end_mandate("acme", id) == YG_OK);
	CHECK(yg_access_last_change(open, &(uint64_t){0}) == YG_ENOENT);
	CHECK(ask(&tanaka, "acme", YG_MAY_read_findings) == YG_ENOENT);
	(void)yg_access_free(open);
	hub_end();
}

/* What asking for acme's findings gives one who signs in now. */
static int ask_now(void)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	struct yg_hub_actor tanaka;

	MUST(sign_in("tanaka", true, true, token) == YG_SIGN_IN_DONE);
	MUST(yg_hub_by_session(hub, yg_bytes_str(token), &tanaka) == YG_OK);
	return ask(&tanaka, "acme", YG_MAY_read_findings);
}

static void by_its_day(void)
{
	int32_t last_day = yg_day_read(YG_S("2027-03-31"));

	hub_start();
	add_org("acme");
	add_org("msp");
	(void)person("tanaka", "provider:msp");
	CHECK(give_mandate("acme", "msp", BIT(read_findings), id) == YG_OK);
	while (yg_day_of_time(now_ns, 9 * 3600) < last_day) {
		CHECK(ask_now() == YG_OK);
		now_ns += DAY_NS;
	}
	now_ns += 12 * HOUR_NS - 1; /* the last moment of that day in Japan */
	CHECK(ask_now() == YG_OK);
	now_ns++;
	CHECK(ask_now() == YG_ENOENT);
	hub_end();
}

static void refusals(void)
{
	struct yg_mandate wish = {.provider = "msp",
				  .signed_by = "Sato",
				  .rights = BIT(read_findings),
				  .signed_day = yg_day_read(YG_S("2026-11-20")),
				  .last_day = yg_day_read(YG_S("2027-03-31"))};
	struct yg_mandate bad;
	struct yg_hub_actor tanaka;
	struct yg_hub_actor sato;
	struct yg_access *by;
	struct yg_access *held;

	hub_start();
	add_org("acme");
	add_org("msp");
	add_org("msp2");
	tanaka = person("tanaka", "provider:msp");
	sato = person("sato", "member:acme");
	by = open_as(&sato, "acme", YG_MAY_write_mandates);
	bad = wish;
	bad.rights |= BIT(write_mandates);
	CHECK(yg_mandate_give(by, &bad, id) == YG_EINVAL); /* what no provider can have */
	bad = wish;
	bad.signed_by[0] = '\0';
	CHECK(yg_mandate_give(by, &bad, id) == YG_EINVAL);
	bad = wish;
	bad.last_day = YG_DAY_NONE;
	CHECK(yg_mandate_give(by, &bad, id) == YG_EINVAL);
	bad = wish;
	bad.signed_day = yg_day_read(YG_S("2026-11-26"));
	CHECK(yg_mandate_give(by, &bad, id) == YG_EINVAL);
	bad = wish;
	memcpy(bad.provider, "acme", 5);
	CHECK(yg_mandate_give(by, &bad, id) == YG_EINVAL);
	memcpy(bad.provider, "none", 5);
	CHECK(yg_mandate_give(by, &bad, id) == YG_ENOENT);
	CHECK(yg_mandate_give(by, &wish, id) == YG_OK);
	CHECK(ask(&tanaka, "acme", YG_MAY_write_mandates) == YG_EACCES);
	(void)yg_access_free(by);
	by = open_as(&sato, "acme", YG_MAY_read_mandates);
	listed = 0;
	CHECK(yg_mandate_list(by, see, NULL) == YG_OK && listed == 1);
	CHECK(strcmp(last.signed_by, "Sato") == 0 && last.ended_ns == YG_TIME_NONE);
	(void)yg_access_free(by);
	/* The provider gives it back; another one has nothing to give. */
	held = open_as(&tanaka, "msp", YG_MAY_read_mandates);
	listed = 0;
	CHECK(yg_mandate_list(held, see, NULL) == YG_OK && listed == 1);
	by = open_as(&root, "msp2", YG_MAY_read_mandates);
	CHECK(yg_mandate_end(by, "acme", id) == YG_ENOENT);
	CHECK(yg_mandate_end(held, "acme", id) == YG_OK);
	CHECK(yg_mandate_list(held, see, NULL) == YG_OK && last.ended_ns == now_ns);
	(void)yg_access_free(by);
	(void)yg_access_free(held);
	hub_end();
}

/* What the own role allows is not done by mandate, and says so. */
static void two_ways(void)
{
	struct yg_hub_actor tanaka;
	struct yg_access *open;

	hub_start();
	add_org("acme");
	add_org("msp");
	tanaka = person("tanaka", "provider:msp member:acme");
	CHECK(give_mandate("acme", "msp", BIT(read_findings), id) == YG_OK);
	open = open_as(&tanaka, "acme", YG_MAY_read_findings);
	CHECK(strstr(yg_access_actor(open), " by ") == NULL);
	CHECK(end_mandate("acme", id) == YG_OK);
	CHECK(yg_access_last_change(open, &(uint64_t){0}) == YG_OK);
	(void)yg_access_free(open);
	hub_end();
}

static const struct check_case cases[] = {CASE(given_and_ended), CASE(by_its_day), CASE(refusals),
					  CASE(two_ways)};
CHECK_MAIN(cases)
