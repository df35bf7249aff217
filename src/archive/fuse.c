/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each key has one place in each of three neighbouring segments; the exclusive or of what stands
 * there is its fingerprint. Building peels: a place with one key left decides that key's value, and
 * the key is taken away from its other two places, until none is left.
 *
 *   bytes: seed u64 | segment u32 | segments_size u32 | size u32 | bits u32 | fingerprints
 */
#include "archive/fuse.h"

#include <math.h>
#include <stdlib.h>

#include "archive/archive-int.h"
#include "base/alloc.h"

#include "base/ban.h"

#define SEEDS_MAX   100u
#define SEGMENT_MAX (1u << 18)
#define PLACES	    3u

static uint64_t mix(uint64_t key, uint64_t seed)
{
	uint64_t h = key + seed;

	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

static uint32_t print_of(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

static void places_of(const struct yg_fuse *f, uint64_t hash, uint32_t at[PLACES])
{
	uint32_t mask = f->segment - 1;

	at[0] = (uint32_t)(((hash >> 32) * f->segments_size) >> 32);
	at[1] = at[0] + f->segment;
	at[2] = at[1] + f->segment;
	at[1] ^= (uint32_t)(hash >> 18) & mask;
	at[2] ^= (uint32_t)hash & mask;
}

static void choose_sizes(struct yg_fuse *f, uint32_t count)
{
	double size = count;
	double segment = pow(2.0, floor(log(size) / log(3.33) + 2.25));
	double factor = fmax(1.125, 0.875 + 0.25 * log(1000000.0) / log(size));
	uint32_t segments;

	f->segment = count < 2 ? 4 : segment > SEGMENT_MAX ? SEGMENT_MAX : (uint32_t)segment;
	segments = count < 2 ? 1 : (uint32_t)ceil(round(size * factor) / (double)f->segment);
	/* Two segments more than those in which a first place can be. */
	segments = segments < 3 ? 1 : segments - 2;
	f->segments_size = segments * f->segment;
	f->size = f->segments_size + 2 * f->segment;
}

/* What building needs: keys left at each place, and the exclusive or of their hashes. */
struct peel {
	uint8_t *counts;
	uint64_t *hashes;
	uint32_t *alone; /* places with one key */
	uint64_t *order; /* hashes in the order in which they were taken */
	uint8_t *which;	 /* the place of the three that each was alone at */
};

static void peel_free(struct peel *p)
{
	free(p->counts);
	free(p->hashes);
	free(p->alone);
	free(p->order);
	free(p->which);
}

static bool peel_new(struct peel *p, uint32_t size, uint32_t count)
{
	p->counts = yg_calloc(size, sizeof(*p->counts));
	p->hashes = yg_calloc(size, sizeof(*p->hashes));
	p->alone = yg_calloc(size, sizeof(*p->alone));
	p->order = yg_calloc(count, sizeof(*p->order));
	p->which = yg_calloc(count, sizeof(*p->which));
	return p->counts && p->hashes && p->alone && p->order && p->which;
}

/* Place all keys; false when a place has too many. */
static bool place_all(const struct yg_fuse *f, struct peel *p, const uint64_t *keys, uint32_t count)
{
	memset(p->counts, 0, f->size);
	memset(p->hashes, 0, f->size * sizeof(*p->hashes));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t hash = mix(keys[i], f->seed);
		uint32_t at[PLACES];

		places_of(f, hash, at);
		for (unsigned k = 0; k < PLACES; k++) {
			if (++p->counts[at[k]] == UINT8_MAX)
				return false;
			p->hashes[at[k]] ^= hash;
		}
	}
	return true;
}

/* Take away what stands alone until nothing is left; false when something is. */
static bool take_all(const struct yg_fuse *f, struct peel *p, uint32_t count)
{
	uint32_t waiting = 0;
	uint32_t taken = 0;

	for (uint32_t i = 0; i < f->size; i++)
		if (p->counts[i] == 1)
			p->alone[waiting++] = i;
	while (waiting > 0) {
		uint32_t place = p->alone[--waiting];
		uint64_t hash = p->hashes[place];
		uint32_t at[PLACES];

		if (p->counts[place] != 1)
			continue;
		places_of(f, hash, at);
		p->order[taken] = hash;
		for (unsigned k = 0; k < PLACES; k++) {
			if (at[k] == place)
				p->which[taken] = (uint8_t)k;
			p->hashes[at[k]] ^= hash;
			if (--p->counts[at[k]] == 1)
				p->alone[waiting++] = at[k];
		}
		taken++;
	}
	return taken == count;
}

static uint32_t print_at(const struct yg_fuse *f, uint32_t at)
{
	return f->bits == 8 ? f->prints[at]
			    : (uint32_t)f->prints[2 * (size_t)at] |
				      (uint32_t)f->prints[2 * (size_t)at + 1] << 8;
}

static void give_prints(const struct yg_fuse *f, const struct peel *p, uint32_t count,
			uint8_t *prints)
{
	for (uint32_t i = count; i-- > 0;) {
		uint32_t value = print_of(p->order[i]);
		uint32_t at[PLACES];
		uint32_t own;

		places_of(f, p->order[i], at);
		own = at[p->which[i]];
		for (unsigned k = 0; k < PLACES; k++)
			if (k != p->which[i])
				value ^= print_at(f, at[k]);
		if (f->bits == 8) {
			prints[own] = (uint8_t)value;
		} else {
			prints[2 * (size_t)own] = (uint8_t)value;
			prints[2 * (size_t)own + 1] = (uint8_t)(value >> 8);
		}
	}
}

static void write_head(const struct yg_fuse *f, struct yg_buf *to)
{
	yg_put64(to, f->seed);
	yg_put32(to, f->segment);
	yg_put32(to, f->segments_size);
	yg_put32(to, f->size);
	yg_put32(to, f->bits);
}

int yg_fuse_write(const uint64_t *keys, uint32_t count, unsigned bits, struct yg_buf *to)
{
	struct yg_fuse f = {.bits = (uint8_t)bits};
	struct peel p = {0};
	uint8_t *prints;
	int rc = YG_EUNSUPPORTED;

	if (count > YG_FUSE_KEYS_MAX)
		return YG_ELIMIT;
	if (count == 0) {
		write_head(&f, to);
		return yg_buf_error(to);
	}
	choose_sizes(&f, count);
	if (!peel_new(&p, f.size, count))
		rc = YG_ENOMEM;
	for (unsigned i = 0; i < SEEDS_MAX && rc == YG_EUNSUPPORTED; i++) {
		f.seed = mix(i, UINT64_C(0x79616775726166)); /* the same in every run */
		if (place_all(&f, &p, keys, count) && take_all(&f, &p, count))
			rc = YG_OK;
	}
	if (rc == YG_OK) {
		size_t size = (size_t)f.size * (bits / 8);

		write_head(&f, to);
		prints = yg_buf_reserve(to, size);
		if (prints) {
			memset(prints, 0, size);
			f.prints = prints;
			give_prints(&f, &p, count, prints);
			yg_buf_grew(to, size);
		}
		rc = yg_buf_error(to);
	}
	peel_free(&p);
	return rc;
}

int yg_fuse_open(struct yg_bytes b, struct yg_fuse *ret)
{
	struct yg_fuse f;

	if (b.size < YG_FUSE_HEAD)
		return YG_EFORMAT;
	f = (struct yg_fuse){
		.seed = yg_le64(b.data),
		.segment = yg_le32(b.data + 8),
		.segments_size = yg_le32(b.data + 12),
		.size = yg_le32(b.data + 16),
		.bits = (uint8_t)yg_le32(b.data + 20),
		.prints = b.data + YG_FUSE_HEAD,
	};
	if (yg_le32(b.data + 20) != 8 && yg_le32(b.data + 20) != 16)
		return YG_EFORMAT;
	*ret = f;
	if (f.size == 0)
		return b.size == YG_FUSE_HEAD ? YG_OK : YG_EFORMAT;
	if (f.segment < 4 || f.segment > SEGMENT_MAX || (f.segment & (f.segment - 1)) != 0 ||
	    f.segments_size == 0 || f.segments_size % f.segment != 0 ||
	    f.segments_size > UINT32_MAX - 2 * SEGMENT_MAX ||
	    f.size != f.segments_size + 2 * f.segment)
		return YG_EFORMAT;
	return b.size - YG_FUSE_HEAD == (size_t)f.size * (f.bits / 8) ? YG_OK : YG_EFORMAT;
}

bool yg_fuse_has(const struct yg_fuse *f, uint64_t key)
{
	uint64_t hash = mix(key, f->seed);
	uint32_t at[PLACES];
	uint32_t value;

	if (f->size == 0)
		return false;
	places_of(f, hash, at);
	value = print_of(hash) ^ print_at(f, at[0]) ^ print_at(f, at[1]) ^ print_at(f, at[2]);
	return (value & (f->bits == 8 ? 0xffu : 0xffffu)) == 0;
}
