/* SPDX-License-Identifier: Apache-2.0 */
/* app/share-int.h - inside `yagura share plan`: what was read, and its two forms. */
#pragma once

#include "base/buf.h"
#include "warn/plan.h"

struct yg_share_plan {
	const struct yg_community *community;
	const struct yg_warn_rules *rules;
	const struct yg_plan *plan;
	uint32_t victim;
	bool with_reasons;
};

/* docs/cli-contract.md. Ask yg_buf_error(to) at the end. */
void yg_share_plan_json(const struct yg_share_plan *share, struct yg_buf *to);
/* For people, in the language of messages. */
void yg_share_plan_text(const struct yg_share_plan *share, struct yg_buf *to);

/* `yagura share release`: @argv from its own name on; the exit status. */
int yg_share_release(int argc, char **argv);
/* `yagura share import` and `export`: as above. */
int yg_share_stix(int argc, char **argv);
