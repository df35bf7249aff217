/* SPDX-License-Identifier: Apache-2.0 */
/* Official wording, taken from a file of the publisher. */
#include "assess/assess-int.h"
#include "base/crypt.h"

#include "base/ban.h"

#define IMPORT_ARENA_MAX (256u << 20)

/* Blanks of any width are no wording. */
static bool has_text(struct yg_bytes text)
{
	while (text.size > 0) {
		if (yg_bytes_starts(text, YG_S("\xe3\x80\x80")))
			text = yg_bytes_from(text, 3);
		else if (yg_bytes_starts(text, YG_S("\xc2\xa0")))
			text = yg_bytes_from(text, 2);
		else if (text.data[0] <= ' ')
			text = yg_bytes_from(text, 1);
		else
			return true;
	}
	return false;
}

/* Texts by id; ids that the framework does not know go to @unknown. */
static int sort_rows(const struct yg_assess *assess, const struct yg_official *official,
		     json_t *texts, json_t *unknown)
{
	for (uint32_t i = 0; i < official->count; i++) {
		const struct yg_official_text *row = &official->rows[i];
		char key[KEY_MAX];
		int rc = YG_OK;

		if (row->id.size >= sizeof(key))
			continue; /* longer than any id there is */
		(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(row->id)); /* fits: checked */
		if (yg_framework_node(assess->framework, row->id) == YG_NODE_NONE)
			rc = json_array_append_new(unknown, json_string(key)) == 0 ? YG_OK
										   : YG_ENOMEM;
		else if (has_text(row->text))
			rc = yg_json_set(texts, key, yg_json_string(row->text));
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

/* Criteria of this level whose text is not among @texts. */
static int list_missing(const struct yg_assess *assess, const json_t *texts, json_t *missing,
			uint32_t *ret_criteria)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < assess->framework->node_count; i++) {
		const struct yg_framework_node *node = &assess->framework->nodes[i];
		char key[KEY_MAX];

		if (!node->is_assessable || !yg_framework_asks(node, assess->level) ||
		    node->ref_id.size >= sizeof(key))
			continue;
		count++;
		(void)snprintf(key, sizeof(key), "%.*s", YG_FMT(node->ref_id)); /* fits: checked */
		if (!json_object_get(texts, key) &&
		    json_array_append_new(missing, json_string(key)) != 0)
			return YG_ENOMEM;
	}
	*ret_criteria = count;
	return YG_OK;
}

static int keep(struct yg_assess *assess, struct yg_bytes name, const char *digest, json_t *texts,
		json_t *missing, json_t *unknown)
{
	json_t *object = json_pack("{s:s, s:o, s:o, s:s, s:O, s:O, s:O}", "sha256", digest,
				   "file_name", yg_json_string(name), "date",
				   yg_day_json(assess->day), "by", yg_access_actor(assess->access),
				   "texts", texts, "missing", missing, "unknown", unknown);
	int rc = object ? yg_access_put(assess->access, "official", assess->id, object,
					YG_REVISION_ANY, NULL)
			: YG_ENOMEM;

	json_decref(object);
	return rc;
}

static int take(struct yg_assess *assess, struct yg_bytes name, struct yg_bytes file,
		const struct yg_official *official, json_t **ret, struct yg_line_fault *reterr)
{
	json_t *texts = json_object();
	json_t *unknown = json_array();
	json_t *missing = json_array();
	char digest[YG_SHA256_HEX + 1];
	uint32_t criteria = 0;
	int rc = texts && unknown && missing ? YG_OK : YG_ENOMEM;

	yg_sha256_hex(file, digest);
	if (rc == YG_OK)
		rc = sort_rows(assess, official, texts, unknown);
	if (rc == YG_OK)
		rc = list_missing(assess, texts, missing, &criteria);
	/* The wording that was there before stays. */
	if (rc == YG_OK && json_array_size(missing) == criteria)
		rc = yg_line_fault_set(
			reterr, YG_EINVAL, 0, "other-official: \"%.*s\" …",
			official->rows[0].id.size > 60 ? 60 : YG_FMT(official->rows[0].id));
	if (rc == YG_OK)
		rc = keep(assess, name, digest, texts, missing, unknown);
	if (rc == YG_OK) {
		*ret = json_pack(
			"{s:b, s:i, s:i, s:O, s:O, s:s, s:o, s:b}", "accepted", 1, "criteria",
			(int)criteria, "found", (int)(criteria - json_array_size(missing)),
			"missing", missing, "unknown", unknown, "sha256", digest, "file_name",
			yg_json_string(name), "matches_known_digest",
			(int)yg_bytes_eq(assess->library->source.sha256, yg_bytes_str(digest)));
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	json_decref(texts);
	json_decref(unknown);
	json_decref(missing);
	return rc;
}

int yg_assess_import_official(struct yg_assess *assess, struct yg_bytes name, struct yg_bytes file,
			      json_t **ret, struct yg_line_fault *reterr)
{
	struct yg_arena *arena = yg_arena_new(IMPORT_ARENA_MAX);
	struct yg_official official;
	struct yg_bytes from;
	struct yg_bytes text = file;
	int rc = arena ? yg_assess_refresh(assess) : YG_ENOMEM;

	*reterr = (struct yg_line_fault){0};
	/* A workbook is a zip archive; everything else is text in some encoding. */
	if (rc == YG_OK && !yg_bytes_starts(file, YG_S("PK\x03\x04")))
		rc = assess->ports->to_utf8(file, arena, &text);
	if (rc == YG_OK)
		rc = assess->ports->read_official(text, arena, &official, reterr);
	if (rc == YG_OK && official.count == 0)
		rc = yg_line_fault_set(reterr, YG_EFORMAT, 0,
				       "no criterion id was found in the file");
	if (rc == YG_OK)
		rc = take(assess, name, file, &official, ret, reterr);
	(void)yg_arena_free(arena);
	from = yg_json_text(assess->head, "from");
	if (rc == YG_OK && from.size > 0 && from.size < YG_ASSESS_ID_MAX) {
		char from_id[YG_ASSESS_ID_MAX];

		/* What could not be compared before can be now. */
		(void)snprintf(from_id, sizeof(from_id), "%.*s", YG_FMT(from));
		rc = yg_assess_move(assess->access, assess->ports, from_id, assess->id);
	}
	return rc;
}
