/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura share report` check, render, diff, forms, fields: what is shown. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "app/share_report-int.h"
#include "app/sheet_file.h"
#include "base/io.h"
#include "render/form.h"

#include "base/ban.h"

#define OUT_MAX	  (64u << 20)
#define FILE_MODE 0600u
#define TELL_MAX  200u /* lines of contacts for one record */

static int put_out(const struct yg_report_run *run, struct yg_buf *out, int rc, int status)
{
	if (rc == YG_OK)
		rc = yg_buf_error(out);
	if (rc == YG_OK)
		rc = run->output && strcmp(run->output, "-") != 0
			     ? yg_io_write_to(run->output, yg_buf_bytes(out), FILE_MODE)
			     : yg_io_write(STDOUT_FILENO, yg_buf_bytes(out));
	yg_buf_done(out);
	if (rc == YG_OK || rc == YG_EPIPE)
		return status;
	if (run->output)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(run->output), 200),
		       yg_say_tr(yg_err_text(rc)));
	else
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

int yg_report_put_out(const struct yg_report_run *run, struct yg_buf *out, int status)
{
	return put_out(run, out, YG_OK, status);
}

static void add_safe(struct yg_buf *to, struct yg_bytes text)
{
	yg_buf_add_str(to, yg_say_safe(text, YG_INCIDENT_LINE_MAX));
}

/* ---- service affected: whom to tell ---- */

static const char *const tell_columns[] = {"service", "tell", "form",	"phone",
					   "night",   "mail", "deputy", "note"};
#define TELL_COLUMNS 8u

struct tell {
	struct yg_table table;
	uint32_t columns[TELL_COLUMNS];
	uint32_t rows[TELL_MAX]; /* that concern the record */
	uint32_t count;
};

static bool concerns(const struct yg_report_run *run, struct yg_bytes service)
{
	uint32_t field = yg_form_field_find(run->all, YG_S("damage.services"));
	const json_t *services = yg_incident_value(run->all, run->record, field);

	if (yg_bytes_eq(service, YG_S("*")))
		return true;
	for (size_t i = 0; i < json_array_size(services); i++)
		if (yg_bytes_eq_nocase(yg_bytes_trim(service),
				       yg_bytes_trim(yg_bytes_str(
					       json_string_value(json_array_get(services, i))))))
			return true;
	return false;
}

/* --contacts FILE: the lines for the services that the record names. */
static int read_tell(const struct yg_report_run *run, struct tell *tell)
{
	int rc =
		run->contacts ? yg_sheet_file_read(run->contacts, run->arena, &tell->table) : YG_OK;

	if (rc != YG_OK || !run->contacts)
		return rc;
	for (uint32_t i = 0; i < TELL_COLUMNS; i++)
		tell->columns[i] = yg_table_column(&tell->table, tell_columns[i]);
	if (tell->columns[0] == UINT32_MAX || tell->columns[1] == UINT32_MAX) {
		yg_say(N_("%s: the columns service and tell are needed"),
		       yg_say_safe(yg_bytes_str(run->contacts), 200));
		return YG_EFORMAT;
	}
	for (uint32_t i = 0; i < tell->table.row_count && tell->count < TELL_MAX; i++)
		if (concerns(run, yg_table_cell(&tell->table.rows[i], tell->columns[0])))
			tell->rows[tell->count++] = i;
	return YG_OK;
}

static struct yg_bytes tell_cell(const struct tell *tell, uint32_t row, uint32_t column)
{
	return yg_table_cell(&tell->table.rows[tell->rows[row]], tell->columns[column]);
}

static void tell_json(const struct tell *tell, struct yg_buf *to)
{
	yg_buf_add_str(to, ",\"tell\":[");
	for (uint32_t i = 0; i < tell->count; i++) {
		for (uint32_t k = 0; k < TELL_COLUMNS; k++) {
			yg_buf_addf(to, "%s\"%s\":", k ? "," : i ? ",{" : "{", tell_columns[k]);
			yg_buf_add_json(to, tell_cell(tell, i, k));
		}
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

static void tell_text(const struct tell *tell, struct yg_buf *to)
{
	if (tell->count > 0)
		yg_buf_addf(to, "\n%s\n", yg_say_tr(N_("Whom to tell for the services affected")));
	for (uint32_t i = 0; i < tell->count; i++) {
		yg_buf_add_str(to, "  ");
		for (uint32_t k = 0; k < TELL_COLUMNS; k++) {
			struct yg_bytes cell = tell_cell(tell, i, k);

			if (cell.size == 0)
				continue;
			yg_buf_add_str(to, k == 1 ? " → " : k > 1 ? "  " : "");
			add_safe(to, cell);
		}
		yg_buf_add_byte(to, '\n');
	}
}

/* ---- check ---- */

/* @form at its next stage. False: all of them were sent, *stage is the last. */
static bool next_stage(const struct yg_form *form, const json_t *record, enum yg_form_stage *stage)
{
	if (yg_incident_stage(form, record, stage))
		return true;
	for (unsigned i = 0; i < YG_FORM_STAGE_COUNT; i++)
		if (form->stages[i])
			*stage = (enum yg_form_stage)i;
	return false;
}

static bool is_over(const struct yg_filled *filled)
{
	for (uint32_t i = 0; i < filled->due_count; i++)
		if (filled->due[i].state == YG_DUE_OVER)
			return true;
	return false;
}

static void check_text(const struct yg_filled *filled, bool is_open, struct yg_buf *to)
{
	enum yg_lang lang = filled->lang;

	yg_buf_add_byte(to, '\n');
	add_safe(to, filled->form->title.in[lang]);
	yg_buf_add_str(to, " (");
	add_safe(to, filled->form->id);
	yg_buf_add_str(to, ") → ");
	add_safe(to, filled->form->recipient.in[lang]);
	yg_buf_add_byte(to, '\n');
	for (uint32_t i = 0; i < filled->due_count; i++) {
		yg_buf_add_str(to, "  ");
		yg_buf_add(to, yg_form_stage_words(filled->form, filled->due[i].stage, lang));
		yg_buf_add_str(to, yg_say_tr(N_(": ")));
		yg_filled_due_words(to, &filled->due[i], lang);
		yg_buf_add_byte(to, '\n');
	}
	yg_buf_add_str(to, "  ");
	if (!is_open) {
		yg_buf_addf(to, "%s\n", yg_say_tr(N_("all stages were sent")));
		return;
	}
	yg_buf_add(to, yg_form_stage_words(filled->form, filled->stage, lang));
	yg_buf_add_str(to, yg_say_tr(N_(": ")));
	if (filled->missing == 0)
		yg_buf_add_str(to, yg_say_tr(N_("nothing mandatory is missing")));
	else
		yg_buf_addf(to, yg_say_tr(N_("mandatory and missing: %u")), filled->missing);
	yg_buf_add_byte(to, '\n');
	for (uint32_t i = 0; i < filled->row_count; i++) {
		const struct yg_filled_row *row = &filled->rows[i];

		if (!row->is_missing)
			continue;
		yg_buf_add_str(to, "    ");
		add_safe(to, row->path);
		yg_buf_add_str(to, "  ");
		add_safe(to, row->label);
		yg_buf_add_byte(to, '\n');
	}
}

static void check_head(const struct yg_report_run *run, struct yg_buf *to)
{
	char day[YG_DAY_SIZE];

	yg_day_write(yg_day_of_time(run->now_ns, YG_INCIDENT_ZONE_S), day);
	add_safe(to, yg_json_text(run->record, "id"));
	yg_buf_addf(to, yg_say_tr(N_(", version %lld, on %s\n")),
		    (long long)yg_json_int(run->record, "version", 1), day);
}

static void check_json_head(const struct yg_report_run *run, struct yg_buf *to)
{
	char day[YG_DAY_SIZE];

	yg_day_write(yg_day_of_time(run->now_ns, YG_INCIDENT_ZONE_S), day);
	yg_buf_add_str(to, "{\"record\":");
	yg_buf_add_json(to, yg_json_text(run->record, "id"));
	yg_buf_addf(to, ",\"version\":%lld,\"today\":\"%s\",\"forms\":[",
		    (long long)yg_json_int(run->record, "version", 1), day);
}

/* One form of the check: of those that apply, whether there is something to do. */
static int check_form(struct yg_report_run *run, const struct yg_form *form, struct yg_buf *to,
		      bool *ret_todo)
{
	struct yg_incident_fill ask = {
		.forms = run->all, .form = form, .lang = yg_say_lang_now(), .now_ns = run->now_ns};
	bool is_open = next_stage(form, run->record, &ask.stage);
	struct yg_filled filled;
	int rc = yg_incident_fill(&ask, run->record, run->arena, &filled);

	if (rc != YG_OK)
		return rc;
	if (filled.applies && ((is_open && filled.missing > 0) || is_over(&filled)))
		*ret_todo = true;
	if (run->is_json)
		yg_filled_json(to, &filled);
	else if (filled.applies)
		check_text(&filled, is_open, to);
	return YG_OK;
}

int yg_report_check(struct yg_report_run *run)
{
	struct tell tell = {.count = 0};
	bool has_todo = false;
	struct yg_buf out;
	int rc = yg_report_load(run);

	if (rc == YG_OK)
		rc = read_tell(run, &tell);
	if (rc != YG_OK)
		return YG_EXIT_FAILED;
	yg_buf_init(&out, OUT_MAX);
	if (run->is_json)
		check_json_head(run, &out);
	else
		check_head(run, &out);
	for (uint32_t i = 0; rc == YG_OK && i < run->all->form_count; i++) {
		if (run->is_json && i > 0)
			yg_buf_add_byte(&out, ',');
		rc = check_form(run, run->all->forms[i], &out, &has_todo);
	}
	if (run->is_json) {
		yg_buf_add_byte(&out, ']');
		tell_json(&tell, &out);
		yg_buf_add_str(&out, "}\n");
	} else {
		tell_text(&tell, &out);
	}
	return put_out(run, &out, rc, has_todo ? YG_EXIT_PARTLY : YG_EXIT_DONE);
}

/* ---- render ---- */

static int render(struct yg_report_run *run, const struct yg_filled *filled, struct yg_buf *to)
{
	switch (run->as) {
	case YG_REPORT_CSV:
		return yg_filled_sheet(to, filled, YG_SHEET_CSV);
	case YG_REPORT_XLSX:
		return yg_filled_sheet(to, filled, YG_SHEET_WORKBOOK);
	case YG_REPORT_HTML:
		yg_filled_page(to, filled);
		return YG_OK;
	default:
		yg_filled_json(to, filled);
		yg_buf_add_byte(to, '\n');
		return YG_OK;
	}
}

int yg_report_leave(struct yg_report_run *run, enum yg_outlet outlet, struct yg_filled *ret)
{
	const struct yg_form *form = yg_report_form(run);
	struct yg_incident_fill ask = {.forms = run->all,
				       .form = form,
				       .stage = run->stage,
				       .is_attack_only = run->is_attack_only,
				       .now_ns = run->now_ns};
	enum yg_refusal refusal = YG_REFUSAL_NONE;
	int rc = form ? yg_report_load(run) : YG_EINVAL;

	if (rc != YG_OK)
		return YG_EXIT_FAILED;
	ask.lang = run->has_lang ? run->lang : form->lang;
	if (!run->has_stage)
		(void)next_stage(form, run->record, &ask.stage); /* else the last */
	if (!form->stages[ask.stage]) {
		yg_say(N_("%s has no stage %s"), run->form, yg_form_stage_name(ask.stage));
		return YG_EXIT_FAILED;
	}
	rc = yg_incident_leave(&ask, run->record, run->has_outlet ? run->outlet : outlet,
			       run->is_person, run->arena, ret, &refusal);
	if (rc == YG_EACCES) {
		yg_say(N_("nothing leaves: %s"), yg_say_tr(yg_refusal_text(refusal)));
		return YG_EXIT_PARTLY;
	}
	if (rc == YG_OK)
		return YG_EXIT_DONE;
	yg_say("%s", yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

int yg_report_render(struct yg_report_run *run)
{
	struct yg_filled filled;
	struct yg_buf out;
	int rc;
	int status = yg_report_leave(
		run, run->as == YG_REPORT_HTML ? YG_OUTLET_PRINT : YG_OUTLET_EXPORT, &filled);

	if (status != YG_EXIT_DONE)
		return status;
	yg_buf_init(&out, OUT_MAX);
	rc = render(run, &filled, &out);
	if (rc == YG_OK && filled.missing > 0)
		yg_say(N_("%s: %u mandatory entries are missing; this is a draft"), run->form,
		       filled.missing);
	return put_out(run, &out, rc, YG_EXIT_DONE);
}

/* ---- diff ---- */

struct diff {
	const struct yg_report_run *run;
	struct yg_buf *to;
	uint32_t count;
};

static int add_json_value(struct yg_buf *to, const json_t *value)
{
	if (value)
		return yg_json_canonical(value, to);
	yg_buf_add_str(to, "null");
	return YG_OK;
}

static void add_words(const struct diff *diff, struct yg_bytes path, const json_t *value)
{
	uint32_t field = yg_form_field_find(diff->run->all, path);
	struct yg_buf words;

	yg_buf_init(&words, OUT_MAX);
	if (value && field != YG_FORM_NONE)
		yg_incident_words(diff->run->all, field, value, yg_say_lang_now(), &words);
	else if (json_is_string(value))
		yg_buf_add_str(&words, json_string_value(value));
	if (words.size == 0)
		yg_buf_add_str(diff->to, yg_say_tr(N_("(nothing)")));
	else
		yg_buf_add_str(diff->to, yg_say_safe(yg_buf_bytes(&words), YG_INCIDENT_LINE_MAX));
	if (yg_buf_error(&words) && !diff->to->error)
		diff->to->error = yg_buf_error(&words);
	yg_buf_done(&words);
}

static int add_change(void *arg, struct yg_bytes path, const json_t *before, const json_t *after)
{
	struct diff *diff = arg;
	int rc;

	if (!diff->run->is_json) {
		yg_buf_add(diff->to, path);
		yg_buf_add_str(diff->to, yg_say_tr(N_(": ")));
		add_words(diff, path, before);
		yg_buf_add_str(diff->to, " → ");
		add_words(diff, path, after);
		yg_buf_add_byte(diff->to, '\n');
		return YG_OK;
	}
	yg_buf_add_str(diff->to, diff->count++ ? ",{\"path\":" : "{\"path\":");
	yg_buf_add_json(diff->to, path);
	yg_buf_add_str(diff->to, ",\"before\":");
	rc = add_json_value(diff->to, before);
	yg_buf_add_str(diff->to, ",\"after\":");
	if (rc == YG_OK)
		rc = add_json_value(diff->to, after);
	yg_buf_add_byte(diff->to, '}');
	return rc;
}

/* The version of --form that was sent last; 0: none was. */
static uint64_t sent_version(const json_t *record, struct yg_bytes form)
{
	const json_t *list = json_object_get(record, "sent");
	uint64_t version = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		if (yg_bytes_eq(yg_json_text(json_array_get(list, i), "form"), form))
			version = (uint64_t)yg_json_int(json_array_get(list, i), "version", 1);
	return version;
}

/* Which two versions: *from, *to. False: said. */
static bool choose(const struct yg_report_run *run, const struct yg_form *form, uint64_t *from,
		   uint64_t *to)
{
	uint64_t now = (uint64_t)yg_json_int(run->record, "version", 1);

	*to = run->to ? run->to : now;
	*from = run->from ? run->from : *to > 1 ? *to - 1 : 1;
	if (form && !run->from) {
		*from = sent_version(run->record, form->id);
		if (*from == 0) {
			yg_say(N_("%s was not sent yet"), run->form);
			return false;
		}
	}
	return true;
}

int yg_report_diff(struct yg_report_run *run)
{
	const struct yg_form *form = run->form ? yg_report_form(run) : NULL;
	json_t *old = NULL;
	json_t *fresh = NULL;
	struct yg_buf out;
	struct diff diff = {run, &out, 0};
	uint64_t from, to;
	int rc = run->form && !form ? YG_EINVAL : yg_report_load(run);

	if (rc != YG_OK || !choose(run, form, &from, &to))
		return YG_EXIT_FAILED;
	yg_buf_init(&out, OUT_MAX);
	rc = yg_incident_version(run->record, (uint32_t)from, &old);
	if (rc == YG_OK)
		rc = yg_incident_version(run->record, (uint32_t)to, &fresh);
	if (rc == YG_ENOENT)
		yg_say(N_("%s: there is no version %llu"),
		       yg_say_safe(yg_bytes_str(run->path), 200),
		       (unsigned long long)(old ? to : from));
	if (rc == YG_OK && run->is_json)
		yg_buf_addf(&out, "{\"from\":%llu,\"to\":%llu,\"changes\":[",
			    (unsigned long long)from, (unsigned long long)to);
	if (rc == YG_OK)
		rc = yg_incident_diff(run->all, old, fresh, add_change, &diff);
	if (rc == YG_OK && run->is_json)
		yg_buf_add_str(&out, "]}\n");
	json_decref(old);
	json_decref(fresh);
	if (rc == YG_ENOENT) {
		yg_buf_done(&out);
		return YG_EXIT_FAILED;
	}
	return put_out(run, &out, rc, YG_EXIT_DONE);
}

/* ---- forms, fields ---- */

static void form_json(const struct yg_form *form, struct yg_buf *to)
{
	bool is_begun = false;

	yg_buf_add_str(to, "{\"form\":");
	yg_buf_add_json(to, form->id);
	yg_buf_add_str(to, ",\"title\":");
	yg_buf_add_json(to, form->title.in[yg_say_lang_now()]);
	yg_buf_add_str(to, ",\"recipient\":");
	yg_buf_add_json(to, form->recipient.in[yg_say_lang_now()]);
	yg_buf_addf(to, ",\"audience\":\"%s\",\"language\":\"%s\",\"stages\":[",
		    yg_form_audience_name(form->audience), form->lang == YG_LANG_JA ? "ja" : "en");
	for (unsigned i = 0; i < YG_FORM_STAGE_COUNT; i++) {
		if (!form->stages[i])
			continue;
		yg_buf_addf(to, "%s\"%s\"", is_begun ? "," : "",
			    yg_form_stage_name((enum yg_form_stage)i));
		is_begun = true;
	}
	yg_buf_add_str(to, "]}\n");
}

int yg_report_forms(struct yg_report_run *run)
{
	struct yg_buf out;

	yg_buf_init(&out, OUT_MAX);
	for (uint32_t i = 0; i < run->all->form_count; i++) {
		const struct yg_form *form = run->all->forms[i];

		if (run->is_json) {
			form_json(form, &out);
			continue;
		}
		add_safe(&out, form->id);
		yg_buf_add_str(&out, "  ");
		add_safe(&out, form->title.in[yg_say_lang_now()]);
		yg_buf_add_str(&out, " → ");
		add_safe(&out, form->recipient.in[yg_say_lang_now()]);
		yg_buf_add_byte(&out, '\n');
	}
	return put_out(run, &out, YG_OK, YG_EXIT_DONE);
}

static void field_line(const struct yg_report_run *run, const struct yg_form_field *field,
		       struct yg_buf *to)
{
	enum yg_lang lang = yg_say_lang_now();

	if (run->is_json) {
		yg_buf_add_str(to, "{\"path\":");
		yg_buf_add_json(to, field->path);
		yg_buf_addf(to, ",\"type\":\"%s\",\"half\":\"%s\",\"title\":",
			    yg_form_type_name(field->type),
			    yg_form_half_name(run->all->sections[field->section].half));
		yg_buf_add_json(to, field->title.in[lang]);
		yg_buf_add_str(to, ",\"choices\":[");
		for (uint32_t i = 0; i < field->choice_count; i++) {
			yg_buf_add_str(to, i ? "," : "");
			yg_buf_add_json(to, field->choices[i].key);
		}
		yg_buf_add_str(to, "]}\n");
		return;
	}
	yg_buf_add(to, field->path);
	yg_buf_addf(to, "  %s  ", yg_form_type_name(field->type));
	yg_buf_add(to, field->title.in[lang]);
	yg_buf_add_byte(to, '\n');
	for (uint32_t i = 0; i < field->choice_count && field->type != YG_FORM_ANSWER; i++) {
		yg_buf_add_str(to, "    ");
		yg_buf_add(to, field->choices[i].key);
		yg_buf_add_str(to, "  ");
		yg_buf_add(to, field->choices[i].title.in[lang]);
		yg_buf_add_byte(to, '\n');
	}
}

int yg_report_fields(struct yg_report_run *run)
{
	struct yg_buf out;

	yg_buf_init(&out, OUT_MAX);
	for (uint32_t i = 0; i < run->all->field_count; i++)
		field_line(run, &run->all->fields[i], &out);
	return put_out(run, &out, YG_OK, YG_EXIT_DONE);
}
