/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait for sensors: numbered by sensor, kept until and after they are answered. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/enrol-int.h"
#include "base/json.h"

#include "base/ban.h"

#define KEY_ROOM   (YG_ENROL_ID_MAX + 24)
#define PAGE	   256u
#define MAX_NUMBER (UINT64_C(1) << 52) /* of what a sensor may say it has seen */

static void key_of(const char *id, uint64_t number, char to[KEY_ROOM])
{
	/* Of one length, so that the order of keys is that of numbers. */
	(void)snprintf(to, KEY_ROOM, "%s/%016llu", id, (unsigned long long)number);
}

static bool is_kind(const char *kind)
{
	struct yg_bytes text = yg_bytes_str(kind);

	for (size_t i = 0; i < text.size; i++)
		if (!((text.data[i] >= 'a' && text.data[i] <= 'z') || text.data[i] == '-'))
			return false;
	return text.size > 0 && text.size <= YG_ENROL_KIND_MAX;
}

/* The number that the next message for @id has. */
static int next_number(struct yg_enrol *enrol, const char *id, uint64_t *ret)
{
	uint32_t revision = YG_REVISION_NONE;
	json_t *last = NULL;
	int rc = yg_enrol_get(enrol, "down_last", id, &last, &revision);

	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	*ret = (uint64_t)yg_json_int(last, "number", 0) + 1;
	json_decref(last);
	return yg_enrol_put(enrol, "down_last", id, json_pack("{s:I}", "number", (json_int_t)*ret),
			    revision);
}

static int put(struct yg_enrol *enrol, const char *id, const char *kind, json_t *take_body,
	       uint64_t *ret_number)
{
	char key[KEY_ROOM];
	int rc = next_number(enrol, id, ret_number);

	if (rc != YG_OK) {
		json_decref(take_body);
		return rc;
	}
	key_of(id, *ret_number, key);
	return yg_enrol_put(enrol, "down", key,
			    json_pack("{s:I, s:s, s:I, s:o, s:b}", "number",
				      (json_int_t)*ret_number, "kind", kind, "time",
				      (json_int_t)(yg_enrol_now(enrol) / YG_NS_PER_S), "body",
				      take_body, "answered", 0),
			    YG_REVISION_NONE);
}

int yg_enrol_down_add(struct yg_enrol *enrol, const char *name, const char *kind,
		      struct yg_bytes body, uint64_t *ret_number)
{
	struct yg_enrol_sensor sensor;
	struct yg_fault fault;
	json_t *object = NULL;
	int rc = yg_enrol_sensor_find(enrol, name, &sensor);

	if (rc != YG_OK)
		return rc;
	rc = yg_json_load(body, YG_ENROL_BODY_MAX, &object, &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK || !json_is_object(object) || !is_kind(kind)) {
		json_decref(object);
		return YG_EINVAL;
	}
	rc = yg_control_begin(enrol->store);
	if (rc != YG_OK) {
		json_decref(object);
		return rc;
	}
	rc = put(enrol, sensor.id, kind, object, ret_number);
	if (rc == YG_OK && enrol->note)
		rc = enrol->note(enrol->note_arg, enrol->actor, "sensor.message", sensor.org,
				 sensor.id);
	if (rc == YG_OK)
		return yg_control_commit(enrol->store);
	yg_control_abort(enrol->store);
	return rc;
}

struct listing {
	yg_enrol_down_fn fn;
	void *arg;
	uint32_t seen; /* in this page */
	uint32_t left;
	char last[KEY_ROOM];
};

/* An unanswered message to the caller; its body lives during the call. */
static int give(struct listing *listing, const json_t *object)
{
	struct yg_bytes kind = yg_bytes_cut(yg_json_text(object, "kind"), 0, YG_ENROL_KIND_MAX);
	struct yg_enrol_down down = {
		.number = (uint64_t)yg_json_int(object, "number", 0),
		.time_ns = yg_json_int(object, "time", 0) * YG_NS_PER_S,
	};
	struct yg_buf body;
	int rc;

	if (kind.size > 0)
		memcpy(down.kind, kind.data, kind.size);
	yg_buf_init(&body, YG_DOC_BODY_MAX);
	rc = yg_json_canonical(json_object_get(object, "body"), &body);
	down.body = yg_buf_bytes(&body);
	listing->left--;
	if (rc == YG_OK)
		rc = listing->fn(listing->arg, &down);
	yg_buf_done(&body);
	return rc;
}

static int list_one(void *arg, const struct yg_doc *doc)
{
	struct listing *listing = arg;
	struct yg_fault fault;
	json_t *object = NULL;
	int rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &object, &fault);

	if (rc != YG_OK)
		return rc;
	listing->seen++;
	(void)snprintf(listing->last, sizeof(listing->last), "%.*s", YG_FMT(doc->key)); /* ours */
	if (json_is_false(json_object_get(object, "answered")) && listing->left > 0)
		rc = give(listing, object);
	json_decref(object);
	return rc;
}

int yg_enrol_down_list(struct yg_enrol *enrol, const char *id, uint64_t after, uint32_t limit,
		       yg_enrol_down_fn fn, void *arg)
{
	struct listing listing = {.fn = fn, .arg = arg, .left = limit};
	char prefix[KEY_ROOM];
	struct yg_doc_filter filter = {.kind = YG_S("down"), .limit = PAGE};
	int rc;

	if (!yg_enrol_is_id(yg_bytes_str(id)))
		return YG_OK;
	key_of(id, after, listing.last);
	(void)snprintf(prefix, sizeof(prefix), "%s/", id); /* shorter than the key above */
	filter.key_prefix = yg_bytes_str(prefix);
	do {
		char from[KEY_ROOM];

		memcpy(from, listing.last, sizeof(from));
		filter.after_key = yg_bytes_str(from);
		listing.seen = 0;
		rc = yg_enrol_list(enrol, &filter, list_one, &listing);
	} while (rc == YG_OK && listing.seen == PAGE && listing.left > 0);
	return rc;
}

int yg_enrol_down_floor(struct yg_enrol *enrol, const char *id, uint64_t number)
{
	uint32_t revision = YG_REVISION_NONE;
	json_t *last = NULL;
	uint64_t known;
	int rc;

	if (!yg_enrol_is_id(yg_bytes_str(id)) || number > MAX_NUMBER)
		return YG_EINVAL;
	rc = yg_enrol_get(enrol, "down_last", id, &last, &revision);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	known = (uint64_t)yg_json_int(last, "number", 0);
	json_decref(last);
	if (number <= known)
		return YG_OK;
	return yg_enrol_put(enrol, "down_last", id,
			    json_pack("{s:I}", "number", (json_int_t)number), revision);
}

int yg_enrol_down_answer(struct yg_enrol *enrol, const char *id, uint64_t number, bool is_applied,
			 const char *detail)
{
	char key[KEY_ROOM];
	uint32_t revision = 0;
	json_t *object = NULL;
	int rc;

	if (!yg_enrol_is_id(yg_bytes_str(id)))
		return YG_ENOENT;
	key_of(id, number, key);
	rc = yg_enrol_get(enrol, "down", key, &object, &revision);
	if (rc != YG_OK)
		return rc;
	if (json_is_true(json_object_get(object, "answered"))) {
		json_decref(object);
		return YG_OK;
	}
	rc = yg_json_set(object, "answered", json_true());
	if (rc == YG_OK)
		rc = yg_json_set(object, "status", json_string(is_applied ? "applied" : "refused"));
	if (rc == YG_OK)
		rc = yg_json_set(object, "detail", yg_json_string(yg_bytes_str(detail)));
	if (rc != YG_OK) {
		json_decref(object);
		return rc;
	}
	return yg_enrol_put(enrol, "down", key, object, revision);
}

int yg_enrol_down_look(struct yg_enrol *enrol, const char *id, uint64_t number,
		       enum yg_enrol_down_state *ret, char *why, size_t room)
{
	char key[KEY_ROOM];
	json_t *object = NULL;
	struct yg_bytes detail;
	int rc;

	*ret = YG_ENROL_DOWN_WAITS;
	if (!yg_enrol_is_id(yg_bytes_str(id)))
		return YG_ENOENT;
	key_of(id, number, key);
	rc = yg_enrol_get(enrol, "down", key, &object, NULL);
	if (rc != YG_OK)
		return rc;
	if (json_is_true(json_object_get(object, "answered")))
		*ret = yg_bytes_eq(yg_json_text(object, "status"), YG_S("applied"))
			       ? YG_ENROL_DOWN_APPLIED
			       : YG_ENROL_DOWN_REFUSED;
	detail = yg_json_text(object, "detail");
	(void)snprintf(why, room, "%.*s", YG_FMT(detail)); /* cut, as said */
	json_decref(object);
	return YG_OK;
}
