/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/house.h - what the sensor does inside the member's house, beside following logs:
 * inventory, drop folder, local archive, counts of what the sources deliver. One door for the
 * collecting loop.
 *
 *   read ──► records into the batch          (inventory, drop folder)
 *   before ──► what was read, unmasked, on the disk under the number of this commit
 *   checkpoint ──► "house":{…} beside the sources' own
 *   after ──► the commit stands: archive, files of the drop folder, state
 *
 * Layer: sensor. The collecting thread.
 */
#pragma once

#include "base/clock.h"
#include "sensor/commands.h"
#include "sensor/home.h"
#include "sensor/policy.h"

struct yg_house;

struct yg_house_config {
	const struct yg_sensor_options *options;
	const struct yg_home *home;
	const struct yg_zone *zone;
	struct yg_clock clock;
	struct yg_bytes checkpoint;			/* of the last commit */
	struct yg_sensor_policy *policy;		/* local detection; NULL: none */
	const struct yg_lines_filter *filter;		/* what may leave; or NULL */
	const struct yg_lines_filter *inventory_filter; /* the same for the inventory: no log */
};
/* YG_OK, or an error that was said. */
/* @collect outlives it: what goes into it passes here first. */
YG_MUST_USE int yg_house_open(const struct yg_house_config *config, struct yg_collect *collect,
			      struct yg_house **ret);
struct yg_house *yg_house_close(struct yg_house *house);

/* *ret_more is set when there is more at once. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_house_read(struct yg_house *house, int64_t now_ns, struct yg_collect *collect,
			      bool *ret_more);
/* Around a commit. @checkpoint: an object "{…}", which gets a member more. before: findings go to
 * the batch; YG_OK, or an error: nothing may be committed. */
YG_MUST_USE int yg_house_before(struct yg_house *house, int64_t now_ns);
YG_MUST_USE int yg_house_checkpoint(struct yg_house *house, struct yg_buf *checkpoint);
void yg_house_after(struct yg_house *house, int64_t now_ns);
/* It can only begin anew: what was not committed is read again by the next start. */
bool yg_house_is_broken(const struct yg_house *house);
/* Something was read that does not leave, and nothing else is on its way: how far it was read
 * should be committed alone, now (waits) or at the end (has_held). */
bool yg_house_waits(const struct yg_house *house, int64_t now_ns);
bool yg_house_has_held(const struct yg_house *house);
/* Now and then, whether something came or not. */
void yg_house_tick(struct yg_house *house, int64_t now_ns);

/* What the local archive holds, for the hub. */
void yg_house_range(const struct yg_house *house, struct yg_wire_range *ret);

/* What local detection tells the hub: a JSON object, or nothing. */
void yg_house_detection(const struct yg_house *house, char to[YG_WIRE_DETECTION_MAX + 1]);

/* Sources behind the @count that are in @to already. Returns how many there are then. */
uint32_t yg_house_state(struct yg_house *house, struct yg_wire_source *to, uint32_t count);
