/* SPDX-License-Identifier: Apache-2.0 */
/* app/archive-int.h - the commands of `yagura archive`: argv from the command's own name on. */
#pragma once

#include "app/options.h"
#include "source/input.h"

int yg_archive_command_write(const struct yg_options *options);
int yg_archive_command_cat(const struct yg_options *options);
int yg_archive_command_verify(const struct yg_options *options);
int yg_archive_command_repair(const struct yg_options *options);

/* The files that the options name, folders walked. YG_OK or an error (said). */
YG_MUST_USE int yg_archive_files(const struct yg_options *options, struct yg_inputs *ret);

/*
 * Check all of the archive @dir, also while a hub writes to it: as `archive verify` does with its
 * folder, but an archive that is empty is good, and files that were closed meanwhile are found.
 */
int yg_archive_verify_all(const char *dir, bool is_json);
