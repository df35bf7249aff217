/* SPDX-License-Identifier: Apache-2.0 */
/* The first line is the format string, the rest is a line of the log. */
#include "fuzz_parse_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_parse f;
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t text_size = end ? (size_t)(end - data) : size;
	size_t line_at = end ? text_size + 1 : size;
	uint8_t *text = malloc(text_size + 1);
	struct yg_log_format *format = NULL;
	struct yg_fault fault = {0};
	int rc;

	if (!text)
		abort();
	if (text_size > 0)
		memcpy(text, data, text_size);
	rc = yg_log_format_compile((struct yg_bytes){text, text_size}, &format, &fault);
	free(text); /* a compiled format must not need it */
	if (rc != YG_OK) {
		if (fault.code != rc || fault.pos > text_size)
			abort();
		return 0;
	}
	fuzz_parse_open(&f, format);
	fuzz_parse_record(&f, YG_FORMAT_ACCESS, data + line_at, size - line_at);
	fuzz_parse_open(&f, NULL);
	format = yg_log_format_free(format);
	return 0;
}
