/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/matcher.h - who looks for many texts and expressions at once.
 *
 * Vectorscan is fast and needs SSE4.2 on x86. The built-in matcher runs on any CPU and finds the
 * same. An image is made for one of them.
 */
#pragma once

enum yg_matcher {
	YG_MATCHER_VECTORSCAN,
	YG_MATCHER_BUILTIN,
};

/* Vectorscan where this CPU can run it, else the built-in matcher. */
enum yg_matcher yg_matcher_here(void);
