/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/repeat-int.h - which rules can see what differs in repeated lines. Private to repeat*.c
 * and match.c.
 */
#pragma once

#include "detect/engine-int.h"

#define YG_REPEAT_RULES_MAX 64u
#define YG_REPEAT_STEPS_MAX 2048u /* of a condition that is followed to all its ends */

/* A rule whose condition asks what can differ. */
struct yg_repeat_rule {
	uint32_t local; /* number in its group */
	uint32_t entry; /* of its condition */
	bool is_roused; /* what can differ can make it a candidate, too */
};

/* What there is to know of a group of rules. */
struct yg_repeat_rules {
	const struct yg_img_group *group; /* NULL = nothing yet */
	bool is_usable;
	uint8_t *unsure; /* a bit for each predicate of the image: its answer can differ */
	struct yg_repeat_rule *list;
	uint32_t count;
};

/* In place; @rules starts as zeros. YG_OK or YG_ENOMEM. Cost: once over the image's code. */
YG_MUST_USE int yg_repeat_rules_read(struct yg_repeat_rules *rules, const struct yg_engine *engine,
				     const struct yg_img_group *group);
void yg_repeat_rules_done(struct yg_repeat_rules *rules);

/* Can such a rule be true for the record just matched, or be worked on, depending on what differs?
 */
bool yg_repeat_may_fit(struct yg_scratch *scratch, const struct yg_repeat_rules *rules);

/* May folded text @word stand where client, time and size are, or reach into them? */
bool yg_repeat_reaches(struct yg_bytes word);

/*
 * match.c: can the condition from @entry on be true for the record at hand, whatever the predicates
 * in @unsure say? Also true when it cannot be told, or when the work may come to more than
 * YG_METER_FREE.
 */
bool yg_match_may_fit(struct yg_scratch *scratch, uint32_t entry, const uint8_t *unsure);
