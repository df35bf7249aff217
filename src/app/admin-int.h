/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/admin-int.h - commands of `yagura admin` that have a file of their own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * `admin findings`: what detection found in the hub at @data, newest first; @org NULL: of all. The
 * exit status; errors were said.
 */
int yg_admin_findings(const char *data, const char *org, uint64_t limit, bool is_json);
