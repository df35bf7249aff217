/* SPDX-License-Identifier: Apache-2.0 */
#include "app/tally.h"

#include <unistd.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "render/csv.h"

#include "base/ban.h"

#define FIRST_SLOTS   1024u /* power of two */
#define OUT_BYTES_MAX (512u << 20)
#define COLUMN_MAX    44u /* characters of a word on the terminal */

struct row {
	struct yg_bytes words[YG_TALLY_COLUMNS_MAX];
	uint64_t hash;
	uint64_t counts[YG_TALLY_COUNTS_MAX];
	int64_t first_ns, last_ns;
};

struct yg_tally {
	const struct yg_tally_shape *shape;
	struct yg_arena *arena;
	struct row *rows;
	uint32_t count, room;
	uint32_t *slots; /* index + 1; 0 = free */
	uint32_t slot_count;
	uint64_t left_out;
};

struct yg_tally *yg_tally_new(const struct yg_tally_shape *shape)
{
	struct yg_tally *tally = yg_calloc(1, sizeof(*tally));

	if (!tally)
		return NULL;
	tally->shape = shape;
	tally->arena = yg_arena_new(YG_TALLY_BYTES_MAX);
	tally->slots = yg_calloc(FIRST_SLOTS, sizeof(*tally->slots));
	tally->slot_count = FIRST_SLOTS;
	return tally->arena && tally->slots ? tally : yg_tally_free(tally);
}

struct yg_tally *yg_tally_free(struct yg_tally *tally)
{
	if (!tally)
		return NULL;
	(void)yg_arena_free(tally->arena);
	free(tally->rows);
	free(tally->slots);
	free(tally);
	return NULL;
}

static bool is_row(const struct row *row, const struct yg_bytes *words)
{
	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX; i++)
		if (!yg_bytes_eq(row->words[i], words[i]))
			return false;
	return true;
}

static uint32_t *slot_of(struct yg_tally *tally, uint64_t hash, const struct yg_bytes *words)
{
	uint32_t mask = tally->slot_count - 1;

	for (uint32_t at = (uint32_t)hash & mask;; at = (at + 1) & mask) {
		uint32_t *slot = &tally->slots[at];
		const struct row *row = *slot ? &tally->rows[*slot - 1] : NULL;

		if (!row || (row->hash == hash && is_row(row, words)))
			return slot;
	}
}

/* Twice the slots when half of them are used. */
static int grow_slots(struct yg_tally *tally)
{
	uint32_t count = tally->slot_count * 2;
	uint32_t *slots;

	if (tally->count * 2 < tally->slot_count)
		return YG_OK;
	slots = yg_calloc(count, sizeof(*slots));
	if (!slots)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < tally->count; i++) {
		uint32_t at = (uint32_t)tally->rows[i].hash & (count - 1);

		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = i + 1;
	}
	free(tally->slots);
	tally->slots = slots;
	tally->slot_count = count;
	return YG_OK;
}

static int add_row(struct yg_tally *tally, uint64_t hash, const struct yg_bytes *words,
		   struct row **ret)
{
	struct row *row;

	*ret = NULL;
	if (tally->count == YG_TALLY_ROWS_MAX)
		return YG_OK;
	if (tally->count == tally->room) {
		uint32_t room = tally->room ? tally->room * 2 : 256;
		struct row *rows = yg_reallocarray(tally->rows, room, sizeof(*rows));

		if (!rows)
			return YG_ENOMEM;
		tally->rows = rows;
		tally->room = room;
	}
	row = &tally->rows[tally->count];
	*row = (struct row){.hash = hash, .first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX; i++)
		if (words[i].size > 0 && !yg_arena_dup(tally->arena, words[i], &row->words[i]))
			return YG_OK; /* the limit of all words: left out like a row too many */
	tally->count++;
	*ret = row;
	return YG_OK;
}

int yg_tally_add(struct yg_tally *tally, const struct yg_bytes *words, unsigned which,
		 int64_t time_ns)
{
	struct yg_bytes cut[YG_TALLY_COLUMNS_MAX] = {{0}};
	uint64_t hash = yg_hash_secret();
	struct row *row;
	uint32_t *slot;
	int rc = grow_slots(tally);

	if (rc != YG_OK)
		return rc;
	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX && tally->shape->columns[i]; i++) {
		cut[i] = yg_bytes_cut(words[i], 0, YG_TALLY_WORD_MAX);
		hash = yg_hash64(cut[i], hash);
	}
	slot = slot_of(tally, hash, cut);
	row = *slot ? &tally->rows[*slot - 1] : NULL;
	if (!row) {
		rc = add_row(tally, hash, cut, &row);
		if (rc != YG_OK)
			return rc;
		if (!row) {
			tally->left_out++;
			return YG_OK;
		}
		*slot = tally->count;
	}
	row->counts[which]++;
	if (time_ns == YG_TIME_NONE)
		return YG_OK;
	if (row->first_ns == YG_TIME_NONE || time_ns < row->first_ns)
		row->first_ns = time_ns;
	if (row->last_ns == YG_TIME_NONE || time_ns > row->last_ns)
		row->last_ns = time_ns;
	return YG_OK;
}

/* The last count weighs most (refused sign-ins before accepted ones), then the words. */
static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left;
	const struct row *b = right;

	for (unsigned i = YG_TALLY_COUNTS_MAX; i-- > 0;)
		if (a->counts[i] != b->counts[i])
			return a->counts[i] > b->counts[i] ? -1 : 1;
	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX; i++) {
		size_t size =
			a->words[i].size < b->words[i].size ? a->words[i].size : b->words[i].size;
		int order = size ? memcmp(a->words[i].data, b->words[i].data, size) : 0;

		if (order == 0 && a->words[i].size != b->words[i].size)
			order = a->words[i].size < b->words[i].size ? -1 : 1;
		if (order != 0)
			return order;
	}
	return 0;
}

static const char *iso(int64_t time_ns, const struct yg_zone *zone, char to[YG_ISO_SIZE])
{
	to[0] = '\0';
	if (time_ns != YG_TIME_NONE)
		(void)yg_time_iso(time_ns - time_ns % YG_NS_PER_S,
				  zone ? yg_zone_offset_utc(zone, time_ns / YG_NS_PER_S) : 0, to);
	return to;
}

static void add_json(struct yg_buf *to, const struct yg_tally_shape *shape, const struct row *row)
{
	char time[YG_ISO_SIZE];
	const char *before = "{";

	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX && shape->columns[i]; i++, before = ",") {
		yg_buf_addf(to, "%s\"%s\":", before, shape->columns[i]);
		yg_buf_add_json(to, row->words[i]);
	}
	for (unsigned i = 0; i < YG_TALLY_COUNTS_MAX && shape->counts[i]; i++)
		yg_buf_addf(to, ",\"%s\":%llu", shape->counts[i],
			    (unsigned long long)row->counts[i]);
	if (shape->has_times) {
		(void)iso(row->first_ns, NULL, time);
		yg_buf_addf(to, time[0] ? ",\"first\":\"%s\"" : ",\"first\":null", time);
		(void)iso(row->last_ns, NULL, time);
		yg_buf_addf(to, time[0] ? ",\"last\":\"%s\"" : ",\"last\":null", time);
	}
	yg_buf_add_str(to, "}\n");
}

static void add_csv_head(struct yg_buf *to, const struct yg_tally_shape *shape)
{
	const char *before = "\xef\xbb\xbf";

	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX && shape->columns[i]; i++, before = ",")
		yg_buf_addf(to, "%s%s", before, shape->columns[i]);
	for (unsigned i = 0; i < YG_TALLY_COUNTS_MAX && shape->counts[i]; i++)
		yg_buf_addf(to, ",%s", shape->counts[i]);
	yg_buf_add_str(to, shape->has_times ? ",first,last\r\n" : "\r\n");
}

static void add_csv(struct yg_buf *to, const struct yg_tally_shape *shape, const struct row *row,
		    const struct yg_zone *zone)
{
	char time[YG_ISO_SIZE];

	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX && shape->columns[i]; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		yg_csv_quoted(to, row->words[i]);
	}
	for (unsigned i = 0; i < YG_TALLY_COUNTS_MAX && shape->counts[i]; i++)
		yg_buf_addf(to, ",%llu", (unsigned long long)row->counts[i]);
	if (shape->has_times) {
		yg_buf_addf(to, ",%s", iso(row->first_ns, zone, time));
		yg_buf_addf(to, ",%s", iso(row->last_ns, zone, time));
	}
	yg_buf_add_str(to, "\r\n");
}

/* Characters, roughly as a terminal counts them: those of three bytes and more take two places. */
static unsigned width_of(const char *text)
{
	unsigned width = 0;

	for (const uint8_t *b = (const uint8_t *)text; *b; b++)
		width += *b >= 0xe0 ? 2u : (*b & 0xc0) != 0x80;
	return width;
}

static void add_padded(struct yg_buf *to, const char *text, unsigned width, bool is_right)
{
	unsigned own = width_of(text);

	for (unsigned i = own; is_right && i < width; i++)
		yg_buf_add_byte(to, ' ');
	yg_buf_add_str(to, text);
	for (unsigned i = own; !is_right && i < width; i++)
		yg_buf_add_byte(to, ' ');
	yg_buf_add_str(to, "  ");
}

/* Widths of the columns, from the rows that are shown. */
static void measure(const struct yg_tally *tally, unsigned *widths)
{
	const struct yg_tally_shape *shape = tally->shape;

	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX && shape->columns[i]; i++) {
		widths[i] = width_of(yg_say_tr(shape->heads[i]));
		for (uint32_t r = 0; r < tally->count && r < YG_TALLY_SHOWN; r++) {
			unsigned width = width_of(yg_say_safe(tally->rows[r].words[i], COLUMN_MAX));

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
}

static void add_table_row(struct yg_buf *to, const struct yg_tally_shape *shape,
			  const struct row *row, const unsigned *widths, const struct yg_zone *zone)
{
	char text[YG_ISO_SIZE];

	for (unsigned i = 0; i < YG_TALLY_COUNTS_MAX && shape->counts[i]; i++) {
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)row->counts[i]);
		add_padded(to, text, 10, true);
	}
	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX && shape->columns[i]; i++)
		add_padded(to, yg_say_safe(row->words[i], COLUMN_MAX), widths[i], false);
	if (shape->has_times && row->first_ns != YG_TIME_NONE) {
		yg_buf_add_str(to, iso(row->first_ns, zone, text));
		yg_buf_addf(to, " – %s", iso(row->last_ns, zone, text));
	}
	yg_buf_add_byte(to, '\n');
}

static void add_table(struct yg_buf *to, const struct yg_tally *tally, const struct yg_zone *zone)
{
	const struct yg_tally_shape *shape = tally->shape;
	unsigned widths[YG_TALLY_COLUMNS_MAX] = {0};

	measure(tally, widths);
	for (unsigned i = 0; i < YG_TALLY_COUNTS_MAX && shape->counts[i]; i++)
		add_padded(to, yg_say_tr(shape->count_heads[i]), 10, true);
	for (unsigned i = 0; i < YG_TALLY_COLUMNS_MAX && shape->columns[i]; i++)
		add_padded(to, yg_say_tr(shape->heads[i]), widths[i], false);
	if (shape->has_times)
		yg_buf_addf(to, "%s", yg_say_tr(N_("first and last")));
	yg_buf_add_byte(to, '\n');
	for (uint32_t r = 0; r < tally->count && r < YG_TALLY_SHOWN; r++)
		add_table_row(to, shape, &tally->rows[r], widths, zone);
	if (tally->count > YG_TALLY_SHOWN)
		yg_buf_addf(to, yg_say_tr(N_("… and %u more rows; --json and --csv give all\n")),
			    tally->count - YG_TALLY_SHOWN);
	if (tally->count == 0)
		yg_buf_add_str(to, yg_say_tr(N_("nothing of the kind was found\n")));
}

int yg_tally_print(struct yg_tally *tally, enum yg_output output, const struct yg_zone *zone)
{
	struct yg_buf out;
	int rc;

	yg_buf_init(&out, OUT_BYTES_MAX);
	if (tally->count > 1)
		qsort(tally->rows, tally->count, sizeof(*tally->rows), compare_rows);
	if (output == YG_OUTPUT_CSV)
		add_csv_head(&out, tally->shape);
	for (uint32_t i = 0; i < tally->count && output == YG_OUTPUT_JSON; i++)
		add_json(&out, tally->shape, &tally->rows[i]);
	for (uint32_t i = 0; i < tally->count && output == YG_OUTPUT_CSV; i++)
		add_csv(&out, tally->shape, &tally->rows[i], zone);
	if (output != YG_OUTPUT_JSON && output != YG_OUTPUT_CSV)
		add_table(&out, tally, zone);
	rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	yg_buf_done(&out);
	if (tally->left_out > 0)
		yg_say(N_("the table is full: %llu records of further rows are not in it"),
		       (unsigned long long)tally->left_out);
	return rc;
}
