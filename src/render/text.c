/* SPDX-License-Identifier: Apache-2.0 */
#include "render/text-int.h"

#include <assert.h>

#include "base/utf8.h"

#include "base/ban.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/* Two columns: East Asian Wide and Fullwidth, and pictures shown so (blocks taken whole). */
static const struct range wide[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},	{0x2329, 0x232a},   {0x23e9, 0x23ec},
	{0x23f0, 0x23f0},   {0x23f3, 0x23f3},	{0x25fd, 0x25fe},   {0x2614, 0x2615},
	{0x2648, 0x2653},   {0x267f, 0x267f},	{0x2693, 0x2693},   {0x26a1, 0x26a1},
	{0x26aa, 0x26ab},   {0x26bd, 0x26be},	{0x26c4, 0x26c5},   {0x26ce, 0x26ce},
	{0x26d4, 0x26d4},   {0x26ea, 0x26ea},	{0x26f2, 0x26f3},   {0x26f5, 0x26f5},
	{0x26fa, 0x26fa},   {0x26fd, 0x26fd},	{0x2705, 0x2705},   {0x270a, 0x270b},
	{0x2728, 0x2728},   {0x274c, 0x274c},	{0x274e, 0x274e},   {0x2753, 0x2755},
	{0x2757, 0x2757},   {0x2795, 0x2797},	{0x27b0, 0x27b0},   {0x27bf, 0x27bf},
	{0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},	{0x2b55, 0x2b55},   {0x2e80, 0x303e},
	{0x3041, 0x3247},   {0x3250, 0x4dbf},	{0x4e00, 0xa4cf},   {0xa960, 0xa97c},
	{0xac00, 0xd7a3},   {0xf900, 0xfaff},	{0xfe10, 0xfe19},   {0xfe30, 0xfe6f},
	{0xff01, 0xff60},   {0xffe0, 0xffe6},	{0x16fe0, 0x1b2ff}, {0x1f004, 0x1f004},
	{0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320},
	{0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca},
	{0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e},
	{0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e},
	{0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4},
	{0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2},
	{0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ef}, {0x1f6f4, 0x1f6ff}, {0x1f90c, 0x1f93a},
	{0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa60, 0x1faff}, {0x20000, 0x3fffd},
};

/* No column: marks joined to the character before them. */
static const struct range joined[] = {
	{0x300, 0x36f},	    {0x483, 0x489},   {0x591, 0x5bd},	{0x5bf, 0x5bf},	  {0x5c1, 0x5c2},
	{0x5c4, 0x5c5},	    {0x610, 0x61a},   {0x64b, 0x65f},	{0x670, 0x670},	  {0x6d6, 0x6dc},
	{0x93c, 0x93c},	    {0x941, 0x948},   {0x94d, 0x94d},	{0xe31, 0xe31},	  {0xe34, 0xe3a},
	{0xe47, 0xe4e},	    {0x1160, 0x11ff}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200c, 0x200d},
	{0x20d0, 0x20f0},   {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	{0xe0100, 0xe01ef},
};

/* Never shown as they are: C1 controls, what changes the direction, what cannot be seen. */
static const struct range shown_escaped[] = {
	{0x80, 0x9f},	  {0xad, 0xad},	    {0x61c, 0x61c},	{0x180e, 0x180e},
	{0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},	{0x2060, 0x206f},
	{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_in(uint32_t point, const struct range *ranges, size_t count)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (point < ranges[mid].first)
			high = mid;
		else if (point > ranges[mid].last)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

/* The first character of @text and its size; size 0 when it is not UTF-8. */
static size_t decode(struct yg_bytes text, uint32_t *ret_point)
{
	size_t size = yg_utf8_size(text);

	if (size == 0)
		return 0;
	*ret_point = size == 1 ? text.data[0] : text.data[0] & (0xffu >> (size + 1));
	for (size_t i = 1; i < size; i++)
		*ret_point = *ret_point << 6 | (text.data[i] & 0x3fu);
	return size;
}

void yg_text_add(struct yg_buf *to, struct yg_bytes text)
{
	size_t from = 0;
	size_t at = 0;

	assert(text.data || text.size == 0);
	while (at < text.size) {
		uint32_t point = 0;
		size_t size = decode(yg_bytes_from(text, at), &point);
		bool is_control = point < 0x20 || point == 0x7f;

		if (size > 0 && !is_control && !is_in(point, shown_escaped, COUNT(shown_escaped))) {
			at += size;
			continue;
		}
		yg_buf_add(to, yg_bytes_cut(text, from, at));
		if (size == 0)
			yg_buf_addf(to, "\\x%02x", (unsigned)text.data[at]);
		else if (point == '\n' || point == '\r' || point == '\t')
			yg_buf_addf(to, "\\%c", point == '\n' ? 'n' : point == '\r' ? 'r' : 't');
		else
			yg_buf_addf(to, is_control ? "\\x%02x" : "\\u%04x", (unsigned)point);
		at += size == 0 ? 1 : size;
		from = at;
	}
	yg_buf_add(to, yg_bytes_cut(text, from, text.size));
}

size_t yg_text_next(struct yg_bytes text, size_t *ret_width)
{
	uint32_t point = 0;
	size_t size = decode(text, &point);

	*ret_width = 1;
	if (size == 0)
		return 1;
	if (point >= 0x300 && is_in(point, joined, COUNT(joined)))
		*ret_width = 0;
	else if (point >= 0x1100 && is_in(point, wide, COUNT(wide)))
		*ret_width = 2;
	return size;
}

size_t yg_text_width(struct yg_bytes text)
{
	size_t columns = 0;

	while (text.size > 0) {
		size_t width;

		text = yg_bytes_from(text, yg_text_next(text, &width));
		columns += width;
	}
	return columns;
}

/* Bytes a column may take: marks without width must not make a short text endless. */
#define COLUMN_BYTES 4u

/* Bytes of the longest head of @text that is at most @columns wide. */
static size_t head_size(struct yg_bytes text, size_t columns)
{
	size_t at = 0;
	size_t used = 0;

	while (at < text.size) {
		size_t width;
		size_t size = yg_text_next(yg_bytes_from(text, at), &width);

		if (used + width > columns || at + size > columns * COLUMN_BYTES)
			break;
		used += width;
		at += size;
	}
	return at;
}

/* Where the longest tail of @text begins that is at most @columns wide. */
static size_t tail_start(struct yg_bytes text, size_t columns)
{
	size_t at = text.size > columns * COLUMN_BYTES ? text.size - columns * COLUMN_BYTES : 0;
	size_t width;

	while (at < text.size && (text.data[at] & 0xc0) == 0x80)
		at++;
	width = yg_text_width(yg_bytes_from(text, at));
	while (width > columns) {
		size_t gone;

		at += yg_text_next(yg_bytes_from(text, at), &gone);
		width -= gone;
	}
	return at;
}

void yg_text_add_short(struct yg_buf *to, struct yg_bytes text, size_t columns)
{
	struct yg_buf scratch;
	struct yg_bytes all;

	assert(columns >= 8);
	yg_text_scratch(&scratch, text.size);
	yg_text_add(&scratch, text);
	all = yg_buf_bytes(&scratch);
	if (head_size(all, columns) == all.size) {
		yg_buf_add(to, all);
	} else {
		size_t tail = (columns - 1) / 2;

		yg_buf_add(to, yg_bytes_cut(all, 0, head_size(all, columns - 1 - tail)));
		yg_buf_add_str(to, "\xe2\x80\xa6"); /* … */
		yg_buf_add(to, yg_bytes_from(all, tail_start(all, tail)));
	}
	yg_text_end(to, &scratch);
}

const char *yg_text_zone(char to[YG_TEXT_TIME_SIZE], int32_t zone_s)
{
	unsigned away_min = (unsigned)(zone_s < 0 ? -zone_s : zone_s) / 60;

	if (zone_s == 0)
		return "UTC";
	(void)snprintf(to, YG_TEXT_TIME_SIZE, "%c%02u:%02u", zone_s < 0 ? '-' : '+',
		       away_min / 60 % 100, away_min % 60);
	return to;
}

const char *yg_text_time(char to[YG_TEXT_TIME_SIZE], int64_t time_ns, int32_t zone_s,
			 bool with_zone)
{
	char zone[YG_TEXT_TIME_SIZE];
	struct yg_civil c;

	if (time_ns == YG_TIME_NONE)
		return "-";
	c = yg_time_civil(time_ns, zone_s);
	(void)snprintf(to, YG_TEXT_TIME_SIZE, "%04d-%02u-%02u %02u:%02u:%02u%s%.8s", (int)c.year,
		       c.month, c.day, c.hour, c.minute, c.second, with_zone ? " " : "",
		       with_zone ? yg_text_zone(zone, zone_s) : "");
	return to;
}

struct yg_bytes yg_text_number(char to[YG_TEXT_NUMBER_SIZE], uint64_t value)
{
	char *at = to + YG_TEXT_NUMBER_SIZE - 1;

	*at = '\0';
	for (unsigned digits = 0; digits == 0 || value > 0; digits++) {
		if (digits > 0 && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + value % 10);
		value /= 10;
	}
	return yg_bytes_str(at);
}

struct yg_bytes yg_text_size(char to[YG_TEXT_NUMBER_SIZE], uint64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB"};
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		(void)snprintf(to, YG_TEXT_NUMBER_SIZE, "%u B", (unsigned)bytes);
		return yg_bytes_str(to);
	}
	while (value >= 999.95 && unit < COUNT(units) - 1) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(to, YG_TEXT_NUMBER_SIZE, "%.1f %s", value, units[unit]);
	return yg_bytes_str(to);
}

const char *yg_words_level(enum yg_level level, enum yg_lang lang)
{
	static const char *const words[] = {
		N_("for information"), N_("low"), N_("medium"), N_("high"), N_("critical"),
	};

	assert(level <= YG_LEVEL_CRITICAL);
	return yg_tr(lang, words[level]);
}

const char *yg_words_outcome(enum yg_outcome outcome, enum yg_lang lang)
{
	static const char *const words[] = {
		N_("outcome not known"),
		N_("attempt, no sign of success"),
		N_("may have succeeded"),
	};

	assert(outcome <= YG_OUTCOME_POSSIBLE);
	return yg_tr(lang, words[outcome]);
}

struct yg_bytes yg_words_title(const struct yg_rule_info *rule, enum yg_lang lang)
{
	return lang == YG_LANG_JA && rule->title_ja.size > 0 ? rule->title_ja : rule->title;
}

void yg_words_reason(struct yg_buf *to, const struct yg_reason *reason, enum yg_lang lang)
{
	yg_reason_add(to, yg_tr(lang, yg_reason_template(reason->code)), reason);
}

void yg_words_fill(struct yg_buf *to, const char *template_text, const struct yg_bytes *args,
		   size_t count)
{
	for (const char *at = template_text; *at; at++) {
		if (*at != '%') {
			yg_buf_add_byte(to, (uint8_t)*at);
			continue;
		}
		at++;
		assert(*at == '%' || (*at >= '1' && (size_t)(*at - '1') < count));
		if (*at == '%')
			yg_buf_add_byte(to, '%');
		else
			yg_buf_add(to, args[*at - '1']);
	}
}

void yg_text_scratch(struct yg_buf *scratch, size_t size)
{
	/* One byte becomes at most four (\x1b), two bytes of C1 six (\u0080); then some words. */
	yg_buf_init(scratch, size > SIZE_MAX / 8 ? SIZE_MAX : size * 6 + 4096);
}

void yg_text_end(struct yg_buf *to, struct yg_buf *scratch)
{
	if (yg_buf_error(scratch) && !to->error)
		to->error = yg_buf_error(scratch);
	yg_buf_done(scratch);
}

void yg_text_flush(struct yg_buf *to, struct yg_buf *scratch)
{
	yg_buf_add(to, yg_buf_bytes(scratch));
	yg_text_end(to, scratch);
}
