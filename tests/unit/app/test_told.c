/* SPDX-License-Identifier: Apache-2.0 */
/* Findings that a sensor told: what becomes a fact, and what is no finding. */
#include "../check.h"
#include "app/hub_detect_told.h"
#include "base/hash.h"

#include "base/ban.h"

#define HEAD                                                                                       \
	"{\"v\":1,\"format\":\"yagura-finding\",\"source\":\"/var/log/auth.log\",\"position\":3,"
#define RULE                                                                                       \
	"\"bundle\":\"~0123456789abcdef01234567\",\"rule\":\"r-1\",\"title\":\"A title\","         \
	"\"level\":\"high\",\"rule_kind\":\"indicator\",\"attack_field\":\"sign-in\","             \
	"\"rule_set\":\"aa\",\"actor\":\"192.0.2.0\",\"count\":7,"
#define TIMES                                                                                      \
	"\"minute\":\"2026-11-21T08:00:00Z\",\"first\":\"2026-11-21T08:00:10Z\","                  \
	"\"last\":\"2026-11-21T08:00:20Z\","
#define OUTCOME "\"outcome\":\"attempt\",\"reason\":\"why\""
#define LINE	HEAD "\"fields\":{" RULE TIMES OUTCOME "}}"
#define UPDATE                                                                                     \
	HEAD "\"fields\":{\"bundle\":\"~0123456789abcdef01234567\",\"update\":true,"               \
	     "\"minute\":\"2026-11-21T08:00:00Z\",\"outcome\":\"possible\",\"reason\":\"more\"}}"

#define LOOK(list, state, rest) HEAD "\"fields\":{\"look\":" list ",\"state\":" state "," rest "}}"
#define SPAN                                                                                       \
	"\"from\":\"2026-11-01T08:00:00Z\",\"to\":\"2026-11-21T08:00:00Z\",\"records\":9,"         \
	"\"count\":2,\"gaps\":1,\"damaged\":0"

static const struct yg_told told = {{(const uint8_t *)"acme", 4}, {(const uint8_t *)"s1", 2}, 5};
static unsigned findings, outcomes, looks;
static struct yg_told_look seen;
static uint8_t id[YG_FACT_ID_BYTES];
static bool is_right;

static int on_finding(void *arg, const struct yg_fact_finding *f)
{
	(void)arg;
	findings++;
	memcpy(id, f->id, sizeof(id));
	is_right = yg_bytes_eq(f->rule, YG_S("r-1")) && yg_bytes_eq(f->title, YG_S("A title")) &&
		   f->level == YG_LEVEL_HIGH && f->kind == YG_KIND_INDICATOR &&
		   f->field == YG_ATTACK_SIGN_IN && f->outcome == YG_OUTCOME_ATTEMPT &&
		   f->count == 7 && f->ref_count == 0 && f->received_ns == 5 &&
		   yg_bytes_eq(f->rules, YG_S(YG_FACT_TOLD "aa")) &&
		   yg_bytes_eq(f->actor, YG_S("192.0.2.0")) && f->target.size == 0 &&
		   f->last_ns - f->first_ns == 10 * YG_NS_PER_S &&
		   f->minute_ns == f->first_ns - 10 * YG_NS_PER_S &&
		   yg_bytes_eq(f->source, YG_S("/var/log/auth.log"));
	return YG_OK;
}

static int on_outcome(void *arg, const uint8_t of[YG_FACT_ID_BYTES], enum yg_outcome outcome,
		      struct yg_bytes reason)
{
	(void)arg;
	outcomes++;
	is_right = memcmp(of, id, sizeof(id)) == 0 && outcome == YG_OUTCOME_POSSIBLE &&
		   yg_bytes_eq(reason, YG_S("more"));
	return YG_OK;
}

static int on_look(void *arg, const struct yg_told_look *look)
{
	(void)arg;
	looks++;
	seen = *look;
	is_right = yg_bytes_eq(look->list, YG_S("warning-aa.csv")) && yg_told_look_is(look);
	return YG_OK;
}

static int take(const char *line)
{
	const struct yg_told_out out = {on_finding, on_outcome, on_look, NULL};

	return yg_told_take(&told, yg_bytes_str(line), &out);
}

static void right(void)
{
	findings = outcomes = 0;
	CHECK(take(LINE) == YG_OK && findings == 1 && is_right);
	is_right = false;
	CHECK(take(UPDATE) == YG_OK && outcomes == 1 && is_right);
}

static void looks_back(void)
{
	static const char *const wrong_ones[] = {
		LOOK("\"\"", "\"done\"", SPAN),
		LOOK("7", "\"done\"", SPAN),
		LOOK("\"warning-aa.csv\"", "\"sure\"", SPAN),
		LOOK("\"warning-aa.csv\"", "\"done\"", "\"records\":1"),
		LOOK("\"warning-aa.csv\"", "\"done\"", SPAN ",\"first\":\"2026-11-02T08:00:00Z\""),
		/* More that fit than were looked at; times of what never came; time that goes back.
		 */
		LOOK("\"warning-aa.csv\"", "\"done\"",
		     "\"from\":\"2026-11-01T08:00:00Z\",\"to\":\"2026-11-21T08:00:00Z\",\"gaps\":0,"
		     "\"damaged\":0,\"records\":1,\"count\":2"),
		LOOK("\"warning-aa.csv\"", "\"done\"",
		     "\"from\":\"2026-11-22T08:00:00Z\",\"to\":\"2026-11-21T08:00:00Z\",\"gaps\":0,"
		     "\"damaged\":0,\"records\":1,\"count\":0"),
		LOOK("\"warning-aa.csv\"", "\"done\"",
		     "\"from\":\"2026-11-01T08:00:00Z\",\"to\":\"2026-11-21T08:00:00Z\",\"gaps\":0,"
		     "\"damaged\":-1,\"records\":1,\"count\":0"),
	};

	looks = 0;
	is_right = false;
	CHECK(take(LOOK("\"warning-aa.csv\"", "\"done\"", SPAN)) == YG_OK && looks == 1);
	CHECK(is_right && seen.has_archive && seen.records == 9 && seen.count == 2);
	CHECK(seen.gaps == 1 && seen.damaged == 0 && seen.first_ns == YG_TIME_NONE);
	CHECK(seen.to_ns - seen.from_ns == 20 * 86400 * YG_NS_PER_S);
	CHECK(take(LOOK("\"warning-aa.csv\"", "\"done\"",
			SPAN
			",\"first\":\"2026-11-02T08:00:00Z\",\"last\":\"2026-11-03T08:00:00Z\"")) ==
	      YG_OK);
	CHECK(seen.last_ns - seen.first_ns == 86400 * YG_NS_PER_S);
	CHECK(take(LOOK("\"warning-aa.csv\"", "\"none\"", "\"x\":1")) == YG_OK && looks == 3);
	CHECK(!seen.has_archive && seen.from_ns == YG_TIME_NONE && seen.count == 0);
	for (size_t i = 0; i < sizeof(wrong_ones) / sizeof(wrong_ones[0]); i++)
		CHECK(take(wrong_ones[i]) == YG_EFORMAT);
	CHECK(looks == 3);
}

static void wrong(void)
{
	static const char *const lines[] = {
		"",
		"{}",
		HEAD,
		HEAD "\"fields\":{}}",
		HEAD "\"fields\":7}",
		"{\"v\":1,\"format\":\"syslog\",\"fields\":{" RULE TIMES OUTCOME "}}",
		HEAD "\"fields\":{" TIMES OUTCOME "}}",
		HEAD "\"fields\":{" RULE OUTCOME "}}",
		HEAD "\"fields\":{" RULE TIMES "\"outcome\":\"sure\"}}",
		HEAD "\"fields\":{\"bundle\":\"0123\",\"update\":true,"
		     "\"minute\":\"2026-11-21T08:00:00Z\",\"outcome\":\"possible\"}}",
		HEAD "\"fields\":{\"bundle\":\"~1\",\"update\":true,\"outcome\":\"possible\"}}",
	};

	findings = outcomes = 0;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK(take(lines[i]) == YG_EFORMAT);
	/* Cut anywhere it is none, and harms nobody. */
	for (size_t size = 0; size + 1 < sizeof(LINE); size++) {
		const struct yg_told_out out = {on_finding, on_outcome, on_look, NULL};

		CHECK(yg_told_take(&told, (struct yg_bytes){(const uint8_t *)LINE, size}, &out) ==
		      YG_EFORMAT);
	}
	CHECK(findings == 0 && outcomes == 0);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(right), CASE(looks_back), CASE(wrong)};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
