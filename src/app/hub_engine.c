/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_engine.h"

#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/hub_archive.h"
#include "app/hub_detect_judge.h"
#include "app/hub_engine_wire.h"
#include "app/hub_hunt_set.h"
#include "app/process.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "wire/pack.h"

#include "base/ban.h"

struct yg_hub_engine {
	struct yg_hub_rules *rules;
	struct yg_msg_pipe pipe;
	struct yg_hub_judges *judges; /* NULL until the keeper said BEGIN */
	uint64_t seed;
	struct yg_rule_set next; /* waits for the keeper's word */
	bool has_next;
	const char *hunts_dir; /* NULL: it is no hunter */
	struct yg_hunt_set *hunt;
	char hunt_id[YG_HUNT_ID_SIZE];
	struct yg_buf state; /* on its way, in either direction */
	struct yg_buf other; /* the same state, not packed when that one is */

	/* Of the batch that is being judged. */
	uint64_t id;
	uint64_t first_number;
	uint64_t found;
	uint64_t learnt;
	uint64_t looked;
	uint64_t unlisted;
};

/* ---- answers ---- */

/* Everything that waits is written. */
static int flush(struct yg_hub_engine *e)
{
	int rc;

	while ((rc = yg_msg_flush(&e->pipe)) == YG_EAGAIN) {
		struct pollfd one = {.fd = e->pipe.fd, .events = POLLOUT};

		if (poll(&one, 1, -1) < 0 && errno != EINTR)
			return yg_err_from_errno(errno);
	}
	return rc;
}

/* Room for one message more, so that what is put next is taken. */
static int make_room(struct yg_hub_engine *e)
{
	return e->pipe.out.size - e->pipe.sent > YG_HUB_ENGINE_QUEUE_MAX / 8 ? flush(e) : YG_OK;
}

static int put_finding(void *arg, const struct yg_fact_finding *finding)
{
	struct yg_hub_engine *e = arg;
	int rc = make_room(e);

	if (rc != YG_OK)
		return rc;
	if (e->found == YG_HUB_ENGINE_FOUND_MAX) {
		e->unlisted++;
		return YG_OK;
	}
	e->found++;
	if (finding->bundle.size > 0)
		return yg_hub_told_put(&e->pipe, e->id, finding);
	if (finding->refs[0].number < e->first_number)
		return yg_hub_waited_put(&e->pipe, e->id, finding);
	return yg_hub_found_put(&e->pipe, e->id,
				(uint32_t)(finding->refs[0].number - e->first_number), finding);
}

static int put_outcome(void *arg, const uint8_t id[YG_FACT_ID_BYTES], enum yg_outcome outcome,
		       struct yg_bytes reason)
{
	struct yg_hub_engine *e = arg;
	struct yg_hub_learnt learnt = {.outcome = outcome, .reason = reason};
	int rc = make_room(e);

	if (rc != YG_OK)
		return rc;
	if (e->learnt == YG_HUB_ENGINE_FOUND_MAX)
		return YG_OK; /* the bundles stay with what they say */
	e->learnt++;
	memcpy(learnt.bundle, id, sizeof(learnt.bundle));
	return yg_hub_learnt_put(&e->pipe, e->id, &learnt);
}

static int put_look(void *arg, const struct yg_told_look *look)
{
	struct yg_hub_engine *e = arg;
	int rc = make_room(e);

	if (rc != YG_OK || e->looked == YG_HUB_ENGINE_LOOKS_MAX)
		return rc; /* a sensor has not so many lists of warnings that are open */
	e->looked++;
	return yg_hub_looked_put(&e->pipe, e->id, look);
}

/* ---- the set and its judges ---- */

static const struct yg_rule_set *running_set(const struct yg_hub_engine *e)
{
	return e->hunt ? &e->hunt->set : &e->rules->set;
}

static void describe(const struct yg_hub_engine *e, struct yg_hub_engine_set *set)
{
	const struct yg_rule_set *running = running_set(e);

	yg_hex((struct yg_bytes){running->rules.key, YG_DIGEST_BYTES}, set->rules);
	memcpy(set->lists, running->lists.digest, sizeof(set->lists));
	set->rule_count = running->rules.loaded;
	set->indicator_count = running->lists.set ? yg_indicators_count(running->lists.set) : 0;
}

static int make_judges(struct yg_hub_engine *e)
{
	const struct yg_rule_set *set = running_set(e);
	struct yg_hub_judges_opts opts = {
		.engine = set->rules.engine,
		.indicators = set->lists.set,
		.parse = {.zone = e->rules->zone, .sources = e->rules->sources.sources},
		.counts = yg_hub_indicators_counts,
		.counts_arg = e->hunt ? e->hunt->known : e->rules->known,
		.hunt = e->hunt ? e->hunt_id : NULL,
		.has_seed = true,
		.seed = e->seed,
	};

	yg_hex((struct yg_bytes){set->rules.key, YG_DIGEST_BYTES}, opts.rules);
	e->judges = yg_hub_judges_free(e->judges);
	return yg_hub_judges_new(&opts, &e->judges);
}

static int tell_set(struct yg_hub_engine *e, uint64_t id, int rc)
{
	struct yg_hub_engine_set set = {.rc = rc};

	describe(e, &set);
	rc = yg_hub_begun_put(&e->pipe, id, &set);
	if (rc == YG_OK && e->has_next)
		rc = yg_hub_word_put(&e->pipe, YG_HUB_CHANGED, 0);
	return rc;
}

static int begin(struct yg_hub_engine *e, const struct yg_msg *message)
{
	int rc = yg_hub_begin_read(message->body, &e->seed);

	if (e->hunts_dir)
		return YG_EFORMAT;
	yg_buf_done(&e->state); /* a piece of one that was given up */

	return rc == YG_OK ? tell_set(e, message->id, make_judges(e)) : rc;
}

static void forget_hunt(struct yg_hub_engine *e)
{
	e->judges = yg_hub_judges_free(e->judges);
	if (e->hunt)
		yg_hunt_set_done(e->hunt);
	free(e->hunt);
	e->hunt = NULL;
}

/* What hunt is it? What the folder holds is the operator's, as it was when the hunt began. */
static int load(struct yg_hub_engine *e, const struct yg_msg *message)
{
	struct yg_bytes id;
	int rc = yg_hub_load_read(message->body, &id, &e->seed);

	yg_buf_done(&e->state);
	forget_hunt(e);
	if (rc != YG_OK || !e->hunts_dir || id.size >= sizeof(e->hunt_id))
		return YG_EFORMAT;
	memcpy(e->hunt_id, id.data, id.size);
	e->hunt_id[id.size] = '\0';
	if (!yg_hunt_is_id(e->hunt_id))
		return YG_EFORMAT;
	e->hunt = yg_calloc(1, sizeof(*e->hunt));
	if (!e->hunt)
		return YG_ENOMEM;
	rc = yg_hunt_set_load(e->hunt, e->hunts_dir, e->hunt_id, e->rules->allow_dir,
			      e->rules->warning_dir, false);
	return tell_set(e, message->id, rc == YG_OK ? make_judges(e) : rc);
}

/* The former set goes, and with it what was made for it. */
static int take_set(struct yg_hub_engine *e, const struct yg_msg *message)
{
	int took;
	int rc;

	if (message->body.size > 0 || !e->has_next)
		return YG_EFORMAT;
	e->judges = yg_hub_judges_free(e->judges);
	took = yg_hub_rules_take(e->rules, &e->next);
	if (took != YG_OK) /* no room: the former go on */
		yg_rule_set_done(&e->next);
	e->has_next = false;
	rc = make_judges(e);
	return tell_set(e, message->id, rc == YG_OK ? took : rc);
}

/* Did the folders change? The keeper is told once, and chooses the moment. */
static int look(struct yg_hub_engine *e)
{
	if (e->has_next || e->hunts_dir)
		return YG_OK;
	e->has_next = yg_hub_rules_look(e->rules, &e->next);
	if (!e->has_next || !e->judges || e->pipe.fd < 0)
		return YG_OK;
	return yg_hub_word_put(&e->pipe, YG_HUB_CHANGED, 0);
}

/* ---- requests ---- */

static int tell_judged(struct yg_hub_engine *e, struct yg_bytes org, int rc,
		       const struct yg_hub_batch_counts *counts)
{
	struct yg_hub_judged_batch answer = {.rc = rc};

	if (rc == YG_OK) {
		answer.records = counts->records;
		answer.bytes = counts->bytes;
		answer.unread = counts->unread;
		answer.findings = e->found + e->unlisted;
		answer.unlisted = e->unlisted;
	}
	answer.held = yg_hub_judges_bytes(e->judges, org);
	answer.pushed_out = yg_hub_judges_evicted(e->judges, org);
	answer.hurried = yg_hub_judges_hurried(e->judges, org);
	answer.due_ns = yg_hub_judges_due(e->judges, org);
	return yg_hub_judged_put(&e->pipe, e->id, &answer);
}

static int tick(struct yg_hub_engine *e, const struct yg_msg *message)
{
	const struct yg_hub_judged out = {put_finding, put_outcome, put_look, e};
	struct yg_hub_batch_counts counts;
	struct yg_bytes org;
	int64_t now_ns;
	int rc = yg_hub_tick_read(message->body, &org, &now_ns);

	if (rc != YG_OK || !e->judges || e->hunts_dir)
		return YG_EFORMAT;
	e->id = message->id;
	e->first_number = UINT64_MAX; /* all are earlier ones */
	e->found = e->learnt = e->looked = e->unlisted = 0;
	rc = yg_hub_judges_tick(e->judges, org, now_ns, &out, &counts);
	if (counts.records > YG_WIRE_RECORDS_MAX)
		counts.records = YG_WIRE_RECORDS_MAX;
	return rc == YG_EPIPE ? rc : tell_judged(e, org, rc, &counts);
}

static int judge(struct yg_hub_engine *e, const struct yg_msg *message)
{
	const struct yg_hub_judged out = {put_finding, put_outcome, put_look, e};
	struct yg_hub_batch_counts counts = {0};
	struct yg_hub_judge task;
	struct yg_hub_batch batch;
	int rc = e->hunts_dir ? yg_hub_frame_read(message->body, &task)
			      : yg_hub_judge_read(message->body, &task);

	if (rc != YG_OK || !e->judges)
		return YG_EFORMAT;
	batch = (struct yg_hub_batch){.org = task.org,
				      .sensor = task.sensor,
				      .position = task.position,
				      .received_ns = task.received_ns,
				      .body = task.body};
	e->id = message->id;
	e->first_number = e->hunts_dir ? task.position : task.position * YG_HUB_ARCHIVE_LINES;
	e->found = e->learnt = e->looked = e->unlisted = 0;
	if (e->hunts_dir) {
		batch.sensor = YG_S(YG_HUNT_SENSOR);
		rc = yg_hub_judges_take_text(e->judges, &batch, task.body, task.position, &out,
					     &counts);
	} else {
		rc = yg_hub_judges_take(e->judges, &batch, task.is_new ? &out : NULL, &counts);
	}
	return rc == YG_EPIPE ? rc : tell_judged(e, task.org, rc, &counts);
}

static int restore(struct yg_hub_engine *e, const struct yg_msg *message)
{
	struct yg_bytes org, piece, state;
	uint64_t left_out = 0;
	bool is_last;
	int rc = yg_hub_restore_read(message->body, &org, &piece, &is_last);

	if (rc != YG_OK || !e->judges || yg_hub_judges_has(e->judges, org))
		return YG_EFORMAT;
	yg_buf_add(&e->state, piece);
	if (!is_last)
		return YG_OK;
	rc = yg_buf_error(&e->state);
	if (rc == YG_OK)
		rc = yg_zunpack(yg_buf_bytes(&e->state), YG_HUB_STATE_MAX, &e->other, &state);
	if (rc == YG_OK)
		rc = yg_hub_judges_restore(e->judges, org, state, &left_out);
	yg_buf_done(&e->state);
	yg_buf_done(&e->other);
	return yg_hub_done_put(&e->pipe, YG_HUB_RESTORED, message->id, rc, left_out);
}

static int save(struct yg_hub_engine *e, const struct yg_msg *message)
{
	struct yg_bytes org, rest;
	int rc = yg_hub_of_org_read(message->body, &org);
	int saved;

	if (rc != YG_OK || !e->judges)
		return YG_EFORMAT;
	yg_buf_reset(&e->state);
	yg_buf_reset(&e->other);
	saved = yg_hub_judges_save(e->judges, org, &e->other);
	if (saved == YG_OK && e->other.size > 0)
		saved = yg_zpack(yg_buf_bytes(&e->other), &e->state);
	rest = saved == YG_OK ? yg_buf_bytes(&e->state) : (struct yg_bytes){0};
	while (rc == YG_OK && rest.size > 0) {
		size_t size =
			rest.size < YG_HUB_ENGINE_PIECE_MAX ? rest.size : YG_HUB_ENGINE_PIECE_MAX;

		rc = make_room(e);
		if (rc == YG_OK)
			rc = yg_hub_state_put(&e->pipe, message->id, yg_bytes_cut(rest, 0, size));
		rest = yg_bytes_from(rest, size);
	}
	if (rc == YG_OK)
		rc = yg_hub_done_put(&e->pipe, YG_HUB_SAVED, message->id, saved,
				     saved == YG_OK ? e->state.size : 0);
	yg_buf_done(&e->state); /* rarely small: their room goes back */
	yg_buf_done(&e->other);
	return rc;
}

static int drop(struct yg_hub_engine *e, const struct yg_msg *message)
{
	struct yg_bytes org;
	int rc = yg_hub_of_org_read(message->body, &org);

	if (rc == YG_OK && e->judges)
		yg_hub_judges_drop(e->judges, org);
	return rc;
}

static int do_one(struct yg_hub_engine *e, const struct yg_msg *message)
{
	switch (message->kind) {
	case YG_HUB_BEGIN:
		return begin(e, message);
	case YG_HUB_LOAD:
		return load(e, message);
	case YG_HUB_JUDGE:
	case YG_HUB_FRAME:
		return (message->kind == YG_HUB_FRAME) == (e->hunts_dir != NULL) ? judge(e, message)
										 : YG_EFORMAT;
	case YG_HUB_TICK:
		return tick(e, message);
	case YG_HUB_RESTORE:
		return restore(e, message);
	case YG_HUB_SAVE:
		return save(e, message);
	case YG_HUB_DROP:
		return drop(e, message);
	case YG_HUB_TAKE:
		return e->hunts_dir ? YG_EFORMAT : take_set(e, message);
	default:
		return YG_EFORMAT;
	}
}

/* The answer to one is out before the next is begun. */
static int serve(struct yg_hub_engine *e)
{
	struct yg_msg message;
	int rc = yg_msg_fill(&e->pipe);

	while (rc == YG_OK && (rc = yg_msg_next(&e->pipe, &message)) == YG_OK) {
		rc = do_one(e, &message);
		if (rc == YG_OK)
			rc = flush(e);
	}
	return rc == YG_EAGAIN ? YG_OK : rc;
}

void yg_hub_engine_open(struct yg_hub_engine *engine, int take_fd)
{
	yg_buf_done(&engine->state);
	forget_hunt(engine);
	yg_msg_pipe_open(&engine->pipe, take_fd);
}

static int hear_parent(struct yg_hub_engine *e, int control)
{
	unsigned peer;
	int fd;
	int rc = yg_process_next_link(control, &peer, &fd);

	if (rc == YG_OK)
		yg_hub_engine_open(e, fd);
	return rc == YG_EAGAIN ? YG_OK : rc;
}

int yg_hub_engine_run(struct yg_hub_engine *engine, int control)
{
	int rc = YG_OK;

	while (rc == YG_OK) {
		struct pollfd fds[] = {{.fd = control, .events = POLLIN},
				       {.fd = engine->pipe.fd, .events = POLLIN}};

		if (poll(fds, 2, YG_HUB_TICK_MS) < 0 && errno != EINTR)
			return yg_err_from_errno(errno);
		if (fds[0].revents)
			rc = hear_parent(engine, control);
		else if (fds[1].revents)
			rc = serve(engine);
		if (rc == YG_OK)
			rc = look(engine);
		if (rc == YG_OK)
			rc = flush(engine);
		if (rc == YG_EPIPE && control >= 0) {
			yg_msg_pipe_close(&engine->pipe); /* the keeper comes again */
			rc = YG_OK;
		}
	}
	return rc;
}

/* ---- beginning and end ---- */

struct yg_hub_engine *yg_hub_engine_new(struct yg_hub_rules *rules)
{
	struct yg_hub_engine *e = yg_calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->rules = rules;
	yg_msg_pipe_init(&e->pipe, YG_HUB_ENGINE_BODY_MAX, YG_HUB_ENGINE_QUEUE_MAX);
	yg_buf_init(&e->state, YG_HUB_STATE_MAX);
	yg_buf_init(&e->other, YG_HUB_STATE_MAX);
	return e;
}

struct yg_hub_engine *yg_hub_engine_free(struct yg_hub_engine *engine)
{
	if (!engine)
		return NULL;
	yg_msg_pipe_close(&engine->pipe);
	forget_hunt(engine);
	if (engine->has_next)
		yg_rule_set_done(&engine->next);
	yg_buf_done(&engine->state);
	yg_buf_done(&engine->other);
	free(engine);
	return NULL;
}

void yg_hub_engine_hunts(struct yg_hub_engine *engine, const char *dir)
{
	engine->hunts_dir = dir;
}

/* linux/ioprio.h has no header for programs */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE	   (3 << 13)

/* What came long ago can wait for what comes now. Where it may not, it is as the others. */
static void be_last(void)
{
	const struct sched_param param = {0};

	(void)sched_setscheduler(0, SCHED_IDLE, &param);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

int yg_hub_hunter_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	struct yg_hub_engine *engine = NULL;
	struct yg_hub_rules rules = {.reload = NULL};
	char dir[YG_HUB_PATH_MAX];
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	yg_wall_become(YG_WALL_HUNTER, settings->data);
	rc = yg_hub_join(settings->data, "hunts", dir)
		     ? yg_hub_rules_open_reading(&rules, settings->data, false)
		     : yg_hub_say_path(settings->data, "hunts", YG_ELIMIT);
	if (rc == YG_OK) {
		engine = yg_hub_engine_new(&rules);
		rc = engine ? YG_OK : yg_hub_say_path(settings->data, "", YG_ENOMEM);
	}
	be_last();
	if (rc == YG_OK && yg_wall_enter(YG_WALL_HUNTER, settings->data) != YG_OK)
		rc = yg_hub_say_path(settings->data, "hunts", YG_EUNSUPPORTED);
	if (rc == YG_OK)
		rc = yg_process_say_ready(control);
	if (rc == YG_OK) {
		yg_hub_engine_hunts(engine, dir);
		rc = yg_hub_engine_run(engine, control);
	}
	(void)yg_hub_engine_free(engine);
	yg_hub_rules_done(&rules);
	return rc == YG_EEND ? YG_OK : rc;
}

/* Rules of the own pack and time zones come from outside the data folder: before the walls. */
int yg_hub_engine_live(void *arg, int control, unsigned index)
{
	const struct yg_hub_settings *settings = arg;
	struct yg_hub_engine *engine = NULL;
	struct yg_hub_rules rules = {.reload = NULL};
	int rc;

	(void)index;
	yg_hub_forget_link(arg);
	yg_wall_become(YG_WALL_ENGINE, settings->data);
	rc = yg_hub_rules_open(&rules, settings->data, false, settings->clock); /* says */
	if (rc == YG_OK) {
		engine = yg_hub_engine_new(&rules);
		rc = engine ? YG_OK : yg_hub_say_path(settings->data, "", YG_ENOMEM);
	}
	if (rc == YG_OK && yg_wall_enter(YG_WALL_ENGINE, settings->data) != YG_OK)
		rc = yg_hub_say_path(settings->data, "rules", YG_EUNSUPPORTED);
	if (rc == YG_OK)
		rc = yg_process_say_ready(control);
	if (rc == YG_OK)
		rc = yg_hub_engine_run(engine, control);
	(void)yg_hub_engine_free(engine);
	yg_hub_rules_done(&rules);
	return rc == YG_EEND ? YG_OK : rc;
}
