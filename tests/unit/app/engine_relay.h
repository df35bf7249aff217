/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between keeper and engine: hands everything on, until what the test wants to end the engine at.
 * What came before is still done and answered, as when a process dies over one request.
 */
#pragma once

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/hub_engine_wire.h"

enum relay_end { RELAY_ENDS, RELAY_HANGS };

struct relay {
	uint64_t poison; /* position of a batch; 0: none */
	unsigned after;	 /* batches, then it ends too; 0: never */
	enum relay_end how;
	bool has_met;	 /* the end came over a request */
	unsigned judges; /* batches that were handed on; atomic */
	struct yg_msg_pipe keeper;
	struct yg_msg_pipe engine;
	pthread_t thread;
	bool is_running;
};

static int relay_flush(struct yg_msg_pipe *pipe)
{
	int rc;

	while ((rc = yg_msg_flush(pipe)) == YG_EAGAIN) {
		struct pollfd one = {.fd = pipe->fd, .events = POLLOUT};

		(void)poll(&one, 1, -1);
	}
	return rc;
}

static bool relay_is_end(struct relay *r, const struct yg_msg *message)
{
	struct yg_hub_judge judge;

	if (message->kind != YG_HUB_JUDGE || yg_hub_judge_read(message->body, &judge) != YG_OK)
		return false;
	r->has_met = (r->poison != 0 && judge.position == r->poison) ||
		     (r->after != 0 && --r->after == 0);
	return r->has_met;
}

/* YG_EEND: the engine gets no more. */
static int relay_hand(struct relay *r, struct yg_msg_pipe *from, struct yg_msg_pipe *to)
{
	struct yg_msg message;
	int rc = yg_msg_fill(from);

	while (rc == YG_OK && (rc = yg_msg_next(from, &message)) == YG_OK) {
		if (from == &r->keeper && relay_is_end(r, &message))
			return YG_EEND;
		rc = yg_msg_put(to, message.kind, message.id, &message.body, 1);
		if (rc == YG_OK)
			rc = relay_flush(to);
		if (message.kind == YG_HUB_JUDGE)
			(void)__atomic_add_fetch(&r->judges, 1, __ATOMIC_RELEASE);
	}
	return rc == YG_EAGAIN ? YG_OK : rc;
}

static void *relay_run(void *arg)
{
	struct relay *r = arg;
	bool is_open = true;
	int rc = YG_OK;

	while (rc == YG_OK) {
		struct pollfd fds[] = {{.fd = is_open ? r->keeper.fd : -1, .events = POLLIN},
				       {.fd = r->engine.fd, .events = POLLIN}};

		(void)poll(fds, 2, -1);
		if (fds[0].revents) {
			rc = relay_hand(r, &r->keeper, &r->engine);
			if (rc == YG_EEND) { /* what it has, it ends */
				(void)shutdown(r->engine.fd, SHUT_WR);
				is_open = false;
				rc = YG_OK;
			}
		}
		if (rc == YG_OK && fds[1].revents)
			rc = relay_hand(r, &r->engine, &r->keeper);
	}
	yg_msg_pipe_close(&r->engine);
	if (r->has_met && r->how == RELAY_HANGS) { /* until nobody waits any more */
		struct pollfd one = {.fd = r->keeper.fd, .events = 0};

		(void)poll(&one, 1, -1);
	}
	yg_msg_pipe_close(&r->keeper);
	return NULL;
}

static void relay_stop(struct relay *r)
{
	if (r->is_running)
		(void)pthread_join(r->thread, NULL);
	r->is_running = false;
}

/* @engine_fd is taken; *ret_fd: the keeper's end. */
static bool relay_start(struct relay *r, int engine_fd, int *ret_fd)
{
	int pair[2];

	r->has_met = false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	yg_msg_pipe_init(&r->keeper, YG_HUB_ENGINE_BODY_MAX, YG_HUB_ENGINE_QUEUE_MAX);
	yg_msg_pipe_init(&r->engine, YG_HUB_ENGINE_BODY_MAX, YG_HUB_ENGINE_QUEUE_MAX);
	yg_msg_pipe_open(&r->keeper, pair[1]);
	yg_msg_pipe_open(&r->engine, engine_fd);
	*ret_fd = pair[0];
	r->is_running = pthread_create(&r->thread, NULL, relay_run, r) == 0;
	return r->is_running;
}
