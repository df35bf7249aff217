/* SPDX-License-Identifier: Apache-2.0 */
/* A process behind the walls tries what it must not; the kernel ends it, or the call fails. What
 * it needs for its work goes on working. */
#define _GNU_SOURCE
#include "app/query_sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DID	  10 /* exit code: the forbidden thing was done */
#define DID_NOT	  11 /* it failed, and the process lives */
#define NO_WALLS  12
#define BIG_BYTES (300u << 20)

static char facts_path[] = "/tmp/yagura-sandbox-XXXXXX";
static int talk;
static int facts;
static int other; /* open before, and not the process's business */

static bool try_open(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool try_create(void)
{
	return open("/tmp/yagura-sandbox-made", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool try_fork(void)
{
	return fork() >= 0;
}

static bool try_exec(void)
{
	char *const args[] = {(char *)"/bin/true", NULL};

	execve("/bin/true", args, NULL);
	return false;
}

static bool try_write_facts(void)
{
	return write(facts, "x", 1) == 1;
}

static bool try_pwrite_facts(void)
{
	return pwrite(facts, "x", 1, 0) == 1;
}

static bool try_truncate(void)
{
	return ftruncate(facts, 0) == 0;
}

static bool try_write_other(void)
{
	return write(other, "x", 1) == 1;
}

static bool try_read_other(void)
{
	char c;

	return pread(other, &c, 1, 0) == 1;
}

static bool try_unlink(void)
{
	return unlink(facts_path) == 0;
}

static bool try_stat(void)
{
	struct stat st;

	return stat("/etc/passwd", &st) == 0;
}

static bool try_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static bool try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool try_map_file(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED, facts, 0) != MAP_FAILED;
}

static bool try_dup(void)
{
	return dup(talk) >= 0;
}

static bool try_chmod(void)
{
	return fchmod(facts, 0644) == 0;
}

static const struct {
	const char *name;
	bool (*run)(void);
} forbidden[] = {
	{"open a file", try_open},
	{"create a file", try_create},
	{"open a socket", try_socket},
	{"open a local socket", try_unix_socket},
	{"fork", try_fork},
	{"run a program", try_exec},
	{"write the facts", try_write_facts},
	{"write within the facts", try_pwrite_facts},
	{"cut the facts", try_truncate},
	{"write another descriptor", try_write_other},
	{"read another descriptor", try_read_other},
	{"remove the facts", try_unlink},
	{"look at a file", try_stat},
	{"signal the parent", try_kill},
	{"trace", try_ptrace},
	{"map code", try_map_code},
	{"map a file", try_map_file},
	{"copy a descriptor", try_dup},
	{"change rights", try_chmod},
};

/* The status of a process that enters the walls and then runs @run. */
static int behind_walls(bool (*run)(void))
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (yg_query_sandbox_enter(talk, facts) != YG_OK)
			_exit(NO_WALLS);
		_exit(run() ? DID : DID_NOT);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		;
	return pid > 0 ? status : -1;
}

/* What a query needs. */
static bool works(void)
{
	char bytes[16];
	struct stat st;
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
	uint8_t *memory = malloc(32u << 20);
	bool is_fine = memory && pread(facts, bytes, sizeof(bytes), 0) == 5 &&
		       fstat(facts, &st) == 0 && lseek(facts, 0, SEEK_END) == 5 &&
		       fcntl(facts, F_SETLK, &lock) == 0 && write(talk, "x", 1) == 1;

	if (memory)
		memset(memory, 1, 32u << 20);
	free(memory);
	return is_fine;
}

static bool allocates_much(void)
{
	void *memory = malloc(BIG_BYTES);
	bool has = memory != NULL;

	free(memory);
	return has;
}

static bool ended_by(int status, int number)
{
	return status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == number;
}

int main(void)
{
	unsigned passed = 0;
	unsigned failed = 0;
	int pair[2];
	int status;

	facts = mkstemp(facts_path);
	other = open("/dev/null", O_RDWR);
	if (facts < 0 || other < 0 || write(facts, "facts", 5) != 5 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return EXIT_FAILURE;
	talk = pair[0];
	status = behind_walls(works);
	if (WIFEXITED(status) && WEXITSTATUS(status) == DID)
		passed++;
	else
		failed++, fprintf(stderr, "what a query needs does not work: %x\n", status);
	if (!yg_query_sandbox_is_whole()) {
		printf("the walls are left out where a sanitizer is built in: seccomp would stop "
		       "it\n");
		printf("%u passed, %u failed, %zu skipped\n", passed, failed,
		       sizeof(forbidden) / sizeof(forbidden[0]) + 1);
		unlink(facts_path);
		return failed > 0;
	}
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		status = behind_walls(forbidden[i].run);
		if (ended_by(status, SIGSYS)) {
			passed++;
			continue;
		}
		failed++;
		fprintf(stderr, "%s: status %x\n", forbidden[i].name, status);
	}
	status = behind_walls(allocates_much);
	if (WIFEXITED(status) && WEXITSTATUS(status) == DID_NOT)
		passed++;
	else
		failed++, fprintf(stderr, "it got 300 MB: %x\n", status);
	unlink(facts_path);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
