/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions on characters by way of Vectorscan, where tests/detect/regexes.c does not come: sets
 * of several kinds, what is too large, damaged bytes, lost memory.
 */
#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "detect/patterns.h"

#define COUNT 5u

/* Of every kind: no character told apart, two of them, named, too large for Vectorscan, plain. */
static const struct yg_pattern *make_kinds(void)
{
	static struct yg_pattern kinds[COUNT];

	kinds[0] = (struct yg_pattern){YG_S("^.{3}$"), 0};
	kinds[1] = (struct yg_pattern){YG_S("ks[^k]"), YG_REGEX_CASELESS};
	kinds[2] = (struct yg_pattern){YG_S("^[\xe3\x81\x81-\xe3\x82\x93].$"), 0};
	kinds[3] = (struct yg_pattern){YG_S("\xe3\x81\x82.{300}x.{300}y"), 0};
	kinds[4] = (struct yg_pattern){YG_S("ab"), 0};
	return kinds;
}

static const struct yg_matcher_ops *const ops = &yg_characters_ops;

static int take_note(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		     void *arg)
{
	unsigned *found = arg;

	(void)from;
	(void)to;
	(void)flags;
	*found += 1u << 4 * id; /* once each */
	return 0;
}

static int stop(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		void *arg)
{
	(void)take_note(id, from, to, flags, arg);
	return 1;
}

struct opened {
	char *bytes;
	size_t size;
	void *sets;
	void *room;
};

static int set_open(struct opened *to, const struct yg_pattern *patterns, uint32_t count,
		    bool are_regexes)
{
	int rc;

	*to = (struct opened){0};
	rc = ops->compile(patterns, count, are_regexes, &to->bytes, &to->size);
	if (rc != YG_OK)
		return rc;
	to->sets = ops->sets_new(1);
	rc = to->sets ? ops->sets_add(to->sets,
				      (struct yg_bytes){(const uint8_t *)to->bytes, to->size})
		      : YG_ENOMEM;
	if (rc == YG_OK && !(to->room = ops->room_new(to->sets)))
		rc = YG_ENOMEM;
	return rc;
}

static void set_close(struct opened *set)
{
	ops->room_free(set->room);
	ops->sets_free(set->sets);
	free(set->bytes);
}

static unsigned look(const struct opened *set, struct yg_bytes text)
{
	unsigned found = 0;

	if (ops->scan(set->sets, set->room, 0, text, take_note, &found) != YG_OK)
		return ~0u;
	return found;
}

static void each_kind_is_found_once(void)
{
	uint8_t large[3 + 300 + 1 + 900 + 1];
	struct opened set;
	unsigned found = 0;

	CHECK(set_open(&set, make_kinds(), COUNT, true) == YG_OK);
	CHECK(look(&set, YG_S("")) == 0);
	CHECK(look(&set, YG_S("xab")) == 0x10001);
	CHECK(look(&set, YG_S("ksa")) == 0x00011);
	CHECK(look(&set, YG_S("\xe3\x81\x82\xe3\x81\x84\xe3\x81\x86")) == 0x00001);
	CHECK(look(&set, YG_S("\xe3\x81\x82\xff")) == 0x00100);
	CHECK(look(&set, YG_S("\xe3\x81\x82\x80\x80")) == 0x00001);
	/* Without case k is U+212A, and s is U+017F: seen where they stand, and only there. */
	CHECK(look(&set, YG_S("k\xc5\xbf\xe3\x81\x82")) == 0x00011);
	CHECK(look(&set, YG_S("..ks\xe3\x81\x82")) == 0x00010);
	CHECK(look(&set, YG_S("..ks\xe2\x84\xaa")) == 0x00000);
	CHECK(look(&set, YG_S("ab\xe2\x84\xaa\xc5\xbf\xff")) == 0x10010);
	memset(large, '.', sizeof(large));
	memcpy(large, "\xe3\x81\x82", 3);
	large[3 + 300] = 'x';
	for (size_t i = 0; i < 300; i++)
		memcpy(large + 3 + 301 + 3 * i, "\xe3\x81\x82", 3);
	large[sizeof(large) - 1] = 'y';
	CHECK(look(&set, (struct yg_bytes){large, sizeof(large)}) == 0x01000);
	large[sizeof(large) - 1] = 0xff;
	CHECK(look(&set, (struct yg_bytes){large, sizeof(large)}) == 0);
	CHECK(ops->scan(set.sets, set.room, 0, YG_S("\xe3\x81\x82\xe3\x81\x84"), stop, &found) ==
	      YG_OK);
	CHECK(found == 0x00100);
	set_close(&set);
}

static void texts_are_bytes(void)
{
	const struct yg_pattern texts[] = {{YG_S("\x81\x82"), 0}, {YG_S("a."), 0}};
	struct opened set;

	CHECK(set_open(&set, texts, 2, false) == YG_OK);
	CHECK(look(&set, YG_S("\xe3\x81\x82")) == 1);
	CHECK(look(&set, YG_S("ab\xe3\x81\x82 a.")) == 0x11);
	set_close(&set);
}

static int understand(const char *regex, bool is_heavy, char *reason)
{
	struct yg_pattern pattern = {yg_bytes_str(regex), 0};

	return ops->check(&pattern, is_heavy, reason, 200);
}

/* What Vectorscan cannot compile is looked for all the same, or refused with what to do. */
static void nothing_is_lost_that_is_too_large(void)
{
	char reason[200] = "";

	CHECK(understand("\xe3\x81\x82.{300}x.{300}y", true, reason) == YG_OK);
	CHECK(understand("\xe3\x81\x82.{1,64}x[^\xe3\x81\x82]{1,64}y", true, reason) == YG_OK);
	CHECK(understand("\\p{L}.{300}x", false, reason) == YG_EFORMAT && reason[0]);
	CHECK(understand("\\p{L}.{2000}x.{2000}y", true, reason) == YG_EFORMAT);
	CHECK(strstr(reason, "make it shorter"));
	CHECK(understand("\\p{L}+", false, reason) == YG_OK);
	CHECK(understand("\\C", false, reason) == YG_EFORMAT && strstr(reason, "\\C"));
	CHECK(understand("\\x{3042}(", false, reason) == YG_EFORMAT);
}

/* What takes the place of a wide one that is too large is no excuse for a plain one. */
static void a_plain_one_that_is_refused_is_not_left_out(void)
{
	const struct yg_pattern patterns[] = {{YG_S("(?:(?:a.{0,250}b){250}){250}"), 0},
					      {YG_S("\xe3\x81\x82"), 0}};
	char *bytes = NULL;
	size_t size = 0;

	CHECK(ops->compile(patterns, 2, true, &bytes, &size) == YG_EFORMAT);
	free(bytes);
}

static void damaged_bytes_are_refused(void)
{
	struct opened set;
	uint32_t *words;

	CHECK(set_open(&set, make_kinds(), COUNT, true) == YG_OK);
	for (size_t size = 0; size < set.size; size += 8) {
		void *sets = ops->sets_new(1);

		CHECK(ops->sets_add(sets, (struct yg_bytes){(const uint8_t *)set.bytes, size}) ==
		      YG_EFORMAT);
		ops->sets_free(sets);
	}
	words = (void *)set.bytes;
	for (size_t i = 2; i < 10; i++) { /* counts and sizes of the parts */
		uint32_t kept = words[i];
		void *sets = ops->sets_new(1);

		words[i] = UINT32_MAX;
		CHECK(ops->sets_add(sets, (struct yg_bytes){(const uint8_t *)set.bytes,
							    set.size}) == YG_EFORMAT);
		ops->sets_free(sets);
		words[i] = kept;
	}
	set_close(&set);
}

static void reports_lost_memory(void)
{
	unsigned failures = 0;

	for (long at = 1; at < 2000; at++) {
		struct opened set;
		unsigned found = 0;
		int rc;

		yg_fail_at = at;
		rc = set_open(&set, make_kinds(), COUNT, true);
		if (rc == YG_OK)
			rc = ops->scan(set.sets, set.room, 0, YG_S("\xff\xe3\x81\x82\xe2\x84\xaa"),
				       take_note, &found);
		yg_fail_at = 0;
		set_close(&set);
		if (rc == YG_OK) {
			CHECK(found == 1);
			break;
		}
		CHECK(rc == YG_ENOMEM);
		failures++;
	}
	CHECK(failures > 20 && failures < 1999);
}

static const struct check_case cases[] = {
	CASE(each_kind_is_found_once),		 CASE(texts_are_bytes),
	CASE(nothing_is_lost_that_is_too_large), CASE(a_plain_one_that_is_refused_is_not_left_out),
	CASE(damaged_bytes_are_refused),	 CASE(reports_lost_memory),
};

int main(void)
{
	if (!yg_vectorscan_runs()) {
		printf("0 passed, 0 failed, 1 skipped: this CPU has no SSE4.2 for Vectorscan\n");
		return 77;
	}
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
