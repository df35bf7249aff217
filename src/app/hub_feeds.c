/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_feeds.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "access/feeds.h"
#include "app/hub_thread.h"
#include "app/say.h"
#include "app/share_poll-int.h"
#include "base/alloc.h"
#include "base/json.h"

#include "base/ban.h"

#define LOOK_MS	    1000
#define AGAIN_MS    2000
#define SAID_AT	    3u /* errors in a row of one kind, before they are said */
#define ANSWER_S    90 /* out has less for one page, and a keeper before may have left one */
#define BACKOFF_S   60
#define BACKOFF_MAX (6 * 3600)
#define STATE_MAX   65536u

/* When a feed is due, and how it went. */
struct row {
	char name[YG_FEED_NAME_MAX + 1];
	struct yg_feed feed;
	bool is_seen; /* it is there still */
	int64_t next_ns;
	json_t *state;
};

enum asking { IDLE, ASKED, SENT, ANSWERED };

struct yg_hub_feeds {
	struct yg_hub_feeds_opts opts;
	struct yg_hub_thread life;
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_collections *collections;
	struct row rows[YG_FEEDS_MAX];
	uint32_t row_count;
	int failed_rc;
	unsigned failures;
	/* what the loop and the thread share, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool has_locks;
	int fd;
	enum asking asking;
	uint64_t id;
	struct yg_buf wish;
	struct yg_fetch_answer answer;
	/* for metrics */
	atomic_ullong polls_good;
	atomic_ullong polls_failed;
	atomic_ullong objects;
	atomic_ullong refused;
	atomic_uint failing;
};

static int64_t now_of(const struct yg_hub_feeds *f)
{
	return f->opts.clock.now_ns(f->opts.clock.arg);
}

/* ---- the loop's side ---- */

int yg_hub_feeds_fd(const struct yg_hub_feeds *f)
{
	return f->fd;
}

static void end_with(struct yg_hub_feeds *f, const char *words)
{
	struct yg_buf body = f->answer.body;

	/* Nothing of an answer before: its wish for a pause was not about this question. */
	f->answer = (struct yg_fetch_answer){.how = YG_FETCH_BROKEN, .body = body};
	yg_buf_reset(&f->answer.body);
	(void)snprintf(f->answer.words, sizeof(f->answer.words), "%s", words); /* short */
	f->asking = ANSWERED;
	(void)pthread_cond_signal(&f->answered);
}

void yg_hub_feeds_run(struct yg_hub_feeds *f, struct yg_msg_pipe *pipe)
{
	uint64_t count;
	int rc = YG_EAGAIN;

	(void)pthread_mutex_lock(&f->lock);
	if (read(f->fd, &count, sizeof(count)) < 0)
		count = 0; /* it was read before, while there was no out */
	if (f->asking == ASKED && pipe->fd >= 0) {
		struct yg_bytes part = yg_buf_bytes(&f->wish);

		rc = yg_msg_put(pipe, YG_OUT_FETCH, f->id, &part, 1);
		if (rc == YG_OK)
			f->asking = SENT;
		else if (rc != YG_EAGAIN)
			end_with(f, yg_err_text(rc));
	}
	(void)pthread_mutex_unlock(&f->lock);
}

int yg_hub_feeds_hear(struct yg_hub_feeds *f, const struct yg_msg *message)
{
	int rc = YG_OK;

	(void)pthread_mutex_lock(&f->lock);
	if (f->asking == SENT && message->id == f->id) {
		yg_buf_reset(&f->answer.body);
		rc = yg_out_fetched_read(message->body, &f->answer);
		if (rc == YG_OK) {
			f->asking = ANSWERED;
			(void)pthread_cond_signal(&f->answered);
		} else {
			end_with(f, yg_err_text(rc));
		}
	}
	(void)pthread_mutex_unlock(&f->lock);
	return rc == YG_EFORMAT ? rc : YG_OK;
}

void yg_hub_feeds_lost(struct yg_hub_feeds *f)
{
	(void)pthread_mutex_lock(&f->lock);
	if (f->asking == SENT)
		end_with(f, "the process that connects has ended");
	(void)pthread_mutex_unlock(&f->lock);
}

static void one(struct yg_buf *to, const char *name, const char *kind, const char *help,
		uint64_t value)
{
	yg_buf_addf(to, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, kind, name,
		    (unsigned long long)value);
}

void yg_hub_feeds_metrics(struct yg_hub_feeds *f, struct yg_buf *to)
{
	yg_buf_addf(to,
		    "# HELP yagura_feed_polls_total Rounds of feeds from other servers.\n"
		    "# TYPE yagura_feed_polls_total counter\n"
		    "yagura_feed_polls_total{result=\"good\"} %llu\n"
		    "yagura_feed_polls_total{result=\"failed\"} %llu\n",
		    (unsigned long long)atomic_load(&f->polls_good),
		    (unsigned long long)atomic_load(&f->polls_failed));
	one(to, "yagura_feed_objects_total", "counter", "Versions of objects that came by feeds.",
	    atomic_load(&f->objects));
	one(to, "yagura_feed_refused_total", "counter", "Objects of feeds that were refused.",
	    atomic_load(&f->refused));
	one(to, "yagura_feeds_failing", "gauge", "Feeds whose last round failed.",
	    atomic_load(&f->failing));
}

/* ---- one question ---- */

struct polling {
	struct yg_hub_feeds *f;
	const struct yg_feed *feed;
};

static int write_wish(struct polling *p, const char *url)
{
	const struct yg_feed *feed = p->feed;
	struct yg_out_fetch *w = yg_calloc(1, sizeof(*w));
	int rc = w ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && strlen(url) >= sizeof(w->url))
		rc = YG_ELIMIT;
	if (rc == YG_OK) {
		memcpy(w->url, url, strlen(url) + 1);
		memcpy(w->user, feed->user, sizeof(w->user));
		memcpy(w->secret, feed->secret, sizeof(w->secret));
		memcpy(w->authorities, feed->authorities, sizeof(w->authorities));
		memcpy(w->certificate, feed->certificate, sizeof(w->certificate));
		memcpy(w->key, feed->key, sizeof(w->key));
		yg_buf_reset(&p->f->wish);
		rc = yg_out_fetch_write(w, &p->f->wish);
	}
	free(w);
	return rc;
}

/* Under the lock. */
static void wait_for_answer(struct yg_hub_feeds *f)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	until.tv_sec += ANSWER_S;
	while (f->asking != ANSWERED && !yg_hub_thread_ends(&f->life))
		if (pthread_cond_timedwait(&f->answered, &f->lock, &until) == ETIMEDOUT)
			break;
	if (f->asking != ANSWERED) {
		end_with(f, "no answer of the process that connects");
		f->id++; /* what comes late is nobody's */
	}
}

static void get(void *arg, const char *url, struct yg_fetch_answer *ret)
{
	struct polling *p = arg;
	struct yg_hub_feeds *f = p->f;
	struct yg_buf body = ret->body;
	const uint64_t count = 1;
	int rc;

	yg_buf_reset(&body);
	(void)pthread_mutex_lock(&f->lock);
	rc = write_wish(p, url);
	f->id++;
	yg_buf_reset(&f->answer.body);
	if (rc != YG_OK) {
		end_with(f, yg_err_text(rc));
	} else {
		f->asking = ASKED;
		if (write(f->fd, &count, sizeof(count)) < 0)
			f->asking = ASKED; /* the counter is full: the loop is awake anyway */
		wait_for_answer(f);
	}
	*ret = f->answer;
	f->answer.body = body; /* changed hands: each has one */
	f->asking = IDLE;
	(void)pthread_mutex_unlock(&f->lock);
}

static bool pause_for(void *arg, int64_t ms)
{
	return yg_hub_thread_pause(&((struct polling *)arg)->f->life, ms);
}

/* ---- how it went ---- */

static json_t *time_json(int64_t ns)
{
	char text[YG_ISO_SIZE];

	(void)yg_time_iso(ns - ns % 1000000, 0, text); /* its size */
	return json_string(text);
}

static json_t *fresh_state(void)
{
	return json_pack("{s:b, s:n, s:n, s:s, s:n, s:i, s:i, s:i, s:s, s:i, s:n, s:n}", "running",
			 0, "last_try", "last_success", "last_error", "", "error_time", "objects",
			 0, "last_objects", 0, "refused", 0, "last_refused", "", "failures", 0,
			 "next", "added_after");
}

static int keep_state(struct yg_hub_feeds *f, const struct row *row)
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, STATE_MAX);
	rc = yg_json_canonical(row->state, &text);
	if (rc == YG_OK)
		rc = yg_collections_put_text(f->collections, "feed", yg_bytes_str(row->name),
					     yg_buf_bytes(&text));
	yg_buf_done(&text);
	return rc;
}

static int set_all(json_t *state, const char *const keys[], json_t *values[], size_t count)
{
	int rc = YG_OK;

	for (size_t i = 0; i < count; i++) {
		int set = yg_json_set(state, keys[i], values[i]); /* taken in any case */

		rc = rc == YG_OK ? set : rc;
	}
	return rc;
}

static int note_good(struct row *row, const struct yg_poll *p, int64_t now_ns)
{
	static const char *const keys[] = {"last_success", "last_error", "error_time", "failures"};
	json_t *values[] = {time_json(now_ns), json_string(""), json_null(), json_integer(0)};

	/* What is left comes at once, after the others had their turn. */
	row->next_ns = p->is_cut ? now_ns : now_ns + (int64_t)row->feed.interval_s * YG_NS_PER_S;
	return set_all(row->state, keys, values, 4);
}

static int note_bad(struct row *row, const char *words, int64_t now_ns)
{
	static const char *const keys[] = {"last_error", "error_time", "failures"};
	int64_t failures = yg_json_int(row->state, "failures", 0);
	int64_t wait_s = failures < 9 ? (int64_t)BACKOFF_S << failures : BACKOFF_MAX;
	json_t *values[] = {
		yg_json_string(yg_bytes_str(yg_say_safe(yg_bytes_str(words), YG_POLL_TROUBLE_MAX))),
		time_json(now_ns), json_integer(failures + 1)};

	row->next_ns = now_ns + (wait_s < BACKOFF_MAX ? wait_s : BACKOFF_MAX) * YG_NS_PER_S;
	return set_all(row->state, keys, values, 3);
}

static int note_counts(struct row *row, const struct yg_poll *p)
{
	static const char *const keys[] = {"objects", "last_objects", "refused", "last_refused",
					   "added_after"};
	char added[YG_STIX_TIME_SIZE] = "";
	json_t *values[5];

	if (p->kept_us != INT64_MIN)
		yg_stix_time_write(p->kept_us, added);
	values[0] = json_integer(yg_json_int(row->state, "objects", 0) + (json_int_t)p->stored);
	values[1] = json_integer((json_int_t)p->stored);
	values[2] = json_integer((json_int_t)p->refused);
	values[3] = yg_json_string(yg_bytes_str(p->wrong_text));
	values[4] = added[0] ? json_string(added) : json_null();
	return set_all(row->state, keys, values, 5);
}

static void say_turn(const struct row *row, bool is_good, const char *words)
{
	bool was_good = yg_json_int(row->state, "failures", 0) == 0;

	if (is_good && !was_good)
		yg_say(N_("feed %s: it is fetched again"), row->name);
	else if (!is_good && was_good)
		yg_say_hint(N_("it is tried again; `yagura admin feeds list` says when"),
			    N_("feed %s: %s"), row->name,
			    yg_say_safe(yg_bytes_str(words), YG_POLL_TROUBLE_MAX));
}

/* ---- one round ---- */

static int poll_pages(struct yg_hub_feeds *f, struct yg_poll *p)
{
	int rc = yg_collections_get(f->collections, yg_bytes_str(p->place.collection), &p->place.c);

	if (rc == YG_ENOENT) {
		yg_poll_say(p, NULL, N_("%s: there is no such collection"), p->place.collection);
		return YG_EMISMATCH;
	}
	if (rc == YG_OK)
		rc = yg_poll_find(p);
	if (rc == YG_OK)
		rc = yg_poll_resume(p);
	return rc == YG_OK ? yg_poll_pages(p) : rc;
}

static int begin_state(struct yg_hub_feeds *f, struct row *row)
{
	int rc = yg_json_set(row->state, "running", json_true());

	if (rc == YG_OK)
		rc = yg_json_set(row->state, "last_try", time_json(now_of(f)));
	return rc == YG_OK ? keep_state(f, row) : rc;
}

static int end_state(struct yg_hub_feeds *f, struct row *row, const struct yg_poll *p, int rc)
{
	const char *words = p->trouble[0] ? p->trouble : yg_err_text(rc);
	bool is_good = rc == YG_OK;

	say_turn(row, is_good, words);
	atomic_fetch_add(is_good ? &f->polls_good : &f->polls_failed, 1);
	atomic_fetch_add(&f->objects, p->stored);
	atomic_fetch_add(&f->refused, p->refused);
	rc = note_counts(row, p);
	if (rc == YG_OK)
		rc = is_good ? note_good(row, p, now_of(f)) : note_bad(row, words, now_of(f));
	if (rc == YG_OK)
		rc = yg_json_set(row->state, "running", json_false());
	if (rc == YG_OK)
		rc = yg_json_set(row->state, "next", time_json(row->next_ns));
	if (rc == YG_OK)
		rc = keep_state(f, row);
	if (rc == YG_OK && p->stored > 0)
		rc = yg_feed_note(f->hub, &row->feed, p->stored);
	return rc;
}

/* YG_OK also where the feed fails: that stands in its state. */
static int poll_row(struct yg_hub_feeds *f, struct row *row)
{
	struct polling polling = {f, &row->feed};
	struct yg_poll *p = yg_calloc(1, sizeof(*p));
	int rc = p ? yg_poll_init(p) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = begin_state(f, row);
	if (rc == YG_OK) {
		p->url = row->feed.url;
		p->remote = row->feed.remote;
		p->limit = row->feed.limit;
		p->pages_max = YG_FEEDS_PAGES;
		p->default_tlp = row->feed.default_tlp;
		p->origin = row->feed.name;
		p->is_quiet = true;
		p->get = get;
		p->pause = pause_for;
		p->arg = &polling;
		p->place.collection = row->feed.collection;
		p->place.s = f->collections;
		p->kept_us = INT64_MIN;
		rc = poll_pages(f, p);
		/* Ended by the hub's own end: it goes on at the next start. */
		rc = yg_hub_thread_ends(&f->life) ? YG_OK : end_state(f, row, p, rc);
	}
	if (p)
		yg_poll_done(p);
	free(p);
	return rc;
}

/* ---- which is due ---- */

static struct row *row_of(struct yg_hub_feeds *f, const char *name)
{
	for (uint32_t i = 0; i < f->row_count; i++)
		if (strcmp(f->rows[i].name, name) == 0)
			return &f->rows[i];
	return NULL;
}

/* YG_OK also with what cannot be understood, which is told: it counts anew, and where it stands in
 * the other's collection is kept elsewhere. */
static int load_state(struct yg_hub_feeds *f, const char *name, json_t **ret)
{
	struct yg_fault fault;
	struct yg_buf text;
	json_t *state = NULL;
	int rc, wrong = YG_OK;

	yg_buf_init(&text, STATE_MAX);
	rc = yg_collections_get_text(f->collections, "feed", yg_bytes_str(name), &text);
	if (rc == YG_OK)
		wrong = yg_json_load(yg_buf_bytes(&text), STATE_MAX, &state, &fault);
	yg_buf_done(&text);
	if (wrong == YG_ENOMEM || (rc != YG_OK && rc != YG_ENOENT && rc != YG_ELIMIT))
		return wrong == YG_ENOMEM ? wrong : rc;
	if (json_is_object(state)) {
		*ret = state;
		return YG_OK;
	}
	if (rc != YG_ENOENT && !json_is_null(state)) /* null: one of this name was removed */
		yg_say_hint(N_("it goes on where it was; its counts begin anew"),
			    N_("feed %s: how it went before cannot be understood"), name);
	json_decref(state);
	*ret = fresh_state();
	return *ret ? YG_OK : YG_ENOMEM;
}

/* When it was to be asked again, as the last run said; at once what was broken off. */
static int64_t next_of(const json_t *state)
{
	int64_t ns;
	bool has_zone;

	if (json_is_true(json_object_get(state, "running")) ||
	    !yg_time_parse_iso(yg_json_text(state, "next"), 0, &ns, &has_zone))
		return INT64_MIN;
	return ns;
}

static int see_feed(void *arg, const struct yg_feed *feed)
{
	struct yg_hub_feeds *f = arg;
	struct row *row = row_of(f, feed->name);
	json_t *state = NULL;
	int rc;

	if (!row && f->row_count < YG_FEEDS_MAX) {
		rc = load_state(f, feed->name, &state);
		if (rc != YG_OK)
			return rc;
		row = &f->rows[f->row_count];
		*row = (struct row){.state = state};
		memcpy(row->name, feed->name, sizeof(row->name));
		row->next_ns = next_of(row->state);
		f->row_count++;
	}
	if (!row)
		return YG_OK;
	row->feed = *feed;
	row->is_seen = true;
	return YG_OK;
}

static void forget(struct yg_hub_feeds *f, uint32_t at)
{
	/* One of the same name begins anew. */
	(void)!yg_collections_put_text(f->collections, "feed", yg_bytes_str(f->rows[at].name),
				       YG_S("null"));
	json_decref(f->rows[at].state);
	f->rows[at] = f->rows[--f->row_count];
}

static int see_feeds(struct yg_hub_feeds *f)
{
	unsigned failing = 0;
	int rc;

	for (uint32_t i = 0; i < f->row_count; i++)
		f->rows[i].is_seen = false;
	rc = yg_feed_each(f->hub, see_feed, f);
	for (uint32_t i = f->row_count; rc == YG_OK && i-- > 0;) {
		if (!f->rows[i].is_seen) {
			forget(f, i);
			continue;
		}
		failing += yg_json_int(f->rows[i].state, "failures", 0) > 0;
		rc = yg_feed_take_now(f->hub, f->rows[i].name);
		if (rc == YG_OK)
			f->rows[i].next_ns = INT64_MIN;
		rc = rc == YG_ENOENT ? YG_OK : rc;
	}
	atomic_store(&f->failing, failing);
	return rc;
}

static struct row *due_row(struct yg_hub_feeds *f)
{
	int64_t now_ns = now_of(f);
	struct row *best = NULL;

	for (uint32_t i = 0; i < f->row_count; i++) {
		struct row *row = &f->rows[i];
		int64_t longest_ns = now_ns + (int64_t)YG_FEED_INTERVAL_MAX * YG_NS_PER_S;

		if (row->next_ns > longest_ns)
			row->next_ns = now_ns; /* the clock was set back */
		if (row->next_ns <= now_ns && (!best || row->next_ns < best->next_ns))
			best = row;
	}
	return best;
}

/* ---- its life ---- */

static void close_all(struct yg_hub_feeds *f)
{
	for (uint32_t i = 0; i < f->row_count; i++)
		json_decref(f->rows[i].state);
	f->row_count = 0;
	f->hub = yg_hub_access_free(f->hub);
	f->enrol = yg_enrol_free(f->enrol);
	f->store = yg_control_free(f->store);
	f->collections = yg_collections_free(f->collections);
}

static int open_all(struct yg_hub_feeds *f)
{
	int rc = yg_control_open_sqlite(f->opts.db_path, false, &f->store);

	if (rc == YG_OK)
		rc = yg_enrol_new(f->store, f->opts.clock, "hub", &f->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(f->store, f->enrol, f->opts.clock, &f->hub);
	if (rc == YG_OK)
		rc = yg_collections_open(f->opts.collections_path, false, &f->collections);
	return rc;
}

static int round_of(struct yg_hub_feeds *f, bool *ret_is_more)
{
	struct row *row = NULL;
	int rc = f->collections ? YG_OK : open_all(f);

	if (rc == YG_OK)
		rc = see_feeds(f);
	if (rc == YG_OK)
		row = due_row(f);
	*ret_is_more = row != NULL;
	return row ? poll_row(f, row) : rc;
}

static void say_trouble(struct yg_hub_feeds *f, int rc)
{
	f->failures = rc == f->failed_rc ? f->failures + 1 : 1;
	f->failed_rc = rc;
	if (rc != YG_OK && f->failures == SAID_AT)
		yg_say_hint(N_("nothing is lost by that; it is tried again"), N_("feeds: %s"),
			    yg_say_tr(yg_err_text(rc)));
}

static void *live(void *arg)
{
	struct yg_hub_feeds *f = arg;

	while (!yg_hub_thread_ends(&f->life)) {
		bool is_more = false;
		int rc = round_of(f, &is_more);

		say_trouble(f, rc);
		if (rc != YG_OK) /* a store that cannot be read may be another one by then */
			close_all(f);
		if (rc != YG_OK || !is_more)
			(void)yg_hub_thread_pause(&f->life, rc != YG_OK ? AGAIN_MS : LOOK_MS);
	}
	close_all(f);
	return NULL;
}

static int make_locks(struct yg_hub_feeds *f)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0)
		return YG_ENOMEM;
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* Linux has it */
	(void)pthread_cond_init(&f->answered, &attr);		 /* never fails on Linux */
	(void)pthread_condattr_destroy(&attr);
	(void)pthread_mutex_init(&f->lock, NULL); /* as above */
	f->has_locks = true;
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return f->fd < 0 ? YG_EAGAIN : YG_OK;
}

int yg_hub_feeds_start(const struct yg_hub_feeds_opts *opts, struct yg_hub_feeds **ret)
{
	struct yg_hub_feeds *f = yg_calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return YG_ENOMEM;
	f->opts = *opts;
	f->fd = -1;
	yg_buf_init(&f->wish, 2 * YG_OUT_PLACE_MAX);
	yg_buf_init(&f->answer.body, YG_FETCH_BODY_MAX + 1);
	rc = make_locks(f);
	if (rc == YG_OK)
		rc = yg_hub_thread_start(&f->life, live, f);
	if (rc == YG_OK)
		*ret = f;
	else
		(void)yg_hub_feeds_free(f);
	return rc;
}

struct yg_hub_feeds *yg_hub_feeds_free(struct yg_hub_feeds *f)
{
	if (!f)
		return NULL;
	if (f->has_locks) {
		/* Whoever waits for an answer waits no more. */
		(void)pthread_mutex_lock(&f->lock);
		f->life.is_ending = true;
		(void)pthread_cond_signal(&f->answered);
		(void)pthread_mutex_unlock(&f->lock);
	}
	yg_hub_thread_done(&f->life);
	yg_buf_done(&f->wish);
	yg_buf_done(&f->answer.body);
	if (f->fd >= 0)
		(void)close(f->fd); /* a counter */
	if (f->has_locks) {
		(void)pthread_cond_destroy(&f->answered);
		(void)pthread_mutex_destroy(&f->lock);
	}
	free(f);
	return NULL;
}
