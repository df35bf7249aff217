/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/walk.h - every record of the named inputs, one after another, for commands that look at
 * records and not at rules: `source records`, `summary`, `search`, `archive write`.
 *
 * One thread. Inputs, formats, zones and descriptions of sources as `detect` takes them.
 */
#pragma once

#include "app/options.h"
#include "base/err.h"

/* Where a record stands. */
struct yg_walk_place {
	struct yg_bytes source; /* the input */
	uint64_t position;
	struct yg_bytes text; /* as it stands in the input; empty where that is no text */
};

struct yg_walk {
	/* Set by the caller; zero the rest. */
	const struct yg_options *options;
	/* Take one record. All is valid during the call. YG_OK, YG_EEND (enough), or an error. */
	int (*take)(void *arg, struct yg_event *event, const struct yg_walk_place *place);
	/* One that nobody can read, or NULL; @why: English words. The first ones are said. */
	int (*unread)(void *arg, const struct yg_walk_place *place, const char *why);
	void *arg;
	int64_t from_ns, to_ns; /* only records from then on, and before then; YG_TIME_NONE: open */

	/* The result. */
	uint64_t records;      /* that were read */
	uint64_t unread_count; /* that nobody could read */
	uint64_t outside;      /* of another time, or without one where a time was asked for */
	size_t readable;       /* inputs */
	bool is_prepared; /* options were in order and there was memory: rc is of the records */
	bool is_partly;	  /* an input or description that was named could not be used */
	int rc;		  /* YG_OK, or why it ended */
};

/* Read all. Faults of inputs are said. YG_OK (also after YG_EEND), or the error that ended it. */
YG_MUST_USE int yg_walk_run(struct yg_walk *walk);

/* The exit status after a run whose output went well (docs/cli-contract.md). */
int yg_walk_status(const struct yg_walk *walk);

/* Say why a run ended with @rc, where that is not the reader's going away. The exit status. */
int yg_walk_failed(int rc);

/*
 * Options of a command of its own that stand among those of `detect`: taken out of argv before
 * yg_options_read() sees the rest.
 */
struct yg_extra {
	const char *name; /* "--from" */
	bool has_value;
	const char **value;			   /* where the last value goes; or */
	bool (*set)(void *arg, const char *value); /* called for each; false: said, wrong usage */
};

/* False: a value is missing, or set() said no. *argc shrinks. */
bool yg_extras_take(int *argc, char **argv, const struct yg_extra *extras, size_t count, void *arg);

/* --from and --to: "2026-11-25", "2026-11-25T08:00:00", with or without a zone. False: said. */
bool yg_walk_times(struct yg_walk *walk, const char *from, const char *to);
