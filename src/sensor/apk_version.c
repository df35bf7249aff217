/* SPDX-License-Identifier: Apache-2.0 */
/* The order of versions of Alpine Linux: part by part, the kinds of parts in the order below. */
#include "sensor/apk.h"

#include "base/ban.h"

enum kind {
	FIRST,	/* digits at the front */
	DIGITS, /* ".12" */
	LETTER,
	SUFFIX,	       /* "_rc" */
	SUFFIX_DIGITS, /* behind it */
	HASH,	       /* "~" and hexadecimal digits */
	REVISION,      /* "-r3" */
	END,
	WRONG,
};

/* Those before nothing, nothing, those behind it. */
static const char *const suffixes[] = {"alpha", "beta", "pre", "rc", "",
				       "cvs",	"svn",	"git", "hg", "p"};
#define SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))
#define NOTHING	 4u

struct part {
	enum kind kind;
	struct yg_bytes text; /* of it, without what introduces it */
	size_t suffix;	      /* place in suffixes */
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_hex(uint8_t c)
{
	return yg_hex_digit(c) >= 0;
}

/* The front of @rest that is of one class; passed. */
static struct yg_bytes span(struct yg_bytes *rest, bool (*is_one)(uint8_t c))
{
	struct yg_bytes found;
	size_t size = 0;

	while (size < rest->size && is_one(rest->data[size]))
		size++;
	found = yg_bytes_cut(*rest, 0, size);
	*rest = yg_bytes_from(*rest, size);
	return found;
}

static void take_digits(struct part *part, enum kind kind, struct yg_bytes *rest)
{
	part->text = span(rest, is_digit);
	part->kind = part->text.size > 0 ? kind : WRONG;
}

static void take_suffix(struct part *part, struct yg_bytes *rest)
{
	part->text = span(rest, is_lower);
	part->kind = WRONG;
	for (size_t i = 0; i < SUFFIXES && part->text.size > 0; i++)
		if (yg_bytes_eq(part->text, yg_bytes_str(suffixes[i]))) {
			part->suffix = i;
			part->kind = SUFFIX;
		}
}

/* Digits behind a suffix count it; elsewhere they follow digits, as apk reads them. */
static void take_more_digits(struct part *part, struct yg_bytes *rest)
{
	if (part->kind == SUFFIX)
		take_digits(part, SUFFIX_DIGITS, rest);
	else if (part->kind <= DIGITS)
		take_digits(part, DIGITS, rest);
	else
		part->kind = WRONG;
}

/* "-r3"; the "-" is passed. */
static void take_revision(struct part *part, struct yg_bytes *rest)
{
	if (rest->size == 0 || rest->data[0] != 'r')
		return;
	*rest = yg_bytes_from(*rest, 1);
	take_digits(part, REVISION, rest);
}

/* The part behind @part, in its place. What may not follow it is WRONG. */
static void next(struct part *part, struct yg_bytes *rest)
{
	enum kind before = part->kind;
	uint8_t c = rest->size > 0 ? rest->data[0] : 0;

	if (rest->size == 0) {
		part->kind = END;
		return;
	}
	if (is_digit(c)) {
		take_more_digits(part, rest);
		return;
	}
	part->kind = WRONG;
	*rest = yg_bytes_from(*rest, 1);
	if (is_lower(c) && before <= DIGITS) {
		part->text = (struct yg_bytes){rest->data - 1, 1};
		part->kind = LETTER;
	} else if (c == '.' && before <= DIGITS) {
		take_digits(part, DIGITS, rest);
	} else if (c == '_' && before <= SUFFIX_DIGITS) {
		take_suffix(part, rest);
	} else if (c == '~' && before < HASH) {
		part->text = span(rest, is_hex);
		part->kind = part->text.size > 0 ? HASH : WRONG;
	} else if (c == '-' && before < REVISION) {
		take_revision(part, rest);
	}
}

static int compare_text(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int found = size ? memcmp(a.data, b.data, size) : 0;

	return found ? found : (a.size > b.size) - (a.size < b.size);
}

static int compare_numbers(struct yg_bytes a, struct yg_bytes b)
{
	while (a.size > 0 && a.data[0] == '0')
		a = yg_bytes_from(a, 1);
	while (b.size > 0 && b.data[0] == '0')
		b = yg_bytes_from(b, 1);
	return a.size != b.size ? (a.size > b.size) - (a.size < b.size) : compare_text(a, b);
}

/* Of one kind. Behind a point, what begins with 0 is a fraction: 1.05 is before 1.1. */
static int compare_parts(const struct part *a, const struct part *b)
{
	if (a->kind == SUFFIX)
		return (a->suffix > b->suffix) - (a->suffix < b->suffix);
	if (a->kind == LETTER || a->kind == HASH ||
	    (a->kind == DIGITS && (a->text.data[0] == '0' || b->text.data[0] == '0')))
		return compare_text(a->text, b->text);
	return compare_numbers(a->text, b->text);
}

static bool is_before_nothing(const struct part *part)
{
	return part->kind == SUFFIX && part->suffix < NOTHING;
}

int yg_apk_compare(struct yg_bytes a, struct yg_bytes b)
{
	struct part x = {0};
	struct part y = {0};

	take_digits(&x, FIRST, &a);
	take_digits(&y, FIRST, &b);
	while (x.kind == y.kind && x.kind < END) {
		int found = compare_parts(&x, &y);

		if (found != 0)
			return found;
		next(&x, &a);
		next(&y, &b);
	}
	if (x.kind == y.kind)
		return 0;
	if (is_before_nothing(&x) != is_before_nothing(&y))
		return is_before_nothing(&x) ? -1 : 1;
	return x.kind > y.kind ? -1 : 1; /* who has more is later, and so is the earlier kind */
}
