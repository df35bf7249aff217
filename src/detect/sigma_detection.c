/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>

#include "base/utf8.h"
#include "detect/sigma_modifier.h"

#include "base/ban.h"

static int fail_limits(struct yg_load *load, uint32_t line, int rc)
{
	if (rc == YG_ELIMIT)
		return yg_load_fail(load, line, "the rule has more than %u conditions",
				    YG_RULE_EXPRS_MAX);
	return rc;
}

static int add_pred(struct yg_load *load, const struct yg_pred *pred, uint32_t line, uint32_t *ret)
{
	if (++load->values > YG_RULE_VALUES_MAX)
		return yg_load_fail(load, line, "the rule has more than %u values",
				    YG_RULE_VALUES_MAX);
	return fail_limits(load, line, yg_rules_pred(load->rules, pred, ret));
}

static int add_name(struct yg_load *load, struct yg_bytes name, uint32_t line, uint32_t *ret)
{
	int rc = yg_names_add(load->rules->names, name, ret);

	if (rc == YG_ELIMIT)
		return yg_load_fail(load, line, "all rules together use more than %u field names",
				    YG_NAMES_MAX);
	return rc;
}

/* ---- one value ---- */

/* A pattern without needless wildcards, and what lies at its ends. */
struct canonical {
	struct yg_bytes text; /* begins with * when the head is open; no * at its end */
	bool is_head_open;
	bool is_tail_open;
	bool is_glob; /* wildcards in the middle */
};

/* Runs of wildcards become their ? first, then one *. @to has room for 2 × @p.size + 1 bytes. */
static void make_canonical(struct yg_bytes p, bool is_head_open, uint8_t *to, struct canonical *ret)
{
	bool is_star = is_head_open;
	size_t size = 0;

	for (size_t i = 0; i < p.size; i++) {
		if (p.data[i] == '*') {
			is_star = true;
			continue;
		}
		if (p.data[i] == '?') {
			to[size++] = '?';
			ret->is_glob = true;
			continue;
		}
		if (is_star) {
			ret->is_glob |= size > 0;
			to[size++] = '*';
		}
		is_star = false;
		if (p.data[i] == '\\' && i + 1 < p.size)
			to[size++] = p.data[i++];
		to[size++] = p.data[i];
	}
	ret->is_head_open = size > 0 ? to[0] == '*' : is_head_open;
	ret->is_tail_open |= is_star;
	ret->text = (struct yg_bytes){to, size};
}

/* A pattern is reduced to the cheapest operation with the same meaning. False: no memory. */
static bool classify(struct yg_load *load, struct yg_bytes p, uint32_t where, struct yg_pred *pred)
{
	const uint32_t head = YG_MOD_BIT(YG_MOD_ENDSWITH) | YG_MOD_BIT(YG_MOD_CONTAINS);
	const uint32_t tail = YG_MOD_BIT(YG_MOD_STARTSWITH) | YG_MOD_BIT(YG_MOD_CONTAINS);
	uint8_t *to = yg_arena_alloc(load->arena, 2 * p.size + 3);
	struct canonical c = {.is_tail_open = (where & tail) != 0};

	if (!to)
		return false;
	make_canonical(p, (where & head) != 0, to, &c);
	if (c.is_glob) {
		if (c.is_tail_open)
			to[c.text.size++] = '*';
		pred->op = YG_PRED_GLOB;
		pred->text = c.text;
		return true;
	}
	if (c.text.size == 0 && (c.is_head_open || c.is_tail_open)) {
		pred->op = YG_PRED_CONTAINS; /* any value at all, the empty one too */
		pred->text = YG_S("");
		return true;
	}
	if (c.is_head_open)
		pred->op = c.is_tail_open ? YG_PRED_CONTAINS : YG_PRED_ENDS;
	else
		pred->op = c.is_tail_open ? YG_PRED_STARTS : YG_PRED_EQUALS;
	return yg_pattern_plain(load->arena, yg_bytes_from(c.text, c.is_head_open), &pred->text);
}

static int text_value(struct yg_load *load, const struct yg_modifiers *mods,
		      const struct yg_yaml *value, struct yg_pred *pred, uint32_t *ret)
{
	uint32_t where = mods->bits & YG_MODS_WHERE;
	struct yg_forms forms;
	uint32_t *exprs;
	int rc = yg_sigma_forms(load, mods, value->text, value->line, &forms);

	if (rc != YG_OK)
		return rc;
	if (mods->field.size == 0 && !where)
		where = YG_MOD_BIT(YG_MOD_CONTAINS); /* a keyword is looked for anywhere */
	exprs = yg_arena_alloc(load->arena, (forms.count + 1) * sizeof(*exprs));
	if (!exprs)
		return YG_ENOMEM;
	pred->is_cased = yg_mod_has(mods, YG_MOD_CASED);
	for (uint32_t i = 0; i < forms.count; i++) {
		if (!classify(load, forms.items[i], where, pred))
			return YG_ENOMEM;
		if (mods->field.size == 0 && pred->text.size == 0)
			return yg_load_fail(load, value->line,
					    "an empty keyword would fit every event");
		if (!pred->is_cased) {
			uint8_t *folded = yg_arena_alloc(load->arena, pred->text.size + 1);

			if (!folded)
				return YG_ENOMEM;
			pred->text.size = yg_fold(pred->text, folded);
			pred->text.data = folded;
		}
		rc = add_pred(load, pred, value->line, &exprs[i]);
		if (rc != YG_OK)
			return rc;
	}
	return fail_limits(load, value->line,
			   yg_rules_join(load, YG_EXPR_OR, exprs, forms.count, ret));
}

/* One branch that begins with ^ already: `^(?:^` is more than Vectorscan takes with `m`. */
static bool is_anchored(struct yg_bytes text)
{
	return text.data[0] == '^' && yg_bytes_chr(text, '|') == SIZE_MAX;
}

static int regex_value(struct yg_load *load, const struct yg_modifiers *mods,
		       const struct yg_yaml *value, struct yg_pred *pred, uint32_t *ret)
{
	bool is_start = yg_mod_has(mods, YG_MOD_STARTSWITH) && value->text.size > 0 &&
			!is_anchored(value->text);
	bool is_end = yg_mod_has(mods, YG_MOD_ENDSWITH);
	int rc;

	pred->op = YG_PRED_REGEX;
	pred->is_cased = !yg_mod_has(mods, YG_MOD_I);
	pred->is_multiline = yg_mod_has(mods, YG_MOD_M);
	pred->is_dot_all = yg_mod_has(mods, YG_MOD_S);
	pred->text = value->text;
	if (value->text.size == 0)
		return yg_load_fail(load, value->line, "the regular expression is empty");
	if (value->text.size > YG_VALUE_BYTES_MAX)
		return yg_load_fail(load, value->line,
				    "the regular expression is longer than %u bytes",
				    YG_VALUE_BYTES_MAX);
	rc = yg_sigma_regex_check(load, value->line, pred);
	if (rc != YG_OK)
		return rc;
	if (is_start || is_end) {
		size_t room = value->text.size + 8;
		char *text = yg_arena_alloc(load->arena, room);

		if (!text)
			return YG_ENOMEM;
		(void)snprintf(text, room, "%s(?:%s)%s", is_start ? "^" : "",
			       (const char *)value->text.data, is_end ? "$" : "");
		pred->text = yg_bytes_str(text);
		rc = yg_sigma_regex_check(load, value->line, pred);
		if (rc != YG_OK)
			return rc;
	}
	return add_pred(load, pred, value->line, ret);
}

static bool parse_cidr(struct yg_bytes text, struct yg_pred *pred)
{
	size_t slash = yg_bytes_chr(text, '/');
	struct yg_bytes address = yg_bytes_cut(text, 0, slash);
	uint64_t bits = 128;
	char name[64];
	struct in_addr v4;
	unsigned base = 0;

	if (address.size >= sizeof(name))
		return false;
	memcpy(name, address.data, address.size);
	name[address.size] = 0;
	memset(pred->address, 0, sizeof(pred->address));
	if (inet_pton(AF_INET, name, &v4) == 1) {
		base = 96;
		pred->address[10] = pred->address[11] = 0xff;
		memcpy(pred->address + 12, &v4, 4);
	} else if (inet_pton(AF_INET6, name, pred->address) != 1) {
		return false;
	}
	if (slash != SIZE_MAX) {
		if (!yg_bytes_u64(yg_bytes_from(text, slash + 1), &bits) || bits > 128 - base)
			return false;
		bits += base;
	}
	pred->prefix_bits = (uint8_t)bits;
	return true;
}

static bool has_host_bits(const struct yg_pred *pred)
{
	for (unsigned bit = pred->prefix_bits; bit < 128; bit++)
		if (pred->address[bit / 8] & (0x80u >> bit % 8))
			return true;
	return false;
}

static int cidr_value(struct yg_load *load, const struct yg_modifiers *mods,
		      const struct yg_yaml *value, struct yg_pred *pred, uint32_t *ret)
{
	struct yg_forms forms;
	uint32_t *exprs;
	int rc = yg_sigma_forms(load, mods, value->text, value->line, &forms);

	if (rc != YG_OK)
		return rc;
	exprs = yg_arena_alloc(load->arena, (forms.count + 1) * sizeof(*exprs));
	if (!exprs)
		return YG_ENOMEM;
	pred->op = YG_PRED_CIDR;
	for (uint32_t i = 0; i < forms.count; i++) {
		if (!parse_cidr(forms.items[i], pred))
			return yg_load_fail(
				load, value->line,
				"'%s' is not a network such as 10.0.0.0/8 or 2001:db8::/32",
				yg_load_show(load, forms.items[i]));
		if (has_host_bits(pred))
			return yg_load_fail(load, value->line,
					    "the network '%s' has bits set beyond its prefix",
					    yg_load_show(load, forms.items[i]));
		rc = add_pred(load, pred, value->line, &exprs[i]);
		if (rc != YG_OK)
			return rc;
	}
	return fail_limits(load, value->line,
			   yg_rules_join(load, YG_EXPR_OR, exprs, forms.count, ret));
}

static uint8_t compare_op(const struct yg_modifiers *mods)
{
	if (yg_mod_has(mods, YG_MOD_LT))
		return YG_PRED_LT;
	if (yg_mod_has(mods, YG_MOD_LTE))
		return YG_PRED_LTE;
	if (yg_mod_has(mods, YG_MOD_GT))
		return YG_PRED_GT;
	return yg_mod_has(mods, YG_MOD_GTE) ? YG_PRED_GTE : YG_PRED_EQUALS;
}

static int number_value(struct yg_load *load, const struct yg_modifiers *mods,
			const struct yg_yaml *value, struct yg_pred *pred, uint32_t *ret)
{
	pred->op = compare_op(mods);
	if (!yg_bytes_double(value->text, &pred->number))
		return yg_load_fail(load, value->line, "'%s' is not a number",
				    yg_load_show(load, value->text));
	if (pred->number == 0)
		pred->number = 0; /* one zero */
	return add_pred(load, pred, value->line, ret);
}

static int time_value(struct yg_load *load, const struct yg_modifiers *mods,
		      const struct yg_yaml *value, struct yg_pred *pred, uint32_t *ret)
{
	static const struct {
		enum yg_modifier modifier;
		enum yg_time_part part;
		int64_t min;
		int64_t max;
	} parts[] = {
		{YG_MOD_MINUTE, YG_PART_MINUTE, 0, 59}, {YG_MOD_HOUR, YG_PART_HOUR, 0, 23},
		{YG_MOD_DAY, YG_PART_DAY, 1, 31},	{YG_MOD_WEEK, YG_PART_WEEK, 1, 53},
		{YG_MOD_MONTH, YG_PART_MONTH, 1, 12},	{YG_MOD_YEAR, YG_PART_YEAR, 1, 9999},
	};
	int64_t number;

	pred->op = YG_PRED_TIME_PART;
	pred->number_op = compare_op(mods);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!yg_mod_has(mods, parts[i].modifier))
			continue;
		if (!yg_bytes_i64(value->text, &number) || number < parts[i].min ||
		    number > parts[i].max)
			return yg_load_fail(load, value->line,
					    "'%s' is not a whole number from %lld to %lld",
					    yg_load_show(load, value->text),
					    (long long)parts[i].min, (long long)parts[i].max);
		pred->part = (uint8_t)parts[i].part;
		pred->number = (double)number;
	}
	return add_pred(load, pred, value->line, ret);
}

static int exists_value(struct yg_load *load, const struct yg_yaml *value, struct yg_pred *pred,
			uint32_t *ret)
{
	bool is_true = yg_bytes_eq_nocase(value->text, YG_S("true")) ||
		       yg_bytes_eq_nocase(value->text, YG_S("yes"));
	int rc;

	if (!is_true && !yg_bytes_eq_nocase(value->text, YG_S("false")) &&
	    !yg_bytes_eq_nocase(value->text, YG_S("no")))
		return yg_load_fail(load, value->line, "'exists' takes true or false, not '%s'",
				    yg_load_show(load, value->text));
	pred->op = YG_PRED_EXISTS;
	rc = add_pred(load, pred, value->line, ret);
	if (rc == YG_OK && !is_true)
		rc = yg_rules_not(load->rules, *ret, ret);
	return rc;
}

static int fieldref_value(struct yg_load *load, const struct yg_modifiers *mods,
			  const struct yg_yaml *value, struct yg_pred *pred, uint32_t *ret)
{
	struct yg_bytes name = yg_bytes_trim(value->text);
	int rc;

	if (name.size == 0)
		return yg_load_fail(load, value->line, "'fieldref' needs the name of a field");
	if (yg_bytes_chr(name, '*') != SIZE_MAX || yg_bytes_chr(name, '?') != SIZE_MAX)
		return yg_load_fail(load, value->line,
				    "the field name '%s' must not have wildcards",
				    yg_load_show(load, name));
	rc = add_name(load, name, value->line, &pred->other_field);
	if (rc != YG_OK)
		return rc;
	pred->is_cased = yg_mod_has(mods, YG_MOD_CASED);
	pred->op = yg_mod_has(mods, YG_MOD_STARTSWITH) ? YG_PRED_FIELD_STARTS
		   : yg_mod_has(mods, YG_MOD_ENDSWITH) ? YG_PRED_FIELD_ENDS
		   : yg_mod_has(mods, YG_MOD_CONTAINS) ? YG_PRED_FIELD_CONTAINS
						       : YG_PRED_FIELD_EQUALS;
	return add_pred(load, pred, value->line, ret);
}

static int null_value(struct yg_load *load, const struct yg_modifiers *mods,
		      const struct yg_yaml *value, struct yg_pred *pred, uint32_t *ret)
{
	if (mods->field.size == 0)
		return yg_load_fail(load, value->line, "null cannot be a keyword");
	if (mods->bits & ~(YG_MOD_BIT(YG_MOD_NEQ) | YG_MOD_BIT(YG_MOD_ALL)))
		return yg_load_fail(load, value->line, "null cannot be combined with modifiers");
	pred->op = YG_PRED_IS_NULL;
	return add_pred(load, pred, value->line, ret);
}

static int one_value(struct yg_load *load, const struct yg_modifiers *mods, uint32_t field_id,
		     const struct yg_yaml *value, uint32_t *ret)
{
	struct yg_pred pred = {.field_id = field_id};

	if (value->kind != YG_YAML_SCALAR)
		return yg_load_fail(load, value->line, "%s cannot be a value here",
				    value->kind == YG_YAML_MAP ? "a map" : "a list inside a list");
	if (yg_yaml_is_null(value))
		return null_value(load, mods, value, &pred, ret);
	if (yg_mod_has(mods, YG_MOD_RE))
		return regex_value(load, mods, value, &pred, ret);
	if (yg_mod_has(mods, YG_MOD_EXISTS))
		return exists_value(load, value, &pred, ret);
	if (yg_mod_has(mods, YG_MOD_CIDR))
		return cidr_value(load, mods, value, &pred, ret);
	if (yg_mod_has(mods, YG_MOD_FIELDREF))
		return fieldref_value(load, mods, value, &pred, ret);
	if (mods->bits & YG_MODS_TIME)
		return time_value(load, mods, value, &pred, ret);
	if (mods->bits & YG_MODS_COMPARE)
		return number_value(load, mods, value, &pred, ret);
	return text_value(load, mods, value, &pred, ret);
}

/* ---- one field with its values ---- */

static int check_list(struct yg_load *load, const struct yg_yaml *node)
{
	if (node->kind != YG_YAML_LIST)
		return YG_OK;
	if (node->count == 0)
		return yg_load_fail(load, node->line, "the list of values is empty");
	if (node->count > YG_RULE_VALUES_MAX)
		return yg_load_fail(load, node->line, "the rule has more than %u values",
				    YG_RULE_VALUES_MAX);
	return YG_OK;
}

int yg_sigma_item(struct yg_load *load, const struct yg_yaml *node, uint32_t *ret_expr)
{
	struct yg_modifiers mods;
	uint32_t field_id = YG_PRED_KEYWORD;
	uint32_t count = 0;
	uint32_t *exprs;
	int rc = yg_sigma_modifiers(load, node->key, node->line, &mods);

	if (rc == YG_OK)
		rc = check_list(load, node);
	if (rc == YG_OK && mods.field.size > 0)
		rc = add_name(load, mods.field, node->line, &field_id);
	if (rc != YG_OK)
		return rc;
	if (mods.field.size == 0 &&
	    (mods.bits & (YG_MODS_TIME | YG_MODS_COMPARE | YG_MOD_BIT(YG_MOD_CIDR) |
			  YG_MOD_BIT(YG_MOD_EXISTS) | YG_MOD_BIT(YG_MOD_FIELDREF))))
		return yg_load_fail(load, node->line, "'%s' needs a field before it",
				    yg_load_show(load, node->key));
	exprs = yg_arena_alloc(load->arena, (node->count + 1) * sizeof(*exprs));
	if (!exprs)
		return YG_ENOMEM;
	if (node->kind == YG_YAML_LIST) {
		for (const struct yg_yaml *v = node->first; v && rc == YG_OK; v = v->next)
			rc = one_value(load, &mods, field_id, v, &exprs[count++]);
	} else {
		rc = one_value(load, &mods, field_id, node, &exprs[count++]);
	}
	if (rc == YG_OK)
		rc = fail_limits(
			load, node->line,
			yg_rules_join(load,
				      yg_mod_has(&mods, YG_MOD_ALL) ? YG_EXPR_AND : YG_EXPR_OR,
				      exprs, count, ret_expr));
	if (rc == YG_OK && yg_mod_has(&mods, YG_MOD_NEQ))
		rc = yg_rules_not(load->rules, *ret_expr, ret_expr);
	return rc;
}

/* ---- selections ---- */

static int map_selection(struct yg_load *load, const struct yg_yaml *map, uint32_t *ret)
{
	uint32_t *exprs = yg_arena_alloc(load->arena, (map->count + 1) * sizeof(*exprs));
	uint32_t count = 0;
	int rc = YG_OK;

	if (!exprs)
		return YG_ENOMEM;
	if (map->count == 0)
		return yg_load_fail(load, map->line, "the selection is empty");
	for (const struct yg_yaml *item = map->first; item && rc == YG_OK; item = item->next) {
		if (item->key.size == 0)
			return yg_load_fail(load, item->line, "a field name is empty");
		rc = yg_sigma_item(load, item, &exprs[count++]);
	}
	if (rc != YG_OK)
		return rc;
	return fail_limits(load, map->line, yg_rules_join(load, YG_EXPR_AND, exprs, count, ret));
}

static int keyword(struct yg_load *load, const struct yg_yaml *node, uint32_t *ret)
{
	struct yg_yaml bare = *node;

	bare.key = YG_S("");
	return yg_sigma_item(load, &bare, ret);
}

static int list_selection(struct yg_load *load, const struct yg_yaml *list, uint32_t *ret)
{
	uint32_t *exprs = yg_arena_alloc(load->arena, (list->count + 1) * sizeof(*exprs));
	uint32_t count = 0;
	int rc = YG_OK;

	if (!exprs)
		return YG_ENOMEM;
	if (list->count == 0)
		return yg_load_fail(load, list->line, "the selection is empty");
	for (const struct yg_yaml *item = list->first; item && rc == YG_OK; item = item->next) {
		if (item->kind == YG_YAML_LIST)
			return yg_load_fail(load, item->line,
					    "a list inside a list has no meaning here");
		rc = item->kind == YG_YAML_MAP ? map_selection(load, item, &exprs[count])
					       : keyword(load, item, &exprs[count]);
		count++;
	}
	if (rc != YG_OK)
		return rc;
	return fail_limits(load, list->line, yg_rules_join(load, YG_EXPR_OR, exprs, count, ret));
}

static int selection(struct yg_load *load, const struct yg_yaml *node, uint32_t *ret)
{
	if (node->kind == YG_YAML_MAP)
		return map_selection(load, node, ret);
	if (node->kind == YG_YAML_LIST)
		return list_selection(load, node, ret);
	if (yg_yaml_is_null(node))
		return yg_load_fail(load, node->line, "the selection '%s' is empty",
				    yg_load_show(load, node->key));
	return keyword(load, node, ret);
}

static int keep_piece(struct yg_load *load, enum yg_piece_kind kind, struct yg_bytes text,
		      uint32_t expr)
{
	return yg_rules_piece(load->rules, &(struct yg_piece){.rule = load->rules->rule_count,
							      .expr = expr,
							      .filter = UINT32_MAX,
							      .kind = kind,
							      .text = text});
}

static int one_condition(struct yg_load *load, const struct yg_yaml *node,
			 const struct yg_selection *selections, uint32_t count, uint32_t *ret)
{
	int rc = yg_sigma_condition(load, node->text, node->line, selections, count, ret);

	return rc == YG_OK ? keep_piece(load, YG_PIECE_CONDITION, node->text, *ret) : rc;
}

/* One condition, or a list of which each is enough. */
static int conditions(struct yg_load *load, const struct yg_yaml *node,
		      const struct yg_selection *selections, uint32_t count, uint32_t *ret)
{
	uint32_t *exprs = yg_arena_alloc(load->arena, (node->count + 1) * sizeof(*exprs));
	uint32_t done = 0;
	int rc = YG_OK;

	if (!exprs)
		return YG_ENOMEM;
	if (node->kind == YG_YAML_MAP || (node->kind == YG_YAML_LIST && node->count == 0))
		return yg_load_fail(load, node->line,
				    "the condition must be a text or a list of texts");
	if (node->kind == YG_YAML_SCALAR)
		return one_condition(load, node, selections, count, ret);
	for (const struct yg_yaml *one = node->first; one && rc == YG_OK; one = one->next) {
		if (one->kind != YG_YAML_SCALAR)
			return yg_load_fail(load, one->line,
					    "the condition must be a text or a list of texts");
		rc = one_condition(load, one, selections, count, &exprs[done++]);
	}
	if (rc != YG_OK)
		return rc;
	return fail_limits(load, node->line, yg_rules_join(load, YG_EXPR_OR, exprs, done, ret));
}

int yg_sigma_detection(struct yg_load *load, const struct yg_yaml *detection, uint32_t *ret_expr)
{
	const struct yg_yaml *condition = yg_yaml_get(detection, "condition");
	struct yg_selection *selections;
	uint32_t count = 0;

	if (detection->kind != YG_YAML_MAP)
		return yg_load_fail(load, detection->line,
				    "'detection' must be a map of selections and a condition");
	if (detection->count > YG_SELECTIONS_MAX)
		return yg_load_fail(load, detection->line, "more than %u selections",
				    YG_SELECTIONS_MAX);
	if (!condition)
		return yg_load_fail(load, detection->line, "the detection has no 'condition'");
	selections = yg_arena_alloc(load->arena, (detection->count + 1) * sizeof(*selections));
	if (!selections)
		return YG_ENOMEM;
	for (const struct yg_yaml *node = detection->first; node; node = node->next) {
		int rc;

		if (node == condition || yg_bytes_eq(node->key, YG_S("timeframe")))
			continue;
		selections[count].name = node->key;
		rc = selection(load, node, &selections[count].expr);
		if (rc == YG_OK)
			rc = keep_piece(load, YG_PIECE_SELECTION, node->key,
					selections[count++].expr);
		if (rc != YG_OK)
			return rc;
	}
	if (count == 0)
		return yg_load_fail(load, detection->line,
				    "the detection has a condition but no selection");
	return conditions(load, condition, selections, count, ret_expr);
}
