/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inventory-int.h"

#include "base/ban.h"

static struct yg_bytes column_bytes(sqlite3_stmt *statement, int column)
{
	const uint8_t *text = sqlite3_column_text(statement, column);

	return (struct yg_bytes){text, text ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

static int tell_view(const struct yg_inventory_def *def, struct yg_inventory_view *view,
		     yg_inventory_view_fn fn, void *arg)
{
	const char *columns[YG_INVENTORY_COLUMNS_MAX];

	for (uint32_t i = 0; i < def->column_count; i++)
		columns[i] = def->columns[i].name;
	view->name = def->name;
	view->title = def->title;
	view->help = def->help;
	view->columns = columns;
	view->column_count = def->column_count;
	return fn(arg, view);
}

int yg_inventory_list(struct yg_inventory *inventory, yg_inventory_view_fn fn, void *arg)
{
	sqlite3_stmt *statement = NULL;
	int rc = YG_OK;
	int step;

	for (uint32_t i = 0; !inventory && rc == YG_OK && i < yg_inventory_def_count; i++) {
		struct yg_inventory_view view = {.day = YG_DAY_NONE};

		rc = tell_view(&yg_inventory_defs[i], &view, fn, arg);
	}
	if (!inventory)
		return rc;
	step = sqlite3_prepare_v2(inventory->db,
				  "SELECT rows, taken, source, sha256, filled, change FROM "
				  "yg_lists WHERE name = ?",
				  -1, &statement, NULL);
	if (step != SQLITE_OK)
		return yg_inventory_fail(inventory);
	for (uint32_t i = 0; rc == YG_OK && i < yg_inventory_def_count; i++) {
		struct yg_inventory_view view = {.day = YG_DAY_NONE};

		(void)sqlite3_reset(statement); /* the former step has told */
		step = sqlite3_bind_text(statement, 1, yg_inventory_defs[i].name, -1,
					 SQLITE_STATIC);
		if (step == SQLITE_OK)
			step = sqlite3_step(statement);
		if (step == SQLITE_ROW) {
			view.rows = (uint32_t)sqlite3_column_int64(statement, 0);
			view.day = yg_day_read(column_bytes(statement, 1));
			view.source = column_bytes(statement, 2);
			view.sha256 = column_bytes(statement, 3);
			view.filled = (uint32_t)sqlite3_column_int64(statement, 4);
			view.change = (uint64_t)sqlite3_column_int64(statement, 5);
		}
		if (step != SQLITE_ROW && step != SQLITE_DONE)
			rc = yg_inventory_fail(inventory);
		else
			rc = tell_view(&yg_inventory_defs[i], &view, fn, arg);
	}
	(void)sqlite3_finalize(statement); /* step has told */
	return rc;
}

int yg_inventory_changes(struct yg_inventory *inventory, uint64_t ret[YG_INVENTORY_TABLES_MAX],
			 uint64_t *ret_all)
{
	sqlite3_stmt *statement = NULL;
	uint64_t all = 0;
	int rc = sqlite3_prepare_v2(inventory->db, "SELECT name, change FROM yg_lists", -1,
				    &statement, NULL);

	for (uint32_t i = 0; i < YG_INVENTORY_TABLES_MAX; i++)
		ret[i] = 0;
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		uint32_t table;
		uint64_t change;

		rc = sqlite3_step(statement);
		if (rc != SQLITE_ROW)
			break;
		table = yg_inventory_table(column_bytes(statement, 0));
		change = (uint64_t)sqlite3_column_int64(statement, 1);
		if (table < YG_INVENTORY_TABLES_MAX)
			ret[table] = change;
		if (change > all)
			all = change;
	}
	(void)sqlite3_finalize(statement); /* step has told */
	if (rc != SQLITE_DONE)
		return yg_inventory_fail(inventory);
	ret[YG_INVENTORY_VIEW_LISTS] = all;
	*ret_all = all;
	return YG_OK;
}
