/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of filters:
 *
 *   "YGARFLT1" frames shards index_sum keys flags   40 bytes
 *   a line of 24 bytes for each shard, then for each frame: at u64, size u32, flags u32, sum u64
 *   checksum of all above
 *   the blocks (archive/fuse.h)
 */
#include "archive/filters.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive-int.h"
#include "archive/fuse.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

#define MAGIC	     "YGARFLT1"
#define HEAD	     40u
#define LINE	     24u
#define FLAG_MAYBE   1u /* a block that says "maybe" to everything */
#define BLOCK_MAX    (64u << 20)
#define AHEAD_SHARDS (1u << 20)	  /* bytes read at once where all shards will be asked */
#define AHEAD_FRAMES (128u << 10) /* frames are asked one after the other */
#define FILE_BITS    16u
#define FRAME_BITS   8u
#define ENDING	     ".filters"
#define NO_BLOCK     UINT32_MAX
#define SEEN_OK	     1u
#define SEEN_BROKEN  2u

struct line {
	uint64_t at;
	uint32_t size;
	uint32_t flags;
	uint64_t sum;
};

struct yg_archive_filters {
	char *path;
	int fd;
	uint64_t size;
	uint32_t frames;
	uint32_t shards; /* a power of two; 0: the file as a whole has no filter */
	struct line *lines;
	uint8_t *seen;	    /* of each block */
	uint32_t at_hand;   /* the block that fuse is, or NO_BLOCK */
	struct yg_buf data; /* bytes of the file from data_at on */
	uint64_t data_at;
	struct yg_fuse fuse;
};

void yg_archive_keys_done(struct yg_archive_keys *keys)
{
	free(keys->keys);
	free(keys->ends);
	free(keys->is_full);
	*keys = (struct yg_archive_keys){0};
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t sort_unique(uint64_t *list, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || list[i] != list[kept - 1])
			list[kept++] = list[i];
	return kept;
}

static int grow_frames(struct yg_archive_keys *k)
{
	uint32_t room = k->frames_room ? k->frames_room * 2 : 64;
	size_t *ends;
	uint8_t *is_full;

	if (k->frames < k->frames_room)
		return YG_OK;
	ends = yg_reallocarray(k->ends, room, sizeof(*ends));
	if (!ends)
		return YG_ENOMEM;
	k->ends = ends;
	is_full = yg_reallocarray(k->is_full, room, sizeof(*is_full));
	if (!is_full)
		return YG_ENOMEM;
	k->is_full = is_full;
	k->frames_room = room;
	return YG_OK;
}

static int grow_keys(struct yg_archive_keys *k, size_t more)
{
	size_t room = k->room ? k->room : 1024;
	uint64_t *keys;

	while (room - k->count < more)
		room *= 2;
	if (room == k->room)
		return YG_OK;
	keys = yg_reallocarray(k->keys, room, sizeof(*keys));
	if (!keys)
		return YG_ENOMEM;
	k->keys = keys;
	k->room = room;
	return YG_OK;
}

int yg_archive_keys_frame(struct yg_archive_keys *k, uint64_t *list, uint32_t count, bool is_full)
{
	size_t kept = is_full ? 0 : sort_unique(list, count);
	int rc = grow_frames(k);

	if (rc == YG_OK && k->count + kept > YG_ARCHIVE_KEYS_MAX) {
		k->is_over = true;
		is_full = true;
		kept = 0;
	}
	if (rc == YG_OK && kept > 0)
		rc = grow_keys(k, kept);
	if (rc != YG_OK)
		return rc;
	if (kept > 0)
		memcpy(k->keys + k->count, list, kept * sizeof(*list));
	k->count += kept;
	k->ends[k->frames] = k->count;
	k->is_full[k->frames++] = is_full;
	return YG_OK;
}

static uint32_t shard_count(size_t keys)
{
	uint32_t shards = 1;

	while (shards < YG_ARCHIVE_SHARDS_MAX && keys / shards > YG_ARCHIVE_SHARD_KEYS)
		shards *= 2;
	return shards;
}

/* The shard of @key by its upper bits. */
static uint32_t shard_of(uint64_t key, uint32_t shards)
{
	return shards == 1 ? 0 : (uint32_t)(key >> (64 - (unsigned)__builtin_ctz(shards)));
}

/* One block behind the others; its line goes to @lines. */
static int add_block(const uint64_t *keys, size_t count, unsigned bits, bool is_full,
		     struct yg_buf *lines, struct yg_buf *blocks, uint64_t base)
{
	size_t at = blocks->size;
	int rc = is_full ? YG_EUNSUPPORTED : yg_fuse_write(keys, (uint32_t)count, bits, blocks);
	struct yg_bytes block;

	if (rc != YG_OK && rc != YG_EUNSUPPORTED)
		return rc;
	block = yg_bytes_from(yg_buf_bytes(blocks), at);
	yg_put64(lines, base + at);
	yg_put32(lines, (uint32_t)block.size);
	yg_put32(lines, rc == YG_OK ? 0 : FLAG_MAYBE);
	yg_put64(lines, yg_archive_sum(block));
	return yg_buf_error(lines);
}

static int add_frames(const struct yg_archive_keys *k, struct yg_buf *lines, struct yg_buf *blocks,
		      uint64_t base)
{
	size_t from = 0;
	int rc = YG_OK;

	for (uint32_t i = 0; i < k->frames && rc == YG_OK; i++) {
		rc = add_block(k->keys + from, k->ends[i] - from, FRAME_BITS, k->is_full[i], lines,
			       blocks, base);
		from = k->ends[i];
	}
	return rc;
}

static int add_shards(const uint64_t *keys, size_t count, uint32_t shards, struct yg_buf *lines,
		      struct yg_buf *blocks, uint64_t base)
{
	size_t from = 0;
	int rc = YG_OK;

	for (uint32_t s = 0; s < shards && rc == YG_OK; s++) {
		size_t end = from;

		while (end < count && shard_of(keys[end], shards) == s)
			end++;
		rc = add_block(keys + from, end - from, FILE_BITS, false, lines, blocks, base);
		from = end;
	}
	return rc;
}

/* The file as a whole has a filter only where every frame's keys are known. */
static bool is_whole(const struct yg_archive_keys *k)
{
	for (uint32_t i = 0; i < k->frames; i++)
		if (k->is_full[i])
			return false;
	return !k->is_over;
}

int yg_archive_filters_write(struct yg_archive_keys *k, uint64_t index_sum, struct yg_buf *to)
{
	struct yg_buf frame_lines, blocks;
	size_t total = k->count;
	uint32_t shards = is_whole(k) ? shard_count(total) : 0;
	uint64_t base = HEAD + (uint64_t)(shards + k->frames) * LINE + 8;
	int rc;

	yg_buf_init(&frame_lines, YG_ARCHIVE_FRAMES_MAX * LINE);
	yg_buf_init(&blocks, YG_ARCHIVE_FILTER_BYTES);
	/* Frames first: the shards need the keys in another order. */
	rc = add_frames(k, &frame_lines, &blocks, base);
	if (rc == YG_OK) {
		yg_buf_add_str(to, MAGIC);
		yg_put32(to, k->frames);
		yg_put32(to, shards);
		yg_put64(to, index_sum);
		yg_put64(to, total);
		yg_put64(to, 0);
		total = shards ? sort_unique(k->keys, k->count) : 0;
		rc = add_shards(k->keys, total, shards, to, &blocks, base);
	}
	yg_buf_add(to, yg_buf_bytes(&frame_lines));
	if (rc == YG_OK && yg_buf_error(to) == YG_OK)
		yg_put64(to, yg_archive_sum(yg_buf_bytes(to)));
	yg_buf_add(to, yg_buf_bytes(&blocks));
	yg_buf_done(&frame_lines);
	yg_buf_done(&blocks);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

struct yg_archive_filters *yg_archive_filters_free(struct yg_archive_filters *f)
{
	if (!f)
		return NULL;
	if (f->fd >= 0)
		(void)close(f->fd); /* nothing was written */
	yg_buf_done(&f->data);
	free(f->lines);
	free(f->seen);
	free(f->path);
	free(f);
	return NULL;
}

static int take_lines(struct yg_archive_filters *f, const uint8_t *p, uint32_t count)
{
	f->lines = yg_calloc(count, sizeof(*f->lines));
	f->seen = yg_calloc(count, 1);
	if (!f->lines || !f->seen)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++, p += LINE) {
		f->lines[i] =
			(struct line){yg_le64(p), yg_le32(p + 8), yg_le32(p + 12), yg_le64(p + 16)};
		if (f->lines[i].size > BLOCK_MAX || f->lines[i].at > f->size ||
		    f->lines[i].size > f->size - f->lines[i].at)
			return YG_EFORMAT;
	}
	return YG_OK;
}

/* The table of blocks behind the head. */
static int load_table(struct yg_archive_filters *f, const uint8_t head[HEAD],
		      struct yg_fault *reterr)
{
	uint32_t count = f->shards + f->frames;
	size_t size = HEAD + (size_t)count * LINE + 8;
	uint8_t *data = yg_malloc(size);
	int rc = data ? yg_archive_pread(f->fd, 0, data, size) : YG_ENOMEM;

	if (rc == YG_OK &&
	    (memcmp(data, head, HEAD) != 0 ||
	     yg_archive_sum((struct yg_bytes){data, size - 8}) != yg_le64(data + size - 8)))
		rc = yg_fault_set(reterr, YG_EDIGEST,
				  N_("the checksum of the table of filters does not agree"), 0);
	else if (rc == YG_OK)
		rc = take_lines(f, data + HEAD, count);
	if (rc == YG_EFORMAT)
		(void)yg_fault_set(reterr, YG_EFORMAT,
				   N_("the table of filters names blocks that cannot be"), HEAD);
	else if (rc != YG_OK && rc != YG_EDIGEST)
		(void)yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), 0);
	free(data);
	return rc;
}

static int load_head(struct yg_archive_filters *f, const struct yg_archive *archive,
		     struct yg_fault *reterr)
{
	uint8_t head[HEAD];
	struct stat st;
	int rc = yg_io_open_read(f->path, &f->fd);

	if (rc == YG_OK && (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode)))
		rc = YG_EMISMATCH;
	if (rc == YG_OK) {
		yg_archive_advise(f->fd);
		rc = yg_archive_pread(f->fd, 0, head, sizeof(head));
	}
	if (rc != YG_OK)
		return yg_fault_set(reterr, (enum yg_err)rc, yg_err_text(rc), 0);
	f->size = (uint64_t)st.st_size;
	f->frames = yg_le32(head + 8);
	f->shards = yg_le32(head + 12);
	if (memcmp(head, MAGIC, 8) != 0 || f->shards > YG_ARCHIVE_SHARDS_MAX ||
	    (f->shards & (f->shards - 1)) != 0)
		return yg_fault_set(reterr, YG_EFORMAT, N_("no filters of an archive"), 0);
	if (f->frames != archive->count || yg_le64(head + 16) != archive->index_sum)
		return yg_fault_set(reterr, YG_EMISMATCH, N_("filters of another file"), 8);
	return load_table(f, head, reterr);
}

int yg_archive_filters_open(const struct yg_archive *archive, struct yg_archive_filters **ret,
			    struct yg_fault *reterr)
{
	struct yg_archive_filters *f = yg_calloc(1, sizeof(*f));
	int rc = YG_ENOMEM;

	*ret = NULL;
	*reterr = (struct yg_fault){YG_ENOMEM, "out of memory", 0};
	if (!f)
		return YG_ENOMEM;
	f->fd = -1;
	f->at_hand = NO_BLOCK;
	yg_buf_init(&f->data, BLOCK_MAX + AHEAD_SHARDS);
	f->path = yg_archive_beside(archive->path, ENDING);
	if (!archive->is_sealed)
		rc = yg_fault_set(reterr, YG_ENOENT, N_("the file was not closed"), 0);
	else if (f->path)
		rc = load_head(f, archive, reterr);
	if (rc == YG_OK)
		*ret = f;
	else
		(void)yg_archive_filters_free(f);
	return rc;
}

/*
 * The bytes of @line, in f->data; @ahead more are read behind them, for the blocks that will be
 * asked next. NULL: they cannot be read, or there is no memory.
 */
static const uint8_t *load_bytes(struct yg_archive_filters *f, const struct line *line,
				 uint32_t ahead)
{
	uint64_t size = line->size + (uint64_t)ahead;
	uint8_t *room;

	if (line->at >= f->data_at && line->at - f->data_at <= f->data.size &&
	    line->size <= f->data.size - (line->at - f->data_at))
		return f->data.data + (line->at - f->data_at);
	if (size > f->size - line->at)
		size = f->size - line->at;
	yg_buf_reset(&f->data);
	room = yg_buf_reserve(&f->data, size);
	if (!room || yg_archive_pread(f->fd, line->at, room, size) != YG_OK)
		return NULL;
	yg_buf_grew(&f->data, size);
	f->data_at = line->at;
	return room;
}

/* Block @index at hand, checked. False: it says "maybe", or is damaged. */
static bool load_block(struct yg_archive_filters *f, uint32_t index, uint32_t ahead)
{
	const struct line *line = &f->lines[index];
	const uint8_t *data;

	if ((line->flags & FLAG_MAYBE) || f->seen[index] == SEEN_BROKEN)
		return false;
	if (f->at_hand == index)
		return true;
	f->at_hand = NO_BLOCK;
	data = load_bytes(f, line, ahead);
	if (data && yg_archive_sum((struct yg_bytes){data, line->size}) == line->sum &&
	    yg_fuse_open((struct yg_bytes){data, line->size}, &f->fuse) == YG_OK) {
		f->at_hand = index;
		f->seen[index] = SEEN_OK;
		return true;
	}
	if (f->data.error != YG_ENOMEM) /* without memory: "maybe", this time */
		f->seen[index] = SEEN_BROKEN;
	return false;
}

uint32_t yg_archive_filters_file(struct yg_archive_filters *f, const uint64_t *keys, uint32_t count,
				 uint64_t *to)
{
	uint32_t kept = 0;
	uint32_t ahead = f && count >= f->shards ? AHEAD_SHARDS : 0;

	for (uint32_t i = 0; i < count; i++)
		if (!f || f->shards == 0 || !load_block(f, shard_of(keys[i], f->shards), ahead) ||
		    yg_fuse_has(&f->fuse, keys[i]))
			to[kept++] = keys[i];
	return kept;
}

bool yg_archive_filters_frame(struct yg_archive_filters *f, uint32_t frame, uint64_t key)
{
	if (!f || frame >= f->frames || !load_block(f, f->shards + frame, AHEAD_FRAMES))
		return true;
	return yg_fuse_has(&f->fuse, key);
}

int yg_archive_filters_verify(struct yg_archive_filters *f, yg_archive_note_fn note, void *arg)
{
	for (uint32_t i = 0; f && i < f->shards + f->frames; i++) {
		if (load_block(f, i, AHEAD_SHARDS) || f->seen[i] != SEEN_BROKEN)
			continue;
		note(arg, &(struct yg_archive_note){f->path, f->lines[i].at, f->lines[i].size,
						    YG_EDIGEST, N_("a filter is damaged")});
	}
	return YG_OK;
}
