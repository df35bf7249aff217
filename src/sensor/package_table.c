/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/package_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

#include "base/ban.h"

int yg_packages_init(struct yg_packages *packages,
		     int (*compare)(struct yg_bytes a, struct yg_bytes b))
{
	*packages = (struct yg_packages){.compare = compare,
					 .arena = yg_arena_new(YG_PACKAGES_ARENA_MAX)};
	return packages->arena ? YG_OK : YG_ENOMEM;
}

void yg_packages_done(struct yg_packages *packages)
{
	free(packages->items);
	packages->items = NULL;
	(void)yg_arena_free(packages->arena);
	packages->arena = NULL;
}

/* False: it is too long. */
static bool make_key(char to[YG_PACKAGE_KEY_MAX], const char *name, const char *arch,
		     struct yg_bytes *ret)
{
	int size = snprintf(to, YG_PACKAGE_KEY_MAX, "%s:%s", name, arch);

	*ret = (struct yg_bytes){(const uint8_t *)to, size > 0 ? (size_t)size : 0};
	return size > 0 && (size_t)size < YG_PACKAGE_KEY_MAX;
}

static bool has_room(struct yg_packages *p)
{
	size_t room = p->room ? p->room * 2 : 1024;
	struct yg_package *items;

	if (p->count < p->room)
		return true;
	items = yg_reallocarray(p->items, room, sizeof(*items));
	if (!items)
		return false;
	p->items = items;
	p->room = room;
	return true;
}

int yg_packages_add(struct yg_packages *p, const char *name, const char *arch, const char *version)
{
	char key[YG_PACKAGE_KEY_MAX];
	struct yg_package item = {0};

	if (p->count == YG_INVENTORY_LINES_MAX || !make_key(key, name, arch, &item.key)) {
		p->dropped++;
		return YG_OK;
	}
	if (!has_room(p) || !yg_arena_dup(p->arena, item.key, &item.key) ||
	    !yg_arena_dup(p->arena, yg_bytes_str(version), &item.version))
		return YG_ENOMEM;
	p->items[p->count++] = item;
	return YG_OK;
}

static int compare_keys(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int found = size ? memcmp(a.data, b.data, size) : 0;

	return found ? found : (a.size > b.size) - (a.size < b.size);
}

static int compare_items(const void *a_arg, const void *b_arg, void *arg)
{
	const struct yg_packages *p = arg;
	const struct yg_package *a = a_arg;
	const struct yg_package *b = b_arg;
	int found = compare_keys(a->key, b->key);

	return found ? found : p->compare(a->version, b->version);
}

void yg_packages_sort(struct yg_packages *p)
{
	if (p->count > 0)
		qsort_r(p->items, p->count, sizeof(*p->items), compare_items, p);
}

/* The last one of its key: of several versions (kernels) the newest. */
struct yg_package *yg_packages_find(struct yg_packages *p, const char *name, const char *arch)
{
	char text[YG_PACKAGE_KEY_MAX];
	struct yg_bytes key;
	size_t low = 0;
	size_t high = p->count;

	if (!make_key(text, name, arch, &key))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_keys(p->items[middle].key, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && yg_bytes_eq(p->items[low - 1].key, key) ? &p->items[low - 1] : NULL;
}

bool yg_packages_have_name(const struct yg_packages *p, struct yg_bytes name)
{
	size_t low = 0;
	size_t high = p->count;

	while (low < high) { /* the first whose front is not before @name */
		size_t middle = low + (high - low) / 2;

		if (compare_keys(yg_bytes_cut(p->items[middle].key, 0, name.size), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < p->count && yg_bytes_starts(p->items[low].key, name); low++)
		if (p->items[low].key.size > name.size && p->items[low].key.data[name.size] == ':')
			return true;
	return false;
}

int yg_packages_offer(struct yg_packages *p, struct yg_package *item, struct yg_bytes version,
		      bool is_security)
{
	if (p->compare(version, item->version) <= 0)
		return YG_OK;
	/* A security fix stays one when a later version of another list holds it too. */
	item->is_security |= is_security;
	if (item->newer.size > 0 && p->compare(version, item->newer) <= 0)
		return YG_OK;
	return yg_arena_dup(p->arena, version, &item->newer) ? YG_OK : YG_ENOMEM;
}

bool yg_packages_have_updates(const struct yg_packages *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].newer.size > 0)
			return true;
	return false;
}

void yg_packages_write(const struct yg_packages *p, struct yg_inventory *to)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct yg_package *item = &p->items[i];

		yg_inventory_add(to, "package", item->key, item->version, (struct yg_bytes){0});
		if (item->newer.size > 0)
			yg_inventory_add(to, "update", item->key, item->newer,
					 item->is_security ? YG_S("security")
							   : (struct yg_bytes){0});
	}
	to->dropped += p->dropped;
}
