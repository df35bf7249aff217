/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as documents of module streams: the same is told however they are cut into pieces, and
 * whatever holds, no package is both held back and let through.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "sensor/modules.h"
#include "sensor/rpm.h"

struct seen {
	uint64_t count;
	uint64_t sum;
	struct yg_modules *modules;
};

static int take(void *arg, const struct yg_modulemd_doc *doc)
{
	struct seen *seen = arg;

	if (doc->module.size == 0 || doc->stream.size == 0)
		abort();
	seen->count++;
	seen->sum = seen->sum * 31 + yg_hash64(doc->module, 1) + yg_hash64(doc->stream, 2);
	for (const struct yg_yaml *at = doc->artifacts ? doc->artifacts->first : NULL; at;
	     at = at->next) {
		struct yg_modulemd_artifact a;

		if (yg_modulemd_artifact(at->text, &a) && (a.name.size == 0 || a.arch.size == 0))
			abort();
	}
	return yg_modules_add(seen->modules, doc, seen->count % 3 == 0);
}

static struct seen read_in_steps(struct yg_bytes text, size_t step)
{
	struct seen seen = {0};
	struct yg_packages packages;
	struct yg_modulemd *parser = NULL;

	if (yg_packages_init(&packages, yg_rpm_compare) != YG_OK ||
	    yg_packages_add(&packages, "a", "noarch", "1-1") != YG_OK ||
	    yg_modules_new(&packages, &seen.modules) != YG_OK ||
	    yg_modules_add_state(seen.modules, text) != YG_OK ||
	    yg_modulemd_new(take, &seen, &parser) != YG_OK)
		abort();
	for (size_t at = 0; at < text.size; at += step)
		if (yg_modulemd_feed(parser, yg_bytes_cut(text, at, at + step), false) != YG_OK)
			abort();
	if (yg_modulemd_feed(parser, (struct yg_bytes){0}, true) != YG_OK ||
	    yg_modules_settle(seen.modules) != YG_OK)
		abort();
	seen.sum = seen.sum * 31 + (uint64_t)yg_modules_judge(seen.modules, "a", "1-1", "noarch");
	seen.sum = seen.sum * 31 + yg_modules_are_partly_unknown(seen.modules);
	seen.sum += yg_modulemd_bad(parser);
	(void)yg_modulemd_free(parser);
	(void)yg_modules_free(seen.modules);
	yg_packages_done(&packages);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole;
	struct seen pieces;

	if (size == 0 || size > 65536)
		return 0;
	whole = read_in_steps((struct yg_bytes){data, size}, size);
	pieces = read_in_steps((struct yg_bytes){data, size}, 7);
	if (whole.count != pieces.count || whole.sum != pieces.sum)
		abort();
	return 0;
}
