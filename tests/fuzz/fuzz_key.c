/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a key that is written and read again as itself, or a fault with a message. */
#include <stdint.h>
#include <stdlib.h>

#include "assess/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_line_fault fault = {0};
	struct yg_key again;
	struct yg_key key;
	struct yg_buf text;
	int rc = yg_key_read((struct yg_bytes){data, size}, &key, &fault);

	if (rc != YG_OK) {
		if (fault.code != (enum yg_err)rc || !fault.msg[0] || key.has_secret)
			abort();
		return 0;
	}
	yg_buf_init(&text, YG_KEY_FILE_MAX);
	if (key.has_secret)
		yg_key_write_secret(&key, &text);
	else
		yg_key_write_public(&key, &text);
	if (yg_buf_error(&text) != YG_OK ||
	    yg_key_read(yg_buf_bytes(&text), &again, &fault) != YG_OK ||
	    memcmp(&key, &again, sizeof(key)) != 0)
		abort();
	yg_buf_done(&text);
	return 0;
}
