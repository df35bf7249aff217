/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_thread.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

#include "base/ban.h"

#define NS_PER_MS INT64_C(1000000)

static int make_locks(struct yg_hub_thread *t)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0)
		return YG_ENOMEM;
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* Linux has it */
	if (pthread_cond_init(&t->changed, &attr) != 0 || pthread_mutex_init(&t->mutex, NULL) != 0)
		return YG_ENOMEM; /* glibc: never */
	(void)pthread_condattr_destroy(&attr);
	t->has_locks = true;
	return YG_OK;
}

static void *begin(void *arg)
{
	struct yg_hub_thread *t = arg;

	yg_thread_name(t->name);
	return t->run(t->arg);
}

int yg_hub_thread_start(struct yg_hub_thread *t, const char *name, void *(*run)(void *arg),
			void *arg)
{
	int rc = make_locks(t);
	int error;

	if (rc != YG_OK)
		return rc;
	t->name = name;
	t->run = run;
	t->arg = arg;
	error = pthread_create(&t->thread, NULL, begin, t);
	t->is_running = error == 0;
	return error == 0 ? YG_OK : yg_err_from_errno(error);
}

void yg_hub_thread_done(struct yg_hub_thread *t)
{
	if (t->is_running) {
		(void)pthread_mutex_lock(&t->mutex);
		t->is_ending = true;
		(void)pthread_cond_broadcast(&t->changed);
		(void)pthread_mutex_unlock(&t->mutex);
		(void)pthread_join(t->thread, NULL); /* it was made, and joined nowhere else */
		t->is_running = false;
	}
	if (t->has_locks) {
		(void)pthread_mutex_destroy(&t->mutex);
		(void)pthread_cond_destroy(&t->changed);
		t->has_locks = false;
	}
}

bool yg_hub_thread_ends(const struct yg_hub_thread *t)
{
	return t->is_ending;
}

bool yg_hub_thread_pause(struct yg_hub_thread *t, int64_t ms)
{
	struct timespec until;
	bool is_ending;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	until.tv_nsec += (long)(ms % 1000 * NS_PER_MS);
	until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / YG_NS_PER_S;
	until.tv_nsec %= YG_NS_PER_S;
	(void)pthread_mutex_lock(&t->mutex);
	while (!t->is_ending && pthread_cond_timedwait(&t->changed, &t->mutex, &until) != ETIMEDOUT)
		;
	is_ending = t->is_ending;
	(void)pthread_mutex_unlock(&t->mutex);
	return !is_ending;
}
