/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/record.h - the record form (docs/record-format.md) read back into events.
 *
 * What model/record.c wrote gives the same event again: fields as they were, derived ones made
 * anew by the functions that the readers of the original formats use.
 *
 * Layer:  parse. Input untrusted.
 * Tests:  tests/unit/parse/test_record.c, tests/fuzz/fuzz_parse_record.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_record_fits(struct yg_bytes record);
yg_read_fn yg_record_read;
