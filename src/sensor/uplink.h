/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/uplink.h - what goes to the hub and what comes from it, beside the collecting.
 *
 * Two threads: one sends batches, drop records and heartbeats, one waits for messages. Neither
 * holds up collecting: what cannot be sent waits in the spool.
 *
 * Layer:   sensor. yg_uplink_… functions may be called from the collecting thread.
 * Clock:   a parameter.
 */
#pragma once

#include "base/clock.h"
#include "sensor/home.h"
#include "sensor/policy.h"
#include "sensor/spool.h"

#define YG_UPLINK_HEARTBEAT_S  30
#define YG_UPLINK_RETRY_MS_MIN 500u
#define YG_UPLINK_RETRY_MS_MAX 60000u
#define YG_UPLINK_REFUSED_MS   60000u /* not welcome: ask again, but not often */
#define YG_UPLINK_WAIT_S       50u    /* for messages */

struct yg_uplink;

struct yg_uplink_config {
	struct yg_home *home;
	struct yg_spool *spool;
	struct yg_sensor_policy *policy; /* NULL: none is told, no wish is taken */
	struct yg_clock clock;
	const char *version;
	/* Something a person should know; called from any of the threads. */
	void (*say)(void *arg, const char *what, const char *detail);
	void *arg;
};

/* YG_OK, YG_ENOMEM or a system error. Signals are blocked in its threads when they are here. */
YG_MUST_USE int yg_uplink_start(const struct yg_uplink_config *config, struct yg_uplink **ret);

/* End the threads; what waits is sent for at most @grace_ms. NULL is allowed; returns NULL. */
struct yg_uplink *yg_uplink_stop(struct yg_uplink *uplink, unsigned grace_ms);

/* There is a new batch in the spool. */
void yg_uplink_wake(struct yg_uplink *uplink);

/* How the sources fare, for the next heartbeat. Copied; at most YG_WIRE_SOURCES_MAX. */
void yg_uplink_sources(struct yg_uplink *uplink, const struct yg_wire_source *sources,
		       uint32_t count);

/* What the local archive holds, for the next heartbeat. Copied. */
void yg_uplink_range(struct yg_uplink *uplink, const struct yg_wire_range *range);

/* What local detection tells (struct yg_wire_heartbeat), for the next heartbeat. Copied. */
void yg_uplink_detection(struct yg_uplink *uplink, const char told[YG_WIRE_DETECTION_MAX + 1]);

/*
 * How long to wait after the @failures-th failure in a row: doubling, between half and all of it by
 * chance (@chance: any number), so that a thousand sensors do not come back at once.
 */
unsigned yg_uplink_backoff_ms(unsigned failures, uint32_t chance);
