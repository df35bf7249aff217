/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/dns.h - query logs of name servers: dnsmasq, Unbound, BIND.
 *
 *   dnsmasq   [serial client/port] query[TYPE] NAME from CLIENT; SOURCE NAME is ANSWER;
 *             forwarded NAME to SERVER                               (inside a system log)
 *   unbound   CLIENT NAME TYPE CLASS [RCODE seconds cached bytes]     (system log, or own time)
 *   named     client [@0x…] CLIENT#port (NAME): query: NAME CLASS TYPE flags (SERVER); also
 *             queries refused and failed, transfers refused           (system log, or own time)
 *
 * Fields: src_ip, src_port, query (without the last dot), record_type, answer, rcode, action
 * ("denied"), server, answer_source, flags, message. Lines about anything else are system log.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: dnsmasq 2.90 --log-queries; Unbound 1.17 log-queries, log-replies; BIND 9.18 ARM,
 *         "The category phrase", queries and security; lines of Debian's packages.
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_dns.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_dns_fits(struct yg_bytes record);
yg_read_fn yg_dns_read;
YG_MUST_USE int yg_dns_finish(struct yg_event *event);

/*
 * Read @message of @program, which stood in a system log. YG_OK; YG_EMISMATCH: it is not about a
 * query (nothing was added); YG_ENOMEM.
 */
YG_MUST_USE int yg_dns_message(struct yg_event *event, struct yg_bytes program,
			       struct yg_bytes message);
