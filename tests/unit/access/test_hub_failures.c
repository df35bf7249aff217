/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that ends at every place in turn: a change is made whole with its entry in the audit log,
 * or it is refused and nothing of it is there.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "base/alloc.h"
#include "hub_help.h"

#include "base/ban.h"

static uint64_t entries(void)
{
	struct yg_audit_report report;

	MUST(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK);
	MUST(report.fault == YG_AUDIT_GOOD);
	return report.entries;
}

/* The number of the last change in the register and of documents of members: nothing half done. */
static uint64_t changes(void)
{
	static const char *const orgs[] = {"hub", "hub.access", "hub.audit", "acme"};
	uint64_t last = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t change = 0;

		MUST(yg_control_last_change(store, yg_bytes_str(orgs[i]), &change) == YG_OK);
		last = change > last ? change : last;
	}
	return last;
}

static struct yg_hub_actor analyst;
static struct yg_hub_actor sato;
static unsigned number; /* makes names that are not there yet */

static int with(const struct yg_hub_actor *actor, const char *org, enum yg_hub_right right,
		int (*fn)(struct yg_access *by))
{
	struct yg_access *by = NULL;
	int rc = yg_access_hub(hub, actor, org, right, &by);

	if (rc == YG_OK)
		rc = fn(by);
	(void)yg_access_free(by);
	return rc;
}

static int do_org(struct yg_access *by)
{
	char id[32];

	(void)snprintf(id, sizeof(id), "org-%u", number);
	return yg_hub_org_add(by, id, "Name", NULL);
}

static int do_person(struct yg_access *by)
{
	struct yg_person added = {.name = "Name", .grant_count = 1};
	char id[YG_RANDOM_ID_HEX + 1];
	char link[YG_PERSON_LINK_HEX + 1];

	(void)snprintf(added.login, sizeof(added.login), "person-%u", number);
	(void)snprintf(added.grants[0].org, sizeof(added.grants[0].org), "acme");
	added.grants[0].role = YG_HUB_MEMBER;
	return yg_person_add(by, &added, 1, id, link);
}

static int do_grants(struct yg_access *by)
{
	return yg_person_set_grants(by, sato.person, sato.grants, sato.grant_count);
}

static int do_token(struct yg_access *by)
{
	struct yg_token wish = {.role = YG_HUB_MEMBER, .last_day = YG_DAY_NONE};
	char id[YG_RANDOM_ID_HEX + 1];
	char secret[YG_HUB_TOKEN_HEX + 1];

	return yg_token_new(by, &wish, id, secret);
}

static int do_mandate(struct yg_access *by)
{
	struct yg_mandate wish = {.provider = "msp",
				  .signed_by = "Sato",
				  .rights = BIT(read_findings),
				  .signed_day = yg_day_read(YG_S("2026-11-20")),
				  .last_day = yg_day_read(YG_S("2027-03-31"))};
	char id[YG_RANDOM_ID_HEX + 1];

	return yg_mandate_give(by, &wish, id);
}

static int do_view(struct yg_access *by)
{
	return yg_views_add(by, "finding 3f", 20, "why");
}

static int do_terms(struct yg_access *by)
{
	struct yg_terms terms = {
		.version = "1", .host = "Tokyo", .from_day = yg_day_read(YG_S("2026-11-20"))};

	return yg_terms_set(by, &terms);
}

static int add_org_now(void)
{
	return with(&root, "hub", YG_MAY_write_org, do_org);
}
static int add_person_now(void)
{
	return with(&root, "hub", YG_MAY_write_people, do_person);
}
static int set_grants_now(void)
{
	return with(&root, "hub", YG_MAY_write_people, do_grants);
}
static int add_token_now(void)
{
	return with(&sato, "acme", YG_MAY_write_tokens, do_token);
}
static int give_mandate_now(void)
{
	return with(&sato, "acme", YG_MAY_write_mandates, do_mandate);
}
static int add_view_now(void)
{
	return with(&analyst, "acme", YG_MAY_read_records, do_view);
}
static int set_terms_now(void)
{
	return with(&root, "hub", YG_MAY_write_org, do_terms);
}

static int sign_in_now(void)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	enum yg_sign_in_result result;
	struct yg_sign_in_attempt attempt;
	int rc;

	/* Nothing fails here: who cannot be found for want of memory is one who is not there. */
	result = yg_sign_in_begin(hub, YG_S("sato"), YG_S("192.0.2.7"), YG_S("Browser"), true,
				  &attempt);
	if (result != YG_SIGN_IN_DONE)
		return YG_ENOMEM;
	rc = yg_sign_in_end(hub, &attempt, true, &result, token);
	return rc == YG_OK && result != YG_SIGN_IN_DONE ? YG_EACCES : rc;
}

static int enrol_token_now(void)
{
	char token[YG_ENROL_TOKEN_HEX + 1];

	return yg_enrol_token_new(enrol, "acme", 60, token);
}

static int (*const deeds[])(void) = {
	add_org_now,  add_person_now, set_grants_now, add_token_now,   give_mandate_now,
	add_view_now, set_terms_now,  sign_in_now,    enrol_token_now,
};

static void memory_ends(void)
{
	hub_start();
	add_org("acme");
	add_org("msp");
	analyst = person("ito", "analyst");
	sato = person("sato", "member:acme");
	for (unsigned i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		unsigned refused = 0;
		int rc = YG_ENOMEM;

		for (long at = 1; rc != YG_OK && at < 2000; at++) {
			uint64_t entries_before = entries();
			uint64_t changes_before = changes();

			now_ns += YG_NS_PER_S;
			number++;
			yg_fail_at = at;
			rc = deeds[i]();
			yg_fail_at = 0;
			/* A refused sign-in is an entry itself. */
			if (rc == YG_EACCES && deeds[i] == sign_in_now) {
				now_ns += YG_THROTTLE_MAX_S * YG_NS_PER_S;
				rc = YG_ENOMEM;
				continue;
			}
			if (rc != YG_OK) {
				refused++;
				CHECK(rc == YG_ENOMEM);
				CHECK(entries() == entries_before && changes() == changes_before);
			} else {
				CHECK(entries() == entries_before + 1);
			}
			if (deeds[i] == sign_in_now)
				now_ns += YG_THROTTLE_MAX_S * YG_NS_PER_S;
		}
		CHECK(rc == YG_OK && refused > 5);
		/* Hours of waiting: people sign in anew. */
		now_ns += YG_NS_PER_S;
	}
	hub_end();
}

static const struct check_case cases[] = {CASE(memory_ends)};
CHECK_MAIN(cases)
