/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/facts.h - the append-only store: what detection found, in bundles, with its counters.
 *
 * A row is a bundle: the findings of one (organisation, sensor, rule, source, minute), for
 * indicators of one value (the id's rule is then "RULE=VALUE"), with how often, from when to when,
 * the weightiest outcome, and references into the archive. Raw records are not in here. Ids are
 * derived (yg_fact_finding_id), so the same findings again, after a crash, are the same rows and
 * change nothing.
 *
 * It is filled by consumers of the journal only, in batches: rows, counters, what the consumer
 * needs to go on (its state, in parts), and its cursor are one transaction. A batch says which
 * cursor it follows on; one that does not (it was committed before, or another process did) is
 * refused.
 *
 * No transaction spans this store and store/control.h, and neither knows the other.
 * Backends: facts_sqlite.c (a file of its own, WAL, synchronous=FULL), facts_ram.c (for tests).
 * tests/unit/store/facts_conformance.c runs against both. Only access/ and app/ include this.
 * Threads: one writer, and one struct for each thread that reads.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/zone.h"
#include "model/finding.h"

#define YG_FACT_ORG_MAX 64u
#define YG_FACT_TEXT_MAX                                                                           \
	1024u			   /* bytes of source, actor, target; longer ones are cut by whole \
				    * characters before they come here */
#define YG_FACT_REFS_MAX     8u	   /* references kept of a bundle: the first ones and the last */
#define YG_FACT_LIST_MAX     1000u /* rows in one page */
#define YG_FACT_STATE_MAX    (16u << 20) /* bytes a consumer may keep at its cursor */
#define YG_FACT_PART_MAX     (80u << 20) /* bytes of a part of its state */
#define YG_FACT_KEY_MAX	     128u	 /* bytes of the name of such a part */
#define YG_FACT_LOOK_MAX     5000u /* rows looked at for one page, of several organisations fewer */
#define YG_FACT_CONSUMER_MAX 32u
#define YG_FACT_ID_BYTES     16u

/* The rule set of a finding that a sensor made itself begins so; it has no references: the records
 * are held by the member, not by the hub. */
#define YG_FACT_TOLD "sensor:"

struct yg_facts;

/* Where a record is: the number of its line (app/hub_archive.h), and when the hub received it. */
struct yg_fact_ref {
	uint64_t number; /* journal position * 65536 + place in the batch */
	int64_t received_ns;
};

/* A bundle. Bytes are borrowed: on writing for the call, on reading until the callback returns. */
struct yg_fact_finding {
	uint8_t id[YG_FACT_ID_BYTES];
	uint64_t change; /* ascends over the whole store with every change of a row; reading only */
	struct yg_bytes org;
	struct yg_bytes sensor;
	struct yg_bytes rule;	  /* its id */
	struct yg_bytes title;	  /* of the rule, English */
	struct yg_bytes title_ja; /* may be empty */
	struct yg_bytes rules;	  /* digest of the rule set, hex; see YG_FACT_TOLD */
	struct yg_bytes bundle;	  /* its sensor's own name for it, which the id is made of; not
				   * kept, empty for all that are not told */
	enum yg_level level;
	enum yg_finding_kind kind;
	enum yg_attack_field field;
	enum yg_outcome outcome; /* the weightiest */
	struct yg_bytes reason;	 /* of that outcome, English text */
	struct yg_bytes source;	 /* the log, as the sensor names it */
	struct yg_bytes actor;	 /* of the first finding; may be empty */
	struct yg_bytes target;	 /* as above */
	struct yg_bytes matched; /* indicators: the value; else empty */
	struct yg_bytes hunt;	 /* of the hunt that found it in the archive; empty: when it came */
	int64_t minute_ns;	 /* begin of its minute of event time (receipt, without one) */
	int64_t first_ns;
	int64_t last_ns;
	int64_t received_ns; /* of its first record: when the hub had it */
	int64_t written_ns;  /* when it could first be seen here */
	uint64_t count;
	struct yg_fact_ref refs[YG_FACT_REFS_MAX];
	uint32_t ref_count;
};

/*
 * The id of a bundle: its minute (minutes since 1970 + 2^31, 4 bytes, big end first), then the
 * first 12 bytes of SHA-256 over its key, each part with its length before it (8 bytes, big end
 * first; the minute as decimal text). So ids sort as their minutes do. @minute_ns is cut to its
 * minute.
 */
void yg_fact_finding_id(struct yg_bytes org, struct yg_bytes sensor, struct yg_bytes rule,
			struct yg_bytes source, int64_t minute_ns, uint8_t to[YG_FACT_ID_BYTES]);

/* Where the minute of @ns begins. */
int64_t yg_fact_minute(int64_t ns);

/*
 * YG_OK; YG_EMISMATCH: made by a newer version, untouched; YG_EFORMAT: no file of ours, untouched;
 * YG_EIO, YG_ENOSPC, YG_EACCES, YG_EAGAIN, YG_ENOMEM.
 */
YG_MUST_USE int yg_facts_open_sqlite(const char *path, bool may_create, struct yg_facts **ret);
struct yg_facts *yg_facts_new_ram(void);
/* An open batch is dropped. NULL is allowed; always returns NULL. */
struct yg_facts *yg_facts_free(struct yg_facts *facts);

/* ---- writing: one consumer's batch ---- */

/* The cursor and the state that @consumer committed last; 0 and no bytes at the very beginning.
 * *ret_state: room is the caller's buffer, emptied first; NULL: not wanted. */
YG_MUST_USE int yg_facts_cursor(struct yg_facts *facts, const char *consumer, uint64_t *ret_cursor,
				struct yg_buf *ret_state);

/* YG_OK; YG_EMISMATCH: the last committed cursor is not @after. */
YG_MUST_USE int yg_facts_begin(struct yg_facts *facts, const char *consumer, uint64_t after);

/*
 * Add @finding's count, references and times to its bundle, or make it. @ret_is_new may be NULL.
 * YG_OK, YG_EINVAL (outside the limits above); after another error the batch fails.
 */
YG_MUST_USE int yg_facts_add(struct yg_facts *facts, const struct yg_fact_finding *finding,
			     bool *ret_is_new);

/* A weightier outcome of bundle @id, learnt later; a lighter one changes nothing. YG_OK, YG_ENOENT.
 */
YG_MUST_USE int yg_facts_outcome(struct yg_facts *facts, const uint8_t id[YG_FACT_ID_BYTES],
				 enum yg_outcome outcome, struct yg_bytes reason);

/*
 * Whoever writes counts by parts of days (yg_day_part_ns) of @zone, which must live as long;
 * without it, or NULL: by days of UTC.
 */
void yg_facts_zone(struct yg_facts *facts, const struct yg_zone *zone);

/* Logs received at @received_ns, for the funnel: counters by organisation and day of receipt. */
YG_MUST_USE int yg_facts_count_records(struct yg_facts *facts, struct yg_bytes org,
				       int64_t received_ns, uint64_t records, uint64_t bytes);

/*
 * A part of the consumer's state, as it was at journal position @position: in a batch, so that it
 * becomes durable with the rest. No bytes: the part goes. YG_OK, YG_EINVAL, YG_ELIMIT.
 */
YG_MUST_USE int yg_facts_put_part(struct yg_facts *facts, struct yg_bytes key, uint64_t position,
				  struct yg_bytes state);
/* YG_OK; YG_ENOENT: there is none. @ret_state as in yg_facts_cursor(). */
YG_MUST_USE int yg_facts_part(struct yg_facts *facts, const char *consumer, struct yg_bytes key,
			      uint64_t *ret_position, struct yg_buf *ret_state);

/* Everything since begin, with @cursor and @state (empty data: the old one stays), durable in one;
 * on error nothing of it. */
YG_MUST_USE int yg_facts_commit(struct yg_facts *facts, uint64_t cursor,
				const struct yg_bytes *state);
void yg_facts_abort(struct yg_facts *facts);

/* ---- reading ---- */

/* Zero values and empty bytes: no such limit. */
struct yg_fact_filter {
	bool is_all_orgs;	     /* else those listed, none when the list is empty */
	const struct yg_bytes *orgs; /* at most YG_FACT_ORGS_MAX */
	size_t org_count;
	struct yg_bytes rule;
	struct yg_bytes sensor;
	struct yg_bytes actor;
	enum yg_level level_min;
	enum yg_outcome outcome_min;
	const struct yg_zone *zone; /* whose days; NULL: UTC */
	int64_t from_ns;	    /* minute_ns >= */
	int64_t to_ns;		    /* minute_ns < ; 0: open */
	/* Keyset. Newest first (minute_ns, id descending) unless by_change. Ids begin with their
	 * minute, so after_id alone says where to go on. */
	bool has_after;
	uint8_t after_id[YG_FACT_ID_BYTES];
	bool by_change; /* all rows that changed after @after_change, in order: live views */
	uint64_t after_change;
	uint32_t limit; /* 1..YG_FACT_LIST_MAX */
};
#define YG_FACT_ORGS_MAX 1000u

/* YG_OK to go on; another value ends the listing and is returned from it. It must not call anything
 * of the same struct: YG_EINVAL then. */
typedef int (*yg_fact_fn)(void *arg, const struct yg_fact_finding *finding);

/*
 * Cost: never rows stored, whatever the filter (held by a test on the query plans): at most
 * YG_FACT_LOOK_MAX rows are looked at. So a page can end with fewer rows than asked for, even none,
 * before the end: yg_facts_next() says whether it did, and where the next one begins. The page is
 * one moment of the store, read before the first call of @fn, however long that takes over a row.
 */
YG_MUST_USE int yg_facts_list(struct yg_facts *facts, const struct yg_fact_filter *filter,
			      yg_fact_fn fn, void *arg);

/* Of the last listing of @facts that gave YG_OK: for the same filter's after_id or after_change. */
struct yg_fact_next {
	bool is_more; /* there may be; false: that was all */
	uint8_t after_id[YG_FACT_ID_BYTES];
	uint64_t after_change;
};
struct yg_fact_next yg_facts_next(const struct yg_facts *facts);

/* YG_OK, YG_ENOENT (also when it is of an organisation that @filter does not allow). */
YG_MUST_USE int yg_facts_get(struct yg_facts *facts, const struct yg_fact_filter *filter,
			     const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg);

/*
 * Counters of a day of receipt, kept by the writer: no row is counted when it is asked for. With
 * is_all_orgs there is one row for a day, org empty: the sums of all. Order: org as listed, day.
 * Days are those of filter->zone, and begin at day_ns; from_ns and to_ns hold for that; at most
 * limit days. Days of UTC are exact. Those of another zone are as far as the writer counted by it:
 * what it counted before falls on the day in which its part began.
 */
struct yg_fact_day {
	struct yg_bytes org;
	int64_t day_ns;
	uint64_t records;
	uint64_t bytes;
	uint64_t findings; /* their counts */
	uint64_t bundles;
	uint64_t by_level[5]; /* bundles */
};
typedef int (*yg_fact_day_fn)(void *arg, const struct yg_fact_day *day);
YG_MUST_USE int yg_facts_days(struct yg_facts *facts, const struct yg_fact_filter *filter,
			      yg_fact_day_fn fn, void *arg);

/* The number of the last change; 0: none yet. */
YG_MUST_USE int yg_facts_last_change(struct yg_facts *facts, uint64_t *ret);

/*
 * Rows of @org go whose minute and whose receipt lie before @before_ns, at most @limit at a time;
 * *ret_count: how many went. Counters of days stay.
 */
YG_MUST_USE int yg_facts_expire(struct yg_facts *facts, struct yg_bytes org, int64_t before_ns,
				uint32_t limit, uint32_t *ret_count);

/*
 * What is left of @org when its rows are gone: its counters of days, and every name (of
 * organisations, sensors, logs) that no row has any more. Sums over all stay. YG_OK, YG_EAGAIN.
 * Cost: a look at every row.
 */
YG_MUST_USE int yg_facts_forget(struct yg_facts *facts, struct yg_bytes org);

/* The last error in the backend's own words; "" when there is none. */
const char *yg_facts_trouble(const struct yg_facts *facts);
