/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/cef.h"

#include "parse/cursor.h"
#include "parse/fortigate.h"

#include "base/ban.h"

#define HEADER_PARTS 7u
#define HEADER_LOOK  512u
#define PRI_BYTES    5u

static struct yg_bytes after_pri(struct yg_bytes b)
{
	size_t end;

	if (b.size > 0 && b.data[0] == '<') {
		end = yg_bytes_chr(yg_bytes_cut(b, 0, PRI_BYTES), '>');
		if (end != SIZE_MAX)
			b = yg_bytes_from(b, end + 1);
	}
	yg_skip_spaces(&b);
	return b;
}

/* Where a part of the header ends: at the next '|' that no backslash is before; SIZE_MAX: never. */
static size_t part_end(struct yg_bytes b)
{
	size_t end = 0;

	while (end < b.size && b.data[end] != '|')
		end += b.data[end] == '\\' && end + 1 < b.size ? 2u : 1u;
	return end < b.size ? end : SIZE_MAX;
}

/* A header that lost its "CEF:": a digit, six parts more, and a pair behind them. */
static bool is_bare(struct yg_bytes b)
{
	b = yg_bytes_cut(b, 0, HEADER_LOOK);
	if (b.size < 2 || (b.data[0] != '0' && b.data[0] != '1') || b.data[1] != '|')
		return false;
	for (size_t part = 0; part < HEADER_PARTS; part++) {
		size_t end = part_end(b);

		if (end == SIZE_MAX)
			return false;
		b = yg_bytes_from(b, end + 1);
	}
	return yg_pair_key(b) > 0;
}

bool yg_cef_fits(struct yg_bytes record)
{
	struct yg_bytes b = after_pri(record);

	return yg_bytes_starts(b, YG_S("CEF:")) || is_bare(b);
}

/* \| \= \\ and the line ends \n \r, as CEF hides them. */
static int unescape(struct yg_event *event, struct yg_bytes *text)
{
	uint8_t *to;
	size_t size = 0;

	if (yg_bytes_chr(*text, '\\') == SIZE_MAX)
		return YG_OK;
	to = yg_arena_alloc(event->arena, text->size);
	if (!to)
		return YG_ENOMEM;
	for (size_t i = 0; i < text->size; i++) {
		uint8_t c = text->data[i];
		uint8_t next = i + 1 < text->size ? text->data[i + 1] : 0;

		if (c == '\\' && (next == '\\' || next == '=' || next == '|')) {
			c = next;
			i++;
		} else if (c == '\\' && (next == 'n' || next == 'r')) {
			c = next == 'n' ? '\n' : '\r';
			i++;
		}
		to[size++] = c;
	}
	*text = (struct yg_bytes){to, size};
	return YG_OK;
}

static int add(struct yg_event *event, struct yg_bytes name, struct yg_bytes text)
{
	int rc = unescape(event, &text);

	return rc == YG_OK ? yg_event_add(event, name, text, YG_VALUE_TEXT) : rc;
}

static int add_header(struct yg_event *event, struct yg_bytes *b)
{
	static const char *const names[HEADER_PARTS] = {"cef_version", "vendor",       "product",
							"version",     "signature_id", "name",
							"cef_severity"};
	int rc = YG_OK;

	(void)yg_skip_head(b, YG_S("CEF:"));
	for (size_t part = 0; part < HEADER_PARTS && rc == YG_OK; part++) {
		size_t end = part_end(*b);

		if (end == SIZE_MAX)
			return YG_EFORMAT;
		rc = add(event, yg_bytes_str(names[part]), yg_bytes_trim(yg_bytes_cut(*b, 0, end)));
		*b = yg_bytes_from(*b, end + 1);
	}
	return rc;
}

/* Values run up to the next " key=". */
static int add_extension(struct yg_event *event, struct yg_bytes b)
{
	int rc = YG_OK;

	while (b.size > 0 && rc == YG_OK) {
		size_t key = yg_pair_key(b);
		size_t end;

		if (key == 0) {
			b = yg_bytes_from(b, 1);
			continue;
		}
		for (end = key + 1; end < b.size; end++)
			if (b.data[end] == ' ' && yg_pair_key(yg_bytes_from(b, end + 1)) > 0)
				break;
		rc = add(event, yg_bytes_cut(b, 0, key),
			 yg_bytes_trim(yg_bytes_cut(b, key + 1, end)));
		b = yg_bytes_from(b, end + 1);
	}
	return rc;
}

int yg_cef_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		struct yg_fault *reterr)
{
	struct yg_bytes b = after_pri(record);
	int rc;

	if (!yg_cef_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "no CEF: in front", 0);
	rc = add_header(event, &b);
	if (rc == YG_EFORMAT)
		return yg_fault_set(reterr, YG_EFORMAT, "the CEF header ends too early",
				    record.size);
	if (rc == YG_OK)
		rc = add_extension(event, b);
	if (rc == YG_OK) {
		yg_device_time(ctx, event);
		rc = yg_cef_finish(event);
	}
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_cef_finish(struct yg_event *event)
{
	int rc = yg_device_derive(event);

	event->channel = YG_S("cef");
	if (rc == YG_OK)
		rc = yg_derive_once(event, YG_F_action, yg_field_text(event, YG_S("act")));
	return rc == YG_OK ? yg_device_user(event) : rc;
}
