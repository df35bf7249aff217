/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/walls.h - what a process of the hub gives up before it meets anything hostile.
 *
 * For each role: no capabilities, no new privileges, no dump of its memory, another user (where the
 * hub runs as root and it needs no files), Landlock (where the kernel has it: no path but those
 * that the role is given; no TCP port from version 4 on; no signals to others from version 6 on),
 * bounds of memory, and a list of allowed system calls (seccomp). A call that is not on it fails
 * with EPERM: nothing happens, and a library that asks in vain goes on.
 *
 *   role     files               network                     processes
 *   parent   its user's          what it has bound           forks, ends its own
 *   front    none                accepts, speaks              none
 *   pages    none                accepts, speaks              none
 *   keeper   the data folder     none                         threads
 *   engine   reads four of it    none                         threads
 *   hunter   reads three of it   none                         threads
 *   worker   none                none                         none
 *   signer   none                none                         none
 *   out      reads /etc, /usr    connects, speaks             threads
 *
 * No role can run a program, trace or bind; none but `out` opens a socket or connects. In builds
 * with a sanitizer, which needs calls of its own, the list and the bound of memory are left out.
 *
 * query_sandbox.c is built of the same parts, for a process that is allowed even less.
 * Threads: enter with one thread; those started later are inside too.
 * Tests:   tests/e2e/hub_sandbox.py (each role tries what it must not), test_query_sandbox.c
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum yg_wall_role {
	YG_WALL_FRONT,
	YG_WALL_PAGES,
	YG_WALL_KEEPER,
	YG_WALL_ENGINE,
	YG_WALL_HUNTER,
	YG_WALL_WORKER,
	YG_WALL_SIGNER,
	YG_WALL_OUT,
	YG_WALL_ROLES
};

#define YG_WALL_MEMORY_MAX (768u << 20) /* of worker and signer, beyond what is mapped */
/* Of engine and hunter: judges (YG_HUB_DETECT_BYTES_MAX), a running set and one that is being
 * compiled. */
#define YG_WALL_ENGINE_MAX (UINT64_C(4) << 30)

/* The nice value that a thread may take: what is for later gives way to what comes now. */
#define YG_WALL_NICE 10

const char *yg_wall_role_name(enum yg_wall_role role);
/* False: there is no role of that name. */
bool yg_wall_role_of(const char *name, enum yg_wall_role *ret);

/*
 * Become the role's user, where the process is root and there is one: before it makes files, so
 * that they are that user's. yg_wall_enter() does it too.
 */
void yg_wall_become(enum yg_wall_role role, const char *data);

/*
 * Give it up, for good. @data: the hub's folder, NULL for those that have no files. Keeper: what
 * stands there is readable and writable but for the folder `ca`, and files can be made in the
 * folders that exist now. Engine: `rules`, `indicators`, `allow` and `warning-lists` are readable,
 * hunter: `hunts`, `allow` and `warning-lists`; nothing else is, and nothing is written; without
 * Landlock they can read what their user, the keeper's, can.
 * YG_OK, or YG_EUNSUPPORTED when a wall that must stand cannot be built.
 */
YG_MUST_USE int yg_wall_enter(enum yg_wall_role role, const char *data);

/* One more folder that `out` may read, said before it enters; borrowed. NULL: none. */
void yg_wall_also(const char *folder);

/*
 * The parent's own, once its sockets are bound: it opens no socket more, connects nowhere, runs
 * nothing, traces nobody, and gets no new privileges. It forks, so its children begin with the
 * same; where one of them is to connect (@may_connect), that is left to the lists of the children.
 * YG_OK or YG_EUNSUPPORTED.
 */
YG_MUST_USE int yg_wall_enter_parent(bool may_connect);

/* What the role cannot give up on this machine, bit by bit, without doing anything. */
enum yg_wall_lack {
	YG_WALL_NO_FILTER = 1,	  /* a build with a sanitizer, or a kernel without seccomp */
	YG_WALL_NO_LANDLOCK = 2,  /* the kernel has none */
	YG_WALL_OLD_LANDLOCK = 4, /* it bounds files alone */
	YG_WALL_NO_USER = 8,	  /* the hub is not root: all processes are the same user */
	YG_WALL_SHARED_USER = 16, /* no user of its own: "nobody" */
	YG_WALL_ROOT = 32,	  /* the keeper stays root, for the data folder is root's */
};
unsigned yg_wall_lacks(enum yg_wall_role role, const char *data);
const char *yg_wall_lack_text(enum yg_wall_lack lack); /* a msgid */

/*
 * Try, one after the other, what no role may do (open the file @secret is one), and tell what came
 * of it: errno, 0 when it was done. For tests: after yg_wall_enter() in the very process.
 */
typedef void (*yg_wall_try_fn)(void *arg, const char *what, int errnum);
void yg_wall_try(const char *secret, yg_wall_try_fn fn, void *arg);
