/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "source/receive.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#include "base/ban.h"

#define UDP_BUFFER   (8 << 20) /* bytes the kernel may hold for us while we sync */
#define PORT_TRIES   20
#define COUNT_DIGITS 6u
#define READ_BYTES   65536u
#define SLOT_UDP     UINT32_MAX
#define SLOT_LISTEN  (UINT32_MAX - 1)

struct connection {
	int fd; /* -1: free */
	char from[YG_NET_HOST_MAX];
	struct yg_buf held; /* the beginning of a message */
	size_t at;	    /* bytes at its front that are done with */
	uint64_t skip;	    /* octets of a counted message that are passed over */
	bool is_dropping;   /* the rest of a line that was cut */
	uint64_t used;	    /* the turn in which something came last, or it was opened */
	bool has_spoken;
};

struct yg_receive {
	int epoll_fd;
	int udp_fd;
	int tcp_fd;
	struct yg_net_place place;
	struct yg_receive_state state;
	uint64_t turn; /* of reading and accepting */
	struct connection connections[YG_RECEIVE_CONNECTIONS_MAX];
	uint8_t mem[YG_RECEIVE_MESSAGE_MAX];
};

/* ---- opening ---- */

static int watch(struct yg_receive *r, int fd, uint32_t slot)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = slot};

	return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? YG_OK
								      : yg_err_from_errno(errno);
}

/* UDP where TCP is. With port 0 the one that TCP got may be taken: then another is tried. */
static int open_both(struct yg_receive *r, const struct yg_net_place *place)
{
	int rc = YG_EDUPLICATE;

	for (int i = 0; i < PORT_TRIES && rc == YG_EDUPLICATE; i++) {
		struct yg_net_place bound;

		rc = yg_net_listen(place, YG_NET_TCP, &r->tcp_fd, &r->place);
		if (rc != YG_OK)
			return rc;
		rc = yg_net_listen(&r->place, YG_NET_UDP, &r->udp_fd, &bound);
		if (rc != YG_OK) {
			(void)close(r->tcp_fd); /* nothing came yet */
			r->tcp_fd = -1;
		}
		if (place->port != 0)
			break;
	}
	return rc;
}

int yg_receive_open(const struct yg_net_place *place, struct yg_receive **ret)
{
	struct yg_receive *r = yg_calloc(1, sizeof(*r));
	const int room = UDP_BUFFER;
	int rc;

	if (!r)
		return YG_ENOMEM;
	r->udp_fd = -1;
	r->tcp_fd = -1;
	for (size_t i = 0; i < YG_RECEIVE_CONNECTIONS_MAX; i++)
		r->connections[i].fd = -1;
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rc = r->epoll_fd < 0 ? yg_err_from_errno(errno) : open_both(r, place);
	if (rc == YG_OK)
		rc = watch(r, r->udp_fd, SLOT_UDP);
	if (rc == YG_OK)
		rc = watch(r, r->tcp_fd, SLOT_LISTEN);
	if (rc != YG_OK) {
		(void)yg_receive_free(r);
		return rc;
	}
	/* As much as the kernel grants: what it drops nobody can count here. */
	(void)setsockopt(r->udp_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	*ret = r;
	return YG_OK;
}

static void disconnect(struct yg_receive *r, struct connection *c)
{
	(void)close(c->fd); /* read only: nothing to lose; epoll forgets it */
	yg_buf_done(&c->held);
	*c = (struct connection){.fd = -1};
	r->state.connected--;
}

struct yg_receive *yg_receive_free(struct yg_receive *receive)
{
	if (!receive)
		return NULL;
	for (size_t i = 0; i < YG_RECEIVE_CONNECTIONS_MAX; i++)
		if (receive->connections[i].fd >= 0)
			disconnect(receive, &receive->connections[i]);
	if (receive->udp_fd >= 0)
		(void)close(receive->udp_fd); /* read only: nothing to lose */
	if (receive->tcp_fd >= 0)
		(void)close(receive->tcp_fd); /* as above */
	if (receive->epoll_fd >= 0)
		(void)close(receive->epoll_fd); /* as above */
	free(receive);
	return NULL;
}

/* ---- framing ---- */

struct sink {
	yg_receive_fn fn;
	void *arg;
	unsigned left;
};

static int give(struct yg_receive *r, const struct connection *c, struct yg_bytes message,
		struct sink *sink)
{
	/* Some senders end a message with CR, some with NUL. */
	while (message.size > 0 &&
	       (message.data[message.size - 1] == '\r' || message.data[message.size - 1] == '\n' ||
		message.data[message.size - 1] == '\0'))
		message.size--;
	if (message.size == 0)
		return YG_OK;
	r->state.tcp++;
	if (sink->left > 0)
		sink->left--;
	return sink->fn(sink->arg, true, c->from, message);
}

/* Where a line ends: LF, or the NUL that some senders put there instead. SIZE_MAX: not yet. */
static size_t line_end(struct yg_bytes b)
{
	size_t end = yg_bytes_chr(b, '\n');
	size_t nul = yg_bytes_chr(yg_bytes_cut(b, 0, end), '\0');

	return nul == SIZE_MAX ? end : nul;
}

/* "12 " at the front: the octets that follow. 0: not counted; SIZE_MAX: not yet clear. */
static size_t counted(struct yg_bytes b, size_t *ret_head)
{
	size_t digits = 0;
	uint64_t count;

	while (digits < b.size && digits <= COUNT_DIGITS && b.data[digits] >= '0' &&
	       b.data[digits] <= '9')
		digits++;
	if (digits == 0 || b.data[0] == '0' || digits > COUNT_DIGITS)
		return 0;
	if (digits == b.size)
		return SIZE_MAX;
	if (b.data[digits] != ' ' || !yg_bytes_u64(yg_bytes_cut(b, 0, digits), &count))
		return 0;
	/* "12 May …" is a line that begins with a number: a counted message begins with "<". */
	if (digits + 1 == b.size)
		return SIZE_MAX;
	if (b.data[digits + 1] != '<')
		return 0;
	*ret_head = digits + 1;
	return (size_t)count;
}

/* Pass over what is left of a message that was cut. */
static void skip_rest(struct connection *c)
{
	struct yg_bytes b = yg_bytes_from(yg_buf_bytes(&c->held), c->at);

	if (c->skip > 0) {
		size_t size = c->skip < b.size ? (size_t)c->skip : b.size;

		c->skip -= size;
		c->at += size;
	} else if (c->is_dropping) {
		size_t end = line_end(b);

		c->is_dropping = end == SIZE_MAX;
		c->at += end == SIZE_MAX ? b.size : end + 1;
	}
}

/* A message longer than the limit: what fits of it. @size 0: a line; else counted behind @head. */
static int take_cut(struct yg_receive *r, struct connection *c, size_t head, size_t size,
		    struct sink *sink)
{
	struct yg_bytes b = yg_bytes_from(yg_buf_bytes(&c->held), c->at);
	size_t cut = size > 0 ? head + YG_RECEIVE_MESSAGE_MAX : YG_RECEIVE_MESSAGE_MAX;

	if (b.size < cut)
		return YG_EAGAIN;
	r->state.cut++;
	c->skip = size > 0 ? size - YG_RECEIVE_MESSAGE_MAX : 0;
	c->is_dropping = size == 0;
	c->at += cut;
	return give(r, c, yg_bytes_cut(b, head, cut), sink);
}

/* One message from the front of what is held. YG_EAGAIN: it is not whole yet. */
static int take_one(struct yg_receive *r, struct connection *c, struct sink *sink)
{
	struct yg_bytes b;
	size_t head = 0;
	size_t size;
	size_t end;

	skip_rest(c);
	b = yg_bytes_from(yg_buf_bytes(&c->held), c->at);
	if (b.size == 0 || c->skip > 0 || c->is_dropping)
		return YG_EAGAIN;
	size = counted(b, &head);
	if (size == SIZE_MAX)
		return YG_EAGAIN;
	end = size > 0 ? head + size : line_end(yg_bytes_cut(b, 0, YG_RECEIVE_MESSAGE_MAX));
	if (size > YG_RECEIVE_MESSAGE_MAX || (end == SIZE_MAX && b.size >= YG_RECEIVE_MESSAGE_MAX))
		return take_cut(r, c, head, size, sink);
	if (end == SIZE_MAX || end > b.size)
		return YG_EAGAIN;
	c->at += size > 0 || end == b.size ? end : end + 1;
	return give(r, c, yg_bytes_cut(b, head, end), sink);
}

/* ---- reading ---- */

static int take_all(struct yg_receive *r, struct connection *c, struct sink *sink)
{
	int rc = YG_OK;

	while (rc == YG_OK)
		rc = take_one(r, c, sink);
	yg_buf_drop(&c->held, c->at);
	c->at = 0;
	return rc == YG_EAGAIN ? YG_OK : rc;
}

/* What it held is its last message. */
static int end_connection(struct yg_receive *r, struct connection *c, struct sink *sink)
{
	int rc = c->skip > 0 || c->is_dropping ? YG_OK : give(r, c, yg_buf_bytes(&c->held), sink);

	disconnect(r, c);
	return rc;
}

static int read_connection(struct yg_receive *r, struct connection *c, struct sink *sink)
{
	uint8_t *room = yg_buf_reserve(&c->held, READ_BYTES);
	ssize_t got = room ? recv(c->fd, room, READ_BYTES, 0) : 0;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return YG_OK;
	if (got <= 0)
		return end_connection(r, c, sink);
	yg_buf_grew(&c->held, (size_t)got);
	c->used = ++r->turn;
	c->has_spoken = true;
	return take_all(r, c, sink);
}

static void name_sender(const struct sockaddr_storage *sender, char to[YG_NET_HOST_MAX])
{
	const void *at = sender->ss_family == AF_INET6
				 ? (const void *)&((const struct sockaddr_in6 *)sender)->sin6_addr
				 : (const void *)&((const struct sockaddr_in *)sender)->sin_addr;

	if (!inet_ntop(sender->ss_family, at, to, YG_NET_HOST_MAX))
		to[0] = '\0'; /* no address of the Internet */
}

/* Those that never said anything first, then those that were silent longest. */
static bool is_before(const struct connection *a, const struct connection *b)
{
	return a->has_spoken != b->has_spoken ? b->has_spoken : a->used < b->used;
}

/*
 * A free place. When there is none, a connection gives way: a sender that lost its power does not
 * say good-bye, and whoever opens many and says nothing keeps nobody out.
 */
static int make_room(struct yg_receive *r, struct sink *sink, uint32_t *ret_slot)
{
	uint32_t oldest = 0;

	for (uint32_t i = 0; i < YG_RECEIVE_CONNECTIONS_MAX; i++) {
		if (r->connections[i].fd < 0) {
			*ret_slot = i;
			return YG_OK;
		}
		if (is_before(&r->connections[i], &r->connections[oldest]))
			oldest = i;
	}
	*ret_slot = oldest;
	r->state.displaced++;
	return end_connection(r, &r->connections[oldest], sink);
}

static int accept_one(struct yg_receive *r, struct sink *sink)
{
	struct sockaddr_storage sender;
	socklen_t size = sizeof(sender);
	uint32_t slot;
	struct connection *c;
	int fd =
		accept4(r->tcp_fd, (struct sockaddr *)&sender, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int rc;

	if (fd < 0)
		return YG_OK; /* gone again */
	rc = make_room(r, sink, &slot);
	c = &r->connections[slot];
	if (rc != YG_OK || watch(r, fd, slot) != YG_OK) {
		(void)close(fd); /* nothing was read */
		return rc;
	}
	c->fd = fd;
	c->used = ++r->turn;
	yg_buf_init(&c->held, 2 * YG_RECEIVE_MESSAGE_MAX + READ_BYTES);
	name_sender(&sender, c->from);
	r->state.connected++;
	return YG_OK;
}

static int read_datagrams(struct yg_receive *r, unsigned max, struct sink *sink)
{
	for (unsigned i = 0; i < max; i++) {
		struct sockaddr_storage sender;
		socklen_t size = sizeof(sender);
		char from[YG_NET_HOST_MAX];
		ssize_t got = recvfrom(r->udp_fd, r->mem, sizeof(r->mem), MSG_TRUNC,
				       (struct sockaddr *)&sender, &size);
		struct yg_bytes message = {r->mem, (size_t)got};
		int rc;

		if (got < 0)
			return YG_OK; /* none, or an error that was told about an earlier answer */
		if (message.size > sizeof(r->mem)) {
			r->state.cut++;
			message.size = sizeof(r->mem);
		}
		while (message.size > 0 && (message.data[message.size - 1] == '\n' ||
					    message.data[message.size - 1] == '\r' ||
					    message.data[message.size - 1] == '\0'))
			message.size--;
		if (message.size == 0)
			continue;
		r->state.udp++;
		name_sender(&sender, from);
		rc = sink->fn(sink->arg, false, from, message);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

int yg_receive_read(struct yg_receive *receive, unsigned messages_max, yg_receive_fn fn, void *arg)
{
	struct epoll_event events[YG_RECEIVE_CONNECTIONS_MAX + 2];
	struct sink sink = {fn, arg, messages_max};
	int count =
		epoll_wait(receive->epoll_fd, events, (int)(sizeof(events) / sizeof(events[0])), 0);
	int rc = YG_OK;

	for (int i = 0; i < count && rc == YG_OK; i++) {
		uint32_t slot = events[i].data.u32;

		if (slot == SLOT_UDP)
			rc = read_datagrams(receive, messages_max, &sink);
		else if (slot == SLOT_LISTEN)
			rc = accept_one(receive, &sink);
		else if (sink.left > 0 && receive->connections[slot].fd >= 0)
			rc = read_connection(receive, &receive->connections[slot], &sink);
	}
	return rc;
}

int yg_receive_finish(struct yg_receive *receive, yg_receive_fn fn, void *arg)
{
	struct sink sink = {fn, arg, UINT32_MAX};
	int rc = YG_OK;

	for (size_t i = 0; i < YG_RECEIVE_CONNECTIONS_MAX && rc == YG_OK; i++) {
		struct connection *c = &receive->connections[i];

		if (c->fd >= 0)
			rc = end_connection(receive, c, &sink);
	}
	return rc;
}

struct yg_net_place yg_receive_place(const struct yg_receive *receive)
{
	return receive->place;
}

int yg_receive_fd(const struct yg_receive *receive)
{
	return receive->epoll_fd;
}

struct yg_receive_state yg_receive_state(const struct yg_receive *receive)
{
	return receive->state;
}
