/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/situations.h - situations as people and programs may read them.
 *
 * Analysts of the hub, who may read findings of all, see whole situations. Everybody else sees a
 * part: what one organisation's own alerts say, under an id of its own, with numbers of its own.
 * Nothing in a part - no count, time, key, id or error - depends on whether another organisation
 * was hit.
 * One thread at a time for a store.
 */
#pragma once

#include "access/hub.h"
#include "base/tr.h"
#include "store/facts.h"
#include "store/situations.h"

/* What a reader may see. */
struct yg_situation_view {
	bool is_whole;
	char org[YG_ENROL_ID_MAX + 1]; /* of a part; whole: those that hit it, "": all */
};

/*
 * @reach: where an actor may read findings; @org: the organisation it asks for, "" for none. YG_OK;
 * YG_ENOENT: not reached; YG_EINVAL: it reaches several and has to say which one.
 */
YG_MUST_USE int yg_situation_view(const struct yg_hub_reach *reach, const char *org,
				  struct yg_situation_view *ret);

/* As yg_situations_list; what @filter says of organisations and parts is not looked at. */
YG_MUST_USE int yg_situation_list(struct yg_situations *s, const struct yg_situation_view *view,
				  const struct yg_situations_filter *filter, yg_situation_fn fn,
				  void *arg);
/* One, and its number for the calls below (never to be shown with a part). YG_ENOENT. */
YG_MUST_USE int yg_situation_get(struct yg_situations *s, const struct yg_situation_view *view,
				 const uint8_t id[YG_SITUATION_ID_BYTES], yg_situation_fn fn,
				 void *arg, uint64_t *ret_number);
YG_MUST_USE int yg_situation_alerts(struct yg_situations *s, const struct yg_situation_view *view,
				    uint64_t number, const uint8_t *after, uint32_t limit,
				    yg_situation_alert_fn fn, void *arg);

/* As objects of the API and of the command line, on one line without its end. */
struct yg_situation_saying {
	bool is_whole;
	enum yg_lang lang; /* of sentences; names are the same in every language */
	int64_t now_ns;
};
void yg_situation_json(const struct yg_situation *one, const struct yg_situation_saying *how,
		       struct yg_buf *to);
void yg_situation_alert_json(const struct yg_situation_alert *alert,
			     const struct yg_situation_saying *how, struct yg_buf *to);
void yg_situation_part_json(const struct yg_situation_part *part, struct yg_buf *to);
void yg_situation_event_json(const struct yg_situation_event *event, struct yg_buf *to);

/* The funnel: logs, findings, after noise, situations, notices, by day of receipt (UTC). */
struct yg_funnel_day {
	int64_t day_ns;
	uint64_t records;
	uint64_t notices; /* notices and warnings that were released on it: to it; of all: to all */
	struct yg_situations_day situations;
};
typedef int (*yg_funnel_fn)(void *arg, const struct yg_funnel_day *day);
/* Where its numbers come from. */
struct yg_funnel_from {
	struct yg_situations *situations;
	struct yg_facts *facts;
	struct yg_hub_access *hub;  /* NULL: nothing is known of notices, they are 0 */
	const struct yg_zone *zone; /* whose days (store/facts.h says how far); NULL: UTC */
};
/* Of @org, which the caller may read findings of; "": of all, for those who may read all. Days that
 * have anything, ascending. @from_ns, @to_ns 0: open. */
YG_MUST_USE int yg_funnel(const struct yg_funnel_from *from, const char *org, int64_t from_ns,
			  int64_t to_ns, yg_funnel_fn fn, void *arg);
/* @zone: whose days they are. */
void yg_funnel_json(const struct yg_funnel_day *day, const struct yg_zone *zone, struct yg_buf *to);
