/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions: operator precedence with two explicit stacks, so that no depth of parentheses
 * uses the C stack. or binds weakest, then and, then not.
 */
#include "detect/rules-int.h"

#include "base/ban.h"

#define STACK_MAX (YG_CONDITION_MAX / 2)

enum token {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_PIPE,
	TOKEN_WORD,
};

/* Ordered by how strongly they bind. */
enum operator{
	OPERATOR_OPEN,
	OPERATOR_OR,
	OPERATOR_AND,
	OPERATOR_NOT,
};

struct condition {
	struct yg_load *load;
	struct yg_bytes text;
	uint32_t line;
	const struct yg_selection *selections;
	uint32_t selection_count;
	size_t at;
	enum token token;
	struct yg_bytes word;
	uint32_t *operands;
	uint32_t operand_count;
	uint8_t *operators;
	uint32_t operator_count;
	uint32_t *matched; /* room for one node per selection */
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void next_token(struct condition *c)
{
	size_t start;

	while (c->at < c->text.size && is_space(c->text.data[c->at]))
		c->at++;
	start = c->at;
	c->word = YG_S("");
	if (start == c->text.size) {
		c->token = TOKEN_END;
		return;
	}
	c->at++;
	switch (c->text.data[start]) {
	case '(':
		c->token = TOKEN_OPEN;
		return;
	case ')':
		c->token = TOKEN_CLOSE;
		return;
	case '|':
		c->token = TOKEN_PIPE;
		return;
	default:
		break;
	}
	while (c->at < c->text.size && !is_space(c->text.data[c->at]) &&
	       c->text.data[c->at] != '(' && c->text.data[c->at] != ')' &&
	       c->text.data[c->at] != '|')
		c->at++;
	c->token = TOKEN_WORD;
	c->word = yg_bytes_cut(c->text, start, c->at);
}

static bool word_is(const struct condition *c, const char *text)
{
	return c->token == TOKEN_WORD && yg_bytes_eq_nocase(c->word, yg_bytes_str(text));
}

/* Nodes of the last @count operands become one. */
static int reduce(struct condition *c, enum operator op, uint32_t count)
{
	uint32_t *first = c->operands + c->operand_count - count;
	int rc;

	if (op == OPERATOR_NOT)
		rc = yg_rules_not(c->load->rules, *first, first);
	else
		rc = yg_rules_join(c->load, op == OPERATOR_AND ? YG_EXPR_AND : YG_EXPR_OR, first,
				   count, first);
	c->operand_count -= count - 1;
	if (rc == YG_ELIMIT)
		return yg_load_fail(c->load, c->line, "the condition is too large");
	return rc;
}

/* Apply what lies on the stack and binds stronger than @op; runs of one operator at once. */
static int reduce_down_to(struct condition *c, enum operator op)
{
	int rc = YG_OK;

	while (rc == YG_OK && c->operator_count > 0 &&
	       c->operators[c->operator_count - 1] > (uint8_t)op) {
		enum operator top = c->operators[c->operator_count - 1];
		uint32_t count = 1;

		do {
			c->operator_count--;
			count += top != OPERATOR_NOT;
		} while (top != OPERATOR_NOT && c->operator_count > 0 &&
			 c->operators[c->operator_count - 1] == top);
		rc = reduce(c, top, count);
	}
	return rc;
}

/* Does @name fit @pattern, in which * stands for any run of characters? */
static bool pattern_fits(struct yg_bytes pattern, struct yg_bytes name)
{
	size_t p = 0;
	size_t star = SIZE_MAX;
	size_t mark = 0;

	for (size_t n = 0; n < name.size;) {
		if (p < pattern.size && pattern.data[p] == '*') {
			star = p++;
			mark = n;
		} else if (p < pattern.size && pattern.data[p] == name.data[n]) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.size && pattern.data[p] == '*')
		p++;
	return p == pattern.size;
}

static int fail_unknown(struct condition *c, struct yg_bytes name, const char *what)
{
	struct yg_bytes *names =
		yg_arena_alloc(c->load->arena, (c->selection_count + 1) * sizeof(*names));
	size_t nearest = SIZE_MAX;

	for (uint32_t i = 0; names && i < c->selection_count; i++)
		names[i] = c->selections[i].name;
	if (names)
		nearest = yg_nearest_of(name, names, c->selection_count);
	if (nearest == SIZE_MAX)
		return yg_load_fail(
			c->load, c->line,
			"the condition names %s '%s', which the detection does not have", what,
			yg_load_show(c->load, name));
	return yg_load_fail(
		c->load, c->line,
		"the condition names %s '%s', which the detection does not have; nearest: '%s'",
		what, yg_load_show(c->load, name), yg_load_show(c->load, names[nearest]));
}

/* `1 of sel*`: the word `of` is the current token. */
static int take_quantified(struct condition *c, struct yg_bytes quantity)
{
	enum yg_expr_op op = YG_EXPR_OR;
	uint32_t count = 0;
	bool is_them;

	if (yg_bytes_eq_nocase(quantity, YG_S("all")))
		op = YG_EXPR_AND;
	else if (!yg_bytes_eq(quantity, YG_S("1")) && !yg_bytes_eq_nocase(quantity, YG_S("any")))
		return yg_load_fail(c->load, c->line,
				    "'%s of' is not Sigma: use '1 of', 'any of' or 'all of'",
				    yg_load_show(c->load, quantity));
	next_token(c);
	if (c->token != TOKEN_WORD)
		return yg_load_fail(c->load, c->line,
				    "'%s of' must be followed by 'them' or a name with *",
				    yg_load_show(c->load, quantity));
	is_them = word_is(c, "them");
	for (uint32_t i = 0; i < c->selection_count; i++) {
		struct yg_bytes name = c->selections[i].name;

		if (is_them ? !yg_bytes_starts(name, YG_S("_")) : pattern_fits(c->word, name))
			c->matched[count++] = c->selections[i].expr;
	}
	if (count == 0 && is_them)
		return yg_load_fail(c->load, c->line,
				    "'of them' has nothing to stand for: all names start with _");
	if (count == 0)
		return fail_unknown(c, c->word, "the pattern");
	return yg_rules_join(c->load, op, c->matched, count, &c->operands[c->operand_count++]);
}

static int take_name(struct condition *c, struct yg_bytes name)
{
	for (uint32_t i = 0; i < c->selection_count; i++)
		if (yg_bytes_eq(c->selections[i].name, name)) {
			c->operands[c->operand_count++] = c->selections[i].expr;
			return YG_OK;
		}
	if (yg_bytes_chr(name, '*') != SIZE_MAX)
		return yg_load_fail(c->load, c->line,
				    "'%s' has a * but no '1 of' or 'all of' before it",
				    yg_load_show(c->load, name));
	return fail_unknown(c, name, "the selection");
}

/* An operand must come here: a name, a quantified pattern, `not` or an opening parenthesis. */
static int take_operand(struct condition *c, bool *ret_is_complete)
{
	struct yg_bytes word = c->word;
	int rc;

	*ret_is_complete = false;
	if (c->token == TOKEN_OPEN || word_is(c, "not")) {
		if (c->operator_count == STACK_MAX)
			return yg_load_fail(c->load, c->line, "the condition is nested too deeply");
		c->operators[c->operator_count++] =
			c->token == TOKEN_OPEN ? OPERATOR_OPEN : OPERATOR_NOT;
		next_token(c);
		return YG_OK;
	}
	if (c->token != TOKEN_WORD)
		return yg_load_fail(c->load, c->line, "the condition lacks a name at character %zu",
				    c->at);
	if (word_is(c, "and") || word_is(c, "or"))
		return yg_load_fail(
			c->load, c->line,
			"the condition has '%s' where a name must stand, at character %zu",
			yg_load_show(c->load, word), c->at - word.size + 1);
	if (c->operand_count == STACK_MAX)
		return yg_load_fail(c->load, c->line, "the condition is too large");
	next_token(c);
	*ret_is_complete = true;
	if (!word_is(c, "of"))
		return take_name(c, word);
	rc = take_quantified(c, word);
	next_token(c);
	return rc;
}

static int fail_after_operand(struct condition *c)
{
	if (c->token == TOKEN_PIPE)
		return yg_load_fail(
			c->load, c->line,
			"aggregation with | is no longer Sigma: use a correlation rule instead");
	if (c->token == TOKEN_WORD)
		return yg_load_fail(
			c->load, c->line,
			"the condition has '%s' where 'and' or 'or' must stand, at character %zu",
			yg_load_show(c->load, c->word), c->at - c->word.size + 1);
	return yg_load_fail(c->load, c->line,
			    "the condition has a parenthesis too many, at character %zu", c->at);
}

/* After an operand: and, or, a closing parenthesis, or the end. */
static int take_operator(struct condition *c, bool *ret_is_operand_next)
{
	enum operator op;
	int rc;

	*ret_is_operand_next = true;
	if (word_is(c, "and") || word_is(c, "or")) {
		op = word_is(c, "and") ? OPERATOR_AND : OPERATOR_OR;
		rc = reduce_down_to(c, op);
		if (rc != YG_OK)
			return rc;
		if (c->operator_count == STACK_MAX)
			return yg_load_fail(c->load, c->line, "the condition is too large");
		c->operators[c->operator_count++] = (uint8_t)op;
		next_token(c);
		return YG_OK;
	}
	*ret_is_operand_next = false;
	if (c->token != TOKEN_CLOSE)
		return fail_after_operand(c);
	rc = reduce_down_to(c, OPERATOR_OPEN);
	if (rc != YG_OK)
		return rc;
	if (c->operator_count == 0)
		return fail_after_operand(c);
	c->operator_count--;
	next_token(c);
	return YG_OK;
}

static int parse(struct condition *c, uint32_t *ret_expr)
{
	bool is_operand_next = true;
	int rc = YG_OK;

	next_token(c);
	if (c->token == TOKEN_END)
		return yg_load_fail(c->load, c->line, "the condition is empty");
	while (rc == YG_OK && (is_operand_next || c->token != TOKEN_END)) {
		bool is_complete;

		if (!is_operand_next) {
			rc = take_operator(c, &is_operand_next);
			continue;
		}
		rc = take_operand(c, &is_complete);
		is_operand_next = !is_complete;
	}
	if (rc == YG_OK)
		rc = reduce_down_to(c, OPERATOR_OPEN);
	if (rc != YG_OK)
		return rc;
	if (c->operator_count > 0)
		return yg_load_fail(c->load, c->line, "the condition lacks a closing parenthesis");
	*ret_expr = c->operands[0];
	return YG_OK;
}

int yg_sigma_condition(struct yg_load *load, struct yg_bytes text, uint32_t line,
		       const struct yg_selection *selections, uint32_t count, uint32_t *ret_expr)
{
	struct condition c = {
		.load = load,
		.text = text,
		.line = line,
		.selections = selections,
		.selection_count = count,
	};
	size_t room = text.size / 2 + 2;

	if (text.size > YG_CONDITION_MAX)
		return yg_load_fail(load, line, "the condition is longer than %u bytes",
				    YG_CONDITION_MAX);
	c.operands = yg_arena_alloc(load->arena, room * sizeof(*c.operands));
	c.operators = yg_arena_alloc(load->arena, text.size + 2);
	c.matched = yg_arena_alloc(load->arena, (count + 1) * sizeof(*c.matched));
	if (!c.operands || !c.operators || !c.matched)
		return YG_ENOMEM;
	return parse(&c, ret_expr);
}
