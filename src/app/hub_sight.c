/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_sight.h"

#include "access/automatic.h"
#include "access/sightings.h"
#include "app/hub_hunt_job.h"
#include "app/hub_thread.h"
#include "app/hub_values.h"
#include "app/hub_warn.h"
#include "app/hub_warned.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/json.h"
#include "detect/indicators.h"

#include "base/ban.h"

#define LOOK_MS	   200
#define SOON_MS	   50 /* while a rule sends by itself */
#define AGAIN_MS   2000
#define SETTLE_MAX 200u /* warnings of one transaction */
#define TELL_MAX   50u	/* organisations between two looks at the findings */
#define PAGE	   500u
#define PAGES_MAX  20u
#define KEEP_NS	   (600 * YG_NS_PER_S) /* the place in the findings, when nothing is sighted */
#define JOBS_MAX   200u		       /* hunts that are read again at the start */
#define LOOKS_MAX  500u		       /* of one transaction */
#define SAID_AT	   2u		       /* an error that is gone the next time is nobody's trouble */
#define PATH_ROOM  4352u

struct yg_hub_sight {
	struct yg_hub_sight_opts opts;
	char indicators[PATH_ROOM];
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;
	struct yg_facts *facts;
	struct yg_hub_warned *warned; /* as it is on the disk; NULL: not yet */
	bool is_changed;	      /* what is told is not on the disk yet */
	uint64_t change;	      /* so far the findings were read */
	uint64_t kept;		      /* the same, as it is written down */
	int64_t kept_ns;
	int64_t written_ns; /* the lists, last */
	uint64_t left_out;  /* said */
	bool has_change;
	json_t *hunted; /* jobs that got on, under the mutex; NULL: none */
	pthread_mutex_t mutex;
	bool has_looked;	    /* at the jobs of earlier runs */
	struct yg_auto_rules rules; /* that send by themselves */
	struct yg_hub_warn warn;
	bool has_warn;
	bool is_open; /* a transaction, of the page */
	uint32_t sighted;
	int failed_rc;
	unsigned failures;

	struct yg_hub_thread life;
};

static int64_t now_of(const struct yg_hub_sight *s)
{
	return s->opts.clock.now_ns(s->opts.clock.arg);
}

/* ---- what is told ---- */

static int gather(void *arg, const struct yg_sight_value *one)
{
	uint8_t normal[YG_INDICATOR_NORMAL_MAX];
	enum yg_indicator_type type;
	const struct yg_warned_row row = {
		.value = {normal, yg_indicator_normal(one->value, &type, normal)},
		.org = yg_bytes_str(one->org),
		.warning = yg_bytes_str(one->warning),
		.until_ns = one->until_ns};

	/* Without a size: nothing that is searched for. */
	return row.value.size == 0 ? YG_OK : yg_hub_warned_rows_add(arg, &row);
}

/* What is told, on the disk for the engine, and here as it is there. */
static int write_told(struct yg_hub_sight *s)
{
	struct yg_warned_rows g;
	struct yg_hub_warned *warned = NULL;
	bool is_changed;
	int rc = yg_hub_warned_rows_init(&g);

	if (rc == YG_OK)
		rc = yg_sight_each(s->hub, gather, &g);
	if (rc == YG_OK)
		rc = yg_hub_warned_write(s->indicators, g.rows, g.count, &is_changed);
	if (rc == YG_OK)
		rc = yg_hub_warned_load(s->indicators, &warned);
	if (rc == YG_OK) {
		yg_hub_warned_say_left_out(g.left_out, &s->left_out);
		(void)yg_hub_warned_free(s->warned);
		s->warned = warned;
		s->is_changed = false;
		s->written_ns = now_of(s);
	}
	yg_hub_warned_rows_done(&g);
	return rc;
}

static int settle(struct yg_hub_sight *s)
{
	bool is_changed;
	int rc = YG_OK;

	while (rc == YG_OK && !yg_hub_thread_ends(&s->life)) {
		rc = yg_sight_settle(s->hub, now_of(s), SETTLE_MAX, &is_changed);
		s->is_changed = s->is_changed || is_changed;
	}
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* Sensors first: each message is small, the hub's own lists are one file. */
static int tell(struct yg_hub_sight *s)
{
	int rc = YG_OK;

	for (unsigned i = 0; rc == YG_OK && i < TELL_MAX; i++)
		rc = yg_sight_tell(s->hub);
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* ---- what was found ---- */

static int add(struct yg_hub_sight *s, const struct yg_fact_finding *f,
	       const struct yg_warned_row *row)
{
	char id[YG_WARN_ID_HEX + 1];
	struct yg_sighting one = {.warning = id,
				  .sensor = f->sensor,
				  .value = row->value,
				  .hunt = f->hunt,
				  .first_ns = f->first_ns,
				  .last_ns = f->last_ns,
				  .count = f->count};
	int rc = YG_OK;

	if (f->received_ns >= row->until_ns || row->warning.size >= sizeof(id))
		return YG_OK;
	(void)snprintf(id, sizeof(id), "%.*s", YG_FMT(row->warning)); /* measured */
	memcpy(one.finding, f->id, sizeof(one.finding));
	if (!s->is_open)
		rc = yg_control_begin(s->store);
	if (rc != YG_OK)
		return rc;
	s->is_open = true;
	s->sighted++;
	rc = yg_sight_add(s->hub, &one);
	return rc == YG_ENOENT ? YG_OK : rc; /* it was taken away just now */
}

struct trying {
	struct yg_hub_sight *s;
	const struct yg_fact_finding *f;
};

static int try_value(void *arg, struct yg_bytes value)
{
	const struct trying *t = arg;
	const struct yg_warned_row *rows;
	size_t count = yg_hub_warned_find(t->s->warned, value, t->f->org, &rows);
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < count; i++)
		rc = add(t->s, t->f, &rows[i]);
	return rc;
}

static int take(void *arg, const struct yg_fact_finding *f)
{
	struct yg_hub_sight *s = arg;
	struct trying trying = {s, f};

	s->change = f->change;
	if (f->kind != YG_KIND_INDICATOR || f->matched.size == 0)
		return YG_OK;
	return yg_hub_values_of(f->matched, try_value, &trying);
}

/* A rule that is on found something: out, before anything else is made of it. */
static int take_automatic(void *arg, const struct yg_fact_finding *f)
{
	struct yg_hub_sight *s = arg;
	const struct yg_auto_ports ports = {
		.planner = s->warn.planner, .advise = yg_hub_warn_advise, .arg = NULL};
	uint32_t count = 0;
	int rc = yg_auto_wants(&s->rules, f) ? yg_auto_send(s->hub, &ports, f, &count) : YG_OK;

	if (count > 0)
		yg_say(N_("rule %s warned %u organisations by itself, unconfirmed"),
		       yg_say_safe(f->rule, YG_AUTO_RULE_MAX), (unsigned)count);
	return rc;
}

static int send_automatic(struct yg_hub_sight *s, const struct yg_fact_filter *filter)
{
	if (s->rules.count == 0)
		return YG_OK;
	return yg_facts_list(s->facts, filter, take_automatic, s);
}

static int keep_place(struct yg_hub_sight *s)
{
	int rc = yg_sight_cursor_set(s->hub, s->change);

	if (rc == YG_OK) {
		s->kept = s->change;
		s->kept_ns = now_of(s);
	}
	return rc;
}

/* A page, its sightings and the place behind it: one transaction, where there are any. */
static int take_page(struct yg_hub_sight *s, bool *ret_is_more)
{
	const struct yg_fact_filter filter = {
		.is_all_orgs = true, .by_change = true, .after_change = s->change, .limit = PAGE};
	uint64_t before = s->change;
	int rc;

	s->is_open = false;
	rc = send_automatic(s, &filter);
	if (rc == YG_OK)
		rc = yg_facts_list(s->facts, &filter, take, s);
	*ret_is_more = rc == YG_OK && yg_facts_next(s->facts).is_more;
	if (*ret_is_more)
		s->change = yg_facts_next(s->facts).after_change;
	if (s->is_open && rc == YG_OK)
		rc = keep_place(s);
	if (s->is_open && rc == YG_OK)
		rc = yg_control_commit(s->store);
	else if (s->is_open)
		yg_control_abort(s->store);
	if (rc != YG_OK)
		s->change = before;
	return rc;
}

/* Where the last run stopped; nothing was told before the first. */
static int find_place(struct yg_hub_sight *s)
{
	uint64_t last = 0;
	int rc = yg_sight_cursor(s->hub, &s->change);

	if (rc == YG_OK)
		rc = yg_facts_last_change(s->facts, &last);
	if (rc != YG_OK)
		return rc;
	if (s->change == 0)
		s->change = last;
	else if (s->change > last) /* the findings were put back from before: counted once */
		s->change = 0;
	s->kept = s->change;
	s->kept_ns = now_of(s);
	s->has_change = true;
	return YG_OK;
}

static int follow(struct yg_hub_sight *s)
{
	const struct yg_warned_row *rows;
	bool is_more = true;
	uint64_t last = 0;
	int rc = s->has_change ? YG_OK : find_place(s);

	if (rc == YG_OK)
		rc = yg_facts_last_change(s->facts, &last);
	if (rc == YG_OK)
		rc = yg_auto_load(s->hub, &s->rules);
	if (rc == YG_OK && s->rules.count == 0 && yg_hub_warned_rows(s->warned, &rows) == 0)
		s->change = last; /* nothing can be sighted */
	for (unsigned i = 0; rc == YG_OK && is_more && i < PAGES_MAX && s->change < last; i++)
		rc = take_page(s, &is_more);
	if (rc == YG_OK && s->change != s->kept && now_of(s) - s->kept_ns > KEEP_NS)
		rc = keep_place(s);
	return rc;
}

/* ---- looks into the archive ---- */

void yg_hub_sight_hunted(void *arg, const json_t *job)
{
	struct yg_hub_sight *s = arg;
	json_t *copy;

	if (json_object_size(json_object_get(job, "warned")) == 0)
		return;
	copy = json_deep_copy(job);
	(void)pthread_mutex_lock(&s->mutex);
	if (!s->hunted)
		s->hunted = json_array();
	/* Without memory it is told at the next start. */
	if (!s->hunted || !copy || json_array_append(s->hunted, copy) != 0)
		yg_say(N_("out of memory"));
	(void)pthread_mutex_unlock(&s->mutex);
	json_decref(copy);
}

/* What a recipient is told of the look back: with no log of it here, that there was none. */
static struct yg_sight_look look_of(const json_t *job, const char *org)
{
	const json_t *counts = json_object_get(json_object_get(job, "orgs"), org);
	int64_t from_s = yg_json_int(job, "from_s", 0);
	int64_t first_s = yg_json_int(counts, "logs_from_s", 0);
	struct yg_sight_look look = {.state = json_string_value(json_object_get(job, "state")),
				     .hunt = json_string_value(json_object_get(job, "id")),
				     .from_ns = YG_TIME_NONE,
				     .to_ns = YG_TIME_NONE};

	if (!yg_hunt_job_is(job, YG_HUNT_DONE))
		return look;
	if (first_s == 0) {
		look.state = "none";
		return look;
	}
	look.from_ns = (first_s > from_s ? first_s : from_s) * YG_NS_PER_S;
	look.to_ns = yg_json_int(job, "created_s", 0) * YG_NS_PER_S;
	look.records = (uint64_t)yg_json_int(counts, "records", 0);
	return look;
}

struct looking {
	struct yg_hub_sight *s;
	uint32_t count; /* of the open transaction */
};

static int put_look(struct looking *l, const char *id, const struct yg_sight_look *look)
{
	int rc = l->count == 0 ? yg_control_begin(l->s->store) : YG_OK;

	if (rc != YG_OK)
		return rc;
	l->count++;
	rc = yg_sight_looked(l->s->hub, id, look);
	if (rc == YG_OK && l->count < LOOKS_MAX)
		return YG_OK;
	l->count = 0;
	if (rc == YG_OK)
		return yg_control_commit(l->s->store);
	yg_control_abort(l->s->store);
	return rc;
}

static int tell_job(struct looking *l, const json_t *job)
{
	const char *org;
	json_t *one;
	int rc = YG_OK;

	json_object_foreach(json_object_get(job, "warned"), org, one)
	{
		const json_t *ids = json_object_get(one, "warnings");
		struct yg_sight_look look = look_of(job, org);

		for (size_t i = 0;
		     rc == YG_OK && look.state && look.hunt && i < json_array_size(ids); i++)
			rc = put_look(l, json_string_value(json_array_get(ids, i)), &look);
	}
	return rc;
}

static int keep_job(void *arg, json_t *job)
{
	json_t *jobs = arg;

	if (json_array_size(jobs) >= JOBS_MAX)
		return YG_EEND;
	if (yg_hunt_job_is(job, YG_HUNT_WAITING) ||
	    json_object_size(json_object_get(job, "warned")) == 0)
		return YG_OK;
	return json_array_insert(jobs, 0, job) == 0 ? YG_OK : YG_ENOMEM; /* oldest first */
}

/* Jobs that got on; at first those of earlier runs. *ret owned; NULL: none. */
static int take_jobs(struct yg_hub_sight *s, json_t **ret)
{
	char dir[PATH_ROOM];
	int rc = YG_OK;

	(void)pthread_mutex_lock(&s->mutex);
	*ret = s->hunted;
	s->hunted = NULL;
	(void)pthread_mutex_unlock(&s->mutex);
	if (s->has_looked)
		return YG_OK;
	if (!*ret)
		*ret = json_array();
	(void)snprintf(dir, sizeof(dir), "%s/hunts", s->opts.data); /* it fits beside indicators */
	rc = *ret ? yg_hunt_job_list_back(dir, "", keep_job, *ret) : YG_ENOMEM;
	s->has_looked = rc == YG_OK || rc == YG_EEND;
	return rc == YG_EEND ? YG_OK : rc;
}

static int tell_looks(struct yg_hub_sight *s)
{
	struct looking l = {.s = s};
	json_t *jobs = NULL;
	int rc = take_jobs(s, &jobs);

	for (size_t i = 0; rc == YG_OK && i < json_array_size(jobs); i++)
		rc = tell_job(&l, json_array_get(jobs, i));
	if (rc == YG_OK && l.count > 0)
		rc = yg_control_commit(s->store);
	else if (l.count > 0)
		yg_control_abort(s->store);
	if (rc != YG_OK)
		s->has_looked = false; /* all of them once more */
	json_decref(jobs);
	return rc;
}

/* ---- its life ---- */

static void close_all(struct yg_hub_sight *s)
{
	s->hub = yg_hub_access_free(s->hub);
	s->enrol = yg_enrol_free(s->enrol);
	s->store = yg_control_free(s->store);
	s->facts = yg_facts_free(s->facts);
}

static int open_all(struct yg_hub_sight *s)
{
	int rc = yg_control_open_sqlite(s->opts.db_path, false, &s->store);

	if (rc == YG_OK && !s->has_warn) {
		rc = yg_hub_warn_init(&s->warn);
		s->has_warn = rc == YG_OK;
		if (rc != YG_OK)
			yg_hub_warn_done(&s->warn);
	}
	if (rc == YG_OK)
		rc = yg_enrol_new(s->store, s->opts.clock, "hub", &s->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(s->store, s->enrol, s->opts.clock, &s->hub);
	if (rc == YG_OK)
		rc = yg_warn_plans_index(s->hub);
	if (rc == YG_OK)
		rc = yg_facts_open_sqlite(s->opts.facts_path, false, &s->facts);
	return rc;
}

static int round_of(struct yg_hub_sight *s)
{
	int rc = s->facts ? YG_OK : open_all(s);

	if (rc == YG_OK)
		rc = settle(s);
	if (rc == YG_OK)
		rc = tell(s);
	/* Now and then without a reason: who left the hub is told nothing any more. */
	if (rc == YG_OK && (s->is_changed || !s->warned || now_of(s) - s->written_ns > KEEP_NS))
		rc = write_told(s);
	if (rc == YG_OK)
		rc = tell_looks(s);
	return rc == YG_OK ? follow(s) : rc;
}

static void say_trouble(struct yg_hub_sight *s, int rc)
{
	s->failures = rc == s->failed_rc ? s->failures + 1 : 1;
	s->failed_rc = rc;
	if (rc != YG_OK && s->failures == SAID_AT)
		yg_say_hint(N_("nothing is lost by that; it is tried again"),
			    N_("indicators of warnings: %s"), yg_say_tr(yg_err_text(rc)));
}

static void *live(void *arg)
{
	struct yg_hub_sight *s = arg;

	while (!yg_hub_thread_ends(&s->life)) {
		int rc = round_of(s);

		say_trouble(s, rc);
		if (rc != YG_OK) /* a store that cannot be read may be another one by then */
			close_all(s);
		(void)yg_hub_thread_pause(&s->life, rc != YG_OK		 ? AGAIN_MS
						    : s->rules.count > 0 ? SOON_MS
									 : LOOK_MS);
	}
	close_all(s);
	return NULL;
}

int yg_hub_sight_start(const struct yg_hub_sight_opts *opts, struct yg_hub_sight **ret)
{
	struct yg_hub_sight *s = yg_calloc(1, sizeof(*s));
	int size, rc;

	if (!s)
		return YG_ENOMEM;
	s->opts = *opts;
	(void)pthread_mutex_init(&s->mutex, NULL); /* never fails on Linux */
	size = snprintf(s->indicators, sizeof(s->indicators), "%s/indicators", opts->data);
	rc = size > 0 && (size_t)size < sizeof(s->indicators)
		     ? yg_hub_thread_start(&s->life, YG_THREAD_PREFIX "sightings", live, s)
		     : YG_ELIMIT;
	if (rc == YG_OK)
		*ret = s;
	else
		(void)yg_hub_sight_free(s);
	return rc;
}

struct yg_hub_sight *yg_hub_sight_free(struct yg_hub_sight *s)
{
	if (!s)
		return NULL;
	yg_hub_thread_done(&s->life);
	yg_auto_rules_done(&s->rules);
	if (s->has_warn)
		yg_hub_warn_done(&s->warn);
	(void)yg_hub_warned_free(s->warned);
	json_decref(s->hunted);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s);
	return NULL;
}
