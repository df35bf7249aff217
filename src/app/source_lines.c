/* SPDX-License-Identifier: Apache-2.0 */
#include "app/source_lines.h"

#include <unistd.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "model/record.h"
#include "source/input.h"

#include "base/ban.h"

#define OUT_BYTES_MAX (64u << 20)
#define READ_BYTES    65536u
#define SHOWN_MAX     400u /* bytes of a value on the terminal */
#define NEAR_MAX      40u

#define COLOUR_FIELD "\033[1;36m"
#define COLOUR_OFF   "\033[0m"

bool yg_is_coloured(int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fd) && !(no_color && no_color[0]) && term && strcmp(term, "dumb") != 0;
}

bool yg_lines_split(struct yg_bytes text, struct yg_lines *ret)
{
	struct yg_bytes rest;
	uint32_t number = 0;
	uint32_t room = 1;

	*ret = (struct yg_lines){0};
	yg_buf_init(&ret->text, YG_LINES_BYTES_MAX + YG_PARSE_PADDING);
	yg_buf_add(&ret->text, text);
	for (unsigned i = 0; i < YG_PARSE_PADDING; i++)
		yg_buf_add_byte(&ret->text, 0);
	rest = yg_bytes_cut(yg_buf_bytes(&ret->text), 0, text.size);
	for (size_t i = 0; i < rest.size; i++)
		room += rest.data[i] == '\n';
	ret->items = yg_calloc(room, sizeof(*ret->items));
	ret->numbers = yg_calloc(room, sizeof(*ret->numbers));
	if (yg_buf_error(&ret->text) || !ret->items || !ret->numbers) {
		yg_lines_done(ret);
		return false;
	}
	while (rest.size > 0) {
		struct yg_bytes line = yg_bytes_cut(rest, 0, yg_bytes_chr(rest, '\n'));

		rest = yg_bytes_from(rest, line.size + 1);
		number++;
		if (yg_bytes_ends(line, YG_S("\r")))
			line.size--;
		if (yg_bytes_trim(line).size == 0)
			continue;
		ret->items[ret->count] = line;
		ret->numbers[ret->count++] = number;
	}
	return true;
}

void yg_lines_done(struct yg_lines *lines)
{
	yg_buf_done(&lines->text);
	free(lines->items);
	free(lines->numbers);
	*lines = (struct yg_lines){0};
}

static void say_input(void *arg, const char *name, int rc, const char *reason)
{
	(void)arg; /* one input: nothing to count */
	(void)rc;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(name), 300), yg_say_tr(reason));
}

/* All of one input, up to the limit. */
static int read_stream(const struct yg_input *input, struct yg_buf *to)
{
	struct yg_stream_opts opts = {.stop_fd = -1};
	struct yg_stream *stream = NULL;
	const char *reason = NULL;
	int rc = yg_stream_open(input, &opts, &stream, &reason);

	while (rc == YG_OK)
		rc = yg_stream_read(stream, to, READ_BYTES, &reason);
	(void)yg_stream_free(stream);
	if (rc == YG_EEND)
		return YG_OK;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(input->name), 300),
	       yg_say_tr(reason ? reason : yg_err_text(rc)));
	return rc;
}

bool yg_lines_read(const char *path, struct yg_lines *ret)
{
	struct yg_inputs inputs = {0};
	struct yg_buf text;
	int rc = yg_inputs_expand(&path, 1, &inputs, say_input, NULL);

	*ret = (struct yg_lines){0};
	yg_buf_init(&text, YG_LINES_BYTES_MAX);
	if (rc == YG_OK && inputs.count != 1)
		rc = YG_EINVAL; /* said by say_input, or a folder */
	if (rc == YG_OK)
		rc = read_stream(&inputs.items[0], &text);
	if (rc == YG_OK && !yg_lines_split(yg_buf_bytes(&text), ret))
		rc = YG_ENOMEM;
	yg_buf_done(&text);
	yg_inputs_done(&inputs);
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	if (rc == YG_OK && ret->count == 0) {
		yg_say(N_("%s: there is no line in it"), yg_say_safe(yg_bytes_str(path), 300));
		yg_lines_done(ret);
		return false;
	}
	return rc == YG_OK;
}

/* The message of @line, when it is one of the system log that a program wrote; else empty. */
static int find_message(struct yg_line_trial *t, struct yg_bytes line, struct yg_bytes *ret)
{
	struct yg_parser *parser = yg_parser_new(t->opts, t->names);
	struct yg_event event;
	struct yg_fault fault;
	int rc = parser ? yg_parse(parser, YG_FORMAT_SYSLOG, line, t->arena, &event, &fault)
			: YG_ENOMEM;

	*ret = rc == YG_OK ? yg_event_get(&event, YG_F_message) : (struct yg_bytes){0};
	(void)yg_parser_free(parser);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

/* The record as `source records` gives it, now that it is known that a description reads it. */
static int read_whole(struct yg_line_trial *t, enum yg_format format, struct yg_bytes line,
		      struct yg_event *ret)
{
	struct yg_parser *parser = yg_parser_new(t->opts, t->names);
	struct yg_fault fault;
	struct yg_join_lent lent;
	int rc = parser ? yg_parse(parser, format, line, t->arena, ret, &fault) : YG_ENOMEM;

	if (rc == YG_OK && t->join)
		rc = yg_join_next(t->join, ret, yg_parser_described_by(parser), &lent);
	if (rc == YG_OK && t->join)
		rc = yg_join_lend(ret, lent.fields, lent.count);
	(void)yg_parser_free(parser);
	return rc;
}

/* Is what @source knows looked for in the message of a line of the system log? */
static bool wants_message(const struct yg_source *source, struct yg_bytes message)
{
	if (message.size == 0)
		return false;
	return source->in_syslog || (message.data[0] == '{' && yg_source_has_objects(source));
}

int yg_line_try(struct yg_line_trial *t, struct yg_bytes line, struct yg_event *ret,
		const struct yg_source_line **ret_line, struct yg_source_miss *ret_miss)
{
	const struct yg_source *source = yg_sources_first(t->sources);
	struct yg_bytes message;
	int rc;

	yg_arena_reset(t->arena);
	*ret_miss = (struct yg_source_miss){0};
	rc = find_message(t, line, &message);
	if (rc != YG_OK)
		return rc;
	for (; source; source = source->next) {
		struct yg_source_miss miss = {0};
		bool is_message = wants_message(source, message);
		struct yg_bytes text = is_message ? message : line;

		if (!is_message && !source->in_lines)
			continue;
		yg_event_init(ret, t->arena, t->names);
		rc = yg_source_try(source, t->opts, text, ret, ret_line, &miss);
		if (rc == YG_OK)
			rc = read_whole(t, is_message ? YG_FORMAT_SYSLOG : YG_FORMAT_DESCRIBED,
					line, ret);
		if (rc != YG_EMISMATCH)
			return rc;
		if (text.data > line.data && text.data <= line.data + line.size)
			miss.at += (size_t)(text.data - line.data);
		if (miss.line && (!ret_miss->line || miss.at > ret_miss->at))
			*ret_miss = miss;
	}
	return YG_EMISMATCH;
}

/* ---- showing ---- */

/* @line, the places that became fields in colour, made harmless for a terminal. */
static void show_line(struct yg_buf *out, struct yg_bytes line, const struct yg_event *event)
{
	bool was_in = false;

	for (size_t i = 0; i < line.size && i < 4 * SHOWN_MAX; i++) {
		const uint8_t *at = line.data + i;
		bool is_in = at >= event->time_text.data &&
			     at < event->time_text.data + event->time_text.size;

		for (uint32_t f = 0; f < event->field_count && !is_in; f++)
			is_in = !yg_bytes_eq(event->fields[f].name, YG_S("message")) &&
				!event->fields[f].is_derived && at >= event->fields[f].text.data &&
				at < event->fields[f].text.data + event->fields[f].text.size;
		if (is_in != was_in)
			yg_buf_add_str(out, is_in ? COLOUR_FIELD : COLOUR_OFF);
		was_in = is_in;
		yg_buf_add_byte(out, *at < ' ' || *at == 0x7f ? '?' : *at);
	}
	yg_buf_add_str(out, was_in ? COLOUR_OFF "\n" : "\n");
}

static void show_read(struct yg_buf *out, uint32_t number, struct yg_bytes line,
		      struct yg_event *event, const struct yg_line_show *show)
{
	char iso[YG_ISO_SIZE] = "-";

	yg_buf_addf(out, "%u: ", number);
	if (show->is_coloured)
		show_line(out, line, event);
	else
		yg_buf_addf(out, "%s\n", yg_say_safe(line, SHOWN_MAX));
	if (event->time_ns != YG_TIME_NONE)
		(void)yg_time_iso(event->time_ns, 0, iso);
	yg_buf_addf(out, "    %-14s %s\n", "time", iso);
	for (uint32_t f = 0; f < event->field_count; f++) {
		struct yg_field *field = &event->fields[f];

		if (!field->is_derived)
			yg_buf_addf(out, "    %-14s %s\n", yg_say_safe(field->name, 80),
				    yg_say_safe(yg_event_text(event, field), SHOWN_MAX));
	}
}

/* Why a line is not read, in words, on standard error. */
static void say_miss(const struct yg_line_show *show, uint32_t number, struct yg_bytes line, int rc,
		     const struct yg_source_miss *miss)
{
	struct yg_bytes near = yg_bytes_cut(line, miss->at, miss->at + NEAR_MAX);

	if (rc == YG_ELIMIT) {
		yg_say(N_("%s:%u: not read: the description needs too many steps for it"),
		       show->name, number);
		return;
	}
	if (!miss->line) {
		yg_say(N_("%s:%u: not read: it is no line of the system log, and the description "
			  "is "
			  "for those only"),
		       show->name, number);
		return;
	}
	if (miss->text.size > 0)
		yg_say(N_("%s:%u: not read: at byte %zu (\"%s\") %s was expected: \"%s\""),
		       show->name, number, miss->at + 1, yg_say_safe(near, NEAR_MAX),
		       yg_say_tr(miss->expected), yg_say_safe(miss->text, 80));
	else
		yg_say(N_("%s:%u: not read: at byte %zu (\"%s\") %s was expected"), show->name,
		       number, miss->at + 1, yg_say_safe(near, NEAR_MAX),
		       yg_say_tr(miss->expected));
}

int yg_lines_show(struct yg_line_trial *trial, const struct yg_lines *lines,
		  const struct yg_line_show *show, uint32_t *ret_read)
{
	struct yg_buf out;
	int rc = YG_OK;

	*ret_read = 0;
	trial->join = yg_join_new();
	if (!trial->join)
		return YG_ENOMEM;
	yg_buf_init(&out, OUT_BYTES_MAX);
	for (uint32_t i = 0; i < lines->count && rc != YG_ENOMEM; i++) {
		const struct yg_source_line *kind;
		struct yg_source_miss miss;
		struct yg_event event;

		rc = yg_line_try(trial, lines->items[i], &event, &kind, &miss);
		if (rc != YG_OK) {
			say_miss(show, lines->numbers[i], lines->items[i], rc, &miss);
			continue;
		}
		++*ret_read;
		event.position = lines->numbers[i];
		if (show->untimed)
			*show->untimed += event.time_ns == YG_TIME_NONE;
		if (show->is_json)
			yg_record_write(&out, &event, yg_bytes_str(show->name), true);
		else
			show_read(&out, lines->numbers[i], lines->items[i], &event, show);
	}
	if (rc != YG_ENOMEM)
		rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	yg_buf_done(&out);
	trial->join = yg_join_free(trial->join);
	return rc;
}
