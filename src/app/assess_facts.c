/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assess_facts.h"

#include "app/query_process.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/json.h"
#include "store/inventory.h"

#include "base/ban.h"

#define TABLE_ARENA_MAX (512u << 20)

struct yg_assess_facts {
	const struct yg_assess_ports *ports; /* for reading tables */
	char *path;
	struct yg_query_process *process;
	struct yg_inventory *inventory; /* NULL until there is a file */
	uint64_t known;			/* highest change number that @days belongs to */
	uint64_t changes[YG_INVENTORY_TABLES_MAX];
	int32_t days[YG_INVENTORY_TABLES_MAX];
};

struct yg_assess_facts *yg_assess_facts_new(const char *facts_path,
					    const struct yg_assess_ports *ports)
{
	struct yg_assess_facts *facts = yg_calloc(1, sizeof(*facts));

	if (!facts)
		return NULL;
	facts->ports = ports;
	facts->path = yg_strndup(facts_path, strlen(facts_path));
	facts->process = facts->path ? yg_query_process_new(facts_path) : NULL;
	return facts->process ? facts : yg_assess_facts_free(facts);
}

struct yg_assess_facts *yg_assess_facts_free(struct yg_assess_facts *facts)
{
	if (!facts)
		return NULL;
	(void)yg_inventory_free(facts->inventory);
	(void)yg_query_process_free(facts->process);
	free(facts->path);
	free(facts);
	return NULL;
}

static int take_day(void *arg, const struct yg_inventory_view *view)
{
	struct yg_assess_facts *facts = arg;
	uint32_t index = yg_inventory_table(yg_bytes_str(view->name));

	if (index < YG_INVENTORY_TABLES_MAX)
		facts->days[index] = view->day;
	return YG_OK;
}

/* Change numbers and days as they are now. YG_ENOENT: there is no file. */
static int refresh(struct yg_assess_facts *facts)
{
	uint64_t all;
	int rc = YG_OK;

	if (!facts->inventory)
		rc = yg_inventory_open(facts->path, false, &facts->inventory);
	if (rc == YG_OK)
		rc = yg_inventory_changes(facts->inventory, facts->changes, &all);
	if (rc != YG_OK || (facts->known == all && all != 0))
		return rc;
	for (uint32_t i = 0; i < YG_INVENTORY_TABLES_MAX; i++)
		facts->days[i] = YG_DAY_NONE;
	rc = yg_inventory_list(facts->inventory, take_day, facts);
	if (rc == YG_OK)
		facts->known = all;
	return rc;
}

static int table_change(void *arg, struct yg_access *access, struct yg_bytes table, uint64_t *ret,
			int32_t *ret_day)
{
	struct yg_assess_facts *facts = arg;
	uint32_t index = yg_inventory_table(table);
	int rc = refresh(facts);

	(void)access; /* one file, one organisation */
	*ret = 0;
	*ret_day = YG_DAY_NONE;
	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc == YG_OK && index < YG_INVENTORY_TABLES_MAX) {
		*ret = facts->changes[index];
		*ret_day = facts->days[index];
	}
	return rc;
}

static int facts_change(void *arg, uint64_t *ret)
{
	struct yg_assess_facts *facts = arg;
	int rc = refresh(facts);

	*ret = rc == YG_OK ? facts->known : 0;
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int run_queries(void *arg, struct yg_access *access, int32_t day,
		       const struct yg_assess_query *queries, uint32_t count, yg_assess_row_fn fn,
		       void *fn_arg)
{
	struct yg_assess_facts *facts = arg;

	return yg_query_process_run(facts->process, access, day, queries, count, fn, fn_arg);
}

void yg_assess_facts_lend(struct yg_assess_facts *facts, struct yg_assess_ports *ports)
{
	ports->facts = facts;
	ports->run_queries = run_queries;
	ports->table_change = table_change;
	ports->facts_change = facts_change;
}

struct listing {
	json_t *items;
	enum yg_lang lang;
	const char *only; /* NULL: all */
};

static json_t *columns_json(const struct yg_inventory_view *view)
{
	json_t *columns = json_array();

	for (uint32_t i = 0; columns && i < view->column_count; i++)
		if (json_array_append_new(columns, json_string(view->columns[i])) != 0) {
			json_decref(columns);
			return NULL;
		}
	return columns;
}

static int add_view(void *arg, const struct yg_inventory_view *view)
{
	struct listing *listing = arg;
	char day[YG_DAY_SIZE];
	json_t *item;

	if (listing->only && strcmp(listing->only, view->name) != 0)
		return YG_OK;
	if (view->day != YG_DAY_NONE)
		yg_day_write(view->day, day);
	item = json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o}", "table", view->name, "title",
			 yg_tr(listing->lang, view->title), "help",
			 yg_tr(listing->lang, view->help), "rows", (int)view->rows, "date",
			 view->day == YG_DAY_NONE ? json_null() : json_string(day), "source",
			 yg_json_string(view->source), "columns", columns_json(view));
	return json_array_append_new(listing->items, item) == 0 ? YG_OK : YG_ENOMEM;
}

static int list_views(struct yg_assess_facts *facts, enum yg_lang lang, const char *only,
		      json_t **ret)
{
	struct listing listing = {.items = json_array(), .lang = lang, .only = only};
	int rc = listing.items ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && !facts->inventory)
		rc = yg_inventory_open(facts->path, false, &facts->inventory);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_inventory_list(facts->inventory, add_view, &listing);
	if (rc == YG_OK)
		*ret = listing.items;
	else
		json_decref(listing.items);
	return rc;
}

int yg_assess_facts_json(struct yg_assess_facts *facts, enum yg_lang lang, json_t **ret)
{
	return list_views(facts, lang, NULL, ret);
}

static int import(struct yg_assess_facts *facts, const struct yg_assess_facts_in *in,
		  struct yg_arena *arena, struct yg_line_fault *reterr)
{
	char digest[YG_SHA256_HEX + 1];
	struct yg_inventory_in list = {
		.table = in->table,
		.day = in->day,
		.source = in->source.size ? in->source : in->file_name,
		.sha256 = digest,
	};
	struct yg_bytes text;
	struct yg_table table;
	int rc = facts->ports->to_utf8(in->bytes, arena, &text);

	yg_sha256_hex(in->bytes, digest);
	if (rc == YG_OK)
		rc = facts->ports->read_table(text, arena, &table, reterr);
	if (rc == YG_OK && !facts->inventory)
		rc = yg_inventory_open(facts->path, true, &facts->inventory);
	list.rows = &table;
	return rc == YG_OK ? yg_inventory_import(facts->inventory, &list, NULL, reterr) : rc;
}

int yg_assess_facts_put(struct yg_assess_facts *facts, const struct yg_assess_facts_in *in,
			json_t **ret, struct yg_line_fault *reterr)
{
	struct yg_arena *arena = yg_arena_new(TABLE_ARENA_MAX);
	uint32_t index = yg_inventory_table(in->table);
	json_t *items = NULL;
	int rc = arena ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && index == UINT32_MAX)
		rc = yg_line_fault_set(reterr, YG_ENOENT, 0,
				       "unknown-table: there is no table %.*s",
				       in->table.size > 60 ? 60 : (int)in->table.size,
				       in->table.data ? (const char *)in->table.data : "");
	if (rc == YG_OK)
		rc = import(facts, in, arena, reterr);
	(void)yg_arena_free(arena);
	if (rc == YG_OK)
		rc = list_views(facts, in->lang, yg_inventory_table_name(index), &items);
	if (rc == YG_OK) {
		*ret = json_incref(json_array_get(items, 0));
		rc = *ret ? YG_OK : YG_ENOENT;
	}
	json_decref(items);
	return rc;
}
