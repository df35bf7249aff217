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

/*
 * Fill flags, actor, target, and for web records path, status and size. Texts are borrowed from
 * the record. Cost: one pass over the fields.
 */
void yg_trace_facts(struct yg_event *event, uint64_t seed, struct yg_trace *trace);
