/* SPDX-License-Identifier: Apache-2.0 */
#include "app/archive_search.h"

#include <inttypes.h>
#include <stdlib.h>

#include "archive/tree.h"
#include "base/alloc.h"
#include "base/json_check.h"
#include "base/zone.h"
#include "parse/format.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)
#define FILES_MAX	(1u << 22)

/* A file to look at. */
struct file {
	int64_t hour_ns;
	uint32_t part;
	bool is_open;
};

struct search {
	const struct yg_archive_search_opts *opts;
	yg_archive_found_fn fn;
	void *arg;
	struct yg_archive_search_result *result;
	struct file *files;
	size_t file_count;
	struct yg_zone *zone;
	struct yg_names *names;
	struct yg_parser *parser;
	struct yg_arena *arena;
	struct yg_archive_unpacker *unpacker;
	struct yg_buf stored;
	struct yg_buf text;
	size_t *lines; /* where each begins, and where the last ends */
	size_t line_room;
};

/* ---- positions ---- */

void yg_archive_position_write(const struct yg_archive_position *position,
			       char to[YG_ARCHIVE_POSITION_SIZE])
{
	(void)snprintf(to, YG_ARCHIVE_POSITION_SIZE, "%" PRId64 "-%u-%u-%u",
		       position->hour_ns / YG_ARCHIVE_HOUR_NS, position->part, position->frame,
		       position->line); /* 7 + 10 + 10 + 10 digits */
}

bool yg_archive_position_read(struct yg_bytes text, struct yg_archive_position *ret)
{
	uint64_t number[4];

	for (unsigned i = 0; i < 4; i++) {
		size_t end = i < 3 ? yg_bytes_chr(text, '-') : text.size;

		if (end == SIZE_MAX || !yg_bytes_u64(yg_bytes_cut(text, 0, end), &number[i]) ||
		    number[i] > (i == 0 ? (uint64_t)INT64_MAX / YG_ARCHIVE_HOUR_NS : UINT32_MAX))
			return false;
		text = i < 3 ? yg_bytes_from(text, end + 1) : text;
	}
	*ret = (struct yg_archive_position){(int64_t)number[0] * YG_ARCHIVE_HOUR_NS,
					    (uint32_t)number[1], (uint32_t)number[2],
					    (uint32_t)number[3]};
	return true;
}

static int compare(const struct yg_archive_position *a, const struct yg_archive_position *b)
{
	if (a->hour_ns != b->hour_ns)
		return a->hour_ns < b->hour_ns ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->frame != b->frame)
		return a->frame < b->frame ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

/* Is it behind where the search goes on? */
static bool is_wanted(const struct search *s, const struct yg_archive_position *position)
{
	int order = s->opts->after ? compare(position, s->opts->after) : 0;

	return !s->opts->after || (s->opts->is_newest_first ? order < 0 : order > 0);
}

/* Could anything with these leading numbers be? @count: 2 file, 3 frame. */
static bool may_be_wanted(const struct search *s, struct yg_archive_position position,
			  unsigned count)
{
	uint32_t edge = s->opts->is_newest_first ? 0 : UINT32_MAX;

	if (count == 2)
		position.frame = edge;
	position.line = edge;
	return is_wanted(s, &position);
}

/* ---- files ---- */

static int take_file(void *arg, const struct yg_archive_entry *entry)
{
	struct yg_archive_position position = {.hour_ns = entry->hour_ns, .part = entry->part};
	struct search *s = arg;
	struct file *more;

	if (!may_be_wanted(s, position, 2))
		return YG_OK;
	if (s->file_count == FILES_MAX)
		return YG_ELIMIT;
	if ((s->file_count & (s->file_count - 1)) == 0) { /* full at each power of two */
		more = yg_reallocarray(s->files, s->file_count ? s->file_count * 2 : 1,
				       sizeof(*more));
		if (!more)
			return YG_ENOMEM;
		s->files = more;
	}
	s->files[s->file_count++] = (struct file){entry->hour_ns, entry->part, entry->is_open};
	return YG_OK;
}

static int open_file(const struct search *s, const struct file *file, struct yg_archive **ret)
{
	static const char *const endings[] = {YG_ARCHIVE_CLOSED, YG_ARCHIVE_OPEN};
	char path[YG_ARCHIVE_PATH_MAX];
	struct yg_fault fault;
	int rc = YG_ENOENT;

	/* One that was open may have been closed meanwhile; never the other way. */
	for (unsigned i = file->is_open ? 1 : 0; rc == YG_ENOENT; i = 0) {
		if (!yg_archive_path(s->opts->dir, s->opts->org, file->hour_ns, file->part,
				     endings[i], path))
			return YG_ELIMIT;
		rc = yg_archive_open(path, ret, &fault);
		if (i == 0)
			break;
	}
	return rc;
}

/* ---- lines ---- */

/* YG_EEND: enough. */
static int look_at_line(struct search *s, struct yg_bytes line,
			const struct yg_archive_position *position)
{
	struct yg_archive_found found = {.line = line, .position = *position};
	struct yg_event event;
	struct yg_fault fault;
	int rc;

	if (s->opts->terms && !yg_terms_may_fit(s->opts->terms, line))
		return YG_OK;
	yg_arena_reset(s->arena);
	rc = yg_parse(s->parser, YG_FORMAT_RECORD, line, s->arena, &event, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	/* A line that no reader understood is looked for in its text. */
	if (rc != YG_OK && (rc != YG_EFORMAT || event.format != YG_FORMAT_UNKNOWN))
		return YG_OK;
	if (!yg_narrow_takes(s->opts->narrow, &event) ||
	    (s->opts->terms && !yg_terms_fit(s->opts->terms, &event)))
		return YG_OK;
	/* It is put into JSON as it is; earlier versions kept lines that are none. */
	if (!yg_json_is_object(line)) {
		s->result->damaged++;
		return YG_OK;
	}
	found.event = &event;
	s->result->found++;
	rc = s->fn(s->arg, &found);
	return rc == YG_OK && s->result->found == s->opts->limit ? YG_EEND : rc;
}

/* Where the lines of the frame begin; padding is put behind the text. */
static int cut_lines(struct search *s, uint32_t *ret_count)
{
	uint8_t *padding = yg_buf_reserve(&s->text, YG_PARSE_PADDING);
	struct yg_bytes text;
	uint32_t count = 0;

	if (!padding)
		return YG_ENOMEM;
	memset(padding, 0, YG_PARSE_PADDING);
	text = yg_buf_bytes(&s->text);
	for (size_t at = 0; at < text.size; count++) {
		if (count + 2 > s->line_room) {
			size_t room = s->line_room ? s->line_room * 2 : 4096;
			size_t *more = yg_reallocarray(s->lines, room, sizeof(*more));

			if (!more)
				return YG_ENOMEM;
			s->lines = more;
			s->line_room = room;
		}
		s->lines[count] = at;
		at += yg_bytes_chr(yg_bytes_from(text, at), '\n') + 1; /* whole lines: checked */
		s->lines[count + 1] = at;
	}
	*ret_count = count;
	return YG_OK;
}

static int look_at_lines(struct search *s, struct yg_archive_position position)
{
	uint32_t count = 0;
	int rc = cut_lines(s, &count);

	s->result->records += rc == YG_OK ? count : 0;
	for (uint32_t i = 0; rc == YG_OK && i < count; i++) {
		uint32_t line = s->opts->is_newest_first ? count - 1 - i : i;

		position.line = line;
		if (!is_wanted(s, &position))
			continue;
		s->result->last = position;
		rc = look_at_line(s,
				  yg_bytes_cut(yg_buf_bytes(&s->text), s->lines[line],
					       s->lines[line + 1] - 1),
				  &position);
	}
	return rc;
}

static int look_at_frame(struct search *s, const struct yg_archive *archive, uint32_t index,
			 struct yg_archive_position position)
{
	struct yg_archive_frame frame;
	struct yg_fault fault;
	int rc;

	if (s->opts->frames_max > 0 && s->result->frames_read == s->opts->frames_max)
		return YG_EEND;
	if (s->opts->stop && atomic_load(s->opts->stop))
		return YG_EEND;
	yg_buf_reset(&s->stored);
	yg_buf_reset(&s->text);
	rc = yg_archive_load(archive, index, &s->stored);
	if (rc == YG_OK)
		rc = yg_archive_unpack(s->unpacker, yg_buf_bytes(&s->stored), &frame, &s->text,
				       &fault);
	if (rc == YG_ENOMEM)
		return rc;
	s->result->frames_read++;
	if (rc != YG_OK) {
		s->result->damaged++;
		return YG_OK;
	}
	return look_at_lines(s, position);
}

static int look_at_frames(struct search *s, const struct yg_archive *archive,
			  struct yg_archive_filters *filters, struct yg_archive_position position)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < archive->count; i++) {
		uint32_t index = s->opts->is_newest_first ? archive->count - 1 - i : i;

		position.frame = index;
		if (may_be_wanted(s, position, 3) &&
		    yg_narrow_may_frame(s->opts->narrow, &archive->frames[index], filters))
			rc = look_at_frame(s, archive, index, position);
	}
	return rc;
}

static int look_at_file(struct search *s, const struct file *file)
{
	struct yg_archive_position position = {.hour_ns = file->hour_ns, .part = file->part};
	struct yg_archive_filters *filters = NULL;
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = open_file(s, file, &archive);

	if (rc == YG_ENOENT)
		return YG_OK; /* its time was over just now */
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		/* A file that was made just now is empty. */
		s->result->damaged += !file->is_open;
		return YG_OK;
	}
	s->result->files++;
	s->result->frames += archive->count;
	if (s->opts->narrow->group_count > 0)
		rc = yg_archive_filters_open(archive, &filters, &fault);
	rc = rc == YG_ENOMEM ? rc : YG_OK; /* without filters all is looked at */
	if (rc == YG_OK && yg_narrow_may_file(s->opts->narrow, filters))
		rc = look_at_frames(s, archive, filters, position);
	(void)yg_archive_filters_free(filters);
	(void)yg_archive_free(archive);
	return rc;
}

/* ---- all ---- */

static int prepare(struct search *s)
{
	struct yg_parse_opts opts = {0};
	int rc = yg_zone_load("UTC", &s->zone);

	if (rc != YG_OK)
		return rc;
	opts.zone = s->zone;
	yg_buf_init(&s->stored, YG_ARCHIVE_STORED_MAX);
	yg_buf_init(&s->text, YG_ARCHIVE_TEXT_MAX + YG_PARSE_PADDING);
	s->names = yg_names_new();
	s->parser = s->names ? yg_parser_new(&opts, s->names) : NULL;
	s->arena = yg_arena_new(EVENT_ARENA_MAX);
	s->unpacker = yg_archive_unpacker_new();
	return s->parser && s->arena && s->unpacker ? YG_OK : YG_ENOMEM;
}

static void done(struct search *s)
{
	yg_buf_done(&s->stored);
	yg_buf_done(&s->text);
	(void)yg_archive_unpacker_free(s->unpacker);
	(void)yg_arena_free(s->arena);
	(void)yg_parser_free(s->parser);
	(void)yg_names_free(s->names);
	(void)yg_zone_free(s->zone);
	free(s->files);
	free(s->lines);
}

int yg_archive_search(const struct yg_archive_search_opts *opts, yg_archive_found_fn fn, void *arg,
		      struct yg_archive_search_result *ret)
{
	struct search s = {.opts = opts, .fn = fn, .arg = arg, .result = ret};
	int rc = prepare(&s);

	*ret = (struct yg_archive_search_result){0};
	if (opts->after)
		ret->last = *opts->after;
	if (rc == YG_OK && !yg_archive_is_org(yg_bytes_str(opts->org)))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_archive_walk(opts->dir, opts->org, take_file, &s);
	if (rc == YG_ENOENT)
		rc = YG_OK; /* nothing was ever archived */
	for (size_t i = 0; rc == YG_OK && i < s.file_count; i++)
		rc = look_at_file(&s, &s.files[opts->is_newest_first ? s.file_count - 1 - i : i]);
	ret->is_more = rc == YG_EEND;
	done(&s);
	return rc == YG_EEND ? YG_OK : rc;
}
