/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/windows_xml.h"

#include <expat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "parse/json.h"

#include "base/ban.h"

struct writer {
	XML_Parser parser;
	struct yg_buf json, text; /* @text: of the innermost element, so far */
	uint32_t depth;
	uint64_t is_open;  /* bit of a depth: its object has begun */
	uint64_t is_datum; /* bit of a depth: an element of event data, empty when it holds nothing
			    */
	const char *why;   /* it was given up; static */
};

_Static_assert(YG_XML_DEPTH_MAX < 64, "a bit for each depth");

static void give_up(struct writer *w, const char *why)
{
	if (!w->why)
		w->why = why;
	(void)XML_StopParser(w->parser, XML_FALSE); /* fails only when it has stopped already */
}

static uint64_t bit(uint32_t depth)
{
	return UINT64_C(1) << depth;
}

/* Before a member of the object at @depth. */
static void begin_member(struct writer *w, uint32_t depth)
{
	yg_buf_add_byte(&w->json, w->is_open & bit(depth) ? ',' : '{');
	w->is_open |= bit(depth);
}

static void add_key(struct writer *w, const char *key)
{
	yg_buf_add_json(&w->json, yg_bytes_str(key));
	yg_buf_add_byte(&w->json, ':');
}

/* The name without its prefix. */
static const char *local(const char *full)
{
	const char *colon = strrchr(full, ':');

	return colon ? colon + 1 : full;
}

static bool is_name_of_datum(const char *element, const char *attribute)
{
	return strcmp(element, "Data") == 0 && strcmp(attribute, "Name") == 0;
}

/* Those of name spaces and the name of a datum are no fields. */
static bool is_field(const char *element, const char *attribute)
{
	return strncmp(attribute, "xmlns", 5) != 0 && !is_name_of_datum(element, attribute);
}

static void add_attributes(struct writer *w, const char *element, const char **attributes)
{
	bool has_any = false;

	for (size_t i = 0; attributes[i]; i += 2) {
		if (!is_field(element, attributes[i]))
			continue;
		if (!has_any) {
			begin_member(w, w->depth);
			yg_buf_add_str(&w->json, "\"#attributes\":");
		}
		yg_buf_add_byte(&w->json, has_any ? ',' : '{');
		has_any = true;
		add_key(w, local(attributes[i]));
		yg_buf_add_json(&w->json, yg_bytes_str(attributes[i + 1]));
	}
	if (has_any)
		yg_buf_add_byte(&w->json, '}');
}

static void on_start(void *arg, const char *full, const char **attributes)
{
	struct writer *w = arg;
	const char *element = local(full);
	const char *key = element;

	if (w->depth + 1 >= YG_XML_DEPTH_MAX) {
		give_up(w, "an event nested too deeply");
		return;
	}
	for (size_t i = 0; attributes[i]; i += 2)
		if (is_name_of_datum(element, attributes[i]) && attributes[i + 1][0])
			key = attributes[i + 1];
	begin_member(w, w->depth);
	add_key(w, key);
	w->depth++;
	w->is_open &= ~bit(w->depth);
	w->is_datum &= ~bit(w->depth);
	if (strcmp(element, "Data") == 0)
		w->is_datum |= bit(w->depth);
	add_attributes(w, element, attributes);
	yg_buf_reset(&w->text);
	if (yg_buf_error(&w->json) != YG_OK)
		give_up(w, "an event too large");
}

static void on_end(void *arg, const char *full)
{
	struct writer *w = arg;
	struct yg_bytes text = yg_buf_bytes(&w->text);
	bool has_text = yg_bytes_trim(text).size > 0;

	(void)full;
	if (w->is_open & bit(w->depth)) {
		if (has_text) {
			yg_buf_add_str(&w->json, ",\"#text\":");
			yg_buf_add_json(&w->json, text);
		}
		yg_buf_add_byte(&w->json, '}');
	} else if (has_text || (w->is_datum & bit(w->depth))) {
		yg_buf_add_json(&w->json, text);
	} else {
		yg_buf_add_str(&w->json, "null");
	}
	w->depth--;
	yg_buf_reset(&w->text);
}

static void on_text(void *arg, const char *text, int size)
{
	struct writer *w = arg;

	yg_buf_add(&w->text, (struct yg_bytes){(const uint8_t *)text, (size_t)size});
	if (yg_buf_error(&w->text) != YG_OK)
		give_up(w, "an event too large");
}

static void on_entity(void *arg, const char *name, int is_parameter, const char *value, int size,
		      const char *base, const char *system_id, const char *public_id,
		      const char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)size, (void)base, (void)system_id;
	(void)public_id, (void)notation;
	give_up(arg, "an event with entities of its own, which no Windows event has");
}

static void *take(size_t size)
{
	return yg_malloc(size);
}

static void *retake(void *old, size_t size)
{
	return yg_reallocarray(old, 1, size);
}

/* The element @record as JSON in w->json. */
static int write_json(struct writer *w, struct yg_bytes record, struct yg_fault *reterr)
{
	static const XML_Memory_Handling_Suite memory = {take, retake, free};
	enum XML_Error why;

	/* what comes here is UTF-8 (source/encoding), whatever a declaration says */
	w->parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
	if (!w->parser)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	XML_SetUserData(w->parser, w);
	XML_SetElementHandler(w->parser, on_start, on_end);
	XML_SetCharacterDataHandler(w->parser, on_text);
	XML_SetEntityDeclHandler(w->parser, on_entity);
	if (XML_Parse(w->parser, (const char *)record.data, (int)record.size, 1) == XML_STATUS_OK &&
	    !w->why) {
		yg_buf_add_byte(&w->json, '}');
		return yg_buf_error(&w->json) == YG_OK
			       ? YG_OK
			       : yg_fault_set(reterr, YG_EFORMAT, "an event too large", 0);
	}
	why = XML_GetErrorCode(w->parser);
	if (why == XML_ERROR_NO_MEMORY || yg_buf_error(&w->json) == YG_ENOMEM ||
	    yg_buf_error(&w->text) == YG_ENOMEM)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	return yg_fault_set(reterr, YG_EFORMAT,
			    w->why ? w->why : "an event that is not well-formed XML", 0);
}

/* "- <Event>": copied out of a browser that shows XML as a tree. */
static struct yg_bytes without_dash(struct yg_bytes record)
{
	struct yg_bytes b = yg_bytes_trim(record);

	return yg_bytes_starts(b, YG_S("- <")) ? yg_bytes_from(b, 2) : b;
}

bool yg_windows_xml_fits(struct yg_bytes record)
{
	struct yg_bytes b = without_dash(record);

	return yg_bytes_starts(b, YG_S("<Event ")) || yg_bytes_starts(b, YG_S("<Event>"));
}

static int read_json(struct yg_parser_int *ctx, struct yg_bytes json, struct yg_event *event,
		     struct yg_fault *reterr)
{
	uint8_t *to = yg_arena_zalloc(event->arena, json.size + YG_PARSE_PADDING);
	int rc;

	if (!to)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	memcpy(to, json.data, json.size);
	rc = yg_json_read_inner(ctx, (struct yg_bytes){to, json.size}, event, reterr);
	if (rc == YG_OK && event->format != YG_FORMAT_WINDOWS)
		return yg_fault_set(reterr, YG_EFORMAT, "XML, but no event of Windows", 0);
	if (rc != YG_OK)
		reterr->pos = 0; /* a place in the JSON, which nobody sees */
	return rc;
}

int yg_windows_xml_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
			struct yg_fault *reterr)
{
	struct writer w = {0};
	int rc;

	if (!yg_windows_xml_fits(record) || record.size > YG_EVENT_RECORD_MAX)
		return yg_fault_set(reterr, YG_EMISMATCH, "no <Event> of Windows", 0);
	yg_buf_init(&w.json, YG_XML_JSON_MAX);
	yg_buf_init(&w.text, YG_EVENT_RECORD_MAX);
	rc = write_json(&w, without_dash(record), reterr);
	if (rc == YG_OK)
		rc = read_json(ctx, yg_buf_bytes(&w.json), event, reterr);
	if (w.parser)
		XML_ParserFree(w.parser);
	yg_buf_done(&w.json);
	yg_buf_done(&w.text);
	return rc;
}
