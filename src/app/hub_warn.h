/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_warn.h - what the operations on plans and warnings get lent: the plan engine with the
 * program's rules, advice, and the forms for people. Beside the hub the command line uses it too.
 */
#pragma once

#include "access/warnings.h"
#include "base/arena.h"
#include "base/tr.h"
#include "model/warn_rules.h"

struct yg_hub_warn {
	struct yg_arena *arena;
	struct yg_warn_rules rules;
	struct yg_warn_planner planner;
};

/* The program's own rules. YG_OK, YG_ENOMEM, YG_EFORMAT. yg_hub_warn_done() in any case. */
YG_MUST_USE int yg_hub_warn_init(struct yg_hub_warn *warn);
void yg_hub_warn_done(struct yg_hub_warn *warn);

/* As the ports of access/api.h say; @arg is not looked at. */
YG_MUST_USE int yg_hub_warn_advise(void *arg, json_t *notice);
/* @arg: const struct yg_zone, in which people read its times. */
YG_MUST_USE int yg_hub_warn_tell(void *arg, const json_t *copy, const char *form, enum yg_lang lang,
				 struct yg_buf *to);
