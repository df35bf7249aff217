/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/detect/fake_engine.h - a rule set without rules' conditions, and a list of
 * indicators that is one value: what the judge needs of both, and nothing to compile.
 *
 * Included once in a test that links the objects of the judge only.
 */
#pragma once

#include "detect/indicators.h"
#include "detect/judge.h"

#define FAKE_RULES_MAX 64u

struct yg_engine {
	struct yg_engine_rule rules[FAKE_RULES_MAX];
	struct yg_correlation correlations[FAKE_RULES_MAX];
	uint32_t count;
	struct yg_names *names; /* NULL unless the test brings one */
};

struct yg_indicators {
	struct yg_bytes allowed;
	enum yg_indicator_type type;
};

uint32_t yg_engine_rule_count(const struct yg_engine *engine)
{
	return engine->count;
}

const struct yg_engine_rule *yg_engine_rule(const struct yg_engine *engine, uint32_t index)
{
	return &engine->rules[index];
}

const struct yg_names *yg_engine_names(const struct yg_engine *engine)
{
	return engine->names;
}

uint32_t yg_indicators_count(const struct yg_indicators *set)
{
	(void)set;
	return 1;
}

struct yg_indicator yg_indicators_get(const struct yg_indicators *set, uint32_t index)
{
	(void)index;
	return (struct yg_indicator){.type = set->type};
}

uint32_t yg_indicators_match(const struct yg_indicators *set, struct yg_event *event,
			     struct yg_indicator_memo *memo, struct yg_indicator_hit *to,
			     uint32_t room)
{
	(void)set;
	(void)memo;
	for (uint32_t i = 0; i < event->field_count && room > 0; i++) {
		if (yg_bytes_eq(event->fields[i].text, YG_S("198.51.100.9"))) {
			to[0] = (struct yg_indicator_hit){0, i, event->fields[i].text};
			return 1;
		}
	}
	return 0;
}

bool yg_indicators_is_allowed(const struct yg_indicators *set, struct yg_bytes actor,
			      struct yg_bytes *ret_reason)
{
	*ret_reason = YG_S("ours");
	return set->allowed.size > 0 && yg_bytes_eq(set->allowed, actor);
}

/* Add a rule; the texts must last. Returns its index. */
static inline uint32_t fake_rule(struct yg_engine *engine, const char *id, enum yg_level level,
				 enum yg_finding_kind kind, enum yg_attack_field field)
{
	engine->rules[engine->count].info = (struct yg_rule_info){.id = yg_bytes_str(id),
								  .title = yg_bytes_str(id),
								  .level = level,
								  .kind = kind,
								  .field = field};
	return engine->count++;
}

/* Make the last rule a correlation. */
static inline struct yg_correlation *fake_correlation(struct yg_engine *engine,
						      enum yg_correlation_type type,
						      int64_t timespan_s, double at_least)
{
	struct yg_correlation *correlation = &engine->correlations[engine->count - 1];

	engine->rules[engine->count - 1].correlation = correlation;
	*correlation = (struct yg_correlation){.type = type,
					       .timespan_ns = timespan_s * YG_NS_PER_S,
					       .compare = YG_PRED_GTE,
					       .threshold = at_least,
					       .compare2 = YG_PRED_COUNT};
	return correlation;
}
