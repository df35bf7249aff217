/* SPDX-License-Identifier: Apache-2.0 */
/* Reading in order, up to what is durable. */
#define _GNU_SOURCE
#include <unistd.h>

#include "base/alloc.h"
#include "journal/journal-int.h"

#include "base/ban.h"

struct place {
	uint64_t segment; /* its first position; 0: nowhere */
	uint64_t at;	  /* byte of the next record */
	uint64_t last;	  /* position of the record before it */
};

struct yg_journal_reader {
	struct yg_journal *j;
	struct yg_window window; /* fd -1: no segment is open */
	uint64_t salt;
	struct place here;
	struct place kept;    /* where the reader stood behind @kept_cursor */
	uint64_t kept_cursor; /* UINT64_MAX: none */
	uint64_t end;	      /* durable bytes of the segment, as last asked */
	int failed;	      /* damage: stays */
	char fault[YG_JOURNAL_TEXT_MAX];
};

static int fail(struct yg_journal_reader *r, int rc, uint64_t at, const char *what)
{
	char name[YG_SEGMENT_NAME_MAX];

	yg_segment_name(r->here.segment, name);
	(void)snprintf(r->fault, sizeof(r->fault), "%s/%s, byte %llu: %s", r->j->folder, name,
		       (unsigned long long)at, what); /* cut on purpose */
	if (rc != YG_EIO && rc != YG_ENOMEM)
		r->failed = rc;
	return rc;
}

static void close_segment(struct yg_journal_reader *r)
{
	if (r->window.fd >= 0)
		(void)close(r->window.fd); /* read only */
	r->window.fd = -1;
	r->window.start = 0;
	yg_buf_reset(&r->window.bytes);
}

static int open_segment(struct yg_journal_reader *r, uint64_t first)
{
	struct yg_segment_head head;
	struct yg_fault fault;
	int rc;

	close_segment(r);
	r->here.segment = first;
	r->end = 0;
	rc = yg_segment_open(r->j, first, &r->window.fd, &head, &fault);
	if (rc != YG_OK) {
		r->window.fd = -1;
		return fail(r, rc, fault.pos, fault.msg);
	}
	r->salt = head.salt;
	r->here.at = YG_SEGMENT_HEAD_BYTES;
	r->here.last = head.before_last;
	return YG_OK;
}

/* With the mutex: the segment whose name is the greatest up to @position. */
static size_t segment_for(const struct yg_journal *j, uint64_t position)
{
	size_t low = 0;
	size_t high = j->segment_count - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (j->segments[middle].first <= position)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* How far the segment may be read; the one that follows it, 0 when it is the newest. */
static int look(struct yg_journal_reader *r, uint64_t *ret_next)
{
	struct yg_journal *j = r->j;
	size_t i;
	int rc = YG_OK;

	(void)pthread_mutex_lock(&j->mutex);
	i = segment_for(j, r->here.segment);
	if (j->segments[i].first == r->here.segment) {
		r->end = j->segments[i].end;
		*ret_next = i + 1 < j->segment_count ? j->segments[i + 1].first : 0;
	} else if (j->segments[i].first > r->here.segment) {
		/* Removed. Who had read it to its end goes on behind it. */
		*ret_next = j->segments[0].first;
		if (r->here.last != j->first_cursor)
			rc = YG_EMISMATCH;
	} else {
		rc = YG_EINVAL; /* segments do not vanish from the middle */
	}
	(void)pthread_mutex_unlock(&j->mutex);
	return rc;
}

/* Stand before a durable record: YG_OK, or YG_EAGAIN when there is none. */
static int stand(struct yg_journal_reader *r)
{
	while (r->here.at >= r->end) {
		uint64_t next;
		int rc = look(r, &next);

		if (rc != YG_OK)
			return fail(r, rc, r->here.at, "the segment was removed");
		if (r->here.at < r->end)
			break;
		if (next == 0)
			return YG_EAGAIN;
		rc = open_segment(r, next);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

/* The next record, or a mark (position 0). */
static int read_one(struct yg_journal_reader *r, struct yg_journal_record *ret)
{
	struct yg_segment_record head;
	struct yg_fault fault;
	int rc = stand(r);

	if (rc != YG_OK)
		return rc;
	rc = yg_window_record(&r->window, r->salt, r->here.at, r->end, &head, ret, &fault);
	if (rc != YG_OK)
		return fail(r, rc, r->here.at + fault.pos, fault.msg);
	if (head.previous != r->here.last)
		return fail(r, YG_EFORMAT, r->here.at, "the record before is missing");
	r->here.at += yg_segment_record_size(head.sensor_size, head.body_size);
	r->here.last = head.position;
	return YG_OK;
}

int yg_journal_reader_next(struct yg_journal_reader *reader, struct yg_journal_record *ret)
{
	int rc;

	if (reader->failed != YG_OK)
		return reader->failed;
	do {
		rc = read_one(reader, ret);
	} while (rc == YG_OK && ret->position == 0);
	return rc;
}

int yg_journal_reader_wait(struct yg_journal_reader *reader, uint32_t timeout_ms)
{
	struct yg_journal *j = reader->j;
	struct timespec until;
	int rc = 0;
	bool is_there;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* Linux has it */
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / YG_NS_PER_S;
	until.tv_nsec %= YG_NS_PER_S;
	(void)pthread_mutex_lock(&j->mutex);
	while (!(is_there = j->durable > reader->here.last) && rc == 0)
		rc = pthread_cond_timedwait(&j->changed, &j->mutex, &until);
	(void)pthread_mutex_unlock(&j->mutex);
	return is_there ? YG_OK : YG_EAGAIN;
}

/* ---- where to begin ---- */

static int find_start(struct yg_journal *j, uint64_t cursor, uint64_t *ret_segment)
{
	int rc = YG_OK;

	(void)pthread_mutex_lock(&j->mutex);
	if (cursor > j->durable || cursor < j->first_cursor)
		rc = YG_EMISMATCH;
	else
		*ret_segment = j->segments[segment_for(j, cursor + 1)].first;
	(void)pthread_mutex_unlock(&j->mutex);
	return rc;
}

static bool is_kept(struct yg_journal_reader *r, uint64_t cursor)
{
	return r->kept.segment != 0 && r->kept_cursor == cursor && r->window.fd >= 0 &&
	       r->kept.segment == r->here.segment;
}

void yg_journal_reader_keep(struct yg_journal_reader *reader, uint64_t cursor)
{
	reader->kept = reader->here;
	reader->kept_cursor = cursor;
}

int yg_journal_reader_seek(struct yg_journal_reader *reader, uint64_t cursor)
{
	struct yg_journal_record record;
	uint64_t segment = 0;
	int rc = find_start(reader->j, cursor, &segment);

	if (rc != YG_OK) {
		(void)snprintf(reader->fault, sizeof(reader->fault),
			       "%s: nothing is kept behind cursor %llu", reader->j->folder,
			       (unsigned long long)cursor); /* cut on purpose */
		return rc;
	}
	reader->failed = YG_OK;
	reader->fault[0] = '\0';
	if (is_kept(reader, cursor)) {
		reader->here = reader->kept;
		return YG_OK;
	}
	rc = open_segment(reader, segment);
	while (rc == YG_OK && reader->here.last < cursor)
		rc = read_one(reader, &record);
	/* Between segments there may be no record that has just this number. */
	if (rc == YG_OK && reader->here.last > cursor)
		rc = YG_EMISMATCH;
	return rc == YG_EAGAIN ? YG_EMISMATCH : rc;
}

int yg_journal_reader_new(struct yg_journal *journal, uint64_t cursor,
			  struct yg_journal_reader **ret)
{
	struct yg_journal_reader *r = yg_calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return YG_ENOMEM;
	r->j = journal;
	r->window.fd = -1;
	r->kept_cursor = UINT64_MAX;
	yg_buf_init(&r->window.bytes, YG_SEGMENT_RECORD_MAX);
	rc = yg_journal_reader_seek(r, cursor);
	if (rc != YG_OK) {
		(void)yg_journal_reader_free(r);
		return rc;
	}
	*ret = r;
	return YG_OK;
}

struct yg_journal_reader *yg_journal_reader_free(struct yg_journal_reader *reader)
{
	if (reader) {
		close_segment(reader);
		yg_buf_done(&reader->window.bytes);
		free(reader);
	}
	return NULL;
}

const char *yg_journal_reader_fault(const struct yg_journal_reader *reader)
{
	return reader->fault;
}
