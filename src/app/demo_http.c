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
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/demo-int.h"
#include "app/say.h"
#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define ASK_MS	    30000
#define HEAD_MAX    (64u << 10)
#define REQUEST_MAX (4u << 20)
#define PIECE	    (64u << 10)
#define RETRY_MS    300

/* ---- the answer ---- */

struct head {
	size_t size; /* with the empty line */
	bool has_length;
	uint64_t length;
	bool is_chunked;
};

/* "NAME: VALUE" of @line, when it is that field; the value without blanks at its ends. */
static bool is_field(struct yg_bytes line, const char *name, struct yg_bytes *ret_value)
{
	size_t size = strlen(name);

	if (line.size <= size || line.data[size] != ':' ||
	    !yg_bytes_eq_nocase(yg_bytes_cut(line, 0, size), yg_bytes_str(name)))
		return false;
	*ret_value = yg_bytes_trim(yg_bytes_from(line, size + 1));
	return true;
}

static int read_field(struct yg_bytes line, struct head *head, struct yg_demo_answer *answer)
{
	struct yg_bytes value;
	uint64_t number;

	if (is_field(line, "Content-Length", &value)) {
		if (!yg_bytes_u64(value, &head->length))
			return YG_EFORMAT;
		head->has_length = true;
	} else if (is_field(line, "Transfer-Encoding", &value)) {
		if (!yg_bytes_eq_nocase(value, YG_S("chunked")))
			return YG_EUNSUPPORTED;
		head->is_chunked = true;
	} else if (is_field(line, "Retry-After", &value)) {
		if (yg_bytes_u64(value, &number))
			answer->retry_s = number > 60 ? 60 : (unsigned)number;
	} else if (is_field(line, "Set-Cookie", &value)) {
		size_t end = yg_bytes_chr(value, ';');

		value = end == SIZE_MAX ? value : yg_bytes_cut(value, 0, end);
		if (value.size >= sizeof(answer->cookie))
			return YG_ELIMIT;
		(void)snprintf(answer->cookie, sizeof(answer->cookie), "%.*s", YG_FMT(value));
	}
	return YG_OK;
}

/* "HTTP/1.1 200 OK". */
static bool read_status(struct yg_bytes line, unsigned *ret)
{
	uint64_t number;

	if (line.size < 12 || !yg_bytes_starts(line, YG_S("HTTP/1.")) || line.data[8] != ' ' ||
	    !yg_bytes_u64(yg_bytes_cut(line, 9, 12), &number) || number < 100 || number > 599)
		return false;
	*ret = (unsigned)number;
	return true;
}

/* YG_ETRUNC: it is not all there yet. */
static int read_head(struct yg_bytes bytes, struct head *head, struct yg_demo_answer *answer)
{
	size_t at = 0;
	bool is_first = true;

	for (;;) {
		struct yg_bytes rest = yg_bytes_from(bytes, at);
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line;
		int rc = YG_OK;

		if (end == SIZE_MAX)
			return bytes.size > HEAD_MAX ? YG_ELIMIT : YG_ETRUNC;
		at += end + 1;
		if (at > HEAD_MAX)
			return YG_ELIMIT;
		line = yg_bytes_cut(rest, 0, end);
		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		if (is_first && !read_status(line, &answer->status))
			return YG_EFORMAT;
		if (!is_first && line.size == 0)
			break;
		if (!is_first)
			rc = read_field(line, head, answer);
		if (rc != YG_OK)
			return rc;
		is_first = false;
	}
	head->size = at;
	return YG_OK;
}

static bool read_hex(struct yg_bytes text, uint64_t *ret)
{
	uint64_t value = 0;

	if (text.size == 0 || text.size > 8)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i] | 0x20;
		unsigned digit = c >= '0' && c <= '9'	? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
							: 16;

		if (digit > 15)
			return false;
		value = value * 16 + digit;
	}
	*ret = value;
	return true;
}

/* The pieces of a chunked body, put together. YG_ETRUNC: more must come. */
static int join_chunks(struct yg_bytes rest, struct yg_buf *to)
{
	for (;;) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line;
		uint64_t size;

		if (end == SIZE_MAX)
			return rest.size > HEAD_MAX ? YG_EFORMAT : YG_ETRUNC;
		line = yg_bytes_cut(rest, 0, end);
		if (yg_bytes_chr(line, ';') != SIZE_MAX)
			line = yg_bytes_cut(line, 0, yg_bytes_chr(line, ';'));
		line = yg_bytes_trim(line);
		if (!read_hex(line, &size))
			return YG_EFORMAT;
		rest = yg_bytes_from(rest, end + 1);
		if (size == 0)
			return yg_buf_error(to); /* trailers say nothing to us */
		if (rest.size < size + 2)
			return YG_ETRUNC;
		yg_buf_add(to, yg_bytes_cut(rest, 0, size));
		rest = yg_bytes_from(rest, size + 2);
	}
}

static int read_body(struct yg_bytes text, struct yg_demo_answer *ret)
{
	struct yg_fault fault;
	int rc;

	if (text.size == 0)
		return YG_OK;
	rc = yg_json_load(text, YG_DEMO_ANSWER_MAX, &ret->body, &fault);
	return rc == YG_EFORMAT ? YG_OK : rc; /* a page: the status says enough */
}

int yg_demo_answer_read(struct yg_bytes bytes, bool is_ended, struct yg_demo_answer *ret)
{
	struct head head = {0};
	struct yg_bytes rest;
	struct yg_buf joined;
	int rc;

	*ret = (struct yg_demo_answer){0};
	rc = read_head(bytes, &head, ret);
	if (rc != YG_OK)
		return rc == YG_ETRUNC && is_ended ? YG_EFORMAT : rc;
	rest = yg_bytes_from(bytes, head.size);
	yg_buf_init(&joined, YG_DEMO_ANSWER_MAX);
	if (head.is_chunked) {
		rc = join_chunks(rest, &joined);
		rest = yg_buf_bytes(&joined);
	} else if (head.has_length) {
		rc = rest.size < head.length ? YG_ETRUNC : YG_OK;
		rest = rc == YG_OK ? yg_bytes_cut(rest, 0, (size_t)head.length) : rest;
	} else if (ret->status == 204 || ret->status == 304) {
		rest = yg_bytes_cut(rest, 0, 0);
	} else {
		rc = is_ended ? YG_OK : YG_ETRUNC;
	}
	if (rc == YG_OK)
		rc = read_body(rest, ret);
	yg_buf_done(&joined);
	return rc == YG_ETRUNC && is_ended ? YG_EFORMAT : rc;
}

void yg_demo_answer_done(struct yg_demo_answer *answer)
{
	json_decref(answer->body);
	answer->body = NULL;
}

/* ---- asking ---- */

static int write_request(const struct yg_demo *demo, const struct yg_demo_who *who,
			 const char *method, const char *path, const json_t *body,
			 struct yg_buf *to)
{
	struct yg_buf text;
	int rc = YG_OK;

	yg_buf_init(&text, REQUEST_MAX);
	if (body)
		rc = yg_json_canonical(body, &text);
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
