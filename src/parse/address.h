/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/address.h - internet addresses as logs write them.
 *
 * Layer: parse. Pure, thread-safe. Source: RFC 4291 sec. 2.2 (text forms), RFC 5952.
 */
#pragma once

#include "base/bytes.h"

/*
 * Is @text an IPv4 or IPv6 address, also with a port ("192.0.2.1:80", "[2001:db8::1]:80"), in
 * brackets, with a zone ("fe80::1%eth0"), mapped ("::ffff:192.0.2.1"), or the first of a list
 * divided by commas? *ret_address: the address alone, inside @text (a mapped one as IPv4);
 * *ret_port: its port, or an empty run. Both may be NULL. Cost: O(address).
 */
bool yg_address_in(struct yg_bytes text, struct yg_bytes *ret_address, struct yg_bytes *ret_port);

/*
 * The address at the start of @text, whatever follows it: its size with brackets and zone, or 0.
 * *ret_address as above. Of "192.0.2.1:80" the port is not part, of "from 192.0.2.1." the dot.
 * Cost: O(address), at most YG_ADDRESS_BYTES_MAX bytes are looked at.
 */
#define YG_ADDRESS_BYTES_MAX 80u
size_t yg_address_at(struct yg_bytes text, struct yg_bytes *ret_address);

/* Is @address (from yg_address_in) that of another machine: not loopback, not "any"? */
bool yg_address_is_remote(struct yg_bytes address);
