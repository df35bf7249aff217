/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/access.h - who acts, for which organisation, and what that one may read and write.
 *
 * The only way from a stage to the store: every call needs a struct yg_access, and only the
 * openers below make one. An access is bound to one actor of one organisation; there is no call
 * that names another organisation. What a role may do with a kind of document is one table
 * (access/rights.def); a kind that is not in the table can be neither read nor written.
 * One thread at a time.
 */
#pragma once

#include <jansson.h>

#include "access/gate.h"
#include "base/clock.h"
#include "base/err.h"
#include "store/control.h"

struct yg_access;

enum yg_role {
	YG_ROLE_OWNER,	    /* of the organisation's data: everything but confirming */
	YG_ROLE_RESPONDENT, /* answers and evidence */
	YG_ROLE_EXPERT,	    /* invited security specialist: reads, confirms, returns */
	YG_ROLE_ASSESSOR,   /* invited evaluation body: as expert, and technical results */
	YG_ROLE_READER,
};
#define YG_ROLE_COUNT 5u
const char *yg_role_name(enum yg_role role); /* "owner" */
bool yg_role_by_name(struct yg_bytes name, enum yg_role *ret);

/*
 * The person at this machine, on a file of one organisation: role owner, named @person (copied,
 * without blanks at its ends and unprintable characters, at most 200 bytes; YG_EINVAL when
 * nothing is left). The store stays the caller's and must outlive the access.
 */
YG_MUST_USE int yg_access_local(struct yg_control *store, struct yg_clock clock, const char *person,
				struct yg_access **ret);

/*
 * The same file, acting as the invited expert or assessor @id: document of kind "expert" with key
 * "ASSESSMENT-ID/@id", written by an owner, keys role ("expert", "assessor"), until (the last day
 * in Japan) and ended. YG_ENOENT: not invited; YG_EACCES: the invitation was ended, its time is
 * over, it is unclear, or two have this id. It is looked at again in every call. This access
 * reaches documents whose key is ASSESSMENT-ID or begins with "ASSESSMENT-ID/" alone, and for
 * reading those that belong to no assessment (library, official).
 */
YG_MUST_USE int yg_access_as_expert(const struct yg_access *local, const char *id,
				    struct yg_access **ret);

struct yg_access *yg_access_free(struct yg_access *access);

enum yg_role yg_access_role(const struct yg_access *access);
const char *yg_access_actor(const struct yg_access *access); /* "local:山田" or "expert:ID" */
int64_t yg_access_now(const struct yg_access *access);	     /* ns; the clock it was opened with */

/* May this actor write documents of @kind? For screens that show or hide a button. */
bool yg_access_may_write(const struct yg_access *access, const char *kind);

/* Transactions of the store below; see store/control.h. */
YG_MUST_USE int yg_access_begin(struct yg_access *access);
YG_MUST_USE int yg_access_commit(struct yg_access *access);
void yg_access_abort(struct yg_access *access);

/*
 * Write a document; @body becomes canonical JSON. YG_EACCES when the role may not; YG_EINVAL for a
 * kind that is kept as bytes; YG_EUNSUPPORTED for what has no canonical form; otherwise as
 * yg_control_put. @ret_revision may be NULL.
 */
YG_MUST_USE int yg_access_put(struct yg_access *access, const char *kind, const char *key,
			      const json_t *body, uint32_t expected, uint32_t *ret_revision);
/* The same for the kinds that are bytes (library, attachment). */
YG_MUST_USE int yg_access_put_bytes(struct yg_access *access, const char *kind, const char *key,
				    struct yg_bytes body, uint32_t expected,
				    uint32_t *ret_revision);
YG_MUST_USE int yg_access_remove(struct yg_access *access, const char *kind, const char *key,
				 uint32_t expected);

/*
 * Read the current revision. *ret is owned by the caller (json_decref); @ret_revision may be
 * NULL. YG_ENOENT when there is none, YG_EACCES, YG_EFORMAT when the body is no JSON.
 */
YG_MUST_USE int yg_access_get(struct yg_access *access, const char *kind, const char *key,
			      json_t **ret, uint32_t *ret_revision);

/* The same as bytes, of any kind; *ret heap memory (never NULL), free(). */
YG_MUST_USE int yg_access_get_bytes(struct yg_access *access, const char *kind, const char *key,
				    uint8_t **ret, size_t *ret_size, uint32_t *ret_revision);

/*
 * Read-only listings; kinds the role may not read give YG_EACCES. Documents out of reach are left
 * out and do not count towards the limit.
 */
YG_MUST_USE int yg_access_visit(struct yg_access *access, const struct yg_doc_filter *filter,
				yg_doc_fn fn, void *arg);
YG_MUST_USE int yg_access_history(struct yg_access *access, const char *kind, const char *key,
				  yg_doc_fn fn, void *arg);

/* The number of the organisation's last change: a cheap "has anything changed?". */
YG_MUST_USE int yg_access_last_change(struct yg_access *access, uint64_t *ret);

/* Everything that leaves passes access/gate.h: yg_release(). */
