/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: a dated record, something brought in, or a statement of another. */
#include "assess/assess-int.h"
#include "base/alloc.h"
#include "base/crypt.h"

#include "base/ban.h"

#define CRITERIA_MAX 200u

static const char *const evidence_keys[] = {
	"id",	"kind",	     "title", "owner",	"date",	 "expires",  "criteria", "wanted", "place",
	"note", "file_name", "size",  "sha256", "state", "revision", "changed",	 NULL};
static const char *const evidence_kinds[] = {"record",	"import",   "statement",
					     "service", "exchange", NULL};

/* A list of criteria of the framework, whatever the level. */
static int take_criteria(const struct yg_assess *assess, const json_t *in, json_t *to,
			 struct yg_line_fault *reterr)
{
	const json_t *criteria = json_object_get(in, "criteria");
	json_t *list = json_array();
	json_t *id;
	size_t i;
	int rc = list ? YG_OK : YG_ENOMEM;

	if (criteria && (!json_is_array(criteria) || json_array_size(criteria) > CRITERIA_MAX))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-request: criteria must be a list");
	json_array_foreach((json_t *)(uintptr_t)criteria, i, id)
	{
		if (rc == YG_OK &&
		    yg_framework_node(assess->framework, yg_bytes_str(json_string_value(id))) ==
			    YG_NODE_NONE)
			rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
					       "unknown-criterion: there is no criterion %.60s",
					       json_is_string(id) ? json_string_value(id) : "");
		if (rc == YG_OK && json_array_append(list, id) != 0)
			rc = YG_ENOMEM;
	}
	if (rc == YG_OK)
		return yg_json_set(to, "criteria", list);
	json_decref(list);
	return rc;
}

/* Which wanted evidence of a criterion this is: { criterion: evidence id of the framework }. */
static int take_wanted(const struct yg_assess *assess, const json_t *in, json_t *to,
		       struct yg_line_fault *reterr)
{
	const json_t *wanted = json_object_get(in, "wanted");
	const char *criterion;
	json_t *id;

	if (!wanted || json_is_null(wanted))
		return yg_json_set(to, "wanted", json_object());
	if (!json_is_object(wanted) || json_object_size(wanted) > CRITERIA_MAX)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: wanted must be an object");
	json_object_foreach((json_t *)(uintptr_t)wanted, criterion, id)
	{
		uint32_t index = yg_framework_node(assess->framework, yg_bytes_str(criterion));
		const struct yg_framework_node *node =
			index == YG_NODE_NONE ? NULL : &assess->framework->nodes[index];
		bool is_there = false;

		for (uint32_t i = 0; node && i < node->evidence_count; i++)
			is_there = is_there || yg_bytes_eq(node->evidence[i].id,
							   yg_bytes_str(json_string_value(id)));
		if (!is_there)
			return yg_line_fault_set(
				reterr, YG_EINVAL, 0,
				"bad-request: wanted: %.60s asks for no such evidence", criterion);
	}
	return yg_json_set(to, "wanted", json_incref((json_t *)(uintptr_t)wanted));
}

/* What a file left on the old document stays: name, size, digest are set by attaching only. */
static int keep_file(const json_t *old, const json_t *in, json_t *to, struct yg_line_fault *reterr)
{
	static const char *const keys[] = {"file_name", "size", "sha256", "changed", NULL};
	/* A digest may be given where the file itself stays with the firm. */
	struct yg_bytes digest = yg_json_text(in, "sha256");
	uint8_t bytes[YG_SHA256_BYTES];

	for (size_t i = 0; keys[i]; i++) {
		json_t *value = json_object_get(old, keys[i]);

		if (value && json_object_set(to, keys[i], value) != 0)
			return YG_ENOMEM;
	}
	if (!digest.size || json_object_get(to, "sha256"))
		return YG_OK;
	if (!yg_hex_read(digest, bytes, sizeof(bytes)))
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "bad-request: sha256 must be 64 hex digits");
	return yg_json_set(to, "sha256", yg_json_string(digest));
}

static int take_evidence(const struct yg_assess *assess, const json_t *old, const json_t *in,
			 json_t *to, struct yg_line_fault *reterr)
{
	static const struct in_field fields[] = {
		{"kind", IN_WORD, false, evidence_kinds}, {"title", IN_TEXT, true, NULL},
		{"owner", IN_TEXT, false, NULL},	  {"date", IN_PAST_DAY, false, NULL},
		{"expires", IN_DAY, false, NULL},	  {"place", IN_LONG, false, NULL},
		{"note", IN_LONG, false, NULL},		  {0},
	};
	int rc = yg_in_keys(in, evidence_keys, reterr);

	if (rc == YG_OK)
		rc = yg_in_fields(in, fields, assess->day, to, reterr);
	if (rc == YG_OK)
		rc = take_criteria(assess, in, to, reterr);
	if (rc == YG_OK)
		rc = take_wanted(assess, in, to, reterr);
	if (rc == YG_OK)
		rc = keep_file(old, in, to, reterr);
	if (rc == YG_OK && yg_json_day(to, "expires") != YG_DAY_NONE &&
	    yg_json_day(to, "expires") < yg_json_day(to, "date"))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-day: expires lies before the date of the record");
	return rc;
}

/* The document as it now is, for the caller. */
static int give_back(struct yg_assess *assess, const char *id, json_t **ret)
{
	int rc = yg_assess_refresh(assess);
	json_t *object;

	if (rc != YG_OK || !ret)
		return rc;
	object = json_object_get(assess->evidence, id);
	if (!object)
		return YG_ENOENT;
	*ret = json_copy(object);
	if (!*ret)
		return YG_ENOMEM;
	return yg_json_set(
		*ret, "state",
		json_string(yg_evidence_state_name(yg_evidence_state(assess, object, NULL, NULL))));
}

int yg_assess_put_evidence(struct yg_assess *assess, const char *id, const json_t *in,
			   uint32_t expected, json_t **ret, struct yg_line_fault *reterr)
{
	struct place place;
	json_t *to = json_object();
	int rc = to ? yg_assess_refresh(assess) : YG_ENOMEM;

	*reterr = (struct yg_line_fault){0};
	if (rc == YG_OK)
		rc = yg_assess_place(assess, assess->evidence, id, EVIDENCE_MAX, &place, reterr);
	if (rc == YG_OK)
		rc = take_evidence(assess, json_object_get(assess->evidence, place.id), in, to,
				   reterr);
	if (rc == YG_OK)
		rc = yg_access_put(assess->access, "evidence", place.key, to,
				   place.is_new ? YG_REVISION_NONE : expected, NULL);
	json_decref(to);
	return rc == YG_OK ? give_back(assess, place.id, ret) : rc;
}

int yg_assess_add_evidence(struct yg_assess *assess, const json_t *in,
			   char ret_id[YG_ASSESS_ID_MAX], struct yg_line_fault *reterr)
{
	char key[KEY_MAX];
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && json_object_size(assess->evidence) >= EVIDENCE_MAX)
		rc = yg_line_fault_set(reterr, YG_ELIMIT, 0, "too-many: more than %u records",
				       EVIDENCE_MAX);
	if (rc == YG_OK)
		rc = take_evidence(assess, NULL, in, to, reterr);
	yg_random_id(yg_access_now(assess->access), ret_id);
	if (rc == YG_OK && !yg_assess_key(assess, yg_bytes_str(ret_id), key))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_access_put(assess->access, "evidence", key, to, YG_REVISION_NONE, NULL);
	if (rc == YG_OK)
		rc = yg_json_set(to, "id", json_string(ret_id));
	if (rc == YG_OK)
		rc = yg_json_set(assess->evidence, ret_id, json_incref(to));
	json_decref(to);
	return rc;
}

int yg_assess_remove_evidence(struct yg_assess *assess, const char *id, uint32_t expected)
{
	char key[KEY_MAX];
	int rc = yg_assess_refresh(assess);

	if (rc != YG_OK)
		return rc;
	if (!json_object_get(assess->evidence, id) || !yg_assess_key(assess, yg_bytes_str(id), key))
		return YG_ENOENT;
	return yg_access_remove(assess->access, "evidence", key, expected);
}

/* Write a changed copy of the document of @id. */
static int rewrite(struct yg_assess *assess, const char *id, json_t *take_object)
{
	char key[KEY_MAX];
	int rc = YG_ENOENT;

	(void)json_object_del(take_object, "revision");
	(void)json_object_del(take_object, "id");
	if (yg_assess_key(assess, yg_bytes_str(id), key))
		rc = yg_access_put(assess->access, "evidence", key, take_object, YG_REVISION_ANY,
				   NULL);
	json_decref(take_object);
	return rc;
}

int yg_assess_mark_changed(struct yg_assess *assess, const char *id, bool is_changed)
{
	json_t *object;
	int rc = yg_assess_refresh(assess);

	if (rc != YG_OK)
		return rc;
	object = json_object_get(assess->evidence, id);
	if (!object)
		return YG_ENOENT;
	if (json_is_true(json_object_get(object, "changed")) == is_changed)
		return YG_OK;
	object = json_copy(object);
	if (!object)
		return YG_ENOMEM;
	rc = yg_json_set(object, "changed", json_boolean(is_changed));
	if (rc != YG_OK) {
		json_decref(object);
		return rc;
	}
	return rewrite(assess, id, object);
}

static int attach(struct yg_assess *assess, const char *id, struct yg_bytes name,
		  struct yg_bytes bytes)
{
	json_t *object = json_copy(json_object_get(assess->evidence, id));
	char digest[YG_SHA256_HEX + 1];
	char key[KEY_MAX];
	int rc;

	if (!object)
		return YG_ENOMEM;
	yg_sha256_hex(bytes, digest);
	rc = yg_json_set(object, "file_name", yg_json_string(name));
	if (rc == YG_OK)
		rc = yg_json_set(object, "size", json_integer((json_int_t)bytes.size));
	if (rc == YG_OK)
		rc = yg_json_set(object, "sha256", json_string(digest));
	if (rc == YG_OK)
		rc = yg_json_set(object, "changed", json_false());
	if (rc != YG_OK || !yg_assess_key(assess, yg_bytes_str(id), key)) {
		json_decref(object);
		return rc != YG_OK ? rc : YG_ENOENT;
	}
	if (bytes.size <= YG_API_BODY_MAX)
		rc = yg_access_put_bytes(assess->access, "attachment", key, bytes, YG_REVISION_ANY,
					 NULL);
	if (rc != YG_OK) {
		json_decref(object);
		return rc;
	}
	return rewrite(assess, id, object);
}

int yg_assess_attach(struct yg_assess *assess, const char *id, struct yg_bytes name,
		     struct yg_bytes bytes, json_t **ret, struct yg_line_fault *reterr)
{
	int rc = yg_assess_refresh(assess);

	*reterr = (struct yg_line_fault){0};
	if (rc == YG_OK && !json_object_get(assess->evidence, id))
		rc = YG_ENOENT;
	if (rc == YG_OK && (name.size == 0 || name.size > TEXT_SHORT_MAX))
		rc = yg_line_fault_set(reterr, YG_EINVAL, 0,
				       "bad-request: a file name of at most %u bytes is needed",
				       TEXT_SHORT_MAX);
	if (rc == YG_OK)
		rc = yg_access_begin(assess->access);
	if (rc != YG_OK)
		return rc;
	rc = attach(assess, id, name, bytes);
	if (rc == YG_OK)
		rc = yg_access_commit(assess->access);
	else
		yg_access_abort(assess->access);
	assess->is_loaded = false;
	return rc == YG_OK ? give_back(assess, id, ret) : rc;
}

int yg_assess_attached_bytes(struct yg_assess *assess, const char *id, uint8_t **ret,
			     size_t *ret_size)
{
	char key[KEY_MAX];

	if (!yg_assess_key(assess, yg_bytes_str(id), key))
		return YG_ENOENT;
	return yg_access_get_bytes(assess->access, "attachment", key, ret, ret_size, NULL);
}

int yg_assess_attached(struct yg_assess *assess, const char *id, uint8_t **ret, size_t *ret_size)
{
	int rc = yg_assess_refresh(assess);

	if (rc == YG_OK && !json_object_get(assess->evidence, id))
		rc = YG_ENOENT;
	return rc == YG_OK ? yg_assess_attached_bytes(assess, id, ret, ret_size) : rc;
}
