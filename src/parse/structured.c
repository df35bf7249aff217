/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/structured.h"

#include "parse/cursor.h"

#include "base/ban.h"

#define PARAM_NAME_MAX 128u

/* Where the element that begins @b with '[' has its ']', or SIZE_MAX. */
static size_t element_end(struct yg_bytes b)
{
	bool is_quoted = false;

	for (size_t i = 1; i < b.size; i++) {
		if (is_quoted && b.data[i] == '\\')
			i++;
		else if (b.data[i] == '"')
			is_quoted = !is_quoted;
		else if (b.data[i] == ']' && !is_quoted)
			return i;
	}
	return SIZE_MAX;
}

size_t yg_structured_size(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && b.data[i] == '[') {
		size_t end = element_end(yg_bytes_from(b, i));

		if (end == SIZE_MAX)
			return SIZE_MAX;
		i += end + 1;
	}
	return i;
}

/* One param of structured data: the field id.param. */
static int add_param(struct yg_event *event, struct yg_bytes id, struct yg_bytes name,
		     struct yg_bytes value)
{
	uint8_t *to;
	struct yg_bytes path;

	if (id.size + name.size > PARAM_NAME_MAX)
		return YG_OK;
	to = yg_arena_alloc(event->arena, id.size + 1 + name.size);
	if (!to)
		return YG_ENOMEM;
	memcpy(to, id.data, id.size);
	to[id.size] = '.';
	memcpy(to + id.size + 1, name.data, name.size);
	path = (struct yg_bytes){to, id.size + 1 + name.size};
	return yg_bytes_chr(value, '\\') == SIZE_MAX
		       ? yg_event_add(event, path, value, YG_VALUE_TEXT)
		       : yg_event_add_escaped(event, path, value);
}

/* Where a quoted value ends, from behind its first quote. */
static size_t value_size(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && b.data[i] != '"')
		i += b.data[i] == '\\' ? 2u : 1u;
	return i < b.size ? i : b.size;
}

/* "id name="value" …" between the brackets; what is no param is passed over. */
static int add_element(struct yg_event *event, struct yg_bytes b)
{
	struct yg_bytes id = yg_take_word(&b);
	int rc = YG_OK;

	while (b.size > 0 && rc == YG_OK) {
		size_t name = yg_bytes_find(b, YG_S("=\""));
		size_t space = name;
		size_t size;

		if (name == SIZE_MAX)
			break;
		while (space > 0 && b.data[space - 1] != ' ')
			space--;
		size = value_size(yg_bytes_from(b, name + 2));
		rc = add_param(event, id, yg_bytes_cut(b, space, name),
			       yg_bytes_cut(b, name + 2, name + 2 + size));
		b = yg_bytes_from(b, name + 2 + size + 1);
	}
	return rc;
}

int yg_structured_add(struct yg_event *event, struct yg_bytes b)
{
	int rc = YG_OK;

	while (b.size > 0 && rc == YG_OK) {
		size_t end = element_end(b);

		rc = add_element(event, yg_bytes_cut(b, 1, end));
		b = yg_bytes_from(b, end + 1);
	}
	return rc;
}
