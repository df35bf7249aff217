/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/walls.h"

#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "app/walls-int.h"
#include "base/tr.h"

#include "base/ban.h"

#define NOBODY "nobody"

static const struct {
	const char *name;
	const char *user; /* NULL: the owner of its folder */
	enum yg_wall_files files;
	bool has_network; /* accepts and speaks */
	bool has_threads;
	uint64_t memory_max; /* 0: without bound */
} roles[YG_WALL_ROLES] = {
	[YG_WALL_FRONT] = {"front", "yagura-front", YG_WALL_NO_FILES, true, false, 0},
	[YG_WALL_PAGES] = {"pages", "yagura-pages", YG_WALL_NO_FILES, true, false, 0},
	[YG_WALL_KEEPER] = {"keeper", NULL, YG_WALL_DATA, false, true, 0},
	[YG_WALL_ENGINE] = {"engine", NULL, YG_WALL_RULES, false, true, YG_WALL_ENGINE_MAX},
	[YG_WALL_HUNTER] = {"hunter", NULL, YG_WALL_HUNTS, false, true, YG_WALL_ENGINE_MAX},
	[YG_WALL_WORKER] = {"worker", "yagura-worker", YG_WALL_NO_FILES, false, false,
			    YG_WALL_MEMORY_MAX},
	[YG_WALL_SIGNER] = {"signer", "yagura-signer", YG_WALL_NO_FILES, false, false,
			    YG_WALL_MEMORY_MAX},
	[YG_WALL_OUT] = {"out", "yagura-out", YG_WALL_NAMES, false, true, YG_WALL_MEMORY_MAX},
};

const char *yg_wall_role_name(enum yg_wall_role role)
{
	return roles[role].name;
}

bool yg_wall_role_of(const char *name, enum yg_wall_role *ret)
{
	for (unsigned i = 0; i < YG_WALL_ROLES; i++)
		if (strcmp(roles[i].name, name) == 0) {
			*ret = (enum yg_wall_role)i;
			return true;
		}
	return false;
}

/* ---- users ---- */

struct user {
	uid_t uid;
	gid_t gid;
	bool is_shared; /* nobody */
};

/* Who the role shall be. False: as now. */
static bool find_user(enum yg_wall_role role, const char *data, struct user *ret)
{
	const struct passwd *entry;
	struct stat st;

	if (geteuid() != 0)
		return false;
	if (!roles[role].user) {
		if (!data || stat(data, &st) != 0 || st.st_uid == 0)
			return false;
		*ret = (struct user){.uid = st.st_uid, .gid = st.st_gid};
		return true;
	}
	*ret = (struct user){0};
	entry = getpwnam(roles[role].user);
	if (!entry) {
		entry = getpwnam(NOBODY);
		ret->is_shared = true;
	}
	if (!entry || entry->pw_uid == 0)
		return false;
	ret->uid = entry->pw_uid;
	ret->gid = entry->pw_gid;
	return true;
}

/* Where a container knows no such user, it stays who it is: the other walls stand. A change of
 * user takes back two things that were asked of the kernel before. */
static void become(const struct user *user)
{
	pid_t parent = getppid();

	if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
	    setresuid(user->uid, user->uid, user->uid) != 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a valid signal: cannot fail */
	if (getppid() != parent)
		_exit(1);
}

void yg_wall_become(enum yg_wall_role role, const char *data)
{
	struct user user;

	if (find_user(role, data, &user))
		become(&user);
}

/* ---- system calls ---- */

#if !YG_WALL_HAS_SANITIZER
static bool allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);

		/* A call that this kind of machine does not have needs no leave. */
		if (rc != 0 && rc != -EDOM)
			return false;
	}
	return true;
}
#define ALLOW_ALL(list) allow_all(filter, list, sizeof(list) / sizeof((list)[0]))

/* Descriptors that are there: streams to the others, standard error. */
static bool allow_streams(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(read),		SCMP_SYS(write),	  SCMP_SYS(readv),
		SCMP_SYS(writev),	SCMP_SYS(close),	  SCMP_SYS(recvfrom),
		SCMP_SYS(recvmsg),	SCMP_SYS(sendto),	  SCMP_SYS(sendmsg),
		SCMP_SYS(poll),		SCMP_SYS(ppoll),	  SCMP_SYS(fcntl),
		SCMP_SYS(fstat),	SCMP_SYS(lseek),	  SCMP_SYS(shutdown),
		SCMP_SYS(nanosleep),	SCMP_SYS(getpid),	  SCMP_SYS(gettid),
		SCMP_SYS(getppid),	SCMP_SYS(getuid),	  SCMP_SYS(geteuid),
		SCMP_SYS(getgid),	SCMP_SYS(getegid),	  SCMP_SYS(sigaltstack),
		SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(clock_nanosleep),
		SCMP_SYS(gettimeofday), SCMP_SYS(time),		  SCMP_SYS(clock_getres),
		SCMP_SYS(sched_yield),
	};

	return ALLOW_ALL(calls) && ALLOW(newfstatat, 1, IS(3, AT_EMPTY_PATH)) &&
	       ALLOW(tgkill, 1, IS(0, (scmp_datum_t)getpid())); /* abort() */
}

static bool allow_network(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(accept),	 SCMP_SYS(accept4),	 SCMP_SYS(epoll_wait),
		SCMP_SYS(epoll_pwait),	 SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl),
		SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2),	 SCMP_SYS(setsockopt),
		SCMP_SYS(getsockopt),	 SCMP_SYS(getsockname),	 SCMP_SYS(getpeername),
	};

	return ALLOW_ALL(calls);
}

/* Out into the world: no socket of the machine's own, nothing that listens. */
static bool allow_connecting(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(connect),     SCMP_SYS(setsockopt),  SCMP_SYS(getsockopt),
		SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(epoll_wait),
		SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),   SCMP_SYS(epoll_create1),
		SCMP_SYS(sendmmsg),    SCMP_SYS(socketpair),  SCMP_SYS(pipe2),
		SCMP_SYS(uname),
	};

	return ALLOW_ALL(calls) && ALLOW(socket, 1, IS(0, AF_INET)) &&
	       ALLOW(socket, 1, IS(0, AF_INET6)) && ALLOW(ioctl, 1, IS(1, FIONREAD)) &&
	       ALLOW(ioctl, 1, IS(1, FIONBIO));
}

/* What they may be used on is Landlock's to say, and the user's. */
static bool allow_files(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(open),
		SCMP_SYS(openat),
		SCMP_SYS(stat),
		SCMP_SYS(lstat),
		SCMP_SYS(newfstatat),
		SCMP_SYS(statx),
		SCMP_SYS(access),
		SCMP_SYS(faccessat),
		SCMP_SYS(faccessat2),
		SCMP_SYS(rename),
		SCMP_SYS(renameat),
		SCMP_SYS(renameat2),
		SCMP_SYS(unlink),
		SCMP_SYS(unlinkat),
		SCMP_SYS(mkdir),
		SCMP_SYS(mkdirat),
		SCMP_SYS(rmdir),
		SCMP_SYS(link),
		SCMP_SYS(linkat),
		SCMP_SYS(getdents64),
		SCMP_SYS(fsync),
		SCMP_SYS(fdatasync),
		SCMP_SYS(ftruncate),
		SCMP_SYS(fallocate),
		SCMP_SYS(pread64),
		SCMP_SYS(pwrite64),
		SCMP_SYS(preadv),
		SCMP_SYS(pwritev),
		SCMP_SYS(flock),
		SCMP_SYS(fchmod),
		SCMP_SYS(fchown),
		SCMP_SYS(getcwd),
		SCMP_SYS(readlink),
		SCMP_SYS(readlinkat),
		SCMP_SYS(statfs),
		SCMP_SYS(fstatfs),
		SCMP_SYS(umask),
		SCMP_SYS(fadvise64),
		SCMP_SYS(dup),
		SCMP_SYS(dup2),
		SCMP_SYS(dup3),
		SCMP_SYS(utimensat),
		SCMP_SYS(sync_file_range),
		SCMP_SYS(copy_file_range),
		SCMP_SYS(sysinfo),
		SCMP_SYS(msync),
		SCMP_SYS(memfd_create), /* compiled indicators: a file without a name */
	};

	return ALLOW_ALL(calls) && ALLOW(mmap, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
	       /* to ask, not to set */
	       ALLOW(prlimit64, 1, IS(2, 0));
}

/* Files are read and looked at; none is made, changed or taken away. */
static bool allow_reading(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(stat),
		SCMP_SYS(lstat),
		SCMP_SYS(newfstatat),
		SCMP_SYS(statx),
		SCMP_SYS(access),
		SCMP_SYS(faccessat),
		SCMP_SYS(faccessat2),
		SCMP_SYS(getdents64),
		SCMP_SYS(pread64),
		SCMP_SYS(preadv),
		SCMP_SYS(getcwd),
		SCMP_SYS(readlink),
		SCMP_SYS(readlinkat),
		SCMP_SYS(statfs),
		SCMP_SYS(fstatfs),
		SCMP_SYS(fadvise64),
		SCMP_SYS(sysinfo),
		/* compiled indicators: a file without a name */
		SCMP_SYS(memfd_create),
		SCMP_SYS(ftruncate),
		SCMP_SYS(pwrite64),
	};
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;

	return ALLOW_ALL(calls) &&
	       ALLOW(openat, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY)) &&
	       ALLOW(open, 1, SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY)) &&
	       ALLOW(mmap, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
	       /* to ask, not to set */
	       ALLOW(prlimit64, 1, IS(2, 0));
}

static bool allow_threads(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(set_robust_list),   SCMP_SYS(rseq),
		SCMP_SYS(sched_getaffinity), SCMP_SYS(set_tid_address),
		SCMP_SYS(futex_waitv),	     SCMP_SYS(membarrier),
		SCMP_SYS(sched_getparam),    SCMP_SYS(sched_getscheduler),
		SCMP_SYS(eventfd2), /* a thread's word to the loop */
	};

	/* A thread, never a process. The newer call hides its flags: the library takes the older
	 * one where there is no newer. */
	return ALLOW_ALL(calls) &&
	       /* what it is called, for those who look */
	       ALLOW(prctl, 1, IS(0, PR_SET_NAME)) &&
	       /* to be last of all, for oneself alone */
	       ALLOW(sched_setscheduler, 2, IS(0, 0), IS(1, SCHED_IDLE)) &&
	       ALLOW(setpriority, 3, IS(0, PRIO_PROCESS), IS(1, 0), IS(2, YG_WALL_NICE)) &&
	       ALLOW(ioprio_set, 3, IS(0, 1), IS(1, 0), IS(2, 3 << 13)) &&
	       ALLOW(clone, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) &&
	       seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

static bool reads(enum yg_wall_role role)
{
	return roles[role].files == YG_WALL_RULES || roles[role].files == YG_WALL_HUNTS ||
	       roles[role].files == YG_WALL_NAMES;
}

static bool list_calls(enum yg_wall_role role)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool is_loaded =
		filter && yg_wall_allow_memory(filter) && yg_wall_allow_rest(filter) &&
		allow_streams(filter) && (!roles[role].has_network || allow_network(filter)) &&
		(roles[role].files != YG_WALL_DATA || allow_files(filter)) &&
		(!reads(role) || allow_reading(filter)) &&
		(role != YG_WALL_OUT || allow_connecting(filter)) &&
		(!roles[role].has_threads || allow_threads(filter)) && seccomp_load(filter) == 0;

	seccomp_release(filter); /* NULL is allowed */
	return is_loaded;
}
/* A list of what is denied: children add lists of what is allowed. */
static bool deny_calls(bool may_connect)
{
	static const int calls[] = {
		SCMP_SYS(socket),
		SCMP_SYS(connect),
		SCMP_SYS(execve),
		SCMP_SYS(execveat),
		SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		SCMP_SYS(bind),
		SCMP_SYS(listen),
		SCMP_SYS(mount),
		SCMP_SYS(umount2),
		SCMP_SYS(pivot_root),
		SCMP_SYS(setns),
		SCMP_SYS(unshare),
		SCMP_SYS(bpf),
		SCMP_SYS(perf_event_open),
		SCMP_SYS(userfaultfd),
		SCMP_SYS(keyctl),
		SCMP_SYS(add_key),
		SCMP_SYS(init_module),
		SCMP_SYS(finit_module),
		SCMP_SYS(kexec_load),
		SCMP_SYS(open_by_handle_at),
		SCMP_SYS(pidfd_getfd),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool is_loaded = filter != NULL;

	/* The first two are what `out` does. */
	for (size_t i = may_connect ? 2 : 0; is_loaded && i < sizeof(calls) / sizeof(calls[0]);
	     i++) {
		int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);

		is_loaded = rc == 0 || rc == -EDOM;
	}
	is_loaded = is_loaded && seccomp_load(filter) == 0;
	seccomp_release(filter); /* NULL is allowed */
	return is_loaded;
}
#else
static bool list_calls(enum yg_wall_role role)
{
	(void)role;
	return true;
}

static bool deny_calls(bool may_connect)
{
	(void)may_connect;
	return true;
}
#endif

int yg_wall_enter_parent(bool may_connect)
{
	/* It stays dumpable: it holds no secret, and people look at it with tools of their own. */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && deny_calls(may_connect)
		       ? YG_OK
		       : YG_EUNSUPPORTED;
}

int yg_wall_enter(enum yg_wall_role role, const char *data)
{
	uint64_t mapped = yg_wall_mapped(); /* while files can be read */
	bool is_bound = yg_wall_bound(RLIMIT_CORE, 0);

	if (roles[role].memory_max > 0 && !YG_WALL_HAS_SANITIZER && mapped > 0)
		is_bound = is_bound && yg_wall_bound(RLIMIT_AS, mapped + roles[role].memory_max);
	yg_wall_become(role, data);
	if (!is_bound || !yg_wall_privileges() ||
	    yg_wall_landlock(roles[role].files, data) != YG_OK || !list_calls(role))
		return YG_EUNSUPPORTED;
	return YG_OK;
}

/* ---- what is missing ---- */

unsigned yg_wall_lacks(enum yg_wall_role role, const char *data)
{
	long version = yg_wall_landlock_version();
	struct user user = {0};
	unsigned lacks = 0;

	if (YG_WALL_HAS_SANITIZER || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		lacks |= YG_WALL_NO_FILTER;
	if (version < 1)
		lacks |= YG_WALL_NO_LANDLOCK;
	else if (version < 4)
		lacks |= YG_WALL_OLD_LANDLOCK;
	if (geteuid() != 0)
		return lacks | YG_WALL_NO_USER;
	if (!find_user(role, data, &user))
		return lacks | YG_WALL_ROOT;
	return user.is_shared ? lacks | YG_WALL_SHARED_USER : lacks;
}

const char *yg_wall_lack_text(enum yg_wall_lack lack)
{
	switch (lack) {
	case YG_WALL_NO_FILTER:
		return N_("no list of system calls: this build has a sanitizer, or the kernel has "
			  "no seccomp");
	case YG_WALL_NO_LANDLOCK:
		return N_(
			"the kernel has no Landlock: which files it can open, its user alone says");
	case YG_WALL_OLD_LANDLOCK:
		return N_("the kernel's Landlock bounds files alone; the network is the list of "
			  "system calls' to bound");
	case YG_WALL_NO_USER:
		return N_("no user of its own: the hub was not started by root");
	case YG_WALL_SHARED_USER:
		return N_("no user of its own: it becomes \"nobody\" (make the user yagura-ROLE)");
	case YG_WALL_ROOT:
		return N_("it stays root: give the data folder to a user that is not root");
	}
	return "";
}

/* ---- trying ---- */

static bool try_open(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool try_create(void)
{
	bool is_made = open("/tmp/yagura-wall", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;

	if (is_made)
		(void)unlink("/tmp/yagura-wall"); /* a trace of a test, no more */
	return is_made;
}

static bool try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static bool try_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

/* With a socket that was there before: the standard error's number stands for any. */
static bool try_connect(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return connect(STDIN_FILENO, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool try_bind(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return bind(STDIN_FILENO, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool try_listen(void)
{
	return listen(STDIN_FILENO, 1) == 0;
}

/* No socket either: where it may be tried at all, that is what is said. */
static bool try_accept(void)
{
	return accept4(STDIN_FILENO, NULL, NULL, SOCK_CLOEXEC) >= 0;
}

static bool try_exec(void)
{
	char *const args[] = {(char *)"/bin/true", NULL};

	execve("/bin/true", args, NULL);
	return false;
}

static bool try_fork(void)
{
	/* Not the library's: it would run handlers. SIGCHLD in place of a thread's flags. */
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool try_trace_me(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_trace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool try_memory(void)
{
	char c;
	struct iovec to = {.iov_base = &c, .iov_len = 1};
	struct iovec from = {.iov_base = &c, .iov_len = 1};

	return process_vm_readv(getppid(), &to, 1, &from, 1, 0) == 1;
}

static bool try_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static bool try_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool try_user(void)
{
	return setresuid(0, 0, 0) == 0;
}

void yg_wall_try(const char *secret, yg_wall_try_fn fn, void *arg)
{
	int fd;

	errno = 0;
	fd = open(secret, O_RDONLY | O_CLOEXEC);
	fn(arg, "open-key", fd >= 0 ? 0 : errno);
	static const struct {
		const char *what;
		bool (*run)(void);
	} tries[] = {
		{"open", try_open},	    {"create", try_create},
		{"socket", try_socket},	    {"local-socket", try_local_socket},
		{"connect", try_connect},   {"bind", try_bind},
		{"listen", try_listen},	    {"accept", try_accept},
		{"exec", try_exec},	    {"fork", try_fork},
		{"ptrace", try_trace},	    {"ptrace-me", try_trace_me},
		{"memory", try_memory},	    {"kill", try_kill},
		{"map-code", try_map_code}, {"setuid", try_user},
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		errno = 0;
		fn(arg, tries[i].what, tries[i].run() ? 0 : errno);
	}
}
