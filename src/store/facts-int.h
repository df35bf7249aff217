/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/facts-int.h - what facts.c asks of a backend.
 *
 * facts.c checks names and limits and keeps the rules of batches, so a backend sees only what is
 * allowed: writing inside a batch of the consumer named in the struct, no call while a callback
 * runs.
 */
#pragma once

#include "store/facts.h"

#define YG_FACT_MINUTE_NS    (60 * YG_NS_PER_S)
#define YG_FACT_DAY_NS	     (86400 * YG_NS_PER_S)
#define YG_FACT_DAY_LONG_NS  (2 * YG_FACT_DAY_NS) /* none is longer, whatever clocks do */
#define YG_FACT_PREFIX_BYTES 4u			  /* of an id: its minute */
#define YG_FACT_DIGEST_MAX   128u

struct yg_facts_ops {
	void (*free)(struct yg_facts *facts);
	int (*cursor)(struct yg_facts *facts, const char *consumer, uint64_t *ret_cursor,
		      struct yg_buf *ret_state);
	int (*begin)(struct yg_facts *facts);
	int (*commit)(struct yg_facts *facts, uint64_t cursor, const struct yg_bytes *state);
	void (*abort)(struct yg_facts *facts);
	int (*add)(struct yg_facts *facts, const struct yg_fact_finding *finding, bool *ret_is_new);
	int (*outcome)(struct yg_facts *facts, const uint8_t id[YG_FACT_ID_BYTES],
		       enum yg_outcome outcome, struct yg_bytes reason);
	/* Add to the counters of one day of an organisation, and to those of all. */
	int (*count)(struct yg_facts *facts, const struct yg_fact_day *more);
	int (*put_part)(struct yg_facts *facts, struct yg_bytes key, uint64_t position,
			struct yg_bytes state);
	int (*part)(struct yg_facts *facts, const char *consumer, struct yg_bytes key,
		    uint64_t *ret_position, struct yg_buf *ret_state);
	int (*list)(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_fn fn,
		    void *arg);
	int (*get)(struct yg_facts *facts, const struct yg_fact_filter *filter,
		   const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg);
	int (*days)(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_day_fn fn,
		    void *arg);
	int (*last_change)(struct yg_facts *facts, uint64_t *ret);
	int (*expire)(struct yg_facts *facts, struct yg_bytes org, int64_t before_ns,
		      uint32_t limit, uint32_t *ret_count);
	int (*forget)(struct yg_facts *facts, struct yg_bytes org);
	const char *(*trouble)(const struct yg_facts *facts);
};

/* Parts of days, in order of their org, into the days of filter->zone; begin with zeros. */
struct yg_fact_days {
	const struct yg_fact_filter *filter;
	struct yg_fact_day day;
	bool is_begun;
	uint32_t given;
	yg_fact_day_fn fn;
	void *arg;
};
/* @part belongs to day.org. What @fn returned; YG_EEND: there are as many as were asked for. */
YG_MUST_USE int yg_fact_days_add(struct yg_fact_days *days, const struct yg_fact_day *part);
/* The organisation's are over. */
YG_MUST_USE int yg_fact_days_end(struct yg_fact_days *days);
/* Add @more's counters to those of @to. */
void yg_fact_day_sum(struct yg_fact_day *to, const struct yg_fact_day *more);

/* The first member of each backend's own struct. */
struct yg_facts {
	const struct yg_facts_ops *ops;
	char consumer[YG_FACT_CONSUMER_MAX + 1]; /* of the open batch; empty: none is open */
	int failed;				 /* what broke it */
	bool is_reading;			 /* a callback is running */
	const struct yg_zone *zone;		 /* counters are cut by its days, too */
	struct yg_fact_next next;
};

/* The first bytes of the ids of all minutes that begin at @ns or later. */
void yg_fact_prefix(int64_t ns, uint8_t to[YG_FACT_PREFIX_BYTES]);
/* Where the minute of @id begins. */
int64_t yg_fact_minute_of(const uint8_t id[YG_FACT_ID_BYTES]);
/* Where the time unit (minute, day) of @ns begins; of the first one as far as it can be said. */
int64_t yg_fact_floor(int64_t ns, int64_t unit_ns);

/*
 * What a bundle becomes when @more is added: numbers, times and references of @row; true where the
 * outcome (and its reason) is that of @more.
 */
bool yg_fact_merge(struct yg_fact_finding *row, const struct yg_fact_finding *more);

/* What the page ends with, and whether @row passes what the keyset does not say. */
bool yg_fact_passes(const struct yg_fact_filter *filter, const struct yg_fact_finding *row);
