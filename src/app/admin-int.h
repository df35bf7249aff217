/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/admin-int.h - commands of `yagura admin` that have a file of their own.
 */
#pragma once

#include "access/enrol.h"

struct yg_admin_place {
	struct yg_control *store;
	struct yg_enrol *enrol;
};

/* The register below the folder @data. YG_OK, or an error that was said. yg_admin_close(). */
YG_MUST_USE int yg_admin_open(const char *data, struct yg_admin_place *ret);
void yg_admin_close(struct yg_admin_place *place);

/* What went wrong with @word; the exit status. @store may be NULL. */
int yg_admin_say_error(struct yg_control *store, const char *word, int rc);

/* "admin: WHAT: something is missing, or one word is too many"; the exit status. */
int yg_admin_refuse_wording(const char *what);

/* DATA/NAME to @to (room bytes). False: too long; said. */
bool yg_admin_path(const char *data, const char *name, char *to, size_t room);

/*
 * `admin findings`: what detection found in the hub at @data, newest first; @org NULL: of all. The
 * exit status; errors were said.
 */
int yg_admin_findings(const char *data, const char *org, uint64_t limit, bool is_json);

/* With options of their own: argv as the program got it, from "admin" on. */
int yg_admin_retention(int argc, char **argv);
int yg_admin_search(int argc, char **argv);
int yg_admin_backup(int argc, char **argv);
int yg_admin_restore(int argc, char **argv);
