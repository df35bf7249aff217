/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The archive with other bodies in some of its members, everything else byte for byte.
 *
 *   [member][member][member] … [central directory: one entry each][end record, comment]
 *      as it is    │  └ its head, then the new body, stored
 *                  └ from its first byte to the first of the next one, whatever stands between
 *
 * Members may not overlap, so that what is written is never more than file and bodies together.
 */
#include "base/alloc.h"
#include "base/crc32.h"
#include "parse/book-int.h"

#include "base/ban.h"

#define LOCAL_BYTES   30u
#define ENTRY_BYTES   46u
#define END_BYTES     22u
#define LOCATOR_BYTES 20u
#define MEMBERS_MAX   4096u
#define COMMENT_MAX   65535u

struct member {
	const uint8_t *entry; /* in the central directory */
	size_t entry_size;
	struct yg_bytes name;
	size_t from;			 /* its first byte */
	size_t to;			 /* behind its last */
	const struct yg_book_part *part; /* NULL: stays */
	uint32_t crc;
	size_t fresh; /* where it stands now */
};

struct archive {
	struct yg_bytes file;
	struct yg_line_fault *fault;
	struct member *members;	 /* in the order of the central directory */
	struct member **ordered; /* by their first byte */
	uint32_t count;
	size_t central; /* where the central directory begins */
	size_t end;	/* where the end record does */
};

static uint32_t little(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)at[i] << (8 * i);
	return value;
}

static void put_little(uint8_t *to, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static int damaged(const struct archive *a, const char *what)
{
	return yg_line_fault_set(a->fault, YG_EFORMAT, 0,
				 "the workbook is no zip archive that can be copied: %s", what);
}

/* The end record: the last place from which a comment reaches exactly to the end of the file. */
static int find_end(struct archive *a)
{
	size_t size = a->file.size;
	const uint8_t *at;

	for (size_t back = END_BYTES; back <= size && back <= END_BYTES + COMMENT_MAX; back++) {
		at = a->file.data + (size - back);
		if (memcmp(at, "PK\x05\x06", 4) != 0 || little(at + 20, 2) != back - END_BYTES)
			continue;
		a->end = size - back;
		a->count = little(at + 10, 2);
		a->central = little(at + 16, 4);
		if ((a->end >= LOCATOR_BYTES && memcmp(at - LOCATOR_BYTES, "PK\x06\x07", 4) == 0) ||
		    a->count == 0xffff || a->central == UINT32_MAX)
			return yg_line_fault_set(a->fault, YG_EUNSUPPORTED, 0,
						 "the workbook is a zip64 archive: save it once "
						 "more with a spreadsheet program");
		if (little(at + 4, 4) != 0 || little(at + 8, 2) != a->count ||
		    a->central > a->end || a->end - a->central != little(at + 12, 4))
			return damaged(a, "its directory is not where it should be");
		return YG_OK;
	}
	return damaged(a, "it has no end");
}

static int read_entry(struct archive *a, size_t *at, struct member *to)
{
	const uint8_t *entry = a->file.data + *at;
	size_t name;

	if (a->end - *at < ENTRY_BYTES || memcmp(entry, "PK\x01\x02", 4) != 0)
		return damaged(a, "its directory is cut off");
	name = little(entry + 28, 2);
	*to = (struct member){.entry = entry,
			      .entry_size = ENTRY_BYTES + name + little(entry + 30, 2) +
					    little(entry + 32, 2),
			      .name = {entry + ENTRY_BYTES, name},
			      .from = little(entry + 42, 4)};
	if (to->entry_size > a->end - *at)
		return damaged(a, "its directory is cut off");
	if (little(entry + 8, 2) & 1)
		return yg_line_fault_set(a->fault, YG_EFORMAT, 0,
					 "the workbook has a password: save it without one");
	*at += to->entry_size;
	return YG_OK;
}

static int by_place(const void *a, const void *b)
{
	size_t x = (*(struct member *const *)a)->from;
	size_t y = (*(struct member *const *)b)->from;

	return x < y ? -1 : x > y;
}

/* Each member to the beginning of the next, which holds all that its directory entry says. */
static int measure(struct archive *a)
{
	for (uint32_t i = 0; i < a->count; i++)
		a->ordered[i] = &a->members[i];
	qsort(a->ordered, a->count, sizeof(struct member *), by_place);
	for (uint32_t i = 0; i < a->count; i++) {
		struct member *m = a->ordered[i];
		const uint8_t *head = a->file.data + m->from;
		uint64_t needed;

		m->to = i + 1 < a->count ? a->ordered[i + 1]->from : a->central;
		if (m->from > a->central || m->to > a->central || m->to < m->from ||
		    m->to - m->from < LOCAL_BYTES || memcmp(head, "PK\x03\x04", 4) != 0)
			return damaged(a, "a part of it is not where its directory says");
		needed = (uint64_t)LOCAL_BYTES + little(head + 26, 2) + little(head + 28, 2) +
			 little(m->entry + 20, 4);
		if (needed > m->to - m->from)
			return damaged(a, "parts of it overlap");
	}
	return YG_OK;
}

static int read_directory(struct archive *a)
{
	size_t at = a->central;
	int rc = YG_OK;

	if (a->count > MEMBERS_MAX)
		return yg_line_fault_set(a->fault, YG_ELIMIT, 0,
					 "the workbook holds more than %u parts", MEMBERS_MAX);
	a->members = yg_calloc((size_t)a->count + 1, sizeof(*a->members));
	a->ordered = yg_calloc((size_t)a->count + 1, sizeof(*a->ordered));
	if (!a->members || !a->ordered)
		return yg_line_fault_set(a->fault, YG_ENOMEM, 0, "out of memory");
	for (uint32_t i = 0; rc == YG_OK && i < a->count; i++)
		rc = read_entry(a, &at, &a->members[i]);
	if (rc == YG_OK && at != a->end)
		rc = damaged(a, "its directory is longer than it says");
	return rc == YG_OK ? measure(a) : rc;
}

/* Which member gets which body: each of @parts one. */
static int assign(struct archive *a, const struct yg_book_part *parts, uint32_t count)
{
	for (uint32_t k = 0; k < count; k++) {
		struct yg_bytes name = yg_bytes_str(parts[k].name);
		uint32_t found = 0;

		for (uint32_t i = 0; i < a->count; i++) {
			if (!yg_bytes_eq(a->members[i].name, name))
				continue;
			found++;
			a->members[i].part = &parts[k];
			a->members[i].crc = yg_crc32(parts[k].body, 0);
		}
		if (found != 1)
			return damaged(a, found ? "a sheet stands in it twice"
						: "a sheet is not in it");
	}
	return YG_OK;
}

/* Method, checksum and sizes of what is stored; @at: those fields of a local head or an entry. */
static void put_sizes(uint8_t *flags, uint8_t *sizes, const struct member *m)
{
	put_little(flags, little(flags, 2) & ~UINT32_C(8), 2); /* sizes stand here, not behind */
	put_little(flags + 2, 0, 2);
	put_little(sizes, m->crc, 4);
	put_little(sizes + 4, (uint32_t)m->part->body.size, 4);
	put_little(sizes + 8, (uint32_t)m->part->body.size, 4);
}

static void write_member(const struct archive *a, struct member *m, struct yg_buf *to)
{
	const uint8_t *head = a->file.data + m->from;
	size_t size = LOCAL_BYTES + little(head + 26, 2) + little(head + 28, 2);
	uint8_t *fresh;

	m->fresh = to->size;
	if (!m->part) {
		yg_buf_add(to, (struct yg_bytes){head, m->to - m->from});
		return;
	}
	fresh = yg_buf_reserve(to, size);
	if (!fresh)
		return;
	memcpy(fresh, head, size);
	put_sizes(fresh + 6, fresh + 14, m);
	yg_buf_grew(to, size);
	yg_buf_add(to, m->part->body);
}

static void write_entry(const struct member *m, struct yg_buf *to)
{
	uint8_t *fresh = yg_buf_reserve(to, m->entry_size);

	if (!fresh)
		return;
	memcpy(fresh, m->entry, m->entry_size);
	if (m->part)
		put_sizes(fresh + 8, fresh + 16, m);
	put_little(fresh + 42, (uint32_t)m->fresh, 4); /* a buffer holds less than 4 GiB */
	yg_buf_grew(to, m->entry_size);
}

static int write_all(const struct archive *a, struct yg_buf *to)
{
	size_t central;
	uint8_t *fresh;
	size_t size = a->file.size - a->end;

	yg_buf_add(to, yg_bytes_cut(a->file, 0, a->count ? a->ordered[0]->from : a->central));
	for (uint32_t i = 0; i < a->count; i++)
		write_member(a, a->ordered[i], to);
	central = to->size;
	for (uint32_t i = 0; i < a->count; i++)
		write_entry(&a->members[i], to);
	fresh = yg_buf_reserve(to, size);
	if (fresh) {
		memcpy(fresh, a->file.data + a->end, size);
		put_little(fresh + 16, (uint32_t)central, 4);
		yg_buf_grew(to, size);
	}
	return yg_buf_error(to) == YG_OK
		       ? YG_OK
		       : yg_line_fault_set(a->fault, yg_buf_error(to), 0,
					   "the workbook grew beyond what may be written");
}

int yg_book_zip_check(struct yg_bytes file, struct yg_line_fault *reterr)
{
	struct archive a = {.file = file, .fault = reterr};
	int rc = find_end(&a);

	if (rc == YG_OK)
		rc = read_directory(&a);
	free(a.members);
	free(a.ordered);
	return rc;
}

int yg_book_zip(struct yg_bytes file, const struct yg_book_part *parts, uint32_t count,
		struct yg_buf *to, struct yg_line_fault *reterr)
{
	struct archive a = {.file = file, .fault = reterr};
	int rc = find_end(&a);

	if (rc == YG_OK)
		rc = read_directory(&a);
	if (rc == YG_OK)
		rc = assign(&a, parts, count);
	if (rc == YG_OK)
		rc = write_all(&a, to);
	free(a.members);
	free(a.ordered);
	return rc;
}
