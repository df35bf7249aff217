/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC
#include "access/access.h"

#include <stdlib.h>

#include "../check.h"
#include "access/rights-int.h"
#include "base/alloc.h"
#include "base/json.h"

#define DAY_NS (86400 * YG_NS_PER_S)

static struct yg_control *store;
static struct yg_access *owner;
static int64_t now_ns;

static int64_t tell_time(void *arg)
{
	return *(int64_t *)arg;
}

static void set_time(const char *iso)
{
	bool has_zone;

	if (!yg_time_parse_iso(yg_bytes_str(iso), 0, &now_ns, &has_zone))
		abort();
}

/* A store with one owner, at noon of a day in Japan. */
static void begin(void)
{
	struct yg_clock clock = {.now_ns = tell_time, .arg = &now_ns};

	(void)yg_access_free(owner);
	owner = NULL;
	(void)yg_control_free(store);
	store = yg_control_new_ram();
	set_time("2026-11-25T12:00:00+09:00");
	if (!store || yg_access_local(store, clock, "\xe5\xb1\xb1\xe7\x94\xb0", &owner) != YG_OK)
		abort();
}

static json_t *json_of(const char *text)
{
	struct yg_fault fault;
	json_t *value = NULL;

	if (yg_json_load(yg_bytes_str(text), 1u << 20, &value, &fault) != YG_OK) {
		fprintf(stderr, "%s: %s\n", text, fault.msg);
		abort();
	}
	return value;
}

static int put(struct yg_access *access, const char *kind, const char *key, const char *text)
{
	json_t *value = json_of(text);
	int rc = yg_access_put(access, kind, key, value, YG_REVISION_ANY, NULL);

	json_decref(value);
	return rc;
}

static int get(struct yg_access *access, const char *kind, const char *key)
{
	json_t *value = NULL;
	int rc = yg_access_get(access, kind, key, &value, NULL);

	json_decref(value);
	return rc;
}

static struct yg_access *invite(const char *key, const char *id, const char *text)
{
	struct yg_access *expert = NULL;

	if (put(owner, "expert", key, text) != YG_OK ||
	    yg_access_as_expert(owner, id, &expert) != YG_OK)
		return NULL;
	return expert;
}

/* ---- rights ---- */

/* The table once more, by hand: what each role may, in the order of enum yg_role. */
static const struct {
	const char *kind;
	bool is_bytes;
	bool is_of_all;
	const char *may[YG_ROLE_COUNT];
} expected[] = {
	{"library", true, true, {"rw", "r", "r", "r", "r"}},
	{"assessment", false, false, {"rw", "r", "r", "r", "r"}},
	{"scope", false, false, {"rw", "r", "r", "r", "r"}},
	{"official", false, true, {"rw", "r", "r", "r", "r"}},
	{"answer", false, false, {"rw", "rw", "r", "r", "r"}},
	{"evidence", false, false, {"rw", "rw", "r", "r", "r"}},
	{"attachment", true, false, {"rw", "rw", "r", "r", "r"}},
	{"facts", false, false, {"rw", "r", "r", "r", "r"}},
	{"dispute", false, false, {"rw", "rw", "r", "r", "r"}},
	{"confirmation", false, false, {"r", "r", "rw", "rw", "r"}},
	{"expert", false, false, {"rw", "r", "r", "r", "r"}},
	{"technical", false, false, {"r", "r", "r", "rw", "r"}},
	{"official_result", false, false, {"rw", "r", "r", "r", "r"}},
	{"statement", false, false, {"rw", "r", "r", "r", "r"}},
};
#define KIND_COUNT (sizeof(expected) / sizeof(expected[0]))

static const char *const all_kinds[] = {
#define X(kind, ...) #kind,
#include "access/rights.def"
#undef X
};

static void the_table_says_what_each_role_may(void)
{
	CHECK(sizeof(all_kinds) / sizeof(all_kinds[0]) == KIND_COUNT);
	for (size_t i = 0; i < KIND_COUNT; i++)
		CHECK(strcmp(all_kinds[i], expected[i].kind) == 0);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct yg_rights *rights = yg_rights_of(yg_bytes_str(expected[i].kind));

		CHECK(rights && strcmp(rights->kind, expected[i].kind) == 0);
		CHECK(rights->is_bytes == expected[i].is_bytes);
		CHECK(rights->is_of_all == expected[i].is_of_all);
		for (unsigned role = 0; role < YG_ROLE_COUNT; role++) {
			const char *may = expected[i].may[role];

			CHECK(rights->by_role[role].may_read == (strchr(may, 'r') != NULL));
			CHECK(rights->by_role[role].may_write == (strchr(may, 'w') != NULL));
		}
	}
	CHECK(!yg_rights_of(YG_S("")) && !yg_rights_of(YG_S("answers")));
}

static void roles_have_names(void)
{
	static const char *const names[] = {"owner", "respondent", "expert", "assessor", "reader"};
	enum yg_role role;

	for (unsigned i = 0; i < YG_ROLE_COUNT; i++) {
		CHECK(strcmp(yg_role_name((enum yg_role)i), names[i]) == 0);
		CHECK(yg_role_by_name(yg_bytes_str(names[i]), &role) && role == (enum yg_role)i);
	}
	CHECK(!yg_role_by_name(YG_S("Owner"), &role) && !yg_role_by_name(YG_S(""), &role));
}

/* What @access really can do with each kind is what the table says. */
static bool acts_as_the_table_says(struct yg_access *access)
{
	enum yg_role role = yg_access_role(access);

	for (size_t i = 0; i < KIND_COUNT; i++) {
		const char *kind = expected[i].kind;
		const char *may = expected[i].may[role];
		bool may_write = strchr(may, 'w') && !(expected[i].is_of_all && role != 0);
		int want = may_write ? YG_OK : YG_EACCES;
		struct yg_doc_put doc = {.org = YG_S("local"),
					 .kind = yg_bytes_str(kind),
					 .key = YG_S("A/there"),
					 .body = YG_S("{}"),
					 .expected = YG_REVISION_ANY,
					 .actor = YG_S("test")};
		int rc = expected[i].is_bytes
				 ? yg_access_put_bytes(access, kind, "A/new", YG_S("x"),
						       YG_REVISION_ANY, NULL)
				 : put(access, kind, "A/new", "{}");

		if (rc != want || yg_control_put(store, &doc, NULL) != YG_OK ||
		    get(access, kind, "A/there") != YG_OK ||
		    yg_access_remove(access, kind, "A/there", YG_REVISION_ANY) != want ||
		    yg_access_may_write(access, kind) != (strchr(may, 'w') != NULL)) {
			fprintf(stderr, "%s: %s\n", yg_role_name(role), kind);
			return false;
		}
	}
	return true;
}

static void actors_are_held_to_the_table(void)
{
	struct yg_access *access;

	begin();
	CHECK(yg_access_role(owner) == YG_ROLE_OWNER);
	CHECK(acts_as_the_table_says(owner));
	access = invite("A/X1", "X1", "{\"role\":\"expert\",\"until\":\"2026-11-30\"}");
	CHECK(access && yg_access_role(access) == YG_ROLE_EXPERT);
	CHECK(acts_as_the_table_says(access));
	(void)yg_access_free(access);
	access = invite("A/X2", "X2", "{\"role\":\"assessor\",\"until\":\"2026-11-30\"}");
	CHECK(access && yg_access_role(access) == YG_ROLE_ASSESSOR);
	CHECK(acts_as_the_table_says(access));
	(void)yg_access_free(access);
}

static void unknown_kinds_are_out_of_reach(void)
{
	struct yg_doc_filter filter = {.kind = YG_S("secret"), .limit = 1};

	begin();
	CHECK(put(owner, "secret", "k", "{}") == YG_EACCES);
	CHECK(get(owner, "secret", "k") == YG_EACCES);
	CHECK(yg_access_remove(owner, "secret", "k", YG_REVISION_ANY) == YG_EACCES);
	CHECK(yg_access_visit(owner, &filter, NULL, NULL) == YG_EACCES);
	CHECK(yg_access_history(owner, "secret", "k", NULL, NULL) == YG_EACCES);
	CHECK(!yg_access_may_write(owner, "secret"));
	CHECK(put(owner, "library", "k", "{}") == YG_EINVAL);
	CHECK(yg_access_put_bytes(owner, "answer", "k", YG_S("{}"), 0, NULL) == YG_EINVAL);
}

/* ---- names ---- */

static bool is_called(const char *person, const char *actor)
{
	struct yg_access *access = NULL;
	bool is_same;

	if (yg_access_local(store, yg_clock_system(), person, &access) != YG_OK)
		return !actor;
	is_same = actor && strcmp(yg_access_actor(access), actor) == 0;
	if (!is_same)
		fprintf(stderr, "\"%s\" is not \"%s\"\n", yg_access_actor(access),
			actor ? actor : "(refused)");
	(void)yg_access_free(access);
	return is_same;
}

static void people_are_named(void)
{
	char many[601];
	char want[300] = "local:";

	begin();
	CHECK(strcmp(yg_access_actor(owner), "local:\xe5\xb1\xb1\xe7\x94\xb0") == 0);
	CHECK(yg_access_now(owner) == now_ns);
	CHECK(is_called("  a b\t ", "local:a b"));
	CHECK(is_called("\xe3\x80\x80\xe5\xb1\xb1 \xe7\x94\xb0\xe3\x80\x80",
			"local:\xe5\xb1\xb1 \xe7\x94\xb0"));
	CHECK(is_called("a\nb\x1b[31mc\x7f", "local:ab[31mc"));
	CHECK(is_called("a\xc2\x85\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf"
			"b",
			"local:ab"));
	CHECK(is_called("a\xff", "local:a\xef\xbf\xbd"));
	CHECK(is_called("", NULL) && is_called(" \t\n", NULL) && is_called(NULL, NULL));
	for (unsigned i = 0; i < 200; i++)
		memcpy(many + 3 * i, "\xe3\x81\x82", 3);
	many[600] = '\0';
	memcpy(want + 6, many, 198); /* 66 whole characters in 200 bytes */
	CHECK(is_called(many, want));
}

/* ---- documents ---- */

static int keep_body(void *arg, const struct yg_doc *doc)
{
	struct yg_buf *to = arg;

	yg_buf_add(to, doc->key);
	yg_buf_add_byte(to, '=');
	yg_buf_add(to, doc->body);
	yg_buf_add_byte(to, ' ');
	return yg_buf_error(to);
}

static void bodies_are_canonical(void)
{
	uint32_t revision = 0;
	struct yg_buf got;
	json_t *value = json_of("{ \"b\" : [1, 2], \"a\" : \"\\u3042\" }");
	uint8_t *bytes;
	size_t size;

	begin();
	yg_buf_init(&got, 1000);
	CHECK(yg_access_put(owner, "answer", "A/1", value, 0, &revision) == YG_OK && revision == 1);
	CHECK(yg_access_put(owner, "answer", "A/1", value, 0, &revision) == YG_EMISMATCH);
	json_decref(value);
	CHECK(yg_access_history(owner, "answer", "A/1", keep_body, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "A/1={\"a\":\"\xe3\x81\x82\",\"b\":[1,2]} ");
	yg_buf_done(&got);
	CHECK(yg_access_get(owner, "answer", "A/1", &value, &revision) == YG_OK);
	CHECK(json_array_size(json_object_get(value, "b")) == 2 && revision == 1);
	json_decref(value);
	CHECK(put(owner, "answer", "A/2", "{\"a\":1.5}") == YG_EUNSUPPORTED);
	CHECK(yg_access_put(owner, "answer", "A/2", NULL, 0, NULL) == YG_EINVAL);
	CHECK(get(owner, "answer", "A/2") == YG_ENOENT);
	CHECK(put(owner, "answer", "", "{}") == YG_EINVAL);
	CHECK(yg_access_put_bytes(owner, "library", "urn:x", YG_S("a: \xff\n"), 0, NULL) == YG_OK);
	CHECK(get(owner, "library", "urn:x") == YG_EFORMAT);
	CHECK(yg_access_get_bytes(owner, "library", "urn:x", &bytes, &size, &revision) == YG_OK);
	CHECK(size == 5 && memcmp(bytes, "a: \xff\n", 5) == 0 && revision == 1);
	free(bytes);
	CHECK(yg_access_get_bytes(owner, "library", "urn:y", &bytes, &size, NULL) == YG_ENOENT);
}

static void bodies_have_a_limit(void)
{
	char *text = malloc(YG_DOC_BODY_MAX + 1);
	json_t *value = json_array();

	begin();
	CHECK(text);
	memset(text, 'x', YG_DOC_BODY_MAX - 4); /* and ["…"] around it */
	CHECK(yg_json_set(value, "x", NULL) == YG_ENOMEM);
	CHECK(json_array_append_new(value, yg_json_string((struct yg_bytes){
						   (uint8_t *)text, YG_DOC_BODY_MAX - 4})) == 0);
	CHECK(yg_access_put(owner, "answer", "A/1", value, 0, NULL) == YG_OK);
	CHECK(json_array_append_new(value, json_null()) == 0);
	CHECK(yg_access_put(owner, "answer", "A/1", value, 1, NULL) == YG_ELIMIT);
	json_decref(value);
	free(text);
}

static void organisations_are_kept_apart(void)
{
	struct yg_doc_put theirs = {.org = YG_S("other"),
				    .kind = YG_S("answer"),
				    .key = YG_S("A/1"),
				    .body = YG_S("{\"theirs\":1}"),
				    .expected = 0,
				    .actor = YG_S("someone")};
	struct yg_doc_filter filter = {.by_change = true, .limit = 10};
	uint64_t last = 9;
	struct yg_buf got;

	begin();
	yg_buf_init(&got, 1000);
	CHECK(yg_control_put(store, &theirs, NULL) == YG_OK);
	CHECK(get(owner, "answer", "A/1") == YG_ENOENT);
	CHECK(yg_access_visit(owner, &filter, keep_body, &got) == YG_OK && got.size == 0);
	CHECK(yg_access_history(owner, "answer", "A/1", keep_body, &got) == YG_OK && got.size == 0);
	CHECK(yg_access_last_change(owner, &last) == YG_OK && last == 0);
	CHECK(yg_access_remove(owner, "answer", "A/1", YG_REVISION_ANY) == YG_ENOENT);
	CHECK(put(owner, "answer", "A/1", "{}") == YG_OK);
	CHECK(yg_access_visit(owner, &filter, keep_body, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "A/1={} ");
	CHECK(yg_access_last_change(owner, &last) == YG_OK && last == 2);
	yg_buf_done(&got);
}

static void transactions_reach_the_store(void)
{
	begin();
	CHECK(yg_access_begin(owner) == YG_OK);
	CHECK(put(owner, "answer", "A/1", "{}") == YG_OK);
	yg_access_abort(owner);
	CHECK(get(owner, "answer", "A/1") == YG_ENOENT);
	CHECK(yg_access_begin(owner) == YG_OK);
	CHECK(put(owner, "answer", "A/1", "{}") == YG_OK);
	CHECK(yg_access_commit(owner) == YG_OK);
	CHECK(get(owner, "answer", "A/1") == YG_OK);
}

/* ---- invited people ---- */

static void an_invitation_has_a_last_day(void)
{
	struct yg_access *expert;
	struct yg_access *late = NULL;

	begin();
	expert = invite("A/X", "X", "{\"role\":\"expert\",\"until\":\"2026-11-25\"}");
	CHECK(expert && strcmp(yg_access_actor(expert), "expert:X") == 0);
	set_time("2026-11-25T23:59:59+09:00"); /* the last second of that day in Japan */
	CHECK(put(expert, "confirmation", "A/1", "{}") == YG_OK);
	set_time("2026-11-26T00:00:00+09:00");
	CHECK(put(expert, "confirmation", "A/1", "{}") == YG_EACCES);
	CHECK(get(expert, "confirmation", "A/1") == YG_EACCES);
	CHECK(yg_access_as_expert(owner, "X", &late) == YG_EACCES);
	CHECK(put(owner, "expert", "A/X", "{\"role\":\"expert\",\"until\":\"2026-11-26\"}") ==
	      YG_OK);
	CHECK(put(expert, "confirmation", "A/1", "{}") == YG_OK); /* made longer */
	(void)yg_access_free(expert);
}

static void an_invitation_can_end(void)
{
	static const char *const ended[] = {
		"{\"role\":\"expert\",\"until\":\"2026-12-31\",\"ended\":true}",
		"{\"role\":\"assessor\",\"until\":\"2026-12-31\"}", /* another one by now */
		"{\"role\":\"owner\",\"until\":\"2026-12-31\"}",
		"{\"role\":\"expert\"}",
		"{\"role\":\"expert\",\"until\":\"2026-02-30\"}",
		"{\"until\":\"2026-12-31\"}",
		"[]",
	};
	const char *live = "{\"role\":\"expert\",\"until\":\"2026-12-31\",\"ended\":false}";
	struct yg_doc_filter filter = {.by_change = true, .limit = 10};
	struct yg_access *expert;
	struct yg_access *again = NULL;
	uint64_t last;

	begin();
	expert = invite("A/X", "X", live);
	CHECK(expert);
	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
		CHECK(put(owner, "expert", "A/X", ended[i]) == YG_OK);
		CHECK(put(expert, "confirmation", "A/1", "{}") == YG_EACCES);
		CHECK(get(expert, "answer", "A/1") == YG_EACCES);
		CHECK(yg_access_visit(expert, &filter, NULL, NULL) == YG_EACCES);
		CHECK(yg_access_history(expert, "answer", "A/1", NULL, NULL) == YG_EACCES);
		CHECK(yg_access_last_change(expert, &last) == YG_EACCES);
		if (i != 1)
			CHECK(yg_access_as_expert(owner, "X", &again) == YG_EACCES);
		CHECK(put(owner, "expert", "A/X", live) == YG_OK);
		CHECK(get(expert, "answer", "A/1") == YG_ENOENT);
	}
	CHECK(yg_access_remove(owner, "expert", "A/X", YG_REVISION_ANY) == YG_OK);
	CHECK(get(expert, "answer", "A/1") == YG_EACCES);
	CHECK(yg_access_as_expert(owner, "X", &again) == YG_ENOENT);
	(void)yg_access_free(expert);
}

static void only_the_invited_come_in(void)
{
	const char *live = "{\"role\":\"expert\",\"until\":\"2026-12-31\"}";
	struct yg_access *access = NULL;
	struct yg_access *expert;

	begin();
	CHECK(yg_access_as_expert(owner, "X", &access) == YG_ENOENT);
	CHECK(put(owner, "expert", "X", live) == YG_OK); /* of no assessment */
	CHECK(put(owner, "expert", "/X", live) == YG_OK);
	CHECK(yg_access_as_expert(owner, "X", &access) == YG_ENOENT);
	CHECK(yg_access_as_expert(owner, "", &access) == YG_ENOENT);
	CHECK(put(owner, "expert", "A/X", live) == YG_OK);
	CHECK(yg_access_as_expert(owner, "A/X", &access) == YG_ENOENT);
	CHECK(yg_access_as_expert(owner, "x", &access) == YG_ENOENT);
	CHECK(yg_access_as_expert(owner, "X", &expert) == YG_OK);
	CHECK(yg_access_as_expert(expert, "X", &access) == YG_EACCES);
	(void)yg_access_free(expert);
	CHECK(put(owner, "expert", "B/X", live) == YG_OK);
	CHECK(yg_access_as_expert(owner, "X", &access) == YG_EACCES); /* which one? */
}

static void an_invitation_is_for_one_assessment(void)
{
	static const char *const keys[] = {"A", "A/1", "A/2", "A2", "A2/1", "B/1", "A/3"};
	struct yg_doc_filter filter = {.kind = YG_S("answer"), .limit = 2};
	struct yg_access *expert;
	struct yg_buf got;

	begin();
	yg_buf_init(&got, 1000);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		CHECK(put(owner, "answer", keys[i], "1") == YG_OK);
		CHECK(put(owner, "assessment", keys[i], "1") == YG_OK);
	}
	CHECK(put(owner, "official", "B", "1") == YG_OK);
	expert = invite("A/X", "X", "{\"role\":\"expert\",\"until\":\"2026-12-31\"}");
	CHECK(expert);
	CHECK(get(expert, "assessment", "A") == YG_OK && get(expert, "answer", "A/1") == YG_OK);
	CHECK(get(expert, "assessment", "A2") == YG_EACCES);
	CHECK(get(expert, "answer", "A2/1") == YG_EACCES);
	CHECK(get(expert, "answer", "B/1") == YG_EACCES && get(expert, "answer", "") == YG_EACCES);
	CHECK(get(expert, "official", "B") == YG_OK);
	CHECK(put(expert, "confirmation", "B/1", "{}") == YG_EACCES);
	CHECK(put(expert, "confirmation", "A2/1", "{}") == YG_EACCES);
	CHECK(put(expert, "confirmation", "A/1", "{}") == YG_OK);
	CHECK(yg_access_history(expert, "answer", "B/1", keep_body, &got) == YG_EACCES);
	/* Pages hold what may be seen: the hidden ones do not make them shorter. */
	CHECK(yg_access_visit(expert, &filter, keep_body, &got) == YG_OK);
	filter.after_key = YG_S("A/1");
	CHECK(yg_access_visit(expert, &filter, keep_body, &got) == YG_OK);
	filter.after_key = YG_S("A/3");
	CHECK(yg_access_visit(expert, &filter, keep_body, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "A=1 A/1=1 A/2=1 A/3=1 ");
	yg_buf_reset(&got);
	filter = (struct yg_doc_filter){.kind = YG_S("answer"), .by_change = true, .limit = 1};
	for (unsigned i = 0; i < 20; i++, filter.after_change++) {
		if (filter.after_change == 6) /* between A/2 and A/3, behind hidden ones */
			CHECK(yg_access_visit(expert, &filter, keep_body, &got) == YG_OK);
	}
	CHECK_TEXT(yg_buf_bytes(&got), "A/3=1 ");
	yg_buf_done(&got);
	(void)yg_access_free(expert);
}

static int stop(void *arg, const struct yg_doc *doc)
{
	(void)arg;
	(void)doc;
	return YG_EEND;
}

static void a_visitor_can_stop(void)
{
	struct yg_doc_filter filter = {.kind = YG_S("answer"), .limit = 1};

	begin();
	CHECK(put(owner, "answer", "A/1", "1") == YG_OK);
	CHECK(yg_access_visit(owner, &filter, stop, NULL) == YG_EEND);
	filter.limit = 0;
	CHECK(yg_access_visit(owner, &filter, stop, NULL) == YG_EINVAL);
}

/* ---- no memory ---- */

static int do_all(void)
{
	struct yg_access *local = NULL;
	struct yg_access *expert = NULL;
	json_t *value = NULL;
	json_t *read = NULL;
	struct yg_clock clock = {.now_ns = tell_time, .arg = &now_ns};
	int rc = yg_access_local(store, clock, "me", &local);

	if (rc == YG_OK)
		rc = yg_access_as_expert(local, "X", &expert);
	if (rc == YG_OK) {
		value = yg_json_string(YG_S("text"));
		rc = value ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		rc = yg_access_put(expert, "confirmation", "A/1", value, YG_REVISION_ANY, NULL);
	if (rc == YG_OK)
		rc = yg_access_get(expert, "confirmation", "A/1", &read, NULL);
	json_decref(value);
	json_decref(read);
	(void)yg_access_free(expert);
	(void)yg_access_free(local);
	return rc;
}

static void failing_memory_is_reported(void)
{
	begin();
	CHECK(put(owner, "expert", "A/X", "{\"role\":\"expert\",\"until\":\"2026-12-31\"}") ==
	      YG_OK);
	for (long at = 1;; at++) {
		long left;
		int rc;

		yg_fail_at = at;
		rc = do_all();
		left = yg_fail_at;
		yg_fail_at = 0;
		CHECK(rc == (left > 0 ? YG_OK : YG_ENOMEM));
		if (left > 0)
			break;
		CHECK(at < 1000);
	}
}

static const struct check_case cases[] = {
	CASE(the_table_says_what_each_role_may),
	CASE(roles_have_names),
	CASE(actors_are_held_to_the_table),
	CASE(unknown_kinds_are_out_of_reach),
	CASE(people_are_named),
	CASE(bodies_are_canonical),
	CASE(bodies_have_a_limit),
	CASE(organisations_are_kept_apart),
	CASE(transactions_reach_the_store),
	CASE(an_invitation_has_a_last_day),
	CASE(an_invitation_can_end),
	CASE(only_the_invited_come_in),
	CASE(an_invitation_is_for_one_assessment),
	CASE(a_visitor_can_stop),
	CASE(failing_memory_is_reported),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_access_free(owner);
	(void)yg_control_free(store);
	return rc;
}
