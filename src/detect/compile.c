/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/alloc.h"
#include "detect/compile-int.h"
#include "detect/engine.h"
#include "detect/patterns.h"

#include "base/ban.h"

_Static_assert(sizeof(((struct yg_img_correlation *)0)->refs) / sizeof(uint32_t) ==
		       YG_CORRELATION_REFS_MAX,
	       "the image holds all references");
_Static_assert(sizeof(((struct yg_img_correlation *)0)->group_by) / sizeof(uint32_t) ==
		       YG_GROUP_BY_MAX,
	       "the image holds all group-by fields");
_Static_assert(sizeof(((struct yg_img_correlation *)0)->value_fields) / sizeof(uint32_t) ==
		       YG_VALUE_FIELDS_MAX,
	       "the image holds all value fields");

uint64_t yg_img_platform(enum yg_matcher matcher, uint64_t route_fingerprint)
{
	static const char *const dictionary[] = {YG_DICTIONARY_NAMES};
	uint64_t hash = yg_matcher_ops(matcher)->fingerprint(route_fingerprint);

	for (uint32_t i = 1; i < YG_F_COUNT; i++)
		hash = yg_hash64(yg_bytes_str(dictionary[i]), hash);
	return hash;
}

struct yg_img_run yg_compiler_text(struct yg_compiler *c, struct yg_bytes text)
{
	struct yg_img_run run = {(uint32_t)c->sections[YG_IMG_TEXT].size, (uint32_t)text.size};

	yg_buf_add(&c->sections[YG_IMG_TEXT], text);
	return run;
}

/* qsort has no argument for its comparison: sort keys that carry what is compared. */
struct order_key {
	const struct yg_rule *rule;
};

static int compare_bytes(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int diff = size ? memcmp(a.data, b.data, size) : 0;

	return diff ? diff : a.size < b.size ? -1 : a.size > b.size;
}

static int compare_rules(const void *a, const void *b)
{
	const struct yg_rule *x = ((const struct order_key *)a)->rule;
	const struct yg_rule *y = ((const struct order_key *)b)->rule;
	int diff = compare_bytes(x->info.id, y->info.id);

	if (diff == 0)
		diff = compare_bytes(x->file, y->file);
	if (diff == 0)
		diff = x->line < y->line ? -1 : x->line > y->line;
	return diff ? diff : x < y ? -1 : x > y;
}

static int number_rules(struct yg_compiler *c)
{
	const struct yg_rules *rules = c->rules;
	struct order_key *keys = yg_calloc(rules->rule_count + 1u, sizeof(*keys));

	c->order = yg_calloc(rules->rule_count + 1u, sizeof(*c->order));
	c->index_of = yg_calloc(rules->rule_count + 1u, sizeof(*c->index_of));
	c->code_first = yg_calloc(rules->rule_count + 1u, sizeof(*c->code_first));
	if (!keys || !c->order || !c->index_of || !c->code_first) {
		free(keys);
		return YG_ENOMEM;
	}
	for (uint32_t i = 0; i < rules->rule_count; i++) {
		c->index_of[i] = YG_IMG_NONE;
		if (rules->rules[i].state == YG_RULE_ACTIVE)
			keys[c->count++].rule = &rules->rules[i];
	}
	if (c->count > 1)
		qsort(keys, c->count, sizeof(*keys), compare_rules);
	for (uint32_t i = 0; i < c->count; i++) {
		c->order[i] = (uint32_t)(keys[i].rule - rules->rules);
		c->index_of[c->order[i]] = i;
	}
	free(keys);
	return YG_OK;
}

static void write_names(struct yg_compiler *c)
{
	c->name_count = yg_names_count(c->rules->names);
	for (uint32_t i = YG_F_COUNT; i < c->name_count; i++) {
		struct yg_img_run run = yg_compiler_text(c, yg_names_text(c->rules->names, i));

		YG_COMPILER_ADD(c, NAMES, run);
	}
}

static void write_preds(struct yg_compiler *c)
{
	c->pred_count = c->rules->pred_count;
	for (uint32_t i = 0; i < c->pred_count; i++) {
		const struct yg_pred *pred = &c->rules->preds[i];
		struct yg_img_pred out = {
			.number = pred->number,
			.field = pred->field_id,
			.other = pred->other_field,
			.text = yg_compiler_text(c, pred->text),
			.db = YG_IMG_NONE,
			.lookup = YG_IMG_NONE,
			.op = pred->op,
			.is_cased = pred->is_cased,
			.part = pred->part,
			.number_op = pred->number_op,
			.prefix_bits = pred->prefix_bits,
		};

		memcpy(out.address, pred->address, sizeof(out.address));
		YG_COMPILER_ADD(c, PREDS, out);
	}
}

static uint32_t write_correlation(struct yg_compiler *c, const struct yg_correlation *from)
{
	uint32_t index =
		yg_compiler_count(c, YG_IMG_CORRELATIONS, sizeof(struct yg_img_correlation));
	struct yg_img_correlation out = {
		.threshold = from->threshold,
		.threshold2 = from->threshold2,
		.percentile = from->percentile,
		.timespan_ns = from->timespan_ns,
		.type = from->type,
		.group_by_count = from->group_by_count,
		.value_field_count = from->value_field_count,
		.aliases = {yg_compiler_count(c, YG_IMG_ALIASES, sizeof(uint32_t)), 0},
		.terms = {yg_compiler_count(c, YG_IMG_TERMS, sizeof(uint64_t)), from->term_count},
		.compare = from->compare,
		.compare2 = from->compare2,
		.is_generating = from->is_generating,
	};

	for (uint32_t i = 0; i < from->ref_count; i++) {
		uint32_t ref = c->index_of[from->refs[i]];

		assert(ref != YG_IMG_NONE); /* else the correlation would be inactive, too */
		out.refs[out.ref_count++] = ref;
	}
	memcpy(out.group_by, from->group_by, sizeof(out.group_by));
	memcpy(out.value_fields, from->value_fields, sizeof(out.value_fields));
	if (from->aliases)
		out.aliases.count = from->ref_count * YG_CORRELATION_ALIAS_ROW;
	for (uint32_t i = 0; i < out.aliases.count; i++)
		YG_COMPILER_ADD(c, ALIASES, from->aliases[i]);
	for (uint32_t i = 0; i < out.terms.count; i++)
		YG_COMPILER_ADD(c, TERMS, from->terms[i]);
	YG_COMPILER_ADD(c, CORRELATIONS, out);
	return index;
}

static int write_rule(struct yg_compiler *c, const struct yg_rule *rule)
{
	const struct yg_rule_info *info = &rule->info;
	struct yg_img_rule out = {
		.id = yg_compiler_text(c, info->id),
		.title = yg_compiler_text(c, info->title),
		.title_ja = yg_compiler_text(c, info->title_ja),
		.advice = yg_compiler_text(c, info->advice),
		.name = yg_compiler_text(c, rule->name),
		.tags = {yg_compiler_count(c, YG_IMG_TAGS, sizeof(struct yg_img_run)),
			 info->tag_count},
		.entry = YG_IMG_FALSE,
		.correlation = YG_IMG_NONE,
		.level = (uint8_t)info->level,
		.kind = (uint8_t)info->kind,
		.field = (uint8_t)info->field,
		.is_own = info->is_own,
		.is_quiet = rule->is_quiet,
	};
	int rc = YG_OK;

	for (uint32_t i = 0; i < info->tag_count; i++) {
		struct yg_img_run tag = yg_compiler_text(c, info->tags[i]);

		YG_COMPILER_ADD(c, TAGS, tag);
	}
	if (rule->correlation.type == YG_CORRELATION_NONE) {
		out.meaning = yg_rule_meaning(rule, c->meanings);
		rc = yg_compile_program(c, rule, &out.entry);
	} else {
		out.correlation = write_correlation(c, &rule->correlation);
	}
	YG_COMPILER_ADD(c, RULES, out);
	if (c->rules->mapping) {
		struct yg_img_source source = {yg_compiler_text(c, rule->logsource.product),
					       yg_compiler_text(c, rule->logsource.category),
					       yg_compiler_text(c, rule->logsource.service)};

		YG_COMPILER_ADD(c, SOURCES, source);
	}
	return rc;
}

static int write_rules(struct yg_compiler *c)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < c->count; i++) {
		c->code_first[i] = yg_compiler_count(c, YG_IMG_CODE, sizeof(struct yg_img_code));
		rc = write_rule(c, &c->rules->rules[c->order[i]]);
	}
	c->code_first[c->count] = yg_compiler_count(c, YG_IMG_CODE, sizeof(struct yg_img_code));
	return rc;
}

static void pad(struct yg_buf *buf)
{
	static const uint8_t zeros[YG_IMG_ALIGN];

	yg_buf_add(buf, (struct yg_bytes){zeros, (YG_IMG_ALIGN - buf->size % YG_IMG_ALIGN) %
							 YG_IMG_ALIGN});
}

static int join(struct yg_compiler *c, const uint8_t key[YG_DIGEST_BYTES], struct yg_buf *ret)
{
	static const size_t element_sizes[] = {
#define X(id, type, name) sizeof(type),
		YG_IMG_SECTIONS(X)
#undef X
	};
	struct yg_img_head head = {.magic = YG_IMG_MAGIC, .version = YG_IMG_VERSION};
	const size_t after_digest = offsetof(struct yg_img_head, digest) + YG_DIGEST_BYTES;

	head.name_base = YG_F_COUNT;
	head.matcher = c->rules->matcher;
	head.platform = yg_img_platform(c->rules->matcher, yg_router_fingerprint(c->router));
	memcpy(head.key, key, sizeof(head.key));
	yg_buf_add(ret, (struct yg_bytes){(const uint8_t *)&head, sizeof(head)});
	pad(ret);
	for (int i = 0; i < YG_IMG_COUNT; i++) {
		if (yg_buf_error(&c->sections[i]))
			return yg_buf_error(&c->sections[i]);
		head.sections[i].first = (uint32_t)(ret->size / YG_IMG_ALIGN);
		head.sections[i].count = (uint32_t)(c->sections[i].size / element_sizes[i]);
		yg_buf_add(ret, yg_buf_bytes(&c->sections[i]));
		yg_buf_done(&c->sections[i]);
		pad(ret);
	}
	if (yg_buf_error(ret))
		return yg_buf_error(ret);
	head.size = ret->size;
	memcpy(ret->data, &head, sizeof(head));
	yg_digest((struct yg_bytes){ret->data + after_digest, ret->size - after_digest},
		  head.digest);
	memcpy(ret->data, &head, sizeof(head));
	return YG_OK;
}

static int compile(struct yg_compiler *c)
{
	int rc;

	c->router = yg_router_new();
	c->databases = yg_databases_new(c->rules->matcher);
	c->witness = yg_witness_new(c->rules);
	c->meanings = yg_rules_meanings(c->rules);
	if (!c->router || !c->databases || !c->witness || !c->meanings)
		return YG_ENOMEM;
	rc = number_rules(c);
	if (rc != YG_OK)
		return rc;
	write_names(c);
	write_preds(c);
	rc = write_rules(c);
	if (rc == YG_OK) /* the groups read what was written here */
		rc = yg_buf_error(&c->sections[YG_IMG_CODE]);
	if (rc == YG_OK)
		rc = yg_buf_error(&c->sections[YG_IMG_PREDS]);
	if (rc == YG_OK)
		rc = yg_compile_groups(c);
	if (rc == YG_OK)
		rc = yg_databases_build(c->databases, c);
	return rc;
}

int yg_image_compile(const struct yg_rules *rules, const uint8_t key[YG_DIGEST_BYTES],
		     struct yg_buf *ret, struct yg_fault *reterr)
{
	struct yg_compiler c = {.rules = rules, .fault = reterr};
	int rc;

	*reterr = (struct yg_fault){.msg = ""};
	for (int i = 0; i < YG_IMG_COUNT; i++)
		yg_buf_init(&c.sections[i], YG_IMAGE_BYTES_MAX);
	rc = compile(&c);
	if (rc == YG_OK)
		rc = join(&c, key, ret);
	for (int i = 0; i < YG_IMG_COUNT; i++)
		yg_buf_done(&c.sections[i]);
	(void)yg_router_free(c.router);
	(void)yg_databases_free(c.databases);
	(void)yg_witness_free(c.witness);
	free(c.order);
	free(c.index_of);
	free(c.code_first);
	free(c.meanings);
	if (rc != YG_OK && !reterr->code)
		(void)yg_fault_set(reterr, rc, yg_err_text(rc), 0);
	return rc;
}
