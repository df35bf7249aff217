/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/indicator_list.h - what a table of indicators says besides their values.
 *
 * Columns, in any order and any case: value (or indicator, ioc, ip, domain, url, hash …, as
 * detect/indicators.h takes them), source, marking or tlp, pap, confidence, valid_until (or
 * expires), confirmed (yes or no), comment. A list without such columns says nothing more than its
 * values.
 *
 * Layer:   parse. Pure. Input untrusted: as parse/csv.h.
 * Refused: nothing but what is no table. A cell that cannot be understood is told and taken for the
 *          careful reading: an unknown marking for red, an unknown time for no end.
 * Tests:   tests/unit/parse/test_indicator_list.c, tests/fuzz/fuzz_indicator_list.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/indicator.h"

/* @line: of the row, from 1. YG_OK to go on; another value ends the reading and is returned. */
typedef int (*yg_indicator_record_fn)(void *arg, uint32_t line,
				      const struct yg_indicator_record *record);
/* A cell that was not understood; @what is a text for the catalogue. */
typedef void (*yg_indicator_doubt_fn)(void *arg, uint32_t line, struct yg_bytes cell,
				      const char *what);

/* Is it a table that says more than values? Looks at the first line alone. */
bool yg_indicator_list_is_table(struct yg_bytes text);

/*
 * Read all rows. Bytes of records lie in @arena. YG_OK; YG_EFORMAT, YG_ELIMIT, YG_ENOMEM with
 * *reterr filled; or what @fn returned. Cost: O(text).
 */
YG_MUST_USE int yg_indicator_list_read(struct yg_bytes text, struct yg_arena *arena,
				       yg_indicator_record_fn fn, yg_indicator_doubt_fn doubt,
				       void *arg, struct yg_line_fault *reterr);
