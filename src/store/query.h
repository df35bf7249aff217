/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/query.h - one evidence query, read-only, on the published views of one facts file.
 *
 * The text of a query is hostile: it comes from a framework file of anyone. It may SELECT from the
 * published views (docs/inventory.md) and call the functions on the list there; everything else is
 * refused by name. What it costs is bounded by counts, not by a clock, so that the same query on
 * the same facts ends the same way on every machine: steps of the database, bytes of memory, rows,
 * bytes of a text. A query gives the columns resource, status, reason.
 *
 * This is one of two walls: app/query_process.h runs it in a process that can do nothing else.
 *
 * Layer:   store. Threads: a process of its own (yg_query_bound_memory is for the whole process).
 * Tests:   tests/unit/store/test_query.c, tests/unit/store/test_evidence.c
 */
#pragma once

#include "base/err.h"
#include "model/assessment.h"
#include "store/inventory.h"

#define YG_QUERY_SQL_MAX     16384u
#define YG_QUERY_STEPS_MAX   50000000u /* instructions of SQLite's machine, counted by 1000 */
#define YG_QUERY_MEMORY_MAX  (64u << 20)
#define YG_QUERY_ROWS_MAX    100000u
#define YG_QUERY_TEXT_MAX    300u	 /* bytes of resource and of reason; cut there */
#define YG_QUERY_VALUE_MAX   (64u << 10) /* bytes of any value while it runs */
#define YG_QUERY_REFUSAL_MAX 240u

struct yg_query;

/* Hold all memory of SQLite in this process under YG_QUERY_MEMORY_MAX, for good. */
void yg_query_bound_memory(void);

/*
 * Open the facts file at @path and hold it as it is now, until yg_query_free: one consistent
 * state for all queries, and no further file is opened afterwards. @day is what `clock` says.
 * Errors as yg_inventory_open.
 */
YG_MUST_USE int yg_query_open(const char *path, int32_t day, struct yg_query **ret);
struct yg_query *yg_query_free(struct yg_query *query);

struct yg_query_done {
	uint32_t rows;
	uint32_t tables; /* bit i: it read the view with index i (yg_inventory_table) */
	uint64_t steps;	 /* in thousands, rounded up */
	char refusal[YG_QUERY_REFUSAL_MAX]; /* why it failed, English; "" when it did not */
};

/* Texts are borrowed until the callback returns; valid UTF-8. Returns YG_OK to go on; another
 * value ends the query and is returned. */
typedef int (*yg_query_row_fn)(void *arg, const struct yg_check_row *row);

/*
 * Run @sql. YG_OK; YG_EACCES: it tries what it must not; YG_EFORMAT: no SQL, or not of the shape
 * asked for; YG_ELIMIT: over a limit above (rows before that were given to @fn). ret->refusal says
 * what it tried ("reads table x, which is not published").
 */
YG_MUST_USE int yg_query_run(struct yg_query *query, struct yg_bytes sql, yg_query_row_fn fn,
			     void *arg, struct yg_query_done *ret);
