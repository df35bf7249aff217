/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/trace.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/indicators.h"
#include "detect/trace-int.h"
#include "model/record.h"

#include "base/ban.h"

#define JSON_BYTES_MAX (8u << 20)

/* Which rules feed which correlation, as a list for each rule. */
struct feed {
	uint32_t correlation;
	uint32_t ref;
};

struct yg_tracer {
	const struct yg_engine *engine;
	const struct yg_indicators *indicators; /* NULL = none */
	uint32_t rule_count;
	uint32_t *feed_start; /* rule_count + 1 */
	struct feed *feeds;
	uint8_t *is_quiet;
	uint64_t seed;
	bool is_bare;
};

struct yg_tracer *yg_tracer_free(struct yg_tracer *tracer)
{
	if (!tracer)
		return NULL;
	free(tracer->feed_start);
	free(tracer->feeds);
	free(tracer->is_quiet);
	free(tracer);
	return NULL;
}

/* Count (@feeds NULL) or fill the feeds of all rules; start[r + 1] counts those of rule r. */
static void walk_feeds(const struct yg_tracer *tracer, uint32_t *start, struct feed *feeds)
{
	for (uint32_t c = 0; c < tracer->rule_count; c++) {
		const struct yg_correlation *correlation =
			yg_engine_rule(tracer->engine, c)->correlation;

		for (uint32_t r = 0; correlation && r < correlation->ref_count; r++) {
			uint32_t rule = correlation->refs[r];

			if (rule >= tracer->rule_count)
				continue;
			if (feeds)
				feeds[start[rule]++] = (struct feed){c, r};
			else
				start[rule + 1]++;
		}
	}
}

static int make_feeds(struct yg_tracer *tracer)
{
	uint32_t count = tracer->rule_count;

	tracer->feed_start = yg_calloc(count + 2, sizeof(*tracer->feed_start));
	tracer->is_quiet = yg_calloc(count, sizeof(*tracer->is_quiet));
	if (!tracer->feed_start || !tracer->is_quiet)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		tracer->is_quiet[i] = yg_engine_rule(tracer->engine, i)->is_quiet;
	/* One place ahead: filling moves each start to its end, which is the next one's start. */
	walk_feeds(tracer, tracer->feed_start + 1, NULL);
	for (uint32_t i = 1; i <= count + 1; i++)
		tracer->feed_start[i] += tracer->feed_start[i - 1];
	tracer->feeds = yg_calloc(tracer->feed_start[count + 1], sizeof(*tracer->feeds));
	if (!tracer->feeds)
		return YG_ENOMEM;
	walk_feeds(tracer, tracer->feed_start + 1, tracer->feeds);
	return YG_OK;
}

struct yg_tracer *yg_tracer_new(const struct yg_engine *engine,
				const struct yg_indicators *indicators)
{
	struct yg_tracer *tracer = yg_calloc(1, sizeof(*tracer));

	if (!tracer)
		return NULL;
	tracer->engine = engine;
	if (indicators && yg_indicators_count(indicators) > 0)
		tracer->indicators = indicators;
	tracer->rule_count = yg_engine_rule_count(engine);
	tracer->seed = yg_hash_secret();
	if (make_feeds(tracer) != YG_OK)
		return yg_tracer_free(tracer);
	return tracer;
}

/* Hits that give findings, copied. */
static int trace_hits(const struct yg_tracer *tracer, const struct yg_hits *hits,
		      struct yg_arena *arena, struct yg_trace *trace)
{
	uint32_t *to = NULL;

	for (uint32_t i = 0; i < hits->count; i++) {
		assert(hits->rules[i] < tracer->rule_count);
		if (tracer->is_quiet[hits->rules[i]])
			continue;
		if (!to) {
			to = yg_arena_alloc(arena, (hits->count - i) * sizeof(*to));
			if (!to)
				return YG_ENOMEM;
			trace->hits = to;
		}
		to[trace->hit_count++] = hits->rules[i];
	}
	return YG_OK;
}

uint64_t yg_trace_hash_folded(struct yg_bytes b, uint64_t seed)
{
	uint8_t folded[YG_TRACE_FOLD_MAX] __attribute__((uninitialized)); /* written first */

	if (b.size > sizeof(folded))
		return yg_hash64(b, seed);
	return yg_hash64((struct yg_bytes){folded, yg_fold(b, folded)}, seed);
}

/* Name @i of the group-by (the values) as records of @ref have it; 0: they have no such thing. */
static uint32_t name_in_ref(const struct yg_correlation *correlation, uint32_t ref, uint32_t i,
			    bool is_value)
{
	const uint32_t *plain = is_value ? correlation->value_fields : correlation->group_by;

	return correlation->aliases ? correlation->aliases[ref * YG_CORRELATION_ALIAS_ROW +
							   (is_value ? YG_GROUP_BY_MAX : 0) + i]
				    : plain[i];
}

/* What @name, if it is one of @inner's, means in the records of its @ref. */
static uint32_t name_in_chain(const struct yg_correlation *inner, uint32_t ref, uint32_t name)
{
	for (uint32_t i = 0; i < inner->group_by_count; i++)
		if (inner->group_by[i] == name)
			return name_in_ref(inner, ref, i, false);
	for (uint32_t i = 0; i < inner->value_field_count; i++)
		if (inner->value_fields[i] == name)
			return name_in_ref(inner, ref, i, true);
	return name;
}

/* Name @i of the group-by (the values) as the record has it that @key is made of; 0: not at all. */
static uint32_t name_of(const struct yg_engine *engine, const struct yg_trace_key *key, uint32_t i,
			bool is_value)
{
	const struct yg_correlation *at = yg_engine_rule(engine, key->correlation)->correlation;
	uint32_t name = name_in_ref(at, key->ref, i, is_value);
	uint32_t ref = key->ref;

	for (uint32_t down = 0; down < key->chain_size && name; down++) {
		at = yg_engine_rule(engine, at->refs[ref])->correlation;
		ref = key->chain[down];
		name = name_in_chain(at, ref, name);
	}
	return name;
}

/* Field @i of the group-by, in the record; NULL when it has none. */
static struct yg_field *find_field(struct yg_event *event, const struct yg_engine *engine,
				   const struct yg_trace_key *key, uint32_t i, bool is_value)
{
	uint32_t name = name_of(engine, key, i, is_value);

	return name ? yg_event_find(event, name) : NULL;
}

/* The hash of the group-by values; false when the record lacks one of them. */
static bool group_of(const struct yg_tracer *tracer, const struct yg_correlation *correlation,
		     struct yg_event *event, struct yg_trace_key *key)
{
	uint64_t hash = tracer->seed;

	for (uint32_t i = 0; i < correlation->group_by_count; i++) {
		struct yg_field *field = find_field(event, tracer->engine, key, i, false);

		if (!field || field->kind == YG_VALUE_NULL || field->text.size == 0)
			return false;
		hash = yg_trace_hash_folded(yg_event_text(event, field), hash + i + 1);
	}
	key->group = hash;
	return true;
}

/* The hash of what value_count counts: the values of all its fields together. */
static bool value_of(const struct yg_tracer *tracer, const struct yg_correlation *correlation,
		     struct yg_event *event, struct yg_trace_key *key)
{
	uint64_t hash = tracer->seed;

	for (uint32_t i = 0; i < correlation->value_field_count; i++) {
		struct yg_field *field = find_field(event, tracer->engine, key, i, true);

		if (!field || field->kind == YG_VALUE_NULL)
			return false;
		hash = yg_trace_hash_folded(yg_event_text(event, field), hash + i);
	}
	key->value = hash;
	return true;
}

static bool is_number_type(enum yg_correlation_type type)
{
	return type >= YG_CORRELATION_VALUE_SUM;
}

/* Do @count names leave the client out, or are they the client alone? */
static bool plan_names(const struct yg_engine *engine, const struct yg_trace_key *key,
		       uint32_t count, bool is_value, bool *ret_is_client)
{
	*ret_is_client = false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t name = name_of(engine, key, i, is_value);

		if (name == YG_F_sc_bytes)
			return false;
		*ret_is_client |= name == YG_F_c_ip || name == YG_F_src_ip;
	}
	return !*ret_is_client || count == 1;
}

bool yg_trace_plan_key(const struct yg_tracer *tracer, const struct yg_trace_key *key,
		       struct yg_trace_key_plan *ret)
{
	const struct yg_correlation *correlation =
		yg_engine_rule(tracer->engine, key->correlation)->correlation;

	if (key->chain_size > 0 || /* not kept there */
	    !plan_names(tracer->engine, key, correlation->group_by_count, false,
			&ret->is_group_client) ||
	    !plan_names(tracer->engine, key, correlation->value_field_count, true,
			&ret->is_value_client))
		return false;
	if (correlation->type == YG_CORRELATION_VALUE_COUNT || yg_is_share(correlation))
		return true;
	/* a client's address as a number, or a value that is not made */
	return !ret->is_value_client;
}

uint64_t yg_trace_client_group(const struct yg_tracer *tracer, struct yg_bytes client)
{
	return yg_trace_hash_folded(client, tracer->seed + 1); /* as group_of() */
}

uint64_t yg_trace_client_value(const struct yg_tracer *tracer, struct yg_bytes client)
{
	return yg_trace_hash_folded(client, tracer->seed); /* as value_of() */
}

/*
 * The key for @feed; false when the record lacks a field that the correlation needs. @below: the
 * key of the correlation that feeds it, NULL where a rule does.
 */
static bool make_key(const struct yg_tracer *tracer, const struct feed *feed,
		     const struct yg_trace_key *below, struct yg_event *event,
		     struct yg_trace_key *ret)
{
	const struct yg_correlation *correlation =
		yg_engine_rule(tracer->engine, feed->correlation)->correlation;

	*ret = (struct yg_trace_key){.correlation = feed->correlation, .ref = feed->ref};
	if (below) {
		ret->below = below->group;
		ret->chain[ret->chain_size++] = (uint8_t)below->ref;
		for (uint32_t i = 0; i < below->chain_size && i < YG_TRACE_CHAIN_MAX - 1; i++)
			ret->chain[ret->chain_size++] = below->chain[i];
	}
	if (!group_of(tracer, correlation, event, ret))
		return false;
	if (correlation->type == YG_CORRELATION_VALUE_COUNT || yg_is_share(correlation))
		return value_of(tracer, correlation, event, ret);
	if (is_number_type(correlation->type)) {
		struct yg_field *field = find_field(event, tracer->engine, ret, 0, true);

		return field && field->kind != YG_VALUE_NULL &&
		       yg_bytes_double(yg_event_text(event, field), &ret->number);
	}
	return true;
}

void yg_trace_group(const struct yg_engine *engine, const struct yg_trace_key *key,
		    struct yg_event *event, struct yg_buf *to)
{
	const struct yg_correlation *correlation =
		yg_engine_rule(engine, key->correlation)->correlation;

	yg_buf_add_byte(to, '{');
	for (uint32_t i = 0; i < correlation->group_by_count; i++) {
		struct yg_field *field = find_field(event, engine, key, i, false);

		if (i > 0)
			yg_buf_add_byte(to, ',');
		yg_buf_add_json(to,
				yg_names_text(yg_engine_names(engine), correlation->group_by[i]));
		yg_buf_add_byte(to, ':');
		if (field && field->kind != YG_VALUE_NULL)
			yg_buf_add_json(to, yg_event_text(event, field));
		else
			yg_buf_add_str(to, "null");
	}
	yg_buf_add_byte(to, '}');
}

uint64_t yg_tracer_seed(const struct yg_tracer *tracer)
{
	return tracer->seed;
}

void yg_tracer_bare(struct yg_tracer *tracer)
{
	tracer->is_bare = true;
}

void yg_tracer_reseed(struct yg_tracer *tracer, uint64_t seed)
{
	tracer->seed = seed;
}

/* In the order of storeys, correlations, refs, and refs of the chain below. */
static bool is_behind(const struct yg_engine *engine, const struct yg_trace_key *key,
		      const struct yg_trace_key *other)
{
	uint8_t storey = yg_engine_rule(engine, key->correlation)->storey;
	uint8_t other_storey = yg_engine_rule(engine, other->correlation)->storey;
	uint8_t size = key->chain_size < other->chain_size ? key->chain_size : other->chain_size;
	int order;

	if (storey != other_storey)
		return storey > other_storey;
	if (key->correlation != other->correlation)
		return key->correlation > other->correlation;
	if (key->ref != other->ref)
		return key->ref > other->ref;
	order = memcmp(key->chain, other->chain, size);
	return order != 0 ? order > 0 : key->chain_size > other->chain_size;
}

/* Few, and mostly in order. */
void yg_trace_order_keys(const struct yg_engine *engine, struct yg_trace_key *keys, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct yg_trace_key key = keys[i];
		uint32_t to = i;

		for (; to > 0 && is_behind(engine, &keys[to - 1], &key); to--)
			keys[to] = keys[to - 1];
		keys[to] = key;
	}
}

static uint32_t add_keys(const struct yg_tracer *tracer, uint32_t rule,
			 const struct yg_trace_key *below, struct yg_event *event,
			 struct yg_trace_key *keys, uint32_t count)
{
	for (uint32_t f = tracer->feed_start[rule];
	     f < tracer->feed_start[rule + 1] && count < YG_TRACE_KEYS_MAX; f++)
		if (make_key(tracer, &tracer->feeds[f], below, event, &keys[count]))
			count++;
	return count;
}

/*
 * Keys of all correlations that this record feeds, and of those which would be fed by these
 * (chains). The list's own limit ends circles.
 */
static int make_keys(const struct yg_tracer *tracer, struct yg_event *event,
		     const struct yg_hits *hits, struct yg_arena *arena, struct yg_trace *trace)
{
	struct yg_trace_key keys[YG_TRACE_KEYS_MAX];
	struct yg_trace_key *to;
	uint32_t count = 0;

	for (uint32_t i = 0; i < hits->count; i++)
		count = add_keys(tracer, hits->rules[i], NULL, event, keys, count);
	if (count == 0)
		return YG_OK;
	for (uint32_t i = 0; i < count; i++)
		count = add_keys(tracer, keys[i].correlation, &keys[i], event, keys, count);
	yg_trace_order_keys(tracer->engine, keys, count);
	to = yg_arena_alloc(arena, count * sizeof(*to));
	if (!to)
		return YG_ENOMEM;
	memcpy(to, keys, count * sizeof(*to));
	trace->keys = to;
	trace->key_count = count;
	return YG_OK;
}

/* Most hits feed nothing: for them the list is not even laid out. */
static int trace_keys(const struct yg_tracer *tracer, struct yg_event *event,
		      const struct yg_hits *hits, struct yg_arena *arena, struct yg_trace *trace)
{
	for (uint32_t i = 0; i < hits->count; i++)
		if (tracer->feed_start[hits->rules[i]] < tracer->feed_start[hits->rules[i] + 1])
			return make_keys(tracer, event, hits, arena, trace);
	return YG_OK;
}

static int trace_indicators(const struct yg_tracer *tracer, struct yg_event *event,
			    struct yg_indicator_memo *memo, struct yg_arena *arena,
			    struct yg_trace *trace)
{
	/* Only what was found is read: not filled with zeros for each record. */
	struct yg_indicator_hit hits[YG_TRACE_INDICATORS_MAX] __attribute__((uninitialized));
	uint32_t count =
		yg_indicators_match(tracer->indicators, event, memo, hits, YG_TRACE_INDICATORS_MAX);
	struct yg_trace_indicator *to;

	if (count == 0)
		return YG_OK;
	to = yg_arena_alloc(arena, count * sizeof(*to));
	if (!to)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		to[i].index = hits[i].index;
		if (!yg_arena_dup(arena, hits[i].value, &to[i].value) ||
		    !yg_arena_dup(arena, event->fields[hits[i].field].name, &to[i].field))
			return YG_ENOMEM;
	}
	trace->indicators = to;
	trace->indicator_count = count;
	return YG_OK;
}

static int trace_json(struct yg_event *event, struct yg_arena *arena, struct yg_trace *trace)
{
	struct yg_buf buf;
	int rc = YG_OK;

	yg_buf_init(&buf, JSON_BYTES_MAX);
	yg_record_fields(&buf, event);
	if (yg_buf_error(&buf) == YG_ELIMIT)
		trace->event_json = YG_S("{}"); /* a record this large is shown without fields */
	else if (yg_buf_error(&buf) != YG_OK ||
		 !yg_arena_dup(arena, yg_buf_bytes(&buf), &trace->event_json))
		rc = YG_ENOMEM;
	yg_buf_done(&buf);
	return rc;
}

/* @text where it stays: as it is where it lies in @kept, otherwise copied. */
static bool keep(struct yg_arena *arena, struct yg_bytes kept, struct yg_bytes *text)
{
	uintptr_t at = (uintptr_t)text->data, from = (uintptr_t)kept.data;

	if (text->size == 0 ||
	    (at >= from && text->size <= kept.size && at - from <= kept.size - text->size))
		return true;
	return yg_arena_dup(arena, *text, text);
}

/*
 * Texts of the trace, moved to where they stay. What was decoded (escapes, UTF-16) lies in the
 * arena of the event, which is gone with the next record.
 */
static int keep_texts(struct yg_arena *arena, struct yg_bytes kept, struct yg_trace *trace)
{
	bool is_path_target =
		trace->target.data == trace->path.data && trace->target.size == trace->path.size;

	if (!keep(arena, kept, &trace->actor) || !keep(arena, kept, &trace->path) ||
	    !keep(arena, kept, &trace->source))
		return YG_ENOMEM;
	if (is_path_target)
		trace->target = trace->path;
	else if (!keep(arena, kept, &trace->target))
		return YG_ENOMEM;
	return YG_OK;
}

int yg_trace_make(const struct yg_tracer *tracer, struct yg_event *event,
		  const struct yg_hits *hits, struct yg_arena *arena, struct yg_trace_opts opts,
		  struct yg_trace *ret, bool *ret_is_needed)
{
	int rc = YG_OK;

	*ret = (struct yg_trace){.position = event->position,
				 .source = event->source,
				 .time_ns = event->time_ns,
				 .format = event->format,
				 .size_bytes = -1};
	yg_trace_facts(event, tracer->seed, ret);
	if (hits->count > 0) {
		rc = trace_hits(tracer, hits, arena, ret);
		if (rc == YG_OK)
			rc = trace_keys(tracer, event, hits, arena, ret);
	}
	if (rc == YG_OK && tracer->indicators)
		rc = trace_indicators(tracer, event, opts.memo, arena, ret);
	if (rc != YG_OK)
		return rc;
	*ret_is_needed = yg_trace_is_needed(ret);
	/* Records that only count for correlations seldom complete one: see yg_judge_out.event. */
	if (!tracer->is_bare && (ret->hit_count > 0 || ret->indicator_count > 0))
		rc = trace_json(event, arena, ret);
	if (rc == YG_OK && *ret_is_needed)
		rc = keep_texts(arena, opts.kept, ret);
	return rc;
}
