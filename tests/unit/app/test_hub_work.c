/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's side of its workers: order, deaths, lies. The test is the worker. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/process.h"

#include "../check.h"

#define CALLS 3u

static struct yg_hub hub;
static struct yg_hub_call calls[CALLS];
static int control[2];
static struct yg_msg_pipe worker; /* the other end */

/* What became of each: 0: nothing yet; 1: checked; 2: refused. */
static int fate[CALLS];
static enum yg_wire_refusal refusals[CALLS];
static unsigned order; /* of the ends, four bits each */

static void note(const struct yg_hub_call *call, int what, enum yg_wire_refusal refusal)
{
	unsigned i = (unsigned)(call - calls);

	fate[i] += what;
	refusals[i] = refusal;
	order = order << 4 | (i + 1);
}

/* In hub_sensors.c otherwise. */
void yg_hub_worked(struct yg_hub *h, struct yg_hub_call *call, const struct yg_wire_fault *fault)
{
	(void)h;
	note(call, 1, fault->refusal);
}

void yg_hub_refuse(struct yg_hub *h, struct yg_hub_call *call, enum yg_wire_refusal refusal,
		   const struct yg_wire_next *next)
{
	(void)h;
	(void)next;
	note(call, 2, refusal);
}

void yg_hub_forget_link(void *settings)
{
	(void)settings;
}

static bool new_worker(void)
{
	int pair[2];

	yg_msg_pipe_close(&worker);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	yg_msg_pipe_init(&worker, YG_WIRE_BATCH_MAX, YG_HUB_QUEUE_MAX);
	yg_msg_pipe_open(&worker, pair[1]);
	yg_hub_worker_begin(&hub, 0, pair[0]);
	return true;
}

static bool begin(void)
{
	static bool was_begun;

	if (was_begun)
		yg_msg_pipe_close(&hub.workers[0].pipe);
	was_begun = true;
	memset(&hub, 0, sizeof(hub));
	memset(calls, 0, sizeof(calls));
	memset(fate, 0, sizeof(fate));
	order = 0;
	hub.worker_count = 1;
	hub.control = control[0];
	yg_msg_pipe_init(&hub.workers[0].pipe, YG_WIRE_BATCH_MAX, YG_HUB_QUEUE_MAX);
	for (unsigned i = 0; i < CALLS; i++) {
		calls[i].id = 100 + i;
		calls[i].body = YG_S("batch");
		memcpy(calls[i].batch.sensor, "one", 4);
	}
	return new_worker();
}

static void give_all(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		yg_hub_work(&hub, &calls[i]);
	(void)yg_msg_flush(&hub.workers[0].pipe);
}

/* How many tasks came, in the order of the calls from @first on? 99: another order. */
static unsigned come(unsigned first)
{
	struct yg_msg task;
	unsigned count = 0;

	(void)yg_msg_flush(&hub.workers[0].pipe);
	if (yg_msg_fill(&worker) != YG_OK)
		return 0;
	while (yg_msg_next(&worker, &task) == YG_OK)
		if (task.kind != YG_HUB_CHECK || task.id != 100 + first + count++)
			return 99;
	return count;
}

static bool answer(uint64_t id, enum yg_wire_refusal refusal)
{
	struct yg_wire_fault fault = {.refusal = refusal};

	if (yg_hub_checked_put(&worker, id, &fault) != YG_OK || yg_msg_flush(&worker) != YG_OK)
		return false;
	yg_hub_worker_hear(&hub, 0);
	return true;
}

/* The place that the keeper distrusts; 0: none. */
static uint64_t distrusted(void)
{
	uint32_t kind;
	uint64_t id = 0;
	int fd;

	return yg_msg_take_over(control[1], &kind, &id, &fd) == YG_OK ? id : 0;
}

static void keeps_order(void)
{
	CHECK(begin());
	give_all();
	CHECK(come(0) == CALLS);
	CHECK(answer(100, YG_WIRE_OK) && answer(101, YG_WIRE_DIGEST) && answer(102, YG_WIRE_OK));
	CHECK(order == 0x123 && fate[0] == 1 && fate[1] == 1 && fate[2] == 1);
	CHECK(refusals[1] == YG_WIRE_DIGEST && distrusted() == 0);
}

static void gives_again(void)
{
	CHECK(begin());
	give_all();
	CHECK(come(0) == CALLS && answer(100, YG_WIRE_OK));
	CHECK(new_worker() && come(1) == 2);
	CHECK(fate[0] == 1 && fate[1] == 0 && fate[2] == 0);
	/* Without one: kept for the next. */
	yg_msg_pipe_close(&worker);
	yg_hub_worker_hear(&hub, 0);
	CHECK(hub.workers[0].pipe.fd < 0);
	CHECK(new_worker() && come(1) == 2);
	CHECK(answer(101, YG_WIRE_OK) && answer(102, YG_WIRE_OK));
	CHECK(order == 0x123 && distrusted() == 0);
}

static void refuses_what_kills(void)
{
	CHECK(begin());
	give_all();
	for (unsigned i = 0; i < YG_HUB_TRIES_MAX; i++)
		CHECK(fate[0] == 0 && come(0) == CALLS && new_worker());
	CHECK(fate[0] == 2 && refusals[0] == YG_WIRE_INTERNAL);
	CHECK(come(1) == 2 && answer(101, YG_WIRE_OK) && answer(102, YG_WIRE_OK));
	CHECK(order == 0x123);
}

static void believes_no_lies(void)
{
	struct yg_bytes part = YG_S("nonsense");

	/* Another's answer; one that is not about content; no answer; before it was asked. */
	CHECK(begin());
	give_all();
	CHECK(come(0) == CALLS && answer(101, YG_WIRE_OK));
	CHECK(order == 0 && hub.workers[0].pipe.fd < 0 && distrusted() == YG_HUB_AT_WORKER);
	CHECK(new_worker() && come(0) == CALLS && answer(100, YG_WIRE_REVOKED));
	CHECK(order == 0 && distrusted() == YG_HUB_AT_WORKER);
	CHECK(begin());
	give_all();
	CHECK(yg_msg_put(&worker, YG_HUB_CHECKED, 100, &part, 1) == YG_OK &&
	      yg_msg_flush(&worker) == YG_OK);
	yg_hub_worker_hear(&hub, 0);
	CHECK(order == 0 && distrusted() == YG_HUB_AT_WORKER);
	CHECK(begin() && answer(0, YG_WIRE_OK) && distrusted() == YG_HUB_AT_WORKER);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(keeps_order), CASE(gives_again),
						  CASE(refuses_what_kills), CASE(believes_no_lies)};
	int status;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
		return EXIT_FAILURE;
	yg_msg_pipe_init(&worker, 1, 1);
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	yg_msg_pipe_close(&worker);
	yg_msg_pipe_close(&hub.workers[0].pipe);
	return status;
}
