/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "source/receive.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

static struct yg_receive *receive;
static struct yg_buf got; /* messages, each behind "u:" or "t:", with ";" behind */

static int take(void *arg, bool is_tcp, const char *from, struct yg_bytes message)
{
	(void)arg;
	yg_buf_add_str(&got, is_tcp ? "t:" : "u:");
	yg_buf_add(&got, message);
	yg_buf_add_byte(&got, ';');
	return strcmp(from, "127.0.0.1") == 0 ? YG_OK : YG_EINVAL;
}

static bool start(void)
{
	struct yg_net_place place;

	receive = yg_receive_free(receive);
	yg_buf_done(&got);
	yg_buf_init(&got, 8u << 20);
	return yg_net_read("127.0.0.1:0", &place) == YG_OK &&
	       yg_receive_open(&place, &receive) == YG_OK;
}

static int connect_to(int kind)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(yg_receive_place(receive).port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Until @size bytes were given out; an event each, never a time. */
static bool wait_for(size_t size)
{
	while (got.size < size) {
		struct pollfd fd = {.fd = yg_receive_fd(receive), .events = POLLIN};

		if (poll(&fd, 1, 60000) <= 0 || yg_receive_read(receive, 100, take, NULL) != YG_OK)
			return false;
	}
	return true;
}

static bool send_text(int fd, const char *text)
{
	return yg_io_write(fd, yg_bytes_str(text)) == YG_OK;
}

static void datagrams(void)
{
	int fd;

	CHECK(start());
	fd = connect_to(SOCK_DGRAM);
	CHECK(fd >= 0);
	CHECK(send_text(fd, "<13>one\n") && send_text(fd, "<13>two") && send_text(fd, "\n") &&
	      send_text(fd, "<13>three"));
	CHECK(wait_for(28));
	CHECK_TEXT(yg_buf_bytes(&got), "u:<13>one;u:<13>two;u:<13>three;");
	CHECK(yg_receive_state(receive).udp == 3);
	(void)close(fd);
}

static void streams(void)
{
	static const char *const wanted = "t:<13>one;t:<13>two\nlines;t:12 May;t:<13>three;t:end;";
	int fd;

	CHECK(start());
	fd = connect_to(SOCK_STREAM);
	CHECK(fd >= 0);
	CHECK(send_text(fd, "<13>one\n13 <13>tw") && wait_for(10));
	CHECK(send_text(fd, "o\nlines12 May\n9 <13>three\r\n\n") && send_text(fd, "end"));
	(void)shutdown(fd, SHUT_WR);
	CHECK(wait_for(strlen(wanted)));
	CHECK_TEXT(yg_buf_bytes(&got), wanted);
	(void)close(fd);
}

/* Too long: what fits, counted, and the next message is whole. */
static void long_messages(void)
{
	char *text = yg_malloc(3 * YG_RECEIVE_MESSAGE_MAX);
	size_t size = 2 * YG_RECEIVE_MESSAGE_MAX;
	char head[32];
	int fd;

	CHECK(text && start());
	memset(text, 'x', size);
	text[0] = '<';
	fd = connect_to(SOCK_STREAM);
	CHECK(fd >= 0);
	(void)snprintf(head, sizeof(head), "%zu ", size);
	CHECK(send_text(fd, head) &&
	      yg_io_write(fd, (struct yg_bytes){(const uint8_t *)text, size}) == YG_OK);
	text[0] = 'y';
	CHECK(yg_io_write(fd, (struct yg_bytes){(const uint8_t *)text, size}) == YG_OK &&
	      send_text(fd, "\nshort\n"));
	CHECK(wait_for(2 * YG_RECEIVE_MESSAGE_MAX + 14));
	CHECK(yg_receive_state(receive).cut == 2 && yg_receive_state(receive).tcp == 3);
	CHECK(got.size == 2 * YG_RECEIVE_MESSAGE_MAX + 14);
	CHECK(memcmp(got.data + got.size - 8, "t:short;", 8) == 0);
	(void)close(fd);
	free(text);
}

/* Opens one more; all that was opened so far is taken in. */
static bool open_one(int *ret_fd, uint64_t opened)
{
	*ret_fd = connect_to(SOCK_STREAM);
	while (*ret_fd >= 0 &&
	       yg_receive_state(receive).connected + yg_receive_state(receive).displaced < opened) {
		struct pollfd fd = {.fd = yg_receive_fd(receive), .events = POLLIN};

		if (poll(&fd, 1, 60000) <= 0 || yg_receive_read(receive, 1, take, NULL) != YG_OK)
			return false;
	}
	return *ret_fd >= 0;
}

/* Who is one too many gets a place: of one that never spoke, else of the one that is silent
 * longest. */
static void many_connections(void)
{
	int fds[YG_RECEIVE_CONNECTIONS_MAX + 2];
	char c;

	CHECK(start());
	for (size_t i = 0; i < YG_RECEIVE_CONNECTIONS_MAX; i++)
		CHECK(open_one(&fds[i], i + 1));
	for (size_t i = 0; i < YG_RECEIVE_CONNECTIONS_MAX; i++) /* all but number 9 */
		CHECK(i == 9 || (send_text(fds[i], "x\n") && wait_for(4 * (i + (i < 9)))));
	CHECK(open_one(&fds[YG_RECEIVE_CONNECTIONS_MAX], YG_RECEIVE_CONNECTIONS_MAX + 1));
	CHECK(yg_receive_state(receive).displaced == 1);
	CHECK(read(fds[9], &c, 1) <= 0); /* told so */
	yg_buf_reset(&got);
	CHECK(send_text(fds[YG_RECEIVE_CONNECTIONS_MAX], "new\n") && wait_for(6));
	CHECK(send_text(fds[0], "zero\nhalf") && wait_for(13));
	CHECK(open_one(&fds[YG_RECEIVE_CONNECTIONS_MAX + 1], YG_RECEIVE_CONNECTIONS_MAX + 2));
	CHECK(yg_receive_state(receive).displaced == 2 && read(fds[1], &c, 1) <= 0);
	for (size_t i = 0; i < YG_RECEIVE_CONNECTIONS_MAX + 2; i++)
		(void)close(fds[i]);
	CHECK(wait_for(20)); /* what was not ended comes at the end */
	CHECK_TEXT(yg_buf_bytes(&got), "t:new;t:zero;t:half;");
	CHECK(yg_receive_finish(receive, take, NULL) == YG_OK);
	receive = yg_receive_free(receive);
	yg_buf_done(&got);
}

/* NUL in the place of LF, as some devices end their messages. */
static void ended_by_nul(void)
{
	static const char text[] = "<13>one\0<13>two\0\0<13>three\n9 <13>four!\0";
	static const char wanted[] = "t:<13>one;t:<13>two;t:<13>three;t:<13>four!;";
	int fd;

	CHECK(start());
	fd = connect_to(SOCK_STREAM);
	CHECK(fd >= 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		CHECK(yg_io_write(fd, (struct yg_bytes){(const uint8_t *)text + i, 1}) == YG_OK);
	CHECK(wait_for(sizeof(wanted) - 1));
	CHECK_TEXT(yg_buf_bytes(&got), wanted);
	(void)close(fd);
}

static const struct check_case cases[] = {
	CASE(datagrams),    CASE(streams),	    CASE(long_messages),
	CASE(ended_by_nul), CASE(many_connections),
};
CHECK_MAIN(cases)
