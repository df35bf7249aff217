/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a matcher right on this CPU? Asked before it is trusted with rules.
 *
 * Vectorscan 5.4.9, the one of Debian 12, is not right in two searches with which it skips what
 * cannot matter. With AVX-512, the one for one character ("vermicelli") is given 64 bytes or more
 * and passes over the last ones, up to 63. With AVX2 and AVX-512, the one for two characters
 * ("double shufti") is given less than a block and passes over the last byte, which may be the
 * first of the two. Any set may use them, which ones cannot be seen from outside. So each probe is
 * a set that does. meson.build links the library with right searches where it can; then all this
 * finds nothing.
 */
#include "base/alloc.h"
#include "detect/patterns.h"

#include "base/ban.h"

#define PATTERNS_MAX 3u
#define ROOM	     320u
#define BLOCK	     64u

struct probe {
	const char *patterns[PATTERNS_MAX];
	bool are_regexes;
	uint8_t fill;	 /* what the text is made of */
	uint8_t mark;	 /* stands at one place of it */
	unsigned marked; /* found then: bit i for patterns[i]. Without the mark nothing is */
};

/* For the last byte: the text alternates, so that the search begins anew all along it. */
static const struct probe last_probe = {{"b[\n\v]*$"}, true, 'a', 'b', 1};

static const struct probe probes[] = {
	{{"a"}, true, '.', 'a', 1},
	{{"a", "ab", "ac"}, true, '.', 'a', 1},
	{{"a", "aa", "1a"}, false, '.', 'a', 1},
	{{"[^a]"}, true, 'a', '.', 1},
};

static int note(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		void *arg)
{
	(void)from;
	(void)to;
	(void)flags;
	*(unsigned *)arg |= id < PATTERNS_MAX ? 1u << id : ~0u;
	return 0;
}

struct matcher {
	const struct yg_matcher_ops *ops;
	void *sets;
	void *room;
};

static int find(const struct matcher *m, struct yg_bytes text, unsigned expected)
{
	unsigned found = 0;
	int rc = m->ops->scan(m->sets, m->room, 0, text, note, &found);

	return rc != YG_OK ? rc : found == expected ? YG_OK : YG_EMISMATCH;
}

static int look_in(const struct matcher *m, const struct probe *probe, uint8_t *first,
		   uint32_t size)
{
	struct yg_bytes text = {first, size};
	int rc;

	memset(first, probe->fill, size);
	rc = find(m, text, 0);
	for (uint32_t at = 0; rc == YG_OK && at < size; at++) {
		first[at] = probe->mark;
		rc = find(m, text, probe->marked);
		first[at] = probe->fill;
	}
	return rc;
}

static int look(const struct matcher *m, const struct probe *probe)
{
	static const uint32_t sizes[] = {BLOCK, BLOCK + 1, 2 * BLOCK - 1, 3 * BLOCK + 8};
	static const uint32_t starts[] = {0, 1, 20, BLOCK - 1};
	_Alignas(BLOCK) uint8_t bytes[ROOM] = {0};
	int rc = YG_OK;

	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (uint32_t k = 0; rc == YG_OK && k < sizeof(starts) / sizeof(starts[0]); k++)
			rc = look_in(m, probe, bytes + starts[k], sizes[i]);
	return rc;
}

/* The texts of last_probe: abab…b and a line feed; with another letter before that it is not found.
 */
static int look_at_end(const struct matcher *m, const struct probe *probe)
{
	uint8_t bytes[ROOM];
	int rc = YG_OK;

	for (uint32_t size = 2; rc == YG_OK && size < ROOM; size++) {
		for (uint32_t i = 0; i + 2 < size; i++)
			bytes[i] = i % 2 ? probe->mark : probe->fill;
		bytes[size - 1] = '\n';
		bytes[size - 2] = probe->mark;
		rc = find(m, (struct yg_bytes){bytes, size}, probe->marked);
		bytes[size - 2] = probe->fill;
		if (rc == YG_OK)
			rc = find(m, (struct yg_bytes){bytes, size}, 0);
	}
	return rc;
}

/* One set, open. */
static int matcher_open(struct matcher *m, const struct yg_pattern *patterns, uint32_t count,
			bool are_regexes, char **ret_bytes)
{
	size_t size;
	int rc = m->ops->compile(patterns, count, are_regexes, ret_bytes, &size);

	if (rc != YG_OK)
		return rc;
	m->sets = m->ops->sets_new(1);
	rc = m->sets ? m->ops->sets_add(m->sets,
					(struct yg_bytes){(const uint8_t *)*ret_bytes, size})
		     : YG_ENOMEM;
	if (rc != YG_OK)
		return rc;
	m->room = m->ops->room_new(m->sets);
	return m->room ? YG_OK : YG_ENOMEM;
}

static void matcher_close(struct matcher *m, char *bytes)
{
	m->ops->room_free(m->room);
	m->ops->sets_free(m->sets);
	free(bytes);
}

static int try_probe(const struct yg_matcher_ops *ops, const struct probe *probe)
{
	struct matcher m = {.ops = ops};
	struct yg_pattern patterns[PATTERNS_MAX];
	uint32_t count = 0;
	char *bytes = NULL;
	int rc;

	while (count < PATTERNS_MAX && probe->patterns[count]) {
		patterns[count] = (struct yg_pattern){yg_bytes_str(probe->patterns[count]), 0};
		count++;
	}
	rc = matcher_open(&m, patterns, count, probe->are_regexes, &bytes);
	if (rc == YG_OK)
		rc = probe == &last_probe ? look_at_end(&m, probe) : look(&m, probe);
	matcher_close(&m, bytes);
	return rc;
}

int yg_matcher_prove(const struct yg_matcher_ops *ops)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < sizeof(probes) / sizeof(probes[0]); i++)
		rc = try_probe(ops, &probes[i]);
	return rc == YG_OK ? try_probe(ops, &last_probe) : rc;
}

/*
 * Sets of texts, none of which is in another or may be found across two of them: two bytes that
 * say which, then the same few.
 */
#define WIDTH_MAX 12u
#define TEXTS_MAX 200u
#define LONGEST	  400u

static const struct text_set {
	uint32_t count;
	uint32_t width;
} text_sets[] = {{1, 1}, {1, 2}, {1, 9}, {3, 1}, {16, 1}, {5, 3}, {40, 4}, {TEXTS_MAX, WIDTH_MAX}};

struct hits {
	uint32_t count;
	uint32_t last;
};

static int count_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		     void *arg)
{
	struct hits *hits = arg;

	(void)from;
	(void)to;
	(void)flags;
	hits->count++;
	hits->last = id;
	return 0;
}

static void name_text(uint32_t number, uint8_t text[WIDTH_MAX])
{
	static const char second[] = "zyxwvutsrq&%#";

	memcpy(text, "..1234567890", WIDTH_MAX);
	text[0] = (uint8_t)('a' + number % 16);
	text[1] = (uint8_t)second[number / 16 % (sizeof(second) - 1)];
}

/* One of the texts at each place of @size bytes at @first: it is found, and nothing else. */
static int look_for(const struct matcher *m, const struct text_set *set, uint8_t *first,
		    uint32_t size)
{
	uint8_t text[WIDTH_MAX];
	struct hits hits = {0};
	int rc =
		m->ops->scan(m->sets, m->room, 0, (struct yg_bytes){first, size}, count_hit, &hits);

	if (rc == YG_OK && hits.count != 0)
		rc = YG_EMISMATCH;
	for (uint32_t at = 0; rc == YG_OK && at + set->width <= size; at++) {
		uint32_t number = (at + size) % set->count;

		hits = (struct hits){0};
		name_text(number, text);
		memcpy(first + at, text, set->width);
		rc = m->ops->scan(m->sets, m->room, 0, (struct yg_bytes){first, size}, count_hit,
				  &hits);
		if (rc == YG_OK && (hits.count != 1 || hits.last != number))
			rc = YG_EMISMATCH;
		memset(first + at, '.', set->width);
	}
	return rc;
}

static int look_for_all(const struct matcher *m, const struct text_set *set, bool is_thorough)
{
	static const uint32_t sizes[] = {1, 33, 63, 64, 65, 127, 129, 191, 257};
	static const uint32_t starts[] = {0, 1, 20, BLOCK - 1};
	_Alignas(BLOCK) uint8_t bytes[BLOCK + LONGEST];
	int rc = YG_OK;

	memset(bytes, '.', sizeof(bytes));
	if (is_thorough) {
		for (uint32_t size = 1; rc == YG_OK && size <= LONGEST; size++)
			for (uint32_t k = 0; rc == YG_OK && k < sizeof(starts) / sizeof(*starts);
			     k++)
				rc = look_for(m, set, bytes + starts[k], size);
		return rc;
	}
	for (uint32_t i = 0; rc == YG_OK && i < sizeof(sizes) / sizeof(*sizes); i++)
		rc = look_for(m, set, bytes + starts[i % 4], sizes[i]);
	return rc;
}

int yg_matcher_prove_texts(const struct yg_matcher_ops *ops, bool is_thorough)
{
	struct yg_pattern patterns[TEXTS_MAX];
	uint8_t texts[TEXTS_MAX][WIDTH_MAX];
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < sizeof(probes) / sizeof(probes[0]); i++)
		if (!probes[i].are_regexes)
			rc = try_probe(ops, &probes[i]);
	for (uint32_t i = 0; rc == YG_OK && i < sizeof(text_sets) / sizeof(*text_sets); i++) {
		struct matcher m = {.ops = ops};
		char *bytes = NULL;

		for (uint32_t k = 0; k < text_sets[i].count; k++) {
			name_text(k, texts[k]);
			patterns[k] = (struct yg_pattern){{texts[k], text_sets[i].width}, 0};
		}
		rc = matcher_open(&m, patterns, text_sets[i].count, false, &bytes);
		if (rc == YG_OK)
			rc = look_for_all(&m, &text_sets[i], is_thorough);
		matcher_close(&m, bytes);
	}
	return rc;
}
