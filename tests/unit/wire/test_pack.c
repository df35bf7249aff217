/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pack.h"

#include <stdlib.h>

#include "../check.h"

#define MARKS	  65536u
#define STATE_MAX (80u << 20)
#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static struct yg_buf packed, room;

/* Like a state: a head, then times and positions that grow. */
static struct yg_bytes state_like(uint8_t *to, size_t size)
{
	uint64_t time = UINT64_C(1789000000000000000);

	memset(to, 0, size);
	memcpy(to, "YGJ1C", 5);
	for (size_t at = 32; at + 32 <= size; at += 32) {
		time += 1000003 * (at % 97);
		memcpy(to + at, &time, sizeof(time));
		memcpy(to + at + 8, &at, sizeof(at));
		to[at + 24] = 1;
	}
	return (struct yg_bytes){to, size};
}

static void what_was_packed_comes_back(void)
{
	static uint8_t bytes[32 * MARKS];

	for (size_t size = 0; size <= sizeof(bytes); size = size * 3 + 1) {
		struct yg_bytes state = state_like(bytes, size < 5 ? 5 : size), got;

		state.size = size;
		yg_buf_reset(&packed);
		MUST(yg_zpack(state, &packed) == YG_OK);
		MUST(yg_zunpack(yg_buf_bytes(&packed), STATE_MAX, &room, &got) == YG_OK);
		CHECK(yg_bytes_eq(got, state));
		if (size > 65536)
			CHECK(packed.size < size / 3);
	}
}

static void what_an_earlier_version_kept_is_taken_as_it_is(void)
{
	struct yg_bytes got;

	CHECK(yg_zunpack(YG_S("YGJ1Cabc"), STATE_MAX, &room, &got) == YG_OK);
	CHECK(yg_bytes_eq(got, YG_S("YGJ1Cabc")));
	CHECK(yg_zunpack(YG_S(""), STATE_MAX, &room, &got) == YG_OK && got.size == 0);
}

/* Each byte of it changed, each cut: never taken for the state, never more than a state. */
static void what_is_damaged_is_refused(void)
{
	static uint8_t bytes[4096];
	struct yg_bytes state = state_like(bytes, sizeof(bytes)), got;

	yg_buf_reset(&packed);
	MUST(yg_zpack(state, &packed) == YG_OK);
	for (size_t i = 4; i < packed.size; i++) {
		packed.data[i] ^= 0x41;
		/* What it says of its window and size may be said otherwise and be right. */
		if (yg_zunpack(yg_buf_bytes(&packed), STATE_MAX, &room, &got) == YG_OK)
			CHECK(yg_bytes_eq(got, state));
		packed.data[i] ^= 0x41;
	}
	for (size_t size = 4; size < packed.size; size++)
		CHECK(yg_zunpack((struct yg_bytes){packed.data, size}, STATE_MAX, &room, &got) !=
		      YG_OK);
}

/* A frame that says it holds four gigabytes and more. */
static void what_is_too_large_is_not_unpacked(void)
{
	static const uint8_t large[] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0,    0,	  0,
					0,    1,    0,	  0,	0,    0x01, 0x00, 0x00};
	static const uint8_t unsaid[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x01, 0x00, 0x00};
	struct yg_bytes got;

	CHECK(yg_zunpack((struct yg_bytes){large, sizeof(large)}, STATE_MAX, &room, &got) ==
	      YG_ELIMIT);
	CHECK(yg_zunpack((struct yg_bytes){unsaid, sizeof(unsaid)}, STATE_MAX, &room, &got) ==
	      YG_EFORMAT);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(what_was_packed_comes_back),
		CASE(what_an_earlier_version_kept_is_taken_as_it_is),
		CASE(what_is_damaged_is_refused),
		CASE(what_is_too_large_is_not_unpacked),
	};
	int rc;

	yg_buf_init(&packed, STATE_MAX);
	yg_buf_init(&room, STATE_MAX);
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	yg_buf_done(&packed);
	yg_buf_done(&room);
	return rc;
}
