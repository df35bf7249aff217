/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/render/sample_report.h - a report built by hand, for the tests of render/ and for
 * looking at pages before there is an app. Three stories: a guessed VPN account, web attacks, a
 * scan of which nothing came. With `hostile` set every text of a log is an attack on the reader.
 */
#pragma once

#include "model/report.h"

#define SAMPLE_START_NS (INT64_C(1763600000) * YG_NS_PER_S) /* 2025-11-20 00:53:20 UTC */
#define SAMPLE_MIN_NS	(60 * YG_NS_PER_S)

struct sample {
	struct yg_report report;
	struct yg_report_input inputs[3];
	struct yg_story stories[3];
	struct yg_rule_info rules[4];
	struct yg_finding findings[3];
	struct yg_finding_update update;
	struct yg_timeline timeline;
};

static const char sample_hostile[] =
	"=1+1\"'><script>alert(1)</script></style>&\x1b[31m\xe2\x80\xae"
	"evil\xff\r\n\t\xc2\x9b,;\\";

static inline struct yg_bytes sample_text(const char *usual, bool is_hostile)
{
	return is_hostile ? YG_S("=1+1\"'><script>alert(1)</script></style>&\x1b[31m\xe2\x80\xae"
				 "evil\xff\r\n\t\xc2\x9b,;\\")
			  : yg_bytes_str(usual);
}

static inline void sample_rules(struct sample *s, bool is_hostile)
{
	static const struct yg_bytes tags[] = {
		{(const uint8_t *)"attack.initial-access", 21},
		{(const uint8_t *)"attack.t1190", 12},
	};
	static const struct {
		const char *id;
		const char *title;
		const char *title_ja;
		enum yg_level level;
		enum yg_finding_kind kind;
		enum yg_attack_field field;
	} rules[4] = {
		{"5f0c-web-sqli", "SQL injection in a request", "SQLインジェクションの試み",
		 YG_LEVEL_HIGH, YG_KIND_PATTERN, YG_ATTACK_WEB},
		{"b-vpn-guess", "Many refused sign-ins, then one accepted",
		 "多数の失敗のあとにサインイン成功", YG_LEVEL_CRITICAL, YG_KIND_BEHAVIOUR,
		 YG_ATTACK_NETWORK},
		{"i-address", "Address on the list of indicators", "", YG_LEVEL_MEDIUM,
		 YG_KIND_INDICATOR, YG_ATTACK_OTHER},
		{"p-scan", "Scanner tool", "探索ツールの通信", YG_LEVEL_LOW, YG_KIND_PATTERN,
		 YG_ATTACK_WEB},
	};

	for (size_t i = 0; i < 4; i++) {
		s->rules[i] = (struct yg_rule_info){
			.id = sample_text(rules[i].id, is_hostile),
			.title = sample_text(rules[i].title, is_hostile),
			.title_ja = sample_text(rules[i].title_ja, is_hostile),
			.level = rules[i].level,
			.kind = rules[i].kind,
			.field = rules[i].field,
			.tags = tags,
			.tag_count = i == 2 ? 0 : 2,
			.is_own = true,
		};
	}
}

static inline void sample_findings(struct sample *s, bool is_hostile)
{
	s->findings[0] = (struct yg_finding){
		.id = {0x0a, 1},
		.story = {0x51, 2},
		.time_ns = SAMPLE_START_NS + 5 * SAMPLE_MIN_NS + 123000000,
		.rule = &s->rules[0],
		.outcome = YG_OUTCOME_ATTEMPT,
		.reason = {.code = YG_REASON_STATUS_NOT_FOUND, .number = {404, 0}},
		.source = sample_text("logs/access.log", is_hostile),
		.position = 1234,
		.count = 1,
		.actor = sample_text("203.0.113.7", is_hostile),
		.is_actor_ip = true,
		.target = sample_text("/shop/item.php?id=1'%20or%201=1--", is_hostile),
		.event_json = YG_S("{\"c-ip\":\"203.0.113.7\",\"sc-status\":404}"),
	};
	s->findings[1] = (struct yg_finding){
		.id = {0x0b, 1},
		.story = {0x52, 2},
		.time_ns = YG_TIME_NONE,
		.rule = &s->rules[1],
		.outcome = YG_OUTCOME_POSSIBLE,
		.reason = {.code = YG_REASON_PASSWORD_ACCEPTED,
			   .text = sample_text("suzuki", is_hostile)},
		.source = sample_text("vpn.zip!event.log", is_hostile),
		.position = 900,
		.first_position = 12,
		.count = 611,
		.actor = sample_text("gw01", is_hostile),
		.target = sample_text("suzuki", is_hostile),
	};
	s->findings[2] = (struct yg_finding){
		.id = {0x0c, 1},
		.story = {0x53, 2},
		.time_ns = SAMPLE_START_NS,
		.rule = &s->rules[2],
		.outcome = YG_OUTCOME_UNKNOWN,
		.reason = {.code = YG_REASON_NO_OUTCOME},
		.source = sample_text("-", is_hostile),
		.position = 1,
		.count = 1,
		.matched = sample_text("198.51.100.9", is_hostile),
		.event_json = YG_S("{}"),
	};
	s->update = (struct yg_finding_update){
		.id = {0x0a, 1},
		.story = {0x51, 2},
		.outcome = YG_OUTCOME_POSSIBLE,
		.reason = {.code = YG_REASON_SIZE_UNUSUAL, .number = {98211, 4100}},
		.time_ns = SAMPLE_START_NS + 9 * SAMPLE_MIN_NS,
		.source = sample_text("logs/access.log", is_hostile),
		.position = 1300,
	};
}

static inline void sample_stories(struct sample *s, bool is_hostile)
{
	static const char *const targets[] = {"/shop/item.php", "/wp-login.php",
					      ("/api/v1/users/profile/export/very/long/path/that/"
					       "goes/on/and/on/report-of-the-year-2025-final.php")};

	s->stories[0] = (struct yg_story){
		.id = {0x52, 2},
		.field = YG_ATTACK_NETWORK,
		.actor = sample_text("198.51.100.23", is_hostile),
		.is_actor_ip = true,
		.level = YG_LEVEL_CRITICAL,
		.outcome = YG_OUTCOME_POSSIBLE,
		.reason = s->findings[1].reason,
		.source = s->findings[1].source,
		.position = 900,
		.findings = 3,
		.records = 612,
		.first_ns = SAMPLE_START_NS + 30 * SAMPLE_MIN_NS,
		.last_ns = SAMPLE_START_NS + 95 * SAMPLE_MIN_NS,
		.rules = {{&s->rules[1], 3, SAMPLE_START_NS + 30 * SAMPLE_MIN_NS,
			   SAMPLE_START_NS + 95 * SAMPLE_MIN_NS, YG_OUTCOME_POSSIBLE}},
		.rule_count = 1,
		.targets = {sample_text("suzuki", is_hostile), sample_text("田中", is_hostile)},
		.target_count = 2,
	};
	s->stories[1] = (struct yg_story){
		.id = {0x51, 2},
		.field = YG_ATTACK_WEB,
		.actor = sample_text("203.0.113.7", is_hostile),
		.is_actor_ip = true,
		.level = YG_LEVEL_HIGH,
		.outcome = YG_OUTCOME_ATTEMPT,
		.reason = s->findings[0].reason,
		.source = s->findings[0].source,
		.position = 1234,
		.findings = 1520,
		.records = 1499,
		.first_ns = SAMPLE_START_NS + 5 * SAMPLE_MIN_NS,
		.last_ns = SAMPLE_START_NS + 1600 * SAMPLE_MIN_NS,
		.rules = {{&s->rules[0], 1200, SAMPLE_START_NS + 5 * SAMPLE_MIN_NS,
			   SAMPLE_START_NS + 1600 * SAMPLE_MIN_NS, YG_OUTCOME_ATTEMPT},
			  {&s->rules[3], 318, SAMPLE_START_NS + 6 * SAMPLE_MIN_NS,
			   SAMPLE_START_NS + 900 * SAMPLE_MIN_NS, YG_OUTCOME_UNKNOWN}},
		.rule_count = 2,
		.other_rules = 2,
		.target_count = 3,
		.other_targets = 411,
	};
	for (size_t i = 0; i < 3; i++)
		s->stories[1].targets[i] = sample_text(targets[i], is_hostile);
	s->stories[2] = (struct yg_story){
		.id = {0x53, 2},
		.field = YG_ATTACK_WEB,
		.actor = sample_text("2001:db8::53", is_hostile),
		.is_actor_ip = true,
		.level = YG_LEVEL_LOW,
		.outcome = YG_OUTCOME_UNKNOWN,
		.reason = s->findings[2].reason,
		.source = s->findings[0].source,
		.position = 77,
		.findings = 1,
		.records = 1,
		.first_ns = YG_TIME_NONE,
		.last_ns = YG_TIME_NONE,
		.rules = {{&s->rules[3], 1, YG_TIME_NONE, YG_TIME_NONE, YG_OUTCOME_UNKNOWN}},
		.rule_count = 1,
	};
}

static inline void sample_inputs(struct sample *s, bool is_hostile)
{
	s->inputs[0] = (struct yg_report_input){
		.name = is_hostile ? sample_hostile : "logs/access.log",
		.format = YG_FORMAT_ACCESS,
		.by_format = {[YG_FORMAT_ACCESS] = 48213},
		.records = 48216,
		.parsed = 48213,
		.unparsed = 3,
		.first_unparsed = 1021,
		.unparsed_text = sample_text("\x16\x03\x01\x02 -- broken", is_hostile),
		.long_records = 1,
		.nul_records = 1,
		.replaced = 7,
		.first_replaced = 40,
		.bytes = 9123456,
		.findings = 1521,
		.first_ns = SAMPLE_START_NS,
		.last_ns = SAMPLE_START_NS + 1700 * SAMPLE_MIN_NS,
		.backwards = 2,
		.encoding = "CP932",
	};
	s->inputs[1] = (struct yg_report_input){
		.name = is_hostile ? sample_hostile : "vpn.zip",
		.format = YG_FORMAT_FORTIGATE,
		.by_format = {[YG_FORMAT_FORTIGATE] = 901},
		.records = 901,
		.parsed = 901,
		.torn_records = 1,
		.bytes = 412000,
		.findings = 3,
		.first_ns = SAMPLE_START_NS + 20 * SAMPLE_MIN_NS,
		.last_ns = SAMPLE_START_NS + 100 * SAMPLE_MIN_NS,
		.is_zone_assumed = true,
	};
	s->inputs[2] = (struct yg_report_input){
		.name = is_hostile ? sample_hostile : "memo.txt",
		.format = YG_FORMAT_UNKNOWN,
		.records = 12,
		.unparsed = 12,
		.first_unparsed = 1,
		.unparsed_text = sample_text("会議メモ 11月", is_hostile),
		.bytes = 800,
		.first_ns = YG_TIME_NONE,
		.last_ns = YG_TIME_NONE,
		.rc = YG_EMISMATCH,
	};
}

/* Fill @s; it points into itself, so it must not be moved. */
static inline void sample_fill(struct sample *s, bool is_hostile)
{
	*s = (struct sample){0};
	sample_rules(s, is_hostile);
	sample_findings(s, is_hostile);
	sample_stories(s, is_hostile);
	sample_inputs(s, is_hostile);
	yg_timeline_init(&s->timeline);
	for (int64_t i = 0; i < 1700; i += 10) {
		yg_timeline_record(&s->timeline, SAMPLE_START_NS + i * SAMPLE_MIN_NS,
				   200 + (uint64_t)(i * 7919 % 173) +
					   (i > 1000 && i < 1200 ? 700 : 0));
		if (i % 50 == 0 && (i < 900 || i > 1500))
			yg_timeline_finding(&s->timeline, SAMPLE_START_NS + i * SAMPLE_MIN_NS,
					    i % 100 ? YG_LEVEL_HIGH : YG_LEVEL_LOW);
	}
	yg_timeline_finding(&s->timeline, SAMPLE_START_NS + 95 * SAMPLE_MIN_NS, YG_LEVEL_CRITICAL);
	s->report = (struct yg_report){
		.inputs = s->inputs,
		.input_count = 3,
		.records = 49129,
		.parsed = 49114,
		.unparsed = 15,
		.bytes = 9536256,
		.findings = 1524,
		.by_level = {0, 319, 2, 1200, 3},
		.stories = s->stories,
		.story_count = 3,
		.stories_total = 5,
		.evicted = 4,
		.rules_loaded = 154,
		.indicators_loaded = 20,
		.seconds = 1.5,
		.rss_max_kb = 81234,
		.zone_name = "Asia/Tokyo",
		.zone_s = 9 * 3600,
		.now_ns = SAMPLE_START_NS + 2000 * SAMPLE_MIN_NS,
		.timeline = &s->timeline,
	};
}

/* A run over one good log in which nothing was found. */
static inline void sample_fill_quiet(struct sample *s)
{
	sample_fill(s, false);
	s->inputs[0].unparsed = 0;
	s->inputs[0].findings = 0;
	s->report.input_count = 1;
	s->report.records = s->report.parsed = 48213;
	s->report.unparsed = 0;
	s->report.findings = 0;
	memset(s->report.by_level, 0, sizeof(s->report.by_level));
	s->report.story_count = 0;
	s->report.stories_total = 0;
	s->report.evicted = 0;
	for (size_t i = 0; i < YG_TIMELINE_STEPS; i++)
		memset(s->timeline.findings[i], 0, sizeof(s->timeline.findings[i]));
}
