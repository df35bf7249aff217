/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_absent.h - where a search of the archive has not looked, for the records are not here.
 *
 * A member may keep its raw logs at home (`raw: false`, docs/policy.md): then its sensor has them
 * in an archive of its own, and the hub has findings. "Nothing found" would say too much there.
 * Which sensors that are, stands in their last heartbeats (DATA/heartbeats).
 *
 * Layer: app. Any thread. Cost: reads the heartbeats of all sensors, at most YG_ABSENT_FILES_MAX.
 */
#pragma once

#include "base/buf.h"
#include "wire/message.h"

#define YG_ABSENT_FILES_MAX 20000u
#define YG_ABSENT_MAX	    1000u /* sensors that are named */

struct yg_absent {
	char sensor[YG_WIRE_ID_MAX + 1];
	char from[40]; /* what it can look back on itself; empty: nothing, or it is not known */
	char to[40];
};

/*
 * The sensors of @org that keep their logs at home, to @fn (a result other than YG_OK ends it).
 * YG_OK, YG_ENOMEM, or what @fn returned. Heartbeats that cannot be read say nothing.
 */
typedef int (*yg_absent_fn)(void *arg, const struct yg_absent *absent);
YG_MUST_USE int yg_absent_each(const char *data, const char *org, yg_absent_fn fn, void *arg);

/* Add [{"sensor":ID,"held_by":"member","archive":{"from":TIME,"to":TIME} or null},…]. */
YG_MUST_USE int yg_absent_json(const char *data, const char *org, struct yg_buf *to);
