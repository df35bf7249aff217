/* SPDX-License-Identifier: Apache-2.0 */
/* Head lines up to the first line that is none, then one record below them. */
#include "parse/columns.h"

#include "parse_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes rest = {data, size};
	struct yg_head head;

	fuzz_open();
	yg_buf_init(&head.text, YG_HEAD_BYTES_MAX);
	for (;;) {
		struct yg_bytes line = yg_bytes_cut(rest, 0, yg_bytes_chr(rest, '\n'));

		if (!yg_head_is(line))
			break;
		if (yg_head_add(&head, line) != YG_OK)
			abort();
		rest = yg_bytes_from(rest, line.size + 1);
	}
	if (yg_parser_set_head(fuzz_parser, yg_buf_bytes(&head.text)) != YG_OK)
		abort();
	fuzz_parse(YG_FORMAT_IIS, rest.data, rest.size);
	fuzz_parse(YG_FORMAT_ZEEK, rest.data, rest.size);
	yg_buf_done(&head.text);
	return 0;
}
