/* SPDX-License-Identifier: Apache-2.0 */
#include "app/quarantine.h"

#include "app/say.h"
#include "base/alloc.h"

#include "base/ban.h"

/* What one rule did since its counting began. */
struct account {
	uint64_t cost;
	uint64_t findings;
	uint64_t over;		   /* 0, or what it took for each KiB when it was stopped */
	struct yg_group_load from; /* the load when it began */
	bool is_out;
	bool is_touched; /* by the batch at hand */
};

struct yg_quarantine {
	const struct yg_engine *engine;
	uint64_t cost_max;	     /* for each KiB or record; 0 = none */
	uint64_t findings_max;	     /* for each 1000 records; 0 = none */
	struct account *accounts;    /* by engine index */
	struct yg_group_load *loads; /* of groups, since the start */
	uint32_t group_count;
	uint32_t *touched;
	uint32_t touched_count;
	uint32_t out_count;
	void *skip_mem; /* owned; what skip_from points to */
	_Atomic uint64_t *skip_from;
};

struct yg_quarantine *yg_quarantine_free(struct yg_quarantine *q)
{
	if (!q)
		return NULL;
	free(q->accounts);
	free(q->loads);
	free(q->touched);
	free(q->skip_mem);
	free(q);
	return NULL;
}

struct yg_quarantine *yg_quarantine_new(const struct yg_engine *engine,
					const struct yg_options *options)
{
	struct yg_quarantine *q = yg_calloc(1, sizeof(*q));
	uint32_t rules = yg_engine_rule_count(engine);

	if (!q)
		return NULL;
	q->engine = engine;
	q->cost_max = options->rule_budget;
	q->findings_max = options->findings_budget;
	q->group_count = yg_engine_group_count(engine);
	q->accounts = yg_calloc(rules + 1u, sizeof(*q->accounts));
	q->loads = yg_calloc(q->group_count + 1u, sizeof(*q->loads));
	q->touched = yg_calloc(rules + 1u, sizeof(*q->touched));
	q->skip_mem = yg_calloc(rules + 1u, sizeof(*q->skip_from));
	q->skip_from = q->skip_mem;
	if (!q->accounts || !q->loads || !q->touched || !q->skip_from)
		return yg_quarantine_free(q);
	for (uint32_t i = 0; i < rules; i++)
		atomic_init(&q->skip_from[i], UINT64_MAX);
	return q;
}

const _Atomic uint64_t *yg_quarantine_skip_from(const struct yg_quarantine *q)
{
	return q->skip_from;
}

uint32_t yg_quarantine_rules(const struct yg_quarantine *q)
{
	return q->out_count;
}

/* --- what rules in quarantine say --------------------------------------------------------------
 */

static int filter_hits(const struct yg_quarantine *q, struct yg_arena *arena,
		       struct yg_trace *trace)
{
	uint32_t *kept = yg_arena_alloc(arena, (trace->hit_count + 1) * sizeof(*kept));
	uint32_t count = 0;

	if (!kept)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < trace->hit_count; i++)
		if (!q->accounts[trace->hits[i]].is_out)
			kept[count++] = trace->hits[i];
	trace->hits = kept;
	trace->hit_count = count;
	return YG_OK;
}

static int filter_keys(const struct yg_quarantine *q, struct yg_arena *arena,
		       struct yg_trace *trace)
{
	struct yg_trace_key *kept = yg_arena_alloc(arena, (trace->key_count + 1) * sizeof(*kept));
	uint32_t count = 0;

	if (!kept)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < trace->key_count; i++) {
		const struct yg_trace_key *key = &trace->keys[i];
		uint32_t rule =
			yg_engine_rule(q->engine, key->correlation)->correlation->refs[key->ref];

		if (!q->accounts[rule].is_out)
			kept[count++] = *key;
	}
	trace->keys = kept;
	trace->key_count = count;
	return YG_OK;
}

int yg_quarantine_filter(const struct yg_quarantine *q, struct yg_batch *batch)
{
	size_t kept = 0;

	if (q->out_count == 0)
		return YG_OK;
	for (size_t i = 0; i < batch->trace_count; i++) {
		struct yg_trace *trace = &batch->traces[i];
		int rc = trace->hit_count > 0 ? filter_hits(q, batch->arena, trace) : YG_OK;

		if (rc == YG_OK && trace->key_count > 0)
			rc = filter_keys(q, batch->arena, trace);
		if (rc != YG_OK)
			return rc;
		/* What nobody wants now would not have been made without the rule. */
		if (yg_trace_is_needed(trace))
			batch->traces[kept++] = *trace;
	}
	batch->trace_count = kept;
	return YG_OK;
}

/* --- accounts --------------------------------------------------------------------------------- */

static void touch(struct yg_quarantine *q, uint32_t rule)
{
	if (q->accounts[rule].is_touched)
		return;
	q->accounts[rule].is_touched = true;
	q->touched[q->touched_count++] = rule;
}

static void put_out(struct yg_quarantine *q, uint32_t rule, const struct yg_batch *batch)
{
	q->accounts[rule].is_out = true;
	q->out_count++;
	/* Workers that learn of it late say what yg_quarantine_filter() takes out. */
	atomic_store_explicit(&q->skip_from[rule], batch->serial + 1, memory_order_relaxed);
}

static void say_out(const struct yg_rule_info *rule, const char *source, uint64_t position,
		    bool is_cost, unsigned long long took, unsigned long long budget)
{
	const char *hint =
		is_cost ? N_("docs/tuning.md: what is counted, how to find what makes it "
			     "dear (--profile); --rule-budget 0 lifts the limit")
			: N_("a filter takes out what is usual here (yagura rules benign); "
			     "--findings-budget 0 lifts the limit");

	if (is_cost)
		yg_say_hint(hint,
			    N_("rule %s (%s) is out of use after record %llu of %s: it took %llu "
			       "units of work for each KiB, the budget is %llu"),
			    yg_say_safe(rule->id, 130), yg_say_safe(rule->title, 120),
			    (unsigned long long)position, yg_say_safe(yg_bytes_str(source), 200),
			    took, budget);
	else
		yg_say_hint(hint,
			    N_("rule %s (%s) is out of use after record %llu of %s: it made %llu "
			       "findings for each 1000 records, the budget is %llu"),
			    yg_say_safe(rule->id, 130), yg_say_safe(rule->title, 120),
			    (unsigned long long)position, yg_say_safe(yg_bytes_str(source), 200),
			    took, budget);
}

static void settle(struct yg_quarantine *q, uint32_t rule, const struct yg_batch *batch,
		   const char *source)
{
	struct account *account = &q->accounts[rule];
	struct yg_group_load load = yg_engine_rule_load(q->engine, rule, q->loads);
	uint64_t records = load.records - account->from.records;
	uint64_t weight = load.weight - account->from.weight;
	uint64_t position =
		batch->record_count ? batch->records[batch->record_count - 1].position : 0;
	const struct yg_rule_info *info = &yg_engine_rule(q->engine, rule)->info;

	if (account->over) {
		put_out(q, rule, batch);
		say_out(info, source, position, true, account->over, q->cost_max);
		return;
	}
	if (records < YG_BUDGET_RECORDS)
		return;
	if (q->cost_max > 0 && account->cost / weight > q->cost_max) {
		put_out(q, rule, batch);
		say_out(info, source, position, true, account->cost / weight, q->cost_max);
	} else if (q->findings_max > 0 && account->findings * 1000 / records > q->findings_max) {
		put_out(q, rule, batch);
		say_out(info, source, position, false, account->findings * 1000 / records,
			q->findings_max);
	} else if (records >= YG_BUDGET_WINDOW) {
		account->cost = 0;
		account->findings = 0;
		account->from = load;
	}
}

static int by_number(const void *left, const void *right)
{
	uint32_t a, b;

	memcpy(&a, left, sizeof(a));
	memcpy(&b, right, sizeof(b));
	return (a > b) - (a < b);
}

void yg_quarantine_count(struct yg_quarantine *q, const struct yg_batch *batch,
			 const struct yg_batch *last, const char *source)
{
	for (uint32_t i = 0; batch->loads && i < q->group_count; i++) {
		q->loads[i].records += batch->loads[i].records;
		q->loads[i].weight += batch->loads[i].weight;
	}
	q->touched_count = 0;
	for (uint32_t i = 0; i < batch->charge_count; i++) {
		q->accounts[batch->charges[i].rule].cost += batch->charges[i].cost;
		q->accounts[batch->charges[i].rule].over = batch->charges[i].over;
		touch(q, batch->charges[i].rule);
	}
	for (size_t i = 0; q->findings_max > 0 && i < batch->trace_count; i++)
		for (uint32_t h = 0; h < batch->traces[i].hit_count; h++) {
			q->accounts[batch->traces[i].hits[h]].findings++;
			touch(q, batch->traces[i].hits[h]);
		}
	if (q->touched_count > 1)
		qsort(q->touched, q->touched_count, sizeof(*q->touched), by_number);
	for (uint32_t i = 0; i < q->touched_count; i++) {
		q->accounts[q->touched[i]].is_touched = false;
		if (!q->accounts[q->touched[i]].is_out)
			settle(q, q->touched[i], last, source);
	}
}
