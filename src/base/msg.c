/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/msg.h"

#include <assert.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ban.h"

struct head {
	uint32_t size;
	uint32_t kind;
	uint64_t id;
};
static_assert(sizeof(struct head) == YG_MSG_HEAD_BYTES, "the head has holes");

static struct yg_bytes raw(const void *data, size_t size)
{
	return (struct yg_bytes){data, size};
}

/* ---- pipes ---- */

void yg_msg_pipe_init(struct yg_msg_pipe *pipe, uint32_t body_max, size_t out_max)
{
	*pipe = (struct yg_msg_pipe){.fd = -1, .body_max = body_max};
	yg_buf_init(&pipe->in, (size_t)YG_MSG_HEAD_BYTES + body_max + 2 * YG_MSG_READ_BYTES);
	yg_buf_init(&pipe->out, out_max);
}

void yg_msg_pipe_close(struct yg_msg_pipe *pipe)
{
	if (pipe->fd >= 0)
		(void)close(pipe->fd); /* what was not flushed is meant to be lost */
	pipe->fd = -1;
	yg_buf_done(&pipe->in);
	yg_buf_done(&pipe->out);
	pipe->taken = 0;
	pipe->sent = 0;
}

void yg_msg_pipe_open(struct yg_msg_pipe *pipe, int take_fd)
{
	int flags = fcntl(take_fd, F_GETFL);

	yg_msg_pipe_close(pipe);
	pipe->fd = take_fd;
	if (flags >= 0)
		(void)fcntl(take_fd, F_SETFL, flags | O_NONBLOCK); /* of a socket: cannot fail */
}

int yg_msg_put(struct yg_msg_pipe *pipe, uint32_t kind, uint64_t id, const struct yg_bytes *parts,
	       size_t count)
{
	struct head head = {.kind = kind, .id = id};
	size_t before = pipe->out.size;
	size_t size = 0;

	assert(count <= YG_MSG_PARTS_MAX);
	if (pipe->fd < 0)
		return YG_EPIPE;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].size > pipe->body_max - size)
			return YG_ELIMIT;
		size += parts[i].size;
	}
	if (before - pipe->sent + sizeof(head) + size > pipe->out.max)
		return YG_EAGAIN;
	if (pipe->sent > 0) { /* what is written makes room */
		yg_buf_drop(&pipe->out, pipe->sent);
		pipe->sent = 0;
		before = pipe->out.size;
	}
	head.size = (uint32_t)size;
	yg_buf_add(&pipe->out, raw(&head, sizeof(head)));
	for (size_t i = 0; i < count; i++)
		yg_buf_add(&pipe->out, parts[i]);
	if (yg_buf_error(&pipe->out) == YG_OK)
		return YG_OK;
	pipe->out.size = before;
	pipe->out.error = YG_OK;
	return YG_ENOMEM;
}

int yg_msg_flush(struct yg_msg_pipe *pipe)
{
	while (pipe->fd >= 0 && pipe->sent < pipe->out.size) {
		ssize_t put = send(pipe->fd, pipe->out.data + pipe->sent,
				   pipe->out.size - pipe->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put >= 0)
			pipe->sent += (size_t)put;
		else if (errno == EAGAIN)
			return YG_EAGAIN;
		else if (errno != EINTR)
			return YG_EPIPE;
	}
	/* A great message is rare: its room goes back. */
	if (pipe->out.room > 4 * YG_MSG_READ_BYTES)
		yg_buf_done(&pipe->out);
	else
		yg_buf_reset(&pipe->out);
	pipe->sent = 0;
	return YG_OK;
}

int yg_msg_fill(struct yg_msg_pipe *pipe)
{
	bool has_come = false;

	if (pipe->fd < 0)
		return YG_EPIPE;
	yg_buf_drop(&pipe->in, pipe->taken);
	pipe->taken = 0;
	while (pipe->in.max - pipe->in.size >= YG_MSG_READ_BYTES) {
		uint8_t *to = yg_buf_reserve(&pipe->in, YG_MSG_READ_BYTES);
		ssize_t got;

		if (!to) {
			pipe->in.error = YG_OK; /* what is there stays readable */
			return YG_ENOMEM;
		}
		got = recv(pipe->fd, to, YG_MSG_READ_BYTES, MSG_DONTWAIT);
		if (got > 0) {
			yg_buf_grew(&pipe->in, (size_t)got);
			has_come = true;
			if ((size_t)got < YG_MSG_READ_BYTES)
				return YG_OK; /* most probably all: poll says otherwise */
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return has_come ? YG_OK : YG_EAGAIN;
		return has_come ? YG_OK : YG_EPIPE;
	}
	return YG_OK;
}

int yg_msg_next(struct yg_msg_pipe *pipe, struct yg_msg *ret)
{
	struct yg_bytes rest = yg_bytes_from(yg_buf_bytes(&pipe->in), pipe->taken);
	struct head head;

	if (rest.size < sizeof(head))
		return YG_EAGAIN;
	memcpy(&head, rest.data, sizeof(head));
	if (head.size > pipe->body_max)
		return YG_EFORMAT;
	if (rest.size - sizeof(head) < head.size)
		return YG_EAGAIN;
	*ret = (struct yg_msg){
		.kind = head.kind,
		.id = head.id,
		.body = yg_bytes_cut(rest, sizeof(head), sizeof(head) + head.size),
	};
	pipe->taken += sizeof(head) + head.size;
	return YG_OK;
}

/* ---- fields ---- */

void yg_msg_add_u8(struct yg_buf *to, uint8_t value)
{
	yg_buf_add_byte(to, value);
}

void yg_msg_add_u32(struct yg_buf *to, uint32_t value)
{
	yg_buf_add(to, raw(&value, sizeof(value)));
}

void yg_msg_add_u64(struct yg_buf *to, uint64_t value)
{
	yg_buf_add(to, raw(&value, sizeof(value)));
}

void yg_msg_add_bytes(struct yg_buf *to, struct yg_bytes b)
{
	assert(b.size <= UINT32_MAX);
	yg_msg_add_u32(to, (uint32_t)b.size);
	yg_buf_add(to, b);
}

void yg_msg_raw(struct yg_msg_reader *reader, void *to, size_t size)
{
	memset(to, 0, size);
	if (reader->is_bad || reader->rest.size < size) {
		reader->is_bad = true;
		return;
	}
	if (size > 0)
		memcpy(to, reader->rest.data, size);
	reader->rest = yg_bytes_from(reader->rest, size);
}

uint8_t yg_msg_u8(struct yg_msg_reader *reader)
{
	uint8_t value;

	yg_msg_raw(reader, &value, sizeof(value));
	return value;
}

uint32_t yg_msg_u32(struct yg_msg_reader *reader)
{
	uint32_t value;

	yg_msg_raw(reader, &value, sizeof(value));
	return value;
}

uint64_t yg_msg_u64(struct yg_msg_reader *reader)
{
	uint64_t value;

	yg_msg_raw(reader, &value, sizeof(value));
	return value;
}

struct yg_bytes yg_msg_bytes(struct yg_msg_reader *reader, size_t size_max)
{
	size_t size = yg_msg_u32(reader);
	struct yg_bytes b;

	if (reader->is_bad || size > size_max || size > reader->rest.size) {
		reader->is_bad = true;
		return (struct yg_bytes){0};
	}
	b = yg_bytes_cut(reader->rest, 0, size);
	reader->rest = yg_bytes_from(reader->rest, size);
	return b;
}

void yg_msg_text(struct yg_msg_reader *reader, char *to, size_t room)
{
	struct yg_bytes b = yg_msg_bytes(reader, room - 1);

	if (yg_bytes_chr(b, 0) != SIZE_MAX) {
		reader->is_bad = true;
		b.size = 0;
	}
	if (b.size > 0)
		memcpy(to, b.data, b.size);
	to[b.size] = 0;
}

bool yg_msg_is_whole(const struct yg_msg_reader *reader)
{
	return !reader->is_bad && reader->rest.size == 0;
}

/* ---- control ---- */

union room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int yg_msg_hand_over(int socket, uint32_t kind, uint64_t id, int fd)
{
	struct head head = {.kind = kind, .id = id};
	struct iovec piece = {.iov_base = &head, .iov_len = sizeof(head)};
	union room room = {0};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	ssize_t put;

	if (fd >= 0) {
		struct cmsghdr *part;

		message.msg_control = room.bytes;
		message.msg_controllen = sizeof(room.bytes);
		part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(part), &fd, sizeof(fd));
	}
	do {
		put = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (put < 0 && errno == EINTR);
	if (put < 0)
		return errno == EAGAIN ? YG_EAGAIN : yg_err_from_errno(errno);
	return YG_OK;
}

int yg_msg_take_over(int socket, uint32_t *ret_kind, uint64_t *ret_id, int *ret_fd)
{
	struct head head;
	struct iovec piece = {.iov_base = &head, .iov_len = sizeof(head)};
	union room room = {0};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = room.bytes,
				 .msg_controllen = sizeof(room.bytes)};
	const struct cmsghdr *part;
	ssize_t got;

	do {
		got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? YG_EAGAIN : YG_EPIPE;
	if (got == 0)
		return YG_EPIPE;
	*ret_fd = -1;
	part = CMSG_FIRSTHDR(&message);
	if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
	    part->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(part), sizeof(*ret_fd));
	if ((size_t)got == sizeof(head) && head.size == 0 &&
	    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) {
		*ret_kind = head.kind;
		*ret_id = head.id;
		return YG_OK;
	}
	if (*ret_fd >= 0)
		(void)close(*ret_fd); /* not asked for */
	*ret_fd = -1;
	return YG_EFORMAT;
}
