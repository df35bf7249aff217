/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern sets are independent of each other: two threads take them from one list. */
#define YG_BAN_ALLOW_MALLOC /* hs_serialize_database allocates; its memory is freed here */
#include <hs.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "detect/compile-int.h"
#include "detect/rules-int.h"

#include "base/ban.h"

#define DATABASES_MAX 1000000u
#define BUILDERS      2u

struct job {
	const struct yg_bytes *texts;       /* owned; NULL for expressions */
	const struct yg_pred *const *preds; /* owned; NULL for texts */
	uint32_t count;
	char *bytes; /* serialised */
	size_t size;
	enum yg_err error;
};

struct yg_databases {
	struct job *jobs;
	uint32_t count;
	uint32_t room;
	atomic_uint next;
};

struct yg_databases *yg_databases_new(void)
{
	return yg_calloc(1, sizeof(struct yg_databases));
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
	free(databases);
	return NULL;
}

static struct job *add(struct yg_databases *databases, uint32_t *ret)
{
	if (databases->count == DATABASES_MAX)
		return NULL;
	if (databases->count == databases->room) {
		uint32_t room = databases->room ? databases->room * 2 : 64;
		struct job *jobs = yg_reallocarray(databases->jobs, room, sizeof(*jobs));

		if (!jobs)
			return NULL;
		databases->jobs = jobs;
		databases->room = room;
	}
	*ret = databases->count++;
	databases->jobs[*ret] = (struct job){0};
	return &databases->jobs[*ret];
}

int yg_databases_add_texts(struct yg_databases *databases, const struct yg_bytes *texts,
			   uint32_t count, uint32_t *ret)
{
	struct yg_bytes *copy = yg_calloc(count, sizeof(*copy));
	struct job *job = copy ? add(databases, ret) : NULL;

	if (!job) {
		free(copy);
		return YG_ENOMEM;
	}
	memcpy(copy, texts, count * sizeof(*copy));
	job->texts = copy;
	job->count = count;
	return YG_OK;
}

int yg_databases_add_regexes(struct yg_databases *databases, const struct yg_pred *const *preds,
			     uint32_t count, uint32_t *ret)
{
	const struct yg_pred **copy = yg_calloc(count, sizeof(const void *));
	struct job *job = copy ? add(databases, ret) : NULL;

	if (!job) {
		free(copy);
		return YG_ENOMEM;
	}
	memcpy(copy, preds, count * sizeof(const void *));
	job->preds = copy;
	job->count = count;
	return YG_OK;
}

int yg_databases_add_regex(struct yg_databases *databases, const struct yg_pred *pred, uint32_t *ret)
{
	return yg_databases_add_regexes(databases, &pred, 1, ret);
}

static hs_database_t *compile_texts(const struct job *job, hs_compile_error_t **reterr)
{
	const char **texts = yg_calloc(job->count, sizeof(*texts));
	size_t *sizes = yg_calloc(job->count, sizeof(*sizes));
	unsigned *flags = yg_calloc(job->count, sizeof(*flags));
	unsigned *ids = yg_calloc(job->count, sizeof(*ids));
	hs_database_t *db = NULL;

	if (texts && sizes && flags && ids) {
		for (uint32_t i = 0; i < job->count; i++) {
			texts[i] = (const char *)job->texts[i].data;
			sizes[i] = job->texts[i].size;
			flags[i] = HS_FLAG_SINGLEMATCH;
			ids[i] = i;
		}
		if (hs_compile_lit_multi(texts, flags, ids, sizes, job->count, HS_MODE_BLOCK, NULL,
					 &db, reterr) != HS_SUCCESS)
			db = NULL;
	}
	free(texts);
	free(sizes);
	free(flags);
	free(ids);
	return db;
}

static hs_database_t *compile_regexes(const struct job *job, hs_compile_error_t **reterr)
{
	char **texts = yg_calloc(job->count, sizeof(*texts));
	unsigned *flags = yg_calloc(job->count, sizeof(*flags));
	unsigned *ids = yg_calloc(job->count, sizeof(*ids));
	bool has_room = texts && flags && ids;
	hs_database_t *db = NULL;

	for (uint32_t i = 0; has_room && i < job->count; i++) {
		const struct yg_pred *pred = job->preds[i];

		texts[i] = yg_strndup((const char *)pred->text.data, pred->text.size);
		flags[i] = yg_pred_regex_flags(pred) | HS_FLAG_SINGLEMATCH;
		ids[i] = i;
		has_room = texts[i] != NULL;
	}
	if (has_room && hs_compile_multi((const char *const *)texts, flags, ids, job->count,
					 HS_MODE_BLOCK, NULL, &db, reterr) != HS_SUCCESS)
		db = NULL;
	for (uint32_t i = 0; texts && i < job->count; i++)
		free(texts[i]);
	free(texts);
	free(flags);
	free(ids);
	return db;
}

static void build(struct job *job)
{
	hs_compile_error_t *error = NULL;
	hs_database_t *db =
		job->texts ? compile_texts(job, &error) : compile_regexes(job, &error);

	if (!db)
		job->error = error && error->expression >= 0 ? YG_EFORMAT : YG_ENOMEM;
	else if (hs_serialize_database(db, &job->bytes, &job->size) != HS_SUCCESS)
		job->error = YG_ENOMEM;
	if (error)
		(void)hs_free_compile_error(error); /* made by the library just now */
	(void)hs_free_database(db); /* NULL is allowed */
}

static void *build_all(void *arg)
{
	struct yg_databases *databases = arg;
	uint32_t at;

	while ((at = atomic_fetch_add(&databases->next, 1)) < databases->count)
		build(&databases->jobs[at]);
	return NULL;
}

int yg_databases_build(struct yg_databases *databases, struct yg_compiler *c)
{
	struct yg_buf *bytes = &c->sections[YG_IMG_DB_BYTES];
	pthread_t threads[BUILDERS - 1];
	uint32_t started = 0;

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
			return yg_fault_set(c->fault, YG_EFORMAT,
					    "the matcher library refuses a pattern", 0);
		if (job->error)
			return job->error;
		yg_buf_add(bytes, (struct yg_bytes){(const uint8_t *)job->bytes, job->size});
		while (bytes->size % 8 && !yg_buf_error(bytes))
			yg_buf_add_byte(bytes, 0);
		YG_COMPILER_ADD(c, DBS, run);
	}
	return YG_OK;
}
