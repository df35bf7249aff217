/* SPDX-License-Identifier: Apache-2.0 */
/* What STIX 2.1 demands of one object. What it only recommends is not looked at. */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "parse/stix-int.h"
#include "parse/stix_pattern.h"

#include "base/ban.h"

#define DAY_NS (24 * 3600 * YG_NS_PER_S)
#define SHOWN  60 /* bytes of a value that a message shows */

bool yg_stix_wrong(struct yg_stix_where *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(where->text, sizeof(where->text), format, args);
	va_end(args);
	/* Where it was cut, a character may be cut too. */
	for (size_t size = strlen(where->text);
	     size > 0 && !yg_utf8_valid((struct yg_bytes){(uint8_t *)where->text, size});)
		where->text[--size] = 0;
	return false;
}

/* What each type has to have in STIX 2.1; a '!' before a name: in 2.0 too. */
static const struct {
	const char *type;
	const char *needs;
} types[] = {
	{"attack-pattern", "!name"},
	{"campaign", "!name"},
	{"course-of-action", "!name"},
	{"grouping", "context object_refs"},
	{"identity", "!name"},
	{"incident", "name"},
	{"indicator", "!pattern pattern_type !valid_from"},
	{"infrastructure", "name"},
	{"intrusion-set", "!name"},
	{"malware", "is_family"},
	{"malware-analysis", "product"},
	{"note", "content object_refs"},
	{"observed-data", "!first_observed !last_observed !number_observed"},
	{"opinion", "opinion object_refs"},
	{"report", "!name !published !object_refs"},
	{"threat-actor", "!name"},
	{"tool", "!name"},
	{"vulnerability", "!name"},
	{"relationship", "!relationship_type !source_ref !target_ref"},
	{"sighting", "!sighting_of_ref"},
	{"language-content", "object_ref contents"},
	{"extension-definition", "created_by_ref name schema version extension_types"},
	{"autonomous-system", "number"},
	{"directory", "path"},
	{"domain-name", "value"},
	{"email-addr", "value"},
	{"email-message", "is_multipart"},
	{"ipv4-addr", "value"},
	{"ipv6-addr", "value"},
	{"mac-addr", "value"},
	{"mutex", "name"},
	{"network-traffic", "protocols"},
	{"software", "name"},
	{"url", "value"},
};

static const char *const times[] = {
	"created",   "modified",       "valid_from",	"valid_until", "first_seen",
	"last_seen", "first_observed", "last_observed", "published",   "submitted",
};

static const char *const texts[] = {
	"name",		  "description", "pattern",	"pattern_type", "relationship_type",
	"context",	  "content",	 "opinion",	"value",	"product",
	"identity_class", "lang",	 "spec_version"};

/* A thing that is seen on a machine: it has no versions. */
static bool is_observable(const json_t *tree)
{
	return !json_object_get(tree, "created") && !json_object_get(tree, "modified");
}

/* A time that is one by its form, and lies beyond 2261, where times in nanoseconds end. The
 * calendar is the same every 400 years. */
static bool is_far(struct yg_bytes text)
{
	char near[YG_STIX_VERSION_MAX + 1];
	uint64_t year;
	int64_t unused;

	if (text.size <= 4 || text.size > YG_STIX_VERSION_MAX ||
	    !yg_bytes_u64(yg_bytes_cut(text, 0, 4), &year) || year <= 2261)
		return false;
	while (year > 2261)
		year -= 400;
	(void)snprintf(near, sizeof(near), "%04u%.*s", (unsigned)year % 10000,
		       YG_FMT(yg_bytes_from(text, 4)));
	return yg_stix_time(yg_bytes_str(near), &unused);
}

static bool check_times(const json_t *tree, struct yg_stix_where *where)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const json_t *value = json_object_get(tree, times[i]);
		int64_t unused;

		if (!value)
			continue;
		if (!json_is_string(value))
			return yg_stix_wrong(where, "%s: a timestamp is a text", times[i]);
		if (!yg_stix_time(yg_json_text(tree, times[i]), &unused) &&
		    !is_far(yg_json_text(tree, times[i])))
			return yg_stix_wrong(where,
					     "%s: %.*s is no timestamp such as "
					     "2026-11-26T00:00:00.000Z",
					     times[i], SHOWN, json_string_value(value));
	}
	return true;
}

static bool check_texts(const json_t *tree, struct yg_stix_where *where)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const json_t *value = json_object_get(tree, texts[i]);

		if (value && !json_is_string(value))
			return yg_stix_wrong(where, "%s: must be a text", texts[i]);
	}
	return true;
}

static bool is_id(const json_t *value)
{
	return json_is_string(value) &&
	       yg_stix_is_id((struct yg_bytes){(const uint8_t *)json_string_value(value),
					       json_string_length(value)},
			     NULL);
}

/* Bytes of @key for a message: names come from outside. */
static const char *shown(const char *key, char to[SHOWN + 1])
{
	size_t size = 0;

	for (; key[size] && size < SHOWN; size++)
		to[size] = (char)((unsigned char)key[size] < ' ' ? '?' : key[size]);
	while (size > 0 && key[size] && (to[size - 1] & 0x80))
		size--;
	to[size] = 0;
	return to;
}

static bool check_refs(const json_t *tree, struct yg_stix_where *where)
{
	const char *key;
	json_t *value;
	char name[SHOWN + 1];

	json_object_foreach((json_t *)(uintptr_t)tree, key, value)
	{
		struct yg_bytes k = yg_bytes_str(key);
		size_t at;
		json_t *one;

		/* What others added has rules of their own. */
		if (yg_bytes_starts(k, YG_S("x_")))
			continue;
		if (yg_bytes_ends(k, YG_S("_ref")) && !is_id(value))
			return yg_stix_wrong(where, "%s: must be an id, type--UUID",
					     shown(key, name));
		if (!yg_bytes_ends(k, YG_S("_refs")))
			continue;
		if (!json_is_array(value))
			return yg_stix_wrong(where, "%s: must be a list of ids", shown(key, name));
		json_array_foreach(value, at, one)
		{
			if (!is_id(one))
				return yg_stix_wrong(where, "%s[%zu]: must be an id, type--UUID",
						     shown(key, name), at);
		}
	}
	return true;
}

static bool check_list(const json_t *tree, const char *key, const char *const *needs,
		       struct yg_stix_where *where)
{
	const json_t *list = json_object_get(tree, key);
	size_t at;
	json_t *one;

	if (!list)
		return true;
	if (!json_is_array(list))
		return yg_stix_wrong(where, "%s: must be a list", key);
	json_array_foreach(list, at, one)
	{
		if (!needs) {
			if (!json_is_string(one))
				return yg_stix_wrong(where, "%s[%zu]: must be a text", key, at);
			continue;
		}
		for (size_t i = 0; needs[i]; i++)
			if (!json_is_string(json_object_get(one, needs[i])))
				return yg_stix_wrong(where, "%s[%zu].%s: is missing, or no text",
						     key, at, needs[i]);
	}
	return true;
}

static bool check_parts(const json_t *tree, struct yg_stix_where *where)
{
	static const char *const phase[] = {"kill_chain_name", "phase_name", NULL};
	static const char *const reference[] = {"source_name", NULL};
	const json_t *confidence = json_object_get(tree, "confidence");
	const json_t *revoked = json_object_get(tree, "revoked");

	if (confidence && (!json_is_integer(confidence) || json_integer_value(confidence) < 0 ||
			   json_integer_value(confidence) > 100))
		return yg_stix_wrong(where, "confidence: must be a whole number from 0 to 100");
	if (revoked && !json_is_boolean(revoked))
		return yg_stix_wrong(where, "revoked: must be true or false");
	return check_list(tree, "labels", NULL, where) &&
	       check_list(tree, "kill_chain_phases", phase, where) &&
	       check_list(tree, "external_references", reference, where);
}

static bool check_needs(const json_t *tree, const struct yg_stix_object *object,
			struct yg_stix_where *where)
{
	struct yg_bytes rest = {0};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (yg_bytes_eq(object->type, yg_bytes_str(types[i].type)))
			rest = yg_bytes_str(types[i].needs);
	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, ' ');
		struct yg_bytes name = yg_bytes_cut(rest, 0, end);
		bool is_old_too = name.data[0] == '!';

		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
		name = yg_bytes_from(name, is_old_too);
		if ((is_old_too || object->spec == YG_STIX_2_1) &&
		    !json_object_getn(tree, (const char *)name.data, name.size))
			return yg_stix_wrong(where, "%.*s: is missing", YG_FMT(name));
	}
	return true;
}

static bool check_pattern(const json_t *tree, const struct yg_stix_object *object,
			  struct yg_stix_where *where)
{
	struct yg_bytes type = yg_json_text(tree, "pattern_type");
	struct yg_bytes pattern = yg_json_text(tree, "pattern");
	struct yg_fault fault = {0};

	if (!yg_bytes_eq(object->type, YG_S("indicator")) ||
	    (type.size > 0 && !yg_bytes_eq(type, YG_S("stix"))))
		return true;
	if (yg_stix_pattern_check(pattern, &fault) == YG_OK)
		return true;
	return yg_stix_wrong(where, "pattern: at byte %zu: %s", fault.pos, fault.msg);
}

static bool check_id(const json_t *tree, struct yg_stix_object *object, struct yg_stix_where *where)
{
	struct yg_bytes type = {0};

	object->type = yg_json_text(tree, "type");
	object->id = yg_json_text(tree, "id");
	if (object->type.size == 0)
		return yg_stix_wrong(where, "type: is missing, or no text");
	if (object->id.size == 0)
		return yg_stix_wrong(where, "id: is missing, or no text");
	if (!yg_stix_is_id(object->id, &type)) {
		object->id = (struct yg_bytes){0};
		return yg_stix_wrong(where, "id: must be type--UUID");
	}
	if (!yg_bytes_eq(type, object->type))
		return yg_stix_wrong(where, "id: begins with another type than the object's");
	return true;
}

static bool check_spec(const json_t *tree, struct yg_stix_object *object,
		       struct yg_stix_where *where)
{
	struct yg_bytes spec = yg_json_text(tree, "spec_version");

	/* Without it: a thing of 2.0, or an observable, for which 2.1 lets it be left out. */
	object->spec = is_observable(tree) ? YG_STIX_2_1 : YG_STIX_2_0;
	if (spec.size == 0)
		return true;
	object->spec = yg_bytes_eq(spec, YG_S("2.0")) ? YG_STIX_2_0 : YG_STIX_2_1;
	if (!yg_bytes_eq(spec, YG_S("2.0")) && !yg_bytes_eq(spec, YG_S("2.1")))
		return yg_stix_wrong(where, "spec_version: 2.0 and 2.1 are known");
	return true;
}

static bool is_type(const struct yg_stix_object *object, const char *type)
{
	return yg_bytes_eq(object->type, yg_bytes_str(type));
}

/* Is what makes a version there? */
static bool has_version(const json_t *tree, const struct yg_stix_ask *ask,
			const struct yg_stix_object *object, struct yg_stix_where *where)
{
	bool is_fixed =
		is_type(object, "marking-definition") || is_type(object, "language-content");
	bool has_modified = yg_json_text(tree, "modified").size > 0;

	if (yg_json_text(tree, "created").size == 0)
		return is_fixed || has_modified ? yg_stix_wrong(where, "created: is missing")
						: true;
	if (has_modified || is_type(object, "marking-definition") || ask->may_lack_modified)
		return true;
	return yg_stix_wrong(where, "modified: is missing");
}

/* When it was made, and which version it is. */
static bool check_version(const json_t *tree, const struct yg_stix_ask *ask,
			  struct yg_stix_object *object, struct yg_stix_where *where)
{
	struct yg_bytes created = yg_json_text(tree, "created");
	struct yg_bytes modified = yg_json_text(tree, "modified");
	const char *name = modified.size > 0 ? "modified" : "created";
	int64_t created_ns = 0;

	object->version = modified.size > 0 ? modified : created;
	if (!has_version(tree, ask, object, where))
		return false;
	if (object->version.size == 0)
		return true;
	if (!yg_stix_time(object->version, &object->version_ns) ||
	    !yg_stix_time(created, &created_ns)) {
		struct yg_bytes version = object->version;

		object->version = (struct yg_bytes){0};
		return is_far(version) ? yg_stix_wrong(where, "%s: %.*s lies in the future", name,
						       YG_FMT(version))
				       : yg_stix_wrong(where, "created: lies in the future");
	}
	if (object->version_ns < created_ns)
		return yg_stix_wrong(where, "modified: is before created");
	if (ask->now_ns > 0 && object->version_ns > ask->now_ns + DAY_NS)
		return yg_stix_wrong(where, "%s: %.*s lies in the future", name,
				     YG_FMT(object->version));
	return true;
}

bool yg_stix_check(const json_t *tree, const struct yg_stix_ask *ask, struct yg_stix_object *object,
		   struct yg_stix_where *where)
{
	if (!json_is_object(tree))
		return yg_stix_wrong(where, ": must be an object");
	return check_id(tree, object, where) && check_texts(tree, where) &&
	       check_times(tree, where) && check_spec(tree, object, where) &&
	       check_version(tree, ask, object, where) && check_needs(tree, object, where) &&
	       check_refs(tree, where) && check_parts(tree, where) &&
	       check_pattern(tree, object, where);
}

/* ---- markings ---- */

/* A definition that says TLP must be one of the published ones: an id of one's own would be RED
 * for some and nothing for others. */
static bool check_definition(const json_t *tree, const struct yg_stix_object *object,
			     struct yg_stix_where *where)
{
	const json_t *extensions = json_object_get(tree, "extensions");
	const json_t *tlp = json_object_get(
		extensions, "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d");
	enum yg_tlp unused;

	if (!is_type(object, "marking-definition") || yg_stix_tlp_of_id(object->id, &unused))
		return true;
	if (tlp || yg_bytes_eq(yg_json_text(tree, "definition_type"), YG_S("tlp")))
		return yg_stix_wrong(where, "id: a TLP marking has one of the published ids");
	return true;
}

static bool take_mark(const json_t *value, const struct yg_stix_marks *marks,
		      struct yg_stix_object *object)
{
	struct yg_bytes id = {(const uint8_t *)json_string_value(value), json_string_length(value)};
	enum yg_tlp tlp;

	if (!yg_stix_tlp_of_id(id, &tlp))
		return yg_bytes_starts(id, YG_S("marking-definition--")) &&
		       marks->is_known(marks->arg, id);
	if (tlp > object->tlp)
		object->tlp = tlp;
	return true;
}

bool yg_stix_check_marks(const json_t *tree, const struct yg_stix_marks *marks,
			 struct yg_stix_object *object, struct yg_stix_where *where)
{
	const json_t *list = json_object_get(tree, "object_marking_refs");
	const json_t *parts = json_object_get(tree, "granular_markings");
	size_t at;
	json_t *one;

	if (!check_definition(tree, object, where))
		return false;
	json_array_foreach(list, at, one)
	{
		if (!take_mark(one, marks, object))
			return yg_stix_wrong(where,
					     "object_marking_refs[%zu]: %s is not known here: "
					     "send its definition along",
					     at, json_string_value(one));
	}
	if (parts && !json_is_array(parts))
		return yg_stix_wrong(where, "granular_markings: must be a list");
	json_array_foreach(parts, at, one)
	{
		const json_t *ref = json_object_get(one, "marking_ref");

		if (!json_is_array(json_object_get(one, "selectors")))
			return yg_stix_wrong(where, "granular_markings[%zu].selectors: is missing",
					     at);
		if (!ref && json_is_string(json_object_get(one, "lang")))
			continue;
		/* A part that is stricter makes the whole stricter: nothing is cut out of it. */
		if (!is_id(ref) || !take_mark(ref, marks, object))
			return yg_stix_wrong(where,
					     "granular_markings[%zu].marking_ref: no definition "
					     "of it is known here",
					     at);
	}
	return true;
}
