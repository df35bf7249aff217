/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building: each key stands in three cells. A cell that only one key stands in settles that key;
 * taken away, it leaves others alone in theirs, and so on until none is left. In the reverse order
 * each key's cell is then free to be set so that the sum of its three is the key's print.
 */
#include "detect/fuse.h"

#include <assert.h>

#include "base/alloc.h"

#include "base/ban.h"

#define TRIES_MAX 64u

bool yg_fuse_is_sound(const struct yg_fuse *fuse, uint64_t cell_count)
{
	uint32_t segment = fuse->segment;

	return segment > 0 && segment <= YG_FUSE_SEGMENT_MAX && (segment & (segment - 1)) == 0 &&
	       fuse->starts > 0 && fuse->starts % segment == 0 && fuse->first <= cell_count &&
	       yg_fuse_cells(fuse) <= cell_count - fuse->first;
}

/* Of the paper: segment = 2^floor(log(count) / log(3.33) + 2.25), a share of free cells by count.
 */
static void choose_size(uint32_t count, struct yg_fuse *to)
{
	static const struct {
		uint32_t below;
		uint32_t percent;
	} shares[] = {{1000, 170}, {10000, 140}, {100000, 125}, {1000000, 118}, {UINT32_MAX, 113}};
	uint64_t power = (uint64_t)count * 1497; /* × 3.33^2.25, in hundredths */
	uint64_t cells;
	unsigned i = 0;

	for (to->segment = 1; power >= 333 && to->segment < YG_FUSE_SEGMENT_MAX; to->segment *= 2)
		power = power * 100 / 333;
	while (count >= shares[i].below)
		i++;
	cells = (uint64_t)count * shares[i].percent / 100;
	/* The two segments behind the starts are part of them. */
	cells = cells > 2 * (uint64_t)to->segment ? cells - 2 * (uint64_t)to->segment : 1;
	cells = (cells + to->segment - 1) / to->segment * to->segment;
	to->starts = (uint32_t)cells;
}

/* What building needs beside the cells. */
struct build {
	struct yg_fuse fuse;  /* with first = 0 */
	uint64_t *sums;	      /* of each cell: the hashes of its keys */
	uint32_t *counts;     /* of each cell: how many */
	uint32_t *alone;      /* cells with one key */
	uint64_t *order_hash; /* keys as they were settled, and by which cell */
	uint32_t *order_cell;
};

static void build_done(struct build *b)
{
	free(b->sums);
	free(b->counts);
	free(b->alone);
	free(b->order_hash);
	free(b->order_cell);
}

static int build_init(struct build *b, uint32_t count, uint64_t cells)
{
	b->sums = yg_calloc(cells, sizeof(*b->sums));
	b->counts = yg_calloc(cells, sizeof(*b->counts));
	b->alone = yg_calloc(cells, sizeof(*b->alone));
	b->order_hash = yg_calloc((size_t)count + 1, sizeof(*b->order_hash));
	b->order_cell = yg_calloc((size_t)count + 1, sizeof(*b->order_cell));
	return b->sums && b->counts && b->alone && b->order_hash && b->order_cell ? YG_OK
										  : YG_ENOMEM;
}

static void drop_key(struct build *b, uint64_t hash, uint32_t cell)
{
	b->sums[cell] ^= hash;
	b->counts[cell]--;
}

/* True when every key could be settled. */
static bool settle(struct build *b, const uint64_t *hashes, uint32_t count)
{
	uint64_t cells = yg_fuse_cells(&b->fuse);
	uint32_t settled = 0;
	uint32_t waiting = 0;
	uint32_t places[3];

	memset(b->sums, 0, cells * sizeof(*b->sums));
	memset(b->counts, 0, cells * sizeof(*b->counts));
	for (uint32_t i = 0; i < count; i++) {
		(void)yg_fuse_places(&b->fuse, hashes[i], places); /* the print is set later */
		for (unsigned k = 0; k < 3; k++) {
			b->sums[places[k]] ^= hashes[i];
			b->counts[places[k]]++;
		}
	}
	for (uint32_t i = 0; i < cells; i++)
		if (b->counts[i] == 1)
			b->alone[waiting++] = i;
	while (waiting > 0) {
		uint32_t cell = b->alone[--waiting];
		uint64_t hash = b->sums[cell];

		if (b->counts[cell] != 1)
			continue; /* its key was settled by another cell */
		b->order_hash[settled] = hash;
		b->order_cell[settled++] = cell;
		(void)yg_fuse_places(&b->fuse, hash, places); /* as above */
		for (unsigned k = 0; k < 3; k++) {
			drop_key(b, hash, places[k]);
			if (b->counts[places[k]] == 1)
				b->alone[waiting++] = places[k];
		}
	}
	return settled == count;
}

static void set_cells(const struct build *b, uint32_t count, uint8_t *cells)
{
	for (uint32_t i = count; i-- > 0;) {
		uint32_t places[3];
		uint8_t sum = yg_fuse_places(&b->fuse, b->order_hash[i], places);

		for (unsigned k = 0; k < 3; k++)
			if (places[k] != b->order_cell[i])
				sum ^= cells[places[k]];
		cells[b->order_cell[i]] = sum;
	}
}

int yg_fuse_build(const uint64_t *hashes, uint32_t count, struct yg_buf *cells, struct yg_fuse *ret)
{
	struct build b = {.fuse = {.seed = 0}};
	size_t first = cells->size;
	uint64_t room;
	uint8_t *to;
	int rc;

	if (count > YG_FUSE_KEYS_MAX)
		return YG_ELIMIT;
	choose_size(count, &b.fuse);
	room = yg_fuse_cells(&b.fuse);
	rc = first + room <= UINT32_MAX ? build_init(&b, count, room) : YG_ELIMIT;
	for (unsigned tries = 0; rc == YG_OK && !settle(&b, hashes, count); tries++) {
		b.fuse.seed++;
		rc = tries < TRIES_MAX ? YG_OK : YG_ELIMIT;
	}
	to = rc == YG_OK ? yg_buf_reserve(cells, room) : NULL;
	if (to) {
		memset(to, 0, room);
		set_cells(&b, count, to);
		yg_buf_grew(cells, room);
		*ret = b.fuse;
		ret->first = (uint32_t)first;
		assert(yg_fuse_is_sound(ret, first + room));
	} else if (rc == YG_OK) {
		rc = yg_buf_error(cells);
	}
	build_done(&b);
	return rc;
}
