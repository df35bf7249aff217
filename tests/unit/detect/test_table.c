/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/table-int.h"

#include <string.h>

#include "base/alloc.h"

#include "../check.h"

/* Against a plain list: find, add, remove and the order of use agree through many random steps. */
static void agrees_with_a_list(void)
{
	enum { MAX = 100 };
	struct yg_table table;
	uint64_t list[MAX]; /* keys, newest last */
	uint32_t count = 0;
	uint32_t random = 12345;

	yg_table_init(&table, sizeof(uint64_t), MAX);
	for (unsigned step = 0; step < 20000; step++) {
		uint64_t key;
		uint32_t at, index;

		random = random * 1664525u + 1013904223u;
		key = (random >> 8) % 300; /* home slots collide */
		for (at = 0; at < count && list[at] != key;)
			at++;
		index = yg_table_find(&table, key);
		CHECK((index != YG_TABLE_NONE) == (at < count));
		if (at < count) {
			uint64_t *entry = yg_table_at(&table, index);

			CHECK(*entry == key * 3);
			memmove(&list[at], &list[at + 1], (count - at - 1) * sizeof(list[0]));
			count--;
			if (random & 1) {
				yg_table_touch(&table, index);
				list[count++] = key;
			} else {
				yg_table_remove(&table, index);
			}
		} else {
			if (yg_table_is_full(&table)) {
				CHECK(*(uint64_t *)yg_table_at(&table, table.oldest) ==
				      list[0] * 3);
				yg_table_remove(&table, table.oldest);
				memmove(&list[0], &list[1], (count - 1) * sizeof(list[0]));
				count--;
			}
			CHECK(yg_table_add(&table, key, &index) == YG_OK);
			CHECK(*(uint64_t *)yg_table_at(&table, index) == 0);
			*(uint64_t *)yg_table_at(&table, index) = key * 3;
			list[count++] = key;
		}
		CHECK(table.count == count);
	}
	yg_table_done(&table);
}

static void is_unharmed_without_memory(void)
{
	struct yg_table table;
	uint32_t index;
	uint64_t added = 0;

	yg_table_init(&table, 8, 1000);
	for (uint64_t key = 1; key <= 1000; key++) {
		int rc = YG_ENOMEM;

		for (long n = 1; rc == YG_ENOMEM && n < 10; n++) {
			yg_fail_at = n;
			rc = yg_table_add(&table, key, &index);
			yg_fail_at = 0;
		}
		CHECK(rc == YG_OK);
		added++;
		CHECK(table.count == added);
	}
	for (uint64_t key = 1; key <= 1000; key++)
		CHECK(yg_table_find(&table, key) != YG_TABLE_NONE);
	CHECK(yg_table_is_full(&table));
	yg_table_done(&table);
}

static const struct check_case cases[] = {
	CASE(agrees_with_a_list),
	CASE(is_unharmed_without_memory),
};

CHECK_MAIN(cases)
