/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses the framing and the size of the pieces. What must hold: every byte is
 * consumed once and in order, and the records do not depend on the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/event.h"
#include "parse/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sum over all records and where they begin. */
static uint64_t run(enum yg_framing framing, struct yg_bytes text, size_t step)
{
	struct yg_framer framer = {.framing = framing};
	size_t start = 0, end = 0;
	uint64_t sum = 0;

	for (;;) {
		/* Alone on the heap: reading past what was given is seen. */
		uint8_t *mem = malloc(end - start + 1);
		struct yg_frame frame;
		int rc;

		if (!mem)
			abort();
		memcpy(mem, text.data + start, end - start);
		rc = yg_frame_next(&framer, (struct yg_bytes){mem, end - start}, end == text.size,
				   &frame);
		if (rc == YG_OK) {
			if (frame.consumed == 0 || frame.consumed > end - start)
				abort();
			if (!frame.is_skipped) {
				size_t at = (size_t)(frame.record.data - mem);

				if (at + frame.record.size > frame.consumed)
					abort();
				sum = yg_hash64(frame.record, sum + start + at) + frame.is_torn;
			}
			start += frame.consumed;
		}
		free(mem);
		if (rc == YG_EAGAIN && end == text.size)
			break;
		if (rc == YG_EAGAIN)
			end = text.size - end > step ? end + step : text.size;
		else if (rc != YG_OK)
			abort();
	}
	if (start != text.size)
		abort();
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum yg_framing framing;
	struct yg_bytes text;

	if (size < 2)
		return 0;
	text = (struct yg_bytes){data + 1, size - 1};
	(void)yg_frame_recognise(text, data[0] & 2);
	framing = data[0] & 1	? YG_FRAMING_DOCUMENTS
		  : data[0] & 2 ? YG_FRAMING_EVENTS
				: YG_FRAMING_LINES;
	if (run(framing, text, text.size) != run(framing, text, 1 + (size_t)(data[0] >> 2)))
		abort();
	return 0;
}
