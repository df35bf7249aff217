/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_clues.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/clue_take.h"
#include "app/hub_clue_lists.h"
#include "app/hub_values.h"
#include "app/hub_warned.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/json.h"
#include "detect/indicators.h"
#include "parse/clue.h"
#include "store/facts.h"

#include "base/ban.h"

#define LOOK_MS	    100
#define AGAIN_MS    1000
#define OBJECTS	    2000u /* of one transaction */
#define JUDGED	    2000u /* the same */
#define WORDS_MAX   200u  /* between two looks at the rest */
#define PAGE	    500u
#define PAGES_MAX   20u
#define HITS_MAX    200u /* indicators of one value */
#define GREET_NS    YG_NS_PER_S
#define SECTORS_NS  (10 * YG_NS_PER_S) /* every member's document is read, and all changes count */
#define WRITE_NS    YG_NS_PER_S
#define STAMP_NS    (5 * YG_NS_PER_S)
#define KEEP_NS	    (600 * YG_NS_PER_S) /* the place in the findings, when nothing is seen */
#define ARENA_MAX   (64u << 20)
#define SAID_AT	    20u /* an error that is gone soon is nobody's trouble */
#define PATH_ROOM   4352u
#define STAMP_DEPTH 2u

struct shelves {
	struct yg_collection *list;
	size_t count;
};

struct yg_hub_clues {
	struct yg_hub_clues_opts opts;
	struct shelves shelves; /* as of @version */
	char indicators[PATH_ROOM];
	char warning_dir[PATH_ROOM];
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_facts *facts;
	struct yg_collections *stix;
	struct yg_warning_lists *known;
	uint64_t known_stamp;
	int64_t stamped_ns;
	int64_t version; /* of stix.db, as it was looked at */
	bool has_version;
	bool is_more;	 /* a step left something for the next round */
	uint64_t change; /* so far the findings were read */
	uint64_t kept;
	int64_t kept_ns;
	bool has_change;
	bool is_open; /* a transaction of stix.db, of the page */
	uint64_t register_change;
	int64_t greeted_ns;
	uint64_t hub_change; /* sectors were looked at with */
	int64_t sectors_ns;
	int64_t written_ns;
	uint64_t left_out; /* said */
	uint64_t left_out_here;
	int failed_rc;
	unsigned failures;

	struct yg_hub_thread life;
};

static int64_t now_of(const struct yg_hub_clues *c)
{
	return c->opts.clock.now_ns(c->opts.clock.arg);
}

static bool ends(const struct yg_hub_clues *c)
{
	return yg_hub_thread_ends(&c->life);
}

/* Commit what @rc says went well, else undo it. */
static int finish(struct yg_hub_clues *c, int rc)
{
	if (rc == YG_OK)
		return yg_collections_commit(c->stix);
	yg_collections_abort(c->stix);
	return rc;
}

/* ---- an object to a clue ---- */

struct taking {
	struct yg_hub_clues *c;
	const struct yg_collection *of;
	bool is_back; /* a version was deleted: what is left counts */
	struct yg_arena *arena;
	struct yg_clue_taken taken;
};

static int read_object(struct taking *t, const struct yg_stix_object *object)
{
	struct yg_fault fault;
	json_t *tree = NULL;
	int rc = yg_json_load(object->text, YG_STIX_OBJECT_MAX, &tree, &fault);

	yg_arena_reset(t->arena);
	if (rc == YG_OK)
		rc = yg_clue_take(tree, object, t->of, t->arena, &t->taken);
	json_decref(tree);
	return rc;
}

static int take_object(void *arg, const struct yg_stix_row *row)
{
	struct taking *t = arg;
	bool is_taken;
	int rc = read_object(t, &row->object);

	if (rc == YG_EFORMAT || rc == YG_ELIMIT)
		return YG_OK; /* what the store would take, and this does not: it says nothing */
	return rc == YG_OK ? yg_clues_put(t->c->stix, &t->taken.clue, t->taken.values,
					  t->taken.count, t->is_back, &is_taken)
			   : rc;
}

static int taking_new(struct yg_hub_clues *c, struct taking **ret)
{
	struct taking *t = yg_calloc(1, sizeof(*t));

	if (!t)
		return YG_ENOMEM;
	t->c = c;
	t->arena = yg_arena_new(ARENA_MAX);
	*ret = t;
	if (t->arena)
		return YG_OK;
	free(t);
	*ret = NULL;
	return YG_ENOMEM;
}

static void taking_free(struct taking *t)
{
	if (!t)
		return;
	(void)yg_arena_free(t->arena);
	free(t);
}

/* ---- what is new in the collections ---- */

static int keep_shelf(void *arg, const struct yg_collection *of)
{
	struct shelves *s = arg;

	if ((s->count & (s->count - 1)) == 0) { /* full at each power of two */
		void *more =
			yg_reallocarray(s->list, s->count ? 2 * s->count : 1, sizeof(*s->list));

		if (!more)
			return YG_ENOMEM;
		s->list = more;
	}
	s->list[s->count++] = *of;
	return YG_OK;
}

static int follow_some(struct yg_hub_clues *c, struct taking *t, bool *ret_is_more)
{
	int64_t number = t->of->number, after, last;
	int rc = yg_clues_cursor(c->stix, number, &after);

	if (rc == YG_OK)
		rc = yg_clues_new(c->stix, number, after, OBJECTS, take_object, t, &last);
	*ret_is_more = rc == YG_OK && last != after;
	return *ret_is_more ? yg_clues_cursor_set(c->stix, number, last) : rc;
}

/* Is anything behind the place? Without a transaction: mostly there is nothing. */
static int peek(void *arg, const struct yg_stix_row *row)
{
	(void)arg;
	(void)row;
	return YG_OK;
}

static int look_anew(struct yg_collections *stix, int64_t number)
{
	return yg_clues_cursor_set(stix, number, INT64_MIN);
}

/* Whom a collection is for may have changed: then all in it is looked at anew. */
static int check_shelf(struct yg_hub_clues *c, const struct yg_collection *of)
{
	char name[YG_CLUE_SHELF_NAME];
	char is[YG_CLUE_SHELF_ROOM];

	yg_clue_shelf_text(of, name, is);
	return yg_clue_follow(c->stix, name, is, look_anew, of->number);
}

static int follow_one(struct yg_hub_clues *c, struct taking *t)
{
	int64_t after = 0, last = 0;
	bool is_more;
	int rc = check_shelf(c, t->of);

	if (rc == YG_OK)
		rc = yg_clues_cursor(c->stix, t->of->number, &after);
	if (rc == YG_OK)
		rc = yg_clues_new(c->stix, t->of->number, after, 1, peek, NULL, &last);
	is_more = rc == YG_OK && last != after;
	while (rc == YG_OK && is_more && !ends(c)) {
		rc = yg_collections_begin(c->stix);
		if (rc == YG_OK)
			rc = finish(c, follow_some(c, t, &is_more));
	}
	return rc;
}

static void forget_shelves(struct yg_hub_clues *c)
{
	free(c->shelves.list);
	c->shelves = (struct shelves){.list = NULL};
}

static int follow_collections(struct yg_hub_clues *c)
{
	struct taking *t = NULL;
	int rc;

	forget_shelves(c);
	rc = yg_collections_each(c->stix, YG_S("hub"), keep_shelf, &c->shelves);
	if (rc == YG_OK)
		rc = taking_new(c, &t);
	for (size_t i = 0; rc == YG_OK && i < c->shelves.count && !ends(c); i++) {
		t->of = &c->shelves.list[i];
		rc = follow_one(c, t);
	}
	taking_free(t);
	return rc;
}

static const struct yg_collection *shelf_of(const struct yg_hub_clues *c, int64_t number)
{
	for (size_t i = 0; i < c->shelves.count; i++)
		if (c->shelves.list[i].number == number)
			return &c->shelves.list[i];
	return NULL;
}

/* ---- what was deleted ---- */

struct finding_one {
	int64_t collection;
	int64_t number; /* 0: none */
};

static int find_one(void *arg, const struct yg_clue *clue)
{
	struct finding_one *f = arg;

	if (clue->collection == f->collection)
		f->number = clue->number;
	return YG_OK;
}

/* An older version may be left, and counts again; else the clue goes. */
static int settle_gone(struct yg_hub_clues *c, struct taking *t, int64_t collection,
		       struct yg_bytes id)
{
	struct finding_one one = {collection, 0};
	int rc;

	t->of = shelf_of(c, collection);
	t->is_back = true;
	rc = t->of ? yg_clues_object(c->stix, collection, id, take_object, t) : YG_ENOENT;
	if (rc != YG_ENOENT)
		return rc;
	rc = yg_clues_named(c->stix, id, find_one, &one);
	return rc == YG_OK && one.number ? yg_clues_drop(c->stix, one.number) : rc;
}

static int follow_gone(struct yg_hub_clues *c)
{
	char id[YG_STIX_ID_MAX + 1];
	struct taking *t = NULL;
	int64_t collection;
	int rc = yg_clues_gone(c->stix, &collection, id);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	rc = taking_new(c, &t);
	if (rc == YG_OK)
		rc = yg_collections_begin(c->stix);
	if (rc == YG_OK) {
		for (uint32_t i = 0; rc == YG_OK && i < OBJECTS; i++) {
			rc = yg_clues_gone(c->stix, &collection, id);
			if (rc == YG_OK)
				rc = settle_gone(c, t, collection, yg_bytes_str(id));
			if (rc == YG_OK)
				rc = yg_clues_gone_done(c->stix, collection, yg_bytes_str(id));
		}
		c->is_more = c->is_more || rc == YG_OK;
		rc = finish(c, rc == YG_ENOENT ? YG_OK : rc);
	}
	taking_free(t);
	return rc;
}

/* ---- what people said ---- */

static int follow_words(struct yg_hub_clues *c)
{
	struct yg_clue_due due;
	struct yg_clue_words words;
	int rc = YG_OK;

	for (unsigned i = 0; rc == YG_OK && i < WORDS_MAX && !ends(c); i++) {
		rc = yg_clue_due(c->hub, &due);
		if (rc == YG_OK)
			rc = yg_clue_count(c->hub, due.id, &words);
		if (rc == YG_OK)
			rc = yg_collections_begin(c->stix);
		if (rc == YG_OK)
			rc = finish(c, yg_clues_said(c->stix, yg_bytes_str(due.id), &words));
		if (rc == YG_OK)
			rc = yg_clue_due_done(c->hub, &due);
	}
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* ---- the verdict ---- */

struct due {
	struct yg_clue *list;
	uint32_t count;
};

static int keep_due(void *arg, const struct yg_clue *clue)
{
	struct due *d = arg;

	d->list[d->count++] = *clue;
	return YG_OK;
}

/* Well known is one with nothing beside well-known values; others act without these. */
static int judge(struct yg_hub_clues *c, struct yg_clue *clue, int64_t now_ns)
{
	struct yg_clue_knowing k = {.known = c->known, .note = clue->note};
	int rc = YG_OK;

	clue->note[0] = '\0';
	if (c->known && yg_warning_lists_count(c->known) > 0)
		rc = yg_clues_values(c->stix, clue->number, yg_clue_know, &k);
	clue->facts.is_known = yg_clue_is_known(&k);
	yg_clue_judge(&c->opts.rules, &clue->facts, now_ns, &clue->verdict);
	clue->since_ns = now_ns;
	return rc == YG_OK ? yg_clues_settle(c->stix, clue) : rc;
}

static int judge_some(struct yg_hub_clues *c, struct due *due)
{
	int64_t now_ns = now_of(c);
	int rc;

	due->count = 0;
	rc = yg_clues_due(c->stix, now_ns, JUDGED, keep_due, due);
	if (rc != YG_OK || due->count == 0)
		return rc;
	rc = yg_collections_begin(c->stix);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; rc == YG_OK && i < due->count; i++)
		rc = judge(c, &due->list[i], now_ns);
	return finish(c, rc);
}

static int judge_due(struct yg_hub_clues *c)
{
	struct due due = {.list = yg_calloc(JUDGED, sizeof(*due.list))};
	int rc = due.list ? YG_OK : YG_ENOMEM;

	do {
		if (rc == YG_OK)
			rc = judge_some(c, &due);
	} while (rc == YG_OK && due.count == JUDGED && !ends(c));
	free(due.list);
	return rc;
}

/* ---- lists of well-known values, and the rules ---- */

/* Another number when a file of them is another. */
static uint64_t stamp_of(const char *folder, unsigned depth)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	char path[PATH_ROOM];
	uint64_t stamp = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		struct stat st;
		int size = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);

		if (entry->d_name[0] == '.' || size < 0 || (size_t)size >= sizeof(path) ||
		    stat(path, &st) != 0)
			continue;
		/* A sum: folders are read in any order. */
		stamp += yg_hash64(yg_bytes_str(path), (uint64_t)st.st_size) ^
			 yg_hash64((struct yg_bytes){(const uint8_t *)&st.st_mtim,
						     sizeof(st.st_mtim)},
				   (uint64_t)st.st_ino);
		if (S_ISDIR(st.st_mode) && depth > 1)
			stamp += stamp_of(path, depth - 1);
	}
	if (dir)
		(void)closedir(dir); /* only read */
	return stamp;
}

/* What is known to all may be listed for nobody now, and the other way round. */
static int judge_again(struct yg_collections *stix, int64_t unused)
{
	int rc = yg_clues_again(stix);

	(void)unused;
	return rc == YG_OK ? yg_clues_mark_acting(stix) : rc;
}

static int follow_known(struct yg_hub_clues *c)
{
	struct yg_warning_lists *lists = NULL;
	char is[32];
	uint64_t stamp;
	bool is_first = c->stamped_ns == 0;
	unsigned bad;
	int rc;

	if (!is_first && now_of(c) - c->stamped_ns < STAMP_NS)
		return YG_OK;
	c->stamped_ns = now_of(c);
	stamp = stamp_of(c->warning_dir, STAMP_DEPTH);
	if (!is_first && stamp == c->known_stamp)
		return YG_OK;
	(void)snprintf(is, sizeof(is), "%llu", (unsigned long long)stamp); /* fits */
	rc = yg_warning_lists_load(c->warning_dir, &lists, &bad);
	if (rc == YG_OK)
		rc = yg_clue_follow(c->stix, "known", is, judge_again, 0);
	if (rc != YG_OK) {
		(void)yg_warning_lists_free(lists);
		c->stamped_ns = 0;
		return rc;
	}
	(void)yg_warning_lists_free(c->known);
	c->known = lists;
	c->known_stamp = stamp;
	return YG_OK;
}

static int judge_by_rules(struct yg_collections *stix, int64_t unused)
{
	(void)unused;
	return yg_clues_again(stix);
}

/* Other rules than those that all was judged by. */
static int follow_rules(struct yg_hub_clues *c)
{
	char is[YG_CLUE_RULES_ROOM];

	yg_clue_rules_text(&c->opts.rules, is);
	return yg_clue_follow(c->stix, "rules", is, judge_by_rules, 0);
}

/* ---- what was found ---- */

struct hit {
	struct {
		int64_t number;
		int64_t collection;
		enum yg_tlp tlp;
	} list[HITS_MAX];
	uint32_t count;
};

static int keep_hit(void *arg, const struct yg_clue *clue)
{
	struct hit *hit = arg;

	/* One that faded is seen again: that is what lets it act. */
	if (clue->verdict.state != YG_CLUE_ACTS && clue->verdict.why != YG_CLUE_WHY_DECAYED)
		return YG_OK;
	hit->list[hit->count].number = clue->number;
	hit->list[hit->count].collection = clue->collection;
	hit->list[hit->count++].tlp = clue->facts.tlp;
	return YG_OK;
}

struct trying {
	struct yg_hub_clues *c;
	const struct yg_fact_finding *f;
	char org[YG_ENROL_ID_MAX + 1];
	char sector[4 * YG_COLLECTION_NAME_MAX + 1];
};

static int add_sighting(struct yg_hub_clues *c, const struct yg_fact_finding *f, int64_t number)
{
	struct yg_clue_sighting one = {.number = number,
				       .first_ns = f->first_ns,
				       .last_ns = f->last_ns,
				       .count = f->count};
	int rc = YG_OK;

	memcpy(one.finding, f->id, sizeof(one.finding));
	(void)snprintf(one.org, sizeof(one.org), "%.*s", YG_FMT(f->org)); /* an id fits */
	if (!c->is_open)
		rc = yg_collections_begin(c->stix);
	if (rc != YG_OK)
		return rc;
	c->is_open = true;
	return yg_clues_seen(c->stix, &one);
}

static int try_value(void *arg, struct yg_bytes value)
{
	const struct trying *t = arg;
	struct hit hit = {.count = 0};
	int rc = yg_clues_of_value(t->c->stix, value, 0, HITS_MAX, keep_hit, &hit);

	for (uint32_t i = 0; rc == YG_OK && i < hit.count; i++) {
		const struct yg_collection *of = shelf_of(t->c, hit.list[i].collection);

		/* What is not looked for in these logs was found by another list. */
		if (of && yg_clue_is_for(of, hit.list[i].tlp, t->org, t->sector))
			rc = add_sighting(t->c, t->f, hit.list[i].number);
	}
	return rc;
}

static int take_finding(void *arg, const struct yg_fact_finding *f)
{
	struct yg_hub_clues *c = arg;
	struct trying trying = {.c = c, .f = f};
	int rc;

	c->change = f->change;
	if (f->kind != YG_KIND_INDICATOR || f->matched.size == 0)
		return YG_OK;
	(void)snprintf(trying.org, sizeof(trying.org), "%.*s", YG_FMT(f->org)); /* an id fits */
	rc = yg_clue_sector(c->hub, trying.org, trying.sector, sizeof(trying.sector));
	if (rc != YG_OK)
		return rc;
	return yg_hub_values_of(f->matched, try_value, &trying);
}

static int keep_place(struct yg_hub_clues *c)
{
	char text[32];
	int rc;

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)c->change); /* fits */
	rc = yg_collections_put_text(c->stix, YG_CLUE_TEXTS, YG_S("findings"), yg_bytes_str(text));
	if (rc == YG_OK) {
		c->kept = c->change;
		c->kept_ns = now_of(c);
	}
	return rc;
}

/* A page, its sightings and the place behind it: one transaction, where there are any. */
static int take_page(struct yg_hub_clues *c, bool *ret_is_more)
{
	const struct yg_fact_filter filter = {
		.is_all_orgs = true, .by_change = true, .after_change = c->change, .limit = PAGE};
	uint64_t before = c->change;
	int rc;

	c->is_open = false;
	rc = yg_facts_list(c->facts, &filter, take_finding, c);
	*ret_is_more = rc == YG_OK && yg_facts_next(c->facts).is_more;
	if (*ret_is_more)
		c->change = yg_facts_next(c->facts).after_change;
	if (c->is_open && rc == YG_OK)
		rc = keep_place(c);
	if (c->is_open)
		rc = finish(c, rc);
	c->is_open = false;
	if (rc != YG_OK)
		c->change = before;
	return rc;
}

/* Where the last run stopped; nothing acted before the first. */
static int find_place(struct yg_hub_clues *c)
{
	struct yg_buf text;
	uint64_t last = 0, at = 0;
	int rc;

	yg_buf_init(&text, YG_CLUE_TEXTS_MAX);
	rc = yg_collections_get_text(c->stix, YG_CLUE_TEXTS, YG_S("findings"), &text);
	if (rc == YG_OK && !yg_bytes_u64(yg_buf_bytes(&text), &at))
		at = 0;
	yg_buf_done(&text);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_facts_last_change(c->facts, &last);
	if (rc != YG_OK)
		return rc;
	/* Findings that were put back from before: each is counted once all the same. */
	c->change = at == 0 ? last : at > last ? 0 : at;
	c->kept = c->change;
	c->kept_ns = now_of(c);
	c->has_change = true;
	return YG_OK;
}

static int follow_findings(struct yg_hub_clues *c)
{
	bool is_more = true;
	uint64_t last = 0;
	int rc = c->has_change ? YG_OK : find_place(c);

	if (rc == YG_OK)
		rc = yg_facts_last_change(c->facts, &last);
	for (unsigned i = 0; rc == YG_OK && is_more && i < PAGES_MAX && c->change < last; i++)
		rc = take_page(c, &is_more);
	if (rc == YG_OK && c->change != c->kept && now_of(c) - c->kept_ns > KEEP_NS) {
		rc = yg_collections_begin(c->stix);
		if (rc == YG_OK)
			rc = finish(c, keep_place(c));
	}
	return rc;
}

/* ---- its life ---- */

static void close_all(struct yg_hub_clues *c)
{
	c->hub = yg_hub_access_free(c->hub);
	c->enrol = yg_enrol_free(c->enrol);
	c->store = yg_control_free(c->store);
	c->facts = yg_facts_free(c->facts);
	c->stix = yg_collections_free(c->stix);
	forget_shelves(c);
	c->has_version = false;
}

static int open_all(struct yg_hub_clues *c)
{
	int rc = yg_control_open_sqlite(c->opts.db_path, false, &c->store);

	if (rc == YG_OK)
		rc = yg_enrol_new(c->store, c->opts.clock, "hub", &c->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(c->store, c->enrol, c->opts.clock, &c->hub);
	if (rc == YG_OK)
		rc = yg_collections_open(c->opts.stix_path, false, &c->stix);
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(c->opts.facts_path, false, &c->facts);
	return rc == YG_OK ? follow_rules(c) : rc;
}

/* Objects that came and went, when somebody has changed the file. */
static int follow_objects(struct yg_hub_clues *c)
{
	int64_t version = 0;
	int rc = yg_clues_version(c->stix, &version);

	if (rc != YG_OK || (c->has_version && version == c->version))
		return rc;
	rc = follow_collections(c);
	if (rc == YG_OK)
		rc = follow_gone(c);
	if (rc == YG_OK && !c->is_more && !ends(c)) {
		c->version = version;
		c->has_version = true;
	}
	return rc;
}

/* A clock that was set back does not hold it up. */
static bool is_past(int64_t now_ns, int64_t last_ns, int64_t rest_ns)
{
	return now_ns < last_ns || now_ns - last_ns >= rest_ns;
}

/* Each time all that is for single organisations is read: what comes one by one is written
 * together. */
static int write_marked(struct yg_hub_clues *c, struct yg_clue_lists *lists)
{
	int64_t begun_ns = now_of(c);
	int rc;

	if (!is_past(begun_ns, c->written_ns, WRITE_NS))
		return YG_OK;
	rc = yg_clue_lists_write(lists);
	if (lists->has_written)
		c->written_ns = begun_ns;
	if (rc == YG_OK && lists->left_out > 0 && lists->left_out != c->left_out)
		yg_say(N_("%llu values of indicators go to no sensor: a list of theirs would be "
			  "too large"),
		       (unsigned long long)lists->left_out);
	c->left_out = lists->left_out;
	return rc;
}

/* Sensors stand in the register of organisations. */
static int greet_new(struct yg_hub_clues *c, struct yg_clue_lists *lists)
{
	uint64_t change;
	int rc;

	if (!is_past(now_of(c), c->greeted_ns, GREET_NS))
		return YG_OK;
	rc = yg_enrol_change(c->enrol, &change);
	if (rc != YG_OK || change == 0 || change == c->register_change)
		return rc;
	rc = yg_clue_lists_greet(lists);
	c->greeted_ns = now_of(c);
	c->register_change = rc == YG_OK ? change : 0;
	return rc;
}

/* Sectors stand beside it, with people and their sessions: the register of organisations does not
 * tell of them, and what does changes often. */
static int follow_sectors(struct yg_hub_clues *c, struct yg_clue_lists *lists)
{
	uint64_t change;
	int rc;

	if (!is_past(now_of(c), c->sectors_ns, SECTORS_NS))
		return YG_OK;
	rc = yg_hub_change(c->hub, &change);
	if (rc != YG_OK || change == c->hub_change)
		return rc;
	rc = yg_clue_lists_follow_sectors(lists);
	c->sectors_ns = now_of(c);
	c->hub_change = rc == YG_OK ? change : 0;
	return rc;
}

static int write_lists(struct yg_hub_clues *c)
{
	struct yg_clue_lists lists = {.hub = c->hub,
				      .enrol = c->enrol,
				      .store = c->store,
				      .stix = c->stix,
				      .known = c->known,
				      .indicators = c->indicators,
				      .left_out = c->left_out,
				      .left_out_here = c->left_out_here,
				      .life = &c->life};
	int rc = write_marked(c, &lists);

	yg_hub_warned_say_left_out(lists.left_out_here, &c->left_out_here);
	if (rc == YG_OK)
		rc = greet_new(c, &lists);
	return rc == YG_OK ? follow_sectors(c, &lists) : rc;
}

static int round_of(struct yg_hub_clues *c)
{
	int rc = c->facts ? YG_OK : open_all(c);

	c->is_more = false;
	if (rc == YG_OK)
		rc = follow_known(c);
	if (rc == YG_OK)
		rc = follow_objects(c);
	if (rc == YG_OK)
		rc = follow_words(c);
	if (rc == YG_OK)
		rc = judge_due(c);
	if (rc == YG_OK && !ends(c))
		rc = write_lists(c);
	return rc == YG_OK && !ends(c) ? follow_findings(c) : rc;
}

static void say_trouble(struct yg_hub_clues *c, int rc)
{
	c->failures = rc == c->failed_rc ? c->failures + 1 : 1;
	c->failed_rc = rc;
	/* Somebody fills the collections for long: that is no trouble. */
	if (rc != YG_OK && rc != YG_EAGAIN && c->failures == SAID_AT)
		yg_say_hint(N_("nothing is lost by that; it is tried again"),
			    N_("indicators that came as STIX: %s"), yg_say_tr(yg_err_text(rc)));
}

static void *live(void *arg)
{
	struct yg_hub_clues *c = arg;

	while (!ends(c)) {
		int rc = round_of(c);

		say_trouble(c, rc);
		if (rc != YG_OK) /* a store that cannot be read may be another one by then */
			close_all(c);
		if (rc != YG_OK || !c->is_more)
			(void)yg_hub_thread_pause(&c->life, rc != YG_OK ? AGAIN_MS : LOOK_MS);
	}
	close_all(c);
	return NULL;
}

static bool path_of(const char *data, const char *name, char to[PATH_ROOM])
{
	int size = snprintf(to, PATH_ROOM, "%s/%s", data, name);

	return size > 0 && (size_t)size < PATH_ROOM;
}

int yg_hub_clues_start(const struct yg_hub_clues_opts *opts, struct yg_hub_clues **ret)
{
	struct yg_hub_clues *c = yg_calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return YG_ENOMEM;
	c->opts = *opts;
	rc = path_of(opts->data, "indicators", c->indicators) &&
			     path_of(opts->data, "warning-lists", c->warning_dir)
		     ? yg_hub_thread_start(&c->life, YG_THREAD_PREFIX "indicators", live, c)
		     : YG_ELIMIT;
	if (rc == YG_OK)
		*ret = c;
	else
		(void)yg_hub_clues_free(c);
	return rc;
}

struct yg_hub_clues *yg_hub_clues_free(struct yg_hub_clues *c)
{
	if (!c)
		return NULL;
	yg_hub_thread_done(&c->life);
	(void)yg_warning_lists_free(c->known);
	free(c);
	return NULL;
}
