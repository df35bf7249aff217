/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/net.h - sockets to listen at, from the ADDR:PORT that a person writes; which addresses are
 * used inside houses.
 *
 * "127.0.0.1:8080", "[::1]:514", ":514" and "514" (every address), "localhost:0"; port 0: a free
 * one. No names are looked up but localhost. Thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

#define YG_NET_TEXT_MAX 64u /* room for "[address]:port", NUL included */
#define YG_NET_HOST_MAX 48u /* room for the address alone */

enum yg_net_kind {
	YG_NET_TCP,
	YG_NET_UDP,
};

struct yg_net_place {
	char host[YG_NET_HOST_MAX]; /* without brackets; "" = every address */
	uint16_t port;
};

/* YG_OK or YG_EINVAL: not of that form. */
YG_MUST_USE int yg_net_read(const char *text, struct yg_net_place *ret);

/* Is it an address of this machine alone (127.0.0.0/8, ::1)? */
bool yg_net_is_loopback(const struct yg_net_place *place);

/*
 * A non-blocking socket that listens (TCP) or receives (UDP) at @place, close-on-exec; *ret_fd is
 * owned by the caller, *ret_bound is where it is, with the port that was taken. YG_OK, YG_EINVAL,
 * YG_EDUPLICATE (the port is taken), YG_ENOENT (no address of this machine), YG_EACCES, or another
 * system error.
 */
YG_MUST_USE int yg_net_listen(const struct yg_net_place *place, enum yg_net_kind kind, int *ret_fd,
			      struct yg_net_place *ret_bound);

/* "127.0.0.1:80", "[::1]:80"; every address is written 0.0.0.0. */
void yg_net_write(const struct yg_net_place *place, char to[YG_NET_TEXT_MAX]);

/* One address, or all that begin as it does. IPv4 is mapped into IPv6 (::ffff:0:0/96). */
struct yg_net_prefix {
	uint8_t address[16];
	uint8_t bits;
};

/* "192.0.2.1", "2001:db8::1" (no brackets, port or zone); IPv4 mapped. False: no address. */
bool yg_net_address_read(struct yg_bytes text, uint8_t to[16]);
/* "192.0.2.1", "2001:db8::1": the one form of each. */
void yg_net_address_write(const uint8_t address[16], char to[YG_NET_HOST_MAX]);
/*
 * "192.0.2.1", "10.0.0.0/8", "2001:db8::/32". YG_OK; YG_EINVAL: not of that form, also when bits
 * are set behind the prefix (10.0.0.1/8), of which nobody can say what is meant.
 */
YG_MUST_USE int yg_net_prefix_read(struct yg_bytes text, struct yg_net_prefix *ret);
bool yg_net_prefix_has(const struct yg_net_prefix *prefix, const uint8_t address[16]);

/*
 * Does @prefix bits of @address (IPv6; IPv4 mapped, with 96 bits more) touch what is used inside
 * houses and not on the Internet: RFC 1918, CGNAT (RFC 6598), link-local, ULA (RFC 4193), loopback,
 * multicast, reserved? An IPv4 address within NAT64 (RFC 6052) and 6to4 (RFC 3056) is judged
 * itself. Documentation ranges are not among them.
 */
bool yg_net_is_internal(const uint8_t address[16], unsigned prefix);
