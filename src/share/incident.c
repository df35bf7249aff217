/* SPDX-License-Identifier: Apache-2.0 */
/* A record of an incident: what may stand in it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "share/incident.h"

#include "access/hub.h"
#include "base/nearest.h"
#include "model/notice.h"
#include "share/incident-int.h"

#include "base/ban.h"

#define PATH_ROOM  128u
#define TO_MINUTES 16u /* of "2026-11-25T09:30" */
#define COUNT_MAX  INT64_C(1000000000000)

struct checking {
	const struct yg_incident_ask *ask;
	struct yg_incident_faults *faults;
	int32_t today;
};

/* "PATH: TEXT" */
__attribute__((format(printf, 3, 4))) static void fault(const struct checking *c, const char *path,
							const char *format, ...)
{
	struct yg_incident_faults *to = c->faults;
	char *line;
	va_list args;
	int size;

	to->all++;
	if (to->count == YG_INCIDENT_FAULTS_MAX)
		return;
	line = to->at[to->count++];
	size = snprintf(line, YG_LINE_FAULT_MAX, "%.*s: ", (int)PATH_ROOM, path);
	va_start(args, format);
	(void)vsnprintf(line + size, YG_LINE_FAULT_MAX - (size_t)size, yg_tr(c->ask->lang, format),
			args); /* cut */
	va_end(args);
}

/* "attack.indicators[3].type"; a strange key is cut. */
__attribute__((format(printf, 2, 3))) static const char *path_of(char to[PATH_ROOM],
								 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(to, PATH_ROOM, format, args);
	va_end(args);
	return to;
}

bool yg_incident_is_id(struct yg_bytes id)
{
	for (size_t i = 0; i < id.size; i++) {
		uint8_t c = id.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr("._-", c))))
			return false;
	}
	return id.size > 0 && id.size <= YG_INCIDENT_ID_MAX && id.data[0] != '.' &&
	       id.data[0] != '-';
}

json_t *yg_incident_new(const char *id)
{
	return json_pack("{s:s, s:s, s:s, s:i}", "format", YG_INCIDENT_FORMAT, "id", id, "tlp",
			 "amber", "version", 1);
}

const json_t *yg_incident_value(const struct yg_forms *forms, const json_t *record, uint32_t field)
{
	const struct yg_form_field *f = &forms->fields[field];
	const struct yg_form_section *section = &forms->sections[f->section];

	/* Names of the dictionary end with a NUL (parse/yaml.h, yg_arena_dup of its texts). */
	return json_object_getn(
		json_object_getn(record, (const char *)section->name.data, section->name.size),
		(const char *)f->name.data, f->name.size);
}

struct yg_bytes yg_incident_text(const json_t *value)
{
	return json_is_string(value) ? (struct yg_bytes){(const uint8_t *)json_string_value(value),
							 json_string_length(value)}
				     : (struct yg_bytes){0};
}

/* ---- one value ---- */

static bool has_controls(struct yg_bytes text, bool may_break)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if ((c < ' ' && !(may_break && (c == '\n' || c == '\t'))) || c == 0x7f)
			return true;
	}
	return false;
}

static bool check_text(const struct checking *c, const char *path, const json_t *value,
		       bool is_prose)
{
	size_t max = is_prose ? YG_INCIDENT_PROSE_MAX : YG_INCIDENT_LINE_MAX;
	struct yg_bytes text = yg_incident_text(value);

	if (!json_is_string(value))
		fault(c, path, N_("a text is expected"));
	else if (text.size > max)
		fault(c, path, N_("%zu bytes; at most %zu may stand here"), text.size, max);
	else if (yg_bytes_trim(text).size == 0)
		fault(c, path, N_("is empty: give a value, or leave the field out"));
	else if (has_controls(text, is_prose))
		fault(c, path,
		      is_prose ? N_("control characters may not stand here")
			       : N_("control characters and line breaks may not stand here"));
	else
		return true;
	return false;
}

static void check_lines(const struct checking *c, const char *path, const json_t *value)
{
	char at[PATH_ROOM];

	if (!json_is_array(value) || json_array_size(value) == 0) {
		fault(c, path, N_("a list of lines is expected"));
		return;
	}
	if (json_array_size(value) > YG_INCIDENT_LIST_MAX) {
		fault(c, path, N_("%zu entries; at most %u may stand here"), json_array_size(value),
		      YG_INCIDENT_LIST_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		(void)path_of(at, "%s[%zu]", path, i);
		(void)check_text(c, at, json_array_get(value, i), false);
	}
}

static void check_choice(const struct checking *c, const char *path,
			 const struct yg_form_field *field, const json_t *value)
{
	struct yg_bytes keys[YG_FORM_CHOICES_MAX];
	struct yg_bytes key = yg_incident_text(value);
	size_t near;

	if (!json_is_string(value)) {
		fault(c, path, N_("exactly one choice is expected"));
		return;
	}
	if (yg_form_choice_find(field, key))
		return;
	for (uint32_t i = 0; i < field->choice_count; i++)
		keys[i] = field->choices[i].key;
	near = yg_nearest_of(key, keys, field->choice_count);
	if (near != SIZE_MAX)
		fault(c, path, N_("there is no choice %.*s; is %.*s meant?"),
		      key.size > 40 ? 40 : (int)key.size, (const char *)key.data,
		      YG_FMT(keys[near]));
	else
		fault(c, path, N_("there is no choice %.*s; the first is %.*s"),
		      key.size > 40 ? 40 : (int)key.size, (const char *)key.data, YG_FMT(keys[0]));
}

static void check_choices(const struct checking *c, const char *path,
			  const struct yg_form_field *field, const json_t *value)
{
	char at[PATH_ROOM];

	if (!json_is_array(value) || json_array_size(value) == 0 ||
	    json_array_size(value) > YG_FORM_CHOICES_MAX) {
		fault(c, path, N_("a list of choices is expected"));
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		(void)path_of(at, "%s[%zu]", path, i);
		check_choice(c, at, field, json_array_get(value, i));
		for (size_t k = 0; k < i; k++)
			if (json_equal(json_array_get(value, i), json_array_get(value, k)))
				fault(c, at, N_("stands twice"));
	}
}

int32_t yg_incident_day(struct yg_bytes text, int64_t *ret_ns)
{
	int32_t day = yg_day_read(text);
	char whole[YG_ISO_SIZE + 4];
	bool has_zone;

	*ret_ns = YG_TIME_NONE;
	if (day != YG_DAY_NONE)
		return day;
	/* People leave the seconds out. */
	if (text.size >= TO_MINUTES && text.size < YG_ISO_SIZE &&
	    (text.size == TO_MINUTES || text.data[TO_MINUTES] != ':')) {
		struct yg_bytes zone = yg_bytes_from(text, TO_MINUTES);

		(void)snprintf(whole, sizeof(whole), "%.*s:00%.*s", (int)TO_MINUTES,
			       (const char *)text.data, YG_FMT(zone)); /* fits: as above */
		text = yg_bytes_str(whole);
	}
	if (!yg_time_parse_iso(text, YG_INCIDENT_ZONE_S, ret_ns, &has_zone))
		return YG_DAY_NONE;
	return yg_day_of_time(*ret_ns, YG_INCIDENT_ZONE_S);
}

static void check_tense(const struct checking *c, const char *path,
			const struct yg_form_field *field, int32_t day, int64_t ns, bool was_there)
{
	char today[YG_DAY_SIZE];
	char said[YG_DAY_SIZE];

	yg_day_write(c->today, today);
	yg_day_write(day, said);
	if (field->tense == YG_FORM_PAST &&
	    (day > c->today || (ns != YG_TIME_NONE && ns > c->ask->now_ns)))
		fault(c, path, N_("%s lies in the future (today is %s)"), said, today);
	if (field->tense == YG_FORM_FUTURE && day < c->today && !was_there)
		fault(c, path, N_("%s is over; give a day from %s on"), said, today);
}

static void check_time(const struct checking *c, const char *path, uint32_t index,
		       const json_t *value)
{
	const struct yg_form_field *field = &c->ask->forms->fields[index];
	const json_t *before =
		c->ask->before ? yg_incident_value(c->ask->forms, c->ask->before, index) : NULL;
	int64_t ns;
	int32_t day = yg_incident_day(yg_incident_text(value), &ns);

	if (day == YG_DAY_NONE || (field->type == YG_FORM_DAY && ns != YG_TIME_NONE))
		fault(c, path,
		      field->type == YG_FORM_DAY
			      ? N_("a day is expected, such as 2026-11-25")
			      : N_("a time is expected, such as 2026-11-25T09:30 or "
				   "2026-11-25T00:30:00Z, or a day"));
	else
		check_tense(c, path, field, day, ns, before && json_equal(before, value));
}

static bool is_indicator_type(struct yg_bytes type)
{
	for (unsigned i = 0; i < YG_NOTICE_INDICATOR_COUNT; i++)
		if (yg_bytes_eq(type, yg_bytes_str(yg_notice_indicator_name(
					      (enum yg_notice_indicator_type)i))))
			return true;
	return false;
}

static void check_indicator(const struct checking *c, const char *path, const json_t *one)
{
	static const char *const keys[] = {"type", "value", "comment"};
	const char *key;
	json_t *value;
	char at[PATH_ROOM];

	if (!json_is_object(one)) {
		fault(c, path, N_("{\"type\", \"value\", \"comment\"} is expected"));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)one, key, value) /* not changed */
	{
		(void)path_of(at, "%s.%.40s", path, key);
		if (strcmp(key, keys[0]) != 0 && strcmp(key, keys[1]) != 0 &&
		    strcmp(key, keys[2]) != 0)
			fault(c, at, N_("there is no such field"));
		else
			(void)check_text(c, at, value, false);
	}
	(void)path_of(at, "%s.type", path);
	if (!is_indicator_type(yg_json_text(one, "type")))
		fault(c, at, N_("address, domain, url, hash, mail or file is expected"));
	(void)path_of(at, "%s.value", path);
	if (!json_object_get(one, "value"))
		fault(c, at, N_("is missing"));
}

static void check_indicators(const struct checking *c, const char *path, const json_t *value)
{
	char at[PATH_ROOM];

	if (!json_is_array(value) || json_array_size(value) == 0 ||
	    json_array_size(value) > YG_INCIDENT_LIST_MAX) {
		fault(c, path, N_("a list of 1 to %u indicators is expected"),
		      YG_INCIDENT_LIST_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		(void)path_of(at, "%s[%zu]", path, i);
		check_indicator(c, at, json_array_get(value, i));
	}
}

/* Text, and of the corporate number its digits. */
static void check_line(const struct checking *c, const char *path,
		       const struct yg_form_field *field, const json_t *value)
{
	if (check_text(c, path, value, field->type == YG_FORM_PROSE) &&
	    strcmp(path, "reporter.corporate_number") == 0 &&
	    !yg_corporate_number_is_right(yg_incident_text(value)))
		fault(c, path, N_("no corporate number: 13 digits, the first checks the others"));
}

static void check_count(const struct checking *c, const char *path, const json_t *value)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > COUNT_MAX)
		fault(c, path, N_("a whole number from 0 on is expected"));
}

static void check_value(const struct checking *c, uint32_t index, const json_t *value)
{
	const struct yg_form_field *field = &c->ask->forms->fields[index];
	char path[PATH_ROOM];

	(void)path_of(path, "%.*s", YG_FMT(field->path));
	switch (field->type) {
	case YG_FORM_LINE:
	case YG_FORM_PROSE:
		check_line(c, path, field, value);
		break;
	case YG_FORM_LINES:
		check_lines(c, path, value);
		break;
	case YG_FORM_TIME:
	case YG_FORM_DAY:
		check_time(c, path, index, value);
		break;
	case YG_FORM_COUNT:
		check_count(c, path, value);
		break;
	case YG_FORM_ANSWER:
	case YG_FORM_CHOICE:
		check_choice(c, path, field, value);
		break;
	case YG_FORM_CHOICES:
		check_choices(c, path, field, value);
		break;
	default:
		check_indicators(c, path, value);
		break;
	}
}

/* ---- the whole ---- */

/* The field of @section that was probably meant; empty: none is near. */
static struct yg_bytes nearest_field(const struct yg_forms *forms,
				     const struct yg_form_section *section, struct yg_bytes name)
{
	struct yg_bytes names[YG_FORM_FIELDS_MAX];
	size_t near;

	for (uint32_t i = 0; i < section->count; i++)
		names[i] = forms->fields[section->first + i].name;
	near = yg_nearest_of(name, names, section->count);
	return near == SIZE_MAX ? (struct yg_bytes){0} : names[near];
}

static void check_section(const struct checking *c, const struct yg_form_section *section,
			  const json_t *body)
{
	const struct yg_forms *forms = c->ask->forms;
	char path[PATH_ROOM];
	const char *key;
	json_t *value;

	(void)path_of(path, "%.*s", YG_FMT(section->name));
	if (!json_is_object(body)) {
		fault(c, path, N_("fields and their values are expected"));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)body, key, value) /* not changed */
	{
		struct yg_bytes name = yg_bytes_str(key), near;
		uint32_t i = section->first;

		while (i < section->first + section->count &&
		       !yg_bytes_eq(name, forms->fields[i].name))
			i++;
		if (i < section->first + section->count) {
			check_value(c, i, value);
			continue;
		}
		near = nearest_field(forms, section, name);
		(void)path_of(path, "%.*s.%.40s", YG_FMT(section->name), key);
		if (near.size)
			fault(c, path, N_("there is no such field; is %.*s meant?"), YG_FMT(near));
		else
			fault(c, path, N_("there is no such field"));
	}
}

/* [{"form","stage","at","version"}] */
static void check_sent(const struct checking *c, const json_t *list)
{
	if (!json_is_array(list) || json_array_size(list) > YG_INCIDENT_SENT_MAX) {
		fault(c, "sent", N_("a list of at most %u entries is expected"),
		      YG_INCIDENT_SENT_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct yg_bytes form = yg_json_text(one, "form");
		struct yg_bytes at = yg_json_text(one, "at");
		enum yg_form_stage stage;
		char path[PATH_ROOM];
		int64_t ns;

		(void)path_of(path, "sent[%zu]", i);
		if (!json_is_object(one) || json_object_size(one) != 4 || form.size == 0 ||
		    form.size > YG_FORM_WORD_MAX ||
		    !yg_form_stage_by_name(yg_json_text(one, "stage"), &stage) ||
		    yg_incident_day(at, &ns) == YG_DAY_NONE || yg_json_int(one, "version", 0) < 1)
			fault(c, path,
			      N_("{\"form\", \"stage\", \"at\", \"version\"} is expected"));
	}
}

static void check_history(const struct checking *c, const json_t *list)
{
	if (!json_is_array(list) || json_array_size(list) > YG_INCIDENT_HISTORY_MAX) {
		fault(c, "history", N_("a list of at most %u entries is expected"),
		      YG_INCIDENT_HISTORY_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		char path[PATH_ROOM];

		(void)path_of(path, "history[%zu]", i);
		if (!json_is_object(one) || yg_json_int(one, "version", 0) < 1 ||
		    !json_is_object(json_object_get(one, "before")) ||
		    !json_is_string(json_object_get(one, "until")) ||
		    !json_is_string(json_object_get(one, "by")) || json_object_size(one) != 4)
			fault(c, path,
			      N_("{\"version\", \"until\", \"by\", \"before\"} is expected"));
	}
}

/* What is no section. False: it is none of those either. */
static bool check_top(const struct checking *c, const char *key, const json_t *value)
{
	enum yg_tlp tlp;

	if (strcmp(key, "format") == 0)
		return true; /* looked at before */
	if (strcmp(key, "id") == 0) {
		if (!yg_incident_is_id(yg_incident_text(value)))
			fault(c, key, N_("letters, digits, . _ and -, at most %u of them"),
			      YG_INCIDENT_ID_MAX);
	} else if (strcmp(key, "tlp") == 0) {
		if (!yg_tlp_by_name(yg_incident_text(value), &tlp) || tlp == YG_TLP_NONE)
			fault(c, key, N_("clear, green, amber, amber+strict or red is expected"));
	} else if (strcmp(key, "version") == 0) {
		if (!json_is_integer(value) || json_integer_value(value) < 1 ||
		    json_integer_value(value) > INT32_MAX)
			fault(c, key, N_("a whole number from 1 on is expected"));
	} else if (strcmp(key, "sent") == 0) {
		check_sent(c, value);
	} else if (strcmp(key, "history") == 0) {
		check_history(c, value);
	} else {
		return false;
	}
	return true;
}

static const struct yg_form_section *section_of(const struct yg_forms *forms, const char *key)
{
	for (uint32_t i = 0; i < forms->section_count; i++)
		if (yg_bytes_eq(forms->sections[i].name, yg_bytes_str(key)))
			return &forms->sections[i];
	return NULL;
}

int yg_incident_check(const struct yg_incident_ask *ask, const json_t *record,
		      struct yg_incident_faults *faults)
{
	struct checking c = {ask, faults, yg_day_of_time(ask->now_ns, YG_INCIDENT_ZONE_S)};
	const char *key;
	json_t *value;

	*faults = (struct yg_incident_faults){0};
	if (!json_is_object(record) ||
	    !yg_bytes_eq(yg_json_text(record, "format"), YG_S(YG_INCIDENT_FORMAT))) {
		fault(&c, "format", N_("\"%s\" is expected"), YG_INCIDENT_FORMAT);
		return YG_EINVAL;
	}
	if (!json_object_get(record, "id"))
		fault(&c, "id", N_("is missing"));
	json_object_foreach((json_t *)(uintptr_t)record, key, value) /* not changed */
	{
		const struct yg_form_section *section = section_of(ask->forms, key);
		char path[PATH_ROOM];

		(void)path_of(path, "%.60s", key);
		if (section)
			check_section(&c, section, value);
		else if (!check_top(&c, key, value))
			fault(&c, path, N_("there is no such section"));
	}
	return faults->all ? YG_EINVAL : YG_OK;
}
