/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/feeds.h - collections of other TAXII servers that the hub fetches again and again.
 *
 *   admin feeds add ─► feed (hub.db) ─► polled by the hub (app/hub_feeds.h) ─► state (stix.db)
 *
 * A feed names files for what is secret and for authorities; they lie in the folder that the
 * operator gives to the process that connects (docs/hub-config.md, out.feeds), and no other
 * process, no log and no operation ever has what is in them.
 *
 * Kept under "hub.feed": kinds feed (NAME) and now (NAME: asked for by a person). How it went is
 * overwritten each time, so it stands beside the objects, as a text of kind "feed".
 * One thread. Tests: tests/e2e/hub_feeds.py
 */
#pragma once

#include <jansson.h>
#include <string.h>

#include "access/hub.h"
#include "store/stix.h"

#define YG_FEED_NAME_MAX     40u
#define YG_FEED_URL_MAX	     500u
#define YG_FEED_REMOTE_MAX   200u
#define YG_FEED_FILE_MAX     60u
#define YG_FEEDS_MAX	     100u
#define YG_FEED_INTERVAL_MIN 60u
#define YG_FEED_INTERVAL_MAX (7 * 86400u)
#define YG_FEED_LIMIT_MAX    10000u /* objects of a page */

struct yg_feed {
	char name[YG_FEED_NAME_MAX + 1];
	char url[YG_FEED_URL_MAX + 1];	     /* of the API root, or /taxii2/ */
	char remote[YG_FEED_REMOTE_MAX + 1]; /* the server's collection */
	char collection[YG_STIX_UUID + 1];   /* ours */
	char user[YG_FEED_FILE_MAX + 1];     /* Basic; "": the secret is a token */
	/* Names of files in the operator's folder; "": none. */
	char secret[YG_FEED_FILE_MAX + 1];
	char authorities[YG_FEED_FILE_MAX + 1];
	char certificate[YG_FEED_FILE_MAX + 1];
	char key[YG_FEED_FILE_MAX + 1];
	uint32_t interval_s;
	uint32_t limit;
	enum yg_tlp default_tlp; /* of what comes unmarked; NONE: as the collection says */
};

/* Letters, digits, "-", "_" and ".", not beginning with a point or a hyphen. */
static inline bool yg_feed_is_file(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size <= YG_FEED_FILE_MAX && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       size;
}

/* "https://…", or "http://" and this machine; no name or password in it. Pure. */
bool yg_feed_is_url(const char *url);
/* Is @file named after the server of @url: its host, "_", and anything? Whoever is not at the hub's
 * machine may only name such files: what is in one goes to no other server. Pure. */
bool yg_feed_is_file_of(const char *file, const char *url);

/* @by: write_indicators at the hub. YG_OK, YG_EDUPLICATE, YG_EINVAL, YG_ELIMIT. */
YG_MUST_USE int yg_feed_add(struct yg_access *by, const struct yg_feed *feed);
/* What came stays. YG_ENOENT. */
YG_MUST_USE int yg_feed_remove(struct yg_access *by, const char *name);
/* The hub does it within a second or two, if it runs. YG_ENOENT. */
YG_MUST_USE int yg_feed_poll_now(struct yg_access *by, const char *name);

/*
 * @by: read_indicators at the hub. By name: {"name","url","collection_there","collection","user",
 * "interval_s","limit","default_tlp","added","by","state":{…}}; state: null before the first poll,
 * else {"running","last_try","last_success","last_error","error_time","objects","last_objects",
 * "refused","last_refused","failures","next","added_after"}. @states: where it stands; NULL: not.
 */
typedef int (*yg_feed_fn)(void *arg, json_t *one);
YG_MUST_USE int yg_feed_list(struct yg_access *by, struct yg_collections *states, yg_feed_fn fn,
			     void *arg);

/* ---- the hub itself ---- */

typedef int (*yg_feed_each_fn)(void *arg, const struct yg_feed *feed);
YG_MUST_USE int yg_feed_each(struct yg_hub_access *hub, yg_feed_each_fn fn, void *arg);
/* Was @name asked for? It is not, any more. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_feed_take_now(struct yg_hub_access *hub, const char *name);
/* An entry of the audit log: @count versions came. */
YG_MUST_USE int yg_feed_note(struct yg_hub_access *hub, const struct yg_feed *feed, uint64_t count);
