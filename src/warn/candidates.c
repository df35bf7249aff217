/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From how many organisations could a recipient guess who was hit? From those from which it would
 * get a warning by the same rule at the same depth. That is a search from every member, or from
 * every recipient backwards: too much for each. But all of them are one walk over the relations
 * when a member holds not one mark but a set of bits, one for each member that could be the victim:
 *
 *   level 1 of a buyer    suppliers whose relation to it fits `first_relation`
 *   level d of a buyer    level d - 1 of its suppliers whose relation fits `next_relations`,
 *                         together, without those that stand in a level before
 *
 * An organisation that is alone in a level d of a buyer has its shortest path there, so the bits
 * of level d are the candidates of depth d, but for those for whom an earlier rule decides, and
 * for the buyer itself. Members are taken in blocks of BLOCK_BITS, so that the sets of all buyers
 * stay in the processor's cache; suppliers of a block stand side by side in the relations.
 */
#include "base/alloc.h"
#include "warn/plan-int.h"

#include "base/ban.h"

#define BLOCK_WORDS 16u
#define BLOCK_BITS  (BLOCK_WORDS * 64u)

struct set {
	uint64_t words[BLOCK_WORDS];
};

/* Of one rule: relations that `next_relations` lets through, by buyer, and how deep to look. */
struct way {
	uint32_t *first; /* members + 1 */
	uint32_t *suppliers;
	uint32_t depth; /* 0: nobody needs it */
};

struct counter {
	const struct yg_plan_graph *graph;
	const struct yg_warn_rules *rules;
	struct yg_plan_recipient *recipients;
	uint32_t count;
	uint32_t last_rule; /* of those that recipients have */
	struct way ways[YG_WARN_RULES_MAX];
	struct set *now;     /* the level at hand */
	struct set *next;    /* the one made from it */
	struct set *seen;    /* this one and those before, of this rule */
	struct set *decided; /* by an earlier rule */
	uint32_t begin;	     /* the block */
};

static void add(struct set *to, const struct set *from)
{
	for (uint32_t i = 0; i < BLOCK_WORDS; i++)
		to->words[i] |= from->words[i];
}

static void clear(struct set *sets, uint32_t count)
{
	memset(sets, 0, count * sizeof(*sets));
}

static int make_way(struct counter *c, uint32_t rule_index)
{
	const struct yg_plan_graph *graph = c->graph;
	const struct yg_community *community = graph->community;
	uint8_t wanted = c->rules->rules[rule_index].next_any;
	struct way *way = &c->ways[rule_index];
	uint32_t count = 0;

	if (way->depth < 2)
		return YG_OK;
	way->first = yg_calloc((size_t)community->member_count + 1, sizeof(*way->first));
	way->suppliers = yg_calloc((size_t)community->relation_count + 1, sizeof(*way->suppliers));
	if (!way->first || !way->suppliers)
		return YG_ENOMEM;
	for (uint32_t buyer = 0; buyer < community->member_count; buyer++) {
		way->first[buyer] = count;
		for (uint32_t i = graph->in_first[buyer]; i < graph->in_first[buyer + 1]; i++) {
			const struct yg_relation *one =
				&community->relations[graph->in_relations[i]];

			if (one->answers & wanted)
				way->suppliers[count++] = one->supplier;
		}
	}
	way->first[community->member_count] = count;
	return YG_OK;
}

/*
 * How deep each rule is looked at: as deep as its recipients are; a rule before the last one as
 * deep as it reaches, for what it decides is no candidate of the later ones.
 */
static int start(struct counter *c)
{
	uint32_t members = c->graph->community->member_count;
	int rc = YG_OK;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct yg_plan_recipient *to = &c->recipients[i];

		if (c->rules->rules[to->rule].to != YG_WARN_TO_BUYERS)
			continue;
		if (c->ways[to->rule].depth < to->depth)
			c->ways[to->rule].depth = to->depth;
		if (c->last_rule < to->rule)
			c->last_rule = to->rule;
	}
	for (uint32_t i = 0; rc == YG_OK && i <= c->last_rule; i++) {
		if (i < c->last_rule && c->rules->rules[i].to == YG_WARN_TO_BUYERS)
			c->ways[i].depth = c->rules->rules[i].depth_max;
		rc = make_way(c, i);
	}
	c->now = yg_calloc(members, sizeof(*c->now));
	c->next = yg_calloc(members, sizeof(*c->next));
	c->seen = yg_calloc(members, sizeof(*c->seen));
	c->decided = yg_calloc(members, sizeof(*c->decided));
	return rc == YG_OK && c->now && c->next && c->seen && c->decided ? YG_OK : YG_ENOMEM;
}

static void first_level(struct counter *c, uint8_t wanted)
{
	const struct yg_plan_graph *graph = c->graph;
	uint32_t members = graph->community->member_count;
	uint32_t end = c->begin + BLOCK_BITS < members ? c->begin + BLOCK_BITS : members;

	clear(c->now, members);
	for (uint32_t i = graph->out_first[c->begin]; i < graph->out_first[end]; i++) {
		const struct yg_relation *one = &graph->community->relations[i];
		uint32_t bit = one->supplier - c->begin;

		if (one->answers & wanted)
			c->now[one->buyer].words[bit / 64] |= 1ull << (bit % 64);
	}
	memcpy(c->seen, c->now, members * sizeof(*c->seen));
}

static void next_level(struct counter *c, const struct way *way)
{
	uint32_t members = c->graph->community->member_count;
	struct set *made = c->next;

	for (uint32_t buyer = 0; buyer < members; buyer++) {
		struct set set = {{0}};

		for (uint32_t i = way->first[buyer]; i < way->first[buyer + 1]; i++)
			add(&set, &c->now[way->suppliers[i]]);
		for (uint32_t i = 0; i < BLOCK_WORDS; i++) {
			made[buyer].words[i] = set.words[i] & ~c->seen[buyer].words[i];
			c->seen[buyer].words[i] |= set.words[i];
		}
	}
	c->next = c->now;
	c->now = made;
}

/* The buyer itself would be told as the victim: it is no candidate. */
static uint32_t count_set(const struct counter *c, uint32_t buyer)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < BLOCK_WORDS; i++) {
		uint64_t word = c->now[buyer].words[i] & ~c->decided[buyer].words[i];

		if (buyer >= c->begin && (buyer - c->begin) / 64 == i)
			word &= ~(1ull << ((buyer - c->begin) % 64));
		count += (uint32_t)__builtin_popcountll(word);
	}
	return count;
}

/* The rule's level @depth stands in c->now. */
static void take_level(struct counter *c, uint32_t rule_index, uint32_t depth, struct set *deciding)
{
	uint32_t members = c->graph->community->member_count;

	for (uint32_t i = 0; i < c->count; i++) {
		struct yg_plan_recipient *to = &c->recipients[i];

		if (to->rule == rule_index && to->depth == depth)
			to->candidates += count_set(c, to->member);
	}
	for (uint32_t i = 0; deciding && i < members; i++)
		add(&deciding[i], &c->now[i]);
}

/*
 * What a rule decides is added to c->decided when all its levels are done: within a rule the
 * levels leave each other out already.
 */
static void count_rule(struct counter *c, uint32_t rule_index)
{
	const struct yg_warn_rule *rule = &c->rules->rules[rule_index];
	const struct way *way = &c->ways[rule_index];
	bool is_last = rule_index == c->last_rule;

	if (way->depth == 0)
		return;
	first_level(c, rule->first_any);
	for (uint32_t depth = 1; depth <= way->depth; depth++) {
		if (depth > 1)
			next_level(c, way);
		if (depth >= rule->depth_min)
			take_level(c, rule_index, depth, is_last ? NULL : c->decided);
	}
}

static void finish(struct counter *c)
{
	for (uint32_t i = 0; i < YG_WARN_RULES_MAX; i++) {
		free(c->ways[i].first);
		free(c->ways[i].suppliers);
	}
	free(c->now);
	free(c->next);
	free(c->seen);
	free(c->decided);
}

int yg_plan_count_buyers(const struct yg_plan_graph *graph, const struct yg_warn_rules *rules,
			 struct yg_plan_recipient *recipients, uint32_t count)
{
	struct counter c = {
		.graph = graph, .rules = rules, .recipients = recipients, .count = count};
	uint32_t members = graph->community->member_count;
	int rc = start(&c);

	for (; rc == YG_OK && c.begin < members; c.begin += BLOCK_BITS) {
		clear(c.decided, members);
		for (uint32_t i = 0; i <= c.last_rule; i++)
			count_rule(&c, i);
	}
	finish(&c);
	return rc;
}
