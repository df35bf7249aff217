/* SPDX-License-Identifier: Apache-2.0 */
#include "app/records.h"

#include "app/batch.h"
#include "app/intake.h"
#include "app/reading.h"
#include "app/say.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)

struct walk {
	const struct yg_options *options;
	const struct yg_records_to *to;
	struct yg_records_done *done;
	struct yg_inputs inputs;
	struct yg_zone *zone;
	struct yg_log_format *log_format;
	struct yg_names *names;
	struct yg_parser *parser;
	struct yg_arena *arena;
	struct yg_batch *batch;
};

static void say_input(void *arg, const char *name, int rc, const char *reason)
{
	struct walk *p = arg;

	p->done->is_partly |= rc != YG_EMISMATCH && rc != YG_EDUPLICATE;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(name), 300), yg_say_tr(reason));
}

static int take_record(struct walk *p, struct yg_reading *reading, const char *source,
		       uint32_t index)
{
	const struct yg_batch_record *record = &p->batch->records[index];
	struct yg_record_seen seen = {.source = yg_bytes_str(source),
				      .position = record->position,
				      .text = {p->batch->text.data + record->at, record->size}};
	struct yg_event event;
	struct yg_fault fault;
	int rc = yg_reading_event(reading, p->batch, index, p->arena, &event, &fault);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		if (p->batch->chunk_count > 0)
			seen.text = (struct yg_bytes){0}; /* bytes of an event file are no text */
		return p->to->unread(p->to->arg, &seen, fault.msg);
	}
	if (!event.position)
		event.position = record->position;
	return p->to->take(p->to->arg, &event, &seen);
}

static int walk_batches(struct walk *p, struct yg_intake *intake, const char *source)
{
	struct yg_parse_opts opts = {p->zone, intake->reference_ns, p->log_format};
	struct yg_reading reading = {.parser = yg_parser_new(&opts, p->names), .names = p->names};
	int rc = reading.parser ? YG_OK : YG_ENOMEM;
	bool is_last = false;

	while (rc == YG_OK && !is_last) {
		yg_batch_reset(p->batch);
		yg_reading_start(&reading);
		rc = yg_intake_next(intake, p->batch);
		if (rc == YG_OK)
			rc = yg_parser_set_head(reading.parser, p->batch->head);
		for (uint32_t i = 0; i < p->batch->record_count && rc == YG_OK; i++)
			rc = take_record(p, &reading, source, i);
		is_last = p->batch->is_last;
	}
	yg_reading_done(&reading);
	(void)yg_parser_free(reading.parser);
	return rc;
}

static int walk_input(struct walk *p, size_t index)
{
	const struct yg_input *input = &p->inputs.items[index];
	struct yg_stream_opts opts = {.stop_fd = -1};
	struct yg_intake intake;
	const char *reason = NULL;
	int rc = yg_intake_open(&intake, input, index, &opts, p->options->format,
				yg_clock_system().now_ns(NULL), p->parser, &reason);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		say_input(p, input->name, rc, reason);
		yg_intake_close(&intake);
		return YG_OK;
	}
	p->done->readable++;
	rc = walk_batches(p, &intake, input->name);
	if (rc == YG_OK && intake.rc != YG_OK)
		say_input(p, input->name, intake.rc, intake.reason);
	yg_intake_close(&intake);
	return rc;
}

static int prepare(struct walk *p)
{
	struct yg_parse_opts opts;
	struct yg_fault fault;
	int rc = yg_zone_load(p->options->zone, &p->zone);

	if (rc != YG_OK) {
		yg_say_hint(
			N_("give a name such as Asia/Tokyo, UTC, or an offset such as +09:00"),
			N_("--tz %s: there is no such time zone"),
			yg_say_safe(yg_bytes_str(p->options->zone ? p->options->zone : "?"), 80));
		return rc;
	}
	if (p->options->log_format) {
		rc = yg_log_format_compile(yg_bytes_str(p->options->log_format), &p->log_format,
					   &fault);
		if (rc != YG_OK) {
			yg_say(N_("--log-format: %s (at byte %zu)"), fault.msg, fault.pos);
			return rc;
		}
	}
	opts = (struct yg_parse_opts){p->zone, yg_clock_system().now_ns(NULL), p->log_format};
	p->names = yg_names_new();
	p->parser = p->names ? yg_parser_new(&opts, p->names) : NULL;
	p->arena = yg_arena_new(EVENT_ARENA_MAX);
	p->batch = yg_batch_new();
	if (!p->parser || !p->arena || !p->batch)
		return YG_ENOMEM;
	return yg_inputs_expand(p->options->paths, p->options->path_count, &p->inputs, say_input,
				p);
}

int yg_records(const struct yg_options *options, const struct yg_records_to *to,
	       struct yg_records_done *ret)
{
	struct walk p = {.options = options, .to = to, .done = ret};
	int rc;

	*ret = (struct yg_records_done){0};
	rc = prepare(&p);
	ret->is_prepared = rc == YG_OK;
	for (size_t i = 0; i < p.inputs.count && rc == YG_OK; i++)
		rc = walk_input(&p, i);
	ret->is_partly |= p.inputs.failed > 0;
	yg_inputs_done(&p.inputs);
	(void)yg_batch_free(p.batch);
	(void)yg_arena_free(p.arena);
	(void)yg_parser_free(p.parser);
	(void)yg_names_free(p.names);
	(void)yg_log_format_free(p.log_format);
	(void)yg_zone_free(p.zone);
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	return rc;
}
