/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/outcome.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/outcome-int.h"

#include "base/ban.h"

struct yg_outcomes *yg_outcomes_free(struct yg_outcomes *outcomes)
{
	if (!outcomes)
		return NULL;
	yg_table_done(&outcomes->sources);
	yg_table_done(&outcomes->paths);
	yg_table_done(&outcomes->misses);
	free(outcomes->pool);
	free(outcomes->waiting);
	free(outcomes);
	return NULL;
}

struct yg_outcomes *yg_outcomes_new(void)
{
	struct yg_outcomes *outcomes = yg_calloc(1, sizeof(*outcomes));

	if (!outcomes)
		return NULL;
	yg_table_init(&outcomes->sources, sizeof(struct yg_followed), YG_FOLLOW_SOURCES_MAX);
	yg_table_init(&outcomes->paths, sizeof(struct yg_path), YG_PATHS_MAX);
	yg_table_init(&outcomes->misses, sizeof(struct yg_miss), YG_MISSES_MAX);
	outcomes->pool_free = YG_TABLE_NONE;
	outcomes->wait_free = YG_TABLE_NONE;
	return outcomes;
}

/* Freed entries too: @fn knows which pointers it may look at. */
void yg_outcomes_remap(struct yg_outcomes *outcomes, yg_rule_remap_fn fn, void *arg)
{
	for (uint32_t i = 0; i < outcomes->pool_made; i++)
		outcomes->pool[i].rule = fn(arg, outcomes->pool[i].rule);
	for (uint32_t i = 0; i < outcomes->wait_made; i++)
		outcomes->waiting[i].rule = fn(arg, outcomes->waiting[i].rule);
}

uint64_t yg_outcomes_evicted_sources(const struct yg_outcomes *outcomes)
{
	return outcomes->evicted_sources;
}

uint64_t yg_outcomes_evicted_paths(const struct yg_outcomes *outcomes)
{
	return outcomes->evicted_paths;
}

/* --- status ----------------------------------------------------------------------------------- */

static enum yg_outcome say(struct yg_reason *reason, enum yg_reason_code code, int64_t number,
			   enum yg_outcome outcome)
{
	*reason = (struct yg_reason){.code = code, .number = {number, 0}};
	return outcome;
}

/* What the class of the answer alone says (RFC 9110 sec. 15). */
static enum yg_outcome by_status(uint16_t status, struct yg_reason *reason)
{
	if (status == 404 || status == 410)
		return say(reason, YG_REASON_STATUS_NOT_FOUND, status, YG_OUTCOME_ATTEMPT);
	if (status >= 400 && status < 500)
		return say(reason, YG_REASON_STATUS_REFUSED, status, YG_OUTCOME_ATTEMPT);
	if (status >= 500 && status < 600)
		return say(reason, YG_REASON_STATUS_ERROR, status, YG_OUTCOME_ATTEMPT);
	if (status >= 300 && status < 400 && status != 304)
		return say(reason, YG_REASON_STATUS_REDIRECT, status, YG_OUTCOME_ATTEMPT);
	if (status < 200)
		return say(reason, YG_REASON_NO_OUTCOME, 0, YG_OUTCOME_UNKNOWN);
	return say(reason, YG_REASON_STATUS_ONLY, status, YG_OUTCOME_UNKNOWN);
}

/* --- size ------------------------------------------------------------------------------------- */

/* A few dozen numbers: putting each in its place is faster than qsort. */
static void sort_sizes(uint32_t *sizes, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		uint32_t size = sizes[i];
		uint32_t place = i;

		for (; place > 0 && sizes[place - 1] > size; place--)
			sizes[place] = sizes[place - 1];
		sizes[place] = size;
	}
}

static uint32_t cut_size(int64_t size)
{
	return size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

enum yg_outcome yg_outcome_by_size(const struct yg_path *path, int64_t size_bytes,
				   struct yg_reason *reason)
{
	uint32_t sorted[YG_SIZES_KEPT];
	uint32_t count = path->size_count;
	int64_t median, size, difference;

	if (count < YG_SIZES_MIN)
		return YG_OUTCOME_UNKNOWN;
	memcpy(sorted, path->sizes, count * sizeof(sorted[0]));
	sort_sizes(sorted, count);
	/* Of an even number the lower middle: a size that was really seen. */
	median = sorted[(count - 1) / 2];
	size = cut_size(size_bytes);
	difference = size > median ? size - median : median - size;
	*reason = (struct yg_reason){.code = YG_REASON_SIZE_USUAL, .number = {size_bytes, median}};
	if (difference < YG_SIZE_DIFFERENCE_MIN || (2 * size <= 3 * median && 2 * size >= median))
		return YG_OUTCOME_ATTEMPT;
	/* Far from the median, but not from all: a page whose answers vary tells nothing. */
	if (size >= sorted[0] && size <= sorted[count - 1])
		return YG_OUTCOME_UNKNOWN;
	reason->code = YG_REASON_SIZE_UNUSUAL;
	return YG_OUTCOME_POSSIBLE;
}

/* --- deciding --------------------------------------------------------------------------------- */

static bool is_many(const struct yg_rule_info *rule)
{
	return rule->kind == YG_KIND_BEHAVIOUR || rule->kind == YG_KIND_CORRELATION;
}

static enum yg_outcome decide_web(const struct yg_outcomes *outcomes, const struct yg_look *look,
				  const struct yg_rule_info *rule, struct yg_reason *reason)
{
	const struct yg_trace *trace = look->trace;
	struct yg_reason by_size;
	enum yg_outcome outcome;
	uint32_t path;

	if (look->has_shell && rule->field == YG_ATTACK_WEB) {
		*reason = (struct yg_reason){.code = YG_REASON_SHELL_ANSWERED, .text = trace->path};
		return YG_OUTCOME_POSSIBLE;
	}
	if (look->has_password) {
		*reason = (struct yg_reason){.code = YG_REASON_PASSWORD_ACCEPTED,
					     .text = trace->path};
		return YG_OUTCOME_POSSIBLE;
	}
	outcome = by_status(trace->status, reason);
	/* The size of one answer says nothing about many requests taken together. */
	if (outcome != YG_OUTCOME_UNKNOWN || is_many(rule) || !yg_has_size(trace))
		return outcome;
	path = yg_table_find(&outcomes->paths, trace->path_hash);
	if (path == YG_TABLE_NONE)
		return outcome;
	outcome = yg_outcome_by_size(yg_table_at(&outcomes->paths, path), trace->size_bytes,
				     &by_size);
	if (outcome != YG_OUTCOME_UNKNOWN)
		*reason = by_size;
	return outcome;
}

enum yg_outcome yg_outcomes_decide(struct yg_outcomes *outcomes, const struct yg_look *look,
				   const struct yg_rule_info *rule, struct yg_reason *ret_reason)
{
	const struct yg_trace *trace = look->trace;

	if (trace->flags & YG_TRACE_WEB)
		return decide_web(outcomes, look, rule, ret_reason);
	if (trace->flags & YG_TRACE_BLOCKED)
		return say(ret_reason, YG_REASON_BLOCKED, 0, YG_OUTCOME_ATTEMPT);
	if (trace->flags & YG_TRACE_SIGN_IN_BAD)
		return say(ret_reason, YG_REASON_SIGN_IN_REFUSED, 0, YG_OUTCOME_ATTEMPT);
	if (trace->flags & YG_TRACE_SIGN_IN_OK) {
		(void)say(ret_reason, YG_REASON_SIGN_IN_ACCEPTED, 0, YG_OUTCOME_POSSIBLE);
		if (look->is_guesser) {
			ret_reason->code = YG_REASON_PASSWORD_ACCEPTED;
			ret_reason->text = trace->target;
		}
		return YG_OUTCOME_POSSIBLE;
	}
	if ((trace->flags & YG_TRACE_DONE) && rule->field != YG_ATTACK_WEB &&
	    rule->field != YG_ATTACK_NETWORK)
		return say(ret_reason, YG_REASON_EXECUTED, 0, YG_OUTCOME_POSSIBLE);
	if (trace->flags & YG_TRACE_ALLOWED)
		return say(ret_reason, YG_REASON_ALLOWED, 0, YG_OUTCOME_UNKNOWN);
	return say(ret_reason, YG_REASON_NO_OUTCOME, 0, YG_OUTCOME_UNKNOWN);
}

/* --- what a record tells in the light of earlier ones ----------------------------------------- */

static bool is_ok(uint16_t status)
{
	return status >= 200 && status < 300;
}

static bool is_moved(uint16_t status)
{
	return status == 302 || status == 303 || status == 307;
}

/*
 * A POST to a sign-in path: refused, accepted, or not to be told. Accepted is only what differs
 * from how this very path answered before: a redirect where others got the form again (200) or
 * 401/403, or 2xx where others got 401/403.
 */
static void look_sign_in(const struct yg_path *path, const struct yg_followed *source,
			 struct yg_look *look)
{
	uint16_t status = look->trace->status;
	uint32_t again = path ? path->post_ok : 0;
	uint32_t refused = path ? path->post_refused : 0;

	if (status == 401 || status == 403) {
		look->is_refused = true;
	} else if (is_ok(status)) {
		look->has_password = refused > again;
		/* The form again. While the path has not been seen to redirect, it may be a way in.
		 */
		look->is_refused = !look->has_password;
	} else if (is_moved(status)) {
		bool was_own = source && source->refused_path == look->trace->path_hash;

		look->has_password = was_own || again + refused > path_moved(path);
	}
}

/*
 * Was this page closed before? To this very source with 401, which asks for a sign-in; or to
 * anybody (401, 403), where it is an administration page or was closed more often than open: a
 * public page that turned one visitor away (403, by a filter) is not protected. A redirect
 * closes only what is named as administration, because elsewhere it means nothing.
 */
static void look_page(const struct yg_path *path, const struct yg_followed *source,
		      struct yg_look *look)
{
	const struct yg_trace *trace = look->trace;
	bool is_admin = trace->flags & YG_TRACE_ADMIN;

	if (!is_ok(trace->status) || (trace->flags & YG_TRACE_SIGN_IN_PATH))
		return;
	for (uint32_t i = 0; source && i < YG_REFUSALS_KEPT; i++)
		if (source->refusals[i] == trace->path_hash)
			look->has_page = true;
	if (path && path->refused > 0 && (is_admin || path->refused > path->ok))
		look->has_page = true;
	if (path && is_admin && path->moved > 0)
		look->has_page = true;
}

static void look_web(struct yg_outcomes *outcomes, const struct yg_followed *source,
		     struct yg_look *look)
{
	const struct yg_trace *trace = look->trace;
	uint32_t index = yg_table_find(&outcomes->paths, trace->path_hash);
	const struct yg_path *path =
		index == YG_TABLE_NONE ? NULL : yg_table_at(&outcomes->paths, index);

	if (trace->path_hash == 0)
		return;
	if (trace->flags & YG_TRACE_SIGN_IN_PATH)
		look_sign_in(path, source, look);
	if (!source)
		return;
	look_page(path, source, look);
	if ((trace->flags & (YG_TRACE_PROGRAM | YG_TRACE_PUT)) == YG_TRACE_PROGRAM &&
	    is_ok(trace->status) && !yg_path_has_answered(path)) {
		bool was_missing =
			yg_table_find(&outcomes->misses, trace->path_hash) != YG_TABLE_NONE;

		look->has_shell = yg_followed_has_planted(outcomes, source, look) ||
				  (was_missing && yg_followed_has_any(outcomes, source, look));
	}
}

void yg_outcomes_call(const struct yg_outcomes *outcomes, uint64_t near_hash, uint64_t later_hash)
{
	yg_table_call_slot(&outcomes->sources, later_hash);
	yg_table_call_entry(&outcomes->sources, near_hash);
}

void yg_outcomes_look(struct yg_outcomes *outcomes, const struct yg_trace *trace,
		      struct yg_look *ret)
{
	struct yg_followed *source = NULL;

	*ret = (struct yg_look){.trace = trace, .source = YG_TABLE_NONE};
	if (trace->actor_hash != 0)
		ret->source = yg_table_find(&outcomes->sources, trace->actor_hash);
	if (ret->source != YG_TABLE_NONE) {
		source = yg_table_at(&outcomes->sources, ret->source);
		yg_table_touch(&outcomes->sources, ret->source);
		source->requests++;
		yg_followed_expire(outcomes, source, ret);
	}
	ret->has_password = trace->flags & YG_TRACE_SIGN_IN_OK;
	ret->is_refused = trace->flags & YG_TRACE_SIGN_IN_BAD;
	if (trace->flags & YG_TRACE_WEB)
		look_web(outcomes, source, ret);
	ret->is_guesser = source && source->guesses >= YG_GUESSES_MIN;
}

void yg_outcomes_wait(struct yg_outcomes *outcomes, bool is_waiting)
{
	outcomes->is_waiting = is_waiting;
}

void yg_outcomes_look_back(struct yg_outcomes *outcomes, struct yg_look *look)
{
	uint64_t hash = look->trace->actor_hash;

	look->source = hash != 0 ? yg_table_find(&outcomes->sources, hash) : YG_TABLE_NONE;
	if (look->source != YG_TABLE_NONE)
		yg_followed_expire(outcomes, yg_table_at(&outcomes->sources, look->source), look);
}

uint32_t yg_outcomes_request(const struct yg_outcomes *outcomes, const struct yg_look *look)
{
	const struct yg_followed *source;

	if (look->source == YG_TABLE_NONE)
		return 0;
	source = yg_table_at(&outcomes->sources, look->source);
	return source->requests;
}

/* --- learning --------------------------------------------------------------------------------- */

static void count(uint16_t *counter)
{
	if (*counter < UINT16_MAX)
		(*counter)++;
}

static int learn_miss(struct yg_outcomes *outcomes, uint64_t path_hash)
{
	uint32_t index = yg_table_find(&outcomes->misses, path_hash);

	if (index != YG_TABLE_NONE) {
		yg_table_touch(&outcomes->misses, index);
		return YG_OK;
	}
	if (yg_table_is_full(&outcomes->misses)) {
		yg_table_remove(&outcomes->misses, outcomes->misses.oldest);
		outcomes->evicted_paths++;
	}
	return yg_table_add(&outcomes->misses, path_hash, &index);
}

int yg_path_for(struct yg_outcomes *outcomes, uint64_t path_hash, struct yg_path **ret)
{
	uint32_t index = yg_table_find(&outcomes->paths, path_hash);
	int rc;

	if (index != YG_TABLE_NONE) {
		yg_table_touch(&outcomes->paths, index);
	} else {
		if (yg_table_is_full(&outcomes->paths)) {
			yg_wait_no_more(outcomes,
					yg_table_at(&outcomes->paths, outcomes->paths.oldest));
			yg_table_remove(&outcomes->paths, outcomes->paths.oldest);
			outcomes->evicted_paths++;
		}
		rc = yg_table_add(&outcomes->paths, path_hash, &index);
		if (rc != YG_OK)
			return rc;
	}
	*ret = yg_table_at(&outcomes->paths, index);
	return YG_OK;
}

/* What anybody's harmless request tells about the path. */
static void learn_answer(struct yg_path *path, const struct yg_trace *trace)
{
	bool is_post = trace->flags & YG_TRACE_POST;
	uint16_t status = trace->status;

	if (yg_has_size(trace)) {
		path->sizes[path->size_at] = cut_size(trace->size_bytes);
		path->size_at = (uint8_t)((path->size_at + 1u) % YG_SIZES_KEPT);
		if (path->size_count < YG_SIZES_KEPT)
			path->size_count++;
	}
	if (status == 401 || status == 403)
		count(&path->refused);
	else if (is_moved(status) && !is_post) /* after a POST it is only good manners */
		count(&path->moved);
}

/* What a POST to a sign-in path is answered with. */
static void learn_sign_in(struct yg_path *path, uint16_t status)
{
	if (is_ok(status))
		count(&path->post_ok);
	else if (status == 401 || status == 403)
		count(&path->post_refused);
	else if (is_moved(status))
		count(&path->post_moved);
}

static int learn_web(struct yg_outcomes *outcomes, struct yg_look *look)
{
	const struct yg_trace *trace = look->trace;
	struct yg_path *path;
	bool had_median;
	int rc;

	if (trace->path_hash == 0 || trace->status == 0)
		return YG_OK;
	if (trace->status == 404 || trace->status == 410)
		return learn_miss(outcomes, trace->path_hash);
	rc = yg_path_for(outcomes, trace->path_hash, &path);
	/* A PUT places something; what it is answered with is no answer of the page. */
	if (rc != YG_OK || (trace->flags & YG_TRACE_PUT))
		return rc;
	if (is_ok(trace->status))
		count(&path->ok);
	else
		path->was_else = true;
	if (trace->flags & YG_TRACE_SIGN_IN_PATH)
		learn_sign_in(path, trace->status);
	if (trace->hit_count > 0)
		return YG_OK;
	had_median = path->size_count >= YG_SIZES_MIN;
	learn_answer(path, trace);
	look->has_median = !had_median && path->size_count >= YG_SIZES_MIN && path->waiting;
	return YG_OK;
}

static void learn_guess(struct yg_followed *source, const struct yg_trace *trace)
{
	bool is_near = source->requests - source->guess_request <= YG_FOLLOW_REQUESTS &&
		       !yg_time_is_beyond(source->guess_ns, trace->time_ns);

	source->guesses = is_near && source->guesses > 0 ? source->guesses + 1 : 1;
	source->guess_request = source->requests;
	source->guess_ns = trace->time_ns;
	if (trace->flags & YG_TRACE_WEB)
		source->refused_path = trace->path_hash;
}

/* The page asks this source to sign in. A PUT that is refused says nothing about reading it. */
static bool is_asked(const struct yg_trace *trace)
{
	return (trace->flags & YG_TRACE_WEB) && trace->hit_count == 0 &&
	       !(trace->flags & YG_TRACE_PUT) && trace->status == 401;
}

static bool is_uploaded(const struct yg_trace *trace)
{
	return (trace->flags & YG_TRACE_UPLOAD) && trace->status >= 200 && trace->status < 400;
}

/* What the source itself did. */
static int learn_source(struct yg_outcomes *outcomes, struct yg_look *look)
{
	const struct yg_trace *trace = look->trace;
	struct yg_followed *source;
	int rc;

	if (look->source == YG_TABLE_NONE && !look->is_refused && !is_asked(trace) &&
	    !is_uploaded(trace))
		return YG_OK;
	rc = yg_followed_for(outcomes, look, &source);
	if (rc != YG_OK)
		return rc;
	if (look->is_refused)
		learn_guess(source, trace);
	if (look->has_password)
		source->guesses = 0;
	if (is_asked(trace)) {
		source->refusals[source->refusal_at] = trace->path_hash;
		source->refusal_at = (uint8_t)((source->refusal_at + 1u) % YG_REFUSALS_KEPT);
	}
	if (is_uploaded(trace)) {
		source->upload_request = source->requests;
		source->has_uploaded = true;
	}
	return YG_OK;
}

int yg_outcomes_learn(struct yg_outcomes *outcomes, struct yg_look *look)
{
	int rc = look->trace->actor_hash != 0 ? learn_source(outcomes, look) : YG_OK;

	return rc == YG_OK && (look->trace->flags & YG_TRACE_WEB) ? learn_web(outcomes, look) : rc;
}
