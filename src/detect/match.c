/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching one record: route -> group; each value of a field the group indexes goes through its
 * tables and its pattern set; atoms that fire make candidates; the candidates' programs decide.
 * Predicates not settled by an atom are evaluated when a program first asks, and remembered.
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/engine-int.h"
#include "detect/meter-int.h"
#include "detect/repeat-int.h"

#include "base/ban.h"

#define ROUND_MAX	  (UINT32_MAX / 2)
#define SCRATCH_BYTES_MAX (64u << 20) /* folded values of one record */

struct yg_scratch *yg_scratch_new(const struct yg_engine *engine)
{
	struct yg_scratch *s = yg_calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->engine = engine;
	s->ops = engine->ops;
	s->arena = yg_arena_new(SCRATCH_BYTES_MAX);
	s->known = yg_calloc(engine->img.preds_count + 1u, sizeof(*s->known));
	s->tried = yg_calloc(engine->rules_max + 1u, sizeof(*s->tried));
	s->candidates = yg_calloc(engine->rules_max + 1u, sizeof(*s->candidates));
	s->hits = yg_calloc(engine->rules_max + 1u, sizeof(*s->hits));
	s->slots = yg_calloc(engine->fields_max + 1u, sizeof(*s->slots));
	s->values = yg_calloc(YG_EVENT_FIELDS_MAX + 1u, sizeof(*s->values));
	s->memo = yg_memo_new();
	if (!s->arena || !s->known || !s->tried || !s->candidates || !s->hits || !s->slots ||
	    !s->values || !s->memo)
		return yg_scratch_free(s);
	s->sets_room = engine->ops->room_new(engine->sets);
	return s->sets_room ? s : yg_scratch_free(s);
}

struct yg_scratch *yg_scratch_free(struct yg_scratch *scratch)
{
	if (!scratch)
		return NULL;
	(void)yg_arena_free(scratch->arena);
	scratch->ops->room_free(scratch->sets_room);
	free(scratch->known);
	free(scratch->tried);
	free(scratch->candidates);
	free(scratch->hits);
	free(scratch->slots);
	free(scratch->values);
	free(scratch->memo);
	free(scratch->costs);
	free(scratch->charged);
	(void)yg_meter_free(scratch->meter);
	free(scratch);
	return NULL;
}

struct yg_bytes yg_value_text(struct yg_scratch *scratch, uint32_t index)
{
	struct yg_value *value = &scratch->values[index];

	if (!value->is_ready) {
		struct yg_field *field = &scratch->event->fields[index];

		value->text = yg_event_text(scratch->event, field);
		value->is_ready = true;
		if (field->is_escaped || field->is_utf16) /* there was no room to decode it */
			scratch->error = YG_ENOMEM;
	}
	return value->text;
}

struct yg_bytes yg_value_folded(struct yg_scratch *scratch, uint32_t index)
{
	struct yg_value *value = &scratch->values[index];

	if (!value->is_folded) {
		struct yg_bytes text = yg_value_text(scratch, index);
		uint8_t *to = yg_arena_alloc(scratch->arena, text.size);

		value->folded = text;
		if (to)
			value->folded = (struct yg_bytes){to, yg_fold(text, to)};
		else
			scratch->error = YG_ENOMEM;
		value->is_folded = true;
	}
	return value->folded;
}

uint32_t yg_value_first(const struct yg_scratch *scratch, uint32_t name)
{
	uint32_t local = scratch->map[name];

	if (local == 0 || scratch->slots[local - 1].round != scratch->round)
		return YG_IMG_NONE;
	return scratch->slots[local - 1].first;
}

static void try_rule(struct yg_scratch *s, uint32_t rule)
{
	if (s->tried[rule] == s->round)
		return;
	s->tried[rule] = s->round;
	s->candidates[s->candidate_count++] = rule;
}

static void fire(struct yg_scratch *s, uint32_t index)
{
	const struct yg_img_atom *atom = &s->atoms[index];
	const uint32_t *watch = s->engine->img.lists + atom->watch.first;

	if (s->fired_count < YG_MEMO_ATOMS_MAX)
		s->fired[s->fired_count] = index;
	s->fired_count++;
	if (atom->pred != YG_IMG_NONE)
		s->known[atom->pred] = s->round << 1 | 1;
	for (uint32_t i = 0; i < atom->watch.count; i++)
		try_rule(s, watch[i]);
}

struct found {
	struct yg_scratch *scratch;
	const struct yg_img_set *set;
};

static int on_match(unsigned int id, unsigned long long from, unsigned long long to,
		    unsigned int flags, void *arg)
{
	const struct found *found = arg;

	(void)from;
	(void)to;
	(void)flags;
	if (id < found->set->hits.count)
		fire(found->scratch,
		     found->scratch->engine->img.lists[found->set->hits.first + id]);
	else
		found->scratch->is_part_seen = true;
	return 0;
}

static void scan_set(struct yg_scratch *s, const struct yg_img_set *set, struct yg_bytes text)
{
	struct found found = {s, set};
	int rc;

	if (set->db == YG_IMG_NONE)
		return;
	rc = s->ops->scan(s->engine->sets, s->sets_room, set->db, text, on_match, &found);
	if (rc != YG_OK)
		s->error = rc;
}

static bool has_four_byte_character(struct yg_bytes text)
{
	uint8_t high = 0;

	for (size_t i = 0; i < text.size; i++)
		high |= text.data[i] >= 0xf0;
	return high;
}

static void scan(struct yg_scratch *s, const struct yg_img_field *field, struct yg_bytes text)
{
	if (text.size == 0)
		return;
	scan_set(s, &field->texts, text);
	if (field->rare.db != YG_IMG_NONE && has_four_byte_character(text))
		scan_set(s, &field->rare, text);
}

static bool agrees(const struct yg_scratch *s, uint32_t atom, struct yg_bytes text)
{
	return yg_bytes_eq(yg_img_text(&s->engine->img, s->atoms[atom].text), text);
}

/* Fire the atoms of @table with this hash whose text is @text. */
static void probe(struct yg_scratch *s, const struct yg_img_table *table, uint32_t hash,
		  struct yg_bytes text)
{
	const struct yg_img_slot *slots = s->engine->img.slots + table->slots.first;
	uint32_t mask = table->slots.count - 1;

	for (uint32_t at = hash & mask; slots[at].atom != YG_IMG_NONE; at = (at + 1) & mask)
		if (slots[at].hash == hash && agrees(s, slots[at].atom, text))
			fire(s, slots[at].atom);
}

static void probe_starts(struct yg_scratch *s, const struct yg_img_table *table,
			 struct yg_bytes text)
{
	uint64_t lengths = table->lengths;
	uint64_t hash = 0;

	for (uint32_t i = 0; lengths && i < text.size; i++, lengths >>= 1) {
		hash = yg_img_roll(hash, text.data[i]);
		if (lengths & 1)
			probe(s, table, yg_img_mix(hash, i + 1), yg_bytes_cut(text, 0, i + 1));
	}
}

static void probe_ends(struct yg_scratch *s, const struct yg_img_table *table, struct yg_bytes text)
{
	uint64_t lengths = table->lengths;
	uint64_t hash = 0;

	for (uint32_t i = 0; lengths && i < text.size; i++, lengths >>= 1) {
		hash = yg_img_roll(hash, text.data[text.size - 1 - i]);
		if (lengths & 1)
			probe(s, table, yg_img_mix(hash, i + 1),
			      yg_bytes_from(text, text.size - 1 - i));
	}
}

static void look_up(struct yg_scratch *s, const struct yg_img_field *field, uint32_t index)
{
	struct yg_bytes text = yg_value_folded(s, index);

	if (field->equals.slots.count)
		probe(s, &field->equals, (uint32_t)yg_hash64(text, YG_IMG_SEED), text);
	if (field->starts.slots.count)
		probe_starts(s, &field->starts, text);
	if (field->ends.slots.count)
		probe_ends(s, &field->ends, text);
	scan(s, field, text);
	if (field->regexes.db != YG_IMG_NONE)
		scan_set(s, &field->regexes, yg_value_text(s, index));
}

/*
 * The same by memory, where this value was looked up before. The key are the bytes as they stand
 * in the record: while they hold escapes, or are UTF-16, bits of the field's number tell them from
 * plain ones.
 */
static void look_up_once(struct yg_scratch *s, uint32_t local, uint32_t index)
{
	const struct yg_field *from = &s->event->fields[index];
	uint32_t group = (uint32_t)(s->group - s->engine->img.groups);
	uint32_t key = local << 2 | (uint32_t)from->is_utf16 << 1 | from->is_escaped;
	struct yg_bytes text = from->text;
	struct yg_memo_entry *place;
	uint64_t hash;
	bool is_known;

	place = yg_memo_find(s->memo, group, key, text, &hash, &is_known);
	if (is_known) {
		for (uint32_t i = 0; i < place->atom_count; i++)
			fire(s, place->atoms[i]);
		return;
	}
	s->fired_count = 0;
	look_up(s, &s->fields[local], index);
	if (place && !s->error)
		yg_memo_keep(place, hash, group, key, text, s->fired, s->fired_count);
}

/* Note the values of fields the group uses. */
static void note_fields(struct yg_scratch *s)
{
	for (uint32_t i = 0; i < s->value_count; i++) {
		const struct yg_field *from = &s->event->fields[i];
		uint32_t local = from->name_id ? s->map[from->name_id] : 0;
		struct yg_value *value = &s->values[i];
		struct yg_slot *slot;

		value->is_ready = value->is_folded = false;
		value->is_null = from->kind == YG_VALUE_NULL;
		value->next = YG_IMG_NONE;
		value->field = local;
		if (local == 0)
			continue;
		slot = &s->slots[local - 1];
		if (slot->round == s->round)
			s->values[slot->last].next = i;
		else
			*slot = (struct yg_slot){s->round, i, i};
		slot->last = i;
	}
}

static void look_at_fields(struct yg_scratch *s)
{
	for (uint32_t i = 0; i < s->value_count; i++) {
		const struct yg_img_field *field;

		if (s->values[i].field == 0)
			continue;
		field = &s->fields[s->values[i].field - 1];
		for (uint32_t k = 0; k < field->present.count; k++)
			fire(s, s->engine->img.lists[field->present.first + k]);
		if (field->is_indexed && !s->values[i].is_null)
			look_up_once(s, s->values[i].field - 1, i);
	}
}

/* What of a value the raw text does not show. */
enum shown {
	SHOWN_ALL,     /* a part of the raw text as it stands */
	SHOWN_ESCAPED, /* that, but for the escapes of single characters */
	SHOWN_NOTHING,
};

/* Whether \u stands in a text, be it behind another backslash: few have it. */
static bool may_have_unicode_escape(struct yg_bytes text)
{
	uint8_t is_seen = 0;

	for (size_t i = 0; i + 1 < text.size; i++)
		is_seen |= (text.data[i] == '\\') & (text.data[i + 1] == 'u');
	return is_seen;
}

static enum shown how_shown(const struct yg_event *event, const struct yg_field *field)
{
	uintptr_t at = (uintptr_t)field->text.data, raw = (uintptr_t)event->raw.data;

	if (at < raw || field->text.size > event->raw.size ||
	    at - raw > event->raw.size - field->text.size)
		return SHOWN_NOTHING;
	if (!field->is_escaped)
		return SHOWN_ALL;
	if (!may_have_unicode_escape(field->text))
		return SHOWN_ESCAPED;
	for (size_t i = 0; i + 1 < field->text.size; i++)
		if (field->text.data[i] == '\\' && field->text.data[++i] == 'u')
			return SHOWN_NOTHING;
	return SHOWN_ESCAPED;
}

/*
 * Keywords look at every value and at the raw text. Most values are parts of the raw text: looking
 * there is enough, but for keywords with characters that the raw text shows as escapes. Of these
 * the raw text shows a part at least: only where that was seen, such values are decoded for them.
 */
static void look_at_keywords(struct yg_scratch *s)
{
	const struct yg_img_field *field = &s->fields[0];
	bool is_special;

	if (!s->group->has_keywords || !field->is_indexed)
		return;
	s->is_part_seen = !field->has_parts;
	if (s->event->raw.size > 0) {
		scan(s, field, yg_value_folded(s, s->value_count));
		if (s->is_part_seen)
			scan_set(s, &field->special, yg_value_folded(s, s->value_count));
	}
	is_special = s->is_part_seen && field->special.db != YG_IMG_NONE;
	for (uint32_t i = 0; i < s->value_count; i++) {
		const struct yg_field *from = &s->event->fields[i];
		enum shown shown;

		if (s->values[i].is_null || from->text.size == 0 || from->is_derived)
			continue;
		shown = how_shown(s->event, from);
		if (shown == SHOWN_NOTHING)
			scan(s, field, yg_value_folded(s, i));
		if (shown == SHOWN_NOTHING || (shown == SHOWN_ESCAPED && is_special))
			scan_set(s, &field->special, yg_value_folded(s, i));
	}
}

/* What was known already is paid for again by every rule that asks. */
static void pay_again(struct yg_scratch *s, uint32_t pred)
{
	if (s->costs && s->costs[pred] >> 32 == s->round)
		s->work += (uint32_t)s->costs[pred];
}

static bool test(struct yg_scratch *s, uint32_t pred)
{
	uint32_t known = s->known[pred];
	uint64_t before = s->work;
	bool is_true;

	if (known >> 1 == s->round) {
		pay_again(s, pred);
		return known & 1;
	}
	if (s->settled[pred / 8] >> (pred % 8) & 1)
		return false; /* its atom would have fired */
	is_true = yg_pred_test(s, pred);
	s->known[pred] = s->round << 1 | is_true;
	if (s->costs)
		s->costs[pred] = (uint64_t)s->round << 32 |
				 (s->work - before > UINT32_MAX ? UINT32_MAX : s->work - before);
	return is_true;
}

static bool run(struct yg_scratch *s, uint32_t rule)
{
	const struct yg_img *img = &s->engine->img;
	uint32_t at = img->rules[img->group_rules[s->group->rules.first + rule]].entry;

	while (at < YG_IMG_FALSE)
		at = test(s, img->code[at].pred) ? img->code[at].if_true : img->code[at].if_false;
	return at == YG_IMG_TRUE;
}

static void charge(struct yg_scratch *s, uint32_t rule, uint64_t cost)
{
	yg_meter_charge(s->meter, rule, cost);
	if (s->charged_count < YG_CHARGED_MAX)
		s->charged[s->charged_count] = (struct yg_charge){rule, cost, 0};
	s->charged_count++;
}

/* The same with all that is counted and, on some records, measured. */
static bool run_metered(struct yg_scratch *s, uint32_t rule)
{
	const struct yg_img *img = &s->engine->img;
	uint32_t number = img->group_rules[s->group->rules.first + rule];
	struct yg_meter *meter = s->meter;
	struct yg_profile_rule *profile =
		meter->is_profiling ? &meter->profile.rules[number] : NULL;
	uint32_t at = img->rules[number].entry;
	uint64_t before = s->work;
	int64_t from_ns = 0;
	uint32_t tests = 0;

	if (yg_meter_skips(meter, number))
		return false;
	if (profile && meter->is_timing)
		from_ns = meter->clock.now_ns(meter->clock.arg);
	for (; at < YG_IMG_FALSE; tests++)
		at = test(s, img->code[at].pred) ? img->code[at].if_true : img->code[at].if_false;
	if (s->work - before > YG_METER_FREE)
		charge(s, number, s->work - before);
	if (!profile)
		return at == YG_IMG_TRUE;
	if (meter->is_timing) {
		int64_t took = meter->clock.now_ns(meter->clock.arg) - from_ns - meter->tick_ns;

		profile->ns += took > 0 ? took : 0;
		profile->timed++;
	}
	profile->runs++;
	profile->work += s->work - before;
	profile->tests += tests;
	profile->matches += at == YG_IMG_TRUE;
	return at == YG_IMG_TRUE;
}

/* The most that a comparison counts whose answer is not known; 0: it was settled by its atom. */
static uint64_t unsure_work(const struct yg_scratch *s, uint32_t index)
{
	const struct yg_img_pred *pred = &s->engine->img.preds[index];

	if (s->settled[index / 8] >> (index % 8) & 1)
		return 0;
	if (pred->field == YG_PRED_KEYWORD ||
	    (pred->op >= YG_PRED_GLOB && pred->op != YG_PRED_CIDR && pred->op != YG_IMG_ONE_OF &&
	     !(pred->op >= YG_PRED_LT && pred->op <= YG_PRED_IS_NULL)))
		return YG_METER_FREE + 1;
	return YG_METER_FREE / 2; /* short values, a list at most: engine-int.h, work_of() */
}

bool yg_match_may_fit(struct yg_scratch *s, uint32_t entry, const uint8_t *unsure)
{
	uint8_t is_reached[YG_REPEAT_STEPS_MAX] = {0};
	const struct yg_img_code *code = s->engine->img.code + entry;
	uint64_t before = s->work, extra = 0;
	uint32_t last = 0;

	if (entry >= YG_IMG_FALSE)
		return entry == YG_IMG_TRUE;
	is_reached[0] = 1;
	for (uint32_t at = 0; at <= last; at++) {
		bool is_unsure = unsure[code[at].pred / 8] >> code[at].pred % 8 & 1;
		bool is_true = is_reached[at] && !is_unsure && test(s, code[at].pred);
		const uint32_t next[2] = {code[at].if_true, code[at].if_false};

		if (!is_reached[at])
			continue;
		extra += is_unsure ? unsure_work(s, code[at].pred) : 0;
		for (unsigned way = 0; way < 2; way++) {
			if (!is_unsure && is_true == (way == 1))
				continue;
			if (next[way] == YG_IMG_TRUE)
				return true;
			if (next[way] == YG_IMG_FALSE)
				continue;
			if (next[way] - entry >= YG_REPEAT_STEPS_MAX)
				return true;
			is_reached[next[way] - entry] = 1;
			last = next[way] - entry > last ? next[way] - entry : last;
		}
	}
	return s->error != YG_OK || s->work - before + extra > YG_METER_FREE;
}

/* A record as it came: decoding later changes sizes. */
static size_t event_bytes(const struct yg_event *event)
{
	size_t bytes = 0;

	if (event->raw.size > 0)
		return event->raw.size;
	for (uint32_t i = 0; i < event->field_count; i++)
		bytes += event->fields[i].text.size;
	return bytes;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static void start(struct yg_scratch *s, const struct yg_img_group *group, struct yg_event *event)
{
	const struct yg_img *img = &s->engine->img;

	if (s->round >= ROUND_MAX) {
		s->round = 0;
		memset(s->known, 0, img->preds_count * sizeof(*s->known));
		memset(s->tried, 0, s->engine->rules_max * sizeof(*s->tried));
		memset(s->slots, 0, s->engine->fields_max * sizeof(*s->slots));
	}
	s->round++;
	s->group = group;
	s->fields = img->fields + group->fields.first;
	s->atoms = img->atoms + group->atoms.first;
	s->map = img->map + group->map;
	s->settled = img->settled + group->settled;
	s->event = event;
	s->value_count =
		event->field_count < YG_EVENT_FIELDS_MAX ? event->field_count : YG_EVENT_FIELDS_MAX;
	s->candidate_count = 0;
	s->charged_count = 0;
	s->error = YG_OK;
	yg_arena_reset(s->arena);
	s->values[s->value_count] = (struct yg_value){.text = event->raw, .is_ready = true};
}

/* What all rules share: values to atoms, atoms to candidates. */
static void search(struct yg_scratch *s)
{
	struct yg_meter *meter = s->meter;
	int64_t from_ns = 0;

	if (meter)
		yg_meter_record(meter, (uint32_t)(s->group - s->engine->img.groups),
				event_bytes(s->event));
	if (meter && meter->is_timing)
		from_ns = meter->clock.now_ns(meter->clock.arg);
	note_fields(s);
	look_at_keywords(s); /* before fields are decoded: then they no longer lie in raw */
	look_at_fields(s);
	if (meter && meter->is_timing)
		meter->profile.search_ns +=
			meter->clock.now_ns(meter->clock.arg) - from_ns - meter->tick_ns;
}

static void look_by_mapping(const struct yg_engine *engine, struct yg_event *event,
			    struct yg_mapping_view *ret)
{
	ret->mapping = engine->mapping;
	ret->router = engine->router;
	ret->route = yg_router_route(engine->router, event);
	ret->event = event;
	ret->channel = (struct yg_bytes){0};
	ret->event_code = 0;
	ret->is_foreign_channel = false;
	ret->has_channel = ret->route != YG_ROUTE_OPEN;
	yg_mapping_look(ret);
}

/* Of the rules that hit, those that the mapping means for @event; returns how many are left. */
static uint32_t keep_meant(const struct yg_engine *engine, struct yg_event *event, uint32_t *hits,
			   uint32_t count)
{
	const struct yg_img *img = &engine->img;
	struct yg_mapping_view view;
	uint32_t kept = 0;

	look_by_mapping(engine, event, &view);
	for (uint32_t i = 0; i < count; i++) {
		const struct yg_img_source *source = &img->sources[hits[i]];
		const struct yg_logsource logsource = {yg_img_text(img, source->product),
						       yg_img_text(img, source->category),
						       yg_img_text(img, source->service)};

		if (yg_mapping_admits(&view, &logsource))
			hits[kept++] = hits[i];
	}
	return kept;
}

static int rename_by_mapping(const struct yg_engine *engine, struct yg_event *event)
{
	struct yg_mapping_view view;

	look_by_mapping(engine, event, &view);
	return yg_mapping_rename(&view);
}

int yg_engine_match(const struct yg_engine *engine, struct yg_scratch *scratch,
		    struct yg_event *event, struct yg_hits *ret)
{
	const struct yg_img *img = &engine->img;
	uint32_t number = img->routes[yg_router_route(engine->router, event)];
	const struct yg_img_group *group = &img->groups[number == YG_IMG_NONE ? 0 : number];
	uint32_t count = 0;

	*ret = (struct yg_hits){.rules = scratch->hits};
	scratch->group = NULL;
	if (number == YG_IMG_NONE)
		return YG_OK;
	if (engine->mapping && yg_mapping_renames(engine->mapping)) {
		int rc = rename_by_mapping(engine, event);

		if (rc != YG_OK)
			return rc;
	}
	start(scratch, group, event);
	for (uint32_t i = 0; i < group->always.count; i++)
		try_rule(scratch, img->lists[group->always.first + i]);
	search(scratch);
	scratch->candidate_total += scratch->candidate_count;
	for (uint32_t i = 0; i < scratch->candidate_count; i++)
		if (scratch->meter ? run_metered(scratch, scratch->candidates[i])
				   : run(scratch, scratch->candidates[i]))
			scratch->hits[count++] =
				img->group_rules[group->rules.first + scratch->candidates[i]];
	if (scratch->error)
		return scratch->error;
	if (engine->mapping && count > 0)
		count = keep_meant(engine, event, scratch->hits, count);
	if (count > 1)
		qsort(scratch->hits, count, sizeof(*scratch->hits), compare_u32);
	ret->count = count;
	return YG_OK;
}

bool yg_engine_wants(const struct yg_engine *engine, enum yg_format format, bool has_channel)
{
	const struct yg_img *img = &engine->img;

	for (uint32_t route = 0; route < yg_router_count(engine->router); route++)
		if (img->routes[route] != YG_IMG_NONE &&
		    img->groups[img->routes[route]].rules.count > 0 &&
		    yg_router_reaches(engine->router, format, has_channel, route))
			return true;
	return false;
}

uint64_t yg_scratch_candidates(const struct yg_scratch *scratch)
{
	return scratch->candidate_total;
}
