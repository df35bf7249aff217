/* SPDX-License-Identifier: Apache-2.0 */
/* Segments as files: named, begun, read in order. */
#define _GNU_SOURCE
#include <unistd.h>

#include "base/crypt.h"
#include "base/io.h"
#include "journal/journal-int.h"

#include "base/ban.h"

#define NAME_DIGITS  20u
#define WINDOW_BYTES (256u * 1024u)

int yg_journal_path(const struct yg_journal *journal, const char *name, char to[YG_DISK_PATH_MAX])
{
	int size = snprintf(to, YG_DISK_PATH_MAX, "%s/%s", journal->folder, name);

	return size < 0 || (size_t)size >= YG_DISK_PATH_MAX ? YG_ELIMIT : YG_OK;
}

void yg_segment_name(uint64_t first, char to[YG_SEGMENT_NAME_MAX])
{
	(void)snprintf(to, YG_SEGMENT_NAME_MAX, "%020llu.seg",
		       (unsigned long long)first); /* 24 bytes */
}

bool yg_segment_name_read(const char *name, uint64_t *ret_first)
{
	struct yg_bytes b = yg_bytes_str(name);

	return b.size == NAME_DIGITS + 4 && yg_bytes_ends(b, YG_S(".seg")) &&
	       yg_bytes_u64(yg_bytes_cut(b, 0, NAME_DIGITS), ret_first) && *ret_first > 0;
}

int yg_segment_open(const struct yg_journal *journal, uint64_t first, int *ret_fd,
		    struct yg_segment_head *ret, struct yg_fault *reterr)
{
	char name[YG_SEGMENT_NAME_MAX];
	char path[YG_DISK_PATH_MAX];
	uint8_t head[YG_SEGMENT_HEAD_BYTES];
	struct yg_window window = {0};
	struct yg_bytes got;
	int rc;

	yg_segment_name(first, name);
	rc = yg_journal_path(journal, name, path);
	if (rc == YG_OK)
		rc = yg_io_open_read(path, &window.fd);
	if (rc != YG_OK)
		return yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), 0);
	yg_buf_init(&window.bytes, sizeof(head));
	rc = yg_window_at(&window, 0, sizeof(head), sizeof(head), &got);
	if (rc != YG_OK)
		(void)yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), 0);
	else
		rc = yg_segment_head_read(got, ret, reterr);
	if (rc == YG_OK && ret->first != first)
		rc = yg_fault_set(reterr, YG_EFORMAT, "the segment has the name of another", 16);
	yg_buf_done(&window.bytes);
	if (rc != YG_OK)
		(void)close(window.fd); /* read only */
	else
		*ret_fd = window.fd;
	return rc;
}

/* ---- reading in order ---- */

/* Fill the window from @at: @size bytes at least, more when that is cheaper. */
static int fill(struct yg_window *window, uint64_t at, size_t size, uint64_t end)
{
	size_t want = size > WINDOW_BYTES ? size : WINDOW_BYTES;
	uint8_t *to;
	size_t got = 0;
	int rc;

	if (want > end - at)
		want = (size_t)(end - at);
	yg_buf_reset(&window->bytes);
	window->bytes.max = want > window->bytes.max ? want : window->bytes.max;
	window->start = at;
	to = yg_buf_reserve(&window->bytes, want);
	if (!to)
		return YG_ENOMEM;
	rc = yg_io_read_at(window->fd, to, want, at, &got);
	if (rc == YG_OK)
		yg_buf_grew(&window->bytes, got);
	return rc;
}

int yg_window_at(struct yg_window *window, uint64_t at, size_t size, uint64_t end,
		 struct yg_bytes *ret)
{
	uint64_t offset;

	if (at > end)
		at = end;
	if (size > end - at)
		size = (size_t)(end - at);
	if (at < window->start || at + size > window->start + window->bytes.size) {
		int rc = fill(window, at, size, end);

		if (rc != YG_OK) {
			yg_buf_reset(&window->bytes);
			return rc;
		}
	}
	offset = at - window->start;
	*ret = yg_bytes_cut(yg_buf_bytes(&window->bytes), (size_t)offset, (size_t)offset + size);
	return YG_OK;
}

int yg_window_record(struct yg_window *window, uint64_t salt, uint64_t at, uint64_t end,
		     struct yg_segment_record *ret_head, struct yg_journal_record *ret,
		     struct yg_fault *reterr)
{
	struct yg_bytes got;
	uint64_t size;
	int rc = yg_window_at(window, at, YG_SEGMENT_RECORD_BYTES, end, &got);

	if (rc != YG_OK)
		return yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), 0);
	rc = yg_segment_record_read(got, salt, at, ret_head, reterr);
	if (rc != YG_OK)
		return rc;
	size = yg_segment_record_size(ret_head->sensor_size, ret_head->body_size);
	rc = yg_window_at(window, at, (size_t)size, end, &got);
	if (rc != YG_OK)
		return yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), 0);
	rc = yg_segment_record_rest(ret_head, salt, at, yg_bytes_from(got, YG_SEGMENT_RECORD_BYTES),
				    ret, reterr);
	if (rc == YG_OK && ret_head->kind == YG_SEGMENT_MARK)
		ret->position = 0;
	return rc;
}

/* ---- beginning one ---- */

static int write_head(const char *path, const char *name, const uint8_t *head, int *ret_fd)
{
	int fd = -1;
	int rc = yg_disk_open(path, YG_DISK_CREATE | YG_DISK_EXCLUSIVE, 0600, &fd);

	if (rc != YG_OK)
		return rc;
	rc = yg_disk_write(fd, (struct yg_bytes){head, YG_SEGMENT_HEAD_BYTES}, 0);
	if (rc == YG_OK)
		rc = yg_disk_sync(fd);
	if (rc == YG_OK)
		rc = yg_disk_rename(path, name);
	if (rc != YG_OK) {
		(void)yg_disk_close(fd);
		(void)yg_disk_unlink(path); /* the first error is the one to report */
		return rc;
	}
	rc = yg_disk_sync_folder_of(name);
	if (rc != YG_OK) {
		/* It may be there after a power cut or not; it holds nothing, so both is well. */
		(void)yg_disk_close(fd);
		(void)yg_disk_unlink(name);
		return rc;
	}
	*ret_fd = fd;
	return YG_OK;
}

/*
 * A segment gets its name only when its head is on the disk: a name with a bad head is damage,
 * never the trace of a power cut. One of the same name is empty and is replaced.
 */
int yg_segment_start(const struct yg_journal *journal, const struct yg_segment *before,
		     uint64_t first, int *ret_fd, struct yg_segment_head *ret)
{
	char name[YG_SEGMENT_NAME_MAX];
	char neighbour[YG_SEGMENT_NAME_MAX + 4];
	char path[YG_DISK_PATH_MAX];
	char from[YG_DISK_PATH_MAX];
	uint8_t head[YG_SEGMENT_HEAD_BYTES];
	int rc;

	*ret = (struct yg_segment_head){
		.first = first,
		.created_ns = journal->clock.now_ns(journal->clock.arg),
		.before_first = before ? before->first : 0,
		.before_end = before ? before->end : 0,
		.before_last = before ? before->last : 0,
	};
	yg_random((uint8_t *)&ret->salt, sizeof(ret->salt));
	yg_segment_head_write(ret, head);
	yg_segment_name(first, name);
	(void)snprintf(neighbour, sizeof(neighbour), "%s.new", name); /* 28 bytes */
	rc = yg_journal_path(journal, name, path);
	if (rc == YG_OK)
		rc = yg_journal_path(journal, neighbour, from);
	if (rc != YG_OK)
		return rc;
	(void)yg_disk_unlink(from); /* of an attempt that failed */
	return write_head(from, path, head, ret_fd);
}
