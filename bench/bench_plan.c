/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan on the community of W7: 10,000 members, 100,000 relations, few buyers with most of them
 * (a power law), fixed seed. By hand:
 *
 *   build/bench/bench_plan [ROUNDS [MEMBERS RELATIONS]]
 *
 * Each round makes the graph and the plan, with path, reason, marking and redaction class of every
 * recipient: for the first member, and with more than two rounds for the widest, which has the most
 * recipients of twenty tried. Best and median in milliseconds. tests/unit/warn/floor.py holds a
 * ceiling of instructions: those of two rounds less those of one.
 */
#include <math.h>
#include <time.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "warn/plan.h"

#include "base/ban.h"

#define ROUNDS_MAX 1000u
#define WIDE_TRIED 1000u

static uint64_t state = 20261125;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Rank r with probability about r^-1.8: a few take most. */
static uint32_t draw_rank(uint32_t count)
{
	double even = (double)(draw() >> 11) / 9007199254740992.0;
	double rank = pow(1.0 - even, -1.0 / 0.8);

	return rank >= count ? (uint32_t)(draw() % count) : (uint32_t)rank - 1;
}

static int by_pair(const void *a, const void *b)
{
	const struct yg_relation *x = a;
	const struct yg_relation *y = b;

	if (x->supplier != y->supplier)
		return x->supplier < y->supplier ? -1 : 1;
	return (x->buyer > y->buyer) - (x->buyer < y->buyer);
}

/* Sorted, no pair twice: what parse/community.h gives. */
static uint32_t make_relations(struct yg_relation *relations, uint32_t members, uint32_t wanted)
{
	uint32_t count = 0;

	while (count < wanted) {
		uint32_t kept = 0;

		for (; count < wanted; count++) {
			/* Ranks are spread over the ids by a number without common divisor. */
			uint32_t buyer = (uint32_t)(draw_rank(members) * 7919ull % members);
			uint32_t supplier = (uint32_t)(draw() % members);

			if (supplier == buyer)
				supplier = (supplier + 1) % members;
			relations[count] = (struct yg_relation){.supplier = supplier,
								.buyer = buyer,
								.answers = (uint8_t)(draw() & 7),
								.naming = (uint8_t)(draw() % 3)};
		}
		qsort(relations, count, sizeof(*relations), by_pair);
		for (uint32_t i = 0; i < count; i++)
			if (i == 0 || by_pair(&relations[i], &relations[kept - 1]) != 0)
				relations[kept++] = relations[i];
		count = kept;
	}
	return count;
}

static void make_rules(struct yg_warn_rules *rules)
{
	uint8_t strong = YG_ANSWER_BUSINESS_STOP | YG_ANSWER_SYSTEM_ACCESS;

	*rules = (struct yg_warn_rules){
		.count = 5,
		.candidates_min = 5,
		.rules = {{.number = 1, .to = YG_WARN_TO_VICTIM, .tlp = YG_TLP_RED},
			  {.number = 2,
			   .to = YG_WARN_TO_BUYERS,
			   .depth_min = 1,
			   .depth_max = 1,
			   .first_any = 7,
			   .content = YG_WARN_WARNING,
			   .tlp = YG_TLP_AMBER,
			   .may_name = true,
			   .waits_if_ask = true},
			  {.number = 3,
			   .to = YG_WARN_TO_BUYERS,
			   .depth_min = 2,
			   .depth_max = 3,
			   .first_any = 7,
			   .next_any = strong,
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
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Graph and plan; *ret_count recipients. Milliseconds, or below 0. */
static double plan_once(const struct yg_community *community, const struct yg_warn_rules *rules,
			uint32_t victim, struct yg_arena *arena, uint32_t *ret_count)
{
	double start = now_ms();
	struct yg_plan_graph *graph = yg_plan_graph_new(community);
	struct yg_plan plan = {0};
	int rc = graph ? yg_plan_make(graph, rules, victim, arena, &plan) : YG_ENOMEM;
	double end = now_ms();

	(void)yg_plan_graph_free(graph);
	yg_arena_reset(arena);
	*ret_count = plan.count;
	return rc == YG_OK ? end - start : -1;
}

static int measure(const char *name, const struct yg_community *community,
		   const struct yg_warn_rules *rules, uint32_t victim, uint32_t rounds)
{
	static double times[ROUNDS_MAX];
	struct yg_arena *arena = yg_arena_new(1u << 30);
	uint32_t count = 0;

	for (uint32_t i = 0; arena && i < rounds; i++) {
		times[i] = plan_once(community, rules, victim, arena, &count);
		if (times[i] < 0)
			rounds = 0;
	}
	(void)yg_arena_free(arena);
	if (rounds == 0)
		return 1;
	qsort(times, rounds, sizeof(times[0]), by_value);
	printf("%s: member %u, %u recipients: best %.1f ms, median %.1f ms of %u\n", name, victim,
	       count, times[0], times[rounds / 2], rounds);
	return 0;
}

static uint32_t widest_of(const struct yg_community *community, const struct yg_warn_rules *rules)
{
	struct yg_plan_graph *graph = yg_plan_graph_new(community);
	struct yg_arena *arena = yg_arena_new(1u << 30);
	uint32_t widest = 0;
	uint32_t most = 0;

	/* Twenty tries of the thousand: each costs a plan. */
	for (uint32_t i = 0; graph && arena && i < WIDE_TRIED; i += 50) {
		struct yg_plan plan;

		if (yg_plan_make(graph, rules, i % community->member_count, arena, &plan) != YG_OK)
			break;
		if (plan.count > most) {
			most = plan.count;
			widest = i % community->member_count;
		}
		yg_arena_reset(arena);
	}
	(void)yg_arena_free(arena);
	(void)yg_plan_graph_free(graph);
	return widest;
}

int main(int argc, char **argv)
{
	uint64_t rounds = 15;
	uint64_t member_count = 10000;
	uint64_t relation_count = 100000;
	static struct yg_warn_rules rules;
	struct yg_community community = {0};
	struct yg_member *members;
	struct yg_relation *relations;
	char *names;
	int status = 1;

	if ((argc > 1 && !yg_bytes_u64(yg_bytes_str(argv[1]), &rounds)) ||
	    (argc > 3 && (!yg_bytes_u64(yg_bytes_str(argv[2]), &member_count) ||
			  !yg_bytes_u64(yg_bytes_str(argv[3]), &relation_count))) ||
	    rounds < 1 || rounds > ROUNDS_MAX || member_count < 10 ||
	    member_count > YG_MEMBERS_MAX || relation_count > YG_RELATIONS_MAX)
		return 2;
	members = yg_calloc(member_count, sizeof(*members));
	relations = yg_calloc(relation_count, sizeof(*relations));
	names = yg_calloc(member_count, 16);
	if (members && relations && names) {
		static const char *const sectors[] = {"医療", "水道", "物流", "化学", "金融"};

		for (uint32_t i = 0; i < member_count; i++) {
			(void)snprintf(names + 16 * (size_t)i, 16, "org-%06u", i);
			members[i].id = yg_bytes_str(names + 16 * (size_t)i);
			members[i].sector = yg_bytes_str(sectors[i % 5]);
			members[i].provider = yg_bytes_str(i % 3 ? "msp" : "");
		}
		community.members = members;
		community.member_count = (uint32_t)member_count;
		community.relations = relations;
		community.relation_count =
			make_relations(relations, (uint32_t)member_count, (uint32_t)relation_count);
		make_rules(&rules);
		printf("members %u, relations %u, digest %016llx\n", community.member_count,
		       community.relation_count,
		       (unsigned long long)yg_hash64(
			       (struct yg_bytes){(const uint8_t *)relations,
						 community.relation_count * sizeof(*relations)},
			       0));
		status = measure("first", &community, &rules, 0, (uint32_t)rounds);
		if (status == 0 && rounds > 2)
			status = measure("widest", &community, &rules,
					 widest_of(&community, &rules), (uint32_t)rounds);
	}
	free(members);
	free(relations);
	free(names);
	return status;
}
