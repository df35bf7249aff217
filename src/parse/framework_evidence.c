/* SPDX-License-Identifier: Apache-2.0 */
/* x_evidence: what counts as evidence of a criterion. */
#include "parse/framework-int.h"

#include "base/ban.h"

#define ID_MAX	  64u
#define TABLE_MAX 64u

static bool is_table_name(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && c != '_' && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return name.size > 0 && name.size <= TABLE_MAX;
}

/* sql and tables: needed by a query, refused elsewhere. */
static int read_query(struct yg_fw_reader *reader, const struct yg_yaml *map,
		      struct yg_framework_evidence *evidence)
{
	static const char *const keys[] = {"sql", "tables"};
	const struct yg_yaml *sql = yg_fw_get(map, "sql");
	int rc = yg_fw_text(reader, map, "sql", &evidence->sql);

	if (rc == YG_OK)
		rc = yg_fw_text_list(reader, map, "tables", &evidence->tables);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < YG_FW_COUNT(keys); i++) {
		const struct yg_yaml *node = yg_fw_get(map, keys[i]);
		bool has = i == 0 ? evidence->sql.size > 0 : evidence->tables.count > 0;

		if (evidence->kind != YG_EVIDENCE_QUERY && node)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, node->line,
						 "'%s' belongs to evidence of the kind query only",
						 keys[i]);
		if (evidence->kind == YG_EVIDENCE_QUERY && !has)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line,
						 "the query '%.*s' has no '%s'",
						 YG_FMT(yg_fw_show(evidence->id)), keys[i]);
	}
	if (evidence->sql.size > YG_FW_SQL_MAX)
		return yg_line_fault_set(reader->fault, YG_ELIMIT, sql->line,
					 "'sql' is longer than %u bytes", YG_FW_SQL_MAX);
	for (uint32_t i = 0; i < evidence->tables.count; i++)
		if (!is_table_name(evidence->tables.items[i]))
			return yg_line_fault_set(reader->fault, YG_EFORMAT,
						 yg_fw_get(map, "tables")->line,
						 "'%.*s' is no name of a table: a-z, 0-9 and _",
						 YG_FMT(yg_fw_show(evidence->tables.items[i])));
	return YG_OK;
}

static int read_item(struct yg_fw_reader *reader, const struct yg_yaml *map,
		     struct yg_framework_evidence *evidence)
{
	static const char *const keys[] = {"id",      "kind",	"strength", "name",
					   "max_age", "tables", "sql"};
	static const char *const strengths[] = {[YG_STRENGTH_PROVES] = "proves",
						[YG_STRENGTH_SUPPORTS] = "supports",
						[YG_STRENGTH_REFUTES] = "refutes-only"};
	const char *kinds[YG_EVIDENCE_KIND_COUNT];
	struct yg_bytes text;
	uint32_t kind = 0;
	uint32_t strength = YG_STRENGTH_SUPPORTS;
	int rc = yg_fw_own_keys(reader, map, "an item of x_evidence", keys, YG_FW_COUNT(keys));

	for (uint32_t i = 0; i < YG_EVIDENCE_KIND_COUNT; i++)
		kinds[i] = yg_evidence_kind_name((enum yg_evidence_kind)i);
	evidence->line = map->line;
	if (rc == YG_OK)
		rc = yg_fw_need(reader, map, "id", "an item of x_evidence", &evidence->id);
	if (rc == YG_OK && evidence->id.size > ID_MAX)
		return yg_line_fault_set(reader->fault, YG_ELIMIT, map->line,
					 "the id of an evidence is longer than %u bytes", ID_MAX);
	if (rc == YG_OK)
		rc = yg_fw_need(reader, map, "kind", "an item of x_evidence", &text);
	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "kind", kinds, YG_EVIDENCE_KIND_COUNT, &kind);
	if (rc == YG_OK)
		rc = yg_fw_word(reader, map, "strength", strengths, YG_FW_COUNT(strengths),
				&strength);
	evidence->kind = (enum yg_evidence_kind)kind;
	evidence->strength = (enum yg_evidence_strength)strength;
	if (rc == YG_OK)
		rc = yg_fw_words(reader, map, "name", &evidence->name);
	if (rc == YG_OK)
		rc = yg_fw_period(reader, map, "max_age", &evidence->max_age);
	return rc == YG_OK ? read_query(reader, map, evidence) : rc;
}

int yg_fw_evidence(struct yg_fw_reader *reader, const struct yg_yaml *map,
		   struct yg_framework_node *node)
{
	struct yg_framework_evidence *items;
	const struct yg_yaml *list;
	uint32_t count = 0;
	int rc = yg_fw_list(reader, map, "x_evidence", YG_FW_LIST_MAX, &list);

	if (rc != YG_OK || !list)
		return rc;
	items = yg_fw_alloc(reader, list->count, sizeof(*items));
	if (!items)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		rc = read_item(reader, item, &items[count]);
		if (rc != YG_OK)
			return rc;
		for (uint32_t i = 0; i < count; i++)
			if (yg_bytes_eq(items[i].id, items[count].id))
				return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
							 "the evidence '%.*s' stands twice in one "
							 "node",
							 YG_FMT(yg_fw_show(items[count].id)));
		count++;
	}
	node->evidence = items;
	node->evidence_count = count;
	return YG_OK;
}
