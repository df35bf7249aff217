/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_indicators.h - what is known of the indicators of a set besides their values.
 *
 * Read from the same lists, by file and line (parse/indicator_list.h), and for those of warnings
 * from the scope beside them (hub_warned.h). One thread while it is made; then immutable.
 */
#pragma once

#include "app/hub_warned.h"
#include "detect/indicators.h"
#include "model/indicator.h"

struct yg_hub_indicators;

/*
 * For @set (borrowed; NULL: none), made from the files in @folder. Files that cannot be read are
 * left out: their values count as they are. Doubtful cells are said. @warning_lists: a folder of
 * lists of well-known values (app/warning_lists.h): an indicator on one of them counts only if its
 * row says that a person confirmed it. YG_OK, YG_ENOMEM, YG_ELIMIT (said).
 */
YG_MUST_USE int yg_hub_indicators_new(const char *folder, const char *warning_lists,
				      const struct yg_indicators *set,
				      struct yg_hub_indicators **ret);
struct yg_hub_indicators *yg_hub_indicators_free(struct yg_hub_indicators *indicators);

/*
 * Does indicator @index count for a record of @org that came at @received_ns: it is valid then,
 * does not wait for a person, and is on a list for everybody or on one for that organisation? For
 * struct yg_hub_judges_opts.
 */
bool yg_hub_indicators_counts(const void *indicators, uint32_t index, struct yg_bytes org,
			      int64_t received_ns);
/* Those for single organisations. */
const struct yg_hub_warned *yg_hub_indicators_warned(const struct yg_hub_indicators *indicators);
