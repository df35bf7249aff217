/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relations of random declarations against a reference of arrays: who sees which, what is
 * confirmed, and that nothing answers for what is not the own.
 */
#include "access/members.h"

#include "hub_help.h"

#include "base/ban.h"

#define ORGS	6u
#define STEPS	1500u
#define NAME(i) names[i]

static const char *const names[ORGS] = {"a", "b", "c", "d", "e", "zz-elsewhere"};
static struct yg_hub_actor people[ORGS]; /* the last one is not at this hub */
static uint64_t seed;

struct known {
	bool is_there;
	uint8_t answers;
	enum yg_naming naming;
	bool said[2]; /* by supplier, by buyer */
	bool open[2];
};
static struct known known[ORGS][ORGS];

static uint32_t next(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % below);
}

static int say(uint32_t who, uint32_t supplier, uint32_t buyer)
{
	struct yg_access *by = open_as(&people[who], NAME(who), YG_MAY_write_relations);
	struct yg_supply wish = {.answers = (uint8_t)next(3), .naming = (enum yg_naming)next(4)};
	bool analysts = next(2);
	struct known *to = &known[supplier][buyer];
	int rc;

	(void)snprintf(wish.supplier, sizeof(wish.supplier), "%s", NAME(supplier));
	(void)snprintf(wish.buyer, sizeof(wish.buyer), "%s", NAME(buyer));
	rc = yg_supply_say(by, &wish, analysts);
	(void)yg_access_free(by);
	if (rc != YG_OK)
		return rc;
	if (!to->is_there)
		*to = (struct known){.is_there = true, .naming = YG_NAMING_ASK};
	if (to->answers != wish.answers)
		to->said[0] = to->said[1] = false;
	to->answers = wish.answers;
	to->said[who != supplier] = true;
	to->open[who != supplier] = analysts;
	if (who == supplier && wish.naming < YG_NAMING_COUNT)
		to->naming = wish.naming;
	return YG_OK;
}

static int end(uint32_t who, uint32_t supplier, uint32_t buyer)
{
	struct yg_access *by = open_as(&people[who], NAME(who), YG_MAY_write_relations);
	int rc = yg_supply_end(by, NAME(supplier), NAME(buyer));

	(void)yg_access_free(by);
	if (rc == YG_OK)
		known[supplier][buyer] = (struct known){0};
	return rc;
}

static bool agrees(const struct yg_supply *supply, const struct known *want)
{
	return want->is_there && supply->answers == want->answers &&
	       supply->naming == want->naming &&
	       (supply->by_supplier_ns != YG_TIME_NONE) == want->said[0] &&
	       (supply->by_buyer_ns != YG_TIME_NONE) == want->said[1] &&
	       yg_supply_is_confirmed(supply) == (want->said[0] && want->said[1]) &&
	       yg_supply_is_seen(supply) ==
		       (want->said[0] && want->said[1] && want->open[0] && want->open[1]);
}

struct seen {
	uint32_t count;
	uint32_t wrong;
	char last[YG_SUPPLY_PLACE + 1];
};

static uint32_t index_of(const char *name)
{
	for (uint32_t i = 0; i < ORGS; i++)
		if (strcmp(NAME(i), name) == 0)
			return i;
	abort();
}

static int see(void *arg, const struct yg_supply *supply, const char *place)
{
	struct seen *seen = arg;

	seen->count++;
	seen->wrong += !agrees(supply, &known[index_of(supply->supplier)][index_of(supply->buyer)]);
	(void)snprintf(seen->last, sizeof(seen->last), "%s", place);
	return YG_OK;
}

/* All pages of @limit of what @actor sees at @org. */
static struct seen list(const struct yg_hub_actor *actor, const char *org, uint32_t limit)
{
	struct yg_access *by = open_as(actor, org, YG_MAY_read_relations);
	struct seen all = {0};
	uint32_t before;

	do {
		char after[YG_SUPPLY_PLACE + 1];

		before = all.count;
		memcpy(after, all.last, sizeof(after));
		MUST(yg_supply_list(by, after, limit, see, &all) == YG_OK);
	} while (limit > 0 && all.count - before == limit);
	(void)yg_access_free(by);
	return all;
}

static uint32_t want_of(uint32_t org, bool only_seen)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ORGS; i++)
		for (uint32_t j = 0; j < ORGS; j++) {
			const struct known *k = &known[i][j];
			bool is_seen = k->said[0] && k->said[1] && k->open[0] && k->open[1];

			count += k->is_there && (only_seen ? is_seen : i == org || j == org);
		}
	return count;
}

static void as_the_reference(void)
{
	struct yg_hub_actor analyst;

	hub_start();
	memset(known, 0, sizeof(known));
	seed = 20261125;
	for (uint32_t i = 0; i + 1 < ORGS; i++) {
		char grant[32];

		add_org(NAME(i));
		(void)snprintf(grant, sizeof(grant), "member:%s", NAME(i));
		people[i] = person(NAME(i), grant);
	}
	analyst = person("ana", "analyst");
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t who = next(ORGS - 1);
		uint32_t supplier = next(3) ? who : next(ORGS);
		uint32_t buyer = next(ORGS);
		bool is_party = who == supplier || who == buyer;
		bool was_there = known[supplier][buyer].is_there;
		int rc = next(8) ? say(who, supplier, buyer) : YG_EEND;

		if (rc == YG_EEND)
			CHECK(end(who, supplier, buyer) ==
			      (is_party && was_there ? YG_OK : YG_ENOENT));
		else
			CHECK(rc == (!is_party		 ? YG_ENOENT
				     : supplier == buyer ? YG_EINVAL
							 : YG_OK));
		if (step % 50 == 0) {
			struct seen open = list(&analyst, YG_HUB_ORG, 1 + next(3));

			CHECK(open.wrong == 0 && open.count == want_of(0, true));
			for (uint32_t i = 0; i + 1 < ORGS; i++) {
				struct seen own = list(&people[i], NAME(i), next(4));

				CHECK(own.wrong == 0 && own.count == want_of(i, false));
			}
		}
	}
	hub_end();
}

static void others_are_not_there(void)
{
	struct yg_access *by;
	struct yg_hub_actor analyst;
	struct yg_supply supply;

	hub_start();
	memset(known, 0, sizeof(known));
	add_org("a");
	add_org("b");
	add_org("c");
	people[0] = person("pa", "member:a");
	people[1] = person("pb", "member:b");
	people[2] = person("pc", "member:c");
	analyst = person("ana", "analyst");
	CHECK(say(0, 0, 1) == YG_OK);
	by = open_as(&people[2], "c", YG_MAY_read_relations);
	CHECK(yg_supply_get(by, "a", "b", &supply) == YG_ENOENT);
	CHECK(yg_supply_get(by, "b", "a", &supply) == YG_ENOENT);
	CHECK(yg_supply_get(by, "x", "y", &supply) == YG_ENOENT);
	(void)yg_access_free(by);
	CHECK(ask(&people[2], "a", YG_MAY_read_relations) == YG_ENOENT);
	by = open_as(&analyst, "a", YG_MAY_read_relations);
	CHECK(yg_supply_get(by, "a", "b", &supply) == YG_EACCES);
	CHECK(yg_supply_list(by, "", 0, see, &(struct seen){0}) == YG_EACCES);
	(void)yg_access_free(by);
	CHECK(ask(&analyst, "a", YG_MAY_write_relations) == YG_EACCES);
	hub_end();
}

static void together_or_not_at_all(void)
{
	struct yg_member_profile profile = {.verified_day = YG_DAY_NONE};
	struct yg_access *reader;
	struct yg_access *by;

	hub_start();
	add_org("a");
	by = open_as(&root, "a", YG_MAY_write_members);
	reader = open_as(&root, "a", YG_MAY_read_members);
	(void)snprintf(profile.sector, sizeof(profile.sector), "x");
	CHECK(yg_hub_together(hub) == YG_OK && yg_member_set(by, &profile) == YG_OK);
	CHECK(yg_hub_together_end(hub, YG_EFORMAT) == YG_EFORMAT);
	CHECK(yg_member_get(reader, &profile) == YG_OK && profile.changed_ns == YG_TIME_NONE);
	(void)snprintf(profile.sector, sizeof(profile.sector), "y");
	CHECK(yg_hub_together(hub) == YG_OK && yg_member_set(by, &profile) == YG_OK);
	CHECK(yg_hub_together_end(hub, YG_OK) == YG_OK);
	CHECK(yg_member_get(reader, &profile) == YG_OK);
	CHECK_TEXT(yg_bytes_str(profile.sector), "y");
	(void)snprintf(profile.contact_mail, sizeof(profile.contact_mail), "a@b\nBcc: c@d");
	CHECK(yg_member_set(by, &profile) == YG_EINVAL);
	(void)yg_access_free(by);
	(void)yg_access_free(reader);
	hub_end();
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(as_the_reference),
		CASE(others_are_not_there),
		CASE(together_or_not_at_all),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
