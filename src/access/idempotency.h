/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/idempotency.h - a request that is sent again, because its answer got lost, is done once.
 *
 * A client gives a POST an Idempotency-Key of its own choice. What was answered is kept with the
 * change itself, in one transaction, and given again to the same actor for the same key within a
 * day. An answer that holds a secret is not kept: then only that it was done.
 *
 *   yg_idempotency_begin ──new──► handler ──► yg_idempotency_end (kept, committed)
 *                        └─again─► the reply of then
 *
 * Kept in the store under the organisation "hub.answers", kind answer, by digest of actor and key.
 * One thread at a time, one request at a time.
 * Source: draft-ietf-httpapi-idempotency-key-header-07.
 * Tests: tests/unit/access/test_idempotency.c, tests/e2e/hub_api.py
 */
#pragma once

#include "access/hub.h"
#include "model/api.h"

#define YG_IDEMPOTENCY_KEY_MAX 128u /* bytes, printable ASCII */
#define YG_IDEMPOTENCY_S       (24 * 3600)
#define YG_IDEMPOTENCY_BODY_MAX                                                                    \
	(64u << 10) /* of a reply that is kept; a larger one: as a secret                          \
		     */

/*
 * Before the handler: YG_OK: it is new, and a transaction is open that yg_idempotency_end() ends;
 * YG_EEND: the reply is filled (with the one of then; 409 already-done for a secret one; 422 where
 * the key stood with another request; 400 for a malformed key); or an error of the store.
 */
YG_MUST_USE int yg_idempotency_begin(struct yg_control *store, struct yg_clock clock,
				     const struct yg_hub_actor *actor, const char *operation,
				     const struct yg_request *request, struct yg_reply *reply);

/*
 * After it, with what it returned: a reply of 2xx is kept and all is committed; otherwise all is
 * dropped. Returns @error, or why it could not be kept: then nothing was done.
 */
YG_MUST_USE int yg_idempotency_end(struct yg_control *store, struct yg_clock clock,
				   const struct yg_hub_actor *actor, const char *operation,
				   const struct yg_request *request, const struct yg_reply *reply,
				   int error);
