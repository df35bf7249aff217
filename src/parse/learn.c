/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/learn-int.h"

#include <assert.h>

#include "parse/address.h"
#include "parse/time_format.h"

#include "base/ban.h"

#define TIME_WITHIN 96u /* bytes from the start of a line in which its time is looked for */
#define SPANS_MAX   (4u * YG_LEARN_FIELDS_MAX)
#define REPEAT_MIN  3u /* bytes of a value that is looked for again */
#define ALIKE	    2u /* lines are of one kind when at least 1/ALIKE of the words are shared */

enum token_kind {
	TOKEN_BLANK,
	TOKEN_WORD,
	TOKEN_MARK,
	TOKEN_FIELD, /* pointed at, or the time */
};

struct token {
	enum token_kind kind;
	struct yg_bytes text;
	uint32_t field; /* index; UINT32_MAX: the time */
	bool is_repeat; /* the field's value once more */
	bool is_kept;	/* all lines like this one have it */
	bool has_gap;	/* some of them have more before it */
	bool is_wide;	/* with blanks in it */
};

struct span {
	size_t at, size;
	uint32_t field;
	bool is_repeat;
};

struct learner {
	const struct yg_learn *in;
	struct yg_arena *arena;
	struct yg_bytes line;
	struct span spans[SPANS_MAX];
	uint32_t span_count;
	struct yg_bytes time_format;
	struct token *tokens;
	uint32_t count;
	bool has_tail; /* some lines go on behind the last token */
};

#define TELLING_MAX 64u /* bytes of a word that are looked at */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_word_byte(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' || c >= 0x80;
}

/* The more exact first: what a shorter one would cut off has to be tried before it. */
static const char *const time_formats[] = {
	"%Y-%m-%dT%T.%f%z",
	"%Y-%m-%dT%T,%f%z",
	"%Y-%m-%dT%T%z",
	"%Y-%m-%dT%T.%f",
	"%Y-%m-%dT%T,%f",
	"%Y-%m-%dT%T",
	"%Y-%m-%d %T.%f %z",
	"%Y-%m-%d %T,%f %z",
	"%Y-%m-%d %T.%f %Z",
	"%Y-%m-%d %T,%f %Z",
	"%Y-%m-%d %T.%f",
	"%Y-%m-%d %T,%f",
	"%Y-%m-%d %T %z",
	"%Y-%m-%d %T %Z",
	"%Y-%m-%d %T",
	"%Y/%m/%d %T.%f",
	"%Y/%m/%d %T",
	"%d/%b/%Y:%T %z",
	"%d/%b/%Y %T",
	"%d/%m/%Y %T",
	"%m/%d/%Y, %I:%M:%S %p",
	"%m/%d/%Y %I:%M:%S %p",
	"%m/%d/%Y-%T.%f",
	"%m/%d/%Y %T",
	"%a %b %e %T %Y",
	"%b %e %Y %T",
	"%b %e %T %Y",
	"%b %e %T",
	"%d.%m.%Y %T",
	"%d-%m-%Y %T",
	"%d-%b-%Y %T",
	"%d %b %Y %T",
	"%Y.%m.%d %T",
	"%Y年%m月%d日 %H時%M分%S秒",
	"%Y年%m月%d日%H時%M分%S秒",
	"%Y年%m月%d日 %T",
	"%T %Y-%m-%d",
	"%T %Y/%m/%d",
	"%T %d/%m/%Y",
	"%Y%m%d %T",
	"%Y%m%d%H%M%S",
	"%s.%f",
	"%s",
};

/* Bytes of the time that begins at @at, or 0. */
static size_t time_at(struct yg_bytes line, size_t at, const struct yg_zone *zone,
		      int64_t reference_ns, struct yg_bytes *ret_format)
{
	if (is_blank(line.data[at]) || (at > 0 && is_word_byte(line.data[at - 1])))
		return 0;
	for (size_t i = 0; i < sizeof(time_formats) / sizeof(time_formats[0]); i++) {
		struct yg_bytes format = yg_bytes_str(time_formats[i]);
		bool has_zone;
		int64_t ns;
		size_t size = yg_time_format_read(format, yg_bytes_from(line, at), zone,
						  reference_ns, &ns, &has_zone);

		if (size == 0 || (at + size < line.size && is_word_byte(line.data[at + size])))
			continue;
		if (!has_zone && yg_bytes_ends(format, YG_S("%Z")))
			continue; /* letters that are no zone: a word of the line */
		*ret_format = format;
		return size;
	}
	return 0;
}

bool yg_learn_time(struct yg_bytes line, const struct yg_zone *zone, int64_t reference_ns,
		   size_t *ret_at, size_t *ret_size, struct yg_bytes *ret_format)
{
	for (size_t at = 0; at < line.size && at < TIME_WITHIN; at++) {
		*ret_size = time_at(line, at, zone, reference_ns, ret_format);
		*ret_at = at;
		if (*ret_size > 0)
			return true;
	}
	return false;
}

static bool overlaps(const struct learner *l, size_t at, size_t size)
{
	for (uint32_t i = 0; i < l->span_count; i++)
		if (at < l->spans[i].at + l->spans[i].size && l->spans[i].at < at + size)
			return true;
	return false;
}

static bool is_alone(const struct learner *l, size_t at, size_t size)
{
	struct yg_bytes b = l->line;
	size_t end = at + size;

	return (at == 0 || !is_word_byte(b.data[at - 1]) || !is_word_byte(b.data[at])) &&
	       (end == b.size || !is_word_byte(b.data[end]) || !is_word_byte(b.data[end - 1]));
}

/* Where @value stands alone, not inside a longer word; else where it stands at all. */
static size_t find_value(const struct learner *l, struct yg_bytes value)
{
	size_t any = SIZE_MAX;
	size_t at = 0;

	while (value.size > 0 && at + value.size <= l->line.size) {
		size_t next = yg_bytes_find(yg_bytes_from(l->line, at), value);

		if (next == SIZE_MAX)
			break;
		at += next;
		if (!overlaps(l, at, value.size)) {
			if (is_alone(l, at, value.size))
				return at;
			any = any == SIZE_MAX ? at : any;
		}
		at++;
	}
	return any;
}

static void add_span(struct learner *l, size_t at, size_t size, uint32_t field, bool is_repeat)
{
	uint32_t i = l->span_count++;

	for (; i > 0 && l->spans[i - 1].at > at; i--)
		l->spans[i] = l->spans[i - 1];
	l->spans[i] = (struct span){at, size, field, is_repeat};
}

static bool is_time_field(const struct yg_learn_field *field)
{
	return yg_bytes_eq(field->name, YG_S("time"));
}

/* The time first, as it is found by itself; then what was pointed at. */
static int find_spans(struct learner *l, uint32_t *ret_field, struct yg_fault *reterr)
{
	size_t at, size, from;
	bool has_time = false;

	for (uint32_t i = 0; i < l->in->field_count; i++) {
		const struct yg_learn_field *field = &l->in->fields[i];
		bool is_time = is_time_field(field);

		at = find_value(l, field->value);
		*ret_field = i;
		if (at == SIZE_MAX)
			return yg_fault_set(reterr, YG_EFORMAT,
					    N_("this value does not stand in the line, or "
					       "inside that of another field"),
					    0);
		if (is_time && (!yg_learn_time(field->value, l->in->zone, l->in->reference_ns,
					       &from, &size, &l->time_format) ||
				size != field->value.size))
			return yg_fault_set(reterr, YG_EFORMAT,
					    N_("no form of time is known for this"), at);
		has_time |= is_time;
		add_span(l, at, field->value.size, is_time ? UINT32_MAX : i, false);
	}
	*ret_field = UINT32_MAX;
	if (!has_time &&
	    yg_learn_time(l->line, l->in->zone, l->in->reference_ns, &at, &size, &l->time_format) &&
	    !overlaps(l, at, size))
		add_span(l, at, size, UINT32_MAX, false);
	return YG_OK;
}

/* Where a line says a value twice, the second is not the same everywhere either. */
static void find_repeats(struct learner *l)
{
	for (uint32_t i = 0; i < l->in->field_count; i++) {
		struct yg_bytes value = l->in->fields[i].value;

		if (value.size < REPEAT_MIN || is_time_field(&l->in->fields[i]))
			continue;
		for (size_t at = 0; at + value.size <= l->line.size; at++) {
			size_t next = yg_bytes_find(yg_bytes_from(l->line, at), value);

			if (next == SIZE_MAX || l->span_count == SPANS_MAX)
				break;
			at += next;
			if (!overlaps(l, at, value.size) && is_alone(l, at, value.size))
				add_span(l, at, value.size, i, true);
		}
	}
}

/* The word, mark or run of blanks at the start of @b. */
static struct token next_token(struct yg_bytes b)
{
	struct token token = {.kind = TOKEN_MARK, .is_kept = true};
	size_t n = 1;

	if (is_blank(b.data[0])) {
		token.kind = TOKEN_BLANK;
		while (n < b.size && is_blank(b.data[n]))
			n++;
	} else if (is_word_byte(b.data[0])) {
		token.kind = TOKEN_WORD;
		while (n < b.size && is_word_byte(b.data[n]))
			n++;
	}
	token.text = yg_bytes_cut(b, 0, n);
	return token;
}

/* @line into tokens; the spans of the line that was pointed at are one each. */
static int cut_line(struct yg_bytes line, const struct span *spans, uint32_t span_count,
		    struct token *to, uint32_t *ret_count)
{
	size_t at = 0;
	uint32_t count = 0;
	uint32_t s = 0;

	while (at < line.size) {
		size_t end = s < span_count ? spans[s].at : line.size;

		if (count == YG_LEARN_TOKENS_MAX)
			return YG_ELIMIT;
		if (s < span_count && at == spans[s].at) {
			to[count++] =
				(struct token){.kind = TOKEN_FIELD,
					       .text = yg_bytes_cut(line, at, at + spans[s].size),
					       .field = spans[s].field,
					       .is_repeat = spans[s].is_repeat,
					       .is_kept = true};
			at += spans[s++].size;
			continue;
		}
		to[count] = next_token(yg_bytes_cut(line, at, end));
		at += to[count++].text.size;
	}
	*ret_count = count;
	return YG_OK;
}

static bool is_same(const struct token *a, const struct token *b)
{
	if (a->kind == TOKEN_FIELD || a->kind != b->kind)
		return false;
	return a->kind == TOKEN_BLANK || yg_bytes_eq(a->text, b->text);
}

/* Japanese has no blanks: the words stand inside longer runs (認証失敗, 接続を拒否しました). */
static bool has_japanese_stem(struct yg_bytes run)
{
	static const char *const stems[] = {
		"成功", "失敗", "拒否", "拒絶", "許可", "不許可", "認可",   "承認",   "否認",
		"遮断", "破棄", "不正", "無効", "有効", "正常",	  "異常",   "一致",   "誤り",
		"誤っ", "却下", "受理", "禁止", "制限", "期限",	  "ロック", "エラー", "ブロック",
		"通過", "切断", "確立", "ＯＫ", "ＮＧ", "○",	  "×",	    "不可"};

	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
		if (yg_bytes_find(run, yg_bytes_str(stems[i])) != SIZE_MAX)
			return true;
	return false;
}

/*
 * Words that tell how it ended, in whatever form. They stay text: a line that lacks one of them, or
 * has another one, is another kind of line, and must not get this one's meaning.
 */
bool yg_learn_is_telling(struct yg_bytes word)
{
	static const char *const stems[] = {"fail",  "succ",	"accept",   "deni",    "deny",
					    "refus", "reject",	"invalid",  "allow",   "block",
					    "drop",  "permit",	"wrong",    "grant",   "incorrect",
					    "lock",  "logged",	"terminat", "expire",  "disabled",
					    "error", "authori", "mismatch", "timeout", "timed"};
	static const char *const whole[] = {"ok", "ng", "pass", "passed", "yes", "true", "false"};
	uint8_t small[TELLING_MAX];
	struct yg_bytes b = {small, word.size < sizeof(small) ? word.size : sizeof(small)};

	for (size_t i = 0; i < b.size; i++)
		small[i] = (uint8_t)(word.data[i] | 0x20);
	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
		if (yg_bytes_find(b, yg_bytes_str(stems[i])) != SIZE_MAX)
			return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (yg_bytes_eq(b, yg_bytes_str(whole[i])))
			return true;
	return has_japanese_stem(word);
}

/* Words weigh more than marks and blanks, so that these do not lead astray. */
static uint16_t weight_of(const struct token *token)
{
	return token->kind == TOKEN_WORD ? 4 : 1;
}

/*
 * The longest common subsequence of the tokens of the line and of @other: table[i][k] is its weight
 * from i and k on.
 */
static void fill_table(const struct learner *l, const struct token *other, uint32_t count,
		       uint16_t *table)
{
	uint32_t width = count + 1;

	for (uint32_t k = 0; k <= count; k++)
		table[l->count * width + k] = 0;
	for (uint32_t i = l->count; i-- > 0;) {
		table[i * width + count] = 0;
		for (uint32_t k = count; k-- > 0;) {
			uint16_t best = table[(i + 1) * width + k];
			uint16_t right = table[i * width + k + 1];
			uint16_t both = 0;

			if (is_same(&l->tokens[i], &other[k]))
				both = (uint16_t)(table[(i + 1) * width + k + 1] +
						  weight_of(&l->tokens[i]));
			best = right > best ? right : best;
			table[i * width + k] = both > best ? both : best;
		}
	}
}

enum step {
	STEP_BOTH,  /* the token is in both lines */
	STEP_LINE,  /* only in the one that was pointed at */
	STEP_OTHER, /* only in the other */
};

/* The next step through the table from @i and @k. */
static enum step next_step(const struct learner *l, const struct token *other, uint32_t count,
			   const uint16_t *table, const uint32_t at[2])
{
	uint32_t width = count + 1;
	uint32_t i = at[0], k = at[1];
	uint16_t here = table[i * width + k];

	if (k < count && is_same(&l->tokens[i], &other[k]) &&
	    here == table[(i + 1) * width + k + 1] + weight_of(&l->tokens[i]))
		return STEP_BOTH;
	return table[(i + 1) * width + k] == here ? STEP_LINE : STEP_OTHER;
}

/* ---- what a field takes ---- */

static bool ends_with(struct yg_bytes name, const char *end)
{
	return yg_bytes_ends(name, yg_bytes_str(end));
}

/* What strangers choose the text of: a name can hold what looks like the rest of the line. */
static bool is_name_of_somebody(struct yg_bytes name)
{
	return yg_bytes_eq(name, YG_S("user")) || ends_with(name, "_user") ||
	       yg_bytes_eq(name, YG_S("cs-username"));
}

static const char *type_of(const struct learner *l, const struct yg_learn_field *field)
{
	struct yg_bytes address;

	if (yg_address_at(field->value, &address) == field->value.size)
		return "address";
	if (ends_with(field->name, "_port"))
		return "port";
	if (is_name_of_somebody(field->name))
		return l->in->is_first ? "text" : "text last";
	if (yg_bytes_is_number(field->value))
		return "number";
	return yg_bytes_chr(field->value, ' ') == SIZE_MAX ? "word" : "text";
}

/* Does the token before @i have a length of its own, so that anything may follow it? */
static bool ends_itself(const struct learner *l, uint32_t i)
{
	const struct token *token = &l->tokens[i];
	const char *type;

	if (token->kind != TOKEN_FIELD)
		return true;
	if (token->field == UINT32_MAX)
		return true;
	type = type_of(l, &l->in->fields[token->field]);
	return strcmp(type, "address") == 0 || strcmp(type, "port") == 0 ||
	       strcmp(type, "number") == 0;
}

/* ---- what other lines share ---- */

/* How many words of the line @other shares; 0 when they do not tell the same end. */
static uint32_t count_shared(const struct learner *l, const struct token *other, uint32_t count,
			     const uint16_t *table)
{
	uint32_t at[2] = {0, 0};
	uint32_t shared = 0;
	uint32_t strange = 0;  /* telling words that the two do not share */
	uint32_t more = 0;     /* those of the other line since the last shared token */
	bool is_field = false; /* they may be what a field holds there */

	while (at[0] < l->count && at[1] < count) {
		const struct token *token = &l->tokens[at[0]];
		const struct token *more_of = &other[at[1]];

		switch (next_step(l, other, count, table, at)) {
		case STEP_BOTH:
			shared += token->kind == TOKEN_WORD;
			strange += is_field ? 0 : more;
			more = 0;
			is_field = false;
			at[0]++;
			at[1]++;
			break;
		case STEP_LINE:
			strange += token->kind == TOKEN_WORD && yg_learn_is_telling(token->text);
			/* an address ends by itself: what follows it is no part of it */
			is_field |= token->kind == TOKEN_FIELD && !ends_itself(l, at[0]);
			at[0]++;
			break;
		case STEP_OTHER:
			more += more_of->kind == TOKEN_WORD && yg_learn_is_telling(more_of->text);
			at[1]++;
			break;
		}
	}
	for (; at[1] < count; at[1]++)
		more += other[at[1]].kind == TOKEN_WORD && yg_learn_is_telling(other[at[1]].text);
	strange += is_field ? 0 : more;
	return strange > 0 ? 0 : shared;
}

/* Is all that is left of the other line what the field at the end of this one takes? */
static bool is_value_of_last(const struct learner *l, const struct token *other, uint32_t from,
			     uint32_t count)
{
	const struct token *last = &l->tokens[l->count - 1];
	const uint8_t *end = other[count - 1].text.data + other[count - 1].text.size;
	const struct yg_bytes rest = {other[from].text.data, (size_t)(end - other[from].text.data)};
	struct yg_bytes address;

	if (last->kind != TOKEN_FIELD || last->field == UINT32_MAX || !ends_itself(l, l->count - 1))
		return false;
	return yg_address_at(rest, &address) == rest.size || yg_bytes_is_number(rest);
}

/* What @other does not share is not kept; where it has more, there is a gap. */
static void take_over(struct learner *l, const struct token *other, uint32_t count,
		      const uint16_t *table)
{
	uint32_t at[2] = {0, 0};
	bool is_more = false;
	bool is_wide = false;
	bool is_field = false; /* what a field holds in the other line is no gap */

	while (at[0] < l->count) {
		struct token *token = &l->tokens[at[0]];

		switch (next_step(l, other, count, table, at)) {
		case STEP_BOTH:
			token->has_gap |= is_more && !is_field;
			token->is_wide |= is_wide && !is_field;
			is_more = is_field = is_wide = false;
			at[0]++;
			at[1]++;
			break;
		case STEP_LINE:
			is_field |= token->kind == TOKEN_FIELD;
			token->is_kept &= token->kind == TOKEN_FIELD;
			at[0]++;
			break;
		case STEP_OTHER:
			is_more = true;
			is_wide |= other[at[1]++].kind == TOKEN_BLANK;
			break;
		}
	}
	l->has_tail |= at[1] < count && !is_value_of_last(l, other, at[1], count);
}

static uint32_t count_words(const struct learner *l)
{
	uint32_t words = 0;

	for (uint32_t i = 0; i < l->count; i++)
		words += l->tokens[i].kind == TOKEN_WORD;
	return words;
}

/* Learn from the other lines what changes. */
static int learn_lines(struct learner *l)
{
	struct token *other = yg_arena_alloc(l->arena, YG_LEARN_TOKENS_MAX * sizeof(*other));
	uint16_t *table = yg_arena_alloc(l->arena, (l->count + 1) * (YG_LEARN_TOKENS_MAX + 1) *
							   sizeof(*table));
	uint32_t words = count_words(l);

	if (!other || !table)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < l->in->line_count; i++) {
		struct yg_bytes line = yg_bytes_trim(l->in->lines[i]);
		struct yg_bytes format;
		struct span time = {.field = UINT32_MAX};
		bool has_time;
		uint32_t count, shared;

		if (i == l->in->pointed || line.size > YG_LEARN_LINE_MAX)
			continue;
		has_time = yg_learn_time(line, l->in->zone, l->in->reference_ns, &time.at,
					 &time.size, &format);
		if (cut_line(line, &time, has_time, other, &count) != YG_OK)
			continue;
		/* most of the words have to be there: else it is another kind of line */
		fill_table(l, other, count, table);
		shared = count_shared(l, other, count, table);
		if (shared > 0 && shared * ALIKE >= words)
			take_over(l, other, count, table);
	}
	return YG_OK;
}

/* ---- writing the pattern ---- */

void yg_learn_literal(struct yg_buf *to, struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '{' || text.data[i] == '}')
			yg_buf_add_byte(to, text.data[i]);
		yg_buf_add_byte(to, is_blank(text.data[i]) ? ' ' : text.data[i]);
	}
}

/* Is there an end to a piece before token @i: text that stays, or nothing more? */
static bool is_text(const struct learner *l, uint32_t i)
{
	return i >= l->count || (l->tokens[i].kind != TOKEN_FIELD && l->tokens[i].is_kept);
}

static bool is_equals(const struct token *token)
{
	return token->kind == TOKEN_MARK && token->text.data[0] == '=';
}

/*
 * In NAME=VALUE NAME=VALUE: does the value of token @i, a field, have further words in other lines?
 * They stand before the next name, or at the end.
 */
static bool is_value_of_words(const struct learner *l, uint32_t i)
{
	const struct token *t = l->tokens;

	if (i == 0 || !is_equals(&t[i - 1]) || ends_itself(l, i))
		return false;
	if (i + 1 == l->count)
		return l->has_tail;
	return i + 3 < l->count && t[i + 1].kind == TOKEN_BLANK && is_text(l, i + 1) &&
	       t[i + 2].kind == TOKEN_WORD && t[i + 2].has_gap && is_text(l, i + 2) &&
	       is_equals(&t[i + 3]);
}

static void add_field(const struct learner *l, uint32_t index, bool is_followed, struct yg_buf *to)
{
	const struct token *token = &l->tokens[index];
	const struct yg_learn_field *field;
	const char *type;

	if (token->field == UINT32_MAX) {
		yg_buf_addf(to, "{time:time %.*s}", YG_FMT(l->time_format));
		return;
	}
	field = &l->in->fields[token->field];
	type = type_of(l, field);
	if (strcmp(type, "word") == 0 && is_value_of_words(l, index))
		type = "text";
	if (!is_followed && strcmp(type, "text last") == 0)
		type = "text";
	yg_buf_addf(to, "{%.*s:%s}", token->is_repeat ? 0 : (int)field->name.size,
		    (const char *)field->name.data, type);
}

static bool is_number(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((uint8_t)(text.data[i] - '0') > 9)
			return false;
	return text.size > 0;
}

static bool is_mark(const struct token *token, const char *marks)
{
	return token->kind == TOKEN_MARK && strchr(marks, token->text.data[0]);
}

/* Is number @i one of a process or thread in brackets, a port, or the seconds of a clock? */
static bool is_loose_number(const struct learner *l, uint32_t i)
{
	const struct token *t = l->tokens;

	if (i + 1 < l->count && is_mark(&t[i - 1], "[") && is_mark(&t[i + 1], "]"))
		return true;
	if (i > 1 && is_mark(&t[i - 1], ":") && t[i - 2].kind == TOKEN_FIELD)
		return true;
	if (i > 1 && t[i - 1].kind == TOKEN_BLANK && yg_bytes_eq(t[i - 2].text, YG_S("port")))
		return true;
	return i > 3 && is_mark(&t[i - 1], ":") && is_number(t[i - 2].text) &&
	       is_mark(&t[i - 3], ":") && is_number(t[i - 4].text);
}

/* Where @from changes, so does @to, which a mark ties to it. */
static void loosen_neighbour(const struct token *from, const struct token *mark, struct token *to)
{
	if (from->kind == TOKEN_WORD && to->kind == TOKEN_WORD && !from->is_kept &&
	    is_number(from->text) && is_number(to->text) && is_mark(mark, "-:./"))
		to->is_kept = false;
}

/*
 * Numbers that ten lines of one day share by chance: those above, and those that '-', ':', '.' or
 * '/' tie to a number that changes (a second time, a version).
 */
static void loosen_numbers(struct learner *l)
{
	struct token *t = l->tokens;

	for (uint32_t i = 1; i < l->count; i++)
		if (t[i].kind == TOKEN_WORD && is_number(t[i].text) && is_loose_number(l, i))
			t[i].is_kept = false;
	for (uint32_t i = 2; i < l->count; i++)
		loosen_neighbour(&t[i - 2], &t[i - 1], &t[i]);
	for (uint32_t i = l->count; i > 2; i--)
		loosen_neighbour(&t[i - 1], &t[i - 2], &t[i - 3]);
}

/* A second time in the line is not the same everywhere. */
static void loosen_times(struct learner *l)
{
	size_t end = 0;

	for (uint32_t i = 0; i < l->count; i++) {
		struct token *token = &l->tokens[i];
		size_t at = (size_t)(token->text.data - l->line.data);
		struct yg_bytes format;

		if (at >= end && token->kind == TOKEN_WORD)
			end = at + time_at(l->line, at, l->in->zone, l->in->reference_ns, &format);
		if (at < end && token->kind != TOKEN_FIELD)
			token->is_kept = false;
	}
}

/*
 * Between two parts that change, blanks and weak marks are no reason to stop: how many words stand
 * there may change, too.
 */
static void join_changes(struct learner *l)
{
	uint32_t last = UINT32_MAX; /* the last token that changes, with only weak ones since */

	for (uint32_t i = 0; i < l->count; i++) {
		struct token *token = &l->tokens[i];

		if (token->kind != TOKEN_FIELD && !token->is_kept) {
			for (uint32_t k = last; last != UINT32_MAX && k < i; k++)
				l->tokens[k].is_kept = false;
			last = i;
		} else if (token->kind != TOKEN_BLANK && !is_mark(token, "-.,:")) {
			last = UINT32_MAX;
		}
	}
}

/*
 * Two pieces must not touch: where a part that changes stands right before or behind a field, its
 * outermost blank or mark is kept, as it most often is the same everywhere.
 */
static void part_neighbours(struct learner *l)
{
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->tokens[i].kind != TOKEN_FIELD)
			continue;
		if (i > 0 && l->tokens[i - 1].kind != TOKEN_FIELD) {
			l->tokens[i - 1].is_kept |= l->tokens[i - 1].kind != TOKEN_WORD;
			if (!l->tokens[i - 1].is_kept && i > 1)
				l->tokens[i - 1].is_kept = true;
		}
		if (i + 1 < l->count && !ends_itself(l, i))
			l->tokens[i + 1].is_kept = true;
	}
}

/* The end of the run of tokens from @from on that change; *ret_open: it is not just one word. */
static uint32_t end_of_change(const struct learner *l, uint32_t from, bool *ret_open)
{
	uint32_t i = from;

	while (i < l->count && !is_text(l, i) && l->tokens[i].kind != TOKEN_FIELD)
		i++;
	*ret_open = i != from + 1 || l->tokens[from].kind != TOKEN_WORD ||
		    (i < l->count && l->tokens[i].is_wide);
	return i;
}

static void write_pattern(struct learner *l, struct yg_buf *to)
{
	uint32_t i = 0;

	while (i < l->count) {
		const struct token *token = &l->tokens[i];
		bool is_open;
		uint32_t end = end_of_change(l, i, &is_open);

		if (end > i || (token->has_gap && token->kind != TOKEN_FIELD &&
				(i == 0 || ends_itself(l, i - 1)) &&
				(i < 2 || !is_value_of_words(l, i - 2)))) {
			if (end == l->count) {
				yg_buf_add_str(to, "{:rest}");
				return;
			}
			yg_buf_add_str(to, is_open ? "{:text}" : "{:word}");
			i = end;
			token = &l->tokens[i];
		}
		if (token->kind == TOKEN_FIELD)
			add_field(l, i, is_text(l, i + 1) && i + 1 < l->count, to);
		else
			yg_learn_literal(to, token->text);
		i++;
	}
	if (l->has_tail && l->count > 0 && ends_itself(l, l->count - 1))
		yg_buf_add_str(to, "{:rest}");
}

int yg_learn_pattern(const struct yg_learn *learn, struct yg_arena *arena, struct yg_buf *to,
		     uint32_t *ret_field, struct yg_fault *reterr)
{
	struct learner l = {.in = learn, .arena = arena};
	int rc;

	assert(learn->pointed < learn->line_count);
	*ret_field = UINT32_MAX;
	l.line = yg_bytes_trim(learn->lines[learn->pointed]);
	l.tokens = yg_arena_alloc(arena, YG_LEARN_TOKENS_MAX * sizeof(*l.tokens));
	if (!l.tokens)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	if (l.line.size > YG_LEARN_LINE_MAX)
		return yg_fault_set(reterr, YG_ELIMIT, N_("a line longer than 16 KiB"), 0);
	rc = find_spans(&l, ret_field, reterr);
	if (rc != YG_OK)
		return rc;
	find_repeats(&l);
	if (cut_line(l.line, l.spans, l.span_count, l.tokens, &l.count) != YG_OK)
		return yg_fault_set(reterr, YG_ELIMIT,
				    N_("a line of more than 1024 words and marks"), 0);
	if (learn_lines(&l) != YG_OK)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	loosen_times(&l);
	loosen_numbers(&l);
	join_changes(&l);
	part_neighbours(&l);
	write_pattern(&l, to);
	rc = yg_buf_error(to);
	if (rc == YG_ENOMEM)
		return yg_fault_set(reterr, rc, "out of memory", 0);
	return rc == YG_OK ? rc
			   : yg_fault_set(reterr, rc,
					  N_("the pattern would be longer than 4096 bytes"), 0);
}

void yg_learn_quote(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_byte(to, '\'');
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\'')
			yg_buf_add_byte(to, '\'');
		yg_buf_add_byte(to, text.data[i]);
	}
	yg_buf_add_byte(to, '\'');
}
