/* SPDX-License-Identifier: Apache-2.0 */
/* Packed bytes from memory, of every kind: no crash, bounded output. The first byte says how much
 * the feed gives at once. */
#include <stdint.h>
#include <stdlib.h>

#include "source/sniff-int.h"
#include "source/unpack-int.h"

#define TEXT_MAX (24u << 20)

struct feed {
	struct yg_bytes left;
	size_t step;
};

static int feed_read(void *arg, uint8_t *to, size_t room, size_t *ret_size)
{
	struct feed *feed = arg;
	size_t size = feed->left.size < room ? feed->left.size : room;

	if (size > feed->step)
		size = feed->step;
	if (size > 0)
		memcpy(to, feed->left.data, size);
	feed->left = yg_bytes_from(feed->left, size);
	*ret_size = size;
	return YG_OK;
}

static void unpack(enum yg_packing packing, struct yg_bytes input, size_t step)
{
	struct feed feed = {input, step};
	struct yg_unpack *u;
	static uint8_t out[65536];
	size_t total = 0;
	int rc;

	if (yg_unpack_new(packing, (struct yg_feed){feed_read, &feed}, &u) != YG_OK)
		return;
	do {
		const char *reason;
		size_t got;

		rc = yg_unpack_read(u, out, sizeof(out), &got, &reason);
		if (got > sizeof(out) || (rc != YG_OK && rc != YG_EEND && !reason))
			abort();
		total += got;
	} while (rc == YG_OK && total < TEXT_MAX);
	(void)yg_unpack_free(u);
}

static void unzip(struct yg_bytes input)
{
	static uint8_t out[65536];
	const char *reason;
	struct yg_zip *zip;
	size_t total = 0;

	if (yg_zip_open(-1, input, &zip, &reason) != YG_OK)
		return;
	for (uint64_t i = 0; i < yg_zip_count(zip) && i < 64; i++) {
		struct yg_zip_member member;
		size_t got;

		if (!yg_zip_member(zip, i, &member) || yg_zip_start(zip, i, &reason) != YG_OK)
			continue;
		while (yg_zip_read(zip, out, sizeof(out), &got, &reason) == YG_OK &&
		       total < TEXT_MAX)
			total += got;
	}
	(void)yg_zip_free(zip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes input = {data, size};
	enum yg_packing packing;
	bool needs_more;
	size_t step;

	if (size < 2)
		return 0;
	step = data[0] ? data[0] : 65536;
	input = yg_bytes_from(input, 1);
	(void)yg_sniff_no_log(yg_bytes_cut(input, 0, YG_SNIFF_BYTES));
	packing = yg_packing_of(input, &needs_more);
	if (packing == YG_PACKING_ZIP)
		unzip(input);
	else if (packing != YG_PACKING_NONE)
		unpack(packing, input, step);
	return 0;
}
