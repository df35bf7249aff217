/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/json.h - records that are a JSON object: Windows events, ECS, web access logs, others.
 *
 * Nested objects become fields with dotted names, a list gives its field several times, null is
 * a field without text, an empty object or list gives no field. Of two equal keys both values
 * are kept. What the object is, is told from its keys: also an entry of the systemd journal, which
 * becomes a line of a system log, and a line that a container engine has wrapped.
 *
 * Layer:   parse. Input untrusted: any bytes end in an event or in a fault with a position.
 * Tests:   tests/unit/parse/test_json.c, tests/fuzz/fuzz_parse_json.c
 */
#pragma once

#include "parse/format-int.h"

/* A reader (format-int.h). event->format becomes WINDOWS, ECS, NGINX_JSON, DESCRIBED or JSON. */
YG_MUST_USE int yg_json_read(struct yg_parser_int *ctx, struct yg_bytes record,
			     struct yg_event *event, struct yg_fault *reterr);

/* The same for an object that stood inside another record: nothing is looked for inside of it. */
YG_MUST_USE int yg_json_read_inner(struct yg_parser_int *ctx, struct yg_bytes record,
				   struct yg_event *event, struct yg_fault *reterr);

/* The same where a description (parse/described.h) has to know the object; else YG_EMISMATCH. */
YG_MUST_USE int yg_json_read_described(struct yg_parser_int *ctx, struct yg_bytes record,
				       struct yg_event *event, struct yg_fault *reterr);
