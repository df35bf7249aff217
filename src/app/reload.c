/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/reload.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/thread.h"

#include "base/ban.h"

#define NS_PER_MS      INT64_C(1000000)
#define PATH_BYTES_MAX 4096u
#define WATCHED                                                                                    \
	(IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |          \
	 IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF)

struct yg_reload {
	const struct yg_options *options;
	struct yg_clock clock;
	int hup_fd;
	int notify_fd;	/* -1 = the files are looked at */
	uint64_t print; /* of what was there at the last look */
	int64_t looked_ns;
	bool is_dirty; /* something changed at changed_ns */
	bool is_asked; /* by SIGHUP: said even when nothing changed */
	int64_t changed_ns;
	int64_t first_ns; /* of these changes */

	pthread_t thread;
	bool is_loading;
	atomic_bool is_done;
	struct yg_rule_image before; /* copies of what the thread compares with */
	struct yg_rule_set set;
	int (*with)(void *arg, const struct yg_rule_set *set); /* or NULL */
	void *with_arg;
	int rc;
};

void yg_rule_set_done(struct yg_rule_set *set)
{
	yg_rule_image_done(&set->rules);
	yg_indicator_lists_done(&set->lists);
}

/* --- watching --------------------------------------------------------------------------------- */

/* What is done with each folder and file below the watched paths. */
struct look {
	struct yg_reload *reload;
	uint64_t print;
	uint32_t count;
};

static void look_at(struct look *look, const char *path, const struct stat *st, bool is_folder)
{
	struct yg_reload *r = look->reload;
	const uint64_t parts[] = {look->print, (uint64_t)st->st_mtim.tv_sec,
				  (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_size,
				  (uint64_t)st->st_ino};

	if (r->notify_fd < 0) {
		look->count++;
		look->print = yg_hash64(
			yg_bytes_str(path),
			yg_hash64((struct yg_bytes){(const uint8_t *)parts, sizeof(parts)}, 1));
	} else if (is_folder && look->count < YG_RELOAD_WATCHES_MAX) {
		look->count++;
		/* Where it cannot be watched, SIGHUP still works. */
		(void)inotify_add_watch(r->notify_fd, path, WATCHED);
	}
}

/* One folder's entries on the way; walked with a stack, not by recursion. */
struct level {
	DIR *dir;
	size_t path_size;
};

static void walk(struct look *look, char *path)
{
	struct level stack[YG_RELOAD_DEPTH_MAX];
	size_t depth = 0;
	const struct dirent *entry;
	struct stat st;

	stack[depth++] = (struct level){opendir(path), strlen(path)};
	while (depth > 0) {
		struct level *level = &stack[depth - 1];
		int size;

		entry = level->dir ? readdir(level->dir) : NULL;
		if (!entry || look->count >= YG_RELOAD_FILES_MAX) {
			if (level->dir)
				(void)closedir(level->dir); /* read only: nothing to lose */
			depth--;
			continue;
		}
		if (entry->d_name[0] == '.')
			continue;
		size = snprintf(path + level->path_size, PATH_BYTES_MAX - level->path_size, "/%s",
				entry->d_name);
		if (size <= 0 || (size_t)size >= PATH_BYTES_MAX - level->path_size ||
		    stat(path, &st) != 0)
			continue;
		look_at(look, path, &st, S_ISDIR(st.st_mode));
		if (S_ISDIR(st.st_mode) && depth < YG_RELOAD_DEPTH_MAX)
			stack[depth++] = (struct level){opendir(path), strlen(path)};
	}
}

/* A file is watched by its folder: programs that save put another file in its place. */
static void look_at_path(struct look *look, const char *name)
{
	char path[PATH_BYTES_MAX];
	struct stat st;
	size_t size = strlen(name);

	if (size == 0 || size >= sizeof(path))
		return;
	memcpy(path, name, size + 1);
	if (stat(path, &st) != 0)
		memset(&st, 0, sizeof(st));
	look_at(look, path, &st, S_ISDIR(st.st_mode));
	if (S_ISDIR(st.st_mode)) {
		walk(look, path);
		return;
	}
	while (size > 0 && path[size - 1] != '/')
		size--;
	if (size == 0)
		memcpy(path, ".", 2);
	else
		path[size > 1 ? size - 1 : 1] = '\0';
	if (look->reload->notify_fd >= 0 && stat(path, &st) == 0)
		look_at(look, path, &st, true);
}

/* All watched paths; the print is of use where there is no inotify. */
static uint64_t look_at_all(struct yg_reload *r)
{
	const struct yg_options *o = r->options;
	struct look look = {.reload = r};

	for (size_t i = 0; i < o->rule_count; i++)
		look_at_path(&look, o->rules[i]);
	for (size_t i = 0; i < o->indicator_count; i++)
		look_at_path(&look, o->indicators[i]);
	for (size_t i = 0; i < o->allow_count; i++)
		look_at_path(&look, o->allows[i]);
	if (o->placeholders)
		look_at_path(&look, o->placeholders);
	return look.print;
}

/* New folders are watched from now on; before anything is read, so that no change is lost. */
static void watch_anew(struct yg_reload *r)
{
	if (r->notify_fd >= 0)
		(void)close(r->notify_fd); /* an event descriptor: nothing to lose */
	r->notify_fd = getenv("YAGURA_NO_INOTIFY") ? -1 : inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	r->print = look_at_all(r);
	r->looked_ns = r->clock.now_ns(r->clock.arg);
}

static void note_change(struct yg_reload *r, int64_t now_ns)
{
	if (!r->is_dirty)
		r->first_ns = now_ns;
	r->is_dirty = true;
	r->changed_ns = now_ns;
}

static void look_for_changes(struct yg_reload *r, int64_t now_ns)
{
	uint8_t drop[4096];
	size_t size;

	if (r->hup_fd >= 0 && yg_io_read(r->hup_fd, drop, sizeof(drop), &size) == YG_OK) {
		r->is_asked = true;
		note_change(r, now_ns - YG_RELOAD_SETTLE_MS * NS_PER_MS); /* at once */
	}
	if (r->notify_fd >= 0) {
		bool has_news = false;

		while (read(r->notify_fd, drop, sizeof(drop)) > 0)
			has_news = true;
		if (has_news)
			note_change(r, now_ns);
	} else if (now_ns - r->looked_ns >= YG_RELOAD_POLL_MS * NS_PER_MS ||
		   now_ns < r->looked_ns) {
		uint64_t print = look_at_all(r);

		if (print != r->print)
			note_change(r, now_ns);
		r->print = print;
		r->looked_ns = now_ns;
	}
}

/* --- loading ---------------------------------------------------------------------------------- */

static void *load(void *arg)
{
	struct yg_reload *r = arg;

	yg_thread_name(YG_THREAD_PREFIX "new-rules");
	r->rc = yg_rule_image_load_beside(r->options, &r->before, &r->set.rules);
	if (r->rc == YG_OK)
		r->rc = yg_indicator_lists_load(r->options, &r->set.lists);
	if (r->rc == YG_OK && r->with)
		r->rc = r->with(r->with_arg, &r->set);
	atomic_store(&r->is_done, true);
	return NULL;
}

static void start_loading(struct yg_reload *r, const struct yg_rule_image *rules)
{
	watch_anew(r);
	r->is_dirty = false;
	r->set = (struct yg_rule_set){.rules = {.engine = NULL}};
	r->before = (struct yg_rule_image){.refusals = rules->refusals};
	atomic_store(&r->is_done, false);
	r->is_loading = pthread_create(&r->thread, NULL, load, r) == 0;
	if (!r->is_loading) {
		load(r); /* without a thread the reading waits for it */
		r->is_loading = true;
		r->thread = pthread_self();
	}
}

static void join_thread(struct yg_reload *r)
{
	if (!pthread_equal(r->thread, pthread_self()))
		(void)pthread_join(r->thread, NULL); /* our own thread */
	r->is_loading = false;
}

static bool is_same(const struct yg_rule_set *set, const struct yg_rule_image *rules,
		    const struct yg_indicator_lists *lists)
{
	return memcmp(set->rules.key, rules->key, sizeof(rules->key)) == 0 &&
	       memcmp(set->lists.digest, lists->digest, sizeof(lists->digest)) == 0;
}

/* Is it worse than the running set? Says why. */
static bool is_worse(const struct yg_reload *r, const struct yg_rule_image *rules,
		     const struct yg_indicator_lists *lists)
{
	const struct yg_rule_set *set = &r->set;

	if (r->rc == YG_OK && set->rules.newly_refused == 0 &&
	    set->rules.unreadable <= rules->unreadable && set->lists.bad <= lists->bad)
		return false;
	if (r->rc == YG_ENOMEM)
		yg_say(N_("out of memory"));
	yg_say_hint(
		N_("mend what is named above; it is read again when it changes, or on SIGHUP"),
		N_("the changed rules and indicators are not taken over: the former ones go on"));
	return true;
}

bool yg_reload_look(struct yg_reload *r, const struct yg_rule_image *rules,
		    const struct yg_indicator_lists *lists, struct yg_rule_set *ret,
		    bool *ret_refused)
{
	int64_t now_ns = r->clock.now_ns(r->clock.arg);

	*ret_refused = false;
	look_for_changes(r, now_ns);
	if (r->is_loading && atomic_load(&r->is_done)) {
		bool was_asked = r->is_asked;

		join_thread(r);
		r->is_asked = false;
		if (is_worse(r, rules, lists)) {
			*ret_refused = true;
		} else if (!is_same(&r->set, rules, lists)) {
			*ret = r->set;
			return true;
		} else if (was_asked) {
			yg_say(N_("rules and indicators are the same as before"));
		}
		yg_rule_set_done(&r->set);
	}
	if (!r->is_loading && r->is_dirty &&
	    (now_ns - r->changed_ns >= YG_RELOAD_SETTLE_MS * NS_PER_MS ||
	     now_ns - r->first_ns >= YG_RELOAD_WAIT_MS * NS_PER_MS))
		start_loading(r, rules);
	return false;
}

struct yg_reload *yg_reload_new(const struct yg_options *options, int hup_fd, struct yg_clock clock)
{
	struct yg_reload *r = yg_calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->options = options;
	r->hup_fd = hup_fd;
	r->clock = clock;
	r->notify_fd = -1;
	watch_anew(r);
	return r;
}

void yg_reload_with(struct yg_reload *r, int (*fn)(void *arg, const struct yg_rule_set *set),
		    void *arg)
{
	r->with = fn;
	r->with_arg = arg;
}

struct yg_reload *yg_reload_free(struct yg_reload *r)
{
	if (!r)
		return NULL;
	if (r->is_loading) {
		join_thread(r);
		yg_rule_set_done(&r->set);
	}
	if (r->notify_fd >= 0)
		(void)close(r->notify_fd); /* an event descriptor: nothing to lose */
	free(r);
	return NULL;
}
