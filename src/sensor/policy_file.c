/* SPDX-License-Identifier: Apache-2.0 */
/* A policy file as a person writes it. A fault is the key, ": ", and a msgid. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/tr.h"
#include "model/day.h"
#include "parse/yaml.h"
#include "sensor/policy.h"

#include "base/ban.h"

#define ARENA_MAX (16u << 20)

struct reading {
	struct yg_policy *policy;
	struct yg_detect_settings *detect;
	struct yg_line_fault *reterr;
};

static int fault(struct reading *r, const struct yg_yaml *node, const char *msg)
{
	return yg_line_fault_set(r->reterr, YG_EFORMAT, node->line, "%.*s%s%s", YG_FMT(node->key),
				 node->key.size ? ": " : "", msg);
}

static bool is_word(const struct yg_yaml *node, const char *word)
{
	return node->kind == YG_YAML_SCALAR && yg_bytes_eq(node->text, yg_bytes_str(word));
}

/* true, yes / false, no: a person may write either. */
static int read_bool(struct reading *r, const struct yg_yaml *node, bool *ret)
{
	if (is_word(node, "true") || is_word(node, "yes"))
		*ret = true;
	else if (is_word(node, "false") || is_word(node, "no"))
		*ret = false;
	else
		return fault(r, node, N_("this must be true or false"));
	return YG_OK;
}

/* A text of at most @room - 1 bytes, without control characters. */
static int read_text(struct reading *r, const struct yg_yaml *node, char *to, size_t room)
{
	if (node->kind != YG_YAML_SCALAR || node->text.size == 0)
		return fault(r, node, N_("this must be a text"));
	if (node->text.size >= room)
		return fault(r, node, N_("this text is too long"));
	for (size_t i = 0; i < node->text.size; i++)
		if (node->text.data[i] < 0x20 || node->text.data[i] == 0x7f)
			return fault(r, node, N_("this text has control characters"));
	memcpy(to, node->text.data, node->text.size);
	to[node->text.size] = '\0';
	return YG_OK;
}

/* A format's name, or a pattern of such names. */
static int read_kind(struct reading *r, const struct yg_yaml *node, char to[YG_WIRE_KIND_MAX + 1])
{
	int rc = read_text(r, node, to, YG_WIRE_KIND_MAX + 1);

	if (rc != YG_OK || yg_bytes_chr(node->text, '*') != SIZE_MAX)
		return rc;
	return yg_format_by_name(node->text) != YG_FORMAT_UNKNOWN
		       ? YG_OK
		       : fault(r, node,
			       N_("no kind of record has this name (docs/record-format.md)"));
}

typedef int (*key_fn)(struct reading *r, const struct yg_yaml *node, void *to);

/* Each key of the map to @fn. */
static int each_key(struct reading *r, const struct yg_yaml *map, key_fn fn, void *to)
{
	int rc = YG_OK;

	if (map->kind != YG_YAML_MAP)
		return fault(r, map, N_("this must be keys with values"));
	for (const struct yg_yaml *node = map->first; node && rc == YG_OK; node = node->next)
		rc = fn(r, node, to);
	return rc;
}

static bool is_key(const struct yg_yaml *node, const char *key)
{
	return yg_bytes_eq(node->key, yg_bytes_str(key));
}

/* ---- sources ---- */

struct source_seen {
	struct yg_policy_source *source;
	bool has_leave;
};

static int source_key(struct reading *r, const struct yg_yaml *node, void *arg)
{
	struct source_seen *seen = arg;
	struct yg_policy_source *source = seen->source;

	if (is_key(node, "name"))
		return read_text(r, node, source->name, sizeof(source->name));
	if (is_key(node, "kind"))
		return read_kind(r, node, source->kind);
	if (is_key(node, "leave")) {
		seen->has_leave = true;
		return read_bool(r, node, &source->leaves);
	}
	if (is_key(node, "secrecy")) {
		source->has_class = true;
		return node->kind == YG_YAML_SCALAR &&
				       yg_policy_class_by_word(node->text, &source->class_)
			       ? YG_OK
			       : fault(r, node, N_("one of none, mail, proxy, dns, flows"));
	}
	return fault(r, node, N_("a source has name, kind, leave, secrecy, and nothing else"));
}

static int read_source(struct reading *r, const struct yg_yaml *node)
{
	struct yg_policy *policy = r->policy;
	struct source_seen seen = {.source = &policy->sources[policy->source_count]};
	int rc;

	if (policy->source_count == YG_POLICY_SOURCES_MAX)
		return fault(r, node, N_("at most 96 sources"));
	*seen.source = (struct yg_policy_source){.leaves = true};
	rc = each_key(r, node, source_key, &seen);
	if (rc != YG_OK)
		return rc;
	if (!seen.source->name[0] && !seen.source->kind[0])
		return fault(r, node, N_("a source needs a name or a kind"));
	if (!seen.has_leave && !seen.source->has_class)
		return fault(r, node, N_("a source needs leave: true or leave: false"));
	policy->source_count++;
	return YG_OK;
}

/* ---- fields ---- */

struct field_seen {
	struct yg_policy_field *field;
	bool has_mask;
};

static int field_key(struct reading *r, const struct yg_yaml *node, void *arg)
{
	struct field_seen *seen = arg;

	if (is_key(node, "field"))
		return read_text(r, node, seen->field->name, sizeof(seen->field->name));
	if (is_key(node, "kind"))
		return read_kind(r, node, seen->field->kind);
	if (!is_key(node, "mask"))
		return fault(r, node, N_("a field has field, kind, mask, and nothing else"));
	seen->has_mask = true;
	return node->kind == YG_YAML_SCALAR &&
			       yg_policy_mask_by_word(node->text, &seen->field->mask)
		       ? YG_OK
		       : fault(r, node, N_("one of keep, truncate, hash, drop"));
}

static int read_field(struct reading *r, const struct yg_yaml *node)
{
	struct yg_policy *policy = r->policy;
	struct field_seen seen = {.field = &policy->fields[policy->field_count]};
	int rc;

	/* What is built in needs room behind them. */
	if (policy->field_count + 16 >= YG_POLICY_FIELDS_MAX)
		return fault(r, node, N_("at most 112 fields"));
	*seen.field = (struct yg_policy_field){0};
	rc = each_key(r, node, field_key, &seen);
	if (rc != YG_OK)
		return rc;
	if (!seen.field->name[0] || !seen.has_mask)
		return fault(r, node, N_("a field needs field and mask"));
	policy->field_count++;
	return YG_OK;
}

/* ---- communications ---- */

static int read_day(struct reading *r, const struct yg_yaml *node, char to[11])
{
	int32_t day = node->kind == YG_YAML_SCALAR ? yg_day_read(node->text) : YG_DAY_NONE;

	if (day == YG_DAY_NONE)
		return fault(r, node, N_("this must be a day such as 2026-11-25"));
	yg_day_write(day, to);
	return YG_OK;
}

struct secrecy_seen {
	struct yg_policy_secrecy *secrecy;
	bool has_basis;
};

static int secrecy_key(struct reading *r, const struct yg_yaml *node, void *arg)
{
	struct secrecy_seen *seen = arg;
	struct yg_policy_secrecy *s = seen->secrecy;

	/* Some readers of YAML take a key `on` for true; it is one of the words here. */
	if (is_key(node, "switched_on") || is_key(node, "on"))
		return read_bool(r, node, &s->is_on);
	if (is_key(node, "decided_by"))
		return read_text(r, node, s->by, sizeof(s->by));
	if (is_key(node, "decided_on"))
		return read_day(r, node, s->on);
	if (is_key(node, "note"))
		return read_text(r, node, s->note, sizeof(s->note));
	if (!is_key(node, "basis"))
		return fault(
			r, node,
			"here stand on, decided_by, decided_on, basis, note, and nothing else");
	seen->has_basis = true;
	return node->kind == YG_YAML_SCALAR && yg_policy_basis_by_word(node->text, &s->basis)
		       ? YG_OK
		       : fault(r, node, N_("one of own-network, consent, other"));
}

static int class_key(struct reading *r, const struct yg_yaml *node, void *arg)
{
	struct secrecy_seen seen = {0};
	enum yg_policy_class class_;
	int rc;

	(void)arg;
	if (!yg_policy_class_by_word(node->key, &class_) || class_ == YG_POLICY_NONE)
		return fault(r, node, N_("kinds of communication are mail, proxy, dns, flows"));
	seen.secrecy = &r->policy->secrecy[class_];
	rc = each_key(r, node, secrecy_key, &seen);
	if (rc != YG_OK || !seen.secrecy->is_on)
		return rc;
	if (!seen.secrecy->by[0] || !seen.secrecy->on[0] || !seen.has_basis)
		return fault(
			r, node,
			N_("who decided this (decided_by), when (decided_on) and on which basis "
			   "(basis) must be said before it is switched on"));
	if (seen.secrecy->basis == YG_POLICY_BASIS_OTHER && !seen.secrecy->note[0])
		return fault(r, node, N_("basis other: name it in note"));
	return YG_OK;
}

/* ---- lists ---- */

static int each_item(struct reading *r, const struct yg_yaml *list,
		     int (*fn)(struct reading *r, const struct yg_yaml *node))
{
	int rc = YG_OK;

	if (yg_yaml_is_null(list))
		return YG_OK;
	if (list->kind != YG_YAML_LIST)
		return fault(r, list, N_("this must be a list"));
	for (const struct yg_yaml *node = list->first; node && rc == YG_OK; node = node->next)
		rc = fn(r, node);
	return rc;
}

/* ---- detection here ---- */

/* A path, absolute: the sensor's working folder is nobody's business. */
static int read_path(struct reading *r, const struct yg_yaml *node,
		     char to[YG_DETECT_PATHS_MAX][YG_DETECT_PATH_MAX + 1], size_t *count)
{
	int rc;

	if (*count == YG_DETECT_PATHS_MAX)
		return fault(r, node, N_("at most 16 paths"));
	rc = read_text(r, node, to[*count], YG_DETECT_PATH_MAX + 1);
	if (rc == YG_OK && to[*count][0] != '/')
		rc = fault(r, node, N_("a path begins with /"));
	*count += rc == YG_OK;
	return rc;
}

static int read_rules(struct reading *r, const struct yg_yaml *node)
{
	return read_path(r, node, r->detect->rules, &r->detect->rule_count);
}

static int read_indicators(struct reading *r, const struct yg_yaml *node)
{
	return read_path(r, node, r->detect->indicators, &r->detect->indicator_count);
}

static int from_hub_key(struct reading *r, const struct yg_yaml *node, void *to)
{
	(void)to;
	if (is_key(node, "rules"))
		return read_bool(r, node, &r->detect->takes_rules);
	if (is_key(node, "indicators"))
		return read_bool(r, node, &r->detect->takes_indicators);
	return fault(r, node, N_("from_hub has rules, indicators, and nothing else"));
}

static int read_days(struct reading *r, const struct yg_yaml *node)
{
	uint64_t days;

	if (node->kind != YG_YAML_SCALAR || !yg_bytes_u64(node->text, &days) ||
	    days > YG_DETECT_BACK_MAX)
		return fault(r, node, N_("this must be a number of days, 0 to 3660"));
	r->detect->look_back_days = (unsigned)days;
	return YG_OK;
}

static int detect_key(struct reading *r, const struct yg_yaml *node, void *to)
{
	if (is_key(node, "switched_on") || is_key(node, "on")) {
		*(bool *)to = true;
		return read_bool(r, node, &r->detect->is_on);
	}
	if (is_key(node, "built_in"))
		return read_bool(r, node, &r->detect->has_built_in);
	if (is_key(node, "rules"))
		return each_item(r, node, read_rules);
	if (is_key(node, "indicators"))
		return each_item(r, node, read_indicators);
	if (is_key(node, "from_hub"))
		return each_key(r, node, from_hub_key, NULL);
	if (is_key(node, "look_back"))
		return read_days(r, node);
	return fault(r, node,
		     N_("detect has on, built_in, rules, indicators, from_hub, look_back, and "
			"nothing else"));
}

/* ---- the file ---- */

static int top_key(struct reading *r, const struct yg_yaml *node, void *to)
{
	if (is_key(node, "version"))
		return is_word(node, "1") ? YG_OK : fault(r, node, N_("this must be 1"));
	if (is_key(node, "raw"))
		return read_bool(r, node, &r->policy->raw);
	if (is_key(node, "sources"))
		return each_item(r, node, read_source);
	if (is_key(node, "fields"))
		return each_item(r, node, read_field);
	if (is_key(node, "secrecy"))
		return yg_yaml_is_null(node) ? YG_OK : each_key(r, node, class_key, NULL);
	if (is_key(node, "detect"))
		return yg_yaml_is_null(node) ? YG_OK : each_key(r, node, detect_key, to);
	return fault(r, node,
		     N_("a policy has version, raw, sources, fields, secrecy, detect, and nothing "
			"else"));
}

static int read_docs(struct reading *r, const struct yg_yaml *docs)
{
	bool is_said = false;
	int rc;

	if (docs->count != 1 || docs->first->kind != YG_YAML_MAP)
		return yg_line_fault_set(
			r->reterr, YG_EFORMAT, 0, "%s",
			N_("a policy is one document that begins with version: 1"));
	if (!yg_yaml_get(docs->first, "version"))
		return yg_line_fault_set(r->reterr, YG_EFORMAT, 0, "%s",
					 N_("version: 1 is missing"));
	rc = each_key(r, docs->first, top_key, &is_said);
	if (!is_said) /* where records stay, findings are what is left to say */
		r->detect->is_on = !r->policy->raw;
	return rc;
}

int yg_policy_read_all(struct yg_bytes text, struct yg_policy *ret,
		       struct yg_detect_settings *ret_detect, struct yg_line_fault *reterr)
{
	struct reading r = {.policy = ret, .detect = ret_detect, .reterr = reterr};
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	const struct yg_yaml *docs;
	struct yg_yaml_fault yaml;
	int rc;

	memset(ret, 0, sizeof(*ret));
	memset(ret_detect, 0, sizeof(*ret_detect));
	ret->raw = true;
	ret_detect->has_built_in = true;
	ret_detect->look_back_days = YG_DETECT_BACK_DAYS;
	*reterr = (struct yg_line_fault){.code = YG_ENOMEM};
	if (!arena)
		return YG_ENOMEM;
	rc = text.size <= YG_POLICY_FILE_MAX ? yg_yaml_parse(text, arena, &docs, &yaml) : YG_ELIMIT;
	if (text.size > YG_POLICY_FILE_MAX)
		(void)yg_line_fault_set(reterr, YG_ELIMIT, 0, "more than 256 KiB");
	else if (rc != YG_OK)
		(void)yg_line_fault_set(reterr, yaml.code, yaml.line, "%s", yaml.msg);
	else
		rc = read_docs(&r, docs);
	(void)yg_arena_free(arena);
	return rc == YG_OK ? yg_policy_add_built_in(ret) : rc;
}

int yg_policy_read(struct yg_bytes text, struct yg_policy *ret, struct yg_line_fault *reterr)
{
	struct yg_detect_settings *detect = yg_calloc(1, sizeof(*detect));
	int rc = YG_ENOMEM;

	*reterr = (struct yg_line_fault){.code = YG_ENOMEM};
	if (detect)
		rc = yg_policy_read_all(text, ret, detect, reterr);
	free(detect);
	return rc;
}
