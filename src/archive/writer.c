/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   append ─► text (one frame) ─┬ full ──────────────► pack ─► write ─► frames, keys
 *                               └ sync, seal, new hour ┘        │ fails: cut off again, text stays
 *   seal: index, seek table ─► fsync ─► rename ─► fsync of the folder ─► filters
 */
#define _GNU_SOURCE
#include "archive/writer.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive-int.h"
#include "archive/tree.h"
#include "base/alloc.h"
#include "base/disk.h"

#include "base/ban.h"

#define NO_JOURNAL UINT64_MAX
#define MODE	   0600
#define FOLDERS	   5u /* day, month, year, organisation, the archive */

/* One file that is being written. */
struct open_file {
	int fd; /* -1 = none */
	char path[YG_ARCHIVE_PATH_MAX];
	char org[YG_ARCHIVE_ORG_MAX + 1];
	int64_t hour_ns;
	uint64_t size;	 /* whole frames up to here */
	uint64_t synced; /* of them, bytes that are on the disk */
	bool is_named;	 /* so are its name and the folders above */
	struct yg_archive_frame *frames;
	uint32_t *sums;
	uint32_t count;
	struct yg_archive_keys keys;
};

struct yg_archive_writer {
	struct yg_archive_writer_opts opts;
	struct open_file file;
	struct yg_archive_packer *packer;
	struct yg_buf text; /* of the frame that is being filled */
	struct yg_archive_frame now;
	uint64_t *list; /* its keys, doubles among them */
	uint32_t list_count;
	uint32_t list_room;
	bool is_list_full;
	struct yg_buf out;
	struct yg_archive_written counts;
};

struct yg_archive_writer *yg_archive_writer_new(const struct yg_archive_writer_opts *opts)
{
	struct yg_archive_writer *w = yg_calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	assert(opts->describe && yg_archive_is_org(yg_bytes_str(opts->org)));
	w->opts = *opts;
	w->file.fd = -1;
	yg_buf_init(&w->text, YG_ARCHIVE_TEXT_MAX);
	yg_buf_init(&w->out, YG_INDEX_BYTES_MAX * 2);
	w->packer = yg_archive_packer_new();
	return w->packer ? w : yg_archive_writer_free(w);
}

static void file_done(struct open_file *f)
{
	if (f->fd >= 0)
		(void)yg_disk_close(f->fd); /* what counted was synced */
	free(f->frames);
	free(f->sums);
	yg_archive_keys_done(&f->keys);
	*f = (struct open_file){.fd = -1};
}

struct yg_archive_writer *yg_archive_writer_free(struct yg_archive_writer *w)
{
	if (!w)
		return NULL;
	file_done(&w->file);
	(void)yg_archive_packer_free(w->packer);
	yg_buf_done(&w->text);
	yg_buf_done(&w->out);
	free(w->list);
	free(w);
	return NULL;
}

static void empty_frame(struct yg_archive_writer *w)
{
	yg_buf_reset(&w->text);
	w->now = (struct yg_archive_frame){.first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	w->list_count = 0;
	w->is_list_full = false;
}

static int room_for_frame(struct open_file *f)
{
	size_t room = f->count ? (size_t)f->count * 2 : 1;
	struct yg_archive_frame *frames;
	uint32_t *sums;

	if (f->count == YG_ARCHIVE_FRAMES_MAX)
		return YG_ELIMIT;
	if (f->count & (f->count - 1)) /* full at each power of two */
		return YG_OK;
	frames = yg_reallocarray(f->frames, room, sizeof(*frames));
	if (!frames)
		return YG_ENOMEM;
	f->frames = frames;
	sums = yg_reallocarray(f->sums, room, sizeof(*sums));
	if (!sums)
		return YG_ENOMEM;
	f->sums = sums;
	return YG_OK;
}

static void keep_frame(struct open_file *f, const struct yg_archive_frame *frame, uint32_t sum)
{
	f->frames[f->count] = *frame;
	f->sums[f->count++] = sum;
	f->size = frame->at + frame->head_size + frame->packed_size;
}

static int take_keys(struct yg_archive_writer *w, const struct yg_archive_facts *facts)
{
	w->is_list_full |= facts->is_keyless;
	if (w->is_list_full || facts->key_count == 0)
		return YG_OK;
	if (w->list_count + (uint64_t)facts->key_count > 4 * YG_ARCHIVE_FRAME_KEYS_MAX) {
		w->is_list_full = true;
		return YG_OK;
	}
	if (w->list_room - w->list_count < facts->key_count) {
		uint32_t room = (w->list_count + facts->key_count) * 2;
		uint64_t *list = yg_reallocarray(w->list, room, sizeof(*list));

		if (!list)
			return YG_ENOMEM;
		w->list = list;
		w->list_room = room;
	}
	memcpy(w->list + w->list_count, facts->keys, facts->key_count * sizeof(*w->list));
	w->list_count += facts->key_count;
	return YG_OK;
}

static void take_facts(struct yg_archive_frame *now, const struct yg_archive_facts *facts)
{
	now->records++;
	now->formats |= UINT64_C(1) << facts->format;
	now->formats |= facts->is_unplaced ? YG_ARCHIVE_UNPLACED : 0;
	if (facts->time_ns == YG_TIME_NONE)
		return;
	if (now->first_ns == YG_TIME_NONE || facts->time_ns < now->first_ns)
		now->first_ns = facts->time_ns;
	if (now->last_ns == YG_TIME_NONE || facts->time_ns > now->last_ns)
		now->last_ns = facts->time_ns;
}

/* Write at the end; what was written in part is cut off again. */
static int write_whole(struct open_file *f, struct yg_bytes b)
{
	int rc = yg_disk_write(f->fd, b, f->size);

	if (rc != YG_OK) {
		int cut_rc = yg_disk_truncate(f->fd, f->size);

		(void)cut_rc; /* then the recovery rule cuts it: no whole frame stands there */
	}
	return rc;
}

/* The frame that is being filled goes out. */
static int flush(struct yg_archive_writer *w)
{
	struct open_file *f = &w->file;
	struct yg_bytes out;
	uint32_t sum;
	int rc;

	if (w->text.size == 0)
		return YG_OK;
	rc = room_for_frame(f);
	if (rc != YG_OK)
		return rc;
	w->now.number = f->count;
	w->now.at = f->size;
	yg_buf_reset(&w->out);
	rc = yg_archive_pack(w->packer, yg_buf_bytes(&w->text), &w->now, &w->out);
	if (rc != YG_OK)
		return rc;
	out = yg_buf_bytes(&w->out);
	w->now.head_size = (uint32_t)out.size - w->now.packed_size;
	sum = yg_le32(out.data + out.size - 4);
	rc = write_whole(f, out);
	if (rc == YG_OK)
		rc = yg_archive_keys_frame(&f->keys, w->list, w->list_count, w->is_list_full);
	if (rc != YG_OK) {
		int cut_rc = yg_disk_truncate(f->fd, f->size);

		(void)cut_rc; /* the next write stands there, or the recovery rule cuts it */
		return rc;
	}
	keep_frame(f, &w->now, sum);
	w->counts.frames++;
	empty_frame(w);
	return YG_OK;
}

/* Recovery: whole frames of a file that is there already. */

static int describe_lines(struct yg_archive_writer *w, struct yg_bytes text)
{
	int rc = YG_OK;

	w->list_count = 0;
	w->is_list_full = false;
	while (text.size > 0 && rc == YG_OK) {
		size_t end = yg_bytes_chr(text, '\n') + 1; /* whole lines: checked */
		struct yg_archive_facts facts = {0};

		rc = w->opts.describe(w->opts.arg, yg_bytes_cut(text, 0, end), &facts);
		if (rc == YG_OK)
			rc = take_keys(w, &facts);
		text = yg_bytes_from(text, end);
	}
	if (rc == YG_OK)
		rc = yg_archive_keys_frame(&w->file.keys, w->list, w->list_count, w->is_list_full);
	w->list_count = 0;
	w->is_list_full = false;
	return rc;
}

/* One frame of @archive, looked at in full, becomes a frame of the open file. */
static int resume_frame(struct yg_archive_writer *w, const struct yg_archive *archive,
			struct yg_archive_unpacker *unpacker, uint32_t index)
{
	struct open_file *f = &w->file;
	struct yg_archive_frame frame;
	struct yg_fault fault;
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_ARCHIVE_TEXT_MAX);
	yg_buf_reset(&w->out);
	rc = yg_archive_load(archive, index, &w->out);
	if (rc == YG_OK)
		rc = yg_archive_unpack(unpacker, yg_buf_bytes(&w->out), &frame, &text, &fault);
	if (rc == YG_OK)
		rc = room_for_frame(f);
	if (rc == YG_OK)
		rc = describe_lines(w, yg_buf_bytes(&text));
	if (rc == YG_OK) {
		frame.at = f->size;
		keep_frame(f, &frame, yg_le32(w->out.data + w->out.size - 4));
	}
	yg_buf_done(&text);
	return rc;
}

static bool is_damage(int rc)
{
	return rc == YG_ETRUNC || rc == YG_EFORMAT || rc == YG_EDIGEST || rc == YG_EMISMATCH ||
	       rc == YG_ELIMIT;
}

/*
 * Take over what is whole in @path; *ret_size: bytes of the file; *ret_seen: frames that have a
 * header, of which a later one can be whole where one before it is damaged.
 */
static int resume_frames(struct yg_archive_writer *w, const char *path, uint64_t *ret_size,
			 uint32_t *ret_seen)
{
	struct yg_archive_unpacker *unpacker = yg_archive_unpacker_new();
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = unpacker ? yg_archive_open(path, &archive, &fault) : YG_ENOMEM;

	if (rc == YG_OK) {
		*ret_size = archive->size;
		*ret_seen = archive->count;
	}
	for (uint32_t i = 0; rc == YG_OK && i < archive->count; i++)
		rc = resume_frame(w, archive, unpacker, i);
	(void)yg_archive_unpacker_free(unpacker);
	(void)yg_archive_free(archive);
	return rc;
}

/* Frames behind a damaged one may be whole: they are kept beside the file, as they stand. */
static int keep_rest(const struct open_file *f, uint64_t size)
{
	char *beside = yg_archive_beside(f->path, ".cut");
	uint8_t *rest = yg_malloc(size - f->size);
	int rc =
		beside && rest ? yg_archive_pread(f->fd, f->size, rest, size - f->size) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = yg_disk_replace(beside, (struct yg_bytes){rest, size - f->size}, MODE);
	free(beside);
	free(rest);
	return rc;
}

/* Cut @f behind its last whole frame, of @seen that have headers. */
static int cut(struct yg_archive_writer *w, uint64_t size, uint32_t seen)
{
	struct open_file *f = &w->file;
	int rc = seen > f->count + 1 ? keep_rest(f, size) : YG_OK;

	if (rc != YG_OK || size <= f->size)
		return rc;
	w->counts.cut_bytes += size - f->size;
	rc = yg_disk_truncate(f->fd, f->size);
	return rc == YG_OK ? yg_disk_sync(f->fd) : rc;
}

static int lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return YG_OK;
	return errno == EWOULDBLOCK ? YG_EAGAIN : yg_err_from_errno(errno);
}

/* Open f->path, made when it is missing, and take over what is in it. */
static int open_path(struct yg_archive_writer *w)
{
	struct open_file *f = &w->file;
	uint32_t seen = 0;
	struct stat st;
	uint64_t size;
	int rc;

	rc = yg_disk_open(f->path, YG_DISK_CREATE, MODE, &f->fd);
	if (rc == YG_OK)
		rc = lock(f->fd);
	if (rc == YG_OK && fstat(f->fd, &st) != 0)
		rc = yg_err_from_errno(errno);
	if (rc != YG_OK)
		return rc;
	size = (uint64_t)st.st_size;
	if (size > 0) {
		rc = resume_frames(w, f->path, &size, &seen);
		if (is_damage(rc))
			rc = YG_OK; /* up to the last whole frame */
	}
	if (rc == YG_OK)
		rc = cut(w, size, seen);
	/* A process that was killed may have left it in the system's memory only. */
	if (rc == YG_OK && size > 0)
		rc = yg_disk_sync(f->fd);
	f->synced = f->size;
	return rc;
}

/*
 * The file of an hour: the one that was left open, else the number behind the last. Earlier ones
 * may have gone to stay within a bound: their numbers are not used again, so that order stays.
 */
static int choose_path(struct yg_archive_writer *w, int64_t hour_ns)
{
	struct open_file *f = &w->file;
	const struct yg_archive_writer_opts *o = &w->opts;
	unsigned part = YG_ARCHIVE_PARTS_MAX;

	while (part-- > 0) {
		if (!yg_archive_path(o->dir, o->org, hour_ns, part, YG_ARCHIVE_OPEN, f->path))
			return YG_ELIMIT;
		if (access(f->path, F_OK) == 0)
			return YG_OK;
		if (!yg_archive_path(o->dir, o->org, hour_ns, part, YG_ARCHIVE_CLOSED, f->path))
			return YG_ELIMIT;
		if (access(f->path, F_OK) == 0)
			break;
	}
	/* Behind the last one; 0 when there is none: the loop ended below 0. */
	if (++part == YG_ARCHIVE_PARTS_MAX ||
	    !yg_archive_path(o->dir, o->org, hour_ns, part, YG_ARCHIVE_OPEN, f->path))
		return YG_ELIMIT;
	return yg_archive_folders(f->path);
}

static int open_hour(struct yg_archive_writer *w, int64_t hour_ns)
{
	struct open_file *f = &w->file;
	int rc;

	empty_frame(w);
	rc = choose_path(w, hour_ns);
	if (rc == YG_OK)
		rc = open_path(w);
	if (rc != YG_OK) {
		file_done(f);
		return rc;
	}
	f->hour_ns = hour_ns;
	memcpy(f->org, w->opts.org, strlen(w->opts.org) + 1);
	return YG_OK;
}

int yg_archive_writer_begin(struct yg_archive_writer *w, int64_t arrived_ns)
{
	int64_t hour_ns = yg_archive_hour(arrived_ns);
	int rc;

	if (w->file.fd >= 0 && w->file.hour_ns == hour_ns &&
	    w->file.count + 1 < YG_ARCHIVE_FRAMES_MAX)
		return YG_OK;
	rc = w->file.fd >= 0 ? yg_archive_seal(w) : YG_OK;
	return rc == YG_OK ? open_hour(w, hour_ns) : rc;
}

static bool is_line(struct yg_bytes line)
{
	return line.size > 1 && yg_bytes_chr(line, '\n') == line.size - 1;
}

int yg_archive_append(struct yg_archive_writer *w, struct yg_bytes line, int64_t arrived_ns,
		      uint64_t journal)
{
	struct yg_archive_facts facts = {.time_ns = YG_TIME_NONE};
	int rc;

	if (line.size > YG_ARCHIVE_RECORD_MAX)
		return YG_ELIMIT;
	if (!is_line(line))
		return YG_EINVAL;
	rc = yg_archive_writer_begin(w, arrived_ns);
	if (rc == YG_OK &&
	    (w->text.size >= YG_ARCHIVE_FRAME_AIM || w->now.records == YG_ARCHIVE_RECORDS_MAX))
		rc = flush(w);
	if (rc == YG_OK)
		rc = w->opts.describe(w->opts.arg, line, &facts);
	if (rc == YG_OK)
		rc = take_keys(w, &facts);
	if (rc != YG_OK)
		return rc;
	yg_buf_add(&w->text, line); /* aim and one record are below its ceiling */
	if (yg_buf_error(&w->text) != YG_OK) {
		w->text.error = YG_OK;
		return YG_ENOMEM;
	}
	if (w->now.records == 0) {
		w->now.arrived_ns = arrived_ns;
		w->now.journal_first = journal == NO_JOURNAL ? 0 : journal;
		w->now.journal_end = w->now.journal_first;
	}
	if (journal != NO_JOURNAL)
		w->now.journal_end = journal + 1;
	take_facts(&w->now, &facts);
	w->counts.records++;
	w->counts.text_bytes += line.size;
	return YG_OK;
}

/* The name of the file, and those of the folders up to the archive's own. */
static int sync_names(struct yg_archive_writer *w)
{
	char path[YG_ARCHIVE_PATH_MAX];
	int rc = YG_OK;

	if (w->file.is_named)
		return YG_OK;
	(void)snprintf(path, sizeof(path), "%s", w->file.path); /* of the same size */
	for (unsigned up = 0; up < FOLDERS && rc == YG_OK; up++) {
		char *slash = strrchr(path, '/');

		rc = yg_disk_sync_folder_of(path);
		if (!slash || slash == path)
			break;
		*slash = '\0';
	}
	w->file.is_named = rc == YG_OK;
	return rc;
}

/*
 * After a sync that failed nothing behind the last good one may be believed (base/disk.h): it is
 * cut off, and the file is given up; its next writer begins where it ends.
 */
static int give_up(struct yg_archive_writer *w, int rc)
{
	int cut_rc = yg_disk_truncate(w->file.fd, w->file.synced);

	(void)cut_rc; /* then its frames are looked at again, and synced, when it is opened */
	empty_frame(w);
	file_done(&w->file);
	return rc;
}

int yg_archive_sync(struct yg_archive_writer *w)
{
	struct open_file *f = &w->file;
	int rc;

	if (f->fd < 0)
		return YG_OK;
	rc = flush(w);
	if (rc == YG_OK && f->synced < f->size) {
		rc = yg_disk_sync(f->fd);
		if (rc != YG_OK)
			return give_up(w, rc);
		f->synced = f->size;
	}
	return rc == YG_OK ? sync_names(w) : rc;
}

/* Index and seek table into w->out. */
static int make_end(struct yg_archive_writer *w, uint64_t *ret_sum)
{
	const struct open_file *f = &w->file;
	const struct yg_archive_index index = {yg_bytes_str(f->org), f->hour_ns, f->frames,
					       f->count};
	int rc;

	yg_buf_reset(&w->out);
	rc = yg_archive_index_write(&index, &w->out);
	if (rc != YG_OK)
		return rc;
	*ret_sum = yg_le64(w->out.data + w->out.size - 8);
	return yg_archive_seek_write(f->frames, f->count, f->sums, (uint32_t)w->out.size, &w->out);
}

static int write_filters(const char *path, struct yg_archive_keys *keys, uint64_t sum)
{
	char *beside = yg_archive_beside(path, YG_ARCHIVE_FILTERS);
	struct yg_buf content;
	int rc;

	yg_buf_init(&content, YG_ARCHIVE_FILTER_BYTES);
	rc = beside ? yg_archive_filters_write(keys, sum, &content) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_disk_replace(beside, yg_buf_bytes(&content), MODE);
	yg_buf_done(&content);
	free(beside);
	return rc;
}

/* "….open" under its last name; once renamed, only the folder is synced (again). */
static int rename_closed(struct open_file *f)
{
	char to[YG_ARCHIVE_PATH_MAX];
	size_t size = strlen(f->path);
	size_t ending = sizeof(YG_ARCHIVE_OPEN) - 1;
	int rc;

	if (!yg_bytes_ends(yg_bytes_str(f->path), YG_S(YG_ARCHIVE_OPEN)))
		return yg_disk_sync_folder_of(f->path);
	if (size - ending + sizeof(YG_ARCHIVE_CLOSED) > sizeof(to))
		return YG_ELIMIT;
	memcpy(to, f->path, size - ending);
	memcpy(to + size - ending, YG_ARCHIVE_CLOSED, sizeof(YG_ARCHIVE_CLOSED));
	if (access(to, F_OK) == 0)
		return YG_EDUPLICATE; /* never over a closed file; the lock keeps others away */
	rc = yg_disk_rename(f->path, to);
	if (rc != YG_OK)
		return rc;
	memcpy(f->path, to, sizeof(to));
	return yg_disk_sync_folder_of(to);
}

/* Filters that cannot be written are an error, but the file is closed: repair makes them. */
static int seal_file(struct yg_archive_writer *w)
{
	struct open_file *f = &w->file;
	uint64_t sum = 0;
	int rc = make_end(w, &sum);

	if (rc == YG_OK)
		rc = write_whole(f, yg_buf_bytes(&w->out));
	if (rc == YG_OK) {
		rc = yg_disk_sync(f->fd);
		if (rc != YG_OK)
			return give_up(w, rc);
	}
	if (rc == YG_OK)
		rc = rename_closed(f);
	if (rc != YG_OK)
		return rc;
	w->counts.files++;
	w->counts.file_bytes += f->size + w->out.size;
	rc = write_filters(f->path, &f->keys, sum);
	file_done(f);
	return rc;
}

int yg_archive_seal(struct yg_archive_writer *w)
{
	int rc;

	if (w->file.fd < 0)
		return YG_OK;
	rc = yg_archive_sync(w);
	if (rc == YG_OK && w->file.count == 0) { /* nothing came: no file */
		rc = yg_disk_unlink(w->file.path);
		file_done(&w->file);
		return rc;
	}
	return rc == YG_OK ? seal_file(w) : rc;
}

uint64_t yg_archive_journal_end(const struct yg_archive_writer *w)
{
	return w->file.count ? w->file.frames[w->file.count - 1].journal_end : 0;
}

struct yg_archive_written yg_archive_writer_counts(const struct yg_archive_writer *w)
{
	return w->counts;
}

const char *yg_archive_writer_path(const struct yg_archive_writer *w)
{
	return w->file.fd >= 0 ? w->file.path : NULL;
}

/* The organisation by the folders above the file, where they are those of an archive. */
static void org_of_path(const char *path, char to[YG_ARCHIVE_ORG_MAX + 1])
{
	struct yg_bytes rest = yg_bytes_str(path);
	struct yg_bytes part = {0};

	for (unsigned up = 0; up < 5; up++) {
		size_t slash = rest.size;

		while (slash > 0 && rest.data[slash - 1] != '/')
			slash--;
		part = yg_bytes_from(rest, slash);
		rest = yg_bytes_cut(rest, 0, slash ? slash - 1 : 0);
	}
	to[0] = '\0';
	if (yg_archive_is_org(part)) {
		memcpy(to, part.data, part.size);
		to[part.size] = '\0';
	}
}

/* Close a file that nobody closed. */
static int repair_open(struct yg_archive_writer *w, const char *path)
{
	struct open_file *f = &w->file;
	int rc;

	(void)snprintf(f->path, sizeof(f->path), "%s", path); /* its size was looked at */
	empty_frame(w);
	rc = open_path(w);
	if (rc == YG_OK && f->count == 0)
		return YG_EMISMATCH;
	if (rc != YG_OK)
		return rc;
	org_of_path(path, f->org);
	f->hour_ns = yg_archive_hour(f->frames[0].arrived_ns);
	/* Who wrote it may have been killed before the names of its folders were on the disk. */
	rc = sync_names(w);
	return rc == YG_OK ? seal_file(w) : rc;
}

/* Filters for a closed file. */
static int repair_closed(struct yg_archive_writer *w, const char *path)
{
	uint64_t size;
	uint32_t seen = 0;
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = yg_archive_open(path, &archive, &fault);

	if (rc == YG_OK && !archive->is_sealed)
		rc = YG_EDIGEST;
	if (rc == YG_OK)
		rc = resume_frames(w, path, &size, &seen);
	if (rc == YG_OK)
		rc = write_filters(path, &w->file.keys, archive->index_sum);
	(void)yg_archive_free(archive);
	return is_damage(rc) && rc != YG_EMISMATCH ? YG_EDIGEST : rc;
}

int yg_archive_repair(const char *path, yg_archive_describe_fn describe, void *arg,
		      uint64_t *ret_cut_bytes)
{
	const struct yg_archive_writer_opts opts = {".", "repair", describe, arg};
	struct yg_archive_writer *w;
	int rc;

	*ret_cut_bytes = 0;
	if (strlen(path) >= YG_ARCHIVE_PATH_MAX)
		return YG_ELIMIT;
	w = yg_archive_writer_new(&opts);
	if (!w)
		return YG_ENOMEM;
	rc = yg_bytes_ends(yg_bytes_str(path), YG_S(YG_ARCHIVE_OPEN)) ? repair_open(w, path)
								      : repair_closed(w, path);
	*ret_cut_bytes = w->counts.cut_bytes;
	(void)yg_archive_writer_free(w);
	return rc;
}
