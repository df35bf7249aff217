/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/time_format.h"

#include "parse/times.h"
#include "parse/when.h"

#include "base/ban.h"

struct found {
	struct yg_civil civil;
	int32_t zone_s;
	int64_t epoch_s;
	bool has_zone, has_year, has_epoch;
	bool is_twelve, is_afternoon;
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

const char *yg_time_format_fault(struct yg_bytes format)
{
	bool has_part = false;

	if (format.size == 0)
		return "a time format is empty";
	if (format.size > YG_TIME_FORMAT_MAX)
		return "a time format is longer than 64 bytes";
	for (size_t i = 0; i < format.size; i++) {
		if (format.data[i] != '%')
			continue;
		if (++i == format.size)
			return "a time format ends with a single %";
		if (!strchr("YymbBdeHkIlpMSfTFzZaAs%", format.data[i]) || format.data[i] == 0)
			return "a time format has an unknown letter behind % "
			       "(docs/source-description.md "
			       "lists them)";
		has_part |= strchr("YymbBdeTFHkIls", format.data[i]) != NULL;
	}
	return has_part ? NULL : "a time format names neither a day nor an hour";
}

/* Up to @most digits, at least @least; blanks before them where @may_pad. */
static bool take_number(struct yg_bytes *b, unsigned least, unsigned most, bool may_pad,
			int64_t *ret)
{
	int64_t value = 0;
	unsigned n = 0;

	while (may_pad && b->size > 0 && b->data[0] == ' ')
		*b = yg_bytes_from(*b, 1);
	while (n < most && n < b->size && is_digit(b->data[n]))
		value = value * 10 + (b->data[n++] - '0');
	if (n < least)
		return false;
	*b = yg_bytes_from(*b, n);
	*ret = value;
	return true;
}

static size_t letters(struct yg_bytes b)
{
	size_t n = 0;

	while (n < b.size && is_letter(b.data[n]))
		n++;
	return n;
}

static bool take_month(struct yg_bytes *b, struct found *f)
{
	size_t n = letters(*b);

	if (n < 3)
		return false;
	f->civil.month = (uint8_t)yg_when_month(b->data);
	*b = yg_bytes_from(*b, n);
	return f->civil.month != 0;
}

static bool take_fraction(struct yg_bytes *b, struct found *f)
{
	uint32_t unit = 100000000;
	size_t n = 0;

	f->civil.ns = 0;
	for (; n < b->size && n < 9 && is_digit(b->data[n]); n++, unit /= 10)
		f->civil.ns += unit * (uint32_t)(b->data[n] - '0');
	*b = yg_bytes_from(*b, n);
	return n > 0;
}

/* "+0900", "+09:00", "+09", "Z": as much as belongs to it. */
static bool take_zone(struct yg_bytes *b, struct found *f)
{
	static const uint8_t sizes[] = {6, 5, 3, 1};

	for (size_t i = 0; i < sizeof(sizes); i++) {
		if (b->size < sizes[i] || !yg_when_zone(yg_bytes_cut(*b, 0, sizes[i]), &f->zone_s))
			continue;
		f->has_zone = true;
		*b = yg_bytes_from(*b, sizes[i]);
		return true;
	}
	return false;
}

/* A zone by letters counts only where everybody means the same by them. */
static bool take_zone_name(struct yg_bytes *b, struct found *f)
{
	size_t n = letters(*b);
	struct yg_bytes name = yg_bytes_cut(*b, 0, n);

	if (n == 0 || n > 5)
		return false;
	if (yg_bytes_eq(name, YG_S("JST"))) {
		f->zone_s = 9 * 3600;
		f->has_zone = true;
	} else if (yg_bytes_eq(name, YG_S("UTC")) || yg_bytes_eq(name, YG_S("GMT")) ||
		   yg_bytes_eq(name, YG_S("Z"))) {
		f->zone_s = 0;
		f->has_zone = true;
	}
	*b = yg_bytes_from(*b, n);
	return true;
}

static bool take_half(struct yg_bytes *b, struct found *f)
{
	if (b->size < 2 || (b->data[1] | 0x20) != 'm' ||
	    ((b->data[0] | 0x20) != 'a' && (b->data[0] | 0x20) != 'p'))
		return false;
	f->is_twelve = true;
	f->is_afternoon = (b->data[0] | 0x20) == 'p';
	*b = yg_bytes_from(*b, 2);
	return true;
}

static bool take_year(struct yg_bytes *b, char letter, struct found *f)
{
	int64_t value;

	if (!take_number(b, letter == 'Y' ? 4 : 2, letter == 'Y' ? 4 : 2, false, &value))
		return false;
	f->civil.year = (int32_t)(letter == 'Y' ? value : value + (value < 70 ? 2000 : 1900));
	f->has_year = true;
	return true;
}

/* The parts that are a plain number of at most two digits. */
static bool take_small(struct yg_bytes *b, char letter, struct found *f)
{
	bool is_exact = letter == 'M' || letter == 'S';
	int64_t value;
	uint8_t *to = &f->civil.second;

	if (!take_number(b, is_exact ? 2 : 1, 2, !is_exact, &value))
		return false;
	if (letter == 'm')
		to = &f->civil.month;
	else if (letter == 'd' || letter == 'e')
		to = &f->civil.day;
	else if (letter == 'M')
		to = &f->civil.minute;
	else if (letter != 'S')
		to = &f->civil.hour;
	*to = (uint8_t)value;
	return true;
}

static bool take_epoch(struct yg_bytes *b, struct found *f)
{
	f->has_epoch = true;
	f->has_zone = true;
	return take_number(b, 9, 11, false, &f->epoch_s);
}

static bool take_plain(struct yg_bytes *b, char letter)
{
	if (letter == ' ') {
		size_t n = 0;

		while (n < b->size && is_blank(b->data[n]))
			n++;
		*b = yg_bytes_from(*b, n);
		return n > 0;
	}
	if (b->size == 0 || b->data[0] != (uint8_t)letter)
		return false;
	*b = yg_bytes_from(*b, 1);
	return true;
}

static bool take_sequence(struct yg_bytes *b, char letter, struct found *f)
{
	if (letter == 'T')
		return take_small(b, 'H', f) && take_plain(b, ':') && take_small(b, 'M', f) &&
		       take_plain(b, ':') && take_small(b, 'S', f);
	return take_year(b, 'Y', f) && take_plain(b, '-') && take_small(b, 'm', f) &&
	       take_plain(b, '-') && take_small(b, 'd', f);
}

static bool take_part(struct yg_bytes *b, char letter, struct found *f)
{
	size_t n;

	switch (letter) {
	case 'T':
	case 'F':
		return take_sequence(b, letter, f);
	case 'Y':
	case 'y':
		return take_year(b, letter, f);
	case 'b':
	case 'B':
		return take_month(b, f);
	case 'f':
		return take_fraction(b, f);
	case 'z':
		return take_zone(b, f);
	case 'Z':
		return take_zone_name(b, f);
	case 'p':
		return take_half(b, f);
	case 's':
		return take_epoch(b, f);
	case 'a':
	case 'A':
		n = letters(*b);
		*b = yg_bytes_from(*b, n);
		return n >= 2;
	case '%':
		return take_plain(b, '%');
	default:
		return take_small(b, letter, f);
	}
}

static bool finish(struct found *f, const struct yg_zone *zone, int64_t reference_ns,
		   int64_t *ret_ns)
{
	if (f->has_epoch) {
		*ret_ns = f->epoch_s * YG_NS_PER_S + f->civil.ns;
		return true;
	}
	if (f->is_twelve) {
		if (f->civil.hour < 1 || f->civil.hour > 12)
			return false;
		f->civil.hour = (uint8_t)(f->civil.hour % 12 + (f->is_afternoon ? 12 : 0));
	}
	if (!f->has_year)
		return f->has_zone ? false : yg_times_year(&f->civil, zone, reference_ns, ret_ns);
	return f->has_zone ? yg_time_from_civil(&f->civil, f->zone_s, ret_ns)
			   : yg_times_civil(&f->civil, zone, ret_ns);
}

size_t yg_time_format_read(struct yg_bytes format, struct yg_bytes text, const struct yg_zone *zone,
			   int64_t reference_ns, int64_t *ret_ns, bool *ret_has_zone)
{
	struct yg_bytes b = yg_bytes_cut(text, 0, YG_TIME_TEXT_MAX);
	struct found f = {.civil = {.month = 1, .day = 1}};
	size_t whole = b.size;

	for (size_t i = 0; i < format.size; i++) {
		char letter = (char)format.data[i];
		bool is_part = letter == '%' && i + 1 < format.size;

		if (is_part ? !take_part(&b, (char)format.data[++i], &f) : !take_plain(&b, letter))
			return 0;
	}
	if (!finish(&f, zone, reference_ns, ret_ns))
		return 0;
	*ret_has_zone = f.has_zone;
	return whole - b.size;
}
