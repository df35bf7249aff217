/* SPDX-License-Identifier: Apache-2.0 */
#include "model/assessment.h"

#include "base/ban.h"

static const char *const states[YG_ANSWER_STATE_COUNT] = {
	[YG_ANSWER_OPEN] = "open",	 [YG_ANSWER_MET] = "met", [YG_ANSWER_PARTLY] = "partly",
	[YG_ANSWER_NOT_MET] = "not_met", [YG_ANSWER_NA] = "na",
};
static const char *const observed_names[YG_OBSERVED_COUNT] = {
	[YG_OBSERVED_NONE] = "none",
	[YG_OBSERVED_SUPPORTS] = "supports",
	[YG_OBSERVED_CONTRADICTS] = "contradicts",
	[YG_OBSERVED_STALE] = "stale",
};
static const char *const checks[] = {
	[YG_CHECK_OK] = "ok",		[YG_CHECK_ALARM] = "alarm", [YG_CHECK_NA] = "na",
	[YG_CHECK_UNKNOWN] = "unknown", [YG_CHECK_ERROR] = "error",
};
static const char *const level_states[] = {
	[YG_LEVEL_PRACTICE] = "practice",
	[YG_LEVEL_NOT_REACHED] = "not reached",
	[YG_LEVEL_REACHED] = "reached",
};

const char *yg_answer_state_name(enum yg_answer_state state)
{
	return states[state];
}

bool yg_answer_state_by_name(struct yg_bytes name, enum yg_answer_state *ret)
{
	for (unsigned i = 0; i < YG_ANSWER_STATE_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(states[i]))) {
			*ret = (enum yg_answer_state)i;
			return true;
		}
	return false;
}

const char *yg_observed_name(enum yg_observed observed)
{
	return observed_names[observed];
}

const char *yg_check_name(enum yg_check check)
{
	return checks[check];
}

enum yg_check yg_check_by_name(struct yg_bytes name)
{
	for (unsigned i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (yg_bytes_eq(name, yg_bytes_str(checks[i])))
			return (enum yg_check)i;
	return YG_CHECK_UNKNOWN;
}

const char *yg_level_state_name(enum yg_level_state state)
{
	return level_states[state];
}
