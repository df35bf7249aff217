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
 * One thread, but for a filler. Tests: tests/e2e/taxii.py (each reader, each marking, each route)
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
/* His own. YG_ENOENT. */
YG_MUST_USE int yg_shelf_status(struct yg_shelf_reader *reader, struct yg_bytes root,
				struct yg_bytes id, struct yg_buf *to);

/* ---- filling ---- */

/*
 * What one reader may put into one collection, apart from register and reader: it may be handed to
 * another thread, whose @store is a handle of its own on the same file.
 */
struct yg_shelf_filler;
YG_MUST_USE int yg_shelf_filler_new(const struct yg_shelf_reader *reader,
				    const struct yg_shelf_view *view, struct yg_collections *store,
				    struct yg_shelf_filler **ret);
struct yg_shelf_filler *yg_shelf_filler_free(struct yg_shelf_filler *filler);
const struct yg_collection *yg_shelf_filler_collection(const struct yg_shelf_filler *filler);
const char *yg_shelf_filler_who(const struct yg_shelf_filler *filler); /* as yg_shelf_who() */
int64_t yg_shelf_filler_now_us(const struct yg_shelf_filler *filler);
/* Of a data set of `admin taxii-load`: what is sent there is taken as its cases expect. */
bool yg_shelf_is_loaded(const struct yg_shelf_filler *filler);

/* Between begin and commit (durable). YG_EACCES, else as store/stix.h. */
YG_MUST_USE int yg_shelf_begin(struct yg_shelf_filler *filler);
YG_MUST_USE int yg_shelf_put(struct yg_shelf_filler *filler, const struct yg_stix_object *object,
			     int64_t *ret_added_us);
YG_MUST_USE int yg_shelf_put_status(struct yg_shelf_filler *filler, const char *id,
				    struct yg_bytes root, struct yg_bytes status);
YG_MUST_USE int yg_shelf_commit(struct yg_shelf_filler *filler);
/* What is not committed is undone; nothing where all is. */
void yg_shelf_abort(struct yg_shelf_filler *filler);
bool yg_shelf_has_marking(struct yg_shelf_filler *filler, struct yg_bytes id);
/* Outside of begin and commit. As yg_shelf_read() for @filter. */
YG_MUST_USE int yg_shelf_delete(struct yg_shelf_filler *filler, struct yg_stix_filter *filter,
				uint64_t *ret_count);

/* The login that was right last, so that its digest is not made for every request. */
struct yg_shelf_known {
	uint8_t key[YG_MAC_KEY_BYTES]; /* random */
	uint8_t mac[YG_MAC_BYTES];
	bool has_mac;
};
/* The password of a data set's login, as it was loaded: YG_OK, YG_EACCES. Costs 0.1 s at first. */
YG_MUST_USE int yg_shelf_login(struct yg_collections *store, struct yg_bytes login,
			       struct yg_bytes password, struct yg_shelf_known *known);
