/* SPDX-License-Identifier: Apache-2.0 */
/* Collections: times of adding, versions, markings that hide, what a crash of a writer leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "../check.h"
#include "base/buf.h"
#include "store/stix.h"

static char path[64];
static struct yg_collections *s;
static struct yg_collection c;

static bool begin(void)
{
	(void)snprintf(path, sizeof(path), "/tmp/yagura-stix-XXXXXX");
	int fd = mkstemp(path);

	if (fd < 0)
		return false;
	(void)close(fd);
	(void)unlink(path);
	c = (struct yg_collection){.root = "hub", .owner = "hub", .title = "t"};
	return yg_collections_open(path, true, &s) == YG_OK && yg_collections_add(s, &c) == YG_OK;
}

static void end(void)
{
	char name[80];
	static const char *const tails[] = {"", "-wal", "-shm"};

	s = yg_collections_free(s);
	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		(void)unlink(name);
	}
}

static char text[256];
static char id[64];
static struct yg_stix_object object(unsigned number, int64_t version_ns, enum yg_tlp tlp)
{
	(void)snprintf(id, sizeof(id), "tool--00000000-0000-4000-8000-%012u", number);
	(void)snprintf(text, sizeof(text), "{\"id\":\"%s\",\"v\":%lld}", id, (long long)version_ns);
	return (struct yg_stix_object){.text = yg_bytes_str(text),
				       .id = yg_bytes_str(id),
				       .type = YG_S("tool"),
				       .version = YG_S("2026-01-01T00:00:00Z"),
				       .version_ns = version_ns,
				       .spec = YG_STIX_2_1,
				       .tlp = tlp};
}

static int put(unsigned number, int64_t version_ns, enum yg_tlp tlp, int64_t now_us, int64_t *added)
{
	struct yg_stix_object o = object(number, version_ns, tlp);

	return yg_collections_put(s, c.number, &o, now_us, 0, added);
}

struct seen {
	unsigned count;
	int64_t last_us;
	int64_t version_ns;
	bool is_ordered;
};

static int see(void *arg, const struct yg_stix_row *row)
{
	struct seen *seen = arg;

	seen->is_ordered = seen->is_ordered && row->added_us > seen->last_us;
	seen->last_us = row->added_us;
	seen->version_ns = row->object.version_ns;
	seen->count++;
	return YG_OK;
}

static struct seen look(struct yg_stix_filter filter)
{
	struct seen seen = {.last_us = INT64_MIN, .is_ordered = true};
	bool is_more = false;

	filter.collection = c.number;
	filter.limit = filter.limit ? filter.limit : 1000;
	filter.after_us = filter.after_us ? filter.after_us : INT64_MIN;
	filter.clearance = filter.clearance ? filter.clearance : YG_TLP_RED;
	if (yg_collections_read(s, &filter, true, see, &seen, &is_more) != YG_OK)
		seen.count = UINT32_MAX;
	return seen;
}

static void times_increase(void)
{
	int64_t added = 0, before = 0;

	CHECK(begin());
	CHECK(yg_collections_begin(s) == YG_OK);
	for (unsigned i = 1; i <= 50; i++) {
		/* A clock that stands still, then goes back. */
		CHECK(put(i, 1, YG_TLP_CLEAR, i < 25 ? 1000 : 10, &added) == YG_OK);
		CHECK(added > before);
		before = added;
	}
	CHECK(put(7, 1, YG_TLP_CLEAR, 5000, &added) == YG_EDUPLICATE);
	CHECK(yg_collections_commit(s) == YG_OK);
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(put(51, 1, YG_TLP_CLEAR, 1, &added) == YG_OK);
	CHECK(added == before + 1);
	yg_collections_abort(s);
	CHECK(look((struct yg_stix_filter){.has_all = true}).count == 50);
	CHECK(look((struct yg_stix_filter){.has_all = true}).is_ordered);
	CHECK(look((struct yg_stix_filter){.has_all = true, .after_us = before - 1}).count == 1);
	/* What was deleted does not give its time to another. */
	uint64_t count = 0;
	struct yg_stix_filter all = {.collection = c.number,
				     .clearance = YG_TLP_RED,
				     .after_us = INT64_MIN,
				     .has_all = true};

	CHECK(yg_collections_delete(s, &all, &count) == YG_OK && count == 50);
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(put(1, 1, YG_TLP_CLEAR, 1, &added) == YG_OK && added == before + 1);
	CHECK(yg_collections_commit(s) == YG_OK);
	end();
}

static void versions_and_markings(void)
{
	int64_t added;
	struct yg_stix_object other;
	const int64_t second = 20;

	CHECK(begin());
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(put(1, 20, YG_TLP_GREEN, 1, &added) == YG_OK);
	CHECK(put(1, 10, YG_TLP_CLEAR, 1, &added) == YG_OK);
	CHECK(put(1, 30, YG_TLP_RED, 1, &added) == YG_OK);
	CHECK(put(2, 10, YG_TLP_NONE, 1, &added) == YG_OK);
	other = object(1, 20, YG_TLP_GREEN);
	other.text = YG_S("{\"id\":\"x\"}");
	CHECK(yg_collections_put(s, c.number, &other, 1, 0, &added) == YG_EMISMATCH);
	CHECK(yg_collections_commit(s) == YG_OK);
	CHECK(look((struct yg_stix_filter){.has_last = true}).count == 2);
	CHECK(look((struct yg_stix_filter){.has_last = true, .clearance = YG_TLP_AMBER})
		      .version_ns == 20);
	CHECK(look((struct yg_stix_filter){.has_last = true, .clearance = YG_TLP_CLEAR})
		      .version_ns == 10);
	CHECK(look((struct yg_stix_filter){.has_all = true, .clearance = YG_TLP_CLEAR}).count == 1);
	CHECK(look((struct yg_stix_filter){
			   .has_all = true, .clearance = YG_TLP_CLEAR, .otherwise = YG_TLP_CLEAR})
		      .count == 2);
	CHECK(look((struct yg_stix_filter){.versions_ns = &second, .version_count = 1}).count == 1);
	CHECK(look((struct yg_stix_filter){.has_all = true, .specs = 1u << YG_STIX_2_0}).count ==
	      0);
	end();
}

static void names_and_statuses(void)
{
	struct yg_collection again = {.root = "hub", .owner = "hub", .title = "t"};
	struct yg_buf to;

	CHECK(begin());
	memcpy(again.id, c.id, sizeof(again.id));
	CHECK(yg_collections_add(s, &again) == YG_EDUPLICATE);
	CHECK(yg_collections_get(s, yg_bytes_str(c.id), &again) == YG_OK);
	CHECK(yg_collections_get(s, YG_S("nothing"), &again) == YG_ENOENT);
	CHECK(yg_stix_is_uuid(yg_bytes_str(c.id)) && c.id[14] == '4');
	yg_buf_init(&to, 100);
	CHECK(yg_collections_put_status(s, "a", YG_S("hub"), YG_S("me"), 1, YG_S("{}")) == YG_OK);
	CHECK(yg_collections_get_status(s, YG_S("a"), YG_S("hub"), YG_S("me"), 1, &to) == YG_OK);
	CHECK(yg_collections_get_status(s, YG_S("a"), YG_S("hub"), YG_S("you"), 1, &to) ==
	      YG_ENOENT);
	/* A day on it is there, later it is not. */
	CHECK(yg_collections_get_status(s, YG_S("a"), YG_S("hub"), YG_S("me"),
					INT64_C(86400000000) + 1, &to) == YG_OK);
	CHECK(yg_collections_get_status(s, YG_S("a"), YG_S("hub"), YG_S("me"),
					INT64_C(3) * 86400000000, &to) == YG_ENOENT);
	yg_buf_done(&to);
	end();
}

static void changed_and_removed(void)
{
	struct yg_collection other = {
		.root = "hub", .owner = "acme", .title = "t", .alias = "other"};
	struct yg_buf to;
	uint64_t count = 0;
	char state[64];
	int64_t added;

	CHECK(begin());
	yg_buf_init(&to, 100);
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(yg_collections_add(s, &other) == YG_OK);
	CHECK(put(1, 10, YG_TLP_CLEAR, 1, &added) == YG_OK);
	CHECK(put(1, 20, YG_TLP_CLEAR, 1, &added) == YG_OK);
	(void)snprintf(state, sizeof(state), "%s/x", c.id);
	CHECK(yg_collections_put_text(s, "poll", yg_bytes_str(state), YG_S("{}")) == YG_OK);
	(void)snprintf(state, sizeof(state), "%s/x", other.id);
	CHECK(yg_collections_put_text(s, "poll", yg_bytes_str(state), YG_S("{}")) == YG_OK);
	CHECK(yg_collections_commit(s) == YG_OK);
	(void)snprintf(c.title, sizeof(c.title), "new");
	c.reach = YG_COLLECTION_COMMUNITY;
	CHECK(yg_collections_change(s, &c) == YG_OK);
	(void)snprintf(c.alias, sizeof(c.alias), "other");
	CHECK(yg_collections_change(s, &c) == YG_EDUPLICATE);
	CHECK(yg_collections_get(s, yg_bytes_str(c.id), &c) == YG_OK);
	CHECK(strcmp(c.title, "new") == 0 && c.reach == YG_COLLECTION_COMMUNITY && !c.alias[0]);
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(yg_collections_remove(s, &c, &count) == YG_OK && count == 2);
	CHECK(yg_collections_remove(s, &c, &count) == YG_ENOENT && count == 0);
	CHECK(yg_collections_commit(s) == YG_OK);
	CHECK(yg_collections_change(s, &c) == YG_ENOENT);
	CHECK(yg_collections_get(s, yg_bytes_str(c.id), &c) == YG_ENOENT);
	(void)snprintf(state, sizeof(state), "%s/x", c.id);
	CHECK(yg_collections_get_text(s, "poll", yg_bytes_str(state), &to) == YG_ENOENT);
	(void)snprintf(state, sizeof(state), "%s/x", other.id);
	CHECK(yg_collections_get_text(s, "poll", yg_bytes_str(state), &to) == YG_OK);
	CHECK(yg_collections_begin(s) == YG_OK && yg_collections_drop(s, "acme") == YG_OK &&
	      yg_collections_commit(s) == YG_OK);
	CHECK(yg_collections_get_text(s, "poll", yg_bytes_str(state), &to) == YG_ENOENT);
	CHECK(yg_collections_get(s, YG_S("other"), &other) == YG_ENOENT);
	yg_buf_done(&to);
	end();
}

struct came {
	unsigned count;
	int64_t first_us;
};

static int count_came(void *arg, const struct yg_stix_came *one)
{
	struct came *came = arg;

	if (came->count++ == 0)
		came->first_us = one->added_us;
	return one->collection == c.number ? YG_OK : YG_EINVAL;
}

static struct came look_came(const char *origin, uint32_t limit)
{
	struct came came = {0};

	if (yg_collections_came(s, origin, limit, count_came, &came) != YG_OK)
		came.count = UINT32_MAX;
	return came;
}

/* Rows of the file itself: what nothing reads any more has to be gone, too. */
static int origins_left(void)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int count = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT count(*) FROM origins", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		count = sqlite3_column_int(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return count;
}

/* From whom a version came is told as long as it is there. */
static void origins(void)
{
	const struct yg_bytes one = YG_S("tool--00000000-0000-4000-8000-000000000002");
	struct yg_stix_filter filter = {.collection = c.number,
					.clearance = YG_TLP_RED,
					.otherwise = YG_TLP_RED,
					.after_us = INT64_MIN,
					.ids = &one,
					.id_count = 1,
					.has_all = true};
	int64_t added[3];
	uint64_t count = 0;

	CHECK(begin());
	filter.collection = c.number;
	CHECK(yg_collections_begin(s) == YG_OK);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(put(i, 1, YG_TLP_NONE, 1000, &added[i]) == YG_OK);
		CHECK(yg_collections_put_origin(s, c.number, added[i], i ? "a" : "b") == YG_OK);
	}
	CHECK(yg_collections_commit(s) == YG_OK);
	CHECK(look_came("a", 10).count == 2 && look_came("a", 10).first_us == added[2]);
	CHECK(look_came("a", 1).count == 1 && look_came("b", 10).count == 1);
	CHECK(look_came("", 10).count == 0);
	CHECK(yg_collections_delete(s, &filter, &count) == YG_OK && count == 1);
	CHECK(look_came("a", 10).count == 1 && look_came("a", 10).first_us == added[1]);
	/* Undone with what it belongs to. */
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(put(7, 1, YG_TLP_NONE, 2000, &added[0]) == YG_OK);
	CHECK(yg_collections_put_origin(s, c.number, added[0], "a") == YG_OK);
	yg_collections_abort(s);
	CHECK(look_came("a", 10).count == 1);
	CHECK(origins_left() == 2);
	CHECK(yg_collections_begin(s) == YG_OK && yg_collections_remove(s, &c, &count) == YG_OK &&
	      yg_collections_commit(s) == YG_OK);
	CHECK(count == 2 && origins_left() == 0);
	end();
}

static const struct check_case cases[] = {
	CASE(origins),
	CASE(changed_and_removed),
	CASE(times_increase),
	CASE(versions_and_markings),
	CASE(names_and_statuses),
};

CHECK_MAIN(cases)
