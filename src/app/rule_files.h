/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/rule_files.h - the texts of rules and of other YAML: compiled-in packs, files and folders
 * that were named.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

#define YG_RULE_FILES_MAX	200000u
#define YG_RULE_FILES_BYTES_MAX (1u << 30)
#define YG_RULE_FOLDER_DEPTH	32u

struct yg_rule_file {
	const char *name; /* as given, or "yagura:AREA/NAME.yml" for the pack */
	struct yg_bytes text;
	bool is_own;
	int rc; /* YG_OK, or why it could not be read (text is empty then) */
};

struct yg_rule_files {
	struct yg_arena *arena; /* owns names and texts */
	struct yg_rule_file *items;
	size_t count;
	size_t room;
	size_t unreadable; /* named paths and files that could not be read; said already */
};

/* In place. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_rule_files_init(struct yg_rule_files *files);
void yg_rule_files_done(struct yg_rule_files *files);

/* Add the compiled-in pack. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_rule_files_add_pack(struct yg_rule_files *files);

/* Add the files of @pack, made by tools/embed.py of several files. Its bytes are borrowed. */
YG_MUST_USE int yg_rule_files_unpack(struct yg_rule_files *files, struct yg_bytes pack);

/*
 * Add the file @path, or all *.yml and *.yaml below the folder @path, in the order of their names.
 * What cannot be read is said, counted and left out. YG_OK, YG_ENOMEM or YG_ELIMIT.
 */
YG_MUST_USE int yg_rule_files_add_path(struct yg_rule_files *files, const char *path);

/* A digest over all names and texts in order, and @extra (options, version). */
int yg_rule_files_digest(const struct yg_rule_files *files, struct yg_bytes extra,
			 uint8_t to[YG_DIGEST_BYTES]);
