/* SPDX-License-Identifier: Apache-2.0 */
/* access/provisions-int.h - what the files of access/provisions.h share. */
#pragma once

#include "access/provisions.h"
#include "access/warnings-int.h"

#define YG_PROVISION_STAGES 3u
#define YG_PROVISION_WAITS  "waits" /* the state of a warning whose turn has not come */

const char *yg_provision_stage_name(unsigned stage);
unsigned yg_provision_stage_of(struct yg_bytes word); /* YG_PROVISION_STAGES: none */
/* How long receipts of this plan are waited for, and until when (YG_TIME_NONE: not sent yet). */
int64_t yg_provision_wait_s(const json_t *plan);
int64_t yg_provision_ends(const json_t *plan);
/* At the hub. YG_OK or as yg_hub_require(). */
YG_MUST_USE int yg_provision_require(struct yg_access *by, enum yg_hub_right right,
				     struct yg_hub_access **ret);
