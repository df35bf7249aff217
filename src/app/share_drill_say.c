/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a tree, line by line. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/say.h"
#include "app/share_drill.h"

#include "base/ban.h"

/* The table as a whole, or a row as a whole. False: not of this kind. */
static bool say_row(const char *place, const struct yg_tree_fault *fault)
{
	switch (fault->wrong) {
	case YG_TREE_NO_COLUMN:
		yg_say(N_("%s: the column %s is missing: the first line names the columns"), place,
		       fault->column);
		return true;
	case YG_TREE_DOUBLE_COLUMN:
		yg_say(N_("%s: the column %s stands there twice: remove one"), place,
		       fault->column);
		return true;
	case YG_TREE_TOO_WIDE:
		yg_say(N_("%s: more cells than the first line has: is a comma inside a text "
			  "without quotes?"),
		       place);
		return true;
	case YG_TREE_TOO_MANY:
		yg_say(N_("%s: more than %u lines: the others were not looked at"), place,
		       fault->number);
		return true;
	case YG_TREE_NOBODY:
		yg_say(N_("%s: nobody stands below the first line"), place);
		return true;
	default:
		return false;
	}
}

/* Who stands below whom. False: not of this kind. */
static bool say_place(const char *place, const struct yg_tree_fault *fault)
{
	const char *value = yg_say_safe(fault->value, 80);

	switch (fault->wrong) {
	case YG_TREE_DOUBLE_ID:
		yg_say(N_("%s: the id %s stands in line %u already: ids are given once"), place,
		       value, fault->number);
		return true;
	case YG_TREE_UNKNOWN:
		yg_say(N_("%s: %s: no line has the id %s"), place, fault->column, value);
		return true;
	case YG_TREE_SELF:
		yg_say(N_("%s: %s: %s stands below itself"), place, fault->column, value);
		return true;
	case YG_TREE_HAS_PARENT:
		yg_say(N_("%s: %s: %s: a ministry stands directly below the coordinating body: "
			  "leave it empty"),
		       place, fault->column, value);
		return true;
	case YG_TREE_WRONG_PARENT:
		yg_say(N_("%s: %s: %s, in line %u, is not of the stage above: a secretariat stands "
			  "below a ministry, an operator below a secretariat"),
		       place, fault->column, value, fault->number);
		return true;
	default:
		return false;
	}
}

static void say_cell(const char *place, const struct yg_tree_fault *fault)
{
	const char *value = yg_say_safe(fault->value, 80);
	const char *column = fault->column;

	switch (fault->wrong) {
	case YG_TREE_EMPTY:
		yg_say(N_("%s: %s is empty: it has to be filled in"), place, column);
		break;
	case YG_TREE_TOO_LONG:
		yg_say(N_("%s: %s is longer than %u bytes: shorten it"), place, column,
		       fault->number);
		break;
	case YG_TREE_NO_TEXT:
		yg_say(N_("%s: %s holds a control character, a line end or an unreadable "
			  "character: type it again"),
		       place, column);
		break;
	case YG_TREE_NO_STAGE:
		yg_say(N_("%s: %s: %s is neither ministry, secretariat nor operator"), place,
		       column, value);
		break;
	case YG_TREE_NO_CHANNEL:
		yg_say(N_("%s: %s: %s is neither mail nor webhook"), place, column, value);
		break;
	case YG_TREE_NO_MAIL:
		yg_say(N_("%s: %s: %s is no mail address: one address, such as desk@example.jp, "
			  "or smtps://SERVER/desk@example.jp"),
		       place, column, value);
		break;
	case YG_TREE_SHORT_SECRET:
		yg_say(N_("%s: %s is shorter than %u bytes: make it longer"), place, column,
		       fault->number);
		break;
	default:
		yg_say(N_("%s: %s: %s is no address of a webhook: it begins with https:// and "
			  "names "
			  "no account (http:// to 127.0.0.1 alone)"),
		       place, column, value);
		break;
	}
}

void yg_share_drill_say_faults(const char *path, const struct yg_tree_faults *faults)
{
	char safe[320];
	char place[352];

	(void)snprintf(safe, sizeof(safe), "%s", yg_say_safe(yg_bytes_str(path), 300));
	for (uint32_t i = 0; i < faults->count; i++) {
		const struct yg_tree_fault *fault = &faults->items[i];

		(void)snprintf(place, sizeof(place), "%s:%u", safe, fault->line);
		if (!say_row(place, fault) && !say_place(place, fault))
			say_cell(place, fault);
	}
	if (faults->total > faults->count)
		yg_say(N_("%s: and %llu more faults"), safe,
		       (unsigned long long)(faults->total - faults->count));
	yg_say_hint(N_("correct the lines and try again"),
		    N_("%s: nothing of it was taken: %llu faults"), safe,
		    (unsigned long long)faults->total);
}
