/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/cef.h - Common Event Format: CEF:0|vendor|product|version|id|name|severity|key=value …
 *
 * Fields: cef_version, vendor, product, version, signature_id, name, cef_severity, and the keys
 * of the extension under their own names (values run up to the next " key="; \= \\ \n are
 * undone). Derived: src_ip, dst_ip, ports, user, action. A line that lost "CEF:" is read too.
 *
 * Layer:  parse. Input untrusted. Pure.
 * Source: "ArcSight Common Event Format" rev. 25; lines of UniFi consoles.
 * Tests:  tests/unit/parse/test_sources.c, tests/fuzz/fuzz_parse_cef.c
 */
#pragma once

#include "parse/format-int.h"

bool yg_cef_fits(struct yg_bytes record);
yg_read_fn yg_cef_read;
YG_MUST_USE int yg_cef_finish(struct yg_event *event);
