/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions: what Vectorscan takes is taken. Constructs that need backtracking are
 * named before Vectorscan is asked, because its own messages do not say which one it met. The
 * built-in matcher takes the same but for a few, which make a rule inactive there.
 */
#include "detect/rules-int.h"

#include "base/ban.h"

/* Up to these an expression that parses compiles too; compiling all would double the start. */
#define LIGHT_SIZE    400u
#define LIGHT_REPEAT  300u
#define LIGHT_REPEATS 600u   /* all together */
#define LIGHT_WRITTEN 200u   /* characters of a group that repeats, written out */
#define WRITTEN_MAX   16384u /* the same; more keeps Vectorscan's compiler busy for too long */
#define DEPTH_MAX     64u
#define REASON_MAX    200u

struct yg_pattern yg_pred_pattern(const struct yg_pred *pred)
{
	unsigned flags = 0;

	flags |= pred->is_cased ? 0 : YG_REGEX_CASELESS;
	flags |= pred->is_multiline ? YG_REGEX_MULTILINE : 0;
	flags |= pred->is_dot_all ? YG_REGEX_DOT_ALL : 0;
	return (struct yg_pattern){pred->text, flags};
}

static const char *after_paren(struct yg_bytes rest)
{
	static const struct {
		const char *start;
		const char *words;
	} constructs[] = {
		{"(?=", "a look-ahead (?="},	    {"(?!", "a negative look-ahead (?!"},
		{"(?<=", "a look-behind (?<="},	    {"(?<!", "a negative look-behind (?<!"},
		{"(?>", "an atomic group (?>"},	    {"(?P=", "a back-reference (?P="},
		{"(?(", "a conditional group (?("}, {"(?R", "a recursion (?R"},
		{"(?&", "a recursion (?&"},	    {"(*", "a control verb (*"},
	};

	for (size_t i = 0; i < sizeof(constructs) / sizeof(constructs[0]); i++)
		if (yg_bytes_starts(rest, yg_bytes_str(constructs[i].start)))
			return constructs[i].words;
	return NULL;
}

static uint8_t byte_at(struct yg_bytes text, size_t at)
{
	return at < text.size ? text.data[at] : 0;
}

/* Where the class that opens at @at ends (its closing bracket, or the end of the text). */
static size_t skip_class(struct yg_bytes text, size_t at)
{
	at += byte_at(text, at + 1) == '^' ? 2 : 1;
	at += byte_at(text, at) == ']'; /* the first one is a member */
	while (at < text.size && text.data[at] != ']')
		at += text.data[at] == '\\' ? 2 : 1;
	return at;
}

/* The first construct that a matcher without backtracking cannot do, or NULL; *ret_at from 1. */
static const char *find_unsupported(struct yg_bytes text, size_t *ret_at)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		uint8_t after = byte_at(text, i + 1);
		const char *words = NULL;

		*ret_at = i + 1;
		if (c == '\\') {
			if ((after >= '1' && after <= '9') || after == 'k' || after == 'g')
				return "a back-reference";
			i++;
		} else if (c == '[') {
			i = skip_class(text, i);
		} else if (c == '(') {
			words = after_paren(yg_bytes_from(text, i));
		}
		if (words)
			return words;
	}
	return NULL;
}

/* "{3}", "{2,5}", "{2,}" at @at: *ret_times is the larger number; its last byte, or @at: none. */
static size_t read_repeat(struct yg_bytes text, size_t at, uint64_t *ret_times)
{
	size_t end = at + 1;

	*ret_times = 1;
	while (byte_at(text, end) == ',' ||
	       (byte_at(text, end) >= '0' && byte_at(text, end) <= '9')) {
		size_t from = end;
		uint64_t number = 0;

		while (byte_at(text, end) >= '0' && byte_at(text, end) <= '9')
			end++;
		if (end > from && !yg_bytes_u64(yg_bytes_cut(text, from, end), &number))
			number = UINT32_MAX;
		*ret_times = number > *ret_times ? number : *ret_times;
		end += byte_at(text, end) == ',';
	}
	return byte_at(text, end) == '}' ? end : at;
}

/* \x{…} and \Q…\E are more than a byte behind the backslash. */
static size_t skip_escape(struct yg_bytes text, size_t at)
{
	size_t end = SIZE_MAX;

	if (byte_at(text, at + 1) == 'Q')
		end = yg_bytes_find(yg_bytes_from(text, at), YG_S("\\E"));
	else if (byte_at(text, at + 2) == '{')
		end = yg_bytes_chr(yg_bytes_from(text, at), '}');
	else
		return at + 1;
	return end == SIZE_MAX ? text.size : at + end + (byte_at(text, at + 1) == 'Q');
}

static uint64_t bounded(uint64_t number)
{
	return number < UINT32_MAX ? number : UINT32_MAX;
}

/*
 * How many characters the largest group of @text has that is repeated by a number, written out:
 * repeats in repeats multiply. UINT32_MAX: more, or nested deeper than is looked at.
 */
static uint64_t written_out(struct yg_bytes text)
{
	uint64_t sizes[DEPTH_MAX] = {0}; /* of the groups that are open */
	uint64_t last = 0;		 /* size of what stands before this */
	uint64_t largest = 0;
	bool is_group = false; /* that is one */
	uint32_t depth = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		uint64_t times;

		if (c == '{' && read_repeat(text, i, &times) > i) {
			i = read_repeat(text, i, &times);
			if (is_group && times > 1 && last * times > largest)
				largest = bounded(last * times);
			sizes[depth] = bounded(sizes[depth] + last * (times - 1));
			continue;
		}
		if (c == '(') {
			if (++depth == DEPTH_MAX)
				return UINT32_MAX;
			sizes[depth] = 0;
			continue;
		}
		is_group = c == ')' && depth > 0;
		last = is_group ? sizes[depth--] : 1;
		sizes[depth] = bounded(sizes[depth] + last);
		if (c == '\\')
			i = skip_escape(text, i);
		else if (c == '[')
			i = skip_class(text, i);
	}
	return largest;
}

/* Long ones, and repeats by large numbers: these can pass the parser and fail in the compiler. */
static bool is_heavy(struct yg_bytes text)
{
	uint64_t sum = 0;

	if (text.size > LIGHT_SIZE || written_out(text) > LIGHT_WRITTEN)
		return true;
	for (size_t i = 0; i < text.size; i++) {
		uint64_t number;
		size_t end = i + 1;

		if (text.data[i] != '{' && text.data[i] != ',')
			continue;
		while (end < text.size && text.data[end] >= '0' && text.data[end] <= '9')
			end++;
		if (end == i + 1)
			continue;
		if (!yg_bytes_u64(yg_bytes_cut(text, i + 1, end), &number) || number > LIGHT_REPEAT)
			return true;
		sum += number;
		if (sum > LIGHT_REPEATS)
			return true;
	}
	return false;
}

int yg_sigma_regex_check(struct yg_load *load, uint32_t line, const struct yg_pred *pred)
{
	const struct yg_matcher_ops *ops = yg_matcher_ops(load->rules->matcher);
	struct yg_pattern pattern = yg_pred_pattern(pred);
	char reason[REASON_MAX] = "";
	const char *words;
	size_t at = 0;
	int rc;

	if (yg_bytes_chr(pred->text, 0) != SIZE_MAX)
		return yg_load_fail(load, line,
				    "the regular expression holds a NUL byte: write \\x00");
	words = find_unsupported(pred->text, &at);
	if (words)
		return yg_load_fail(load, line,
				    "the regular expression uses %s at character %zu, which "
				    "linear-time matching cannot do",
				    words, at);
	if (written_out(pred->text) > WRITTEN_MAX)
		return yg_load_fail(load, line,
				    "the regular expression repeats a group that has more than %u "
				    "characters when its repeats are written out: make the numbers "
				    "smaller",
				    WRITTEN_MAX);
	rc = ops->check(&pattern, is_heavy(pred->text), reason, sizeof(reason));
	if (rc == YG_EFORMAT)
		return yg_load_fail(load, line, "the regular expression cannot be used: %s",
				    reason);
	if (rc == YG_EUNSUPPORTED && load->lacks.size == 0)
		return yg_arena_dup(load->arena, yg_bytes_str(reason), &load->lacks) ? YG_OK
										     : YG_ENOMEM;
	return rc == YG_EUNSUPPORTED ? YG_OK : rc;
}
