/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "base/io.h"
#include "w6.h"
#include "wire/cert.h"
#include "wire/message.h"

#include "base/ban.h"

#define SHORT (16u << 10)

/* ---- answers ---- */

static size_t head_size(struct yg_bytes b)
{
	const uint8_t *end = b.size ? memmem(b.data, b.size, "\r\n\r\n", 4) : NULL;

	return end ? (size_t)(end - b.data) + 4 : 0;
}

/* Of the head; the hub always says it, but for answers without a body. */
static size_t body_size(struct yg_bytes head)
{
	static const char name[] = "content-length:";

	for (size_t i = 0; i + sizeof(name) < head.size; i++)
		if (strncasecmp((const char *)head.data + i, name, sizeof(name) - 1) == 0)
			return strtoul((const char *)head.data + i + sizeof(name) - 1, NULL, 10);
	return 0;
}

bool w6_answer_is_whole(const struct yg_buf *in)
{
	size_t head = head_size(yg_buf_bytes(in));

	return head > 0 && in->size >= head + body_size(yg_bytes_cut(yg_buf_bytes(in), 0, head));
}

int w6_answer_status(const struct yg_buf *in)
{
	return in->size > 12 && memcmp(in->data, "HTTP/1.", 7) == 0
		       ? (int)strtol((const char *)in->data + 9, NULL, 10)
		       : 0;
}

struct yg_bytes w6_answer_body(const struct yg_buf *in)
{
	return yg_bytes_from(yg_buf_bytes(in), head_size(yg_buf_bytes(in)));
}

uint64_t w6_number(struct yg_bytes text, const char *name, uint64_t otherwise)
{
	char key[32];
	int size = snprintf(key, sizeof(key), "\"%s\":", name);
	const uint8_t *at = memmem(text.data, text.size, key, (size_t)size);
	const uint8_t *end = text.data + text.size;
	uint64_t number = 0;

	if (!at)
		return otherwise;
	at += size;
	at += at < end && *at == '"';
	if (at == end || *at < '0' || *at > '9')
		return otherwise;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	return number;
}

/* ---- connections ---- */

void w6_hub_open(struct w6_hub *hub, const char *url, const char *ca)
{
	const char *host = strstr(url, "://");
	const char *port = strrchr(url, ':');

	if (!host || port <= host || (size_t)(port - host - 3) >= sizeof(hub->host) ||
	    strlen(port + 1) >= sizeof(hub->port))
		w6_fail("%s: no address", url);
	memcpy(hub->host, host + 3, (size_t)(port - host - 3));
	(void)snprintf(hub->port, sizeof(hub->port), "%s", port + 1);
	hub->ca = ca;
	if (gnutls_certificate_allocate_credentials(&hub->trust) < 0 ||
	    gnutls_certificate_set_x509_trust_file(hub->trust, ca, GNUTLS_X509_FMT_PEM) < 1)
		w6_fail("%s: no authority", ca);
}

static int open_socket(const struct w6_hub *hub, bool is_waiting)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	int one = 1;
	int fd;

	if (getaddrinfo(hub->host, hub->port, &hints, &found) != 0)
		w6_fail("%s: unknown", hub->host);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | (is_waiting ? 0 : SOCK_NONBLOCK), 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* faster with it, right without */
	return fd;
}

static gnutls_session_t open_session(const struct w6_hub *hub, gnutls_certificate_credentials_t credentials, int fd,
				     unsigned flags)
{
	gnutls_session_t session;

	if (gnutls_init(&session, GNUTLS_CLIENT | flags) < 0 || gnutls_set_default_priority(session) < 0 ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) < 0)
		w6_fail("no memory");
	gnutls_session_set_verify_cert(session, NULL, 0); /* the authority alone: it is this hub's own */
	(void)hub;
	gnutls_transport_set_int(session, fd);
	return session;
}

int w6_link_connect(struct w6_link *link, const struct w6_hub *hub)
{
	link->fd = open_socket(hub, false);
	if (link->fd < 0)
		return -1;
	link->session = open_session(hub, link->credentials, link->fd, GNUTLS_NONBLOCK);
	link->state = W6_CONNECTING;
	link->sent = 0;
	link->wants_write = false;
	yg_buf_reset(&link->in);
	return 0;
}

void w6_link_close(struct w6_link *link)
{
	if (link->state == W6_CLOSED)
		return;
	gnutls_deinit(link->session);
	(void)close(link->fd);
	link->state = W6_CLOSED;
	link->fd = -1;
}

static int connected(struct w6_link *link)
{
	int error = 0;
	socklen_t size = sizeof(error);
	struct pollfd one = {.fd = link->fd, .events = POLLOUT};

	if (poll(&one, 1, 0) == 0)
		return 0;
	if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
		return -1;
	link->state = W6_SHAKING;
	return 1;
}

static int shake(struct w6_link *link)
{
	int rc = gnutls_handshake(link->session);

	if (rc < 0)
		return gnutls_error_is_fatal(rc) ? -1 : 0;
	link->state = link->out.size > link->sent ? W6_WRITING : W6_IDLE;
	return 1;
}

static int write_some(struct w6_link *link)
{
	while (link->sent < link->out.size) {
		ssize_t n = gnutls_record_send(link->session, link->out.data + link->sent, link->out.size - link->sent);

		if (n < 0)
			return gnutls_error_is_fatal((int)n) ? -1 : 0;
		link->sent += (size_t)n;
	}
	yg_buf_reset(&link->in);
	link->state = W6_READING;
	return 1;
}

/* 1: something came that is no whole answer yet. */
static int read_some(struct w6_link *link)
{
	uint8_t *room = yg_buf_reserve(&link->in, 4096);
	ssize_t n;

	if (!room)
		return -1;
	n = gnutls_record_recv(link->session, room, 4096);
	if (n == 0)
		return -1;
	if (n < 0)
		return gnutls_error_is_fatal((int)n) ? -1 : n == GNUTLS_E_INTERRUPTED;
	if (link->state != W6_READING)
		return -1; /* nobody asked */
	yg_buf_grew(&link->in, (size_t)n);
	return 1;
}

int w6_link_go(struct w6_link *link)
{
	int rc = 1;

	while (rc == 1) {
		if (link->state == W6_READING && w6_answer_is_whole(&link->in)) {
			link->state = W6_IDLE;
			return 1;
		}
		rc = link->state == W6_CLOSED	    ? -1
		     : link->state == W6_CONNECTING ? connected(link)
		     : link->state == W6_SHAKING    ? shake(link)
		     : link->state == W6_WRITING    ? write_some(link)
						    : read_some(link);
	}
	return rc;
}

/* ---- identities ---- */

/* One call over a connection of its own that waits. The answer is in @in. */
static int call(const struct w6_hub *hub, struct yg_bytes body, struct yg_buf *in)
{
	int fd = open_socket(hub, true);
	gnutls_session_t session;
	struct yg_buf out;
	ssize_t n = 1;

	if (fd < 0)
		w6_fail("%s:%s: no connection", hub->host, hub->port);
	session = open_session(hub, hub->trust, fd, 0);
	yg_buf_init(&out, YG_WIRE_MESSAGE_MAX);
	yg_buf_addf(&out, "POST /sensor/v1/enrol HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		    body.size);
	yg_buf_add(&out, body);
	do
		n = gnutls_handshake(session);
	while (n < 0 && !gnutls_error_is_fatal((int)n));
	if (n < 0 || gnutls_record_send(session, out.data, out.size) != (ssize_t)out.size)
		w6_fail("%s:%s: %s", hub->host, hub->port, gnutls_strerror((int)n));
	while (!w6_answer_is_whole(in) && n >= 0) {
		uint8_t *room = yg_buf_reserve(in, SHORT);

		n = room ? gnutls_record_recv(session, room, SHORT) : -1;
		if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
			n = 0;
		else if (n <= 0)
			w6_fail("enrolment: no answer");
		yg_buf_grew(in, (size_t)n);
	}
	gnutls_deinit(session);
	(void)close(fd);
	yg_buf_done(&out);
	return w6_answer_status(in);
}

static void enrol(const struct w6_hub *hub, const char *path, const char *token)
{
	struct yg_buf key, csr, body, in, mem;
	struct yg_wire_enrolled enrolled;
	struct yg_wire_fault fault;
	struct yg_wire_enrol wish = {.token = yg_bytes_str(token), .host = YG_S("w6")};
	int fd;

	yg_buf_init(&key, YG_CERT_PEM_MAX);
	yg_buf_init(&csr, YG_CERT_PEM_MAX);
	yg_buf_init(&body, YG_WIRE_MESSAGE_MAX);
	yg_buf_init(&in, YG_WIRE_MESSAGE_MAX);
	yg_buf_init(&mem, YG_WIRE_MESSAGE_MAX);
	if (yg_cert_key_new(&key) != YG_OK || yg_cert_request_new(yg_buf_bytes(&key), &csr) != YG_OK)
		w6_fail("no key");
	wish.csr = yg_buf_bytes(&csr);
	if (yg_wire_enrol_write(&wish, &body) != YG_OK)
		w6_fail("no memory");
	if (call(hub, yg_buf_bytes(&body), &in) != 201 ||
	    yg_wire_enrolled_read(w6_answer_body(&in), &mem, &enrolled, &fault) != YG_OK)
		w6_fail("enrolment was refused: %.*s", (int)w6_answer_body(&in).size, (const char *)w6_answer_body(&in).data);
	yg_buf_add(&key, enrolled.certificate);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || yg_io_write(fd, yg_buf_bytes(&key)) != YG_OK || close(fd) != 0)
		w6_fail("%s: cannot be written", path);
	yg_buf_done(&key);
	yg_buf_done(&csr);
	yg_buf_done(&body);
	yg_buf_done(&in);
	yg_buf_done(&mem);
}

/* The certificate's name is the sensor's. */
static void read_name(struct w6_link *link, const char *path)
{
	size_t size = sizeof(link->sensor);
	gnutls_x509_crt_t certificate;
	gnutls_datum_t text;

	if (gnutls_load_file(path, &text) < 0 || gnutls_x509_crt_init(&certificate) < 0 ||
	    gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM) < 0 ||
	    gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, link->sensor, &size) < 0)
		w6_fail("%s: no identity", path);
	gnutls_x509_crt_deinit(certificate);
	gnutls_free(text.data);
}

bool w6_link_identity(struct w6_link *link, struct w6_hub *hub, const char *keys, unsigned number, const char *token)
{
	char path[W6_PATH_MAX];
	bool is_new;

	(void)snprintf(path, sizeof(path), "%s/%05u.pem", keys, number);
	is_new = access(path, R_OK) != 0;
	if (is_new && !token)
		w6_fail("sensor %u has no identity, and there is no token for it", number);
	if (is_new)
		enrol(hub, path, token);
	*link = (struct w6_link){.fd = -1};
	yg_buf_init(&link->out, YG_WIRE_BATCH_MAX + 1024);
	yg_buf_init(&link->in, W6_ANSWER_MAX);
	read_name(link, path);
	if (gnutls_certificate_allocate_credentials(&link->credentials) < 0 ||
	    gnutls_certificate_set_x509_trust_file(link->credentials, hub->ca, GNUTLS_X509_FMT_PEM) < 1 ||
	    gnutls_certificate_set_x509_key_file(link->credentials, path, path, GNUTLS_X509_FMT_PEM) < 0)
		w6_fail("%s: no identity", path);
	return is_new;
}
