/* SPDX-License-Identifier: Apache-2.0 */
#include "app/sheet_file.h"

#include "app/say.h"
#include "base/io.h"
#include "parse/csv.h"
#include "parse/workbook.h"
#include "source/text.h"

#include "base/ban.h"

#define FAULT_TEXT_MAX 4096u

static int say_error(const char *path, int rc)
{
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_sheet_read(struct yg_bytes file, struct yg_arena *arena, struct yg_table *ret,
		  struct yg_line_fault *reterr)
{
	struct yg_bytes text;
	int rc;

	*reterr = (struct yg_line_fault){.msg = ""};
	if (yg_workbook_is(file))
		return yg_workbook_table(file, arena, ret, reterr);
	rc = yg_text_to_utf8(file, arena, &text);
	return rc == YG_OK ? yg_csv_read(text, arena, ret, reterr) : rc;
}

int yg_sheet_file_read(const char *path, struct yg_arena *arena, struct yg_table *ret)
{
	struct yg_line_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_SHEET_FILE_MAX, &bytes, &size);

	if (rc != YG_OK)
		return say_error(path, rc);
	rc = yg_sheet_read((struct yg_bytes){bytes, size}, arena, ret, &fault);
	free(bytes);
	if (rc == YG_OK || fault.msg[0] == 0)
		return rc == YG_OK ? rc : say_error(path, rc);
	if (fault.line > 0)
		yg_say("%s:%u: %s", yg_say_safe(yg_bytes_str(path), 300), fault.line,
		       yg_say_safe(yg_bytes_str(fault.msg), YG_LINE_FAULT_MAX));
	else
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 300),
		       yg_say_safe(yg_bytes_str(fault.msg), YG_LINE_FAULT_MAX));
	return rc;
}

/* What is wrong with a row as a whole, or between rows. */
static void row_text(const struct yg_row_fault *fault, const char *place, enum yg_lang lang,
		     struct yg_buf *to)
{
	const char *value = yg_say_safe(fault->value, 80);

	switch (fault->wrong) {
	case YG_ROW_NO_COLUMN:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: the column %s is missing: the first line names the columns")),
			place, fault->column);
		break;
	case YG_ROW_DOUBLE_COLUMN:
		yg_buf_addf(to, yg_tr(lang, N_("%s: the column %s stands there twice: remove one")),
			    place, fault->column);
		break;
	case YG_ROW_TOO_WIDE:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: more cells than the first line has: is a comma inside a text "
				 "without quotes?")),
			place);
		break;
	case YG_ROW_TOO_MANY:
		yg_buf_addf(
			to,
			yg_tr(lang, N_("%s: more than %u lines: the others were not looked at")),
			place, fault->number);
		break;
	case YG_ROW_DOUBLE_PAIR:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: the relation from %s to %s stands in line %u "
					   "already: keep one")),
			    place, value, yg_say_safe(fault->value2, 80), fault->number);
		break;
	case YG_ROW_SELF:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s is its own supplier: remove the line, or name "
					   "another buyer")),
			    place, value);
		break;
	default:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: the id %s stands in line %u already: ids are given once")),
			place, value, fault->number);
		break;
	}
}

/* What is wrong with one cell. False: not of this kind. */
static bool cell_text(const struct yg_row_fault *fault, const char *place, enum yg_lang lang,
		      struct yg_buf *to)
{
	const char *value = yg_say_safe(fault->value, 80);
	const char *column = fault->column;

	switch (fault->wrong) {
	case YG_ROW_EMPTY:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s is empty: it has to be filled in")), place,
			    column);
		return true;
	case YG_ROW_TOO_LONG:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s is longer than %u bytes: shorten it")),
			    place, column, fault->number);
		return true;
	case YG_ROW_NO_TEXT:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: %s holds a control character, a line end or an unreadable "
				 "character: type it again")),
			place, column);
		return true;
	case YG_ROW_NO_MAIL:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s: %s is no mail address: one address, such as "
					   "desk@example.jp, "
					   "or nothing")),
			    place, column, value);
		return true;
	case YG_ROW_NO_ANSWER:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s: %s is neither yes nor no")), place, column,
			    value);
		return true;
	case YG_ROW_NO_CONSENT:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s: %s is neither named, anonymous nor ask")),
			    place, column, value);
		return true;
	case YG_ROW_NO_LANGUAGE:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s: %s is neither ja nor en: one of them, or "
					   "nothing for both")),
			    place, column, value);
		return true;
	case YG_ROW_UNKNOWN:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s: there is no member %s: correct it, or add the "
					   "member first")),
			    place, column, value);
		return true;
	default:
		return false;
	}
}

void yg_sheet_fault_text(const struct yg_row_fault *fault, const char *place, enum yg_lang lang,
			 struct yg_buf *to)
{
	if (!cell_text(fault, place, lang, to))
		row_text(fault, place, lang, to);
}

void yg_sheet_file_say_faults(const char *path, const struct yg_row_faults *faults)
{
	char safe[320];
	char place[352];
	struct yg_buf text;

	yg_buf_init(&text, FAULT_TEXT_MAX);
	(void)snprintf(safe, sizeof(safe), "%s", yg_say_safe(yg_bytes_str(path), 300));
	for (uint32_t i = 0; i < faults->count; i++) {
		(void)snprintf(place, sizeof(place), "%s:%u", safe, faults->items[i].line);
		yg_buf_reset(&text);
		yg_sheet_fault_text(&faults->items[i], place, yg_say_lang_now(), &text);
		yg_say("%.*s", YG_FMT(yg_buf_bytes(&text)));
	}
	yg_buf_done(&text);
	if (faults->total > faults->count)
		yg_say(N_("%s: and %llu more faults"), safe,
		       (unsigned long long)(faults->total - faults->count));
	yg_say_hint(N_("correct the lines and try again"),
		    N_("%s: nothing of it was taken: %llu faults"), safe,
		    (unsigned long long)faults->total);
}
