/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura source records`: logs in the record form. */
#define _GNU_SOURCE
#include <unistd.h>

#include "app/batch.h"
#include "app/commands.h"
#include "app/intake.h"
#include "app/options.h"
#include "app/reading.h"
#include "app/say.h"
#include "app/source_files.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)
#define OUT_BYTES_MAX	(64u << 20)
#define FLUSH_BYTES	(256u * 1024u)

struct printer {
	struct yg_options options;
	struct yg_inputs inputs;
	struct yg_zone *zone;
	struct yg_log_format *log_format;
	struct yg_source_files sources;
	struct yg_names *names;
	struct yg_parser *parser;
	struct yg_arena *arena;
	struct yg_batch *batch;
	struct yg_buf out;
	bool is_partly;
	size_t readable;
};

static void say_input(void *arg, const char *name, int rc, const char *reason)
{
	struct printer *printer = arg;

	printer->is_partly |= rc != YG_EMISMATCH && rc != YG_EDUPLICATE;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(name), 300), yg_say_tr(reason));
}

static int print_record(struct printer *p, struct yg_reading *reading, const char *source,
			uint32_t index)
{
	const struct yg_batch_record *record = &p->batch->records[index];
	struct yg_event event;
	struct yg_fault fault;
	int rc = yg_reading_event(reading, p->batch, index, p->arena, &event, &fault);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		yg_say(N_("%s: record %llu cannot be read: %s"),
		       yg_say_safe(yg_bytes_str(source), 200), (unsigned long long)record->position,
		       fault.msg);
		return YG_OK;
	}
	if (!event.position)
		event.position = record->position;
	yg_record_write(&p->out, &event, yg_bytes_str(source), true);
	rc = yg_buf_error(&p->out);
	if (rc == YG_OK && p->out.size >= FLUSH_BYTES) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&p->out));
		yg_buf_reset(&p->out);
	}
	return rc;
}

static int print_batches(struct printer *p, struct yg_intake *intake, const char *source)
{
	struct yg_parse_opts opts = {p->zone, intake->reference_ns, p->log_format,
				     p->sources.sources};
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
			rc = print_record(p, &reading, source, i);
		is_last = p->batch->is_last;
	}
	yg_reading_done(&reading);
	(void)yg_parser_free(reading.parser);
	return rc;
}

static int print_input(struct printer *p, size_t index)
{
	const struct yg_input *input = &p->inputs.items[index];
	struct yg_stream_opts opts = {.stop_fd = -1};
	struct yg_intake intake;
	const char *reason = NULL;
	int rc = yg_intake_open(&intake, input, index, &opts, p->options.format,
				yg_clock_system().now_ns(NULL), p->parser, &reason);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		say_input(p, input->name, rc, reason);
		yg_intake_close(&intake);
		return YG_OK;
	}
	p->readable++;
	rc = print_batches(p, &intake, input->name);
	if (rc == YG_OK && intake.rc != YG_OK)
		say_input(p, input->name, intake.rc, intake.reason);
	yg_intake_close(&intake);
	return rc;
}

static int prepare(struct printer *p)
{
	struct yg_parse_opts opts;
	struct yg_fault fault;
	int rc = yg_zone_load(p->options.zone, &p->zone);

	if (rc != YG_OK) {
		yg_say_hint(N_("give a name such as Asia/Tokyo, UTC, or an offset such as +09:00"),
			    N_("--tz %s: there is no such time zone"),
			    yg_say_safe(yg_bytes_str(p->options.zone ? p->options.zone : "?"), 80));
		return rc;
	}
	if (p->options.log_format) {
		rc = yg_log_format_compile(yg_bytes_str(p->options.log_format), &p->log_format,
					   &fault);
		if (rc != YG_OK) {
			yg_say(N_("--log-format: %s (at byte %zu)"), fault.msg, fault.pos);
			return rc;
		}
	}
	rc = yg_source_files_load(&p->options, &p->sources);
	if (rc != YG_OK)
		return rc;
	p->is_partly |= p->sources.refused > 0;
	opts = (struct yg_parse_opts){p->zone, yg_clock_system().now_ns(NULL), p->log_format,
				      p->sources.sources};
	yg_buf_init(&p->out, OUT_BYTES_MAX);
	p->names = yg_names_new();
	p->parser = p->names ? yg_parser_new(&opts, p->names) : NULL;
	p->arena = yg_arena_new(EVENT_ARENA_MAX);
	p->batch = yg_batch_new();
	if (!p->parser || !p->arena || !p->batch)
		return YG_ENOMEM;
	return yg_inputs_expand(p->options.paths, p->options.path_count, &p->inputs, say_input, p);
}

static int print_records(struct printer *p)
{
	int rc = prepare(p);

	for (size_t i = 0; i < p->inputs.count && rc == YG_OK; i++)
		rc = print_input(p, i);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&p->out));
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (rc != YG_OK && rc != YG_EPIPE && p->batch)
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	yg_buf_done(&p->out);
	(void)yg_batch_free(p->batch);
	(void)yg_arena_free(p->arena);
	(void)yg_parser_free(p->parser);
	(void)yg_names_free(p->names);
	yg_source_files_done(&p->sources);
	(void)yg_log_format_free(p->log_format);
	(void)yg_zone_free(p->zone);
	if (rc != YG_OK && rc != YG_EPIPE)
		return YG_EXIT_FAILED;
	if (p->readable == 0)
		return YG_EXIT_FAILED;
	return p->is_partly || p->inputs.failed ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

static int records(int argc, char **argv)
{
	struct printer printer = {0};
	int status = YG_EXIT_FAILED;

	if (yg_options_read(argc, argv, &printer.options) == YG_OPTIONS_RUN)
		status = print_records(&printer);
	yg_inputs_done(&printer.inputs);
	yg_options_done(&printer.options);
	return status;
}

static int list(int argc, char **argv)
{
	struct yg_options options;
	int status = YG_EXIT_FAILED;

	if (yg_options_read_some(argc, argv, &options) == YG_OPTIONS_RUN)
		status = yg_source_list(&options);
	yg_options_done(&options);
	return status;
}

int yg_command_source(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{"records", records},
		{"learn", yg_command_source_learn},
		{"test", yg_command_source_test},
		{"list", list},
	};
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		yg_help_source();
		return YG_EXIT_DONE;
	}
	yg_say(N_("source: what shall be done? try: yagura source records PATH"));
	return YG_EXIT_FAILED;
}
