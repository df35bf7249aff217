/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/collections.h - collections of STIX objects (store/stix.h) as one reader may see and fill
 * them: the only way to them for programs of others.
 *
 *   actor ─► reader ─► view of a collection: may read? write? up to which marking?
 *
 * Whom a collection belongs to sees and writes all of it. Everybody else it is for gets what the
 * gate (access/gate.h, outlet "taxii") lets go to his audience: a sector or a community up to
 * TLP:GREEN, an analyst of the hub up to TLP:AMBER+STRICT. What is not marked counts as the
 * collection's owner said when it was made, else as RED. What a reader may not see is not there:
 * no page, count, version or time tells of it.
 *
 * Reading needs read_indicators; adding and deleting write_indicators (analysts) or export_org
 * (members: what they add leaves their house). A data set of `admin taxii-load` belongs to its
 * login alone.
 * One thread. Tests: tests/e2e/taxii.py (each reader, each marking, each route)
 */
#pragma once

#include "access/hub.h"
#include "base/crypt.h"
#include "store/stix.h"

struct yg_shelf_reader; /* for one request */

YG_MUST_USE int yg_shelf_reader_new(struct yg_hub_access *hub, struct yg_collections *store,
				    struct yg_clock clock, const struct yg_hub_actor *actor,
				    struct yg_bytes login, struct yg_shelf_reader **ret);
struct yg_shelf_reader *yg_shelf_reader_free(struct yg_shelf_reader *reader);
/* Microseconds since 1970. */
int64_t yg_shelf_now_us(const struct yg_shelf_reader *reader);
/* A name for who asks, for statuses: "token:…", "person:…", "login:…". */
struct yg_bytes yg_shelf_who(const struct yg_shelf_reader *reader);

struct yg_shelf_view {
	struct yg_collection collection;
	bool can_read;
	bool can_write;
	enum yg_tlp clearance;
};
typedef int (*yg_shelf_fn)(void *arg, const struct yg_shelf_view *view);
/* Those of API root @root that the reader knows of, by id. */
YG_MUST_USE int yg_shelf_list(struct yg_shelf_reader *reader, struct yg_bytes root, yg_shelf_fn fn,
			      void *arg);
/* One of them by id or alias: YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_shelf_view(struct yg_shelf_reader *reader, struct yg_bytes root,
			      struct yg_bytes name, struct yg_shelf_view *ret);
/* Does he know of the API root? *to (may be NULL): what a data set says of it. */
bool yg_shelf_root(struct yg_shelf_reader *reader, struct yg_bytes root, struct yg_buf *to);
/* What a data set's login is told at discovery; false: nothing of its own. */
bool yg_shelf_discovery(struct yg_shelf_reader *reader, struct yg_buf *to);

/* As store/stix.h; collection, clearance and default of @filter are set here. YG_EACCES. */
YG_MUST_USE int yg_shelf_read(struct yg_shelf_reader *reader, const struct yg_shelf_view *view,
			      struct yg_stix_filter *filter, bool with_text, yg_stix_row_fn fn,
			      void *arg, bool *ret_is_more);
YG_MUST_USE int yg_shelf_delete(struct yg_shelf_reader *reader, const struct yg_shelf_view *view,
				struct yg_stix_filter *filter, uint64_t *ret_count);
/* Between begin and commit. YG_EACCES, else as yg_collections_put(). */
YG_MUST_USE int yg_shelf_begin(struct yg_shelf_reader *reader);
YG_MUST_USE int yg_shelf_put(struct yg_shelf_reader *reader, const struct yg_shelf_view *view,
			     const struct yg_stix_object *object, int64_t *ret_added_us);
/* Durable, with its status. */
YG_MUST_USE int yg_shelf_commit(struct yg_shelf_reader *reader, const char *status_id,
				struct yg_bytes root, struct yg_bytes status);
void yg_shelf_abort(struct yg_shelf_reader *reader);
bool yg_shelf_has_marking(void *reader, struct yg_bytes id);
/* His own. YG_ENOENT. */
YG_MUST_USE int yg_shelf_status(struct yg_shelf_reader *reader, struct yg_bytes root,
				struct yg_bytes id, struct yg_buf *to);

/* The login that was right last, so that its digest is not made for every request. */
struct yg_shelf_known {
	uint8_t key[YG_MAC_KEY_BYTES]; /* random */
	uint8_t mac[YG_MAC_BYTES];
	bool has_mac;
};
/* The password of a data set's login, as it was loaded: YG_OK, YG_EACCES. Costs 0.1 s at first. */
YG_MUST_USE int yg_shelf_login(struct yg_collections *store, struct yg_bytes login,
			       struct yg_bytes password, struct yg_shelf_known *known);
