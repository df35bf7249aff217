/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/regex_literal.h - a text that every match of a regular expression contains.
 *
 * Layer: detect. Pure, thread-safe.
 */
#pragma once

#include "base/bytes.h"

/*
 * The longest run of ASCII bytes that must stand in any text @regex is found in, compared without
 * case, written to @to (@room bytes; cut there). Returns its size; 0 when none is certain: only
 * plain bytes outside of groups, classes and repetition count, and an alternation at the top ends
 * it. k and s do not count where case is ignored (@is_caseless, or an option i inside): they fit
 * U+212A and U+017F, which no folded text holds as k and s. Cost: O(regex).
 */
size_t yg_regex_literal(struct yg_bytes regex, bool is_caseless, uint8_t *to, size_t room);
