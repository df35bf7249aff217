/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/thread.h"

#include <sys/prctl.h>

#include "base/ban.h"

void yg_thread_name(const char *name)
{
	(void)prctl(PR_SET_NAME, name, 0, 0, 0); /* it is a help, and nothing hangs on it */
}
