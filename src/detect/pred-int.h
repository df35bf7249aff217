/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/pred-int.h - what a predicate says of one value, for those who evaluate predicates:
 * eval.c (the engine) and explain.c. Private to detect/. The meaning is that of detect/rules.h.
 */
#pragma once

#include <arpa/inet.h>

#include "base/clock.h"
#include "detect/glob.h"
#include "detect/rules.h"

#define YG_PRED_EPOCH_S_MAX 9.2e9 /* year 2261 */

/* @text without its zone: fe80::1%eth0, or with the interface's number as Windows logs it,
 * fe80::1%12. */
static inline struct yg_bytes yg_pred_unzoned(struct yg_bytes text)
{
	size_t percent = yg_bytes_chr(text, '%');
	bool has_zone = percent != SIZE_MAX && percent + 1 < text.size &&
			yg_bytes_chr(yg_bytes_cut(text, 0, percent), ':') != SIZE_MAX &&
			yg_bytes_chr(yg_bytes_from(text, percent + 1), '%') == SIZE_MAX;

	return has_zone ? yg_bytes_cut(text, 0, percent) : text;
}

static inline bool yg_pred_in_network(const uint8_t network[16], uint8_t prefix_bits,
				      struct yg_bytes text)
{
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
	uint32_t bytes = prefix_bits / 8, bits = prefix_bits % 8;
	char name[INET6_ADDRSTRLEN + 1];

	text = yg_pred_unzoned(text);
	if (text.size >= sizeof(name) || yg_bytes_chr(text, 0) != SIZE_MAX)
		return false;
	if (text.size > 0)
		memcpy(name, text.data, text.size);
	name[text.size] = '\0';
	if (inet_pton(AF_INET, name, address + 12) != 1 && inet_pton(AF_INET6, name, address) != 1)
		return false;
	if (memcmp(address, network, bytes) != 0)
		return false;
	return bits == 0 || (address[bytes] ^ network[bytes]) >> (8 - bits) == 0;
}

static inline bool yg_pred_compares(uint8_t op, double value, double bound)
{
	switch (op) {
	case YG_PRED_LT:
		return value < bound;
	case YG_PRED_LTE:
		return value <= bound;
	case YG_PRED_GT:
		return value > bound;
	case YG_PRED_GTE:
		return value >= bound;
	default:
		return value >= bound && value <= bound;
	}
}

/* A day alone (2026-11-20): as if its first moment, in UTC, stood there. */
static inline bool yg_pred_day(struct yg_bytes text, int64_t *ret_ns)
{
	static const char midnight[] = "T00:00:00Z";
	char whole[sizeof("2026-11-20T00:00:00Z")];
	bool has_zone;

	if (text.size != sizeof(whole) - sizeof(midnight))
		return false;
	memcpy(whole, text.data, text.size);
	memcpy(whole + text.size, midnight, sizeof(midnight));
	return yg_time_parse_iso(yg_bytes_str(whole), 0, ret_ns, &has_zone);
}

static inline bool yg_pred_time(struct yg_bytes text, int64_t *ret_ns)
{
	bool has_zone;
	double seconds;

	if (yg_time_parse_iso(text, 0, ret_ns, &has_zone) || yg_pred_day(text, ret_ns))
		return true;
	if (!yg_bytes_double(text, &seconds) || !(seconds >= 0 && seconds < YG_PRED_EPOCH_S_MAX))
		return false;
	*ret_ns = (int64_t)(seconds * (double)YG_NS_PER_S);
	return true;
}

static inline bool yg_pred_time_part(uint8_t part, uint8_t op, double number, struct yg_bytes text)
{
	struct yg_civil civil;
	int64_t time_ns;
	double value = 0;

	if (!yg_pred_time(text, &time_ns))
		return false;
	civil = yg_time_civil(time_ns, 0);
	switch ((enum yg_time_part)part) {
	case YG_PART_MINUTE:
		value = civil.minute;
		break;
	case YG_PART_HOUR:
		value = civil.hour;
		break;
	case YG_PART_DAY:
		value = civil.day;
		break;
	case YG_PART_WEEK:
		value = yg_time_iso_week(time_ns, 0);
		break;
	case YG_PART_MONTH:
		value = civil.month;
		break;
	case YG_PART_YEAR:
		value = civil.year;
		break;
	}
	return yg_pred_compares(op, value, number);
}

/* The ops that compare two texts; both folded unless the predicate is cased. */
static inline bool yg_pred_text(uint8_t op, struct yg_bytes text, struct yg_bytes wanted)
{
	switch (op) {
	case YG_PRED_EQUALS:
	case YG_PRED_FIELD_EQUALS:
		return yg_bytes_eq(text, wanted);
	case YG_PRED_STARTS:
	case YG_PRED_FIELD_STARTS:
		return yg_bytes_starts(text, wanted);
	case YG_PRED_ENDS:
	case YG_PRED_FIELD_ENDS:
		return yg_bytes_ends(text, wanted);
	case YG_PRED_CONTAINS:
	case YG_PRED_FIELD_CONTAINS:
		return wanted.size == 0 || yg_bytes_find(text, wanted) != SIZE_MAX;
	case YG_PRED_GLOB:
		return yg_glob_match(wanted, text);
	default:
		return false;
	}
}
