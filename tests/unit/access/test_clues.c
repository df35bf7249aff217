/* SPDX-License-Identifier: Apache-2.0 */
/* Words about an indicator: how many there may be, and whose; what a member sees of one. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/clues-int.h"

#include <unistd.h>

#include "hub_help.h"

#include "base/ban.h"

#define ID "indicator--00000000-0000-4000-8000-000000000001"

static int say(const struct yg_hub_actor *actor, const char *org, enum yg_hub_right right,
	       enum yg_clue_word word)
{
	struct yg_access *by = open_as(actor, org, right);
	int rc = yg_clue_say(by, ID, word, "why");

	(void)yg_access_free(by);
	return rc;
}

/* As if members had reported it so often. */
static void report_often(unsigned count)
{
	char key[YG_HUB_KEY_MAX];

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(key, sizeof(key), ID "/%016x-0", i);
		MUST(yg_hub_put_at(hub, YG_CLUE_STORE, "test", "word", key,
				   json_pack("{s:s}", "word", "seen"), YG_REVISION_NONE) == YG_OK);
	}
}

static void reports_have_a_limit_and_decisions_none(void)
{
	struct yg_hub_actor analyst, mei;

	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	add_org("a");
	mei = person("mei", "member:a");
	report_often(YG_CLUE_WORDS_MAX - 1);
	CHECK(say(&analyst, "hub", YG_MAY_write_indicators, YG_CLUE_WORD_YES) == YG_OK);
	CHECK(say(&mei, "a", YG_MAY_write_warnings, YG_CLUE_WORD_FALSE) == YG_OK);
	CHECK(say(&mei, "a", YG_MAY_write_warnings, YG_CLUE_WORD_FALSE) == YG_ELIMIT);
	CHECK(say(&mei, "a", YG_MAY_write_warnings, YG_CLUE_WORD_NO) == YG_EINVAL);
	CHECK(say(&analyst, "hub", YG_MAY_write_indicators, YG_CLUE_WORD_NO) == YG_OK);
	CHECK(say(&analyst, "hub", YG_MAY_write_indicators, YG_CLUE_WORD_BACK) == YG_OK);
	hub_end();
}

/* ---- what a member sees ---- */

static struct yg_collections *shelves;
static struct yg_collection shelf = {.root = "hub",
				     .owner = "hub",
				     .title = "t",
				     .reach = YG_COLLECTION_COMMUNITY,
				     .is_readable = true,
				     .is_writable = true,
				     .specs = 3,
				     .default_tlp = YG_TLP_GREEN};
static char folder[32];

static void open_shelf(void)
{
	char path[64];

	(void)snprintf(folder, sizeof(folder), "/tmp/yagura-clues-XXXXXX");
	MUST(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/stix.db", folder);
	MUST(yg_collections_open(path, true, &shelves) == YG_OK);
	MUST(yg_collections_begin(shelves) == YG_OK);
	MUST(yg_collections_add(shelves, &shelf) == YG_OK);
}

static void close_shelf(void)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[64];

	shelves = yg_collections_free(shelves);
	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/stix.db%s", folder, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

/* An indicator of this value. */
static void put_clue(unsigned number, const char *value)
{
	struct yg_clue clue = {.collection = shelf.number,
			       .facts = {.version_ns = 1,
					 .until_ns = YG_CLUE_NEVER,
					 .confidence = 50,
					 .tlp = YG_TLP_GREEN,
					 .has_values = true,
					 .is_shared = true}};
	struct yg_clue_value one = {.value = yg_bytes_str(value), .kind = 1};
	bool is_taken;

	(void)snprintf(clue.id, sizeof(clue.id), "indicator--00000000-0000-4000-8000-%012x",
		       number);
	MUST(yg_clues_put(shelves, &clue, &one, 1, false, &is_taken) == YG_OK && is_taken);
}

/* @count findings of @org, whose ids begin with @first. */
static void see(const char *org, uint8_t first, unsigned count)
{
	struct yg_clue_sighting one = {.number = 1, .first_ns = 1, .last_ns = 2, .count = 1};

	(void)snprintf(one.org, sizeof(one.org), "%s", org);
	for (unsigned i = 0; i < count; i++) {
		one.finding[0] = first;
		one.finding[1] = (uint8_t)(i >> 8);
		one.finding[2] = (uint8_t)i;
		MUST(yg_clues_seen(shelves, &one) == YG_OK);
	}
}

struct reader {
	struct yg_hub_reach reach;
	struct yg_shelf_reader *reader;
	struct yg_clue_view *view;
};

static void look(const struct yg_hub_actor *actor, struct reader *ret)
{
	struct yg_clock clock = {.now_ns = hub_tell};

	MUST(yg_hub_reach(hub, actor, YG_MAY_read_indicators, &ret->reach) == YG_OK);
	MUST(yg_shelf_reader_new(hub, shelves, clock, actor, (struct yg_bytes){0}, &ret->reader) ==
	     YG_OK);
	MUST(yg_clue_view_new(ret->reader, hub, shelves, &ret->reach, YG_LANG_EN, &ret->view) ==
	     YG_OK);
}

static void look_done(struct reader *reader)
{
	(void)yg_clue_view_free(reader->view);
	(void)yg_shelf_reader_free(reader->reader);
	yg_hub_reach_done(&reader->reach);
}

static size_t seen_by(const struct yg_hub_actor *actor)
{
	struct reader reader;
	json_t *one = NULL;
	size_t count;

	look(actor, &reader);
	MUST(yg_clue_get(reader.view, YG_S(ID), &one) == YG_OK);
	count = json_array_size(json_object_get(one, "seen"));
	json_decref(one);
	look_done(&reader);
	return count;
}

static void own_sightings_stand_behind_those_of_others(void)
{
	struct yg_hub_actor analyst, mei;

	hub_start();
	yg_hub_local_analyst("ana", &analyst);
	add_org("a");
	add_org("b");
	mei = person("mei", "member:a");
	open_shelf();
	put_clue(1, "192.0.2.1");
	see("b", 0, 300);
	see("a", 9, 3);
	MUST(yg_collections_commit(shelves) == YG_OK);
	CHECK(seen_by(&mei) == 3);
	CHECK(seen_by(&analyst) == 200);
	close_shelf();
	hub_end();
}

static void a_value_is_paged(void)
{
	struct yg_clue_filter filter = {
		.state = YG_CLUE_STATE_COUNT, .value = YG_S("192.0.2.1"), .limit = 2};
	struct yg_hub_actor mei;
	struct reader reader;
	size_t total = 0;
	unsigned pages = 0;
	json_t *items;

	hub_start();
	add_org("a");
	mei = person("mei", "member:a");
	open_shelf();
	for (unsigned i = 1; i <= 5; i++)
		put_clue(i, i == 3 ? "192.0.2.3" : "192.0.2.1");
	MUST(yg_collections_commit(shelves) == YG_OK);
	look(&mei, &reader);
	do {
		MUST(yg_clue_list(reader.view, &filter, &items, &filter.after) == YG_OK);
		total += json_array_size(items);
		json_decref(items);
	} while (++pages < 9 && filter.after != 0);
	CHECK(total == 4 && pages == 2);
	look_done(&reader);
	close_shelf();
	hub_end();
}

static const struct check_case cases[] = {
	CASE(reports_have_a_limit_and_decisions_none),
	CASE(own_sightings_stand_behind_those_of_others),
	CASE(a_value_is_paged),
};

CHECK_MAIN(cases)
