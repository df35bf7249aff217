/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules are tried for which route, and what makes them candidates there. */
#include <assert.h>

#include "base/alloc.h"
#include "detect/compile-int.h"
#include "detect/mapping.h"

#include "base/ban.h"

#define SOURCES_MAX 65536u

struct pair {
	uint32_t atom; /* local */
	uint32_t rule; /* local */
};

struct grouper {
	struct yg_compiler *c;
	struct yg_logsource *sources; /* distinct */
	uint64_t *source_hashes;
	uint32_t source_count, source_room;
	uint32_t *source_of; /* engine index -> source */
	uint8_t *taken;	     /* routes × sources */

	/* Of the group being made. */
	uint32_t *rules; /* engine indexes */
	uint32_t rule_count;
	uint16_t *map;	 /* name id -> local field + 1 */
	uint32_t *names; /* local field -> name id */
	uint32_t name_count;
	uint32_t *atom_of; /* predicate -> local atom + 1 */
	uint32_t *preds;   /* local atom -> predicate */
	uint32_t atom_count;
	struct pair *pairs;
	uint32_t pair_count, pair_room;
	uint32_t *always;
	uint32_t always_count;
	uint8_t *settled;
};

static const struct yg_rule *rule_at(const struct grouper *g, uint32_t index)
{
	return &g->c->rules->rules[g->c->order[index]];
}

static int source_number(struct grouper *g, const struct yg_logsource *source, uint32_t *ret)
{
	uint64_t hash = yg_hash64(source->service,
				  yg_hash64(source->category, yg_hash64(source->product, 1)));

	for (*ret = 0; *ret < g->source_count; (*ret)++)
		if (g->source_hashes[*ret] == hash &&
		    yg_bytes_eq(g->sources[*ret].product, source->product) &&
		    yg_bytes_eq(g->sources[*ret].category, source->category) &&
		    yg_bytes_eq(g->sources[*ret].service, source->service))
			return YG_OK;
	if (g->source_count == SOURCES_MAX)
		return YG_ELIMIT;
	if (g->source_count == g->source_room) {
		uint32_t room = g->source_room ? g->source_room * 2 : 256;
		struct yg_logsource *sources = yg_reallocarray(g->sources, room, sizeof(*sources));
		uint64_t *hashes;

		if (!sources)
			return YG_ENOMEM;
		g->sources = sources;
		hashes = yg_reallocarray(g->source_hashes, room, sizeof(*hashes));
		if (!hashes)
			return YG_ENOMEM;
		g->source_hashes = hashes;
		g->source_room = room;
	}
	g->sources[g->source_count] = *source;
	g->source_hashes[g->source_count++] = hash;
	return YG_OK;
}

static bool is_ordinary(const struct grouper *g, uint32_t index)
{
	return rule_at(g, index)->correlation.type == YG_CORRELATION_NONE;
}

/* Of records that the router cannot place a mapping may still say that they are not meant. */
static bool is_admitted_open(const struct grouper *g, uint32_t index)
{
	uint32_t source = g->source_of[index];

	return !g->c->rules->mapping ||
	       !yg_mapping_covers(g->c->rules->mapping, &g->sources[source]) ||
	       g->taken[(size_t)YG_ROUTE_OPEN * g->source_count + source];
}

/* The rules of @route, in g->rules. */
static void collect_rules(struct grouper *g, uint32_t route)
{
	const struct yg_router *router = g->c->router;

	g->rule_count = 0;
	for (uint32_t i = 0; i < g->c->count; i++) {
		bool is_taken;

		if (!is_ordinary(g, i))
			continue;
		if (route != YG_ROUTE_OPEN)
			is_taken = g->taken[(size_t)route * g->source_count + g->source_of[i]];
		else
			is_taken = !yg_router_knows(router, &g->sources[g->source_of[i]]) ||
				   yg_witness_needs_field(g->c->witness, rule_at(g, i));
		if (route == YG_ROUTE_OPEN)
			is_taken &= is_admitted_open(g, i);
		if (is_taken)
			g->rules[g->rule_count++] = i;
	}
}

static void use_name(struct grouper *g, uint32_t name)
{
	if (g->map[name])
		return;
	g->names[g->name_count++] = name;
	g->map[name] = (uint16_t)g->name_count;
}

static void collect_fields(struct grouper *g)
{
	const struct yg_img_code *code = (const void *)g->c->sections[YG_IMG_CODE].data;
	const struct yg_img_pred *preds = (const void *)g->c->sections[YG_IMG_PREDS].data;

	memset(g->map, 0, g->c->name_count * sizeof(*g->map));
	g->name_count = 0;
	for (int pass = 0; pass < 2; pass++) /* first the keyword field, which must be number 0 */
		for (uint32_t r = 0; r < g->rule_count; r++) {
			uint32_t rule = g->rules[r];

			for (uint32_t s = g->c->code_first[rule]; s < g->c->code_first[rule + 1];
			     s++) {
				const struct yg_img_pred *pred = &preds[code[s].pred];

				if ((pred->field == YG_PRED_KEYWORD) != (pass == 0))
					continue;
				use_name(g, pred->field);
				if (pred->op >= YG_PRED_FIELD_EQUALS &&
				    pred->op <= YG_PRED_FIELD_CONTAINS)
					use_name(g, pred->other);
			}
		}
}

static void use_atom(struct grouper *g, uint32_t pred)
{
	if (!g->atom_of[pred]) {
		g->preds[g->atom_count++] = pred;
		g->atom_of[pred] = g->atom_count;
	}
}

static int watch(struct grouper *g, uint32_t pred, uint32_t rule)
{
	use_atom(g, pred);
	if (g->pair_count == g->pair_room) {
		uint32_t room = g->pair_room ? g->pair_room * 2 : 4096;
		struct pair *pairs = yg_reallocarray(g->pairs, room, sizeof(*pairs));

		if (!pairs)
			return YG_ENOMEM;
		g->pairs = pairs;
		g->pair_room = room;
	}
	g->pairs[g->pair_count++] = (struct pair){g->atom_of[pred] - 1, rule};
	return YG_OK;
}

/*
 * Where words are looked for anyway, look for all of them: asking for one later means going
 * through the whole record again.
 */
static void add_keywords(struct grouper *g)
{
	const struct yg_img_code *code = (const void *)g->c->sections[YG_IMG_CODE].data;
	bool has_any = false;

	for (uint32_t i = 0; i < g->atom_count; i++)
		has_any |= yg_witness_atom(g->c->witness, g->preds[i])->field == YG_PRED_KEYWORD;
	for (uint32_t r = 0; has_any && r < g->rule_count; r++) {
		uint32_t rule = g->rules[r];

		for (uint32_t s = g->c->code_first[rule]; s < g->c->code_first[rule + 1]; s++) {
			uint32_t pred = code[s].pred;
			const struct yg_atom *atom;

			if (pred >= g->c->rules->pred_count)
				continue; /* a lookup, never of keywords */
			atom = yg_witness_atom(g->c->witness, pred);
			if (atom->field == YG_PRED_KEYWORD && atom->kind == YG_ATOM_CONTAINS &&
			    atom->is_exact)
				use_atom(g, pred);
		}
	}
}

static int collect_atoms(struct grouper *g)
{
	memset(g->atom_of, 0, g->c->pred_count * sizeof(*g->atom_of));
	g->atom_count = 0;
	g->pair_count = 0;
	g->always_count = 0;
	for (uint32_t r = 0; r < g->rule_count; r++) {
		const uint32_t *preds;
		uint32_t count;
		bool is_always;
		int rc = yg_witness_of(g->c->witness, rule_at(g, g->rules[r]), &preds, &count,
				       &is_always);

		if (is_always)
			g->always[g->always_count++] = r;
		for (uint32_t i = 0; rc == YG_OK && i < count; i++)
			rc = watch(g, preds[i], r);
		if (rc != YG_OK)
			return rc;
	}
	add_keywords(g);
	return YG_OK;
}

/* ATOMS with the rules that watch each, from the pairs (a counting sort). */
static int write_atoms(struct grouper *g, struct yg_img_group *group)
{
	struct yg_compiler *c = g->c;
	uint32_t *starts = yg_calloc(g->atom_count + 1u, sizeof(*starts));
	uint32_t *rules = yg_calloc(g->pair_count + 1u, sizeof(*rules));
	uint32_t base = yg_compiler_count(c, YG_IMG_LISTS, sizeof(uint32_t));

	group->atoms.first = yg_compiler_count(c, YG_IMG_ATOMS, sizeof(struct yg_img_atom));
	group->atoms.count = g->atom_count;
	if (!starts || !rules) {
		free(starts);
		free(rules);
		return YG_ENOMEM;
	}
	for (uint32_t i = 0; i < g->pair_count; i++)
		starts[g->pairs[i].atom + 1]++;
	for (uint32_t i = 0; i < g->atom_count; i++)
		starts[i + 1] += starts[i];
	for (uint32_t i = 0; i < g->pair_count; i++)
		rules[starts[g->pairs[i].atom]++] = g->pairs[i].rule;
	for (uint32_t i = 0; i < g->atom_count; i++) { /* starts[i] is now the end of i */
		const struct yg_atom *atom = yg_witness_atom(c->witness, g->preds[i]);
		uint32_t first = i ? starts[i - 1] : 0;
		struct yg_img_atom out = {
			.text = yg_compiler_text(c, atom->text),
			.watch = {base + first, starts[i] - first},
			.pred = atom->is_exact ? g->preds[i] : YG_IMG_NONE,
		};

		YG_COMPILER_ADD(c, ATOMS, out);
		if (atom->is_exact)
			g->settled[g->preds[i] / 8] |= (uint8_t)(1u << g->preds[i] % 8);
	}
	yg_buf_add(&c->sections[YG_IMG_LISTS],
		   (struct yg_bytes){(const uint8_t *)rules, g->pair_count * sizeof(*rules)});
	free(starts);
	free(rules);
	return YG_OK;
}

/* FIELDS, each with the index of the atoms that look at it. */
static int write_fields(struct grouper *g, struct yg_img_group *group)
{
	struct yg_compiler *c = g->c;
	struct yg_index_entry *entries = yg_calloc(g->atom_count + 1u, sizeof(*entries));
	int rc = entries ? YG_OK : YG_ENOMEM;

	group->fields.first = yg_compiler_count(c, YG_IMG_FIELDS, sizeof(struct yg_img_field));
	group->fields.count = g->name_count;
	for (uint32_t f = 0; rc == YG_OK && f < g->name_count; f++) {
		struct yg_img_field field;
		uint32_t count = 0;

		for (uint32_t i = 0; i < g->atom_count; i++) {
			const struct yg_atom *atom = yg_witness_atom(c->witness, g->preds[i]);

			if (atom->field == g->names[f])
				entries[count++] = (struct yg_index_entry){
					atom, &c->rules->preds[g->preds[i]], i};
		}
		rc = yg_compile_index(c, g->names[f], entries, count, &field);
		if (rc == YG_OK)
			YG_COMPILER_ADD(c, FIELDS, field);
	}
	free(entries);
	return rc;
}

/* Expressions that a program of the group may ask for, not settled by an atom: each needs a set. */
static int add_expressions(struct grouper *g)
{
	struct yg_compiler *c = g->c;
	const struct yg_img_code *code = (const void *)c->sections[YG_IMG_CODE].data;
	struct yg_img_pred *preds = (void *)c->sections[YG_IMG_PREDS].data;
	int rc = YG_OK;

	for (uint32_t r = 0; r < g->rule_count; r++) {
		uint32_t rule = g->rules[r];

		for (uint32_t s = c->code_first[rule]; rc == YG_OK && s < c->code_first[rule + 1];
		     s++) {
			uint32_t at = code[s].pred;

			if (preds[at].op == YG_PRED_REGEX && preds[at].db == YG_IMG_NONE &&
			    !(g->settled[at / 8] >> (at % 8) & 1))
				rc = yg_databases_add_regex(c->databases, &c->rules->preds[at],
							    &preds[at].db);
		}
	}
	return rc;
}

/* Write the group of the rules in g->rules. */
static int write_group(struct grouper *g)
{
	struct yg_compiler *c = g->c;
	struct yg_img_group group = {0};
	size_t settled_size = c->pred_count / 8 + 1;
	int rc;

	collect_fields(g);
	rc = collect_atoms(g);
	if (rc != YG_OK)
		return rc;
	memset(g->settled, 0, settled_size);
	group.has_keywords = g->name_count > 0 && g->names[0] == YG_PRED_KEYWORD;
	group.rules.first = yg_compiler_count(c, YG_IMG_GROUP_RULES, sizeof(uint32_t));
	group.rules.count = g->rule_count;
	yg_buf_add(&c->sections[YG_IMG_GROUP_RULES],
		   (struct yg_bytes){(const uint8_t *)g->rules, g->rule_count * sizeof(*g->rules)});
	group.always.first = yg_compiler_count(c, YG_IMG_LISTS, sizeof(uint32_t));
	group.always.count = g->always_count;
	yg_buf_add(&c->sections[YG_IMG_LISTS],
		   (struct yg_bytes){(const uint8_t *)g->always,
				     g->always_count * sizeof(*g->always)});
	group.map = yg_compiler_count(c, YG_IMG_MAP, sizeof(uint16_t));
	yg_buf_add(&c->sections[YG_IMG_MAP],
		   (struct yg_bytes){(const uint8_t *)g->map, c->name_count * sizeof(*g->map)});
	rc = write_atoms(g, &group);
	if (rc == YG_OK)
		rc = write_fields(g, &group);
	if (rc == YG_OK)
		rc = add_expressions(g);
	group.settled = yg_compiler_count(c, YG_IMG_SETTLED, 1);
	yg_buf_add(&c->sections[YG_IMG_SETTLED], (struct yg_bytes){g->settled, settled_size});
	YG_COMPILER_ADD(c, GROUPS, group);
	return rc;
}

/* An earlier route with the same sources, or @route. */
static uint32_t same_as(const struct grouper *g, uint32_t route)
{
	for (uint32_t i = YG_ROUTE_OPEN + 1; i < route; i++)
		if (memcmp(g->taken + (size_t)i * g->source_count,
			   g->taken + (size_t)route * g->source_count, g->source_count) == 0)
			return i;
	return route;
}

static int make_groups(struct grouper *g)
{
	uint32_t of_route[YG_ROUTES_MAX];
	uint32_t routes = yg_router_count(g->c->router);

	of_route[YG_ROUTE_NONE] = YG_IMG_NONE;
	for (uint32_t route = YG_ROUTE_OPEN; route < routes; route++) {
		uint32_t same = route == YG_ROUTE_OPEN ? route : same_as(g, route);
		int rc;

		of_route[route] = same < route ? of_route[same] : YG_IMG_NONE;
		if (same < route)
			continue;
		collect_rules(g, route);
		if (g->rule_count == 0)
			continue;
		of_route[route] =
			yg_compiler_count(g->c, YG_IMG_GROUPS, sizeof(struct yg_img_group));
		rc = write_group(g);
		if (rc != YG_OK)
			return rc;
	}
	yg_buf_add(&g->c->sections[YG_IMG_ROUTES],
		   (struct yg_bytes){(const uint8_t *)of_route, routes * sizeof(*of_route)});
	return YG_OK;
}

static int prepare(struct grouper *g)
{
	struct yg_compiler *c = g->c;
	uint32_t routes = yg_router_count(c->router);

	g->source_of = yg_calloc(c->count + 1u, sizeof(*g->source_of));
	g->rules = yg_calloc(c->count + 1u, sizeof(*g->rules));
	g->always = yg_calloc(c->count + 1u, sizeof(*g->always));
	g->map = yg_calloc(c->name_count + 1u, sizeof(*g->map));
	g->names = yg_calloc(c->name_count + 1u, sizeof(*g->names));
	g->atom_of = yg_calloc(c->pred_count + 1u, sizeof(*g->atom_of));
	g->preds = yg_calloc(c->pred_count + 1u, sizeof(*g->preds));
	g->settled = yg_calloc(c->pred_count / 8 + 1u, 1);
	if (!g->source_of || !g->rules || !g->always || !g->map || !g->names || !g->atom_of ||
	    !g->preds || !g->settled)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < c->count; i++) {
		int rc = source_number(g, &rule_at(g, i)->logsource, &g->source_of[i]);

		if (rc != YG_OK)
			return rc;
	}
	g->taken = yg_calloc((size_t)routes * g->source_count + 1u, 1);
	if (!g->taken)
		return YG_ENOMEM;
	for (uint32_t route = YG_ROUTE_OPEN + 1; route < routes; route++)
		for (uint32_t s = 0; s < g->source_count; s++)
			g->taken[(size_t)route * g->source_count + s] =
				yg_router_applies(c->router, route, &g->sources[s]);
	if (c->rules->mapping)
		for (uint32_t route = YG_ROUTE_OPEN; route < routes; route++)
			yg_mapping_reaches(c->rules->mapping, c->router, route, g->sources,
					   g->source_count,
					   g->taken + (size_t)route * g->source_count);
	return YG_OK;
}

int yg_compile_groups(struct yg_compiler *c)
{
	struct grouper g = {.c = c};
	int rc = prepare(&g);

	if (rc == YG_OK)
		rc = make_groups(&g);
	free(g.sources);
	free(g.source_hashes);
	free(g.source_of);
	free(g.taken);
	free(g.rules);
	free(g.map);
	free(g.names);
	free(g.atom_of);
	free(g.preds);
	free(g.pairs);
	free(g.always);
	free(g.settled);
	return rc;
}
