/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy.h"

#include "base/ban.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* ---- words ---- */

static bool find_word(struct yg_bytes word, const char *const *words, unsigned count, unsigned *ret)
{
	for (unsigned i = 0; i < count; i++)
		if (yg_bytes_eq(word, yg_bytes_str(words[i]))) {
			*ret = i;
			return true;
		}
	return false;
}

#define X(id, word, words) word,
static const char *const class_names[] = {YG_POLICY_CLASSES(X)};
static const char *const basis_names[] = {YG_POLICY_BASES(X)};
#undef X
#define X(id, word, words) words,
static const char *const class_words[] = {YG_POLICY_CLASSES(X)};
static const char *const basis_words[] = {YG_POLICY_BASES(X)};
#undef X
#define X(id, word) word,
static const char *const mask_names[] = {YG_POLICY_MASKS(X)};
#undef X

const char *yg_policy_class_word(enum yg_policy_class class_)
{
	return (unsigned)class_ < YG_POLICY_CLASS_COUNT ? class_names[class_] : "?";
}

const char *yg_policy_class_words(enum yg_policy_class class_)
{
	return (unsigned)class_ < YG_POLICY_CLASS_COUNT ? class_words[class_] : "?";
}

bool yg_policy_class_by_word(struct yg_bytes word, enum yg_policy_class *ret)
{
	unsigned i;

	if (!find_word(word, class_names, YG_POLICY_CLASS_COUNT, &i))
		return false;
	*ret = (enum yg_policy_class)i;
	return true;
}

const char *yg_policy_mask_word(enum yg_policy_mask mask)
{
	return (unsigned)mask < YG_POLICY_MASK_COUNT ? mask_names[mask] : "?";
}

bool yg_policy_mask_by_word(struct yg_bytes word, enum yg_policy_mask *ret)
{
	unsigned i;

	if (!find_word(word, mask_names, YG_POLICY_MASK_COUNT, &i))
		return false;
	*ret = (enum yg_policy_mask)i;
	return true;
}

const char *yg_policy_basis_word(enum yg_policy_basis basis)
{
	return (unsigned)basis < YG_POLICY_BASIS_COUNT ? basis_names[basis] : "?";
}

const char *yg_policy_basis_words(enum yg_policy_basis basis)
{
	return (unsigned)basis < YG_POLICY_BASIS_COUNT ? basis_words[basis] : "?";
}

bool yg_policy_basis_by_word(struct yg_bytes word, enum yg_policy_basis *ret)
{
	unsigned i;

	if (!find_word(word, basis_names, YG_POLICY_BASIS_COUNT, &i))
		return false;
	*ret = (enum yg_policy_basis)i;
	return true;
}

/* ---- what is built in ---- */

/* What opens a door to whoever reads it. None of it is among the fields of criterion 4-4-3-1. */
static const struct {
	const char *name;
	enum yg_policy_mask mask;
} built_in[] = {
	{"cs-cookie", YG_POLICY_DROP},	    {"*password", YG_POLICY_DROP},
	{"*passwd", YG_POLICY_DROP},	    {"*authorization", YG_POLICY_DROP},
	{"*Authorization", YG_POLICY_DROP}, {"*Cookie", YG_POLICY_DROP},
	{"*.cookie", YG_POLICY_DROP},
};

int yg_policy_add_built_in(struct yg_policy *policy)
{
	for (size_t i = 0; i < COUNT(built_in); i++) {
		struct yg_policy_field *field = &policy->fields[policy->field_count];

		if (policy->field_count == YG_POLICY_FIELDS_MAX)
			return YG_ELIMIT;
		*field = (struct yg_policy_field){.mask = built_in[i].mask};
		(void)snprintf(field->name, sizeof(field->name), "%s",
			       built_in[i].name); /* short */
		policy->field_count++;
	}
	return YG_OK;
}

void yg_policy_default(struct yg_policy *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->raw = true;
	(void)!yg_policy_add_built_in(ret); /* an empty one has room */
}

/* ---- patterns ---- */

bool yg_policy_fits(struct yg_bytes pattern, struct yg_bytes text)
{
	size_t p = 0;
	size_t t = 0;
	size_t star = SIZE_MAX;
	size_t back = 0;

	while (t < text.size) {
		if (p < pattern.size && pattern.data[p] == '*') {
			star = p++;
			back = t;
		} else if (p < pattern.size && pattern.data[p] == text.data[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++back;
		} else {
			return false;
		}
	}
	while (p < pattern.size && pattern.data[p] == '*')
		p++;
	return p == pattern.size;
}

static bool fits(const char *pattern, struct yg_bytes text)
{
	return !pattern[0] || yg_policy_fits(yg_bytes_str(pattern), text);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Behind the blanks at @at, which say nothing in a name. */
static size_t behind_blanks(struct yg_bytes text, size_t at)
{
	while (at < text.size && text.data[at] == ' ')
		at++;
	return at;
}

/* Not at a glance: most names and patterns differ in their first letter. Each field of each record
 * is held against each pattern. */
static bool may_fit(const char *pattern, struct yg_bytes name)
{
	return pattern[0] == '*' || pattern[0] == ' ' || name.size == 0 || name.data[0] == ' ' ||
	       lower((uint8_t)pattern[0]) == lower(name.data[0]);
}

/* Where behind @at something begins that may be what @pattern has at @p. */
static size_t next_begin(struct yg_bytes name, size_t at, struct yg_bytes pattern, size_t p)
{
	uint8_t first = p < pattern.size ? lower(pattern.data[p]) : '*';

	for (at++; at < name.size && first != '*' && lower(name.data[at]) != first; at++)
		;
	return at;
}

bool yg_policy_fits_field(struct yg_bytes pattern, struct yg_bytes name, bool with_nested)
{
	size_t p = behind_blanks(pattern, 0);
	size_t n = behind_blanks(name, 0);
	size_t star = SIZE_MAX;
	size_t back = 0;

	while (n < name.size) {
		if (with_nested && p == pattern.size && name.data[n] == '.')
			return true;
		if (p < pattern.size && pattern.data[p] == '*') {
			star = p;
			p = behind_blanks(pattern, p + 1);
			back = n;
		} else if (p < pattern.size && lower(pattern.data[p]) == lower(name.data[n])) {
			p = behind_blanks(pattern, p + 1);
			n = behind_blanks(name, n + 1);
		} else if (star != SIZE_MAX) {
			p = behind_blanks(pattern, star + 1);
			back = next_begin(name, back, pattern, p);
			n = back;
		} else {
			return false;
		}
	}
	while (p < pattern.size && (pattern.data[p] == '*' || pattern.data[p] == ' '))
		p++;
	return p == pattern.size;
}

/* ---- asking ---- */

static enum yg_policy_mask mask_of(const struct yg_policy *policy, struct yg_bytes field,
				   struct yg_bytes kind)
{
	for (size_t i = 0; i < policy->field_count; i++) {
		const struct yg_policy_field *f = &policy->fields[i];

		/* What may leave is what was named, and nothing that only lies below it. */
		if (may_fit(f->name, field) && fits(f->kind, kind) &&
		    yg_policy_fits_field(yg_bytes_str(f->name), field, f->mask != YG_POLICY_KEEP))
			return f->mask;
	}
	return YG_POLICY_KEEP;
}

static bool masks(const struct yg_policy *policy, struct yg_bytes kind)
{
	for (size_t i = 0; policy && i < policy->field_count; i++)
		if (policy->fields[i].mask != YG_POLICY_KEEP && fits(policy->fields[i].kind, kind))
			return true;
	return false;
}

bool yg_policy_masks(const struct yg_policy *local, const struct yg_policy *wish,
		     struct yg_bytes kind)
{
	return masks(local, kind) || masks(wish, kind);
}

enum yg_policy_mask yg_policy_mask_of(const struct yg_policy *local, const struct yg_policy *wish,
				      struct yg_bytes field, struct yg_bytes kind)
{
	enum yg_policy_mask mask = mask_of(local, field, kind);
	enum yg_policy_mask wished = wish ? mask_of(wish, field, kind) : YG_POLICY_KEEP;

	return wished > mask ? wished : mask;
}

static const struct yg_policy_source *source_of(const struct yg_policy *policy,
						struct yg_bytes kind, struct yg_bytes source)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (fits(policy->sources[i].kind, kind) && fits(policy->sources[i].name, source))
			return &policy->sources[i];
	return NULL;
}

enum yg_policy_answer yg_policy_ask(const struct yg_policy *local, const struct yg_policy *wish,
				    struct yg_bytes kind, struct yg_bytes source,
				    enum yg_policy_class class_, enum yg_policy_class *ret_class)
{
	const struct yg_policy_source *here = source_of(local, kind, source);
	const struct yg_policy_source *there = wish ? source_of(wish, kind, source) : NULL;

	if (here && here->has_class)
		class_ = here->class_;
	*ret_class = class_;
	if (class_ != YG_POLICY_NONE && !local->secrecy[class_].is_on)
		return YG_POLICY_SECRET;
	if (here && !here->leaves)
		return YG_POLICY_SOURCE_OFF;
	if (there && !there->leaves)
		return YG_POLICY_WISH_OFF;
	return local->raw && (!wish || wish->raw) ? YG_POLICY_LEAVES : YG_POLICY_RAW_OFF;
}
