/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put before a program (LD_PRELOAD), lets its clock jump and its disk fail, as the file
 * $YAGURA_FAULTS says at any moment: four numbers of 64 bits in the machine's order.
 *
 *   0  nanoseconds that the date is ahead
 *   8  nanoseconds that the clock nobody sets is ahead
 *   16 errno of everything that changes a file; 0: none
 *   24 milliseconds that every sync takes longer; a file may end before it
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* pwrite() and pwrite64() are two names here */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *said(void)
{
	static const volatile int64_t none[4];
	static const volatile int64_t *page;

	if (!page) {
		const char *path = getenv("YAGURA_FAULTS");
		int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
		void *seen = fd < 0 ? MAP_FAILED : mmap(NULL, 32, PROT_READ, MAP_SHARED, fd, 0);

		page = seen == MAP_FAILED ? none : seen;
	}
	return page;
}

/* Before the program shuts itself in. */
__attribute__((constructor)) static void look_early(void)
{
	(void)said();
}

static int fails(void)
{
	if (said()[2] == 0)
		return 0;
	errno = (int)said()[2];
	return 1;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static int (*real)(clockid_t clock, struct timespec * ts);
	int64_t ahead = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE     ? said()[0]
			: clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ? said()[1]
										      : 0;
	int64_t ns = 0;
	int rc;

	if (!real) /* not by a system call of its own, which the program may have given up */
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime"); /* as dlsym(3) has it */
	rc = real(clock, ts);
	ns = rc == 0 ? ts->tv_nsec + ahead % 1000000000 : 0;

	if (rc == 0) {
		ts->tv_sec += ahead / 1000000000;
		if (ns < 0) {
			ns += 1000000000;
			ts->tv_sec--;
		}
		ts->tv_sec += ns / 1000000000;
		ts->tv_nsec = (long)(ns % 1000000000);
	}
	return rc;
}

time_t time(time_t *ret)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}

int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	*tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
	return 0;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return fails() ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return fails() ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}

int fdatasync(int fd)
{
	int64_t slow_ms = said()[3]; /* what lies behind the end of a file reads as 0 */

	if (slow_ms > 0)
		(void)poll(NULL, 0, (int)slow_ms);
	return fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t size)
{
	return fails() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int rename(const char *from, const char *to)
{
	return fails() ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int mkdir(const char *path, mode_t mode)
{
	return fails() ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

static int open_any(const char *path, int flags, mode_t mode)
{
	if ((flags & (O_CREAT | O_TRUNC)) && fails())
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_any(path, flags | O_LARGEFILE, mode);
}
