/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing a file whole, whatever fails on the way; the order in which the disk is asked. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

static char folder[200];

static const char *path_of(const char *name)
{
	static char path[2][300];
	static unsigned turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static bool holds(const char *name, const char *text)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	bool is_same = yg_io_read_file(path_of(name), 1000, &bytes, &size) == YG_OK &&
		       yg_bytes_eq((struct yg_bytes){bytes, size}, yg_bytes_str(text));

	free(bytes);
	return is_same;
}

static unsigned count_files(void)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	(void)closedir(dir);
	return count - 2; /* . and .. */
}

static void a_file_is_replaced_whole(void)
{
	struct stat st;

	CHECK(yg_disk_replace(path_of("a"), YG_S("old"), 0600) == YG_OK && holds("a", "old"));
	CHECK(yg_disk_replace(path_of("a"), YG_S("new"), 0640) == YG_OK && holds("a", "new"));
	CHECK(stat(path_of("a"), &st) == 0 && (st.st_mode & 0777) == 0640);
	CHECK(yg_disk_replace(path_of("no/a"), YG_S("x"), 0600) == YG_ENOENT);
	CHECK(count_files() == 1);
}

/* Old or new, and nothing left beside it, but where removing failed too. */
static void it_is_old_or_new_whatever_fails(void)
{
	long left;

	CHECK(yg_disk_replace(path_of("a"), YG_S("old"), 0600) == YG_OK);
	for (long at = 1;; at++) {
		int rc;

		yg_fail_at = at;
		rc = yg_disk_replace(path_of("a"), YG_S("new"), 0600);
		left = yg_fail_at;
		yg_fail_at = 0;
		CHECK(rc == YG_OK ? holds("a", "new") : holds("a", "old") || holds("a", "new"));
		CHECK(count_files() == 1);
		CHECK(yg_disk_replace(path_of("a"), YG_S("old"), 0600) == YG_OK);
		if (left > 0)
			break;
	}
}

static char said[200];

static void say(const char *what)
{
	size_t size = strlen(said);

	(void)snprintf(said + size, sizeof(said) - size, "%s ", what);
}

static int tell_open(void *arg, const char *path, unsigned flags, unsigned mode, int *ret_fd)
{
	say("open");
	return yg_disk_real()->open(arg, path, flags, mode, ret_fd);
}

static int tell_write(void *arg, int fd, struct yg_bytes b, uint64_t at)
{
	say("write");
	return yg_disk_real()->write(arg, fd, b, at);
}

static int tell_sync(void *arg, int fd)
{
	say("sync");
	return yg_disk_real()->sync(arg, fd);
}

static int tell_close(void *arg, int fd)
{
	say("close");
	return yg_disk_real()->close(arg, fd);
}

static int tell_rename(void *arg, const char *from, const char *to)
{
	say("rename");
	return yg_disk_real()->rename(arg, from, to);
}

static int tell_sync_folder(void *arg, const char *path)
{
	say(strcmp(path, folder) == 0 ? "folder" : "?");
	return yg_disk_real()->sync_folder(arg, path);
}

static void the_disk_is_asked_in_this_order(void)
{
	struct yg_disk_ops ops = *yg_disk_real();

	ops.open = tell_open;
	ops.write = tell_write;
	ops.sync = tell_sync;
	ops.close = tell_close;
	ops.rename = tell_rename;
	ops.sync_folder = tell_sync_folder;
	yg_disk_use(&ops, NULL);
	CHECK(yg_io_replace(path_of("b"), YG_S("x"), 0600) == YG_OK);
	yg_disk_use(NULL, NULL);
	CHECK_TEXT(yg_bytes_str(said), "open write sync close rename folder ");
	CHECK(unlink(path_of("b")) == 0);
}

static void errors_are_told_apart(void)
{
	int fd = -1;

	CHECK(yg_disk_open(path_of("c"), 0, 0, &fd) == YG_ENOENT);
	CHECK(yg_disk_open(path_of("c"), YG_DISK_CREATE | YG_DISK_EXCLUSIVE, 0600, &fd) == YG_OK);
	CHECK(yg_disk_write(fd, YG_S("abc"), 5) == YG_OK && yg_disk_truncate(fd, 6) == YG_OK);
	CHECK(yg_disk_sync(fd) == YG_OK && yg_disk_close(fd) == YG_OK);
	CHECK(yg_disk_open(path_of("c"), YG_DISK_CREATE | YG_DISK_EXCLUSIVE, 0600, &fd) ==
	      YG_EDUPLICATE);
	CHECK(yg_disk_create(path_of("c"), YG_S("x"), 0600) == YG_EDUPLICATE);
	CHECK(holds("c", "") == false && unlink(path_of("c")) == 0);
	CHECK(yg_disk_create(path_of("c"), YG_S("x"), 0600) == YG_OK && holds("c", "x"));
	CHECK(symlink(path_of("c"), path_of("link")) == 0);
	CHECK(yg_disk_open(path_of("link"), YG_DISK_CREATE, 0600, &fd) != YG_OK);
	CHECK(yg_disk_mkdir(path_of("d"), 0700) == YG_OK);
	CHECK(yg_disk_mkdir(path_of("d"), 0700) == YG_OK);
	CHECK(yg_disk_mkdir(path_of("c"), 0700) == YG_EDUPLICATE);
	CHECK(yg_disk_unlink(path_of("no")) == YG_ENOENT);
	CHECK(yg_disk_open("/dev/full", 0, 0, &fd) == YG_OK);
	CHECK(yg_disk_write(fd, YG_S("x"), 0) == YG_ENOSPC && yg_disk_close(fd) == YG_OK);
	CHECK(unlink(path_of("c")) == 0 && unlink(path_of("link")) == 0 &&
	      rmdir(path_of("d")) == 0);
}

static const struct check_case cases[] = {
	CASE(a_file_is_replaced_whole),
	CASE(it_is_old_or_new_whatever_fails),
	CASE(the_disk_is_asked_in_this_order),
	CASE(errors_are_told_apart),
};

int main(void)
{
	const char *base = getenv("TMPDIR");
	int rc;

	(void)snprintf(folder, sizeof(folder), "%s/yagura-disk-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(folder))
		return 2;
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)unlink(path_of("a"));
	(void)rmdir(folder);
	return rc;
}
