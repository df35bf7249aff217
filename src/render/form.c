/* SPDX-License-Identifier: Apache-2.0 */
/* A filled form as JSON and as a table. */
#include "render/form.h"

#include "model/day.h"
#include "render/text-int.h"

#include "base/ban.h"

/* ---- JSON ---- */

static void add_text(struct yg_buf *to, const char *key, struct yg_bytes text)
{
	yg_buf_addf(to, ",\"%s\":", key);
	yg_buf_add_json(to, text);
}

static void add_day(struct yg_buf *to, const char *key, int32_t day)
{
	char text[YG_DAY_SIZE];

	if (day == YG_DAY_NONE) {
		yg_buf_addf(to, ",\"%s\":null", key);
		return;
	}
	yg_day_write(day, text);
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, text);
}

static void add_due(struct yg_buf *to, const struct yg_filled *filled,
		    const struct yg_filled_due *due)
{
	struct yg_buf words;

	yg_buf_addf(to, "{\"stage\":\"%s\"", yg_form_stage_name(due->stage));
	add_text(to, "stage_title", yg_form_stage_words(filled->form, due->stage, filled->lang));
	yg_buf_addf(to, ",\"state\":\"%s\",\"prompt\":%s", yg_due_state_name(due->state),
		    due->is_prompt ? "true" : "false");
	add_text(to, "from", due->from_path);
	add_day(to, "from_day", due->from);
	add_day(to, "aim", due->aim);
	add_day(to, "latest", due->latest);
	if (due->latest == YG_DAY_NONE)
		yg_buf_add_str(to, ",\"days_left\":null");
	else
		yg_buf_addf(to, ",\"days_left\":%d", due->left);
	if (due->sent.size > 0)
		add_text(to, "sent", due->sent);
	else
		yg_buf_add_str(to, ",\"sent\":null");
	yg_text_scratch(&words, 400);
	yg_filled_due_words(&words, due, filled->lang);
	add_text(to, "words", yg_buf_bytes(&words));
	yg_text_end(to, &words);
	yg_buf_add_byte(to, '}');
}

static void add_row(struct yg_buf *to, const struct yg_filled_row *row)
{
	static const char *const kinds[] = {"part", "field", "paragraph"};

	yg_buf_addf(to, "{\"kind\":\"%s\"", kinds[row->kind]);
	if (row->path.size > 0)
		add_text(to, "path", row->path);
	if (row->label.size > 0)
		add_text(to, "label", row->label);
	if (row->kind != YG_FILLED_PART) {
		yg_buf_addf(to, ",\"needed\":%s,\"missing\":%s", row->is_needed ? "true" : "false",
			    row->is_missing ? "true" : "false");
		add_text(to, "text", row->value);
	}
	if (row->json.size > 0) {
		yg_buf_add_str(to, ",\"value\":");
		yg_buf_add(to, row->json);
	}
	yg_buf_add_byte(to, '}');
}

void yg_filled_json(struct yg_buf *to, const struct yg_filled *filled)
{
	const struct yg_form *form = filled->form;

	yg_buf_add_str(to, "{\"form\":");
	yg_buf_add_json(to, form->id);
	add_text(to, "title", form->title.in[filled->lang]);
	add_text(to, "recipient", form->recipient.in[filled->lang]);
	add_text(to, "note", form->note.in[filled->lang]);
	yg_buf_addf(to, ",\"audience\":\"%s\",\"language\":\"%s\",\"stage\":\"%s\"",
		    yg_form_audience_name(form->audience), filled->lang == YG_LANG_JA ? "ja" : "en",
		    yg_form_stage_name(filled->stage));
	add_text(to, "stage_title", yg_form_stage_words(form, filled->stage, filled->lang));
	yg_buf_addf(to, ",\"applies\":%s,\"half\":\"%s\"", filled->applies ? "true" : "false",
		    filled->is_attack_only ? "attack" : "all");
	add_text(to, "record", filled->record);
	yg_buf_addf(to, ",\"version\":%u", filled->version);
	add_text(to, "tlp", filled->tlp);
	add_text(to, "heading", filled->heading);
	yg_buf_addf(to, ",\"missing\":%u,\"deadlines\":[", filled->missing);
	for (uint32_t i = 0; i < filled->due_count; i++) {
		yg_buf_add_str(to, i ? "," : "");
		add_due(to, filled, &filled->due[i]);
	}
	yg_buf_add_str(to, "],\"items\":[");
	for (uint32_t i = 0; i < filled->row_count; i++) {
		yg_buf_add_str(to, i ? "," : "");
		add_row(to, &filled->rows[i]);
	}
	yg_buf_add_str(to, "]}");
}

/* ---- words ---- */

void yg_filled_due_words(struct yg_buf *to, const struct yg_filled_due *due, enum yg_lang lang)
{
	char aim[YG_DAY_SIZE] = "";
	char latest[YG_DAY_SIZE] = "";

	if (due->state == YG_DUE_SENT) {
		/* "2026-11-25T09:30:00+09:00": day and minute, as people write them. */
		struct yg_bytes day = yg_bytes_cut(due->sent, 0, 10);
		struct yg_bytes minute = yg_bytes_cut(due->sent, 11, 16);

		yg_buf_addf(to, yg_tr(lang, N_("sent %.*s %.*s")), YG_FMT(day), YG_FMT(minute));
		return;
	}
	if (due->state == YG_DUE_UNKNOWN) {
		yg_buf_addf(to, yg_tr(lang, N_("counted from %.*s, which is not filled in")),
			    YG_FMT(due->from_path));
		return;
	}
	yg_day_write(due->aim, aim);
	yg_day_write(due->latest, latest);
	if (due->is_prompt)
		yg_buf_addf(to, yg_tr(lang, N_("without delay, from %s on")), latest);
	else if (due->aim != due->latest)
		yg_buf_addf(to, yg_tr(lang, N_("by %s, at the latest %s")), aim, latest);
	else
		yg_buf_addf(to, yg_tr(lang, N_("by %s")), latest);
	yg_buf_add_str(to, yg_tr(lang, N_("; ")));
	if (due->left < 0)
		yg_buf_addf(to,
			    due->left == -1 ? yg_tr(lang, N_("over by %d day"))
					    : yg_tr(lang, N_("over by %d days")),
			    -due->left);
	else if (due->left == 0)
		yg_buf_add_str(to, yg_tr(lang, N_("today")));
	else
		yg_buf_addf(to,
			    due->left == 1 ? yg_tr(lang, N_("%d day left"))
					   : yg_tr(lang, N_("%d days left")),
			    due->left);
}

/* ---- a table ---- */

struct table {
	struct yg_sheet sheet;
	struct yg_buf piece;
	enum yg_lang lang;
};

/* In a workbook lines stay lines; in CSV a line break would be an escape. */
static void cell(struct table *table, struct yg_bytes text)
{
	yg_buf_reset(&table->piece);
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\n' && table->sheet.form == YG_SHEET_CSV)
			yg_buf_add_str(&table->piece, " / ");
		else
			yg_buf_add_byte(&table->piece, text.data[i]);
	}
	if (yg_buf_error(&table->piece))
		table->sheet.rows.error = yg_buf_error(&table->piece);
	yg_sheet_cell(&table->sheet, yg_buf_bytes(&table->piece));
}

static void line(struct table *table, struct yg_bytes part, struct yg_bytes label, const char *need,
		 struct yg_bytes value)
{
	cell(table, part);
	cell(table, label);
	cell(table, yg_bytes_str(need));
	cell(table, value);
	yg_sheet_row_end(&table->sheet);
}

static void meta(struct table *table, const char *label, struct yg_bytes value)
{
	if (value.size > 0)
		line(table, yg_bytes_str(yg_tr(table->lang, N_("Report"))),
		     yg_bytes_str(yg_tr(table->lang, label)), "", value);
}

static void add_meta(struct table *table, const struct yg_filled *filled)
{
	char version[16];
	char day[YG_DAY_SIZE];

	yg_day_write(filled->today, day);
	(void)snprintf(version, sizeof(version), "%u", filled->version); /* fits */
	meta(table, N_("Form"), filled->form->title.in[table->lang]);
	meta(table, N_("Recipient"), filled->form->recipient.in[table->lang]);
	meta(table, N_("Stage"), yg_form_stage_words(filled->form, filled->stage, table->lang));
	meta(table, N_("Marking"), filled->tlp);
	meta(table, N_("Record"), filled->record);
	meta(table, N_("Version"), yg_bytes_str(version));
	meta(table, N_("Made on"), yg_bytes_str(day));
	meta(table, N_("Heading"), filled->heading);
}

int yg_filled_sheet(struct yg_buf *to, const struct yg_filled *filled, enum yg_sheet_form form)
{
	struct table table = {.lang = filled->lang};
	struct yg_bytes part = {0};
	int rc;

	yg_sheet_init(&table.sheet, form);
	yg_buf_init(&table.piece, YG_SHEET_BYTES_MAX);
	line(&table, yg_bytes_str(yg_tr(table.lang, N_("Section"))),
	     yg_bytes_str(yg_tr(table.lang, N_("Item"))), yg_tr(table.lang, N_("Mandatory")),
	     yg_bytes_str(yg_tr(table.lang, N_("Content"))));
	add_meta(&table, filled);
	for (uint32_t i = 0; i < filled->row_count; i++) {
		const struct yg_filled_row *row = &filled->rows[i];
		const char *need = row->is_missing  ? N_("missing")
				   : row->is_needed ? N_("mandatory")
						    : "";

		if (row->kind == YG_FILLED_PART)
			part = row->label;
		else
			line(&table, part, row->label, need[0] ? yg_tr(table.lang, need) : "",
			     row->value);
	}
	rc = yg_sheet_end(&table.sheet, to);
	yg_buf_done(&table.piece);
	yg_sheet_done(&table.sheet);
	return rc;
}
