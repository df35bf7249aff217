/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/batch.h - the unit that a sensor sends and the hub keeps: one head, then packed records.
 *
 *   {"v":1,"sensor":…,"epoch":…,"sequence":…,"sha256":…,"size":…,"count":…,"first":…,"last":…,
 *    "ledger":…} LF
 *   zstd frames: NDJSON of docs/record-format.md, one record a line, LF at the end of each
 *
 * These bytes are what the spool holds, what travels, and what the journal keeps. Who the batch is,
 * is (sensor, epoch, sequence, SHA-256 of the content before packing).
 *
 * Layer:   wire. May include base/, model/. Both sides.
 * Input:   untrusted. A head is read without touching the content; unpacking never takes more
 *          memory than YG_WIRE_CONTENT_MAX.
 * State:   none: no globals, no clock, no I/O; any thread.
 * Source:  docs/protocol.md; RFC 8878 (zstd), FIPS 180-4.
 * Tests:   tests/unit/wire/test_batch.c, tests/fuzz/fuzz_wire_batch.c
 */
#pragma once

#include "base/clock.h"
#include "base/crypt.h"
#include "wire/refuse.h"

#define YG_WIRE_ID_MAX		 64u /* bytes of a sensor's or organisation's id: a-z 0-9 - */
#define YG_WIRE_NUMBER_MAX	 (UINT64_C(1) << 53) /* epochs, sequences: exact in every JSON reader */
#define YG_WIRE_HEAD_MAX	 1024u		     /* bytes of a head, LF included */
#define YG_WIRE_PACKED_MAX	 (4u << 20)
#define YG_WIRE_BATCH_MAX	 (YG_WIRE_HEAD_MAX + YG_WIRE_PACKED_MAX)
#define YG_WIRE_CONTENT_MAX	 (16u << 20) /* bytes before packing */
#define YG_WIRE_RATIO_MAX	 1000u /* content : packed, beyond the first YG_WIRE_RATIO_FREE */
#define YG_WIRE_RATIO_FREE	 (2u << 20)
#define YG_WIRE_RECORDS_MAX	 65536u
#define YG_WIRE_LINE_MAX	 (1u << 20) /* bytes of a record, its LF included */
#define YG_WIRE_CONTENT_AIM	 (1u << 20) /* our sensor closes a batch here, or after AGE_MS_MAX */
#define YG_WIRE_BATCH_AGE_MS_MAX 250u

struct yg_wire_batch {
	char sensor[YG_WIRE_ID_MAX + 1];
	uint64_t epoch;	   /* from 1 */
	uint64_t sequence; /* from 1, without gaps within an epoch */
	uint8_t digest[YG_SHA256_BYTES];
	uint32_t size;	  /* bytes of the content */
	uint32_t count;	  /* records */
	int64_t first_ns; /* earliest and latest time of a record; YG_TIME_NONE: none has a time */
	int64_t last_ns;
	bool has_ledger; /* the head names the line of the sender's ledger (wire/ledger.h) */
	uint8_t ledger[YG_SHA256_BYTES]; /* digest of that line */
	struct yg_bytes packed;		 /* borrowed from what was read */
};

/* Is @id fit to name a sensor or an organisation? */
bool yg_wire_is_id(struct yg_bytes id);

/*
 * Take @bytes apart; the content is not looked at. YG_OK, or YG_EFORMAT, YG_ELIMIT, YG_ENOMEM with
 * @reterr filled (HEAD, VERSION, TOO_LARGE, BOMB).
 */
YG_MUST_USE int yg_wire_batch_read(struct yg_bytes bytes, struct yg_wire_batch *ret,
				   struct yg_wire_fault *reterr);

/*
 * Unpack the content behind what @to holds, and hold it against the head: size, digest, number of
 * lines, each line an object that ends in LF. The fields of records are not read. YG_OK, or
 * YG_EFORMAT, YG_EDIGEST, YG_ELIMIT, YG_ENOMEM with @reterr filled; @to is as before then.
 * Cost: zstd and SHA-256 over the content, one pass each.
 */
YG_MUST_USE int yg_wire_batch_unpack(const struct yg_wire_batch *batch, struct yg_buf *to,
				     struct yg_wire_fault *reterr);

/*
 * The same for those who unpack thousands a second: what zstd needs is kept from one to the next.
 * With @is_known the digest is not computed: for bytes that were held against it before, and whose
 * own checksum was right when they were read back. Owned by one thread.
 */
struct yg_wire_unpacker;
struct yg_wire_unpacker *yg_wire_unpacker_new(void); /* NULL without memory */
struct yg_wire_unpacker *yg_wire_unpacker_free(struct yg_wire_unpacker *unpacker);
YG_MUST_USE int yg_wire_unpack(struct yg_wire_unpacker *unpacker, const struct yg_wire_batch *batch,
			       bool is_known, struct yg_buf *to, struct yg_wire_fault *reterr);

/*
 * Is each line of unpacked @content JSON that anybody can read (base/json_check.h)? Asked once,
 * before a batch is kept: what stands in a journal already is taken as it is. YG_OK, or YG_EFORMAT
 * with @reterr filled (RECORD, the line). Cost: one pass.
 */
YG_MUST_USE int yg_wire_records_check(struct yg_bytes content, struct yg_wire_fault *reterr);

/*
 * Pack @content (1 to YG_WIRE_CONTENT_MAX bytes of whole lines) behind what @to holds, and fill
 * digest, size and count of @batch. YG_OK, YG_EINVAL, YG_ELIMIT or YG_ENOMEM.
 */
YG_MUST_USE int yg_wire_pack(struct yg_bytes content, struct yg_wire_batch *batch,
			     struct yg_buf *to);

/* Add the head, LF included. The packed bytes follow. */
void yg_wire_head_write(const struct yg_wire_batch *batch, struct yg_buf *to);
