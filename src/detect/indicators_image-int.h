/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/indicators_image-int.h - the form of compiled indicators: one flat run of bytes, in memory
 * or in a mapped file. Inside detect/.
 *
 *   head      counts, kinds, where the sections are, their checksums, a digest of all that
 *   comments  texts, one behind the other
 *   table     records in the order of their hashes
 *   cells     of the filters (fuse.h), one filter for each part of the hashes
 *   filters   where each part's filter is
 *   buckets   where the records begin whose hashes begin with the same bits; one more for the end
 *   lists     names of the lists, each with a NUL
 *   notes     the first lines that were refused
 *
 * Numbers are as this machine writes them: an image does not leave it. Sections begin at multiples
 * of YG_IIMG_ALIGN. A section's checksum is a chain of hashes of its blocks (YG_IIMG_BLOCK), keyed
 * by the seed: it finds damage; that nobody else writes the file is the caller's business.
 * Every number is checked before it is used, either on opening or, in the table and for comments,
 * at each look.
 */
#pragma once

#include "base/hash.h"
#include "detect/fuse.h"
#include "detect/indicators-int.h"

#define YG_IIMG_MAGIC	    "YGIOC001" /* with the version of the form */
#define YG_IIMG_ALIGN	    64u
#define YG_IIMG_BLOCK	    (1u << 20)
#define YG_IIMG_PART_BITS   8u	/* at most 256 filters: where they are fits the first cache */
#define YG_IIMG_BUCKET_BITS 24u /* of a hash, at most, to find a bucket */
#define YG_IIMG_PER_BUCKET  8u	/* records, about */
#define YG_IIMG_BUCKET_MAX  (64u * (YG_INDICATOR_VALUE_MAX + 16u)) /* bytes */
#define YG_IIMG_UNIT	    4u					   /* records begin at multiples */
#define YG_IIMG_TABLE_MAX   (UINT64_C(1) << 33)
#define YG_IIMG_LISTS_MAX   65535u

enum yg_iimg_section {
	YG_IIMG_COMMENTS, /* these two are great, and looked at rarely */
	YG_IIMG_TABLE,
	YG_IIMG_CELLS,
	YG_IIMG_FILTERS,
	YG_IIMG_BUCKETS,
	YG_IIMG_LISTS,
	YG_IIMG_NOTES,
	YG_IIMG_SECTIONS,
};

struct yg_iimg_run {
	uint64_t at; /* bytes */
	uint64_t size;
	uint64_t sum;
};

struct yg_iimg_head {
	char magic[8];
	uint8_t key[YG_DIGEST_BYTES]; /* what it was made from; the caller's */
	uint64_t size;		      /* of the whole image */
	uint64_t seed;		      /* of all hashes */
	uint64_t count;		      /* indicators */
	uint64_t duplicates;	      /* values that were there already */
	uint64_t refused;	      /* lines */
	uint32_t part_bits;	      /* of a hash, to find its filter */
	uint32_t bucket_bits;	      /* part_bits and those behind: its bucket */
	uint32_t list_count;
	uint32_t note_count;
	struct yg_iimg_run sections[YG_IIMG_SECTIONS];
	struct yg_indicator_kinds kinds;
	uint8_t digest[YG_DIGEST_BYTES]; /* of the head with this part zero */
};

/* Followed by the value, filled up with zeros to YG_IIMG_UNIT. */
struct yg_iimg_record {
	uint32_t line;
	uint32_t comment_at;
	uint16_t comment_size;
	uint16_t value_size;
	uint16_t list;
	uint8_t type;
	uint8_t bits; /* ADDRESS and PREFIX */
};

struct yg_iimg_note {
	uint64_t line;
	uint32_t list;
	char reason[YG_INDICATOR_REASON_MAX]; /* with NUL */
};

/* Bytes of a record with a value of @size. */
static inline size_t yg_iimg_record_size(size_t size)
{
	return sizeof(struct yg_iimg_record) +
	       (size + YG_IIMG_UNIT - 1) / YG_IIMG_UNIT * YG_IIMG_UNIT;
}

/* The chain of checksums: @sum is what came before, at first the seed. */
static inline uint64_t yg_iimg_sum(uint64_t sum, struct yg_bytes block)
{
	return yg_hash64(block, sum);
}

void yg_iimg_digest(const struct yg_iimg_head *head, uint8_t to[YG_DIGEST_BYTES]);
