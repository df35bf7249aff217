/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of patterns by Vectorscan. */
#define YG_BAN_ALLOW_MALLOC  /* hs_serialize_database allocates; its memory is freed by the caller \
			      */
#include <hs.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "detect/patterns.h"

#include "base/ban.h"

struct sets {
	hs_database_t **dbs;
	uint32_t count;
	uint32_t room;
	hs_scratch_t *scratch; /* the one threads clone; never used to scan */
};

bool yg_vectorscan_runs(void)
{
#if defined(__x86_64__) || defined(__i386__)
	/* Asked first: the library itself may be built for nothing less. */
	if (!__builtin_cpu_supports("sse4.2"))
		return false;
#endif
	return hs_valid_platform() == HS_SUCCESS;
}

enum yg_matcher yg_matcher_here(void)
{
	enum { UNKNOWN, RIGHT, NOT_RIGHT };
	static atomic_int known = UNKNOWN; /* two threads may both find out: they find the same */
	int state = atomic_load(&known);

	if (state == UNKNOWN) {
		int rc = yg_vectorscan_runs() ? yg_matcher_prove(&yg_vectorscan_ops) : YG_EMISMATCH;

		state = rc == YG_OK ? RIGHT : NOT_RIGHT;
		if (rc != YG_ENOMEM)
			atomic_store(&known, state);
	}
	return state == RIGHT ? YG_MATCHER_VECTORSCAN : YG_MATCHER_BUILTIN;
}

static uint64_t fingerprint(uint64_t hash)
{
	hs_platform_info_t info = {0};

	hash = yg_hash64(yg_bytes_str(hs_version()), hash);
	if (hs_populate_platform(&info) == HS_SUCCESS)
		hash = yg_hash64((struct yg_bytes){(const uint8_t *)&info.tune, sizeof(info.tune)},
				 hash ^ info.cpu_features);
	return hash;
}

static unsigned flags_of(const struct yg_pattern *regex)
{
	/* ALLOWEMPTY: `.*` and `a?` fit the empty text, and Sigma has nothing against that. */
	unsigned flags = HS_FLAG_ALLOWEMPTY;

	flags |= regex->flags & YG_REGEX_CASELESS ? HS_FLAG_CASELESS : 0;
	flags |= regex->flags & YG_REGEX_MULTILINE ? HS_FLAG_MULTILINE : 0;
	flags |= regex->flags & YG_REGEX_DOT_ALL ? HS_FLAG_DOTALL : 0;
	flags |= regex->flags & YG_REGEX_UTF8 ? HS_FLAG_UTF8 : 0;
	return flags;
}

static int check(const struct yg_pattern *regex, bool is_heavy, char *reason, size_t room)
{
	char *text = yg_strndup((const char *)regex->text.data, regex->text.size);
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;
	hs_database_t *database = NULL;
	int rc = YG_OK;

	if (!text)
		return YG_ENOMEM;
	if (hs_expression_info(text, flags_of(regex), &info, &error) != HS_SUCCESS ||
	    (is_heavy && hs_compile(text, flags_of(regex), HS_MODE_BLOCK, NULL, &database,
				    &error) != HS_SUCCESS)) {
		rc = YG_EFORMAT;
		(void)snprintf(reason, room, "%s",
			       error && error->message ? error->message : "unknown error");
	}
	/* All were allocated by the library's default allocator. */
	free(info);
	(void)hs_free_database(database);
	if (error)
		(void)hs_free_compile_error(error);
	free(text);
	return rc;
}

/* What the library's compiler takes, each array as long as the set. */
struct lists {
	char **texts;
	size_t *sizes;
	unsigned *flags;
	unsigned *ids;
};

static bool fill(struct lists *lists, const struct yg_pattern *patterns, uint32_t count,
		 bool are_regexes)
{
	lists->texts = yg_calloc(count, sizeof(*lists->texts));
	lists->sizes = yg_calloc(count, sizeof(*lists->sizes));
	lists->flags = yg_calloc(count, sizeof(*lists->flags));
	lists->ids = yg_calloc(count, sizeof(*lists->ids));
	if (!lists->texts || !lists->sizes || !lists->flags || !lists->ids)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		struct yg_bytes text = patterns[i].text;

		lists->texts[i] = yg_strndup((const char *)text.data, text.size);
		if (!lists->texts[i])
			return false;
		lists->sizes[i] = text.size;
		lists->flags[i] = HS_FLAG_SINGLEMATCH | (are_regexes ? flags_of(&patterns[i]) : 0);
		lists->ids[i] = i;
	}
	return true;
}

static void drop(struct lists *lists, uint32_t count)
{
	for (uint32_t i = 0; lists->texts && i < count; i++)
		free(lists->texts[i]);
	free(lists->texts);
	free(lists->sizes);
	free(lists->flags);
	free(lists->ids);
}

static int compile(const struct yg_pattern *patterns, uint32_t count, bool are_regexes, char **ret,
		   size_t *ret_size)
{
	struct lists lists = {0};
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;
	hs_error_t made = HS_NOMEM;
	int rc = YG_OK;

	if (fill(&lists, patterns, count, are_regexes)) {
		const char *const *texts = (const char *const *)lists.texts;

		if (are_regexes)
			made = hs_compile_multi(texts, lists.flags, lists.ids, count, HS_MODE_BLOCK,
						NULL, &db, &error);
		else
			made = hs_compile_lit_multi(texts, lists.flags, lists.ids, lists.sizes,
						    count, HS_MODE_BLOCK, NULL, &db, &error);
	}
	if (made != HS_SUCCESS)
		rc = error && error->expression >= 0 ? YG_EFORMAT : YG_ENOMEM;
	else if (hs_serialize_database(db, ret, ret_size) != HS_SUCCESS)
		rc = YG_ENOMEM;
	if (error)
		(void)hs_free_compile_error(error); /* made by the library just now */
	(void)hs_free_database(db);		    /* NULL is allowed */
	drop(&lists, count);
	return rc;
}

static void sets_free(void *arg)
{
	struct sets *sets = arg;

	if (!sets)
		return;
	for (uint32_t i = 0; i < sets->count; i++)
		(void)hs_free_database(sets->dbs[i]); /* made by us */
	(void)hs_free_scratch(sets->scratch);	      /* NULL is allowed */
	free(sets->dbs);
	free(sets);
}

static void *sets_new(uint32_t count)
{
	struct sets *sets = yg_calloc(1, sizeof(*sets));

	if (!sets)
		return NULL;
	sets->room = count;
	sets->dbs = yg_calloc(count + 1u, sizeof(*sets->dbs));
	if (sets->dbs)
		return sets;
	free(sets);
	return NULL;
}

static int sets_add(void *arg, struct yg_bytes bytes)
{
	struct sets *sets = arg;
	hs_database_t **db = &sets->dbs[sets->count];
	hs_error_t rc;

	rc = hs_deserialize_database((const char *)bytes.data, bytes.size, db);
	if (rc == HS_SUCCESS) {
		sets->count++;
		rc = hs_alloc_scratch(*db, &sets->scratch);
	}
	return rc == HS_SUCCESS ? YG_OK : rc == HS_NOMEM ? YG_ENOMEM : YG_EFORMAT;
}

/* A room is a clone of the scratch, or nothing where there is no set to scan. */
struct room {
	hs_scratch_t *scratch;
};

static void room_free(void *arg)
{
	struct room *room = arg;

	if (!room)
		return;
	(void)hs_free_scratch(room->scratch); /* NULL is allowed */
	free(room);
}

static void *room_new(const void *arg)
{
	const struct sets *sets = arg;
	struct room *room = yg_calloc(1, sizeof(*room));

	if (room && sets->scratch &&
	    hs_clone_scratch(sets->scratch, &room->scratch) != HS_SUCCESS) {
		room_free(room);
		return NULL;
	}
	return room;
}

static int scan(const void *arg, void *room, uint32_t set, struct yg_bytes text,
		yg_pattern_fn found, void *found_arg)
{
	const struct sets *sets = arg;
	hs_error_t rc =
		hs_scan(sets->dbs[set], text.data ? (const char *)text.data : "",
			(unsigned)text.size, 0, ((struct room *)room)->scratch, found, found_arg);

	return rc == HS_SUCCESS || rc == HS_SCAN_TERMINATED ? YG_OK : YG_EFORMAT;
}

const struct yg_matcher_ops yg_vectorscan_ops = {
	.fingerprint = fingerprint,
	.check = check,
	.compile = compile,
	.sets_new = sets_new,
	.sets_add = sets_add,
	.sets_free = sets_free,
	.room_new = room_new,
	.room_free = room_free,
	.scan = scan,
};
