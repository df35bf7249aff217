/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/description-int.h - the set of descriptions, as description.c fills it.
 * Layer: parse; private to it.
 */
#pragma once

#include "parse/sources.h"

struct yg_sources {
	struct yg_arena *arena;
	struct yg_source *first, *last;
	uint32_t count, lines;
};
