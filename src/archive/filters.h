/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive/filters.h - what stands in a closed file, for whoever looks for a few values: the file
 * of filters beside it ("FILE.filters").
 *
 * A record is described by keys: 64-bit hashes of the addresses, names, file hashes and users in
 * it (made by detect/keys.h; this folder does not know what they stand for). Two steps: the filter
 * of the whole file, cut into shards by the upper bits of the key so that one key costs one short
 * read; then a filter for each frame.
 *
 * Layer:   archive.
 * Input:   untrusted. Each block has a checksum and is checked before it is believed: a damaged
 *          filter answers "maybe", never "no".
 * Threads: one at a time.
 * Source:  docs/archive.md
 * Tests:   tests/unit/archive/test_archive.c, tests/fuzz/fuzz_archive.c
 */
#pragma once

#include "archive/reader.h"

#define YG_ARCHIVE_KEYS_MAX	  (1u << 24) /* of a file; beyond, only frames have filters */
#define YG_ARCHIVE_FRAME_KEYS_MAX (1u << 18) /* of a frame; beyond, it is always read */
#define YG_ARCHIVE_SHARD_KEYS	  16384u     /* aimed at */
#define YG_ARCHIVE_SHARDS_MAX	  4096u
#define YG_ARCHIVE_FILTER_BYTES	  (256u << 20) /* of a file of filters */

/* The keys of one file while it is written, frame by frame. */
struct yg_archive_keys {
	uint64_t *keys; /* all frames', one after the other, ascending in each */
	size_t count;
	size_t room;
	size_t *ends; /* of each frame in keys; SIZE_MAX in .is_full's frames: see fill */
	uint8_t *is_full;
	uint32_t frames;
	uint32_t frames_room;
	bool is_over; /* YG_ARCHIVE_KEYS_MAX was reached: no more is kept */
};
void yg_archive_keys_done(struct yg_archive_keys *keys);

/*
 * The keys of the next frame: sorted here, doubles dropped (@list is changed). @is_full: there were
 * more than a frame may have. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_archive_keys_frame(struct yg_archive_keys *keys, uint64_t *list, uint32_t count,
				      bool is_full);

/*
 * The content of the file of filters for a file of keys->frames frames whose index has @index_sum.
 * Changes keys->keys. @to: room for YG_ARCHIVE_FILTER_BYTES. YG_OK, YG_ENOMEM, YG_ELIMIT.
 */
YG_MUST_USE int yg_archive_filters_write(struct yg_archive_keys *keys, uint64_t index_sum,
					 struct yg_buf *to);

struct yg_archive_filters;

/*
 * The filters beside @archive (borrowed). YG_OK; YG_ENOENT: there are none; YG_EMISMATCH: they
 * belong to another file; YG_EFORMAT, YG_EDIGEST, YG_ETRUNC: damaged; YG_ENOMEM. *ret is NULL then:
 * all functions below take NULL and answer "maybe".
 */
YG_MUST_USE int yg_archive_filters_open(const struct yg_archive *archive,
					struct yg_archive_filters **ret, struct yg_fault *reterr);
struct yg_archive_filters *yg_archive_filters_free(struct yg_archive_filters *filters);

/*
 * Of @keys (ascending) those that may be in the file, copied to @to (room for all). Returns how
 * many. Cost: one read of about 40 kB for each shard asked, and 50 ns a key.
 */
uint32_t yg_archive_filters_file(struct yg_archive_filters *filters, const uint64_t *keys,
				 uint32_t count, uint64_t *to);

/* May @key be in frame number @frame? The frame asked last stays at hand. */
bool yg_archive_filters_frame(struct yg_archive_filters *filters, uint32_t frame, uint64_t key);

/* Read all blocks and name the damaged ones. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_archive_filters_verify(struct yg_archive_filters *filters,
					  yg_archive_note_fn note, void *arg);
