/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/trace.h - what is kept of one record for the detectors that look across records.
 *
 * Workers make traces in parallel, in any order of batches; the judge (detect/judge.h) takes them
 * in the order of the input. A trace is small and owns nothing: texts lie in the batch's arena.
 *
 * Layer: detect. Thread-safe: a tracer is immutable.
 */
#pragma once

#include "base/buf.h"
#include "detect/engine.h"
#include "model/event.h"

#define YG_TRACE_KEYS_MAX	256u /* of one record; further ones are left out */
#define YG_TRACE_CHAIN_MAX	7u   /* correlations below one whose aliases are looked up */
#define YG_TRACE_INDICATORS_MAX 32u
#define YG_TRACE_TARGET_MAX	512u /* bytes of a target or path that are kept */

/* A correlation's view of a record: which correlation, hash of its group-by values, its value. */
struct yg_trace_key {
	uint32_t correlation; /* engine index of the correlation rule */
	uint32_t ref;	      /* which of its refs this record satisfied; where that one is a
				 correlation itself: would satisfy, if that one completes here */
	uint64_t group;	      /* hash of the group-by values */
	uint64_t value;	      /* hash of the values counted (value_count), else 0 */
	double number;	      /* the value as a number (sum, avg, percentile), else 0 */
	/*
	 * Where @ref is a correlation: the ref of that one which the record satisfied, and so on
	 * down the chain. Their aliases say what a name means in the record.
	 */
	uint8_t chain[YG_TRACE_CHAIN_MAX];
	uint8_t chain_size;
	uint64_t below; /* the group of that one which it stands for; chain_size 0: any */
};

enum yg_trace_flag {
	YG_TRACE_WEB = 1, /* the web members below are filled */
	YG_TRACE_POST = 2,
	YG_TRACE_PAGE_HTML = 4,	 /* not an image, style sheet or script by its suffix */
	YG_TRACE_SIGN_IN_OK = 8, /* the record says that a sign-in was accepted */
	YG_TRACE_SIGN_IN_BAD = 16,
	YG_TRACE_BLOCKED = 32, /* a device says it refused */
	YG_TRACE_ALLOWED = 64,
	YG_TRACE_ACTOR_IP = 128,
	YG_TRACE_SIGN_IN_PATH = 256, /* web: a POST to a path where people sign in */
	YG_TRACE_PROGRAM = 512, /* web: the path ends like a program the server runs (.php, .jsp) */
	YG_TRACE_ADMIN = 1024,	/* web: a part of the path is named as administration pages are */
	YG_TRACE_UPLOAD = 2048, /* web: PUT, or a POST to a path that takes files */
	YG_TRACE_PUT = 4096,
	YG_TRACE_DONE = 8192, /* the record says that something was carried out on a computer */
};

/* One indicator that occurred in the record. */
struct yg_trace_indicator {
	uint32_t index;	       /* of the indicator set */
	struct yg_bytes value; /* as it stands in the record */
	struct yg_bytes field; /* name of the field it stood in */
};

struct yg_trace {
	uint64_t position;
	struct yg_bytes source; /* empty = the input's */
	int64_t time_ns;
	uint32_t flags;
	enum yg_format format;
	struct yg_bytes actor; /* source address, else host, else user */
	uint64_t actor_hash;   /* 0 = none */
	struct yg_bytes target;
	uint64_t path_hash; /* web: path without query, folded; 0 = none */
	struct yg_bytes path;
	uint16_t status;
	int64_t size_bytes;   /* answer; -1 = not logged */
	const uint32_t *hits; /* engine indexes, ascending, of rules that give findings */
	uint32_t hit_count;
	const struct yg_trace_key *keys; /* in order: yg_trace_order_keys() */
	uint32_t key_count;
	const struct yg_trace_indicator *indicators;
	uint32_t indicator_count;
	struct yg_bytes event_json; /* only where a finding is certain; see yg_judge_out.event */
	uint32_t record;	    /* the caller's own number of the record; for that call */
};

/* Can a detector across records want it? */
static inline bool yg_trace_is_needed(const struct yg_trace *trace)
{
	return (trace->flags & (YG_TRACE_WEB | YG_TRACE_SIGN_IN_OK | YG_TRACE_SIGN_IN_BAD)) ||
	       trace->hit_count > 0 || trace->key_count > 0 || trace->indicator_count > 0;
}

/* What a record says about a sign-in. Texts are borrowed from the event. */
struct yg_sign_in {
	uint32_t flags;		 /* YG_TRACE_SIGN_IN_OK, YG_TRACE_SIGN_IN_BAD, or 0: it is none */
	struct yg_bytes account; /* may be empty */
	struct yg_bytes source;	 /* address it came from; may be empty */
	struct yg_bytes host;	 /* the machine that wrote the record; may be empty */
};
struct yg_sign_in yg_trace_sign_in(struct yg_event *event);

/* Traces that stand one after the other in the input. */
struct yg_trace_run {
	const struct yg_trace *traces;
	uint32_t count;
};

struct yg_tracer;
struct yg_indicators; /* detect/indicators.h */

/* @engine and @indicators (or NULL) are borrowed. NULL without memory. */
struct yg_tracer *yg_tracer_new(const struct yg_engine *engine,
				const struct yg_indicators *indicators);
struct yg_tracer *yg_tracer_free(struct yg_tracer *tracer);

/* Leave event_json empty from now on: for those who count only. */
void yg_tracer_bare(struct yg_tracer *tracer);

/*
 * The secret behind the hashes of groups and values. It belongs to correlation state that is kept
 * (detect/correlate.h): a tracer that goes on with such state is given its seed before the first
 * trace.
 */
uint64_t yg_tracer_seed(const struct yg_tracer *tracer);
void yg_tracer_reseed(struct yg_tracer *tracer, uint64_t seed);

/*
 * Add {"field":"value",…} to @to: the group of @key's correlation that @event belongs to. The names
 * are those of group-by, aliases included. Of @key group, value and number are not looked at.
 */
void yg_trace_group(const struct yg_engine *engine, const struct yg_trace_key *key,
		    struct yg_event *event, struct yg_buf *to);

/*
 * Put keys in the order in which correlations act on them: what stands on others comes behind
 * these; those of one correlation stand together, by their refs and the refs below.
 */
void yg_trace_order_keys(const struct yg_engine *engine, struct yg_trace_key *keys, uint32_t count);

struct yg_indicator_memo;
struct yg_trace_opts {
	struct yg_bytes kept;		/* stays until the trace was judged, as a batch's text */
	struct yg_indicator_memo *memo; /* for indicators, of this thread; may be NULL */
};

/*
 * Make the trace of @event, whose hits are @hits. Texts are copied into @arena (the batch's), or
 * borrowed where they lie in opts->kept. YG_OK or YG_ENOMEM. *ret_is_needed is false
 * when no detector across records can want this record: the caller drops it then.
 */
YG_MUST_USE int yg_trace_make(const struct yg_tracer *tracer, struct yg_event *event,
			      const struct yg_hits *hits, struct yg_arena *arena,
			      struct yg_trace_opts opts, struct yg_trace *ret, bool *ret_is_needed);
