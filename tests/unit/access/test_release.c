/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "../check.h"
#include "access/gate.h"
#include "access/rights-int.h"
#include "base/alloc.h"
#include "base/json.h"

static int release(const char *kind, const json_t *object, enum yg_audience audience, json_t **ret)
{
	struct yg_released released;
	int rc = yg_release(&(struct yg_release_ask){.kind = kind, .audience = audience}, object,
			    &released);

	*ret = released.copy;
	return rc;
}

/* What @audience gets of @text as canonical JSON, "refused" or "error"; valid until the next. */
static const char *released(const char *kind, const char *text, enum yg_audience audience)
{
	static struct yg_buf got;
	struct yg_fault fault;
	json_t *value = NULL;
	json_t *out = NULL;
	int rc = yg_json_load(yg_bytes_str(text), 1u << 20, &value, &fault);

	if (got.max == 0)
		yg_buf_init(&got, 1u << 20);
	yg_buf_reset(&got);
	if (rc == YG_OK)
		rc = release(kind, value, audience, &out);
	json_decref(value);
	if (rc != YG_OK)
		return rc == YG_EACCES ? "refused" : "error";
	rc = yg_json_canonical(out, &got);
	json_decref(out);
	yg_buf_add_byte(&got, 0);
	return rc == YG_OK && !yg_buf_error(&got) ? (const char *)got.data : "error";
}

static bool gives(const char *kind, enum yg_audience audience, const char *text, const char *want)
{
	const char *got = released(kind, text, audience);

	if (strcmp(got, want) == 0)
		return true;
	fprintf(stderr, "%s: %s, not %s\n", kind, got, want);
	return false;
}

#define STATEMENT YG_AUDIENCE_STATEMENT

static const char *const kinds[] = {
#define X(kind, ...) #kind,
#include "access/rights.def"
#undef X
};

/* An object with every key that any line of the table names, and one that none does. */
#define ANYTHING "{\"new_key\":1,\"note\":\"n\"}"

static void every_kind_has_its_line(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bool is_file = strcmp(kinds[i], "attachment") == 0;
		bool is_statement = strcmp(kinds[i], "statement") == 0;
		const char *got;

		CHECK(gives(kinds[i], YG_AUDIENCE_OWN, ANYTHING, ANYTHING));
		CHECK(gives(kinds[i], YG_AUDIENCE_EXPERT, ANYTHING,
			    is_file || is_statement ? "refused" : ANYTHING));
		got = released(kinds[i], ANYTHING, STATEMENT);
		if (is_statement)
			CHECK(strcmp(got, ANYTHING) == 0);
		else
			CHECK(strcmp(got, "{}") == 0 || strcmp(got, "refused") == 0);
	}
	CHECK(gives("secret", YG_AUDIENCE_OWN, ANYTHING, ANYTHING));
	CHECK(gives("secret", YG_AUDIENCE_EXPERT, ANYTHING, "refused"));
	CHECK(gives("secret", STATEMENT, ANYTHING, "refused"));
}

static void the_statement_carries_no_notes_and_no_disputes(void)
{
	CHECK(gives(
		"answer", STATEMENT,
		"{\"criterion\":\"1-1\",\"state\":\"met\",\"value\":null,\"reason\":\"r\","
		"\"note\":\"n\",\"by\":\"b\",\"date\":\"d\",\"evidence\":[\"E\"],"
		"\"choices\":{\"q\":[\"c\"]},\"new_key\":1}",
		"{\"by\":\"b\",\"choices\":{\"q\":[\"c\"]},\"criterion\":\"1-1\",\"date\":"
		"\"d\",\"evidence\":[\"E\"],\"reason\":\"r\",\"state\":\"met\",\"value\":null}"));
	CHECK(gives(
		"evidence", STATEMENT,
		"{\"id\":\"E\",\"kind\":\"record\",\"title\":\"t\",\"owner\":\"o\",\"date\":"
		"\"d\",\"expires\":null,\"criteria\":[\"1\"],\"wanted\":{\"1\":\"w\"},\"place\":"
		"\"p\",\"file_name\":\"f\",\"size\":1,\"sha256\":\"s\",\"note\":\"n\"}",
		"{\"criteria\":[\"1\"],\"date\":\"d\",\"expires\":null,\"id\":\"E\",\"kind\":"
		"\"record\",\"sha256\":\"s\",\"title\":\"t\"}"));
	CHECK(gives("dispute", STATEMENT, "{\"choice\":\"open\"}", "refused"));
	CHECK(gives("facts", STATEMENT, "{\"rows\":4}", "refused"));
	CHECK(gives("attachment", STATEMENT, "{}", "refused"));
	CHECK(gives("library", STATEMENT, "{}", "refused"));
	CHECK(gives("expert", STATEMENT,
		    "{\"id\":\"X\",\"role\":\"expert\",\"name\":\"n\",\"organisation\":\"o\","
		    "\"qualification\":\"q\",\"registration\":\"r\",\"mail\":\"m\",\"phone\":\"p\","
		    "\"independence_note\":\"i\",\"until\":\"u\"}",
		    "{\"name\":\"n\",\"organisation\":\"o\",\"qualification\":\"q\","
		    "\"registration\":\"r\",\"role\":\"expert\"}"));
}

static void inner_objects_are_cut_down(void)
{
	CHECK(gives("scope", STATEMENT,
		    "{\"date\":\"d\",\"note\":\"n\",\"sites\":[{\"name\":\"a\",\"people\":3,"
		    "\"note\":\"n\"},{\"note\":\"n\"},\"text\",[{\"name\":\"x\"}]],\"out\":[],"
		    "\"clouds\":\"text\",\"companies\":{\"name\":\"c\",\"note\":\"n\"}}",
		    "{\"companies\":{\"name\":\"c\"},\"date\":\"d\",\"out\":[],\"sites\":[{"
		    "\"name\":\"a\",\"people\":3},{}]}"));
	CHECK(gives("confirmation", STATEMENT,
		    "{\"decision\":\"confirmed\",\"advice\":\"a\",\"basis\":\"b\",\"expert\":{"
		    "\"id\":\"X\",\"name\":\"n\",\"mail\":\"m\"},\"how\":\"interview\"}",
		    "{\"basis\":\"b\",\"decision\":\"confirmed\",\"expert\":{\"id\":\"X\",\"name\":"
		    "\"n\"},\"how\":\"interview\"}"));
	CHECK(gives("confirmation", STATEMENT, "{\"expert\":\"X\"}", "{}"));
}

static void the_object_itself_is_not_changed(void)
{
	struct yg_fault fault;
	json_t *value;
	json_t *out;

	CHECK(yg_json_load(YG_S("{\"note\":\"n\",\"choices\":{\"q\":[1]}}"), 100, &value, &fault) ==
	      YG_OK);
	CHECK(release("answer", value, STATEMENT, &out) == YG_OK);
	CHECK(json_object_clear(json_object_get(out, "choices")) == 0);
	json_decref(out);
	CHECK(json_object_size(value) == 2);
	CHECK(json_object_size(json_object_get(value, "choices")) == 1);
	json_decref(value);
	value = json_array();
	CHECK(release("answer", value, YG_AUDIENCE_OWN, &out) == YG_EINVAL);
	json_decref(value);
	CHECK(release("answer", NULL, YG_AUDIENCE_OWN, &out) == YG_EINVAL);
}

static void failing_memory_is_reported(void)
{
	struct yg_fault fault;
	json_t *value;

	CHECK(yg_json_load(YG_S("{\"date\":\"d\",\"sites\":[{\"name\":\"a\"}],\"out\":[]}"), 100,
			   &value, &fault) == YG_OK);
	for (enum yg_audience audience = YG_AUDIENCE_OWN; audience <= STATEMENT; audience++) {
		for (long at = 1;; at++) {
			json_t *out = NULL;
			long left;
			int rc;

			yg_fail_at = at;
			rc = release("scope", value, audience, &out);
			left = yg_fail_at;
			yg_fail_at = 0;
			json_decref(out);
			CHECK(rc == (left > 0 ? YG_OK : YG_ENOMEM));
			if (left > 0)
				break;
		}
	}
	json_decref(value);
}

static const struct check_case cases[] = {
	CASE(every_kind_has_its_line),	  CASE(the_statement_carries_no_notes_and_no_disputes),
	CASE(inner_objects_are_cut_down), CASE(the_object_itself_is_not_changed),
	CASE(failing_memory_is_reported),
};
CHECK_MAIN(cases)
