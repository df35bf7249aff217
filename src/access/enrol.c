/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/enrol-int.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

static const struct yg_bytes hub_org = {(const uint8_t *)"hub", 3};

#define SENSOR_KEY_ROOM (2 * YG_ENROL_ID_MAX + 2)
#define PAGE		1000u /* documents at once */
#define SEEN_MAX	4096u /* sensors that are remembered; two that share a place take turns */

struct yg_enrol_seen {
	uint64_t change; /* of the revision; 0: none */
	struct yg_enrol_sensor sensor;
};

/* ---- documents ---- */

int yg_enrol_new(struct yg_control *store, struct yg_clock clock, const char *actor,
		 struct yg_enrol **ret)
{
	struct yg_enrol *enrol = yg_calloc(1, sizeof(*enrol));

	if (!enrol)
		return YG_ENOMEM;
	*enrol = (struct yg_enrol){
		.store = store, .clock = clock, .actor = yg_strndup(actor, strlen(actor))};
	if (!enrol->actor) {
		free(enrol);
		return YG_ENOMEM;
	}
	*ret = enrol;
	return YG_OK;
}

struct yg_enrol *yg_enrol_free(struct yg_enrol *enrol)
{
	if (enrol) {
		free(enrol->actor);
		free(enrol->seen);
		free(enrol);
	}
	return NULL;
}

int yg_enrol_remember(struct yg_enrol *enrol)
{
	if (!enrol->seen)
		enrol->seen = yg_calloc(SEEN_MAX, sizeof(*enrol->seen));
	return enrol->seen ? YG_OK : YG_ENOMEM;
}

void yg_enrol_on_change(struct yg_enrol *enrol, yg_enrol_change_fn fn, void *arg)
{
	enrol->note = fn;
	enrol->note_arg = arg;
}

int yg_enrol_begin(struct yg_enrol *enrol)
{
	return enrol->note ? yg_control_begin(enrol->store) : YG_OK;
}

int yg_enrol_finish(struct yg_enrol *enrol, int rc, const char *action, const char *org,
		    const char *object)
{
	if (!enrol->note)
		return rc;
	if (rc == YG_OK)
		rc = enrol->note(enrol->note_arg, enrol->actor, action, org, object);
	if (rc == YG_OK)
		return yg_control_commit(enrol->store);
	yg_control_abort(enrol->store);
	return rc;
}

int64_t yg_enrol_now(const struct yg_enrol *enrol)
{
	return enrol->clock.now_ns(enrol->clock.arg);
}

bool yg_enrol_is_id(struct yg_bytes id)
{
	for (size_t i = 0; i < id.size; i++) {
		uint8_t c = id.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return id.size > 0 && id.size <= YG_ENROL_ID_MAX && id.data[0] != '-';
}

bool yg_enrol_is_reserved(const char *id)
{
	return strcmp(id, "hub") == 0 || strcmp(id, "local") == 0;
}

struct reading {
	json_t *value;
	uint32_t revision;
};

static int read_document(void *arg, const struct yg_doc *doc)
{
	struct reading *reading = arg;
	struct yg_fault fault;

	reading->revision = doc->revision;
	return yg_json_load(doc->body, YG_DOC_BODY_MAX, &reading->value, &fault);
}

int yg_enrol_get(struct yg_enrol *enrol, const char *kind, const char *key, json_t **ret,
		 uint32_t *ret_revision)
{
	struct reading reading = {0};
	int rc = yg_control_get(enrol->store, hub_org, yg_bytes_str(kind), yg_bytes_str(key),
				read_document, &reading);

	if (rc != YG_OK)
		return rc;
	*ret = reading.value;
	if (ret_revision)
		*ret_revision = reading.revision;
	return YG_OK;
}

int yg_enrol_put_holding(struct yg_enrol *enrol, const char *kind, const char *key,
			 json_t *take_body, uint32_t expected, const struct yg_shared *shared)
{
	struct yg_buf text;
	int rc = YG_ENOMEM;

	if (!take_body)
		return rc;
	yg_buf_init(&text, YG_DOC_BODY_MAX);
	rc = yg_json_canonical(take_body, &text);
	if (rc == YG_OK) {
		struct yg_doc_put put = {.org = hub_org,
					 .kind = yg_bytes_str(kind),
					 .key = yg_bytes_str(key),
					 .body = yg_buf_bytes(&text),
					 .expected = expected,
					 .time_ns = yg_enrol_now(enrol),
					 .actor = yg_bytes_str(enrol->actor),
					 .shared = shared};

		rc = yg_control_put(enrol->store, &put, NULL);
	}
	yg_buf_done(&text);
	json_decref(take_body);
	return rc;
}

int yg_enrol_put(struct yg_enrol *enrol, const char *kind, const char *key, json_t *take_body,
		 uint32_t expected)
{
	return yg_enrol_put_holding(enrol, kind, key, take_body, expected, NULL);
}

int yg_enrol_list(struct yg_enrol *enrol, const struct yg_doc_filter *filter, yg_doc_fn fn,
		  void *arg)
{
	return yg_control_list(enrol->store, hub_org, filter, fn, arg);
}

int yg_enrol_change(struct yg_enrol *enrol, uint64_t *ret)
{
	return yg_control_last_change(enrol->store, hub_org, ret);
}

/* Numbers of a document are exact up to 2^53; times are kept in seconds. */
static json_t *seconds(int64_t time_ns)
{
	return json_integer(time_ns / YG_NS_PER_S);
}

static void copy(struct yg_bytes text, char *to, size_t room)
{
	text = yg_bytes_cut(text, 0, room - 1);
	if (text.size > 0)
		memcpy(to, text.data, text.size);
	to[text.size] = '\0';
}

/* ---- organisations and tokens ---- */

int yg_enrol_add_org(struct yg_enrol *enrol, const char *id, const char *name)
{
	int rc;

	if (!yg_enrol_is_id(yg_bytes_str(id)) || yg_enrol_is_reserved(id) ||
	    (name && strlen(name) > YG_ENROL_NAME_MAX))
		return YG_EINVAL;
	rc = yg_enrol_begin(enrol);
	if (rc != YG_OK)
		return rc;
	rc = yg_enrol_put(enrol, "org", id,
			  json_pack("{s:s, s:o, s:o}", "id", id, "name",
				    yg_json_string(yg_bytes_str(name ? name : id)), "added",
				    seconds(yg_enrol_now(enrol))),
			  YG_REVISION_NONE);
	return yg_enrol_finish(enrol, rc == YG_EMISMATCH ? YG_EDUPLICATE : rc, "org.add", id, id);
}

/* Is there such an organisation, and is it still one of ours? */
static int check_org(struct yg_enrol *enrol, const char *org)
{
	json_t *found = NULL;
	int rc = yg_enrol_is_id(yg_bytes_str(org)) ? yg_enrol_get(enrol, "org", org, &found, NULL)
						   : YG_ENOENT;

	if (rc == YG_OK && json_object_get(found, "closed"))
		rc = YG_ENOENT;
	json_decref(found);
	return rc;
}

int yg_enrol_token_new(struct yg_enrol *enrol, const char *org, int64_t valid_s,
		       char to[YG_ENROL_TOKEN_HEX + 1])
{
	uint8_t secret[YG_ENROL_TOKEN_HEX / 2];
	char digest[YG_SHA256_HEX + 1];
	int rc = check_org(enrol, org);

	if (rc == YG_OK)
		rc = yg_enrol_begin(enrol);
	if (rc != YG_OK)
		return rc;
	yg_random(secret, sizeof(secret));
	yg_hex((struct yg_bytes){secret, sizeof(secret)}, to);
	yg_sha256_hex(yg_bytes_str(to), digest);
	yg_wipe(secret, sizeof(secret));
	rc = yg_enrol_put(enrol, "enrol_token", digest,
			  json_pack("{s:s, s:o, s:b}", "org", org, "until",
				    seconds(yg_enrol_now(enrol) + valid_s * YG_NS_PER_S), "used",
				    0),
			  YG_REVISION_NONE);
	return yg_enrol_finish(enrol, rc, "sensor.token", org, "");
}

int yg_enrol_token_look(struct yg_enrol *enrol, struct yg_bytes token, struct yg_enrol_token *ret)
{
	struct yg_enrol_token found = {0};
	json_t *body = NULL;
	bool is_good;
	int rc;

	yg_sha256_hex(token, found.digest);
	rc = yg_enrol_get(enrol, "enrol_token", found.digest, &body, &found.revision);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	copy(yg_json_text(body, "org"), found.org, sizeof(found.org));
	is_good = json_is_false(json_object_get(body, "used")) &&
		  yg_enrol_now(enrol) / YG_NS_PER_S < yg_json_int(body, "until", 0);
	json_decref(body);
	if (!is_good)
		return YG_EACCES;
	*ret = found;
	return YG_OK;
}

/* ---- sensors ---- */

static void key_of(const char *org, const char *id, char to[SENSOR_KEY_ROOM])
{
	(void)snprintf(to, SENSOR_KEY_ROOM, "%s/%s", org, id); /* ids hold their limit */
}

static json_t *sensor_json(const struct yg_enrol_sensor *sensor)
{
	char hex[YG_SHA256_HEX + 1];
	char next[YG_SHA256_HEX + 1] = "";

	yg_hex((struct yg_bytes){sensor->fingerprint, YG_SHA256_BYTES}, hex);
	if (sensor->has_next)
		yg_hex((struct yg_bytes){sensor->next, YG_SHA256_BYTES}, next);
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:b}", "org", sensor->org, "id",
			 sensor->id, "host", yg_json_string(yg_bytes_str(sensor->host)),
			 "fingerprint", hex, "until", seconds(sensor->until_ns), "next", next,
			 "next_until", seconds(sensor->has_next ? sensor->next_until_ns : 0),
			 "enrolled", seconds(sensor->enrolled_ns), "revoked",
			 (int)sensor->is_revoked);
}

static int read_sensor(const json_t *body, struct yg_enrol_sensor *ret)
{
	*ret = (struct yg_enrol_sensor){
		.until_ns = yg_json_int(body, "until", 0) * YG_NS_PER_S,
		.enrolled_ns = yg_json_int(body, "enrolled", 0) * YG_NS_PER_S,
		/* What is not clearly said is a no. */
		.is_revoked = !json_is_false(json_object_get(body, "revoked")),
	};
	copy(yg_json_text(body, "org"), ret->org, sizeof(ret->org));
	copy(yg_json_text(body, "id"), ret->id, sizeof(ret->id));
	copy(yg_json_text(body, "host"), ret->host, sizeof(ret->host));
	ret->has_next = yg_hex_read(yg_json_text(body, "next"), ret->next, YG_SHA256_BYTES);
	ret->next_until_ns = yg_json_int(body, "next_until", 0) * YG_NS_PER_S;
	return yg_hex_read(yg_json_text(body, "fingerprint"), ret->fingerprint, YG_SHA256_BYTES)
		       ? YG_OK
		       : YG_EFORMAT;
}

int yg_enrol_sensor_add(struct yg_enrol *enrol, const struct yg_enrol_token *token,
			const struct yg_enrol_sensor *sensor)
{
	char key[SENSOR_KEY_ROOM];
	int rc;

	if (!yg_enrol_is_id(yg_bytes_str(sensor->id)) || strcmp(sensor->org, token->org) != 0)
		return YG_EINVAL;
	key_of(sensor->org, sensor->id, key);
	rc = yg_control_begin(enrol->store);
	if (rc != YG_OK)
		return rc;
	rc = yg_enrol_put(enrol, "enrol_token", token->digest,
			  json_pack("{s:s, s:i, s:b, s:s}", "org", token->org, "until", 0, "used",
				    1, "sensor", sensor->id),
			  token->revision);
	if (rc == YG_EMISMATCH)
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_enrol_put(enrol, "sensor", key, sensor_json(sensor), YG_REVISION_NONE);
	if (rc == YG_OK && enrol->note)
		rc = enrol->note(enrol->note_arg, enrol->actor, "sensor.enrol", sensor->org,
				 sensor->id);
	if (rc == YG_OK)
		return yg_control_commit(enrol->store);
	yg_control_abort(enrol->store);
	return rc;
}

static int look(struct yg_enrol *enrol, const char *org, const char *id,
		struct yg_enrol_sensor *ret, uint32_t *ret_revision)
{
	char key[SENSOR_KEY_ROOM];
	json_t *body = NULL;
	int rc;

	if (!yg_enrol_is_id(yg_bytes_str(org)) || !yg_enrol_is_id(yg_bytes_str(id)))
		return YG_ENOENT;
	key_of(org, id, key);
	rc = yg_enrol_get(enrol, "sensor", key, &body, ret_revision);
	if (rc != YG_OK)
		return rc;
	rc = read_sensor(body, ret);
	json_decref(body);
	return rc;
}

int yg_enrol_sensor_look(struct yg_enrol *enrol, const char *org, const char *id,
			 struct yg_enrol_sensor *ret)
{
	return look(enrol, org, id, ret, NULL);
}

/* Change the record of a sensor that is welcome. */
static int change(struct yg_enrol *enrol, const char *org, const char *id,
		  void (*fn)(struct yg_enrol_sensor *sensor, const void *arg), const void *arg)
{
	struct yg_enrol_sensor sensor;
	char key[SENSOR_KEY_ROOM];
	uint32_t revision = 0;
	int rc = look(enrol, org, id, &sensor, &revision);

	if (rc != YG_OK)
		return rc;
	if (sensor.is_revoked)
		return YG_EACCES;
	fn(&sensor, arg);
	key_of(org, id, key);
	rc = yg_enrol_begin(enrol);
	if (rc != YG_OK)
		return rc;
	rc = yg_enrol_put(enrol, "sensor", key, sensor_json(&sensor), revision);
	return yg_enrol_finish(enrol, rc, "sensor.certificate", org, id);
}

struct next {
	const uint8_t *fingerprint;
	int64_t until_ns;
};

static void set_next(struct yg_enrol_sensor *sensor, const void *arg)
{
	const struct next *next = arg;

	memcpy(sensor->next, next->fingerprint, YG_SHA256_BYTES);
	sensor->next_until_ns = next->until_ns;
	sensor->has_next = true;
}

static void take_next(struct yg_enrol_sensor *sensor, const void *arg)
{
	(void)arg;
	if (!sensor->has_next)
		return;
	memcpy(sensor->fingerprint, sensor->next, YG_SHA256_BYTES);
	sensor->until_ns = sensor->next_until_ns;
	sensor->has_next = false;
}

int yg_enrol_sensor_renew(struct yg_enrol *enrol, const char *org, const char *id,
			  const uint8_t fingerprint[YG_SHA256_BYTES], int64_t until_ns)
{
	struct next next = {fingerprint, until_ns};

	return change(enrol, org, id, set_next, &next);
}

int yg_enrol_sensor_promote(struct yg_enrol *enrol, const char *org, const char *id)
{
	return change(enrol, org, id, take_next, NULL);
}

struct listing {
	const struct yg_enrol *enrol;
	yg_enrol_sensor_fn fn;
	void *arg;
	char last[SENSOR_KEY_ROOM];
	uint32_t seen;
};

static int read_listed(const struct yg_doc *doc, struct yg_enrol_sensor *ret)
{
	struct reading reading = {0};
	int rc = read_document(&reading, doc);

	if (rc == YG_OK)
		rc = read_sensor(reading.value, ret);
	json_decref(reading.value);
	return rc;
}

static int list_one(void *arg, const struct yg_doc *doc)
{
	struct listing *listing = arg;
	struct yg_enrol_seen *seen = listing->enrol->seen;
	struct yg_enrol_seen mem = {0};
	int rc = YG_OK;

	listing->seen++;
	copy(doc->key, listing->last, sizeof(listing->last));
	seen = seen ? &seen[doc->change % SEEN_MAX] : &mem;
	if (seen->change != doc->change) {
		seen->change = 0;
		rc = read_listed(doc, &seen->sensor);
		if (rc == YG_OK)
			seen->change = doc->change;
	}
	return rc == YG_OK ? listing->fn(listing->arg, &seen->sensor) : rc;
}

int yg_enrol_sensor_page(struct yg_enrol *enrol, const char *org, struct yg_bytes after,
			 uint32_t limit, yg_enrol_sensor_fn fn, void *arg)
{
	struct listing listing = {.enrol = enrol, .fn = fn, .arg = arg};
	struct yg_doc_filter filter = {.kind = YG_S("sensor"),
				       .after_key = yg_bytes_cut(after, 0, YG_DOC_KEY_MAX)};
	char prefix[SENSOR_KEY_ROOM];
	int rc = YG_OK;

	if (org) {
		if (!yg_enrol_is_id(yg_bytes_str(org)))
			return YG_OK;
		key_of(org, "", prefix);
		filter.key_prefix = yg_bytes_str(prefix);
	}
	do {
		listing.seen = 0;
		filter.limit = limit < PAGE ? limit : PAGE;
		if (filter.limit > 0)
			rc = yg_enrol_list(enrol, &filter, list_one, &listing);
		filter.after_key = yg_bytes_str(listing.last);
		limit -= listing.seen;
	} while (rc == YG_OK && limit > 0 && listing.seen == filter.limit);
	return rc;
}

int yg_enrol_sensor_list(struct yg_enrol *enrol, const char *org, yg_enrol_sensor_fn fn, void *arg)
{
	return yg_enrol_sensor_page(enrol, org, (struct yg_bytes){0}, UINT32_MAX, fn, arg);
}

struct search {
	const char *id;
	struct yg_enrol_sensor *ret;
	bool is_found;
};

static int compare(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct search *search = arg;

	if (strcmp(sensor->id, search->id) != 0)
		return YG_OK;
	*search->ret = *sensor;
	search->is_found = true;
	return YG_EEND;
}

int yg_enrol_sensor_find(struct yg_enrol *enrol, const char *name, struct yg_enrol_sensor *ret)
{
	const char *slash = strchr(name, '/');
	struct search search = {.id = slash ? slash + 1 : name, .ret = ret};
	char org[YG_ENROL_ID_MAX + 1];
	int rc;

	if (slash) {
		if ((size_t)(slash - name) > YG_ENROL_ID_MAX)
			return YG_ENOENT;
		copy((struct yg_bytes){(const uint8_t *)name, (size_t)(slash - name)}, org,
		     sizeof(org));
		return look(enrol, org, search.id, ret, NULL);
	}
	rc = yg_enrol_sensor_list(enrol, NULL, compare, &search);
	if (search.is_found)
		return YG_OK;
	return rc == YG_OK ? YG_ENOENT : rc;
}

int yg_enrol_sensor_revoke(struct yg_enrol *enrol, const char *name)
{
	struct yg_enrol_sensor sensor;
	char key[SENSOR_KEY_ROOM];
	int rc = yg_enrol_sensor_find(enrol, name, &sensor);

	if (rc != YG_OK || sensor.is_revoked)
		return rc;
	sensor.is_revoked = true;
	key_of(sensor.org, sensor.id, key);
	rc = yg_control_begin(enrol->store);
	if (rc != YG_OK)
		return rc;
	/* Whatever somebody else changes at the same time: revoked it is. */
	rc = yg_enrol_put(enrol, "sensor", key, sensor_json(&sensor), YG_REVISION_ANY);
	if (rc == YG_OK)
		rc = yg_enrol_down_forget(enrol, sensor.id);
	if (rc == YG_OK && enrol->note)
		rc = enrol->note(enrol->note_arg, enrol->actor, "sensor.revoke", sensor.org,
				 sensor.id);
	if (rc == YG_OK)
		return yg_control_commit(enrol->store);
	yg_control_abort(enrol->store);
	return rc;
}
