/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/msg.h - typed messages between processes of one program, over a local socket.
 *
 * A message is a head of 16 bytes and a body: size of the body (u32), kind (u32), id (u64), then
 * that many bytes, all numbers in the byte order of the machine, for both ends are the same
 * program. The other end may be less trusted, so every byte of it is hostile: a size over the limit
 * ends the talk, a body is read field by field with a bound for each, and what is left over is a
 * fault too.
 *
 *   pipe     a stream, without blocking: what is put is gathered and written together by flush,
 * what has come is read by fill and taken message by message reader   the fields of one body
 *   control  a packet socket on which descriptors are handed over, one a message
 *
 * Threads: objects of one thread at a time. Nothing here waits.
 * Tests:   tests/unit/base/test_msg.c, tests/fuzz/fuzz_msg.c
 */
#pragma once

#include "base/buf.h"

#define YG_MSG_HEAD_BYTES 16u
#define YG_MSG_PARTS_MAX  8u
#define YG_MSG_READ_BYTES (256u << 10) /* read ahead of the message that is being taken */

/* As it came; the body lives until the next fill. */
struct yg_msg {
	uint32_t kind;
	uint64_t id;
	struct yg_bytes body;
};

struct yg_msg_pipe {
	int fd;		   /* -1: there is no other end */
	uint32_t body_max; /* bytes of a body that is taken or sent */
	struct yg_buf in;
	size_t taken; /* of in */
	struct yg_buf out;
	size_t sent; /* of out */
};

/* Without an other end yet. @out_max: bytes that may wait to be written, at least 16 + body_max. */
void yg_msg_pipe_init(struct yg_msg_pipe *pipe, uint32_t body_max, size_t out_max);

/* Begin with @take_fd, which is made non-blocking; what waited for an earlier end is gone. */
void yg_msg_pipe_open(struct yg_msg_pipe *pipe, int take_fd);

/* Close it and free its memory; it can be opened again. */
void yg_msg_pipe_close(struct yg_msg_pipe *pipe);

/*
 * One message whose body is @parts (at most YG_MSG_PARTS_MAX), one behind the other. YG_OK;
 * YG_EPIPE: no other end; YG_EAGAIN: too much waits already; YG_ELIMIT: over body_max; YG_ENOMEM.
 * All or nothing of it is taken.
 */
YG_MUST_USE int yg_msg_put(struct yg_msg_pipe *pipe, uint32_t kind, uint64_t id,
			   const struct yg_bytes *parts, size_t count);

/* Write what waits. YG_OK: nothing is left; YG_EAGAIN: poll for POLLOUT; YG_EPIPE: it has gone. */
int yg_msg_flush(struct yg_msg_pipe *pipe);

/*
 * Read what has come, at most to the end of one message of the greatest size and some more.
 * YG_OK: something came; YG_EAGAIN: nothing; YG_EPIPE: it has gone; YG_ENOMEM. What came before the
 * end can still be taken.
 */
YG_MUST_USE int yg_msg_fill(struct yg_msg_pipe *pipe);

/* The next whole message. YG_OK; YG_EAGAIN: none yet; YG_EFORMAT: over body_max, for good. */
YG_MUST_USE int yg_msg_next(struct yg_msg_pipe *pipe, struct yg_msg *ret);

/* ---- the fields of a body ---- */

void yg_msg_add_u8(struct yg_buf *to, uint8_t value);
void yg_msg_add_u32(struct yg_buf *to, uint32_t value);
void yg_msg_add_u64(struct yg_buf *to, uint64_t value);
/* Its size (u32), then the bytes. */
void yg_msg_add_bytes(struct yg_buf *to, struct yg_bytes b);

/* The first fault is remembered; what is read after it is 0 or empty. Ask once at the end. */
struct yg_msg_reader {
	struct yg_bytes rest;
	bool is_bad;
};

static inline struct yg_msg_reader yg_msg_read(struct yg_bytes body)
{
	return (struct yg_msg_reader){.rest = body};
}

uint8_t yg_msg_u8(struct yg_msg_reader *reader);
uint32_t yg_msg_u32(struct yg_msg_reader *reader);
uint64_t yg_msg_u64(struct yg_msg_reader *reader);
/* At most @size_max bytes, borrowed from the body. */
struct yg_bytes yg_msg_bytes(struct yg_msg_reader *reader, size_t size_max);
/* A text without NUL into @to (@room bytes, NUL included); empty after a fault. */
void yg_msg_text(struct yg_msg_reader *reader, char *to, size_t room);
/* Exactly @size bytes, as they were added without a size; zeros after a fault. */
void yg_msg_raw(struct yg_msg_reader *reader, void *to, size_t size);
/* All was well, and nothing is left. */
bool yg_msg_is_whole(const struct yg_msg_reader *reader);

/* ---- control ---- */

/*
 * Hand over @fd (-1: none; it stays the caller's). YG_OK; YG_EAGAIN: the other end does not read;
 * YG_EPIPE or another system error.
 */
int yg_msg_hand_over(int socket, uint32_t kind, uint64_t id, int fd);

/*
 * Take one such message. *ret_fd is the caller's, close-on-exec, -1 when none came. YG_OK;
 * YG_EAGAIN: nothing there; YG_EPIPE: the other end has gone; YG_EFORMAT: none of ours.
 */
YG_MUST_USE int yg_msg_take_over(int socket, uint32_t *ret_kind, uint64_t *ret_id, int *ret_fd);
