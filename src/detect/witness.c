/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/witness.h"

#include <assert.h>
#include <math.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/glob.h"
#include "detect/nfa.h"
#include "detect/patterns.h"
#include "detect/regex_literal.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define NODES_MAX (1u << 28)

#define POOR_SHARE  0.015f /* literals that are seen in more records than this are poor gates */
#define REGEX_SHARE 0.01f  /* guess for an expression as a whole */
#define USUAL_SHARE 0.9f   /* of a value that is nearly always there */
#define UNION_SHARE 0.7f   /* many rare things together are not certain either */

/* A node seen as it is (0) or negated (1). */
struct view {
	float frequency;  /* of its atoms together; INFINITY = no witness */
	uint32_t best;	  /* AND-like: the child whose atoms are taken */
	bool needs_field; /* cannot be true without a named field */
	bool is_done;
};

struct guess {
	float share; /* of records for which it is true */
	float cost;
	bool is_done;
};

struct yg_witness {
	const struct yg_rules *rules;
	struct yg_arena *texts;
	struct yg_atom *atoms; /* per predicate */
	struct view *views;    /* two per node */
	struct guess *guesses; /* per node */
	uint32_t *stack;       /* nodes or views still to look at */
	uint32_t stack_room;
	uint32_t *found; /* result of yg_witness_of */
	uint32_t found_room;
	uint32_t found_count;
	uint32_t *stamp; /* per predicate: last rule that took it */
	uint32_t round;
	uint32_t regex_count; /* atoms of kind REGEX so far */
};

/* Texts so common in logs that seeing a part of one says little. */
static const char *const common_texts[] = {
	"c:\\windows\\system32\\",
	"c:\\windows\\syswow64\\",
	"c:\\program files (x86)\\",
	"c:\\program files\\",
	"c:\\programdata\\microsoft\\windows\\start menu\\programs\\",
	"c:\\users\\public\\",
	"\\appdata\\local\\temp\\",
	"\\appdata\\roaming\\microsoft\\windows\\",
	"windowspowershell\\v1.0\\powershell.exe",
	"microsoft corporation",
	"microsoft windows operating system",
	"\\registry\\machine\\",
	"\\registry\\user\\",
	"hklm\\system\\currentcontrolset\\services\\",
	"\\control\\",
	"hklm\\software\\microsoft\\windows nt\\currentversion\\",
	"hkcu\\software\\microsoft\\windows\\currentversion\\",
	"nt authority\\system",
	"http://www.",
	"https://www.",
	".exe\"",
	"cmd.exe /c ",
	"rundll32.exe",
	"svchost.exe -k ",
	".dll,",
	"system.management.automation",
	"new-object ",
	"invoke-",
	"get-",
	"-command ",
	"true",
	"false",
	"localhost",
	"127.0.0.1",
	"administrator",
	"mozilla/5.0 (",
	"get /",
	"post /",
	".php?",
	"index.php",
	".html",
	"/bin/sh -c ",
	"/usr/bin/",
	"/usr/sbin/",
	"/etc/",
	"/tmp/",
	"sha1=",
	"sha256=",
	"md5=",
	"imphash=",
	".com",
	".log",
	".txt",
	".ps1",
	".tmp",
	"<value>",
};

static float text_share(struct yg_bytes text)
{
	static const float by_length[] = {1.0f,	 0.6f,	 0.3f,	0.1f,	0.05f, 0.03f,
					  0.02f, 0.015f, 0.01f, 0.008f, 0.006f};
	const size_t lengths = sizeof(by_length) / sizeof(by_length[0]);

	for (size_t i = 0; i < sizeof(common_texts) / sizeof(common_texts[0]); i++)
		if (yg_bytes_find(yg_bytes_str(common_texts[i]), text) != SIZE_MAX)
			return text.size > 8 ? 0.2f : 0.3f;
	return text.size < lengths ? by_length[text.size] : 0.004f;
}

/* Whole values so usual that they tell nothing. */
static bool is_usual_value(struct yg_bytes text)
{
	static const char *const values[] = {"get",	"200", "true", "allow",
					     "success", "-",   "0",    "tcp"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (yg_bytes_eq(text, yg_bytes_str(values[i])))
			return true;
	return false;
}

static float atom_share(const struct yg_atom *atom)
{
	float share = text_share(atom->text);

	if (atom->field == YG_PRED_KEYWORD)
		return share * 2 > 1 ? 1 : share * 2;
	switch (atom->kind) {
	case YG_ATOM_PRESENT:
		return 0.5f;
	case YG_ATOM_EQUALS:
		if (is_usual_value(atom->text))
			return USUAL_SHARE;
		return atom->field == YG_F_EventID ? 0.08f : share * 0.5f;
	case YG_ATOM_STARTS:
	case YG_ATOM_ENDS:
		return share * 0.7f;
	case YG_ATOM_CONTAINS:
	case YG_ATOM_REGEX:
		break;
	}
	return share;
}

static enum yg_atom_kind kind_of(enum yg_pred_op op)
{
	switch (op) {
	case YG_PRED_EQUALS:
		return YG_ATOM_EQUALS;
	case YG_PRED_STARTS:
		return YG_ATOM_STARTS;
	case YG_PRED_ENDS:
		return YG_ATOM_ENDS;
	case YG_PRED_CONTAINS:
	case YG_PRED_GLOB:
	case YG_PRED_REGEX:
		return YG_ATOM_CONTAINS;
	default:
		return YG_ATOM_PRESENT;
	}
}

/* The folded text of @pred's atom; *ret_is_whole when it says all that the predicate says. */
static bool atom_text(struct yg_witness *witness, const struct yg_pred *pred, struct yg_bytes *ret,
		      bool *ret_is_whole)
{
	uint8_t mem[YG_ATOM_TEXT_MAX];
	struct yg_bytes text = pred->text;
	uint8_t *to;

	*ret_is_whole = !pred->is_cased;
	if (pred->op == YG_PRED_GLOB) {
		text = (struct yg_bytes){mem, yg_glob_literal(pred->text, mem, sizeof(mem))};
		*ret_is_whole = false;
	} else if (pred->op == YG_PRED_REGEX) {
		text = (struct yg_bytes){
			mem, yg_regex_literal(pred->text, !pred->is_cased, mem, sizeof(mem))};
		*ret_is_whole = false;
	} else if (text.size > YG_ATOM_TEXT_MAX && pred->op != YG_PRED_EQUALS) {
		text = pred->op == YG_PRED_ENDS
			       ? yg_bytes_from(pred->text, pred->text.size - YG_ATOM_TEXT_MAX)
			       : yg_bytes_cut(pred->text, 0, YG_ATOM_TEXT_MAX);
		*ret_is_whole = false;
	}
	/* A cut inside a character would fold differently than the whole: cut it away. */
	if (pred->op == YG_PRED_ENDS)
		while (text.size < pred->text.size && text.size && (text.data[0] & 0xc0) == 0x80)
			text = yg_bytes_from(text, 1);
	else if (text.size == YG_ATOM_TEXT_MAX)
		while (text.size && text.data[text.size - 1] >= 0x80)
			text.size--;
	to = yg_arena_alloc(witness->texts, text.size + 1);
	if (!to)
		return false;
	*ret = (struct yg_bytes){to, yg_fold(text, to)};
	return true;
}

/*
 * Is the literal of an expression so common that testing the expression each time it is seen costs
 * more than looking for all such expressions in one scan of every value?
 */
static bool is_poor(const struct yg_pred *pred, const struct yg_atom *atom)
{
	struct yg_pattern pattern;
	enum yg_reach reach;

	if (pred->op != YG_PRED_REGEX || pred->field_id == YG_PRED_KEYWORD)
		return false;
	if (atom->kind != YG_ATOM_PRESENT && atom->frequency <= POOR_SHARE)
		return false;
	/* Those are looked for apart (characters.c): many in one set do not make it faster. */
	pattern = yg_pred_pattern(pred);
	return yg_nfa_reach(pattern.text, pattern.flags, &reach) == YG_OK &&
	       reach != YG_REACH_NAMED;
}

static bool make_atom(struct yg_witness *witness, const struct yg_pred *pred, struct yg_atom *ret)
{
	bool is_whole = false;

	*ret = (struct yg_atom){.kind = kind_of(pred->op), .field = pred->field_id};
	if (ret->kind != YG_ATOM_PRESENT && !atom_text(witness, pred, &ret->text, &is_whole))
		return false;
	if (ret->field == YG_PRED_KEYWORD && ret->kind != YG_ATOM_PRESENT &&
	    ret->kind != YG_ATOM_CONTAINS) {
		ret->kind = YG_ATOM_CONTAINS;
		is_whole = false;
	}
	/* Vectorscan takes a text that begins with NUL (UTF-16BE) for an empty one, and refuses it.
	 */
	while (ret->kind == YG_ATOM_CONTAINS && ret->text.size && ret->text.data[0] == 0) {
		ret->text = yg_bytes_from(ret->text, 1);
		is_whole = false;
	}
	if (ret->kind != YG_ATOM_EQUALS && ret->text.size == 0) {
		ret->kind = YG_ATOM_PRESENT;
		is_whole = false;
	}
	ret->is_exact = is_whole;
	ret->frequency = ret->kind == YG_ATOM_PRESENT ? 0.5f : atom_share(ret);
	if (is_poor(pred, ret) && witness->regex_count < YG_ATOM_REGEX_MAX) {
		witness->regex_count++;
		*ret = (struct yg_atom){.kind = YG_ATOM_REGEX,
					.field = pred->field_id,
					.is_exact = true,
					.frequency = REGEX_SHARE};
	}
	return true;
}

static float op_cost(const struct yg_pred *pred)
{
	float cost = 2;

	switch (pred->op) {
	case YG_PRED_EQUALS:
	case YG_PRED_STARTS:
	case YG_PRED_ENDS:
	case YG_PRED_EXISTS:
	case YG_PRED_IS_NULL:
		cost = 1;
		break;
	case YG_PRED_CONTAINS:
		cost = 3;
		break;
	case YG_PRED_GLOB:
		cost = 5;
		break;
	case YG_PRED_REGEX:
		cost = 20;
		break;
	default:
		break;
	}
	return pred->field_id == YG_PRED_KEYWORD ? cost * 30 : cost;
}

static void view_pred(struct yg_witness *witness, uint32_t index, bool is_negated,
		      struct view *view)
{
	const struct yg_pred *pred = &witness->rules->preds[index];
	const struct yg_atom *atom = &witness->atoms[index];
	bool is_absence = pred->op == YG_PRED_IS_NULL;

	view->frequency = INFINITY;
	view->needs_field = false;
	if (is_absence != is_negated)
		return; /* true where the field is missing */
	view->needs_field = pred->field_id != YG_PRED_KEYWORD;
	if (view->needs_field || atom->kind != YG_ATOM_PRESENT)
		view->frequency = is_absence ? 0.5f : atom->frequency;
}

static float either(float a, float b)
{
	if (isinf(a) || isinf(b))
		return INFINITY;
	if (a + b <= UNION_SHARE)
		return a + b;
	return fmaxf(fmaxf(a, b), UNION_SHARE);
}

/* All children are done: combine them. Negation turns AND into OR of the negated. */
static void view_node(struct yg_witness *witness, uint32_t at)
{
	const struct yg_expr *expr = &witness->rules->exprs[at / 2];
	const uint32_t *kids = witness->rules->kids;
	struct view *view = &witness->views[at];
	bool is_negated = at & 1;
	bool is_and = (expr->op == YG_EXPR_AND) != is_negated;

	switch ((enum yg_expr_op)expr->op) {
	case YG_EXPR_FALSE:
	case YG_EXPR_TRUE:
		view->frequency = (expr->op == YG_EXPR_TRUE) != is_negated ? INFINITY : 0;
		view->needs_field = view->frequency == 0; /* never true at all */
		return;
	case YG_EXPR_PRED:
		view_pred(witness, expr->pred, is_negated, view);
		return;
	case YG_EXPR_NOT:
		*view = witness->views[2 * kids[expr->first] + !is_negated];
		return;
	case YG_EXPR_AND:
	case YG_EXPR_OR:
		break;
	}
	view->frequency = is_and ? INFINITY : 0;
	view->needs_field = !is_and;
	for (uint32_t i = 0; i < expr->count; i++) {
		const struct view *kid = &witness->views[2 * kids[expr->first + i] + is_negated];

		if (!is_and) {
			view->frequency = either(view->frequency, kid->frequency);
			view->needs_field &= kid->needs_field;
			continue;
		}
		view->needs_field |= kid->needs_field;
		if (kid->frequency < view->frequency) {
			view->frequency = kid->frequency;
			view->best = i;
		}
	}
}

static void guess_node(struct yg_witness *witness, uint32_t at)
{
	const struct yg_expr *expr = &witness->rules->exprs[at];
	const uint32_t *kids = witness->rules->kids + expr->first;
	struct guess *guess = &witness->guesses[at];
	float share = expr->op == YG_EXPR_AND ? 1 : 0;

	guess->cost = 0;
	switch ((enum yg_expr_op)expr->op) {
	case YG_EXPR_FALSE:
	case YG_EXPR_TRUE:
		guess->share = expr->op == YG_EXPR_TRUE;
		return;
	case YG_EXPR_PRED:
		guess->share = witness->atoms[expr->pred].frequency;
		guess->cost = op_cost(&witness->rules->preds[expr->pred]);
		return;
	case YG_EXPR_NOT:
		guess->share = 1 - witness->guesses[kids[0]].share;
		guess->cost = witness->guesses[kids[0]].cost;
		return;
	case YG_EXPR_AND:
	case YG_EXPR_OR:
		break;
	}
	for (uint32_t i = 0; i < expr->count; i++) {
		const struct guess *kid = &witness->guesses[kids[i]];

		guess->cost += kid->cost;
		share = expr->op == YG_EXPR_AND ? share * kid->share : share + kid->share;
	}
	guess->share = share > 0.95f ? 0.95f : share;
}

static int push(struct yg_witness *witness, uint32_t *count, uint32_t value)
{
	if (*count == witness->stack_room) {
		uint32_t room = witness->stack_room ? witness->stack_room * 2 : 256;
		uint32_t *stack;

		if (room > NODES_MAX)
			return YG_ELIMIT;
		stack = yg_reallocarray(witness->stack, room, sizeof(*stack));
		if (!stack)
			return YG_ENOMEM;
		witness->stack = stack;
		witness->stack_room = room;
	}
	witness->stack[(*count)++] = value;
	return YG_OK;
}

/* Fill views and guesses of @root and all below it, children first. */
static int look(struct yg_witness *witness, uint32_t root)
{
	const struct yg_rules *rules = witness->rules;
	uint32_t count = 0;
	int rc = push(witness, &count, root);

	while (rc == YG_OK && count > 0) {
		uint32_t at = witness->stack[count - 1];
		const struct yg_expr *expr = &rules->exprs[at];
		bool has_kids = expr->op >= YG_EXPR_NOT;
		uint32_t before = count;

		for (uint32_t i = 0; has_kids && rc == YG_OK && i < expr->count; i++)
			if (!witness->guesses[rules->kids[expr->first + i]].is_done)
				rc = push(witness, &count, rules->kids[expr->first + i]);
		if (rc != YG_OK || count > before)
			continue;
		view_node(witness, 2 * at);
		view_node(witness, 2 * at + 1);
		guess_node(witness, at);
		witness->guesses[at].is_done = true;
		count--;
	}
	return rc;
}

struct yg_witness *yg_witness_new(const struct yg_rules *rules)
{
	struct yg_witness *witness = yg_calloc(1, sizeof(*witness));

	if (!witness)
		return NULL;
	witness->rules = rules;
	witness->texts = yg_arena_new(SIZE_MAX / 2);
	witness->atoms = yg_calloc(rules->pred_count + 1u, sizeof(*witness->atoms));
	witness->stamp = yg_calloc(rules->pred_count + 1u, sizeof(*witness->stamp));
	witness->views = yg_calloc(2u * rules->expr_count + 1u, sizeof(*witness->views));
	witness->guesses = yg_calloc(rules->expr_count + 1u, sizeof(*witness->guesses));
	if (!witness->texts || !witness->atoms || !witness->stamp || !witness->views ||
	    !witness->guesses)
		return yg_witness_free(witness);
	for (uint32_t i = 0; i < rules->pred_count; i++)
		if (!make_atom(witness, &rules->preds[i], &witness->atoms[i]))
			return yg_witness_free(witness);
	for (uint32_t i = 0; i < rules->rule_count; i++) {
		const struct yg_rule *rule = &rules->rules[i];

		if (rule->state != YG_RULE_ACTIVE || rule->correlation.type != YG_CORRELATION_NONE)
			continue;
		if (look(witness, rule->expr) != YG_OK)
			return yg_witness_free(witness);
	}
	return witness;
}

struct yg_witness *yg_witness_free(struct yg_witness *witness)
{
	if (!witness)
		return NULL;
	(void)yg_arena_free(witness->texts);
	free(witness->atoms);
	free(witness->stamp);
	free(witness->views);
	free(witness->guesses);
	free(witness->stack);
	free(witness->found);
	free(witness);
	return NULL;
}

const struct yg_atom *yg_witness_atom(const struct yg_witness *witness, uint32_t pred)
{
	return &witness->atoms[pred];
}

static int found(struct yg_witness *witness, uint32_t pred)
{
	if (witness->stamp[pred] == witness->round)
		return YG_OK;
	witness->stamp[pred] = witness->round;
	if (witness->found_count == witness->found_room) {
		uint32_t room = witness->found_room ? witness->found_room * 2 : 256;
		uint32_t *to = yg_reallocarray(witness->found, room, sizeof(*to));

		if (!to)
			return YG_ENOMEM;
		witness->found = to;
		witness->found_room = room;
	}
	witness->found[witness->found_count++] = pred;
	return YG_OK;
}

/* Push the views whose atoms make up those of @at. */
static int descend(struct yg_witness *witness, uint32_t *count, uint32_t at)
{
	const struct yg_expr *expr = &witness->rules->exprs[at / 2];
	const uint32_t *kids = witness->rules->kids;
	uint32_t is_negated = at & 1;
	int rc = YG_OK;

	if (expr->op == YG_EXPR_PRED)
		return found(witness, expr->pred);
	if (expr->op == YG_EXPR_NOT)
		return push(witness, count, 2 * kids[expr->first] + !is_negated);
	if (expr->op != YG_EXPR_AND && expr->op != YG_EXPR_OR)
		return YG_OK;
	if ((expr->op == YG_EXPR_AND) != (bool)is_negated) {
		if (expr->count == 0)
			return YG_OK;
		return push(witness, count,
			    2 * kids[expr->first + witness->views[at].best] + is_negated);
	}
	for (uint32_t i = 0; rc == YG_OK && i < expr->count; i++)
		rc = push(witness, count, 2 * kids[expr->first + i] + is_negated);
	return rc;
}

int yg_witness_of(struct yg_witness *witness, const struct yg_rule *rule, const uint32_t **ret,
		  uint32_t *ret_count, bool *ret_always)
{
	uint32_t count = 0;
	int rc = YG_OK;

	witness->found_count = 0;
	witness->round++;
	*ret_always = isinf(witness->views[2 * rule->expr].frequency);
	if (!*ret_always)
		rc = push(witness, &count, 2 * rule->expr);
	while (rc == YG_OK && count > 0)
		rc = descend(witness, &count, witness->stack[--count]);
	*ret = witness->found;
	*ret_count = witness->found_count;
	return rc;
}

bool yg_witness_has(const struct yg_witness *witness, uint32_t pred)
{
	return witness->stamp[pred] == witness->round;
}

bool yg_witness_needs_field(const struct yg_witness *witness, const struct yg_rule *rule)
{
	return witness->views[2 * rule->expr].needs_field;
}

float yg_witness_share(const struct yg_witness *witness, uint32_t expr)
{
	return witness->guesses[expr].share;
}

float yg_witness_cost(const struct yg_witness *witness, uint32_t expr)
{
	return witness->guesses[expr].cost;
}
