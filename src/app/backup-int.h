/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/backup-int.h - what making a backup and putting it back share.
 */
#pragma once

#include "app/backup.h"
#include "base/crypt.h"

#define YG_BACKUP_HEAD "backup.json"
#define YG_BACKUP_LIST "files.sha256"

YG_MUST_USE int yg_backup_join(const char *folder, const char *name, char to[YG_BACKUP_PATH_MAX]);
YG_MUST_USE int yg_backup_digest(const char *path, uint8_t digest[YG_SHA256_BYTES],
				 uint64_t *ret_size);
/* To a new file of the same mode, synced; its name is not. */
YG_MUST_USE int yg_backup_copy(const char *from, const char *to, uint8_t digest[YG_SHA256_BYTES],
			       uint64_t *ret_size);
YG_MUST_USE int yg_backup_folders(const char *root, const char *path);
/* It is not there, or an empty folder. */
bool yg_backup_is_free(const char *path);

/* The list of a backup, by name. */
struct yg_backup_file {
	char *name;
	uint8_t digest[YG_SHA256_BYTES];
};
struct yg_backup_list {
	struct yg_backup_file *files;
	size_t count;
};
/* YG_OK; YG_EMISMATCH: no backup; YG_EDIGEST: the list is not that of the head; YG_EFORMAT. */
YG_MUST_USE int yg_backup_list_read(const char *dir, struct yg_backup_list *ret);
void yg_backup_list_done(struct yg_backup_list *list);
/* NULL: it has none. */
const uint8_t *yg_backup_list_find(const struct yg_backup_list *list, const char *name);
