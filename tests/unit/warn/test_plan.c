/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The case of the papers by hand, and random communities: candidates counted in one walk are those
 * that one plan for each member gives; paths are the first of the shortest.
 */
#include "warn/plan.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"

#define MEMBERS_MAX 1500u
#define ANY	    0x7u
#define STRONG	    (YG_ANSWER_BUSINESS_STOP | YG_ANSWER_SYSTEM_ACCESS)

static char names[MEMBERS_MAX][8];
static struct yg_member members[MEMBERS_MAX];
static struct yg_relation relations[16 * MEMBERS_MAX];
static struct yg_community community;
static struct yg_arena *arena;
static uint64_t seed;

static const struct yg_warn_rules usual = {
	.count = 5,
	.candidates_min = 5,
	.rules = {{.number = 1, .to = YG_WARN_TO_VICTIM, .tlp = YG_TLP_RED},
		  {.number = 2,
		   .to = YG_WARN_TO_BUYERS,
		   .depth_min = 1,
		   .depth_max = 1,
		   .first_any = ANY,
		   .content = YG_WARN_WARNING,
		   .tlp = YG_TLP_AMBER,
		   .may_name = true,
		   .waits_if_ask = true},
		  {.number = 3,
		   .to = YG_WARN_TO_BUYERS,
		   .depth_min = 2,
		   .depth_max = 3,
		   .first_any = ANY,
		   .next_any = STRONG,
		   .content = YG_WARN_WARNING,
		   .tlp = YG_TLP_AMBER},
		  {.number = 4,
		   .to = YG_WARN_TO_PROVIDER,
		   .content = YG_WARN_WARNING,
		   .tlp = YG_TLP_AMBER},
		  {.number = 5,
		   .to = YG_WARN_TO_SECTOR,
		   .content = YG_WARN_INDICATORS,
		   .tlp = YG_TLP_GREEN}},
};

static uint32_t next(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % below);
}

static void start(uint32_t count)
{
	community = (struct yg_community){
		.members = members, .relations = relations, .member_count = count};
	for (uint32_t i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "m%05u", i);
		members[i] = (struct yg_member){.id = yg_bytes_str(names[i])};
	}
	(void)yg_arena_free(arena);
	arena = yg_arena_new(1u << 30);
}

static void relate(uint32_t supplier, uint32_t buyer, uint8_t answers, enum yg_naming naming)
{
	relations[community.relation_count++] = (struct yg_relation){.supplier = supplier,
								     .buyer = buyer,
								     .answers = answers,
								     .naming = (uint8_t)naming};
}

static struct yg_plan plan_of(const struct yg_warn_rules *rules, uint32_t victim)
{
	struct yg_plan_graph *graph = yg_plan_graph_new(&community);
	struct yg_plan plan = {0};

	if (!graph || yg_plan_make(graph, rules, victim, arena, &plan) != YG_OK)
		abort();
	(void)yg_plan_graph_free(graph);
	return plan;
}

static const struct yg_plan_recipient *find(const struct yg_plan *plan, uint32_t member)
{
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->recipients[i].member == member)
			return &plan->recipients[i];
	return NULL;
}

/* 0 A, 1 B, 2 B', 3 C, 4 and 5 have C's provider and sector. */
static void tells_the_chain(void)
{
	struct yg_plan plan;
	const struct yg_plan_recipient *to;

	start(6);
	relate(1, 0, YG_ANSWER_BUSINESS_STOP, YG_NAMING_NAMED);
	relate(3, 1, YG_ANSWER_SECRET_DATA, YG_NAMING_NAMED);
	relate(3, 2, YG_ANSWER_SYSTEM_ACCESS, YG_NAMING_ASK);
	members[3].provider = members[4].provider = YG_S("msp");
	members[3].sector = members[5].sector = members[0].sector = YG_S("水道");
	plan = plan_of(&usual, 3);
	CHECK(plan.count == 6);
	to = find(&plan, 3);
	CHECK(to && to->rule == 0 && to->depth == 0 && to->path[0] == 3 && to->is_named);
	CHECK(to->redaction == YG_PLAN_WHOLE && to->state == YG_PLAN_READY);
	to = find(&plan, 1);
	CHECK(to && to->rule == 1 && to->depth == 1 && to->is_named && to->candidates == 1);
	CHECK(to->state == YG_PLAN_NEEDS_CONSENT && to->redaction == YG_PLAN_NAMED);
	to = find(&plan, 2);
	CHECK(to && to->rule == 1 && !to->is_named && to->redaction == YG_PLAN_ANONYMOUS);
	to = find(&plan, 0);
	CHECK(to && to->rule == 2 && to->depth == 2 && to->path[0] == 3 && to->path[1] == 1);
	CHECK(to->path[2] == 0 && relations[to->reason[1]].supplier == 1 && !to->is_named);
	to = find(&plan, 4);
	CHECK(to && to->rule == 3 && to->depth == YG_PLAN_NO_DEPTH && !to->path);
	CHECK(to->candidates == 1);
	to = find(&plan, 5);
	CHECK(to && to->rule == 4 && to->candidates == 2 && to->redaction == YG_PLAN_INDICATORS);
}

static void waits_for_the_answer_where_enough_could_be_it(void)
{
	struct yg_warn_rules rules = usual;
	struct yg_plan plan;

	start(3);
	rules.candidates_min = 1;
	relate(0, 1, YG_ANSWER_SECRET_DATA, YG_NAMING_ASK);
	relate(0, 2, 0, YG_NAMING_NAMED); /* all three no: nobody to warn */
	plan = plan_of(&rules, 0);
	CHECK(plan.count == 2 && find(&plan, 1)->state == YG_PLAN_NEEDS_APPROVAL);
	rules.rules[1].waits_if_ask = false;
	plan = plan_of(&rules, 0);
	CHECK(find(&plan, 1)->state == YG_PLAN_READY);
}

static void takes_the_first_of_equal_paths(void)
{
	struct yg_plan plan;
	const struct yg_plan_recipient *to;

	/* 0 → 2 → 3 → 5 and 0 → 1 → 4 → 5: as long, but 1 comes before 2. */
	start(6);
	relate(0, 1, ANY, YG_NAMING_ASK);
	relate(0, 2, ANY, YG_NAMING_ASK);
	relate(1, 4, ANY, YG_NAMING_ASK);
	relate(2, 3, ANY, YG_NAMING_ASK);
	relate(3, 5, ANY, YG_NAMING_ASK);
	relate(4, 5, ANY, YG_NAMING_ASK);
	plan = plan_of(&usual, 0);
	to = find(&plan, 5);
	CHECK(to && to->depth == 3 && to->path[1] == 1 && to->path[2] == 4);
	CHECK(to->candidates == 1);
}

/* A random community: @shape 0 sparse, 1 dense, 2 a few large buyers, 3 rings. */
static void make_random(uint32_t count, uint32_t shape)
{
	start(count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t degree = shape == 1 ? 1 + next(8) : next(4);

		members[i].provider = next(3) ? YG_S("") : YG_S("p");
		members[i].sector = next(3) ? YG_S("s") : YG_S("");
		for (uint32_t buyer = 0; buyer < count && degree > 0; buyer++) {
			uint32_t wanted = shape == 2   ? buyer < 4 ? 2 : count
					  : shape == 3 ? buyer == (i + 1) % count ? 1 : count
						       : count / 6 + 1;

			if (buyer == i || next(wanted) != 0)
				continue;
			relate(i, buyer, (uint8_t)next(8), (enum yg_naming)next(3));
			degree--;
		}
	}
}

static uint32_t count_slowly(const struct yg_warn_rules *rules, const struct yg_plan_recipient *to)
{
	uint32_t count = 0;

	for (uint32_t victim = 0; victim < community.member_count; victim++) {
		struct yg_plan plan = plan_of(rules, victim);
		const struct yg_plan_recipient *other = find(&plan, to->member);

		count += other && other->rule == to->rule && other->depth == to->depth;
	}
	return count;
}

static bool agrees(const struct yg_warn_rules *rules, uint32_t victim)
{
	struct yg_plan plan = plan_of(rules, victim);

	for (uint32_t i = 0; i < plan.count; i++) {
		const struct yg_plan_recipient *to = &plan.recipients[i];

		if (rules->rules[to->rule].to == YG_WARN_TO_BUYERS &&
		    count_slowly(rules, to) != to->candidates)
			return false;
	}
	return true;
}

static void counts_as_one_plan_each_does(void)
{
	/* Other rules than the usual: deeper, narrower, and three that stand in each other's way.
	 */
	struct yg_warn_rules other = usual;

	other.rules[1].first_any = YG_ANSWER_SECRET_DATA;
	other.rules[2].depth_min = 1;
	other.rules[2].depth_max = 2;
	other.rules[3] = other.rules[2];
	other.rules[3].depth_min = 2;
	other.rules[3].depth_max = 5;
	other.rules[3].next_any = ANY;
	seed = 20261125;
	for (uint32_t i = 0; i < 60; i++) {
		make_random(4 + next(14), i % 4);
		CHECK(agrees(i % 3 ? &usual : &other, next(community.member_count)));
	}
}

/* More members than a block of candidates holds: all of them buy from each other by way of one. */
static void counts_over_blocks(void)
{
	struct yg_plan plan;
	uint32_t count = MEMBERS_MAX;

	start(count);
	for (uint32_t i = 0; i < count - 2; i++)
		relate(i, count - 2, ANY, YG_NAMING_ANONYMOUS);
	relate(count - 2, count - 1, ANY, YG_NAMING_ANONYMOUS);
	plan = plan_of(&usual, 3);
	CHECK(plan.count == 3);
	CHECK(find(&plan, count - 2)->candidates == count - 2);
	CHECK(find(&plan, count - 1)->candidates == count - 2 &&
	      find(&plan, count - 1)->depth == 2);
	CHECK(find(&plan, count - 1)->state == YG_PLAN_READY);
}

static void survives_failing_memory(void)
{
	bool has_failed = false;

	seed = 7;
	make_random(20, 1);
	for (long i = 1; i < 60; i++) {
		struct yg_plan_graph *graph;
		struct yg_plan plan;
		int rc = YG_ENOMEM;

		yg_fail_at = i;
		graph = yg_plan_graph_new(&community);
		if (graph)
			rc = yg_plan_make(graph, &usual, 1, arena, &plan);
		has_failed |= rc == YG_ENOMEM;
		yg_fail_at = 0;
		(void)yg_plan_graph_free(graph);
	}
	CHECK(has_failed);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(tells_the_chain),
		CASE(waits_for_the_answer_where_enough_could_be_it),
		CASE(takes_the_first_of_equal_paths),
		CASE(counts_as_one_plan_each_does),
		CASE(counts_over_blocks),
		CASE(survives_failing_memory),
	};
	int status = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_arena_free(arena);
	return status;
}
