/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/described.h"

#include "parse/cursor.h"
#include "parse/description-int.h"
#include "parse/json-int.h"
#include "parse/json.h"
#include "parse/web.h"

#include "base/ban.h"

#define GRAMS_PAY                                                                                  \
	4u /* kinds of line from which on noting the triples costs less than searching             \
	    */

/* A description at work on one record. */
struct trial {
	const struct yg_source *source;
	const struct yg_source_line *line;
	struct yg_event *event;
	struct yg_pattern_match
		*match;	    /* in the event's arena; NULL until a kind of line may fit */
	uint32_t own_count; /* of an object: its first fields, as JSON has them */
	uint32_t member;    /* of an object: the one that was tried last */
};

bool yg_described_fits(struct yg_bytes record)
{
	return record.size <= YG_SOURCE_RECORD_MAX;
}

static bool has_all(const struct yg_source *source, struct yg_bytes record)
{
	for (uint32_t i = 0; i < source->need_count; i++)
		if (yg_bytes_find(record, source->needs[i]) == SIZE_MAX)
			return false;
	return true;
}

/* ---- cells ---- */

/* The next cell of @rest, quotes taken off as spreadsheets write them. */
static int next_cell(struct yg_bytes *rest, uint8_t separator, struct yg_arena *arena,
		     struct yg_bytes *ret)
{
	struct yg_bytes b = *rest;
	size_t i = 1;
	size_t size = 0;
	uint8_t *to;

	if (b.size == 0 || b.data[0] != '"') {
		*ret = yg_take_to(rest, separator);
		return YG_OK;
	}
	while (i < b.size && (b.data[i] != '"' || (i + 1 < b.size && b.data[i + 1] == '"')))
		i += b.data[i] == '"' ? 2u : 1u;
	*ret = yg_bytes_cut(b, 1, i);
	*rest = yg_bytes_from(b, i + 1);
	(void)yg_take_to(rest, separator); /* what stands between the quote and the separator */
	if (yg_bytes_chr(*ret, '"') == SIZE_MAX)
		return YG_OK;
	to = yg_arena_alloc(arena, ret->size);
	if (!to)
		return YG_ENOMEM;
	for (size_t k = 0; k < ret->size; k++) {
		to[size++] = ret->data[k];
		k += ret->data[k] == '"';
	}
	*ret = (struct yg_bytes){to, size};
	return YG_OK;
}

/* Each cell by its pattern; an empty one gives nothing. There have to be as many, or one more. */
static int match_cells(struct trial *t, struct yg_bytes record)
{
	const struct yg_source_line *line = t->line;
	struct yg_bytes rest = record;

	for (uint32_t i = 0; i < line->cell_count; i++) {
		size_t at = (size_t)(rest.data - record.data);
		struct yg_bytes cell;
		int rc;

		t->match->miss_piece = i;
		t->match->miss_at = at;
		if (rest.size == 0 && i > 0 && at > 0 && record.data[at - 1] != line->separator)
			return YG_EMISMATCH; /* too few */
		rc = next_cell(&rest, line->separator, t->match->arena, &cell);
		cell = yg_bytes_trim(cell);
		if (rc == YG_OK && line->cells[i] && cell.size > 0) {
			rc = yg_pattern_match(line->cells[i], cell, t->match);
			t->match->miss_piece = i;
			t->match->miss_at = at;
		}
		if (rc != YG_OK)
			return rc;
	}
	t->match->miss_piece = line->cell_count;
	t->match->miss_at = (size_t)(rest.data - record.data);
	return rest.size == 0 ? YG_OK : YG_EMISMATCH;
}

/* ---- objects ---- */

/* What a pattern that failed in its middle has left is taken back. */
static int match_text(struct trial *t, const struct yg_line_pattern *pattern, struct yg_bytes text)
{
	struct yg_pattern_match *m = t->match;
	uint32_t count = m->count, dropped = m->dropped;
	int64_t time_ns = m->time_ns;
	struct yg_bytes time_text = m->time_text;
	bool has_zone = m->has_zone;
	int rc = yg_pattern_match(pattern, text, m);

	if (rc == YG_EMISMATCH) {
		m->count = count;
		m->dropped = dropped;
		m->time_ns = time_ns;
		m->time_text = time_text;
		m->has_zone = has_zone;
	}
	return rc;
}

/* Of several values under one path (a list) the first that fits. */
static int match_member(struct trial *t, const struct yg_source_member *member)
{
	for (uint32_t i = 0; i < t->event->field_count; i++) {
		struct yg_field *field = &t->event->fields[i];
		int rc;

		if (t->match->steps == 0)
			return YG_ELIMIT;
		t->match->steps--;
		if (field->kind == YG_VALUE_NULL || !yg_bytes_eq(field->name, member->path))
			continue;
		rc = match_text(t, member->pattern, yg_bytes_trim(yg_event_text(t->event, field)));
		if (rc != YG_EMISMATCH)
			return rc;
	}
	return member->is_optional ? YG_OK : YG_EMISMATCH;
}

static int match_object(struct trial *t)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < t->line->member_count && rc == YG_OK; i++) {
		t->member = i;
		rc = match_member(t, &t->line->members[i]);
	}
	return rc;
}

/* What the description says of a field counts, not what the log calls so. */
static void drop_own(struct trial *t, struct yg_bytes name)
{
	struct yg_event *event = t->event;
	uint32_t kept = 0;

	if (t->own_count == 0)
		return;
	for (uint32_t i = 0; i < event->field_count; i++)
		if (i >= t->own_count || !yg_bytes_eq(event->fields[i].name, name))
			event->fields[kept++] = event->fields[i];
	t->own_count -= event->field_count - kept;
	event->field_count = kept;
}

/* ---- values to fields ---- */

static bool is_empty(const struct yg_source *source, struct yg_bytes text)
{
	if (text.size == 0 || (text.size == 1 && text.data[0] == '-'))
		return true;
	for (uint32_t i = 0; i < source->empty_count; i++)
		if (yg_bytes_eq(text, source->empties[i]))
			return true;
	return false;
}

static int put(struct trial *t, struct yg_bytes name, struct yg_bytes text)
{
	if (is_empty(t->source, text) || name.size > YG_EVENT_NAME_MAX)
		return YG_OK;
	drop_own(t, name);
	return yg_event_add(t->event, name, text,
			    yg_bytes_is_number(text) ? YG_VALUE_NUMBER : YG_VALUE_TEXT);
}

/* The text that @table has for @text; *ret_text stays when it has none. */
static bool look_up(const struct yg_source_values *table, struct yg_bytes text,
		    struct yg_bytes *ret_text)
{
	for (uint32_t i = 0; i < table->word_count; i++)
		if (yg_bytes_eq(table->words[i].name, text)) {
			*ret_text = table->words[i].text;
			return true;
		}
	if (table->otherwise.size > 0)
		*ret_text = table->otherwise;
	return table->otherwise.size > 0;
}

/* A value, and what tables of values make of it. */
static int put_value(struct trial *t, struct yg_bytes name, struct yg_bytes text)
{
	const struct yg_source *source = t->source;
	struct yg_bytes own = text;
	int rc;

	for (uint32_t i = 0; i < source->value_count; i++)
		if (yg_bytes_eq(source->values[i].from, name) &&
		    yg_bytes_eq(source->values[i].to, name))
			(void)look_up(&source->values[i], text, &own);
	rc = put(t, name, own);
	for (uint32_t i = 0; i < source->value_count && rc == YG_OK; i++) {
		const struct yg_source_values *table = &source->values[i];
		struct yg_bytes other;

		if (yg_bytes_eq(table->from, name) && !yg_bytes_eq(table->to, name) &&
		    look_up(table, text, &other))
			rc = put(t, table->to, other);
	}
	return rc;
}

/* A pair of the log: by its key's pattern where that fits, else under its own name. */
static int put_pair(struct trial *t, const struct yg_pattern_value *value)
{
	for (uint32_t i = 0; i < t->source->key_count; i++) {
		uint32_t before = t->match->count;
		int rc;

		if (!yg_bytes_eq(t->source->keys[i].name, value->name))
			continue;
		rc = yg_pattern_match(t->source->keys[i].pattern, value->text, t->match);
		if (rc == YG_EMISMATCH) {
			t->match->count = before;
			break;
		}
		return rc;
	}
	return put_value(t, value->name, value->text);
}

static int put_sets(struct trial *t, const struct yg_source_pair *sets, uint32_t count)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < count && rc == YG_OK; i++)
		rc = put(t, sets[i].name, sets[i].text);
	return rc;
}

/* What was found becomes fields: those of the line, then what stands fast. */
static int put_all(struct trial *t)
{
	int rc = YG_OK;

	/* a key's pattern adds values at the end, which this loop reaches, too */
	for (uint32_t i = 0; i < t->match->count && rc == YG_OK; i++) {
		struct yg_pattern_value value = t->match->values[i];

		rc = value.is_pair ? put_pair(t, &value) : put_value(t, value.name, value.text);
	}
	t->event->dropped += t->match->dropped;
	if (rc == YG_OK)
		rc = put_sets(t, t->line->sets, t->line->set_count);
	if (rc == YG_OK)
		rc = put_sets(t, t->source->sets, t->source->set_count);
	if (t->match->time_ns != YG_TIME_NONE && t->event->time_ns == YG_TIME_NONE) {
		t->event->time_ns = t->match->time_ns;
		t->event->has_zone = t->match->has_zone;
		t->event->time_text = t->match->time_text;
	}
	return rc;
}

/* Reads @record by t->line. */
static int match_line(struct trial *t, struct yg_bytes record)
{
	yg_pattern_begin(t->match);
	if (t->line->members)
		return match_object(t);
	if (t->line->cells)
		return match_cells(t, record);
	if (!yg_pattern_may_fit(t->line->pattern, record))
		return YG_EMISMATCH;
	return yg_pattern_match(t->line->pattern, record, t->match);
}

static int begin(struct trial *t, const struct yg_parse_opts *opts, struct yg_event *event)
{
	t->event = event;
	t->match = yg_arena_alloc(event->arena, sizeof(*t->match));
	if (!t->match)
		return YG_ENOMEM;
	t->match->zone = opts->zone;
	t->match->reference_ns = opts->reference_ns;
	t->match->arena = event->arena;
	t->match->steps = YG_SOURCES_STEPS_MAX;
	return YG_OK;
}

static int fill(struct trial *t)
{
	const struct yg_put puts[] = {
		{"log_source", t->source->name},
		{"log_kind", t->source->kind},
	};
	int rc;

	t->own_count = t->line->members ? t->event->field_count : 0;
	for (size_t i = 0; i < sizeof(puts) / sizeof(puts[0]); i++)
		drop_own(t, yg_bytes_str(puts[i].name));
	rc = YG_PUT_ALL(t->event, puts);
	if (rc == YG_OK)
		rc = put_all(t);
	return rc == YG_OK ? yg_described_finish(t->event) : rc;
}

static int say(int rc, struct yg_fault *reterr)
{
	if (rc == YG_EMISMATCH)
		return yg_fault_set(reterr, YG_EMISMATCH, "no description of a source fits", 0);
	if (rc == YG_ELIMIT)
		return yg_fault_set(
			reterr, YG_ELIMIT,
			"the descriptions of sources need too many steps for this record", 0);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

static bool is_program(const struct yg_source *source, struct yg_bytes program)
{
	for (uint32_t i = 0; i < source->program_count; i++)
		if (yg_bytes_eq(source->programs[i], program))
			return true;
	return source->program_count == 0;
}

/* Whose kinds of line are tried. */
enum whose {
	OF_LINES,
	OF_MESSAGES,
	OF_NAMED, /* messages of programs that the description names */
	OF_OBJECTS,
};

/* @may_be_named: some description may name @program. */
static bool is_asked(const struct yg_kind *kind, enum whose whose, struct yg_bytes program,
		     bool may_be_named)
{
	if (whose == OF_LINES || whose == OF_OBJECTS)
		return true;
	if (kind->source->program_count == 0)
		return whose == OF_MESSAGES;
	return may_be_named && is_program(kind->source, program);
}

static bool may_be_named(const struct yg_sources *sources, struct yg_bytes program)
{
	uint32_t bit = yg_program_bit(program);

	return (sources->programs[bit / 64] & (UINT64_C(1) << (bit % 64))) != 0;
}

/* Do the words that a kind of line cannot be without stand in @text? */
static bool has_words(const struct yg_kind *kind, const struct yg_grams *grams,
		      struct yg_bytes text)
{
	if (grams->is_made &&
	    (!yg_probes_may(&kind->anchor, grams) || !yg_probes_may(&kind->need, grams)))
		return false;
	return has_all(kind->source, text);
}

static int match_kind(struct trial *t, const struct yg_parse_opts *opts, const struct yg_kind *kind,
		      struct yg_bytes text)
{
	if (!t->match && begin(t, opts, t->event) != YG_OK)
		return YG_ENOMEM;
	t->source = kind->source;
	t->line = kind->line;
	return match_line(t, text);
}

/* The first kind of line that @text is; t->source and t->line are it. */
static int match_any(struct trial *t, const struct yg_parse_opts *opts, enum whose whose,
		     struct yg_bytes program, struct yg_bytes text)
{
	const struct yg_sources *sources = opts->sources;
	const struct yg_kinds *kinds;
	struct yg_grams grams;
	uint32_t asked = 0;
	bool is_named;

	if (!sources || text.size == 0 || text.size > YG_SOURCE_RECORD_MAX)
		return YG_EMISMATCH;
	kinds = whose == OF_OBJECTS ? &sources->of_object
		: whose == OF_LINES ? &sources->of_line[text.data[0]]
				    : &sources->of_message[text.data[0]];
	is_named = program.size > 0 && may_be_named(sources, program);
	if (whose == OF_NAMED && !is_named)
		return YG_EMISMATCH;
	grams.is_made = false;
	for (uint32_t i = 0; i < kinds->count; i++) {
		const struct yg_kind *kind = kinds->items[i];
		int rc;

		if (!is_asked(kind, whose, program, is_named))
			continue;
		if (++asked == GRAMS_PAY)
			yg_grams_make(&grams, text);
		if (!has_words(kind, &grams, text))
			continue;
		rc = match_kind(t, opts, kind, text);
		if (rc != YG_EMISMATCH)
			return rc;
	}
	return YG_EMISMATCH;
}

int yg_described_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		      struct yg_fault *reterr)
{
	struct trial t = {.event = event};
	int rc;

	if (ctx->opts.sources && ctx->opts.sources->of_object.count > 0 && yg_fits_json(record)) {
		rc = yg_json_read_described(ctx, record, event, reterr);
		if (rc == YG_OK || rc == YG_ENOMEM)
			return rc;
		yg_event_init(event, event->arena, event->names);
		event->format = YG_FORMAT_DESCRIBED;
		event->raw = record;
	}
	rc = match_any(&t, &ctx->opts, OF_LINES, (struct yg_bytes){0}, yg_bytes_trim(record));
	if (rc == YG_OK)
		ctx->by = (struct yg_described_by){t.source, t.line};
	return say(rc == YG_OK ? fill(&t) : rc, reterr);
}

int yg_described_owns(struct yg_parser_int *ctx, struct yg_event *event, struct yg_bytes program,
		      struct yg_bytes message)
{
	struct trial t = {.event = event};
	int rc = YG_EMISMATCH;

	if (program.size > 0)
		rc = match_any(&t, &ctx->opts, OF_NAMED, program, yg_bytes_trim(message));
	return rc == YG_OK || rc == YG_ENOMEM ? rc : YG_EMISMATCH;
}

int yg_described_message(struct yg_parser_int *ctx, struct yg_event *event, struct yg_bytes program,
			 struct yg_bytes message, bool *ret_known)
{
	struct trial t = {.event = event};
	int rc = match_any(&t, &ctx->opts, OF_MESSAGES, program, yg_bytes_trim(message));

	*ret_known = rc == YG_OK;
	if (rc == YG_OK)
		ctx->by = (struct yg_described_by){t.source, t.line};
	if (rc == YG_OK)
		rc = put_all(&t);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

int yg_described_object(struct yg_parser_int *ctx, struct yg_event *event, struct yg_bytes record,
			bool *ret_known)
{
	struct trial t = {.event = event};
	int rc = match_any(&t, &ctx->opts, OF_OBJECTS, (struct yg_bytes){0}, yg_bytes_trim(record));

	*ret_known = rc == YG_OK;
	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_OK;
	event->format = YG_FORMAT_DESCRIBED;
	return fill(&t);
}

int yg_described_finish(struct yg_event *event)
{
	event->channel = yg_event_get(event, YG_F_log_kind);
	if (yg_bytes_eq(event->channel, YG_S("web")))
		return yg_web_derive(event);
	return YG_OK;
}

/* What was expected where the match stopped. */
static void explain(const struct trial *t, struct yg_source_miss *miss)
{
	if (t->line->cells) {
		miss->expected = t->match->miss_piece < t->line->cell_count
					 ? N_("another content of this cell, or more cells")
					 : N_("the end of the line: there are more cells");
		miss->text = (struct yg_bytes){0};
		return;
	}
	miss->expected = yg_pattern_expected(t->line->pattern, t->match->miss_piece, &miss->text);
}

bool yg_source_has_objects(const struct yg_source *source)
{
	for (uint32_t i = 0; i < source->line_count; i++)
		if (source->lines[i].members)
			return true;
	return false;
}

/* Where the last key of @path begins. */
static size_t last_dot(struct yg_bytes path)
{
	size_t at = path.size;

	while (at > 0 && path.data[at - 1] != '.')
		at--;
	return at;
}

int yg_described_walk(const struct yg_parse_opts *opts, struct yg_bytes record,
		      struct yg_event *event)
{
	struct yg_parser_int ctx = {.opts = *opts, .names = event->names};
	struct yg_json *json = yg_json_state(&ctx);
	uint8_t *padded = yg_arena_zalloc(event->arena, record.size + YG_PARSE_PADDING);
	struct yg_fault fault;
	int rc = YG_ENOMEM;

	if (json && padded) {
		if (record.size > 0)
			memcpy(padded, record.data, record.size);
		rc = yg_json_walk(json, YG_JSON_PLAIN, (struct yg_bytes){padded, record.size},
				  event, &fault);
	}
	if (json)
		ctx.json_free(ctx.json);
	return rc == YG_OK || rc == YG_ENOMEM ? rc : YG_EMISMATCH;
}

/* Where the key that was missed stands, and what its value should have been. */
static void explain_object(const struct trial *t, struct yg_bytes record,
			   struct yg_source_miss *miss)
{
	const struct yg_source_member *member = &t->line->members[t->member];
	bool is_there = false;

	for (uint32_t i = 0; i < t->event->field_count && !is_there; i++)
		is_there = yg_bytes_eq(t->event->fields[i].name, member->path);
	miss->line = t->line;
	miss->text = member->path;
	miss->expected =
		is_there ? N_("another value of the key that is named") : N_("a key of this name");
	miss->at = yg_bytes_find(record, yg_bytes_from(member->path, last_dot(member->path)));
	if (miss->at > record.size)
		miss->at = 0;
}

/* The kinds of object of @source; the one that came furthest is named in @ret_miss. */
static int try_objects(struct trial *t, struct yg_bytes record,
		       const struct yg_source_line **ret_line, struct yg_source_miss *ret_miss)
{
	uint32_t furthest = 0;

	for (uint32_t i = 0; i < t->source->line_count; i++) {
		int rc;

		t->line = &t->source->lines[i];
		if (!t->line->members)
			continue;
		yg_pattern_begin(t->match);
		rc = match_object(t);
		*ret_line = t->line;
		if (rc == YG_OK)
			t->event->format = YG_FORMAT_DESCRIBED;
		if (rc != YG_EMISMATCH)
			return rc == YG_OK ? fill(t) : rc;
		if (ret_miss->line && t->member <= furthest)
			continue;
		furthest = t->member;
		explain_object(t, record, ret_miss);
	}
	return YG_EMISMATCH;
}

/* The kinds of line of @source; the one that came furthest is named in @ret_miss. */
static int try_lines(struct trial *t, struct yg_bytes record,
		     const struct yg_source_line **ret_line, struct yg_source_miss *ret_miss)
{
	const struct yg_source *source = t->source;

	for (uint32_t i = 0; i < source->line_count && record.size <= YG_SOURCE_RECORD_MAX; i++) {
		int rc;

		t->line = &source->lines[i];
		if (t->line->members)
			continue;
		yg_pattern_begin(t->match);
		rc = t->line->cells ? match_cells(t, record)
				    : yg_pattern_match(t->line->pattern, record, t->match);
		*ret_line = t->line;
		if (rc == YG_OK)
			return fill(t);
		if (rc != YG_EMISMATCH)
			return rc;
		if (ret_miss->line && t->match->miss_at <= ret_miss->at)
			continue;
		ret_miss->line = t->line;
		ret_miss->at = t->match->miss_at;
		explain(t, ret_miss);
	}
	if (ret_miss->line)
		return YG_EMISMATCH;
	ret_miss->line = &source->lines[0];
	ret_miss->expected = N_("a JSON object"); /* there are no other kinds */
	return YG_EMISMATCH;
}

int yg_source_try(const struct yg_source *source, const struct yg_parse_opts *opts,
		  struct yg_bytes record, struct yg_event *ret,
		  const struct yg_source_line **ret_line, struct yg_source_miss *ret_miss)
{
	struct trial t = {.source = source};
	int rc;

	*ret_miss = (struct yg_source_miss){0};
	if (begin(&t, opts, ret) != YG_OK)
		return YG_ENOMEM;
	if (!yg_source_has_objects(source) || !yg_fits_json(record) ||
	    record.size > YG_SOURCE_RECORD_MAX)
		return try_lines(&t, record, ret_line, ret_miss);
	rc = yg_described_walk(opts, record, ret);
	if (rc == YG_OK)
		return try_objects(&t, record, ret_line, ret_miss);
	if (rc == YG_ENOMEM)
		return rc;
	yg_event_init(ret, ret->arena, ret->names);
	return try_lines(&t, record, ret_line, ret_miss);
}
