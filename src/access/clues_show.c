/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators as objects, for one reader. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/clues-int.h"

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define LOOK_MAX     5000u /* rows that one page looks at */
#define VERSIONS_MAX 200u  /* of one object that are shown */
#define SEEN_MAX     200u  /* findings of one that are shown */

struct shelf {
	int64_t number;
	enum yg_tlp clearance;
	enum yg_tlp otherwise;
	char id[YG_STIX_UUID + 1];
	char title[YG_COLLECTION_TITLE_MAX + 1];
};

struct yg_clue_view {
	struct yg_shelf_reader *reader;
	struct yg_hub_access *hub;
	struct yg_collections *store;
	const struct yg_hub_reach *reach;
	enum yg_lang lang;
	struct shelf *shelves; /* by number */
	size_t count;
};

static int keep_shelf(void *arg, const struct yg_shelf_view *one)
{
	struct yg_clue_view *v = arg;
	struct shelf *to;

	if (!one->can_read)
		return YG_OK;
	if ((v->count & (v->count - 1)) == 0) { /* full at each power of two */
		void *more = yg_reallocarray(v->shelves, v->count ? 2 * v->count : 1, sizeof(*to));

		if (!more)
			return YG_ENOMEM;
		v->shelves = more;
	}
	to = &v->shelves[v->count++];
	*to = (struct shelf){.number = one->collection.number,
			     .clearance = one->clearance,
			     .otherwise = one->collection.default_tlp ? one->collection.default_tlp
								      : YG_TLP_RED};
	memcpy(to->id, one->collection.id, sizeof(to->id));
	memcpy(to->title, one->collection.title, sizeof(to->title));
	return YG_OK;
}

static int by_number(const void *left, const void *right)
{
	const struct shelf *a = left, *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

int yg_clue_view_new(struct yg_shelf_reader *reader, struct yg_hub_access *hub,
		     struct yg_collections *store, const struct yg_hub_reach *reach,
		     enum yg_lang lang, struct yg_clue_view **ret)
{
	struct yg_clue_view *v = yg_calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return YG_ENOMEM;
	*v = (struct yg_clue_view){
		.reader = reader, .hub = hub, .store = store, .reach = reach, .lang = lang};
	rc = yg_shelf_list(reader, YG_S("hub"), keep_shelf, v);
	if (v->count > 1)
		qsort(v->shelves, v->count, sizeof(*v->shelves), by_number);
	*ret = rc == YG_OK ? v : yg_clue_view_free(v);
	return rc;
}

struct yg_clue_view *yg_clue_view_free(struct yg_clue_view *v)
{
	if (!v)
		return NULL;
	free(v->shelves);
	free(v);
	return NULL;
}

/* The collection, when he may read what is marked so in it. */
static const struct shelf *shelf_of(const struct yg_clue_view *v, int64_t number, enum yg_tlp tlp)
{
	const struct shelf key = {.number = number};
	const struct shelf *one =
		v->count > 0 ? bsearch(&key, v->shelves, v->count, sizeof(*v->shelves), by_number)
			     : NULL;

	return one && (tlp ? tlp : one->otherwise) <= one->clearance ? one : NULL;
}

/* ---- one ---- */

static json_t *time_json(int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	if (time_ns == 0 || time_ns == YG_CLUE_NEVER || time_ns == YG_TIME_NONE)
		return json_null();
	(void)yg_time_iso(time_ns, 0, iso);
	return json_string(iso);
}

static int take_value(void *arg, const struct yg_clue_value *value)
{
	json_t *one = json_pack("{s:o, s:b}", "value", yg_json_string(value->value), "person",
				(int)value->is_person);

	return one && json_array_append_new(arg, one) == 0 ? YG_OK : YG_ENOMEM;
}

static json_t *why_json(const struct yg_clue_view *v, const struct yg_clue *clue)
{
	const char *word = yg_clue_why_name(clue->verdict.why);

	return word[0] ? json_pack("{s:s, s:s, s:o}", "code", word, "text",
				   yg_tr(v->lang, yg_clue_why_text(clue->verdict.why)), "list",
				   clue->note[0] ? yg_hub_string(clue->note) : json_null())
		       : json_null();
}

static int record_json(const struct yg_clue_view *v, const struct shelf *shelf,
		       const struct yg_clue *clue, json_t **ret)
{
	const struct yg_clue_facts *f = &clue->facts;
	json_t *one = json_pack(
		"{s:s, s:{s:s, s:o}, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "id",
		clue->id, "collection", "id", shelf->id, "title", yg_hub_string(shelf->title),
		"state", yg_clue_state_name(clue->verdict.state), "why", why_json(v, clue), "since",
		time_json(clue->since_ns), "next", time_json(clue->verdict.next_ns), "score",
		json_integer(clue->verdict.score / YG_CLUE_POINT), "tlp", yg_tlp_name(f->tlp),
		"pap", yg_pap_name(f->pap ? f->pap : YG_PAP_RED), "confidence",
		f->confidence < 0 ? json_null() : json_integer(f->confidence), "valid_from",
		time_json(f->from_ns), "valid_until", time_json(f->until_ns));
	json_t *more = json_pack("{s:o, s:b, s:I, s:I, s:I, s:o, s:s}", "modified",
				 time_json(f->version_ns), "sensors",
				 clue->verdict.state == YG_CLUE_ACTS && clue->verdict.may_sensors,
				 "false_positives", (json_int_t)f->reports, "seen_by",
				 (json_int_t)f->sighted, "sightings", (json_int_t)clue->sightings,
				 "last_seen", time_json(f->sighted_ns), "decision",
				 f->is_yes  ? "yes"
				 : f->is_no ? "no"
					    : "");
	int rc = one && more && json_object_update(one, more) == 0 ? YG_OK : YG_ENOMEM;

	json_decref(more);
	if (rc == YG_OK)
		*ret = one;
	else
		json_decref(one);
	return rc;
}

/* The values of each record: after the rows were read, for a callback may not read. */
static int add_values(struct yg_clue_view *v, json_t *records, const int64_t *numbers)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(records); i++) {
		json_t *values = json_array();

		rc = values ? yg_clues_values(v->store, numbers[i], take_value, values) : YG_ENOMEM;
		if (rc == YG_OK)
			rc = yg_json_set(json_array_get(records, i), "values", json_incref(values));
		json_decref(values);
	}
	return rc;
}

struct gathering {
	struct yg_clue_view *v;
	json_t *records;
	int64_t *numbers; /* of the records */
	uint32_t room;
	uint32_t looked;
	int64_t last;
	bool is_full;
};

static int take_clue(void *arg, const struct yg_clue *clue)
{
	struct gathering *g = arg;
	const struct shelf *shelf = shelf_of(g->v, clue->collection, clue->facts.tlp);
	json_t *one = NULL;
	int rc;

	g->is_full = json_array_size(g->records) == g->room || g->looked == LOOK_MAX;
	if (g->is_full)
		return YG_EEND;
	g->looked++;
	g->last = clue->number;
	if (!shelf)
		return YG_OK;
	rc = record_json(g->v, shelf, clue, &one);
	if (rc != YG_OK)
		return rc;
	g->numbers[json_array_size(g->records)] = clue->number;
	return json_array_append_new(g->records, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int gather_begin(struct gathering *g, struct yg_clue_view *v, uint32_t room)
{
	*g = (struct gathering){.v = v, .room = room, .records = json_array()};
	g->numbers = yg_calloc(room, sizeof(*g->numbers));
	return g->records && g->numbers ? YG_OK : YG_ENOMEM;
}

/* Hands the records over when @rc is YG_OK. */
static int gather_end(struct gathering *g, int rc, json_t **ret)
{
	if (rc == YG_OK)
		rc = add_values(g->v, g->records, g->numbers);
	if (rc == YG_OK)
		*ret = g->records;
	else
		json_decref(g->records);
	free(g->numbers);
	return rc;
}

int yg_clue_list(struct yg_clue_view *v, const struct yg_clue_filter *filter, json_t **ret_items,
		 int64_t *ret_next)
{
	struct gathering g;
	int rc = gather_begin(&g, v, filter->limit);

	if (rc == YG_OK)
		rc = filter->value.size > 0
			     ? yg_clues_of_value(v->store, filter->value, filter->after,
						 LOOK_MAX + 1, take_clue, &g)
			     : yg_clues_page(v->store, filter->state, filter->after, LOOK_MAX + 1,
					     take_clue, &g);
	*ret_next = g.is_full ? g.last : 0;
	return gather_end(&g, rc, ret_items);
}

/* ---- all of one ---- */

struct saying {
	const struct yg_clue_view *v;
	const struct shelf *shelf;
	json_t *said;
	json_t *object; /* the newest that he may see; borrowed by @said's owner */
	int64_t newest_ns;
};

static json_t *copy_of(const json_t *tree, const char *key)
{
	json_t *one = json_object_get(tree, key);

	return one ? json_incref(one) : json_null();
}

static int take_version(void *arg, const struct yg_stix_row *row)
{
	struct saying *s = arg;
	struct yg_fault fault;
	char added[YG_STIX_TIME_SIZE];
	json_t *tree = NULL, *one;
	int rc = yg_json_load(row->object.text, YG_STIX_OBJECT_MAX, &tree, &fault);

	if (rc != YG_OK)
		return rc;
	yg_stix_time_write(row->added_us, added);
	one = json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "collection",
			s->shelf->id, "modified", yg_json_string(row->object.version), "added",
			added, "created_by_ref", copy_of(tree, "created_by_ref"), "tlp",
			yg_tlp_name(row->object.tlp), "confidence", copy_of(tree, "confidence"),
			"valid_from", copy_of(tree, "valid_from"), "valid_until",
			copy_of(tree, "valid_until"), "revoked", copy_of(tree, "revoked"),
			"pattern", copy_of(tree, "pattern"));
	if (!one || json_array_append_new(s->said, one) != 0)
		rc = YG_ENOMEM;
	if (rc == YG_OK && (!s->object || row->object.version_ns > s->newest_ns)) {
		json_decref(s->object);
		s->object = json_incref(tree);
		s->newest_ns = row->object.version_ns;
	}
	json_decref(tree);
	return rc;
}

static int say_versions(struct yg_clue_view *v, struct yg_bytes id, struct saying *s)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < v->count; i++) {
		struct yg_stix_filter filter = {.collection = v->shelves[i].number,
						.clearance = v->shelves[i].clearance,
						.otherwise = v->shelves[i].otherwise,
						.after_us = INT64_MIN,
						.limit = VERSIONS_MAX,
						.ids = &id,
						.id_count = 1,
						.specs = ~0u,
						.has_all = true};
		bool is_more;

		s->shelf = &v->shelves[i];
		rc = yg_collections_read(v->store, &filter, true, take_version, s, &is_more);
	}
	return rc;
}

static bool is_own(const struct yg_clue_view *v, const char *org)
{
	for (uint32_t i = 0; i < v->reach->count; i++)
		if (strcmp(v->reach->orgs[i], org) == 0)
			return true;
	return v->reach->is_all;
}

struct telling {
	const struct yg_clue_view *v;
	json_t *items;
	size_t room; /* of sightings */
};

/* The hub's words are for all; those of other members are numbers only. */
static int take_word(void *arg, struct yg_bytes key, const json_t *body)
{
	struct telling *t = arg;
	char org[YG_ENROL_ID_MAX + 1];
	json_t *one;

	(void)key;
	yg_hub_text(body, "org", org, sizeof(org));
	if (!is_own(t->v, org) && strcmp(org, YG_HUB_ORG) != 0)
		return YG_OK;
	one = json_pack("{s:o, s:o, s:o, s:o, s:o}", "word", copy_of(body, "word"), "org",
			copy_of(body, "org"), "by",
			t->v->reach->is_all || is_own(t->v, org) ? copy_of(body, "name")
								 : json_null(),
			"time", time_json(yg_json_int(body, "time_s", 0) * YG_NS_PER_S), "text",
			copy_of(body, "text"));
	return one && json_array_append_new(t->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int take_sighting(void *arg, const struct yg_clue_sighting *one)
{
	struct telling *t = arg;
	char finding[2 * YG_CLUE_FINDING + 1];
	json_t *item;

	if (!is_own(t->v, one->org))
		return YG_OK;
	if (json_array_size(t->items) == t->room)
		return YG_EEND;
	yg_hex((struct yg_bytes){one->finding, sizeof(one->finding)}, finding);
	item = json_pack("{s:s, s:s, s:o, s:o, s:I}", "finding", finding, "org", one->org, "first",
			 time_json(one->first_ns), "last", time_json(one->last_ns), "count",
			 (json_int_t)one->count);
	return item && json_array_append_new(t->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

/* What the newest version says, key by key. */
static int add_object(json_t *to, const json_t *object)
{
	static const char *const keys[] = {
		"name",		"description",	      "created_by_ref", "pattern",
		"pattern_type", "indicator_types",    "labels",		"kill_chain_phases",
		"created",	"external_references"};
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < sizeof(keys) / sizeof(keys[0]); i++)
		rc = yg_json_set(to, keys[i], copy_of(object, keys[i]));
	return rc;
}

static int build(struct yg_clue_view *v, struct yg_bytes id, struct gathering *g, json_t *to)
{
	char text[YG_CLUE_ID + 1];
	struct saying saying = {.v = v, .said = json_array()};
	struct telling words = {.v = v, .items = json_array()};
	struct telling seen = {.v = v, .items = json_array()};
	int rc = saying.said && words.items && seen.items ? YG_OK : YG_ENOMEM;

	(void)snprintf(text, sizeof(text), "%.*s", YG_FMT(id)); /* measured */
	if (rc == YG_OK)
		rc = say_versions(v, id, &saying);
	if (rc == YG_OK)
		rc = yg_clue_each_word(v->hub, text, take_word, &words);
	/* Of all that are kept, for what others saw is passed over. */
	for (size_t i = 0; rc == YG_OK && i < json_array_size(g->records); i++) {
		seen.room = json_array_size(seen.items) + SEEN_MAX;
		rc = yg_clues_sightings(v->store, g->numbers[i], YG_CLUE_SEEN_KEPT, take_sighting,
					&seen);
	}
	if (rc == YG_OK)
		rc = add_object(to, saying.object);
	if (rc == YG_OK)
		rc = yg_json_set(to, "said", json_incref(saying.said));
	if (rc == YG_OK)
		rc = yg_json_set(to, "words", json_incref(words.items));
	if (rc == YG_OK)
		rc = yg_json_set(to, "seen", json_incref(seen.items));
	json_decref(saying.object);
	json_decref(saying.said);
	json_decref(words.items);
	json_decref(seen.items);
	return rc;
}

int yg_clue_get(struct yg_clue_view *v, struct yg_bytes id, json_t **ret)
{
	json_t *to = json_object(), *records = NULL;
	struct gathering g;
	int rc;

	if (!yg_clue_is_id(id)) {
		json_decref(to);
		return YG_ENOENT;
	}
	rc = gather_begin(&g, v, VERSIONS_MAX);
	if (rc == YG_OK && !to)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_clues_named(v->store, id, take_clue, &g);
	if (rc == YG_OK && json_array_size(g.records) == 0)
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_json_set(to, "id", yg_json_string(id));
	if (rc == YG_OK)
		rc = build(v, id, &g, to);
	rc = gather_end(&g, rc, &records);
	if (rc == YG_OK)
		rc = yg_json_set(to, "records", records);
	if (rc == YG_OK)
		*ret = to;
	else
		json_decref(to);
	return rc;
}

/* ---- relationships ---- */

struct relations {
	const struct yg_clue_view *v;
	json_t *items;
	uint32_t looked;
	uint32_t room;
	int64_t last;
	bool is_full;
};

static int take_relation(void *arg, int64_t collection, int64_t place,
			 const struct yg_stix_row *row)
{
	struct relations *r = arg;
	const struct shelf *shelf = shelf_of(r->v, collection, row->object.tlp);
	struct yg_fault fault;
	json_t *tree = NULL, *one;
	int rc;

	r->is_full = json_array_size(r->items) == r->room || r->looked == LOOK_MAX;
	if (r->is_full)
		return YG_EEND;
	r->looked++;
	r->last = place;
	if (!shelf)
		return YG_OK;
	rc = yg_json_load(row->object.text, YG_STIX_OBJECT_MAX, &tree, &fault);
	if (rc != YG_OK)
		return rc;
	one = json_pack("{s:s, s:o}", "collection", shelf->id, "object", tree);
	return one && json_array_append_new(r->items, one) == 0 ? YG_OK : YG_ENOMEM;
}

int yg_clue_relations(struct yg_clue_view *v, const struct yg_relation_ask *ask, json_t **ret_items,
		      int64_t *ret_next)
{
	struct relations r = {.v = v, .items = json_array(), .room = ask->limit};
	struct yg_relation_ask wide = *ask;
	int rc = r.items ? YG_OK : YG_ENOMEM;

	wide.limit = LOOK_MAX + 1;
	if (rc == YG_OK)
		rc = yg_clues_relations(v->store, &wide, take_relation, &r);
	*ret_next = r.is_full ? r.last : 0;
	if (rc == YG_OK)
		*ret_items = r.items;
	else
		json_decref(r.items);
	return rc;
}
