/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated sets of texts in generated values: Vectorscan, given filling (detect/padded.c), and the
 * built-in matcher must find the same. How often Vectorscan alone does not is printed.
 *
 * texts ROUNDS [SEED]: the seed is printed; giving it runs the same again. Without a CPU for
 * Vectorscan: skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "detect/patterns.h"

#define TEXTS_MAX 200u
#define WIDTH_MAX 12u
#define VALUES	  40u
#define VALUE_MAX 400u
#define MATCHERS  3u

static const struct yg_matcher_ops *const ops[MATCHERS] = {&yg_builtin_ops, &yg_padded_ops,
							   &yg_vectorscan_ops};
static uint64_t state;
static uint64_t compared, found_total, failed, missed_without;

static uint32_t pick(uint32_t below)
{
	state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = state;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % below);
}

static void must(bool is_fine)
{
	if (!is_fine) {
		fprintf(stderr, "the test itself failed\n");
		exit(2);
	}
}

struct opened {
	char *bytes;
	void *sets, *room;
};

struct round {
	struct yg_pattern patterns[TEXTS_MAX];
	uint8_t texts[TEXTS_MAX][WIDTH_MAX];
	uint32_t count;
	uint32_t letters; /* how many there are in this round */
	struct opened opened[MATCHERS];
};

static uint8_t letter(const struct round *r)
{
	return (uint8_t) "a1.\\/b\xc3\xa9 cdefghijk"[pick(r->letters)];
}

static bool is_new(const struct round *r, struct yg_bytes text)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (yg_bytes_eq(r->patterns[i].text, text))
			return false;
	return true;
}

static void make_texts(struct round *r)
{
	uint32_t wanted = 1 + pick(pick(4) ? 5 : TEXTS_MAX);
	uint32_t width_max = 1 + pick(WIDTH_MAX);
	uint8_t same = letter(r);
	bool ends_same = pick(3) == 0;

	for (uint32_t i = 0; i < wanted; i++) {
		uint8_t *text = r->texts[r->count];
		uint32_t width = 1 + pick(width_max);

		for (uint32_t k = 0; k < width; k++)
			text[k] = letter(r);
		if (ends_same)
			text[width - 1] = same;
		if (is_new(r, (struct yg_bytes){text, width}))
			r->patterns[r->count++].text = (struct yg_bytes){text, width};
	}
}

static void open_all(struct round *r)
{
	for (uint32_t i = 0; i < MATCHERS; i++) {
		struct opened *o = &r->opened[i];
		size_t size;

		must(ops[i]->compile(r->patterns, r->count, false, &o->bytes, &size) == YG_OK);
		o->sets = ops[i]->sets_new(1);
		must(o->sets);
		must(ops[i]->sets_add(o->sets,
				      (struct yg_bytes){(const uint8_t *)o->bytes, size}) == YG_OK);
		o->room = ops[i]->room_new(o->sets);
		must(o->room);
	}
}

static int note(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		void *arg)
{
	(void)from;
	(void)to;
	(void)flags;
	must(id < TEXTS_MAX && !((bool *)arg)[id]);
	((bool *)arg)[id] = true;
	return 0;
}

/* One letter over and over, or all mixed, with some of the texts at its end and anywhere. */
static uint32_t make_value(const struct round *r, uint8_t *to)
{
	uint32_t size = 1 + pick(pick(4) ? VALUE_MAX : 64);
	uint8_t same = pick(2) ? letter(r) : '~';
	bool is_mixed = pick(4) == 0;

	for (uint32_t i = 0; i < size; i++)
		to[i] = is_mixed ? letter(r) : same;
	for (uint32_t n = pick(4); n > 0; n--) {
		struct yg_bytes text = r->patterns[pick(r->count)].text;
		uint32_t back = (uint32_t)text.size + pick(pick(2) ? 70 : VALUE_MAX);

		if (back <= size)
			memcpy(to + size - back, text.data, text.size);
	}
	return size;
}

static void compare(const struct round *r, uint64_t seed)
{
	_Alignas(64) uint8_t room[64 + VALUE_MAX];
	uint8_t *first = room + pick(64);
	struct yg_bytes value = {first, make_value(r, first)};
	bool found[MATCHERS][TEXTS_MAX] = {0};

	for (uint32_t i = 0; i < MATCHERS; i++)
		must(ops[i]->scan(r->opened[i].sets, r->opened[i].room, 0, value, note, found[i]) ==
		     YG_OK);
	compared++;
	for (uint32_t i = 0; i < r->count; i++)
		found_total += found[0][i];
	missed_without += memcmp(found[0], found[2], sizeof(found[0])) != 0;
	if (memcmp(found[0], found[1], sizeof(found[0])) != 0) {
		failed++;
		fprintf(stderr, "seed %llu: a value of %zu bytes, %u texts: not the same\n",
			(unsigned long long)seed, value.size, r->count);
	}
}

static void run_round(uint64_t seed)
{
	static struct round r;

	state = seed;
	r = (struct round){.letters = 2 + pick(17)};
	make_texts(&r);
	open_all(&r);
	for (uint32_t i = 0; i < VALUES; i++)
		compare(&r, seed);
	for (uint32_t i = 0; i < MATCHERS; i++) {
		ops[i]->room_free(r.opened[i].room);
		ops[i]->sets_free(r.opened[i].sets);
		free(r.opened[i].bytes);
	}
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
	fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
	for (uint64_t i = 0; i < rounds && failed < 20; i++)
		run_round(seed + i);
	fprintf(stderr, "%llu values, %llu texts found; without filling %llu values differ\n",
		(unsigned long long)compared, (unsigned long long)found_total,
		(unsigned long long)missed_without);
	is_fine = failed == 0 && compared > 0 && found_total >= compared / 4;
	printf("%d passed, %d failed, 0 skipped\n", is_fine, !is_fine);
	return is_fine ? 0 : 1;
}
