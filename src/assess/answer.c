/* SPDX-License-Identifier: Apache-2.0 */
/* Declared answers: one at a time, or a whole table of them. */
#include "assess/assess-int.h"

#include "base/ban.h"

#define BY_MAX		  200u
#define EVIDENCE_IDS_MAX  50u
#define ANSWER_ROWS_MAX	  20000u
#define QUESTION_URN_MAX  512u

/* How people write the states in their lists, besides the names themselves. */
static const struct {
	const char *written;
	enum yg_answer_state state;
} spellings[] = {
	{"○", YG_ANSWER_MET},	     {"◯", YG_ANSWER_MET},	  {"〇", YG_ANSWER_MET},
	{"はい", YG_ANSWER_MET},     {"満たす", YG_ANSWER_MET},	  {"満たしている", YG_ANSWER_MET},
	{"実施済み", YG_ANSWER_MET}, {"yes", YG_ANSWER_MET},	  {"△", YG_ANSWER_PARTLY},
	{"一部", YG_ANSWER_PARTLY},  {"一部満たす", YG_ANSWER_PARTLY},
	{"partially", YG_ANSWER_PARTLY},			  {"×", YG_ANSWER_NOT_MET},
	{"✕", YG_ANSWER_NOT_MET},    {"いいえ", YG_ANSWER_NOT_MET}, {"満たさない", YG_ANSWER_NOT_MET},
	{"満たしていない", YG_ANSWER_NOT_MET}, {"no", YG_ANSWER_NOT_MET},
	{"not met", YG_ANSWER_NOT_MET}, {"－", YG_ANSWER_NA},	  {"該当なし", YG_ANSWER_NA},
	{"対象外", YG_ANSWER_NA},    {"n/a", YG_ANSWER_NA},	  {"未回答", YG_ANSWER_OPEN},
};

/* The state that @text names, by itself, in the list above, or as a value of @node's answer set
 * (then *ret_value is that value). */
static bool read_state(const struct yg_framework *framework, const struct yg_framework_node *node,
		       struct yg_bytes text, enum yg_answer_state *ret, struct yg_bytes *ret_value)
{
	if (node->answers)
		for (uint32_t i = 0; i < node->answers->choice_count; i++) {
			const struct yg_framework_choice *choice = &node->answers->choices[i];

			if (!yg_bytes_eq(choice->id, text))
				continue;
			*ret_value = choice->id;
			if (!yg_answer_state_by_name(choice->gives, ret))
				*ret = YG_ANSWER_PARTLY; /* says nothing but that it is answered */
			return true;
		}
	if (yg_answer_state_by_name(text, ret))
		return true;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (yg_bytes_eq_nocase(text, yg_bytes_str(spellings[i].written))) {
			*ret = spellings[i].state;
			return true;
		}
	if (yg_assess_points(framework, node, text) != YG_POINTS_NONE) {
		*ret_value = text; /* a step of the maturity scale */
		*ret = YG_ANSWER_PARTLY;
		return true;
	}
	return false;
}

static int bad_state(const struct yg_framework_node *node, struct yg_bytes text,
		     struct yg_line_fault *reterr)
{
	return yg_line_fault_set(reterr, YG_EINVAL, 0,
				 "bad-state: %.*s: %.*s is no answer (%s)", YG_FMT(node->ref_id),
				 text.size > 40 ? 40 : (int)text.size,
				 text.data ? (const char *)text.data : "",
				 node->answers ? "see the answers the criterion offers"
					       : "met, partly, not_met, na, open");
}

/* Ids given must be of evidence there is. */
static int check_evidence(const struct yg_assess *assess, const json_t *ids,
			  struct yg_line_fault *reterr)
{
	json_t *id;
	size_t i;

	if (!json_is_array(ids) || json_array_size(ids) > EVIDENCE_IDS_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: evidence must be a list of at most %u ids",
					 EVIDENCE_IDS_MAX);
	json_array_foreach((json_t *)(uintptr_t)ids, i, id)
	{
		const char *text = json_string_value(id);

		if (!text || !json_object_get(assess->evidence, text))
			return yg_line_fault_set(reterr, YG_EINVAL, 0,
						 "unknown-evidence: there is no evidence %.80s",
						 text ? text : "");
	}
	return YG_OK;
}

/* The choices of questions: { question urn: [choice urns or one text] }. */
static int check_choices(const struct yg_framework_node *node, const json_t *choices,
			 struct yg_line_fault *reterr)
{
	const char *urn;
	json_t *value;

	if (!json_is_object(choices))
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "bad-request: choices must be an object");
	json_object_foreach((json_t *)(uintptr_t)choices, urn, value)
	{
		uint32_t i = 0;

		while (i < node->question_count &&
		       !yg_bytes_eq(node->questions[i].urn, yg_bytes_str(urn)))
			i++;
		if (i == node->question_count)
			return yg_line_fault_set(reterr, YG_EINVAL, 0,
						 "unknown-question: %.120s is no question of %.*s", urn,
						 YG_FMT(node->ref_id));
		if (!json_is_array(value) || json_array_size(value) > YG_FRAMEWORK_LEVELS_MAX)
			return yg_line_fault_set(reterr, YG_EINVAL, 0,
						 "bad-request: choices of %.120s must be a list", urn);
	}
	return YG_OK;
}

struct checked {
	uint32_t index;
	const struct yg_framework_node *node;
	enum yg_answer_state state;
	struct yg_bytes value;
	int32_t date;
};

static int check_answer(const struct yg_assess *assess, const struct yg_answer_in *in,
			struct checked *ret, struct yg_line_fault *reterr)
{
	ret->node = yg_assess_node(assess, in->criterion, &ret->index);
	ret->value = in->value;
	ret->date = in->date.size ? yg_day_read(in->date) : assess->day;
	if (!ret->node)
		return yg_line_fault_set(reterr, YG_ENOENT, 0,
					 "unknown-criterion: there is no criterion %.*s here",
					 in->criterion.size > 60 ? 60 : (int)in->criterion.size,
					 in->criterion.data ? (const char *)in->criterion.data : "");
	if (!read_state(assess->framework, ret->node, yg_bytes_trim(in->state), &ret->state,
			&ret->value))
		return bad_state(ret->node, in->state, reterr);
	if (ret->value.size > TEXT_SHORT_MAX ||
	    (ret->value.size && (ret->node->answers || assess->framework->step_count > 0) &&
	     yg_assess_points(assess->framework, ret->node, ret->value) == YG_POINTS_NONE &&
	     !ret->node->answers))
		return bad_state(ret->node, ret->value, reterr);
	if (ret->date == YG_DAY_NONE)
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "bad-day: %.*s: %.*s is no day (2026-11-25)",
					 YG_FMT(ret->node->ref_id),
					 in->date.size > 20 ? 20 : (int)in->date.size,
					 (const char *)in->date.data);
	if (ret->date > assess->day)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "future-day: %.*s: the day lies in the future (is the clock right?)",
					 YG_FMT(ret->node->ref_id));
	if (ret->state == YG_ANSWER_NA && yg_bytes_trim(in->reason).size == 0)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "reason-needed: %.*s: not applicable needs a reason",
					 YG_FMT(ret->node->ref_id));
	if (in->reason.size > YG_ASSESS_REASON_MAX || in->note.size > YG_ASSESS_REASON_MAX ||
	    in->by.size > BY_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "bad-request: %.*s: a text is too long",
					 YG_FMT(ret->node->ref_id));
	if (in->evidence && check_evidence(assess, in->evidence, reterr) != YG_OK)
		return YG_EINVAL;
	if (in->choices && check_choices(ret->node, in->choices, reterr) != YG_OK)
		return YG_EINVAL;
	return YG_OK;
}

/* @given when there is one, else what @old has under @key, else @empty (taken). */
static json_t *kept(const json_t *given, const json_t *old, const char *key, json_t *take_empty)
{
	json_t *before = json_object_get(old, key);

	if (!given && !before)
		return take_empty;
	json_decref(take_empty);
	return given ? json_incref((json_t *)(uintptr_t)given) : json_incref(before);
}

static int write_answer(struct yg_assess *assess, const struct yg_answer_in *in,
			const struct checked *checked)
{
	const json_t *old = assess->docs[checked->index].answer;
	char key[KEY_MAX];
	json_t *answer;
	int rc;

	if (!yg_assess_key(assess, checked->node->ref_id, key))
		return YG_EINVAL;
	answer = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
			   yg_answer_state_name(checked->state), "value",
			   yg_json_string(checked->value), "reason",
			   yg_json_string(yg_bytes_trim(in->reason)), "note",
			   yg_json_string(yg_bytes_trim(in->note)), "by",
			   yg_json_string(in->by.size ? yg_bytes_trim(in->by)
						      : yg_bytes_str(yg_access_actor(assess->access))),
			   "date", yg_day_json(checked->date), "evidence",
			   kept(in->evidence, old, "evidence", json_array()), "choices",
			   kept(in->choices, old, "choices", json_object()));
	if (!answer)
		return YG_ENOMEM;
	rc = yg_access_put(assess->access, "answer", key, answer, in->expected, NULL);
	json_decref(answer);
	return rc;
}

int yg_assess_answer(struct yg_assess *assess, const struct yg_answer_in *answer,
		     struct yg_line_fault *reterr)
{
	struct checked checked;
	int rc = yg_assess_refresh(assess);

	*reterr = (struct yg_line_fault){0};
	if (rc == YG_OK)
		rc = check_answer(assess, answer, &checked, reterr);
	return rc == YG_OK ? write_answer(assess, answer, &checked) : rc;
}

/* ---- a table of answers ---- */

struct columns {
	uint32_t id, state, value, by, date, reason, note, evidence;
};

/* The id of evidence with this id or title; NULL when there is none. */
static const char *find_evidence(const struct yg_assess *assess, struct yg_bytes name)
{
	const char *id;
	json_t *evidence;

	json_object_foreach(assess->evidence, id, evidence)
	{
		if (yg_bytes_eq(yg_bytes_str(id), name) ||
		    yg_bytes_eq(yg_json_text(evidence, "title"), name))
			return id;
	}
	return NULL;
}

/* Make a record called @name, dated as the answer is, and say its id. */
static int make_evidence(struct yg_assess *assess, struct yg_bytes name,
			 const struct yg_answer_in *answer, json_t *ids,
			 struct yg_line_fault *reterr)
{
	json_t *in = json_pack("{s:s, s:o, s:o, s:o, s:[o]}", "kind", "record", "title",
			       yg_json_string(name), "owner", yg_json_string(answer->by), "date",
			       answer->date.size ? yg_json_string(answer->date)
						 : yg_day_json(assess->day),
			       "criteria", yg_json_string(answer->criterion));
	json_t *made = NULL;
	json_t *id;
	int rc = in ? yg_assess_put_evidence(assess, NULL, in, YG_REVISION_NONE, &made, reterr)
		    : YG_ENOMEM;

	json_decref(in);
	if (rc != YG_OK)
		return rc;
	id = json_incref(json_object_get(made, "id"));
	json_decref(made);
	return json_array_append_new(ids, id) == 0 ? YG_OK : YG_ENOMEM;
}

/* "a; b; c": ids or titles; what is not there yet becomes a record. */
static int read_evidence(struct yg_assess *assess, struct yg_bytes cell,
			 const struct yg_answer_in *answer, json_t *ids,
			 struct yg_line_fault *reterr)
{
	int rc = YG_OK;

	while (cell.size > 0 && rc == YG_OK) {
		size_t end = yg_bytes_chr(cell, ';');
		struct yg_bytes name = yg_bytes_trim(yg_bytes_cut(cell, 0, end));
		const char *id;

		cell = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(cell, end + 1);
		if (name.size == 0)
			continue;
		id = find_evidence(assess, name);
		if (id)
			rc = json_array_append_new(ids, json_string(id)) == 0 ? YG_OK : YG_ENOMEM;
		else
			rc = make_evidence(assess, name, answer, ids, reterr);
	}
	return rc;
}

static int answer_row(struct yg_assess *assess, const struct yg_table_row *row,
		      const struct columns *columns, struct yg_line_fault *reterr)
{
	struct yg_answer_in in = {
		.criterion = yg_table_cell(row, columns->id),
		.state = yg_table_cell(row, columns->state),
		.value = yg_table_cell(row, columns->value),
		.by = yg_table_cell(row, columns->by),
		.date = yg_table_cell(row, columns->date),
		.reason = yg_table_cell(row, columns->reason),
		.note = yg_table_cell(row, columns->note),
		.expected = YG_REVISION_ANY,
	};
	struct yg_bytes cell = yg_table_cell(row, columns->evidence);
	struct checked checked;
	json_t *ids = NULL;
	int rc = check_answer(assess, &in, &checked, reterr);

	if (rc == YG_OK && cell.size > 0) {
		ids = json_array();
		rc = ids ? read_evidence(assess, cell, &in, ids, reterr) : YG_ENOMEM;
		in.evidence = ids;
	}
	if (rc == YG_OK)
		rc = yg_assess_refresh(assess); /* evidence made just now */
	if (rc == YG_OK)
		rc = check_answer(assess, &in, &checked, reterr);
	if (rc == YG_OK)
		rc = write_answer(assess, &in, &checked);
	json_decref(ids);
	reterr->line = row->line;
	return rc;
}

/* A criterion must not stand twice in one table. */
static int check_twice(const struct yg_assess *assess, const struct yg_table *table,
		       uint32_t id_column, struct yg_line_fault *reterr)
{
	json_t *seen = json_object();
	int rc = seen ? YG_OK : YG_ENOMEM;

	for (uint32_t i = 0; i < table->row_count && rc == YG_OK; i++) {
		struct yg_bytes id = yg_table_cell(&table->rows[i], id_column);
		const struct yg_framework_node *node = yg_assess_node(assess, id, NULL);
		char key[KEY_MAX];

		if (!node || id.size >= sizeof(key))
			continue; /* is named when its row is taken */
		(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(id)); /* fits: checked */
		if (json_object_get(seen, key))
			rc = yg_line_fault_set(reterr, YG_EINVAL, table->rows[i].line,
					       "twice: %s stands here and in line %d", key,
					       (int)yg_json_int(seen, key, 0));
		else
			rc = yg_json_set(seen, key, json_integer(table->rows[i].line));
	}
	json_decref(seen);
	return rc;
}

int yg_assess_answer_table(struct yg_assess *assess, const struct yg_table *table,
			   uint32_t *ret_count, struct yg_line_fault *reterr)
{
	struct columns columns = {
		.id = yg_table_column(table, "id"),
		.state = yg_table_column(table, "state"),
		.value = yg_table_column(table, "value"),
		.by = yg_table_column(table, "by"),
		.date = yg_table_column(table, "date"),
		.reason = yg_table_column(table, "reason"),
		.note = yg_table_column(table, "note"),
		.evidence = yg_table_column(table, "evidence"),
	};
	int rc;

	*reterr = (struct yg_line_fault){0};
	if (columns.id == UINT32_MAX || columns.state == UINT32_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 1,
					 "no-column: the first line must name the columns id and state");
	if (table->row_count > ANSWER_ROWS_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "too-many: more than %u rows",
					 ANSWER_ROWS_MAX);
	rc = yg_assess_refresh(assess);
	if (rc == YG_OK)
		rc = check_twice(assess, table, columns.id, reterr);
	if (rc == YG_OK)
		rc = yg_access_begin(assess->access);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < table->row_count && rc == YG_OK; i++)
		rc = answer_row(assess, &table->rows[i], &columns, reterr);
	if (rc == YG_OK)
		rc = yg_access_commit(assess->access);
	else
		yg_access_abort(assess->access);
	assess->is_loaded = false; /* what was read inside the transaction may be gone */
	if (rc == YG_OK)
		*ret_count = table->row_count;
	return rc;
}
