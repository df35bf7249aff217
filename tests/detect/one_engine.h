/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/detect/one_engine.h - a rule set compiled and opened, for tests.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "detect/engine.h"

struct one_engine {
	uint8_t *image; /* aligned */
	struct yg_engine *engine;
	struct yg_scratch *scratch;
};

/* False when it cannot be done; *ret can be closed in any case. */
static inline bool one_engine_open(const struct yg_rules *rules, struct one_engine *ret)
{
	static const uint8_t key[YG_DIGEST_BYTES] = "test";
	struct yg_fault fault;
	struct yg_buf image;
	void *aligned;
	bool result = false;

	*ret = (struct one_engine){0};
	yg_buf_init(&image, YG_IMAGE_BYTES_MAX);
	if (yg_image_compile(rules, key, &image, &fault) == YG_OK &&
	    posix_memalign(&aligned, 64, image.size) == 0) {
		ret->image = aligned;
		memcpy(aligned, image.data, image.size);
		if (yg_engine_open((struct yg_bytes){aligned, image.size}, key, &ret->engine,
				   &fault) == YG_OK)
			ret->scratch = yg_scratch_new(ret->engine);
		result = ret->scratch;
	}
	yg_buf_done(&image);
	return result;
}

static inline void one_engine_close(struct one_engine *one)
{
	(void)yg_scratch_free(one->scratch);
	(void)yg_engine_free(one->engine);
	free(one->image);
}

/*
 * The engine numbers active rules by id, then file and line: which rule each number is.
 * NULL when the numbers do not fit the rules.
 */
static inline uint32_t *one_engine_numbers(const struct one_engine *one,
					   const struct yg_rules *rules)
{
	uint32_t *numbers = calloc(rules->rule_count + 1u, sizeof(*numbers));
	uint8_t *taken = calloc(rules->rule_count + 1u, 1);

	for (uint32_t i = 0; numbers && taken && i < yg_engine_rule_count(one->engine); i++) {
		struct yg_bytes id = yg_engine_rule(one->engine, i)->info.id;
		uint32_t r = 0;

		while (r < rules->rule_count &&
		       (taken[r] || rules->rules[r].state != YG_RULE_ACTIVE ||
			!yg_bytes_eq(rules->rules[r].info.id, id)))
			r++;
		if (r == rules->rule_count) {
			free(numbers);
			numbers = NULL;
			break;
		}
		taken[r] = 1;
		numbers[i] = r;
	}
	free(taken);
	return numbers;
}
