/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/when.h"

#include "base/ban.h"

unsigned yg_when_month(const uint8_t *text)
{
	switch ((text[0] | 0x20u) << 16 | (text[1] | 0x20u) << 8 | (text[2] | 0x20u)) {
#define M(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
	case M('j', 'a', 'n'):
		return 1;
	case M('f', 'e', 'b'):
		return 2;
	case M('m', 'a', 'r'):
		return 3;
	case M('a', 'p', 'r'):
		return 4;
	case M('m', 'a', 'y'):
		return 5;
	case M('j', 'u', 'n'):
		return 6;
	case M('j', 'u', 'l'):
		return 7;
	case M('a', 'u', 'g'):
		return 8;
	case M('s', 'e', 'p'):
		return 9;
	case M('o', 'c', 't'):
		return 10;
	case M('n', 'o', 'v'):
		return 11;
	case M('d', 'e', 'c'):
		return 12;
	default:
		return 0;
#undef M
	}
}

bool yg_when_digits(const uint8_t *text, unsigned count, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++) {
		uint8_t digit = (uint8_t)(text[i] - '0');

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

bool yg_when_zone(struct yg_bytes text, int32_t *ret_s)
{
	uint32_t hours, minutes;
	size_t colon = text.size == 6 && text.data[3] == ':';
	int32_t zone_s;

	if (text.size == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
		*ret_s = 0;
		return true;
	}
	if (text.size != 5 + colon || (text.data[0] != '+' && text.data[0] != '-') ||
	    !yg_when_digits(text.data + 1, 2, &hours) ||
	    !yg_when_digits(text.data + 3 + colon, 2, &minutes) || hours > 18 || minutes > 59)
		return false;
	zone_s = (int32_t)(hours * 3600 + minutes * 60);
	*ret_s = text.data[0] == '-' ? -zone_s : zone_s;
	return true;
}

size_t yg_when_fraction(struct yg_bytes text, uint32_t *ret_ns)
{
	uint32_t unit = 100000000;
	size_t i = 0;

	*ret_ns = 0;
	if (text.size == 0 || (text.data[0] != '.' && text.data[0] != ','))
		return 0;
	for (i = 1; i < text.size && (uint8_t)(text.data[i] - '0') <= 9; i++) {
		*ret_ns += (uint32_t)(text.data[i] - '0') * unit;
		unit /= 10;
	}
	return i;
}

/* The marks and places of "22/Dec/2016:16:30:52". */
static bool clf_civil(const uint8_t *d, struct yg_civil *ret)
{
	uint32_t day, year, hour, minute, second;

	if (d[2] != '/' || d[6] != '/' || d[11] != ':' || d[14] != ':' || d[17] != ':')
		return false;
	if (!yg_when_digits(d, 2, &day) || !yg_when_digits(d + 7, 4, &year) ||
	    !yg_when_digits(d + 12, 2, &hour) || !yg_when_digits(d + 15, 2, &minute) ||
	    !yg_when_digits(d + 18, 2, &second))
		return false;
	*ret = (struct yg_civil){.year = (int32_t)year,
				 .month = (uint8_t)yg_when_month(d + 3),
				 .day = (uint8_t)day,
				 .hour = (uint8_t)hour,
				 .minute = (uint8_t)minute,
				 .second = (uint8_t)second};
	return true;
}

bool yg_when_clf(struct yg_bytes text, struct yg_when *ret)
{
	const uint8_t *d = text.data;
	size_t i = 20;

	if (text.size < i || !clf_civil(d, &ret->civil))
		return false;
	i += yg_when_fraction(yg_bytes_from(text, i), &ret->civil.ns);
	ret->has_zone = i < text.size;
	ret->zone_s = 0;
	if (ret->has_zone &&
	    (d[i] != ' ' || !yg_when_zone(yg_bytes_from(text, i + 1), &ret->zone_s)))
		return false;
	return true;
}

bool yg_when_instant(const struct yg_when *when, const struct yg_zone *zone, int64_t *ret_ns)
{
	int64_t local_ns;

	if (when->has_zone || !zone)
		return yg_time_from_civil(&when->civil, when->zone_s, ret_ns);
	if (!yg_time_from_civil(&when->civil, 0, &local_ns))
		return false;
	/* Floor: the range of civil times reaches below 1970. */
	return yg_time_from_civil(
		&when->civil,
		yg_zone_offset_local(zone,
				     (local_ns - (local_ns < 0) * (YG_NS_PER_S - 1)) / YG_NS_PER_S),
		ret_ns);
}
