/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/ledger_read.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/tr.h"

#include "base/ban.h"

#define NAME_MAX_ 255u
#define PIECE	  65536u
#define PATH_ROOM 4096u
#define SUFFIX	  ".jsonl"
#define CUT_MARK  "\"kind\":\"cut\""

struct yg_ledger_reader {
	char *folder; /* "" when a single file is read */
	char (*names)[NAME_MAX_ + 1];
	size_t name_count;
	size_t name_room;
	size_t next; /* name to open next */
	int fd;
	struct yg_buf bytes; /* read and not given out */
	size_t used;	     /* of them: the line that was given out last */
	uint64_t line;
	bool is_over;	  /* the file has no more bytes */
	bool is_skipping; /* within a line that is too long */
};

/* ---- files ---- */

static int add_name(struct yg_ledger_reader *r, const char *name)
{
	if (r->name_count == r->name_room) {
		size_t room = r->name_room ? r->name_room * 2 : 16;
		void *more;

		if (r->name_count >= YG_LEDGER_FILES_MAX)
			return YG_ELIMIT;
		more = yg_reallocarray(r->names, room, sizeof(*r->names));
		if (!more)
			return YG_ENOMEM;
		r->names = more;
		r->name_room = room;
	}
	(void)snprintf(r->names[r->name_count++], NAME_MAX_ + 1, "%s", name); /* a file's name */
	return YG_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int list_folder(struct yg_ledger_reader *r, const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int rc = YG_OK;

	if (!folder)
		return yg_err_from_errno(errno);
	while (rc == YG_OK && (entry = readdir(folder)) != NULL)
		if (yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(SUFFIX)))
			rc = add_name(r, entry->d_name);
	(void)closedir(folder); /* read only */
	if (r->name_count > 1)
		qsort(r->names, r->name_count, sizeof(*r->names), by_name);
	return rc;
}

int yg_ledger_reader_open(const char *path, struct yg_ledger_reader **ret)
{
	struct yg_ledger_reader *r = yg_calloc(1, sizeof(*r));
	struct stat st;
	int rc = YG_OK;

	if (!r)
		return YG_ENOMEM;
	r->fd = -1;
	yg_buf_init(&r->bytes, YG_LEDGER_LINE_MAX + 2 * PIECE);
	r->folder = yg_strndup(path, strlen(path));
	if (!r->folder)
		rc = YG_ENOMEM;
	else if (stat(path, &st) != 0)
		rc = yg_err_from_errno(errno);
	else if (S_ISDIR(st.st_mode))
		rc = list_folder(r, path);
	else
		rc = yg_io_open_read(path, &r->fd);
	if (rc != YG_OK) {
		(void)yg_ledger_reader_free(r);
		return rc;
	}
	*ret = r;
	return YG_OK;
}

struct yg_ledger_reader *yg_ledger_reader_free(struct yg_ledger_reader *reader)
{
	if (!reader)
		return NULL;
	if (reader->fd >= 0)
		(void)close(reader->fd); /* read only: nothing to lose */
	yg_buf_done(&reader->bytes);
	free(reader->names);
	free(reader->folder);
	free(reader);
	return NULL;
}

/* YG_EEND: there is none. */
static int open_next(struct yg_ledger_reader *r)
{
	char path[PATH_ROOM];
	int size;

	if (r->next >= r->name_count)
		return YG_EEND;
	if (r->fd >= 0)
		(void)close(r->fd); /* read only: nothing to lose */
	r->fd = -1;
	size = snprintf(path, sizeof(path), "%s/%s", r->folder, r->names[r->next]);
	if (size <= 0 || (unsigned)size >= sizeof(path))
		return YG_ELIMIT;
	r->next++;
	r->line = 0;
	r->is_over = false;
	return yg_io_open_read(path, &r->fd);
}

static int read_piece(struct yg_ledger_reader *r)
{
	uint8_t *room = yg_buf_reserve(&r->bytes, PIECE);
	size_t size = 0;
	int rc;

	if (!room)
		return yg_buf_error(&r->bytes);
	rc = yg_io_read(r->fd, room, PIECE, &size);
	if (rc == YG_OK)
		yg_buf_grew(&r->bytes, size);
	r->is_over = rc == YG_OK && size == 0;
	return rc;
}

/* The line at the front of what was read. YG_EAGAIN: more must be read. */
static int cut_line(struct yg_ledger_reader *r, struct yg_bytes *ret)
{
	size_t end = yg_bytes_chr(yg_buf_bytes(&r->bytes), '\n');
	bool was_skipping = r->is_skipping;

	if (end == SIZE_MAX && r->bytes.size < YG_LEDGER_LINE_MAX)
		return YG_EAGAIN;
	if (end == SIZE_MAX) {
		yg_buf_drop(&r->bytes, r->bytes.size);
		r->is_skipping = true;
		return YG_EAGAIN;
	}
	r->is_skipping = false;
	r->line++;
	r->used = end + 1;
	*ret = yg_bytes_cut(yg_buf_bytes(&r->bytes), 0, end);
	return was_skipping || end >= YG_LEDGER_LINE_MAX ? YG_ELIMIT : YG_OK;
}

int yg_ledger_reader_next(struct yg_ledger_reader *reader, struct yg_bytes *ret)
{
	struct yg_ledger_reader *r = reader;
	int rc;

	yg_buf_drop(&r->bytes, r->used);
	r->used = 0;
	for (;;) {
		rc = cut_line(r, ret);
		if (rc != YG_EAGAIN)
			return rc;
		if (r->fd >= 0 && !r->is_over)
			rc = read_piece(r);
		else if (r->bytes.size > 0 || r->is_skipping)
			return YG_ETRUNC; /* also when other files follow: none may end so */
		else
			rc = open_next(r);
		if (rc != YG_OK)
			return rc;
	}
}

const char *yg_ledger_reader_file(const struct yg_ledger_reader *reader)
{
	return reader->next > 0 ? reader->names[reader->next - 1] : "";
}

uint64_t yg_ledger_reader_line(const struct yg_ledger_reader *reader)
{
	return reader->line;
}

/* ---- checking ---- */

struct check {
	const struct yg_ledger_known *known;
	struct yg_ledger_reader *reader;
	struct yg_ledger_walk walk;
	bool is_head_met;
	bool is_head_right;
	bool is_before_cut; /* lines that may go: only their chain is looked at */
	yg_ledger_line_fn fn;
	void *arg;
	struct yg_ledger_verdict *ret;
};

static void set_place(struct check *c)
{
	(void)snprintf(c->ret->file, sizeof(c->ret->file), "%.60s",
		       yg_ledger_reader_file(c->reader)); /* cut: ours are short */
	c->ret->line = yg_ledger_reader_line(c->reader);
}

/* What stands behind the line where the chain is broken: the next one, and whether @wanted comes.
 */
static int look_behind(struct check *c, uint64_t wanted, struct yg_ledger_line *after,
		       bool *ret_has_after, bool *ret_comes)
{
	bool is_first = true;

	*ret_has_after = false;
	*ret_comes = false;
	for (;;) {
		struct yg_ledger_line line;
		struct yg_wire_fault fault;
		struct yg_bytes text;
		int rc = yg_ledger_reader_next(c->reader, &text);

		if (rc == YG_EEND || rc == YG_ETRUNC)
			return YG_OK;
		if (rc != YG_OK && rc != YG_ELIMIT)
			return rc;
		if (rc == YG_OK)
			rc = yg_ledger_line_read(text, &line, &fault);
		if (rc == YG_ENOMEM)
			return rc;
		if (rc == YG_OK) {
			if (is_first)
				*after = line;
			*ret_has_after |= is_first;
			*ret_comes |= line.n == wanted;
		}
		is_first = false;
	}
}

/* The chain is broken at @bad (NULL: no line). */
static int judge(struct check *c, const struct yg_ledger_line *bad)
{
	struct yg_ledger_line after;
	struct yg_ledger_break where = {.n = c->walk.n, .hash = c->walk.hash, .bad = bad};
	bool has_after;
	int rc;

	set_place(c);
	rc = look_behind(c, c->walk.n + 1, &after, &has_after, &where.comes_later);
	if (has_after)
		where.after = &after;
	if (c->known->has_head && bad && c->known->n == bad->n)
		where.head = c->known->hash;
	c->ret->fault = yg_ledger_judge(&where, &c->ret->n, &c->ret->other);
	return rc;
}

static void set_fault(struct check *c, enum yg_ledger_fault fault, uint64_t n, uint64_t other)
{
	c->ret->fault = fault;
	c->ret->n = n;
	c->ret->other = other;
	set_place(c);
}

/* A line that its owner's setting lets go: does it stand on the one before it? */
static int step_before_cut(struct check *c, const struct yg_ledger_line *line)
{
	struct yg_ledger_walk *walk = &c->walk;

	if (walk->n == 0 ||
	    (line->n == walk->n + 1 && memcmp(line->prev, walk->hash, sizeof(walk->hash)) == 0)) {
		walk->n = line->n;
		memcpy(walk->hash, line->hash, sizeof(walk->hash));
		return YG_OK;
	}
	return YG_EMISMATCH;
}

/* At the first line that must be there: is what stands before it what the cut was made for? */
static int resume(struct check *c, const struct yg_ledger_line *line)
{
	const struct yg_ledger_line *cut = &c->ret->cut;
	bool is_met = c->walk.n == 0 || (c->walk.n == cut->first - 1 &&
					 memcmp(c->walk.hash, cut->before, YG_SHA256_BYTES) == 0);

	if (line->n != cut->first || !is_met)
		return YG_EMISMATCH;
	c->is_before_cut = false;
	yg_ledger_walk_resume(&c->walk, cut);
	return YG_OK;
}

/* *ret_is_passed: only its chain counted. Else as yg_ledger_walk_step(). */
static int walk_on(struct check *c, const struct yg_ledger_line *line, bool *ret_is_passed,
		   enum yg_ledger_fault *ret, uint64_t *ret_other)
{
	int rc = YG_OK;

	*ret_is_passed = false;
	if (c->is_before_cut && line->n < c->ret->cut.first) {
		rc = step_before_cut(c, line);
		*ret_is_passed = rc == YG_OK;
		return rc;
	}
	if (c->is_before_cut)
		rc = resume(c, line);
	return rc == YG_OK ? yg_ledger_walk_step(&c->walk, line, ret, ret_other) : rc;
}

/* One line. YG_EEND: it is decided. */
static int step(struct check *c, struct yg_bytes text)
{
	bool is_passed;
	struct yg_ledger_line line;
	struct yg_wire_fault fault;
	enum yg_ledger_fault what;
	uint64_t other;
	int rc = yg_ledger_line_read(text, &line, &fault);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		rc = judge(c, NULL);
		return rc == YG_OK ? YG_EEND : rc;
	}
	rc = walk_on(c, &line, &is_passed, &what, &other);
	if (is_passed)
		return YG_OK;
	if (rc == YG_EMISMATCH) {
		rc = judge(c, &line);
		return rc == YG_OK ? YG_EEND : rc;
	}
	if (rc == YG_EDIGEST) {
		set_fault(c, what, line.n, other);
		return YG_EEND;
	}
	if (rc == YG_OK && c->known->has_head && line.n == c->known->n) {
		c->is_head_met = true;
		c->is_head_right = memcmp(line.hash, c->known->hash, sizeof(line.hash)) == 0;
	}
	return rc == YG_OK && c->fn ? c->fn(c->arg, &line, text) : rc;
}

/* Every line is good in itself: is it all, and by the right key? */
static void look_at_end(struct check *c)
{
	const struct yg_ledger_known *known = c->known;

	if (known->has_head && c->walk.n < known->n)
		set_fault(c, YG_LEDGER_CUT, c->walk.n + 1, known->n);
	else if (known->has_head && known->n > 0 && c->is_head_met && !c->is_head_right)
		set_fault(c, YG_LEDGER_CHANGED, known->n, 0);
}

static void fill(struct check *c)
{
	struct yg_ledger_verdict *ret = c->ret;
	const struct yg_ledger_walk *walk = &c->walk;
	uint64_t n;

	/* A key that was changed stands before all that it signed. */
	if (!yg_ledger_walk_is_key(walk, &n) &&
	    (ret->fault == YG_LEDGER_WHOLE || ret->fault == YG_LEDGER_SIGNATURE || ret->n > n)) {
		ret->fault = YG_LEDGER_KEY;
		ret->n = n;
		ret->other = 0;
	}
	ret->entries = walk->n;
	ret->batches = walk->batches;
	ret->records = walk->records;
	ret->receipts = walk->receipts;
	ret->unsigned_receipts = walk->unsigned_receipts;
	ret->waiting = walk->open_count;
	ret->drops = walk->drops;
	ret->dropped = walk->dropped;
	ret->receipt_ns = walk->receipt_ns;
	memcpy(ret->head, walk->hash, sizeof(ret->head));
	ret->end = (struct yg_ledger_line){
		.kind = YG_LEDGER_SHORTENED,
		.first = walk->n + 1,
		.number = walk->number,
		.epoch = walk->epoch,
		.base = walk->epoch ? walk->base : 0,
		.receipted = walk->receipted,
		.batches = walk->batches,
		.records = walk->records,
		.has_key = walk->entered_n > 0,
	};
	memcpy(ret->end.before, walk->hash, sizeof(ret->end.before));
	memcpy(ret->end.sensor, walk->sensor, sizeof(ret->end.sensor));
	memcpy(ret->end.organisation, walk->organisation, sizeof(ret->end.organisation));
	memcpy(ret->end.key, walk->entered, sizeof(ret->end.key));
}

/* One line of it. YG_EEND: nothing more can be learnt. */
static int look_at_cut(struct yg_bytes bytes, uint64_t *ret_begins, struct yg_ledger_line *ret,
		       struct yg_buf *text)
{
	struct yg_ledger_line line;
	struct yg_wire_fault fault;
	int rc;

	/* Few lines are of that kind: the others are not read. */
	if (*ret_begins > 0 && yg_bytes_find(bytes, YG_S(CUT_MARK)) == SIZE_MAX)
		return YG_OK;
	rc = yg_ledger_line_read(bytes, &line, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (*ret_begins == 0) {
		*ret_begins = rc == YG_OK ? line.n : 0;
		if (*ret_begins <= 1)
			return YG_EEND; /* the front is there, or no line of ours */
	}
	if (rc != YG_OK || line.kind != YG_LEDGER_SHORTENED || line.first < *ret_begins)
		return YG_OK;
	*ret = line;
	if (text) {
		yg_buf_reset(text);
		yg_buf_add(text, bytes);
	}
	return YG_OK;
}

int yg_ledger_find_cut(const char *path, uint64_t *ret_begins, struct yg_ledger_line *ret,
		       struct yg_buf *text)
{
	struct yg_ledger_reader *r;
	struct yg_bytes bytes;
	int rc = yg_ledger_reader_open(path, &r);

	*ret_begins = 0;
	*ret = (struct yg_ledger_line){0};
	if (rc != YG_OK)
		return rc;
	while (rc == YG_OK || rc == YG_ELIMIT) {
		rc = yg_ledger_reader_next(r, &bytes);
		if (rc == YG_OK)
			rc = look_at_cut(bytes, ret_begins, ret, text);
	}
	rc = rc == YG_EEND || rc == YG_ETRUNC ? YG_OK : rc;
	if (rc == YG_OK && text)
		rc = yg_buf_error(text);
	(void)yg_ledger_reader_free(r);
	return rc;
}

int yg_ledger_check(const char *path, const struct yg_ledger_known *known, yg_ledger_line_fn fn,
		    void *arg, struct yg_ledger_verdict *ret)
{
	struct check c = {.known = known, .fn = fn, .arg = arg, .ret = ret};
	struct yg_bytes text;
	int rc;

	*ret = (struct yg_ledger_verdict){.receipt_ns = YG_TIME_NONE};
	rc = yg_ledger_reader_open(path, &c.reader);
	if (rc == YG_OK)
		rc = yg_ledger_find_cut(path, &ret->begins, &ret->cut, NULL);
	if (rc != YG_OK) {
		(void)yg_ledger_reader_free(c.reader);
		return rc;
	}
	c.is_before_cut = ret->cut.n > 0;
	yg_ledger_walk_start(&c.walk, known->key);
	while (rc == YG_OK) {
		rc = yg_ledger_reader_next(c.reader, &text);
		if (rc == YG_OK)
			rc = step(&c, text);
		else if (rc == YG_ELIMIT)
			rc = judge(&c, NULL) == YG_OK ? YG_EEND : YG_EIO;
		else if (rc == YG_ETRUNC)
			set_fault(&c, YG_LEDGER_CUT, c.walk.n + 1, c.walk.n + 1);
	}
	if (rc == YG_EEND && ret->fault == YG_LEDGER_WHOLE)
		look_at_end(&c);
	if (rc == YG_EEND || rc == YG_ETRUNC) {
		fill(&c);
		rc = YG_OK;
	}
	yg_ledger_walk_done(&c.walk);
	(void)yg_ledger_reader_free(c.reader);
	return rc;
}

const char *yg_ledger_fault_format(enum yg_ledger_fault fault)
{
	static const char *const formats[] = {
		[YG_LEDGER_WHOLE] = "",
		[YG_LEDGER_CHANGED] = N_("entry %llu was changed"),
		[YG_LEDGER_MISSING] = N_("entries %llu to %llu are missing"),
		[YG_LEDGER_DOUBLED] = N_("entry %llu stands there twice"),
		[YG_LEDGER_MOVED] = N_("entry %llu is not in its place: entry %llu stands there"),
		[YG_LEDGER_CUT] = N_("the end was cut off: entries %llu to %llu are not there"),
		[YG_LEDGER_KEY] = N_("entry %llu names another key than the hub's"),
		[YG_LEDGER_SIGNATURE] =
			N_("entry %llu: this countersignature is not by the hub's key"),
		[YG_LEDGER_OTHER] = N_("entry %llu: the hub countersigned something else than what "
				       "stands in entry %llu"),
		[YG_LEDGER_NUMBER] = N_("entry %llu: its batch does not follow the one before it"),
		[YG_LEDGER_TWICE] =
			N_("entry %llu: its batch has an epoch or sequence that cannot be"),
	};

	return (unsigned)fault < sizeof(formats) / sizeof(formats[0]) ? formats[fault] : "";
}
