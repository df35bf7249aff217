/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What writes, one job after the other in a thread of its own. The loop gives jobs and takes them
 * back when an eventfd says so; only the loop touches who waits, and the reply he waits for.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "access/audit.h"
#include "base/alloc.h"
#include "base/thread.h"
#include "share/taxii-int.h"

#include "base/ban.h"

#define WAITING_MAX 16u /* each holds the bytes it came with; more are told to come later */
#define RETRY_S	    2u

struct yg_taxii_jobs {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_ending;
	bool is_running;
	uint32_t waiting_count;
	struct yg_taxii_job *waiting;
	struct yg_taxii_job **waiting_end;
	struct yg_taxii_job *done;
	struct yg_taxii_job **done_end;
	int fd;
};

struct yg_taxii_job *yg_taxii_job_free(struct yg_taxii_job *job)
{
	if (!job)
		return NULL;
	if (job->done)
		job->done(job->arg);
	(void)yg_shelf_filler_free(job->filler); /* always NULL */
	yg_buf_done(&job->out.body);
	free(job);
	return NULL;
}

int yg_taxii_job_new(const struct yg_taxii_call *call, struct yg_taxii_job **ret)
{
	struct yg_taxii_job *job = yg_calloc(1, sizeof(*job));
	int rc;

	if (!job)
		return YG_ENOMEM;
	job->taxii = call->taxii;
	job->reply = call->reply;
	job->lang = call->request->lang;
	job->out.is_taxii = true;
	yg_buf_init(&job->out.body, YG_API_REPLY_MAX);
	(void)snprintf(job->root, sizeof(job->root), "%.*s", YG_FMT(call->root)); /* it was found */
	rc = yg_shelf_filler_new(call->reader, &call->view, call->taxii->opts.filling,
				 &job->filler);
	if (rc != YG_OK)
		job = yg_taxii_job_free(job);
	*ret = job;
	return rc;
}

static void add_last(struct yg_taxii_job ***end, struct yg_taxii_job *job)
{
	job->next = NULL;
	**end = job;
	*end = &job->next;
}

static void *run(void *arg)
{
	struct yg_taxii_jobs *jobs = arg;
	const uint64_t one = 1;

	yg_thread_name(YG_THREAD_PREFIX "taxii");
	(void)pthread_mutex_lock(&jobs->lock); /* never fails: an ordinary lock */
	while (!jobs->is_ending) {
		struct yg_taxii_job *job = jobs->waiting;

		if (!job) {
			(void)pthread_cond_wait(&jobs->wake, &jobs->lock);
			continue;
		}
		jobs->waiting = job->next;
		if (!jobs->waiting)
			jobs->waiting_end = &jobs->waiting;
		jobs->waiting_count--;
		(void)pthread_mutex_unlock(&jobs->lock);
		job->error = job->work(job);
		(void)pthread_mutex_lock(&jobs->lock);
		add_last(&jobs->done_end, job);
		if (write(jobs->fd, &one, sizeof(one)) < 0)
			continue; /* the counter is full: the loop is awake anyway */
	}
	(void)pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

int yg_taxii_jobs_new(struct yg_taxii_jobs **ret)
{
	struct yg_taxii_jobs *jobs = yg_calloc(1, sizeof(*jobs));
	int error;

	*ret = NULL;
	if (!jobs)
		return YG_ENOMEM;
	jobs->waiting_end = &jobs->waiting;
	jobs->done_end = &jobs->done;
	(void)pthread_mutex_init(&jobs->lock, NULL); /* never fails on Linux */
	(void)pthread_cond_init(&jobs->wake, NULL);  /* as above */
	jobs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (jobs->fd < 0) {
		(void)yg_taxii_jobs_free(jobs);
		return YG_EAGAIN;
	}
	error = pthread_create(&jobs->thread, NULL, run, jobs);
	jobs->is_running = error == 0;
	if (error != 0) {
		(void)yg_taxii_jobs_free(jobs);
		return yg_err_from_errno(error);
	}
	*ret = jobs;
	return YG_OK;
}

static void free_all(struct yg_taxii_job *job)
{
	while (job) {
		struct yg_taxii_job *next = job->next;

		(void)yg_taxii_job_free(job);
		job = next;
	}
}

struct yg_taxii_jobs *yg_taxii_jobs_free(struct yg_taxii_jobs *jobs)
{
	if (!jobs)
		return NULL;
	if (jobs->is_running) {
		(void)pthread_mutex_lock(&jobs->lock);
		jobs->is_ending = true;
		(void)pthread_cond_signal(&jobs->wake);
		(void)pthread_mutex_unlock(&jobs->lock);
		(void)pthread_join(jobs->thread, NULL); /* it was made, and joined nowhere else */
	}
	free_all(jobs->waiting);
	free_all(jobs->done);
	if (jobs->fd >= 0)
		(void)close(jobs->fd);
	(void)pthread_cond_destroy(&jobs->wake);
	(void)pthread_mutex_destroy(&jobs->lock);
	free(jobs);
	return NULL;
}

/* Nobody waits for it any more; the thread may be at it, so it is freed later. */
static void cancel(void *arg)
{
	struct yg_taxii_job *job = arg;

	job->later = NULL;
}

int yg_taxii_job_give(const struct yg_taxii_call *call, struct yg_taxii_job *take)
{
	struct yg_taxii_jobs *jobs = call->taxii->jobs;
	bool is_taken;

	take->later = call->request->call;
	take->later->cancel = cancel;
	take->later->arg = take;
	(void)pthread_mutex_lock(&jobs->lock);
	is_taken = jobs->waiting_count < WAITING_MAX;
	if (is_taken) {
		add_last(&jobs->waiting_end, take);
		jobs->waiting_count++;
		(void)pthread_cond_signal(&jobs->wake);
	}
	(void)pthread_mutex_unlock(&jobs->lock);
	if (is_taken)
		return YG_API_LATER;
	take->later->cancel = NULL;
	(void)yg_taxii_job_free(take);
	call->reply->retry_s = RETRY_S;
	return yg_taxii_refuse(call, 503, "busy", N_("Too many wait for the same at once"),
			       N_("Wait a moment and try again."));
}

/* ---- back in the loop ---- */

static int note(const struct yg_taxii_job *job)
{
	const struct yg_collection *c = yg_shelf_filler_collection(job->filler);
	bool is_hubs = strcmp(c->owner, YG_HUB_ORG) == 0 || strchr(c->owner, ':');

	return yg_audit_add(job->taxii->opts.hub, yg_shelf_filler_who(job->filler),
			    is_hubs ? "" : c->owner, job->action, job->object, job->detail);
}

static void finish(struct yg_taxii_job *job)
{
	const struct yg_taxii_opts *opts = &job->taxii->opts;
	struct yg_api_later *later = job->later;
	int rc = job->error;

	if (rc == YG_OK && job->action)
		rc = note(job);
	if (!later)
		return;
	if (rc == YG_OK) {
		job->reply->status = job->out.status;
		job->reply->content_type = job->out.content_type;
		yg_buf_reset(&job->reply->body);
		yg_buf_add(&job->reply->body, yg_buf_bytes(&job->out.body));
	}
	opts->finish(opts->arg, later, rc);
}

int yg_taxii_fd(const struct yg_taxii *taxii)
{
	return taxii->jobs->fd;
}

void yg_taxii_run(struct yg_taxii *taxii)
{
	struct yg_taxii_jobs *jobs = taxii->jobs;
	struct yg_taxii_job *list;
	uint64_t count;

	if (read(jobs->fd, &count, sizeof(count)) < 0)
		return; /* nothing is done */
	(void)pthread_mutex_lock(&jobs->lock);
	list = jobs->done;
	jobs->done = NULL;
	jobs->done_end = &jobs->done;
	(void)pthread_mutex_unlock(&jobs->lock);
	for (struct yg_taxii_job *job = list; job; job = job->next)
		finish(job);
	free_all(list);
}
