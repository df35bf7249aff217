/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a tree, line by line; a hub says it to the pages. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/say.h"
#include "app/share_drill.h"

#include "base/buf.h"

#include "base/ban.h"

#define TEXT_MAX 4096u /* of one fault */

/* The table as a whole, or a row as a whole. False: not of this kind. */
static bool add_row(struct yg_buf *to, enum yg_lang lang, const char *place,
		    const struct yg_tree_fault *fault)
{
	switch (fault->wrong) {
	case YG_TREE_NO_COLUMN:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: the column %s is missing: the first line names the columns")),
			place, fault->column);
		return true;
	case YG_TREE_DOUBLE_COLUMN:
		yg_buf_addf(to, yg_tr(lang, N_("%s: the column %s stands there twice: remove one")),
			    place, fault->column);
		return true;
	case YG_TREE_TOO_WIDE:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: more cells than the first line has: is a comma inside a text "
				 "without quotes?")),
			place);
		return true;
	case YG_TREE_TOO_MANY:
		yg_buf_addf(
			to,
			yg_tr(lang, N_("%s: more than %u lines: the others were not looked at")),
			place, fault->number);
		return true;
	case YG_TREE_NOBODY:
		yg_buf_addf(to, yg_tr(lang, N_("%s: nobody stands below the first line")), place);
		return true;
	default:
		return false;
	}
}

/* Who stands below whom. False: not of this kind. */
static bool add_place(struct yg_buf *to, enum yg_lang lang, const char *place,
		      const struct yg_tree_fault *fault)
{
	const char *value = yg_say_safe(fault->value, 80);

	switch (fault->wrong) {
	case YG_TREE_DOUBLE_ID:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: the id %s stands in line %u already: ids are given once")),
			place, value, fault->number);
		return true;
	case YG_TREE_UNKNOWN:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s: no line has the id %s")), place,
			    fault->column, value);
		return true;
	case YG_TREE_SELF:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s: %s stands below itself")), place,
			    fault->column, value);
		return true;
	case YG_TREE_HAS_PARENT:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s: %s: a ministry stands directly below the "
					   "coordinating body: "
					   "leave it empty")),
			    place, fault->column, value);
		return true;
	case YG_TREE_WRONG_PARENT:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s: %s, in line %u, is not of the stage above: a "
					   "secretariat stands "
					   "below a ministry, an operator below a secretariat")),
			    place, fault->column, value, fault->number);
		return true;
	default:
		return false;
	}
}

static void add_cell(struct yg_buf *to, enum yg_lang lang, const char *place,
		     const struct yg_tree_fault *fault)
{
	const char *value = yg_say_safe(fault->value, 80);
	const char *column = fault->column;

	switch (fault->wrong) {
	case YG_TREE_EMPTY:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s is empty: it has to be filled in")), place,
			    column);
		break;
	case YG_TREE_TOO_LONG:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s is longer than %u bytes: shorten it")),
			    place, column, fault->number);
		break;
	case YG_TREE_NO_TEXT:
		yg_buf_addf(
			to,
			yg_tr(lang,
			      N_("%s: %s holds a control character, a line end or an unreadable "
				 "character: type it again")),
			place, column);
		break;
	case YG_TREE_NO_STAGE:
		yg_buf_addf(
			to,
			yg_tr(lang, N_("%s: %s: %s is neither ministry, secretariat nor operator")),
			place, column, value);
		break;
	case YG_TREE_NO_CHANNEL:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s: %s is neither mail nor webhook")), place,
			    column, value);
		break;
	case YG_TREE_NO_MAIL:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s: %s is no mail address: one address, such as "
					   "desk@example.jp, "
					   "or smtps://SERVER/desk@example.jp")),
			    place, column, value);
		break;
	case YG_TREE_SHORT_SECRET:
		yg_buf_addf(to, yg_tr(lang, N_("%s: %s is shorter than %u bytes: make it longer")),
			    place, column, fault->number);
		break;
	default:
		yg_buf_addf(to,
			    yg_tr(lang, N_("%s: %s: %s is no address of a webhook: it begins with "
					   "https:// and "
					   "names "
					   "no account (http:// to 127.0.0.1 alone)")),
			    place, column, value);
		break;
	}
}

void yg_share_drill_fault_text(struct yg_buf *to, const char *place,
			       const struct yg_tree_fault *fault, enum yg_lang lang)
{
	if (!add_row(to, lang, place, fault) && !add_place(to, lang, place, fault))
		add_cell(to, lang, place, fault);
}

void yg_share_drill_say_faults(const char *path, const struct yg_tree_faults *faults)
{
	struct yg_buf text;
	char safe[320];
	char place[352];

	(void)snprintf(safe, sizeof(safe), "%s", yg_say_safe(yg_bytes_str(path), 300));
	for (uint32_t i = 0; i < faults->count; i++) {
		const struct yg_tree_fault *fault = &faults->items[i];

		(void)snprintf(place, sizeof(place), "%s:%u", safe, fault->line);
		yg_buf_init(&text, TEXT_MAX);
		yg_share_drill_fault_text(&text, place, fault, yg_say_lang_now());
		if (yg_buf_error(&text) == YG_OK)
			yg_say("%.*s", YG_FMT(yg_buf_bytes(&text)));
		yg_buf_done(&text);
	}
	if (faults->total > faults->count)
		yg_say(N_("%s: and %llu more faults"), safe,
		       (unsigned long long)(faults->total - faults->count));
	yg_say_hint(N_("correct the lines and try again"),
		    N_("%s: nothing of it was taken: %llu faults"), safe,
		    (unsigned long long)faults->total);
}
