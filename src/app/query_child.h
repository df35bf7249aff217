/* SPDX-License-Identifier: Apache-2.0 */
/* app/query_child.h - the life of a query process, after fork(). */
#pragma once

#include <stdint.h>

/*
 * Close everything but @talk, open the facts file, shut in, answer queries until @talk closes.
 * Never returns.
 */
__attribute__((noreturn)) void yg_query_child_live(int talk, const char *facts_path, int32_t day);
