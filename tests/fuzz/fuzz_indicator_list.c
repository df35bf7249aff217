/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: records within their limits on ascending lines, or a fault. */
#include <stdint.h>
#include <stdlib.h>

#include "parse/indicator_list.h"

static uint32_t last;

static int check(void *arg, uint32_t line, const struct yg_indicator_record *record)
{
	(void)arg;
	if (line <= last || record->marking >= YG_TLP_COUNT || record->pap >= YG_PAP_COUNT ||
	    record->confidence > YG_INDICATOR_CONFIDENCE_MAX ||
	    record->source.size > YG_INDICATOR_SOURCE_MAX)
		abort();
	last = line;
	return YG_OK;
}

static void note(void *arg, uint32_t line, struct yg_bytes cell, const char *what)
{
	(void)arg;
	if (line == 0 || cell.size == 0 || !what[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_line_fault fault = {.msg = ""};
	struct yg_bytes text = {data, size};
	int rc;

	last = 0;
	if (!arena || size > 65536) {
		(void)yg_arena_free(arena);
		return 0;
	}
	(void)yg_indicator_list_is_table(text);
	rc = yg_indicator_list_read(text, arena, check, note, NULL, &fault);
	if (rc != YG_OK && (fault.code != (enum yg_err)rc || fault.msg[0] == 0))
		abort();
	(void)yg_arena_free(arena);
	return 0;
}
