/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/squid.h - access log of the proxy Squid, in its native form.
 *
 *   time elapsed client result/status bytes method URL user hierarchy/peer type
 *
 * Fields: c-ip, action (the result: TCP_MISS, TCP_DENIED …), sc-status, sc-bytes, cs-method,
 * cs-uri, cs-username, time-taken, hierarchy, content-type; dst_ip, or r-dns where the peer is
 * written by name. Derived: those of web requests (parse/web.h), src_ip, c-uri, cs-host,
 * c-uri-query and c-uri-extension, as rules for proxies call them.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: Squid 5.7 `logformat squid`; lines of Debian's squid (tests/pack/real/network).
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_squid.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_squid_fits(struct yg_bytes record);
yg_read_fn yg_squid_read;

/* What follows from the fields alone. Also for events read from the record form. */
YG_MUST_USE int yg_squid_finish(struct yg_event *event);
