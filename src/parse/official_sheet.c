/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sheets and shared strings (ECMA-376 part 1, 18.3 and 18.4) through expat.
 *
 * Text stands in <t>, directly, in runs <r>, or inline in a cell; <rPh> holds the reading in kana
 * and is left out. A sheet's cell is text (t="s": number of a shared string, "inlineStr", "str"),
 * a number (taken as it is written), or truth and errors (left out).
 *
 * Hostile files: no entity may be defined, nothing outside is loaded (expat asks a handler that
 * is not set), depth and the size of one token are bounded, memory comes through base/alloc.h.
 */
#include <expat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "parse/official-int.h"

#include "base/ban.h"

#define DEPTH_MAX 64u
#define TOKEN_MAX (256u << 10) /* bytes of one tag: expat reads it anew with each piece */

enum cell_type {
	CELL_NUMBER,
	CELL_SHARED,
	CELL_TEXT,
	CELL_OTHER,
};

struct yg_sheet_parser {
	XML_Parser xml;
	struct yg_arena *scratch;
	const char *name;
	struct yg_sheet_strings *strings;
	struct yg_sheet_cells *cells; /* NULL: shared strings are read */
	struct yg_line_fault *fault;
	struct yg_buf text; /* of the string or cell at hand */
	uint64_t fed_bytes, parsed_bytes;
	uint32_t depth;
	uint32_t skip_depth; /* inside of <rPh>: its depth */
	uint32_t row;
	uint32_t column;
	uint32_t next_column;
	enum cell_type type;
	int error;
	bool is_inside; /* of <si> or <c> */
	bool is_text;	/* of <t> or <v> */
};

static void *take(size_t size)
{
	return yg_malloc(size);
}

static void *retake(void *old, size_t size)
{
	return yg_reallocarray(old, 1, size);
}

static void stop(struct yg_sheet_parser *parser, enum yg_err code, const char *why)
{
	if (parser->error != YG_OK)
		return;
	parser->error = yg_line_fault_set(parser->fault, code, 0, "%s: %s", parser->name, why);
	(void)XML_StopParser(parser->xml, XML_FALSE); /* fails only when it has stopped already */
}

/* Room for one more of @size bytes in a growing array of at most @max. */
static bool has_room(struct yg_sheet_parser *parser, void **items, size_t *room, size_t count,
		     size_t size)
{
	size_t wanted = *room ? *room * 2 : 256;
	void *grown;

	if (count < *room)
		return true;
	if (count >= YG_SHEET_CELLS_MAX) {
		stop(parser, YG_ELIMIT, "more cells or strings than a workbook may hold here");
		return false;
	}
	grown = yg_reallocarray(*items, wanted, size);
	if (!grown) {
		stop(parser, YG_ENOMEM, "out of memory");
		return false;
	}
	*items = grown;
	*room = wanted;
	return true;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "_x000D_" stands for a character that XML cannot hold (22.9.2.19). The point, or UINT32_MAX. */
static uint32_t escaped(struct yg_bytes text)
{
	uint32_t point = 0;

	if (text.size < 7 || text.data[0] != '_' || text.data[1] != 'x' || text.data[6] != '_')
		return UINT32_MAX;
	for (size_t i = 2; i < 6; i++) {
		int digit = hex_digit(text.data[i]);

		if (digit < 0)
			return UINT32_MAX;
		point = point << 4 | (uint32_t)digit;
	}
	return point;
}

static bool is_kept(uint32_t point)
{
	return (point >= ' ' && (point < 0xd800 || point > 0xdfff)) || point == '\n' ||
	       point == '\r' || point == '\t';
}

/* The text at hand, escapes undone, in the scratch arena. */
static bool keep_text(struct yg_sheet_parser *parser, struct yg_bytes *ret)
{
	struct yg_bytes from = yg_buf_bytes(&parser->text);
	uint8_t *to = yg_arena_alloc(parser->scratch, from.size + 1);
	size_t size = 0;

	if (!to) {
		stop(parser, YG_ENOMEM, "out of memory");
		return false;
	}
	for (size_t i = 0; i < from.size;) {
		uint32_t point = escaped(yg_bytes_from(from, i));

		if (point == UINT32_MAX) {
			to[size++] = from.data[i++];
			continue;
		}
		if (is_kept(point))
			size += yg_utf8_put(point, to + size); /* at most 3 bytes for 7 */
		i += 7;
	}
	*ret = (struct yg_bytes){to, size};
	return true;
}

static void end_string(struct yg_sheet_parser *parser)
{
	struct yg_sheet_strings *strings = parser->strings;
	void *items = strings->items;

	parser->is_inside = false;
	if (!has_room(parser, &items, &strings->room, strings->count, sizeof(*strings->items)))
		return;
	strings->items = items;
	if (keep_text(parser, &strings->items[strings->count]))
		strings->count++;
}

/* The text of the cell at hand; false when it has none. */
static bool cell_text(struct yg_sheet_parser *parser, struct yg_bytes *ret)
{
	uint64_t index;

	if (parser->type == CELL_OTHER || parser->text.size == 0)
		return false;
	if (parser->type != CELL_SHARED)
		return keep_text(parser, ret) && yg_bytes_trim(*ret).size > 0;
	if (!yg_bytes_u64(yg_bytes_trim(yg_buf_bytes(&parser->text)), &index) ||
	    index >= parser->strings->count) {
		stop(parser, YG_EFORMAT, "a cell names a shared string that does not exist");
		return false;
	}
	*ret = parser->strings->items[index];
	return yg_bytes_trim(*ret).size > 0;
}

static void end_cell(struct yg_sheet_parser *parser)
{
	struct yg_sheet_cells *cells = parser->cells;
	struct yg_sheet_cell cell = {.row = parser->row, .column = parser->column};
	void *items = cells->items;

	parser->is_inside = false;
	if (!cell_text(parser, &cell.text) ||
	    !has_room(parser, &items, &cells->room, cells->count, sizeof(cell)))
		return;
	cells->items = items;
	cells->items[cells->count++] = cell;
}

/* The name without its prefix: some writers give one to everything. */
static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

static void start_row(struct yg_sheet_parser *parser, const char **attributes)
{
	const char *text = attribute(attributes, "r");
	uint64_t row = (uint64_t)parser->row + 1;

	if ((text && !yg_bytes_u64(yg_bytes_str(text), &row)) || row == 0 ||
	    row > YG_SHEET_ROWS_MAX) {
		stop(parser, YG_EFORMAT, "a row with a number that no sheet has");
		return;
	}
	parser->row = (uint32_t)row;
	parser->next_column = 0;
}

/* "BC12" to column 54. */
static bool read_place(const char *text, uint32_t *ret_column)
{
	uint32_t column = 0;

	for (; *text >= 'A' && *text <= 'Z'; text++) {
		column = column * 26 + (uint32_t)(*text - 'A') + 1;
		if (column > YG_SHEET_COLUMNS_MAX)
			return false;
	}
	*ret_column = column - 1;
	return column > 0;
}

static void start_cell(struct yg_sheet_parser *parser, const char **attributes)
{
	static const struct {
		const char *name;
		enum cell_type type;
	} types[] = {{"s", CELL_SHARED},
		     {"inlineStr", CELL_TEXT},
		     {"str", CELL_TEXT},
		     {"n", CELL_NUMBER}};
	const char *place = attribute(attributes, "r");
	const char *type = attribute(attributes, "t");

	parser->column = parser->next_column;
	if ((place && !read_place(place, &parser->column)) ||
	    parser->column >= YG_SHEET_COLUMNS_MAX) {
		stop(parser, YG_EFORMAT, "a cell in a column that no sheet has");
		return;
	}
	parser->next_column = parser->column + 1;
	parser->type = type ? CELL_OTHER : CELL_NUMBER;
	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i].name) == 0)
			parser->type = types[i].type;
	parser->is_inside = true;
	yg_buf_reset(&parser->text);
}

static void on_start(void *arg, const char *full_name, const char **attributes)
{
	struct yg_sheet_parser *parser = arg;
	const char *name = local(full_name);

	if (++parser->depth > DEPTH_MAX) {
		stop(parser, YG_ELIMIT, "nested too deeply");
		return;
	}
	if (parser->skip_depth > 0)
		return;
	if (strcmp(name, "rPh") == 0) {
		parser->skip_depth = parser->depth;
	} else if (!parser->cells && strcmp(name, "si") == 0) {
		parser->is_inside = true;
		yg_buf_reset(&parser->text);
	} else if (parser->cells && strcmp(name, "row") == 0) {
		start_row(parser, attributes);
	} else if (parser->cells && strcmp(name, "c") == 0) {
		start_cell(parser, attributes);
	} else if (parser->is_inside && (strcmp(name, "t") == 0 || strcmp(name, "v") == 0)) {
		parser->is_text = true;
	}
}

static void on_end(void *arg, const char *full_name)
{
	struct yg_sheet_parser *parser = arg;
	const char *name = local(full_name);

	if (parser->depth == parser->skip_depth)
		parser->skip_depth = 0;
	parser->depth--;
	if (parser->skip_depth > 0 || parser->error != YG_OK)
		return;
	if (strcmp(name, "t") == 0 || strcmp(name, "v") == 0)
		parser->is_text = false;
	else if (!parser->cells && parser->is_inside && strcmp(name, "si") == 0)
		end_string(parser);
	else if (parser->cells && parser->is_inside && strcmp(name, "c") == 0)
		end_cell(parser);
}

static void on_text(void *arg, const char *text, int size)
{
	struct yg_sheet_parser *parser = arg;

	if (!parser->is_text || parser->skip_depth > 0 || parser->error != YG_OK)
		return;
	yg_buf_add(&parser->text, (struct yg_bytes){(const uint8_t *)text, (size_t)size});
	if (yg_buf_error(&parser->text) == YG_ELIMIT)
		stop(parser, YG_ELIMIT, "a cell with more text than a cell can hold");
	else if (yg_buf_error(&parser->text) != YG_OK)
		stop(parser, YG_ENOMEM, "out of memory");
}

static void on_entity(void *arg, const char *name, int is_parameter, const char *value, int size,
		      const char *base, const char *system_id, const char *public_id,
		      const char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)size, (void)base, (void)system_id;
	(void)public_id, (void)notation; /* whatever it is, it is refused */
	stop(arg, YG_EFORMAT, "it defines entities of its own, which no workbook needs: refused");
}

struct yg_sheet_parser *yg_sheet_parser_new(struct yg_arena *scratch, const char *name,
					    struct yg_sheet_strings *strings,
					    struct yg_sheet_cells *cells,
					    struct yg_line_fault *fault)
{
	static const XML_Memory_Handling_Suite memory = {take, retake, free};
	struct yg_sheet_parser *parser = yg_calloc(1, sizeof(*parser));

	if (!parser)
		return NULL;
	yg_buf_init(&parser->text, YG_OFFICIAL_TEXT_MAX);
	parser->scratch = scratch;
	parser->name = name;
	parser->strings = strings;
	parser->cells = cells;
	parser->fault = fault;
	parser->xml = XML_ParserCreate_MM(NULL, &memory, NULL);
	if (!parser->xml)
		return yg_sheet_parser_free(parser);
	XML_SetUserData(parser->xml, parser);
	XML_SetElementHandler(parser->xml, on_start, on_end);
	XML_SetCharacterDataHandler(parser->xml, on_text);
	XML_SetEntityDeclHandler(parser->xml, on_entity);
	return parser;
}

struct yg_sheet_parser *yg_sheet_parser_free(struct yg_sheet_parser *parser)
{
	if (!parser)
		return NULL;
	if (parser->xml)
		XML_ParserFree(parser->xml);
	yg_buf_done(&parser->text);
	free(parser);
	return NULL;
}

/* Why expat gave up, when it was not us who stopped it. */
static int fail_xml(struct yg_sheet_parser *parser)
{
	enum XML_Error why = XML_GetErrorCode(parser->xml);
	XML_Size line = XML_GetCurrentLineNumber(parser->xml);

	if (parser->error != YG_OK)
		return parser->error;
	if (why == XML_ERROR_NO_MEMORY)
		parser->error = yg_line_fault_set(parser->fault, YG_ENOMEM, 0, "out of memory");
	else
		parser->error = yg_line_fault_set(
			parser->fault, YG_EFORMAT, 0, "%s: not well-formed XML in its line %lu: %s",
			parser->name, (unsigned long)line, XML_ErrorString(why));
	return parser->error;
}

int yg_sheet_feed(struct yg_sheet_parser *parser, struct yg_bytes bytes, bool is_end)
{
	XML_Index at;

	if (parser->error != YG_OK)
		return parser->error;
	parser->fed_bytes += bytes.size;
	if (XML_Parse(parser->xml, (const char *)bytes.data, (int)bytes.size, is_end) !=
	    XML_STATUS_OK)
		return fail_xml(parser);
	at = XML_GetCurrentByteIndex(parser->xml);
	if (at >= 0) /* newer parsers do not know within a long tag: see repodata.c */
		parser->parsed_bytes = (uint64_t)at;
	if (!is_end && parser->fed_bytes - parser->parsed_bytes > TOKEN_MAX)
		stop(parser, YG_ELIMIT, "a tag longer than any workbook has");
	return parser->error;
}
