/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/route.h - from a record to the logsources it stands for.
 *
 * A route is a small number that means "records of this kind": a Windows channel and event id, a
 * syslog program, a web access log. Rules are grouped by route when compiled, so that a record
 * meets only the rules that can apply to it. The table is detect/route.def, explained in
 * docs/routing.md.
 *
 * Layer:   detect.
 * State:   a router is immutable: any number of threads.
 * Tests:   tests/unit/detect/test_route.c
 */
#pragma once

#include "detect/rules.h"
#include "model/event.h"

#define YG_ROUTES_MAX 512u

/* Two routes with a meaning of their own; all others come from the table. */
#define YG_ROUTE_NONE 0u /* no rule applies */
#define YG_ROUTE_OPEN 1u /* a record we cannot place: rules of every logsource are tried */

struct yg_router;

/* NULL without memory. */
struct yg_router *yg_router_new(void);
struct yg_router *yg_router_free(struct yg_router *router);

/* How many routes there are; a number that changes when the table does. */
uint32_t yg_router_count(const struct yg_router *router);
uint64_t yg_router_fingerprint(const struct yg_router *router);

/* The route of @event. Cost: one or two hash probes. */
uint32_t yg_router_route(const struct yg_router *router, struct yg_event *event);

/*
 * True when a rule with @logsource belongs to @route (not YG_ROUTE_OPEN): each of product,
 * category and service that it names is one that the route stands for.
 */
bool yg_router_applies(const struct yg_router *router, uint32_t route,
		       const struct yg_logsource *logsource);

/* True when some route of the table (other than the open one) takes @logsource. */
bool yg_router_knows(const struct yg_router *router, const struct yg_logsource *logsource);

/* Can a record of @format, with or without a channel, have @route at all? */
bool yg_router_reaches(const struct yg_router *router, enum yg_format format, bool has_channel,
		       uint32_t route);

/* Does the table know the Windows channel @channel (any case)? */
bool yg_router_has_channel(const struct yg_router *router, struct yg_bytes channel);

/*
 * Call @fn for each Windows route with a channel and event id that lead to it. An empty channel is
 * one that the table does not know, id 0 any that has no row.
 */
void yg_router_each_event(const struct yg_router *router,
			  void (*fn)(void *arg, uint32_t route, struct yg_bytes channel,
				     uint32_t event_code),
			  void *arg);
