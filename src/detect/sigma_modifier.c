/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_modifier.h"

#include "base/utf8.h"

#include "base/ban.h"

#define DASHES_MAX	 5u /* in one value: 5^5 forms */
#define DASH_KINDS	 5u
#define PLACEHOLDERS_MAX 4u /* in one value */

/* Names as written; several may stand for one modifier. */
static const struct {
	const char *name;
	enum yg_modifier modifier;
} modifier_names[] = {
	{"all", YG_MOD_ALL},
	{"startswith", YG_MOD_STARTSWITH},
	{"endswith", YG_MOD_ENDSWITH},
	{"contains", YG_MOD_CONTAINS},
	{"exists", YG_MOD_EXISTS},
	{"cased", YG_MOD_CASED},
	{"neq", YG_MOD_NEQ},
	{"windash", YG_MOD_WINDASH},
	{"re", YG_MOD_RE},
	{"i", YG_MOD_I},
	{"ignorecase", YG_MOD_I},
	{"m", YG_MOD_M},
	{"multiline", YG_MOD_M},
	{"s", YG_MOD_S},
	{"dotall", YG_MOD_S},
	{"base64", YG_MOD_BASE64},
	{"base64offset", YG_MOD_BASE64OFFSET},
	{"utf16le", YG_MOD_UTF16LE},
	{"wide", YG_MOD_UTF16LE},
	{"utf16be", YG_MOD_UTF16BE},
	{"utf16", YG_MOD_UTF16},
	{"lt", YG_MOD_LT},
	{"lte", YG_MOD_LTE},
	{"gt", YG_MOD_GT},
	{"gte", YG_MOD_GTE},
	{"minute", YG_MOD_MINUTE},
	{"hour", YG_MOD_HOUR},
	{"day", YG_MOD_DAY},
	{"week", YG_MOD_WEEK},
	{"month", YG_MOD_MONTH},
	{"year", YG_MOD_YEAR},
	{"cidr", YG_MOD_CIDR},
	{"expand", YG_MOD_EXPAND},
	{"fieldref", YG_MOD_FIELDREF},
};

#define NAME_COUNT (sizeof(modifier_names) / sizeof(modifier_names[0]))

/*
 * What a value is taken for is decided by at most one of these; each says what may stand beside
 * it. A value with none of them is a text.
 */
#define LIST_MODS (YG_MOD_BIT(YG_MOD_ALL) | YG_MOD_BIT(YG_MOD_NEQ))
static const struct {
	uint32_t kind;
	uint32_t allowed;
} kinds[] = {
	{YG_MOD_BIT(YG_MOD_EXISTS), 0},
	{YG_MOD_BIT(YG_MOD_RE), LIST_MODS | YG_MODS_WHERE | YG_MOD_BIT(YG_MOD_I) |
					YG_MOD_BIT(YG_MOD_M) | YG_MOD_BIT(YG_MOD_S)},
	{YG_MOD_BIT(YG_MOD_CIDR), LIST_MODS | YG_MOD_BIT(YG_MOD_EXPAND)},
	{YG_MOD_BIT(YG_MOD_FIELDREF), LIST_MODS | YG_MODS_WHERE | YG_MOD_BIT(YG_MOD_CASED)},
	{YG_MODS_TIME, LIST_MODS | YG_MODS_COMPARE},
	{YG_MODS_COMPARE, LIST_MODS},
};

static const char *name_of(uint32_t bit)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		if (YG_MOD_BIT(modifier_names[i].modifier) == bit)
			return modifier_names[i].name;
	return "";
}

/* The first modifier written that is in @bits. */
static const char *first_of(const struct yg_modifiers *mods, uint32_t bits)
{
	for (uint32_t i = 0; i < mods->count; i++)
		if (YG_MOD_BIT(mods->list[i]) & bits)
			return name_of(YG_MOD_BIT(mods->list[i]));
	return "";
}

static bool is_several(uint32_t bits)
{
	return (bits & (bits - 1)) != 0;
}

/* Of some groups only one may be given. */
static int check_groups(struct yg_load *load, const struct yg_modifiers *mods, uint32_t line)
{
	static const struct {
		uint32_t bits;
		const char *words;
	} groups[] = {
		{YG_MODS_WHERE, "startswith, endswith and contains"},
		{YG_MODS_COMPARE, "lt, lte, gt and gte"},
		{YG_MODS_TIME, "minute, hour, day, week, month and year"},
		{YG_MODS_WIDE, "utf16le, utf16be, utf16 and wide"},
		{YG_MODS_BASE64, "base64 and base64offset"},
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (is_several(mods->bits & groups[i].bits))
			return yg_load_fail(load, line, "only one of the modifiers %s may be given",
					    groups[i].words);
	return YG_OK;
}

static int check_kind(struct yg_load *load, const struct yg_modifiers *mods, uint32_t line)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint32_t other = mods->bits & ~kinds[i].kind & ~kinds[i].allowed;

		if (!(mods->bits & kinds[i].kind))
			continue;
		if (other)
			return yg_load_fail(load, line,
					    "the modifier '%s' cannot be combined with '%s'",
					    first_of(mods, other), first_of(mods, kinds[i].kind));
		return YG_OK;
	}
	if (mods->bits & (YG_MOD_BIT(YG_MOD_I) | YG_MOD_BIT(YG_MOD_M) | YG_MOD_BIT(YG_MOD_S)))
		return yg_load_fail(load, line,
				    "the modifier '%s' belongs to 're', which is missing",
				    first_of(mods, YG_MOD_BIT(YG_MOD_I) | YG_MOD_BIT(YG_MOD_M) |
							   YG_MOD_BIT(YG_MOD_S)));
	return YG_OK;
}

/* Order matters where one modifier changes the text that the next one takes. */
static int check_order(struct yg_load *load, const struct yg_modifiers *mods, uint32_t line)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < mods->count; i++) {
		uint32_t bit = YG_MOD_BIT(mods->list[i]);
		uint32_t early = 0;

		if (bit & YG_MODS_BASE64)
			early = YG_MODS_WHERE;
		if (bit & YG_MODS_WIDE)
			early = YG_MODS_BASE64 | YG_MODS_WHERE;
		if (bit == YG_MOD_BIT(YG_MOD_WINDASH) || bit == YG_MOD_BIT(YG_MOD_EXPAND))
			early = YG_MODS_BASE64 | YG_MODS_WIDE;
		if (bit == YG_MOD_BIT(YG_MOD_RE) || bit == YG_MOD_BIT(YG_MOD_EXISTS))
			early = YG_MODS_WHERE | YG_MOD_BIT(YG_MOD_I) | YG_MOD_BIT(YG_MOD_M) |
				YG_MOD_BIT(YG_MOD_S);
		if (seen & early)
			return yg_load_fail(load, line, "the modifier '%s' must come before '%s'",
					    name_of(bit), first_of(mods, seen & early));
		seen |= bit;
	}
	return YG_OK;
}

static int fail_unknown(struct yg_load *load, struct yg_bytes word, uint32_t line)
{
	const char *names[NAME_COUNT];
	const char *nearest;

	for (size_t i = 0; i < NAME_COUNT; i++)
		names[i] = modifier_names[i].name;
	if (word.size == 0)
		return yg_load_fail(load, line, "a modifier is missing after '|'");
	nearest = yg_nearest(word, names, NAME_COUNT);
	return yg_load_fail(load, line, "there is no modifier '%s'%s%s%s", yg_load_show(load, word),
			    nearest ? "; nearest: '" : "", nearest ? nearest : "",
			    nearest ? "'" : "");
}

static int add_modifier(struct yg_load *load, struct yg_bytes word, uint32_t line,
			struct yg_modifiers *mods)
{
	for (size_t i = 0; i < NAME_COUNT; i++) {
		enum yg_modifier modifier = modifier_names[i].modifier;

		if (!yg_bytes_eq(word, yg_bytes_str(modifier_names[i].name)))
			continue;
		if (yg_mod_has(mods, modifier))
			return yg_load_fail(load, line, "the modifier '%s' is given twice",
					    modifier_names[i].name);
		if (mods->count == YG_MODIFIERS_MAX)
			return yg_load_fail(load, line, "too many modifiers");
		mods->bits |= YG_MOD_BIT(modifier);
		mods->list[mods->count++] = (uint8_t)modifier;
		return YG_OK;
	}
	return fail_unknown(load, word, line);
}

int yg_sigma_modifiers(struct yg_load *load, struct yg_bytes key, uint32_t line,
		       struct yg_modifiers *ret)
{
	size_t bar = yg_bytes_chr(key, '|');
	int rc = YG_OK;

	*ret = (struct yg_modifiers){.field = yg_bytes_trim(yg_bytes_cut(key, 0, bar))};
	while (rc == YG_OK && bar != SIZE_MAX) {
		struct yg_bytes rest = yg_bytes_from(key, bar + 1);
		size_t next = yg_bytes_chr(rest, '|');

		rc = add_modifier(load, yg_bytes_trim(yg_bytes_cut(rest, 0, next)), line, ret);
		bar = next == SIZE_MAX ? SIZE_MAX : bar + 1 + next;
	}
	if (rc == YG_OK)
		rc = check_groups(load, ret, line);
	if (rc == YG_OK)
		rc = check_kind(load, ret, line);
	if (rc == YG_OK)
		rc = check_order(load, ret, line);
	return rc;
}

/* ---- patterns ---- */

static bool is_special(uint8_t c)
{
	return c == '*' || c == '?' || c == '\\';
}

/* Add plain bytes to a pattern. */
static void add_plain(struct yg_buf *to, struct yg_bytes plain)
{
	for (size_t i = 0; i < plain.size; i++) {
		if (is_special(plain.data[i]))
			yg_buf_add_byte(to, '\\');
		yg_buf_add_byte(to, plain.data[i]);
	}
}

/* Add a Sigma string: a backslash escapes * ? \ and, with expand, %; else it is plain. */
static void add_sigma(struct yg_buf *to, struct yg_bytes text, bool is_expand)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		uint8_t after = i + 1 < text.size ? text.data[i + 1] : 0;

		if (c == '\\' && (is_special(after) || (is_expand && after == '%'))) {
			if (after != '%')
				yg_buf_add_byte(to, '\\');
			yg_buf_add_byte(to, after);
			i++;
		} else {
			if (c == '\\')
				yg_buf_add_byte(to, '\\');
			yg_buf_add_byte(to, c);
		}
	}
}

bool yg_pattern_is_plain(struct yg_bytes pattern)
{
	for (size_t i = 0; i < pattern.size; i++) {
		if (pattern.data[i] == '\\')
			i++;
		else if (pattern.data[i] == '*' || pattern.data[i] == '?')
			return false;
	}
	return true;
}

bool yg_pattern_plain(struct yg_arena *arena, struct yg_bytes pattern, struct yg_bytes *ret)
{
	uint8_t *to = yg_arena_alloc(arena, pattern.size + 1);
	size_t size = 0;

	if (!to)
		return false;
	for (size_t i = 0; i < pattern.size; i++) {
		if (pattern.data[i] == '\\' && i + 1 < pattern.size)
			i++;
		to[size++] = pattern.data[i];
	}
	*ret = (struct yg_bytes){to, size};
	return true;
}

/* Keep the text in @buf as the next form. */
static int keep_form(struct yg_load *load, struct yg_buf *buf, struct yg_forms *forms)
{
	if (yg_buf_error(buf) == YG_OK &&
	    yg_arena_dup(load->arena, yg_buf_bytes(buf), &forms->items[forms->count])) {
		forms->count++;
		return YG_OK;
	}
	return yg_buf_error(buf) == YG_ELIMIT ? YG_ELIMIT : YG_ENOMEM;
}

static int fail_forms(struct yg_load *load, uint32_t line)
{
	return yg_load_fail(load, line, "the value stands for more than %u texts",
			    YG_VALUE_FORMS_MAX);
}

/* ---- expand ---- */

/* A value cut at its placeholders: texts[0] filler[0] texts[1] … */
struct pieces {
	struct yg_bytes texts[PLACEHOLDERS_MAX + 1];
	const struct yg_placeholder *fillers[PLACEHOLDERS_MAX];
	uint32_t count; /* of fillers */
};

/* Where a % that is not escaped stands, from @start on. */
static size_t find_percent(struct yg_bytes text, size_t start)
{
	for (size_t i = start; i < text.size; i++) {
		if (text.data[i] == '\\' && i + 1 < text.size &&
		    (is_special(text.data[i + 1]) || text.data[i + 1] == '%'))
			i++;
		else if (text.data[i] == '%')
			return i;
	}
	return SIZE_MAX;
}

static bool is_name(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '_' || c == '-' || c == '.'))
			return false;
	}
	return name.size > 0;
}

static int cut_pieces(struct yg_load *load, struct yg_bytes text, uint32_t line, struct pieces *ret)
{
	size_t start = 0;
	size_t from = 0;

	ret->count = 0;
	for (;;) {
		size_t open = find_percent(text, from);
		size_t close = open == SIZE_MAX ? SIZE_MAX : find_percent(text, open + 1);
		struct yg_bytes name;

		if (close == SIZE_MAX)
			break;
		name = yg_bytes_cut(text, open + 1, close);
		if (!is_name(name)) { /* this % is a plain one */
			from = open + 1;
			continue;
		}
		if (ret->count == PLACEHOLDERS_MAX)
			return yg_load_fail(load, line, "more than %u placeholders in one value",
					    PLACEHOLDERS_MAX);
		ret->texts[ret->count] = yg_bytes_cut(text, start, open);
		ret->fillers[ret->count] = yg_rules_placeholder(load->rules, name);
		if (!ret->fillers[ret->count] && load->waits_for.size == 0)
			load->waits_for = name;
		ret->count++;
		start = close + 1;
		from = start;
	}
	ret->texts[ret->count] = yg_bytes_from(text, start);
	return YG_OK;
}

/* Every combination of the placeholders' values. */
static int expand(struct yg_load *load, struct yg_bytes text, uint32_t line, struct yg_buf *buf,
		  struct yg_forms *ret)
{
	struct pieces pieces;
	uint32_t total = 1;
	int rc = cut_pieces(load, text, line, &pieces);

	ret->count = 0;
	if (rc != YG_OK)
		return rc;
	if (pieces.count == 0)
		return yg_load_fail(load, line,
				    "'expand' needs a %%placeholder%% in the value '%s'",
				    yg_load_show(load, text));
	for (uint32_t i = 0; i < pieces.count; i++) {
		if (!pieces.fillers[i])
			return YG_OK;
		total *= pieces.fillers[i]->count;
		if (total > YG_VALUE_FORMS_MAX)
			return fail_forms(load, line);
	}
	ret->items = yg_arena_alloc(load->arena, total * sizeof(*ret->items));
	if (!ret->items)
		return YG_ENOMEM;
	for (uint32_t n = 0; n < total && rc == YG_OK; n++) {
		uint32_t rest = n;

		yg_buf_reset(buf);
		for (uint32_t i = 0; i < pieces.count; i++) {
			const struct yg_placeholder *filler = pieces.fillers[i];

			add_sigma(buf, pieces.texts[i], true);
			add_sigma(buf, filler->values[rest % filler->count], false);
			rest /= filler->count;
		}
		add_sigma(buf, pieces.texts[pieces.count], true);
		rc = keep_form(load, buf, ret);
	}
	return rc;
}

/* ---- windash ---- */

static const char *const dashes[DASH_KINDS] = {"-", "/", "\u2013", "\u2014", "\u2015"};

/* Size of the dash at the start of @b, 0 when there is none. */
static size_t dash_size(struct yg_bytes b)
{
	for (size_t i = 0; i < DASH_KINDS; i++)
		if (yg_bytes_starts(b, yg_bytes_str(dashes[i])))
			return strlen(dashes[i]);
	return 0;
}

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

/* A dash that begins a flag: nothing of a word before it, a word after it. */
static bool is_flag(struct yg_bytes pattern, size_t at, size_t size)
{
	return (at == 0 || !is_word(pattern.data[at - 1]) ||
		(at >= 3 && dash_size(yg_bytes_from(pattern, at - 3)) == 3)) &&
	       at + size < pattern.size && is_word(pattern.data[at + size]);
}

/* Where the dashes to be exchanged are; returns how many, at most DASHES_MAX + 1. */
static uint32_t find_dashes(struct yg_bytes pattern, bool is_flags_only, size_t to[DASHES_MAX + 1])
{
	uint32_t count = 0;

	for (size_t i = 0; i < pattern.size && count <= DASHES_MAX; i++) {
		size_t size = dash_size(yg_bytes_from(pattern, i));

		if (size == 0 || (is_flags_only && !is_flag(pattern, i, size)))
			continue;
		to[count++] = i;
		i += size - 1;
	}
	return count;
}

static int windash_one(struct yg_load *load, struct yg_bytes pattern, uint32_t line,
		       struct yg_buf *buf, struct yg_forms *ret)
{
	size_t at[DASHES_MAX + 1];
	uint32_t count = find_dashes(pattern, false, at);
	uint32_t total = 1;
	int rc = YG_OK;

	if (count > DASHES_MAX)
		count = find_dashes(pattern, true, at);
	if (count > DASHES_MAX)
		return yg_load_fail(load, line,
				    "'windash' can exchange at most %u dashes in one value",
				    DASHES_MAX);
	for (uint32_t i = 0; i < count; i++)
		total *= DASH_KINDS;
	ret->count = 0;
	ret->items = yg_arena_alloc(load->arena, total * sizeof(*ret->items));
	if (!ret->items)
		return YG_ENOMEM;
	for (uint32_t n = 0; n < total && rc == YG_OK; n++) {
		uint32_t rest = n;
		size_t start = 0;

		yg_buf_reset(buf);
		for (uint32_t i = 0; i < count; i++, rest /= DASH_KINDS) {
			yg_buf_add(buf, yg_bytes_cut(pattern, start, at[i]));
			yg_buf_add_str(buf, dashes[rest % DASH_KINDS]);
			start = at[i] + dash_size(yg_bytes_from(pattern, at[i]));
		}
		yg_buf_add(buf, yg_bytes_from(pattern, start));
		rc = keep_form(load, buf, ret);
	}
	return rc;
}

/* ---- encoders: one form in, one out (base64offset: three) ---- */

/* The character at @p (@size bytes, 0 = not UTF-8: the byte itself). */
static uint32_t code_point(const uint8_t *p, size_t size)
{
	uint32_t point = *p;

	if (size <= 1)
		return point;
	point &= 0xffu >> (size + 1);
	for (size_t i = 1; i < size; i++)
		point = point << 6 | (p[i] & 63u);
	return point;
}

static void add_unit(struct yg_buf *to, uint32_t unit, bool is_big)
{
	const uint8_t bytes[2] = {(uint8_t)(is_big ? unit >> 8 : unit),
				  (uint8_t)(is_big ? unit : unit >> 8)};

	add_plain(to, (struct yg_bytes){bytes, 2});
}

/* UTF-16 of a pattern; wildcards stay what they are. */
static void add_wide(struct yg_buf *to, struct yg_bytes pattern, enum yg_modifier modifier)
{
	bool is_big = modifier == YG_MOD_UTF16BE;

	if (modifier == YG_MOD_UTF16)
		yg_buf_add(to, YG_S("\xff\xfe"));
	for (size_t i = 0; i < pattern.size;) {
		bool is_escaped = pattern.data[i] == '\\' && i + 1 < pattern.size;
		size_t at = i + is_escaped;
		size_t size = yg_utf8_size(yg_bytes_from(pattern, at));
		uint32_t point = code_point(pattern.data + at, size);

		i = at + (size ? size : 1);
		if (!is_escaped && (point == '*' || point == '?')) {
			yg_buf_add_byte(to, (uint8_t)point);
		} else if (point >= 0x10000) {
			add_unit(to, 0xd800 | (point - 0x10000) >> 10, is_big);
			add_unit(to, 0xdc00 | ((point - 0x10000) & 0x3ff), is_big);
		} else {
			add_unit(to, point, is_big);
		}
	}
}

/* Base64 of @skip blanks followed by @plain (RFC 4648, with padding). */
static void add_base64(struct yg_buf *to, struct yg_bytes plain, size_t skip)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t size = plain.size + skip;

	for (size_t i = 0; i < size; i += 3) {
		uint32_t group = 0;

		for (size_t k = i; k < i + 3; k++)
			group = group << 8 | (k < skip	 ? ' '
					      : k < size ? plain.data[k - skip]
							 : 0u);
		for (unsigned k = 0; k < 4; k++) {
			bool is_padding = i + k > size;

			yg_buf_add_byte(
				to,
				(uint8_t)(is_padding ? '=' : digits[group >> (18 - 6 * k) & 63]));
		}
	}
}

static int base64_one(struct yg_load *load, enum yg_modifier modifier, struct yg_bytes pattern,
		      struct yg_buf *buf, struct yg_forms *ret)
{
	/* Digits at both ends depend on unknown neighbours and are cut off. */
	static const uint8_t head[3] = {0, 2, 3};
	static const uint8_t tail[3] = {0, 3, 2};
	uint32_t count = modifier == YG_MOD_BASE64 ? 1 : 3;
	struct yg_bytes plain;
	int rc = YG_OK;

	ret->count = 0;
	ret->items = yg_arena_alloc(load->arena, count * sizeof(*ret->items));
	if (!ret->items || !yg_pattern_plain(load->arena, pattern, &plain))
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count && rc == YG_OK; i++) {
		yg_buf_reset(buf);
		add_base64(buf, plain, i);
		rc = keep_form(load, buf, ret);
		if (rc == YG_OK && modifier == YG_MOD_BASE64OFFSET) {
			struct yg_bytes *form = &ret->items[ret->count - 1];

			*form = yg_bytes_cut(*form, head[i],
					     form->size - tail[(plain.size + i) % 3]);
		}
	}
	return rc;
}

static int encode_one(struct yg_load *load, enum yg_modifier modifier, struct yg_bytes pattern,
		      uint32_t line, struct yg_buf *buf, struct yg_forms *ret)
{
	if (modifier == YG_MOD_WINDASH)
		return windash_one(load, pattern, line, buf, ret);
	if (YG_MOD_BIT(modifier) & YG_MODS_BASE64) {
		if (!yg_pattern_is_plain(pattern))
			return yg_load_fail(load, line,
					    "a value with wildcards cannot be encoded by '%s'",
					    name_of(YG_MOD_BIT(modifier)));
		if (pattern.size == 0)
			return yg_load_fail(load, line, "an empty value cannot be encoded by '%s'",
					    name_of(YG_MOD_BIT(modifier)));
		return base64_one(load, modifier, pattern, buf, ret);
	}
	ret->count = 0;
	ret->items = yg_arena_alloc(load->arena, sizeof(*ret->items));
	if (!ret->items)
		return YG_ENOMEM;
	yg_buf_reset(buf);
	add_wide(buf, pattern, modifier);
	return keep_form(load, buf, ret);
}

/* All forms through one modifier. */
static int encode_all(struct yg_load *load, enum yg_modifier modifier, uint32_t line,
		      struct yg_buf *buf, struct yg_forms *forms)
{
	struct yg_forms out = {.count = 0};

	out.items = yg_arena_alloc(load->arena, YG_VALUE_FORMS_MAX * sizeof(*out.items));
	if (!out.items)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < forms->count; i++) {
		struct yg_forms some = {.count = 0};
		int rc = encode_one(load, modifier, forms->items[i], line, buf, &some);

		if (rc != YG_OK)
			return rc;
		if (out.count + some.count > YG_VALUE_FORMS_MAX)
			return fail_forms(load, line);
		memcpy(out.items + out.count, some.items, some.count * sizeof(*some.items));
		out.count += some.count;
	}
	*forms = out;
	return YG_OK;
}

int yg_sigma_forms(struct yg_load *load, const struct yg_modifiers *mods, struct yg_bytes text,
		   uint32_t line, struct yg_forms *ret)
{
	const uint32_t encoders = YG_MODS_BASE64 | YG_MODS_WIDE | YG_MOD_BIT(YG_MOD_WINDASH);
	struct yg_buf buf;
	int rc = YG_OK;

	yg_buf_init(&buf, YG_VALUE_BYTES_MAX);
	if (yg_mod_has(mods, YG_MOD_EXPAND)) {
		rc = expand(load, text, line, &buf, ret);
	} else {
		ret->count = 0;
		ret->items = yg_arena_alloc(load->arena, sizeof(*ret->items));
		add_sigma(&buf, text, false);
		rc = ret->items ? keep_form(load, &buf, ret) : YG_ENOMEM;
	}
	for (uint32_t i = 0; i < mods->count && rc == YG_OK; i++)
		if (YG_MOD_BIT(mods->list[i]) & encoders)
			rc = encode_all(load, mods->list[i], line, &buf, ret);
	yg_buf_done(&buf);
	if (rc == YG_ELIMIT)
		return yg_load_fail(load, line, "the value is longer than %u bytes",
				    YG_VALUE_BYTES_MAX);
	return rc;
}
