/* SPDX-License-Identifier: Apache-2.0 */
/* Which shape a file of official wording has, and the two shapes that are text. */
#include "parse/official.h"

#include "base/hash.h"
#include "parse/csv.h"
#include "parse/official-int.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define SLOTS	  65536u /* > 2 × YG_OFFICIAL_ROWS_MAX */
#define ROWS_STEP 256u
#define ID_MAX	  256u

static int no_memory(struct yg_line_fault *fault)
{
	return yg_line_fault_set(fault, YG_ENOMEM, 0, "out of memory");
}

int yg_official_rows_init(struct yg_official_rows *rows, struct yg_arena *arena,
			  struct yg_line_fault *fault)
{
	*rows = (struct yg_official_rows){.arena = arena, .fault = fault};
	rows->slots = yg_arena_zalloc(arena, SLOTS * sizeof(*rows->slots));
	return rows->slots ? YG_OK : no_memory(fault);
}

static bool grow(struct yg_official_rows *rows)
{
	uint32_t room = rows->room ? rows->room * 2 : ROWS_STEP;
	struct yg_official_text *items;

	if (rows->count < rows->room)
		return true;
	items = yg_arena_alloc(rows->arena, room * sizeof(*items));
	if (!items)
		return false;
	if (rows->count > 0)
		memcpy(items, rows->items, rows->count * sizeof(*items));
	rows->items = items;
	rows->room = room;
	return true;
}

/* A copy with line ends as \n. */
static bool copy_text(struct yg_arena *arena, struct yg_bytes text, struct yg_bytes *ret)
{
	uint8_t *to = yg_arena_alloc(arena, text.size + 1);
	size_t size = 0;

	if (!to)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '\r' && i + 1 < text.size && text.data[i + 1] == '\n')
			continue;
		to[size++] = text.data[i] == '\r' ? '\n' : text.data[i];
	}
	*ret = (struct yg_bytes){to, size};
	return true;
}

int yg_official_rows_add(struct yg_official_rows *rows, struct yg_bytes id, struct yg_bytes text,
			 uint32_t line)
{
	struct yg_official_text *row;
	struct yg_bytes clean;
	uint32_t slot;

	id = yg_bytes_trim(id);
	text = yg_bytes_trim(text);
	if (text.size == 0)
		return YG_OK;
	if (id.size == 0)
		return yg_line_fault_set(rows->fault, YG_EFORMAT, line, "a text without an id");
	if (id.size > ID_MAX || text.size > YG_OFFICIAL_TEXT_MAX)
		return yg_line_fault_set(rows->fault, YG_ELIMIT, line,
					 "an id of more than %u bytes or a text of more than %u",
					 ID_MAX, YG_OFFICIAL_TEXT_MAX);
	if (!copy_text(rows->arena, text, &clean) || !grow(rows))
		return no_memory(rows->fault);
	slot = (uint32_t)yg_hash64(id, yg_hash_secret()) % SLOTS;
	for (; rows->slots[slot]; slot = (slot + 1) % SLOTS) {
		row = &rows->items[rows->slots[slot] - 1];
		if (!yg_bytes_eq(row->id, id))
			continue;
		if (yg_bytes_eq(row->text, clean))
			return YG_OK;
		return yg_line_fault_set(rows->fault, YG_EFORMAT, line,
					 "the id '%.*s' stands twice with different texts; first "
					 "in line %u",
					 YG_FMT(yg_bytes_cut(id, 0, 60)), row->line);
	}
	if (rows->count == YG_OFFICIAL_ROWS_MAX)
		return yg_line_fault_set(rows->fault, YG_ELIMIT, line, "more than %u rows",
					 YG_OFFICIAL_ROWS_MAX);
	row = &rows->items[rows->count];
	if (!yg_arena_dup(rows->arena, id, &row->id))
		return no_memory(rows->fault);
	row->text = clean;
	row->line = line;
	rows->slots[slot] = ++rows->count;
	return YG_OK;
}

static int read_csv(struct yg_bytes file, struct yg_official_rows *rows)
{
	struct yg_table table;
	uint32_t id;
	uint32_t text;
	int rc = yg_csv_read(file, rows->arena, &table, rows->fault);

	if (rc != YG_OK)
		return rc;
	id = yg_table_column(&table, "id");
	text = yg_table_column(&table, "text_ja");
	if (text == UINT32_MAX)
		text = yg_table_column(&table, "text");
	if (id == UINT32_MAX || text == UINT32_MAX)
		return yg_line_fault_set(rows->fault, YG_EFORMAT, table.header.line,
					 "the header must name the columns 'id' and 'text_ja' (or "
					 "'text')");
	for (uint32_t i = 0; rc == YG_OK && i < table.row_count; i++)
		rc = yg_official_rows_add(rows, yg_table_cell(&table.rows[i], id),
					  yg_table_cell(&table.rows[i], text), table.rows[i].line);
	return rc;
}

static int read_yaml(struct yg_bytes file, struct yg_official_rows *rows)
{
	struct yg_yaml_fault fault;
	const struct yg_yaml *docs;
	const struct yg_yaml *nodes;
	int rc = yg_yaml_parse(file, rows->arena, &docs, &fault);

	if (rc != YG_OK)
		return yg_line_fault_set(rows->fault, rc, fault.line, "%s", fault.msg);
	nodes = yg_yaml_get(yg_yaml_get(yg_yaml_get(docs->first, "objects"), "framework"),
			    "requirement_nodes");
	if (!nodes || nodes->kind != YG_YAML_LIST)
		return yg_line_fault_set(rows->fault, YG_EFORMAT, 1,
					 "no library file: objects.framework.requirement_nodes is "
					 "missing");
	for (const struct yg_yaml *node = nodes->first; rc == YG_OK && node; node = node->next) {
		struct yg_bytes id = yg_yaml_text(node, "ref_id");

		if (id.size > 0 &&
		    yg_bytes_eq_nocase(yg_yaml_text(node, "assessable"), YG_S("true")))
			rc = yg_official_rows_add(rows, id, yg_yaml_text(node, "description"),
						  node->line);
	}
	return rc;
}

/* The first line that says something: "key:" makes it YAML. A CSV's header has no colon there. */
static bool is_yaml(struct yg_bytes file)
{
	while (file.size > 0) {
		struct yg_bytes line =
			yg_bytes_trim(yg_bytes_cut(file, 0, yg_bytes_chr(file, '\n')));
		size_t at = 0;

		file = yg_bytes_chr(file, '\n') == SIZE_MAX
			       ? (struct yg_bytes){0}
			       : yg_bytes_from(file, yg_bytes_chr(file, '\n') + 1);
		if (line.size == 0 || line.data[0] == '#' || yg_bytes_eq(line, YG_S("---")))
			continue;
		while (at < line.size &&
		       ((line.data[at] >= 'a' && line.data[at] <= 'z') || line.data[at] == '_'))
			at++;
		return at > 0 && at < line.size && line.data[at] == ':';
	}
	return false;
}

int yg_official_read(struct yg_bytes file, struct yg_arena *arena, struct yg_official *ret,
		     struct yg_line_fault *reterr)
{
	struct yg_official_rows rows;
	int rc;

	*ret = (struct yg_official){0};
	if (file.size > YG_OFFICIAL_BYTES_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "larger than %u bytes",
					 YG_OFFICIAL_BYTES_MAX);
	if (yg_bytes_starts(file, YG_S("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")))
		return yg_line_fault_set(reterr, YG_EFORMAT, 0,
					 "an old .xls workbook or one with a password: open it and "
					 "save it as .xlsx without a password");
	if (yg_bytes_starts(file, YG_S("\xef\xbb\xbf")))
		file = yg_bytes_from(file, 3);
	rc = yg_official_rows_init(&rows, arena, reterr);
	if (rc != YG_OK)
		return rc;
	if (yg_workbook_is(file))
		rc = yg_workbook_read(file, &rows);
	else if (is_yaml(file))
		rc = read_yaml(file, &rows);
	else
		rc = read_csv(file, &rows);
	if (rc != YG_OK)
		return rc;
	if (rows.count == 0)
		return yg_line_fault_set(reterr, YG_EFORMAT, 0, "no row with an id and a text");
	*ret = (struct yg_official){.rows = rows.items, .count = rows.count};
	return YG_OK;
}
