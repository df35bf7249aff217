/* SPDX-License-Identifier: Apache-2.0 */
/* The record's fields, and a form's head: who it is for, when it applies, until when. */
#include "parse/form-int.h"

#include "base/ban.h"

int yg_form_refuse(struct yg_form_reader *r, uint32_t line, const char *what, struct yg_bytes name)
{
	return yg_line_fault_set(r->fault, YG_EFORMAT, line, "%s: %.*s", what,
				 name.size > 80 ? 80 : (int)name.size,
				 name.data ? (const char *)name.data : "");
}

int yg_form_no_memory(struct yg_form_reader *r)
{
	return yg_line_fault_set(r->fault, YG_ENOMEM, 0, "out of memory");
}

static int too_many(struct yg_form_reader *r, uint32_t line, const char *what, unsigned max)
{
	return yg_line_fault_set(r->fault, YG_ELIMIT, line, "%s: more than %u", what, max);
}

int yg_form_known(struct yg_form_reader *r, const struct yg_yaml *map, const char *const *known)
{
	if (map->kind != YG_YAML_MAP)
		return yg_form_refuse(r, map->line, "keys and values are expected", map->key);
	for (const struct yg_yaml *one = map->first; one; one = one->next) {
		uint32_t i = 0;

		while (known[i] && !yg_bytes_eq(one->key, yg_bytes_str(known[i])))
			i++;
		if (!known[i])
			return yg_form_refuse(r, one->line, "there is no such key", one->key);
	}
	return YG_OK;
}

int yg_form_word(struct yg_form_reader *r, const struct yg_yaml *node, uint32_t line,
		 const char *key, struct yg_bytes *ret)
{
	struct yg_bytes text =
		node && node->kind == YG_YAML_SCALAR ? node->text : (struct yg_bytes){0};

	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (text.size > YG_FORM_WORD_MAX ||
		    !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
						 "%s: a-z, 0-9, _ and -, at most %u bytes", key,
						 YG_FORM_WORD_MAX);
	}
	if (text.size == 0)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node ? node->line : line,
					 "%s is missing", key);
	*ret = yg_bytes_str(yg_arena_str(r->arena, text)); /* jansson wants its NUL */
	return ret->data ? YG_OK : yg_form_no_memory(r);
}

int yg_form_titles(struct yg_form_reader *r, const struct yg_yaml *node, uint32_t line,
		   const char *key, size_t max, struct yg_form_text *ret)
{
	static const char *const known[] = {"en", "ja", NULL};
	struct yg_bytes en = yg_yaml_text(node, "en");
	struct yg_bytes ja = yg_yaml_text(node, "ja");

	if (en.size == 0 || ja.size == 0 || en.size > max || ja.size > max)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node ? node->line : line,
					 "%s: {en: TEXT, ja: TEXT}, at most %zu bytes each", key,
					 max);
	if (yg_form_known(r, node, known) != YG_OK)
		return YG_EFORMAT;
	if (!yg_arena_dup(r->arena, en, &ret->in[YG_LANG_EN]) ||
	    !yg_arena_dup(r->arena, ja, &ret->in[YG_LANG_JA]))
		return yg_form_no_memory(r);
	return YG_OK;
}

int yg_form_path(struct yg_form_reader *r, const struct yg_yaml *node, uint32_t line, uint32_t *ret)
{
	if (!node || node->kind != YG_YAML_SCALAR)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node ? node->line : line,
					 "a field is expected, such as event.type");
	*ret = yg_form_field_find(r->forms, node->text);
	if (*ret == YG_FORM_NONE)
		return yg_form_refuse(r, node->line, "the record has no such field", node->text);
	return YG_OK;
}

static bool has_keys(enum yg_form_type type)
{
	return type == YG_FORM_CHOICE || type == YG_FORM_CHOICES || type == YG_FORM_ANSWER;
}

int yg_form_when(struct yg_form_reader *r, const struct yg_yaml *map, struct yg_form_when *ret)
{
	static const char *const known[] = {"field", "is", "days", NULL};
	const struct yg_yaml *keys = yg_yaml_get(map, "is");
	const struct yg_form_field *field;
	int rc = yg_form_known(r, map, known);

	if (rc == YG_OK)
		rc = yg_form_path(r, yg_yaml_get(map, "field"), map->line, &ret->field);
	if (rc != YG_OK)
		return rc;
	field = &r->forms->fields[ret->field];
	if (!has_keys(field->type) || !keys || keys->kind != YG_YAML_LIST || keys->count == 0)
		return yg_form_refuse(r, map->line,
				      "is: a list of choices, of a field that has choices",
				      field->path);
	for (const struct yg_yaml *one = keys->first; one; one = one->next) {
		const struct yg_form_choice *choice = yg_form_choice_find(field, one->text);

		if (!choice)
			return yg_form_refuse(r, one->line, "the field has no such choice",
					      one->text);
		if (ret->count == YG_FORM_WHEN_MAX)
			return too_many(r, one->line, "is", YG_FORM_WHEN_MAX);
		ret->keys[ret->count++] = choice->key;
	}
	return YG_OK;
}

/* ---- the record's fields ---- */

static const struct yg_form_choice answers[] = {
	{{(const uint8_t *)"yes", 3},
	 {{{(const uint8_t *)"yes", 3}, {(const uint8_t *)"はい", 6}}}},
	{{(const uint8_t *)"no", 2},
	 {{{(const uint8_t *)"no", 2}, {(const uint8_t *)"いいえ", 9}}}},
	{{(const uint8_t *)"unknown", 7},
	 {{{(const uint8_t *)"not known yet", 13}, {(const uint8_t *)"確認中", 9}}}},
};

static int read_choice(struct yg_form_reader *r, const struct yg_yaml *map,
		       struct yg_form_choice *list, uint32_t count)
{
	static const char *const known[] = {"key", "en", "ja", NULL};
	struct yg_form_choice *to = &list[count];
	struct yg_bytes en = yg_yaml_text(map, "en");
	struct yg_bytes ja = yg_yaml_text(map, "ja");
	int rc = yg_form_known(r, map, known);

	if (rc == YG_OK)
		rc = yg_form_word(r, yg_yaml_get(map, "key"), map->line, "key", &to->key);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < count; i++)
		if (yg_bytes_eq(list[i].key, to->key))
			return yg_form_refuse(r, map->line, "this choice stands twice", to->key);
	if (en.size == 0 || ja.size == 0 || en.size > YG_FORM_TITLE_MAX ||
	    ja.size > YG_FORM_TITLE_MAX)
		return yg_form_refuse(r, map->line, "a choice needs en and ja", to->key);
	return yg_arena_dup(r->arena, en, &to->title.in[YG_LANG_EN]) &&
			       yg_arena_dup(r->arena, ja, &to->title.in[YG_LANG_JA])
		       ? YG_OK
		       : yg_form_no_memory(r);
}

static int read_choices(struct yg_form_reader *r, const struct yg_yaml *map,
			struct yg_form_field *field)
{
	const struct yg_yaml *list = yg_yaml_get(map, "choices");
	struct yg_form_choice *to;
	int rc = YG_OK;

	if (field->type == YG_FORM_ANSWER) {
		field->choices = answers;
		field->choice_count = sizeof(answers) / sizeof(answers[0]);
	}
	if (field->type != YG_FORM_CHOICE && field->type != YG_FORM_CHOICES)
		return list ? yg_form_refuse(r, list->line, "choices: only of choice and choices",
					     field->name)
			    : YG_OK;
	if (!list || list->kind != YG_YAML_LIST || list->count == 0)
		return yg_form_refuse(r, map->line, "choices: a list is expected", field->name);
	if (list->count > YG_FORM_CHOICES_MAX)
		return too_many(r, list->line, "choices", YG_FORM_CHOICES_MAX);
	to = yg_arena_zalloc(r->arena, list->count * sizeof(*to));
	if (!to)
		return yg_form_no_memory(r);
	for (const struct yg_yaml *one = list->first; rc == YG_OK && one; one = one->next) {
		rc = read_choice(r, one, to, field->choice_count);
		field->choice_count++;
	}
	field->choices = to;
	return rc;
}

/* "section.field" to field->path. */
static int join_path(struct yg_form_reader *r, struct yg_bytes section, struct yg_form_field *field)
{
	char *text = yg_arena_alloc(r->arena, section.size + field->name.size + 2);

	if (!text)
		return yg_form_no_memory(r);
	(void)snprintf(text, section.size + field->name.size + 2, "%.*s.%.*s", YG_FMT(section),
		       YG_FMT(field->name)); /* the room is exact */
	field->path = yg_bytes_str(text);
	return YG_OK;
}

/* tense: past or future, of a time or day. */
static int read_tense(struct yg_form_reader *r, const struct yg_yaml *map,
		      struct yg_form_field *field)
{
	const struct yg_yaml *node = yg_yaml_get(map, "tense");

	if (!node)
		return YG_OK;
	field->tense = yg_bytes_eq(node->text, YG_S("past")) ? YG_FORM_PAST : YG_FORM_FUTURE;
	if ((field->type != YG_FORM_TIME && field->type != YG_FORM_DAY) ||
	    (field->tense == YG_FORM_FUTURE && !yg_bytes_eq(node->text, YG_S("future"))))
		return yg_form_refuse(r, node->line, "tense: past or future, of a time or day, not",
				      node->text);
	return YG_OK;
}

static int read_field(struct yg_form_reader *r, const struct yg_yaml *map)
{
	static const char *const known[] = {"field", "type",	"title", "help",
					    "tense", "choices", NULL};
	struct yg_forms *forms = r->forms;
	struct yg_form_section *section = &forms->sections[forms->section_count];
	struct yg_form_field field = {.section = forms->section_count};
	const struct yg_yaml *help = yg_yaml_get(map, "help");
	int rc = yg_form_known(r, map, known);

	if (rc == YG_OK && forms->field_count == YG_FORM_FIELDS_MAX)
		rc = too_many(r, map->line, "fields", YG_FORM_FIELDS_MAX);
	if (rc == YG_OK)
		rc = yg_form_word(r, yg_yaml_get(map, "field"), map->line, "field", &field.name);
	if (rc == YG_OK)
		rc = join_path(r, section->name, &field);
	if (rc == YG_OK && yg_form_field_find(forms, field.path) != YG_FORM_NONE)
		rc = yg_form_refuse(r, map->line, "this field stands twice", field.path);
	if (rc == YG_OK && !yg_form_type_by_name(yg_yaml_text(map, "type"), &field.type))
		rc = yg_form_refuse(r, map->line, "type: there is no such type",
				    yg_yaml_text(map, "type"));
	if (rc == YG_OK)
		rc = yg_form_titles(r, yg_yaml_get(map, "title"), map->line, "title",
				    YG_FORM_TITLE_MAX, &field.title);
	if (rc == YG_OK && help)
		rc = yg_form_titles(r, help, map->line, "help", YG_FORM_PROSE_MAX, &field.help);
	if (rc == YG_OK)
		rc = read_tense(r, map, &field);
	if (rc == YG_OK)
		rc = read_choices(r, map, &field);
	if (rc != YG_OK)
		return rc;
	forms->fields[forms->field_count++] = field;
	section->count++;
	return YG_OK;
}

static int read_fields(struct yg_form_reader *r, const struct yg_yaml *map)
{
	const struct yg_yaml *fields = yg_yaml_get(map, "fields");
	int rc = YG_OK;

	if (!fields || fields->kind != YG_YAML_LIST || fields->count == 0)
		return yg_form_refuse(r, map->line, "fields: a list is expected",
				      yg_yaml_text(map, "section"));
	for (const struct yg_yaml *one = fields->first; rc == YG_OK && one; one = one->next)
		rc = read_field(r, one);
	return rc;
}

static int read_section(struct yg_form_reader *r, const struct yg_yaml *map)
{
	static const char *const known[] = {"section", "title", "half", "fields", NULL};
	struct yg_forms *forms = r->forms;
	struct yg_form_section *section;
	int rc = yg_form_known(r, map, known);

	if (rc == YG_OK && forms->section_count == YG_FORM_SECTIONS_MAX)
		rc = too_many(r, map->line, "sections", YG_FORM_SECTIONS_MAX);
	if (rc != YG_OK)
		return rc;
	section = &forms->sections[forms->section_count];
	*section = (struct yg_form_section){.first = forms->field_count};
	rc = yg_form_word(r, yg_yaml_get(map, "section"), map->line, "section", &section->name);
	for (uint32_t i = 0; rc == YG_OK && i < forms->section_count; i++)
		if (yg_bytes_eq(forms->sections[i].name, section->name))
			rc = yg_form_refuse(r, map->line, "this section stands twice",
					    section->name);
	if (rc == YG_OK)
		rc = yg_form_titles(r, yg_yaml_get(map, "title"), map->line, "title",
				    YG_FORM_TITLE_MAX, &section->title);
	if (rc == YG_OK && !yg_form_half_by_name(yg_yaml_text(map, "half"), &section->half))
		rc = yg_form_refuse(r, map->line, "half: who, attack, damage or public, not",
				    yg_yaml_text(map, "half"));
	if (rc == YG_OK)
		rc = read_fields(r, map);
	if (rc == YG_OK)
		forms->section_count++;
	return rc;
}

/* The one document of @text, whose `format` is @format. */
static int open_file(struct yg_form_reader *r, struct yg_bytes text, const char *format,
		     const struct yg_yaml **ret)
{
	const struct yg_yaml *docs;
	struct yg_yaml_fault fault;
	int rc = yg_yaml_parse(text, r->arena, &docs, &fault);

	if (rc != YG_OK)
		return yg_line_fault_set(r->fault, fault.code, fault.line, "%s", fault.msg);
	if (docs->count != 1 ||
	    !yg_bytes_eq(yg_yaml_text(docs->first, "format"), yg_bytes_str(format)))
		return yg_line_fault_set(r->fault, YG_EFORMAT, 1,
					 "one document with `format: %s` is expected", format);
	*ret = docs->first;
	return YG_OK;
}

int yg_form_fields_read(struct yg_bytes text, struct yg_arena *arena, struct yg_forms *ret,
			struct yg_line_fault *reterr)
{
	static const char *const known[] = {"format", "sections", NULL};
	struct yg_form_reader r = {.forms = ret, .arena = arena, .fault = reterr};
	const struct yg_yaml *top;
	const struct yg_yaml *sections;
	int rc;

	*ret = (struct yg_forms){0};
	rc = open_file(&r, text, "yagura-incident-fields/1", &top);
	if (rc == YG_OK)
		rc = yg_form_known(&r, top, known);
	if (rc != YG_OK)
		return rc;
	sections = yg_yaml_get(top, "sections");
	if (!sections || sections->kind != YG_YAML_LIST || sections->count == 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, 1, "sections: a list is expected");
	for (const struct yg_yaml *one = sections->first; rc == YG_OK && one; one = one->next)
		rc = read_section(&r, one);
	return rc;
}

/* ---- a form's head ---- */

static int read_number(struct yg_form_reader *r, const struct yg_yaml *map, const char *key,
		       uint32_t *ret)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);
	uint64_t value;

	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_SCALAR || !yg_bytes_u64(node->text, &value) ||
	    value > YG_FORM_DAYS_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "%s: a number of days from 0 to %u", key,
					 YG_FORM_DAYS_MAX);
	*ret = (uint32_t)value;
	return YG_OK;
}

/* @key is "yes" or not there. */
static int read_yes(struct yg_form_reader *r, const struct yg_yaml *map, const char *key,
		    const char *yes, bool *ret)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	if (node && !yg_bytes_eq(node->text, yg_bytes_str(yes)))
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line, "%s: %s, or nothing",
					 key, yes);
	*ret = node != NULL;
	return YG_OK;
}

static int read_days(struct yg_form_reader *r, const struct yg_yaml *map,
		     struct yg_form_deadline *to)
{
	const struct yg_yaml *longer = yg_yaml_get(map, "longer");
	int rc = read_yes(r, map, "prompt", "yes", &to->is_prompt);

	if (rc == YG_OK)
		rc = read_yes(r, map, "rest_day", "next", &to->moves);
	if (rc == YG_OK)
		rc = read_number(r, map, "days", &to->days);
	to->latest = to->days;
	if (rc == YG_OK)
		rc = read_number(r, map, "latest", &to->latest);
	if (rc == YG_OK)
		rc = read_number(r, map, "first_day", &to->first_day);
	if (rc == YG_OK && longer)
		rc = yg_form_when(r, longer, &to->longer);
	if (rc == YG_OK && longer)
		rc = read_number(r, longer, "days", &to->longer_days);
	if (rc != YG_OK)
		return rc;
	if (to->is_prompt == (to->days > 0) || to->latest < to->days || to->first_day > 1 ||
	    (longer && to->longer_days < to->latest))
		return yg_line_fault_set(
			r->fault, YG_EFORMAT, map->line,
			"a deadline has `prompt: yes` or days above 0; latest and longer are not "
			"below them; first_day is 0 or 1");
	return YG_OK;
}

static int read_deadline(struct yg_form_reader *r, const struct yg_yaml *map)
{
	static const char *const known[] = {"stage",	 "from",     "prompt", "days", "latest",
					    "first_day", "rest_day", "longer", NULL};
	struct yg_form *form = r->form;
	struct yg_form_deadline to = {.longer = {.field = YG_FORM_NONE}};
	enum yg_form_type type;
	int rc = yg_form_known(r, map, known);

	if (rc == YG_OK && form->deadline_count == YG_FORM_DEADLINES_MAX)
		rc = too_many(r, map->line, "deadlines", YG_FORM_DEADLINES_MAX);
	if (rc == YG_OK && (!yg_form_stage_by_name(yg_yaml_text(map, "stage"), &to.stage) ||
			    !form->stages[to.stage]))
		rc = yg_form_refuse(r, map->line, "stage: one of the form's stages, not",
				    yg_yaml_text(map, "stage"));
	if (rc == YG_OK)
		rc = yg_form_path(r, yg_yaml_get(map, "from"), map->line, &to.from);
	if (rc == YG_OK)
		rc = read_days(r, map, &to);
	if (rc != YG_OK)
		return rc;
	type = r->forms->fields[to.from].type;
	if (type != YG_FORM_DAY && type != YG_FORM_TIME)
		return yg_form_refuse(r, map->line, "from: a field that is a day or a time, not",
				      r->forms->fields[to.from].path);
	form->deadlines[form->deadline_count++] = to;
	return YG_OK;
}

static int read_stages(struct yg_form_reader *r, const struct yg_yaml *list, uint32_t line)
{
	if (!list || list->kind != YG_YAML_LIST || list->count == 0)
		return yg_line_fault_set(r->fault, YG_EFORMAT, list ? list->line : line,
					 "stages: a list of first, followup, final");
	for (const struct yg_yaml *one = list->first; one; one = one->next) {
		enum yg_form_stage stage;

		if (!yg_form_stage_by_name(one->text, &stage) || r->form->stages[stage])
			return yg_form_refuse(r, one->line,
					      "stages: first, followup, final, each once, not",
					      one->text);
		r->form->stages[stage] = true;
	}
	return YG_OK;
}

/* What this form calls its stages: {first: {en, ja}, …}. */
static int read_stage_names(struct yg_form_reader *r, const struct yg_yaml *map)
{
	int rc = map && map->kind != YG_YAML_MAP
			 ? yg_form_refuse(r, map->line, "stage and name are expected", map->text)
			 : YG_OK;

	for (const struct yg_yaml *one = map ? map->first : NULL; rc == YG_OK && one;
	     one = one->next) {
		enum yg_form_stage stage;

		if (!yg_form_stage_by_name(one->key, &stage) || !r->form->stages[stage])
			return yg_form_refuse(r, one->line, "the form has no such stage", one->key);
		rc = yg_form_titles(r, one, one->line, "stage_names", YG_FORM_TITLE_MAX,
				    &r->form->stage_names[stage]);
	}
	return rc;
}

/* Words with few values: audience, language, layout, halves. */
static int read_words(struct yg_form_reader *r, const struct yg_yaml *map)
{
	struct yg_form *form = r->form;
	struct yg_bytes layout = yg_yaml_text(map, "layout");
	const struct yg_yaml *halves = yg_yaml_get(map, "halves");

	if (!yg_form_audience_by_name(yg_yaml_text(map, "audience"), &form->audience))
		return yg_form_refuse(r, map->line, "audience: authority, partner or public, not",
				      yg_yaml_text(map, "audience"));
	if (!yg_lang_by_name(yg_yaml_text(map, "language"), &form->lang))
		return yg_form_refuse(r, map->line, "language: ja or en, not",
				      yg_yaml_text(map, "language"));
	form->is_letter = yg_bytes_eq(layout, YG_S("letter"));
	if (!form->is_letter && !yg_bytes_eq(layout, YG_S("table")))
		return yg_form_refuse(r, map->line, "layout: table or letter, not", layout);
	if (halves && (halves->kind != YG_YAML_LIST || halves->count != 1 ||
		       !yg_bytes_eq(halves->first->text, YG_S("attack"))))
		return yg_form_refuse(r, halves->line, "halves: [attack], or nothing", halves->key);
	form->is_attack_only = halves != NULL;
	return YG_OK;
}

static int read_head(struct yg_form_reader *r, const struct yg_yaml *map)
{
	struct yg_form *form = r->form;
	const struct yg_yaml *note = yg_yaml_get(map, "note");
	const struct yg_yaml *applies = yg_yaml_get(map, "applies");
	int rc = yg_form_word(r, yg_yaml_get(map, "form"), map->line, "form", &form->id);

	if (rc == YG_OK && yg_form_find(r->forms, form->id))
		rc = yg_form_refuse(r, map->line, "there is a form with this id already", form->id);
	if (rc == YG_OK)
		rc = yg_form_titles(r, yg_yaml_get(map, "title"), map->line, "title",
				    YG_FORM_TITLE_MAX, &form->title);
	if (rc == YG_OK)
		rc = yg_form_titles(r, yg_yaml_get(map, "recipient"), map->line, "recipient",
				    YG_FORM_TITLE_MAX, &form->recipient);
	if (rc == YG_OK && note)
		rc = yg_form_titles(r, note, map->line, "note", YG_FORM_PROSE_MAX, &form->note);
	if (rc == YG_OK)
		rc = read_words(r, map);
	if (rc == YG_OK)
		rc = read_stages(r, yg_yaml_get(map, "stages"), map->line);
	if (rc == YG_OK)
		rc = read_stage_names(r, yg_yaml_get(map, "stage_names"));
	if (rc == YG_OK && applies)
		rc = yg_form_when(r, applies, &form->applies);
	return rc;
}

static int read_heading(struct yg_form_reader *r, const struct yg_yaml *node)
{
	struct yg_form_item *to = &r->form->heading;
	int rc;

	*to = (struct yg_form_item){.field = YG_FORM_NONE, .when = {.field = YG_FORM_NONE}};
	rc = yg_form_titles(r, node, node->line, "heading", YG_FORM_TITLE_MAX, &to->text);
	if (rc == YG_OK)
		rc = yg_form_places(r, node->line, to);
	r->form->has_heading = true;
	return rc;
}

static int read_form(struct yg_form_reader *r, const struct yg_yaml *map)
{
	static const char *const known[] = {"format",  "form",	   "title",	  "recipient",
					    "note",    "audience", "language",	  "layout",
					    "halves",  "stages",   "applies",	  "deadlines",
					    "heading", "sections", "stage_names", NULL};
	const struct yg_yaml *deadlines = yg_yaml_get(map, "deadlines");
	const struct yg_yaml *heading = yg_yaml_get(map, "heading");
	int rc = yg_form_known(r, map, known);

	if (rc == YG_OK && r->forms->form_count == YG_FORM_COUNT_MAX)
		rc = too_many(r, map->line, "forms", YG_FORM_COUNT_MAX);
	if (rc == YG_OK)
		rc = read_head(r, map);
	if (rc == YG_OK && deadlines && deadlines->kind != YG_YAML_LIST)
		rc = yg_form_refuse(r, deadlines->line, "deadlines: a list is expected",
				    deadlines->text);
	for (const struct yg_yaml *one = deadlines ? deadlines->first : NULL; rc == YG_OK && one;
	     one = one->next)
		rc = read_deadline(r, one);
	if (rc == YG_OK && heading)
		rc = read_heading(r, heading);
	if (rc == YG_OK)
		rc = yg_form_parts(r, yg_yaml_get(map, "sections"), map->line);
	return rc;
}

int yg_form_read(struct yg_bytes text, struct yg_arena *arena, struct yg_forms *forms,
		 struct yg_line_fault *reterr)
{
	struct yg_form_reader r = {.forms = forms, .arena = arena, .fault = reterr};
	const struct yg_yaml *top;
	int rc;

	r.form = yg_arena_zalloc(arena, sizeof(*r.form));
	if (!r.form)
		return yg_form_no_memory(&r);
	r.form->applies.field = YG_FORM_NONE;
	rc = open_file(&r, text, "yagura-form/1", &top);
	if (rc == YG_OK)
		rc = read_form(&r, top);
	if (rc == YG_OK)
		forms->forms[forms->form_count++] = r.form;
	return rc;
}
