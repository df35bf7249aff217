/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive/tree.h - the folders of an archive: DIR/ORG/YYYY/MM/DD/HH-NNN.ndjson.zst, by the hour of
 * arrival in UTC. Whatever a database knows of an archive can be made again from here.
 *
 * Layer:   archive.
 * Input:   names of other people's files are passed over.
 * Source:  docs/archive.md
 * Tests:   tests/unit/archive/test_archive.c
 */
#pragma once

#include "archive/reader.h"

#define YG_ARCHIVE_PATH_MAX  4096u
#define YG_ARCHIVE_PARTS_MAX 1000u /* files of one hour */
#define YG_ARCHIVE_ORGS_MAX  100000u
#define YG_ARCHIVE_HOUR_NS   (INT64_C(3600) * YG_NS_PER_S)
#define YG_ARCHIVE_CLOSED    ".ndjson.zst"
#define YG_ARCHIVE_OPEN	     ".open"
#define YG_ARCHIVE_FILTERS   ".filters"

/* 1 to 64 letters, digits, '.', '_', '-'; no '.' or '-' in front: a name that is safe as a folder.
 */
bool yg_archive_is_org(struct yg_bytes name);

/* The path of a file. False when it does not fit @to. */
bool yg_archive_path(const char *dir, const char *org, int64_t hour_ns, unsigned part,
		     const char *ending, char to[YG_ARCHIVE_PATH_MAX]);

struct yg_archive_entry {
	const char *path; /* valid during the call */
	const char *org;
	int64_t hour_ns;
	unsigned part;
	bool is_open;
};
typedef int (*yg_archive_entry_fn)(void *arg, const struct yg_archive_entry *entry);

/*
 * All files of the archive @dir (of @org alone unless NULL) in the order of organisation, hour and
 * part. YG_OK, YG_ENOMEM, YG_ENOENT, the error of the system, or what @take returned.
 */
YG_MUST_USE int yg_archive_walk(const char *dir, const char *org, yg_archive_entry_fn take,
				void *arg);

/* Where the hour of @time_ns begins. */
static inline int64_t yg_archive_hour(int64_t time_ns)
{
	int64_t rest = time_ns % YG_ARCHIVE_HOUR_NS;

	return time_ns - (rest < 0 ? rest + YG_ARCHIVE_HOUR_NS : rest);
}

/*
 * The files of @org and the hour that begins at @hour_ns, in the order of their parts. YG_OK also
 * where there is none; else as yg_archive_walk().
 */
YG_MUST_USE int yg_archive_walk_hour(const char *dir, const char *org, int64_t hour_ns,
				     yg_archive_entry_fn take, void *arg);

/*
 * Delete the closed files of @org (NULL: of all) whose hour of arrival ended at or before
 * @before_ns, and their filters, and folders that became empty. @gone (may be NULL) is called
 * behind each file. A file that cannot be deleted ends it with the error. Files that are not closed
 * stay.
 */
YG_MUST_USE int yg_archive_expire(const char *dir, const char *org, int64_t before_ns,
				  yg_archive_entry_fn gone, void *arg);

/* May this file go? */
typedef bool (*yg_archive_ask_fn)(void *arg, const struct yg_archive_entry *entry);
/* The same, of those of which @ask says yes. */
YG_MUST_USE int yg_archive_expire_asked(const char *dir, const char *org, int64_t before_ns,
					yg_archive_ask_fn ask, yg_archive_entry_fn gone, void *arg);

/* Make the folders above the file @path. YG_OK or the error of the system. */
YG_MUST_USE int yg_archive_folders(const char *path);
