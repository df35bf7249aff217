/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of what is sent, for tests that take rows one by one (after hub_help.h). */
#pragma once

#include "access/warnings.h"

static bool is_any(void *arg, const char *key)
{
	(void)arg;
	(void)key;
	return true;
}

/* The oldest row that is due, mails before webhooks: each time a round of its own. */
static int next_out(struct yg_warn_out *ret)
{
	struct yg_warn_turn mails = {.is_free = is_any};
	struct yg_warn_turn hooks = {.is_free = is_any, .is_hooks = true};
	int rc = yg_warn_out_next(hub, now_ns, &mails, ret);

	return rc == YG_ENOENT ? yg_warn_out_next(hub, now_ns, &hooks, ret) : rc;
}
