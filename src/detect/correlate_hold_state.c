/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records that wait, as a part of the correlator's state: how many, then each, in the order
 * they came; numbers of 8 bytes, little end first, texts with their size before them. Rules are
 * those of the state's own table of correlations (correlate_state.c).
 */
#include "base/alloc.h"
#include "detect/correlate-int.h"

#include "base/ban.h"

#define TEXTS	     5u
#define RECORD_BYTES (8u * (6 + 8 + 1 + TEXTS)) /* of one without keys and texts */

static void add_double(struct yg_buf *to, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	yg_state_add(to, bits);
}

/* How many, then each: eight bytes; and the group below. */
static void add_chain(struct yg_buf *to, const struct yg_trace_key *key)
{
	uint64_t chain = key->chain_size;

	_Static_assert(YG_TRACE_CHAIN_MAX == 7, "one number");
	for (unsigned i = 0; i < key->chain_size; i++)
		chain |= (uint64_t)key->chain[i] << (8 * (i + 1));
	yg_state_add(to, chain);
	yg_state_add(to, key->below);
}

static void add_trace(struct yg_buf *to, const struct yg_trace *trace)
{
	const struct yg_bytes texts[TEXTS] = {trace->source, trace->actor, trace->target,
					      trace->path, trace->event_json};

	yg_state_add(to, trace->position);
	yg_state_add(to, (uint64_t)trace->time_ns);
	yg_state_add(to, trace->flags);
	yg_state_add(to, trace->format);
	yg_state_add(to, trace->actor_hash);
	yg_state_add(to, trace->path_hash);
	yg_state_add(to, trace->status);
	yg_state_add(to, (uint64_t)trace->size_bytes);
	yg_state_add(to, trace->key_count);
	for (uint32_t i = 0; i < trace->key_count; i++) {
		yg_state_add(to, trace->keys[i].correlation);
		yg_state_add(to, trace->keys[i].ref);
		yg_state_add(to, trace->keys[i].group);
		yg_state_add(to, trace->keys[i].value);
		add_double(to, trace->keys[i].number);
		add_chain(to, &trace->keys[i]);
	}
	for (unsigned i = 0; i < TEXTS; i++)
		yg_state_add_text(to, texts[i]);
}

void yg_held_save(const struct yg_correlator *correlator, struct yg_buf *to)
{
	yg_state_add(to, correlator->hurried);
	yg_state_add(to, correlator->held_count);
	for (uint32_t i = 0; i < correlator->held_count; i++) {
		const struct yg_held *held = &correlator->held[i];
		const struct yg_origin *origin = &held->record->origin;

		yg_state_add(to, (uint64_t)held->time_ns);
		yg_state_add(to, (uint64_t)origin->received_ns);
		yg_state_add(to, origin->number);
		yg_state_add(to, origin->mark);
		yg_state_add(to, origin->look);
		yg_state_add(to, origin->request);
		add_trace(to, &held->record->trace);
	}
}

/* ---- restoring ---- */

static uint64_t take_up_to(struct yg_state_reader *reader, uint64_t max)
{
	uint64_t value = yg_state_u64(reader);

	if (value <= max)
		return value;
	reader->is_bad = true;
	return 0;
}

static uint32_t take_u32(struct yg_state_reader *reader)
{
	return (uint32_t)take_up_to(reader, UINT32_MAX);
}

static void take_chain(struct yg_state_reader *reader, struct yg_trace_key *to)
{
	uint64_t chain = yg_state_u64(reader);

	to->below = yg_state_u64(reader);
	reader->is_bad |= (chain & 0xff) > YG_TRACE_CHAIN_MAX;
	to->chain_size = reader->is_bad ? 0 : (uint8_t)(chain & 0xff);
	for (unsigned i = 0; i < to->chain_size; i++)
		to->chain[i] = (uint8_t)(chain >> (8 * (i + 1)));
}

/* Is each step of its chain a ref of the correlation before? */
static bool is_chain(const struct yg_correlator *correlator, const struct yg_trace_key *key)
{
	const struct yg_correlation *at =
		yg_engine_rule(correlator->engine, key->correlation)->correlation;
	uint32_t ref = key->ref;

	for (unsigned i = 0; i <= key->chain_size; i++) {
		if (!at || ref >= at->ref_count)
			return false;
		if (i < key->chain_size) {
			at = yg_engine_rule(correlator->engine, at->refs[ref])->correlation;
			ref = key->chain[i];
		}
	}
	return true;
}

/* The next key, where its correlation is here. */
static bool take_key(const struct yg_correlator *correlator, struct yg_state_reader *reader,
		     const struct yg_state_map *map, struct yg_trace_key *to)
{
	uint64_t there = yg_state_u64(reader);
	uint64_t number;

	*to = (struct yg_trace_key){.ref = take_u32(reader)};
	to->group = yg_state_u64(reader);
	to->value = yg_state_u64(reader);
	number = yg_state_u64(reader);
	memcpy(&to->number, &number, sizeof(number));
	if (map->has_chains)
		take_chain(reader, to);
	if (reader->is_bad || there >= map->count) {
		reader->is_bad = true;
		return false;
	}
	to->correlation = map->here[there];
	if (to->correlation == YG_STATE_NOT_HERE)
		return false;
	reader->is_bad |= !is_chain(correlator, to);
	return !reader->is_bad;
}

static void take_keys(const struct yg_correlator *correlator, struct yg_state_reader *reader,
		      const struct yg_state_map *map, struct yg_trace *trace,
		      struct yg_trace_key *keys, uint64_t *left_out)
{
	uint32_t count = (uint32_t)take_up_to(reader, YG_TRACE_KEYS_MAX);

	trace->keys = keys;
	for (uint32_t i = 0; i < count && !reader->is_bad; i++) {
		if (take_key(correlator, reader, map, &keys[trace->key_count]))
			trace->key_count++;
		else
			(*left_out)++;
	}
	if (!reader->is_bad) /* another set of rules may order them otherwise */
		yg_trace_order_keys(correlator->engine, keys, trace->key_count);
}

static void take_trace(struct yg_state_reader *reader, struct yg_trace *trace)
{
	trace->position = yg_state_u64(reader);
	trace->time_ns = (int64_t)yg_state_u64(reader);
	trace->flags = take_u32(reader);
	trace->format = (enum yg_format)take_up_to(reader, YG_FORMAT_COUNT - 1);
	trace->actor_hash = yg_state_u64(reader);
	trace->path_hash = yg_state_u64(reader);
	trace->status = (uint16_t)take_up_to(reader, UINT16_MAX);
	trace->size_bytes = (int64_t)yg_state_u64(reader);
}

static void take_texts(struct yg_state_reader *reader, struct yg_trace *trace)
{
	struct yg_bytes *const texts[TEXTS] = {&trace->source, &trace->actor, &trace->target,
					       &trace->path, &trace->event_json};

	for (unsigned i = 0; i < TEXTS; i++)
		*texts[i] = yg_state_bytes(reader, take_up_to(reader, reader->rest.size));
}

/* @keys: room for YG_TRACE_KEYS_MAX. */
static int take_record(struct yg_correlator *correlator, struct yg_state_reader *reader,
		       const struct yg_state_map *map, struct yg_trace_key *keys,
		       uint64_t *left_out)
{
	int64_t time_ns = (int64_t)yg_state_u64(reader);
	struct yg_origin origin = {.received_ns = (int64_t)yg_state_u64(reader)};
	struct yg_trace trace = {0};
	struct yg_held_record *record;

	origin.number = yg_state_u64(reader);
	origin.mark = take_u32(reader);
	origin.look = take_u32(reader);
	origin.request = take_u32(reader);
	take_trace(reader, &trace);
	take_keys(correlator, reader, map, &trace, keys, left_out);
	take_texts(reader, &trace);
	reader->is_bad |= origin.mark > trace.source.size; /* a part of it, for those who use it */
	if (reader->is_bad || (trace.key_count == 0 && origin.look == 0))
		return YG_OK;
	record = yg_held_copy(&trace, &origin);
	return record ? yg_held_add(correlator, record, time_ns) : YG_ENOMEM;
}

int yg_held_restore(struct yg_correlator *correlator, struct yg_state_reader *reader,
		    const struct yg_state_map *map, uint64_t *left_out)
{
	struct yg_trace_key keys[YG_TRACE_KEYS_MAX];
	uint64_t count;
	int rc = YG_OK;

	correlator->hurried = yg_state_u64(reader);
	count = take_up_to(reader, reader->rest.size / RECORD_BYTES);
	for (uint64_t i = 0; i < count && rc == YG_OK && !reader->is_bad; i++)
		rc = take_record(correlator, reader, map, keys, left_out);
	return rc;
}
