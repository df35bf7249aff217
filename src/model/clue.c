/* SPDX-License-Identifier: Apache-2.0 */
#include "model/clue.h"

#include "base/ban.h"

#define DAY_S 86400

static const char *const state_names[YG_CLUE_STATE_COUNT] = {"waits", "acts", "over"};

const char *yg_clue_state_name(enum yg_clue_state state)
{
	return (unsigned)state < YG_CLUE_STATE_COUNT ? state_names[state] : "";
}

bool yg_clue_state_by_name(struct yg_bytes name, enum yg_clue_state *ret)
{
	for (unsigned i = 0; i < YG_CLUE_STATE_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(state_names[i]))) {
			*ret = (enum yg_clue_state)i;
			return true;
		}
	return false;
}

static const struct {
	const char *word;
	const char *text;
} whys[YG_CLUE_WHY_COUNT] = {
#define X(code, word, text) {word, text},
	YG_CLUE_WHY_MAP(X)
#undef X
};

const char *yg_clue_why_name(enum yg_clue_why why)
{
	return (unsigned)why < YG_CLUE_WHY_COUNT ? whys[why].word : "";
}

const char *yg_clue_why_text(enum yg_clue_why why)
{
	return (unsigned)why < YG_CLUE_WHY_COUNT ? whys[why].text : "";
}

/* ---- the score ---- */

static int64_t base_of(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts)
{
	int64_t base = facts->confidence < 0 ? (int64_t)rules->unsaid : facts->confidence;

	if (facts->is_yes && base < (int64_t)rules->unsaid) /* a person knows better */
		base = rules->unsaid;
	return (base > 100 ? 100 : base) * YG_CLUE_POINT;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Since when it fades. */
static int64_t anchor_of(const struct yg_clue_facts *facts)
{
	int64_t at = later(later(facts->version_ns, facts->from_ns), facts->sighted_ns);

	return facts->is_yes ? later(at, facts->said_ns) : at;
}

static int64_t lifetime_s(const struct yg_clue_rules *rules)
{
	return (int64_t)(rules->lifetime_days ? rules->lifetime_days : 1) * DAY_S;
}

/* What is added for those who saw it, less what is taken for false positives. */
static int64_t words_of(const struct yg_clue_facts *facts)
{
	uint32_t seen = facts->sighted < YG_CLUE_SEEN_MAX ? facts->sighted : YG_CLUE_SEEN_MAX;
	uint32_t false_ones = facts->reports < 100 ? facts->reports : 100;

	return ((int64_t)seen * YG_CLUE_SEEN_POINTS - (int64_t)false_ones * YG_CLUE_FALSE_POINTS) *
	       YG_CLUE_POINT;
}

static int64_t age_s(const struct yg_clue_facts *facts, int64_t now_ns)
{
	int64_t from = anchor_of(facts);

	/* Both in seconds first: the difference of two far times does not fit in nanoseconds. */
	return now_ns > from ? now_ns / YG_NS_PER_S - from / YG_NS_PER_S : 0;
}

static int64_t clamp(int64_t score)
{
	if (score < 0)
		return 0;
	return score > YG_CLUE_SCORE_MAX ? YG_CLUE_SCORE_MAX : score;
}

static int64_t score_at(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts,
			int64_t age, int64_t words)
{
	int64_t life = lifetime_s(rules);

	if (age >= life)
		return 0;
	return clamp(base_of(rules, facts) * (life - age) / life + words);
}

int32_t yg_clue_score(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts,
		      int64_t now_ns)
{
	return (int32_t)score_at(rules, facts, age_s(facts, now_ns), words_of(facts));
}

/* When the score falls below what is kept, by time alone: by halving, so that it is exactly the
 * second in which score_at() says so. */
static int64_t fades_ns(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts)
{
	int64_t keep = (int64_t)rules->keep_above * YG_CLUE_POINT;
	int64_t low = 0, high = lifetime_s(rules), at = anchor_of(facts) / YG_NS_PER_S;

	if (keep == 0)
		return YG_CLUE_NEVER;
	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (score_at(rules, facts, middle, words_of(facts)) < keep)
			high = middle;
		else
			low = middle + 1;
	}
	return at > INT64_MAX / YG_NS_PER_S - low ? YG_CLUE_NEVER : (at + low) * YG_NS_PER_S;
}

/* ---- the verdict ---- */

static enum yg_pap pap_of(const struct yg_clue_facts *facts)
{
	return facts->pap == YG_PAP_NONE ? YG_PAP_RED : facts->pap;
}

/* Why it is over for good, whatever the rules are; NONE: it is not. */
static enum yg_clue_why end_of(const struct yg_clue_facts *facts, int64_t now_ns)
{
	if (facts->is_revoked)
		return YG_CLUE_WHY_REVOKED;
	if (facts->until_ns <= now_ns)
		return YG_CLUE_WHY_EXPIRED;
	return facts->is_no ? YG_CLUE_WHY_REFUSED : YG_CLUE_WHY_NONE;
}

/* What it waits for because of what it is. */
static enum yg_clue_why nature_of(const struct yg_clue_facts *facts)
{
	bool is_person = !facts->has_values && facts->has_person;

	if (facts->is_more)
		return YG_CLUE_WHY_PATTERN;
	if (is_person && !facts->is_yes)
		return YG_CLUE_WHY_PERSON;
	return facts->has_values || (is_person && facts->can_person) ? YG_CLUE_WHY_NONE
								     : YG_CLUE_WHY_KIND;
}

/* What it waits for because of the rules. */
static enum yg_clue_why gate_of(const struct yg_clue_rules *rules,
				const struct yg_clue_facts *facts, int64_t now_ns)
{
	if (!facts->is_shared)
		return YG_CLUE_WHY_MARKING;
	if (rules->is_off || pap_of(facts) > rules->pap)
		return YG_CLUE_WHY_PAP;
	if (facts->is_known && !facts->is_yes)
		return YG_CLUE_WHY_KNOWN;
	if (facts->from_ns > now_ns)
		return YG_CLUE_WHY_NOT_YET;
	return base_of(rules, facts) < (int64_t)rules->confidence * YG_CLUE_POINT && !facts->is_yes
		       ? YG_CLUE_WHY_CONFIDENCE
		       : YG_CLUE_WHY_NONE;
}

/* Too low a score: because of the reports, or because of time? */
static enum yg_clue_why score_of(const struct yg_clue_rules *rules,
				 const struct yg_clue_facts *facts, int64_t now_ns, int64_t score)
{
	struct yg_clue_facts without = *facts;
	int64_t keep = (int64_t)rules->keep_above * YG_CLUE_POINT;

	without.reports = 0;
	if (score >= keep)
		return YG_CLUE_WHY_NONE;
	return yg_clue_score(rules, &without, now_ns) >= keep ? YG_CLUE_WHY_REPORTED
							      : YG_CLUE_WHY_DECAYED;
}

static int64_t next_of(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts,
		       const struct yg_clue_verdict *verdict, int64_t now_ns)
{
	int64_t next = facts->until_ns, fades;

	if (verdict->state == YG_CLUE_OVER)
		return YG_CLUE_NEVER;
	if (verdict->why == YG_CLUE_WHY_NOT_YET && facts->from_ns < next)
		next = facts->from_ns;
	fades = verdict->state == YG_CLUE_ACTS ? fades_ns(rules, facts) : YG_CLUE_NEVER;
	if (fades < next)
		next = fades;
	return next > now_ns ? next : now_ns + YG_NS_PER_S; /* never one that is due for ever */
}

void yg_clue_judge(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts,
		   int64_t now_ns, struct yg_clue_verdict *ret)
{
	int32_t score = yg_clue_score(rules, facts, now_ns);
	enum yg_clue_why why = end_of(facts, now_ns);

	*ret = (struct yg_clue_verdict){.score = score, .state = YG_CLUE_OVER};
	if (why == YG_CLUE_WHY_NONE) {
		ret->state = YG_CLUE_WAITS;
		why = nature_of(facts);
	}
	if (why == YG_CLUE_WHY_NONE)
		why = gate_of(rules, facts, now_ns);
	if (why == YG_CLUE_WHY_NONE) {
		why = score_of(rules, facts, now_ns, score);
		ret->state = why == YG_CLUE_WHY_NONE ? YG_CLUE_ACTS : YG_CLUE_OVER;
	}
	ret->why = why;
	ret->may_sensors = pap_of(facts) <= rules->pap_sensors;
	ret->next_ns = next_of(rules, facts, ret, now_ns);
}
