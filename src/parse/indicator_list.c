/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/indicator_list.h"

#include "base/clock.h"
#include "base/tr.h"
#include "parse/csv.h"

#include "base/ban.h"

#define HEAD_MAX 4096u
#define DAY_NS	 (86400 * YG_NS_PER_S)

enum column {
	SOURCE,
	MARKING,
	PAP,
	CONFIDENCE,
	VALID_UNTIL,
	CONFIRMED,
	COMMENT,
	VALUE,
	COLUMN_COUNT,
};

#define NAMES_MAX 16u
static const char *const names[COLUMN_COUNT][NAMES_MAX] = {
	[SOURCE] = {"source", "provider", "feed", "情報源", "出典"},
	[MARKING] = {"marking", "tlp", "共有範囲"},
	[PAP] = {"pap"},
	[CONFIDENCE] = {"confidence", "確度", "信頼度"},
	[VALID_UNTIL] = {"valid_until", "valid-until", "valid until", "expires", "expiry",
			 "有効期限"},
	[CONFIRMED] = {"confirmed", "確認済み"},
	[COMMENT] = {"comment", "description", "note", "reason", "備考", "説明"},
	[VALUE] = {"value", "indicator", "ioc", "ip", "address", "domain", "host", "url", "hash",
		   "md5", "sha1", "sha256", "observable", "値", "指標"},
};

struct reading {
	uint32_t columns[COLUMN_COUNT];
	yg_indicator_doubt_fn doubt;
	void *arg;
};

static void find_columns(const struct yg_table *table, uint32_t to[COLUMN_COUNT])
{
	for (unsigned c = 0; c < COLUMN_COUNT; c++) {
		to[c] = UINT32_MAX;
		for (unsigned i = 0; i < NAMES_MAX && names[c][i] && to[c] == UINT32_MAX; i++)
			to[c] = yg_table_column(table, names[c][i]);
	}
}

static bool says_more(const uint32_t columns[COLUMN_COUNT])
{
	for (unsigned c = 0; c < COMMENT; c++)
		if (columns[c] != UINT32_MAX)
			return true;
	return false;
}

/* The first line that is no comment, as a table of its own. */
bool yg_indicator_list_is_table(struct yg_bytes text)
{
	struct yg_arena *arena;
	struct yg_line_fault fault;
	struct yg_table table;
	uint32_t columns[COLUMN_COUNT];
	size_t end = yg_bytes_chr(text, '\n');
	bool is_table = false;

	if (text.size == 0 || text.data[0] == '#')
		return false; /* the lines of a table would be counted otherwise */
	text = yg_bytes_cut(text, 0, end < HEAD_MAX ? end : HEAD_MAX);
	arena = yg_arena_new(1u << 20);
	if (arena && yg_csv_read(text, arena, &table, &fault) == YG_OK) {
		find_columns(&table, columns);
		is_table = columns[VALUE] != UINT32_MAX && says_more(columns);
	}
	(void)yg_arena_free(arena);
	return is_table;
}

static void tell(const struct reading *r, uint32_t line, struct yg_bytes cell, const char *what)
{
	if (r->doubt)
		r->doubt(r->arg, line, cell, what);
}

/* A day counts to its end (UTC). */
static int64_t read_until(const struct reading *r, uint32_t line, struct yg_bytes cell)
{
	bool is_day = cell.size == sizeof("2026-11-21") - 1;
	char text[64];
	bool has_zone;
	int64_t ns;
	int size;

	if (cell.size == 0)
		return INT64_MAX;
	size = snprintf(text, sizeof(text), "%.*s%s", YG_FMT(cell), is_day ? "T00:00:00Z" : "");
	if (size > 0 && (unsigned)size < sizeof(text) &&
	    yg_time_parse_iso(yg_bytes_str(text), 0, &ns, &has_zone))
		return is_day ? ns + DAY_NS : ns;
	tell(r, line, cell, N_("no day or time such as 2027-03-31: it counts without end"));
	return INT64_MAX;
}

static uint8_t read_confidence(const struct reading *r, uint32_t line, struct yg_bytes cell)
{
	static const struct {
		const char *word;
		uint8_t value;
	} words[] = {{"low", 15}, {"medium", 50}, {"high", 85}}; /* STIX 2.1, appendix A */
	uint64_t value;

	if (cell.size == 0)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (yg_bytes_eq_nocase(cell, yg_bytes_str(words[i].word)))
			return words[i].value;
	if (yg_bytes_u64(cell, &value) && value <= YG_INDICATOR_CONFIDENCE_MAX)
		return (uint8_t)value;
	tell(r, line, cell, N_("no confidence from 0 to 100: none is taken"));
	return 0;
}

static bool read_confirmed(const struct reading *r, uint32_t line, struct yg_bytes cell)
{
	static const char *const yes[] = {"yes", "true", "1", "はい"};
	static const char *const no[] = {"", "no", "false", "0", "いいえ"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (yg_bytes_eq_nocase(cell, yg_bytes_str(yes[i])))
			return true;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (yg_bytes_eq_nocase(cell, yg_bytes_str(no[i])))
			return false;
	tell(r, line, cell, N_("neither yes nor no: taken for no"));
	return false;
}

static void read_record(const struct reading *r, const struct yg_table_row *row,
			struct yg_indicator_record *ret)
{
	struct yg_bytes marking = yg_table_cell(row, r->columns[MARKING]);
	struct yg_bytes pap = yg_table_cell(row, r->columns[PAP]);

	*ret = (struct yg_indicator_record){
		.value = yg_table_cell(row, r->columns[VALUE]),
		.source = yg_bytes_cut(yg_table_cell(row, r->columns[SOURCE]), 0,
				       YG_INDICATOR_SOURCE_MAX),
		.confidence =
			read_confidence(r, row->line, yg_table_cell(row, r->columns[CONFIDENCE])),
		.valid_until_ns =
			read_until(r, row->line, yg_table_cell(row, r->columns[VALID_UNTIL])),
		.comment = yg_table_cell(row, r->columns[COMMENT]),
		.is_confirmed =
			read_confirmed(r, row->line, yg_table_cell(row, r->columns[CONFIRMED])),
	};
	if (marking.size > 0 && !yg_tlp_by_name(marking, &ret->marking)) {
		ret->marking = YG_TLP_RED;
		tell(r, row->line, marking, N_("no marking of TLP: taken for red"));
	}
	if (pap.size > 0 && !yg_pap_by_name(pap, &ret->pap)) {
		ret->pap = YG_PAP_RED;
		tell(r, row->line, pap, N_("no marking of PAP: taken for red"));
	}
}

int yg_indicator_list_read(struct yg_bytes text, struct yg_arena *arena, yg_indicator_record_fn fn,
			   yg_indicator_doubt_fn doubt, void *arg, struct yg_line_fault *reterr)
{
	struct reading r = {.doubt = doubt, .arg = arg};
	struct yg_table table;
	int rc = yg_csv_read(text, arena, &table, reterr);

	if (rc != YG_OK)
		return rc;
	find_columns(&table, r.columns);
	for (uint32_t i = 0; rc == YG_OK && i < table.row_count; i++) {
		struct yg_indicator_record record;

		read_record(&r, &table.rows[i], &record);
		rc = fn(arg, table.rows[i].line, &record);
	}
	return rc;
}
