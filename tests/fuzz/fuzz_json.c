/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes: a fault with a message, or a value whose canonical form is read as an equal value
 * and written as the same bytes.
 */
#define YG_BAN_ALLOW_MALLOC
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"

#define BYTES_MAX 65536u

/* NULL: it has no canonical form (fractions, numbers that are not exact). */
static json_t *again(const json_t *value, struct yg_buf *text)
{
	struct yg_fault fault;
	json_t *read = NULL;
	int rc = yg_json_canonical(value, text);

	if (rc == YG_EUNSUPPORTED)
		return NULL;
	if (rc != YG_OK || yg_json_load(yg_buf_bytes(text), text->size, &read, &fault) != YG_OK ||
	    !json_equal(value, read))
		abort();
	return read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_fault fault = {.msg = NULL};
	struct yg_buf first;
	struct yg_buf second;
	json_t *value = NULL;
	json_t *read;
	json_t *last = NULL;
	int rc = yg_json_load((struct yg_bytes){data, size}, BYTES_MAX, &value, &fault);

	if (rc != YG_OK) {
		if (fault.code != (enum yg_err)rc || !fault.msg || fault.pos > BYTES_MAX)
			abort();
		return 0;
	}
	yg_buf_init(&first, 8 * BYTES_MAX);
	yg_buf_init(&second, 8 * BYTES_MAX);
	read = again(value, &first);
	if (read)
		last = again(read, &second);
	if (read && (!last || !yg_bytes_eq(yg_buf_bytes(&first), yg_buf_bytes(&second))))
		abort();
	json_decref(value);
	json_decref(read);
	json_decref(last);
	yg_buf_done(&first);
	yg_buf_done(&second);
	return 0;
}
