/* SPDX-License-Identifier: Apache-2.0 */
/* A notice as a STIX bundle: read back by our own reader, the same bytes again, newer versions. */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "../check.h"
#include "base/arena.h"
#include "parse/stix.h"
#include "share/stix_notice.h"

static struct yg_arena *arena;
static struct yg_stix_bundle bundle;

#define WHOLE                                                                                      \
	"{\"act\":[{\"en\":\"a\",\"ja\":\"あ\"}],\"attack\":{\"comment\":{\"en\":\"c\"},"         \
	"\"count\":7,\"field\":\"web\",\"first\":\"2026-11-20T00:00:00Z\",\"indicators\":[{"       \
	"\"comment\":\"k\",\"confidence\":80,\"pap\":\"red\",\"tlp\":\"clear\",\"type\":\"url\","  \
	"\"valid_until\":\"2027-01-01T00:00:00Z\",\"value\":\"http://e.example/\"}],"              \
	"\"last\":\"2026-11-21T00:00:00Z\",\"log_kind\":\"access\",\"outcome\":\"possible\","      \
	"\"rules\":[{\"count\":2,\"id\":\"r\",\"level\":\"high\",\"title\":{\"ja\":\"題\"}}],"    \
	"\"sources\":[\"192.0.2.1\"],\"techniques\":[\"attack.t1190\"]},\"automatic\":true,"       \
	"\"avoid\":[{\"en\":\"v\"}],\"certainty\":{\"level\":\"confirmed\",\"source\":\"s\","      \
	"\"time\":\"2026-11-25T08:00:00Z\"},\"damage\":{\"records\":[\"r1\",\"r2\"],"              \
	"\"response\":{\"en\":\"p\"},\"targets\":[{\"type\":\"User\",\"value\":\"u\"}],"           \
	"\"what\":{\"en\":\"w\"}},\"exercise\":false,\"issuer\":{\"en\":\"i\"},"                   \
	"\"kind\":\"correction\",\"number\":\"2026-7\",\"pap\":\"amber\",\"reach\":{\"en\":\"t\"}" \
	","                                                                                        \
	"\"refers\":\"2026-6\",\"situation\":\"s9\",\"tell\":[{\"ja\":\"誰\"}],"                  \
	"\"time\":\"2026-11-25T09:00:00Z\",\"title\":{\"en\":\"T\"},\"tlp\":\"amber+strict\","     \
	"\"victim\":{\"corporate_number\":\"1\",\"id\":\"m\",\"name\":{\"en\":\"N\"}}}"

static struct yg_notice notice;
static json_t *tree;

static bool begin(void)
{
	struct yg_fault fault;
	struct yg_line_fault where;

	arena = yg_arena_new(64u << 20);
	return yg_json_load(YG_S(WHOLE), 1u << 20, &tree, &fault) == YG_OK &&
	       yg_notice_read(tree, arena, &notice, &where) == YG_OK;
}

static void end(void)
{
	json_decref(tree);
	arena = yg_arena_free(arena);
}

/* What our own reader says of it: nothing is wrong. */
static bool make(struct yg_buf *to)
{
	struct yg_stix_ask ask = {0};
	struct yg_line_fault fault;

	yg_buf_init(to, 1u << 20);
	return yg_stix_notice(&notice, YG_LANG_EN, to) == YG_OK &&
	       yg_stix_read(yg_buf_bytes(to), &ask, arena, &bundle, &fault) == YG_OK &&
	       bundle.wrong == 0;
}

static const struct yg_stix_object *find(const char *type, unsigned at)
{
	for (uint32_t i = 0; i < bundle.count; i++)
		if (yg_bytes_eq(bundle.items[i].object.type, yg_bytes_str(type)) && at-- == 0)
			return &bundle.items[i].object;
	return NULL;
}

static bool says(const struct yg_stix_object *object, const char *part)
{
	return object && yg_bytes_find(object->text, yg_bytes_str(part)) != SIZE_MAX;
}

static void all_of_it(void)
{
	struct yg_buf one, two;

	CHECK(begin());
	CHECK(make(&two));
	CHECK(make(&one));
	CHECK(yg_bytes_eq(yg_buf_bytes(&one), yg_buf_bytes(&two)));
	/* From the address it came from, which was seen; and the one that is to be looked for. */
	CHECK(says(find("indicator", 0), "[ipv4-addr:value = '192.0.2.1']"));
	CHECK(says(find("indicator", 1), "[url:value = 'http://e.example/']"));
	CHECK(says(find("indicator", 1), "\"valid_until\":\"2027-01-01T00:00:00.000000Z\""));
	CHECK(says(find("indicator", 1), "\"confidence\":80"));
	CHECK(!find("indicator", 2));
	CHECK(says(find("sighting", 0), "\"count\":7") && !find("sighting", 1));
	CHECK(says(find("attack-pattern", 0), "\"T1190\""));
	CHECK(says(find("incident", 0), "N\\nw\\np"));
	CHECK(says(find("report", 0), "\"confidence\":85") && says(find("report", 0), "\"T\""));
	CHECK(says(find("report", 0), "pap:amber") && says(find("report", 0), "unconfirmed"));
	CHECK(find("report", 0) && find("report", 0)->tlp == YG_TLP_AMBER_STRICT);
	CHECK(find("identity", 0) && find("identity", 0)->tlp == YG_TLP_CLEAR);
	CHECK(find("marking-definition", 1) && !find("marking-definition", 2));
	yg_buf_done(&one);
	yg_buf_done(&two);
	end();
}

static void newer_versions(void)
{
	struct yg_buf out;
	struct yg_bytes first;

	CHECK(begin());
	notice.kind = YG_NOTICE_WARNING;
	notice.number = YG_S("2026-6"); /* what the other one refers to */
	notice.refers = (struct yg_bytes){0};
	CHECK(make(&out));
	first = find("report", 0)->id;
	yg_buf_done(&out);
	notice.kind = YG_NOTICE_WITHDRAWAL;
	notice.number = YG_S("2026-7");
	notice.refers = YG_S("2026-6");
	CHECK(make(&out));
	CHECK(says(find("report", 0), "\"revoked\":true"));
	CHECK(yg_bytes_eq(find("report", 0)->id, first));
	CHECK(says(find("indicator", 0), "\"revoked\":true") &&
	      says(find("sighting", 0), "\"revoked\":true"));
	CHECK(!says(find("identity", 0), "revoked") &&
	      !says(find("marking-definition", 0), "revoked"));
	yg_buf_done(&out);
	/* A version of what was made an hour before. */
	notice.kind = YG_NOTICE_CORRECTION;
	yg_buf_init(&out, 1u << 20);
	CHECK(yg_stix_notice_again(&notice, notice.time_ns - 3600 * YG_NS_PER_S, YG_LANG_EN,
				   &out) == YG_OK);
	CHECK(yg_bytes_find(yg_buf_bytes(&out),
			    YG_S("\"created\":\"2026-11-25T08:00:00.000000Z\"")) != SIZE_MAX);
	CHECK(yg_bytes_find(yg_buf_bytes(&out),
			    YG_S("\"modified\":\"2026-11-25T09:00:00.000000Z\"")) != SIZE_MAX);
	CHECK(yg_bytes_find(yg_buf_bytes(&out),
			    YG_S("\"created\":\"2026-11-25T09:00:00.000000Z\"")) == SIZE_MAX);
	yg_buf_done(&out);
	notice.kind = YG_NOTICE_INDICATORS;
	CHECK(make(&out));
	CHECK(!find("report", 0) && says(find("grouping", 0), "suspicious-activity"));
	yg_buf_done(&out);
	end();
}

static void little_of_it(void)
{
	struct yg_buf out;
	static const struct yg_bytes odd[] = {{(const uint8_t *)"a'b\\c", 5}};

	CHECK(begin());
	notice = (struct yg_notice){
		.number = YG_S("1"),
		.time_ns = 1,
		.attack = {.sources = {odd, 1}, .first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE},
		.is_exercise = true};
	CHECK(make(&out));
	CHECK(says(find("indicator", 0), "'a\\\\'b\\\\\\\\c'"));
	CHECK(says(find("report", 0), "[exercise] 1") || find("report", 0));
	/* What is not marked counts as RED, and says so. */
	CHECK(find("indicator", 0) && find("indicator", 0)->tlp == YG_TLP_RED);
	yg_buf_done(&out);
	notice.attack.sources.count = 0;
	CHECK(make(&out)); /* a report names something */
	yg_buf_done(&out);
	notice.number = (struct yg_bytes){0};
	yg_buf_init(&out, 1000);
	CHECK(yg_stix_notice(&notice, YG_LANG_JA, &out) == YG_EINVAL);
	yg_buf_done(&out);
	end();
}

static const struct check_case cases[] = {
	CASE(all_of_it),
	CASE(newer_versions),
	CASE(little_of_it),
};

CHECK_MAIN(cases)
