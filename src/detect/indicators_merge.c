/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runs of records to an image: one slice of the hashes at a time is gathered from all runs,
 * put into buckets, freed of doubles (the first one that was read stays) and written, and its
 * filters are built. Nothing but one slice, the filters' cells and the buckets' places is in
 * memory.
 */
#include <assert.h>

#include "base/alloc.h"
#include "detect/indicators_build-int.h"

#include "base/ban.h"

#define PART_RECORDS 49152u	  /* about, for one filter, as long as there are fewer than 256 */
#define SLICE_BITS   8u		  /* a slice of the hashes is merged at a time */
#define PART_BYTES   (256u << 20) /* reached only by values that stand in the lists very often */
#define CELLS_BYTES  (UINT64_C(1) << 30)

void yg_iimg_digest(const struct yg_iimg_head *head, uint8_t to[YG_DIGEST_BYTES])
{
	static const uint8_t zeros[YG_DIGEST_BYTES];

	yg_digest_parts(
		(struct yg_bytes[]){{(const uint8_t *)head, offsetof(struct yg_iimg_head, digest)},
				    {zeros, sizeof(zeros)}},
		2, to);
}

void yg_indicator_out_init(struct yg_indicator_out *out, const struct yg_indicator_store *store,
			   uint64_t seed, uint64_t at)
{
	*out = (struct yg_indicator_out){.store = store, .seed = seed, .at = at};
	yg_buf_init(&out->block, YG_IIMG_BLOCK);
}

void yg_indicator_out_done(struct yg_indicator_out *out)
{
	yg_buf_done(&out->block);
}

static void flush(struct yg_indicator_out *out)
{
	if (out->rc == YG_OK)
		out->rc = yg_buf_error(&out->block);
	if (out->rc != YG_OK || out->block.size == 0)
		return;
	out->section->sum = yg_iimg_sum(out->section->sum, yg_buf_bytes(&out->block));
	out->section->size += out->block.size;
	out->rc = out->store->put(out->store->arg, out->at, yg_buf_bytes(&out->block));
	out->at += out->block.size;
	yg_buf_reset(&out->block);
}

void yg_indicator_out_begin(struct yg_indicator_out *out, struct yg_iimg_run *section)
{
	static const uint8_t zeros[YG_IIMG_ALIGN];
	size_t gap = (YG_IIMG_ALIGN - out->at % YG_IIMG_ALIGN) % YG_IIMG_ALIGN;

	assert(out->block.size == 0);
	if (gap > 0 && out->rc == YG_OK)
		out->rc = out->store->put(out->store->arg, out->at, (struct yg_bytes){zeros, gap});
	out->at += gap;
	out->section = section;
	*section = (struct yg_iimg_run){.at = out->at, .sum = out->seed};
}

void yg_indicator_out_add(struct yg_indicator_out *out, struct yg_bytes b)
{
	while (b.size > 0 && out->rc == YG_OK) {
		struct yg_bytes part = yg_bytes_cut(b, 0, YG_IIMG_BLOCK - out->block.size);

		yg_buf_add(&out->block, part);
		if (out->block.size == YG_IIMG_BLOCK || yg_buf_error(&out->block) != YG_OK)
			flush(out);
		b = yg_bytes_from(b, part.size);
	}
}

void yg_indicator_out_end(struct yg_indicator_out *out)
{
	flush(out);
	yg_buf_reset(&out->block); /* also after an error */
}

/* A whole section at once. */
static void out_section(struct yg_indicator_out *out, struct yg_iimg_run *section,
			struct yg_bytes b)
{
	yg_indicator_out_begin(out, section);
	yg_indicator_out_add(out, b);
	yg_indicator_out_end(out);
}

struct item {
	uint64_t hash;
	uint32_t at; /* of the record, in the part */
	bool is_double;
};

struct merge {
	struct yg_indicator_build *b;
	struct yg_indicator_run last; /* what is still in memory: b->sliced */
	struct yg_buf part;	      /* the records of one part of the hashes */
	struct item *items;
	uint32_t item_count;
	struct yg_buf hashes;  /* uint64_t: those of the part, each once */
	struct yg_buf cells;   /* of all filters */
	struct yg_buf filters; /* struct yg_fuse */
	struct yg_buf buckets; /* uint32_t */
	uint32_t units;	       /* written into the table */
};

static void merge_init(struct merge *m, struct yg_indicator_build *b)
{
	*m = (struct merge){.b = b};
	yg_buf_init(&m->part, PART_BYTES);
	yg_buf_init(&m->hashes, PART_BYTES);
	yg_buf_init(&m->cells, CELLS_BYTES);
	yg_buf_init(&m->filters, PART_BYTES);
	yg_buf_init(&m->buckets, PART_BYTES);
}

static void merge_done(struct merge *m)
{
	yg_buf_done(&m->part);
	yg_buf_done(&m->hashes);
	yg_buf_done(&m->cells);
	yg_buf_done(&m->filters);
	yg_buf_done(&m->buckets);
	free(m->items);
}

/* How many filters and buckets, by what was read. */
static void choose_bits(struct yg_indicator_build *b)
{
	struct yg_iimg_head *head = &b->head;

	while (head->part_bits < YG_IIMG_PART_BITS && b->total >> head->part_bits > PART_RECORDS)
		head->part_bits++;
	head->bucket_bits = head->part_bits;
	while (head->bucket_bits < YG_IIMG_BUCKET_BITS &&
	       b->total >> head->bucket_bits > YG_IIMG_PER_BUCKET)
		head->bucket_bits++;
}

/* Slices of the hashes that are merged together: all of them where little was read. */
static uint32_t slice_bits(const struct yg_indicator_build *b)
{
	return b->head.part_bits < SLICE_BITS ? b->head.part_bits : SLICE_BITS;
}

/* The records of the slices @from to @to from all runs, in the order in which they were read. */
static int gather(struct merge *m, uint32_t from, uint32_t to)
{
	struct yg_indicator_build *b = m->b;

	yg_buf_reset(&m->part);
	for (size_t i = 0; i < b->run_count; i++) {
		const struct yg_indicator_run *run = &b->runs[i];
		size_t size = run->slices[to] - run->slices[from];
		uint8_t *place = yg_buf_reserve(&m->part, size);
		int rc;

		if (!place)
			return yg_buf_error(&m->part);
		rc = b->store.unspill(b->store.arg, run->at + run->slices[from], place, size);
		if (rc != YG_OK)
			return rc;
		yg_buf_grew(&m->part, size);
	}
	yg_buf_add(&m->part, yg_bytes_cut(yg_buf_bytes(&b->sliced), m->last.slices[from],
					  m->last.slices[to]));
	return yg_buf_error(&m->part);
}

static struct yg_indicator_spilled spilled_at(const struct merge *m, size_t at)
{
	struct yg_indicator_spilled one;

	memcpy(&one, m->part.data + at, sizeof(one));
	return one;
}

/* The part's records by bucket, within one by hash, within that as they were read. */
static int sort(struct merge *m, uint32_t bits, uint32_t *starts)
{
	uint32_t buckets = 1u << bits;
	uint32_t count = 0;
	uint32_t shift = m->b->head.bucket_bits;
	size_t size = m->part.size;

	memset(starts, 0, ((size_t)buckets + 1) * sizeof(*starts));
	for (size_t at = 0; at < size; at += spilled_at(m, at).size, count++)
		starts[(yg_indicator_top(spilled_at(m, at).hash, shift) & (buckets - 1)) + 1]++;
	free(m->items);
	m->items = yg_calloc((size_t)count + 1, sizeof(*m->items));
	if (!m->items)
		return YG_ENOMEM;
	m->item_count = count;
	for (uint32_t i = 0; i < buckets; i++)
		starts[i + 1] += starts[i];
	for (size_t at = 0; at < size; at += spilled_at(m, at).size) {
		uint64_t hash = spilled_at(m, at).hash;
		uint32_t bucket = yg_indicator_top(hash, shift) & (buckets - 1);

		m->items[starts[bucket]++] = (struct item){hash, (uint32_t)at, false};
	}
	memmove(starts + 1, starts, buckets * sizeof(*starts));
	starts[0] = 0;
	return YG_OK;
}

static int item_order(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static struct yg_bytes value_of(const struct merge *m, const struct item *item, uint8_t *ret_type)
{
	const uint8_t *data = m->part.data + item->at + sizeof(struct yg_indicator_spilled);
	struct yg_iimg_record record;

	memcpy(&record, data, sizeof(record));
	*ret_type = record.type;
	return (struct yg_bytes){data + sizeof(record), record.value_size};
}

/* Mark those that say again what one before them says; equal hashes stand side by side. */
static void mark_doubles(struct merge *m, uint32_t from, uint32_t to)
{
	for (uint32_t i = from + 1; i < to; i++) {
		uint8_t type;
		struct yg_bytes value = value_of(m, &m->items[i], &type);

		for (uint32_t k = i; k-- > from && m->items[k].hash == m->items[i].hash;) {
			uint8_t other_type;
			struct yg_bytes other = value_of(m, &m->items[k], &other_type);

			if (other_type == type && yg_bytes_eq(other, value)) {
				m->items[i].is_double = true;
				break;
			}
		}
		m->b->head.duplicates += m->items[i].is_double;
	}
}

/* One bucket into the table. Its size is bounded, so that each later look is. */
static int write_bucket(struct merge *m, uint32_t from, uint32_t to)
{
	struct yg_indicator_out *out = &m->b->out;
	size_t size = 0;

	yg_buf_add(&m->buckets, (struct yg_bytes){(const uint8_t *)&m->units, sizeof(m->units)});
	/* Few buckets hold more than a dozen: the library's sort is as good as any. */
	if (to - from > 1)
		qsort(m->items + from, to - from, sizeof(*m->items), item_order);
	mark_doubles(m, from, to);
	for (uint32_t i = from; i < to; i++) {
		const struct item *item = &m->items[i];
		size_t head = sizeof(struct yg_indicator_spilled);
		struct yg_bytes record = {m->part.data + item->at + head,
					  spilled_at(m, item->at).size - head};

		if (item->is_double)
			continue;
		/* Different values of one hash are one key to the filter. */
		if (i == from || m->items[i - 1].hash != item->hash)
			yg_buf_add(&m->hashes, (struct yg_bytes){(const uint8_t *)&item->hash,
								 sizeof(item->hash)});
		yg_indicator_out_add(out, record);
		size += record.size;
		m->b->head.count++;
	}
	if (size > YG_IIMG_BUCKET_MAX)
		return YG_ELIMIT;
	m->units += (uint32_t)(size / YG_IIMG_UNIT); /* of YG_IIMG_TABLE_MAX: fits */
	return out->rc;
}

/* The filters over m->hashes, which stand in the order of their parts from @part to before @end. */
static int write_filters(struct merge *m, uint32_t part, uint32_t end)
{
	const uint64_t *hashes = (const void *)m->hashes.data;
	size_t count = m->hashes.size / sizeof(*hashes);
	size_t from = 0;

	for (; part < end; part++) {
		struct yg_fuse fuse;
		size_t to = from;
		int rc;

		while (to < count && yg_indicator_top(hashes[to], m->b->head.part_bits) == part)
			to++;
		rc = yg_fuse_build(hashes + from, (uint32_t)(to - from), &m->cells, &fuse);
		if (rc != YG_OK)
			return rc;
		yg_buf_add(&m->filters, (struct yg_bytes){(const uint8_t *)&fuse, sizeof(fuse)});
		from = to;
	}
	assert(from == count);
	return yg_buf_error(&m->filters);
}

static int merge_slice(struct merge *m, uint32_t slice, uint32_t *starts)
{
	const struct yg_iimg_head *head = &m->b->head;
	uint32_t done_bits = slice_bits(m->b);
	uint32_t width = YG_INDICATOR_SLICES >> done_bits;
	uint32_t bits = head->bucket_bits - done_bits;
	uint32_t filters = 1u << (head->part_bits - done_bits);
	int rc = gather(m, slice * width, (slice + 1) * width);

	if (rc == YG_OK)
		rc = sort(m, bits, starts);
	yg_buf_reset(&m->hashes);
	for (uint32_t i = 0; i < 1u << bits && rc == YG_OK; i++)
		rc = write_bucket(m, starts[i], starts[i + 1]);
	if (rc == YG_OK)
		rc = yg_buf_error(&m->hashes);
	return rc == YG_OK ? write_filters(m, slice * filters, (slice + 1) * filters) : rc;
}

static int merge_slices(struct merge *m)
{
	uint32_t bits = slice_bits(m->b);
	size_t buckets = (size_t)1 << (m->b->head.bucket_bits - bits);
	uint32_t *starts = yg_calloc(buckets + 1, sizeof(*starts));
	int rc = starts ? YG_OK : YG_ENOMEM;

	for (uint32_t i = 0; i < 1u << bits && rc == YG_OK; i++)
		rc = merge_slice(m, i, starts);
	free(starts);
	yg_buf_add(&m->buckets, (struct yg_bytes){(const uint8_t *)&m->units, sizeof(m->units)});
	return rc == YG_OK ? yg_buf_error(&m->buckets) : rc;
}

static int write_rest(struct merge *m)
{
	struct yg_indicator_build *b = m->b;
	struct yg_iimg_head *head = &b->head;
	struct yg_indicator_out *out = &b->out;

	out_section(out, &head->sections[YG_IIMG_CELLS], yg_buf_bytes(&m->cells));
	out_section(out, &head->sections[YG_IIMG_FILTERS], yg_buf_bytes(&m->filters));
	out_section(out, &head->sections[YG_IIMG_BUCKETS], yg_buf_bytes(&m->buckets));
	out_section(out, &head->sections[YG_IIMG_LISTS], yg_buf_bytes(&b->names));
	out_section(out, &head->sections[YG_IIMG_NOTES],
		    (struct yg_bytes){(const uint8_t *)b->notes,
				      head->note_count * sizeof(b->notes[0])});
	return out->rc;
}

static int write_head(struct yg_indicator_build *b, const uint8_t key[YG_DIGEST_BYTES])
{
	memcpy(b->head.magic, YG_IIMG_MAGIC, sizeof(b->head.magic));
	memcpy(b->head.key, key, sizeof(b->head.key));
	b->head.size = b->out.at;
	yg_iimg_digest(&b->head, b->head.digest);
	return b->store.put(b->store.arg, 0,
			    (struct yg_bytes){(const uint8_t *)&b->head, sizeof(b->head)});
}

int yg_indicator_build_finish(struct yg_indicator_build *build, const uint8_t key[YG_DIGEST_BYTES],
			      uint64_t *ret_size)
{
	struct merge m;
	int rc;

	merge_init(&m, build);
	yg_indicator_out_end(&build->out); /* the comments */
	choose_bits(build);
	rc = yg_indicator_slice(build, &m.last);
	yg_buf_done(&build->pending);
	yg_indicator_out_begin(&build->out, &build->head.sections[YG_IIMG_TABLE]);
	if (rc == YG_OK)
		rc = merge_slices(&m);
	yg_indicator_out_end(&build->out);
	if (rc == YG_OK)
		rc = write_rest(&m);
	if (rc == YG_OK)
		rc = write_head(build, key);
	*ret_size = build->out.at;
	merge_done(&m);
	return rc;
}
