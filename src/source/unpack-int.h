/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source/unpack-int.h - gzip, zstd, xz and zip: packed bytes in, text bytes out. Inside source/.
 *
 * Layer:   source.
 * Input:   untrusted: sizes in headers are never believed, memory of the decoders is bounded
 *          (YG_UNPACK_WINDOW_MAX), the ratio too (YG_STREAM_RATIO_MAX).
 * Source:  RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2.0, APPNOTE.TXT 6.3 (zip).
 * Tests:   tests/unit/source/test_unpack.c, tests/fuzz/fuzz_unpack.c
 */
#pragma once

#include "source/input.h"

#define YG_UNPACK_WINDOW_MAX (128u << 20) /* bytes of history a zstd or xz stream may ask for */
#define YG_ZIP_MEMBERS_MAX   10000u
#define YG_ZIP_NAME_MAX	     4096u /* bytes; members with longer names are left out */

/* Where packed bytes come from. *ret_size 0 = the end. */
struct yg_feed {
	int (*read)(void *arg, uint8_t *to, size_t room, size_t *ret_size);
	void *arg;
};

/*
 * What the first bytes @head say; YG_PACKING_NONE for everything else. *ret_needs_more: with more
 * bytes the answer could be another one.
 */
enum yg_packing yg_packing_of(struct yg_bytes head, bool *ret_needs_more);

struct yg_unpack;

/* A decoder for gzip, zstd or xz (not zip, see below). YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_unpack_new(enum yg_packing packing, struct yg_feed feed, struct yg_unpack **ret);
struct yg_unpack *yg_unpack_free(struct yg_unpack *unpack);

/*
 * The next bytes. *ret_size is always set, also with an error: what came before it counts.
 * YG_OK, YG_EEND, YG_EFORMAT (torn or damaged), YG_EDIGEST, YG_ELIMIT, YG_ENOMEM or what the
 * feed said. Members, frames and streams one after another are one text.
 */
YG_MUST_USE int yg_unpack_read(struct yg_unpack *unpack, uint8_t *to, size_t room, size_t *ret_size,
			       const char **ret_reason);

/* True when @text_bytes out of @packed_bytes is more than any log gives. */
bool yg_unpack_is_bomb(uint64_t packed_bytes, uint64_t text_bytes);

/* A zip archive: in the file @fd (borrowed), or with @fd < 0 in @memory (borrowed). */
struct yg_zip;

YG_MUST_USE int yg_zip_open(int fd, struct yg_bytes memory, struct yg_zip **ret,
			    const char **ret_reason);
struct yg_zip *yg_zip_free(struct yg_zip *zip);
uint64_t yg_zip_count(const struct yg_zip *zip);

struct yg_zip_member {
	const char *name; /* as in the archive, any encoding; lives as long as the archive */
	uint64_t packed_bytes;
	uint64_t text_bytes; /* as the archive claims */
	int64_t mtime_ns;
	bool is_folder;
	bool is_encrypted;
};

/* False when the archive has no such entry or its name is unusable. */
bool yg_zip_member(struct yg_zip *zip, uint64_t index, struct yg_zip_member *ret);

/* Begin to read member @index (one at a time). */
YG_MUST_USE int yg_zip_start(struct yg_zip *zip, uint64_t index, const char **ret_reason);
/* As yg_unpack_read. */
YG_MUST_USE int yg_zip_read(struct yg_zip *zip, uint8_t *to, size_t room, size_t *ret_size,
			    const char **ret_reason);
/* Bytes read from the archive since yg_zip_start. */
uint64_t yg_zip_packed(const struct yg_zip *zip);
