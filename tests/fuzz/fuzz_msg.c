/* SPDX-License-Identifier: Apache-2.0 */
/* A pipe whose other end is hostile, in pieces of a size that the first byte says; each body is
 * then read as fields, chosen by its own bytes. What is put on a pipe is read the same. */
#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/msg.h"

#include "base/ban.h"

#define BODY_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_fields(struct yg_bytes body)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint8_t raw[3];
	char text[9];

	for (size_t i = 0; i < body.size && !reader.is_bad; i++)
		switch (body.data[i] % 6) {
		case 0:
			(void)yg_msg_u8(&reader);
			break;
		case 1:
			(void)yg_msg_u32(&reader);
			break;
		case 2:
			(void)yg_msg_u64(&reader);
			break;
		case 3:
			assert(yg_msg_bytes(&reader, 100).size <= 100);
			break;
		case 4:
			yg_msg_text(&reader, text, sizeof(text));
			assert(strlen(text) < sizeof(text));
			break;
		default:
			yg_msg_raw(&reader, raw, sizeof(raw));
		}
	assert(reader.rest.size <= body.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes rest = {data, size};
	struct yg_msg_pipe pipe;
	struct yg_msg message;
	size_t step;
	int pair[2];
	int rc = YG_EAGAIN;

	if (size == 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return 0;
	step = (size_t)rest.data[0] + 1;
	rest = yg_bytes_from(rest, 1);
	yg_msg_pipe_init(&pipe, BODY_MAX, 2 * BODY_MAX);
	yg_msg_pipe_open(&pipe, pair[0]);
	while (rest.size > 0 && rc == YG_EAGAIN) {
		struct yg_bytes piece = yg_bytes_cut(rest, 0, step);

		if (send(pair[1], piece.data, piece.size, MSG_DONTWAIT) < 0)
			break;
		rest = yg_bytes_from(rest, piece.size);
		rc = yg_msg_fill(&pipe);
		while (rc == YG_OK && (rc = yg_msg_next(&pipe, &message)) == YG_OK) {
			assert(message.body.size <= BODY_MAX);
			read_fields(message.body);
		}
	}
	assert(rc == YG_EAGAIN || rc == YG_EFORMAT);
	(void)close(pair[1]); /* nothing to lose */
	yg_msg_pipe_close(&pipe);
	return 0;
}
