/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/walls-int.h"
#include "app/walls.h"
#include "base/err.h"

#include "base/ban.h"

bool yg_wall_privileges(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	/* Root without them is the owner of its files and no more. */
	return syscall(SYS_capset, &head, none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

bool yg_wall_bound(int what, uint64_t most)
{
	struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

	return setrlimit((__rlimit_resource_t)what, &limit) == 0;
}

uint64_t yg_wall_mapped(void)
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

/* ---- Landlock ---- */

/* As the kernel has it in version 6; older ones are given its beginning. */
struct rights {
	uint64_t files;
	uint64_t network; /* from 4: bind, connect */
	uint64_t scoped;  /* from 6: abstract sockets, signals */
};

#define FILES_1	    UINT64_C(0x1fff) /* thirteen rights */
#define FILES_2	    UINT64_C(0x3fff) /* and refer */
#define FILES_3	    UINT64_C(0x7fff) /* and truncate */
#define FILES_5	    UINT64_C(0xffff) /* and ioctl of devices */
#define NETWORK_4   UINT64_C(3)
#define BIND_4	    UINT64_C(1) /* what connects may do so, and binds nothing */
#define SCOPED_6    UINT64_C(3)
#define READ_FILE   (UINT64_C(1) << 2)
#define WRITE_FILE  (UINT64_C(1) << 1)
#define TRUNCATE    (UINT64_C(1) << 14)
#define READ_DIR    (UINT64_C(1) << 3)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define REMOVE_DIR  (UINT64_C(1) << 4)
#define MAKE_DIR    (UINT64_C(1) << 7)
#define MAKE_REG    (UINT64_C(1) << 8)
#define REFER	    (UINT64_C(1) << 13)
#define OF_FILE	    (READ_FILE | WRITE_FILE | TRUNCATE)
#define OF_FOLDER   (OF_FILE | READ_DIR | REMOVE_FILE | REMOVE_DIR | MAKE_DIR | MAKE_REG | REFER)

long yg_wall_landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static void allow(int ruleset, int folder, const char *name, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return; /* gone meanwhile: nothing to allow */
	rule.parent_fd = fd;
	/* One that is refused is missed where it is used. */
	(void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(fd); /* a path only */
}

/* All that stands in it but `ca`; in the folder itself names can come and go, no more. */
static bool allow_data(int ruleset, const char *data, uint64_t handled)
{
	DIR *dir = opendir(data);
	const struct dirent *entry;
	struct stat st;

	if (!dir)
		return false;
	allow(ruleset, dirfd(dir), ".", (READ_DIR | MAKE_REG | MAKE_DIR | REMOVE_FILE) & handled);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "ca") == 0 ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			allow(ruleset, dirfd(dir), entry->d_name, OF_FOLDER & handled);
		else if (S_ISREG(st.st_mode))
			allow(ruleset, dirfd(dir), entry->d_name, OF_FILE & handled);
	}
	(void)closedir(dir); /* only read */
	return true;
}

static bool allow_rules(int ruleset, const char *data, bool is_hunt, uint64_t handled)
{
	static const char *const sets[2][4] = {{"rules", "indicators", "allow", "warning-lists"},
					       {"hunts", "allow", "warning-lists", NULL}};
	const char *const *names = sets[is_hunt];
	int folder = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return false;
	for (size_t i = 0; i < 4 && names[i]; i++)
		allow(ruleset, folder, names[i], (READ_DIR | READ_FILE) & handled);
	(void)close(folder); /* a path only */
	return true;
}

static const char *also_read; /* of the one process that enters as `out` */

void yg_wall_also(const char *folder)
{
	also_read = folder;
}

static bool allow_names(int ruleset, const char *file, uint64_t handled)
{
	static const char *const names[] = {"/etc", "/usr/share", "/usr/lib",
					    "/run/systemd/resolve"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		allow(ruleset, AT_FDCWD, names[i], (READ_DIR | READ_FILE) & handled);
	if (file)
		allow(ruleset, AT_FDCWD, file, READ_FILE & handled);
	if (also_read)
		allow(ruleset, AT_FDCWD, also_read, (READ_DIR | READ_FILE) & handled);
	return true;
}

static bool allow_some(int ruleset, enum yg_wall_files files, const char *data, uint64_t handled)
{
	switch (files) {
	case YG_WALL_DATA:
		return allow_data(ruleset, data, handled);
	case YG_WALL_RULES:
	case YG_WALL_HUNTS:
		return allow_rules(ruleset, data, files == YG_WALL_HUNTS, handled);
	case YG_WALL_NAMES:
		return allow_names(ruleset, data, handled);
	default:
		return true;
	}
}

int yg_wall_landlock(enum yg_wall_files files, const char *data)
{
	long version = yg_wall_landlock_version();
	struct rights rights = {
		.files = version >= 5	? FILES_5
			 : version >= 3 ? FILES_3
			 : version == 2 ? FILES_2
					: FILES_1,
		.network = version < 4		    ? 0
			   : files == YG_WALL_NAMES ? BIND_4
						    : NETWORK_4,
		.scoped = version >= 6 ? SCOPED_6 : 0,
	};
	size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	bool is_done;
	long ruleset;

	if (version < 1)
		return YG_OK;
	ruleset = syscall(SYS_landlock_create_ruleset, &rights, size, 0);
	if (ruleset < 0)
		return YG_EUNSUPPORTED;
	is_done = allow_some((int)ruleset, files, data, rights.files) &&
		  syscall(SYS_landlock_restrict_self, (int)ruleset, 0) == 0;
	(void)close((int)ruleset);
	return is_done ? YG_OK : YG_EUNSUPPORTED;
}

/* ---- system calls ---- */

#if !YG_WALL_HAS_SANITIZER
bool yg_wall_allow_memory(scmp_filter_ctx filter)
{
	return ALLOW(brk, 0) && ALLOW(munmap, 0) && ALLOW(mremap, 0) && ALLOW(madvise, 0) &&
	       /* never of a file, never to be executed */
	       ALLOW(mmap, 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		     SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)) &&
	       ALLOW(mprotect, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

bool yg_wall_allow_rest(scmp_filter_ctx filter)
{
	return ALLOW(futex, 0) && ALLOW(exit, 0) && ALLOW(exit_group, 0) &&
	       ALLOW(rt_sigreturn, 0) && ALLOW(restart_syscall, 0) && ALLOW(clock_gettime, 0) &&
	       ALLOW(getrandom, 0);
}
#endif
