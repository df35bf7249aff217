/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/query_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

#if !HAS_SANITIZER
#include <seccomp.h>
#endif

#include "base/ban.h"

bool yg_query_sandbox_is_whole(void)
{
	return !HAS_SANITIZER;
}

/* Bytes of address space in use, or 0 when the kernel does not tell. */
static uint64_t mapped_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	(void)fclose(file); /* only read */
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool bound(int what, uint64_t most)
{
	struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

	return setrlimit((__rlimit_resource_t)what, &limit) == 0;
}

static bool bound_resources(uint64_t mapped)
{
	bool is_bound = bound(RLIMIT_CPU, YG_QUERY_SANDBOX_CPU_S) && bound(RLIMIT_FSIZE, 0) &&
			bound(RLIMIT_CORE, 0) && bound(RLIMIT_NOFILE, 0) &&
			bound(RLIMIT_MEMLOCK, 0) && bound(RLIMIT_MSGQUEUE, 0);

	if (!HAS_SANITIZER && is_bound && mapped > 0)
		is_bound = bound(RLIMIT_AS, mapped + YG_QUERY_SANDBOX_MEMORY_MAX);
	return is_bound;
}

/* No path of the file system: the first version of Landlock knows these thirteen rights, later
 * ones more; a ruleset without rules allows none of them. A kernel without it is no fault: the
 * list of system calls has no call that takes a path. */
#define LANDLOCK_RIGHTS_1 0x1fffu
#define LANDLOCK_RIGHTS_2 0x3fffu /* and refer */
#define LANDLOCK_RIGHTS_3 0x7fffu /* and truncate */

static void close_file_system(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr rights = {
		.handled_access_fs = version >= 3   ? LANDLOCK_RIGHTS_3
				     : version == 2 ? LANDLOCK_RIGHTS_2
						    : LANDLOCK_RIGHTS_1,
	};
	long ruleset;

	if (version < 1)
		return;
	ruleset = syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
	if (ruleset < 0)
		return;
	(void)syscall(SYS_landlock_restrict_self, (int)ruleset, 0); /* a second wall */
	(void)close((int)ruleset);
}

#if !HAS_SANITIZER
/* Argument @n equals @value (the second value is for ranges). */
#define IS(n, value) SCMP_CMP(n, SCMP_CMP_EQ, value, 0)
#define ALLOW(name, ...)                                                                           \
	(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(name), __VA_ARGS__) == 0)

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

static bool allow_memory(scmp_filter_ctx filter)
{
	return ALLOW(brk, 0) && ALLOW(munmap, 0) && ALLOW(mremap, 0) && ALLOW(madvise, 0) &&
	       /* never of a file, never to be executed */
	       ALLOW(mmap, 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		     SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)) &&
	       ALLOW(mprotect, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static bool allow_rest(scmp_filter_ctx filter)
{
	return ALLOW(futex, 0) && ALLOW(exit, 0) && ALLOW(exit_group, 0) &&
	       ALLOW(rt_sigreturn, 0) && ALLOW(restart_syscall, 0) && ALLOW(clock_gettime, 0) &&
	       ALLOW(getrandom, 0);
}

static bool list_calls(int talk, int facts)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool is_loaded = filter && allow_files(filter, talk, facts) && allow_memory(filter) &&
			 allow_rest(filter) && seccomp_load(filter) == 0;

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
	uint64_t mapped = mapped_bytes(); /* while files can be read */

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return YG_EUNSUPPORTED;
	close_file_system();
	if (!bound_resources(mapped) || !list_calls(talk, facts))
		return YG_EUNSUPPORTED;
	return YG_OK;
}
