/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/story.h"

#include <assert.h>

#include "base/alloc.h"
#include "detect/table-int.h"

#include "base/ban.h"

#define TALLIES_MAX 64u /* rules counted apart in one story; the list shows the first 16 */

struct tally {
	const struct yg_rule_info *rule;
	uint64_t count;
	int64_t first_ns;
	int64_t last_ns;
	enum yg_outcome outcome;
};

struct story {
	uint8_t id[YG_ID_BYTES];
	enum yg_attack_field field;
	enum yg_level level;
	enum yg_outcome outcome;
	bool is_actor_ip;
	struct yg_bytes actor; /* this and the other texts: owned */
	struct yg_reason reason;
	struct yg_bytes source; /* borrowed */
	uint64_t position;
	uint64_t findings;
	uint64_t records;
	int64_t first_ns;
	int64_t last_ns;
	struct tally *tallies;
	uint32_t tally_count;
	uint32_t tally_room;
	uint64_t uncounted; /* findings of rules beyond TALLIES_MAX */
	struct yg_bytes *targets;
	uint32_t target_count;
	uint32_t target_room;
	uint64_t other_targets;
	uint64_t record; /* of the last finding */
};

/* A place in the heap: what is compared lies here, so that comparing touches no story. */
struct weight {
	uint64_t weight; /* level, outcome, order of magnitude of findings */
	uint64_t change; /* when it changed last, in findings and updates */
	uint32_t index;	 /* of the table */
};

struct yg_stories {
	struct yg_table table; /* of struct story * */
	struct weight *heap;   /* the least weighty first; as many as the table has */
	uint32_t *heap_at;     /* by index of the table */
	uint32_t heap_room;
	struct yg_story *list; /* of the last yg_stories_list */
	uint64_t seed;
	uint64_t clock;
	uint64_t made;
	uint64_t evicted;
};

static struct story *at(const struct yg_stories *stories, uint32_t index)
{
	return *(struct story **)yg_table_at(&stories->table, index);
}

/* A copy of @b, cut between characters. False without memory. */
static bool keep(struct yg_bytes b, struct yg_bytes *ret)
{
	uint8_t *mem;

	if (b.size > YG_STORY_TEXT_MAX) {
		b.size = YG_STORY_TEXT_MAX;
		while (b.size > 0 && (b.data[b.size] & 0xc0) == 0x80)
			b.size--;
	}
	if (b.size == 0) {
		*ret = (struct yg_bytes){0};
		return true;
	}
	mem = yg_malloc(b.size);
	if (!mem)
		return false;
	memcpy(mem, b.data, b.size);
	*ret = (struct yg_bytes){mem, b.size};
	return true;
}

/* Texts from keep() are the story's own: the const is for everybody else. */
static void drop(struct yg_bytes *b)
{
	free((void *)(uintptr_t)b->data);
	*b = (struct yg_bytes){0};
}

static struct story *story_free(struct story *story)
{
	if (!story)
		return NULL;
	drop(&story->actor);
	drop(&story->reason.text);
	for (uint32_t i = 0; i < story->target_count; i++)
		drop(&story->targets[i]);
	free(story->targets);
	free(story->tallies);
	free(story);
	return NULL;
}

struct yg_stories *yg_stories_new(void)
{
	struct yg_stories *stories = yg_calloc(1, sizeof(*stories));

	if (!stories)
		return NULL;
	yg_table_init(&stories->table, sizeof(struct story *), YG_STORIES_MAX);
	stories->seed = yg_hash_secret();
	return stories;
}

struct yg_stories *yg_stories_free(struct yg_stories *stories)
{
	if (!stories)
		return NULL;
	for (uint32_t i = 0; i < stories->table.count; i++)
		(void)story_free(at(stories, stories->heap[i].index));
	yg_table_done(&stories->table);
	free(stories->heap);
	free(stories->heap_at);
	free(stories->list);
	free(stories);
	return NULL;
}

void yg_story_id(struct yg_bytes actor, struct yg_bytes source, enum yg_attack_field field,
		 uint8_t to[YG_ID_BYTES])
{
	const struct yg_bytes parts[] = {
		YG_S("story"),
		actor,
		actor.size > 0 ? (struct yg_bytes){0} : source,
		yg_bytes_str(yg_attack_name(field)),
	};

	yg_id_derive(parts, sizeof(parts) / sizeof(parts[0]), to);
}

/* --- weight: a heap with the story to give up first on top ------------------------------------ */

static uint64_t weight_of(const struct story *story)
{
	uint64_t magnitude = story->findings ? 64u - (unsigned)__builtin_clzll(story->findings) : 0;

	return (uint64_t)story->level << 16 | (uint64_t)story->outcome << 8 | magnitude;
}

static bool is_lighter(const struct weight *a, const struct weight *b)
{
	return a->weight != b->weight ? a->weight < b->weight : a->change < b->change;
}

static void heap_put(struct yg_stories *stories, uint32_t place, const struct weight *weight)
{
	stories->heap[place] = *weight;
	stories->heap_at[weight->index] = place;
}

/* Put @weight where it belongs, starting at the hole @place; the heap holds the table's count. */
static void heap_settle(struct yg_stories *stories, uint32_t place, struct weight weight)
{
	struct weight *heap = stories->heap;
	uint32_t count = stories->table.count;

	while (place > 0 && is_lighter(&weight, &heap[(place - 1) / 2])) {
		heap_put(stories, place, &heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child >= count)
			break;
		if (child + 1 < count && is_lighter(&heap[child + 1], &heap[child]))
			child++;
		if (!is_lighter(&heap[child], &weight))
			break;
		heap_put(stories, place, &heap[child]);
		place = child;
	}
	heap_put(stories, place, &weight);
}

/* The story at @index has changed. */
static void reweigh(struct yg_stories *stories, uint32_t index)
{
	stories->clock++;
	heap_settle(stories, stories->heap_at[index],
		    (struct weight){.weight = weight_of(at(stories, index)),
				    .change = stories->clock,
				    .index = index});
}

static void evict(struct yg_stories *stories)
{
	uint32_t index = stories->heap[0].index;
	struct weight last = stories->heap[stories->table.count - 1];

	(void)story_free(at(stories, index));
	yg_table_remove(&stories->table, index);
	stories->evicted++;
	if (stories->table.count > 0)
		heap_settle(stories, 0, last);
}

/* --- adding ----------------------------------------------------------------------------------- */

/* Room in the heap for one more. */
static int grow_heap(struct yg_stories *stories)
{
	uint32_t room = stories->heap_room ? stories->heap_room * 2 : 64;
	void *mem;

	if (stories->table.count < stories->heap_room)
		return YG_OK;
	mem = yg_reallocarray(stories->heap, room, sizeof(*stories->heap));
	if (!mem)
		return YG_ENOMEM;
	stories->heap = mem;
	mem = yg_reallocarray(stories->heap_at, room, sizeof(*stories->heap_at));
	if (!mem)
		return YG_ENOMEM;
	stories->heap_at = mem;
	stories->heap_room = room;
	return YG_OK;
}

static int new_story(struct yg_stories *stories, uint64_t key, const struct yg_finding *finding,
		     uint32_t *ret_index)
{
	struct story *story;
	uint32_t index;

	if (yg_table_is_full(&stories->table))
		evict(stories);
	if (grow_heap(stories) != YG_OK)
		return YG_ENOMEM;
	story = yg_calloc(1, sizeof(*story));
	if (!story)
		return YG_ENOMEM;
	if (!keep(finding->actor, &story->actor) ||
	    yg_table_add(&stories->table, key, &index) != YG_OK) {
		(void)story_free(story);
		return YG_ENOMEM;
	}
	memcpy(story->id, finding->story, sizeof(story->id));
	story->is_actor_ip = finding->is_actor_ip;
	story->first_ns = YG_TIME_NONE;
	story->last_ns = YG_TIME_NONE;
	story->source = finding->source;
	story->position = finding->position;
	story->record = UINT64_MAX;
	*(struct story **)yg_table_at(&stories->table, index) = story;
	stories->made++;
	/* The last place is right for the heaviest; it is weighed when it has its finding. */
	heap_put(stories, stories->table.count - 1,
		 &(struct weight){.weight = UINT64_MAX, .change = UINT64_MAX, .index = index});
	*ret_index = index;
	return YG_OK;
}

static uint64_t key_of(const struct yg_stories *stories, const uint8_t id[YG_ID_BYTES])
{
	return yg_hash64((struct yg_bytes){id, YG_ID_BYTES}, stories->seed);
}

static void span(int64_t time_ns, int64_t *first_ns, int64_t *last_ns)
{
	if (time_ns == YG_TIME_NONE)
		return;
	if (*first_ns == YG_TIME_NONE || time_ns < *first_ns)
		*first_ns = time_ns;
	if (*last_ns == YG_TIME_NONE || time_ns > *last_ns)
		*last_ns = time_ns;
}

static struct tally *find_tally(struct story *story, const struct yg_rule_info *rule)
{
	for (uint32_t i = 0; i < story->tally_count; i++)
		if (story->tallies[i].rule == rule)
			return &story->tallies[i];
	return NULL;
}

static int add_tally(struct story *story, const struct yg_finding *finding)
{
	struct tally *tally = find_tally(story, finding->rule);

	if (!tally) {
		if (story->tally_count == TALLIES_MAX) {
			story->uncounted++;
			return YG_OK;
		}
		if (story->tally_count == story->tally_room) {
			uint32_t room = story->tally_room ? story->tally_room * 2 : 1;
			void *mem = yg_reallocarray(story->tallies, room, sizeof(*story->tallies));

			if (!mem)
				return YG_ENOMEM;
			story->tallies = mem;
			story->tally_room = room;
		}
		tally = &story->tallies[story->tally_count++];
		*tally = (struct tally){.rule = finding->rule,
					.first_ns = YG_TIME_NONE,
					.last_ns = YG_TIME_NONE,
					.outcome = finding->outcome};
	}
	tally->count++;
	span(finding->time_ns, &tally->first_ns, &tally->last_ns);
	if (finding->outcome > tally->outcome)
		tally->outcome = finding->outcome;
	return YG_OK;
}

static int add_target(struct story *story, struct yg_bytes target)
{
	struct yg_bytes cut = yg_bytes_cut(target, 0, YG_STORY_TEXT_MAX - 4);

	assert(target.data || target.size == 0);
	if (target.size == 0)
		return YG_OK;
	for (uint32_t i = 0; i < story->target_count; i++)
		if (yg_bytes_eq(story->targets[i], target) ||
		    (cut.size < target.size && yg_bytes_starts(story->targets[i], cut)))
			return YG_OK;
	if (story->target_count == YG_STORY_TARGETS_MAX) {
		story->other_targets++;
		return YG_OK;
	}
	if (story->target_count == story->target_room) {
		uint32_t room = story->target_room ? story->target_room * 2 : 1;
		void *mem = yg_reallocarray(story->targets, room, sizeof(*story->targets));

		if (!mem)
			return YG_ENOMEM;
		story->targets = mem;
		story->target_room = room;
	}
	if (!keep(target, &story->targets[story->target_count]))
		return YG_ENOMEM;
	story->target_count++;
	return YG_OK;
}

/* The weightiest outcome speaks for the story; among equals the first. */
static int take_outcome(struct story *story, enum yg_outcome outcome,
			const struct yg_reason *reason, struct yg_bytes source, uint64_t position)
{
	struct yg_bytes text;

	if (story->reason.code != YG_REASON_NONE && outcome <= story->outcome)
		return YG_OK;
	if (!keep(reason->text, &text))
		return YG_ENOMEM;
	drop(&story->reason.text);
	story->outcome = outcome;
	story->reason = *reason;
	story->reason.text = text;
	story->source = source;
	story->position = position;
	return YG_OK;
}

int yg_stories_add(struct yg_stories *stories, const struct yg_finding *finding,
		   enum yg_attack_field field, uint64_t record)
{
	uint64_t key = key_of(stories, finding->story);
	uint32_t index = yg_table_find(&stories->table, key);
	struct story *story;
	int rc = YG_OK;

	if (index == YG_TABLE_NONE) {
		rc = new_story(stories, key, finding, &index);
		if (rc != YG_OK)
			return rc;
		at(stories, index)->field = field;
	}
	story = at(stories, index);
	rc = add_tally(story, finding);
	if (rc == YG_OK)
		rc = add_target(story, finding->target);
	if (rc == YG_OK)
		rc = take_outcome(story, finding->outcome, &finding->reason, finding->source,
				  finding->position);
	if (rc == YG_OK) {
		if (finding->rule->level > story->level)
			story->level = finding->rule->level;
		story->findings++;
		story->records += story->record != record;
		story->record = record;
		span(finding->time_ns, &story->first_ns, &story->last_ns);
	}
	reweigh(stories, index);
	return rc;
}

int yg_stories_update(struct yg_stories *stories, const struct yg_finding_update *update,
		      const struct yg_rule_info *rule, struct yg_bytes source, uint64_t position)
{
	uint32_t index = yg_table_find(&stories->table, key_of(stories, update->story));
	struct tally *tally;
	int rc;

	if (index == YG_TABLE_NONE)
		return YG_OK; /* given up meanwhile, and counted then */
	tally = find_tally(at(stories, index), rule);
	if (tally && update->outcome > tally->outcome)
		tally->outcome = update->outcome;
	rc = take_outcome(at(stories, index), update->outcome, &update->reason, source, position);
	if (rc == YG_OK)
		reweigh(stories, index);
	return rc;
}

void yg_stories_remap(struct yg_stories *stories, yg_rule_remap_fn fn, void *arg)
{
	const struct yg_table *table = &stories->table;

	for (uint32_t i = table->oldest; i != YG_TABLE_NONE; i = yg_table_newer(table, i))
		for (uint32_t t = 0; t < at(stories, i)->tally_count; t++)
			at(stories, i)->tallies[t].rule = fn(arg, at(stories, i)->tallies[t].rule);
}

uint64_t yg_stories_made(const struct yg_stories *stories)
{
	return stories->made;
}

uint64_t yg_stories_evicted(const struct yg_stories *stories)
{
	return stories->evicted;
}

/* --- listing ---------------------------------------------------------------------------------- */

static int bytes_order(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int tally_order(const void *left, const void *right)
{
	const struct tally *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return bytes_order(a->rule->id, b->rule->id);
}

static int story_order(const void *left, const void *right)
{
	const struct yg_story *a = left, *b = right;

	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->outcome != b->outcome)
		return a->outcome > b->outcome ? -1 : 1;
	if (a->findings != b->findings)
		return a->findings > b->findings ? -1 : 1;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return memcmp(a->id, b->id, sizeof(a->id));
}

/* Sorting the tallies in place is harmless: their order means nothing in between. */
static void list_story(struct story *story, struct yg_story *to)
{
	*to = (struct yg_story){.field = story->field,
				.actor = story->actor,
				.is_actor_ip = story->is_actor_ip,
				.level = story->level,
				.outcome = story->outcome,
				.reason = story->reason,
				.source = story->source,
				.position = story->position,
				.findings = story->findings,
				.records = story->records,
				.first_ns = story->first_ns,
				.last_ns = story->last_ns,
				.other_rules = story->uncounted,
				.target_count = story->target_count,
				.other_targets = story->other_targets};
	memcpy(to->id, story->id, sizeof(to->id));
	for (uint32_t i = 0; i < story->target_count; i++)
		to->targets[i] = story->targets[i];
	if (story->tally_count > 1)
		qsort(story->tallies, story->tally_count, sizeof(*story->tallies), tally_order);
	for (uint32_t i = 0; i < story->tally_count; i++) {
		const struct tally *tally = &story->tallies[i];

		if (i >= YG_STORY_RULES_MAX) {
			to->other_rules += tally->count;
			continue;
		}
		to->rules[i].rule = tally->rule;
		to->rules[i].count = tally->count;
		to->rules[i].first_ns = tally->first_ns;
		to->rules[i].last_ns = tally->last_ns;
		to->rules[i].outcome = tally->outcome;
		to->rule_count = i + 1;
	}
}

int yg_stories_list(struct yg_stories *stories, const struct yg_story **ret, size_t *ret_count)
{
	uint32_t count = stories->table.count;

	free(stories->list);
	stories->list = yg_calloc(count, sizeof(*stories->list));
	if (!stories->list)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		list_story(at(stories, stories->heap[i].index), &stories->list[i]);
	if (count > 1)
		qsort(stories->list, count, sizeof(*stories->list), story_order);
	*ret = stories->list;
	*ret_count = count;
	return YG_OK;
}
