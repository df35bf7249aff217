/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/process.h - several processes of one program, each with a part of the trust: the parent that
 * starts and watches them.
 *
 *   parent ──fork──► child: lives until its control socket closes
 *     │  control: LINK + descriptor ─► one end of a stream to another child
 *     │           ◄─ READY            it can do its work
 *     │           ◄─ DISTRUST         (from those that may) another one is not what it was
 *     └ a child ends ─► it is started again (soon, then later and later), and whoever it spoke with
 *                       gets a new end
 *
 * The parent reads nothing from its children but these two words; children speak with each other
 * (base/msg.h). A child that dies takes nothing with it but its own memory. When the parent dies,
 * the kernel kills the children, and their control sockets close.
 *
 * Children are started in the order of the list, at first each when the one before is ready: what
 * one makes, the next finds. A child that fails before the first time all are ready ends the whole;
 * later one that fails FAILURES_MAX times without having become ready does.
 * Threads: one, and the caller's process must have no others: it forks.
 * Tests:   tests/unit/app/test_process.c, tests/e2e/hub_processes.py
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"

#define YG_PROCESSES_MAX	  24u
#define YG_PROCESS_LINKS_MAX	  48u
#define YG_PROCESS_FDS_MAX	  8u
#define YG_PROCESS_FAILURES_MAX	  6u
#define YG_PROCESS_BACKOFF_MS	  50 /* after the first death; doubles */
#define YG_PROCESS_BACKOFF_MAX_MS 5000
#define YG_PROCESS_GOOD_S	  60   /* lived so long: the next death is a first one again */
#define YG_PROCESS_END_MS	  2000 /* for those who keep nothing to end by themselves, together */
#define YG_PROCESS_END_ALL_MS	  5000 /* and for all together */
#define YG_PROCESS_END_LEAST_MS	  500  /* of it for each who keeps something, whatever others do */

struct yg_process_spec {
	const char *name; /* static */
	/* In the child. @control is its end of the control socket; other descriptors than those
	 * of @fds are closed. What it returns other than YG_OK was said; the process ends then. */
	int (*live)(void *arg, int control, unsigned index);
	void *arg;
	unsigned index;		     /* of its kind: number of the worker */
	int fds[YG_PROCESS_FDS_MAX]; /* that it keeps; the parent keeps them too */
	unsigned fd_count;
	bool may_distrust; /* its word about others is taken (yg_process_distrust) */
};

/* A stream between two of them, as places in the list. Each end learns @kind of the other. */
struct yg_process_link {
	unsigned a;
	unsigned b;
};

struct yg_processes_opts {
	const struct yg_process_spec *specs; /* borrowed, as are links */
	unsigned spec_count;
	/* The first of them keep what others gave them, or what those need to save it: they end
	 * when all others are gone, one after another. */
	unsigned kept_count;
	const struct yg_process_link *links;
	unsigned link_count;
	int signals; /* a signalfd of SIGINT, SIGTERM, SIGCHLD, all blocked; the caller's */
	struct yg_clock clock;
	/* All are ready for the first time. Not YG_OK: all end, and that is what run returns. */
	int (*ready)(void *arg);
	/* A child ended and is started again; @signal 0: by itself, with @code. May be NULL. */
	void (*ended)(void *arg, const char *name, int signal, int code);
	void *arg;
};

/*
 * Start all, and watch them until SIGINT or SIGTERM; then all end, within END_ALL_MS: those who
 * keep nothing at once, the others those started last first. Who is not done in time is killed.
 * YG_OK: ended as asked; YG_EIO: a child cannot live (it said why), or another error.
 */
YG_MUST_USE int yg_processes_run(const struct yg_processes_opts *opts);

/* ---- in a child ---- */

/* All that was asked for is there. */
YG_MUST_USE int yg_process_say_ready(int control);

/* The process at @place does what it must not: end it, and start another. */
void yg_process_distrust(int control, unsigned place);

/*
 * The next end of a link: *ret_peer is the place of the other in the list, *ret_fd the caller's.
 * YG_OK; YG_EAGAIN: nothing for now; YG_EEND: the process shall end.
 */
YG_MUST_USE int yg_process_next_link(int control, unsigned *ret_peer, int *ret_fd);
