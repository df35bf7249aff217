/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses a table, the rest is a list (lines; cells cut at commas): no crash; what
 * is refused leaves the former list as it stood, what comes in has as many rows as it says, and its
 * values read as the same values again. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/store/table_text.h"
#include "store/inventory-int.h"

#define INPUT_MAX (64u << 10)

static struct yg_inventory *inventory;
static struct yg_arena *arena;

static void open_once(void)
{
	static char path[] = "/tmp/yagura-fuzz-inventory-XXXXXX";
	int fd = mkstemp(path);

	arena = yg_arena_new(64u << 20);
	if (fd < 0 || !arena || yg_inventory_open(path, true, &inventory) != YG_OK ||
	    sqlite3_exec(inventory->db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY",
			 NULL, NULL, NULL) != SQLITE_OK)
		abort();
	close(fd);
	unlink(path); /* it lives as long as this process */
}

static int64_t number(const char *sql, const char *table)
{
	sqlite3_stmt *statement = NULL;
	char text[200];
	int64_t value = -1;

	(void)snprintf(text, sizeof(text), sql, table);
	if (sqlite3_prepare_v2(inventory->db, text, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

/* A value that was read reads as itself: normalising is done once and for all. */
static void check_values(const struct yg_inventory_def *def, const struct yg_table *rows)
{
	static struct yg_inventory_value one;
	static struct yg_inventory_value again;
	const char *why;

	for (uint32_t r = 0; r < rows->row_count; r++)
		for (uint32_t c = 0; c < def->column_count && c < rows->rows[r].count; c++) {
			if (yg_inventory_value_read(&def->columns[c], rows->rows[r].cells[c], &one,
						    &why) != YG_OK ||
			    one.kind != YG_INV_IS_TEXT)
				continue;
			if (yg_inventory_value_read(
				    &def->columns[c],
				    (struct yg_bytes){(const uint8_t *)one.text, one.size}, &again,
				    &why) != YG_OK ||
			    again.kind != YG_INV_IS_TEXT || again.size != one.size ||
			    memcmp(one.text, again.text, one.size) != 0)
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct yg_inventory_def *def;
	struct yg_inventory_done done;
	struct yg_line_fault fault;
	struct yg_inventory_in in;
	struct yg_table rows;
	int64_t before;
	int rc;

	if (!inventory)
		open_once();
	if (size < 1 || size > INPUT_MAX)
		return 0;
	yg_arena_reset(arena);
	def = &yg_inventory_defs[data[0] % yg_inventory_def_count];
	rows = table_text((struct yg_bytes){data + 1, size - 1}, arena);
	in = (struct yg_inventory_in){
		.table = yg_bytes_str(def->name), .rows = &rows, .day = 20000, .source = YG_S("f")};
	before = number("SELECT count(*) FROM %s", def->name);
	rc = yg_inventory_import(inventory, &in, &done, &fault);
	if (rc == YG_OK ? number("SELECT count(*) FROM %s", def->name) != done.rows ||
				  number("SELECT rows FROM lists WHERE name = '%s'", def->name) !=
					  done.rows
			: number("SELECT count(*) FROM %s", def->name) != before ||
				  fault.code != rc || fault.msg[0] == 0)
		abort();
	(void)yg_inventory_guess(&rows);
	check_values(def, &rows);
	return 0;
}
