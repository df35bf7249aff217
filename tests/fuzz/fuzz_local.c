/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the log before the local archive: entries lie within it, have the lines they say,
 * and written again give the same bytes.
 */
#include <stdlib.h>

#include "sensor/local-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data, size};
	struct yg_local_entry entry;
	struct yg_buf again;

	yg_buf_init(&again, 1u << 20);
	for (const uint8_t *at = data; yg_local_entry_next(&text, &entry); at = text.data) {
		yg_buf_reset(&again);
		yg_local_entry_write(&entry, &again);
		if (entry.lines.data < data || entry.lines.data + entry.lines.size > data + size ||
		    again.size != (size_t)(text.data - at) || memcmp(again.data, at, again.size))
			abort();
	}
	yg_buf_done(&again);
	return 0;
}
