/* SPDX-License-Identifier: Apache-2.0 */
/* Our own keys, all but evidence: x_source, x_rules, x_answers, x_help. */
#include "model/assessment.h"
#include "model/day.h"
#include "parse/framework-int.h"

#include "base/ban.h"

#define SECTION_DEPTH_MAX 100

/* ---- x_source ---- */

static bool is_address(struct yg_bytes text)
{
	return yg_bytes_starts(text, YG_S("https://")) || yg_bytes_starts(text, YG_S("http://"));
}

static int read_address(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
			struct yg_bytes *ret)
{
	int rc = yg_fw_text(reader, map, key, ret);

	if (rc == YG_OK && ret->size > 0 && !is_address(*ret))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, key)->line,
					 "'%s' must begin with https:// or http://", key);
	return rc;
}

static bool is_sha256(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!strchr("0123456789abcdef", text.data[i]))
			return false;
	return text.size == 64;
}

static int read_sha256(struct yg_fw_reader *reader, const struct yg_yaml *map, struct yg_bytes *ret)
{
	int rc = yg_fw_text(reader, map, "sha256", ret);

	if (rc == YG_OK && ret->size > 0 && !is_sha256(*ret))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, "sha256")->line,
					 "'sha256' must be 64 digits 0-9 and a-f");
	return rc;
}

static int read_date(struct yg_fw_reader *reader, const struct yg_yaml *map, struct yg_bytes *ret)
{
	int rc = yg_fw_text(reader, map, "date", ret);

	if (rc == YG_OK && ret->size > 0 && yg_day_read(*ret) == YG_DAY_NONE)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, "date")->line,
					 "'date' must be a day such as 2026-03-27");
	return rc;
}

int yg_fw_source(struct yg_fw_reader *reader, const struct yg_yaml *library,
		 struct yg_framework_source *ret)
{
	static const char *const keys[] = {"url",  "file",    "sha256", "licence",
					   "date", "wording", "note"};
	static const char *const wordings[] = {
		[YG_WORDING_COMPLETE] = "complete", [YG_WORDING_IMPORT] = "import"};
	const struct yg_yaml *map;
	uint32_t wording = YG_WORDING_COMPLETE;
	int rc = yg_fw_map(reader, library, "x_source", &map);

	if (rc != YG_OK || !map)
		return rc;
	rc = yg_fw_own_keys(reader, map, "x_source", keys, YG_FW_COUNT(keys));
	if (rc == YG_OK)
		rc = read_address(reader, map, "url", &ret->url);
	if (rc == YG_OK)
		rc = read_address(reader, map, "file", &ret->file);
	if (rc == YG_OK)
		rc = read_sha256(reader, map, &ret->sha256);
	if (rc == YG_OK)
		rc = yg_fw_text(reader, map, "licence", &ret->licence);
	if (rc == YG_OK)
		rc = read_date(reader, map, &ret->date);
	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "wording", wordings, YG_FW_COUNT(wordings), &wording);
	ret->wording = (enum yg_wording)wording;
	return rc == YG_OK ? yg_fw_words(reader, map, "note", &ret->note) : rc;
}

/* ---- x_answers of the framework ---- */

static int read_answer(struct yg_fw_reader *reader, const struct yg_yaml *item,
		       struct yg_framework_choice *choice)
{
	static const char *const keys[] = {"value", "points", "gives", "name"};
	struct yg_bytes text;
	enum yg_answer_state state;
	int rc = yg_fw_own_keys(reader, item, "an answer of x_answers", keys, YG_FW_COUNT(keys));

	if (rc == YG_OK)
		rc = yg_fw_need(reader, item, "value", "an answer of x_answers", &choice->id);
	if (rc == YG_OK)
		rc = yg_fw_text(reader, item, "points", &text);
	if (rc != YG_OK)
		return rc;
	choice->has_points = text.size > 0;
	rc = yg_fw_int(reader, item, "points", -YG_FW_NUMBER_MAX, YG_FW_NUMBER_MAX,
		       &choice->points);
	if (rc == YG_OK)
		rc = yg_fw_text(reader, item, "gives", &choice->gives);
	if (rc == YG_OK && choice->gives.size > 0 &&
	    !yg_answer_state_by_name(choice->gives, &state))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(item, "gives")->line,
					 "'gives' cannot be '%.*s'; it is one of: open, met, "
					 "partly, not_met, na",
					 YG_FMT(yg_fw_show(choice->gives)));
	return rc == YG_OK ? yg_fw_words(reader, item, "name", &choice->name) : rc;
}

static int read_answer_set(struct yg_fw_reader *reader, const struct yg_yaml *list,
			   struct yg_framework_answers *set)
{
	struct yg_framework_choice *choices;
	uint32_t count = 0;

	if (list->kind != YG_YAML_LIST || list->count == 0 || list->count > YG_FW_LIST_MAX)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, list->line,
					 "the answer set '%.*s' must be a list of 1 to %u answers",
					 YG_FMT(yg_fw_show(list->key)), YG_FW_LIST_MAX);
	choices = yg_fw_alloc(reader, list->count, sizeof(*choices));
	if (!choices)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		struct yg_framework_choice *choice = &choices[count];
		int rc = read_answer(reader, item, choice);

		if (rc != YG_OK)
			return rc;
		for (uint32_t i = 0; i < count; i++)
			if (yg_bytes_eq(choices[i].id, choice->id))
				return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
							 "the answer '%.*s' stands twice",
							 YG_FMT(yg_fw_show(choice->id)));
		count++;
	}
	*set = (struct yg_framework_answers){
		.ref_id = list->key, .choices = choices, .choice_count = count};
	return YG_OK;
}

int yg_fw_answers(struct yg_fw_reader *reader, const struct yg_yaml *map)
{
	struct yg_framework_answers *sets;
	const struct yg_yaml *all;
	uint32_t count = 0;
	int rc = yg_fw_map(reader, map, "x_answers", &all);

	if (rc != YG_OK || !all)
		return rc;
	sets = yg_fw_alloc(reader, all->count, sizeof(*sets));
	if (!sets)
		return YG_ENOMEM;
	for (const struct yg_yaml *list = all->first; rc == YG_OK && list; list = list->next)
		rc = read_answer_set(reader, list, &sets[count++]);
	reader->framework->answers = sets;
	reader->framework->answers_count = count;
	return rc;
}

/* ---- x_rules ---- */

static int read_bands(struct yg_fw_reader *reader, const struct yg_yaml *map,
		      struct yg_framework_rule *rule)
{
	static const char *const keys[] = {"least", "name"};
	struct yg_framework_band *bands;
	const struct yg_yaml *list;
	int rc = yg_fw_list(reader, map, "bands", YG_FW_LIST_MAX, &list);

	if (rc != YG_OK || !list)
		return rc;
	bands = yg_fw_alloc(reader, list->count, sizeof(*bands));
	if (!bands)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		struct yg_framework_band band = {0};
		struct yg_bytes least;
		uint32_t at = rule->band_count;

		rc = yg_fw_own_keys(reader, item, "a band", keys, YG_FW_COUNT(keys));
		if (rc == YG_OK)
			rc = yg_fw_need(reader, item, "least", "a band", &least);
		if (rc == YG_OK)
			rc = yg_fw_int(reader, item, "least", -YG_FW_NUMBER_MAX, YG_FW_NUMBER_MAX,
				       &band.least);
		if (rc == YG_OK)
			rc = yg_fw_words(reader, item, "name", &band.name);
		if (rc != YG_OK)
			return rc;
		for (; at > 0 && bands[at - 1].least < band.least; at--)
			bands[at] = bands[at - 1];
		bands[at] = band;
		if (at > 0 && bands[at - 1].least == band.least)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
						 "two bands begin at %d", band.least);
		rule->band_count++;
	}
	rule->bands = bands;
	return YG_OK;
}

/* Which keys belong to which rule. */
static int check_rule(struct yg_fw_reader *reader, const struct yg_yaml *map,
		      const struct yg_framework_rule *rule)
{
	const struct yg_yaml *target = yg_fw_get(map, "target");
	const struct yg_yaml *depth = yg_fw_get(map, "section_depth");
	const struct yg_yaml *bands = yg_fw_get(map, "bands");
	bool has_target = rule->kind == YG_RULE_SUM || rule->kind == YG_RULE_MEAN_MATURITY ||
			  rule->kind == YG_RULE_LEVEL_PER_TASK;

	if (target && !has_target)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, target->line,
					 "'target' belongs to the rules sum, mean-maturity and "
					 "level-per-task");
	if (depth && rule->kind != YG_RULE_MEAN_MATURITY)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, depth->line,
					 "'section_depth' belongs to the rule mean-maturity");
	if (bands && rule->kind != YG_RULE_SUM)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, bands->line,
					 "'bands' belongs to the rule sum");
	if (has_target && !target && rule->band_count == 0)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line, "the rule %s",
					 rule->kind == YG_RULE_SUM
						 ? "sum needs 'target' or 'bands'"
						 : "mean-maturity or level-per-task needs "
						   "'target'");
	return YG_OK;
}

/* The level of a rule; one rule for each. */
static int read_rule_level(struct yg_fw_reader *reader, const struct yg_yaml *map,
			   const struct yg_framework_rule *rules, uint32_t count,
			   struct yg_framework_rule *rule)
{
	struct yg_bytes group;
	int rc = yg_fw_text(reader, map, "group", &group);

	if (rc != YG_OK)
		return rc;
	rule->level = YG_NODE_NONE;
	if (group.size > 0) {
		rule->level = yg_framework_level(reader->framework, group);
		if (rule->level == YG_NODE_NONE)
			return yg_line_fault_set(
				reader->fault, YG_EFORMAT, yg_fw_get(map, "group")->line,
				"no level '%.*s' stands in implementation_groups_definition",
				YG_FMT(yg_fw_show(group)));
	}
	for (uint32_t i = 0; i < count; i++)
		if (rules[i].level == rule->level)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line,
						 "a second rule for %s%.*s",
						 group.size ? "the level " : "the whole framework",
						 YG_FMT(yg_fw_show(group)));
	return YG_OK;
}

static int read_rule_words(struct yg_fw_reader *reader, const struct yg_yaml *map,
			   struct yg_framework_rule *rule)
{
	static const char *const kinds[] = {
		[YG_RULE_ALL_MET] = "all-met",
		[YG_RULE_SUM] = "sum",
		[YG_RULE_MEAN_MATURITY] = "mean-maturity",
		[YG_RULE_LEVEL_PER_TASK] = "level-per-task",
		[YG_RULE_NONE] = "none",
	};
	static const char *const nas[] = {
		[YG_NA_NEEDS_REASON] = "needs-reason", [YG_NA_REFUSED] = "refused"};
	static const char *const reviews[] = {[YG_REVIEW_NONE] = "none",
					      [YG_REVIEW_EXPERT] = "expert",
					      [YG_REVIEW_THIRD_PARTY] = "third-party"};
	struct yg_bytes kind_text;
	uint32_t kind = 0;
	uint32_t na = 0;
	uint32_t review = 0;
	int rc = yg_fw_need(reader, map, "rule", "a rule of x_rules", &kind_text);

	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "rule", kinds, YG_FW_COUNT(kinds), &kind);
	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "na", nas, YG_FW_COUNT(nas), &na);
	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "review", reviews, YG_FW_COUNT(reviews), &review);
	rule->kind = (enum yg_rule_kind)kind;
	rule->na = (enum yg_na_policy)na;
	rule->review = (enum yg_review_kind)review;
	return rc;
}

static int read_rule(struct yg_fw_reader *reader, const struct yg_yaml *map,
		     struct yg_framework_rule *rule)
{
	int32_t depth = 1;
	int rc = read_rule_words(reader, map, rule);

	rule->line = map->line;
	if (rc == YG_OK)
		rc = yg_fw_period(reader, map, "valid", &rule->valid);
	if (rc == YG_OK)
		rc = yg_fw_milli(reader, map, "target", &rule->target_milli);
	if (rc == YG_OK)
		rc = yg_fw_int(reader, map, "section_depth", 1, SECTION_DEPTH_MAX, &depth);
	rule->section_depth = (uint16_t)depth;
	if (rc == YG_OK)
		rc = read_bands(reader, map, rule);
	return rc == YG_OK ? check_rule(reader, map, rule) : rc;
}

int yg_fw_rules(struct yg_fw_reader *reader, const struct yg_yaml *map)
{
	static const char *const keys[] = {"group",  "rule",	      "na",   "review", "valid",
					   "target", "section_depth", "bands"};
	struct yg_framework_rule *rules;
	const struct yg_yaml *list;
	uint32_t count = 0;
	int rc = yg_fw_list(reader, map, "x_rules", YG_FRAMEWORK_LEVELS_MAX + 1, &list);

	if (rc != YG_OK || !list)
		return rc;
	rules = yg_fw_alloc(reader, list->count, sizeof(*rules));
	if (!rules)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; rc == YG_OK && item; item = item->next) {
		rc = yg_fw_own_keys(reader, item, "a rule of x_rules", keys, YG_FW_COUNT(keys));
		if (rc == YG_OK)
			rc = read_rule_level(reader, item, rules, count, &rules[count]);
		if (rc == YG_OK)
			rc = read_rule(reader, item, &rules[count]);
		count++;
	}
	reader->framework->rules = rules;
	reader->framework->rule_count = count;
	return rc;
}

/* ---- of a node ---- */

static int read_node_answers(struct yg_fw_reader *reader, const struct yg_yaml *map,
			     struct yg_framework_node *node)
{
	const struct yg_framework *framework = reader->framework;
	struct yg_bytes name;
	int rc = yg_fw_text(reader, map, "x_answers", &name);

	if (rc != YG_OK || name.size == 0)
		return rc;
	for (uint32_t i = 0; i < framework->answers_count; i++)
		if (yg_bytes_eq(framework->answers[i].ref_id, name)) {
			node->answers = &framework->answers[i];
			return YG_OK;
		}
	return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, "x_answers")->line,
				 "no answer set '%.*s' stands in x_answers of objects.framework",
				 YG_FMT(yg_fw_show(name)));
}

static bool is_closing(struct yg_bytes word)
{
	static const char *const words[] = {"tool", "service", "decision"};

	for (uint32_t i = 0; i < YG_FW_COUNT(words); i++)
		if (yg_bytes_eq(word, yg_bytes_str(words[i])))
			return true;
	return word.size > sizeof("template:") - 1 && yg_bytes_starts(word, YG_S("template:"));
}

static int read_closed_by(struct yg_fw_reader *reader, const struct yg_yaml *map,
			  struct yg_text_list *ret)
{
	int rc = yg_fw_text_list(reader, map, "closed_by", ret);

	for (uint32_t i = 0; rc == YG_OK && i < ret->count; i++)
		if (!is_closing(ret->items[i]))
			return yg_line_fault_set(
				reader->fault, YG_EFORMAT, yg_fw_get(map, "closed_by")->line,
				"'closed_by' cannot be '%.*s'; it is one of: tool, "
				"template:NAME, service, decision",
				YG_FMT(yg_fw_show(ret->items[i])));
	return rc;
}

static int read_help(struct yg_fw_reader *reader, const struct yg_yaml *node_map,
		     struct yg_framework_node *node)
{
	static const char *const keys[] = {"asked",    "why",	 "cheap",  "example",  "proof",
					   "looks_at", "effect", "effort", "closed_by"};
	struct yg_framework_help *help;
	const struct yg_yaml *map;
	int32_t effect = 0;
	int32_t effort = 0;
	int rc = yg_fw_map(reader, node_map, "x_help", &map);

	if (rc != YG_OK || !map)
		return rc;
	help = yg_fw_alloc(reader, 1, sizeof(*help));
	if (!help)
		return YG_ENOMEM;
	struct yg_text2 *const texts[] = {&help->asked,	  &help->why,	&help->cheap,
					  &help->example, &help->proof, &help->looks_at};

	rc = yg_fw_own_keys(reader, map, "x_help", keys, YG_FW_COUNT(keys));
	for (uint32_t i = 0; rc == YG_OK && i < YG_FW_COUNT(texts); i++)
		rc = yg_fw_words(reader, map, keys[i], texts[i]);
	if (rc == YG_OK)
		rc = yg_fw_int(reader, map, "effect", 1, 3, &effect);
	if (rc == YG_OK)
		rc = yg_fw_int(reader, map, "effort", 1, 3, &effort);
	help->effect = (uint8_t)effect;
	help->effort = (uint8_t)effort;
	node->help = help;
	return rc == YG_OK ? read_closed_by(reader, map, &help->closed_by) : rc;
}

static int read_refs(struct yg_fw_reader *reader, const struct yg_yaml *node_map,
		     struct yg_framework_node *node)
{
	static const char *const keys[] = {"refs"};
	struct yg_framework_ref *refs;
	const struct yg_yaml *map;
	const struct yg_yaml *columns;
	int rc = yg_fw_map(reader, node_map, "x_source", &map);

	if (rc != YG_OK || !map)
		return rc;
	rc = yg_fw_own_keys(reader, map, "x_source of a node", keys, YG_FW_COUNT(keys));
	if (rc == YG_OK)
		rc = yg_fw_map(reader, map, "refs", &columns);
	if (rc != YG_OK || !columns)
		return rc;
	refs = yg_fw_alloc(reader, columns->count, sizeof(*refs));
	if (!refs)
		return YG_ENOMEM;
	node->refs = refs;
	for (const struct yg_yaml *item = columns->first; rc == YG_OK && item; item = item->next) {
		struct yg_framework_ref *ref = &refs[node->ref_count++];

		ref->column = item->key;
		rc = yg_fw_items(reader, item, &ref->items);
	}
	return rc;
}

int yg_fw_node_extras(struct yg_fw_reader *reader, const struct yg_yaml *map,
		      struct yg_framework_node *node)
{
	int rc = read_node_answers(reader, map, node);

	if (rc == YG_OK)
		rc = yg_fw_evidence(reader, map, node);
	if (rc == YG_OK)
		rc = read_help(reader, map, node);
	return rc == YG_OK ? read_refs(reader, map, node) : rc;
}
