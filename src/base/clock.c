/* SPDX-License-Identifier: Apache-2.0 */
/* Day arithmetic: the era method (400-year cycles of 146,097 days), as in the C++20 calendar. */
#include "base/clock.h"

#include "base/ban.h"

#define DAY_S	 86400
#define YEAR_MIN 1678
#define YEAR_MAX 2261

static int64_t system_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail for this clock */
	return (int64_t)ts.tv_sec * YG_NS_PER_S + ts.tv_nsec;
}

struct yg_clock yg_clock_system(void)
{
	return (struct yg_clock){.now_ns = system_now};
}

static int64_t steady_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (int64_t)ts.tv_sec * YG_NS_PER_S + ts.tv_nsec;
}

struct yg_clock yg_clock_steady(void)
{
	return (struct yg_clock){.now_ns = steady_now};
}

int64_t yg_date_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

unsigned yg_month_days(int64_t year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

bool yg_time_from_civil(const struct yg_civil *c, int32_t zone_s, int64_t *ret_ns)
{
	bool is_leap_second = c->second == 60;
	int64_t seconds;

	if (c->year < YEAR_MIN || c->year > YEAR_MAX || c->month < 1 || c->month > 12 ||
	    c->day < 1 || c->day > yg_month_days(c->year, c->month) || c->hour > 23 ||
	    c->minute > 59 || c->second > 60 || c->ns >= YG_NS_PER_S || zone_s < YG_ZONE_MIN_S ||
	    zone_s > YG_ZONE_MAX_S)
		return false;
	seconds = yg_date_days(c->year, c->month, c->day) * DAY_S + c->hour * 3600 +
		  c->minute * 60 + (is_leap_second ? 59 : c->second) - zone_s;
	*ret_ns = seconds * YG_NS_PER_S + (is_leap_second ? YG_NS_PER_S - 1 : (int64_t)c->ns);
	return true;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

struct yg_civil yg_date_civil(int64_t days)
{
	int64_t since = days + 719468; /* 0000-03-01: the leap day is the last of such a year */
	int64_t era = floor_div(since, 146097);
	int64_t of_era = since - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	return (struct yg_civil){
		.year = (int32_t)(year + era * 400 + (month >= 10)),
		.month = (uint8_t)(month < 10 ? month + 3 : month - 9),
		.day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1),
	};
}

struct yg_civil yg_time_civil(int64_t time_ns, int32_t zone_s)
{
	int64_t seconds = floor_div(time_ns, YG_NS_PER_S) + zone_s;
	int64_t days = floor_div(seconds, DAY_S);
	int64_t of_day = seconds - days * DAY_S;
	struct yg_civil civil = yg_date_civil(days);

	civil.hour = (uint8_t)(of_day / 3600);
	civil.minute = (uint8_t)(of_day / 60 % 60);
	civil.second = (uint8_t)(of_day % 60);
	civil.ns = (uint32_t)((time_ns % YG_NS_PER_S + YG_NS_PER_S) % YG_NS_PER_S);
	return civil;
}

static int64_t local_day(int64_t time_ns, int32_t zone_s)
{
	return floor_div(floor_div(time_ns, YG_NS_PER_S) + zone_s, DAY_S);
}

unsigned yg_time_weekday(int64_t time_ns, int32_t zone_s)
{
	int64_t day = local_day(time_ns, zone_s) + 3; /* 1970-01-01 was a Thursday */

	return (unsigned)(day - floor_div(day, 7) * 7);
}

unsigned yg_time_iso_week(int64_t time_ns, int32_t zone_s)
{
	int64_t thursday = local_day(time_ns, zone_s) - yg_time_weekday(time_ns, zone_s) + 3;
	struct yg_civil civil = yg_time_civil(thursday * DAY_S * YG_NS_PER_S, 0);

	return (unsigned)((thursday - yg_date_days(civil.year, 1, 1)) / 7 + 1);
}

static char *put_digits(char *to, uint32_t value, unsigned width)
{
	for (unsigned i = width; i > 0; i--) {
		to[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	return to + width;
}

size_t yg_time_iso(int64_t time_ns, int32_t zone_s, char to[YG_ISO_SIZE])
{
	struct yg_civil c = yg_time_civil(time_ns, zone_s);
	char *at = put_digits(to, (uint32_t)c.year, 4);

	*at++ = '-';
	at = put_digits(at, c.month, 2);
	*at++ = '-';
	at = put_digits(at, c.day, 2);
	*at++ = 'T';
	at = put_digits(at, c.hour, 2);
	*at++ = ':';
	at = put_digits(at, c.minute, 2);
	*at++ = ':';
	at = put_digits(at, c.second, 2);
	if (c.ns) {
		unsigned drop = c.ns % 1000000 == 0 ? 6 : c.ns % 1000 == 0 ? 3 : 0;

		*at++ = '.';
		at = put_digits(at,
				drop == 6   ? c.ns / 1000000
				: drop == 3 ? c.ns / 1000
					    : c.ns,
				9 - drop);
	}
	if (zone_s == 0) {
		*at++ = 'Z';
	} else {
		uint32_t minutes = (uint32_t)(zone_s < 0 ? -zone_s : zone_s) / 60;

		*at++ = zone_s < 0 ? '-' : '+';
		at = put_digits(at, minutes / 60, 2);
		*at++ = ':';
		at = put_digits(at, minutes % 60, 2);
	}
	*at = '\0';
	return (size_t)(at - to);
}

/* Read exactly @width digits at @*at. */
static bool take_digits(struct yg_bytes b, size_t *at, unsigned width, uint32_t *ret)
{
	uint32_t value = 0;

	if (*at > b.size || b.size - *at < width)
		return false;
	for (unsigned i = 0; i < width; i++) {
		uint8_t digit = (uint8_t)(b.data[*at + i] - '0');

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*at += width;
	*ret = value;
	return true;
}

static bool take_byte(struct yg_bytes b, size_t *at, const char *any_of)
{
	if (*at >= b.size || !b.data[*at] || !strchr(any_of, b.data[*at]))
		return false;
	(*at)++;
	return true;
}

/* The fraction after the seconds: any number of digits, those beyond nanoseconds dropped. */
static bool take_fraction(struct yg_bytes b, size_t *at, uint32_t *ret_ns)
{
	uint32_t ns = 0;
	uint32_t unit = 100000000;
	size_t from;

	if (!take_byte(b, at, ".,"))
		return true;
	from = *at;
	for (; *at < b.size && (uint8_t)(b.data[*at] - '0') <= 9; (*at)++) {
		ns += (uint32_t)(b.data[*at] - '0') * unit;
		unit /= 10;
	}
	*ret_ns = ns;
	return *at > from;
}

static bool take_zone(struct yg_bytes b, size_t *at, int32_t *ret_zone_s, bool *ret_has_zone)
{
	uint32_t hours, minutes = 0;
	bool is_west;

	*ret_has_zone = false;
	if (*at == b.size)
		return true;
	*ret_has_zone = true;
	if (take_byte(b, at, "Zz")) {
		*ret_zone_s = 0;
		return *at == b.size;
	}
	is_west = b.data[*at] == '-';
	if (!take_byte(b, at, "+-") || !take_digits(b, at, 2, &hours) || hours > 18)
		return false;
	if (*at < b.size) {
		(void)take_byte(b, at, ":"); /* optional */
		if (!take_digits(b, at, 2, &minutes) || minutes > 59)
			return false;
	}
	*ret_zone_s = (int32_t)(hours * 3600 + minutes * 60) * (is_west ? -1 : 1);
	return *at == b.size;
}

bool yg_time_parse_iso(struct yg_bytes b, int32_t zone_s, int64_t *ret_ns, bool *ret_has_zone)
{
	struct yg_civil c = {0};
	uint32_t year, month, day, hour, minute, second;
	bool has_zone;
	size_t at = 0;

	if (!take_digits(b, &at, 4, &year) || !take_byte(b, &at, "-") ||
	    !take_digits(b, &at, 2, &month) || !take_byte(b, &at, "-") ||
	    !take_digits(b, &at, 2, &day) || !take_byte(b, &at, "Tt ") ||
	    !take_digits(b, &at, 2, &hour) || !take_byte(b, &at, ":") ||
	    !take_digits(b, &at, 2, &minute) || !take_byte(b, &at, ":") ||
	    !take_digits(b, &at, 2, &second) || !take_fraction(b, &at, &c.ns) ||
	    !take_zone(b, &at, &zone_s, &has_zone))
		return false;
	c.year = (int32_t)year;
	c.month = (uint8_t)month;
	c.day = (uint8_t)day;
	c.hour = (uint8_t)hour;
	c.minute = (uint8_t)minute;
	c.second = (uint8_t)second;
	if (!yg_time_from_civil(&c, zone_s, ret_ns))
		return false;
	*ret_has_zone = has_zone;
	return true;
}
