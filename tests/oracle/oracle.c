/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "oracle.h"

#include <arpa/inet.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

/* Compiled expressions by predicate, for one rule set at a time. */
static const struct yg_rules *kept_for;
static pcre2_code **kept;
static uint32_t kept_count;

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

enum yg_matcher oracle_matcher(void)
{
	const char *wanted = getenv("YAGURA_MATCHER");

	return wanted && strcmp(wanted, "builtin") == 0 ? YG_MATCHER_BUILTIN : yg_matcher_here();
}

void oracle_forget(void)
{
	for (uint32_t i = 0; i < kept_count; i++)
		pcre2_code_free(kept[i]);
	free(kept);
	kept = NULL;
	kept_count = 0;
	kept_for = NULL;
}

static pcre2_code *compiled(const struct yg_rules *rules, uint32_t index)
{
	const struct yg_pred *pred = &rules->preds[index];
	uint32_t options = PCRE2_UTF; /* and not UCP: \w \d \s \b know ASCII */
	size_t at;
	int error;

	if (kept_for != rules || kept_count != rules->pred_count) {
		oracle_forget();
		kept = must(calloc(rules->pred_count + 1u, sizeof(pcre2_code *)));
		kept_count = rules->pred_count;
		kept_for = rules;
	}
	if (kept[index])
		return kept[index];
	options |= pred->is_cased ? 0 : PCRE2_CASELESS;
	options |= pred->is_multiline ? PCRE2_MULTILINE : 0;
	options |= pred->is_dot_all ? PCRE2_DOTALL : 0;
	kept[index] = pcre2_compile(pred->text.data, pred->text.size, options, &error, &at, NULL);
	return must(kept[index]);
}

/* @at of @text, a byte that belongs to no character, becomes U+FFFD. */
static void mend(uint8_t *text, size_t *size, size_t at)
{
	memmove(text + at + 3, text + at + 1, *size - at - 1);
	memcpy(text + at, "\xef\xbf\xbd", 3);
	*size += 2;
}

/* What is well-formed UTF-8 and what is not, PCRE2 says. */
static bool regex(const struct yg_rules *rules, uint32_t index, struct yg_bytes value)
{
	pcre2_match_data *data = must(pcre2_match_data_create(1, NULL));
	uint8_t *text = must(malloc(3 * value.size + 1));
	size_t size = value.size;
	int rc;

	if (size > 0)
		memcpy(text, value.data, size);
	do {
		rc = pcre2_match(compiled(rules, index), text, size, 0, 0, data, NULL);
		if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
			mend(text, &size, pcre2_get_startchar(data));
	} while (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21);
	free(text);
	pcre2_match_data_free(data);
	return rc >= 0;
}

/* Bytes of the character at @at: one that is no character counts alone. */
static size_t step(struct yg_bytes t, size_t at)
{
	size_t size = yg_utf8_size(yg_bytes_from(t, at));

	return size ? size : 1;
}

/* Wildcards by the table of all (pattern position, text position) pairs: slow and obvious. */
static bool glob(struct yg_bytes p, struct yg_bytes t)
{
	bool *now = must(calloc(t.size + 1, 1));
	bool *next = must(calloc(t.size + 1, 1));
	bool result;

	now[0] = true;
	for (size_t i = 0; i < p.size; i++) {
		memset(next, 0, t.size + 1);
		if (p.data[i] == '*') {
			for (size_t j = 0; j <= t.size; j++) {
				next[j] |= now[j];
				if (next[j] && j < t.size)
					next[j + step(t, j)] = true;
			}
		} else if (p.data[i] == '?') {
			for (size_t j = 0; j < t.size; j++) {
				if (now[j])
					next[j + step(t, j)] = true;
			}
		} else {
			i += p.data[i] == '\\' && i + 1 < p.size;
			for (size_t j = 0; j < t.size; j++)
				if (now[j] && t.data[j] == p.data[i])
					next[j + 1] = true;
		}
		memcpy(now, next, t.size + 1);
	}
	result = now[t.size];
	free(now);
	free(next);
	return result;
}

static bool cidr(const struct yg_pred *pred, struct yg_bytes value)
{
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
	char text[64];
	char *zone;

	if (value.size >= sizeof(text) || yg_bytes_chr(value, 0) != SIZE_MAX)
		return false;
	memcpy(text, value.data, value.size);
	text[value.size] = 0;
	zone = strchr(text, '%'); /* fe80::1%eth0: one zone, not empty, of version 6 alone */
	if (zone && strchr(text, ':') && zone[1] && !strchr(zone + 1, '%'))
		*zone = 0;
	if (inet_pton(AF_INET, text, address + 12) != 1 && inet_pton(AF_INET6, text, address) != 1)
		return false;
	for (unsigned bit = 0; bit < pred->prefix_bits; bit++)
		if ((address[bit / 8] ^ pred->address[bit / 8]) & (0x80u >> bit % 8))
			return false;
	return true;
}

static bool compare(uint8_t op, double value, double bound)
{
	switch (op) {
	case YG_PRED_LT:
		return value < bound;
	case YG_PRED_LTE:
		return value <= bound;
	case YG_PRED_GT:
		return value > bound;
	case YG_PRED_GTE:
		return value >= bound;
	default:
		return !(value < bound) && !(value > bound);
	}
}

static bool parse_time(struct yg_bytes value, int64_t *ret_ns)
{
	bool has_zone;
	double number;

	if (yg_time_parse_iso(value, 0, ret_ns, &has_zone))
		return true;
	if (value.size == 10) { /* a day alone */
		char whole[32];

		(void)snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", (const char *)value.data);
		if (yg_time_parse_iso(yg_bytes_str(whole), 0, ret_ns, &has_zone))
			return true;
	}
	/* Seconds since 1970, with a fraction or without; years 1970 to 2261. */
	if (!yg_bytes_double(value, &number) || number < 0 || number >= 9.2e9)
		return false;
	*ret_ns = (int64_t)(number * 1e9);
	return true;
}

static bool time_part(const struct yg_pred *pred, struct yg_bytes value)
{
	struct yg_civil civil;
	int64_t ns;
	double part = 0;

	if (!parse_time(value, &ns))
		return false;
	civil = yg_time_civil(ns, 0);
	switch ((enum yg_time_part)pred->part) {
	case YG_PART_MINUTE:
		part = civil.minute;
		break;
	case YG_PART_HOUR:
		part = civil.hour;
		break;
	case YG_PART_DAY:
		part = civil.day;
		break;
	case YG_PART_WEEK:
		part = yg_time_iso_week(ns, 0);
		break;
	case YG_PART_MONTH:
		part = civil.month;
		break;
	case YG_PART_YEAR:
		part = civil.year;
		break;
	}
	return compare(pred->number_op, part, pred->number);
}

static struct yg_bytes fold(struct yg_bytes text)
{
	uint8_t *to = must(malloc(text.size + 1));

	return (struct yg_bytes){to, yg_fold(text, to)};
}

static bool text_op(uint8_t op, struct yg_bytes value, struct yg_bytes text)
{
	switch (op) {
	case YG_PRED_EQUALS:
	case YG_PRED_FIELD_EQUALS:
		return yg_bytes_eq(value, text);
	case YG_PRED_STARTS:
	case YG_PRED_FIELD_STARTS:
		return yg_bytes_starts(value, text);
	case YG_PRED_ENDS:
	case YG_PRED_FIELD_ENDS:
		return yg_bytes_ends(value, text);
	case YG_PRED_CONTAINS:
	case YG_PRED_FIELD_CONTAINS:
		return text.size == 0 || yg_bytes_find(value, text) != SIZE_MAX;
	default:
		return glob(text, value);
	}
}

/* Any value of the other field will do. */
static bool field_op(const struct yg_pred *pred, struct yg_bytes value, struct yg_event *event)
{
	bool result = false;

	for (uint32_t i = 0; i < event->field_count && !result; i++) {
		struct yg_field *other = &event->fields[i];
		struct yg_bytes a = value;
		struct yg_bytes b;

		if (other->name_id != pred->other_field || other->kind == YG_VALUE_NULL)
			continue;
		b = yg_event_text(event, other);
		if (pred->is_cased) {
			result = text_op(pred->op, a, b);
			continue;
		}
		a = fold(a);
		b = fold(b);
		result = text_op(pred->op, a, b);
		free((void *)(uintptr_t)a.data);
		free((void *)(uintptr_t)b.data);
	}
	return result;
}

static bool value_fits(const struct yg_rules *rules, uint32_t index, struct yg_bytes value,
		       struct yg_event *event)
{
	const struct yg_pred *pred = &rules->preds[index];
	double number;
	bool result;

	switch (pred->op) {
	case YG_PRED_REGEX:
		return regex(rules, index, value);
	case YG_PRED_CIDR:
		return cidr(pred, value);
	case YG_PRED_LT:
	case YG_PRED_LTE:
	case YG_PRED_GT:
	case YG_PRED_GTE:
		return yg_bytes_double(value, &number) && compare(pred->op, number, pred->number);
	case YG_PRED_TIME_PART:
		return time_part(pred, value);
	case YG_PRED_FIELD_EQUALS:
	case YG_PRED_FIELD_STARTS:
	case YG_PRED_FIELD_ENDS:
	case YG_PRED_FIELD_CONTAINS:
		return field_op(pred, value, event);
	default:
		break;
	}
	if (pred->is_cased)
		return text_op(pred->op, value, pred->text);
	value = fold(value);
	result = text_op(pred->op, value, pred->text);
	free((void *)(uintptr_t)value.data);
	return result;
}

bool oracle_pred(const struct yg_rules *rules, uint32_t index, struct yg_event *event)
{
	const struct yg_pred *pred = &rules->preds[index];
	bool is_keyword = pred->field_id == YG_PRED_KEYWORD;
	bool is_there = false;
	bool is_null = false;

	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];

		if (is_keyword ? field->is_derived : field->name_id != pred->field_id)
			continue;
		is_there = true;
		is_null |= field->kind == YG_VALUE_NULL;
		if (pred->op == YG_PRED_EXISTS || pred->op == YG_PRED_IS_NULL ||
		    field->kind == YG_VALUE_NULL)
			continue;
		if (value_fits(rules, index, yg_event_text(event, field), event))
			return true;
	}
	if (pred->op == YG_PRED_EXISTS)
		return is_there;
	if (pred->op == YG_PRED_IS_NULL)
		return !is_there || is_null;
	return is_keyword && event->raw.size > 0 && value_fits(rules, index, event->raw, event);
}

/* Children are made before their parents, so no index beyond the root is met. */
bool oracle_match(const struct yg_rules *rules, uint32_t rule, struct yg_event *event)
{
	enum { UNKNOWN, NO, YES };
	uint32_t root = rules->rules[rule].expr;
	/* Kept between calls: clearing it all for each rule would take longer than the rules. */
	static uint32_t *stack;
	static uint32_t stack_room;
	static uint8_t *value;
	static uint32_t value_room;
	uint32_t least = root;
	uint32_t depth = 1;
	bool result;

	if (rules->rules[rule].state != YG_RULE_ACTIVE || rules->rules[rule].correlation.type)
		return false;
	if (stack_room < rules->kid_count + 2u) {
		stack_room = rules->kid_count + 2u;
		stack = must(realloc(stack, stack_room * sizeof(*stack)));
	}
	if (value_room < root + 1u) {
		value = must(realloc(value, root + 1u));
		memset(value + value_room, UNKNOWN, root + 1u - value_room);
		value_room = root + 1u;
	}
	stack[0] = root;
	while (depth > 0) {
		uint32_t at = stack[depth - 1];
		const struct yg_expr *expr = &rules->exprs[at];
		uint32_t waiting = depth;
		uint32_t yes = 0;

		if (at < least)
			least = at;

		for (uint32_t i = 0; i < expr->count; i++) {
			uint32_t kid = rules->kids[expr->first + i];

			if (value[kid] == UNKNOWN)
				stack[depth++] = kid;
			yes += value[kid] == YES;
		}
		if (depth > waiting)
			continue;
		depth--;
		switch ((enum yg_expr_op)expr->op) {
		case YG_EXPR_FALSE:
			value[at] = NO;
			break;
		case YG_EXPR_TRUE:
			value[at] = YES;
			break;
		case YG_EXPR_PRED:
			value[at] = oracle_pred(rules, expr->pred, event) ? YES : NO;
			break;
		case YG_EXPR_NOT:
			value[at] = yes ? NO : YES;
			break;
		case YG_EXPR_AND:
			value[at] = yes == expr->count ? YES : NO;
			break;
		case YG_EXPR_OR:
			value[at] = yes ? YES : NO;
			break;
		}
	}
	result = value[root] == YES;
	memset(value + least, UNKNOWN, root - least + 1u);
	return result;
}
