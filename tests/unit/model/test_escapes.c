/* SPDX-License-Identifier: Apache-2.0 */
/* yg_event_text over JSON escapes: the same as reading byte by byte, for texts of every length. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "model/event.h"

#include "../check.h"

#include "base/ban.h"

#define TEXT_BYTES_MAX 200u /* several blocks */
#define TEXTS	       200000u

static uint64_t state;

static uint32_t chance(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

/* Value of the four digits at @b, or -1. */
static int32_t digits(const uint8_t *b, size_t left)
{
	int32_t value = 0;

	if (left < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		const char *all = "0123456789abcdef0123456789ABCDEF";
		const char *at = b[i] ? strchr(all, b[i]) : NULL;

		if (!at)
			return -1;
		value = value << 4 | (int32_t)((at - all) % 16);
	}
	return value;
}

/* The plain way: one byte after the other. */
static size_t slow(const uint8_t *b, size_t size, uint8_t *to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		const char *at =
			b[i] == '\\' && i + 1 < size && b[i + 1] ? strchr(from, b[i + 1]) : NULL;
		int32_t value = b[i] == '\\' && i + 1 < size && b[i + 1] == 'u'
					? digits(b + i + 2, size - i - 2)
					: -1;
		int32_t low = value >= 0xd800 && value <= 0xdbff && i + 7 < size &&
					      b[i + 6] == '\\' && b[i + 7] == 'u'
				      ? digits(b + i + 8, size - i - 8)
				      : -1;

		if (at) {
			to[used++] = (uint8_t)into[at - from];
			i++;
		} else if (low >= 0xdc00 && low <= 0xdfff) {
			used += yg_utf8_put(0x10000u + ((uint32_t)(value - 0xd800) << 10) +
						    (uint32_t)(low - 0xdc00),
					    to + used);
			i += 11;
		} else if (value >= 0) {
			used += yg_utf8_put(value >= 0xd800 && value <= 0xdfff ? 0xfffdu
									       : (uint32_t)value,
					    to + used);
			i += 5;
		} else {
			to[used++] = b[i];
		}
	}
	return used;
}

static void same_as_byte_by_byte(void)
{
	static const char *const pieces[] = {
		"\\\\", "\\n", "\\\"", "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\u",
		"\\",	"\\x", "a",    "Windows", "\xe6\xbc\xa2",   "\\/",     "\\u00e9"};
	struct yg_arena *arena = yg_arena_new(1u << 20);
	struct yg_event event = {.arena = arena};
	uint8_t want[TEXT_BYTES_MAX], text[TEXT_BYTES_MAX];

	CHECK(arena);
	for (uint32_t n = 0; n < TEXTS; n++) {
		size_t limit = chance(TEXT_BYTES_MAX + 1), size = 0;
		struct yg_field field = {.is_escaped = 1};
		struct yg_bytes got;

		while (size < limit) {
			const char *piece = pieces[chance(14)];
			size_t more = strlen(piece);

			more = more < limit - size ? more : limit - size;
			memcpy(text + size, piece, more);
			size += more;
		}
		field.text = (struct yg_bytes){text, size};
		got = yg_event_text(&event, &field);
		CHECK(!field.is_escaped);
		CHECK(yg_bytes_eq(got, (struct yg_bytes){want, slow(text, size, want)}));
		yg_arena_reset(arena);
	}
	(void)yg_arena_free(arena);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {CASE(same_as_byte_by_byte)};

	state = argc > 1 ? strtoull(argv[1], NULL, 0) : UINT64_C(20261125);
	printf("seed %" PRIu64 "\n", state);
	return check_main(cases, sizeof(cases) / sizeof(*cases));
}
