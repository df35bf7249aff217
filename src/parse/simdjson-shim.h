/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/simdjson-shim.h - the first pass over a JSON text, by simdjson, seen from C.
 *
 * simdjson finds where the tokens of a JSON text begin (its "stage 1", vector code chosen for
 * the processor at run time); what they mean is read by parse/json_walk.c. Only this pass is
 * taken from the library: an event needs slices of the text, not values.
 *
 * Source: Langdale, Lemire: Parsing Gigabytes of JSON per Second, VLDB Journal 28 (2019).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yg_json_index;

enum yg_json_index_result {
	YG_JSON_INDEX_OK,
	YG_JSON_INDEX_CONTROL,	/* a control character stands in a string */
	YG_JSON_INDEX_UTF8,	/* not UTF-8 */
	YG_JSON_INDEX_UNCLOSED, /* a string is not closed */
	YG_JSON_INDEX_EMPTY,	/* nothing but white space */
	YG_JSON_INDEX_NOMEM,
};

/* One per thread. NULL without memory. _free(NULL) is allowed and returns NULL. */
struct yg_json_index *yg_json_index_new(void);
struct yg_json_index *yg_json_index_free(struct yg_json_index *index);

/*
 * Find the tokens of @text: each of { } [ ] : , each opening quote, and the first byte of each
 * other scalar. 64 readable bytes must follow @text.
 *
 * @ret_at     offsets, ascending; (*ret_at)[*ret_count] is @size. Valid until the next call.
 * Written only with YG_JSON_INDEX_OK. Cost: O(size).
 */
enum yg_json_index_result yg_json_index_make(struct yg_json_index *index, const uint8_t *text,
					     size_t size, const uint32_t **ret_at,
					     uint32_t *ret_count);

#ifdef __cplusplus
}
#endif
