/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* expat.h mentions the names; memory comes from base/alloc.h */
#include "parse/repodata.h"

#include <expat.h>
#include <stdio.h>

#include "base/alloc.h"

#include "base/ban.h"

#define PIECE_MAX    65536u
#define PACKAGE_AT   2u /* depth of <package> in primary.xml, of <data> in repomd.xml */
#define EPOCH_DIGITS 10u

enum field { FIELD_NONE, FIELD_NAME, FIELD_ARCH };

struct yg_repodata {
	enum yg_repodata_kind kind;
	struct yg_repodata_take take;
	XML_Parser xml;
	uint64_t fed_bytes, parsed_bytes;
	unsigned depth;
	int error;
	bool is_security; /* the advisory that is being read */
	bool is_cut;	  /* something of the package did not fit */
	enum field field;
	struct yg_repodata_package package;
	char type[YG_REPODATA_NAME_MAX]; /* of the file */
};

static void stop(struct yg_repodata *r, int error)
{
	if (r->error == YG_OK)
		r->error = error;
	(void)XML_StopParser(r->xml, XML_FALSE); /* fails only when it has stopped already */
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

/* Behind what is there; false: it does not fit. */
static bool append(char *to, size_t room, struct yg_bytes text)
{
	size_t size = strlen(to);

	if (text.size >= room - size)
		return false;
	memcpy(to + size, text.data, text.size);
	to[size + text.size] = '\0';
	return true;
}

static bool copy(char *to, size_t room, const char *text)
{
	to[0] = '\0';
	return text && append(to, room, yg_bytes_str(text));
}

/* ---- packages ---- */

static void set_version(struct yg_repodata *r, const char *epoch, const char *version,
			const char *release)
{
	char *to = r->package.version;
	size_t room = sizeof(r->package.version);
	bool has_epoch = epoch && epoch[strspn(epoch, "0")] != '\0';

	to[0] = '\0';
	if (!version || strlen(version) >= YG_REPODATA_TEXT_MAX ||
	    (release && strlen(release) >= YG_REPODATA_TEXT_MAX) ||
	    (has_epoch && strlen(epoch) > EPOCH_DIGITS)) {
		r->is_cut = true;
		return;
	}
	(void)snprintf(to, room, "%s%s%s%s%s", has_epoch ? epoch : "", has_epoch ? ":" : "",
		       version, release ? "-" : "", release ? release : ""); /* measured */
}

static void begin_package(struct yg_repodata *r)
{
	r->package = (struct yg_repodata_package){0};
	r->is_cut = false;
}

static void end_package(struct yg_repodata *r)
{
	const struct yg_repodata_package *p = &r->package;
	int rc;

	if (r->is_cut || !p->name[0] || !p->version[0] || !p->arch[0])
		return;
	rc = r->take.package(r->take.arg, p);
	if (rc != YG_OK)
		stop(r, rc);
}

static void start_in_primary(struct yg_repodata *r, const char *name, const char **attributes)
{
	if (r->depth == PACKAGE_AT && strcmp(name, "package") == 0)
		begin_package(r);
	if (r->depth != PACKAGE_AT + 1)
		return;
	if (strcmp(name, "name") == 0)
		r->field = FIELD_NAME;
	else if (strcmp(name, "arch") == 0)
		r->field = FIELD_ARCH;
	else if (strcmp(name, "version") == 0)
		set_version(r, attribute(attributes, "epoch"), attribute(attributes, "ver"),
			    attribute(attributes, "rel"));
}

static void start_in_updateinfo(struct yg_repodata *r, const char *name, const char **attributes)
{
	if (r->depth == PACKAGE_AT) {
		const char *type = attribute(attributes, "type");

		r->is_security =
			strcmp(name, "update") == 0 && type && strcmp(type, "security") == 0;
		return;
	}
	if (!r->is_security || strcmp(name, "package") != 0)
		return;
	begin_package(r);
	if (!copy(r->package.name, YG_REPODATA_TEXT_MAX, attribute(attributes, "name")) ||
	    !copy(r->package.arch, sizeof(r->package.arch), attribute(attributes, "arch")))
		r->is_cut = true;
	set_version(r, attribute(attributes, "epoch"), attribute(attributes, "version"),
		    attribute(attributes, "release"));
	end_package(r);
}

/* ---- files ---- */

static void start_in_repomd(struct yg_repodata *r, const char *name, const char **attributes)
{
	const char *href;
	const char *slash;
	int rc;

	if (r->depth == PACKAGE_AT &&
	    (strcmp(name, "data") != 0 ||
	     !copy(r->type, sizeof(r->type), attribute(attributes, "type"))))
		r->type[0] = '\0';
	if (r->depth != PACKAGE_AT + 1 || !r->type[0] || strcmp(name, "location") != 0)
		return;
	href = attribute(attributes, "href");
	slash = href ? strrchr(href, '/') : NULL;
	href = slash ? slash + 1 : href;
	if (!href || !href[0] || href[0] == '.' || strlen(href) >= YG_REPODATA_NAME_MAX)
		return;
	rc = r->take.file(r->take.arg, r->type, href);
	if (rc != YG_OK)
		stop(r, rc);
}

/* ---- expat ---- */

static void on_start(void *arg, const char *name, const char **attributes)
{
	struct yg_repodata *r = arg;

	if (++r->depth > YG_REPODATA_DEPTH_MAX)
		stop(r, YG_ELIMIT);
	if (r->error != YG_OK)
		return;
	if (r->kind == YG_REPODATA_INDEX)
		start_in_repomd(r, name, attributes);
	else if (r->kind == YG_REPODATA_PACKAGES)
		start_in_primary(r, name, attributes);
	else
		start_in_updateinfo(r, name, attributes);
}

static void on_end(void *arg, const char *name)
{
	struct yg_repodata *r = arg;

	if (r->error == YG_OK && r->kind == YG_REPODATA_PACKAGES && r->depth == PACKAGE_AT &&
	    strcmp(name, "package") == 0)
		end_package(r);
	r->field = FIELD_NONE;
	r->depth--;
}

static void on_text(void *arg, const char *text, int size)
{
	struct yg_repodata *r = arg;
	struct yg_bytes piece = {(const uint8_t *)text, (size_t)size};

	if (r->field == FIELD_NAME && !append(r->package.name, YG_REPODATA_TEXT_MAX, piece))
		r->is_cut = true;
	if (r->field == FIELD_ARCH && !append(r->package.arch, sizeof(r->package.arch), piece))
		r->is_cut = true;
}

static void on_entity(void *arg, const char *name, int is_parameter, const char *value, int size,
		      const char *base, const char *system_id, const char *public_id,
		      const char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)size, (void)base, (void)system_id;
	(void)public_id, (void)notation; /* whatever it is, it is refused */
	stop(arg, YG_EFORMAT);
}

static void *take(size_t size)
{
	return yg_malloc(size);
}

static void *retake(void *old, size_t size)
{
	return yg_reallocarray(old, 1, size);
}

int yg_repodata_new(enum yg_repodata_kind kind, const struct yg_repodata_take *takes,
		    struct yg_repodata **ret)
{
	static const XML_Memory_Handling_Suite memory = {take, retake, free};
	struct yg_repodata *r = yg_calloc(1, sizeof(*r));

	if (!r)
		return YG_ENOMEM;
	r->kind = kind;
	r->take = *takes;
	r->xml = XML_ParserCreate_MM("UTF-8", &memory, NULL);
	if (!r->xml) {
		(void)yg_repodata_free(r);
		return YG_ENOMEM;
	}
	XML_SetUserData(r->xml, r);
	XML_SetElementHandler(r->xml, on_start, on_end);
	XML_SetCharacterDataHandler(r->xml, on_text);
	XML_SetEntityDeclHandler(r->xml, on_entity);
	*ret = r;
	return YG_OK;
}

struct yg_repodata *yg_repodata_free(struct yg_repodata *r)
{
	if (!r)
		return NULL;
	if (r->xml)
		XML_ParserFree(r->xml);
	free(r);
	return NULL;
}

static int feed_piece(struct yg_repodata *r, struct yg_bytes piece, bool is_end)
{
	XML_Index at;

	r->fed_bytes += piece.size;
	if (XML_Parse(r->xml, (const char *)piece.data, (int)piece.size, is_end) != XML_STATUS_OK &&
	    r->error == YG_OK)
		r->error = XML_GetErrorCode(r->xml) == XML_ERROR_NO_MEMORY ? YG_ENOMEM : YG_EFORMAT;
	at = r->error == YG_OK ? XML_GetCurrentByteIndex(r->xml) : -1;
	/*
	 * Since 2.6 (and in Debian's 2.5.0-1+deb12u2) the parser does not look at each piece of a
	 * long tag, and does not know then where it is: the last place that it knew holds.
	 */
	if (at >= 0)
		r->parsed_bytes = (uint64_t)at;
	if (r->error == YG_OK && !is_end && r->fed_bytes - r->parsed_bytes > YG_REPODATA_TAG_MAX)
		r->error = YG_ELIMIT;
	return r->error;
}

int yg_repodata_feed(struct yg_repodata *r, struct yg_bytes bytes, bool is_end)
{
	while (r->error == YG_OK && bytes.size > PIECE_MAX) {
		(void)feed_piece(r, yg_bytes_cut(bytes, 0, PIECE_MAX), false); /* kept in r */
		bytes = yg_bytes_from(bytes, PIECE_MAX);
	}
	return r->error == YG_OK ? feed_piece(r, bytes, is_end) : r->error;
}
