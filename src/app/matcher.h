/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/matcher.h - which matcher runs: Vectorscan, or the built-in one where the CPU cannot run it
 * or YAGURA_MATCHER=builtin asks for it (docs/routing.md).
 */
#pragma once

#include "base/err.h"
#include "detect/matcher.h"

/* Choose, and say so when it is the slower one. YG_OK, or YG_EINVAL (said): no such matcher. */
YG_MUST_USE int yg_matcher_choose(enum yg_matcher *ret);
