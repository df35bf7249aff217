/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/query_sandbox.h - walls around a process that has all it needs already open.
 *
 * After yg_query_sandbox_enter the process can read its two descriptors, write to one of them,
 * and get anonymous memory; opening, connecting, starting processes and changing files end it. The
 * walls: limits of the kernel (memory, processor time, file size, descriptors), Landlock where the
 * kernel has it, and a list of allowed system calls. In builds with AddressSanitizer, which needs
 * calls of its own, the list and the bound of memory are left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define YG_QUERY_SANDBOX_MEMORY_MAX (96u << 20) /* bytes of address space beyond what is mapped */
#define YG_QUERY_SANDBOX_CPU_S	    60u

/*
 * @talk: the socket to the parent, read and written. @facts: the facts file, read. For good; call
 * it with one thread. YG_OK, or YG_EUNSUPPORTED when a wall that must stand cannot be built: then
 * the process must end.
 */
YG_MUST_USE int yg_query_sandbox_enter(int talk, int facts);

/* Is the list of system calls part of this build? */
bool yg_query_sandbox_is_whole(void);
