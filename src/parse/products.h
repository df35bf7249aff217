/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/products.h - JSON of products that is told by its keys: Suricata EVE, AWS CloudTrail,
 * Zeek, and laurel, which writes the Linux audit log as JSON. Fields keep the names of the product,
 * nested ones with dots; unknown ones pass.
 *
 * Suricata: derived src_ip, dst_ip, ports, query, record_type, action (alert.action).
 * CloudTrail: derived src_ip, user. Zeek: parse/columns.h. laurel: what SYSCALL and EXECVE hold
 * gets the names of the audit log itself, so that its rules look.
 *
 * Layer:  parse; private to it. Pure.
 * Source: Suricata 7 "EVE JSON Format"; AWS "CloudTrail record contents" 1.08; Zeek 5 JSON writer.
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_json.c
 */
#pragma once

#include "parse/format-int.h"

/* Which product wrote the fields; YG_FORMAT_UNKNOWN: none of these. Cost: O(fields). */
enum yg_format yg_product_of(struct yg_event *event);

YG_MUST_USE int yg_suricata_finish(struct yg_event *event);
YG_MUST_USE int yg_cloudtrail_finish(struct yg_event *event);

/* The fields of an audit log, from an object of laurel; its time is in the ID. */
YG_MUST_USE int yg_laurel_add(struct yg_parser_int *ctx, struct yg_event *event);
