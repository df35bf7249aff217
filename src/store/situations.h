/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/situations.h - situations: which alerts belong together, and what people decided of them.
 *
 * A file of its own. What detection found is in store/facts.h and is copied from there by a
 * consumer, alert by alert, with the change cursor of that store: alerts, what ties them, and the
 * cursor are one transaction, and an alert that comes again changes nothing. No query spans the two
 * files.
 *
 *   alert ─ chain ─ situation ─ parts (one for each organisation: what a member may see)
 *
 * Chains and groups are what correlate/bundle.h says. What people decide (states, comments, merging
 * and splitting) stands beside that in events, so who, when, from what to what stays readable, and
 * merging and splitting can be taken back.
 *
 * Only access/ and app/ include this. One thread for each struct.
 */
#pragma once

#include "base/err.h"
#include "model/situation.h"

#define YG_SITUATIONS_LIST_MAX 1000u
#define YG_SITUATION_ALERT_ID  16u
#define YG_SITUATION_WHO_MAX   256u
#define YG_SITUATION_SPLIT_MAX 1000u /* alerts that one split takes out */

struct yg_situations;

YG_MUST_USE int yg_situations_open(const char *path, bool may_create, struct yg_situations **ret);
struct yg_situations *yg_situations_free(struct yg_situations *s);
const char *yg_situations_trouble(const struct yg_situations *s);

/* ---- filling: one consumer ---- */

/* The change of the facts store that was committed last. */
YG_MUST_USE int yg_situations_cursor(struct yg_situations *s, uint64_t *ret);
/* YG_EMISMATCH: the committed cursor is not @after. */
YG_MUST_USE int yg_situations_begin(struct yg_situations *s, uint64_t after);

/* Spans: key (16 bytes), times, the node they are of; see correlate/bundle.h. */
struct yg_situation_span {
	const uint8_t *key;
	int64_t first_ns;
	int64_t last_ns;
	uint64_t node;
	uint64_t alerts;
	int64_t touched_ns; /* the hub's time when something was tied to it last */
	unsigned tie;
	struct yg_bytes value;
};
YG_MUST_USE int yg_situations_near(struct yg_situations *s, const uint8_t *key, int64_t from_ns,
				   int64_t to_ns, struct yg_situation_span *ret, unsigned room,
				   unsigned *ret_count);
YG_MUST_USE int yg_situations_drop_span(struct yg_situations *s, const uint8_t *key,
					int64_t first_ns);
YG_MUST_USE int yg_situations_put_span(struct yg_situations *s,
				       const struct yg_situation_span *span);
YG_MUST_USE int yg_situations_fresh(struct yg_situations *s, bool is_group, uint64_t *ret);
YG_MUST_USE int yg_situations_unite(struct yg_situations *s, bool is_group, uint64_t a, uint64_t b,
				    uint64_t *ret);

/* An alert as it is kept here: a bundle of store/facts.h. Bytes are borrowed. */
struct yg_situation_alert {
	uint8_t id[YG_SITUATION_ALERT_ID]; /* of the bundle */
	uint64_t chain;
	struct yg_bytes org;
	struct yg_bytes rule;
	struct yg_bytes title;
	struct yg_bytes title_ja;
	struct yg_bytes log; /* sensor and source */
	struct yg_bytes actor;
	struct yg_bytes target;
	struct yg_bytes why;	/* of the step */
	const uint8_t *pattern; /* 16 bytes */
	enum yg_noise step;
	enum yg_level level;
	enum yg_outcome outcome;
	bool is_outside; /* the actor is an outside address */
	bool is_by_hand; /* reading: of a chain that people made or moved */
	unsigned keys;	 /* that were tied */
	uint64_t count;
	int64_t minute_ns;
	int64_t first_ns;
	int64_t last_ns;
	int64_t day_ns; /* the part of a day (yg_day_part_ns) of its first receipt */
	/* reading */
	enum yg_situation_state judged; /* NEW: not yet; else NOISE or CONFIRMED */
	struct yg_bytes judged_by;
	int64_t judged_ns;
};
/* What is known of alert @id: chain, step, keys, outcome, count, day alone. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_situations_alert(struct yg_situations *s,
				    const uint8_t id[YG_SITUATION_ALERT_ID],
				    struct yg_situation_alert *ret);
YG_MUST_USE int yg_situations_put_alert(struct yg_situations *s,
					const struct yg_situation_alert *alert);

typedef bool (*yg_situations_thin_fn)(uint64_t alerts, uint64_t findings, uint64_t actors,
				      bool is_outside, enum yg_outcome outcome);
/* Chains that changed find their situations, and spans nothing was tied to since @before_ns go. */
YG_MUST_USE int yg_situations_settle(struct yg_situations *s, yg_situations_thin_fn is_thin,
				     int64_t before_ns, int64_t now_ns);
/* Settled before. All since begin and the cursor, or nothing. */
YG_MUST_USE int yg_situations_commit(struct yg_situations *s, uint64_t cursor);
void yg_situations_abort(struct yg_situations *s);
/* All alerts are looked at again (other steps, other lists): the cursor goes back to 0. */
YG_MUST_USE int yg_situations_again(struct yg_situations *s);

/* ---- reading ---- */

struct yg_situation {
	uint64_t number;   /* counts over all organisations: for analysts alone, 0 in a part */
	uint64_t internal; /* the same, for further calls; never to be shown */
	uint8_t id[YG_SITUATION_ID_BYTES];
	uint64_t change;
	enum yg_situation_state state;
	struct yg_bytes assignee;
	int64_t opened_ns;
	int64_t state_ns;
	int64_t due_ns; /* YG_TIME_NONE: none was set */
	struct yg_certain certain;
	struct yg_situation_facts facts;
	uint64_t removed;     /* alerts that a step took */
	uint64_t chains;      /* of attackers that are in it */
	uint64_t merged_into; /* 0: it stands for itself */
};

struct yg_situations_filter {
	struct yg_bytes org; /* only those that hit it; with is_part as it may see them */
	bool is_part;	     /* numbers of @org's part alone, its own id, no other organisation */
	bool has_state;
	enum yg_situation_state state;
	bool is_open; /* neither noise nor resolved */
	struct yg_bytes assignee;
	int64_t after_last_ns; /* keyset: of the last one, with its number; newest first */
	uint64_t after_number;
	bool has_after;
	uint32_t limit;
};
typedef int (*yg_situation_fn)(void *arg, const struct yg_situation *situation);
/* Those with alerts that are kept, what went on last first. */
YG_MUST_USE int yg_situations_list(struct yg_situations *s,
				   const struct yg_situations_filter *filter, yg_situation_fn fn,
				   void *arg);
/* By id: of the situation, or with filter->is_part of @org's part. YG_ENOENT. */
YG_MUST_USE int yg_situations_get(struct yg_situations *s,
				  const struct yg_situations_filter *filter,
				  const uint8_t id[YG_SITUATION_ID_BYTES], yg_situation_fn fn,
				  void *arg);
YG_MUST_USE int yg_situations_number(struct yg_situations *s, uint64_t number, yg_situation_fn fn,
				     void *arg);

typedef int (*yg_situation_alert_fn)(void *arg, const struct yg_situation_alert *alert);
/* Alerts of situation @number by id after @after (NULL: from the first), of @org alone unless it is
 * empty. */
YG_MUST_USE int yg_situations_alerts(struct yg_situations *s, uint64_t number, struct yg_bytes org,
				     const uint8_t *after, uint32_t limit, yg_situation_alert_fn fn,
				     void *arg);

/* How people judged what @rule found, by alerts, at @from_ns and later. Cost: a look at each
 * alert of it that was judged. */
struct yg_situations_judged {
	uint64_t noise;
	uint64_t confirmed;
};
YG_MUST_USE int yg_situations_judged(struct yg_situations *s, struct yg_bytes rule, int64_t from_ns,
				     struct yg_situations_judged *ret);

struct yg_situation_part {
	struct yg_bytes org;
	uint64_t bundles;
	uint64_t count;
	uint64_t removed;
	enum yg_level level;
	enum yg_outcome outcome;
	int64_t first_ns;
	int64_t last_ns;
};
typedef int (*yg_situation_part_fn)(void *arg, const struct yg_situation_part *part);
YG_MUST_USE int yg_situations_parts(struct yg_situations *s, uint64_t number, uint32_t limit,
				    yg_situation_part_fn fn, void *arg);

/* What happened to it. */
enum yg_situation_what {
	YG_SITUATION_OPENED,
	YG_SITUATION_STATE, /* from, to */
	YG_SITUATION_COMMENT,
	YG_SITUATION_ASSIGNED, /* text: to whom */
	YG_SITUATION_CERTAINTY,
	YG_SITUATION_MERGED,   /* other: the situation that was taken in */
	YG_SITUATION_UNMERGED, /* other: the situation that stands for itself again */
	YG_SITUATION_SPLIT,    /* other: the situation that was made of its alerts */
	YG_SITUATION_JOINED,   /* by the machine, as MERGED */
	YG_SITUATION_DUE,
	YG_SITUATION_WHAT_COUNT
};
const char *yg_situation_what_name(enum yg_situation_what what);
struct yg_situation_event {
	uint64_t number; /* of the event */
	enum yg_situation_what what;
	int64_t time_ns;
	struct yg_bytes actor;
	int64_t from; /* states, certainties */
	int64_t to;
	uint64_t other;
	struct yg_bytes text;
};
typedef int (*yg_situation_event_fn)(void *arg, const struct yg_situation_event *event);
YG_MUST_USE int yg_situations_events(struct yg_situations *s, uint64_t number,
				     yg_situation_event_fn fn, void *arg);

/* The funnel on days of receipt. */
struct yg_situations_day {
	int64_t day_ns;
	uint64_t bundles[YG_NOISE_COUNT]; /* by step; [0]: kept */
	uint64_t findings[YG_NOISE_COUNT];
	uint64_t situations; /* that began to hit it on that day; of all: parts */
};
/* Days that begin from @from_ns on and before @to_ns (0: open), in order, at most @limit. */
struct yg_situations_days {
	struct yg_bytes org;	    /* empty: all */
	const struct yg_zone *zone; /* whose days (store/facts.h says how far); NULL: UTC */
	int64_t from_ns;
	int64_t to_ns;
	uint32_t limit;
};
typedef int (*yg_situations_day_fn)(void *arg, const struct yg_situations_day *day);
YG_MUST_USE int yg_situations_days(struct yg_situations *s, const struct yg_situations_days *ask,
				   yg_situations_day_fn fn, void *arg);

/* ---- people: each a transaction of its own, with an event ---- */

/* Who does it, and when. */
struct yg_situation_by {
	struct yg_bytes actor;
	int64_t now_ns;
	struct yg_bytes text; /* a comment; may be empty */
};
/* YG_OK, YG_ENOENT, YG_EMISMATCH: not allowed from where it stands now, or not @from any more. */
YG_MUST_USE int yg_situations_set_state(struct yg_situations *s, uint64_t number,
					enum yg_situation_state from, enum yg_situation_state to,
					const struct yg_situation_by *by);
YG_MUST_USE int yg_situations_comment(struct yg_situations *s, uint64_t number,
				      const struct yg_situation_by *by);
YG_MUST_USE int yg_situations_assign(struct yg_situations *s, uint64_t number,
				     struct yg_bytes assignee, const struct yg_situation_by *by);
YG_MUST_USE int yg_situations_due(struct yg_situations *s, uint64_t number, int64_t due_ns,
				  const struct yg_situation_by *by);
/* Whose word it is: that of @by's text, else the actor's. */
YG_MUST_USE int yg_situations_certain(struct yg_situations *s, uint64_t number,
				      enum yg_certainty certainty,
				      const struct yg_situation_by *by);
/* All of @other becomes part of @number; taken back with unmerge. YG_EINVAL: the same one, or one
 * of both was merged already. */
YG_MUST_USE int yg_situations_merge(struct yg_situations *s, uint64_t number, uint64_t other,
				    const struct yg_situation_by *by);
YG_MUST_USE int yg_situations_unmerge(struct yg_situations *s, uint64_t number, uint64_t other,
				      const struct yg_situation_by *by);
/* These alerts (@count ids, one behind the other) become a situation of their own; merging takes it
 * back. *ret: its number. */
YG_MUST_USE int yg_situations_split(struct yg_situations *s, uint64_t number, const uint8_t *ids,
				    uint32_t count, const struct yg_situation_by *by,
				    uint64_t *ret);

/* Settings of noise removal, kept here so that they and what they did are one backup. */
YG_MUST_USE int yg_situations_steps(struct yg_situations *s, unsigned *ret);
YG_MUST_USE int yg_situations_set_steps(struct yg_situations *s, unsigned steps,
					const struct yg_situation_by *by);
struct yg_situation_list {
	struct yg_bytes name;
	bool is_allowed; /* else of scanners */
	bool is_on;
	uint32_t entries;
	int64_t time_ns;
	struct yg_bytes actor;
	struct yg_bytes body; /* only while reading bodies */
};
typedef int (*yg_situation_list_fn)(void *arg, const struct yg_situation_list *list);
YG_MUST_USE int yg_situations_lists(struct yg_situations *s, bool with_bodies,
				    yg_situation_list_fn fn, void *arg);
YG_MUST_USE int yg_situations_put_list(struct yg_situations *s,
				       const struct yg_situation_list *list);
/* YG_ENOENT. */
YG_MUST_USE int yg_situations_switch_list(struct yg_situations *s, struct yg_bytes name, bool is_on,
					  bool is_removed);
/* Counts every change of steps and lists. */
YG_MUST_USE int yg_situations_settings(struct yg_situations *s, uint64_t *ret);

/* Records of an organisation have come to their end: its alerts whose minute lies before @before_ns
 * go, at most @limit; situations without any left go with them. */
YG_MUST_USE int yg_situations_expire(struct yg_situations *s, struct yg_bytes org,
				     int64_t before_ns, uint32_t limit, uint32_t *ret_count);
/* An organisation leaves: all of its alerts go, @limit at a time, and what else here tells what
 * stood in its logs; comments on situations that others are part of stay. */
YG_MUST_USE int yg_situations_forget(struct yg_situations *s, struct yg_bytes org, uint32_t limit);
