/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura evtx dump --json FILE`: each record of Windows event files as one line, with its place.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/intake.h"
#include "app/reading.h"
#include "app/say.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)
#define OUT_BYTES_MAX	(64u << 20)
#define FLUSH_BYTES	(256u * 1024u)
#define SAID_MAX	10u

struct dump {
	struct yg_inputs inputs;
	struct yg_reading reading;
	struct yg_arena *arena;
	struct yg_batch *batch;
	struct yg_buf out;
	uint64_t unreadable; /* records of the input at hand */
	size_t readable;     /* inputs */
	bool is_partly;
};

static void say_input(void *arg, const char *name, int rc, const char *reason)
{
	struct dump *dump = arg;

	dump->is_partly |= rc != YG_EMISMATCH && rc != YG_EDUPLICATE;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(name), 300), yg_say_tr(reason));
}

static void write_line(struct dump *d, const char *source, uint32_t index, struct yg_event *event)
{
	const struct yg_batch_record *record = &d->batch->records[index];
	uint64_t id;
	char iso[YG_ISO_SIZE];

	memcpy(&id, d->batch->text.data + record->at + 8, sizeof(id));
	yg_buf_add_str(&d->out, "{\"source\":");
	yg_buf_add_json(&d->out, yg_bytes_str(source));
	yg_buf_addf(&d->out, ",\"position\":%llu,\"record_id\":%llu,\"time\":",
		    (unsigned long long)record->position, (unsigned long long)id);
	if (event->time_ns == YG_TIME_NONE) {
		yg_buf_add_str(&d->out, "null");
	} else {
		(void)yg_time_iso(event->time_ns, 0, iso);
		yg_buf_addf(&d->out, "\"%s\"", iso);
	}
	yg_buf_addf(&d->out, ",\"chunk\":%llu,\"byte\":%llu,\"size\":%u",
		    (unsigned long long)d->batch->chunks[record->at / YG_EVTX_CHUNK_BYTES].at,
		    (unsigned long long)yg_reading_byte(d->batch, index), record->size);
	if (event->dropped > 0)
		yg_buf_add_str(&d->out, ",\"is_cut\":true");
	yg_buf_add_str(&d->out, ",\"fields\":");
	yg_record_fields(&d->out, event);
	yg_buf_add_str(&d->out, "}\n");
}

static int dump_record(struct dump *d, const char *source, uint32_t index)
{
	struct yg_event event;
	struct yg_fault fault;
	int rc = yg_reading_event(&d->reading, d->batch, index, d->arena, &event, &fault);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		if (d->unreadable++ < SAID_MAX)
			yg_say(N_("%s: byte %llu: the record cannot be read: %s"),
			       yg_say_safe(yg_bytes_str(source), 200),
			       (unsigned long long)yg_reading_byte(d->batch, index), fault.msg);
		return YG_OK;
	}
	write_line(d, source, index, &event);
	rc = yg_buf_error(&d->out);
	if (rc == YG_OK && d->out.size >= FLUSH_BYTES) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&d->out));
		yg_buf_reset(&d->out);
	}
	return rc;
}

static int dump_batches(struct dump *d, struct yg_intake *intake, const char *source)
{
	uint64_t count = 0;
	bool is_last = false;
	int rc = YG_OK;

	d->unreadable = 0;
	while (rc == YG_OK && !is_last) {
		yg_batch_reset(d->batch);
		yg_reading_start(&d->reading);
		rc = yg_intake_next(intake, d->batch);
		for (uint32_t i = 0; i < d->batch->record_count && rc == YG_OK; i++)
			rc = dump_record(d, source, i);
		count += d->batch->record_count;
		is_last = d->batch->is_last;
	}
	if (rc == YG_OK && (d->unreadable > 0 || intake->notes > 0))
		yg_say(N_("%s: %llu records read, %llu could not be read"),
		       yg_say_safe(yg_bytes_str(source), 200),
		       (unsigned long long)(count - d->unreadable),
		       (unsigned long long)d->unreadable);
	return rc;
}

static int dump_input(struct dump *d, size_t index)
{
	const struct yg_input *input = &d->inputs.items[index];
	struct yg_stream_opts opts = {.stop_fd = -1};
	struct yg_intake intake;
	const char *reason = NULL;
	int rc = yg_intake_open(&intake, input, index, &opts, YG_FORMAT_EVTX, 0, NULL, &reason);

	if (rc == YG_OK) {
		yg_intake_begin_evtx(&intake);
		rc = dump_batches(d, &intake, input->name);
		if (rc == YG_OK && intake.rc != YG_OK)
			say_input(d, input->name, intake.rc, intake.reason);
		if (rc == YG_OK && intake.scan.chunks == 0)
			say_input(d, input->name, YG_EFORMAT,
				  N_("no Windows event file: it holds no chunk of one"));
		else
			d->readable++;
	} else if (rc != YG_ENOMEM) {
		say_input(d, input->name, rc, reason);
		rc = YG_OK;
	}
	yg_intake_close(&intake);
	return rc;
}

static int dump_paths(const char *const *paths, size_t count)
{
	struct dump d = {0};
	struct yg_names *names = yg_names_new();
	int rc = YG_ENOMEM;

	yg_buf_init(&d.out, OUT_BYTES_MAX);
	d.reading.names = names;
	d.arena = yg_arena_new(EVENT_ARENA_MAX);
	d.batch = yg_batch_new();
	if (names && d.arena && d.batch)
		rc = yg_inputs_expand(paths, count, &d.inputs, say_input, &d);
	for (size_t i = 0; i < d.inputs.count && rc == YG_OK; i++)
		rc = dump_input(&d, i);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&d.out));
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (rc != YG_OK && rc != YG_EPIPE)
		yg_say(N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	d.is_partly |= d.inputs.failed > 0;
	yg_inputs_done(&d.inputs);
	yg_buf_done(&d.out);
	yg_reading_done(&d.reading);
	(void)yg_batch_free(d.batch);
	(void)yg_arena_free(d.arena);
	(void)yg_names_free(names);
	if ((rc != YG_OK && rc != YG_EPIPE) || d.readable == 0)
		return YG_EXIT_FAILED;
	return d.is_partly ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

int yg_command_evtx(int argc, char **argv)
{
	static const struct option longs[] = {{"json", no_argument, NULL, 'j'},
					      {"lang", required_argument, NULL, 'l'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	bool is_dump = argc > 1 && strcmp(argv[1], "dump") == 0;
	int option;

	if (!is_dump && argc > 1 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		yg_help_evtx();
		return YG_EXIT_DONE;
	}
	if (!is_dump) {
		yg_say(N_("evtx: what shall be done? try: yagura evtx dump --json FILE"));
		return YG_EXIT_FAILED;
	}
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc - 1, argv + 1, "h", longs, NULL)) != -1) {
		if (option == 'h') {
			yg_help_evtx();
			return YG_EXIT_DONE;
		}
		if (option == '?') {
			yg_say_hint(N_("`yagura evtx --help` shows what there is"),
				    N_("%s: there is no such option"),
				    yg_say_safe(yg_bytes_str(argv[optind]), 80));
			return YG_EXIT_FAILED;
		}
	}
	if (optind >= argc - 1) {
		yg_say_hint(N_("give a file, a folder, or - for standard input"),
			    N_("no Windows event file was named"));
		return YG_EXIT_FAILED;
	}
	return dump_paths((const char *const *)argv + 1 + optind, (size_t)(argc - 1 - optind));
}
