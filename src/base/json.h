/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/json.h - JSON documents that are not on the hot path: bounded reading, canonical writing.
 *
 * Trees are jansson's json_t (reference counted; json_decref). Records of logs are read by
 * parse/json.h instead. Allocations go through base/alloc.h, so tests can make them fail.
 * Source: RFC 8259 (JSON), RFC 8785 (canonical form). Thread-safe on trees of one's own.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

#define YG_JSON_DEPTH_MAX 64u

/*
 * Read the whole of @text as one JSON value. Refused: more than @bytes_max bytes, nesting over
 * YG_JSON_DEPTH_MAX, duplicate keys, invalid UTF-8, NUL in texts, anything after the value.
 * *ret owned by the caller. YG_OK, YG_EFORMAT, YG_ELIMIT or YG_ENOMEM; @reterr->pos is a byte.
 */
YG_MUST_USE int yg_json_load(struct yg_bytes text, size_t bytes_max, json_t **ret,
			     struct yg_fault *reterr);

/*
 * Add @value in canonical form (RFC 8785): keys sorted by UTF-16 units, no blanks, shortest
 * escapes. Only integers within ±2^53 and no fractions, so that every language writes the same
 * bytes: others give YG_EUNSUPPORTED. YG_OK, YG_EUNSUPPORTED, YG_ELIMIT or YG_ENOMEM.
 */
YG_MUST_USE int yg_json_canonical(const json_t *value, struct yg_buf *to);

/* The text under @key of object @object; empty when absent or no text. Lives as long as @object. */
struct yg_bytes yg_json_text(const json_t *object, const char *key);

/* The integer under @key, or @otherwise. */
int64_t yg_json_int(const json_t *object, const char *key, int64_t otherwise);

/*
 * The value under @key of an object that stands in @text, as it is written there, without a tree:
 * for those who look at many documents for a few of their values. @text is one that was read before
 * it was kept (yg_json_load) and is in canonical form; of other bytes it gives some piece or
 * nothing. Empty when absent. Only keys without escapes are found. O(size), borrowed from @text.
 */
struct yg_bytes yg_json_peek(struct yg_bytes text, const char *key);
/* The same of a text without escapes: what is between the quotes; empty when it is none. */
struct yg_bytes yg_json_peek_text(struct yg_bytes text, const char *key);
/*
 * Add @text, an object as above, to @to with @value (canonical JSON) under @key (plain ASCII),
 * which is what setting it in the tree and writing that would give. O(size). YG_OK, YG_EFORMAT: no
 * object; YG_ELIMIT, YG_ENOMEM.
 */
YG_MUST_USE int yg_json_splice(struct yg_bytes text, const char *key, struct yg_bytes value,
			       struct yg_buf *to);

/* A text value from bytes (invalid UTF-8 becomes U+FFFD); NULL without memory. */
json_t *yg_json_string(struct yg_bytes text);

/* json_object_set_new with a NULL @value or full memory reported: YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_json_set(json_t *object, const char *key, json_t *take_value);
