/* SPDX-License-Identifier: Apache-2.0 */
/* Declared answers: one at a time, or a whole table of them. */
#include "assess/assess-int.h"

#include "base/ban.h"

#define BY_MAX		 200u
#define EVIDENCE_IDS_MAX 50u
#define ANSWER_ROWS_MAX	 20000u
#define QUESTION_URN_MAX 512u

/* How people write the states in their lists, besides the names themselves. */
static const struct {
	const char *written;
	enum yg_answer_state state;
} spellings[] = {
	{"○", YG_ANSWER_MET},
	{"◯", YG_ANSWER_MET},
	{"〇", YG_ANSWER_MET},
	{"はい", YG_ANSWER_MET},
	{"満たす", YG_ANSWER_MET},
	{"満たしている", YG_ANSWER_MET},
	{"実施済み", YG_ANSWER_MET},
	{"yes", YG_ANSWER_MET},
	{"△", YG_ANSWER_PARTLY},
	{"一部", YG_ANSWER_PARTLY},
	{"一部満たす", YG_ANSWER_PARTLY},
	{"partially", YG_ANSWER_PARTLY},
	{"×", YG_ANSWER_NOT_MET},
	{"✕", YG_ANSWER_NOT_MET},
	{"いいえ", YG_ANSWER_NOT_MET},
	{"満たさない", YG_ANSWER_NOT_MET},
	{"満たしていない", YG_ANSWER_NOT_MET},
	{"no", YG_ANSWER_NOT_MET},
	{"not met", YG_ANSWER_NOT_MET},
	{"－", YG_ANSWER_NA},
	{"該当なし", YG_ANSWER_NA},
	{"対象外", YG_ANSWER_NA},
	{"n/a", YG_ANSWER_NA},
	{"未回答", YG_ANSWER_OPEN},
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
	for (unsigned i = 0; i < YG_ANSWER_STATE_COUNT; i++)
		if (yg_bytes_eq_nocase(
			    text, yg_bytes_str(yg_answer_state_name((enum yg_answer_state)i)))) {
			*ret = (enum yg_answer_state)i;
			return true;
		}
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

/* Behind the code stands what was given, no sentence: the one who shows it says it in words. */
static int bad_state(const struct yg_framework_node *node, struct yg_bytes text,
		     struct yg_line_fault *reterr)
{
	return yg_line_fault_set(reterr, YG_EINVAL, 0, "bad-state: %.*s: \"%.*s\"",
				 YG_FMT(node->ref_id), text.size > 40 ? 40 : (int)text.size,
				 text.data ? (const char *)text.data : "");
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
			return yg_line_fault_set(reterr, YG_EINVAL, 0, "unknown-evidence: %.80s",
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
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: choices must be an object");
	json_object_foreach((json_t *)(uintptr_t)choices, urn, value)
	{
		uint32_t i = 0;

		while (i < node->question_count &&
		       !yg_bytes_eq(node->questions[i].urn, yg_bytes_str(urn)))
			i++;
		if (i == node->question_count)
			return yg_line_fault_set(reterr, YG_EINVAL, 0,
						 "unknown-question: %.120s is no question of %.*s",
						 urn, YG_FMT(node->ref_id));
		if (!json_is_array(value) || json_array_size(value) > YG_FRAMEWORK_LEVELS_MAX)
			return yg_line_fault_set(reterr, YG_EINVAL, 0,
						 "bad-request: choices of %.120s must be a list",
						 urn);
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

/* The day, the texts, evidence and choices of an answer whose state is known. */
static int check_rest(const struct yg_assess *assess, const struct yg_answer_in *in,
		      const struct checked *ret, struct yg_line_fault *reterr)
{
	if (ret->date == YG_DAY_NONE)
		return yg_line_fault_set(
			reterr, YG_EINVAL, 0, "bad-day: %.*s: %.*s", YG_FMT(ret->node->ref_id),
			in->date.size > 20 ? 20 : (int)in->date.size, (const char *)in->date.data);
	if (ret->date > assess->day)
		return yg_line_fault_set(
			reterr, YG_EINVAL, 0, "future-day: %.*s: %.*s", YG_FMT(ret->node->ref_id),
			in->date.size > 20 ? 20 : (int)in->date.size, (const char *)in->date.data);
	if (ret->state == YG_ANSWER_NA && yg_bytes_trim(in->reason).size == 0)
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "reason-needed: %.*s",
					 YG_FMT(ret->node->ref_id));
	if (in->reason.size > YG_ASSESS_REASON_MAX || in->note.size > YG_ASSESS_REASON_MAX ||
	    in->by.size > BY_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: %.*s: a text is too long",
					 YG_FMT(ret->node->ref_id));
	if (in->evidence && check_evidence(assess, in->evidence, reterr) != YG_OK)
		return YG_EINVAL;
	if (in->choices && check_choices(ret->node, in->choices, reterr) != YG_OK)
		return YG_EINVAL;
	return YG_OK;
}

static int check_answer(const struct yg_assess *assess, const struct yg_answer_in *in,
			struct checked *ret, struct yg_line_fault *reterr)
{
	ret->node = yg_assess_node(assess, in->criterion, &ret->index);
	ret->value = in->value;
	ret->date = in->date.size ? yg_day_read(in->date) : assess->day;
	if (!ret->node)
		return yg_line_fault_set(reterr, YG_ENOENT, 0, "unknown-criterion: \"%.*s\"",
					 in->criterion.size > 60 ? 60 : (int)in->criterion.size,
					 in->criterion.data ? (const char *)in->criterion.data
							    : "");
	if (!read_state(assess->framework, ret->node, yg_bytes_trim(in->state), &ret->state,
			&ret->value))
		return bad_state(ret->node, in->state, reterr);
	if (ret->value.size > TEXT_SHORT_MAX ||
	    (ret->value.size && !ret->node->answers && assess->framework->step_count > 0 &&
	     yg_assess_points(assess->framework, ret->node, ret->value) == YG_POINTS_NONE))
		return bad_state(ret->node, ret->value, reterr);
	return check_rest(assess, in, ret, reterr);
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
	answer = json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
		yg_answer_state_name(checked->state), "value", yg_json_string(checked->value),
		"reason", yg_json_string(yg_bytes_trim(in->reason)), "note",
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

/* One table on its way in. What is loaded is kept up to date by hand: to load everything again
 * after each row would cost the square of them. */
struct table_run {
	struct yg_assess *assess;
	struct columns columns;
	json_t *names; /* title -> id of the evidence there is */
	json_t *made;  /* ids of the evidence made on the way */
};

static int index_evidence(struct table_run *run)
{
	const char *id;
	json_t *evidence;
	int rc = YG_OK;

	json_object_foreach(run->assess->evidence, id, evidence)
	{
		const char *title = json_string_value(json_object_get(evidence, "title"));

		if (rc == YG_OK && title && !json_object_get(run->names, title))
			rc = yg_json_set(run->names, title, json_string(id));
	}
	return rc;
}

/* Make a record called @name, dated as the answer is. */
static int make_evidence(struct table_run *run, struct yg_bytes name, const char *key,
			 const struct yg_answer_in *answer, struct yg_line_fault *reterr)
{
	json_t *in = json_pack("{s:s, s:o, s:o, s:o, s:[o]}", "kind", "record", "title",
			       yg_json_string(name), "owner", yg_json_string(answer->by), "date",
			       answer->date.size ? yg_json_string(answer->date)
						 : yg_day_json(run->assess->day),
			       "criteria", yg_json_string(answer->criterion));
	char id[YG_ASSESS_ID_MAX];
	int rc = in ? yg_assess_add_evidence(run->assess, in, id, reterr) : YG_ENOMEM;

	json_decref(in);
	if (rc == YG_OK)
		rc = yg_json_set(run->names, key, json_string(id));
	if (rc == YG_OK && json_array_append_new(run->made, json_string(id)) != 0)
		rc = YG_ENOMEM;
	return rc;
}

/* The id of the evidence called @name (an id or a title) to @ids; it becomes a record when it is
 * not there yet. */
static int name_evidence(struct table_run *run, struct yg_bytes name,
			 const struct yg_answer_in *answer, json_t *ids,
			 struct yg_line_fault *reterr)
{
	char key[TEXT_SHORT_MAX + 1];
	const char *id;
	int rc = YG_OK;

	if (name.size >= sizeof(key))
		return yg_line_fault_set(
			reterr, YG_EINVAL, 0,
			"bad-request: the name of evidence is longer than %u bytes",
			TEXT_SHORT_MAX);
	(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(name)); /* fits: checked */
	if (json_object_get(run->assess->evidence, key))
		return json_array_append_new(ids, json_string(key)) == 0 ? YG_OK : YG_ENOMEM;
	if (!json_object_get(run->names, key))
		rc = make_evidence(run, name, key, answer, reterr);
	if (rc != YG_OK)
		return rc;
	id = json_string_value(json_object_get(run->names, key));
	return json_array_append_new(ids, json_string(id)) == 0 ? YG_OK : YG_ENOMEM;
}

/* "a; b; c": ids or titles. */
static int read_evidence(struct table_run *run, struct yg_bytes cell,
			 const struct yg_answer_in *answer, json_t *ids,
			 struct yg_line_fault *reterr)
{
	int rc = YG_OK;

	while (cell.size > 0 && rc == YG_OK) {
		size_t end = yg_bytes_chr(cell, ';');
		struct yg_bytes name = yg_bytes_trim(yg_bytes_cut(cell, 0, end));

		cell = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(cell, end + 1);
		if (name.size > 0)
			rc = name_evidence(run, name, answer, ids, reterr);
	}
	return rc == YG_OK ? check_evidence(run->assess, ids, reterr) : rc;
}

/* A comma that was meant as text would shift all that follows. */
static int check_width(const struct yg_table *table, const struct yg_table_row *row,
		       struct yg_line_fault *reterr)
{
	for (uint32_t i = table->header.count; i < row->count; i++)
		if (yg_bytes_trim(row->cells[i]).size > 0)
			return yg_line_fault_set(reterr, YG_EINVAL, 0, "too-wide: %u > %u", i + 1,
						 table->header.count);
	return YG_OK;
}

static int answer_row(struct table_run *run, const struct yg_table_row *row,
		      struct yg_line_fault *reterr)
{
	const struct columns *columns = &run->columns;
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
	int rc = check_answer(run->assess, &in, &checked, reterr);

	if (rc == YG_OK && cell.size > 0) {
		ids = json_array();
		rc = ids ? read_evidence(run, cell, &in, ids, reterr) : YG_ENOMEM;
		in.evidence = ids;
	}
	if (rc == YG_OK)
		rc = write_answer(run->assess, &in, &checked);
	json_decref(ids);
	return rc;
}

/* A column that is read must not stand twice: which of them counts? */
static int check_columns(const struct yg_table *table, const struct columns *columns,
			 struct yg_line_fault *reterr)
{
	const uint32_t read[] = {columns->id,	columns->state,	 columns->value, columns->by,
				 columns->date, columns->reason, columns->note,	 columns->evidence};

	if (columns->id == UINT32_MAX || columns->state == UINT32_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 1, "no-column: id, state");
	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++)
		for (uint32_t k = read[i] == UINT32_MAX ? table->header.count : read[i] + 1;
		     k < table->header.count; k++)
			if (yg_bytes_eq_nocase(table->header.cells[k],
					       table->header.cells[read[i]]))
				return yg_line_fault_set(
					reterr, YG_EINVAL, 1, "twice-column: %.*s",
					(int)(table->header.cells[k].size > 60
						      ? 60
						      : table->header.cells[k].size),
					(const char *)table->header.cells[k].data);
	return YG_OK;
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
					       "twice: %s, %d", key,
					       (int)yg_json_int(seen, key, 0));
		else
			rc = yg_json_set(seen, key, json_integer(table->rows[i].line));
	}
	json_decref(seen);
	return rc;
}

/* All rows, within the transaction that is open. */
static int answer_rows(struct table_run *run, const struct yg_table *table,
		       struct yg_line_fault *reterr)
{
	int rc = index_evidence(run);

	for (uint32_t i = 0; i < table->row_count && rc == YG_OK; i++) {
		rc = check_width(table, &table->rows[i], reterr);
		if (rc == YG_OK)
			rc = answer_row(run, &table->rows[i], reterr);
		reterr->line = table->rows[i].line;
	}
	return rc;
}

static int answer_in_one(struct table_run *run, const struct yg_table *table,
			 struct yg_line_fault *reterr)
{
	int rc = yg_access_begin(run->assess->access);

	if (rc != YG_OK)
		return rc;
	rc = answer_rows(run, table, reterr);
	if (rc == YG_OK)
		rc = yg_access_commit(run->assess->access);
	else
		yg_access_abort(run->assess->access);
	run->assess->is_loaded = false; /* what was kept up by hand is loaded once more */
	return rc;
}

int yg_assess_answer_table(struct yg_assess *assess, const struct yg_table *table,
			   uint32_t *ret_count, json_t **ret_made, struct yg_line_fault *reterr)
{
	struct table_run run = {
		.assess = assess,
		.columns =
			{
				.id = yg_table_column(table, "id"),
				.state = yg_table_column(table, "state"),
				.value = yg_table_column(table, "value"),
				.by = yg_table_column(table, "by"),
				.date = yg_table_column(table, "date"),
				.reason = yg_table_column(table, "reason"),
				.note = yg_table_column(table, "note"),
				.evidence = yg_table_column(table, "evidence"),
			},
		.names = json_object(),
		.made = json_array(),
	};
	int rc = run.names && run.made ? YG_OK : YG_ENOMEM;

	*reterr = (struct yg_line_fault){0};
	if (rc == YG_OK)
		rc = check_columns(table, &run.columns, reterr);
	if (rc == YG_OK && table->row_count > ANSWER_ROWS_MAX)
		rc = yg_line_fault_set(reterr, YG_ELIMIT, 0, "too-many: %u > %u", table->row_count,
				       ANSWER_ROWS_MAX);
	if (rc == YG_OK)
		rc = yg_assess_refresh(assess);
	if (rc == YG_OK)
		rc = check_twice(assess, table, run.columns.id, reterr);
	if (rc == YG_OK)
		rc = answer_in_one(&run, table, reterr);
	json_decref(run.names);
	if (rc == YG_OK) {
		*ret_count = table->row_count;
		*ret_made = run.made;
	} else {
		json_decref(run.made);
	}
	return rc;
}
