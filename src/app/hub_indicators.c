/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_indicators.h"

#include <dirent.h>

#include "app/say.h"
#include "app/warning_lists.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "parse/csv.h"
#include "parse/indicator_list.h"

#include "base/ban.h"

#define ARENA_MAX  (1u << 30)
#define DOUBTS_MAX 10u
#define PATH_ROOM  4352u
#define LOOK_MAX   100000u /* indicators that are looked at when they are taken over */

/* What a row says that counts. One that says nothing of it needs no entry. */
struct entry {
	uint64_t file; /* hash of its name */
	int64_t until_ns;
	uint32_t line;
	bool is_confirmed;
};

struct yg_hub_indicators {
	const struct yg_indicators *set;
	struct yg_warning_lists *warning;
	struct entry *entries; /* by file and line */
	size_t count;
	size_t room;
	struct yg_hub_warned *warned;
};

/* A file on its way. */
struct reading {
	struct yg_hub_indicators *h;
	struct yg_bytes name;
	uint64_t file;
	unsigned doubts;
};

static int by_place(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int keep(void *arg, uint32_t line, const struct yg_indicator_record *record)
{
	struct reading *r = arg;
	struct yg_hub_indicators *h = r->h;

	if (record->valid_until_ns == INT64_MAX && !record->is_confirmed)
		return YG_OK;
	if (h->count == h->room) {
		size_t room = h->room ? 2 * h->room : 256;
		void *grown = yg_reallocarray(h->entries, room, sizeof(*h->entries));

		if (!grown)
			return YG_ENOMEM;
		h->entries = grown;
		h->room = room;
	}
	h->entries[h->count++] = (struct entry){.file = r->file,
						.until_ns = record->valid_until_ns,
						.line = line,
						.is_confirmed = record->is_confirmed};
	return YG_OK;
}

static void doubt(void *arg, uint32_t line, struct yg_bytes cell, const char *what)
{
	struct reading *r = arg;

	if (r->doubts++ < DOUBTS_MAX)
		yg_say("%s:%u: %s: %s", yg_say_safe(r->name, 300), line, yg_say_safe(cell, 60),
		       yg_say_tr(what));
}

/* @arena: its rows are there until the next file. */
static int read_file(struct yg_hub_indicators *h, const char *path, struct yg_arena *arena)
{
	struct yg_bytes name = yg_bytes_str(path);
	struct reading r = {h, name, yg_hash64(name, 0), 0};
	struct yg_line_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = YG_OK;

	if (yg_io_read_file(path, YG_CSV_BYTES_MAX, &bytes, &size) == YG_OK &&
	    yg_indicator_list_is_table((struct yg_bytes){bytes, size}))
		rc = yg_indicator_list_read((struct yg_bytes){bytes, size}, arena, keep, doubt, &r,
					    &fault);
	free(bytes);
	yg_arena_reset(arena);
	return rc == YG_ENOMEM ? rc : YG_OK; /* what is no table was said when it was compiled */
}

/* The same files as yg_indicator_lists_load() takes for the folder. */
static int read_folder(struct yg_hub_indicators *h, const char *folder)
{
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	char path[PATH_ROOM];
	int rc = arena ? YG_OK : YG_ENOMEM;

	while (dir && rc == YG_OK && (entry = readdir(dir)) != NULL) {
		int size = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);

		if (entry->d_name[0] != '.' && entry->d_type != DT_DIR && size > 0 &&
		    (unsigned)size < sizeof(path))
			rc = read_file(h, path, arena);
	}
	if (dir)
		(void)closedir(dir); /* only read */
	(void)yg_arena_free(arena);
	return rc;
}

static const struct entry *find(const struct yg_hub_indicators *h, uint32_t index)
{
	struct yg_indicator indicator = yg_indicators_get(h->set, index);
	const struct entry key = {.file = yg_hash64(indicator.file, 0),
				  .line = (uint32_t)indicator.line};

	return h->count > 0 ? bsearch(&key, h->entries, h->count, sizeof(*h->entries), by_place)
			    : NULL;
}

/* A value that nearly everybody has does not count until a person confirms it. */
static bool is_waiting(const struct yg_hub_indicators *h, const struct yg_indicator *one,
		       const struct entry *entry)
{
	struct yg_bytes name;

	return !(entry && entry->is_confirmed) && h->warning &&
	       yg_warning_lists_count(h->warning) > 0 &&
	       yg_warning_lists_has(h->warning, one, &name);
}

/* How many wait for a person, and why one of them does; larger sets have `yagura share check`. */
static void say_waiting(const struct yg_hub_indicators *h)
{
	uint64_t waiting = 0;

	if (yg_warning_lists_count(h->warning) == 0 || yg_indicators_count(h->set) > LOOK_MAX)
		return;
	for (uint32_t i = yg_indicators_first(h->set); i != YG_INDICATOR_NONE;
	     i = yg_indicators_next(h->set, i)) {
		struct yg_indicator one = yg_indicators_get(h->set, i);

		waiting += is_waiting(h, &one, find(h, i));
	}
	if (waiting > 0)
		yg_say_hint(N_("`yagura share check` names them; a row with confirmed=yes counts "
			       "all the same"),
			    N_("%llu indicators are on lists of well-known values and do not "
			       "count until a person confirms them"),
			    (unsigned long long)waiting);
}

int yg_hub_indicators_new(const char *folder, const char *warning_lists,
			  const struct yg_indicators *set, struct yg_hub_indicators **ret)
{
	struct yg_hub_indicators *h = yg_calloc(1, sizeof(*h));
	unsigned bad;
	int rc = YG_OK;

	if (!h)
		return YG_ENOMEM;
	h->set = set;
	if (set)
		rc = read_folder(h, folder);
	if (rc == YG_OK)
		rc = yg_hub_warned_load(folder, &h->warned);
	if (h->count > 0)
		qsort(h->entries, h->count, sizeof(*h->entries), by_place);
	if (rc == YG_OK && set)
		rc = yg_warning_lists_load(warning_lists, &h->warning, &bad);
	if (rc == YG_OK && set)
		say_waiting(h);
	if (rc == YG_OK)
		*ret = h;
	else
		(void)yg_hub_indicators_free(h);
	return rc;
}

struct yg_hub_indicators *yg_hub_indicators_free(struct yg_hub_indicators *h)
{
	if (!h)
		return NULL;
	(void)yg_warning_lists_free(h->warning);
	(void)yg_hub_warned_free(h->warned);
	free(h->entries);
	free(h);
	return NULL;
}

bool yg_hub_indicators_counts(const void *indicators, uint32_t index, struct yg_bytes org,
			      int64_t received_ns)
{
	const struct yg_hub_indicators *h = indicators;
	struct yg_indicator one = yg_indicators_get(h->set, index);
	const struct entry *entry = find(h, index); /* NULL: its value alone */

	if (is_waiting(h, &one, entry))
		return false;
	/* Of a value that stands in both, the list for everybody is the first. */
	if (!yg_hub_warned_is_list(one.file) && (!entry || received_ns < entry->until_ns))
		return true;
	return yg_hub_warned_counts(h->warned, one.value, org, received_ns);
}

const struct yg_hub_warned *yg_hub_indicators_warned(const struct yg_hub_indicators *indicators)
{
	return indicators->warned;
}
