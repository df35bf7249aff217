/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/query_process.h - evidence queries in a process that can do nothing else.
 *
 * A query is text from a framework file of anyone. store/query.h guards what it may read and what
 * it may cost; here it also runs behind the walls of app/query_sandbox.h: a child process opens the
 * facts file of one organisation, shuts itself in, and answers one query after the other until the
 * batch is done. What it writes is read as hostile bytes. A child that dies, or does not answer in
 * time, is an error of the query it worked on; the next queries get a new child.
 *
 *   parent                              child
 *     fork ──────────────────────────────► close all, open facts, shut in
 *     ◄─────────────────────────── HELLO
 *     QUERY ─────────────────────────────►
 *     ◄──────────────── ROWS … ROWS, DONE      (again for each query)
 *     close ─────────────────────────────► ends
 *
 * Results are kept and given again while no list changed that the query read (and, where it read
 * `clock`, the day is the same): only queries whose facts changed run again.
 *
 * Fork early: the child has a copy of the parent's memory, so nothing secret (a signing key) shall
 * be in it. Threads: one at a time per object, and no other thread may be inside SQLite meanwhile
 * (its locks would be copied as they stand).
 * Tests:  tests/unit/app/test_query_process.c, tests/unit/app/test_query_sandbox.c
 */
#pragma once

#include "assess/assess.h"
#include "store/query.h"

#define YG_QUERY_PROCESS_WAIT_MS_MAX 20000u	 /* for one answer; a backstop */
#define YG_QUERY_PROCESS_RESULT_MAX  (16u << 20) /* bytes of all rows of one query */
#define YG_QUERY_PROCESS_KEPT_MAX    (64u << 20) /* bytes of results kept */
#define YG_QUERY_PROCESS_QUERIES_MAX 4096u	 /* results kept */

struct yg_query_process;

/* @facts_path is copied; the file need not be there yet. NULL without memory. */
struct yg_query_process *yg_query_process_new(const char *facts_path);

/* NULL is allowed; always returns NULL. */
struct yg_query_process *yg_query_process_free(struct yg_query_process *process);

/*
 * The port `run_queries` of struct yg_assess_ports; @facts is a struct yg_query_process. Each query
 * gives its rows, or one error, or nothing. No facts file: YG_OK and no rows. Errors: of the facts
 * file (yg_inventory_open), YG_EUNSUPPORTED when the walls cannot be built here, YG_ENOMEM, or what
 * @fn returned.
 */
YG_MUST_USE int yg_query_process_run(void *facts, struct yg_access *access, int32_t day,
				     const struct yg_assess_query *queries, uint32_t count,
				     yg_assess_row_fn fn, void *arg);

struct yg_query_process_counts {
	uint64_t run;	   /* queries given to a child */
	uint64_t kept;	   /* answered from what was kept */
	uint64_t children; /* processes started */
};
struct yg_query_process_counts yg_query_process_counts(const struct yg_query_process *process);
