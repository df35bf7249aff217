/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches and workers.
 *
 *   keeper: call ──queue of one worker──► CHECK ─► worker: unpack, hold against the head, read as
 * JSON (by sensor: in order)  ◄─ CHECKED ─┘
 *
 * A worker has what it was given until it has answered, in order. When it dies, the next one gets
 * all of it again; a batch that was first in line when TRIES_MAX of them died is refused.
 */
#include <poll.h>

#include "app/hub-int.h"
#include "app/process.h"
#include "app/say.h"
#include "base/hash.h"

#include "base/ban.h"

/* ---- the keeper's side ---- */

static void append(struct yg_hub_worker *worker, struct yg_hub_call *call)
{
	if (!worker->first)
		worker->end = &worker->first;
	call->work_next = NULL;
	*worker->end = call;
	worker->end = &call->work_next;
	call->is_at_work = true;
}

static struct yg_hub_call *take_first(struct yg_hub_worker *worker)
{
	struct yg_hub_call *call = worker->first;

	worker->first = call->work_next;
	if (!worker->first)
		worker->end = &worker->first;
	call->is_at_work = false;
	return call;
}

static int give(struct yg_hub_worker *worker, const struct yg_hub_call *call)
{
	return yg_msg_put(&worker->pipe, YG_HUB_CHECK, call->id, &call->body, 1);
}

/* The same sensor, the same worker: its batches stay in order. */
static struct yg_hub_worker *worker_of(struct yg_hub *hub, const struct yg_hub_call *call)
{
	uint64_t hash = yg_hash64(yg_bytes_str(call->batch.sensor), yg_hash_secret());

	return &hub->workers[hash % hub->worker_count];
}

void yg_hub_work(struct yg_hub *hub, struct yg_hub_call *call)
{
	struct yg_hub_worker *worker = worker_of(hub, call);
	int rc = give(worker, call);

	/* Without one now: the next one gets it. */
	if (rc == YG_OK || rc == YG_EPIPE)
		append(worker, call);
	else
		yg_hub_refuse(hub, call, YG_WIRE_BUSY, NULL);
}

/* It has ended. */
static void worker_lost(struct yg_hub *hub, struct yg_hub_worker *worker)
{
	struct yg_hub_call *call = worker->first;

	yg_msg_pipe_close(&worker->pipe);
	if (!call || ++call->tries < YG_HUB_TRIES_MAX)
		return;
	yg_say_hint(N_("the sensor keeps it and tries again later; please report this"),
		    N_("a batch of sensor %s ended the process that reads it, %u times"),
		    call->batch.sensor, YG_HUB_TRIES_MAX);
	yg_hub_refuse(hub, take_first(worker), YG_WIRE_INTERNAL, NULL);
}

void yg_hub_worker_begin(struct yg_hub *hub, unsigned index, int take_fd)
{
	struct yg_hub_worker *worker = &hub->workers[index];
	struct yg_hub_call *call;
	int rc = YG_OK;

	if (worker->pipe.fd >= 0)
		worker_lost(hub, worker);
	yg_msg_pipe_open(&worker->pipe, take_fd);
	for (call = worker->first; call && rc == YG_OK; call = call->work_next)
		rc = give(worker, call);
	if (rc != YG_OK) { /* more than fits in the queue, or no memory: begin again */
		yg_msg_pipe_close(&worker->pipe);
		yg_process_distrust(hub->control, YG_HUB_AT_WORKER + index);
	}
}

static int hear_one(struct yg_hub *hub, struct yg_hub_worker *worker, const struct yg_msg *answer)
{
	struct yg_hub_checked checked = {0};
	struct yg_wire_fault fault;

	if (answer->kind != YG_HUB_CHECKED || !worker->first || worker->first->id != answer->id ||
	    yg_hub_checked_read(answer->body, &checked) != YG_OK)
		return YG_EFORMAT;
	fault = (struct yg_wire_fault){.refusal = checked.refusal,
				       .msg = checked.words[0] ? checked.words : NULL,
				       .at = checked.at};
	yg_hub_worked(hub, take_first(worker), &fault);
	return YG_OK;
}

void yg_hub_worker_hear(struct yg_hub *hub, unsigned index)
{
	struct yg_hub_worker *worker = &hub->workers[index];
	struct yg_msg answer;
	int rc = yg_msg_fill(&worker->pipe);

	while (rc == YG_OK && (rc = yg_msg_next(&worker->pipe, &answer)) == YG_OK)
		rc = hear_one(hub, worker, &answer);
	if (rc == YG_EAGAIN)
		return;
	worker_lost(hub, worker);
	if (rc != YG_EPIPE)
		yg_process_distrust(hub->control, YG_HUB_AT_WORKER + index);
}

/* ---- the worker's side ---- */

struct bench {
	struct yg_msg_pipe pipe;
	struct yg_buf content;
	struct yg_wire_unpacker *unpacker;
};

static int check_one(struct bench *bench, const struct yg_msg *task)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_batch batch;
	int rc;

	if (task->kind != YG_HUB_CHECK)
		return YG_EFORMAT;
	yg_buf_reset(&bench->content);
	rc = yg_wire_batch_read(task->body, &batch, &fault);
	if (rc == YG_OK)
		rc = yg_wire_unpack(bench->unpacker, &batch, false, &bench->content, &fault);
	if (rc == YG_OK)
		rc = yg_wire_records_check(yg_buf_bytes(&bench->content), &fault);
	if (rc == YG_OK)
		fault = (struct yg_wire_fault){.refusal = YG_WIRE_OK};
	return yg_hub_checked_put(&bench->pipe, task->id, &fault);
}

/* Answers are written when all that has come is done: one call of the system for many. */
static int check_all(struct bench *bench)
{
	struct yg_msg task;
	int rc = yg_msg_fill(&bench->pipe);

	while (rc == YG_OK && (rc = yg_msg_next(&bench->pipe, &task)) == YG_OK)
		rc = check_one(bench, &task);
	return rc;
}

int yg_hub_worker_live(void *arg, int control, unsigned index)
{
	struct bench bench = {.unpacker = yg_wire_unpacker_new()};
	unsigned peer;
	int rc = bench.unpacker ? yg_wall_enter(YG_WALL_WORKER, NULL) : YG_ENOMEM;
	int fd;

	(void)index;
	yg_hub_forget_link(arg);
	yg_buf_init(&bench.content, YG_WIRE_CONTENT_MAX);
	yg_msg_pipe_init(&bench.pipe, YG_WIRE_BATCH_MAX, YG_HUB_QUEUE_MAX);
	if (rc == YG_OK)
		rc = yg_process_say_ready(control);
	while (rc == YG_OK || rc == YG_EAGAIN) {
		bool is_full = yg_msg_flush(&bench.pipe) == YG_EAGAIN;
		struct pollfd fds[] = {{.fd = control, .events = POLLIN},
				       {.fd = bench.pipe.fd, .events = is_full ? POLLOUT : POLLIN}};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents) {
			rc = yg_process_next_link(control, &peer, &fd);
			if (rc == YG_OK)
				yg_msg_pipe_open(&bench.pipe, fd);
		} else if (fds[1].revents && !is_full) {
			rc = check_all(&bench);
			if (rc == YG_EPIPE) {
				yg_msg_pipe_close(&bench.pipe); /* the keeper comes again */
				rc = YG_OK;
			}
		}
	}
	yg_msg_pipe_close(&bench.pipe);
	yg_buf_done(&bench.content);
	(void)yg_wire_unpacker_free(bench.unpacker);
	return rc == YG_EEND ? YG_OK : rc;
}
