/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a pattern, whose every beginning is none once its last bracket is gone, or words. */
#include <stdlib.h>

#include "parse/stix_pattern.h"

static int look(void *arg, struct yg_bytes path, struct yg_bytes value)
{
	const struct yg_bytes *text = arg;

	if (path.size == 0 || path.size + value.size > text->size)
		abort();
	return YG_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data, size};
	struct yg_fault fault = {0};
	int rc = yg_stix_pattern_check(text, &fault);
	int listed = yg_stix_pattern_values(text, look, &text, &fault);
	size_t end = size;

	if (listed != rc && !(rc == YG_OK && (listed == YG_EUNSUPPORTED || listed == YG_ENOMEM)))
		abort(); /* what is a pattern has values, or says more than values */
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
