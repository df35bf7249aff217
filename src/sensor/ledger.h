/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/ledger.h - the files of a ledger, written.
 *
 * Lines are written here only when the spool has them on the disk (sensor/spool-int.h): what a
 * power cut takes from these files is put there again from the spool. So a line costs no sync of
 * its own; the files are synced before the spool forgets anything.
 *
 * Layer:   sensor. One thread at a time: the spool's lock.
 * Tests:   tests/unit/sensor/test_ledger.c, tests/soak/part_sensor.c
 */
#pragma once

#include "sensor/ledger_read.h"

#define YG_LEDGER_FILE_MAX	(UINT64_C(16) << 20) /* a new file begins at the next chance */
#define YG_LEDGER_BYTES_DEFAULT (UINT64_C(4) << 30)  /* all files */
#define YG_LEDGER_BYTES_MIN	(UINT64_C(16) << 10)
#define YG_LEDGER_CUT_FILES_MAX 4u	   /* at once, so that it is soon done */
#define YG_LEDGER_BEHIND_MAX	(4u << 20) /* bytes that wait while the disk cannot be written */

/* A place behind line @n. */
struct yg_ledger_mark {
	uint64_t n;
	uint8_t hash[YG_SHA256_BYTES];
	uint64_t file; /* named so */
	uint64_t size; /* bytes of it until there */
};

struct yg_ledger;

/* @folder is made where it is missing. YG_OK, YG_ELIMIT (path), YG_ENOMEM, or an error. */
YG_MUST_USE int yg_ledger_open(const char *folder, struct yg_ledger **ret);
struct yg_ledger *yg_ledger_free(struct yg_ledger *ledger);

struct yg_ledger_found {
	uint64_t number;    /* of the last batch that it speaks of */
	uint64_t receipted; /* up to which number the hub has countersigned; 0: no line says */
	bool is_damaged; /* what was on the disk for sure is not there any more: a new file began */
	bool is_repaired; /* its end was not as it was written */
};
/*
 * Bring the files to where they should be: behind @mark stand @lines (with LF), and then what the
 * files have beyond that, as far as it is whole. @mark NULL: nothing is known; the last file is
 * taken as it is. ret->number holds that of the mark when called. YG_OK or an error.
 */
YG_MUST_USE int yg_ledger_settle(struct yg_ledger *ledger, const struct yg_ledger_mark *mark,
				 struct yg_bytes lines, struct yg_ledger_found *ret);

/* Where the end is. What waits (below) is behind it. */
struct yg_ledger_mark yg_ledger_mark(const struct yg_ledger *ledger);

/*
 * Add a line (with LF) and its digest. What cannot be written waits in memory and is written with
 * the next one. YG_OK; YG_ELIMIT: too much waits already: this line was not taken, and no other
 * will be before the next start, which puts it right from the spool.
 */
YG_MUST_USE int yg_ledger_put(struct yg_ledger *ledger, struct yg_bytes line,
			      const uint8_t hash[YG_SHA256_BYTES]);
/* Write what waits. YG_OK: nothing does. YG_EIO: only the next start can put it right. */
YG_MUST_USE int yg_ledger_catch_up(struct yg_ledger *ledger);
/* All of it is on the disk; a new file begins where this one is long enough. */
YG_MUST_USE int yg_ledger_sync(struct yg_ledger *ledger);

/* Files of at most 1/8 of @bytes_max from here on. */
void yg_ledger_bound(struct yg_ledger *ledger, uint64_t bytes_max);

/* ---- a ledger that is too long (ledger_cut.c); beside the one who writes it ---- */

/*
 * What must be said before the oldest files of @folder may go, so that no more than @bytes_max are
 * left: a line of kind SHORTENED, and @more for it. ret->n above 0: it is said already. YG_OK;
 * YG_EEND: they are not too long, or but one file is there; YG_EFORMAT: what would go is not whole,
 * so nothing may; or an error. Cost: the files that go are read and checked.
 */
YG_MUST_USE int yg_ledger_cut_find(const char *folder, uint64_t bytes_max,
				   struct yg_ledger_line *ret, struct yg_buf *more);
/* The files whose entries all stand before @first go. YG_OK or an error. */
YG_MUST_USE int yg_ledger_cut_remove(const char *folder, uint64_t first, uint64_t *ret_files);
