/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/error_log.h - error logs of Apache and nginx.
 *
 *   [Thu Sep 30 13:27:06.009964 2021] [core:error] [pid 25:tid 14] [client 192.0.2.7:377] text
 *   2021/09/30 09:23:53 [error] 1925#1925: *17 text, client: 192.0.2.7, server: _, request: "…"
 *
 * Fields: level, module, pid, tid, src_ip, src_port, message; of nginx's list after the message
 * cs-method, cs-uri, cs-version, cs-host, cs-referer, server, upstream, user, others by their
 * name. The channel is "apache" or "nginx". Times carry no zone.
 *
 * A client can write ", client: 192.0.2.1" into a path. nginx puts its own list after the path
 * it quotes, and clients cannot send a space in a request line: so the last such mark counts.
 *
 * Layer:  parse. Pure.
 * Source: Apache HTTP Server 2.4 core "ErrorLogFormat" (default, and the form of 2.2);
 *         nginx src/core/ngx_log.c, src/http/ngx_http_request.c (what is written, not the code).
 * Tests:  tests/unit/parse/test_error_log.c, tests/fuzz/fuzz_parse_error_log.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_apache_error_fits(struct yg_bytes record);
yg_read_fn yg_apache_error_read;

bool yg_nginx_error_fits(struct yg_bytes record);
yg_read_fn yg_nginx_error_read;
