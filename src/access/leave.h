/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/leave.h - an organisation leaves: what the register holds of it for itself, and then its
 * end, with a record that the hub signs.
 *
 *   export:  yg_leave_each  ─► documents without secrets, a line each
 *   erasing: yg_leave_check ─► yg_leave_refuse ─► the caller deletes archive, findings, … ─►
 *            yg_leave_erase (documents with all their revisions, record, audit log: one
 * transaction)
 *
 * What stays of it in the register is its id, that it was erased, when and by whom, and the audit
 * log. A record that is signed: docs/data-handling.md.
 * One thread at a time.
 * Source: RFC 8785 (canonical JSON), RFC 8032 (Ed25519)
 * Tests: tests/unit/access/test_leave.c, tests/e2e/leave.py
 */
#pragma once

#include "access/audit.h"

#define YG_LEAVE_ERASED	   "yagura-erased-1:" /* before the bytes that are signed */
#define YG_LEAVE_EXPORTED  "yagura-export-1:"
#define YG_LEAVE_FOUND_MAX (1u << 20) /* documents of one organisation */

/* ---- export ---- */

/* @part: "organisation", "people", "tokens", …; @line: canonical JSON without a line end. */
typedef int (*yg_leave_fn)(void *arg, const char *part, struct yg_bytes line);

/* Everything that the register holds now of the organisation that @by is bound to (export_org), but
 * no secrets nor their digests. YG_OK, what @fn gave, or an error of the store. */
YG_MUST_USE int yg_leave_each(struct yg_access *by, yg_leave_fn fn, void *arg);

/* ---- erasing; @by: write_org at the hub ---- */

/* YG_OK: it is closed; YG_ENOENT; YG_EAGAIN: it must be closed first. */
YG_MUST_USE int yg_leave_check(struct yg_access *by, const char *org);

/* From now on every sensor of it is refused. *ret_count: those that were not before. */
YG_MUST_USE int yg_leave_refuse(struct yg_access *by, const char *org, uint32_t *ret_count);

struct yg_leave_counts {
	/* filled in by the caller */
	uint64_t files; /* of the archive */
	uint64_t records;
	uint64_t bytes;
	int64_t oldest_ns; /* hours of arrival; YG_TIME_NONE: there was nothing */
	int64_t newest_ns;
	uint64_t findings; /* bundles */
	uint64_t batches;  /* lines of what is remembered of them */
	uint64_t heartbeats;
	uint64_t hunts;	      /* that named it */
	uint64_t collections; /* of STIX objects, with all in them */
	uint64_t journal;     /* records that still stand in the journal */
	/* filled in here */
	uint64_t people;
	uint64_t warnings;  /* that were sent to it, with their receipts */
	uint64_t plans;	    /* about it: its notice, its answer, the texts that name it */
	uint64_t cases;	    /* 相談 of its people */
	uint64_t documents; /* of the register */
	uint64_t revisions;
};

/*
 * The rest, in one transaction: documents of @org with all revisions; people whose every grant ever
 * was at @org (others lose the grant); the record, signed, into the audit log and as a line with
 * its end to @record. YG_OK; as yg_leave_check; YG_ELIMIT; YG_EINVAL: there is no key to sign with.
 */
YG_MUST_USE int yg_leave_erase(struct yg_access *by, const char *org,
			       struct yg_leave_counts *counts, struct yg_buf *record);

/* ---- signing ---- */

/* With the key of yg_audit_key_open(): over @context and @message. YG_EINVAL: there is none. */
YG_MUST_USE int yg_leave_sign(const struct yg_hub_access *hub, const char *context,
			      struct yg_bytes message, uint8_t signature[YG_SIGN_BYTES],
			      uint8_t key[YG_SIGN_PUBLIC_BYTES]);
