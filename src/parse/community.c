/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are read in the order of the file, so faults come by line; what only shows between rows
 * (an id or a pair that stands twice) is found after sorting and put in its place at the end.
 */
#include "parse/community.h"

#include "base/utf8.h"

#include "base/ban.h"

#define COLUMNS_MAX 12u

struct column {
	const char *name;
	size_t offset; /* members: of the text in struct yg_member */
	uint32_t bytes_max;
};

static const struct column member_columns[] = {
	{"id", offsetof(struct yg_member, id), YG_MEMBER_ID_MAX},
	{"name_ja", offsetof(struct yg_member, name_ja), YG_MEMBER_TEXT_MAX},
	{"name_en", offsetof(struct yg_member, name_en), YG_MEMBER_TEXT_MAX},
	{"sector", offsetof(struct yg_member, sector), YG_MEMBER_TEXT_MAX},
	{"provider", offsetof(struct yg_member, provider), YG_MEMBER_TEXT_MAX},
	{"contact_mail", offsetof(struct yg_member, contact_mail), YG_MEMBER_MAIL_MAX},
	{"deputy_mail", offsetof(struct yg_member, deputy_mail), YG_MEMBER_MAIL_MAX},
	{"contact_phone", offsetof(struct yg_member, contact_phone), 40},
	{"deputy_phone", offsetof(struct yg_member, deputy_phone), 40},
	{"hours", offsetof(struct yg_member, hours), 200},
	{"verified", offsetof(struct yg_member, verified), 10},
	{"language", offsetof(struct yg_member, language), 8},
};
#define MEMBER_LANGUAGE (MEMBER_COLUMNS - 1)
#define MEMBER_NEEDED	7u /* those that must be there */
#define MEMBER_COLUMNS	(sizeof(member_columns) / sizeof(member_columns[0]))

/* The three in the middle are yg_answer_name(0) to (2). */
static const struct column relation_columns[] = {
	{"supplier", 0, YG_MEMBER_ID_MAX}, {"buyer", 0, YG_MEMBER_ID_MAX}, {"secret_data", 0, 8},
	{"business_stop", 0, 8},	   {"system_access", 0, 8},	   {"consent", 0, 16},
};
#define RELATION_COLUMNS (sizeof(relation_columns) / sizeof(relation_columns[0]))

struct reader {
	const struct yg_table *table;
	struct yg_arena *arena;
	struct yg_row_faults *faults;
	const struct column *columns;
	uint32_t column_count;
	uint32_t needed; /* the first of them that the header must have */
	bool checks_mail;
	uint32_t places[COLUMNS_MAX]; /* of the columns in the table */
};

/* Without memory for the list the fault is still counted: nothing is taken for right. */
static void add_fault(struct reader *reader, struct yg_row_fault fault)
{
	struct yg_row_faults *faults = reader->faults;

	faults->total++;
	if (!faults->items) {
		faults->items =
			yg_arena_alloc(reader->arena, YG_ROW_FAULTS_MAX * sizeof(*faults->items));
		faults->count = 0;
	}
	if (faults->items && faults->count < YG_ROW_FAULTS_MAX)
		faults->items[faults->count++] = fault;
}

/*
 * The cell, without the apostrophe that render/csv.h puts before what a spreadsheet would take for
 * a formula: what was exported comes back as it was.
 */
static struct yg_bytes cell_of(const struct reader *reader, const struct yg_table_row *row,
			       uint32_t column)
{
	static const char *const signs[] = {"=",
					    "+",
					    "-",
					    "@",
					    "\xef\xbc\x9d",
					    "\xef\xbc\x8b",
					    "\xef\xbc\x8d",
					    "\xef\xbc\xa0",
					    "\xe2\x88\x92"};
	struct yg_bytes cell = yg_table_cell(row, reader->places[column]);

	for (size_t i = 0;
	     cell.size > 1 && cell.data[0] == '\'' && i < sizeof(signs) / sizeof(signs[0]); i++)
		if (yg_bytes_starts(yg_bytes_from(cell, 1), yg_bytes_str(signs[i])))
			return yg_bytes_from(cell, 1);
	return cell;
}

static void wrong(struct reader *reader, enum yg_row_wrong wrong, const struct yg_table_row *row,
		  uint32_t column, uint32_t number)
{
	bool has_column = column < reader->column_count;

	add_fault(reader,
		  (struct yg_row_fault){
			  .wrong = wrong,
			  .line = row->line,
			  .number = number,
			  .column = has_column ? reader->columns[column].name : "",
			  .value = has_column ? cell_of(reader, row, column) : (struct yg_bytes){0},
		  });
}

static bool is_named(struct yg_bytes cell, const char *name)
{
	return yg_bytes_eq_nocase(yg_bytes_trim(cell), yg_bytes_str(name));
}

/* Where the columns stand. False: one is missing or stands twice (said). */
static bool find_columns(struct reader *reader)
{
	const struct yg_table_row *header = &reader->table->header;
	uint64_t before = reader->faults->total;

	for (uint32_t i = 0; i < reader->column_count; i++) {
		struct yg_row_fault fault = {.line = header->line ? header->line : 1,
					     .column = reader->columns[i].name};
		uint32_t times = 0;

		for (uint32_t j = 0; j < header->count; j++)
			times += is_named(header->cells[j], fault.column);
		reader->places[i] = yg_table_column(reader->table, fault.column);
		fault.wrong = times == 0 ? YG_ROW_NO_COLUMN : YG_ROW_DOUBLE_COLUMN;
		if (times > 1 || (times == 0 && i < reader->needed))
			add_fault(reader, fault);
	}
	return reader->faults->total == before;
}

/* Readable, no control characters: names stand in head lines of mails and in terminals. */
static bool is_text(struct yg_bytes text)
{
	/* U+FFFD: what the file's encoding could not say (source/text.h). */
	return yg_utf8_is_line(text) && yg_bytes_find(text, YG_S("\xef\xbf\xbd")) == SIZE_MAX;
}

/* One @, something on both sides, no blanks, nothing that ends or begins another address. */
static bool is_mail(struct yg_bytes text)
{
	size_t at = yg_bytes_chr(text, '@');

	if (at == SIZE_MAX || at == 0 || at + 1 == text.size ||
	    yg_bytes_chr(yg_bytes_from(text, at + 1), '@') != SIZE_MAX)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] > 0x7e ||
		    strchr(",;<>()\"\\", text.data[i]))
			return false;
	return true;
}

static bool check_cell(struct reader *reader, const struct yg_table_row *row, uint32_t column)
{
	struct yg_bytes cell = cell_of(reader, row, column);

	if (cell.size > reader->columns[column].bytes_max) {
		wrong(reader, YG_ROW_TOO_LONG, row, column, reader->columns[column].bytes_max);
		return false;
	}
	if (!is_text(cell)) {
		wrong(reader, YG_ROW_NO_TEXT, row, column, 0);
		return false;
	}
	return true;
}

/* More cells than the header, with something in them, shift what stands in the row. */
static void check_width(struct reader *reader, const struct yg_table_row *row)
{
	for (uint32_t i = reader->table->header.count; i < row->count; i++)
		if (yg_bytes_trim(row->cells[i]).size > 0) {
			wrong(reader, YG_ROW_TOO_WIDE, row, UINT32_MAX, 0);
			return;
		}
}

static int by_line(const void *a, const void *b)
{
	const struct yg_row_fault *x = a;
	const struct yg_row_fault *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static int finish(struct yg_row_faults *faults)
{
	if (faults->total == 0)
		return YG_OK;
	if (!faults->items)
		return YG_ENOMEM;
	qsort(faults->items, faults->count, sizeof(*faults->items), by_line);
	return YG_EFORMAT;
}

static uint32_t rows_at_most(struct reader *reader, uint32_t max)
{
	const struct yg_table *table = reader->table;

	if (table->row_count <= max)
		return table->row_count;
	wrong(reader, YG_ROW_TOO_MANY, &table->rows[max], UINT32_MAX, max);
	return max;
}

/* ---- members ---- */

/* In any letter case, as the hub keeps it. False: another one. */
static bool read_language(struct yg_bytes cell, struct yg_bytes *ret)
{
	static const char *const languages[] = {"ja", "en"};

	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (yg_bytes_eq_nocase(cell, yg_bytes_str(languages[i]))) {
			*ret = yg_bytes_str(languages[i]);
			return true;
		}
	return cell.size == 0;
}

static void read_member(struct reader *reader, const struct yg_table_row *row,
			struct yg_member *member)
{
	*member = (struct yg_member){.line = row->line};
	check_width(reader, row);
	for (uint32_t i = 0; i < reader->column_count; i++) {
		struct yg_bytes cell = cell_of(reader, row, i);
		bool is_address = reader->checks_mail && (i == 5 || i == 6);

		*(struct yg_bytes *)(void *)((char *)member + reader->columns[i].offset) = cell;
		if (!check_cell(reader, row, i))
			continue;
		if (i == 0 && cell.size == 0)
			wrong(reader, YG_ROW_EMPTY, row, i, 0);
		else if (is_address && cell.size > 0 && !is_mail(cell))
			wrong(reader, YG_ROW_NO_MAIL, row, i, 0);
		else if (i == MEMBER_LANGUAGE && !read_language(cell, &member->language))
			wrong(reader, YG_ROW_NO_LANGUAGE, row, i, 0);
	}
}

static int by_id(const void *a, const void *b)
{
	const struct yg_member *x = a;
	const struct yg_member *y = b;
	int order = yg_member_id_order(x->id, y->id);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void find_double_ids(struct reader *reader, const struct yg_member *members, uint32_t count)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i < count; i++)
		if (members[i].id.size == 0 || !yg_bytes_eq(members[i].id, members[first].id))
			first = i;
		else
			add_fault(reader, (struct yg_row_fault){.wrong = YG_ROW_DOUBLE_ID,
								.line = members[i].line,
								.number = members[first].line,
								.column = "id",
								.value = members[i].id});
}

int yg_members_read(const struct yg_table *table, bool checks_mail, struct yg_arena *arena,
		    struct yg_community *ret, struct yg_row_faults *faults)
{
	struct reader reader = {.table = table,
				.arena = arena,
				.faults = faults,
				.columns = member_columns,
				.checks_mail = checks_mail,
				.column_count = MEMBER_COLUMNS,
				.needed = MEMBER_NEEDED};
	struct yg_member *members;
	uint32_t count;

	*ret = (struct yg_community){0};
	if (!find_columns(&reader))
		return finish(faults);
	count = rows_at_most(&reader, YG_MEMBERS_MAX);
	members = yg_arena_alloc(arena, ((size_t)count + 1) * sizeof(*members));
	if (!members)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		read_member(&reader, &table->rows[i], &members[i]);
	qsort(members, count, sizeof(*members), by_id);
	find_double_ids(&reader, members, count);
	ret->members = members;
	ret->member_count = count;
	return finish(faults);
}

/* ---- relations ---- */

static uint32_t read_party(struct reader *reader, const struct yg_table_row *row, uint32_t column,
			   const struct yg_community *community)
{
	struct yg_bytes cell = cell_of(reader, row, column);
	uint32_t member = YG_MEMBER_NONE;

	if (!check_cell(reader, row, column))
		return member;
	if (cell.size > 0)
		member = yg_community_find(community, cell);
	if (member == YG_MEMBER_NONE)
		wrong(reader, cell.size > 0 ? YG_ROW_UNKNOWN : YG_ROW_EMPTY, row, column, 0);
	return member;
}

static uint8_t read_answers(struct reader *reader, const struct yg_table_row *row)
{
	uint8_t answers = 0;

	for (uint32_t i = 0; i < YG_ANSWER_COUNT; i++) {
		struct yg_bytes cell = cell_of(reader, row, 2 + i);

		if (yg_bytes_eq_nocase(cell, YG_S("yes")))
			answers |= (uint8_t)(1u << i);
		else if (!yg_bytes_eq_nocase(cell, YG_S("no")))
			wrong(reader, cell.size ? YG_ROW_NO_ANSWER : YG_ROW_EMPTY, row, 2 + i, 0);
	}
	return answers;
}

static void read_relation(struct reader *reader, const struct yg_table_row *row,
			  const struct yg_community *community, struct yg_relation *relation)
{
	uint32_t consent = RELATION_COLUMNS - 1;
	struct yg_bytes cell = cell_of(reader, row, consent);
	enum yg_naming naming = YG_NAMING_ASK;

	check_width(reader, row);
	*relation = (struct yg_relation){.line = row->line};
	relation->supplier = read_party(reader, row, 0, community);
	relation->buyer = read_party(reader, row, 1, community);
	if (relation->supplier == relation->buyer && relation->buyer != YG_MEMBER_NONE)
		wrong(reader, YG_ROW_SELF, row, 1, 0);
	relation->answers = read_answers(reader, row);
	if (!yg_naming_by_name(cell, &naming))
		wrong(reader, cell.size ? YG_ROW_NO_CONSENT : YG_ROW_EMPTY, row, consent, 0);
	relation->naming = (uint8_t)naming;
}

static int by_pair(const void *a, const void *b)
{
	const struct yg_relation *x = a;
	const struct yg_relation *y = b;

	if (x->supplier != y->supplier)
		return x->supplier < y->supplier ? -1 : 1;
	if (x->buyer != y->buyer)
		return x->buyer < y->buyer ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static void find_double_pairs(struct reader *reader, const struct yg_community *community,
			      const struct yg_relation *relations, uint32_t count)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i < count; i++) {
		const struct yg_relation *one = &relations[i];

		if (one->supplier == YG_MEMBER_NONE || one->buyer == YG_MEMBER_NONE ||
		    one->supplier != relations[first].supplier ||
		    one->buyer != relations[first].buyer) {
			first = i;
			continue;
		}
		add_fault(reader,
			  (struct yg_row_fault){.wrong = YG_ROW_DOUBLE_PAIR,
						.line = one->line,
						.number = relations[first].line,
						.column = "",
						.value = community->members[one->supplier].id,
						.value2 = community->members[one->buyer].id});
	}
}

int yg_relations_read(const struct yg_table *table, struct yg_arena *arena,
		      struct yg_community *community, struct yg_row_faults *faults)
{
	struct reader reader = {.table = table,
				.arena = arena,
				.faults = faults,
				.columns = relation_columns,
				.column_count = RELATION_COLUMNS,
				.needed = RELATION_COLUMNS};
	struct yg_relation *relations;
	uint32_t count;

	if (!find_columns(&reader))
		return finish(faults);
	count = rows_at_most(&reader, YG_RELATIONS_MAX);
	relations = yg_arena_alloc(arena, ((size_t)count + 1) * sizeof(*relations));
	if (!relations)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		read_relation(&reader, &table->rows[i], community, &relations[i]);
	qsort(relations, count, sizeof(*relations), by_pair);
	find_double_pairs(&reader, community, relations, count);
	community->relations = relations;
	community->relation_count = count;
	return finish(faults);
}
