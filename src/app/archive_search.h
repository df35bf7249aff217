/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/archive_search.h - records of one organisation's archive by time, field and text, page by
 * page.
 *
 *   files of the organisation ─► index, filters ─► frames that may hold it ─► lines ─► records
 *
 * A look at an address, a name, a user or a hash in a field reads the few frames whose filters say
 * "maybe"; one at a text alone reads all frames of the time. What is behind a position is found
 * again however many records came meanwhile: positions ascend with arrival and stay what they are
 * when a file is closed. Who may read them is the caller's to know (access/consent.h).
 *
 * One thread for each call; a hub may write at the same time.
 * Tests: tests/unit/app/test_archive_search.c, tests/e2e/hub_search.py
 */
#pragma once

#include <stdatomic.h>

#include "app/narrow.h"
#include "app/terms.h"

#define YG_ARCHIVE_POSITION_SIZE 48u /* room for a position as text, NUL included */

/* Where a record stands: hour of arrival, file of that hour, frame, line. */
struct yg_archive_position {
	int64_t hour_ns;
	uint32_t part;
	uint32_t frame;
	uint32_t line;
};

/* "490000-0-12-345", for people and addresses. */
void yg_archive_position_write(const struct yg_archive_position *position,
			       char to[YG_ARCHIVE_POSITION_SIZE]);
/* False: that is none. */
bool yg_archive_position_read(struct yg_bytes text, struct yg_archive_position *ret);

struct yg_archive_search_opts {
	const char *dir; /* of the archive; all is borrowed */
	const char *org;
	const struct yg_narrow *narrow;		 /* time and fields; yg_narrow_init(): all */
	struct yg_terms *terms;			 /* prepared, or NULL: no text */
	const struct yg_archive_position *after; /* NULL: from the beginning; not included */
	bool is_newest_first;	 /* by arrival; then @after is walked away from downwards */
	uint32_t limit;		 /* records; 0: none */
	uint32_t frames_max;	 /* that are read in this call; 0: none */
	const atomic_bool *stop; /* set by another thread: read no more frames; NULL: none */
};

struct yg_archive_found {
	struct yg_bytes line; /* the record as it is kept, without its LF */
	struct yg_event *event;
	struct yg_archive_position position;
};
/* All is valid during the call. YG_OK, YG_EEND: enough, or an error that ends the search. */
typedef int (*yg_archive_found_fn)(void *arg, const struct yg_archive_found *found);

struct yg_archive_search_result {
	uint64_t found;
	uint64_t records; /* in the frames that were read */
	uint64_t files;
	uint64_t frames; /* of these files */
	uint64_t frames_read;
	uint64_t damaged; /* files or frames that could not be read, lines that are no JSON */
	bool is_more;	  /* limit, frames_max, stop or YG_EEND ended it: go on after @last */
	struct yg_archive_position last; /* of what was looked at; with is_more */
};

/*
 * YG_OK, also where the organisation has no archive; YG_ENOMEM, an error of the system, or what @fn
 * returned. Damaged files are passed over and counted.
 */
YG_MUST_USE int yg_archive_search(const struct yg_archive_search_opts *opts, yg_archive_found_fn fn,
				  void *arg, struct yg_archive_search_result *ret);
