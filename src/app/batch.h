/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/batch.h - a run of records on its way: cut by the intake, understood by a worker, judged in
 * order.
 *
 *   intake (app/intake.c)     worker (app/worker.c)      judge (app/pipeline.c)
 *   text, records        ->   traces, counts        ->   findings
 *
 * A batch owns its text and an arena; traces point into both. It is used by one thread at a time
 * and handed on through the pipeline's queue.
 */
#pragma once

#include "archive/frame.h"
#include "base/arena.h"
#include "base/buf.h"
#include "detect/meter.h"
#include "detect/trace.h"
#include "model/explain.h"
#include "model/report.h"
#include "parse/sources.h"

#define YG_BATCH_TEXT_BYTES	(512u * 1024u) /* aimed at */
#define YG_BATCH_TEXT_BYTES_MAX (4u << 20)     /* a record cut over two reads, and its neighbours */
#define YG_BATCH_RECORDS_MAX	16384u
#define YG_BATCH_CHUNKS_MAX	8u /* of a Windows event file */
#define YG_BATCH_ARENA_MAX	(64u << 20)
#define YG_BATCH_FRAMES_MAX	8u /* of an archive */
#define YG_BATCH_FRAMES_BYTES                                                                      \
	(2u << 20) /* of their text, aimed at: records are longer than lines */

struct yg_batch_record {
	uint32_t at; /* in text */
	uint32_t size;
	uint64_t position;
	bool is_torn;
	bool is_long;
	bool is_damaged; /* a stretch of a Windows event file that holds no readable record */
};

/* A chunk of a Windows event file; number n stands at n * YG_EVTX_CHUNK_BYTES of the text. */
struct yg_batch_chunk {
	uint64_t at; /* in the input */
	uint32_t size;
};

/* A frame of an archive, packed. */
struct yg_batch_frame {
	uint64_t at;		 /* in the file */
	size_t from;		 /* in stored */
	size_t size;		 /* there */
	uint64_t first_position; /* of its records in the file */
	struct yg_fault fault;	 /* it could not be unpacked; msg NULL: it could */
};

/* Fields that a record has from earlier lines of the input (parse/join.h); in the batch's arena. */
struct yg_batch_lent {
	uint32_t record;
	uint32_t count;
	const struct yg_source_pair *fields;
};

/* Records of one minute that stand together: for the timeline. */
struct yg_batch_minute {
	int64_t time_ns;
	uint32_t count;
};

struct yg_batch {
	size_t input; /* index into the input list */
	enum yg_format format;
	bool is_forced;
	bool is_last; /* of its input */
	int64_t reference_ns;
	struct yg_bytes head; /* head lines that hold for the records (parse/columns.h); in arena */
	struct yg_buf text;   /* followed by YG_PARSE_PADDING readable bytes */
	struct yg_batch_record *records;
	size_t record_count;
	struct yg_batch_lent *lents; /* by record; NULL: none */
	uint32_t lent_count;
	struct yg_batch_chunk chunks[YG_BATCH_CHUNKS_MAX];
	size_t chunk_count; /* 0: text */
	uint64_t number;    /* of the batch in its input, from 1 */

	/* Frames of an archive: the worker unpacks them and cuts them into records. */
	struct yg_buf stored;
	struct yg_batch_frame frames[YG_BATCH_FRAMES_MAX];
	size_t frame_count;
	uint32_t next_frame; /* where reading goes on behind them */

	/* Filled by the worker. */
	struct yg_arena *arena;
	struct yg_trace *traces;
	size_t trace_count;
	struct yg_batch_minute *minutes;
	size_t minute_count;
	const struct yg_record_kind *kinds; /* only where they are counted; in arena */
	size_t kind_count;
	uint64_t other_kinds;		 /* records of further kinds */
	const struct yg_charge *charges; /* work of rules, where it is counted; in arena */
	uint32_t charge_count;
	const struct yg_group_load *loads; /* of the engine's groups; NULL = not counted */
	bool is_filtered;		   /* of rules in quarantine */
	uint64_t serial;		   /* number of the batch in the run */
	struct yg_report_input counts;	   /* of this batch; name, bytes and rc unused */
	int rc;				   /* YG_OK or YG_ENOMEM */
	bool is_done;			   /* worker has finished; guarded by the pipeline's lock */
	struct yg_batch *next;		   /* in the queue of the pipeline */
};

struct yg_batch *yg_batch_new(void);
struct yg_batch *yg_batch_free(struct yg_batch *batch);

/* Make it empty for the next use. */
void yg_batch_reset(struct yg_batch *batch);

/*
 * intake_archive.c: text and records of a batch of frames. YG_OK, also where some are damaged
 * (their fault), or YG_ENOMEM.
 */
YG_MUST_USE int yg_batch_unpack(struct yg_batch *batch, struct yg_archive_unpacker *unpacker);
