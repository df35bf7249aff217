/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: rules that a plan can rely on, or a fault with its words. */
#include <stdint.h>
#include <stdlib.h>

#include "parse/warn_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_line_fault fault = {.msg = ""};
	struct yg_warn_rules rules;
	int rc = YG_EFORMAT;

	if (arena && size <= 65536)
		rc = yg_warn_rules_read((struct yg_bytes){data, size}, arena, &rules, &fault);
	else
		fault.msg[0] = '-';
	if (rc != YG_OK && fault.msg[0] == 0)
		abort();
	for (uint32_t i = 0; rc == YG_OK && i < rules.count; i++) {
		const struct yg_warn_rule *rule = &rules.rules[i];

		if (rule->tlp == YG_TLP_NONE || (i > 0 && rule->number <= rule[-1].number) ||
		    (i > 0 && rule->to < rule[-1].to && rule->to <= YG_WARN_TO_BUYERS))
			abort();
		if (rule->to == YG_WARN_TO_BUYERS &&
		    (rule->depth_min < 1 || rule->depth_min > rule->depth_max ||
		     rule->depth_max > YG_WARN_DEPTH_MAX || rule->first_any == 0 ||
		     (rule->depth_max > 1 && rule->next_any == 0)))
			abort();
	}
	(void)yg_arena_free(arena);
	return 0;
}
