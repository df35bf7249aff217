/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/known-int.h"

#include <assert.h>

#include "base/alloc.h"

#include "base/ban.h"

#define SLOTS_MIN 64u

static struct yg_known_epoch *free_epoch(struct yg_known_epoch *epoch)
{
	free(epoch->drops);
	free(epoch);
	return NULL;
}

void yg_known_done(struct yg_known *known)
{
	for (size_t i = 0; i < known->slot_count; i++) {
		struct yg_known_sensor *sensor = known->slots[i];

		while (sensor && sensor->newest) {
			struct yg_known_epoch *epoch = sensor->newest;

			sensor->newest = epoch->next;
			(void)free_epoch(epoch);
		}
		free(sensor);
	}
	free(known->slots);
	*known = (struct yg_known){0};
}

/* ---- finding ---- */

/* Where @id is, or the free slot for it. There is always a free one. */
static size_t slot_of(struct yg_known_sensor *const *slots, size_t count, struct yg_bytes id)
{
	size_t at = (size_t)yg_hash64(id, yg_hash_secret()) & (count - 1);

	while (slots[at] && !yg_bytes_eq((struct yg_bytes){slots[at]->id, slots[at]->id_size}, id))
		at = (at + 1) & (count - 1);
	return at;
}

static struct yg_known_sensor *find_sensor(const struct yg_known *known, struct yg_bytes id)
{
	return known->slot_count ? known->slots[slot_of(known->slots, known->slot_count, id)]
				 : NULL;
}

static struct yg_known_epoch *find_epoch(const struct yg_known_sensor *sensor, uint64_t epoch)
{
	struct yg_known_epoch *e = sensor ? sensor->newest : NULL;

	while (e && e->epoch > epoch)
		e = e->next;
	return e && e->epoch == epoch ? e : NULL;
}

static int grow(struct yg_known *known)
{
	size_t count = known->slot_count ? known->slot_count * 2 : SLOTS_MIN;
	struct yg_known_sensor **slots;

	if (known->slot_count > known->sensor_count * 2)
		return YG_OK;
	slots = yg_calloc(count, sizeof(struct yg_known_sensor *));
	if (!slots)
		return YG_ENOMEM;
	for (size_t i = 0; i < known->slot_count; i++) {
		struct yg_known_sensor *s = known->slots[i];

		if (s)
			slots[slot_of(slots, count, (struct yg_bytes){s->id, s->id_size})] = s;
	}
	free(known->slots);
	known->slots = slots;
	known->slot_count = count;
	return YG_OK;
}

int yg_known_sensor_at(struct yg_known *known, struct yg_bytes id, struct yg_known_sensor **ret)
{
	struct yg_known_sensor *sensor = find_sensor(known, id);

	if (!sensor) {
		if (known->sensor_count >= YG_JOURNAL_SENSORS_MAX)
			return YG_ELIMIT;
		if (grow(known) != YG_OK)
			return YG_ENOMEM;
		sensor = yg_calloc(1, sizeof(*sensor));
		if (!sensor)
			return YG_ENOMEM;
		memcpy(sensor->id, id.data, id.size);
		sensor->id_size = (uint32_t)id.size;
		known->slots[slot_of(known->slots, known->slot_count, id)] = sensor;
		known->sensor_count++;
	}
	*ret = sensor;
	return YG_OK;
}

/* The oldest epoch of a sensor that has too many goes; what it sends under it has passed. */
static int push_out(struct yg_known *known, struct yg_known_sensor *sensor)
{
	struct yg_known_epoch **at = &sensor->newest;

	while ((*at)->next)
		at = &(*at)->next;
	if ((*at)->first || (*at)->refused_waiting > 0)
		return YG_EAGAIN;
	sensor->floor = (*at)->epoch + 1;
	*at = free_epoch(*at);
	sensor->epoch_count--;
	known->epoch_count--;
	return YG_OK;
}

int yg_known_epoch_at(struct yg_known *known, struct yg_known_sensor *sensor, uint64_t epoch,
		      struct yg_known_epoch **ret)
{
	struct yg_known_epoch *e = find_epoch(sensor, epoch);
	struct yg_known_epoch **at = &sensor->newest;
	int rc = YG_OK;

	if (e) {
		*ret = e;
		return YG_OK;
	}
	if (sensor->epoch_count >= YG_JOURNAL_EPOCHS_MAX)
		rc = push_out(known, sensor);
	else if (known->epoch_count >= YG_KNOWN_EPOCHS_MAX)
		rc = YG_ELIMIT;
	if (rc != YG_OK)
		return rc;
	e = yg_calloc(1, sizeof(*e));
	if (!e)
		return YG_ENOMEM;
	e->epoch = epoch;
	while (*at && (*at)->epoch > epoch)
		at = &(*at)->next;
	e->next = *at;
	*at = e;
	sensor->epoch_count++;
	known->epoch_count++;
	*ret = e;
	return YG_OK;
}

int yg_known_room_for_drops(struct yg_known_epoch *epoch)
{
	if (!epoch->drops)
		epoch->drops = yg_calloc(YG_JOURNAL_DROPS_MAX, sizeof(*epoch->drops));
	return epoch->drops ? YG_OK : YG_ENOMEM;
}

/* ---- answering ---- */

static uint64_t highest_of(const struct yg_known_epoch *e)
{
	if (!e)
		return 0;
	return e->last ? e->last->sequence_last : e->highest;
}

static bool is_dropped(const struct yg_known_epoch *e, uint64_t sequence)
{
	for (uint32_t i = 0; i < e->drop_count; i++) {
		if (sequence >= e->drops[i].first && sequence <= e->drops[i].last)
			return true;
	}
	return false;
}

static bool is_same(const uint8_t *known, const uint8_t *digest)
{
	return memcmp(known, digest, YG_KNOWN_DIGEST_BYTES) == 0;
}

/* A batch whose sequence is not new. */
static void answer_known(const struct yg_known_epoch *e, const struct yg_journal_batch *batch,
			 struct yg_journal_result *ret)
{
	const struct yg_waiting *w = e->first;

	ret->answer = YG_JOURNAL_AGAIN;
	if (batch->sequence > e->highest) {
		while (batch->sequence > w->sequence_last)
			w = w->next_of_epoch;
		ret->position = w->position;
		if (w->kind == YG_JOURNAL_DROP) {
			ret->answer = YG_JOURNAL_PASSED;
			return;
		}
		ret->is_compared = true;
		if (!is_same(w->digest, batch->digest))
			ret->answer = YG_JOURNAL_CONFLICT;
		return;
	}
	if (is_dropped(e, batch->sequence)) {
		ret->answer = YG_JOURNAL_PASSED;
		return;
	}
	if (e->highest - batch->sequence >= YG_JOURNAL_COMPARED)
		return;
	ret->is_compared = true;
	if (!is_same(e->digests[batch->sequence % YG_JOURNAL_COMPARED], batch->digest))
		ret->answer = YG_JOURNAL_CONFLICT;
}

/* A refused batch is kept once, and up to a number; *ret_epoch says that this one is to be. */
static void keep_refused(struct yg_known_epoch *e, const struct yg_journal_batch *batch,
			 struct yg_known_epoch **ret_epoch)
{
	for (uint32_t i = 0; i < e->refused_count; i++) {
		if (is_same(e->refused[i], batch->digest))
			return;
	}
	if (e->refused_count + e->refused_waiting < YG_JOURNAL_REFUSED_MAX)
		*ret_epoch = e;
}

/* Is there room for an epoch that is older than all that are kept? */
static bool has_passed(const struct yg_known_sensor *sensor, uint64_t epoch)
{
	const struct yg_known_epoch *e = sensor->newest;

	if (epoch < sensor->floor)
		return true;
	while (e && e->next)
		e = e->next;
	return sensor->epoch_count >= YG_JOURNAL_EPOCHS_MAX && e && epoch < e->epoch;
}

/* The epoch in which a new batch is to be appended. */
static int make_ready(struct yg_known *known, const struct yg_journal_batch *batch,
		      struct yg_known_epoch **ret_epoch)
{
	struct yg_known_sensor *sensor;
	struct yg_known_epoch *e;
	int rc = yg_known_sensor_at(known, batch->sensor, &sensor);

	if (rc == YG_OK)
		rc = yg_known_epoch_at(known, sensor, batch->epoch, &e);
	if (rc == YG_OK && batch->kind == YG_JOURNAL_DROP)
		rc = yg_known_room_for_drops(e);
	if (rc == YG_OK)
		*ret_epoch = e;
	return rc;
}

int yg_known_look(struct yg_known *known, const struct yg_journal_batch *batch,
		  struct yg_journal_result *ret, struct yg_known_epoch **ret_epoch)
{
	struct yg_known_sensor *sensor = find_sensor(known, batch->sensor);
	struct yg_known_epoch *e = find_epoch(sensor, batch->epoch);
	uint64_t highest = highest_of(e);

	*ret_epoch = NULL;
	*ret = (struct yg_journal_result){
		.newest_epoch = sensor && sensor->newest ? sensor->newest->epoch : 0,
		.next_sequence = highest + 1,
	};
	if (!e && sensor && has_passed(sensor, batch->epoch)) {
		ret->answer = YG_JOURNAL_PASSED;
		return YG_OK;
	}
	if (batch->sequence > highest + 1) {
		ret->answer = YG_JOURNAL_GAP;
		return YG_OK;
	}
	if (batch->sequence == highest + 1) {
		ret->answer = YG_JOURNAL_NEW;
		ret->next_sequence = batch->sequence_last + 1;
		if (ret->newest_epoch < batch->epoch)
			ret->newest_epoch = batch->epoch;
		return make_ready(known, batch, ret_epoch);
	}
	if (batch->kind == YG_JOURNAL_DROP) {
		/* Said again; or a range that begins among what is here already. */
		ret->answer = batch->sequence_last <= highest ? YG_JOURNAL_AGAIN : YG_JOURNAL_GAP;
		ret->position = e->last ? e->last->position : 0;
		return YG_OK;
	}
	answer_known(e, batch, ret);
	if (ret->answer == YG_JOURNAL_CONFLICT)
		keep_refused(e, batch, ret_epoch);
	return YG_OK;
}

void yg_known_expected(const struct yg_known *known, struct yg_bytes sensor, uint64_t *ret_epoch,
		       uint64_t *ret_sequence)
{
	const struct yg_known_sensor *s = find_sensor(known, sensor);

	*ret_epoch = s && s->newest ? s->newest->epoch : 1;
	*ret_sequence = s && s->newest ? highest_of(s->newest) + 1 : 1;
}

uint64_t yg_known_next(const struct yg_known *known, struct yg_bytes sensor, uint64_t epoch)
{
	const struct yg_known_sensor *s = find_sensor(known, sensor);
	const struct yg_known_epoch *e = find_epoch(s, epoch);

	return e || !s || !has_passed(s, epoch) ? highest_of(e) + 1 : 0;
}

/* ---- waiting for the disk ---- */

void yg_known_hold(struct yg_waiting *waiting)
{
	struct yg_known_epoch *e = waiting->epoch;

	if (waiting->kind == YG_JOURNAL_REFUSED) {
		e->refused_waiting++;
		return;
	}
	waiting->next_of_epoch = NULL;
	if (e->last)
		e->last->next_of_epoch = waiting;
	else
		e->first = waiting;
	e->last = waiting;
}

/* Durable now. Memory for it was seen to when it was appended. */
static void settle(struct yg_known_epoch *e, enum yg_journal_kind kind, uint64_t sequence,
		   uint64_t sequence_last, const uint8_t *digest)
{
	if (kind == YG_JOURNAL_REFUSED) {
		if (e->refused_count < YG_JOURNAL_REFUSED_MAX)
			memcpy(e->refused[e->refused_count++], digest, YG_KNOWN_DIGEST_BYTES);
		return;
	}
	e->highest = sequence_last;
	if (kind == YG_JOURNAL_BATCH) {
		memcpy(e->digests[sequence % YG_JOURNAL_COMPARED], digest, YG_KNOWN_DIGEST_BYTES);
		return;
	}
	if (e->drop_count == YG_JOURNAL_DROPS_MAX) /* the oldest counts as a batch from now on */
		memmove(e->drops, e->drops + 1, --e->drop_count * sizeof(*e->drops));
	e->drops[e->drop_count++] = (struct yg_known_drop){sequence, sequence_last};
}

static void unhang(struct yg_waiting *waiting)
{
	struct yg_known_epoch *e = waiting->epoch;

	if (waiting->kind == YG_JOURNAL_REFUSED) {
		e->refused_waiting--;
		return;
	}
	assert(e->first == waiting); /* settled and forgotten in the order of appending */
	e->first = waiting->next_of_epoch;
	if (!e->first)
		e->last = NULL;
}

void yg_known_settle(struct yg_waiting *waiting)
{
	unhang(waiting);
	settle(waiting->epoch, waiting->kind, waiting->sequence, waiting->sequence_last,
	       waiting->digest);
}

void yg_known_forget(struct yg_waiting *waiting)
{
	unhang(waiting);
}

int yg_known_take(struct yg_known *known, const struct yg_journal_batch *batch)
{
	struct yg_known_epoch *e = NULL;
	int rc;

	if (batch->kind == YG_JOURNAL_REFUSED) {
		e = find_epoch(find_sensor(known, batch->sensor), batch->epoch);
		if (e) /* of an epoch that was pushed out, nothing needs to be known */
			settle(e, batch->kind, batch->sequence, batch->sequence, batch->digest);
		return YG_OK;
	}
	rc = make_ready(known, batch, &e);
	if (rc != YG_OK)
		return rc;
	if (batch->sequence != e->highest + 1)
		return YG_EFORMAT;
	settle(e, batch->kind, batch->sequence, batch->sequence_last, batch->digest);
	return YG_OK;
}
