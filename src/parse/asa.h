/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/asa.h - syslog messages of Cisco ASA and Firepower: "%ASA-4-106023: Deny tcp src …".
 *
 * Fields: level, message_id, message for every message; for those about connections and
 * sign-ins also src_ip, src_port, dst_ip, dst_port, proto, action (accept, deny), user, group,
 * auth_result (accepted, failed).
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: "Cisco Secure Firewall ASA Series Syslog Messages". From the manual, not tried on a
 *         device: docs/sources.md.
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_asa.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_asa_fits(struct yg_bytes record);
yg_read_fn yg_asa_read;
YG_MUST_USE int yg_asa_finish(struct yg_event *event);
