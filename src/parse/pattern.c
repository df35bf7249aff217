/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/pattern.h"

#include <assert.h>

#include "parse/time_format.h"

#include "base/ban.h"

struct compiler {
	struct yg_bytes text;
	size_t at; /* what is read so far */
	struct yg_arena *arena;
	struct yg_pattern_part pieces[YG_PATTERN_PIECES_MAX];
	uint32_t count;
	uint32_t open;	  /* the optional part being read, +1 */
	bool may_be_text; /* a pattern of text alone is one, too */
	struct yg_fault *fault;
};

static const struct {
	const char *name;
	enum yg_pattern_part_kind kind;
} types[] = {
	{"address", YG_PART_ADDRESS}, {"port", YG_PART_PORT}, {"number", YG_PART_NUMBER},
	{"quoted", YG_PART_QUOTED},   {"one", YG_PART_ONE},   {"time", YG_PART_TIME},
	{"word", YG_PART_WORD},	      {"text", YG_PART_TEXT}, {"pairs", YG_PART_PAIRS},
	{"rest", YG_PART_REST},
};

static bool is_open(const struct yg_pattern_part *piece)
{
	return piece->kind >= YG_PART_TIME;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static int refuse(struct compiler *c, enum yg_err code, const char *msg, size_t at)
{
	return yg_fault_set(c->fault, code, msg, at);
}

static struct yg_pattern_part *add_piece(struct compiler *c, enum yg_pattern_part_kind kind,
					 size_t at)
{
	struct yg_pattern_part *piece = &c->pieces[c->count];

	if (c->count >= YG_PATTERN_PIECES_MAX) {
		(void)refuse(c, YG_ELIMIT, "a pattern has more than 96 pieces", at);
		return NULL;
	}
	c->count++;
	*piece = (struct yg_pattern_part){.kind = kind, .at = at};
	return piece;
}

/* Does text end at @at, because a piece or the end of an optional part stands there? */
static bool ends_text(const struct compiler *c, size_t at)
{
	struct yg_bytes rest = yg_bytes_from(c->text, at);

	if (c->open && yg_bytes_starts(rest, YG_S("?}")))
		return true;
	return rest.size > 0 && rest.data[0] == '{' && !yg_bytes_starts(rest, YG_S("{{"));
}

/* Text up to the next piece: "{{" and "}}" are braces, a run of blanks is one. */
static int read_literal(struct compiler *c)
{
	struct yg_bytes t = c->text;
	struct yg_pattern_part *piece = add_piece(c, YG_PART_LITERAL, c->at);
	uint8_t *to = piece ? yg_arena_alloc(c->arena, t.size - c->at) : NULL;
	size_t size = 0;

	if (!piece)
		return YG_ELIMIT;
	if (!to)
		return YG_ENOMEM;
	while (c->at < t.size && !ends_text(c, c->at)) {
		uint8_t byte = t.data[c->at];
		bool is_brace = byte == '{' || byte == '}';

		if (is_brace && (c->at + 1 == t.size || t.data[c->at + 1] != byte))
			return refuse(c, YG_EFORMAT, "} without {; a brace itself is written }}",
				      c->at);
		c->at += is_brace ? 2u : 1u;
		if (is_blank(byte) && size > 0 && to[size - 1] == ' ')
			continue;
		to[size++] = is_blank(byte) ? ' ' : byte;
	}
	piece->text = (struct yg_bytes){to, size};
	return YG_OK;
}

static bool is_name(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t b = name.data[i];

		if ((uint8_t)((b | 0x20) - 'a') >= 26 && (uint8_t)(b - '0') > 9 &&
		    !strchr("_-.", b))
			return false;
	}
	return name.size <= YG_PATTERN_NAME_MAX;
}

static bool type_by_name(struct yg_bytes name, enum yg_pattern_part_kind *ret)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (yg_bytes_eq(name, yg_bytes_str(types[i].name))) {
			*ret = types[i].kind;
			return true;
		}
	return false;
}

/* "a|b c|d": the longest first, so that "in" does not hide "inside". */
static int read_choices(struct compiler *c, struct yg_pattern_part *piece, struct yg_bytes list)
{
	struct yg_bytes *choices =
		yg_arena_alloc(c->arena, YG_PATTERN_CHOICES_MAX * sizeof(*choices));

	if (!choices)
		return YG_ENOMEM;
	piece->choices = choices;
	while (list.size > 0) {
		size_t end = yg_bytes_chr(list, '|');
		struct yg_bytes choice = yg_bytes_cut(list, 0, end);
		uint8_t i = piece->choice_count;

		if (choice.size == 0)
			return refuse(c, YG_EFORMAT, "an empty choice: write {name:one a|b}",
				      piece->at);
		if (i == YG_PATTERN_CHOICES_MAX)
			return refuse(c, YG_ELIMIT, "more than 16 choices in one piece", piece->at);
		for (; i > 0 && choices[i - 1].size < choice.size; i--)
			choices[i] = choices[i - 1];
		choices[i] = choice;
		piece->choice_count++;
		list = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(list, end + 1);
	}
	return piece->choice_count > 0
		       ? YG_OK
		       : refuse(c, YG_EFORMAT, "no choices: write {name:one a|b}", piece->at);
}

static int read_argument(struct compiler *c, struct yg_pattern_part *piece, struct yg_bytes arg)
{
	const char *msg;

	if (piece->kind == YG_PART_ONE)
		return read_choices(c, piece, arg);
	if (arg.size == 0)
		return YG_OK;
	if (piece->kind == YG_PART_TIME) {
		msg = yg_time_format_fault(arg);
		if (msg)
			return refuse(c, YG_EFORMAT, msg, piece->at);
		piece->kind = YG_PART_TIME_FORMAT;
		piece->text = arg;
		return YG_OK;
	}
	if (piece->kind == YG_PART_PAIRS && arg.size == 1) {
		piece->text = arg;
		return YG_OK;
	}
	if ((piece->kind == YG_PART_WORD || piece->kind == YG_PART_TEXT) &&
	    yg_bytes_eq(arg, YG_S("last"))) {
		piece->is_last = true;
		return YG_OK;
	}
	return refuse(c, YG_EFORMAT, "this kind of piece takes no such addition", piece->at);
}

/* "{name:type addition}" */
static int read_piece(struct compiler *c)
{
	size_t start = c->at;
	struct yg_bytes b = yg_bytes_from(c->text, start + 1);
	size_t end = yg_bytes_chr(b, '}');
	size_t colon, space;
	enum yg_pattern_part_kind kind = YG_PART_WORD;
	struct yg_bytes name, type;
	struct yg_pattern_part *piece;

	if (end == SIZE_MAX)
		return refuse(c, YG_EFORMAT, "{ without }; a brace itself is written {{", start);
	b = yg_bytes_cut(b, 0, end);
	c->at = start + end + 2;
	colon = yg_bytes_chr(b, ':');
	name = yg_bytes_cut(b, 0, colon);
	if (!is_name(name))
		return refuse(c, YG_EFORMAT,
			      "a field's name has letters, digits, '_', '-', '.', 64 at most",
			      start);
	b = colon == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(b, colon + 1);
	space = yg_bytes_chr(b, ' ');
	type = yg_bytes_cut(b, 0, space);
	if (colon != SIZE_MAX && !type_by_name(type, &kind))
		return refuse(c, YG_EFORMAT,
			      "no such kind of piece; there are time, address, port, number, word, "
			      "text, quoted, one, pairs, rest",
			      start);
	piece = add_piece(c, kind, start);
	if (!piece)
		return YG_ELIMIT;
	piece->name = name;
	return read_argument(
		c, piece, space == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(b, space + 1));
}

/* "{?" and "?}" */
static int read_optional(struct compiler *c, bool is_begin)
{
	size_t at = c->at;

	c->at += 2;
	if (!is_begin) {
		c->pieces[c->open - 1].skip_to = (uint16_t)c->count;
		if (c->count == c->open || c->pieces[c->open].kind != YG_PART_LITERAL)
			return refuse(
				c, YG_EFORMAT,
				"an optional part {?…?} has to begin with text: it is what tells "
				"whether the part is there",
				at);
		c->open = 0;
		return YG_OK;
	}
	if (c->open)
		return refuse(c, YG_EFORMAT, "an optional part inside another", at);
	if (!add_piece(c, YG_PART_OPTIONAL, at))
		return YG_ELIMIT;
	c->open = c->count;
	return YG_OK;
}

static int read_pieces(struct compiler *c)
{
	int rc = YG_OK;

	while (c->at < c->text.size && rc == YG_OK) {
		struct yg_bytes rest = yg_bytes_from(c->text, c->at);

		if (yg_bytes_starts(rest, YG_S("{{")) || (rest.data[0] != '{' && !c->open))
			rc = read_literal(c);
		else if (yg_bytes_starts(rest, YG_S("{?")))
			rc = read_optional(c, true);
		else if (yg_bytes_starts(rest, YG_S("?}")))
			rc = read_optional(c, false);
		else
			rc = rest.data[0] == '{' ? read_piece(c) : read_literal(c);
	}
	if (rc == YG_OK && c->open)
		return refuse(c, YG_EFORMAT, "{? without ?}", c->pieces[c->open - 1].at);
	return rc;
}

/* What may stand behind piece @i, where its length is open. */
static int find_stops(struct compiler *c, uint32_t i)
{
	struct yg_pattern_part *piece = &c->pieces[i];
	uint32_t next = i + 1;

	while (next < c->count) {
		const struct yg_pattern_part *follower = &c->pieces[next];
		bool is_part = follower->kind == YG_PART_OPTIONAL;

		if (!is_part && follower->kind != YG_PART_LITERAL && follower->kind != YG_PART_ONE)
			return refuse(
				c, YG_EFORMAT,
				"two pieces stand side by side: nothing tells where the first "
				"ends; put text between them",
				follower->at);
		if (piece->stop_count == YG_PATTERN_STOPS_MAX)
			return refuse(c, YG_ELIMIT, "too many optional parts behind one piece",
				      piece->at);
		piece->stops[piece->stop_count++] = (uint16_t)(next + is_part);
		if (!is_part)
			return YG_OK;
		next = follower->skip_to;
	}
	piece->may_end = true;
	return YG_OK;
}

static int check_pieces(struct compiler *c)
{
	bool has_part = false;

	for (uint32_t i = 0; i < c->count; i++) {
		struct yg_pattern_part *piece = &c->pieces[i];
		int rc = YG_OK;

		has_part |= piece->kind > YG_PART_OPTIONAL;
		if (piece->kind == YG_PART_REST && i + 1 < c->count)
			return refuse(c, YG_EFORMAT,
				      "{…:rest} takes all that is left: it has to be the "
				      "last piece",
				      piece->at);
		if (is_open(piece) && piece->kind != YG_PART_REST)
			rc = find_stops(c, i);
		if (rc != YG_OK)
			return rc;
	}
	if (c->may_be_text && c->count > 0)
		return YG_OK;
	return has_part ? YG_OK : refuse(c, YG_EFORMAT, "a pattern without a single piece {…}", 0);
}

static void add_first(struct yg_line_pattern *p, const char *bytes)
{
	for (; *bytes; bytes++)
		p->first[(uint8_t)*bytes / 8] |= (uint8_t)(1u << ((uint8_t)*bytes % 8));
}

static void add_first_byte(struct yg_line_pattern *p, uint8_t byte)
{
	p->first[byte / 8] |= (uint8_t)(1u << (byte % 8));
	if (byte == ' ')
		p->first['\t' / 8] |= (uint8_t)(1u << ('\t' % 8));
}

/* A time begins with a mark of its format, a digit (or the blank before one), or a name's letter.
 */
static void add_first_of_time(struct yg_line_pattern *p, struct yg_bytes format)
{
	char letter = (char)format.data[0];

	if (letter != '%')
		add_first_byte(p, (uint8_t)letter);
	else if (strchr("bBaAp", (char)format.data[1]))
		add_first(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	else if (strchr("zZ%", (char)format.data[1]))
		memset(p->first, 0xff, sizeof(p->first));
	else
		add_first(p, "0123456789 ");
}

/* With which bytes a line can begin. */
static void find_first(struct yg_line_pattern *p)
{
	for (uint32_t i = 0; i < p->count; i++) {
		const struct yg_pattern_part *piece = &p->pieces[i];

		switch (piece->kind) {
		case YG_PART_OPTIONAL:
			add_first_byte(p, p->pieces[i + 1].text.data[0]);
			i = piece->skip_to - 1u;
			continue;
		case YG_PART_LITERAL:
			add_first_byte(p, piece->text.data[0]);
			return;
		case YG_PART_ONE:
			for (uint8_t k = 0; k < piece->choice_count; k++)
				add_first_byte(p, piece->choices[k].data[0]);
			return;
		case YG_PART_ADDRESS:
			add_first(p, "0123456789abcdefABCDEF:[");
			return;
		case YG_PART_PORT:
			add_first(p, "0123456789");
			return;
		case YG_PART_NUMBER:
			add_first(p, "-0123456789");
			return;
		case YG_PART_TIME_FORMAT:
			add_first_of_time(p, piece->text);
			return;
		case YG_PART_QUOTED:
			add_first(p, "\"'`");
			return;
		default:
			memset(p->first, 0xff, sizeof(p->first));
			return;
		}
	}
	memset(p->first, 0xff, sizeof(p->first));
}

/* The longest stretch without blanks of the texts that must be there. */
static void find_anchor(struct yg_line_pattern *p)
{
	for (uint32_t i = 0; i < p->count; i++) {
		const struct yg_pattern_part *piece = &p->pieces[i];
		struct yg_bytes rest = piece->text;

		if (piece->kind == YG_PART_OPTIONAL)
			i = piece->skip_to - 1u;
		if (piece->kind != YG_PART_LITERAL)
			continue;
		while (rest.size > 0) {
			size_t end = yg_bytes_chr(rest, ' ');
			struct yg_bytes word = yg_bytes_cut(rest, 0, end);

			if (word.size > p->anchor.size)
				p->anchor = word;
			rest = end == SIZE_MAX ? (struct yg_bytes){0}
					       : yg_bytes_from(rest, end + 1);
		}
	}
}

static int compile(struct yg_bytes text, struct yg_arena *arena, bool may_be_text,
		   const struct yg_line_pattern **ret, struct yg_fault *reterr)
{
	struct compiler c = {.arena = arena, .fault = reterr, .may_be_text = may_be_text};
	struct yg_line_pattern *pattern = yg_arena_zalloc(arena, sizeof(*pattern));
	struct yg_pattern_part *pieces;
	int rc;

	assert(ret && reterr);
	*reterr = (struct yg_fault){.code = YG_ENOMEM, .msg = "out of memory"};
	if (text.size > YG_PATTERN_BYTES_MAX)
		return refuse(&c, YG_ELIMIT, "a pattern is longer than 4096 bytes", 0);
	if (!pattern || !yg_arena_dup(arena, yg_bytes_trim(text), &c.text))
		return YG_ENOMEM;
	rc = read_pieces(&c);
	if (rc == YG_OK)
		rc = check_pieces(&c);
	if (rc != YG_OK)
		return rc;
	pieces = yg_arena_alloc(arena, c.count * sizeof(*pieces));
	if (!pieces)
		return YG_ENOMEM;
	memcpy(pieces, c.pieces, c.count * sizeof(*pieces));
	pattern->pieces = pieces;
	pattern->count = c.count;
	pattern->text = c.text;
	find_first(pattern);
	find_anchor(pattern);
	*ret = pattern;
	return YG_OK;
}

int yg_pattern_compile(struct yg_bytes text, struct yg_arena *arena,
		       const struct yg_line_pattern **ret, struct yg_fault *reterr)
{
	return compile(text, arena, false, ret, reterr);
}

int yg_pattern_compile_value(struct yg_bytes text, struct yg_arena *arena,
			     const struct yg_line_pattern **ret, struct yg_fault *reterr)
{
	return compile(text, arena, true, ret, reterr);
}

const char *yg_pattern_expected(const struct yg_line_pattern *pattern, uint32_t piece,
				struct yg_bytes *ret_text)
{
	static const char *const words[] = {
		[YG_PART_LITERAL] = N_("this text"),
		[YG_PART_OPTIONAL] = N_("an optional part"),
		[YG_PART_ADDRESS] = N_("an address"),
		[YG_PART_PORT] = N_("a port"),
		[YG_PART_NUMBER] = N_("a number"),
		[YG_PART_QUOTED] = N_("text in quotes"),
		[YG_PART_ONE] = N_("one of these words"),
		[YG_PART_TIME_FORMAT] = N_("a time of this form"),
		[YG_PART_TIME] = N_("a time, and the text behind it"),
		[YG_PART_WORD] = N_("a word, and the text behind it"),
		[YG_PART_TEXT] = N_("the text behind this piece"),
		[YG_PART_PAIRS] = N_("pairs name=value"),
		[YG_PART_REST] = N_("the rest of the line"),
	};
	const struct yg_pattern_part *p;

	*ret_text = (struct yg_bytes){0};
	if (piece >= pattern->count)
		return N_("the end of the line");
	p = &pattern->pieces[piece];
	*ret_text = p->text;
	if (p->kind == YG_PART_ONE)
		*ret_text = p->choices[0];
	else if (p->stop_count > 0)
		*ret_text = pattern->pieces[p->stops[p->stop_count - 1]].text;
	return words[p->kind];
}
