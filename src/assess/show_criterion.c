/* SPDX-License-Identifier: Apache-2.0 */
/* Everything about one criterion, and what to do next. */
#include "assess/show-int.h"
#include "base/alloc.h"

#include "base/ban.h"

static json_t *choices_json(const struct yg_framework_choice *choices, uint32_t count,
			    const char *id_key, enum yg_lang lang)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < count; i++)
		if (json_array_append_new(
			    list, json_pack("{s:o, s:o}", id_key, yg_json_string(choices[i].id),
					    "name", yg_text2_json(&choices[i].name, lang))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* The answers to choose from: the criterion's own set, the scale, or the usual four. */
static json_t *answers_json(const struct yg_assess *assess, const struct yg_framework_node *node,
			    enum yg_lang lang)
{
	static const struct {
		const char *id;
		const char *name;
	} usual[] = {
		{"met", N_("Fulfilled")},	  {"partly", N_("Partly fulfilled")},
		{"not_met", N_("Not fulfilled")}, {"na", N_("Not applicable (with a reason)")},
		{"open", N_("Not answered yet")},
	};
	json_t *list;

	if (node->answers)
		return choices_json(node->answers->choices, node->answers->choice_count, "id",
				    lang);
	list = json_array();
	for (uint32_t i = 0; list && i < assess->framework->step_count; i++) {
		const struct yg_framework_step *step = &assess->framework->steps[i];
		char id[16];

		(void)snprintf(id, sizeof(id), "%d", step->score); /* at most 11 digits */
		if (json_array_append_new(list, json_pack("{s:s, s:o}", "id", id, "name",
							  yg_text2_json(&step->name, lang))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	for (size_t i = 0; list && i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (assess->framework->step_count > 0 && i < 3)
			continue; /* the steps stand for them */
		if (json_array_append_new(list, json_pack("{s:s, s:s}", "id", usual[i].id, "name",
							  yg_tr(lang, usual[i].name))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *questions_json(const struct yg_framework_node *node, enum yg_lang lang)
{
	static const char *const kinds[] = {"one", "many", "text", "date", "number"};
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < node->question_count; i++) {
		const struct yg_framework_question *question = &node->questions[i];
		json_t *depends = json_null();

		if (question->depends_on != YG_NODE_NONE)
			depends =
				json_pack("{s:o, s:o, s:b}", "urn",
					  yg_json_string(node->questions[question->depends_on].urn),
					  "answers", yg_text_list_json(&question->depends_answers),
					  "all", (int)question->depends_on_all);
		if (json_array_append_new(
			    list,
			    json_pack("{s:o, s:s, s:o, s:o, s:o}", "urn",
				      yg_json_string(question->urn), "kind", kinds[question->kind],
				      "text", yg_text2_json(&question->text, lang), "choices",
				      choices_json(question->choices, question->choice_count, "urn",
						   lang),
				      "depends_on", depends)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* ---- evidence that the criterion asks for, and what stands for it ---- */

/* The state of what is attached for wanted evidence @id: live, stale or none. */
static const char *record_status(const struct yg_assess *assess, uint32_t index,
				 struct yg_bytes wanted)
{
	const struct yg_framework_node *node = &assess->framework->nodes[index];
	const char *status = "none";
	const json_t *id;
	char criterion[KEY_MAX];
	size_t i;

	if (node->ref_id.size >= sizeof(criterion))
		return status;
	(void)snprintf(criterion, sizeof(criterion), "%.*s", YG_FMT(node->ref_id));
	json_array_foreach(assess->docs[index].evidence, i, id)
	{
		const json_t *evidence = json_object_get(assess->evidence, json_string_value(id));

		if (!yg_bytes_eq(yg_json_text(json_object_get(evidence, "wanted"), criterion),
				 wanted))
			continue;
		if (yg_evidence_state(assess, evidence, node, NULL) == EVIDENCE_LIVE)
			return "live";
		status = "stale";
	}
	return status;
}

static void write_period(struct yg_period p, char to[32])
{
	int size = snprintf(to, 32, "P");

	if (p.years)
		size += snprintf(to + size, 32 - (size_t)size, "%uY", p.years);
	if (p.months)
		size += snprintf(to + size, 32 - (size_t)size, "%uM", p.months);
	if (p.days)
		size += snprintf(to + size, 32 - (size_t)size, "%uD", p.days);
	if (size == 1)
		to[0] = 0;
}

static json_t *wanted_json(const struct yg_assess *assess, uint32_t index, uint32_t which,
			   const struct observation *observation, enum yg_lang lang)
{
	static const char *const strengths[] = {"proves", "supports", "refutes-only"};
	static const uint32_t nothing[5];
	int32_t old_on;
	const struct yg_framework_evidence *evidence =
		&assess->framework->nodes[index].evidence[which];
	char age[32];

	write_period(evidence->max_age, age);
	return json_pack(
		"{s:o, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:o}", "id",
		yg_json_string(evidence->id), "kind", yg_evidence_kind_name(evidence->kind), "name",
		yg_text2_json(&evidence->name, lang), "strength", strengths[evidence->strength],
		"max_age", age[0] ? json_string(age) : json_null(), "status",
		observation ? yg_observed_name(yg_assess_says(assess, observation, &old_on))
			    : record_status(assess, index, evidence->id),
		"checks", yg_checks_json(observation ? observation->checks : nothing), "rows",
		observation && observation->rows ? json_incref(observation->rows) : json_array(),
		"error", observation ? observation->error : "", "tables",
		yg_text_list_json(&evidence->tables), "list_date",
		yg_day_json(observation ? observation->day : YG_DAY_NONE));
}

static json_t *all_wanted_json(const struct yg_assess *assess, uint32_t index, enum yg_lang lang)
{
	const struct yg_framework_node *node = &assess->framework->nodes[index];
	uint32_t at = assess->first_observation[index];
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < node->evidence_count; i++) {
		bool is_query = node->evidence[i].kind == YG_EVIDENCE_QUERY;
		const struct observation *observation =
			is_query ? &assess->observations[at++] : NULL;

		if (json_array_append_new(list, wanted_json(assess, index, i, observation, lang)) !=
		    0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *attached_json(const struct yg_assess *assess, uint32_t index)
{
	const struct yg_framework_node *node = &assess->framework->nodes[index];
	json_t *list = json_array();
	const json_t *id;
	size_t i;

	json_array_foreach(assess->docs[index].evidence, i, id)
	{
		const json_t *evidence = json_object_get(assess->evidence, json_string_value(id));
		json_t *copy;

		if (!evidence)
			continue; /* was removed */
		copy = json_deep_copy(evidence);
		if (!copy ||
		    yg_json_set(copy, "state",
				json_string(yg_evidence_state_name(yg_evidence_state(
					assess, evidence, node, NULL)))) != YG_OK ||
		    !list || json_array_append(list, copy) != 0) {
			json_decref(copy);
			json_decref(list);
			return NULL;
		}
		json_decref(copy);
	}
	return list;
}

static json_t *refs_json(const struct yg_framework_node *node)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < node->ref_count; i++)
		if (json_array_append_new(
			    list,
			    json_pack("{s:o, s:o}", "column", yg_json_string(node->refs[i].column),
				      "items", yg_text_list_json(&node->refs[i].items))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *help_json(const struct yg_framework_node *node, enum yg_lang lang)
{
	static const struct yg_framework_help nothing;
	const struct yg_framework_help *help = node->help ? node->help : &nothing;

	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "asked", yg_text2_json(&help->asked, lang),
		"why", yg_text2_json(&help->why, lang), "cheap", yg_text2_json(&help->cheap, lang),
		"example", yg_text2_json(&help->example, lang), "proof",
		yg_text2_json(&help->proof, lang), "looks_at", yg_text2_json(&help->looks_at, lang),
		"closed_by", yg_text_list_json(&help->closed_by));
}

json_t *yg_show_confirmation(const struct yg_assess *assess, const struct yg_criterion_state *state)
{
	const json_t *confirmation = assess->docs[state->node].confirmation;
	json_t *copy;

	if (!confirmation)
		return json_null();
	copy = json_deep_copy(confirmation);
	if (!copy ||
	    yg_json_set(copy, "state",
			json_string(state->is_confirmed || state->is_returned ? "valid"
									      : "void")) != YG_OK) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

/* ---- history of one answer ---- */

struct answer_history {
	json_t *list;
	char last[16]; /* the state before */
};

static int add_answer_change(void *arg, const struct yg_doc *doc)
{
	struct answer_history *history = arg;
	char time[YG_ISO_SIZE];
	struct yg_fault fault;
	json_t *body = NULL;
	struct yg_bytes state;
	json_t *entry;

	if (!doc->is_removed && yg_json_load(doc->body, YG_DOC_BODY_MAX, &body, &fault) != YG_OK)
		return fault.code;
	(void)yg_time_iso(doc->time_ns, 0, time);
	state = body ? yg_json_text(body, "state") : YG_S("open");
	entry = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "time", time, "actor",
			  yg_json_string(doc->actor), "from", history->last, "to",
			  yg_json_string(state), "by", yg_json_string(yg_json_text(body, "by")),
			  "reason", yg_json_string(yg_json_text(body, "reason")));
	(void)snprintf(history->last, sizeof(history->last), "%.*s", YG_FMT(state));
	json_decref(body);
	return entry && json_array_insert_new(history->list, 0, entry) == 0 ? YG_OK : YG_ENOMEM;
}

static int history_json(struct yg_assess *assess, const struct yg_framework_node *node, json_t *to)
{
	struct answer_history history = {.list = json_array(), .last = "open"};
	char key[KEY_MAX];
	int rc = history.list ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && yg_assess_key(assess, node->ref_id, key))
		rc = yg_access_history(assess->access, "answer", key, add_answer_change, &history);
	if (rc == YG_OK || rc == YG_ENOENT)
		return yg_json_set(to, "history", history.list);
	json_decref(history.list);
	return rc;
}

static json_t *neighbour(const struct yg_assess *assess, const struct yg_criterion_state *state,
			 int step)
{
	ptrdiff_t at = (state - assess->states) + step;

	if (at < 0 || at >= (ptrdiff_t)assess->result.count)
		return json_null();
	return yg_json_string(assess->framework->nodes[assess->states[at].node].ref_id);
}

static int add_parts(struct yg_assess *assess, const struct yg_criterion_state *state,
		     enum yg_lang lang, json_t *to)
{
	const struct yg_framework_node *node = &assess->framework->nodes[state->node];
	const struct node_docs *docs = &assess->docs[state->node];
	struct yg_bytes official = yg_assess_official_text(assess, node);
	bool needs_import = assess->library->source.wording == YG_WORDING_IMPORT && !official.size;
	char basis[65];
	json_t *more;
	int rc = yg_assess_basis(assess, state->node, basis);

	if (rc != YG_OK)
		return rc;
	more = json_pack(
		"{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, "
		"s:o}",
		"official_text", official.size ? yg_json_string(official) : json_null(),
		"needs_import", (int)needs_import, "publisher_page",
		yg_json_string(assess->library->source.url), "help", help_json(node, lang),
		"answer", docs->answer ? json_deep_copy(docs->answer) : json_null(), "answers",
		answers_json(assess, node, lang), "questions", questions_json(node, lang),
		"evidence_wanted", all_wanted_json(assess, state->node, lang), "evidence",
		attached_json(assess, state->node), "refs", refs_json(node), "dispute",
		docs->dispute ? json_deep_copy(docs->dispute) : json_null(), "confirmation",
		yg_show_confirmation(assess, state), "previous", neighbour(assess, state, -1),
		"next", neighbour(assess, state, 1), "basis", basis, "requirement_title",
		node->parent == YG_NODE_NONE
			? json_null()
			: yg_text2_json(&assess->framework->nodes[node->parent].name, lang));
	if (!more)
		return YG_ENOMEM;
	rc = json_object_update(to, more) == 0 ? YG_OK : YG_ENOMEM;
	json_decref(more);
	return rc == YG_OK ? history_json(assess, node, to) : rc;
}

int yg_assess_json_criterion(struct yg_assess *assess, struct yg_bytes criterion, enum yg_lang lang,
			     json_t **ret)
{
	const struct yg_assess_result *result;
	const struct yg_criterion_state *state;
	uint32_t index = 0;
	json_t *object;
	int rc = yg_assess_evaluate(assess, &result);

	if (rc != YG_OK)
		return rc;
	if (!yg_assess_node(assess, criterion, &index))
		return YG_ENOENT;
	state = yg_show_state(assess, index);
	object = state ? yg_show_line(assess, state, lang) : NULL;
	rc = object ? add_parts(assess, state, lang, object) : YG_ENOMEM;
	if (rc == YG_OK)
		*ret = object;
	else
		json_decref(object);
	return rc;
}

/* ---- next steps ---- */

static bool needs_work(const struct yg_criterion_state *state)
{
	if (state->is_stale || yg_is_unsettled(state) || state->is_returned)
		return true;
	return state->declared != YG_ANSWER_MET && state->declared != YG_ANSWER_NA;
}

static const char *reason_text(const struct yg_criterion_state *state)
{
	if (state->is_returned)
		return N_("A specialist returned this one with advice");
	if (yg_is_unsettled(state))
		return N_("What was declared and what was observed do not agree");
	if (state->is_stale)
		return N_("Evidence has expired or changed: renew it");
	switch (state->declared) {
	case YG_ANSWER_PARTLY:
		return N_("Partly fulfilled: the rest is missing");
	case YG_ANSWER_NOT_MET:
		return N_("Not fulfilled yet");
	default:
		return N_("Not answered yet");
	}
}

struct step {
	const struct yg_criterion_state *state;
	unsigned effect; /* 1..3; 2 when not said */
	unsigned effort;
	uint32_t order;
};

/* Much effect for little effort first: effect / effort, then effect, then the framework's order. */
static int compare_steps(const void *a_arg, const void *b_arg)
{
	const struct step *a = a_arg;
	const struct step *b = b_arg;
	unsigned left = a->effect * b->effort;
	unsigned right = b->effect * a->effort;

	if (left != right)
		return left > right ? -1 : 1;
	if (a->effect != b->effect)
		return a->effect > b->effect ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static json_t *step_json(const struct yg_assess *assess, const struct step *step, enum yg_lang lang)
{
	const struct yg_framework_node *node = &assess->framework->nodes[step->state->node];
	static const struct yg_framework_help nothing;
	const struct yg_framework_help *help = node->help ? node->help : &nothing;
	json_t *line = yg_show_line(assess, step->state, lang);
	json_t *more = json_pack("{s:o, s:o, s:o, s:s}", "why", yg_text2_json(&help->why, lang),
				 "cheap", yg_text2_json(&help->cheap, lang), "closed_by",
				 yg_text_list_json(&help->closed_by), "reason",
				 yg_tr(lang, reason_text(step->state)));

	if (!line || !more || json_object_update(line, more) != 0) {
		json_decref(line);
		line = NULL;
	}
	json_decref(more);
	return line;
}

/* The criteria that need work, best step first. Returns their number; @steps has room for all. */
static uint32_t collect_steps(const struct yg_assess *assess, const struct yg_assess_result *result,
			      struct step *steps)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < result->count; i++) {
		const struct yg_criterion_state *state = &result->criteria[i];
		const struct yg_framework_help *help = assess->framework->nodes[state->node].help;

		if (needs_work(state))
			steps[count++] = (struct step){
				.state = state,
				.effect = help && help->effect ? help->effect : 2,
				.effort = help && help->effort ? help->effort : 2,
				.order = i,
			};
	}
	qsort(steps, count, sizeof(*steps), compare_steps);
	return count;
}

int yg_assess_json_next(struct yg_assess *assess, enum yg_lang lang, uint32_t limit, json_t **ret)
{
	const struct yg_assess_result *result;
	struct step *steps = NULL;
	uint32_t count = 0;
	json_t *list = json_array();
	int rc = list ? yg_assess_evaluate(assess, &result) : YG_ENOMEM;

	if (rc == YG_OK) {
		steps = yg_calloc(result->count + 1, sizeof(*steps));
		rc = steps ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		count = collect_steps(assess, result, steps);
	for (uint32_t i = 0; rc == YG_OK && i < count && i < limit; i++)
		if (json_array_append_new(list, step_json(assess, &steps[i], lang)) != 0)
			rc = YG_ENOMEM;
	free(steps);
	if (rc == YG_OK)
		*ret = list;
	else
		json_decref(list);
	return rc;
}
