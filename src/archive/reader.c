/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "archive/reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive-int.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

int yg_archive_pread(int fd, uint64_t at, uint8_t *to, size_t size)
{
	while (size > 0) {
		ssize_t got;

		if (yg_fails_now())
			return YG_EIO;
		got = pread(fd, to, size, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return yg_err_from_errno(errno);
		if (got == 0)
			return YG_ETRUNC;
		to += got;
		at += (uint64_t)got;
		size -= (size_t)got;
	}
	return YG_OK;
}

void yg_archive_advise(int fd)
{
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM); /* without it, only more is read */
}

char *yg_archive_beside(const char *path, const char *ending)
{
	size_t size = strlen(path) + strlen(ending) + 1;
	char *text = yg_malloc(size);

	if (text)
		(void)snprintf(text, size, "%s%s", path, ending); /* measured above */
	return text;
}

bool yg_archive_is(struct yg_bytes head)
{
	return head.size >= 16 && yg_le32(head.data) == YG_SKIP_FRAME &&
	       memcmp(head.data + 8, "YGARFRM1", 8) == 0;
}

/* Where the index begins and how long it is, by the seek table at the end. */
static int find_index(const struct yg_archive *a, uint64_t *ret_at, uint32_t *ret_size)
{
	uint8_t footer[YG_SEEK_FOOTER];
	uint8_t entry[YG_SEEK_ENTRY];
	uint64_t entries, table;
	int rc;

	if (a->size < YG_SEEK_FOOTER)
		return YG_ETRUNC;
	rc = yg_archive_pread(a->fd, a->size - YG_SEEK_FOOTER, footer, sizeof(footer));
	if (rc != YG_OK)
		return rc;
	entries = yg_le32(footer);
	table = 8 + entries * YG_SEEK_ENTRY + YG_SEEK_FOOTER;
	if (yg_le32(footer + 5) != YG_SEEK_MAGIC || footer[4] != YG_SEEK_SUMS || entries < 3 ||
	    entries > 2 * YG_ARCHIVE_FRAMES_MAX + 1 || table > a->size)
		return YG_EFORMAT;
	rc = yg_archive_pread(a->fd, a->size - YG_SEEK_FOOTER - YG_SEEK_ENTRY, entry,
			      sizeof(entry));
	if (rc != YG_OK)
		return rc;
	*ret_size = yg_le32(entry);
	if (*ret_size > YG_INDEX_BYTES_MAX || *ret_size > a->size - table)
		return YG_EFORMAT;
	*ret_at = a->size - table - *ret_size;
	return YG_OK;
}

int yg_archive_index_load(const struct yg_archive *a, bool loosely,
			  struct yg_archive_index_read *ret, uint64_t *ret_at,
			  struct yg_fault *reterr)
{
	uint32_t size = 0;
	uint8_t *data;
	int rc = find_index(a, ret_at, &size);

	if (rc == YG_ETRUNC || rc == YG_EFORMAT)
		return yg_fault_set(reterr, YG_ETRUNC, N_("the file was not closed"), a->size);
	if (rc != YG_OK)
		return rc;
	data = yg_malloc(size);
	if (!data)
		return YG_ENOMEM;
	rc = yg_archive_pread(a->fd, *ret_at, data, size);
	if (rc == YG_OK) {
		rc = yg_archive_index_parse((struct yg_bytes){data, size},
					    loosely ? YG_INDEX_ANYWHERE : *ret_at, ret, reterr);
		reterr->pos += *ret_at;
	}
	free(data);
	return rc;
}

int yg_archive_head_at(const struct yg_archive *a, uint64_t at, struct yg_archive_frame *ret,
		       struct yg_fault *reterr)
{
	uint8_t head[YG_ARCHIVE_HEAD_MAX];
	size_t size = a->size - at < sizeof(head) ? (size_t)(a->size - at) : sizeof(head);
	int rc = yg_archive_pread(a->fd, at, head, size);

	if (rc != YG_OK)
		return yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), at);
	rc = yg_archive_frame_read((struct yg_bytes){head, size}, ret, reterr);
	ret->at = at;
	if (rc == YG_OK && a->size - at < (uint64_t)ret->head_size + ret->packed_size)
		return yg_fault_set(reterr, YG_ETRUNC, N_("the file ends in a frame"), a->size);
	if (rc != YG_OK)
		reterr->pos += at;
	return rc;
}

/*
 * Do the frames stand where the index says? The last one's header tells: bytes that came in or were
 * cut out before it have moved it. The index alone does not, as it allows for longer headers. One
 * that stands there and is damaged is in its place.
 */
static int check_last(const struct yg_archive *a, const struct yg_archive_index_read *index,
		      uint64_t at, struct yg_fault *reterr)
{
	const struct yg_archive_frame *said = &index->frames[index->count - 1];
	struct yg_archive_frame found;
	struct yg_fault fault = {0};
	int rc = yg_archive_head_at(a, said->at, &found, &fault);

	if ((rc == YG_OK && yg_archive_agrees(said, &found)) || rc == YG_EFORMAT ||
	    rc == YG_EDIGEST || rc == YG_ELIMIT)
		return YG_OK;
	if (rc != YG_OK && rc != YG_ETRUNC && rc != YG_EMISMATCH)
		return rc;
	return yg_fault_set(reterr, YG_EFORMAT, N_("the index does not fit the frames"), at);
}

static int load_index(struct yg_archive *a)
{
	struct yg_archive_index_read index;
	uint64_t at = 0;
	int rc = yg_archive_index_load(a, false, &index, &at, &a->fault);

	if (rc != YG_OK)
		return rc;
	rc = check_last(a, &index, at, &a->fault);
	if (rc != YG_OK) {
		free(index.frames);
		return rc;
	}
	a->frames = index.frames;
	a->count = index.count;
	memcpy(a->org, index.org, sizeof(a->org));
	a->hour_ns = index.hour_ns;
	a->index_sum = index.sum;
	a->end = at;
	a->is_sealed = true;
	a->fault = (struct yg_fault){0};
	return YG_OK;
}

int yg_archive_add_frame(struct yg_archive *a, const struct yg_archive_frame *frame)
{
	if (a->count == YG_ARCHIVE_FRAMES_MAX)
		return YG_ELIMIT;
	if ((a->count & (a->count - 1)) == 0) { /* full at each power of two */
		struct yg_archive_frame *more = yg_reallocarray(
			a->frames, a->count ? (size_t)a->count * 2 : 1, sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		a->frames = more;
	}
	a->frames[a->count++] = *frame;
	return YG_OK;
}

/* From header to header, as far as it goes. */
static int walk(struct yg_archive *a)
{
	struct yg_fault fault = {0};
	int rc = YG_OK;

	while (rc == YG_OK && a->end < a->size) {
		struct yg_archive_frame frame;

		rc = yg_archive_head_at(a, a->end, &frame, &fault);
		if (rc == YG_OK && frame.number != a->count)
			rc = yg_fault_set(&fault, YG_EFORMAT, N_("a frame has the wrong number"),
					  a->end);
		if (rc != YG_OK)
			break;
		rc = yg_archive_add_frame(a, &frame);
		if (rc != YG_OK)
			return rc;
		a->end += (uint64_t)frame.head_size + frame.packed_size;
	}
	if (rc != YG_OK && a->fault.code == YG_ETRUNC)
		a->fault = fault; /* more exact than "not closed" */
	return rc == YG_EIO ? rc : YG_OK;
}

struct yg_archive *yg_archive_free(struct yg_archive *a)
{
	if (!a)
		return NULL;
	if (a->fd >= 0)
		(void)close(a->fd); /* nothing was written */
	free(a->frames);
	free(a->gaps);
	free(a->path);
	free(a);
	return NULL;
}

static int open_file(struct yg_archive *a, struct yg_fault *reterr)
{
	uint8_t head[16] = {0};
	struct stat st;
	int rc = yg_io_open_read(a->path, &a->fd);

	if (rc != YG_OK)
		return yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), 0);
	if (fstat(a->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return yg_fault_set(reterr, YG_EMISMATCH, N_("not an archive of records"), 0);
	yg_archive_advise(a->fd);
	a->size = (uint64_t)st.st_size;
	if (a->size >= sizeof(head))
		rc = yg_archive_pread(a->fd, 0, head, sizeof(head));
	if (rc != YG_OK || !yg_archive_is((struct yg_bytes){head, sizeof(head)}))
		return yg_fault_set(reterr, YG_EMISMATCH, N_("not an archive of records"), 0);
	return YG_OK;
}

int yg_archive_open(const char *path, struct yg_archive **ret, struct yg_fault *reterr)
{
	struct yg_archive *a = yg_calloc(1, sizeof(*a));
	int rc = YG_ENOMEM;

	*ret = NULL;
	if (a) {
		a->fd = -1;
		a->hour_ns = YG_TIME_NONE;
		a->path = yg_strndup(path, strlen(path));
		rc = a->path ? open_file(a, reterr) : YG_ENOMEM;
	}
	if (rc == YG_OK) {
		rc = load_index(a);
		if (rc != YG_OK && rc != YG_ENOMEM)
			rc = walk(a);
		if (rc != YG_OK && rc != YG_ENOMEM)
			(void)yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), a->end);
	}
	if (rc == YG_ENOMEM)
		(void)yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	if (rc == YG_OK)
		*ret = a;
	else
		(void)yg_archive_free(a);
	return rc;
}

int yg_archive_load(const struct yg_archive *a, uint32_t index, struct yg_buf *to)
{
	const struct yg_archive_frame *frame = &a->frames[index];
	size_t size = (size_t)frame->head_size + frame->packed_size;
	uint8_t *room = yg_buf_reserve(to, size);
	int rc;

	if (!room)
		return yg_buf_error(to);
	rc = yg_archive_pread(a->fd, frame->at, room, size);
	if (rc == YG_OK)
		yg_buf_grew(to, size);
	return rc;
}

bool yg_archive_agrees(const struct yg_archive_frame *said, const struct yg_archive_frame *found)
{
	return said->number == found->number && said->head_size == found->head_size &&
	       said->packed_size == found->packed_size && said->text_size == found->text_size &&
	       said->records == found->records && said->journal_first == found->journal_first &&
	       said->journal_end == found->journal_end && said->first_ns == found->first_ns &&
	       said->last_ns == found->last_ns && said->formats == found->formats &&
	       memcmp(said->digest, found->digest, 8) == 0;
}
