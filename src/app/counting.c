/* SPDX-License-Identifier: Apache-2.0 */
#include "app/counting.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define FIRST_RULES 256u

struct yg_counting {
	struct yg_kinds kinds;
	struct yg_count_rule *rules;
	uint32_t rule_count;
	uint32_t rule_room;
	uint32_t *slots; /* by the rule's address: index + 1; twice rule_room */
	uint64_t other_findings;
	uint64_t (*levels)[5];
	size_t input_count;
};

struct yg_counting *yg_counting_free(struct yg_counting *counting)
{
	if (!counting)
		return NULL;
	yg_kinds_done(&counting->kinds);
	free(counting->rules);
	free(counting->slots);
	free(counting->levels);
	free(counting);
	return NULL;
}

struct yg_counting *yg_counting_new(size_t input_count)
{
	struct yg_counting *counting = yg_calloc(1, sizeof(*counting));

	if (!counting)
		return NULL;
	counting->input_count = input_count;
	counting->levels = yg_calloc(input_count + 1, sizeof(*counting->levels));
	if (yg_kinds_init(&counting->kinds, YG_KINDS_MAX) != YG_OK || !counting->levels)
		return yg_counting_free(counting);
	return counting;
}

int yg_counting_batch(struct yg_counting *counting, const struct yg_batch *batch)
{
	int rc = YG_OK;

	for (size_t i = 0; i < batch->kind_count && rc == YG_OK; i++)
		rc = yg_kinds_add(&counting->kinds, &batch->kinds[i]);
	counting->kinds.others += batch->other_kinds;
	return rc;
}

static uint32_t *slot_of(const struct yg_counting *c, const struct yg_rule_info *rule)
{
	uintptr_t key = (uintptr_t)rule;
	uint32_t mask = c->rule_room * 2 - 1;
	uint32_t at = (uint32_t)(key >> 4 ^ key >> 20) & mask;

	while (c->slots[at] && c->rules[c->slots[at] - 1].rule != rule)
		at = (at + 1) & mask;
	return &c->slots[at];
}

static int grow(struct yg_counting *c)
{
	uint32_t room = c->rule_room ? c->rule_room * 2 : FIRST_RULES;
	struct yg_count_rule *rules = yg_reallocarray(c->rules, room, sizeof(*rules));
	uint32_t *slots;

	if (!rules)
		return YG_ENOMEM;
	c->rules = rules;
	slots = yg_calloc((size_t)room * 2, sizeof(*slots));
	if (!slots)
		return YG_ENOMEM;
	free(c->slots);
	c->slots = slots;
	c->rule_room = room;
	for (uint32_t i = 0; i < c->rule_count; i++)
		*slot_of(c, c->rules[i].rule) = i + 1;
	return YG_OK;
}

int yg_counting_finding(struct yg_counting *c, const struct yg_rule_info *rule, size_t input)
{
	uint32_t *slot;

	if (input < c->input_count)
		c->levels[input][rule->level]++;
	if (c->rule_count == c->rule_room && c->rule_room < YG_COUNTING_RULES_MAX) {
		int rc = grow(c);

		if (rc != YG_OK)
			return rc;
	}
	slot = slot_of(c, rule);
	if (*slot) {
		c->rules[*slot - 1].findings++;
	} else if (c->rule_count == c->rule_room) {
		c->other_findings++;
	} else {
		c->rules[c->rule_count] = (struct yg_count_rule){rule, 1};
		*slot = ++c->rule_count;
	}
	return YG_OK;
}

struct yg_kinds *yg_counting_kinds(struct yg_counting *counting)
{
	return &counting->kinds;
}

static int rule_order(const void *left, const void *right)
{
	const struct yg_count_rule *a = left, *b = right;
	size_t size = a->rule->id.size < b->rule->id.size ? a->rule->id.size : b->rule->id.size;
	int by_id;

	if (a->rule->level != b->rule->level)
		return a->rule->level > b->rule->level ? -1 : 1;
	if (a->findings != b->findings)
		return a->findings > b->findings ? -1 : 1;
	by_id = size ? memcmp(a->rule->id.data, b->rule->id.data, size) : 0;
	return by_id ? by_id
		     : (a->rule->id.size > b->rule->id.size) -
			       (a->rule->id.size < b->rule->id.size);
}

void yg_counting_result(struct yg_counting *c, const struct yg_report *report, struct yg_count *ret)
{
	yg_kinds_sort(&c->kinds);
	if (c->rule_count > 1)
		qsort(c->rules, c->rule_count, sizeof(*c->rules), rule_order);
	*ret = (struct yg_count){
		.report = report,
		.kinds = c->kinds.items,
		.kind_count = c->kinds.count,
		.other_records = c->kinds.others,
		.rules = c->rules,
		.rule_count = c->rule_count,
		.other_findings = c->other_findings,
		.levels = (const uint64_t(*)[5])c->levels,
	};
}
