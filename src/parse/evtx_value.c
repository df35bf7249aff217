/* SPDX-License-Identifier: Apache-2.0 */
/* EVTX: values to texts, as Windows itself shows them in XML. */
#include <math.h>
#include <stdio.h>

#include "base/utf8.h"
#include "parse/evtx-int.h"

#include "base/ban.h"

#define FILETIME_1970 UINT64_C(116444736000000000) /* 100 ns from 1601 to 1970 */
#define TICKS_PER_S   UINT64_C(10000000)
#define TICKS_PER_DAY (86400 * TICKS_PER_S)
#define NUMBER_ROOM   24u
#define DOUBLE_ROOM   40u
#define TIME_ROOM     40u
#define GUID_SIZE     38u
#define SID_HEAD      8u
#define SID_PARTS_MAX 15u
#define SID_ROOM      (24u + SID_PARTS_MAX * 11u)

static const char digits_low[] = "0123456789abcdef";
static const char digits_high[] = "0123456789ABCDEF";

/* @count digits of @value, from the last. */
static void put_digits(uint8_t *to, unsigned count, uint64_t value)
{
	while (count-- > 0) {
		to[count] = (uint8_t)('0' + value % 10);
		value /= 10;
	}
}

static size_t put_number(uint8_t *to, uint64_t value)
{
	uint8_t digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	memcpy(to, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

static size_t put_signed(uint8_t *to, int64_t value)
{
	if (value >= 0)
		return put_number(to, (uint64_t)value);
	*to = '-';
	return 1 + put_number(to + 1, -(uint64_t)value);
}

static size_t put_hex(uint8_t *to, uint64_t value)
{
	unsigned shift = value ? (63u - (unsigned)__builtin_clzll(value)) / 4 * 4 : 0;
	size_t size = 2;

	to[0] = '0';
	to[1] = 'x';
	for (;; shift -= 4) {
		to[size++] = (uint8_t)digits_low[value >> shift & 15];
		if (shift == 0)
			return size;
	}
}

static size_t put_pairs(uint8_t *to, const uint8_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*to++ = (uint8_t)digits_high[from[i] >> 4];
		*to++ = (uint8_t)digits_high[from[i] & 15];
	}
	return 2 * count;
}

static size_t put_guid(uint8_t *to, const uint8_t *b)
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	size_t size = 0;

	to[size++] = '{';
	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			to[size++] = '-';
		size += put_pairs(to + size, b + order[i], 1);
	}
	to[size++] = '}';
	return size;
}

/* S-1-5-21-…; 0: not one. Source: [MS-DTYP] 2.4.2 */
static size_t put_sid(uint8_t *to, struct yg_bytes b)
{
	uint64_t authority = 0;
	size_t size = 2;

	if (b.size < SID_HEAD || b.data[1] > SID_PARTS_MAX || b.size < SID_HEAD + 4u * b.data[1])
		return 0;
	for (unsigned i = 2; i < 8; i++)
		authority = authority << 8 | b.data[i];
	to[0] = 'S';
	to[1] = '-';
	size += put_number(to + size, b.data[0]);
	to[size++] = '-';
	size += authority >> 32 ? put_hex(to + size, authority) : put_number(to + size, authority);
	for (unsigned i = 0; i < b.data[1]; i++) {
		to[size++] = '-';
		size += put_number(to + size, yg_evtx_u32(b, SID_HEAD + 4u * i));
	}
	return size;
}

struct day {
	uint32_t year;
	uint32_t month;
	uint32_t day;
};

/* Days since 1601-01-01. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static struct day civil(uint64_t days)
{
	uint64_t z = days + 584694; /* from 0000-03-01 */
	uint64_t era = z / 146097;
	uint32_t doe = (uint32_t)(z - era * 146097);
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t mp = (5 * doy + 2) / 153;

	return (struct day){.year = (uint32_t)(yoe + era * 400) + (mp >= 10),
			    .month = mp < 10 ? mp + 3 : mp - 9,
			    .day = doy - (153 * mp + 2) / 5 + 1};
}

static size_t put_day(uint8_t *to, struct day day)
{
	size_t size = 4;

	if (day.year < 10000)
		put_digits(to, 4, day.year);
	else
		size = put_number(to, day.year);
	to[size] = '-';
	put_digits(to + size + 1, 2, day.month);
	to[size + 3] = '-';
	put_digits(to + size + 4, 2, day.day);
	to[size + 6] = 'T';
	return size + 7;
}

static size_t put_clock(uint8_t *to, uint32_t hour, uint32_t minute, uint32_t second)
{
	put_digits(to, 2, hour);
	to[2] = ':';
	put_digits(to + 3, 2, minute);
	to[5] = ':';
	put_digits(to + 6, 2, second);
	return 8;
}

/* 2026-11-21T08:31:54.1234567Z: seven digits, which is what it holds. */
static size_t put_filetime(uint8_t *to, uint64_t time)
{
	uint64_t ticks = time % TICKS_PER_DAY;
	uint32_t second = (uint32_t)(ticks / TICKS_PER_S);
	size_t size = put_day(to, civil(time / TICKS_PER_DAY));

	size += put_clock(to + size, second / 3600, second / 60 % 60, second % 60);
	to[size++] = '.';
	put_digits(to + size, 7, ticks % TICKS_PER_S);
	to[size + 7] = 'Z';
	return size + 8;
}

/* Source: SYSTEMTIME of the Windows SDK. */
static size_t put_systemtime(uint8_t *to, struct yg_bytes b)
{
	size_t size =
		put_day(to, (struct day){yg_evtx_u16(b, 0), yg_evtx_u16(b, 2), yg_evtx_u16(b, 6)});

	size += put_clock(to + size, yg_evtx_u16(b, 8), yg_evtx_u16(b, 10), yg_evtx_u16(b, 12));
	to[size++] = '.';
	put_digits(to + size, 3, yg_evtx_u16(b, 14));
	to[size + 3] = 'Z';
	return size + 4;
}

bool yg_evtx_filetime_ns(uint64_t filetime, int64_t *ret_ns)
{
	int64_t ticks = (int64_t)(filetime - FILETIME_1970);

	if (filetime > INT64_MAX || ticks > INT64_MAX / 100 || ticks < -(INT64_MAX / 100))
		return false;
	*ret_ns = ticks * 100;
	return true;
}

/* As few digits as give the number back. */
static size_t put_double(uint8_t *to, double value, int few, int all, enum yg_value_kind *kind)
{
	char text[DOUBLE_ROOM];
	double again;
	int size = snprintf(text, sizeof(text), "%.*g", few, value);

	if (!isfinite(value)) {
		*kind = YG_VALUE_TEXT;
	} else if (!yg_bytes_double((struct yg_bytes){(uint8_t *)text, (size_t)size}, &again) ||
		   (few < 9 ? (float)again != (float)value : again != value)) {
		size = snprintf(text, sizeof(text), "%.*g", all, value);
	}
	memcpy(to, text, (size_t)size);
	return (size_t)size;
}

/* The number in @b, of its own size. */
static uint64_t number(struct yg_bytes b)
{
	uint64_t value = 0;

	memcpy(&value, b.data, b.size < sizeof(value) ? b.size : sizeof(value));
	return value;
}

static int64_t signed_number(struct yg_bytes b)
{
	unsigned shift = 64 - 8 * (unsigned)(b.size < 8 ? b.size : 8);

	return (int64_t)(number(b) << shift) >> shift;
}

static size_t put_real(uint8_t *to, struct yg_bytes b, enum yg_value_kind *kind)
{
	double value;
	float small;

	if (b.size >= 8) {
		memcpy(&value, b.data, sizeof(value));
		return put_double(to, value, 15, 17, kind);
	}
	memcpy(&small, b.data, sizeof(small));
	return put_double(to, (double)small, 6, 9, kind);
}

/* How a value is written. */
enum form {
	FORM_BYTES,
	FORM_SIGNED,
	FORM_UNSIGNED,
	FORM_REAL,
	FORM_BOOL,
	FORM_HEX,
	FORM_GUID,
	FORM_FILETIME,
	FORM_SYSTEMTIME,
	FORM_SID,
	FORM_TEXT,
};

/* For each type its form, and the bytes of one value; 0: any number of them. */
static const struct {
	uint8_t form;
	uint8_t size;
} types[] = {
	[YG_EVTX_STRING] = {FORM_TEXT, 0},
	[YG_EVTX_ANSI] = {FORM_TEXT, 0},
	[YG_EVTX_INT8] = {FORM_SIGNED, 1},
	[YG_EVTX_UINT8] = {FORM_UNSIGNED, 1},
	[YG_EVTX_INT16] = {FORM_SIGNED, 2},
	[YG_EVTX_UINT16] = {FORM_UNSIGNED, 2},
	[YG_EVTX_INT32] = {FORM_SIGNED, 4},
	[YG_EVTX_UINT32] = {FORM_UNSIGNED, 4},
	[YG_EVTX_INT64] = {FORM_SIGNED, 8},
	[YG_EVTX_UINT64] = {FORM_UNSIGNED, 8},
	[YG_EVTX_REAL32] = {FORM_REAL, 4},
	[YG_EVTX_REAL64] = {FORM_REAL, 8},
	[YG_EVTX_BOOL] = {FORM_BOOL, 4},
	[YG_EVTX_GUID] = {FORM_GUID, 16},
	[YG_EVTX_SIZE] = {FORM_HEX, 8},
	[YG_EVTX_FILETIME] = {FORM_FILETIME, 8},
	[YG_EVTX_SYSTEMTIME] = {FORM_SYSTEMTIME, 16},
	[YG_EVTX_SID] = {FORM_SID, 0},
	[YG_EVTX_HEX32] = {FORM_HEX, 4},
	[YG_EVTX_HEX64] = {FORM_HEX, 8},
	[YG_EVTX_HANDLE] = {FORM_HEX, 8},
};

static enum form form_of(uint8_t type)
{
	return type < sizeof(types) / sizeof(types[0]) ? (enum form)types[type].form : FORM_BYTES;
}

uint32_t yg_evtx_item_size(uint8_t type)
{
	enum form form = form_of(type);

	if (form == FORM_BYTES || form == FORM_SID)
		return UINT32_MAX;
	return types[type].size;
}

/* Bytes a value must have at least; 0: any number. */
static size_t size_min(uint8_t type)
{
	if (type == YG_EVTX_BOOL)
		return 1; /* four bytes, but some write one */
	if (type == YG_EVTX_SIZE || type == YG_EVTX_HANDLE)
		return 4; /* as the machine had it */
	return form_of(type) == FORM_BYTES ? 0 : types[type].size;
}

static size_t room_for(uint8_t type, size_t size)
{
	switch (form_of(type)) {
	case FORM_GUID:
		return GUID_SIZE;
	case FORM_SID:
		return SID_ROOM + 2 * size;
	case FORM_FILETIME:
	case FORM_SYSTEMTIME:
	case FORM_REAL:
		return TIME_ROOM;
	default:
		return size_min(type) ? NUMBER_ROOM : 2 * size;
	}
}

static size_t put_value(uint8_t type, struct yg_bytes b, uint8_t *to, enum yg_value_kind *kind)
{
	size_t size;

	switch (form_of(type)) {
	case FORM_SIGNED:
		*kind = YG_VALUE_NUMBER;
		return put_signed(to, signed_number(b));
	case FORM_UNSIGNED:
		*kind = YG_VALUE_NUMBER;
		return put_number(to, number(b));
	case FORM_REAL:
		*kind = YG_VALUE_NUMBER;
		return put_real(to, b, kind);
	case FORM_BOOL:
		*kind = YG_VALUE_BOOL;
		size = number(b) ? 4 : 5;
		memcpy(to, number(b) ? "true" : "false", size);
		return size;
	case FORM_HEX:
		return put_hex(to, number(b));
	case FORM_GUID:
		return put_guid(to, b.data);
	case FORM_FILETIME:
		return put_filetime(to, number(b));
	case FORM_SYSTEMTIME:
		return put_systemtime(to, b);
	case FORM_SID:
		size = put_sid(to, b);
		return size ? size : put_pairs(to, b.data, b.size);
	default:
		return put_pairs(to, b.data, b.size);
	}
}

/* Bytes of an unknown code page: UTF-8 where they are, else each byte is a Latin-1 character. */
static int ansi_text(struct yg_bytes b, struct yg_arena *arena, struct yg_bytes *ret)
{
	uint8_t *to;
	size_t size = 0;

	*ret = b;
	if (yg_utf8_valid(b))
		return YG_OK;
	to = yg_arena_alloc(arena, 2 * b.size);
	if (!to)
		return YG_ENOMEM;
	for (size_t i = 0; i < b.size; i++)
		size += yg_utf8_put(b.data[i], to + size);
	*ret = (struct yg_bytes){to, size};
	return YG_OK;
}

/* Texts end with NUL, once or more often, or not at all. */
static struct yg_bytes without_end(struct yg_bytes b, size_t unit)
{
	b.size -= b.size % unit;
	while (b.size > 0 && !b.data[b.size - 1] && !b.data[b.size - unit])
		b.size -= unit;
	return b;
}

int yg_evtx_value_text(uint8_t type, struct yg_bytes bytes, struct yg_arena *arena,
		       struct yg_field *field)
{
	enum yg_value_kind kind = YG_VALUE_TEXT;
	uint8_t *to;

	field->kind = YG_VALUE_TEXT;
	field->is_utf16 = 0;
	field->text = (struct yg_bytes){bytes.data, 0};
	if (type == YG_EVTX_STRING || type == YG_EVTX_XML) {
		field->text = without_end(bytes, 2);
		field->is_utf16 = field->text.size > 0;
		return YG_OK;
	}
	if (type == YG_EVTX_ANSI)
		return ansi_text(without_end(bytes, 1), arena, &field->text);
	if (type == YG_EVTX_NULL || bytes.size < size_min(type)) {
		field->kind = YG_VALUE_NULL;
		return YG_OK;
	}
	to = yg_arena_alloc(arena, room_for(type, bytes.size));
	if (!to)
		return YG_ENOMEM;
	field->text = (struct yg_bytes){to, put_value(type, bytes, to, &kind)};
	field->kind = (uint8_t)kind;
	return YG_OK;
}
