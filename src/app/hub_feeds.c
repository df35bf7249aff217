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
	bool is_busy; /* a lane has a copy, and brings back @next_ns and @state */
	int64_t next_ns;
	json_t *state;
};

enum asking { IDLE, ASKED, SENT, ANSWERED };

/* One feed at a time: a thread with files of its own, which works while it has f->work. */
struct lane {
	struct yg_hub_feeds *f;
	struct yg_hub_thread life;
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_collections *collections;
	struct row turn; /* what it is at: a copy */
	int failed_rc;
	unsigned failures;
	/* what the loop and the lane share, under f->lock */
	pthread_cond_t answered;
	enum asking asking;
	uint64_t id; /* its rest by YG_OUT_FETCHES is the lane's place */
	struct yg_buf wish;
	struct yg_fetch_answer answer;
};

struct yg_hub_feeds {
	struct yg_hub_feeds_opts opts;
	struct lane lanes[YG_FEEDS_AT_ONCE];
	/* Whoever of the lanes works has it; nobody has it while he waits for a page, or pauses. */
	pthread_mutex_t work;
	struct row *rows[YG_FEEDS_MAX];
	uint32_t row_count;
	bool is_told; /* of an error of the stores */
	/* short: the loop takes it */
	pthread_mutex_t lock;
	bool has_locks;
	int fd;
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

static void end_with(struct lane *lane, const char *words)
{
	struct yg_buf body = lane->answer.body;

	/* Nothing of an answer before: its wish for a pause was not about this question. */
	lane->answer = (struct yg_fetch_answer){.how = YG_FETCH_BROKEN, .body = body};
	yg_buf_reset(&lane->answer.body);
	(void)snprintf(lane->answer.words, sizeof(lane->answer.words), "%s", words); /* short */
	lane->asking = ANSWERED;
	(void)pthread_cond_signal(&lane->answered);
}

static void ask_out(struct lane *lane, struct yg_msg_pipe *pipe)
{
	struct yg_bytes part = yg_buf_bytes(&lane->wish);
	int rc = yg_msg_put(pipe, YG_OUT_FETCH, lane->id, &part, 1);

	if (rc == YG_OK)
		lane->asking = SENT;
	else if (rc != YG_EAGAIN)
		end_with(lane, yg_err_text(rc));
}

void yg_hub_feeds_run(struct yg_hub_feeds *f, struct yg_msg_pipe *pipe)
{
	uint64_t count;

	(void)pthread_mutex_lock(&f->lock);
	if (read(f->fd, &count, sizeof(count)) < 0)
		count = 0; /* it was read before, while there was no out */
	for (unsigned i = 0; i < YG_FEEDS_AT_ONCE; i++)
		if (f->lanes[i].asking == ASKED && pipe->fd >= 0)
			ask_out(&f->lanes[i], pipe);
	(void)pthread_mutex_unlock(&f->lock);
}

int yg_hub_feeds_hear(struct yg_hub_feeds *f, const struct yg_msg *message)
{
	struct lane *lane = &f->lanes[message->id % YG_OUT_FETCHES];
	int rc = YG_OK;

	(void)pthread_mutex_lock(&f->lock);
	if (lane->asking == SENT && message->id == lane->id) {
		yg_buf_reset(&lane->answer.body);
		rc = yg_out_fetched_read(message->body, &lane->answer);
		if (rc == YG_OK) {
			lane->asking = ANSWERED;
			(void)pthread_cond_signal(&lane->answered);
		} else {
			end_with(lane, yg_err_text(rc));
		}
	}
	(void)pthread_mutex_unlock(&f->lock);
	return rc == YG_EFORMAT ? rc : YG_OK;
}

void yg_hub_feeds_lost(struct yg_hub_feeds *f)
{
	(void)pthread_mutex_lock(&f->lock);
	for (unsigned i = 0; i < YG_FEEDS_AT_ONCE; i++)
		if (f->lanes[i].asking == SENT)
			end_with(&f->lanes[i], "the process that connects has ended");
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

static int write_wish(struct lane *lane, const char *url)
{
	const struct yg_feed *feed = &lane->turn.feed;
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
		yg_buf_reset(&lane->wish);
		rc = yg_out_fetch_write(w, &lane->wish);
	}
	free(w);
	return rc;
}

/* Under the lock. */
static void wait_for_answer(struct lane *lane)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	until.tv_sec += ANSWER_S;
	while (lane->asking != ANSWERED && !yg_hub_thread_ends(&lane->life))
		if (pthread_cond_timedwait(&lane->answered, &lane->f->lock, &until) == ETIMEDOUT)
			break;
	if (lane->asking != ANSWERED) {
		end_with(lane, "no answer of the process that connects");
		lane->id += YG_OUT_FETCHES; /* what comes late is nobody's */
	}
}

/* The others work meanwhile. */
static void get(void *arg, const char *url, struct yg_fetch_answer *ret)
{
	struct lane *lane = arg;
	struct yg_hub_feeds *f = lane->f;
	struct yg_buf body = ret->body;
	const uint64_t count = 1;
	int rc;

	yg_buf_reset(&body);
	(void)pthread_mutex_unlock(&f->work);
	(void)pthread_mutex_lock(&f->lock);
	rc = write_wish(lane, url);
	lane->id += YG_OUT_FETCHES;
	yg_buf_reset(&lane->answer.body);
	if (rc != YG_OK) {
		end_with(lane, yg_err_text(rc));
	} else {
		lane->asking = ASKED;
		if (write(f->fd, &count, sizeof(count)) < 0)
			lane->asking = ASKED; /* the counter is full: the loop is awake anyway */
		wait_for_answer(lane);
	}
	*ret = lane->answer;
	lane->answer.body = body; /* changed hands: each has one */
	lane->asking = IDLE;
	(void)pthread_mutex_unlock(&f->lock);
	(void)pthread_mutex_lock(&f->work);
}

static bool pause_for(void *arg, int64_t ms)
{
	struct lane *lane = arg;
	bool goes_on;

	(void)pthread_mutex_unlock(&lane->f->work);
	goes_on = yg_hub_thread_pause(&lane->life, ms);
	(void)pthread_mutex_lock(&lane->f->work);
	return goes_on;
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

static int keep_state(struct lane *lane)
{
	const struct row *row = &lane->turn;
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, STATE_MAX);
	rc = yg_json_canonical(row->state, &text);
	if (rc == YG_OK)
		rc = yg_collections_put_text(lane->collections, "feed", yg_bytes_str(row->name),
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

static int note_bad(struct row *row, const struct yg_poll *p, const char *words, int64_t now_ns)
{
	static const char *const keys[] = {"last_error", "error_time", "failures"};
	int64_t failures = yg_json_int(row->state, "failures", 0);
	int64_t wait_s = failures < 9 ? (int64_t)BACKOFF_S << failures : BACKOFF_MAX;
	json_t *values[] = {
		yg_json_string(yg_bytes_str(yg_say_safe(yg_bytes_str(words), YG_POLL_TROUBLE_MAX))),
		time_json(now_ns), json_integer(failures + 1)};

	if ((int64_t)p->answer.retry_s > wait_s) /* as the server wishes */
		wait_s = p->answer.retry_s;
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

static int poll_pages(const struct lane *lane, struct yg_poll *p)
{
	int rc = yg_collections_get(lane->collections, yg_bytes_str(p->place.collection),
				    &p->place.c);

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

static int begin_state(struct lane *lane)
{
	json_t *state = lane->turn.state;
	int rc = yg_json_set(state, "running", json_true());

	if (rc == YG_OK)
		rc = yg_json_set(state, "last_try", time_json(now_of(lane->f)));
	return rc == YG_OK ? keep_state(lane) : rc;
}

static int end_state(struct lane *lane, const struct yg_poll *p, int rc)
{
	struct yg_hub_feeds *f = lane->f;
	struct row *row = &lane->turn;
	const char *words = p->trouble[0] ? p->trouble : yg_err_text(rc);
	bool is_good = rc == YG_OK;

	say_turn(row, is_good, words);
	atomic_fetch_add(is_good ? &f->polls_good : &f->polls_failed, 1);
	atomic_fetch_add(&f->objects, p->stored);
	atomic_fetch_add(&f->refused, p->refused);
	rc = note_counts(row, p);
	if (rc == YG_OK)
		rc = is_good ? note_good(row, p, now_of(f)) : note_bad(row, p, words, now_of(f));
	if (rc == YG_OK)
		rc = yg_json_set(row->state, "running", json_false());
	if (rc == YG_OK)
		rc = yg_json_set(row->state, "next", time_json(row->next_ns));
	if (rc == YG_OK)
		rc = keep_state(lane);
	if (rc == YG_OK && p->stored > 0)
		rc = yg_feed_note(lane->hub, &row->feed, p->stored);
	return rc;
}

/* YG_OK also where the feed fails: that stands in its state. */
static int poll_turn(struct lane *lane)
{
	const struct yg_feed *feed = &lane->turn.feed;
	struct yg_poll *p = yg_calloc(1, sizeof(*p));
	int rc = p ? yg_poll_init(p) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = begin_state(lane);
	if (rc == YG_OK) {
		p->url = feed->url;
		p->remote = feed->remote;
		p->limit = feed->limit;
		p->pages_max = YG_FEEDS_PAGES;
		p->ms_max = YG_FEEDS_ROUND_MS;
		p->default_tlp = feed->default_tlp;
		p->origin = feed->name;
		p->is_quiet = true;
		p->get = get;
		p->pause = pause_for;
		p->arg = lane;
		p->place.collection = feed->collection;
		p->place.s = lane->collections;
		p->kept_us = INT64_MIN;
		rc = poll_pages(lane, p);
		/* Ended by the hub's own end: it goes on at the next start. */
		rc = yg_hub_thread_ends(&lane->life) ? YG_OK : end_state(lane, p, rc);
	}
	if (p)
		yg_poll_done(p);
	free(p);
	return rc;
}

/* ---- which is due ---- */

static struct row *row_of(const struct yg_hub_feeds *f, const char *name)
{
	for (uint32_t i = 0; i < f->row_count; i++)
		if (strcmp(f->rows[i]->name, name) == 0)
			return f->rows[i];
	return NULL;
}

/* YG_OK also with what cannot be understood, which is told: it counts anew, and where it stands in
 * the other's collection is kept elsewhere. */
static int load_state(const struct lane *lane, const char *name, json_t **ret)
{
	struct yg_fault fault;
	struct yg_buf text;
	json_t *state = NULL;
	int rc, wrong = YG_OK;

	yg_buf_init(&text, STATE_MAX);
	rc = yg_collections_get_text(lane->collections, "feed", yg_bytes_str(name), &text);
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

static struct row *row_free(struct row *row)
{
	if (row)
		json_decref(row->state);
	free(row);
	return NULL;
}

static int see_new(const struct lane *lane, const struct yg_feed *feed)
{
	struct yg_hub_feeds *f = lane->f;
	struct row *row = yg_calloc(1, sizeof(*row));
	int rc = row ? load_state(lane, feed->name, &row->state) : YG_ENOMEM;

	if (rc != YG_OK) {
		(void)row_free(row);
		return rc;
	}
	memcpy(row->name, feed->name, sizeof(row->name));
	row->next_ns = next_of(row->state);
	f->rows[f->row_count++] = row;
	return YG_OK;
}

static int see_feed(void *arg, const struct yg_feed *feed)
{
	const struct lane *lane = arg;
	struct yg_hub_feeds *f = lane->f;
	struct row *row = row_of(f, feed->name);
	int rc = YG_OK;

	if (!row && f->row_count < YG_FEEDS_MAX) {
		rc = see_new(lane, feed);
		row = rc == YG_OK ? f->rows[f->row_count - 1] : NULL;
	}
	if (!row)
		return rc;
	row->feed = *feed;
	row->is_seen = true;
	return YG_OK;
}

static void forget(const struct lane *lane, uint32_t at)
{
	struct yg_hub_feeds *f = lane->f;

	/* One of the same name begins anew. */
	(void)!yg_collections_put_text(lane->collections, "feed", yg_bytes_str(f->rows[at]->name),
				       YG_S("null"));
	(void)row_free(f->rows[at]);
	f->rows[at] = f->rows[--f->row_count];
}

/* A lane that is at it ends first; a wish to ask at once waits for that, too. */
static int see_row(const struct lane *lane, uint32_t at)
{
	struct row *row = lane->f->rows[at];
	int rc = YG_OK;

	if (row->is_busy)
		return YG_OK;
	if (!row->is_seen) {
		forget(lane, at);
		return YG_OK;
	}
	rc = yg_feed_take_now(lane->hub, row->name);
	if (rc == YG_OK)
		row->next_ns = INT64_MIN;
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int see_feeds(struct lane *lane)
{
	struct yg_hub_feeds *f = lane->f;
	unsigned failing = 0;
	int rc;

	for (uint32_t i = 0; i < f->row_count; i++)
		f->rows[i]->is_seen = false;
	rc = yg_feed_each(lane->hub, see_feed, lane);
	for (uint32_t i = f->row_count; rc == YG_OK && i-- > 0;)
		rc = see_row(lane, i);
	for (uint32_t i = 0; i < f->row_count; i++)
		failing += yg_json_int(f->rows[i]->state, "failures", 0) > 0;
	atomic_store(&f->failing, failing);
	return rc;
}

static struct row *due_row(const struct yg_hub_feeds *f)
{
	int64_t now_ns = now_of(f);
	struct row *best = NULL;

	for (uint32_t i = 0; i < f->row_count; i++) {
		struct row *row = f->rows[i];
		int64_t longest_ns = now_ns + (int64_t)YG_FEED_INTERVAL_MAX * YG_NS_PER_S;

		if (row->is_busy)
			continue;
		if (row->next_ns > longest_ns)
			row->next_ns = now_ns; /* the clock was set back */
		if (row->next_ns <= now_ns && (!best || row->next_ns < best->next_ns))
			best = row;
	}
	return best;
}

/* ---- its life ---- */

/* What stands in the files is read anew; what another lane is at, it brings back itself. */
static void close_all(struct lane *lane)
{
	struct yg_hub_feeds *f = lane->f;

	for (uint32_t i = f->row_count; i-- > 0;)
		if (!f->rows[i]->is_busy) {
			(void)row_free(f->rows[i]);
			f->rows[i] = f->rows[--f->row_count];
		}
	lane->hub = yg_hub_access_free(lane->hub);
	lane->enrol = yg_enrol_free(lane->enrol);
	lane->store = yg_control_free(lane->store);
	lane->collections = yg_collections_free(lane->collections);
}

static int open_all(struct lane *lane)
{
	const struct yg_hub_feeds_opts *opts = &lane->f->opts;
	int rc = yg_control_open_sqlite(opts->db_path, false, &lane->store);

	if (rc == YG_OK)
		rc = yg_enrol_new(lane->store, opts->clock, "hub", &lane->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(lane->store, lane->enrol, opts->clock, &lane->hub);
	if (rc == YG_OK)
		rc = yg_collections_open(opts->collections_path, false, &lane->collections);
	return rc;
}

static int take_turn(struct lane *lane, struct row *row)
{
	int rc;

	lane->turn = *row;
	lane->turn.state = json_deep_copy(row->state);
	row->is_busy = true;
	rc = lane->turn.state ? poll_turn(lane) : YG_ENOMEM;
	row->is_busy = false;
	if (rc != YG_OK) {
		json_decref(lane->turn.state);
		return rc;
	}
	json_decref(row->state);
	row->state = lane->turn.state;
	row->next_ns = lane->turn.next_ns;
	return YG_OK;
}

static int round_of(struct lane *lane, bool *ret_is_more)
{
	struct row *row = NULL;
	int rc = lane->collections ? YG_OK : open_all(lane);

	if (rc == YG_OK)
		rc = see_feeds(lane);
	if (rc == YG_OK)
		row = due_row(lane->f);
	*ret_is_more = row != NULL;
	return row ? take_turn(lane, row) : rc;
}

/* Once, whichever lane it hits. */
static void say_trouble(struct lane *lane, int rc)
{
	struct yg_hub_feeds *f = lane->f;

	lane->failures = rc == lane->failed_rc ? lane->failures + 1 : 1;
	lane->failed_rc = rc;
	if (rc == YG_OK) {
		f->is_told = false;
	} else if (lane->failures >= SAID_AT && !f->is_told) {
		f->is_told = true;
		yg_say_hint(N_("nothing is lost by that; it is tried again"), N_("feeds: %s"),
			    yg_say_tr(yg_err_text(rc)));
	}
}

static void *live(void *arg)
{
	struct lane *lane = arg;
	struct yg_hub_feeds *f = lane->f;

	while (!yg_hub_thread_ends(&lane->life)) {
		bool is_more = false;
		int rc;

		(void)pthread_mutex_lock(&f->work);
		rc = round_of(lane, &is_more);
		say_trouble(lane, rc);
		if (rc != YG_OK) /* a store that cannot be read may be another one by then */
			close_all(lane);
		(void)pthread_mutex_unlock(&f->work);
		if (rc != YG_OK || !is_more)
			(void)yg_hub_thread_pause(&lane->life, rc != YG_OK ? AGAIN_MS : LOOK_MS);
	}
	(void)pthread_mutex_lock(&f->work);
	close_all(lane);
	(void)pthread_mutex_unlock(&f->work);
	return NULL;
}

static int make_locks(struct yg_hub_feeds *f)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0)
		return YG_ENOMEM;
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* Linux has it */
	for (unsigned i = 0; i < YG_FEEDS_AT_ONCE; i++)
		(void)pthread_cond_init(&f->lanes[i].answered, &attr); /* never fails on Linux */
	(void)pthread_condattr_destroy(&attr);
	(void)pthread_mutex_init(&f->lock, NULL); /* as above */
	(void)pthread_mutex_init(&f->work, NULL); /* as above */
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
	for (unsigned i = 0; i < YG_FEEDS_AT_ONCE; i++) {
		f->lanes[i].f = f;
		f->lanes[i].id = i;
		yg_buf_init(&f->lanes[i].wish, 2 * YG_OUT_PLACE_MAX);
		yg_buf_init(&f->lanes[i].answer.body, YG_FETCH_BODY_MAX + 1);
	}
	rc = make_locks(f);
	for (unsigned i = 0; rc == YG_OK && i < YG_FEEDS_AT_ONCE; i++)
		rc = yg_hub_thread_start(&f->lanes[i].life, YG_THREAD_PREFIX "feeds", live,
					 &f->lanes[i]);
	if (rc == YG_OK)
		*ret = f;
	else
		(void)yg_hub_feeds_free(f);
	return rc;
}

/* Whoever waits for an answer waits no more. */
static void end_lanes(struct yg_hub_feeds *f)
{
	(void)pthread_mutex_lock(&f->lock);
	for (unsigned i = 0; i < YG_FEEDS_AT_ONCE; i++) {
		f->lanes[i].life.is_ending = true;
		(void)pthread_cond_signal(&f->lanes[i].answered);
	}
	(void)pthread_mutex_unlock(&f->lock);
}

struct yg_hub_feeds *yg_hub_feeds_free(struct yg_hub_feeds *f)
{
	if (!f)
		return NULL;
	if (f->has_locks)
		end_lanes(f);
	for (unsigned i = 0; i < YG_FEEDS_AT_ONCE; i++) {
		yg_hub_thread_done(&f->lanes[i].life);
		yg_buf_done(&f->lanes[i].wish);
		yg_buf_done(&f->lanes[i].answer.body);
		if (f->has_locks)
			(void)pthread_cond_destroy(&f->lanes[i].answered);
	}
	if (f->fd >= 0)
		(void)close(f->fd); /* a counter */
	if (f->has_locks) {
		(void)pthread_mutex_destroy(&f->lock);
		(void)pthread_mutex_destroy(&f->work);
	}
	free(f);
	return NULL;
}
