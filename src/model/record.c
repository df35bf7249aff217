/* SPDX-License-Identifier: Apache-2.0 */
#include "model/record.h"

#include "base/ban.h"

static void add_value(struct yg_buf *to, struct yg_event *event, struct yg_field *field)
{
	struct yg_bytes text = yg_event_text(event, field);

	if (field->kind == YG_VALUE_NULL)
		yg_buf_add_str(to, "null");
	else if ((field->kind == YG_VALUE_NUMBER && yg_bytes_is_number(text)) ||
		 (field->kind == YG_VALUE_BOOL && text.size > 0))
		yg_buf_add(to, text);
	else
		yg_buf_add_json(to, text); /* also numbers that JSON knows not: "007", "-" */
}

/* The next field after @from that has the name of @field, or field_count. */
static uint32_t next_same(const struct yg_event *event, const struct yg_field *field, uint32_t from)
{
	for (; from < event->field_count; from++) {
		const struct yg_field *other = &event->fields[from];

		if (!other->is_derived && other->name_id == field->name_id &&
		    yg_bytes_eq(other->name, field->name))
			return from;
	}
	return from;
}

/* Was a field of this name already written, as part of the list that began earlier? */
static bool is_repeated(const struct yg_event *event, uint32_t index)
{
	return next_same(event, &event->fields[index], 0) < index;
}

void yg_record_fields(struct yg_buf *to, struct yg_event *event)
{
	bool is_first = true;

	yg_buf_add_byte(to, '{');
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];
		uint32_t next;

		if (field->is_derived || is_repeated(event, i))
			continue;
		if (!is_first)
			yg_buf_add_byte(to, ',');
		is_first = false;
		yg_buf_add_json(to, field->name);
		yg_buf_add_byte(to, ':');
		next = next_same(event, field, i + 1);
		if (next < event->field_count)
			yg_buf_add_byte(to, '[');
		add_value(to, event, field);
		for (uint32_t j = next; j < event->field_count;
		     j = next_same(event, field, j + 1)) {
			yg_buf_add_byte(to, ',');
			add_value(to, event, &event->fields[j]);
		}
		if (next < event->field_count)
			yg_buf_add_byte(to, ']');
	}
	yg_buf_add_byte(to, '}');
}

void yg_record_write(struct yg_buf *to, struct yg_event *event, struct yg_bytes source,
		     bool with_raw)
{
	char iso[YG_ISO_SIZE];

	yg_buf_add_str(to, "{\"v\":1,\"format\":");
	yg_buf_add_json(to, yg_bytes_str(yg_format_name(event->format)));
	yg_buf_add_str(to, ",\"source\":");
	yg_buf_add_json(to, event->source.size ? event->source : source);
	yg_buf_add_str(to, ",\"position\":");
	yg_buf_add_u64(to, event->position);
	if (event->time_ns != YG_TIME_NONE) {
		(void)yg_time_iso(event->time_ns, 0, iso);
		yg_buf_addf(to, ",\"time\":\"%s\",\"has_zone\":%s", iso,
			    event->has_zone ? "true" : "false");
	}
	if (event->time_text.size > 0) {
		yg_buf_add_str(to, ",\"time_text\":");
		yg_buf_add_json(to, event->time_text);
	}
	if (with_raw && event->raw.size > 0) {
		yg_buf_add_str(to, ",\"raw\":");
		yg_buf_add_json(to, event->raw);
	}
	yg_buf_add_str(to, ",\"fields\":");
	yg_record_fields(to, event);
	yg_buf_add_str(to, "}\n");
}
