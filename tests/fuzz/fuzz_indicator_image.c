/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A damaged image of indicators whose digest and checksums agree: the input is a list of changes to
 * a good one, three bytes offset, four bytes value, again and again. What opens is searched with,
 * walked through and asked, without leaving the image (which ends where its memory does).
 */
#include <stdlib.h>
#include <string.h>

#include "detect/indicators_build-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char list[] =
	"192.0.2.1 a\n198.51.100.0/24 b\n2001:db8::/32 c\nevil.example d\n"
	"http://evil.example/x?y e\n44d88612fea8a8f36de82e1278abb02f\nbad\n"
	"n1.test\nn2.test\nn3.test\nn4.test\nn5.test\nn6.test\nn7.test\nn8.test\n"
	"n9.test\nna.test\nnb.test\nnc.test\nnd.test\nne.test\nnf.test\nng.test\n";
static const char text[] = "192.0.2.1 198.51.100.7 2001:db8::5 a.evil.example n3.test "
			   "http://evil.example/x?y 44d88612fea8a8f36de82e1278abb02f";
static const uint8_t key[YG_DIGEST_BYTES] = "fuzz";
static struct yg_buf good;
static struct yg_names *names;
static struct yg_arena *arena;

static int put(void *arg, uint64_t at, struct yg_bytes b)
{
	(void)arg;
	while (good.size < at + b.size)
		yg_buf_add_byte(&good, 0);
	memcpy(good.data + at, b.data, b.size);
	return yg_buf_error(&good);
}

static int spill(void *arg, struct yg_bytes b)
{
	(void)arg;
	(void)b;
	return YG_ENOSPC;
}

static int unspill(void *arg, uint64_t at, uint8_t *to, size_t size)
{
	(void)arg;
	(void)at;
	memset(to, 0, size);
	return YG_EIO;
}

static void prepare(void)
{
	const struct yg_indicator_store store = {put, spill, unspill, NULL};
	struct yg_indicator_build *build = yg_indicator_build_new(UINT64_C(12345), &store);
	uint64_t size;
	size_t used;

	yg_buf_init(&good, 1u << 20);
	names = yg_names_new();
	arena = yg_arena_new(1u << 20);
	if (!build || !names || !arena || yg_indicator_build_list(build, "list") != YG_OK ||
	    yg_indicator_build_feed(build, yg_bytes_str(list), true, &used) != YG_OK ||
	    yg_indicator_build_finish(build, key, &size) != YG_OK || size != good.size)
		abort();
	(void)yg_indicator_build_free(build);
}

/* What a hostile writer would do: checksums over what he wrote. */
static void seal(uint8_t *image, size_t size)
{
	struct yg_iimg_head head;

	memcpy(&head, image, sizeof(head));
	for (unsigned i = 0; i < YG_IIMG_SECTIONS; i++) {
		struct yg_iimg_run *run = &head.sections[i];

		if (run->at > size || run->size > size - run->at)
			continue;
		run->sum = head.seed;
		for (size_t at = 0; at < run->size; at += YG_IIMG_BLOCK)
			run->sum = yg_iimg_sum(
				run->sum,
				yg_bytes_cut((struct yg_bytes){image + run->at, run->size}, at,
					     at + YG_IIMG_BLOCK));
	}
	yg_iimg_digest(&head, head.digest);
	memcpy(image, &head, sizeof(head));
}

static void use(struct yg_indicators *set)
{
	struct yg_indicator_memo *memo = yg_indicator_memo_new();
	struct yg_indicator_hit hits[16];
	struct yg_event event;
	uint64_t sum = 0;
	uint32_t count;

	yg_arena_reset(arena);
	yg_event_init(&event, arena, names);
	if (!memo || yg_event_add(&event, YG_S("text"), yg_bytes_str(text), YG_VALUE_TEXT) != YG_OK)
		abort();
	count = yg_indicators_match(set, &event, memo, hits, 16);
	for (uint32_t i = 0; i < count; i++)
		if (yg_indicators_get(set, hits[i].index).value.size == 0)
			abort();
	for (uint32_t i = yg_indicators_first(set); i != YG_INDICATOR_NONE;
	     i = yg_indicators_next(set, i)) {
		struct yg_indicator one = yg_indicators_get(set, i);

		for (size_t k = 0; k < one.comment.size; k++)
			sum += one.comment.data[k];
		for (size_t k = 0; k < one.file.size; k++)
			sum += one.file.data[k];
	}
	for (uint32_t i = 0; i < yg_indicators_facts(set, YG_INDICATORS_LISTED).note_count; i++)
		sum += strlen(yg_indicators_note(set, YG_INDICATORS_LISTED, i).reason);
	if (sum == UINT64_MAX)
		abort(); /* never: the sum is there to be computed */
	free(memo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_indicators_image image = {.key = key, .is_known = size % 7 == 1};
	struct yg_indicators *set = yg_indicators_new();
	struct yg_fault fault;
	uint8_t *copy;

	if (!good.data)
		prepare();
	copy = malloc(good.size);
	if (!copy || !set)
		abort();
	memcpy(copy, good.data, good.size);
	for (size_t i = 0; i + 7 <= size && i < 7 * 64; i += 7) {
		size_t at = (size_t)data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16;

		memcpy(copy + at % (good.size - 4), data + i + 3, 4);
	}
	seal(copy, good.size);
	image.bytes = (struct yg_bytes){copy, good.size};
	if (yg_indicators_open(set, YG_INDICATORS_LISTED, &image, &fault) == YG_OK &&
	    yg_indicators_finish(set) == YG_OK)
		use(set);
	(void)yg_indicators_free(set);
	free(copy);
	return 0;
}
