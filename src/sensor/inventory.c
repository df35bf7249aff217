/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/inventory-int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"

#include "base/ban.h"

void yg_inventory_init(struct yg_inventory *inventory)
{
	*inventory = (struct yg_inventory){0};
	yg_buf_init(&inventory->text, YG_INVENTORY_TEXT_MAX);
}

void yg_inventory_done(struct yg_inventory *inventory)
{
	yg_buf_done(&inventory->text);
	free(inventory->lines);
	inventory->lines = NULL;
	inventory->count = 0;
}

static void add_part(struct yg_buf *to, struct yg_bytes part)
{
	size_t start = to->size;

	part = yg_bytes_cut(part, 0, YG_INVENTORY_VALUE_MAX);
	yg_buf_add(to, part);
	for (size_t i = start; i < to->size; i++)
		if (to->data[i] < ' ' || to->data[i] == 0x7f)
			to->data[i] = '?';
}

void yg_inventory_add(struct yg_inventory *inventory, const char *kind, struct yg_bytes name,
		      struct yg_bytes value, struct yg_bytes more)
{
	struct yg_buf *to = &inventory->text;

	if (to->size + 4 * YG_INVENTORY_VALUE_MAX > YG_INVENTORY_TEXT_MAX) {
		inventory->dropped++;
		return;
	}
	yg_buf_add_str(to, kind);
	yg_buf_add_byte(to, '\t');
	add_part(to, name);
	yg_buf_add_byte(to, '\t');
	add_part(to, value);
	yg_buf_add_byte(to, '\t');
	add_part(to, more);
	yg_buf_add_byte(to, '\n');
}

static int compare(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int found = size ? memcmp(a.data, b.data, size) : 0;

	return found ? found : (a.size > b.size) - (a.size < b.size);
}

static int compare_lines(const void *a, const void *b)
{
	return compare(*(const struct yg_bytes *)a, *(const struct yg_bytes *)b);
}

static size_t count_lines(struct yg_bytes text)
{
	struct yg_bytes line;
	size_t count = 0;

	while (yg_host_line(&text, &line))
		count++;
	return count;
}

int yg_inventory_sort(struct yg_inventory *inventory)
{
	struct yg_bytes text = yg_buf_bytes(&inventory->text);
	size_t room = count_lines(text);
	struct yg_bytes line;
	size_t kept = 0;

	if (yg_buf_error(&inventory->text))
		return yg_buf_error(&inventory->text);
	free(inventory->lines);
	inventory->count = 0;
	inventory->lines = yg_calloc(room ? room : 1, sizeof(*inventory->lines));
	if (!inventory->lines)
		return YG_ENOMEM;
	while (yg_host_line(&text, &line))
		if (line.size > 0)
			inventory->lines[inventory->count++] = line;
	qsort(inventory->lines, inventory->count, sizeof(*inventory->lines), compare_lines);
	for (size_t i = 0; i < inventory->count; i++)
		if (kept == 0 || !yg_bytes_eq(inventory->lines[kept - 1], inventory->lines[i]))
			inventory->lines[kept++] = inventory->lines[i];
	inventory->count = kept;
	return YG_OK;
}

struct yg_bytes yg_inventory_part(struct yg_bytes line, unsigned index)
{
	struct yg_bytes part = yg_host_word(&line, '\t');

	while (index-- > 0)
		part = yg_host_word(&line, '\t');
	return part;
}

bool yg_inventory_is(struct yg_bytes line, const char *kind)
{
	return yg_bytes_eq(yg_host_word(&line, '\t'), yg_bytes_str(kind));
}

struct yg_bytes yg_inventory_value(const struct yg_inventory *inventory, const char *kind,
				   const char *name)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (yg_inventory_is(inventory->lines[i], kind) &&
		    yg_bytes_eq(yg_inventory_part(inventory->lines[i], 1), yg_bytes_str(name)))
			return yg_inventory_part(inventory->lines[i], 2);
	return (struct yg_bytes){0};
}

size_t yg_inventory_count(const struct yg_inventory *inventory, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++)
		count += yg_inventory_is(inventory->lines[i], kind);
	return count;
}

int yg_inventory_collect(const char *root, int64_t now_ns, struct yg_bytes packages,
			 struct yg_inventory *to)
{
	int rc = YG_OK;

	if (packages.size > 0)
		yg_buf_add(&to->text, packages);
	else
		rc = yg_inventory_packages(root, now_ns, to);
	if (rc == YG_OK)
		rc = yg_host_collect(root, to);
	return rc == YG_OK ? yg_inventory_sort(to) : rc;
}

/* ---- differences ---- */

static bool is_told(struct yg_bytes line)
{
	return !yg_inventory_is(line, "now") && !yg_inventory_is(line, "problem");
}

/* Kind and name. */
static struct yg_bytes key_of(struct yg_bytes line)
{
	struct yg_bytes kind = yg_inventory_part(line, 0);
	struct yg_bytes name = yg_inventory_part(line, 1);

	return yg_bytes_cut(line, 0, kind.size + 1 + name.size + 1);
}

static bool has_line(const struct yg_inventory *inventory, struct yg_bytes line)
{
	return bsearch(&line, inventory->lines, inventory->count, sizeof(line), compare_lines);
}

/*
 * Which comes first of two lines, of which one may be missing: below 0: @was, which is gone; above:
 * @is, which is new; 0: one became the other. Of one name there may be several (kernels): what
 * stands on the other side too did not become anything.
 */
static int order_of(const struct yg_inventory *before, const struct yg_inventory *after,
		    struct yg_bytes was, struct yg_bytes is)
{
	int found;

	if (was.size == 0 || is.size == 0)
		return was.size == 0 ? 1 : -1;
	found = compare(key_of(was), key_of(is));
	if (found != 0 || yg_bytes_eq(was, is))
		return found;
	if (has_line(after, was))
		return 1;
	return has_line(before, is) ? -1 : 0;
}

int yg_inventory_diff(const struct yg_inventory *before, const struct yg_inventory *after,
		      yg_inventory_diff_fn fn, void *arg)
{
	const struct yg_bytes nothing = {0};
	size_t i = 0;
	size_t j = 0;
	int rc = YG_OK;

	while (rc == YG_OK && (i < before->count || j < after->count)) {
		struct yg_bytes was = i < before->count ? before->lines[i] : nothing;
		struct yg_bytes is = j < after->count ? after->lines[j] : nothing;
		int found = order_of(before, after, was, is);

		i += found <= 0;
		j += found >= 0;
		if (found < 0)
			is = nothing;
		else if (found > 0)
			was = nothing;
		if (is_told(was.size ? was : is) && !yg_bytes_eq(was, is))
			rc = fn(arg, was, is);
	}
	return rc;
}
