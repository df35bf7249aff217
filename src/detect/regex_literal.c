/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/regex_literal.h"

#include "base/ban.h"

struct run {
	uint8_t *to;
	size_t room;
	size_t best; /* size of what stands in @to */
	uint8_t now[64];
	size_t size;
	bool is_caseless; /* all of the expression, or some of it */
};

static void end_run(struct run *run)
{
	if (run->size > run->best) {
		run->best = run->size < run->room ? run->size : run->room;
		memcpy(run->to, run->now, run->best);
	}
	run->size = 0;
}

static void add_byte(struct run *run, uint8_t c)
{
	/* Without case these fit U+212A and U+017F, which yg_fold() leaves alone. */
	if (run->is_caseless && strchr("kKsS", (int)c)) {
		end_run(run);
		return;
	}
	if (run->size == sizeof(run->now))
		end_run(run);
	run->now[run->size++] = c;
}

/* After a class that opens at @at. */
static size_t skip_class(struct yg_bytes regex, size_t at)
{
	at++;
	if (at < regex.size && regex.data[at] == '^')
		at++;
	if (at < regex.size && regex.data[at] == ']')
		at++;
	while (at < regex.size && regex.data[at] != ']') {
		if (regex.data[at] == '\\')
			at++;
		else if (regex.data[at] == '[' && at + 1 < regex.size && regex.data[at + 1] == ':')
			return regex.size; /* a named class: leave the rest alone */
		at++;
	}
	return at + 1;
}

/* After a group that opens at @at. */
static size_t skip_group(struct yg_bytes regex, size_t at)
{
	size_t depth = 0;

	while (at < regex.size) {
		uint8_t c = regex.data[at];

		if (c == '\\') {
			at += 2;
			continue;
		}
		if (c == '[') {
			at = skip_class(regex, at);
			continue;
		}
		depth += c == '(';
		depth -= c == ')';
		at++;
		if (depth == 0)
			return at;
	}
	return regex.size;
}

/* How many bytes a repetition at @at takes: 0 = none there. *ret_optional: may be zero times. */
static size_t repetition(struct yg_bytes regex, size_t at, bool *ret_optional)
{
	uint8_t c = at < regex.size ? regex.data[at] : 0;
	size_t end;

	*ret_optional = c == '*' || c == '?' || c == '{'; /* {n} is taken for {0,}: not wrong */
	if (c == '*' || c == '?' || c == '+') {
		end = at + 1;
	} else if (c == '{') {
		end = yg_bytes_chr(yg_bytes_from(regex, at), '}');
		if (end == SIZE_MAX)
			return regex.size - at;
		end += at + 1;
	} else {
		return 0;
	}
	if (end < regex.size && (regex.data[end] == '?' || regex.data[end] == '+'))
		end++;
	return end - at;
}

/* A plain byte at @at: how many bytes of the expression it takes, 0 = not plain. */
static size_t plain(struct yg_bytes regex, size_t at, uint8_t *ret)
{
	uint8_t c = regex.data[at];

	if (c == '\\' && at + 1 < regex.size) {
		*ret = regex.data[at + 1];
		if ((*ret >= '0' && *ret <= '9') || (*ret >= 'A' && *ret <= 'Z') ||
		    (*ret >= 'a' && *ret <= 'z') || *ret >= 0x80)
			return 0;
		return 2;
	}
	*ret = c;
	return c >= 0x80 || strchr("\\.^$|()[]{}*+?", (int)c) ? 0 : 1;
}

static bool has_top_alternation(struct yg_bytes regex)
{
	size_t at = 0;

	while (at < regex.size) {
		uint8_t c = regex.data[at];

		if (c == '|')
			return true;
		if (c == '\\')
			at += 2;
		else if (c == '[')
			at = skip_class(regex, at);
		else if (c == '(')
			at = skip_group(regex, at);
		else
			at++;
	}
	return false;
}

/* An inline option, (?x) or (?ix: … With x blanks in the expression are not text. */
static bool has_option(struct yg_bytes regex, uint8_t option)
{
	for (size_t at = 0; at + 2 < regex.size; at++) {
		size_t i = at + 2;

		if (regex.data[at] != '(' || regex.data[at + 1] != '?')
			continue;
		while (i < regex.size && regex.data[i] != ')' && regex.data[i] != ':' &&
		       regex.data[i] != '<' && regex.data[i] != 'P')
			if (regex.data[i++] == option)
				return true;
	}
	return false;
}

/* After what stands at @at and is no plain byte; SIZE_MAX where bytes after it are part of it. */
static size_t skip_special(struct yg_bytes regex, size_t at)
{
	uint8_t first = regex.data[at];

	if (first == '[')
		return skip_class(regex, at);
	if (first == '(')
		return skip_group(regex, at);
	if (first != '\\')
		return at + 1;
	if (at + 1 < regex.size && strchr("xcoupPNgk0123456789", (int)regex.data[at + 1]))
		return SIZE_MAX;
	return at + 2;
}

size_t yg_regex_literal(struct yg_bytes regex, bool is_caseless, uint8_t *to, size_t room)
{
	struct run run = {
		.to = to, .room = room, .is_caseless = is_caseless || has_option(regex, 'i')};
	size_t at = 0;

	/* With \Q…\E or (?x) bytes mean something else: nothing is certain then. */
	if (has_top_alternation(regex) || yg_bytes_find(regex, YG_S("\\Q")) != SIZE_MAX ||
	    has_option(regex, 'x'))
		return 0;
	while (at < regex.size) {
		bool is_optional;
		uint8_t c = 0;
		size_t used = plain(regex, at, &c);
		size_t times;

		if (used == 0) {
			end_run(&run);
			at = skip_special(regex, at);
			at += at < regex.size ? repetition(regex, at, &is_optional) : 0;
			continue;
		}
		times = repetition(regex, at + used, &is_optional);
		if (times && is_optional)
			end_run(&run);
		else
			add_byte(&run, c);
		if (times)
			end_run(&run);
		at += used + times;
	}
	end_run(&run);
	return run.best;
}
