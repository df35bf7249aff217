/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/times.h"

#include "parse/when.h"

#include "base/ban.h"

#define YEARS_BACK 8 /* 29 February is at most that far */

static int32_t zone_offset(const struct yg_zone *zone, int64_t local_ns)
{
	return zone ? yg_zone_offset_local(zone, local_ns / YG_NS_PER_S) : 0;
}

bool yg_times_civil(const struct yg_civil *civil, const struct yg_zone *zone, int64_t *ret_ns)
{
	int64_t local_ns;

	if (!yg_time_from_civil(civil, 0, &local_ns))
		return false;
	*ret_ns = local_ns - (int64_t)zone_offset(zone, local_ns) * YG_NS_PER_S;
	return true;
}

bool yg_times_year(struct yg_civil *civil, const struct yg_zone *zone, int64_t reference_ns,
		   int64_t *ret_ns)
{
	int64_t latest = reference_ns + INT64_C(86400) * YG_NS_PER_S;
	int32_t year = yg_time_civil(reference_ns, 0).year + 1;

	for (int32_t i = 0; i <= YEARS_BACK; i++) {
		civil->year = year - i;
		if (yg_times_civil(civil, zone, ret_ns) && *ret_ns <= latest)
			return true;
	}
	return false;
}

/* Seconds (with a fraction), or ms, us, ns since 1970: told apart by their size. */
static bool read_epoch(struct yg_bytes text, int64_t *ret_ns)
{
	size_t dot = yg_bytes_chr(text, '.');
	struct yg_bytes whole = yg_bytes_cut(text, 0, dot);
	struct yg_bytes part =
		dot == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, dot + 1);
	int64_t scale = YG_NS_PER_S;
	int64_t fraction = 0;
	uint64_t value;

	/* 9 digits of seconds are 1973; fewer are hardly a time */
	if (whole.size < 9 || whole.size > 19 || !yg_bytes_u64(whole, &value))
		return false;
	if (whole.size > 17)
		scale = 1;
	else if (whole.size > 14)
		scale = 1000;
	else if (whole.size > 11)
		scale = 1000000;
	if (value > (uint64_t)(INT64_MAX / scale))
		return false;
	for (size_t i = 0, unit = (size_t)scale / 10; i < part.size; i++, unit /= 10) {
		if (part.data[i] < '0' || part.data[i] > '9')
			return false;
		fraction += (int64_t)unit * (part.data[i] - '0');
	}
	if ((int64_t)value * scale > INT64_MAX - fraction)
		return false;
	*ret_ns = (int64_t)value * scale + fraction;
	return true;
}

/* "10/Oct/2000:13:55:36 -0700" */
static bool read_common(struct yg_bytes text, const struct yg_zone *zone, int64_t *ret_ns,
			bool *ret_has_zone)
{
	struct yg_when when;

	if (!yg_when_clf(text, &when) || !yg_when_instant(&when, zone, ret_ns))
		return false;
	*ret_has_zone = when.has_zone;
	return true;
}

bool yg_times_any(struct yg_bytes text, const struct yg_zone *zone, int64_t *ret_ns,
		  bool *ret_has_zone)
{
	static const struct yg_bytes date = {(const uint8_t *)"/Date(", 6};
	static const struct yg_bytes utc = {(const uint8_t *)" UTC", 4};
	int64_t ns;
	bool has_zone;

	if (text.size < 9)
		return false;
	if (yg_bytes_ends(text, utc)) {
		text.size -= utc.size;
		if (!yg_time_parse_iso(text, 0, ret_ns, &has_zone))
			return false;
		*ret_has_zone = true;
		return true;
	}
	if (yg_bytes_starts(text, date))
		text = yg_bytes_cut(text, date.size, yg_bytes_chr(text, ')'));
	if (read_epoch(text, &ns)) {
		has_zone = true;
	} else if (yg_time_parse_iso(text, 0, &ns, &has_zone)) {
		if (!has_zone)
			ns -= (int64_t)zone_offset(zone, ns) * YG_NS_PER_S;
	} else if (!read_common(text, zone, &ns, &has_zone)) {
		return false;
	}
	*ret_ns = ns;
	*ret_has_zone = has_zone;
	return true;
}

bool yg_times_set(struct yg_event *event, struct yg_bytes text, const struct yg_zone *zone)
{
	if (!yg_times_any(text, zone, &event->time_ns, &event->has_zone))
		return false;
	event->time_text = text;
	return true;
}
