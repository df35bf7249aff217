/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/ledger.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

#define PIECE 65536u

struct yg_ledger {
	char folder[YG_DISK_PATH_MAX];
	uint64_t file_max;
	int fd;
	struct yg_ledger_mark mark; /* written until there */
	bool is_dirty;		    /* since the last sync */
	bool is_broken;	      /* a sync failed, or too much waits: put right at the next start */
	struct yg_buf behind; /* lines that could not be written */
	uint64_t behind_n;    /* line and digest at their end */
	uint8_t behind_hash[YG_SHA256_BYTES];
};

static bool path_of(const struct yg_ledger *ledger, uint64_t file, char to[YG_DISK_PATH_MAX])
{
	int size = snprintf(to, YG_DISK_PATH_MAX, "%s/%016llu.jsonl", ledger->folder,
			    (unsigned long long)file);

	return size > 0 && (unsigned)size < YG_DISK_PATH_MAX;
}

int yg_ledger_open(const char *folder, struct yg_ledger **ret)
{
	struct yg_ledger *ledger;
	int rc;

	if (strlen(folder) >= YG_DISK_PATH_MAX - 32)
		return YG_ELIMIT;
	ledger = yg_calloc(1, sizeof(*ledger));
	if (!ledger)
		return YG_ENOMEM;
	ledger->fd = -1;
	ledger->file_max = YG_LEDGER_FILE_MAX;
	ledger->mark.file = 1;
	(void)snprintf(ledger->folder, sizeof(ledger->folder), "%s", folder); /* measured */
	yg_buf_init(&ledger->behind, YG_LEDGER_BEHIND_MAX);
	rc = yg_disk_mkdir(folder, 0700);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder_of(folder);
	if (rc != YG_OK) {
		(void)yg_ledger_free(ledger);
		return rc;
	}
	*ret = ledger;
	return YG_OK;
}

struct yg_ledger *yg_ledger_free(struct yg_ledger *ledger)
{
	if (!ledger)
		return NULL;
	if (ledger->fd >= 0)
		(void)yg_disk_close(ledger->fd); /* what counts is in the spool */
	yg_buf_done(&ledger->behind);
	free(ledger);
	return NULL;
}

void yg_ledger_bound(struct yg_ledger *ledger, uint64_t bytes_max)
{
	ledger->file_max = bytes_max / 8 < YG_LEDGER_FILE_MAX ? bytes_max / 8 : YG_LEDGER_FILE_MAX;
}

struct yg_ledger_mark yg_ledger_mark(const struct yg_ledger *ledger)
{
	return ledger->mark;
}

/* ---- where the files stand ---- */

/* The number that the last file is named by; 0: there is none. */
static int find_last(const struct yg_ledger *ledger, uint64_t *ret)
{
	DIR *folder = opendir(ledger->folder);
	const struct dirent *entry;

	*ret = 0;
	if (!folder)
		return yg_err_from_errno(errno);
	while ((entry = readdir(folder)) != NULL) {
		struct yg_bytes name = yg_bytes_str(entry->d_name);
		uint64_t file = 0;

		if (name.size == 22 && yg_bytes_ends(name, YG_S(".jsonl")) &&
		    yg_bytes_u64(yg_bytes_cut(name, 0, 16), &file) && file > *ret)
			*ret = file;
	}
	(void)closedir(folder); /* read only */
	return YG_OK;
}

/* Does a line with the digest of @mark end at its place? */
static int is_there(const struct yg_ledger *ledger, const struct yg_ledger_mark *mark, bool *ret)
{
	size_t want =
		mark->size < YG_LEDGER_LINE_MAX + 1 ? (size_t)mark->size : YG_LEDGER_LINE_MAX + 1;
	char path[YG_DISK_PATH_MAX];
	uint8_t digest[YG_SHA256_BYTES];
	struct yg_bytes line;
	const uint8_t *before;
	uint8_t *bytes;
	size_t size = 0;
	int fd;
	int rc;

	*ret = mark->size == 0; /* there was nothing in this file yet */
	if (*ret)
		return YG_OK;
	rc = path_of(ledger, mark->file, path) ? yg_io_open_read(path, &fd) : YG_ELIMIT;
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	bytes = yg_malloc(want);
	rc = bytes ? yg_io_read_at(fd, bytes, want, mark->size - want, &size) : YG_ENOMEM;
	if (rc == YG_OK && size == want && bytes[size - 1] == '\n') {
		before = size > 1 ? memrchr(bytes, '\n', size - 1) : NULL;
		line = yg_bytes_cut((struct yg_bytes){bytes, size - 1},
				    before ? (size_t)(before - bytes) + 1 : 0, size);
		yg_sha256(line, digest);
		*ret = memcmp(digest, mark->hash, sizeof(digest)) == 0;
	}
	free(bytes);
	(void)yg_disk_close(fd); /* read only: nothing to lose */
	return rc;
}

/* Open the file of the mark, or make it. */
static int open_file(struct yg_ledger *ledger, uint64_t *ret_size)
{
	char path[YG_DISK_PATH_MAX];
	struct stat st;
	int rc;

	if (ledger->fd >= 0)
		(void)yg_disk_close(ledger->fd); /* was synced */
	ledger->fd = -1;
	if (!path_of(ledger, ledger->mark.file, path))
		return YG_ELIMIT;
	rc = yg_disk_open(path, YG_DISK_CREATE, 0600, &ledger->fd);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder(ledger->folder);
	if (rc == YG_OK && fstat(ledger->fd, &st) != 0)
		rc = yg_err_from_errno(errno);
	if (rc == YG_OK && ret_size)
		*ret_size = (uint64_t)st.st_size;
	return rc;
}

/* ---- settling ---- */

struct settle {
	struct yg_ledger *ledger;
	struct yg_bytes wanted; /* lines that must stand next, with LF */
	bool is_free_start;	/* nothing is known of what comes before the first line */
	struct yg_ledger_found *found;
};

static struct yg_bytes first_line(struct yg_bytes lines)
{
	return yg_bytes_cut(lines, 0, yg_bytes_chr(lines, '\n'));
}

/* Is @text the line that comes next? Then the mark stands behind it. */
static int take_line(struct settle *s, struct yg_bytes text, bool *ret_is)
{
	struct yg_ledger_mark *mark = &s->ledger->mark;
	struct yg_ledger_line line;
	struct yg_wire_fault fault;
	int rc = yg_ledger_line_read(text, &line, &fault);

	*ret_is = false;
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK || (s->wanted.size > 0 && !yg_bytes_eq(text, first_line(s->wanted))))
		return YG_OK;
	if (s->is_free_start) {
		if (line.n != mark->file)
			return YG_OK;
		s->is_free_start = false;
	} else if (line.n != mark->n + 1 ||
		   memcmp(line.prev, mark->hash, sizeof(mark->hash)) != 0) {
		return YG_OK;
	}
	if (s->wanted.size > 0)
		s->wanted = yg_bytes_from(s->wanted, text.size + 1);
	if (line.kind == YG_LEDGER_BATCH || line.kind == YG_LEDGER_SPOOL)
		s->found->number = line.number;
	if (line.kind == YG_LEDGER_RECEIPT)
		s->found->receipted = line.number;
	mark->n = line.n;
	memcpy(mark->hash, line.hash, sizeof(mark->hash));
	mark->size += text.size + 1;
	*ret_is = true;
	return YG_OK;
}

/* As far as the file goes on rightly. */
static int walk_file(struct settle *s)
{
	struct yg_ledger *ledger = s->ledger;
	struct yg_buf bytes;
	bool is_next = true;
	int rc = YG_OK;

	yg_buf_init(&bytes, YG_LEDGER_LINE_MAX + 2 * PIECE);
	while (rc == YG_OK && is_next) {
		size_t end = yg_bytes_chr(yg_buf_bytes(&bytes), '\n');
		uint8_t *room;
		size_t size = 0;

		if (end != SIZE_MAX) {
			rc = take_line(s, yg_bytes_cut(yg_buf_bytes(&bytes), 0, end), &is_next);
			yg_buf_drop(&bytes, end + 1);
			continue;
		}
		room = bytes.size < YG_LEDGER_LINE_MAX ? yg_buf_reserve(&bytes, PIECE) : NULL;
		if (!room)
			break; /* no line of ours */
		rc = yg_io_read_at(ledger->fd, room, PIECE, ledger->mark.size + bytes.size, &size);
		yg_buf_grew(&bytes, rc == YG_OK ? size : 0);
		is_next = size > 0;
	}
	yg_buf_done(&bytes);
	return rc;
}

/* What the files lack of it. */
static int write_rest(struct settle *s)
{
	struct yg_ledger *ledger = s->ledger;
	int rc = YG_OK;

	while (rc == YG_OK && s->wanted.size > 0) {
		struct yg_bytes text = first_line(s->wanted);
		struct yg_bytes whole = yg_bytes_cut(s->wanted, 0, text.size + 1);
		uint64_t at = ledger->mark.size;
		bool is_next;

		rc = take_line(s, text, &is_next);
		if (rc == YG_OK && !is_next)
			return YG_EFORMAT; /* the spool's own lines are no chain */
		s->found->is_repaired = true;
		if (rc == YG_OK)
			rc = yg_disk_write(ledger->fd, whole, at);
	}
	return rc;
}

static int settle_file(struct settle *s)
{
	struct yg_ledger *ledger = s->ledger;
	uint64_t size = 0;
	int rc = open_file(ledger, &size);

	if (rc == YG_OK)
		rc = walk_file(s);
	if (rc == YG_OK && size > ledger->mark.size) {
		s->found->is_repaired = true;
		rc = yg_disk_truncate(ledger->fd, ledger->mark.size);
	}
	if (rc == YG_OK)
		rc = write_rest(s);
	if (rc == YG_OK)
		rc = yg_disk_sync(ledger->fd);
	ledger->is_dirty = rc != YG_OK;
	return rc;
}

int yg_ledger_settle(struct yg_ledger *ledger, const struct yg_ledger_mark *mark,
		     struct yg_bytes lines, struct yg_ledger_found *ret)
{
	struct settle s = {.ledger = ledger, .wanted = lines, .found = ret};
	uint64_t last = 0;
	bool is = true;
	int rc = mark ? is_there(ledger, mark, &is) : find_last(ledger, &last);

	if (rc != YG_OK)
		return rc;
	if (mark) {
		ledger->mark = *mark;
	} else {
		ledger->mark = (struct yg_ledger_mark){.file = last > 0 ? last : 1};
		s.is_free_start = last > 1;
	}
	if (!is) {
		/* Evidence stays as it is; what comes goes to a file of its own. */
		ret->is_damaged = true;
		ledger->mark.file = mark->n + 1;
		ledger->mark.size = 0;
	}
	return settle_file(&s);
}

/* ---- writing ---- */

int yg_ledger_catch_up(struct yg_ledger *ledger)
{
	struct yg_buf *behind = &ledger->behind;
	int rc = YG_OK;

	if (ledger->is_broken)
		return YG_EIO;
	if (behind->size == 0)
		return YG_OK;
	if (ledger->fd < 0)
		rc = open_file(ledger, NULL);
	if (rc == YG_OK)
		rc = yg_disk_write(ledger->fd, yg_buf_bytes(behind), ledger->mark.size);
	if (rc != YG_OK)
		return rc; /* what was written of it is written again, at the same place */
	ledger->is_dirty = true;
	ledger->mark.size += behind->size;
	ledger->mark.n = ledger->behind_n;
	memcpy(ledger->mark.hash, ledger->behind_hash, sizeof(ledger->mark.hash));
	yg_buf_reset(behind);
	return YG_OK;
}

int yg_ledger_put(struct yg_ledger *ledger, struct yg_bytes line,
		  const uint8_t hash[YG_SHA256_BYTES])
{
	uint64_t n = (ledger->behind.size > 0 ? ledger->behind_n : ledger->mark.n) + 1;

	if (!ledger->is_broken)
		yg_buf_add(&ledger->behind, line);
	if (ledger->is_broken || yg_buf_error(&ledger->behind)) {
		ledger->is_broken = true;
		return YG_ELIMIT;
	}
	ledger->behind_n = n;
	memcpy(ledger->behind_hash, hash, sizeof(ledger->behind_hash));
	(void)!yg_ledger_catch_up(ledger); /* else with the next one */
	return YG_OK;
}

int yg_ledger_sync(struct yg_ledger *ledger)
{
	int rc = yg_ledger_catch_up(ledger);

	if (rc == YG_OK && ledger->is_dirty) {
		rc = yg_disk_sync(ledger->fd);
		ledger->is_broken = rc != YG_OK;
	}
	if (rc != YG_OK)
		return rc;
	ledger->is_dirty = false;
	if (ledger->mark.size >= ledger->file_max) {
		(void)yg_disk_close(ledger->fd); /* synced */
		ledger->fd = -1;
		ledger->mark.file = ledger->mark.n + 1;
		ledger->mark.size = 0;
	}
	return YG_OK;
}
