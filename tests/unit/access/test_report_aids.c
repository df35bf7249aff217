/* SPDX-License-Identifier: Apache-2.0 */
/* Workbooks and their maps: what is put, and what is there already. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/report_aids.h"
#include "base/json.h"

#include "hub_help.h"

#include "base/ban.h"

static struct yg_hub_actor mei;

static void begin(void)
{
	hub_start();
	add_org("a");
	mei = person("mei", "member:a");
}

static int set(const char *file, const char *map)
{
	struct yg_report_book_wish wish = {.form = "f", .name = "n.xlsx", .map = map};
	struct yg_access *by = open_as(&mei, "a", YG_MAY_write_reports);
	int rc;

	if (file)
		wish.file = yg_bytes_str(file);
	now_ns += YG_NS_PER_S;
	rc = yg_report_book_set(by, &wish);
	(void)yg_access_free(by);
	return rc;
}

static int count_one(void *arg, const struct yg_doc *doc)
{
	(void)doc;
	++*(unsigned *)arg;
	return YG_OK;
}

static unsigned revisions(const char *kind)
{
	unsigned count = 0;

	MUST(yg_control_history(store, YG_S("a"), yg_bytes_str(kind), YG_S("f"), count_one,
				&count) == YG_OK);
	return count;
}

/* Its map, its file in base64 (""), and when it was changed. */
static bool is(const char *map, const char *file, const char *changed)
{
	struct yg_access *by = open_as(&mei, "a", YG_MAY_read_reports);
	json_t *one = NULL, *items = NULL, *head;
	bool is_so;

	MUST(yg_report_book_get(by, "f", true, &one) == YG_OK);
	MUST(yg_report_book_list(by, &items) == YG_OK && json_array_size(items) == 1);
	head = json_array_get(items, 0);
	is_so = yg_bytes_eq(yg_json_text(one, "map"), yg_bytes_str(map)) &&
		yg_bytes_eq(yg_json_text(one, "file"), yg_bytes_str(file)) &&
		yg_bytes_eq(yg_json_text(one, "changed"), yg_bytes_str(changed)) &&
		!json_object_get(head, "file");
	(void)json_object_del(one, "file");
	is_so = is_so && json_equal(one, head);
	json_decref(one);
	json_decref(items);
	(void)yg_access_free(by);
	return is_so;
}

static void a_map_is_put_without_its_workbook_and_not_twice(void)
{
	begin();
	CHECK(set(NULL, "m") == YG_ENOENT);
	CHECK(set("book", NULL) == YG_OK && is("", "Ym9vaw==", "2026-11-25T03:00:02Z"));
	CHECK(set(NULL, "m: \"1\"\n") == YG_OK && set(NULL, "m: \"1\"\n") == YG_OK);
	CHECK(is("m: \"1\"\n", "Ym9vaw==", "2026-11-25T03:00:03Z"));
	CHECK(set("book", "m: \"1\"\n") == YG_OK && set("book", NULL) == YG_OK);
	CHECK(revisions("report_book") == 1 && revisions("report_map") == 1);
	CHECK(set("other", NULL) == YG_OK && set(NULL, "") == YG_OK);
	CHECK(is("", "b3RoZXI=", "2026-11-25T03:00:08Z"));
	CHECK(revisions("report_book") == 2 && revisions("report_map") == 2);
	hub_end();
}

static void a_map_goes_with_its_workbook(void)
{
	struct yg_access *by;

	begin();
	CHECK(set("book", "m") == YG_OK);
	by = open_as(&mei, "a", YG_MAY_write_reports);
	CHECK(yg_report_book_remove(by, "f") == YG_OK);
	CHECK(yg_report_book_remove(by, "f") == YG_ENOENT);
	(void)yg_access_free(by);
	CHECK(set("book", NULL) == YG_OK && is("", "Ym9vaw==", "2026-11-25T03:00:02Z"));
	hub_end();
}

/* Of a hub of before: it stood in one document. */
static void a_map_of_before_is_still_there(void)
{
	static const char body[] = "{\"file\":\"Ym9vaw==\",\"form\":\"f\",\"map\":\"old\","
				   "\"name\":\"n.xlsx\",\"size\":4}";
	const struct yg_doc_put put = {.org = YG_S("a"),
				       .kind = YG_S("report_book"),
				       .key = YG_S("f"),
				       .body = yg_bytes_str(body),
				       .expected = YG_REVISION_ANY,
				       .actor = YG_S("test")};

	begin();
	MUST(yg_control_begin(store) == YG_OK && yg_control_put(store, &put, NULL) == YG_OK &&
	     yg_control_commit(store) == YG_OK);
	CHECK(is("old", "Ym9vaw==", "1970-01-01T00:00:00Z"));
	CHECK(set(NULL, "old") == YG_OK && set("other", NULL) == YG_OK);
	CHECK(is("old", "b3RoZXI=", "2026-11-25T03:00:02Z"));
	CHECK(set(NULL, "new") == YG_OK && is("new", "b3RoZXI=", "2026-11-25T03:00:03Z"));
	hub_end();
}

static const struct check_case cases[] = {
	CASE(a_map_is_put_without_its_workbook_and_not_twice),
	CASE(a_map_goes_with_its_workbook),
	CASE(a_map_of_before_is_still_there),
};

CHECK_MAIN(cases)
