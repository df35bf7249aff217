/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/openvpn.h - log of an OpenVPN server, own file or inside a system log.
 *
 *   2024-12-15 14:11:27 [us=N] [name/]192.0.2.1:52234[/name] message
 *   Sun Dec 15 14:11:27 2024 …                                      before version 2.5
 *
 * Fields: src_ip, src_port, user (the common name), message, auth_result (accepted, failed).
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: OpenVPN 2.6 log messages; lines of a server.
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_openvpn.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_openvpn_fits(struct yg_bytes record);
yg_read_fn yg_openvpn_read;
YG_MUST_USE int yg_openvpn_finish(struct yg_event *event);

/* The same for @message of the system log: YG_OK, YG_EMISMATCH (nothing was added), YG_ENOMEM. */
YG_MUST_USE int yg_openvpn_message(struct yg_event *event, struct yg_bytes program,
				   struct yg_bytes message);
