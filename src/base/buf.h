/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/buf.h - a byte buffer that grows up to a ceiling.
 *
 * The first failure (ceiling or memory) is remembered; later additions do nothing, so a
 * writer can add freely and ask once at the end (yg_buf_error). One thread at a time.
 */
#pragma once

#include <stdarg.h>

#include "base/bytes.h"
#include "base/err.h"

struct yg_buf {
	uint8_t *data; /* NULL while empty; owned */
	size_t size;
	size_t room;
	size_t max; /* bytes; the ceiling */
	int error;  /* YG_OK, YG_ENOMEM or YG_ELIMIT */
};

/* In place; nothing is allocated yet. @bytes_max > 0. */
void yg_buf_init(struct yg_buf *buf, size_t bytes_max);

/* Free the memory; the buffer is empty, without error, and usable again. */
void yg_buf_done(struct yg_buf *buf);

/* Empty it and forget the error, keeping the memory. */
void yg_buf_reset(struct yg_buf *buf);

/* Add bytes, one byte, a C string, a formatted text (printf rules). */
void yg_buf_add(struct yg_buf *buf, struct yg_bytes b);
void yg_buf_add_byte(struct yg_buf *buf, uint8_t byte);
void yg_buf_add_str(struct yg_buf *buf, const char *text);
__attribute__((format(printf, 2, 3))) void yg_buf_addf(struct yg_buf *buf, const char *format, ...);

/* Decimal digits of a number: the common case of addf, without its cost. */
void yg_buf_add_u64(struct yg_buf *buf, uint64_t value);
void yg_buf_add_i64(struct yg_buf *buf, int64_t value);

/*
 * Room for @size more bytes at the end; returns where to write, or NULL after setting the
 * error. Follow with yg_buf_grew(buf, written), written <= size.
 */
uint8_t *yg_buf_reserve(struct yg_buf *buf, size_t size);
void yg_buf_grew(struct yg_buf *buf, size_t written);

/*
 * Add @text as a JSON string, quotes included. Invalid UTF-8 bytes become U+FFFD, so that
 * the result is always valid JSON; U+2028, U+2029 and control characters are escaped.
 */
void yg_buf_add_json(struct yg_buf *buf, struct yg_bytes text);

/* Remove bytes at the front (a queue that is drained). @size <= buf->size. */
void yg_buf_drop(struct yg_buf *buf, size_t size);

static inline struct yg_bytes yg_buf_bytes(const struct yg_buf *buf)
{
	return (struct yg_bytes){buf->data, buf->size};
}

static inline int yg_buf_error(const struct yg_buf *buf)
{
	return buf->error;
}
