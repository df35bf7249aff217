/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/keywords.h - `yagura summary keywords`: users, addresses, hosts and programs that findings
 * name, to go on searching with.
 */
#pragma once

#include "app/tally.h"
#include "model/finding.h"

/* A table for it. NULL without memory. */
struct yg_tally *yg_keywords_new(void);

/* Count what the record of @finding names. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_keywords_add(struct yg_tally *tally, const struct yg_finding *finding);
