/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/downlink-int.h - messages of the hub: waited for, checked, done, answered. Inside sensor/.
 */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"
#include "sensor/home.h"
#include "sensor/spool.h"

struct yg_downlink;

/* NULL without memory. */
struct yg_uplink_config;
struct yg_downlink *yg_downlink_new(const struct yg_uplink_config *config, const atomic_int *stop);
struct yg_downlink *yg_downlink_free(struct yg_downlink *down);

/* Wait for messages once. YG_OK: whatever came is answered; else: nobody there, or told to stop. */
YG_MUST_USE int yg_downlink_turn(struct yg_downlink *down);

/* From when to when the certificate in the file @path is good. */
YG_MUST_USE int yg_downlink_cert_times(const char *path, int64_t *ret_from_ns,
				       int64_t *ret_until_ns);
