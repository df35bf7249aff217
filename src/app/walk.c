/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/walk.h"

#include "app/batch.h"
#include "app/commands.h"
#include "app/intake.h"
#include "app/narrow.h"
#include "app/reading.h"
#include "app/say.h"
#include "app/source_files.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)
#define SAID_MAX	20u
#define SHOWN_MAX	120u /* bytes of a record that nobody can read */

/* What one run needs besides its result. */
struct walker {
	struct yg_walk *walk;
	struct yg_inputs inputs;
	struct yg_zone *zone;
	struct yg_log_format *log_format;
	struct yg_source_files sources;
	struct yg_names *names;
	struct yg_parser *parser; /* recognises formats */
	struct yg_arena *arena;
	struct yg_batch *batch;

	/* Of the input being read. */
	uint64_t input_records;
	uint64_t input_unread;
	uint64_t first_unread;		/* its place */
	uint8_t unread_text[SHOWN_MAX]; /* the beginning of it */
	size_t unread_size;
};

static void say_input(void *arg, const char *name, int rc, const char *reason)
{
	struct walker *w = arg;

	w->walk->is_partly |= rc != YG_EMISMATCH && rc != YG_EDUPLICATE;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(name), 300), yg_say_tr(reason));
}

static bool is_outside(const struct yg_walk *walk, int64_t time_ns)
{
	if (walk->from_ns == YG_TIME_NONE && walk->to_ns == YG_TIME_NONE)
		return false;
	if (time_ns == YG_TIME_NONE)
		return true;
	return (walk->from_ns != YG_TIME_NONE && time_ns < walk->from_ns) ||
	       (walk->to_ns != YG_TIME_NONE && time_ns >= walk->to_ns);
}

static void note_unread(struct walker *w, const struct yg_walk_place *place)
{
	if (w->input_unread++ > 0)
		return;
	w->first_unread = place->position;
	w->unread_size = place->text.size < SHOWN_MAX ? place->text.size : SHOWN_MAX;
	if (w->unread_size > 0)
		memcpy(w->unread_text, place->text.data, w->unread_size);
}

/*
 * As `detect` says it of an input most of whose records nobody could read: no silent "nothing
 * found". Who takes such records too has left nothing out.
 */
static void say_unrecognised(struct walker *w, const char *source)
{
	if (w->walk->unread || w->input_unread * 2 <= w->input_records)
		return;
	w->walk->is_partly = true;
	yg_say_hint(N_("if this is a log, name its form with --format or --log-format"),
		    N_("%s: not recognised: %llu of %llu records cannot be read; the first is "
		       "record %llu: %s"),
		    yg_say_safe(yg_bytes_str(source), 200), (unsigned long long)w->input_unread,
		    (unsigned long long)w->input_records, (unsigned long long)w->first_unread,
		    yg_say_safe((struct yg_bytes){w->unread_text, w->unread_size}, SHOWN_MAX));
}

static int walk_record(struct walker *w, struct yg_reading *reading, const char *source,
		       uint32_t index)
{
	const struct yg_batch_record *record = &w->batch->records[index];
	struct yg_walk *walk = w->walk;
	struct yg_walk_place place = {.source = yg_bytes_str(source),
				      .position = record->position,
				      .text = {w->batch->text.data + record->at, record->size}};
	struct yg_event event;
	struct yg_fault fault;
	int rc = yg_reading_event(reading, w->batch, index, w->arena, &event, &fault);

	if (rc == YG_ENOMEM)
		return rc;
	if (w->batch->chunk_count > 0)
		place.text = (struct yg_bytes){0}; /* bytes of an event file are no text */
	w->input_records++;
	if (rc != YG_OK) {
		note_unread(w, &place);
		if (walk->unread_count++ < SAID_MAX)
			yg_say(N_("%s: record %llu cannot be read: %s"),
			       yg_say_safe(yg_bytes_str(source), 200),
			       (unsigned long long)record->position, fault.msg);
		return walk->unread ? walk->unread(walk->arg, &place, fault.msg) : YG_OK;
	}
	walk->records++;
	if (is_outside(walk, event.time_ns)) {
		walk->outside++;
		return YG_OK;
	}
	if (!event.position)
		event.position = record->position;
	return walk->take(walk->arg, &event, &place);
}

static int walk_batches(struct walker *w, struct yg_intake *intake, const char *source)
{
	struct yg_parse_opts opts = {w->zone, intake->reference_ns, w->log_format,
				     w->sources.sources};
	struct yg_reading reading = {.parser = yg_parser_new(&opts, w->names), .names = w->names};
	int rc = reading.parser ? yg_intake_join(intake, &opts) : YG_ENOMEM;
	bool is_last = false;

	while (rc == YG_OK && !is_last) {
		yg_batch_reset(w->batch);
		yg_reading_start(&reading);
		rc = yg_intake_next(intake, w->batch);
		if (rc == YG_OK)
			rc = yg_parser_set_head(reading.parser, w->batch->head);
		for (uint32_t i = 0; i < w->batch->record_count && rc == YG_OK; i++)
			rc = walk_record(w, &reading, source, i);
		is_last = w->batch->is_last;
	}
	yg_reading_done(&reading);
	(void)yg_parser_free(reading.parser);
	return rc;
}

static int walk_input(struct walker *w, size_t index)
{
	const struct yg_input *input = &w->inputs.items[index];
	struct yg_stream_opts opts = {.stop_fd = -1};
	struct yg_intake intake;
	const char *reason = NULL;
	int rc = yg_intake_open(&intake, input, index, &opts, w->walk->options->format,
				yg_clock_system().now_ns(NULL), w->parser, &reason);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		say_input(w, input->name, rc, reason);
		yg_intake_close(&intake);
		return YG_OK;
	}
	w->walk->readable++;
	w->input_records = w->input_unread = 0;
	rc = walk_batches(w, &intake, input->name);
	if (rc == YG_OK)
		say_unrecognised(w, input->name);
	if (rc == YG_OK && intake.rc != YG_OK)
		say_input(w, input->name, intake.rc, intake.reason);
	yg_intake_close(&intake);
	return rc;
}

static int load_zone(struct walker *w)
{
	const char *name = w->walk->options->zone;
	int rc = yg_zone_load(name, &w->zone);

	if (rc != YG_OK)
		yg_say_hint(N_("give a name such as Asia/Tokyo, UTC, or an offset such as +09:00"),
			    N_("--tz %s: there is no such time zone"),
			    yg_say_safe(yg_bytes_str(name ? name : "?"), 80));
	return rc == YG_ENOMEM ? rc : rc != YG_OK ? YG_EINVAL : YG_OK;
}

static int load_log_format(struct walker *w)
{
	const char *text = w->walk->options->log_format;
	struct yg_fault fault;
	int rc = text ? yg_log_format_compile(yg_bytes_str(text), &w->log_format, &fault) : YG_OK;

	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	yg_say(N_("--log-format: %s (at byte %zu)"), fault.msg, fault.pos);
	return YG_EINVAL;
}

static int prepare(struct walker *w)
{
	const struct yg_options *options = w->walk->options;
	struct yg_parse_opts opts;
	int rc = load_zone(w);

	if (rc == YG_OK)
		rc = load_log_format(w);
	if (rc == YG_OK)
		rc = yg_source_files_load(options, &w->sources);
	if (rc != YG_OK)
		return rc;
	w->walk->is_partly |= w->sources.refused > 0;
	opts = (struct yg_parse_opts){w->zone, yg_clock_system().now_ns(NULL), w->log_format,
				      w->sources.sources};
	w->names = yg_names_new();
	w->parser = w->names ? yg_parser_new(&opts, w->names) : NULL;
	w->arena = yg_arena_new(EVENT_ARENA_MAX);
	w->batch = yg_batch_new();
	if (!w->parser || !w->arena || !w->batch)
		return YG_ENOMEM;
	rc = yg_inputs_expand(options->paths, options->path_count, &w->inputs, say_input, w);
	w->walk->is_partly |= w->inputs.failed > 0;
	return rc;
}

int yg_walk_run(struct yg_walk *walk)
{
	struct walker w = {.walk = walk};
	int rc = prepare(&w);

	walk->is_prepared = rc == YG_OK;
	for (size_t i = 0; i < w.inputs.count && rc == YG_OK; i++)
		rc = walk_input(&w, i);
	(void)yg_batch_free(w.batch);
	(void)yg_arena_free(w.arena);
	(void)yg_parser_free(w.parser);
	(void)yg_names_free(w.names);
	yg_source_files_done(&w.sources);
	(void)yg_log_format_free(w.log_format);
	(void)yg_zone_free(w.zone);
	yg_inputs_done(&w.inputs);
	if (walk->unread_count > SAID_MAX)
		yg_say(N_("%llu further records cannot be read"),
		       (unsigned long long)(walk->unread_count - SAID_MAX));
	walk->rc = rc == YG_EEND ? YG_OK : rc;
	return walk->rc;
}

int yg_walk_status(const struct yg_walk *walk)
{
	if (walk->readable == 0)
		return YG_EXIT_FAILED;
	return walk->is_partly ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

int yg_walk_failed(int rc)
{
	if (rc == YG_EPIPE)
		return YG_EXIT_DONE;
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (rc != YG_EINVAL) /* that was said where it was found */
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

/* "--name=value" or "--name value" at @i. *ret_used: how many words of argv it takes; 0: another.
 */
static bool match_extra(const struct yg_extra *extra, int argc, char **argv, int i, int *ret_used,
			const char **ret_value)
{
	struct yg_bytes word = yg_bytes_str(argv[i]);
	struct yg_bytes name = yg_bytes_str(extra->name);

	*ret_used = 0;
	*ret_value = NULL;
	if (yg_bytes_eq(word, name)) {
		*ret_used = extra->has_value ? 2 : 1;
		if (extra->has_value && i + 1 >= argc) {
			yg_say(N_("%s: a value is missing after it"), extra->name);
			return false;
		}
		if (extra->has_value)
			*ret_value = argv[i + 1];
	} else if (extra->has_value && yg_bytes_starts(word, name) && word.size > name.size &&
		   word.data[name.size] == '=') {
		*ret_used = 1;
		*ret_value = argv[i] + name.size + 1;
	}
	return true;
}

bool yg_extras_take(int *argc, char **argv, const struct yg_extra *extras, size_t count, void *arg)
{
	int kept = 1;
	int i = 1;

	while (i < *argc && strcmp(argv[i], "--") != 0) {
		int used = 0;

		for (size_t k = 0; k < count && used == 0; k++) {
			const char *value;

			if (!match_extra(&extras[k], *argc, argv, i, &used, &value))
				return false;
			if (used > 0 && extras[k].value)
				*extras[k].value = value;
			if (used > 0 && extras[k].set && !extras[k].set(arg, value))
				return false;
		}
		if (used == 0)
			argv[kept++] = argv[i++];
		else
			i += used;
	}
	while (i < *argc)
		argv[kept++] = argv[i++];
	*argc = kept;
	argv[kept] = NULL;
	return true;
}

static bool read_time(const struct yg_options *options, const char *option, const char *text,
		      bool is_end, int64_t *ret_ns)
{
	struct yg_zone *zone = NULL;
	int rc = yg_zone_load(options->zone, &zone);

	if (rc == YG_OK)
		rc = yg_narrow_time(option, text, is_end, zone, ret_ns);
	(void)yg_zone_free(zone);
	return rc == YG_OK;
}

bool yg_walk_times(struct yg_walk *walk, const char *from, const char *to)
{
	walk->from_ns = YG_TIME_NONE;
	walk->to_ns = YG_TIME_NONE;
	if (from && !read_time(walk->options, "--from", from, false, &walk->from_ns))
		return false;
	return !to || read_time(walk->options, "--to", to, true, &walk->to_ns);
}
