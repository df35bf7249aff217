/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/text.h - a whole small text in any encoding of office life, to UTF-8.
 *
 * CP932, EUC-JP, UTF-16 and UTF-8 are told apart from the characters, as for logs; what is no
 * character becomes U+FFFD. Thread-safe.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define YG_TEXT_BYTES_MAX (128u << 20)

/* *ret lives in @arena. YG_OK, YG_ELIMIT, YG_ENOMEM or YG_EUNSUPPORTED (UTF-32 and the like). */
YG_MUST_USE int yg_text_to_utf8(struct yg_bytes text, struct yg_arena *arena, struct yg_bytes *ret);

/*
 * What conversions need of the C library's files, loaded and kept: for a process that can open none
 * of them any more. Once, before its threads.
 */
void yg_text_keep(void);
