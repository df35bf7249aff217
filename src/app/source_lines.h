/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/source_lines.h - sample lines against descriptions, and how that is shown: shared by
 * `yagura source learn` and `yagura source test`.
 */
#pragma once

#include "base/buf.h"
#include "parse/join.h"
#include "parse/sources.h"

#define YG_LINES_BYTES_MAX (4u << 20)

struct yg_lines {
	struct yg_buf text;	/* UTF-8, with YG_PARSE_PADDING behind */
	struct yg_bytes *items; /* without empty ones */
	uint32_t *numbers;	/* of each in the file, from 1 */
	uint32_t count;
};

/* Read @path ("-": standard input), unpacked and as UTF-8. False: said on standard error. */
bool yg_lines_read(const char *path, struct yg_lines *ret);
/* The lines of @text, which is copied. False without memory. */
bool yg_lines_split(struct yg_bytes text, struct yg_lines *ret);
void yg_lines_done(struct yg_lines *lines);

struct yg_line_show {
	bool is_json;	   /* records on standard output */
	bool is_coloured;  /* words for people otherwise */
	const char *name;  /* of the lines: a path */
	uint32_t *untimed; /* NULL, or counts the lines that are read but give no time */
};

struct yg_line_trial {
	const struct yg_sources *sources;
	const struct yg_parse_opts *opts; /* with the same sources */
	struct yg_names *names;
	struct yg_arena *arena;
	struct yg_join *join; /* NULL, or lines are given in their order, and lend to later ones */
};

/*
 * Read one line. YG_OK: *ret is it; *ret_line the kind of line. Else YG_EMISMATCH with *ret_miss
 * and the description that came furthest; YG_ELIMIT; YG_ENOMEM. *ret lives until the next call.
 */
YG_MUST_USE int yg_line_try(struct yg_line_trial *trial, struct yg_bytes line, struct yg_event *ret,
			    const struct yg_source_line **ret_line,
			    struct yg_source_miss *ret_miss);

/* Try all and show them. *ret_read: how many were read. YG_OK, YG_ENOMEM or an error of the output.
 */
YG_MUST_USE int yg_lines_show(struct yg_line_trial *trial, const struct yg_lines *lines,
			      const struct yg_line_show *show, uint32_t *ret_read);

/* Is @fd a terminal on which colours are wanted (NO_COLOR, TERM)? */
bool yg_is_coloured(int fd);
