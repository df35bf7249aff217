/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

#include "base/ban.h"

#define BACKLOG 1024

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool to_address(const struct yg_net_place *place, union address *ret, socklen_t *ret_size)
{
	memset(ret, 0, sizeof(*ret));
	if (place->host[0] == '\0' || inet_pton(AF_INET, place->host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(place->port);
		*ret_size = sizeof(ret->v4);
		return true;
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(place->port);
	*ret_size = sizeof(ret->v6);
	return inet_pton(AF_INET6, place->host, &ret->v6.sin6_addr) == 1;
}

static void from_address(const union address *address, struct yg_net_place *ret)
{
	const void *at = address->any.sa_family == AF_INET6 ? (const void *)&address->v6.sin6_addr
							    : (const void *)&address->v4.sin_addr;

	if (!inet_ntop(address->any.sa_family, at, ret->host, sizeof(ret->host)))
		ret->host[0] = '\0'; /* cannot be: the room is that of the longest */
	ret->port = ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port
							     : address->v4.sin_port);
}

int yg_net_read(const char *text, struct yg_net_place *ret)
{
	struct yg_bytes all = yg_bytes_str(text);
	const char *colon = strrchr(text, ':');
	struct yg_bytes host = yg_bytes_cut(all, 0, colon ? (size_t)(colon - text) : 0);
	struct yg_bytes port = colon ? yg_bytes_str(colon + 1) : all;
	struct yg_net_place place = {0};
	union address address;
	socklen_t size;
	uint64_t number;

	if (!yg_bytes_u64(port, &number) || number > UINT16_MAX)
		return YG_EINVAL;
	if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
		host = yg_bytes_cut(host, 1, host.size - 1);
	else if (yg_bytes_chr(host, ':') != SIZE_MAX)
		return YG_EINVAL; /* where does the address end? */
	if (yg_bytes_eq(host, YG_S("localhost")))
		host = YG_S("127.0.0.1");
	if (host.size >= sizeof(place.host))
		return YG_EINVAL;
	if (host.size > 0)
		memcpy(place.host, host.data, host.size);
	place.port = (uint16_t)number;
	if (!to_address(&place, &address, &size))
		return YG_EINVAL;
	*ret = place;
	return YG_OK;
}

bool yg_net_is_loopback(const struct yg_net_place *place)
{
	union address address;
	socklen_t size;

	if (place->host[0] == '\0' || !to_address(place, &address, &size))
		return false;
	if (address.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
	return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
}

static int open_socket(const union address *address, socklen_t size, enum yg_net_kind kind)
{
	const int on = 1;
	int fd = socket(
		address->any.sa_family,
		(kind == YG_NET_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	/* Without it a TCP port that was just left stays closed for minutes. */
	if ((kind == YG_NET_TCP &&
	     setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) ||
	    (address->any.sa_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(fd, &address->any, size) != 0 ||
	    (kind == YG_NET_TCP && listen(fd, BACKLOG) != 0)) {
		error = errno;
		(void)close(fd); /* nothing was sent */
		return -error;
	}
	return fd;
}

int yg_net_listen(const struct yg_net_place *place, enum yg_net_kind kind, int *ret_fd,
		  struct yg_net_place *ret_bound)
{
	union address address;
	socklen_t size = 0;
	int fd;

	if (!to_address(place, &address, &size))
		return YG_EINVAL;
	fd = open_socket(&address, size, kind);
	if (fd < 0)
		return fd == -EADDRINUSE ? YG_EDUPLICATE : yg_err_from_errno(-fd);
	size = sizeof(address);
	if (getsockname(fd, &address.any, &size) != 0) {
		int rc = yg_err_from_errno(errno);

		(void)close(fd); /* nothing was sent */
		return rc;
	}
	from_address(&address, ret_bound);
	*ret_fd = fd;
	return YG_OK;
}

void yg_net_write(const struct yg_net_place *place, char to[YG_NET_TEXT_MAX])
{
	const char *host = place->host[0] ? place->host : "0.0.0.0";

	(void)snprintf(to, YG_NET_TEXT_MAX, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
		       (unsigned)place->port); /* room for the longest */
}
