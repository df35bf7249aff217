/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any two tables, CSV or workbook, one behind the other with a NUL between: members in order, no id
 * and no pair twice, every relation between two of them - or faults, each with its line.
 */
#include <stdint.h>
#include <stdlib.h>

#include "parse/community.h"
#include "parse/csv.h"
#include "parse/workbook.h"

static void check_faults(const struct yg_row_faults *faults, int rc)
{
	if (rc == YG_EFORMAT && (faults->total == 0 || faults->count == 0))
		abort();
	for (uint32_t i = 0; i < faults->count; i++)
		if (faults->items[i].line == 0 || !faults->items[i].column)
			abort();
}

static void check_all(const struct yg_community *all)
{
	for (uint32_t i = 1; i < all->member_count; i++)
		if (yg_member_id_order(all->members[i - 1].id, all->members[i].id) >= 0)
			abort();
	for (uint32_t i = 0; i < all->relation_count; i++) {
		const struct yg_relation *one = &all->relations[i];

		if (one->supplier >= all->member_count || one->buyer >= all->member_count ||
		    one->supplier == one->buyer || one->naming >= YG_NAMING_COUNT)
			abort();
		if (i > 0 && one[-1].supplier == one->supplier && one[-1].buyer >= one->buyer)
			abort();
	}
}

static bool read_table(struct yg_bytes text, struct yg_arena *arena, struct yg_table *ret)
{
	struct yg_line_fault fault;

	if (yg_workbook_is(text))
		return yg_workbook_table(text, arena, ret, &fault) == YG_OK;
	return yg_csv_read(text, arena, ret, &fault) == YG_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_bytes all = {data, size};
	size_t cut = yg_bytes_starts(all, YG_S("PK")) ? SIZE_MAX : yg_bytes_chr(all, 0);
	struct yg_row_faults faults = {0};
	struct yg_community community;
	struct yg_table table;
	int rc = YG_EFORMAT;

	if (arena && size <= 65536 && read_table(yg_bytes_cut(all, 0, cut), arena, &table)) {
		rc = yg_members_read(&table, true, arena, &community, &faults);
		check_faults(&faults, rc);
	}
	if (rc == YG_OK && cut < size && read_table(yg_bytes_from(all, cut + 1), arena, &table)) {
		rc = yg_relations_read(&table, arena, &community, &faults);
		check_faults(&faults, rc);
		if (rc == YG_OK)
			check_all(&community);
	}
	(void)yg_arena_free(arena);
	return 0;
}
