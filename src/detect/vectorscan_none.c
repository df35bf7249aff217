/* SPDX-License-Identifier: Apache-2.0 */
/* In place of vectorscan.c where the program is built without Vectorscan: the built-in matcher. */
#include "detect/patterns.h"

#include "base/ban.h"

bool yg_vectorscan_runs(void)
{
	return false;
}

enum yg_matcher yg_matcher_here(void)
{
	return YG_MATCHER_BUILTIN;
}

/* No image names it (open.c refuses what is not for here), so nothing of it is called. */
const struct yg_matcher_ops yg_vectorscan_ops = {0};
