/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/warn_rules.h"

#include "base/utf8.h"
#include "parse/yaml.h"

#include "base/ban.h"

struct reader {
	struct yg_warn_rules *rules;
	struct yg_line_fault *fault;
};

static int refuse(struct reader *reader, uint32_t line, const char *what, struct yg_bytes name)
{
	return yg_line_fault_set(reader->fault, YG_EFORMAT, line, "%s: %.*s", what,
				 name.size > 60 ? 60 : (int)name.size,
				 name.data ? (const char *)name.data : "");
}

static int check_keys(struct reader *reader, const struct yg_yaml *map, const char *const *known)
{
	for (const struct yg_yaml *one = map->first; one; one = one->next) {
		uint32_t i = 0;

		while (known[i] && !yg_bytes_eq(one->key, yg_bytes_str(known[i])))
			i++;
		if (!known[i])
			return refuse(reader, one->line, "there is no such key", one->key);
	}
	return YG_OK;
}

static int read_number(struct reader *reader, const struct yg_yaml *node, uint32_t max,
		       uint32_t *ret)
{
	uint64_t value;

	if (node->kind != YG_YAML_SCALAR || !yg_bytes_u64(node->text, &value) || value > max)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, node->line,
					 "%.*s: a number from 0 to %u", (int)node->key.size,
					 (const char *)node->key.data, max);
	*ret = (uint32_t)value;
	return YG_OK;
}

/* [MIN, MAX] */
static int read_depth(struct reader *reader, const struct yg_yaml *node, struct yg_warn_rule *rule)
{
	const struct yg_yaml *from = node ? node->first : NULL;
	uint64_t values[2];

	if (!node || node->kind != YG_YAML_LIST || node->count != 2 ||
	    !yg_bytes_u64(from->text, &values[0]) || !yg_bytes_u64(from->next->text, &values[1]) ||
	    values[0] < 1 || values[0] > values[1] || values[1] > YG_WARN_DEPTH_MAX)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, node ? node->line : 0,
					 "depth: two numbers from 1 to %u, such as [2, 3]",
					 YG_WARN_DEPTH_MAX);
	rule->depth_min = (uint32_t)values[0];
	rule->depth_max = (uint32_t)values[1];
	return YG_OK;
}

static int read_answers(struct reader *reader, const struct yg_yaml *node, uint8_t *ret)
{
	*ret = 0;
	if (node->kind != YG_YAML_LIST || node->count == 0)
		return refuse(reader, node->line, "a list of answers is expected", node->key);
	for (const struct yg_yaml *one = node->first; one; one = one->next) {
		uint8_t bit;

		if (one->kind != YG_YAML_SCALAR || !yg_answer_by_name(one->text, &bit))
			return refuse(reader, one->line,
				      "secret_data, business_stop or system_access, not",
				      one->text);
		*ret |= bit;
	}
	return YG_OK;
}

static int read_relations(struct reader *reader, const struct yg_yaml *map, uint32_t line,
			  struct yg_warn_rule *rule)
{
	const struct yg_yaml *first = yg_yaml_get(map, "first_relation");
	const struct yg_yaml *next = yg_yaml_get(map, "next_relations");
	const struct yg_yaml *depth = yg_yaml_get(map, "depth");
	int rc;

	if (rule->to != YG_WARN_TO_BUYERS) {
		if (first || next || depth)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
						 "depth, first_relation and next_relations "
						 "belong to rules with `to: buyers`");
		return YG_OK;
	}
	if (!first || !depth)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "a rule with `to: buyers` needs depth and first_relation");
	rc = read_depth(reader, depth, rule);
	if (rc == YG_OK)
		rc = read_answers(reader, first, &rule->first_any);
	if (rc == YG_OK && next)
		rc = read_answers(reader, next, &rule->next_any);
	if (rc == YG_OK && !next && rule->depth_max > 1)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "a rule with a depth above 1 needs next_relations");
	return rc;
}

/* name: by-consent|never, approval: if-ask|never. Only a relation carries consent. */
static int read_consent(struct reader *reader, const struct yg_yaml *map, struct yg_warn_rule *rule)
{
	static const struct {
		const char *key;
		const char *yes;
	} words[] = {{"name", "by-consent"}, {"approval", "if-ask"}};
	bool found[2] = {false};

	for (uint32_t i = 0; i < 2; i++) {
		const struct yg_yaml *node = yg_yaml_get(map, words[i].key);

		if (!node || yg_bytes_eq(node->text, YG_S("never")))
			continue;
		if (!yg_bytes_eq(node->text, yg_bytes_str(words[i].yes)))
			return refuse(reader, node->line,
				      i ? "approval: if-ask or never, not"
					: "name: by-consent or never, not",
				      node->text);
		if (rule->to != YG_WARN_TO_BUYERS)
			return refuse(reader, node->line,
				      "only a rule with `to: buyers` has a consent to go by",
				      node->key);
		found[i] = true;
	}
	rule->may_name = found[0];
	rule->waits_if_ask = found[1];
	return YG_OK;
}

static int read_titles(struct reader *reader, const struct yg_yaml *map, uint32_t line,
		       struct yg_arena *arena, struct yg_warn_rule *rule)
{
	const struct yg_yaml *title = yg_yaml_get(map, "title");
	struct yg_bytes en = yg_yaml_text(title, "en");
	struct yg_bytes ja = yg_yaml_text(title, "ja");

	if (en.size == 0 || ja.size == 0 || en.size > YG_WARN_TITLE_MAX ||
	    ja.size > YG_WARN_TITLE_MAX)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "title: {en: TEXT, ja: TEXT}, at most %u bytes each",
					 YG_WARN_TITLE_MAX);
	if (!yg_arena_dup(arena, en, &rule->title_en) || !yg_arena_dup(arena, ja, &rule->title_ja))
		return yg_line_fault_set(reader->fault, YG_ENOMEM, 0, "out of memory");
	return YG_OK;
}

static int read_words(struct reader *reader, const struct yg_yaml *map, uint32_t line,
		      struct yg_warn_rule *rule)
{
	if (!yg_warn_to_by_name(yg_yaml_text(map, "to"), &rule->to))
		return refuse(reader, line, "to: victim, buyers, provider or sector, not",
			      yg_yaml_text(map, "to"));
	if (!yg_warn_content_by_name(yg_yaml_text(map, "content"), &rule->content))
		return refuse(reader, line, "content: everything, warning or indicators, not",
			      yg_yaml_text(map, "content"));
	if (rule->content == YG_WARN_EVERYTHING && rule->to != YG_WARN_TO_VICTIM)
		return refuse(reader, line, "content: everything is for the victim alone",
			      (struct yg_bytes){0});
	if (!yg_tlp_by_name(yg_yaml_text(map, "tlp"), &rule->tlp) || rule->tlp == YG_TLP_NONE)
		return refuse(reader, line, "tlp: CLEAR, GREEN, AMBER, AMBER+STRICT or RED, not",
			      yg_yaml_text(map, "tlp"));
	return YG_OK;
}

/* Victim first, then by relations, then by what members share. */
static int check_order(struct reader *reader, uint32_t line, const struct yg_warn_rule *rule)
{
	const struct yg_warn_rules *rules = reader->rules;
	const struct yg_warn_rule *before = rules->count ? &rules->rules[rules->count - 1] : NULL;

	if (rule->number == 0 || (before && rule->number <= before->number))
		return yg_line_fault_set(
			reader->fault, YG_EFORMAT, line,
			"rule: a number above 0 and above that of the rule before");
	if (rule->to == YG_WARN_TO_VICTIM && before)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "the rule with `to: victim` comes first, and once");
	if (rule->to == YG_WARN_TO_BUYERS && before && before->to > YG_WARN_TO_BUYERS)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "rules with `to: buyers` come before those with `to: "
					 "provider` and `to: sector`");
	return YG_OK;
}

static int read_rule(struct reader *reader, const struct yg_yaml *map, struct yg_arena *arena)
{
	static const char *const known[] = {"rule",	      "title",		"to",	   "depth",
					    "first_relation", "next_relations", "content", "tlp",
					    "name",	      "approval",	NULL};
	struct yg_warn_rules *rules = reader->rules;
	struct yg_warn_rule rule = {0};
	const struct yg_yaml *number = yg_yaml_get(map, "rule");
	int rc;

	if (map->kind != YG_YAML_MAP || !number)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line,
					 "a rule begins with `rule: NUMBER`");
	if (rules->count == YG_WARN_RULES_MAX)
		return yg_line_fault_set(reader->fault, YG_ELIMIT, map->line, "more than %u rules",
					 YG_WARN_RULES_MAX);
	rc = check_keys(reader, map, known);
	if (rc == YG_OK)
		rc = read_number(reader, number, 1000000, &rule.number);
	if (rc == YG_OK)
		rc = read_titles(reader, map, number->line, arena, &rule);
	if (rc == YG_OK)
		rc = read_words(reader, map, number->line, &rule);
	if (rc == YG_OK)
		rc = read_relations(reader, map, number->line, &rule);
	if (rc == YG_OK)
		rc = read_consent(reader, map, &rule);
	if (rc == YG_OK)
		rc = check_order(reader, number->line, &rule);
	if (rc == YG_OK)
		rules->rules[rules->count++] = rule;
	return rc;
}

static int read_all(struct reader *reader, const struct yg_yaml *docs, struct yg_arena *arena)
{
	static const char *const known[] = {"format", "candidates_min", "rules", NULL};
	const struct yg_yaml *top = docs->first;
	const struct yg_yaml *rules = yg_yaml_get(top, "rules");
	const struct yg_yaml *least = yg_yaml_get(top, "candidates_min");
	int rc;

	if (docs->count != 1 ||
	    !yg_bytes_eq(yg_yaml_text(top, "format"), YG_S("yagura-warn-rules/1")))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, 1,
					 "one document with `format: yagura-warn-rules/1`");
	rc = check_keys(reader, top, known);
	if (rc == YG_OK && least)
		rc = read_number(reader, least, YG_WARN_CANDIDATES_MAX,
				 &reader->rules->candidates_min);
	if (rc == YG_OK && (!rules || rules->kind != YG_YAML_LIST || rules->count == 0))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, rules ? rules->line : 0,
					 "rules: a list of rules is expected");
	for (const struct yg_yaml *one = rules ? rules->first : NULL; rc == YG_OK && one;
	     one = one->next)
		rc = read_rule(reader, one, arena);
	return rc;
}

int yg_warn_rules_read(struct yg_bytes text, struct yg_arena *arena, struct yg_warn_rules *ret,
		       struct yg_line_fault *reterr)
{
	struct reader reader = {.rules = ret, .fault = reterr};
	const struct yg_yaml *docs;
	struct yg_yaml_fault fault;
	int rc;

	*ret = (struct yg_warn_rules){.candidates_min = YG_WARN_CANDIDATES_DEFAULT};
	rc = yg_yaml_parse(text, arena, &docs, &fault);
	if (rc != YG_OK)
		return yg_line_fault_set(reterr, fault.code, fault.line, "%s", fault.msg);
	return read_all(&reader, docs, arena);
}
