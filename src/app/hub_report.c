/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_report.h"

#include <stdlib.h>

#include "app/forms.h"
#include "app/report_book.h"
#include "base/alloc.h"
#include "render/form.h"
#include "share/incident.h"

#include "base/ban.h"

struct yg_hub_report {
	struct yg_arena *arena;
	struct yg_forms *forms;
};

int yg_hub_report_new(struct yg_hub_report **ret)
{
	struct yg_hub_report *report = yg_calloc(1, sizeof(*report));
	int rc = report ? YG_OK : YG_ENOMEM;

	if (report)
		report->arena = yg_arena_new(YG_FORMS_ARENA_MAX);
	if (rc == YG_OK)
		rc = report->arena ? yg_forms_load(report->arena, &report->forms) : YG_ENOMEM;
	if (rc != YG_OK)
		report = yg_hub_report_free(report);
	*ret = report;
	return rc;
}

struct yg_hub_report *yg_hub_report_free(struct yg_hub_report *report)
{
	if (report)
		(void)yg_arena_free(report->arena);
	free(report);
	return NULL;
}

const struct yg_forms *yg_hub_report_forms(const struct yg_hub_report *report)
{
	return report->forms;
}

/* ---- forms and fields ---- */

static void add_text(struct yg_buf *to, const char *key, struct yg_bytes text)
{
	if (yg_buf_error(to))
		return; /* there may be no byte before it */
	yg_buf_addf(to, "%s\"%s\":", to->data[to->size - 1] == '{' ? "" : ",", key);
	yg_buf_add_json(to, text);
}

static void add_form(struct yg_buf *to, const struct yg_form *form, enum yg_lang lang)
{
	bool is_begun = false;

	yg_buf_add_byte(to, '{');
	add_text(to, "form", form->id);
	add_text(to, "title", form->title.in[lang]);
	add_text(to, "recipient", form->recipient.in[lang]);
	add_text(to, "note", form->note.in[lang]);
	add_text(to, "audience", yg_bytes_str(yg_form_audience_name(form->audience)));
	add_text(to, "language", form->lang == YG_LANG_JA ? YG_S("ja") : YG_S("en"));
	yg_buf_add_str(to, ",\"stages\":[");
	for (unsigned i = 0; i < YG_FORM_STAGE_COUNT; i++) {
		enum yg_form_stage stage = (enum yg_form_stage)i;

		if (!form->stages[i])
			continue;
		yg_buf_add_str(to, is_begun ? ",{" : "{");
		add_text(to, "stage", yg_bytes_str(yg_form_stage_name(stage)));
		add_text(to, "title", yg_form_stage_words(form, stage, lang));
		yg_buf_add_byte(to, '}');
		is_begun = true;
	}
	yg_buf_add_str(to, "]}");
}

static void add_field(struct yg_buf *to, const struct yg_form_field *field, enum yg_lang lang)
{
	yg_buf_add_byte(to, '{');
	add_text(to, "path", field->path);
	add_text(to, "type", yg_bytes_str(yg_form_type_name(field->type)));
	add_text(to, "title", field->title.in[lang]);
	add_text(to, "help", field->help.in[lang]);
	yg_buf_add_str(to, ",\"choices\":[");
	for (uint32_t i = 0; i < field->choice_count; i++) {
		yg_buf_add_str(to, i ? ",{" : "{");
		add_text(to, "key", field->choices[i].key);
		add_text(to, "title", field->choices[i].title.in[lang]);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_str(to, "]}");
}

static int add_all(const struct yg_forms *forms, enum yg_lang lang, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"forms\":[");
	for (uint32_t i = 0; i < forms->form_count; i++) {
		yg_buf_add_str(to, i ? "," : "");
		add_form(to, forms->forms[i], lang);
	}
	yg_buf_add_str(to, "],\"sections\":[");
	for (uint32_t i = 0; i < forms->section_count; i++) {
		const struct yg_form_section *section = &forms->sections[i];

		yg_buf_add_str(to, i ? ",{" : "{");
		add_text(to, "section", section->name);
		add_text(to, "title", section->title.in[lang]);
		add_text(to, "half", yg_bytes_str(yg_form_half_name(section->half)));
		yg_buf_add_str(to, ",\"fields\":[");
		for (uint32_t k = 0; k < section->count; k++) {
			yg_buf_add_str(to, k ? "," : "");
			add_field(to, &forms->fields[section->first + k], lang);
		}
		yg_buf_add_str(to, "]}");
	}
	yg_buf_add_str(to, "]}");
	return yg_buf_error(to);
}

/* ---- a record ---- */

static int check(const struct yg_forms *forms, const struct yg_hub_report_ask *ask,
		 struct yg_buf *to)
{
	struct yg_incident_ask how = {forms, ask->lang, ask->now_ns, ask->before};
	struct yg_incident_faults *faults = yg_calloc(1, sizeof(*faults));
	int rc = faults ? yg_incident_check(&how, ask->record, faults) : YG_ENOMEM;

	for (uint32_t i = 0; faults && i < faults->count; i++) {
		yg_buf_add_str(to, i ? "\n" : "");
		yg_buf_add_str(to, faults->at[i]);
	}
	free(faults);
	return rc;
}

static enum yg_form_stage last_stage(const struct yg_form *form)
{
	unsigned last = 0;

	for (unsigned i = 0; i < YG_FORM_STAGE_COUNT; i++)
		if (form->stages[i])
			last = i;
	return (enum yg_form_stage)last;
}

/* Forms at their next stage; of one whose stages were all sent, the last. */
static int state(const struct yg_forms *forms, const struct yg_hub_report_ask *ask,
		 struct yg_buf *to)
{
	struct yg_arena *arena = yg_arena_new(YG_FORMS_ARENA_MAX);
	uint32_t count = 0;
	int rc = arena ? YG_OK : YG_ENOMEM;

	yg_buf_add_byte(to, '[');
	for (uint32_t i = 0; rc == YG_OK && i < forms->form_count; i++) {
		struct yg_incident_fill how = {.forms = forms,
					       .form = forms->forms[i],
					       .lang = ask->lang,
					       .now_ns = ask->now_ns};
		struct yg_filled filled;

		/* A list tells what there is to do; one record, every form. */
		if (!ask->with_items && !yg_incident_applies(forms, how.form, ask->record))
			continue;
		if (!yg_incident_stage(how.form, ask->record, &how.stage))
			how.stage = last_stage(how.form);
		rc = yg_incident_fill(&how, ask->record, arena, &filled);
		if (rc != YG_OK)
			break;
		if (!ask->with_items)
			filled.row_count = 0;
		yg_buf_add_str(to, count++ ? "," : "");
		yg_filled_json(to, &filled);
	}
	yg_buf_add_byte(to, ']');
	(void)yg_arena_free(arena);
	return rc;
}

/* The stage asked for, or the next. False: the form has none such. */
static bool stage_of(const struct yg_form *form, const struct yg_hub_report_ask *ask,
		     enum yg_form_stage *ret)
{
	if (ask->stage.size > 0)
		return yg_form_stage_by_name(ask->stage, ret) && form->stages[*ret];
	return yg_incident_stage(form, ask->record, ret);
}

/* What is wrong with a workbook or its map, as text. Gives back a code of this port. */
static int refuse_book(const struct yg_report_book_told *told, int rc, struct yg_buf *to)
{
	if (rc == YG_ENOMEM)
		return rc;
	if (told->is_of_map)
		yg_buf_addf(to, "map, line %u: ", told->fault.line);
	yg_buf_add_str(to, told->fault.msg[0] ? told->fault.msg : yg_err_text(rc));
	return YG_EINVAL;
}

static int write_official(const struct yg_forms *forms, const struct yg_hub_report_ask *ask,
			  const struct yg_filled *filled, struct yg_buf *to)
{
	const struct yg_report_book book = {ask->file, ask->map, forms, filled};
	struct yg_report_book_told told;
	int rc = yg_report_book_fill(&book, to, &told);

	if (rc == YG_OK)
		return rc;
	yg_buf_reset(to);
	return refuse_book(&told, rc, to);
}

/* Can the workbook be used for the form, and what would be found in it without a map? */
static int look_book(const struct yg_forms *forms, const struct yg_hub_report_ask *ask,
		     struct yg_buf *to)
{
	const struct yg_form *form = yg_form_find(forms, ask->form);
	struct yg_report_book_told told;
	struct yg_buf map;
	uint32_t all;
	int rc = form ? yg_report_book_check(ask->file, ask->map, forms, form, &told) : YG_ENOENT;

	if (rc != YG_OK)
		return form ? refuse_book(&told, rc, to) : rc;
	yg_buf_init(&map, YG_BOOK_MAP_MAX);
	rc = yg_report_book_map(ask->file, forms, form, &map, &told, &all);
	if (rc == YG_OK) {
		yg_buf_addf(to, "{\"found\":%u,\"fields\":%u,\"proposed\":", told.cells, all);
		yg_buf_add_json(to, yg_buf_bytes(&map));
		yg_buf_add_str(to, ",\"missing\":[");
		for (uint32_t i = 0; i < told.left_count; i++) {
			yg_buf_add_str(to, i ? "," : "");
			yg_buf_add_json(to, forms->fields[told.left[i]].path);
		}
		yg_buf_add_str(to, "]}");
	}
	yg_buf_done(&map);
	return rc == YG_OK ? rc : refuse_book(&told, rc, to);
}

static int write_form(const struct yg_filled *filled, struct yg_bytes as, struct yg_buf *to)
{
	if (yg_bytes_eq(as, YG_S("csv")))
		return yg_filled_sheet(to, filled, YG_SHEET_CSV);
	if (yg_bytes_eq(as, YG_S("xlsx")))
		return yg_filled_sheet(to, filled, YG_SHEET_WORKBOOK);
	if (yg_bytes_eq(as, YG_S("html")))
		yg_filled_page(to, filled);
	else
		yg_filled_json(to, filled);
	return YG_OK;
}

static int render(const struct yg_forms *forms, const struct yg_hub_report_ask *ask,
		  struct yg_buf *to)
{
	struct yg_arena *arena = yg_arena_new(YG_FORMS_ARENA_MAX);
	struct yg_incident_fill how = {.forms = forms,
				       .form = yg_form_find(forms, ask->form),
				       .is_attack_only = ask->is_attack_only,
				       .now_ns = ask->now_ns};
	enum yg_refusal refusal = YG_REFUSAL_NONE;
	struct yg_filled filled;
	int rc = YG_ENOENT;

	if (how.form && !stage_of(how.form, ask, &how.stage) && ask->stage.size == 0)
		how.stage = last_stage(how.form);
	else if (how.form && !stage_of(how.form, ask, &how.stage))
		how.form = NULL;
	if (how.form && arena) {
		how.lang = how.form->lang;
		rc = yg_incident_leave(&how, ask->record,
				       yg_bytes_eq(ask->as, YG_S("html")) ? YG_OUTLET_PRINT
									  : YG_OUTLET_EXPORT,
				       ask->is_person, arena, &filled, &refusal);
	}
	if (rc == YG_EACCES)
		yg_buf_add_str(to, yg_tr(ask->lang, yg_refusal_text(refusal)));
	if (rc == YG_OK)
		rc = yg_bytes_eq(ask->as, YG_S("official"))
			     ? write_official(forms, ask, &filled, to)
			     : write_form(&filled, ask->as, to);
	rc = arena ? rc : YG_ENOMEM;
	(void)yg_arena_free(arena);
	return rc;
}

struct diff {
	struct yg_buf *to;
	uint32_t count;
};

static int add_value(struct yg_buf *to, const json_t *value)
{
	if (value)
		return yg_json_canonical(value, to);
	yg_buf_add_str(to, "null");
	return YG_OK;
}

static int add_change(void *arg, struct yg_bytes path, const json_t *before, const json_t *after)
{
	struct diff *diff = arg;
	int rc;

	yg_buf_add_str(diff->to, diff->count++ ? ",{" : "{");
	add_text(diff->to, "path", path);
	yg_buf_add_str(diff->to, ",\"before\":");
	rc = add_value(diff->to, before);
	yg_buf_add_str(diff->to, ",\"after\":");
	if (rc == YG_OK)
		rc = add_value(diff->to, after);
	yg_buf_add_byte(diff->to, '}');
	return rc;
}

static int add_diff(const struct yg_forms *forms, const struct yg_hub_report_ask *ask,
		    struct yg_buf *to)
{
	struct diff diff = {.to = to};
	int rc;

	yg_buf_add_byte(to, '[');
	rc = yg_incident_diff(forms, ask->before, ask->record, add_change, &diff);
	yg_buf_add_byte(to, ']');
	return rc;
}

static int sent(const struct yg_forms *forms, const struct yg_hub_report_ask *ask,
		struct yg_buf *to)
{
	const struct yg_form *form = yg_form_find(forms, ask->form);
	json_t *copy = json_deep_copy(ask->record);
	enum yg_form_stage stage;
	int rc = copy ? YG_ENOENT : YG_ENOMEM;

	if (copy && form && stage_of(form, ask, &stage))
		rc = yg_incident_sent(copy, form, stage, ask->now_ns);
	if (rc == YG_OK)
		rc = yg_json_canonical(copy, to);
	json_decref(copy);
	return rc;
}

int yg_hub_report_ask(const struct yg_hub_report *report, enum yg_hub_report_what what,
		      const struct yg_hub_report_ask *ask, struct yg_buf *to)
{
	switch (what) {
	case YG_HUB_REPORT_FORMS:
		return add_all(report->forms, ask->lang, to);
	case YG_HUB_REPORT_CHECK:
		return check(report->forms, ask, to);
	case YG_HUB_REPORT_STATE:
		return state(report->forms, ask, to);
	case YG_HUB_REPORT_RENDER:
		return render(report->forms, ask, to);
	case YG_HUB_REPORT_BOOK:
		return look_book(report->forms, ask, to);
	case YG_HUB_REPORT_DIFF:
		return add_diff(report->forms, ask, to);
	default:
		return sent(report->forms, ask, to);
	}
}
