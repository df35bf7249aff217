/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/gateway.h - firewalls and VPN gateways that write structured data of their own into the
 * system log: Juniper (Junos) and Check Point.
 *
 * Juniper writes "[junos@2636.1.1.1.2.135 source-address="…" …]" as RFC 5424 has it, with what
 * happened as the message's name; Check Point "[action:"Drop"; src:"…"; …]". Params keep their
 * names, without the id of the element. user, src_ip, dst_ip, ports, action and auth_result come
 * to them where the log is about them. Events of YG_FORMAT_KEYVALUE: rules of the category
 * firewall look at them.
 *
 * Layer:  parse. Input untrusted; linear.
 * Source: Juniper "System Log Explorer"; Check Point "Logs Fields" of the Log Exporter.
 * Tests:  tests/unit/parse/test_syslog.c, tests/sources/made/{juniper,checkpoint}.log,
 *         tests/fuzz/fuzz_parse_syslog.c
 */
#pragma once

#include "model/event.h"

/* Does structured data of such a device begin @data? */
bool yg_gateway_fits(struct yg_bytes data);

/*
 * Where such data begins in a message that carries it behind a header of its own, as relays make
 * of it: "<time> <host> RT_FLOW - RT_FLOW_SESSION_DENY [junos@… …]"; *ret_name is the word before.
 * SIZE_MAX: nowhere.
 */
size_t yg_gateway_find(struct yg_bytes message, struct yg_bytes *ret_name);

/*
 * The fields of @data, whose size yg_structured_size() gave; @name: the message's name (Juniper).
 * @event becomes one of YG_FORMAT_KEYVALUE. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_gateway_add(struct yg_event *event, struct yg_bytes data, struct yg_bytes name);
