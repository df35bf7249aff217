/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_engine_ask.h"

#include <poll.h>

#include "app/hub_archive.h"
#include "base/alloc.h"
#include "base/clock.h"

#include "base/ban.h"

#define SLICE_MS  100
#define NS_PER_MS INT64_C(1000000)
#define KEY_MAX	  (4u * YG_FACT_TEXT_MAX)

struct request {
	struct yg_hub_asked asked;
	uint64_t id;
	uint64_t records; /* of the batch, as its head says */
	uint64_t bytes;
	uint64_t first; /* number of its first line */
	uint64_t found; /* so far */
	uint64_t learnt;
	uint64_t looked;
};

struct yg_hub_ask {
	struct yg_hub_ask_opts opts;
	struct yg_msg_pipe pipe;
	struct request flight[YG_HUB_FLIGHT_MAX]; /* a ring */
	unsigned first;
	unsigned count;
	uint64_t next_id;
	int64_t since_ns; /* the first of them is the first; steady clock */
	bool is_away;	  /* nothing was heard for a while, and that was not the engine's doing */
	uint64_t limit;	  /* what answers later requests is left where it is; 0: nothing */
	bool has_left;	  /* answers that came may stand in the pipe */
	bool has_changed;
	char hunt[YG_HUB_ENGINE_HUNT_MAX + 1]; /* "": the live detection */
	struct yg_hub_engine_set set;
	struct yg_buf key;
	int called_rc; /* what a callback returned */

	/* Of the one that waits for its answer. */
	int result;
	struct yg_buf *state;

	struct yg_hub_asked blamed;
	unsigned tries;
};

static int64_t now_ns(void)
{
	struct yg_clock clock = yg_clock_steady();

	return clock.now_ns(clock.arg);
}

bool yg_hub_ask_is_of_body(int rc)
{
	return rc == YG_EFORMAT || rc == YG_EDIGEST || rc == YG_ELIMIT;
}

/* ---- requests in flight ---- */

static struct request *first_of(struct yg_hub_ask *a)
{
	return &a->flight[a->first];
}

static void pop(struct yg_hub_ask *a)
{
	a->first = (a->first + 1) % YG_HUB_FLIGHT_MAX;
	a->count--;
	a->since_ns = now_ns();
}

static struct request *push(struct yg_hub_ask *a, enum yg_hub_engine_kind kind)
{
	struct request *r = &a->flight[(a->first + a->count) % YG_HUB_FLIGHT_MAX];

	if (a->count == 0)
		a->since_ns = now_ns();
	*r = (struct request){.asked = {.kind = kind}, .id = a->next_id++};
	a->count++;
	return r;
}

static void set_name(char *to, size_t room, struct yg_bytes name)
{
	size_t size = name.size < room ? name.size : room - 1; /* checked before: it fits */

	if (size > 0)
		memcpy(to, name.data, size);
	to[size] = '\0';
}

/* ---- blame ---- */

static bool is_same(const struct yg_hub_asked *a, const struct yg_hub_asked *b)
{
	return a->kind == b->kind && a->position == b->position && strcmp(a->org, b->org) == 0;
}

static void blame(struct yg_hub_ask *a, const struct yg_hub_asked *asked)
{
	a->tries = a->tries > 0 && is_same(&a->blamed, asked) ? a->tries + 1 : 1;
	a->blamed = *asked;
}

static void acquit(struct yg_hub_ask *a, const struct yg_hub_asked *asked)
{
	if (is_same(&a->blamed, asked))
		a->tries = 0;
}

bool yg_hub_ask_is_poison(const struct yg_hub_ask *ask, enum yg_hub_engine_kind kind,
			  struct yg_bytes org, uint64_t position)
{
	return ask->tries >= YG_HUB_ENGINE_TRIES_MAX && ask->blamed.kind == kind &&
	       ask->blamed.position == position && yg_bytes_eq(yg_bytes_str(ask->blamed.org), org);
}

/* It has ended, or shall. */
static int lose(struct yg_hub_ask *a, bool is_bad)
{
	if (a->count > 0)
		blame(a, &first_of(a)->asked);
	a->count = 0;
	yg_msg_pipe_close(&a->pipe);
	if (is_bad)
		a->opts.distrust(a->opts.arg);
	return YG_EPIPE;
}

/* ---- answers ---- */

/* What the keeper knows of it, and of the engine's words only what can be. */
static int take_finding(struct yg_hub_ask *a, struct request *r, struct yg_bytes body)
{
	struct yg_fact_finding f;
	uint32_t record;

	if (!r->asked.is_new || r->found == YG_HUB_ENGINE_FOUND_MAX ||
	    yg_hub_found_read(body, &record, &f) != YG_OK || record >= r->records)
		return YG_EFORMAT;
	r->found++;
	f.org = yg_bytes_str(r->asked.org);
	f.sensor = yg_bytes_str(r->asked.sensor);
	f.rules = yg_bytes_str(a->set.rules);
	f.hunt = yg_bytes_str(a->hunt);
	f.received_ns = r->asked.received_ns;
	f.refs[0] = (struct yg_fact_ref){r->first + record, r->asked.received_ns};
	f.ref_count = 1;
	yg_fact_finding_id(f.org, f.sensor, yg_hub_finding_key(&f, &a->key), f.source, f.last_ns,
			   f.id);
	f.minute_ns = yg_fact_minute(f.last_ns);
	a->called_rc = a->opts.finding(a->opts.arg, &f);
	return YG_OK;
}

/* Of an earlier line of the same organisation: of which sensor, is the engine's word. */
static int take_waited(struct yg_hub_ask *a, struct request *r, struct yg_bytes body)
{
	struct yg_fact_finding f;

	if (!r->asked.is_new || r->found == YG_HUB_ENGINE_FOUND_MAX || a->hunt[0] ||
	    yg_hub_waited_read(body, &f) != YG_OK || f.refs[0].number >= r->first)
		return YG_EFORMAT;
	r->found++;
	f.org = yg_bytes_str(r->asked.org);
	f.rules = yg_bytes_str(a->set.rules);
	yg_fact_finding_id(f.org, f.sensor, yg_hub_finding_key(&f, &a->key), f.source, f.last_ns,
			   f.id);
	f.minute_ns = yg_fact_minute(f.last_ns);
	a->called_rc = a->opts.finding(a->opts.arg, &f);
	return YG_OK;
}

/* Its bundle is named by the sensor, within what is the sensor's own: it can meet no other's. */
static int take_told(struct yg_hub_ask *a, struct request *r, struct yg_bytes body)
{
	struct yg_fact_finding f;

	if (!r->asked.is_new || r->found == YG_HUB_ENGINE_FOUND_MAX || a->hunt[0] ||
	    r->records == 0 || yg_hub_told_read(body, &f) != YG_OK)
		return YG_EFORMAT;
	r->found++;
	f.org = yg_bytes_str(r->asked.org);
	f.sensor = yg_bytes_str(r->asked.sensor);
	f.received_ns = r->asked.received_ns;
	yg_fact_finding_id(f.org, f.sensor, f.bundle, YG_S(""), f.minute_ns, f.id);
	f.minute_ns = yg_fact_minute(f.minute_ns);
	a->called_rc = a->opts.finding(a->opts.arg, &f);
	return YG_OK;
}

/* Of the batch's sensor, whatever it says: whether it was given that list, its keeper knows. */
static int take_look(struct yg_hub_ask *a, struct request *r, struct yg_bytes body)
{
	struct yg_told_look look;

	if (!r->asked.is_new || r->looked == YG_HUB_ENGINE_LOOKS_MAX || a->hunt[0] ||
	    r->records == 0 || yg_hub_looked_read(body, &look) != YG_OK)
		return YG_EFORMAT;
	r->looked++;
	if (a->opts.look)
		a->called_rc = a->opts.look(a->opts.arg, &r->asked, &look);
	return YG_OK;
}

static int take_outcome(struct yg_hub_ask *a, struct request *r, struct yg_bytes body)
{
	struct yg_hub_learnt learnt;

	if (!r->asked.is_new || r->learnt == YG_HUB_ENGINE_FOUND_MAX ||
	    yg_hub_learnt_read(body, &learnt) != YG_OK)
		return YG_EFORMAT;
	r->learnt++;
	a->called_rc = a->opts.outcome(a->opts.arg, &r->asked, &learnt);
	return YG_OK;
}

/* Do its counts agree with the batch, and with what came before? */
static bool is_exact(const struct request *r, const struct yg_hub_judged_batch *answer)
{
	if (answer->rc == YG_OK)
		return (answer->records == r->records || r->asked.kind == YG_HUB_TICK) &&
		       answer->bytes == r->bytes &&
		       answer->findings == r->found + answer->unlisted &&
		       (answer->unlisted == 0 || r->found == YG_HUB_ENGINE_FOUND_MAX);
	return answer->records == 0 && answer->bytes == 0 && answer->findings == 0 &&
	       (!yg_hub_ask_is_of_body(answer->rc) ||
		(r->found == 0 && r->learnt == 0 && r->looked == 0));
}

static int take_judged(struct yg_hub_ask *a, struct request *r, struct yg_bytes body)
{
	struct yg_hub_judged_batch answer;

	if (yg_hub_judged_read(body, &answer) != YG_OK || !is_exact(r, &answer))
		return YG_EFORMAT;
	if (answer.rc == YG_OK || yg_hub_ask_is_of_body(answer.rc)) {
		acquit(a, &r->asked);
		a->called_rc = a->opts.judged(a->opts.arg, &r->asked, &answer);
	} else { /* no memory for it is as bad as an end, when it comes again and again */
		blame(a, &r->asked);
		a->called_rc = answer.rc;
	}
	pop(a);
	return YG_OK;
}

static int take_batch_answer(struct yg_hub_ask *a, struct request *r, const struct yg_msg *message)
{
	switch (message->kind) {
	case YG_HUB_FOUND:
		return take_finding(a, r, message->body);
	case YG_HUB_WAITED:
		return take_waited(a, r, message->body);
	case YG_HUB_TOLD:
		return take_told(a, r, message->body);
	case YG_HUB_LOOKED:
		return take_look(a, r, message->body);
	case YG_HUB_LEARNT:
		return take_outcome(a, r, message->body);
	case YG_HUB_JUDGED:
		return take_judged(a, r, message->body);
	default:
		return YG_EFORMAT;
	}
}

static int take_begun(struct yg_hub_ask *a, struct request *r, const struct yg_msg *message)
{
	struct yg_hub_engine_set set;

	if (message->kind != YG_HUB_BEGUN || yg_hub_begun_read(message->body, &set) != YG_OK)
		return YG_EFORMAT;
	a->set = set;
	a->has_changed = false;
	a->result = set.rc;
	acquit(a, &r->asked);
	pop(a);
	return YG_OK;
}

static int take_state(struct yg_hub_ask *a, const struct yg_msg *message)
{
	struct yg_bytes piece;

	if (yg_hub_state_read(message->body, &piece) != YG_OK ||
	    piece.size > YG_HUB_STATE_MAX - a->state->size)
		return YG_EFORMAT;
	yg_buf_add(a->state, piece);
	a->called_rc = yg_buf_error(a->state);
	return YG_OK;
}

static int take_done(struct yg_hub_ask *a, struct request *r, const struct yg_msg *message,
		     enum yg_hub_engine_kind kind)
{
	uint64_t number;

	if (message->kind != kind || yg_hub_done_read(message->body, &a->result, &number) != YG_OK)
		return YG_EFORMAT;
	if (kind == YG_HUB_SAVED && number != a->state->size)
		return YG_EFORMAT;
	acquit(a, &r->asked);
	pop(a);
	return YG_OK;
}

static bool is_beginning(struct yg_hub_ask *a)
{
	enum yg_hub_engine_kind kind = first_of(a)->asked.kind;

	return a->count > 0 && (kind == YG_HUB_BEGIN || kind == YG_HUB_LOAD);
}

/* Once, until the set is taken; what an engine said before BEGIN does not count. */
static int take_changed(struct yg_hub_ask *a, const struct yg_msg *message)
{
	if (message->body.size > 0 || (a->has_changed && !is_beginning(a)))
		return YG_EFORMAT;
	a->has_changed = true;
	return YG_OK;
}

static int take_answer(struct yg_hub_ask *a, struct request *r, const struct yg_msg *message)
{
	switch (r->asked.kind) {
	case YG_HUB_BEGIN:
	case YG_HUB_LOAD:
	case YG_HUB_TAKE:
		return take_begun(a, r, message);
	case YG_HUB_JUDGE:
	case YG_HUB_FRAME:
	case YG_HUB_TICK:
		return take_batch_answer(a, r, message);
	case YG_HUB_RESTORE:
		return take_done(a, r, message, YG_HUB_RESTORED);
	default: /* SAVE */
		return message->kind == YG_HUB_STATE ? take_state(a, message)
						     : take_done(a, r, message, YG_HUB_SAVED);
	}
}

static int take(struct yg_hub_ask *a, const struct yg_msg *message)
{
	struct request *r = first_of(a);

	if (message->kind == YG_HUB_CHANGED)
		return take_changed(a, message);
	if (is_beginning(a) && message->id < r->id)
		return YG_OK; /* of what was given up */
	return a->count > 0 && message->id == r->id ? take_answer(a, r, message) : YG_EFORMAT;
}

/* The next answer is one that nobody wants to hear yet. */
static bool is_at_limit(struct yg_hub_ask *a)
{
	return a->limit != 0 && a->count > 0 && first_of(a)->id > a->limit;
}

/* Some of what it says may be here already, and left from before: that comes before its end. */
int yg_hub_ask_hear(struct yg_hub_ask *ask)
{
	struct yg_msg message;
	int filled = yg_msg_fill(&ask->pipe);
	int rc = filled == YG_ENOMEM ? filled : YG_OK; /* what came is still there */

	ask->called_rc = YG_OK;
	while (rc == YG_OK && !is_at_limit(ask) &&
	       (rc = yg_msg_next(&ask->pipe, &message)) == YG_OK) {
		rc = take(ask, &message);
		if (rc == YG_OK && ask->called_rc != YG_OK)
			return ask->called_rc;
	}
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	if (rc == YG_EAGAIN && (filled == YG_OK || filled == YG_EAGAIN))
		return YG_OK;
	return lose(ask, rc != YG_EAGAIN || filled != YG_EPIPE);
}

/* Sets are read and compiled as long as they are large; states have their size too. */
static int64_t patience_ns(struct yg_hub_ask *a)
{
	enum yg_hub_engine_kind kind = first_of(a)->asked.kind;
	bool is_batch = kind == YG_HUB_JUDGE || kind == YG_HUB_FRAME;

	return (is_batch ? 1 : 10) * a->opts.answer_ms * NS_PER_MS;
}

/* Wait a moment for something to happen. */
static int pump(struct yg_hub_ask *a)
{
	struct pollfd one = {.fd = a->pipe.fd, .events = POLLIN};
	int64_t age_ns;
	int count;

	if (a->pipe.fd < 0)
		return YG_EPIPE;
	if (a->is_away) /* until now it was not the engine that let wait */
		a->since_ns = now_ns();
	a->is_away = false;
	/* What cannot be written shows when it is read: all that came before the end counts. */
	if (yg_msg_flush(&a->pipe) == YG_EAGAIN)
		one.events |= POLLOUT;
	count = poll(&one, 1, a->has_left ? 0 : SLICE_MS);
	if (count < 0 && errno != EINTR)
		return yg_err_from_errno(errno);
	age_ns = a->count > 0 ? now_ns() - a->since_ns : 0;
	if (age_ns > patience_ns(a))
		return lose(a, true);
	if (age_ns > YG_HUB_ENGINE_END_MS * NS_PER_MS && a->opts.is_ending(a->opts.arg))
		return YG_EEND;
	if (!a->has_left && (count <= 0 || !(one.revents & ~POLLOUT)))
		return YG_OK;
	a->has_left = false;
	return yg_hub_ask_hear(a);
}

int yg_hub_ask_wait(struct yg_hub_ask *ask)
{
	int rc = YG_OK;

	while (rc == YG_OK && ask->count > 0)
		rc = pump(ask);
	return rc;
}

uint64_t yg_hub_ask_mark(const struct yg_hub_ask *ask)
{
	return ask->next_id - 1;
}

int yg_hub_ask_wait_for(struct yg_hub_ask *ask, uint64_t mark)
{
	int rc = YG_OK;

	ask->limit = mark;
	while (rc == YG_OK && ask->count > 0 && !is_at_limit(ask))
		rc = pump(ask);
	ask->limit = 0;
	ask->is_away = ask->has_left = ask->count > 0;
	return rc;
}

/* @rc is that of a put: again when there is room? */
static bool is_again(struct yg_hub_ask *a, int *rc)
{
	if (*rc != YG_EAGAIN)
		return false;
	*rc = pump(a);
	return *rc == YG_OK;
}

/* What was put is on its way, and answered. */
static int finish(struct yg_hub_ask *a, int rc)
{
	return rc == YG_OK ? yg_hub_ask_wait(a) : rc;
}

/* ---- asking ---- */

int yg_hub_ask_begin(struct yg_hub_ask *ask, uint64_t seed)
{
	const struct request *r;
	int rc;

	if (ask->pipe.fd < 0)
		return YG_EPIPE;
	ask->count = 0;
	r = push(ask, YG_HUB_BEGIN);
	do {
		rc = yg_hub_begin_put(&ask->pipe, r->id, seed);
	} while (is_again(ask, &rc));
	rc = finish(ask, rc);
	return rc == YG_OK ? ask->result : rc;
}

const struct yg_hub_engine_set *yg_hub_ask_set(const struct yg_hub_ask *ask)
{
	return &ask->set;
}

bool yg_hub_ask_has_changed(const struct yg_hub_ask *ask)
{
	return ask->has_changed;
}

int yg_hub_ask_take_set(struct yg_hub_ask *ask, int *ret_took)
{
	const struct request *r;
	int rc = yg_hub_ask_wait(ask);

	if (rc != YG_OK)
		return rc;
	r = push(ask, YG_HUB_TAKE);
	do {
		rc = yg_hub_word_put(&ask->pipe, YG_HUB_TAKE, r->id);
	} while (is_again(ask, &rc));
	rc = finish(ask, rc);
	*ret_took = ask->result;
	return rc;
}

/* @head: of the batch. YG_EAGAIN: nothing of it was put. */
static int put_judge(struct yg_hub_ask *a, const struct yg_hub_batch *batch, bool is_new,
		     const struct yg_wire_batch *head)
{
	const struct yg_hub_judge task = {is_new,     batch->position, batch->received_ns,
					  batch->org, batch->sensor,   batch->body};
	struct request *r = push(a, YG_HUB_JUDGE);
	int rc;

	r->asked.position = batch->position;
	r->asked.received_ns = batch->received_ns;
	r->asked.is_new = is_new;
	r->first = batch->position * YG_HUB_ARCHIVE_LINES;
	r->records = head->count;
	r->bytes = head->size;
	set_name(r->asked.org, sizeof(r->asked.org), batch->org);
	set_name(r->asked.sensor, sizeof(r->asked.sensor), batch->sensor);
	rc = yg_hub_judge_put(&a->pipe, r->id, &task);
	if (rc != YG_OK)
		a->count--;
	return rc;
}

static int read_head(const struct yg_hub_batch *batch, struct yg_wire_batch *ret)
{
	struct yg_wire_fault fault;
	int rc = yg_wire_batch_read(batch->body, ret, &fault);

	if (rc == YG_OK &&
	    (batch->sensor.size > YG_HUB_ENGINE_SENSOR_MAX || batch->org.size > YG_FACT_ORG_MAX))
		rc = YG_EFORMAT;
	return rc;
}

int yg_hub_ask_judge(struct yg_hub_ask *ask, const struct yg_hub_batch *batch, bool is_new)
{
	struct yg_wire_batch head;
	int rc = read_head(batch, &head);

	while (rc == YG_OK && ask->count == YG_HUB_FLIGHT_MAX)
		rc = pump(ask);
	if (rc != YG_OK)
		return rc;
	if (ask->pipe.fd < 0)
		return YG_EPIPE;
	do {
		rc = put_judge(ask, batch, is_new, &head);
	} while (is_again(ask, &rc));
	if (rc != YG_OK)
		return rc;
	yg_hub_ask_send(ask);
	return yg_hub_ask_hear(ask);
}

int yg_hub_ask_ahead(struct yg_hub_ask *ask, const struct yg_hub_batch *batch)
{
	struct yg_wire_batch head;
	int rc = read_head(batch, &head);

	if (rc == YG_OK && ask->count == YG_HUB_FLIGHT_MAX)
		rc = YG_EAGAIN;
	if (rc == YG_OK && ask->pipe.fd < 0)
		rc = YG_EPIPE;
	if (rc == YG_OK)
		rc = put_judge(ask, batch, true, &head);
	if (rc == YG_OK)
		ask->is_away = true;
	return rc;
}

void yg_hub_ask_send(struct yg_hub_ask *ask)
{
	if (ask->pipe.fd >= 0)
		(void)yg_msg_flush(&ask->pipe); /* shows when it is read */
}

int yg_hub_ask_load(struct yg_hub_ask *ask, const char *hunt, uint64_t seed, int *ret_result)
{
	const struct request *r;
	int rc;

	if (ask->pipe.fd < 0)
		return YG_EPIPE;
	ask->count = 0;
	set_name(ask->hunt, sizeof(ask->hunt), yg_bytes_str(hunt));
	r = push(ask, YG_HUB_LOAD);
	do {
		rc = yg_hub_load_put(&ask->pipe, r->id, yg_bytes_str(ask->hunt), seed);
	} while (is_again(ask, &rc));
	rc = finish(ask, rc);
	*ret_result = ask->result;
	return rc;
}

int yg_hub_ask_frame(struct yg_hub_ask *ask, const struct yg_hub_batch *batch, struct yg_bytes text,
		     uint64_t first)
{
	struct yg_hub_judge task = {.is_new = true,
				    .position = first,
				    .received_ns = batch->received_ns,
				    .org = batch->org,
				    .body = text};
	struct request *r;
	int rc = YG_OK;

	while (rc == YG_OK && ask->count == YG_HUB_FLIGHT_MAX)
		rc = pump(ask);
	if (rc == YG_OK && ask->pipe.fd < 0)
		rc = YG_EPIPE;
	if (rc != YG_OK)
		return rc;
	r = push(ask, YG_HUB_FRAME);
	r->asked.position = r->first = first;
	r->asked.received_ns = batch->received_ns;
	r->asked.is_new = true;
	r->bytes = text.size;
	for (size_t i = 0; i < text.size; i++)
		r->records += text.data[i] == '\n';
	set_name(r->asked.org, sizeof(r->asked.org), batch->org);
	set_name(r->asked.sensor, sizeof(r->asked.sensor), batch->sensor);
	do {
		rc = yg_hub_frame_put(&ask->pipe, r->id, &task);
	} while (is_again(ask, &rc));
	return rc;
}

/* What concerns one organisation begins when nothing else is in flight. */
static int begin_of_org(struct yg_hub_ask *a, enum yg_hub_engine_kind kind, struct yg_bytes org,
			struct request **ret)
{
	int rc = org.size > 0 && org.size <= YG_FACT_ORG_MAX ? yg_hub_ask_wait(a) : YG_EINVAL;

	if (rc == YG_OK && a->pipe.fd < 0)
		rc = YG_EPIPE;
	if (rc != YG_OK)
		return rc;
	*ret = push(a, kind);
	set_name((*ret)->asked.org, sizeof((*ret)->asked.org), org);
	return YG_OK;
}

int yg_hub_ask_tick(struct yg_hub_ask *ask, struct yg_bytes org, uint64_t position, int64_t now_ns)
{
	struct request *r;
	int rc = begin_of_org(ask, YG_HUB_TICK, org, &r);

	if (rc != YG_OK)
		return rc;
	r->asked.position = position;
	r->asked.is_new = true;
	r->first = (position + 1) * YG_HUB_ARCHIVE_LINES;
	do {
		rc = yg_hub_tick_put(&ask->pipe, r->id, org, now_ns);
	} while (is_again(ask, &rc));
	return finish(ask, rc);
}

int yg_hub_ask_restore(struct yg_hub_ask *ask, struct yg_bytes org, struct yg_bytes state,
		       int *ret_result)
{
	struct request *r;
	int rc = begin_of_org(ask, YG_HUB_RESTORE, org, &r);
	bool is_last = false;

	while (rc == YG_OK && !is_last) {
		struct yg_bytes piece = yg_bytes_cut(state, 0,
						     state.size < YG_HUB_ENGINE_PIECE_MAX
							     ? state.size
							     : YG_HUB_ENGINE_PIECE_MAX);

		is_last = piece.size == state.size;
		do {
			rc = yg_hub_restore_put(&ask->pipe, r->id, org, piece, is_last);
		} while (is_again(ask, &rc));
		state = yg_bytes_from(state, piece.size);
	}
	rc = finish(ask, rc);
	*ret_result = ask->result;
	return rc;
}

int yg_hub_ask_save(struct yg_hub_ask *ask, struct yg_bytes org, struct yg_buf *to, int *ret_result)
{
	struct request *r;
	int rc = begin_of_org(ask, YG_HUB_SAVE, org, &r);

	yg_buf_reset(to);
	ask->state = to;
	if (rc != YG_OK)
		return rc;
	do {
		rc = yg_hub_of_org_put(&ask->pipe, YG_HUB_SAVE, r->id, org);
	} while (is_again(ask, &rc));
	rc = finish(ask, rc);
	*ret_result = ask->result;
	return rc;
}

int yg_hub_ask_drop(struct yg_hub_ask *ask, struct yg_bytes org)
{
	int rc;

	do {
		rc = yg_hub_of_org_put(&ask->pipe, YG_HUB_DROP, ask->next_id++, org);
	} while (is_again(ask, &rc));
	return rc;
}

/* ---- beginning and end ---- */

struct yg_hub_ask *yg_hub_ask_new(const struct yg_hub_ask_opts *opts)
{
	struct yg_hub_ask *a = yg_calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->opts = *opts;
	if (a->opts.answer_ms == 0)
		a->opts.answer_ms = YG_HUB_ENGINE_ANSWER_MS;
	a->next_id = 1;
	yg_msg_pipe_init(&a->pipe, YG_HUB_ENGINE_BODY_MAX, YG_HUB_ENGINE_QUEUE_MAX);
	yg_buf_init(&a->key, KEY_MAX);
	return a;
}

struct yg_hub_ask *yg_hub_ask_free(struct yg_hub_ask *ask)
{
	if (!ask)
		return NULL;
	yg_msg_pipe_close(&ask->pipe);
	yg_buf_done(&ask->key);
	free(ask);
	return NULL;
}

void yg_hub_ask_open(struct yg_hub_ask *ask, int take_fd)
{
	if (ask->pipe.fd >= 0)
		(void)lose(ask, false);
	ask->count = 0;
	ask->has_left = false;
	ask->has_changed = false;
	yg_msg_pipe_open(&ask->pipe, take_fd);
}

bool yg_hub_ask_is_open(const struct yg_hub_ask *ask)
{
	return ask->pipe.fd >= 0;
}
