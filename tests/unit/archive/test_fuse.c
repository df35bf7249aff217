/* SPDX-License-Identifier: Apache-2.0 */
/* Filters: no key of the set is ever missed; others pass as seldom as promised; damage is refused.
 */
#include "archive/fuse.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

#include "../check.h"

static uint64_t state;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A set of @count keys, all found; *ret_passed of 100,000 others. */
static bool try_set(uint32_t count, unsigned bits, uint32_t *ret_passed)
{
	uint64_t *keys = yg_calloc(count + 1, sizeof(*keys));
	struct yg_buf buf;
	struct yg_fuse fuse;
	bool is_good = true;

	for (uint32_t i = 0; i < count; i++)
		keys[i] = draw() | 1; /* others below are even */
	qsort(keys, count, sizeof(*keys), compare);
	yg_buf_init(&buf, 64u << 20);
	is_good = yg_fuse_write(keys, count, bits, &buf) == YG_OK &&
		  yg_fuse_open(yg_buf_bytes(&buf), &fuse) == YG_OK;
	for (uint32_t i = 0; i < count && is_good; i++)
		is_good = yg_fuse_has(&fuse, keys[i]);
	*ret_passed = 0;
	for (uint32_t i = 0; i < 100000 && is_good; i++)
		*ret_passed += yg_fuse_has(&fuse, draw() & ~UINT64_C(1));
	yg_buf_done(&buf);
	free(keys);
	return is_good;
}

static void all_are_found(void)
{
	static const uint32_t counts[] = {0, 1, 2, 3, 4, 5, 7, 10, 33, 100, 1000, 5000, 50000};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t passed;

		CHECK(try_set(counts[i], 8, &passed));
		CHECK(passed < 700); /* 1 in 256 is 390 */
		CHECK(counts[i] > 0 || passed == 0);
		CHECK(try_set(counts[i], 16, &passed));
		CHECK(passed < 20); /* 1 in 65,536 is 1.5 */
	}
	for (uint32_t count = 0; count < 300; count++) {
		uint32_t passed;

		CHECK(try_set(count, 8, &passed));
	}
}

static void is_small(void)
{
	uint64_t keys[20000];
	struct yg_buf buf;

	for (size_t i = 0; i < 20000; i++)
		keys[i] = i * UINT64_C(0x9e3779b97f4a7c15);
	qsort(keys, 20000, sizeof(keys[0]), compare);
	yg_buf_init(&buf, 1u << 20);
	CHECK(yg_fuse_write(keys, 20000, 8, &buf) == YG_OK);
	CHECK(buf.size < 20000 * 5 / 4 + 4096);
	yg_buf_done(&buf);
}

static void lies_are_refused(void)
{
	uint64_t keys[50];
	struct yg_fuse fuse;
	struct yg_buf buf;

	for (size_t i = 0; i < 50; i++)
		keys[i] = i + 1;
	yg_buf_init(&buf, 1u << 20);
	CHECK(yg_fuse_write(keys, 50, 16, &buf) == YG_OK);
	for (size_t cut = 0; cut < buf.size; cut++)
		CHECK(yg_fuse_open((struct yg_bytes){buf.data, cut}, &fuse) == YG_EFORMAT);
	/* Any byte of the head changed: refused, or a filter that stays inside its bytes. */
	for (size_t i = 8; i < YG_FUSE_HEAD; i++)
		for (unsigned value = 0; value < 256; value++) {
			uint8_t old = buf.data[i];

			buf.data[i] = (uint8_t)value;
			if (yg_fuse_open(yg_buf_bytes(&buf), &fuse) == YG_OK)
				for (uint64_t key = 0; key < 100; key++)
					(void)yg_fuse_has(&fuse, key * UINT64_C(0x123456789abcdef));
			buf.data[i] = old;
		}
	yg_buf_done(&buf);
}

static void memory_may_be_out(void)
{
	uint64_t keys[100];

	for (size_t i = 0; i < 100; i++)
		keys[i] = i;
	for (long at = 1; at < 20; at++) {
		struct yg_buf buf;
		int rc;

		yg_buf_init(&buf, 1u << 20);
		yg_fail_at = at;
		rc = yg_fuse_write(keys, 100, 8, &buf);
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		yg_fail_at = 0;
		yg_buf_done(&buf);
	}
}

static const struct check_case cases[] = {
	CASE(all_are_found),
	CASE(is_small),
	CASE(lies_are_refused),
	CASE(memory_may_be_out),
};

int main(void)
{
	state = yg_hash_secret() | 1;
	printf("seed %llu\n", (unsigned long long)state);
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
