/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura share report` fill, workbook-map: the official workbook that a person has. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdlib.h>

#include "app/commands.h"
#include "app/report_book.h"
#include "app/say.h"
#include "app/share_report-int.h"
#include "base/io.h"

#include "base/ban.h"

static int say_file(const char *path, int rc)
{
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

static int read_file(const char *path, size_t max, uint8_t **ret, struct yg_bytes *ret_bytes)
{
	size_t size = 0;
	int rc = yg_io_read_file(path, max, ret, &size);

	*ret_bytes = (struct yg_bytes){*ret, size};
	return rc == YG_OK ? rc : say_file(path, rc);
}

static void say_fault(const struct yg_report_run *run, const struct yg_report_book_told *told,
		      int rc)
{
	const char *path = told->is_of_map && run->map ? run->map : run->workbook;
	const char *words = yg_say_safe(yg_bytes_str(told->fault.msg), YG_LINE_FAULT_MAX);

	if (told->fault.msg[0] == '\0')
		(void)say_file(path, rc); /* gives back the code */
	else if (told->fault.line > 0)
		yg_say("%s:%u: %s", yg_say_safe(yg_bytes_str(path), 300), told->fault.line, words);
	else
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), words);
}

/* Which fields have no cell, in a person's words. */
static void say_left(const struct yg_report_run *run, const struct yg_report_book_told *told,
		     bool is_filled)
{
	for (uint32_t i = 0; i < told->left_count; i++) {
		const struct yg_form_field *field;
		const char *path, *title;

		if (told->left[i] == YG_FORM_NONE)
			continue;
		field = &run->all->fields[told->left[i]];
		path = (const char *)field->path.data;
		title = yg_say_safe(field->title.in[yg_say_lang_now()], YG_FORM_TITLE_MAX);
		if (is_filled)
			yg_say(N_("%s (%s) has no cell: fill it in by hand, or add it to the map"),
			       path, title);
		else
			yg_say(N_("not found: %s (%s)"), path, title);
	}
}

/* ---- fill ---- */

static int fill_out(struct yg_report_run *run, const struct yg_filled *filled,
		    struct yg_report_book *book)
{
	struct yg_report_book_told *told = yg_arena_alloc(run->arena, sizeof(*told));
	struct yg_buf out;
	int rc;

	if (!told) {
		(void)say_file(run->workbook, YG_ENOMEM); /* gives back the code */
		return YG_EXIT_FAILED;
	}
	yg_buf_init(&out, YG_BOOK_OUT_MAX);
	rc = yg_report_book_fill(book, &out, told);
	if (rc != YG_OK) {
		say_fault(run, told, rc);
		yg_buf_done(&out);
		return YG_EXIT_FAILED;
	}
	say_left(run, told, true);
	if (filled->missing > 0)
		yg_say(N_("%s: %u mandatory entries are missing; this is a draft"), run->form,
		       filled->missing);
	return yg_report_put_out(run, &out, told->left_count > 0 ? YG_EXIT_PARTLY : YG_EXIT_DONE);
}

int yg_report_fill(struct yg_report_run *run)
{
	struct yg_report_book book = {.forms = run->all};
	uint8_t *file = NULL, *map = NULL;
	struct yg_filled filled;
	int status = YG_EXIT_FAILED;

	if (!run->workbook || !run->output) {
		(void)yg_share_refuse(N_("share report: %s is missing"),
				      run->workbook ? "--out FILE" : "--workbook FILE");
		return status;
	}
	if (read_file(run->workbook, YG_BOOK_BYTES_MAX, &file, &book.file) == YG_OK &&
	    (!run->map || read_file(run->map, YG_BOOK_MAP_MAX, &map, &book.map) == YG_OK)) {
		status = yg_report_leave(run, YG_OUTLET_EXPORT, &filled);
		book.filled = &filled;
		if (status == YG_EXIT_DONE)
			status = fill_out(run, &filled, &book);
	}
	free(file);
	free(map);
	return status;
}

/* ---- workbook-map ---- */

int yg_report_workbook_map(struct yg_report_run *run)
{
	const struct yg_form *form = yg_report_form(run);
	struct yg_report_book_told *told = yg_arena_alloc(run->arena, sizeof(*told));
	struct yg_bytes file;
	struct yg_buf out;
	uint8_t *bytes = NULL;
	uint32_t all;
	int rc;

	if (!run->workbook)
		(void)yg_share_refuse(N_("share report: %s is missing"), "OFFICIAL.xlsx");
	if (!form || !told || !run->workbook ||
	    read_file(run->workbook, YG_BOOK_BYTES_MAX, &bytes, &file) != YG_OK)
		return YG_EXIT_FAILED;
	yg_buf_init(&out, YG_BOOK_MAP_MAX);
	rc = yg_report_book_map(file, run->all, form, &out, told, &all);
	free(bytes);
	if (rc != YG_OK) {
		say_fault(run, told, rc);
		yg_buf_done(&out);
		return YG_EXIT_FAILED;
	}
	say_left(run, told, false);
	yg_say(N_("%u of %u fields found; look at each line before it is used"), told->cells, all);
	return yg_report_put_out(run, &out, told->left_count > 0 ? YG_EXIT_PARTLY : YG_EXIT_DONE);
}
