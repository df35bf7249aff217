/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/stix.h - collections of STIX objects, in a file of their own.
 *
 *   collection ─ versions of objects, each with the time it was added
 *
 * Of one collection no two versions have one time of adding: it is strictly increasing, a
 * microsecond at least, whatever the clock does. So whoever asks for what came after a time he has
 * seen misses nothing and gets nothing twice, also beside a writer: writers wait for each other,
 * and a version is seen with its time or not at all.
 *
 * Several programs may have the file open (the hub, and `yagura share` beside it). Only access/ and
 * app/ include this. One thread for each struct.
 * Tests: tests/unit/store/test_stix.c, tests/e2e/stix.py, taxii.py
 */
#pragma once

#include "base/err.h"
#include "model/stix.h"

#define YG_COLLECTION_TITLE_MAX 200u
#define YG_COLLECTION_TEXT_MAX	2000u
#define YG_COLLECTION_NAME_MAX	64u
#define YG_COLLECTIONS_MAX	10000u
#define YG_STIX_STATUS_KEPT_S	(48 * 3600) /* TAXII asks for a day */
#define YG_STIX_FILTER_MAX	64u	    /* values in one filter field */

struct yg_collections;

YG_MUST_USE int yg_collections_open(const char *path, bool may_create, struct yg_collections **ret);
struct yg_collections *yg_collections_free(struct yg_collections *s);
/* For one who fills in very much at once: up to 384 MiB of memory instead of 32. */
YG_MUST_USE int yg_collections_fill_much(struct yg_collections *s);
const char *yg_collections_trouble(const struct yg_collections *s);

/* For whom a collection is, beside the one who owns it. */
enum yg_collection_reach {
	YG_COLLECTION_OWN,	 /* nobody else */
	YG_COLLECTION_SECTOR,	 /* members of one sector */
	YG_COLLECTION_COMMUNITY, /* all members */
	YG_COLLECTION_REACH_COUNT
};
const char *yg_collection_reach_name(enum yg_collection_reach reach); /* "community" */
bool yg_collection_reach_by_name(struct yg_bytes name, enum yg_collection_reach *ret);

struct yg_collection {
	int64_t number;				     /* of the file */
	char id[YG_STIX_UUID + 1];		     /* lower case */
	char root[YG_COLLECTION_NAME_MAX + 1];	     /* API root: "hub" */
	char alias[YG_COLLECTION_NAME_MAX + 1];	     /* or "" */
	char owner[YG_COLLECTION_NAME_MAX + 1];	     /* organisation, or "login:NAME" */
	char sector[4 * YG_COLLECTION_NAME_MAX + 1]; /* of SECTOR */
	char title[YG_COLLECTION_TITLE_MAX + 1];
	char description[YG_COLLECTION_TEXT_MAX + 1];
	enum yg_collection_reach reach;
	enum yg_tlp default_tlp; /* of objects without a marking; NONE: they count as RED */
	bool may_others_write;	 /* whom it is for may also add */
	bool is_readable;	 /* by anybody at all, over TAXII */
	bool is_writable;
	unsigned specs; /* bit by enum yg_stix_spec: what it says it holds */
};

/* @id empty: a UUIDv4 is drawn. YG_OK, YG_EDUPLICATE (id or alias), YG_ELIMIT. */
YG_MUST_USE int yg_collections_add(struct yg_collections *s, struct yg_collection *collection);
/* By id of either case, or alias. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_collections_get(struct yg_collections *s, struct yg_bytes name,
				   struct yg_collection *ret);
typedef int (*yg_collection_fn)(void *arg, const struct yg_collection *collection);
/* By id; of API root @root alone unless it is empty. Other than YG_OK of @fn ends it. The callback
 * may not use @s. */
YG_MUST_USE int yg_collections_each(struct yg_collections *s, struct yg_bytes root,
				    yg_collection_fn fn, void *arg);

/* Title, description, alias, reach, sector and may_others_write as they stand in @collection, by
 * its number. YG_OK, YG_ENOENT, YG_EDUPLICATE (alias). */
YG_MUST_USE int yg_collections_change(struct yg_collections *s,
				      const struct yg_collection *collection);
/* It, its objects, and what was kept of polling into it. Within begin and commit. *ret_objects: how
 * many versions went. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_collections_remove(struct yg_collections *s,
				      const struct yg_collection *collection,
				      uint64_t *ret_objects);
/* All that @owner has: collections, objects, texts. Within begin and commit. */
YG_MUST_USE int yg_collections_drop(struct yg_collections *s, const char *owner);

/* ---- filling: begin, put…, commit (durable), or abort ---- */

YG_MUST_USE int yg_collections_begin(struct yg_collections *s);
YG_MUST_USE int yg_collections_commit(struct yg_collections *s);
void yg_collections_abort(struct yg_collections *s);

/*
 * Add a version. @added_us 0: now (@now_us), or just behind the last one; else that time, which may
 * move on by microseconds until it is free, and has to be behind the last one unless the collection
 * is being loaded (taxii-load). *ret_added: its time. YG_OK; YG_EDUPLICATE: the very same is there
 * (no error for whoever sends it); YG_EMISMATCH: this id and version is there with other content.
 */
YG_MUST_USE int yg_collections_put(struct yg_collections *s, int64_t collection,
				   const struct yg_stix_object *object, int64_t now_us,
				   int64_t added_us, int64_t *ret_added);
/* It came from @origin (the name of a feed): between begin and commit, behind its put. */
YG_MUST_USE int yg_collections_put_origin(struct yg_collections *s, int64_t collection,
					  int64_t added_us, const char *origin);
struct yg_stix_came {
	struct yg_bytes id;
	struct yg_bytes version;
	int64_t added_us;
	int64_t collection;
};
/* What came from @origin and is there, newest first, at most @limit. Bytes are borrowed. */
YG_MUST_USE int yg_collections_came(struct yg_collections *s, const char *origin, uint32_t limit,
				    int (*fn)(void *arg, const struct yg_stix_came *one),
				    void *arg);
/* Is there a marking definition of this id in any collection? */
bool yg_collections_has(struct yg_collections *s, struct yg_bytes id);

/* ---- reading ---- */

enum yg_stix_versions {
	YG_STIX_LAST,
	YG_STIX_FIRST,
	YG_STIX_ALL,
	YG_STIX_LISTED, /* versions named by time */
};

struct yg_stix_filter {
	int64_t collection;
	enum yg_tlp clearance; /* objects above it are not there */
	enum yg_tlp otherwise; /* what an object without a marking counts as */
	int64_t after_us;      /* added later than this; INT64_MIN: all */
	uint32_t limit;
	const struct yg_bytes *ids;
	uint32_t id_count; /* 0: any; as the next two */
	const struct yg_bytes *types;
	uint32_t type_count;
	unsigned specs; /* bit by enum yg_stix_spec; 0: of each id the newest there is */
	bool has_last;	/* several may be asked for at once */
	bool has_first;
	bool has_all;
	const int64_t *versions_ns;
	uint32_t version_count;
};

struct yg_stix_row {
	struct yg_stix_object object; /* borrowed for the call; tlp: as it counts */
	int64_t added_us;
};
typedef int (*yg_stix_row_fn)(void *arg, const struct yg_stix_row *row);
/* By time of adding. *ret_is_more: there are more than the limit. Other than YG_OK of @fn ends it.
 * @with_text false: object.text is empty. */
YG_MUST_USE int yg_collections_read(struct yg_collections *s, const struct yg_stix_filter *filter,
				    bool with_text, yg_stix_row_fn fn, void *arg,
				    bool *ret_is_more);
/* What the filter gives (its limit does not count) is deleted, durably. *ret_count: how many. */
YG_MUST_USE int yg_collections_delete(struct yg_collections *s, const struct yg_stix_filter *filter,
				      uint64_t *ret_count);

/* ---- status of what was sent; logins and documents of a loaded data set ---- */

/* Kept for YG_STIX_STATUS_KEPT_S after @now_us; older ones go meanwhile. @who alone may ask. */
YG_MUST_USE int yg_collections_put_status(struct yg_collections *s, const char *id,
					  struct yg_bytes root, struct yg_bytes who, int64_t now_us,
					  struct yg_bytes body);
/* YG_ENOENT. @to is added to. */
struct yg_buf;
YG_MUST_USE int yg_collections_get_status(struct yg_collections *s, struct yg_bytes id,
					  struct yg_bytes root, struct yg_bytes who, int64_t now_us,
					  struct yg_buf *to);
/* Texts by kind and name: "login" (digest of a password), "root" and "discovery" (JSON). */
YG_MUST_USE int yg_collections_put_text(struct yg_collections *s, const char *kind,
					struct yg_bytes name, struct yg_bytes text);
YG_MUST_USE int yg_collections_get_text(struct yg_collections *s, const char *kind,
					struct yg_bytes name, struct yg_buf *to);
