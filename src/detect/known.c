/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a matcher right on this CPU? Asked before it is trusted with rules.
 *
 * Vectorscan 5.4.9, the one of Debian 12, is not right where it uses AVX-512: its search for one
 * character ("vermicelli"), with which it skips what cannot matter, is given 64 bytes or more and
 * passes over the last ones, up to 63. Any set may use that search, which ones cannot be seen from
 * outside. So each probe is a set that does, in texts of one block of 64 and more, with what is
 * looked for at every place in turn.
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

static int try_probe(const struct yg_matcher_ops *ops, const struct probe *probe)
{
	struct matcher m = {.ops = ops};
	struct yg_pattern patterns[PATTERNS_MAX];
	uint32_t count = 0;
	char *bytes = NULL;
	size_t size;
	int rc;

	while (count < PATTERNS_MAX && probe->patterns[count]) {
		patterns[count] = (struct yg_pattern){yg_bytes_str(probe->patterns[count]), 0};
		count++;
	}
	rc = ops->compile(patterns, count, probe->are_regexes, &bytes, &size);
	if (rc != YG_OK)
		return rc;
	m.sets = ops->sets_new(1);
	rc = m.sets ? ops->sets_add(m.sets, (struct yg_bytes){(const uint8_t *)bytes, size})
		    : YG_ENOMEM;
	if (rc == YG_OK) {
		m.room = ops->room_new(m.sets);
		rc = m.room ? look(&m, probe) : YG_ENOMEM;
	}
	ops->room_free(m.room);
	ops->sets_free(m.sets);
	free(bytes);
	return rc;
}

int yg_matcher_prove(const struct yg_matcher_ops *ops)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < sizeof(probes) / sizeof(probes[0]); i++)
		rc = try_probe(ops, &probes[i]);
	return rc;
}
