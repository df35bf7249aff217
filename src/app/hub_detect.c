/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_detect-int.h"

#include <unistd.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/hash.h"

#include "base/ban.h"

#define BYTES_MAX  (2u << 20) /* packed, of one commit */
#define IDLE_MS	   200u
#define GATHER_MS  20u	 /* between two commits that are not full: each waits for the disk */
#define AGAIN_MS   1000u /* after an error */
#define SAID_AT	   2u	 /* an error that is gone the next time is nobody's trouble */
#define STATE_SIZE YG_HDET_STATE_SIZE

static int64_t now_of(const struct yg_hub_detect *d)
{
	return d->opts.clock.now_ns(d->opts.clock.arg);
}

/* ---- the engine ---- */

/* What an engine looks for may be another set than that of the one before. */
static void note_set(struct yg_hub_detect *d, bool is_taken)
{
	const struct yg_hub_engine_set *set = yg_hub_ask_set(d->ask);

	if (is_taken ||
	    (d->has_set && (strcmp(d->set.rules, set->rules) != 0 ||
			    memcmp(d->set.lists, set->lists, sizeof(set->lists)) != 0))) {
		d->counts.reloads++;
		d->counts.reload_cursor = d->cursor;
		yg_say(N_("changed rules and indicators were taken over: %u rules, %u indicators"),
		       set->rule_count, set->indicator_count);
	}
	d->set = *set;
	d->has_set = true;
}

/* Its judges become those of the consumer, which has just been opened. */
static int begin_engine(struct yg_hub_detect *d)
{
	int rc = yg_hub_ask_begin(d->ask, d->seed);

	if (rc != YG_OK)
		return rc;
	d->is_begun = true;
	note_set(d, false);
	return YG_OK;
}

/* ---- records ---- */

static int put_finding(void *arg, const struct yg_fact_finding *finding)
{
	struct yg_hub_detect *d = arg;
	struct yg_fact_finding written = *finding;

	written.written_ns = d->written_ns;
	return yg_facts_add(d->opts.facts, &written, NULL);
}

static int ignore(void *arg, const struct yg_fact_finding *finding)
{
	(void)arg;
	(void)finding;
	return YG_OK;
}

/* A bundle of another organisation is none that it may speak of. */
static int put_outcome(void *arg, const struct yg_hub_asked *asked,
		       const struct yg_hub_learnt *learnt)
{
	struct yg_hub_detect *d = arg;
	const struct yg_bytes org = yg_bytes_str(asked->org);
	const struct yg_fact_filter filter = {.orgs = &org, .org_count = 1, .limit = 1};
	int rc = yg_facts_get(d->opts.facts, &filter, learnt->bundle, ignore, NULL);

	if (rc == YG_OK)
		rc = yg_facts_outcome(d->opts.facts, learnt->bundle, learnt->outcome,
				      learnt->reason);
	return rc == YG_ENOENT ? YG_OK : rc; /* it has expired */
}

static int put_look(void *arg, const struct yg_hub_asked *asked, const struct yg_told_look *look)
{
	struct yg_hub_detect *d = arg;

	return d->opts.look ? d->opts.look(d->opts.look_arg, asked->org, asked->sensor, look)
			    : YG_OK;
}

/* What was acknowledged was whole; now it is not: said, and its neighbours count. */
static void pass_over(struct yg_hub_detect *d, uint64_t position, struct yg_bytes sensor, int rc)
{
	d->now.damaged++;
	yg_say_hint(N_("the archive has the same trouble: `yagura admin archive verify`"),
		    N_("batch %llu of %s cannot be read and was not looked at: %s"),
		    (unsigned long long)position, yg_say_safe(sensor, YG_JOURNAL_SENSOR_MAX),
		    yg_say_tr(yg_err_text(rc)));
}

static int count_batch(struct yg_hub_detect *d, const struct yg_hub_asked *asked,
		       const struct yg_hub_judged_batch *judged)
{
	d->now.batches++;
	d->now.records += judged->records;
	d->now.unread += judged->unread;
	d->now.findings += judged->findings;
	d->now.unlisted += judged->unlisted;
	if (judged->unlisted > 0)
		yg_say(N_("batch %llu of %s/%s: more than %u findings; %llu are not listed"),
		       (unsigned long long)asked->position, asked->org, asked->sensor,
		       YG_HUB_ENGINE_FOUND_MAX, (unsigned long long)judged->unlisted);
	return yg_facts_count_records(d->opts.facts, yg_bytes_str(asked->org), asked->received_ns,
				      judged->records, judged->bytes);
}

/* The engine is through with a batch. */
static int on_judged(void *arg, const struct yg_hub_asked *asked,
		     const struct yg_hub_judged_batch *judged)
{
	struct yg_hub_detect *d = arg;
	struct yg_hdet_org *org = *yg_hdet_place_of(d, yg_bytes_str(asked->org));

	if (org)
		yg_hdet_weigh(d, org, judged);
	if (asked->kind == YG_HUB_TICK) {
		d->now.findings += judged->findings;
		if (org)
			org->has_released = judged->records > 0;
		return YG_OK;
	}
	if (judged->rc == YG_OK && asked->is_new)
		return count_batch(d, asked, judged);
	if (judged->rc == YG_OK)
		d->counts.replayed++;
	else if (asked->is_new)
		pass_over(d, asked->position, yg_bytes_str(asked->org), judged->rc);
	return YG_OK;
}

/* The judge will have seen @position: its state is another then. */
static void note_taken(struct yg_hub_detect *d, struct yg_hdet_org *org, uint64_t position)
{
	org->position = position;
	if (org->dirty == 0) {
		org->dirty = position;
		org->dirty_ns = d->written_ns;
	}
}

static bool is_aside(const struct yg_hub_detect *d, uint64_t position)
{
	for (unsigned i = 0; i < d->aside_count; i++)
		if (d->aside[i] == position)
			return true;
	return false;
}

static void set_aside(struct yg_hub_detect *d, const struct yg_journal_record *record)
{
	if (d->aside_count == YG_HUB_DETECT_ASIDE_MAX) /* the first is tried again, at worst */
		memmove(d->aside, d->aside + 1, --d->aside_count * sizeof(d->aside[0]));
	d->aside[d->aside_count++] = record->position;
	d->counts.aside++;
	yg_say_hint(N_("the archive has it; please report this"),
		    N_("batch %llu of %s ended the process that looks at it, %u times: it is set "
		       "aside and was not looked at"),
		    (unsigned long long)record->position,
		    yg_say_safe(record->batch.sensor, YG_JOURNAL_SENSOR_MAX),
		    YG_HUB_ENGINE_TRIES_MAX);
}

/* Hand it out, unless the engine ends over it. */
static int ask_engine(struct yg_hub_detect *d, const struct yg_journal_record *record,
		      const struct yg_hub_batch *batch, struct yg_hdet_org *org)
{
	bool is_new = record->position > d->cursor;
	int rc;

	if (is_aside(d, record->position))
		return YG_OK;
	if (yg_hub_ask_is_poison(d->ask, YG_HUB_JUDGE, batch->org, record->position)) {
		set_aside(d, record);
		return YG_OK;
	}
	rc = yg_hub_ask_judge(d->ask, batch, is_new);
	if (yg_hub_ask_is_of_body(rc)) {
		if (is_new)
			pass_over(d, record->position, record->batch.sensor, rc);
		return YG_OK;
	}
	if (rc != YG_OK)
		return rc;
	note_taken(d, org, record->position);
	/* How large a judge is, is known behind its first batch; over the bound one after the
	 * other. */
	if (org->bytes == 0 || yg_hdet_is_over(d))
		rc = yg_hub_ask_wait(d->ask);
	return rc == YG_OK ? yg_hdet_make_room(d) : rc;
}

/* False: it names no sensor of an organisation. */
static bool batch_of(const struct yg_journal_record *record, struct yg_hub_batch *ret)
{
	size_t cut = yg_bytes_chr(record->batch.sensor, '/');

	*ret = (struct yg_hub_batch){
		.org = yg_bytes_cut(record->batch.sensor, 0, cut),
		.sensor = yg_bytes_from(record->batch.sensor, cut + 1),
		.position = record->position,
		.received_ns = record->batch.received_ns,
		.body = record->batch.body,
	};
	return cut != SIZE_MAX && ret->sensor.size > 0;
}

static int take_batch(struct yg_hub_detect *d, const struct yg_journal_record *record)
{
	struct yg_hub_batch batch;
	struct yg_hdet_org *org;
	int rc = batch_of(record, &batch) ? yg_hdet_need_org(d, batch.org, &org) : YG_EFORMAT;

	if (rc == YG_EFORMAT) {
		if (record->position > d->cursor)
			pass_over(d, record->position, record->batch.sensor, rc);
		return YG_OK;
	}
	if (rc != YG_OK || record->position <= org->saved)
		return rc; /* in its state already */
	return ask_engine(d, record, &batch, org);
}

/* ---- ahead ---- */

static bool is_easy(struct yg_hub_detect *d, const struct yg_hub_batch *batch)
{
	const struct yg_hdet_org *org = *yg_hdet_place_of(d, batch->org);

	return org && org->bytes > 0 && batch->position > org->saved &&
	       !is_aside(d, batch->position) &&
	       !yg_hub_ask_is_poison(d->ask, YG_HUB_JUDGE, batch->org, batch->position);
}

/*
 * A record behind the commit at hand. What takes no more than handing it out is handed out; nothing
 * is heard of it before its own commit has begun, so that what the engine finds in it belongs
 * there. Not YG_OK: it comes again by take().
 */
static int take_ahead(void *arg, const struct yg_journal_record *record)
{
	struct yg_hub_detect *d = arg;
	struct yg_hub_batch batch;
	struct yg_hdet_org *org;
	int rc = YG_OK;

	if (record->batch.kind == YG_JOURNAL_BATCH) {
		if (!batch_of(record, &batch) || !is_easy(d, &batch))
			return YG_EAGAIN;
		rc = yg_hub_ask_ahead(d->ask, &batch);
		if (rc == YG_OK)
			rc = yg_hdet_need_org(d, batch.org, &org); /* it is there */
		if (rc == YG_OK)
			note_taken(d, org, record->position);
	}
	if (rc == YG_OK) {
		d->read_ns = record->batch.received_ns;
		d->is_ahead = true;
	}
	return rc;
}

/* While the disk is waited for, the engine goes on. Not where all is to stand still. */
static void look_ahead(struct yg_hub_detect *d)
{
	if (d->is_settling || yg_hub_thread_ends(&d->life) || yg_hdet_is_over(d) ||
	    yg_hub_ask_has_changed(d->ask))
		return;
	yg_consumer_ahead(d->consumer, take_ahead);
	yg_hub_ask_send(d->ask);
}

/* ---- the consumer ---- */

static int take(void *arg, const struct yg_journal_record *record)
{
	struct yg_hub_detect *d = arg;
	int rc = YG_OK;

	d->read_ns = record->batch.received_ns;
	if (record->position > d->cursor)
		rc = yg_hdet_open_batch(d);
	if (rc == YG_OK && record->batch.kind == YG_JOURNAL_BATCH)
		rc = take_batch(d, record);
	return rc;
}

static int begin(void *arg)
{
	struct yg_hub_detect *d = arg;

	int rc = YG_OK;

	d->written_ns = now_of(d);
	if (d->is_ahead) /* what the engine found in it meanwhile belongs here */
		rc = yg_hdet_open_batch(d);
	d->is_ahead = false;
	if (rc != YG_OK)
		yg_hdet_give_up(d);
	return rc;
}

/*
 * The next batches go out first, so that the engine judges them while rows are written and the disk
 * is waited for. Nothing of them is heard before their own commit has begun.
 */
static int commit_ahead(struct yg_hub_detect *d, uint64_t cursor)
{
	uint64_t mark = yg_hub_ask_mark(d->ask);
	int rc;

	look_ahead(d);
	rc = yg_hub_ask_wait_for(d->ask, mark);
	return rc == YG_OK ? yg_hdet_commit_batch(d, cursor, cursor, NULL) : rc;
}

static int commit(void *arg, uint64_t cursor)
{
	struct yg_hub_detect *d = arg;
	int rc;

	if (cursor >= d->cursor && !yg_hdet_needs_rest(d, d->read_ns, d->written_ns))
		return commit_ahead(d, cursor);
	rc = yg_hub_ask_wait(d->ask);
	if (rc == YG_OK)
		rc = yg_hdet_make_room(d);
	if (rc != YG_OK)
		return rc;
	if (cursor < d->cursor) /* still on the way there: at most a judge was given up */
		return yg_hdet_commit_batch(d, d->cursor, cursor, NULL);
	/* There may be more to read: time goes on with what was read, not with the clock. */
	rc = yg_hdet_release_due(d, d->read_ns);
	if (rc == YG_OK)
		rc = yg_hdet_save_due(d, d->written_ns, false);
	return rc == YG_OK ? yg_hdet_commit_batch(d, cursor, cursor, look_ahead) : rc;
}

static void abort_commit(void *arg)
{
	yg_hdet_give_up(arg);
}

static uint64_t passed(void *arg, uint64_t cursor)
{
	(void)cursor;
	return ((struct yg_hub_detect *)arg)->begin;
}

/* What lies before the journal's beginning was never looked at: a new store, or one put back. */
static int skip_gap(struct yg_hub_detect *d, uint64_t *begin)
{
	struct yg_journal_stats stats;
	bool was_new = d->cursor == 0;
	int rc;

	yg_journal_stats(d->opts.journal, &stats);
	if (*begin >= stats.first_cursor)
		return YG_OK;
	if (d->cursor >= stats.first_cursor) { /* only states lack something */
		*begin = stats.first_cursor;
		return YG_OK;
	}
	if (!was_new && !d->is_gap_said)
		yg_say_hint(N_("`yagura hunt` on the archive finds what is in them"),
			    N_("the findings are of an older backup: batches %llu to %llu are not "
			       "in the journal any more and were not looked at"),
			    (unsigned long long)d->cursor + 1,
			    (unsigned long long)stats.first_cursor);
	d->is_gap_said = true;
	rc = yg_hdet_open_batch(d);
	if (rc == YG_OK)
		rc = yg_hdet_commit_batch(d, stats.first_cursor, stats.first_cursor, NULL);
	*begin = stats.first_cursor;
	return rc;
}

/* The seed is the secret behind the hashes in all states; where there is none, drawn anew. */
static void read_state(struct yg_hub_detect *d, struct yg_bytes state)
{
	uint8_t drawn[8];

	if (!yg_hdet_is_state(state)) {
		yg_random(drawn, sizeof(drawn));
		d->seed = yg_hdet_get_u64(drawn);
		return;
	}
	d->seed = yg_hdet_get_u64(state.data + 1);
	d->begin = yg_hdet_get_u64(state.data + 9);
	for (size_t at = STATE_SIZE; at < state.size; at += 8)
		if (!is_aside(d, yg_hdet_get_u64(state.data + at)) &&
		    d->aside_count < YG_HUB_DETECT_ASIDE_MAX)
			d->aside[d->aside_count++] = yg_hdet_get_u64(state.data + at);
}

static int load(void *arg, uint64_t *ret_cursor)
{
	struct yg_hub_detect *d = arg;
	struct yg_journal_stats stats;
	int rc = yg_facts_cursor(d->opts.facts, d->opts.name, &d->cursor, &d->state);

	d->begin = d->cursor;
	if (rc == YG_OK)
		read_state(d, yg_buf_bytes(&d->state));
	if (d->begin > d->cursor)
		rc = YG_EFORMAT;
	/* Also where it begins before its end: what comes next would count as looked at. */
	yg_journal_stats(d->opts.journal, &stats);
	if (rc == YG_OK && d->cursor > stats.durable)
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = skip_gap(d, &d->begin);
	*ret_cursor = d->begin;
	return rc;
}

static int open_consumer(struct yg_hub_detect *d)
{
	static const struct yg_consumer_ops ops = {load, begin, take, commit, abort_commit, passed};
	const struct yg_consumer_options options = {
		.name = d->opts.name,
		.ops = &ops,
		.arg = d,
		.records_max = d->opts.commit_max,
		.bytes_max = BYTES_MAX,
	};

	yg_hdet_forget_all(d);
	d->consumer = yg_consumer_free(d->consumer);
	d->is_stale = false;
	d->is_begun = false;
	d->is_ahead = false;
	return yg_consumer_new(d->opts.journal, &options, &d->consumer);
}

/* All states, and no judge: between two commits. */
static int save_all(struct yg_hub_detect *d)
{
	int rc = yg_hdet_save_due(d, 0, true);

	if (rc == YG_OK)
		rc = yg_hdet_commit_batch(d, d->cursor, d->cursor, NULL);
	if (rc != YG_OK)
		yg_hdet_give_up(d);
	return rc;
}

static void tell_counts(struct yg_hub_detect *d)
{
	(void)pthread_mutex_lock(&d->mutex);
	d->told = d->counts;
	d->told.judges = d->org_count;
	d->told.waiting = yg_hdet_waiting(d);
	d->told.bytes = d->bytes;
	d->told.cursor = d->cursor;
	(void)pthread_mutex_unlock(&d->mutex);
}

/* What was handed out ahead gets its commit: then the judges are where the cursor is. */
static int settle(struct yg_hub_detect *d)
{
	int rc = YG_OK;

	if (d->is_stale || !d->consumer || !d->is_begun || !d->is_ahead)
		return YG_OK;
	d->is_settling = true;
	rc = yg_consumer_step(d->consumer);
	d->is_settling = false;
	return rc;
}

int yg_hub_detect_save(struct yg_hub_detect *detect)
{
	int rc = settle(detect);

	if (rc != YG_OK)
		return rc;
	if (detect->is_stale || !detect->consumer || !detect->is_begun ||
	    yg_consumer_cursor(detect->consumer) < detect->cursor)
		return YG_OK; /* states on the way to the cursor are not those of the cursor */
	rc = save_all(detect);
	tell_counts(detect);
	return rc;
}

/* Changed rules take over; every organisation takes up its state again with its next batch. */
static int look_for_rules(struct yg_hub_detect *d)
{
	int took = YG_OK;
	int rc;

	if (d->is_ahead || yg_consumer_cursor(d->consumer) < d->cursor ||
	    !yg_hub_ask_has_changed(d->ask))
		return YG_OK;
	rc = save_all(d);
	if (rc != YG_OK)
		return rc;
	rc = yg_hdet_sleep_all(d);
	if (rc == YG_OK)
		rc = yg_hub_ask_take_set(d->ask, &took);
	if (rc != YG_OK || took != YG_OK) { /* no room: the former go on, with judges anew */
		d->is_stale = true;
		return rc != YG_OK ? rc : took;
	}
	note_set(d, true);
	return YG_OK;
}

/* Another engine, if there is one; and is the one that was there still there? */
static int need_engine(struct yg_hub_detect *d)
{
	int fd;
	int rc = YG_OK;

	(void)pthread_mutex_lock(&d->mutex);
	fd = d->next_fd;
	d->next_fd = -1;
	(void)pthread_mutex_unlock(&d->mutex);
	if (fd >= 0) {
		yg_hub_ask_open(d->ask, fd);
		d->is_stale = d->is_stale || d->is_begun;
	}
	if (!yg_hub_ask_is_open(d->ask))
		return YG_EPIPE;
	if (d->is_begun && !d->is_stale &&
	    !d->is_ahead) /* else there is no commit to hear it for */
		rc = yg_hub_ask_hear(d->ask);
	return rc;
}

/* The engine's judges are where the consumer is. */
static int prepare(struct yg_hub_detect *d)
{
	int rc = need_engine(d);

	if (rc == YG_EPIPE)
		d->is_stale = d->is_stale || d->is_begun;
	if (rc == YG_OK && (d->is_stale || !d->consumer))
		rc = open_consumer(d);
	if (rc == YG_OK && !d->is_begun)
		rc = begin_engine(d);
	return rc == YG_OK ? look_for_rules(d) : rc;
}

static int step(struct yg_hub_detect *detect)
{
	int rc = prepare(detect);

	if (rc != YG_OK)
		return rc == YG_EAGAIN ? YG_EIO : rc; /* EAGAIN means: nothing to do */
	rc = yg_consumer_step(detect->consumer);
	if (rc != YG_EAGAIN)
		return rc;
	/* Nothing came: states that are due are written all the same. */
	detect->written_ns = now_of(detect);
	if (yg_consumer_cursor(detect->consumer) < detect->cursor)
		return YG_EAGAIN;
	rc = yg_hdet_release_due(detect, detect->written_ns);
	if (rc == YG_OK)
		rc = yg_hdet_save_due(detect, detect->written_ns, false);
	if (rc == YG_OK && detect->is_open)
		rc = yg_hdet_commit_batch(detect, detect->cursor, detect->cursor, NULL);
	if (rc != YG_OK)
		yg_hdet_give_up(detect);
	else
		rc = yg_journal_passed(detect->opts.journal, detect->opts.name, detect->begin);
	return rc == YG_OK ? YG_EAGAIN : rc;
}

int yg_hub_detect_step(struct yg_hub_detect *detect)
{
	int rc = step(detect);

	tell_counts(detect);
	return rc;
}

/* ---- the thread ---- */

void yg_hub_detect_link(struct yg_hub_detect *detect, int take_fd)
{
	(void)pthread_mutex_lock(&detect->mutex);
	if (detect->next_fd >= 0)
		(void)close(detect->next_fd); /* of one that has ended already */
	detect->next_fd = take_fd;
	(void)pthread_mutex_unlock(&detect->mutex);
}

static bool has_next(struct yg_hub_detect *d)
{
	bool has;

	(void)pthread_mutex_lock(&d->mutex);
	has = d->next_fd >= 0;
	(void)pthread_mutex_unlock(&d->mutex);
	return has;
}

/* The parent starts another engine, and said so. */
static void wait_for_engine(struct yg_hub_detect *d)
{
	for (unsigned ms = 0; ms < AGAIN_MS && !has_next(d); ms += GATHER_MS)
		if (!yg_hub_thread_pause(&d->life, GATHER_MS))
			return;
}

static void say_state(struct yg_hub_detect *d, int rc)
{
	if (rc == YG_OK) {
		if (d->failures >= SAID_AT)
			yg_say(N_("findings are being written again"));
		d->failures = 0;
		return;
	}
	d->failures = rc == d->failed_rc ? d->failures + 1 : 1;
	d->failed_rc = rc;
	if (d->failures != SAID_AT)
		return;
	if (d->consumer && yg_consumer_fault(d->consumer)[0])
		yg_say_hint(N_("restore the journal from a backup (docs/journal.md: damage)"),
			    N_("the journal is damaged, findings end there: %s"),
			    yg_consumer_fault(d->consumer));
	else
		yg_say_hint(N_("nothing is lost: the journal keeps what is not looked at; it is "
			       "tried again"),
			    N_("findings cannot be written: %s%s%s"), yg_say_tr(yg_err_text(rc)),
			    yg_facts_trouble(d->opts.facts)[0] ? ": " : "",
			    yg_facts_trouble(d->opts.facts));
}

/* Commits that are not full begin at least GATHER_MS apart. */
static void gather(struct yg_hub_detect *d, int64_t took_ns)
{
	int64_t left_ms = GATHER_MS - took_ns / YG_HDET_NS_PER_MS;

	if (left_ms > 0)
		(void)yg_hub_thread_pause(&d->life, left_ms);
}

static void *run(void *arg)
{
	struct yg_hub_detect *d = arg;

	const struct yg_clock steady = yg_clock_steady();

	while (!yg_hub_thread_ends(&d->life)) {
		uint64_t before = d->consumer ? yg_consumer_cursor(d->consumer) : 0;
		int64_t began_ns = steady.now_ns(steady.arg);
		int rc = yg_hub_detect_step(d);

		if (yg_hub_thread_ends(&d->life))
			break;
		if (rc == YG_OK) {
			say_state(d, YG_OK);
			if (yg_consumer_cursor(d->consumer) - before < d->opts.commit_max / 2)
				gather(d, steady.now_ns(steady.arg) - began_ns);
		} else if (rc == YG_EAGAIN) {
			(void)!yg_consumer_wait(d->consumer, IDLE_MS); /* looks again */
		} else if (rc == YG_EPIPE) {
			wait_for_engine(d);
		} else {
			say_state(d, rc);
			(void)yg_hub_thread_pause(&d->life, AGAIN_MS);
		}
	}
	return NULL;
}

/* ---- beginning and end ---- */

static bool is_ending(void *arg)
{
	return yg_hub_thread_ends(&((struct yg_hub_detect *)arg)->life);
}

static void distrust(void *arg)
{
	const struct yg_hub_detect *d = arg;

	yg_say_hint(N_("it is started again, and nothing is lost; please report this"),
		    N_("the process that looks at logs gave an answer that cannot be, or none"));
	if (d->opts.distrust)
		d->opts.distrust(d->opts.arg);
}

static int make_ask(struct yg_hub_detect *d)
{
	const struct yg_hub_ask_opts opts = {
		.finding = put_finding,
		.outcome = put_outcome,
		.look = put_look,
		.judged = on_judged,
		.distrust = distrust,
		.is_ending = is_ending,
		.arg = d,
		.answer_ms = d->opts.answer_ms,
	};

	d->ask = yg_hub_ask_new(&opts);
	return d->ask ? YG_OK : YG_ENOMEM;
}

int yg_hub_detect_new(const struct yg_hub_detect_opts *opts, struct yg_hub_detect **ret)
{
	struct yg_hub_detect *d = yg_calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return YG_ENOMEM;
	d->opts = *opts;
	d->next_fd = -1;
	if (d->opts.orgs_max == 0)
		d->opts.orgs_max = YG_HUB_DETECT_ORGS_MAX;
	if (d->opts.bytes_max == 0)
		d->opts.bytes_max = YG_HUB_DETECT_BYTES_MAX;
	if (d->opts.commit_max == 0)
		d->opts.commit_max = YG_HUB_DETECT_COMMIT_MAX;
	if (d->opts.save_ms == 0)
		d->opts.save_ms = YG_HUB_DETECT_SAVE_MS;
	yg_buf_init(&d->state, YG_HUB_STATE_MAX);
	(void)pthread_mutex_init(&d->mutex, NULL); /* glibc: always */
	rc = make_ask(d);
	if (rc == YG_OK)
		rc = open_consumer(d);
	d->counts.reload_cursor = d->cursor;
	tell_counts(d);
	if (rc == YG_OK)
		*ret = d;
	else
		(void)yg_hub_detect_free(d);
	return rc;
}

int yg_hub_detect_start(struct yg_hub_detect *detect)
{
	return yg_hub_thread_start(&detect->life, YG_THREAD_PREFIX "detect", run, detect);
}

struct yg_hub_detect *yg_hub_detect_free(struct yg_hub_detect *d)
{
	bool was_running;

	if (!d)
		return NULL;
	was_running = d->life.is_running;
	yg_hub_thread_done(&d->life);
	/* Else they are made again from the journal at the next start. */
	if (was_running)
		(void)!yg_hub_detect_save(d);
	yg_hdet_forget_all(d);
	(void)yg_consumer_free(d->consumer);
	(void)yg_hub_ask_free(d->ask);
	if (d->next_fd >= 0)
		(void)close(d->next_fd); /* nothing was said over it */
	(void)pthread_mutex_destroy(&d->mutex);
	yg_buf_done(&d->state);
	free(d);
	return NULL;
}

struct yg_hub_detect_counts yg_hub_detect_counts(struct yg_hub_detect *detect)
{
	struct yg_hub_detect_counts counts;

	(void)pthread_mutex_lock(&detect->mutex);
	counts = detect->told;
	(void)pthread_mutex_unlock(&detect->mutex);
	return counts;
}
