/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents: a machine over the bytes, which knows JSON just well enough to find the end of a
 * value and to notice where a '{' cannot stand:
 *
 *   between --'{' '['--> inside (depth 1…) --depth 0--> between
 *                          |  ^
 *                         '"' '"'        a line end inside a string: broken
 *                          v  |
 *                         string         '{' at the document's own indent while broken, or where
 *                                        no value may begin: the document is torn there
 */
#include "parse/frame.h"

#include <assert.h>

#include "model/event.h"
#include "parse/auditd.h"
#include "parse/format.h"
#include "parse/frame-int.h"

#include "base/ban.h"

#define NO_COLUMN	 UINT32_MAX
#define RECORDS_HEAD_MAX 256u /* white space in {"Records":[ */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The longest beginning of @data within the limit that does not cut a character. */
static size_t long_size(struct yg_bytes data)
{
	size_t size = YG_EVENT_RECORD_MAX;

	for (unsigned i = 0; i < 3 && (data.data[size] & 0xc0) == 0x80; i++)
		size--;
	return size;
}

static int give(struct yg_frame *ret, struct yg_bytes record, size_t consumed)
{
	*ret = (struct yg_frame){.record = record, .consumed = consumed};
	return YG_OK;
}

static int give_skipped(struct yg_frame *ret, struct yg_bytes data, size_t consumed)
{
	*ret = (struct yg_frame){
		.record = {data.data, 0}, .consumed = consumed, .is_skipped = true};
	return YG_OK;
}

static int drop_line(struct yg_framer *framer, struct yg_bytes data, struct yg_frame *ret)
{
	size_t end = yg_bytes_chr(data, '\n');

	if (end == SIZE_MAX)
		return give_skipped(ret, data, data.size);
	framer->is_dropping = false;
	return give_skipped(ret, data, end + 1);
}

static bool is_blank(struct yg_bytes line)
{
	return line.size == 0 || (is_space(line.data[0]) && yg_bytes_trim(line).size == 0);
}

static int next_line(struct yg_framer *framer, struct yg_bytes data, bool is_end,
		     struct yg_frame *ret)
{
	size_t look = data.size > YG_EVENT_RECORD_MAX ? YG_EVENT_RECORD_MAX + 1 : data.size;
	size_t from = framer->scanned < look ? framer->scanned : look;
	size_t end, size;

	if (framer->is_dropping)
		return drop_line(framer, data, ret);
	end = yg_bytes_chr(yg_bytes_cut(data, from, look), '\n');
	if (end == SIZE_MAX && look > YG_EVENT_RECORD_MAX) {
		framer->scanned = 0;
		framer->is_dropping = true;
		size = long_size(data);
		(void)give(ret, yg_bytes_cut(data, 0, size), size);
		ret->is_long = true;
		ret->is_torn = true;
		return YG_OK;
	}
	if (end == SIZE_MAX && !is_end) {
		framer->scanned = look;
		return YG_EAGAIN;
	}
	framer->scanned = 0;
	size = end == SIZE_MAX ? data.size : from + end;
	(void)give(ret, yg_bytes_cut(data, 0, size), end == SIZE_MAX ? size : size + 1);
	ret->is_torn = end == SIZE_MAX;
	ret->is_line = end != SIZE_MAX;
	if (size > 0 && data.data[size - 1] == '\r')
		ret->record.size--;
	ret->is_skipped = is_blank(ret->record);
	return YG_OK;
}

/* Does an audit record begin here? A look at a few bytes. */
static bool is_audit(struct yg_bytes data)
{
	return data.size > 5 &&
	       (memcmp(data.data, "type=", 5) == 0 || memcmp(data.data, "node=", 5) == 0);
}

/* @ret is a line of an audit log: make it the whole event, as far as its lines stand together. */
static int join_audit(struct yg_bytes data, bool is_end, struct yg_frame *ret)
{
	struct yg_bytes id = yg_audit_id(ret->record);
	struct yg_bytes line = ret->record;
	size_t end = ret->consumed;
	bool is_torn = ret->is_torn;

	if (id.size == 0)
		return YG_OK;
	for (unsigned count = 1; count < YG_AUDIT_LINES_MAX && !is_torn; count++) {
		struct yg_bytes rest = yg_bytes_from(data, end);
		size_t size;

		if (yg_audit_is_last(line))
			break;
		rest = yg_bytes_cut(rest, 0, YG_EVENT_RECORD_MAX - end);
		size = yg_bytes_chr(rest, '\n');
		if (size == SIZE_MAX && end + rest.size == YG_EVENT_RECORD_MAX)
			break; /* too long for one record */
		if (size == SIZE_MAX && !is_end)
			return YG_EAGAIN;
		line = yg_bytes_cut(rest, 0, size);
		if (!yg_bytes_eq(yg_audit_id(line), id))
			break;
		is_torn = size == SIZE_MAX;
		ret->record.size = end + line.size;
		end += line.size + !is_torn;
		if (line.size > 0 && line.data[line.size - 1] == '\r')
			ret->record.size--;
	}
	ret->consumed = end;
	ret->is_torn = is_torn;
	return YG_OK;
}

static int next_line_or_event(struct yg_framer *framer, struct yg_bytes data, bool is_end,
			      struct yg_frame *ret)
{
	bool may_join = !framer->is_dropping && is_audit(data);
	int rc = next_line(framer, data, is_end, ret);

	if (rc != YG_OK || !may_join || ret->is_skipped || ret->is_long)
		return rc;
	ret->is_line = false; /* maybe several */
	return join_audit(data, is_end, ret);
}

/*
 * {"Records":[ at the front of @data: its size, 0 when it is not that, SIZE_MAX when more bytes
 * are needed to tell.
 */
static size_t records_head(struct yg_bytes data, bool is_end)
{
	static const char *const parts[] = {"{", "\"Records\"", ":", "["};
	size_t i = 0;

	for (size_t part = 0; part < 4; part++) {
		struct yg_bytes word = yg_bytes_str(parts[part]);
		struct yg_bytes rest;

		while (i < data.size && is_space(data.data[i]) && i < RECORDS_HEAD_MAX)
			i++;
		rest = yg_bytes_cut(data, i, i + word.size);
		if (memcmp(rest.data ? rest.data : word.data, word.data, rest.size) != 0)
			return 0;
		if (rest.size < word.size)
			return is_end ? 0 : SIZE_MAX;
		i += word.size;
	}
	return i;
}

/* White space, commas and the brackets of the outer array. Returns how many bytes they are. */
static size_t skip_between(struct yg_framer *framer, struct yg_bytes data)
{
	size_t i = 0;

	for (; i < data.size; i++) {
		uint8_t c = data.data[i];

		if (c == '\n')
			framer->column = 0;
		else if (is_space(c))
			framer->column += framer->column != NO_COLUMN;
		else if (c == ',' || (c == ']' && framer->is_in_array) ||
			 (c == '[' && !framer->is_in_array) ||
			 (c == '}' && framer->is_in_records && !framer->is_in_array))
			framer->column = NO_COLUMN;
		else
			break;
		if (c == '}')
			framer->is_in_records = false;
		if (c == '[' || c == ']')
			framer->is_in_array = c == '[';
	}
	return i;
}

/* From framer->scanned to the end of a scalar or of its line. True when that was found. */
static bool scan_scalar(struct yg_framer *framer, struct yg_bytes data)
{
	size_t i = framer->scanned;
	bool is_done = false;

	for (; i < data.size && i <= YG_EVENT_RECORD_MAX; i++) {
		uint8_t c = data.data[i];

		is_done = c == '\n' || (framer->is_in_array && !framer->is_in_string &&
					(c == ',' || c == ']') && i > 0);
		if (is_done)
			break;
		if (c == '"' && !framer->is_escaped)
			framer->is_in_string = !framer->is_in_string;
		framer->is_escaped = c == '\\' && !framer->is_escaped;
	}
	framer->scanned = i;
	return is_done;
}

/* Something that is no object or array: a scalar in the array, or a line of other text. */
static int next_scalar(struct yg_framer *framer, struct yg_bytes data, bool is_end,
		       struct yg_frame *ret)
{
	bool is_done = scan_scalar(framer, data);
	size_t i = framer->scanned;
	bool is_long;

	if (!is_done && i <= YG_EVENT_RECORD_MAX && !is_end)
		return YG_EAGAIN;
	is_long = i > YG_EVENT_RECORD_MAX;
	if (is_long)
		i = long_size(data);
	framer->scanned = 0;
	framer->is_in_string = false;
	framer->is_escaped = false;
	framer->column = NO_COLUMN;
	(void)give(ret, yg_bytes_trim(yg_bytes_cut(data, 0, i)), i);
	ret->is_torn = !is_done;
	ret->is_long = is_long;
	ret->is_skipped = ret->record.size == 0;
	return YG_OK;
}

/* A '{' here, at the document's own indent, is the next document. */
static bool is_next_document(const struct yg_framer *framer)
{
	bool is_in_array = framer->kinds & 1;

	if (framer->column == NO_COLUMN || framer->column != framer->indent)
		return false;
	if (framer->is_broken)
		return true;
	if (framer->depth > 64)
		return false;
	return !(framer->before == '[' || (framer->before == ',' && is_in_array) ||
		 (framer->before == ':' && !is_in_array));
}

static void open_bracket(struct yg_framer *framer, uint8_t c)
{
	framer->depth += framer->depth < UINT32_MAX;
	framer->kinds = framer->kinds << 1 | (c == '[');
}

/* True when the document ends with this bracket. */
static bool close_bracket(struct yg_framer *framer, uint8_t c)
{
	if (framer->depth <= 64 && (framer->kinds & 1) != (c == ']'))
		framer->is_broken = true;
	framer->kinds >>= 1;
	framer->depth--;
	return framer->depth == 0;
}

/* Inside a string from @i: the index after its end, or after the byte that broke it. */
static size_t pass_string(struct yg_framer *framer, struct yg_bytes data, size_t i)
{
	for (; i < data.size; i++) {
		uint8_t c = data.data[i];

		if (framer->is_escaped) {
			framer->is_escaped = false;
		} else if (c == '\\') {
			framer->is_escaped = true;
		} else if (c == '"') {
			framer->is_in_string = false;
			framer->before = '"';
			return i + 1;
		}
		if (c == '\n') { /* not in JSON: a quote was lost, or begins a string too many */
			framer->is_broken = true;
			framer->is_in_string = false;
			framer->is_escaped = false;
			framer->column = 0;
			return i + 1;
		}
	}
	return i;
}

enum end {
	END_NONE, /* of the data, not of the document */
	END_WHOLE,
	END_TORN, /* before the byte at the index */
};

/* From framer->scanned on; sets it to where the scan stopped. */
static enum end scan_document(struct yg_framer *framer, struct yg_bytes data)
{
	size_t i = framer->scanned;
	enum end end = END_NONE;

	while (i < data.size && end == END_NONE) {
		uint8_t c = data.data[i];

		if (framer->is_in_string) {
			i = pass_string(framer, data, i);
			continue;
		}
		if (c == '{' && framer->depth > 0 && is_next_document(framer)) {
			end = END_TORN;
			break;
		}
		i++;
		if (c == '\n') {
			framer->column = 0;
			continue;
		}
		if (is_space(c)) {
			framer->column += framer->column != NO_COLUMN;
			continue;
		}
		framer->column = NO_COLUMN;
		framer->is_in_string = c == '"';
		if (c == '{' || c == '[')
			open_bracket(framer, c);
		else if ((c == '}' || c == ']') && close_bracket(framer, c))
			end = END_WHOLE;
		framer->before = c;
	}
	framer->scanned = i;
	return end;
}

static void forget_document(struct yg_framer *framer, bool is_at_line_start)
{
	bool is_in_array = framer->is_in_array;
	bool is_in_records = framer->is_in_records;
	uint32_t indent = framer->indent;

	*framer = (struct yg_framer){.framing = framer->framing,
				     .is_in_array = is_in_array,
				     .is_in_records = is_in_records,
				     .column = is_at_line_start ? indent : NO_COLUMN};
}

static int next_document(struct yg_framer *framer, struct yg_bytes data, bool is_end,
			 struct yg_frame *ret)
{
	bool is_full = data.size > YG_EVENT_RECORD_MAX;
	bool is_dropping = framer->is_dropping;
	struct yg_bytes look =
		is_full && !is_dropping ? yg_bytes_cut(data, 0, YG_EVENT_RECORD_MAX + 1) : data;
	enum end end = scan_document(framer, look);
	size_t size = framer->scanned;
	bool is_long = end == END_NONE && is_full && !is_dropping;

	if (end == END_NONE && !is_full && !is_end && !is_dropping)
		return YG_EAGAIN;
	if (is_long)
		size = long_size(data);
	if (is_dropping)
		(void)give_skipped(ret, data, size);
	else
		(void)give(ret, yg_bytes_trim(yg_bytes_cut(data, 0, size)), size);
	ret->is_long = is_long;
	ret->is_torn = end != END_WHOLE && !is_dropping;
	if (end != END_NONE) {
		forget_document(framer, end == END_TORN);
	} else {
		/* The scan may be up to three bytes past a cut inside a character. */
		framer->scanned -= size;
		framer->is_dropping = true;
	}
	return YG_OK;
}

static int next_value(struct yg_framer *framer, struct yg_bytes data, bool is_end,
		      struct yg_frame *ret)
{
	size_t between;

	int rc;

	if (framer->is_dropping || framer->depth > 0) {
		rc = next_document(framer, data, is_end, ret);
		/* Dropping may end exactly before these bytes: then they begin a document. */
		if (rc != YG_OK || ret->consumed > 0)
			return rc;
	}
	if (framer->scanned > 0)
		return next_scalar(framer, data, is_end, ret);
	between = skip_between(framer, data);
	if (between > 0)
		return give_skipped(ret, data, between);
	if (data.data[0] != '{' && data.data[0] != '[')
		return next_scalar(framer, data, is_end, ret);
	if (data.data[0] == '{' && !framer->is_in_array) {
		size_t head = records_head(data, is_end);

		if (head == SIZE_MAX)
			return YG_EAGAIN;
		if (head > 0) {
			framer->is_in_array = true;
			framer->is_in_records = true;
			framer->column = NO_COLUMN;
			return give_skipped(ret, data, head);
		}
	}
	framer->indent = framer->column == NO_COLUMN ? 0 : framer->column;
	return next_document(framer, data, is_end, ret);
}

int yg_frame_next(struct yg_framer *framer, struct yg_bytes data, bool is_end, struct yg_frame *ret)
{
	assert(framer && ret);
	if (data.size == 0)
		return YG_EAGAIN;
	if (framer->framing == YG_FRAMING_LINES)
		return next_line_or_event(framer, data, is_end, ret);
	if (framer->framing == YG_FRAMING_EVENTS)
		return yg_frame_next_event(framer, data, is_end, ret);
	return next_value(framer, data, is_end, ret);
}

/* The first value ends at @end: lines, unless another value follows on the same line. */
static enum yg_framing after_value(struct yg_bytes start, size_t end)
{
	for (size_t i = end; i < start.size && start.data[i] != '\n'; i++) {
		if (start.data[i] == ',' || start.data[i] == '{')
			return YG_FRAMING_DOCUMENTS;
		if (!is_space(start.data[i]))
			break;
	}
	return YG_FRAMING_LINES;
}

/* @start begins with '[': a JSON array, or a line of a log that begins with its time? */
static enum yg_framing after_bracket(struct yg_bytes start, bool is_end)
{
	size_t i = 1;

	while (i < start.size && is_space(start.data[i]))
		i++;
	if (i == start.size || start.data[i] == '{')
		return YG_FRAMING_DOCUMENTS;
	if (start.data[i] == ']' && is_end && after_value(start, i + 1) == YG_FRAMING_LINES)
		return YG_FRAMING_DOCUMENTS; /* an empty one */
	return YG_FRAMING_LINES;
}

enum yg_framing yg_frame_recognise(struct yg_bytes start, bool is_end)
{
	struct yg_framer framer = {.framing = YG_FRAMING_DOCUMENTS};
	size_t first = 0;
	size_t line;
	enum end end;

	while (first < start.size && is_space(start.data[first]))
		first++;
	start = yg_bytes_from(start, first);
	if (start.size == 0)
		return YG_FRAMING_LINES;
	if (start.data[0] == '[')
		return after_bracket(start, is_end);
	if (strchr("<-", start.data[0]) && start.data[0] && yg_frame_is_events(start))
		return YG_FRAMING_EVENTS;
	if (start.data[0] != '{')
		return YG_FRAMING_LINES;
	if (records_head(start, true) > 0)
		return YG_FRAMING_DOCUMENTS;
	line = yg_bytes_chr(start, '\n');
	end = scan_document(&framer, start);
	if (end == END_WHOLE && framer.scanned <= line)
		return after_value(start, framer.scanned);
	if (end == END_TORN || framer.is_broken || line == SIZE_MAX)
		return YG_FRAMING_LINES;
	return YG_FRAMING_DOCUMENTS;
}
