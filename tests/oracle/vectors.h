/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/oracle/vectors.h - runs the hand-made vectors (tests/oracle/vectors) against any matcher.
 *
 * A vector file is a YAML list of groups:
 *
 *	- name: what is shown
 *	  detection: |          # as in a rule, condition included; title and logsource are added
 *	    sel: {A: x}
 *	    condition: sel
 *	  placeholders: |       # optional, for expand
 *	    name: [a, b]
 *	  yes: [{A: x}]         # events that satisfy it; a list value = a field that occurs again
 *	  no: [{A: y}]
 *	  refused: text         # instead of yes and no: the reason the loader gives contains this
 *
 * In an event plain null is null, plain numbers and true/false have these kinds; the key `_raw`
 * gives the record as read. tests/oracle/sigma_eval.py reads the same files.
 */
#pragma once

#include "detect/rules.h"
#include "model/event.h"

struct vector_matcher {
	/* For one rule set with one rule, index 0, active. NULL ends the program. */
	void *(*open)(const struct yg_rules *rules);
	/* The table of names events must use. */
	const struct yg_names *(*names)(void *state);
	bool (*match)(void *state, struct yg_event *event);
	void (*close)(void *state);
};

struct vector_counts {
	unsigned groups;
	unsigned cases;	 /* events and refusals */
	unsigned failed; /* printed to standard error as FILE: GROUP: event N: … */
};

/* Run one file. False when the file cannot be read as vectors at all. */
bool vectors_run(const char *file, const struct vector_matcher *matcher,
		 struct vector_counts *counts);

/* Run all *.yml files of @folder in the order of their names; false when there is none. */
bool vectors_run_folder(const char *folder, const struct vector_matcher *matcher,
			struct vector_counts *counts);
