/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces of every kind and in any order of time. What is emitted must hold together: updates
 * name findings that were emitted and never make less of them, findings of a record are in
 * order, the counts agree; and the whole must not depend on the values of the hashes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "fuzz_traces.h"

#define RECORDS_MAX 4096u
#define EMITTED_MAX 65536u

struct emitted {
	uint8_t id[YG_ID_BYTES];
	enum yg_outcome outcome;
};

struct run {
	struct emitted *emitted;
	uint32_t count;
	uint32_t updates;
	uint64_t position; /* of the record being taken */
	struct yg_bytes last_rule;
	bool has_update; /* of this record */
	uint64_t digest;
};

static void add_to_digest(struct run *run, const void *data, size_t size)
{
	run->digest = yg_hash64((struct yg_bytes){data, size}, run->digest);
}

static int take_finding(void *arg, const struct yg_finding *finding)
{
	struct run *run = arg;
	size_t size = run->last_rule.size;

	assert(finding->position == run->position);
	assert(!run->has_update);
	assert(finding->count >= 1);
	assert(finding->first_position <= finding->position);
	if (size > finding->rule->id.size)
		size = finding->rule->id.size;
	assert(run->last_rule.size == 0 ||
	       memcmp(run->last_rule.data, finding->rule->id.data, size) <= 0);
	run->last_rule = finding->rule->id;
	add_to_digest(run, finding->id, sizeof(finding->id));
	add_to_digest(run, &finding->outcome, sizeof(finding->outcome));
	add_to_digest(run, &finding->reason.code, sizeof(finding->reason.code));
	add_to_digest(run, finding->reason.number, sizeof(finding->reason.number));
	add_to_digest(run, &finding->first_position, sizeof(finding->first_position));
	add_to_digest(run, &finding->count, sizeof(finding->count));
	if (run->count == EMITTED_MAX)
		return YG_ELIMIT;
	memcpy(run->emitted[run->count].id, finding->id, YG_ID_BYTES);
	run->emitted[run->count++].outcome = finding->outcome;
	return YG_OK;
}

static int take_update(void *arg, const struct yg_finding_update *update)
{
	struct run *run = arg;
	uint32_t at = run->count;

	while (at > 0 && memcmp(run->emitted[at - 1].id, update->id, YG_ID_BYTES) != 0)
		at--;
	assert(at > 0);
	assert(update->outcome != YG_OUTCOME_UNKNOWN);
	assert(run->emitted[at - 1].outcome != YG_OUTCOME_POSSIBLE);
	assert(run->emitted[at - 1].outcome != update->outcome ||
	       update->outcome == YG_OUTCOME_ATTEMPT);
	assert(update->position == run->position);
	run->emitted[at - 1].outcome = update->outcome;
	run->has_update = true;
	run->updates++;
	add_to_digest(run, update->id, sizeof(update->id));
	add_to_digest(run, &update->reason.code, sizeof(update->reason.code));
	return YG_OK;
}

static void run_once(const uint8_t *data, size_t size, uint64_t salt, struct run *run)
{
	struct yg_judge_out out = {.finding = take_finding, .update = take_update, .arg = run};
	struct yg_judge *judge = yg_judge_new(&engine, NULL, &out);
	const struct yg_story *stories;
	size_t story_count;
	uint64_t in_stories = 0;
	int64_t now_ns = INT64_C(1700000000) * YG_NS_PER_S;
	int rc = YG_OK;

	assert(judge);
	yg_judge_source(judge, YG_S("fuzz.log"));
	for (size_t i = 0;
	     i + RECORD_BYTES <= size && i < RECORDS_MAX * RECORD_BYTES && rc == YG_OK;
	     i += RECORD_BYTES) {
		uint32_t hits[ORDINARY];
		struct yg_trace_key keys[8];
		struct yg_trace trace = trace_of(&data[i], salt, &now_ns, hits, keys);

		trace.position = ++run->position;
		run->last_rule = (struct yg_bytes){0};
		run->has_update = false;
		rc = yg_judge_take(judge, &trace);
		assert(rc == YG_OK || rc == YG_ELIMIT);
	}
	if (rc == YG_OK) {
		assert(yg_judge_counts(judge).findings == run->count);
		assert(yg_judge_counts(judge).updates == run->updates);
		assert(yg_judge_stories(judge, &stories, &story_count) == YG_OK);
		for (size_t i = 0; i < story_count; i++)
			in_stories += stories[i].findings;
		assert(in_stories == run->count);
		add_to_digest(run, &story_count, sizeof(story_count));
	}
	(void)yg_judge_free(judge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct emitted emitted[EMITTED_MAX];
	struct run first = {.emitted = emitted};
	struct run second = {.emitted = emitted};

	make_engine();
	run_once(data, size, 1, &first);
	run_once(data, size, 0x123456789, &second);
	assert(first.digest == second.digest);
	assert(first.count == second.count);
	return 0;
}
