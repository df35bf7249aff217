/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/rule_cache.h - compiled rule images on disk (why and how safely: app/rule_image.h).
 *
 * File: header (magic, sizes, counts, digest of header and messages), messages, padding to 64,
 * image. The image carries its own checksum.
 */
#pragma once

#include "base/bytes.h"
#include "base/hash.h"

#define YG_RULE_CACHE_FILES_MAX 16u /* the oldest are removed beyond this */

struct yg_rule_counts {
	uint32_t found;
	uint32_t inactive;
	uint32_t refused;
};

struct yg_rule_cached {
	void *mapping;
	size_t mapping_size;
	struct yg_rule_counts counts;
	struct yg_bytes messages;
	struct yg_bytes image; /* aligned to 64 */
};

/* False when there is none, or it may not be trusted. Close with yg_rule_cache_close. */
bool yg_rule_cache_open(const uint8_t key[YG_DIGEST_BYTES], struct yg_rule_cached *ret);
void yg_rule_cache_close(struct yg_rule_cached *cached);

/* Keep an image; failures are silent (the next run compiles again). */
void yg_rule_cache_store(const uint8_t key[YG_DIGEST_BYTES], const struct yg_rule_counts *counts,
			 struct yg_bytes messages, struct yg_bytes image);
