/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/haproxy.h - log of the load balancer HAProxy: its HTTP, TCP and error lines.
 *
 *   client:port [time] frontend backend/server times status bytes … "request"     httplog
 *   client:port [time] frontend backend/server times bytes state …                tcplog
 *   client:port [time] frontend/bind: message                                     errors
 *
 * Fields: c-ip, src_port, frontend, backend, server, timers, time-taken, sc-status, sc-bytes,
 * termination_state, connections, queues, request_headers and response_headers (what was
 * captured, in braces), cs-method, cs-uri, cs-version; message of error lines. "~" behind the
 * frontend's name, which says TLS, is taken off and kept as `tls`. Derived: those of parse/web.h.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: HAProxy 2.6 Configuration Manual, sec. 8.2; lines of Debian's haproxy.
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_haproxy.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_haproxy_fits(struct yg_bytes record);
yg_read_fn yg_haproxy_read;
YG_MUST_USE int yg_haproxy_finish(struct yg_event *event);
