/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zchunk: a text in chunks that are packed one by one, with one dictionary.
 *
 *   "\0ZCK1" sum-type header-size header-sum │ data-sum flags packing index-size
 *                                            │ index: sum-type count (sum size unpacked-size)…
 *                                            │ signatures ║ dictionary chunk chunk …
 *
 * Numbers are seven bits a byte, the lowest first; the last byte has its top bit set. The first
 * entry of the index is the dictionary, of no bytes where there is none.
 */
#include "source/zchunk.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

#define MAGIC	     "\0ZCK1"
#define MAGIC_SIZE   5u
#define LEAD_MAX     128u
#define SUMS	     4u
#define PACKING_NONE 0u
#define PACKING_ZSTD 2u

static const uint8_t sum_sizes[SUMS] = {20, 32, 64, 16}; /* SHA-1, -256, -512, -512/128 */

bool yg_zchunk_is(struct yg_bytes head)
{
	return head.size >= MAGIC_SIZE && memcmp(head.data, MAGIC, MAGIC_SIZE) == 0;
}

/* ---- bytes ---- */

struct file {
	int fd;
	uint64_t size;
	struct yg_bytes memory;
};

static int read_at(const struct file *file, uint64_t at, uint8_t *to, size_t size)
{
	size_t got = 0;
	int rc;

	if (at > file->size || size > file->size - at)
		return YG_ETRUNC;
	if (file->fd < 0) {
		if (size > 0)
			memcpy(to, file->memory.data + at, size);
		return YG_OK;
	}
	rc = yg_io_read_at(file->fd, to, size, at, &got);
	return rc == YG_OK && got < size ? YG_ETRUNC : rc;
}

static int look_at(struct file *file)
{
	struct stat st;

	if (file->fd < 0)
		return YG_OK;
	if (fstat(file->fd, &st) != 0)
		return yg_err_from_errno(errno);
	file->size = (uint64_t)st.st_size;
	return S_ISREG(st.st_mode) ? YG_OK : YG_EFORMAT;
}

static int take_number(struct yg_bytes *from, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < from->size && i < 9; i++) {
		value |= (uint64_t)(from->data[i] & 0x7f) << (7 * i);
		if (from->data[i] & 0x80) {
			*from = yg_bytes_from(*from, i + 1);
			*ret = value;
			return YG_OK;
		}
	}
	return YG_EFORMAT;
}

static int skip(struct yg_bytes *from, size_t size)
{
	if (from->size < size)
		return YG_EFORMAT;
	*from = yg_bytes_from(*from, size);
	return YG_OK;
}

/* The size of a sum of the kind that comes next. */
static int take_sum_size(struct yg_bytes *from, size_t *ret)
{
	uint64_t kind = 0;
	int rc = take_number(from, &kind);

	if (rc == YG_OK && kind >= SUMS)
		rc = YG_EUNSUPPORTED;
	if (rc == YG_OK)
		*ret = sum_sizes[kind];
	return rc;
}

/* ---- the head ---- */

struct zchunk {
	const struct file *file;
	uint8_t *head;
	struct yg_bytes index; /* of @head; entries that are not read yet */
	size_t sum_size;
	uint64_t left; /* of them */
	uint64_t at;   /* where their bytes are */
	uint64_t packing;
	ZSTD_DCtx *zstd;
	ZSTD_DDict *dictionary;
	uint8_t *packed;
	uint8_t *text;
};

/* What stands before the index, and its own first numbers. */
static int read_preface(struct zchunk *z, struct yg_bytes head, size_t sum_size)
{
	uint64_t flags = 0;
	uint64_t size = 0;
	int rc = skip(&head, sum_size);

	if (rc == YG_OK)
		rc = take_number(&head, &flags);
	if (rc == YG_OK)
		rc = take_number(&head, &z->packing);
	if (rc == YG_OK &&
	    (flags != 0 || (z->packing != PACKING_NONE && z->packing != PACKING_ZSTD)))
		rc = YG_EUNSUPPORTED;
	if (rc == YG_OK)
		rc = take_number(&head, &size);
	if (rc == YG_OK && size > head.size)
		rc = YG_EFORMAT;
	if (rc != YG_OK)
		return rc;
	z->index = yg_bytes_cut(head, 0, (size_t)size);
	rc = take_sum_size(&z->index, &z->sum_size);
	return rc == YG_OK ? take_number(&z->index, &z->left) : rc;
}

static int read_head(struct zchunk *z)
{
	uint8_t mem[LEAD_MAX];
	size_t room = z->file->size < LEAD_MAX ? (size_t)z->file->size : LEAD_MAX;
	struct yg_bytes lead = {mem, room};
	size_t sum_size = 0;
	uint64_t size = 0;
	uint64_t at;
	int rc = read_at(z->file, 0, mem, room);

	if (rc == YG_OK && !yg_zchunk_is(lead))
		rc = YG_EFORMAT;
	if (rc == YG_OK)
		rc = skip(&lead, MAGIC_SIZE);
	if (rc == YG_OK)
		rc = take_sum_size(&lead, &sum_size);
	if (rc == YG_OK)
		rc = take_number(&lead, &size);
	if (rc == YG_OK)
		rc = skip(&lead, sum_size);
	if (rc == YG_OK && size > YG_ZCHUNK_HEADER_MAX)
		rc = YG_ELIMIT;
	if (rc != YG_OK)
		return rc;
	at = room - lead.size;
	z->head = yg_malloc(size ? (size_t)size : 1);
	z->at = at + size;
	if (!z->head)
		return YG_ENOMEM;
	rc = read_at(z->file, at, z->head, (size_t)size);
	return rc == YG_OK ? read_preface(z, (struct yg_bytes){z->head, (size_t)size}, sum_size)
			   : rc;
}

/* ---- chunks ---- */

static int unpack(struct zchunk *z, size_t packed, size_t size, struct yg_bytes *ret)
{
	size_t got;

	if (z->packing == PACKING_NONE) {
		*ret = (struct yg_bytes){z->packed, packed};
		return packed == size ? YG_OK : YG_EFORMAT;
	}
	got = z->dictionary ? ZSTD_decompress_usingDDict(z->zstd, z->text, size, z->packed, packed,
							 z->dictionary)
			    : ZSTD_decompressDCtx(z->zstd, z->text, size, z->packed, packed);
	*ret = (struct yg_bytes){z->text, size};
	return !ZSTD_isError(got) && got == size ? YG_OK : YG_EFORMAT;
}

/* The next one; its memory is that of the one before. */
static int read_chunk(struct zchunk *z, struct yg_bytes *ret)
{
	uint64_t packed = 0;
	uint64_t size = 0;
	int rc = skip(&z->index, z->sum_size);

	*ret = (struct yg_bytes){0};
	if (rc == YG_OK)
		rc = take_number(&z->index, &packed);
	if (rc == YG_OK)
		rc = take_number(&z->index, &size);
	if (rc == YG_OK && (packed > YG_ZCHUNK_CHUNK_MAX || size > YG_ZCHUNK_CHUNK_MAX))
		rc = YG_ELIMIT;
	if (rc != YG_OK || (packed == 0 && size == 0))
		return rc;
	free(z->packed);
	free(z->text);
	z->packed = yg_malloc((size_t)packed + 1);
	z->text = yg_malloc((size_t)size + 1);
	if (!z->packed || !z->text)
		return YG_ENOMEM;
	rc = read_at(z->file, z->at, z->packed, (size_t)packed);
	z->at += packed;
	return rc == YG_OK ? unpack(z, (size_t)packed, (size_t)size, ret) : rc;
}

static int read_dictionary(struct zchunk *z)
{
	struct yg_bytes dictionary;
	int rc;

	if (z->left == 0)
		return YG_EFORMAT;
	z->left--;
	z->zstd = ZSTD_createDCtx();
	if (!z->zstd)
		return YG_ENOMEM;
	rc = read_chunk(z, &dictionary);
	if (rc != YG_OK || dictionary.size == 0 || z->packing == PACKING_NONE)
		return rc;
	z->dictionary = ZSTD_createDDict(dictionary.data, dictionary.size);
	return z->dictionary ? YG_OK : YG_EFORMAT; /* what is no dictionary gives none, too */
}

int yg_zchunk_read(int fd, struct yg_bytes memory, int (*fn)(void *arg, struct yg_bytes piece),
		   void *arg)
{
	struct file file = {.fd = fd, .size = memory.size, .memory = memory};
	struct zchunk z = {.file = &file};
	int rc = look_at(&file);

	if (rc == YG_OK)
		rc = read_head(&z);
	if (rc == YG_OK)
		rc = read_dictionary(&z);
	while (rc == YG_OK && z.left > 0) {
		struct yg_bytes piece;

		z.left--;
		rc = read_chunk(&z, &piece);
		if (rc == YG_OK && piece.size > 0)
			rc = fn(arg, piece);
	}
	(void)ZSTD_freeDDict(z.dictionary); /* NULL is allowed, as below */
	(void)ZSTD_freeDCtx(z.zstd);
	free(z.head);
	free(z.packed);
	free(z.text);
	return rc;
}
