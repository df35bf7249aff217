/* SPDX-License-Identifier: Apache-2.0 */
/* The sources that outcome.c follows, and their findings that may still change. */
#include <assert.h>

#include "base/alloc.h"
#include "detect/outcome-int.h"

#include "base/ban.h"

static struct yg_followed *followed_at(const struct yg_outcomes *outcomes, uint32_t index)
{
	return yg_table_at(&outcomes->sources, index);
}

/* --- the pool of pending findings ------------------------------------------------------------- */

static void release(struct yg_outcomes *outcomes, uint32_t index)
{
	outcomes->pool[index].next = outcomes->pool_free;
	outcomes->pool_free = index;
}

static void release_all(struct yg_outcomes *outcomes, struct yg_followed *source)
{
	while (source->first) {
		uint32_t index = source->first - 1;

		source->first = outcomes->pool[index].next;
		release(outcomes, index);
	}
	source->finding_count = 0;
}

static void evict_source(struct yg_outcomes *outcomes)
{
	uint32_t index = outcomes->sources.oldest;

	release_all(outcomes, followed_at(outcomes, index));
	yg_table_remove(&outcomes->sources, index);
	outcomes->evicted_sources++;
}

/* Remove the oldest pending of @source, the last in its list. */
static void release_oldest(struct yg_outcomes *outcomes, struct yg_followed *source)
{
	uint32_t *link = &source->first;
	uint32_t index;

	while (outcomes->pool[*link - 1].next)
		link = &outcomes->pool[*link - 1].next;
	index = *link - 1;
	*link = 0;
	source->finding_count--;
	release(outcomes, index);
}

/*
 * A free place. When the pool is used up, the source that was quiet longest gives its own;
 * that is never the one that asks, which is the newest.
 */
int yg_followed_place(struct yg_outcomes *outcomes, uint32_t *ret)
{
	if (outcomes->pool_free == YG_TABLE_NONE && outcomes->pool_made == outcomes->pool_room &&
	    outcomes->pool_room < YG_FOLLOW_POOL_MAX) {
		uint32_t room = outcomes->pool_room ? outcomes->pool_room * 2 : 64;
		void *pool = yg_reallocarray(outcomes->pool, room, sizeof(*outcomes->pool));

		if (!pool)
			return YG_ENOMEM;
		outcomes->pool = pool;
		outcomes->pool_room = room;
	}
	while (outcomes->pool_free == YG_TABLE_NONE && outcomes->pool_made == outcomes->pool_room)
		evict_source(outcomes);
	if (outcomes->pool_free != YG_TABLE_NONE) {
		*ret = outcomes->pool_free;
		outcomes->pool_free = outcomes->pool[*ret].next;
	} else {
		*ret = outcomes->pool_made++;
	}
	return YG_OK;
}

_Static_assert(YG_FOLLOW_POOL_MAX > YG_FOLLOW_FINDINGS_MAX, "one source cannot fill the pool");
_Static_assert((YG_FOLLOW_POOL_MAX & (YG_FOLLOW_POOL_MAX - 1)) == 0, "reached by doubling 64");

/* --- sources ---------------------------------------------------------------------------------- */

int yg_followed_for(struct yg_outcomes *outcomes, struct yg_look *look, struct yg_followed **ret)
{
	int rc;

	assert(look->trace->actor_hash != 0);
	if (look->source == YG_TABLE_NONE) {
		if (yg_table_is_full(&outcomes->sources))
			evict_source(outcomes);
		rc = yg_table_add(&outcomes->sources, look->trace->actor_hash, &look->source);
		if (rc != YG_OK) {
			look->source = YG_TABLE_NONE;
			return rc;
		}
		followed_at(outcomes, look->source)->guess_ns = YG_TIME_NONE;
		followed_at(outcomes, look->source)->requests = 1;
	}
	*ret = followed_at(outcomes, look->source);
	return YG_OK;
}

/* The source's count at the record; one that comes once more was earlier. */
static uint32_t request_of(const struct yg_look *look, const struct yg_followed *source)
{
	bool was_counted = look->is_back && look->request > 0 && look->request < source->requests;

	return was_counted ? look->request : source->requests;
}

static bool is_over(const struct yg_pending *pending, const struct yg_followed *source,
		    const struct yg_look *look)
{
	uint32_t request = request_of(look, source);

	return (request > pending->request && request - pending->request > YG_FOLLOW_REQUESTS) ||
	       yg_time_is_beyond(pending->time_ns, look->trace->time_ns);
}

void yg_followed_expire(struct yg_outcomes *outcomes, struct yg_followed *source,
			const struct yg_look *look)
{
	bool may_go_on = outcomes->is_waiting && !look->is_back;
	uint32_t *link = &source->first;

	while (*link) {
		uint32_t index = *link - 1;
		const struct yg_pending *pending = &outcomes->pool[index];

		if ((may_go_on && pending->rule->kind >= YG_KIND_BEHAVIOUR) ||
		    !is_over(pending, source, look)) {
			link = &outcomes->pool[index].next;
			continue;
		}
		*link = outcomes->pool[index].next;
		source->finding_count--;
		release(outcomes, index);
	}
}

bool yg_followed_has_planted(const struct yg_outcomes *outcomes, const struct yg_followed *source,
			     const struct yg_look *look)
{
	if (source->has_uploaded && source->requests - source->upload_request <= YG_FOLLOW_REQUESTS)
		return true;
	for (uint32_t i = source->first; i; i = outcomes->pool[i - 1].next) {
		const struct yg_pending *pending = &outcomes->pool[i - 1];

		if (pending->is_planting && !is_over(pending, source, look) &&
		    !yg_time_is_before(pending->time_ns, look->trace->time_ns))
			return true;
	}
	return false;
}

bool yg_followed_has_any(const struct yg_outcomes *outcomes, const struct yg_followed *source,
			 const struct yg_look *look)
{
	for (uint32_t i = source->first; i; i = outcomes->pool[i - 1].next)
		if (!is_over(&outcomes->pool[i - 1], source, look))
			return true;
	return false;
}

/* --- following -------------------------------------------------------------------------------- */

static bool has_tag(const struct yg_rule_info *rule, struct yg_bytes head)
{
	for (uint32_t i = 0; i < rule->tag_count; i++)
		if (yg_bytes_starts(rule->tags[i], head))
			return true;
	return false;
}

/* A path that has a median already has said what it can. */
static int wait_for(struct yg_outcomes *outcomes, const struct yg_trace *trace,
		    const struct yg_finding *finding)
{
	struct yg_path *path;
	int rc = yg_path_for(outcomes, trace->path_hash, &path);

	if (rc != YG_OK || path->size_count >= YG_SIZES_MIN)
		return rc;
	return yg_wait_for_sizes(outcomes, path, trace, finding);
}

/* May what this finding describes have placed a program on the server? */
static bool is_planting(const struct yg_rule_info *rule, const struct yg_trace *trace)
{
	/* T1505: server software component, T1059: interpreter, T1105: tool transfer */
	return (trace->flags & YG_TRACE_UPLOAD) || has_tag(rule, YG_S("attack.t1505")) ||
	       has_tag(rule, YG_S("attack.t1059")) || has_tag(rule, YG_S("attack.t1105"));
}

/* Is it about guessing or using passwords? */
static bool is_sign_in(const struct yg_rule_info *rule, const struct yg_look *look)
{
	return rule->field == YG_ATTACK_SIGN_IN || look->is_refused ||
	       (look->trace->flags & YG_TRACE_SIGN_IN_PATH) || has_tag(rule, YG_S("attack.t1110"));
}

static int add_pending(struct yg_outcomes *outcomes, struct yg_followed *source,
		       const struct yg_look *look, const struct yg_finding *finding)
{
	const struct yg_trace *trace = look->trace;
	struct yg_pending *pending;
	uint32_t index;
	int rc;

	if (source->finding_count == YG_FOLLOW_FINDINGS_MAX)
		release_oldest(outcomes, source);
	rc = yg_followed_place(outcomes, &index);
	if (rc != YG_OK)
		return rc;
	pending = &outcomes->pool[index];
	*pending = (struct yg_pending){.rule = finding->rule,
				       .source = finding->source,
				       .position = finding->position,
				       .path_hash = trace->path_hash,
				       .time_ns = trace->time_ns,
				       .request = request_of(look, source),
				       .next = source->first,
				       .outcome = (uint8_t)finding->outcome,
				       .is_web = trace->flags & YG_TRACE_WEB,
				       .is_sign_in = is_sign_in(finding->rule, look),
				       .is_planting = is_planting(finding->rule, trace)};
	memcpy(pending->id, finding->id, sizeof(pending->id));
	memcpy(pending->story, finding->story, sizeof(pending->story));
	source->first = index + 1;
	source->finding_count++;
	return YG_OK;
}

int yg_outcomes_follow(struct yg_outcomes *outcomes, struct yg_look *look,
		       const struct yg_finding *finding)
{
	const struct yg_trace *trace = look->trace;
	struct yg_followed *source;
	int rc;

	if (finding->reason.code == YG_REASON_STATUS_ONLY && trace->path_hash != 0 &&
	    finding->rule->kind < YG_KIND_BEHAVIOUR && yg_has_size(trace)) {
		rc = wait_for(outcomes, trace, finding);
		if (rc != YG_OK)
			return rc;
	}
	if (trace->actor_hash == 0 || finding->outcome == YG_OUTCOME_POSSIBLE)
		return YG_OK;
	rc = yg_followed_for(outcomes, look, &source);
	if (rc != YG_OK)
		return rc;
	yg_table_touch(&outcomes->sources, look->source);
	return add_pending(outcomes, source, look, finding);
}

void yg_outcomes_goes_on(struct yg_outcomes *outcomes, const struct yg_look *look,
			 const struct yg_rule_info *rule)
{
	struct yg_followed *source;

	if (look->source == YG_TABLE_NONE)
		return;
	source = followed_at(outcomes, look->source);
	for (uint32_t i = source->first; i; i = outcomes->pool[i - 1].next) {
		struct yg_pending *pending = &outcomes->pool[i - 1];

		if (pending->rule == rule) {
			pending->request = request_of(look, source);
			pending->time_ns = look->trace->time_ns;
		}
	}
}

/* --- changing --------------------------------------------------------------------------------- */

/* Does this record speak for the success of @pending? */
static bool is_changed(const struct yg_pending *pending, const struct yg_look *look,
		       struct yg_reason *reason)
{
	const struct yg_trace *trace = look->trace;
	bool was_guessing = pending->rule->kind >= YG_KIND_BEHAVIOUR || look->is_guesser;

	if (pending->outcome == YG_OUTCOME_POSSIBLE ||
	    yg_time_is_before(pending->time_ns, trace->time_ns))
		return false;
	*reason = (struct yg_reason){.text = trace->path};
	if (look->has_shell && pending->is_web) {
		reason->code = YG_REASON_SHELL_ANSWERED;
	} else if (look->has_password &&
		   ((pending->is_sign_in && was_guessing) || look->is_guesser)) {
		reason->code = YG_REASON_PASSWORD_ACCEPTED;
		reason->text = trace->target;
	} else if (look->has_page) {
		reason->code = YG_REASON_PAGE_OPENED;
	} else {
		return false;
	}
	return true;
}

static int change_order(const void *left, const void *right)
{
	const struct yg_change *a = left, *b = right;

	return memcmp(a->update.id, b->update.id, sizeof(a->update.id));
}

static uint32_t change_followed(struct yg_outcomes *outcomes, const struct yg_look *look,
				struct yg_change *to)
{
	const struct yg_followed *source = followed_at(outcomes, look->source);
	uint32_t count = 0;

	for (uint32_t i = source->first; i; i = outcomes->pool[i - 1].next) {
		struct yg_pending *pending = &outcomes->pool[i - 1];
		struct yg_change *change = &to[count];
		struct yg_reason reason;

		/* Not the findings of this very record: they were decided knowing all this. */
		if ((!look->is_back && pending->request == source->requests) ||
		    is_over(pending, source, look) || !is_changed(pending, look, &reason))
			continue;
		pending->outcome = YG_OUTCOME_POSSIBLE;
		yg_wait_forget(outcomes, pending->path_hash, pending->id);
		*change = (struct yg_change){.update = {.outcome = YG_OUTCOME_POSSIBLE,
							.reason = reason,
							.time_ns = look->trace->time_ns,
							.source = look->trace->source,
							.position = look->trace->position},
					     .rule = pending->rule,
					     .source = pending->source,
					     .position = pending->position};
		memcpy(change->update.id, pending->id, sizeof(pending->id));
		memcpy(change->update.story, pending->story, sizeof(pending->story));
		count++;
	}
	return count;
}

void yg_followed_decided(struct yg_outcomes *outcomes, uint64_t actor_hash,
			 const uint8_t id[YG_ID_BYTES], enum yg_outcome outcome)
{
	uint32_t index = yg_table_find(&outcomes->sources, actor_hash);

	if (actor_hash == 0 || index == YG_TABLE_NONE)
		return;
	for (uint32_t i = followed_at(outcomes, index)->first; i; i = outcomes->pool[i - 1].next)
		if (memcmp(outcomes->pool[i - 1].id, id, YG_ID_BYTES) == 0)
			outcomes->pool[i - 1].outcome = (uint8_t)outcome;
}

uint32_t yg_outcomes_change(struct yg_outcomes *outcomes, const struct yg_look *look,
			    struct yg_change to[YG_CHANGES_MAX])
{
	uint32_t count = 0;

	if (look->source != YG_TABLE_NONE &&
	    (look->has_shell || look->has_page || look->has_password))
		count = change_followed(outcomes, look, to);
	if (look->has_median) {
		uint32_t path = yg_table_find(&outcomes->paths, look->trace->path_hash);

		count += yg_wait_change(outcomes, yg_table_at(&outcomes->paths, path), look->trace,
					&to[count]);
	}
	if (count > 1)
		qsort(to, count, sizeof(*to), change_order);
	return count;
}
