/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/cache.h - the folder of what was compiled: $XDG_CACHE_HOME/yagura, or ~/.cache/yagura.
 *
 * What stands in it is hostile input: it is used only when the folder and the file are ours alone,
 * and its content is checked by whoever reads it. Nothing in it is needed: it saves time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

#define YG_CACHE_PATH_MAX   4096u
#define YG_CACHE_SUFFIX_MAX 8u
#define YG_CACHE_NAME_MAX   (2 * YG_DIGEST_BYTES + YG_CACHE_SUFFIX_MAX + 1)

/* The folder, made if need be; false when there is none that is ours alone (mode 0700). */
bool yg_cache_folder(char to[YG_CACHE_PATH_MAX], bool is_made);

/* The name of the file for @key: hex digits and @suffix (".image"). */
void yg_cache_name(const uint8_t key[YG_DIGEST_BYTES], const char *suffix,
		   char to[YG_CACHE_NAME_MAX]);

/*
 * Map the file @name of the folder for reading when it is a plain file of ours that nobody else can
 * read or write, of at most @bytes_max. False when there is none. Unmap with munmap().
 */
struct stat;
bool yg_cache_map(const char *name, size_t bytes_max, void **ret, size_t *ret_size,
		  struct stat *ret_stat);

/* Room for one more: remove the oldest of the files with @suffix when there are @most. */
void yg_cache_trim(const char *folder, const char *suffix, unsigned most);
