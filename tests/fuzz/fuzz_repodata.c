/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as metadata of a repository, and as zchunk (the first byte says as what): the same is
 * told however they are cut into pieces, every text ends within its bound, and versions that follow
 * each other are in an order. Seeds: what createrepo_c and zck write, shortened.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "parse/repodata.h"
#include "sensor/rpm.h"
#include "source/zchunk.h"

#define ZCHUNK	 3
#define TEXT_MAX (64u << 20) /* enough of what a small file can become */

struct seen {
	uint64_t count;
	uint64_t sum;
	struct yg_repodata_package before;
};

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static int take_package(void *arg, const struct yg_repodata_package *p)
{
	struct seen *seen = arg;
	struct yg_bytes a = yg_bytes_str(seen->before.version);
	struct yg_bytes b = yg_bytes_str(p->version);

	if (strnlen(p->name, sizeof(p->name)) == sizeof(p->name) || !p->name[0] ||
	    strnlen(p->version, sizeof(p->version)) == sizeof(p->version) ||
	    strnlen(p->arch, sizeof(p->arch)) == sizeof(p->arch))
		abort();
	if (yg_rpm_compare(b, b) != 0 || sign(yg_rpm_compare(a, b)) != -sign(yg_rpm_compare(b, a)))
		abort();
	seen->count++;
	seen->sum = seen->sum * 31 + yg_hash64(b, 1) + yg_hash64(yg_bytes_str(p->name), 2);
	seen->before = *p;
	return YG_OK;
}

static int take_file(void *arg, const char *type, const char *name)
{
	struct seen *seen = arg;

	if (strlen(name) >= YG_REPODATA_NAME_MAX || strchr(name, '/') || name[0] == '.' || !type[0])
		abort();
	seen->count++;
	seen->sum = seen->sum * 31 + yg_hash64(yg_bytes_str(name), 1);
	return YG_OK;
}

static int take_piece(void *arg, struct yg_bytes piece)
{
	struct seen *seen = arg;

	seen->count += piece.size;
	seen->sum = yg_hash64(piece, seen->sum);
	return seen->count > TEXT_MAX ? YG_ELIMIT : YG_OK;
}

static struct seen read_in_steps(uint8_t kind, struct yg_bytes bytes, size_t step)
{
	struct seen seen = {0};
	const struct yg_repodata_take take = {take_file, take_package, &seen};
	struct yg_repodata *repodata = NULL;
	int rc;

	if (kind % 4 == ZCHUNK) {
		if (yg_zchunk_read(-1, bytes, take_piece, &seen) > 0)
			abort();
		return seen;
	}
	rc = yg_repodata_new((enum yg_repodata_kind)(kind % 4), &take, &repodata);
	for (size_t at = 0; rc == YG_OK && at < bytes.size; at += step)
		rc = yg_repodata_feed(repodata, yg_bytes_cut(bytes, at, at + step), false);
	if (rc == YG_OK)
		rc = yg_repodata_feed(repodata, (struct yg_bytes){0}, true);
	if (rc > 0)
		abort();
	(void)yg_repodata_free(repodata);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole;
	struct seen pieces;

	if (size < 1 || size > 65536) /* beyond, where a long tag is cut depends on the pieces */
		return 0;
	whole = read_in_steps(data[0], (struct yg_bytes){data + 1, size - 1}, size);
	pieces = read_in_steps(data[0], (struct yg_bytes){data + 1, size - 1}, 7);
	if (whole.count != pieces.count || whole.sum != pieces.sum)
		abort();
	return 0;
}
