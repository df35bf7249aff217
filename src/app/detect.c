/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura detect`: wires sources, workers, the judge and the output together. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/benign.h"
#include "app/commands.h"
#include "app/counting.h"
#include "app/detect-int.h"
#include "app/explaining-int.h"
#include "app/hunt.h"
#include "app/profiling.h"
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

/* How the lines of logs are to be read. */
static int load_reading(struct yg_run *run)
{
	int rc = load_zone(run);

	if (rc == YG_OK && run->hunt)
		rc = yg_hunt_narrow(run);
	if (rc == YG_OK)
		rc = load_log_format(run);
	if (rc == YG_OK)
		rc = yg_source_files_load(&run->options, &run->sources);
	run->is_partly |= run->sources.refused > 0;
	return rc;
}

/* Whoever follows for days learns now that there is no such place, not at the end. */
static int prepare_profile(struct yg_run *run)
{
	const char *path = run->options.profile;

	run->profile_clock = yg_profiling_clock();
	if (!path)
		return YG_OK;
	if (yg_profile_init(&run->profile, run->rules.engine) != YG_OK)
		return YG_ENOMEM;
	if (!run->options.is_following || strcmp(path, "-") == 0 ||
	    yg_profiling_write(&run->profile, run->rules.engine, path))
		return YG_OK;
	return YG_EIO; /* said */
}

/* --count and --explain: other things than findings are shown. */
static int prepare_tuning(struct yg_run *run, struct yg_judge_out *out)
{
	int rc = prepare_profile(run);

	if (rc != YG_OK)
		return rc;
	if (run->options.rule_budget + run->options.findings_budget > 0 && !run->options.explain) {
		run->quarantine = yg_quarantine_new(run->rules.engine, &run->options);
		if (!run->quarantine)
			return YG_ENOMEM;
	}

	if (run->options.is_counting || run->options.explain)
		out->event = NULL; /* nobody looks at it */
	if (run->options.is_counting) {
		out->group = NULL;
		run->counting = yg_counting_new(run->inputs.count);
		rc = run->counting ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK && run->options.is_benign) {
		run->benign = yg_benign_new(run);
		rc = run->benign ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK && run->options.explain)
		rc = yg_explaining_new(run, &run->explaining);
	return rc;
}

/* Rules, indicators, and the list of inputs. */
static int load(struct yg_run *run)
{
	int rc = load_reading(run);

	if (rc == YG_OK)
		rc = yg_indicator_lists_load(&run->options, &run->lists);
	if (rc == YG_OK)
		rc = yg_explaining_options(&run->options);
	if (rc == YG_OK)
		rc = yg_rule_image_load(&run->options, &run->rules);
	if (rc != YG_OK)
		return rc;
	run->is_partly |= run->rules.refused > 0 || run->rules.unreadable > 0;
	if (run->rules.loaded == run->rules.inactive && !run->lists.set)
		yg_say_hint(N_("leave out --no-default-rules, or give --rules or --indicators"),
			    N_("there is nothing to look for: no rule can be used and no "
			       "indicators were given"));
	rc = yg_inputs_expand(run->options.paths, run->options.path_count, &run->inputs, say_input,
			      run);
	run->is_partly |= run->inputs.failed > 0;
	return rc;
}

static void make_detector(struct yg_run *run)
{
	run->detector = (struct yg_detector){
		.engine = run->rules.engine,
		.indicators = run->lists.set,
		.tracer = run->tracer,
		.parse = {.zone = run->zone,
			  .log_format = run->log_format,
			  .sources = run->sources.sources},
		.counts_kinds = run->counting || run->explaining,
		.reads_all = run->reads_all,
		.skip_from = run->quarantine ? yg_quarantine_skip_from(run->quarantine) : NULL,
		.cost_max = run->quarantine ? run->options.rule_budget : 0,
		.profile_clock = run->options.profile ? &run->profile_clock : NULL,
	};
}

/* Who reads, judges and writes. */
static int prepare_parts(struct yg_run *run, const struct yg_judge_out *out)
{
	run->reports = yg_calloc(run->inputs.count + 1, sizeof(*run->reports));
	run->timeline = yg_malloc(sizeof(*run->timeline));
	run->tracer = yg_tracer_new(run->rules.engine, run->lists.set);
	run->judge = yg_judge_new(run->rules.engine, run->lists.set, out);
	if (!run->reports || !run->timeline || !run->tracer || !run->judge)
		return YG_ENOMEM;
	yg_timeline_init(run->timeline);
	yg_sink_init(&run->sink, &run->options, run->zone, run->timeline);
	run->sink.counting = run->counting;
	if (run->explaining) {
		run->sink.output = YG_OUTPUT_NONE;
		yg_explaining_watch(run->explaining, run->judge);
	}
	if (!out->event)
		yg_tracer_bare(run->tracer);
	make_detector(run);
	run->again = yg_worker_new(&run->detector);
	if (!run->again)
		return YG_ENOMEM;
	return run->hunt ? yg_hunt_prepare(run) : YG_OK;
}

/* For comparison: every line is read, also one that says what an earlier one said. */
static int choose_reading(struct yg_run *run)
{
	const char *wanted = getenv("YAGURA_REPEATS");

	run->reads_all = wanted && strcmp(wanted, "off") == 0;
	if (!wanted || !*wanted || run->reads_all)
		return YG_OK;
	yg_say_hint(N_("set it to off, or not at all"), N_("YAGURA_REPEATS: '%s' is not known"),
		    yg_say_safe(yg_bytes_str(wanted), 40));
	return YG_EINVAL;
}

/* All that is needed before the first byte of a log is read. */
static int prepare(struct yg_run *run)
{
	struct yg_judge_out out = {.finding = yg_sink_finding,
				   .update = yg_sink_update,
				   .event = yg_run_event,
				   .group = yg_run_group,
				   .arg = &run->sink};
	int rc = choose_reading(run);

	if (rc == YG_OK)
		rc = load(run);
	if (rc == YG_OK)
		rc = prepare_tuning(run, &out);
	if (rc != YG_OK)
		return rc;
	return prepare_parts(run, &out);
}

static void done(struct yg_run *run)
{
	(void)yg_judge_free(run->judge);
	(void)yg_explaining_free(run->explaining);
	(void)yg_benign_free(run->benign);
	(void)yg_quarantine_free(run->quarantine);
	yg_profile_done(&run->profile);
	(void)yg_counting_free(run->counting);
	(void)yg_worker_free(run->again);
	(void)yg_tracer_free(run->tracer);
	yg_sink_done(&run->sink);
	yg_rule_image_done(&run->rules);
	yg_indicator_lists_done(&run->lists);
	yg_source_files_done(&run->sources);
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

/* What only a hunt counts, and what its earlier runs counted. */
static void add_hunt(const struct yg_run *run, struct yg_report *report)
{
	const struct yg_hunt *hunt = run->hunt;
	const uint64_t *before = hunt->state.before;

	report->is_hunt = true;
	report->left_out = before[YG_SUM_LEFT_OUT] + hunt->left_out;
	report->frames = before[YG_SUM_FRAMES] + hunt->frames;
	report->frames_read = before[YG_SUM_FRAMES_READ] + hunt->frames_read;
	report->records += before[YG_SUM_RECORDS];
	report->parsed += before[YG_SUM_PARSED];
	report->unparsed += before[YG_SUM_UNPARSED];
	report->bytes += before[YG_SUM_BYTES];
	report->findings += before[YG_SUM_FINDINGS];
}

uint32_t yg_run_quarantined(const struct yg_run *run)
{
	return run->rules_quarantined +
	       (run->quarantine ? yg_quarantine_rules(run->quarantine) : 0);
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
			   counts.evicted_stories + run->joins_evicted,
		.is_idle = run->rules.loaded == run->rules.inactive && !run->lists.set,
		.rules_loaded = run->rules.loaded,
		.rules_quarantined = yg_run_quarantined(run),
		.indicators_loaded = run->lists.set ? yg_indicators_count(run->lists.set) : 0,
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
	if (run->hunt)
		add_hunt(run, ret);
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

/* The sink has counted; what it counted is shown otherwise. */
static int report_benign(struct yg_run *run, const struct yg_report *report)
{
	struct yg_count count;
	int rc;

	yg_counting_result(run->counting, report, &count);
	run->sink.counting = NULL;
	run->sink.output = YG_OUTPUT_NONE;
	rc = yg_benign_report(run->benign, &count, &run->sink.buf);
	if (run->options.output == YG_OUTPUT_HTML)
		return rc == YG_OK || yg_buf_error(&run->sink.buf)
			       ? yg_sink_page(&run->sink, run->options.html_path)
			       : rc;
	return rc;
}

/* What was asked for instead of findings, or findings. Returns the exit status so far. */
static int write_results(struct yg_run *run, const struct yg_report *report)
{
	int rc = run->benign ? report_benign(run, report) : YG_OK;

	if (rc == YG_OK && run->explaining)
		yg_explaining_report(run->explaining, report, &run->sink.buf);
	if (rc == YG_OK)
		rc = yg_sink_report(&run->sink, report, run->options.html_path);
	if (run->options.output == YG_OUTPUT_HTML)
		return rc != YG_OK ? YG_EXIT_FAILED : YG_EXIT_DONE; /* said where it was tried */
	return output_status(rc);
}

static int finish(struct yg_run *run)
{
	struct yg_report report;
	int status = YG_EXIT_FAILED;

	if (make_report(run, &report) == YG_OK)
		status = write_results(run, &report);
	else
		yg_say(N_("out of memory"));
	if (run->options.profile &&
	    !yg_profiling_write(&run->profile, run->rules.engine, run->options.profile))
		status = YG_EXIT_FAILED;
	if (run->options.with_stats)
		(void)say_stats(&report); /* standard error is gone: nobody to tell */
	if (status != YG_EXIT_DONE)
		return status;
	/* Stopped before the first input was opened, it says nothing about inputs. */
	if (run->readable == 0 && !(run->hunt && run->hunt->is_stopped))
		return YG_EXIT_FAILED;
	if (run->sink.is_fatal)
		return YG_EXIT_FINDING;
	if (run->hunt && run->hunt->is_stopped)
		return YG_EXIT_PARTLY;
	return run->is_partly || yg_run_quarantined(run) > 0 ? YG_EXIT_PARTLY : YG_EXIT_DONE;
}

/* A descriptor that becomes readable when @one (or @other, unless 0) comes; -1 = there is none. */
static int open_signal_fd(int one, int other)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, one);
	if (other)
		(void)sigaddset(&set, other);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* SIGHUP asks for the rules to be read again, except where it says that the terminal has gone. */
static int open_hup_fd(void)
{
	if (isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) || isatty(STDERR_FILENO))
		return -1;
	return open_signal_fd(SIGHUP, 0);
}

/* What a run that may last long looks at, beside its inputs. YG_OK or YG_ENOMEM. */
static int open_waits(struct yg_run *run)
{
	if (run->options.is_following || run->options.state_path)
		run->stop_fd = open_signal_fd(SIGINT, SIGTERM); /* the summary is still wanted */
	if (!run->options.is_following)
		return YG_OK;
	run->hup_fd = open_hup_fd();
	if (run->options.profile)
		run->ask_fd = open_signal_fd(SIGUSR1, 0);
	/* Before the rules are read: what changes from now on is seen. */
	run->reload = yg_reload_new(&run->options, run->hup_fd, run->clock);
	return run->reload ? YG_OK : YG_ENOMEM;
}

int yg_detect(struct yg_options *take_options)
{
	return yg_detect_with(take_options, NULL);
}

int yg_detect_with(struct yg_options *take_options, struct yg_hunt *hunt)
{
	struct yg_run run = {.options = *take_options,
			     .clock = yg_clock_system(),
			     .stop_fd = -1,
			     .hup_fd = -1,
			     .ask_fd = -1,
			     .hunt = hunt};
	int status = YG_EXIT_FAILED;
	int rc;

	if (hunt)
		run.options.rule_budget = 0; /* it goes on elsewhere: nothing is put out of use */
	run.started_ns = run.clock.now_ns(run.clock.arg);
	rc = open_waits(&run);
	if (rc == YG_OK)
		rc = prepare(&run);
	if (rc == YG_OK)
		rc = yg_run_inputs(&run, thread_count(&run.options));
	if (rc == YG_OK)
		status = finish(&run);
	else if (rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	else if (run.sink.rc != YG_OK)
		status = output_status(run.sink.rc);
	if (hunt)
		yg_hunt_done(&run, rc == YG_OK && status != YG_EXIT_FAILED ? YG_OK : YG_EIO);
	if (run.stop_fd >= 0)
		(void)close(run.stop_fd); /* nothing was written to it */
	run.reload = yg_reload_free(run.reload);
	if (run.hup_fd >= 0)
		(void)close(run.hup_fd); /* as above */
	if (run.ask_fd >= 0)
		(void)close(run.ask_fd); /* as above */
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
