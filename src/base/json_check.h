/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/json_check.h - is this text JSON? On the hot path: nothing is built, one pass.
 *
 * Source: RFC 8259 (grammar). Pure and thread-safe.
 * Tests:  tests/unit/base/test_json_check.c (jansson is the oracle)
 */
#pragma once

#include "base/bytes.h"

#define YG_JSON_CHECK_DEPTH_MAX 64u /* objects and lists within each other */

/*
 * Is @text, which is UTF-8, one object of JSON, at most YG_JSON_CHECK_DEPTH_MAX deep, and nothing
 * else? Keys may stand twice. Cost: O(size).
 */
bool yg_json_is_object(struct yg_bytes text);
