/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two older forms of an rpm database.
 *
 * NDB: pages of slots of 16 bytes ("Slot", package, first block, blocks; block 0: free) behind a
 * head of 32; a package is blocks of 16 bytes: "BlbS", package, time, size, header.
 *
 * Berkeley DB, hash: pages of equal size. All of them are gone through in the order of the file, so
 * neither buckets nor keys matter: a hash page has pairs of items, of which the second is the
 * value; a long value is a chain of overflow pages. Key 0 holds a counter, which is no header.
 */
#include "sensor/rpm.h"

#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

#define NDB_HEAD      32u
#define NDB_SLOT      16u
#define NDB_BLOCK     16u
#define NDB_PAGE      4096u
#define NDB_PAGES_MAX (YG_RPM_PACKAGES_MAX / 16)
#define BLOB_HEAD     16u

#define BDB_META      512u
#define BDB_MAGIC     0x00061561u
#define BDB_PAGE_MIN  512u
#define BDB_PAGE_MAX  65536u
#define BDB_PAGES_MAX (1u << 21)
#define BDB_HEAD      26u
#define TYPE_HASH_OLD 2u
#define TYPE_OVERFLOW 7u
#define TYPE_HASH     13u
#define ITEM_INLINE   1u
#define ITEM_OFF_PAGE 3u
#define OFF_PAGE_SIZE 12u
#define KEY_SIZE      4u

/* ---- bytes of the file ---- */

static int read_at(const struct yg_rpm_file *file, uint64_t at, uint8_t *to, size_t size)
{
	size_t got = 0;
	int rc;

	if (at > file->size || size > file->size - at)
		return YG_ETRUNC;
	if (file->fd < 0) {
		memcpy(to, file->bytes.data + at, size);
		return YG_OK;
	}
	rc = yg_io_read_at(file->fd, to, size, at, &got);
	return rc == YG_OK && got < size ? YG_ETRUNC : rc;
}

static uint32_t le32(const uint8_t *at)
{
	return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* ---- NDB ---- */

/* YG_ETRUNC, YG_EFORMAT: this one is damaged. */
static int read_blob(const struct yg_rpm_file *file, const uint8_t *slot, struct yg_buf *mem,
		     struct yg_rpm_found *found)
{
	uint64_t at = (uint64_t)le32(slot + 8) * NDB_BLOCK;
	uint64_t room = (uint64_t)le32(slot + 12) * NDB_BLOCK;
	uint8_t head[BLOB_HEAD];
	uint8_t *to;
	uint32_t size;
	int rc = read_at(file, at, head, sizeof(head));

	if (rc != YG_OK)
		return rc;
	size = le32(head + 12);
	if (memcmp(head, "BlbS", 4) != 0 || le32(head + 4) != le32(slot + 4) || room < BLOB_HEAD ||
	    size > room - BLOB_HEAD || size > YG_RPM_HEADER_MAX)
		return YG_EFORMAT;
	yg_buf_reset(mem);
	to = yg_buf_reserve(mem, size ? size : 1);
	if (!to)
		return yg_buf_error(mem);
	rc = read_at(file, at + BLOB_HEAD, to, size);
	if (rc != YG_OK)
		return rc;
	yg_buf_grew(mem, size);
	return yg_rpm_take(found, yg_buf_bytes(mem));
}

static bool is_damage(int rc)
{
	return rc == YG_ETRUNC || rc == YG_EFORMAT;
}

static int take_slot(const struct yg_rpm_file *file, const uint8_t *slot, struct yg_buf *mem,
		     struct yg_rpm_found *found)
{
	int rc = YG_OK;

	if (memcmp(slot, "Slot", 4) != 0)
		rc = YG_EFORMAT;
	else if (le32(slot + 8) != 0)
		rc = read_blob(file, slot, mem, found);
	if (!is_damage(rc))
		return rc;
	found->bad++;
	return YG_OK;
}

int yg_rpm_read_ndb(const struct yg_rpm_file *file, struct yg_rpm_found *found)
{
	uint8_t page[NDB_PAGE];
	struct yg_buf mem;
	uint32_t pages;
	int rc = read_at(file, 0, page, NDB_HEAD);

	if (rc != YG_OK || memcmp(page, "RpmP", 4) != 0)
		return rc == YG_OK || rc == YG_ETRUNC ? YG_EFORMAT : rc;
	if (le32(page + 4) != 0)
		return YG_EUNSUPPORTED;
	pages = le32(page + 12);
	if (pages > NDB_PAGES_MAX)
		return YG_ELIMIT;
	yg_buf_init(&mem, YG_RPM_HEADER_MAX + 1);
	for (uint32_t i = 0; rc == YG_OK && i < pages; i++) {
		rc = read_at(file, (uint64_t)i * NDB_PAGE, page, NDB_PAGE);
		for (size_t at = i ? 0 : NDB_HEAD; rc == YG_OK && at < NDB_PAGE; at += NDB_SLOT)
			rc = take_slot(file, page + at, &mem, found);
	}
	yg_buf_done(&mem);
	return is_damage(rc) ? YG_EFORMAT : rc;
}

/* ---- Berkeley DB ---- */

struct bdb {
	const struct yg_rpm_file *file;
	struct yg_rpm_found *found;
	bool is_big; /* the file's numbers are big-endian */
	uint32_t page_size;
	uint32_t pages;
	uint64_t followed; /* overflow pages, in all */
	uint8_t *page;	   /* the hash page */
	uint8_t *other;	   /* an overflow page */
	struct yg_buf value;
};

static uint32_t u32(const struct bdb *db, const uint8_t *at)
{
	return db->is_big ? __builtin_bswap32(le32(at)) : le32(at);
}

static uint16_t u16(const struct bdb *db, const uint8_t *at)
{
	return (uint16_t)(db->is_big ? at[0] << 8 | at[1] : at[1] << 8 | at[0]);
}

static int read_page(const struct bdb *db, uint32_t number, uint8_t *to)
{
	if (number >= db->pages)
		return YG_EFORMAT;
	return read_at(db->file, (uint64_t)number * db->page_size, to, db->page_size);
}

static int read_meta(struct bdb *db)
{
	uint8_t meta[BDB_META];
	int rc = read_at(db->file, 0, meta, sizeof(meta));

	if (rc != YG_OK)
		return rc == YG_ETRUNC ? YG_EFORMAT : rc;
	db->is_big = le32(meta + 12) != BDB_MAGIC;
	if (u32(db, meta + 12) != BDB_MAGIC)
		return YG_EFORMAT;
	db->page_size = u32(db, meta + 20);
	if (db->page_size < BDB_PAGE_MIN || db->page_size > BDB_PAGE_MAX ||
	    (db->page_size & (db->page_size - 1)) != 0)
		return YG_EFORMAT;
	/* Encrypted, or with a checksum in each page: rpm makes neither. */
	if (meta[24] != 0 || (meta[26] & 1) != 0)
		return YG_EUNSUPPORTED;
	if (db->file->size / db->page_size > BDB_PAGES_MAX)
		return YG_ELIMIT;
	db->pages = (uint32_t)(db->file->size / db->page_size);
	return YG_OK;
}

/* A value that stands in overflow pages. */
static int follow(struct bdb *db, uint32_t number, uint32_t size)
{
	int rc = YG_OK;

	yg_buf_reset(&db->value);
	if (size > YG_RPM_HEADER_MAX)
		return YG_EFORMAT;
	while (rc == YG_OK && db->value.size < size) {
		size_t part;

		/* Sound values share no page: what follows more than there are goes in circles. */
		if (db->followed++ > db->pages)
			return YG_ELIMIT;
		rc = read_page(db, number, db->other);
		if (rc != YG_OK)
			return rc;
		part = u16(db, db->other + 22);
		if (db->other[25] != TYPE_OVERFLOW || part == 0 ||
		    part > db->page_size - BDB_HEAD || part > size - db->value.size)
			return YG_EFORMAT;
		yg_buf_add(&db->value, (struct yg_bytes){db->other + BDB_HEAD, part});
		rc = yg_buf_error(&db->value);
		number = u32(db, db->other + 16);
	}
	return rc;
}

/* Item @i of the page: it ends where the one before it begins. */
static bool item_at(const struct bdb *db, unsigned i, struct yg_bytes *ret)
{
	size_t begin = u16(db, db->page + BDB_HEAD + 2 * i);
	size_t end = i ? u16(db, db->page + BDB_HEAD + 2 * (i - 1)) : db->page_size;

	if (begin >= end || end > db->page_size || begin < BDB_HEAD)
		return false;
	*ret = (struct yg_bytes){db->page + begin, end - begin};
	return true;
}

static int take_pair(struct bdb *db, struct yg_bytes key, struct yg_bytes value)
{
	static const uint8_t counter[KEY_SIZE];
	int rc;

	if (key.data[0] != ITEM_INLINE || key.size != 1 + KEY_SIZE)
		return YG_EFORMAT;
	if (memcmp(key.data + 1, counter, KEY_SIZE) == 0)
		return YG_OK;
	if (value.data[0] == ITEM_INLINE)
		return yg_rpm_take(db->found, yg_bytes_from(value, 1));
	if (value.data[0] != ITEM_OFF_PAGE || value.size < OFF_PAGE_SIZE)
		return YG_EFORMAT;
	rc = follow(db, u32(db, value.data + 4), u32(db, value.data + 8));
	return rc == YG_OK ? yg_rpm_take(db->found, yg_buf_bytes(&db->value)) : rc;
}

static int read_hash_page(struct bdb *db)
{
	unsigned count = u16(db, db->page + 20);
	int rc = YG_OK;

	if (count > (db->page_size - BDB_HEAD) / 2)
		count = 0;
	for (unsigned i = 0; rc == YG_OK && i + 1 < count; i += 2) {
		struct yg_bytes key;
		struct yg_bytes value;

		rc = item_at(db, i, &key) && item_at(db, i + 1, &value) ? take_pair(db, key, value)
									: YG_EFORMAT;
		if (is_damage(rc)) {
			db->found->bad++;
			rc = YG_OK;
		}
	}
	return rc;
}

int yg_rpm_read_bdb(const struct yg_rpm_file *file, struct yg_rpm_found *found)
{
	struct bdb db = {.file = file, .found = found};
	int rc = read_meta(&db);

	if (rc != YG_OK)
		return rc;
	yg_buf_init(&db.value, YG_RPM_HEADER_MAX + 1);
	db.page = yg_malloc(db.page_size);
	db.other = yg_malloc(db.page_size);
	if (!db.page || !db.other)
		rc = YG_ENOMEM;
	for (uint32_t i = 1; rc == YG_OK && i < db.pages; i++) {
		rc = read_page(&db, i, db.page);
		if (rc == YG_OK && (db.page[25] == TYPE_HASH || db.page[25] == TYPE_HASH_OLD))
			rc = read_hash_page(&db);
	}
	free(db.page);
	free(db.other);
	yg_buf_done(&db.value);
	return is_damage(rc) ? YG_EFORMAT : rc;
}
