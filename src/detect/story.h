/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/story.h - findings bundled into stories: one for each actor and field of attack.
 *
 * See detect/story.md. Bounded: beyond YG_STORIES_MAX the least weighty story is given up
 * (lowest level, then outcome, then order of magnitude of findings, then longest unchanged).
 * Layer: detect. One thread.
 */
#pragma once

#include "model/finding.h"

#define YG_STORIES_MAX	  20000u
#define YG_STORY_TEXT_MAX 256u /* bytes kept of an actor or a target */

struct yg_stories;

struct yg_stories *yg_stories_new(void);
struct yg_stories *yg_stories_free(struct yg_stories *stories);

/*
 * The id of the story that a finding belongs to: from its actor and field, and where it has no
 * actor from its source file and field. Pure.
 */
void yg_story_id(struct yg_bytes actor, struct yg_bytes source, enum yg_attack_field field,
		 uint8_t to[YG_ID_BYTES]);

/*
 * Add @finding (its member story filled) to its story, about @field. @record numbers the records,
 * ascending: findings of the same one count as one record. @finding->source and ->rule must stay
 * valid. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_stories_add(struct yg_stories *stories, const struct yg_finding *finding,
			       enum yg_attack_field field, uint64_t record);

/* A finding of @rule at @source, @position in @update->story has another outcome now. */
YG_MUST_USE int yg_stories_update(struct yg_stories *stories,
				  const struct yg_finding_update *update,
				  const struct yg_rule_info *rule, struct yg_bytes source,
				  uint64_t position);

/* Put another in the place of every rule that is referred to: @fn gives it. */
void yg_stories_remap(struct yg_stories *stories, yg_rule_remap_fn fn, void *arg);

uint64_t yg_stories_made(const struct yg_stories *stories);
uint64_t yg_stories_evicted(const struct yg_stories *stories);

/* All stories, most serious first; valid until the next call that changes them. */
YG_MUST_USE int yg_stories_list(struct yg_stories *stories, const struct yg_story **ret,
				size_t *ret_count);
