/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/archive_gaps.h - what of an archive is left out, in words: for `archive cat` and `hunt`.
 *
 * Layer: app. Standard error only.
 */
#pragma once

#include "archive/reader.h"

/* @size bytes at @at of the archive @name were left out, because of @words (a msgid). */
void yg_say_gap(const char *name, uint64_t at, uint64_t size, const char *words);

/* The same of all gaps of @archive; false: it has none. */
bool yg_say_gaps(const char *name, const struct yg_archive *archive);
