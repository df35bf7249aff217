/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "model/record.h"
#include "sensor/commands.h"
#include "sensor/watch-int.h"

#include "base/ban.h"

#define EVENT_ARENA_MAX (32u << 20)
#define ARENA_MAX	(128u << 20)
#define LINES_MAX	(64u << 20)
#define ENTRY_MAX	(65u << 20)
#define WORDS_MAX	4096u
#define STATE_MAX	(80u << 20)
#define SLOTS		32768u
#define FIRST_TRACES	1024u
#define TRACE_BYTES	512u /* about, of a trace and its texts */

/* ---- records ---- */

static int grow_traces(struct yg_watch *w)
{
	uint32_t room = w->room ? 2 * w->room : FIRST_TRACES;
	struct yg_watch_place *places = yg_reallocarray(w->places, room, sizeof(*places));
	struct yg_trace *traces;

	if (!places)
		return YG_ENOMEM;
	w->places = places;
	traces = yg_reallocarray(w->traces, room, sizeof(*traces));
	if (!traces)
		return YG_ENOMEM;
	w->traces = traces;
	w->room = room;
	return YG_OK;
}

/* @line as a reader needs it: with bytes behind it. It lives in the event's arena. */
static int pad(struct yg_watch *w, struct yg_bytes *line)
{
	uint8_t *to = yg_arena_alloc(w->event_arena, line->size + YG_PARSE_PADDING);

	if (!to)
		return YG_ENOMEM;
	memcpy(to, line->data, line->size);
	memset(to + line->size, 0, YG_PARSE_PADDING);
	line->data = to;
	return YG_OK;
}

static int read_event(struct yg_watch *w, struct yg_bytes line, struct yg_event *ret)
{
	struct yg_fault fault;
	int rc;

	yg_arena_reset(w->event_arena);
	rc = pad(w, &line);
	return rc == YG_OK
		       ? yg_parse(w->parser, YG_FORMAT_RECORD, line, w->event_arena, ret, &fault)
		       : rc;
}

int yg_watch_event(struct yg_watch *w, uint32_t index, struct yg_event *ret)
{
	const struct yg_watch_place *place = &w->places[index];

	return read_event(
		w, yg_bytes_cut(yg_buf_bytes(&w->lines), place->at, place->at + place->size), ret);
}

static bool may_be_finding(const struct yg_trace *trace)
{
	return trace->hit_count > 0 || trace->indicator_count > 0 || trace->key_count > 0;
}

int yg_watch_keep_line(struct yg_watch *w, struct yg_bytes line, bool *ret_is_kept)
{
	const struct yg_trace_opts opts = {.memo = w->memo};
	struct yg_event event;
	struct yg_hits hits;
	int rc = w->count < w->room ? YG_OK : grow_traces(w);

	*ret_is_kept = false;
	if (rc == YG_OK)
		rc = read_event(w, line, &event);
	if (rc == YG_EFORMAT || rc == YG_EMISMATCH || rc == YG_ELIMIT)
		return YG_OK; /* too long for a record: cut at writing it */
	if (rc == YG_OK)
		rc = yg_engine_match(w->set->engine, w->scratch, &event, &hits);
	if (rc == YG_OK)
		rc = yg_trace_make(w->tracer, &event, &hits, w->arena, opts, &w->traces[w->count],
				   ret_is_kept);
	if (rc != YG_OK || !*ret_is_kept)
		return rc;
	w->traces[w->count].record = w->count;
	w->places[w->count++] =
		(struct yg_watch_place){(uint32_t)w->lines.size, (uint32_t)line.size};
	yg_buf_add(&w->lines, line);
	yg_buf_add_byte(&w->lines, '\n');
	return yg_buf_error(&w->lines);
}

size_t yg_watch_take(struct yg_watch *w, struct yg_event *event, struct yg_bytes source,
		     int64_t now_ns)
{
	struct yg_bytes line;

	w->is_last_kept = false;
	if (event->format == YG_FORMAT_FINDING || w->rc != YG_OK)
		return 0; /* our own */
	yg_buf_reset(&w->entry);
	yg_record_write(&w->entry, event, source, true);
	if (yg_buf_error(&w->entry) != YG_OK || w->entry.size > YG_EVENT_RECORD_MAX) {
		yg_buf_reset(&w->entry);
		yg_record_write(&w->entry, event, source, false);
	}
	line = yg_bytes_cut(yg_buf_bytes(&w->entry), 0, w->entry.size > 0 ? w->entry.size - 1 : 0);
	if (yg_buf_error(&w->entry) == YG_OK)
		w->rc = yg_watch_keep_line(w, line, &w->is_last_kept);
	if (!w->is_last_kept)
		return 0;
	if (w->urgent_ns == YG_TIME_NONE && may_be_finding(&w->traces[w->count - 1]))
		w->urgent_ns = now_ns;
	return line.size + TRACE_BYTES;
}

void yg_watch_undo(struct yg_watch *w)
{
	if (!w->is_last_kept)
		return;
	w->is_last_kept = false;
	w->lines.size = w->places[--w->count].at;
}

bool yg_watch_waits(const struct yg_watch *w, int64_t now_ns)
{
	return w->urgent_ns != YG_TIME_NONE &&
	       (now_ns - w->urgent_ns >= YG_WATCH_URGENT_NS || now_ns < w->urgent_ns);
}

/* ---- judging ---- */

int yg_watch_judge(struct yg_watch *w)
{
	struct yg_trace_run now = {w->traces, w->count};
	struct yg_trace_run next = {NULL, 0};
	int rc = yg_judge_ahead(w->judge, now, next);

	for (w->at = 0; rc == YG_OK && w->at < w->count; w->at++)
		rc = yg_judge_take(w->judge, &w->traces[w->at]);
	return rc;
}

void yg_watch_forget(struct yg_watch *w)
{
	w->count = 0;
	w->is_last_kept = false;
	w->urgent_ns = YG_TIME_NONE;
	yg_buf_reset(&w->lines);
	yg_arena_reset(w->arena);
	if (w->bundle_count > 0)
		memset(w->slots, 0, SLOTS * sizeof(*w->slots));
	w->bundle_count = 0;
	w->coarse_count = 0;
	w->update_count = 0;
}

int yg_watch_before(struct yg_watch *w, int64_t now_ns, struct yg_collect *collect)
{
	int rc = w->rc;

	w->is_broken |= rc != YG_OK; /* a record was not kept */
	if (w->is_broken)
		return rc == YG_OK ? YG_EIO : rc;
	if (w->is_judged || w->count == 0)
		return rc;
	if (rc == YG_OK) {
		w->arrived_ns = now_ns;
		rc = yg_watch_log_add(w);
	}
	if (rc != YG_OK)
		return rc;
	rc = yg_watch_judge(w);
	if (rc == YG_OK)
		rc = yg_watch_write(w, now_ns, collect);
	/* The judge counted what may never be committed: only a new start is right then. */
	w->is_broken = rc != YG_OK;
	w->is_judged = rc == YG_OK;
	return rc;
}

bool yg_watch_is_broken(const struct yg_watch *w)
{
	return w->is_broken;
}

uint64_t yg_watch_number(const struct yg_watch *w)
{
	return w->is_judged ? w->number + 1 : w->number;
}

/* ---- sets ---- */

struct parts {
	struct yg_tracer *tracer;
	struct yg_judge *judge;
	struct yg_scratch *scratch;
	struct yg_indicator_memo *memo;
	struct yg_parser *parser;
	struct yg_lines *writer;
};

static void free_parts(struct parts *p)
{
	(void)yg_parser_free(p->parser);
	(void)yg_lines_free(p->writer);
	(void)yg_judge_free(p->judge);
	(void)yg_tracer_free(p->tracer);
	(void)yg_scratch_free(p->scratch);
	free(p->memo);
}

static int make_parts(struct yg_watch *w, const struct yg_watch_set *set, struct parts *to)
{
	const struct yg_judge_out out = {
		.finding = yg_watch_on_finding, .update = yg_watch_on_update, .arg = w};
	const struct yg_parse_opts opts = {.zone = w->config.zone};
	const struct yg_names *names = yg_engine_names(set->engine);

	*to = (struct parts){
		.tracer = yg_tracer_new(set->engine, set->indicators),
		.judge = yg_judge_new(set->engine, set->indicators, &out),
		.scratch = yg_scratch_new(set->engine),
		.memo = set->indicators ? yg_indicator_memo_new() : NULL,
		.parser = yg_parser_new(&opts, names),
		.writer = yg_lines_new("detection", w->config.zone, names, NULL),
	};
	if (!to->tracer || !to->judge || !to->scratch || (set->indicators && !to->memo) ||
	    !to->parser || !to->writer) {
		free_parts(to);
		return YG_ENOMEM;
	}
	yg_tracer_bare(to->tracer);
	yg_judge_source(to->judge, YG_S(""));
	yg_judge_without_stories(to->judge); /* nobody is shown them here */
	return YG_OK;
}

static struct parts parts_of(const struct yg_watch *w)
{
	return (struct parts){w->tracer, w->judge, w->scratch, w->memo, w->parser, w->writer};
}

static void use_parts(struct yg_watch *w, struct yg_watch_set *set, const struct parts *parts)
{
	w->set = set;
	w->tracer = parts->tracer;
	w->judge = parts->judge;
	w->scratch = parts->scratch;
	w->memo = parts->memo;
	w->parser = parts->parser;
	w->writer = parts->writer;
	w->counts.rules = set->rules;
	w->counts.refused = set->refused;
	w->counts.unreadable = set->unreadable;
	w->counts.indicators = set->indicator_count;
}

/* Between two commits: a changed set takes over, with what the former one remembered. */
static void look_for_set(struct yg_watch *w)
{
	struct yg_watch_set *former = w->set;
	struct parts old = parts_of(w);
	struct yg_watch_set *set;
	struct parts parts;
	int rc;

	if (w->is_judged || w->count > 0 || w->is_broken)
		return;
	set = yg_watch_loader_take(w->loader);
	if (!set)
		return;
	rc = yg_watch_save(w); /* so that a restart goes on from there, too */
	if (rc == YG_OK)
		rc = make_parts(w, set, &parts);
	if (rc != YG_OK) {
		yg_sensor_say(N_("changed rules and indicators are not taken, the former stay: %s"),
			      yg_sensor_tr(yg_err_text(rc)));
		(void)yg_watch_set_free(set);
		return;
	}
	use_parts(w, set, &parts);
	rc = yg_watch_state_read(w, yg_buf_bytes(&w->state));
	if (rc != YG_OK)
		yg_sensor_say(N_("what correlations remembered cannot be read and begins anew: %s"),
			      yg_sensor_tr(yg_err_text(rc)));
	yg_buf_done(&w->state); /* it may be large, and is rarely needed */
	free_parts(&old);
	(void)yg_watch_set_free(former);
	w->counts.reloads++;
	yg_sensor_say(N_("changed rules and indicators were taken over: %u rules, %u indicators"),
		      set->rules, set->indicator_count);
}

void yg_watch_after(struct yg_watch *w)
{
	if (w->is_judged) {
		w->number++;
		w->log_size += w->entry_size;
		w->is_judged = false;
		yg_watch_forget(w);
		if (w->log_size >= YG_WATCH_LOG_MAX) {
			(void)!yg_watch_save(w); /* else the log goes on growing: tried again */
			yg_buf_done(&w->state);
		}
	}
	look_for_set(w);
}

void yg_watch_tick(struct yg_watch *w)
{
	look_for_set(w);
}

/* ---- beginning and end ---- */

static int make_folder(struct yg_watch *w)
{
	int rc = yg_home_path(w->config.home, "detect", w->folder) ? yg_disk_mkdir(w->folder, 0700)
								   : YG_ELIMIT;

	return rc == YG_OK ? yg_disk_sync_folder_of(w->folder) : rc;
}

static int open_parts(struct yg_watch *w)
{
	const struct yg_detect_settings *settings = yg_sensor_policy_detect(w->config.policy);
	struct yg_watch_set *set = NULL;
	struct parts parts;
	int rc = make_folder(w);

	w->arena = yg_arena_new(ARENA_MAX);
	w->event_arena = yg_arena_new(EVENT_ARENA_MAX);
	w->slots = yg_calloc(SLOTS, sizeof(*w->slots));
	w->kept = yg_calloc(YG_WATCH_KEPT_MAX, sizeof(*w->kept));
	if (!w->arena || !w->event_arena || !w->slots || !w->kept)
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_watch_set_load(settings, w->config.home, w->config.program, &set);
	if (rc == YG_OK)
		rc = make_parts(w, set, &parts);
	if (rc != YG_OK) {
		(void)yg_watch_set_free(set);
		return rc;
	}
	use_parts(w, set, &parts);
	rc = yg_watch_log_open(w);
	if (rc == YG_OK)
		rc = yg_watch_load(w);
	if (rc == YG_OK)
		rc = yg_watch_loader_start(settings, w->config.home, w->config.program,
					   set->signature, &w->loader);
	return rc;
}

int yg_watch_open(const struct yg_watch_config *config, struct yg_watch **ret)
{
	struct yg_watch *w;
	int rc;

	*ret = NULL;
	if (!yg_sensor_policy_detect(config->policy)->is_on)
		return YG_OK;
	w = yg_calloc(1, sizeof(*w));
	if (!w)
		return YG_ENOMEM;
	w->config = *config;
	w->log_fd = -1;
	w->urgent_ns = YG_TIME_NONE;
	yg_buf_init(&w->lines, LINES_MAX);
	yg_buf_init(&w->entry, ENTRY_MAX);
	yg_buf_init(&w->words, WORDS_MAX);
	yg_buf_init(&w->state, STATE_MAX);
	rc = open_parts(w);
	if (rc == YG_OK)
		*ret = w;
	else
		(void)yg_watch_close(w);
	return rc;
}

struct yg_watch *yg_watch_close(struct yg_watch *w)
{
	struct parts parts;

	if (!w)
		return NULL;
	(void)yg_watch_loader_stop(w->loader);
	/* What is not committed comes again; the judge must not have counted it. */
	if (w->loader && !w->is_judged && !w->is_broken)
		(void)!yg_watch_save(w); /* else it is made again from the log */
	parts = parts_of(w);
	free_parts(&parts);
	(void)yg_watch_set_free(w->set);
	if (w->log_fd >= 0)
		(void)yg_disk_close(w->log_fd); /* what counts was synced */
	(void)yg_arena_free(w->arena);
	(void)yg_arena_free(w->event_arena);
	free(w->traces);
	free(w->places);
	free(w->bundles);
	free(w->slots);
	free(w->kept);
	yg_buf_done(&w->lines);
	yg_buf_done(&w->entry);
	yg_buf_done(&w->words);
	yg_buf_done(&w->state);
	free(w);
	return NULL;
}

struct yg_watch_counts yg_watch_counts(const struct yg_watch *w)
{
	struct yg_watch_counts counts = w->counts;
	struct yg_judge_counts judged = yg_judge_counts(w->judge);

	counts.pushed_out = judged.evicted_sources + judged.evicted_paths + judged.evicted_groups;
	return counts;
}

uint64_t yg_watch_signature(const struct yg_watch *w)
{
	return w->set->signature;
}

void yg_watch_told(const struct yg_watch *w, char to[YG_WIRE_DETECTION_MAX + 1])
{
	struct yg_watch_counts c;

	to[0] = '\0';
	if (!w)
		return;
	c = yg_watch_counts(w);
	(void)snprintf(to, YG_WIRE_DETECTION_MAX + 1,
		       "{\"rules\":%u,\"refused\":%u,\"unreadable\":%u,\"indicators\":%u,"
		       "\"rule_set\":\"%s\",\"findings\":%llu,\"held\":%llu,\"lost\":%llu,"
		       "\"pushed_out\":%llu,\"reloads\":%llu}",
		       c.rules, c.refused, c.unreadable, c.indicators, w->set->digest,
		       (unsigned long long)c.findings, (unsigned long long)c.held,
		       (unsigned long long)c.lost, (unsigned long long)c.pushed_out,
		       (unsigned long long)c.reloads); /* measured */
}
