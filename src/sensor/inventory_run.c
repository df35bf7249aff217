/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/inventory_run.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "sensor/inventory-int.h"

#include "base/ban.h"

#define ARENA_MAX (8u << 20)
#define NICE	  10
#define PREFIX	  "inventory."

struct yg_inventory_run {
	struct yg_inventory_config config;
	struct yg_lines *reader;
	struct yg_arena *arena;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool has_thread;
	bool is_ending;
	struct yg_inventory *ready; /* of the thread; the collecting one takes it */
	struct yg_inventory *told;  /* committed; NULL: none */
	struct yg_inventory *next;  /* in the batch that is being collected */
	uint64_t number;
	int64_t full_ns; /* when all of it was told last */
	int64_t next_full_ns;
	int64_t read_ns;
	uint64_t problems;
	int rc;
};

/* ---- kept ---- */

static struct yg_inventory *new_inventory(void)
{
	struct yg_inventory *inventory = yg_calloc(1, sizeof(*inventory));

	if (inventory)
		yg_inventory_init(inventory);
	return inventory;
}

static struct yg_inventory *free_inventory(struct yg_inventory *inventory)
{
	if (inventory)
		yg_inventory_done(inventory);
	free(inventory);
	return NULL;
}

static bool path_of(const struct yg_inventory_run *run, uint64_t number, char to[YG_HOST_PATH_MAX])
{
	int size = snprintf(to, YG_HOST_PATH_MAX, "%s/" PREFIX "%llu", run->config.folder,
			    (unsigned long long)number);

	return size > 0 && (unsigned)size < YG_HOST_PATH_MAX;
}

/* What was told last; a file that is not there or not ours: nothing was. */
static int load(struct yg_inventory_run *run)
{
	struct yg_inventory *kept = new_inventory();
	char path[YG_HOST_PATH_MAX];
	uint8_t *bytes = NULL;
	struct yg_bytes text;
	struct yg_bytes head;
	size_t size = 0;
	int rc;

	if (!kept)
		return YG_ENOMEM;
	rc = path_of(run, run->number, path)
		     ? yg_io_read_file(path, YG_INVENTORY_TEXT_MAX, &bytes, &size)
		     : YG_ELIMIT;
	text = (struct yg_bytes){bytes, size};
	if (rc == YG_OK && yg_host_line(&text, &head) &&
	    yg_bytes_i64(yg_inventory_part(head, 1), &run->full_ns)) {
		yg_buf_add(&kept->text, text);
		rc = yg_inventory_sort(kept);
		if (rc == YG_OK)
			run->told = kept;
	}
	if (run->told != kept)
		(void)free_inventory(kept);
	free(bytes);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

static int keep(struct yg_inventory_run *run, uint64_t number)
{
	char path[YG_HOST_PATH_MAX];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_INVENTORY_TEXT_MAX + 64);
	yg_buf_addf(&text, "#\t%lld\n", (long long)run->next_full_ns);
	for (size_t i = 0; i < run->next->count; i++) {
		yg_buf_add(&text, run->next->lines[i]);
		yg_buf_add_byte(&text, '\n');
	}
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = path_of(run, number, path) ? yg_io_replace(path, yg_buf_bytes(&text), 0600)
						: YG_ELIMIT;
	yg_buf_done(&text);
	return rc;
}

/* Files of other numbers, left by a kill. */
static void tidy(const struct yg_inventory_run *run)
{
	DIR *folder = opendir(run->config.folder);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		struct yg_bytes name = yg_bytes_str(entry->d_name);
		uint64_t number;

		if (yg_bytes_starts(name, YG_S(PREFIX)) &&
		    yg_bytes_u64(yg_bytes_from(name, sizeof(PREFIX) - 1), &number) &&
		    number != run->number)
			(void)unlinkat(dirfd(folder), entry->d_name, 0); /* it harms nobody */
	}
	if (folder)
		(void)closedir(folder); /* read only */
}

/* ---- looking ---- */

static int64_t now_of(const struct yg_inventory_run *run)
{
	return run->config.clock.now_ns(run->config.clock.arg);
}

/* The package database is read again only when it was written, and once a day: lists that nobody
 * fetches again grow old. */
#define CACHE_NS (INT64_C(86400) * YG_NS_PER_S)

struct cache {
	struct yg_inventory packages;
	uint64_t stamp;
	int64_t read_ns;
};

static int refresh(const struct yg_inventory_run *run, struct cache *cache)
{
	uint64_t stamp = yg_inventory_packages_stamp(run->config.root);
	int64_t now_ns = now_of(run);
	int rc;

	if (cache->packages.text.size > 0 && cache->stamp == stamp &&
	    now_ns - cache->read_ns < CACHE_NS)
		return YG_OK;
	yg_inventory_done(&cache->packages);
	yg_inventory_init(&cache->packages);
	rc = yg_inventory_packages(run->config.root, now_ns, &cache->packages);
	cache->stamp = stamp; /* what was written meanwhile differs from it */
	cache->read_ns = now_ns;
	return rc;
}

static void look(struct yg_inventory_run *run, struct cache *cache)
{
	struct yg_inventory *found = new_inventory();
	int rc = found ? refresh(run, cache) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_inventory_collect(run->config.root, now_of(run),
					  yg_buf_bytes(&cache->packages.text), found);
	if (rc != YG_OK)
		found = free_inventory(found);
	(void)pthread_mutex_lock(&run->lock); /* ours, of the plain kind */
	run->rc = rc;
	if (found) {
		(void)free_inventory(run->ready);
		run->ready = found;
	}
	(void)pthread_mutex_unlock(&run->lock); /* as above */
}

static void *run_thread(void *arg)
{
	struct yg_inventory_run *run = arg;
	struct cache cache = {.stamp = 0};
	bool is_ending = false;

	/* Whoever works at this machine comes first; Linux counts this for the thread alone. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	yg_inventory_init(&cache.packages);
	while (!is_ending) {
		struct timespec until;

		look(run, &cache);
		(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
		until.tv_sec += run->config.every_s;
		(void)pthread_mutex_lock(&run->lock); /* ours, of the plain kind */
		while (!run->is_ending &&
		       pthread_cond_timedwait(&run->changed, &run->lock, &until) == 0)
			;
		is_ending = run->is_ending;
		(void)pthread_mutex_unlock(&run->lock); /* as above */
	}
	yg_inventory_done(&cache.packages);
	return NULL;
}

/* ---- telling ---- */

static bool is_full_due(const struct yg_inventory_run *run, int64_t now_ns)
{
	return !run->told || now_ns - run->full_ns >= YG_INVENTORY_FULL_S * YG_NS_PER_S ||
	       now_ns < run->full_ns;
}

static int note_difference(void *arg, struct yg_bytes was, struct yg_bytes is)
{
	(void)was;
	(void)is;
	*(bool *)arg = true;
	return YG_EEND;
}

static bool differs(const struct yg_inventory_run *run, const struct yg_inventory *found)
{
	bool is_other = false;

	return !run->told || yg_inventory_diff(run->told, found, note_difference, &is_other) ||
	       is_other;
}

static int tell(struct yg_inventory_run *run, bool is_full, int64_t now_ns,
		struct yg_collect *collect)
{
	struct yg_inventory_writer writer = {
		.reader = run->reader,
		.names = run->config.names,
		.arena = run->arena,
		.collect = collect,
		.now_ns = now_ns,
		.host = yg_inventory_value(run->next, "host", "name"),
	};
	int rc = yg_inventory_write_changes(&writer, run->told, run->next);

	return rc == YG_OK && is_full ? yg_inventory_write_all(&writer, run->next) : rc;
}

static struct yg_inventory *take_ready(struct yg_inventory_run *run)
{
	struct yg_inventory *found;

	(void)pthread_mutex_lock(&run->lock); /* ours, of the plain kind */
	found = run->ready;
	run->ready = NULL;
	(void)pthread_mutex_unlock(&run->lock); /* as above */
	return found;
}

int yg_inventory_run_read(struct yg_inventory_run *run, int64_t now_ns, struct yg_collect *collect)
{
	struct yg_inventory *found;
	bool is_full;
	int rc;

	if (!run || run->next)
		return YG_OK; /* one at a time */
	found = take_ready(run);
	if (!found)
		return YG_OK;
	run->read_ns = now_ns;
	run->problems = yg_inventory_count(found, "problem");
	is_full = is_full_due(run, now_ns);
	if (!is_full && !differs(run, found)) {
		(void)free_inventory(found);
		return YG_OK;
	}
	run->next = found;
	run->next_full_ns = is_full ? now_ns : run->full_ns;
	rc = keep(run, run->number + 1);
	if (rc == YG_OK)
		return tell(run, is_full, now_ns, collect);
	/* Without it nobody could tell later what was told: it waits for the next look. */
	(void)pthread_mutex_lock(&run->lock); /* as above */
	run->rc = rc;
	(void)pthread_mutex_unlock(&run->lock); /* as above */
	run->next = free_inventory(run->next);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

uint64_t yg_inventory_run_number(const struct yg_inventory_run *run)
{
	return run->next ? run->number + 1 : run->number;
}

void yg_inventory_run_committed(struct yg_inventory_run *run)
{
	if (!run || !run->next)
		return;
	(void)free_inventory(run->told);
	run->told = run->next;
	run->next = NULL;
	run->full_ns = run->next_full_ns;
	run->number++;
	tidy(run);
}

void yg_inventory_run_state(struct yg_inventory_run *run, struct yg_wire_source *to)
{
	int rc;

	(void)pthread_mutex_lock(&run->lock); /* ours, of the plain kind */
	rc = run->rc;
	(void)pthread_mutex_unlock(&run->lock); /* as above */
	*to = (struct yg_wire_source){
		.name = "inventory",
		.kind = "inventory",
		.records = yg_lines_state(run->reader).records,
		.errors = run->problems,
		.read_ns = run->read_ns,
	};
	(void)snprintf(to->error, sizeof(to->error), "%s",
		       rc == YG_OK ? "" : yg_err_text(rc)); /* short */
}

/* ---- beginning and end ---- */

static int start_thread(struct yg_inventory_run *run)
{
	pthread_condattr_t attributes;

	if (pthread_condattr_init(&attributes) != 0)
		return YG_ENOMEM;
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* Linux has it */
	if (pthread_cond_init(&run->changed, &attributes) != 0 ||
	    pthread_mutex_init(&run->lock, NULL) != 0)
		return YG_ENOMEM;		     /* glibc: never */
	(void)pthread_condattr_destroy(&attributes); /* ours */
	run->has_thread = pthread_create(&run->thread, NULL, run_thread, run) == 0;
	return run->has_thread ? YG_OK : YG_ENOMEM;
}

int yg_inventory_run_start(const struct yg_inventory_config *config, struct yg_inventory_run **ret)
{
	struct yg_inventory_run *run = yg_calloc(1, sizeof(*run));
	int rc;

	if (!run)
		return YG_ENOMEM;
	run->config = *config;
	run->number = config->number;
	run->read_ns = YG_TIME_NONE;
	run->arena = yg_arena_new(ARENA_MAX);
	run->reader = yg_lines_new("inventory", config->zone, config->names, config->filter);
	rc = run->arena && run->reader ? load(run) : YG_ENOMEM;
	if (rc == YG_OK) {
		tidy(run);
		rc = start_thread(run);
	}
	if (rc == YG_OK)
		*ret = run;
	else
		(void)yg_inventory_run_stop(run);
	return rc;
}

struct yg_inventory_run *yg_inventory_run_stop(struct yg_inventory_run *run)
{
	if (!run)
		return NULL;
	if (run->has_thread) {
		(void)pthread_mutex_lock(&run->lock); /* ours, of the plain kind */
		run->is_ending = true;
		(void)pthread_cond_broadcast(&run->changed);
		(void)pthread_mutex_unlock(&run->lock); /* as above */
		(void)pthread_join(run->thread, NULL);	/* ours, joinable */
		(void)pthread_mutex_destroy(&run->lock);
		(void)pthread_cond_destroy(&run->changed);
	}
	(void)free_inventory(run->ready);
	(void)free_inventory(run->told);
	(void)free_inventory(run->next);
	(void)yg_lines_free(run->reader);
	(void)yg_arena_free(run->arena);
	free(run);
	return NULL;
}
