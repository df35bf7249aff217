/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zone is a sorted list of instants at which the offset changes. What a TZif file says only
 * by a rule (its last line) is written out to the end of the clock's range when it is loaded,
 * so that a look-up is one binary search and nothing else.
 */
#include "base/zone.h"

#include <assert.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/io.h"

#include "base/ban.h"

#define ZONE_FOLDER	"/usr/share/zoneinfo/"
#define ZONE_BYTES_MAX	(256u * 1024u)
#define ZONE_NAME_MAX	64u
#define PATH_BYTES_MAX	512u
#define CHANGES_MAX	4096u /* of a file */
#define RULE_YEAR_LAST	2262  /* base/clock.h ends in 2261 */
#define HEADER_BYTES	44u
#define DAY_S		86400
#define RULE_TIME_S_MAX (167 * 3600 + 59 * 60 + 59)

struct change {
	int64_t at_s;	  /* UTC */
	int32_t offset_s; /* from then on */
};

struct yg_zone {
	char name[ZONE_NAME_MAX + 1];
	int32_t first_s; /* offset before the first change */
	uint32_t count;
	struct change *changes;
};

/* ---- POSIX TZ strings ---- */

struct when {
	char kind; /* 'M', 'J' (1..365, no 29 February) or 'n' (0..365) */
	uint32_t month, week, day;
	int32_t time_s;
};

struct rule {
	int32_t std_s, dst_s; /* east of UTC */
	bool has_dst;
	struct when start, end;
};

/* What remains of the text. */
static bool take(struct yg_bytes *text, uint8_t c)
{
	if (text->size == 0 || text->data[0] != c)
		return false;
	*text = yg_bytes_from(*text, 1);
	return true;
}

static bool take_number(struct yg_bytes *text, uint32_t max, uint32_t *ret)
{
	uint32_t value = 0;
	size_t i = 0;

	for (; i < text->size && i < 4 && (uint8_t)(text->data[i] - '0') <= 9; i++)
		value = value * 10 + (uint32_t)(text->data[i] - '0');
	if (i == 0 || value > max)
		return false;
	*text = yg_bytes_from(*text, i);
	*ret = value;
	return true;
}

/* Three letters or more, or anything in angle brackets. */
static bool take_abbreviation(struct yg_bytes *text)
{
	size_t i = 0;

	if (take(text, '<')) {
		i = yg_bytes_chr(*text, '>');
		if (i == SIZE_MAX || i == 0)
			return false;
		*text = yg_bytes_from(*text, i + 1);
		return true;
	}
	while (i < text->size && (uint8_t)((text->data[i] | 0x20) - 'a') < 26)
		i++;
	*text = yg_bytes_from(*text, i);
	return i >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_hms(struct yg_bytes *text, uint32_t hours_max, int32_t *ret_s)
{
	bool is_negative = text->size > 0 && text->data[0] == '-';
	uint32_t hours, minutes = 0, seconds = 0;
	int32_t value;

	if (!take(text, '-'))
		(void)take(text, '+'); /* optional */
	if (!take_number(text, hours_max, &hours))
		return false;
	if (take(text, ':') && (!take_number(text, 59, &minutes) ||
				(take(text, ':') && !take_number(text, 59, &seconds))))
		return false;
	value = (int32_t)(hours * 3600 + minutes * 60 + seconds);
	*ret_s = is_negative ? -value : value;
	return true;
}

static bool take_when(struct yg_bytes *text, struct when *ret)
{
	*ret = (struct when){.kind = 'n', .time_s = 2 * 3600};
	if (!take(text, ','))
		return false;
	if (take(text, 'M')) {
		ret->kind = 'M';
		if (!take_number(text, 12, &ret->month) || ret->month == 0 || !take(text, '.') ||
		    !take_number(text, 5, &ret->week) || ret->week == 0 || !take(text, '.') ||
		    !take_number(text, 6, &ret->day))
			return false;
	} else if (take(text, 'J')) {
		ret->kind = 'J';
		if (!take_number(text, 365, &ret->day) || ret->day == 0)
			return false;
	} else if (!take_number(text, 365, &ret->day)) {
		return false;
	}
	if (!take(text, '/'))
		return true;
	return take_hms(text, 167, &ret->time_s);
}

static bool parse_rule(struct yg_bytes text, struct rule *ret)
{
	int32_t west_s;

	*ret = (struct rule){0};
	if (!take_abbreviation(&text) || !take_hms(&text, 24, &west_s))
		return false;
	ret->std_s = -west_s;
	if (text.size == 0)
		return true;
	ret->has_dst = true;
	ret->dst_s = ret->std_s + 3600;
	if (!take_abbreviation(&text))
		return false;
	if (text.size > 0 && text.data[0] != ',') {
		if (!take_hms(&text, 24, &west_s))
			return false;
		ret->dst_s = -west_s;
	}
	if (text.size == 0)
		text = YG_S(",M3.2.0,M11.1.0"); /* what POSIX systems assume */
	return take_when(&text, &ret->start) && take_when(&text, &ret->end) && text.size == 0;
}

/* Seconds from the epoch to the start of a day, both local. */
static int64_t day_start_s(int32_t year, unsigned month, unsigned day)
{
	struct yg_civil civil = {.year = year, .month = (uint8_t)month, .day = (uint8_t)day};
	int64_t ns = 0;

	/* Cannot fail: callers pass real days within the clock's years. */
	(void)yg_time_from_civil(&civil, 0, &ns);
	return ns >= 0 ? ns / YG_NS_PER_S : -((-ns) / YG_NS_PER_S);
}

static bool is_leap(int32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Local time of the rule's moment in @year. */
static int64_t moment_s(const struct when *when, int32_t year)
{
	static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t day;
	unsigned weekday, date, days;

	if (when->kind != 'M') {
		day = when->kind == 'n'
			      ? (int64_t)when->day
			      : (int64_t)when->day - 1 + (is_leap(year) && when->day >= 60);
		return day_start_s(year, 1, 1) + day * DAY_S + when->time_s;
	}
	/* 0 = Sunday in the rule, 0 = Monday in the clock. */
	weekday = (yg_time_weekday(day_start_s(year, when->month, 1) * YG_NS_PER_S, 0) + 1u) % 7u;
	date = 1 + (when->day + 7u - weekday) % 7u + (when->week - 1) * 7u;
	days = month_days[when->month - 1] + (unsigned)(when->month == 2 && is_leap(year));
	if (date > days)
		date -= 7; /* week 5 means the last one */
	return day_start_s(year, when->month, date) + when->time_s;
}

/* Write the rule out, from the last change known to the end of the clock's range. */
static int expand_rule(struct yg_zone *zone, const struct rule *rule)
{
	int64_t last_s = zone->count ? zone->changes[zone->count - 1].at_s : INT64_MIN;
	int32_t year = 1970;
	struct change *changes;

	if (zone->count == 0)
		zone->first_s = rule->std_s;
	if (!rule->has_dst)
		return YG_OK; /* the last change in the table leads there (RFC 8536 sec. 3.3) */
	if (last_s > 0)
		year = yg_time_civil(last_s * YG_NS_PER_S, 0).year;
	changes = yg_reallocarray(zone->changes, zone->count + 2u * (size_t)(RULE_YEAR_LAST - year),
				  sizeof(*changes));
	if (!changes)
		return YG_ENOMEM;
	zone->changes = changes;
	for (; year < RULE_YEAR_LAST; year++) {
		struct change two[2] = {
			{moment_s(&rule->start, year) - rule->std_s, rule->dst_s},
			{moment_s(&rule->end, year) - rule->dst_s, rule->std_s},
		};
		unsigned first = two[0].at_s > two[1].at_s;

		for (unsigned i = 0; i < 2; i++) {
			struct change next = two[i ^ first];

			if (next.at_s > last_s) {
				changes[zone->count++] = next;
				last_s = next.at_s;
			}
		}
	}
	return YG_OK;
}

/* ---- TZif ---- */

static int64_t big_endian(const uint8_t *from, unsigned size)
{
	uint64_t value = from[0] & 0x80 ? UINT64_MAX : 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | from[i];
	return (int64_t)value;
}

struct block {
	uint64_t changes, types, chars, leaps, std_marks, utc_marks;
	unsigned time_size;
	const uint8_t *data;
	uint64_t size;
};

/* The header at @at of @file, and where its block of data lies. */
static bool read_block(struct yg_bytes file, size_t at, unsigned time_size, struct block *ret)
{
	const uint8_t *header = file.data + at;

	if (at > file.size || file.size - at < HEADER_BYTES || memcmp(header, "TZif", 4) != 0)
		return false;
#define COUNT(i) ((uint64_t)big_endian(header + 20 + 4 * (i), 4) & 0xffffffffu)
	*ret = (struct block){.utc_marks = COUNT(0),
			      .std_marks = COUNT(1),
			      .leaps = COUNT(2),
			      .changes = COUNT(3),
			      .types = COUNT(4),
			      .chars = COUNT(5),
			      .time_size = time_size,
			      .data = header + HEADER_BYTES};
#undef COUNT
	/* No sum overflows: each count has 32 bits. */
	ret->size = ret->changes * (time_size + 1) + ret->types * 6 + ret->chars +
		    ret->leaps * (time_size + 4) + ret->std_marks + ret->utc_marks;
	return ret->size <= file.size - at - HEADER_BYTES;
}

static bool type_offset(const struct block *block, uint64_t type, int32_t *ret_s)
{
	const uint8_t *types = block->data + block->changes * (block->time_size + 1);

	if (type >= block->types)
		return false;
	*ret_s = (int32_t)big_endian(types + type * 6, 4);
	return *ret_s >= YG_ZONE_MIN_S && *ret_s <= YG_ZONE_MAX_S;
}

static int read_changes(struct yg_zone *zone, const struct block *block)
{
	int64_t last_s = INT64_MIN;

	if (block->changes > CHANGES_MAX || !type_offset(block, 0, &zone->first_s))
		return YG_EFORMAT;
	zone->changes = yg_reallocarray(NULL, block->changes + 1, sizeof(*zone->changes));
	if (!zone->changes)
		return YG_ENOMEM;
	for (uint64_t i = 0; i < block->changes; i++) {
		struct change *change = &zone->changes[zone->count];

		change->at_s = big_endian(block->data + i * block->time_size, block->time_size);
		if ((i > 0 && change->at_s <= last_s) ||
		    !type_offset(block, block->data[block->changes * block->time_size + i],
				 &change->offset_s))
			return YG_EFORMAT;
		last_s = change->at_s;
		if (last_s > INT64_MAX / YG_NS_PER_S)
			break; /* beyond our clock */
		if (last_s < INT64_MIN / YG_NS_PER_S)
			zone->first_s = change->offset_s;
		else
			zone->count++;
	}
	return YG_OK;
}

static int read_tzif(struct yg_zone *zone, struct yg_bytes file)
{
	struct block block;
	struct yg_bytes footer;
	struct rule rule;
	size_t end;
	int rc;

	if (!read_block(file, 0, 4, &block))
		return YG_EFORMAT;
	if (file.data[4] == 0)
		return read_changes(zone, &block);
	if (!read_block(file, HEADER_BYTES + (size_t)block.size, 8, &block))
		return YG_EFORMAT;
	rc = read_changes(zone, &block);
	if (rc != YG_OK)
		return rc;
	footer = yg_bytes_from(file, (size_t)(block.data - file.data) + (size_t)block.size);
	if (!take(&footer, '\n'))
		return YG_EFORMAT;
	end = yg_bytes_chr(footer, '\n');
	if (end == SIZE_MAX)
		return YG_EFORMAT;
	footer.size = end;
	if (footer.size == 0)
		return YG_OK;
	return parse_rule(footer, &rule) ? expand_rule(zone, &rule) : YG_EFORMAT;
}

/* ---- Names ---- */

static void set_name(struct yg_zone *zone, struct yg_bytes name)
{
	size_t size = name.size < ZONE_NAME_MAX ? name.size : ZONE_NAME_MAX;

	memcpy(zone->name, name.data, size);
	zone->name[size] = '\0';
}

/* The digits of "+09:00", "-0530" or "+09", four of them; false for other texts. */
static bool fixed_digits(struct yg_bytes name, int32_t digits[4])
{
	size_t count = 0;

	if (name.size < 3 || name.size > 6 || (name.data[0] != '+' && name.data[0] != '-'))
		return false;
	digits[2] = digits[3] = 0;
	for (size_t i = 1; i < name.size; i++) {
		if (name.data[i] == ':' && i == 3 && name.size == 6)
			continue;
		if ((uint8_t)(name.data[i] - '0') > 9 || count == 4)
			return false;
		digits[count++] = name.data[i] - '0';
	}
	return count == 2 || count == 4;
}

/* Named as "+09:00" whatever the form. */
static bool read_fixed(struct yg_zone *zone, struct yg_bytes name)
{
	int32_t digits[4];
	int32_t hours, minutes;

	if (!fixed_digits(name, digits))
		return false;
	hours = digits[0] * 10 + digits[1];
	minutes = digits[2] * 10 + digits[3];
	if (minutes > 59 || hours * 3600 + minutes * 60 > YG_ZONE_MAX_S)
		return false;
	zone->first_s = (hours * 3600 + minutes * 60) * (name.data[0] == '-' ? -1 : 1);
	(void)snprintf(zone->name, sizeof(zone->name), "%c%02d:%02d", name.data[0], hours, minutes);
	return true;
}

static bool is_zone_name(struct yg_bytes name)
{
	if (name.size == 0 || name.size > ZONE_NAME_MAX || name.data[0] == '/' ||
	    yg_bytes_find(name, YG_S("..")) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if ((uint8_t)((c | 0x20) - 'a') > 25 && (uint8_t)(c - '0') > 9 &&
		    (c == 0 || !strchr("/_+-", c)))
			return false;
	}
	return true;
}

static int read_zone_file(struct yg_zone *zone, const char *path)
{
	uint8_t *data = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, ZONE_BYTES_MAX, &data, &size);

	if (rc == YG_OK)
		rc = read_tzif(zone, (struct yg_bytes){data, size});
	else if (rc == YG_ELIMIT)
		rc = YG_EFORMAT;
	else if (rc != YG_ENOMEM)
		rc = YG_ENOENT;
	free(data);
	return rc;
}

static int read_named(struct yg_zone *zone, struct yg_bytes name)
{
	char path[PATH_BYTES_MAX];
	int rc;

	if (!is_zone_name(name))
		return YG_ENOENT;
	set_name(zone, name);
	(void)snprintf(path, sizeof(path), "%s%.*s", ZONE_FOLDER, YG_FMT(name));
	rc = read_zone_file(zone, path);
	/* Small systems have no zone files; Japan's zone needs none (no change since 1951). */
	if (rc == YG_ENOENT && yg_bytes_eq(name, YG_S("Asia/Tokyo"))) {
		zone->first_s = 9 * 3600;
		rc = YG_OK;
	}
	return rc;
}

static int read_name(struct yg_zone *zone, struct yg_bytes name)
{
	if (yg_bytes_eq_nocase(name, YG_S("UTC")) || yg_bytes_eq_nocase(name, YG_S("Z"))) {
		set_name(zone, YG_S("UTC"));
		return YG_OK;
	}
	return read_fixed(zone, name) ? YG_OK : read_named(zone, name);
}

/* /etc/localtime: its content, and the name from where it points to. */
static int read_localtime(struct yg_zone *zone)
{
	char target[PATH_BYTES_MAX];
	ssize_t size = readlink("/etc/localtime", target, sizeof(target));
	struct yg_bytes name = {(const uint8_t *)target, size > 0 ? (size_t)size : 0};
	size_t at = yg_bytes_find(name, YG_S("zoneinfo/"));

	name = at == SIZE_MAX ? YG_S("localtime") : yg_bytes_from(name, at + 9);
	if (yg_bytes_eq(name, YG_S("Etc/UTC")))
		name = YG_S("UTC");
	set_name(zone, is_zone_name(name) ? name : YG_S("localtime"));
	return read_zone_file(zone, "/etc/localtime");
}

/* The machine's zone. TZ may hold a name, a path, or the rule itself; a bad one means UTC. */
static int read_machine(struct yg_zone *zone)
{
	const char *tz = getenv("TZ");
	struct yg_bytes text = yg_bytes_str(tz);
	struct rule rule;
	int rc;

	if (tz) {
		(void)take(&text, ':'); /* optional */
		if (text.size > 0 && text.data[0] == '/' && text.size < PATH_BYTES_MAX) {
			set_name(zone, YG_S("localtime"));
			rc = read_zone_file(zone, (const char *)text.data);
		} else {
			rc = text.size == 0 ? YG_ENOENT : read_name(zone, text);
		}
		if (rc == YG_ENOENT && text.size > 0 && parse_rule(text, &rule)) {
			set_name(zone, text);
			rc = expand_rule(zone, &rule);
		}
	} else {
		rc = read_localtime(zone);
	}
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	free(zone->changes);
	*zone = (struct yg_zone){.name = "UTC"};
	return YG_OK;
}

int yg_zone_load(const char *name, struct yg_zone **ret)
{
	struct yg_zone *zone = yg_calloc(1, sizeof(*zone));
	int rc;

	assert(ret);
	if (!zone)
		return YG_ENOMEM;
	rc = name ? read_name(zone, yg_bytes_str(name)) : read_machine(zone);
	if (rc != YG_OK) {
		zone = yg_zone_free(zone);
		return rc;
	}
	*ret = zone;
	return YG_OK;
}

struct yg_zone *yg_zone_free(struct yg_zone *zone)
{
	if (!zone)
		return NULL;
	free(zone->changes);
	free(zone);
	return NULL;
}

static int32_t offset_before(const struct yg_zone *zone, uint32_t i)
{
	return i == 0 ? zone->first_s : zone->changes[i - 1].offset_s;
}

/*
 * The local time at which change @i takes effect for us: where clocks go back, the end of the
 * first reading; where they go forward, the end of the skipped hour.
 */
static int64_t local_edge(const struct yg_zone *zone, uint32_t i)
{
	int32_t before = offset_before(zone, i);
	int32_t after = zone->changes[i].offset_s;

	return zone->changes[i].at_s + (before > after ? before : after);
}

const struct yg_zone *yg_zone_japan(void)
{
	static const struct yg_zone japan = {.name = "Asia/Tokyo", .first_s = 9 * 3600};

	return &japan;
}

const struct yg_zone *yg_zone_of(struct yg_clock clock)
{
	return clock.zone ? clock.zone : yg_zone_japan();
}

static const struct yg_zone *or_utc(const struct yg_zone *zone)
{
	static const struct yg_zone utc = {.name = "UTC"};

	return zone ? zone : &utc;
}

int32_t yg_zone_offset_local(const struct yg_zone *zone, int64_t local_s)
{
	uint32_t low = 0;
	uint32_t high;

	zone = or_utc(zone);
	high = zone->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (local_s < local_edge(zone, mid))
			high = mid;
		else
			low = mid + 1;
	}
	return offset_before(zone, low);
}

int32_t yg_zone_offset_utc(const struct yg_zone *zone, int64_t utc_s)
{
	uint32_t low = 0;
	uint32_t high;

	zone = or_utc(zone);
	high = zone->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (utc_s < zone->changes[mid].at_s)
			high = mid;
		else
			low = mid + 1;
	}
	return offset_before(zone, low);
}

int32_t yg_zone_offset_at(const struct yg_zone *zone, int64_t time_ns)
{
	return yg_zone_offset_utc(zone, time_ns / YG_NS_PER_S - (time_ns % YG_NS_PER_S < 0));
}

const char *yg_zone_name(const struct yg_zone *zone)
{
	return or_utc(zone)->name;
}
