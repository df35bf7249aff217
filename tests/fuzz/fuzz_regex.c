/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an expression, and as a text: "FLAGS EXPRESSION 0 TEXT". The built-in matcher ends,
 * stays in its limits, and says the same twice.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "detect/nfa.h"
#include "detect/patterns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes all = {data, size}, regex, text;
	const char *reason = NULL;
	struct yg_nfa_room *room;
	struct yg_nfa *nfa;
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
	if (!(flags & YG_REGEX_UTF8) || yg_utf8_valid(text)) {
		bool is_found = yg_nfa_find(nfa, room, text);

		if (is_found != yg_nfa_find(nfa, room, text))
			abort();
	}
	(void)yg_nfa_room_free(room);
	(void)yg_nfa_free(nfa);
	return 0;
}
