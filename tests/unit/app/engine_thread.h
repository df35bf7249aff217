/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of a hub (app/hub_engine.h) as it is, in a thread in place of a process. */
#pragma once

#include <pthread.h>
#include <sys/socket.h>

#include "app/hub_engine.h"

struct engine_thread {
	struct yg_hub_rules rules;
	struct yg_hub_engine *engine;
	pthread_t thread;
	bool is_running;
};

static void *engine_run(void *arg)
{
	struct engine_thread *t = arg;

	(void)!yg_hub_engine_run(t->engine, -1); /* until the other end is closed */
	t->engine = yg_hub_engine_free(t->engine);
	return NULL;
}

/* After the keeper's end was closed. */
static void engine_stop(struct engine_thread *t)
{
	if (t->is_running)
		(void)pthread_join(t->thread, NULL);
	t->is_running = false;
	t->engine = yg_hub_engine_free(t->engine);
	yg_hub_rules_done(&t->rules);
	t->rules = (struct yg_hub_rules){.reload = NULL};
}

/* With the rules below @data alone. *ret_fd: the keeper's end. */
static int engine_start(struct engine_thread *t, const char *data, struct yg_clock clock,
			int *ret_fd)
{
	int pair[2];
	int rc = yg_hub_rules_open(&t->rules, data, true, clock);

	if (rc != YG_OK)
		return rc;
	t->engine = yg_hub_engine_new(&t->rules);
	if (!t->engine || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return YG_ENOMEM;
	yg_hub_engine_open(t->engine, pair[1]);
	*ret_fd = pair[0];
	t->is_running = pthread_create(&t->thread, NULL, engine_run, t) == 0;
	return t->is_running ? YG_OK : YG_ENOMEM;
}
