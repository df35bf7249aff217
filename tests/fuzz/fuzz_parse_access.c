/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_parse_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_parse f;

	if (!f.parser)
		fuzz_parse_open(&f, NULL);
	fuzz_parse_record(&f, YG_FORMAT_ACCESS, data, size);
	return 0;
}
