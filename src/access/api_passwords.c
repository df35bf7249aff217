/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread that works on passwords, one after the other: each costs a tenth of a second and
 * 64 MiB on purpose. The loop gives it jobs and takes them back when an eventfd says so.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "access/api-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define WAITING_MAX 32u /* more are told to come later */

struct yg_hub_passwords {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_ending;
	uint32_t waiting_count;
	struct yg_hub_password_job *waiting;
	struct yg_hub_password_job **waiting_end;
	struct yg_hub_password_job *done;
	int fd;
};

struct yg_hub_password_job *yg_hub_password_job_free(struct yg_hub_password_job *job)
{
	if (!job)
		return NULL;
	yg_wipe(job->old.data, job->old.size);
	yg_wipe(job->fresh.data, job->fresh.size);
	yg_buf_done(&job->old);
	yg_buf_done(&job->fresh);
	free(job->arg);
	free(job);
	return NULL;
}

static void work(struct yg_hub_password_job *job)
{
	int rc;

	job->is_right = job->hash[0] == '\0';
	if (!job->is_right) {
		rc = yg_password_is_right(job->hash, yg_buf_bytes(&job->old));
		job->is_right = rc == YG_OK;
		job->error = rc == YG_EACCES ? YG_OK : rc;
	}
	if (job->error == YG_OK && job->is_right && job->fresh.size > 0)
		job->error = yg_password_make(yg_buf_bytes(&job->fresh), job->made);
}

static void *run(void *arg)
{
	struct yg_hub_passwords *passwords = arg;
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&passwords->lock); /* never fails: an ordinary lock */
	while (!passwords->is_ending) {
		struct yg_hub_password_job *job = passwords->waiting;

		if (!job) {
			(void)pthread_cond_wait(&passwords->wake, &passwords->lock);
			continue;
		}
		passwords->waiting = job->next;
		if (!passwords->waiting)
			passwords->waiting_end = &passwords->waiting;
		passwords->waiting_count--;
		(void)pthread_mutex_unlock(&passwords->lock);
		work(job);
		(void)pthread_mutex_lock(&passwords->lock);
		job->next = passwords->done;
		passwords->done = job;
		if (write(passwords->fd, &one, sizeof(one)) < 0)
			continue; /* the counter is full: the loop is awake anyway */
	}
	(void)pthread_mutex_unlock(&passwords->lock);
	return NULL;
}

int yg_hub_passwords_new(struct yg_hub_api *api, struct yg_hub_passwords **ret)
{
	struct yg_hub_passwords *passwords = yg_calloc(1, sizeof(*passwords));

	(void)api;
	if (!passwords)
		return YG_ENOMEM;
	passwords->waiting_end = &passwords->waiting;
	passwords->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (passwords->fd < 0) {
		free(passwords);
		return yg_err_from_errno(errno);
	}
	(void)pthread_mutex_init(&passwords->lock, NULL); /* never fails on Linux */
	(void)pthread_cond_init(&passwords->wake, NULL);
	if (pthread_create(&passwords->thread, NULL, run, passwords) != 0) {
		(void)close(passwords->fd);
		free(passwords);
		return YG_EAGAIN;
	}
	*ret = passwords;
	return YG_OK;
}

static void free_all(struct yg_hub_password_job *job)
{
	while (job) {
		struct yg_hub_password_job *next = job->next;

		(void)yg_hub_password_job_free(job);
		job = next;
	}
}

struct yg_hub_passwords *yg_hub_passwords_free(struct yg_hub_passwords *passwords)
{
	if (!passwords)
		return NULL;
	(void)pthread_mutex_lock(&passwords->lock);
	passwords->is_ending = true;
	(void)pthread_cond_signal(&passwords->wake);
	(void)pthread_mutex_unlock(&passwords->lock);
	(void)pthread_join(passwords->thread, NULL);
	free_all(passwords->waiting);
	free_all(passwords->done);
	(void)pthread_cond_destroy(&passwords->wake);
	(void)pthread_mutex_destroy(&passwords->lock);
	(void)close(passwords->fd);
	free(passwords);
	return NULL;
}

/* Nobody waits for it any more; the thread may be at it, so it is freed later. */
static void cancel(void *arg)
{
	struct yg_hub_password_job *job = arg;

	job->later = NULL;
}

static bool give(struct yg_hub_passwords *passwords, struct yg_hub_password_job *job)
{
	bool is_taken;

	(void)pthread_mutex_lock(&passwords->lock);
	is_taken = passwords->waiting_count < WAITING_MAX;
	if (is_taken) {
		job->next = NULL;
		*passwords->waiting_end = job;
		passwords->waiting_end = &job->next;
		passwords->waiting_count++;
		(void)pthread_cond_signal(&passwords->wake);
	}
	(void)pthread_mutex_unlock(&passwords->lock);
	return is_taken;
}

int yg_hub_password_ask(struct yg_hub_api *api, struct yg_hub_password_job *take)
{
	const struct yg_request *request = take->request;
	struct yg_reply *reply = take->reply;
	int rc = yg_buf_error(&take->old) ? yg_buf_error(&take->old) : yg_buf_error(&take->fresh);

	if (rc != YG_OK || !api->opts.ports.finish) {
		(void)yg_hub_password_job_free(take);
		return rc;
	}
	take->api = api;
	take->later = request->call;
	take->later->cancel = cancel;
	take->later->arg = take;
	if (give(api->passwords, take))
		return YG_API_LATER;
	take->later->cancel = NULL;
	(void)yg_hub_password_job_free(take);
	reply->retry_s = 5;
	return yg_reply_problem(reply, 503, "busy",
				yg_tr(request->lang, N_("Too many people are signing in at once")),
				yg_tr(request->lang, N_("Wait a moment and try again.")));
}

int yg_hub_api_fd(const struct yg_hub_api *api)
{
	return api->passwords->fd;
}

void yg_hub_api_run(struct yg_hub_api *api)
{
	struct yg_hub_passwords *passwords = api->passwords;
	struct yg_hub_password_job *done;
	uint64_t count;

	if (read(passwords->fd, &count, sizeof(count)) < 0)
		return; /* nothing is done */
	(void)pthread_mutex_lock(&passwords->lock);
	done = passwords->done;
	passwords->done = NULL;
	(void)pthread_mutex_unlock(&passwords->lock);
	while (done) {
		struct yg_hub_password_job *job = done;
		struct yg_api_later *later = job->later;
		int rc;

		done = job->next;
		if (later) {
			rc = job->error == YG_OK ? job->then(job) : job->error;
			api->opts.ports.finish(api->opts.ports.arg, later, rc);
		}
		(void)yg_hub_password_job_free(job);
	}
}
