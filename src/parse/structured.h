/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/structured.h - structured data of the system log: [id name="value" …][id …].
 *
 * Every param becomes the field id.name. Escapes (\" \\ \]) are undone.
 *
 * Layer:  parse. Input untrusted.
 * Source: RFC 5424 sec. 6.3.
 * Tests:  tests/unit/parse/test_syslog.c, tests/fuzz/fuzz_parse_syslog.c
 */
#pragma once

#include "model/event.h"

/* Bytes of the elements at the start of @b (0: there is none), SIZE_MAX when one is not closed. */
size_t yg_structured_size(struct yg_bytes b);

/* The params of @b, whose size yg_structured_size() gave, as fields. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_structured_add(struct yg_event *event, struct yg_bytes b);
