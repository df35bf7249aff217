/* SPDX-License-Identifier: Apache-2.0 */
/* access/clues-int.h - what clues.c and clues_show.c share. */
#pragma once

#include "access/clues.h"
#include "access/hub-int.h"
#include "base/json.h"

/* Every word of @id, in the order of time. */
YG_MUST_USE int yg_clue_each_word(struct yg_hub_access *hub, const char *id, yg_hub_doc_fn fn,
				  void *arg);
