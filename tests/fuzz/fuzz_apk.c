/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an archive with a list of apk, and as such a list: the same packages however they
 * are cut into pieces, and versions that follow each other are in an order.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "parse/tar.h"
#include "sensor/apk.h"

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

	if (yg_apk_compare(b, b) != 0 || sign(yg_apk_compare(a, b)) != -sign(yg_apk_compare(b, a)))
		abort();
	seen->count++;
	seen->sum = seen->sum * 31 + yg_hash64(b, 1) + yg_hash64(yg_bytes_str(stanza->name), 2);
	seen->before = *stanza;
	return YG_OK;
}

static int take_piece(void *arg, struct yg_bytes piece)
{
	struct seen *seen = arg;

	for (size_t i = 0; i < piece.size; i++)
		seen->sum = seen->sum * 31 + piece.data[i];
	seen->count += piece.size;
	return YG_OK;
}

static struct seen read_archive(struct yg_bytes bytes, size_t step)
{
	struct seen seen = {0};
	struct yg_tar tar = {.name = "APKINDEX", .take = take_piece, .arg = &seen};
	int rc = YG_OK;

	for (size_t at = 0; rc == YG_OK && at < bytes.size; at += step)
		rc = yg_tar_feed(&tar, yg_bytes_cut(bytes, at, at + step), at + step >= bytes.size);
	seen.count += rc == YG_OK;
	return seen;
}

static struct seen read_list(struct yg_bytes text, size_t step)
{
	struct seen seen = {0};
	struct yg_stanzas parser = {.is_apk = true, .take = take, .arg = &seen};
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

static void check(struct seen whole, struct seen pieces)
{
	if (whole.count != pieces.count || whole.sum != pieces.sum)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes bytes = {data, size};

	if (size == 0 || size >= 65536) /* beyond, where a long line is cut depends on the pieces */
		return 0;
	check(read_archive(bytes, size), read_archive(bytes, 7));
	check(read_list(bytes, size), read_list(bytes, 7));
	return 0;
}
