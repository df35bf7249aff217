/* SPDX-License-Identifier: Apache-2.0 */
/* An organisation leaves: what is handed to it, what is gone, what the record says. */
#define YG_BAN_ALLOW_MALLOC
#include <jansson.h>

#include "access/cases.h"
#include "access/leave.h"
#include "access/members.h"
#include "access/warnings.h"
#include "base/json.h"
#include "hub_help.h"

#include "base/ban.h"

static char folder[100];

static void start(void)
{
	(void)snprintf(folder, sizeof(folder), "%s/leave-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	MUST(mkdtemp(folder));
	hub_start();
	MUST(yg_audit_key_open(hub, folder) == YG_OK);
	add_org("acme");
	add_org("msp");
}

static int add_line(void *arg, const char *part, struct yg_bytes line)
{
	yg_buf_addf(arg, "%s %.*s\n", part, YG_FMT(line));
	return yg_buf_error(arg);
}

static bool has(const struct yg_buf *text, const char *part)
{
	return yg_bytes_find(yg_buf_bytes(text), yg_bytes_str(part)) != SIZE_MAX;
}

struct search {
	const char *text;
	unsigned found;
};

static int search_one(void *arg, const struct yg_doc *doc)
{
	struct search *s = arg;

	s->found += yg_bytes_find(doc->key, yg_bytes_str(s->text)) != SIZE_MAX ||
		    yg_bytes_find(doc->body, yg_bytes_str(s->text)) != SIZE_MAX;
	return YG_OK;
}

/* Revisions in which @text stands, but for the audit log. */
static unsigned where(const char *text)
{
	static const char *const orgs[] = {"hub",	  "hub.access", "acme",	    "msp",
					   "hub.answers", "hub.warn",	"hub.cases"};
	struct yg_doc_filter filter = {.by_change = true, .limit = YG_DOC_LIST_MAX};
	struct search s = {.text = text};

	for (size_t i = 0; i < sizeof(orgs) / sizeof(orgs[0]); i++)
		MUST(yg_control_list(store, yg_bytes_str(orgs[i]), &filter, search_one, &s) ==
		     YG_OK);
	return s.found;
}

static void fill(char ret_one[YG_RANDOM_ID_HEX + 1], char ret_both[YG_RANDOM_ID_HEX + 1])
{
	char link[YG_PERSON_LINK_HEX + 1];
	char token[YG_HUB_TOKEN_HEX + 1];
	char gone[YG_RANDOM_ID_HEX + 1];
	struct yg_access *by = open_as(&root, "hub", YG_MAY_write_people);

	MUST(invite("tanaka@acme.jp", "member:acme", ret_one, link) == YG_OK);
	MUST(yg_person_link_use(hub, yg_bytes_str(link), SOME_HASH) == YG_OK);
	MUST(sign_in("tanaka@acme.jp", true, true, token) == YG_SIGN_IN_DONE);
	MUST(invite("both@msp.jp", "member:acme provider:msp", ret_both, link) == YG_OK);
	MUST(invite("gone@acme.jp", "member:acme", gone, link) == YG_OK);
	MUST(yg_person_set_state(by, gone, YG_PERSON_LEFT) == YG_OK);
	MUST(invite("other@msp.jp", "provider:msp", gone, link) == YG_OK);
	(void)yg_access_free(by);
}

static void handed_over(void)
{
	char one[YG_RANDOM_ID_HEX + 1], both[YG_RANDOM_ID_HEX + 1];
	struct yg_access *by;
	struct yg_buf text;

	start();
	fill(one, both);
	yg_buf_init(&text, 1u << 20);
	by = open_as(&root, "acme", YG_MAY_export_org);
	CHECK(yg_leave_each(by, add_line, &text) == YG_OK);
	CHECK(has(&text, "organisation {") && has(&text, "tanaka@acme.jp") &&
	      has(&text, "both@msp.jp"));
	CHECK(!has(&text, "other@msp.jp") && !has(&text, SOME_HASH) && !has(&text, "password") &&
	      !has(&text, "\"link\""));
	(void)yg_access_free(by);
	by = open_as(&root, "acme", YG_MAY_read_org);
	CHECK(yg_leave_each(by, add_line, &text) == YG_EACCES);
	(void)yg_access_free(by);
	by = open_as(&root, "hub", YG_MAY_export_org);
	CHECK(yg_leave_each(by, add_line, &text) == YG_EACCES);
	(void)yg_access_free(by);
	yg_buf_done(&text);
	hub_end();
}

/* The record as a stranger checks it. */
static bool is_signed(struct yg_bytes line)
{
	uint8_t signature[YG_SIGN_BYTES], key[YG_SIGN_PUBLIC_BYTES], seed[YG_SIGN_SEED_BYTES];
	struct yg_fault fault;
	json_t *record = NULL;
	struct yg_buf text;
	size_t size = 0;
	bool is;

	MUST(yg_json_load(line, 1u << 20, &record, &fault) == YG_OK);
	MUST(yg_audit_seed_open(folder, seed) == YG_OK);
	yg_sign_public(seed, key);
	yg_buf_init(&text, 1u << 20);
	is = yg_base64_read(yg_json_text(record, "signature"), signature, sizeof(signature),
			    &size) &&
	     size == sizeof(signature);
	(void)json_object_del(record, "signature");
	yg_buf_add_str(&text, YG_LEAVE_ERASED);
	MUST(yg_json_canonical(record, &text) == YG_OK);
	is = is && yg_sign_is_valid(key, yg_buf_bytes(&text), signature);
	json_decref(record);
	yg_buf_done(&text);
	return is;
}

static void erased(void)
{
	struct yg_leave_counts counts = {
		.files = 3, .oldest_ns = 0, .newest_ns = YG_TIME_NONE, .journal = 2};
	char one[YG_RANDOM_ID_HEX + 1], both[YG_RANDOM_ID_HEX + 1];
	struct yg_audit_report report;
	struct yg_access *by;
	struct yg_buf record;
	uint32_t refused = 7;

	start();
	fill(one, both);
	yg_buf_init(&record, 1u << 20);
	by = open_as(&root, "hub", YG_MAY_write_org);
	CHECK(yg_leave_check(by, "none") == YG_ENOENT);
	CHECK(yg_leave_check(by, "acme") == YG_EAGAIN);
	CHECK(yg_leave_erase(by, "acme", &counts, &record) == YG_EAGAIN);
	CHECK(yg_hub_org_change(by, "acme", "Acme Works", NULL) == YG_OK);
	CHECK(yg_hub_org_close(by, "acme") == YG_OK && yg_leave_check(by, "acme") == YG_OK);
	CHECK(yg_leave_refuse(by, "acme", &refused) == YG_OK && refused == 0);
	CHECK(where("tanaka@acme.jp") > 0 && where(one) > 0 && where("Acme Works") > 0);
	yg_buf_reset(&record);
	CHECK(yg_leave_erase(by, "acme", &counts, &record) == YG_OK);
	CHECK(counts.people == 2 && counts.documents > 5 && counts.revisions > counts.documents);
	CHECK(where("tanaka@acme.jp") == 0 && where("gone@acme.jp") == 0 && where(one) == 0 &&
	      where("Acme Works") == 0);
	CHECK(where("both@msp.jp") > 0 && where("other@msp.jp") > 0 && where(both) > 0);
	CHECK(is_signed(yg_buf_bytes(&record)));
	CHECK(has(&record, "\"complete\":false") && has(&record, "\"files\":3"));
	CHECK(where("\"erased_by\":\"local:root\"") == 1);
	record.data[yg_bytes_find(yg_buf_bytes(&record), YG_S("\"files\":3")) + 8] = '4';
	CHECK(!is_signed(yg_buf_bytes(&record)));
	CHECK(yg_audit_checkpoint(hub) == YG_OK);
	CHECK(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK &&
	      report.fault == YG_AUDIT_GOOD);
	/* Again, for a record that nothing is left. */
	counts = (struct yg_leave_counts){.oldest_ns = YG_TIME_NONE, .newest_ns = YG_TIME_NONE};
	yg_buf_reset(&record);
	CHECK(yg_leave_erase(by, "acme", &counts, &record) == YG_OK);
	CHECK(counts.people == 0 && counts.documents == 0);
	CHECK(has(&record, "\"complete\":true") && is_signed(yg_buf_bytes(&record)));
	CHECK(yg_hub_org_change(by, "acme", "Acme Works", NULL) == YG_ENOENT);
	CHECK(yg_hub_org_close(by, "acme") == YG_OK);
	CHECK(yg_hub_org_add(by, "acme", NULL, NULL) == YG_EDUPLICATE);
	(void)yg_access_free(by);
	yg_buf_done(&record);
	hub_end();
}

/* ---- warnings, receipts, cases, answers ---- */

static struct yg_hub_actor analyst;

/* Each other organisation: the first ready and along a path over "mid", the rest asks. */
static int plan_all(void *arg, const struct yg_community *community, uint32_t victim,
		    yg_warn_planned_fn fn, void *fn_arg)
{
	uint32_t mid = yg_community_find(community, YG_S("mid"));
	const uint32_t reason[] = {0, 0};
	int rc = YG_OK;

	(void)arg;
	for (uint32_t i = 0; i < community->member_count && rc == YG_OK; i++) {
		const uint32_t path[] = {victim, mid, i};
		const struct yg_warn_planned one = {
			.member = i,
			.rule = i == victim ? 1 : 3,
			.depth = i == victim ? 0 : 2,
			.candidates = 9,
			.path = path,
			.reason = reason,
			.state = i == victim ? "ready" : "needs-consent",
			.redaction = i == victim ? "whole" : "anonymous",
			.audience = i == victim ? YG_AUDIENCE_OWN : YG_AUDIENCE_PARTNER,
			.tlp = YG_TLP_AMBER};

		if (i != mid)
			rc = fn(fn_arg, &one);
	}
	return rc;
}

static void make(const char *victim, char plan[YG_WARN_PLAN_HEX + 1])
{
	json_t *notice =
		json_pack("{s:s, s:s, s:s, s:{s:[s], s:[{s:s, s:s}]}, s:{s:[{s:s, s:s}]}}", "kind",
			  "warning", "tlp", "amber", "pap", "amber", "attack", "sources",
			  "203.0.113.9", "indicators", "type", "address", "value", "203.0.113.9",
			  "damage", "hosts", "en", "pc-of-the-boss", "ja", "pc-of-the-boss");
	json_t *own = json_pack("{s:[s]}", "names", "Chikuma Works");
	struct yg_warn_wish wish = {.situation = "",
				    .victim = victim,
				    .notice = notice,
				    .own = own,
				    .began_ns = now_ns,
				    .times = YG_WARN_TIMES_DEFAULT,
				    .planner = {plan_all, NULL}};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	int rc = yg_warn_plan_make(by, &wish, plan);

	if (rc == YG_EINVAL) { /* this form of a notice knows no such damage */
		(void)json_object_del(notice, "damage");
		rc = yg_warn_plan_make(by, &wish, plan);
	}
	MUST(rc == YG_OK);
	(void)yg_access_free(by);
	json_decref(notice);
	json_decref(own);
}

static void answer_and_send(const struct yg_hub_actor *who, const char *victim, const char *plan)
{
	const struct yg_warn_answer yes = {"yes", true, false, "our boss agrees"};
	struct yg_access *by = open_as(who, victim, YG_MAY_write_consent);
	uint32_t count = 0;

	MUST(yg_warn_answer(by, plan, &yes) == YG_OK);
	(void)yg_access_free(by);
	by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	MUST(yg_warn_approve(by, plan, &count) == YG_OK && count > 0);
	(void)yg_access_free(by);
}

static int keep_id(void *arg, json_t *one)
{
	(void)snprintf(arg, YG_WARN_ID_HEX + 1, "%s",
		       json_string_value(json_object_get(one, "id")));
	return YG_OK;
}

static void read_inbox(const struct yg_hub_actor *who, const char *org, const char *text,
		       char id[YG_WARN_ID_HEX + 1])
{
	struct yg_access *by = open_as(who, org, YG_MAY_read_warnings);

	id[0] = '\0';
	MUST(yg_warn_inbox(by, "", 10, keep_id, id) == YG_OK && id[0]);
	(void)yg_access_free(by);
	by = open_as(who, org, YG_MAY_write_warnings);
	MUST(yg_warn_mark(by, id, YG_WARN_ACTED, text) == YG_OK);
	(void)yg_access_free(by);
}

static void add_case(const char *org, const char *text)
{
	const struct yg_case_wish wish = {.org = org,
					  .who = "Sato",
					  .text = text,
					  .received_ns = YG_TIME_NONE,
					  .expected = YG_REVISION_ANY};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_cases);
	char id[YG_CASE_ID_HEX + 1];

	MUST(yg_case_add(by, &wish, id) == YG_OK);
	MUST(yg_case_close(by, id, text) == YG_OK);
	(void)yg_access_free(by);
}

static void set_hook(const struct yg_hub_actor *who, const char *org)
{
	struct yg_access *by = open_as(who, org, YG_MAY_write_members);

	MUST(yg_warn_hook_set(by, "https://hook.acme.example/", "hook-secret-of-acme") == YG_OK);
	MUST(yg_warn_hook_set(by, "", "") == YG_OK);
	(void)yg_access_free(by);
}

static void warnings_and_cases_go_too(void)
{
	struct yg_leave_counts counts = {.oldest_ns = YG_TIME_NONE, .newest_ns = YG_TIME_NONE};
	char about[YG_WARN_PLAN_HEX + 1], other[YG_WARN_PLAN_HEX + 1];
	char kept[YG_WARN_ID_HEX + 1], gone[YG_WARN_ID_HEX + 1];
	json_t *one = NULL, *copy = NULL;
	struct yg_hub_actor mei, max;
	struct yg_access *by;
	struct yg_buf record;
	uint32_t count = 0;

	start();
	yg_hub_local_analyst("ana", &analyst);
	add_org("mid");
	mei = person("mei", "member:acme");
	max = person("max", "member:msp");
	set_hook(&mei, "acme");
	make("acme", about); /* acme was hit, msp is told */
	answer_and_send(&mei, "acme", about);
	read_inbox(&max, "msp", "msp blocked it", kept);
	now_ns += HOUR_NS;
	make("msp", other); /* msp was hit, acme is told */
	answer_and_send(&max, "msp", other);
	read_inbox(&mei, "acme", "acme blocked it", gone);
	add_case("acme", "words of acme");
	add_case("msp", "words of msp");
	CHECK(where("acme blocked it") > 0 && where("words of acme") > 0 && where(gone) > 0 &&
	      where("our boss agrees") > 1 && where("hook-secret-of-acme") == 1);
	by = open_as(&root, "hub", YG_MAY_write_org);
	MUST(yg_hub_org_close(by, "acme") == YG_OK);
	yg_buf_init(&record, 1u << 20);
	CHECK(yg_leave_erase(by, "acme", &counts, &record) == YG_OK);
	CHECK(counts.warnings == 2 && counts.plans == 1 && counts.cases == 1);
	CHECK(has(&record, "\"warnings\":2") && has(&record, "\"cases\":1") &&
	      is_signed(yg_buf_bytes(&record)));
	CHECK(where("acme blocked it") == 0 && where("words of acme") == 0 && where(gone) == 0 &&
	      where("hook-secret-of-acme") == 0 && where("hook.acme.example") == 0);
	/* Of what is left nothing says that acme was hit, or stood on the way. */
	CHECK(where("\"victim\":\"acme\"") == 0 && where("[\"acme\"") == 0);
	(void)yg_access_free(by);
	/* Others still read what they got, but for what named it; nobody goes on with the plan. */
	by = open_as(&max, "msp", YG_MAY_read_warnings);
	CHECK(yg_warn_inbox_get(by, kept, &one, &copy) == YG_OK);
	CHECK(json_is_object(json_object_get(one, "acted")));
	json_decref(one);
	json_decref(copy);
	(void)yg_access_free(by);
	by = open_as(&analyst, "hub", YG_MAY_write_warnings);
	CHECK(yg_warn_approve(by, about, &count) == YG_EMISMATCH);
	CHECK(yg_warn_withdraw(by, about, "x", other) == YG_EMISMATCH);
	(void)yg_access_free(by);
	CHECK(yg_warn_tick(hub, now_ns + 1000 * HOUR_NS, 100, &count) == YG_OK);
	CHECK(where("msp blocked it") > 0 && where("words of msp") > 0);
	yg_buf_done(&record);
	hub_end();
}

static const struct check_case cases[] = {CASE(handed_over), CASE(erased),
					  CASE(warnings_and_cases_go_too)};
CHECK_MAIN(cases)
