/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_search.h - a question of the API to the archive (access/api.h), answered as JSON.
 *
 * One question at a time; a hub may write at the same time. At most YG_HUB_SEARCH_FRAMES frames are
 * read and YG_HUB_SEARCH_BYTES of records given for one answer: then it says where to go on.
 * Tests: tests/e2e/hub_records.py
 */
#pragma once

#include "access/api.h"

#define YG_HUB_SEARCH_FRAMES 1000u
#define YG_HUB_SEARCH_BYTES  (8u << 20)

/* As `search` of struct yg_hub_api_ports; @dir: of the archive. */
YG_MUST_USE int yg_hub_search(const char *dir, const char *batches_dir,
			      const struct yg_hub_question *question, struct yg_buf *to);
