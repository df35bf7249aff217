/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zip archives through libzip, over our own source: it reads with base/io.h (so that tests can make
 * reads fail), counts what was read (for the ratio), and serves memory as well as files.
 *
 * libzip builds a table of all entries when it opens an archive. How many a hostile archive claims
 * is looked up first (check_count), so that the table stays small.
 */
#define _GNU_SOURCE
#include "source/unpack-int.h"

#include <sys/stat.h>
#include <unistd.h>
#define YG_BAN_ALLOW_MALLOC /* the library's header names it */
#include <zip.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/tr.h"

#include "base/ban.h"

#define TAIL_BYTES    (66u * 1024u) /* the end record, its comment (64 KiB), the zip64 locator */
#define END_BYTES     22u
#define LOCATOR_BYTES 20u
#define END64_BYTES   56u

struct yg_zip {
	int fd; /* borrowed; < 0: memory */
	struct yg_bytes memory;
	uint64_t size;
	uint64_t at;
	uint64_t read_bytes;
	uint64_t start_bytes; /* read_bytes when the member began */
	uint64_t text_bytes;
	zip_error_t error;
	zip_t *archive;
	zip_file_t *member;
};

static int read_at(struct yg_zip *zip, uint64_t at, uint8_t *to, size_t room, size_t *ret_size)
{
	uint64_t left = at < zip->size ? zip->size - at : 0;

	if (room > left)
		room = (size_t)left;
	*ret_size = 0;
	if (room == 0)
		return YG_OK;
	if (zip->fd < 0) {
		memcpy(to, zip->memory.data + at, room);
		*ret_size = room;
		return YG_OK;
	}
	if (lseek(zip->fd, (off_t)at, SEEK_SET) < 0)
		return yg_err_from_errno(errno);
	return yg_io_read(zip->fd, to, room, ret_size);
}

static zip_int64_t source_stat(struct yg_zip *zip, void *data)
{
	zip_stat_t *st = data;

	zip_stat_init(st);
	st->valid = ZIP_STAT_SIZE;
	st->size = zip->size;
	return sizeof(*st);
}

static zip_int64_t source_call(void *arg, void *data, zip_uint64_t size, zip_source_cmd_t command)
{
	struct yg_zip *zip = arg;
	zip_int64_t where;
	size_t got;

	switch (command) {
	case ZIP_SOURCE_OPEN:
		zip->at = 0;
		return 0;
	case ZIP_SOURCE_READ:
		if (read_at(zip, zip->at, data, (size_t)size, &got) != YG_OK) {
			zip_error_set(&zip->error, ZIP_ER_READ, EIO);
			return -1;
		}
		zip->at += got;
		zip->read_bytes += got;
		return (zip_int64_t)got;
	case ZIP_SOURCE_SEEK:
		where = zip_source_seek_compute_offset(zip->at, zip->size, data, size, &zip->error);
		if (where < 0)
			return -1;
		zip->at = (uint64_t)where;
		return 0;
	case ZIP_SOURCE_TELL:
		return (zip_int64_t)zip->at;
	case ZIP_SOURCE_STAT:
		return source_stat(zip, data);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&zip->error, data, size);
	case ZIP_SOURCE_CLOSE:
	case ZIP_SOURCE_FREE:
		return 0;
	case ZIP_SOURCE_SUPPORTS:
		return zip_source_make_command_bitmap(
			ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
			ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
			ZIP_SOURCE_SUPPORTS, -1);
	default:
		zip_error_set(&zip->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
}

static uint64_t little(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

/*
 * How many entries any end record in the last bytes claims. An archive can hold several such
 * records; the library chooses one, so the greatest claim decides.
 */
static int check_count(struct yg_zip *zip, uint8_t tail[TAIL_BYTES], uint64_t *ret_claim)
{
	uint64_t start = zip->size > TAIL_BYTES ? zip->size - TAIL_BYTES : 0;
	size_t filled = 0;

	*ret_claim = 0;
	while (filled < TAIL_BYTES) {
		size_t got;
		int rc = read_at(zip, start + filled, tail + filled, TAIL_BYTES - filled, &got);

		if (rc != YG_OK)
			return rc;
		if (got == 0)
			break;
		filled += got;
	}
	for (size_t i = 0; i + LOCATOR_BYTES <= filled; i++) {
		uint64_t claim = 0;

		if (memcmp(tail + i, "PK\x05\x06", 4) == 0 && i + END_BYTES <= filled) {
			claim = little(tail + i + 10, 2);
			if (claim == 0xffff)
				claim = 0; /* "see the zip64 record", or refused with it */
		} else if (memcmp(tail + i, "PK\x06\x07", 4) == 0) {
			uint8_t end64[END64_BYTES];
			size_t got;
			int rc = read_at(zip, little(tail + i + 8, 8), end64, sizeof(end64), &got);

			if (rc != YG_OK)
				return rc;
			if (got == sizeof(end64) && memcmp(end64, "PK\x06\x06", 4) == 0)
				claim = little(end64 + 32, 8);
		}
		if (claim > *ret_claim)
			*ret_claim = claim;
	}
	return YG_OK;
}

static int open_archive(struct yg_zip *zip, const char **ret_reason)
{
	zip_source_t *source = zip_source_function_create(source_call, zip, &zip->error);
	int why;

	if (!source) {
		*ret_reason = N_("out of memory");
		return YG_ENOMEM;
	}
	zip->archive = zip_open_from_source(source, ZIP_RDONLY, &zip->error);
	if (zip->archive)
		return YG_OK;
	why = zip_error_code_zip(&zip->error);
	zip_source_free(source);
	if (why == ZIP_ER_MEMORY) {
		*ret_reason = N_("out of memory");
		return YG_ENOMEM;
	}
	if (why == ZIP_ER_READ || why == ZIP_ER_SEEK) {
		*ret_reason = N_("the zip archive could not be read");
		return YG_EIO;
	}
	*ret_reason = N_("the zip archive is damaged or cut off: its list of files cannot be read");
	return YG_EFORMAT;
}

int yg_zip_open(int fd, struct yg_bytes memory, struct yg_zip **ret, const char **ret_reason)
{
	struct yg_zip *zip = yg_calloc(1, sizeof(*zip));
	uint8_t *tail = yg_malloc(TAIL_BYTES);
	struct stat st;
	uint64_t claim;
	int rc = YG_ENOMEM;

	*ret_reason = N_("out of memory");
	if (!zip || !tail)
		goto out;
	zip_error_init(&zip->error);
	zip->fd = fd;
	zip->memory = memory;
	zip->size = memory.size;
	if (fd >= 0) {
		*ret_reason = N_("a zip archive can only be read from a file, not from a pipe: "
				 "save it first");
		rc = YG_EUNSUPPORTED;
		if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
			goto out;
		zip->size = (uint64_t)st.st_size;
	}
	*ret_reason = N_("the zip archive could not be read");
	rc = check_count(zip, tail, &claim);
	if (rc != YG_OK)
		goto out;
	if (claim > YG_ZIP_MEMBERS_MAX) {
		*ret_reason = N_("the zip archive holds more than 10000 files: unpack it first");
		rc = YG_ELIMIT;
		goto out;
	}
	rc = open_archive(zip, ret_reason);
	if (rc == YG_OK) {
		*ret = zip;
		zip = NULL;
	}
out:
	(void)yg_zip_free(zip);
	free(tail);
	return rc;
}

struct yg_zip *yg_zip_free(struct yg_zip *zip)
{
	if (!zip)
		return NULL;
	if (zip->member)
		(void)zip_fclose(zip->member); /* read only: nothing to lose */
	if (zip->archive)
		zip_discard(zip->archive);
	zip_error_fini(&zip->error);
	free(zip);
	return NULL;
}

uint64_t yg_zip_count(const struct yg_zip *zip)
{
	zip_int64_t count = zip_get_num_entries(zip->archive, 0);

	if (count < 0)
		return 0;
	return (uint64_t)count < YG_ZIP_MEMBERS_MAX ? (uint64_t)count : YG_ZIP_MEMBERS_MAX;
}

bool yg_zip_member(struct yg_zip *zip, uint64_t index, struct yg_zip_member *ret)
{
	zip_stat_t st;
	size_t size;

	if (zip_stat_index(zip->archive, index, ZIP_FL_ENC_RAW, &st) != 0 ||
	    !(st.valid & ZIP_STAT_NAME))
		return false;
	size = strlen(st.name);
	if (size == 0 || size > YG_ZIP_NAME_MAX)
		return false;
	*ret = (struct yg_zip_member){
		.name = st.name,
		.packed_bytes = st.valid & ZIP_STAT_COMP_SIZE ? st.comp_size : 0,
		.text_bytes = st.valid & ZIP_STAT_SIZE ? st.size : 0,
		.mtime_ns = YG_TIME_NONE,
		.is_folder = st.name[size - 1] == '/',
		.is_encrypted = (st.valid & ZIP_STAT_ENCRYPTION_METHOD) &&
				st.encryption_method != ZIP_EM_NONE,
	};
	if ((st.valid & ZIP_STAT_MTIME) && st.mtime > 0)
		ret->mtime_ns = (int64_t)st.mtime * YG_NS_PER_S;
	return true;
}

static int zip_failure(zip_error_t *error, const char **ret_reason)
{
	switch (zip_error_code_zip(error)) {
	case ZIP_ER_MEMORY:
		*ret_reason = N_("out of memory");
		return YG_ENOMEM;
	case ZIP_ER_READ:
	case ZIP_ER_SEEK:
		*ret_reason = N_("the zip archive could not be read");
		return YG_EIO;
	case ZIP_ER_CRC:
		*ret_reason = N_("the checksum of the compressed data does not agree");
		return YG_EDIGEST;
	case ZIP_ER_NOPASSWD:
	case ZIP_ER_WRONGPASSWD:
	case ZIP_ER_ENCRNOTSUPP:
		*ret_reason = N_("it is encrypted: unpack it with its password first");
		return YG_EUNSUPPORTED;
	case ZIP_ER_COMPNOTSUPP:
		*ret_reason = N_("it is packed by a method that is not supported: unpack it first");
		return YG_EUNSUPPORTED;
	case ZIP_ER_EOF:
		*ret_reason = N_("the compressed data ends too early: the file is cut off");
		return YG_EFORMAT;
	default:
		*ret_reason = N_("the compressed data is damaged");
		return YG_EFORMAT;
	}
}

int yg_zip_start(struct yg_zip *zip, uint64_t index, const char **ret_reason)
{
	if (zip->member)
		(void)zip_fclose(zip->member); /* read only: nothing to lose */
	zip->start_bytes = zip->read_bytes;
	zip->text_bytes = 0;
	zip->member = zip_fopen_index(zip->archive, index, 0);
	return zip->member ? YG_OK : zip_failure(zip_get_error(zip->archive), ret_reason);
}

int yg_zip_read(struct yg_zip *zip, uint8_t *to, size_t room, size_t *ret_size,
		const char **ret_reason)
{
	zip_int64_t got = zip->member ? zip_fread(zip->member, to, room) : 0;
	int rc = YG_OK;

	*ret_size = got > 0 ? (size_t)got : 0;
	if (got == 0)
		rc = YG_EEND;
	else if (got < 0)
		rc = zip_failure(zip_file_get_error(zip->member), ret_reason);
	zip->text_bytes += *ret_size;
	if (rc == YG_OK && yg_unpack_is_bomb(yg_zip_packed(zip), zip->text_bytes)) {
		*ret_reason =
			N_("it unpacks to more than 1000 times its size: the rest was left out");
		rc = YG_ELIMIT;
	}
	if (rc != YG_OK && zip->member) { /* YG_EEND from now on */
		(void)zip_fclose(zip->member);
		zip->member = NULL;
	}
	return rc;
}

uint64_t yg_zip_packed(const struct yg_zip *zip)
{
	return zip->read_bytes - zip->start_bytes;
}
