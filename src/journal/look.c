/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "journal/look.h"

#include <dirent.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/io.h"
#include "journal/journal-int.h"
#include "journal/segment-int.h"

#include "base/ban.h"

#define SUFFIX ".seg"

static int look_file(const char *path, struct yg_bytes prefix, struct yg_journal_look *ret)
{
	uint8_t bytes[YG_SEGMENT_RECORD_BYTES + YG_JOURNAL_SENSOR_MAX];
	struct yg_segment_record record;
	struct yg_segment_head head;
	struct yg_fault fault;
	uint64_t before = ret->records;
	uint64_t at = YG_SEGMENT_HEAD_BYTES;
	size_t size = 0;
	int fd = -1;
	int rc = yg_io_open_read(path, &fd);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc; /* removed just now */
	rc = yg_io_read_at(fd, bytes, YG_SEGMENT_HEAD_BYTES, 0, &size);
	if (rc == YG_OK &&
	    yg_segment_head_read((struct yg_bytes){bytes, size}, &head, &fault) != YG_OK)
		size = 0;
	while (rc == YG_OK && size > 0) {
		struct yg_bytes sensor;

		rc = yg_io_read_at(fd, bytes, sizeof(bytes), at, &size);
		if (rc != YG_OK || yg_segment_record_read((struct yg_bytes){bytes, size}, head.salt,
							  at, &record, &fault) != YG_OK)
			break; /* here it ends */
		sensor = yg_bytes_cut(
			yg_bytes_from((struct yg_bytes){bytes, size}, YG_SEGMENT_RECORD_BYTES), 0,
			record.sensor_size);
		if (record.kind != YG_SEGMENT_MARK && yg_bytes_starts(sensor, prefix)) {
			ret->records++;
			ret->bytes += record.body_size;
			if (record.position > ret->last)
				ret->last = record.position;
		}
		at += yg_segment_record_size(record.sensor_size, record.body_size);
	}
	ret->segments += ret->records > before;
	(void)close(fd); /* it was read */
	return rc;
}

int yg_journal_look(const char *folder, struct yg_bytes prefix, struct yg_journal_look *ret)
{
	char path[YG_DISK_PATH_MAX];
	const struct dirent *entry;
	int rc = YG_OK;
	DIR *dir = opendir(folder);

	*ret = (struct yg_journal_look){0};
	if (!dir)
		return errno == ENOENT ? YG_OK : yg_err_from_errno(errno);
	while (rc == YG_OK && (entry = readdir(dir))) {
		int size;

		if (!yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(SUFFIX)))
			continue;
		size = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		rc = size > 0 && (unsigned)size < sizeof(path) ? look_file(path, prefix, ret)
							       : YG_ELIMIT;
	}
	(void)closedir(dir); /* it was read */
	return rc;
}

int yg_journal_look_cursor(const char *folder, const char *name, uint64_t *ret)
{
	char path[YG_DISK_PATH_MAX];
	int size = snprintf(path, sizeof(path), "%s/cursors/%s", folder, name);

	return size > 0 && (unsigned)size < sizeof(path) ? yg_journal_cursor_read(path, ret)
							 : YG_ELIMIT;
}
