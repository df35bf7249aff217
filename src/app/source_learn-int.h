/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/source_learn-int.h - `yagura source learn`: what the command (source_learn.c) and its
 * questions on a terminal (source_ask.c) share.
 */
#pragma once

#include "app/source_lines.h"
#include "parse/learn.h"

#define YG_LEARN_SETS_MAX YG_SOURCE_SETS_MAX
#define YG_LEARN_TEXT_MAX 4096u /* bytes of one answer */

struct yg_learn_task {
	const char *lines_path; /* NULL: pasted on the terminal */
	const char *name, *title, *kind, *framing, *out;
	const char *zone_name;
	struct yg_learn_field fields[YG_LEARN_FIELDS_MAX];
	uint32_t field_count;
	struct yg_source_pair sets[YG_LEARN_SETS_MAX];
	uint32_t set_count;
	/* Of lines that stand apart and belong together: names of fields
	 * (docs/source-description.md).
	 */
	const char *joins[YG_SOURCE_JOIN_KEYS_MAX];
	const char *keeps[YG_SOURCE_JOIN_FIELDS_MAX];
	const char *takes[YG_SOURCE_JOIN_FIELDS_MAX];
	uint32_t join_count, keep_count, take_count;
	uint64_t within_s; /* 0: not said */
	bool is_end;
	uint64_t pointed; /* line number, from 1 */
	bool is_adding, is_forced, is_json;
	bool is_object; /* what is learnt is a JSON object */
	bool is_told;	/* why nothing could be learnt */
	struct yg_lines lines;
	struct yg_zone *zone;
	struct yg_names *names;
	struct yg_arena *arena; /* of what is learnt and of answers */
};

/* "NAME=VALUE" of @text; false, and said, when it is none. */
bool yg_learn_add_field(struct yg_learn_task *task, const char *text);
bool yg_learn_add_set(struct yg_learn_task *task, const char *text);
bool yg_learn_is_name(struct yg_bytes name);

/* Ask on the terminal for what was not given on the command line. False: given up, or no memory. */
bool yg_learn_ask(struct yg_learn_task *task);

/* Ask for the lines themselves: pasted, ended by an empty one. */
bool yg_learn_ask_lines(struct yg_learn_task *task);

/* Yes or no, yes being what Enter says. */
bool yg_learn_confirm(const char *question);
