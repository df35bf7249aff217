/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At the end of the file:
 *
 *   shorter than what was read ─────► cut (copytruncate): from the beginning again
 *   the path leads to another file ─► rotated: this one to its end once more, then the other
 *   the path leads nowhere ─────────► keep this one, look again later
 *   none of these ──────────────────► nothing new: the next call waits
 */
#define _GNU_SOURCE
#include "source/follow-int.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "base/ban.h"

static void watch(struct yg_follow *f)
{
	if (f->notify_fd >= 0)
		(void)close(f->notify_fd); /* an event descriptor: nothing to lose */
	f->notify_fd = f->path ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;
	if (f->notify_fd >= 0 &&
	    inotify_add_watch(f->notify_fd, f->path,
			      IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF) < 0) {
		(void)close(f->notify_fd); /* as above */
		f->notify_fd = -1;
	}
}

void yg_follow_init(struct yg_follow *follow, const char *path, int take_fd, int stop_fd)
{
	struct stat st;
	bool is_file = fstat(take_fd, &st) == 0 && S_ISREG(st.st_mode);

	*follow = (struct yg_follow){
		.path = is_file ? path : NULL, .fd = take_fd, .stop_fd = stop_fd, .notify_fd = -1};
	watch(follow);
}

void yg_follow_done(struct yg_follow *follow)
{
	if (follow->notify_fd >= 0)
		(void)close(follow->notify_fd); /* an event descriptor: nothing to lose */
	if (follow->fd >= 0)
		(void)close(follow->fd); /* read only: nothing to lose */
	follow->notify_fd = -1;
	follow->fd = -1;
}

/* True when told to stop. Waits for a change, @wait_ms at most. */
static bool wait_for_change(struct yg_follow *f, int wait_ms)
{
	struct pollfd fds[2] = {
		{.fd = f->stop_fd, .events = POLLIN}, /* poll(2) passes over negative ones */
		{.fd = f->path ? f->notify_fd : f->fd, .events = POLLIN},
	};
	uint8_t drop[4096];

	if (poll(fds, 2, wait_ms) < 0)
		return false; /* a signal: the caller looks again */
	if (fds[0].revents)
		return true;
	if (f->path && fds[1].revents)
		while (read(f->notify_fd, drop, sizeof(drop)) > 0)
			; /* what happened is seen by looking at the file */
	return false;
}

/* Cut below what was read? Then begin again. */
static bool was_cut(struct yg_follow *f)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size >= f->offset)
		return false;
	return lseek(f->fd, 0, SEEK_SET) == 0;
}

/* The file at the path when it is another one: *ret_fd, else -1. */
static int open_successor(struct yg_follow *f, int *ret_fd)
{
	struct stat now;
	struct stat old;
	int fd;
	int rc;

	*ret_fd = -1;
	if (stat(f->path, &now) != 0 || fstat(f->fd, &old) != 0 || !S_ISREG(now.st_mode) ||
	    (now.st_ino == old.st_ino && now.st_dev == old.st_dev))
		return YG_OK;
	rc = yg_io_open_read(f->path, &fd);
	if (rc == YG_ENOENT || rc == YG_EACCES)
		return YG_OK; /* gone again, or its rights are still being set: look again later */
	if (rc == YG_OK)
		*ret_fd = fd;
	return rc;
}

static void begin_anew(struct yg_follow *f)
{
	f->offset = 0;
	f->rotations++;
	f->is_fresh = true;
}

/* At the end of a file: *ret_size > 0 when there is more after all. */
static int look_further(struct yg_follow *f, uint8_t *to, size_t room, size_t *ret_size)
{
	int next;
	int rc;

	if (was_cut(f)) {
		begin_anew(f);
		return YG_OK;
	}
	rc = open_successor(f, &next);
	if (rc != YG_OK || next < 0)
		return rc;
	/* What was written between our last read and the renaming. */
	rc = yg_io_read(f->fd, to, room, ret_size);
	if (rc != YG_OK || *ret_size > 0) {
		(void)close(next); /* read only: nothing to lose; found again at the next end */
		return rc;
	}
	(void)close(f->fd); /* as above */
	f->fd = next;
	begin_anew(f);
	watch(f);
	return YG_OK;
}

static int read_pipe(struct yg_follow *f, uint8_t *to, size_t room, size_t *ret_size)
{
	struct pollfd fd = {.fd = f->fd, .events = POLLIN};
	int rc;

	if (poll(&fd, 1, 0) == 0)
		return YG_EAGAIN;
	rc = yg_io_read(f->fd, to, room, ret_size);
	return rc == YG_OK && *ret_size == 0 ? YG_EEND : rc;
}

int yg_follow_read(struct yg_follow *follow, uint8_t *to, size_t room, size_t *ret_size)
{
	struct yg_follow *f = follow;
	int rc;

	*ret_size = 0;
	if (wait_for_change(f, f->is_idle ? YG_FOLLOW_WAIT_MS : 0))
		return YG_EEND;
	if (!f->path) {
		rc = read_pipe(f, to, room, ret_size);
	} else {
		rc = yg_io_read(f->fd, to, room, ret_size);
		if (rc == YG_OK && *ret_size == 0)
			rc = look_further(f, to, room, ret_size);
		if (rc == YG_OK && *ret_size == 0 && !f->is_fresh)
			rc = YG_EAGAIN;
	}
	f->offset += *ret_size;
	f->is_idle = rc == YG_EAGAIN;
	return rc;
}
