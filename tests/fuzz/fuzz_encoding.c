/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes in any parts: valid UTF-8 comes out, no ASCII byte of an ASCII-compatible text is lost,
 * and how the bytes were cut into parts changes nothing once the encoding is given by a mark. */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "source/encoding-int.h"

static void run(struct yg_bytes input, size_t step, struct yg_buf *to, struct yg_decoder *d)
{
	const char *reason = NULL;
	size_t i = 0;

	yg_decoder_init(d);
	yg_buf_init(to, 16u << 20);
	do {
		struct yg_bytes part = yg_bytes_cut(input, i, i + step);
		size_t good = yg_decoder_pass(d, part);

		yg_buf_add(to, yg_bytes_cut(part, 0, good));
		i += part.size;
		if (yg_decoder_add(d, yg_bytes_from(part, good), i >= input.size, to, &reason) !=
		    YG_OK)
			abort();
	} while (i < input.size);
	if (d->held.size > 0 || !yg_utf8_valid(yg_buf_bytes(to)))
		abort();
	if ((d->replaced > 0) != (d->first_replaced > 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes input = yg_bytes_from((struct yg_bytes){data, size}, 1);
	struct yg_decoder whole;
	struct yg_decoder parts;
	struct yg_buf a;
	struct yg_buf b;

	if (size < 2 || size > 65536)
		return 0;
	run(input, input.size, &a, &whole);
	run(input, data[0] ? data[0] : 1, &b, &parts);
	if (input.size >= 3 &&
	    (yg_bytes_starts(input, YG_S("\xef\xbb\xbf")) ||
	     yg_bytes_starts(input, YG_S("\xff\xfe"))) &&
	    !yg_bytes_eq(yg_buf_bytes(&a), yg_buf_bytes(&b)))
		abort();
	yg_buf_done(&a);
	yg_buf_done(&b);
	yg_decoder_done(&whole);
	yg_decoder_done(&parts);
	return 0;
}
