/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: rows with an id and a text, ids unique, or a fault with a message. */
#include <stdint.h>
#include <stdlib.h>

#include "parse/official.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_line_fault fault = {.msg = ""};
	struct yg_official official;
	int rc;

	if (!arena || size > 65536) {
		(void)yg_arena_free(arena);
		return 0;
	}
	rc = yg_official_read((struct yg_bytes){data, size}, arena, &official, &fault);
	if (rc == YG_OK ? official.count == 0 : official.count != 0 || fault.msg[0] == 0)
		abort();
	for (uint32_t i = 0; i < official.count; i++) {
		if (official.rows[i].id.size == 0 || official.rows[i].text.size == 0 ||
		    official.rows[i].line == 0)
			abort();
		for (uint32_t j = 0; j < i && i < 200; j++)
			if (yg_bytes_eq(official.rows[i].id, official.rows[j].id))
				abort();
	}
	(void)yg_arena_free(arena);
	return 0;
}
