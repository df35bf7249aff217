/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and wishes as JSON. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdarg.h>

#include "base/hash.h"
#include "wire/fields-int.h"
#include "wire/policy.h"

#include "base/ban.h"

#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/* ---- writing: members in the order of their names ---- */

static void add_text(struct yg_buf *to, const char *before, const char *text)
{
	yg_buf_add_str(to, before);
	yg_buf_add_json(to, yg_bytes_str(text));
}

static void add_field(struct yg_buf *to, const struct yg_policy_field *field)
{
	add_text(to, "{\"field\":", field->name);
	add_text(to, ",\"kind\":", field->kind);
	add_text(to, ",\"mask\":", yg_policy_mask_word(field->mask));
	yg_buf_add_byte(to, '}');
}

static void add_source(struct yg_buf *to, const struct yg_policy_source *source)
{
	add_text(to, "{\"kind\":", source->kind);
	yg_buf_addf(to, ",\"leave\":%s", source->leaves ? "true" : "false");
	add_text(to, ",\"name\":", source->name);
	if (source->has_class)
		add_text(to, ",\"secrecy\":", yg_policy_class_word(source->class_));
	yg_buf_add_byte(to, '}');
}

/* Those that are switched on. */
static void add_secrecy(struct yg_buf *to, const struct yg_policy *policy)
{
	bool is_first = true;

	yg_buf_add_byte(to, '[');
	for (unsigned i = 0; i < YG_POLICY_CLASS_COUNT; i++) {
		const struct yg_policy_secrecy *s = &policy->secrecy[i];

		if (!s->is_on)
			continue;
		yg_buf_add_str(to, is_first ? "{" : ",{");
		is_first = false;
		add_text(to, "\"basis\":", yg_policy_basis_word(s->basis));
		add_text(to, ",\"by\":", s->by);
		add_text(to, ",\"kind\":", yg_policy_class_word((enum yg_policy_class)i));
		add_text(to, ",\"note\":", s->note);
		add_text(to, ",\"on\":", s->on);
		yg_buf_add_byte(to, '}');
	}
	yg_buf_add_byte(to, ']');
}

int yg_policy_write(const struct yg_policy *policy, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"fields\":[");
	for (size_t i = 0; i < policy->field_count; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		add_field(to, &policy->fields[i]);
	}
	yg_buf_addf(to, "],\"raw\":%s,\"secrecy\":", policy->raw ? "true" : "false");
	add_secrecy(to, policy);
	yg_buf_add_str(to, ",\"sources\":[");
	for (size_t i = 0; i < policy->source_count; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		add_source(to, &policy->sources[i]);
	}
	yg_buf_add_str(to, "]}");
	return yg_buf_error(to);
}

int yg_policy_write_both(const struct yg_policy *local, const struct yg_policy *wish,
			 struct yg_buf *to)
{
	int rc;

	yg_buf_add_str(to, "{\"local\":");
	rc = yg_policy_write(local, to);
	yg_buf_add_str(to, ",\"wish\":");
	if (rc == YG_OK && wish)
		rc = yg_policy_write(wish, to);
	else
		yg_buf_add_str(to, "null");
	yg_buf_add_byte(to, '}');
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

int yg_policy_write_told(const struct yg_policy *local, const uint8_t digest[YG_SHA256_BYTES],
			 struct yg_buf *to)
{
	char hex[YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){digest, YG_SHA256_BYTES}, hex);
	yg_buf_addf(to, "{\"raw\":%s,\"secrecy\":", local->raw ? "true" : "false");
	add_secrecy(to, local);
	yg_buf_addf(to, ",\"sha256\":\"%s\"}", hex);
	return yg_buf_error(to);
}

/* ---- reading a wish ---- */

static const struct yg_wire_field wish_fields[] = {
	{"sources", YG_WIRE_KIND_LIST, YG_POLICY_SOURCES_MAX, true,
	 "`sources` must be a list of at most 96"},
	{"fields", YG_WIRE_KIND_LIST, YG_POLICY_FIELDS_MAX, true,
	 "`fields` must be a list of at most 128"},
	{"secrecy", YG_WIRE_KIND_LIST, YG_POLICY_CLASS_COUNT, true,
	 "`secrecy` must be a list of words"},
};

static const struct yg_wire_field source_fields[] = {
	{"name", YG_WIRE_KIND_TEXT, YG_POLICY_NAME_MAX, true, "`name` must be at most 255 bytes"},
	{"kind", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, true, "`kind` must be a short word"},
};

static const struct yg_wire_field field_fields[] = {
	{"field", YG_WIRE_KIND_TEXT, YG_POLICY_FIELD_MAX, false,
	 "`field` must be at most 63 bytes"},
	{"kind", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, true, "`kind` must be a short word"},
	{"mask", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, false, "`mask` must be a word"},
};

static int refuse(struct yg_wire_fault *reterr, const char *msg)
{
	return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST, msg, 0);
}

/* Texts of a policy stand in ledgers and on screens: no control characters. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < 0x20 || (uint8_t)*text == 0x7f)
			return false;
	return true;
}

static int read_source(const json_t *item, struct yg_policy *ret, struct yg_wire_fault *reterr)
{
	struct yg_policy_source *source = &ret->sources[ret->source_count];
	const json_t *leave = json_object_get(item, "leave");
	int rc = yg_wire_fields_check(item, source_fields, COUNT(source_fields), YG_WIRE_REQUEST,
				      reterr);

	if (rc != YG_OK)
		return rc;
	if (!json_is_boolean(leave))
		return refuse(reterr, "`leave` of a source must be true or false");
	*source = (struct yg_policy_source){.leaves = json_is_true(leave)};
	yg_wire_text(item, "name", source->name, sizeof(source->name));
	yg_wire_text(item, "kind", source->kind, sizeof(source->kind));
	if (!is_plain(source->name) || !is_plain(source->kind))
		return refuse(reterr, "a source has control characters in its name");
	ret->source_count++;
	return YG_OK;
}

static int read_field(const json_t *item, struct yg_policy *ret, struct yg_wire_fault *reterr)
{
	struct yg_policy_field *field = &ret->fields[ret->field_count];
	int rc = yg_wire_fields_check(item, field_fields, COUNT(field_fields), YG_WIRE_REQUEST,
				      reterr);

	if (rc != YG_OK)
		return rc;
	*field = (struct yg_policy_field){0};
	if (!yg_policy_mask_by_word(yg_json_text(item, "mask"), &field->mask))
		return refuse(reterr, "`mask` must be keep, truncate, hash or drop");
	yg_wire_text(item, "field", field->name, sizeof(field->name));
	yg_wire_text(item, "kind", field->kind, sizeof(field->kind));
	if (!field->name[0] || !is_plain(field->name) || !is_plain(field->kind))
		return refuse(reterr, "a field has no name, or control characters in it");
	ret->field_count++;
	return YG_OK;
}

static int read_class(const json_t *item, struct yg_policy *ret, struct yg_wire_fault *reterr)
{
	struct yg_bytes word = {(const uint8_t *)json_string_value(item), json_string_length(item)};
	enum yg_policy_class class_;

	if (!yg_policy_class_by_word(word, &class_) || class_ == YG_POLICY_NONE)
		return refuse(reterr, "`secrecy` lists mail, proxy, dns, flows");
	ret->secrecy[class_].is_on = true;
	return YG_OK;
}

static int read_list(const json_t *object, const char *key,
		     int (*read)(const json_t *, struct yg_policy *, struct yg_wire_fault *),
		     struct yg_policy *ret, struct yg_wire_fault *reterr)
{
	const json_t *list = json_object_get(object, key);
	int rc = YG_OK;

	for (size_t i = 0; i < json_array_size(list) && rc == YG_OK; i++)
		rc = read(json_array_get(list, i), ret, reterr);
	return rc;
}

int yg_policy_wish_read(struct yg_bytes text, struct yg_policy *ret, struct yg_wire_fault *reterr)
{
	struct yg_fault fault;
	json_t *object = NULL;
	const json_t *raw;
	int rc = yg_json_load(text, YG_WIRE_PAYLOAD_MAX, &object, &fault);

	memset(ret, 0, sizeof(*ret));
	ret->raw = true;
	if (rc != YG_OK)
		return yg_wire_fault_set(reterr, rc,
					 rc == YG_ENOMEM ? YG_WIRE_BUSY : YG_WIRE_REQUEST,
					 fault.msg, fault.pos);
	rc = yg_wire_fields_check(object, wish_fields, COUNT(wish_fields), YG_WIRE_REQUEST, reterr);
	raw = json_object_get(object, "raw");
	if (rc == YG_OK && raw && !json_is_boolean(raw))
		rc = refuse(reterr, "`raw` must be true or false");
	if (rc == YG_OK && raw)
		ret->raw = json_is_true(raw);
	if (rc == YG_OK)
		rc = read_list(object, "sources", read_source, ret, reterr);
	if (rc == YG_OK)
		rc = read_list(object, "fields", read_field, ret, reterr);
	if (rc == YG_OK)
		rc = read_list(object, "secrecy", read_class, ret, reterr);
	json_decref(object);
	return rc;
}

/* ---- what is refused of it ---- */

struct words {
	char *to;
	size_t room;
	size_t size;
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *words, const char *format, ...)
{
	va_list args;
	int size;

	words->count++;
	if (words->size + 1 >= words->room)
		return;
	if (words->size > 0) {
		size = snprintf(words->to + words->size, words->room - words->size, "; ");
		words->size += size > 0 ? (size_t)size : 0;
	}
	if (words->size + 1 >= words->room)
		return;
	va_start(args, format);
	size = vsnprintf(words->to + words->size, words->room - words->size, format, args);
	va_end(args);
	words->size += size > 0 ? (size_t)size : 0;
	if (words->size >= words->room)
		words->size = words->room - 1; /* cut */
}

size_t yg_policy_refusals(const struct yg_policy *local, const struct yg_policy *wish, char *to,
			  size_t room, size_t *ret_asked)
{
	struct words words = {.to = to, .room = room};
	size_t asked = wish->source_count + wish->field_count + !wish->raw;

	to[0] = '\0';
	for (size_t i = 0; i < wish->source_count; i++) {
		const struct yg_policy_source *s = &wish->sources[i];
		enum yg_policy_class class_;

		if (s->leaves &&
		    yg_policy_ask(local, NULL, yg_bytes_str(s->kind), yg_bytes_str(s->name),
				  YG_POLICY_NONE, &class_) != YG_POLICY_LEAVES)
			add(&words, "source %s%s%s stays here", s->kind, s->name[0] ? " " : "",
			    s->name);
	}
	for (size_t i = 0; i < wish->field_count; i++) {
		const struct yg_policy_field *f = &wish->fields[i];
		enum yg_policy_mask mask = yg_policy_mask_of(local, NULL, yg_bytes_str(f->name),
							     yg_bytes_str(f->kind));

		if (f->mask < mask)
			add(&words, "field %s: %s, not %s", f->name, yg_policy_mask_word(mask),
			    yg_policy_mask_word(f->mask));
	}
	for (unsigned i = 0; i < YG_POLICY_CLASS_COUNT; i++) {
		asked += wish->secrecy[i].is_on;
		if (wish->secrecy[i].is_on && !local->secrecy[i].is_on)
			add(&words, "%s is not switched on here",
			    yg_policy_class_word((enum yg_policy_class)i));
	}
	*ret_asked = asked;
	return words.count;
}
