/* SPDX-License-Identifier: Apache-2.0 */
/* A list (up to the first NUL) and a text to search: no crash; each hit lies in the text; what the
 * list gave back is read as the same value again. */
#include <stdint.h>
#include <stdlib.h>

#include "detect/indicators-int.h"

static void check_values(const struct yg_indicators *set)
{
	for (uint32_t i = yg_indicators_first(set); i != YG_INDICATOR_NONE;
	     i = yg_indicators_next(set, i)) {
		struct yg_indicator one = yg_indicators_get(set, i);
		struct yg_indicator_value again;
		const char *reason;

		/* Made harmless twice: the second reading goes one step further. */
		if (one.type == YG_INDICATOR_URL &&
		    (yg_bytes_find(one.value, YG_S("[")) != SIZE_MAX ||
		     yg_bytes_find(one.value, YG_S("(")) != SIZE_MAX ||
		     yg_bytes_find(one.value, YG_S("{")) != SIZE_MAX ||
		     yg_bytes_find(one.value, YG_S("\\")) != SIZE_MAX))
			continue;
		if (yg_indicator_read(one.value, &again, &reason) != YG_OK ||
		    again.type != one.type ||
		    !yg_bytes_eq((struct yg_bytes){again.text, again.size}, one.value))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct yg_names *names;
	static struct yg_arena *arena;
	struct yg_bytes list = {data, size};
	struct yg_bytes text = yg_bytes_from(list, yg_bytes_chr(list, 0));
	struct yg_indicators *set = yg_indicators_new();
	struct yg_indicator_hit hits[16];
	struct yg_bytes reason;
	struct yg_event event;
	uint32_t count;

	if (!names) {
		names = yg_names_new();
		arena = yg_arena_new(16u << 20);
	}
	if (!set || !names || !arena)
		abort();
	list.size -= text.size;
	if (yg_indicators_add(set, "list", list, NULL, NULL) != YG_OK ||
	    yg_indicators_allow(set, "allow", list, NULL, NULL) != YG_OK ||
	    yg_indicators_finish(set) != YG_OK)
		abort();
	check_values(set);
	yg_arena_reset(arena);
	yg_event_init(&event, arena, names);
	if (yg_event_add(&event, YG_S("text"), text, YG_VALUE_TEXT) != YG_OK)
		abort();
	count = yg_indicators_match(set, &event, NULL, hits, 16);
	for (uint32_t i = 0; i < count; i++)
		if (hits[i].value.data < text.data ||
		    hits[i].value.data + hits[i].value.size > text.data + text.size)
			abort();
	(void)yg_indicators_is_allowed(set, text, &reason);
	(void)yg_indicators_free(set);
	return 0;
}
