/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura archive`: its table of commands, and writing. */
#define _GNU_SOURCE
#include <unistd.h>

#include "app/archive-int.h"
#include "app/commands.h"
#include "app/describe.h"
#include "app/narrow.h"
#include "app/say.h"
#include "app/walk.h"
#include "archive/tree.h"
#include "archive/writer.h"
#include "base/io.h"
#include "model/record.h"

#include "base/ban.h"

#define LINE_MAX (16u << 20) /* of a record, before it is known whether it is too long */
#define RAW_MAX	 (128u * 1024u)

/* One run of `archive write`. */
struct filling {
	struct yg_archive_writer *writer;
	struct yg_buf line;
	int64_t arrived_ns; /* YG_TIME_NONE: now */
	uint64_t unread;
	uint64_t shortened;
};

static int put_line(struct filling *f)
{
	struct yg_clock clock = yg_clock_system();
	int64_t arrived_ns =
		f->arrived_ns == YG_TIME_NONE ? clock.now_ns(clock.arg) : f->arrived_ns;

	return yg_archive_append(f->writer, yg_buf_bytes(&f->line), arrived_ns, UINT64_MAX);
}

/* A record of which only the text is kept, as much of it as a record may be long. */
static int put_unknown(struct filling *f, const struct yg_walk_place *seen, struct yg_bytes source)
{
	yg_buf_reset(&f->line);
	yg_buf_add_str(&f->line, "{\"v\":1,\"format\":\"unknown\",\"source\":");
	yg_buf_add_json(&f->line, source);
	yg_buf_add_str(&f->line, ",\"position\":");
	yg_buf_add_u64(&f->line, seen->position);
	if (seen->text.size > 0) {
		yg_buf_add_str(&f->line, ",\"raw\":");
		yg_buf_add_json(&f->line, yg_bytes_cut(seen->text, 0, RAW_MAX));
	}
	yg_buf_add_str(&f->line, ",\"fields\":{}}\n");
	f->shortened += seen->text.size > RAW_MAX;
	return yg_buf_error(&f->line) == YG_OK ? put_line(f) : yg_buf_error(&f->line);
}

static int put_record(void *arg, struct yg_event *event, const struct yg_walk_place *seen)
{
	struct filling *f = arg;

	for (unsigned with_raw = 2; with_raw-- > 0;) { /* with the raw line, else without */
		yg_buf_reset(&f->line);
		yg_record_write(&f->line, event, seen->source, with_raw);
		if (yg_buf_error(&f->line) == YG_ENOMEM)
			return YG_ENOMEM;
		if (yg_buf_error(&f->line) == YG_OK && f->line.size <= YG_ARCHIVE_RECORD_MAX)
			return put_line(f);
		f->shortened++;
	}
	return put_unknown(f, seen, event->source.size ? event->source : seen->source);
}

static int put_unread(void *arg, const struct yg_walk_place *seen, const char *why)
{
	struct filling *f = arg;

	(void)why; /* said by the walk */
	f->unread++;
	return put_unknown(f, seen, seen->source);
}

static void say_failed(const struct filling *f, const char *dir, int rc)
{
	const char *path = yg_archive_writer_path(f->writer);

	if (rc == YG_EAGAIN)
		yg_say_hint(N_("wait until it ends, or choose another --org"),
			    N_("%s: another process is writing there"),
			    yg_say_safe(yg_bytes_str(dir), 300));
	else
		yg_say_hint(N_("choose another place, or make room"),
			    N_("%s: the archive could not be written: %s"),
			    yg_say_safe(yg_bytes_str(dir), 300), yg_say_tr(yg_err_text(rc)));
	if (path)
		yg_say_hint(N_("`yagura archive repair` closes it"),
			    N_("%s: what was written so far is there, but not closed"),
			    yg_say_safe(yg_bytes_str(path), 300));
}

static void say_written(const struct filling *f)
{
	struct yg_archive_written w = yg_archive_writer_counts(f->writer);

	if (f->shortened > 0)
		yg_say(N_("%llu records were longer than a record may be and were shortened"),
		       (unsigned long long)f->shortened);
	printf("{\"files\":%llu,\"frames\":%llu,\"records\":%llu,\"unread\":%llu,"
	       "\"shortened\":%llu,\"text_bytes\":%llu,\"file_bytes\":%llu}\n",
	       (unsigned long long)w.files, (unsigned long long)w.frames,
	       (unsigned long long)w.records, (unsigned long long)f->unread,
	       (unsigned long long)f->shortened, (unsigned long long)w.text_bytes,
	       (unsigned long long)w.file_bytes);
}

static int fill(struct filling *f, const struct yg_options *options)
{
	struct yg_walk walk = {.options = options,
			       .take = put_record,
			       .unread = put_unread,
			       .arg = f,
			       .from_ns = YG_TIME_NONE,
			       .to_ns = YG_TIME_NONE};
	int rc = yg_walk_run(&walk);

	if (rc == YG_OK)
		rc = yg_archive_seal(f->writer);
	if (rc != YG_OK) {
		if (rc != YG_ENOMEM && walk.is_prepared)
			say_failed(f, options->out_dir, rc);
		else if (rc == YG_ENOMEM)
			yg_say(N_("out of memory"));
		return YG_EXIT_FAILED;
	}
	say_written(f);
	if (walk.readable == 0)
		return YG_EXIT_FAILED;
	return walk.is_partly || f->shortened ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

static int check_options(const struct yg_options *options, struct filling *f)
{
	struct yg_zone *zone = NULL;
	int rc;

	if (!options->out_dir || !options->org) {
		yg_say(N_("archive write: --out DIR and --org ID are wanted"));
		return YG_EINVAL;
	}
	if (!yg_archive_is_org(yg_bytes_str(options->org))) {
		yg_say(N_("--org %s: give 1 to %u letters, digits, '.', '_' or '-'"),
		       yg_say_safe(yg_bytes_str(options->org), 80), YG_ARCHIVE_ORG_MAX);
		return YG_EINVAL;
	}
	if (!options->arrived)
		return YG_OK;
	rc = yg_zone_load(options->zone, &zone);
	if (rc == YG_OK)
		rc = yg_narrow_time("--arrived", options->arrived, false, zone, &f->arrived_ns);
	(void)yg_zone_free(zone);
	return rc;
}

int yg_archive_command_write(const struct yg_options *options)
{
	struct filling f = {.arrived_ns = YG_TIME_NONE};
	struct yg_archive_writer_opts opts = {options->out_dir, options->org, yg_describe, NULL};
	struct yg_describer *describer;
	int status = YG_EXIT_FAILED;

	if (check_options(options, &f) != YG_OK)
		return YG_EXIT_FAILED;
	yg_buf_init(&f.line, LINE_MAX);
	describer = yg_describer_new();
	opts.arg = describer;
	f.writer = describer ? yg_archive_writer_new(&opts) : NULL;
	if (f.writer)
		status = fill(&f, options);
	else
		yg_say(N_("out of memory"));
	(void)yg_archive_writer_free(f.writer);
	(void)yg_describer_free(describer);
	yg_buf_done(&f.line);
	return status;
}

static void say_file(void *arg, const char *name, int rc, const char *reason)
{
	(void)arg;
	(void)rc;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(name), 300), yg_say_tr(reason));
}

int yg_archive_files(const struct yg_options *options, struct yg_inputs *ret)
{
	int rc = yg_inputs_expand(options->paths, options->path_count, ret, say_file, NULL);

	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	return rc;
}

int yg_command_archive(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct yg_options *options);
	} commands[] = {
		{"write", yg_archive_command_write},
		{"verify", yg_archive_command_verify},
		{"cat", yg_archive_command_cat},
		{"repair", yg_archive_command_repair},
	};
	const char *name = argc > 1 ? argv[1] : "";
	struct yg_options options = {0};
	int status = YG_EXIT_FAILED;

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		yg_help_archive();
		return YG_EXIT_DONE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		switch (yg_options_read(argc - 1, argv + 1, &options)) {
		case YG_OPTIONS_RUN:
			status = commands[i].run(&options);
			break;
		case YG_OPTIONS_DONE:
			status = YG_EXIT_DONE;
			break;
		default:
			break;
		}
		yg_options_done(&options);
		return status;
	}
	yg_say_hint(N_("`yagura archive --help` shows what there is"),
		    N_("archive: what shall be done? write, verify, cat or repair"));
	return YG_EXIT_FAILED;
}
