/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/utf8.h"

#include "base/ban.h"

#define FIRST_BYTES 256u

void yg_buf_init(struct yg_buf *buf, size_t bytes_max)
{
	assert(bytes_max > 0);
	*buf = (struct yg_buf){.max = bytes_max};
}

void yg_buf_done(struct yg_buf *buf)
{
	free(buf->data);
	yg_buf_init(buf, buf->max ? buf->max : 1);
}

void yg_buf_reset(struct yg_buf *buf)
{
	buf->size = 0;
	buf->error = YG_OK;
}

uint8_t *yg_buf_reserve(struct yg_buf *buf, size_t size)
{
	size_t room;
	uint8_t *data;

	if (buf->error)
		return NULL;
	if (size > buf->max - buf->size) {
		buf->error = YG_ELIMIT;
		return NULL;
	}
	if (size <= buf->room - buf->size && buf->data)
		return buf->data + buf->size;
	room = buf->room > buf->max / 2 ? buf->max : buf->room * 2;
	if (room < FIRST_BYTES)
		room = FIRST_BYTES;
	if (room > buf->max)
		room = buf->max;
	if (room < buf->size + size)
		room = buf->size + size;
	data = yg_reallocarray(buf->data, room, 1);
	if (!data) {
		buf->error = YG_ENOMEM;
		return NULL;
	}
	buf->data = data;
	buf->room = room;
	return data + buf->size;
}

void yg_buf_grew(struct yg_buf *buf, size_t written)
{
	assert(written <= buf->room - buf->size);
	buf->size += written;
}

void yg_buf_add(struct yg_buf *buf, struct yg_bytes b)
{
	uint8_t *to = yg_buf_reserve(buf, b.size);

	if (!to || b.size == 0)
		return;
	memcpy(to, b.data, b.size);
	buf->size += b.size;
}

void yg_buf_add_byte(struct yg_buf *buf, uint8_t byte)
{
	uint8_t *to = yg_buf_reserve(buf, 1);

	if (!to)
		return;
	*to = byte;
	buf->size++;
}

void yg_buf_add_str(struct yg_buf *buf, const char *text)
{
	yg_buf_add(buf, yg_bytes_str(text));
}

void yg_buf_addf(struct yg_buf *buf, const char *format, ...)
{
	size_t room = buf->error || !buf->data ? 0 : buf->room - buf->size;
	va_list args;
	uint8_t *to;
	int need;

	/* Mostly it fits into what is there, and is written once. */
	va_start(args, format);
	need = vsnprintf(room > 0 ? (char *)buf->data + buf->size : NULL, room, format, args);
	va_end(args);
	assert(need >= 0);
	if ((size_t)need < room) {
		buf->size += (size_t)need;
		return;
	}
	to = yg_buf_reserve(buf, (size_t)need + 1);
	if (!to)
		return;
	va_start(args, format);
	(void)vsnprintf((char *)to, (size_t)need + 1, format, args); /* measured above */
	va_end(args);
	buf->size += (size_t)need;
}

void yg_buf_add_u64(struct yg_buf *buf, uint64_t value)
{
	uint8_t digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	yg_buf_add(buf, (struct yg_bytes){digits + at, sizeof(digits) - at});
}

void yg_buf_add_i64(struct yg_buf *buf, int64_t value)
{
	if (value < 0) {
		yg_buf_add_byte(buf, '-');
		yg_buf_add_u64(buf, 0 - (uint64_t)value);
	} else {
		yg_buf_add_u64(buf, (uint64_t)value);
	}
}

/* The escape for @c in a JSON string, or NULL when it stands for itself. */
static const char *json_escape(uint8_t c, char unicode[7])
{
	static const char hex[] = "0123456789abcdef";

	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		if (c >= 0x20 && c != 0x7f)
			return NULL;
		memcpy(unicode, "\\u00", 4);
		unicode[4] = hex[c >> 4];
		unicode[5] = hex[c & 15];
		unicode[6] = '\0';
		return unicode;
	}
}

void yg_buf_add_json(struct yg_buf *buf, struct yg_bytes text)
{
	size_t from = 0;
	size_t i = 0;
	char unicode[7];

	yg_buf_add_byte(buf, '"');
	while (i < text.size) {
		uint8_t c = text.data[i];
		const char *instead = NULL;
		size_t step = 1;

		if (c < 0x80) {
			instead = json_escape(c, unicode);
		} else {
			step = yg_utf8_size(yg_bytes_from(text, i));
			if (step == 0) {
				instead = "\xef\xbf\xbd";
				step = 1;
			} else if (step == 3 && c == 0xe2 && text.data[i + 1] == 0x80 &&
				   (text.data[i + 2] & 0xfe) == 0xa8) {
				instead = text.data[i + 2] == 0xa8 ? "\\u2028" : "\\u2029";
			}
		}
		if (instead) {
			yg_buf_add(buf, yg_bytes_cut(text, from, i));
			yg_buf_add_str(buf, instead);
			from = i + step;
		}
		i += step;
	}
	yg_buf_add(buf, yg_bytes_cut(text, from, text.size));
	yg_buf_add_byte(buf, '"');
}

void yg_buf_drop(struct yg_buf *buf, size_t size)
{
	assert(size <= buf->size);
	buf->size -= size;
	if (buf->size > 0)
		memmove(buf->data, buf->data + size, buf->size);
}
