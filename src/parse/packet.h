/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/packet.h - packet filters that write one line for each packet: Linux netfilter (iptables,
 * nftables, UFW, UniFi) and pf as pfSense and OPNsense write it (filterlog).
 *
 * netfilter: words before IN= are kept as `prefix`, KEY=value under its own name, words without
 * a value (SYN, DF) as `flags`. Derived: src_ip, dst_ip, src_port, dst_port, and action (accept,
 * deny) where the prefix says it.
 * filterlog: rule, interface, reason, action, direction, ip_version, proto, src_ip, dst_ip,
 * src_port, dst_port, tcp_flags.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: Linux nf_log_syslog; pfSense documentation "Raw Filter Log Format".
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_packet.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_netfilter_fits(struct yg_bytes record);
yg_read_fn yg_netfilter_read;
YG_MUST_USE int yg_netfilter_finish(struct yg_event *event);

bool yg_filterlog_fits(struct yg_bytes record);
yg_read_fn yg_filterlog_read;
YG_MUST_USE int yg_filterlog_finish(struct yg_event *event);
