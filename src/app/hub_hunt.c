/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_hunt.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/hub_archive.h"
#include "app/hub_hunt_new.h"
#include "app/hub_hunt_pass.h"
#include "app/hub_thread.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define GATHERING "new" /* the folder of what has no id yet */
#define LOOK_MS	  200
#define AGAIN_MS  2000
#define ANSWER_MS                                                                                  \
	1800000	      /* of the hunter, for one frame: it is last of all on a machine at work      \
		       */
#define BEHIND	  64u /* batches that the live detection may lag while a hunt reads */
#define NS_PER_MS INT64_C(1000000)
#define MB	  (UINT64_C(1) << 20)
/* linux/ioprio.h has no header for programs */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE	   (3 << 13)

struct yg_hub_hunts {
	struct yg_hub_hunts_opts opts;
	char dir[YG_HUNT_PATH_MAX]; /* DATA/hunts */
	struct yg_hunt_known *known;
	struct yg_hunt_gather gather;
	json_t *gathered;   /* the document of "new"; NULL: none */
	uint64_t reloads;   /* of the detection, as of the last look */
	bool has_looked;    /* once since the start */
	bool is_first;	    /* a hub that never ran: nothing is new */
	uint64_t seen_free; /* ids of one second differ by it */
	int said_rc;

	struct yg_hub_ask *ask;	   /* the talk with the hunter */
	struct yg_hunt_pass *pass; /* that it is about */
	int next_fd;		   /* of another hunter, under the mutex; -1: none */
	json_t *job;		   /* the one that runs */
	char id[YG_HUNT_ID_SIZE];
	int64_t answer_ms; /* when the answer was looked for last */

	struct yg_hunt_who who;	  /* who said yes to it */
	struct yg_control *store; /* the hub's register, while one runs */
	struct yg_enrol *enrol;
	struct yg_hub_access *hub;

	pthread_mutex_t mutex; /* of next_fd */
	struct yg_hub_thread life;
};

static int64_t now_of(const struct yg_hub_hunts *h)
{
	return h->opts.clock.now_ns(h->opts.clock.arg);
}

static int64_t steady_ms(void)
{
	struct yg_clock clock = yg_clock_steady();

	return clock.now_ns(clock.arg) / NS_PER_MS;
}

static bool wait_ms(struct yg_hub_hunts *h, int64_t ms)
{
	return yg_hub_thread_pause(&h->life, ms);
}

/* ---- what is new ---- */

static bool folder_path(const struct yg_hub_hunts *h, const char *id, char to[YG_HUNT_PATH_MAX])
{
	int size = snprintf(to, YG_HUNT_PATH_MAX, "%s/%s", h->dir, id);

	return size > 0 && (size_t)size < YG_HUNT_PATH_MAX;
}

/* DATA/hunts/new with its folders. */
static int make_gathering(const struct yg_hub_hunts *h)
{
	static const char *const names[] = {"rules", "indicators", "indicators/.warned"};
	char path[YG_HUNT_PATH_MAX];
	int rc = folder_path(h, GATHERING, path) ? yg_disk_mkdir(path, 0700) : YG_ELIMIT;

	for (size_t i = 0; rc == YG_OK && i < sizeof(names) / sizeof(names[0]); i++)
		rc = yg_hunt_path(h->dir, GATHERING, names[i], path) ? yg_disk_mkdir(path, 0700)
								     : YG_ELIMIT;
	return rc;
}

/* What counts for single organisations, added to what is gathered of it. */
static int add_warned(json_t *to, const json_t *from)
{
	const char *org;
	json_t *one;
	int rc = YG_OK;

	json_object_foreach((json_t *)(uintptr_t)from, org, one)
	{
		json_t *sum = json_object_get(to, org);

		if (!sum) {
			sum = json_pack("{s:i, s:[]}", "indicators", 0, "warnings");
			rc = yg_json_set(to, org, sum); /* takes it */
		}
		if (rc == YG_OK)
			rc = yg_json_set(sum, "indicators",
					 json_integer(yg_json_int(sum, "indicators", 0) +
						      yg_json_int(one, "indicators", 0)));
		if (rc == YG_OK && json_array_extend(json_object_get(sum, "warnings"),
						     json_object_get(one, "warnings")) != 0)
			rc = YG_ENOMEM;
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

static int add_to_gathered(struct yg_hub_hunts *h, const struct yg_hunt_new *new, uint64_t cursor)
{
	json_t *ids;
	int rc = YG_OK;

	if (!h->gathered)
		h->gathered = json_pack("{s:s, s:[], s:i, s:i, s:{}}", "state", YG_HUNT_WAITING,
					"rule_ids", "rules", 0, "indicators", 0, "warned");
	if (!h->gathered)
		return YG_ENOMEM;
	ids = json_object_get(h->gathered, "rule_ids");
	if (new->rule_ids && json_array_extend(ids, new->rule_ids) != 0)
		return YG_ENOMEM;
	rc = yg_json_set(
		h->gathered, "rules",
		json_integer(yg_json_int(h->gathered, "rules", 0) + (json_int_t) new->rules));
	if (rc == YG_OK)
		rc = yg_json_set(h->gathered, "indicators",
				 json_integer(yg_json_int(h->gathered, "indicators", 0) +
					      (json_int_t) new->indicators));
	if (rc == YG_OK && new->warned && !json_object_get(h->gathered, "warned"))
		rc = yg_json_set(h->gathered, "warned", json_object());
	if (rc == YG_OK)
		rc = add_warned(json_object_get(h->gathered, "warned"), new->warned);
	if (rc == YG_OK)
		rc = yg_json_set(h->gathered, "cutoff", json_integer((json_int_t)cursor));
	return rc == YG_OK ? yg_hunt_job_save(h->dir, GATHERING, h->gathered) : rc;
}

/* What is new, written down before it counts as known. */
static int keep_new(struct yg_hub_hunts *h, const struct yg_hunt_new *new, uint64_t cursor)
{
	bool is_some = new->rules > 0 || new->indicators > 0 || new->warned;
	int rc = YG_OK;

	/* What waits already is taken up to here: its files may have been seen before they counted.
	 */
	if (is_some || h->gathered)
		rc = add_to_gathered(h, new, cursor);
	if (rc == YG_OK && is_some)
		rc = yg_hunt_known_save(h->known);
	if (rc == YG_OK && is_some)
		yg_hunt_gather_note(&h->gather, steady_ms());
	return rc;
}

static int open_known(struct yg_hub_hunts *h)
{
	char path[YG_HUNT_PATH_MAX];

	h->known = yg_hunt_known_free(h->known);
	return folder_path(h, "known", path) ? yg_hunt_known_open(path, &h->known, &h->is_first)
					     : YG_ELIMIT;
}

/* The detection took over a set at @cursor (or begins with one). What is new of it? */
static int look(struct yg_hub_hunts *h, uint64_t cursor)
{
	struct yg_hunt_new new = {0};
	char to[YG_HUNT_PATH_MAX];
	int rc = folder_path(h, GATHERING, to) ? make_gathering(h) : YG_ELIMIT;

	if (rc == YG_OK && !h->known) /* the look before failed: what it learnt is forgotten */
		rc = open_known(h);
	if (rc == YG_OK)
		rc = yg_hunt_look(h->known, h->opts.rules->rules_dir, h->opts.rules->indicators_dir,
				  h->is_first ? NULL : to, &new);
	if (rc == YG_OK)
		rc = h->is_first ? yg_hunt_known_save(h->known) : keep_new(h, &new, cursor);
	json_decref(new.rule_ids);
	json_decref(new.warned);
	if (rc == YG_OK)
		h->is_first = false;
	else
		h->known = yg_hunt_known_free(h->known);
	return rc;
}

static int look_for_changes(struct yg_hub_hunts *h)
{
	struct yg_hub_detect_counts counts = yg_hub_detect_counts(h->opts.detect);
	int rc;

	if (h->has_looked && counts.reloads == h->reloads)
		return YG_OK;
	rc = look(h, counts.reload_cursor);
	if (rc == YG_OK) {
		h->reloads = counts.reloads;
		h->has_looked = true;
	}
	return rc;
}

/* ---- what is written down of it (access/hunts.h) ---- */

static void close_register(struct yg_hub_hunts *h)
{
	h->hub = yg_hub_access_free(h->hub);
	h->enrol = yg_enrol_free(h->enrol);
	h->store = yg_control_free(h->store);
}

static int open_register(struct yg_hub_hunts *h)
{
	int rc = yg_control_open_sqlite(h->opts.db_path, false, &h->store);

	if (rc == YG_OK)
		rc = yg_enrol_new(h->store, h->opts.clock, "hub", &h->enrol);
	if (rc == YG_OK)
		rc = yg_hub_access_new(h->store, h->enrol, h->opts.clock, &h->hub);
	return rc;
}

static int note(struct yg_hub_hunts *h, const char *action)
{
	char detail[200];

	(void)snprintf(detail, sizeof(detail),
		       "%.*s; %llu rules, %llu indicators; %llu files, %llu bytes to read; %llu "
		       "records, %llu findings",
		       YG_FMT(yg_json_text(h->job, "state")),
		       (unsigned long long)yg_json_int(h->job, "rules", 0),
		       (unsigned long long)yg_json_int(h->job, "indicators", 0),
		       (unsigned long long)yg_json_int(h->job, "files", 0),
		       (unsigned long long)yg_json_int(h->job, "bytes", 0),
		       (unsigned long long)yg_json_int(h->job, "records", 0),
		       (unsigned long long)yg_json_int(h->job, "findings", 0)); /* cut: it is said
										   in short */
	return yg_hunt_note(h->hub, h->id, action, h->who.actor, detail);
}

/* The archive of @org is to be looked at. */
static int enter(void *arg, const char *org)
{
	struct yg_hub_hunts *h = arg;
	const json_t *own = json_object_get(json_object_get(h->job, "warned"), org);
	char what[100];

	(void)snprintf(what, sizeof(what), "%llu rules, %llu indicators",
		       (unsigned long long)yg_json_int(h->job, "rules", 0),
		       (unsigned long long)(yg_json_int(h->job, "indicators", 0) +
					    yg_json_int(own, "indicators", 0))); /* fits */
	return yg_hunt_note_search(h->hub, h->id, org, what, &h->who);
}

static int may(void *arg, const char *org)
{
	const struct yg_hub_hunts *h = arg;

	return yg_hunt_may_search(h->hub, org);
}

/* ---- a job ---- */

static void make_id(struct yg_hub_hunts *h, int64_t time_ns, char to[YG_HUNT_ID_SIZE])
{
	struct yg_civil c = yg_time_civil(time_ns, 0);
	uint64_t part[] = {(uint64_t)time_ns, h->seen_free++};

	(void)snprintf(to, YG_HUNT_ID_SIZE, "%04u%02u%02u-%02u%02u%02u-%08x",
		       (unsigned)c.year % 10000u, c.month % 100u, c.day % 100u, c.hour % 100u,
		       c.minute % 100u, c.second % 100u,
		       (unsigned)yg_hash64((struct yg_bytes){(uint8_t *)part, sizeof(part)}, 0));
}

static json_t *time_json(int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(time_ns, 0, iso);
	return json_string(iso);
}

static int fill_job(struct yg_hub_hunts *h, json_t *job, const char *id, int64_t now_ns)
{
	uint32_t days = h->opts.days ? h->opts.days : YG_HUB_HUNT_DAYS;
	uint64_t ask = (h->opts.ask_mb ? h->opts.ask_mb : YG_HUB_HUNT_ASK_MB) * MB;
	int64_t from_ns = now_ns - (int64_t)days * 86400 * YG_NS_PER_S;
	struct {
		const char *key;
		json_t *value;
	} values[] = {
		{"id", json_string(id)},
		{"created", time_json(now_ns)},
		{"created_s", json_integer(now_ns / YG_NS_PER_S)},
		{"from", time_json(from_ns)},
		{"from_s", json_integer(from_ns / YG_NS_PER_S)},
		{"days", json_integer(days)},
		{"bound", json_integer((json_int_t)ask)},
		{"approved", json_false()},
		{"finished", json_null()},
		{"reason", json_null()},
		{"orgs", json_object()},
	};
	static const char *const zeros[] = {"files",   "bytes",	   "files_done", "frames_read",
					    "records", "findings", "unlisted",	 "damaged"};
	int rc = YG_OK;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int set = yg_json_set(job, values[i].key, values[i].value);

		rc = rc == YG_OK ? set : rc;
	}
	for (size_t i = 0; rc == YG_OK && i < sizeof(zeros) / sizeof(zeros[0]); i++)
		rc = yg_json_set(job, zeros[i], json_integer(0));
	return rc;
}

/* What was gathered gets a name and waits its turn. */
static int begin_job(struct yg_hub_hunts *h)
{
	char from[YG_HUNT_PATH_MAX], to[YG_HUNT_PATH_MAX], id[YG_HUNT_ID_SIZE];
	int64_t now_ns = now_of(h);
	int rc;

	make_id(h, now_ns, id);
	rc = folder_path(h, GATHERING, from) && folder_path(h, id, to) ? YG_OK : YG_ELIMIT;
	if (rc == YG_OK)
		rc = fill_job(h, h->gathered, id, now_ns);
	if (rc == YG_OK)
		rc = yg_hunt_job_save(h->dir, GATHERING, h->gathered);
	if (rc == YG_OK)
		rc = yg_disk_rename(from, to);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder(h->dir);
	if (rc != YG_OK)
		return rc;
	json_decref(h->gathered);
	h->gathered = NULL;
	return YG_OK;
}

static int save_job(void *arg)
{
	struct yg_hub_hunts *h = arg;

	return yg_hunt_job_save(h->dir, h->id, h->job);
}

static int set_state(struct yg_hub_hunts *h, const char *state, const char *reason)
{
	static const struct {
		const char *state;
		const char *action;
	} actions[] = {{YG_HUNT_ASKS, "hunt.ask"},
		       {YG_HUNT_RUNNING, "hunt.begin"},
		       {YG_HUNT_DONE, "hunt.end"},
		       {YG_HUNT_FAILED, "hunt.end"},
		       {YG_HUNT_CANCELLED, "hunt.end"}};
	int rc = yg_json_set(h->job, "state", json_string(state));
	bool is_end = strcmp(state, YG_HUNT_DONE) == 0 || strcmp(state, YG_HUNT_FAILED) == 0 ||
		      strcmp(state, YG_HUNT_CANCELLED) == 0;

	if (rc == YG_OK && is_end)
		rc = yg_json_set(h->job, "finished", time_json(now_of(h)));
	if (rc == YG_OK && reason)
		rc = yg_json_set(h->job, "reason", json_string(reason));
	for (size_t i = 0; rc == YG_OK && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(state, actions[i].state) == 0) /* first: a job that says so did it */
			rc = note(h, actions[i].action);
	if (rc == YG_OK)
		rc = save_job(h);
	if (rc == YG_OK && h->opts.told)
		h->opts.told(h->opts.told_arg, h->job);
	return rc;
}

/* ---- what is more urgent ---- */

static bool is_behind(struct yg_hub_hunts *h)
{
	struct yg_hub_detect_counts counts = yg_hub_detect_counts(h->opts.detect);
	struct yg_journal_stats stats;

	yg_journal_stats(h->opts.journal, &stats);
	return stats.durable > counts.cursor + BEHIND;
}

static int go_on(void *arg)
{
	struct yg_hub_hunts *h = arg;
	int64_t now_ms = steady_ms();

	if (now_ms - h->answer_ms >= LOOK_MS) {
		h->answer_ms = now_ms;
		if (yg_hunt_answer_read(h->dir, h->id, NULL) == YG_HUNT_CALLED_OFF)
			return YG_EEND;
	}
	while (is_behind(h))
		if (!wait_ms(h, LOOK_MS))
			return YG_EEND;
	return yg_hub_thread_ends(&h->life) ? YG_EEND : YG_OK;
}

/* All that came before the set took over is in the archive. */
static int wait_for_archive(struct yg_hub_hunts *h)
{
	uint64_t cutoff = (uint64_t)yg_json_int(h->job, "cutoff", 0);
	uint64_t archived = 0;

	while (yg_journal_passed_by(h->opts.journal, h->opts.archiver, &archived) &&
	       archived < cutoff)
		if (!wait_ms(h, LOOK_MS))
			return YG_EEND;
	return YG_OK;
}

/* ---- running one ---- */

static int finish(struct yg_hub_hunts *h)
{
	int rc = set_state(h, YG_HUNT_DONE, NULL);

	if (rc == YG_OK)
		yg_say(N_("hunt %s: done: %llu files, %llu records looked at, %llu findings"),
		       h->id, (unsigned long long)yg_json_int(h->job, "files_done", 0),
		       (unsigned long long)yg_json_int(h->job, "records", 0),
		       (unsigned long long)yg_json_int(h->job, "findings", 0));
	return rc;
}

static int ask(struct yg_hub_hunts *h)
{
	int rc = set_state(h, YG_HUNT_ASKS, NULL);

	if (rc == YG_OK)
		yg_say_hint(N_("`yagura admin hunt approve ID` lets it begin, `hunt cancel ID` "
			       "drops it"),
			    N_("hunt %s: %llu MB of the archive would be read, more than the "
			       "bound of %llu MB: it waits for a person's yes"),
			    h->id, (unsigned long long)yg_json_int(h->job, "bytes", 0) / MB,
			    (unsigned long long)yg_json_int(h->job, "bound", 0) / MB);
	return rc;
}

/* Who said yes, in the job. */
static int tell_answer(struct yg_hub_hunts *h)
{
	const struct yg_hunt_who *who = &h->who;

	if (json_object_get(h->job, "answer"))
		return YG_OK;
	return yg_json_set(h->job, "answer",
			   json_pack("{s:s, s:s, s:s, s:s, s:o}", "by", who->actor, "name",
				     who->name, "role", yg_hub_role_name(who->role), "reason",
				     who->reason, "time", time_json(now_of(h))));
}

/* @pass is ready: what would it read? Then it does, or asks. */
static int plan_and_run(struct yg_hub_hunts *h, struct yg_hunt_pass *pass)
{
	bool may_read = yg_hunt_answer_read(h->dir, h->id, &h->who) == YG_HUNT_APPROVED;
	int rc = yg_hunt_pass_plan(pass);

	if (rc == YG_OK && may_read)
		rc = yg_json_set(h->job, "approved", json_true());
	if (rc == YG_OK && may_read)
		rc = tell_answer(h);
	/* One that has begun was allowed to. */
	if (rc == YG_OK && !may_read && !yg_hunt_job_is(h->job, YG_HUNT_RUNNING) &&
	    yg_json_int(h->job, "bytes", 0) > yg_json_int(h->job, "bound", 0))
		return ask(h);
	if (rc == YG_OK)
		rc = set_state(h, YG_HUNT_RUNNING, NULL);
	if (rc == YG_OK)
		rc = yg_hunt_pass_run(pass, save_job, h);
	return rc == YG_OK ? finish(h) : rc;
}

/* Another hunter, if there is one. */
static int need_hunter(struct yg_hub_hunts *h)
{
	int fd;

	(void)pthread_mutex_lock(&h->mutex);
	fd = h->next_fd;
	h->next_fd = -1;
	(void)pthread_mutex_unlock(&h->mutex);
	if (fd >= 0)
		yg_hub_ask_open(h->ask, fd);
	return yg_hub_ask_is_open(h->ask) ? YG_OK : YG_EPIPE;
}

static int run_job(struct yg_hub_hunts *h)
{
	struct yg_hunt_pass_opts opts = {.hunts_dir = h->dir,
					 .archive_dir = h->opts.archive_dir,
					 .allow_dir = h->opts.rules->allow_dir,
					 .warning_dir = h->opts.rules->warning_dir,
					 .ask = h->ask,
					 .clock = h->opts.clock,
					 .enter = enter,
					 .may = may,
					 .go_on = go_on,
					 .arg = h};
	struct yg_journal_stats stats;
	int rc = wait_for_archive(h);

	if (rc == YG_OK)
		rc = need_hunter(h);
	if (rc != YG_OK)
		return rc;
	yg_journal_stats(h->opts.journal, &stats);
	opts.foreign = (stats.durable + 1) * YG_HUB_ARCHIVE_LINES;
	rc = yg_facts_open_sqlite(h->opts.facts_path, false, &opts.facts);
	if (rc == YG_OK)
		rc = yg_hunt_pass_new(&opts, h->job, &h->pass);
	if (rc == YG_OK)
		rc = plan_and_run(h, h->pass);
	else if (rc == YG_ENOENT || rc == YG_EFORMAT || rc == YG_ELIMIT || rc == YG_EINVAL)
		rc = set_state(h, YG_HUNT_FAILED, N_("nothing of it can be looked for"));
	h->pass = yg_hunt_pass_free(h->pass);
	(void)yg_facts_free(opts.facts);
	return rc;
}

static bool is_ready(const struct yg_hub_hunts *h, const json_t *job, const char *id)
{
	if (yg_hunt_job_is(job, YG_HUNT_ASKS))
		return yg_hunt_answer_read(h->dir, id, NULL) != YG_HUNT_NO_ANSWER;
	return yg_hunt_job_is(job, YG_HUNT_WAITING) || yg_hunt_job_is(job, YG_HUNT_RUNNING);
}

static int choose(void *arg, json_t *job)
{
	struct yg_hub_hunts *h = arg;
	char id[YG_HUNT_ID_SIZE];

	(void)snprintf(id, sizeof(id), "%.*s", YG_FMT(yg_json_text(job, "id"))); /* cut: no id */
	if (!yg_hunt_is_id(id) || !is_ready(h, job, id))
		return YG_OK;
	h->job = json_incref(job);
	memcpy(h->id, id, sizeof(id));
	return YG_EEND;
}

/* The oldest that may run. */
static int run_next(struct yg_hub_hunts *h)
{
	int rc = yg_hunt_job_list(h->dir, choose, h);

	if (rc != YG_EEND)
		return rc;
	h->who = (struct yg_hunt_who){0};
	rc = open_register(h);
	if (rc == YG_OK)
		rc = yg_hunt_answer_read(h->dir, h->id, NULL) == YG_HUNT_CALLED_OFF ? YG_EEND
										    : run_job(h);
	if (rc == YG_EEND && !yg_hub_thread_ends(&h->life)) { /* called off */
		(void)yg_hunt_answer_read(h->dir, h->id, &h->who);
		rc = set_state(h, YG_HUNT_CANCELLED, NULL);
	}
	close_register(h);
	json_decref(h->job);
	h->job = NULL;
	return rc;
}

/* ---- the thread ---- */

static void say_state(struct yg_hub_hunts *h, int rc)
{
	/* That a process ended was said by the parent. */
	if (rc != YG_OK && rc != YG_EEND && rc != YG_EPIPE && rc != h->said_rc)
		yg_say_hint(N_("nothing is lost by that; it is tried again"),
			    N_("hunts: %s/hunts: %s"), yg_say_safe(yg_bytes_str(h->opts.data), 300),
			    yg_say_tr(yg_err_text(rc)));
	h->said_rc = rc;
}

static void be_last(void)
{
	const struct sched_param param = {0};

	/* Where it may not, it is as the others and pauses while they have work. */
	(void)sched_setscheduler(0, SCHED_IDLE, &param);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

static void *run(void *arg)
{
	struct yg_hub_hunts *h = arg;
	bool is_going = true;

	be_last();
	while (is_going) {
		int rc = look_for_changes(h);

		if (rc == YG_OK && yg_hunt_gather_due(&h->gather, steady_ms()))
			rc = begin_job(h);
		if (rc == YG_OK)
			rc = run_next(h);
		say_state(h, rc);
		is_going = wait_ms(h, rc == YG_OK || rc == YG_EEND || rc == YG_EPIPE ? LOOK_MS
										     : AGAIN_MS);
	}
	return NULL;
}

/* ---- beginning and end ---- */

static int open_files(struct yg_hub_hunts *h)
{
	int size = snprintf(h->dir, sizeof(h->dir), "%s/hunts", h->opts.data);
	int rc = size > 0 && (size_t)size < sizeof(h->dir) ? open_known(h) : YG_ELIMIT;

	if (rc != YG_OK || h->is_first)
		return rc;
	/* What an earlier run gathered. */
	if (yg_hunt_job_load(h->dir, GATHERING, &h->gathered) == YG_OK)
		yg_hunt_gather_note(&h->gather, steady_ms());
	return YG_OK;
}

/* ---- the hunter's answers, for the pass ---- */

static int on_finding(void *arg, const struct yg_fact_finding *finding)
{
	return yg_hunt_pass_found(((struct yg_hub_hunts *)arg)->pass, finding);
}

static int on_learnt(void *arg, const struct yg_hub_asked *asked,
		     const struct yg_hub_learnt *learnt)
{
	return yg_hunt_pass_learnt(((struct yg_hub_hunts *)arg)->pass, asked, learnt);
}

static int on_judged(void *arg, const struct yg_hub_asked *asked,
		     const struct yg_hub_judged_batch *judged)
{
	(void)asked;
	return yg_hunt_pass_judged(((struct yg_hub_hunts *)arg)->pass, judged);
}

static void on_distrust(void *arg)
{
	const struct yg_hub_hunts *h = arg;

	yg_say_hint(N_("it is started again, and nothing is lost; please report this"),
		    N_("the process that looks at the archive gave an answer that cannot be, or "
		       "none"));
	if (h->opts.distrust)
		h->opts.distrust(h->opts.arg);
}

static bool is_ending(void *arg)
{
	return yg_hub_thread_ends(&((struct yg_hub_hunts *)arg)->life);
}

static int make_ask(struct yg_hub_hunts *h)
{
	const struct yg_hub_ask_opts opts = {.finding = on_finding,
					     .outcome = on_learnt,
					     .judged = on_judged,
					     .distrust = on_distrust,
					     .is_ending = is_ending,
					     .arg = h,
					     .answer_ms = ANSWER_MS};

	h->next_fd = -1;
	(void)pthread_mutex_init(&h->mutex, NULL); /* never fails on Linux */
	h->ask = yg_hub_ask_new(&opts);
	return h->ask ? YG_OK : YG_ENOMEM;
}

void yg_hub_hunts_link(struct yg_hub_hunts *hunts, int take_fd)
{
	(void)pthread_mutex_lock(&hunts->mutex);
	if (hunts->next_fd >= 0)
		(void)close(hunts->next_fd); /* of one that has ended already */
	hunts->next_fd = take_fd;
	(void)pthread_mutex_unlock(&hunts->mutex);
}

int yg_hub_hunts_start(const struct yg_hub_hunts_opts *opts, struct yg_hub_hunts **ret)
{
	struct yg_hub_hunts *h = yg_calloc(1, sizeof(*h));
	int rc;

	if (!h)
		return YG_ENOMEM;
	h->opts = *opts;
	rc = make_ask(h);
	if (rc == YG_OK)
		rc = open_files(h);
	if (rc == YG_OK)
		rc = yg_hub_thread_start(&h->life, YG_THREAD_PREFIX "hunts", run, h);
	if (rc == YG_OK)
		*ret = h;
	else
		(void)yg_hub_hunts_free(h);
	return rc;
}

struct yg_hub_hunts *yg_hub_hunts_free(struct yg_hub_hunts *h)
{
	if (!h)
		return NULL;
	yg_hub_thread_done(&h->life);
	(void)yg_hub_ask_free(h->ask);
	if (h->next_fd >= 0)
		(void)close(h->next_fd); /* nothing was said over it */
	(void)pthread_mutex_destroy(&h->mutex);
	(void)yg_hunt_known_free(h->known);
	json_decref(h->gathered);
	free(h);
	return NULL;
}
