/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/paloalto.h - syslog lines of Palo Alto Networks firewalls (PAN-OS), comma-separated.
 *
 *   1,2023/07/06 08:11:40,serial,THREAT,vulnerability,2561,2023/07/06 08:11:40,source,…
 *
 * Fields: type, subtype, serial for every kind. TRAFFIC and THREAT: src_ip, dst_ip, nat_src_ip,
 * nat_dst_ip, rule, user, dst_user, app, vsys, from_zone, to_zone, session, src_port, dst_port,
 * proto, action; TRAFFIC: bytes, bytes_sent, bytes_received, session_end_reason; THREAT: misc,
 * threat, category, threat_severity, direction. GLOBALPROTECT: event, stage, auth_method, user,
 * machine, src_ip, reason, status, auth_result. SYSTEM and CONFIG: their text as message.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: PAN-OS 10.1 Administrator's Guide, "Syslog Field Descriptions"; THREAT lines of a
 *         device, the other types from the manual (docs/sources.md).
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_paloalto.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_paloalto_fits(struct yg_bytes record);
yg_read_fn yg_paloalto_read;
YG_MUST_USE int yg_paloalto_finish(struct yg_event *event);
