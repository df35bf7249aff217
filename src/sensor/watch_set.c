/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/watch_set.h"

#include <fts.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/io.h"
#include "sensor/commands.h"

#include "base/ban.h"

extern const unsigned char yg_pack[]; /* the rules inside the program (tools/embed.py) */
extern const size_t yg_pack_size;

#define IMAGE_ALIGN 64u
#define SAID_MAX    10u
#define PLACES_MAX  (YG_DETECT_PATHS_MAX + 1)

/* ---- files ---- */

/* A file that counts. YG_OK, or an error, which ends the walk. */
typedef int (*file_fn)(void *arg, const char *path, const struct stat *st);

struct walk {
	file_fn fn;
	void *arg;
	bool is_rules; /* only .yml and .yaml inside of folders */
	uint32_t files;
	uint32_t unreadable;
};

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_wanted(const struct walk *walk, const FTSENT *entry)
{
	struct yg_bytes name = yg_bytes_str(entry->fts_name);

	if (entry->fts_level == 0)
		return true; /* named itself */
	if (entry->fts_name[0] == '.')
		return false;
	return !walk->is_rules || yg_bytes_ends(name, YG_S(".yml")) ||
	       yg_bytes_ends(name, YG_S(".yaml"));
}

static int visit(struct walk *walk, FTS *tree, FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_D:
		if (entry->fts_level > 0 && entry->fts_name[0] == '.')
			(void)fts_set(tree, entry, FTS_SKIP); /* a known instruction */
		return YG_OK;
	case FTS_F:
		if (!is_wanted(walk, entry))
			return YG_OK;
		if (walk->files++ == YG_WATCH_FILES_MAX)
			return YG_ELIMIT;
		return walk->fn(walk->arg, entry->fts_accpath, entry->fts_statp);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		walk->unreadable++;
		return YG_OK;
	default:
		return YG_OK;
	}
}

/* The files of @path in the order of their names; one that is not there is unreadable. */
static int walk_path(struct walk *walk, char *path)
{
	char *paths[] = {path, NULL};
	FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
	FTSENT *entry;
	int rc = YG_OK;

	if (!tree)
		return YG_ENOMEM;
	while (rc == YG_OK && (entry = fts_read(tree)))
		rc = visit(walk, tree, entry);
	(void)fts_close(tree); /* read only */
	return rc;
}

/* The places of rules or of indicators: those of the file, and what the hub offered. */
static int walk_all(struct walk *walk, const struct yg_detect_settings *settings,
		    const struct yg_home *home)
{
	size_t count = walk->is_rules ? settings->rule_count : settings->indicator_count;
	bool is_offered = walk->is_rules ? settings->takes_rules : settings->takes_indicators;
	char path[YG_HOME_PATH_MAX];
	struct stat st;
	int rc = YG_OK;

	for (size_t i = 0; i < count && rc == YG_OK; i++) {
		(void)snprintf(path, sizeof(path), "%s",
			       walk->is_rules ? settings->rules[i]
					      : settings->indicators[i]); /* longer */
		rc = walk_path(walk, path);
	}
	if (rc == YG_OK && is_offered &&
	    yg_home_path(home, walk->is_rules ? "detect/rules" : "detect/indicators", path) &&
	    stat(path, &st) == 0)
		rc = walk_path(walk, path);
	return rc;
}

/* ---- signatures ---- */

static int sign_file(void *arg, const char *path, const struct stat *st)
{
	uint64_t *signature = arg;
	int64_t facts[] = {st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			   (int64_t)st->st_ino};

	*signature = yg_hash64(yg_bytes_str(path), *signature);
	*signature =
		yg_hash64((struct yg_bytes){(const uint8_t *)facts, sizeof(facts)}, *signature);
	return YG_OK;
}

uint64_t yg_watch_set_signature(const struct yg_detect_settings *settings,
				const struct yg_home *home, bool with_lists)
{
	uint64_t signature = 0;
	struct walk rules = {.fn = sign_file, .arg = &signature, .is_rules = true};
	struct walk lists = {.fn = sign_file, .arg = &signature};

	/* What cannot be walked now is another signature than when it can. */
	if (walk_all(&rules, settings, home) != YG_OK ||
	    (with_lists && walk_all(&lists, settings, home) != YG_OK))
		signature++;
	return signature + rules.unreadable + lists.unreadable;
}

/* ---- rules ---- */

struct load {
	struct yg_watch_set *set;
	struct yg_rules *rules;
	uint64_t bytes;
	uint32_t said;
	uint8_t key[YG_DIGEST_BYTES];
};

static void say_refused(void *arg, const char *file, uint32_t line, bool is_refused,
			const char *reason)
{
	struct load *load = arg;

	if (is_refused && load->said++ < SAID_MAX)
		yg_sensor_say(N_("rule refused: %s:%u: %s"), file, line, reason);
}

static int add_rules(struct load *load, const char *name, struct yg_bytes text, bool is_own)
{
	const struct yg_rules_opts opts = {.is_own = is_own};

	yg_digest_parts(
		(struct yg_bytes[]){{load->key, sizeof(load->key)}, yg_bytes_str(name), text}, 3,
		load->key);
	return yg_rules_add(load->rules, name, text, &opts, say_refused, load);
}

static int add_rule_file(void *arg, const char *path, const struct stat *st)
{
	struct load *load = arg;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_RULE_FILE_MAX, &bytes, &size);

	(void)st;
	load->bytes += size;
	if (rc == YG_OK)
		rc = load->bytes <= YG_WATCH_RULE_BYTES_MAX
			     ? add_rules(load, path, (struct yg_bytes){bytes, size}, false)
			     : YG_ELIMIT;
	else if (rc != YG_ENOMEM) {
		yg_sensor_say(N_("%s: cannot be read: %s"), path, yg_sensor_tr(yg_err_text(rc)));
		load->set->unreadable++;
		rc = YG_OK;
	}
	free(bytes);
	return rc;
}

/* "\0NAME SIZE\n" and the text, again and again (tools/embed.py); ours. */
static int add_pack(struct load *load)
{
	struct yg_bytes rest = {yg_pack, yg_pack_size};
	int rc = YG_OK;

	while (rc == YG_OK && rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes head = yg_bytes_cut(rest, 1, end);
		size_t space = yg_bytes_chr(head, ' ');
		char name[256];
		uint64_t size;

		if (!yg_bytes_u64(yg_bytes_from(head, space + 1), &size) ||
		    size > rest.size - end - 1)
			return YG_EFORMAT; /* cannot happen: our own build made it */
		(void)snprintf(name, sizeof(name), "yagura:%.*s", (int)space,
			       (const char *)head.data); /* ours are short */
		rc = add_rules(load, name, yg_bytes_cut(rest, end + 1, end + 1 + (size_t)size),
			       true);
		rest = yg_bytes_from(rest, end + 1 + (size_t)size);
	}
	return rc;
}

static int compile(struct load *load, size_t *ret_size)
{
	struct yg_watch_set *set = load->set;
	struct yg_fault fault = {0};
	struct yg_buf image;
	int rc;

	yg_buf_init(&image, YG_IMAGE_BYTES_MAX);
	rc = yg_image_compile(load->rules, load->key, &image, &fault);
	load->rules = yg_rules_free(load->rules); /* before the copy: there is less at a time */
	if (rc == YG_OK) {
		size_t room = (image.size + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;

		set->image = yg_fails_now() ? NULL : aligned_alloc(IMAGE_ALIGN, room);
		rc = set->image ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK) {
		memcpy(set->image, image.data, image.size);
		*ret_size = image.size;
	}
	yg_buf_done(&image);
	if (rc != YG_OK && rc != YG_ENOMEM)
		yg_sensor_say(N_("the rules cannot be compiled: %s"), fault.msg ? fault.msg : "");
	return rc;
}

int yg_watch_rules_compile(const struct yg_detect_settings *settings, const struct yg_home *home,
			   struct yg_watch_set *set, uint8_t key[YG_DIGEST_BYTES], size_t *ret_size)
{
	struct load load = {.set = set, .rules = yg_rules_new()};
	struct walk walk = {.fn = add_rule_file, .arg = &load, .is_rules = true};
	const char *wanted = getenv("YAGURA_MATCHER");
	int rc = YG_OK;

	if (!load.rules)
		return YG_ENOMEM;
	load.rules->matcher =
		wanted && strcmp(wanted, "builtin") == 0 ? YG_MATCHER_BUILTIN : yg_matcher_here();
	yg_digest(YG_S("rules of a sensor " YG_VERSION), load.key);
	if (settings->has_built_in)
		rc = add_pack(&load);
	if (rc == YG_OK)
		rc = walk_all(&walk, settings, home);
	if (rc == YG_OK)
		rc = yg_rules_finish(load.rules, say_refused, &load);
	set->unreadable += walk.unreadable;
	set->refused = load.rules->refused;
	set->rules = load.rules->found - load.rules->refused;
	yg_hex((struct yg_bytes){load.key, sizeof(load.key)}, set->digest);
	if (rc == YG_OK)
		rc = compile(&load, ret_size);
	memcpy(key, load.key, sizeof(load.key));
	(void)yg_rules_free(load.rules);
	return rc;
}

static int load_rules(const struct yg_detect_settings *settings, const struct yg_home *home,
		      struct yg_watch_set *set)
{
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_fault fault = {0};
	size_t size = 0;
	int rc = yg_watch_rules_compile(settings, home, set, key, &size);

	return rc == YG_OK ? yg_engine_open((struct yg_bytes){set->image, size}, key, &set->engine,
					    &fault)
			   : rc;
}

/* ---- indicators ---- */

static int add_list(void *arg, const char *path)
{
	struct yg_watch_set *set = arg;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_WATCH_LIST_BYTES_MAX, &bytes, &size);

	if (rc == YG_OK) {
		rc = yg_indicators_add(set->indicators, path, (struct yg_bytes){bytes, size}, NULL,
				       NULL);
	} else if (rc != YG_ENOMEM) {
		yg_sensor_say(N_("%s: cannot be read: %s"), path, yg_sensor_tr(yg_err_text(rc)));
		set->unreadable++;
		rc = YG_OK;
	}
	free(bytes);
	return rc;
}

static int load_indicators(const struct yg_detect_settings *settings, const struct yg_home *home,
			   struct yg_watch_set *set)
{
	uint32_t unreadable = 0;
	int rc;

	set->indicators = yg_indicators_new();
	if (!set->indicators)
		return YG_ENOMEM;
	rc = yg_watch_lists_each(settings, home, add_list, set, &unreadable);
	if (rc == YG_OK)
		rc = yg_indicators_finish(set->indicators);
	set->unreadable += unreadable;
	if (rc == YG_OK)
		set->indicator_count = yg_indicators_count(set->indicators);
	if (rc == YG_OK && set->indicator_count == 0)
		set->indicators = yg_indicators_free(set->indicators);
	return rc;
}

struct each_list {
	yg_watch_list_fn fn;
	void *arg;
};

static int tell_list(void *arg, const char *path, const struct stat *st)
{
	const struct each_list *each = arg;

	(void)st;
	return each->fn(each->arg, path);
}

int yg_watch_lists_each(const struct yg_detect_settings *settings, const struct yg_home *home,
			yg_watch_list_fn fn, void *arg, uint32_t *ret_unreadable)
{
	struct each_list each = {fn, arg};
	struct walk walk = {.fn = tell_list, .arg = &each};
	int rc = walk_all(&walk, settings, home);

	*ret_unreadable = walk.unreadable;
	return rc;
}

uint64_t yg_watch_lists_signature(const struct yg_detect_settings *settings,
				  const struct yg_home *home, uint32_t *ret_files)
{
	uint64_t signature = 0;
	struct walk walk = {.fn = sign_file, .arg = &signature};

	if (walk_all(&walk, settings, home) != YG_OK)
		signature++;
	*ret_files = walk.files;
	return signature + walk.unreadable;
}

/* ---- sets ---- */

int yg_watch_set_load(const struct yg_detect_settings *settings, const struct yg_home *home,
		      const char *program, struct yg_watch_set **ret)
{
	struct yg_watch_set *set = yg_calloc(1, sizeof(*set));
	int rc;

	if (!set)
		return YG_ENOMEM;
	set->signature =
		yg_watch_set_signature(settings, home, true); /* before: a change is seen */
	rc = program ? yg_watch_lists_load(settings, home, program, set)
		     : load_indicators(settings, home, set);
	if (rc == YG_OK)
		rc = program ? yg_watch_image_load(settings, home, program, set)
			     : load_rules(settings, home, set);
	/* What compiling took goes back to the system. */
	(void)malloc_trim(0);
	if (set->unreadable > 0)
		yg_sensor_say(N_("detect: %u files or folders of rules and indicators cannot be "
				 "read"),
			      set->unreadable);
	if (rc == YG_OK)
		*ret = set;
	else
		(void)yg_watch_set_free(set);
	return rc;
}

struct yg_watch_set *yg_watch_set_free(struct yg_watch_set *set)
{
	if (!set)
		return NULL;
	(void)yg_engine_free(set->engine);
	if (set->mapped_size > 0)
		(void)munmap(set->image, set->mapped_size); /* our own mapping */
	else
		free(set->image);
	(void)yg_indicators_free(set->indicators);
	if (set->lists)
		(void)munmap(set->lists, set->lists_size); /* our own mapping */
	free(set);
	return NULL;
}

/* ---- changes ---- */

struct yg_watch_loader {
	const struct yg_detect_settings *settings;
	const struct yg_home *home;
	const char *program;
	uint64_t signature; /* of the running set, or of what was refused */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_ending;
	struct yg_watch_set *ready;
};

static void pause_look(struct yg_watch_loader *loader)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	until.tv_sec += YG_WATCH_LOOK_MS / 1000;
	(void)pthread_mutex_lock(&loader->lock); /* ours, of the plain kind */
	while (!loader->is_ending &&
	       pthread_cond_timedwait(&loader->changed, &loader->lock, &until) == 0)
		;
	(void)pthread_mutex_unlock(&loader->lock); /* as above */
}

static void *run_loader(void *arg)
{
	struct yg_watch_loader *loader = arg;
	uint64_t before = loader->signature;
	bool is_ending = false;

	while (!is_ending) {
		struct yg_watch_set *set = NULL;
		uint64_t now;

		pause_look(loader);
		now = yg_watch_set_signature(loader->settings, loader->home, true);
		/* Files that are just being written are let be until they rest. */
		if (now != loader->signature && now == before) {
			int rc = yg_watch_set_load(loader->settings, loader->home, loader->program,
						   &set);

			loader->signature = rc == YG_OK ? set->signature : now;
			if (rc != YG_OK)
				yg_sensor_say(N_("changed rules and indicators are not taken, the "
						 "former stay: %s"),
					      yg_sensor_tr(yg_err_text(rc)));
		}
		before = now;
		(void)pthread_mutex_lock(&loader->lock); /* ours, of the plain kind */
		if (set) {
			(void)yg_watch_set_free(loader->ready);
			loader->ready = set;
		}
		is_ending = loader->is_ending;
		(void)pthread_mutex_unlock(&loader->lock); /* as above */
	}
	return NULL;
}

int yg_watch_loader_start(const struct yg_detect_settings *settings, const struct yg_home *home,
			  const char *program, uint64_t signature, struct yg_watch_loader **ret)
{
	struct yg_watch_loader *loader = yg_calloc(1, sizeof(*loader));
	pthread_condattr_t attributes;

	if (!loader)
		return YG_ENOMEM;
	*loader = (struct yg_watch_loader){
		.settings = settings, .home = home, .program = program, .signature = signature};
	if (pthread_condattr_init(&attributes) != 0) {
		free(loader);
		return YG_ENOMEM;
	}
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* Linux has it */
	(void)pthread_cond_init(&loader->changed, &attributes);	       /* glibc: cannot fail */
	(void)pthread_mutex_init(&loader->lock, NULL);		       /* the same */
	(void)pthread_condattr_destroy(&attributes);		       /* ours */
	if (pthread_create(&loader->thread, NULL, run_loader, loader) != 0) {
		free(loader);
		return YG_ENOMEM;
	}
	*ret = loader;
	return YG_OK;
}

struct yg_watch_loader *yg_watch_loader_stop(struct yg_watch_loader *loader)
{
	if (!loader)
		return NULL;
	(void)pthread_mutex_lock(&loader->lock); /* ours, of the plain kind */
	loader->is_ending = true;
	(void)pthread_cond_broadcast(&loader->changed);
	(void)pthread_mutex_unlock(&loader->lock); /* as above */
	(void)pthread_join(loader->thread, NULL);  /* ours, joinable */
	(void)pthread_mutex_destroy(&loader->lock);
	(void)pthread_cond_destroy(&loader->changed);
	(void)yg_watch_set_free(loader->ready);
	free(loader);
	return NULL;
}

struct yg_watch_set *yg_watch_loader_take(struct yg_watch_loader *loader)
{
	struct yg_watch_set *set;

	(void)pthread_mutex_lock(&loader->lock); /* ours, of the plain kind */
	set = loader->ready;
	loader->ready = NULL;
	(void)pthread_mutex_unlock(&loader->lock); /* as above */
	return set;
}
