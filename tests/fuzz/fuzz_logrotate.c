/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a configuration of logrotate: a bounded answer, the same twice. */
#include <stdlib.h>

#include "sensor/checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t first = 1;
	uint32_t second = 1;

	if (size > 65536)
		return 0;
	yg_logrotate_read((struct yg_bytes){data, size}, "/var/log/auth.log", &first);
	yg_logrotate_read((struct yg_bytes){data, size}, "/var/log/auth.log", &second);
	if (first != second || first > 100000u * 365u)
		abort();
	return 0;
}
