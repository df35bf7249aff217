/* SPDX-License-Identifier: Apache-2.0 */
/* store/clues.h: clues by their newest version, states, parts, what is deleted, relationships. */
#define YG_BAN_ALLOW_MALLOC
#include "store/clues.h"

#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "base/buf.h"

#define ONE "indicator--00000000-0000-4000-8000-000000000001"
#define TWO "indicator--00000000-0000-4000-8000-000000000002"

static char path[256];
static struct yg_collections *s;
static struct yg_collection shelf;

static bool open_it(void)
{
	char folder[] = "/tmp/yagura-clues-XXXXXX";

	if (!mkdtemp(folder))
		return false;
	(void)snprintf(path, sizeof(path), "%s/stix.db", folder);
	shelf = (struct yg_collection){.root = "hub",
				       .owner = "hub",
				       .title = "t",
				       .reach = YG_COLLECTION_COMMUNITY,
				       .is_readable = true,
				       .is_writable = true,
				       .specs = 3};
	return yg_collections_open(path, true, &s) == YG_OK && yg_collections_begin(s) == YG_OK &&
	       yg_collections_add(s, &shelf) == YG_OK && yg_collections_commit(s) == YG_OK;
}

static void close_it(void)
{
	static const char *const ends[] = {"", "-wal", "-shm"};

	s = yg_collections_free(s);
	for (unsigned i = 0; i < 3; i++) {
		char one[300];

		(void)snprintf(one, sizeof(one), "%s%s", path, ends[i]);
		(void)unlink(one);
	}
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
}

static int put_object(const char *id, const char *type, int64_t version_ns, const char *text)
{
	struct yg_stix_object object = {.id = yg_bytes_str(id),
					.type = yg_bytes_str(type),
					.version = yg_bytes_str("v"),
					.version_ns = version_ns,
					.spec = YG_STIX_2_1,
					.tlp = YG_TLP_GREEN,
					.text = yg_bytes_str(text)};
	int64_t added_us;
	int rc = yg_collections_begin(s);

	if (rc == YG_OK)
		rc = yg_collections_put(s, shelf.number, &object, 1000, 0, &added_us);
	return rc == YG_OK ? yg_collections_commit(s) : rc;
}

static int put(const char *id, int64_t version_ns, const char *value, bool is_back, bool *ret_taken)
{
	struct yg_clue clue = {.collection = shelf.number,
			       .facts = {.version_ns = version_ns,
					 .until_ns = YG_CLUE_NEVER,
					 .confidence = 50,
					 .tlp = YG_TLP_GREEN,
					 .has_values = true,
					 .is_shared = true}};
	struct yg_clue_value one = {.value = yg_bytes_str(value), .kind = 1};
	int rc = yg_collections_begin(s);

	memcpy(clue.id, id, strlen(id) + 1);
	if (rc == YG_OK)
		rc = yg_clues_put(s, &clue, &one, 1, is_back, ret_taken);
	return rc == YG_OK ? yg_collections_commit(s) : rc;
}

static int keep(void *arg, const struct yg_clue *clue)
{
	*(struct yg_clue *)arg = *clue;
	return YG_OK;
}

static int count_clue(void *arg, const struct yg_clue *clue)
{
	(void)clue;
	++*(unsigned *)arg;
	return YG_OK;
}

static int settle(const char *id, enum yg_clue_state state, enum yg_clue_why why, int64_t now_ns)
{
	struct yg_clue clue;
	int rc = yg_clues_named(s, yg_bytes_str(id), keep, &clue);

	clue.verdict = (struct yg_clue_verdict){
		.state = state, .why = why, .score = 5, .next_ns = 1000, .may_sensors = true};
	clue.since_ns = now_ns;
	if (rc == YG_OK)
		rc = yg_collections_begin(s);
	if (rc == YG_OK)
		rc = yg_clues_settle(s, &clue);
	return rc == YG_OK ? yg_collections_commit(s) : rc;
}

static int unmark(void)
{
	struct yg_clue_part part = {.number = -1};
	int rc = yg_collections_begin(s);

	while (rc == YG_OK && (rc = yg_clues_part(s, part.number, &part)) == YG_OK)
		rc = yg_clues_part_done(s, &part);
	return rc == YG_ENOENT ? yg_collections_commit(s) : rc;
}

static bool is_marked(void)
{
	struct yg_clue_part part;

	return yg_clues_part(s, -1, &part) == YG_OK;
}

static unsigned due(int64_t now_ns)
{
	unsigned count = 0;

	return yg_clues_due(s, now_ns, 10, count_clue, &count) == YG_OK ? count : 99;
}

static void newest_version_counts(void)
{
	struct yg_clue clue = {0};
	unsigned count = 0;
	bool is_taken;

	CHECK(open_it());
	CHECK(put(ONE, 20, "192.0.2.1", false, &is_taken) == YG_OK && is_taken);
	CHECK(put(ONE, 10, "192.0.2.2", false, &is_taken) == YG_OK && !is_taken);
	CHECK(yg_clues_of_value(s, yg_bytes_str("192.0.2.2"), 0, 9, count_clue, &count) == YG_OK);
	CHECK(count == 0);
	CHECK(put(ONE, 10, "192.0.2.2", true, &is_taken) == YG_OK && is_taken);
	CHECK(yg_clues_of_value(s, yg_bytes_str("192.0.2.2"), 0, 9, keep, &clue) == YG_OK);
	CHECK(yg_clues_of_value(s, yg_bytes_str("192.0.2.2"), clue.number, 9, count_clue, &count) ==
	      YG_OK);
	CHECK(count == 0);
	CHECK(clue.facts.version_ns == 10 && strcmp(clue.id, ONE) == 0 && clue.facts.has_values &&
	      clue.facts.is_shared);
	close_it();
}

static void states_and_parts(void)
{
	struct yg_clue clue = {0};
	uint64_t counts[YG_CLUE_STATE_COUNT];
	bool is_taken;

	CHECK(open_it());
	CHECK(put(ONE, 1, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(put(TWO, 1, "192.0.2.2", false, &is_taken) == YG_OK);
	CHECK(due(0) == 2 && !is_marked());
	CHECK(settle(ONE, YG_CLUE_ACTS, YG_CLUE_WHY_NONE, 7) == YG_OK && is_marked());
	CHECK(settle(TWO, YG_CLUE_WAITS, YG_CLUE_WHY_KNOWN, 7) == YG_OK);
	CHECK(due(999) == 0 && due(1000) == 2);
	CHECK(unmark() == YG_OK && !is_marked());
	/* Seen again in the same state: since stays, and no list is another. */
	CHECK(settle(ONE, YG_CLUE_ACTS, YG_CLUE_WHY_NONE, 9) == YG_OK && !is_marked());
	CHECK(yg_clues_named(s, yg_bytes_str(ONE), keep, &clue) == YG_OK && clue.since_ns == 7);
	CHECK(settle(TWO, YG_CLUE_OVER, YG_CLUE_WHY_REFUSED, 9) == YG_OK && !is_marked());
	CHECK(yg_clues_counts(s, counts) == YG_OK && counts[YG_CLUE_ACTS] == 1 &&
	      counts[YG_CLUE_WAITS] == 0 && counts[YG_CLUE_OVER] == 1);
	/* What all lists are made by is another: those of what acts. */
	CHECK(yg_collections_begin(s) == YG_OK && yg_clues_mark_acting(s) == YG_OK);
	CHECK(yg_collections_commit(s) == YG_OK && is_marked() && unmark() == YG_OK);
	/* Another version of what acts, and its end, are another list. */
	CHECK(put(ONE, 2, "192.0.2.3", false, &is_taken) == YG_OK && is_marked() && due(0) == 1);
	CHECK(unmark() == YG_OK);
	CHECK(settle(ONE, YG_CLUE_OVER, YG_CLUE_WHY_DECAYED, 10) == YG_OK && is_marked());
	CHECK(yg_clues_named(s, yg_bytes_str(ONE), keep, &clue) == YG_OK && clue.since_ns == 10);
	close_it();
}

/* What stands in a clue, but for its number. */
static bool is_alike(const struct yg_clue *a, const struct yg_clue *b)
{
	struct yg_clue x = *a, y = *b;

	x.number = y.number = 0;
	memset(x.id, 0, sizeof(x.id));
	memset(y.id, 0, sizeof(y.id));
	return x.collection == y.collection && x.since_ns == y.since_ns &&
	       strcmp(x.note, y.note) == 0 && x.verdict.state == y.verdict.state &&
	       x.verdict.why == y.verdict.why && x.verdict.score == y.verdict.score &&
	       x.verdict.next_ns == y.verdict.next_ns &&
	       x.verdict.may_sensors == y.verdict.may_sensors &&
	       memcmp(&x.facts, &y.facts, sizeof(x.facts)) == 0;
}

/* Judged when it is put, or behind it: the same. */
static void judged_at_once(void)
{
	static const enum yg_clue_state states[] = {YG_CLUE_ACTS, YG_CLUE_WAITS};

	for (size_t i = 0; i < 2; i++) {
		struct yg_clue clue = {.facts = {.version_ns = 1,
						 .until_ns = YG_CLUE_NEVER,
						 .confidence = 50,
						 .tlp = YG_TLP_GREEN,
						 .has_values = true,
						 .is_shared = true,
						 .is_known = i == 1},
				       .verdict = {.state = states[i],
						   .why = i ? YG_CLUE_WHY_KNOWN : YG_CLUE_WHY_NONE,
						   .score = 9,
						   .next_ns = 77,
						   .may_sensors = true},
				       .since_ns = 8,
				       .note = "a list"};
		struct yg_clue_value one = {.value = YG_S("192.0.2.1"), .kind = 1};
		struct yg_clue simple = {0}, quick = {0};
		bool is_taken, is_level;
		unsigned count = 0;

		CHECK(open_it());
		clue.collection = shelf.number;
		(void)snprintf(clue.id, sizeof(clue.id), "%s", ONE);
		CHECK(yg_collections_begin(s) == YG_OK);
		CHECK(yg_clues_put(s, &clue, &one, 1, false, &is_taken) == YG_OK);
		CHECK(yg_clues_named(s, YG_S(ONE), keep, &simple) == YG_OK);
		clue.number = simple.number;
		CHECK(yg_clues_settle(s, &clue) == YG_OK && yg_collections_commit(s) == YG_OK);
		CHECK(yg_clues_named(s, YG_S(ONE), keep, &simple) == YG_OK);
		CHECK(is_marked() == (i == 0) && unmark() == YG_OK);
		(void)snprintf(clue.id, sizeof(clue.id), "%s", TWO);
		CHECK(yg_collections_begin(s) == YG_OK);
		CHECK(yg_clues_put_judged(s, &clue, &one, 1) == YG_OK);
		CHECK(yg_collections_commit(s) == YG_OK);
		CHECK(yg_clues_named(s, YG_S(TWO), keep, &quick) == YG_OK);
		CHECK(is_marked() == (i == 0) && is_alike(&simple, &quick));
		CHECK(yg_clues_of_value(s, one.value, 0, 9, count_clue, &count) == YG_OK);
		CHECK(count == 2 && due(76) == 0 && due(77) == 2);
		/* One that is there is judged later, by all that is known of it. */
		CHECK(yg_collections_begin(s) == YG_OK);
		clue.facts.version_ns = 2;
		CHECK(yg_clues_put_judged(s, &clue, &one, 1) == YG_OK);
		CHECK(yg_collections_commit(s) == YG_OK && due(0) == 1);
		/* Level is a collection without objects, and one of which all was looked at. */
		CHECK(yg_clues_level(s, shelf.number, &is_level) == YG_OK && is_level);
		CHECK(put_object(ONE, "indicator", 1, "{}") == YG_OK);
		CHECK(yg_clues_level(s, shelf.number, &is_level) == YG_OK && !is_level);
		CHECK(yg_collections_begin(s) == YG_OK);
		CHECK(yg_clues_cursor_set(s, shelf.number, 1000) == YG_OK);
		CHECK(yg_collections_commit(s) == YG_OK);
		CHECK(yg_clues_level(s, shelf.number, &is_level) == YG_OK && is_level);
		close_it();
	}
}

static void words_and_sightings(void)
{
	struct yg_clue_words words = {.is_yes = true, .said_ns = 5, .reports = 3, .told = 2};
	struct yg_clue_sighting one = {
		.number = 1, .org = "acme", .first_ns = 5, .last_ns = 9, .count = 4};
	struct yg_clue clue = {0};
	bool is_taken;

	CHECK(open_it());
	CHECK(put(ONE, 1, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(settle(ONE, YG_CLUE_ACTS, YG_CLUE_WHY_NONE, 7) == YG_OK && due(0) == 0);
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(yg_clues_said(s, yg_bytes_str(ONE), &words) == YG_OK);
	CHECK(yg_clues_seen(s, &one) == YG_OK);
	one.count = 6; /* the same finding, grown; then an older look at it */
	one.last_ns = 12;
	CHECK(yg_clues_seen(s, &one) == YG_OK);
	one.count = 2;
	CHECK(yg_clues_seen(s, &one) == YG_OK);
	memset(one.finding, 1, sizeof(one.finding));
	CHECK(yg_clues_seen(s, &one) == YG_OK);
	CHECK(yg_collections_commit(s) == YG_OK);
	CHECK(yg_clues_named(s, yg_bytes_str(ONE), keep, &clue) == YG_OK && due(0) == 1);
	CHECK(clue.facts.is_yes && clue.facts.said_ns == 5 && clue.facts.reports == 3);
	CHECK(clue.facts.sighted == 3 && clue.told == 2 && clue.sightings == 8 &&
	      clue.facts.sighted_ns == 12);
	/* A newer version keeps what people said. */
	CHECK(put(ONE, 2, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(yg_clues_named(s, yg_bytes_str(ONE), keep, &clue) == YG_OK && clue.facts.is_yes);
	close_it();
}

static int see(const char *org, uint8_t finding, uint64_t count)
{
	struct yg_clue_sighting one = {.number = 1, .first_ns = 5, .last_ns = 9, .count = count};
	int rc = yg_collections_begin(s);

	(void)snprintf(one.org, sizeof(one.org), "%s", org);
	memset(one.finding, finding, sizeof(one.finding));
	if (rc == YG_OK)
		rc = yg_clues_seen(s, &one);
	return rc == YG_OK ? yg_collections_commit(s) : rc;
}

/* Does clue 1 have these numbers? */
static bool is_seen(uint32_t orgs, uint64_t records)
{
	struct yg_clue clue = {0};

	if (yg_clues_named(s, yg_bytes_str(ONE), keep, &clue) != YG_OK)
		return false;
	if (clue.facts.sighted != orgs || clue.sightings != records)
		fprintf(stderr, "%u organisations, %llu records\n", clue.facts.sighted,
			(unsigned long long)clue.sightings);
	return clue.facts.sighted == orgs && clue.sightings == records;
}

static int count_seen(void *arg, struct yg_bytes id, const struct yg_clue_sighting *one)
{
	uint64_t *records = arg;

	if (!yg_bytes_eq(id, yg_bytes_str(ONE)) || strcmp(one->org, "acme") != 0)
		return YG_EFORMAT;
	*records += one->count;
	return YG_OK;
}

/* The numbers are kept by differences: they are those of all that is kept. */
static void numbers_of_what_was_seen(void)
{
	uint64_t records = 0;
	bool is_taken, is_right = true;

	CHECK(open_it());
	CHECK(put(ONE, 1, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(see("acme", 1, 0) == YG_OK && is_seen(1, 0));
	CHECK(see("acme", 1, 4) == YG_OK && is_seen(1, 4));
	CHECK(see("acme", 1, 3) == YG_OK && is_seen(1, 4));
	CHECK(see("beta", 2, 5) == YG_OK && is_seen(2, 9));
	CHECK(see("acme", 3, 1) == YG_OK && is_seen(2, 10));
	CHECK(yg_clues_seen_at(s, "acme", count_seen, &records) == YG_OK && records == 5);
	CHECK(yg_clues_seen_at(s, "nobody", count_seen, &records) == YG_OK && records == 5);
	records = 0;
	CHECK(see("beta", 2, 6) == YG_OK && is_seen(2, 11));
	close_it();
	/* Beyond the bound new ones do not count, and those that are kept go on. */
	CHECK(open_it());
	CHECK(put(ONE, 1, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(yg_collections_begin(s) == YG_OK);
	for (uint32_t i = 0; i < YG_CLUE_SEEN_KEPT + 2; i++) {
		struct yg_clue_sighting one = {.number = 1, .org = "acme", .count = 2};

		memcpy(one.finding, &i, sizeof(i));
		if (i >= YG_CLUE_SEEN_KEPT)
			(void)snprintf(one.org, sizeof(one.org), "beta");
		else
			records += one.count;
		is_right = is_right && yg_clues_seen(s, &one) == YG_OK;
	}
	CHECK(is_right && yg_collections_commit(s) == YG_OK && is_seen(1, records));
	CHECK(see("acme", 0, 5) == YG_OK && is_seen(1, records + 3));
	close_it();
}

/* What an organisation saw does not count any more when it has left. */
static void who_leaves_has_seen_nothing(void)
{
	bool is_taken;

	CHECK(open_it());
	CHECK(put(ONE, 1, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(see("acme", 1, 4) == YG_OK && see("acme", 2, 2) == YG_OK);
	CHECK(see("beta", 3, 7) == YG_OK && is_seen(2, 13));
	CHECK(settle(ONE, YG_CLUE_ACTS, YG_CLUE_WHY_NONE, 7) == YG_OK && due(0) == 0);
	CHECK(yg_collections_begin(s) == YG_OK && yg_collections_drop(s, "acme") == YG_OK &&
	      yg_collections_commit(s) == YG_OK);
	CHECK(is_seen(1, 7) && due(0) == 1);
	CHECK(yg_collections_begin(s) == YG_OK && yg_collections_drop(s, "beta") == YG_OK &&
	      yg_collections_commit(s) == YG_OK);
	CHECK(is_seen(0, 0));
	close_it();
}

static void deleted_objects_are_marked(void)
{
	struct yg_bytes id = yg_bytes_str(ONE);
	struct yg_stix_filter filter = {.clearance = YG_TLP_RED,
					.after_us = INT64_MIN,
					.ids = &id,
					.id_count = 1,
					.specs = ~0u,
					.has_all = true};
	char gone[YG_STIX_ID_MAX + 1];
	int64_t collection = 0;
	uint64_t count;

	CHECK(open_it());
	filter.collection = shelf.number;
	CHECK(yg_clues_gone(s, &collection, gone) == YG_ENOENT);
	CHECK(put_object(ONE, "indicator", 1, "{}") == YG_OK);
	CHECK(yg_collections_delete(s, &filter, &count) == YG_OK && count == 1);
	CHECK(yg_clues_gone(s, &collection, gone) == YG_OK);
	CHECK(collection == shelf.number && strcmp(gone, ONE) == 0);
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(yg_clues_gone_done(s, collection, yg_bytes_str(gone)) == YG_OK);
	CHECK(yg_collections_commit(s) == YG_OK);
	CHECK(yg_clues_gone(s, &collection, gone) == YG_ENOENT);
	close_it();
}

static int count_row(void *arg, const struct yg_stix_row *row)
{
	(void)row;
	++*(unsigned *)arg;
	return YG_OK;
}

static void only_indicators_are_new(void)
{
	int64_t last = 0, again = 0;
	unsigned count = 0;

	CHECK(open_it());
	CHECK(put_object("tool--00000000-0000-4000-8000-000000000001", "tool", 1, "{}") == YG_OK);
	CHECK(put_object(ONE, "indicator", 1, "{}") == YG_OK);
	CHECK(yg_clues_cursor(s, shelf.number, &last) == YG_OK && last == INT64_MIN);
	CHECK(yg_clues_new(s, shelf.number, last, 9, count_row, &count, &last) == YG_OK);
	CHECK(count == 1);
	CHECK(yg_clues_new(s, shelf.number, last, 9, count_row, &count, &again) == YG_OK);
	CHECK(count == 1 && again == last);
	close_it();
}

static int count_relation(void *arg, int64_t collection, int64_t place,
			  const struct yg_stix_row *row)
{
	(void)place;
	(void)row;
	*(unsigned *)arg += collection == shelf.number;
	return YG_OK;
}

static void relations_from_both_ends(void)
{
	struct yg_relation_ask ask = {.limit = 9};
	unsigned count = 0;

	CHECK(open_it());
	CHECK(put_object("relationship--00000000-0000-4000-8000-000000000001", "relationship", 1,
			 "{\"source_ref\":\"" ONE "\",\"target_ref\":\"" TWO "\"}") == YG_OK);
	CHECK(put_object("relationship--00000000-0000-4000-8000-000000000002", "relationship", 1,
			 "{\"source_ref\":\"" TWO "\",\"target_ref\":\"" TWO "\"}") == YG_OK);
	CHECK(put_object(ONE, "indicator", 1, "{\"source_ref\":\"" ONE "\"}") == YG_OK);
	ask.ref = yg_bytes_str(ONE);
	CHECK(yg_clues_relations(s, &ask, count_relation, &count) == YG_OK && count == 1);
	ask.is_target = true;
	CHECK(yg_clues_relations(s, &ask, count_relation, &count) == YG_OK && count == 1);
	ask.ref = yg_bytes_str(TWO);
	CHECK(yg_clues_relations(s, &ask, count_relation, &count) == YG_OK && count == 3);
	close_it();
}

/* What goes with a collection, and with one object. */
static void nothing_is_left(void)
{
	struct yg_bytes id = yg_bytes_str("relationship--00000000-0000-4000-8000-000000000001");
	struct yg_relation_ask ask = {.ref = yg_bytes_str(ONE), .limit = 9};
	struct yg_stix_filter filter = {.clearance = YG_TLP_RED,
					.after_us = INT64_MIN,
					.ids = &id,
					.id_count = 1,
					.specs = ~0u,
					.has_all = true};
	static const char text[] = "{\"source_ref\":\"" ONE "\",\"target_ref\":\"" TWO "\"}";
	unsigned count = 0;
	uint64_t objects = 0;
	int64_t cursor = 0;
	bool is_taken;

	CHECK(open_it());
	filter.collection = shelf.number;
	CHECK(put_object((const char *)id.data, "relationship", 1, text) == YG_OK);
	CHECK(yg_collections_delete(s, &filter, &objects) == YG_OK && objects == 1);
	CHECK(yg_clues_relations(s, &ask, count_relation, &count) == YG_OK && count == 0);
	CHECK(put_object((const char *)id.data, "relationship", 1, text) == YG_OK);
	CHECK(put(ONE, 1, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(settle(ONE, YG_CLUE_ACTS, YG_CLUE_WHY_NONE, 7) == YG_OK && unmark() == YG_OK);
	CHECK(yg_collections_begin(s) == YG_OK);
	CHECK(yg_clues_cursor_set(s, shelf.number, 7) == YG_OK);
	CHECK(yg_collections_remove(s, &shelf, &objects) == YG_OK && objects == 1);
	CHECK(yg_collections_commit(s) == YG_OK);
	CHECK(yg_clues_named(s, yg_bytes_str(ONE), count_clue, &count) == YG_OK);
	CHECK(yg_clues_of_value(s, yg_bytes_str("192.0.2.1"), 0, 9, count_clue, &count) == YG_OK);
	CHECK(yg_clues_relations(s, &ask, count_relation, &count) == YG_OK && count == 0);
	CHECK(yg_clues_cursor(s, shelf.number, &cursor) == YG_OK && cursor == INT64_MIN);
	CHECK(is_marked());
	close_it();
}

/* A part that is marked anew while its list is written is written again. */
static void marked_meanwhile(void)
{
	struct yg_clue_part part;
	bool is_taken;

	CHECK(open_it());
	CHECK(put(ONE, 1, "192.0.2.1", false, &is_taken) == YG_OK);
	CHECK(settle(ONE, YG_CLUE_ACTS, YG_CLUE_WHY_NONE, 7) == YG_OK);
	CHECK(yg_clues_part(s, -1, &part) == YG_OK);
	CHECK(settle(ONE, YG_CLUE_OVER, YG_CLUE_WHY_DECAYED, 8) == YG_OK);
	CHECK(yg_collections_begin(s) == YG_OK && yg_clues_part_done(s, &part) == YG_OK &&
	      yg_collections_commit(s) == YG_OK);
	CHECK(is_marked() && unmark() == YG_OK && !is_marked());
	close_it();
}

static const struct check_case cases[] = {CASE(nothing_is_left),
					  CASE(marked_meanwhile),
					  CASE(newest_version_counts),
					  CASE(states_and_parts),
					  CASE(judged_at_once),
					  CASE(words_and_sightings),
					  CASE(deleted_objects_are_marked),
					  CASE(only_indicators_are_new),
					  CASE(relations_from_both_ends),
					  CASE(numbers_of_what_was_seen),
					  CASE(who_leaves_has_seen_nothing)};
CHECK_MAIN(cases)
