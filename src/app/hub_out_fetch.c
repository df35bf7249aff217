/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_out_fetch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/post.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/io.h"
#include "base/thread.h"

#include "base/ban.h"

#define TIMEOUT_S 60u
#define PATH_ROOM 4096u

/* One page: the wish, what it was read from, and what came. */
struct job {
	bool is_there;
	uint64_t tag;
	struct yg_out_fetch wish;
};

struct yg_out_fetcher {
	const struct yg_hub_config_out *config;
	int fd;
	bool is_running;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_bool is_ending;
	struct job waiting; /* under the lock, as the next three */
	bool is_done;
	uint64_t done_tag;
	struct yg_fetch_answer done;
	struct yg_fetch_answer shown; /* the loop's */
	/* the thread's */
	struct job now;
	char secret[YG_FETCH_SECRET_MAX + 1];
	char authorities[PATH_ROOM];
	char certificate[PATH_ROOM];
	char key[PATH_ROOM];
};

/* ---- in the thread ---- */

static bool may_speak(void *arg, const struct sockaddr *to)
{
	return yg_post_may_speak(((const struct yg_out_fetcher *)arg)->config, to);
}

static bool is_ending(void *arg)
{
	return atomic_load(&((struct yg_out_fetcher *)arg)->is_ending);
}

/* A file of the folder; "": none. @to: NULL where there is none. */
static int path_of(const struct yg_out_fetcher *f, const char *name, char room[PATH_ROOM],
		   const char **to)
{
	int size = snprintf(room, PATH_ROOM, "%s/%s", f->config->feeds, name);

	*to = name[0] ? room : NULL;
	return size > 0 && (size_t)size < PATH_ROOM ? YG_OK : YG_ELIMIT;
}

/* One line. What is wrong with it is said without a byte of it. */
static int read_secret(struct yg_out_fetcher *f, const char *path)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, sizeof(f->secret) - 1, &bytes, &size);

	if (rc != YG_OK)
		return rc;
	while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
		size--;
	if (size == 0 || memchr(bytes, '\n', size) || memchr(bytes, 0, size)) {
		rc = YG_EFORMAT;
	} else {
		memcpy(f->secret, bytes, size);
		f->secret[size] = 0;
	}
	yg_wipe(bytes, size);
	free(bytes);
	return rc;
}

static int fill_opts(struct yg_out_fetcher *f, struct yg_fetch_opts *opts)
{
	const struct yg_out_fetch *w = &f->now.wish;
	char room[PATH_ROOM];
	const char *secret;
	int rc = path_of(f, w->secret, room, &secret);

	*opts = (struct yg_fetch_opts){.timeout_s = TIMEOUT_S,
				       .body_max = YG_OUT_FETCH_MAX,
				       .may_speak = may_speak,
				       .is_ending = is_ending,
				       .arg = f};
	if (rc == YG_OK && secret)
		rc = read_secret(f, secret);
	if (rc == YG_OK)
		rc = path_of(f, w->authorities, f->authorities, &opts->authorities);
	if (rc == YG_OK && !opts->authorities)
		opts->authorities = f->config->authorities;
	if (rc == YG_OK)
		rc = path_of(f, w->certificate, f->certificate, &opts->certificate);
	if (rc == YG_OK)
		rc = path_of(f, w->key, f->key, &opts->key);
	opts->user = w->user[0] ? w->user : NULL;
	opts->secret = secret ? f->secret : NULL;
	return rc;
}

static void fail(struct yg_fetch_answer *answer, const char *words, int rc)
{
	answer->how = YG_FETCH_UNREACHABLE;
	answer->status = 0;
	(void)snprintf(answer->words, sizeof(answer->words), "%s%s%s", words, rc ? ": " : "",
		       rc ? yg_err_text(rc) : ""); /* short words */
}

static void fetch(struct yg_out_fetcher *f, struct yg_fetch_answer *answer)
{
	const char *url = f->now.wish.url;
	struct yg_fetch_opts opts;
	struct yg_fetch *one = NULL;
	int rc;

	if (!f->config->feeds) {
		fail(answer, "out.feeds is not set in the hub's configuration", YG_OK);
		return;
	}
	if (strncmp(url, "https://", 8) != 0 && !yg_post_may_be_plain(f->config, url)) {
		fail(answer, "not https, and not 127.0.0.1 with out.local", YG_OK);
		return;
	}
	rc = fill_opts(f, &opts);
	if (rc != YG_OK) {
		fail(answer, "the feed's secret in out.feeds cannot be read", rc);
	} else {
		rc = yg_fetch_new(&opts, &one);
		if (rc == YG_OK)
			yg_fetch_get(one, url, answer);
		else
			fail(answer, "it could not be begun", rc);
	}
	(void)yg_fetch_free(one);
	yg_wipe(f->secret, sizeof(f->secret));
}

static void *run(void *arg)
{
	struct yg_out_fetcher *f = arg;
	const uint64_t one = 1;

	yg_thread_name(YG_THREAD_PREFIX "fetch");
	(void)pthread_mutex_lock(&f->lock); /* never fails: an ordinary lock */
	while (!atomic_load(&f->is_ending)) {
		struct yg_fetch_answer answer = {.how = YG_FETCH_BROKEN};

		if (!f->waiting.is_there || f->is_done) {
			(void)pthread_cond_wait(&f->wake, &f->lock);
			continue;
		}
		f->now = f->waiting;
		f->waiting.is_there = false;
		(void)pthread_mutex_unlock(&f->lock);
		yg_buf_init(&answer.body, YG_OUT_FETCH_MAX + 1);
		fetch(f, &answer);
		(void)pthread_mutex_lock(&f->lock);
		f->done = answer;
		f->done_tag = f->now.tag;
		f->is_done = true;
		if (write(f->fd, &one, sizeof(one)) < 0)
			continue; /* the counter is full: the loop is awake anyway */
	}
	(void)pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* ---- from the loop ---- */

int yg_out_fetcher_new(const struct yg_hub_config_out *config, struct yg_out_fetcher **ret)
{
	struct yg_out_fetcher *f = yg_calloc(1, sizeof(*f));

	if (!f)
		return YG_ENOMEM;
	f->config = config;
	(void)pthread_mutex_init(&f->lock, NULL); /* never fails on Linux */
	(void)pthread_cond_init(&f->wake, NULL);  /* as above */
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->fd < 0) {
		(void)yg_out_fetcher_free(f);
		return YG_EAGAIN;
	}
	*ret = f;
	return YG_OK;
}

struct yg_out_fetcher *yg_out_fetcher_free(struct yg_out_fetcher *f)
{
	if (!f)
		return NULL;
	if (f->is_running) {
		(void)pthread_mutex_lock(&f->lock);
		atomic_store(&f->is_ending, true);
		(void)pthread_cond_signal(&f->wake);
		(void)pthread_mutex_unlock(&f->lock);
		(void)pthread_join(f->thread, NULL); /* it was made, and joined nowhere else */
	}
	if (f->is_done)
		yg_buf_done(&f->done.body);
	yg_buf_done(&f->shown.body);
	if (f->fd >= 0)
		(void)close(f->fd); /* a counter */
	(void)pthread_cond_destroy(&f->wake);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
	return NULL;
}

int yg_out_fetcher_start(struct yg_out_fetcher *f, uint64_t tag, struct yg_bytes wish)
{
	int rc, error = 0;

	(void)pthread_mutex_lock(&f->lock);
	rc = yg_out_fetch_read(wish, &f->waiting.wish);
	f->waiting.is_there = rc == YG_OK;
	f->waiting.tag = tag;
	if (rc == YG_OK && !f->is_running) {
		error = pthread_create(&f->thread, NULL, run, f);
		f->is_running = error == 0;
	}
	(void)pthread_cond_signal(&f->wake);
	(void)pthread_mutex_unlock(&f->lock);
	return error != 0 ? yg_err_from_errno(error) : rc;
}

int yg_out_fetcher_fd(const struct yg_out_fetcher *f)
{
	return f->fd;
}

const struct yg_fetch_answer *yg_out_fetcher_next(struct yg_out_fetcher *f, uint64_t *ret_tag)
{
	bool is_there;
	uint64_t count;

	if (read(f->fd, &count, sizeof(count)) < 0)
		return NULL; /* nothing is done */
	yg_buf_done(&f->shown.body);
	(void)pthread_mutex_lock(&f->lock);
	is_there = f->is_done;
	f->shown = is_there ? f->done : (struct yg_fetch_answer){.how = YG_FETCH_BROKEN};
	*ret_tag = f->done_tag;
	f->is_done = false;
	(void)pthread_cond_signal(&f->wake);
	(void)pthread_mutex_unlock(&f->lock);
	return is_there ? &f->shown : NULL;
}
