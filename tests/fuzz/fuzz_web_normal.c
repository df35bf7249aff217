/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses the kind. A normal form is never longer, and settles. */
#include <stdlib.h>
#include <string.h>

#include "parse/web_normal.h"

#define SETTLE_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct yg_arena *arena;
	enum yg_web_kind kind;
	struct yg_bytes now, next;
	uint8_t *mem;
	unsigned i;

	if (size == 0)
		return 0;
	if (!arena)
		arena = yg_arena_new(64u << 20);
	mem = malloc(size);
	if (!arena || !mem)
		abort();
	kind = data[0] & 1 ? YG_WEB_TARGET : YG_WEB_HEADER;
	memcpy(mem, data + 1, size - 1);
	now = (struct yg_bytes){mem, size - 1};
	yg_arena_reset(arena);
	/* Each time at most YG_WEB_ROUNDS_MAX codes are taken off: bytes bound how often. */
	for (i = 0; i < SETTLE_MAX + size; i++) {
		if (yg_web_normal(now, kind, arena, &next) != YG_OK) {
			free(mem);
			return 0; /* the arena is bounded, and long texts fill it */
		}
		if (next.size > now.size)
			abort();
		if (yg_bytes_eq(now, next))
			break;
		now = next;
	}
	if (i == SETTLE_MAX + size)
		abort();
	free(mem);
	return 0;
}
