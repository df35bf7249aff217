/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a query: no crash; what it gives keeps the limits; the facts are as they were; no
 * table outside the published ones is told. A query runs the same way twice. */
#include <stdlib.h>
#include <unistd.h>

#include "../unit/store/table_text.h"
#include "base/utf8.h"
#include "store/query-int.h"

static struct yg_query *query;

static void import(struct yg_inventory *inventory, const char *table, const char *text)
{
	struct yg_arena *arena = yg_arena_new(1u << 20);
	struct yg_table rows = table_text(yg_bytes_str(text), arena);
	struct yg_inventory_in in = {.table = yg_bytes_str(table), .rows = &rows, .day = 20000};

	if (yg_inventory_import(inventory, &in, NULL, NULL) != YG_OK)
		abort();
	(void)yg_arena_free(arena);
}

static void open_once(void)
{
	static char path[] = "/tmp/yagura-fuzz-query-XXXXXX";
	struct yg_inventory *inventory = NULL;
	int fd = mkstemp(path);

	if (fd < 0 || yg_inventory_open(path, true, &inventory) != YG_OK)
		abort();
	import(inventory, "assets", "asset,kind\nPC-1,pc\nPC-2,server\n");
	import(inventory, "protection", "asset,active\nPC-1,yes\n");
	(void)yg_inventory_free(inventory);
	yg_query_bound_memory();
	if (yg_query_open(path, 20000, &query) != YG_OK)
		abort();
	close(fd);
	unlink(path); /* it lives as long as this process */
}

static int look(void *arg, const struct yg_check_row *row)
{
	uint32_t *rows = arg;

	if (row->resource.size == 0 || row->resource.size > YG_QUERY_TEXT_MAX ||
	    row->reason.size > YG_QUERY_TEXT_MAX || !yg_utf8_valid(row->resource) ||
	    !yg_utf8_valid(row->reason) || row->check > YG_CHECK_ERROR)
		abort();
	if (yg_bytes_find(row->reason, YG_S("yg_")) != SIZE_MAX ||
	    yg_bytes_find(row->resource, YG_S("yg_")) != SIZE_MAX)
		abort();			   /* the schema's text */
	return ++*rows > 2000 ? YG_ELIMIT : YG_OK; /* keeps an input short */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_query_done done;
	struct yg_query_done again;
	uint32_t rows = 0;
	uint32_t rows_again = 0;
	int rc;

	if (!query)
		open_once();
	rc = yg_query_run(query, (struct yg_bytes){data, size}, look, &rows, &done);
	if ((rc == YG_OK) != (done.refusal[0] == 0) && rows <= 2000)
		abort();
	if (rows < 2000 &&
	    (yg_query_run(query, (struct yg_bytes){data, size}, look, &rows_again, &again) != rc ||
	     rows != rows_again || done.tables != again.tables))
		abort();
	return 0;
}
