/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a package database: the same stanzas however they are cut into pieces; comparing
 * their versions is an order: nothing is before itself, and both ways agree.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "sensor/inventory.h"

struct seen {
	uint64_t count;
	uint64_t sum;
	struct yg_stanza before;
};

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static int take(void *arg, const struct yg_stanza *stanza)
{
	struct seen *seen = arg;
	struct yg_bytes a = yg_bytes_str(seen->before.version);
	struct yg_bytes b = yg_bytes_str(stanza->version);

	if (yg_deb_compare(b, b) != 0 || sign(yg_deb_compare(a, b)) != -sign(yg_deb_compare(b, a)))
		abort();
	if (strlen(stanza->name) >= sizeof(stanza->name) ||
	    strlen(stanza->status) >= sizeof(stanza->status))
		abort();
	seen->count++;
	seen->sum = seen->sum * 31 + yg_hash64(b, 1) + yg_hash64(yg_bytes_str(stanza->name), 2);
	seen->before = *stanza;
	return YG_OK;
}

static struct seen read_in_steps(struct yg_bytes text, size_t step)
{
	struct seen seen = {0};
	struct yg_stanzas parser = {.take = take, .arg = &seen};
	size_t end = 0;

	while (end < text.size) {
		size_t used;

		end = end + step < text.size ? end + step : text.size;
		if (yg_stanzas_feed(&parser, yg_bytes_cut(text, 0, end), end == text.size, &used) !=
			    YG_OK ||
		    used > end)
			abort();
		text = yg_bytes_from(text, used);
		end -= used;
	}
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data, size};
	struct seen whole;
	struct seen pieces;

	if (size == 0 || size >= 65536) /* beyond, where a long line is cut depends on the pieces */
		return 0;
	whole = read_in_steps(text, size);
	pieces = read_in_steps(text, 7);
	if (whole.count != pieces.count || whole.sum != pieces.sum)
		abort();
	return 0;
}
