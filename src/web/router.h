/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/router.h - from method and path to a row of the route tables (model/api.h).
 *
 * A pattern is literal segments and {names}; a name takes exactly one segment, never an empty
 * one. No order of rows decides anything: two rows that could both take one request are refused
 * when the tables are checked, unless a literal segment of one stands where the other has a
 * name; then the literal one is meant.
 * Layer: web. Pure; any thread. Tests: tests/unit/web/test_router.c, tests/fuzz/fuzz_web.c
 */
#pragma once

#include "base/err.h"
#include "model/api.h"

#define YG_WEB_SEGMENTS_MAX 16u	 /* in a pattern */
#define YG_WEB_ROUTES_MAX   512u /* in all tables together */
#define YG_WEB_METHOD_OTHER 4u	 /* a method that no route has */

struct yg_web_match {
	const struct yg_route *route;		 /* NULL: none for this method */
	void *context;				 /* of the route's table */
	struct yg_bytes parts[YG_API_PARTS_MAX]; /* borrowed from the path */
	unsigned methods; /* bit by enum yg_method: what this path knows; 0: no such path */
};

/*
 * Check tables once, before use. YG_OK; YG_EINVAL: a pattern that is malformed, has too many
 * segments or names, or that cannot be told from another (*ret_bad names the row, may be NULL);
 * YG_ELIMIT. Cost: O(rows²), for the start only.
 */
YG_MUST_USE int yg_web_routes_check(const struct yg_route_table *tables, size_t count,
				    const struct yg_route **ret_bad);

/* Find the row for @path (decoded, yg_web_target). @method may be YG_WEB_METHOD_OTHER. O(rows). */
void yg_web_route(const struct yg_route_table *tables, size_t count, unsigned method,
		  struct yg_bytes path, struct yg_web_match *ret);

/* "GET, HEAD, PUT" for an Allow field. */
void yg_web_allow(unsigned methods, char to[40]);
