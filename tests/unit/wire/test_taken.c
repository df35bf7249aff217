/* SPDX-License-Identifier: Apache-2.0 */
/* Masks of findings: what a finding says of a record is never more than the record would. */
#include "../check.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "wire/mask.h"

#include "base/ban.h"

static struct yg_policy local;
static const uint8_t key[YG_MAC_KEY_BYTES] = {1, 2, 3};
static const struct yg_mask mask = {.local = &local, .key = key, .is_no_log = true};
static struct yg_names *names;
static struct yg_arena *arena;
static struct yg_event event;

static void add_field(const char *name, enum yg_policy_mask how)
{
	struct yg_policy_field *f = &local.fields[local.field_count++];

	*f = (struct yg_policy_field){.mask = how};
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
}

static void put(const char *name, const char *text)
{
	CHECK(yg_event_add(&event, yg_bytes_str(name), yg_bytes_str(text), YG_VALUE_TEXT) == YG_OK);
}

/* A refused sign-in; no record of a log leaves. */
static void start(void)
{
	memset(&local, 0, sizeof(local));
	local.raw = false;
	yg_arena_reset(arena);
	yg_event_init(&event, arena, names);
	event.format = YG_FORMAT_SYSLOG;
	event.source = YG_S("/var/log/auth.log");
	event.raw = YG_S("Failed password for alice from 192.0.2.77");
	put("user", "alice");
	put("src_ip", "192.0.2.77");
	put("url", "http://evil.example/x?u=Alice");
	put("message", "Failed password for alice from 192.0.2.77");
}

static int taken(struct yg_bytes *values, size_t count)
{
	enum yg_policy_answer answer;

	return yg_mask_taken(&mask, &event, values, count, &answer);
}

static void as_they_are(void)
{
	struct yg_bytes values[] = {YG_S("192.0.2.77"), YG_S("not in the record"), YG_S("")};

	start();
	CHECK(taken(values, 3) == YG_OK);
	CHECK_TEXT(values[0], "192.0.2.77");
	CHECK_TEXT(values[1], "not in the record"); /* nothing is masked: nothing is hidden */
	CHECK_TEXT(values[2], "");
}

static void masked(void)
{
	struct yg_bytes values[] = {YG_S("192.0.2.77"), YG_S("ALICE"), YG_S("login of alice"),
				    YG_S("evil.example"), YG_S("")};
	char token[YG_MASK_TOKEN_MAX];

	start();
	add_field("user", YG_POLICY_HASH);
	add_field("src_ip", YG_POLICY_TRUNCATE);
	CHECK(taken(values, 5) == YG_OK);
	yg_mask_token(key, YG_S("alice"), token);
	CHECK_TEXT(values[0], "192.0.2.0");
	CHECK_TEXT(values[1], token);
	CHECK_TEXT(values[2], YG_MASK_GONE); /* it stands nowhere in what may leave */
	CHECK_TEXT(values[3], "evil.example");
	CHECK_TEXT(values[4], "");
}

/* A part of a masked value, another writing of it, a value that was longer: none of them leaves. */
static void parts(void)
{
	struct yg_bytes values[] = {YG_S("evil.example"), YG_S("/x?u=%41lice"),
				    YG_S("::ffff:192.0.2.77"), YG_S("192.0.2"),
				    YG_S("sub.alice.example")};

	start();
	add_field("url", YG_POLICY_DROP);
	add_field("src_ip", YG_POLICY_HASH);
	add_field("user", YG_POLICY_HASH);
	CHECK(taken(values, 5) == YG_OK);
	for (size_t i = 0; i < 5; i++)
		CHECK_TEXT(values[i], YG_MASK_GONE);
}

static void dropped(void)
{
	struct yg_bytes values[] = {YG_S("alice"), YG_S("192.0.2.77")};

	start();
	add_field("*", YG_POLICY_DROP);
	CHECK(taken(values, 2) == YG_OK);
	CHECK_TEXT(values[0], YG_MASK_GONE);
	CHECK_TEXT(values[1], YG_MASK_GONE);
}

/* What holds the record back for another reason than `raw: false` holds its findings back. */
static void held(void)
{
	struct yg_bytes values[] = {YG_S("alice")};

	start();
	local.sources[0] = (struct yg_policy_source){.name = "/var/log/*", .leaves = false};
	local.source_count = 1;
	CHECK(taken(values, 1) == YG_EACCES);
	start();
	event.format = YG_FORMAT_SQUID; /* pages that were visited: nobody switched them on */
	CHECK(taken(values, 1) == YG_EACCES);
}

/* With no room for the values some fields go before them. */
static void many_fields(void)
{
	struct yg_bytes values[] = {YG_S("alice"), YG_S("192.0.2.77")};
	char token[YG_MASK_TOKEN_MAX];

	start();
	add_field("user", YG_POLICY_HASH);
	for (unsigned i = event.field_count; i < YG_EVENT_FIELDS_MAX; i++)
		put("more", "x");
	CHECK(taken(values, 2) == YG_OK);
	yg_mask_token(key, YG_S("alice"), token);
	CHECK_TEXT(values[0], token);
	CHECK_TEXT(values[1], "192.0.2.77");
}

/* Values and fields of chance: no masked value comes out in any of them. */
static void of_chance(void)
{
	uint64_t seed = 20261125;

	printf("seed %llu\n", (unsigned long long)seed);
	for (unsigned round = 0; round < 2000; round++) {
		char secret[16], texts[4][64];
		struct yg_bytes values[4];
		unsigned long long chance;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		chance = seed >> 33;
		(void)snprintf(secret, sizeof(secret), "s3cr%llx", chance % 4096);
		(void)snprintf(texts[0], sizeof(texts[0]), "%s", secret);
		(void)snprintf(texts[1], sizeof(texts[1]), "a%s%sb", chance % 3 ? " " : "", secret);
		(void)snprintf(texts[2], sizeof(texts[2]), "%s%s", secret, chance % 5 ? "/" : "x");
		(void)snprintf(texts[3], sizeof(texts[3]), "S3CR%llX", chance % 4096);
		for (size_t i = 0; i < 4; i++)
			values[i] = yg_bytes_str(texts[i]);
		start();
		put("other", texts[chance % 4]);
		put("secret", secret);
		add_field("secret", chance % 2 ? YG_POLICY_HASH : YG_POLICY_DROP);
		CHECK(taken(values, 4) == YG_OK);
		for (size_t i = 0; i < 4; i++) {
			CHECK(yg_bytes_find(values[i], yg_bytes_str(secret)) == SIZE_MAX);
			CHECK(yg_bytes_find(values[i], yg_bytes_str(texts[3])) == SIZE_MAX);
		}
	}
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(as_they_are), CASE(masked),      CASE(parts),    CASE(dropped),
		CASE(held),	   CASE(many_fields), CASE(of_chance)};
	int failed;

	names = yg_names_new();
	arena = yg_arena_new(16u << 20);
	if (!names || !arena)
		return 1;
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)yg_arena_free(arena);
	(void)yg_names_free(names);
	return failed;
}
