/* SPDX-License-Identifier: Apache-2.0 */
/* 相談: who may write and read them, what is no case, and what happens when two change one. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/cases.h"
#include "base/json.h"

#include "hub_help.h"

#include "base/ban.h"

static struct yg_hub_actor analyst;

static const struct yg_case_wish some = {.org = "acme",
					 .who = "Sato",
					 .contact = "03-1234-5678",
					 .text = "A mail wants a password.\nWhat now?",
					 .received_ns = YG_TIME_NONE,
					 .expected = YG_REVISION_ANY};

static void begin(void)
{
	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	add_org("acme");
}

static int add(const struct yg_case_wish *wish, char id[YG_CASE_ID_HEX + 1])
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_cases);
	int rc = yg_case_add(by, wish, id);

	(void)yg_access_free(by);
	return rc;
}

static int change(const char *id, const struct yg_case_wish *wish)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_write_cases);
	int rc = yg_case_change(by, id, wish);

	(void)yg_access_free(by);
	return rc;
}

/* Owned. */
static json_t *look(const char *id)
{
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_cases);
	json_t *one = NULL;

	MUST(yg_case_get(by, id, &one) == YG_OK);
	(void)yg_access_free(by);
	return one;
}

static bool says(const char *id, const char *key, const char *text)
{
	json_t *one = look(id);
	bool is = text ? yg_bytes_eq(yg_json_text(one, key), yg_bytes_str(text))
		       : json_is_null(json_object_get(one, key));

	json_decref(one);
	return is;
}

static void a_case_has_a_number_and_what_was_said(void)
{
	char id[YG_CASE_ID_HEX + 1], other[YG_CASE_ID_HEX + 1];
	json_t *one;

	begin();
	MUST(add(&some, id) == YG_OK);
	CHECK(says(id, "number", "2026-0001") && says(id, "state", "open"));
	CHECK(says(id, "channel", "telephone") && says(id, "org", "acme"));
	CHECK(says(id, "text", some.text) && says(id, "advice", NULL) && says(id, "closed", NULL));
	CHECK(says(id, "received", "2026-11-25T03:00:00Z"));
	one = look(id);
	CHECK(yg_json_int(one, "revision", 0) > 0);
	json_decref(one);
	now_ns += HOUR_NS;
	MUST(add(&some, other) == YG_OK);
	CHECK(says(other, "number", "2026-0002") && strcmp(other, id) < 0); /* newest first */
}

static void what_is_no_case_is_refused(void)
{
	static char lines[YG_CASE_TEXT_MAX + 2];
	char id[YG_CASE_ID_HEX + 1];
	struct yg_case_wish w;

	begin();
	memset(lines, 'x', YG_CASE_TEXT_MAX + 1);
#define REFUSED(rc, member, value)                                                                 \
	w = some;                                                                                  \
	w.member = value;                                                                          \
	CHECK(add(&w, id) == (rc))
	REFUSED(YG_EINVAL, who, NULL);
	REFUSED(YG_EINVAL, who, "");
	REFUSED(YG_EINVAL, who, "two\nlines");
	REFUSED(YG_EINVAL, text, NULL);
	REFUSED(YG_EINVAL, text, "");
	REFUSED(YG_EINVAL, text, "a bell\a");
	REFUSED(YG_EINVAL, text, "\xff");
	REFUSED(YG_EINVAL, text, lines);
	REFUSED(YG_EINVAL, note, "\x7f");
	REFUSED(YG_EINVAL, channel, "fax");
	REFUSED(YG_EINVAL, contact, "a\r\nBcc: b");
	REFUSED(YG_ENOENT, org, "nobody-here");
#undef REFUSED
	lines[YG_CASE_TEXT_MAX] = '\0';
	w = some;
	w.org = "";
	w.text = lines;
	w.channel = "mail";
	CHECK(add(&w, id) == YG_OK && says(id, "org", NULL));
	w.expected = YG_REVISION_ANY;
	CHECK(change("ffffffffffffffff", &w) == YG_ENOENT && change("", &w) == YG_ENOENT);
}

static void two_who_change_one_are_told(void)
{
	struct yg_case_wish w = {
		.note = "called back", .received_ns = YG_TIME_NONE, .expected = YG_REVISION_ANY};
	char id[YG_CASE_ID_HEX + 1];
	json_t *one;

	begin();
	MUST(add(&some, id) == YG_OK);
	one = look(id);
	w.expected = (uint32_t)yg_json_int(one, "revision", 0);
	json_decref(one);
	CHECK(change(id, &w) == YG_OK && change(id, &w) == YG_EMISMATCH);
	w.expected = YG_REVISION_ANY;
	for (unsigned i = 1; i < YG_CASE_NOTES_MAX; i++)
		MUST(change(id, &w) == YG_OK);
	CHECK(change(id, &w) == YG_ELIMIT);
	one = look(id);
	CHECK(json_array_size(json_object_get(one, "notes")) == YG_CASE_NOTES_MAX);
	json_decref(one);
	CHECK(says(id, "text", some.text)); /* what was not said stays */
}

static void it_is_linked_closed_and_opened_again(void)
{
	static const char *const situation = "0123456789abcdef0123456789abcdef";
	char id[YG_CASE_ID_HEX + 1];
	struct yg_access *by;

	begin();
	MUST(add(&some, id) == YG_OK);
	by = open_as(&analyst, "hub", YG_MAY_write_cases);
	CHECK(yg_case_link(by, id, "x") == YG_EINVAL && yg_case_link(by, id, situation) == YG_OK);
	CHECK(says(id, "situation", situation));
	CHECK(yg_case_link(by, id, "") == YG_OK && says(id, "situation", NULL));
	CHECK(yg_case_reopen(by, id) == YG_EMISMATCH);
	CHECK(yg_case_close(by, id, "") == YG_EINVAL);
	CHECK(yg_case_close(by, id, "It was spam.") == YG_OK && says(id, "state", "closed"));
	CHECK(yg_case_close(by, id, "again") == YG_EMISMATCH);
	CHECK(says(id, "outcome", "It was spam."));
	CHECK(yg_case_reopen(by, id) == YG_OK && says(id, "outcome", NULL));
	(void)yg_access_free(by);
}

struct listed {
	unsigned count;
	char last[YG_CASE_ID_HEX + 1];
};

static int note_one(void *arg, json_t *one)
{
	struct listed *l = arg;
	struct yg_bytes id = yg_json_text(one, "id");

	l->count++;
	(void)snprintf(l->last, sizeof(l->last), "%.*s", YG_FMT(id));
	return YG_OK;
}

static struct listed list(const char *state, const char *org, const char *after, uint32_t limit)
{
	const struct yg_case_filter filter = {
		.state = state, .org = org, .situation = "", .after = after, .limit = limit};
	struct yg_access *by = open_as(&analyst, "hub", YG_MAY_read_cases);
	struct listed l = {0};

	MUST(yg_case_list(by, &filter, note_one, &l) == YG_OK);
	(void)yg_access_free(by);
	return l;
}

static void lists_go_page_by_page(void)
{
	char id[YG_CASE_ID_HEX + 1], first[YG_CASE_ID_HEX + 1] = "";
	struct yg_case_wish w = some;
	struct yg_access *by;
	struct listed l = {0};
	unsigned seen = 0;
	uint64_t count = 0;

	begin();
	for (unsigned i = 0; i < 10; i++) {
		w.org = i % 2 ? "acme" : "";
		MUST(add(&w, id) == YG_OK);
		if (!first[0])
			memcpy(first, id, sizeof(first));
		now_ns += HOUR_NS;
	}
	do {
		l = list("", "", l.last, 3);
		seen += l.count;
	} while (l.count == 3);
	CHECK(seen == 10 && strcmp(l.last, first) == 0);
	CHECK(list("", "acme", "", 100).count == 5 && list("closed", "", "", 100).count == 0);
	by = open_as(&analyst, "hub", YG_MAY_write_cases);
	MUST(yg_case_close(by, first, "done") == YG_OK);
	(void)yg_access_free(by);
	CHECK(list("closed", "", "", 100).count == 1 && list("open", "", "", 100).count == 9);
	CHECK(yg_case_count(hub, "acme", now_ns - 3 * HOUR_NS, now_ns, &count) == YG_OK &&
	      count == 2);
	CHECK(yg_case_count(hub, "acme", 0, now_ns, &count) == YG_OK && count == 5);
}

static void nobody_but_analysts(void)
{
	struct yg_hub_actor mei, who;

	begin();
	mei = person("mei", "member:acme");
	who = person("adm", "administrator");
	CHECK(ask(&mei, "acme", YG_MAY_read_cases) == YG_EACCES);
	CHECK(ask(&mei, "hub", YG_MAY_read_cases) == YG_ENOENT);
	CHECK(ask(&who, "hub", YG_MAY_read_cases) == YG_EACCES);
	CHECK(ask(&analyst, "hub", YG_MAY_read_cases) == YG_OK);
	{
		/* An analyst's access of a member is none of the hub. */
		struct yg_access *by = open_as(&analyst, "acme", YG_MAY_write_cases);
		char id[YG_CASE_ID_HEX + 1];

		CHECK(yg_case_add(by, &some, id) == YG_EACCES);
		(void)yg_access_free(by);
	}
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(a_case_has_a_number_and_what_was_said),
		CASE(what_is_no_case_is_refused),
		CASE(two_who_change_one_are_told),
		CASE(it_is_linked_closed_and_opened_again),
		CASE(lists_go_page_by_page),
		CASE(nobody_but_analysts),
	};
	int status = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	hub_end();
	return status;
}
