/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BASE/              0700, of this user; made when it is not there, and then goes with its last run
 *   .yagura-demo     it was made here: it may go
 *   run-XXXXXX/      one run; .yagura-demo in it is its mark and its lock
 *
 * Only folders with that mark are ever taken away. The lock (fcntl) belongs to the process that
 * runs, and to none of those it started: when it is gone, so is the lock, and the kernel has ended
 * the others (PR_SET_PDEATHSIG).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/demo-int.h"
#include "app/say.h"
#include "base/alloc.h"

#include "base/ban.h"

#define MARK	     ".yagura-demo"
#define FTW_FDS	     16
#define END_WAIT_MS  20000
#define STEP_MS	     20
#define REMOVE_TRIES 100u

bool yg_demo_path(const struct yg_demo *demo, const char *name, char to[YG_DEMO_PATH])
{
	int size = snprintf(to, YG_DEMO_PATH, "%s/%s", demo->folder, name);

	if (size > 0 && (unsigned)size < YG_DEMO_PATH)
		return true;
	yg_say(N_("%s: this path is too long"), yg_say_safe(yg_bytes_str(demo->folder), 200));
	return false;
}

static int say_error(const char *path, int rc)
{
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_demo_base(struct yg_demo *demo)
{
	const char *temp = getenv("TMPDIR");
	int size;

	if (demo->place)
		size = snprintf(demo->base, sizeof(demo->base), "%s", demo->place);
	else
		size = snprintf(demo->base, sizeof(demo->base), "%s/yagura-demo-%u",
				temp && temp[0] == '/' ? temp : "/tmp", (unsigned)getuid());
	/* What comes below it needs room too. */
	if (size > 0 && (unsigned)size < sizeof(demo->base) - 1024)
		return YG_OK;
	yg_say(N_("%s: this path is too long"), "--place");
	return YG_ELIMIT;
}

/* It is this user's alone: others could put their own things in the way. */
static int check_base(const struct yg_demo *demo)
{
	struct stat st;

	if (lstat(demo->base, &st) != 0)
		return yg_err_from_errno(errno);
	if (demo->place && S_ISLNK(st.st_mode) && stat(demo->base, &st) != 0)
		return yg_err_from_errno(errno);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return YG_EACCES;
	return YG_OK;
}

static bool base_mark(const struct yg_demo *demo, char to[YG_DEMO_PATH])
{
	int size = snprintf(to, YG_DEMO_PATH, "%s/" MARK, demo->base);

	return size > 0 && (unsigned)size < YG_DEMO_PATH;
}

/* Without the mark the folder stays, empty: no harm. */
static void mark_base(const struct yg_demo *demo)
{
	char path[YG_DEMO_PATH];
	int fd = base_mark(demo, path)
			 ? open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)
			 : -1;

	if (fd >= 0)
		(void)close(fd); /* empty */
}

/* The folder of all runs goes when it was made by one, and nothing else is in it. */
static void leave_base(const struct yg_demo *demo)
{
	char path[YG_DEMO_PATH];
	const struct dirent *entry;
	bool is_empty = true;
	DIR *folder;

	if (!base_mark(demo, path) || access(path, F_OK) != 0)
		return;
	folder = opendir(demo->base);
	while (folder && (entry = readdir(folder)) != NULL)
		is_empty &= strcmp(entry->d_name, MARK) == 0 || strcmp(entry->d_name, ".") == 0 ||
			    strcmp(entry->d_name, "..") == 0;
	if (!folder)
		return;
	(void)closedir(folder); /* read only */
	if (!is_empty)
		return;
	(void)unlink(path);
	if (rmdir(demo->base) != 0)
		mark_base(demo); /* somebody came in between */
}

int yg_demo_place_make(struct yg_demo *demo)
{
	char path[YG_DEMO_PATH];
	char *real;
	int size;
	int rc;

	if (mkdir(demo->base, 0700) == 0)
		mark_base(demo);
	else if (errno != EEXIST)
		return say_error(demo->base, yg_err_from_errno(errno));
	rc = check_base(demo);
	if (rc == YG_EACCES)
		yg_say_hint(N_("give a folder of your own with --place DIR"),
			    N_("%s: this is no folder that is yours alone"),
			    yg_say_safe(yg_bytes_str(demo->base), 300));
	else if (rc != YG_OK)
		(void)say_error(demo->base, rc);
	if (rc != YG_OK)
		return rc;
	real = realpath(demo->base, NULL);
	size = real ? snprintf(path, sizeof(path), "%s/run-XXXXXX", real) : -1;
	free(real);
	if (size <= 0 || (unsigned)size >= sizeof(path) - 512 || !mkdtemp(path))
		return say_error(demo->base, size <= 0 ? YG_EIO : yg_err_from_errno(errno));
	memcpy(demo->folder, path, sizeof(path));
	if (!yg_demo_path(demo, MARK, path))
		return YG_ELIMIT;
	demo->lock_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (demo->lock_fd < 0 ||
	    fcntl(demo->lock_fd, F_SETLK, &(struct flock){.l_type = F_WRLCK}) != 0)
		return say_error(path, yg_err_from_errno(errno));
	return YG_OK;
}

/* ---- taking away ---- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (flag == FTW_DNR)
		(void)chmod(path, 0700); /* the next round sees into it */
	(void)remove(path);		 /* what stays is seen by who looks again */
	return 0;
}

static void pause_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&time, NULL); /* a shorter one only looks again sooner */
}

/* Processes that the kernel is about to end may still write: again, until nothing comes back. */
static int remove_tree(const char *path)
{
	struct stat st;

	for (unsigned i = 0; i < REMOVE_TRIES; i++) {
		if (lstat(path, &st) != 0)
			return errno == ENOENT ? YG_OK : yg_err_from_errno(errno);
		(void)nftw(path, remove_one, FTW_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		if (i > 0)
			pause_ms(STEP_MS);
	}
	return lstat(path, &st) != 0 && errno == ENOENT ? YG_OK : YG_EIO;
}

int yg_demo_place_remove(struct yg_demo *demo)
{
	int rc;

	if (!demo->folder[0]) {
		if (demo->base[0])
			leave_base(demo);
		return YG_OK;
	}
	rc = remove_tree(demo->folder);
	if (rc != YG_OK)
		yg_say_hint(N_("`yagura demo clean` tries again"),
			    N_("%s: it could not be removed"),
			    yg_say_safe(yg_bytes_str(demo->folder), 300));
	if (demo->lock_fd >= 0)
		(void)close(demo->lock_fd); /* the file has gone */
	demo->lock_fd = -1;
	demo->folder[0] = '\0';
	leave_base(demo);
	return rc;
}

/* Who runs there; 0: nobody. */
static pid_t owner_of(int lock_fd)
{
	struct flock lock = {.l_type = F_WRLCK};

	if (fcntl(lock_fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

/* A run that goes on is asked to end, as with Ctrl+C; it takes its folder away itself. */
static int end_owner(int lock_fd)
{
	pid_t owner = owner_of(lock_fd);

	if (owner <= 0)
		return YG_OK;
	if (kill(owner, SIGTERM) != 0 && errno != ESRCH)
		return yg_err_from_errno(errno);
	for (long waited = 0; waited < END_WAIT_MS && owner_of(lock_fd) == owner; waited += STEP_MS)
		pause_ms(STEP_MS);
	return owner_of(lock_fd) == owner ? YG_EAGAIN : YG_OK;
}

static int clean_run(const char *path)
{
	char mark[YG_DEMO_PATH];
	int size = snprintf(mark, sizeof(mark), "%s/" MARK, path);
	int fd;
	int rc;

	if (size <= 0 || (unsigned)size >= sizeof(mark))
		return YG_ELIMIT;
	fd = open(mark, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return YG_ENOENT; /* not one of ours */
	rc = end_owner(fd);
	(void)close(fd); /* nothing was written */
	return rc == YG_OK ? remove_tree(path) : rc;
}

int yg_demo_place_clean(struct yg_demo *demo, unsigned *ret_count)
{
	int rc = check_base(demo);
	const struct dirent *entry;
	int worst = YG_OK;
	DIR *folder;

	*ret_count = 0;
	if (rc == YG_ENOENT)
		return YG_OK;
	folder = rc == YG_OK ? opendir(demo->base) : NULL;
	if (!folder)
		return say_error(demo->base, rc != YG_OK ? rc : yg_err_from_errno(errno));
	while ((entry = readdir(folder)) != NULL) {
		char path[YG_DEMO_PATH];
		int size = snprintf(path, sizeof(path), "%s/%s", demo->base, entry->d_name);

		if (strncmp(entry->d_name, "run-", 4) != 0 || size <= 0 ||
		    (unsigned)size >= sizeof(path))
			continue;
		rc = clean_run(path);
		*ret_count += rc == YG_OK;
		if (rc == YG_EAGAIN)
			yg_say(N_("%s: the demo that runs there does not end"),
			       yg_say_safe(yg_bytes_str(path), 300));
		else if (rc != YG_OK && rc != YG_ENOENT)
			(void)say_error(path, rc);
		if (rc != YG_OK && rc != YG_ENOENT)
			worst = rc;
	}
	(void)closedir(folder); /* read only */
	leave_base(demo);
	return worst;
}
