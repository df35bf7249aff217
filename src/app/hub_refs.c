/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_refs.h"

#include "app/hub_archive.h"
#include "app/hub_batches.h"
#include "archive/tree.h"

#include "base/ban.h"

/* One record that is looked for. */
struct looking {
	const struct yg_hub_refs_opts *opts;
	uint64_t number;
	int64_t hour_ns;
	struct yg_archive_position position;
	bool is_found;
	yg_archive_found_fn fn;
	void *arg;
};

/* Lines of a frame's range, by the batches that they came in. */
struct counting {
	const struct yg_archive_frame *frame;
	uint64_t number;
	int64_t hour_ns;
	uint64_t before; /* lines of the frame before @number */
	uint64_t all;
	bool is_there; /* a batch has such a line */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many of [first, end) lie below @edge and from the frame's begin on. */
static uint64_t count_below(const struct counting *c, uint64_t first, uint64_t end, uint64_t edge)
{
	uint64_t begin = first > c->frame->journal_first ? first : c->frame->journal_first;

	end = smaller(end, edge);
	return end > begin ? end - begin : 0;
}

static int count_batch(void *arg, const struct yg_hub_batch *batch)
{
	struct counting *c = arg;
	uint64_t first = batch->at * YG_HUB_ARCHIVE_LINES;
	uint64_t end = first + smaller(batch->records, YG_HUB_ARCHIVE_LINES);

	if (batch->is_drop || yg_archive_hour(batch->received_ns) != c->hour_ns)
		return YG_OK;
	c->before += count_below(c, first, end, c->number);
	c->all += count_below(c, first, end, c->frame->journal_end);
	c->is_there = c->is_there || (first <= c->number && c->number < end);
	return YG_OK;
}

/* The line of @frame that the number names: YG_OK, YG_ENOENT (that cannot be said), an error. */
static int find_line(const struct looking *l, const struct yg_archive_frame *frame, uint32_t *ret)
{
	struct counting c = {.frame = frame, .number = l->number, .hour_ns = l->hour_ns};
	uint64_t line = l->number - frame->journal_first;
	int rc = YG_OK;

	if (!l->opts->is_hunted && frame->journal_end - frame->journal_first != frame->records) {
		rc = yg_hub_batches_between(l->opts->batches_dir, l->opts->org, l->hour_ns,
					    frame->journal_first / YG_HUB_ARCHIVE_LINES,
					    (frame->journal_end - 1) / YG_HUB_ARCHIVE_LINES,
					    count_batch, &c);
		if (rc == YG_ELIMIT || rc == YG_EFORMAT)
			rc = YG_ENOENT;
		if (rc == YG_OK && (!c.is_there || c.all != frame->records))
			rc = YG_ENOENT;
		line = c.before;
	}
	if (rc == YG_OK && line >= frame->records)
		rc = YG_ENOENT;
	*ret = (uint32_t)line;
	return rc;
}

static int look_in_file(void *arg, const struct yg_archive_entry *entry)
{
	struct looking *l = arg;
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc;

	if (l->is_found)
		return YG_OK;
	rc = yg_archive_open(entry->path, &archive, &fault);
	if (rc != YG_OK) /* damaged, empty, or its time was over just now */
		return rc == YG_ENOMEM ? rc : YG_OK;
	for (uint32_t i = 0; rc == YG_OK && !l->is_found && i < archive->count; i++) {
		const struct yg_archive_frame *frame = &archive->frames[i];

		if (l->number < frame->journal_first || l->number >= frame->journal_end)
			continue;
		l->position = (struct yg_archive_position){
			.hour_ns = entry->hour_ns, .part = entry->part, .frame = i};
		rc = find_line(l, frame, &l->position.line);
		l->is_found = rc == YG_OK;
		rc = rc == YG_ENOENT ? YG_OK : rc;
	}
	(void)yg_archive_free(archive);
	return rc;
}

/* ---- reading it ---- */

/* What stands just before @p, wherever that is. */
static struct yg_archive_position before(struct yg_archive_position p)
{
	if (p.line > 0) {
		p.line--;
		return p;
	}
	p.line = UINT32_MAX;
	if (p.frame > 0) {
		p.frame--;
		return p;
	}
	p.frame = UINT32_MAX;
	if (p.part > 0) {
		p.part--;
		return p;
	}
	p.part = UINT32_MAX;
	p.hour_ns -= YG_ARCHIVE_HOUR_NS;
	return p;
}

static bool is_same(const struct yg_archive_position *a, const struct yg_archive_position *b)
{
	return a->hour_ns == b->hour_ns && a->part == b->part && a->frame == b->frame &&
	       a->line == b->line;
}

static int take(void *arg, const struct yg_archive_found *found)
{
	struct looking *l = arg;

	/* A file that was closed meanwhile has the same places; one that went has none. */
	if (!is_same(&found->position, &l->position)) {
		l->is_found = false;
		return YG_EEND;
	}
	return l->fn(l->arg, found);
}

static int read_record(struct looking *l)
{
	const struct yg_archive_position after = before(l->position);
	struct yg_archive_search_result result;
	struct yg_narrow narrow;
	struct yg_archive_search_opts opts = {.dir = l->opts->archive_dir,
					      .org = l->opts->org,
					      .narrow = &narrow,
					      .after = &after,
					      .limit = 1,
					      .frames_max = 1};
	int rc;

	yg_narrow_init(&narrow);
	rc = yg_archive_search(&opts, take, l, &result);
	if (rc == YG_OK && result.found == 0)
		l->is_found = false; /* damaged */
	return rc;
}

int yg_hub_refs_each(const struct yg_hub_refs_opts *opts, yg_archive_found_fn fn, void *arg,
		     uint32_t *ret_missing)
{
	int rc = YG_OK;

	*ret_missing = 0;
	for (uint32_t i = 0; rc == YG_OK && i < opts->ref_count; i++) {
		struct looking l = {.opts = opts,
				    .number = opts->refs[i].number,
				    .hour_ns = yg_archive_hour(opts->refs[i].received_ns),
				    .fn = fn,
				    .arg = arg};

		rc = yg_archive_walk_hour(opts->archive_dir, opts->org, l.hour_ns, look_in_file,
					  &l);
		rc = rc == YG_ENOENT ? YG_OK : rc; /* nothing was ever archived */
		if (rc == YG_OK && l.is_found)
			rc = read_record(&l);
		*ret_missing += rc == YG_OK && !l.is_found;
	}
	return rc;
}
