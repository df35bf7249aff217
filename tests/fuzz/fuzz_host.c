/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the files that describe a machine (sockets, accounts, sudoers, os-release): lines of
 * four parts without control characters, sorted, none twice; no difference to itself.
 */
#include <stdlib.h>

#include "sensor/inventory.h"

static int differs(void *arg, struct yg_bytes was, struct yg_bytes is)
{
	(void)arg;
	(void)was;
	(void)is;
	abort();
}

static void check(const struct yg_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct yg_bytes line = inventory->lines[i];
		unsigned tabs = 0;

		for (size_t at = 0; at < line.size; at++) {
			tabs += line.data[at] == '\t';
			if (line.data[at] < ' ' && line.data[at] != '\t')
				abort();
		}
		if (tabs != 3 || (i > 0 && yg_bytes_eq(line, inventory->lines[i - 1])))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data, size};
	struct yg_bytes half = yg_bytes_from(text, size / 2);
	struct yg_inventory inventory;

	if (size > 65536)
		return 0;
	yg_inventory_init(&inventory);
	yg_inventory_system(&inventory, text);
	yg_inventory_sockets(&inventory, "tcp", text, 1, 2);
	yg_inventory_sockets(&inventory, "udp6", half, 1, 2);
	if (yg_inventory_administrators(&inventory, text, half, text) != YG_OK ||
	    yg_inventory_sort(&inventory) != YG_OK)
		abort();
	check(&inventory);
	if (yg_inventory_diff(&inventory, &inventory, differs, NULL) != YG_OK)
		abort();
	yg_inventory_done(&inventory);
	return 0;
}
