/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/memo.h - what looking up a value gave, kept for the next record that has the same value.
 *
 * User agents, programs, channels and accounts repeat from record to record. Which atoms fire for
 * a value depends on the group, the field and the value's bytes alone, so it can be remembered:
 * a direct-mapped table of fixed size, each place overwritten by the next value that falls there.
 * The whole value is compared; a value that is long or fires many atoms is not kept.
 *
 * Layer: detect. Private to the matcher. One thread.
 */
#pragma once

#include "base/bytes.h"

#define YG_MEMO_PLACES	  8192u /* power of two; 2 MiB for each thread */
#define YG_MEMO_ATOMS_MAX 8u
#define YG_MEMO_TEXT_MAX  208u

struct yg_memo_entry {
	uint64_t hash;	/* 0 = free */
	uint32_t group; /* which group and which of its fields */
	uint16_t field;
	uint8_t atom_count;
	uint8_t text_size;
	uint32_t atoms[YG_MEMO_ATOMS_MAX];
	uint8_t text[YG_MEMO_TEXT_MAX];
};

/* YG_MEMO_PLACES free entries (free() them), or NULL. */
struct yg_memo_entry *yg_memo_new(void);

/*
 * The place for a value. *ret_is_known: it holds this very value, and its atoms are valid.
 * Otherwise the caller looks the value up and calls yg_memo_keep with what fired. NULL: a value
 * that is not kept.
 */
struct yg_memo_entry *yg_memo_find(struct yg_memo_entry *memo, uint32_t group, uint32_t field,
				   struct yg_bytes text, uint64_t *ret_hash, bool *ret_is_known);

/* Fill @place; with more than YG_MEMO_ATOMS_MAX atoms it becomes free. */
void yg_memo_keep(struct yg_memo_entry *place, uint64_t hash, uint32_t group, uint32_t field,
		  struct yg_bytes text, const uint32_t *atoms, uint32_t atom_count);
