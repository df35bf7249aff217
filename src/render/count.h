/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/count.h - the numbers of `yagura detect --count` (docs/tuning.md). Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/count.h"

/* Tables for people. */
void yg_count_text(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang);
/* One JSON object and LF. */
void yg_count_json(struct yg_buf *to, const struct yg_count *count, enum yg_lang lang);
