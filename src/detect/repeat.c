/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/repeat.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/meter-int.h"
#include "detect/repeat-int.h"
#include "detect/trace-int.h"

#include "base/ban.h"

#define WAYS	   2u
#define BODY_BYTES (1024u - 64u)

/* A key, as it is in every such line, or to be made from the client. */
struct kept_key {
	uint64_t group;
	uint64_t value;
	double number;
	uint32_t correlation;
	uint16_t ref;
	uint8_t is_group_client;
	uint8_t is_value_client;
};

struct kept_charge {
	uint32_t rule;
	uint32_t cost;
};

/* One of the lines: keys, charges, and the texts before, middle and after stand in the body. */
struct repeat {
	uint64_t hash; /* 0 = free */
	uint64_t path_hash;
	uint32_t flags;
	uint32_t group; /* of the image; YG_IMG_NONE = no rules */
	uint16_t before_size, middle_size, after_size;
	uint16_t path_at, path_size; /* in the middle */
	uint16_t status;
	uint8_t key_count;
	uint8_t charge_count;
	bool is_needed;
	bool has_target;
	bool has_size;
	bool is_latest; /* of the places of its hash */
	uint8_t reserved[22];
	uint8_t body[BODY_BYTES];
};
_Static_assert(sizeof(struct repeat) == 1024, "one place");

struct yg_repeats {
	const struct yg_engine *engine;
	const struct yg_tracer *tracer;
	const struct yg_indicators *indicators; /* NULL = none */
	struct repeat *places;
	struct yg_repeat_rules rules;
	uint64_t seed;	    /* of the tracer, when the keys were made */
	uint32_t asked;	    /* in this window */
	uint32_t known;	    /* of these */
	uint32_t rest;	    /* lines still to pass */
	uint64_t known_all; /* since the start */
};

struct yg_repeats *yg_repeats_new(const struct yg_engine *engine, const struct yg_tracer *tracer,
				  const struct yg_indicators *indicators)
{
	struct yg_repeats *repeats = yg_calloc(1, sizeof(*repeats));

	if (!repeats)
		return NULL;
	repeats->engine = engine;
	repeats->tracer = tracer;
	if (indicators && yg_indicators_count(indicators) > 0)
		repeats->indicators = indicators;
	repeats->seed = yg_tracer_seed(tracer);
	repeats->places = yg_calloc(YG_REPEAT_PLACES, sizeof(*repeats->places));
	return repeats->places ? repeats : yg_repeats_free(repeats);
}

struct yg_repeats *yg_repeats_free(struct yg_repeats *repeats)
{
	if (!repeats)
		return NULL;
	yg_repeat_rules_done(&repeats->rules);
	free(repeats->places);
	free(repeats);
	return NULL;
}

uint64_t yg_repeats_known(const struct yg_repeats *repeats)
{
	return repeats->known_all;
}

bool yg_repeats_is_awake(struct yg_repeats *repeats)
{
	if (repeats->rest > 0) {
		repeats->rest--;
		return false;
	}
	if (repeats->asked < YG_REPEAT_WINDOW)
		return true;
	if (repeats->known < YG_REPEAT_KNOWN)
		repeats->rest = YG_REPEAT_REST;
	repeats->asked = repeats->known = 0;
	return repeats->rest == 0;
}

/* --- finding ---------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct yg_repeats *repeats, const struct yg_access_parts *parts)
{
	uint64_t hash = yg_hash64(parts->middle, repeats->seed + parts->before.size);

	return yg_hash64(parts->after, hash) | 1;
}

static const struct kept_key *keys_of(const struct repeat *repeat)
{
	return (const struct kept_key *)(const void *)repeat->body;
}

static const struct kept_charge *charges_of(const struct repeat *repeat)
{
	return (const struct kept_charge *)(const void *)(keys_of(repeat) + repeat->key_count);
}

static const uint8_t *text_of(const struct repeat *repeat)
{
	return (const uint8_t *)(charges_of(repeat) + repeat->charge_count);
}

static bool is_same(const struct repeat *repeat, uint64_t hash, const struct yg_access_parts *parts)
{
	const uint8_t *text;

	if (repeat->hash != hash || repeat->before_size != parts->before.size ||
	    repeat->middle_size != parts->middle.size || repeat->after_size != parts->after.size)
		return false;
	text = text_of(repeat);
	return memcmp(text, parts->before.data, parts->before.size) == 0 &&
	       memcmp(text + parts->before.size, parts->middle.data, parts->middle.size) == 0 &&
	       (parts->after.size == 0 || memcmp(text + parts->before.size + parts->middle.size,
						 parts->after.data, parts->after.size) == 0);
}

static struct repeat *set_of(const struct yg_repeats *repeats, uint64_t hash)
{
	return &repeats->places[(hash >> 16) % (YG_REPEAT_PLACES / WAYS) * WAYS];
}

/* What an earlier seed made is of no use. */
static void follow_seed(struct yg_repeats *repeats)
{
	if (repeats->seed == yg_tracer_seed(repeats->tracer))
		return;
	repeats->seed = yg_tracer_seed(repeats->tracer);
	memset(repeats->places, 0, YG_REPEAT_PLACES * sizeof(*repeats->places));
}

static void count_work(struct yg_scratch *scratch, const struct repeat *repeat, size_t bytes)
{
	if (!scratch->meter || repeat->group == YG_IMG_NONE)
		return;
	yg_meter_record(scratch->meter, repeat->group, bytes);
	for (uint32_t i = 0; i < repeat->charge_count; i++)
		yg_meter_charge(scratch->meter, charges_of(repeat)[i].rule,
				charges_of(repeat)[i].cost);
}

static int make_keys(const struct yg_repeats *repeats, const struct repeat *repeat,
		     struct yg_bytes client, struct yg_arena *arena, struct yg_trace *trace)
{
	uint64_t group = yg_trace_client_group(repeats->tracer, client);
	struct yg_trace_key *to = yg_arena_alloc(arena, repeat->key_count * sizeof(*to));

	if (!to)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < repeat->key_count; i++) {
		const struct kept_key *key = &keys_of(repeat)[i];

		to[i] = (struct yg_trace_key){
			.correlation = key->correlation,
			.ref = key->ref,
			.group = key->is_group_client ? group : key->group,
			.value = key->is_value_client
					 ? yg_trace_client_value(repeats->tracer, client)
					 : key->value,
			.number = key->number,
		};
	}
	trace->keys = to;
	trace->key_count = repeat->key_count;
	return YG_OK;
}

static int64_t number_of(struct yg_bytes digits)
{
	int64_t number = 0;

	for (size_t i = 0; i < digits.size; i++) /* YG_ACCESS_SIZE_MAX of them */
		number = number * 10 + (digits.data[i] - '0');
	return number;
}

static int make_trace(const struct yg_repeats *repeats, const struct repeat *repeat,
		      const struct yg_repeat_line *line, struct yg_arena *arena,
		      struct yg_trace *trace)
{
	struct yg_bytes client = line->parts.client;

	*trace = (struct yg_trace){
		.position = line->position,
		.time_ns = line->time_ns,
		.flags = repeat->flags,
		.format = YG_FORMAT_ACCESS,
		.actor = client,
		.actor_hash = yg_hash64(client, repeats->seed) | 1,
		.path_hash = repeat->path_hash,
		.status = repeat->status,
		.size_bytes = repeat->has_size ? number_of(line->parts.size) : -1,
	};
	if (repeat->path_size > 0)
		trace->path = yg_bytes_cut(line->parts.middle, repeat->path_at,
					   (size_t)repeat->path_at + repeat->path_size);
	if (repeat->has_target)
		trace->target = trace->path;
	return repeat->key_count > 0 ? make_keys(repeats, repeat, client, arena, trace) : YG_OK;
}

void yg_repeats_call(struct yg_repeats *repeats, const struct yg_indicator_memo *memo,
		     struct yg_repeat_line *line)
{
	const struct repeat *set;

	follow_seed(repeats);
	line->hash = hash_of(repeats, &line->parts);
	set = set_of(repeats, line->hash);
	for (unsigned way = 0; way < WAYS; way++)
		__builtin_prefetch(&set[way]);
	if (repeats->indicators)
		yg_indicators_call_clean(memo, line->parts.client_key);
}

void yg_repeats_call_rest(const struct yg_repeats *repeats, const struct yg_repeat_line *line)
{
	const struct repeat *set = set_of(repeats, line->hash);

	for (unsigned way = 0; way < WAYS; way++) {
		const uint8_t *end;

		if (set[way].hash != line->hash)
			continue;
		end = text_of(&set[way]) + set[way].before_size + set[way].middle_size +
		      set[way].after_size;
		for (const uint8_t *at = set[way].body; at < end; at += 64)
			__builtin_prefetch(at);
	}
}

int yg_repeats_find(struct yg_repeats *repeats, struct yg_scratch *scratch,
		    const struct yg_repeat_line *line, struct yg_indicator_memo *memo,
		    struct yg_arena *arena, struct yg_trace *ret, bool *ret_is_needed,
		    bool *ret_is_known)
{
	struct repeat *set = set_of(repeats, line->hash);
	unsigned way = 0;

	*ret_is_known = false;
	repeats->asked++;
	while (way < WAYS && !is_same(&set[way], line->hash, &line->parts))
		way++;
	if (way == WAYS)
		return YG_OK;
	if (!set[way].is_latest) {
		set[way].is_latest = true;
		set[!way].is_latest = false;
	}
	/* Such a line may have a finding: it is rare, and it is shown with all its fields. */
	if (repeats->indicators && !yg_indicators_is_clean(repeats->indicators, line->parts.client,
							   line->parts.client_key, memo))
		return YG_OK;
	repeats->known++;
	repeats->known_all++;
	*ret_is_known = true;
	*ret_is_needed = set[way].is_needed;
	count_work(scratch, &set[way], line->record.size);
	return make_trace(repeats, &set[way], line, arena, ret);
}

/* --- keeping ---------------------------------------------------------------------------------- */

static bool is_text(struct yg_bytes text, struct yg_bytes part)
{
	return text.data == part.data && text.size == part.size;
}

static bool overlaps(struct yg_bytes text, struct yg_bytes part)
{
	uintptr_t a = (uintptr_t)text.data, b = (uintptr_t)part.data;

	return text.size > 0 && part.size > 0 && a < b + part.size && b < a + text.size;
}

static bool differs(uint32_t name)
{
	return name == YG_F_c_ip || name == YG_F_src_ip || name == YG_F_sc_bytes;
}

/* How often each of the fields that differ is there, and is what was cut. */
struct seen {
	unsigned clients, sources, sizes;
};

/* False: @field holds something of what differs, and is none of those fields. */
static bool see(const struct yg_access_parts *parts, const struct yg_field *field,
		struct seen *seen)
{
	struct yg_bytes text = field->text;

	if (field->is_escaped || field->is_utf16)
		return false;
	if (differs(field->name_id)) {
		bool is_size = field->name_id == YG_F_sc_bytes;

		seen->clients += field->name_id == YG_F_c_ip;
		seen->sources += field->name_id == YG_F_src_ip;
		seen->sizes += is_size;
		return is_text(text, is_size ? parts->size : parts->client);
	}
	return !overlaps(text, parts->client) && !overlaps(text, parts->time) &&
	       !overlaps(text, parts->size);
}

/*
 * Did the parser see the parts that were cut? The client is c-ip and src_ip, the size is sc-bytes,
 * the time is the time; none of them stands in another field.
 */
static bool is_as_cut(const struct yg_repeat_line *line, const struct yg_event *event)
{
	struct seen seen = {0, 0, 0};

	if (event->format != YG_FORMAT_ACCESS || event->source.size > 0 || !event->has_zone ||
	    event->time_ns != line->time_ns || event->time_text.data != line->parts.time.data ||
	    !is_text(event->raw, line->record) || event->channel.size > 0 || event->dropped > 0)
		return false;
	for (uint32_t i = 0; i < event->field_count; i++)
		if (!see(&line->parts, &event->fields[i], &seen))
			return false;
	return seen.clients == 1 && seen.sources == 1 && seen.sizes == 1;
}

/* No rule's answer can be another for another client, time or size. */
static bool is_decided(struct yg_repeats *repeats, struct yg_scratch *scratch)
{
	struct yg_repeat_rules *rules = &repeats->rules;

	if (!scratch->group)
		return true; /* no rules */
	if (rules->group != scratch->group &&
	    yg_repeat_rules_read(rules, repeats->engine, scratch->group) != YG_OK)
		return false;
	return rules->is_usable && !yg_repeat_may_fit(scratch, rules);
}

static bool plan_key(const struct yg_repeats *repeats, const struct yg_trace_key *key,
		     struct kept_key *to)
{
	struct yg_trace_key_plan plan;

	if (!yg_trace_plan_key(repeats->tracer, key, &plan))
		return false;
	*to = (struct kept_key){.group = key->group,
				.value = key->value,
				.number = key->number,
				.correlation = key->correlation,
				.ref = (uint16_t)key->ref,
				.is_group_client = plan.is_group_client,
				.is_value_client = plan.is_value_client};
	return true;
}

/* All that is kept of the trace but keys, charges and texts; false: there is more to it. */
static bool take_facts(const struct yg_repeat_line *line, const struct yg_trace *trace,
		       struct repeat *to)
{
	const struct yg_access_parts *parts = &line->parts;
	size_t at = (uintptr_t)trace->path.data - (uintptr_t)parts->middle.data;

	if (trace->hit_count > 0 || trace->indicator_count > 0 || trace->event_json.size > 0 ||
	    trace->key_count > YG_REPEAT_KEYS_MAX || !is_text(trace->actor, parts->client))
		return false;
	if (trace->path.size > 0 &&
	    (!overlaps(trace->path, parts->middle) || at > parts->middle.size - trace->path.size))
		return false;
	if (trace->target.size > 0 && !is_text(trace->target, trace->path))
		return false;
	if (trace->size_bytes >= 0 && trace->size_bytes != number_of(parts->size))
		return false;
	to->path_at = trace->path.size > 0 ? (uint16_t)at : 0;
	to->path_size = (uint16_t)trace->path.size;
	to->path_hash = trace->path_hash;
	to->flags = trace->flags;
	to->status = trace->status;
	to->has_target = trace->target.size > 0;
	to->has_size = trace->size_bytes >= 0;
	return true;
}

static bool take_charges(const struct yg_scratch *scratch, struct repeat *to)
{
	struct kept_charge *charges =
		(struct kept_charge *)(void *)(to->body + to->key_count * sizeof(struct kept_key));

	if (!scratch->meter || !scratch->group)
		return true;
	if (scratch->charged_count > YG_REPEAT_CHARGES_MAX)
		return false;
	for (uint32_t i = 0; i < scratch->charged_count; i++) {
		if (scratch->charged[i].cost > UINT32_MAX)
			return false;
		charges[i].rule = scratch->charged[i].rule;
		charges[i].cost = (uint32_t)scratch->charged[i].cost;
	}
	to->charge_count = (uint8_t)scratch->charged_count;
	return true;
}

_Static_assert(YG_REPEAT_CHARGES_MAX <= YG_CHARGED_MAX, "all that are written down are seen");
_Static_assert(YG_REPEAT_KEYS_MAX * sizeof(struct kept_key) +
			       YG_REPEAT_CHARGES_MAX * sizeof(struct kept_charge) <
		       BODY_BYTES,
	       "all keys fit");

/* Keys, charges and texts into the body; false: no room, or it depends on more than the client. */
static bool fill_body(const struct yg_repeats *repeats, const struct yg_scratch *scratch,
		      const struct yg_access_parts *parts, const struct yg_trace *trace,
		      struct repeat *to)
{
	struct kept_key *keys = (struct kept_key *)(void *)to->body;
	uint8_t *text;

	for (uint32_t i = 0; i < trace->key_count; i++)
		if (!plan_key(repeats, &trace->keys[i], &keys[i]))
			return false;
	to->key_count = (uint8_t)trace->key_count;
	if (!take_charges(scratch, to))
		return false;
	text = to->body + (text_of(to) - to->body);
	if (parts->before.size + parts->middle.size + parts->after.size >
	    (size_t)(to->body + BODY_BYTES - text))
		return false;
	memcpy(text, parts->before.data, parts->before.size);
	memcpy(text + parts->before.size, parts->middle.data, parts->middle.size);
	if (parts->after.size > 0)
		memcpy(text + parts->before.size + parts->middle.size, parts->after.data,
		       parts->after.size);
	to->before_size = (uint16_t)parts->before.size;
	to->middle_size = (uint16_t)parts->middle.size;
	to->after_size = (uint16_t)parts->after.size;
	return true;
}

void yg_repeats_keep(struct yg_repeats *repeats, struct yg_scratch *scratch,
		     const struct yg_repeat_line *line, struct yg_event *event,
		     const struct yg_trace *trace, bool is_needed)
{
	struct repeat *set = set_of(repeats, line->hash);
	struct repeat *to = set[0].is_latest ? &set[1] : &set[0];

	if (line->parts.middle.size + line->parts.after.size > BODY_BYTES ||
	    is_same(&set[0], line->hash, &line->parts) ||
	    is_same(&set[1], line->hash, &line->parts) || !is_as_cut(line, event) ||
	    yg_bytes_chr(line->record, 0) != SIZE_MAX)
		return;
	to->hash = 0; /* free, until all is there */
	to->key_count = to->charge_count = 0;
	if (!take_facts(line, trace, to) || !fill_body(repeats, scratch, &line->parts, trace, to) ||
	    !is_decided(repeats, scratch))
		return;
	to->group = scratch->group ? (uint32_t)(scratch->group - repeats->engine->img.groups)
				   : YG_IMG_NONE;
	to->is_needed = is_needed;
	to->hash = line->hash;
	to->is_latest = true;
	set[to == &set[0]].is_latest = false;
}
