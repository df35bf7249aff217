/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/warn_rules.h - the rules of whom to warn, from the YAML that people write (docs/warn.md).
 *
 * Refused, with the line: unknown keys, missing ones, numbers that do not ascend, a rule by
 * relations after one by provider or sector, more than YG_WARN_RULES_MAX rules.
 * Layer:   parse. Input untrusted. Pure.
 * Tests:   tests/unit/parse/test_warn_rules.c, tests/fuzz/fuzz_warn_rules.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/warn_rules.h"

/* Texts of *ret live in @arena. YG_OK, YG_EFORMAT, YG_ELIMIT, YG_ENOMEM, *reterr filled. */
YG_MUST_USE int yg_warn_rules_read(struct yg_bytes text, struct yg_arena *arena,
				   struct yg_warn_rules *ret, struct yg_line_fault *reterr);
