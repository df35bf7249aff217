/* SPDX-License-Identifier: Apache-2.0 */
/* STIX: what is taken, what is refused and at which place, and that texts stay what they were. */
#include "../check.h"
#include "parse/stix.h"
#include "parse/stix_pattern.h"

#define CHECK_INT(a, b) CHECK((long long)(a) == (long long)(b))

static struct yg_arena *arena;
static struct yg_stix_bundle bundle;
static struct yg_line_fault fault;

static bool knows(void *arg, struct yg_bytes id)
{
	return yg_bytes_eq(id, yg_bytes_str(arg));
}

static int read_with(const char *text, const struct yg_stix_ask *ask)
{
	yg_arena_reset(arena);
	return yg_stix_read(yg_bytes_str(text), ask, arena, &bundle, &fault);
}

static int read(const char *text)
{
	struct yg_stix_ask ask = {0};

	return read_with(text, &ask);
}

#define ID_1 "aaaaaaaa-0000-4000-8000-000000000001"
#define MADE "\"created\":\"2020-01-01T00:00:00.000Z\",\"modified\":\"2020-01-02T00:00:00.500Z\""
#define TOOL(more)                                                                                 \
	"{\"type\":\"tool\",\"spec_version\":\"2.1\",\"id\":\"tool--" ID_1 "\"," MADE more "}"
#define NAMED(more) TOOL(",\"name\":\"x\"" more)
#define IN(object)  "{\"type\":\"bundle\",\"id\":\"bundle--" ID_1 "\",\"objects\":[" object "]}"
#define MARK(id)    ",\"object_marking_refs\":[\"marking-definition--" id "\"]"

#define ID_2  "aaaaaaaa-0000-4000-8000-000000000002"
#define GREEN "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
#define DEFINED(id)                                                                                \
	"{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition-"   \
	"-" id "\",\"created\":\"2020-01-01T00:00:00.000Z\",\"definition_type\":\"statement\","    \
	"\"definition\":{\"statement\":\"x\"}}"

static void test_whole(void)
{
	static const char spaced[] =
		"{ \"objects\" : [ {\"type\":\"x-new\" , \"id\":\n\"x-new--" ID_1
		"\",\"n\": [ 1.50 , -0 , 1E+3, 9007199254740993 ], \"t\" : \"a  b \\u0041\\\"\" } "
		"] }";
	static const char kept[] = "{\"type\":\"x-new\",\"id\":\"x-new--" ID_1
				   "\",\"n\":[1.50,-0,1E+3,9007199254740993],"
				   "\"t\":\"a  b \\u0041\\\"\"}";

	CHECK(read(spaced) == YG_OK);
	CHECK(bundle.count == 1);
	CHECK(bundle.wrong == 0);
	CHECK(yg_bytes_eq(bundle.items[0].object.text, yg_bytes_str(kept)));
	CHECK(bundle.items[0].object.spec == YG_STIX_2_1);
	CHECK(bundle.items[0].object.version.size == 0);
	CHECK_INT(read(IN(NAMED("") "," NAMED(""))), YG_OK);
	CHECK(bundle.count == 2);
	CHECK(yg_bytes_eq(bundle.items[1].object.version, YG_S("2020-01-02T00:00:00.500Z")));
	CHECK(read("{}") == YG_OK);
	CHECK(bundle.count == 0);
	CHECK(read("{\"objects\":[]}") == YG_OK);
}

static void test_broken(void)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"objects\":[}",
		"{\"objects\":{}}",
		"{\"objects\":[{]}",
		"{\"objects\":[{}",
		"{\"objects\":[{}]} x",
		"{\"type\":\"x\"}",
		"{\"type\":1 2}",
		"{\"objects\":[],\"objects\":[]}",
		"{\"a\":\"x",
		"{\"a\":}",
		IN("{\"a\":1 2}"),
		"{\"objects\":[{},]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK(read(texts[i]) == YG_EFORMAT);
		CHECK(fault.msg[0] != 0);
	}
}

static void test_faults(void)
{
	static const struct {
		const char *text;
		const char *fault;
	} rows[] = {
		{IN("{}"), "type: is missing, or no text"},
		{IN("1"), ": "},
		{IN("{\"a\":1,\"a\":2}"), ": no JSON"},
		{IN("{\"type\":\"tool\",\"id\":\"x\"}"), "id: must be"},
		{IN("{\"type\":\"tool\",\"id\":\"malware--" ID_1 "\"}"), "id: begins"},
		{IN(TOOL("")), "name: is missing"},
		{IN(TOOL(",\"name\":1")), "name: must be a text"},
		{IN(NAMED(",\"confidence\":101")), "confidence:"},
		{IN(NAMED(",\"confidence\":1.5")), "confidence:"},
		{IN(NAMED(",\"labels\":[1]")), "labels[0]:"},
		{IN(NAMED(",\"created_by_ref\":\"x\"")), "created_by_ref:"},
		{IN(NAMED(",\"first_seen\":\"2020-01-01 00:00:00\"")), "first_seen:"},
		{IN(NAMED(",\"first_seen\":\"2020-02-30T00:00:00Z\"")), "first_seen:"},
		{IN(NAMED(",\"kill_chain_phases\":[{}]")), "kill_chain_phases[0].kill_chain_name"},
		{IN(NAMED(MARK(ID_1))), "object_marking_refs[0]:"},
		{IN(NAMED(",\"granular_markings\":[{}]")), "granular_markings[0].selectors"},
		{IN("{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--" ID_1
		    "\"," MADE ",\"pattern_type\":\"stix\",\"pattern\":\"[a:b]\","
		    "\"valid_from\":\"2020-01-01T00:00:00Z\"}"),
		 "pattern: at byte 4:"},
		{IN("{\"type\":\"marking-definition\",\"id\":\"marking-definition--" ID_1
		    "\",\"created\":\"2020-01-01T00:00:00Z\",\"definition_type\":\"tlp\"}"),
		 "id: a TLP marking"},
	};
	struct yg_stix_ask ask = {.now_ns = 1};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read(rows[i].text) != YG_OK || bundle.wrong != 1)
			fprintf(stderr, "row %zu: %s\n", i, fault.msg);
		CHECK(bundle.wrong == 1);
		CHECK(bundle.items[0].fault &&
		      strncmp(bundle.items[0].fault, rows[i].fault, strlen(rows[i].fault)) == 0);
	}
	CHECK_INT(read_with(IN(NAMED("")), &ask), YG_OK);
	CHECK(bundle.wrong == 1 && strstr(bundle.items[0].fault, "in the future"));
}

static enum yg_tlp tlp_of(const char *text)
{
	return read(text) == YG_OK && bundle.wrong == 0 ? bundle.items[0].object.tlp : YG_TLP_COUNT;
}

static void test_marks(void)
{
	struct yg_stix_ask ask = {.has_marking = knows,
				  .arg = (void *)(uintptr_t) "marking-definition--" ID_1};

	CHECK_INT(tlp_of(IN(NAMED(""))), YG_TLP_NONE);
	CHECK_INT(tlp_of(IN(NAMED(MARK("613f2e26-407d-48c7-9eca-b8e91df99dc9")))), YG_TLP_CLEAR);
	CHECK_INT(tlp_of(IN(NAMED(MARK("939a9414-2ddd-4d32-a0cd-375ea402b003")))),
		  YG_TLP_AMBER_STRICT);
	CHECK_INT(tlp_of(IN(NAMED(",\"object_marking_refs\":[\"marking-definition--"
				  "34098fce-860f-48ae-8e50-ebd3cc5e41da\"],\"granular_markings\":"
				  "[{\"selectors\":[\"name\"],\"marking_ref\":\"marking-definition"
				  "--e828b379-4e03-4974-9ac4-e53a884c97c1\"}]"))),
		  YG_TLP_RED);
	CHECK_INT(read_with(IN(NAMED(MARK(ID_1))), &ask), YG_OK);
	CHECK(bundle.wrong == 0);
	/* The definition may stand behind. */
	CHECK_INT(tlp_of(IN(NAMED(MARK(ID_1)) ",{\"type\":\"marking-definition\",\"id\":"
					      "\"marking-definition--" ID_1
					      "\",\"created\":\"2020-01-01T00:00:00Z\","
					      "\"definition_type\":\"statement\"}")),
		  YG_TLP_NONE);
	for (unsigned i = YG_TLP_CLEAR; i < YG_TLP_COUNT; i++) {
		enum yg_tlp tlp = YG_TLP_NONE;

		CHECK(yg_stix_tlp_of_id(yg_stix_tlp_id(i), &tlp) && tlp == i);
		CHECK(strstr(yg_stix_tlp_definition(i), yg_tlp_name(i)) != NULL);
	}
}

static void test_patterns(void)
{
	static const char *const good[] = {
		"[ipv4-addr:value = '198.51.100.1']",
		"[file:hashes.'SHA-256' = 'ab' AND file:name != 'x'] FOLLOWEDBY [url:value LIKE "
		"'%']",
		"([a:b = 1] OR [a:b = 2.5]) WITHIN 300 SECONDS",
		"[a:b[*].c[0].'d' IN ('x', 'y', 3)] REPEATS 5 TIMES",
		"[a:b > t'2020-01-01T00:00:00Z'] START t'2020-01-01T00:00:00Z' STOP "
		"t'2020-01-02T00:00:00.5Z'",
		"[NOT_a:b NOT = 'x' AND (a:c MATCHES '^\\\\d+$' OR EXISTS a:d)]",
		"[ a:b = h'00ff' ] /* why */ AND [ a:c ISSUBSET '10.0.0.0/8' ] // end",
		"[a:b = true]",
		"[a:b NOT IN ('x')]",
	};
	static const char *const wrong[] = {
		"",
		"x",
		"[]",
		"[a:b]",
		"[a:b = ]",
		"[a:b = 'x'",
		"[a:b = x]",
		"[a:b = 'x']]",
		"[a = 'x']",
		"[a:b > true]",
		"([a:b = 1]",
		"[a:b = 1] [c:d = 2]",
		"[a:b = 1] AND",
		"[a:b LIKE 1]",
		"[(a:b = 1]",
		"[a:b = 1)]",
		"[a:b[x] = 1]",
		"[a:b = t'2020']",
		"[a:b = 1] WITHIN 0 SECONDS",
		"[a:b = 1] REPEATS 1.5 TIMES",
		"[a:b = 'x\\y']",
		"[a:b = 1] START t'x' STOP t'x'",
	};
	struct yg_fault where = {0};
	char deep[256] = "";

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK(yg_stix_pattern_check(yg_bytes_str(good[i]), &where) == YG_OK);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(yg_stix_pattern_check(yg_bytes_str(wrong[i]), &where) == YG_EFORMAT);
	memset(deep, '(', YG_STIX_PATTERN_DEPTH + 1);
	CHECK(yg_stix_pattern_check(yg_bytes_str(deep), &where) == YG_EFORMAT);
}

static char listed[512];

static int list_value(void *arg, struct yg_bytes path, struct yg_bytes value)
{
	(void)arg;
	(void)snprintf(listed + strlen(listed), sizeof(listed) - strlen(listed), "%.*s=%.*s;",
		       YG_FMT(path), YG_FMT(value));
	return YG_OK;
}

static int list(const char *pattern)
{
	struct yg_fault where = {0};

	listed[0] = 0;
	return yg_stix_pattern_values(yg_bytes_str(pattern), list_value, NULL, &where);
}

static int stop(void *arg, struct yg_bytes path, struct yg_bytes value)
{
	(void)arg;
	(void)path;
	(void)value;
	return YG_ELIMIT;
}

static void test_values(void)
{
	static const char *const more[] = {
		"[a:b = 'x' AND a:c = 'y']",
		"[a:b = 'x'] AND [a:b = 'y']",
		"[a:b = 'x'] FOLLOWEDBY [a:b = 'y']",
		"[a:b != 'x']",
		"[a:b NOT = 'x']",
		"[a:b LIKE 'x']",
		"[a:b = 1]",
		"[a:b = true]",
		"[a:b IN ('x', 1)]",
		"[(a:b = 'x')]",
		"([a:b = 'x'])",
		"[a:b = 'x'] WITHIN 5 SECONDS",
		"[EXISTS a:b]",
		"[a:b > 'x']",
		"[a:b = h'00']",
	};
	struct yg_fault where = {0};

	CHECK_INT(list("[domain-name:value = 'x.example']"), YG_OK);
	CHECK(strcmp(listed, "domain-name:value=x.example;") == 0);
	CHECK_INT(list("[a:b = 'x' OR a:c.'d'[*].e IN ('y','z')] OR [f:g='']"), YG_OK);
	CHECK(strcmp(listed, "a:b=x;a:c.'d'[*].e=y;a:c.'d'[*].e=z;f:g=;") == 0);
	CHECK_INT(list("[ a:b\n= /* c */ 'it\\'s\\\\' ]"), YG_OK);
	CHECK(strcmp(listed, "a:b=it's\\;") == 0);
	CHECK_INT(list("[a:b IN ()]"), YG_OK);
	CHECK(strcmp(listed, "") == 0);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		CHECK_INT(list(more[i]), YG_EUNSUPPORTED);
	CHECK_INT(list("[a:b = 'x'"), YG_EFORMAT);
	CHECK_INT(yg_stix_pattern_values(YG_S("[a:b = 'x']"), stop, NULL, &where), YG_ELIMIT);
}

/* What an envelope says of the page behind it. */
static void test_pages(void)
{
	struct yg_stix_ask lenient = {.may_lack_modified = true};
	static const char bare[] = "{\"objects\":[{\"type\":\"tool\",\"spec_version\":\"2.1\","
				   "\"id\":\"tool--" ID_1 "\",\"name\":\"x\","
				   "\"created\":\"2020-01-01T00:00:00.000Z\"}]}";

	CHECK_INT(read("{\"more\":true,\"next\":\"a\\u0062\"}"), YG_OK);
	CHECK(bundle.is_more && yg_bytes_eq(bundle.next, YG_S("ab")));
	CHECK_INT(read("{\"more\":false,\"next\":7,\"objects\":[]}"), YG_OK);
	CHECK(!bundle.is_more && bundle.next.size == 0);
	CHECK_INT(read(bare), YG_OK);
	CHECK_INT(bundle.wrong, 1);
	CHECK_INT(read_with(bare, &lenient), YG_OK);
	CHECK_INT(bundle.wrong, 0);
	CHECK(yg_bytes_eq(bundle.items[0].object.version, YG_S("2020-01-01T00:00:00.000Z")));
}

static void test_deep(void)
{
	char text[1024] = "{\"objects\":[";
	size_t size = strlen(text);

	memset(text + size, '[', 400);
	CHECK(read(text) == YG_ELIMIT);
	CHECK(strstr(fault.msg, "objects[0]") != NULL);
}

/* ---- told one by one, as all at once ---- */

#define TOLD_MAX 8u

struct telling {
	struct yg_stix_stream stream;
	struct yg_arena *arenas[2]; /* by turns: what one was told of may be gone with the next */
	char lines[TOLD_MAX][1024];
	uint32_t count;
};

static void put_item(char to[1024], uint32_t index, const struct yg_stix_item *item)
{
	const struct yg_stix_object *o = &item->object;

	(void)snprintf(to, 1024, "%u %s %.*s %.*s %.*s %lld %d %d %.*s", index,
		       item->fault ? item->fault : "-", YG_FMT(o->id), YG_FMT(o->type),
		       YG_FMT(o->version), (long long)o->version_ns, (int)o->spec, (int)o->tlp,
		       YG_FMT(o->text));
}

static int tell(void *arg, uint32_t index, const struct yg_stix_item *item,
		const struct json_t *tree)
{
	struct telling *t = arg;

	(void)tree;
	if (t->count == TOLD_MAX)
		return YG_ELIMIT;
	put_item(t->lines[t->count++], index, item);
	yg_arena_reset(t->stream.arena);
	t->stream.arena = t->arenas[t->count % 2];
	return YG_OK;
}

static bool is_told_alike(const char *text)
{
	static struct telling t;
	struct yg_stix_ask ask = {.has_marking = knows, .arg = (void *)(uintptr_t) "none"};
	struct yg_stix_bundle whole;
	char whole_fault[sizeof(fault.msg)];
	char line[1024];
	bool is_same = true;
	int whole_rc = read_with(text, &ask), rc;
	static char lines[TOLD_MAX][1024];

	whole = bundle;
	memcpy(whole_fault, fault.msg, sizeof(whole_fault));
	for (uint32_t i = 0; whole_rc == YG_OK && i < whole.count; i++)
		put_item(lines[i], i, &whole.items[i]);
	t = (struct telling){.stream = {.fn = tell, .arg = &t}};
	t.arenas[0] = yg_arena_new(4u << 20);
	t.arenas[1] = yg_arena_new(4u << 20);
	t.stream.arena = t.arenas[0];
	ask.stream = &t.stream;
	rc = read_with(text, &ask);
	is_same = rc == whole_rc && bundle.count == whole.count && bundle.wrong == whole.wrong &&
		  strcmp(fault.msg, whole_fault) == 0;
	if (rc == YG_OK)
		is_same = is_same && t.count == whole.count && !bundle.items;
	for (uint32_t i = 0; is_same && rc == YG_OK && i < t.count; i++) {
		memcpy(line, t.lines[i], sizeof(line));
		is_same = strcmp(line, lines[i]) == 0;
	}
	if (!is_same)
		fprintf(stderr, "%d %d, %u %u: %s\n", rc, whole_rc, t.count, whole.count, text);
	(void)yg_arena_free(t.arenas[0]);
	(void)yg_arena_free(t.arenas[1]);
	return is_same;
}

static void test_stream(void)
{
	static const char *const texts[] = {
		"{}",
		"{\"objects\":[{}",
		IN(""),
		IN(NAMED("")),
		IN(NAMED("") "," NAMED(",\"confidence\":101") "," NAMED(",\"lang\":\"en\"")),
		/* the definition stands before, behind, nowhere; others around it */
		IN(DEFINED(ID_2) "," NAMED(MARK(ID_2)) "," NAMED("")),
		IN(NAMED("") "," NAMED(MARK(ID_2)) "," NAMED(",\"lang\":\"en\"") "," DEFINED(
			ID_2) "," NAMED("")),
		IN(NAMED("") "," NAMED(MARK(ID_2)) "," NAMED(",\"confidence\":101")),
		IN(NAMED(MARK(ID_2)) "," DEFINED(ID_2) "," NAMED(MARK(GREEN))),
		IN(NAMED(MARK(GREEN)) "," NAMED("") ",1"),
		IN(NAMED("") ",{"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(is_told_alike(texts[i]));
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(test_whole),  CASE(test_broken),	CASE(test_faults),
		CASE(test_marks),  CASE(test_patterns), CASE(test_deep),
		CASE(test_values), CASE(test_pages),	CASE(test_stream),
	};
	int status;

	arena = yg_arena_new(64u << 20);
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	arena = yg_arena_free(arena);
	return status;
}
