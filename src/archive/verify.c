/* SPDX-License-Identifier: Apache-2.0 */
/* A whole file looked through: every frame unpacked, everything that is wrong named by its place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive-int.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

struct check {
	struct yg_archive *archive;
	struct yg_archive_unpacker *unpacker;
	struct yg_buf stored;
	struct yg_buf text;
	struct yg_archive_check *ret;
	yg_archive_note_fn note;
	yg_archive_take_fn take;
	void *arg;
	uint64_t vain; /* bytes read of frames that are not whole */
	uint32_t next_number;
	bool is_behind_damage; /* frames may be missing, that was said */
};

static void say(struct check *c, uint64_t at, uint64_t size, int rc, const char *words)
{
	c->ret->notes++;
	if (c->note)
		c->note(c->arg, &(struct yg_archive_note){c->archive->path, at, size, rc, words});
}

static void count(struct yg_archive_check *to, const struct yg_archive_frame *frame)
{
	if (frame->first_ns != YG_TIME_NONE &&
	    (to->first_ns == YG_TIME_NONE || frame->first_ns < to->first_ns))
		to->first_ns = frame->first_ns;
	if (frame->last_ns != YG_TIME_NONE &&
	    (to->last_ns == YG_TIME_NONE || frame->last_ns > to->last_ns))
		to->last_ns = frame->last_ns;
	if (frame->journal_end > frame->journal_first) {
		if (to->journal_end == to->journal_first)
			to->journal_first = frame->journal_first;
		if (frame->journal_end > to->journal_end)
			to->journal_end = frame->journal_end;
	}
	to->frames++;
	to->records += frame->records;
	to->text_bytes += frame->text_size;
}

/* The bytes from @at on, at most @size; fewer at the end of the file. */
static int load(struct check *c, uint64_t at, size_t size)
{
	uint8_t *room;
	int rc;

	if (c->archive->size - at < size)
		size = (size_t)(c->archive->size - at);
	yg_buf_reset(&c->stored);
	room = yg_buf_reserve(&c->stored, size);
	if (!room)
		return YG_ENOMEM;
	rc = yg_archive_pread(c->archive->fd, at, room, size);
	if (rc == YG_OK)
		yg_buf_grew(&c->stored, size);
	return rc;
}

/*
 * Where the next header stands behind @at, or @end: where none does, or where so much was read for
 * headers that lie that the file was made to be read for ever.
 */
static int find_next(const struct check *c, uint64_t at, uint64_t end, uint64_t *ret)
{
	*ret = end;
	if (c->vain / YG_ARCHIVE_VAIN_FACTOR > c->archive->size)
		return YG_OK;
	return yg_archive_find(c->archive, at, end, ret);
}

/*
 * The frame at @at: unpacked, counted, handed on. *ret_size: its bytes, or those up to the next one
 * when none is whole there (which is named).
 */
static int check_frame(struct check *c, uint64_t at, uint64_t end, uint64_t *ret_size)
{
	struct yg_archive_frame frame;
	struct yg_fault fault = {0};
	int rc = load(c, at, YG_ARCHIVE_HEAD_MAX);

	*ret_size = 0;
	if (rc != YG_OK)
		return rc;
	rc = yg_archive_frame_read(yg_buf_bytes(&c->stored), &frame, &fault);
	if (rc == YG_OK) {
		rc = load(c, at, (size_t)frame.head_size + frame.packed_size);
		if (rc != YG_OK)
			return rc;
		yg_buf_reset(&c->text);
		rc = yg_archive_unpack(c->unpacker, yg_buf_bytes(&c->stored), &frame, &c->text,
				       &fault);
	}
	if (rc == YG_ENOMEM)
		return rc;
	c->vain += rc != YG_OK ? c->stored.size : 0;
	if (rc != YG_OK) {
		uint64_t next;
		int failed = find_next(c, at + 1, end, &next);

		if (failed != YG_OK)
			return failed;
		say(c, at + fault.pos, next - at > fault.pos ? next - at - fault.pos : 0, rc,
		    fault.msg);
		*ret_size = next - at;
		c->is_behind_damage = true;
		return YG_OK;
	}
	frame.at = at;
	*ret_size = (uint64_t)frame.head_size + frame.packed_size;
	if (c->archive->is_sealed &&
	    (frame.number >= c->archive->count ||
	     !yg_archive_agrees(&c->archive->frames[frame.number], &frame)))
		say(c, at, frame.head_size, YG_EMISMATCH,
		    N_("the index says something else of this frame"));
	if (!c->archive->is_sealed && (frame.number < c->next_number ||
				       (frame.number > c->next_number && !c->is_behind_damage)))
		say(c, at, frame.head_size, YG_EMISMATCH, N_("a frame has the wrong number"));
	c->next_number = frame.number < UINT32_MAX ? frame.number + 1 : frame.number;
	c->is_behind_damage = false;
	count(c->ret, &frame);
	return c->take ? c->take(c->arg, &frame, yg_buf_bytes(&c->text)) : YG_OK;
}

/* A live writer holds the lock: what stands behind the whole frames is on its way. */
static bool is_being_written(const struct check *c)
{
	if (flock(c->archive->fd, LOCK_SH | LOCK_NB) != 0)
		return errno == EWOULDBLOCK;
	(void)flock(c->archive->fd, LOCK_UN); /* it was given */
	return false;
}

static int check_frames(struct check *c)
{
	uint64_t end =
		c->archive->is_sealed || is_being_written(c) ? c->archive->end : c->archive->size;
	uint64_t at = 0;
	int rc = YG_OK;

	while (rc == YG_OK && at < end) {
		uint64_t size;

		rc = check_frame(c, at, end, &size);
		at += size;
	}
	return rc;
}

/* The seek table says of each frame where it begins and what its checksum is? */
static int check_seek(struct check *c)
{
	const struct yg_archive *a = c->archive;
	uint32_t *sums = yg_calloc((size_t)a->count + 1, sizeof(*sums));
	struct yg_buf wanted;
	uint64_t at = a->size;
	uint32_t index_size;
	int rc = sums ? YG_OK : YG_ENOMEM;

	yg_buf_init(&wanted, YG_INDEX_BYTES_MAX);
	for (uint32_t i = 0; i < a->count && rc == YG_OK; i++) {
		uint8_t sum[4];

		rc = yg_archive_pread(a->fd,
				      a->frames[i].at + a->frames[i].head_size +
					      a->frames[i].packed_size - sizeof(sum),
				      sum, sizeof(sum));
		sums[i] = yg_le32(sum);
	}
	if (rc == YG_OK) {
		at = a->size - (8 + (uint64_t)(2 * a->count + 1) * YG_SEEK_ENTRY + YG_SEEK_FOOTER);
		index_size = (uint32_t)(at - a->end);
		rc = yg_archive_seek_write(a->frames, a->count, sums, index_size, &wanted);
	}
	if (rc == YG_OK)
		rc = load(c, at, wanted.size);
	if (rc == YG_OK && !yg_bytes_eq(yg_buf_bytes(&wanted), yg_buf_bytes(&c->stored)))
		say(c, at, a->size - at, YG_EMISMATCH,
		    N_("the seek table does not fit the frames"));
	yg_buf_done(&wanted);
	free(sums);
	return rc;
}

static void begin(struct check *c)
{
	const struct yg_archive *a = c->archive;

	c->ret->is_sealed = a->is_sealed;
	c->ret->file_bytes = a->size;
	c->ret->hour_ns = a->hour_ns;
	memcpy(c->ret->org, a->org, sizeof(c->ret->org));
	/* An end that is there but damaged; a file that just stops is told by its frames. */
	if (!a->is_sealed && a->fault.code != YG_ETRUNC && a->fault.code != YG_EMISMATCH)
		say(c, a->fault.pos, a->size > a->fault.pos ? a->size - a->fault.pos : 0,
		    (int)a->fault.code, a->fault.msg);
}

int yg_archive_verify(const char *path, struct yg_archive_check *ret, yg_archive_note_fn note,
		      yg_archive_take_fn take, void *arg)
{
	struct check c = {.ret = ret, .note = note, .take = take, .arg = arg};
	struct yg_fault fault = {0};
	int rc;

	*ret = (struct yg_archive_check){
		.first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE, .hour_ns = YG_TIME_NONE};
	rc = yg_archive_open(path, &c.archive, &fault);
	if (rc == YG_EMISMATCH || rc == YG_ELIMIT) {
		ret->notes++;
		if (note)
			note(arg, &(struct yg_archive_note){path, fault.pos, 0, rc, fault.msg});
		return YG_OK;
	}
	if (rc != YG_OK)
		return rc;
	yg_buf_init(&c.stored, YG_INDEX_BYTES_MAX);
	yg_buf_init(&c.text, YG_ARCHIVE_TEXT_MAX);
	c.unpacker = yg_archive_unpacker_new();
	begin(&c);
	rc = c.unpacker ? check_frames(&c) : YG_ENOMEM;
	if (rc == YG_OK && c.archive->is_sealed)
		rc = check_seek(&c);
	(void)yg_archive_unpacker_free(c.unpacker);
	yg_buf_done(&c.stored);
	yg_buf_done(&c.text);
	(void)yg_archive_free(c.archive);
	return rc;
}
