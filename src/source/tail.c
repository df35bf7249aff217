/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "source/tail.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "source/follow-int.h"

#include "base/ban.h"

#define PATH_ROOM 4096u
#define RACES	  8u	 /* times that we look again when files move under our eyes */
#define NAMES_MAX 65536u /* of a folder that are looked at */

/* A file of the same log beside the one at the path. */
struct sibling {
	char *path; /* owned */
	int64_t mtime_ns;
	int64_t born_ns; /* 0 where the file system does not know */
	uint64_t device;
	uint64_t inode;
	uint64_t size;
};

/* A file that was there before us. */
struct known {
	uint64_t device;
	uint64_t inode;
	int64_t born_ns; /* a number is given to another file when its own is gone */
};

struct yg_tail {
	char *path;
	bool is_waiting;     /* no file was met yet, neither at the path nor beside it */
	struct known *known; /* waiting: others of this log that were there before; owned */
	size_t known_count;
	int64_t folder_ns;	 /* waiting: when the folder was changed, as it was seen last */
	struct yg_follow follow; /* the file at the path; fd -1: none is open */
	int drain_fd;		 /* an older file that is read first; -1: none */
	uint64_t drain_offset;
	uint64_t start; /* of the file being read */
	uint64_t start_lines;
	uint64_t lost;
	uint64_t rotations;
	uint8_t head[YG_TAIL_HEAD_MAX]; /* its first bytes, as they were read */
	uint32_t head_size;
};

static bool is_draining(const struct yg_tail *t)
{
	return t->drain_fd >= 0;
}

static int fd_of(const struct yg_tail *t)
{
	return is_draining(t) ? t->drain_fd : t->follow.fd;
}

/* ---- which file is which ---- */

/* Without a secret: marks outlive the process. They decide about no table. */
static uint64_t hash_of(struct yg_bytes head)
{
	return yg_hash64(head, 0);
}

/* The hash of the first @size bytes; false when there are not so many. */
static bool hash_head(int fd, uint32_t size, uint64_t *ret)
{
	uint8_t head[YG_TAIL_HEAD_MAX];
	ssize_t got;

	if (size > sizeof(head))
		return false;
	do
		got = pread(fd, head, size, 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)size)
		return false;
	*ret = hash_of((struct yg_bytes){head, size});
	return true;
}

static bool has_head(int fd, const struct yg_tail_mark *mark)
{
	uint64_t hash;

	return mark->head_size == 0 ||
	       (hash_head(fd, mark->head_size, &hash) && hash == mark->head_hash);
}

static bool is_same_inode(const struct stat *st, const struct yg_tail_mark *mark)
{
	return (uint64_t)st->st_dev == mark->device && (uint64_t)st->st_ino == mark->inode;
}

/* Open @path when it is a regular file; -1 otherwise. */
static int open_file(const char *path, struct stat *ret)
{
	int fd = -1;

	if (yg_io_open_read(path, &fd) != YG_OK)
		return -1;
	if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode))
		return fd;
	(void)close(fd); /* read only: nothing to lose */
	return -1;
}

static bool is_packed(int fd)
{
	static const struct yg_bytes magics[] = {
		{(const uint8_t *)"\x1f\x8b", 2},
		{(const uint8_t *)"\x28\xb5\x2f\xfd", 4},
		{(const uint8_t *)"\xfd"
				  "7zXZ",
		 5},
		{(const uint8_t *)"BZh", 3},
		{(const uint8_t *)"PK\x03\x04", 4},
	};
	uint8_t head[8] = {0};
	ssize_t got = pread(fd, head, sizeof(head), 0);

	for (size_t i = 0; got > 0 && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (yg_bytes_starts((struct yg_bytes){head, (size_t)got}, magics[i]))
			return true;
	return false;
}

/* ".1", "-20261125", ".2026-11-25_03": what rotation puts behind a name, and nothing else. */
static bool is_rotation(const char *end)
{
	if ((end[0] != '.' && end[0] != '-') || end[1] < '0' || end[1] > '9')
		return false;
	for (size_t i = 1; end[i]; i++)
		if ((end[i] < '0' || end[i] > '9') && !strchr(".-_T", end[i]))
			return false;
	return true;
}

static int by_age(const void *a_arg, const void *b_arg)
{
	const struct sibling *a = a_arg;
	const struct sibling *b = b_arg;

	if (a->mtime_ns != b->mtime_ns)
		return a->mtime_ns < b->mtime_ns ? -1 : 1;
	if (a->born_ns != b->born_ns)
		return a->born_ns < b->born_ns ? -1 : 1;
	return strcmp(a->path, b->path);
}

static void free_siblings(struct sibling *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].path);
	free(list);
}

static int64_t time_of(struct statx_timestamp time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct sibling describe(const struct statx *st)
{
	return (struct sibling){
		.mtime_ns = time_of(st->stx_mtime),
		.born_ns = st->stx_mask & STATX_BTIME ? time_of(st->stx_btime) : 0,
		.device = (uint64_t)makedev(st->stx_dev_major, st->stx_dev_minor),
		.inode = st->stx_ino,
		.size = st->stx_size,
	};
}

/* The file @entry beside @path as a sibling; false when it is none. */
static bool look_at(const char *path, size_t folder_size, const char *entry, struct sibling *ret)
{
	const char *name = path + folder_size;
	size_t name_size = strlen(name);
	char full[PATH_ROOM];
	struct statx st;
	int size;

	if (strncmp(entry, name, name_size) != 0 || !is_rotation(entry + name_size))
		return false;
	size = snprintf(full, sizeof(full), "%.*s%s", (int)folder_size, path, entry);
	if (size <= 0 || (unsigned)size >= sizeof(full) ||
	    statx(AT_FDCWD, full, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st) != 0 ||
	    !S_ISREG(st.stx_mode))
		return false;
	*ret = describe(&st);
	ret->path = yg_strndup(full, (size_t)size);
	return ret->path != NULL;
}

/* Files of this log under other names, oldest first; what memory does not hold is left out. */
static struct sibling *find_siblings(const char *path, size_t *ret_count)
{
	const char *slash = strrchr(path, '/');
	size_t folder_size = slash ? (size_t)(slash - path) + 1 : 0;
	struct sibling *list = yg_calloc(YG_TAIL_SIBLINGS_MAX, sizeof(*list));
	char folder_name[PATH_ROOM] = ".";
	const struct dirent *entry;
	DIR *folder;

	*ret_count = 0;
	if (folder_size > 0) /* a path that is too long opens nothing */
		(void)snprintf(folder_name, sizeof(folder_name), "%.*s", (int)folder_size, path);
	folder = list ? opendir(folder_name) : NULL;
	while (folder && *ret_count < YG_TAIL_SIBLINGS_MAX && (entry = readdir(folder)) != NULL)
		*ret_count += look_at(path, folder_size, entry->d_name, &list[*ret_count]);
	if (folder)
		(void)closedir(folder); /* read only */
	if (list && *ret_count > 1)
		qsort(list, *ret_count, sizeof(*list), by_age);
	return list;
}

/* ---- beginning ---- */

static void begin_at(struct yg_tail *t, uint64_t offset, uint64_t lines)
{
	uint32_t size = offset < YG_TAIL_HEAD_MAX ? (uint32_t)offset : YG_TAIL_HEAD_MAX;

	t->start = offset;
	t->start_lines = lines;
	t->head_size = 0;
	if (size > 0 && fd_of(t) >= 0 && pread(fd_of(t), t->head, size, 0) == (ssize_t)size)
		t->head_size = size;
}

/* Bytes of the file being read, from @offset on. */
static void note_head(struct yg_tail *t, uint64_t offset, const uint8_t *bytes, size_t size)
{
	size_t room = YG_TAIL_HEAD_MAX - t->head_size;

	if (offset != t->head_size)
		return;
	if (size > room)
		size = room;
	memcpy(t->head + t->head_size, bytes, size);
	t->head_size += (uint32_t)size;
}

/* The file at the path: behind @mark when it is the one of it, or (NULL) from its beginning. */
static bool open_path(struct yg_tail *t, const struct yg_tail_mark *mark)
{
	uint64_t offset = mark ? mark->offset : 0;
	struct stat st;
	int fd = open_file(t->path, &st);

	if (fd < 0)
		return false;
	if ((mark &&
	     (!is_same_inode(&st, mark) || (uint64_t)st.st_size < offset || !has_head(fd, mark))) ||
	    lseek(fd, (off_t)offset, SEEK_SET) < 0) {
		(void)close(fd); /* read only: nothing to lose */
		return false;
	}
	yg_follow_done(&t->follow);
	yg_follow_init(&t->follow, t->path, fd, -1);
	t->follow.offset = offset;
	return true;
}

/*
 * Which of @list is the file of @mark, or (@is_copy) a copy of it that holds more than was read?
 * *ret_fd is open and stands for it; SIZE_MAX: none.
 */
static size_t find_old(const struct sibling *list, size_t count, const struct yg_tail_mark *mark,
		       bool is_copy, int *ret_fd)
{
	for (size_t i = count; i-- > 0;) {
		struct stat st;
		int fd;

		if (!is_copy && (list[i].device != mark->device || list[i].inode != mark->inode))
			continue;
		if (is_copy && (mark->head_size == 0 || list[i].size < mark->offset))
			continue;
		fd = open_file(list[i].path, &st);
		if (fd < 0)
			continue;
		/* Names move on while we look. */
		if ((is_copy || is_same_inode(&st, mark)) && !is_packed(fd) && has_head(fd, mark) &&
		    (uint64_t)st.st_size >= mark->offset) {
			*ret_fd = fd;
			return i;
		}
		(void)close(fd); /* read only: nothing to lose */
	}
	return SIZE_MAX;
}

/* Open @path when it is the file of @mark; -1 otherwise. */
static int open_marked(const char *path, const struct yg_tail_mark *mark)
{
	struct stat st;
	int fd = open_file(path, &st);

	if (fd < 0)
		return -1;
	if (is_same_inode(&st, mark) && !is_packed(fd) && has_head(fd, mark) &&
	    (uint64_t)st.st_size >= mark->offset)
		return fd;
	(void)close(fd); /* read only: nothing to lose */
	return -1;
}

/* The file of @mark under whatever name ("x.log.old", "x-2026-11-25.log") beside @path; -1: none.
 */
static int open_renamed(const char *path, const struct yg_tail_mark *mark)
{
	const char *slash = strrchr(path, '/');
	size_t folder_size = slash ? (size_t)(slash - path) + 1 : 0;
	char full[PATH_ROOM] = ".";
	const struct dirent *entry;
	size_t left = NAMES_MAX;
	DIR *folder;
	int fd = -1;

	if (folder_size > 0) /* a path that is too long opens nothing */
		(void)snprintf(full, sizeof(full), "%.*s", (int)folder_size, path);
	folder = opendir(full);
	while (folder && fd < 0 && left-- > 0 && (entry = readdir(folder)) != NULL) {
		int size = snprintf(full, sizeof(full), "%.*s%s", (int)folder_size, path,
				    entry->d_name);

		if (entry->d_ino == mark->inode && entry->d_type == DT_REG && size > 0 &&
		    (unsigned)size < sizeof(full))
			fd = open_marked(full, mark);
	}
	if (folder)
		(void)closedir(folder); /* read only */
	return fd;
}

/*
 * The file of @mark is not the one at the path: its rest first. False: it is not there any more.
 */
static bool begin_old(struct yg_tail *t, const struct yg_tail_mark *mark, bool is_copy)
{
	size_t count = 0;
	struct sibling *list = find_siblings(t->path, &count);
	int fd = -1;

	if (list)
		(void)find_old(list, count, mark, is_copy, &fd);
	free_siblings(list, count);
	if (fd < 0 && !is_copy)
		fd = open_renamed(t->path, mark);
	if (fd < 0)
		return false;
	t->drain_fd = fd;
	t->drain_offset = mark->offset;
	return true;
}

/* ---- waiting for the first file ---- */

/* From now on: what of this log is beside the path already, and what is not, is told apart. */
static int begin_waiting(struct yg_tail *t)
{
	size_t count = 0;
	struct sibling *list = find_siblings(t->path, &count);

	t->known = yg_calloc(count ? count : 1, sizeof(*t->known));
	t->known_count = t->known ? count : 0;
	for (size_t i = 0; i < t->known_count; i++)
		t->known[i] = (struct known){list[i].device, list[i].inode, list[i].born_ns};
	t->is_waiting = true;
	free_siblings(list, count);
	return t->known ? YG_OK : YG_ENOMEM;
}

static void end_waiting(struct yg_tail *t)
{
	free(t->known);
	t->known = NULL;
	t->is_waiting = false;
}

/* Nothing was made, renamed or removed in the folder since the last look, and that is certain. */
static bool is_folder_quiet(struct yg_tail *t)
{
	const char *slash = strrchr(t->path, '/');
	char folder[PATH_ROOM] = ".";
	struct timespec now;
	struct stat st;
	int64_t changed_ns;
	bool is_quiet;

	if (slash) /* a path that is too long opens nothing */
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - t->path) + 1, t->path);
	if (stat(folder, &st) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	/* Two changes within the grain of the file system's clock have one time. */
	is_quiet = changed_ns == t->folder_ns && st.st_mtim.tv_sec + 2 < now.tv_sec;
	t->folder_ns = changed_ns;
	return is_quiet;
}

static bool is_known(const struct yg_tail *t, const struct sibling *sibling)
{
	for (size_t i = 0; i < t->known_count; i++)
		if (t->known[i].device == sibling->device && t->known[i].inode == sibling->inode &&
		    t->known[i].born_ns == sibling->born_ns)
			return true;
	return false;
}

/* The oldest that was made, and renamed, since we wait; -1: none was. */
static int open_missed(struct yg_tail *t)
{
	size_t count = 0;
	struct sibling *list = find_siblings(t->path, &count);
	struct stat st;
	int fd = -1;

	for (size_t i = 0; i < count && fd < 0; i++) {
		if (is_known(t, &list[i]))
			continue;
		fd = open_file(list[i].path, &st);
		if (fd >= 0 && is_packed(fd)) {
			t->lost++;	 /* packed already: nobody reads it here */
			(void)close(fd); /* read only: nothing to lose */
			fd = -1;
		}
	}
	free_siblings(list, count);
	return fd;
}

/*
 * The first file: at the path, or one that was there and has another name by now, before we saw it
 * once. The path is opened before the others are looked at, as in next_file. False: none yet.
 */
static bool begin_first(struct yg_tail *t)
{
	bool is_open = open_path(t, NULL);

	if (!t->is_waiting)
		return is_open;
	if (!is_open && is_folder_quiet(t))
		return false;
	t->drain_fd = open_missed(t);
	t->drain_offset = 0;
	if (t->drain_fd >= 0) {
		yg_follow_done(&t->follow); /* its turn comes later */
		begin_at(t, 0, 0);
	}
	if (!is_open && t->drain_fd < 0)
		return false;
	end_waiting(t);
	return true;
}

/* A file that is being renamed just now stands nowhere for a moment. */
static bool begin_at_mark(struct yg_tail *t, const struct yg_tail_mark *mark)
{
	for (unsigned i = 0; i < RACES; i++)
		if (open_path(t, mark) || begin_old(t, mark, false))
			return true;
	return begin_old(t, mark, true);
}

int yg_tail_open(const char *path, const struct yg_tail_mark *mark, struct yg_tail **ret)
{
	struct yg_tail *t = yg_calloc(1, sizeof(*t));

	if (!t)
		return YG_ENOMEM;
	t->drain_fd = -1;
	t->follow = (struct yg_follow){.fd = -1, .notify_fd = -1, .stop_fd = -1};
	t->path = yg_strndup(path, strlen(path));
	if (!t->path) {
		free(t);
		return YG_ENOMEM;
	}
	*ret = t;
	if (mark && mark->inode != 0 && begin_at_mark(t, mark)) {
		begin_at(t, mark->offset, mark->lines);
		return YG_OK;
	}
	t->lost += mark && mark->inode != 0 && mark->offset > 0;
	if (!open_path(t, NULL) && begin_waiting(t) != YG_OK) { /* looked for again in each read */
		*ret = yg_tail_free(t);
		return YG_ENOMEM;
	}
	begin_at(t, 0, 0);
	return YG_OK;
}

struct yg_tail *yg_tail_free(struct yg_tail *tail)
{
	if (!tail)
		return NULL;
	yg_follow_done(&tail->follow);
	if (tail->drain_fd >= 0)
		(void)close(tail->drain_fd); /* read only: nothing to lose */
	free(tail->known);
	free(tail->path);
	free(tail);
	return NULL;
}

/* ---- reading ---- */

/*
 * The sibling that came after the file @device, @inode, open; -1: none did. *ret_again: it moved
 * while we looked.
 */
static int open_successor(struct yg_tail *t, uint64_t device, uint64_t inode, bool *ret_again)
{
	size_t count = 0;
	struct sibling *list = find_siblings(t->path, &count);
	size_t at = 0;
	int fd = -1;

	while (at < count && (list[at].device != device || list[at].inode != inode))
		at++;
	for (at++; at < count && fd < 0 && !*ret_again; at++) {
		struct stat st;

		fd = open_file(list[at].path, &st);
		*ret_again = fd < 0 || (uint64_t)st.st_ino != list[at].inode;
		if (fd >= 0 && (*ret_again || is_packed(fd))) {
			t->lost += !*ret_again; /* packed already: nobody reads it here */
			(void)close(fd);	/* read only: nothing to lose */
			fd = -1;
		}
	}
	free_siblings(list, count);
	return fd;
}

/*
 * The file @device, @inode was read to its end: the next of its kind, or the one at the path. The
 * path is opened before the others are looked at: what is renamed meanwhile is then found there.
 */
static int next_file(struct yg_tail *t, uint64_t device, uint64_t inode)
{
	bool is_again = true;
	int fd = -1;

	for (unsigned i = 0; i < RACES && is_again; i++) {
		is_again = false;
		yg_follow_done(&t->follow);
		(void)open_path(t, NULL); /* looked for again in each read */
		fd = open_successor(t, device, inode, &is_again);
	}
	if (t->drain_fd >= 0)
		(void)close(t->drain_fd); /* read only: nothing to lose */
	t->drain_fd = fd;
	t->drain_offset = 0;
	if (fd >= 0)
		yg_follow_done(&t->follow); /* its turn comes later */
	t->rotations++;
	begin_at(t, 0, 0);
	return YG_EEND;
}

static int drain(struct yg_tail *t, uint8_t *to, size_t room, size_t *ret_size)
{
	ssize_t got;

	do
		got = pread(t->drain_fd, to, room, (off_t)t->drain_offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return yg_err_from_errno(errno);
	if (got == 0) {
		struct stat st;

		if (fstat(t->drain_fd, &st) != 0)
			return yg_err_from_errno(errno);
		return next_file(t, (uint64_t)st.st_dev, (uint64_t)st.st_ino);
	}
	note_head(t, t->drain_offset, to, (size_t)got);
	t->drain_offset += (uint64_t)got;
	*ret_size = (size_t)got;
	return YG_OK;
}

/* Cut, and written again beyond where we stood: only the first bytes tell. */
static bool was_rewritten(const struct yg_tail *t, const struct yg_tail_mark *before)
{
	return t->follow.path && before->head_size > 0 && !has_head(t->follow.fd, before);
}

/*
 * The file was cut and is read from its beginning: when somebody copied it first, the rest of the
 * copy comes before.
 */
static int after_cut(struct yg_tail *t, const struct yg_tail_mark *before)
{
	if (begin_old(t, before, true)) {
		yg_follow_done(&t->follow); /* its turn comes later */
		return YG_OK;		    /* still the same log: no end yet */
	}
	t->rotations++;
	begin_at(t, 0, 0);
	return YG_EEND;
}

/* The file at the path. */
static int follow(struct yg_tail *t, uint8_t *to, size_t room, size_t *ret_size)
{
	struct yg_tail_mark before;
	struct stat st;
	int rc;

	if (t->follow.fd < 0 && !begin_first(t))
		return YG_EAGAIN;
	if (is_draining(t))
		return YG_OK; /* an older one was found: it is read first */
	yg_tail_mark(t, t->follow.offset, 0, &before);
	if (t->follow.is_idle && fstat(t->follow.fd, &st) == 0 &&
	    ((uint64_t)st.st_size != t->follow.offset) && was_rewritten(t, &before)) {
		if (lseek(t->follow.fd, 0, SEEK_SET) < 0)
			return yg_err_from_errno(errno);
		t->follow.offset = 0;
		t->follow.is_idle = false;
		return after_cut(t, &before);
	}
	t->follow.is_idle = false; /* this never waits */
	rc = yg_follow_read(&t->follow, to, room, ret_size);
	if (!t->follow.is_fresh) {
		note_head(t, before.offset, to, *ret_size);
		return rc;
	}
	t->follow.is_fresh = false;
	if (fstat(t->follow.fd, &st) == 0 && is_same_inode(&st, &before))
		return after_cut(t, &before);
	return next_file(t, before.device, before.inode);
}

int yg_tail_read(struct yg_tail *tail, struct yg_buf *to, size_t want)
{
	uint8_t *room = yg_buf_reserve(to, want);
	size_t size = 0;
	int rc;

	if (!room)
		return yg_buf_error(to);
	rc = is_draining(tail) ? drain(tail, room, want, &size) : follow(tail, room, want, &size);
	if (rc == YG_OK && size == 0 && is_draining(tail))
		rc = drain(tail, room, want, &size); /* a copy was found just now */
	yg_buf_grew(to, size);
	return rc == YG_OK && size == 0 ? YG_EAGAIN : rc;
}

/* ---- questions ---- */

void yg_tail_mark(struct yg_tail *tail, uint64_t offset, uint64_t lines, struct yg_tail_mark *ret)
{
	struct stat st;
	int fd = fd_of(tail);

	*ret = (struct yg_tail_mark){.offset = offset, .lines = lines};
	if (fd < 0 || fstat(fd, &st) != 0)
		return; /* no file: the next one is read from its beginning */
	ret->device = (uint64_t)st.st_dev;
	ret->inode = (uint64_t)st.st_ino;
	ret->head_size = offset < tail->head_size ? (uint32_t)offset : tail->head_size;
	ret->head_hash = hash_of((struct yg_bytes){tail->head, ret->head_size});
}

uint64_t yg_tail_start(const struct yg_tail *tail, uint64_t *ret_lines)
{
	*ret_lines = tail->start_lines;
	return tail->start;
}

size_t yg_tail_peek(const struct yg_tail *tail, uint8_t *to, size_t room)
{
	int fd = fd_of(tail);
	ssize_t got = fd < 0 ? -1 : pread(fd, to, room, 0);

	return got > 0 ? (size_t)got : 0;
}

int yg_tail_fd(const struct yg_tail *tail)
{
	return tail->follow.notify_fd;
}

struct yg_tail_state yg_tail_state(const struct yg_tail *tail)
{
	struct yg_tail_state state = {
		.offset = is_draining(tail) ? tail->drain_offset : tail->follow.offset,
		.rotations = tail->rotations,
		.lost = tail->lost,
	};
	struct stat st;

	state.is_there = stat(tail->path, &st) == 0 && S_ISREG(st.st_mode);
	if (state.is_there && fd_of(tail) < 0) {
		int fd = -1;

		state.rc = yg_io_open_read(tail->path, &fd);
		if (fd >= 0)
			(void)close(fd); /* read only: nothing to lose */
	}
	if (fd_of(tail) >= 0 && fstat(fd_of(tail), &st) == 0)
		state.size = (uint64_t)st.st_size;
	return state;
}
