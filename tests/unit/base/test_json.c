/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC
#include "base/json.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"

static struct yg_fault fault;
static struct yg_buf got;

static json_t *load(struct yg_bytes text)
{
	json_t *value = NULL;

	fault = (struct yg_fault){0};
	return yg_json_load(text, 1u << 20, &value, &fault) == YG_OK ? value : NULL;
}

/* The canonical form of @text, "refused" when it is not read, "unsupported"; until the next. */
static const char *canonical(struct yg_bytes text)
{
	json_t *value = load(text);
	int rc;

	if (!value)
		return "refused";
	yg_buf_done(&got);
	yg_buf_init(&got, 1u << 20);
	rc = yg_json_canonical(value, &got);
	json_decref(value);
	yg_buf_add_byte(&got, 0);
	return rc == YG_OK ? (const char *)got.data : "unsupported";
}

#define canonical_of(literal) canonical(YG_S(literal))

static bool is(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	fprintf(stderr, "got %s, not %s\n", a, b);
	return false;
}

static bool refuses(struct yg_bytes text, enum yg_err code, const char *part)
{
	json_t *value = load(text);

	if (!value && fault.code == code && strstr(fault.msg, part) && fault.pos <= text.size)
		return true;
	fprintf(stderr, "%.*s: %d %s at %zu\n", YG_FMT(text), fault.code,
		value ? "accepted" : fault.msg, fault.pos);
	json_decref(value);
	return false;
}

#define refuses_text(literal, part) refuses(YG_S(literal), YG_EFORMAT, part)

static void reads_what_is_json(void)
{
	CHECK(is(canonical_of(" {\"a\": [1 ,\n2, {}], \"b\":null}\t"),
		 "{\"a\":[1,2,{}],\"b\":null}"));
	CHECK(is(canonical_of("[]"), "[]"));
	CHECK(is(canonical_of("{}"), "{}"));
	CHECK(is(canonical_of("\"x\""), "\"x\""));
	CHECK(is(canonical_of("true"), "true"));
	CHECK(is(canonical_of("-7"), "-7"));
	CHECK(is(canonical_of("-0"), "0"));
	CHECK(is(canonical_of("{\"\":\"\"}"), "{\"\":\"\"}"));
}

static void refuses_what_is_none(void)
{
	CHECK(refuses_text("", "ends too early") || refuses_text("", "no JSON"));
	CHECK(refuses_text("{\"a\":1", "ends too early"));
	CHECK(refuses_text("[1] 2", "follows"));
	CHECK(refuses_text("[1,]", "no JSON"));
	CHECK(refuses_text("{a:1}", "no JSON"));
	CHECK(refuses_text("[01]", "no JSON"));
	CHECK(refuses_text("[+1]", "no JSON"));
	CHECK(refuses_text("[NaN]", "no JSON"));
	CHECK(refuses_text("['a']", "no JSON"));
	CHECK(refuses_text("[\"a\nb\"]", "no JSON"));
	CHECK(refuses_text("[\"\\x\"]", "no JSON"));
	CHECK(refuses_text("[\"\\ud800\"]", "no JSON"));
	CHECK(refuses_text("[\"\\udc00\\ud800\"]", "no JSON"));
	CHECK(refuses_text("// a\n1", "no JSON"));
	CHECK(refuses_text("\xef\xbb\xbf{}", "no JSON"));
	CHECK(refuses_text("[1]\0", "") && refuses_text("\0", ""));
	CHECK(refuses_text("[\"\xff\"]", "UTF-8"));
	CHECK(refuses_text("[\"\xed\xa0\x80\"]", "UTF-8"));
	CHECK(refuses_text("[\"\xc0\x80\"]", "UTF-8"));
	CHECK(refuses_text("[\"\xf4\x90\x80\x80\"]", "UTF-8"));
}

static void refuses_keys_that_stand_twice(void)
{
	CHECK(refuses_text("{\"a\":1,\"a\":1}", "twice"));
	CHECK(refuses_text("{\"a\":1,\"\\u0061\":1}", "twice"));
	CHECK(refuses_text("[{\"b\":{\"a\":1,\"c\":2,\"a\":3}}]", "twice"));
	CHECK(fault.pos > 10);
	CHECK(is(canonical_of("{\"a\":{\"a\":1},\"A\":1}"), "{\"A\":1,\"a\":{\"a\":1}}"));
}

static void refuses_nul_in_texts(void)
{
	CHECK(refuses_text("[\"a\\u0000b\"]", "NUL"));
	CHECK(refuses_text("{\"a\\u0000\":1}", "NUL"));
	CHECK(refuses_text("[\"a\0b\"]", ""));
}

static void depth_and_size_have_limits(void)
{
	char text[4 * YG_JSON_DEPTH_MAX];
	json_t *value;

	for (unsigned depth = YG_JSON_DEPTH_MAX; depth <= YG_JSON_DEPTH_MAX + 1; depth++) {
		struct yg_bytes b = {(const uint8_t *)text, 2 * depth};

		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		if (depth > YG_JSON_DEPTH_MAX)
			CHECK(refuses(b, YG_ELIMIT, "nested"));
		else
			CHECK(strncmp(canonical(b), text, b.size) == 0);
	}
	/* Brackets in texts do not count, escaped quotes do not end them. */
	memset(text, '[', sizeof(text));
	memcpy(text, "[\"\\\"", 4);
	memcpy(text + sizeof(text) - 2, "\"]", 2);
	value = load((struct yg_bytes){(const uint8_t *)text, sizeof(text)});
	CHECK(value);
	json_decref(value);
	CHECK(yg_json_load(YG_S("[1,2]"), 4, &value, &fault) == YG_ELIMIT && fault.pos == 4);
	CHECK(yg_json_load(YG_S("[1,2]"), 5, &value, &fault) == YG_OK);
	json_decref(value);
}

static void numbers_are_whole_and_exact(void)
{
	CHECK(is(canonical_of("[9007199254740992,-9007199254740992,0,10]"),
		 "[9007199254740992,-9007199254740992,0,10]"));
	CHECK(is(canonical_of("9007199254740993"), "unsupported"));
	CHECK(is(canonical_of("-9007199254740993"), "unsupported"));
	CHECK(is(canonical_of("[9223372036854775807]"), "unsupported"));
	CHECK(refuses_text("9223372036854775808", "too large"));
	CHECK(refuses_text("[1e400]", "too large"));
	CHECK(is(canonical_of("[1.5]"), "unsupported"));
	CHECK(is(canonical_of("[1.0]"), "unsupported"));
	CHECK(is(canonical_of("{\"a\":1e2}"), "unsupported"));
}

/* RFC 8785 sec. 3.2.2, its text and literals, and sec. 3.2.3, its keys. */
static void writes_the_examples_of_the_standard(void)
{
	CHECK(is(canonical_of("{\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\"
			      "\\\"\\/\",\"literals\":[null,true,false]}"),
		 "{\"literals\":[null,true,false],\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\"
		 "\\\\\\\"/\"}"));
	CHECK(is(canonical_of("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
			      "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
			      "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\","
			      "\"\\u0080\":\"Control\","
			      "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}"),
		 "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
		 "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\","
		 "\"\xe2\x82\xac\":\"Euro Sign\","
		 "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
		 "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}"));
}

static void keys_are_sorted_by_units(void)
{
	CHECK(is(canonical_of("{\"b\":1,\"aa\":2,\"a\":3,\"\":4,\"B\":5,\"10\":6,\"9\":7}"),
		 "{\"\":4,\"10\":6,\"9\":7,\"B\":5,\"a\":3,\"aa\":2,\"b\":1}"));
	/* The same first half of a pair, and a pair against the end of the key. */
	CHECK(is(canonical_of("{\"\\ud83d\\ude01\":1,\"\\ud83d\\ude00x\":2,\"\\ud83d\\ude00\":3,"
			      "\"\\uffff\":4}"),
		 "{\"\xf0\x9f\x98\x80\":3,\"\xf0\x9f\x98\x80x\":2,\"\xf0\x9f\x98\x81\":1,"
		 "\"\xef\xbf\xbf\":4}"));
}

static void escapes_are_the_shortest(void)
{
	CHECK(is(canonical_of("\"\\b\\f\\n\\r\\t\\u0008\\u001F\\u0001\\u007f\\u2028\\/\""),
		 "\"\\b\\f\\n\\r\\t\\b\\u001f\\u0001\x7f\xe2\x80\xa8/\""));
}

/* What was written is read as the same and written as the same. */
static void canonical_text_stays_as_it_is(void)
{
	char first[512];

	(void)snprintf(first, sizeof(first), "%s",
		       canonical_of("{\"z\":[1,{\"y\":\"\\u0007\\ud83d\\ude00\",\"x\":[]}],"
				    "\"\\u00e9\":null,\"a\":{\"c\":false,\"b\":true}}"));
	CHECK(is(canonical(yg_bytes_str(first)), first));
}

static void writing_has_limits(void)
{
	json_t *inner = json_array();
	json_t *value = load(YG_S("[\"0123456789\"]"));

	yg_buf_done(&got);
	yg_buf_init(&got, 8);
	CHECK(value && yg_json_canonical(value, &got) == YG_ELIMIT);
	json_decref(value);
	for (unsigned i = 0; i < YG_JSON_DEPTH_MAX; i++) {
		json_t *outer = json_array();

		CHECK(json_array_append_new(outer, inner) == 0);
		inner = outer;
	}
	yg_buf_done(&got);
	yg_buf_init(&got, 1000);
	CHECK(yg_json_canonical(inner, &got) == YG_ELIMIT);
	json_decref(inner);
}

static void fields_are_asked_for(void)
{
	json_t *value = load(YG_S("{\"t\":\"text\",\"n\":-3,\"f\":1.5,\"o\":{}}"));

	CHECK(value);
	CHECK_TEXT(yg_json_text(value, "t"), "text");
	CHECK(yg_json_text(value, "n").size == 0 && yg_json_text(value, "x").size == 0);
	CHECK(yg_json_text(NULL, "t").size == 0);
	CHECK(yg_json_int(value, "n", 9) == -3 && yg_json_int(value, "t", 9) == 9);
	CHECK(yg_json_int(value, "f", 9) == 9 && yg_json_int(NULL, "n", 9) == 9);
	CHECK(yg_json_set(value, "t", json_integer(1)) == YG_OK);
	CHECK(yg_json_int(value, "t", 9) == 1);
	CHECK(yg_json_set(value, "t", NULL) == YG_ENOMEM);
	json_decref(value);
}

static bool becomes(struct yg_bytes bytes, const char *want)
{
	json_t *value = yg_json_string(bytes);
	bool is_same = value && strcmp(json_string_value(value), want) == 0 &&
		       json_string_length(value) == strlen(want);

	json_decref(value);
	return is_same;
}

static void any_bytes_become_text(void)
{
	CHECK(becomes(YG_S("a\xe3\x81\x82"), "a\xe3\x81\x82"));
	CHECK(becomes((struct yg_bytes){0}, ""));
	CHECK(becomes(YG_S("a\xff\0b\xe3\x81"), "a\xef\xbf\xbd\xef\xbf\xbd"
						"b\xef\xbf\xbd\xef\xbf\xbd"));
}

/* Texts and a number longer than the library's first buffer, so that it has to grow. */
static const char long_text[] =
	"{\"key that is longer than the first buffer\":[\"text of about the same size, and a bit "
	"more \\u3042\",123456789012345,true,{\"a\":null,\"b\":\"\xff\"}]}";

static void failing_memory_is_reported(void)
{
	struct yg_bytes text = {(const uint8_t *)long_text, sizeof(long_text) - 1};
	char want[sizeof(long_text)];
	char valid[sizeof(long_text)];

	memcpy(valid, long_text, sizeof(valid));
	*strchr(valid, '\xff') = 'b';
	(void)snprintf(want, sizeof(want), "%s", canonical(yg_bytes_str(valid)));
	CHECK(strstr(want, "123456789012345"));
	for (unsigned round = 0; round < 3; round++) {
		for (long at = 1;; at++) {
			json_t *value = NULL;
			long left;
			int rc;

			yg_buf_done(&got);
			yg_buf_init(&got, 1000);
			yg_fail_at = at;
			if (round == 0)
				rc = yg_json_load(yg_bytes_str(valid), 1000, &value, &fault);
			else if (round == 1)
				rc = yg_json_load(text, 1000, &value, &fault);
			else
				rc = (value = yg_json_string(text)) ? YG_OK : YG_ENOMEM;
			if (rc == YG_OK && round == 0)
				rc = yg_json_canonical(value, &got);
			left = yg_fail_at;
			yg_fail_at = 0;
			json_decref(value);
			if (left > 0) {
				CHECK(rc == (round == 1 ? YG_EFORMAT : YG_OK));
				break;
			}
			CHECK(rc == YG_ENOMEM);
		}
		if (round == 0)
			CHECK_TEXT(yg_buf_bytes(&got), want);
	}
}

/* What peeking finds in @text is what its tree holds, for each of @keys. */
static bool agrees(struct yg_bytes text)
{
	static const char *const keys[] = {"a", "b", "c", "", "aa", "state", "\xe7\x8a\xb6"};
	json_t *tree = load(text);
	bool is_right = tree != NULL;

	for (size_t i = 0; tree && i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(tree, keys[i]);
		struct yg_bytes found = yg_json_peek(text, keys[i]);
		struct yg_bytes word = yg_json_peek_text(text, keys[i]);
		struct yg_buf wanted;

		yg_buf_init(&wanted, 1u << 16);
		if (value && yg_json_canonical(value, &wanted) != YG_OK)
			abort();
		is_right &= yg_bytes_eq(found, yg_buf_bytes(&wanted));
		if (word.size > 0)
			is_right &= yg_bytes_eq(word, yg_json_text(tree, keys[i]));
		else /* one that is empty, or that has escapes, is not given */
			is_right &= yg_json_text(tree, keys[i]).size == 0 ||
				    memchr(found.data, '\\', found.size) != NULL;
		yg_buf_done(&wanted);
	}
	json_decref(tree);
	return is_right;
}

static uint64_t rolls = 20261126;

static unsigned roll(unsigned below)
{
	rolls = rolls * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(rolls >> 33) % below;
}

/* Any value, @depth levels of it at most; keys are few, so that nested ones are called the same. */
static json_t *any_value(unsigned depth)
{
	static const char *const words[] = {"",	    "a",      "null",	      "a\"b\\",
					    "}],{", "\x01\n", "\xe7\x8a\xb6", "\"state\":\"x\""};
	static const char *const keys[] = {"a",	  "b", "c", "", "aa", "state", "\xe7\x8a\xb6",
					   "q\"q"};
	unsigned kind = roll(depth ? 7 : 5);
	json_t *all;

	switch (kind) {
	case 0:
		return json_integer((json_int_t)roll(2000) - 1000);
	case 1:
		return json_boolean(roll(2));
	case 2:
		return json_null();
	case 3:
	case 4:
		return json_string(words[roll(8)]);
	default:
		all = kind == 5 ? json_array() : json_object();
		for (unsigned i = roll(6); i > 0; i--) {
			if (kind == 5)
				(void)json_array_append_new(all, any_value(depth - 1));
			else
				(void)json_object_set_new(all, keys[roll(8)], any_value(depth - 1));
		}
		return all;
	}
}

static void splicing_is_setting_in_the_tree(void)
{
	static const char *const keys[] = {"", "a", "aa", "b", "bb", "state", "zz"};

	for (unsigned i = 0; i < 3000; i++) {
		const char *key = keys[roll(7)];
		json_t *value = any_value(4), *more = any_value(2);
		struct yg_buf text, piece, spliced, wanted;

		yg_buf_init(&text, 1u << 20);
		yg_buf_init(&piece, 1u << 20);
		yg_buf_init(&spliced, 1u << 20);
		yg_buf_init(&wanted, 1u << 20);
		CHECK(yg_json_canonical(value, &text) == YG_OK &&
		      yg_json_canonical(more, &piece) == YG_OK);
		if (json_is_object(value)) {
			CHECK(yg_json_splice(yg_buf_bytes(&text), key, yg_buf_bytes(&piece),
					     &spliced) == YG_OK);
			CHECK(json_object_set(value, key, more) == 0 &&
			      yg_json_canonical(value, &wanted) == YG_OK);
			CHECK(yg_bytes_eq(yg_buf_bytes(&spliced), yg_buf_bytes(&wanted)));
			/* With another byte, or cut: refused, or something. */
			text.data[roll((unsigned)text.size)] = (uint8_t)roll(256);
			(void)!yg_json_splice(yg_buf_bytes(&text), key, YG_S("1"), &spliced);
			(void)!yg_json_splice(
				yg_bytes_cut(yg_buf_bytes(&text), 0, roll((unsigned)text.size)),
				key, YG_S("1"), &spliced);
		} else {
			CHECK(yg_json_splice(yg_buf_bytes(&text), key, YG_S("1"), &spliced) ==
			      YG_EFORMAT);
		}
		yg_buf_done(&text);
		yg_buf_done(&piece);
		yg_buf_done(&spliced);
		yg_buf_done(&wanted);
		json_decref(value);
		json_decref(more);
	}
}

static void peeking_finds_what_is_in_the_tree(void)
{
	for (unsigned i = 0; i < 3000; i++) {
		json_t *value = any_value(4);
		struct yg_buf text;

		yg_buf_init(&text, 1u << 20);
		if (json_is_object(value)) {
			CHECK(yg_json_canonical(value, &text) == YG_OK);
			CHECK(agrees(yg_buf_bytes(&text)));
			/* Cut anywhere, or with another byte: some piece, or nothing. */
			for (unsigned k = 0; k < 8 && text.size > 0; k++) {
				struct yg_bytes part = yg_bytes_cut(yg_buf_bytes(&text), 0,
								    roll((unsigned)text.size));

				text.data[roll((unsigned)text.size)] = (uint8_t)roll(256);
				(void)yg_json_peek(part, "a");
				(void)yg_json_peek_text(part, "state");
			}
		}
		yg_buf_done(&text);
		json_decref(value);
	}
	CHECK(yg_json_peek(YG_S("[1]"), "a").size == 0 && yg_json_peek(YG_S(""), "a").size == 0);
}

static const struct check_case cases[] = {
	CASE(peeking_finds_what_is_in_the_tree),
	CASE(splicing_is_setting_in_the_tree),
	CASE(reads_what_is_json),
	CASE(refuses_what_is_none),
	CASE(refuses_keys_that_stand_twice),
	CASE(refuses_nul_in_texts),
	CASE(depth_and_size_have_limits),
	CASE(numbers_are_whole_and_exact),
	CASE(writes_the_examples_of_the_standard),
	CASE(keys_are_sorted_by_units),
	CASE(escapes_are_the_shortest),
	CASE(canonical_text_stays_as_it_is),
	CASE(writing_has_limits),
	CASE(fields_are_asked_for),
	CASE(any_bytes_become_text),
	CASE(failing_memory_is_reported),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	yg_buf_done(&got);
	return rc;
}
