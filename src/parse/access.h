/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/access.h - access logs of web servers in their usual forms, without being told which.
 *
 *   [vhost[:port]] client ident user [time] "request" status bytes ["referer" ["agent"]] …
 *   [time] host client … "request" status bytes …
 *   [time] … status - method scheme host "target" [Client address] … "agent" "referer"
 *
 * Client, referer and user agent may be missing; what follows is kept as `extra` (the nginx
 * default's last field as x-forwarded-for). The third form is that of nginx proxy manager. Lines
 * that a spreadsheet put into quotes, inner quotes doubled or not, and lines with the stamp of a
 * container runtime in front are read too. The request may be anything a client can send: garbage,
 * quotes, spaces, no protocol. A field written as "-" was empty, and is left out.
 *
 * Layer:  parse. Pure.
 * Source: Apache HTTP Server 2.4 mod_log_config "Common Log Format"; nginx
 *         ngx_http_log_module "combined"; docs/access-log.md says what each field holds.
 * Tests:  tests/unit/parse/test_access.c, tests/fuzz/fuzz_parse_access.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_access_fits(struct yg_bytes record);
yg_read_fn yg_access_read;
