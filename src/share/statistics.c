/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "share/statistics.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "model/day.h"

#include "base/ban.h"

#define JAPAN_S	     (9 * 3600)
#define MONTH_FIRST  (YG_STATISTICS_YEAR_MIN * 12)
#define MONTHS	     ((YG_STATISTICS_YEAR_MAX - YG_STATISTICS_YEAR_MIN + 1) * 12)
#define SLOTS_FIRST  1024u
#define APRIL	     4u
#define DATE_MAX     64u /* bytes */
#define NUMBER_BYTES 24u

struct seen {
	uint8_t id[YG_ID_BYTES];
	uint32_t line; /* 0: free; counts beyond 2^32 - 1 are cut there */
};

struct yg_statistics {
	uint64_t counts[YG_STATISTICS_KIND_COUNT][MONTHS];
	uint64_t records;
	uint64_t line; /* of the one that is gathered */
	struct yg_buf rest;
	bool is_long; /* what comes up to the line's end is passed over */
	bool is_full; /* too many records */
	struct seen *slots;
	uint32_t slot_count; /* a power of two; at most half of them are taken */
	struct yg_statistics_fault *faults;
	uint32_t fault_count;
	uint64_t fault_total;
};

static const char *const kind_names[YG_STATISTICS_KIND_COUNT] = {"report", "provision"};
static const char *const by_names[YG_STATISTICS_BY_COUNT] = {"fy", "quarter", "month"};

const char *yg_statistics_kind_name(enum yg_statistics_kind kind)
{
	return (uint32_t)kind < YG_STATISTICS_KIND_COUNT ? kind_names[kind] : "";
}

const char *yg_statistics_by_name(enum yg_statistics_by by)
{
	return (uint32_t)by < YG_STATISTICS_BY_COUNT ? by_names[by] : "";
}

/* YG_STATISTICS_BY_COUNT stands for the kind, YG_STATISTICS_BY_COUNT + 1 for what is none. */
static uint32_t by_of(struct yg_bytes word)
{
	uint32_t i = 0;

	if (yg_bytes_eq(word, YG_S("kind")))
		return YG_STATISTICS_BY_COUNT;
	while (i < YG_STATISTICS_BY_COUNT && !yg_bytes_eq(word, yg_bytes_str(by_names[i])))
		i++;
	return i < YG_STATISTICS_BY_COUNT ? i : YG_STATISTICS_BY_COUNT + 1;
}

int yg_statistics_order_read(struct yg_bytes text, struct yg_statistics_order *ret,
			     struct yg_bytes *ret_word)
{
	unsigned used = 0;
	bool is_last = false;

	*ret = (struct yg_statistics_order){0};
	while (!is_last) {
		size_t end = yg_bytes_chr(text, ',');
		struct yg_bytes word;
		uint32_t by;

		is_last = end == SIZE_MAX;
		word = yg_bytes_trim(yg_bytes_cut(text, 0, is_last ? text.size : end));
		by = by_of(word);
		*ret_word = word;
		if (by > YG_STATISTICS_BY_COUNT || used & 1u << by)
			return YG_EFORMAT;
		used |= 1u << by;
		if (by < YG_STATISTICS_BY_COUNT)
			ret->by[ret->count++] = (enum yg_statistics_by)by;
		text = is_last ? (struct yg_bytes){0} : yg_bytes_from(text, end + 1);
	}
	return YG_OK;
}

struct yg_statistics *yg_statistics_new(void)
{
	struct yg_statistics *s = yg_calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	yg_buf_init(&s->rest, YG_STATISTICS_LINE_MAX);
	s->line = 1;
	s->slot_count = SLOTS_FIRST;
	s->slots = yg_calloc(SLOTS_FIRST, sizeof(*s->slots));
	return s->slots ? s : yg_statistics_free(s);
}

struct yg_statistics *yg_statistics_free(struct yg_statistics *s)
{
	if (!s)
		return NULL;
	yg_buf_done(&s->rest);
	free(s->slots);
	free(s->faults);
	free(s);
	return NULL;
}

/* ---- what is wrong ---- */

/* Without memory for the list the fault is still counted: nothing is taken for right. */
static void wrong(struct yg_statistics *s, struct yg_statistics_fault fault, struct yg_bytes value)
{
	s->fault_total++;
	if (!s->faults)
		s->faults = yg_calloc(YG_STATISTICS_FAULTS_MAX, sizeof(*s->faults));
	if (!s->faults || s->fault_count == YG_STATISTICS_FAULTS_MAX)
		return;
	value = yg_bytes_cut(value, 0, YG_STATISTICS_VALUE_MAX);
	if (value.size > 0)
		memcpy(fault.value, value.data, value.size);
	fault.line = s->line;
	if (!fault.key)
		fault.key = "";
	s->faults[s->fault_count++] = fault;
}

static void wrong_key(struct yg_statistics *s, enum yg_statistics_wrong what, const char *key,
		      struct yg_bytes value)
{
	wrong(s, (struct yg_statistics_fault){.wrong = what, .key = key}, value);
}

uint64_t yg_statistics_faults(const struct yg_statistics *s,
			      const struct yg_statistics_fault **ret_items, uint32_t *ret_count)
{
	*ret_items = s->faults;
	*ret_count = s->fault_count;
	return s->fault_total;
}

uint64_t yg_statistics_records(const struct yg_statistics *s)
{
	return s->records;
}

/* ---- each id once ---- */

static struct seen *slot_of(const struct yg_statistics *s, const uint8_t id[YG_ID_BYTES])
{
	uint64_t at = yg_hash64((struct yg_bytes){id, YG_ID_BYTES}, yg_hash_secret());

	while (s->slots[at & (s->slot_count - 1)].line &&
	       memcmp(s->slots[at & (s->slot_count - 1)].id, id, YG_ID_BYTES) != 0)
		at++;
	return &s->slots[at & (s->slot_count - 1)];
}

static int grow(struct yg_statistics *s)
{
	struct seen *old = s->slots;
	uint32_t count = s->slot_count;
	struct seen *slots = yg_calloc((size_t)count * 2, sizeof(*slots));

	if (!slots)
		return YG_ENOMEM;
	s->slots = slots;
	s->slot_count = count * 2;
	for (uint32_t i = 0; i < count; i++)
		if (old[i].line)
			*slot_of(s, old[i].id) = old[i];
	free(old);
	return YG_OK;
}

/* YG_OK: new; YG_EDUPLICATE: said. */
static int note_id(struct yg_statistics *s, enum yg_statistics_kind kind, struct yg_bytes id)
{
	struct yg_bytes parts[] = {yg_bytes_str(kind_names[kind]), id};
	uint8_t digest[YG_ID_BYTES];
	struct seen *slot;

	if (s->records >= s->slot_count / 2 && grow(s) != YG_OK)
		return YG_ENOMEM;
	yg_id_derive(parts, 2, digest);
	slot = slot_of(s, digest);
	if (slot->line) {
		wrong(s,
		      (struct yg_statistics_fault){.wrong = YG_STATISTICS_DOUBLE,
						   .number = slot->line},
		      id);
		return YG_EDUPLICATE;
	}
	memcpy(slot->id, digest, sizeof(digest));
	slot->line = s->line < UINT32_MAX ? (uint32_t)s->line : UINT32_MAX;
	return YG_OK;
}

/* ---- a record ---- */

/* The month of Japan's day, counted from MONTH_FIRST; -1: none. */
static int32_t month_of(struct yg_bytes text)
{
	int32_t day = text.size <= DATE_MAX ? yg_day_read(text) : YG_DAY_NONE;
	struct yg_civil civil;
	int64_t time_ns;
	bool has_zone;

	if (day == YG_DAY_NONE && text.size <= DATE_MAX &&
	    yg_time_parse_iso(text, JAPAN_S, &time_ns, &has_zone))
		day = yg_day_of_time(time_ns, JAPAN_S);
	if (day == YG_DAY_NONE)
		return -1;
	civil = yg_date_civil(day);
	if (civil.year < YG_STATISTICS_YEAR_MIN || civil.year > YG_STATISTICS_YEAR_MAX)
		return -1;
	return civil.year * 12 + civil.month - 1 - MONTH_FIRST;
}

/* A text, or an integer as its digits. Empty: neither, or nothing. */
static struct yg_bytes id_of(const json_t *object, char number[NUMBER_BYTES])
{
	const json_t *value = json_object_get(object, "id");

	if (!json_is_integer(value))
		return yg_bytes_trim(yg_json_text(object, "id"));
	(void)snprintf(number, NUMBER_BYTES, "%lld", (long long)json_integer_value(value));
	return yg_bytes_str(number);
}

static uint32_t kind_of(struct yg_bytes text)
{
	uint32_t kind = 0;

	while (kind < YG_STATISTICS_KIND_COUNT &&
	       !yg_bytes_eq(text, yg_bytes_str(kind_names[kind])))
		kind++;
	return kind;
}

static int take_object(struct yg_statistics *s, const json_t *object)
{
	char number[NUMBER_BYTES];
	struct yg_bytes id = id_of(object, number);
	struct yg_bytes kind_text = yg_json_text(object, "kind");
	struct yg_bytes date = yg_bytes_trim(yg_json_text(object, "date"));
	uint32_t kind = kind_of(kind_text);
	int32_t month = month_of(date);
	uint64_t before = s->fault_total;
	int rc;

	if (id.size == 0)
		wrong_key(s, YG_STATISTICS_MISSING, "id", id);
	else if (id.size > YG_STATISTICS_ID_MAX)
		wrong_key(s, YG_STATISTICS_LONG_ID, "id", id);
	if (kind_text.size == 0)
		wrong_key(s, YG_STATISTICS_MISSING, "kind", kind_text);
	else if (kind == YG_STATISTICS_KIND_COUNT)
		wrong_key(s, YG_STATISTICS_NO_KIND, "kind", kind_text);
	if (date.size == 0)
		wrong_key(s, YG_STATISTICS_MISSING, "date", date);
	else if (month < 0)
		wrong_key(s, YG_STATISTICS_NO_DATE, "date", date);
	if (s->fault_total != before)
		return YG_OK;
	rc = note_id(s, (enum yg_statistics_kind)kind, id);
	if (rc != YG_OK)
		return rc == YG_EDUPLICATE ? YG_OK : rc;
	s->counts[kind][month]++;
	s->records++;
	return YG_OK;
}

static int take_line(struct yg_statistics *s, struct yg_bytes line)
{
	struct yg_fault fault = {0};
	json_t *object = NULL;
	int rc;

	if (s->line == 1 && yg_bytes_starts(line, YG_S("\xef\xbb\xbf")))
		line = yg_bytes_from(line, 3);
	if (yg_bytes_trim(line).size == 0)
		return YG_OK;
	if (s->records == YG_STATISTICS_RECORDS_MAX) {
		s->is_full = true;
		wrong(s,
		      (struct yg_statistics_fault){.wrong = YG_STATISTICS_MANY,
						   .number = YG_STATISTICS_RECORDS_MAX},
		      (struct yg_bytes){0});
		return YG_ELIMIT;
	}
	rc = yg_json_load(line, YG_STATISTICS_LINE_MAX, &object, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		wrong(s,
		      (struct yg_statistics_fault){.wrong = YG_STATISTICS_NO_JSON,
						   .number = fault.pos},
		      (struct yg_bytes){0});
		return YG_OK;
	}
	if (json_is_object(object))
		rc = take_object(s, object);
	else
		wrong_key(s, YG_STATISTICS_NO_OBJECT, "", (struct yg_bytes){0});
	json_decref(object);
	return rc;
}

/* ---- the file ---- */

static void say_long(struct yg_statistics *s)
{
	wrong(s,
	      (struct yg_statistics_fault){.wrong = YG_STATISTICS_LONG_LINE,
					   .number = YG_STATISTICS_LINE_MAX},
	      (struct yg_bytes){0});
}

/* A piece without its line's end. */
static int gather(struct yg_statistics *s, struct yg_bytes piece)
{
	if (s->is_long)
		return YG_OK;
	if (s->rest.size + piece.size > YG_STATISTICS_LINE_MAX) {
		say_long(s);
		s->is_long = true;
		yg_buf_reset(&s->rest);
		return YG_OK;
	}
	yg_buf_add(&s->rest, piece);
	return yg_buf_error(&s->rest);
}

int yg_statistics_feed(struct yg_statistics *s, struct yg_bytes bytes)
{
	int rc = s->is_full ? YG_ELIMIT : YG_OK;

	while (rc == YG_OK && bytes.size > 0) {
		size_t end = yg_bytes_chr(bytes, '\n');

		rc = gather(s, yg_bytes_cut(bytes, 0, end == SIZE_MAX ? bytes.size : end));
		if (end == SIZE_MAX || rc != YG_OK)
			break;
		if (!s->is_long)
			rc = take_line(s, yg_buf_bytes(&s->rest));
		yg_buf_reset(&s->rest);
		s->is_long = false;
		s->line++;
		bytes = yg_bytes_from(bytes, end + 1);
	}
	return rc;
}

int yg_statistics_end(struct yg_statistics *s)
{
	int rc = YG_OK;

	if (!s->is_full && !s->is_long)
		rc = take_line(s, yg_buf_bytes(&s->rest));
	yg_buf_reset(&s->rest);
	if (rc == YG_ENOMEM || (s->fault_total > 0 && !s->faults))
		return YG_ENOMEM;
	return s->fault_total > 0 ? YG_EFORMAT : YG_OK;
}

/* ---- rows ---- */

static int32_t value_of(enum yg_statistics_by by, int32_t month)
{
	int32_t year = month / 12;
	int32_t of_year = month % 12 + 1;

	switch (by) {
	case YG_STATISTICS_FY:
		return of_year >= (int32_t)APRIL ? year : year - 1;
	case YG_STATISTICS_QUARTER:
		return (of_year + 12 - (int32_t)APRIL) % 12 / 3 + 1;
	default:
		return month;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct yg_statistics_row *x = a;
	const struct yg_statistics_row *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	for (uint32_t i = 0; i < YG_STATISTICS_BY_COUNT; i++)
		if (x->by[i] != y->by[i])
			return x->by[i] < y->by[i] ? -1 : 1;
	return 0;
}

/* From the first month with a record to the one after the last; none: both 0. */
static void span_of(const struct yg_statistics *s, int32_t *ret_from, int32_t *ret_to)
{
	*ret_from = *ret_to = 0;
	for (int32_t i = 0; i < MONTHS; i++) {
		if (s->counts[0][i] + s->counts[1][i] == 0)
			continue;
		if (*ret_to == 0)
			*ret_from = i;
		*ret_to = i + 1;
	}
}

static uint32_t fill(const struct yg_statistics *s, const struct yg_statistics_order *order,
		     bool with_zeros, int32_t from, int32_t to, struct yg_statistics_row *rows)
{
	uint32_t count = 0;

	for (uint32_t kind = 0; kind < YG_STATISTICS_KIND_COUNT; kind++)
		for (int32_t i = from; i < to; i++) {
			struct yg_statistics_row *row = &rows[count];

			if (s->counts[kind][i] == 0 && !with_zeros)
				continue;
			*row = (struct yg_statistics_row){.kind = (enum yg_statistics_kind)kind,
							  .count = s->counts[kind][i]};
			for (uint32_t k = 0; k < order->count; k++)
				row->by[k] = value_of(order->by[k], MONTH_FIRST + i);
			count++;
		}
	return count;
}

int yg_statistics_rows(const struct yg_statistics *s, const struct yg_statistics_order *order,
		       bool with_zeros, yg_statistics_row_fn fn, void *arg)
{
	struct yg_statistics_row *rows;
	int32_t from;
	int32_t to;
	uint32_t count;
	int rc = YG_OK;

	span_of(s, &from, &to);
	rows = yg_calloc((size_t)(to - from) * YG_STATISTICS_KIND_COUNT + 1, sizeof(*rows));
	if (!rows)
		return YG_ENOMEM;
	count = fill(s, order, with_zeros, from, to, rows);
	qsort(rows, count, sizeof(*rows), by_place);
	for (uint32_t i = 0; rc == YG_OK && i < count;) {
		struct yg_statistics_row sum = rows[i];

		for (i++; i < count && by_place(&rows[i], &sum) == 0; i++)
			sum.count += rows[i].count;
		rc = fn(arg, &sum);
	}
	free(rows);
	return rc;
}
