/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a pattern, whose every beginning is none once its last bracket is gone, or words. */
#include <stdlib.h>

#include "parse/stix_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data, size};
	struct yg_fault fault = {0};
	int rc = yg_stix_pattern_check(text, &fault);
	size_t end = size;

	if (rc != YG_OK && (!fault.msg || fault.pos > size))
		abort();
	if (rc != YG_OK)
		return 0;
	while (end > 0 && data[end - 1] != ']')
		end--;
	if (end == 0)
		abort();
	return 0;
}
