/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/rule_image.h - from rule files to an engine ready to match, by way of the image cache.
 *
 * Compiling thousands of rules takes about a second, so the compiled image is kept in
 * $XDG_CACHE_HOME/yagura (or ~/.cache/yagura), named by the digest of all rule texts and options.
 * The cache is hostile input: the folder must be ours alone (mode 0700), the file ours and not
 * writable by others, the content is checked by its own checksum and yg_engine_open; anything else
 * is compiled anew. What was said about refused rules is kept beside the image and said again.
 */
#pragma once

#include "app/options.h"
#include "detect/engine.h"

struct yg_rule_image {
	struct yg_engine *engine;
	void *mem; /* the image: heap (aligned) or a mapping */
	size_t size;
	bool is_mapped;
	uint32_t found;
	uint32_t loaded;
	uint32_t inactive;
	uint32_t refused;
	uint32_t unreadable;
	bool is_cached;
	uint8_t key[YG_DIGEST_BYTES]; /* of all texts and options */
	struct yg_mapping *mapping;   /* that the engine borrows; owned; NULL = none */
	char *refusals;		      /* a line for each refused rule: FILE:LINE: REASON; owned */
	uint32_t newly_refused;	      /* by the set beside which it was loaded they were not */
	struct yg_rules *rules;	      /* as understood, with pieces; only where @options explain */
};

/*
 * Load what @options name. Refused rules and unreadable files are said. YG_OK, YG_ENOMEM,
 * YG_ELIMIT, YG_EFORMAT (said), YG_EINVAL: the placeholders file is wrong (said), or --rules
 * named no rule at all (said), or YAGURA_MATCHER no matcher (said), or the mapping is wrong (said).
 */
YG_MUST_USE int yg_rule_image_load(const struct yg_options *options, struct yg_rule_image *ret);

/*
 * The same beside a running set: of refused rules only those are said (and counted in
 * newly_refused) that @before did not refuse for the same reason, wherever in the file they stand.
 */
YG_MUST_USE int yg_rule_image_load_beside(const struct yg_options *options,
					  const struct yg_rule_image *before,
					  struct yg_rule_image *ret);
void yg_rule_image_done(struct yg_rule_image *image);
