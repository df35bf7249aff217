/* SPDX-License-Identifier: Apache-2.0 */
/* Findings whose answer cannot be compared yet: their path has too few other answers. */
#include "base/alloc.h"
#include "detect/outcome-int.h"

#include "base/ban.h"

/* A free place, or YG_TABLE_NONE when all are taken (*ret_rc YG_OK) or without memory. */
uint32_t yg_wait_place(struct yg_outcomes *outcomes, int *ret_rc)
{
	uint32_t index = outcomes->wait_free;

	*ret_rc = YG_OK;
	if (index != YG_TABLE_NONE) {
		outcomes->wait_free = outcomes->waiting[index].next;
		return index;
	}
	if (outcomes->wait_made == YG_WAITING_MAX)
		return YG_TABLE_NONE;
	if (outcomes->wait_made == outcomes->wait_room) {
		uint32_t room = outcomes->wait_room ? outcomes->wait_room * 2 : 64;
		void *mem = yg_reallocarray(outcomes->waiting, room, sizeof(*outcomes->waiting));

		if (!mem) {
			*ret_rc = YG_ENOMEM;
			return YG_TABLE_NONE;
		}
		outcomes->waiting = mem;
		outcomes->wait_room = room;
	}
	return outcomes->wait_made++;
}

_Static_assert((YG_WAITING_MAX & (YG_WAITING_MAX - 1)) == 0, "reached by doubling 64");

int yg_wait_for_sizes(struct yg_outcomes *outcomes, struct yg_path *path,
		      const struct yg_trace *trace, const struct yg_finding *finding)
{
	struct yg_waiting *waiting;
	uint32_t index;
	int rc;

	if (path->waiting_count == YG_PATH_WAITING_MAX)
		return YG_OK; /* the first ones stand for the path */
	index = yg_wait_place(outcomes, &rc);
	if (index == YG_TABLE_NONE) {
		outcomes->evicted_paths += rc == YG_OK;
		return rc;
	}
	waiting = &outcomes->waiting[index];
	*waiting = (struct yg_waiting){.rule = finding->rule,
				       .source = finding->source,
				       .position = finding->position,
				       .actor_hash = trace->actor_hash,
				       .size_bytes = trace->size_bytes,
				       .next = path->waiting};
	memcpy(waiting->id, finding->id, sizeof(waiting->id));
	memcpy(waiting->story, finding->story, sizeof(waiting->story));
	path->waiting = index + 1;
	path->waiting_count++;
	return YG_OK;
}

static void release(struct yg_outcomes *outcomes, struct yg_path *path, uint32_t *link)
{
	uint32_t index = *link - 1;

	*link = outcomes->waiting[index].next;
	outcomes->waiting[index].next = outcomes->wait_free;
	outcomes->wait_free = index;
	path->waiting_count--;
}

void yg_wait_no_more(struct yg_outcomes *outcomes, struct yg_path *path)
{
	while (path->waiting)
		release(outcomes, path, &path->waiting);
}

void yg_wait_forget(struct yg_outcomes *outcomes, uint64_t path_hash, const uint8_t id[YG_ID_BYTES])
{
	uint32_t at = yg_table_find(&outcomes->paths, path_hash);
	struct yg_path *path;

	if (at == YG_TABLE_NONE)
		return;
	path = yg_table_at(&outcomes->paths, at);
	for (uint32_t *link = &path->waiting; *link; link = &outcomes->waiting[*link - 1].next) {
		if (memcmp(outcomes->waiting[*link - 1].id, id, YG_ID_BYTES) == 0) {
			release(outcomes, path, link);
			return;
		}
	}
}

uint32_t yg_wait_change(struct yg_outcomes *outcomes, struct yg_path *path,
			const struct yg_trace *trace, struct yg_change *to)
{
	uint32_t count = 0;

	for (uint32_t i = path->waiting; i; i = outcomes->waiting[i - 1].next) {
		const struct yg_waiting *waiting = &outcomes->waiting[i - 1];
		struct yg_change *change = &to[count];
		struct yg_reason reason;
		enum yg_outcome outcome = yg_outcome_by_size(path, waiting->size_bytes, &reason);

		if (outcome == YG_OUTCOME_UNKNOWN)
			continue;
		*change = (struct yg_change){.update = {.outcome = outcome,
							.reason = reason,
							.time_ns = trace->time_ns,
							.source = trace->source,
							.position = trace->position},
					     .rule = waiting->rule,
					     .source = waiting->source,
					     .position = waiting->position};
		memcpy(change->update.id, waiting->id, sizeof(waiting->id));
		memcpy(change->update.story, waiting->story, sizeof(waiting->story));
		yg_followed_decided(outcomes, waiting->actor_hash, waiting->id, outcome);
		count++;
	}
	yg_wait_no_more(outcomes, path);
	return count;
}
