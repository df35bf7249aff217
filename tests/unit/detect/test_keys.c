/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of records: whatever the search for indicators finds in a record has its key among those of
 * the record, over generated texts; values of fields likewise; and the keys themselves never
 * change, because they stand in files.
 */
#include "detect/indicators-int.h"
#include "detect/keys.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

#include "../check.h"

#define KEYS_MAX 4096u

static uint64_t state;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % below;
}

struct keys {
	uint64_t list[KEYS_MAX];
	size_t count;
};

static void take(void *arg, uint64_t key)
{
	struct keys *keys = arg;

	if (keys->count < KEYS_MAX)
		keys->list[keys->count++] = key;
}

struct key_pairs {
	struct keys keys, also;
};

static void take_pair(void *arg, uint64_t key, uint64_t also)
{
	struct key_pairs *pairs = arg;

	take(&pairs->keys, key);
	take(&pairs->also, also);
}

static bool has(const struct keys *keys, uint64_t key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->list[i] == key)
			return true;
	return false;
}

static const char *const listed[] = {
	"192.0.2.1",
	"192.0.2.0/24",
	"198.51.100.0/26",
	"10.0.0.0/8",
	"172.16.0.0/12",
	"203.0.113.7",
	"2001:db8::1",
	"2001:db8::/32",
	"2001:db8:1::/44",
	"2a00::/16",
	"evil.example",
	"a.b.evil.example",
	"-evil.example",
	"bad.example.com",
	"xn--p1ai.example",
	"http://evil.example/a?b=c",
	"https://bad.example.com:8443/x",
	"http://192.0.2.1/y",
	"evil.example/path",
	"44d88612fea8a8f36de82e1278abb02f",
	"da39a3ee5e6b4b0d3255bfef95601890afd80709",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};

static const char *const parts[] = {
	"192.0.2.1",
	"192.0.2.77",
	"198.51.100.3",
	"10.1.2.3",
	"172.20.1.1",
	"203.0.113.7",
	"2001:db8::1",
	"2001:DB8:1:2::9",
	"2a00:1::5",
	"::ffff:192.0.2.1",
	"evil.example",
	"www.EVIL.example",
	"x.a.b.evil.example",
	"bad.example.com",
	"https://bad.example.com:8443/x",
	"http://u:p@evil.example/a?b=c",
	"HTTP://EVIL.EXAMPLE/path",
	"http:\\/\\/evil.example\\/path",
	"http://192.0.2.1/y#z",
	"44D88612FEA8A8F36DE82E1278ABB02F",
	"da39a3ee5e6b4b0d3255bfef95601890afd80709",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	".",
	"..",
	"-",
	":",
	"::",
	"/",
	"//",
	"\\",
	"\\n",
	"\\u000a",
	" ",
	",",
	";",
	"=",
	"\"",
	"'",
	"%20",
	"x",
	"a.bb",
	".exe",
	"file.txt",
	"1.2",
	"9",
	"_",
	"(",
	")",
	"example"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct yg_indicators *make_set(void)
{
	struct yg_indicators *set = yg_indicators_new();

	for (size_t i = 0; i < COUNT(listed); i++)
		if (yg_indicators_add(set, "list", yg_bytes_str(listed[i]), NULL, NULL) != YG_OK)
			abort();
	if (yg_indicators_finish(set) != YG_OK)
		abort();
	return set;
}

/* The place of the key of the indicator @index: keys are told in the order of the table. */
static size_t place_of(const struct yg_indicators *set, const struct keys *of_list, uint32_t index)
{
	size_t n = 0;

	for (uint32_t at = yg_indicators_first(set); at != index; at = yg_indicators_next(set, at))
		if (at == YG_INDICATOR_NONE || ++n == of_list->count)
			abort();
	return n;
}

static void all_hits_have_keys(void)
{
	struct yg_names *names = yg_names_new();
	struct yg_arena *arena = yg_arena_new(16u << 20);
	struct yg_indicators *set = make_set();
	static struct keys keys;
	static struct key_pairs of_list;
	uint64_t hits_seen = 0, pairs_seen = 0;

	of_list = (struct key_pairs){0};
	yg_keys_of_indicators(set, take_pair, &of_list);
	CHECK(of_list.keys.count == yg_indicators_count(set) &&
	      of_list.keys.count >= COUNT(listed) - 1);
	for (unsigned round = 0; round < 200000; round++) {
		struct yg_indicator_hit hits[32];
		struct yg_event event;
		char text[2048];
		size_t size = 0;
		uint32_t count;

		yg_arena_reset(arena);
		yg_event_init(&event, arena, names);
		for (unsigned n = 1 + draw(9); n > 0; n--) {
			const char *part = parts[draw(COUNT(parts))];

			size += (size_t)snprintf(text + size, sizeof(text) - size, "%s", part);
		}
		CHECK((draw(2) ? yg_event_add(&event, YG_S("x"),
					      (struct yg_bytes){(uint8_t *)text, size},
					      YG_VALUE_TEXT)
			       : yg_event_add_escaped(&event, YG_S("x"),
						      (struct yg_bytes){(uint8_t *)text, size})) ==
		      YG_OK);
		count = yg_indicators_match(set, &event, NULL, hits, 32);
		keys.count = 0;
		yg_keys_of_event(&event, take, &keys);
		CHECK(keys.count < KEYS_MAX);
		for (uint32_t i = 0; i < count; i++) {
			size_t place = place_of(set, &of_list.keys, hits[i].index);
			uint64_t also = of_list.also.list[place];

			if (!has(&keys, of_list.keys.list[place]))
				fprintf(stderr, "round %u: %.*s has indicator %u without key\n",
					round, (int)size, text, hits[i].index);
			CHECK(has(&keys, of_list.keys.list[place]));
			CHECK(also == 0 || has(&keys, also));
			pairs_seen += also != 0;
		}
		hits_seen += count;
	}
	CHECK(hits_seen > 50000 && pairs_seen > 10000);
	(void)yg_indicators_free(set);
	(void)yg_arena_free(arena);
	(void)yg_names_free(names);
}

static void fields_have_keys(void)
{
	static const struct {
		const char *name, *value, *asked;
	} cases[] = {{"user", "Bob", "bOB"},
		     {"TargetUserName", "ADMIN$", "admin$"},
		     {"Computer", "PC-01", "pc-01"},
		     {"src_ip", "192.0.2.9", "192.0.2.9"},
		     {"any", "see evil.example now", "see evil.example now"}};
	struct yg_names *names = yg_names_new();
	struct yg_arena *arena = yg_arena_new(1u << 20);
	static struct keys keys, asked;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct yg_event event;

		yg_event_init(&event, arena, names);
		CHECK(yg_event_add(&event, yg_bytes_str(cases[i].name),
				   yg_bytes_str(cases[i].value), YG_VALUE_TEXT) == YG_OK);
		keys.count = asked.count = 0;
		yg_keys_of_event(&event, take, &keys);
		yg_keys_of_field(yg_bytes_str(cases[i].name), yg_bytes_str(cases[i].asked), take,
				 &asked);
		CHECK(asked.count > 0);
		for (size_t k = 0; k < asked.count; k++)
			CHECK(has(&keys, asked.list[k]));
		CHECK(yg_keys_is_field(&event, &event.fields[0], yg_bytes_str(cases[i].name),
				       yg_bytes_str(cases[i].asked)));
		CHECK(!yg_keys_is_field(&event, &event.fields[0], yg_bytes_str(cases[i].name),
					YG_S("other")));
		asked.count = 0;
		yg_keys_of_field(yg_bytes_str(cases[i].name), YG_S("198.51.100.99"), take, &asked);
		CHECK(asked.count > 0 && !has(&keys, asked.list[0]));
	}
	(void)yg_arena_free(arena);
	(void)yg_names_free(names);
}

/* What docs/archive.md tells strangers: kinds, seeds, normal forms. */
static void keys_never_change(void)
{
	static struct keys keys;
	uint8_t address[17] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 128};

	keys.count = 0;
	yg_keys_of_field(YG_S("x"), YG_S("192.0.2.1"), take, &keys);
	CHECK(has(&keys, yg_hash64((struct yg_bytes){address, sizeof(address)},
				   UINT64_C(0x7961677572610001) + 1)));
	keys.count = 0;
	yg_keys_of_field(YG_S("x"), YG_S("WWW.Evil.Example"), take, &keys);
	CHECK(has(&keys, yg_hash64(YG_S("www.evil.example"), UINT64_C(0x7961677572610001) + 2)));
	CHECK(has(&keys, yg_hash64(YG_S("evil.example"), UINT64_C(0x7961677572610001) + 2)));
	CHECK(keys.count == 2);
	keys.count = 0;
	yg_keys_of_field(YG_S("user"), YG_S("Bob"), take, &keys);
	CHECK(keys.count == 1 &&
	      keys.list[0] == yg_hash64(YG_S("bob"), UINT64_C(0x7961677572610001) + 5));
	keys.count = 0;
	yg_keys_of_field(YG_S("host"), YG_S("PC"), take, &keys);
	CHECK(keys.count == 1 &&
	      keys.list[0] == yg_hash64(YG_S("pc"), UINT64_C(0x7961677572610001) + 6));
}

static const struct check_case cases[] = {
	CASE(all_hits_have_keys),
	CASE(fields_have_keys),
	CASE(keys_never_change),
};

int main(void)
{
	state = yg_hash_secret() | 1;
	printf("seed %llu\n", (unsigned long long)state);
	return check_main(cases, COUNT(cases));
}
