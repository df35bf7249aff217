/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/backup.h - the data folder of a hub, copied while it runs, checked, and put back.
 *
 * The order makes the copy one that a hub can begin with (docs/backup.md says why):
 *
 *   journal held ─► keys, rules, heartbeats ─► cursors, findings ─► archive, batches ─► journal
 *   ─► register
 *
 * Each file's SHA-256 stands in files.sha256, as sha256sum(1) writes and checks it; backup.json is
 * written last: a folder without it is no backup.
 *
 * Threads: one. Errors are returned with the path they are about.
 * Tests: tests/unit/app/test_backup.c, test_backup_live.c, tests/e2e/backup.py
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"

#define YG_BACKUP_PATH_MAX  4096u
#define YG_BACKUP_FILES_MAX (1u << 24)
#define YG_BACKUP_LIST_MAX  (1u << 30) /* bytes of files.sha256 */

struct yg_backup_report {
	uint64_t files;
	uint64_t bytes;
	uint64_t linked;	       /* files taken over from the base */
	char path[YG_BACKUP_PATH_MAX]; /* what an error is about */
	uint64_t wrong;		       /* verify: files that lack or differ; @path: the first */
};

/*
 * @data to the folder @to, which is made; it must not be there, or be empty. @base (or NULL): an
 * earlier backup on the same disk, whose closed files are taken over by hard links: they never
 * change. On failure what was written stays, without backup.json. YG_OK; YG_ENOENT: @data is no
 * data folder; YG_EDUPLICATE: @to holds something; YG_EMISMATCH: @base is no backup; or an error of
 * the system.
 */
YG_MUST_USE int yg_backup_make(const char *data, const char *to, const char *base,
			       struct yg_clock clock, struct yg_backup_report *report);

/* Read all. YG_OK; YG_EDIGEST: report->wrong files; YG_EMISMATCH: no backup; YG_EFORMAT: its list.
 */
YG_MUST_USE int yg_backup_verify(const char *dir, struct yg_backup_report *report);

/*
 * Put @dir back as the data folder @data, which must not be there, or be empty: all of it or
 * nothing. Every file is checked on the way. As yg_backup_verify; YG_EDUPLICATE.
 */
YG_MUST_USE int yg_backup_restore(const char *dir, const char *data,
				  struct yg_backup_report *report);
