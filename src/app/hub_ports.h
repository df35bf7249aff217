/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_ports.h - what the hub's operations are lent by the rest of the program (access/api.h):
 * one table, for the keeper's loop and for each of its readers (app/hub_readers.h). An operation
 * that reads and needs something more gets one line in hub_ports.c.
 *
 * Threads: what a thread lends is its own, but for what never changes once the hub serves.
 * Tests:   tests/unit/app/test_hub_readers.c: each GET by loop and by reader, byte by byte
 */
#pragma once

#include "access/api.h"

struct yg_hub_beats;
struct yg_hub_http;
struct yg_hub_report;
struct yg_hub_warn;

/* What ports look into; all borrowed. */
struct yg_hub_lent {
	const char *data;	    /* folder */
	const struct yg_zone *zone; /* in which people read times */
	bool is_demo;
	const struct yg_hub_report *forms; /* never change: all threads read the same */
	const struct yg_hub_warn *warn;	   /* as above */
	struct yg_hub_beats *beats;	   /* the thread's own */
	struct yg_hub_http *http; /* the loop's, which writes and puts off; NULL: of a reader */
};

/* Their `arg` is @lent, which has to stay. */
struct yg_hub_api_ports yg_hub_ports(struct yg_hub_lent *lent);
