/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/modulemd.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"

#include "base/ban.h"

#define ARENA_MAX (32u << 20)

struct yg_modulemd {
	int (*take)(void *arg, const struct yg_modulemd_doc *doc);
	void *arg;
	struct yg_arena *arena;
	struct yg_buf text; /* of the document that is being read, and the line that is not whole */
	size_t line_at;	    /* where that line begins */
	bool is_too_long;   /* the document; its rest is passed over */
	uint64_t bad;
};

int yg_modulemd_new(int (*take)(void *arg, const struct yg_modulemd_doc *doc), void *arg,
		    struct yg_modulemd **ret)
{
	struct yg_modulemd *m = yg_calloc(1, sizeof(*m));

	if (!m)
		return YG_ENOMEM;
	m->take = take;
	m->arg = arg;
	yg_buf_init(&m->text, YG_MODULEMD_DOC_MAX);
	m->arena = yg_arena_new(ARENA_MAX);
	if (!m->arena) {
		(void)yg_modulemd_free(m);
		return YG_ENOMEM;
	}
	*ret = m;
	return YG_OK;
}

struct yg_modulemd *yg_modulemd_free(struct yg_modulemd *m)
{
	if (!m)
		return NULL;
	(void)yg_arena_free(m->arena);
	yg_buf_done(&m->text);
	free(m);
	return NULL;
}

uint64_t yg_modulemd_bad(const struct yg_modulemd *m)
{
	return m->bad;
}

/* ---- one document ---- */

static int take_document(struct yg_modulemd *m, const struct yg_yaml *root)
{
	struct yg_bytes kind = yg_yaml_text(root, "document");
	const struct yg_yaml *data = yg_yaml_get(root, "data");
	struct yg_modulemd_doc doc = {.stream = yg_yaml_text(data, "stream")};

	if (yg_bytes_eq(kind, YG_S("modulemd"))) {
		doc.kind = YG_MODULEMD_STREAM;
		doc.module = yg_yaml_text(data, "name");
		doc.artifacts = yg_yaml_get(yg_yaml_get(data, "artifacts"), "rpms");
		doc.dependencies = yg_yaml_get(data, "dependencies");
	} else if (yg_bytes_eq(kind, YG_S("modulemd-defaults"))) {
		doc.kind = YG_MODULEMD_DEFAULT;
		doc.module = yg_yaml_text(data, "module");
	} else { /* translations, ends of life … */
		return YG_OK;
	}
	return doc.module.size > 0 && doc.stream.size > 0 ? m->take(m->arg, &doc) : YG_OK;
}

static bool is_blank(struct yg_bytes text)
{
	return yg_bytes_trim(text).size == 0;
}

static int read_document(struct yg_modulemd *m, struct yg_bytes text)
{
	struct yg_yaml_fault fault = {0};
	const struct yg_yaml *docs = NULL;
	int rc = YG_OK;

	if (m->is_too_long) {
		m->is_too_long = false;
		m->bad++;
		return YG_OK;
	}
	if (is_blank(text))
		return YG_OK;
	yg_arena_reset(m->arena);
	rc = yg_yaml_parse(text, m->arena, &docs, &fault);
	if (rc == YG_EFORMAT || rc == YG_ELIMIT) {
		m->bad++;
		return YG_OK;
	}
	for (const struct yg_yaml *doc = rc == YG_OK ? docs->first : NULL; doc && rc == YG_OK;
	     doc = doc->next)
		rc = take_document(m, doc);
	return rc;
}

/* ---- documents ---- */

/* A line that parts documents. */
static bool is_mark(struct yg_bytes line)
{
	struct yg_bytes front = yg_bytes_cut(line, 0, 3);

	return (yg_bytes_eq(front, YG_S("---")) || yg_bytes_eq(front, YG_S("..."))) &&
	       is_blank(yg_bytes_from(line, 3));
}

/* Another line, with its end, stands behind what the buffer holds of the document. */
static int end_line(struct yg_modulemd *m)
{
	struct yg_bytes text = yg_buf_bytes(&m->text);
	struct yg_bytes line = yg_bytes_from(text, m->line_at);
	int rc = YG_OK;

	if (is_mark(line)) {
		rc = read_document(m, yg_bytes_cut(text, 0, m->line_at));
		yg_buf_reset(&m->text);
	} else if (m->is_too_long) { /* only the next mark matters */
		yg_buf_reset(&m->text);
	}
	m->line_at = m->text.size;
	return rc;
}

/* What does not fit is not kept: of a line that is too long, as of its document. */
static int add(struct yg_modulemd *m, struct yg_bytes piece)
{
	if (m->text.size + piece.size > YG_MODULEMD_DOC_MAX) {
		m->is_too_long = true;
		yg_buf_reset(&m->text);
		m->line_at = 0;
		piece = yg_bytes_cut(piece, 0, YG_MODULEMD_DOC_MAX);
	}
	yg_buf_add(&m->text, piece);
	return yg_buf_error(&m->text);
}

int yg_modulemd_feed(struct yg_modulemd *m, struct yg_bytes piece, bool is_end)
{
	int rc = YG_OK;

	while (rc == YG_OK && piece.size > 0) {
		size_t end = yg_bytes_chr(piece, '\n');
		size_t size = end == SIZE_MAX ? piece.size : end + 1;

		rc = add(m, yg_bytes_cut(piece, 0, size));
		if (rc == YG_OK && end != SIZE_MAX)
			rc = end_line(m);
		piece = yg_bytes_from(piece, size);
	}
	if (rc == YG_OK && is_end) {
		rc = read_document(m, yg_buf_bytes(&m->text));
		yg_buf_reset(&m->text);
		m->line_at = 0;
	}
	return rc;
}

/* ---- artifacts ---- */

/* Where the last @c of @text stands; SIZE_MAX: nowhere. */
static size_t last_of(struct yg_bytes text, uint8_t c)
{
	size_t at = text.size;

	while (at > 0 && text.data[at - 1] != c)
		at--;
	return at > 0 ? at - 1 : SIZE_MAX;
}

bool yg_modulemd_artifact(struct yg_bytes text, struct yg_modulemd_artifact *ret)
{
	size_t dot = last_of(text, '.');
	struct yg_bytes front = yg_bytes_cut(text, 0, dot == SIZE_MAX ? 0 : dot);
	size_t release = last_of(front, '-');
	size_t version = last_of(yg_bytes_cut(front, 0, release == SIZE_MAX ? 0 : release), '-');
	size_t colon;

	if (version == SIZE_MAX || version == 0)
		return false;
	*ret = (struct yg_modulemd_artifact){.name = yg_bytes_cut(front, 0, version),
					     .version = yg_bytes_from(front, version + 1),
					     .arch = yg_bytes_from(text, dot + 1)};
	colon = yg_bytes_chr(ret->version, ':');
	if (colon != SIZE_MAX) {
		ret->epoch = yg_bytes_cut(ret->version, 0, colon);
		ret->version = yg_bytes_from(ret->version, colon + 1);
	}
	while (ret->epoch.size > 0 && ret->epoch.data[0] == '0')
		ret->epoch = yg_bytes_from(ret->epoch, 1);
	return ret->arch.size > 0;
}
