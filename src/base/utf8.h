/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/utf8.h - UTF-8: checking, encoding, folding of case.
 *
 * Source: RFC 3629 (what is well formed), Unicode simple case folding for the scripts
 *         named at yg_fold. Pure and thread-safe.
 */
#pragma once

#include "base/bytes.h"

/* Bytes of the well-formed character at the start of @b (1..4), or 0 when there is none. */
size_t yg_utf8_size(struct yg_bytes b);

/* True when all of @b is well formed. Cost: O(size), a fast path for ASCII. */
bool yg_utf8_valid(struct yg_bytes b);

/*
 * Is well-formed @b text that stays where it is put, in the head of a mail, a line of a terminal or
 * a cell: without control characters (C0, DEL, C1), line and paragraph separators, and signs that
 * turn the direction of what stands beside it (U+202A to U+202E, U+2066 to U+2069)? O(size).
 */
bool yg_utf8_is_line(struct yg_bytes b);

/* Write @point (<= 0x10ffff) to @to (4 bytes of room); returns the bytes written. */
size_t yg_utf8_put(uint32_t point, uint8_t to[4]);

/*
 * UTF-16LE to UTF-8. Writes to @to (room: yg_utf16_room(b)) and returns the bytes written; half
 * characters (surrogates without their other half) become U+FFFD, an odd last byte is left out.
 * Cost: a few units at a time while all is ASCII.
 */
static inline size_t yg_utf16_room(struct yg_bytes b)
{
	return b.size / 2 * 3;
}
size_t yg_utf8_from_utf16le(struct yg_bytes b, uint8_t *to);

/* The bytes it writes, without writing them. */
size_t yg_utf8_size_of_utf16le(struct yg_bytes b);

/*
 * Write @b with case removed to @to (room: b.size bytes, may be b.data itself) and return
 * the size written, which is never more than b.size. A–Z become a–z; of the other scripts
 * Latin-1, Latin Extended-A, Greek, Cyrillic, Armenian and full-width Latin letters are
 * folded where the folded form has the same length. Bytes that are not UTF-8 are kept.
 * This is the one meaning of "case-insensitive" in the whole program: rules and events are
 * both folded with it and then compared byte by byte.
 */
size_t yg_fold(struct yg_bytes b, uint8_t *to);
