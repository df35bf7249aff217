/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that stay open. What is to be sent stands in the exchange; the library asks for it when
 * the connection can take more, and is suspended while there is nothing. A connection that is
 * suspended is watched by nobody: whether the other side has gone is looked at once a second.
 */
#define _GNU_SOURCE
#include <poll.h>

#include "web/server-int.h"

#include "base/ban.h"

#define LOOK_NS	   YG_NS_PER_S
#define BLOCK_SIZE 4096u

/* The library wants more of it. */
static ssize_t give(void *arg, uint64_t position, char *to, size_t room)
{
	struct yg_web_exchange *exchange = arg;
	struct yg_web_stream *stream = &exchange->stream;
	size_t left = stream->out.size - stream->taken;

	(void)position;
	if (stream->is_broken)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (left > 0) {
		size_t size = left < room ? left : room;

		memcpy(to, stream->out.data + stream->taken, size);
		stream->taken += size;
		if (stream->taken == stream->out.size) {
			yg_buf_reset(&stream->out);
			stream->taken = 0;
		}
		return (ssize_t)size;
	}
	if (stream->is_over)
		return MHD_CONTENT_READER_END_OF_STREAM;
	yg_web_suspend(exchange);
	return 0;
}

void yg_web_stream_begin(struct yg_web_exchange *exchange)
{
	struct yg_web_stream *stream = &exchange->stream;

	if (stream->is_open)
		return;
	stream->is_open = true;
	exchange->web->stream_count++;
	yg_buf_init(&stream->out, 2 * (size_t)YG_WEB_STREAM_MAX);
	yg_buf_add(&stream->out, yg_buf_bytes(&exchange->reply.body));
	stream->is_broken = yg_buf_error(&stream->out) != YG_OK;
	yg_buf_reset(&exchange->reply.body);
	stream->fed_ns = yg_web_now_ns(exchange->web);
}

struct MHD_Response *yg_web_stream_response(struct yg_web_exchange *exchange)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK_SIZE, give, exchange, NULL);

	if (!response)
		return NULL;
	yg_web_stream_begin(exchange);
	return response;
}

static void end(struct yg_web_exchange *exchange, bool is_broken)
{
	exchange->stream.is_broken = exchange->stream.is_broken || is_broken;
	exchange->stream.is_over = true;
	if (exchange->is_suspended)
		yg_web_resume(exchange);
}

static int put(struct yg_web_exchange *exchange, struct yg_bytes piece)
{
	struct yg_web_stream *stream = &exchange->stream;

	if (stream->is_over || stream->is_broken)
		return YG_OK; /* it ends: nobody misses it */
	if (stream->out.size - stream->taken + piece.size > YG_WEB_STREAM_MAX) {
		end(exchange, true);
		return YG_ELIMIT;
	}
	if (stream->taken > 0) { /* keep the room that is left in front */
		size_t left = stream->out.size - stream->taken;

		memmove(stream->out.data, stream->out.data + stream->taken, left);
		stream->out.size = left;
		stream->taken = 0;
	}
	yg_buf_add(&stream->out, piece);
	if (yg_buf_error(&stream->out)) {
		end(exchange, true);
		return YG_ELIMIT;
	}
	stream->fed_ns = yg_web_now_ns(exchange->web);
	if (exchange->is_suspended)
		yg_web_resume(exchange);
	return YG_OK;
}

int yg_web_stream_put(struct yg_web *web, struct yg_api_later *call, struct yg_bytes piece)
{
	(void)web;
	return put((struct yg_web_exchange *)(void *)call, piece);
}

void yg_web_stream_end(struct yg_web *web, struct yg_api_later *call)
{
	struct yg_web_exchange *exchange = (struct yg_web_exchange *)(void *)call;

	(void)web;
	exchange->call.cancel = NULL;
	end(exchange, false);
}

/* Has the other side closed? What it sends more is read when the answer is over. */
static bool is_gone(const struct yg_web_exchange *exchange)
{
	struct pollfd one = {.fd = exchange->slot->fd, .events = POLLRDHUP};

	return poll(&one, 1, 0) > 0;
}

void yg_web_streams_look(struct yg_web *web)
{
	int64_t now = yg_web_now_ns(web);
	int64_t pause = (int64_t)web->config.heartbeat_s * YG_NS_PER_S;

	if (web->stream_count == 0 || (now - web->looked_ns < LOOK_NS && now >= web->looked_ns))
		return;
	web->looked_ns = now;
	for (struct yg_web_exchange *one = web->waiting, *next; one; one = next) {
		next = one->next_waiting;
		if (!one->stream.is_open)
			continue;
		if (is_gone(one))
			end(one, true);
		else if (now - one->stream.fed_ns >= pause)
			(void)put(one, YG_S(":\n\n")); /* too much is unread: it ends */
	}
}
