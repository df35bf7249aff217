/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern sets are independent of each other: two threads take them from one list. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "detect/compile-int.h"
#include "detect/patterns.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define DATABASES_MAX (1u << 20)
#define BUILDERS      2u

struct job {
	const struct yg_bytes *texts;	    /* owned; NULL for expressions */
	const struct yg_pred *const *preds; /* owned; NULL for texts */
	uint32_t count;
	uint32_t weight; /* guess of the time it takes */
	uint64_t hash;	 /* of what is to be compiled: equal sets are made once */
	char *bytes;	 /* serialised */
	size_t size;
	int error;
};

struct yg_databases {
	const struct yg_matcher_ops *ops;
	struct job *jobs;
	uint32_t count;
	uint32_t room;
	uint32_t *slots; /* 2 × room: job number + 1, 0 = free */
	uint32_t *order; /* the long ones first, so that no thread ends with one alone */
	atomic_uint next;
};

struct yg_databases *yg_databases_new(enum yg_matcher matcher)
{
	struct yg_databases *databases = yg_calloc(1, sizeof(*databases));

	if (databases)
		databases->ops = yg_matcher_ops(matcher);
	return databases;
}

struct yg_databases *yg_databases_free(struct yg_databases *databases)
{
	if (!databases)
		return NULL;
	for (uint32_t i = 0; i < databases->count; i++) {
		free((void *)(uintptr_t)databases->jobs[i].texts);
		free((void *)(uintptr_t)databases->jobs[i].preds);
		free(databases->jobs[i].bytes);
	}
	free(databases->jobs);
	free(databases->slots);
	free(databases->order);
	free(databases);
	return NULL;
}

static bool is_same_pred(const struct yg_pred *a, const struct yg_pred *b)
{
	return yg_pred_pattern(a).flags == yg_pred_pattern(b).flags &&
	       yg_bytes_eq(a->text, b->text);
}

static bool is_same(const struct job *a, const struct job *b)
{
	if (a->hash != b->hash || a->count != b->count || !a->texts != !b->texts)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->texts ? !yg_bytes_eq(a->texts[i], b->texts[i])
			     : !is_same_pred(a->preds[i], b->preds[i]))
			return false;
	return true;
}

/* The slot of the job that is the same as @job, or the free one for it. */
static uint32_t *slot_of(const struct yg_databases *databases, const struct job *job)
{
	uint32_t mask = 2 * databases->room - 1;
	uint32_t at = (uint32_t)job->hash & mask;

	while (databases->slots[at] && !is_same(&databases->jobs[databases->slots[at] - 1], job))
		at = (at + 1) & mask;
	return &databases->slots[at];
}

static int grow(struct yg_databases *databases)
{
	uint32_t room = databases->room ? databases->room * 2 : 64; /* a power of two */
	struct job *jobs;
	uint32_t *slots;

	if (room > DATABASES_MAX)
		return YG_ELIMIT;
	jobs = yg_reallocarray(databases->jobs, room, sizeof(*jobs));
	if (!jobs)
		return YG_ENOMEM;
	databases->jobs = jobs;
	slots = yg_calloc(2 * room, sizeof(*slots));
	if (!slots)
		return YG_ENOMEM;
	free(databases->slots);
	databases->slots = slots;
	databases->room = room;
	for (uint32_t i = 0; i < databases->count; i++)
		*slot_of(databases, &jobs[i]) = i + 1;
	return YG_OK;
}

/* Add @job unless there is the same; *ret_is_new tells whether its texts were taken over. */
static int add(struct yg_databases *databases, const struct job *job, uint32_t *ret,
	       bool *ret_is_new)
{
	uint32_t *slot;

	*ret_is_new = false;
	if (databases->count == databases->room) {
		int rc = grow(databases);

		if (rc != YG_OK)
			return rc;
	}
	slot = slot_of(databases, job);
	if (!*slot) {
		databases->jobs[databases->count++] = *job;
		*slot = databases->count;
		*ret_is_new = true;
	}
	*ret = *slot - 1;
	return YG_OK;
}

int yg_databases_add_texts(struct yg_databases *databases, const struct yg_bytes *texts,
			   uint32_t count, uint32_t *ret)
{
	struct yg_bytes *copy = yg_calloc(count, sizeof(*copy));
	struct job job = {.texts = copy, .count = count, .weight = count, .hash = count};
	bool is_new;
	int rc;

	if (!copy)
		return YG_ENOMEM;
	memcpy(copy, texts, count * sizeof(*copy));
	for (uint32_t i = 0; i < count; i++)
		job.hash = yg_hash64(texts[i], job.hash);
	rc = add(databases, &job, ret, &is_new);
	if (!is_new)
		free(copy);
	return rc;
}

int yg_databases_add_regexes(struct yg_databases *databases, const struct yg_pred *const *preds,
			     uint32_t count, uint32_t *ret)
{
	const struct yg_pred **copy = yg_calloc(count, sizeof(const void *));
	struct job job = {.preds = copy, .count = count, .hash = count};
	bool is_new;
	int rc;

	if (!copy)
		return YG_ENOMEM;
	memcpy(copy, preds, count * sizeof(const void *));
	for (uint32_t i = 0; i < count; i++) {
		job.hash = yg_hash64(preds[i]->text, job.hash);
		job.weight += 500;
		for (size_t k = 0; k < preds[i]->text.size; k++) /* bounded repeats take long */
			job.weight += preds[i]->text.data[k] == '{' ? 2000 : 0;
	}
	rc = add(databases, &job, ret, &is_new);
	if (!is_new)
		free(copy);
	return rc;
}

int yg_databases_add_regex(struct yg_databases *databases, const struct yg_pred *pred,
			   uint32_t *ret)
{
	return yg_databases_add_regexes(databases, &pred, 1, ret);
}

static void build(const struct yg_databases *databases, struct job *job)
{
	struct yg_pattern *patterns = yg_calloc(job->count, sizeof(*patterns));

	job->error = YG_ENOMEM;
	for (uint32_t i = 0; patterns && i < job->count; i++) {
		if (job->texts)
			patterns[i].text = job->texts[i];
		else
			patterns[i] = yg_pred_pattern(job->preds[i]);
	}
	if (patterns)
		job->error = databases->ops->compile(patterns, job->count, !job->texts, &job->bytes,
						     &job->size);
	free(patterns);
}

static void *build_all(void *arg)
{
	struct yg_databases *databases = arg;
	uint32_t at;

	while ((at = atomic_fetch_add(&databases->next, 1)) < databases->count)
		build(databases, &databases->jobs[databases->order[at]]);
	return NULL;
}

/* Heaviest first, to the nearest power of two. */
static int make_order(struct yg_databases *databases)
{
	uint32_t count = 0;

	databases->order = yg_calloc(databases->count + 1u, sizeof(*databases->order));
	if (!databases->order)
		return YG_ENOMEM;
	for (int bit = 31; bit >= 0; bit--)
		for (uint32_t i = 0; i < databases->count; i++)
			if ((databases->jobs[i].weight | 1) >> bit == 1)
				databases->order[count++] = i;
	return YG_OK;
}

int yg_databases_build(struct yg_databases *databases, struct yg_compiler *c)
{
	struct yg_buf *bytes = &c->sections[YG_IMG_DB_BYTES];
	pthread_t threads[BUILDERS - 1];
	uint32_t started = 0;
	int rc = make_order(databases);

	if (rc != YG_OK)
		return rc;
	for (; started < BUILDERS - 1; started++)
		if (pthread_create(&threads[started], NULL, build_all, databases) != 0)
			break; /* then this thread does all of it */
	(void)build_all(databases);
	while (started > 0)
		(void)pthread_join(threads[--started], NULL); /* a thread of ours, joined once */
	for (uint32_t i = 0; i < databases->count; i++) {
		const struct job *job = &databases->jobs[i];
		struct yg_img_run run = {(uint32_t)bytes->size, (uint32_t)job->size};

		if (job->error == YG_EFORMAT)
			return yg_fault_set(c->fault, YG_EFORMAT, "the matcher refuses a pattern",
					    0);
		if (job->error)
			return job->error;
		yg_buf_add(bytes, (struct yg_bytes){(const uint8_t *)job->bytes, job->size});
		while (bytes->size % 8 && !yg_buf_error(bytes))
			yg_buf_add_byte(bytes, 0);
		YG_COMPILER_ADD(c, DBS, run);
	}
	return YG_OK;
}
