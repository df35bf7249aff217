/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/audit.h - what was changed at a hub, by whom and when, so that nobody can change it after.
 *
 * An entry is a line of canonical JSON that carries the SHA-256 of the line before. It is written
 * in the transaction of the change that it records: both are there after a power cut, or neither. A
 * checkpoint is the digests of all entries since the one before, signed; it is made every
 * YG_AUDIT_EVERY entries and when a program ends, and stands in the store and in the file
 * DATA/audit/checkpoint, and wherever else somebody keeps a copy of it. Form, and how a stranger
 * checks it: docs/audit.md.
 *
 * Kept in the control store under the organisation "hub.audit" (kinds entry, checkpoint).
 * One thread at a time.
 * Source: Schneier and Kelsey, "Secure audit logs", 1999 (chains); RFC 8785 (canonical JSON);
 * RFC 8032 (Ed25519).
 * Tests: tests/unit/access/test_audit.c, tests/e2e/audit.py
 */
#pragma once

#include "access/hub.h"

#define YG_AUDIT_EVERY	      64u
#define YG_AUDIT_UNSIGNED_MAX (2 * YG_AUDIT_EVERY) /* entries behind the last checkpoint */
#define YG_AUDIT_DETAIL_MAX   2000u
#define YG_AUDIT_OBJECT_MAX   300u

/*
 * The key that signs: DATA/ca/audit.key (seed, hex, 0600) and audit.pub, made when they are not
 * there. Without this call entries are written, and no checkpoint. YG_OK; YG_EFORMAT: no key stands
 * there; as base/disk.h.
 */
YG_MUST_USE int yg_audit_key_open(struct yg_hub_access *hub, const char *data);

#define YG_AUDIT_CONTEXT "yagura-audit-1:" /* before the bytes that are signed */

/* The same seed for a process that signs for others; both files are made when they are not there.
 */
YG_MUST_USE int yg_audit_seed_open(const char *data, uint8_t seed[YG_SIGN_SEED_BYTES]);

/*
 * In the place of yg_audit_key_open(), where another process has the key: @key is its public half,
 * @sign signs YG_AUDIT_CONTEXT and then @message (YG_OK, or an error: no checkpoint for now).
 */
typedef int (*yg_audit_sign_fn)(void *arg, struct yg_bytes message,
				uint8_t signature[YG_SIGN_BYTES]);
YG_MUST_USE int yg_audit_signer_open(struct yg_hub_access *hub, const char *data,
				     const uint8_t key[YG_SIGN_PUBLIC_BYTES], yg_audit_sign_fn sign,
				     void *arg);

/* A checkpoint for what has none yet; YG_OK also when there is nothing, or no key. Done by
 * yg_hub_access_free() too. */
int yg_audit_checkpoint(struct yg_hub_access *hub);

/*
 * For changes that are recorded by others than access/: one entry, in the transaction that is open
 * or in one of its own. @object, @detail: bytes beyond their limits are cut. @org "": the hub.
 */
YG_MUST_USE int yg_audit_add(struct yg_hub_access *hub, const char *actor, const char *org,
			     const char *action, const char *object, const char *detail);

struct yg_audit_entry {
	uint64_t number;      /* from 1 */
	struct yg_bytes line; /* as it is hashed; borrowed, as are the others */
	struct yg_bytes time;
	struct yg_bytes actor;
	struct yg_bytes org;
	struct yg_bytes action;
	struct yg_bytes object;
	struct yg_bytes detail;
};
/* @by: read_audit at the hub. Ascending after number @after, at most @limit. */
typedef int (*yg_audit_fn)(void *arg, const struct yg_audit_entry *entry);
YG_MUST_USE int yg_audit_list(struct yg_access *by, uint64_t after, uint32_t limit, yg_audit_fn fn,
			      void *arg);

/* What is wrong, and from where on. */
enum yg_audit_fault {
	YG_AUDIT_GOOD,
	YG_AUDIT_CHANGED,   /* an entry is not what the next one, or a checkpoint, says it was */
	YG_AUDIT_REMOVED,   /* a number is missing */
	YG_AUDIT_REORDERED, /* entries stand in another order than they were written in */
	YG_AUDIT_CUT,	    /* a checkpoint names more entries than there are */
	YG_AUDIT_FORM,	    /* no entry */
	YG_AUDIT_SIGNATURE, /* a checkpoint that this hub's key did not sign, or too many entries
			       without one */
	YG_AUDIT_KEY,	    /* a good signature, but by another key than the one in ca/ */
};
struct yg_audit_report {
	enum yg_audit_fault fault; /* the first */
	uint64_t number;	   /* of the first entry concerned, or that a checkpoint covers */
	uint64_t entries;
	uint64_t checkpoints;
	uint64_t covered; /* entries that a good checkpoint covers */
	char last[YG_SHA256_HEX + 1];
};
const char *yg_audit_fault_name(enum yg_audit_fault fault); /* "changed" */

/*
 * Look at all of it, with the key of yg_audit_key_open and the checkpoint file, and with
 * @checkpoint, a copy that was kept elsewhere (empty: none). YG_OK: see the report (which may name
 * a fault); an error of the store otherwise.
 */
YG_MUST_USE int yg_audit_verify(struct yg_hub_access *hub, struct yg_bytes checkpoint,
				struct yg_audit_report *ret);
/* The last checkpoint as a line, for keeping elsewhere. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_audit_last(struct yg_hub_access *hub, struct yg_buf *to);
