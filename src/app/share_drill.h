/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/share_drill.h - inside `yagura share drill` and `share provision`: a run; its letters; what
 * came of it.
 *
 *   tree ─► share/drill.h: who is next ─► letter (through the gate) ─► app/post.h ─► result
 */
#pragma once

#include <jansson.h>

#include "access/gate.h"
#include "app/post.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/tr.h"
#include "share/drill.h"

#define YG_SHARE_DRILL_NUMBER_MAX 40u
#define YG_SHARE_DRILL_KEY_MAX	  80u

/* What is known of one node beside its result. */
struct yg_share_drill_node {
	uint32_t number;   /* of eight digits, to be given back */
	uint32_t took_ms;  /* from the attempt's beginning to its end */
	int64_t begun_ns;  /* steady */
	const char *words; /* how it ended; in the arena, or "" */
	bool is_answered;  /* a person or program gave the number or the key back */
};

struct yg_share_drill {
	/* as it was asked for */
	const char *tree_path;
	const char *issuer; /* "": not said */
	const char *reach;
	bool is_announced;
	enum yg_drill_way way;
	const json_t *notice;	   /* a provision's, as a person wrote it; NULL: a drill */
	struct yg_release_ask ask; /* of a provision: for whom, and what was agreed to */
	uint32_t timeout_s;
	uint32_t at_once;
	struct yg_hub_config_out out;
	/* the run */
	struct yg_arena *arena;
	struct yg_tree tree;
	struct yg_drill *drill;
	struct yg_share_drill_node *nodes; /* as the tree's */
	struct yg_clock clock;
	struct yg_clock steady;
	char number[YG_SHARE_DRILL_NUMBER_MAX];
	int64_t began_ns;
	int64_t ended_ns;
};

/* The drill's own number, and one for each node. */
void yg_share_drill_numbers(struct yg_share_drill *run);
/* All of it, until nothing is due and nothing under way. YG_OK or an error of the sender. */
YG_MUST_USE int yg_share_drill_send(struct yg_share_drill *run);
/* What the gate says to a provision by @channel: YG_OK; YG_EACCES with the reason (untranslated);
 * YG_EINVAL: it is no notice. */
YG_MUST_USE int yg_share_drill_ask(const struct yg_share_drill *run, enum yg_tree_channel channel,
				   const char **ret_why);

/* Its name in Message-ID or Idempotency-Key: never the same for two nodes or drills; the same for a
 * provision that is sent again. */
void yg_share_drill_key(const struct yg_share_drill *run, uint32_t node,
			char to[YG_SHARE_DRILL_KEY_MAX]);
/*
 * What @node gets, by the gate, as a warning would go: the mail or the webhook's JSON, to @to.
 * YG_OK; YG_EACCES: the gate refuses; YG_ENOMEM, YG_ELIMIT.
 */
YG_MUST_USE int yg_share_drill_letter(const struct yg_share_drill *run, uint32_t node,
				      struct yg_buf *to);

/* One fault in words, without a line end; @place stands before it. Thread-safe. */
void yg_share_drill_fault_text(struct yg_buf *to, const char *place,
			       const struct yg_tree_fault *fault, enum yg_lang lang);
/* Each fault as a message of its own, then how many more there were. */
void yg_share_drill_say_faults(const char *path, const struct yg_tree_faults *faults);

/* docs/drill.md: the whole result; owned by the caller. NULL without memory. */
json_t *yg_share_drill_json(const struct yg_share_drill *run);
/*
 * Counts and corrections of @result again from its nodes, after some of them changed. YG_OK,
 * YG_ENOMEM; YG_EFORMAT: it is no such result.
 */
YG_MUST_USE int yg_share_drill_count(json_t *result);
/* All nodes have it, and no cause of failure is left. */
bool yg_share_drill_is_whole(const json_t *result);

/* `--result FILE --answers FILE`: the same result with what was given back; said what is wrong. */
YG_MUST_USE int yg_share_drill_again(const char *result_path, const char *answers_path,
				     struct yg_arena *arena, json_t **ret);
