/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/lines.h - from the bytes of a source to records in the batch that is being collected.
 *
 * Nothing is left out: a line that no format knows becomes a record of format syslog whose message
 * is the line, and is counted. A record that grows beyond YG_WIRE_LINE_MAX goes without its raw
 * text, and if that does not help, with as much of its raw text as fits and no fields.
 *
 * The local policy (which sources and fields may leave, and how they are masked) has its place in
 * struct yg_lines_filter: it sees each event before it is written, so that nothing it holds back
 * ever stands in a batch.
 *
 * Layer:   sensor. One thread.
 * Tests:   tests/unit/sensor/test_lines.c
 */
#pragma once

#include "base/zone.h"
#include "model/event.h"
#include "wire/batch.h"

/* Bytes of a record must be followed by this many that can be read. */
#define YG_LINES_PADDING 64u

/*
 * Who keeps what was read as it was, before any policy touches it: the local archive and the
 * counts of what sources deliver. Sees each event once; undo: the last one comes again.
 */
struct yg_lines_tap {
	/* Returns how many bytes it keeps until the commit. */
	size_t (*take)(void *arg, struct yg_event *event, struct yg_bytes source);
	void (*undo)(void *arg);
	void *arg;
};

/* A batch on its way. */
struct yg_collect {
	const struct yg_lines_tap *tap; /* or NULL; stays when it is reset */
	struct yg_buf content;
	uint32_t count;
	size_t kept; /* bytes that the tap keeps until the commit, of what leaves and what not */
	int64_t first_ns; /* of records; YG_TIME_NONE: none had a time */
	int64_t last_ns;
	int64_t begun_ns; /* clock, when the first record came */
};
void yg_collect_init(struct yg_collect *collect);
void yg_collect_done(struct yg_collect *collect);
void yg_collect_reset(struct yg_collect *collect);
bool yg_collect_is_full(const struct yg_collect *collect);

struct yg_lines_filter {
	/* YG_OK: @event, whose source is filled, may leave as it now is; YG_EACCES: it stays here;
	 * or an error. */
	int (*apply)(void *arg, struct yg_event *event);
	void *arg;
};

struct yg_lines;

/*
 * @source: as it stands in records. @zone, @names, @filter (NULL: all may leave) outlive it.
 * NULL without memory.
 */
struct yg_lines *yg_lines_new(const char *source, const struct yg_zone *zone,
			      const struct yg_names *names, const struct yg_lines_filter *filter);
struct yg_lines *yg_lines_free(struct yg_lines *reader);

/* What comes next is another file, from its beginning. */
void yg_lines_restart(struct yg_lines *reader);

/* What comes next stands behind @start, the first bytes of the file: its head lines count. */
YG_MUST_USE int yg_lines_resume(struct yg_lines *reader, struct yg_bytes start);

/*
 * Take records from the front of @text, which is UTF-8 and followed by YG_LINES_PADDING bytes,
 * until @collect is full (unless @take_all). @is_end: nothing will follow; the last line needs no
 * ending. *ret_size: bytes consumed; *ret_lines: line feeds among them. @now_ns: for years that a
 * log leaves out. YG_OK, YG_ENOMEM (what was consumed before counts).
 */
struct yg_lines_text {
	struct yg_bytes text;
	bool is_end;
	bool take_all;
	uint64_t lines_before; /* line feeds before @text in its file */
	int64_t now_ns;
};
YG_MUST_USE int yg_lines_take(struct yg_lines *reader, const struct yg_lines_text *text,
			      struct yg_collect *collect, size_t *ret_size, uint64_t *ret_lines);

/*
 * Take an event that was read elsewhere (Windows event files, the inventory): through the tap and
 * the filter, as a line would be. @event may be changed. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_lines_put(struct yg_lines *reader, struct yg_event *event, int64_t now_ns,
			     struct yg_collect *collect);

/* The next @records are in batches already: read over them. yg_lines_seen counts them too. */
void yg_lines_skip(struct yg_lines *reader, uint64_t records);
/* Records that came out of the bytes, whatever became of them. */
uint64_t yg_lines_seen(const struct yg_lines *reader);

struct yg_lines_state {
	uint64_t records;
	uint64_t unknown; /* that no format knew */
	uint64_t cut;	  /* too long to be whole */
	uint64_t held;	  /* that the filter held back */
};
struct yg_lines_state yg_lines_state(const struct yg_lines *reader);
