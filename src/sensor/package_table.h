/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/package_table.h - what is installed, and the newest of what is offered for it. Whose
 * packages they are says how versions are compared.
 *
 *   add … ─► sort ─► offer, secure … ─► lines of the inventory
 *
 * Layer:   sensor. Bounded by YG_INVENTORY_LINES_MAX packages and YG_PACKAGES_ARENA_MAX bytes.
 * Tests:   tests/unit/sensor/test_repos.c, tests/e2e/sensor_inventory.py, sensor_rpm.py
 */
#pragma once

#include "sensor/inventory.h"

#define YG_PACKAGES_ARENA_MAX (32u << 20)
#define YG_PACKAGE_KEY_MAX    (YG_INVENTORY_VALUE_MAX + 80)

struct yg_package {
	struct yg_bytes key; /* name:architecture */
	struct yg_bytes version;
	struct yg_bytes newer; /* empty: nothing newer is offered */
	bool is_security;
};

struct yg_packages {
	int (*compare)(struct yg_bytes a, struct yg_bytes b); /* of versions */
	struct yg_arena *arena;
	struct yg_package *items; /* after yg_packages_sort() by key, then version */
	size_t count;
	size_t room;
	uint64_t dropped; /* beyond the limits */
};

/* YG_OK or YG_ENOMEM; yg_packages_done() in any case. */
YG_MUST_USE int yg_packages_init(struct yg_packages *packages,
				 int (*compare)(struct yg_bytes a, struct yg_bytes b));
void yg_packages_done(struct yg_packages *packages);

/* One that is installed; texts are copied. YG_OK, also when it is counted as dropped; YG_ENOMEM. */
YG_MUST_USE int yg_packages_add(struct yg_packages *packages, const char *name, const char *arch,
				const char *version);
void yg_packages_sort(struct yg_packages *packages);

/* The newest that is installed of @name for @arch; NULL: none. */
struct yg_package *yg_packages_find(struct yg_packages *packages, const char *name,
				    const char *arch);
/* Is something of that name installed, for whatever architecture? */
bool yg_packages_have_name(const struct yg_packages *packages, struct yg_bytes name);
/* @item can be had as @version, which may be older. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_packages_offer(struct yg_packages *packages, struct yg_package *item,
				  struct yg_bytes version, bool is_security);

bool yg_packages_have_updates(const struct yg_packages *packages);

/* All as lines "package" and "update". */
void yg_packages_write(const struct yg_packages *packages, struct yg_inventory *to);
