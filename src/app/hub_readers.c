/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include "app/hub_readers.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/hub_api-int.h"
#include "app/hub_beats.h"
#include "app/walls.h"
#include "base/alloc.h"
#include "base/thread.h"
#include "base/zone.h"

#include "base/ban.h"

struct reader {
	struct yg_hub_readers *readers;
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_facts *facts;
	struct yg_situations *situations;
	struct yg_collections *collections;
	struct yg_hub_lent lent;
	struct yg_hub_api *api;
	pthread_t thread;
	bool is_running;
};

struct queue {
	struct yg_hub_ask *first;
	struct yg_hub_ask **end;
};

struct yg_hub_readers {
	int fd;
	bool is_ending; /* under the lock, as the queues */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue waiting;
	struct queue done;
	struct reader at[YG_HUB_READERS];
};

/* ---- the queues ---- */

static void put(struct queue *queue, struct yg_hub_ask *ask)
{
	ask->next = NULL;
	*queue->end = ask;
	queue->end = &ask->next;
}

static struct yg_hub_ask *take(struct queue *queue)
{
	struct yg_hub_ask *ask = queue->first;

	if (ask) {
		queue->first = ask->next;
		if (!queue->first)
			queue->end = &queue->first;
	}
	return ask;
}

static struct yg_hub_ask *take_all(struct queue *queue)
{
	struct yg_hub_ask *all = queue->first;

	queue->first = NULL;
	queue->end = &queue->first;
	return all;
}

void yg_hub_readers_give(struct yg_hub_readers *readers, struct yg_hub_ask *ask)
{
	(void)pthread_mutex_lock(&readers->lock); /* never fails: an ordinary lock */
	put(&readers->waiting, ask);
	(void)pthread_cond_signal(&readers->wake);
	(void)pthread_mutex_unlock(&readers->lock);
}

struct yg_hub_ask *yg_hub_readers_take(struct yg_hub_readers *readers)
{
	struct yg_hub_ask *all;
	eventfd_t count;

	(void)pthread_mutex_lock(&readers->lock);
	all = take_all(&readers->done);
	if (all) /* under the lock: what comes after it wakes the loop again */
		(void)eventfd_read(readers->fd, &count); /* written when the first one was put */
	(void)pthread_mutex_unlock(&readers->lock);
	return all;
}

int yg_hub_readers_fd(const struct yg_hub_readers *readers)
{
	return readers->fd;
}

/* ---- a call ---- */

/* What was answered stands in the reply; what stood in the way, in ask->read. */
static void answer(struct reader *reader, struct yg_hub_ask *ask)
{
	const struct yg_route *route = ask->match.route;
	int rc = yg_control_begin(reader->store);

	if (rc == YG_OK) /* the first reading: from here on it is that moment */
		rc = yg_hub_change(reader->hub, &ask->read.change);
	if (rc == YG_OK)
		rc = yg_hub_resolve_by(reader->hub, ask);
	if (rc == YG_OK)
		rc = route->handle(reader->api, ask->access, &ask->request, &ask->reply);
	ask->access = yg_access_free(ask->access);
	yg_control_abort(reader->store);
	ask->read.is_refused = yg_control_was_refused(reader->store);
	ask->read.error = rc;
}

static void *run(void *arg)
{
	struct reader *reader = arg;
	struct yg_hub_readers *readers = reader->readers;

	yg_thread_name(YG_THREAD_PREFIX "reading");
	/* Who looks can wait some milliseconds longer than what is looked for. Where it may not, as
	 * the others. */
	(void)setpriority(PRIO_PROCESS, 0, YG_WALL_NICE);
	(void)pthread_mutex_lock(&readers->lock);
	while (!readers->is_ending) {
		struct yg_hub_ask *ask = take(&readers->waiting);

		if (!ask) {
			(void)pthread_cond_wait(&readers->wake, &readers->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&readers->lock);
		if (!atomic_load(&ask->is_left))
			answer(reader, ask);
		(void)pthread_mutex_lock(&readers->lock);
		if (!readers->done.first)
			(void)eventfd_write(readers->fd, 1); /* so small a number cannot overflow */
		put(&readers->done, ask);
	}
	(void)pthread_mutex_unlock(&readers->lock);
	return NULL;
}

/* ---- their life ---- */

static int open_files(struct reader *reader, const struct yg_hub_http_opts *opts)
{
	int rc = yg_control_open_reader(opts->store_path, &reader->store);

	if (rc == YG_OK)
		rc = yg_enrol_new(reader->store, opts->clock, "hub", &reader->enrol);
	if (rc == YG_OK)
		rc = yg_enrol_remember(reader->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(reader->store, reader->enrol, opts->clock, &reader->hub);
	if (rc == YG_OK && opts->is_demo)
		yg_hub_access_demo(reader->hub);
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(opts->facts, false, &reader->facts);
	if (rc == YG_OK && opts->situations)
		rc = yg_situations_open(opts->situations, false, &reader->situations);
	if (rc == YG_OK && opts->collections)
		rc = yg_collections_open(opts->collections, false, &reader->collections);
	return rc;
}

static int open_one(struct reader *reader, const struct yg_hub_http *http)
{
	const struct yg_hub_http_opts *opts = &http->opts;
	struct yg_hub_api_opts api;
	int rc = open_files(reader, opts);

	if (rc != YG_OK)
		return rc;
	reader->lent = (struct yg_hub_lent){.data = opts->data,
					    .zone = yg_zone_of(opts->clock),
					    .is_demo = opts->is_demo,
					    .forms = http->report,
					    .warn = &http->warn,
					    .beats = yg_hub_beats_new()};
	api = (struct yg_hub_api_opts){.store = reader->store,
				       .hub = reader->hub,
				       .enrol = reader->enrol,
				       .facts = reader->facts,
				       .situations = reader->situations,
				       .collections = reader->collections,
				       .clock = opts->clock,
				       .version = YG_VERSION,
				       .ports = yg_hub_ports(&reader->lent),
				       .is_reader = true};
	return reader->lent.beats ? yg_hub_api_new(&api, &reader->api) : YG_ENOMEM;
}

static void close_one(struct reader *reader)
{
	reader->api = yg_hub_api_free(reader->api);
	reader->lent.beats = yg_hub_beats_free(reader->lent.beats);
	reader->situations = yg_situations_free(reader->situations);
	reader->collections = yg_collections_free(reader->collections);
	reader->facts = yg_facts_free(reader->facts);
	reader->hub = yg_hub_access_free(reader->hub);
	reader->enrol = yg_enrol_free(reader->enrol);
	reader->store = yg_control_free(reader->store);
}

int yg_hub_readers_start(const struct yg_hub_http *http, struct yg_hub_readers **ret)
{
	struct yg_hub_readers *readers = yg_calloc(1, sizeof(*readers));
	int rc;

	if (!readers)
		return YG_ENOMEM;
	readers->waiting.end = &readers->waiting.first;
	readers->done.end = &readers->done.first;
	(void)pthread_mutex_init(&readers->lock, NULL); /* never fails on Linux */
	(void)pthread_cond_init(&readers->wake, NULL);	/* as above */
	readers->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = readers->fd < 0 ? yg_err_from_errno(errno) : YG_OK;
	for (unsigned i = 0; i < YG_HUB_READERS && rc == YG_OK; i++) {
		readers->at[i].readers = readers;
		rc = open_one(&readers->at[i], http);
	}
	for (unsigned i = 0; i < YG_HUB_READERS && rc == YG_OK; i++) {
		struct reader *reader = &readers->at[i];
		int error = pthread_create(&reader->thread, NULL, run, reader);

		reader->is_running = error == 0;
		rc = error == 0 ? YG_OK : yg_err_from_errno(error);
	}
	if (rc != YG_OK) {
		(void)yg_hub_readers_free(readers);
		return rc;
	}
	*ret = readers;
	return YG_OK;
}

void yg_hub_readers_stop(struct yg_hub_readers *readers)
{
	struct yg_hub_ask *ask;

	(void)pthread_mutex_lock(&readers->lock);
	readers->is_ending = true;
	(void)pthread_cond_broadcast(&readers->wake);
	(void)pthread_mutex_unlock(&readers->lock);
	for (unsigned i = 0; i < YG_HUB_READERS; i++) {
		if (readers->at[i].is_running)
			(void)pthread_join(readers->at[i].thread, NULL); /* made, never joined */
		readers->at[i].is_running = false;
	}
	while ((ask = take(&readers->waiting)) != NULL)
		put(&readers->done, ask);
}

struct yg_hub_readers *yg_hub_readers_free(struct yg_hub_readers *readers)
{
	if (!readers)
		return NULL;
	yg_hub_readers_stop(readers);
	for (unsigned i = 0; i < YG_HUB_READERS; i++)
		close_one(&readers->at[i]);
	if (readers->fd >= 0)
		(void)close(readers->fd); /* a counter */
	(void)pthread_cond_destroy(&readers->wake);
	(void)pthread_mutex_destroy(&readers->lock);
	free(readers);
	return NULL;
}
