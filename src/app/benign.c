/* SPDX-License-Identifier: Apache-2.0 */
#include "app/benign.h"

#include <stdlib.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/explain.h"
#include "model/record.h"
#include "render/benign.h"

#include "base/ban.h"

#define EXAMPLES_KEPT	 5u
#define EXAMPLE_BYTES	 8192u
#define ARENA_MAX	 (1u << 30)
#define SEED		 UINT64_C(0x79672d62656e6967)
#define FILTER_COVER_MIN 0.5 /* share of hits that a suggestion must take away */
#define BACKGROUND_MAX	 0.5 /* share of the records of its kind that may have such a value */
#define CAUSES_MAX	 64u
#define HIT_WORDS	 (YG_BENIGN_LOOKED_MAX / 64u + 1)
#define FIRST_PAIRS	 64u

/* A (field, value) pair of the hits of a rule. */
struct pair {
	struct yg_benign_value value;
	uint64_t hash;
	uint64_t kind;		 /* of the record that had it first */
	bool is_cause;		 /* it made the rule true */
	uint64_t had[HIT_WORDS]; /* which hits have it, as bits */
};

struct watched {
	struct yg_explainer *explainer;
	struct pair *pairs;
	uint32_t pair_count;
	uint32_t pair_room;
	uint32_t looked;
	struct yg_benign_example examples[EXAMPLES_KEPT];
	uint32_t example_count;
	struct yg_benign_value causes[CAUSES_MAX];
};

/* How often a pair occurs in the sample. */
struct common {
	uint64_t hash; /* 0 = free */
	uint32_t count;
};

struct yg_benign_run {
	struct yg_run *run;
	struct yg_arena *arena;
	uint32_t *rule_of;	  /* engine index -> number in the understood rules */
	struct watched **watched; /* by engine index; NULL = no hit yet */
	uint32_t rule_count;
	struct common *common;
	uint32_t common_count;
	uint64_t records;
	uint64_t sampled;
	struct yg_benign_rule *rules; /* of the report */
	uint64_t kind;		      /* of the record at hand */
	struct watched *at;	      /* the rule whose causes are being taken */
};

struct yg_benign_run *yg_benign_free(struct yg_benign_run *b)
{
	if (!b)
		return NULL;
	for (uint32_t i = 0; b->watched && i < b->rule_count; i++) {
		if (!b->watched[i])
			continue;
		(void)yg_explainer_free(b->watched[i]->explainer);
		free(b->watched[i]->pairs);
		free(b->watched[i]);
	}
	free(b->watched);
	free(b->rule_of);
	free(b->common);
	free(b->rules);
	(void)yg_arena_free(b->arena);
	free(b);
	return NULL;
}

struct yg_benign_run *yg_benign_new(struct yg_run *run)
{
	struct yg_benign_run *b = yg_calloc(1, sizeof(*b));
	const struct yg_engine *engine = run->rules.engine;

	if (!b)
		return NULL;
	b->run = run;
	b->rule_count = yg_engine_rule_count(engine);
	b->arena = yg_arena_new(ARENA_MAX);
	b->rule_of = yg_calloc(b->rule_count + 1u, sizeof(*b->rule_of));
	b->watched = yg_calloc(b->rule_count + 1u, sizeof(struct watched *));
	b->common = yg_calloc((size_t)YG_BENIGN_COMMON_MAX * 2, sizeof(*b->common));
	if (!b->arena || !b->rule_of || !b->watched || !b->common)
		return yg_benign_free(b);
	for (uint32_t i = 0; i < b->rule_count; i++) {
		uint32_t near;

		b->rule_of[i] =
			yg_rules_meant(run->rules.rules, yg_engine_rule(engine, i)->info.id, &near);
	}
	return b;
}

/* --- what is usual ---------------------------------------------------------------------------- */

/* Format, channel and event id as one number. */
static uint64_t kind_hash(const struct yg_event *event)
{
	return yg_hash64(event->channel,
			 SEED + event->event_code + ((uint64_t)event->format << 32)) |
	       1;
}

/* A pair among records of one kind. */
static uint64_t in_kind(uint64_t pair, uint64_t kind)
{
	return (pair ^ kind * UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

static uint64_t pair_hash(struct yg_bytes field, struct yg_bytes value)
{
	return yg_hash64(value, yg_hash64(field, SEED)) | 1;
}

static struct common *common_of(const struct yg_benign_run *b, uint64_t hash)
{
	uint32_t mask = YG_BENIGN_COMMON_MAX * 2 - 1;
	uint32_t at = (uint32_t)(hash >> 20) & mask;

	while (b->common[at].hash && b->common[at].hash != hash)
		at = (at + 1) & mask;
	return &b->common[at];
}

static void add_common(struct yg_benign_run *b, uint64_t hash)
{
	struct common *common = common_of(b, hash);

	if (!common->hash && b->common_count == YG_BENIGN_COMMON_MAX)
		return; /* rare ones count as unseen */
	b->common_count += !common->hash;
	common->hash = hash;
	common->count++;
}

static void sample(struct yg_benign_run *b, struct yg_event *event)
{
	uint64_t kind = kind_hash(event);

	b->sampled++;
	add_common(b, kind);
	for (uint32_t i = 0; i < event->field_count; i++)
		add_common(b, in_kind(pair_hash(event->fields[i].name,
						yg_event_text(event, &event->fields[i])),
				      kind));
}

/* --- hits ------------------------------------------------------------------------------------- */

static int watch(struct yg_benign_run *b, uint32_t rule, struct watched **ret)
{
	struct watched *w = b->watched[rule];

	*ret = w;
	if (w)
		return YG_OK;
	w = yg_calloc(1, sizeof(*w));
	if (!w)
		return YG_ENOMEM;
	b->watched[rule] = *ret = w;
	return yg_explainer_new(b->run->rules.rules, b->rule_of[rule], &w->explainer);
}

/* False when there are enough, or memory is out: only values are lost. */
static bool grow(struct watched *w)
{
	uint32_t room = w->pair_room ? w->pair_room * 2 : FIRST_PAIRS;
	struct pair *grown;

	if (room > YG_BENIGN_VALUES_MAX)
		return false;
	grown = yg_reallocarray(w->pairs, room, sizeof(*grown));
	if (!grown)
		return false;
	w->pairs = grown;
	w->pair_room = room;
	return true;
}

/* The pair in @w, made when there is room. */
static struct pair *pair_of(struct yg_benign_run *b, struct watched *w, struct yg_bytes field,
			    struct yg_bytes value)
{
	uint64_t hash = pair_hash(field, value);
	struct pair *pair;

	for (uint32_t i = 0; i < w->pair_count; i++)
		if (w->pairs[i].hash == hash)
			return &w->pairs[i];
	if (w->pair_count == w->pair_room && !grow(w))
		return NULL;
	pair = &w->pairs[w->pair_count];
	*pair = (struct pair){.hash = hash, .kind = b->kind};
	if (!yg_arena_dup(b->arena, field, &pair->value.field) ||
	    !yg_arena_dup(b->arena, yg_bytes_cut(value, 0, YG_BENIGN_VALUE_MAX + 1),
			  &pair->value.value))
		return NULL;
	w->pair_count++;
	return pair;
}

static struct pair *count(struct yg_benign_run *b, struct watched *w, struct yg_bytes field,
			  struct yg_bytes value)
{
	struct pair *pair = pair_of(b, w, field, value);

	if (pair && !(pair->had[w->looked / 64] >> w->looked % 64 & 1)) {
		pair->had[w->looked / 64] |= UINT64_C(1) << w->looked % 64;
		pair->value.hits++;
	}
	return pair;
}

static void count_cause(void *arg, struct yg_bytes field, struct yg_bytes value)
{
	struct yg_benign_run *b = arg;
	struct pair *pair = count(b, b->at, field, value);

	if (pair)
		pair->is_cause = true;
}

static int keep_example(struct yg_benign_run *b, struct watched *w, struct yg_event *event,
			struct yg_bytes source)
{
	struct yg_benign_example *example = &w->examples[w->example_count];
	struct yg_buf json;
	int rc = YG_OK;

	if (w->example_count == EXAMPLES_KEPT)
		return YG_OK;
	yg_buf_init(&json, EXAMPLE_BYTES);
	yg_record_fields(&json, event);
	example->source = source;
	example->position = event->position;
	if (!yg_buf_error(&json) &&
	    !yg_arena_dup(b->arena, yg_buf_bytes(&json), &example->event_json))
		rc = YG_ENOMEM;
	if (yg_buf_error(&json) == YG_ENOMEM)
		rc = YG_ENOMEM;
	yg_buf_done(&json);
	w->example_count++;
	return rc;
}

static int look_at_hit(struct yg_benign_run *b, uint32_t rule, struct yg_event *event,
		       struct yg_bytes source)
{
	struct watched *w;
	uint32_t missing;
	bool is_match;
	int rc = watch(b, rule, &w);

	if (rc != YG_OK || w->looked == YG_BENIGN_LOOKED_MAX)
		return rc == YG_EINVAL || rc == YG_EFORMAT ? YG_OK : rc;
	rc = yg_explain_event(w->explainer, event, &is_match, &missing);
	if (rc != YG_OK)
		return rc;
	b->at = w;
	b->kind = kind_hash(event);
	yg_explain_causes(w->explainer, count_cause, b);
	for (uint32_t i = 0; i < event->field_count; i++)
		if (!event->fields[i].is_derived && event->fields[i].kind != YG_VALUE_NULL)
			(void)count(b, w, event->fields[i].name,
				    yg_event_text(event, &event->fields[i]));
	w->looked++;
	return keep_example(b, w, event, source);
}

/* A record that is sampled, or hit. */
static int look_at_record(struct yg_benign_run *b, const struct yg_batch *batch, uint32_t record,
			  const struct yg_trace *trace, bool is_sampled)
{
	struct yg_bytes source = yg_bytes_str(b->run->inputs.items[batch->input].name);
	struct yg_event event;
	int rc = yg_worker_event(b->run->again, batch, record, &event);

	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_OK;
	if (is_sampled)
		sample(b, &event);
	for (uint32_t h = 0; trace && h < trace->hit_count && rc == YG_OK; h++)
		rc = look_at_hit(b, trace->hits[h], &event, source);
	return rc;
}

int yg_benign_batch(struct yg_benign_run *b, const struct yg_batch *batch)
{
	size_t at = 0;
	int rc = yg_worker_open(b->run->again, batch);

	for (uint32_t i = 0; i < batch->record_count && rc == YG_OK; i++) {
		const struct yg_trace *trace = NULL;
		bool is_sampled =
			b->records < YG_BENIGN_ALL_MAX || b->records % YG_BENIGN_SAMPLE == 0;

		b->records++;
		while (at < batch->trace_count && batch->traces[at].record < i)
			at++;
		if (at < batch->trace_count && batch->traces[at].record == i)
			trace = &batch->traces[at];
		if (is_sampled || (trace && trace->hit_count > 0))
			rc = look_at_record(b, batch, i, trace, is_sampled);
	}
	return rc;
}

/* --- the report ------------------------------------------------------------------------------- */

static int by_hits(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	size_t size;
	int order;

	if (a->value.hits != b->value.hits)
		return a->value.hits > b->value.hits ? -1 : 1;
	size = a->value.field.size < b->value.field.size ? a->value.field.size
							 : b->value.field.size;
	order = size ? memcmp(a->value.field.data, b->value.field.data, size) : 0;
	if (order == 0)
		order = (a->value.field.size > b->value.field.size) -
			(a->value.field.size < b->value.field.size);
	return order ? order : (a->hash > b->hash) - (a->hash < b->hash);
}

/* Values that stand in a filter as they are: whole, readable, and no number of the moment. */
static bool is_sayable(struct yg_bytes value)
{
	if (value.size == 0 || value.size > YG_BENIGN_VALUE_MAX || yg_bytes_is_number(value) ||
	    !yg_utf8_valid(value))
		return false;
	for (size_t i = 0; i < value.size; i++) {
		uint8_t c = value.data[i], next = i + 1 < value.size ? value.data[i + 1] : 0;

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0) ||
		    (c == 0xe2 && (next == 0x80 || next == 0x81))) /* invisible characters */
			return false;
	}
	return true;
}

/* A field that can be named in a rule. */
static bool is_nameable(struct yg_bytes field)
{
	return is_sayable(field) && yg_bytes_chr(field, '|') == SIZE_MAX;
}

static bool has_field(const struct yg_benign_rule *rule, struct yg_bytes field)
{
	for (uint32_t i = 0; i < rule->filter_count; i++)
		if (yg_bytes_eq(rule->filter[i].field, field))
			return true;
	return false;
}

/* Its share of the records of its kind; 1 where that is not known. */
static double background(const struct yg_benign_run *b, const struct pair *pair)
{
	const struct common *kind = common_of(b, pair->kind);

	if (!kind->hash || kind->count == 0)
		return 1;
	return (double)common_of(b, in_kind(pair->hash, pair->kind))->count / kind->count;
}

static uint64_t hits_of(const struct pair *pair, const uint64_t *among)
{
	uint64_t hits = 0;

	for (uint32_t i = 0; i < HIT_WORDS; i++)
		hits += (uint64_t)__builtin_popcountll(pair->had[i] & among[i]);
	return hits;
}

/*
 * The pair that most of the hits @among share, @least at least; of these the one that fewest other
 * records have.
 */
static const struct pair *best_pair(const struct watched *w, const struct yg_benign_rule *to,
				    const uint64_t *among, uint64_t least)
{
	const struct pair *best = NULL;
	uint64_t best_hits = 0;

	for (uint32_t i = 0; i < w->pair_count; i++) {
		const struct yg_benign_value *value = &w->pairs[i].value;
		uint64_t hits = hits_of(&w->pairs[i], among);

		if (hits < least || value->background > BACKGROUND_MAX ||
		    !is_sayable(value->value) || !is_nameable(value->field) ||
		    has_field(to, value->field))
			continue;
		if (!best || hits > best_hits ||
		    (hits == best_hits && value->background < best->value.background)) {
			best = &w->pairs[i];
			best_hits = hits;
		}
	}
	return best;
}

/* The first decides how much is taken away; others narrow it down where they cost none of that. */
static void suggest(const struct yg_benign_run *b, struct watched *w, struct yg_benign_rule *to)
{
	uint64_t among[HIT_WORDS];
	uint64_t least = (uint64_t)(FILTER_COVER_MIN * w->looked + 0.999);

	memset(among, 0xff, sizeof(among));
	for (uint32_t i = 0; i < w->pair_count; i++)
		w->pairs[i].value.background = background(b, &w->pairs[i]);
	while (to->filter_count < YG_BENIGN_FILTER_MAX) {
		const struct pair *best = best_pair(w, to, among, least);

		if (!best)
			break;
		least = hits_of(best, among);
		for (uint32_t i = 0; i < HIT_WORDS; i++)
			among[i] &= best->had[i];
		to->filter[to->filter_count++] = best->value;
		to->filter_covers = least;
	}
}

static void describe(struct yg_benign_run *b, uint32_t rule, struct yg_benign_rule *to)
{
	struct watched *w = b->watched[rule];
	uint32_t understood = b->rule_of[rule];

	if (understood != UINT32_MAX) {
		const struct yg_logsource *source =
			&b->run->rules.rules->rules[understood].logsource;

		to->product = source->product;
		to->category = source->category;
		to->service = source->service;
	}
	if (!w)
		return;
	to->looked = w->looked;
	to->examples = w->examples;
	to->example_count = w->example_count;
	if (w->pair_count > 1)
		qsort(w->pairs, w->pair_count, sizeof(*w->pairs), by_hits);
	for (uint32_t i = 0; i < w->pair_count && to->cause_count < CAUSES_MAX; i++)
		if (w->pairs[i].is_cause) {
			w->causes[to->cause_count] = w->pairs[i].value;
			w->causes[to->cause_count].value =
				yg_bytes_cut(w->pairs[i].value.value, 0, YG_BENIGN_VALUE_MAX);
			to->cause_count++;
		}
	to->causes = w->causes;
	suggest(b, w, to);
}

static int by_findings(const void *left, const void *right)
{
	const struct yg_benign_rule *a = left, *b = right;
	size_t size = a->rule->id.size < b->rule->id.size ? a->rule->id.size : b->rule->id.size;
	int order;

	if (a->findings != b->findings)
		return a->findings > b->findings ? -1 : 1;
	order = size ? memcmp(a->rule->id.data, b->rule->id.data, size) : 0;
	return order ? order
		     : (a->rule->id.size > b->rule->id.size) -
			       (a->rule->id.size < b->rule->id.size);
}

int yg_benign_report(struct yg_benign_run *b, const struct yg_count *count, struct yg_buf *to)
{
	const struct yg_engine *engine = b->run->rules.engine;
	struct yg_benign report = {.run = count->report,
				   .records = count->report->records,
				   .unparsed = count->report->unparsed,
				   .findings = count->report->findings,
				   .rule_count = count->rule_count};

	b->rules = yg_calloc(count->rule_count + 1, sizeof(*b->rules));
	if (!b->rules)
		return YG_ENOMEM;
	for (size_t i = 0; i < count->rule_count; i++) {
		b->rules[i].rule = count->rules[i].rule;
		b->rules[i].findings = count->rules[i].findings;
		for (uint32_t r = 0; r < b->rule_count; r++)
			if (&yg_engine_rule(engine, r)->info == count->rules[i].rule)
				describe(b, r, &b->rules[i]);
	}
	if (count->rule_count > 1)
		qsort(b->rules, count->rule_count, sizeof(*b->rules), by_findings);
	report.rules = b->rules;
	if (b->run->options.output == YG_OUTPUT_JSON)
		yg_benign_json(to, &report, yg_say_lang_now());
	else if (b->run->options.output == YG_OUTPUT_HTML)
		yg_benign_html(to, &report, yg_say_lang_now());
	else
		yg_benign_text(to, &report, yg_say_lang_now(), 0, isatty(STDOUT_FILENO) != 0);
	return yg_buf_error(to);
}

int yg_rules_benign(int argc, char **argv)
{
	struct yg_options options;
	enum yg_options_result result = yg_options_read(argc, argv, &options);

	if (result == YG_OPTIONS_RUN && options.output != YG_OUTPUT_TERMINAL &&
	    options.output != YG_OUTPUT_JSON && options.output != YG_OUTPUT_HTML) {
		yg_say(N_("%s is shown as text, with --json or --html"), "rules benign");
		result = YG_OPTIONS_WRONG;
	}
	if (result == YG_OPTIONS_RUN && (options.is_following || options.explain)) {
		yg_say(N_(
			"rules benign: --follow, --explain and --count belong to `yagura detect`"));
		result = YG_OPTIONS_WRONG;
	}
	if (result != YG_OPTIONS_RUN) {
		yg_options_done(&options);
		return result == YG_OPTIONS_DONE ? YG_EXIT_DONE : YG_EXIT_FAILED;
	}
	options.is_benign = true;
	options.is_counting = true;
	options.rule_budget = 0;
	options.findings_budget = 0;
	return yg_detect(&options);
}
