/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/evtx.h - Windows event files (EVTX): bytes to events, without XML or JSON in between.
 *
 *   input ─► yg_evtx_scan: where chunks are ─► yg_evtx_chunk: where records are ─┐
 *                                                                                ▼
 *                     event with fields ◄─ plan ◄─ template of the chunk ◄─ yg_evtx_read
 *
 * A template is understood once a chunk: it becomes a plan, a flat list of fields with the number
 * of the value each of them takes. Texts of values stay UTF-16 in the chunk until someone looks.
 * Names are made as for the JSON that converters write (parse/json_keys.c): the same rules hit.
 *
 * Layer:   parse. Pure.
 * Input:   untrusted. Offsets and sizes are checked, loops end by the limits below.
 * State:   a reader knows the chunk it was given, nothing of other chunks but names.
 * Source:  the format as described by J. Metz, "Windows XML Event Log (EVTX)", and by Microsoft's
 *          [MS-EVEN6] 2.2.12-2.2.17 (BinXML). What we make of it: docs/evtx.md
 * Tests:   tests/unit/parse/test_evtx.c, tests/fuzz/fuzz_evtx.c, tests/regression/evtx.py
 */
#pragma once

#include "base/err.h"
#include "model/event.h"

#define YG_EVTX_MAGIC_BYTES    8u
#define YG_EVTX_CHUNK_BYTES    65536u
#define YG_EVTX_HEADER_BYTES   4096u	  /* of the file's header, with what fills it up */
#define YG_EVTX_RECORD_MIN     28u	  /* bytes of the shortest record */
#define YG_EVTX_DEPTH_MAX      64u	  /* elements inside each other */
#define YG_EVTX_NEST_MAX       16u	  /* templates and embedded values inside each other */
#define YG_EVTX_PLANS_MAX      512u	  /* templates of a chunk, by the places they are used at */
#define YG_EVTX_PLAN_BYTES_MAX (1u << 20) /* bytes of definitions understood for one chunk */
#define YG_EVTX_WORK_MAX       (1u << 18) /* steps and values of one record */
#define YG_EVTX_TEXT_MAX       (1u << 20) /* bytes of all values of one record; more are dropped */

/* Something that is not as it should be, told while reading goes on. */
struct yg_evtx_note {
	const char *words; /* English, to be translated */
	uint64_t at;	   /* byte of the input */
	uint64_t size;	   /* bytes concerned */
};
typedef void (*yg_evtx_note_fn)(void *arg, const struct yg_evtx_note *note);

/* The first bytes of such a file, or of a chunk that was cut out of one. */
bool yg_evtx_fits(struct yg_bytes start);

/* Kept between calls on one input. Start with all zero and the functions set. */
struct yg_evtx_scan {
	yg_evtx_note_fn note;
	void *arg;
	uint64_t at; /* bytes of the input consumed */
	bool has_begun;
	uint64_t gap_at; /* what is no chunk, so far */
	uint64_t gap_size;
	bool is_gap_used; /* it holds other bytes than zero */
	uint64_t chunks;
};

struct yg_evtx_part {
	struct yg_bytes chunk; /* empty: no chunk, only bytes to drop */
	uint64_t at;	       /* of the chunk in the input */
	size_t consumed;
	bool is_header_right; /* its checksum agrees */
	bool is_data_right;   /* that of the records, too */
};

/*
 * The next chunk at the front of @data, wherever it begins. YG_OK: *ret is filled, consumed > 0.
 * YG_EAGAIN: give more data (or the end is reached when @is_end). Never needs more than
 * YG_EVTX_CHUNK_BYTES of @data. A chunk is shorter only where the input ends or the next one
 * begins in its midst. Cost: each byte is looked at a bounded number of times.
 */
YG_MUST_USE int yg_evtx_scan_next(struct yg_evtx_scan *scan, struct yg_bytes data, bool is_end,
				  struct yg_evtx_part *ret);

struct yg_evtx_chunk {
	struct yg_bytes bytes;
	uint64_t at; /* in the input; for notes */
	uint32_t next;
	uint32_t end;	  /* where the records end, as the header says */
	bool is_trusted;  /* the header's checksum agrees */
	bool has_last_id; /* a record was seen */
	uint64_t last_id;
	yg_evtx_note_fn note;
	void *arg;
};

struct yg_evtx_record {
	uint32_t at; /* in the chunk */
	uint32_t size;
	uint64_t id;
	bool is_damaged; /* a stretch that holds no readable record */
};

/* What yg_evtx_scan_next says of the chunk at the front of @data. Cost: two checksums. */
struct yg_evtx_part yg_evtx_part_of(struct yg_bytes data);

/* Begin with the records of a chunk. Notes go to @note (may be NULL). */
void yg_evtx_chunk_begin(struct yg_evtx_chunk *chunk, const struct yg_evtx_part *part,
			 yg_evtx_note_fn note, void *arg);

/* The next record, or false. Records behind the end that the header names are given out when they
 * go on without a gap (a file that was not closed). */
bool yg_evtx_chunk_next(struct yg_evtx_chunk *chunk, struct yg_evtx_record *ret);

struct yg_evtx;

/* One per thread. @names is borrowed. NULL without memory. */
struct yg_evtx *yg_evtx_new(const struct yg_names *names);
struct yg_evtx *yg_evtx_free(struct yg_evtx *reader);

/*
 * Turn to another chunk: @bytes is borrowed until the next call, as long as events read from it
 * are used. Forgets the templates. Cost: constant.
 */
void yg_evtx_open(struct yg_evtx *reader, struct yg_bytes bytes);

/*
 * Read the record at @at of the chunk (from yg_evtx_chunk_next). The event gets format
 * YG_FORMAT_EVTX, fields, time, channel and event_code; position and source are left to the
 * caller. Names and texts point into the chunk, the reader and @arena: valid until the next
 * yg_evtx_open, and until the arena is reset.
 *
 * Returns YG_OK, YG_EFORMAT, YG_ELIMIT (both with *reterr, pos = byte of the chunk) or YG_ENOMEM.
 */
YG_MUST_USE int yg_evtx_read(struct yg_evtx *reader, uint32_t at, struct yg_arena *arena,
			     struct yg_event *ret, struct yg_fault *reterr);
