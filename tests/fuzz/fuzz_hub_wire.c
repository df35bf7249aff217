/* SPDX-License-Identifier: Apache-2.0 */
/* What processes of a hub say to each other, from one that is not what it was. The first byte
 * chooses the message; what could be read is put on a pipe and read again: the same. */
#include <assert.h>

#include "app/hub_out_wire.h"
#include "app/hub_wire.h"

#include "base/ban.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Puts into a pipe without an other end's process: what is queued is what would be sent. */
static struct yg_bytes queued(struct yg_msg_pipe *pipe)
{
	return yg_bytes_from(yg_buf_bytes(&pipe->out), YG_MSG_HEAD_BYTES);
}

static void call(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_hub_request one;
	struct yg_hub_request two;

	if (yg_hub_call_read(body, &one) != YG_OK)
		return;
	assert(one.address < YG_HUB_ADDRESS_COUNT);
	assert(yg_hub_call_put(pipe, 1, &one) == YG_OK);
	assert(yg_hub_call_read(queued(pipe), &two) == YG_OK);
	assert(yg_bytes_eq(one.query, two.query) && yg_bytes_eq(one.body, two.body));
	assert(yg_bytes_eq(one.certificate, two.certificate) && one.address == two.address);
}

static void answer(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_reply one = {0};
	struct yg_reply two = {0};

	yg_buf_init(&one.body, YG_HUB_REPLY_MAX);
	yg_buf_init(&two.body, YG_HUB_REPLY_MAX);
	if (yg_hub_answer_read(body, &one) == YG_OK) {
		assert(one.status >= 200 && one.status < 600);
		assert(yg_hub_answer_put(pipe, 1, &one) == YG_OK);
		assert(yg_hub_answer_read(queued(pipe), &two) == YG_OK);
		assert(one.status == two.status && one.content_type == two.content_type);
		assert(yg_bytes_eq(yg_buf_bytes(&one.body), yg_buf_bytes(&two.body)));
	}
	yg_buf_done(&one.body);
	yg_buf_done(&two.body);
}

static void checked(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_hub_checked one;
	struct yg_hub_checked two;
	struct yg_wire_fault fault;

	if (yg_hub_checked_read(body, &one) != YG_OK)
		return;
	assert(strlen(one.words) <= YG_HUB_WORDS_MAX);
	fault = (struct yg_wire_fault){one.refusal, one.words, one.at};
	assert(yg_hub_checked_put(pipe, 1, &fault) == YG_OK);
	assert(yg_hub_checked_read(queued(pipe), &two) == YG_OK);
	assert(one.refusal == two.refusal && one.at == two.at && strcmp(one.words, two.words) == 0);
}

/* What keeper and out say. */
static void out_wire(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	char words[YG_OUT_WORDS_MAX + 1];
	enum yg_warn_sent how;
	struct yg_out_wish one;
	struct yg_out_wish two;

	if (yg_out_done_read(body, &how, words) == YG_OK)
		assert(how <= YG_WARN_BOUNCED && strlen(words) <= YG_OUT_WORDS_MAX);
	if (yg_out_wish_read(body, &one) != YG_OK)
		return;
	assert(yg_out_wish_put(pipe, YG_OUT_MAIL, 1, &one) == YG_OK);
	assert(yg_out_wish_read(queued(pipe), &two) == YG_OK);
	assert(strcmp(one.to, two.to) == 0 && strcmp(one.key, two.key) == 0);
	assert(yg_bytes_eq(one.body, two.body));
}

/* What is fetched for feeds: the question, and the answer of the process that has the network. */
static void fetch_wire(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	static struct yg_out_fetch one;
	struct yg_fetch_answer answer = {.how = YG_FETCH_BROKEN};
	struct yg_fetch_answer again = {.how = YG_FETCH_BROKEN};
	struct yg_buf text;

	yg_buf_init(&text, 2 * YG_OUT_PLACE_MAX);
	if (yg_out_fetch_read(body, &one) == YG_OK) {
		assert(!strchr(one.secret, '/') && !strchr(one.key, '/'));
		assert(yg_out_fetch_write(&one, &text) == YG_OK);
		assert(yg_bytes_eq(yg_buf_bytes(&text), body));
	}
	yg_buf_done(&text);
	yg_buf_init(&answer.body, YG_OUT_FETCH_MAX + 1);
	yg_buf_init(&again.body, YG_OUT_FETCH_MAX + 1);
	if (yg_out_fetched_read(body, &answer) == YG_OK) {
		assert(answer.status >= 0 && answer.status < 1000);
		assert(yg_out_fetched_put(pipe, 1, &answer) == YG_OK);
		assert(yg_out_fetched_read(queued(pipe), &again) == YG_OK);
		assert(answer.how == again.how && answer.status == again.status);
		assert(yg_bytes_eq(yg_buf_bytes(&answer.body), yg_buf_bytes(&again.body)));
	}
	yg_buf_done(&answer.body);
	yg_buf_done(&again.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes body = {data, size};
	struct yg_msg_pipe pipe;
	enum yg_wire_refusal refusal;

	if (size == 0)
		return 0;
	body = yg_bytes_from(body, 1);
	yg_msg_pipe_init(&pipe, YG_HUB_CALL_MAX, YG_HUB_QUEUE_MAX);
	pipe.fd = 0; /* never written to: only queued */
	if (data[0] >= 0xf8)
		fetch_wire(body, &pipe);
	else if (data[0] >= 0xf0)
		out_wire(body, &pipe);
	else if (data[0] % 4 == 0)
		call(body, &pipe);
	else if (data[0] % 4 == 1)
		answer(body, &pipe);
	else if (data[0] % 4 == 2)
		checked(body, &pipe);
	else if (yg_hub_admitted_read(body, &refusal) == YG_OK)
		assert(refusal < YG_WIRE_REFUSAL_COUNT);
	pipe.fd = -1;
	yg_msg_pipe_close(&pipe);
	return 0;
}
