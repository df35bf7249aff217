/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "archive/tree.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk.h"

#include "base/ban.h"

bool yg_archive_is_org(struct yg_bytes name)
{
	if (name.size == 0 || name.size > YG_ARCHIVE_ORG_MAX || name.data[0] == '.' ||
	    name.data[0] == '-')
		return false;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}

bool yg_archive_path(const char *dir, const char *org, int64_t hour_ns, unsigned part,
		     const char *ending, char to[YG_ARCHIVE_PATH_MAX])
{
	struct yg_civil t = yg_time_civil(hour_ns, 0);
	int size = snprintf(to, YG_ARCHIVE_PATH_MAX, "%s/%s/%04d/%02u/%02u/%02u-%03u%s", dir, org,
			    (int)t.year, t.month, t.day, t.hour, part, ending);

	return size > 0 && size < (int)YG_ARCHIVE_PATH_MAX;
}

int yg_archive_folders(const char *path)
{
	char part[YG_ARCHIVE_PATH_MAX];
	size_t size = strlen(path);
	int rc;

	if (size >= sizeof(part))
		return YG_ELIMIT;
	memcpy(part, path, size + 1);
	for (size_t i = 1; i < size; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		rc = yg_disk_mkdir(part, 0700);
		if (rc != YG_OK)
			return rc;
		part[i] = '/';
	}
	return YG_OK;
}

/* Names in a folder, sorted; hidden ones are left out. */
struct names {
	char **items;
	size_t count;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct names){0};
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct names *names, const char *name)
{
	if (names->count == YG_ARCHIVE_ORGS_MAX)
		return YG_ELIMIT;
	if ((names->count & (names->count - 1)) == 0) { /* full at each power of two */
		char **more = yg_reallocarray(names->items, names->count ? names->count * 2 : 1,
					      sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		names->items = more;
	}
	names->items[names->count] = yg_strndup(name, strlen(name));
	if (!names->items[names->count])
		return YG_ENOMEM;
	names->count++;
	return YG_OK;
}

static int list(const char *path, struct names *ret)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int rc = YG_OK;

	*ret = (struct names){0};
	if (!dir)
		return yg_err_from_errno(errno);
	while (rc == YG_OK && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			rc = add_name(ret, entry->d_name);
	(void)closedir(dir); /* it was read */
	if (rc != YG_OK)
		names_done(ret);
	else if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(char *), compare);
	return rc;
}

/* The whole of @text as a number of @digits digits. */
static bool number(struct yg_bytes text, size_t digits, unsigned *ret)
{
	uint64_t value;

	if (text.size != digits || !yg_bytes_u64(text, &value))
		return false;
	*ret = (unsigned)value;
	return true;
}

/* A walk: the folders on the way down to a day. */
struct walk {
	const char *dir;
	const char *org;
	unsigned date[3];     /* year, month, day */
	int64_t only_hour_ns; /* YG_TIME_NONE: all */
	yg_archive_entry_fn take;
	void *arg;
};

static int take_file(const struct walk *w, const char *path, struct yg_bytes name)
{
	struct yg_archive_entry entry = {.path = path, .org = w->org};
	struct yg_civil time = {.year = (int32_t)w->date[0],
				.month = (uint8_t)w->date[1],
				.day = (uint8_t)w->date[2]};
	struct yg_bytes ending = yg_bytes_from(name, 6);
	unsigned hour;

	entry.is_open = yg_bytes_eq(ending, YG_S(YG_ARCHIVE_OPEN));
	if ((!entry.is_open && !yg_bytes_eq(ending, YG_S(YG_ARCHIVE_CLOSED))) ||
	    name.data[2] != '-' || !number(yg_bytes_cut(name, 0, 2), 2, &hour) || hour > 23 ||
	    !number(yg_bytes_cut(name, 3, 6), 3, &entry.part))
		return YG_OK;
	time.hour = (uint8_t)hour;
	if (!yg_time_from_civil(&time, 0, &entry.hour_ns) ||
	    (w->only_hour_ns != YG_TIME_NONE && entry.hour_ns != w->only_hour_ns))
		return YG_OK;
	return w->take(w->arg, &entry);
}

static int walk_day(const struct walk *w, const char *folder)
{
	struct names files;
	int rc = list(folder, &files);

	for (size_t i = 0; rc == YG_OK && i < files.count; i++) {
		char path[YG_ARCHIVE_PATH_MAX];
		int size = snprintf(path, sizeof(path), "%s/%s", folder, files.items[i]);

		if (strlen(files.items[i]) > 6 && size < (int)sizeof(path))
			rc = take_file(w, path, yg_bytes_str(files.items[i]));
	}
	if (rc == YG_OK || files.count)
		names_done(&files);
	return rc;
}

static bool is_date_part(const char *name, unsigned depth, unsigned *ret)
{
	unsigned value;

	if (!number(yg_bytes_str(name), depth == 0 ? 4 : 2, &value))
		return false;
	*ret = value;
	return true;
}

/* Years, months and days: three levels, each a list of its own. */
static int walk_org(struct walk *w)
{
	struct names names[3] = {{0}};
	size_t at[3] = {0};
	char path[3][YG_ARCHIVE_PATH_MAX];
	unsigned depth = 0;
	int size = snprintf(path[0], sizeof(path[0]), "%s/%s", w->dir, w->org);
	int rc = size < (int)sizeof(path[0]) ? list(path[0], &names[0]) : YG_ELIMIT;

	while (rc == YG_OK) {
		char next[YG_ARCHIVE_PATH_MAX];

		if (at[depth] == names[depth].count) {
			names_done(&names[depth]);
			if (depth-- == 0)
				break;
			continue;
		}
		size = snprintf(next, sizeof(next), "%s/%s", path[depth],
				names[depth].items[at[depth]]);
		if (!is_date_part(names[depth].items[at[depth]++], depth, &w->date[depth]) ||
		    size >= (int)sizeof(next))
			continue;
		if (depth == 2) {
			rc = walk_day(w, next);
		} else {
			rc = list(next, &names[depth + 1]);
			at[++depth] = 0;
			memcpy(path[depth], next, sizeof(next));
		}
	}
	for (unsigned i = 0; i < 3; i++)
		names_done(&names[i]);
	return rc;
}

int yg_archive_walk(const char *dir, const char *org, yg_archive_entry_fn take, void *arg)
{
	struct walk w = {.dir = dir, .only_hour_ns = YG_TIME_NONE, .take = take, .arg = arg};
	struct names orgs;
	int rc;

	if (org) {
		w.org = org;
		return walk_org(&w);
	}
	rc = list(dir, &orgs);
	if (rc != YG_OK)
		return rc;
	for (size_t i = 0; i < orgs.count && rc == YG_OK; i++) {
		char path[YG_ARCHIVE_PATH_MAX];
		struct stat st;

		if (!yg_archive_is_org(yg_bytes_str(orgs.items[i])) ||
		    snprintf(path, sizeof(path), "%s/%s", dir, orgs.items[i]) >=
			    (int)sizeof(path) ||
		    stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
			continue;
		w.org = orgs.items[i];
		rc = walk_org(&w);
	}
	names_done(&orgs);
	return rc;
}

int yg_archive_walk_hour(const char *dir, const char *org, int64_t hour_ns,
			 yg_archive_entry_fn take, void *arg)
{
	struct yg_civil t = yg_time_civil(hour_ns, 0);
	struct walk w = {.dir = dir,
			 .org = org,
			 .date = {(unsigned)t.year, t.month, t.day},
			 .only_hour_ns = hour_ns,
			 .take = take,
			 .arg = arg};
	char folder[YG_ARCHIVE_PATH_MAX];
	int size = snprintf(folder, sizeof(folder), "%s/%s/%04u/%02u/%02u", dir, org, w.date[0],
			    w.date[1], w.date[2]);
	int rc = size > 0 && size < (int)sizeof(folder) ? walk_day(&w, folder) : YG_ELIMIT;

	return rc == YG_ENOENT && access(folder, F_OK) != 0 ? YG_OK : rc;
}

struct expiry {
	int64_t before_ns;
	yg_archive_ask_fn ask;
	yg_archive_entry_fn gone;
	void *arg;
};

/* The folders of a day, a month and a year, as far as they are empty now. */
static void drop_folders(const char *path)
{
	char folder[YG_ARCHIVE_PATH_MAX];

	if (strlen(path) >= sizeof(folder))
		return;
	memcpy(folder, path, strlen(path) + 1);
	for (unsigned i = 0; i < 3; i++) {
		char *slash = strrchr(folder, '/');

		if (!slash)
			return;
		*slash = '\0';
		if (yg_disk_rmdir(folder) != YG_OK)
			return; /* not empty, or not ours: it stays */
	}
}

static int expire_one(void *arg, const struct yg_archive_entry *entry)
{
	struct expiry *e = arg;
	char filters[YG_ARCHIVE_PATH_MAX + sizeof(YG_ARCHIVE_FILTERS)];
	int rc;

	if (entry->is_open || entry->hour_ns > e->before_ns - YG_ARCHIVE_HOUR_NS ||
	    (e->ask && !e->ask(e->arg, entry)))
		return YG_OK;
	(void)snprintf(filters, sizeof(filters), "%s%s", entry->path, YG_ARCHIVE_FILTERS);
	/* The filters first: without them the file is still read, the other way round they stay. */
	rc = yg_disk_unlink(filters);
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_disk_unlink(entry->path);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	drop_folders(entry->path);
	return e->gone ? e->gone(e->arg, entry) : YG_OK;
}

int yg_archive_expire_asked(const char *dir, const char *org, int64_t before_ns,
			    yg_archive_ask_fn ask, yg_archive_entry_fn gone, void *arg)
{
	struct expiry e = {before_ns, ask, gone, arg};

	return yg_archive_walk(dir, org, expire_one, &e);
}

int yg_archive_expire(const char *dir, const char *org, int64_t before_ns, yg_archive_entry_fn gone,
		      void *arg)
{
	return yg_archive_expire_asked(dir, org, before_ns, NULL, gone, arg);
}
