/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/judge.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/correlate.h"
#include "detect/indicators.h"
#include "detect/outcome.h"
#include "detect/story.h"
#include "detect/table-int.h"

#include "base/ban.h"

#define SOURCE_NAMES_MAX 4096u /* inputs and the sources that records name */
#define SOURCE_BYTES_MAX (4u << 20)
#define FIRST_CANDIDATES 64u

/* A finding in the making. */
struct candidate {
	const struct yg_rule_info *rule;
	struct yg_bytes matched; /* indicators */
	uint64_t first_position;
	uint64_t count;
	const struct yg_completion *done; /* correlations; NULL = another kind */
};

/* What a record that is still to be taken completes. */
struct ahead {
	const struct yg_trace *trace;
	uint64_t number; /* of the completions known ahead */
	struct yg_completion done;
};

struct yg_judge {
	const struct yg_engine *engine;
	const struct yg_indicators *indicators; /* NULL = none */
	struct yg_judge_out out;
	struct yg_outcomes *outcomes;
	struct yg_correlator *correlator;
	struct yg_stories *stories;
	struct yg_bytes source; /* the input's */
	struct yg_table names;	/* of sources that records name: struct yg_bytes */
	struct yg_arena *name_mem;
	struct yg_rule_info **old_rules; /* copies of rules that went, which stories still show */
	uint32_t old_count;
	struct yg_change changes[YG_CHANGES_MAX];
	struct yg_completion done[YG_CORRELATION_DONE_MAX];
	struct candidate *candidates;
	uint32_t candidate_count;
	uint32_t candidate_room;
	struct yg_trace_run now; /* announced; none = each counts as it is taken */
	struct ahead *ahead;	 /* those of now by trace, then those of what follows */
	uint32_t ahead_count;
	uint32_t ahead_room;
	uint32_t ahead_at;     /* the first that is not taken */
	uint64_t ahead_number; /* of the last one known */
	uint64_t record;
	bool has_no_stories;
	struct yg_judge_counts counts;
};

/* One title for each type of indicator, indexed by enum yg_indicator_type. */
#define INDICATOR_RULE(name, words, words_ja)                                                      \
	{                                                                                          \
		.id = {(const uint8_t *)"yagura-indicator-" name,                                  \
		       sizeof("yagura-indicator-" name) - 1},                                      \
		.title = {(const uint8_t *)words, sizeof(words) - 1},                              \
		.title_ja = {(const uint8_t *)words_ja, sizeof(words_ja) - 1},                     \
		.level = YG_LEVEL_HIGH, .kind = YG_KIND_INDICATOR, .field = YG_ATTACK_OTHER,       \
		.is_own = true                                                                     \
	}
static const struct yg_rule_info indicator_rules[] = {
	[YG_INDICATOR_ADDRESS] = INDICATOR_RULE("address", "Address on a list of indicators",
						"リストにあるアドレスとの通信"),
	[YG_INDICATOR_PREFIX] =
		INDICATOR_RULE("prefix", "Address in a network on a list of indicators",
			       "リストにあるネットワークのアドレスとの通信"),
	[YG_INDICATOR_DOMAIN] = INDICATOR_RULE("domain", "Domain on a list of indicators",
					       "リストにあるドメイン名"),
	[YG_INDICATOR_URL] =
		INDICATOR_RULE("url", "URL on a list of indicators", "リストにあるURL"),
	[YG_INDICATOR_HASH] = INDICATOR_RULE("hash", "File hash on a list of indicators",
					     "リストにあるファイルのハッシュ値"),
};

struct yg_judge *yg_judge_free(struct yg_judge *judge)
{
	if (!judge)
		return NULL;
	(void)yg_outcomes_free(judge->outcomes);
	(void)yg_correlator_free(judge->correlator);
	(void)yg_stories_free(judge->stories);
	yg_table_done(&judge->names);
	(void)yg_arena_free(judge->name_mem);
	for (uint32_t i = 0; i < judge->old_count; i++)
		free(judge->old_rules[i]);
	free(judge->old_rules);
	free(judge->candidates);
	free(judge->ahead);
	free(judge);
	return NULL;
}

struct yg_judge *yg_judge_new(const struct yg_engine *engine,
			      const struct yg_indicators *indicators,
			      const struct yg_judge_out *out)
{
	struct yg_judge *judge = yg_calloc(1, sizeof(*judge));

	if (!judge)
		return NULL;
	judge->engine = engine;
	judge->indicators = indicators;
	judge->out = *out;
	yg_table_init(&judge->names, sizeof(struct yg_bytes), SOURCE_NAMES_MAX);
	judge->outcomes = yg_outcomes_new();
	judge->correlator = yg_correlator_new(engine);
	judge->stories = yg_stories_new();
	judge->name_mem = yg_arena_new(SOURCE_BYTES_MAX);
	if (!judge->outcomes || !judge->correlator || !judge->stories || !judge->name_mem)
		return yg_judge_free(judge);
	return judge;
}

void yg_judge_without_stories(struct yg_judge *judge)
{
	judge->has_no_stories = true;
}

size_t yg_judge_bytes(const struct yg_judge *judge)
{
	return sizeof(*judge) + yg_outcomes_bytes(judge->outcomes) +
	       yg_correlator_bytes(judge->correlator) + yg_table_bytes(&judge->names) +
	       yg_arena_used(judge->name_mem) + judge->candidate_room * sizeof(*judge->candidates) +
	       judge->ahead_room * sizeof(*judge->ahead);
}

void yg_judge_source(struct yg_judge *judge, struct yg_bytes source)
{
	judge->source = source;
}

/*
 * A copy of the record's source that lasts as long as stories; where there are too many of them
 * the input's stands for it in stories (findings and updates carry their own).
 */
static int lasting_source(struct yg_judge *judge, struct yg_bytes source, struct yg_bytes *ret)
{
	uint64_t key;
	uint32_t index;
	struct yg_bytes copy;

	*ret = judge->source;
	if (source.data == judge->source.data)
		return YG_OK;
	key = yg_hash64(source, yg_hash_secret());
	index = yg_table_find(&judge->names, key);
	if (index == YG_TABLE_NONE) {
		if (yg_table_is_full(&judge->names) ||
		    source.size > SOURCE_BYTES_MAX - yg_arena_used(judge->name_mem))
			return YG_OK;
		if (!yg_arena_dup(judge->name_mem, source, &copy) ||
		    yg_table_add(&judge->names, key, &index) != YG_OK)
			return YG_ENOMEM;
		*(struct yg_bytes *)yg_table_at(&judge->names, index) = copy;
	}
	*ret = *(struct yg_bytes *)yg_table_at(&judge->names, index);
	return YG_OK;
}

/* --- candidates ------------------------------------------------------------------------------- */

static int add_candidate(struct yg_judge *judge, const struct candidate *candidate)
{
	if (judge->candidate_count == judge->candidate_room) {
		uint32_t room =
			judge->candidate_room ? judge->candidate_room * 2 : FIRST_CANDIDATES;
		void *mem = yg_reallocarray(judge->candidates, room, sizeof(*judge->candidates));

		if (!mem)
			return YG_ENOMEM;
		judge->candidates = mem;
		judge->candidate_room = room;
	}
	judge->candidates[judge->candidate_count++] = *candidate;
	return YG_OK;
}

static bool is_allowed(const struct yg_judge *judge, struct yg_bytes value)
{
	struct yg_bytes reason;

	return judge->indicators && value.size > 0 &&
	       yg_indicators_is_allowed(judge->indicators, value, &reason);
}

static int add_indicators(struct yg_judge *judge, const struct yg_trace *trace)
{
	for (uint32_t i = 0; i < trace->indicator_count; i++) {
		const struct yg_trace_indicator *hit = &trace->indicators[i];
		enum yg_indicator_type type = yg_indicators_get(judge->indicators, hit->index).type;
		int rc;

		if (is_allowed(judge, hit->value)) {
			judge->counts.allowed++;
			continue;
		}
		rc = add_candidate(judge, &(struct candidate){.rule = &indicator_rules[type],
							      .matched = hit->value,
							      .count = 1});
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

static int bytes_order(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int candidate_order(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = bytes_order(a->rule->id, b->rule->id);

	return order ? order : bytes_order(a->matched, b->matched);
}

/* Of the groups that one record completes for one rule, the first is told. */
static int first_candidate_order(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = candidate_order(a, b);

	return order ? order : (a->done > b->done) - (a->done < b->done);
}

/* All that may be found on this record, in the order of output, nothing twice. */
static int gather(struct yg_judge *judge, const struct yg_trace *trace,
		  const struct yg_completion *done, uint32_t done_count)
{
	uint32_t kept = 0;
	int rc = YG_OK;

	judge->candidate_count = 0;
	for (uint32_t i = 0; rc == YG_OK && i < trace->hit_count; i++)
		rc = add_candidate(
			judge, &(struct candidate){
				       .rule = &yg_engine_rule(judge->engine, trace->hits[i])->info,
				       .count = 1});
	for (uint32_t i = 0; rc == YG_OK && i < done_count; i++) {
		const struct yg_engine_rule *rule = yg_engine_rule(judge->engine, done[i].rule);

		if (!done[i].is_silent && !rule->is_quiet)
			rc = add_candidate(
				judge, &(struct candidate){.rule = &rule->info,
							   .first_position = done[i].first_position,
							   .count = done[i].count,
							   .done = &done[i]});
	}
	if (rc == YG_OK && trace->indicator_count > 0)
		rc = add_indicators(judge, trace);
	if (rc != YG_OK || judge->candidate_count < 2)
		return rc;
	qsort(judge->candidates, judge->candidate_count, sizeof(*judge->candidates),
	      first_candidate_order);
	for (uint32_t i = 0; i < judge->candidate_count; i++)
		if (kept == 0 ||
		    candidate_order(&judge->candidates[kept - 1], &judge->candidates[i]) != 0)
			judge->candidates[kept++] = judge->candidates[i];
	judge->candidate_count = kept;
	return YG_OK;
}

/* --- emitting --------------------------------------------------------------------------------- */

static void finding_id(const struct yg_finding *finding, uint8_t to[YG_ID_BYTES])
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)finding->position);
	const struct yg_bytes parts[] = {
		finding->source,
		{(const uint8_t *)digits, (size_t)size},
		finding->rule->id,
		finding->matched,
	};

	yg_id_derive(parts, finding->matched.size > 0 ? 4 : 3, to);
}

/* A list says only that a thing is on it; which advice fits follows from the kind of record. */
static enum yg_attack_field field_of(const struct yg_rule_info *rule, enum yg_format format)
{
	if (rule->kind != YG_KIND_INDICATOR)
		return rule->field;
	switch (yg_format_family(format)) {
	case YG_FAMILY_WEB:
	case YG_FAMILY_WEB_ERROR:
		return YG_ATTACK_WEB;
	case YG_FAMILY_FIREWALL:
		return YG_ATTACK_NETWORK;
	case YG_FAMILY_WINDOWS:
		return YG_ATTACK_ENDPOINT;
	default:
		return YG_ATTACK_OTHER;
	}
}

static struct yg_bytes event_of(const struct yg_judge *judge, const struct yg_trace *trace)
{
	if (trace->event_json.size > 0)
		return trace->event_json;
	return judge->out.event ? judge->out.event(judge->out.arg, trace) : YG_S("{}");
}

/* What only correlations have. */
static void add_correlation(const struct yg_judge *judge, const struct yg_trace *trace,
			    const struct yg_completion *done, struct yg_finding *finding)
{
	if (trace->time_ns != YG_TIME_NONE)
		finding->first_ns = done->first_ns;
	finding->has_value = done->has_value;
	finding->value = done->value;
	if (judge->out.group)
		finding->group_json =
			judge->out.group(judge->out.arg, trace, done->rule, done->ref);
}

static int emit(struct yg_judge *judge, struct yg_look *look, const struct candidate *candidate,
		struct yg_bytes source)
{
	const struct yg_trace *trace = look->trace;
	struct yg_finding finding = {
		.time_ns = trace->time_ns,
		.rule = candidate->rule,
		.source = source,
		.position = trace->position,
		.first_position = candidate->first_position,
		.count = candidate->count,
		.actor = trace->actor,
		.is_actor_ip = trace->flags & YG_TRACE_ACTOR_IP,
		.target = trace->target,
		.event_json = event_of(judge, trace),
		.matched = candidate->matched,
		.first_ns = YG_TIME_NONE,
	};
	struct yg_finding kept;
	int rc;

	if (candidate->done)
		add_correlation(judge, trace, candidate->done, &finding);
	finding_id(&finding, finding.id);
	yg_story_id(finding.actor, source, field_of(candidate->rule, trace->format), finding.story);
	finding.outcome =
		yg_outcomes_decide(judge->outcomes, look, candidate->rule, &finding.reason);
	kept = finding;
	rc = lasting_source(judge, source, &kept.source);
	if (rc == YG_OK && !judge->has_no_stories)
		rc = yg_stories_add(judge->stories, &kept, field_of(candidate->rule, trace->format),
				    judge->record);
	if (rc == YG_OK)
		rc = yg_outcomes_follow(judge->outcomes, look, &kept);
	if (rc != YG_OK)
		return rc;
	judge->counts.findings++;
	judge->counts.by_level[candidate->rule->level]++;
	return judge->out.finding(judge->out.arg, &finding);
}

static int emit_changes(struct yg_judge *judge, struct yg_look *look, struct yg_bytes source)
{
	struct yg_change *changes = judge->changes;
	uint32_t count = yg_outcomes_change(judge->outcomes, look, changes);

	for (uint32_t i = 0; i < count; i++) {
		int rc;

		changes[i].update.source = source;
		rc = yg_stories_update(judge->stories, &changes[i].update, changes[i].rule,
				       changes[i].source, changes[i].position);
		if (rc != YG_OK)
			return rc;
		judge->counts.updates++;
		rc = judge->out.update(judge->out.arg, &changes[i].update);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

/* --- what comes next ------------------------------------------------------------------------ */

static int keep_ahead(void *arg, const struct yg_trace *trace, const struct yg_completion *list,
		      uint32_t count)
{
	struct yg_judge *judge = arg;

	for (uint32_t i = 0; i < count; i++) {
		if (judge->ahead_count == judge->ahead_room) {
			uint32_t room =
				judge->ahead_room ? judge->ahead_room * 2 : FIRST_CANDIDATES;
			void *mem = yg_reallocarray(judge->ahead, room, sizeof(*judge->ahead));

			if (!mem)
				return YG_ENOMEM;
			judge->ahead = mem;
			judge->ahead_room = room;
		}
		judge->ahead[judge->ahead_count++] =
			(struct ahead){trace, ++judge->ahead_number, list[i]};
	}
	return YG_OK;
}

static bool is_of_now(const struct yg_judge *judge, const struct yg_trace *trace)
{
	return judge->now.count > 0 && trace >= judge->now.traces &&
	       trace < judge->now.traces + judge->now.count;
}

/* Completions of one trace stay in the order of its keys. */
static int ahead_order(const void *left, const void *right)
{
	const struct ahead *a = left, *b = right;

	if (a->trace != b->trace)
		return a->trace < b->trace ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Those of the run to be taken now to the front, in its order. */
static void put_in_order(struct yg_judge *judge)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < judge->ahead_count; i++) {
		struct ahead ahead = judge->ahead[i];

		if (!is_of_now(judge, ahead.trace))
			continue;
		judge->ahead[i] = judge->ahead[count];
		judge->ahead[count++] = ahead;
	}
	if (count > 1)
		qsort(judge->ahead, count, sizeof(*judge->ahead), ahead_order);
}

int yg_judge_ahead(struct yg_judge *judge, struct yg_trace_run now, struct yg_trace_run next)
{
	int rc;

	/* What was told goes; what was known of the run after it is this one's. */
	judge->ahead_count -= judge->ahead_at;
	if (judge->ahead_at > 0)
		memmove(judge->ahead, judge->ahead + judge->ahead_at,
			judge->ahead_count * sizeof(*judge->ahead));
	judge->ahead_at = 0;
	judge->now = now;
	rc = yg_correlator_take_all(judge->correlator, now, next, keep_ahead, judge);
	if (rc == YG_OK)
		put_in_order(judge);
	return rc;
}

/*
 * Kept of the next run: how many traces, how many completions known (u32 each), a byte for each
 * trace that says whether it counts, and the completions: trace, rule, ref, flags (u32 each), first
 * position, first time, count, value (u64 each).
 */
#define KEPT_HEAD 8u
#define KEPT_DONE 48u

static void add_number(struct yg_buf *to, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		yg_buf_add_byte(to, (uint8_t)(value >> 8 * i));
}

static uint64_t read_number(const uint8_t *p, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | p[i];
	return value;
}

int yg_judge_keep_next(const struct yg_judge *judge, struct yg_trace_run next, struct yg_buf *to)
{
	uint8_t *counted;

	add_number(to, next.count, 4);
	add_number(to, judge->ahead_count - judge->ahead_at, 4);
	counted = yg_buf_reserve(to, next.count);
	if (!counted)
		return yg_buf_error(to);
	yg_correlator_counted(judge->correlator, next, counted);
	yg_buf_grew(to, next.count);
	for (uint32_t i = judge->ahead_at; i < judge->ahead_count; i++) {
		const struct ahead *ahead = &judge->ahead[i];
		uint64_t value;

		memcpy(&value, &ahead->done.value, sizeof(value));
		assert(ahead->trace >= next.traces && ahead->trace < next.traces + next.count);
		add_number(to, (uint64_t)(ahead->trace - next.traces), 4);
		add_number(to, ahead->done.rule, 4);
		add_number(to, ahead->done.ref, 4);
		add_number(to, (ahead->done.has_value ? 1u : 0) | (ahead->done.is_silent ? 2u : 0),
			   4);
		add_number(to, ahead->done.first_position, 8);
		add_number(to, (uint64_t)ahead->done.first_ns, 8);
		add_number(to, ahead->done.count, 8);
		add_number(to, value, 8);
	}
	return yg_buf_error(to);
}

static int resume_done(struct yg_judge *judge, struct yg_trace_run now, const uint8_t *p)
{
	struct yg_completion done = {
		.rule = (uint32_t)read_number(p + 4, 4),
		.ref = (uint32_t)read_number(p + 8, 4),
		.has_value = p[12] & 1,
		.is_silent = (p[12] & 2) != 0,
		.first_position = read_number(p + 16, 8),
		.first_ns = (int64_t)read_number(p + 24, 8),
		.count = read_number(p + 32, 8),
	};
	uint64_t value = read_number(p + 40, 8);
	uint64_t trace = read_number(p, 4);
	const struct yg_correlation *correlation;

	if (trace >= now.count || done.rule >= yg_engine_rule_count(judge->engine))
		return YG_EFORMAT;
	correlation = yg_engine_rule(judge->engine, done.rule)->correlation;
	if (!correlation || done.ref >= correlation->ref_count)
		return YG_EFORMAT;
	memcpy(&done.value, &value, sizeof(value));
	return keep_ahead(judge, &now.traces[trace], &done, 1);
}

int yg_judge_resume_next(struct yg_judge *judge, struct yg_trace_run now, struct yg_bytes kept)
{
	uint64_t traces, completions;
	int rc;

	if (kept.size == 0)
		return YG_OK;
	if (kept.size < KEPT_HEAD)
		return YG_EFORMAT;
	traces = read_number(kept.data, 4);
	completions = read_number(kept.data + 4, 4);
	if (kept.size != KEPT_HEAD + traces + completions * KEPT_DONE)
		return YG_EFORMAT;
	if (traces != now.count)
		return YG_EMISMATCH;
	rc = yg_correlator_announce(judge->correlator, now, kept.data + KEPT_HEAD);
	for (uint64_t i = 0; i < completions && rc == YG_OK; i++)
		rc = resume_done(judge, now, kept.data + KEPT_HEAD + traces + i * KEPT_DONE);
	return rc;
}

struct yg_correlator *yg_judge_correlator(struct yg_judge *judge)
{
	return judge->correlator;
}

/* What @trace completes: known already when it was announced. */
static int complete(struct yg_judge *judge, const struct yg_trace *trace, uint32_t *ret_count)
{
	uint32_t count = 0;

	*ret_count = 0;
	if (!is_of_now(judge, trace))
		return yg_correlator_take(judge->correlator, trace, judge->done,
					  YG_CORRELATION_DONE_MAX, ret_count);
	while (judge->ahead_at < judge->ahead_count &&
	       judge->ahead[judge->ahead_at].trace == trace && count < YG_CORRELATION_DONE_MAX)
		judge->done[count++] = judge->ahead[judge->ahead_at++].done;
	*ret_count = count;
	return YG_OK;
}

/* The last of what was announced has been taken: the traces may go. */
static void end_ahead(struct yg_judge *judge, const struct yg_trace *trace)
{
	if (judge->now.count > 0 && trace == judge->now.traces + (judge->now.count - 1))
		judge->now = (struct yg_trace_run){NULL, 0};
}

/* The part for records with hits, keys or indicators. */
static int take_findings(struct yg_judge *judge, struct yg_look *look, struct yg_bytes source)
{
	struct yg_completion *done = judge->done;
	const struct yg_trace *trace = look->trace;
	uint32_t done_count = 0;
	int rc;

	rc = complete(judge, trace, &done_count);
	if (rc == YG_OK)
		rc = gather(judge, trace, done, done_count);
	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < done_count; i++)
		if (done[i].is_silent)
			yg_outcomes_goes_on(judge->outcomes, look,
					    &yg_engine_rule(judge->engine, done[i].rule)->info);
	if (judge->candidate_count > 0 && is_allowed(judge, trace->actor)) {
		judge->counts.allowed += judge->candidate_count;
		return YG_OK;
	}
	for (uint32_t i = 0; rc == YG_OK && i < judge->candidate_count; i++)
		rc = emit(judge, look, &judge->candidates[i], source);
	return rc;
}

#define CALL_NEAR  8u /* traces ahead: their sources are fetched */
#define CALL_LATER 16u

static void call_ahead(const struct yg_judge *judge, const struct yg_trace *trace)
{
	size_t left = is_of_now(judge, trace)
			      ? (size_t)(judge->now.traces + judge->now.count - trace)
			      : 0;

	if (left > CALL_LATER)
		yg_outcomes_call(judge->outcomes, trace[CALL_NEAR].actor_hash,
				 trace[CALL_LATER].actor_hash);
}

int yg_judge_take(struct yg_judge *judge, const struct yg_trace *trace)
{
	struct yg_look look;
	struct yg_bytes source = trace->source.size > 0 ? trace->source : judge->source;
	int rc = YG_OK;

	judge->record++;
	call_ahead(judge, trace);
	yg_outcomes_look(judge->outcomes, trace, &look);
	if (trace->hit_count > 0 || trace->key_count > 0 || trace->indicator_count > 0)
		rc = take_findings(judge, &look, source);
	if (rc == YG_OK)
		rc = yg_outcomes_learn(judge->outcomes, &look);
	if (rc == YG_OK)
		rc = emit_changes(judge, &look, source);
	end_ahead(judge, trace);
	return rc;
}

/* --- outcomes as bytes ------------------------------------------------------------------------ */

int yg_judge_save_outcomes(const struct yg_judge *judge, struct yg_buf *to)
{
	return yg_outcomes_save(judge->outcomes, to);
}

/* Rules stand in the order of their ids. */
static const struct yg_rule_info *rule_by_id(void *arg, struct yg_bytes id)
{
	const struct yg_judge *judge = arg;
	uint32_t low = 0, high = yg_engine_rule_count(judge->engine);

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (bytes_order(yg_engine_rule(judge->engine, mid)->info.id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < yg_engine_rule_count(judge->engine) &&
	    yg_bytes_eq(yg_engine_rule(judge->engine, low)->info.id, id))
		return &yg_engine_rule(judge->engine, low)->info;
	for (size_t i = 0; i < sizeof(indicator_rules) / sizeof(indicator_rules[0]); i++)
		if (yg_bytes_eq(indicator_rules[i].id, id))
			return &indicator_rules[i];
	return NULL;
}

static int keep_source(void *arg, struct yg_bytes source, struct yg_bytes *ret)
{
	return lasting_source(arg, source, ret);
}

int yg_judge_restore_outcomes(struct yg_judge *judge, struct yg_bytes state)
{
	const struct yg_outcomes_names names = {rule_by_id, keep_source, judge};
	struct yg_outcomes *outcomes = yg_outcomes_new();
	int rc = outcomes ? yg_outcomes_restore(outcomes, state, &names) : YG_ENOMEM;

	if (rc != YG_OK) {
		(void)yg_outcomes_free(outcomes);
		return rc;
	}
	(void)yg_outcomes_free(judge->outcomes);
	judge->outcomes = outcomes;
	return YG_OK;
}

struct yg_judge_counts yg_judge_counts(const struct yg_judge *judge)
{
	struct yg_judge_counts counts = judge->counts;

	counts.stories = yg_stories_made(judge->stories);
	counts.evicted_stories = yg_stories_evicted(judge->stories);
	counts.evicted_sources = yg_outcomes_evicted_sources(judge->outcomes);
	counts.evicted_paths = yg_outcomes_evicted_paths(judge->outcomes);
	counts.evicted_groups = yg_correlator_evicted(judge->correlator);
	return counts;
}

int yg_judge_stories(struct yg_judge *judge, const struct yg_story **ret, size_t *ret_count)
{
	return yg_stories_list(judge->stories, ret, ret_count);
}

/* --- another rule set ------------------------------------------------------------------------- */

/* On the way from one engine to the other. */
struct changeover {
	struct yg_judge *judge;
	const struct yg_engine *to;
	const struct yg_rule_info *
		*instead; /* of each rule of the former engine; NULL = none yet */
	uint32_t count;
	int rc;
};

static bool same_tags(const struct yg_rule_info *a, const struct yg_rule_info *b)
{
	if (a->tag_count != b->tag_count)
		return false;
	for (uint32_t i = 0; i < a->tag_count; i++)
		if (!yg_bytes_eq(a->tags[i], b->tags[i]))
			return false;
	return true;
}

static bool same_rule(const struct yg_rule_info *a, const struct yg_rule_info *b)
{
	return yg_bytes_eq(a->id, b->id) && yg_bytes_eq(a->title, b->title) &&
	       yg_bytes_eq(a->title_ja, b->title_ja) && yg_bytes_eq(a->advice, b->advice) &&
	       a->level == b->level && a->kind == b->kind && a->field == b->field &&
	       a->is_own == b->is_own && same_tags(a, b);
}

/* Rules of both sets ascend by id. */
static void pair_rules(struct changeover *c)
{
	uint32_t to_count = yg_engine_rule_count(c->to), t = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct yg_rule_info *from = &yg_engine_rule(c->judge->engine, i)->info;

		while (t < to_count && bytes_order(yg_engine_rule(c->to, t)->info.id, from->id) < 0)
			t++;
		if (t < to_count && same_rule(&yg_engine_rule(c->to, t)->info, from))
			c->instead[i] = &yg_engine_rule(c->to, t)->info;
	}
}

static struct yg_bytes put_text(uint8_t **at, struct yg_bytes text)
{
	struct yg_bytes copy = {*at, text.size};

	if (text.size > 0)
		memcpy(*at, text.data, text.size);
	*at += text.size;
	return copy;
}

/* One piece of memory: the rule, its tags, all texts. */
static struct yg_rule_info *copy_rule(const struct yg_rule_info *rule)
{
	size_t size = rule->id.size + rule->title.size + rule->title_ja.size + rule->advice.size;
	struct yg_rule_info *copy;
	struct yg_bytes *tags;
	uint8_t *at;

	for (uint32_t i = 0; i < rule->tag_count; i++)
		size += rule->tags[i].size;
	copy = yg_calloc(1, sizeof(*copy) + rule->tag_count * sizeof(*tags) + size);
	if (!copy)
		return NULL;
	tags = (struct yg_bytes *)(void *)(copy + 1);
	at = (uint8_t *)(tags + rule->tag_count);
	*copy = *rule;
	copy->id = put_text(&at, rule->id);
	copy->title = put_text(&at, rule->title);
	copy->title_ja = put_text(&at, rule->title_ja);
	copy->advice = put_text(&at, rule->advice);
	for (uint32_t i = 0; i < rule->tag_count; i++)
		tags[i] = put_text(&at, rule->tags[i]);
	copy->tags = tags;
	return copy;
}

/* A rule that went and is still shown somewhere: one of the former copies, or a new one. */
static const struct yg_rule_info *keep_old(struct changeover *c, const struct yg_rule_info *rule)
{
	static const struct yg_rule_info too_many = {
		.id = {(const uint8_t *)"yagura-former-rules", 19},
		.title = {(const uint8_t *)"Rules that are no longer loaded", 31},
		.title_ja = {(const uint8_t *)"読み込まれなくなったルール",
			     sizeof("読み込まれなくなったルール") - 1},
		.level = YG_LEVEL_MEDIUM,
		.kind = YG_KIND_PATTERN,
		.field = YG_ATTACK_OTHER,
	};
	struct yg_judge *judge = c->judge;

	for (uint32_t i = 0; i < judge->old_count; i++)
		if (same_rule(judge->old_rules[i], rule))
			return judge->old_rules[i];
	if (judge->old_count == YG_JUDGE_OLD_RULES_MAX)
		return &too_many;
	if (!judge->old_rules)
		judge->old_rules = yg_calloc(YG_JUDGE_OLD_RULES_MAX, sizeof(struct yg_rule_info *));
	if (!judge->old_rules || !(judge->old_rules[judge->old_count] = copy_rule(rule))) {
		c->rc = YG_ENOMEM;
		return &too_many;
	}
	return judge->old_rules[judge->old_count++];
}

/* The number of @rule in the former engine, or its count: another's, or one that is long gone. */
static uint32_t number_of(const struct changeover *c, const struct yg_rule_info *rule)
{
	uintptr_t first = c->count ? (uintptr_t)&yg_engine_rule(c->judge->engine, 0)->info : 0;
	uintptr_t at = (uintptr_t)rule;
	size_t number = (at - first) / sizeof(struct yg_engine_rule);

	if (at < first || number >= c->count ||
	    &yg_engine_rule(c->judge->engine, (uint32_t)number)->info != rule)
		return c->count;
	return (uint32_t)number;
}

/* First round: whatever needs memory. */
static const struct yg_rule_info *note_rule(void *arg, const struct yg_rule_info *rule)
{
	struct changeover *c = arg;
	uint32_t number = number_of(c, rule);

	if (number < c->count && !c->instead[number])
		c->instead[number] = keep_old(c, rule);
	return rule;
}

/* Second round: cannot fail. */
static const struct yg_rule_info *replace_rule(void *arg, const struct yg_rule_info *rule)
{
	struct changeover *c = arg;
	uint32_t number = number_of(c, rule);

	return number < c->count && c->instead[number] ? c->instead[number] : rule;
}

static int move_groups(const struct yg_judge *judge, struct yg_correlator *to, uint64_t *seed,
		       struct yg_judge_reload *ret)
{
	struct yg_buf state;
	uint64_t new_seed;
	int rc;

	yg_buf_init(&state, YG_CORRELATION_STATE_MAX);
	rc = yg_correlator_save(judge->correlator, *seed, &state);
	if (rc == YG_OK)
		rc = yg_correlator_restore(to, yg_buf_bytes(&state), &new_seed,
					   &ret->groups_dropped);
	yg_buf_done(&state);
	if (rc != YG_OK)
		return rc == YG_ELIMIT ? rc : YG_ENOMEM;
	*seed = new_seed;
	ret->groups_kept = yg_correlator_groups(to);
	return YG_OK;
}

int yg_judge_reload(struct yg_judge *judge, const struct yg_engine *engine,
		    const struct yg_indicators *indicators, uint64_t *seed,
		    struct yg_judge_reload *ret)
{
	struct changeover c = {.judge = judge, .to = engine};
	struct yg_correlator *correlator = yg_correlator_new(engine);
	int rc = YG_OK;

	assert(judge->now.count == 0);
	*ret = (struct yg_judge_reload){0};
	c.count = yg_engine_rule_count(judge->engine);
	c.instead = yg_calloc(c.count + 1u, sizeof(struct yg_rule_info *));
	if (!correlator || !c.instead)
		rc = YG_ENOMEM;
	if (rc == YG_OK) {
		pair_rules(&c);
		yg_stories_remap(judge->stories, note_rule, &c);
		yg_outcomes_remap(judge->outcomes, note_rule, &c);
		rc = c.rc;
	}
	if (rc == YG_OK)
		rc = move_groups(judge, correlator, seed, ret);
	if (rc == YG_OK) {
		yg_stories_remap(judge->stories, replace_rule, &c);
		yg_outcomes_remap(judge->outcomes, replace_rule, &c);
		(void)yg_correlator_free(judge->correlator);
		judge->correlator = correlator;
		judge->ahead_count = judge->ahead_at = 0;
		judge->engine = engine;
		judge->indicators = indicators;
		correlator = NULL;
	}
	(void)yg_correlator_free(correlator);
	free(c.instead);
	return rc;
}
