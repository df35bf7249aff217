/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/rules.h"

#include <assert.h>
#include <stdarg.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define FIRST_ROOM 256u /* power of two */
#define SHOWN_MAX  80u

int yg_load_fail(struct yg_load *load, uint32_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(load->reason, sizeof(load->reason), format, args);
	va_end(args);
	load->line = line;
	return YG_EFORMAT;
}

const char *yg_load_show(struct yg_load *load, struct yg_bytes b)
{
	struct yg_bytes cut = yg_bytes_cut(b, 0, SHOWN_MAX);
	char *text;

	while (cut.size > 0 && cut.size < b.size && !yg_utf8_valid(cut))
		cut.size--;
	text = yg_arena_str(load->arena, cut);
	if (!text)
		return "?";
	for (size_t i = 0; i < cut.size; i++)
		if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' '; /* a reason is one line */
	return text;
}

/* ---- rules by id and by name ---- */

static uint64_t key_hash(struct yg_bytes key)
{
	uint8_t folded[1024];

	if (key.size > sizeof(folded))
		return yg_hash64(key, 3);
	return yg_hash64((struct yg_bytes){folded, yg_fold(key, folded)}, 3);
}

static bool key_equals(struct yg_bytes a, struct yg_bytes b)
{
	return yg_bytes_eq_nocase(a, b);
}

static struct yg_bytes id_of(const struct yg_rule *rule)
{
	return rule->info.id;
}

static struct yg_bytes name_of(const struct yg_rule *rule)
{
	return rule->name;
}

static uint32_t *key_slot(const struct yg_rules *rules, uint32_t *slots,
			  struct yg_bytes (*key_of)(const struct yg_rule *), struct yg_bytes key)
{
	uint32_t mask = rules->priv->key_slot_mask;
	uint32_t at = (uint32_t)key_hash(key) & mask;

	while (slots[at] && !key_equals(key_of(&rules->rules[slots[at] - 1]), key))
		at = (at + 1) & mask;
	return &slots[at];
}

static void put_keys(struct yg_rules *rules, uint32_t index)
{
	const struct yg_rule *rule = &rules->rules[index];
	uint32_t *slot = key_slot(rules, rules->priv->id_slots, id_of, rule->info.id);

	if (!*slot)
		*slot = index + 1;
	if (rule->name.size == 0)
		return;
	slot = key_slot(rules, rules->priv->name_slots, name_of, rule->name);
	if (!*slot)
		*slot = index + 1;
}

static int grow_rules(struct yg_rules *rules)
{
	struct yg_rules_priv *priv = rules->priv;
	uint32_t room = priv->rule_room ? priv->rule_room * 2 : FIRST_ROOM;
	struct yg_rule *grown = yg_reallocarray(rules->rules, room, sizeof(*grown));
	uint32_t *ids;
	uint32_t *names;

	if (!grown)
		return YG_ENOMEM;
	rules->rules = grown;
	ids = yg_calloc(room * 2, sizeof(*ids));
	names = yg_calloc(room * 2, sizeof(*names));
	if (!ids || !names) {
		free(ids);
		free(names);
		return YG_ENOMEM;
	}
	free(priv->id_slots);
	free(priv->name_slots);
	priv->id_slots = ids;
	priv->name_slots = names;
	priv->key_slot_mask = room * 2 - 1;
	priv->rule_room = room;
	for (uint32_t i = 0; i < rules->rule_count; i++)
		put_keys(rules, i);
	return YG_OK;
}

/* ---- life ---- */

struct yg_rules *yg_rules_new(void)
{
	struct yg_rules *rules = yg_calloc(1, sizeof(*rules));
	struct yg_rules_priv *priv = yg_calloc(1, sizeof(*priv));
	static const struct yg_expr constants[] = {{.op = YG_EXPR_FALSE}, {.op = YG_EXPR_TRUE}};

	if (!rules || !priv) {
		free(rules);
		free(priv);
		return NULL;
	}
	rules->matcher = yg_matcher_here();
	rules->priv = priv;
	rules->arena = yg_arena_new(YG_RULES_ARENA_MAX);
	rules->names = yg_names_new();
	priv->file_arena = yg_arena_new(YG_LOAD_ARENA_MAX);
	rules->exprs = yg_calloc(FIRST_ROOM, sizeof(*rules->exprs));
	priv->stamps = yg_calloc(FIRST_ROOM, sizeof(*priv->stamps));
	if (!rules->arena || !rules->names || !priv->file_arena || !rules->exprs || !priv->stamps ||
	    grow_rules(rules) != YG_OK)
		return yg_rules_free(rules);
	priv->expr_room = FIRST_ROOM;
	memcpy(rules->exprs, constants, sizeof(constants));
	rules->expr_count = 2;
	return rules;
}

struct yg_rules *yg_rules_free(struct yg_rules *rules)
{
	if (!rules)
		return NULL;
	(void)yg_arena_free(rules->arena);
	(void)yg_names_free(rules->names);
	free(rules->preds);
	free(rules->exprs);
	free(rules->kids);
	free(rules->rules);
	free(rules->pieces);
	(void)yg_arena_free(rules->priv->file_arena);
	free(rules->priv->pred_slots);
	free(rules->priv->pred_exprs);
	free(rules->priv->stamps);
	free(rules->priv->scratch);
	free(rules->priv->id_slots);
	free(rules->priv->name_slots);
	free(rules->priv->refs);
	free(rules->priv->filters);
	free(rules->priv->placeholders);
	free(rules->priv);
	free(rules);
	return NULL;
}

/* ---- placeholders ---- */

const struct yg_placeholder *yg_rules_placeholder(const struct yg_rules *rules,
						  struct yg_bytes name)
{
	for (uint32_t i = 0; i < rules->priv->placeholder_count; i++)
		if (yg_bytes_eq(rules->priv->placeholders[i].name, name))
			return &rules->priv->placeholders[i];
	return NULL;
}

/* The values of @node, a text or a list of texts, into @to. */
static int keep_values(struct yg_load *load, const struct yg_yaml *node, struct yg_placeholder *to)
{
	const struct yg_yaml *value = node->kind == YG_YAML_LIST ? node->first : node;
	struct yg_bytes *values =
		yg_arena_alloc(load->rules->arena, (node->count + 1) * sizeof(*values));

	if (!values)
		return YG_ENOMEM;
	to->values = values;
	to->count = 0;
	while (value) {
		if (value->kind != YG_YAML_SCALAR || yg_yaml_is_null(value))
			return yg_load_fail(load, value->line,
					    "a value of the placeholder '%s' is no text",
					    yg_load_show(load, to->name));
		if (!yg_arena_dup(load->rules->arena, value->text, &values[to->count++]))
			return YG_ENOMEM;
		value = node->kind == YG_YAML_LIST ? value->next : NULL;
	}
	return YG_OK;
}

static int add_placeholder(struct yg_load *load, const struct yg_yaml *node)
{
	struct yg_rules_priv *priv = load->rules->priv;
	struct yg_placeholder *to = &priv->placeholders[priv->placeholder_count];
	struct yg_bytes name = yg_bytes_trim(node->key);
	int rc;

	if (name.size > 2 && name.data[0] == '%' && name.data[name.size - 1] == '%')
		name = yg_bytes_cut(name, 1, name.size - 1);
	if (node->kind == YG_YAML_MAP || name.size == 0)
		return yg_load_fail(load, node->line,
				    "the placeholder '%s' must be a text or a list of texts",
				    yg_load_show(load, node->key));
	if (yg_rules_placeholder(load->rules, name))
		return yg_load_fail(load, node->line, "the placeholder '%s' has been given already",
				    yg_load_show(load, name));
	if (!yg_arena_dup(load->rules->arena, name, &to->name))
		return YG_ENOMEM;
	rc = keep_values(load, node, to);
	/* An empty list gives no value: the rules that ask for it stay inactive. */
	if (rc == YG_OK && to->count > 0)
		priv->placeholder_count++;
	return rc;
}

static int add_placeholders(struct yg_load *load, const struct yg_yaml *doc)
{
	struct yg_rules_priv *priv = load->rules->priv;
	struct yg_placeholder *grown;
	int rc = YG_OK;

	if (yg_yaml_is_null(doc))
		return YG_OK;
	if (doc->kind != YG_YAML_MAP)
		return yg_load_fail(load, doc->line,
				    "placeholders must be a map: name: value, or name: [values]");
	if (doc->count + priv->placeholder_count > YG_PLACEHOLDERS_MAX)
		return yg_load_fail(load, doc->line, "more than %u placeholders",
				    YG_PLACEHOLDERS_MAX);
	grown = yg_reallocarray(priv->placeholders, priv->placeholder_count + doc->count + 1,
				sizeof(*grown));
	if (!grown)
		return YG_ENOMEM;
	priv->placeholders = grown;
	for (const struct yg_yaml *node = doc->first; node && rc == YG_OK; node = node->next)
		rc = add_placeholder(load, node);
	return rc;
}

int yg_rules_placeholders(struct yg_rules *rules, const char *file, struct yg_bytes text,
			  char reason[256], uint32_t *ret_line)
{
	struct yg_load load = {.rules = rules, .arena = rules->priv->file_arena, .file = file};
	const struct yg_yaml *docs;
	struct yg_yaml_fault fault;
	int rc = yg_yaml_parse(text, load.arena, &docs, &fault);

	if (rc == YG_OK) {
		for (const struct yg_yaml *doc = docs->first; doc && rc == YG_OK; doc = doc->next)
			rc = add_placeholders(&load, doc);
		(void)snprintf(reason, 256, "%.255s", rc == YG_OK ? "" : load.reason);
		*ret_line = load.line;
	} else {
		(void)snprintf(reason, 256, "%s", fault.msg);
		*ret_line = fault.line;
	}
	yg_arena_reset(load.arena);
	return rc;
}

/* ---- collections: action: global, reset, repeat ---- */

/*
 * @over laid over @under: keys of @over win; maps under the same key are merged down to @depth
 * more levels (a rule has three: section, selection, field). NULL without memory.
 */
static const struct yg_yaml *
merge_flat(struct yg_load *load, const struct yg_yaml *under, const struct yg_yaml *over,
	   const struct yg_yaml *(*merge)(struct yg_load *, const struct yg_yaml *,
					  const struct yg_yaml *))
{
	uint32_t room = under->count + over->count;
	struct yg_yaml *map = yg_arena_alloc(load->arena, (room + 1) * sizeof(*map));
	uint32_t count = 0;

	if (!map)
		return NULL;
	map[0] = *over;
	for (const struct yg_yaml *node = under->first; node; node = node->next) {
		const struct yg_yaml *other = yg_yaml_get(over, (const char *)node->key.data);
		const struct yg_yaml *best = other ? other : node;

		if (other && merge && other->kind == YG_YAML_MAP && node->kind == YG_YAML_MAP)
			best = merge(load, node, other);
		if (!best)
			return NULL;
		map[++count] = *best;
	}
	for (const struct yg_yaml *node = over->first; node; node = node->next)
		if (!yg_yaml_get(under, (const char *)node->key.data))
			map[++count] = *node;
	for (uint32_t i = 1; i <= count; i++)
		map[i].next = i < count ? &map[i + 1] : NULL;
	map[0].first = count ? &map[1] : NULL;
	map[0].count = count;
	return map;
}

static const struct yg_yaml *merge_fields(struct yg_load *load, const struct yg_yaml *under,
					  const struct yg_yaml *over)
{
	return merge_flat(load, under, over, NULL);
}

static const struct yg_yaml *merge_section(struct yg_load *load, const struct yg_yaml *under,
					   const struct yg_yaml *over)
{
	return merge_flat(load, under, over, merge_fields);
}

static const struct yg_yaml *merge_rule(struct yg_load *load, const struct yg_yaml *under,
					const struct yg_yaml *over)
{
	return merge_flat(load, under, over, merge_section);
}

/* ---- documents ---- */

/* A document that wants to be a rule, even one that lacks something. */
static bool is_rule(const struct yg_yaml *doc)
{
	if (yg_yaml_get(doc, "detection") || yg_yaml_get(doc, "correlation") ||
	    yg_yaml_get(doc, "filter") || yg_yaml_get(doc, "logsource"))
		return true;
	return yg_yaml_get(doc, "title") &&
	       (yg_yaml_get(doc, "level") || yg_yaml_get(doc, "status") || yg_yaml_get(doc, "id"));
}

static int fail_duplicate(struct yg_load *load, const struct yg_yaml *doc, struct yg_bytes id,
			  const struct yg_rule *first)
{
	const struct yg_yaml *node = yg_yaml_get(doc, "id");

	return yg_load_fail(load, node ? node->line : doc->line,
			    "the id '%s' is already that of the rule in %.*s:%u",
			    yg_load_show(load, id),
			    (int)(first->file.size < 200 ? first->file.size : 200),
			    (const char *)first->file.data, first->line);
}

static int check_duplicate(struct yg_load *load, const struct yg_yaml *doc,
			   const struct yg_rule *rule)
{
	uint32_t slot = *key_slot(load->rules, load->rules->priv->id_slots, id_of, rule->info.id);

	return slot ? fail_duplicate(load, doc, rule->info.id, &load->rules->rules[slot - 1])
		    : YG_OK;
}

/* What was read may wait for a placeholder, or ask for what the matcher cannot do. */
static int note_waiting(struct yg_load *load, struct yg_rule *rule)
{
	char reason[200];

	if (load->waits_for.size == 0 && load->lacks.size == 0)
		return YG_OK;
	if (load->waits_for.size > 0)
		(void)snprintf(
			reason, sizeof(reason),
			"the placeholder %%%.*s%% has no value: give one with --placeholders",
			(int)(load->waits_for.size < 100 ? load->waits_for.size : 100),
			(const char *)load->waits_for.data);
	else
		(void)snprintf(reason, sizeof(reason),
			       "the built-in matcher cannot do its regular expression: %.*s",
			       YG_FMT(load->lacks));
	rule->state = YG_RULE_INACTIVE;
	return yg_arena_dup(load->rules->arena, yg_bytes_str(reason), &rule->state_reason)
		       ? YG_OK
		       : YG_ENOMEM;
}

static int build_detection(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule)
{
	const struct yg_yaml *detection = yg_yaml_get(doc, "detection");
	int rc;

	if (!detection)
		return yg_load_fail(load, doc->line, "the rule has no 'detection'");
	rc = yg_sigma_detection(load, detection, &rule->expr);
	return rc == YG_OK ? note_waiting(load, rule) : rc;
}

static int build_filter(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule,
			struct yg_filter_refs *refs)
{
	int rc = yg_sigma_filter(load, doc, rule, refs);

	rule->state = YG_RULE_FILTER;
	return rc == YG_OK ? note_waiting(load, rule) : rc;
}

static int keep_refs(struct yg_rules *rules, const struct yg_correlation_refs *refs)
{
	struct yg_rules_priv *priv = rules->priv;

	if (priv->ref_count == priv->ref_room) {
		uint32_t room = priv->ref_room ? priv->ref_room * 2 : 16;
		struct yg_correlation_refs *grown =
			yg_reallocarray(priv->refs, room, sizeof(*grown));

		if (!grown)
			return YG_ENOMEM;
		priv->refs = grown;
		priv->ref_room = room;
	}
	priv->refs[priv->ref_count++] = *refs;
	return YG_OK;
}

static int keep_filter(struct yg_rules *rules, const struct yg_filter_refs *refs)
{
	struct yg_rules_priv *priv = rules->priv;

	if (priv->filter_count == priv->filter_room) {
		uint32_t room = priv->filter_room ? priv->filter_room * 2 : 16;
		struct yg_filter_refs *grown = yg_reallocarray(priv->filters, room, sizeof(*grown));

		if (!grown)
			return YG_ENOMEM;
		priv->filters = grown;
		priv->filter_room = room;
	}
	priv->filters[priv->filter_count++] = *refs;
	return YG_OK;
}

/* What a document names: filled for correlations and filters. */
struct named {
	struct yg_correlation_refs refs;
	struct yg_filter_refs filter;
};

static int build(struct yg_load *load, const struct yg_yaml *doc, struct yg_rule *rule,
		 struct named *named)
{
	int rc = yg_sigma_metadata(load, doc, rule);

	if (rc == YG_OK)
		rc = check_duplicate(load, doc, rule);
	if (rc != YG_OK)
		return rc;
	if (yg_yaml_get(doc, "correlation"))
		rc = yg_sigma_correlation(load, doc, rule, &named->refs);
	else if (yg_yaml_get(doc, "filter"))
		rc = build_filter(load, doc, rule, &named->filter);
	else
		rc = build_detection(load, doc, rule);
	if (rc == YG_OK && rule->is_deprecated && !load->opts->include_deprecated) {
		rule->state = YG_RULE_INACTIVE;
		rule->state_reason = YG_S(
			"its status is deprecated or unsupported: --include-deprecated uses it");
	}
	return rc;
}

void yg_load_report_inactive(const struct yg_load *load, const struct yg_rule *rule)
{
	char text[YG_LOAD_REASON_MAX];

	if (!load->report)
		return;
	(void)snprintf(text, sizeof(text), "'%.*s': %.*s",
		       (int)(rule->info.title.size < 120 ? rule->info.title.size : 120),
		       (const char *)rule->info.title.data, YG_FMT(rule->state_reason));
	load->report(load->arg, (const char *)rule->file.data, rule->line, false, text);
}

void yg_load_refuse(struct yg_load *load)
{
	load->rules->refused++;
	if (load->report)
		load->report(load->arg, load->file, load->line, true, load->reason);
}

/* The built rule joins the set. */
static int keep_rule(struct yg_load *load, const struct yg_rule *rule, struct named *named)
{
	struct yg_rules *rules = load->rules;
	int rc = YG_OK;

	if (rules->rule_count == rules->priv->rule_room)
		rc = grow_rules(rules);
	if (rc == YG_OK && rule->correlation.type != YG_CORRELATION_NONE) {
		named->refs.rule = rules->rule_count;
		rc = keep_refs(rules, &named->refs);
	} else if (rc == YG_OK && rule->state == YG_RULE_FILTER) {
		named->filter.rule = rules->rule_count;
		rc = keep_filter(rules, &named->filter);
	}
	if (rc != YG_OK)
		return rc;
	rules->rules[rules->rule_count] = *rule;
	put_keys(rules, rules->rule_count++);
	/* Correlations are counted when all is read: what they name may be inactive. */
	if (rule->state == YG_RULE_INACTIVE && rule->correlation.type == YG_CORRELATION_NONE) {
		rules->inactive++;
		yg_load_report_inactive(load, rule);
	}
	return YG_OK;
}

static int take_rule(struct yg_load *load, const struct yg_yaml *doc, struct yg_bytes file)
{
	struct yg_rules *rules = load->rules;
	struct yg_rules_mark mark = yg_rules_mark(rules);
	uint32_t pieces = rules->piece_count;
	struct yg_rule rule = {.file = file, .line = doc->line};
	struct named named = {.refs = {.count = 0}};
	int rc;

	rules->found++;
	load->values = 0;
	load->kid_start = rules->kid_count;
	load->waits_for = YG_S("");
	load->lacks = YG_S("");
	if (rules->rule_count >= YG_RULES_MAX)
		rc = yg_load_fail(load, doc->line, "more than %u rules", YG_RULES_MAX);
	else
		rc = build(load, doc, &rule, &named);
	if (rc != YG_OK || rule.state == YG_RULE_INACTIVE || rule.correlation.type) {
		yg_rules_rollback(rules, mark);
		rules->piece_count = pieces;
		rule.expr = YG_EXPR_NEVER;
	}
	if (rc == YG_EFORMAT) {
		yg_load_refuse(load);
		return YG_OK;
	}
	return rc == YG_OK ? keep_rule(load, &rule, &named) : rc;
}

/* What the documents of a collection share. */
struct collection {
	const struct yg_yaml *global;
	const struct yg_yaml *last;
};

static int take_document(struct yg_load *load, const struct yg_yaml *doc, struct yg_bytes file,
			 struct collection *all)
{
	struct yg_bytes action = yg_yaml_text(doc, "action");

	if (doc->kind != YG_YAML_MAP)
		return YG_OK; /* not a rule file's document */
	if (yg_bytes_eq(action, YG_S("reset"))) {
		all->global = NULL;
		return YG_OK;
	}
	if (yg_bytes_eq(action, YG_S("global"))) {
		all->global = all->global ? merge_rule(load, all->global, doc) : doc;
		return all->global ? YG_OK : YG_ENOMEM;
	}
	if (yg_bytes_eq(action, YG_S("repeat")) && all->last)
		doc = merge_rule(load, all->last, doc);
	else if (all->global)
		doc = merge_rule(load, all->global, doc);
	if (!doc)
		return YG_ENOMEM;
	if (!is_rule(doc))
		return YG_OK;
	all->last = doc;
	return take_rule(load, doc, file);
}

int yg_rules_add(struct yg_rules *rules, const char *file, struct yg_bytes text,
		 const struct yg_rules_opts *opts, yg_rules_report_fn report, void *arg)
{
	struct yg_load load = {
		.rules = rules,
		.arena = rules->priv->file_arena,
		.opts = opts,
		.file = file,
		.report = report,
		.arg = arg,
	};
	struct collection all = {NULL, NULL};
	const struct yg_yaml *docs = NULL;
	struct yg_yaml_fault fault;
	char *name = yg_arena_str(rules->arena, yg_bytes_str(file));
	int fault_rc;
	int rc = YG_OK;

	assert(!rules->priv->is_finished);
	if (!name)
		return YG_ENOMEM;
	fault_rc = yg_yaml_parse(text, load.arena, &docs, &fault);
	for (const struct yg_yaml *doc = docs ? docs->first : NULL; doc && rc == YG_OK;
	     doc = doc->next)
		rc = take_document(&load, doc, yg_bytes_str(name), &all);
	if (rc == YG_OK && fault_rc != YG_OK && fault_rc != YG_ENOMEM) {
		/* What could not be read counts as one rule: people meant one to be there. */
		rules->found++;
		load.line = fault.line;
		(void)snprintf(load.reason, sizeof(load.reason), "%s", fault.msg);
		yg_load_refuse(&load);
	}
	yg_arena_reset(load.arena);
	return fault_rc == YG_ENOMEM ? YG_ENOMEM : rc;
}

uint32_t yg_rules_find(const struct yg_rules *rules, struct yg_bytes text)
{
	uint32_t slot = *key_slot(rules, rules->priv->id_slots, id_of, text);

	if (!slot)
		slot = *key_slot(rules, rules->priv->name_slots, name_of, text);
	return slot ? slot - 1 : UINT32_MAX;
}
