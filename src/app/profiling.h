/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/profiling.h - `yagura detect --profile FILE`: what each rule costs.
 */
#pragma once

#include "base/clock.h"
#include "detect/meter.h"

/* A clock that never jumps (CLOCK_MONOTONIC). */
struct yg_clock yg_profiling_clock(void);

/*
 * Write @profile: JSON to @path, or a table to standard error where @path is "-". False: it could
 * not be written (said).
 */
bool yg_profiling_write(const struct yg_profile *profile, const struct yg_engine *engine,
			const char *path);

/*
 * While following: what a set of rules cost that was replaced goes to "@path.before", so that the
 * set that follows can be compared with it; to @path itself where that is no plain file. A failure
 * is said.
 */
void yg_profiling_write_former(const struct yg_profile *profile, const struct yg_engine *engine,
			       const char *path);
