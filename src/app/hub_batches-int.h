/* SPDX-License-Identifier: Apache-2.0 */
/* Inside app/hub_batches.h: hub_batches.c (written, read on), hub_batches_back.c (newest first). */
#pragma once

#include <dirent.h>

#include "app/hub_batches.h"

#define YG_HUB_BATCHES_LINE_MAX 1024u

/* Is it the name of a day's file? For scandir(). */
int yg_hub_batches_is_day(const struct dirent *entry);
/* The place in the journal that @line begins with. False: it is none. */
bool yg_hub_batches_at(struct yg_bytes line, uint64_t *ret);
/* Where in the file a line ends behind which only lines from @before on stand, or few others. */
YG_MUST_USE int yg_hub_batches_end(int fd, uint64_t before, uint64_t *ret);
