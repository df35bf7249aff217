/* SPDX-License-Identifier: Apache-2.0 */
#include "app/worker.h"

#include "app/kinds.h"
#include "app/reading.h"
#include "base/alloc.h"
#include "detect/indicators.h"
#include "detect/repeat.h"
#include "model/record.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX	   (32u << 20) /* one record: fields, decoded and normalised texts */
#define FIELDS_BYTES_MAX   (16u << 20)
#define MINUTES_MAX	   4096u /* runs of one minute in a batch; then times are merged */
#define MINUTE_NS	   (60 * YG_NS_PER_S)
#define UNPARSED_BYTES_MAX 160u
#define BACKWARDS_NS	   MINUTE_NS

/* How many lines ahead they are cut, and what they need is called from memory. */
#define CUT_AHEAD  4u
#define CALL_AHEAD 2u

/* A line of the batch that was cut ahead. */
struct cut {
	struct yg_repeat_line line;
	bool is_cut;
};

struct yg_worker {
	const struct yg_detector *detector;
	struct yg_reading reading;
	int64_t reference_ns; /* of its parser */
	struct yg_scratch *scratch;
	struct yg_indicator_memo *memo; /* of indicators; NULL: there are none */
	struct yg_repeats *repeats;	/* NULL: every line is read */
	bool is_repeating;		/* in the batch at hand */
	struct yg_access_minute minute;
	struct cut cuts[CUT_AHEAD + 1]; /* of the record at hand and those behind it: a ring */
	struct yg_arena *arena;		/* of one event */
	struct yg_kinds kinds;		/* of one batch, where they are counted */
	struct yg_buf fields;		/* of yg_worker_fields */
	struct yg_buf group;		/* of yg_worker_group */
	struct yg_archive_unpacker *unpacker; /* made when it is first needed */
};

static int meter(struct yg_worker *worker)
{
	const struct yg_detector *detector = worker->detector;
	int rc = YG_OK;

	if (detector->skip_from)
		rc = yg_scratch_meter(worker->scratch, detector->skip_from, detector->cost_max);
	if (rc == YG_OK && detector->profile_clock)
		rc = yg_scratch_profile(worker->scratch, *detector->profile_clock);
	return rc;
}

const struct yg_profile *yg_worker_profile(const struct yg_worker *worker)
{
	return yg_scratch_profiled(worker->scratch);
}

/* Can lines be known from others? Not where more is asked of a record than its trace. */
static bool can_repeat(const struct yg_detector *detector)
{
	return !yg_engine_mapping(detector->engine) && !detector->narrow &&
	       !detector->counts_kinds && !detector->profile_clock && !detector->parse.log_format &&
	       !detector->reads_all;
}

struct yg_worker *yg_worker_new(const struct yg_detector *detector)
{
	struct yg_worker *worker = yg_calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->detector = detector;
	worker->reading.names = yg_engine_names(detector->engine);
	yg_buf_init(&worker->fields, FIELDS_BYTES_MAX);
	yg_buf_init(&worker->group, FIELDS_BYTES_MAX);
	worker->scratch = yg_scratch_new(detector->engine);
	worker->arena = yg_arena_new(EVENT_ARENA_MAX);
	if (detector->counts_kinds && yg_kinds_init(&worker->kinds, YG_KINDS_BATCH_MAX) != YG_OK)
		return yg_worker_free(worker);
	if (detector->indicators)
		worker->memo = yg_indicator_memo_new();
	if (can_repeat(detector))
		worker->repeats =
			yg_repeats_new(detector->engine, detector->tracer, detector->indicators);
	if (!worker->scratch || !worker->arena || (detector->indicators && !worker->memo) ||
	    (can_repeat(detector) && !worker->repeats) || meter(worker) != YG_OK)
		return yg_worker_free(worker);
	return worker;
}

struct yg_worker *yg_worker_free(struct yg_worker *worker)
{
	if (!worker)
		return NULL;
	yg_reading_done(&worker->reading);
	(void)yg_parser_free(worker->reading.parser);
	(void)yg_scratch_free(worker->scratch);
	(void)yg_repeats_free(worker->repeats);
	free(worker->memo);
	(void)yg_arena_free(worker->arena);
	(void)yg_archive_unpacker_free(worker->unpacker);
	yg_kinds_done(&worker->kinds);
	yg_buf_done(&worker->fields);
	yg_buf_done(&worker->group);
	free(worker);
	return NULL;
}

/* Years that are not written depend on the file, so each file has its parser. */
static int parser_for(struct yg_worker *worker, const struct yg_batch *batch)
{
	struct yg_parse_opts opts = worker->detector->parse;

	yg_reading_start(&worker->reading);
	if (worker->reading.parser && worker->reference_ns == batch->reference_ns)
		return yg_parser_set_head(worker->reading.parser, batch->head);
	opts.reference_ns = batch->reference_ns;
	(void)yg_parser_free(worker->reading.parser);
	worker->reading.parser = yg_parser_new(&opts, worker->reading.names);
	worker->reference_ns = batch->reference_ns;
	if (!worker->reading.parser)
		return YG_ENOMEM;
	return yg_parser_set_head(worker->reading.parser, batch->head);
}

static void count_time(struct yg_batch *batch, int64_t time_ns)
{
	struct yg_report_input *counts = &batch->counts;
	struct yg_batch_minute *last =
		batch->minute_count ? &batch->minutes[batch->minute_count - 1] : NULL;

	if (time_ns == YG_TIME_NONE)
		return;
	if (counts->first_ns == YG_TIME_NONE || time_ns < counts->first_ns)
		counts->first_ns = time_ns;
	if (counts->last_ns == YG_TIME_NONE || time_ns > counts->last_ns)
		counts->last_ns = time_ns;
	if (counts->last_ns - time_ns > BACKWARDS_NS)
		counts->backwards++;
	if (last && ((time_ns >= last->time_ns && time_ns - last->time_ns < MINUTE_NS) ||
		     batch->minute_count == MINUTES_MAX)) {
		last->count++;
		return;
	}
	batch->minutes[batch->minute_count++] =
		(struct yg_batch_minute){time_ns - time_ns % MINUTE_NS, 1};
}

static void count_unparsed(struct yg_batch *batch, const struct yg_batch_record *record,
			   struct yg_bytes text)
{
	struct yg_report_input *counts = &batch->counts;

	if (counts->unparsed++ > 0)
		return;
	counts->first_unparsed = record->position;
	if (!yg_arena_dup(batch->arena, yg_bytes_cut(text, 0, UNPARSED_BYTES_MAX),
			  &counts->unparsed_text))
		counts->unparsed_text = (struct yg_bytes){0};
}

static int count_kind(struct yg_worker *worker, const struct yg_event *event)
{
	struct yg_record_kind kind = yg_kind_of(event);

	return worker->detector->counts_kinds ? yg_kinds_add(&worker->kinds, &kind) : YG_OK;
}

/* The kinds counted go with the batch. */
static int keep_kinds(struct yg_worker *worker, struct yg_batch *batch)
{
	const struct yg_kinds *kinds = &worker->kinds;
	struct yg_record_kind *to;

	if (!worker->detector->counts_kinds)
		return YG_OK;
	to = yg_arena_alloc(batch->arena, (kinds->count + 1) * sizeof(*to));
	if (!to)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < kinds->count; i++) {
		to[i] = kinds->items[i];
		if (!yg_arena_dup(batch->arena, kinds->items[i].channel, &to[i].channel))
			return YG_ENOMEM;
	}
	batch->kinds = to;
	batch->kind_count = kinds->count;
	batch->other_kinds = kinds->others;
	return YG_OK;
}

/* The work counted goes with the batch. */
static int keep_charges(struct yg_worker *worker, struct yg_batch *batch)
{
	uint32_t groups = yg_engine_group_count(worker->detector->engine);
	struct yg_meter_counts counts;
	struct yg_charge *charges;
	struct yg_group_load *loads;

	if (!worker->detector->skip_from)
		return YG_OK;
	yg_scratch_charges(worker->scratch, &counts);
	charges = yg_arena_alloc(batch->arena, (counts.charge_count + 1) * sizeof(*charges));
	loads = yg_arena_alloc(batch->arena, (groups + 1) * sizeof(*loads));
	if (!charges || !loads)
		return YG_ENOMEM;
	if (counts.charge_count > 0)
		memcpy(charges, counts.charges, counts.charge_count * sizeof(*charges));
	memcpy(loads, counts.groups, groups * sizeof(*loads));
	batch->charges = charges;
	batch->charge_count = counts.charge_count;
	batch->loads = loads;
	return YG_OK;
}

/* @line: NULL, or what the trace can be kept for. */
static int trace(struct yg_worker *worker, struct yg_batch *batch, struct yg_event *event,
		 uint32_t record, const struct yg_repeat_line *line)
{
	struct yg_trace *to = &batch->traces[batch->trace_count];
	const struct yg_trace_opts opts = {.kept = yg_buf_bytes(&batch->text),
					   .memo = worker->memo};
	struct yg_hits hits;
	bool is_needed;
	int rc = yg_engine_match(worker->detector->engine, worker->scratch, event, &hits);

	if (rc == YG_OK)
		rc = yg_trace_make(worker->detector->tracer, event, &hits, batch->arena, opts, to,
				   &is_needed);
	to->record = record;
	if (rc == YG_OK && line)
		yg_repeats_keep(worker->repeats, worker->scratch, line, event, to, is_needed);
	if (rc == YG_OK && is_needed)
		batch->trace_count++;
	return rc;
}

/* Where in a file of bytes it is, and what is wrong: there is no text to show. */
static struct yg_bytes place_of(struct yg_batch *batch, uint32_t index, const char *msg)
{
	struct yg_buf words;
	struct yg_bytes place = {0};

	yg_buf_init(&words, UNPARSED_BYTES_MAX);
	yg_buf_addf(&words, "byte %llu: %s", (unsigned long long)yg_reading_byte(batch, index),
		    msg);
	if (!yg_arena_dup(batch->arena, yg_buf_bytes(&words), &place))
		place = (struct yg_bytes){0};
	yg_buf_done(&words);
	return place;
}

/* A part of the records is wanted, and this one is not in it. @event: NULL where it was not read.
 */
static bool is_left_out(const struct yg_worker *worker, struct yg_event *event)
{
	const struct yg_narrow *narrow = worker->detector->narrow;

	return narrow && !(event && yg_narrow_takes(narrow, event));
}

static int unpack(struct yg_worker *worker, struct yg_batch *batch)
{
	if (batch->frame_count == 0)
		return YG_OK;
	if (!worker->unpacker)
		worker->unpacker = yg_archive_unpacker_new();
	return worker->unpacker ? yg_batch_unpack(batch, worker->unpacker) : YG_ENOMEM;
}

static struct cut *cut_of(struct yg_worker *worker, size_t index)
{
	return &worker->cuts[index % (CUT_AHEAD + 1)];
}

/* Record number @index: can it be known from an earlier one, or kept for later ones? */
static void cut_line(struct yg_worker *worker, const struct yg_batch *batch, size_t index)
{
	const struct yg_batch_record *record = &batch->records[index];
	struct cut *cut = cut_of(worker, index);

	cut->line.record = (struct yg_bytes){batch->text.data + record->at, record->size};
	cut->line.position = record->position;
	cut->is_cut = !record->is_torn && !record->is_long &&
		      yg_repeats_is_awake(worker->repeats) &&
		      yg_access_part(cut->line.record, &cut->line.parts) &&
		      yg_access_instant(&worker->minute, &cut->line.parts, &cut->line.time_ns);
	if (cut->is_cut)
		yg_repeats_call(worker->repeats, worker->memo, &cut->line);
}

/* Before the record @index: those that follow it are cut. */
static void look_ahead(struct yg_worker *worker, const struct yg_batch *batch, size_t index)
{
	if (index == 0)
		for (size_t i = 0; i < CUT_AHEAD && i < batch->record_count; i++)
			cut_line(worker, batch, i);
	if (index + CUT_AHEAD < batch->record_count)
		cut_line(worker, batch, index + CUT_AHEAD);
	if (index + CALL_AHEAD < batch->record_count && cut_of(worker, index + CALL_AHEAD)->is_cut)
		yg_repeats_call_rest(worker->repeats, &cut_of(worker, index + CALL_AHEAD)->line);
}

/* The same as run_record() for a line that says what an earlier one said. */
static int run_repeated(struct yg_worker *worker, struct yg_batch *batch, uint32_t index,
			const struct yg_repeat_line *line, bool *ret_is_known)
{
	struct yg_report_input *counts = &batch->counts;
	struct yg_trace *to = &batch->traces[batch->trace_count];
	bool is_needed;
	int rc = yg_repeats_find(worker->repeats, worker->scratch, line, worker->memo, batch->arena,
				 to, &is_needed, ret_is_known);

	if (rc != YG_OK || !*ret_is_known)
		return rc;
	counts->records++;
	counts->parsed++;
	counts->by_format[YG_FORMAT_ACCESS]++;
	count_time(batch, line->time_ns);
	to->record = index;
	batch->trace_count += is_needed;
	return YG_OK;
}

static int run_record(struct yg_worker *worker, struct yg_batch *batch, uint32_t index)
{
	const struct yg_batch_record *record = &batch->records[index];
	struct yg_bytes text = {batch->text.data + record->at, record->size};
	struct yg_report_input *counts = &batch->counts;
	bool is_text = batch->chunk_count == 0;
	const struct yg_repeat_line *line = NULL;
	bool is_known = false;
	struct yg_event event;
	struct yg_fault fault;
	int rc = YG_OK;

	if (worker->is_repeating) {
		look_ahead(worker, batch, index);
		if (cut_of(worker, index)->is_cut && !yg_scratch_is_stopping(worker->scratch))
			line = &cut_of(worker, index)->line;
	}
	if (line)
		rc = run_repeated(worker, batch, index, line, &is_known);
	if (rc != YG_OK || is_known)
		return rc;
	rc = yg_reading_event(&worker->reading, batch, index, worker->arena, &event, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (is_left_out(worker, rc == YG_OK ? &event : NULL)) {
		counts->left_out++;
		return YG_OK;
	}
	counts->records++;
	counts->torn_records += record->is_torn;
	counts->long_records += record->is_long;
	counts->nul_records += is_text && yg_bytes_chr(text, 0) != SIZE_MAX;
	if (rc != YG_OK) {
		count_unparsed(batch, record, is_text ? text : place_of(batch, index, fault.msg));
		return YG_OK;
	}
	counts->parsed++;
	counts->by_format[event.format]++;
	counts->is_zone_assumed |= event.time_ns != YG_TIME_NONE && !event.has_zone;
	if (!event.position)
		event.position = record->position;
	count_time(batch, event.time_ns);
	rc = count_kind(worker, &event);
	return rc == YG_OK ? trace(worker, batch, &event, index, line) : rc;
}

void yg_worker_run(struct yg_worker *worker, struct yg_batch *batch)
{
	int rc = unpack(worker, batch);

	if (worker->detector->counts_kinds)
		yg_kinds_reset(&worker->kinds);
	yg_scratch_serial(worker->scratch, batch->serial);
	if (rc == YG_OK)
		rc = parser_for(worker, batch);
	batch->traces =
		yg_arena_alloc(batch->arena, (batch->record_count + 1) * sizeof(*batch->traces));
	batch->minutes = yg_arena_alloc(batch->arena, MINUTES_MAX * sizeof(*batch->minutes));
	if (!batch->traces || !batch->minutes)
		rc = YG_ENOMEM;
	worker->is_repeating =
		worker->repeats && batch->chunk_count == 0 &&
		(batch->format == YG_FORMAT_ACCESS || batch->format == YG_FORMAT_UNKNOWN);
	for (uint32_t i = 0; i < batch->record_count && rc == YG_OK; i++)
		rc = run_record(worker, batch, i);
	if (rc == YG_OK)
		rc = keep_kinds(worker, batch);
	if (rc == YG_OK)
		rc = keep_charges(worker, batch);
	batch->rc = rc;
}

int yg_worker_open(struct yg_worker *worker, const struct yg_batch *batch)
{
	return parser_for(worker, batch);
}

int yg_worker_event(struct yg_worker *worker, const struct yg_batch *batch, uint32_t record,
		    struct yg_event *ret)
{
	struct yg_fault fault;
	int rc = yg_reading_event(&worker->reading, batch, record, worker->arena, ret, &fault);

	if (rc == YG_OK && !ret->position)
		ret->position = batch->records[record].position;
	return rc;
}

int yg_worker_match(struct yg_worker *worker, struct yg_event *event, struct yg_hits *ret)
{
	return yg_engine_match(worker->detector->engine, worker->scratch, event, ret);
}

struct yg_bytes yg_worker_group(struct yg_worker *worker, const struct yg_batch *batch,
				uint32_t record, const struct yg_trace_key *key)
{
	struct yg_event event;
	struct yg_fault fault;

	yg_buf_reset(&worker->group);
	if (parser_for(worker, batch) != YG_OK ||
	    yg_reading_event(&worker->reading, batch, record, worker->arena, &event, &fault) !=
		    YG_OK)
		return YG_S("");
	yg_trace_group(worker->detector->engine, key, &event, &worker->group);
	return yg_buf_error(&worker->group) ? YG_S("") : yg_buf_bytes(&worker->group);
}

struct yg_bytes yg_worker_fields(struct yg_worker *worker, const struct yg_batch *batch,
				 uint32_t record)
{
	struct yg_event event;
	struct yg_fault fault;

	yg_buf_reset(&worker->fields);
	if (parser_for(worker, batch) != YG_OK ||
	    yg_reading_event(&worker->reading, batch, record, worker->arena, &event, &fault) !=
		    YG_OK)
		return YG_S("{}");
	yg_record_fields(&worker->fields, &event);
	return yg_buf_error(&worker->fields) ? YG_S("{}") : yg_buf_bytes(&worker->fields);
}
