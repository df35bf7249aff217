/* SPDX-License-Identifier: Apache-2.0 */
/* Backups checked and put back: their lists are read as something that others may have written. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/backup-int.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"
#include "base/json.h"
#include "store/copy.h"

#include "base/ban.h"

#define HEAD_BYTES_MAX 4096u
#define PARTIAL	       ".partial"

/* ---- the list ---- */

/* A path that stays inside: no root, no part that is empty, "." or "..". */
static bool is_inside(struct yg_bytes name)
{
	if (name.size == 0 || name.size >= YG_BACKUP_PATH_MAX / 2)
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return false;
	while (name.size > 0) {
		size_t end = yg_bytes_chr(name, '/');
		struct yg_bytes part = yg_bytes_cut(name, 0, end);

		if (part.size == 0 || yg_bytes_eq(part, YG_S(".")) ||
		    yg_bytes_eq(part, YG_S("..")) || end == name.size - 1)
			return false;
		name = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(name, end + 1);
	}
	return true;
}

static int add_file(struct yg_backup_list *list, struct yg_bytes line)
{
	struct yg_backup_file file = {0};
	struct yg_bytes name = yg_bytes_from(line, YG_SHA256_HEX + 2);

	if (line.size < YG_SHA256_HEX + 3 ||
	    !yg_bytes_eq(yg_bytes_cut(line, YG_SHA256_HEX, YG_SHA256_HEX + 2), YG_S("  ")) ||
	    !yg_hex_read(yg_bytes_cut(line, 0, YG_SHA256_HEX), file.digest, sizeof(file.digest)) ||
	    !is_inside(name))
		return YG_EFORMAT;
	if (list->count == YG_BACKUP_FILES_MAX)
		return YG_ELIMIT;
	if ((list->count & (list->count - 1)) == 0) { /* full at each power of two */
		struct yg_backup_file *more = yg_reallocarray(
			list->files, list->count ? list->count * 2 : 1, sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		list->files = more;
	}
	file.name = yg_strndup((const char *)name.data, name.size);
	if (!file.name)
		return YG_ENOMEM;
	list->files[list->count++] = file;
	return YG_OK;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct yg_backup_file *)a)->name,
		      ((const struct yg_backup_file *)b)->name);
}

static int read_lines(struct yg_bytes text, struct yg_backup_list *list)
{
	int rc = YG_OK;

	while (rc == YG_OK && text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n');

		if (end == SIZE_MAX)
			return YG_EFORMAT;
		rc = add_file(list, yg_bytes_cut(text, 0, end));
		text = yg_bytes_from(text, end + 1);
	}
	if (list->count > 1)
		qsort(list->files, list->count, sizeof(*list->files), compare);
	for (size_t i = 1; rc == YG_OK && i < list->count; i++)
		if (compare(&list->files[i - 1], &list->files[i]) == 0)
			rc = YG_EFORMAT; /* twice */
	return rc;
}

/* The digest of the list, as the head has it. */
static int read_head(const char *dir, uint8_t digest[YG_SHA256_BYTES])
{
	char path[YG_BACKUP_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	json_t *head = NULL;
	struct yg_fault fault;
	int rc = yg_backup_join(dir, YG_BACKUP_HEAD, path);

	if (rc == YG_OK)
		rc = yg_io_read_file(path, HEAD_BYTES_MAX, &bytes, &size);
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, HEAD_BYTES_MAX, &head, &fault);
	if (rc == YG_OK && (yg_json_int(head, "v", 0) != 1 ||
			    !yg_hex_read(yg_json_text(head, "list"), digest, YG_SHA256_BYTES)))
		rc = YG_EMISMATCH;
	json_decref(head);
	free(bytes);
	return rc == YG_ENOENT || rc == YG_EFORMAT ? YG_EMISMATCH : rc;
}

int yg_backup_list_read(const char *dir, struct yg_backup_list *ret)
{
	uint8_t wanted[YG_SHA256_BYTES], found[YG_SHA256_BYTES];
	char path[YG_BACKUP_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = read_head(dir, wanted);

	*ret = (struct yg_backup_list){0};
	if (rc == YG_OK)
		rc = yg_backup_join(dir, YG_BACKUP_LIST, path);
	if (rc == YG_OK)
		rc = yg_io_read_file(path, YG_BACKUP_LIST_MAX, &bytes, &size);
	if (rc == YG_OK) {
		yg_sha256((struct yg_bytes){bytes, size}, found);
		rc = memcmp(wanted, found, sizeof(found)) == 0 ? YG_OK : YG_EDIGEST;
	}
	if (rc == YG_OK)
		rc = read_lines((struct yg_bytes){bytes, size}, ret);
	free(bytes);
	return rc;
}

void yg_backup_list_done(struct yg_backup_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].name);
	free(list->files);
	*list = (struct yg_backup_list){0};
}

const uint8_t *yg_backup_list_find(const struct yg_backup_list *list, const char *name)
{
	struct yg_backup_file key = {.name = (char *)(uintptr_t)name};
	const struct yg_backup_file *found =
		list->count ? bsearch(&key, list->files, list->count, sizeof(key), compare) : NULL;

	return found ? found->digest : NULL;
}

/* ---- checking ---- */

static void note_wrong(struct yg_backup_report *report, const char *name)
{
	if (report->wrong++ == 0)
		(void)snprintf(report->path, sizeof(report->path), "%s", name); /* for people */
}

static bool is_database(const char *name)
{
	return strcmp(name, "hub.db") == 0 || strcmp(name, "facts.db") == 0 ||
	       strcmp(name, "situations.db") == 0 || strcmp(name, "stix.db") == 0;
}

static int check_file(const char *dir, const struct yg_backup_file *file,
		      struct yg_backup_report *report)
{
	uint8_t digest[YG_SHA256_BYTES];
	char path[YG_BACKUP_PATH_MAX];
	uint64_t size = 0;
	int rc = yg_backup_join(dir, file->name, path);

	if (rc == YG_OK)
		rc = yg_backup_digest(path, digest, &size);
	if (rc == YG_OK && memcmp(digest, file->digest, sizeof(digest)) != 0)
		rc = YG_EDIGEST;
	if (rc == YG_OK && is_database(file->name))
		rc = yg_store_check(path);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		note_wrong(report, file->name);
	report->files++;
	report->bytes += size;
	return YG_OK;
}

int yg_backup_verify(const char *dir, struct yg_backup_report *report)
{
	struct yg_backup_list list;
	int rc = yg_backup_list_read(dir, &list);

	*report = (struct yg_backup_report){0};
	if (rc == YG_OK && !yg_backup_list_find(&list, "hub.db"))
		rc = YG_EMISMATCH;
	for (size_t i = 0; rc == YG_OK && i < list.count; i++)
		rc = check_file(dir, &list.files[i], report);
	yg_backup_list_done(&list);
	return rc == YG_OK && report->wrong > 0 ? YG_EDIGEST : rc;
}

/* ---- putting back ---- */

static int restore_file(const char *dir, const char *to, const struct yg_backup_file *file,
			struct yg_backup_report *report)
{
	char from[YG_BACKUP_PATH_MAX], path[YG_BACKUP_PATH_MAX];
	uint8_t digest[YG_SHA256_BYTES];
	uint64_t size = 0;
	int rc = yg_backup_join(dir, file->name, from);

	if (rc == YG_OK)
		rc = yg_backup_join(to, file->name, path);
	if (rc == YG_OK)
		rc = yg_backup_folders(to, path);
	if (rc == YG_OK)
		rc = yg_backup_copy(from, path, digest, &size);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(path);
	if (rc == YG_ENOENT || (rc == YG_OK && memcmp(digest, file->digest, sizeof(digest)) != 0)) {
		note_wrong(report, file->name);
		return YG_EDIGEST;
	}
	if (rc != YG_OK)
		(void)snprintf(report->path, sizeof(report->path), "%s", file->name); /* cut */
	report->files++;
	report->bytes += size;
	return rc;
}

/* What a restore that failed has made: nothing but the files of the list, and folders. */
static void drop_partial(const char *to, const struct yg_backup_list *list)
{
	char path[YG_BACKUP_PATH_MAX];

	for (size_t i = list->count; i-- > 0;) {
		if (yg_backup_join(to, list->files[i].name, path) != YG_OK)
			continue;
		(void)yg_disk_unlink(path); /* not made yet is as good */
		for (char *slash = strrchr(path, '/'); slash && slash > path + strlen(to);
		     slash = strrchr(path, '/')) {
			*slash = '\0';
			if (yg_disk_rmdir(path) != YG_OK)
				break; /* something is in it still */
		}
	}
	(void)yg_disk_rmdir(to);
}

static int restore(const char *dir, const char *data, const struct yg_backup_list *list,
		   struct yg_backup_report *report)
{
	char partial[YG_BACKUP_PATH_MAX];
	int size = snprintf(partial, sizeof(partial), "%s" PARTIAL, data);
	int rc = size > 0 && (unsigned)size < sizeof(partial) ? YG_OK : YG_ELIMIT;

	if (rc == YG_OK && !yg_backup_is_free(partial))
		rc = YG_EDUPLICATE;
	if (rc == YG_OK)
		rc = yg_disk_mkdir(partial, 0700);
	if (rc != YG_OK) {
		memcpy(report->path, partial, sizeof(partial));
		return rc;
	}
	for (size_t i = 0; rc == YG_OK && i < list->count; i++)
		rc = restore_file(dir, partial, &list->files[i], report);
	if (rc == YG_OK && access(data, F_OK) == 0)
		rc = yg_disk_rmdir(data); /* it is empty */
	if (rc == YG_OK)
		rc = yg_disk_rename(partial, data);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(data);
	else
		drop_partial(partial, list);
	return rc;
}

int yg_backup_restore(const char *dir, const char *data, struct yg_backup_report *report)
{
	struct yg_backup_list list;
	int rc = yg_backup_list_read(dir, &list);

	*report = (struct yg_backup_report){0};
	if (rc == YG_OK && !yg_backup_list_find(&list, "hub.db"))
		rc = YG_EMISMATCH;
	if (rc == YG_OK && !yg_backup_is_free(data)) {
		(void)snprintf(report->path, sizeof(report->path), "%s", data); /* for people */
		rc = YG_EDUPLICATE;
	}
	if (rc == YG_OK)
		rc = restore(dir, data, &list, report);
	yg_backup_list_done(&list);
	return rc;
}
