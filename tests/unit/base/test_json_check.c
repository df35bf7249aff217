/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC
#include "base/json_check.h"

#include <jansson.h>

#include "../check.h"

#define ROUNDS 200000u
#define TOKENS 14u

static bool is_good(const char *text)
{
	return yg_json_is_object(yg_bytes_str(text));
}

static void takes(void)
{
	CHECK(is_good("{}"));
	CHECK(is_good(" { } \n"));
	CHECK(is_good("{\"v\":1,\"fields\":{\"a\":[1,\"x\",null,true,false,{}],\"b\":[]}}"));
	CHECK(is_good("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud800\"}"));
	CHECK(is_good("{\"a\":-0.5e+10,\"b\":0,\"c\":1E-3,\"d\":123456789012345678901234567890}"));
	CHECK(is_good("{\"名\":\"値\",\"名\":\"二度\"}"));
}

static void refuses(void)
{
	const char *const bad[] = {
		"",
		" ",
		"[]",
		"1",
		"\"{}\"",
		"{",
		"}",
		"{]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{,}",
		"{a:1}",
		"{\"a\":[1,]}",
		"{\"a\":[}]",
		"{\"a\":01}",
		"{\"a\":+1}",
		"{\"a\":1.}",
		"{\"a\":.5}",
		"{\"a\":1e}",
		"{\"a\":-}",
		"{\"a\":nul}",
		"{\"a\":nulls}",
		"{\"a\":True}",
		"{\"a\":\"}",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12g4\"}",
		"{\"a\":\"\\u12\"}",
		"{\"a\":\"\t\"}",
		"{\"a\":1}{\"b\":1}",
		"{\"a\":1},\"b\":{}",
		"{\"a\":1}x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (is_good(bad[i]))
			fprintf(stderr, "taken: %s\n", bad[i]);
		CHECK(!is_good(bad[i]));
	}
	CHECK(!yg_json_is_object(YG_S("{\"a\":\"\0\"}")));
	CHECK(!yg_json_is_object(YG_S("{}\0")));
	CHECK(!yg_json_is_object((struct yg_bytes){0}));
}

/* As deep as may be, and one more. */
static void depth(void)
{
	for (unsigned lists = YG_JSON_CHECK_DEPTH_MAX - 1; lists <= YG_JSON_CHECK_DEPTH_MAX;
	     lists++) {
		char text[2 * YG_JSON_CHECK_DEPTH_MAX + 16];
		size_t size = (size_t)snprintf(text, sizeof(text), "{\"a\":");

		memset(text + size, '[', lists);
		memset(text + size + lists, ']', lists);
		size += 2 * (size_t)lists;
		text[size++] = '}';
		CHECK(yg_json_is_object((struct yg_bytes){(const uint8_t *)text, size}) ==
		      (lists < YG_JSON_CHECK_DEPTH_MAX));
	}
}

/* One byte in a long text that may not be there, at each place of it. */
static void long_texts(void)
{
	static const uint8_t bad[] = {0, 1, '\n', 0x1f, '"', '\\'};

	for (size_t at = 0; at < 70; at++) {
		char text[128] = "{\"a\":\"";
		size_t begin = strlen(text);

		memset(text + begin, 0xe3, 70); /* above 0x7f: no control character */
		memcpy(text + begin + 70, "x\"}", 3);
		CHECK(yg_json_is_object((struct yg_bytes){(const uint8_t *)text, begin + 73}));
		for (size_t i = 0; i < sizeof(bad); i++) {
			text[begin + at] = (char)bad[i];
			CHECK(!yg_json_is_object(
				(struct yg_bytes){(const uint8_t *)text, begin + 73}));
		}
	}
}

/* Whatever tokens stand behind each other, jansson says the same. */
static void as_jansson(void)
{
	static const char *const tokens[TOKENS] = {"{",	    "}", "[",	"]",   ":", ",",    "\"",
						   "\"a\"", "1", "0.5", "1e1", "-", "true", " "};
	uint64_t seed = 20261126;
	unsigned good = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		char text[128] = "{\"a\":";
		json_t *value;

		for (unsigned i = round % 9; i > 0; i--) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			strncat(text, tokens[(seed >> 33) % TOKENS], 8);
		}
		strncat(text, "}", 2);
		value = json_loads(text, 0, NULL);
		if (is_good(text) != (value != NULL))
			fprintf(stderr, "%s\n", text);
		CHECK(is_good(text) == (value != NULL));
		good += value != NULL;
		json_decref(value);
	}
	CHECK(good > ROUNDS / 100); /* not only nonsense */
}

static const struct check_case cases[] = {
	CASE(takes), CASE(refuses), CASE(depth), CASE(long_texts), CASE(as_jansson),
};
CHECK_MAIN(cases)
