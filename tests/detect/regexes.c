/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated expressions on generated texts, with characters beyond ASCII and bytes that belong to
 * none: Vectorscan by way of characters.c, the built-in matcher, and Vectorscan with all of its
 * Unicode on a text mended beforehand must agree, on what they take and on what fits.
 *
 * regexes ROUNDS [SEED]: the seed is printed; giving it runs the same again. Without a CPU for
 * Vectorscan: skipped. Where it is known to be wrong (detect/known.c; meson.build mends it where
 * it can): short texts only, in which it is right but for one case in some hundred thousand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "detect/patterns.h"

#define TEXTS	  24u
#define SHORT	  63u /* bytes; longer texts are looked at in blocks */
#define LONG_ONES 6u  /* of the texts */
#define REGEX_MAX 4096u
#define PIECES	  (sizeof(pieces) / sizeof(pieces[0]))
#define TRIES_MIN 1000u /* fewer texts looked through in 1000 rounds: something is wrong */

static uint64_t state;
static uint64_t compared, fits, beyond_ascii, taken, thrice, beyond, stricter, failed;
static bool are_long; /* some texts, too */

static uint32_t pick(uint32_t below)
{
	state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = state;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % below);
}

static const char *const pieces[] = {
	"a",
	"b",
	"A",
	"c",
	"B",
	"ab",
	"1",
	"_",
	" ",
	"-",
	"\n",
	"k",
	"K",
	"s",
	"\t",
	"\v",
	"\x1f",
	"]",
	"{",
	"^",
	"$",
	"\\",
	"\xc3\xa9",
	"\xc3\x89",
	"\xe3\x81\x82",
	"\xe2\x84\xaa",
	"\xc5\xbf",
	"\xcf\x83",
	"\xcf\x82",
	"\xd0\x96",
	"\xd0\xb6",
	"\xf0\x9f\x98\x80",
	"\xc2\x85",
	"\xc2\xa0",
	"\xe3\x80\x80",
	"\xe2\x80\xa8",
	"\xe1\xba\xa4",
	"\xe1\xba\xa5",
	"\xe2\x85\xa0",
	"\xe2\x85\xb0",
	"\xe2\x93\x90",
	/* Of no character: alone, cut off, too long, a surrogate, beyond the last. */
	"\x80",
	"\xff",
	"\xe3",
	"\xe3\x81",
	"\xf0\x9f\x98",
	"\xc0\x80",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
};
#define ASCII_PIECES 22u

/* What stands for one character. */
static void add_atom(struct yg_buf *to, bool is_utf8)
{
	static const char *const atoms[] = {
		"a",	   "b",	  "c",	 "A",	 "1",	   ".",	    "\\d",	"\\w",	    "\\s",
		"\\W",	   "\\S", "\\D", "\\h",	 "\\v",	   "\\H",   "\\V",	"\\n",	    "\\x61",
		"\\x{62}", "\\.", "\\-", "\\t",	 "\\e",	   "\\0",   "\\cK",	"\\o{141}", "\\x1F",
		"-",	   "_",	  "]",	 "}",	 "{",	   "a{,2}", "\\Qa.\\E", "\\y",	    "k",
		"s",	   " ",	  "\\ ", "\\x4", "\\p{L}", "(?#x)", "\\Q",	"\\E",	    "\\R",
	};
	static const char *const members[] = {
		"a",	      "b",   "c-e",	 "A-B",	       "0-9",	   "\\d", "\\w",
		"\\s",	      "\\S", "\\W",	 "[:alpha:]",  "_",	   "-",	  "[:^digit:]",
		"\\n",	      ".",   "\\]",	 "\\x62",      "^",	   "[",	  "[:upper:]",
		"\\b",	      "\\h", "\\101",	 "[:punct:]",  "\\Qa-\\E", "k",	  "[:space:]",
		"[:^upper:]", "\\-", "[:word:]", "[:^lower:]", "\\V",
	};
	static const char *const wide[] = {"\xc3\xa9",	       "\xe3\x81\x82", "\xcf\x83",
					   "\xd0\x96",	       "\\x{e9}",      "\xe2\x84\xaa",
					   "\xf0\x9f\x98\x80", "\\xe9",	       "[^\\x00-\\x7f]",
					   "\\x{fffd}",	       "\\x{17f}",     "[\\x80-\\xff]",
					   "\xe1\xba\xa4",     "\xe2\x85\xa0", "\xe2\x92\xb6"};
	static const char *const wide_members[] = {
		"\xe3\x81\x81-\xe3\x82\x93", "\xc3\xa9",	   "\xce\xb1-\xcf\x89",
		"\\x{400}-\\x{4ff}",	     "\xe2\x84\xaa",	   "\xf0\x9f\x98\x80",
		"\\x{1e00}-\\x{1eff}",	     "\\x{2100}-\\x{24ff}"};

	if (pick(4) == 0) {
		yg_buf_add_str(to, pick(3) ? "[" : "[^");
		for (uint32_t n = 1 + pick(3); n > 0; n--)
			if (is_utf8 && pick(3) == 0)
				yg_buf_add_str(to, wide_members[pick(sizeof(wide_members) /
								     sizeof(wide_members[0]))]);
			else
				yg_buf_add_str(to, members[pick(33)]);
		yg_buf_add_byte(to, ']');
	} else if (is_utf8 && pick(3) == 0) {
		yg_buf_add_str(to, wide[pick(sizeof(wide) / sizeof(wide[0]))]);
	} else {
		yg_buf_add_str(to, atoms[pick(pick(2) ? 8 : 45)]);
	}
}

static void add_repeat(struct yg_buf *to)
{
	static const char *const repeats[] = {"*",    "+",     "?",  "{2}",   "{1,2}",
					      "{2,}", "{0,3}", "*?", "+?",    "??",
					      "{3}?", "{0}",   "++", "{2,1}", "{0,}"};

	yg_buf_add_str(to, repeats[pick(pick(4) ? 8 : 15)]);
}

/* Some groups open, then all are closed again: no recursion is needed for random depth. */
static void add_regex(struct yg_buf *to, bool is_utf8)
{
	static const char *const opens[] = {"(",    "(?:",   "(?i:", "(?<n>", "(?P<m>",
					    "(?s:", "(?-i:", "(?m:", "(?x: "};
	static const char *const places[] = {"^",   "$",    "\\b",  "\\B",  "\\A",   "\\z",
					     "\\Z", "(?i)", "(?m)", "(?s)", "(?-i)", "(?x)"};
	uint32_t depth = 0;

	if (pick(5) == 0)
		yg_buf_add_str(to, places[pick(12)]);
	for (uint32_t n = 1 + pick(8); n > 0; n--) {
		uint32_t what = pick(16);

		if (what == 0 && depth < 4) {
			yg_buf_add_str(to, opens[pick(pick(2) ? 2 : 9)]);
			depth++;
		} else if (what == 1) {
			yg_buf_add_byte(to, '|');
		} else if (what == 2 && depth > 0) {
			yg_buf_add_byte(to, ')');
			depth--;
			if (pick(2))
				add_repeat(to);
		} else if (what == 3 && pick(2)) {
			yg_buf_add_str(to, places[pick(12)]);
		} else {
			add_atom(to, is_utf8);
			if (pick(3) == 0)
				add_repeat(to);
		}
	}
	while (depth-- > 0) {
		yg_buf_add_byte(to, ')');
		if (pick(3) == 0)
			add_repeat(to);
	}
	if (pick(6) == 0)
		yg_buf_add_str(to, pick(2) ? "$" : "\\z");
}

static bool is_ascii(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= 0x80)
			return false;
	return true;
}

static void must(bool is_fine)
{
	if (!is_fine)
		abort();
}

struct opened {
	const struct yg_matcher_ops *ops;
	char *bytes;
	void *sets;
	void *room;
};

static bool open_one(struct opened *to, const struct yg_matcher_ops *ops,
		     const struct yg_pattern *pattern)
{
	size_t size;

	*to = (struct opened){.ops = ops};
	if (ops->compile(pattern, 1, true, &to->bytes, &size) != YG_OK)
		return false;
	must((to->sets = ops->sets_new(1)) != NULL);
	must(ops->sets_add(to->sets, (struct yg_bytes){(const uint8_t *)to->bytes, size}) == YG_OK);
	must((to->room = ops->room_new(to->sets)) != NULL);
	return true;
}

static void close_one(struct opened *one)
{
	one->ops->room_free(one->room);
	one->ops->sets_free(one->sets);
	free(one->bytes);
}

static int found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		 void *arg)
{
	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	*(bool *)arg = true;
	return 1;
}

static bool is_found(struct opened *one, struct yg_bytes text)
{
	bool result = false;

	must(one->ops->scan(one->sets, one->room, 0, text, found, &result) == YG_OK);
	return result;
}

/* Each byte that belongs to no character: U+FFFD. */
static void mend(struct yg_buf *to, struct yg_bytes text)
{
	size_t size;

	for (size_t at = 0; at < text.size; at += size ? size : 1) {
		size = yg_utf8_size(yg_bytes_from(text, at));
		yg_buf_add(to, size ? yg_bytes_cut(text, at, at + size) : YG_S("\xef\xbf\xbd"));
	}
}

static void show(const char *what, uint64_t seed, const struct yg_pattern *pattern,
		 struct yg_bytes text)
{
	fprintf(stderr, "seed %llu: %s: flags %u: %.*s\n", (unsigned long long)seed, what,
		pattern->flags, YG_FMT(pattern->text));
	fprintf(stderr, "  text:");
	for (size_t i = 0; i < text.size; i++)
		fprintf(stderr, text.data[i] > ' ' && text.data[i] < 127 ? " %c" : " %02x",
			text.data[i]);
	fprintf(stderr, "\n");
}

static void add_text(struct yg_buf *to, uint32_t pieces_max, uint32_t words)
{
	for (uint32_t n = pick(pieces_max); n > 0; n--)
		yg_buf_add_str(to, pieces[pick(pick(2) ? 6 : words)]);
}

/* A run of one piece, with something before it, after it, or both. */
static void add_long_text(struct yg_buf *to, uint32_t words)
{
	const char *piece = pieces[pick(pick(2) ? 6 : words)];

	if (pick(2))
		add_text(to, 9, words);
	for (uint32_t n = 40 + pick(pick(2) ? 60 : 300); n > 0; n--)
		yg_buf_add_str(to, piece);
	add_text(to, 9, words);
}

struct trio {
	struct opened usual; /* characters.c */
	struct opened own;   /* the built-in matcher */
	struct opened wide;  /* Vectorscan with characters; may be too large for it */
	bool has_wide;
};

static void compare_text(uint64_t seed, const struct yg_pattern *pattern, struct trio *trio,
			 struct yg_bytes text)
{
	bool expected = is_found(&trio->usual, text);
	struct yg_buf mended;

	compared++;
	fits += expected;
	beyond_ascii += !is_ascii(text);
	if (is_found(&trio->own, text) != expected) {
		show(expected ? "not found" : "found wrongly", seed, pattern, text);
		failed++;
	}
	yg_buf_init(&mended, 16384);
	mend(&mended, text);
	must(yg_buf_error(&mended) == YG_OK);
	if (trio->has_wide && is_found(&trio->wide, yg_buf_bytes(&mended)) != expected) {
		show(expected ? "found by way of bytes only" : "missed by way of bytes", seed,
		     pattern, text);
		failed++;
	}
	yg_buf_done(&mended);
}

static void compare_texts(uint64_t seed, const struct yg_pattern *pattern)
{
	struct yg_pattern wide = {pattern->text, pattern->flags | YG_REGEX_UTF8};
	uint32_t words = pick(4) ? PIECES : ASCII_PIECES;
	struct trio trio;

	if (!open_one(&trio.usual, &yg_characters_ops, pattern)) {
		stricter++; /* its compiler can refuse what its parser took */
		return;
	}
	must(open_one(&trio.own, &yg_builtin_ops, pattern));
	trio.has_wide = open_one(&trio.wide, &yg_vectorscan_ops, &wide);
	thrice += trio.has_wide;
	for (uint32_t i = 0; i < TEXTS + (are_long ? LONG_ONES : 0); i++) {
		struct yg_buf text;

		yg_buf_init(&text, 4096);
		if (i < TEXTS)
			add_text(&text, i < 4 ? 2 : 9, words);
		else
			add_long_text(&text, words);
		if (pick(8) == 0)
			yg_buf_add_byte(&text, '\n');
		must(i >= TEXTS || text.size <= SHORT);
		compare_text(seed, pattern, &trio, yg_buf_bytes(&text));
		yg_buf_done(&text);
	}
	close_one(&trio.usual);
	close_one(&trio.own);
	if (trio.has_wide)
		close_one(&trio.wide);
}

static void run_round(uint64_t seed)
{
	struct yg_pattern pattern;
	char reason[200], own_reason[200];
	struct yg_buf regex;
	bool names_beyond;
	int library, own;

	state = seed;
	yg_buf_init(&regex, REGEX_MAX);
	names_beyond = pick(4) == 0;
	pattern.flags = pick(3) == 0 ? YG_REGEX_CASELESS : 0;
	pattern.flags |= pick(5) == 0 ? YG_REGEX_MULTILINE : 0;
	pattern.flags |= pick(5) == 0 ? YG_REGEX_DOT_ALL : 0;
	add_regex(&regex, names_beyond);
	pattern.text = yg_buf_bytes(&regex);
	library = yg_characters_ops.check(&pattern, false, reason, sizeof(reason));
	own = yg_builtin_ops.check(&pattern, false, own_reason, sizeof(own_reason));
	if (library == YG_OK && own == YG_OK) {
		taken++;
		compare_texts(seed, &pattern);
	} else if (library == YG_OK && own == YG_EUNSUPPORTED) {
		beyond++;
	} else if (library == YG_OK) {
		show(own_reason, seed, &pattern, YG_S(""));
		failed++;
	} else if (own == YG_OK) {
		if (getenv("SHOW_STRICTER"))
			show(reason, seed, &pattern, YG_S(""));
		stricter++;
	}
	yg_buf_done(&regex);
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL) * 1000;
	bool is_fine;

	if (!yg_vectorscan_runs()) {
		printf("0 passed, 0 failed, 1 skipped: this CPU has no SSE4.2 for Vectorscan\n");
		return 77;
	}
	are_long = yg_matcher_here() == YG_MATCHER_VECTORSCAN;
	fprintf(stderr, "seed %llu%s\n", (unsigned long long)seed,
		are_long ? "" : "; Vectorscan misses texts on this CPU: short ones only");
	for (uint64_t i = 0; i < rounds && failed < 20; i++)
		run_round(seed + i);
	fprintf(stderr,
		"%llu expressions taken, %llu beyond the built-in matcher, %llu refused by "
		"Vectorscan only, %llu tried three times; %llu texts, %llu beyond ASCII, %llu "
		"fit\n",
		(unsigned long long)taken, (unsigned long long)beyond, (unsigned long long)stricter,
		(unsigned long long)thrice, (unsigned long long)compared,
		(unsigned long long)beyond_ascii, (unsigned long long)fits);
	is_fine = failed == 0 && compared >= TRIES_MIN * (rounds / 1000) && fits > 0 &&
		  beyond_ascii > compared / 4;
	printf("%d passed, %d failed, 0 skipped\n", is_fine, !is_fine);
	return !is_fine;
}
