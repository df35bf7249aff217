/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that are remembered, newest first: day by day, each file from its end. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub_batches-int.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

#define PIECE (64u << 10)

struct back {
	char mark[YG_JOURNAL_SENSOR_MAX + 16]; /* "sensor":"ORG/ or the whole name with its quote */
	uint64_t before;
	uint32_t left;
	uint64_t read;
	uint64_t last; /* at of the last line that was looked at */
	yg_hub_batches_line_fn fn;
	void *arg;
};

/* A whole line. YG_EEND: enough. */
static int take_line(struct back *b, struct yg_bytes line)
{
	uint64_t at;

	b->read += line.size + 1;
	if (line.size == 0)
		return YG_OK;
	if (!yg_hub_batches_at(line, &at))
		return YG_EFORMAT;
	if (at >= b->before)
		return YG_OK; /* find_begin is not exact */
	b->last = at;
	if (yg_bytes_find(line, yg_bytes_str(b->mark)) != SIZE_MAX) {
		int rc = b->fn(b->arg, line);

		if (rc != YG_OK)
			return rc;
		b->left--;
	}
	return b->left == 0 || b->read > YG_HUB_BATCHES_LOOK ? YG_EEND : YG_OK;
}

/* The lines of @text behind its first @held bytes, from the last on. */
static int take_lines(struct back *b, struct yg_bytes text, size_t held)
{
	int rc = YG_OK;

	while (rc == YG_OK && text.size > held) {
		size_t from = text.size - 1; /* its own line end */

		while (from > held && text.data[from - 1] != '\n')
			from--;
		rc = take_line(b, yg_bytes_cut(text, from, text.size - 1));
		text.size = from;
	}
	return rc;
}

/*
 * The lines that end in [0, @end) of the file, from the last on; a line ends at @end. What stands
 * before the first line end of a piece may begin earlier: it is held, and its beginning comes in
 * front of it.
 */
static int read_back(struct back *b, int fd, uint64_t end)
{
	uint8_t *room = yg_malloc(PIECE + YG_HUB_BATCHES_LINE_MAX);
	size_t held = 0;
	int rc = room ? YG_OK : YG_ENOMEM;

	while (rc == YG_OK && end > 0) {
		size_t want = end < PIECE ? (size_t)end : PIECE, got = 0, cut;

		memmove(room + want, room, held);
		rc = yg_io_read_at(fd, room, want, end - want, &got);
		if (rc == YG_OK && got != want)
			rc = YG_EIO; /* it only grows */
		if (rc != YG_OK)
			break;
		end -= want;
		want += held;
		cut = yg_bytes_chr((struct yg_bytes){room, want}, '\n');
		held = end == 0 ? 0 : cut == SIZE_MAX ? want : cut + 1;
		rc = held > YG_HUB_BATCHES_LINE_MAX
			     ? YG_EFORMAT
			     : take_lines(b, (struct yg_bytes){room, want}, held);
	}
	free(room);
	return rc;
}

static int read_day(struct back *b, const char *dir, const char *name)
{
	char path[YG_DISK_PATH_MAX];
	int size = snprintf(path, sizeof(path), "%s/%s", dir, name);
	uint64_t end = 0;
	int fd, rc;

	if (size < 0 || (unsigned)size >= sizeof(path))
		return YG_ELIMIT;
	rc = yg_io_open_read(path, &fd);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc; /* a day that went just now */
	rc = yg_hub_batches_end(fd, b->before, &end);
	if (rc == YG_OK)
		rc = read_back(b, fd, end);
	(void)close(fd); /* read only: nothing to lose */
	return rc;
}

int yg_hub_batches_back(const char *dir, const struct yg_hub_batches_back *ask, uint64_t *ret_next)
{
	struct back b = {.before = ask->before ? ask->before : UINT64_MAX,
			 .left = ask->limit,
			 .last = UINT64_MAX,
			 .fn = ask->fn,
			 .arg = ask->arg};
	struct dirent **names = NULL;
	int size = snprintf(b.mark, sizeof(b.mark),
			    ask->sensor[0] ? "\"sensor\":\"%s/%s\"" : "\"sensor\":\"%s/%s",
			    ask->org, ask->sensor);
	int count, rc = YG_OK;

	*ret_next = 0;
	if (size < 0 || (unsigned)size >= sizeof(b.mark))
		return YG_ELIMIT;
	count = scandir(dir, &names, yg_hub_batches_is_day, alphasort);
	if (count < 0)
		return errno == ENOENT ? YG_OK : yg_err_from_errno(errno);
	for (int i = count; rc == YG_OK && i-- > 0;)
		rc = read_day(&b, dir, names[i]->d_name);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	if (rc == YG_EEND)
		*ret_next = b.last;
	return rc == YG_EEND ? YG_OK : rc;
}
