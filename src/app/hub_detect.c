/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_detect.h"

#include <pthread.h>
#include <stdatomic.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "journal/consumer.h"

#include "base/ban.h"

#define RECORDS_MAX 256u       /* batches of one commit, so that it is soon done */
#define BYTES_MAX   (2u << 20) /* packed */
#define IDLE_MS	    200u
#define GATHER_MS   20u	  /* between two commits that are not full: each waits for the disk */
#define AGAIN_MS    1000u /* after an error */
#define SAID_AT	    2u	  /* an error that is gone the next time is nobody's trouble */
#define BUCKETS	    1024u
#define NS_PER_MS   INT64_C(1000000)
#define STATE_SIZE  17u /* version, seed, where reading begins */
#define STATE_V	    1u

/* An organisation whose judge is there. */
struct org {
	struct org *next;  /* of the bucket */
	struct org *older; /* in the order of use */
	struct org *newer;
	char name[YG_FACT_ORG_MAX + 1];
	uint64_t saved;	   /* position its written state is of */
	uint64_t position; /* of its last batch */
	size_t bytes;	   /* of its judge, when it was looked at last */
	uint64_t pushed_out;
	uint64_t dirty; /* its first batch that is in no written state; 0: none */
	int64_t dirty_ns;
};

struct yg_hub_detect {
	struct yg_hub_detect_opts opts;
	struct yg_consumer *consumer;
	struct yg_hub_judges *judges;
	uint64_t seed;
	uint64_t cursor; /* committed with rows */
	uint64_t begin;	 /* where a restart has to read from, as committed */
	struct org *buckets[BUCKETS];
	struct org *newest;
	struct org *oldest;
	unsigned org_count;
	struct yg_buf state;
	bool is_open;  /* a batch of the store */
	bool is_stale; /* judges are ahead of what was committed */
	int64_t written_ns;
	uint64_t bytes; /* of all judges */
	struct yg_hub_detect_counts counts;
	struct yg_hub_detect_counts told; /* to other threads, under the mutex */
	struct yg_hub_detect_counts now;  /* of the open batch */
	bool is_gap_said;
	int failed_rc;
	unsigned failures;

	bool is_running;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	atomic_bool is_ending;
};

static int64_t now_of(const struct yg_hub_detect *d)
{
	return d->opts.clock.now_ns(d->opts.clock.arg);
}

static struct yg_bytes name_of(const struct org *org)
{
	return yg_bytes_str(org->name);
}

/* ---- organisations ---- */

static void unlink_use(struct yg_hub_detect *d, struct org *org)
{
	*(org->newer ? &org->newer->older : &d->newest) = org->older;
	*(org->older ? &org->older->newer : &d->oldest) = org->newer;
	org->older = NULL;
	org->newer = NULL;
}

static void link_newest(struct yg_hub_detect *d, struct org *org)
{
	org->older = d->newest;
	*(d->newest ? &d->newest->newer : &d->oldest) = org;
	d->newest = org;
}

static struct org **place_of(struct yg_hub_detect *d, struct yg_bytes name)
{
	struct org **at = &d->buckets[yg_hash64(name, 0) % BUCKETS];

	while (*at && !yg_bytes_eq(name_of(*at), name))
		at = &(*at)->next;
	return at;
}

static void forget_org(struct yg_hub_detect *d, struct org *org)
{
	struct org **at = place_of(d, name_of(org));

	yg_hub_judges_drop(d->judges, name_of(org));
	d->bytes -= org->bytes;
	*at = org->next;
	unlink_use(d, org);
	d->org_count--;
	free(org);
}

static void forget_all(struct yg_hub_detect *d)
{
	while (d->newest)
		forget_org(d, d->newest);
}

/* ---- states ---- */

static void put_u64(uint8_t *to, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_u64(const uint8_t *from)
{
	uint64_t value = 0;

	for (unsigned i = 8; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

int yg_hub_detect_begin_of(struct yg_bytes state, uint64_t *ret)
{
	bool is_ours = state.size == STATE_SIZE && state.data[0] == STATE_V;

	*ret = is_ours ? get_u64(state.data + 9) : 0;
	return is_ours || state.size == 0 ? YG_OK : YG_EFORMAT;
}

static int open_batch(struct yg_hub_detect *d)
{
	int rc;

	if (d->is_open)
		return YG_OK;
	rc = yg_facts_begin(d->opts.facts, d->opts.name, d->cursor);
	d->is_open = rc == YG_OK;
	d->now = (struct yg_hub_detect_counts){0};
	return rc;
}

static int save_org(struct yg_hub_detect *d, struct org *org)
{
	int rc = open_batch(d);

	yg_buf_reset(&d->state);
	if (rc == YG_OK)
		rc = yg_hub_judges_save(d->judges, name_of(org), &d->state);
	if (rc == YG_OK)
		rc = yg_facts_put_part(d->opts.facts, name_of(org), org->position,
				       yg_buf_bytes(&d->state));
	if (rc != YG_OK)
		return rc;
	org->saved = org->position;
	org->dirty = 0;
	d->now.saved++;
	return YG_OK;
}

/* The states that are due; all with @is_all. */
static int save_due(struct yg_hub_detect *d, int64_t now_ns, bool is_all)
{
	int64_t save_ns = d->opts.save_ms * NS_PER_MS;
	uint64_t bytes = 0;
	unsigned count = 0;
	int rc = YG_OK;

	for (struct org *org = d->oldest; rc == YG_OK && org; org = org->newer) {
		int64_t age_ns = now_ns - org->dirty_ns;

		if (org->dirty == 0 || (!is_all && age_ns >= 0 && age_ns < save_ns))
			continue;
		if (!is_all && (count >= YG_HUB_DETECT_SAVES_MAX ||
				(count > 0 && bytes >= YG_HUB_DETECT_SAVE_BYTES)))
			break;
		rc = save_org(d, org);
		bytes += d->state.size;
		count++;
	}
	return rc;
}

/* Where a restart would have to begin, when the journal was read up to @read. */
static uint64_t begin_of(const struct yg_hub_detect *d, uint64_t read)
{
	uint64_t begin = read;

	for (const struct org *org = d->oldest; org; org = org->newer)
		if (org->dirty != 0 && org->dirty - 1 < begin)
			begin = org->dirty - 1;
	return begin;
}

static void add_counts(struct yg_hub_detect_counts *to, const struct yg_hub_detect_counts *more)
{
	to->batches += more->batches;
	to->records += more->records;
	to->unread += more->unread;
	to->findings += more->findings;
	to->damaged += more->damaged;
	to->saved += more->saved;
}

/* Rows, states and cursor, if there are any. @read: so far the journal was read. */
static int commit_batch(struct yg_hub_detect *d, uint64_t cursor, uint64_t read)
{
	uint8_t bytes[STATE_SIZE] = {STATE_V};
	const struct yg_bytes state = {bytes, sizeof(bytes)};
	uint64_t begin = begin_of(d, read);
	int rc;

	if (!d->is_open)
		return YG_OK;
	put_u64(bytes + 1, d->seed);
	put_u64(bytes + 9, begin);
	rc = yg_facts_commit(d->opts.facts, cursor, &state);
	d->is_open = false;
	if (rc != YG_OK)
		return rc;
	d->cursor = cursor;
	d->begin = begin;
	add_counts(&d->counts, &d->now);
	return YG_OK;
}

/* What was not committed is made again: the judges have seen it already. */
static void give_up(struct yg_hub_detect *d)
{
	if (d->is_open)
		yg_facts_abort(d->opts.facts);
	d->is_open = false;
	d->is_stale = true;
}

/* ---- judges ---- */

/* The state of an organisation that comes back, or comes for the first time. */
static int load_org(struct yg_hub_detect *d, struct org *org)
{
	uint64_t left_out = 0;
	int rc = yg_facts_part(d->opts.facts, d->opts.name, name_of(org), &org->saved, &d->state);

	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc == YG_OK)
		rc = yg_hub_judges_restore(d->judges, name_of(org), yg_buf_bytes(&d->state),
					   &left_out);
	org->position = org->saved;
	if (rc != YG_EFORMAT && rc != YG_EDIGEST && rc != YG_EMISMATCH)
		return rc;
	d->counts.lost_states++;
	yg_say(N_("%s: what correlations remembered cannot be read and begins anew: %s"),
	       yg_say_safe(name_of(org), YG_FACT_ORG_MAX), yg_say_tr(yg_err_text(rc)));
	return YG_OK;
}

/* The one that was silent for longest goes. */
static int give_up_oldest(struct yg_hub_detect *d)
{
	struct org *last = d->oldest;
	int rc = YG_OK;

	if (last->dirty != 0)
		rc = save_org(d, last);
	if (rc != YG_OK)
		return rc;
	d->counts.evicted++;
	forget_org(d, last);
	return YG_OK;
}

/* What the judge holds, after a batch; others make room for it. */
static int weigh(struct yg_hub_detect *d, struct org *org)
{
	uint64_t pushed_out = yg_hub_judges_evicted(d->judges, name_of(org));
	int rc = YG_OK;

	d->bytes -= org->bytes;
	org->bytes = yg_hub_judges_bytes(d->judges, name_of(org));
	d->bytes += org->bytes;
	if (pushed_out > org->pushed_out)
		d->counts.pushed_out += pushed_out - org->pushed_out;
	org->pushed_out = pushed_out;
	while (rc == YG_OK && d->bytes > d->opts.bytes_max && d->oldest != org)
		rc = give_up_oldest(d);
	return rc;
}

static int need_org(struct yg_hub_detect *d, struct yg_bytes name, struct org **ret)
{
	struct org *org = *place_of(d, name);
	int rc;

	if (org) {
		unlink_use(d, org);
		link_newest(d, org);
		*ret = org;
		return YG_OK;
	}
	if (name.size == 0 || name.size > YG_FACT_ORG_MAX)
		return YG_EFORMAT;
	rc = d->org_count < d->opts.orgs_max ? YG_OK : give_up_oldest(d);
	if (rc != YG_OK)
		return rc;
	org = yg_calloc(1, sizeof(*org));
	if (!org)
		return YG_ENOMEM;
	memcpy(org->name, name.data, name.size);
	*place_of(d, name) = org; /* the end of its bucket */
	link_newest(d, org);
	d->org_count++;
	*ret = org;
	return load_org(d, org);
}

/* Judges for the running set of rules. */
static int make_judges(struct yg_hub_detect *d, bool has_seed)
{
	const struct yg_rule_set *set = &d->opts.rules->set;
	struct yg_hub_judges_opts opts = {
		.engine = set->rules.engine,
		.indicators = set->lists.set,
		.parse = {.zone = d->opts.rules->zone, .sources = d->opts.rules->sources.sources},
		.valid_until = yg_hub_indicators_until,
		.valid_until_arg = d->opts.rules->known,
		.has_seed = has_seed,
		.seed = d->seed,
	};
	struct yg_hub_judges *judges;
	int rc;

	yg_hex((struct yg_bytes){set->rules.key, YG_DIGEST_BYTES}, opts.rules);
	rc = yg_hub_judges_new(&opts, &judges);
	if (rc != YG_OK)
		return rc;
	(void)yg_hub_judges_free(d->judges);
	d->judges = judges;
	d->seed = yg_hub_judges_seed(judges);
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

static int put_outcome(void *arg, const uint8_t id[YG_FACT_ID_BYTES], enum yg_outcome outcome,
		       struct yg_bytes reason)
{
	struct yg_hub_detect *d = arg;
	int rc = yg_facts_outcome(d->opts.facts, id, outcome, reason);

	return rc == YG_ENOENT ? YG_OK : rc; /* it has expired */
}

/* What was acknowledged was whole; now it is not: said, and its neighbours count. */
static int pass_over(struct yg_hub_detect *d, const struct yg_journal_record *record, int rc)
{
	d->now.damaged++;
	yg_say_hint(N_("the archive has the same trouble: `yagura admin archive verify`"),
		    N_("batch %llu of %s cannot be read and was not looked at: %s"),
		    (unsigned long long)record->position,
		    yg_say_safe(record->batch.sensor, YG_JOURNAL_SENSOR_MAX),
		    yg_say_tr(yg_err_text(rc)));
	return YG_OK;
}

static int count_batch(struct yg_hub_detect *d, const struct yg_hub_batch *batch,
		       const struct yg_hub_batch_counts *counts)
{
	d->now.batches++;
	d->now.records += counts->records;
	d->now.unread += counts->unread;
	d->now.findings += counts->findings;
	return yg_facts_count_records(d->opts.facts, batch->org, batch->received_ns,
				      counts->records, counts->bytes);
}

/* The judge has seen @position: its state is another now. */
static int note_taken(struct yg_hub_detect *d, struct org *org, uint64_t position)
{
	org->position = position;
	if (org->dirty == 0) {
		org->dirty = position;
		org->dirty_ns = d->written_ns;
	}
	return weigh(d, org);
}

static bool is_of_body(int rc)
{
	return rc == YG_EFORMAT || rc == YG_EDIGEST || rc == YG_ELIMIT;
}

static int take_batch(struct yg_hub_detect *d, const struct yg_journal_record *record)
{
	const struct yg_hub_judged out = {put_finding, put_outcome, d};
	size_t cut = yg_bytes_chr(record->batch.sensor, '/');
	const struct yg_hub_batch batch = {
		.org = yg_bytes_cut(record->batch.sensor, 0, cut),
		.sensor = yg_bytes_from(record->batch.sensor, cut + 1),
		.position = record->position,
		.received_ns = record->batch.received_ns,
		.body = record->batch.body,
	};
	bool is_new = record->position > d->cursor;
	struct yg_hub_batch_counts counts;
	struct org *org;
	int rc = cut == SIZE_MAX || batch.sensor.size == 0 ? YG_EFORMAT
							   : need_org(d, batch.org, &org);

	if (rc == YG_EFORMAT)
		return is_new ? pass_over(d, record, rc) : YG_OK;
	if (rc != YG_OK || record->position <= org->saved)
		return rc; /* in its state already */
	rc = yg_hub_judges_take(d->judges, &batch, is_new ? &out : NULL, &counts);
	if (is_of_body(rc))
		return is_new ? pass_over(d, record, rc) : YG_OK;
	if (rc == YG_OK)
		rc = note_taken(d, org, record->position);
	if (rc != YG_OK)
		return rc;
	if (is_new)
		return count_batch(d, &batch, &counts);
	d->counts.replayed++;
	return YG_OK;
}

/* ---- the consumer ---- */

static int take(void *arg, const struct yg_journal_record *record)
{
	struct yg_hub_detect *d = arg;
	int rc = YG_OK;

	if (record->position > d->cursor)
		rc = open_batch(d);
	if (rc == YG_OK && record->batch.kind == YG_JOURNAL_BATCH)
		rc = take_batch(d, record);
	return rc;
}

static int begin(void *arg)
{
	struct yg_hub_detect *d = arg;

	d->written_ns = now_of(d);
	return YG_OK;
}

static int commit(void *arg, uint64_t cursor)
{
	struct yg_hub_detect *d = arg;
	int rc = YG_OK;

	if (cursor < d->cursor) /* still on the way there: at most a judge was given up */
		return commit_batch(d, d->cursor, cursor);
	rc = save_due(d, d->written_ns, false);
	return rc == YG_OK ? commit_batch(d, cursor, cursor) : rc;
}

static void abort_commit(void *arg)
{
	give_up(arg);
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
	rc = open_batch(d);
	if (rc == YG_OK)
		rc = commit_batch(d, stats.first_cursor, stats.first_cursor);
	*begin = stats.first_cursor;
	return rc;
}

static int load(void *arg, uint64_t *ret_cursor)
{
	struct yg_hub_detect *d = arg;
	int rc = yg_facts_cursor(d->opts.facts, d->opts.name, &d->cursor, &d->state);
	struct yg_bytes state = yg_buf_bytes(&d->state);
	bool has_seed = rc == YG_OK && state.size == STATE_SIZE && state.data[0] == STATE_V;

	d->begin = d->cursor;
	if (has_seed) {
		d->seed = get_u64(state.data + 1);
		d->begin = get_u64(state.data + 9);
	}
	if (d->begin > d->cursor)
		rc = YG_EFORMAT;
	if (rc == YG_OK)
		rc = make_judges(d, has_seed);
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
		.records_max = RECORDS_MAX,
		.bytes_max = BYTES_MAX,
	};

	forget_all(d);
	d->consumer = yg_consumer_free(d->consumer);
	d->is_stale = false;
	return yg_consumer_new(d->opts.journal, &options, &d->consumer);
}

/* All states, and no judge: between two commits. */
static int save_all(struct yg_hub_detect *d)
{
	int rc = save_due(d, 0, true);

	if (rc == YG_OK)
		rc = commit_batch(d, d->cursor, d->cursor);
	if (rc != YG_OK)
		give_up(d);
	return rc;
}

static void tell_counts(struct yg_hub_detect *d)
{
	(void)pthread_mutex_lock(&d->mutex);
	d->told = d->counts;
	d->told.judges = d->org_count;
	d->told.bytes = d->bytes;
	d->told.cursor = d->cursor;
	(void)pthread_mutex_unlock(&d->mutex);
}

int yg_hub_detect_save(struct yg_hub_detect *detect)
{
	int rc;

	if (detect->is_stale || !detect->consumer ||
	    yg_consumer_cursor(detect->consumer) < detect->cursor)
		return YG_OK; /* states on the way to the cursor are not those of the cursor */
	rc = save_all(detect);
	tell_counts(detect);
	return rc;
}

/* Changed rules take over; every organisation takes up its state again with its next batch. */
static int look_for_rules(struct yg_hub_detect *d)
{
	struct yg_rule_set set;
	int took;
	int rc;

	if (yg_consumer_cursor(d->consumer) < d->cursor || !yg_hub_rules_look(d->opts.rules, &set))
		return YG_OK;
	rc = save_all(d);
	if (rc != YG_OK) {
		yg_rule_set_done(&set); /* the next change, or the next start, brings it again */
		return rc;
	}
	forget_all(d);
	d->judges = yg_hub_judges_free(d->judges);
	took = yg_hub_rules_take(d->opts.rules, &set);
	if (took != YG_OK) /* no room: the former go on */
		yg_rule_set_done(&set);
	rc = make_judges(d, true);
	if (rc != YG_OK || took != YG_OK) {
		d->is_stale = rc != YG_OK;
		return rc != YG_OK ? rc : took;
	}
	d->counts.reloads++;
	d->counts.reload_cursor = d->cursor;
	yg_say(N_("changed rules and indicators were taken over: %u rules, %u indicators"),
	       d->opts.rules->set.rules.loaded,
	       d->opts.rules->set.lists.set ? yg_indicators_count(d->opts.rules->set.lists.set)
					    : 0);
	return YG_OK;
}

static int step(struct yg_hub_detect *detect)
{
	int rc = YG_OK;

	if (detect->is_stale || !detect->consumer)
		rc = open_consumer(detect);
	if (rc == YG_OK)
		rc = look_for_rules(detect);
	if (rc == YG_OK)
		rc = yg_consumer_step(detect->consumer);
	if (rc != YG_EAGAIN)
		return rc;
	/* Nothing came: states that are due are written all the same. */
	detect->written_ns = now_of(detect);
	if (yg_consumer_cursor(detect->consumer) < detect->cursor)
		return YG_EAGAIN;
	rc = save_due(detect, detect->written_ns, false);
	if (rc == YG_OK && detect->is_open)
		rc = commit_batch(detect, detect->cursor, detect->cursor);
	if (rc != YG_OK)
		give_up(detect);
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

static void pause_ms(struct yg_hub_detect *d, unsigned ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	until.tv_nsec += (long)(ms % 1000) * NS_PER_MS;
	until.tv_sec += ms / 1000 + until.tv_nsec / YG_NS_PER_S;
	until.tv_nsec %= YG_NS_PER_S;
	(void)pthread_mutex_lock(&d->mutex);
	while (!d->is_ending && pthread_cond_timedwait(&d->changed, &d->mutex, &until) != ETIMEDOUT)
		;
	(void)pthread_mutex_unlock(&d->mutex);
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

static void *run(void *arg)
{
	struct yg_hub_detect *d = arg;

	while (!d->is_ending) {
		uint64_t before = d->consumer ? yg_consumer_cursor(d->consumer) : 0;
		int rc = yg_hub_detect_step(d);

		if (d->is_ending)
			break;
		if (rc == YG_OK) {
			say_state(d, YG_OK);
			if (yg_consumer_cursor(d->consumer) - before < RECORDS_MAX / 2)
				pause_ms(d, GATHER_MS);
		} else if (rc == YG_EAGAIN) {
			(void)!yg_consumer_wait(d->consumer, IDLE_MS); /* looks again */
		} else {
			say_state(d, rc);
			pause_ms(d, AGAIN_MS);
		}
	}
	return NULL;
}

/* ---- beginning and end ---- */

static int make_locks(struct yg_hub_detect *d)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0)
		return YG_ENOMEM;
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* Linux has it */
	if (pthread_cond_init(&d->changed, &attr) != 0 || pthread_mutex_init(&d->mutex, NULL) != 0)
		return YG_ENOMEM; /* glibc: never */
	(void)pthread_condattr_destroy(&attr);
	return YG_OK;
}

int yg_hub_detect_new(const struct yg_hub_detect_opts *opts, struct yg_hub_detect **ret)
{
	struct yg_hub_detect *d = yg_calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return YG_ENOMEM;
	d->opts = *opts;
	if (d->opts.orgs_max == 0)
		d->opts.orgs_max = YG_HUB_DETECT_ORGS_MAX;
	if (d->opts.bytes_max == 0)
		d->opts.bytes_max = YG_HUB_DETECT_BYTES_MAX;
	if (d->opts.save_ms == 0)
		d->opts.save_ms = YG_HUB_DETECT_SAVE_MS;
	yg_buf_init(&d->state, YG_HUB_STATE_MAX);
	rc = make_locks(d);
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
	int error = pthread_create(&detect->thread, NULL, run, detect);

	detect->is_running = error == 0;
	return error == 0 ? YG_OK : yg_err_from_errno(error);
}

struct yg_hub_detect *yg_hub_detect_free(struct yg_hub_detect *d)
{
	if (!d)
		return NULL;
	if (d->is_running) {
		(void)pthread_mutex_lock(&d->mutex);
		d->is_ending = true;
		(void)pthread_cond_broadcast(&d->changed);
		(void)pthread_mutex_unlock(&d->mutex);
		(void)pthread_join(d->thread, NULL); /* it was made, and joined nowhere else */
		/* Else they are made again from the journal at the next start. */
		(void)!yg_hub_detect_save(d);
	}
	forget_all(d);
	(void)yg_consumer_free(d->consumer);
	(void)yg_hub_judges_free(d->judges);
	(void)pthread_mutex_destroy(&d->mutex);
	(void)pthread_cond_destroy(&d->changed);
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
