/* SPDX-License-Identifier: Apache-2.0 */
#include "parse_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_parse(YG_FORMAT_WINDOWS, data, size);
	return 0;
}
