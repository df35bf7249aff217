/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread of the keeper that waits for the disk, so that its loop does not: while a group is being
 * synced, calls go on being read, checked, appended (to the next group) and answered.
 *
 *   loop: begin() ─► thread: keep->ops->sync() ─► the loop wakes up by fd: end()
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "base/alloc.h"
#include "base/thread.h"

#include "base/ban.h"

struct yg_hub_sync {
	struct yg_keep *keep; /* borrowed */
	int fd;
	bool is_running;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool is_asked; /* and not begun yet */
	bool is_busy;  /* from begin() to end(): the loop's alone */
	bool is_ending;
	int rc;
};

static void *run(void *arg)
{
	struct yg_hub_sync *sync = arg;

	yg_thread_name(YG_THREAD_PREFIX "journal-sync");
	(void)pthread_mutex_lock(&sync->mutex);
	while (!sync->is_ending) {
		int rc;

		if (!sync->is_asked) {
			(void)pthread_cond_wait(&sync->changed, &sync->mutex);
			continue;
		}
		sync->is_asked = false;
		(void)pthread_mutex_unlock(&sync->mutex);
		rc = sync->keep->ops->sync(sync->keep);
		(void)pthread_mutex_lock(&sync->mutex);
		sync->rc = rc;
		(void)eventfd_write(sync->fd, 1); /* a number that small cannot overflow */
	}
	(void)pthread_mutex_unlock(&sync->mutex);
	return NULL;
}

struct yg_hub_sync *yg_hub_sync_new(void)
{
	struct yg_hub_sync *sync = yg_calloc(1, sizeof(*sync));

	if (!sync)
		return NULL;
	sync->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sync->fd < 0 || pthread_mutex_init(&sync->mutex, NULL) != 0 ||
	    pthread_cond_init(&sync->changed, NULL) != 0)
		return yg_hub_sync_free(sync);
	return sync;
}

int yg_hub_sync_start(struct yg_hub_sync *sync, struct yg_keep *keep)
{
	int error;

	sync->keep = keep;
	error = pthread_create(&sync->thread, NULL, run, sync);
	sync->is_running = error == 0;
	return error == 0 ? YG_OK : yg_err_from_errno(error);
}

struct yg_hub_sync *yg_hub_sync_free(struct yg_hub_sync *sync)
{
	if (!sync)
		return NULL;
	if (sync->is_running) {
		(void)pthread_mutex_lock(&sync->mutex);
		sync->is_ending = true;
		(void)pthread_cond_broadcast(&sync->changed);
		(void)pthread_mutex_unlock(&sync->mutex);
		(void)pthread_join(sync->thread, NULL); /* it was made, and joined nowhere else */
	}
	if (sync->fd >= 0)
		(void)close(sync->fd);
	(void)pthread_mutex_destroy(&sync->mutex);
	(void)pthread_cond_destroy(&sync->changed);
	free(sync);
	return NULL;
}

int yg_hub_sync_fd(const struct yg_hub_sync *sync)
{
	return sync->fd;
}

bool yg_hub_sync_is_busy(const struct yg_hub_sync *sync)
{
	return sync->is_busy;
}

void yg_hub_sync_begin(struct yg_hub_sync *sync)
{
	(void)pthread_mutex_lock(&sync->mutex);
	sync->is_asked = true;
	sync->is_busy = true;
	(void)pthread_cond_signal(&sync->changed);
	(void)pthread_mutex_unlock(&sync->mutex);
}

bool yg_hub_sync_end(struct yg_hub_sync *sync, int *ret_rc)
{
	eventfd_t count;

	if (!sync->is_busy || eventfd_read(sync->fd, &count) != 0)
		return false;
	(void)pthread_mutex_lock(&sync->mutex);
	*ret_rc = sync->rc;
	(void)pthread_mutex_unlock(&sync->mutex);
	sync->is_busy = false;
	return true;
}
