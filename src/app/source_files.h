/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/source_files.h - descriptions of sources: those named with --sources, those of the user's
 * folder, those that come with the program (docs/source-description.md).
 *
 * They are tried in this order, and of two with one name the earlier counts, so that everybody can
 * replace what comes with the program.
 */
#pragma once

#include "app/options.h"
#include "parse/sources.h"

struct yg_source_files {
	struct yg_sources *sources; /* owned */
	size_t refused;		    /* files or paths that could not be used; said already */
};

/* Load all. What cannot be used is said, counted and left out. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_source_files_load(const struct yg_options *options, struct yg_source_files *ret);
/* `yagura source list` (source_list.c): the exit status. */
int yg_source_list(const struct yg_options *options);

void yg_source_files_done(struct yg_source_files *files);

/*
 * The user's folder: $XDG_CONFIG_HOME/yagura/sources, else ~/.config/yagura/sources. False when
 * neither variable is set or the path is too long for @to.
 */
bool yg_source_files_folder(char *to, size_t room);
