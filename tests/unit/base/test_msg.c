/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/msg.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"

#define BODY_MAX 1000u

/* Both ends of one stream. */
static bool open_pair(struct yg_msg_pipe *a, struct yg_msg_pipe *b, size_t out_max)
{
	int pair[2];

	yg_msg_pipe_init(a, BODY_MAX, out_max);
	yg_msg_pipe_init(b, BODY_MAX, out_max);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	yg_msg_pipe_open(a, pair[0]);
	yg_msg_pipe_open(b, pair[1]);
	return true;
}

static void passes_messages(void)
{
	struct yg_msg_pipe a, b;
	struct yg_bytes parts[] = {YG_S("one"), YG_S(""), YG_S("two")};
	struct yg_msg m;

	CHECK(open_pair(&a, &b, 1 << 16));
	CHECK(yg_msg_next(&b, &m) == YG_EAGAIN && yg_msg_fill(&b) == YG_EAGAIN);
	CHECK(yg_msg_put(&a, 7, 1, parts, 3) == YG_OK);
	CHECK(yg_msg_put(&a, 8, UINT64_MAX, NULL, 0) == YG_OK);
	CHECK(yg_msg_flush(&a) == YG_OK && yg_msg_fill(&b) == YG_OK);
	CHECK(yg_msg_next(&b, &m) == YG_OK && m.kind == 7 && m.id == 1);
	CHECK_TEXT(m.body, "onetwo");
	CHECK(yg_msg_next(&b, &m) == YG_OK && m.kind == 8 && m.id == UINT64_MAX &&
	      m.body.size == 0);
	CHECK(yg_msg_next(&b, &m) == YG_EAGAIN);
	/* What came before the end is still there. */
	CHECK(yg_msg_put(&a, 9, 2, parts, 1) == YG_OK && yg_msg_flush(&a) == YG_OK);
	yg_msg_pipe_close(&a);
	CHECK(yg_msg_fill(&b) == YG_OK && yg_msg_next(&b, &m) == YG_OK && m.kind == 9);
	CHECK(yg_msg_next(&b, &m) == YG_EAGAIN && yg_msg_fill(&b) == YG_EPIPE);
	CHECK(yg_msg_put(&a, 1, 1, parts, 1) == YG_EPIPE);
	CHECK(yg_msg_put(&b, 1, 1, parts, 1) == YG_OK && yg_msg_flush(&b) == YG_EPIPE);
	yg_msg_pipe_close(&b);
}

/* A stream cuts where it likes. */
static void passes_pieces(void)
{
	struct yg_msg_pipe a, b;
	uint8_t body[BODY_MAX];
	struct yg_bytes part = {body, sizeof(body)};
	struct yg_buf whole;
	struct yg_msg m;
	size_t seen = 0;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7);
	CHECK(open_pair(&a, &b, 1 << 20));
	for (uint64_t i = 0; i < 5; i++)
		CHECK(yg_msg_put(&a, 1, i, &part, 1) == YG_OK);
	yg_buf_init(&whole, 1 << 20);
	yg_buf_add(&whole, yg_buf_bytes(&a.out));
	for (size_t at = 0; at < whole.size; at += 333) {
		struct yg_bytes piece = yg_bytes_cut(yg_buf_bytes(&whole), at, at + 333);

		CHECK(send(a.fd, piece.data, piece.size, 0) == (ssize_t)piece.size);
		CHECK(yg_msg_fill(&b) == YG_OK);
		while (yg_msg_next(&b, &m) == YG_OK) {
			CHECK(m.id == seen++);
			CHECK(yg_bytes_eq(m.body, part));
		}
	}
	CHECK(seen == 5);
	yg_buf_done(&whole);
	yg_msg_pipe_close(&a);
	yg_msg_pipe_close(&b);
}

static void holds_limits(void)
{
	struct yg_msg_pipe a, b;
	uint8_t body[BODY_MAX + 1] = {0};
	struct yg_bytes too_big = {body, sizeof(body)};
	struct yg_bytes fits = {body, BODY_MAX};
	struct yg_bytes two[] = {fits, YG_S("x")};
	uint32_t head[4] = {BODY_MAX + 1, 1, 0, 0};
	struct yg_msg m;

	CHECK(open_pair(&a, &b, 2500));
	CHECK(yg_msg_put(&a, 1, 1, &too_big, 1) == YG_ELIMIT);
	CHECK(yg_msg_put(&a, 1, 1, two, 2) == YG_ELIMIT);
	CHECK(yg_msg_put(&a, 1, 1, &fits, 1) == YG_OK && yg_msg_put(&a, 1, 2, &fits, 1) == YG_OK);
	CHECK(yg_msg_put(&a, 1, 3, &fits, 1) == YG_EAGAIN);
	CHECK(yg_msg_flush(&a) == YG_OK && yg_msg_put(&a, 1, 3, &fits, 1) == YG_OK);
	/* A head that announces more than the limit: for good. */
	CHECK(send(b.fd, head, sizeof(head), 0) == sizeof(head));
	CHECK(yg_msg_fill(&a) == YG_OK && yg_msg_next(&a, &m) == YG_EFORMAT);
	CHECK(yg_msg_next(&a, &m) == YG_EFORMAT);
	yg_msg_pipe_close(&a);
	yg_msg_pipe_close(&b);
}

/* The reader of the other end rests: nothing blocks, nothing is lost. */
static void waits_for_room(void)
{
	struct yg_msg_pipe a, b;
	uint8_t body[BODY_MAX] = {0};
	struct yg_bytes part = {body, sizeof(body)};
	uint64_t put = 0;
	uint64_t got = 0;
	struct yg_msg m;

	CHECK(open_pair(&a, &b, 4 << 20));
	while (yg_msg_put(&a, 1, put, &part, 1) == YG_OK)
		put++;
	CHECK(put > 4000 && yg_msg_flush(&a) == YG_EAGAIN);
	while (got < put) {
		int rc = yg_msg_fill(&b);

		CHECK(rc == YG_OK || rc == YG_EAGAIN);
		while (yg_msg_next(&b, &m) == YG_OK)
			CHECK(m.id == got++);
		rc = yg_msg_flush(&a);
		CHECK(rc == YG_OK || rc == YG_EAGAIN);
	}
	CHECK(yg_msg_flush(&a) == YG_OK && yg_msg_fill(&b) == YG_EAGAIN);
	yg_msg_pipe_close(&a);
	yg_msg_pipe_close(&b);
}

static void reads_fields(void)
{
	struct yg_msg_reader r;
	struct yg_buf buf;
	char text[6];
	uint8_t four[4];

	yg_buf_init(&buf, 1000);
	yg_msg_add_u8(&buf, 250);
	yg_msg_add_u32(&buf, 4000000000u);
	yg_msg_add_u64(&buf, UINT64_MAX - 1);
	yg_msg_add_bytes(&buf, YG_S("bytes"));
	yg_msg_add_bytes(&buf, YG_S("text!"));
	yg_buf_add(&buf, YG_S("\1\2\3\4"));
	r = yg_msg_read(yg_buf_bytes(&buf));
	CHECK(yg_msg_u8(&r) == 250 && yg_msg_u32(&r) == 4000000000u &&
	      yg_msg_u64(&r) == UINT64_MAX - 1);
	CHECK_TEXT(yg_msg_bytes(&r, 5), "bytes");
	yg_msg_text(&r, text, sizeof(text));
	CHECK(strcmp(text, "text!") == 0);
	CHECK(!yg_msg_is_whole(&r));
	yg_msg_raw(&r, four, sizeof(four));
	CHECK(four[3] == 4 && yg_msg_is_whole(&r));
	CHECK(yg_msg_u8(&r) == 0 && !yg_msg_is_whole(&r));
	/* Each cut is a fault, and never read beyond. */
	for (size_t size = 0; size < buf.size; size++) {
		uint8_t *copy = malloc(size ? size : 1);

		CHECK(copy);
		memcpy(copy, buf.data, size);
		r = yg_msg_read((struct yg_bytes){copy, size});
		(void)yg_msg_u8(&r);
		(void)yg_msg_u32(&r);
		(void)yg_msg_u64(&r);
		(void)yg_msg_bytes(&r, 5);
		yg_msg_text(&r, text, sizeof(text));
		yg_msg_raw(&r, four, sizeof(four));
		CHECK(!yg_msg_is_whole(&r));
		free(copy);
	}
	/* Too long for its place; a NUL inside. */
	r = yg_msg_read(yg_bytes_cut(yg_buf_bytes(&buf), 13, buf.size));
	CHECK(yg_msg_bytes(&r, 4).size == 0 && r.is_bad);
	yg_buf_reset(&buf);
	yg_msg_add_bytes(&buf, YG_S("a\0b"));
	r = yg_msg_read(yg_buf_bytes(&buf));
	yg_msg_text(&r, text, sizeof(text));
	CHECK(r.is_bad && text[0] == 0);
	yg_buf_done(&buf);
}

static void hands_over(void)
{
	uint32_t kind;
	uint64_t id;
	char text[2];
	int pair[2];
	int pipes[2];
	int fd;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 && pipe(pipes) == 0);
	CHECK(yg_msg_take_over(pair[1], &kind, &id, &fd) == YG_EAGAIN);
	CHECK(yg_msg_hand_over(pair[0], 3, 9, pipes[0]) == YG_OK);
	CHECK(yg_msg_hand_over(pair[0], 4, 10, -1) == YG_OK);
	CHECK(yg_msg_take_over(pair[1], &kind, &id, &fd) == YG_OK && kind == 3 && id == 9);
	CHECK(fd >= 0 && fd != pipes[0] && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK(write(pipes[1], "x", 1) == 1 && read(fd, text, 1) == 1 && text[0] == 'x');
	close(fd);
	CHECK(yg_msg_take_over(pair[1], &kind, &id, &fd) == YG_OK && kind == 4 && fd == -1);
	/* None of ours: too short, too long, a head with a size. */
	CHECK(send(pair[0], "x", 1, 0) == 1);
	CHECK(yg_msg_take_over(pair[1], &kind, &id, &fd) == YG_EFORMAT && fd == -1);
	CHECK(send(pair[0], "0123456789abcdefg", 17, 0) == 17);
	CHECK(yg_msg_take_over(pair[1], &kind, &id, &fd) == YG_EFORMAT);
	CHECK(send(pair[0], "\1\0\0\0\1\0\0\0abcdefgh", 16, 0) == 16);
	CHECK(yg_msg_take_over(pair[1], &kind, &id, &fd) == YG_EFORMAT);
	close(pair[0]);
	CHECK(yg_msg_take_over(pair[1], &kind, &id, &fd) == YG_EPIPE);
	close(pair[1]);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(passes_messages), CASE(passes_pieces), CASE(holds_limits),
		CASE(waits_for_room),  CASE(reads_fields),  CASE(hands_over),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
