/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/control.h - the transactional store: documents with revisions, one actor's name on each.
 *
 * A document is (organisation, kind, key) -> bytes, in canonical JSON where a stage writes it.
 * Nothing is overwritten: each put adds a revision, and all revisions stay readable, so the store
 * is its own audit trail. A transaction is all or nothing and on disk when commit returns.
 * Two who edit at once: the second gives an expected revision that is no longer true and is told
 * so (YG_EMISMATCH). Every change has a number that ascends over the whole store, for cursors.
 *
 * Beside its body a document may hold bytes that many hold, of whatever organisation: what 1,000
 * sensors are sent. They stand once, by their SHA-256, and go with the last document that holds
 * them. Nobody reads them but by a document that does, so who may read it may read them.
 *
 *   document  ── body: its own, each revision's for ever
 *             └─ shared ──► bytes   the current revision's alone: another revision, a tombstone
 *                  others ──┘       and a purge let them go
 *
 * Backends: sqlite.c (WAL, synchronous=FULL), ram.c (for tests). tests/unit/store/conformance.c
 * runs against both. Only access/ includes this. One thread at a time per store.
 */
#pragma once

#include "base/bytes.h"
#include "base/crypt.h"
#include "base/err.h"

#define YG_DOC_ORG_MAX	 64u  /* bytes; as keys and actors UTF-8 without control characters */
#define YG_DOC_KIND_MAX	 32u  /* bytes; a-z and _ */
#define YG_DOC_KEY_MAX	 256u /* bytes */
#define YG_DOC_ACTOR_MAX 256u /* bytes */
#define YG_DOC_BODY_MAX	 (32u << 20) /* bytes */
#define YG_DOC_LIST_MAX	 10000u	     /* documents in one page */
#define YG_REVISION_ANY	 UINT32_MAX  /* put: whatever is there */
#define YG_REVISION_NONE 0u	     /* put: there must be none yet (or it was removed) */

struct yg_control;

/* A revision of a document. In callbacks all bytes are borrowed until the callback returns. */
struct yg_doc {
	uint64_t change; /* ascends over the whole store, from 1 */
	struct yg_bytes kind;
	struct yg_bytes key;
	uint32_t revision; /* of this document, from 1 */
	int64_t time_ns;
	struct yg_bytes actor; /* who put it, as access/ names it */
	struct yg_bytes body;
	bool is_removed; /* a tombstone: body empty */
};

/* What to list. Empty bytes: no such limit. Order: by key (bytes), or by change. */
struct yg_doc_filter {
	struct yg_bytes kind;	    /* required unless by_change */
	struct yg_bytes key_prefix; /* keys that begin so */
	struct yg_bytes after_key;  /* keyset: the last key of the page before */
	bool by_change;		    /* all revisions after @after_change, in order */
	uint64_t after_change;
	uint32_t limit; /* 1..YG_DOC_LIST_MAX */
};

/*
 * Return YG_OK to go on; another value ends the listing and is returned from it. It may read from
 * the same store; begin, put and commit give YG_EINVAL while it runs.
 */
typedef int (*yg_doc_fn)(void *arg, const struct yg_doc *doc);

/*
 * Open (and create or migrate) the SQLite file at @path. YG_OK; YG_EMISMATCH: made by a newer
 * version, untouched; YG_EFORMAT: no file of ours, untouched; YG_EIO, YG_ENOSPC, YG_EACCES,
 * YG_EAGAIN (another process holds it for longer than 5 s), YG_ENOMEM.
 */
YG_MUST_USE int yg_control_open_sqlite(const char *path, bool may_create, struct yg_control **ret);

/*
 * The same file for a thread that only reads, beside the one that writes: it must be there and be
 * of this version. A transaction of it is a view: what is read in it is of one moment, that of the
 * first reading. A put or purge is YG_EACCES, leaves everything as it is, and is remembered. Errors
 * as above.
 */
YG_MUST_USE int yg_control_open_reader(const char *path, struct yg_control **ret);
/* Was something to be written since this was asked last? Of a store that writes: never. */
bool yg_control_was_refused(struct yg_control *store);

/* Memory only; for tests. NULL without memory. */
struct yg_control *yg_control_new_ram(void);

/* An open transaction is rolled back. NULL is allowed; always returns NULL. */
struct yg_control *yg_control_free(struct yg_control *store);

/*
 * A begin within a transaction joins it: its commit makes nothing durable, the outermost one makes
 * all of it durable; its abort makes the outermost commit fail (YG_EINVAL). Without a transaction
 * each put is one of its own. A put that is refused (YG_EMISMATCH, YG_ENOENT, YG_EINVAL, YG_ELIMIT)
 * leaves the transaction open as it was; after another error every further put and the commit give
 * that error, and nothing of it is kept.
 */
YG_MUST_USE int yg_control_begin(struct yg_control *store);
YG_MUST_USE int yg_control_commit(struct yg_control *store); /* on failure: rolled back */
void yg_control_abort(struct yg_control *store);

/*
 * Add a revision. @body NULL data and size 0 with @is_removed: a tombstone. YG_EMISMATCH when
 * @expected is not the current revision (a removed document counts as YG_REVISION_NONE too);
 * YG_ENOENT for removing what is not there; YG_EINVAL for names outside their limits, and for a
 * tombstone that would hold something; YG_ELIMIT for a body, or what is shared, that is too large.
 */
struct yg_shared {
	struct yg_bytes bytes;		 /* at most YG_DOC_BODY_MAX */
	uint8_t digest[YG_SHA256_BYTES]; /* of them; by it alone they are told apart */
};
struct yg_doc_put {
	struct yg_bytes org;
	struct yg_bytes kind;
	struct yg_bytes key;
	struct yg_bytes body;
	bool is_removed;
	uint32_t expected; /* revision, YG_REVISION_NONE or YG_REVISION_ANY */
	int64_t time_ns;
	struct yg_bytes actor;
	const struct yg_shared *shared; /* held by this revision; NULL: nothing is */
};
YG_MUST_USE int yg_control_put(struct yg_control *store, const struct yg_doc_put *put,
			       uint32_t *ret_revision);

/*
 * Revisions of one document really go, tombstones too: all, or with @keeps_current all but the
 * current one (of a removed document: its tombstone). Only for what must not be kept any more
 * (access/leave.h): everywhere else history stays. Within a transaction alone (YG_EINVAL), which
 * must have put something before, so that numbers of changes never fall back (YG_EMISMATCH: what
 * would go is the newest change of the store). *ret_count: revisions that went. YG_OK, YG_ENOENT.
 * The bytes themselves: yg_store_scrub (store/copy.h) afterwards.
 */
YG_MUST_USE int yg_control_purge(struct yg_control *store, const struct yg_doc_put *id,
				 bool keeps_current, uint32_t *ret_count);

/* The current revision to @fn (not called for a removed one): YG_OK, or YG_ENOENT. */
YG_MUST_USE int yg_control_get(struct yg_control *store, struct yg_bytes org, struct yg_bytes kind,
			       struct yg_bytes key, yg_doc_fn fn, void *arg);

/* @bytes SHA-256 and all, for any number of puts; borrowed. Cost: one pass. */
struct yg_shared yg_shared_of(struct yg_bytes bytes);

/*
 * What the document holds now, to @fn, borrowed until it returns: YG_OK and what it returned, or
 * YG_ENOENT: there is no such document, or it holds nothing. As in a callback below, it may read.
 */
typedef int (*yg_shared_fn)(void *arg, struct yg_bytes bytes);
YG_MUST_USE int yg_control_shared(struct yg_control *store, struct yg_bytes org,
				  struct yg_bytes kind, struct yg_bytes key, yg_shared_fn fn,
				  void *arg);

/* Current revisions, removed ones left out (unless by_change). */
YG_MUST_USE int yg_control_list(struct yg_control *store, struct yg_bytes org,
				const struct yg_doc_filter *filter, yg_doc_fn fn, void *arg);

/* All revisions of one document, oldest first, tombstones included. */
YG_MUST_USE int yg_control_history(struct yg_control *store, struct yg_bytes org,
				   struct yg_bytes kind, struct yg_bytes key, yg_doc_fn fn,
				   void *arg);

/* The number of the last change of @org, 0 when there is none. */
YG_MUST_USE int yg_control_last_change(struct yg_control *store, struct yg_bytes org,
				       uint64_t *ret);

/*
 * What the migration to a newer form left to be done beside the work, because it reads much: a
 * portion of it, in a transaction of its own, which ends when @bytes_max bytes of bodies were read.
 * YG_OK: ask again; YG_ENOENT: nothing is left (any more). With 0 nothing is done. What is not done
 * yet can be read as before. No document gets another revision by it, and no change a number: it is
 * the form that changes. Also on a store that reads: it is asked of it in vain (YG_EACCES).
 */
YG_MUST_USE int yg_control_catch_up(struct yg_control *store, size_t bytes_max);

/* The last error in the backend's own words, for an operator's log; "" when there is none. */
const char *yg_control_trouble(const struct yg_control *store);
