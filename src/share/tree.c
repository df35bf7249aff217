/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are read in the order of the table; parents are looked up in an index by id afterwards, and
 * faults are put in the order of lines at the end.
 */
#include "share/tree.h"

#include "base/tr.h"
#include "base/utf8.h"

#include "base/ban.h"

enum column {
	COLUMN_ID,
	COLUMN_NAME,
	COLUMN_STAGE,
	COLUMN_PARENT,
	COLUMN_CHANNEL,
	COLUMN_ADDRESS,
	COLUMN_SECRET,
	COLUMN_COUNT
};
#define NEEDED 6u /* those that must be there */

static const struct {
	const char *name;
	uint32_t bytes_max;
} columns[COLUMN_COUNT] = {
	{"id", YG_TREE_ID_MAX},
	{"name", YG_TREE_NAME_MAX},
	{"stage", 40},
	{"parent", YG_TREE_ID_MAX},
	{"channel", 40},
	{"address", YG_TREE_ADDRESS_MAX},
	{"secret", YG_TREE_SECRET_MAX},
};

static const char *const stage_names[] = {
#define X(code, word, title) word,
	YG_TREE_STAGE_MAP(X)
#undef X
};
static const char *const stage_titles[] = {
#define X(code, word, title) title,
	YG_TREE_STAGE_MAP(X)
#undef X
};
static const char *const channel_names[YG_TREE_CHANNEL_COUNT] = {"mail", "webhook"};

const char *yg_tree_stage_name(enum yg_tree_stage stage)
{
	return (uint32_t)stage < YG_TREE_STAGE_COUNT ? stage_names[stage] : "";
}

const char *yg_tree_stage_title(enum yg_tree_stage stage)
{
	return (uint32_t)stage < YG_TREE_STAGE_COUNT ? stage_titles[stage] : "";
}

const char *yg_tree_channel_name(enum yg_tree_channel channel)
{
	return (uint32_t)channel < YG_TREE_CHANNEL_COUNT ? channel_names[channel] : "";
}

struct reader {
	const struct yg_table *table;
	struct yg_arena *arena;
	struct yg_tree_faults *faults;
	uint32_t places[COLUMN_COUNT];
	struct yg_tree_node *nodes;
	const struct yg_tree_node **by_id;
	uint32_t count;
};

/* ---- what is wrong ---- */

/* Without memory for the list the fault is still counted: nothing is taken for right. */
static void add_fault(struct reader *reader, struct yg_tree_fault fault)
{
	struct yg_tree_faults *faults = reader->faults;

	faults->total++;
	if (!faults->items) {
		faults->items =
			yg_arena_alloc(reader->arena, YG_TREE_FAULTS_MAX * sizeof(*faults->items));
		faults->count = 0;
	}
	if (faults->items && faults->count < YG_TREE_FAULTS_MAX)
		faults->items[faults->count++] = fault;
}

/* Without the apostrophe that our tables put before what a spreadsheet would compute. */
static struct yg_bytes cell_of(const struct reader *reader, const struct yg_table_row *row,
			       enum column column)
{
	struct yg_bytes cell = yg_table_cell(row, reader->places[column]);

	if (cell.size > 1 && cell.data[0] == '\'' && cell.data[1] && strchr("=+-@", cell.data[1]))
		return yg_bytes_from(cell, 1);
	return cell;
}

static void wrong(struct reader *reader, enum yg_tree_wrong what, const struct yg_table_row *row,
		  enum column column, uint32_t number)
{
	bool has_column = column < COLUMN_COUNT;

	add_fault(reader,
		  (struct yg_tree_fault){
			  .wrong = what,
			  .line = row->line,
			  .number = number,
			  .column = has_column ? columns[column].name : "",
			  .value = has_column ? cell_of(reader, row, column) : (struct yg_bytes){0},
		  });
}

static int by_line(const void *a, const void *b)
{
	const struct yg_tree_fault *x = a;
	const struct yg_tree_fault *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static int finish(struct yg_tree_faults *faults)
{
	if (faults->total == 0)
		return YG_OK;
	if (!faults->items)
		return YG_ENOMEM;
	qsort(faults->items, faults->count, sizeof(*faults->items), by_line);
	return YG_EFORMAT;
}

/* ---- columns and cells ---- */

static bool find_columns(struct reader *reader)
{
	const struct yg_table_row *header = &reader->table->header;
	uint64_t before = reader->faults->total;

	for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
		struct yg_tree_fault fault = {.line = header->line ? header->line : 1,
					      .column = columns[i].name};
		uint32_t times = 0;

		for (uint32_t j = 0; j < header->count; j++)
			times += yg_bytes_eq_nocase(yg_bytes_trim(header->cells[j]),
						    yg_bytes_str(fault.column));
		reader->places[i] = yg_table_column(reader->table, fault.column);
		fault.wrong = times == 0 ? YG_TREE_NO_COLUMN : YG_TREE_DOUBLE_COLUMN;
		if (times > 1 || (times == 0 && i < NEEDED))
			add_fault(reader, fault);
	}
	return reader->faults->total == before;
}

/* Readable, no control characters: names and addresses stand in head lines of mails. */
static bool is_text(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f ||
		    (text.data[i] == 0xc2 && i + 1 < text.size && text.data[i + 1] < 0xa0))
			return false;
	return yg_utf8_valid(text) && yg_bytes_find(text, YG_S("\xef\xbf\xbd")) == SIZE_MAX;
}

static bool check_cell(struct reader *reader, const struct yg_table_row *row, enum column column)
{
	struct yg_bytes cell = cell_of(reader, row, column);

	if (cell.size > columns[column].bytes_max)
		wrong(reader, YG_TREE_TOO_LONG, row, column, columns[column].bytes_max);
	else if (!is_text(cell))
		wrong(reader, YG_TREE_NO_TEXT, row, column, 0);
	else
		return true;
	return false;
}

static void check_width(struct reader *reader, const struct yg_table_row *row)
{
	for (uint32_t i = reader->table->header.count; i < row->count; i++)
		if (yg_bytes_trim(row->cells[i]).size > 0) {
			wrong(reader, YG_TREE_TOO_WIDE, row, COLUMN_COUNT, 0);
			return;
		}
}

/* The place of the word in @column among @names, or @count (said). */
static uint32_t word_of(struct reader *reader, const struct yg_table_row *row, enum column column,
			const char *const *names, uint32_t count)
{
	struct yg_bytes cell = cell_of(reader, row, column);
	uint32_t found = 0;

	if (!check_cell(reader, row, column))
		return count;
	while (found < count && !yg_bytes_eq_nocase(cell, yg_bytes_str(names[found])))
		found++;
	if (found == count)
		wrong(reader,
		      cell.size == 0	       ? YG_TREE_EMPTY
		      : column == COLUMN_STAGE ? YG_TREE_NO_STAGE
					       : YG_TREE_NO_CHANNEL,
		      row, column, 0);
	return found;
}

/* ---- addresses ---- */

static bool is_visible(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	return true;
}

/* One @, something on both sides, nothing that ends or begins another address or field. */
static bool is_mailbox(struct yg_bytes text)
{
	size_t at = yg_bytes_chr(text, '@');

	if (at == SIZE_MAX || at == 0 || at + 1 == text.size || text.size > YG_TREE_MAIL_MAX ||
	    yg_bytes_chr(yg_bytes_from(text, at + 1), '@') != SIZE_MAX || !is_visible(text))
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (strchr(",;:<>()[]\"\\", text.data[i]))
			return false;
	return true;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT: nothing that a URL could be continued by. */
static bool is_place(struct yg_bytes host)
{
	for (size_t i = 0; i < host.size; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]",
			    host.data[i]))
			return false;
	return host.size > 0 && host.data[0] != ':' && is_visible(host);
}

static bool read_mail(struct yg_bytes address, struct yg_tree_node *node)
{
	size_t scheme = yg_bytes_starts(address, YG_S("smtps://"))  ? 8
			: yg_bytes_starts(address, YG_S("smtp://")) ? 7
								    : 0;
	size_t end = yg_bytes_chr(yg_bytes_from(address, scheme), '/');

	node->mailbox = address;
	if (scheme == 0)
		return is_mailbox(address);
	if (end == SIZE_MAX || !is_place(yg_bytes_cut(address, scheme, scheme + end)))
		return false;
	node->server = yg_bytes_cut(address, 0, scheme + end);
	node->mailbox = yg_bytes_from(address, scheme + end + 1);
	return is_mailbox(node->mailbox);
}

static bool is_url(struct yg_bytes url)
{
	bool is_plain = yg_bytes_starts(url, YG_S("http://"));
	struct yg_bytes rest = yg_bytes_from(url, is_plain ? 7 : 8);
	struct yg_bytes host = rest;

	if (!is_visible(url) || (!is_plain && !yg_bytes_starts(url, YG_S("https://"))))
		return false;
	for (size_t i = 0; i < rest.size; i++)
		if (strchr("/?#", rest.data[i])) {
			host = yg_bytes_cut(rest, 0, i);
			break;
		}
	if (!is_place(host))
		return false;
	return !is_plain || yg_bytes_eq(host, YG_S("127.0.0.1")) ||
	       yg_bytes_starts(host, YG_S("127.0.0.1:"));
}

static void read_address(struct reader *reader, const struct yg_table_row *row,
			 struct yg_tree_node *node)
{
	struct yg_bytes address = cell_of(reader, row, COLUMN_ADDRESS);

	if (!check_cell(reader, row, COLUMN_ADDRESS))
		return;
	node->address = address;
	if (address.size == 0)
		return;
	if (node->channel == YG_TREE_MAIL && !read_mail(address, node))
		wrong(reader, YG_TREE_NO_MAIL, row, COLUMN_ADDRESS, 0);
	else if (node->channel == YG_TREE_WEBHOOK && !is_url(address))
		wrong(reader, YG_TREE_NO_URL, row, COLUMN_ADDRESS, 0);
}

/* ---- rows ---- */

static void read_node(struct reader *reader, const struct yg_table_row *row,
		      struct yg_tree_node *node)
{
	*node = (struct yg_tree_node){.line = row->line,
				      .parent = YG_TREE_NONE,
				      .id = cell_of(reader, row, COLUMN_ID),
				      .name = cell_of(reader, row, COLUMN_NAME),
				      .secret = cell_of(reader, row, COLUMN_SECRET)};
	check_width(reader, row);
	if (check_cell(reader, row, COLUMN_ID) && node->id.size == 0)
		wrong(reader, YG_TREE_EMPTY, row, COLUMN_ID, 0);
	(void)check_cell(reader, row, COLUMN_NAME); /* said */
	node->stage = (enum yg_tree_stage)word_of(reader, row, COLUMN_STAGE, stage_names,
						  YG_TREE_STAGE_COUNT);
	node->channel = (enum yg_tree_channel)word_of(reader, row, COLUMN_CHANNEL, channel_names,
						      YG_TREE_CHANNEL_COUNT);
	read_address(reader, row, node);
	if (check_cell(reader, row, COLUMN_SECRET) && node->secret.size > 0 &&
	    node->secret.size < YG_TREE_SECRET_MIN)
		/* Its value is not shown. */
		add_fault(reader, (struct yg_tree_fault){.wrong = YG_TREE_SHORT_SECRET,
							 .line = row->line,
							 .number = YG_TREE_SECRET_MIN,
							 .column = columns[COLUMN_SECRET].name});
}

static int order_of(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_id(const void *a, const void *b)
{
	const struct yg_tree_node *x = *(const struct yg_tree_node *const *)a;
	const struct yg_tree_node *y = *(const struct yg_tree_node *const *)b;
	int order = order_of(x->id, y->id);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void index_ids(struct reader *reader)
{
	const struct yg_tree_node **ids = reader->by_id;
	uint32_t first = 0;

	for (uint32_t i = 0; i < reader->count; i++)
		ids[i] = &reader->nodes[i];
	qsort(ids, reader->count, sizeof(*ids), by_id);
	for (uint32_t i = 1; i < reader->count; i++)
		if (ids[i]->id.size == 0 || !yg_bytes_eq(ids[i]->id, ids[first]->id))
			first = i;
		else
			add_fault(reader, (struct yg_tree_fault){.wrong = YG_TREE_DOUBLE_ID,
								 .line = ids[i]->line,
								 .number = ids[first]->line,
								 .column = columns[COLUMN_ID].name,
								 .value = ids[i]->id});
}

static uint32_t find(const struct reader *reader, struct yg_bytes id)
{
	uint32_t low = 0;
	uint32_t high = reader->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (order_of(reader->by_id[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < reader->count && yg_bytes_eq(reader->by_id[low]->id, id)
		       ? (uint32_t)(reader->by_id[low] - reader->nodes)
		       : YG_TREE_NONE;
}

static void find_parent(struct reader *reader, const struct yg_table_row *row,
			struct yg_tree_node *node)
{
	struct yg_bytes id = cell_of(reader, row, COLUMN_PARENT);
	bool is_top = node->stage == YG_TREE_MINISTRY;

	if (yg_bytes_eq(id, YG_S("-"))) /* as people fill what shall be empty */
		id = (struct yg_bytes){0};
	if (!check_cell(reader, row, COLUMN_PARENT) || node->stage == YG_TREE_STAGE_COUNT)
		return; /* said */
	if (id.size == 0 || is_top) {
		if (is_top && id.size > 0)
			wrong(reader, YG_TREE_HAS_PARENT, row, COLUMN_PARENT, 0);
		else if (!is_top)
			wrong(reader, YG_TREE_EMPTY, row, COLUMN_PARENT, 0);
		return;
	}
	node->parent = find(reader, id);
	if (node->parent == YG_TREE_NONE)
		wrong(reader, YG_TREE_UNKNOWN, row, COLUMN_PARENT, 0);
	else if (&reader->nodes[node->parent] == node)
		wrong(reader, YG_TREE_SELF, row, COLUMN_PARENT, 0);
	else if (reader->nodes[node->parent].stage + 1 != node->stage &&
		 reader->nodes[node->parent].stage != YG_TREE_STAGE_COUNT)
		wrong(reader, YG_TREE_WRONG_PARENT, row, COLUMN_PARENT,
		      reader->nodes[node->parent].line);
}

int yg_tree_read(const struct yg_table *table, struct yg_arena *arena, struct yg_tree *ret,
		 struct yg_tree_faults *faults)
{
	struct reader reader = {.table = table, .arena = arena, .faults = faults};

	*ret = (struct yg_tree){0};
	if (!find_columns(&reader))
		return finish(faults);
	reader.count = table->row_count;
	if (reader.count > YG_TREE_NODES_MAX) {
		reader.count = YG_TREE_NODES_MAX;
		wrong(&reader, YG_TREE_TOO_MANY, &table->rows[YG_TREE_NODES_MAX], COLUMN_COUNT,
		      YG_TREE_NODES_MAX);
	}
	if (reader.count == 0)
		add_fault(&reader,
			  (struct yg_tree_fault){.wrong = YG_TREE_NOBODY, .line = 1, .column = ""});
	reader.nodes = yg_arena_alloc(arena, ((size_t)reader.count + 1) * sizeof(*reader.nodes));
	reader.by_id = yg_arena_alloc(arena, ((size_t)reader.count + 1) * sizeof(*reader.by_id));
	if (!reader.nodes || !reader.by_id)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < reader.count; i++)
		read_node(&reader, &table->rows[i], &reader.nodes[i]);
	index_ids(&reader);
	for (uint32_t i = 0; i < reader.count; i++)
		find_parent(&reader, &table->rows[i], &reader.nodes[i]);
	*ret = (struct yg_tree){.nodes = reader.nodes, .count = reader.count};
	return finish(faults);
}
