/* SPDX-License-Identifier: Apache-2.0 */
/* From documents and observations to the state of each criterion, the counts and the level. */
#include "assess/assess-int.h"
#include "base/crypt.h"

#include "base/ban.h"

#define BASIS_BYTES_MAX (1u << 20)

const char *yg_evidence_state_name(enum evidence_state state)
{
	static const char *const names[] = {"live", "expired", "changed"};

	return names[state];
}

/* The span that the framework gives to what @evidence stands for at @node. */
static struct yg_period max_age_of(const json_t *evidence, const struct yg_framework_node *node)
{
	char key[KEY_MAX];
	struct yg_bytes wanted;

	if (!node || node->ref_id.size >= sizeof(key))
		return (struct yg_period){0};
	(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(node->ref_id)); /* fits: checked */
	wanted = yg_json_text(json_object_get(evidence, "wanted"), key);
	for (uint32_t i = 0; i < node->evidence_count; i++)
		if (wanted.size && yg_bytes_eq(node->evidence[i].id, wanted))
			return node->evidence[i].max_age;
	return (struct yg_period){0};
}

enum evidence_state yg_evidence_state(const struct yg_assess *assess, const json_t *evidence,
				      const struct yg_framework_node *node, int32_t *ret_expires)
{
	int32_t expires = yg_json_day(evidence, "expires");
	int32_t date = yg_json_day(evidence, "date");
	struct yg_period age = max_age_of(evidence, node);

	if (date != YG_DAY_NONE && !yg_period_is_none(age)) {
		int32_t by_age = yg_day_add(date, age);

		if (expires == YG_DAY_NONE || by_age < expires)
			expires = by_age;
	}
	if (ret_expires)
		*ret_expires = expires;
	if (json_is_true(json_object_get(evidence, "changed")))
		return EVIDENCE_CHANGED;
	return expires != YG_DAY_NONE && expires < assess->day ? EVIDENCE_EXPIRED : EVIDENCE_LIVE;
}

/* ---- the basis of a confirmation ---- */

static int add_evidence_basis(const struct yg_assess *assess, uint32_t index, json_t *basis)
{
	json_t *list = json_array();
	json_t *id;
	size_t i;

	json_array_foreach(assess->docs[index].evidence, i, id)
	{
		const json_t *evidence = json_object_get(assess->evidence, json_string_value(id));
		json_t *entry = json_pack("{s:O, s:o, s:o, s:o}", "id", id, "sha256",
					  yg_json_string(yg_json_text(evidence, "sha256")), "date",
					  yg_json_string(yg_json_text(evidence, "date")), "title",
					  yg_json_string(yg_json_text(evidence, "title")));

		if (!list || json_array_append_new(list, entry) != 0) {
			json_decref(list);
			return YG_ENOMEM;
		}
	}
	return yg_json_set(basis, "evidence", list);
}

int yg_assess_basis(const struct yg_assess *assess, uint32_t index, char to[65])
{
	const struct yg_framework_node *node = &assess->framework->nodes[index];
	const json_t *answer = assess->docs[index].answer;
	const json_t *choices = json_object_get(answer, "choices");
	struct yg_buf buf;
	json_t *basis =
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "framework", assess->framework_sha256,
			  "criterion", yg_json_string(node->ref_id), "text",
			  yg_json_string(yg_assess_official_text(assess, node)), "state",
			  yg_json_string(yg_json_text(answer, "state")), "value",
			  yg_json_string(yg_json_text(answer, "value")), "reason",
			  yg_json_string(yg_json_text(answer, "reason")));
	int rc = basis ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && choices)
		rc = yg_json_set(basis, "choices", json_incref((json_t *)(uintptr_t)choices));
	if (rc == YG_OK)
		rc = add_evidence_basis(assess, index, basis);
	yg_buf_init(&buf, BASIS_BYTES_MAX);
	if (rc == YG_OK)
		rc = yg_json_canonical(basis, &buf);
	if (rc == YG_OK)
		yg_sha256_hex(yg_buf_bytes(&buf), to);
	yg_buf_done(&buf);
	json_decref(basis);
	return rc;
}

/* ---- one criterion ---- */

static enum yg_answer_state declared_of(const json_t *answer)
{
	enum yg_answer_state state = YG_ANSWER_OPEN;

	(void)yg_answer_state_by_name(yg_json_text(answer, "state"), &state); /* else open */
	return state;
}

static void earlier(int32_t *day, int32_t other)
{
	if (other != YG_DAY_NONE && (*day == YG_DAY_NONE || other < *day))
		*day = other;
}

/* Evidence attached to the answer: an expired or changed one makes the answer stale. */
static void look_at_evidence(const struct yg_assess *assess, struct yg_criterion_state *state)
{
	const struct yg_framework_node *node = &assess->framework->nodes[state->node];
	const json_t *id;
	size_t i;

	json_array_foreach(assess->docs[state->node].evidence, i, id)
	{
		const json_t *evidence = json_object_get(assess->evidence, json_string_value(id));
		int32_t expires;

		if (!evidence)
			continue; /* was removed */
		state->evidence_all++;
		if (yg_evidence_state(assess, evidence, node, &expires) == EVIDENCE_LIVE)
			state->evidence_live++;
		else
			state->is_stale = true;
		earlier(&state->review_due, expires);
	}
	if (state->declared == YG_ANSWER_OPEN)
		state->is_stale = false; /* nothing is claimed */
}

enum yg_observed yg_assess_says(const struct yg_assess *assess,
				const struct observation *observation, int32_t *ret_old_on)
{
	const struct yg_framework_evidence *evidence =
		&assess->framework->nodes[observation->node].evidence[observation->evidence];
	const uint32_t *checks = observation->checks;

	*ret_old_on = YG_DAY_NONE;
	if (!observation->is_there)
		return YG_OBSERVED_NONE;
	if (observation->day != YG_DAY_NONE && !yg_period_is_none(evidence->max_age)) {
		*ret_old_on = yg_day_add(observation->day, evidence->max_age);
		if (*ret_old_on < assess->day)
			return YG_OBSERVED_STALE;
	}
	if (checks[YG_CHECK_ALARM] > 0)
		return YG_OBSERVED_CONTRADICTS;
	if (checks[YG_CHECK_OK] > 0 && checks[YG_CHECK_UNKNOWN] == 0 &&
	    checks[YG_CHECK_ERROR] == 0 && evidence->strength != YG_STRENGTH_REFUTES)
		return YG_OBSERVED_SUPPORTS;
	return YG_OBSERVED_NONE;
}

/* The strongest of what the queries say: a contradiction, then support, then age. */
static enum yg_observed stronger(enum yg_observed a, enum yg_observed b)
{
	static const unsigned strength[YG_OBSERVED_COUNT] = {
		[YG_OBSERVED_NONE] = 0,
		[YG_OBSERVED_STALE] = 1,
		[YG_OBSERVED_SUPPORTS] = 2,
		[YG_OBSERVED_CONTRADICTS] = 3,
	};

	return strength[a] >= strength[b] ? a : b;
}

static void look_at_observations(const struct yg_assess *assess, struct yg_criterion_state *state)
{
	enum yg_observed seen = YG_OBSERVED_NONE;

	for (uint32_t i = assess->first_observation[state->node];
	     i < assess->first_observation[state->node + 1]; i++) {
		int32_t old_on;

		seen = stronger(seen, yg_assess_says(assess, &assess->observations[i], &old_on));
		earlier(&state->review_due, old_on);
		for (unsigned k = 0; k < 5; k++)
			state->checks[k] += assess->observations[i].checks[k];
	}
	/* The column beside the declared answer: alarms speak against "met" and "not applicable",
	 * and agree with "partly" and "not met"; to an open answer there is nothing to compare. */
	if (state->declared == YG_ANSWER_OPEN)
		seen = YG_OBSERVED_NONE;
	else if (state->declared == YG_ANSWER_PARTLY || state->declared == YG_ANSWER_NOT_MET)
		seen = seen == YG_OBSERVED_CONTRADICTS ? YG_OBSERVED_SUPPORTS
		       : seen == YG_OBSERVED_SUPPORTS  ? YG_OBSERVED_NONE
						       : seen;
	state->observed = seen;
	state->is_settled = yg_bytes_eq(yg_json_text(assess->docs[state->node].dispute, "choice"),
					YG_S("observation_wrong"));
}

/* A confirmation holds while what it rests on is the same. */
static int look_at_confirmation(const struct yg_assess *assess, struct yg_criterion_state *state)
{
	const json_t *confirmation = assess->docs[state->node].confirmation;
	char basis[65];
	bool is_same;
	int rc;

	if (!confirmation)
		return YG_OK;
	rc = yg_assess_basis(assess, state->node, basis);
	if (rc != YG_OK)
		return rc;
	is_same = yg_bytes_eq(yg_json_text(confirmation, "basis"), yg_bytes_str(basis));
	if (yg_bytes_eq(yg_json_text(confirmation, "decision"), YG_S("confirmed")))
		state->is_confirmed = is_same && !state->is_stale;
	else
		state->is_returned = is_same;
	return YG_OK;
}

static int look_at(const struct yg_assess *assess, uint32_t index, struct yg_criterion_state *state)
{
	const json_t *answer = assess->docs[index].answer;
	const struct yg_framework_node *node = &assess->framework->nodes[index];

	*state = (struct yg_criterion_state){
		.node = index,
		.declared = declared_of(answer),
		.points = yg_assess_points(assess->framework, node, yg_json_text(answer, "value")),
		.review_due = YG_DAY_NONE,
	};
	look_at_evidence(assess, state);
	look_at_observations(assess, state);
	return look_at_confirmation(assess, state);
}

static void count(struct yg_assessment_counts *counts, const struct yg_criterion_state *state)
{
	bool is_met = state->declared == YG_ANSWER_MET;
	bool is_shown = state->evidence_live > 0 || state->observed == YG_OBSERVED_SUPPORTS;

	counts->criteria++;
	counts->declared[state->declared]++;
	counts->supported += state->observed == YG_OBSERVED_SUPPORTS;
	counts->contradicted += state->observed == YG_OBSERVED_CONTRADICTS;
	counts->stale += state->is_stale || state->observed == YG_OBSERVED_STALE;
	counts->with_evidence += is_met && is_shown;
	counts->declared_alone += is_met && !is_shown;
	counts->confirmed += state->is_confirmed;
	counts->returned += state->is_returned;
}

int yg_assess_evaluate(struct yg_assess *assess, const struct yg_assess_result **ret)
{
	struct yg_assess_result *result = &assess->result;
	uint64_t facts_change = 0;
	int rc = yg_assess_refresh(assess);

	if (rc == YG_OK && assess->ports->facts_change)
		rc = assess->ports->facts_change(assess->ports->facts, &facts_change);
	if (rc != YG_OK)
		return rc;
	if (assess->is_evaluated && facts_change == assess->facts_change) {
		*ret = result;
		return YG_OK;
	}
	assess->is_evaluated = false;
	rc = yg_assess_observe(assess, facts_change);
	if (rc != YG_OK)
		return rc;
	*result = (struct yg_assess_result){.criteria = assess->states};
	for (uint32_t i = 0; i < assess->framework->node_count; i++) {
		const struct yg_framework_node *node = &assess->framework->nodes[i];

		if (!node->is_assessable || !yg_framework_asks(node, assess->level))
			continue;
		rc = look_at(assess, i, &assess->states[result->count]);
		if (rc != YG_OK)
			return rc;
		count(&result->counts, &assess->states[result->count++]);
	}
	yg_rule_judge(assess->framework, assess->level, assess->states, result->count, result);
	if (yg_assess_is_practice(assess))
		result->level = YG_LEVEL_PRACTICE;
	assess->is_evaluated = true;
	assess->facts_change = facts_change;
	*ret = result;
	return YG_OK;
}
