/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive/archive-int.h - what the files of archive/ share: bytes in little-endian order, the
 * signatures of docs/archive.md, names of files.
 */
#pragma once

#include "archive/frame.h"
#include "archive/reader.h"

#define YG_SKIP_FRAME  UINT32_C(0x184d2a59) /* header of a frame */
#define YG_SKIP_INDEX  UINT32_C(0x184d2a5a)
#define YG_SKIP_SEEK   UINT32_C(0x184d2a5e) /* of the seekable zstd format */
#define YG_SEEK_MAGIC  UINT32_C(0x8f92eab1)
#define YG_SEEK_FOOTER 9u
#define YG_SEEK_ENTRY  12u
#define YG_SEEK_SUMS   0x80u		    /* descriptor: entries carry checksums */
#define YG_SUM_EMPTY   UINT32_C(0x51d8e999) /* low half of XXH64 of nothing */
#define YG_INDEX_FIXED 48u
#define YG_INDEX_ENTRY 64u
#define YG_FORMAT_BITS 32u /* names of formats in an index */

#define YG_INDEX_BYTES_MAX                                                                         \
	(8u + YG_INDEX_FIXED + 256u + YG_ARCHIVE_NAMES_MAX +                                       \
	 YG_ARCHIVE_FRAMES_MAX * YG_INDEX_ENTRY + 8u)

static inline uint32_t yg_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t yg_le64(const uint8_t *p)
{
	return yg_le32(p) | (uint64_t)yg_le32(p + 4) << 32;
}

static inline void yg_put32(struct yg_buf *to, uint32_t value)
{
	const uint8_t b[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			      (uint8_t)(value >> 24)};

	yg_buf_add(to, (struct yg_bytes){b, sizeof(b)});
}

static inline void yg_put64(struct yg_buf *to, uint64_t value)
{
	yg_put32(to, (uint32_t)value);
	yg_put32(to, (uint32_t)(value >> 32));
}

/* The checksum of a block of ours: XXH3-64, seed 0. */
static inline uint64_t yg_archive_sum(struct yg_bytes b)
{
	return yg_hash64(b, 0);
}

/* Bits of the formats that @names (divided by commas) are. */
uint64_t yg_archive_formats(struct yg_bytes names);
/* The names for @formats, divided by commas. */
void yg_archive_format_names(struct yg_buf *to, uint64_t formats);

/* The index of a file as a skippable frame, and the seek table behind it (index.c). */
struct yg_archive_index {
	struct yg_bytes org;
	int64_t hour_ns;
	const struct yg_archive_frame *frames;
	uint32_t count;
};
YG_MUST_USE int yg_archive_index_write(const struct yg_archive_index *index, struct yg_buf *to);
/* @sums: for each frame the checksum at the end of its zstd frame; @index_size: bytes above. */
YG_MUST_USE int yg_archive_seek_write(const struct yg_archive_frame *frames, uint32_t count,
				      const uint32_t *sums, uint32_t index_size, struct yg_buf *to);
/*
 * Read an index (the whole skippable frame) of a file in which it begins at @at. The frames are
 * checked to lie one behind the other from 0 to @at. *ret_frames owned by the caller.
 * YG_INDEX_ANYWHERE: in a damaged file it stands elsewhere; head_size of the last frame is then
 * the least it can be.
 */
#define YG_INDEX_ANYWHERE UINT64_MAX
struct yg_archive_index_read {
	char org[YG_ARCHIVE_ORG_MAX + 1];
	int64_t hour_ns;
	struct yg_archive_frame *frames;
	uint32_t count;
	uint64_t sum;
};
YG_MUST_USE int yg_archive_index_parse(struct yg_bytes b, uint64_t at,
				       struct yg_archive_index_read *ret, struct yg_fault *reterr);

/* One more frame at the end of @archive's. YG_OK, YG_ELIMIT, YG_ENOMEM. */
YG_MUST_USE int yg_archive_add_frame(struct yg_archive *archive,
				     const struct yg_archive_frame *frame);

/*
 * The header of the frame that begins at @at and ends in the file. As yg_archive_frame_read, with
 * ret->at and reterr->pos in the file; also YG_ETRUNC where the file ends in the frame.
 */
YG_MUST_USE int yg_archive_head_at(const struct yg_archive *archive, uint64_t at,
				   struct yg_archive_frame *ret, struct yg_fault *reterr);

/*
 * Where from @at on the next header stands whose own checks hold, of a frame that ends before @end
 * (past.c). *ret_at is @end when there is none. YG_OK, YG_ENOMEM, or the system's error.
 * Cost: each byte is read once, in pieces.
 */
YG_MUST_USE int yg_archive_find(const struct yg_archive *archive, uint64_t at, uint64_t end,
				uint64_t *ret_at);

/*
 * The index that stands at the end of the file, with @loosely wherever its frames are now.
 * YG_ETRUNC: there is none. (reader.c)
 */
YG_MUST_USE int yg_archive_index_load(const struct yg_archive *archive, bool loosely,
				      struct yg_archive_index_read *ret, uint64_t *ret_at,
				      struct yg_fault *reterr);

/* Exactly @size bytes at @at. YG_OK, YG_ETRUNC, or the error of the system. */
YG_MUST_USE int yg_archive_pread(int fd, uint64_t at, uint8_t *to, size_t size);

/*
 * What is read of @fd lies here and there, in pieces whose size is known: nothing is to be read
 * ahead of it. Hunts read a few hundred kB of each file of many.
 */
void yg_archive_advise(int fd);

/* "PATH" + @ending; heap, NULL without memory. */
char *yg_archive_beside(const char *path, const char *ending);
