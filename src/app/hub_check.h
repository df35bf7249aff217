/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_check.h - `yagura hub --check-config`: would it start?
 *
 * What the file names is looked at (files, addresses, the data folder); nothing is made, and a hub
 * that runs is not disturbed: whether its ports are taken is therefore not asked.
 * Tests: tests/e2e/hub_config.py
 */
#pragma once

#include "app/hub_config.h"
#include "base/net.h"

/* YG_OK, or an error: all that is wrong was said, with the line of the file where it stands there.
 */
YG_MUST_USE int yg_hub_check_config(const struct yg_hub_config *config, const char *data,
				    const struct yg_net_place *http,
				    const struct yg_net_place *sensors);
