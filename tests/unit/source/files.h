/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/source/files.h - a temporary folder with small files, and packing of texts.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <lzma.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "source/input.h"

static char folder[64];

static inline void folder_make(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/yagura-source-XXXXXX");
	if (!mkdtemp(folder))
		abort();
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static inline void folder_remove(void)
{
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Path of @name in the folder; four at a time. */
static inline const char *at(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline void put(const char *name, struct yg_bytes content, int flags)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | flags, 0600);

	if (fd < 0 || write(fd, content.data, content.size) != (ssize_t)content.size)
		abort();
	(void)close(fd);
}

static inline void file(const char *name, struct yg_bytes content)
{
	put(name, content, O_TRUNC);
}

/* One gzip member; append to @to. */
static inline void gzip_add(struct yg_buf *to, struct yg_bytes text)
{
	z_stream z = {0};
	uint8_t *out = yg_buf_reserve(to, text.size + 1024);

	if (!out || deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)text.data;
	z.avail_in = (uInt)text.size;
	z.next_out = out;
	z.avail_out = (uInt)text.size + 1024;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	yg_buf_grew(to, z.total_out);
	(void)deflateEnd(&z);
}

static inline void zstd_add(struct yg_buf *to, struct yg_bytes text)
{
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	uint8_t *out = yg_buf_reserve(to, ZSTD_compressBound(text.size) + 64);
	size_t size;

	if (!out || !cctx)
		abort();
	(void)ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag, 1);
	size = ZSTD_compress2(cctx, out, ZSTD_compressBound(text.size) + 64, text.data, text.size);
	if (ZSTD_isError(size))
		abort();
	yg_buf_grew(to, size);
	(void)ZSTD_freeCCtx(cctx);
}

static inline void xz_add(struct yg_buf *to, struct yg_bytes text)
{
	size_t room = lzma_stream_buffer_bound(text.size);
	uint8_t *out = yg_buf_reserve(to, room);
	size_t size = 0;

	if (!out || lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, text.data, text.size, out,
					    &size, room) != LZMA_OK)
		abort();
	yg_buf_grew(to, size);
}

struct zip_entry {
	const char *name;
	struct yg_bytes text;
	const char *password; /* NULL = none */
	bool is_stored;
};

/* False when this libzip cannot encrypt. */
static inline bool zip_make(const char *name, const struct zip_entry *entries, size_t count)
{
	zip_t *zip = zip_open(at(name), ZIP_CREATE | ZIP_TRUNCATE, NULL);
	bool is_ok = true;

	for (size_t i = 0; i < count; i++) {
		zip_source_t *source =
			zip_source_buffer(zip, entries[i].text.data, entries[i].text.size, 0);
		zip_int64_t index = zip_file_add(zip, entries[i].name, source,
						 ZIP_FL_ENC_RAW & ~ZIP_FL_ENC_RAW);

		if (index < 0)
			abort();
		if (entries[i].is_stored)
			(void)zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0);
		if (entries[i].password)
			is_ok = zip_file_set_encryption(zip, (zip_uint64_t)index, ZIP_EM_AES_256,
							entries[i].password) == 0 &&
				is_ok;
	}
	if (zip_close(zip) != 0)
		abort();
	return is_ok;
}

/* The whole text of an input in @to; returns how it ended (YG_EEND when all is well). */
static inline int read_input(const struct yg_input *input, struct yg_buf *to,
			     const char **ret_reason, struct yg_stream_state *ret_state)
{
	struct yg_stream *stream = NULL;
	int rc = yg_stream_open(input, NULL, &stream, ret_reason);

	while (rc == YG_OK)
		rc = yg_stream_read(stream, to, 4096, ret_reason);
	if (stream && ret_state)
		*ret_state = yg_stream_state(stream);
	(void)yg_stream_free(stream);
	return rc;
}

static inline int read_path(const char *path, struct yg_buf *to, const char **ret_reason,
			    struct yg_stream_state *ret_state)
{
	struct yg_input input = {.name = (char *)(uintptr_t)path, .path = (char *)(uintptr_t)path};

	return read_input(&input, to, ret_reason, ret_state);
}
