/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* headers of libraries mention the names */
#include "app/hub_situations.h"

#include <sched.h>

#include "app/hub_thread.h"
#include "app/say.h"
#include "app/walls.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/zone.h"
#include "correlate/bundle.h"
#include "model/day.h"
#include "parse/csv.h"

#include "base/ban.h"

#define IDLE_MS	   200u
#define GATHER_MS  300u	 /* between two commits that are not full: a bundle changes many times */
#define REST	   2u	 /* times as long as the last commit took, it rests */
#define REST_MS	   2000u /* but no longer */
#define AGAIN_MS   1000u
#define ARENA_MAX  (128u << 20)
#define LOG_MAX	   (2u * YG_FACT_TEXT_MAX)
#define SAID_AT	   2u /* an error that is gone the next time is nobody's trouble */
#define BATCH_MAX  YG_FACT_LIST_MAX
#define COMMIT_MAX (8u * BATCH_MAX)  /* bundles */
#define HOLD_NS	   (YG_NS_PER_S / 2) /* of one commit: people's own changes wait for its end */

struct yg_hub_situations {
	struct yg_facts *facts;
	struct yg_facts *owned; /* the same, when it is ours to close */
	struct yg_situations *store;
	struct yg_clock clock;
	uint32_t batch;
	struct yg_noise_lists *lists;
	unsigned steps;
	uint64_t settings; /* that lists and steps are of */
	bool has_settings;
	/* of the batch */
	uint64_t change;
	uint32_t count;
	int64_t written_ns; /* the newest */
	int64_t row_ns;	    /* of the row that is tied */
	int failed_rc;
	unsigned failures;

	struct yg_hub_thread life;
};

/* ---- noise removal ---- */

int yg_hub_noise_read(struct yg_noise_lists *lists, bool is_allowed, struct yg_bytes content,
		      struct yg_line_fault *reterr)
{
	struct yg_bytes text = yg_bytes_trim(content);
	struct yg_table table = {0};
	struct yg_arena *arena;
	int rc;

	if (content.size > YG_NOISE_LIST_BYTES_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "larger than %u MiB",
					 YG_NOISE_LIST_BYTES_MAX >> 20);
	if (!is_allowed && text.size > 0 && (text.data[0] == '[' || text.data[0] == '{'))
		return yg_noise_add_scanners(lists, content, reterr);
	arena = yg_arena_new(ARENA_MAX);
	if (!arena)
		return YG_ENOMEM;
	rc = yg_csv_read(content, arena, &table, reterr);
	if (rc == YG_OK)
		rc = yg_noise_add_table(lists, is_allowed, &table, reterr);
	(void)yg_arena_free(arena); /* always NULL */
	return rc;
}

static int add_list(void *arg, const struct yg_situation_list *list)
{
	struct yg_line_fault fault = {0};
	int rc;

	if (!list->is_on)
		return YG_OK;
	rc = yg_hub_noise_read(arg, list->is_allowed, list->body, &fault);
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	/* It was read before it was kept; a later version may be stricter. */
	yg_say(N_("noise list %s is left out: line %u: %s"), yg_say_safe(list->name, 100),
	       (unsigned)fault.line, fault.msg);
	return YG_OK;
}

/* What holds now, when it is not what held before. */
static int load_settings(struct yg_hub_situations *h)
{
	struct yg_noise_lists *lists = NULL;
	uint64_t settings = 0;
	int rc = yg_situations_settings(h->store, &settings);

	if (rc != YG_OK || (h->has_settings && settings == h->settings))
		return rc;
	rc = yg_noise_lists_new(&lists);
	if (rc == YG_OK)
		rc = yg_situations_lists(h->store, true, add_list, lists);
	if (rc == YG_OK)
		rc = yg_situations_steps(h->store, &h->steps);
	if (rc != YG_OK) {
		(void)yg_noise_lists_free(lists);
		return rc;
	}
	yg_noise_lists_ready(lists);
	(void)yg_noise_lists_free(h->lists);
	h->lists = lists;
	h->settings = settings;
	h->has_settings = true;
	return YG_OK;
}

/* ---- ties ---- */

static int near(void *arg, const struct yg_bundle_key *key, int64_t from_ns, int64_t to_ns,
		struct yg_bundle_span *ret, unsigned *ret_count)
{
	struct yg_hub_situations *h = arg;
	struct yg_situation_span spans[YG_BUNDLE_SPANS_MAX];
	int rc = yg_situations_near(h->store, key->key, from_ns, to_ns, spans, YG_BUNDLE_SPANS_MAX,
				    ret_count);

	for (unsigned i = 0; rc == YG_OK && i < *ret_count; i++) {
		ret[i].first_ns = spans[i].first_ns;
		ret[i].last_ns = spans[i].last_ns;
		ret[i].node = spans[i].node;
		ret[i].alerts = spans[i].alerts;
	}
	return rc;
}

static int drop(void *arg, const struct yg_bundle_span *span)
{
	struct yg_hub_situations *h = arg;

	return yg_situations_drop_span(h->store, span->key.key, span->first_ns);
}

static int put(void *arg, const struct yg_bundle_span *span)
{
	struct yg_hub_situations *h = arg;
	const struct yg_situation_span one = {.key = span->key.key,
					      .first_ns = span->first_ns,
					      .last_ns = span->last_ns,
					      .node = span->node,
					      .alerts = span->alerts,
					      .touched_ns = h->row_ns,
					      .tie = span->key.tie,
					      .value = yg_bytes_str(span->key.value)};

	return yg_situations_put_span(h->store, &one);
}

static int fresh(void *arg, bool is_group, uint64_t *ret)
{
	struct yg_hub_situations *h = arg;

	return yg_situations_fresh(h->store, is_group, ret);
}

static int unite(void *arg, bool is_group, uint64_t a, uint64_t b, uint64_t *ret)
{
	struct yg_hub_situations *h = arg;

	return yg_situations_unite(h->store, is_group, a, b, ret);
}

static enum yg_noise judge(const struct yg_hub_situations *h, const struct yg_fact_finding *f,
			   char *why)
{
	const struct yg_noise_alert alert = {.org = f->org,
					     .rule = f->rule,
					     .actor = f->actor,
					     .reason = f->reason,
					     .level = f->level,
					     .kind = f->kind,
					     .outcome = f->outcome,
					     .time_ns = f->minute_ns};

	return yg_noise_judge(h->lists, h->steps, &alert, why);
}

/* Its chain, and how many of its keys are tied now. */
static int tie(struct yg_hub_situations *h, const struct yg_fact_finding *f,
	       const struct yg_situation_alert *was, struct yg_situation_alert *a,
	       uint8_t pattern[YG_BUNDLE_KEY_BYTES])
{
	const struct yg_bundle_alert alert = {.org = f->org,
					      .rule = f->rule,
					      .title = f->title,
					      .actor = f->actor,
					      .target = f->target,
					      .matched = f->matched,
					      .field = f->field,
					      .kind = f->kind,
					      .outcome = f->outcome,
					      .time_ns = f->minute_ns};
	const struct yg_bundle_ports ports = {near, drop, put, fresh, unite, h};
	struct yg_bundle_key keys[YG_BUNDLE_KEYS_MAX];
	struct yg_bundle_key by;
	uint64_t group = 0;
	int rc = YG_OK;

	a->keys = yg_bundle_keys(&alert, keys, &by);
	memcpy(pattern, by.key, YG_BUNDLE_KEY_BYTES);
	a->chain = was ? was->chain : 0;
	h->row_ns = f->written_ns;
	if (!was)
		rc = yg_bundle_join_pattern(&ports, &by, f->minute_ns, &group);
	if (rc != YG_OK || (was && (was->is_by_hand || was->keys >= a->keys)))
		return rc; /* people said where it is, or nothing is new */
	return yg_bundle_join(&ports, keys, a->keys, was ? was->keys : 0, f->minute_ns, a->chain,
			      &a->chain);
}

static bool is_same(const struct yg_situation_alert *a, const struct yg_situation_alert *was)
{
	return was && a->chain == was->chain && a->step == was->step && a->keys == was->keys &&
	       a->outcome == was->outcome && a->count == was->count && a->level == was->level &&
	       a->first_ns == was->first_ns && a->last_ns == was->last_ns;
}

static int take(void *arg, const struct yg_fact_finding *f)
{
	struct yg_hub_situations *h = arg;
	uint8_t pattern[YG_BUNDLE_KEY_BYTES];
	char why[YG_NOISE_WHY_MAX];
	char log[LOG_MAX];
	struct yg_situation_alert was;
	struct yg_situation_alert a = {
		.org = f->org,
		.rule = f->rule,
		.title = f->title,
		.title_ja = f->title_ja,
		.actor = f->actor,
		.target = f->target,
		.pattern = pattern,
		.level = f->level,
		.outcome = f->outcome,
		.is_outside = yg_bundle_is_outside(f->actor),
		.count = f->count,
		.minute_ns = f->minute_ns,
		.first_ns = f->first_ns,
		.last_ns = f->last_ns,
		.day_ns = yg_day_part_ns(yg_zone_of(h->clock), f->received_ns),
	};
	int size = snprintf(log, sizeof(log), "%.*s/%.*s", YG_FMT(f->sensor), YG_FMT(f->source));
	int rc;

	memcpy(a.id, f->id, sizeof(a.id));
	a.log = yg_bytes_cut(yg_bytes_str(log), 0, (size_t)size);
	h->change = f->change;
	h->count++;
	if (f->written_ns > h->written_ns)
		h->written_ns = f->written_ns;
	rc = yg_situations_alert(h->store, f->id, &was);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	a.step = judge(h, f, why);
	a.why = yg_bytes_str(why);
	const struct yg_situation_alert *known = rc == YG_OK ? &was : NULL;

	rc = tie(h, f, known, &a, pattern);
	return rc == YG_OK && !is_same(&a, known) ? yg_situations_put_alert(h->store, &a) : rc;
}

static int take_page(struct yg_hub_situations *h, uint64_t after)
{
	struct yg_fact_filter filter = {
		.is_all_orgs = true, .by_change = true, .after_change = after, .limit = h->batch};
	const struct yg_clock steady = yg_clock_steady();
	const int64_t began_ns = steady.now_ns(steady.arg);
	uint32_t before;
	int rc = yg_situations_begin(h->store, after);

	if (rc != YG_OK)
		return rc;
	do { /* what lies behind is caught up with in larger commits: each waits for the disk */
		before = h->count;
		rc = yg_facts_list(h->facts, &filter, take, h);
		filter.after_change = h->change;
	} while (rc == YG_OK && h->count - before == h->batch && h->count < COMMIT_MAX &&
		 h->batch == BATCH_MAX && steady.now_ns(steady.arg) - began_ns < HOLD_NS);
	if (rc == YG_OK && h->count > 0)
		rc = yg_situations_settle(h->store, yg_bundle_is_thin,
					  h->written_ns - YG_BUNDLE_LATE_NS,
					  h->clock.now_ns(h->clock.arg));
	if (rc != YG_OK || h->count == 0) {
		yg_situations_abort(h->store);
		return rc == YG_OK ? YG_EAGAIN : rc;
	}
	return yg_situations_commit(h->store, h->change);
}

int yg_hub_situations_step(struct yg_hub_situations *h)
{
	uint64_t cursor = 0, last = 0;
	int rc = load_settings(h);

	h->count = 0;
	h->change = 0;
	if (rc == YG_OK)
		rc = yg_situations_cursor(h->store, &cursor);
	if (rc == YG_OK)
		rc = yg_facts_last_change(h->facts, &last);
	/* A facts store that was put back from before: its changes count again from there. */
	if (rc == YG_OK && cursor > last)
		return yg_situations_again(h->store);
	if (rc == YG_OK && cursor == last)
		return YG_EAGAIN;
	return rc == YG_OK ? take_page(h, cursor) : rc;
}

/* ---- its life ---- */

int yg_hub_situations_new(const struct yg_hub_situations_opts *opts, struct yg_hub_situations **ret)
{
	struct yg_hub_situations *h = yg_calloc(1, sizeof(*h));
	uint64_t cursor = 0;
	int rc = YG_OK;

	if (!h)
		return YG_ENOMEM;
	h->clock = opts->clock;
	h->batch = opts->batch ? opts->batch : BATCH_MAX;
	h->facts = opts->facts;
	if (!h->facts) {
		rc = yg_facts_open_sqlite(opts->facts_path, false, &h->owned);
		h->facts = h->owned;
	}
	if (rc == YG_OK)
		rc = yg_situations_open(opts->path, true, &h->store);
	if (rc == YG_OK) /* reading makes the files beside it, before the walls stand */
		rc = yg_situations_cursor(h->store, &cursor);
	if (rc != YG_OK) {
		(void)yg_hub_situations_free(h); /* always NULL */
		return rc;
	}
	*ret = h;
	return YG_OK;
}

static void tell(struct yg_hub_situations *h, int rc)
{
	h->failures = rc == h->failed_rc ? h->failures + 1 : 1;
	h->failed_rc = rc;
	if (h->failures == SAID_AT)
		yg_say(N_("situations.db: %s %s; nothing is lost, it is tried again"),
		       yg_say_tr(yg_err_text(rc)),
		       yg_say_safe(yg_bytes_str(yg_situations_trouble(h->store)), 200));
}

/* While much comes in, what a commit takes is left to others too. */
static int64_t rest_ms(int64_t took_ns)
{
	int64_t ms = REST * took_ns / (YG_NS_PER_S / 1000);

	return ms < GATHER_MS ? GATHER_MS : ms > REST_MS ? REST_MS : ms;
}

static void *live(void *arg)
{
	struct yg_hub_situations *h = arg;
	const struct yg_clock steady = yg_clock_steady();
	const struct sched_param param = {0};

	/* Batches, findings and people come first. At a mere lower priority it took a fifth of a
	 * core from them under full load, and findings waited for seconds; what it is behind then,
	 * it catches up with. Where it may not, it is as the others. */
	(void)sched_setscheduler(0, SCHED_IDLE, &param);
	while (!yg_hub_thread_ends(&h->life)) {
		int64_t began_ns = steady.now_ns(steady.arg);
		int rc = yg_hub_situations_step(h);

		if (rc == YG_OK || rc == YG_EAGAIN)
			h->failures = 0;
		/* Somebody changed the settings meanwhile: the cursor is another. */
		if (rc == YG_EMISMATCH || (rc == YG_OK && h->count >= h->batch))
			continue;
		if (rc != YG_OK && rc != YG_EAGAIN)
			tell(h, rc);
		(void)yg_hub_thread_pause(
			&h->life, rc == YG_OK	    ? rest_ms(steady.now_ns(steady.arg) - began_ns)
				  : rc == YG_EAGAIN ? IDLE_MS
						    : AGAIN_MS);
	}
	return NULL;
}

int yg_hub_situations_start(struct yg_hub_situations *h)
{
	return yg_hub_thread_start(&h->life, YG_THREAD_PREFIX "situations", live, h);
}

struct yg_hub_situations *yg_hub_situations_free(struct yg_hub_situations *h)
{
	if (!h)
		return NULL;
	yg_hub_thread_done(&h->life);
	(void)yg_situations_free(h->store);
	(void)yg_facts_free(h->owned);
	(void)yg_noise_lists_free(h->lists);
	free(h);
	return NULL;
}
