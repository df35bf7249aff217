/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening an image: every count, offset and number in it is checked here, once, so that the
 * matcher can trust them. Runs of a section that are walked may not overlap (their lengths add up
 * to no more than the section): checking stays linear in the size of the image.
 */
#include <assert.h>

#include "base/alloc.h"
#include "detect/engine-int.h"

#include "base/ban.h"

struct checker {
	const struct yg_img *img;
	uint32_t name_count;
	uint64_t used[YG_IMG_COUNT];
};

static bool is_run(struct yg_img_run run, uint32_t count)
{
	return run.first <= count && run.count <= count - run.first;
}

/* A run that will be walked: it has its elements for itself. */
static bool own_run(struct checker *k, enum yg_img_section section, struct yg_img_run run,
		    uint32_t count)
{
	k->used[section] += run.count;
	return is_run(run, count) && k->used[section] <= count;
}

static bool is_text(const struct checker *k, struct yg_img_run run)
{
	return is_run(run, k->img->text_count);
}

static bool are_below(const uint32_t *list, struct yg_img_run run, uint32_t bound)
{
	for (uint32_t i = 0; i < run.count; i++)
		if (list[run.first + i] >= bound)
			return false;
	return true;
}

static bool check_rule(struct checker *k, const struct yg_img_rule *r)
{
	const struct yg_img *img = k->img;

	if (!is_text(k, r->id) || !is_text(k, r->title) || !is_text(k, r->title_ja) ||
	    !is_text(k, r->advice) || !is_text(k, r->name))
		return false;
	if (!own_run(k, YG_IMG_TAGS, r->tags, img->tags_count))
		return false;
	if (r->entry >= img->code_count && r->entry != YG_IMG_TRUE && r->entry != YG_IMG_FALSE)
		return false;
	return r->correlation < img->correlations_count || r->correlation == YG_IMG_NONE;
}

static bool check_rules(struct checker *k)
{
	const struct yg_img *img = k->img;

	for (uint32_t i = 0; i < img->tags_count; i++)
		if (!is_text(k, img->tags[i]))
			return false;
	if (img->sources_count != 0 && img->sources_count != img->rules_count)
		return false;
	for (uint32_t i = 0; i < img->sources_count; i++)
		if (!is_text(k, img->sources[i].product) || !is_text(k, img->sources[i].category) ||
		    !is_text(k, img->sources[i].service))
			return false;
	for (uint32_t i = 0; i < img->rules_count; i++) {
		const struct yg_img_rule *r = &img->rules[i];

		if (!check_rule(k, r) || r->level > YG_LEVEL_CRITICAL ||
		    r->kind > YG_KIND_CORRELATION || r->field >= YG_ATTACK_COUNT || r->is_own > 1 ||
		    r->is_quiet > 1)
			return false;
	}
	return true;
}

/* Terms name refs that are there; an ordered correlation keeps a step for each ref of each. */
static bool check_terms(struct checker *k, const struct yg_img_correlation *c)
{
	const struct yg_img *img = k->img;

	if (!own_run(k, YG_IMG_TERMS, c->terms, img->terms_count) ||
	    c->terms.count > YG_CORRELATION_TERMS_MAX)
		return false;
	if (c->type == YG_CORRELATION_TEMPORAL_ORDERED &&
	    c->terms.count * c->ref_count > YG_CORRELATION_STEPS_MAX)
		return false;
	for (uint32_t i = 0; i < c->terms.count; i++) {
		uint64_t term = img->terms[c->terms.first + i];

		if (term == 0 || (c->ref_count < 64 && term >> c->ref_count))
			return false;
	}
	return true;
}

static bool check_names(const struct checker *k, const uint32_t *names, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (names[i] >= k->name_count)
			return false;
	return true;
}

static bool check_correlation_names(struct checker *k, const struct yg_img_correlation *c)
{
	const struct yg_img *img = k->img;

	if (!own_run(k, YG_IMG_ALIASES, c->aliases, img->aliases_count) ||
	    (c->aliases.count != 0 && c->aliases.count != c->ref_count * YG_CORRELATION_ALIAS_ROW))
		return false;
	return check_names(k, img->aliases + c->aliases.first, c->aliases.count) &&
	       check_names(k, c->value_fields, c->value_field_count) &&
	       check_names(k, c->group_by, c->group_by_count);
}

static bool check_correlations(struct checker *k)
{
	const struct yg_img *img = k->img;

	for (uint32_t i = 0; i < img->correlations_count; i++) {
		const struct yg_img_correlation *c = &img->correlations[i];

		if (c->type > YG_CORRELATION_VALUE_MAX || c->ref_count > YG_CORRELATION_REFS_MAX ||
		    c->group_by_count > YG_GROUP_BY_MAX ||
		    c->value_field_count > YG_VALUE_FIELDS_MAX || c->compare > YG_CORRELATION_NEQ ||
		    c->compare2 > YG_CORRELATION_NEQ || c->is_generating > 1 ||
		    !check_terms(k, c) || !check_correlation_names(k, c))
			return false;
		for (uint32_t r = 0; r < c->ref_count; r++)
			if (c->refs[r] >= img->rules_count)
				return false;
	}
	return true;
}

static bool check_preds(const struct checker *k)
{
	const struct yg_img *img = k->img;

	for (uint32_t i = 0; i < img->preds_count; i++) {
		const struct yg_img_pred *p = &img->preds[i];

		if (p->field >= k->name_count || p->other >= k->name_count ||
		    !is_text(k, p->text) || (p->op >= YG_PRED_COUNT && p->op != YG_IMG_ONE_OF) ||
		    p->part > YG_PART_YEAR || p->prefix_bits > 128)
			return false;
		if (p->op == YG_IMG_ONE_OF && p->lookup >= img->lookups_count)
			return false;
		if (p->op == YG_PRED_REGEX && p->db >= img->dbs_count && p->db != YG_IMG_NONE)
			return false;
	}
	return true;
}

static bool is_target(const struct checker *k, uint32_t from, uint32_t to)
{
	return (to > from && to < k->img->code_count) || to == YG_IMG_TRUE || to == YG_IMG_FALSE;
}

static bool check_code(const struct checker *k)
{
	for (uint32_t i = 0; i < k->img->code_count; i++) {
		const struct yg_img_code *step = &k->img->code[i];

		if (step->pred >= k->img->preds_count || !is_target(k, i, step->if_true) ||
		    !is_target(k, i, step->if_false))
			return false;
	}
	return true;
}

static bool check_table(struct checker *k, const struct yg_img_table *table, uint32_t atom_count)
{
	bool has_free = table->slots.count == 0;

	if (!own_run(k, YG_IMG_SLOTS, table->slots, k->img->slots_count) ||
	    (table->slots.count & (table->slots.count - 1)) != 0 ||
	    (table->slots.count == 0 && table->lengths != 0))
		return false;
	for (uint32_t i = 0; i < table->slots.count; i++) {
		uint32_t atom = k->img->slots[table->slots.first + i].atom;

		if (atom != YG_IMG_NONE && atom >= atom_count)
			return false;
		has_free |= atom == YG_IMG_NONE;
	}
	return has_free;
}

static bool check_lookups(struct checker *k)
{
	const struct yg_img *img = k->img;

	for (uint32_t i = 0; i < img->members_count; i++)
		if (!is_text(k, img->members[i]))
			return false;
	for (uint32_t i = 0; i < img->lookups_count; i++) {
		const struct yg_img_lookup *lookup = &img->lookups[i];

		if (!own_run(k, YG_IMG_MEMBERS, lookup->members, img->members_count) ||
		    (lookup->db >= img->dbs_count && lookup->db != YG_IMG_NONE) ||
		    !check_table(k, &lookup->equals, lookup->members.count) ||
		    !check_table(k, &lookup->starts, lookup->members.count) ||
		    !check_table(k, &lookup->ends, lookup->members.count))
			return false;
	}
	return true;
}

static bool check_set(struct checker *k, const struct yg_img_set *set, uint32_t atom_count)
{
	return (set->db < k->img->dbs_count || set->db == YG_IMG_NONE) &&
	       own_run(k, YG_IMG_LISTS, set->hits, k->img->lists_count) &&
	       are_below(k->img->lists, set->hits, atom_count);
}

static bool check_field(struct checker *k, const struct yg_img_field *field, uint32_t atom_count)
{
	const struct yg_img *img = k->img;

	if (field->name >= k->name_count ||
	    !own_run(k, YG_IMG_LISTS, field->present, img->lists_count))
		return false;
	return check_set(k, &field->texts, atom_count) && check_set(k, &field->rare, atom_count) &&
	       check_set(k, &field->special, atom_count) &&
	       check_set(k, &field->regexes, atom_count) &&
	       are_below(img->lists, field->present, atom_count) &&
	       check_table(k, &field->equals, atom_count) &&
	       check_table(k, &field->starts, atom_count) &&
	       check_table(k, &field->ends, atom_count);
}

static bool check_atoms(struct checker *k, const struct yg_img_group *group)
{
	const struct yg_img *img = k->img;

	for (uint32_t i = 0; i < group->atoms.count; i++) {
		const struct yg_img_atom *atom = &img->atoms[group->atoms.first + i];

		if (!is_text(k, atom->text) ||
		    (atom->pred >= img->preds_count && atom->pred != YG_IMG_NONE) ||
		    !own_run(k, YG_IMG_LISTS, atom->watch, img->lists_count) ||
		    !are_below(img->lists, atom->watch, group->rules.count))
			return false;
	}
	return true;
}

static bool check_runs(struct checker *k, const struct yg_img_group *group)
{
	const struct yg_img *img = k->img;

	return own_run(k, YG_IMG_GROUP_RULES, group->rules, img->group_rules_count) &&
	       own_run(k, YG_IMG_LISTS, group->always, img->lists_count) &&
	       own_run(k, YG_IMG_FIELDS, group->fields, img->fields_count) &&
	       own_run(k, YG_IMG_ATOMS, group->atoms, img->atoms_count) &&
	       own_run(k, YG_IMG_MAP, (struct yg_img_run){group->map, k->name_count},
		       img->map_count) &&
	       is_run((struct yg_img_run){group->settled, img->preds_count / 8 + 1},
		      img->settled_count) &&
	       (!group->has_keywords || group->fields.count > 0);
}

static bool check_group(struct checker *k, const struct yg_img_group *group)
{
	const struct yg_img *img = k->img;
	const uint32_t *rules = img->group_rules + group->rules.first;

	if (!check_runs(k, group))
		return false;
	for (uint32_t i = 0; i < group->rules.count; i++)
		if (rules[i] >= img->rules_count || (i > 0 && rules[i] <= rules[i - 1]))
			return false;
	for (uint32_t i = 0; i < k->name_count; i++)
		if (img->map[group->map + i] > group->fields.count)
			return false;
	for (uint32_t i = 0; i < group->fields.count; i++)
		if (!check_field(k, &img->fields[group->fields.first + i], group->atoms.count))
			return false;
	return are_below(img->lists, group->always, group->rules.count) && check_atoms(k, group);
}

static bool check_groups(struct checker *k, uint32_t route_count)
{
	const struct yg_img *img = k->img;

	if (img->routes_count != route_count)
		return false;
	for (uint32_t i = 0; i < img->routes_count; i++)
		if (img->routes[i] >= img->groups_count && img->routes[i] != YG_IMG_NONE)
			return false;
	for (uint32_t i = 0; i < img->groups_count; i++)
		if (!check_group(k, &img->groups[i]))
			return false;
	return true;
}

/* Sections into *ret; false when one does not lie inside the image. */
static bool find_sections(struct yg_bytes image, struct yg_img *ret)
{
	const struct yg_img_head *head = (const void *)image.data;
	uint64_t units = image.size / YG_IMG_ALIGN;

	ret->head = head;
#define X(id, type, name)                                                                          \
	if (head->sections[YG_IMG_##id].first > units ||                                           \
	    head->sections[YG_IMG_##id].count >                                                    \
		    (image.size - (uint64_t)head->sections[YG_IMG_##id].first * YG_IMG_ALIGN) /    \
			    sizeof(type))                                                          \
		return false;                                                                      \
	ret->name = (const void *)(image.data +                                                    \
				   (size_t)head->sections[YG_IMG_##id].first * YG_IMG_ALIGN);      \
	ret->name##_count = head->sections[YG_IMG_##id].count;
	YG_IMG_SECTIONS(X)
#undef X
	return true;
}

static int check_head(struct yg_bytes image, const uint8_t key[YG_DIGEST_BYTES],
		      uint64_t route_fingerprint, struct yg_fault *reterr)
{
	const size_t after_digest = offsetof(struct yg_img_head, digest) + YG_DIGEST_BYTES;
	const struct yg_img_head *head = (const void *)image.data;
	uint8_t digest[YG_DIGEST_BYTES];

	if (image.size < sizeof(*head) || memcmp(head->magic, YG_IMG_MAGIC, 8) != 0)
		return yg_fault_set(reterr, YG_EFORMAT, "this is not a rule image", 0);
	if (head->version != YG_IMG_VERSION || head->matcher > YG_MATCHER_PADDED ||
	    (head->matcher != YG_MATCHER_BUILTIN && head->matcher != yg_matcher_here()) ||
	    head->platform != yg_img_platform(head->matcher, route_fingerprint) ||
	    head->name_base != YG_F_COUNT)
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "the rule image was made by another version or for another CPU",
				    0);
	if (memcmp(head->key, key, YG_DIGEST_BYTES) != 0)
		return yg_fault_set(reterr, YG_EMISMATCH, "the rule image is of other rules", 0);
	if (head->size != image.size)
		return yg_fault_set(reterr, YG_EDIGEST, "the rule image is cut off", image.size);
	yg_digest(yg_bytes_from(image, after_digest), digest);
	if (memcmp(digest, head->digest, sizeof(digest)) != 0)
		return yg_fault_set(reterr, YG_EDIGEST, "the rule image is damaged", 0);
	return YG_OK;
}

/* The names of the image get the numbers they had when it was made. */
static int open_names(struct yg_engine *engine, struct yg_fault *reterr)
{
	engine->names = yg_names_new();
	if (!engine->names)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < engine->img.names_count; i++) {
		uint32_t id = 0;
		int rc = YG_EFORMAT;

		if (is_run(engine->img.names[i], engine->img.text_count))
			rc = yg_names_add(engine->names,
					  yg_img_text(&engine->img, engine->img.names[i]), &id);
		if (rc == YG_ENOMEM)
			return rc;
		if (rc != YG_OK || id != YG_F_COUNT + i)
			return yg_fault_set(reterr, YG_EFORMAT, "the rule image has bad names", i);
	}
	return YG_OK;
}

static struct yg_correlation open_correlation(const struct yg_img *img,
					      const struct yg_img_correlation *from)
{
	struct yg_correlation to = {
		.type = (enum yg_correlation_type)from->type,
		.ref_count = from->ref_count,
		.group_by_count = from->group_by_count,
		.timespan_ns = from->timespan_ns,
		.value_field_count = from->value_field_count,
		.aliases = from->aliases.count ? img->aliases + from->aliases.first : NULL,
		.terms = from->terms.count ? img->terms + from->terms.first : NULL,
		.term_count = from->terms.count,
		.compare = from->compare,
		.threshold = from->threshold,
		.compare2 = from->compare2,
		.threshold2 = from->threshold2,
		.percentile = from->percentile,
		.is_generating = from->is_generating,
	};

	memcpy(to.refs, from->refs, sizeof(to.refs));
	memcpy(to.group_by, from->group_by, sizeof(to.group_by));
	memcpy(to.value_fields, from->value_fields, sizeof(to.value_fields));
	return to;
}

/* Above all that it names, as far as that is known; true: that is higher than before. */
static bool lift(const struct yg_engine *engine, struct yg_engine_rule *rule)
{
	uint8_t before = rule->storey;

	for (uint32_t r = 0; r < rule->correlation->ref_count; r++) {
		uint8_t under = engine->rules[rule->correlation->refs[r]].storey;

		if (rule->storey <= under && under < YG_CORRELATION_DEPTH_MAX)
			rule->storey = (uint8_t)(under + 1);
	}
	return rule->storey != before;
}

/* Until nothing stands too low; an image may hold circles: it ends at the highest storey. */
static void set_storeys(struct yg_engine *engine)
{
	bool is_lifted = engine->img.correlations_count > 0;

	while (is_lifted) {
		is_lifted = false;
		for (uint32_t i = 0; i < engine->img.rules_count; i++)
			if (engine->rules[i].correlation)
				is_lifted |= lift(engine, &engine->rules[i]);
	}
}

static int open_rules(struct yg_engine *engine)
{
	const struct yg_img *img = &engine->img;

	engine->rules = yg_calloc(img->rules_count + 1u, sizeof(*engine->rules));
	engine->correlations =
		yg_calloc(img->correlations_count + 1u, sizeof(*engine->correlations));
	engine->tags = yg_calloc(img->tags_count + 1u, sizeof(*engine->tags));
	if (!engine->rules || !engine->correlations || !engine->tags)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < img->tags_count; i++)
		engine->tags[i] = yg_img_text(img, img->tags[i]);
	for (uint32_t i = 0; i < img->correlations_count; i++)
		engine->correlations[i] = open_correlation(img, &img->correlations[i]);
	for (uint32_t i = 0; i < img->rules_count; i++) {
		const struct yg_img_rule *from = &img->rules[i];
		struct yg_engine_rule *to = &engine->rules[i];

		to->info = (struct yg_rule_info){
			.id = yg_img_text(img, from->id),
			.title = yg_img_text(img, from->title),
			.title_ja = yg_img_text(img, from->title_ja),
			.level = (enum yg_level)from->level,
			.kind = (enum yg_finding_kind)from->kind,
			.field = (enum yg_attack_field)from->field,
			.advice = yg_img_text(img, from->advice),
			.tags = engine->tags + from->tags.first,
			.tag_count = from->tags.count,
			.is_own = from->is_own,
		};
		to->name = yg_img_text(img, from->name);
		to->is_quiet = from->is_quiet;
		to->meaning = from->meaning;
		if (from->correlation != YG_IMG_NONE)
			to->correlation = &engine->correlations[from->correlation];
	}
	set_storeys(engine);
	return YG_OK;
}

static int open_databases(struct yg_engine *engine, struct yg_fault *reterr)
{
	const struct yg_img *img = &engine->img;

	engine->sets = engine->ops->sets_new(img->dbs_count);
	if (!engine->sets)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < img->dbs_count; i++) {
		struct yg_img_run run = img->dbs[i];
		int rc = YG_EFORMAT;

		if (is_run(run, img->db_bytes_count))
			rc = engine->ops->sets_add(
				engine->sets,
				(struct yg_bytes){img->db_bytes + run.first, run.count});
		if (rc == YG_ENOMEM)
			return rc;
		if (rc != YG_OK)
			return yg_fault_set(reterr, YG_EFORMAT, "the rule image has bad patterns",
					    i);
	}
	return YG_OK;
}

static int open_image(struct yg_engine *engine, struct yg_bytes image,
		      const uint8_t key[YG_DIGEST_BYTES], struct yg_fault *reterr)
{
	struct yg_img *img = &engine->img;
	struct checker k = {.img = img};
	int rc = check_head(image, key, yg_router_fingerprint(engine->router), reterr);

	if (rc != YG_OK)
		return rc;
	engine->ops =
		yg_matcher_ops(((const struct yg_img_head *)(const void *)image.data)->matcher);
	if (!find_sections(image, img))
		return yg_fault_set(reterr, YG_EFORMAT, "the rule image has bad sections", 0);
	rc = open_names(engine, reterr);
	if (rc != YG_OK)
		return rc;
	k.name_count = yg_names_count(engine->names);
	if (!check_rules(&k) || !check_correlations(&k) || !check_preds(&k) || !check_code(&k) ||
	    !check_lookups(&k) || !check_groups(&k, yg_router_count(engine->router)))
		return yg_fault_set(reterr, YG_EFORMAT, "the rule image contradicts itself", 0);
	for (uint32_t i = 0; i < img->groups_count; i++) {
		if (img->groups[i].fields.count > engine->fields_max)
			engine->fields_max = img->groups[i].fields.count;
		if (img->groups[i].rules.count > engine->rules_max)
			engine->rules_max = img->groups[i].rules.count;
	}
	rc = open_rules(engine);
	return rc == YG_OK ? open_databases(engine, reterr) : rc;
}

int yg_engine_open(struct yg_bytes image, const uint8_t key[YG_DIGEST_BYTES],
		   struct yg_engine **ret, struct yg_fault *reterr)
{
	struct yg_engine *engine;
	int rc = YG_ENOMEM;

	assert((uintptr_t)image.data % YG_IMG_ALIGN == 0);
	*reterr = (struct yg_fault){.msg = ""};
	engine = yg_calloc(1, sizeof(*engine));
	if (engine)
		engine->router = yg_router_new();
	if (engine && engine->router)
		rc = open_image(engine, image, key, reterr);
	if (rc == YG_OK) {
		*ret = engine;
		return YG_OK;
	}
	if (!reterr->code)
		(void)yg_fault_set(reterr, rc, yg_err_text(rc), 0);
	(void)yg_engine_free(engine);
	return rc;
}

struct yg_engine *yg_engine_free(struct yg_engine *engine)
{
	if (!engine)
		return NULL;
	if (engine->ops)
		engine->ops->sets_free(engine->sets);
	(void)yg_names_free(engine->names);
	(void)yg_router_free(engine->router);
	free(engine->rules);
	free(engine->correlations);
	free(engine->tags);
	free(engine);
	return NULL;
}

int yg_engine_use_mapping(struct yg_engine *engine, const struct yg_mapping *mapping)
{
	if (engine->img.sources_count != engine->img.rules_count)
		return YG_EMISMATCH;
	engine->mapping = mapping;
	return YG_OK;
}

const struct yg_mapping *yg_engine_mapping(const struct yg_engine *engine)
{
	return engine->mapping;
}

const struct yg_names *yg_engine_names(const struct yg_engine *engine)
{
	return engine->names;
}

uint32_t yg_engine_rule_count(const struct yg_engine *engine)
{
	return engine->img.rules_count;
}

const struct yg_engine_rule *yg_engine_rule(const struct yg_engine *engine, uint32_t index)
{
	assert(index < engine->img.rules_count);
	return &engine->rules[index];
}
