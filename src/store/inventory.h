/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/inventory.h - the facts file: lists that one organisation brought in (machines, software,
 * updates, accounts, …), each with its date and source, for evidence queries to ask.
 *
 * One SQLite file of one organisation beside its assessment. What queries see are the published
 * views of docs/inventory.md (stable columns); how they are stored is this folder's own business.
 * A list is brought in whole: all rows or none, and it replaces the former list of its table. Each
 * table has a change number that ascends over the whole file, so that only queries whose tables
 * changed need to run again.
 *
 * Layer:   store. The table comes from parse/csv.h; its cells are untrusted text.
 * Threads: one at a time per inventory. A list being written while queries run waits for them (up
 *          to 5 s), and the other way round.
 * Tests:   tests/unit/store/test_inventory.c, tests/fuzz/fuzz_inventory.c
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "model/day.h"
#include "model/table.h"

#define YG_INVENTORY_ROWS_MAX	 200000u /* of one list */
#define YG_INVENTORY_TEXT_MAX	 1000u	 /* bytes of one cell */
#define YG_INVENTORY_SOURCE_MAX	 300u	 /* bytes */
#define YG_INVENTORY_COLUMNS_MAX 32u	 /* of one published view */
#define YG_INVENTORY_TABLES_MAX	 32u
#define YG_INVENTORY_DIGEST_HEX	 64u

struct yg_inventory;

/*
 * Open the file at @path; with @may_create make it (readable by its owner alone) where there is
 * none. YG_OK; YG_ENOENT; YG_EMISMATCH: made by a newer version, untouched; YG_EFORMAT: no facts
 * file of ours, or its tables were tampered with, untouched; YG_EIO, YG_ENOSPC, YG_EACCES,
 * YG_EAGAIN (held by another process for longer than 5 s), YG_ENOMEM.
 */
YG_MUST_USE int yg_inventory_open(const char *path, bool may_create, struct yg_inventory **ret);

/* NULL is allowed; always returns NULL. */
struct yg_inventory *yg_inventory_free(struct yg_inventory *inventory);

/* One list to bring in. All borrowed. */
struct yg_inventory_in {
	struct yg_bytes table; /* "assets"; case does not count */
	const struct yg_table *rows;
	int32_t day;		/* of the list: the day it describes */
	struct yg_bytes source; /* in the words of who brings it: "MDM export" */
	const char *sha256;	/* of the file, 64 lower-case hex digits; NULL: not known */
};

struct yg_inventory_done {
	uint32_t rows;
	uint32_t left_out;	 /* columns of the file that the table does not have */
	uint64_t change;	 /* the table's new change number */
	char first_left_out[64]; /* name of the first of them, cut; "" when none */
};

/*
 * Bring in a list. Header names are those of the view or their synonyms, in any order and letter
 * case; values are normalised (days, yes/no, kinds, full-width letters and digits). *ret (may be
 * NULL) is written on success. On failure nothing changed and *reterr (may be NULL) names line and
 * column: YG_ENOENT no such table; YG_EFORMAT a header or value; YG_EDUPLICATE the same thing
 * twice; YG_ELIMIT; YG_EINVAL day, source or digest; or an error of the file. Cost: O(rows).
 */
YG_MUST_USE int yg_inventory_import(struct yg_inventory *inventory,
				    const struct yg_inventory_in *in, struct yg_inventory_done *ret,
				    struct yg_line_fault *reterr);

/* Take a list out again, as if it had never been brought in. YG_ENOENT: no such table. */
YG_MUST_USE int yg_inventory_forget(struct yg_inventory *inventory, struct yg_bytes table);

/* A published view and the list in it. Static texts, but for @source and @sha256 (borrowed until
 * the callback returns). */
struct yg_inventory_view {
	const char *name;
	const char *title; /* English, marked for the catalogue: give it to yg_tr() */
	const char *help;  /* the same */
	const char *const *columns;
	uint32_t column_count;
	uint32_t filled; /* bit i: the list brought column i */
	uint32_t rows;
	int32_t day; /* YG_DAY_NONE: no list brought in */
	struct yg_bytes source;
	struct yg_bytes sha256; /* "" when not known */
	uint64_t change;	/* 0: never brought in */
};
typedef int (*yg_inventory_view_fn)(void *arg, const struct yg_inventory_view *view);

/* All tables in their documented order, also those without a list. @inventory NULL: there is no
 * file yet, so none has one. */
YG_MUST_USE int yg_inventory_list(struct yg_inventory *inventory, yg_inventory_view_fn fn,
				  void *arg);

/*
 * Change numbers by index of table (yg_inventory_table); *ret_all is the highest. Cheap: asked
 * before each evaluation.
 */
YG_MUST_USE int yg_inventory_changes(struct yg_inventory *inventory,
				     uint64_t ret[YG_INVENTORY_TABLES_MAX], uint64_t *ret_all);

/* Index of the published view @name, also "clock" and "lists"; UINT32_MAX when there is none. */
uint32_t yg_inventory_table(struct yg_bytes name);
/* Name of table @index, or NULL past the last. */
const char *yg_inventory_table_name(uint32_t index);

/* The table whose columns @rows' header fits best; UINT32_MAX when its required ones are missing
 * for each or two fit equally. For files that come without saying what they are. */
uint32_t yg_inventory_guess(const struct yg_table *rows);
