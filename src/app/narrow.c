/* SPDX-License-Identifier: Apache-2.0 */
#include "app/narrow.h"

#include "app/say.h"
#include "detect/keys.h"

#include "base/ban.h"

#define TIME_TEXT_MAX 64u
#define DAY_SIZE      10u /* 2026-11-21 */
#define DAY_NS	      (INT64_C(86400) * YG_NS_PER_S)

int yg_narrow_time(const char *option, const char *text, bool is_end, const struct yg_zone *zone,
		   int64_t *ret_ns)
{
	char full[TIME_TEXT_MAX];
	size_t size = strlen(text);
	bool has_zone;
	int64_t local_ns;

	/* A day alone begins at its midnight, a minute at its first second. */
	if (snprintf(full, sizeof(full), "%s%s", text,
		     size == DAY_SIZE ? "T00:00:00"
		     : size == 16     ? ":00"
				      : "") < (int)sizeof(full) &&
	    yg_time_parse_iso(yg_bytes_str(full), 0, &local_ns, &has_zone)) {
		if (is_end && size == DAY_SIZE)
			local_ns += DAY_NS;
		*ret_ns = has_zone ? local_ns
				   : local_ns - yg_zone_offset_local(zone, local_ns / YG_NS_PER_S) *
							YG_NS_PER_S;
		return YG_OK;
	}
	yg_say_hint(N_("write it as 2026-11-21 or 2026-11-21T08:30:00+09:00"),
		    N_("%s %s: this is no time"), option, yg_say_safe(yg_bytes_str(text), 80));
	return YG_EINVAL;
}

static void add_key(void *arg, uint64_t key)
{
	struct yg_narrow *n = arg;
	struct yg_narrow_field *field = &n->fields[n->field_count];

	if (n->key_count == YG_NARROW_KEYS_MAX)
		return; /* fewer keys: frames too many are read */
	n->keys[n->key_count++] = key;
	field->key_count++;
}

void yg_narrow_init(struct yg_narrow *ret)
{
	*ret = (struct yg_narrow){.from_ns = INT64_MIN + 1, /* YG_TIME_NONE is no time */
				  .to_ns = INT64_MAX};
}

int yg_narrow_add(struct yg_narrow *n, struct yg_bytes name, struct yg_bytes value)
{
	struct yg_narrow_field *field = &n->fields[n->field_count];

	if (n->field_count == YG_NARROW_FIELDS_MAX)
		return YG_ELIMIT;
	*field = (struct yg_narrow_field){
		.name = name, .value = value, .group = n->group_count, .key_at = n->key_count};
	for (uint32_t i = 0; i < n->field_count; i++)
		if (yg_bytes_eq_nocase(n->fields[i].name, field->name))
			field->group = n->fields[i].group;
	n->group_count += field->group == n->group_count;
	yg_keys_of_field(field->name, field->value, add_key, n);
	n->field_count++;
	return YG_OK;
}

static int add_field(struct yg_narrow *n, const char *text)
{
	struct yg_bytes whole = yg_bytes_str(text);
	size_t equals = yg_bytes_chr(whole, '=');

	if (equals == SIZE_MAX || equals == 0) {
		yg_say_hint(N_("write it as --field src_ip=192.0.2.1; docs/fields.md lists names"),
			    N_("--field %s: a name, = and a value are wanted"),
			    yg_say_safe(whole, 80));
		return YG_EINVAL;
	}
	if (yg_narrow_add(n, yg_bytes_cut(whole, 0, equals), yg_bytes_from(whole, equals + 1)) ==
	    YG_OK)
		return YG_OK;
	yg_say(N_("--field can be given %u times at most"), YG_NARROW_FIELDS_MAX);
	return YG_EINVAL;
}

int yg_narrow_read(const struct yg_options *options, const struct yg_zone *zone,
		   struct yg_narrow *ret)
{
	int rc = YG_OK;

	yg_narrow_init(ret);
	ret->has_time = options->from || options->to;
	if (options->from)
		rc = yg_narrow_time("--from", options->from, false, zone, &ret->from_ns);
	if (rc == YG_OK && options->to)
		rc = yg_narrow_time("--to", options->to, true, zone, &ret->to_ns);
	for (size_t i = 0; i < options->field_count && rc == YG_OK; i++)
		rc = add_field(ret, options->fields[i]);
	return rc;
}

bool yg_narrow_is_all(const struct yg_narrow *n)
{
	return !n->has_time && n->field_count == 0;
}

static bool has_value(const struct yg_narrow *n, uint32_t group, struct yg_event *event)
{
	for (uint32_t i = 0; i < n->field_count; i++) {
		if (n->fields[i].group != group)
			continue;
		for (uint32_t f = 0; f < event->field_count; f++)
			if (yg_keys_is_field(event, &event->fields[f], n->fields[i].name,
					     n->fields[i].value))
				return true;
	}
	return false;
}

bool yg_narrow_takes(const struct yg_narrow *n, struct yg_event *event)
{
	if (n->has_time && (event->time_ns == YG_TIME_NONE || event->time_ns < n->from_ns ||
			    event->time_ns >= n->to_ns))
		return false;
	for (uint32_t g = 0; g < n->group_count; g++)
		if (!has_value(n, g, event))
			return false;
	return true;
}

typedef bool ask_fn(struct yg_archive_filters *filters, uint32_t frame, uint64_t key);

static bool ask_file(struct yg_archive_filters *filters, uint32_t frame, uint64_t key)
{
	uint64_t found;

	(void)frame;
	return yg_archive_filters_file(filters, &key, 1, &found) == 1;
}

static bool may_value(const struct yg_narrow *n, const struct yg_narrow_field *field,
		      struct yg_archive_filters *filters, uint32_t frame, ask_fn *ask)
{
	for (uint32_t k = 0; k < field->key_count; k++)
		if (!ask(filters, frame, n->keys[field->key_at + k]))
			return false;
	return true;
}

static bool may_groups(const struct yg_narrow *n, struct yg_archive_filters *filters,
		       uint32_t frame, ask_fn *ask)
{
	for (uint32_t g = 0; g < n->group_count; g++) {
		bool may = false;

		for (uint32_t i = 0; i < n->field_count && !may; i++)
			may = n->fields[i].group == g &&
			      may_value(n, &n->fields[i], filters, frame, ask);
		if (!may)
			return false;
	}
	return true;
}

bool yg_narrow_may_file(const struct yg_narrow *n, struct yg_archive_filters *filters)
{
	return may_groups(n, filters, 0, ask_file);
}

bool yg_narrow_may_frame(const struct yg_narrow *n, const struct yg_archive_frame *frame,
			 struct yg_archive_filters *filters)
{
	if (n->has_time && (frame->first_ns == YG_TIME_NONE || frame->last_ns < n->from_ns ||
			    frame->first_ns >= n->to_ns))
		return false;
	return may_groups(n, filters, frame->number, yg_archive_filters_frame);
}
