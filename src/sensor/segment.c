/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crc32.h"
#include "base/disk.h"
#include "base/io.h"
#include "sensor/spool-int.h"

#include "base/ban.h"

#define NAME_ROOM 32u

static void name_of(uint64_t first, char to[NAME_ROOM])
{
	(void)snprintf(to, NAME_ROOM, "%016llx.seg", (unsigned long long)first); /* 21 bytes */
}

static bool path_of(const struct yg_spool *spool, uint64_t first, char to[YG_DISK_PATH_MAX])
{
	char name[NAME_ROOM];
	int size;

	name_of(first, name);
	size = snprintf(to, YG_DISK_PATH_MAX, "%s/%s", spool->folder, name);
	return size > 0 && (unsigned)size < YG_DISK_PATH_MAX;
}

static bool read_name(const char *name, uint64_t *ret)
{
	char again[NAME_ROOM];
	uint64_t value = 0;

	for (size_t i = 0; i < 16; i++) {
		int digit = yg_hex_digit((uint8_t)name[i]);

		if (digit < 0)
			return false; /* also at the end of a short name */
		value = value << 4 | (uint64_t)digit;
	}
	name_of(value, again);
	*ret = value;
	return strcmp(name, again) == 0;
}

static int add_segment(struct yg_spool *spool, uint64_t first, uint64_t size)
{
	if (spool->segment_count == spool->segment_room) {
		size_t room = spool->segment_room ? spool->segment_room * 2 : 64;
		void *more = yg_reallocarray(spool->segments, room, sizeof(*spool->segments));

		if (!more)
			return YG_ENOMEM;
		spool->segments = more;
		spool->segment_room = room;
	}
	spool->segments[spool->segment_count++] = (struct yg_segment){first, size};
	spool->bytes += size;
	return YG_OK;
}

static int by_first(const void *a_arg, const void *b_arg)
{
	const struct yg_segment *a = a_arg;
	const struct yg_segment *b = b_arg;

	return a->first < b->first ? -1 : a->first > b->first;
}

int yg_spool_segments_find(struct yg_spool *spool)
{
	int fd = openat(spool->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int rc = YG_OK;

	if (!folder) {
		rc = yg_err_from_errno(errno);
		if (fd >= 0)
			(void)close(fd); /* read only: nothing to lose */
		return rc;
	}
	while (rc == YG_OK && (entry = readdir(folder)) != NULL) {
		struct stat st;
		uint64_t first;

		if (read_name(entry->d_name, &first) &&
		    fstatat(spool->folder_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			rc = add_segment(spool, first, (uint64_t)st.st_size);
	}
	(void)closedir(folder); /* read only */
	if (spool->segment_count > 1)
		qsort(spool->segments, spool->segment_count, sizeof(*spool->segments), by_first);
	return rc;
}

int yg_spool_segment_open(const struct yg_spool *spool, size_t i, bool to_write, int *ret_fd)
{
	char path[YG_DISK_PATH_MAX];
	char name[NAME_ROOM];
	int fd;

	name_of(spool->segments[i].first, name);
	if (to_write)
		return path_of(spool, spool->segments[i].first, path)
			       ? yg_disk_open(path, 0, 0600, ret_fd)
			       : YG_ELIMIT;
	fd = openat(spool->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return yg_err_from_errno(errno);
	*ret_fd = fd;
	return YG_OK;
}

/* ---- entries ---- */

static void put(uint8_t *to, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *from, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

static uint32_t checksum(const uint8_t head[YG_SPOOL_ENTRY_BYTES], struct yg_bytes body)
{
	uint32_t crc = yg_crc32((struct yg_bytes){head + 4, 8}, 0);

	crc = yg_crc32((struct yg_bytes){head + 16, YG_SPOOL_ENTRY_BYTES - 16}, crc);
	return yg_crc32(body, crc);
}

/* All @size bytes at @at: YG_OK, YG_EEND (there are fewer), or an error. */
static int read_at(int fd, uint64_t at, uint8_t *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, to + done, size - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return yg_err_from_errno(errno);
		if (got == 0)
			return YG_EEND;
		done += (size_t)got;
	}
	return YG_OK;
}

int yg_spool_segment_read(int fd, uint64_t at, struct yg_buf *mem, struct yg_entry *ret)
{
	uint8_t head[YG_SPOOL_ENTRY_BYTES];
	uint64_t kind;
	uint64_t size;
	uint8_t *room;
	int rc = read_at(fd, at, head, sizeof(head));

	if (rc != YG_OK)
		return rc;
	kind = get(head + 4, 4);
	size = get(head + 8, 4);
	if (memcmp(head, "YGS1", 4) != 0 || kind < YG_SPOOL_STATE_ENTRY ||
	    kind > YG_SPOOL_LINE_ENTRY || size > YG_SPOOL_BODY_MAX)
		return YG_EEND;
	yg_buf_reset(mem);
	room = yg_buf_reserve(mem, (size_t)size + 1);
	if (!room)
		return YG_ENOMEM;
	rc = read_at(fd, at + sizeof(head), room, (size_t)size);
	if (rc != YG_OK)
		return rc;
	yg_buf_grew(mem, (size_t)size);
	if (checksum(head, yg_buf_bytes(mem)) != get(head + 12, 4))
		return YG_EEND;
	*ret = (struct yg_entry){
		.kind = (enum yg_spool_entry_kind)kind,
		.number = get(head + 16, 8),
		.written_ns = (int64_t)get(head + 24, 8),
		.end = at + sizeof(head) + size,
		.body = yg_buf_bytes(mem),
	};
	return YG_OK;
}

/* ---- writing ---- */

int yg_spool_segment_cut(struct yg_spool *spool, uint64_t size)
{
	struct yg_segment *last = &spool->segments[spool->segment_count - 1];

	if (yg_disk_truncate(spool->fd, size) != YG_OK) {
		spool->is_broken = true;
		return YG_EIO;
	}
	spool->bytes -= last->size - size;
	last->size = size;
	spool->is_broken = false;
	return YG_OK;
}

/* One entry behind what @to holds. */
static void add_entry(struct yg_buf *to, enum yg_spool_entry_kind kind, uint64_t number,
		      int64_t now_ns, const struct yg_bytes *parts, size_t part_count)
{
	size_t before = to->size;
	uint8_t *head = yg_buf_reserve(to, YG_SPOOL_ENTRY_BYTES);

	if (!head)
		return; /* the buffer knows */
	memset(head, 0, YG_SPOOL_ENTRY_BYTES);
	yg_buf_grew(to, YG_SPOOL_ENTRY_BYTES);
	for (size_t i = 0; i < part_count; i++)
		yg_buf_add(to, parts[i]);
	if (yg_buf_error(to))
		return;
	head = to->data + before;
	memcpy(head, "YGS1", 4);
	put(head + 4, kind, 4);
	put(head + 8, to->size - before - YG_SPOOL_ENTRY_BYTES, 4);
	put(head + 16, number, 8);
	put(head + 24, (uint64_t)now_ns, 8);
	put(head + 12,
	    checksum(head, yg_bytes_from(yg_buf_bytes(to), before + YG_SPOOL_ENTRY_BYTES)), 4);
}

/* The lines of the ledger that belong to the entry behind them. */
static void add_lines(struct yg_spool *spool, int64_t now_ns)
{
	struct yg_bytes lines = yg_buf_bytes(&spool->ledger.unit);

	while (lines.size > 0) {
		size_t end = yg_bytes_chr(lines, '\n'); /* whole lines */
		struct yg_bytes line = yg_bytes_cut(lines, 0, end);

		add_entry(&spool->entry, YG_SPOOL_LINE_ENTRY, 0, now_ns, &line, 1);
		lines = yg_bytes_from(lines, end + 1);
	}
}

int yg_spool_segment_append(struct yg_spool *spool, enum yg_spool_entry_kind kind, uint64_t number,
			    int64_t now_ns, const struct yg_bytes *parts, size_t part_count)
{
	struct yg_segment *last = &spool->segments[spool->segment_count - 1];
	struct yg_buf *entry = &spool->entry;
	/* A segment begins with its state; lines wait for the entry behind that. */
	bool with_lines = last->size > 0;
	int rc;

	if (spool->is_broken && yg_spool_segment_cut(spool, last->size) != YG_OK)
		return YG_EIO;
	if (yg_buf_error(&spool->ledger.unit))
		return yg_buf_error(&spool->ledger.unit);
	yg_buf_reset(entry);
	if (with_lines)
		add_lines(spool, now_ns);
	add_entry(entry, kind, number, now_ns, parts, part_count);
	if (yg_buf_error(entry))
		return yg_buf_error(entry);
	rc = yg_disk_write(spool->fd, yg_buf_bytes(entry), last->size);
	if (rc != YG_OK) {
		(void)!yg_spool_segment_cut(spool,
					    last->size); /* else it is broken, and known to be */
		return rc;
	}
	last->size += entry->size;
	spool->bytes += entry->size;
	spool->ledger.is_unit_out = with_lines;
	return YG_OK;
}

int yg_spool_segment_sync(struct yg_spool *spool)
{
	int rc = yg_disk_sync(spool->fd);

	/* What is on disk is not known any more: what stands there must be looked at again. */
	spool->is_broken |= rc != YG_OK;
	return rc;
}

int yg_spool_segment_new(struct yg_spool *spool, uint64_t first)
{
	char path[YG_DISK_PATH_MAX];
	int fd;
	int rc = path_of(spool, first, path) ? yg_disk_open(path, YG_DISK_CREATE, 0600, &fd)
					     : YG_ELIMIT;

	if (rc != YG_OK)
		return rc;
	rc = yg_disk_truncate(fd, 0);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder(spool->folder);
	if (rc == YG_OK)
		rc = add_segment(spool, first, 0);
	if (rc != YG_OK) {
		(void)yg_disk_unlink(path); /* empty: as good when it stays */
		(void)yg_disk_close(fd);    /* as above */
		return rc;
	}
	if (spool->fd >= 0)
		(void)yg_disk_close(spool->fd); /* was synced */
	spool->fd = fd;
	return YG_OK;
}

int yg_spool_segment_remove_first(struct yg_spool *spool)
{
	char path[YG_DISK_PATH_MAX];
	int rc = path_of(spool, spool->segments[0].first, path) ? yg_disk_unlink(path) : YG_ELIMIT;

	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	spool->bytes -= spool->segments[0].size;
	spool->segment_count--;
	memmove(spool->segments, spool->segments + 1,
		spool->segment_count * sizeof(*spool->segments));
	if (spool->cursor_segment > 0)
		spool->cursor_segment--;
	else
		spool->cursor_number = 0;
	return YG_OK;
}

int yg_spool_segment_remove_last(struct yg_spool *spool)
{
	struct yg_segment *last = &spool->segments[spool->segment_count - 1];
	char path[YG_DISK_PATH_MAX];
	int fd = -1;
	int rc = path_of(spool, last->first, path) ? YG_OK : YG_ELIMIT;

	if (rc == YG_OK && spool->segment_count > 1)
		rc = yg_spool_segment_open(spool, spool->segment_count - 2, true, &fd);
	if (rc == YG_OK)
		rc = yg_disk_unlink(path);
	if (rc != YG_OK) {
		if (fd >= 0)
			(void)yg_disk_close(fd); /* nothing was written */
		return rc;
	}
	spool->bytes -= last->size;
	spool->segment_count--;
	if (spool->fd >= 0)
		(void)yg_disk_close(spool->fd); /* it is gone */
	spool->fd = fd;
	spool->cursor_number = 0;
	return YG_OK;
}
