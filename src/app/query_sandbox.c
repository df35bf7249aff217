/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/query_sandbox.h"

#include <errno.h>
#include <sys/resource.h>

#include "app/walls-int.h"

#include "base/ban.h"

bool yg_query_sandbox_is_whole(void)
{
	return !YG_WALL_HAS_SANITIZER;
}

static bool bound_resources(uint64_t mapped)
{
	bool is_bound = yg_wall_bound(RLIMIT_CPU, YG_QUERY_SANDBOX_CPU_S) &&
			yg_wall_bound(RLIMIT_FSIZE, 0) && yg_wall_bound(RLIMIT_CORE, 0) &&
			yg_wall_bound(RLIMIT_NOFILE, 0) && yg_wall_bound(RLIMIT_MEMLOCK, 0) &&
			yg_wall_bound(RLIMIT_MSGQUEUE, 0);

	if (!YG_WALL_HAS_SANITIZER && is_bound && mapped > 0)
		is_bound = yg_wall_bound(RLIMIT_AS, mapped + YG_QUERY_SANDBOX_MEMORY_MAX);
	return is_bound;
}

#if !YG_WALL_HAS_SANITIZER
static bool allow_files(scmp_filter_ctx filter, int talk, int facts)
{
	return ALLOW(read, 1, IS(0, (scmp_datum_t)talk)) &&
	       ALLOW(write, 1, IS(0, (scmp_datum_t)talk)) &&
	       ALLOW(read, 1, IS(0, (scmp_datum_t)facts)) &&
	       ALLOW(pread64, 1, IS(0, (scmp_datum_t)facts)) &&
	       ALLOW(lseek, 1, IS(0, (scmp_datum_t)facts)) &&
	       ALLOW(fstat, 1, IS(0, (scmp_datum_t)facts)) &&
	       /* fstat() of newer C libraries */
	       ALLOW(newfstatat, 2, IS(0, (scmp_datum_t)facts), IS(3, AT_EMPTY_PATH)) &&
	       ALLOW(fcntl, 2, IS(0, (scmp_datum_t)facts), IS(1, F_SETLK)) &&
	       ALLOW(fcntl, 2, IS(0, (scmp_datum_t)facts), IS(1, F_GETLK));
}

static bool list_calls(int talk, int facts)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool is_loaded = filter && allow_files(filter, talk, facts) &&
			 yg_wall_allow_memory(filter) && yg_wall_allow_rest(filter) &&
			 seccomp_load(filter) == 0;

	seccomp_release(filter); /* NULL is allowed */
	return is_loaded;
}
#else
static bool list_calls(int talk, int facts)
{
	(void)talk;
	(void)facts;
	return true;
}
#endif

int yg_query_sandbox_enter(int talk, int facts)
{
	uint64_t mapped = yg_wall_mapped(); /* while files can be read */

	/* A kernel without Landlock is no fault: the list has no call that takes a path. */
	if (!yg_wall_privileges() || yg_wall_landlock(YG_WALL_NO_FILES, NULL) != YG_OK ||
	    !bound_resources(mapped) || !list_calls(talk, facts))
		return YG_EUNSUPPORTED;
	return YG_OK;
}
