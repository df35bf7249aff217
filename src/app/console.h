/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/console.h - the console's files, as tools/console_files.py compiles them in. None: the
 * console was not built.
 */
#pragma once

#include "web/static.h"

extern const struct yg_web_file yg_console_table[]; /* yg_console_count entries */
extern const size_t yg_console_count;
