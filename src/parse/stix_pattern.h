/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/stix_pattern.h - is a text a STIX pattern? The comparison and observation grammar of
 * STIX 2.1 sec. 9, without its meaning.
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
