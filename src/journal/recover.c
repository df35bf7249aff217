/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a folder holds after whatever happened to it. Two things must not be mixed up:
 * - a torn end, which every power cut leaves: bytes that were written and never synced, so never
 *   acknowledged. It is cut off (the next segment says where this one ends) and said;
 * - damage to what was synced. It is told with its place, and nothing is changed.
 * Each record says how much of its segment was synced before it was written: a whole record behind
 * a broken place that knows the place as synced proves damage.
 *
 * And a third: what a process that was killed had written, but not synced, is there for whoever
 * opens the file, and gone with the next power cut. It is made durable before anyone may see it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "journal/bytes-int.h"
#include "journal/journal-int.h"

#include "base/ban.h"

#define FOUND_MAX  1000000u
#define COPY_BYTES (256u * 1024u)

struct found {
	struct yg_segment_head head;
	uint64_t first;
	uint64_t size; /* bytes of the file */
	bool is_chained;
};

struct recovery {
	struct yg_journal *j;
	struct yg_journal_report *report;
	struct found *found; /* ascending */
	size_t count;
	size_t room;
	size_t stray_count; /* behind those, once the chain is known */
	struct yg_state_head state;
};

/* ---- saying what is wrong ---- */

__attribute__((format(printf, 5, 6))) static int fail(struct recovery *r, int rc, const char *file,
						      uint64_t at, const char *format, ...)
{
	char what[160];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* cut on purpose */
	va_end(args);
	(void)snprintf(r->report->fault_file, sizeof(r->report->fault_file), "%s", file);
	r->report->fault_at = at;
	(void)snprintf(r->report->text, sizeof(r->report->text),
		       "%s/%s, byte %llu: %s; nothing was changed (docs/journal.md: damage)",
		       r->j->folder, file, (unsigned long long)at, what); /* cut on purpose */
	return rc;
}

static int fail_in(struct recovery *r, int rc, uint64_t first, uint64_t at, const char *what)
{
	char name[YG_SEGMENT_NAME_MAX];

	yg_segment_name(first, name);
	return fail(r, rc, name, at, "%s", what);
}

/* ---- listing ---- */

static int note(struct recovery *r, uint64_t first)
{
	if (r->count >= FOUND_MAX)
		return YG_ELIMIT;
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct found *more = yg_reallocarray(r->found, room, sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		r->found = more;
		r->room = room;
	}
	r->found[r->count++] = (struct found){.first = first};
	return YG_OK;
}

/* What a crash left of a file that was being replaced: "state.…", "cursors/NAME.…", "….seg.new". */
static bool is_leftover(const char *name, bool is_cursor)
{
	struct yg_bytes b = yg_bytes_str(name);

	if (is_cursor)
		return yg_bytes_chr(b, '.') != SIZE_MAX && name[0] != '.';
	return yg_bytes_starts(b, YG_S("state.")) || yg_bytes_ends(b, YG_S(".seg.new"));
}

static int list(struct recovery *r, const char *within)
{
	char path[YG_DISK_PATH_MAX];
	bool is_cursor = within[0] != '.';
	struct dirent *entry;
	DIR *dir;
	int rc = yg_journal_path(r->j, within, path);

	if (rc != YG_OK)
		return rc;
	dir = opendir(path);
	if (!dir)
		return yg_err_from_errno(errno);
	while (rc == YG_OK && (entry = readdir(dir))) {
		char whole[YG_DISK_PATH_MAX];
		uint64_t first;
		int size = snprintf(whole, sizeof(whole), "%s/%s", path, entry->d_name);

		if (size < 0 || (size_t)size >= sizeof(whole))
			rc = YG_ELIMIT;
		else if (is_leftover(entry->d_name, is_cursor))
			(void)yg_disk_unlink(whole); /* harmless, and gone next time */
		else if (!is_cursor && yg_segment_name_read(entry->d_name, &first))
			rc = note(r, first);
	}
	(void)closedir(dir);
	return rc;
}

static int by_first(const void *a, const void *b)
{
	uint64_t x = ((const struct found *)a)->first, y = ((const struct found *)b)->first;

	return (x > y) - (x < y);
}

static int read_heads(struct recovery *r)
{
	if (r->count > 0)
		qsort(r->found, r->count, sizeof(*r->found), by_first);
	for (size_t i = 0; i < r->count; i++) {
		struct found *f = &r->found[i];
		struct yg_fault fault;
		struct stat st;
		int fd = -1;
		int rc = yg_segment_open(r->j, f->first, &fd, &f->head, &fault);

		if (rc != YG_OK)
			return fail_in(r, rc, f->first, fault.pos, fault.msg);
		rc = fstat(fd, &st) == 0 ? YG_OK : yg_err_from_errno(errno);
		f->size = rc == YG_OK ? (uint64_t)st.st_size : 0;
		(void)close(fd); /* read only */
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

static int read_state(struct recovery *r)
{
	char path[YG_DISK_PATH_MAX];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_journal_path(r->j, "state", path);

	if (rc == YG_OK)
		rc = yg_io_read_file(path, YG_KNOWN_BYTES_MAX, &bytes, &size);
	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc != YG_OK)
		return rc;
	rc = yg_state_read((struct yg_bytes){bytes, size}, &r->j->known, &r->state, &fault);
	free(bytes);
	return rc == YG_OK ? YG_OK : fail(r, rc, "state", fault.pos, "%s", fault.msg);
}

/* ---- which segments follow which ---- */

static struct found *find(struct recovery *r, uint64_t first)
{
	struct found key = {.first = first};

	return bsearch(&key, r->found, r->count, sizeof(*r->found), by_first);
}

/* From the newest back to the first that was not removed on purpose. */
static int follow_chain(struct recovery *r)
{
	struct found *f = &r->found[r->count - 1];

	for (;;) {
		struct found *before;

		f->is_chained = true;
		if (f->head.before_first == 0)
			break;
		before = find(r, f->head.before_first);
		if (!before) {
			if (f->head.before_last <= r->state.trimmed)
				break;
			return fail_in(r, YG_EFORMAT, f->head.before_first, 0,
				       "the segment is missing");
		}
		if (f->head.before_end > before->size)
			return fail_in(r, YG_ETRUNC, before->first, before->size,
				       "the segment is cut");
		f = before;
	}
	return YG_OK;
}

static int remove_segment(struct recovery *r, uint64_t first)
{
	char name[YG_SEGMENT_NAME_MAX];
	char path[YG_DISK_PATH_MAX];
	int rc;

	yg_segment_name(first, name);
	rc = yg_journal_path(r->j, name, path);
	return rc == YG_OK ? yg_disk_unlink(path) : rc;
}

/*
 * Those that nothing leads to: removed already, but the removal was lost; or begun when the disk
 * failed, and never written to. Anything else is not explained by what may happen.
 */
static int check_strays(struct recovery *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct found *f = &r->found[i];

		if (!f->is_chained && f->first > r->state.trimmed &&
		    f->size > YG_SEGMENT_HEAD_BYTES)
			return fail_in(r, YG_EFORMAT, f->first, 0,
				       "no segment leads to this one, and it holds something");
	}
	return YG_OK;
}

static int remove_strays(struct recovery *r)
{
	int rc = YG_OK;

	for (size_t i = r->count; rc == YG_OK && i < r->count + r->stray_count; i++)
		rc = remove_segment(r, r->found[i].first);
	return rc;
}

/* The chained ones, oldest first, into the journal. */
static int keep_chained(struct recovery *r)
{
	struct yg_journal *j = r->j;
	size_t kept = 0;

	/* Chained ones to the front in their order, the others behind them. */
	for (size_t i = 0; i < r->count; i++) {
		struct found f = r->found[i];

		if (!f.is_chained)
			continue;
		r->found[i] = r->found[kept];
		r->found[kept++] = f;
	}
	r->stray_count = r->count - kept;
	r->count = kept;
	for (size_t i = 0; i < kept; i++) {
		struct found *f = &r->found[i];
		const struct yg_segment_head *next = i + 1 < kept ? &f[1].head : NULL;

		if (yg_journal_segment_room(j) != YG_OK)
			return YG_ENOMEM;
		j->segments[j->segment_count++] = (struct yg_segment){
			.first = f->first,
			.end = next ? next->before_end : f->size,
			.last = next ? next->before_last : f->head.before_last,
		};
	}
	j->first_cursor = kept > 0 ? r->found[0].head.before_last : 0;
	return YG_OK;
}

/* ---- reading what is not known yet ---- */

/* Does a record behind @at know that @at had been synced? Then what is wrong there is damage. */
static int is_proved(struct yg_window *window, uint64_t salt, uint64_t at, uint64_t end, bool *ret)
{
	*ret = false;
	for (uint64_t here = at + YG_SEGMENT_ALIGN - at % YG_SEGMENT_ALIGN;
	     here + YG_SEGMENT_RECORD_BYTES <= end; here += YG_SEGMENT_ALIGN) {
		struct yg_segment_record record;
		struct yg_fault fault;
		struct yg_bytes got;
		int rc = yg_window_at(window, here, YG_SEGMENT_RECORD_BYTES, end, &got);

		if (rc != YG_OK)
			return rc;
		if (yg_segment_record_read(got, salt, here, &record, &fault) == YG_OK &&
		    record.durable > at) {
			*ret = true;
			return YG_OK;
		}
	}
	return YG_OK;
}

static int take_record(struct recovery *r, const struct yg_segment_record *head,
		       const struct yg_journal_record *record, uint64_t *last,
		       struct yg_fault *reterr)
{
	int rc;

	if (head->previous != *last)
		return yg_fault_set(reterr, YG_EFORMAT, "the record before is missing", 0);
	if (record->position == 0)
		return YG_OK; /* a mark */
	*last = record->position;
	if (record->position <= r->state.position)
		return YG_OK;
	r->report->records++;
	rc = yg_known_take(&r->j->known, &record->batch);
	if (rc != YG_OK)
		return yg_fault_set(
			reterr, (enum yg_err)rc,
			rc == YG_EFORMAT ? "the batch does not follow the one of its sensor before"
					 : yg_err_text(rc),
			0);
	return YG_OK;
}

struct scanned {
	uint64_t at;	 /* where it ended, by an error or not */
	uint64_t last;	 /* the last position */
	uint64_t synced; /* bytes that are known to have been */
};

/* All records from the head on. */
static int scan(struct recovery *r, struct yg_window *window, const struct found *f, uint64_t end,
		struct scanned *ret, struct yg_fault *reterr)
{
	uint64_t at = YG_SEGMENT_HEAD_BYTES;
	uint64_t last = f->head.before_last;
	int rc = YG_OK;

	ret->synced = YG_SEGMENT_HEAD_BYTES;
	while (rc == YG_OK && at < end) {
		struct yg_segment_record head;
		struct yg_journal_record record;

		rc = yg_window_record(window, f->head.salt, at, end, &head, &record, reterr);
		if (rc == YG_OK)
			rc = take_record(r, &head, &record, &last, reterr);
		if (rc == YG_OK) {
			at += yg_segment_record_size(head.sensor_size, head.body_size);
			ret->synced = head.durable;
		}
	}
	ret->at = at;
	ret->last = last;
	return rc;
}

static bool is_of_the_file(int rc)
{
	return rc == YG_ETRUNC || rc == YG_EFORMAT || rc == YG_EDIGEST;
}

/* The newest segment ends where its last whole record does, unless that is damage. */
static int cut_end(struct recovery *r, struct yg_window *window, const struct found *f, uint64_t at,
		   const struct yg_fault *fault)
{
	bool is_damage;
	int rc = is_proved(window, f->head.salt, at, f->size, &is_damage);

	if (rc != YG_OK)
		return rc;
	if (is_damage)
		return fail_in(r, fault->code, f->first, at, fault->msg);
	r->report->cut_bytes = f->size - at;
	r->report->cut_at = at;
	yg_segment_name(f->first, r->report->cut_file);
	return YG_OK;
}

/*
 * The bytes from @start to @end once more, and a sync. Written again, not only synced: had a sync
 * of them failed in the process before, this one would say that all is well (base/disk.h).
 */
static int make_durable(struct recovery *r, uint64_t first, struct yg_window *window,
			uint64_t start, uint64_t end)
{
	char name[YG_SEGMENT_NAME_MAX];
	char path[YG_DISK_PATH_MAX];
	int fd = -1;
	int rc;

	yg_segment_name(first, name);
	rc = yg_journal_path(r->j, name, path);
	if (rc == YG_OK)
		rc = yg_disk_open(path, 0, 0, &fd);
	if (rc != YG_OK)
		return rc;
	while (rc == YG_OK && start < end) {
		size_t size = end - start < COPY_BYTES ? (size_t)(end - start) : COPY_BYTES;
		struct yg_bytes bytes;

		rc = yg_window_at(window, start, size, end, &bytes);
		if (rc == YG_OK && bytes.size == 0)
			rc = YG_EIO; /* it was there a moment ago */
		if (rc == YG_OK)
			rc = yg_disk_write(fd, bytes, start);
		start += bytes.size;
	}
	if (rc == YG_OK)
		rc = yg_disk_sync(fd);
	(void)yg_disk_close(fd); /* what counts was synced */
	return rc;
}

static int read_segment(struct recovery *r, size_t index)
{
	const struct found *f = &r->found[index];
	struct yg_segment *segment = &r->j->segments[index];
	bool is_newest = index + 1 == r->count;
	struct yg_window window = {.fd = -1};
	struct yg_segment_head head;
	struct yg_fault fault = {0};
	struct scanned end;
	int rc = yg_segment_open(r->j, f->first, &window.fd, &head, &fault);

	if (rc != YG_OK)
		return fail_in(r, rc, f->first, fault.pos, fault.msg);
	yg_buf_init(&window.bytes, YG_SEGMENT_RECORD_MAX);
	rc = scan(r, &window, f, segment->end, &end, &fault);
	if (is_newest && is_of_the_file(rc))
		rc = cut_end(r, &window, f, end.at, &fault);
	else if (is_of_the_file(rc))
		rc = fail_in(r, rc, f->first, end.at + fault.pos, fault.msg);
	else if (rc == YG_OK && !is_newest && (end.at != segment->end || end.last != segment->last))
		rc = fail_in(r, YG_EFORMAT, f->first, end.at,
			     "the last record is not the one that the next segment knows");
	if (rc == YG_OK && is_newest)
		rc = make_durable(r, f->first, &window, end.synced, end.at);
	segment->end = end.at;
	segment->last = end.last;
	yg_buf_done(&window.bytes);
	(void)close(window.fd); /* read only */
	return rc;
}

static int read_records(struct recovery *r)
{
	struct yg_journal *j = r->j;
	uint64_t last;
	int rc = YG_OK;

	if (r->count > 0 && j->first_cursor > r->state.position)
		return fail(r, YG_EFORMAT, "state", 0, "it does not reach the first segment");
	for (size_t i = 0; rc == YG_OK && i < r->count; i++) {
		if (i + 1 == r->count || j->segments[i].last > r->state.position)
			rc = read_segment(r, i);
	}
	if (rc != YG_OK)
		return rc;
	last = r->count > 0 ? j->segments[r->count - 1].last : 0;
	if (last < r->state.position)
		return fail(r, YG_EMISMATCH, "state", 0,
			    "it knows of position %llu, the segments end at %llu: one of them was "
			    "restored or removed",
			    (unsigned long long)r->state.position, (unsigned long long)last);
	j->durable = last;
	j->next_position = last + 1;
	j->state_position = r->state.position;
	return YG_OK;
}

/* ---- going on ---- */

/* Segments from the front whose removal was decided before; its trace on the disk was lost. */
static int remove_trimmed(struct recovery *r)
{
	struct yg_journal *j = r->j;
	size_t gone = 0;
	int rc;

	while (gone + 1 < j->segment_count && j->segments[gone].last <= r->state.trimmed) {
		rc = remove_segment(r, j->segments[gone].first);
		if (rc != YG_OK)
			return rc;
		j->first_cursor = j->segments[gone++].last;
	}
	if (gone == 0)
		return YG_OK;
	j->segment_count -= gone;
	memmove(j->segments, j->segments + gone, j->segment_count * sizeof(*j->segments));
	return YG_OK;
}

/* Always a new one: nothing is ever written again where a torn end lay. */
static int begin_segment(struct recovery *r)
{
	struct yg_journal *j = r->j;
	struct yg_segment_head head;
	struct yg_segment before = {0};
	int rc;

	if (j->segment_count > 0)
		before = j->segments[j->segment_count - 1];
	if (j->segment_count > 0 && before.first >= j->next_position) {
		/* It is empty: it is replaced, and keeps its name. */
		const struct yg_segment_head *old = &r->found[r->count - 1].head;

		j->next_position = before.first;
		j->segment_count--;
		before = (struct yg_segment){.first = old->before_first,
					     .end = old->before_end,
					     .last = old->before_last};
	}
	for (size_t i = 0; i < j->segment_count; i++)
		j->bytes += j->segments[i].end;
	if (yg_journal_segment_room(j) != YG_OK)
		return YG_ENOMEM;
	j->segments[j->segment_count++] = (struct yg_segment){
		.first = j->next_position, .end = YG_SEGMENT_HEAD_BYTES, .last = j->durable};
	j->is_marked = true;
	rc = yg_segment_start(j, before.first ? &before : NULL, j->next_position, &j->fd, &head);
	if (rc == YG_OK)
		j->salt = head.salt;
	return rc;
}

int yg_journal_recover(struct yg_journal *journal, struct yg_journal_report *report)
{
	struct recovery r = {.j = journal, .report = report};
	int rc = list(&r, "cursors");

	if (rc == YG_OK)
		rc = list(&r, ".");
	if (rc == YG_OK)
		rc = read_heads(&r);
	if (rc == YG_OK)
		rc = read_state(&r);
	if (rc == YG_OK && r.count > 0)
		rc = follow_chain(&r);
	if (rc == YG_OK)
		rc = check_strays(&r);
	if (rc == YG_OK)
		rc = keep_chained(&r);
	if (rc == YG_OK)
		rc = read_records(&r);
	/* From here on the folder is changed. */
	if (rc == YG_OK)
		rc = remove_strays(&r);
	if (rc == YG_OK)
		rc = remove_trimmed(&r);
	if (rc == YG_OK)
		rc = begin_segment(&r);
	report->segments = journal->segment_count;
	report->first_cursor = journal->first_cursor;
	report->last_position = journal->durable;
	free(r.found);
	return rc;
}
