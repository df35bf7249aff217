/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each rule by relations is one search in breadth from the victim. Members are numbered by id and
 * relations sorted by buyer, and whoever is found first is gone on from first: so of the shortest
 * paths to a member the one whose ids come first is found, without comparing paths.
 */
#include "warn/plan-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define NO_RULE UINT32_MAX

static const char *const states[YG_PLAN_STATE_COUNT] = {"ready", "needs-consent", "needs-approval"};
static const char *const redactions[YG_PLAN_REDACTION_COUNT] = {"whole", "named", "anonymous",
								"indicators"};

const char *yg_plan_state_name(enum yg_plan_state state)
{
	return (uint32_t)state < YG_PLAN_STATE_COUNT ? states[state] : "";
}

const char *yg_plan_redaction_name(enum yg_plan_redaction redaction)
{
	return (uint32_t)redaction < YG_PLAN_REDACTION_COUNT ? redactions[redaction] : "";
}

/* ---- the graph ---- */

/* Counts to places: first[i] is where those of i begin, first[count] how many there are. */
static void sum_up(uint32_t *first, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i <= count; i++) {
		uint32_t here = first[i];

		first[i] = sum;
		sum += here;
	}
}

struct yg_plan_graph *yg_plan_graph_new(const struct yg_community *community)
{
	struct yg_plan_graph *graph = yg_calloc(1, sizeof(*graph));
	size_t members = community->member_count;

	if (!graph)
		return NULL;
	graph->community = community;
	graph->out_first = yg_calloc(members + 2, sizeof(uint32_t));
	graph->in_first = yg_calloc(members + 2, sizeof(uint32_t));
	graph->in_relations =
		yg_calloc((size_t)community->relation_count + 1, sizeof(*graph->in_relations));
	if (!graph->out_first || !graph->in_first || !graph->in_relations)
		return yg_plan_graph_free(graph);
	for (uint32_t i = 0; i < community->relation_count; i++) {
		graph->out_first[community->relations[i].supplier]++;
		graph->in_first[community->relations[i].buyer + 1]++;
	}
	sum_up(graph->out_first, community->member_count);
	/* Shifted by one: filling moves each begin to the next one's. */
	sum_up(graph->in_first, community->member_count + 1);
	for (uint32_t i = 0; i < community->relation_count; i++)
		graph->in_relations[graph->in_first[community->relations[i].buyer + 1]++] = i;
	return graph;
}

struct yg_plan_graph *yg_plan_graph_free(struct yg_plan_graph *graph)
{
	if (!graph)
		return NULL;
	free(graph->out_first);
	free(graph->in_first);
	free(graph->in_relations);
	free(graph);
	return NULL;
}

/* ---- who ---- */

struct mark {
	uint32_t rule;	 /* which decided, or NO_RULE */
	uint32_t depth;	 /* of the search at hand; 0: not found */
	uint32_t parent; /* member it was found from */
	uint32_t relation;
};

struct plan {
	const struct yg_plan_graph *graph;
	const struct yg_warn_rules *rules;
	struct yg_arena *arena;
	uint32_t victim;
	struct mark *marks;		      /* of each member */
	uint32_t *queue;		      /* room for all members */
	struct yg_plan_recipient *recipients; /* of each member; used where a rule decided */
	uint32_t count;
};

static void decide(struct plan *plan, uint32_t member, uint32_t rule, uint32_t depth)
{
	plan->marks[member].rule = rule;
	plan->recipients[member] =
		(struct yg_plan_recipient){.member = member, .rule = rule, .depth = depth};
	plan->count++;
}

/* Members in the queue from @begin on were found at @depth; those beyond come behind them. */
static uint32_t go_on(struct plan *plan, uint32_t member, uint8_t wanted, uint32_t end)
{
	const struct yg_plan_graph *graph = plan->graph;
	uint32_t depth = plan->marks[member].depth + 1;

	for (uint32_t i = graph->out_first[member]; i < graph->out_first[member + 1]; i++) {
		const struct yg_relation *relation = &graph->community->relations[i];
		struct mark *mark = &plan->marks[relation->buyer];

		if (!(relation->answers & wanted) || mark->depth > 0 ||
		    relation->buyer == plan->victim)
			continue;
		mark->depth = depth;
		mark->parent = member;
		mark->relation = i;
		plan->queue[end++] = relation->buyer;
	}
	return end;
}

static int keep_path(struct plan *plan, struct yg_plan_recipient *to)
{
	uint32_t *path = yg_arena_alloc(plan->arena, (2 * (size_t)to->depth + 1) * sizeof(*path));
	uint32_t *reason = path ? path + to->depth + 1 : NULL;
	uint32_t member = to->member;

	if (!path)
		return YG_ENOMEM;
	for (uint32_t i = to->depth; i > 0; i--) {
		path[i] = member;
		reason[i - 1] = plan->marks[member].relation;
		member = plan->marks[member].parent;
	}
	path[0] = plan->victim;
	to->path = path;
	to->reason = reason;
	return YG_OK;
}

static int search(struct plan *plan, uint32_t rule_index)
{
	const struct yg_warn_rule *rule = &plan->rules->rules[rule_index];
	uint32_t end;
	int rc = YG_OK;

	for (uint32_t i = 0; i < plan->graph->community->member_count; i++)
		plan->marks[i].depth = 0;
	end = go_on(plan, plan->victim, rule->first_any, 0);
	for (uint32_t i = 0; rc == YG_OK && i < end; i++) {
		uint32_t member = plan->queue[i];
		uint32_t depth = plan->marks[member].depth;

		if (depth >= rule->depth_min && plan->marks[member].rule == NO_RULE) {
			decide(plan, member, rule_index, depth);
			rc = keep_path(plan, &plan->recipients[member]);
		}
		if (depth < rule->depth_max)
			end = go_on(plan, member, rule->next_any, end);
	}
	return rc;
}

static struct yg_bytes shared_value(const struct yg_member *member, enum yg_warn_to to)
{
	return to == YG_WARN_TO_PROVIDER ? member->provider : member->sector;
}

/* Those who have the victim's provider, or are of its sector; nothing said there is nobody. */
static void gather(struct plan *plan, uint32_t rule_index)
{
	const struct yg_community *community = plan->graph->community;
	enum yg_warn_to to = plan->rules->rules[rule_index].to;
	struct yg_bytes value = shared_value(&community->members[plan->victim], to);
	uint32_t all = 0;

	if (value.size == 0)
		return;
	for (uint32_t i = 0; i < community->member_count; i++)
		all += yg_bytes_eq(shared_value(&community->members[i], to), value);
	for (uint32_t i = 0; i < community->member_count; i++)
		if (plan->marks[i].rule == NO_RULE &&
		    yg_bytes_eq(shared_value(&community->members[i], to), value)) {
			decide(plan, i, rule_index, YG_PLAN_NO_DEPTH);
			plan->recipients[i].candidates = all - 1;
		}
}

static int apply_rules(struct plan *plan)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < plan->rules->count; i++) {
		enum yg_warn_to to = plan->rules->rules[i].to;

		if (to == YG_WARN_TO_BUYERS) {
			rc = search(plan, i);
		} else if (to != YG_WARN_TO_VICTIM) {
			gather(plan, i);
		} else {
			decide(plan, plan->victim, i, 0);
			plan->recipients[plan->victim].candidates = 1;
			rc = keep_path(plan, &plan->recipients[plan->victim]);
		}
		/* Nobody but by such a rule: who was hit is not warned of itself. */
		if (i == 0 && plan->marks[plan->victim].rule == NO_RULE)
			plan->marks[plan->victim].rule = plan->rules->count;
	}
	return rc;
}

/* ---- how ---- */

static void finish(const struct plan *plan, struct yg_plan_recipient *to)
{
	const struct yg_warn_rule *rule = &plan->rules->rules[to->rule];
	enum yg_naming naming = YG_NAMING_ANONYMOUS;

	if (rule->to == YG_WARN_TO_VICTIM) {
		to->is_named = true;
		to->redaction = YG_PLAN_WHOLE;
		return;
	}
	/* The victim's own word: what it lets the first buyer of the path be told. */
	if (rule->to == YG_WARN_TO_BUYERS)
		naming = plan->graph->community->relations[to->reason[0]].naming;
	to->is_named =
		rule->may_name && naming == YG_NAMING_NAMED && rule->content != YG_WARN_INDICATORS;
	to->redaction = rule->content == YG_WARN_INDICATORS ? YG_PLAN_INDICATORS
			: to->is_named			    ? YG_PLAN_NAMED
							    : YG_PLAN_ANONYMOUS;
	if (to->candidates < plan->rules->candidates_min)
		to->state = YG_PLAN_NEEDS_CONSENT;
	else if (rule->waits_if_ask && naming == YG_NAMING_ASK)
		to->state = YG_PLAN_NEEDS_APPROVAL;
}

/* Only those for whom a rule decided, in the order of members. */
static void pack(struct plan *plan)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan->graph->community->member_count; i++)
		if (plan->marks[i].rule < plan->rules->count)
			plan->recipients[count++] = plan->recipients[i];
	plan->count = count;
}

static int run(struct plan *plan)
{
	uint32_t members = plan->graph->community->member_count;
	int rc;

	for (uint32_t i = 0; i < members; i++)
		plan->marks[i].rule = NO_RULE;
	rc = apply_rules(plan);
	if (rc != YG_OK)
		return rc;
	pack(plan);
	rc = yg_plan_count_buyers(plan->graph, plan->rules, plan->recipients, plan->count);
	for (uint32_t i = 0; rc == YG_OK && i < plan->count; i++)
		finish(plan, &plan->recipients[i]);
	return rc;
}

int yg_plan_make(const struct yg_plan_graph *graph, const struct yg_warn_rules *rules,
		 uint32_t victim, struct yg_arena *arena, struct yg_plan *ret)
{
	size_t members = graph->community->member_count;
	struct plan plan = {.graph = graph, .rules = rules, .arena = arena, .victim = victim};
	int rc = YG_ENOMEM;

	plan.marks = yg_calloc(members, sizeof(*plan.marks));
	plan.queue = yg_calloc(members, sizeof(*plan.queue));
	plan.recipients = yg_arena_alloc(arena, members * sizeof(*plan.recipients));
	if (plan.marks && plan.queue && plan.recipients)
		rc = run(&plan);
	free(plan.marks);
	free(plan.queue);
	*ret = (struct yg_plan){0};
	if (rc == YG_OK)
		*ret = (struct yg_plan){.recipients = plan.recipients, .count = plan.count};
	return rc;
}
