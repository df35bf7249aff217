/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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
		return fd == -EADDRINUSE      ? YG_EDUPLICATE
		       : fd == -EADDRNOTAVAIL ? YG_ENOENT
					      : yg_err_from_errno(-fd);
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

/* ---- which addresses are used inside houses ---- */

static const struct {
	uint8_t address[16];
	uint8_t prefix;
} internal[] = {
#define V4(a, b) 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b
	{{V4(0, 0)}, 104},     /* this network */
	{{V4(10, 0)}, 104},    /* RFC 1918 */
	{{V4(100, 64)}, 106},  /* CGNAT, RFC 6598 */
	{{V4(127, 0)}, 104},   /* loopback */
	{{V4(169, 254)}, 112}, /* link-local */
	{{V4(172, 16)}, 108},  /* RFC 1918 */
	{{V4(192, 168)}, 112}, /* RFC 1918 */
	{{V4(224, 0)}, 99},    /* multicast, reserved, broadcast */
	{{0}, 127},	       /* :: and ::1 */
	{{0xfc}, 7},	       /* ULA, RFC 4193 */
	{{0xfe, 0x80}, 9},     /* link-local, and site-local of old */
	{{0xff}, 8},	       /* multicast */
};

static bool bits_agree(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;

	return memcmp(a, b, bits / 8) == 0 &&
	       (rest == 0 || ((a[bits / 8] ^ b[bits / 8]) & (0xff00u >> rest) & 0xff) == 0);
}

bool yg_net_address_read(struct yg_bytes text, uint8_t to[16])
{
	uint8_t four[16] = {V4(0, 0)};
	char mem[YG_NET_HOST_MAX];

	if (text.size == 0 || text.size >= sizeof(mem) || yg_bytes_chr(text, 0) != SIZE_MAX)
		return false;
	memcpy(mem, text.data, text.size);
	mem[text.size] = '\0';
	if (inet_pton(AF_INET6, mem, to) == 1)
		return true;
	if (inet_pton(AF_INET, mem, four + 12) != 1)
		return false;
	memcpy(to, four, sizeof(four));
	return true;
}

static bool is_four(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

void yg_net_address_write(const uint8_t address[16], char to[YG_NET_HOST_MAX])
{
	bool as_four = is_four(address);

	if (!inet_ntop(as_four ? AF_INET : AF_INET6, as_four ? address + 12 : address, to,
		       YG_NET_HOST_MAX))
		to[0] = '\0'; /* cannot be: the room is that of the longest */
}

int yg_net_prefix_read(struct yg_bytes text, struct yg_net_prefix *ret)
{
	size_t slash = yg_bytes_chr(text, '/');
	struct yg_net_prefix prefix = {.bits = 128};
	uint64_t bits;
	unsigned more;

	if (!yg_net_address_read(yg_bytes_cut(text, 0, slash), prefix.address))
		return YG_EINVAL;
	if (slash != SIZE_MAX) {
		more = is_four(prefix.address) && yg_bytes_chr(text, ':') == SIZE_MAX ? 96 : 0;
		if (!yg_bytes_u64(yg_bytes_from(text, slash + 1), &bits) || bits > 128 - more)
			return YG_EINVAL;
		prefix.bits = (uint8_t)(bits + more);
	}
	for (unsigned i = prefix.bits; i < 128; i++)
		if (prefix.address[i / 8] >> (7 - i % 8) & 1)
			return YG_EINVAL;
	*ret = prefix;
	return YG_OK;
}

bool yg_net_prefix_has(const struct yg_net_prefix *prefix, const uint8_t address[16])
{
	return bits_agree(prefix->address, address, prefix->bits);
}

bool yg_net_is_internal(const uint8_t address[16], unsigned prefix)
{
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	uint8_t inner[16] = {V4(0, 0)};

	/* IPv4 inside NAT64 (RFC 6052) and 6to4 (RFC 3056) is judged as IPv4. */
	if (prefix == 128 && memcmp(address, nat64, 12) == 0)
		memcpy(inner + 12, address + 12, 4);
	else if (prefix == 128 && address[0] == 0x20 && address[1] == 0x02)
		memcpy(inner + 12, address + 2, 4);
	else
		memcpy(inner, address, 16);
	for (size_t i = 0; i < sizeof(internal) / sizeof(internal[0]); i++) {
		unsigned bits = prefix < internal[i].prefix ? prefix : internal[i].prefix;

		/* A mapped range of IPv4 is no part of ::/127. */
		if (bits_agree(inner, internal[i].address, bits))
			return true;
	}
	return false;
}
