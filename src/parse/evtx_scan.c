/* SPDX-License-Identifier: Apache-2.0 */
/* EVTX: where the chunks of an input and the records of a chunk are. */
#include <assert.h>

#include "base/crc32.h"
#include "parse/evtx-int.h"

#include "base/ban.h"

#define FILE_HEADER_BYTES 128u
#define HEAD_BYTES	  512u /* of a chunk: its header and two tables */
#define CHECKED_BYTES	  120u /* of a header, under its checksum */

static const struct yg_bytes file_magic = {(const uint8_t *)"ElfFile", YG_EVTX_MAGIC_BYTES};
static const struct yg_bytes chunk_magic = {(const uint8_t *)"ElfChnk", YG_EVTX_MAGIC_BYTES};
static const struct yg_bytes record_magic = {(const uint8_t *)"**\0", 4};

bool yg_evtx_fits(struct yg_bytes start)
{
	return yg_bytes_starts(start, file_magic) || yg_bytes_starts(start, chunk_magic);
}

static void tell(yg_evtx_note_fn note, void *arg, const char *words, uint64_t at, uint64_t size)
{
	const struct yg_evtx_note n = {words, at, size};

	if (note)
		note(arg, &n);
}

static bool is_zero(struct yg_bytes b)
{
	uint8_t seen = 0;

	for (size_t i = 0; i < b.size; i++)
		seen |= b.data[i];
	return !seen;
}

/* Bytes that belong to no chunk. What is empty is the rest of a file made larger than needed. */
static void gap(struct yg_evtx_scan *scan, struct yg_bytes b)
{
	if (scan->gap_size == 0) {
		scan->gap_at = scan->at;
		scan->is_gap_used = false;
	}
	scan->gap_size += b.size;
	scan->is_gap_used |= !is_zero(b);
	scan->at += b.size;
}

static void end_gap(struct yg_evtx_scan *scan)
{
	if (scan->gap_size > 0 && scan->is_gap_used)
		tell(scan->note, scan->arg, N_("bytes that belong to no chunk: passed over"),
		     scan->gap_at, scan->gap_size);
	scan->gap_size = 0;
}

/* The file's header: nothing in it is needed to read on. */
static size_t file_header(struct yg_evtx_scan *scan, struct yg_bytes data)
{
	size_t size = data.size < YG_EVTX_HEADER_BYTES ? data.size : YG_EVTX_HEADER_BYTES;
	size_t next =
		yg_bytes_find(yg_bytes_cut(data, 0, size + YG_EVTX_MAGIC_BYTES - 1), chunk_magic);

	if (next < size)
		size = next;
	if (size < FILE_HEADER_BYTES)
		tell(scan->note, scan->arg, N_("the file's header is cut off"), scan->at, size);
	else if (yg_crc32(yg_bytes_cut(data, 0, CHECKED_BYTES), 0) != yg_evtx_u32(data, 124))
		tell(scan->note, scan->arg, N_("the checksum of the file's header is wrong"),
		     scan->at, FILE_HEADER_BYTES);
	scan->at += size;
	return size;
}

static uint32_t header_checksum(struct yg_bytes chunk)
{
	uint32_t sum = yg_crc32(yg_bytes_cut(chunk, 0, CHECKED_BYTES), 0);

	return yg_crc32(yg_bytes_cut(chunk, 128, HEAD_BYTES), sum);
}

/* Where the records end, as the header says; 0 when that is impossible. */
static uint32_t end_of(struct yg_bytes chunk)
{
	uint32_t end = yg_evtx_u32(chunk, 48);

	return end < HEAD_BYTES || end > YG_EVTX_CHUNK_BYTES ? 0 : end;
}

/* A sound chunk that lost its empty end: the next one begins there. SIZE_MAX: it does not. */
static size_t next_in_slack(struct yg_bytes chunk, uint32_t end)
{
	size_t next = yg_bytes_find(yg_bytes_from(chunk, end), chunk_magic);
	struct yg_bytes at = yg_bytes_from(chunk, next == SIZE_MAX ? chunk.size : end + next);

	if (at.size < HEAD_BYTES || header_checksum(at) != yg_evtx_u32(at, 124))
		return SIZE_MAX;
	return end + next;
}

struct yg_evtx_part yg_evtx_part_of(struct yg_bytes data)
{
	struct yg_bytes chunk = yg_bytes_cut(data, 0, YG_EVTX_CHUNK_BYTES);
	struct yg_evtx_part part = {.chunk = chunk, .consumed = chunk.size};
	size_t next;

	if (chunk.size >= HEAD_BYTES) {
		part.is_header_right = header_checksum(chunk) == yg_evtx_u32(chunk, 124);
		part.is_data_right = end_of(chunk) && end_of(chunk) <= chunk.size &&
				     yg_crc32(yg_bytes_cut(chunk, HEAD_BYTES, end_of(chunk)), 0) ==
					     yg_evtx_u32(chunk, 52);
	}
	if (part.is_header_right && part.is_data_right) {
		next = next_in_slack(chunk, end_of(chunk));
	} else { /* something is broken: perhaps the next chunk begins inside this one */
		next = yg_bytes_find(yg_bytes_from(chunk, YG_EVTX_MAGIC_BYTES), chunk_magic);
		next += next == SIZE_MAX ? 0 : YG_EVTX_MAGIC_BYTES;
	}
	if (next != SIZE_MAX) {
		part.chunk = yg_bytes_cut(chunk, 0, next);
		part.consumed = part.chunk.size;
		part.is_header_right &= part.chunk.size >= HEAD_BYTES;
	}
	return part;
}

int yg_evtx_scan_next(struct yg_evtx_scan *scan, struct yg_bytes data, bool is_end,
		      struct yg_evtx_part *ret)
{
	size_t next;

	*ret = (struct yg_evtx_part){0};
	if (data.size < YG_EVTX_CHUNK_BYTES && !is_end)
		return YG_EAGAIN;
	if (data.size == 0) {
		end_gap(scan);
		return YG_EAGAIN;
	}
	if (!scan->has_begun && yg_bytes_starts(data, file_magic)) {
		scan->has_begun = true;
		ret->consumed = file_header(scan, data);
		return YG_OK;
	}
	scan->has_begun = true;
	next = yg_bytes_find(data, chunk_magic);
	if (next > 0) {
		/* the last bytes may be the beginning of the magic */
		if (next == SIZE_MAX)
			next = is_end ? data.size : data.size - (YG_EVTX_MAGIC_BYTES - 1);
		ret->consumed = next;
		gap(scan, yg_bytes_cut(data, 0, next));
		return YG_OK;
	}
	end_gap(scan);
	*ret = yg_evtx_part_of(data);
	ret->at = scan->at;
	scan->at += ret->consumed;
	scan->chunks++;
	return YG_OK;
}

static void say(const struct yg_evtx_chunk *c, const char *words, uint64_t size)
{
	tell(c->note, c->arg, words, c->at, size);
}

void yg_evtx_chunk_begin(struct yg_evtx_chunk *chunk, const struct yg_evtx_part *part,
			 yg_evtx_note_fn note, void *arg)
{
	struct yg_evtx_chunk *c = chunk;
	uint32_t size = (uint32_t)part->chunk.size;

	assert(part->chunk.size <= YG_EVTX_CHUNK_BYTES);
	*c = (struct yg_evtx_chunk){
		.bytes = part->chunk, .at = part->at, .next = HEAD_BYTES, .note = note, .arg = arg};
	c->end = size;
	if (size < HEAD_BYTES) {
		say(c, N_("a chunk is cut off inside its header"), size);
		return;
	}
	if (!part->is_header_right)
		say(c, N_("the checksum of a chunk's header is wrong: read all the same"),
		    HEAD_BYTES);
	if (size < YG_EVTX_CHUNK_BYTES)
		say(c, N_("a chunk is cut off"), size);
	if (!end_of(c->bytes)) {
		say(c, N_("a chunk's header names an impossible end of its records"), HEAD_BYTES);
		return;
	}
	c->is_trusted = part->is_header_right;
	if (end_of(c->bytes) > size)
		return;
	c->end = end_of(c->bytes);
	if (!part->is_data_right)
		say(c, N_("the checksum of a chunk's records is wrong: read all the same"), c->end);
}

/* A record stands at @at: magic, a size that fits, and the same size at its end. */
static bool is_record(const struct yg_evtx_chunk *c, uint32_t at, uint32_t end)
{
	uint32_t size;

	if (at > end || end - at < YG_EVTX_RECORD_MIN ||
	    !yg_bytes_starts(yg_bytes_from(c->bytes, at), record_magic))
		return false;
	size = yg_evtx_u32(c->bytes, at + 4);
	return size >= YG_EVTX_RECORD_MIN && size <= end - at &&
	       yg_evtx_u32(c->bytes, at + size - 4) == size;
}

static uint64_t record_id(const struct yg_evtx_chunk *c, uint32_t at)
{
	return yg_evtx_u64(c->bytes, at + 8);
}

/* Is the record at @at one of this chunk's life, not a leftover of an earlier one? */
static bool is_current(const struct yg_evtx_chunk *c, uint32_t at)
{
	if (c->is_trusted && at < c->end)
		return true;
	if (c->is_trusted) /* behind the end that a sound header names: only what goes on exactly */
		return c->has_last_id && record_id(c, at) == c->last_id + 1;
	return !c->has_last_id || record_id(c, at) > c->last_id;
}

/* Where the next record begins behind @at; c->end when there is none. */
static uint32_t resync(const struct yg_evtx_chunk *c, uint32_t at)
{
	while (at < c->end) {
		size_t next = yg_bytes_find(yg_bytes_cut(c->bytes, at, c->end), record_magic);

		if (next == SIZE_MAX)
			break;
		at += (uint32_t)next;
		if (is_record(c, at, c->end) && is_current(c, at))
			return at;
		at++;
	}
	return c->end;
}

static bool take(struct yg_evtx_chunk *c, uint32_t at, struct yg_evtx_record *ret)
{
	*ret = (struct yg_evtx_record){
		.at = at, .size = yg_evtx_u32(c->bytes, at + 4), .id = record_id(c, at)};
	c->next = at + ret->size;
	c->has_last_id = true;
	c->last_id = ret->id;
	return true;
}

bool yg_evtx_chunk_next(struct yg_evtx_chunk *chunk, struct yg_evtx_record *ret)
{
	struct yg_evtx_chunk *c = chunk;
	uint32_t limit = c->next < c->end ? c->end : (uint32_t)c->bytes.size;
	uint32_t from = c->next;
	uint32_t to;

	if (from >= c->bytes.size)
		return false;
	if (is_record(c, from, limit) && is_current(c, from))
		return take(c, from, ret);
	if (from >= c->end)
		return false;
	to = resync(c, from + 1);
	c->next = to;
	if (is_zero(yg_bytes_cut(c->bytes, from, to)))
		return to < c->end && take(c, to, ret);
	/* Behind the last record, an untrusted header's chunk may hold what earlier ones left. */
	if (!c->is_trusted && to == c->end &&
	    !yg_bytes_starts(yg_bytes_from(c->bytes, from), record_magic))
		return false;
	*ret = (struct yg_evtx_record){.at = from, .size = to - from, .is_damaged = true};
	tell(c->note, c->arg, N_("a stretch that holds no readable record"), c->at + from,
	     to - from);
	return true;
}
