/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an expression to its steps, in one pass from left to right. What a repeat repeats is always
 * the last run of steps; groups still open are a stack.
 */
#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/nfa-int.h"
#include "detect/patterns.h"

#include "base/ban.h"

#define NONE	 UINT32_MAX
#define EXTENDED 0x100u /* option x, beside YG_REGEX_… */

struct group {
	uint32_t start;	 /* its first step */
	uint32_t branch; /* the first step of the alternative at work */
	uint32_t jump; /* the last jump to its end that is to be filled in; its jump: the one before
			*/
	unsigned flags; /* of what surrounds it */
};

struct parser {
	struct yg_bytes text;
	size_t at;
	unsigned flags;
	struct yg_nfa *nfa;
	uint32_t atom;	   /* first step of what a repeat would repeat, or NONE */
	bool is_quoted;	   /* after \Q */
	bool is_dry;	   /* only the sets matter: repeats are not written out */
	bool names_beyond; /* names a character beyond ASCII */
	uint32_t depth;
	struct group groups[YG_NFA_DEPTH_MAX + 1];
	const char *reason;
};

static int refuse(struct parser *p, const char *reason)
{
	p->reason = reason;
	return YG_EFORMAT;
}

static int give_up(struct parser *p, const char *reason)
{
	p->reason = reason;
	return YG_EUNSUPPORTED;
}

static uint8_t peek(const struct parser *p, size_t ahead)
{
	return p->at + ahead < p->text.size ? p->text.data[p->at + ahead] : 0;
}

static bool starts(const struct parser *p, const char *text)
{
	return yg_bytes_starts(yg_bytes_from(p->text, p->at), yg_bytes_str(text));
}

/* ---- steps ---- */

static int make_room(struct parser *p, uint32_t more)
{
	struct yg_nfa *nfa = p->nfa;
	uint32_t room = nfa->step_room ? nfa->step_room : 64;
	struct yg_nfa_step *steps;

	if (more > YG_NFA_STEPS_MAX - nfa->step_count)
		return give_up(p, "it is too large");
	while (room < nfa->step_count + more)
		room *= 2;
	if (room == nfa->step_room)
		return YG_OK;
	steps = yg_reallocarray(nfa->steps, room, sizeof(*steps));
	if (!steps)
		return YG_ENOMEM;
	nfa->steps = steps;
	nfa->step_room = room;
	return YG_OK;
}

static int put(struct parser *p, enum yg_nfa_op op, int64_t jump, uint32_t set)
{
	int rc = make_room(p, 1);

	if (rc == YG_OK)
		p->nfa->steps[p->nfa->step_count++] = (struct yg_nfa_step){
			.jump = (int32_t)jump, .set = (uint16_t)set, .op = (uint8_t)op};
	return rc;
}

static int put_condition(struct parser *p, enum yg_nfa_op op)
{
	p->atom = NONE; /* cannot be repeated */
	return put(p, op, 0, 0);
}

/* @count steps that lie in @block, once more. */
static int put_block(struct parser *p, const struct yg_nfa_step *block, uint32_t count)
{
	int rc = make_room(p, count);

	if (rc == YG_OK && count > 0)
		memcpy(p->nfa->steps + p->nfa->step_count, block, count * sizeof(*block));
	if (rc == YG_OK)
		p->nfa->step_count += count;
	return rc;
}

static bool is_same_set(const struct yg_nfa *nfa, const struct yg_nfa_set *set,
			const struct yg_nfa_class *class)
{
	if (set->range_count != class->high_count ||
	    memcmp(set->low, class->low, sizeof(set->low)) != 0)
		return false;
	return class->high_count == 0 || memcmp(nfa->ranges + set->range_first, class->high,
						class->high_count * sizeof(*class->high)) == 0;
}

static int add_set(struct parser *p, const struct yg_nfa_class *class, uint32_t *ret)
{
	struct yg_nfa *nfa = p->nfa;
	struct yg_nfa_set set = {.range_first = nfa->range_count, .range_count = class->high_count};

	memcpy(set.low, class->low, sizeof(set.low));
	for (*ret = 0; *ret < nfa->set_count; (*ret)++)
		if (is_same_set(nfa, &nfa->sets[*ret], class))
			return YG_OK;
	if (nfa->set_count == YG_NFA_SETS_MAX)
		return give_up(p, "it has too many classes of characters");
	if (nfa->set_count == nfa->set_room) {
		uint32_t room = nfa->set_room ? 2 * nfa->set_room : 16;
		struct yg_nfa_set *sets = yg_reallocarray(nfa->sets, room, sizeof(*sets));

		if (!sets)
			return YG_ENOMEM;
		nfa->sets = sets;
		nfa->set_room = room;
	}
	while (nfa->range_room < nfa->range_count + class->high_count) {
		uint32_t room = nfa->range_room ? 2 * nfa->range_room : 64;
		struct yg_nfa_range *ranges = yg_reallocarray(nfa->ranges, room, sizeof(*ranges));

		if (!ranges)
			return YG_ENOMEM;
		nfa->ranges = ranges;
		nfa->range_room = room;
	}
	if (class->high_count > 0)
		memcpy(nfa->ranges + nfa->range_count, class->high,
		       class->high_count * sizeof(*class->high));
	nfa->range_count += class->high_count;
	*ret = nfa->set_count;
	nfa->sets[nfa->set_count++] = set;
	return YG_OK;
}

static int put_class(struct parser *p, struct yg_nfa_class *class)
{
	uint32_t set;
	int rc;

	if (class->is_over)
		return give_up(p, "a class of characters has too many ranges");
	if (class->is_unknown)
		return give_up(p, "it ignores the case of letters whose other case is not known");
	yg_nfa_class_sort(class);
	rc = add_set(p, class, &set);
	p->atom = p->nfa->step_count;
	return rc == YG_OK ? put(p, YG_NFA_SET, 0, set) : rc;
}

static int put_character(struct parser *p, uint32_t c)
{
	struct yg_nfa_class class;

	p->names_beyond |= c >= 0x80;
	yg_nfa_class_init(&class, p->flags);
	yg_nfa_class_add(&class, c, c);
	yg_nfa_class_fold(&class);
	return put_class(p, &class);
}

static int put_any(struct parser *p)
{
	struct yg_nfa_class class;

	yg_nfa_class_init(&class, p->flags);
	if (!(p->flags & YG_REGEX_DOT_ALL))
		yg_nfa_class_add(&class, '\n', '\n');
	yg_nfa_class_negate(&class);
	return put_class(p, &class);
}

/* ---- repeats ---- */

static int emit_repeat(struct parser *p, const struct yg_nfa_step *block, uint32_t count,
		       uint32_t min, uint32_t max)
{
	uint32_t size = count + 1; /* with the split before it */
	int rc = YG_OK;

	if (p->is_dry)
		return put_block(p, block, count);
	/* Before anything is made: neither number says little when both are large. */
	if ((uint64_t)size * (max == NONE ? min + 2u : max) > YG_NFA_STEPS_MAX)
		return give_up(p, "it is too large");
	for (uint32_t i = 0; i < min && rc == YG_OK; i++)
		rc = put_block(p, block, count);
	if (max == NONE && min > 0)
		return rc == YG_OK ? put(p, YG_NFA_SPLIT, -(int64_t)count, 0) : rc;
	if (max == NONE) {
		rc = put(p, YG_NFA_SPLIT, (int64_t)count + 2, 0);
		if (rc == YG_OK)
			rc = put_block(p, block, count);
		return rc == YG_OK ? put(p, YG_NFA_JUMP, -(int64_t)count - 1, 0) : rc;
	}
	for (uint32_t left = max - min; left > 0 && rc == YG_OK; left--) {
		rc = put(p, YG_NFA_SPLIT, (int64_t)left * size, 0);
		if (rc == YG_OK)
			rc = put_block(p, block, count);
	}
	return rc;
}

static int repeat(struct parser *p, uint32_t min, uint32_t max)
{
	struct yg_nfa *nfa = p->nfa;
	uint32_t atom = p->atom;
	struct yg_nfa_step *block;
	uint32_t count;
	int rc;

	if (atom == NONE || min > max || max == 0)
		return refuse(p, "a repeat of nothing");
	if (min > YG_NFA_REPEAT_MAX || (max != NONE && max > YG_NFA_REPEAT_MAX))
		return refuse(p, "a bounded repeat is too large");
	p->atom = NONE; /* no repeat of a repeat */
	if (peek(p, 0) == '+')
		return refuse(p, "possessive repeats are not supported");
	p->at += peek(p, 0) == '?'; /* few or many: whether it fits is the same */
	count = nfa->step_count - atom;
	block = yg_calloc(count + 1u, sizeof(*block));
	if (!block)
		return YG_ENOMEM;
	if (count > 0)
		memcpy(block, nfa->steps + atom, count * sizeof(*block));
	nfa->step_count = atom;
	rc = emit_repeat(p, block, count, min, max);
	free(block);
	return rc;
}

static bool read_number(const struct parser *p, size_t *at, uint32_t *ret)
{
	size_t start = *at;

	*ret = 0;
	for (; *at < p->text.size && p->text.data[*at] >= '0' && p->text.data[*at] <= '9'; (*at)++)
		if (*ret <= YG_NFA_REPEAT_MAX)
			*ret = *ret * 10 + (p->text.data[*at] - '0');
	return *at > start;
}

/* {n}, {n,} or {n,m} at p->at; false: the brace is a plain one. */
static bool read_bounds(struct parser *p, uint32_t *ret_min, uint32_t *ret_max)
{
	size_t at = p->at + 1;

	if (!read_number(p, &at, ret_min))
		return false;
	*ret_max = *ret_min;
	if (at < p->text.size && p->text.data[at] == ',') {
		at++;
		if (!read_number(p, &at, ret_max))
			*ret_max = NONE;
	}
	if (at >= p->text.size || p->text.data[at] != '}')
		return false;
	p->at = at + 1;
	return true;
}

/* ---- groups ---- */

static int open_group(struct parser *p, unsigned flags)
{
	if (p->depth == YG_NFA_DEPTH_MAX)
		return give_up(p, "its groups are nested too deeply");
	p->groups[++p->depth] = (struct group){.start = p->nfa->step_count,
					       .branch = p->nfa->step_count,
					       .jump = NONE,
					       .flags = p->flags};
	p->flags = flags;
	p->atom = NONE;
	return YG_OK;
}

static void end_group(struct parser *p)
{
	struct group *group = &p->groups[p->depth];
	uint32_t jump = group->jump;

	while (jump != NONE) {
		struct yg_nfa_step *step = &p->nfa->steps[jump];
		uint32_t before = (uint32_t)step->jump;

		step->jump = (int32_t)(p->nfa->step_count - jump);
		jump = before;
	}
	p->flags = group->flags;
	p->atom = group->start;
}

static int close_group(struct parser *p)
{
	if (p->depth == 0)
		return refuse(p, "a closing parenthesis too many");
	end_group(p);
	p->depth--;
	p->at++;
	return YG_OK;
}

/* The alternative at work ends: before it comes a split to the next one, after it a jump out. */
static int next_branch(struct parser *p)
{
	struct group *group = &p->groups[p->depth];
	struct yg_nfa *nfa = p->nfa;
	uint32_t count = nfa->step_count - group->branch;
	int rc = make_room(p, 2);

	if (rc != YG_OK)
		return rc;
	memmove(nfa->steps + group->branch + 1, nfa->steps + group->branch,
		count * sizeof(*nfa->steps));
	nfa->steps[group->branch] =
		(struct yg_nfa_step){.op = YG_NFA_SPLIT, .jump = (int32_t)count + 2};
	nfa->steps[group->branch + count + 1] =
		(struct yg_nfa_step){.op = YG_NFA_JUMP, .jump = (int32_t)group->jump};
	group->jump = group->branch + count + 1;
	nfa->step_count += 2;
	group->branch = nfa->step_count;
	p->atom = NONE;
	p->at++;
	return YG_OK;
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_byte(uint8_t c, bool is_first)
{
	return is_letter(c) || c == '_' || (!is_first && c >= '0' && c <= '9');
}

/* (?<name>, (?P<name> or (?'name' with p->at at the name. */
static int open_named(struct parser *p, uint8_t end)
{
	size_t start = p->at;

	while (is_name_byte(peek(p, 0), p->at == start))
		p->at++;
	if (p->at == start || peek(p, 0) != end)
		return refuse(p, "a group has no proper name");
	p->at++;
	return open_group(p, p->flags);
}

/* (?imsx-imsx) or (?imsx-imsx:…) with p->at behind the question mark. */
static int read_options(struct parser *p)
{
	unsigned flags = p->flags;
	bool is_set = true;

	for (;; p->at++) {
		unsigned flag = 0;

		switch (peek(p, 0)) {
		case 'i':
			flag = YG_REGEX_CASELESS;
			break;
		case 'm':
			flag = YG_REGEX_MULTILINE;
			break;
		case 's':
			flag = YG_REGEX_DOT_ALL;
			break;
		case 'x':
			flag = EXTENDED;
			break;
		case '-':
			is_set = false;
			break;
		case ')':
			p->at++;
			p->flags = flags;
			p->atom = NONE;
			return YG_OK;
		case ':':
			p->at++;
			return open_group(p, flags);
		default:
			return refuse(p, "an unknown kind of group or option");
		}
		flags = is_set ? flags | flag : flags & ~flag;
	}
}

static int read_paren(struct parser *p)
{
	size_t end;

	if (!starts(p, "(?")) {
		p->at++;
		return open_group(p, p->flags);
	}
	p->at += 2;
	if (peek(p, 0) == '#') {
		end = yg_bytes_chr(yg_bytes_from(p->text, p->at), ')');
		if (end == SIZE_MAX)
			return refuse(p, "a comment does not end");
		p->at += end + 1;
		return YG_OK;
	}
	if (starts(p, "P<") || starts(p, "<") || starts(p, "'")) {
		uint8_t close = peek(p, 0) == '\'' ? '\'' : '>';

		p->at += peek(p, 0) == 'P' ? 2 : 1;
		return open_named(p, close);
	}
	return read_options(p);
}

/* ---- characters ---- */

/* A character as it stands. */
static int read_plain(struct parser *p, uint32_t *ret)
{
	struct yg_bytes rest = yg_bytes_from(p->text, p->at);
	size_t size = yg_utf8_size(rest);

	if (rest.size == 0)
		return refuse(p, "it ends too early");
	if (size == 0)
		return refuse(p, "it is not well-formed UTF-8");
	*ret = rest.data[0];
	if (size > 1)
		*ret &= 0x7fu >> size;
	for (size_t i = 1; i < size; i++)
		*ret = *ret << 6 | (rest.data[i] & 0x3fu);
	p->at += size;
	return YG_OK;
}

static bool digit_of(uint8_t c, uint32_t base, uint32_t *ret)
{
	if (c >= '0' && c <= '9')
		*ret = (uint32_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*ret = (uint32_t)((c | 0x20) - 'a' + 10);
	else
		return false;
	return *ret < base;
}

/* Up to @digits_max digits at p->at; none are zero. */
static uint32_t read_digits(struct parser *p, uint32_t base, unsigned digits_max)
{
	uint32_t number = 0, digit;

	for (; digits_max > 0 && digit_of(peek(p, 0), base, &digit); digits_max--) {
		if (number <= 0x10ffff) /* more is wrong, and stays so */
			number = number * base + digit;
		p->at++;
	}
	return number;
}

/* {digits} at p->at. */
static int read_braced(struct parser *p, uint32_t base, uint32_t *ret)
{
	size_t start = ++p->at;

	*ret = read_digits(p, base, 64);
	if (p->at == start || peek(p, 0) != '}')
		return refuse(p, "a number in braces is wrong");
	p->at++;
	if (*ret > 0x10ffff || (*ret >= 0xd800 && *ret <= 0xdfff))
		return refuse(p, "there is no such character");
	return YG_OK;
}

/* \a and its like: *ret is what @letter stands for. */
static bool control_of(uint8_t letter, uint32_t *ret)
{
	static const char letters[] = "aefnrt";
	static const uint8_t controls[] = {'\a', 0x1b, '\f', '\n', '\r', '\t'};
	const char *at = letter ? strchr(letters, letter) : NULL;

	if (at)
		*ret = controls[at - letters];
	return at;
}

/* \c, \x and \o with p->at behind the letter. */
static int read_number_of(struct parser *p, uint8_t letter, uint32_t *ret)
{
	if (letter == 'c') {
		*ret = peek(p, 0);
		if (p->at >= p->text.size || *ret >= 0x80)
			return refuse(p, "\\c must be followed by an ASCII character");
		*ret = (*ret >= 'a' && *ret <= 'z' ? *ret - 32 : *ret) ^ 0x40;
		p->at++;
		return YG_OK;
	}
	if (peek(p, 0) == '{')
		return read_braced(p, letter == 'x' ? 16 : 8, ret);
	if (letter == 'o')
		return refuse(p, "\\o must be followed by a number in braces");
	*ret = read_digits(p, 16, 2);
	return YG_OK;
}

/* Letters that mean something else than themselves, here or for others. */
static int check_letter(struct parser *p, uint8_t letter, bool is_in_class)
{
	if (letter == 'p' || letter == 'P')
		return give_up(p, "it uses \\p, a property of characters");
	if ((is_in_class && is_letter(letter)) || (letter && strchr("CGKLNRUXgklu", letter)))
		return refuse(p, "it uses an escape that is not supported");
	return YG_OK;
}

/* What follows a backslash, where it stands for one character; p->at is at the letter. */
static int read_escaped(struct parser *p, bool is_in_class, uint32_t *ret)
{
	uint8_t letter = peek(p, 0);

	if (letter >= 0x80)
		return read_plain(p, ret);
	if (letter == '0' || (is_in_class && letter >= '1' && letter <= '7')) {
		*ret = read_digits(p, 8, 3);
		return YG_OK;
	}
	p->at++;
	*ret = letter;
	if (control_of(letter, ret))
		return YG_OK;
	if (letter == 'c' || letter == 'x' || letter == 'o')
		return read_number_of(p, letter, ret);
	return check_letter(p, letter, is_in_class);
}

/* The letters after a backslash that say where, not which. */
static bool condition_of(uint8_t letter, enum yg_nfa_op *ret)
{
	switch (letter) {
	case 'A':
		*ret = YG_NFA_BEGIN;
		return true;
	case 'Z':
		*ret = YG_NFA_END;
		return true;
	case 'z':
		*ret = YG_NFA_TEXT_END;
		return true;
	case 'b':
		*ret = YG_NFA_WORD;
		return true;
	case 'B':
		*ret = YG_NFA_NO_WORD;
		return true;
	default:
		return false;
	}
}

static int read_backslash(struct parser *p)
{
	struct yg_nfa_class class;
	enum yg_nfa_op op;
	uint8_t letter;
	uint32_t c;
	int rc;

	if (++p->at == p->text.size)
		return refuse(p, "a backslash at its end");
	letter = peek(p, 0);
	if (letter == 'Q' || letter == 'E') {
		p->is_quoted = letter == 'Q';
		p->at++;
		return YG_OK;
	}
	if (condition_of(letter, &op)) {
		p->at++;
		return put_condition(p, op);
	}
	yg_nfa_class_init(&class, p->flags);
	if (yg_nfa_class_add_escape(&class, letter)) {
		p->at++;
		return put_class(p, &class);
	}
	rc = read_escaped(p, false, &c);
	return rc == YG_OK ? put_character(p, c) : rc;
}

/* ---- classes ---- */

/* [:name:] at p->at. *ret_is_there: there was something of the kind. */
static int read_named(struct parser *p, struct yg_nfa_class *class, bool *ret_is_there)
{
	uint8_t kind = peek(p, 1);
	size_t start = p->at + 2, end = start;
	bool is_negated = kind == ':' && end < p->text.size && p->text.data[end] == '^';

	*ret_is_there = false;
	start += is_negated;
	end = start;
	while (end < p->text.size && p->text.data[end] != ']' && p->text.data[end] != kind &&
	       p->text.data[end] != '\\')
		end++;
	if (end + 1 >= p->text.size || p->text.data[end] != kind || p->text.data[end + 1] != ']')
		return YG_OK;
	*ret_is_there = true;
	if (kind != ':' ||
	    !yg_nfa_class_add_named(class, yg_bytes_cut(p->text, start, end), is_negated))
		return refuse(p, "there is no such named class");
	p->at = end + 2;
	return YG_OK;
}

/* One thing in a class: a character into *ret, or something added to @named and NONE. */
static int read_member(struct parser *p, struct yg_nfa_class *named, uint32_t *ret)
{
	uint8_t c = peek(p, 0);
	uint8_t letter = peek(p, 1);

	*ret = NONE;
	if (c == '[' && (letter == ':' || letter == '.' || letter == '=')) {
		bool is_there;
		int rc = read_named(p, named, &is_there);

		if (rc != YG_OK || is_there)
			return rc;
	}
	if (c != '\\')
		return read_plain(p, ret);
	p->at++;
	if (p->at == p->text.size)
		return YG_OK; /* the class does not end either */
	if (letter == 'b') {
		*ret = '\b';
		p->at++;
		return YG_OK;
	}
	if (yg_nfa_class_add_escape(named, letter)) {
		p->at++;
		return YG_OK;
	}
	return read_escaped(p, true, ret);
}

/* \Q and \E in a class; true: there was one. */
static bool read_quoting(struct parser *p)
{
	if (!starts(p, "\\E") && (p->is_quoted || !starts(p, "\\Q")))
		return false;
	p->is_quoted = peek(p, 1) == 'Q';
	p->at += 2;
	return true;
}

static int add_member(struct parser *p, struct yg_nfa_class *class, uint32_t first, uint32_t last)
{
	p->names_beyond |= last >= 0x80;
	if (last < first)
		return refuse(p, "a range in a class is the wrong way round");
	yg_nfa_class_add(class, first, last);
	return YG_OK;
}

/* What ends a range that began with @first. */
static int read_range(struct parser *p, struct yg_nfa_class *class, uint32_t first)
{
	struct yg_nfa_class named;
	uint32_t last;
	int rc;

	p->at++;
	if (starts(p, "\\Q") || starts(p, "\\E"))
		return give_up(p, "it has \\Q or \\E inside a range");
	yg_nfa_class_init(&named, p->flags);
	rc = read_member(p, &named, &last);
	if (rc == YG_OK && last == NONE)
		rc = refuse(p, "a range in a class has no proper end");
	return rc == YG_OK ? add_member(p, class, first, last) : rc;
}

/*
 * The members up to the closing bracket; p->at is behind the opening one (and ^). Named ones are
 * kept apart: ignoring case does not make them larger.
 */
static int read_members(struct parser *p, struct yg_nfa_class *class, struct yg_nfa_class *named)
{
	uint32_t before = NONE; /* what a range would begin with */
	bool is_first = true;
	int rc = YG_OK;

	for (; rc == YG_OK && p->at < p->text.size; is_first = false) {
		uint32_t c = NONE;

		if (read_quoting(p))
			continue;
		if (!p->is_quoted && !is_first && peek(p, 0) == ']') {
			p->at++;
			return YG_OK;
		}
		if (!p->is_quoted && before != NONE && peek(p, 0) == '-' && peek(p, 1) != ']')
			rc = read_range(p, class, before);
		else
			rc = p->is_quoted ? read_plain(p, &c) : read_member(p, named, &c);
		if (rc == YG_OK && c != NONE)
			rc = add_member(p, class, c, c);
		before = c;
	}
	return rc == YG_OK ? refuse(p, "a class of characters does not end") : rc;
}

static int read_class(struct parser *p)
{
	struct yg_nfa_class class, named;
	bool is_negated = peek(p, 1) == '^';
	int rc;

	p->at += is_negated ? 2 : 1;
	yg_nfa_class_init(&class, p->flags);
	yg_nfa_class_init(&named, p->flags);
	rc = read_members(p, &class, &named);
	if (rc != YG_OK)
		return rc;
	yg_nfa_class_fold(&class);
	yg_nfa_class_join(&class, &named);
	if (is_negated)
		yg_nfa_class_negate(&class);
	return put_class(p, &class);
}

/* ---- the whole ---- */

/* Blanks and comments, with option x. */
static bool skip_blank(struct parser *p)
{
	uint8_t c = peek(p, 0);

	if (!(p->flags & EXTENDED) || !c || !strchr(" \t\n\v\f\r#", c))
		return false;
	while (c == '#' && p->at + 1 < p->text.size && peek(p, 1) != '\n')
		p->at++;
	p->at++;
	return true;
}

/* A repeat at p->at; *ret_is_there tells whether there is one. */
static int read_repeat(struct parser *p, bool *ret_is_there)
{
	uint8_t c = peek(p, 0);
	uint32_t min, max;

	*ret_is_there = true;
	switch (c) {
	case '*':
	case '+':
	case '?':
		p->at++;
		return repeat(p, c == '+' ? 1 : 0, c == '?' ? 1 : NONE);
	case '{':
		if (read_bounds(p, &min, &max))
			return repeat(p, min, max);
		break;
	default:
		break;
	}
	*ret_is_there = false;
	return YG_OK;
}

static int put_caret(struct parser *p)
{
	p->at++;
	return put_condition(p, p->flags & YG_REGEX_MULTILINE ? YG_NFA_LINE_BEGIN : YG_NFA_BEGIN);
}

static int put_dollar(struct parser *p)
{
	p->at++;
	return put_condition(p, p->flags & YG_REGEX_MULTILINE ? YG_NFA_LINE_END : YG_NFA_END);
}

static int read_part(struct parser *p)
{
	bool is_repeat;
	uint32_t c;
	int rc;

	switch (peek(p, 0)) {
	case '(':
		return read_paren(p);
	case ')':
		return close_group(p);
	case '|':
		return next_branch(p);
	case '[':
		return read_class(p);
	case '\\':
		return read_backslash(p);
	case '^':
		return put_caret(p);
	case '$':
		return put_dollar(p);
	case '.':
		p->at++;
		return put_any(p);
	default:
		break;
	}
	rc = read_repeat(p, &is_repeat);
	if (rc != YG_OK || is_repeat)
		return rc;
	rc = read_plain(p, &c);
	return rc == YG_OK ? put_character(p, c) : rc;
}

static int parse(struct parser *p)
{
	int rc = YG_OK;

	p->groups[0] = (struct group){.jump = NONE, .flags = p->flags};
	while (rc == YG_OK && p->at < p->text.size) {
		uint32_t c;

		if (p->is_quoted && !starts(p, "\\E")) {
			rc = read_plain(p, &c);
			if (rc == YG_OK)
				rc = put_character(p, c);
		} else if (p->is_quoted || !skip_blank(p)) {
			rc = read_part(p);
		}
	}
	if (rc != YG_OK)
		return rc;
	if (p->depth > 0)
		return refuse(p, "a closing parenthesis is missing");
	end_group(p);
	return put(p, YG_NFA_MATCH, 0, 0);
}

int yg_nfa_new(struct yg_bytes regex, unsigned flags, struct yg_nfa **ret, const char **ret_reason)
{
	struct parser p = {.text = regex, .flags = flags, .atom = NONE};
	int rc;

	p.nfa = yg_calloc(1, sizeof(*p.nfa));
	if (!p.nfa)
		return YG_ENOMEM;
	rc = parse(&p);
	if (rc == YG_OK)
		rc = yg_nfa_examine(p.nfa, &p.reason);
	if (rc == YG_OK) {
		*ret = p.nfa;
		return YG_OK;
	}
	*ret_reason = p.reason;
	(void)yg_nfa_free(p.nfa);
	return rc;
}

int yg_nfa_reach(struct yg_bytes regex, unsigned flags, enum yg_reach *ret)
{
	struct parser p = {.text = regex, .flags = flags, .atom = NONE, .is_dry = true};
	bool is_folded = false;
	int rc;

	*ret = YG_REACH_NAMED;
	for (size_t i = 0; i < regex.size; i++)
		if (regex.data[i] >= 0x80) /* in a comment, too */
			return YG_OK;
	p.nfa = yg_calloc(1, sizeof(*p.nfa));
	if (!p.nfa)
		return YG_ENOMEM;
	rc = parse(&p);
	if (rc == YG_OK && !p.names_beyond && yg_nfa_is_alike(p.nfa, &is_folded))
		*ret = is_folded ? YG_REACH_FOLDED : YG_REACH_ALIKE;
	(void)yg_nfa_free(p.nfa);
	return rc == YG_ENOMEM ? rc : YG_OK;
}
