/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_detect_told.h"

#include <jansson.h>

#include "base/json.h"

#include "base/ban.h"

#define LINE_MAX      (64u << 10)
#define RULE_SET_HEX  64u
#define PREFIX	      "{\"v\":1,\"format\":\"yagura-finding\","
#define RULE_SET_ROOM (sizeof(YG_FACT_TOLD) + RULE_SET_HEX)

bool yg_told_is(struct yg_bytes line)
{
	return yg_bytes_starts(line, YG_S(PREFIX));
}

static bool is_short(struct yg_bytes text)
{
	return text.size <= YG_FACT_TEXT_MAX;
}

static bool read_outcome(struct yg_bytes text, enum yg_outcome *ret)
{
	for (unsigned i = YG_OUTCOME_UNKNOWN; i <= YG_OUTCOME_POSSIBLE; i++) {
		*ret = (enum yg_outcome)i;
		if (yg_bytes_eq(text, yg_bytes_str(yg_outcome_name(*ret))))
			return true;
	}
	return false;
}

static bool read_kind(struct yg_bytes text, enum yg_finding_kind *ret)
{
	for (unsigned i = YG_KIND_PATTERN; i <= YG_KIND_CORRELATION; i++) {
		*ret = (enum yg_finding_kind)i;
		if (yg_bytes_eq(text, yg_bytes_str(yg_kind_name(*ret))))
			return true;
	}
	return false;
}

static bool read_time(const json_t *fields, const char *key, int64_t *ret)
{
	bool has_zone = false;

	return yg_time_parse_iso(yg_json_text(fields, key), 0, ret, &has_zone) && has_zone;
}

/* The sensor's own name for the bundle, in its minute: no other sensor's, no rule's of the hub. */
static bool read_id(const struct yg_told *told, const json_t *fields, int64_t *ret_minute_ns,
		    uint8_t to[YG_FACT_ID_BYTES])
{
	struct yg_bytes bundle = yg_json_text(fields, "bundle");

	if (bundle.size == 0 || bundle.size > YG_TOLD_BUNDLE_MAX ||
	    bundle.data[0] != YG_TOLD_BUNDLE_MARK || !read_time(fields, "minute", ret_minute_ns))
		return false;
	yg_fact_finding_id(told->org, told->sensor, bundle, YG_S(""), *ret_minute_ns, to);
	*ret_minute_ns = yg_fact_minute(*ret_minute_ns);
	return true;
}

static bool read_texts(const json_t *fields, struct yg_fact_finding *to)
{
	to->rule = yg_json_text(fields, "rule");
	to->title = yg_json_text(fields, "title");
	to->title_ja = yg_json_text(fields, "title_ja");
	to->reason = yg_json_text(fields, "reason");
	to->actor = yg_json_text(fields, "actor");
	to->target = yg_json_text(fields, "target");
	to->matched = yg_json_text(fields, "matched");
	return to->rule.size > 0 && is_short(to->rule) && is_short(to->title) &&
	       is_short(to->title_ja) && is_short(to->reason) && is_short(to->actor) &&
	       is_short(to->target) && is_short(to->matched);
}

/* @rules: room for its rule set. */
static bool read_finding(const struct yg_told *told, const json_t *record, char *rules,
			 struct yg_fact_finding *to)
{
	const json_t *fields = json_object_get(record, "fields");
	struct yg_bytes set = yg_json_text(fields, "rule_set");
	int64_t count = yg_json_int(fields, "count", 0);

	*to = (struct yg_fact_finding){.org = told->org,
				       .sensor = told->sensor,
				       .source = yg_json_text(record, "source"),
				       .bundle = yg_json_text(fields, "bundle"),
				       .received_ns = told->received_ns};
	if (set.size > RULE_SET_HEX || count <= 0 || (uint64_t)count > YG_TOLD_COUNT_MAX ||
	    !is_short(to->source) || !read_texts(fields, to) ||
	    !read_id(told, fields, &to->minute_ns, to->id) ||
	    !read_time(fields, "first", &to->first_ns) || !read_time(fields, "last", &to->last_ns))
		return false;
	to->count = (uint64_t)count;
	(void)snprintf(rules, RULE_SET_ROOM, "%s%.*s", YG_FACT_TOLD, YG_FMT(set)); /* measured */
	to->rules = yg_bytes_str(rules);
	return yg_level_by_name(yg_json_text(fields, "level"), &to->level) &&
	       read_kind(yg_json_text(fields, "rule_kind"), &to->kind) &&
	       yg_attack_by_name(yg_json_text(fields, "attack_field"), &to->field) &&
	       read_outcome(yg_json_text(fields, "outcome"), &to->outcome) &&
	       to->first_ns <= to->last_ns;
}

static int take_update(const struct yg_told *told, const json_t *fields,
		       const struct yg_told_out *out)
{
	struct yg_bytes reason = yg_json_text(fields, "reason");
	uint8_t id[YG_FACT_ID_BYTES];
	enum yg_outcome outcome;
	int64_t minute_ns;

	if (!read_id(told, fields, &minute_ns, id) || !is_short(reason) ||
	    !read_outcome(yg_json_text(fields, "outcome"), &outcome))
		return YG_EFORMAT;
	return out->outcome(out->arg, id, outcome, reason);
}

/* ---- looks back ---- */

static bool has_no_numbers(const struct yg_told_look *l)
{
	return l->records == 0 && l->count == 0 && l->gaps == 0 && l->damaged == 0 &&
	       l->from_ns == YG_TIME_NONE && l->to_ns == YG_TIME_NONE &&
	       l->first_ns == YG_TIME_NONE && l->last_ns == YG_TIME_NONE;
}

/* Of those that count: both, or none has a time. */
static bool has_right_times(const struct yg_told_look *l)
{
	if (l->first_ns == YG_TIME_NONE || l->last_ns == YG_TIME_NONE)
		return l->first_ns == l->last_ns;
	return l->first_ns <= l->last_ns && l->count > 0;
}

bool yg_told_look_is(const struct yg_told_look *l)
{
	if (l->list.size == 0 || l->list.size > YG_TOLD_LIST_MAX)
		return false;
	if (!l->has_archive)
		return has_no_numbers(l);
	return l->from_ns != YG_TIME_NONE && l->to_ns != YG_TIME_NONE && l->from_ns <= l->to_ns &&
	       l->records <= YG_TOLD_COUNT_MAX && l->count <= l->records &&
	       l->gaps <= YG_TOLD_COUNT_MAX && l->damaged <= YG_TOLD_COUNT_MAX &&
	       has_right_times(l);
}

static bool read_number(const json_t *fields, const char *key, uint64_t *ret)
{
	int64_t number = yg_json_int(fields, key, -1);

	*ret = (uint64_t)number;
	return number >= 0;
}

static bool read_look(const json_t *fields, struct yg_told_look *to)
{
	struct yg_bytes state = yg_json_text(fields, "state");

	*to = (struct yg_told_look){.list = yg_json_text(fields, "look"),
				    .has_archive = yg_bytes_eq(state, YG_S("done")),
				    .from_ns = YG_TIME_NONE,
				    .to_ns = YG_TIME_NONE,
				    .first_ns = YG_TIME_NONE,
				    .last_ns = YG_TIME_NONE};
	if (!to->has_archive)
		return yg_bytes_eq(state, YG_S("none")) && yg_told_look_is(to);
	if (!read_time(fields, "from", &to->from_ns) || !read_time(fields, "to", &to->to_ns) ||
	    !read_number(fields, "records", &to->records) ||
	    !read_number(fields, "count", &to->count) || !read_number(fields, "gaps", &to->gaps) ||
	    !read_number(fields, "damaged", &to->damaged))
		return false;
	if (json_object_get(fields, "first") && (!read_time(fields, "first", &to->first_ns) ||
						 !read_time(fields, "last", &to->last_ns)))
		return false;
	return yg_told_look_is(to);
}

int yg_told_take(const struct yg_told *told, struct yg_bytes line, const struct yg_told_out *out)
{
	struct yg_fact_finding finding;
	struct yg_told_look look;
	char rules[RULE_SET_ROOM];
	struct yg_fault fault;
	const json_t *fields;
	json_t *record = NULL;
	int rc = yg_told_is(line) ? yg_json_load(line, LINE_MAX, &record, &fault) : YG_EFORMAT;

	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_EFORMAT;
	fields = json_object_get(record, "fields");
	if (json_is_true(json_object_get(fields, "update")))
		rc = take_update(told, fields, out);
	else if (json_object_get(fields, "look"))
		rc = read_look(fields, &look) ? out->look(out->arg, &look) : YG_EFORMAT;
	else if (read_finding(told, record, rules, &finding))
		rc = out->finding(out->arg, &finding);
	else
		rc = YG_EFORMAT;
	json_decref(record);
	return rc;
}
