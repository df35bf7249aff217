/* SPDX-License-Identifier: Apache-2.0 */
/* warn/lend.h - the plan engine, as access/warnings.h gets it lent. */
#pragma once

#include "access/warnings.h"
#include "model/warn_rules.h"

/* @rules is borrowed as long as the planner is used. Thread-safe. */
struct yg_warn_planner yg_warn_lend(const struct yg_warn_rules *rules);
