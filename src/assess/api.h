/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess/api.h - the operations of docs/api.md, section "Assessment", as a route table.
 *
 * Every operation is one line of assess/api.def; what is common to them (opening the assessment,
 * the body as JSON, If-Match, turning errors into problems in the language of the request) is done
 * once, before and after its function. Opened assessments are kept, so that a request does not
 * read a framework again.
 *
 * Threads: one at a time. Tests: tests/unit/assess/test_api.c, tests/e2e/api_schema.py
 */
#pragma once

#include "assess/api_ports.h"
#include "model/api.h"

struct yg_assess_api;

/* @ports is borrowed until free. NULL without memory. */
struct yg_assess_api *yg_assess_api_new(const struct yg_assess_api_ports *ports);
/* NULL is allowed; always returns NULL. */
struct yg_assess_api *yg_assess_api_free(struct yg_assess_api *api);

/* Close what is kept open. Needed before an access that was given to a handler is freed. */
void yg_assess_api_forget(struct yg_assess_api *api);

/* The routes whose functions are there, with @api as their context. Borrowed from @api. */
struct yg_route_table yg_assess_api_routes(struct yg_assess_api *api);
