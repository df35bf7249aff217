/* SPDX-License-Identifier: Apache-2.0 */
/* The XML of a workbook's part through expat: bounded, without entities of its own, in UTF-8. */
#include "base/alloc.h"
#include "parse/book-int.h"

#include "base/ban.h"

void yg_book_xml_stop(struct yg_book_xml *xml, enum yg_err code, const char *why)
{
	if (xml->error != YG_OK)
		return;
	xml->error = yg_line_fault_set(xml->fault, code, 0, "%s: %s", xml->part, why);
	(void)XML_StopParser(xml->parser, XML_FALSE); /* fails only when it has stopped already */
}

size_t yg_book_xml_from(const struct yg_book_xml *xml)
{
	XML_Index at = XML_GetCurrentByteIndex(xml->parser);

	return at > 0 && (size_t)at <= xml->body.size ? (size_t)at : 0;
}

size_t yg_book_xml_to(const struct yg_book_xml *xml)
{
	size_t from = yg_book_xml_from(xml);
	int count = XML_GetCurrentByteCount(xml->parser);

	return count > 0 && (size_t)count <= xml->body.size - from ? from + (size_t)count : from;
}

const char *yg_book_xml_attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

/* Some writers give a prefix to everything. */
static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static void on_start(void *arg, const char *full, const char **attributes)
{
	struct yg_book_xml *xml = arg;

	if (++xml->depth > YG_BOOK_DEPTH_MAX)
		yg_book_xml_stop(xml, YG_ELIMIT, "nested too deeply");
	else if (xml->error == YG_OK && xml->start)
		xml->start(xml, local(full), full, attributes);
}

static void on_end(void *arg, const char *full)
{
	struct yg_book_xml *xml = arg;

	if (xml->error == YG_OK && xml->end)
		xml->end(xml, local(full));
	xml->depth--;
}

static void on_text(void *arg, const char *text, int size)
{
	struct yg_book_xml *xml = arg;

	if (xml->error == YG_OK && xml->text)
		xml->text(xml, (struct yg_bytes){(const uint8_t *)text, (size_t)size});
}

static void on_entity(void *arg, const char *name, int is_parameter, const char *value, int size,
		      const char *base, const char *system_id, const char *public_id,
		      const char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)size, (void)base, (void)system_id;
	(void)public_id, (void)notation; /* whatever it is, it is refused */
	yg_book_xml_stop(arg, YG_EFORMAT,
			 "it defines entities of its own, which no workbook needs: refused");
}

/* What is put in is UTF-8, so what stands around it has to be. */
static void on_declaration(void *arg, const char *version, const char *encoding, int standalone)
{
	(void)version, (void)standalone;
	if (encoding && !yg_bytes_eq_nocase(yg_bytes_str(encoding), YG_S("UTF-8")) &&
	    !yg_bytes_eq_nocase(yg_bytes_str(encoding), YG_S("US-ASCII")))
		yg_book_xml_stop(arg, YG_EUNSUPPORTED,
				 "it is not in UTF-8: save the workbook once more with a "
				 "spreadsheet program");
}

static void *take(size_t size)
{
	return yg_malloc(size);
}

static void *retake(void *old, size_t size)
{
	return yg_reallocarray(old, 1, size);
}

/* Why expat gave up, when it was not us who stopped it. */
static int fail(struct yg_book_xml *xml)
{
	enum XML_Error why = XML_GetErrorCode(xml->parser);
	XML_Size line = XML_GetCurrentLineNumber(xml->parser);

	if (xml->error != YG_OK)
		return xml->error;
	if (why == XML_ERROR_NO_MEMORY)
		return yg_line_fault_set(xml->fault, YG_ENOMEM, 0, "out of memory");
	return yg_line_fault_set(xml->fault, YG_EFORMAT, 0,
				 "%s: not well-formed XML in its line %lu: %s", xml->part,
				 (unsigned long)line, XML_ErrorString(why));
}

int yg_book_xml_run(struct yg_book_xml *xml)
{
	static const XML_Memory_Handling_Suite memory = {take, retake, free};
	int rc = YG_OK;

	/* UTF-16 would be told from its first bytes, without a declaration. */
	if (xml->body.size >= 2 &&
	    (xml->body.data[0] >= 0xfe || xml->body.data[0] == 0 || xml->body.data[1] == 0))
		return yg_line_fault_set(xml->fault, YG_EUNSUPPORTED, 0,
					 "%s: it is not in UTF-8: save the workbook once more with "
					 "a spreadsheet program",
					 xml->part);
	xml->error = YG_OK;
	xml->depth = 0;
	xml->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
	if (!xml->parser)
		return yg_line_fault_set(xml->fault, YG_ENOMEM, 0, "out of memory");
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, on_start, on_end);
	XML_SetCharacterDataHandler(xml->parser, on_text);
	XML_SetEntityDeclHandler(xml->parser, on_entity);
	XML_SetXmlDeclHandler(xml->parser, on_declaration);
	if (XML_Parse(xml->parser, (const char *)xml->body.data, (int)xml->body.size, 1) !=
		    XML_STATUS_OK ||
	    xml->error != YG_OK)
		rc = fail(xml);
	XML_ParserFree(xml->parser);
	xml->parser = NULL;
	return rc;
}
