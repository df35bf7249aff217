/* SPDX-License-Identifier: Apache-2.0 */
/* How large the local archive is, and what goes when it is too large. */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/disk.h"
#include "sensor/local-int.h"

#include "base/ban.h"

bool yg_local_path(const char *state, const char *name, char to[YG_ARCHIVE_PATH_MAX])
{
	int size = snprintf(to, YG_ARCHIVE_PATH_MAX, "%s/%s", state, name);

	return size > 0 && (unsigned)size < YG_ARCHIVE_PATH_MAX;
}

static uint64_t size_of(const char *path)
{
	char filters[YG_ARCHIVE_PATH_MAX];
	struct stat st;
	uint64_t size = 0;

	if (stat(path, &st) == 0)
		size += (uint64_t)st.st_size;
	if (snprintf(filters, sizeof(filters), "%s" YG_ARCHIVE_FILTERS, path) <
		    (int)sizeof(filters) &&
	    stat(filters, &st) == 0)
		size += (uint64_t)st.st_size;
	return size;
}

struct measure {
	uint64_t bytes;
	int64_t oldest_ns;
};

static int measure_file(void *arg, const struct yg_archive_entry *entry)
{
	struct measure *m = arg;

	m->bytes += size_of(entry->path);
	if (m->oldest_ns == YG_TIME_NONE || entry->hour_ns < m->oldest_ns)
		m->oldest_ns = entry->hour_ns;
	return YG_OK;
}

int yg_local_measure(const char *dir, const char *org, uint64_t *ret_bytes, int64_t *ret_oldest_ns)
{
	struct measure m = {.oldest_ns = YG_TIME_NONE};
	int rc = yg_archive_walk(dir, org, measure_file, &m);

	*ret_bytes = m.bytes;
	*ret_oldest_ns = m.oldest_ns;
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* ---- too much ---- */

struct shorten {
	uint64_t bytes; /* that must go */
	uint64_t gone;
};

/* The file, its filters, and folders that became empty. */
static int remove_file(const char *path)
{
	char other[YG_ARCHIVE_PATH_MAX];
	int rc;

	if (snprintf(other, sizeof(other), "%s" YG_ARCHIVE_FILTERS, path) < (int)sizeof(other))
		(void)!yg_disk_unlink(other); /* may never have been there */
	rc = yg_disk_unlink(path);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	(void)snprintf(other, sizeof(other), "%s", path); /* of the same size */
	for (unsigned up = 0; up < 3; up++) {		  /* day, month, year */
		char *slash = strrchr(other, '/');

		if (!slash)
			break;
		*slash = '\0';
		if (rmdir(other) != 0)
			break; /* not empty */
	}
	return YG_OK;
}

/* Oldest first, until enough is gone. What is still written to stays. */
static int remove_oldest(void *arg, const struct yg_archive_entry *entry)
{
	struct shorten *s = arg;
	uint64_t size = size_of(entry->path);
	int rc;

	if (s->bytes == 0 || entry->is_open)
		return YG_EEND;
	rc = remove_file(entry->path);
	if (rc != YG_OK)
		return rc;
	s->bytes -= size < s->bytes ? size : s->bytes;
	s->gone++;
	return YG_OK;
}

static int count_gone(void *arg, const struct yg_archive_entry *entry)
{
	(void)entry;
	++*(uint64_t *)arg;
	return YG_OK;
}

int yg_local_shorten(const char *dir, const char *org, int64_t before_ns, uint64_t bytes_max,
		     uint64_t *ret_gone)
{
	struct shorten s = {0};
	uint64_t bytes = 0;
	int64_t oldest_ns;
	int rc = yg_archive_expire(dir, org, before_ns, count_gone, ret_gone);

	if (rc == YG_OK)
		rc = yg_local_measure(dir, org, &bytes, &oldest_ns);
	if (rc == YG_OK && bytes > bytes_max) {
		s.bytes = bytes - bytes_max;
		rc = yg_archive_walk(dir, org, remove_oldest, &s);
		*ret_gone += s.gone;
	}
	return rc == YG_ENOENT || rc == YG_EEND ? YG_OK : rc;
}

uint64_t yg_local_lacking(const char *dir)
{
	struct statvfs fs;
	uint64_t reserve = YG_LOCAL_RESERVE;
	uint64_t available;

	if (statvfs(dir, &fs) != 0)
		return 0; /* writing will tell */
	available = (uint64_t)fs.f_bavail * fs.f_frsize;
	if ((uint64_t)fs.f_blocks * fs.f_frsize / 20 < reserve)
		reserve = (uint64_t)fs.f_blocks * fs.f_frsize / 20;
	return available < reserve ? reserve - available : 0;
}

/* ---- after a crash ---- */

struct repair {
	int64_t hour_ns;
	struct yg_local_describer *describer;
	int rc;
};

static int repair_file(void *arg, const struct yg_archive_entry *entry)
{
	struct repair *r = arg;
	struct stat st;
	uint64_t cut;
	int rc;

	if (!entry->is_open || entry->hour_ns >= r->hour_ns)
		return YG_OK;
	rc = yg_archive_repair(entry->path, yg_local_describe, r->describer, &cut);
	if (rc == YG_EMISMATCH && stat(entry->path, &st) == 0 && st.st_size == 0)
		rc = yg_disk_unlink(entry->path);
	if (rc != YG_OK)
		r->rc = rc; /* the others are looked at all the same */
	return YG_OK;
}

int yg_local_repair(const char *dir, const char *org, int64_t hour_ns,
		    struct yg_local_describer *describer)
{
	struct repair r = {hour_ns, describer, YG_OK};
	int rc = yg_archive_walk(dir, org, repair_file, &r);

	if (rc == YG_ENOENT)
		return YG_OK;
	return rc == YG_OK ? r.rc : rc;
}

static int end_of_file(const char *path, uint64_t *end)
{
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = yg_archive_open(path, &archive, &fault);

	for (uint32_t i = 0; rc == YG_OK && i < archive->count; i++)
		if (archive->frames[i].journal_end > *end)
			*end = archive->frames[i].journal_end;
	(void)yg_archive_free(archive);
	return rc == YG_EMISMATCH || rc == YG_ENOENT ? YG_OK : rc;
}

int yg_local_end(const char *dir, const char *org, int64_t arrived_ns, uint64_t *ret_end)
{
	int64_t hour_ns = arrived_ns - arrived_ns % YG_ARCHIVE_HOUR_NS;
	char path[YG_ARCHIVE_PATH_MAX];
	int rc = YG_OK;

	*ret_end = 0;
	for (unsigned part = 0; rc == YG_OK && part < YG_ARCHIVE_PARTS_MAX; part++) {
		bool is_closed =
			yg_archive_path(dir, org, hour_ns, part, YG_ARCHIVE_CLOSED, path) &&
			access(path, F_OK) == 0;

		/* Earlier parts of a large hour may have gone. */
		if (is_closed || (yg_archive_path(dir, org, hour_ns, part, YG_ARCHIVE_OPEN, path) &&
				  access(path, F_OK) == 0))
			rc = end_of_file(path, ret_end);
	}
	return rc;
}
