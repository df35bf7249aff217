/* SPDX-License-Identifier: Apache-2.0 */
/* app/user_data.h - where commands without a hub keep what is the user's own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * "FOLDER/@name" to @to: FOLDER is yagura below XDG_DATA_HOME, else below ~/.local/share; it is
 * made (mode 0700) where it is missing. Whether that worked is seen when the file is opened. False:
 * the environment names no folder, or there is no room for it.
 */
bool yg_user_data_path(const char *name, char *to, size_t room);
