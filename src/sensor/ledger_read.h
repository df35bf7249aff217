/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/ledger_read.h - the files of a ledger, read and checked by whoever has them.
 *
 *   FOLDER/%016llu.jsonl   lines, LF at the end of each; named by the number of the first
 *
 * A single file, such as all of them one behind the other, is read as well. Nothing here writes.
 *
 * Layer:   sensor; also linked by the hub's program, which compares (app/admin_ledger.c). One
 * thread. Input:   untrusted: lines of at most YG_LEDGER_LINE_MAX, any number of them. Tests:
 * tests/unit/sensor/test_ledger.c, tests/e2e/sensor_ledger.py
 */
#pragma once

#include "wire/ledger.h"

#define YG_LEDGER_FILES_MAX 65536u

struct yg_ledger_reader;

/* @path: a folder or a file. YG_OK; YG_ENOENT; YG_ELIMIT: too many files; YG_ENOMEM; or an error.
 */
YG_MUST_USE int yg_ledger_reader_open(const char *path, struct yg_ledger_reader **ret);
struct yg_ledger_reader *yg_ledger_reader_free(struct yg_ledger_reader *reader);

/*
 * The next line, without its LF, borrowed until the next call. YG_OK; YG_EEND; YG_ETRUNC: the last
 * line of the last file has no LF; YG_ELIMIT: a line is too long (reading goes on behind it); or an
 * error.
 */
YG_MUST_USE int yg_ledger_reader_next(struct yg_ledger_reader *reader, struct yg_bytes *ret);
/* Name of the file that it came from, and the line's number there. */
const char *yg_ledger_reader_file(const struct yg_ledger_reader *reader);
uint64_t yg_ledger_reader_line(const struct yg_ledger_reader *reader);

struct yg_ledger_verdict {
	enum yg_ledger_fault fault; /* the first; YG_LEDGER_WHOLE: there is none */
	uint64_t n;		    /* first entry concerned */
	uint64_t other;		    /* as in enum yg_ledger_fault */
	char file[64];		    /* where it was noticed */
	uint64_t line;
	uint64_t entries; /* good ones */
	uint64_t batches;
	uint64_t records;
	uint64_t receipts;
	uint64_t unsigned_receipts;
	uint64_t waiting; /* batches without a countersignature yet */
	uint64_t drops;
	uint64_t dropped;
	int64_t receipt_ns; /* of the last; YG_TIME_NONE: there is none */
	uint8_t head[YG_SHA256_BYTES];
	uint64_t begins;	   /* first entry that is there; 0: there is none */
	struct yg_ledger_line cut; /* begins above 1: the entry that says so; else .n is 0 */
	struct yg_ledger_line
		end; /* what a cut behind the last good entry would say: .number,
		      * .epoch, .base, .receipted, .batches, .records, .sensor, .key */
};

/* What is known of it from elsewhere. */
struct yg_ledger_known {
	const uint8_t *key; /* the hub's; or NULL */
	bool has_head;
	uint64_t n;		       /* that many entries it has at least, and … */
	uint8_t hash[YG_SHA256_BYTES]; /* … this is the digest of that one */
};

/* Each good line, in order. Not YG_OK: ends it with that. */
typedef int (*yg_ledger_line_fn)(void *arg, const struct yg_ledger_line *line,
				 struct yg_bytes text);

/*
 * Go along the whole of it. YG_OK: *ret says how it is; or an error of reading. @fn may be NULL.
 * Cost: one SHA-256 a line, one Ed25519 a countersignature.
 */
YG_MUST_USE int yg_ledger_check(const char *path, const struct yg_ledger_known *known,
				yg_ledger_line_fn fn, void *arg, struct yg_ledger_verdict *ret);

/*
 * Of a ledger whose front is missing: the last entry that says that its owner's setting had it cut
 * there, or further on. *ret_begins: the first entry; 0: there is none. ret->n 0: no entry says so.
 * @text: it as it stands, emptied before; or NULL. Whether that entry is one of the chain,
 * yg_ledger_check() says. YG_OK or an error of reading.
 */
YG_MUST_USE int yg_ledger_find_cut(const char *path, uint64_t *ret_begins,
				   struct yg_ledger_line *ret, struct yg_buf *text);

/* What such a fault is called: a msgid with %llu for the entry and, where it has two, the other. */
const char *yg_ledger_fault_format(enum yg_ledger_fault fault);
