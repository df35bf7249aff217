/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "wire/fields-int.h"

#include "base/clock.h"
#include "wire/batch.h"

#include "base/ban.h"

bool yg_wire_is_id(struct yg_bytes id)
{
	for (size_t i = 0; i < id.size; i++) {
		uint8_t c = id.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return id.size > 0 && id.size <= YG_WIRE_ID_MAX && id.data[0] != '-';
}

static struct yg_bytes text_of(const json_t *value)
{
	return (struct yg_bytes){(const uint8_t *)json_string_value(value),
				 json_string_length(value)};
}

static bool is_time(const json_t *value)
{
	bool has_zone = false;
	int64_t time_ns;

	return json_is_null(value) ||
	       (json_is_string(value) &&
		yg_time_parse_iso(text_of(value), 0, &time_ns, &has_zone) && has_zone);
}

static bool is_number(const json_t *value, uint64_t min, uint64_t max)
{
	json_int_t number = json_integer_value(value);

	return json_is_integer(value) && number >= 0 && (uint64_t)number >= min &&
	       (uint64_t)number <= max;
}

static bool is_right(const json_t *value, const struct yg_wire_field *field)
{
	switch (field->kind) {
	case YG_WIRE_KIND_TEXT:
		return json_is_string(value) && json_string_length(value) <= field->max;
	case YG_WIRE_KIND_ID:
		return json_is_string(value) && yg_wire_is_id(text_of(value));
	case YG_WIRE_KIND_YES:
		return json_is_boolean(value);
	case YG_WIRE_KIND_COUNT:
		return is_number(value, 0, field->max);
	case YG_WIRE_KIND_PLACE:
		return is_number(value, 1, YG_WIRE_NUMBER_MAX);
	case YG_WIRE_KIND_TIME:
		return is_time(value);
	case YG_WIRE_KIND_LIST:
		return json_is_array(value) && json_array_size(value) <= field->max;
	case YG_WIRE_KIND_OBJECT:
	default:
		return json_is_object(value);
	}
}

int yg_wire_fields_check(const json_t *object, const struct yg_wire_field *fields, size_t count,
			 enum yg_wire_refusal refusal, struct yg_wire_fault *reterr)
{
	if (!json_is_object(object))
		return yg_wire_fault_set(reterr, YG_EFORMAT, refusal, "this must be an object", 0);
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(object, fields[i].name);

		if (fields[i].is_optional && (!value || json_is_null(value)))
			continue;
		if (!value || !is_right(value, &fields[i]))
			return yg_wire_fault_set(reterr, YG_EFORMAT, refusal, fields[i].msg, 0);
	}
	return YG_OK;
}

int yg_wire_object_read(struct yg_bytes text, size_t bytes_max, const struct yg_wire_field *fields,
			size_t count, enum yg_wire_refusal refusal, json_t **ret,
			struct yg_wire_fault *reterr)
{
	struct yg_fault fault;
	json_t *object = NULL;
	int rc = yg_json_load(text, bytes_max, &object, &fault);

	if (rc == YG_ENOMEM)
		return yg_wire_fault_set(reterr, rc, YG_WIRE_BUSY, NULL, 0);
	if (rc != YG_OK)
		return yg_wire_fault_set(reterr, rc, refusal, fault.msg, fault.pos);
	if (json_is_object(object) && yg_json_int(object, "v", 0) != 1)
		rc = yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_VERSION, NULL, 0);
	else
		rc = yg_wire_fields_check(object, fields, count, refusal, reterr);
	if (rc != YG_OK) {
		json_decref(object);
		return rc;
	}
	*ret = object;
	return YG_OK;
}

uint64_t yg_wire_number(const json_t *object, const char *key)
{
	int64_t value = yg_json_int(object, key, 0);

	return value > 0 ? (uint64_t)value : 0;
}

int64_t yg_wire_time(const json_t *object, const char *key)
{
	struct yg_bytes text = yg_json_text(object, key);
	bool has_zone;
	int64_t time_ns;

	return yg_time_parse_iso(text, 0, &time_ns, &has_zone) ? time_ns : YG_TIME_NONE;
}

void yg_wire_text(const json_t *object, const char *key, char *to, size_t room)
{
	struct yg_bytes text = yg_bytes_cut(yg_json_text(object, key), 0, room - 1);

	if (text.size > 0)
		memcpy(to, text.data, text.size);
	to[text.size] = '\0';
}

void yg_wire_add_time(struct yg_buf *to, const char *key, int64_t time_ns)
{
	char text[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE) {
		yg_buf_addf(to, ",\"%s\":null", key);
		return;
	}
	(void)yg_time_iso(time_ns, 0, text); /* returns its size */
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, text);
}
