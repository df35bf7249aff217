/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/records.h - every record of the inputs that options name, one after the other, in one thread:
 * for printing records and for filling archives.
 */
#pragma once

#include "app/options.h"
#include "model/event.h"

struct yg_record_seen {
	struct yg_bytes source; /* the input */
	uint64_t position;
	struct yg_bytes text; /* as it stands in the input; empty where that is no text */
};

/* All pointers are valid during the call. An error ends the walk. */
struct yg_records_to {
	int (*take)(void *arg, struct yg_event *event, const struct yg_record_seen *seen);
	/* A record that no reader understands; @why: English words. */
	int (*unread)(void *arg, const struct yg_record_seen *seen, const char *why);
	void *arg;
};

struct yg_records_done {
	size_t readable;  /* inputs that could be opened */
	bool is_partly;	  /* something that was named could not be used (said) */
	bool is_prepared; /* options and memory were in order: an error came from the records */
};

/* YG_OK, YG_ENOMEM and wrong options (said), or what a function of @to returned. */
YG_MUST_USE int yg_records(const struct yg_options *options, const struct yg_records_to *to,
			   struct yg_records_done *ret);
