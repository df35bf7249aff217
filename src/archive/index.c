/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a closed file: an index that tells of each frame what a reader needs to pass over it,
 * then the seek table of the seekable zstd format, whose last bytes lead back to the index.
 */
#include <stdlib.h>

#include "archive/archive-int.h"
#include "base/alloc.h"

#include "base/ban.h"

#define MAGIC	   "YGARIDX1"
#define MAGIC_SIZE 8u

/* The formats of a file in the order in which bits name them. */
struct names {
	uint64_t bit[YG_FORMAT_BITS]; /* of yg_archive_frame.formats */
	unsigned count;
};

static void list_formats(const struct yg_archive_index *index, struct names *ret, struct yg_buf *to)
{
	uint64_t all = 0;

	ret->count = 0;
	for (uint32_t i = 0; i < index->count; i++)
		all |= index->frames[i].formats;
	yg_archive_format_names(to, all);
	for (unsigned f = 0; f < 64 && ret->count < YG_FORMAT_BITS; f++)
		if (all >> f & 1)
			ret->bit[ret->count++] = UINT64_C(1) << f;
}

static uint32_t formats_to_bits(const struct names *names, uint64_t formats)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < names->count; i++)
		if (formats & names->bit[i])
			bits |= UINT32_C(1) << i;
	return bits;
}

static void write_entry(const struct yg_archive_frame *frame, const struct names *names,
			struct yg_buf *to)
{
	yg_put64(to, frame->at);
	yg_put32(to, frame->packed_size);
	yg_put32(to, frame->text_size);
	yg_put32(to, frame->records);
	yg_put32(to, formats_to_bits(names, frame->formats));
	yg_put64(to, (uint64_t)frame->first_ns);
	yg_put64(to, (uint64_t)frame->last_ns);
	yg_put64(to, frame->journal_first);
	yg_put64(to, frame->journal_end);
	yg_buf_add(to, (struct yg_bytes){frame->digest, 8});
}

int yg_archive_index_write(const struct yg_archive_index *index, struct yg_buf *to)
{
	struct names names;
	struct yg_buf list;
	uint64_t records = 0;
	size_t at = to->size + 8;
	uint32_t size;

	yg_buf_init(&list, YG_ARCHIVE_NAMES_MAX);
	list_formats(index, &names, &list);
	for (uint32_t i = 0; i < index->count; i++)
		records += index->frames[i].records;
	size = YG_INDEX_FIXED + (uint32_t)(index->org.size + list.size) +
	       index->count * YG_INDEX_ENTRY + 8;
	yg_put32(to, YG_SKIP_INDEX);
	yg_put32(to, size);
	yg_buf_add_str(to, MAGIC);
	yg_put32(to, index->count);
	yg_put32(to, (uint32_t)index->org.size);
	yg_put32(to, (uint32_t)list.size);
	yg_put32(to, 0);
	yg_put64(to, (uint64_t)index->hour_ns);
	yg_put64(to, records);
	yg_put64(to, index->count ? (uint64_t)index->frames[0].arrived_ns : 0);
	yg_buf_add(to, index->org);
	yg_buf_add(to, yg_buf_bytes(&list));
	for (uint32_t i = 0; i < index->count; i++)
		write_entry(&index->frames[i], &names, to);
	if (yg_buf_error(to) == YG_OK)
		yg_put64(to, yg_archive_sum(yg_bytes_from(yg_buf_bytes(to), at)));
	if (yg_buf_error(&list) != YG_OK && to->error == YG_OK)
		to->error = yg_buf_error(&list);
	yg_buf_done(&list);
	return yg_buf_error(to);
}

int yg_archive_seek_write(const struct yg_archive_frame *frames, uint32_t count,
			  const uint32_t *sums, uint32_t index_size, struct yg_buf *to)
{
	uint32_t entries = count * 2 + 1;

	yg_put32(to, YG_SKIP_SEEK);
	yg_put32(to, entries * YG_SEEK_ENTRY + YG_SEEK_FOOTER);
	for (uint32_t i = 0; i < count; i++) {
		yg_put32(to, frames[i].head_size);
		yg_put32(to, 0);
		yg_put32(to, YG_SUM_EMPTY);
		yg_put32(to, frames[i].packed_size);
		yg_put32(to, frames[i].text_size);
		yg_put32(to, sums[i]);
	}
	yg_put32(to, index_size);
	yg_put32(to, 0);
	yg_put32(to, YG_SUM_EMPTY);
	yg_put32(to, entries);
	yg_buf_add_byte(to, YG_SEEK_SUMS);
	yg_put32(to, YG_SEEK_MAGIC);
	return yg_buf_error(to);
}

/* The formats that the names in @list have as bits; further ones count as formats of others. */
static void read_names(struct yg_bytes list, struct names *ret)
{
	ret->count = 0;
	while (list.size > 0 && ret->count < YG_FORMAT_BITS) {
		size_t end = yg_bytes_chr(list, ',');

		ret->bit[ret->count++] = yg_archive_formats(yg_bytes_cut(list, 0, end));
		list = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(list, end + 1);
	}
}

static uint64_t bits_to_formats(const struct names *names, uint32_t bits)
{
	uint64_t formats = 0;

	for (unsigned i = 0; i < YG_FORMAT_BITS; i++)
		if (bits >> i & 1)
			formats |= i < names->count ? names->bit[i] : YG_ARCHIVE_FORMAT_OTHER;
	return formats;
}

/* One entry; false when it cannot be what stands there. */
static bool read_entry(const uint8_t *p, const struct names *names, uint32_t number, uint64_t next,
		       struct yg_archive_frame *ret)
{
	uint64_t end;

	*ret = (struct yg_archive_frame){
		.at = yg_le64(p),
		.number = number,
		.packed_size = yg_le32(p + 8),
		.text_size = yg_le32(p + 12),
		.records = yg_le32(p + 16),
		.formats = bits_to_formats(names, yg_le32(p + 20)),
		.first_ns = (int64_t)yg_le64(p + 24),
		.last_ns = (int64_t)yg_le64(p + 32),
		.journal_first = yg_le64(p + 40),
		.journal_end = yg_le64(p + 48),
	};
	memcpy(ret->digest, p + 56, 8);
	if (ret->packed_size == 0 || ret->packed_size > YG_ARCHIVE_PACKED_MAX ||
	    ret->text_size == 0 || ret->text_size > YG_ARCHIVE_TEXT_MAX || ret->at >= next)
		return false;
	end = ret->at + ret->packed_size; /* both are small */
	if (end >= next || next - end > YG_ARCHIVE_HEAD_MAX)
		return false;
	ret->head_size = (uint32_t)(next - end);
	return ret->head_size >= 8 + YG_ARCHIVE_HEAD_FIXED;
}

/* Where the frame of an entry ends at the earliest; 0 where that cannot be. */
static uint64_t least_end(const uint8_t *p)
{
	uint64_t at = yg_le64(p);

	return at > UINT64_MAX / 2 ? 0 : at + yg_le32(p + 8) + 8 + YG_ARCHIVE_HEAD_FIXED;
}

static int read_frames(const uint8_t *entries, uint32_t count, const struct names *names,
		       uint64_t at, struct yg_archive_index_read *ret)
{
	ret->frames = yg_calloc((size_t)count + 1, sizeof(*ret->frames));
	if (!ret->frames)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *p = entries + (size_t)i * YG_INDEX_ENTRY;
		uint64_t next = i + 1 < count ? yg_le64(p + YG_INDEX_ENTRY) : at;

		if (next == YG_INDEX_ANYWHERE)
			next = least_end(p);
		if (!read_entry(p, names, i, next, &ret->frames[i]) ||
		    (i == 0 && ret->frames[0].at != 0)) {
			free(ret->frames);
			ret->frames = NULL;
			return YG_EFORMAT;
		}
	}
	ret->count = count;
	return YG_OK;
}

/* The sizes in the head of an index fit together and into the limits? */
static bool are_sizes(const uint8_t *p, uint32_t size)
{
	uint32_t count = yg_le32(p + 8);
	uint32_t org = yg_le32(p + 12);
	uint32_t list = yg_le32(p + 16);

	return count > 0 && count <= YG_ARCHIVE_FRAMES_MAX && org <= YG_ARCHIVE_ORG_MAX &&
	       list <= YG_ARCHIVE_NAMES_MAX &&
	       size == YG_INDEX_FIXED + org + list + count * YG_INDEX_ENTRY + 8;
}

int yg_archive_index_parse(struct yg_bytes b, uint64_t at, struct yg_archive_index_read *ret,
			   struct yg_fault *reterr)
{
	const uint8_t *p = b.data + 8;
	struct names names;
	uint32_t size, org, list;
	int rc;

	*ret = (struct yg_archive_index_read){0};
	if (b.size < 8 + YG_INDEX_FIXED + 8 || yg_le32(b.data) != YG_SKIP_INDEX ||
	    memcmp(p, MAGIC, MAGIC_SIZE) != 0)
		return yg_fault_set(reterr, YG_EFORMAT,
				    N_("no index stands where the end points to"), 0);
	size = yg_le32(b.data + 4);
	if (b.size - 8 != size || !are_sizes(p, size))
		return yg_fault_set(reterr, YG_EFORMAT, N_("the index lies about its size"), 4);
	ret->sum = yg_le64(p + size - 8);
	if (yg_archive_sum((struct yg_bytes){p, size - 8}) != ret->sum)
		return yg_fault_set(reterr, YG_EDIGEST,
				    N_("the checksum of the index does not agree"), 8);
	org = yg_le32(p + 12);
	list = yg_le32(p + 16);
	ret->hour_ns = (int64_t)yg_le64(p + 24);
	memcpy(ret->org, p + YG_INDEX_FIXED, org);
	read_names((struct yg_bytes){p + YG_INDEX_FIXED + org, list}, &names);
	rc = read_frames(p + YG_INDEX_FIXED + org + list, yg_le32(p + 8), &names, at, ret);
	if (rc == YG_ENOMEM)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	return rc == YG_OK
		       ? YG_OK
		       : yg_fault_set(reterr, YG_EFORMAT,
				      N_("the index names frames that cannot be"), YG_INDEX_FIXED);
}
