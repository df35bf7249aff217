/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_thread.h - the life of one of the hub's threads: it works, pauses, and is ended by its
 * owner, who waits for it.
 *
 * Threads: start and done from the owner; the others from the thread itself, is_ending from any.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/thread.h"

struct yg_hub_thread {
	pthread_t thread;
	const char *name;
	void *(*run)(void *arg);
	void *arg;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	atomic_bool is_ending;
	bool has_locks;
	bool is_running;
};

/*
 * Zeroed before. @run begins with @arg, in a thread that is called @name (borrowed, base/thread.h).
 * YG_OK, YG_ENOMEM, YG_EAGAIN, the system's error.
 */
YG_MUST_USE int yg_hub_thread_start(struct yg_hub_thread *thread, const char *name,
				    void *(*run)(void *arg), void *arg);
/* It is to end; returns when it has. Also of one that never began. */
void yg_hub_thread_done(struct yg_hub_thread *thread);

bool yg_hub_thread_ends(const struct yg_hub_thread *thread);
/* Wait, on a clock that never jumps. False: it is to end. */
bool yg_hub_thread_pause(struct yg_hub_thread *thread, int64_t ms);
