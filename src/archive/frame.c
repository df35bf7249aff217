/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame in the file:
 *
 *   skippable frame 0x184D2A59: "YGARFRM1" number sizes journal times digest sum formats sum
 *   zstd frame with content size and checksum: the records, one a line
 *
 * A tool that knows only zstd passes over the first and reads the second.
 */
#include "archive/frame.h"

#include <assert.h>
#include <stdlib.h>

#define YG_BAN_ALLOW_MALLOC /* the library's header names it */
#include <zstd.h>

#include "archive/archive-int.h"
#include "base/alloc.h"

#include "base/ban.h"

#define LEVEL	   3
#define MAGIC	   "YGARFRM1"
#define MAGIC_SIZE 8u

struct yg_archive_packer {
	ZSTD_CCtx *zstd;
};

struct yg_archive_unpacker {
	ZSTD_DCtx *zstd;
};

uint64_t yg_archive_formats(struct yg_bytes names)
{
	uint64_t bits = 0;

	while (names.size > 0) {
		size_t end = yg_bytes_chr(names, ',');
		struct yg_bytes name = yg_bytes_cut(names, 0, end);
		enum yg_format format = yg_format_by_name(name);

		if (yg_bytes_eq(name, YG_S("unplaced")))
			bits |= YG_ARCHIVE_UNPLACED;
		else if (format == YG_FORMAT_UNKNOWN && !yg_bytes_eq(name, YG_S("unknown")))
			bits |= YG_ARCHIVE_FORMAT_OTHER;
		else
			bits |= UINT64_C(1) << format;
		names = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(names, end + 1);
	}
	return bits;
}

void yg_archive_format_names(struct yg_buf *to, uint64_t formats)
{
	const char *comma = "";

	for (unsigned f = 0; f < YG_FORMAT_COUNT; f++) {
		if (!(formats >> f & 1))
			continue;
		yg_buf_add_str(to, comma);
		yg_buf_add_str(to, yg_format_name((enum yg_format)f));
		comma = ",";
	}
	if (formats & YG_ARCHIVE_UNPLACED) {
		yg_buf_addf(to, "%sunplaced", comma);
		comma = ",";
	}
	if (formats & YG_ARCHIVE_FORMAT_OTHER)
		yg_buf_addf(to, "%sother", comma);
}

static void read_fixed(const uint8_t *p, struct yg_archive_frame *ret)
{
	*ret = (struct yg_archive_frame){
		.number = yg_le32(p + 8),
		.packed_size = yg_le32(p + 12),
		.text_size = yg_le32(p + 16),
		.records = yg_le32(p + 20),
		.journal_first = yg_le64(p + 24),
		.journal_end = yg_le64(p + 32),
		.first_ns = (int64_t)yg_le64(p + 40),
		.last_ns = (int64_t)yg_le64(p + 48),
		.arrived_ns = (int64_t)yg_le64(p + 56),
		.packed_sum = yg_le64(p + 96),
	};
	memcpy(ret->digest, p + 64, YG_DIGEST_BYTES);
}

/* What no writer of ours writes, whatever the checksum says. */
static int check_fixed(const struct yg_archive_frame *frame, struct yg_fault *reterr)
{
	if (frame->text_size > YG_ARCHIVE_TEXT_MAX || frame->packed_size > YG_ARCHIVE_PACKED_MAX ||
	    frame->records > YG_ARCHIVE_RECORDS_MAX)
		return yg_fault_set(reterr, YG_ELIMIT, N_("a frame larger than frames may be"),
				    8 + 12);
	if (frame->text_size == 0 || frame->packed_size == 0 || frame->records == 0 ||
	    frame->records > frame->text_size)
		return yg_fault_set(reterr, YG_EFORMAT, N_("sizes of a frame that cannot be"),
				    8 + 12);
	if (frame->journal_first > frame->journal_end || frame->first_ns > frame->last_ns)
		return yg_fault_set(reterr, YG_EFORMAT, N_("a range that ends before it begins"),
				    8 + 24);
	return YG_OK;
}

int yg_archive_frame_read(struct yg_bytes b, struct yg_archive_frame *ret, struct yg_fault *reterr)
{
	uint8_t start[8 + MAGIC_SIZE] = {0};
	const uint8_t *p = b.data + 8;
	size_t both = b.size < sizeof(start) ? b.size : sizeof(start);
	uint32_t size, names;
	int rc;

	if (both > 0)
		memcpy(start, b.data, both);
	if ((both >= 4 && yg_le32(start) != YG_SKIP_FRAME) ||
	    (both == sizeof(start) && memcmp(start + 8, MAGIC, MAGIC_SIZE) != 0))
		return yg_fault_set(reterr, YG_EMISMATCH, N_("no header of a frame stands here"),
				    0);
	if (b.size < 8 + YG_ARCHIVE_HEAD_FIXED)
		return yg_fault_set(reterr, YG_ETRUNC, N_("the file ends in the header of a frame"),
				    b.size);
	size = yg_le32(b.data + 4);
	names = yg_le32(p + 104);
	if (names > YG_ARCHIVE_NAMES_MAX || size != YG_ARCHIVE_HEAD_FIXED + names + 8)
		return yg_fault_set(reterr, YG_EFORMAT,
				    N_("the header of a frame lies about its size"), 4);
	if (b.size < 8 + (size_t)size)
		return yg_fault_set(reterr, YG_ETRUNC, N_("the file ends in the header of a frame"),
				    b.size);
	if (yg_archive_sum((struct yg_bytes){p, size - 8}) != yg_le64(p + size - 8))
		return yg_fault_set(reterr, YG_EDIGEST,
				    N_("the checksum of a frame's header does not agree"), 8);
	read_fixed(p, ret);
	ret->head_size = 8 + size;
	ret->formats = yg_archive_formats((struct yg_bytes){p + YG_ARCHIVE_HEAD_FIXED, names});
	rc = check_fixed(ret, reterr);
	return rc;
}

static int write_head(const struct yg_archive_frame *frame, struct yg_buf *to)
{
	struct yg_buf names;
	size_t at = to->size + 8;

	yg_buf_init(&names, YG_ARCHIVE_NAMES_MAX);
	yg_archive_format_names(&names, frame->formats);
	yg_put32(to, YG_SKIP_FRAME);
	yg_put32(to, YG_ARCHIVE_HEAD_FIXED + (uint32_t)names.size + 8);
	yg_buf_add_str(to, MAGIC);
	yg_put32(to, frame->number);
	yg_put32(to, frame->packed_size);
	yg_put32(to, frame->text_size);
	yg_put32(to, frame->records);
	yg_put64(to, frame->journal_first);
	yg_put64(to, frame->journal_end);
	yg_put64(to, (uint64_t)frame->first_ns);
	yg_put64(to, (uint64_t)frame->last_ns);
	yg_put64(to, (uint64_t)frame->arrived_ns);
	yg_buf_add(to, (struct yg_bytes){frame->digest, YG_DIGEST_BYTES});
	yg_put64(to, frame->packed_sum);
	yg_put32(to, (uint32_t)names.size);
	yg_buf_add(to, yg_buf_bytes(&names));
	if (yg_buf_error(to) == YG_OK)
		yg_put64(to, yg_archive_sum(yg_bytes_from(yg_buf_bytes(to), at)));
	if (yg_buf_error(&names) != YG_OK && to->error == YG_OK)
		to->error = yg_buf_error(&names);
	yg_buf_done(&names);
	return yg_buf_error(to);
}

struct yg_archive_packer *yg_archive_packer_new(void)
{
	struct yg_archive_packer *packer = yg_calloc(1, sizeof(*packer));

	if (!packer)
		return NULL;
	packer->zstd = ZSTD_createCCtx();
	if (!packer->zstd ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1)))
		return yg_archive_packer_free(packer);
	return packer;
}

struct yg_archive_packer *yg_archive_packer_free(struct yg_archive_packer *packer)
{
	if (packer)
		(void)ZSTD_freeCCtx(packer->zstd); /* NULL is legal */
	free(packer);
	return NULL;
}

int yg_archive_pack(struct yg_archive_packer *packer, struct yg_bytes text,
		    struct yg_archive_frame *frame, struct yg_buf *to)
{
	size_t bound = ZSTD_compressBound(text.size);
	uint8_t *packed;
	size_t size;
	int rc;

	assert(text.size > 0 && text.data[text.size - 1] == '\n');
	if (text.size > YG_ARCHIVE_TEXT_MAX)
		return YG_ELIMIT;
	packed = yg_malloc(bound);
	if (!packed)
		return YG_ENOMEM;
	size = ZSTD_compress2(packer->zstd, packed, bound, text.data, text.size);
	if (ZSTD_isError(size)) { /* the room is enough: only memory can be missing */
		free(packed);
		return YG_ENOMEM;
	}
	frame->text_size = (uint32_t)text.size;
	frame->packed_size = (uint32_t)size;
	frame->packed_sum = yg_archive_sum((struct yg_bytes){packed, size});
	yg_digest(text, frame->digest);
	rc = write_head(frame, to);
	yg_buf_add(to, (struct yg_bytes){packed, size});
	free(packed);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

struct yg_archive_unpacker *yg_archive_unpacker_new(void)
{
	struct yg_archive_unpacker *unpacker = yg_calloc(1, sizeof(*unpacker));

	if (!unpacker)
		return NULL;
	unpacker->zstd = ZSTD_createDCtx();
	return unpacker->zstd ? unpacker : yg_archive_unpacker_free(unpacker);
}

struct yg_archive_unpacker *yg_archive_unpacker_free(struct yg_archive_unpacker *unpacker)
{
	if (unpacker)
		(void)ZSTD_freeDCtx(unpacker->zstd); /* NULL is legal */
	free(unpacker);
	return NULL;
}

static uint64_t count_lines(struct yg_bytes text)
{
	uint64_t lines = 0;
	size_t end;

	while ((end = yg_bytes_chr(text, '\n')) != SIZE_MAX) {
		lines++;
		text = yg_bytes_from(text, end + 1);
	}
	return lines;
}

/* Exactly one zstd frame that says the same of its size as the header does? */
static int check_packed(struct yg_bytes packed, const struct yg_archive_frame *frame,
			struct yg_fault *reterr)
{
	size_t at = frame->head_size;

	if (packed.size < frame->packed_size)
		return yg_fault_set(reterr, YG_ETRUNC, N_("the file ends in a frame"),
				    at + packed.size);
	if (packed.size > frame->packed_size)
		return yg_fault_set(reterr, YG_EFORMAT,
				    N_("more bytes than the header of a frame says"),
				    at + frame->packed_size);
	if (yg_archive_sum(packed) != frame->packed_sum)
		return yg_fault_set(reterr, YG_EDIGEST,
				    N_("the checksum of a packed frame does not agree"), at);
	if (ZSTD_getFrameContentSize(packed.data, packed.size) != frame->text_size ||
	    ZSTD_findFrameCompressedSize(packed.data, packed.size) != packed.size)
		return yg_fault_set(reterr, YG_EFORMAT,
				    N_("the packed frame is not what its header says"), at);
	return YG_OK;
}

static int check_text(struct yg_bytes text, const struct yg_archive_frame *frame,
		      struct yg_fault *reterr)
{
	uint8_t digest[YG_DIGEST_BYTES];

	yg_digest(text, digest);
	if (memcmp(digest, frame->digest, sizeof(digest)) != 0)
		return yg_fault_set(reterr, YG_EDIGEST, N_("the digest of a frame does not agree"),
				    frame->head_size);
	if (text.data[text.size - 1] != '\n' || count_lines(text) != frame->records)
		return yg_fault_set(reterr, YG_EFORMAT,
				    N_("not as many records as the header says"), frame->head_size);
	return YG_OK;
}

int yg_archive_unpack(struct yg_archive_unpacker *unpacker, struct yg_bytes stored,
		      struct yg_archive_frame *ret, struct yg_buf *to, struct yg_fault *reterr)
{
	struct yg_bytes packed;
	uint8_t *room;
	size_t got;
	int rc = yg_archive_frame_read(stored, ret, reterr);

	if (rc != YG_OK)
		return rc;
	packed = yg_bytes_from(stored, ret->head_size);
	rc = check_packed(packed, ret, reterr);
	if (rc != YG_OK)
		return rc;
	room = yg_buf_reserve(to, ret->text_size);
	if (!room)
		return yg_fault_set(reterr, (enum yg_err)yg_buf_error(to), "out of memory", 0);
	got = ZSTD_decompressDCtx(unpacker->zstd, room, ret->text_size, packed.data, packed.size);
	if (ZSTD_isError(got) || got != ret->text_size)
		return yg_fault_set(reterr, YG_EFORMAT, N_("the packed frame is damaged"),
				    ret->head_size);
	rc = check_text((struct yg_bytes){room, got}, ret, reterr);
	if (rc == YG_OK)
		yg_buf_grew(to, got);
	return rc;
}
