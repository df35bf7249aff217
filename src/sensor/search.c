/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura-sensor search`: look in the local archive, beside the running sensor. The log of the last
 * minute is read before the archive: what moves over meanwhile is seen at least once, and by its
 * number only once.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "model/record.h"
#include "sensor/commands.h"
#include "sensor/local-int.h"

#include "base/ban.h"

#define OUT_MAX	    (64u << 20)
#define FLUSH_BYTES (256u * 1024u)
#define LOG_MAX	    (96u << 20)
#define DAY_SIZE    10u /* 2026-11-21 */
#define DAY_NS	    (INT64_C(86400) * YG_NS_PER_S)
#define TERM_MAX    4096u

struct term {
	struct yg_bytes field; /* empty: anywhere */
	struct yg_bytes text;  /* folded */
};

struct search {
	const struct yg_sensor_options *options;
	struct term terms[YG_SEARCH_TERMS_MAX];
	size_t term_count;
	bool has_time;
	int64_t from_ns;
	int64_t to_ns;
	struct yg_local_describer *describer;
	struct yg_archive_unpacker *unpacker;
	uint8_t *folded; /* scratch */
	struct yg_buf stored;
	struct yg_buf text;
	struct yg_buf out;
	uint64_t end; /* number behind the last line of the archive */
	uint64_t records;
	uint64_t found;
	uint64_t damaged; /* files that could not be read to their end */
};

/* ---- what is looked for ---- */

static bool read_time(const char *option, const char *text, bool is_end, int64_t *ret_ns)
{
	struct yg_zone *zone = NULL;
	char full[64];
	size_t size = strlen(text);
	int64_t local_ns;
	bool has_zone;
	bool is_time = yg_zone_load(NULL, &zone) == YG_OK &&
		       snprintf(full, sizeof(full), "%s%s", text,
				size == DAY_SIZE ? "T00:00:00"
				: size == 16	 ? ":00"
						 : "") < (int)sizeof(full) &&
		       yg_time_parse_iso(yg_bytes_str(full), 0, &local_ns, &has_zone);

	if (is_time) {
		if (is_end && size == DAY_SIZE)
			local_ns += DAY_NS;
		*ret_ns = has_zone ? local_ns
				   : local_ns - yg_zone_offset_local(zone, local_ns / YG_NS_PER_S) *
							YG_NS_PER_S;
	} else {
		yg_sensor_hint(N_("write it as 2026-11-21 or 2026-11-21T08:30:00+09:00"),
			       N_("%s %s: this is no time"), option, text);
	}
	(void)yg_zone_free(zone);
	return is_time;
}

static bool add_term(struct search *s, const char *text, bool is_field)
{
	struct yg_bytes b = yg_bytes_str(text);
	struct term *term = &s->terms[s->term_count];
	size_t equals = is_field ? yg_bytes_chr(b, '=') : 0;
	uint8_t *folded;

	if (is_field && (equals == SIZE_MAX || equals == 0)) {
		yg_sensor_say(N_("%s: NAME=VALUE is expected"), text);
		return false;
	}
	*term = (struct term){.field =
				      is_field ? yg_bytes_cut(b, 0, equals) : (struct yg_bytes){0}};
	b = is_field ? yg_bytes_from(b, equals + 1) : b;
	folded = b.size <= TERM_MAX ? yg_malloc(b.size + 1) : NULL;
	if (!folded) {
		yg_sensor_say(N_("the text to look for is too long"));
		return false;
	}
	term->text = (struct yg_bytes){folded, yg_fold(b, folded)};
	s->term_count++;
	return true;
}

static bool read_wishes(struct search *s)
{
	const struct yg_sensor_search *wish = &s->options->search;

	s->from_ns = INT64_MIN + 1; /* YG_TIME_NONE is no time */
	s->to_ns = INT64_MAX;
	s->has_time = wish->from || wish->to;
	if ((wish->from && !read_time("--from", wish->from, false, &s->from_ns)) ||
	    (wish->to && !read_time("--to", wish->to, true, &s->to_ns)))
		return false;
	for (size_t i = 0; i < wish->count; i++)
		if (!add_term(s, wish->terms[i], wish->is_field[i]))
			return false;
	return true;
}

/* ---- looking ---- */

static bool holds(struct search *s, const struct term *term, struct yg_bytes text)
{
	text = yg_bytes_cut(text, 0, YG_EVENT_RECORD_MAX);
	return yg_bytes_find((struct yg_bytes){s->folded, yg_fold(text, s->folded)}, term->text) !=
	       SIZE_MAX;
}

static bool term_fits(struct search *s, const struct term *term, struct yg_event *event)
{
	if (term->field.size == 0 && event->raw.size > 0 && holds(s, term, event->raw))
		return true;
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];

		if (term->field.size > 0 ? !yg_bytes_eq_nocase(field->name, term->field)
					 : field->is_derived)
			continue;
		if (holds(s, term, yg_event_text(event, field)))
			return true;
	}
	return false;
}

static bool fits(struct search *s, struct yg_event *event)
{
	if (s->has_time && (event->time_ns == YG_TIME_NONE || event->time_ns < s->from_ns ||
			    event->time_ns >= s->to_ns))
		return false;
	for (size_t i = 0; i < s->term_count; i++)
		if (!term_fits(s, &s->terms[i], event))
			return false;
	return true;
}

/* "TIME SOURCE: the record": on a terminal no control characters of others. */
static void add_text(struct search *s, struct yg_event *event)
{
	char iso[YG_ISO_SIZE] = "-";
	size_t start;

	if (event->time_ns != YG_TIME_NONE)
		(void)yg_time_iso(event->time_ns, 0, iso);
	yg_buf_addf(&s->out, "%s ", iso);
	start = s->out.size;
	yg_buf_add(&s->out, event->source);
	yg_buf_add_str(&s->out, ": ");
	if (event->raw.size > 0)
		yg_buf_add(&s->out, event->raw);
	else
		yg_record_fields(&s->out, event);
	for (size_t i = start; i < s->out.size; i++)
		if (s->out.data[i] < ' ' || s->out.data[i] == 0x7f)
			s->out.data[i] = '?';
	yg_buf_add_byte(&s->out, '\n');
}

static int look_at(struct search *s, struct yg_bytes line)
{
	struct yg_event *event = yg_local_event(s->describer, line);
	int rc = YG_OK;

	s->records++;
	if (!event || !fits(s, event))
		return YG_OK;
	s->found++;
	if (s->options->is_json)
		yg_buf_add(&s->out, line);
	else
		add_text(s, event);
	rc = yg_buf_error(&s->out);
	if (rc == YG_OK && s->out.size >= FLUSH_BYTES) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&s->out));
		yg_buf_reset(&s->out);
	}
	return rc == YG_OK && s->found == s->options->search.limit ? YG_EEND : rc;
}

static int look_at_lines(struct search *s, struct yg_bytes text, uint64_t number, uint64_t from)
{
	int rc = YG_OK;

	for (; rc == YG_OK && text.size > 0; number++) {
		size_t size = yg_bytes_chr(text, '\n') + 1; /* whole lines: checked */

		if (number >= from)
			rc = look_at(s, yg_bytes_cut(text, 0, size));
		text = yg_bytes_from(text, size);
	}
	return rc;
}

/* ---- the archive ---- */

static bool wants(const struct search *s, const struct yg_archive_frame *frame)
{
	return !s->has_time || (frame->first_ns != YG_TIME_NONE && frame->last_ns >= s->from_ns &&
				frame->first_ns < s->to_ns);
}

static int look_at_file(struct search *s, const char *path)
{
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = yg_archive_open(path, &archive, &fault);

	for (uint32_t i = 0; rc == YG_OK && i < archive->count; i++) {
		struct yg_archive_frame frame;

		if (archive->frames[i].journal_end > s->end)
			s->end = archive->frames[i].journal_end;
		if (!wants(s, &archive->frames[i]))
			continue;
		yg_buf_reset(&s->stored);
		yg_buf_reset(&s->text);
		rc = yg_archive_load(archive, i, &s->stored);
		if (rc == YG_OK)
			rc = yg_archive_unpack(s->unpacker, yg_buf_bytes(&s->stored), &frame,
					       &s->text, &fault);
		if (rc == YG_OK)
			rc = look_at_lines(s, yg_buf_bytes(&s->text), 0, 0);
	}
	(void)yg_archive_free(archive);
	return rc;
}

static int take_file(void *arg, const struct yg_archive_entry *entry)
{
	struct search *s = arg;
	char path[YG_ARCHIVE_PATH_MAX];
	int rc = look_at_file(s, entry->path);

	/* Closed just now: it has its last name. */
	if (rc == YG_ENOENT && entry->is_open &&
	    snprintf(path, sizeof(path), "%.*s" YG_ARCHIVE_CLOSED,
		     (int)(strlen(entry->path) - sizeof(YG_ARCHIVE_OPEN) + 1),
		     entry->path) < (int)sizeof(path))
		rc = look_at_file(s, path);
	if (rc == YG_ENOENT)
		return YG_OK; /* it went, to stay within the bound */
	if (rc == YG_ETRUNC || rc == YG_EFORMAT || rc == YG_EDIGEST || rc == YG_EMISMATCH) {
		if (!entry->is_open || rc != YG_EMISMATCH) { /* an empty one was just begun */
			s->damaged++;
			yg_sensor_say("%s: %s", entry->path, yg_sensor_tr(yg_err_text(rc)));
		}
		return YG_OK;
	}
	return rc;
}

static int look_everywhere(struct search *s)
{
	char dir[YG_ARCHIVE_PATH_MAX];
	char log[YG_ARCHIVE_PATH_MAX];
	struct yg_local_entry entry;
	struct yg_bytes text;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	if (!yg_local_path(s->options->state, "archive", dir) ||
	    !yg_local_path(s->options->state, "archive.log", log))
		return YG_ELIMIT;
	rc = yg_io_read_file(log, LOG_MAX, &bytes, &size);
	text = (struct yg_bytes){bytes, size};
	if (rc == YG_OK || rc == YG_ENOENT) {
		rc = yg_archive_walk(dir, NULL, take_file, s);
		if (rc == YG_ENOENT && size > 0)
			rc = YG_OK;
	}
	while (rc == YG_OK && yg_local_entry_next(&text, &entry))
		rc = look_at_lines(s, entry.lines, entry.first, s->end);
	free(bytes);
	return rc;
}

/* ---- what was looked at ---- */

/* Nothing found is not the same as not looked. */
static void say_range(const char *state)
{
	struct yg_wire_range range = {0};
	char from[YG_ISO_SIZE];
	char to[YG_ISO_SIZE];

	if (yg_local_range_read(state, &range) != YG_OK || !range.is_kept)
		return;
	(void)yg_time_iso(range.from_ns - range.from_ns % YG_NS_PER_S, 0, from);
	(void)yg_time_iso(range.to_ns - range.to_ns % YG_NS_PER_S, 0, to);
	yg_sensor_say(N_("what arrived from %s to %s is kept; %u gaps"), from, to, range.gap_count);
	for (uint32_t i = 0; i < range.gap_count; i++) {
		(void)yg_time_iso(range.gaps[i].from_ns - range.gaps[i].from_ns % YG_NS_PER_S, 0,
				  from);
		(void)yg_time_iso(range.gaps[i].to_ns - range.gaps[i].to_ns % YG_NS_PER_S, 0, to);
		yg_sensor_say(N_("not kept, and not looked at: %s to %s (%s)"), from, to,
			      range.gaps[i].why);
	}
}

static int run(struct search *s)
{
	int rc;

	s->describer = yg_local_describer_new();
	s->unpacker = yg_archive_unpacker_new();
	s->folded = yg_malloc(YG_EVENT_RECORD_MAX + 1u);
	rc = s->describer && s->unpacker && s->folded ? look_everywhere(s) : YG_ENOMEM;
	if (rc == YG_ENOENT) {
		yg_sensor_hint(N_("it is kept by `run` unless --archive off is given"),
			       N_("%s: there is no local archive: nothing was looked at"),
			       s->options->state);
		return 1;
	}
	if (rc == YG_EEND)
		rc = YG_OK; /* --limit */
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&s->out));
	if (rc == YG_EPIPE)
		return 0;
	if (rc != YG_OK) {
		yg_sensor_say(N_("the search cannot go on: %s"), yg_sensor_tr(yg_err_text(rc)));
		return 2;
	}
	yg_sensor_say(N_("%llu of %llu records fit"), (unsigned long long)s->found,
		      (unsigned long long)s->records);
	say_range(s->options->state);
	return s->damaged > 0 ? 1 : 0;
}

int yg_sensor_search(const struct yg_sensor_options *options)
{
	struct search *s = yg_calloc(1, sizeof(*s));
	int status = 2;

	if (!s)
		return 2;
	s->options = options;
	yg_buf_init(&s->stored, YG_ARCHIVE_STORED_MAX);
	yg_buf_init(&s->text, YG_ARCHIVE_TEXT_MAX);
	yg_buf_init(&s->out, OUT_MAX);
	if (read_wishes(s))
		status = run(s);
	for (size_t i = 0; i < s->term_count; i++)
		free((void *)(uintptr_t)s->terms[i].text.data); /* add_term made it */
	(void)yg_local_describer_free(s->describer);
	(void)yg_archive_unpacker_free(s->unpacker);
	free(s->folded);
	yg_buf_done(&s->stored);
	yg_buf_done(&s->text);
	yg_buf_done(&s->out);
	free(s);
	return status;
}
