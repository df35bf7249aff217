/* SPDX-License-Identifier: Apache-2.0 */
/* The reading half of `yagura detect`: inputs to batches, batches to the judge, in order. */
#include <unistd.h>

#include "app/archive_gaps.h"
#include "app/benign.h"
#include "app/counting.h"
#include "app/detect-int.h"
#include "app/explaining.h"
#include "app/hunt.h"
#include "app/intake.h"
#include "app/profiling.h"
#include "app/progress.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

#define BACKWARDS_NS (60 * YG_NS_PER_S)

/* The two ends of the pipeline. */
struct flow {
	struct yg_run *run;
	struct yg_pipeline *pipeline;
	struct yg_rule_set set; /* following: waits to take over */
	bool has_set;
	struct yg_parser *parser;  /* recognises formats */
	struct yg_intake *intakes; /* one, or one for each input when following */
	size_t intake_count;
	size_t next_input; /* not following: the input to open next */
	size_t turn;	   /* following: whose turn it is */
	bool is_open;
	uint64_t number;     /* of batches of the input that is open */
	size_t judged_input; /* the input whose batch was judged last, +1 */
	struct yg_progress progress;
};

static void input_is_partly(struct yg_run *run, size_t index, int rc, const char *reason)
{
	run->reports[index].rc = rc;
	run->reports[index].problem = reason;
	run->is_partly = true;
}

static void input_failed(struct yg_run *run, size_t index, int rc, const char *reason)
{
	input_is_partly(run, index, rc, reason);
	yg_say("%s: %s", yg_say_safe(yg_bytes_str(run->inputs.items[index].name), 300),
	       yg_say_tr(reason));
}

static int open_intake(struct flow *flow, struct yg_intake *intake, size_t index)
{
	struct yg_run *run = flow->run;
	struct yg_stream_opts opts = {.is_following = run->options.is_following,
				      .stop_fd = run->stop_fd};
	const char *reason = NULL;
	int rc;

	run->reports[index] = (struct yg_report_input){.name = run->inputs.items[index].name,
						       .first_ns = YG_TIME_NONE,
						       .last_ns = YG_TIME_NONE};
	rc = run->hunt ? yg_intake_open_archive(intake, &run->inputs.items[index], index, run->hunt,
						run->started_ns)
		       : YG_EMISMATCH;
	if (rc == YG_EMISMATCH) {
		if (run->hunt)
			yg_intake_close(intake);
		rc = yg_intake_open(intake, &run->inputs.items[index], index, &opts,
				    run->options.format, run->started_ns, flow->parser, &reason);
		if (rc == YG_OK)
			rc = yg_intake_join(intake, &run->detector.parse);
	}
	if (rc == YG_OK && intake->archive)
		(void)yg_say_gaps(run->inputs.items[index].name, intake->archive);
	if (rc == YG_OK)
		run->readable++;
	else if (rc != YG_ENOMEM)
		input_failed(run, index, rc, reason);
	return rc;
}

/* The same of an archive. */
static void close_archive(struct flow *flow, struct yg_intake *intake)
{
	const struct yg_archive *archive = intake->archive;
	struct yg_report_input *report = &flow->run->reports[intake->index];
	bool is_said = archive->gap_count > 0 && intake->reason == archive->gaps[0].words;

	report->bytes = intake->text_bytes;
	report->format = intake->format;
	if (intake->rc != YG_OK && is_said) /* when it was opened */
		input_is_partly(flow->run, intake->index, intake->rc, intake->reason);
	else if (intake->rc != YG_OK)
		input_failed(flow->run, intake->index, intake->rc, intake->reason);
	yg_intake_close(intake);
}

/* What the stream knows at the end of an input. */
static void close_intake(struct flow *flow, struct yg_intake *intake)
{
	struct yg_report_input *report = &flow->run->reports[intake->index];
	struct yg_stream_state state;

	if (intake->archive) {
		close_archive(flow, intake);
		return;
	}
	state = yg_stream_state(intake->stream);
	report->bytes = state.text_bytes;
	report->replaced = state.replaced;
	report->first_replaced = state.first_replaced;
	report->format = intake->format;
	if (state.encoding > YG_ENCODING_UTF8)
		report->encoding = yg_encoding_name(state.encoding);
	if (intake->rc != YG_OK)
		input_failed(flow->run, intake->index, intake->rc, intake->reason);
	flow->run->joins_evicted += yg_joining_evicted(intake->joining);
	yg_intake_close(intake);
}

/* Has a signal come? */
static bool has_signal(int fd)
{
	uint8_t byte[256];
	size_t size;

	return fd >= 0 && yg_io_read(fd, byte, sizeof(byte), &size) == YG_OK;
}

/* What an earlier run of a hunt judged of the input that was just opened. */
static int skip_judged(struct flow *flow, struct yg_batch *batch)
{
	const struct yg_hunt_state *state = &flow->run->hunt->state;
	struct yg_intake *intake = flow->intakes;
	int rc = YG_OK;

	if (intake->archive) {
		for (; intake->frame < state->frame && intake->frame < intake->archive->count;
		     intake->frame++)
			intake->documents += intake->archive->frames[intake->frame].records;
		flow->number = state->batches;
		return YG_OK;
	}
	while (rc == YG_OK && flow->number < state->batches && !batch->is_last) {
		yg_batch_reset(batch);
		rc = yg_intake_next(intake, batch);
		flow->number++;
	}
	if (rc == YG_OK && batch->is_last) { /* it is shorter now */
		yg_batch_reset(batch);
		close_intake(flow, intake);
		flow->is_open = false;
	}
	yg_batch_reset(batch);
	return rc;
}

static int open_next(struct flow *flow, struct yg_batch *batch)
{
	const struct yg_run *run = flow->run;
	size_t index = flow->next_input++;
	int rc = open_intake(flow, flow->intakes, index);

	if (rc == YG_ENOMEM)
		return rc;
	flow->is_open = rc == YG_OK;
	flow->number = 0;
	if (flow->is_open && run->hunt && run->hunt->state.is_resumed &&
	    run->hunt->state.input == index)
		return skip_judged(flow, batch);
	return YG_OK;
}

/* One input after another. */
static int next_batch(void *arg, struct yg_batch *batch)
{
	struct flow *flow = arg;
	struct yg_run *run = flow->run;
	int rc;

	if (has_signal(run->stop_fd)) {
		run->hunt->is_stopped = true;
		return YG_EEND;
	}
	while (!flow->is_open) {
		if (flow->next_input == run->inputs.count)
			return YG_EEND;
		rc = open_next(flow, batch);
		if (rc != YG_OK)
			return rc;
	}
	rc = yg_intake_next(flow->intakes, batch);
	batch->number = ++flow->number;
	yg_progress_read(&flow->progress, flow->intakes);
	if (rc == YG_OK && batch->is_last) {
		yg_progress_done(&flow->progress, flow->intakes);
		close_intake(flow, flow->intakes);
		flow->is_open = false;
	}
	return rc;
}

/*
 * Changed rules take over here, between two batches, when every record before was judged.
 * YG_EAGAIN: that is still to come.
 */
static int look_for_rules(struct flow *flow)
{
	struct yg_run *run = flow->run;
	bool is_refused = false;
	int rc;

	if (!flow->has_set)
		flow->has_set = yg_reload_look(run->reload, &run->rules, &run->lists, &flow->set,
					       &is_refused);
	run->is_partly |= is_refused;
	if (!flow->has_set)
		return YG_OK;
	if (!yg_pipeline_is_idle(flow->pipeline))
		return YG_EAGAIN;
	flow->has_set = false;
	rc = yg_run_take_over(run, flow->pipeline, &flow->set, &flow->parser);
	yg_rule_set_done(&flow->set);
	if (rc != YG_OK) {
		run->is_partly = true;
		return rc == YG_ENOMEM || rc == YG_ELIMIT ? YG_OK : rc;
	}
	for (size_t i = 0; i < flow->intake_count; i++)
		flow->intakes[i].parser = flow->parser;
	return YG_OK;
}

/* A profile was asked for (SIGUSR1): of the running rules, since they took over. */
static void look_for_question(const struct flow *flow)
{
	const struct yg_run *run = flow->run;
	struct yg_profile now;

	if (!has_signal(run->ask_fd))
		return;
	if (yg_profile_init(&now, run->rules.engine) == YG_OK) {
		yg_profile_add(&now, &run->profile);
		yg_pipeline_profile(flow->pipeline, &now);
		(void)yg_profiling_write(&now, run->rules.engine, run->options.profile); /* said */
	} else {
		yg_say(N_("out of memory"));
	}
	yg_profile_done(&now);
}

/* All inputs in turn; one that has nothing waits a moment inside the stream. */
static int next_followed(void *arg, struct yg_batch *batch)
{
	struct flow *flow = arg;
	int taken;

	if (has_signal(flow->run->stop_fd))
		return YG_EEND;
	look_for_question(flow);
	taken = look_for_rules(flow);
	if (taken != YG_OK)
		return taken;
	for (size_t i = 0; i < flow->intake_count; i++) {
		struct yg_intake *intake = &flow->intakes[flow->turn++ % flow->intake_count];
		int rc;

		if (!intake->stream)
			continue;
		rc = yg_intake_next(intake, batch);
		if (rc == YG_OK && batch->is_last)
			close_intake(flow, intake);
		if (rc != YG_EAGAIN)
			return rc;
	}
	for (size_t i = 0; i < flow->intake_count; i++)
		if (flow->intakes[i].stream)
			return YG_EAGAIN;
	return YG_EEND;
}

static void add_counts(struct yg_report_input *to, const struct yg_report_input *from)
{
	if (!to->first_unparsed && from->first_unparsed) {
		to->first_unparsed = from->first_unparsed;
		to->unparsed_text.data = (const uint8_t *)yg_strndup(
			(const char *)from->unparsed_text.data, from->unparsed_text.size);
		to->unparsed_text.size = to->unparsed_text.data ? from->unparsed_text.size : 0;
	}
	to->records += from->records;
	to->left_out += from->left_out;
	to->parsed += from->parsed;
	to->unparsed += from->unparsed;
	to->long_records += from->long_records;
	to->torn_records += from->torn_records;
	to->nul_records += from->nul_records;
	to->is_zone_assumed |= from->is_zone_assumed;
	to->backwards += from->backwards;
	for (size_t f = 0; f < YG_FORMAT_COUNT; f++)
		to->by_format[f] += from->by_format[f];
	if (from->first_ns == YG_TIME_NONE)
		return;
	to->backwards += to->last_ns != YG_TIME_NONE && to->last_ns - from->first_ns > BACKWARDS_NS;
	if (to->first_ns == YG_TIME_NONE || from->first_ns < to->first_ns)
		to->first_ns = from->first_ns;
	if (to->last_ns == YG_TIME_NONE || from->last_ns > to->last_ns)
		to->last_ns = from->last_ns;
}

struct yg_bytes yg_run_event(void *arg, const struct yg_trace *trace)
{
	struct yg_sink *sink = arg;
	const struct yg_run *run =
		(const struct yg_run *)(const void *)((const uint8_t *)sink -
						      offsetof(struct yg_run, sink));

	return yg_worker_fields(run->again, run->batch, trace->record);
}

struct yg_bytes yg_run_group(void *arg, const struct yg_trace *trace,
			     const struct yg_trace_key *key)
{
	struct yg_sink *sink = arg;
	const struct yg_run *run =
		(const struct yg_run *)(const void *)((const uint8_t *)sink -
						      offsetof(struct yg_run, sink));

	return yg_worker_group(run->again, run->batch, trace->record, key);
}

/* Frames that could not be unpacked are named; their neighbours count. */
static void say_faults(struct yg_run *run, const struct yg_batch *batch)
{
	struct yg_report_input *report = &run->reports[batch->input];

	for (size_t i = 0; i < batch->frame_count; i++) {
		const struct yg_batch_frame *frame = &batch->frames[i];

		if (!frame->fault.msg)
			continue;
		run->is_partly = true;
		report->rc = (int)frame->fault.code;
		report->problem = frame->fault.msg;
		yg_say_gap(report->name, frame->at, frame->size, frame->fault.msg);
	}
}

static struct yg_trace_run traces_of(const struct yg_batch *batch)
{
	return batch ? (struct yg_trace_run){batch->traces, (uint32_t)batch->trace_count}
		     : (struct yg_trace_run){NULL, 0};
}

/* Each batch once, before the judge sees it for the first time. */
static int filter(const struct yg_run *run, struct yg_batch *batch)
{
	if (!run->quarantine || !batch || batch->is_filtered)
		return YG_OK;
	batch->is_filtered = true;
	return yg_quarantine_filter(run->quarantine, batch);
}

static int judge_batch(struct yg_run *run, struct yg_batch *batch, struct yg_batch *after)
{
	const struct yg_batch *shown = after ? after : batch;
	int rc = filter(run, batch);

	if (rc == YG_OK)
		rc = filter(run, after);
	if (rc == YG_OK)
		rc = yg_judge_ahead(run->judge, traces_of(batch), traces_of(after));
	for (size_t i = 0; i < batch->trace_count && rc == YG_OK; i++)
		rc = yg_judge_take(run->judge, &batch->traces[i]);
	if (rc == YG_OK && run->quarantine)
		yg_quarantine_count(run->quarantine, batch, shown,
				    run->inputs.items[shown->input].name);
	return rc;
}

/* What is asked of the batch besides findings, or in their place. */
static int look_at_batch(struct yg_run *run, const struct yg_batch *batch)
{
	int rc = YG_OK;

	if (run->counting)
		rc = yg_counting_batch(run->counting, batch);
	if (rc == YG_OK && run->benign)
		rc = yg_benign_batch(run->benign, batch);
	if (rc == YG_OK && run->explaining)
		rc = yg_explaining_batch(run->explaining, batch);
	return rc;
}

static int take_batch(void *arg, struct yg_batch *batch, struct yg_batch *after)
{
	struct flow *flow = arg;
	struct yg_run *run = flow->run;
	struct yg_report_input *report = &run->reports[batch->input];
	int rc = YG_OK;

	run->sink.input = report;
	run->sink.input_index = batch->input;
	run->batch = batch;
	run->after = after;
	if (flow->judged_input != batch->input + 1) {
		yg_judge_source(run->judge, yg_bytes_str(run->inputs.items[batch->input].name));
		flow->judged_input = batch->input + 1;
	}
	add_counts(report, &batch->counts);
	say_faults(run, batch);
	if (run->hunt)
		run->hunt->left_out += batch->counts.left_out;
	for (size_t i = 0; i < batch->minute_count; i++)
		yg_timeline_record(run->timeline, batch->minutes[i].time_ns,
				   batch->minutes[i].count);
	if (run->hunt)
		rc = yg_hunt_take(run, batch);
	if (rc == YG_OK)
		rc = look_at_batch(run, batch);
	if (rc == YG_OK && (!run->explaining || yg_explaining_needs_judge(run->explaining)))
		rc = judge_batch(run, batch, after);
	if (rc == YG_OK && run->options.is_following)
		rc = yg_sink_flush(&run->sink);
	if (rc == YG_OK && run->hunt)
		rc = yg_hunt_took(run, batch, after);
	yg_progress_show(&flow->progress, batch->record_count);
	return rc;
}

/* Inputs most of whose records nobody could read are named: no silent "no findings". */
static void say_unrecognised(struct yg_run *run)
{
	for (size_t i = 0; i < run->inputs.count; i++) {
		const struct yg_report_input *report = &run->reports[i];

		if (report->unparsed * 2 <= report->records)
			continue;
		run->is_partly = true;
		yg_say_hint(
			N_("if this is a log, name its form with --format or --log-format"),
			N_("%s: not recognised: %llu of %llu records cannot be read; the first is "
			   "record %llu: %s"),
			yg_say_safe(yg_bytes_str(report->name), 200),
			(unsigned long long)report->unparsed, (unsigned long long)report->records,
			(unsigned long long)report->first_unparsed,
			yg_say_safe(report->unparsed_text, 120));
	}
}

static int open_all(struct flow *flow)
{
	for (size_t i = 0; i < flow->intake_count; i++)
		if (open_intake(flow, &flow->intakes[i], i) == YG_ENOMEM)
			return YG_ENOMEM;
	return YG_OK;
}

static void flow_done(struct flow *flow)
{
	for (size_t i = 0; flow->intakes && i < flow->intake_count; i++)
		if (flow->intakes[i].stream || flow->intakes[i].archive)
			close_intake(flow, &flow->intakes[i]);
	if (flow->pipeline && flow->run->options.profile)
		yg_pipeline_profile(flow->pipeline, &flow->run->profile);
	if (flow->has_set)
		yg_rule_set_done(&flow->set);
	(void)yg_pipeline_free(flow->pipeline);
	(void)yg_parser_free(flow->parser);
	free(flow->intakes);
}

int yg_run_inputs(struct yg_run *run, unsigned threads)
{
	bool is_following = run->options.is_following;
	struct flow flow = {.run = run, .intake_count = is_following ? run->inputs.count : 1};
	struct yg_pipeline_ends ends = {is_following ? next_followed : next_batch, take_batch,
					&flow};
	struct yg_pipeline *pipeline = yg_pipeline_new(&run->detector, is_following ? 1 : threads);
	struct yg_parse_opts opts = run->detector.parse;
	int rc = YG_ENOMEM;

	opts.reference_ns = run->started_ns;
	flow.pipeline = pipeline;
	flow.intakes = yg_calloc(flow.intake_count, sizeof(*flow.intakes));
	flow.parser = yg_parser_new(&opts, yg_engine_names(run->rules.engine));
	yg_progress_init(&flow.progress, run);
	flow.next_input = yg_hunt_first_input(run);
	if (pipeline && flow.intakes && flow.parser)
		rc = is_following ? open_all(&flow) : YG_OK;
	if (rc == YG_OK)
		rc = yg_pipeline_run(pipeline, &ends);
	flow_done(&flow);
	yg_progress_end(&flow.progress);
	if (rc == YG_OK)
		say_unrecognised(run);
	return rc;
}
