/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/copy.h - a database of ours copied while others use it, and looked at as a whole.
 *
 * The copy is what the database was at one moment, by SQLite's own backup; it is a file alone,
 * without a log beside it.
 * Source: https://sqlite.org/backup.html
 * Tests:  tests/unit/store/test_copy.c, tests/e2e/backup.py
 */
#pragma once

#include "base/err.h"

/*
 * @from to the new file @to, synced. YG_OK; YG_ENOENT: there is none; YG_EDUPLICATE: @to is there;
 * YG_EFORMAT: no database; YG_EAGAIN: held by others for too long; or an error of the system.
 */
YG_MUST_USE int yg_store_copy(const char *from, const char *to);

/*
 * What was deleted in @path leaves no bytes behind, neither in free pages nor in the log beside it:
 * the file is written anew in place. Writers wait meanwhile. YG_OK; YG_ENOENT; YG_EAGAIN: others
 * hold it for too long, try again; or as above. Cost: its size, read and written; as much
 * room, there and among temporary files.
 */
YG_MUST_USE int yg_store_scrub(const char *path);

/* Is it whole, by SQLite's integrity check? YG_OK, YG_EDIGEST: no; else as above. Reads all. */
YG_MUST_USE int yg_store_check(const char *path);
