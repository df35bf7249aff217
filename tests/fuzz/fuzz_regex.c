/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an expression, and as a text: "FLAGS EXPRESSION 0 TEXT". The built-in matcher ends,
 * stays in its limits, and says the same twice, and what it says of characters beyond ASCII is so.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "detect/nfa.h"
#include "detect/patterns.h"

/* An expression that cannot tell them apart finds the same with one in the place of all. */
static void check_reach(struct yg_bytes regex, unsigned flags, const struct yg_nfa *nfa,
			struct yg_nfa_room *room, struct yg_bytes text, bool is_found)
{
	uint8_t *other = malloc(text.size + 1);
	enum yg_reach reach;
	size_t size = 0;

	if (!other || yg_nfa_reach(regex, flags, &reach) != YG_OK)
		abort();
	for (size_t at = 0; at < text.size; size++) {
		size_t used = yg_utf8_size(yg_bytes_from(text, at));

		other[size] = text.data[at] < 0x80 ? text.data[at] : 0xff;
		at += used ? used : 1;
	}
	if (reach == YG_REACH_ALIKE &&
	    is_found != yg_nfa_find(nfa, room, (struct yg_bytes){other, size}))
		abort();
	free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes all = {data, size}, regex, text;
	const char *reason = NULL;
	struct yg_nfa_room *room;
	struct yg_nfa *nfa;
	bool is_found;
	unsigned flags;
	size_t end;
	int rc;

	if (size == 0)
		return 0;
	flags = data[0] & 15;
	all = yg_bytes_from(all, 1);
	end = yg_bytes_chr(all, 0);
	regex = yg_bytes_cut(all, 0, end);
	text = end < all.size ? yg_bytes_from(all, end + 1) : YG_S("");
	rc = yg_nfa_new(regex, flags, &nfa, &reason);
	if (rc != YG_OK) {
		if (rc == YG_ENOMEM || !reason)
			abort();
		return 0;
	}
	if (yg_nfa_size(nfa) > YG_NFA_STEPS_MAX)
		abort();
	room = yg_nfa_room_new(yg_nfa_size(nfa));
	if (!room)
		abort();
	is_found = yg_nfa_find(nfa, room, text);
	if (is_found != yg_nfa_find(nfa, room, text))
		abort();
	check_reach(regex, flags, nfa, room, text, is_found);
	(void)yg_nfa_room_free(room);
	(void)yg_nfa_free(nfa);
	return 0;
}
