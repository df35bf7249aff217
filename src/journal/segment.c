/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/segment-int.h"

#include "journal/bytes-int.h"

#include "base/ban.h"

#define VERSION	       1u
#define CHECKED_BYTES  120u /* of both kinds of head: the checksum of these stands behind them */
#define RECORD_MAGIC   UINT64_C(0x314a4759) /* "YGJ1" */
#define RESERVED_START 104u

static const uint8_t magic[8] = {'Y', 'G', 'J', 'S', 'E', 'G', '1', '\n'};

/* ---- the head of a segment ---- */

void yg_segment_head_write(const struct yg_segment_head *head, uint8_t to[YG_SEGMENT_HEAD_BYTES])
{
	memset(to, 0, YG_SEGMENT_HEAD_BYTES);
	memcpy(to, magic, sizeof(magic));
	yg_put_le(to + 8, VERSION, 4);
	yg_put_le(to + 12, YG_SEGMENT_HEAD_BYTES, 4);
	yg_put_le(to + 16, head->first, 8);
	yg_put_le(to + 24, head->salt, 8);
	yg_put_le(to + 32, (uint64_t)head->created_ns, 8);
	yg_put_le(to + 40, head->before_first, 8);
	yg_put_le(to + 48, head->before_end, 8);
	yg_put_le(to + 56, head->before_last, 8);
	yg_put_le(to + CHECKED_BYTES, yg_hash64((struct yg_bytes){to, CHECKED_BYTES}, 0), 8);
}

int yg_segment_head_read(struct yg_bytes b, struct yg_segment_head *ret, struct yg_fault *reterr)
{
	if (b.size < YG_SEGMENT_HEAD_BYTES)
		return yg_fault_set(reterr, YG_ETRUNC, "the head of the segment is cut", b.size);
	if (memcmp(b.data, magic, sizeof(magic)) != 0)
		return yg_fault_set(reterr, YG_EFORMAT, "this is no segment of a journal", 0);
	if (yg_hash64((struct yg_bytes){b.data, CHECKED_BYTES}, 0) !=
	    yg_get_le(b.data + CHECKED_BYTES, 8))
		return yg_fault_set(reterr, YG_EDIGEST, "the head of the segment is damaged", 0);
	if (yg_get_le(b.data + 8, 4) != VERSION ||
	    yg_get_le(b.data + 12, 4) != YG_SEGMENT_HEAD_BYTES)
		return yg_fault_set(reterr, YG_EMISMATCH, "the segment was made by a newer version",
				    8);
	*ret = (struct yg_segment_head){
		.first = yg_get_le(b.data + 16, 8),
		.salt = yg_get_le(b.data + 24, 8),
		.created_ns = (int64_t)yg_get_le(b.data + 32, 8),
		.before_first = yg_get_le(b.data + 40, 8),
		.before_end = yg_get_le(b.data + 48, 8),
		.before_last = yg_get_le(b.data + 56, 8),
	};
	if (ret->first == 0 || ret->before_first >= ret->first || ret->before_last >= ret->first ||
	    (ret->before_first == 0 && (ret->before_last != 0 || ret->before_end != 0)))
		return yg_fault_set(reterr, YG_EFORMAT, "the head of the segment is impossible",
				    16);
	return YG_OK;
}

/* ---- a record ---- */

uint64_t yg_segment_record_size(uint32_t sensor_size, uint32_t body_size)
{
	uint64_t size = (uint64_t)YG_SEGMENT_RECORD_BYTES + sensor_size + body_size;

	return (size + YG_SEGMENT_ALIGN - 1) / YG_SEGMENT_ALIGN * YG_SEGMENT_ALIGN;
}

void yg_segment_record_write(const struct yg_segment_record *record, uint64_t salt, uint64_t at,
			     uint8_t *whole)
{
	size_t size = (size_t)yg_segment_record_size(record->sensor_size, record->body_size);
	struct yg_bytes rest = {whole + YG_SEGMENT_RECORD_BYTES, size - YG_SEGMENT_RECORD_BYTES};

	memset(whole, 0, YG_SEGMENT_RECORD_BYTES);
	yg_put_le(whole, RECORD_MAGIC, 4);
	yg_put_le(whole + 4, record->kind, 2);
	yg_put_le(whole + 6, record->sensor_size, 2);
	yg_put_le(whole + 8, record->body_size, 4);
	yg_put_le(whole + 16, record->position, 8);
	yg_put_le(whole + 24, record->previous, 8);
	yg_put_le(whole + 32, record->durable, 8);
	yg_put_le(whole + 40, (uint64_t)record->received_ns, 8);
	yg_put_le(whole + 48, record->epoch, 8);
	yg_put_le(whole + 56, record->sequence, 8);
	yg_put_le(whole + 64, record->sequence_last, 8);
	memcpy(whole + 72, record->digest, YG_DIGEST_BYTES);
	yg_put_le(whole + 112, yg_hash64(rest, salt ^ at), 8);
	yg_put_le(whole + CHECKED_BYTES,
		  yg_hash64((struct yg_bytes){whole, CHECKED_BYTES}, salt ^ at), 8);
}

static bool is_possible_batch(const struct yg_segment_record *r)
{
	return r->sensor_size > 0 && r->sensor_size <= YG_JOURNAL_SENSOR_MAX &&
	       r->body_size <= YG_JOURNAL_BODY_MAX && r->epoch > 0 && r->sequence > 0 &&
	       r->sequence_last >= r->sequence && r->sequence_last < UINT64_MAX;
}

/* What no writer writes, however well the checksum fits. */
static bool is_possible(const struct yg_segment_record *r, uint64_t at)
{
	if (r->position == 0 || r->durable > at || r->durable < YG_SEGMENT_HEAD_BYTES)
		return false;
	if (r->kind == YG_SEGMENT_MARK)
		return r->sensor_size == 0 && r->body_size == 0 && r->previous == r->position;
	return r->kind >= YG_JOURNAL_BATCH && r->kind <= YG_JOURNAL_REFUSED &&
	       r->previous < r->position && is_possible_batch(r);
}

int yg_segment_record_read(struct yg_bytes b, uint64_t salt, uint64_t at,
			   struct yg_segment_record *ret, struct yg_fault *reterr)
{
	if (b.size < YG_SEGMENT_RECORD_BYTES)
		return yg_fault_set(reterr, YG_ETRUNC, "the segment ends inside a record", b.size);
	if (yg_get_le(b.data, 4) != RECORD_MAGIC)
		return yg_fault_set(reterr, YG_EFORMAT, "no record begins here", 0);
	if (yg_hash64((struct yg_bytes){b.data, CHECKED_BYTES}, salt ^ at) !=
	    yg_get_le(b.data + CHECKED_BYTES, 8))
		return yg_fault_set(reterr, YG_EDIGEST, "the head of a record is damaged", 0);
	*ret = (struct yg_segment_record){
		.kind = (uint32_t)yg_get_le(b.data + 4, 2),
		.sensor_size = (uint32_t)yg_get_le(b.data + 6, 2),
		.body_size = (uint32_t)yg_get_le(b.data + 8, 4),
		.position = yg_get_le(b.data + 16, 8),
		.previous = yg_get_le(b.data + 24, 8),
		.durable = yg_get_le(b.data + 32, 8),
		.received_ns = (int64_t)yg_get_le(b.data + 40, 8),
		.epoch = yg_get_le(b.data + 48, 8),
		.sequence = yg_get_le(b.data + 56, 8),
		.sequence_last = yg_get_le(b.data + 64, 8),
		.check = yg_get_le(b.data + 112, 8),
	};
	memcpy(ret->digest, b.data + 72, YG_DIGEST_BYTES);
	if (yg_get_le(b.data + 12, 4) != 0 || yg_get_le(b.data + RESERVED_START, 8) != 0 ||
	    !is_possible(ret, at))
		return yg_fault_set(reterr, YG_EFORMAT, "the head of a record is impossible", 0);
	return YG_OK;
}

int yg_segment_record_rest(const struct yg_segment_record *record, uint64_t salt, uint64_t at,
			   struct yg_bytes rest, struct yg_journal_record *ret,
			   struct yg_fault *reterr)
{
	size_t size = (size_t)(yg_segment_record_size(record->sensor_size, record->body_size) -
			       YG_SEGMENT_RECORD_BYTES);

	if (rest.size < size)
		return yg_fault_set(reterr, YG_ETRUNC, "the segment ends inside a record",
				    rest.size);
	rest.size = size;
	if (yg_hash64(rest, salt ^ at) != record->check)
		return yg_fault_set(reterr, YG_EDIGEST, "the content of a record is damaged",
				    YG_SEGMENT_RECORD_BYTES);
	*ret = (struct yg_journal_record){
		.position = record->position,
		.batch = {.kind = (enum yg_journal_kind)record->kind,
			  .sensor = yg_bytes_cut(rest, 0, record->sensor_size),
			  .epoch = record->epoch,
			  .sequence = record->sequence,
			  .sequence_last = record->sequence_last,
			  .received_ns = record->received_ns,
			  .body = yg_bytes_cut(rest, record->sensor_size,
					       (size_t)record->sensor_size + record->body_size)},
	};
	memcpy(ret->batch.digest, record->digest, YG_DIGEST_BYTES);
	return YG_OK;
}
