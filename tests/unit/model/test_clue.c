/* SPDX-License-Identifier: Apache-2.0 */
/* model/clue.h: states, why, the score over time; the clock is a parameter. */
#include "model/clue.h"

#include "../check.h"

#define DAY_NS (86400 * YG_NS_PER_S)
#define NOW    (INT64_C(1800000000) * YG_NS_PER_S)

static const struct yg_clue_rules rules = YG_CLUE_RULES_DEFAULT;

/* One that acts: confidence 80, new. */
static struct yg_clue_facts good(void)
{
	return (struct yg_clue_facts){.version_ns = NOW,
				      .from_ns = NOW,
				      .until_ns = YG_CLUE_NEVER,
				      .confidence = 80,
				      .tlp = YG_TLP_GREEN,
				      .pap = YG_PAP_GREEN,
				      .has_values = true,
				      .is_shared = true};
}

static struct yg_clue_verdict judge(const struct yg_clue_facts *facts, int64_t now_ns)
{
	struct yg_clue_verdict v;

	yg_clue_judge(&rules, facts, now_ns, &v);
	return v;
}

static bool is(const struct yg_clue_facts *facts, enum yg_clue_state state, enum yg_clue_why why)
{
	struct yg_clue_verdict v = judge(facts, NOW);

	return v.state == state && v.why == why;
}

static void each_reason(void)
{
	struct yg_clue_facts f = good();

	CHECK(is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE));
	f.is_revoked = true;
	CHECK(is(&f, YG_CLUE_OVER, YG_CLUE_WHY_REVOKED));
	f = good();
	f.until_ns = NOW;
	CHECK(is(&f, YG_CLUE_OVER, YG_CLUE_WHY_EXPIRED));
	f = good();
	f.is_no = true;
	CHECK(is(&f, YG_CLUE_OVER, YG_CLUE_WHY_REFUSED));
	f = good();
	f.is_more = true;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_PATTERN));
	f = good();
	f.has_values = false;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_KIND));
	f = good();
	f.is_shared = false;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_MARKING));
	f = good();
	f.from_ns = NOW + 1;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_NOT_YET));
	f = good();
	f.confidence = 29;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_CONFIDENCE));
	f.confidence = 30;
	CHECK(is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE));
	f.confidence = 1; /* with a person's yes: 50 */
	f.is_yes = true;
	CHECK(is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE) && judge(&f, NOW).score == 50000);
	f = good();
	f.confidence = YG_CLUE_UNSAID; /* counts as 50 */
	CHECK(is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE));
	f = good();
	f.is_known = true;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_KNOWN));
	f.is_yes = true;
	CHECK(is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE));
}

static void persons(void)
{
	struct yg_clue_facts f = good();

	f.has_person = true; /* beside others: these act */
	CHECK(is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE));
	f.has_values = false;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_PERSON));
	f.is_yes = true;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_KIND)); /* a mail address alone */
	f.can_person = true;
	CHECK(is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE));
}

static void by_pap(void)
{
	struct yg_clue_rules strict = rules;
	struct yg_clue_facts f = good();
	struct yg_clue_verdict v;

	f.pap = YG_PAP_NONE; /* as red */
	v = judge(&f, NOW);
	CHECK(v.state == YG_CLUE_ACTS && v.may_sensors);
	strict.pap_sensors = YG_PAP_AMBER;
	yg_clue_judge(&strict, &f, NOW, &v);
	CHECK(v.state == YG_CLUE_ACTS && !v.may_sensors);
	strict.pap = YG_PAP_AMBER;
	yg_clue_judge(&strict, &f, NOW, &v);
	CHECK(v.state == YG_CLUE_WAITS && v.why == YG_CLUE_WHY_PAP);
	f.pap = YG_PAP_AMBER;
	yg_clue_judge(&strict, &f, NOW, &v);
	CHECK(v.state == YG_CLUE_ACTS && v.may_sensors);
	strict.is_off = true;
	yg_clue_judge(&strict, &f, NOW, &v);
	CHECK(v.state == YG_CLUE_WAITS);
}

/* 80 x (180 - t) / 180: linear, and 20 is left after 135 days. */
static void it_fades(void)
{
	struct yg_clue_facts f = good();
	struct yg_clue_verdict v = judge(&f, NOW);

	CHECK(v.score == 80000);
	CHECK(yg_clue_score(&rules, &f, NOW + 90 * DAY_NS) == 40000);
	CHECK(yg_clue_score(&rules, &f, NOW + 180 * DAY_NS) == 0);
	CHECK(yg_clue_score(&rules, &f, NOW - 90 * DAY_NS) == 80000);
	CHECK(judge(&f, NOW + 135 * DAY_NS).state == YG_CLUE_ACTS);
	v = judge(&f, NOW + 136 * DAY_NS);
	CHECK(v.state == YG_CLUE_OVER && v.why == YG_CLUE_WHY_DECAYED &&
	      v.next_ns == YG_CLUE_NEVER);
}

/* What is said to be next is the first second in which something is another. */
static void next_is_exact(void)
{
	for (int confidence = 30; confidence <= 100; confidence += 7) {
		struct yg_clue_facts f = good();
		int64_t next;

		f.confidence = confidence;
		next = judge(&f, NOW).next_ns;
		CHECK(next > NOW && next < NOW + 180 * DAY_NS);
		CHECK(judge(&f, next - YG_NS_PER_S).state == YG_CLUE_ACTS);
		CHECK(judge(&f, next).state == YG_CLUE_OVER);
		f.until_ns = next - 5 * DAY_NS;
		CHECK(judge(&f, NOW).next_ns == f.until_ns);
	}
}

static void seen_and_reported(void)
{
	struct yg_clue_facts f = good();

	f.reports = 1;
	CHECK(judge(&f, NOW).score == 50000);
	f.reports = 3; /* 80 - 90 */
	CHECK(judge(&f, NOW).score == 0);
	CHECK(is(&f, YG_CLUE_OVER, YG_CLUE_WHY_REPORTED));
	f.sighted = 100; /* 20 at most */
	CHECK(judge(&f, NOW).score == 10000);
	f.reports = 2;
	CHECK(judge(&f, NOW).score == 40000 && is(&f, YG_CLUE_ACTS, YG_CLUE_WHY_NONE));
	/* A sighting begins it anew; so does a person's yes. */
	f = good();
	CHECK(judge(&f, NOW + 170 * DAY_NS).why == YG_CLUE_WHY_DECAYED);
	f.sighted = 1;
	f.sighted_ns = NOW + 160 * DAY_NS;
	CHECK(judge(&f, NOW + 170 * DAY_NS).state == YG_CLUE_ACTS);
	f = good();
	f.is_yes = true;
	f.said_ns = NOW + 160 * DAY_NS;
	CHECK(judge(&f, NOW + 170 * DAY_NS).state == YG_CLUE_ACTS);
	/* Without a score to keep, only time and people end it. */
	{
		struct yg_clue_rules lax = rules;
		struct yg_clue_verdict v;

		f = good();
		lax.keep_above = 0;
		yg_clue_judge(&lax, &f, NOW + 5000 * DAY_NS, &v);
		CHECK(v.state == YG_CLUE_ACTS && v.next_ns == YG_CLUE_NEVER);
	}
}

static void far_times(void)
{
	struct yg_clue_facts f = good();

	f.version_ns = INT64_MIN;
	f.from_ns = 0;
	CHECK(judge(&f, NOW).why == YG_CLUE_WHY_DECAYED);
	f.from_ns = INT64_MAX - 1;
	CHECK(is(&f, YG_CLUE_WAITS, YG_CLUE_WHY_NOT_YET));
	f = good();
	CHECK(judge(&f, INT64_MAX - 2 * YG_NS_PER_S).state == YG_CLUE_OVER);
}

static void words(void)
{
	enum yg_clue_state state;

	for (unsigned i = 0; i < YG_CLUE_STATE_COUNT; i++)
		CHECK(yg_clue_state_by_name(yg_bytes_str(yg_clue_state_name(i)), &state) &&
		      state == i);
	CHECK(!yg_clue_state_by_name(yg_bytes_str("asleep"), &state));
	for (unsigned i = 1; i < YG_CLUE_WHY_COUNT; i++)
		CHECK(yg_clue_why_name(i)[0] && yg_clue_why_text(i)[0]);
}

static const struct check_case cases[] = {
	CASE(each_reason),   CASE(persons),	      CASE(by_pap),    CASE(it_fades),
	CASE(next_is_exact), CASE(seen_and_reported), CASE(far_times), CASE(words)};
CHECK_MAIN(cases)
