/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_publish.h - keeper, a thread: warnings into collections of STIX objects.
 *
 *   due (access/publish.h) ─► the gate's copy ─► objects (share/stix_notice.h), checked as what
 *   others send (parse/stix.h) ─► stix.db, durable ─► hub.db: published, with the ids
 *
 * What was put and is not named any more, by a correction or because all was withdrawn, gets a
 * newer version with `revoked`. A kill between the two files makes it all again, with the same ids,
 * versions and bytes: what is there is no error.
 * Threads: start() takes one of its own until free(). Tests: tests/e2e/hub_publish.py
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/tr.h"

struct yg_hub_publish_opts {
	const char *db_path; /* borrowed, as all here */
	const char *collections_path;
	struct yg_clock clock;
	enum yg_lang lang; /* of names and descriptions */
};

struct yg_hub_publish;

/* YG_OK, YG_ENOMEM, the system's error. */
YG_MUST_USE int yg_hub_publish_start(const struct yg_hub_publish_opts *opts,
				     struct yg_hub_publish **ret);
/* Ends behind what it is at. NULL is allowed. */
struct yg_hub_publish *yg_hub_publish_free(struct yg_hub_publish *publish);
