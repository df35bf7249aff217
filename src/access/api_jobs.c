/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for what takes time, one job after the other in each: passwords (a tenth of a second and
 * 64 MiB on purpose), and searches in the archive. The loop gives them jobs and takes them back
 * when an eventfd says so.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <pthread.h>
#include <unistd.h>

#include "access/api-int.h"

#include "base/alloc.h"
#include "base/thread.h"

#include "base/ban.h"

#define WAITING_MAX 32u /* more are told to come later */
#define WAITING_OF_ORG                                                                             \
	(WAITING_MAX / 2) /* searches in one organisation's records: the others come in all the    \
			     same */

struct yg_hub_jobs {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_ending;
	atomic_bool stop; /* what is at work shall end soon */
	uint32_t waiting_count;
	struct yg_hub_job *waiting;
	struct yg_hub_job **waiting_end;
	struct yg_hub_job *done;
	int fd;
};

struct yg_hub_job *yg_hub_job_free(struct yg_hub_job *job)
{
	if (!job)
		return NULL;
	yg_wipe(job->old.data, job->old.size);
	yg_wipe(job->fresh.data, job->fresh.size);
	yg_buf_done(&job->old);
	yg_buf_done(&job->fresh);
	yg_buf_done(&job->found);
	json_decref(job->asked);
	free(job->arg);
	free(job);
	return NULL;
}

static void *run(void *arg)
{
	struct yg_hub_jobs *jobs = arg;
	const uint64_t one = 1;

	yg_thread_name(YG_THREAD_PREFIX "jobs");
	(void)pthread_mutex_lock(&jobs->lock); /* never fails: an ordinary lock */
	while (!jobs->is_ending) {
		struct yg_hub_job *job = jobs->waiting;

		if (!job) {
			(void)pthread_cond_wait(&jobs->wake, &jobs->lock);
			continue;
		}
		jobs->waiting = job->next;
		if (!jobs->waiting)
			jobs->waiting_end = &jobs->waiting;
		jobs->waiting_count--;
		(void)pthread_mutex_unlock(&jobs->lock);
		job->work(job);
		(void)pthread_mutex_lock(&jobs->lock);
		job->next = jobs->done;
		jobs->done = job;
		if (write(jobs->fd, &one, sizeof(one)) < 0)
			continue; /* the counter is full: the loop is awake anyway */
	}
	(void)pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

int yg_hub_jobs_new(int fd, struct yg_hub_jobs **ret)
{
	struct yg_hub_jobs *jobs = yg_calloc(1, sizeof(*jobs));

	if (!jobs)
		return YG_ENOMEM;
	jobs->waiting_end = &jobs->waiting;
	jobs->fd = fd;
	(void)pthread_mutex_init(&jobs->lock, NULL); /* never fails on Linux */
	(void)pthread_cond_init(&jobs->wake, NULL);
	if (pthread_create(&jobs->thread, NULL, run, jobs) != 0) {
		free(jobs);
		return YG_EAGAIN;
	}
	*ret = jobs;
	return YG_OK;
}

struct yg_hub_job *yg_hub_job_new(const struct yg_hub_call *call,
				  int (*then)(struct yg_hub_job *job))
{
	struct yg_hub_job *job = yg_calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->api = call->api;
	job->request = call->request;
	job->access = call->access;
	job->reply = call->reply;
	job->then = then;
	yg_buf_init(&job->old, YG_PASSWORD_MAX + 1);
	yg_buf_init(&job->fresh, YG_PASSWORD_MAX + 1);
	yg_buf_init(&job->found, YG_API_REPLY_MAX);
	return job;
}

static void free_all(struct yg_hub_job *job)
{
	while (job) {
		struct yg_hub_job *next = job->next;

		(void)yg_hub_job_free(job);
		job = next;
	}
}

struct yg_hub_jobs *yg_hub_jobs_free(struct yg_hub_jobs *jobs)
{
	if (!jobs)
		return NULL;
	atomic_store(&jobs->stop, true);
	(void)pthread_mutex_lock(&jobs->lock);
	jobs->is_ending = true;
	(void)pthread_cond_signal(&jobs->wake);
	(void)pthread_mutex_unlock(&jobs->lock);
	(void)pthread_join(jobs->thread, NULL);
	free_all(jobs->waiting);
	free_all(jobs->done);
	(void)pthread_cond_destroy(&jobs->wake);
	(void)pthread_mutex_destroy(&jobs->lock);
	free(jobs);
	return NULL;
}

/* Nobody waits for it any more; the thread may be at it, so it is freed later. */
static void cancel(void *arg)
{
	struct yg_hub_job *job = arg;

	job->later = NULL;
}

/* Under the lock. Passwords are of no organisation. */
static bool has_room(const struct yg_hub_jobs *jobs, const struct yg_hub_job *job)
{
	uint32_t count = 0;

	for (const struct yg_hub_job *one = jobs->waiting; one && job->question.org[0];
	     one = one->next)
		count += strcmp(one->question.org, job->question.org) == 0;
	return jobs->waiting_count < WAITING_MAX && count < WAITING_OF_ORG;
}

static bool give(struct yg_hub_jobs *jobs, struct yg_hub_job *job)
{
	bool is_taken;

	(void)pthread_mutex_lock(&jobs->lock);
	is_taken = has_room(jobs, job);
	if (is_taken) {
		job->next = NULL;
		*jobs->waiting_end = job;
		jobs->waiting_end = &job->next;
		jobs->waiting_count++;
		(void)pthread_cond_signal(&jobs->wake);
	}
	(void)pthread_mutex_unlock(&jobs->lock);
	return is_taken;
}

int yg_hub_job_give(struct yg_hub_jobs *jobs, struct yg_hub_job *take)
{
	const struct yg_request *request = take->request;
	struct yg_reply *reply = take->reply;
	int rc = yg_buf_error(&take->old) ? yg_buf_error(&take->old) : yg_buf_error(&take->fresh);

	if (rc != YG_OK || !take->api->opts.ports.finish) {
		(void)yg_hub_job_free(take);
		return rc;
	}
	take->later = request->call;
	take->later->cancel = cancel;
	take->later->arg = take;
	take->question.stop = &jobs->stop;
	if (give(jobs, take))
		return YG_API_LATER;
	take->later->cancel = NULL;
	(void)yg_hub_job_free(take);
	reply->retry_s = 5;
	return yg_reply_problem(reply, 503, "busy",
				yg_tr(request->lang, N_("Too many wait for the same at once")),
				yg_tr(request->lang, N_("Wait a moment and try again.")));
}

int yg_hub_api_fd(const struct yg_hub_api *api)
{
	return api->fd;
}

/* Those that are done, in the order in which they were. */
static struct yg_hub_job *take_done(struct yg_hub_jobs *jobs)
{
	struct yg_hub_job *list;
	struct yg_hub_job *turned = NULL;

	(void)pthread_mutex_lock(&jobs->lock);
	list = jobs->done;
	jobs->done = NULL;
	(void)pthread_mutex_unlock(&jobs->lock);
	while (list) {
		struct yg_hub_job *next = list->next;

		list->next = turned;
		turned = list;
		list = next;
	}
	return turned;
}

static void finish_all(struct yg_hub_api *api, struct yg_hub_job *done)
{
	while (done) {
		struct yg_hub_job *job = done;
		struct yg_api_later *later = job->later;
		int rc;

		done = job->next;
		if (later) {
			rc = job->error == YG_OK ? job->then(job) : job->error;
			api->opts.ports.finish(api->opts.ports.arg, later, rc);
		}
		(void)yg_hub_job_free(job);
	}
}

void yg_hub_api_run(struct yg_hub_api *api)
{
	uint64_t count;

	yg_hub_streams_run(api);
	if (read(api->fd, &count, sizeof(count)) < 0)
		return; /* nothing is done */
	finish_all(api, take_done(api->passwords));
	finish_all(api, take_done(api->searches));
}
