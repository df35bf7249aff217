/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/indicator_known.h - lists that were read before and have not changed since.
 *
 * Digesting hundreds of megabytes of lists at each start would cost more than opening what was
 * compiled from them. So the digest is kept in the cache folder under what the file system says of
 * the lists: path, device, inode, size, time of change of content and of inode. The last one cannot
 * be set by a program; a list that changed in the last two seconds before it was read is not kept,
 * as clocks of file systems are coarse. The same is kept of the compiled image, whose great
 * sections then need no second check.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/hash.h"

struct yg_indicator_stamp {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t modified_ns;
	int64_t changed_ns;
};

struct yg_indicator_stamp yg_indicator_stamp(const struct stat *st);

struct yg_indicator_known {
	uint8_t name[YG_DIGEST_BYTES]; /* of the lists and what the file system says of them */
	bool is_settled;	       /* none of them changed lately */
	uint8_t key[YG_DIGEST_BYTES];  /* what they were digested to */
	struct yg_indicator_stamp image;
};

/* What the file system says of the lists now: name and is_settled. @now_ns: wall clock. */
void yg_indicator_known_look(struct yg_indicator_known *known, const char *const *paths,
			     size_t count, int64_t now_ns);
/* True when the rest was kept under this name. */
bool yg_indicator_known_find(struct yg_indicator_known *known);
/* Keep it; failures are silent: the next run takes longer. */
void yg_indicator_known_keep(const struct yg_indicator_known *known);
