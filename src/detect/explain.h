/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/explain.h - why a rule fits a record or does not: condition by condition.
 *
 * The tree of the understood rule (detect/rules.h) is walked as it stands, so that every part has
 * an answer of its own, where the engine stops at the first that decides. What a comparison means
 * is shared with the engine (pred-int.h, the matcher's expressions); tests/detect compares the
 * two on generated rules and events.
 *
 * Layer:   detect. No files, no clock.
 * Threads: an explainer belongs to one thread.
 */
#pragma once

#include "detect/correlate.h"
#include "detect/route.h"
#include "detect/rules.h"
#include "model/explain.h"

struct yg_explainer;

/*
 * For ordinary rule @rule (index) of @rules, which was filled with keeps_pieces set and must stay.
 * Events must use names with the numbers of @rules->names. YG_OK, YG_ENOMEM; YG_EINVAL: it is a
 * correlation, a filter, or not active; YG_EFORMAT: an expression cannot be compiled.
 */
YG_MUST_USE int yg_explainer_new(const struct yg_rules *rules, uint32_t rule,
				 struct yg_explainer **ret);
struct yg_explainer *yg_explainer_free(struct yg_explainer *explainer);

/*
 * Look at @event: *ret_is_match as the engine would say, given that the rule's logsource admits the
 * record (yg_engine_admits); *ret_missing as in struct yg_explanation. YG_OK or YG_ENOMEM. Cost:
 * every comparison of the rule.
 */
YG_MUST_USE int yg_explain_event(struct yg_explainer *explainer, struct yg_event *event,
				 bool *ret_is_match, uint32_t *ret_missing);

/* Put the event looked at last into words, in @arena. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_explain_lines(struct yg_explainer *explainer, struct yg_arena *arena,
				 struct yg_explanation *ret);

/*
 * What made the rule true of the event looked at last: called for each comparison that is true and
 * not under a `not`, with the value that fits. Used for lists of what causes hits.
 */
void yg_explain_causes(struct yg_explainer *explainer,
		       void (*fn)(void *arg, struct yg_bytes field, struct yg_bytes value),
		       void *arg);

/* Does the routing of @event let engine rule @rule (not a correlation) look at it? */
bool yg_engine_admits(const struct yg_engine *engine, struct yg_event *event, uint32_t rule);

/*
 * Call @fn with each kind of record that stands for @logsource (event_code 0: any, channel empty:
 * any). False when there is none but records we cannot place.
 */
bool yg_router_each(const struct yg_router *router, const struct yg_logsource *logsource,
		    void (*fn)(void *arg, const struct yg_record_kind *kind), void *arg);

/* How far @look is from fulfilling its correlation, and what it has (struct yg_explain_group). */
void yg_explain_distance(const struct yg_correlation *correlation,
			 const struct yg_correlation_look *look, double *ret_best,
			 double *ret_missing);
