/* SPDX-License-Identifier: Apache-2.0 */
/* Private to assess/: what reports and exports are made of. */
#pragma once

#include "assess/assess.h"

/* Array of all criteria of the level, each as yg_assess_json_criterion gives it. */
YG_MUST_USE int yg_assess_criteria(struct yg_assess *assess, enum yg_lang lang, json_t **ret);
