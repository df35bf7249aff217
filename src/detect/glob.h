/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/glob.h - Sigma's wildcards: * any run, ? one character, \ before * ? \ itself.
 *
 * Layer: detect. Pure, thread-safe.
 */
#pragma once

#include "base/bytes.h"

/*
 * True when all of @text is as @pattern says. A character is a well-formed UTF-8 sequence or one
 * other byte. Cost: O(text × longest part between two stars), no recursion.
 */
bool yg_glob_match(struct yg_bytes pattern, struct yg_bytes text);

/* The same; adds to *steps how many characters were compared, turns back included. */
bool yg_glob_match_counted(struct yg_bytes pattern, struct yg_bytes text, uint64_t *steps);

/*
 * The longest run of plain bytes in @pattern, without its backslashes, written to @to (@room
 * bytes; longer runs are cut). Returns its size; 0 when the pattern is wildcards only.
 */
size_t yg_glob_literal(struct yg_bytes pattern, uint8_t *to, size_t room);
