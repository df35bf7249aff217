/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/lines.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/record.h"
#include "parse/columns.h"
#include "parse/format.h"
#include "parse/frame.h"

#include "base/ban.h"

#define RECOGNISE_RECORDS 64u
#define RECOGNISE_BYTES	  65536u
#define ARENA_MAX	  (32u << 20)
/* A parser knows what year it is by the time at which it was made. */
#define PARSER_AGE_NS (INT64_C(3600) * YG_NS_PER_S)
#define LINE_ROOM     (16u << 20)
#define RAW_KEPT      (YG_WIRE_LINE_MAX / 8) /* escaped at worst six times as long */

struct yg_lines {
	char *source;
	const struct yg_zone *zone;
	const struct yg_names *names;
	const struct yg_lines_filter *filter;
	struct yg_parser *parser;
	int64_t parser_ns; /* when it was made */
	struct yg_arena *arena;
	struct yg_framer framer;
	struct yg_head head;
	enum yg_format format;
	bool is_recognised;
	bool is_head_new;
	uint64_t documents;
	struct yg_buf line;
	struct yg_lines_state state;
	uint64_t seen;
	uint64_t skip; /* of the next ones */
};

/* ---- batches ---- */

void yg_collect_init(struct yg_collect *collect)
{
	*collect = (struct yg_collect){.first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	yg_buf_init(&collect->content, YG_WIRE_CONTENT_MAX);
}

void yg_collect_done(struct yg_collect *collect)
{
	yg_buf_done(&collect->content);
}

void yg_collect_reset(struct yg_collect *collect)
{
	yg_buf_reset(&collect->content);
	collect->count = 0;
	collect->kept = 0;
	collect->first_ns = YG_TIME_NONE;
	collect->last_ns = YG_TIME_NONE;
}

bool yg_collect_is_full(const struct yg_collect *collect)
{
	return collect->content.size >= YG_WIRE_CONTENT_AIM ||
	       collect->kept >= YG_WIRE_CONTENT_AIM || collect->count >= YG_WIRE_RECORDS_MAX;
}

/* ---- readers ---- */

struct yg_lines *yg_lines_new(const char *source, const struct yg_zone *zone,
			      const struct yg_names *names, const struct yg_lines_filter *filter)
{
	struct yg_lines *r = yg_calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct yg_lines){.zone = zone, .names = names, .filter = filter};
	yg_buf_init(&r->head.text, YG_HEAD_BYTES_MAX);
	yg_buf_init(&r->line, LINE_ROOM);
	r->source = yg_strndup(source, strlen(source));
	r->arena = yg_arena_new(ARENA_MAX);
	return r->source && r->arena ? r : yg_lines_free(r);
}

struct yg_lines *yg_lines_free(struct yg_lines *reader)
{
	if (!reader)
		return NULL;
	(void)yg_parser_free(reader->parser);
	(void)yg_arena_free(reader->arena);
	yg_buf_done(&reader->head.text);
	yg_buf_done(&reader->line);
	free(reader->source);
	free(reader);
	return NULL;
}

void yg_lines_restart(struct yg_lines *reader)
{
	reader->framer = (struct yg_framer){0};
	reader->is_recognised = false;
	reader->documents = 0;
	reader->is_head_new = true;
	yg_buf_reset(&reader->head.text);
}

/* A parser that is not too old, and knows the head lines. */
static int need_parser(struct yg_lines *r, int64_t now_ns)
{
	bool is_fresh =
		r->parser && now_ns - r->parser_ns < PARSER_AGE_NS && now_ns >= r->parser_ns;

	if (!is_fresh) {
		struct yg_parse_opts opts = {.zone = r->zone, .reference_ns = now_ns};

		(void)yg_parser_free(r->parser);
		r->parser = yg_parser_new(&opts, r->names);
		r->parser_ns = now_ns;
		if (!r->parser)
			return YG_ENOMEM;
	}
	if (is_fresh && !r->is_head_new)
		return YG_OK;
	r->is_head_new = false;
	return yg_parser_set_head(r->parser, yg_buf_bytes(&r->head.text));
}

static int add_head(struct yg_lines *r, struct yg_bytes line)
{
	r->is_head_new = true;
	return yg_head_add(&r->head, line);
}

int yg_lines_resume(struct yg_lines *reader, struct yg_bytes start)
{
	int rc = YG_OK;

	yg_lines_restart(reader);
	while (rc == YG_OK && start.size > 0) {
		size_t end = yg_bytes_chr(start, '\n');
		struct yg_bytes line = yg_bytes_trim(yg_bytes_cut(start, 0, end));

		if (end == SIZE_MAX || !yg_head_is(line))
			break;
		rc = add_head(reader, line);
		start = yg_bytes_from(start, end + 1);
	}
	return rc;
}

/* Framing and format, from what there is; the format is a guess that each record may correct. */
static int recognise(struct yg_lines *r, const struct yg_lines_text *text)
{
	struct yg_bytes rest = text->text;
	struct yg_bytes records[RECOGNISE_RECORDS];
	struct yg_framer framer = {.framing = yg_frame_recognise(
					   yg_bytes_cut(rest, 0, RECOGNISE_BYTES), text->is_end)};
	size_t count = 0;

	r->framer = framer;
	r->format = YG_FORMAT_UNKNOWN;
	while (count < RECOGNISE_RECORDS) {
		struct yg_frame frame;

		if (yg_frame_next(&framer, rest, text->is_end, &frame) != YG_OK)
			break;
		if (!frame.is_skipped && !yg_head_is(frame.record))
			records[count++] = frame.record;
		rest = yg_bytes_from(rest, frame.consumed);
	}
	/* Before the first record is whole nothing is decided. */
	r->is_recognised = count > 0 || text->is_end;
	if (count > 0)
		r->format = yg_parse_recognise(r->parser, records, count, r->arena);
	return YG_OK;
}

/* ---- records ---- */

/* What no format knows. */
static int make_unknown(struct yg_lines *r, struct yg_bytes text, struct yg_event *event)
{
	yg_arena_reset(r->arena);
	yg_event_init(event, r->arena, r->names);
	event->format = YG_FORMAT_SYSLOG;
	event->raw = text;
	r->state.unknown++;
	return yg_event_add(event, YG_S("message"), text, YG_VALUE_TEXT);
}

/* The line of @event to r->line, short enough to be sent. */
static int write_line(struct yg_lines *r, struct yg_event *event)
{
	struct yg_bytes source = yg_bytes_str(r->source);

	yg_buf_reset(&r->line);
	yg_record_write(&r->line, event, source, true);
	if (yg_buf_error(&r->line) == YG_OK && r->line.size <= YG_WIRE_LINE_MAX)
		return YG_OK;
	yg_buf_reset(&r->line);
	yg_record_write(&r->line, event, source, false);
	if (yg_buf_error(&r->line) == YG_OK && r->line.size <= YG_WIRE_LINE_MAX)
		return YG_OK;
	r->state.cut++;
	event->raw = yg_bytes_cut(event->raw, 0, RAW_KEPT);
	event->field_count = 0;
	yg_buf_reset(&r->line);
	yg_record_write(&r->line, event, yg_bytes_cut(source, 0, YG_WIRE_ID_MAX), true);
	return yg_buf_error(&r->line);
}

static void note_time(struct yg_collect *collect, int64_t time_ns)
{
	if (time_ns == YG_TIME_NONE)
		return;
	if (collect->first_ns == YG_TIME_NONE || time_ns < collect->first_ns)
		collect->first_ns = time_ns;
	if (collect->last_ns == YG_TIME_NONE || time_ns > collect->last_ns)
		collect->last_ns = time_ns;
}

/* What leaves the house, if it does. */
static int add_leaving(struct yg_lines *r, struct yg_event *event, int64_t now_ns,
		       struct yg_collect *collect)
{
	struct yg_bytes source = event->source;
	int rc = YG_OK;

	if (r->filter) {
		if (source.size == 0)
			event->source = yg_bytes_str(r->source);
		rc = r->filter->apply(r->filter->arg, event);
		event->source = source;
	}
	if (rc == YG_EACCES) {
		r->state.held++;
		return YG_OK;
	}
	if (rc == YG_OK)
		rc = write_line(r, event);
	if (rc != YG_OK)
		return rc;
	yg_buf_add(&collect->content, yg_buf_bytes(&r->line));
	if (yg_buf_error(&collect->content))
		return yg_buf_error(&collect->content);
	if (collect->count++ == 0)
		collect->begun_ns = now_ns;
	note_time(collect, event->time_ns);
	r->state.records++;
	return YG_OK;
}

static int add_event(struct yg_lines *r, struct yg_event *event, int64_t now_ns,
		     struct yg_collect *collect)
{
	const struct yg_lines_tap *tap = collect->tap;
	int rc;

	if (r->skip > 0) {
		r->skip--;
		r->seen++;
		return YG_OK;
	}
	if (tap)
		collect->kept += tap->take(tap->arg, event, yg_bytes_str(r->source));
	rc = add_leaving(r, event, now_ns, collect);
	if (rc != YG_OK && tap)
		tap->undo(tap->arg);
	r->seen += rc == YG_OK;
	return rc;
}

int yg_lines_put(struct yg_lines *reader, struct yg_event *event, int64_t now_ns,
		 struct yg_collect *collect)
{
	return add_event(reader, event, now_ns, collect);
}

void yg_lines_skip(struct yg_lines *reader, uint64_t records)
{
	reader->skip = records;
}

uint64_t yg_lines_seen(const struct yg_lines *reader)
{
	return reader->seen;
}

static int take_record(struct yg_lines *r, struct yg_bytes text, uint64_t position, int64_t now_ns,
		       struct yg_collect *collect)
{
	struct yg_event event;
	struct yg_fault fault;
	int rc;

	yg_arena_reset(r->arena);
	rc = yg_parse_any(r->parser, r->format ? r->format : YG_FORMAT_ACCESS, text, r->arena,
			  &event, &fault);
	/* A line that says it is a finding of ours: only the sensor itself makes those. */
	if (rc == YG_OK && event.format == YG_FORMAT_FINDING)
		rc = YG_EFORMAT;
	if (rc == YG_EMISMATCH || rc == YG_EFORMAT || rc == YG_ELIMIT)
		rc = make_unknown(r, text, &event);
	if (rc != YG_OK)
		return rc;
	if (!event.position)
		event.position = position;
	return add_event(r, &event, now_ns, collect);
}

static uint64_t count_lines(struct yg_bytes text)
{
	uint64_t lines = 0;
	size_t end;

	while ((end = yg_bytes_chr(text, '\n')) != SIZE_MAX) {
		lines++;
		text = yg_bytes_from(text, end + 1);
	}
	return lines;
}

/* NULs where a record begins: the hole that is left when a file was cut while its writer went on at
 * his old place (copytruncate). They are no text. */
static size_t hole(struct yg_bytes text)
{
	size_t size = 0;

	while (size < text.size && text.data[size] == '\0')
		size++;
	return size;
}

int yg_lines_take(struct yg_lines *reader, const struct yg_lines_text *text,
		  struct yg_collect *collect, size_t *ret_size, uint64_t *ret_lines)
{
	struct yg_lines_text seen = *text;
	int rc = need_parser(reader, text->now_ns);

	*ret_size = hole(text->text);
	*ret_lines = 0;
	seen.text = yg_bytes_from(text->text, *ret_size);
	if (rc == YG_OK && !reader->is_recognised)
		rc = recognise(reader, &seen);
	while (rc == YG_OK && (text->take_all || !yg_collect_is_full(collect))) {
		struct yg_bytes rest = yg_bytes_from(text->text, *ret_size);
		struct yg_framer before = reader->framer;
		struct yg_frame frame;

		if (yg_frame_next(&reader->framer, rest, text->is_end, &frame) != YG_OK)
			break;
		if (yg_head_is(frame.record)) {
			rc = add_head(reader, frame.record);
			if (rc == YG_OK)
				rc = need_parser(reader, text->now_ns);
		} else if (!frame.is_skipped) {
			uint64_t line = text->lines_before + *ret_lines + 1;

			reader->state.cut += frame.is_long;
			rc = take_record(reader, frame.record,
					 reader->framer.framing == YG_FRAMING_LINES
						 ? line
						 : reader->documents + 1,
					 text->now_ns, collect);
			reader->documents += rc == YG_OK;
		}
		if (rc != YG_OK) {
			reader->framer = before; /* it comes again */
			break;
		}
		*ret_lines += count_lines(yg_bytes_cut(rest, 0, frame.consumed));
		*ret_size += frame.consumed;
		*ret_size += hole(yg_bytes_from(text->text, *ret_size));
	}
	return rc;
}

struct yg_lines_state yg_lines_state(const struct yg_lines *reader)
{
	return reader->state;
}
