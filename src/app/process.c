/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/process.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/commands.h"
#include "base/alloc.h"
#include "base/msg.h"

#include "base/ban.h"

#define NS_PER_MS INT64_C(1000000)

enum word {
	LINK = 1, /* id: place of the other; with a descriptor */
	READY,
	DISTRUST, /* id: place */
};

struct child {
	pid_t pid;   /* 0: does not live */
	int control; /* the parent's end; -1 */
	bool is_ready;
	unsigned deaths;   /* in a row */
	unsigned failures; /* in a row, without having been ready */
	int64_t since_ns;
	int64_t due_ns; /* when it is started again */
};

struct yg_processes {
	const struct yg_processes_opts *opts;
	struct child children[YG_PROCESSES_MAX];
	bool was_ready; /* all, once */
	bool is_ending;
};

static int64_t now_ns(const struct yg_processes *p)
{
	return p->opts->clock.now_ns(p->opts->clock.arg);
}

/* ---- children ---- */

static int by_number(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

/* Everything but the first three and @keep. */
static bool close_others(const int *keep, unsigned count)
{
	int sorted[YG_PROCESS_FDS_MAX + 1];
	unsigned from = 3;

	for (unsigned i = 0; i < count; i++)
		sorted[i] = keep[i];
	qsort(sorted, count, sizeof(sorted[0]), by_number);
	for (unsigned i = 0; i < count; i++) {
		unsigned fd = (unsigned)sorted[i];

		if (fd > from && close_range(from, fd - 1, 0) != 0)
			return false;
		if (fd >= from)
			from = fd + 1;
	}
	return close_range(from, ~0u, 0) == 0;
}

/* Standard output is the parent's; messages still go to standard error. */
static bool leave_output(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool is_done = null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;

	if (null > STDERR_FILENO)
		(void)close(null); /* nothing to lose */
	return is_done;
}

/* Signals stay blocked: who ends the whole, ends the parent, which ends the children in order. */
static void live(const struct yg_process_spec *spec, int control, pid_t parent)
{
	int keep[YG_PROCESS_FDS_MAX + 1];
	char name[16];

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
		_exit(YG_EXIT_FAILED);
	(void)snprintf(name, sizeof(name), "yagura:%s", spec->name); /* cut as the kernel would */
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);		     /* for those who look */
	for (unsigned i = 0; i < spec->fd_count; i++)
		keep[i] = spec->fds[i];
	keep[spec->fd_count] = control;
	if (!close_others(keep, spec->fd_count + 1) || !leave_output())
		_exit(YG_EXIT_FAILED);
	_exit(spec->live(spec->arg, control, spec->index) == YG_OK ? YG_EXIT_DONE : YG_EXIT_FAILED);
}

/* One end to each. A child that has just died, or reads nothing, goes without: that shows. */
static void link_them(struct yg_processes *p, const struct yg_process_link *link)
{
	const struct child *a = &p->children[link->a];
	const struct child *b = &p->children[link->b];
	int pair[2];

	if (a->pid == 0 || b->pid == 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return;
	(void)yg_msg_hand_over(a->control, LINK, link->b, pair[0]); /* as above */
	(void)yg_msg_hand_over(b->control, LINK, link->a, pair[1]); /* as above */
	(void)close(pair[0]);					    /* theirs now */
	(void)close(pair[1]);
}

static int start(struct yg_processes *p, unsigned place)
{
	const struct yg_process_spec *spec = &p->opts->specs[place];
	struct child *child = &p->children[place];
	pid_t parent = getpid();
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return yg_err_from_errno(errno);
	pid = fork();
	if (pid == 0)
		live(spec, pair[1], parent);
	(void)close(pair[1]); /* the child's */
	if (pid < 0) {
		(void)close(pair[0]);
		return YG_EAGAIN;
	}
	child->pid = pid;
	child->control = pair[0];
	child->is_ready = false;
	child->since_ns = now_ns(p);
	for (unsigned i = 0; i < p->opts->link_count; i++) {
		const struct yg_process_link *link = &p->opts->links[i];

		if (link->a == place || link->b == place)
			link_them(p, link);
	}
	return YG_OK;
}

static int64_t backoff_ns(unsigned deaths)
{
	int64_t ms = YG_PROCESS_BACKOFF_MS;

	while (deaths-- > 1 && ms < YG_PROCESS_BACKOFF_MAX_MS)
		ms *= 2;
	return (ms < YG_PROCESS_BACKOFF_MAX_MS ? ms : YG_PROCESS_BACKOFF_MAX_MS) * NS_PER_MS;
}

/* It is gone: when does it come again? YG_EIO: never. */
static int mourn(struct yg_processes *p, struct child *child, int status)
{
	const struct yg_process_spec *spec = &p->opts->specs[child - p->children];
	int64_t now = now_ns(p);
	bool was_killed = WIFSIGNALED(status);

	child->pid = 0;
	if (child->control >= 0)
		(void)close(child->control); /* nothing to lose */
	child->control = -1;
	if (p->is_ending)
		return YG_OK;
	child->failures = child->is_ready ? 0 : child->failures + 1;
	if (now - child->since_ns > YG_PROCESS_GOOD_S * YG_NS_PER_S)
		child->deaths = 0;
	child->deaths++;
	child->due_ns = now + backoff_ns(child->deaths);
	child->is_ready = false;
	if (!p->was_ready && !was_killed)
		return YG_EIO; /* it said why */
	if (p->opts->ended)
		p->opts->ended(p->opts->arg, spec->name, was_killed ? WTERMSIG(status) : 0,
			       was_killed ? 0 : WEXITSTATUS(status));
	return !p->was_ready || child->failures >= YG_PROCESS_FAILURES_MAX ? YG_EIO : YG_OK;
}

static int reap(struct yg_processes *p)
{
	int rc = YG_OK;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < p->opts->spec_count; i++)
			if (p->children[i].pid == pid) {
				int one = mourn(p, &p->children[i], status);

				rc = rc == YG_OK ? one : rc;
			}
	return rc;
}

/* ---- watching ---- */

/* Whoever is due; at first in order. YG_OK. *ret_wait_ms: until the next. */
static int start_due(struct yg_processes *p, int *ret_wait_ms)
{
	int64_t now = now_ns(p);
	int rc = YG_OK;

	*ret_wait_ms = -1;
	for (unsigned i = 0; rc == YG_OK && i < p->opts->spec_count; i++) {
		struct child *child = &p->children[i];
		int64_t left = child->due_ns - now;

		if (child->pid == 0 && left <= 0) {
			rc = start(p, i);
			if (rc == YG_EAGAIN && p->was_ready) { /* no room for a process now */
				child->due_ns = now + YG_PROCESS_BACKOFF_MAX_MS * NS_PER_MS;
				left = child->due_ns - now;
				rc = YG_OK;
			}
		}
		if (child->pid == 0 && left > 0) {
			int ms = (int)(left / NS_PER_MS) + 1;

			*ret_wait_ms = *ret_wait_ms < 0 || ms < *ret_wait_ms ? ms : *ret_wait_ms;
		}
		if (!p->was_ready && !child->is_ready)
			break;
	}
	return rc;
}

static int take_word(struct yg_processes *p, struct child *child)
{
	uint32_t kind;
	uint64_t id;
	int fd;
	int rc = yg_msg_take_over(child->control, &kind, &id, &fd);

	if (rc == YG_EAGAIN || rc == YG_EPIPE)
		return YG_OK; /* reap() sees to it */
	if (rc == YG_OK && fd >= 0)
		(void)close(fd); /* nobody has to hand anything to the parent */
	if (rc == YG_OK && kind == DISTRUST && id < p->opts->spec_count &&
	    p->opts->specs[child - p->children].may_distrust) {
		if (p->children[id].pid != 0)
			(void)kill(p->children[id].pid, SIGKILL); /* gone already is as good */
		return YG_OK;
	}
	if (rc != YG_OK || kind != READY) {
		(void)kill(child->pid, SIGKILL); /* it is not what it was */
		return YG_OK;
	}
	child->is_ready = true;
	child->failures = 0;
	if (p->was_ready)
		return YG_OK;
	for (unsigned i = 0; i < p->opts->spec_count; i++)
		if (!p->children[i].is_ready)
			return YG_OK;
	p->was_ready = true;
	return p->opts->ready(p->opts->arg);
}

/* YG_EEND: all shall end. */
static int take_signals(struct yg_processes *p)
{
	struct signalfd_siginfo info;
	int rc = YG_OK;

	while (read(p->opts->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			rc = YG_EEND;
	return rc;
}

static int wait_once(struct yg_processes *p, int wait_ms)
{
	struct pollfd fds[YG_PROCESSES_MAX + 1];
	unsigned count = p->opts->spec_count;
	int rc = YG_OK;

	for (unsigned i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = p->children[i].control, .events = POLLIN};
	fds[count] = (struct pollfd){.fd = p->opts->signals, .events = POLLIN};
	if (poll(fds, count + 1, wait_ms) < 0)
		return errno == EINTR ? YG_OK : yg_err_from_errno(errno);
	for (unsigned i = 0; rc == YG_OK && i < count; i++)
		if (fds[i].revents & POLLIN)
			rc = take_word(p, &p->children[i]);
		else if (fds[i].revents && p->children[i].control >= 0) {
			/* Closed: it dies, or has given up its end and is of no use. */
			(void)kill(p->children[i].pid, SIGKILL);
			(void)close(p->children[i].control);
			p->children[i].control = -1;
		}
	if (rc == YG_OK && fds[count].revents)
		rc = take_signals(p);
	return rc == YG_OK ? reap(p) : rc;
}

/* The word to end. */
static void tell_end(struct child *child)
{
	if (child->control >= 0)
		(void)shutdown(child->control, SHUT_RDWR); /* no answer is waited for */
}

/* Until the children from @first up to @last are gone; at @until_ns they are killed. */
static void wait_for_end(struct yg_processes *p, unsigned first, unsigned last, int64_t until_ns)
{
	for (;;) {
		struct pollfd one = {.fd = p->opts->signals, .events = POLLIN};
		int64_t left = until_ns - now_ns(p);
		bool is_there = false;

		for (unsigned i = first; i < last; i++) {
			is_there |= p->children[i].pid != 0;
			if (p->children[i].pid != 0 && left <= 0)
				(void)kill(p->children[i].pid,
					   SIGKILL); /* gone already is as good */
		}
		if (!is_there)
			return;
		(void)poll(&one, 1, left > 0 ? (int)(left / NS_PER_MS) + 1 : 100);
		(void)take_signals(p); /* it ends already */
		(void)reap(p);	       /* as above */
	}
}

/* Those who take from outside all at once; then who keeps, the last first, each in what the whole
 * has left but for a little for those behind it: what a child that hangs does not take from them,
 * one that saves much can have. */
static void end_all(struct yg_processes *p)
{
	const struct yg_processes_opts *opts = p->opts;
	int64_t end = now_ns(p) + YG_PROCESS_END_ALL_MS * NS_PER_MS;
	unsigned kept = opts->kept_count < opts->spec_count ? opts->kept_count : opts->spec_count;

	p->is_ending = true;
	for (unsigned i = kept; i < opts->spec_count; i++)
		tell_end(&p->children[i]);
	wait_for_end(p, kept, opts->spec_count, now_ns(p) + YG_PROCESS_END_MS * NS_PER_MS);
	for (unsigned i = kept; i-- > 0;) {
		tell_end(&p->children[i]);
		wait_for_end(p, i, i + 1, end - i * YG_PROCESS_END_LEAST_MS * NS_PER_MS);
	}
}

int yg_processes_run(const struct yg_processes_opts *opts)
{
	struct yg_processes p = {.opts = opts};
	int rc = YG_OK;

	assert(opts->spec_count <= YG_PROCESSES_MAX);
	assert(opts->link_count <= YG_PROCESS_LINKS_MAX);
	for (unsigned i = 0; i < YG_PROCESSES_MAX; i++)
		p.children[i].control = -1;
	while (rc == YG_OK) {
		int wait_ms;

		rc = start_due(&p, &wait_ms);
		if (rc == YG_OK)
			rc = wait_once(&p, wait_ms);
	}
	end_all(&p);
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- in a child ---- */

int yg_process_say_ready(int control)
{
	return yg_msg_hand_over(control, READY, 0, -1);
}

void yg_process_distrust(int control, unsigned place)
{
	(void)yg_msg_hand_over(control, DISTRUST, place, -1); /* the parent has gone: so shall we */
}

int yg_process_next_link(int control, unsigned *ret_peer, int *ret_fd)
{
	uint32_t kind;
	uint64_t id;
	int rc = yg_msg_take_over(control, &kind, &id, ret_fd);

	if (rc == YG_EAGAIN)
		return rc;
	if (rc != YG_OK || kind != LINK || *ret_fd < 0)
		return YG_EEND;
	*ret_peer = (unsigned)id;
	return YG_OK;
}
