/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pipeline.h"

#include <assert.h>
#include <pthread.h>

#include "base/alloc.h"

#include "base/ban.h"

struct seat {
	struct yg_pipeline *pipeline;
	struct yg_worker *worker;
	pthread_t thread;
	bool is_started;
};

struct yg_pipeline {
	pthread_mutex_t lock;
	pthread_cond_t has_work;
	pthread_cond_t has_done;
	struct yg_batch *work_first; /* to be worked on, oldest first */
	struct yg_batch *work_last;
	bool is_closing;
	struct yg_batch **batches; /* a ring: [judged, read) are on their way, in order */
	size_t batch_count;
	size_t read;
	size_t judged;
	struct seat *seats;
	size_t seat_count;
};

/* Take the oldest batch that waits for a worker; call with the lock held. */
static struct yg_batch *take_work(struct yg_pipeline *p)
{
	struct yg_batch *batch = p->work_first;

	if (batch) {
		p->work_first = batch->next;
		if (!p->work_first)
			p->work_last = NULL;
	}
	return batch;
}

static void *work(void *arg)
{
	struct seat *seat = arg;
	struct yg_pipeline *p = seat->pipeline;
	struct yg_batch *batch;

	(void)pthread_mutex_lock(&p->lock); /* a plain mutex of our own cannot fail */
	for (;;) {
		while (!(batch = take_work(p)) && !p->is_closing)
			(void)pthread_cond_wait(&p->has_work, &p->lock);
		if (!batch)
			break;
		(void)pthread_mutex_unlock(&p->lock);
		yg_worker_run(seat->worker, batch);
		(void)pthread_mutex_lock(&p->lock);
		batch->is_done = true;
		(void)pthread_cond_signal(&p->has_done);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct yg_pipeline *yg_pipeline_new(const struct yg_detector *detector, unsigned threads)
{
	struct yg_pipeline *p = yg_calloc(1, sizeof(*p));
	size_t batches = threads * YG_PIPELINE_PER_THREAD + YG_PIPELINE_EXTRA;

	assert(threads >= 1);
	if (!p)
		return NULL;
	(void)pthread_mutex_init(&p->lock, NULL); /* default attributes: always possible */
	(void)pthread_cond_init(&p->has_work, NULL);
	(void)pthread_cond_init(&p->has_done, NULL);
	p->batches = yg_calloc(batches, sizeof(struct yg_batch *));
	p->seats = yg_calloc(threads, sizeof(*p->seats));
	if (!p->batches || !p->seats)
		return yg_pipeline_free(p);
	for (; p->batch_count < batches; p->batch_count++) {
		p->batches[p->batch_count] = yg_batch_new();
		if (!p->batches[p->batch_count])
			return yg_pipeline_free(p);
	}
	for (; p->seat_count < threads; p->seat_count++) {
		struct seat *seat = &p->seats[p->seat_count];

		seat->pipeline = p;
		seat->worker = yg_worker_new(detector);
		if (!seat->worker)
			return yg_pipeline_free(p);
		/* With one thread the caller works himself; fewer threads than wished still work.
		 */
		seat->is_started =
			threads > 1 && pthread_create(&seat->thread, NULL, work, seat) == 0;
	}
	return p;
}

struct yg_pipeline *yg_pipeline_free(struct yg_pipeline *p)
{
	if (!p)
		return NULL;
	(void)pthread_mutex_lock(&p->lock);
	p->is_closing = true;
	p->work_first = NULL;
	p->work_last = NULL;
	(void)pthread_cond_broadcast(&p->has_work);
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->seat_count; i++)
		if (p->seats[i].is_started)
			(void)pthread_join(p->seats[i].thread, NULL); /* our own thread */
	for (size_t i = 0; i < p->seat_count; i++)
		(void)yg_worker_free(p->seats[i].worker);
	for (size_t i = 0; i < p->batch_count; i++)
		(void)yg_batch_free(p->batches[i]);
	free(p->batches);
	free(p->seats);
	(void)pthread_cond_destroy(&p->has_work);
	(void)pthread_cond_destroy(&p->has_done);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

int yg_pipeline_retool(struct yg_pipeline *p, const struct yg_detector *detector,
		       struct yg_profile *profile)
{
	struct yg_worker **workers = yg_calloc(p->seat_count + 1, sizeof(struct yg_worker *));
	bool is_complete = workers;

	assert(p->judged == p->read);
	for (size_t i = 0; i < p->seat_count && is_complete; i++)
		is_complete = (workers[i] = yg_worker_new(detector)) != NULL;
	if (is_complete && profile)
		yg_pipeline_profile(p, profile);
	for (size_t i = 0; workers && i < p->seat_count; i++) {
		struct yg_worker *former = p->seats[i].worker;

		if (is_complete)
			p->seats[i].worker = workers[i];
		(void)yg_worker_free(is_complete ? former : workers[i]);
	}
	free(workers);
	return is_complete ? YG_OK : YG_ENOMEM;
}

bool yg_pipeline_is_idle(const struct yg_pipeline *p)
{
	return p->judged == p->read;
}

void yg_pipeline_profile(const struct yg_pipeline *p, struct yg_profile *to)
{
	for (size_t i = 0; i < p->seat_count; i++) {
		const struct yg_profile *from = yg_worker_profile(p->seats[i].worker);

		if (from)
			yg_profile_add(to, from);
	}
}

static bool has_threads(const struct yg_pipeline *p)
{
	for (size_t i = 0; i < p->seat_count; i++)
		if (p->seats[i].is_started)
			return true;
	return false;
}

/* Give a batch to the workers. */
static void put_work(struct yg_pipeline *p, struct yg_batch *batch)
{
	if (!has_threads(p)) {
		yg_worker_run(p->seats[0].worker, batch);
		batch->is_done = true;
		return;
	}
	(void)pthread_mutex_lock(&p->lock);
	if (p->work_last)
		p->work_last->next = batch;
	else
		p->work_first = batch;
	p->work_last = batch;
	(void)pthread_cond_signal(&p->has_work);
	(void)pthread_mutex_unlock(&p->lock);
}

/* Is batch @number, from the first read, done? Waits for it when @is_waiting. */
static bool is_finished(struct yg_pipeline *p, size_t number, bool is_waiting)
{
	struct yg_batch *batch = p->batches[number % p->batch_count];
	bool is_done;

	if (number >= p->read)
		return false;
	if (!has_threads(p))
		return true;
	(void)pthread_mutex_lock(&p->lock);
	while (!batch->is_done && is_waiting)
		(void)pthread_cond_wait(&p->has_done, &p->lock);
	is_done = batch->is_done;
	(void)pthread_mutex_unlock(&p->lock);
	return is_done;
}

/*
 * Judge the batches that are done and followed by one that is; with @is_waiting at least one, if
 * two are on their way.
 */
static int judge(struct yg_pipeline *p, const struct yg_pipeline_ends *ends, bool is_waiting)
{
	while (is_finished(p, p->judged + 1, is_waiting) && is_finished(p, p->judged, true)) {
		struct yg_batch *batch = p->batches[p->judged % p->batch_count];
		struct yg_batch *after = p->batches[(p->judged + 1) % p->batch_count];
		int rc = batch->rc != YG_OK ? batch->rc : after->rc;

		p->judged++;
		if (rc == YG_OK)
			rc = ends->take(ends->arg, batch, after);
		if (rc != YG_OK)
			return rc;
		is_waiting = false;
	}
	return YG_OK;
}

/* Judge all that is on its way: nothing follows for now. */
static int judge_all(struct yg_pipeline *p, const struct yg_pipeline_ends *ends)
{
	int rc = YG_OK;

	while (rc == YG_OK && p->judged + 1 < p->read)
		rc = judge(p, ends, true);
	if (rc == YG_OK && is_finished(p, p->judged, true)) {
		struct yg_batch *batch = p->batches[p->judged++ % p->batch_count];

		rc = batch->rc != YG_OK ? batch->rc : ends->take(ends->arg, batch, NULL);
	}
	return rc;
}

/* Wait until no worker holds a batch: after an error their results are not wanted. */
static void settle(struct yg_pipeline *p)
{
	while (is_finished(p, p->judged, true))
		p->judged++;
}

int yg_pipeline_run(struct yg_pipeline *p, const struct yg_pipeline_ends *ends)
{
	int rc = YG_OK;

	while (rc == YG_OK) {
		bool is_full = p->read - p->judged == p->batch_count;
		struct yg_batch *batch = p->batches[p->read % p->batch_count];

		if (is_full) {
			rc = judge(p, ends, true);
			continue;
		}
		yg_batch_reset(batch);
		batch->serial = p->read;
		rc = ends->next(ends->arg, batch);
		if (rc == YG_EAGAIN) { /* nothing to read: show what there is */
			rc = judge_all(p, ends);
			continue;
		}
		if (rc != YG_OK)
			break;
		p->read++;
		put_work(p, batch);
		rc = judge(p, ends, false);
	}
	if (rc == YG_EEND)
		rc = judge_all(p, ends);
	settle(p);
	return rc;
}
