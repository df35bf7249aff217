/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/trace-int.h - what a single record says about actor, target and sign-ins.
 *
 * Layer: detect, private to trace*.c. Pure.
 */
#pragma once

#include "detect/trace.h"

#define YG_TRACE_FOLD_MAX 1024u /* longer texts are hashed as written */

/* Is @b written like an IPv4 or IPv6 address? */
bool yg_trace_is_address(struct yg_bytes b);

/* The hash of @b without case. */
uint64_t yg_trace_hash_folded(struct yg_bytes b, uint64_t seed);

/* What of a key depends on the client's address alone. */
struct yg_trace_key_plan {
	bool is_group_client;
	bool is_value_client;
};

/*
 * For @key of a record of an access log. False: it depends on the size of the answer, or on the
 * client and something else.
 */
bool yg_trace_plan_key(const struct yg_tracer *tracer, const struct yg_trace_key *key,
		       struct yg_trace_key_plan *ret);

/* group and value of such a key for client @client. */
uint64_t yg_trace_client_group(const struct yg_tracer *tracer, struct yg_bytes client);
uint64_t yg_trace_client_value(const struct yg_tracer *tracer, struct yg_bytes client);

/*
 * Fill flags, actor, target, and for web records path, status and size. Texts are borrowed from
 * the record. Cost: one pass over the fields.
 */
void yg_trace_facts(struct yg_event *event, uint64_t seed, struct yg_trace *trace);
