/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_sheet.h"

#include <stdlib.h>

#include "access/members.h"
#include "app/sheet_file.h"
#include "base/json.h"

#include "base/ban.h"

#define FAULTS_SHOWN   200u
#define FAULT_TEXT_MAX 4096u

/* ---- faults ---- */

static int add_fault(struct yg_hub_sheet *to, uint32_t line, const char *column, json_t *text)
{
	if (!to->faults)
		to->faults = json_array();
	return to->faults && text &&
			       json_array_append_new(to->faults,
						     json_pack("{s:I, s:s, s:o}", "line",
							       (json_int_t)line, "column", column,
							       "text", text)) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

static int add_row_fault(struct yg_hub_sheet *to, const struct yg_row_fault *fault,
			 enum yg_lang lang)
{
	struct yg_buf text;
	char place[40];
	int rc;

	yg_buf_init(&text, FAULT_TEXT_MAX);
	(void)snprintf(place, sizeof(place), yg_tr(lang, N_("line %u")), fault->line); /* short */
	yg_sheet_fault_text(fault, place, lang, &text);
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = add_fault(to, fault->line, fault->column, yg_json_string(yg_buf_bytes(&text)));
	yg_buf_done(&text);
	return rc;
}

static int add_row_faults(struct yg_hub_sheet *to, const struct yg_row_faults *faults,
			  enum yg_lang lang)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < faults->count && i < FAULTS_SHOWN; i++)
		rc = add_row_fault(to, &faults->items[i], lang);
	to->fault_count = faults->total;
	return rc;
}

/* The file as a whole is no table. */
static int refuse_file(struct yg_hub_sheet *to, const struct yg_line_fault *fault, int rc,
		       enum yg_lang lang)
{
	const char *words = fault->msg[0] ? fault->msg : yg_err_text(rc);

	to->fault_count = 1;
	return add_fault(to, fault->line, "", json_string(yg_tr(lang, words)));
}

/* ---- relations: between whatever ids stand there ---- */

static int by_id(const void *a, const void *b)
{
	return yg_member_id_order(((const struct yg_member *)a)->id,
				  ((const struct yg_member *)b)->id);
}

/* Who is at this hub is not said to who brings a list. */
static int all_ids(const struct yg_table *table, struct yg_arena *arena, struct yg_community *ret)
{
	const uint32_t columns[] = {yg_table_column(table, "supplier"),
				    yg_table_column(table, "buyer")};
	struct yg_member *members =
		yg_arena_alloc(arena, (2 * (size_t)table->row_count + 1) * sizeof(*members));
	uint32_t count = 0, kept = 0;

	if (!members)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < table->row_count; i++)
		for (unsigned c = 0; c < 2; c++) {
			struct yg_bytes id = columns[c] == UINT32_MAX
						     ? (struct yg_bytes){0}
						     : yg_table_cell(&table->rows[i], columns[c]);

			if (id.size > 0 && id.size <= YG_MEMBER_ID_MAX)
				members[count++] = (struct yg_member){.id = id};
		}
	qsort(members, count, sizeof(*members), by_id);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || !yg_bytes_eq(members[kept - 1].id, members[i].id))
			members[kept++] = members[i];
	*ret = (struct yg_community){.members = members, .member_count = kept};
	return YG_OK;
}

static void note_columns(const struct yg_table *table, struct yg_hub_sheet *to)
{
	const struct yg_member_field *fields = yg_member_fields();

	for (uint32_t i = 0; fields[i].name; i++)
		if (yg_table_column(table, fields[i].name) != UINT32_MAX)
			to->fields |= UINT32_C(1) << i;
	to->has_verified = yg_table_column(table, "verified") != UINT32_MAX;
}

int yg_hub_sheet_read(struct yg_bytes file, bool is_relations, enum yg_lang lang,
		      struct yg_arena *arena, struct yg_hub_sheet *ret)
{
	struct yg_row_faults faults = {0};
	struct yg_line_fault fault;
	struct yg_table table;
	int rc = yg_sheet_read(file, arena, &table, &fault);

	*ret = (struct yg_hub_sheet){0};
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		rc = refuse_file(ret, &fault, rc, lang);
		return rc == YG_OK ? YG_EFORMAT : rc;
	}
	if (is_relations) {
		rc = all_ids(&table, arena, &ret->community);
		if (rc == YG_OK)
			rc = yg_relations_read(&table, arena, &ret->community, &faults);
	} else {
		note_columns(&table, ret);
		rc = yg_members_read(&table, true, arena, &ret->community, &faults);
	}
	if (rc == YG_EFORMAT) {
		rc = add_row_faults(ret, &faults, lang);
		return rc == YG_OK ? YG_EFORMAT : rc;
	}
	return rc;
}
