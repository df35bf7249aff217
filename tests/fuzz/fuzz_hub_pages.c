/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub's pages and its keeper say to each other, from one that is not what it was. The
 * first byte chooses the message; what could be read is put on a pipe and read again: the same. */
#include <assert.h>

#include "app/hub_pages_wire.h"
#include "base/utf8.h"
#include "web/headers.h"

#include "base/ban.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct yg_bytes queued(struct yg_msg_pipe *pipe)
{
	return yg_bytes_from(yg_buf_bytes(&pipe->out), YG_MSG_HEAD_BYTES);
}

static void call(enum yg_pages_kind kind, struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_web_match match;
	struct yg_route_table none = {0};
	struct yg_pages_call one;
	struct yg_pages_call two;

	if (yg_pages_call_read(kind, body, &one) != YG_OK)
		return;
	assert(one.path.size > 0 && one.path.data[0] == '/' && yg_utf8_valid(one.path));
	assert(one.method <= YG_WEB_METHOD_OTHER && one.body.size <= YG_TAXII_BODY_MAX);
	assert(kind == YG_PAGES_CALL || one.body.size == 0);
	yg_web_route(&none, 1, one.method, one.path, &match);
	assert(yg_pages_call_put(pipe, kind, 1, &one) == YG_OK);
	assert(yg_pages_call_read(kind, queued(pipe), &two) == YG_OK);
	assert(one.method == two.method && one.lang == two.lang && one.is_local == two.is_local);
	assert(one.is_direct == two.is_direct && (one.is_direct || !one.is_local));
	assert(yg_bytes_eq(one.path, two.path) && yg_bytes_eq(one.query, two.query));
	assert(yg_bytes_eq(one.content_type, two.content_type));
	assert(yg_bytes_eq(one.if_match, two.if_match) && yg_bytes_eq(one.remote, two.remote));
	assert(yg_bytes_eq(one.file_name, two.file_name) && yg_bytes_eq(one.browser, two.browser));
	assert(yg_bytes_eq(one.idempotency_key, two.idempotency_key));
	assert(yg_bytes_eq(one.token, two.token) && yg_bytes_eq(one.bearer, two.bearer));
	assert(yg_bytes_eq(one.accept, two.accept) && yg_bytes_eq(one.login, two.login));
	assert(yg_bytes_eq(one.type_parameters, two.type_parameters));
	assert(yg_bytes_eq(one.body, two.body));
}

static void answer(struct yg_bytes body, struct yg_msg_pipe *pipe)
{
	struct yg_reply one = {0};
	struct yg_reply two = {0};
	bool is_more = false;
	bool is_more_too = false;

	yg_buf_init(&one.body, YG_API_REPLY_MAX);
	yg_buf_init(&two.body, YG_API_REPLY_MAX);
	if (yg_pages_answer_read(body, &one, &is_more) == YG_OK) {
		assert(one.status >= 200 && one.status < 600 && one.content_type);
		assert(yg_pages_answer_put(pipe, 1, &one, yg_buf_bytes(&one.body), is_more) ==
		       YG_OK);
		assert(yg_pages_answer_read(queued(pipe), &two, &is_more_too) == YG_OK);
		assert(one.status == two.status && one.content_type == two.content_type);
		assert(one.added_first_us == two.added_first_us &&
		       one.added_last_us == two.added_last_us);
		assert(is_more == is_more_too && one.is_stream == two.is_stream);
		assert(strcmp(one.session, two.session) == 0 && strcmp(one.etag, two.etag) == 0);
		assert(yg_bytes_eq(yg_buf_bytes(&one.body), yg_buf_bytes(&two.body)));
	}
	yg_buf_done(&one.body);
	yg_buf_done(&two.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes body = {data, size};
	struct yg_msg_pipe pipe;

	if (size == 0)
		return 0;
	body = yg_bytes_from(body, 1);
	yg_msg_pipe_init(&pipe, YG_PAGES_BODY_MAX, YG_PAGES_QUEUE_MAX);
	pipe.fd = 0; /* never written to: only queued */
	if (data[0] % 3 == 2)
		answer(body, &pipe);
	else
		call(data[0] % 3 ? YG_PAGES_CALL : YG_PAGES_ASK, body, &pipe);
	pipe.fd = -1;
	yg_msg_pipe_close(&pipe);
	return 0;
}
