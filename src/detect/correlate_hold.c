/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that wait for others, so that several senders may be late by a little.
 *
 * A record is due WAIT_NS after it was received. With it go all that stand before it by their
 * times: what could belong between them has come by then. So the order is that of the times, as
 * long as nobody is later than the bound; how many are counted at a time makes no difference.
 */
#include "base/alloc.h"
#include "detect/correlate-int.h"

#include "base/ban.h"

#define FIRST_ROOM 64u

static int by_place(const void *left, const void *right)
{
	const struct yg_held *a = left, *b = right;

	if (a->key_ns != b->key_ns)
		return a->key_ns < b->key_ns ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int by_arrival(const void *left, const void *right)
{
	const struct yg_held *a = left, *b = right;

	return a->order < b->order ? -1 : a->order > b->order;
}

/* A time that lies ahead says nothing about what may still come before it. */
static int64_t place_of(int64_t time_ns, int64_t received_ns)
{
	bool is_ahead =
		time_ns > received_ns && yg_apart(time_ns, received_ns) > YG_CORRELATION_AHEAD_NS;

	return is_ahead ? received_ns : time_ns;
}

static int make_room(struct yg_correlator *correlator)
{
	uint32_t room = correlator->held_room ? 2 * correlator->held_room : FIRST_ROOM;
	void *held, *due;

	if (correlator->held_count < correlator->held_room)
		return YG_OK;
	held = yg_reallocarray(correlator->held, room, sizeof(*correlator->held));
	if (!held)
		return YG_ENOMEM;
	correlator->held = held;
	due = yg_reallocarray(correlator->held_due, room, sizeof(*correlator->held_due));
	if (!due)
		return YG_ENOMEM;
	correlator->held_due = due;
	correlator->held_room = room;
	return YG_OK;
}

static struct yg_bytes copy_text(uint8_t **at, struct yg_bytes text)
{
	struct yg_bytes copy = {*at, text.size};

	if (text.size > 0)
		memcpy(*at, text.data, text.size);
	*at += text.size;
	return copy;
}

struct yg_held_record *yg_held_copy(const struct yg_trace *trace, const struct yg_origin *origin)
{
	size_t keys = trace->key_count * sizeof(*trace->keys);
	size_t size = sizeof(struct yg_held_record) + keys + trace->source.size +
		      trace->actor.size + trace->target.size + trace->path.size +
		      trace->event_json.size;
	struct yg_held_record *record = yg_calloc(1, size);
	uint8_t *at = (uint8_t *)(record + 1);

	if (!record)
		return NULL;
	record->trace = *trace;
	record->origin = *origin;
	record->size = size;
	if (keys > 0)
		memcpy(at, trace->keys, keys);
	record->trace.keys = (const struct yg_trace_key *)(void *)(record + 1);
	at += keys;
	record->trace.source = copy_text(&at, trace->source);
	record->trace.actor = copy_text(&at, trace->actor);
	record->trace.target = copy_text(&at, trace->target);
	record->trace.path = copy_text(&at, trace->path);
	record->trace.event_json = copy_text(&at, trace->event_json);
	record->trace.hits = NULL;
	record->trace.hit_count = 0;
	record->trace.indicators = NULL;
	record->trace.indicator_count = 0;
	return record;
}

_Static_assert(_Alignof(struct yg_trace_key) <= _Alignof(struct yg_held_record),
	       "keys stand right behind the record");

int yg_held_add(struct yg_correlator *correlator, struct yg_held_record *record, int64_t time_ns)
{
	int rc = make_room(correlator);

	if (rc != YG_OK) {
		free(record);
		return rc;
	}
	correlator->held[correlator->held_count++] =
		(struct yg_held){.key_ns = place_of(time_ns, record->origin.received_ns),
				 .time_ns = time_ns,
				 .order = ++correlator->held_order,
				 .received_ns = record->origin.received_ns,
				 .record = record};
	correlator->held_bytes += record->size;
	return YG_OK;
}

int yg_correlator_hold(struct yg_correlator *correlator, const struct yg_trace *trace,
		       const struct yg_origin *origin)
{
	struct yg_held_record *record = yg_held_copy(trace, origin);
	int64_t time_ns = trace->time_ns;

	if (!record)
		return YG_ENOMEM;
	if (time_ns == YG_TIME_NONE)
		time_ns = correlator->last_ns;
	else if (trace->key_count > 0)
		correlator->last_ns = time_ns;
	return yg_held_add(correlator, record, time_ns);
}

void yg_held_drop_all(struct yg_correlator *correlator)
{
	while (correlator->held_count > 0)
		free(correlator->held[--correlator->held_count].record);
	correlator->held_bytes = 0;
}

/* --- counting --------------------------------------------------------------------------------- */

/* Received so long ago; or the clock was set back since. */
static bool is_due(const struct yg_held *held, int64_t now_ns)
{
	return yg_apart(now_ns, held->received_ns) >= (uint64_t)YG_CORRELATION_WAIT_NS;
}

/* Those up to @last, in their order, to held_due; the others stay as they came. How many. */
static uint32_t pick(struct yg_correlator *correlator, const struct yg_held *last)
{
	struct yg_held *due = correlator->held_due;
	uint32_t count = 0, kept = 0;
	bool is_sorted = true;

	for (uint32_t i = 0; i < correlator->held_count; i++) {
		struct yg_held held = correlator->held[i];

		if (by_place(&held, last) > 0) {
			correlator->held[kept++] = held;
			continue;
		}
		is_sorted = is_sorted && (count == 0 || by_place(&due[count - 1], &held) < 0);
		due[count++] = held;
		correlator->held_bytes -= held.record->size;
	}
	correlator->held_count = kept;
	if (!is_sorted)
		qsort(due, count, sizeof(*due), by_place);
	return count;
}

static int count_one(struct yg_correlator *correlator, const struct yg_held *held,
		     yg_correlator_held_fn emit, void *arg)
{
	const struct yg_held_record *record = held->record;
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	uint32_t count = 0;
	int rc = yg_correlator_take_at(correlator, &record->trace, held->time_ns, done,
				       YG_CORRELATION_DONE_MAX, &count);

	if (rc == YG_OK && (count > 0 || record->origin.look))
		rc = emit(arg, &record->trace, &record->origin, done, count);
	return rc;
}

/* All up to @last count. */
static int count_to(struct yg_correlator *correlator, struct yg_held last,
		    yg_correlator_held_fn emit, void *arg, uint64_t *counted)
{
	uint32_t count = pick(correlator, &last);
	int rc = YG_OK;

	for (uint32_t i = 0; i < count; i++) {
		if (rc == YG_OK)
			rc = count_one(correlator, &correlator->held_due[i], emit, arg);
		free(correlator->held_due[i].record);
	}
	*counted += count;
	return rc;
}

/* Too many: the earlier half does not wait any longer. */
static int hurry(struct yg_correlator *correlator, yg_correlator_held_fn emit, void *arg,
		 uint64_t *counted)
{
	uint64_t before = *counted;
	struct yg_held last;
	int rc;

	qsort(correlator->held, correlator->held_count, sizeof(*correlator->held), by_place);
	last = correlator->held[correlator->held_count / 2];
	qsort(correlator->held, correlator->held_count, sizeof(*correlator->held), by_arrival);
	rc = count_to(correlator, last, emit, arg, counted);
	correlator->hurried += *counted - before;
	return rc;
}

int yg_correlator_release(struct yg_correlator *correlator, int64_t now_ns,
			  yg_correlator_held_fn emit, void *arg, uint64_t *ret_count)
{
	const struct yg_held *last = NULL;
	int rc = YG_OK;

	*ret_count = 0;
	for (uint32_t i = 0; i < correlator->held_count && is_due(&correlator->held[i], now_ns);
	     i++)
		if (!last || by_place(last, &correlator->held[i]) < 0)
			last = &correlator->held[i];
	if (last)
		rc = count_to(correlator, *last, emit, arg, ret_count);
	while (rc == YG_OK && correlator->held_bytes > YG_CORRELATION_HELD_MAX)
		rc = hurry(correlator, emit, arg, ret_count);
	return rc;
}

int64_t yg_correlator_due(const struct yg_correlator *correlator)
{
	int64_t due_ns;

	if (correlator->held_count == 0)
		return YG_TIME_NONE;
	if (__builtin_add_overflow(correlator->held[0].received_ns, YG_CORRELATION_WAIT_NS,
				   &due_ns))
		return INT64_MAX;
	return due_ns;
}

uint64_t yg_correlator_hurried(const struct yg_correlator *correlator)
{
	return correlator->hurried;
}
