/* SPDX-License-Identifier: Apache-2.0 */
/* render/kinds-int.h - kinds of records, as explanations and counts show them. Private to render/.
 */
#pragma once

#include "model/explain.h"
#include "render/text-int.h"

/* [{"format":…,"channel":…,"event_id":…,"records":N},…] */
void yg_json_kinds(struct yg_buf *to, const struct yg_record_kind *kinds, size_t count,
		   bool with_records);

/* "windows Security 4688", made harmless. */
void yg_text_kind(struct yg_buf *to, const struct yg_record_kind *kind);
