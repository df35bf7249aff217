/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/fortigate.h - firewall and VPN logs of the form key=value: FortiGate's, and others'.
 *
 * FortiGate: date=… time=… devname="…" logid="…" type="…" … ; others: at least
 * YG_PAIRS_MIN pairs. Values may stand in quotes; pairs are divided by spaces or commas.
 * Keys stay as written; src_ip, dst_ip, ports and auth_result are derived from them.
 *
 * Layer:  parse. Input untrusted.
 * Source: Fortinet "FortiOS Log Message Reference".
 * Tests:  tests/unit/parse/test_fortigate.c, tests/fuzz/fuzz_parse_fortigate.c
 */
#pragma once

#include "parse/format-int.h"

#define YG_PAIRS_MIN 4u

bool yg_fortigate_fits(struct yg_bytes record);
bool yg_keyvalue_fits(struct yg_bytes record);
yg_read_fn yg_fortigate_read;
yg_read_fn yg_keyvalue_read;

/* What follows from the fields alone. Also for events read from the record form. */
YG_MUST_USE int yg_fortigate_finish(struct yg_event *event);
YG_MUST_USE int yg_keyvalue_finish(struct yg_event *event);

/* For other devices' readers: bytes of a key that '=' follows at the start of @b, or 0. */
size_t yg_pair_key(struct yg_bytes b);

/* Derive src_ip, dst_ip, their ports and auth_result from whatever names devices give them. */
YG_MUST_USE int yg_device_derive(struct yg_event *event);
/* Derive user likewise. */
YG_MUST_USE int yg_device_user(struct yg_event *event);
/* Set the time from the first of the usual fields that holds one. */
void yg_device_time(struct yg_parser_int *ctx, struct yg_event *event);
