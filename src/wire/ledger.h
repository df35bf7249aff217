/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/ledger.h - the member's record of what left its house: lines, their chain,
 * countersignatures.
 *
 * A ledger is lines of JSON. Each has a number from 1 and the SHA-256 of the line before it, so a
 * line that is changed, removed, doubled or moved breaks the chain there. The hub countersigns each
 * batch together with the digest of its line: with one countersignature all lines before it stand
 * fast. docs/ledger.md is the same for those who check one by other means.
 *
 * Layer:   wire. May include base/, model/. Both sides.
 * Input:   untrusted bytes.
 * State:   none but struct yg_ledger_walk; no clock, no I/O; any thread.
 * Source:  FIPS 180-4 (SHA-256), RFC 8032 (Ed25519).
 * Tests:   tests/unit/wire/test_ledger.c, tests/fuzz/fuzz_ledger.c
 */
#pragma once

#include "wire/message.h"

#define YG_LEDGER_LINE_MAX  (256u << 10) /* bytes, LF included */
#define YG_LEDGER_WORDS_MAX 512u	 /* bytes of a hub's address */
#define YG_LEDGER_TALLY_MAX 16384u	 /* bytes of what a batch holds, in a line */
#define YG_LEDGER_NAMES_MAX 64u		 /* sources named in it; others are counted as one */
#define YG_LEDGER_OPEN_MAX  (1u << 20)	 /* batches that wait for a countersignature */

/* Id, word in a line. */
#define YG_LEDGER_KINDS(X)                                                                         \
	X(ENROLLED, "enrolled") /* who sends where; the key that countersigns */                   \
	X(POLICY, "policy")	/* what may leave from here on */                                  \
	X(BATCH, "batch")	/* finished, may leave at once */                                  \
	X(RECEIPT, "receipt")	/* the hub has it, and what came before it in its epoch */         \
	X(DROP, "drop")		/* batches that were given up and never leave (again) */           \
	X(EPOCH, "epoch")	/* batches above a number have another identity from here on */    \
	X(SPOOL, "spool")	/* the spool was lost or put back: numbers go on from another */   \
	X(SHORTENED, "cut")	/* what stands before an entry may go, by the owner's setting */

enum yg_ledger_kind {
#define X(id, word) YG_LEDGER_##id,
	YG_LEDGER_KINDS(X)
#undef X
		YG_LEDGER_KIND_COUNT
};
const char *yg_ledger_word(enum yg_ledger_kind kind);

struct yg_ledger_line {
	uint64_t n; /* from 1, without gaps */
	int64_t time_ns;
	enum yg_ledger_kind kind;
	uint8_t prev[YG_SHA256_BYTES]; /* of the line before; zeros for the first */
	uint8_t hash[YG_SHA256_BYTES]; /* of this one, without its LF */

	uint64_t number; /* BATCH, RECEIPT: the batch, as the sensor counts; DROP: the first of
			  * them; EPOCH, SPOOL: the last before the change; SHORTENED: before .first
			  */
	uint64_t last;	 /* DROP */
	uint64_t epoch;	 /* BATCH, RECEIPT, EPOCH; SHORTENED: in force before .first; 0: none */
	uint64_t sequence;
	uint8_t digest[YG_SHA256_BYTES]; /* BATCH, RECEIPT: of the content; POLICY: of it */
	uint64_t size;			 /* BATCH: bytes of the content */
	uint64_t count;			 /* BATCH, DROP: records */
	int64_t first_ns;		 /* BATCH: of records */
	int64_t last_ns;
	uint8_t policy[YG_SHA256_BYTES];    /* BATCH: in force; zeros: none was */
	char reason[YG_WIRE_WORDS_MAX + 1]; /* DROP */

	uint8_t line[YG_SHA256_BYTES]; /* RECEIPT: of the batch's line */
	int64_t hub_ns;		       /* RECEIPT */
	bool is_already;	       /* RECEIPT */
	bool is_signed;		       /* RECEIPT */
	uint8_t signature[YG_SIGN_BYTES];

	char sensor[YG_WIRE_ID_MAX + 1]; /* ENROLLED */
	char organisation[YG_WIRE_ID_MAX + 1];
	char hub[YG_LEDGER_WORDS_MAX + 1];
	uint8_t key[YG_SIGN_PUBLIC_BYTES]; /* ENROLLED, SHORTENED: in force */
	bool has_key;			   /* SHORTENED: somebody was enrolled before .first */

	/* SHORTENED: entries before .first may be missing; what a reader must know of them to go
	 * on. */
	uint64_t first;
	uint8_t before[YG_SHA256_BYTES]; /* digest of entry .first - 1 */
	uint64_t base;			 /* number of the last batch before .epoch */
	uint64_t receipted;
	uint64_t batches; /* in all of them, since entry 1 */
	uint64_t records;
	uint64_t bound; /* the setting: bytes of the ledger's files */
};

/*
 * Add the line, without LF, and fill line->hash. @more: further members as text, each beginning
 * with a comma (yg_ledger_tally; `,"policy":{…}` of a POLICY line), or empty. YG_OK or an error of
 * @to.
 */
YG_MUST_USE int yg_ledger_line_write(struct yg_ledger_line *line, struct yg_bytes more,
				     struct yg_buf *to);

/* Read a line, without its LF. YG_OK, or YG_EFORMAT, YG_ELIMIT, YG_ENOMEM with @reterr filled. */
YG_MUST_USE int yg_ledger_line_read(struct yg_bytes text, struct yg_ledger_line *ret,
				    struct yg_wire_fault *reterr);

/*
 * What a batch holds, for its line: `,"formats":{NAME:RECORDS,…},"sources":{NAME:RECORDS,…}`, told
 * from the records themselves (@content: NDJSON). YG_OK or an error of @to.
 */
YG_MUST_USE int yg_ledger_tally(struct yg_bytes content, struct yg_buf *to);

/*
 * The hub's countersignature over a batch: Ed25519 over the bytes
 *   yagura-receipt-1:SENSOR:EPOCH:SEQUENCE:SHA256:LINE:STATUS:TIME
 * with digests in hex (LINE `-` where the batch's head had none), STATUS and TIME as in the
 * receipt. Sign fills receipt->signature; epoch, sequence, is_already, time_ns are filled before.
 * yg_ledger_signed(): those bytes behind the words of the purpose, for whoever has the key.
 */
#define YG_LEDGER_SIGNED_MAX 512u
#define YG_LEDGER_CONTEXT    "yagura-receipt-1:"
struct yg_bytes yg_ledger_signed(const struct yg_wire_receipt *receipt,
				 const struct yg_wire_batch *batch, char to[YG_LEDGER_SIGNED_MAX]);
void yg_ledger_sign(struct yg_wire_receipt *receipt, const struct yg_wire_batch *batch,
		    const uint8_t seed[YG_SIGN_SEED_BYTES]);
bool yg_ledger_is_signed(const struct yg_wire_receipt *receipt, const struct yg_wire_batch *batch,
			 const uint8_t key[YG_SIGN_PUBLIC_BYTES]);

/* ---- walking along a ledger ---- */

enum yg_ledger_fault {
	YG_LEDGER_WHOLE,
	YG_LEDGER_CHANGED,   /* entry n is not what the one behind it was made for */
	YG_LEDGER_MISSING,   /* entries n to .other are not there */
	YG_LEDGER_DOUBLED,   /* entry n stands there again */
	YG_LEDGER_MOVED,     /* in the place of entry n stands entry .other */
	YG_LEDGER_CUT,	     /* entries from n on were cut off at the end */
	YG_LEDGER_KEY,	     /* the key in entry n is not the hub's */
	YG_LEDGER_SIGNATURE, /* the countersignature in entry n is not the hub's */
	YG_LEDGER_OTHER,  /* what the hub countersigned in entry n is not what stands in .other */
	YG_LEDGER_NUMBER, /* the batch in entry n does not follow the one before it */
	YG_LEDGER_TWICE,  /* batch of entry n was countersigned or begun under a wrong identity */
};

/* A batch that waits for its countersignature. */
struct yg_ledger_open {
	uint64_t n;
	uint64_t count;
	uint8_t digest[YG_SHA256_BYTES];
	uint8_t hash[YG_SHA256_BYTES];
};

struct yg_ledger_walk {
	uint64_t n; /* of the last line; 0: none yet */
	uint8_t hash[YG_SHA256_BYTES];
	bool has_key;
	uint8_t key[YG_SIGN_PUBLIC_BYTES]; /* given: what the hub's must be */
	char sensor[YG_WIRE_ID_MAX + 1];
	char organisation[YG_WIRE_ID_MAX + 1];
	uint8_t entered[YG_SIGN_PUBLIC_BYTES]; /* of the last ENROLLED line */
	uint64_t entered_n;
	uint64_t epoch;		     /* in force; 0: none said */
	uint64_t base;		     /* number of the last batch before it */
	uint64_t number;	     /* of the last batch */
	uint64_t receipted;	     /* up to here they are countersigned */
	uint64_t receipt_n;	     /* line of the last countersignature */
	struct yg_ledger_open *open; /* those with numbers receipted+1 … number; owned */
	size_t open_count;
	size_t open_room;
	uint64_t open_first; /* number of open[0] */

	uint64_t batches; /* counts, for people */
	uint64_t records;
	uint64_t receipts;
	uint64_t unsigned_receipts;
	uint64_t drops;
	uint64_t dropped; /* records */
	int64_t receipt_ns;
};

/* Begin at entry @cut->first of a ledger whose front was cut: as @cut says it stood before that. */
void yg_ledger_walk_resume(struct yg_ledger_walk *walk, const struct yg_ledger_line *cut);

/* @key: the hub's as it is known from elsewhere; NULL: take that of the ledger. */
void yg_ledger_walk_start(struct yg_ledger_walk *walk, const uint8_t *key);
void yg_ledger_walk_done(struct yg_ledger_walk *walk);

/*
 * Does @line follow what was walked? YG_OK: the next step stands behind it. YG_EMISMATCH: the chain
 * is broken here (yg_ledger_judge says how). YG_EDIGEST: the chain holds, but not what it says:
 * *ret says what, *ret_other the other entry concerned. YG_ELIMIT, YG_ENOMEM.
 */
YG_MUST_USE int yg_ledger_walk_step(struct yg_ledger_walk *walk, const struct yg_ledger_line *line,
				    enum yg_ledger_fault *ret, uint64_t *ret_other);

/*
 * Is the key that the ledger names the one given at the start? False: *ret_n is the entry that
 * names another. True as well when none was given, or nobody is enrolled yet.
 */
bool yg_ledger_walk_is_key(const struct yg_ledger_walk *walk, uint64_t *ret_n);

/* Where a chain is broken. */
struct yg_ledger_break {
	uint64_t n;			    /* of the last good line */
	const uint8_t *hash;		    /* of it */
	const struct yg_ledger_line *bad;   /* NULL: it is no line that can be read */
	const struct yg_ledger_line *after; /* the one behind it; NULL: none, or no line */
	const uint8_t *head; /* digest of the last line as it is known from elsewhere, or NULL */
	bool comes_later;    /* entry n + 1 stands further behind */
};
/* What happened there. *ret_n: the first entry concerned; *ret_other as in the enum. */
enum yg_ledger_fault yg_ledger_judge(const struct yg_ledger_break *where, uint64_t *ret_n,
				     uint64_t *ret_other);
