/* SPDX-License-Identifier: Apache-2.0 */
/* A batch as a sensor sends it. What is taken is packed again and must come back the same. */
#define YG_BAN_ALLOW_MALLOC
#include <assert.h>

#include "wire/batch.h"

#include "base/ban.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_wire_batch batch;
	struct yg_wire_batch again;
	struct yg_wire_fault fault;
	struct yg_buf content;
	struct yg_buf packed;

	if (yg_wire_batch_read((struct yg_bytes){data, size}, &batch, &fault) != YG_OK)
		return 0;
	yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
	yg_buf_init(&packed, YG_WIRE_BATCH_MAX);
	if (yg_wire_batch_unpack(&batch, &content, &fault) == YG_OK) {
		again = batch;
		assert(content.size == batch.size);
		assert(yg_wire_pack(yg_buf_bytes(&content), &again, &packed) == YG_OK);
		assert(again.count == batch.count);
		assert(memcmp(again.digest, batch.digest, sizeof(again.digest)) == 0);
	} else {
		assert(content.size == 0);
		assert(fault.refusal != YG_WIRE_OK);
	}
	yg_buf_done(&content);
	yg_buf_done(&packed);
	return 0;
}
