/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/stix_pattern.h - is a text a STIX pattern? The comparison and observation grammar of
 * STIX 2.1 sec. 9; of its meaning only what a list of values can say.
 *
 * Layer: parse. Input: untrusted bytes; brackets are counted on a stack of YG_STIX_PATTERN_DEPTH,
 * so nothing recurses. Pure; any thread. Cost: linear. Tests: tests/unit/parse/test_stix.c,
 * tests/fuzz/fuzz_stix_pattern.c
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_STIX_PATTERN_MAX   (256u << 10) /* bytes */
#define YG_STIX_PATTERN_DEPTH 64u	   /* parentheses inside each other */

/* YG_OK; YG_EFORMAT, YG_ELIMIT: what is wrong and at which byte is in *@reterr. */
YG_MUST_USE int yg_stix_pattern_check(struct yg_bytes text, struct yg_fault *reterr);

/*
 * The values of a pattern that says no more than "one of these was seen": observations joined by
 * OR, in them equalities (=, ==, IN) of texts joined by OR, nothing denied, no times, no
 * parentheses. @path is as written ("file:hashes.'SHA-256'"); @value is free of escapes; both are
 * borrowed for the call. YG_OK; YG_EUNSUPPORTED: it says more, and a list would say something else
 * (@fn may have been called before: take what it got back); as above; what @fn returned.
 */
typedef int (*yg_stix_value_fn)(void *arg, struct yg_bytes path, struct yg_bytes value);
YG_MUST_USE int yg_stix_pattern_values(struct yg_bytes text, yg_stix_value_fn fn, void *arg,
				       struct yg_fault *reterr);
