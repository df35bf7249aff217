/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a journal. With an odd first byte the checksum is made right. What must hold: what
 * was read can be written, has the same size then, and is read again with the same answers.
 */
#include <stdlib.h>
#include <string.h>

#include "journal/bytes-int.h"
#include "journal/known-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct yg_known *known, const struct yg_state_head *head, size_t size)
{
	struct yg_known second = {0};
	struct yg_state_head head2 = {0};
	struct yg_fault fault;
	struct yg_buf text;

	yg_buf_init(&text, YG_KNOWN_BYTES_MAX);
	yg_state_write(known, head, &text);
	if (yg_buf_error(&text) != YG_OK || text.size != size ||
	    yg_state_read(yg_buf_bytes(&text), &second, &head2, &fault) != YG_OK ||
	    memcmp(head, &head2, sizeof(head2)) != 0 ||
	    known->sensor_count != second.sensor_count || known->epoch_count != second.epoch_count)
		abort();
	for (size_t i = 0; i < known->slot_count; i++) {
		const struct yg_known_sensor *s = known->slots[i];
		uint64_t epoch[2], sequence[2];

		if (!s)
			continue;
		yg_known_expected(known, (struct yg_bytes){s->id, s->id_size}, &epoch[0],
				  &sequence[0]);
		yg_known_expected(&second, (struct yg_bytes){s->id, s->id_size}, &epoch[1],
				  &sequence[1]);
		if (epoch[0] != epoch[1] || sequence[0] != sequence[1])
			abort();
	}
	yg_known_done(&second);
	yg_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_known known = {0};
	struct yg_state_head head = {0};
	struct yg_fault fault = {0};
	uint8_t *bytes;

	if (size < 1)
		return 0;
	bytes = malloc(size); /* alone on the heap: reading past it is seen */
	if (!bytes)
		abort();
	memcpy(bytes, data + 1, --size);
	if (data[0] & 1 && size >= 8)
		yg_put_le(bytes + size - 8, yg_hash64((struct yg_bytes){bytes, size - 8}, 0), 8);
	if (yg_state_read((struct yg_bytes){bytes, size}, &known, &head, &fault) == YG_OK)
		write_again(&known, &head, size);
	else if (!fault.msg || fault.pos > size || known.sensor_count != 0)
		abort();
	yg_known_done(&known);
	free(bytes);
	return 0;
}
