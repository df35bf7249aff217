/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Past damage: the frames of a file behind a place where none is whole.
 *
 *   chain --header there, number rises--> chain
 *     |                                     ^
 *     no header                             | the first place where header, number and packed
 *     v                                     | bytes hold
 *   was the frame before whole? --no: it goes--> search
 *
 * The frame before is looked at because a cut takes bytes out of it: its header says that it ends
 * behind the beginning of the next one, and a search that began there would lose that, too.
 */
#include <stdlib.h>

#include "archive/archive-int.h"
#include "base/alloc.h"

#include "base/ban.h"

#define PIECE_BYTES (64u * 1024u)
#define MARK	    "YGARFRM1"
#define MARK_AT	    8u /* bytes of a frame before its mark */

struct past {
	struct yg_archive *archive;
	struct yg_archive_index_read index; /* of the file; frames NULL: it cannot be read */
	uint8_t *packed;		    /* room for one frame */
	uint64_t end;			    /* where frames end */
	uint64_t vain;			    /* bytes read of frames that were none */
};

static bool is_damage(int rc)
{
	return rc == YG_ETRUNC || rc == YG_EMISMATCH || rc == YG_EFORMAT || rc == YG_EDIGEST ||
	       rc == YG_ELIMIT;
}

/* ---- the next header ---- */

/* Does a header stand at @at whose own checks hold, of a frame that ends before @end? */
static int is_head(const struct yg_archive *a, uint64_t at, uint64_t end, bool *ret)
{
	struct yg_archive_frame frame;
	struct yg_fault fault = {0};
	int rc = yg_archive_head_at(a, at, &frame, &fault);

	*ret = rc == YG_OK && end - at >= (uint64_t)frame.head_size + frame.packed_size;
	return rc == YG_OK || is_damage(rc) ? YG_OK : rc;
}

/* The first header whose mark begins in @piece, which stands at @at. */
static int find_in(const struct yg_archive *a, struct yg_bytes piece, uint64_t at, uint64_t end,
		   uint64_t *ret_at)
{
	size_t from = MARK_AT;
	bool is_there = false;
	int rc = YG_OK;

	while (rc == YG_OK && from < piece.size) {
		size_t found = yg_bytes_find(yg_bytes_from(piece, from), YG_S(MARK));

		if (found == SIZE_MAX)
			break;
		from += found + 1;
		rc = is_head(a, at + from - 1 - MARK_AT, end, &is_there);
		if (rc == YG_OK && is_there) {
			*ret_at = at + from - 1 - MARK_AT;
			break;
		}
	}
	return rc;
}

int yg_archive_find(const struct yg_archive *a, uint64_t at, uint64_t end, uint64_t *ret_at)
{
	const uint64_t shared = MARK_AT + sizeof(MARK) - 2; /* a mark may be cut by a piece's end */
	uint8_t *piece = yg_malloc(PIECE_BYTES);
	int rc = piece ? YG_OK : YG_ENOMEM;

	*ret_at = end;
	while (rc == YG_OK && *ret_at == end && at < end && end - at > shared) {
		size_t size = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;

		rc = yg_archive_pread(a->fd, at, piece, size);
		if (rc == YG_OK)
			rc = find_in(a, (struct yg_bytes){piece, size}, at, end, ret_at);
		at += size - shared;
	}
	free(piece);
	return rc;
}

/* ---- is it a frame? ---- */

static uint32_t next_number(const struct yg_archive *a)
{
	return a->count > 0 ? a->frames[a->count - 1].number + 1 : 0;
}

/* Can a frame of this header follow here? What the index says of it counts, where it stood not. */
static bool can_follow(const struct past *p, const struct yg_archive_frame *frame,
		       struct yg_fault *reterr)
{
	struct yg_archive_frame said;

	if (frame->number < next_number(p->archive) || frame->number >= YG_ARCHIVE_FRAMES_MAX) {
		(void)yg_fault_set(reterr, YG_EFORMAT, N_("a frame has the wrong number"),
				   frame->at);
		return false;
	}
	if (!p->index.frames)
		return true;
	if (frame->number < p->index.count) {
		said = p->index.frames[frame->number];
		said.head_size = frame->head_size;
		if (yg_archive_agrees(&said, frame))
			return true;
	}
	(void)yg_fault_set(reterr, YG_EMISMATCH, N_("the index says something else of this frame"),
			   frame->at);
	return false;
}

/* Are the packed bytes of @frame those that its header means? */
static int holds(struct past *p, const struct yg_archive_frame *frame, bool *ret)
{
	int rc;

	*ret = false;
	if (frame->packed_size > YG_ARCHIVE_PACKED_MAX)
		return YG_OK;
	rc = yg_archive_pread(p->archive->fd, frame->at + frame->head_size, p->packed,
			      frame->packed_size);
	if (rc != YG_OK)
		return rc;
	*ret = yg_archive_sum((struct yg_bytes){p->packed, frame->packed_size}) ==
	       frame->packed_sum;
	if (!*ret)
		p->vain += frame->packed_size;
	return YG_OK;
}

/* Where from @at on the next frame stands that is whole and can follow; p->end: none. */
static int find_good(struct past *p, uint64_t at, uint64_t *ret_at)
{
	struct yg_archive_frame frame;
	struct yg_fault fault;
	bool is_good = false;
	int rc = YG_OK;

	*ret_at = p->end;
	while (rc == YG_OK && !is_good && p->vain / YG_ARCHIVE_VAIN_FACTOR <= p->archive->size) {
		rc = yg_archive_find(p->archive, at, p->end, &at);
		if (rc != YG_OK || at >= p->end)
			break;
		rc = yg_archive_head_at(p->archive, at, &frame, &fault);
		if (rc == YG_OK && can_follow(p, &frame, &fault))
			rc = holds(p, &frame, &is_good);
		if (rc == YG_OK && is_good)
			*ret_at = at;
		at++;
	}
	return rc;
}

/* ---- what was passed over ---- */

static int add_gap(struct yg_archive *a, uint64_t at, uint64_t size, const struct yg_fault *fault)
{
	if (a->gap_count == YG_ARCHIVE_GAPS_MAX) {
		a->gaps_more++;
		return YG_OK;
	}
	if (!a->gaps)
		a->gaps = yg_calloc(YG_ARCHIVE_GAPS_MAX, sizeof(*a->gaps));
	if (!a->gaps)
		return YG_ENOMEM;
	a->gaps[a->gap_count++] = (struct yg_archive_gap){at, size, fault->code, fault->msg};
	return YG_OK;
}

/* Frames that should stand at @at do not; what was passed over up to there says so already. */
static int add_missing(struct past *p, uint64_t at)
{
	const struct yg_archive *a = p->archive;
	const struct yg_archive_gap *last = a->gap_count ? &a->gaps[a->gap_count - 1] : NULL;
	struct yg_fault fault = {YG_EMISMATCH, N_("frames are missing here"), 0};

	if (last && last->at + last->size == at)
		return YG_OK;
	return add_gap(p->archive, at, 0, &fault);
}

/* The last frame goes from the list when it is not whole; *at is then where it begins. */
static int drop_last(struct past *p, uint64_t *at, struct yg_fault *fault)
{
	struct yg_archive *a = p->archive;
	bool is_whole;
	int rc;

	if (a->count == 0)
		return YG_OK;
	rc = holds(p, &a->frames[a->count - 1], &is_whole);
	if (rc != YG_OK || is_whole)
		return rc;
	*at = a->frames[--a->count].at;
	if (a->gap_count > 0 && a->gaps[a->gap_count - 1].at == *at && a->gaps_more == 0)
		a->gap_count--; /* what was missing in front of it is part of the new gap */
	(void)yg_fault_set(fault, YG_EDIGEST, N_("the checksum of a packed frame does not agree"),
			   *at);
	return YG_OK;
}

/* From *at, where no frame begins, to the next that is whole. */
static int pass(struct past *p, uint64_t *at, struct yg_fault *fault)
{
	uint64_t from = *at;
	uint64_t next = p->end;
	int rc = drop_last(p, &from, fault);

	if (rc == YG_OK)
		rc = find_good(p, from + 1, &next);
	if (rc == YG_OK)
		rc = add_gap(p->archive, from, next - from, fault);
	*at = next;
	return rc;
}

/* The frame at *at, or what is passed over there. */
static int step(struct past *p, uint64_t *at)
{
	struct yg_archive *a = p->archive;
	struct yg_archive_frame frame;
	struct yg_fault fault = {0};
	int rc = yg_archive_head_at(a, *at, &frame, &fault);

	if (rc != YG_OK && !is_damage(rc))
		return rc;
	if (rc == YG_OK && p->end - *at < (uint64_t)frame.head_size + frame.packed_size)
		rc = yg_fault_set(&fault, YG_ETRUNC, N_("the file ends in a frame"), p->end);
	if (rc != YG_OK || !can_follow(p, &frame, &fault))
		return pass(p, at, &fault);
	if (frame.number > next_number(a))
		rc = add_missing(p, *at);
	if (rc == YG_OK)
		rc = yg_archive_add_frame(a, &frame);
	*at += (uint64_t)frame.head_size + frame.packed_size;
	return rc;
}

/* Frames that the index knows and that stand nowhere before it. */
static int end_with(struct past *p)
{
	if (!p->index.frames || next_number(p->archive) >= p->index.count)
		return YG_OK;
	return add_missing(p, p->end);
}

int yg_archive_go_on(struct yg_archive *a)
{
	struct past p = {.archive = a, .end = a->size};
	struct yg_fault fault = {0};
	uint64_t at = a->end;
	int rc;

	if (a->is_sealed)
		return YG_OK;
	rc = yg_archive_index_load(a, true, &p.index, &p.end, &fault);
	if (rc != YG_OK) { /* the frames alone have to say it */
		p.index.frames = NULL;
		p.end = a->size;
	}
	if (rc != YG_OK && !is_damage(rc))
		return rc;
	while (a->count > 0 && at > p.end) /* one that says it ends inside the index */
		at = a->frames[--a->count].at;
	p.packed = yg_malloc(YG_ARCHIVE_PACKED_MAX);
	rc = p.packed ? YG_OK : YG_ENOMEM;
	while (rc == YG_OK && at < p.end)
		rc = step(&p, &at);
	if (rc == YG_OK)
		rc = end_with(&p);
	free(p.packed);
	free(p.index.frames);
	return rc;
}
