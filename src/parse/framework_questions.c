/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions of a node, in the two forms that library files have:
 *
 *   questions: {URN: {type, text, choices: [{urn, value, …}], depends_on}}	since 2025
 *   question: {question_type, question_choices: [text], questions: [{urn, text}]}	before
 *
 * The second also stands under the key "questions" in files of the time between.
 */
#include "parse/framework-int.h"

#include "base/ban.h"

struct question_set {
	struct yg_framework_question *items;
	uint32_t count;
};

static int read_kind(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		     enum yg_question_kind *ret, bool *ret_is_bool)
{
	static const char *const words[] = {"unique_choice", "multiple_choice", "text",
					    "date",	     "number",		"boolean",
					    "single_choice"};
	static const enum yg_question_kind kinds[] = {
		YG_QUESTION_ONE,    YG_QUESTION_MANY, YG_QUESTION_TEXT, YG_QUESTION_DATE,
		YG_QUESTION_NUMBER, YG_QUESTION_ONE,  YG_QUESTION_ONE};
	uint32_t word = 2;
	int rc = yg_fw_word(reader, map, key, words, YG_FW_COUNT(words), &word);

	*ret = kinds[word];
	*ret_is_bool = word == 5;
	return rc;
}

/* compute_result of the original in our words; nothing else says anything. */
static struct yg_bytes what_it_gives(struct yg_bytes result)
{
	static const struct {
		const char *theirs;
		const char *ours;
	} words[] = {
		{"true", "met"},
		{"1", "met"},
		{"compliant", "met"},
		{"false", "not_met"},
		{"0", "not_met"},
		{"non_compliant", "not_met"},
		{"partially_compliant", "partly"},
		{"not_applicable", "na"},
		{"not_assessed", "open"},
	};

	for (uint32_t i = 0; i < YG_FW_COUNT(words); i++)
		if (yg_bytes_eq_nocase(result, yg_bytes_str(words[i].theirs)))
			return yg_bytes_str(words[i].ours);
	return (struct yg_bytes){0};
}

/* A urn for what has none: that of the question, ":choice:" and its number from 1. */
static int make_urn(struct yg_fw_reader *reader, struct yg_bytes question, uint32_t number,
		    struct yg_bytes *ret)
{
	size_t room = question.size + 24;
	char *text = yg_fw_alloc(reader, room, 1);

	if (!text)
		return YG_ENOMEM;
	(void)snprintf(text, room, "%.*s:choice:%u", YG_FMT(question), number);
	*ret = yg_bytes_str(text);
	return YG_OK;
}

static int read_choice(struct yg_fw_reader *reader, const struct yg_yaml *item,
		       struct yg_framework_choice *choice)
{
	struct yg_bytes result;
	struct yg_bytes points;
	int rc;

	if (item->kind == YG_YAML_SCALAR) { /* the older form: its text */
		*(reader->is_japanese ? &choice->name.ja : &choice->name.en) =
			yg_bytes_trim(item->text);
		return YG_OK;
	}
	rc = yg_fw_x_keys(reader, item, "a choice", NULL, 0);
	if (rc == YG_OK)
		rc = yg_fw_text(reader, item, "urn", &choice->id);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, item, "value", &choice->name);
	if (rc == YG_OK)
		rc = yg_fw_text(reader, item, "compute_result", &result);
	if (rc == YG_OK)
		rc = yg_fw_text(reader, item, "add_score", &points);
	if (rc != YG_OK)
		return rc;
	choice->gives = what_it_gives(result);
	choice->has_points = points.size > 0;
	return yg_fw_int(reader, item, "add_score", -YG_FW_NUMBER_MAX, YG_FW_NUMBER_MAX,
			 &choice->points);
}

static int read_choices(struct yg_fw_reader *reader, const struct yg_yaml *list,
			struct yg_framework_question *question)
{
	struct yg_framework_choice *choices = yg_fw_alloc(reader, list->count, sizeof(*choices));
	uint32_t count = 0;

	if (!choices)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		struct yg_framework_choice *choice = &choices[count];
		int rc = read_choice(reader, item, choice);

		if (rc == YG_OK && choice->id.size == 0)
			rc = make_urn(reader, question->urn, count + 1, &choice->id);
		if (rc != YG_OK)
			return rc;
		for (uint32_t i = 0; i < count; i++)
			if (yg_bytes_eq_nocase(choices[i].id, choice->id))
				return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
							 "the choice '%.*s' stands twice",
							 YG_FMT(yg_fw_show(choice->id)));
		count++;
	}
	question->choices = choices;
	question->choice_count = count;
	return YG_OK;
}

/* Yes and no, for questions of type boolean, which have no choices of their own. */
static void give_yes_no(struct yg_framework_question *question)
{
	static const struct yg_framework_choice yes_no[] = {
		{.id = {(const uint8_t *)"true", 4},
		 .name = {.ja = {(const uint8_t *)"はい", sizeof("はい") - 1},
			  .en = {(const uint8_t *)"Yes", 3}}},
		{.id = {(const uint8_t *)"false", 5},
		 .name = {.ja = {(const uint8_t *)"いいえ", sizeof("いいえ") - 1},
			  .en = {(const uint8_t *)"No", 2}}},
	};

	question->choices = yes_no;
	question->choice_count = YG_FW_COUNT(yes_no);
}

static int finish_question(struct yg_fw_reader *reader, uint32_t line, bool is_bool,
			   struct yg_framework_question *question)
{
	bool needs = question->kind == YG_QUESTION_ONE || question->kind == YG_QUESTION_MANY;

	if (needs && question->choice_count == 0 && is_bool)
		give_yes_no(question);
	if (needs && question->choice_count == 0)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, line,
					 "the question '%.*s' is to be answered by a choice, but "
					 "has no 'choices'",
					 YG_FMT(yg_fw_show(question->urn)));
	return YG_OK;
}

/* The newer form: @item stands in the map under its urn. */
static int read_question(struct yg_fw_reader *reader, const struct yg_yaml *item,
			 struct yg_framework_question *question)
{
	const struct yg_yaml *choices;
	bool is_bool;
	int rc;

	question->urn = item->key;
	question->depends_on = YG_NODE_NONE;
	if (item->kind != YG_YAML_MAP)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
					 "a question must be a map with 'type' and 'text'");
	rc = yg_fw_x_keys(reader, item, "a question", NULL, 0);
	if (rc == YG_OK)
		rc = read_kind(reader, item, "type", &question->kind, &is_bool);
	if (rc == YG_OK)
		rc = yg_fw_text2(reader, item, "text", &question->text);
	if (rc == YG_OK)
		rc = yg_fw_list(reader, item, "choices", YG_FW_CHOICES_MAX, &choices);
	if (rc == YG_OK && choices)
		rc = read_choices(reader, choices, question);
	return rc == YG_OK ? finish_question(reader, item->line, is_bool, question) : rc;
}

/* Is @name the urn @urn, or its last part(s)? Files name choices and questions either way. */
static bool is_named(struct yg_bytes urn, struct yg_bytes name)
{
	size_t start = urn.size - (name.size < urn.size ? name.size : urn.size);

	if (!yg_bytes_eq_nocase(yg_bytes_from(urn, start), name))
		return false;
	return start == 0 || urn.data[start - 1] == ':';
}

static const struct yg_framework_choice *find_choice(const struct yg_framework_question *question,
						     struct yg_bytes name)
{
	for (uint32_t i = 0; i < question->choice_count; i++)
		if (is_named(question->choices[i].id, name))
			return &question->choices[i];
	return NULL;
}

static int read_depends_answers(struct yg_fw_reader *reader, const struct yg_yaml *map,
				const struct yg_framework_question *on,
				struct yg_framework_question *question)
{
	struct yg_text_list names;
	struct yg_bytes *urns;
	int rc = yg_fw_text_list(reader, map, "answers", &names);

	if (rc != YG_OK)
		return rc;
	urns = yg_fw_alloc(reader, names.count, sizeof(*urns));
	if (!urns)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < names.count; i++) {
		const struct yg_framework_choice *choice = find_choice(on, names.items[i]);

		if (!choice)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line,
						 "depends_on names the answer '%.*s', which the "
						 "question '%.*s' does not have",
						 YG_FMT(yg_fw_show(names.items[i])),
						 YG_FMT(yg_fw_show(on->urn)));
		urns[i] = choice->id;
	}
	question->depends_answers = (struct yg_text_list){.items = urns, .count = names.count};
	return YG_OK;
}

static int read_depends(struct yg_fw_reader *reader, const struct yg_yaml *item,
			const struct question_set *set, struct yg_framework_question *question)
{
	static const char *const conditions[] = {"any", "all"};
	struct yg_bytes name;
	const struct yg_yaml *map;
	uint32_t condition = 0;
	int rc = yg_fw_map(reader, item, "depends_on", &map);

	if (rc != YG_OK || !map || map->count == 0)
		return rc;
	rc = yg_fw_need(reader, map, "question", "depends_on", &name);
	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "condition", conditions, YG_FW_COUNT(conditions),
				&condition);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < set->count && question->depends_on == YG_NODE_NONE; i++)
		if (is_named(set->items[i].urn, name))
			question->depends_on = i;
	if (question->depends_on == YG_NODE_NONE)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line,
					 "depends_on names the question '%.*s', which this node "
					 "does not have",
					 YG_FMT(yg_fw_show(name)));
	question->depends_on_all = condition == 1;
	return read_depends_answers(reader, map, &set->items[question->depends_on], question);
}

/* Each question waits for at most one other: a walk longer than their number goes in a circle. */
static int check_cycles(struct yg_fw_reader *reader, const struct yg_yaml *map,
			const struct question_set *set)
{
	const struct yg_yaml *item = map->first;

	for (uint32_t i = 0; i < set->count; i++, item = item->next) {
		uint32_t at = set->items[i].depends_on;

		for (uint32_t steps = 0; at != YG_NODE_NONE && at != i && steps < set->count;
		     steps++)
			at = set->items[at].depends_on;
		if (at == i)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
						 "the question '%.*s' waits for itself: its "
						 "depends_on closes a cycle",
						 YG_FMT(yg_fw_show(set->items[i].urn)));
	}
	return YG_OK;
}

static int too_many(struct yg_fw_reader *reader, const struct yg_yaml *at)
{
	return yg_line_fault_set(reader->fault, YG_ELIMIT, at->line,
				 "a node has %u questions; at most %u are read", at->count,
				 YG_FW_QUESTIONS_MAX);
}

static int read_new_form(struct yg_fw_reader *reader, const struct yg_yaml *map,
			 struct question_set *set)
{
	const struct yg_yaml *item;
	uint32_t i = 0;
	int rc = YG_OK;

	if (map->count > YG_FW_QUESTIONS_MAX)
		return too_many(reader, map);
	set->items = yg_fw_alloc(reader, map->count, sizeof(*set->items));
	if (!set->items)
		return YG_ENOMEM;
	set->count = map->count;
	for (item = map->first; rc == YG_OK && item; item = item->next)
		rc = read_question(reader, item, &set->items[i++]);
	i = 0;
	for (item = map->first; rc == YG_OK && item; item = item->next)
		rc = read_depends(reader, item, set, &set->items[i++]);
	return rc == YG_OK ? check_cycles(reader, map, set) : rc;
}

static int read_old_form(struct yg_fw_reader *reader, const struct yg_yaml *map,
			 struct question_set *set)
{
	enum yg_question_kind kind;
	const struct yg_yaml *choices;
	const struct yg_yaml *list;
	bool is_bool;
	int rc = read_kind(reader, map, "question_type", &kind, &is_bool);

	if (rc == YG_OK)
		rc = yg_fw_list(reader, map, "question_choices", YG_FW_CHOICES_MAX, &choices);
	if (rc == YG_OK)
		rc = yg_fw_list(reader, map, "questions", YG_FW_QUESTIONS_MAX, &list);
	if (rc != YG_OK || !list)
		return rc;
	set->items = yg_fw_alloc(reader, list->count, sizeof(*set->items));
	if (!set->items)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; rc == YG_OK && item; item = item->next) {
		struct yg_framework_question *question = &set->items[set->count++];

		question->kind = kind;
		question->depends_on = YG_NODE_NONE;
		rc = yg_fw_need(reader, item, "urn", "a question", &question->urn);
		if (rc == YG_OK)
			rc = yg_fw_x_keys(reader, item, "a question", NULL, 0);
		if (rc == YG_OK)
			rc = yg_fw_text2(reader, item, "text", &question->text);
		if (rc == YG_OK && choices)
			rc = read_choices(reader, choices, question);
		if (rc == YG_OK)
			rc = finish_question(reader, item->line, is_bool, question);
	}
	return rc;
}

int yg_fw_questions(struct yg_fw_reader *reader, const struct yg_yaml *map,
		    struct yg_framework_node *node)
{
	struct question_set set = {0};
	const struct yg_yaml *questions;
	int rc = yg_fw_map(reader, map, "questions", &questions);

	if (rc == YG_OK && !questions)
		rc = yg_fw_map(reader, map, "question", &questions);
	if (rc != YG_OK || !questions)
		return rc;
	if (yg_yaml_get(questions, "question_type") || yg_yaml_get(questions, "questions"))
		rc = read_old_form(reader, questions, &set);
	else
		rc = read_new_form(reader, questions, &set);
	node->questions = set.items;
	node->question_count = set.count;
	return rc;
}
