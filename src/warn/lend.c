/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "warn/lend.h"

#include "base/arena.h"
#include "warn/plan.h"

#include "base/ban.h"

#define ARENA_MAX (1u << 30)

static enum yg_audience audience_of(enum yg_warn_to to)
{
	switch (to) {
	case YG_WARN_TO_VICTIM:
		return YG_AUDIENCE_OWN;
	case YG_WARN_TO_BUYERS:
		return YG_AUDIENCE_PARTNER;
	case YG_WARN_TO_PROVIDER:
		return YG_AUDIENCE_PROVIDER;
	default:
		return YG_AUDIENCE_SECTOR;
	}
}

static int plan(void *arg, const struct yg_community *community, uint32_t victim,
		yg_warn_planned_fn fn, void *fn_arg)
{
	const struct yg_warn_rules *rules = arg;
	struct yg_plan_graph *graph = yg_plan_graph_new(community);
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	struct yg_plan made = {0};
	int rc = graph && arena ? yg_plan_make(graph, rules, victim, arena, &made) : YG_ENOMEM;

	for (uint32_t i = 0; i < made.count && rc == YG_OK; i++) {
		const struct yg_plan_recipient *r = &made.recipients[i];
		const struct yg_warn_rule *rule = &rules->rules[r->rule];
		/* A rule by relations that gives indicators alone gives what a sector gets. */
		const struct yg_warn_planned one = {
			.member = r->member,
			.rule = rule->number,
			.depth = r->depth == YG_PLAN_NO_DEPTH ? UINT32_MAX : r->depth,
			.candidates = r->candidates,
			.path = r->path,
			.reason = r->reason,
			.state = yg_plan_state_name(r->state),
			.redaction = yg_plan_redaction_name(r->redaction),
			.audience = r->redaction == YG_PLAN_INDICATORS ? YG_AUDIENCE_SECTOR
								       : audience_of(rule->to),
			.tlp = rule->tlp,
			.is_named = r->is_named,
			.why = {rule->title_en, rule->title_ja}};

		rc = fn(fn_arg, &one);
	}
	(void)yg_plan_graph_free(graph);
	(void)yg_arena_free(arena);
	return rc;
}

struct yg_warn_planner yg_warn_lend(const struct yg_warn_rules *rules)
{
	return (struct yg_warn_planner){plan, (void *)(uintptr_t)rules}; /* only read */
}
