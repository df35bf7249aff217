/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_sheet.h - lists of members and relations that people bring in a browser, lent to
 * access/api.h: read by parse/, faults in words.
 *
 * Layer: app. Input untrusted. Pure; any thread. Tests: tests/e2e/hub_import.py
 */
#pragma once

#include "access/api.h"

/* The port `sheet` of access/api.h. */
YG_MUST_USE int yg_hub_sheet_read(struct yg_bytes file, bool is_relations, enum yg_lang lang,
				  struct yg_arena *arena, struct yg_hub_sheet *ret);
