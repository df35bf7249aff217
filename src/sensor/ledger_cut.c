/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger that is longer than its owner wants it: which files may go, and what must be said.
 *
 *   files over the bound ──► gone along, whole? ──► entry "cut" (spool_ledger.c) ──► unlinked
 *                               └─ no: nothing goes, it is evidence
 *
 * Only files that nothing is written to any more are looked at, so no lock is needed here.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/json.h"
#include "sensor/ledger.h"

#include "base/ban.h"

struct file {
	uint64_t first; /* its name */
	uint64_t size;
};

struct files {
	char folder[YG_DISK_PATH_MAX];
	struct file *list; /* in order */
	size_t count;
	size_t room;
	uint64_t bytes;
};

static bool path_of(const struct files *f, uint64_t first, char to[YG_DISK_PATH_MAX])
{
	int size = snprintf(to, YG_DISK_PATH_MAX, "%s/%016llu.jsonl", f->folder,
			    (unsigned long long)first);

	return size > 0 && (unsigned)size < YG_DISK_PATH_MAX;
}

static int add_file(struct files *f, const char *text)
{
	struct yg_bytes name = yg_bytes_str(text);
	char path[YG_DISK_PATH_MAX];
	uint64_t first = 0;
	struct stat st;

	if (name.size != 22 || !yg_bytes_ends(name, YG_S(".jsonl")) ||
	    !yg_bytes_u64(yg_bytes_cut(name, 0, 16), &first))
		return YG_OK;
	if (!path_of(f, first, path))
		return YG_ELIMIT;
	if (stat(path, &st) != 0)
		return errno == ENOENT ? YG_OK : yg_err_from_errno(errno);
	if (f->count == f->room) {
		size_t room = f->room ? f->room * 2 : 64;
		void *list = room <= YG_LEDGER_FILES_MAX
				     ? yg_reallocarray(f->list, room, sizeof(*f->list))
				     : NULL;

		if (!list)
			return room <= YG_LEDGER_FILES_MAX ? YG_ENOMEM : YG_ELIMIT;
		f->list = list;
		f->room = room;
	}
	f->list[f->count++] = (struct file){first, (uint64_t)st.st_size};
	f->bytes += (uint64_t)st.st_size;
	return YG_OK;
}

static int by_first(const void *a_arg, const void *b_arg)
{
	const struct file *a = a_arg;
	const struct file *b = b_arg;

	return a->first < b->first ? -1 : a->first > b->first;
}

static int list_files(const char *folder, struct files *f)
{
	const struct dirent *entry;
	DIR *dir;
	int rc = YG_OK;

	*f = (struct files){0};
	if (snprintf(f->folder, sizeof(f->folder), "%s", folder) >= (int)sizeof(f->folder) - 32)
		return YG_ELIMIT;
	dir = opendir(folder);
	if (!dir)
		return yg_err_from_errno(errno);
	while (rc == YG_OK && (entry = readdir(dir)) != NULL)
		rc = add_file(f, entry->d_name);
	(void)closedir(dir); /* read only */
	if (f->count > 1)
		qsort(f->list, f->count, sizeof(*f->list), by_first);
	return rc;
}

/* ---- what must be said ---- */

struct gone {
	uint64_t last;	      /* entry; behind it nothing is read */
	struct yg_buf policy; /* the last entry that has one */
};

static int pass_entry(void *arg, const struct yg_ledger_line *line, struct yg_bytes text)
{
	struct gone *gone = arg;

	if (line->kind == YG_LEDGER_POLICY || line->kind == YG_LEDGER_SHORTENED) {
		yg_buf_reset(&gone->policy);
		yg_buf_add(&gone->policy, text);
	}
	if (yg_buf_error(&gone->policy))
		return yg_buf_error(&gone->policy);
	return line->n == gone->last ? YG_EEND : YG_OK;
}

/* `,"policy":{…}` of what was in force, so that it can be read when its own entry has gone. */
static int add_policy(struct yg_bytes text, struct yg_buf *to)
{
	struct yg_fault fault;
	json_t *object = NULL;
	const json_t *policy;
	int rc;

	if (text.size == 0)
		return YG_OK;
	rc = yg_json_load(text, YG_LEDGER_LINE_MAX, &object, &fault);
	policy = rc == YG_OK ? json_object_get(object, "policy") : NULL;
	if (policy) {
		yg_buf_add_str(to, ",\"policy\":");
		rc = yg_json_canonical(policy, to);
	}
	json_decref(object);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

/* @gone: its policy is the one in force at the front. */
static int tell_gone(const char *folder, struct gone *gone, struct yg_ledger_line *ret,
		     struct yg_buf *more)
{
	const struct yg_ledger_known known = {0};
	struct yg_ledger_verdict *verdict = yg_calloc(1, sizeof(*verdict));
	int rc = YG_ENOMEM;

	if (verdict)
		rc = yg_ledger_check(folder, &known, pass_entry, gone, verdict);
	if (rc == YG_OK && (verdict->fault != YG_LEDGER_WHOLE || verdict->entries != gone->last))
		rc = YG_EFORMAT;
	if (rc == YG_OK)
		*ret = verdict->end;
	if (rc == YG_OK)
		rc = add_policy(yg_buf_bytes(&gone->policy), more);
	free(verdict);
	return rc;
}

int yg_ledger_cut_find(const char *folder, uint64_t bytes_max, struct yg_ledger_line *ret,
		       struct yg_buf *more)
{
	struct files files;
	struct yg_ledger_line before;
	struct gone gone = {0};
	uint64_t begins = 0;
	size_t keep = 0; /* the first that stays */
	int rc = list_files(folder, &files);

	*ret = (struct yg_ledger_line){0};
	yg_buf_init(&gone.policy, YG_LEDGER_LINE_MAX);
	while (rc == YG_OK && files.bytes > bytes_max && keep + 1 < files.count &&
	       keep < YG_LEDGER_CUT_FILES_MAX)
		files.bytes -= files.list[keep++].size;
	if (rc == YG_OK && keep == 0)
		rc = YG_EEND;
	if (rc == YG_OK)
		rc = yg_ledger_find_cut(folder, &begins, &before, &gone.policy);
	if (rc == YG_OK && before.n > 0 && begins < before.first) {
		*ret = before; /* it was said already */
	} else if (rc == YG_OK) {
		gone.last = files.list[keep].first - 1;
		rc = tell_gone(folder, &gone, ret, more);
	}
	if (rc == YG_OK && ret->n == 0)
		ret->bound = bytes_max;
	yg_buf_done(&gone.policy);
	free(files.list);
	return rc;
}

int yg_ledger_cut_remove(const char *folder, uint64_t first, uint64_t *ret_files)
{
	char path[YG_DISK_PATH_MAX];
	struct files files;
	int rc = list_files(folder, &files);

	*ret_files = 0;
	/* Oldest first, each on the disk before the next, so that what is left has no hole. */
	for (size_t i = 0; rc == YG_OK && i + 1 < files.count && files.list[i + 1].first <= first;
	     i++) {
		rc = path_of(&files, files.list[i].first, path) ? yg_disk_unlink(path) : YG_ELIMIT;
		*ret_files += rc == YG_OK;
		if (rc == YG_OK)
			rc = yg_disk_sync_folder(folder);
	}
	free(files.list);
	return rc;
}
