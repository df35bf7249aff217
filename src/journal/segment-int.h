/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal/segment-int.h - the form of a segment (docs/journal.md), bytes in, bytes out.
 *
 * Pure: no files, no clock; any thread. All numbers little-endian. Every record is checked by
 * checksums whose seed is the salt of its segment and its place, so bytes of another time or place
 * that happen to lie there are never taken for one.
 */
#pragma once

#include "journal/journal.h"

#define YG_SEGMENT_HEAD_BYTES	128u
#define YG_SEGMENT_RECORD_BYTES 128u /* before the sensor's id and the body */
#define YG_SEGMENT_ALIGN	8u
#define YG_SEGMENT_MARK		4u /* kind of a record that only says how far the disk had it all */
#define YG_SEGMENT_RECORD_MAX                                                                      \
	(YG_SEGMENT_RECORD_BYTES + YG_JOURNAL_SENSOR_MAX + YG_JOURNAL_BODY_MAX + YG_SEGMENT_ALIGN)

struct yg_segment_head {
	uint64_t first; /* position that is the least a record here can have; also its name */
	uint64_t salt;
	int64_t created_ns;
	/* The segment before, which this one seals: what lies behind @before_end there is nothing.
	 */
	uint64_t before_first; /* 0: there was none ever */
	uint64_t before_end;   /* bytes */
	uint64_t before_last;  /* the last position before this segment; 0: none */
};

void yg_segment_head_write(const struct yg_segment_head *head, uint8_t to[YG_SEGMENT_HEAD_BYTES]);

/* YG_OK; YG_ETRUNC, YG_EFORMAT, YG_EMISMATCH (newer version), YG_EDIGEST with @reterr. */
YG_MUST_USE int yg_segment_head_read(struct yg_bytes b, struct yg_segment_head *ret,
				     struct yg_fault *reterr);

/* The numbers before a record's bytes. */
struct yg_segment_record {
	uint32_t kind; /* enum yg_journal_kind, or YG_SEGMENT_MARK */
	uint32_t sensor_size;
	uint32_t body_size;
	uint64_t position;
	uint64_t previous; /* position of the record before, in whatever segment; 0: none */
	uint64_t durable;  /* bytes of this segment that were synced before this was written */
	int64_t received_ns;
	uint64_t epoch;
	uint64_t sequence;
	uint64_t sequence_last;
	uint8_t digest[YG_DIGEST_BYTES];
	uint64_t check; /* of what follows; filled by both functions below */
};

/* Bytes of a whole record. */
uint64_t yg_segment_record_size(uint32_t sensor_size, uint32_t body_size);

/*
 * Fill the first YG_SEGMENT_RECORD_BYTES of the record at @whole, behind which the sensor's id,
 * the body and zeros up to the alignment stand already. @at: its place in the segment of @salt.
 */
void yg_segment_record_write(const struct yg_segment_record *record, uint64_t salt, uint64_t at,
			     uint8_t *whole);

/*
 * Read the numbers at @at (@b: at least YG_SEGMENT_RECORD_BYTES, else YG_ETRUNC). YG_OK: they are
 * as they were written, and within all limits; YG_EFORMAT, YG_EDIGEST with @reterr.
 */
YG_MUST_USE int yg_segment_record_read(struct yg_bytes b, uint64_t salt, uint64_t at,
				       struct yg_segment_record *ret, struct yg_fault *reterr);

/* Check what follows (@rest: the id, the body, the filling), and slice it. */
YG_MUST_USE int yg_segment_record_rest(const struct yg_segment_record *record, uint64_t salt,
				       uint64_t at, struct yg_bytes rest,
				       struct yg_journal_record *ret, struct yg_fault *reterr);
