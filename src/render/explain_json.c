/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "render/explain.h"
#include "render/kinds-int.h"

#include "base/ban.h"

static void key(struct yg_buf *to, const char *name)
{
	yg_buf_add_str(to, ",\"");
	yg_buf_add_str(to, name);
	yg_buf_add_str(to, "\":");
}

static void text(struct yg_buf *to, const char *name, struct yg_bytes value)
{
	key(to, name);
	yg_buf_add_json(to, value);
}

static void text_or_null(struct yg_buf *to, const char *name, struct yg_bytes value)
{
	if (value.size > 0) {
		text(to, name, value);
		return;
	}
	key(to, name);
	yg_buf_add_str(to, "null");
}

static void number(struct yg_buf *to, const char *name, uint64_t value)
{
	key(to, name);
	yg_buf_add_u64(to, value);
}

static void real(struct yg_buf *to, const char *name, double value)
{
	key(to, name);
	if (isfinite(value))
		yg_buf_addf(to, "%.15g", value);
	else
		yg_buf_add_str(to, "null");
}

static void flag(struct yg_buf *to, const char *name, bool value)
{
	key(to, name);
	yg_buf_add_str(to, value ? "true" : "false");
}

static void time_or_null(struct yg_buf *to, const char *name, int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	key(to, name);
	if (time_ns == YG_TIME_NONE) {
		yg_buf_add_str(to, "null");
		return;
	}
	yg_buf_add_json(to, (struct yg_bytes){(const uint8_t *)iso, yg_time_iso(time_ns, 0, iso)});
}

void yg_json_kinds(struct yg_buf *to, const struct yg_record_kind *kinds, size_t count,
		   bool with_records)
{
	yg_buf_add_byte(to, '[');
	for (size_t i = 0; i < count; i++) {
		yg_buf_add_str(to, i > 0 ? ",{\"format\":" : "{\"format\":");
		yg_buf_add_json(to, yg_bytes_str(kinds[i].format));
		text_or_null(to, "channel", kinds[i].channel);
		key(to, "event_id");
		if (kinds[i].event_code > 0)
			yg_buf_add_u64(to, kinds[i].event_code);
		else
			yg_buf_add_str(to, "null");
		if (with_records)
			number(to, "records", kinds[i].records);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

static void correlation(struct yg_buf *to, const struct yg_explain_rule *rule, enum yg_lang lang)
{
	text(to, "type", yg_bytes_str(rule->type));
	text(to, "condition", rule->condition);
	text(to, "group_by", rule->group_by);
	real(to, "timespan_seconds", (double)rule->timespan_ns / (double)YG_NS_PER_S);
	key(to, "rules");
	yg_buf_add_byte(to, '[');
	for (size_t i = 0; i < rule->ref_count; i++) {
		const struct yg_explain_ref *ref = &rule->refs[i];

		yg_buf_add_str(to, i > 0 ? ",{\"rule_id\":" : "{\"rule_id\":");
		yg_buf_add_json(to, ref->info->id);
		text(to, "rule_title", yg_words_title(ref->info, lang));
		if (!ref->is_correlation)
			number(to, "records", ref->hits);
		number(to, "counted", ref->counted);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

void yg_explain_rule_json(struct yg_buf *to, const struct yg_explain_rule *rule, enum yg_lang lang)
{
	yg_buf_add_str(to, "{\"explain\":\"rule\"");
	text(to, "rule_id", rule->info->id);
	text(to, "rule_title", yg_words_title(rule->info, lang));
	text(to, "level", yg_bytes_str(yg_level_name(rule->info->level)));
	text(to, "file", rule->file);
	number(to, "line", rule->line);
	if (rule->type) {
		correlation(to, rule, lang);
	} else {
		key(to, "logsource");
		yg_buf_add_str(to, "{\"product\":");
		yg_buf_add_json(to, rule->product);
		text(to, "category", rule->category);
		text(to, "service", rule->service);
		yg_buf_add_byte(to, '}');
		key(to, "wants");
		yg_json_kinds(to, rule->wanted, rule->wanted_count, false);
	}
	yg_buf_add_str(to, "}\n");
}

static const char *const kind_names[] = {
	[YG_EXPLAIN_CONDITION] = "condition",
	[YG_EXPLAIN_SELECTION] = "selection",
	[YG_EXPLAIN_FILTER] = "filter",
	[YG_EXPLAIN_ALL] = "all",
	[YG_EXPLAIN_ANY] = "any",
	[YG_EXPLAIN_NOT] = "not",
	[YG_EXPLAIN_TEST] = "test",
	[YG_EXPLAIN_MORE] = "more",
};

static void test(struct yg_buf *to, const struct yg_explain_line *line)
{
	text_or_null(to, "field", line->field);
	text(to, "op", yg_bytes_str(line->op[0] ? line->op : "equals"));
	text(to, "wanted", line->wanted);
	flag(to, "cased", line->is_cased);
	key(to, "value");
	if (line->seen == YG_EXPLAIN_VALUE)
		yg_buf_add_json(to, line->value);
	else
		yg_buf_add_str(to, "null");
	if (line->field.size > 0)
		text(to, "seen",
		     line->seen == YG_EXPLAIN_MISSING ? YG_S("missing")
		     : line->seen == YG_EXPLAIN_NULL  ? YG_S("null")
						      : YG_S("value"));
	else if (line->value_field.size > 0)
		text(to, "found_in", line->value_field);
	number(to, "values", line->count);
	if (line->is_cut)
		flag(to, "cut", true);
}

static void one_line(struct yg_buf *to, const struct yg_explain_line *line)
{
	yg_buf_addf(to, "{\"depth\":%u", line->depth);
	text(to, "kind", yg_bytes_str(kind_names[line->kind]));
	if (line->kind == YG_EXPLAIN_MORE) {
		number(to, "left_out", line->count);
		yg_buf_add_byte(to, '}');
		return;
	}
	flag(to, "true", line->is_true);
	if (line->kind <= YG_EXPLAIN_FILTER)
		text(to, "text", line->text);
	if (line->kind == YG_EXPLAIN_ALL || line->kind == YG_EXPLAIN_ANY)
		number(to, "parts", line->count);
	if (line->kind == YG_EXPLAIN_TEST)
		test(to, line);
	yg_buf_add_byte(to, '}');
}

void yg_explain_record_json(struct yg_buf *to, const struct yg_explain_place *place,
			    const struct yg_explanation *said)
{
	yg_buf_add_str(to, "{\"explain\":\"record\"");
	text(to, "source", place->source);
	number(to, "position", place->position);
	time_or_null(to, "time", place->time_ns);
	flag(to, "match", said->is_match);
	number(to, "missing", said->missing);
	key(to, "lines");
	yg_buf_add_byte(to, '[');
	for (uint32_t i = 0; i < said->line_count; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		one_line(to, &said->lines[i]);
	}
	yg_buf_add_str(to, "]}\n");
}

void yg_explain_group_json(struct yg_buf *to, const struct yg_explain_rule *rule,
			   const struct yg_explain_group *group)
{
	bool is_first = true;

	yg_buf_add_str(to, "{\"explain\":\"group\"");
	key(to, "group");
	yg_buf_add(to, group->group_json.size > 0 ? group->group_json : YG_S("{}"));
	number(to, "records", group->records);
	number(to, "completions", group->completions);
	real(to, "best", group->best);
	real(to, "missing", group->missing);
	number(to, "position", group->best_position);
	time_or_null(to, "time", group->best_ns);
	time_or_null(to, "first_time", group->first_ns);
	key(to, "rules_seen");
	yg_buf_add_byte(to, '[');
	for (size_t i = 0; i < rule->ref_count; i++) {
		if (!(group->refs_met >> i & 1))
			continue;
		if (!is_first)
			yg_buf_add_byte(to, ',');
		is_first = false;
		yg_buf_add_json(to, rule->refs[i].info->id);
	}
	yg_buf_add_str(to, "]}\n");
}

void yg_explain_sum_json(struct yg_buf *to, const struct yg_explain_rule *rule,
			 const struct yg_explain_sum *sum)
{
	yg_buf_add_str(to, "{\"explain\":\"summary\"");
	number(to, "records", sum->records);
	if (rule->type) {
		number(to, "groups", sum->groups);
		number(to, "groups_forgotten", sum->others);
	} else {
		number(to, "admitted", sum->admitted);
		number(to, "matched", sum->matched);
	}
	key(to, "kinds");
	yg_json_kinds(to, sum->kinds, sum->kind_count, true);
	yg_buf_add_str(to, "}\n");
}
