/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/access_parts.h - the plain line of an access log, cut at what differs from line to line.
 *
 *   192.0.2.7 - - [22/Dec/2016:16:30:52 +0300] "GET / HTTP/1.1" 200 1234 "-" "Mozilla/5.0"
 *   |client |before|time               |middle                     |size|after
 *
 * Two lines whose before, middle and after are the same differ in client, time and size only: all
 * that yg_access_read() makes of the rest is the same in both. That holds because a client is an
 * address to that reader too (yg_web_is_address()), a time has its fixed form and a size is digits:
 * none of its decisions depends on which address, time and digits they are. Lines of any other form
 * are not cut; they lose nothing but time.
 *
 * Layer: parse. Pure.
 * Tests: tests/unit/parse/test_access_parts.c, tests/e2e/repeats.py
 */
#pragma once

#include "base/bytes.h"
#include "base/clock.h"

#define YG_ACCESS_CLIENT_MAX 45u /* bytes: the longest IPv6 address */
#define YG_ACCESS_BEFORE_MAX 96u /* ident, user and what is around them */
#define YG_ACCESS_SIZE_MAX   15u /* digits */
#define YG_ACCESS_TIME_SIZE  20u /* without zone */

struct yg_access_parts {
	struct yg_bytes client; /* IPv4: digits and dots; IPv6: hex digits, colons, dots */
	struct yg_bytes before; /* begins with " - ", ends with "[" */
	struct yg_bytes time;	/* "22/Dec/2016:16:30:52", of YG_ACCESS_TIME_SIZE bytes */
	struct yg_bytes middle; /* from the space before the zone to the one before the size */
	struct yg_bytes size;
	struct yg_bytes after; /* empty, or begins with a space and a quote */
	uint64_t client_key;   /* IPv4: the client's bytes, four bits of each, and their number:
				  no two clients have the same; else 0 */
};

/* False: not of this form. Texts of @ret lie in @record. Cost: two looks for a quote. */
bool yg_access_part(struct yg_bytes record, struct yg_access_parts *ret);

/* The minute that was read last. Starts as zeros. */
struct yg_access_minute {
	uint8_t text[YG_ACCESS_TIME_SIZE + 7]; /* "22/Dec/2016:16:30:.. +0300" */
	int64_t time_ns;
};

/* The instant of such a line; false: there is no such time. */
bool yg_access_instant(struct yg_access_minute *minute, const struct yg_access_parts *parts,
		       int64_t *ret_ns);
