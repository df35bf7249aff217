/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "app/keep.h"
#include "base/alloc.h"

#include "base/ban.h"

struct journal_keep {
	struct yg_keep keep;
	struct yg_journal *journal;
};

/* "ORG/SENSOR" */
struct key {
	char text[2 * YG_WIRE_ID_MAX + 2];
	struct yg_bytes bytes;
};
static_assert(2 * YG_WIRE_ID_MAX + 1 <= YG_JOURNAL_SENSOR_MAX, "the journal takes shorter names");
static_assert(YG_SHA256_BYTES == YG_DIGEST_BYTES, "the journal has another digest");
static_assert(YG_WIRE_BATCH_MAX <= YG_JOURNAL_BODY_MAX, "the journal takes smaller batches");

static void make_key(struct key *key, const char *org, const char *sensor)
{
	(void)snprintf(key->text, sizeof(key->text), "%s/%s", org, sensor); /* ids: measured */
	key->bytes = yg_bytes_str(key->text);
}

/* What the journal answered, in the words of the protocol. */
static struct yg_keep_answer answer_of(const struct yg_journal_result *result, uint64_t epoch)
{
	static const enum yg_keep_result results[] = {
		[YG_JOURNAL_NEW] = YG_KEEP_NEW,		  [YG_JOURNAL_AGAIN] = YG_KEEP_ALREADY,
		[YG_JOURNAL_CONFLICT] = YG_KEEP_CONFLICT, [YG_JOURNAL_GAP] = YG_KEEP_GAP,
		[YG_JOURNAL_PASSED] = YG_KEEP_PASSED,
	};
	struct yg_keep_answer answer = {
		.result = results[result->answer],
		.position = result->position,
		.next = {epoch, result->next_sequence},
	};

	if (answer.result == YG_KEEP_CONFLICT || answer.result == YG_KEEP_PASSED)
		answer.next = (struct yg_wire_next){result->newest_epoch + 1, 1};
	return answer;
}

static int journal_accept(struct yg_keep *keep, const char *org, const struct yg_wire_batch *batch,
			  int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret)
{
	struct yg_journal_batch b = {
		.kind = YG_JOURNAL_BATCH,
		.epoch = batch->epoch,
		.sequence = batch->sequence,
		.received_ns = received_ns,
		.body = bytes,
	};
	struct yg_journal_result result;
	struct key key;
	int rc;

	make_key(&key, org, batch->sensor);
	b.sensor = key.bytes;
	memcpy(b.digest, batch->digest, sizeof(b.digest));
	rc = yg_journal_append(((struct journal_keep *)keep)->journal, &b, &result);
	if (rc == YG_OK)
		*ret = answer_of(&result, batch->epoch);
	return rc;
}

/*
 * A range may begin among what is here: the receipts of those got lost. The record, which says the
 * whole range, then stands for the rest of it.
 */
static int journal_drop(struct yg_keep *keep, const char *org, const struct yg_wire_drop *drop,
			int64_t received_ns, struct yg_bytes bytes, struct yg_keep_answer *ret)
{
	struct yg_journal *journal = ((struct journal_keep *)keep)->journal;
	struct yg_journal_batch b = {
		.kind = YG_JOURNAL_DROP,
		.epoch = drop->epoch,
		.sequence = drop->first,
		.sequence_last = drop->last,
		.received_ns = received_ns,
		.body = bytes,
	};
	struct yg_journal_result result;
	struct key key;
	int rc;

	make_key(&key, org, drop->sensor);
	b.sensor = key.bytes;
	rc = yg_journal_append(journal, &b, &result);
	if (rc == YG_OK && result.answer == YG_JOURNAL_GAP && result.next_sequence > drop->first &&
	    result.next_sequence <= drop->last) {
		b.sequence = result.next_sequence;
		rc = yg_journal_append(journal, &b, &result);
	}
	if (rc == YG_OK)
		*ret = answer_of(&result, drop->epoch);
	return rc;
}

static uint64_t journal_next(struct yg_keep *keep, const char *org, const char *sensor,
			     uint64_t epoch)
{
	struct key key;
	uint64_t next;

	make_key(&key, org, sensor);
	next = yg_journal_next(((struct journal_keep *)keep)->journal, key.bytes, epoch);
	return next ? next : YG_WIRE_NUMBER_MAX;
}

static int journal_due_ms(struct yg_keep *keep)
{
	return yg_journal_due_ms(((struct journal_keep *)keep)->journal);
}

static int journal_sync(struct yg_keep *keep)
{
	return yg_journal_sync(((struct journal_keep *)keep)->journal);
}

static int journal_outcome(struct yg_keep *keep, uint64_t position)
{
	return yg_journal_outcome(((struct journal_keep *)keep)->journal, position);
}

static struct yg_keep *journal_free(struct yg_keep *keep)
{
	if (keep)
		(void)yg_journal_free(((struct journal_keep *)keep)->journal);
	free(keep);
	return NULL;
}

struct yg_journal *yg_keep_journal(struct yg_keep *keep)
{
	return ((struct journal_keep *)keep)->journal;
}

int yg_keep_open_journal(const char *folder, uint64_t segment_bytes, struct yg_keep **ret,
			 struct yg_journal_report *report)
{
	static const struct yg_keep_ops ops = {
		journal_accept, journal_drop,	 journal_next, journal_due_ms,
		journal_sync,	journal_outcome, journal_free,
	};
	static const char *const consumers[] = {YG_KEEP_CONSUMER, YG_KEEP_DETECT};
	const struct yg_journal_options options = {
		.folder = folder,
		.consumers = consumers,
		.consumer_count = sizeof(consumers) / sizeof(consumers[0]),
		.segment_bytes = segment_bytes,
		.reserve_bytes = YG_KEEP_FREE_BYTES,
		.group_ms = YG_KEEP_GROUP_MS,
	};
	struct journal_keep *keep = yg_calloc(1, sizeof(*keep));
	int rc;

	*report = (struct yg_journal_report){0};
	if (!keep)
		return YG_ENOMEM;
	keep->keep.ops = &ops;
	rc = yg_journal_open(&options, &keep->journal, report);
	if (rc == YG_OK)
		*ret = &keep->keep;
	else
		free(keep);
	return rc;
}
