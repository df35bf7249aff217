/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/trace.h"

#include "base/alloc.h"

#include "../check.h"
#include "fake_engine.h"

struct bench {
	struct yg_engine engine;
	struct yg_names *names;
	struct yg_arena *arena;
	struct yg_tracer *tracer;
	struct yg_event event;
	struct yg_trace trace;
	bool is_needed;
};

static bool start(struct bench *bench, enum yg_format format,
		  const struct yg_indicators *indicators)
{
	bench->names = yg_names_new();
	bench->arena = yg_arena_new(1u << 20);
	if (!bench->names || !bench->arena)
		return false;
	bench->tracer = yg_tracer_new(&bench->engine, indicators);
	yg_event_init(&bench->event, bench->arena, bench->names);
	bench->event.format = format;
	bench->event.position = 5;
	return bench->tracer != NULL;
}

static void finish(struct bench *bench)
{
	(void)yg_tracer_free(bench->tracer);
	(void)yg_arena_free(bench->arena);
	(void)yg_names_free(bench->names);
}

/* Add fields "name", "text", …, NULL. */
static bool fields(struct bench *bench, const char *const *texts)
{
	for (; texts[0]; texts += 2)
		if (yg_event_add(&bench->event, yg_bytes_str(texts[0]), yg_bytes_str(texts[1]),
				 YG_VALUE_TEXT) != YG_OK)
			return false;
	return true;
}
#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int make(struct bench *bench, const uint32_t *hits, uint32_t count)
{
	return yg_trace_make(bench->tracer, &bench->event, &(struct yg_hits){hits, count},
			     bench->arena, (struct yg_trace_opts){0}, &bench->trace,
			     &bench->is_needed);
}

/* The flags of one record without hits. */
static uint32_t flags_of(enum yg_format format, const char *channel, uint32_t code,
			 const char *const *texts)
{
	struct bench bench = {0};
	uint32_t flags = UINT32_MAX;

	if (start(&bench, format, NULL) && fields(&bench, texts)) {
		bench.event.channel = yg_bytes_str(channel);
		bench.event.event_code = code;
		if (make(&bench, NULL, 0) == YG_OK)
			flags = bench.trace.flags;
	}
	finish(&bench);
	return flags;
}

static void a_web_record(void)
{
	struct bench bench = {0};

	CHECK(start(&bench, YG_FORMAT_ACCESS, NULL));
	CHECK(fields(&bench, FIELDS("c-ip", "192.0.2.1", "cs-method", "GET", "cs-uri",
				    "/Shop/item.php?id=1", "cs-uri-stem", "/Shop/item.php",
				    "sc-status", "200", "sc-bytes", "1234")));
	CHECK(make(&bench, NULL, 0) == YG_OK);
	CHECK(bench.is_needed);
	CHECK(bench.trace.flags ==
	      (YG_TRACE_WEB | YG_TRACE_ACTOR_IP | YG_TRACE_PAGE_HTML | YG_TRACE_PROGRAM));
	CHECK(bench.trace.position == 5);
	CHECK(bench.trace.status == 200);
	CHECK(bench.trace.size_bytes == 1234);
	CHECK_TEXT(bench.trace.actor, "192.0.2.1");
	CHECK_TEXT(bench.trace.path, "/Shop/item.php");
	CHECK_TEXT(bench.trace.target, "/Shop/item.php");
	CHECK(bench.trace.actor_hash != 0);
	CHECK(bench.trace.path_hash != 0);
	CHECK(bench.trace.event_json.size == 0);
	/* Copied: the record may go. */
	CHECK(bench.trace.path.data != bench.event.fields[3].text.data);
	finish(&bench);
}

static uint64_t path_hash(const char *uri)
{
	struct bench bench = {0};
	uint64_t hash = 0;

	if (start(&bench, YG_FORMAT_ACCESS, NULL) && fields(&bench, FIELDS("cs-uri", uri)) &&
	    make(&bench, NULL, 0) == YG_OK)
		hash = bench.trace.path_hash;
	finish(&bench);
	return hash;
}

static void paths_are_compared_without_query_and_case(void)
{
	CHECK(path_hash("/a/B?x=1") == path_hash("/A/b"));
	CHECK(path_hash("/a/b") != path_hash("/a/c"));
	CHECK(path_hash("-") != 0);
}

static uint32_t web_flags(const char *method, const char *path, const char *status)
{
	return flags_of(YG_FORMAT_ACCESS, "", 0,
			FIELDS("cs-method", method, "cs-uri-stem", path, "sc-status", status));
}

static void what_a_path_is(void)
{
	CHECK(web_flags("GET", "/style.css", "200") == YG_TRACE_WEB);
	CHECK(web_flags("GET", "/", "200") & YG_TRACE_PAGE_HTML);
	CHECK(web_flags("GET", "/a.b/c", "200") == (YG_TRACE_WEB | YG_TRACE_PAGE_HTML));
	CHECK(web_flags("GET", "/x.JSP", "200") & YG_TRACE_PROGRAM);
	CHECK(web_flags("GET", "/wp-admin/", "200") & YG_TRACE_ADMIN);
	CHECK(web_flags("GET", "/Administrator", "200") & YG_TRACE_ADMIN);
	CHECK(!(web_flags("GET", "/badminton", "200") & YG_TRACE_ADMIN));
	CHECK(web_flags("POST", "/wp-login.php", "200") & YG_TRACE_SIGN_IN_PATH);
	CHECK(web_flags("POST", "/remote/logincheck", "200") & YG_TRACE_SIGN_IN_PATH);
	CHECK(web_flags("POST", "/owa/auth.owa", "200") & YG_TRACE_SIGN_IN_PATH);
	CHECK(!(web_flags("GET", "/wp-login.php", "200") & YG_TRACE_SIGN_IN_PATH));
	CHECK(!(web_flags("POST", "/login/logout", "200") & YG_TRACE_SIGN_IN_PATH));
	CHECK(!(web_flags("POST", "/login", "200") & YG_TRACE_SIGN_IN_BAD));
	CHECK(web_flags("POST", "/login", "401") & YG_TRACE_SIGN_IN_BAD);
	CHECK(web_flags("PUT", "/a.txt", "201") & YG_TRACE_UPLOAD);
	CHECK(web_flags("POST", "/upload.php", "200") & YG_TRACE_UPLOAD);
	CHECK(!(web_flags("POST", "/a.php", "200") & YG_TRACE_UPLOAD));
}

static void answers_without_a_body_have_no_size(void)
{
	struct bench bench = {0};

	CHECK(start(&bench, YG_FORMAT_ACCESS, NULL));
	CHECK(fields(&bench, FIELDS("cs-method", "HEAD", "cs-uri-stem", "/", "sc-bytes", "0")));
	CHECK(make(&bench, NULL, 0) == YG_OK);
	CHECK(bench.trace.size_bytes == -1);
	finish(&bench);
}

static void sign_ins(void)
{
	CHECK(flags_of(YG_FORMAT_SYSLOG, "sshd", 0, FIELDS("auth_result", "accepted")) ==
	      YG_TRACE_SIGN_IN_OK);
	CHECK(flags_of(YG_FORMAT_SYSLOG, "sshd", 0, FIELDS("auth_result", "failed")) ==
	      YG_TRACE_SIGN_IN_BAD);
	CHECK(flags_of(YG_FORMAT_SYSLOG, "sshd", 0, FIELDS("auth_result", "invalid")) ==
	      YG_TRACE_SIGN_IN_BAD);
	CHECK(flags_of(YG_FORMAT_SYSLOG, "sshd", 0, FIELDS("auth_result", "closed")) == 0);
	CHECK(flags_of(YG_FORMAT_SYSLOG, "sshd", 0, FIELDS("auth_result", "refused")) ==
	      YG_TRACE_BLOCKED);
	CHECK(flags_of(YG_FORMAT_WINDOWS, "Security", 4624, FIELDS("LogonType", "10")) ==
	      YG_TRACE_SIGN_IN_OK);
	CHECK(flags_of(YG_FORMAT_WINDOWS, "Security", 4624, FIELDS("LogonType", "5")) == 0);
	CHECK(flags_of(YG_FORMAT_WINDOWS, "Security", 4625, FIELDS("LogonType", "3")) ==
	      YG_TRACE_SIGN_IN_BAD);
	CHECK(flags_of(YG_FORMAT_FORTIGATE, "event", 0, FIELDS("action", "ssl-login-fail")) ==
	      YG_TRACE_SIGN_IN_BAD);
	CHECK(flags_of(YG_FORMAT_FORTIGATE, "event", 0, FIELDS("action", "tunnel-up")) ==
	      YG_TRACE_SIGN_IN_OK);
	CHECK(flags_of(YG_FORMAT_FORTIGATE, "event", 0,
		       FIELDS("action", "login", "status", "success")) == YG_TRACE_SIGN_IN_OK);
	CHECK(flags_of(YG_FORMAT_FORTIGATE, "event", 0,
		       FIELDS("action", "login", "status", "failed")) == YG_TRACE_SIGN_IN_BAD);
}

static void what_devices_and_computers_did(void)
{
	CHECK(flags_of(YG_FORMAT_FORTIGATE, "traffic", 0, FIELDS("action", "deny")) ==
	      YG_TRACE_BLOCKED);
	CHECK(flags_of(YG_FORMAT_FORTIGATE, "traffic", 0, FIELDS("action", "accept")) ==
	      YG_TRACE_ALLOWED);
	CHECK(flags_of(YG_FORMAT_WINDOWS, "Microsoft-Windows-Sysmon/Operational", 1,
		       FIELDS("Image", "a")) == YG_TRACE_DONE);
	CHECK(flags_of(YG_FORMAT_WINDOWS, "Security", 4688, FIELDS("Image", "a")) == YG_TRACE_DONE);
	CHECK(flags_of(YG_FORMAT_WINDOWS, "Application", 4688, FIELDS("Image", "a")) == 0);
	CHECK(flags_of(YG_FORMAT_SYSLOG, "sudo", 0, FIELDS("COMMAND", "/bin/sh")) == YG_TRACE_DONE);
}

static void who_it_was(void)
{
	static const struct {
		enum yg_format format;
		const char *texts[8];
		const char *actor;
		const char *target;
		bool is_ip;
	} table[] = {
		{YG_FORMAT_SYSLOG,
		 {"hostname", "gw", "src_ip", "192.0.2.1", "user", "root", "auth_result", "failed"},
		 "192.0.2.1",
		 "root",
		 true},
		{YG_FORMAT_SYSLOG, {"hostname", "gw", "user", "bob"}, "gw", "bob", false},
		{YG_FORMAT_SYSLOG, {"user", "bob"}, "bob", "", false},
		{YG_FORMAT_FORTIGATE,
		 {"srcip", "2001:db8::1", "devname", "FG", "action", "deny"},
		 "2001:db8::1",
		 "FG",
		 true},
		{YG_FORMAT_WINDOWS, {"Computer", "pc", "IpAddress", "-"}, "pc", "", false},
		{YG_FORMAT_WINDOWS, {"Computer", "pc", "IpAddress", "::1"}, "pc", "", false},
		{YG_FORMAT_WINDOWS,
		 {"Computer", "pc", "IpAddress", "::ffff:192.0.2.9"},
		 "192.0.2.9",
		 "pc",
		 true},
		{YG_FORMAT_ACCESS,
		 {"c-ip", "host.example", "cs-uri-stem", "/"},
		 "host.example",
		 "/",
		 false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct bench bench = {0};
		const char *texts[9] = {0};

		memcpy(texts, table[i].texts, sizeof(table[i].texts));
		CHECK(start(&bench, table[i].format, NULL));
		CHECK(fields(&bench, texts));
		CHECK(make(&bench, NULL, 0) == YG_OK);
		CHECK_TEXT(bench.trace.actor, table[i].actor);
		CHECK_TEXT(bench.trace.target, table[i].target);
		CHECK(!(bench.trace.flags & YG_TRACE_ACTOR_IP) == !table[i].is_ip);
		finish(&bench);
	}
}

static void what_is_of_no_use_is_not_needed(void)
{
	struct bench bench = {0};

	CHECK(start(&bench, YG_FORMAT_WINDOWS, NULL));
	CHECK(fields(&bench, FIELDS("Computer", "pc")));
	CHECK(make(&bench, NULL, 0) == YG_OK);
	CHECK(!bench.is_needed);
	finish(&bench);
}

static void hits_make_findings_unless_quiet(void)
{
	struct bench bench = {0};
	const uint32_t hits[] = {0, 1};

	(void)fake_rule(&bench.engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	(void)fake_rule(&bench.engine, "b", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	bench.engine.rules[0].is_quiet = true;
	CHECK(start(&bench, YG_FORMAT_WINDOWS, NULL));
	CHECK(fields(&bench, FIELDS("Computer", "pc")));
	CHECK(make(&bench, hits, 2) == YG_OK);
	CHECK(bench.is_needed);
	CHECK(bench.trace.hit_count == 1);
	CHECK(bench.trace.hits[0] == 1);
	CHECK_TEXT(bench.trace.event_json, "{\"Computer\":\"pc\"}");
	finish(&bench);
}

/* A correlation over rule 0, grouped by c-ip; a second one built on the first. */
static void keys_for_correlations(void)
{
	struct bench bench = {0};
	const uint32_t hits[] = {0};
	struct yg_correlation *correlation;
	uint64_t group;

	(void)fake_rule(&bench.engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	bench.engine.rules[0].is_quiet = true;
	for (uint32_t i = 0; i < 2; i++) {
		(void)fake_rule(&bench.engine, "c", YG_LEVEL_LOW, YG_KIND_CORRELATION,
				YG_ATTACK_WEB);
		correlation = fake_correlation(&bench.engine, YG_CORRELATION_VALUE_COUNT, 60, 2);
		correlation->refs[0] = i;
		correlation->ref_count = 1;
		correlation->group_by[0] = YG_F_c_ip;
		correlation->group_by_count = 1;
		correlation->value_fields[0] = YG_F_cs_username;
		correlation->value_field_count = 1;
	}
	CHECK(start(&bench, YG_FORMAT_SYSLOG, NULL));
	CHECK(fields(&bench, FIELDS("c-ip", "192.0.2.1", "cs-username", "Bob")));
	CHECK(make(&bench, hits, 1) == YG_OK);
	CHECK(bench.is_needed);
	CHECK(bench.trace.hit_count == 0);
	CHECK(bench.trace.key_count == 2);
	CHECK(bench.trace.keys[0].correlation == 1);
	CHECK(bench.trace.keys[1].correlation == 2);
	CHECK(bench.trace.keys[0].value != 0);
	CHECK(bench.trace.event_json.size == 0); /* asked for only when a correlation is complete */
	group = bench.trace.keys[0].group;
	bench.event.fields[0].text = YG_S("192.0.2.2");
	CHECK(make(&bench, hits, 1) == YG_OK);
	CHECK(bench.trace.keys[0].group != group);
	bench.event.fields[0].text = YG_S(""); /* nothing to group by */
	CHECK(make(&bench, hits, 1) == YG_OK);
	CHECK(bench.trace.key_count == 0);
	CHECK(!bench.is_needed);
	finish(&bench);
}

static void indicators_are_kept(void)
{
	struct bench bench = {0};
	struct yg_indicators set = {0};

	CHECK(start(&bench, YG_FORMAT_SYSLOG, &set));
	CHECK(fields(&bench, FIELDS("dst_ip", "198.51.100.9")));
	CHECK(make(&bench, NULL, 0) == YG_OK);
	CHECK(bench.is_needed);
	CHECK(bench.trace.indicator_count == 1);
	CHECK_TEXT(bench.trace.indicators[0].value, "198.51.100.9");
	CHECK_TEXT(bench.trace.indicators[0].field, "dst_ip");
	CHECK(bench.trace.event_json.size > 0);
	finish(&bench);
}

/* What was decoded lies in the arena of the event, which the next record takes over. */
static void decoded_texts_outlive_the_event(void)
{
	static char record[] = "sun\\u0072ise 192.0.2.7";
	struct yg_arena *own = yg_arena_new(1u << 12);
	const struct yg_trace_opts opts = {.kept = yg_bytes_str(record)};
	const uint32_t hits[] = {0};
	struct bench bench = {0};

	(void)fake_rule(&bench.engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	CHECK(own && start(&bench, YG_FORMAT_WINDOWS, NULL));
	yg_event_init(&bench.event, own, bench.names);
	bench.event.format = YG_FORMAT_WINDOWS;
	CHECK(yg_event_add_escaped(&bench.event, YG_S("Computer"),
				   yg_bytes_cut(yg_bytes_str(record), 0, 12)) == YG_OK);
	CHECK(yg_event_add(&bench.event, YG_S("IpAddress"), yg_bytes_from(yg_bytes_str(record), 13),
			   YG_VALUE_TEXT) == YG_OK);
	CHECK(yg_trace_make(bench.tracer, &bench.event, &(struct yg_hits){hits, 1}, bench.arena,
			    opts, &bench.trace, &bench.is_needed) == YG_OK);
	own = yg_arena_free(own);
	CHECK(bench.trace.actor.data == (const uint8_t *)record + 13); /* stays: not copied */
	CHECK_TEXT(bench.trace.actor, "192.0.2.7");
	CHECK_TEXT(bench.trace.target, "sunrise");
	finish(&bench);
}

static void without_memory_it_says_so(void)
{
	struct bench bench = {0};
	const uint32_t hits[] = {0};
	struct yg_arena *small;
	int rc;

	(void)fake_rule(&bench.engine, "a", YG_LEVEL_LOW, YG_KIND_PATTERN, YG_ATTACK_WEB);
	CHECK(start(&bench, YG_FORMAT_ACCESS, NULL));
	CHECK(fields(&bench, FIELDS("c-ip", "192.0.2.1", "cs-uri-stem", "/a", "sc-status", "200")));
	for (size_t room = 1; room < 120; room++) {
		small = yg_arena_new(room);
		CHECK(small);
		rc = yg_trace_make(bench.tracer, &bench.event, &(struct yg_hits){hits, 1}, small,
				   (struct yg_trace_opts){0}, &bench.trace, &bench.is_needed);
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(rc == YG_ENOMEM || room >= 40);
		small = yg_arena_free(small);
	}
	finish(&bench);
}

static const struct check_case cases[] = {
	CASE(a_web_record),
	CASE(paths_are_compared_without_query_and_case),
	CASE(what_a_path_is),
	CASE(answers_without_a_body_have_no_size),
	CASE(sign_ins),
	CASE(what_devices_and_computers_did),
	CASE(who_it_was),
	CASE(what_is_of_no_use_is_not_needed),
	CASE(hits_make_findings_unless_quiet),
	CASE(keys_for_correlations),
	CASE(indicators_are_kept),
	CASE(decoded_texts_outlive_the_event),
	CASE(without_memory_it_says_so),
};

CHECK_MAIN(cases)
