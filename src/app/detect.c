/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura detect`: wires sources, workers, the judge and the output together. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/detect-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "render/json.h"

#include "base/ban.h"

static unsigned thread_count(const struct yg_options *options)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (options->threads)
		return options->threads;
	return online < 1 ? 1 : online > (long)YG_THREADS_MAX ? YG_THREADS_MAX : (unsigned)online;
}

static int load_zone(struct yg_run *run)
{
	int rc = yg_zone_load(run->options.zone, &run->zone);

	if (rc != YG_OK && rc != YG_ENOMEM)
		yg_say_hint(
			N_("give a name such as Asia/Tokyo, UTC, or an offset such as +09:00"),
			N_("--tz %s: there is no such time zone"),
			yg_say_safe(yg_bytes_str(run->options.zone ? run->options.zone : "?"), 80));
	return rc;
}

static int load_log_format(struct yg_run *run)
{
	struct yg_fault fault;
	int rc;

	if (!run->options.log_format)
		return YG_OK;
	rc = yg_log_format_compile(yg_bytes_str(run->options.log_format), &run->log_format, &fault);
	if (rc != YG_OK && rc != YG_ENOMEM)
		yg_say(N_("--log-format: %s (at byte %zu)"), fault.msg, fault.pos);
	return rc;
}

static void say_input(void *arg, const char *name, int rc, const char *reason)
{
	struct yg_run *run = arg;

	/* What is left out of a folder or an archive as no log is no fault of the run. */
	if (rc != YG_OK && rc != YG_EMISMATCH && rc != YG_EDUPLICATE)
		run->is_partly = true;
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(name), 300), yg_say_tr(reason));
}

/* All that is needed before the first byte of a log is read. */
static int prepare(struct yg_run *run)
{
	struct yg_judge_out out = {.finding = yg_sink_finding,
				   .update = yg_sink_update,
				   .event = yg_run_event,
				   .group = yg_run_group,
				   .arg = &run->sink};
	int rc = load_zone(run);

	if (rc == YG_OK)
		rc = load_log_format(run);
	if (rc == YG_OK)
		rc = yg_indicator_files_load(&run->options, run->clock, &run->indicator_files);
	run->indicators = run->indicator_files.set;
	if (rc == YG_OK)
		rc = yg_rule_image_load(&run->options, &run->rules);
	if (rc != YG_OK)
		return rc;
	run->is_partly |= run->rules.refused > 0 || run->rules.unreadable > 0;
	if (run->rules.loaded == run->rules.inactive && !run->indicators)
		yg_say_hint(N_("leave out --no-default-rules, or give --rules or --indicators"),
			    N_("there is nothing to look for: no rule can be used and no "
			       "indicators were given"));
	rc = yg_inputs_expand(run->options.paths, run->options.path_count, &run->inputs, say_input,
			      run);
	if (rc != YG_OK)
		return rc;
	run->is_partly |= run->inputs.failed > 0;
	run->reports = yg_calloc(run->inputs.count + 1, sizeof(*run->reports));
	run->timeline = yg_malloc(sizeof(*run->timeline));
	run->tracer = yg_tracer_new(run->rules.engine, run->indicators);
	run->judge = yg_judge_new(run->rules.engine, run->indicators, &out);
	if (!run->reports || !run->timeline || !run->tracer || !run->judge)
		return YG_ENOMEM;
	yg_timeline_init(run->timeline);
	yg_sink_init(&run->sink, &run->options, run->zone, run->timeline);
	run->detector = (struct yg_detector){
		.engine = run->rules.engine,
		.indicators = run->indicators,
		.tracer = run->tracer,
		.parse = {.zone = run->zone, .log_format = run->log_format},
	};
	run->again = yg_worker_new(&run->detector);
	if (!run->again)
		return YG_ENOMEM;
	return YG_OK;
}

static void done(struct yg_run *run)
{
	(void)yg_judge_free(run->judge);
	(void)yg_worker_free(run->again);
	(void)yg_tracer_free(run->tracer);
	yg_sink_done(&run->sink);
	yg_rule_image_done(&run->rules);
	yg_indicator_files_done(&run->indicator_files);
	(void)yg_log_format_free(run->log_format);
	(void)yg_zone_free(run->zone);
	for (size_t i = 0; run->reports && i < run->inputs.count; i++)
		free((char *)(uintptr_t)run->reports[i]
			     .unparsed_text.data); /* add_counts made it */
	free(run->reports);
	yg_inputs_done(&run->inputs);
	free(run->timeline);
	yg_options_done(&run->options);
}

/* Sum up; the stories stay the judge's. */
static int make_report(struct yg_run *run, struct yg_report *ret)
{
	struct yg_judge_counts counts = yg_judge_counts(run->judge);
	struct rusage usage;
	int64_t shown_ns = YG_TIME_NONE;
	int rc;

	*ret = (struct yg_report){
		.inputs = run->reports,
		.input_count = run->inputs.count,
		.findings = counts.findings,
		.stories_total = counts.stories,
		.evicted = counts.evicted_sources + counts.evicted_paths + counts.evicted_groups +
			   counts.evicted_stories,
		.rules_loaded = run->rules.loaded,
		.indicators_loaded = run->indicators ? yg_indicators_count(run->indicators) : 0,
		.zone_name = yg_zone_name(run->zone),
		.now_ns = run->clock.now_ns(run->clock.arg),
		.timeline = run->timeline,
	};
	for (size_t i = 0; i < run->inputs.count; i++) {
		ret->records += run->reports[i].records;
		ret->parsed += run->reports[i].parsed;
		ret->unparsed += run->reports[i].unparsed;
		ret->bytes += run->reports[i].bytes;
		if (run->reports[i].last_ns > shown_ns)
			shown_ns = run->reports[i].last_ns;
	}
	/* A log read in winter shows its summer's times as they were written: by its own last one.
	 */
	if (shown_ns == YG_TIME_NONE)
		shown_ns = ret->now_ns;
	memcpy(ret->by_level, counts.by_level, sizeof(ret->by_level));
	ret->zone_s = yg_zone_offset_utc(run->zone, shown_ns / YG_NS_PER_S);
	ret->seconds = (double)(ret->now_ns - run->started_ns) / (double)YG_NS_PER_S;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		ret->rss_max_kb = usage.ru_maxrss;
	rc = yg_judge_stories(run->judge, &ret->stories, &ret->story_count);
	return rc;
}

static int say_stats(const struct yg_report *report)
{
	struct yg_buf line;
	int rc;

	yg_buf_init(&line, 4096);
	yg_json_stats(&line, report);
	rc = yg_buf_error(&line);
	if (rc == YG_OK)
		rc = yg_io_write(STDERR_FILENO, yg_buf_bytes(&line));
	yg_buf_done(&line);
	return rc;
}

/* Words for an output that could not be written; a closed pipe is the reader's decision. */
static int output_status(int rc)
{
	if (rc == YG_OK || rc == YG_EPIPE)
		return YG_EXIT_DONE;
	yg_say_hint(N_("choose another place, or make room"),
		    N_("the output could not be written: %s"), yg_say_tr(yg_err_text(rc)));
	return YG_EXIT_FAILED;
}

static int finish(struct yg_run *run)
{
	struct yg_report report;
	int rc = make_report(run, &report);
	int status = YG_EXIT_DONE;

	if (rc == YG_OK) {
		rc = yg_sink_report(&run->sink, &report, run->options.html_path);
		if (run->options.output == YG_OUTPUT_HTML && rc != YG_OK)
			status = YG_EXIT_FAILED; /* said where it was tried */
		else
			status = output_status(rc);
	} else {
		yg_say(N_("out of memory"));
		status = YG_EXIT_FAILED;
	}
	if (run->options.with_stats)
		(void)say_stats(&report); /* standard error is gone: nobody to tell */
	if (status != YG_EXIT_DONE)
		return status;
	if (run->readable == 0)
		return YG_EXIT_FAILED;
	if (run->sink.is_fatal)
		return YG_EXIT_FINDING;
	return run->is_partly ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

/* Following ends by a signal, cleanly: the summary is still wanted. */
static int open_stop_fd(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int yg_detect(struct yg_options *take_options)
{
	struct yg_run run = {.options = *take_options, .clock = yg_clock_system(), .stop_fd = -1};
	int status = YG_EXIT_FAILED;
	int rc;

	run.started_ns = run.clock.now_ns(run.clock.arg);
	if (run.options.is_following)
		run.stop_fd = open_stop_fd();
	rc = prepare(&run);
	if (rc == YG_OK)
		rc = yg_run_inputs(&run, thread_count(&run.options));
	if (rc == YG_OK)
		status = finish(&run);
	else if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (run.sink.rc != YG_OK)
		status = output_status(run.sink.rc);
	if (run.stop_fd >= 0)
		(void)close(run.stop_fd); /* nothing was written to it */
	done(&run);
	return status;
}

int yg_command_detect(int argc, char **argv)
{
	struct yg_options options;

	switch (yg_options_read(argc, argv, &options)) {
	case YG_OPTIONS_RUN:
		return yg_detect(&options);
	case YG_OPTIONS_DONE:
		yg_options_done(&options);
		return YG_EXIT_DONE;
	default:
		yg_options_done(&options);
		return YG_EXIT_FAILED;
	}
}
