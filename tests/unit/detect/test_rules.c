/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader around single values and conditions (these have vectors in tests/oracle): documents,
 * metadata, collections, duplicates, correlations, placeholders, limits.
 */
#include "detect/rules.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"

#define HEAD  "title: t\nlogsource:\n  product: windows\n"
#define TAIL  "detection:\n  sel:\n    A: x\n  condition: sel\n"
#define PLAIN HEAD TAIL

static struct yg_rules *rules;
static char reasons[4096];
static uint32_t last_line;

static void report(void *arg, const char *file, uint32_t line, bool is_refused, const char *reason)
{
	size_t used = strlen(reasons);

	(void)arg;
	last_line = line;
	(void)snprintf(reasons + used, sizeof(reasons) - used, "%s:%u:%s%s\n", file, line,
		       is_refused ? "refused: " : "", reason);
}

static void start(void)
{
	(void)yg_rules_free(rules);
	rules = yg_rules_new();
	reasons[0] = 0;
	last_line = 0;
}

static int add_with(const char *file, const char *text, bool is_deprecated, bool is_own)
{
	const struct yg_rules_opts opts = {.include_deprecated = is_deprecated, .is_own = is_own};

	return yg_rules_add(rules, file, yg_bytes_str(text), &opts, report, NULL);
}

static int add(const char *text)
{
	return add_with("f.yml", text, false, false);
}

static int finish(void)
{
	return yg_rules_finish(rules, report, NULL);
}

/* One file alone: refused at @line because of @part. */
static bool refused(const char *text, uint32_t line, const char *part)
{
	start();
	if (add(text) == YG_OK && finish() == YG_OK && rules->refused == 1 && last_line == line &&
	    strstr(reasons, part))
		return true;
	fprintf(stderr, "%s", reasons);
	return false;
}

static bool counts(uint32_t found, uint32_t loaded, uint32_t inactive, uint32_t refused_count)
{
	if (rules->found == found && rules->rule_count == loaded && rules->inactive == inactive &&
	    rules->refused == refused_count)
		return true;
	fprintf(stderr, "%u found, %u loaded, %u inactive, %u refused\n%s", rules->found,
		rules->rule_count, rules->inactive, rules->refused, reasons);
	return false;
}

static void reads_metadata(void)
{
	const struct yg_rule *rule;

	start();
	CHECK(add("title: ' A title '\nid: ABC-1\nname: n1\nlevel: High\nstatus: test\n"
		  "tags: [attack.T1190, cve.2024-1]\nlogsource:\n  Product: x\n") == YG_OK);
	CHECK(counts(1, 0, 0, 1));
	start();
	CHECK(add("title: ' A title '\nid: ABC-1\nname: n1\nlevel: High\nstatus: test\n"
		  "tags: [attack.T1190, cve.2024-1]\nauthor: {any: thing}\n"
		  "logsource:\n  product: Windows\n  service: null\n  definition: words\n" TAIL) ==
	      YG_OK);
	CHECK(counts(1, 1, 0, 0));
	rule = &rules->rules[0];
	CHECK_TEXT(rule->info.title, "A title");
	CHECK_TEXT(rule->info.id, "ABC-1");
	CHECK_TEXT(rule->name, "n1");
	CHECK(rule->info.level == YG_LEVEL_HIGH && rule->info.kind == YG_KIND_PATTERN);
	CHECK(rule->info.tag_count == 2);
	CHECK_TEXT(rule->info.tags[0], "attack.t1190");
	CHECK_TEXT(rule->logsource.product, "windows");
	CHECK(rule->logsource.service.size == 0);
	CHECK_TEXT(rule->file, "f.yml");
	CHECK(rule->line == 1 && !rule->info.is_own && !rule->is_quiet);
}

static void refuses_bad_metadata(void)
{
	CHECK(refused("logsource: {product: x}\n" TAIL, 1, "no 'title'"));
	CHECK(refused("title: [a]\nlogsource: {product: x}\n" TAIL, 1, "'title' must be a text"));
	CHECK(refused("title: t\n" TAIL, 1, "no 'logsource'"));
	CHECK(refused("title: t\nlogsource: x\n" TAIL, 2, "must be a map"));
	CHECK(refused("title: t\nlogsource:\n  definition: x\n" TAIL, 2, "names no product"));
	CHECK(refused("title: t\nlogsource:\n  product: x\n  catgory: y\n" TAIL, 4,
		      "nearest: 'category'"));
	CHECK(refused(HEAD "level: hihg\n" TAIL, 4, "nearest: 'high'"));
	CHECK(refused(HEAD "status: tset\n" TAIL, 4, "nearest: 'test'"));
	CHECK(refused(HEAD "tags: {a: b}\n" TAIL, 4, "'tags' must be a list"));
	CHECK(refused(HEAD, 1, "no 'detection'"));
	CHECK(refused(HEAD "detection: x\n", 4, "'detection' must be a map"));
	CHECK(refused(HEAD "detection:\n  sel:\n    A|contans: x\n  condition: sel\n", 6,
		      "nearest: 'contains'"));
}

static void gives_an_id_that_stays(void)
{
	char first[64];

	start();
	CHECK(add(PLAIN) == YG_OK && counts(1, 1, 0, 0));
	CHECK(rules->rules[0].info.id.size == 32);
	memcpy(first, rules->rules[0].info.id.data, 32);
	CHECK(add("# a comment\n" PLAIN) == YG_OK && counts(2, 1, 0, 1));
	CHECK(strstr(reasons, "already that of the rule in f.yml:1"));
	start();
	CHECK(add(HEAD "detection:\n  sel: {A: 'x'}\n  condition: sel\n") == YG_OK);
	CHECK(memcmp(first, rules->rules[0].info.id.data, 32) == 0);
	start();
	CHECK(add(HEAD "detection:\n  sel: {A: 'y'}\n  condition: sel\n") == YG_OK);
	CHECK(memcmp(first, rules->rules[0].info.id.data, 32) != 0);
}

static void refuses_the_second_of_two_ids(void)
{
	start();
	CHECK(add_with("one.yml", "id: aBc\n" PLAIN, false, false) == YG_OK);
	CHECK(add_with("two.yml", "# x\nid: AbC\n" PLAIN, false, false) == YG_OK);
	CHECK(counts(2, 1, 0, 1));
	CHECK(strstr(reasons,
		     "two.yml:2:refused: the id 'AbC' is already that of the rule in one.yml:1"));
	/* A refused rule leaves its id free. */
	start();
	CHECK(add("id: a\ntitle: t\nlogsource: {product: x}\n") == YG_OK);
	CHECK(add("id: a\n" PLAIN) == YG_OK && counts(2, 1, 0, 1));
}

static void counts_documents(void)
{
	start();
	CHECK(add("") == YG_OK && counts(0, 0, 0, 0));
	CHECK(add("- a\n- b\n") == YG_OK && counts(0, 0, 0, 0));
	CHECK(add("logsources:\n  a: b\ntitle: mapping\n") == YG_OK && counts(0, 0, 0, 0));
	CHECK(add("title: x\nlevel: low\n") == YG_OK && counts(1, 0, 0, 1));
	CHECK(add("id: a\n" PLAIN "---\nid: b\n" PLAIN "---\nid: c\ntitle: x\n") == YG_OK);
	CHECK(counts(4, 2, 0, 2));
	CHECK(add("id: d\n" PLAIN "---\nx: 'open\n") == YG_OK && counts(6, 3, 0, 3));
	CHECK(strstr(reasons, "not valid YAML"));
}

static void merges_collections(void)
{
	start();
	CHECK(add("action: global\ntitle: t\nlogsource: {product: windows}\n"
		  "detection:\n  sel: {A: x}\n  condition: sel\n"
		  "---\nid: a\nlogsource: {service: one}\n"
		  "---\nid: b\ndetection:\n  sel: {B: y}\n"
		  "---\naction: repeat\nid: c\nlevel: low\n"
		  "---\naction: reset\n---\nid: d\ntitle: t\nlogsource: {product: x}\n") == YG_OK);
	CHECK(counts(4, 3, 0, 1));
	CHECK_TEXT(rules->rules[0].logsource.product, "windows");
	CHECK_TEXT(rules->rules[0].logsource.service, "one");
	CHECK(rules->exprs[rules->rules[0].expr].op == YG_EXPR_PRED);
	CHECK(rules->exprs[rules->rules[1].expr].op == YG_EXPR_AND);
	CHECK(rules->rules[2].expr == rules->rules[1].expr ||
	      rules->exprs[rules->rules[2].expr].op == YG_EXPR_AND);
	CHECK(rules->rules[2].info.level == YG_LEVEL_LOW);
}

static void sets_deprecated_rules_aside(void)
{
	start();
	CHECK(add("id: a\nstatus: deprecated\n" PLAIN) == YG_OK);
	CHECK(add("id: b\nstatus: unsupported\n" PLAIN) == YG_OK && counts(2, 2, 2, 0));
	CHECK(rules->pred_count == 0 && strstr(reasons, "--include-deprecated"));
	CHECK(add_with("f", "id: c\nstatus: deprecated\n" PLAIN, true, false) == YG_OK);
	CHECK(counts(3, 3, 2, 0) && rules->rules[2].state == YG_RULE_ACTIVE);
}

static void waits_for_placeholders(void)
{
	const char *rule = HEAD "detection:\n  sel:\n    A|expand: '%who%'\n  condition: sel\n";
	char reason[256];
	uint32_t line;

	start();
	CHECK(add(rule) == YG_OK && counts(1, 1, 1, 0));
	CHECK(strstr(reasons, "'t': the placeholder %who% has no value"));
	start();
	CHECK(yg_rules_placeholders(rules, "p", YG_S("'%who%': [a, b]\nother: c\n"), reason,
				    &line) == YG_OK);
	CHECK(add(rule) == YG_OK && counts(1, 1, 0, 0) && rules->pred_count == 2);
	start();
	CHECK(yg_rules_placeholders(rules, "p", YG_S("who: []\n"), reason, &line) == YG_OK);
	CHECK(add(rule) == YG_OK && counts(1, 1, 1, 0));
	start();
	CHECK(yg_rules_placeholders(rules, "p", YG_S("a: 1\nb: {c: d}\n"), reason, &line) ==
	      YG_EFORMAT);
	CHECK(line == 2 && strstr(reason, "'b' must be a text"));
	CHECK(yg_rules_placeholders(rules, "p", YG_S("- a\n"), reason, &line) == YG_EFORMAT);
	CHECK(yg_rules_placeholders(rules, "p", YG_S("a: 'x\n"), reason, &line) == YG_EFORMAT &&
	      line == 2);
}

static void shares_equal_predicates(void)
{
	start();
	CHECK(add("id: a\n" PLAIN "---\nid: b\n" PLAIN) == YG_OK);
	CHECK(add(HEAD "detection:\n  sel:\n    A: [X, x, '*x', y]\n  condition: sel or sel\n") ==
	      YG_OK);
	CHECK(rules->pred_count == 3);
	CHECK(rules->exprs[rules->rules[2].expr].count == 3);
	CHECK(rules->preds[0].op == YG_PRED_EQUALS && rules->preds[1].op == YG_PRED_ENDS);
	CHECK_TEXT(rules->preds[0].text, "x");
}

static void refused_rules_leave_nothing(void)
{
	start();
	CHECK(add(HEAD "detection:\n  sel:\n    A: [p, q, r]\n    B|bad: x\n  condition: sel\n") ==
	      YG_OK);
	CHECK(counts(1, 0, 0, 1) && rules->pred_count == 0 && rules->kid_count == 0);
	CHECK(add(PLAIN) == YG_OK && rules->pred_count == 1);
}

#define CORRELATION                                                                                \
	"title: many\nid: c\ncorrelation:\n  type: event_count\n  rules: [a]\n  group-by: "        \
	"[User]\n"                                                                                 \
	"  timespan: 10m\n  condition:\n    gte: 5\n"

static void resolves_correlations(void)
{
	const struct yg_correlation *c;

	start();
	CHECK(add(CORRELATION "---\nid: a\nname: na\n" PLAIN) == YG_OK && finish() == YG_OK);
	CHECK(counts(2, 2, 0, 0));
	c = &rules->rules[0].correlation;
	CHECK(rules->rules[0].info.kind == YG_KIND_CORRELATION);
	CHECK(c->type == YG_CORRELATION_EVENT_COUNT && c->ref_count == 1 && c->refs[0] == 1);
	CHECK(c->timespan_ns == INT64_C(600000000000) && c->group_by_count == 1);
	CHECK(c->compare == YG_PRED_GTE && c->threshold == 5 && c->compare2 == YG_PRED_COUNT);
	CHECK(rules->rules[1].is_quiet && !rules->rules[0].is_quiet);
}

static void finds_correlated_rules_by_name(void)
{
	start();
	CHECK(add("name: na\nid: a\n" PLAIN "---\nname: nb\nid: b\n" PLAIN
		  "---\ntitle: c\ncorrelation:\n  type: temporal_ordered\n  rules: [na, nb]\n"
		  "  timespan: 1h\n  generate: true\n") == YG_OK &&
	      finish() == YG_OK);
	CHECK(counts(3, 3, 0, 0));
	CHECK(rules->rules[2].correlation.refs[0] == 0 && rules->rules[2].correlation.refs[1] == 1);
	CHECK(rules->rules[2].correlation.compare == YG_PRED_GTE);
	CHECK(rules->rules[2].correlation.threshold == 2);
	CHECK(!rules->rules[0].is_quiet && !rules->rules[1].is_quiet);
}

static void moves_references_when_one_is_refused(void)
{
	start();
	CHECK(add("title: bad\nid: bad\ncorrelation:\n  type: event_count\n  rules: [nothing]\n"
		  "  timespan: 1m\n  condition: {gte: 5}\n---\n" CORRELATION
		  "---\nid: a\n" PLAIN) == YG_OK);
	CHECK(finish() == YG_OK && counts(3, 2, 0, 1));
	CHECK(rules->rules[0].correlation.refs[0] == 1);
	CHECK_TEXT(rules->rules[1].info.id, "a");
	CHECK(rules->rules[1].is_quiet);
}

/* Correlation number @i of @last, naming the next one; the last one names rule a. */
static void add_link(unsigned i, unsigned last)
{
	char text[300];
	char next[16];

	(void)snprintf(next, sizeof(next), i < last ? "c%u" : "a", i + 1);
	(void)snprintf(text, sizeof(text),
		       "title: x\nid: c%u\ncorrelation:\n  type: event_count\n  rules: [%s]\n"
		       "  timespan: 1m\n  condition: {gte: 5}\n",
		       i, next);
	(void)add(text);
}

static void add_chain(unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		add_link(i, last);
}

static void chains_correlations(void)
{
	start();
	add_chain(1, 8);
	CHECK(add("id: a\n" PLAIN) == YG_OK && finish() == YG_OK && counts(9, 9, 0, 0));
	CHECK(rules->rules[0].correlation.refs[0] == 1 && !rules->rules[0].is_quiet);
	CHECK(rules->rules[1].is_quiet && rules->rules[8].is_quiet);
	start();
	add_chain(1, 9);
	CHECK(add("id: a\n" PLAIN) == YG_OK && finish() == YG_OK && counts(10, 9, 0, 1));
	CHECK(strstr(reasons, "a chain of more than 8"));
	start(); /* the other way round: the same */
	CHECK(add("id: a\n" PLAIN) == YG_OK);
	for (unsigned i = 9; i >= 1; i--)
		add_link(i, 9);
	CHECK(finish() == YG_OK && counts(10, 9, 0, 1));
	/* A circle, and one that leans on it. */
	start();
	CHECK(add("title: x\nid: x\ncorrelation:\n  type: temporal\n  rules: [y]\n  timespan: 1d\n"
		  "---\ntitle: y\nid: y\ncorrelation:\n  type: temporal\n  rules: [x]\n  timespan: "
		  "1d\n"
		  "---\ntitle: z\nid: z\ncorrelation:\n  type: temporal\n  rules: [x]\n  timespan: "
		  "1d\n"
		  "---\nid: a\n" PLAIN) == YG_OK);
	CHECK(finish() == YG_OK && counts(4, 1, 0, 3));
	CHECK(strstr(reasons, "part of a circle") && strstr(reasons, "'x', which was refused"));
	CHECK_TEXT(rules->rules[0].info.id, "a");
	/* Inactive at the bottom: inactive all the way up. */
	start();
	add_chain(1, 3);
	CHECK(add("id: a\nstatus: deprecated\n" PLAIN) == YG_OK && finish() == YG_OK &&
	      counts(4, 4, 4, 0));
}

#define X "title: x\nid: x\ncorrelation:\n  timespan: 1d\n"

static void loads_all_kinds_of_correlations(void)
{
	static const char *const texts[] = {
		X "  type: value_sum\n  rules: a\n  condition: {gt: 5, field: Size}\n",
		X "  type: value_avg\n  rules: a\n  condition: {neq: 5, field: Size}\n",
		X "  type: value_percentile\n  rules: a\n"
		  "  condition: {gt: 5, field: Size, percentile: 95}\n",
		X "  type: value_count\n  rules: a\n  condition: {gt: 5, field: [A, B]}\n",
		X "  type: event_count\n  rules: a\n  aliases: {u: {a: User}}\n"
		  "  group-by: [u]\n  condition: {gt: 5, lte: 9}\n",
		X "  type: temporal\n  rules: [a, b, c]\n  condition: a and (b or c)\n",
		X "  type: temporal_ordered\n  rules: [a, b, c]\n  condition: {gte: 2}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		start();
		CHECK(add("id: a\n" PLAIN "---\nid: b\n" PLAIN "---\nid: c\n" PLAIN) == YG_OK);
		CHECK(add(texts[i]) == YG_OK && finish() == YG_OK && counts(4, 4, 0, 0));
		CHECK(rules->rules[3].state == YG_RULE_ACTIVE);
	}
	start();
	CHECK(add("id: a\nstatus: deprecated\n" PLAIN) == YG_OK && add(CORRELATION) == YG_OK);
	CHECK(finish() == YG_OK && counts(2, 2, 2, 0) &&
	      strstr(reasons, "a rule it needs is inactive"));
}

static const struct yg_correlation *correlation_of(const char *text)
{
	start();
	if (add("id: a\nname: an\n" PLAIN "---\nid: b\n" PLAIN "---\nid: c\n" PLAIN) != YG_OK ||
	    add(text) != YG_OK || finish() != YG_OK || !counts(4, 4, 0, 0))
		abort();
	return &rules->rules[3].correlation;
}

static void conditions_over_rules_become_terms(void)
{
	const struct yg_correlation *c;

	c = correlation_of(X "  type: temporal\n  rules: [a, b, c]\n  condition: a and (b or c)\n");
	CHECK(c->term_count == 2 && c->terms[0] == 3 && c->terms[1] == 5);
	c = correlation_of(X "  type: temporal\n  rules: [a, b, c]\n  condition: 1 of them or a\n");
	CHECK(c->term_count == 3 && (c->terms[0] | c->terms[1] | c->terms[2]) == 7);
	/* What holds another term adds nothing. */
	c = correlation_of(X "  type: temporal\n  rules: [a, b, c]\n  condition: a and b or a\n");
	CHECK(c->term_count == 1 && c->terms[0] == 1);
	c = correlation_of(X
			   "  type: temporal_ordered\n  rules: [a, b, c]\n  condition: {gt: 1}\n");
	CHECK(c->term_count == 3 && c->terms[0] == 3 && c->terms[1] == 5 && c->terms[2] == 6);
	c = correlation_of(X
			   "  type: temporal_ordered\n  rules: [a, b, c]\n  condition: {eq: 3}\n");
	CHECK(c->term_count == 0);
	CHECK(refused(X "  type: temporal\n  rules: [a, b]\n  condition: a and not b\n", 7,
		      "takes 'and', 'or' and parentheses"));
	CHECK(refused(X "  type: temporal\n  rules: [alpha, b]\n  condition: alpa and b\n", 7,
		      "nearest: 'alpha'"));
	CHECK(refused(X "  type: temporal\n  rules: [a, a]\n  condition: a\n", 7, "named twice"));
	CHECK(refused(X "  type: temporal_ordered\n  rules: [a, b]\n  condition: {lt: 2}\n", 7,
		      "asks for at least"));
	CHECK(refused(X "  type: temporal_ordered\n  rules: [a, b]\n  condition: {gte: 3}\n", 7,
		      "names 2 rules"));
}

static void too_many_combinations_are_refused(void)
{
	struct yg_buf text;

	start();
	yg_buf_init(&text, 1u << 16);
	yg_buf_add_str(&text, X "  type: temporal_ordered\n  condition: {gte: 10}\n  rules: [r0");
	for (unsigned i = 1; i < 40; i++)
		yg_buf_addf(&text, ", r%u", i);
	yg_buf_add_str(&text, "]\n");
	yg_buf_add_byte(&text, 0);
	CHECK(refused((const char *)text.data, 6, "more than 64 combinations"));
	yg_buf_done(&text);
}

static void aliases_are_resolved_for_each_rule(void)
{
	const struct yg_correlation *c =
		correlation_of(X "  type: temporal\n  rules: [a, b, c]\n  group-by: [ip, Host]\n"
				 "  aliases:\n    ip: {an: Src, b: Dst}\n");
	const uint32_t *row = c->aliases;

	CHECK(row);
	CHECK_TEXT(yg_names_text(rules->names, row[0]), "Src");
	CHECK_TEXT(yg_names_text(rules->names, row[1]), "Host");
	CHECK_TEXT(yg_names_text(rules->names, row[YG_CORRELATION_ALIAS_ROW]), "Dst");
	CHECK(row[2 * YG_CORRELATION_ALIAS_ROW] == 0); /* nothing is said for c */
	start();
	CHECK(add("id: a\n" PLAIN "---\nid: b\n" PLAIN) == YG_OK);
	CHECK(add(X "  type: temporal\n  rules: [a]\n  group-by: [ip]\n"
		    "  aliases: {ip: {b: Src}}\n") == YG_OK);
	CHECK(finish() == YG_OK && counts(3, 2, 0, 1));
	CHECK(strstr(reasons, "which is not among the correlation's rules"));
	start();
	CHECK(add("id: a\n" PLAIN X "") == YG_OK);
	CHECK(refused(X "  type: temporal\n  rules: [a]\n  aliases: [x]\n", 7, "must be a map"));
	CHECK(refused(X "  type: temporal\n  rules: [a]\n  aliases: {x: y}\n", 7,
		      "'x' must be a map"));
}

#define F "title: f\nid: f\nlogsource: {product: windows}\nfilter:\n"

static void filters_are_laid_over_rules(void)
{
	start();
	CHECK(add("id: a\nname: an\n" PLAIN "---\nid: b\n" PLAIN) == YG_OK);
	CHECK(add(F "  rules: [an]\n  sel: {B: y}\n  condition: not sel\n") == YG_OK);
	CHECK(finish() == YG_OK && counts(3, 3, 0, 0) && rules->filters == 1);
	CHECK(rules->exprs[rules->rules[0].expr].op == YG_EXPR_AND);
	CHECK(rules->exprs[rules->rules[1].expr].op == YG_EXPR_PRED);
	CHECK(rules->rules[2].state == YG_RULE_FILTER);
	/* any: those whose logsource the filter's covers. */
	start();
	CHECK(add("id: a\n" PLAIN "---\ntitle: t\nid: b\nlogsource: {product: linux}\n" TAIL) ==
	      YG_OK);
	CHECK(add(F "  rules: any\n  sel: {B: y}\n  condition: not sel\n") == YG_OK);
	CHECK(finish() == YG_OK && counts(3, 3, 0, 0));
	CHECK(rules->exprs[rules->rules[0].expr].op == YG_EXPR_AND);
	CHECK(rules->exprs[rules->rules[1].expr].op == YG_EXPR_PRED);
	/* Nothing to lie over. */
	start();
	CHECK(add(F "  rules: any\n  sel: {B: y}\n  condition: not sel\n") == YG_OK);
	CHECK(finish() == YG_OK && counts(1, 1, 1, 0) &&
	      strstr(reasons, "no rule has its logsource"));
}

static void filters_that_name_what_is_not_there_are_refused(void)
{
	static const struct {
		const char *rules;
		const char *reason;
	} rows[] = {
		{"[alpa]",
		 "the filter names the rule 'alpa', which was not loaded; nearest: 'alpha'"},
		{"[nothing-like-it]", "which was not loaded"},
		{"[other]", "its logsource is another"},
		{"[c]", "which is a correlation"},
		{"[alpha, gone]", "which was not loaded"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[300];

		start();
		CHECK(add("id: alpha\n" PLAIN
			  "---\ntitle: t\nid: other\nlogsource: {product: linux}\n" TAIL
			  "---\ntitle: c\nid: c\ncorrelation:\n  type: temporal\n  rules: other\n"
			  "  timespan: 1d\n") == YG_OK);
		(void)snprintf(text, sizeof(text),
			       F "  rules: %s\n  sel: {B: y}\n  condition: not sel\n",
			       rows[i].rules);
		CHECK(add(text) == YG_OK && finish() == YG_OK && counts(4, 3, 0, 1));
		CHECK(strstr(reasons, rows[i].reason));
		CHECK(rules->exprs[rules->rules[0].expr].op == YG_EXPR_PRED); /* unchanged */
	}
	CHECK(refused(F "  sel: {B: y}\n  condition: sel\n", 4, "names no 'rules'"));
	CHECK(refused(F "  rules: [a]\n  condition: sel\n", 4, "no selection"));
}
#undef F
#undef X

static void refuses_bad_correlations(void)
{
#define C(rest) "title: x\ncorrelation:\n  type: event_count\n" rest
	CHECK(refused("title: x\ncorrelation: y\n", 2, "must be a map"));
	CHECK(refused("title: x\ncorrelation:\n  type: event_cout\n", 3, "nearest: 'event_count'"));
	CHECK(refused("title: x\ncorrelation:\n  rules: a\n", 2, "no 'type'"));
	CHECK(refused(C("  timespan: 1m\n"), 2, "names no 'rules'"));
	CHECK(refused(C("  rules: a\n"), 2, "no 'timespan'"));
	CHECK(refused(C("  rules: a\n  timespan: 5x\n"), 5, "'5x' is not a number"));
	CHECK(refused(C("  rules: a\n  timespan: 0m\n"), 5, "is not a number"));
	CHECK(refused(C("  rules: a\n  timespan: 999y\n"), 5, "longer than 100 years"));
	CHECK(refused(C("  rules: a\n  timespan: 1m\n"), 2, "no condition"));
	CHECK(refused(C("  rules: a\n  timespan: 1m\n  condition: {gt: x}\n"), 6,
		      "needs a number"));
	CHECK(refused(C("  rules: a\n  timespan: 1m\n  condition: {gtt: 1}\n"), 6, "nearest: 'gt"));
	CHECK(refused(C("  rules: a\n  timespan: 1m\n  condition: {gt: 1, lt: 9, eq: 5}\n"), 6,
		      "two bounds"));
	CHECK(refused(C("  rules: a\n  timespan: 1m\n  condition: {gt: 1}\n"), 4,
		      "'a', which was not loaded"));
	CHECK(refused("id: me\n" C("  rules: me\n  timespan: 1m\n  condition: {gt: 1}\n"), 5,
		      "names itself"));
	CHECK(refused("title: x\ncorrelation:\n  type: value_count\n  rules: a\n  timespan: 1m\n"
		      "  condition: {gt: 1}\n",
		      6, "needs 'field'"));
#undef C
}

static void reads_keys_of_the_own_pack(void)
{
	const char *text =
		"title: t\nid: a\nx_title_ja: 題\nx_field: sign-in\nx_advice: vpn\nx_quiet: true\n"
		"x_kind: behaviour\nlogsource: {category: webserver}\n" TAIL;

	start();
	CHECK(add_with("f", text, false, true) == YG_OK && counts(1, 1, 0, 0));
	CHECK_TEXT(rules->rules[0].info.title_ja, "題");
	CHECK_TEXT(rules->rules[0].info.advice, "vpn");
	CHECK(rules->rules[0].info.field == YG_ATTACK_SIGN_IN && rules->rules[0].is_quiet);
	CHECK(rules->rules[0].info.kind == YG_KIND_BEHAVIOUR && rules->rules[0].info.is_own);
	CHECK(add_with("f", CORRELATION, false, true) == YG_OK);
	CHECK(rules->rules[1].info.kind == YG_KIND_BEHAVIOUR);
	CHECK(add_with("f", "id: b\nx_field: nowhere\n" PLAIN, false, true) == YG_OK &&
	      counts(3, 2, 0, 1));
	/* In rules of others these keys mean nothing. */
	start();
	CHECK(add(text) == YG_OK && counts(1, 1, 0, 0));
	CHECK(rules->rules[0].info.field == YG_ATTACK_WEB && !rules->rules[0].is_quiet);
	CHECK(rules->rules[0].info.title_ja.size == 0);
}

static void derives_the_field_of_attack(void)
{
	static const struct {
		const char *logsource;
		const char *tags;
		enum yg_attack_field field;
	} rows[] = {
		{"category: proxy", "", YG_ATTACK_WEB},
		{"product: windows, category: process_creation", "attack.t1059",
		 YG_ATTACK_ENDPOINT},
		{"product: windows, category: process_creation", "attack.t1021.001",
		 YG_ATTACK_ENDPOINT},
		{"product: windows, service: security", "attack.t1110.003", YG_ATTACK_SIGN_IN},
		{"product: windows, service: security", "attack.t1003", YG_ATTACK_ENDPOINT},
		{"product: linux, service: sshd", "", YG_ATTACK_SIGN_IN},
		{"product: fortigate", "", YG_ATTACK_NETWORK},
		{"category: firewall", "", YG_ATTACK_NETWORK},
		{"product: aws, service: cloudtrail", "", YG_ATTACK_CLOUD},
		{"product: opencanary", "", YG_ATTACK_OTHER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[400];

		start();
		(void)snprintf(text, sizeof(text), "title: t\ntags: [%s]\nlogsource: {%s}\n%s",
			       rows[i].tags, rows[i].logsource, TAIL);
		CHECK(add(text) == YG_OK && counts(1, 1, 0, 0));
		CHECK(rules->rules[0].info.field == rows[i].field);
	}
}

static void has_limits(void)
{
	struct yg_buf text;

	start();
	yg_buf_init(&text, YG_RULE_FILE_MAX);
	yg_buf_add_str(&text, HEAD "detection:\n  condition: sel\n  sel:\n    A:\n");
	for (unsigned i = 0; i <= YG_RULE_VALUES_MAX; i++)
		yg_buf_addf(&text, "      - value%u\n", i);
	yg_buf_add_byte(&text, 0);
	CHECK(add((const char *)text.data) == YG_OK && counts(1, 0, 0, 1));
	CHECK(strstr(reasons, "more than 100000 values") && rules->pred_count == 0);
	yg_buf_done(&text);
	CHECK(refused(HEAD
		      "detection:\n  sel:\n    A|windash: '-a -b -c -d -e -f'\n  condition: sel\n",
		      6, "at most 5 dashes"));
}

/* Repeats of repeats multiply: what is small to read can be too large for whoever compiles it. */
static void expressions_that_grow_are_refused(void)
{
	static const char *const large[] = {
		"((((a.b{9}){9}){9}){9}){9}",  "(?:(?:[ab]\\x{3042}){130}){130}",
		"(?:(?:.{1,3}){2,90}){70,}",   "(a{99999999999999999999}){2}",
		"(?:(?:[])}a]b){91,}){1,91}c",
	};
	static const char *const small[] = {
		"(?:[0-9]{1,3}\\.){3}[0-9]{1,3}",
		"[(]{9}[(a{2}){300}]x{16,300}",
		"(?:\\(a{2}\\)){16}",
		"(a{,9}){x}(b){",
		"(?:[A-Za-z0-9+/]{4}){10,}",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       HEAD "detection:\n  sel:\n    A|re: '%s'\n  condition: sel\n",
			       large[i]);
		CHECK(refused(text, 6, "16384 characters"));
	}
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       HEAD "detection:\n  sel:\n    A|re: '%s'\n  condition: sel\n",
			       small[i]);
		start();
		CHECK(add(text) == YG_OK && !strstr(reasons, "16384"));
	}
}

/* Ten megabytes in one file: many rules load, many values are refused, nothing else happens. */
static void takes_large_files(void)
{
	struct yg_buf text;
	uint32_t count = 0;

	start();
	yg_buf_init(&text, YG_RULE_FILE_MAX);
	while (text.size < 10u << 20 && count < 9000)
		yg_buf_addf(&text,
			    "---\nid: r%u\n" HEAD
			    "description: '%0900u'\ndetection:\n  sel:\n    A: v%u\n"
			    "  condition: sel\n",
			    count, count, count),
			count++;
	yg_buf_add_byte(&text, 0);
	CHECK(yg_buf_error(&text) == YG_OK);
	CHECK(add((const char *)text.data) == YG_OK && counts(count, count, 0, 0));
	yg_buf_done(&text);
}

/* Without memory at any point: the error comes back, nothing leaks or breaks. */
static void lives_without_memory(void)
{
	const char *text = "id: a\nname: n\n" HEAD
			   "tags: [x]\ndetection:\n  sel:\n    A|windash|contains: ['-x', y]\n"
			   "    B|re: 'a.c'\n    C|cidr: 10.0.0.0/8\n  kw: [q]\n  condition: sel "
			   "and not 1 of k*\n"
			   "---\n" CORRELATION;
	int rc = YG_ENOMEM;

	for (long n = 1; rc == YG_ENOMEM && n < 1000; n++) {
		yg_fail_at = n;
		start();
		if (rules) {
			rc = add(text);
			if (rc == YG_OK)
				rc = finish();
		}
		yg_fail_at = 0;
	}
	CHECK(rc == YG_OK && counts(2, 2, 0, 0));
}

static const struct check_case cases[] = {
	CASE(reads_metadata),
	CASE(refuses_bad_metadata),
	CASE(gives_an_id_that_stays),
	CASE(refuses_the_second_of_two_ids),
	CASE(counts_documents),
	CASE(merges_collections),
	CASE(sets_deprecated_rules_aside),
	CASE(waits_for_placeholders),
	CASE(shares_equal_predicates),
	CASE(refused_rules_leave_nothing),
	CASE(resolves_correlations),
	CASE(finds_correlated_rules_by_name),
	CASE(moves_references_when_one_is_refused),
	CASE(chains_correlations),
	CASE(loads_all_kinds_of_correlations),
	CASE(conditions_over_rules_become_terms),
	CASE(too_many_combinations_are_refused),
	CASE(aliases_are_resolved_for_each_rule),
	CASE(filters_are_laid_over_rules),
	CASE(filters_that_name_what_is_not_there_are_refused),
	CASE(refuses_bad_correlations),
	CASE(reads_keys_of_the_own_pack),
	CASE(derives_the_field_of_attack),
	CASE(has_limits),
	CASE(expressions_that_grow_are_refused),
	CASE(takes_large_files),
	CASE(lives_without_memory),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_rules_free(rules);
	return rc;
}
