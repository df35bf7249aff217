/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/indicators.h"
#include "detect/judge-int.h"

#include "base/ban.h"

#define SOURCE_NAMES_MAX 4096u /* inputs and the sources that records name */
#define SOURCE_BYTES_MAX (4u << 20)
#define FIRST_CANDIDATES 64u

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

static int add_candidate(struct yg_judge *judge, const struct yg_candidate *candidate)
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
		rc = add_candidate(judge, &(struct yg_candidate){.rule = &indicator_rules[type],
								 .matched = hit->value,
								 .count = 1});
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

int yg_judge_order(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int candidate_order(const void *left, const void *right)
{
	const struct yg_candidate *a = left, *b = right;
	int order = yg_judge_order(a->rule->id, b->rule->id);

	return order ? order : yg_judge_order(a->matched, b->matched);
}

/* Groups that one record completes for one rule: in the order of the refs it came by. */
static int first_candidate_order(const void *left, const void *right)
{
	const struct yg_candidate *a = left, *b = right;
	int order = candidate_order(a, b);

	if (order != 0 || !a->done || !b->done)
		return order ? order : (a->done > b->done) - (a->done < b->done);
	if (a->done->ref != b->done->ref) /* known from before, keys may not be */
		return a->done->ref < b->done->ref ? -1 : 1;
	if (a->done->key != b->done->key) /* keys are in order */
		return a->done->key < b->done->key ? -1 : 1;
	return (a->done > b->done) - (a->done < b->done);
}

/* Nothing twice; but each group of a correlation is told, or its silence would hide it. */
static void keep_candidate(struct yg_judge *judge, struct yg_candidate candidate,
			   uint32_t *kept_count)
{
	const struct yg_candidate *before =
		*kept_count > 0 ? &judge->candidates[*kept_count - 1] : NULL;

	if (before && candidate_order(before, &candidate) == 0) {
		if (!before->done || !candidate.done)
			return;
		candidate.nth = before->nth + 1;
	}
	judge->candidates[(*kept_count)++] = candidate;
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
			judge, &(struct yg_candidate){
				       .rule = &yg_engine_rule(judge->engine, trace->hits[i])->info,
				       .count = 1});
	for (uint32_t i = 0; rc == YG_OK && i < done_count; i++) {
		const struct yg_engine_rule *rule = yg_engine_rule(judge->engine, done[i].rule);

		if (!done[i].is_silent && !rule->is_quiet)
			rc = add_candidate(judge, &(struct yg_candidate){
							  .rule = &rule->info,
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
		keep_candidate(judge, judge->candidates[i], &kept);
	judge->candidate_count = kept;
	return YG_OK;
}

/* --- emitting --------------------------------------------------------------------------------- */

/* @nth: of several groups for one rule; the first has the id it would have alone. */
static void finding_id(const struct yg_finding *finding, uint32_t nth, uint8_t to[YG_ID_BYTES])
{
	char digits[24], group[24];
	int size = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)finding->position);
	int group_size = snprintf(group, sizeof(group), "group %u", nth + 1);
	const struct yg_bytes parts[] = {
		finding->source,
		{(const uint8_t *)digits, (size_t)size},
		finding->rule->id,
		nth > 0 ? (struct yg_bytes){(const uint8_t *)group, (size_t)group_size}
			: finding->matched,
	};

	yg_id_derive(parts, nth > 0 || finding->matched.size > 0 ? 4 : 3, to);
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
	return judge->out.event && !judge->released ? judge->out.event(judge->out.arg, trace)
						    : YG_S("{}");
}

/* What only correlations have. */
static void add_correlation(const struct yg_judge *judge, const struct yg_trace *trace,
			    const struct yg_completion *done, struct yg_finding *finding)
{
	if (trace->time_ns != YG_TIME_NONE)
		finding->first_ns = done->first_ns;
	finding->has_value = done->has_value;
	finding->value = done->value;
	if (judge->out.group && !judge->released && done->key < trace->key_count)
		finding->group_json =
			judge->out.group(judge->out.arg, trace, &trace->keys[done->key]);
}

static int emit(struct yg_judge *judge, struct yg_look *look, const struct yg_candidate *candidate,
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
	finding_id(&finding, candidate->nth, finding.id);
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

int yg_judge_change(struct yg_judge *judge, struct yg_look *look, struct yg_bytes source)
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
			(struct yg_known_ahead){trace, ++judge->ahead_number, list[i]};
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
	const struct yg_known_ahead *a = left, *b = right;

	if (a->trace != b->trace)
		return a->trace < b->trace ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Those of the run to be taken now to the front, in its order. */
static void put_in_order(struct yg_judge *judge)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < judge->ahead_count; i++) {
		struct yg_known_ahead ahead = judge->ahead[i];

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
 * trace that says whether it counts, and the completions: trace, rule, ref (u32 each), flags (a
 * byte), key from 1 (three bytes, which earlier versions left 0), first position, first time,
 * count, value (u64 each).
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
		const struct yg_known_ahead *ahead = &judge->ahead[i];
		uint64_t value;

		memcpy(&value, &ahead->done.value, sizeof(value));
		assert(ahead->trace >= next.traces && ahead->trace < next.traces + next.count);
		add_number(to, (uint64_t)(ahead->trace - next.traces), 4);
		add_number(to, ahead->done.rule, 4);
		add_number(to, ahead->done.ref, 4);
		add_number(to, (ahead->done.has_value ? 1u : 0) | (ahead->done.is_silent ? 2u : 0),
			   1);
		add_number(to, ahead->done.key < YG_TRACE_KEYS_MAX ? ahead->done.key + 1 : 0, 3);
		add_number(to, ahead->done.first_position, 8);
		add_number(to, (uint64_t)ahead->done.first_ns, 8);
		add_number(to, ahead->done.count, 8);
		add_number(to, value, 8);
	}
	return yg_buf_error(to);
}

static bool is_key_of(const struct yg_trace *trace, uint64_t at, const struct yg_completion *done)
{
	return at < trace->key_count && trace->keys[at].correlation == done->rule &&
	       trace->keys[at].ref == done->ref;
}

/* The key of @trace by which it was completed: number @kept, or any, where that was not kept. */
static uint32_t key_of(const struct yg_trace *trace, uint64_t kept,
		       const struct yg_completion *done)
{
	uint32_t i = trace->key_count;

	if (kept > 0 && is_key_of(trace, kept - 1, done))
		return (uint32_t)(kept - 1);
	while (i-- > 0)
		if (is_key_of(trace, i, done))
			return i;
	return UINT32_MAX;
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
	done.key = key_of(&now.traces[trace], read_number(p + 13, 3), &done);
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

int yg_judge_find(struct yg_judge *judge, struct yg_look *look, struct yg_bytes source,
		  const struct yg_completion *done, uint32_t done_count)
{
	const struct yg_trace *trace = look->trace;
	int rc = gather(judge, trace, done, done_count);

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

/* The part for records with hits, keys or indicators. */
static int take_findings(struct yg_judge *judge, struct yg_look *look, struct yg_bytes source)
{
	uint32_t done_count = 0;
	int rc = judge->is_waiting ? YG_OK : complete(judge, look->trace, &done_count);

	return rc == YG_OK ? yg_judge_find(judge, look, source, judge->done, done_count) : rc;
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
		rc = yg_judge_change(judge, &look, source);
	if (rc == YG_OK && judge->is_waiting)
		rc = yg_judge_hold(judge, &look);
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

		if (yg_judge_order(yg_engine_rule(judge->engine, mid)->info.id, id) < 0)
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
