/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest client that the demo needs: one request a connection, to 127.0.0.1 alone, of which
 * the whole answer is read. (libcurl belongs to `out` and the sensor, which speak with strangers;
 * this one can reach nothing but the demo's own hub.) Source: RFC 9112.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/demo-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define ASK_MS	    30000
#define HEAD_MAX    YG_DEMO_HEAD_MAX
#define REQUEST_MAX (4u << 20)
#define PIECE	    (64u << 10)
#define RETRY_MS    300

/* Hours of a plan may be parts of one: no canonical form has those. */
static int add_json(const json_t *body, struct yg_buf *to)
{
	char *text = json_dumps(body, JSON_COMPACT);

	if (!text)
		return YG_ENOMEM;
	yg_buf_add_str(to, text);
	free(text);
	return YG_OK;
}

static int write_request(const struct yg_demo *demo, const struct yg_demo_who *who,
			 const char *method, const char *path, const json_t *body,
			 struct yg_buf *to)
{
	struct yg_buf text;
	int rc = YG_OK;

	yg_buf_init(&text, REQUEST_MAX);
	if (body)
		rc = add_json(body, &text);
	else if (strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0)
		yg_buf_add_str(&text, "{}");
	yg_buf_addf(to, "%s %s%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n", method,
		    strncmp(path, "/start", 6) == 0 ? "" : "/api/v1", path, (unsigned)demo->port);
	yg_buf_addf(to, "Accept-Language: %s\r\n", yg_say_lang_now() == YG_LANG_JA ? "ja" : "en");
	if (who && who->token[0])
		yg_buf_addf(to, "Authorization: Bearer %s\r\n", who->token);
	if (who && who->cookie[0])
		yg_buf_addf(to, "Cookie: %s\r\n", who->cookie);
	if (text.size > 0)
		yg_buf_addf(to, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			    text.size);
	yg_buf_add_str(to, "\r\n");
	yg_buf_add(to, yg_buf_bytes(&text));
	if (rc == YG_OK)
		rc = yg_buf_error(&text);
	yg_buf_done(&text);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

static int connect_to(struct yg_demo *demo, int *ret)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				      .sin_port = htons(demo->port)};
	socklen_t size = sizeof(int);
	int error = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc = YG_OK;

	if (fd < 0)
		return yg_err_from_errno(errno);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		rc = errno == EINPROGRESS ? yg_demo_wait(demo, fd, POLLOUT, ASK_MS)
					  : yg_err_from_errno(errno);
		if (rc == YG_OK && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
			rc = yg_err_from_errno(errno);
		if (rc == YG_OK && error)
			rc = yg_err_from_errno(error);
	}
	if (rc != YG_OK)
		(void)close(fd); /* nothing was sent */
	else
		*ret = fd;
	return rc;
}

static int send_all(struct yg_demo *demo, int fd, struct yg_bytes rest)
{
	while (rest.size > 0) {
		ssize_t sent = send(fd, rest.data, rest.size, MSG_NOSIGNAL);
		int rc = YG_OK;

		if (sent > 0)
			rest = yg_bytes_from(rest, (size_t)sent);
		else if (sent < 0 && errno == EAGAIN)
			rc = yg_demo_wait(demo, fd, POLLOUT, ASK_MS);
		else if (sent < 0 && errno != EINTR)
			rc = yg_err_from_errno(errno);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

static int receive(struct yg_demo *demo, int fd, struct yg_buf *in, struct yg_demo_answer *ret)
{
	bool is_ended = false;
	int rc = YG_ETRUNC;

	while (rc == YG_ETRUNC) {
		uint8_t *room = yg_buf_reserve(in, PIECE);
		ssize_t got;

		if (!room)
			return yg_buf_error(in);
		got = recv(fd, room, PIECE, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN) {
			int waited = yg_demo_wait(demo, fd, POLLIN, ASK_MS);

			if (waited != YG_OK)
				return waited;
			continue;
		}
		if (got < 0)
			return yg_err_from_errno(errno);
		yg_buf_grew(in, (size_t)got);
		is_ended = got == 0;
		rc = yg_demo_answer_read(yg_buf_bytes(in), is_ended, ret);
	}
	return rc;
}

static int ask_once(struct yg_demo *demo, struct yg_bytes request, struct yg_demo_answer *ret)
{
	struct yg_buf in;
	int fd = -1;
	int rc = connect_to(demo, &fd);

	yg_buf_init(&in, YG_DEMO_ANSWER_MAX + HEAD_MAX);
	if (rc == YG_OK)
		rc = send_all(demo, fd, request);
	if (rc == YG_OK)
		rc = receive(demo, fd, &in, ret);
	if (fd >= 0)
		(void)close(fd); /* one request, one connection */
	yg_buf_done(&in);
	return rc;
}

int yg_demo_ask(struct yg_demo *demo, const struct yg_demo_who *who, const char *method,
		const char *path, json_t *take_body, struct yg_demo_answer *ret)
{
	struct yg_buf request;
	unsigned refused = 0;
	int rc;

	*ret = (struct yg_demo_answer){0};
	yg_buf_init(&request, REQUEST_MAX + HEAD_MAX);
	rc = write_request(demo, who, method, path, take_body, &request);
	json_decref(take_body);
	while (rc == YG_OK) {
		int64_t wait_ms;

		rc = ask_once(demo, yg_buf_bytes(&request), ret);
		if (rc != YG_OK || (ret->status != 429 && ret->status != 503))
			break;
		refused = ret->status;
		wait_ms = ret->retry_s ? ret->retry_s * 1000 : RETRY_MS;
		yg_demo_answer_done(ret);
		rc = yg_demo_wait(demo, -1, 0, wait_ms);
		rc = rc == YG_EAGAIN ? YG_OK : rc;
	}
	yg_buf_done(&request);
	if (rc == YG_ELIMIT && refused)
		yg_demo_why(demo, N_("until the time was over the hub answered %u to %s %s"),
			    refused, method, path);
	else if (rc != YG_OK && rc != YG_EEND && rc != YG_ELIMIT)
		yg_demo_why(demo, "%s %s: %s", method, path, yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_demo_must(struct yg_demo *demo, const struct yg_demo_who *who, const char *method,
		 const char *path, json_t *take_body, json_t **ret_body)
{
	struct yg_demo_answer answer;
	int rc = yg_demo_ask(demo, who, method, path, json_incref(take_body), &answer);

	if (rc == YG_OK && answer.status == 401 && who == &demo->local) {
		yg_demo_answer_done(&answer);
		rc = yg_demo_sign_in_again(demo);
		if (rc == YG_OK)
			rc = yg_demo_ask(demo, who, method, path, json_incref(take_body), &answer);
	}
	json_decref(take_body);
	if (rc == YG_OK && answer.status >= 400) {
		struct yg_bytes title = yg_json_text(answer.body, "title");

		yg_demo_why(demo, N_("the hub answered %u to %s %s: %s"), answer.status, method,
			    path, yg_say_safe(title, 200));
		rc = YG_EIO;
	}
	if (rc == YG_OK && ret_body) {
		*ret_body = answer.body;
		answer.body = NULL;
	}
	yg_demo_answer_done(&answer);
	return rc;
}
