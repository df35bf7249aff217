/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/meter-int.h"

#include "base/alloc.h"
#include "detect/engine-int.h"
#include "detect/explain.h"

#include "base/ban.h"

#define TICKS 256u /* of which the shortest tells what asking the clock takes */

/* --- profiles --------------------------------------------------------------------------------- */

int yg_profile_init(struct yg_profile *profile, const struct yg_engine *engine)
{
	*profile = (struct yg_profile){.rule_count = yg_engine_rule_count(engine),
				       .group_count = yg_engine_group_count(engine)};
	profile->rules = yg_calloc(profile->rule_count + 1u, sizeof(*profile->rules));
	profile->groups = yg_calloc(profile->group_count + 1u, sizeof(*profile->groups));
	return profile->rules && profile->groups ? YG_OK : YG_ENOMEM;
}

void yg_profile_done(struct yg_profile *profile)
{
	free(profile->rules);
	free(profile->groups);
	*profile = (struct yg_profile){0};
}

void yg_profile_add(struct yg_profile *to, const struct yg_profile *from)
{
	for (uint32_t i = 0; i < to->rule_count && i < from->rule_count; i++) {
		to->rules[i].runs += from->rules[i].runs;
		to->rules[i].tests += from->rules[i].tests;
		to->rules[i].matches += from->rules[i].matches;
		to->rules[i].work += from->rules[i].work;
		to->rules[i].timed += from->rules[i].timed;
		to->rules[i].ns += from->rules[i].ns;
	}
	for (uint32_t i = 0; i < to->group_count && i < from->group_count; i++) {
		to->groups[i].records += from->groups[i].records;
		to->groups[i].weight += from->groups[i].weight;
	}
	to->records += from->records;
	to->timed_records += from->timed_records;
	to->search_ns += from->search_ns;
}

/* --- meters ----------------------------------------------------------------------------------- */

struct yg_meter *yg_meter_free(struct yg_meter *meter)
{
	if (!meter)
		return NULL;
	free(meter->costs);
	free(meter->over);
	free(meter->charges);
	free(meter->groups);
	yg_profile_done(&meter->profile);
	free(meter);
	return NULL;
}

static int make(struct yg_scratch *scratch)
{
	const struct yg_engine *engine = scratch->engine;
	struct yg_meter *meter;

	if (scratch->meter)
		return YG_OK;
	meter = yg_calloc(1, sizeof(*meter));
	if (!meter)
		return YG_ENOMEM;
	meter->group_count = yg_engine_group_count(engine);
	meter->costs = yg_calloc(yg_engine_rule_count(engine) + 1u, sizeof(*meter->costs));
	meter->over = yg_calloc(yg_engine_rule_count(engine) + 1u, sizeof(*meter->over));
	meter->charges = yg_calloc(yg_engine_rule_count(engine) + 1u, sizeof(*meter->charges));
	meter->groups = yg_calloc(meter->group_count + 1u, sizeof(*meter->groups));
	scratch->costs = yg_calloc(engine->img.preds_count + 1u, sizeof(*scratch->costs));
	scratch->charged = yg_calloc(YG_CHARGED_MAX, sizeof(*scratch->charged));
	if (!meter->costs || !meter->over || !meter->charges || !meter->groups || !scratch->costs ||
	    !scratch->charged) {
		(void)yg_meter_free(meter);
		return YG_ENOMEM;
	}
	scratch->meter = meter;
	return YG_OK;
}

int yg_scratch_meter(struct yg_scratch *scratch, const _Atomic uint64_t *skip_from,
		     uint64_t cost_max)
{
	int rc = make(scratch);

	if (rc != YG_OK)
		return rc;
	scratch->meter->skip_from = skip_from;
	scratch->meter->cost_max = cost_max;
	return YG_OK;
}

int yg_scratch_profile(struct yg_scratch *scratch, struct yg_clock clock)
{
	int64_t least = INT64_MAX;
	int rc = make(scratch);

	if (rc == YG_OK)
		rc = yg_profile_init(&scratch->meter->profile, scratch->engine);
	if (rc != YG_OK)
		return rc;
	for (unsigned i = 0; i < TICKS; i++) {
		int64_t from = clock.now_ns(clock.arg);
		int64_t took = clock.now_ns(clock.arg) - from;

		least = took >= 0 && took < least ? took : least;
	}
	scratch->meter->clock = clock;
	scratch->meter->tick_ns = least == INT64_MAX ? 0 : least;
	scratch->meter->is_profiling = true;
	return YG_OK;
}

const struct yg_profile *yg_scratch_profiled(const struct yg_scratch *scratch)
{
	return scratch->meter && scratch->meter->is_profiling ? &scratch->meter->profile : NULL;
}

void yg_scratch_serial(struct yg_scratch *scratch, uint64_t serial)
{
	if (scratch->meter)
		scratch->meter->serial = serial;
}

static void start_anew(struct yg_meter *meter)
{
	for (uint32_t i = 0; i < meter->charge_count; i++) {
		meter->costs[meter->charges[i].rule] = 0;
		meter->over[meter->charges[i].rule] = 0;
	}
	meter->charge_count = 0;
	meter->weight = 0;
	meter->is_stopping = false;
	memset(meter->groups, 0, meter->group_count * sizeof(*meter->groups));
	meter->is_taken = false;
}

void yg_meter_record(struct yg_meter *meter, uint32_t group, size_t bytes)
{
	uint64_t weight = bytes / YG_METER_UNIT_BYTES + 1;

	if (meter->is_taken)
		start_anew(meter);
	meter->groups[group].records++;
	meter->groups[group].weight += weight;
	meter->weight += weight;
	if (!meter->is_profiling)
		return;
	meter->profile.groups[group].records++;
	meter->profile.groups[group].weight += weight;
	meter->is_timing = meter->profile.records++ % YG_PROFILE_EVERY == 0;
	meter->profile.timed_records += meter->is_timing;
}

void yg_meter_charge(struct yg_meter *meter, uint32_t rule, uint64_t cost)
{
	if (meter->costs[rule] == 0)
		meter->charges[meter->charge_count++].rule = rule;
	meter->costs[rule] += cost;
	/* The weight of all records is at least that of those the rule is up for. */
	if (meter->cost_max && meter->costs[rule] / YG_METER_LEAST > meter->cost_max &&
	    meter->costs[rule] / meter->weight / YG_METER_FAR > meter->cost_max) {
		meter->over[rule] = meter->costs[rule] / meter->weight;
		meter->is_stopping = true;
	}
}

bool yg_scratch_is_stopping(const struct yg_scratch *scratch)
{
	return scratch->meter && scratch->meter->is_stopping;
}

void yg_scratch_charges(struct yg_scratch *scratch, struct yg_meter_counts *ret)
{
	struct yg_meter *meter = scratch->meter;

	*ret = (struct yg_meter_counts){.charges = NULL};
	if (!meter)
		return;
	if (meter->is_taken)
		start_anew(meter);
	for (uint32_t i = 0; i < meter->charge_count; i++) {
		meter->charges[i].cost = meter->costs[meter->charges[i].rule];
		meter->charges[i].over = meter->over[meter->charges[i].rule];
	}
	ret->charges = meter->charges;
	ret->charge_count = meter->charge_count;
	ret->groups = meter->groups;
	meter->is_taken = true;
}

/* --- groups ----------------------------------------------------------------------------------- */

uint32_t yg_engine_group_count(const struct yg_engine *engine)
{
	return engine->img.groups_count;
}

static bool has_rule(const struct yg_img *img, const struct yg_img_group *group, uint32_t rule)
{
	uint32_t low = 0, high = group->rules.count;

	while (low < high) { /* they ascend */
		uint32_t middle = low + (high - low) / 2;
		uint32_t found = img->group_rules[group->rules.first + middle];

		if (found == rule)
			return true;
		if (found < rule)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

struct yg_group_load yg_engine_rule_load(const struct yg_engine *engine, uint32_t rule,
					 const struct yg_group_load *loads)
{
	const struct yg_img *img = &engine->img;
	struct yg_group_load sum = {0, 0};

	for (uint32_t i = 0; i < img->groups_count; i++) {
		if (loads[i].records == 0 || !has_rule(img, &img->groups[i], rule))
			continue;
		sum.records += loads[i].records;
		sum.weight += loads[i].weight;
	}
	return sum;
}

bool yg_engine_admits(const struct yg_engine *engine, struct yg_event *event, uint32_t rule)
{
	const struct yg_img *img = &engine->img;
	uint32_t number = img->routes[yg_router_route(engine->router, event)];

	return number != YG_IMG_NONE && has_rule(img, &img->groups[number], rule);
}
