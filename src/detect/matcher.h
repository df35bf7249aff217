/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/matcher.h - who looks for many texts and expressions at once.
 *
 * Vectorscan is fast and needs SSE4.2 on x86; where its answers are wrong (known.c) it is not used.
 * The built-in matcher runs on any CPU and finds the same. An image is made for one of them.
 */
#pragma once

#include <stdbool.h>

enum yg_matcher {
	YG_MATCHER_VECTORSCAN,
	YG_MATCHER_BUILTIN,
};

/*
 * Vectorscan where this CPU can run it and it is right, else the built-in matcher. The first call
 * finds out, which takes some milliseconds; the answer stays the same, but for want of memory
 * (then: the built-in matcher, and the next call asks again). Any thread.
 */
enum yg_matcher yg_matcher_here(void);

/* Can this CPU run Vectorscan, right or not? */
bool yg_vectorscan_runs(void);
