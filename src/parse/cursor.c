/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/cursor.h"

#include "base/ban.h"

int yg_put_all(struct yg_event *event, const struct yg_put *puts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct yg_bytes text = puts[i].text;
		enum yg_value_kind kind =
			yg_bytes_is_number(text) ? YG_VALUE_NUMBER : YG_VALUE_TEXT;
		int rc;

		if (text.size == 0 || (text.size == 1 && text.data[0] == '-'))
			continue;
		rc = yg_event_add(event, yg_bytes_str(puts[i].name), text, kind);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

int yg_derive_once(struct yg_event *event, uint32_t name_id, struct yg_bytes text)
{
	if (text.size == 0 || yg_event_find(event, name_id))
		return YG_OK;
	return yg_event_derive(event, name_id, text, YG_VALUE_TEXT);
}

struct yg_bytes yg_field_text(struct yg_event *event, struct yg_bytes name)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (yg_bytes_eq(event->fields[i].name, name))
			return yg_event_text(event, &event->fields[i]);
	return (struct yg_bytes){0};
}
