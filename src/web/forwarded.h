/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web/forwarded.h - who stands behind a proxy that is trusted: X-Forwarded-For, or Forwarded.
 *
 * Each proxy adds at the right end the address that it saw. So the list is read from the right, and
 * no further than the first address that is no trusted proxy's: what stands left of it was written
 * by somebody of whom nothing is known. One field alone is believed, the one that the operator
 * named: a proxy that writes the one hands on the other as a client made it up.
 *
 * Layer:   web. Pure: no I/O, no globals; safe in any thread.
 * Input:   untrusted bytes. YG_WEB_HOPS_MAX hops are looked at, of the last YG_WEB_HOP_LINES field
 *          lines; whatever is no address ends the list there.
 * Source:  RFC 7239 (Forwarded), sec. 4, 6 and 8.1; X-Forwarded-For as proxies write it.
 * Tests:   tests/unit/web/test_forwarded.c, tests/fuzz/fuzz_web.c,
 *          tests/e2e/hub_proxy.py
 */
#pragma once

#include "base/net.h"

#define YG_WEB_HOPS_MAX	   32u /* of all lines together */
#define YG_WEB_HOP_LINES   8u  /* of the field; earlier ones are not looked at */
#define YG_WEB_PROXIES_MAX 16u

enum yg_web_hops {
	YG_WEB_HOPS_X,	      /* X-Forwarded-For: "ADDRESS, ADDRESS" */
	YG_WEB_HOPS_RFC_7239, /* Forwarded: for=ADDRESS;proto=https, for="[ADDRESS]:PORT" */
};

struct yg_web_proxies {
	struct yg_net_prefix trusted[YG_WEB_PROXIES_MAX];
	uint32_t count; /* 0: nobody is believed */
	enum yg_web_hops field;
};

/* Lines of the field as they came, the last ones of many. */
struct yg_web_hop_lines {
	struct yg_bytes lines[YG_WEB_HOP_LINES]; /* the newest at (count - 1) % YG_WEB_HOP_LINES */
	uint32_t count;
};
void yg_web_hop_lines_add(struct yg_web_hop_lines *to, struct yg_bytes line);

/* Is this the address of a trusted proxy? @address as text; one that is none is not. */
bool yg_web_is_proxy(const struct yg_web_proxies *proxies, struct yg_bytes address);

/*
 * Who asks, when the connection comes from @peer (text): @peer itself where it is not trusted or
 * says nothing that can be used; else the first from the right that is no trusted proxy; where all
 * are, the one furthest left that was looked at. Cost: O(bytes of the lines).
 */
void yg_web_forwarded_for(const struct yg_web_proxies *proxies, struct yg_bytes peer,
			  const struct yg_web_hop_lines *lines, char to[YG_NET_HOST_MAX]);
