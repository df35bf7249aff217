/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of the demo. Each dies with this process (PR_SET_PDEATHSIG), has no descriptor of it but
 * its output, and finds its cache and temporary files inside the run's folder.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/demo-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

#define NS_PER_MS INT64_C(1000000)
#define LINE_MAX_ 16384u
#define OUT_MAX	  (1u << 20)
#define ERR_MAX	  (256u << 10)
#define ERR_SHOWN 1500u
#define STEP_MS	  5
#define SENSOR	  "yagura-sensor"

static int64_t steady_ns(void)
{
	struct yg_clock clock = yg_clock_steady();

	return clock.now_ns(clock.arg);
}

int64_t yg_demo_since_ns(const struct yg_demo *demo)
{
	return steady_ns() - demo->begun_ns;
}

int yg_demo_wait(struct yg_demo *demo, int fd, short events, int64_t ms)
{
	int64_t until_ns = steady_ns() + ms * NS_PER_MS;
	bool is_last = demo->deadline_ns <= until_ns;
	struct pollfd wait[2] = {{.fd = demo->signal_fd, .events = POLLIN},
				 {.fd = fd, .events = events}};

	if (demo->is_ending)
		return YG_EEND;
	if (is_last)
		until_ns = demo->deadline_ns;
	for (;;) {
		int64_t left = until_ns - steady_ns();
		int ready = poll(wait, 2, left > 0 ? (int)((left + NS_PER_MS - 1) / NS_PER_MS) : 0);

		if (ready < 0 && errno != EINTR)
			return yg_err_from_errno(errno);
		if (ready > 0 && wait[0].revents) {
			demo->is_ending = true;
			return YG_EEND;
		}
		if (ready > 0 && wait[1].revents)
			return YG_OK;
		if (ready == 0 && left <= 0)
			return is_last ? YG_ELIMIT : YG_EAGAIN;
	}
}

/* ---- starting ---- */

static void give_folder(const char *variable, const char *folder, const char *name)
{
	char path[YG_DEMO_PATH];
	int size = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (size <= 0 || (unsigned)size >= sizeof(path) ||
	    (mkdir(path, 0700) != 0 && errno != EEXIST) || setenv(variable, path, 1) != 0)
		_exit(YG_EXIT_FAILED);
}

__attribute__((noreturn)) static void become(const struct yg_demo *demo, const char *const *argv,
					     int out, int err, pid_t parent)
{
	sigset_t none;
	int null;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* Ctrl+C is for the demo, which ends them in order. */
	if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != parent)
		_exit(YG_EXIT_FAILED);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(err, STDERR_FILENO) < 0 || close_range(3, ~0u, 0) != 0)
		_exit(YG_EXIT_FAILED);
	give_folder("XDG_CACHE_HOME", demo->folder, "cache");
	give_folder("XDG_RUNTIME_DIR", demo->folder, "runtime");
	give_folder("TMPDIR", demo->folder, "tmp");
	/* execv() does not write to the words: the standard keeps the type of old. */
	(void)execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(YG_EXIT_FAILED);
}

static bool err_path(const struct yg_demo *demo, const char *name, char to[YG_DEMO_PATH])
{
	char file[YG_DEMO_NAME_MAX + 8];

	(void)snprintf(file, sizeof(file), "%.64s.err", name); /* fits */
	return yg_demo_path(demo, file, to);
}

int yg_demo_start(struct yg_demo *demo, const char *const *argv, const char *name,
		  struct yg_demo_child *ret)
{
	char path[YG_DEMO_PATH];
	pid_t parent = getpid();
	int pipes[2];
	int err;

	*ret = (struct yg_demo_child){.out = -1, .name = name};
	if (!err_path(demo, name, path))
		return YG_ELIMIT;
	err = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (err < 0 || pipe2(pipes, O_CLOEXEC) != 0) {
		int rc = yg_err_from_errno(errno);

		if (err >= 0)
			(void)close(err); /* empty */
		yg_say("%s: %s", name, yg_say_tr(yg_err_text(rc)));
		return rc;
	}
	ret->pid = fork();
	if (ret->pid == 0)
		become(demo, argv, pipes[1], err, parent);
	(void)close(err); /* the child's */
	(void)close(pipes[1]);
	ret->out = pipes[0];
	if (ret->pid > 0)
		return YG_OK;
	(void)close(pipes[0]);
	*ret = (struct yg_demo_child){.out = -1, .name = name};
	yg_say("%s: %s", name, yg_say_tr(yg_err_text(YG_ENOMEM)));
	return YG_ENOMEM;
}

void yg_demo_end(struct yg_demo_child *child, int ms)
{
	int64_t until_ns = steady_ns() + ms * NS_PER_MS;
	pid_t gone = 0;

	if (child->out >= 0)
		(void)close(child->out); /* read only */
	child->out = -1;
	if (child->pid <= 0)
		return;
	(void)kill(child->pid, SIGTERM); /* it is our child: it is there until it is waited for */
	while (gone == 0 && steady_ns() < until_ns) {
		struct timespec time = {.tv_nsec = STEP_MS * NS_PER_MS};

		gone = waitpid(child->pid, NULL, WNOHANG);
		if (gone == 0)
			(void)nanosleep(&time, NULL); /* looks again sooner */
	}
	if (gone == 0) {
		(void)kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	child->pid = 0;
}

/* ---- hearing ---- */

/* The last of what it said, as it stands. */
static void say_messages(const struct yg_demo *demo, const char *name)
{
	char path[YG_DEMO_PATH];
	uint8_t *bytes;
	size_t size;
	size_t from;

	if (!err_path(demo, name, path) || yg_io_read_file(path, ERR_MAX, &bytes, &size) != YG_OK)
		return;
	from = size > ERR_SHOWN ? size - ERR_SHOWN : 0;
	for (struct yg_bytes rest = {bytes + from, size - from}; rest.size > 0;) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line = end == SIZE_MAX ? rest : yg_bytes_cut(rest, 0, end);

		if (line.size > 0)
			fprintf(stderr, "  %s: %s\n", name, yg_say_safe(line, 400));
		rest = yg_bytes_from(rest, end == SIZE_MAX ? rest.size : end + 1);
	}
	free(bytes);
}

/* More of its output. YG_EEND is the end of it here, not of the demo: *ret_is_over. */
static int read_some(struct yg_demo *demo, const struct yg_demo_child *child, struct yg_buf *to,
		     bool *ret_is_over)
{
	uint8_t piece[4096];
	size_t size = 0;
	int rc;

	do {
		rc = yg_demo_wait(demo, child->out, POLLIN, 60000);
	} while (rc == YG_EAGAIN);
	if (rc == YG_OK)
		rc = yg_io_read(child->out, piece, sizeof(piece), &size);
	*ret_is_over = rc == YG_OK && size == 0;
	if (rc == YG_OK)
		yg_buf_add(to, (struct yg_bytes){piece, size});
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

int yg_demo_first_line(struct yg_demo *demo, struct yg_demo_child *child, struct yg_buf *to)
{
	bool is_over = false;
	int rc = YG_OK;

	while (rc == YG_OK && !is_over) {
		size_t end = yg_bytes_chr(yg_buf_bytes(to), '\n');

		if (end != SIZE_MAX) {
			to->size = end;
			return YG_OK;
		}
		rc = to->size > LINE_MAX_ ? YG_ELIMIT : read_some(demo, child, to, &is_over);
	}
	if (rc == YG_OK) {
		yg_demo_why(demo, N_("%s ended before it was ready"), child->name);
		say_messages(demo, child->name);
		return YG_ETRUNC;
	}
	if (rc == YG_ELIMIT)
		yg_demo_why(demo, N_("%s was not ready in time"), child->name);
	return rc;
}

int yg_demo_call(struct yg_demo *demo, const char *const *argv, const char *name,
		 struct yg_buf *out)
{
	struct yg_demo_child child;
	bool is_over = false;
	struct yg_buf own;
	int status = 0;
	int rc = yg_demo_start(demo, argv, name, &child);

	yg_buf_init(&own, OUT_MAX);
	while (rc == YG_OK && !is_over)
		rc = read_some(demo, &child, out ? out : &own, &is_over);
	yg_buf_done(&own);
	if (rc != YG_OK) {
		yg_demo_end(&child, 0);
		return rc;
	}
	while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
		;
	child.pid = 0;
	yg_demo_end(&child, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return YG_OK;
	yg_demo_why(demo, N_("%s did not succeed (%d)"), name,
		    WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	say_messages(demo, name);
	return YG_EIO;
}

/* ---- which programs ---- */

bool yg_demo_self(char to[YG_DEMO_PATH])
{
	ssize_t size = readlink("/proc/self/exe", to, YG_DEMO_PATH - 1);

	if (size <= 0) {
		yg_say("/proc/self/exe: %s", yg_say_tr(yg_err_text(yg_err_from_errno(errno))));
		return false;
	}
	to[size] = '\0';
	return true;
}

bool yg_demo_sensor_program(char to[YG_DEMO_PATH])
{
	const char *const others[] = {"/usr/local/bin/" SENSOR, "/usr/bin/" SENSOR};
	const char *slash;

	if (!yg_demo_self(to))
		return false;
	slash = strrchr(to, '/');
	if (slash && (size_t)(slash - to) + sizeof("/" SENSOR) < YG_DEMO_PATH) {
		memcpy(to + (slash - to), "/" SENSOR, sizeof("/" SENSOR));
		if (access(to, X_OK) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		(void)snprintf(to, YG_DEMO_PATH, "%s", others[i]); /* fits */
		if (access(to, X_OK) == 0)
			return true;
	}
	yg_say_hint(N_("it is built and installed with this program; put it beside it"),
		    N_("%s is not there"), SENSOR);
	return false;
}
