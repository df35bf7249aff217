/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive/frame.h - one frame of an archive: records as text, packed, under a header of their own.
 *
 * Layer:   archive. May include base/, model/ (src/LAYERS).
 * Input:   untrusted bytes: sizes are checked against limits before anything is reserved.
 * State:   an unpacker belongs to one thread; all else is pure.
 * Source:  docs/archive.md; RFC 8878 sec. 3.1 (zstd frames), 3.1.2 (skippable frames).
 * Tests:   tests/unit/archive/test_archive.c, tests/fuzz/fuzz_archive.c
 */
#pragma once

#include "base/buf.h"
#include "base/hash.h"
#include "model/event.h"

#define YG_ARCHIVE_FRAME_AIM   (256u * 1024u) /* bytes of text after which a frame is written */
#define YG_ARCHIVE_RECORD_MAX  (1u << 20)     /* bytes of one record with its line end */
#define YG_ARCHIVE_TEXT_MAX    (2u << 20)     /* bytes of text of a frame */
#define YG_ARCHIVE_PACKED_MAX  (YG_ARCHIVE_TEXT_MAX + (1u << 16))
#define YG_ARCHIVE_RECORDS_MAX 16384u /* of a frame */
#define YG_ARCHIVE_NAMES_MAX   1024u  /* bytes of the names of formats in a header */
#define YG_ARCHIVE_HEAD_FIXED  108u   /* before those names */
#define YG_ARCHIVE_HEAD_MAX    (8u + YG_ARCHIVE_HEAD_FIXED + YG_ARCHIVE_NAMES_MAX + 8u)
#define YG_ARCHIVE_STORED_MAX  (YG_ARCHIVE_HEAD_MAX + YG_ARCHIVE_PACKED_MAX)

/* Bit of a format that this program has no name for: such frames are always read. */
#define YG_ARCHIVE_FORMAT_OTHER (UINT64_C(1) << 63)
/*
 * Some record is of a kind that has a channel and says none, so that only its fields can tell which
 * rules apply to it ("unplaced" among the names).
 */
#define YG_ARCHIVE_UNPLACED (UINT64_C(1) << 62)

struct yg_archive_frame {
	uint64_t at;	      /* where its header begins in the file */
	uint32_t number;      /* from 0 */
	uint32_t head_size;   /* bytes of the header, skippable frame and all */
	uint32_t packed_size; /* bytes of the zstd frame behind it */
	uint32_t text_size;
	uint32_t records;
	uint64_t journal_first; /* the records came from [first, end) of the journal; equal: none */
	uint64_t journal_end;
	int64_t first_ns; /* earliest and latest time of its records; YG_TIME_NONE: none has one */
	int64_t last_ns;
	int64_t arrived_ns;		 /* when its first record arrived */
	uint64_t formats;		 /* bits of enum yg_format, and YG_ARCHIVE_FORMAT_OTHER */
	uint64_t packed_sum;		 /* XXH3-64 of the zstd frame; 0 in an index */
	uint8_t digest[YG_DIGEST_BYTES]; /* BLAKE2b-256 of the text; the index keeps 8 bytes */
};

/*
 * The header at the front of @b. YG_OK; YG_ETRUNC: @b ends inside it; YG_EMISMATCH: something else
 * begins here; YG_EFORMAT, YG_EDIGEST: damaged. ret->at is left 0.
 */
YG_MUST_USE int yg_archive_frame_read(struct yg_bytes b, struct yg_archive_frame *ret,
				      struct yg_fault *reterr);

struct yg_archive_packer;
struct yg_archive_packer *yg_archive_packer_new(void);
struct yg_archive_packer *yg_archive_packer_free(struct yg_archive_packer *packer);

/*
 * Add header and zstd frame of @text (whole lines, at most YG_ARCHIVE_TEXT_MAX) to @to. Sizes and
 * digest of @frame are filled, the rest is written as it is. YG_OK, YG_ELIMIT, YG_ENOMEM.
 * Cost: zstd level 3 and one digest.
 */
YG_MUST_USE int yg_archive_pack(struct yg_archive_packer *packer, struct yg_bytes text,
				struct yg_archive_frame *frame, struct yg_buf *to);

struct yg_archive_unpacker;
struct yg_archive_unpacker *yg_archive_unpacker_new(void);
struct yg_archive_unpacker *yg_archive_unpacker_free(struct yg_archive_unpacker *unpacker);

/*
 * The text of a frame as it stands in the file (@stored: header and zstd frame, nothing else),
 * added to @to, which needs room for YG_ARCHIVE_TEXT_MAX more. Header, sizes, digest, number of
 * lines and the last line end are all checked: on YG_OK the text is what was written. Otherwise
 * YG_ETRUNC, YG_EFORMAT, YG_EDIGEST, YG_ELIMIT, YG_EMISMATCH with @reterr (pos within @stored), or
 * YG_ENOMEM; @to is then unchanged. Never reserves more than the header's size, at most the limit.
 */
YG_MUST_USE int yg_archive_unpack(struct yg_archive_unpacker *unpacker, struct yg_bytes stored,
				  struct yg_archive_frame *ret, struct yg_buf *to,
				  struct yg_fault *reterr);
