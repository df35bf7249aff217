/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/backup-int.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/disk.h"
#include "base/io.h"
#include "journal/journal.h"
#include "store/copy.h"

#include "base/ban.h"

#define PIECE_BYTES (1u << 20)
#define CLOSED	    ".ndjson.zst" /* and with .filters behind it: never changed again */

/* ---- one file ---- */

int yg_backup_join(const char *folder, const char *name, char to[YG_BACKUP_PATH_MAX])
{
	int size = snprintf(to, YG_BACKUP_PATH_MAX, "%s/%s", folder, name);

	return size > 0 && (unsigned)size < YG_BACKUP_PATH_MAX ? YG_OK : YG_ELIMIT;
}

/* All of @in, from its beginning to where it ends now, to @out (or nowhere: -1). */
static int copy_bytes(int in, int out, uint8_t digest[YG_SHA256_BYTES], uint64_t *ret_size)
{
	uint8_t *piece = yg_malloc(PIECE_BYTES);
	struct yg_sha256_state run;
	uint64_t at = 0;
	size_t size = 1;
	int rc = piece ? YG_OK : YG_ENOMEM;

	yg_sha256_begin(&run);
	while (rc == YG_OK && size > 0) {
		rc = yg_io_read_at(in, piece, PIECE_BYTES, at, &size);
		if (rc == YG_OK && size > 0) {
			yg_sha256_add(&run, (struct yg_bytes){piece, size});
			if (out >= 0)
				rc = yg_disk_write(out, (struct yg_bytes){piece, size}, at);
			at += size;
		}
	}
	yg_sha256_end(&run, digest);
	free(piece);
	*ret_size = at;
	return rc;
}

int yg_backup_digest(const char *path, uint8_t digest[YG_SHA256_BYTES], uint64_t *ret_size)
{
	int fd = -1;
	int rc = yg_io_open_read(path, &fd);

	if (rc != YG_OK)
		return rc;
	rc = copy_bytes(fd, -1, digest, ret_size);
	(void)close(fd); /* it was read */
	return rc;
}

int yg_backup_copy(const char *from, const char *to, uint8_t digest[YG_SHA256_BYTES],
		   uint64_t *ret_size)
{
	struct stat st;
	int in = -1, out = -1;
	int closed;
	int rc = yg_io_open_read(from, &in);

	if (rc != YG_OK)
		return rc;
	if (fstat(in, &st) != 0)
		rc = yg_err_from_errno(errno);
	if (rc == YG_OK)
		rc = yg_disk_open(to, YG_DISK_CREATE | YG_DISK_EXCLUSIVE, st.st_mode & 0777, &out);
	if (rc == YG_OK)
		rc = copy_bytes(in, out, digest, ret_size);
	if (rc == YG_OK)
		rc = yg_disk_sync(out);
	if (out >= 0) {
		closed = yg_disk_close(out);
		rc = rc == YG_OK ? closed : rc;
	}
	(void)close(in); /* it was read */
	return rc;
}

/* The folders above @path, which is below @root. */
int yg_backup_folders(const char *root, const char *path)
{
	char part[YG_BACKUP_PATH_MAX];
	size_t size = strlen(path);
	int rc = YG_OK;

	if (size >= sizeof(part))
		return YG_ELIMIT;
	memcpy(part, path, size + 1);
	for (size_t i = strlen(root) + 1; rc == YG_OK && i < size; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		rc = yg_disk_mkdir(part, 0700);
		if (rc == YG_OK)
			rc = yg_disk_sync_folder_of(part);
		part[i] = '/';
	}
	return rc;
}

bool yg_backup_is_free(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool is_empty = true;

	if (!dir)
		return errno == ENOENT;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			is_empty = false;
	(void)closedir(dir); /* it was read */
	return is_empty;
}

/* ---- making ---- */

struct making {
	const char *data;
	const char *to;
	const char *base;
	struct yg_backup_report *report;
	struct yg_buf list; /* files.sha256 */
	struct yg_backup_list had;
};

static int fail(struct yg_backup_report *report, const char *path, int rc)
{
	if (rc != YG_OK && !report->path[0])
		(void)snprintf(report->path, sizeof(report->path), "%s", path); /* for people */
	return rc;
}

static int note(struct making *m, const char *name, const uint8_t digest[YG_SHA256_BYTES],
		uint64_t size)
{
	char hex[YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){digest, YG_SHA256_BYTES}, hex);
	yg_buf_addf(&m->list, "%s  %s\n", hex, name);
	m->report->files++;
	m->report->bytes += size;
	return m->report->files > YG_BACKUP_FILES_MAX ? YG_ELIMIT : yg_buf_error(&m->list);
}

static bool never_changes(const char *name)
{
	struct yg_bytes text = yg_bytes_str(name);

	return yg_bytes_ends(text, YG_S(CLOSED)) || yg_bytes_ends(text, YG_S(CLOSED ".filters"));
}

/* Take over from the base; YG_ENOENT: it has none of this name and size. */
static int link_file(struct making *m, const char *name, const char *from, const char *to)
{
	const uint8_t *digest =
		m->base && never_changes(name) ? yg_backup_list_find(&m->had, name) : NULL;
	char old[YG_BACKUP_PATH_MAX];
	struct stat was, is;
	int rc;

	if (!digest || yg_backup_join(m->base, name, old) != YG_OK || stat(old, &was) != 0 ||
	    stat(from, &is) != 0 || was.st_size != is.st_size)
		return YG_ENOENT;
	if (link(old, to) != 0)
		return YG_ENOENT; /* another disk: copied */
	m->report->linked++;
	rc = yg_disk_sync_folder_of(to);
	return rc == YG_OK ? note(m, name, digest, (uint64_t)is.st_size) : rc;
}

/* @name below both folders. A file that went meanwhile is none. */
static int take_file(struct making *m, const char *name)
{
	char from[YG_BACKUP_PATH_MAX], to[YG_BACKUP_PATH_MAX];
	uint8_t digest[YG_SHA256_BYTES];
	uint64_t size = 0;
	int rc = yg_backup_join(m->data, name, from);

	if (rc == YG_OK)
		rc = yg_backup_join(m->to, name, to);
	if (rc == YG_OK)
		rc = yg_backup_folders(m->to, to);
	if (rc != YG_OK)
		return fail(m->report, name, rc);
	rc = link_file(m, name, from, to);
	if (rc != YG_ENOENT)
		return fail(m->report, name, rc);
	rc = yg_backup_copy(from, to, digest, &size);
	if (rc == YG_OK)
		rc = note(m, name, digest, size);
	return rc == YG_ENOENT && access(from, F_OK) != 0 ? YG_ENOENT : fail(m->report, name, rc);
}

/* A file of the archive that is being written may be closed just now: then that one. */
static int take_archive_file(struct making *m, const char *name)
{
	char closed[YG_BACKUP_PATH_MAX];
	int rc = take_file(m, name);
	size_t size = strlen(name);

	if (rc != YG_ENOENT || !yg_bytes_ends(yg_bytes_str(name), YG_S(".open")))
		return rc == YG_ENOENT ? YG_OK : rc;
	if (snprintf(closed, sizeof(closed), "%.*s" CLOSED, (int)(size - 5), name) >=
	    (int)sizeof(closed))
		return fail(m->report, name, YG_ELIMIT);
	rc = take_file(m, closed);
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int take_other_file(struct making *m, const char *name)
{
	int rc = take_file(m, name);

	return rc == YG_ENOENT ? YG_OK : rc;
}

static int take_database(struct making *m, const char *name)
{
	char from[YG_BACKUP_PATH_MAX], to[YG_BACKUP_PATH_MAX];
	uint8_t digest[YG_SHA256_BYTES];
	uint64_t size = 0;
	int rc = yg_backup_join(m->data, name, from);

	if (rc == YG_OK)
		rc = yg_backup_join(m->to, name, to);
	if (rc == YG_OK)
		rc = yg_store_copy(from, to);
	if (rc == YG_OK)
		rc = yg_backup_digest(to, digest, &size);
	if (rc == YG_OK)
		rc = note(m, name, digest, size);
	return fail(m->report, name, rc);
}

/* ---- folders ---- */

typedef int take_fn(struct making *m, const char *name);

struct names {
	char **list;
	size_t count;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

static int add_name(struct names *names, const char *folder, const char *name)
{
	char path[YG_BACKUP_PATH_MAX];
	int rc = folder[0] ? yg_backup_join(folder, name, path)
			   : (strlen(name) < sizeof(path) ? YG_OK : YG_ELIMIT);

	if (rc != YG_OK)
		return rc;
	if (!folder[0])
		memcpy(path, name, strlen(name) + 1);
	if (names->count == YG_BACKUP_FILES_MAX)
		return YG_ELIMIT;
	if ((names->count & (names->count - 1)) == 0) { /* full at each power of two */
		char **more = yg_reallocarray(names->list, names->count ? names->count * 2 : 1,
					      sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		names->list = more;
	}
	names->list[names->count] = yg_strndup(path, strlen(path));
	if (!names->list[names->count])
		return YG_ENOMEM;
	names->count++;
	return YG_OK;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What stands in the folder @name of @root ("": itself): files and folders, each in order. */
static int list(const char *root, const char *name, struct names *files, struct names *folders)
{
	char path[YG_BACKUP_PATH_MAX];
	const struct dirent *entry;
	struct stat st;
	int rc = yg_backup_join(root, name, path);
	DIR *dir = rc == YG_OK ? opendir(path) : NULL;

	if (rc != YG_OK || !dir)
		return rc != YG_OK ? rc : yg_err_from_errno(errno);
	while (rc == YG_OK && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISREG(st.st_mode))
			rc = add_name(files, name, entry->d_name);
		else if (S_ISDIR(st.st_mode))
			rc = add_name(folders, name, entry->d_name);
	}
	(void)closedir(dir); /* it was read */
	if (files->count > 1)
		qsort(files->list, files->count, sizeof(*files->list), compare);
	return rc;
}

/* All files in the folder @name and below. One that is not there is empty. */
static int take_folder(struct making *m, const char *name, take_fn *take)
{
	struct names folders = {0};
	int rc = add_name(&folders, "", name);

	for (size_t at = 0; rc == YG_OK && at < folders.count; at++) {
		struct names files = {0};

		rc = list(m->data, folders.list[at], &files, &folders);
		if (rc == YG_ENOENT)
			rc = YG_OK;
		fail(m->report, folders.list[at], rc);
		for (size_t i = 0; rc == YG_OK && i < files.count; i++)
			rc = take(m, files.list[i]);
		names_done(&files);
	}
	names_done(&folders);
	return rc;
}

/* Taken apart, in an order of their own; or of the running process alone. */
static bool is_special(const char *name)
{
	static const char *const names[] = {"archive", "batches",	"journal",
					    "hub.db",  "facts.db",	"hunts",
					    "lock",    "situations.db", "stix.db"};
	struct yg_bytes text = yg_bytes_str(name);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return yg_bytes_ends(text, YG_S("-wal")) || yg_bytes_ends(text, YG_S("-shm")) ||
	       yg_bytes_ends(text, YG_S("-journal")) || yg_bytes_ends(text, YG_S(".new"));
}

static int take_others(struct making *m)
{
	struct names files = {0}, folders = {0};
	int rc = list(m->data, "", &files, &folders);

	for (size_t i = 0; rc == YG_OK && i < files.count; i++)
		if (!is_special(files.list[i]))
			rc = take_other_file(m, files.list[i]);
	for (size_t i = 0; rc == YG_OK && i < folders.count; i++)
		if (!is_special(folders.list[i]))
			rc = take_folder(m, folders.list[i], take_other_file);
	names_done(&files);
	names_done(&folders);
	return fail(m->report, m->data, rc);
}

/* The state first: what it knows, the segments that are there then hold. */
static int take_journal(struct making *m)
{
	struct names files = {0}, folders = {0};
	int rc = take_other_file(m, "journal/state");

	if (rc == YG_OK)
		rc = list(m->data, "journal", &files, &folders);
	for (size_t i = 0; rc == YG_OK && i < files.count; i++)
		if (yg_bytes_ends(yg_bytes_str(files.list[i]), YG_S(".seg")))
			rc = take_other_file(m, files.list[i]);
	names_done(&files);
	names_done(&folders);
	return fail(m->report, "journal", rc);
}

/* What stands in DATA/hunts is a folder for each, and "new" for what is being gathered. */
static int take_new_hunts(struct making *m, bool with_gathered)
{
	struct names files = {0}, folders = {0};
	char to[YG_BACKUP_PATH_MAX];
	int rc = list(m->data, "hunts", &files, &folders);

	for (size_t i = 0; rc == YG_OK && i < folders.count; i++) {
		bool is_gathered = strcmp(folders.list[i], "hunts/new") == 0;

		rc = yg_backup_join(m->to, folders.list[i], to);
		if (rc == YG_OK && is_gathered == with_gathered && access(to, F_OK) != 0)
			rc = take_folder(m, folders.list[i], take_other_file);
	}
	names_done(&files);
	names_done(&folders);
	return rc == YG_ENOENT ? YG_OK : fail(m->report, "hunts", rc); /* no hub ran here yet */
}

/*
 * What is known first: for all it names there is a hunt then. Before facts.db: a hunt is never
 * further than its findings. What is gathered may get its own folder meanwhile, so they are looked
 * at once more; taken at that very moment it can be in both, and is hunted for twice.
 */
static int take_hunts(struct making *m)
{
	int rc = take_other_file(m, "hunts/known");

	if (rc == YG_OK)
		rc = take_new_hunts(m, false);
	if (rc == YG_OK)
		rc = take_new_hunts(m, true);
	return rc == YG_OK ? take_new_hunts(m, false) : rc;
}

static int take_if_there(struct making *m, const char *name)
{
	char path[YG_BACKUP_PATH_MAX];

	if (yg_backup_join(m->data, name, path) != YG_OK || access(path, F_OK) != 0)
		return YG_OK;
	return take_database(m, name);
}

static int take_all(struct making *m)
{
	int rc = take_others(m);

	if (rc == YG_OK)
		rc = take_folder(m, "journal/cursors", take_other_file);
	/* Before the facts: a cursor behind its store's last change only reads on from there. */
	if (rc == YG_OK)
		rc = take_if_there(m, "situations.db");
	if (rc == YG_OK)
		rc = take_if_there(m, "stix.db");
	if (rc == YG_OK)
		rc = take_hunts(m);
	if (rc == YG_OK)
		rc = take_if_there(m, "facts.db");
	if (rc == YG_OK)
		rc = take_folder(m, "archive", take_archive_file);
	if (rc == YG_OK) /* of the same consumer: behind its cursor */
		rc = take_folder(m, "batches", take_other_file);
	if (rc == YG_OK)
		rc = take_journal(m);
	return rc == YG_OK ? take_database(m, "hub.db") : rc;
}

/* The list, and what makes it a backup. */
static int finish(struct making *m, struct yg_clock clock)
{
	char path[YG_BACKUP_PATH_MAX];
	char time[YG_ISO_SIZE];
	char head[512];
	int size;
	int rc = yg_backup_join(m->to, YG_BACKUP_LIST, path);

	if (rc == YG_OK)
		rc = yg_disk_replace(path, yg_buf_bytes(&m->list), 0600);
	(void)yg_time_iso(clock.now_ns(clock.arg), 0, time);
	size = snprintf(head, sizeof(head),
			"{\"v\":1,\"made\":\"%s\",\"files\":%llu,\"bytes\":%llu,\"list\":\"", time,
			(unsigned long long)m->report->files, (unsigned long long)m->report->bytes);
	if (rc == YG_OK) {
		yg_sha256_hex(yg_buf_bytes(&m->list), head + size);
		memcpy(head + size + YG_SHA256_HEX, "\"}\n", 4);
		rc = yg_backup_join(m->to, YG_BACKUP_HEAD, path);
	}
	if (rc == YG_OK) {
		rc = yg_disk_replace(path, yg_bytes_str(head), 0600);
		if (rc != YG_OK)
			(void)yg_disk_unlink(
				path); /* of a failure no backup is left that looks whole */
	}
	return fail(m->report, path, rc);
}

static bool is_data_folder(const char *data)
{
	char path[YG_BACKUP_PATH_MAX];

	return yg_backup_join(data, "hub.db", path) == YG_OK && access(path, F_OK) == 0;
}

static int make(struct making *m, struct yg_clock clock)
{
	char journal[YG_BACKUP_PATH_MAX];
	int hold_fd = -1;
	int rc = yg_backup_join(m->data, "journal", journal);

	if (rc == YG_OK && access(journal, F_OK) == 0)
		rc = yg_journal_hold(journal, &hold_fd);
	if (rc != YG_OK)
		return fail(m->report, "journal", rc);
	rc = take_all(m);
	if (rc == YG_OK)
		rc = finish(m, clock);
	if (hold_fd >= 0)
		(void)yg_disk_close(hold_fd); /* nothing was written */
	return rc;
}

int yg_backup_make(const char *data, const char *to, const char *base, struct yg_clock clock,
		   struct yg_backup_report *report)
{
	struct making m = {.data = data, .to = to, .base = base, .report = report};
	int rc = YG_OK;

	*report = (struct yg_backup_report){0};
	yg_buf_init(&m.list, YG_BACKUP_LIST_MAX);
	if (!is_data_folder(data))
		rc = fail(report, data, YG_ENOENT);
	if (rc == YG_OK && base)
		rc = fail(report, base, yg_backup_list_read(base, &m.had));
	if (rc == YG_OK && !yg_backup_is_free(to))
		rc = fail(report, to, YG_EDUPLICATE);
	if (rc == YG_OK)
		rc = fail(report, to, yg_disk_mkdir(to, 0700));
	if (rc == YG_OK)
		rc = make(&m, clock);
	yg_backup_list_done(&m.had);
	yg_buf_done(&m.list);
	return rc;
}
