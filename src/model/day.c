/* SPDX-License-Identifier: Apache-2.0 */
#include "model/day.h"

#include "base/clock.h"
#include "base/zone.h"

#include "base/ban.h"

#define SECONDS_PER_DAY INT64_C(86400)
#define DAYS_MOST	106751 /* on both sides: what nanoseconds hold, a zone's hours beside */
#define YEARS_MAX	100u

/* The number at *at of @text, up to @digits_max digits; moves *at past it. */
static bool read_number(struct yg_bytes text, size_t *at, unsigned digits_max, uint32_t *ret)
{
	size_t start = *at;
	uint32_t value = 0;

	while (*at < text.size && *at - start < digits_max && text.data[*at] >= '0' &&
	       text.data[*at] <= '9')
		value = value * 10 + (uint32_t)(text.data[(*at)++] - '0');
	*ret = value;
	return *at > start;
}

/* Year, month and day with the same separator between them, and nothing else. */
static bool read_parts(struct yg_bytes text, uint32_t part[3])
{
	uint8_t separator = 0;
	size_t at = 0;

	for (unsigned i = 0; i < 3; i++) {
		if (i > 0) {
			uint8_t c = at < text.size ? text.data[at++] : 0;

			if (i == 1 && c != '-' && c != '/' && c != '.')
				return false;
			if (i == 2 && c != separator)
				return false;
			separator = c;
		}
		if (!read_number(text, &at, i == 0 ? 4 : 2, &part[i]) || (i == 0 && at != 4))
			return false;
	}
	return at == text.size;
}

int32_t yg_day_read(struct yg_bytes text)
{
	uint32_t part[3];

	if (!read_parts(yg_bytes_trim(text), part) || part[0] < 1 || part[1] < 1 || part[1] > 12 ||
	    part[2] < 1 || part[2] > yg_month_days(part[0], part[1]))
		return YG_DAY_NONE;
	return (int32_t)yg_date_days(part[0], part[1], part[2]);
}

/* 0001-01-01 and 9999-12-31. */
#define DAY_LEAST (-719162)
#define DAY_MOST  2932896

void yg_day_write(int32_t day, char to[YG_DAY_SIZE])
{
	struct yg_civil date;

	if (day < DAY_LEAST || day > DAY_MOST) {
		to[0] = 0;
		return;
	}
	date = yg_date_civil(day);
	(void)snprintf(to, YG_DAY_SIZE, "%04u-%02u-%02u", (unsigned)date.year % 10000u,
		       date.month % 100u, date.day % 100u); /* fits: that is what % is for */
}

int32_t yg_day_of_time(int64_t time_ns, int32_t zone_s)
{
	int64_t seconds = time_ns / YG_NS_PER_S - (time_ns % YG_NS_PER_S < 0) + zone_s;

	return (int32_t)(seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0));
}

int32_t yg_day_in(const struct yg_zone *zone, int64_t time_ns)
{
	return yg_day_of_time(time_ns, yg_zone_offset_at(zone, time_ns));
}

int64_t yg_day_start_ns(const struct yg_zone *zone, int32_t day)
{
	int64_t local_s = day * SECONDS_PER_DAY;

	if (day < -DAYS_MOST || day > DAYS_MOST)
		return YG_TIME_NONE;
	return (local_s - yg_zone_offset_local(zone, local_s)) * YG_NS_PER_S;
}

int64_t yg_day_part_ns(const struct yg_zone *zone, int64_t time_ns)
{
	int64_t utc_ns = yg_day_start_ns(NULL, yg_day_in(NULL, time_ns));
	int64_t there_ns = yg_day_start_ns(zone, yg_day_in(zone, time_ns));

	if (utc_ns == YG_TIME_NONE) /* at the clock's ends */
		return time_ns / (SECONDS_PER_DAY * YG_NS_PER_S) * (SECONDS_PER_DAY * YG_NS_PER_S);
	/* A day that clocks go through twice began before its second midnight. */
	return there_ns > utc_ns && there_ns <= time_ns ? there_ns : utc_ns;
}

int32_t yg_day_add(int32_t day, struct yg_period period)
{
	struct yg_civil date;
	int32_t months;
	unsigned last;

	if (day < DAY_LEAST || day > DAY_MOST)
		return YG_DAY_NONE;
	date = yg_date_civil(day);
	months = date.year * 12 + date.month - 1 + period.years * 12 + period.months;
	last = yg_month_days(months / 12, (unsigned)(months % 12) + 1);
	return (int32_t)yg_date_days(months / 12, (unsigned)(months % 12) + 1,
				     date.day < last ? date.day : last) +
	       period.days;
}

bool yg_period_read(struct yg_bytes text, struct yg_period *ret)
{
	static const uint32_t most[] = {YEARS_MAX, YEARS_MAX * 12, YEARS_MAX * 366};
	static const char units[] = "YMD";
	uint16_t parts[3] = {0};
	unsigned next = 0; /* units come in this order, each once */
	size_t at = 1;

	if (text.size < 3 || text.data[0] != 'P')
		return false;
	while (at < text.size) {
		uint32_t number;

		if (!read_number(text, &at, 5, &number) || at >= text.size)
			return false;
		while (next < 3 && units[next] != (char)text.data[at])
			next++;
		if (next == 3 || number > most[next])
			return false;
		parts[next++] = (uint16_t)number;
		at++;
	}
	if (parts[0] == 0 && parts[1] == 0 && parts[2] == 0)
		return false;
	*ret = (struct yg_period){.years = parts[0], .months = parts[1], .days = parts[2]};
	return true;
}
