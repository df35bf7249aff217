/* SPDX-License-Identifier: Apache-2.0 */
/* What keeper and engine say to each other, from one that is not what it was. The first byte
 * chooses the message; what could be read is put on a pipe and read again: the same. */
#include <assert.h>

#include "app/hub_engine_wire.h"

#include "base/ban.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing is written: what is queued is what would be sent. */
static struct yg_bytes queued(const struct yg_msg_pipe *pipe)
{
	return yg_bytes_from(yg_buf_bytes(&pipe->out), YG_MSG_HEAD_BYTES);
}

static void judge(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_hub_judge one, two;

	if (yg_hub_judge_read(body, &one) != YG_OK)
		return;
	assert(one.org.size > 0 && one.org.size <= YG_FACT_ORG_MAX && one.sensor.size > 0);
	assert(yg_hub_judge_put(pipe, 1, &one) == YG_OK);
	assert(yg_bytes_eq(queued(pipe), body) && yg_hub_judge_read(queued(pipe), &two) == YG_OK);
	assert(one.position == two.position && one.received_ns == two.received_ns);
	assert(yg_bytes_eq(one.body, two.body) && yg_bytes_eq(one.sensor, two.sensor));
}

static void restore(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_bytes org, piece;
	bool is_last;

	if (yg_hub_restore_read(body, &org, &piece, &is_last) != YG_OK)
		return;
	assert(org.size > 0 && piece.size <= YG_HUB_ENGINE_PIECE_MAX);
	assert(yg_hub_restore_put(pipe, 1, org, piece, is_last) == YG_OK);
	assert(yg_bytes_eq(queued(pipe), body));
}

static void small(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_bytes org, piece;
	uint64_t number;
	int rc;

	if (yg_hub_begin_read(body, &number) == YG_OK) {
		assert(yg_hub_begin_put(pipe, 1, number) == YG_OK);
		assert(yg_bytes_eq(queued(pipe), body));
	} else if (yg_hub_done_read(body, &rc, &number) == YG_OK) {
		assert(yg_hub_done_put(pipe, YG_HUB_SAVED, 1, rc, number) == YG_OK);
		assert(yg_bytes_eq(queued(pipe), body));
	}
	assert(yg_hub_of_org_read(body, &org) != YG_OK || org.size <= YG_FACT_ORG_MAX);
	assert(yg_hub_state_read(body, &piece) != YG_OK || piece.size <= YG_HUB_ENGINE_PIECE_MAX);
}

static void frame(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_hub_judge one;

	if (yg_hub_frame_read(body, &one) != YG_OK)
		return;
	assert(one.org.size > 0 && one.body.data[one.body.size - 1] == '\n');
	assert(yg_hub_frame_put(pipe, 1, &one) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void load(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_bytes hunt;
	uint64_t seed;

	if (yg_hub_load_read(body, &hunt, &seed) != YG_OK)
		return;
	assert(hunt.size > 0 && hunt.size <= YG_HUB_ENGINE_HUNT_MAX);
	assert(yg_hub_load_put(pipe, 1, hunt, seed) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void begun(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_hub_engine_set set;

	if (yg_hub_begun_read(body, &set) != YG_OK)
		return;
	assert(strlen(set.rules) == sizeof(set.rules) - 1);
	assert(yg_hub_begun_put(pipe, 1, &set) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void found(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_fact_finding f;
	uint32_t record;

	if (yg_hub_found_read(body, &record, &f) != YG_OK)
		return;
	assert(record < YG_WIRE_RECORDS_MAX && f.rule.size > 0 && f.first_ns <= f.last_ns);
	assert(f.level <= YG_LEVEL_CRITICAL && f.field < YG_ATTACK_COUNT);
	assert(f.matched.size <= YG_FACT_TEXT_MAX && f.org.size == 0 && f.sensor.size == 0);
	assert(yg_hub_found_put(pipe, 1, record, &f) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void told(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_fact_finding f;

	if (yg_hub_told_read(body, &f) != YG_OK)
		return;
	assert(f.count > 0 && f.bundle.size > 0 && f.rule.size > 0 && f.rules.size > 0);
	assert(f.org.size == 0 && f.sensor.size == 0 && f.ref_count == 0 && f.hunt.size == 0);
	assert(yg_hub_told_put(pipe, 1, &f) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void waited(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_fact_finding f;

	if (yg_hub_waited_read(body, &f) != YG_OK)
		return;
	assert(f.sensor.size > 0 && f.sensor.size <= YG_HUB_ENGINE_SENSOR_MAX);
	assert(f.ref_count == 1 && f.refs[0].received_ns == f.received_ns && f.org.size == 0);
	assert(yg_hub_waited_put(pipe, 1, &f) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void tick(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_bytes org;
	int64_t now_ns;

	if (yg_hub_tick_read(body, &org, &now_ns) != YG_OK)
		return;
	assert(org.size > 0 && org.size <= YG_FACT_ORG_MAX);
	assert(yg_hub_tick_put(pipe, 1, org, now_ns) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void learnt(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_hub_learnt one;

	if (yg_hub_learnt_read(body, &one) != YG_OK)
		return;
	assert(one.outcome <= YG_OUTCOME_POSSIBLE && one.reason.size <= YG_FACT_TEXT_MAX);
	assert(yg_hub_learnt_put(pipe, 1, &one) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void looked(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_told_look look;

	if (yg_hub_looked_read(body, &look) != YG_OK)
		return;
	assert(yg_told_look_is(&look));
	assert(yg_hub_looked_put(pipe, 1, &look) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

static void judged(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_hub_judged_batch one;

	if (yg_hub_judged_read(body, &one) != YG_OK)
		return;
	assert(one.unread <= one.records && one.unlisted <= one.findings);
	assert(yg_hub_judged_put(pipe, 1, &one) == YG_OK && yg_bytes_eq(queued(pipe), body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct yg_bytes, struct yg_msg_pipe *) = {
		judge, restore, small, begun,  found, learnt, judged,
		frame, load,	told,  waited, tick,  looked};
	struct yg_bytes body = {data, size};
	struct yg_msg_pipe pipe;

	if (size == 0)
		return 0;
	yg_msg_pipe_init(&pipe, YG_HUB_ENGINE_BODY_MAX, YG_HUB_ENGINE_QUEUE_MAX);
	pipe.fd = 0; /* never written to: only queued */
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](yg_bytes_from(body, 1), &pipe);
	pipe.fd = -1;
	yg_msg_pipe_close(&pipe);
	return 0;
}
