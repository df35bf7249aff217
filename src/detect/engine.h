/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/engine.h - the compiled rule set and its matcher.
 *
 * yg_rules (understood) -> yg_image_compile -> one flat image -> yg_engine_open -> yg_engine_match.
 * The image is offset-based and checksummed; it can be kept in a file and mapped by any number of
 * processes. Opening checks every offset: an image is hostile input.
 *
 * Layer: detect. No files, no clock.
 */
#pragma once

#include "base/buf.h"
#include "detect/rules.h"
#include "model/event.h"

#define YG_IMAGE_BYTES_MAX (512u << 20)

/*
 * Compile all active rules into @ret (initialised by the caller with YG_IMAGE_BYTES_MAX).
 * @key is stored in the image and compared on opening: the caller's digest of all rule texts and
 * options. Returns YG_OK, YG_ENOMEM, YG_ELIMIT, or YG_EFORMAT with *reterr.
 * Cost: seconds for thousands of rules.
 */
YG_MUST_USE int yg_image_compile(const struct yg_rules *rules, const uint8_t key[YG_DIGEST_BYTES],
				 struct yg_buf *ret, struct yg_fault *reterr);

struct yg_engine;

/*
 * Open an image. @image is borrowed and must stay (aligned to 64) until yg_engine_free.
 * YG_OK; YG_EMISMATCH: another key, format version, library version or CPU; YG_EDIGEST,
 * YG_EFORMAT: damaged; YG_ENOMEM. The engine is immutable: any number of threads.
 */
YG_MUST_USE int yg_engine_open(struct yg_bytes image, const uint8_t key[YG_DIGEST_BYTES],
			       struct yg_engine **ret, struct yg_fault *reterr);
struct yg_engine *yg_engine_free(struct yg_engine *engine);

/*
 * Let @mapping, with which the image was compiled, decide which records a rule is for. Borrowed;
 * to be given before the first match. YG_OK, or YG_EMISMATCH: the image was made without one.
 */
YG_MUST_USE int yg_engine_use_mapping(struct yg_engine *engine, const struct yg_mapping *mapping);

/* What was given last; NULL = none. */
const struct yg_mapping *yg_engine_mapping(const struct yg_engine *engine);

/* The table parsers must use for events given to this engine. Owned by the engine. */
const struct yg_names *yg_engine_names(const struct yg_engine *engine);

/* Rules in the image (active ones), 0 .. count-1, ascending by (id, file, line). */
uint32_t yg_engine_rule_count(const struct yg_engine *engine);

struct yg_engine_rule {
	struct yg_rule_info info;
	struct yg_bytes name;
	const struct yg_correlation
		*correlation; /* NULL for ordinary rules; refs = engine indexes */
	uint8_t storey;	      /* 0: an ordinary rule; correlations stand above all that they name */
	bool is_quiet;
	uint64_t meaning; /* of an ordinary rule: changes when what it asks for does */
};
const struct yg_engine_rule *yg_engine_rule(const struct yg_engine *engine, uint32_t index);

/* Per thread. */
struct yg_scratch;
struct yg_scratch *yg_scratch_new(const struct yg_engine *engine);
struct yg_scratch *yg_scratch_free(struct yg_scratch *scratch);

struct yg_hits {
	const uint32_t *rules; /* ascending; valid until the next match with this scratch */
	uint32_t count;
};

/*
 * All ordinary rules (quiet ones included) that @event satisfies. Escaped fields are decoded on
 * the way. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_engine_match(const struct yg_engine *engine, struct yg_scratch *scratch,
				struct yg_event *event, struct yg_hits *ret);

/*
 * Is there a rule that a record of @format, with or without a channel, could satisfy by its
 * logsource? False: such records need not be read for rules. Cost: a look at each route.
 */
bool yg_engine_wants(const struct yg_engine *engine, enum yg_format format, bool has_channel);

/* Rules that were tried on records so far by this scratch; for measuring. */
uint64_t yg_scratch_candidates(const struct yg_scratch *scratch);
