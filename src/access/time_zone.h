/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/time_zone.h - whose days a hub's people mean, kept in its register, so that whoever works
 * beside it (`yagura admin`) means the same.
 *
 * Tests: tests/unit/access/test_time_zone.c, tests/e2e/hub_zone.py
 */
#pragma once

#include "access/hub.h"

#define YG_HUB_ZONE_NAME_MAX 64u

/* The zone of the hub's clock is the one that holds from now on. Errors of the store. */
YG_MUST_USE int yg_hub_zone_keep(struct yg_hub_access *hub);
/* The name of the one that was kept last; YG_ENOENT: none was. */
YG_MUST_USE int yg_hub_zone_kept(struct yg_hub_access *hub, char to[YG_HUB_ZONE_NAME_MAX + 1]);
/* @zone (borrowed, as long as @hub lives) in the place of the clock's own. */
void yg_hub_zone_use(struct yg_hub_access *hub, const struct yg_zone *zone);
