/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/oracle/oracle.h - the reference evaluator: what a rule means, slowly and plainly.
 *
 * It walks the tree of struct yg_rules as it stands and shares no matching code with the engine:
 * regular expressions go through PCRE2, texts through memmem. The engine must give the same
 * answers. Routing is not its business: it answers for a rule whatever the record's logsource.
 */
#pragma once

#include "detect/rules.h"
#include "model/event.h"

/*
 * True when @event satisfies the condition of ordinary rule @rule (active or not; inactive ones
 * are never satisfied). @event->names must be rules->names. Ends the program when memory is out.
 * Not thread-safe: compiled expressions are kept between calls.
 */
bool oracle_match(const struct yg_rules *rules, uint32_t rule, struct yg_event *event);

/* The same for one predicate. */
bool oracle_pred(const struct yg_rules *rules, uint32_t pred, struct yg_event *event);

/* The matcher that tests shall run with: YAGURA_MATCHER=builtin, else that of this CPU. */
enum yg_matcher oracle_matcher(void);

/* Forget what was kept for a rule set that is about to be freed. */
void oracle_forget(void);
