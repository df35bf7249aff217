/* SPDX-License-Identifier: Apache-2.0 */
/* A record of an incident: setting fields, versions and what differs between them. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "base/nearest.h"
#include "share/incident-int.h"

#include "base/ban.h"

#define KEY_ROOM 64u

/* ---- setting ---- */

__attribute__((format(printf, 4, 5))) static int refuse(const struct yg_incident_ask *ask,
							struct yg_incident_faults *faults,
							struct yg_bytes path, const char *format,
							...)
{
	char *line = faults->at[0];
	va_list args;
	int size;

	*faults = (struct yg_incident_faults){.count = 1, .all = 1};
	size = snprintf(line, YG_LINE_FAULT_MAX, "%.*s: ", path.size > 100 ? 100 : (int)path.size,
			(const char *)path.data);
	va_start(args, format);
	(void)vsnprintf(line + size, YG_LINE_FAULT_MAX - (size_t)size, yg_tr(ask->lang, format),
			args); /* cut */
	va_end(args);
	return YG_EINVAL;
}

/* The next piece of *rest up to @separator, trimmed; moves *rest past it. */
static struct yg_bytes next_piece(struct yg_bytes *rest, uint8_t separator)
{
	size_t end = yg_bytes_chr(*rest, separator);
	struct yg_bytes piece = yg_bytes_cut(*rest, 0, end == SIZE_MAX ? rest->size : end);

	*rest = yg_bytes_from(*rest, end == SIZE_MAX ? rest->size : end + 1);
	return yg_bytes_trim(piece);
}

/* "TYPE VALUE COMMENT" */
static json_t *indicator_of(struct yg_bytes line)
{
	struct yg_bytes type = next_piece(&line, ' ');
	struct yg_bytes value = next_piece(&line, ' ');
	struct yg_bytes comment = yg_bytes_trim(line);
	json_t *one = json_object();

	if (!one || yg_json_set(one, "type", yg_json_string(type)) != YG_OK ||
	    yg_json_set(one, "value", yg_json_string(value)) != YG_OK ||
	    (comment.size > 0 && yg_json_set(one, "comment", yg_json_string(comment)) != YG_OK)) {
		json_decref(one);
		return NULL;
	}
	return one;
}

static bool is_list(enum yg_form_type type)
{
	return type == YG_FORM_LINES || type == YG_FORM_CHOICES || type == YG_FORM_INDICATORS;
}

/* The pieces of @text at the end of @list. */
static int add_pieces(const struct yg_form_field *field, struct yg_bytes text, json_t *list)
{
	uint8_t separator = field->type == YG_FORM_CHOICES ? ',' : '\n';

	while (text.size > 0) {
		struct yg_bytes piece = next_piece(&text, separator);
		json_t *one;

		if (piece.size == 0)
			continue;
		one = field->type == YG_FORM_INDICATORS ? indicator_of(piece)
							: yg_json_string(piece);
		if (!one || json_array_append_new(list, one) != 0)
			return YG_ENOMEM;
	}
	return YG_OK;
}

static json_t *value_of(const struct yg_form_field *field, struct yg_bytes text,
			const json_t *before)
{
	int64_t number;
	json_t *list;

	if (field->type == YG_FORM_COUNT && yg_bytes_i64(text, &number))
		return json_integer(number);
	if (!is_list(field->type))
		return yg_json_string(text); /* whether it is right, the check says */
	list = before ? json_copy((json_t *)(uintptr_t)before) : json_array(); /* a new list */
	if (list && add_pieces(field, text, list) != YG_OK) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* The object of the field's section in @record, made where it is missing. */
static json_t *section_body(const struct yg_forms *forms, json_t *record,
			    const struct yg_form_field *field)
{
	const struct yg_bytes name = forms->sections[field->section].name;
	json_t *body = json_object_getn(record, (const char *)name.data, name.size);

	if (json_is_object(body))
		return body;
	body = json_object();
	if (!body || json_object_setn_new(record, (const char *)name.data, name.size, body) != 0)
		return NULL;
	return body;
}

/* @take_value NULL: the field goes, and its section when nothing is left of it. */
static int put(const struct yg_forms *forms, json_t *record, uint32_t index, json_t *take_value)
{
	const struct yg_form_field *field = &forms->fields[index];
	const struct yg_bytes name = forms->sections[field->section].name;
	json_t *body = section_body(forms, record, field);

	if (!body) {
		json_decref(take_value);
		return YG_ENOMEM;
	}
	if (take_value)
		return json_object_setn_new(body, (const char *)field->name.data, field->name.size,
					    take_value) == 0
			       ? YG_OK
			       : YG_ENOMEM;
	(void)json_object_deln(body, (const char *)field->name.data, field->name.size);
	if (json_object_size(body) == 0)
		(void)json_object_deln(record, (const char *)name.data, name.size);
	return YG_OK;
}

static int unknown_field(const struct yg_incident_ask *ask, struct yg_bytes path,
			 struct yg_incident_faults *faults)
{
	struct yg_bytes paths[YG_FORM_FIELDS_MAX];
	size_t near;

	for (uint32_t i = 0; i < ask->forms->field_count; i++)
		paths[i] = ask->forms->fields[i].path;
	near = yg_nearest_of(path, paths, ask->forms->field_count);
	if (near == SIZE_MAX)
		return refuse(ask, faults, path, N_("there is no such field"));
	return refuse(ask, faults, path, N_("there is no such field; is %.*s meant?"),
		      YG_FMT(paths[near]));
}

int yg_incident_set(const struct yg_incident_ask *ask, json_t *record, struct yg_bytes assignment,
		    struct yg_incident_faults *faults)
{
	size_t equals = yg_bytes_chr(assignment, '=');
	struct yg_bytes path = yg_bytes_cut(assignment, 0, equals);
	struct yg_bytes text = yg_bytes_from(assignment, equals == SIZE_MAX ? 0 : equals + 1);
	bool is_more = yg_bytes_ends(path, YG_S("+"));
	const struct yg_form_field *field;
	json_t *value = NULL;
	uint32_t index;

	if (equals == SIZE_MAX)
		return refuse(ask, faults, assignment, N_("FIELD=VALUE is expected"));
	path = yg_bytes_trim(yg_bytes_cut(path, 0, path.size - is_more));
	if (yg_bytes_eq(path, YG_S("tlp")))
		return yg_json_set(record, "tlp", yg_json_string(yg_bytes_trim(text)));
	index = yg_form_field_find(ask->forms, path);
	if (index == YG_FORM_NONE)
		return unknown_field(ask, path, faults);
	field = &ask->forms->fields[index];
	if (is_more && !is_list(field->type))
		return refuse(ask, faults, path, N_("+= is for lists"));
	if (yg_bytes_trim(text).size == 0)
		return put(ask->forms, record, index, NULL);
	if (field->type != YG_FORM_PROSE)
		text = yg_bytes_trim(text);
	value = value_of(field, text,
			 is_more ? yg_incident_value(ask->forms, record, index) : NULL);
	return value ? put(ask->forms, record, index, value) : YG_ENOMEM;
}

/* ---- versions ---- */

static bool is_same(const json_t *a, const json_t *b)
{
	return (!a && !b) || (a && b && json_equal(a, b));
}

int yg_incident_diff(const struct yg_forms *forms, const json_t *old, const json_t *fresh,
		     yg_incident_diff_fn fn, void *arg)
{
	const json_t *before = json_object_get(old, "tlp");
	const json_t *after = json_object_get(fresh, "tlp");
	int rc = is_same(before, after) ? YG_OK : fn(arg, YG_S("tlp"), before, after);

	for (uint32_t i = 0; rc == YG_OK && i < forms->field_count; i++) {
		before = yg_incident_value(forms, old, i);
		after = yg_incident_value(forms, fresh, i);
		if (!is_same(before, after))
			rc = fn(arg, forms->fields[i].path, before, after);
	}
	return rc;
}

static int keep_before(void *arg, struct yg_bytes path, const json_t *before, const json_t *after)
{
	json_t *value = before ? json_deep_copy(before) : json_null();

	(void)after; /* stands in the record itself */
	return value && json_object_setn_new(arg, (const char *)path.data, path.size, value) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

/* @entry at the end of the record's history, the oldest going where there are too many. */
static int add_history(const json_t *old, json_t *fresh, json_t *take_entry)
{
	const json_t *kept = json_object_get(old, "history");
	json_t *list = kept ? json_copy((json_t *)(uintptr_t)kept) : json_array(); /* a new list */

	if (!list || !take_entry) {
		json_decref(list);
		json_decref(take_entry);
		return YG_ENOMEM;
	}
	while (json_array_size(list) >= YG_INCIDENT_HISTORY_MAX)
		(void)json_array_remove(list, 0); /* there is one */
	if (json_array_append_new(list, take_entry) != 0) {
		json_decref(list);
		return YG_ENOMEM;
	}
	return yg_json_set(fresh, "history", list);
}

int yg_incident_next(const struct yg_forms *forms, const json_t *old, json_t *fresh, const char *by,
		     int64_t now_ns)
{
	json_t *before = json_object();
	int64_t number = yg_json_int(old, "version", 1);
	char iso[YG_ISO_SIZE];
	int rc = before ? yg_incident_diff(forms, old, fresh, keep_before, before) : YG_ENOMEM;

	if (rc == YG_OK && json_object_size(before) == 0)
		rc = YG_EEND;
	if (rc != YG_OK) {
		json_decref(before);
		return rc;
	}
	(void)yg_time_iso(now_ns / YG_NS_PER_S * YG_NS_PER_S, YG_INCIDENT_ZONE_S, iso);
	rc = add_history(old, fresh,
			 json_pack("{s:I, s:s, s:o, s:o}", "version", (json_int_t)number, "until",
				   iso, "by", yg_json_string(yg_bytes_str(by)), "before", before));
	return rc == YG_OK ? yg_json_set(fresh, "version", json_integer(number + 1)) : rc;
}

/* The values of @before into @record; null: the field was not there. */
static int take_back(json_t *record, const json_t *before)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)before, key, value) /* not changed */
	{
		const char *dot = strchr(key, '.');
		char section[KEY_ROOM];
		json_t *body;

		if (!dot) {
			if (yg_json_set(record, key, json_deep_copy(value)) != YG_OK)
				return YG_ENOMEM;
			continue;
		}
		if ((size_t)(dot - key) >= sizeof(section))
			return YG_ENOENT; /* nothing that this program wrote */
		memcpy(section, key, (size_t)(dot - key));
		section[dot - key] = '\0';
		body = json_object_get(record, section);
		if (!json_is_object(body) &&
		    (json_object_set_new(record, section, body = json_object()) != 0))
			return YG_ENOMEM;
		if (json_is_null(value))
			(void)json_object_del(body, dot + 1);
		else if (yg_json_set(body, dot + 1, json_deep_copy(value)) != YG_OK)
			return YG_ENOMEM;
		if (json_object_size(body) == 0)
			(void)json_object_del(record, section);
	}
	return YG_OK;
}

int yg_incident_version(const json_t *record, uint32_t number, json_t **ret)
{
	int64_t now = yg_json_int(record, "version", 1);
	const json_t *history = json_object_get(record, "history");
	size_t at = json_array_size(history);
	json_t *copy;
	int rc = YG_OK;

	if (number < 1 || number > now || (uint64_t)(now - number) > at)
		return YG_ENOENT;
	copy = json_deep_copy(record);
	if (!copy)
		return YG_ENOMEM;
	(void)json_object_del(copy, "history"); /* may not be there */
	for (int64_t v = now; rc == YG_OK && v > number; v--) {
		const json_t *one = json_array_get(history, --at);

		rc = yg_json_int(one, "version", 0) == v - 1
			     ? take_back(copy, json_object_get(one, "before"))
			     : YG_ENOENT;
	}
	if (rc == YG_OK)
		rc = yg_json_set(copy, "version", json_integer(number));
	if (rc != YG_OK)
		json_decref(copy);
	else
		*ret = copy;
	return rc;
}

int yg_incident_sent(json_t *record, const struct yg_form *form, enum yg_form_stage stage,
		     int64_t at_ns)
{
	json_t *list = json_object_get(record, "sent");
	char iso[YG_ISO_SIZE];
	json_t *one;

	if (!list && (json_object_set_new(record, "sent", list = json_array()) != 0))
		return YG_ENOMEM;
	if (json_array_size(list) >= YG_INCIDENT_SENT_MAX)
		return YG_ELIMIT;
	(void)yg_time_iso(at_ns / YG_NS_PER_S * YG_NS_PER_S, YG_INCIDENT_ZONE_S, iso);
	one = json_pack("{s:o, s:s, s:s, s:I}", "form", yg_json_string(form->id), "stage",
			yg_form_stage_name(stage), "at", iso, "version",
			(json_int_t)yg_json_int(record, "version", 1));
	return one && json_array_append_new(list, one) == 0 ? YG_OK : YG_ENOMEM;
}
