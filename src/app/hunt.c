/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura hunt`: what it adds to a run of detection (hunt.h). */
#define _GNU_SOURCE
#include "app/hunt.h"

#include <stdlib.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/say.h"
#include "base/alloc.h"
#include "detect/correlate.h"
#include "detect/keys.h"

#include "base/ban.h"

#define KEEP_NS	     (2 * YG_NS_PER_S)
#define KEEP_BATCHES 16u
#define ASKED_MAX    (16u << 20)

int yg_hunt_narrow(struct yg_run *run)
{
	return yg_narrow_read(&run->options, run->zone, &run->hunt->narrow);
}

struct pair {
	uint64_t key, also;
};

struct pairs {
	struct pair *items;
	uint32_t count;
};

static void take_key(void *arg, uint64_t key, uint64_t also)
{
	struct pairs *pairs = arg;

	pairs->items[pairs->count++] = (struct pair){key, also}; /* one for each indicator */
}

static int compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static int make_keys(struct yg_hunt *hunt, const struct yg_indicators *indicators)
{
	uint32_t count = indicators ? yg_indicators_count(indicators) : 0;
	struct pairs pairs = {0};
	uint32_t kept = 0;

	if (count == 0)
		return YG_OK;
	pairs.items = yg_calloc(count, sizeof(*pairs.items));
	hunt->keys = yg_calloc(count, sizeof(*hunt->keys));
	hunt->also = yg_calloc(count, sizeof(*hunt->also));
	hunt->may = yg_calloc(count, sizeof(*hunt->may));
	if (!pairs.items || !hunt->keys || !hunt->also || !hunt->may) {
		free(pairs.items);
		return YG_ENOMEM;
	}
	yg_keys_of_indicators(indicators, take_key, &pairs);
	qsort(pairs.items, pairs.count, sizeof(*pairs.items), compare);
	for (uint32_t i = 0; i < pairs.count; i++) {
		if (kept > 0 && pairs.items[i].key == hunt->keys[kept - 1])
			continue;
		hunt->keys[kept] = pairs.items[i].key;
		hunt->also[kept++] = pairs.items[i].also; /* follows from the key */
	}
	hunt->key_count = kept;
	free(pairs.items);
	return YG_OK;
}

/* The other key of @key, which is one of ours; 0: it has none. */
static uint64_t also_of(const struct yg_hunt *hunt, uint64_t key)
{
	uint32_t low = 0, high = hunt->key_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (hunt->keys[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < hunt->key_count && hunt->keys[low] == key ? hunt->also[low] : 0;
}

/* May @key be in frame @frame? An address is only where its prefix is. */
static bool may_hold(const struct yg_hunt *hunt, struct yg_archive_filters *filters, uint32_t frame,
		     uint64_t key)
{
	uint64_t also;

	if (!yg_archive_filters_frame(filters, frame, key))
		return false;
	also = also_of(hunt, key);
	return also == 0 || yg_archive_filters_frame(filters, frame, also);
}

bool yg_hunt_wants(const struct yg_hunt *hunt, const struct yg_archive_frame *frame,
		   struct yg_archive_filters *filters, uint32_t may_count)
{
	if (!yg_narrow_may_frame(&hunt->narrow, frame, filters))
		return false;
	if (frame->formats &
	    (frame->formats & YG_ARCHIVE_UNPLACED ? hunt->unplaced : hunt->formats))
		return true;
	for (uint32_t i = 0; i < may_count; i++)
		if (may_hold(hunt, filters, frame->number, hunt->may[i]))
			return true;
	return false;
}

/* All that decides what is found, and how it is printed: a state is for one question. */
static int digest_question(const struct yg_run *run, uint8_t to[YG_DIGEST_BYTES])
{
	const struct yg_options *o = &run->options;
	struct yg_buf buf;
	int rc;

	yg_buf_init(&buf, ASKED_MAX);
	yg_buf_add(&buf, (struct yg_bytes){run->rules.key, YG_DIGEST_BYTES});
	yg_buf_addf(&buf, "%d %d %d %s\n", (int)o->output, (int)yg_say_lang_now(), (int)o->format,
		    yg_zone_name(run->zone));
	yg_buf_addf(&buf, "%s\n%s\n%s\n", o->log_format ? o->log_format : "",
		    o->from ? o->from : "", o->to ? o->to : "");
	for (size_t i = 0; i < o->field_count; i++)
		yg_buf_addf(&buf, "%s\n", o->fields[i]);
	yg_buf_add(&buf, (struct yg_bytes){run->lists.digest, YG_DIGEST_BYTES});
	rc = yg_buf_error(&buf);
	if (rc == YG_OK)
		yg_digest(yg_buf_bytes(&buf), to);
	yg_buf_done(&buf);
	return rc;
}

/* The inputs that are judged, with their sizes, and the name of the one that is in part. */
static int digest_inputs(const struct yg_run *run, const struct yg_hunt_state *s,
			 uint8_t to[YG_DIGEST_BYTES])
{
	uint64_t count = s->input + (s->batches > 0);
	struct yg_buf buf;
	int rc;

	yg_buf_init(&buf, 256u << 20);
	for (size_t i = 0; i < run->inputs.count && i < count; i++) {
		const struct yg_input *input = &run->inputs.items[i];

		yg_buf_addf(&buf, "%s\n", input->name);
		if (i < s->input)
			yg_buf_addf(&buf, "%llu\n", (unsigned long long)input->size_bytes);
	}
	rc = yg_buf_error(&buf);
	if (rc == YG_OK)
		yg_digest(yg_buf_bytes(&buf), to);
	yg_buf_done(&buf);
	return rc;
}

static void say_state(const char *path, int rc)
{
	const char *safe = yg_say_safe(yg_bytes_str(path), 300);

	if (rc == YG_EMISMATCH)
		yg_say_hint(N_("give the same options and inputs, or another file, or delete this "
			       "one to begin anew"),
			    N_("--state %s: it belongs to another hunt"), safe);
	else if (rc == YG_EAGAIN)
		yg_say(N_("--state %s: another process is using it"), safe);
	else if (rc == YG_EDIGEST || rc == YG_EFORMAT)
		yg_say_hint(N_("delete it to begin anew"), N_("--state %s: it is damaged"), safe);
	else
		yg_say(N_("--state %s: %s"), safe, yg_say_tr(yg_err_text(rc)));
}

/* Go on where the state is. */
static int resume(struct yg_run *run, struct yg_bytes correlations)
{
	struct yg_hunt_state *s = &run->hunt->state;
	uint8_t inputs[YG_DIGEST_BYTES];
	uint64_t seed = 0, left_out = 0;
	int rc = digest_inputs(run, s, inputs);

	if (rc == YG_OK && memcmp(inputs, s->inputs, sizeof(inputs)) != 0)
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_correlator_restore(yg_judge_correlator(run->judge), correlations, &seed,
					   &left_out);
	if (rc != YG_OK)
		return rc;
	yg_tracer_reseed(run->tracer, seed);
	yg_buf_reset(&run->sink.buf); /* a head of columns is there already */
	run->sink.is_fatal = s->is_fatal;
	run->is_partly |= s->is_partly;
	run->readable++;
	return YG_OK;
}

static void sum_up(const struct yg_run *run, uint64_t sums[YG_SUM_COUNT])
{
	const struct yg_hunt *hunt = run->hunt;

	memcpy(sums, hunt->state.before, sizeof(hunt->state.before));
	for (size_t i = 0; i < run->inputs.count; i++) {
		sums[YG_SUM_RECORDS] += run->reports[i].records;
		sums[YG_SUM_PARSED] += run->reports[i].parsed;
		sums[YG_SUM_UNPARSED] += run->reports[i].unparsed;
		sums[YG_SUM_BYTES] += run->reports[i].bytes;
		sums[YG_SUM_FINDINGS] += run->reports[i].findings;
	}
	sums[YG_SUM_LEFT_OUT] += hunt->left_out;
	sums[YG_SUM_FRAMES] += hunt->frames;
	sums[YG_SUM_FRAMES_READ] += hunt->frames_read;
}

static int keep(struct yg_run *run)
{
	struct yg_hunt_state *s = &run->hunt->state;
	uint64_t sums[YG_SUM_COUNT];
	struct yg_buf correlations;
	int rc = yg_sink_flush(&run->sink);

	if (rc != YG_OK)
		return rc;
	s->out_size = run->sink.copied;
	s->is_fatal = run->sink.is_fatal;
	s->is_partly = run->is_partly;
	sum_up(run, sums);
	yg_buf_init(&correlations, YG_HUNT_STATE_MAX);
	rc = yg_correlator_save(yg_judge_correlator(run->judge), yg_tracer_seed(run->tracer),
				&correlations);
	if (rc == YG_OK)
		rc = digest_inputs(run, s, s->inputs);
	if (rc == YG_OK)
		rc = yg_hunt_state_keep(s, yg_buf_bytes(&correlations), sums);
	yg_buf_done(&correlations);
	if (rc != YG_OK && rc != YG_ENOMEM)
		say_state(s->path, rc);
	s->kept_ns = run->clock.now_ns(run->clock.arg);
	s->since = 0;
	return rc;
}

static int open_state(struct yg_run *run)
{
	struct yg_hunt *hunt = run->hunt;
	const char *path = run->options.state_path;
	struct yg_buf correlations;
	int rc;

	if (!path)
		return YG_OK;
	yg_buf_init(&correlations, YG_HUNT_STATE_MAX);
	rc = digest_question(run, hunt->state.asked);
	if (rc == YG_OK)
		rc = yg_hunt_state_open(&hunt->state, path, &correlations);
	if (rc == YG_OK && hunt->state.is_resumed)
		rc = resume(run, yg_buf_bytes(&correlations));
	yg_buf_done(&correlations);
	if (rc == YG_EPIPE)
		return rc;
	if (rc != YG_OK && rc != YG_ENOMEM)
		say_state(path, rc);
	run->sink.copy_fd = hunt->state.out_fd;
	run->sink.copied = hunt->state.out_size;
	hunt->state.kept_ns = run->started_ns;
	/* Before anything goes out: what is written from now on can be told from what was there. */
	return rc == YG_OK && !hunt->state.is_resumed ? keep(run) : rc;
}

int yg_hunt_aim(struct yg_hunt *hunt, const struct yg_engine *engine,
		const struct yg_indicators *indicators)
{
	hunt->formats = YG_ARCHIVE_FORMAT_OTHER;
	for (unsigned f = 1; f < YG_FORMAT_COUNT; f++)
		if (yg_engine_wants(engine, (enum yg_format)f, true))
			hunt->formats |= UINT64_C(1) << f;
	hunt->unplaced = hunt->formats;
	for (unsigned f = 1; f < YG_FORMAT_COUNT; f++)
		if (yg_engine_wants(engine, (enum yg_format)f, false))
			hunt->unplaced |= UINT64_C(1) << f;
	return make_keys(hunt, indicators);
}

void yg_hunt_aim_done(struct yg_hunt *hunt)
{
	free(hunt->keys);
	free(hunt->also);
	free(hunt->may);
	hunt->keys = NULL;
	hunt->also = NULL;
	hunt->may = NULL;
}

int yg_hunt_prepare(struct yg_run *run)
{
	struct yg_hunt *hunt = run->hunt;
	int rc = yg_hunt_aim(hunt, run->rules.engine, run->lists.set);

	if (!yg_narrow_is_all(&hunt->narrow))
		run->detector.narrow = &hunt->narrow;
	return rc == YG_OK ? open_state(run) : rc;
}

size_t yg_hunt_first_input(const struct yg_run *run)
{
	if (!run->hunt || !run->hunt->state.is_resumed)
		return 0;
	return run->hunt->state.input < run->inputs.count ? (size_t)run->hunt->state.input
							  : run->inputs.count;
}

int yg_hunt_take(struct yg_run *run, const struct yg_batch *batch)
{
	struct yg_hunt_state *s = &run->hunt->state;
	int rc;

	if (!s->is_resumed || s->has_begun)
		return YG_OK;
	s->has_begun = true;
	rc = yg_judge_resume_next(
		run->judge, (struct yg_trace_run){batch->traces, (uint32_t)batch->trace_count},
		yg_buf_bytes(&s->next));
	if (rc != YG_OK && rc != YG_ENOMEM)
		say_state(s->path, rc);
	return rc;
}

int yg_hunt_took(struct yg_run *run, const struct yg_batch *batch, const struct yg_batch *after)
{
	struct yg_hunt_state *s = &run->hunt->state;
	int rc = YG_OK;

	if (!s->path)
		return YG_OK;
	if (!after && run->hunt->is_stopped) {
		yg_buf_reset(&run->sink.buf);
		return YG_OK;
	}
	s->input = batch->is_last ? batch->input + 1 : batch->input;
	s->batches = batch->is_last ? 0 : batch->number;
	s->frame = batch->is_last ? 0 : batch->next_frame;
	if (++s->since < KEEP_BATCHES && !run->hunt->is_stopped && after &&
	    run->clock.now_ns(run->clock.arg) - s->kept_ns < KEEP_NS)
		return YG_OK;
	yg_buf_reset(&s->next);
	if (after)
		rc = yg_judge_keep_next(
			run->judge,
			(struct yg_trace_run){after->traces, (uint32_t)after->trace_count},
			&s->next);
	return rc == YG_OK ? keep(run) : rc;
}

void yg_hunt_done(struct yg_run *run, int rc)
{
	struct yg_hunt *hunt = run->hunt;

	if (rc == YG_OK && hunt->unfiltered > 0)
		yg_say_hint(N_("`yagura archive repair` makes filters"),
			    N_("%llu archives have no usable filters: all of their frames were "
			       "looked at"),
			    (unsigned long long)hunt->unfiltered);
	if (rc == YG_OK && hunt->is_stopped)
		yg_say_hint(N_("the same command goes on from here"),
			    N_("interrupted: what was found so far is kept"));
	yg_hunt_state_close(&hunt->state);
	yg_hunt_aim_done(hunt);
}

int yg_command_hunt(int argc, char **argv)
{
	struct yg_hunt hunt = {.state.out_fd = -1};
	struct yg_options options;

	switch (yg_options_read(argc, argv, &options)) {
	case YG_OPTIONS_RUN:
		break;
	case YG_OPTIONS_DONE:
		yg_options_done(&options);
		return YG_EXIT_DONE;
	default:
		yg_options_done(&options);
		return YG_EXIT_FAILED;
	}
	if (options.is_following) {
		yg_say_hint(N_("`yagura detect --follow` watches files that grow"),
			    N_("hunt looks at what is there: --follow does not fit"));
	} else if (options.state_path && options.output != YG_OUTPUT_JSON &&
		   options.output != YG_OUTPUT_CSV) {
		yg_say(N_("--state needs --json or --csv: other outputs are made at the end of one "
			  "run"));
	} else {
		return yg_detect_with(&options, &hunt);
	}
	yg_options_done(&options);
	return YG_EXIT_FAILED;
}
