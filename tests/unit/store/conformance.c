/* SPDX-License-Identifier: Apache-2.0 */
/* What store/control.h promises, asked of every backend. */
#include "store_help.h"

static struct yg_control *store;
static struct yg_buf got;

static struct yg_control *open_one(bool is_sqlite)
{
	struct yg_control *opened = NULL;

	if (!is_sqlite)
		return yg_control_new_ram();
	remove_store("db");
	return yg_control_open_sqlite(path_of("db"), true, &opened) == YG_OK ? opened : NULL;
}

/* The listing of @filter as text. */
static const char *list(struct yg_control *from, struct yg_bytes org, struct yg_doc_filter filter)
{
	yg_buf_reset(&got);
	if (filter.limit == 0)
		filter.limit = 100;
	if (yg_control_list(from, org, &filter, tell, &got) != YG_OK)
		return "error";
	yg_buf_add_byte(&got, 0);
	return (const char *)got.data;
}

static const char *list_prefix(const char *prefix, const char *after, uint32_t limit)
{
	return list(store, ORG,
		    (struct yg_doc_filter){.kind = KIND,
					   .key_prefix = yg_bytes_str(prefix),
					   .after_key = yg_bytes_str(after),
					   .limit = limit});
}

static bool is(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	fprintf(stderr, "got \"%s\", not \"%s\"\n", a, b);
	return false;
}

static void revisions_count_and_conflicts_are_told(void)
{
	struct yg_doc_put doc = put_of("a", "1", YG_REVISION_NONE);
	uint32_t revision = 0;

	CHECK(yg_control_put(store, &doc, &revision) == YG_OK && revision == 1);
	CHECK(yg_control_put(store, &doc, &revision) == YG_EMISMATCH && revision == 1);
	doc.expected = 2;
	CHECK(yg_control_put(store, &doc, &revision) == YG_EMISMATCH);
	doc.expected = 1;
	doc.body = YG_S("2");
	CHECK(yg_control_put(store, &doc, &revision) == YG_OK && revision == 2);
	CHECK(yg_control_put(store, &doc, &revision) == YG_EMISMATCH);
	doc.expected = YG_REVISION_ANY;
	doc.body = YG_S("3");
	CHECK(yg_control_put(store, &doc, &revision) == YG_OK && revision == 3);
	CHECK(is(body_of(store, "a"), "@3=3;"));
	doc.key = YG_S("b");
	doc.expected = 1;
	CHECK(yg_control_put(store, &doc, &revision) == YG_EMISMATCH);
	CHECK(is(body_of(store, "b"), "none"));
	CHECK(is(yg_control_trouble(store), ""));
}

static void what_is_removed_can_come_again(void)
{
	CHECK(put(store, "a", NULL, YG_REVISION_ANY) == YG_ENOENT);
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(put(store, "a", NULL, 7) == YG_EMISMATCH);
	CHECK(put(store, "a", NULL, 1) == YG_OK);
	CHECK(is(body_of(store, "a"), "none"));
	CHECK(put(store, "a", NULL, YG_REVISION_ANY) == YG_ENOENT);
	CHECK(is(list_prefix("", "", 0), ""));
	CHECK(put(store, "a", "3", 1) == YG_EMISMATCH);
	CHECK(put(store, "a", "3", YG_REVISION_NONE) == YG_OK);
	CHECK(is(body_of(store, "a"), "@3=3;"));
	CHECK(put(store, "a", NULL, 3) == YG_OK);
	CHECK(put(store, "a", "5", 4) == YG_OK); /* the tombstone's own number is right too */
	CHECK(is(list_prefix("", "", 0), "a@5=5;"));
}

static void history_keeps_all(void)
{
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(put(store, "b", "x", 0) == YG_OK);
	CHECK(put(store, "a", "", 1) == YG_OK); /* an empty body is a body */
	CHECK(put(store, "a", NULL, 2) == YG_OK);
	CHECK(put(store, "a", "4", 0) == YG_OK);
	yg_buf_reset(&got);
	CHECK(yg_control_history(store, ORG, KIND, YG_S("a"), tell, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "a@1=1;a@2=;a@3-;a@4=4;");
	yg_buf_reset(&got);
	CHECK(yg_control_history(store, ORG, KIND, YG_S("c"), tell, &got) == YG_OK);
	CHECK(got.size == 0);
}

static int purge(const char *key, bool keeps_current, uint32_t *ret_count)
{
	struct yg_doc_put id = put_of(key, "", 0);

	return yg_control_purge(store, &id, keeps_current, ret_count);
}

static void what_is_purged_is_gone(void)
{
	struct yg_doc_filter changes = {.kind = KIND, .by_change = true};
	uint32_t count = 7;
	uint64_t last = 0, then = 0;

	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(put(store, "a", "2", 1) == YG_OK);
	CHECK(put(store, "b", "x", 0) == YG_OK);
	CHECK(put(store, "a", NULL, 2) == YG_OK);
	CHECK(purge("a", false, &count) == YG_EINVAL); /* no transaction */
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(purge("c", false, &count) == YG_ENOENT && count == 0);
	CHECK(purge("a", false, &count) == YG_EMISMATCH && count == 0); /* the newest change */
	CHECK(put(store, "why", "w", 0) == YG_OK);
	CHECK(purge("a", false, &count) == YG_OK && count == 3);
	CHECK(is(list(store, ORG, changes), "b@1=x;why@1=w;"));
	yg_control_abort(store); /* and all is there again */
	CHECK(is(list(store, ORG, changes), "a@1=1;a@2=2;b@1=x;a@3-;"));
	CHECK(yg_control_last_change(store, ORG, &last) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "why", "w", 0) == YG_OK);
	CHECK(purge("a", false, &count) == YG_OK && count == 3);
	CHECK(yg_control_commit(store) == YG_OK);
	CHECK(yg_control_last_change(store, ORG, &then) == YG_OK && then > last);
	CHECK(is(list(store, ORG, changes), "b@1=x;why@1=w;"));
	yg_buf_reset(&got);
	CHECK(yg_control_history(store, ORG, KIND, YG_S("a"), tell, &got) == YG_OK);
	CHECK(got.size == 0);
	CHECK(is(body_of(store, "a"), "none"));
	CHECK(put(store, "a", "anew", 0) == YG_OK);
	CHECK(is(body_of(store, "a"), "@1=anew;"));
	CHECK(put(store, "a", "2", 1) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(purge("a", true, &count) == YG_OK && count == 1); /* the current one may stay */
	CHECK(yg_control_commit(store) == YG_OK);
	CHECK(is(list(store, ORG, changes), "b@1=x;why@1=w;a@2=2;"));
	CHECK(put(store, "a", "3", 2) == YG_OK);
	CHECK(is(body_of(store, "a"), "@3=3;"));
}

static int put_holding(const char *key, const char *body, uint32_t expected, const char *bytes)
{
	struct yg_shared shared = yg_shared_of(yg_bytes_str(bytes));
	struct yg_doc_put doc = put_of(key, body, expected);

	doc.shared = &shared;
	return yg_control_put(store, &doc, NULL);
}

static int take_bytes(void *arg, struct yg_bytes bytes)
{
	struct yg_buf *to = arg;

	yg_buf_reset(to);
	yg_buf_addf(to, "[%.*s]", YG_FMT(bytes));
	yg_buf_add_byte(to, 0);
	return yg_buf_error(to);
}

/* What @key holds, in brackets; "none". */
static const char *held_by(struct yg_bytes org, const char *key)
{
	int rc = yg_control_shared(store, org, KIND, yg_bytes_str(key), take_bytes, &got);

	return rc == YG_OK ? (const char *)got.data : rc == YG_ENOENT ? "none" : "error";
}

static void what_is_shared_is_of_the_current_revision(void)
{
	struct yg_doc_put theirs = put_of("a", "t", 0);

	CHECK(is(held_by(ORG, "a"), "none"));
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(is(held_by(ORG, "a"), "none"));
	CHECK(put_holding("a", "2", 1, "much") == YG_OK);
	CHECK(put_holding("b", "1", 0, "much") == YG_OK);
	CHECK(put_holding("b", "x", 0, "other") == YG_EMISMATCH);
	CHECK(is(held_by(ORG, "a"), "[much]") && is(held_by(ORG, "b"), "[much]"));
	CHECK(is(body_of(store, "a"), "@2=2;") && is(list_prefix("", "", 0), "a@2=2;b@1=1;"));
	/* One lets it go: the other has it. */
	CHECK(put(store, "a", "3", 2) == YG_OK);
	CHECK(is(held_by(ORG, "a"), "none") && is(held_by(ORG, "b"), "[much]"));
	CHECK(put_holding("a", "4", 3, "") == YG_OK); /* nothing is something, too */
	CHECK(is(held_by(ORG, "a"), "[]"));
	CHECK(put_holding("a", "5", 4, "much") == YG_OK && put(store, "b", NULL, 1) == YG_OK);
	CHECK(is(held_by(ORG, "a"), "[much]") && is(held_by(ORG, "b"), "none"));
	/* Another organisation's document of this name holds nothing by that. */
	theirs.org = YG_S("other");
	CHECK(yg_control_put(store, &theirs, NULL) == YG_OK);
	CHECK(is(held_by(theirs.org, "a"), "none"));
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put_holding("a", "6", 5, "more") == YG_OK && is(held_by(ORG, "a"), "[more]"));
	yg_control_abort(store);
	CHECK(is(held_by(ORG, "a"), "[much]"));
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "why", "w", 0) == YG_OK);
	CHECK(purge("a", true, NULL) == YG_OK && is(held_by(ORG, "a"), "[much]"));
	CHECK(purge("a", false, NULL) == YG_OK && is(held_by(ORG, "a"), "none"));
	yg_control_abort(store);
	CHECK(is(held_by(ORG, "a"), "[much]"));
}

static void what_is_shared_has_limits(void)
{
	struct yg_shared shared = yg_shared_of(YG_S("x"));
	struct yg_doc_put doc = put_of("a", NULL, 1);

	CHECK(put(store, "a", "1", 0) == YG_OK);
	doc.shared = &shared;
	CHECK(yg_control_put(store, &doc, NULL) == YG_EINVAL); /* a tombstone holds nothing */
	doc = put_of("a", "2", 1);
	doc.shared = &shared;
	shared.bytes.size = YG_DOC_BODY_MAX + 1; /* is not looked at */
	CHECK(yg_control_put(store, &doc, NULL) == YG_ELIMIT);
	CHECK(is(body_of(store, "a"), "@1=1;") && is(held_by(ORG, "a"), "none"));
	CHECK(yg_control_shared(store, ORG, KIND, YG_S(""), take_bytes, &got) == YG_EINVAL);
}

static void lists_are_in_the_order_of_bytes(void)
{
	static const char *const keys[] = {"b",	 "a/2", "a",   "\xe3\x81\x82",	   "a/1/x", "a/10",
					   "a0", "B",	"a/1", "\xf0\x9f\x98\x80", "a."};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		CHECK(put(store, keys[i], "", 0) == YG_OK);
	CHECK(put(store, "a/2", NULL, 1) == YG_OK);
	CHECK(is(list_prefix("", "", 0),
		 "B@1=;a@1=;a.@1=;a/1@1=;a/1/x@1=;a/10@1=;a0@1=;b@1=;\xe3\x81\x82@1=;"
		 "\xf0\x9f\x98\x80@1=;"));
	CHECK(is(list_prefix("a/", "", 0), "a/1@1=;a/1/x@1=;a/10@1=;"));
	CHECK(is(list_prefix("a/", "", 2), "a/1@1=;a/1/x@1=;"));
	CHECK(is(list_prefix("a/", "a/1/x", 2), "a/10@1=;"));
	CHECK(is(list_prefix("a/", "a/10", 2), ""));
	CHECK(is(list_prefix("a/", "a", 1), "a/1@1=;"));
	CHECK(is(list_prefix("a/", "b", 9), ""));
	CHECK(is(list_prefix("a/", "B", 1), "a/1@1=;"));
	CHECK(is(list_prefix("", "b", 1), "\xe3\x81\x82@1=;"));
	CHECK(is(list_prefix("\xe3", "", 9), "\xe3\x81\x82@1=;")); /* half a character */
	CHECK(is(list_prefix("\xff", "", 9), ""));
	CHECK(is(list_prefix("a/1", "", 9), "a/1@1=;a/1/x@1=;a/10@1=;"));
	CHECK(is(list_prefix("zz", "", 9), ""));
}

static void changes_are_a_cursor(void)
{
	struct yg_doc_put other = put_of("k", "o", 0);
	uint64_t last = 9;

	CHECK(yg_control_last_change(store, ORG, &last) == YG_OK && last == 0);
	CHECK(put(store, "b", "1", 0) == YG_OK);
	CHECK(put(store, "a", "2", 0) == YG_OK);
	other.org = YG_S("other");
	CHECK(yg_control_put(store, &other, NULL) == YG_OK);
	CHECK(put(store, "b", NULL, 1) == YG_OK);
	other.org = ORG;
	other.kind = YG_S("scope");
	CHECK(yg_control_put(store, &other, NULL) == YG_OK);
	CHECK(yg_control_last_change(store, ORG, &last) == YG_OK && last == 5);
	CHECK(yg_control_last_change(store, YG_S("other"), &last) == YG_OK && last == 3);
	CHECK(is(list(store, ORG, (struct yg_doc_filter){.by_change = true}),
		 "b@1=1;a@1=2;b@2-;k@1=o;"));
	CHECK(is(list(store, ORG,
		      (struct yg_doc_filter){.by_change = true, .after_change = 2, .limit = 1}),
		 "b@2-;"));
	CHECK(is(list(store, ORG, (struct yg_doc_filter){.by_change = true, .after_change = 5}),
		 ""));
	CHECK(is(list(store, ORG,
		      (struct yg_doc_filter){.by_change = true, .after_change = UINT64_MAX}),
		 ""));
	CHECK(is(list(store, ORG,
		      (struct yg_doc_filter){.by_change = true, .kind = KIND, .after_change = 1}),
		 "a@1=2;b@2-;"));
	CHECK(is(list(store, ORG,
		      (struct yg_doc_filter){.by_change = true, .key_prefix = YG_S("b")}),
		 "b@1=1;b@2-;"));
	CHECK(is(list(store, YG_S("other"), (struct yg_doc_filter){.by_change = true}), "k@1=o;"));
}

static void organisations_never_meet(void)
{
	struct yg_doc_put ours = put_of("same", "ours", 0);
	struct yg_doc_put theirs = put_of("same", "theirs", 0);
	struct yg_doc_filter filter = {.kind = KIND};

	theirs.org = YG_S("local2"); /* a prefix of it is the other's name */
	CHECK(yg_control_put(store, &ours, NULL) == YG_OK);
	CHECK(is(body_in(store, theirs.org, "same"), "none"));
	CHECK(is(list(store, theirs.org, filter), ""));
	CHECK(yg_control_put(store, &theirs, NULL) == YG_OK);
	CHECK(is(body_in(store, ORG, "same"), "@1=ours;"));
	CHECK(is(body_in(store, theirs.org, "same"), "@1=theirs;"));
	CHECK(is(list(store, theirs.org, filter), "same@1=theirs;"));
	CHECK(is(list(store, ORG, filter), "same@1=ours;"));
	theirs.is_removed = true;
	theirs.body = (struct yg_bytes){0};
	theirs.expected = 1;
	CHECK(yg_control_put(store, &theirs, NULL) == YG_OK);
	CHECK(is(body_in(store, ORG, "same"), "@1=ours;"));
	yg_buf_reset(&got);
	CHECK(yg_control_history(store, ORG, KIND, YG_S("same"), tell, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "same@1=ours;");
}

static void transactions_are_whole(void)
{
	uint64_t last;

	CHECK(yg_control_commit(store) == YG_EINVAL);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(is(body_of(store, "a"), "@1=1;")); /* one's own writing is seen */
	yg_control_abort(store);
	yg_control_abort(store);
	CHECK(is(body_of(store, "a"), "none"));
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(put(store, "a", "x", 0) == YG_EMISMATCH); /* refused: the others stand */
	CHECK(put(store, "", "x", 0) == YG_EINVAL);
	CHECK(put(store, "c", NULL, 0) == YG_ENOENT);
	CHECK(put(store, "b", "2", 0) == YG_OK);
	CHECK(put(store, "a", "3", 1) == YG_OK);
	CHECK(yg_control_commit(store) == YG_OK);
	CHECK(is(list_prefix("", "", 0), "a@2=3;b@1=2;"));
	CHECK(yg_control_last_change(store, ORG, &last) == YG_OK && last == 3);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "a", NULL, 2) == YG_OK);
	yg_control_abort(store);
	CHECK(is(body_of(store, "a"), "@2=3;"));
	CHECK(put(store, "z", "4", 0) == YG_OK);
	CHECK(yg_control_last_change(store, ORG, &last) == YG_OK && last == 4);
}

/* A begin within a transaction joins it. */
static void transactions_join(void)
{
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "b", "2", 0) == YG_OK);
	CHECK(yg_control_commit(store) == YG_OK);
	yg_control_abort(store); /* the outermost decides */
	CHECK(is(list_prefix("", "", 0), ""));
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "b", "2", 0) == YG_OK);
	CHECK(yg_control_commit(store) == YG_OK);
	CHECK(yg_control_commit(store) == YG_OK);
	CHECK(is(list_prefix("", "", 0), "a@1=1;b@1=2;"));
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "c", "3", 0) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	yg_control_abort(store);
	CHECK(put(store, "d", "4", 0) == YG_EINVAL); /* the whole has failed */
	CHECK(yg_control_commit(store) == YG_EINVAL);
	CHECK(yg_control_commit(store) == YG_EINVAL);
	CHECK(is(list_prefix("", "", 0), "a@1=1;b@1=2;"));
	CHECK(put(store, "e", "5", 0) == YG_OK);
}

/* The callback of a listing that reads the document itself, and tries to write. */
static int read_within(void *arg, const struct yg_doc *doc)
{
	struct yg_buf *to = arg;
	int rc = yg_control_get(store, ORG, doc->kind, doc->key, tell, to);
	struct yg_doc_filter filter = {.kind = KIND, .limit = 1, .after_key = doc->key};

	if (rc == YG_OK)
		rc = yg_control_list(store, ORG, &filter, tell, to);
	if (put(store, "new", "x", YG_REVISION_ANY) != YG_EINVAL ||
	    yg_control_begin(store) != YG_EINVAL)
		return YG_EIO;
	yg_buf_add_byte(to, '|');
	return rc;
}

static int stop_at_once(void *arg, const struct yg_doc *doc)
{
	(void)doc;
	++*(unsigned *)arg;
	return YG_EEND;
}

static void callbacks_may_read_and_stop(void)
{
	struct yg_doc_filter filter = {.kind = KIND, .limit = 10};
	unsigned calls = 0;

	for (unsigned i = 0; i < 3; i++)
		CHECK(put(store, i == 0 ? "a" : i == 1 ? "b" : "c", "", 0) == YG_OK);
	yg_buf_reset(&got);
	CHECK(yg_control_list(store, ORG, &filter, read_within, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "a@1=;b@1=;|b@1=;c@1=;|c@1=;|");
	CHECK(yg_control_list(store, ORG, &filter, stop_at_once, &calls) == YG_EEND && calls == 1);
	CHECK(yg_control_get(store, ORG, KIND, YG_S("a"), stop_at_once, &calls) == YG_EEND);
	CHECK(yg_control_history(store, ORG, KIND, YG_S("a"), stop_at_once, &calls) == YG_EEND);
	CHECK(calls == 3);
	CHECK(put(store, "new", "x", 0) == YG_OK);
}

static int abort_within(void *arg, const struct yg_doc *doc)
{
	(void)arg;
	(void)doc;
	yg_control_abort(store);
	return YG_OK;
}

static void an_abort_below_a_listing_ends_the_transaction(void)
{
	CHECK(put(store, "a", "1", 0) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(put(store, "a", "2", 1) == YG_OK);
	CHECK(yg_control_get(store, ORG, KIND, YG_S("a"), abort_within, NULL) == YG_OK);
	CHECK(put(store, "a", "3", 2) == YG_EINVAL);
	CHECK(yg_control_commit(store) == YG_EINVAL);
	CHECK(is(body_of(store, "a"), "@1=1;"));
	CHECK(put(store, "a", "2", 1) == YG_OK);
}

static int put_named(struct yg_bytes org, struct yg_bytes kind, struct yg_bytes key,
		     struct yg_bytes actor)
{
	struct yg_doc_put doc = {.org = org, .kind = kind, .key = key, .actor = actor};

	doc.expected = YG_REVISION_ANY;
	return yg_control_put(store, &doc, NULL);
}

static void names_have_limits(void)
{
	static uint8_t many[YG_DOC_KEY_MAX + 1];
	static const char *const bad[] = {"a\nb",     "\x01",	  "a\x7f",	 "\xff",
					  "\xe3\x81", "\xc0\x80", "\xed\xa0\x80"};
	struct yg_bytes me = YG_S("me");
	struct yg_bytes key = YG_S("k");
	struct yg_doc_put doc = put_of("k", "x", YG_REVISION_ANY);

	memset(many, 'k', sizeof(many));
	CHECK(put_named(ORG, KIND, (struct yg_bytes){many, YG_DOC_KEY_MAX}, me) == YG_OK);
	CHECK(put_named(ORG, KIND, (struct yg_bytes){many, YG_DOC_KEY_MAX + 1}, me) == YG_EINVAL);
	CHECK(put_named(ORG, (struct yg_bytes){many, YG_DOC_KIND_MAX}, key, me) == YG_OK);
	CHECK(put_named(ORG, (struct yg_bytes){many, YG_DOC_KIND_MAX + 1}, key, me) == YG_EINVAL);
	CHECK(put_named((struct yg_bytes){many, YG_DOC_ORG_MAX}, KIND, key, me) == YG_OK);
	CHECK(put_named((struct yg_bytes){many, YG_DOC_ORG_MAX + 1}, KIND, key, me) == YG_EINVAL);
	CHECK(put_named(ORG, KIND, key, (struct yg_bytes){many, YG_DOC_ACTOR_MAX}) == YG_OK);
	CHECK(put_named(ORG, KIND, key, (struct yg_bytes){many, YG_DOC_ACTOR_MAX + 1}) ==
	      YG_EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct yg_bytes name = yg_bytes_str(bad[i]);

		CHECK(put_named(name, KIND, key, me) == YG_EINVAL);
		CHECK(put_named(ORG, name, key, me) == YG_EINVAL);
		CHECK(put_named(ORG, KIND, name, me) == YG_EINVAL);
		CHECK(put_named(ORG, KIND, key, name) == YG_EINVAL);
	}
	CHECK(put_named(ORG, KIND, YG_S("a\0b"), me) == YG_EINVAL);
	CHECK(put_named(ORG, YG_S("Answer"), key, me) == YG_EINVAL);
	CHECK(put_named(ORG, YG_S("answer2"), key, me) == YG_EINVAL);
	CHECK(put_named(YG_S(""), KIND, key, me) == YG_EINVAL);
	CHECK(put_named(ORG, YG_S(""), key, me) == YG_EINVAL);
	CHECK(put_named(ORG, KIND, YG_S(""), me) == YG_EINVAL);
	CHECK(put_named(ORG, KIND, key, YG_S("")) == YG_EINVAL);
	doc.is_removed = true;
	CHECK(yg_control_put(store, &doc, NULL) == YG_EINVAL); /* a tombstone with a body */
	CHECK(yg_control_get(store, ORG, KIND, YG_S(""), tell, &got) == YG_EINVAL);
	CHECK(yg_control_history(store, ORG, YG_S("A"), key, tell, &got) == YG_EINVAL);
}

static void listings_have_limits(void)
{
	static uint8_t many[YG_DOC_KEY_MAX + 1];
	struct yg_doc_filter filter = {.kind = KIND, .limit = YG_DOC_LIST_MAX};

	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_OK);
	filter.limit++;
	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_EINVAL);
	filter.limit = 0;
	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_EINVAL);
	filter.limit = 1;
	filter.kind = YG_S("");
	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_EINVAL);
	filter.kind = KIND;
	filter.key_prefix = (struct yg_bytes){many, sizeof(many)};
	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_EINVAL);
	filter.key_prefix.size--;
	filter.after_key = (struct yg_bytes){many, sizeof(many)};
	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_EINVAL);
	filter.after_key.size--;
	CHECK(yg_control_list(store, ORG, &filter, tell, &got) == YG_OK);
	CHECK(yg_control_list(store, YG_S(""), &filter, tell, &got) == YG_EINVAL);
}

/* The body is @arg. */
static int compare_body(void *arg, const struct yg_doc *doc)
{
	return yg_bytes_eq(doc->body, *(struct yg_bytes *)arg) ? YG_OK : YG_EDIGEST;
}

static void bodies_may_be_large_and_hold_anything(void)
{
	struct yg_doc_put doc = put_of("large", "x", 0);
	uint8_t *bytes = malloc(YG_DOC_BODY_MAX + 1);

	CHECK(bytes);
	for (size_t i = 0; i <= YG_DOC_BODY_MAX; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	doc.body = (struct yg_bytes){bytes, YG_DOC_BODY_MAX + 1};
	CHECK(yg_control_put(store, &doc, NULL) == YG_ELIMIT);
	CHECK(is(body_of(store, "large"), "none"));
	doc.body.size = YG_DOC_BODY_MAX;
	CHECK(yg_control_put(store, &doc, NULL) == YG_OK);
	CHECK(yg_control_get(store, ORG, KIND, doc.key, compare_body, &doc.body) == YG_OK);
	doc.expected = 1;
	doc.body.size = 256;
	CHECK(yg_control_put(store, &doc, NULL) == YG_OK);
	CHECK(yg_control_get(store, ORG, KIND, doc.key, compare_body, &doc.body) == YG_OK);
	free(bytes);
}

static int tell_fields(void *arg, const struct yg_doc *doc)
{
	struct yg_buf *to = arg;

	yg_buf_addf(to, "%llu %.*s %.*s %u %lld %.*s [%.*s] %d;", (unsigned long long)doc->change,
		    YG_FMT(doc->kind), YG_FMT(doc->key), doc->revision, (long long)doc->time_ns,
		    YG_FMT(doc->actor), YG_FMT(doc->body), doc->is_removed);
	return yg_buf_error(to);
}

static void all_fields_come_back(void)
{
	struct yg_doc_put doc = put_of("k", "x", 0);
	struct yg_doc_filter filter = {.kind = KIND, .limit = 9};

	doc.time_ns = -5;
	CHECK(yg_control_put(store, &doc, NULL) == YG_OK);
	doc.body = (struct yg_bytes){0};
	doc.is_removed = true;
	doc.expected = 1;
	doc.time_ns = INT64_MAX;
	doc.actor = YG_S("expert:\xe5\xb1\xb1\xe7\x94\xb0");
	CHECK(yg_control_put(store, &doc, NULL) == YG_OK);
	yg_buf_reset(&got);
	CHECK(yg_control_history(store, ORG, KIND, YG_S("k"), tell_fields, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "1 answer k 1 -5 local:test [x] 0;"
				       "2 answer k 2 9223372036854775807 "
				       "expert:\xe5\xb1\xb1\xe7\x94\xb0 [] 1;");
	doc = put_of("j", "y", 0);
	CHECK(yg_control_put(store, &doc, NULL) == YG_OK);
	yg_buf_reset(&got);
	CHECK(yg_control_list(store, ORG, &filter, tell_fields, &got) == YG_OK);
	CHECK(yg_control_get(store, ORG, KIND, YG_S("j"), tell_fields, &got) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&got), "3 answer j 1 1700000000000000000 local:test [y] 0;"
				       "3 answer j 1 1700000000000000000 local:test [y] 0;");
}

static void failing_memory_changes_nothing(void)
{
	unsigned failed = 0;

	CHECK(put(store, "a", "old", 0) == YG_OK);
	for (long at = 1; at < 5000; at++) {
		char body[32];
		char want[40];
		long left;
		int rc;

		(void)snprintf(body, sizeof(body), "%ld", at);
		yg_fail_at = at;
		rc = put_holding("a", body, YG_REVISION_ANY, body);
		left = yg_fail_at;
		yg_fail_at = 0;
		(void)snprintf(want, sizeof(want), "=%s;", body);
		CHECK(rc == YG_OK || is_ordered_failure(rc));
		CHECK((strstr(body_of(store, "a"), want) != NULL) == (rc == YG_OK));
		if (rc == YG_OK) {
			(void)snprintf(want, sizeof(want), "[%s]", body);
			CHECK(is(held_by(ORG, "a"), want));
		}
		failed += rc != YG_OK;
		if (left > 0)
			break;
	}
	CHECK(put(store, "a", "new", YG_REVISION_ANY) == YG_OK);
	CHECK(put(store, "b", "new", 0) == YG_OK);
	for (long at = 1; at < 5000; at++) {
		struct yg_doc_filter filter = {.kind = KIND, .limit = 9};
		long left;
		int rc;

		yg_buf_reset(&got);
		yg_fail_at = at;
		rc = yg_control_list(store, ORG, &filter, tell, &got);
		left = yg_fail_at;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || is_ordered_failure(rc));
		if (left > 0)
			break;
	}
	CHECK(failed > 0);
	CHECK(strstr(list_prefix("", "", 0), ";b@1=new;"));
}

/* ---- both backends, the same thousands of steps ---- */

static uint64_t state;

static unsigned draw(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

struct step {
	struct yg_doc_put put;
	char key[16];
	char body[32];
};

static void draw_step(struct step *step, unsigned number)
{
	static const char *const orgs[] = {"local", "local2", "x"};
	static const char *const kinds[] = {"answer", "scope"};

	(void)snprintf(step->key, sizeof(step->key), "%c/%u", 'a' + (char)draw(3), draw(12));
	(void)snprintf(step->body, sizeof(step->body), "%u", number);
	step->put = put_of(step->key, draw(4) ? step->body : NULL, draw(6));
	step->put.org = yg_bytes_str(orgs[draw(3)]);
	step->put.kind = yg_bytes_str(kinds[draw(2)]);
	step->put.time_ns = (int64_t)draw(1000);
	if (draw(3) == 0)
		step->put.expected = YG_REVISION_ANY;
}

static bool tell_same(struct yg_control *a, struct yg_control *b, const struct step *step)
{
	struct yg_doc_filter filter = {
		.kind = step->put.kind,
		.key_prefix = yg_bytes_cut(step->put.key, 0, draw(4)),
		.after_key = draw(2) ? step->put.key : (struct yg_bytes){0},
		.by_change = draw(3) == 0,
		.after_change = draw(3000),
		.limit = 1 + draw(20),
	};
	uint64_t last_a;
	uint64_t last_b;
	char *first;
	bool is_same;

	if (filter.by_change && draw(2))
		filter.kind = (struct yg_bytes){0};
	first = strdup(list(a, step->put.org, filter));
	is_same = is(list(b, step->put.org, filter), first);
	free(first);
	if (yg_control_last_change(a, step->put.org, &last_a) != YG_OK ||
	    yg_control_last_change(b, step->put.org, &last_b) != YG_OK)
		return false;
	return is_same && last_a == last_b;
}

static void both_backends_agree(void)
{
	const char *seed = getenv("YAGURA_SEED");
	struct yg_control *a = open_one(false);
	struct yg_control *b = open_one(true);
	bool is_open = false;

	state = seed ? strtoull(seed, NULL, 10) : 1;
	printf("YAGURA_SEED=%llu\n", (unsigned long long)state);
	CHECK(a && b);
	for (unsigned i = 0; i < 4000; i++) {
		struct step step;
		uint32_t revision_a = 0;
		uint32_t revision_b = 0;
		unsigned what = draw(100);

		draw_step(&step, i);
		if (!is_open && what < 10) {
			CHECK(yg_control_begin(a) == YG_OK && yg_control_begin(b) == YG_OK);
			is_open = true;
		} else if (is_open && what < 10) {
			CHECK(yg_control_commit(a) == YG_OK && yg_control_commit(b) == YG_OK);
			is_open = false;
		} else if (is_open && what < 15) {
			yg_control_abort(a);
			yg_control_abort(b);
			is_open = false;
		} else if (what < 70) {
			CHECK(yg_control_put(a, &step.put, &revision_a) ==
			      yg_control_put(b, &step.put, &revision_b));
			CHECK(revision_a == revision_b);
		} else {
			CHECK(tell_same(a, b, &step));
		}
	}
	(void)yg_control_free(a);
	(void)yg_control_free(b);
}

static const struct check_case cases[] = {
	CASE(revisions_count_and_conflicts_are_told),
	CASE(what_is_removed_can_come_again),
	CASE(history_keeps_all),
	CASE(what_is_purged_is_gone),
	CASE(what_is_shared_is_of_the_current_revision),
	CASE(what_is_shared_has_limits),
	CASE(lists_are_in_the_order_of_bytes),
	CASE(changes_are_a_cursor),
	CASE(organisations_never_meet),
	CASE(transactions_are_whole),
	CASE(transactions_join),
	CASE(callbacks_may_read_and_stop),
	CASE(an_abort_below_a_listing_ends_the_transaction),
	CASE(names_have_limits),
	CASE(listings_have_limits),
	CASE(bodies_may_be_large_and_hold_anything),
	CASE(all_fields_come_back),
	CASE(failing_memory_changes_nothing),
};
#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	size_t failed = 0;

	make_folder();
	yg_buf_init(&got, 64u << 20);
	for (size_t i = 0; i < 2 * CASE_COUNT; i++) {
		store = open_one(i >= CASE_COUNT);
		check_failed = !store;
		if (store)
			cases[i % CASE_COUNT].run();
		store = yg_control_free(store);
		if (check_failed)
			fprintf(stderr, "failed: %s (%s)\n", cases[i % CASE_COUNT].name,
				i >= CASE_COUNT ? "sqlite" : "ram");
		failed += (size_t)check_failed;
	}
	check_failed = 0;
	both_backends_agree();
	failed += (size_t)check_failed;
	yg_buf_done(&got);
	remove_store("db");
	(void)rmdir(folder);
	printf("%zu passed, %zu failed, 0 skipped\n", 2 * CASE_COUNT + 1 - failed, failed);
	return failed > 0;
}
