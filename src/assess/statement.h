/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess/statement.h - what a firm states about itself, signed, so that anyone can check it
 * without us (docs/statement.md).
 *
 * Snapshot: what is stated, canonical JSON. Statement: the snapshot in an in-toto Statement.
 * Envelope: the statement in DSSE with one Ed25519 signature; that is the file that is handed on.
 *
 * Source: in-toto attestation spec v1 (statement), DSSE 1.0 (envelope.md, protocol.md),
 *         RFC 8785 (canonical form), RFC 8032 (Ed25519).
 * Pure (no clock, no files) but for yg_assess_snapshot and yg_assess_statement, which read the
 * assessment. Thread-safe on trees of one's own.
 */
#pragma once

#include "assess/assess.h"
#include "assess/key.h"
#include "base/json.h"

#define YG_STATEMENT_MAX	(16u << 20) /* bytes of an envelope */
#define YG_STATEMENT_TYPE	"https://in-toto.io/Statement/v1"
#define YG_STATEMENT_PREDICATE	"urn:yagura:predicate:assessment:v1"
#define YG_STATEMENT_SNAPSHOT	"urn:yagura:assessment-snapshot:v1"
#define YG_STATEMENT_MEDIA_TYPE "application/vnd.in-toto+json"

/* What a snapshot is made of: trees of docs/api.md, all borrowed, fit to leave (yg_release). */
struct yg_snapshot_parts {
	const json_t *head;
	const json_t *scope;	      /* may be NULL */
	const json_t *criteria;	      /* array of criterion, in order of the framework */
	const json_t *evidence;	      /* array of evidence */
	const char *framework_sha256; /* of the framework's file, hex */
};

/*
 * Build a snapshot. Only named fields are taken: no contradictions, no disputes, no observations
 * and no notes, whatever the trees carry. *ret owned by the caller. YG_OK, YG_EUNSUPPORTED in
 * practice mode, YG_EINVAL when the trees are not of that shape, YG_ENOMEM.
 */
YG_MUST_USE int yg_snapshot_build(const struct yg_snapshot_parts *parts, json_t **ret);

/* SHA-256 of @snapshot in canonical form, hex: the subject's digest. */
YG_MUST_USE int yg_snapshot_digest(const json_t *snapshot, char to[YG_SHA256_HEX + 1]);

struct yg_statement_new {
	int64_t issued_ns;
	int32_t zone_s;	     /* the day of issue is counted there */
	const char *version; /* of the program */
	const char *text_ja; /* what the result is called */
	const char *text_en;
	const struct yg_key *signer; /* NULL: an unsigned statement, for reading */
};

/* The in-toto Statement about @snapshot. *ret owned by the caller. YG_OK, YG_EINVAL, YG_ENOMEM. */
YG_MUST_USE int yg_statement_build(const json_t *snapshot, const struct yg_statement_new *wanted,
				   json_t **ret);

/* Sign @statement (made with the same @key) and add the envelope to @to. YG_EINVAL: no secret. */
YG_MUST_USE int yg_statement_seal(const json_t *statement, const struct yg_key *key,
				  struct yg_buf *to);

/* What DSSE signs: "DSSEv1", type and payload with their sizes. */
void yg_statement_pae(struct yg_bytes type, struct yg_bytes payload, struct yg_buf *to);

struct yg_statement_verdict {
	bool is_valid;
	const char *reason;		/* English, marked for translation; NULL when valid */
	char key_id[YG_SHA256_HEX + 1]; /* of the key that signed; "" when not known */
	char digest[YG_SHA256_HEX + 1]; /* of the snapshot; "" when not known */
	bool is_signer_known;		/* a key was given and it is the one that signed */
	bool is_expired_now;		/* valid when issued, its last day is over today */
	bool is_from_future;		/* issued after today */
	json_t *statement;		/* owned by the verdict, NULL unless valid */
};

/*
 * Check the bytes of an envelope. @key NULL: is the signature intact? Otherwise also: is it that
 * of @key? @today is the checker's day. A verdict always comes out (YG_OK), but for YG_ENOMEM.
 * @verdict: yg_statement_verdict_done() afterwards. Cost: O(size).
 */
YG_MUST_USE int yg_statement_verify(struct yg_bytes envelope, const struct yg_key *key,
				    int32_t today, struct yg_statement_verdict *verdict);
void yg_statement_verdict_done(struct yg_statement_verdict *verdict);

/* ---- of an assessment (snapshot.c) ---- */

/* As yg_snapshot_build, of what the assessment is now; everything passes yg_release(). */
YG_MUST_USE int yg_assess_snapshot(struct yg_assess *assess, json_t **ret);

/*
 * The statement of now. The time of issue is that of the access's clock. @signer NULL: unsigned.
 * YG_EUNSUPPORTED: practice mode; YG_EINVAL with *reterr: a clock that went back, or a key that may
 * not sign on this day.
 */
YG_MUST_USE int yg_assess_statement(struct yg_assess *assess, const struct yg_key *signer,
				    const char *version, int32_t zone_s, json_t **ret,
				    struct yg_line_fault *reterr);

/* Remember that @statement was issued (document "statement"), so that the next is not older. */
YG_MUST_USE int yg_assess_keep_statement(struct yg_assess *assess, const json_t *statement,
					 const struct yg_key *signer);
