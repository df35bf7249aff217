/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's part, with children of a few lines. What they live through is counted in memory that
 * all share; the last of each case asks the parent to end, as a person would. */
#define _GNU_SOURCE
#include "app/process.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

#define SAVING_MS 2300 /* more than END_MS; with it less than END_ALL_MS */

struct shared {
	atomic_uint lives[4]; /* begun, by place */
	atomic_uint order;    /* places in the order in which they began, four bits each */
	atomic_uint ends;     /* told by the parent */
	atomic_uint links;
	atomic_uint heard;
};
static struct shared *shared;
static int signals;

static int64_t monotonic_ns(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * YG_NS_PER_S + now.tv_nsec;
}

static unsigned begin(unsigned place)
{
	atomic_store(&shared->order, atomic_load(&shared->order) << 4 | (place + 1));
	return atomic_fetch_add(&shared->lives[place], 1) + 1;
}

/* Until the control socket closes; links are counted, the last end is kept. */
static int rest(int control, int *ret_fd)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = control, .events = POLLIN},
				       {.fd = ret_fd ? *ret_fd : -1, .events = POLLIN}};
		unsigned peer;
		char c;
		int fd;
		int rc = YG_OK;

		poll(fds, 2, -1);
		if (fds[0].revents)
			rc = yg_process_next_link(control, &peer, &fd);
		if (rc == YG_EEND)
			return YG_OK;
		if (fds[0].revents && rc == YG_OK && ret_fd) {
			atomic_fetch_add(&shared->links, 1);
			if (*ret_fd >= 0)
				close(*ret_fd);
			*ret_fd = fd;
			(void)!write(fd, "x", 1);
		} else if (fds[1].revents && read(fds[1].fd, &c, 1) == 1) {
			atomic_fetch_add(&shared->heard, 1);
		} else if (fds[1].revents) {
			close(*ret_fd);
			*ret_fd = -1;
		}
	}
}

static int good(void *arg, int control, unsigned index)
{
	(void)arg;
	begin(index);
	if (yg_process_say_ready(control) != YG_OK)
		return YG_EIO;
	return rest(control, NULL);
}

static int bad(void *arg, int control, unsigned index)
{
	(void)arg;
	(void)control;
	begin(index);
	return YG_EIO;
}

/* Dies twice after it was ready; the third asks for the end. */
static int mortal(void *arg, int control, unsigned index)
{
	unsigned life = begin(index);

	(void)arg;
	if (yg_process_say_ready(control) != YG_OK)
		return YG_EIO;
	if (life < 3)
		abort();
	kill(getppid(), SIGTERM);
	return rest(control, NULL);
}

/* Once all were ready it never becomes so again. */
static int lost(void *arg, int control, unsigned index)
{
	unsigned life = begin(index);

	(void)arg;
	if (life > 1)
		return YG_EIO;
	if (yg_process_say_ready(control) != YG_OK)
		return YG_EIO;
	_exit(0);
}

static int linked(void *arg, int control, unsigned index)
{
	unsigned life = begin(index);
	int fd = -1;

	(void)arg;
	if (yg_process_say_ready(control) != YG_OK)
		return YG_EIO;
	if (index == 1 && life == 1) { /* one word of the other, then gone */
		unsigned peer;
		struct pollfd one = {.fd = control, .events = POLLIN};
		char c;

		poll(&one, 1, -1);
		if (yg_process_next_link(control, &peer, &fd) != YG_OK || peer != 0)
			return YG_EIO;
		if (read(fd, &c, 1) == 1)
			atomic_fetch_add(&shared->heard, 100);
		abort();
	}
	if (index == 1) {
		struct pollfd one = {.fd = control, .events = POLLIN};
		unsigned peer;
		char c;

		poll(&one, 1, -1);
		if (yg_process_next_link(control, &peer, &fd) == YG_OK && peer == 0 &&
		    read(fd, &c, 1) == 1)
			atomic_fetch_add(&shared->heard, 100);
		kill(getppid(), SIGTERM);
	}
	return rest(control, index == 0 ? &fd : NULL);
}

/* The last, which may, says it of the first. */
static int distrusting(void *arg, int control, unsigned index)
{
	unsigned life = begin(index);

	(void)arg;
	if (yg_process_say_ready(control) != YG_OK)
		return YG_EIO;
	if (index == 0 && life == 2)
		kill(getppid(), SIGTERM);
	if (index == 2)
		yg_process_distrust(control, 0);
	return rest(control, NULL);
}

static int meddling(void *arg, int control, unsigned index)
{
	unsigned life = begin(index);

	(void)arg;
	if (yg_process_say_ready(control) != YG_OK)
		return YG_EIO;
	if (index == 1 && life == 1)
		yg_process_distrust(control, 0); /* not its to say: it ends itself so */
	if (index == 1 && life == 2)
		kill(getppid(), SIGTERM);
	return rest(control, NULL);
}

/* The first one saves for longer than any other may take; all others do not hear that they shall
 * end. */
static int saving(void *arg, int control, unsigned index)
{
	const struct timespec long_ns = {.tv_sec = SAVING_MS / 1000,
					 .tv_nsec = SAVING_MS % 1000 * 1000000L};
	int rc;

	(void)arg;
	begin(index);
	if (yg_process_say_ready(control) != YG_OK)
		return YG_EIO;
	if (index > 0)
		for (;;)
			pause();
	rc = rest(control, NULL);
	nanosleep(&long_ns, NULL);
	atomic_fetch_add(&shared->heard, 1);
	return rc;
}

static int ready(void *arg)
{
	if (arg)
		kill(getpid(), SIGTERM);
	return YG_OK;
}

static void ended(void *arg, const char *name, int signal, int code)
{
	(void)arg;
	(void)name;
	(void)signal;
	(void)code;
	atomic_fetch_add(&shared->ends, 1);
}

static int run(int (*live)(void *, int, unsigned), unsigned count, bool ends_when_ready)
{
	static const struct yg_process_link link = {0, 1};
	struct yg_process_spec specs[4];
	struct yg_processes_opts opts = {
		.specs = specs,
		.spec_count = count,
		.kept_count = live == saving,
		.links = &link,
		.link_count = live == linked,
		.signals = signals,
		.clock = {.now_ns = monotonic_ns},
		.ready = ready,
		.ended = ended,
		.arg = ends_when_ready ? shared : NULL,
	};

	memset(shared, 0, sizeof(*shared));
	for (unsigned i = 0; i < count; i++)
		specs[i] = (struct yg_process_spec){.name = "test", .live = live, .index = i};
	specs[count - 1].may_distrust = live == distrusting;
	return yg_processes_run(&opts);
}

static void starts_in_order(void)
{
	CHECK(run(good, 3, true) == YG_OK);
	CHECK(atomic_load(&shared->order) == 0x123);
	CHECK(atomic_load(&shared->ends) == 0);
}

static void gives_up_at_the_beginning(void)
{
	CHECK(run(bad, 1, false) == YG_EIO);
	CHECK(atomic_load(&shared->lives[0]) == 1);
}

static void starts_again(void)
{
	CHECK(run(mortal, 1, false) == YG_OK);
	CHECK(atomic_load(&shared->lives[0]) == 3 && atomic_load(&shared->ends) == 2);
}

static void gives_up_on_one_that_cannot_live(void)
{
	CHECK(run(lost, 1, false) == YG_EIO);
	CHECK(atomic_load(&shared->lives[0]) == YG_PROCESS_FAILURES_MAX + 1);
}

static void links_again(void)
{
	CHECK(run(linked, 2, false) == YG_OK);
	CHECK(atomic_load(&shared->lives[0]) == 1 && atomic_load(&shared->lives[1]) == 2);
	CHECK(atomic_load(&shared->heard) >= 200); /* each life heard the other */
	CHECK(atomic_load(&shared->links) == 2);
}

static void distrusts(void)
{
	CHECK(run(distrusting, 3, false) == YG_OK);
	CHECK(atomic_load(&shared->lives[0]) == 2 && atomic_load(&shared->lives[2]) == 1);
	CHECK(run(meddling, 2, false) == YG_OK);
	CHECK(atomic_load(&shared->lives[0]) == 1 && atomic_load(&shared->lives[1]) == 2);
}

/* Those who hang take their time together, so that there is enough left for who saves. */
static void hanging_ones_take_nothing_from_who_saves(void)
{
	int64_t begun = monotonic_ns(NULL);
	int64_t took_ms;

	CHECK(run(saving, 4, true) == YG_OK);
	took_ms = (monotonic_ns(NULL) - begun) / 1000000;
	CHECK(atomic_load(&shared->heard) == 1);
	if (took_ms >= YG_PROCESS_END_ALL_MS)
		fprintf(stderr, "%lld ms\n", (long long)took_ms);
	CHECK(took_ms < YG_PROCESS_END_ALL_MS);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(starts_in_order),
		CASE(gives_up_at_the_beginning),
		CASE(starts_again),
		CASE(gives_up_on_one_that_cannot_live),
		CASE(links_again),
		CASE(distrusts),
		CASE(hanging_ones_take_nothing_from_who_saves),
	};
	sigset_t set;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	if (shared == MAP_FAILED || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return EXIT_FAILURE;
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return signals < 0 ? EXIT_FAILURE : check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
