/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/bytes.h - a borrowed run of bytes, and the small questions asked of one.
 *
 * Not terminated by NUL, never freed through this. All functions are pure and thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct yg_bytes {
	const uint8_t *data;
	size_t size;
};

/* A yg_bytes over a string literal, or over a C string. */
#define YG_S(literal) ((struct yg_bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})
static inline struct yg_bytes yg_bytes_str(const char *text)
{
	return (struct yg_bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

/* For printf("%.*s"): the size (cut at INT_MAX) and the pointer. */
#define YG_FMT(b) (int)((b).size > 0x7fffffff ? 0x7fffffff : (b).size), (const char *)(b).data

static inline struct yg_bytes yg_bytes_from(struct yg_bytes b, size_t start)
{
	return start >= b.size ? (struct yg_bytes){b.data ? b.data + b.size : NULL, 0}
			       : (struct yg_bytes){b.data + start, b.size - start};
}

static inline struct yg_bytes yg_bytes_cut(struct yg_bytes b, size_t start, size_t end)
{
	if (end > b.size)
		end = b.size;
	if (start > end)
		start = end;
	return b.data ? (struct yg_bytes){b.data + start, end - start} : (struct yg_bytes){0};
}

static inline bool yg_bytes_eq(struct yg_bytes a, struct yg_bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool yg_bytes_starts(struct yg_bytes b, struct yg_bytes head)
{
	return b.size >= head.size && (head.size == 0 || memcmp(b.data, head.data, head.size) == 0);
}

static inline bool yg_bytes_ends(struct yg_bytes b, struct yg_bytes tail)
{
	return b.size >= tail.size &&
	       (tail.size == 0 || memcmp(b.data + (b.size - tail.size), tail.data, tail.size) == 0);
}

/* The value of a hexadecimal digit of either case, or -1. */
static inline int yg_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where @needle begins in @hay, or SIZE_MAX. An empty needle is at 0. Cost: memmem(3). */
size_t yg_bytes_find(struct yg_bytes hay, struct yg_bytes needle);

/* Where byte @c is in @hay, or SIZE_MAX. */
size_t yg_bytes_chr(struct yg_bytes hay, uint8_t c);

/* Equal when A–Z and a–z count as the same; other bytes must be equal. */
bool yg_bytes_eq_nocase(struct yg_bytes a, struct yg_bytes b);

/* Without spaces, tabs, CR and LF at both ends. */
struct yg_bytes yg_bytes_trim(struct yg_bytes b);

/*
 * The whole of @b as a decimal number (optional '-' for the signed form).
 * False, and *ret untouched, when empty, not a number, or out of range.
 */
bool yg_bytes_u64(struct yg_bytes b, uint64_t *ret);
bool yg_bytes_i64(struct yg_bytes b, int64_t *ret);

/* The same for a decimal fraction as JSON writes it, and 0x… hexadecimal integers. */
bool yg_bytes_double(struct yg_bytes b, double *ret);

/* Is the whole of @b a number as JSON writes them (RFC 8259 sec. 6)? Any size. */
bool yg_bytes_is_number(struct yg_bytes b);
