/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC
#include "files.h"

#include "../check.h"

static struct yg_stream *stream;
static struct yg_buf text;
static char path[256];

static int begin(const char *name, int stop_fd)
{
	const struct yg_stream_opts opts = {.is_following = true, .stop_fd = stop_fd};
	struct yg_input input = {.name = path, .path = path};
	const char *reason;

	(void)snprintf(path, sizeof(path), "%s", at(name));
	yg_buf_init(&text, 1u << 20);
	return yg_stream_open(&input, &opts, &stream, &reason);
}

static void end(void)
{
	stream = yg_stream_free(stream);
	yg_buf_done(&text);
}

/* Read until @want_size bytes came, or nothing comes any more. */
static int read_up_to(size_t want_size)
{
	const char *reason;
	int rc = YG_OK;

	for (int tries = 0; tries < 50 && text.size < want_size && (rc == YG_OK || rc == YG_EAGAIN);
	     tries++)
		rc = yg_stream_read(stream, &text, 4096, &reason);
	return rc;
}

static void growing(void)
{
	const char *reason;

	file("log", YG_S("one\n"));
	CHECK(begin("log", -1) == YG_OK);
	CHECK(read_up_to(4) == YG_OK);
	CHECK(yg_stream_read(stream, &text, 4096, &reason) == YG_EAGAIN);
	put("log", YG_S("tw"), O_APPEND);
	put("log", YG_S("o\n"), O_APPEND);
	CHECK(read_up_to(8) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "one\ntwo\n");
	CHECK(yg_stream_state(stream).rotations == 0);
	end();
}

static void rotated(void)
{
	file("log", YG_S("one\n"));
	CHECK(begin("log", -1) == YG_OK);
	CHECK(read_up_to(4) == YG_OK);
	put("log", YG_S("late"), O_APPEND); /* a torn last line of the old file */
	CHECK(rename(path, at("log.1")) == 0);
	CHECK(read_up_to(8) == YG_OK);
	file("log", YG_S("new\n"));
	CHECK(read_up_to(13) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "one\nlate\nnew\n");
	CHECK(yg_stream_state(stream).rotations == 1);
	end();
}

static void truncated(void)
{
	file("log", YG_S("one\ntwo\n"));
	CHECK(begin("log", -1) == YG_OK);
	CHECK(read_up_to(8) == YG_OK);
	CHECK(truncate(path, 0) == 0);
	put("log", YG_S("new\n"), O_APPEND);
	CHECK(read_up_to(12) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "one\ntwo\nnew\n");
	CHECK(yg_stream_state(stream).rotations == 1);
	end();
}

static void missing_for_a_while(void)
{
	const char *reason;

	file("log", YG_S("one\n"));
	CHECK(begin("log", -1) == YG_OK);
	CHECK(read_up_to(4) == YG_OK);
	CHECK(unlink(path) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(yg_stream_read(stream, &text, 4096, &reason) == YG_EAGAIN);
	file("log", YG_S("back\n"));
	CHECK(read_up_to(9) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "one\nback\n");
	end();
}

/* The new file is in another encoding and has a mark of its own. */
static void encoding_anew(void)
{
	file("log", YG_S("\xef\xbb\xbf\xe3\x83\xad\n"));
	CHECK(begin("log", -1) == YG_OK);
	CHECK(read_up_to(4) == YG_OK);
	CHECK(rename(path, at("log.1")) == 0);
	file("log", YG_S("\xff\xfe\x61\0\x0a\0"));
	CHECK(read_up_to(6) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "ロ\na\n");
	end();
}

static void stops(void)
{
	const char *reason;
	int fds[2];

	CHECK(pipe(fds) == 0);
	file("log", YG_S("one\n"));
	CHECK(begin("log", fds[0]) == YG_OK);
	CHECK(read_up_to(4) == YG_OK);
	CHECK(yg_stream_read(stream, &text, 4096, &reason) == YG_EAGAIN);
	CHECK(write(fds[1], "x", 1) == 1);
	CHECK(yg_stream_read(stream, &text, 4096, &reason) == YG_EEND);
	(void)close(fds[0]);
	(void)close(fds[1]);
	end();
}

static void packed_ends(void)
{
	const char *reason;
	struct yg_buf packed;

	yg_buf_init(&packed, 4096);
	gzip_add(&packed, YG_S("one\n"));
	file("log.gz", yg_buf_bytes(&packed));
	yg_buf_done(&packed);
	CHECK(begin("log.gz", -1) == YG_OK);
	CHECK(read_up_to(4) == YG_OK);
	CHECK(yg_stream_read(stream, &text, 4096, &reason) == YG_EEND);
	CHECK_TEXT(yg_buf_bytes(&text), "one\n");
	end();
}

static void named_pipe(void)
{
	const char *reason;
	int fd;

	CHECK(mkfifo(at("fifo"), 0600) == 0);
	fd = open(at("fifo"), O_RDWR); /* so that opening to read does not wait */
	CHECK(fd >= 0);
	CHECK(begin("fifo", -1) == YG_OK);
	CHECK(yg_stream_read(stream, &text, 4096, &reason) == YG_EAGAIN);
	CHECK(write(fd, "one\n", 4) == 4);
	CHECK(read_up_to(4) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "one\n");
	(void)close(fd);
	end();
}

static const struct check_case cases[] = {
	CASE(growing),	     CASE(rotated), CASE(truncated),   CASE(missing_for_a_while),
	CASE(encoding_anew), CASE(stops),   CASE(packed_ends), CASE(named_pipe),
};

int main(void)
{
	int rc;

	folder_make();
	rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	folder_remove();
	return rc;
}
