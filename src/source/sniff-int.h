/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/sniff-int.h - files that are plainly no logs, by their first bytes. Inside source/.
 *
 * Layer: source. Pure. Asked only about files that nobody named: found in a folder or an archive.
 * Tests: tests/unit/source/test_inputs.c
 */
#pragma once

#include "base/bytes.h"

#define YG_SNIFF_BYTES 4096u

/* Why a file that begins with @head is no log (English words), or NULL. */
const char *yg_sniff_no_log(struct yg_bytes head);
