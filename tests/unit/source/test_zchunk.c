/* SPDX-License-Identifier: Apache-2.0 */
/* What `zck` 1.2.3 wrote: "0123456789" 40 times and a line feed, without and with a dictionary. */
#include "source/zchunk.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "zchunk_samples.h"

#include "base/ban.h"

static int add_piece(void *arg, struct yg_bytes piece)
{
	yg_buf_add(arg, piece);
	return yg_buf_error(arg);
}

static int unpack(struct yg_bytes bytes, struct yg_buf *to)
{
	yg_buf_reset(to);
	return yg_zchunk_read(-1, bytes, add_piece, to);
}

static bool is_sample(struct yg_bytes text)
{
	for (size_t i = 0; i + 1 < text.size; i++)
		if (text.data[i] != '0' + i % 10)
			return false;
	return text.size == 401 && text.data[400] == '\n';
}

static void zchunk(void)
{
	static const struct yg_bytes samples[] = {{zchunk_plain, sizeof(zchunk_plain)},
						  {zchunk_dictionary, sizeof(zchunk_dictionary)}};
	struct yg_buf got;

	yg_buf_init(&got, 1u << 20);
	for (size_t i = 0; i < 2; i++) {
		CHECK(yg_zchunk_is(samples[i]));
		CHECK(unpack(samples[i], &got) == YG_OK && is_sample(yg_buf_bytes(&got)));
		for (size_t size = 0; size < samples[i].size; size++)
			CHECK(unpack(yg_bytes_cut(samples[i], 0, size), &got) != YG_OK);
	}
	CHECK(!yg_zchunk_is(YG_S("PK")));
	yg_buf_done(&got);
}

/* Every byte changed in turn: an error or a text, nothing else. */
static void damaged_zchunk(void)
{
	uint8_t bytes[sizeof(zchunk_dictionary)];
	struct yg_buf got;
	unsigned errors = 0;

	yg_buf_init(&got, 1u << 20);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		memcpy(bytes, zchunk_dictionary, sizeof(bytes));
		bytes[i] ^= 0x81;
		errors += unpack((struct yg_bytes){bytes, sizeof(bytes)}, &got) != YG_OK;
	}
	CHECK(errors > 20); /* sums are not looked at: most bytes of them may be any */
	yg_buf_done(&got);
}

static const struct check_case cases[] = {CASE(zchunk), CASE(damaged_zchunk)};

int main(void)
{
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
