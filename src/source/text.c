/* SPDX-License-Identifier: Apache-2.0 */
#include "source/text.h"

#include "source/encoding-int.h"

#include "base/ban.h"

int yg_text_to_utf8(struct yg_bytes text, struct yg_arena *arena, struct yg_bytes *ret)
{
	struct yg_decoder decoder;
	struct yg_buf buf;
	const char *reason;
	int rc = text.size > YG_TEXT_BYTES_MAX ? YG_ELIMIT : YG_OK;

	yg_decoder_init(&decoder);
	yg_buf_init(&buf, 3u * (size_t)YG_TEXT_BYTES_MAX);
	for (size_t at = 0; rc == YG_OK;) {
		struct yg_bytes part = yg_bytes_cut(text, at, at + YG_DECODER_PART_MAX);

		at += part.size;
		rc = yg_decoder_add(&decoder, part, at == text.size, &buf, &reason);
		if (at == text.size)
			break;
	}
	/* What did not fit at once comes with empty calls. */
	while (rc == YG_OK && decoder.held.size > 0) {
		size_t before = decoder.held.size;

		rc = yg_decoder_add(&decoder, (struct yg_bytes){0}, true, &buf, &reason);
		if (rc == YG_OK && decoder.held.size == before)
			rc = YG_ELIMIT;
	}
	if (rc == YG_OK)
		rc = yg_buf_error(&buf);
	if (rc == YG_OK && !yg_arena_dup(arena, yg_buf_bytes(&buf), ret))
		rc = YG_ENOMEM;
	yg_buf_done(&buf);
	yg_decoder_done(&decoder);
	return rc;
}
