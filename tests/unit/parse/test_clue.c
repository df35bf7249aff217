/* SPDX-License-Identifier: Apache-2.0 */
/* parse/clue.h: what of a STIX indicator can be looked for. */
#define YG_BAN_ALLOW_MALLOC
#include "parse/clue.h"

#include "../check.h"
#include "base/buf.h"

struct seen {
	struct yg_buf text;
};

static int take(void *arg, enum yg_clue_kind kind, struct yg_bytes value)
{
	struct seen *seen = arg;

	yg_buf_addf(&seen->text, "%d=%.*s%s;", (int)kind, YG_FMT(value),
		    yg_clue_is_person(kind, value) ? "*" : "");
	return YG_OK;
}

static int read_it(const char *text, struct yg_clue_facts *facts, struct seen *seen)
{
	struct yg_fault fault;
	json_t *tree = NULL;
	int rc = yg_json_load(yg_bytes_str(text), 1u << 20, &tree, &fault);

	yg_buf_reset(&seen->text);
	*facts = (struct yg_clue_facts){.confidence = 7};
	if (rc == YG_OK)
		rc = yg_clue_read(tree, facts, take, seen);
	json_decref(tree);
	return rc;
}

static void values_and_times(void)
{
	struct seen seen;
	struct yg_clue_facts f;

	yg_buf_init(&seen.text, 1u << 16);
	CHECK(read_it("{\"pattern\":\"[ipv4-addr:value = '203.0.113.9' OR domain-name:value = "
		      "'evil.example'] OR [file:hashes.'SHA-256' = 'ab']\",\"confidence\":80,"
		      "\"valid_from\":\"2026-01-01T00:00:00Z\",\"valid_until\":"
		      "\"2027-01-01T00:00:00.5Z\",\"labels\":[\"x\",\"PAP:green\",\"pap:AMBER\"]}",
		      &f, &seen) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&seen.text), "1=203.0.113.9;0=evil.example;4=ab;");
	CHECK(f.confidence == 80 && f.pap == YG_PAP_AMBER && !f.is_more && !f.is_revoked);
	CHECK(f.from_ns == INT64_C(1767225600) * YG_NS_PER_S);
	CHECK(f.until_ns == INT64_C(1798761600) * YG_NS_PER_S + YG_NS_PER_S / 2);
	CHECK(read_it("{\"pattern\":\"[url:value = 'http://a.example/?u=x@y.example' OR "
		      "email-addr:value = 'a@b.example' OR user-account:account_login = 'root' OR "
		      "url:value = 'http://a.example/%40']\",\"revoked\":true}",
		      &f, &seen) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&seen.text), "3=http://a.example/?u=x@y.example*;5=a@b.example*;"
					     "6=root*;3=http://a.example/%40*;");
	CHECK(f.confidence == YG_CLUE_UNSAID && f.is_revoked && f.pap == YG_PAP_NONE);
	CHECK(f.from_ns == 0 && f.until_ns == YG_CLUE_NEVER);
	yg_buf_done(&seen.text);
}

static void says_more(void)
{
	static const char *const texts[] = {
		"{\"pattern\":\"[ipv4-addr:value = '203.0.113.9' AND url:value = 'x']\"}",
		"{\"pattern\":\"[ipv4-addr:value != '203.0.113.9']\"}",
		"{\"pattern\":\"[domain-name:value LIKE 'x%']\"}",
		"{\"pattern\":\"[a:b = 'x'] FOLLOWEDBY [c:d = 'y']\"}",
		"{\"pattern\":\"alert tcp\",\"pattern_type\":\"snort\"}",
		"{\"pattern\":\"not a pattern\"}",
		"{\"pattern\":17}",
		"{}",
	};
	struct seen seen;
	struct yg_clue_facts f;

	yg_buf_init(&seen.text, 1u << 16);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(read_it(texts[i], &f, &seen) == YG_OK && f.is_more);
	CHECK(read_it("{\"pattern\":\"[a:b = 'x']\",\"confidence\":101,\"labels\":17}", &f,
		      &seen) == YG_OK);
	CHECK(!f.is_more && f.confidence == YG_CLUE_UNSAID);
	CHECK_TEXT(yg_buf_bytes(&seen.text), "7=x;");
	yg_buf_done(&seen.text);
}

static void too_many(void)
{
	struct seen seen;
	struct yg_clue_facts f;
	struct yg_buf text;

	yg_buf_init(&seen.text, 1u << 20);
	yg_buf_init(&text, 1u << 20);
	yg_buf_add_str(&text, "{\"pattern\":\"[ipv4-addr:value IN ('192.0.2.1'");
	for (unsigned i = 1; i < YG_CLUE_VALUES_MAX; i++)
		yg_buf_addf(&text, ",'192.0.2.1'");
	yg_buf_add_str(&text, ")]\"}");
	yg_buf_add_byte(&text, 0);
	CHECK(yg_buf_error(&text) == YG_OK);
	CHECK(read_it((const char *)text.data, &f, &seen) == YG_OK && !f.is_more);
	text.size -= 5;
	yg_buf_add_str(&text, ",'x')]\"}");
	yg_buf_add_byte(&text, 0);
	CHECK(read_it((const char *)text.data, &f, &seen) == YG_OK && f.is_more);
	yg_buf_done(&text);
	yg_buf_done(&seen.text);
}

static const struct check_case cases[] = {CASE(values_and_times), CASE(says_more), CASE(too_many)};
CHECK_MAIN(cases)
