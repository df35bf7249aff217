/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two levels that have one shape: an operand, then operators with operands between them.
 *
 *   observations: '[' comparisons ']' or '(' … ')', each with qualifiers, by AND, OR, FOLLOWEDBY
 *   comparisons:  a test or '(' … ')', by AND, OR
 *
 * A text is right whatever binds more tightly, so precedence is not looked at.
 */
#include "parse/stix_pattern.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/stix.h"

#include "base/ban.h"

enum kind {
	KIND_END,
	KIND_WORD,   /* also with '-' and '_' in it */
	KIND_NUMBER, /* with a point: is_fraction */
	KIND_TEXT,   /* '…' */
	KIND_BINARY, /* b'…', h'…' */
	KIND_TIME,   /* t'…' */
	KIND_SIGN,   /* one of ()[]{},:.* or a comparison */
	KIND_BAD,
};

struct token {
	enum kind kind;
	struct yg_bytes text; /* of a quoted one: between the quotes */
	size_t at;
	bool is_fraction;
};

struct scan {
	struct yg_bytes text;
	size_t at;
	struct token now;
	struct yg_fault *fault;
	int rc;
};

static bool fail(struct scan *s, const char *what)
{
	if (s->rc == YG_OK)
		s->rc = yg_fault_set(s->fault, YG_EFORMAT, what, s->now.at);
	return false;
}

static uint8_t peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->text.size ? s->text.data[s->at + ahead] : 0;
}

static void skip_blanks(struct scan *s)
{
	for (;;) {
		struct yg_bytes rest = yg_bytes_from(s->text, s->at);
		size_t end;

		if (rest.size > 0 && strchr(" \t\r\n\f\v", rest.data[0]) && rest.data[0]) {
			s->at++;
			continue;
		}
		if (yg_bytes_starts(rest, YG_S("//")))
			end = yg_bytes_chr(rest, '\n');
		else if (yg_bytes_starts(rest, YG_S("/*")))
			end = yg_bytes_find(yg_bytes_from(rest, 2), YG_S("*/"));
		else
			return;
		if (end == SIZE_MAX)
			end = rest.size;
		else
			end += rest.data[1] == '*' ? 4 : 1;
		s->at += end;
	}
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* From the quote at s->at on. False: it does not end. */
static bool take_quoted(struct scan *s, enum kind kind)
{
	size_t start = ++s->at;

	while (s->at < s->text.size && s->text.data[s->at] != '\'') {
		if (s->text.data[s->at] == '\\') {
			/* Only these two have a meaning after it. */
			if (peek(s, 1) != '\\' && peek(s, 1) != '\'')
				return fail(s, "a backslash stands before \\ or ' only");
			s->at++;
		}
		s->at++;
	}
	if (s->at >= s->text.size)
		return fail(s, "a quoted text does not end");
	s->now.kind = kind;
	s->now.text = yg_bytes_cut(s->text, start, s->at++);
	return true;
}

static bool take_number(struct scan *s)
{
	size_t start = s->at;

	if (peek(s, 0) == '-' || peek(s, 0) == '+')
		s->at++;
	while (is_digit(peek(s, 0)))
		s->at++;
	if (peek(s, 0) == '.' && is_digit(peek(s, 1))) {
		s->now.is_fraction = true;
		s->at++;
		while (is_digit(peek(s, 0)))
			s->at++;
	}
	s->now.kind = KIND_NUMBER;
	s->now.text = yg_bytes_cut(s->text, start, s->at);
	return true;
}

static bool take_sign(struct scan *s)
{
	static const char *const two[] = {"!=", "<>", "<=", ">=", "=="};
	size_t size = 0;

	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]) && size == 0; i++)
		if (yg_bytes_starts(yg_bytes_from(s->text, s->at), yg_bytes_str(two[i])))
			size = 2;
	if (size == 0 && peek(s, 0) && strchr("()[],:.*=<>", peek(s, 0)))
		size = 1;
	if (size == 0)
		return fail(s, "a character that no pattern has");
	s->now.kind = KIND_SIGN;
	s->now.text = yg_bytes_cut(s->text, s->at, s->at + size);
	s->at += size;
	return true;
}

static bool take_word(struct scan *s)
{
	size_t start = s->at;

	while (is_letter(peek(s, 0)) || is_digit(peek(s, 0)) || peek(s, 0) == '-')
		s->at++;
	s->now.kind = KIND_WORD;
	s->now.text = yg_bytes_cut(s->text, start, s->at);
	return true;
}

/* The next token to s->now. */
static bool next(struct scan *s)
{
	uint8_t c;

	skip_blanks(s);
	s->now = (struct token){.at = s->at};
	if (s->at >= s->text.size)
		return true;
	c = peek(s, 0);
	if (c == '\'')
		return take_quoted(s, KIND_TEXT);
	if ((c == 't' || c == 'b' || c == 'h') && peek(s, 1) == '\'') {
		s->at++;
		return take_quoted(s, c == 't' ? KIND_TIME : KIND_BINARY);
	}
	if (is_letter(c))
		return take_word(s);
	if (is_digit(c) || ((c == '-' || c == '+') && is_digit(peek(s, 1))))
		return take_number(s);
	return take_sign(s);
}

static bool is_sign(const struct scan *s, const char *sign)
{
	return s->now.kind == KIND_SIGN && yg_bytes_eq(s->now.text, yg_bytes_str(sign));
}

static bool is_word(const struct scan *s, const char *word)
{
	return s->now.kind == KIND_WORD && yg_bytes_eq(s->now.text, yg_bytes_str(word));
}

static bool want_sign(struct scan *s, const char *sign, const char *what)
{
	return is_sign(s, sign) ? next(s) : fail(s, what);
}

/* ---- comparisons ---- */

/* [0], [-1], [*] */
static bool read_index(struct scan *s)
{
	if (!next(s))
		return false;
	if (!is_sign(s, "*") && (s->now.kind != KIND_NUMBER || s->now.is_fraction))
		return fail(s, "between [ and ] of a path stands a whole number or *");
	return next(s) && want_sign(s, "]", "] is missing after an index");
}

/* file:hashes.'SHA-256', network-traffic:extensions.'x'.y[0].z */
static bool read_path(struct scan *s)
{
	if (s->now.kind != KIND_WORD)
		return fail(s, "a path begins with the type of an object");
	if (!next(s) || !want_sign(s, ":", ": is missing after the type of an object"))
		return false;
	if (s->now.kind != KIND_WORD && s->now.kind != KIND_TEXT)
		return fail(s, "the name of a property is missing");
	if (!next(s))
		return false;
	for (;;) {
		if (is_sign(s, "[")) {
			if (!read_index(s))
				return false;
		} else if (is_sign(s, ".")) {
			if (!next(s))
				return false;
			if (s->now.kind != KIND_WORD && s->now.kind != KIND_TEXT)
				return fail(s, "the name of a property is missing after .");
			if (!next(s))
				return false;
		} else {
			return true;
		}
	}
}

static bool read_literal(struct scan *s, bool is_ordered)
{
	int64_t unused;
	bool is_bool = is_word(s, "true") || is_word(s, "false");

	switch (s->now.kind) {
	case KIND_TIME:
		if (!yg_stix_time(s->now.text, &unused))
			return fail(s, "t'…' is no timestamp");
		return next(s);
	case KIND_NUMBER:
	case KIND_TEXT:
	case KIND_BINARY:
		return next(s);
	case KIND_WORD:
		if (is_bool && !is_ordered)
			return next(s);
		return fail(s, "a value is missing: a text stands between single quotes");
	default:
		return fail(s, "a value is missing after an operator");
	}
}

static bool read_set(struct scan *s)
{
	if (!want_sign(s, "(", "( is missing after IN"))
		return false;
	while (!is_sign(s, ")")) {
		if (!read_literal(s, false))
			return false;
		if (is_sign(s, ",")) {
			if (!next(s))
				return false;
		} else if (!is_sign(s, ")")) {
			return fail(s, ") is missing after the values of IN");
		}
	}
	return next(s);
}

static bool read_quoted(struct scan *s)
{
	return s->now.kind == KIND_TEXT ? next(s)
					: fail(s, "after this operator stands a text in quotes");
}

static bool read_operator(struct scan *s)
{
	static const char *const plain[] = {"=", "==", "!=", "<>"};
	static const char *const ordered[] = {"<", "<=", ">", ">="};
	static const char *const texts[] = {"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"};

	if (is_word(s, "NOT") && !next(s))
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (is_sign(s, plain[i]))
			return next(s) && read_literal(s, false);
		if (is_sign(s, ordered[i]))
			return next(s) && read_literal(s, true);
		if (is_word(s, texts[i]))
			return next(s) && read_quoted(s);
	}
	if (is_word(s, "IN"))
		return next(s) && read_set(s);
	return fail(s, "a comparison is missing after a path");
}

static bool read_test(struct scan *s)
{
	if (is_word(s, "EXISTS"))
		return next(s) && read_path(s);
	return read_path(s) && read_operator(s);
}

static bool open_all(struct scan *s, unsigned *depth)
{
	while (is_sign(s, "(")) {
		if (++*depth > YG_STIX_PATTERN_DEPTH)
			return fail(s, "parentheses are nested too deeply");
		if (!next(s))
			return false;
	}
	return true;
}

/* @behind: what may follow each; NULL: nothing. */
static bool close_all(struct scan *s, unsigned *depth, bool (*behind)(struct scan *s))
{
	while (is_sign(s, ")")) {
		if ((*depth)-- == 0)
			return fail(s, "a ) without its (");
		if (!next(s) || (behind && !behind(s)))
			return false;
	}
	return true;
}

/* Behind '[' up to behind its ']'. */
static bool read_comparisons(struct scan *s)
{
	unsigned depth = 0;

	for (;;) {
		if (!open_all(s, &depth))
			return false;
		if (!read_test(s))
			return false;
		if (!close_all(s, &depth, NULL))
			return false;
		if (is_sign(s, "]"))
			return depth == 0 ? next(s) : fail(s, "a ( without its )");
		if (!is_word(s, "AND") && !is_word(s, "OR"))
			return fail(s, "AND, OR or ] is missing after a comparison");
		if (!next(s))
			return false;
	}
}

/* ---- observations ---- */

static bool read_time(struct scan *s)
{
	int64_t unused;

	if ((s->now.kind != KIND_TIME && s->now.kind != KIND_TEXT) ||
	    !yg_stix_time(s->now.text, &unused))
		return fail(s, "START and STOP need a timestamp, t'…'");
	return next(s);
}

static bool read_count(struct scan *s, bool may_be_fraction)
{
	double value;

	if (s->now.kind != KIND_NUMBER || (s->now.is_fraction && !may_be_fraction) ||
	    !yg_bytes_double(s->now.text, &value) || value <= 0)
		return fail(s, "a number above 0 is missing");
	return next(s);
}

static bool want_word(struct scan *s, const char *word, const char *what)
{
	return is_word(s, word) ? next(s) : fail(s, what);
}

static bool read_qualifiers(struct scan *s)
{
	bool is_good = true;

	while (is_good) {
		if (is_word(s, "START"))
			is_good = next(s) && read_time(s) &&
				  want_word(s, "STOP", "STOP is missing after START") &&
				  read_time(s);
		else if (is_word(s, "WITHIN"))
			is_good = next(s) && read_count(s, true) &&
				  want_word(s, "SECONDS", "SECONDS is missing after WITHIN");
		else if (is_word(s, "REPEATS"))
			is_good = next(s) && read_count(s, false) &&
				  want_word(s, "TIMES", "TIMES is missing after REPEATS");
		else
			return true;
	}
	return false;
}

static bool read_observations(struct scan *s)
{
	unsigned depth = 0;

	for (;;) {
		if (!open_all(s, &depth))
			return false;
		if (!want_sign(s, "[", "an observation begins with [") || !read_comparisons(s) ||
		    !read_qualifiers(s))
			return false;
		if (!close_all(s, &depth, read_qualifiers))
			return false;
		if (s->now.kind == KIND_END)
			return depth == 0 ? true : fail(s, "a ( without its )");
		if (!is_word(s, "AND") && !is_word(s, "OR") && !is_word(s, "FOLLOWEDBY"))
			return fail(s, "AND, OR or FOLLOWEDBY is missing after an observation");
		if (!next(s))
			return false;
	}
}

int yg_stix_pattern_check(struct yg_bytes text, struct yg_fault *reterr)
{
	struct scan s = {.text = text, .fault = reterr};

	if (text.size > YG_STIX_PATTERN_MAX)
		return yg_fault_set(reterr, YG_ELIMIT, "the pattern is too long", 0);
	if (!yg_utf8_valid(text))
		return yg_fault_set(reterr, YG_EFORMAT, "the pattern is no UTF-8", 0);
	if (next(&s) && read_observations(&s))
		return YG_OK;
	return s.rc;
}

/* ---- values ---- */

struct values {
	struct scan scan;
	yg_stix_value_fn fn;
	void *arg;
	uint8_t *room; /* of the text's size */
	struct yg_bytes path;
};

static int give_value(struct values *v)
{
	struct yg_bytes text = v->scan.now.text;
	size_t size = 0;

	if (v->scan.now.kind != KIND_TEXT)
		return YG_EUNSUPPORTED;
	for (size_t i = 0; i < text.size; i++) {
		i += text.data[i] == '\\' && i + 1 < text.size;
		v->room[size++] = text.data[i];
	}
	return v->fn(v->arg, v->path, (struct yg_bytes){v->room, size});
}

/* IN ('a', 'b') */
static int give_set(struct values *v)
{
	struct scan *s = &v->scan;
	int rc = YG_OK;

	if (!next(s)) /* ( */
		return s->rc;
	while (rc == YG_OK && next(s) && !is_sign(s, ")"))
		if (!is_sign(s, ","))
			rc = give_value(v);
	return rc == YG_OK ? s->rc : rc;
}

static int give_test(struct values *v)
{
	struct scan *s = &v->scan;
	size_t start = s->now.at;
	int rc;

	if (is_sign(s, "(") || is_word(s, "EXISTS"))
		return YG_EUNSUPPORTED;
	if (!read_path(s))
		return s->rc;
	v->path = yg_bytes_trim(yg_bytes_cut(s->text, start, s->now.at));
	if (is_word(s, "IN"))
		rc = give_set(v);
	else if (is_sign(s, "=") || is_sign(s, "=="))
		rc = next(s) ? give_value(v) : s->rc;
	else
		rc = YG_EUNSUPPORTED;
	return rc == YG_OK && !next(s) ? s->rc : rc;
}

/* Behind a test or an observation: YG_OK: another one; YG_EEND: it was the last. */
static int go_on(struct scan *s, bool is_last)
{
	if (is_last)
		return YG_EEND;
	if (!is_word(s, "OR"))
		return YG_EUNSUPPORTED;
	return next(s) ? YG_OK : s->rc;
}

static int give_observation(struct values *v)
{
	struct scan *s = &v->scan;
	int rc = YG_OK;

	if (!is_sign(s, "["))
		return YG_EUNSUPPORTED;
	if (!next(s))
		return s->rc;
	while (rc == YG_OK) {
		rc = give_test(v);
		if (rc == YG_OK)
			rc = go_on(s, is_sign(s, "]"));
	}
	return rc != YG_EEND ? rc : next(s) ? YG_OK : s->rc;
}

int yg_stix_pattern_values(struct yg_bytes text, yg_stix_value_fn fn, void *arg,
			   struct yg_fault *reterr)
{
	struct values v = {.scan = {.text = text, .fault = reterr}, .fn = fn, .arg = arg};
	int rc = yg_stix_pattern_check(text, reterr);

	if (rc != YG_OK)
		return rc;
	v.room = yg_calloc(1, text.size + 1);
	if (!v.room)
		return YG_ENOMEM;
	rc = next(&v.scan) ? YG_OK : v.scan.rc;
	while (rc == YG_OK) {
		rc = give_observation(&v);
		if (rc == YG_OK)
			rc = go_on(&v.scan, v.scan.now.kind == KIND_END);
	}
	free(v.room);
	return rc == YG_EEND ? YG_OK : rc;
}
