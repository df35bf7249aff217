/* SPDX-License-Identifier: Apache-2.0 */
#include "render/json.h"

#include <math.h>

#include "render/text-int.h"

#include "base/ban.h"

/* The key with what stands before it: ,"name": */
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

static void number(struct yg_buf *to, const char *name, uint64_t value)
{
	key(to, name);
	yg_buf_add_u64(to, value);
}

static void id(struct yg_buf *to, const uint8_t bytes[YG_ID_BYTES])
{
	char hex[YG_ID_HEX + 1];

	yg_hex((struct yg_bytes){bytes, YG_ID_BYTES}, hex);
	yg_buf_add_byte(to, '"');
	yg_buf_add_str(to, hex);
	yg_buf_add_byte(to, '"');
}

static void time_or_null(struct yg_buf *to, const char *name, int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	key(to, name);
	if (time_ns == YG_TIME_NONE) {
		yg_buf_add_str(to, "null");
		return;
	}
	yg_buf_add_byte(to, '"');
	yg_buf_add(to, (struct yg_bytes){(const uint8_t *)iso, yg_time_iso(time_ns, 0, iso)});
	yg_buf_add_byte(to, '"');
}

/* Outcome and reason. The reason stays English, so that programs can compare it. */
static void outcome(struct yg_buf *to, enum yg_outcome value, const struct yg_reason *reason)
{
	struct yg_buf words;

	text(to, "outcome", yg_bytes_str(yg_outcome_name(value)));
	yg_text_scratch(&words, reason->text.size);
	yg_words_reason(&words, reason, YG_LANG_EN);
	text(to, "reason", yg_buf_bytes(&words));
	yg_text_end(to, &words);
}

/* The shortest of 15 or 17 digits that says the same. JSON has no word for what is no number. */
static void decimal(struct yg_buf *to, const char *name, double value)
{
	char digits[40];
	double again;

	key(to, name);
	(void)snprintf(digits, sizeof(digits), "%.15g", value);
	if (!yg_bytes_double(yg_bytes_str(digits), &again) || again < value || again > value)
		(void)snprintf(digits, sizeof(digits), "%.17g", value);
	yg_buf_add_str(to, isfinite(value) ? digits : "null");
}

/* src_ip, and actor where it is something else than an address. */
static void src_ip(struct yg_buf *to, struct yg_bytes actor, bool is_ip)
{
	key(to, "src_ip");
	if (is_ip && actor.size > 0)
		yg_buf_add_json(to, actor);
	else
		yg_buf_add_str(to, "null");
}

static void tags(struct yg_buf *to, const struct yg_rule_info *rule)
{
	key(to, "tags");
	yg_buf_add_byte(to, '[');
	for (uint32_t i = 0; i < rule->tag_count; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		yg_buf_add_json(to, rule->tags[i]);
	}
	yg_buf_add_byte(to, ']');
}

void yg_json_finding(struct yg_buf *to, const struct yg_finding *finding, enum yg_lang lang)
{
	const struct yg_rule_info *rule = finding->rule;

	yg_buf_add_str(to, "{\"id\":");
	id(to, finding->id);
	key(to, "story");
	id(to, finding->story);
	time_or_null(to, "time", finding->time_ns);
	text(to, "level", yg_bytes_str(yg_level_name(rule->level)));
	text(to, "rule_id", rule->id);
	text(to, "rule_title", yg_words_title(rule, lang));
	text(to, "kind", yg_bytes_str(yg_kind_name(rule->kind)));
	outcome(to, finding->outcome, &finding->reason);
	text(to, "source", finding->source);
	number(to, "position", finding->position);
	if (rule->kind == YG_KIND_BEHAVIOUR || rule->kind == YG_KIND_CORRELATION) {
		number(to, "first_position", finding->first_position);
		number(to, "count", finding->count);
		if (finding->has_value)
			decimal(to, "value", finding->value);
		time_or_null(to, "first_time", finding->first_ns);
		if (finding->group_json.size > 0) {
			key(to, "group");
			yg_buf_add(to, finding->group_json);
		}
	}
	src_ip(to, finding->actor, finding->is_actor_ip);
	if (!finding->is_actor_ip && finding->actor.size > 0)
		text(to, "actor", finding->actor);
	if (rule->kind == YG_KIND_INDICATOR)
		text(to, "matched", finding->matched);
	key(to, "event");
	yg_buf_add(to, finding->event_json.size > 0 ? finding->event_json : YG_S("{}"));
	tags(to, rule);
	yg_buf_add_str(to, "}\n");
}

void yg_json_checker(struct yg_buf *to, const struct yg_finding *finding)
{
	const struct yg_rule_info *rule = finding->rule;

	yg_buf_add_str(to, "{\"RuleId\":");
	yg_buf_add_json(to, rule->id);
	text(to, "RuleTitle", yg_words_title(rule, YG_LANG_EN));
	text(to, "RuleLevel", yg_bytes_str(yg_level_name(rule->level)));
	text(to, "EvtxPath", finding->source);
	number(to, "Position", finding->position);
	time_or_null(to, "Time", finding->time_ns);
	key(to, "Event");
	yg_buf_add(to, finding->event_json.size > 0 ? finding->event_json : YG_S("{}"));
	yg_buf_add_str(to, "}\n");
}

void yg_json_update(struct yg_buf *to, const struct yg_finding_update *update)
{
	yg_buf_add_str(to, "{\"update\":");
	id(to, update->id);
	outcome(to, update->outcome, &update->reason);
	time_or_null(to, "time", update->time_ns);
	text(to, "source", update->source);
	number(to, "position", update->position);
	yg_buf_add_str(to, "}\n");
}

static void story_rules(struct yg_buf *to, const struct yg_story *story, enum yg_lang lang)
{
	key(to, "rules");
	yg_buf_add_byte(to, '[');
	for (uint32_t i = 0; i < story->rule_count; i++) {
		const struct yg_rule_info *rule = story->rules[i].rule;

		yg_buf_add_str(to, i > 0 ? ",{\"rule_id\":" : "{\"rule_id\":");
		yg_buf_add_json(to, rule->id);
		text(to, "rule_title", yg_words_title(rule, lang));
		number(to, "count", story->rules[i].count);
		time_or_null(to, "first", story->rules[i].first_ns);
		time_or_null(to, "last", story->rules[i].last_ns);
		text(to, "outcome", yg_bytes_str(yg_outcome_name(story->rules[i].outcome)));
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

void yg_json_story(struct yg_buf *to, const struct yg_story *story, enum yg_lang lang)
{
	yg_buf_add_str(to, "{\"id\":");
	id(to, story->id);
	text(to, "field", yg_bytes_str(yg_attack_name(story->field)));
	text(to, "actor", story->actor);
	src_ip(to, story->actor, story->is_actor_ip);
	text(to, "level", yg_bytes_str(yg_level_name(story->level)));
	outcome(to, story->outcome, &story->reason);
	number(to, "findings", story->findings);
	number(to, "records", story->records);
	time_or_null(to, "first", story->first_ns);
	time_or_null(to, "last", story->last_ns);
	key(to, "targets");
	yg_buf_add_byte(to, '[');
	for (uint32_t i = 0; i < story->target_count; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		yg_buf_add_json(to, story->targets[i]);
	}
	yg_buf_add_byte(to, ']');
	number(to, "other_targets", story->other_targets);
	story_rules(to, story, lang);
	number(to, "other_rules", story->other_rules);
	yg_buf_add_str(to, "}\n");
}

void yg_json_stats(struct yg_buf *to, const struct yg_report *report)
{
	double seconds = isfinite(report->seconds) && report->seconds > 0 ? report->seconds : 0;

	yg_buf_add_str(to, "{\"records\":");
	yg_buf_add_u64(to, report->records);
	number(to, "parsed", report->parsed);
	number(to, "unparsed", report->unparsed);
	number(to, "bytes", report->bytes);
	number(to, "findings", report->findings);
	number(to, "stories", report->stories_total);
	number(to, "rules_loaded", report->rules_loaded);
	key(to, "seconds");
	yg_buf_addf(to, "%.3f", seconds);
	number(to, "rss_max_kb", report->rss_max_kb > 0 ? (uint64_t)report->rss_max_kb : 0);
	number(to, "rules_quarantined", report->rules_quarantined);
	if (report->is_hunt) {
		number(to, "left_out", report->left_out);
		number(to, "frames", report->frames);
		number(to, "frames_read", report->frames_read);
	}
	yg_buf_add_str(to, "}\n");
}
