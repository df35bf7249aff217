/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/explaining.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/counting.h"
#include "app/explaining-int.h"
#include "app/say.h"
#include "base/alloc.h"

#include "base/ban.h"

#define KEPT_BYTES_MAX	  (8u << 20) /* one record in words */
#define LINES_BYTES_MAX	  (16u << 20)
#define WANTED_MAX	  512u
#define TEXT_BYTES_MAX	  65536u
#define COLUMNS_ELSEWHERE 100u

/* --- which rule ------------------------------------------------------------------------------- */

static bool is_below(const char *path, const char *folder)
{
	char *a = realpath(path, NULL);
	char *b = realpath(folder, NULL);
	size_t size = b ? strlen(b) : 0;
	bool result = a && b && strncmp(a, b, size) == 0 && (a[size] == '\0' || a[size] == '/');

	free(a);
	free(b);
	return result;
}

int yg_explaining_options(struct yg_options *options)
{
	const char *path = options->explain;
	struct yg_bytes text = yg_bytes_str(path);
	const char **rules;
	struct stat st;

	if (!path || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    !(yg_bytes_ends(text, YG_S(".yml")) || yg_bytes_ends(text, YG_S(".yaml"))))
		return YG_OK;
	for (size_t i = 0; i < options->rule_count; i++)
		if (is_below(path, options->rules[i]))
			return YG_OK;
	rules = yg_reallocarray(options->rules, options->rule_count + 1, sizeof(*rules));
	if (!rules)
		return YG_ENOMEM;
	rules[options->rule_count++] = path;
	options->rules = rules;
	return YG_OK;
}

static void say_unknown(const struct yg_rules *rules, const char *name, uint32_t near)
{
	const struct yg_rule *rule = near == UINT32_MAX ? NULL : &rules->rules[near];

	if (!rule) {
		yg_say_hint(N_("give the id, the title or the file of a rule; `yagura rules check` "
			       "names rules that were refused"),
			    N_("--explain %s: there is no such rule"),
			    yg_say_safe(yg_bytes_str(name), 120));
		return;
	}
	yg_say(N_("--explain %s: there is no such rule, or the file holds several; nearest: %s "
		  "(%s, %s:%u)"),
	       yg_say_safe(yg_bytes_str(name), 120), yg_say_safe(rule->info.id, 130),
	       yg_say_safe(rule->info.title, 120), yg_say_safe(rule->file, 200), rule->line);
}

/* The rule's number in the engine, which has active ones only. */
static uint32_t engine_index(const struct yg_engine *engine, struct yg_bytes id)
{
	for (uint32_t i = 0; i < yg_engine_rule_count(engine); i++)
		if (yg_bytes_eq(yg_engine_rule(engine, i)->info.id, id))
			return i;
	return UINT32_MAX;
}

/* Fills x->rule and x->index. */
static int find_rule(struct yg_explaining *x, const char *name)
{
	const struct yg_rules *rules = x->run->rules.rules;
	uint32_t near;
	uint32_t found = yg_rules_meant(rules, yg_bytes_str(name), &near);

	if (found == UINT32_MAX) {
		say_unknown(rules, name, near);
		return YG_EINVAL;
	}
	x->rule = &rules->rules[found];
	x->rule_index = found;
	if (x->rule->state == YG_RULE_FILTER) {
		yg_say_hint(N_("name a rule that it is laid over"),
			    N_("--explain %s: this is a filter, not a rule"),
			    yg_say_safe(yg_bytes_str(name), 120));
		return YG_EINVAL;
	}
	x->index = engine_index(x->run->rules.engine, x->rule->info.id);
	if (x->rule->state != YG_RULE_ACTIVE || x->index == UINT32_MAX) {
		yg_say(N_("--explain %s: the rule is not active: %s"),
		       yg_say_safe(yg_bytes_str(name), 120),
		       yg_say_safe(x->rule->state_reason, 300));
		return YG_EINVAL;
	}
	return YG_OK;
}

/* --- making ----------------------------------------------------------------------------------- */

struct yg_explaining *yg_explaining_free(struct yg_explaining *x)
{
	if (!x)
		return NULL;
	for (uint32_t i = 0; i < x->fit_count; i++)
		yg_buf_done(&x->fits[i].words);
	for (uint32_t i = 0; i < x->miss_count; i++)
		yg_buf_done(&x->misses[i].words);
	free(x->fits);
	free(x->misses);
	free(x->wanted);
	free(x->refs);
	yg_groups_seen_done(x);
	(void)yg_explainer_free(x->explainer);
	(void)yg_router_free(x->router);
	(void)yg_counting_free(x->counting);
	(void)yg_arena_free(x->lines);
	(void)yg_arena_free(x->texts);
	free(x);
	return NULL;
}

static void keep_wanted(void *arg, const struct yg_record_kind *kind)
{
	struct yg_explaining *x = arg;

	if (x->shown.wanted_count < WANTED_MAX)
		x->wanted[x->shown.wanted_count++] = *kind;
}

static int describe(struct yg_explaining *x)
{
	x->shown.info = &x->rule->info;
	x->shown.file = x->rule->file;
	x->shown.line = x->rule->line;
	x->shown.product = x->rule->logsource.product;
	x->shown.category = x->rule->logsource.category;
	x->shown.service = x->rule->logsource.service;
	x->wanted = yg_calloc(WANTED_MAX, sizeof(*x->wanted));
	if (!x->wanted)
		return YG_ENOMEM;
	x->shown.wanted = x->wanted;
	x->shown.is_open_only = !yg_router_each(x->router, &x->rule->logsource, keep_wanted, x);
	return YG_OK;
}

static unsigned columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return COLUMNS_ELSEWHERE;
}

int yg_explaining_new(struct yg_run *run, struct yg_explaining **ret)
{
	struct yg_explaining *x = yg_calloc(1, sizeof(*x));
	uint32_t max = run->options.explain_max;
	int rc = x ? YG_OK : YG_ENOMEM;

	*ret = x;
	if (!x)
		return rc;
	x->run = run;
	x->max = max;
	x->is_json = run->options.output == YG_OUTPUT_JSON;
	x->opts = (struct yg_explain_opts){.lang = yg_say_lang_now(), .columns = columns()};
	x->lines = yg_arena_new(LINES_BYTES_MAX);
	x->texts = yg_arena_new(TEXT_BYTES_MAX);
	x->fits = yg_calloc(max, sizeof(*x->fits));
	x->misses = yg_calloc(max, sizeof(*x->misses));
	x->router = yg_router_new();
	x->counting = yg_counting_new(0);
	if (!x->lines || !x->texts || !x->fits || !x->misses || !x->router || !x->counting)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = find_rule(x, run->options.explain);
	if (rc == YG_OK)
		rc = describe(x);
	if (rc == YG_OK && x->rule->correlation.type != YG_CORRELATION_NONE)
		return yg_groups_seen_new(x);
	return rc == YG_OK ? yg_explainer_new(run->rules.rules, x->rule_index, &x->explainer) : rc;
}

bool yg_explaining_needs_judge(const struct yg_explaining *x)
{
	return !x->explainer;
}

/* --- records ---------------------------------------------------------------------------------- */

static int keep_words(struct yg_explaining *x, const struct yg_event *event, struct yg_kept *to)
{
	struct yg_bytes source = event->source.size > 0 ? event->source : x->source;
	struct yg_explain_place place = {source, event->position, event->time_ns};
	struct yg_explanation said;
	int rc;

	yg_arena_reset(x->lines);
	rc = yg_explain_lines(x->explainer, x->lines, &said);
	if (rc != YG_OK)
		return rc;
	if (event->time_ns != YG_TIME_NONE)
		x->opts.zone_s = yg_zone_offset_utc(x->run->zone, event->time_ns / YG_NS_PER_S);
	yg_buf_done(&to->words);
	yg_buf_init(&to->words, KEPT_BYTES_MAX);
	if (x->is_json)
		yg_explain_record_json(&to->words, &place, &said);
	else
		yg_explain_record_text(&to->words, &place, &said, &x->opts);
	return yg_buf_error(&to->words);
}

/* Does a record that misses by @missing come before the last of those kept? Its place, made free.
 */
static struct yg_kept *place_miss(struct yg_explaining *x, uint32_t missing)
{
	uint32_t at = x->miss_count;
	struct yg_kept last;

	if (at == x->max && x->misses[at - 1].missing <= missing)
		return NULL;
	if (at < x->max)
		x->miss_count++;
	else
		at--;
	last = x->misses[at];
	while (at > 0 && x->misses[at - 1].missing > missing) {
		x->misses[at] = x->misses[at - 1];
		at--;
	}
	x->misses[at] = last;
	x->misses[at].missing = missing;
	return &x->misses[at];
}

static int look_at(struct yg_explaining *x, struct yg_event *event)
{
	struct yg_kept *to = NULL;
	uint32_t missing;
	bool is_match;
	int rc;

	if (!yg_engine_admits(x->run->rules.engine, event, x->index))
		return YG_OK;
	x->admitted++;
	rc = yg_explain_event(x->explainer, event, &is_match, &missing);
	if (rc != YG_OK)
		return rc;
	x->matched += is_match;
	if (!is_match)
		to = place_miss(x, missing);
	else if (x->fit_count < x->max)
		to = &x->fits[x->fit_count++];
	return to ? keep_words(x, event, to) : YG_OK;
}

int yg_explaining_batch(struct yg_explaining *x, const struct yg_batch *batch)
{
	struct yg_worker *worker = x->run->again;
	int rc = yg_counting_batch(x->counting, batch);

	x->source = yg_bytes_str(x->run->inputs.items[batch->input].name);
	if (rc == YG_OK)
		rc = yg_worker_open(worker, batch);
	if (rc == YG_OK && !x->explainer)
		rc = yg_groups_seen_batch(x, batch);
	for (uint32_t i = 0; i < batch->record_count && rc == YG_OK && x->explainer; i++) {
		struct yg_event event;
		int read = yg_worker_event(worker, batch, i, &event);

		if (read == YG_ENOMEM)
			return read;
		if (read == YG_OK)
			rc = look_at(x, &event);
	}
	return rc;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void add_kept(struct yg_explaining *x, struct yg_kept *kept, uint32_t count,
		     const char *heading, struct yg_buf *to)
{
	if (count > 0 && !x->is_json)
		yg_explain_heading(to, heading, &x->opts);
	for (uint32_t i = 0; i < count; i++)
		yg_buf_add(to, yg_buf_bytes(&kept[i].words));
}

void yg_explaining_report(struct yg_explaining *x, const struct yg_report *report,
			  struct yg_buf *to)
{
	struct yg_kinds *kinds = yg_counting_kinds(x->counting);
	struct yg_explain_sum sum = {.records = report->records,
				     .admitted = x->admitted,
				     .matched = x->matched,
				     .groups = x->group_count,
				     .others = x->other_groups};

	yg_kinds_sort(kinds);
	sum.kinds = kinds->items;
	sum.kind_count = kinds->count;
	x->opts.zone_s = report->zone_s;
	if (x->is_json)
		yg_explain_rule_json(to, &x->shown, x->opts.lang);
	else
		yg_explain_rule_text(to, &x->shown, &x->opts);
	if (!x->is_json)
		yg_explain_sum_text(to, &x->shown, &sum, &x->opts);
	add_kept(x, x->fits, x->fit_count, yg_say_tr(N_("Records that it fits (the first)")), to);
	add_kept(x, x->misses, x->miss_count,
		 yg_say_tr(N_("Records that it nearly fits (nearest first)")), to);
	if (!x->explainer)
		yg_groups_seen_report(x, to);
	if (x->is_json)
		yg_explain_sum_json(to, &x->shown, &sum);
}

void yg_explaining_watch(struct yg_explaining *x, struct yg_judge *judge)
{
	if (!x->explainer)
		yg_correlator_watch(yg_judge_correlator(judge), x->index, yg_groups_seen_look, x);
}
