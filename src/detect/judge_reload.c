/* SPDX-License-Identifier: Apache-2.0 */
/* The judge goes on with another rule set. */
#include <assert.h>

#include "base/alloc.h"
#include "detect/judge-int.h"

#include "base/ban.h"

/* On the way from one engine to the other. */
struct changeover {
	struct yg_judge *judge;
	const struct yg_engine *to;
	const struct yg_rule_info *
		*instead; /* of each rule of the former engine; NULL = none yet */
	uint32_t count;
	int rc;
};

static bool same_tags(const struct yg_rule_info *a, const struct yg_rule_info *b)
{
	if (a->tag_count != b->tag_count)
		return false;
	for (uint32_t i = 0; i < a->tag_count; i++)
		if (!yg_bytes_eq(a->tags[i], b->tags[i]))
			return false;
	return true;
}

static bool same_rule(const struct yg_rule_info *a, const struct yg_rule_info *b)
{
	return yg_bytes_eq(a->id, b->id) && yg_bytes_eq(a->title, b->title) &&
	       yg_bytes_eq(a->title_ja, b->title_ja) && yg_bytes_eq(a->advice, b->advice) &&
	       a->level == b->level && a->kind == b->kind && a->field == b->field &&
	       a->is_own == b->is_own && same_tags(a, b);
}

/* Rules of both sets ascend by id. */
static void pair_rules(struct changeover *c)
{
	uint32_t to_count = yg_engine_rule_count(c->to), t = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct yg_rule_info *from = &yg_engine_rule(c->judge->engine, i)->info;

		while (t < to_count &&
		       yg_judge_order(yg_engine_rule(c->to, t)->info.id, from->id) < 0)
			t++;
		if (t < to_count && same_rule(&yg_engine_rule(c->to, t)->info, from))
			c->instead[i] = &yg_engine_rule(c->to, t)->info;
	}
}

static struct yg_bytes put_text(uint8_t **at, struct yg_bytes text)
{
	struct yg_bytes copy = {*at, text.size};

	if (text.size > 0)
		memcpy(*at, text.data, text.size);
	*at += text.size;
	return copy;
}

/* One piece of memory: the rule, its tags, all texts. */
static struct yg_rule_info *copy_rule(const struct yg_rule_info *rule)
{
	size_t size = rule->id.size + rule->title.size + rule->title_ja.size + rule->advice.size;
	struct yg_rule_info *copy;
	struct yg_bytes *tags;
	uint8_t *at;

	for (uint32_t i = 0; i < rule->tag_count; i++)
		size += rule->tags[i].size;
	copy = yg_calloc(1, sizeof(*copy) + rule->tag_count * sizeof(*tags) + size);
	if (!copy)
		return NULL;
	tags = (struct yg_bytes *)(void *)(copy + 1);
	at = (uint8_t *)(tags + rule->tag_count);
	*copy = *rule;
	copy->id = put_text(&at, rule->id);
	copy->title = put_text(&at, rule->title);
	copy->title_ja = put_text(&at, rule->title_ja);
	copy->advice = put_text(&at, rule->advice);
	for (uint32_t i = 0; i < rule->tag_count; i++)
		tags[i] = put_text(&at, rule->tags[i]);
	copy->tags = tags;
	return copy;
}

/* A rule that went and is still shown somewhere: one of the former copies, or a new one. */
static const struct yg_rule_info *keep_old(struct changeover *c, const struct yg_rule_info *rule)
{
	static const struct yg_rule_info too_many = {
		.id = {(const uint8_t *)"yagura-former-rules", 19},
		.title = {(const uint8_t *)"Rules that are no longer loaded", 31},
		.title_ja = {(const uint8_t *)"読み込まれなくなったルール",
			     sizeof("読み込まれなくなったルール") - 1},
		.level = YG_LEVEL_MEDIUM,
		.kind = YG_KIND_PATTERN,
		.field = YG_ATTACK_OTHER,
	};
	struct yg_judge *judge = c->judge;

	for (uint32_t i = 0; i < judge->old_count; i++)
		if (same_rule(judge->old_rules[i], rule))
			return judge->old_rules[i];
	if (judge->old_count == YG_JUDGE_OLD_RULES_MAX)
		return &too_many;
	if (!judge->old_rules)
		judge->old_rules = yg_calloc(YG_JUDGE_OLD_RULES_MAX, sizeof(struct yg_rule_info *));
	if (!judge->old_rules || !(judge->old_rules[judge->old_count] = copy_rule(rule))) {
		c->rc = YG_ENOMEM;
		return &too_many;
	}
	return judge->old_rules[judge->old_count++];
}

/* The number of @rule in the former engine, or its count: another's, or one that is long gone. */
static uint32_t number_of(const struct changeover *c, const struct yg_rule_info *rule)
{
	uintptr_t first = c->count ? (uintptr_t)&yg_engine_rule(c->judge->engine, 0)->info : 0;
	uintptr_t at = (uintptr_t)rule;
	size_t number = (at - first) / sizeof(struct yg_engine_rule);

	if (at < first || number >= c->count ||
	    &yg_engine_rule(c->judge->engine, (uint32_t)number)->info != rule)
		return c->count;
	return (uint32_t)number;
}

/* First round: whatever needs memory. */
static const struct yg_rule_info *note_rule(void *arg, const struct yg_rule_info *rule)
{
	struct changeover *c = arg;
	uint32_t number = number_of(c, rule);

	if (number < c->count && !c->instead[number])
		c->instead[number] = keep_old(c, rule);
	return rule;
}

/* Second round: cannot fail. */
static const struct yg_rule_info *replace_rule(void *arg, const struct yg_rule_info *rule)
{
	struct changeover *c = arg;
	uint32_t number = number_of(c, rule);

	return number < c->count && c->instead[number] ? c->instead[number] : rule;
}

static int move_groups(const struct yg_judge *judge, struct yg_correlator *to, uint64_t *seed,
		       struct yg_judge_reload *ret)
{
	struct yg_buf state;
	uint64_t new_seed;
	int rc;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	rc = yg_correlator_save(judge->correlator, *seed, &state);
	if (rc == YG_OK)
		rc = yg_correlator_restore(to, yg_buf_bytes(&state), &new_seed,
					   &ret->groups_dropped);
	yg_buf_done(&state);
	if (rc != YG_OK)
		return rc == YG_ELIMIT ? rc : YG_ENOMEM;
	*seed = new_seed;
	ret->groups_kept = yg_correlator_groups(to);
	return YG_OK;
}

int yg_judge_reload(struct yg_judge *judge, const struct yg_engine *engine,
		    const struct yg_indicators *indicators, uint64_t *seed,
		    struct yg_judge_reload *ret)
{
	struct changeover c = {.judge = judge, .to = engine};
	struct yg_correlator *correlator = yg_correlator_new(engine);
	int rc = YG_OK;

	assert(judge->now.count == 0);
	*ret = (struct yg_judge_reload){0};
	c.count = yg_engine_rule_count(judge->engine);
	c.instead = yg_calloc(c.count + 1u, sizeof(struct yg_rule_info *));
	if (!correlator || !c.instead)
		rc = YG_ENOMEM;
	if (rc == YG_OK) {
		pair_rules(&c);
		yg_stories_remap(judge->stories, note_rule, &c);
		yg_outcomes_remap(judge->outcomes, note_rule, &c);
		rc = c.rc;
	}
	if (rc == YG_OK)
		rc = move_groups(judge, correlator, seed, ret);
	if (rc == YG_OK) {
		yg_stories_remap(judge->stories, replace_rule, &c);
		yg_outcomes_remap(judge->outcomes, replace_rule, &c);
		(void)yg_correlator_free(judge->correlator);
		judge->correlator = correlator;
		judge->ahead_count = judge->ahead_at = 0;
		judge->engine = engine;
		judge->indicators = indicators;
		correlator = NULL;
	}
	(void)yg_correlator_free(correlator);
	free(c.instead);
	return rc;
}
