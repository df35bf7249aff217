/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment of the journal. With an odd first byte all checksums are made right before they are
 * looked at, so that what stands behind them is reached. What must hold: nothing outside the bytes
 * is read; what is taken for a record lies within them and is the same when it is written again.
 */
#include <stdlib.h>
#include <string.h>

#include "journal/bytes-int.h"
#include "journal/segment-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECKED 120u
#define CHECKS	112u /* where the checksums of a record begin */

static void put_right(uint8_t *head, uint64_t seed)
{
	yg_put_le(head + CHECKED, yg_hash64((struct yg_bytes){head, CHECKED}, seed), 8);
}

/* The record at @at; 0: there is none. */
static size_t read_one(uint8_t *bytes, size_t size, uint64_t salt, size_t at, int is_fixed)
{
	struct yg_segment_record head;
	struct yg_journal_record record;
	struct yg_fault fault;
	struct yg_bytes b = {bytes + at, size - at};
	uint64_t whole;
	uint8_t *again;

	if (is_fixed && b.size >= YG_SEGMENT_RECORD_BYTES)
		put_right(bytes + at, salt ^ at);
	if (yg_segment_record_read(b, salt, at, &head, &fault) != YG_OK)
		return 0;
	whole = yg_segment_record_size(head.sensor_size, head.body_size);
	if (is_fixed && b.size >= whole)
		head.check = yg_hash64(yg_bytes_cut(b, YG_SEGMENT_RECORD_BYTES, (size_t)whole),
				       salt ^ at);
	if (yg_segment_record_rest(&head, salt, at, yg_bytes_from(b, YG_SEGMENT_RECORD_BYTES),
				   &record, &fault) != YG_OK)
		return 0;
	if (whole > b.size || whole < YG_SEGMENT_RECORD_BYTES || whole % YG_SEGMENT_ALIGN != 0 ||
	    record.batch.sensor.size != head.sensor_size ||
	    record.batch.body.size != head.body_size ||
	    record.batch.body.data + record.batch.body.size > bytes + size)
		abort();
	again = malloc((size_t)whole);
	if (!again)
		abort();
	memcpy(again, bytes + at, (size_t)whole);
	yg_segment_record_write(&head, salt, at, again);
	if (memcmp(again, bytes + at, CHECKS) != 0)
		abort();
	free(again);
	return (size_t)whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_segment_head head;
	struct yg_fault fault;
	uint8_t *bytes;
	int is_fixed;
	size_t at = YG_SEGMENT_HEAD_BYTES;

	if (size < 1)
		return 0;
	is_fixed = data[0] & 1;
	bytes = malloc(size); /* alone on the heap: reading past it is seen */
	if (!bytes)
		abort();
	memcpy(bytes, data + 1, --size);
	if (is_fixed && size >= YG_SEGMENT_HEAD_BYTES)
		put_right(bytes, 0);
	if (yg_segment_head_read((struct yg_bytes){bytes, size}, &head, &fault) == YG_OK) {
		uint8_t again[YG_SEGMENT_HEAD_BYTES];
		size_t step;

		yg_segment_head_write(&head, again);
		if (memcmp(again, bytes, 64) != 0)
			abort();
		while (at < size && (step = read_one(bytes, size, head.salt, at, is_fixed)) > 0)
			at += step;
	} else if (fault.pos > size || !fault.msg) {
		abort();
	}
	free(bytes);
	return 0;
}
