/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that wait for sensors: numbered by sensor, kept until and after they are answered; what
 * is in them until then. Of a large body the queue says the digest and the size, which stay.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/enrol-int.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define KEY_ROOM   (YG_ENROL_ID_MAX + 24)
#define PAGE	   256u
#define FORGET	   64u /* messages at once; of an earlier version each holds its body */
#define MAX_NUMBER (UINT64_C(1) << 52) /* of what a sensor may say it has seen */

struct yg_enrol_message {
	char kind[YG_ENROL_KIND_MAX + 1];
	json_t *object;	    /* of a small one, which stands in the queue */
	struct yg_buf text; /* the same as it is sent */
	struct yg_shared shared;
};

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

/* ---- what is sent ---- */

static bool is_large(struct yg_bytes body)
{
	return body.size >= YG_ENROL_SHARED_MIN;
}

static int read_message(struct yg_enrol_message *m, const char *kind, struct yg_bytes body)
{
	struct yg_fault fault;
	int rc = yg_json_load(body, YG_ENROL_BODY_MAX, &m->object, &fault);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK || !json_is_object(m->object) || !is_kind(kind))
		return YG_EINVAL;
	(void)snprintf(m->kind, sizeof(m->kind), "%s", kind); /* it fits */
	rc = yg_json_canonical(m->object, &m->text);
	if (rc != YG_OK)
		return rc;
	m->shared = yg_shared_of(yg_buf_bytes(&m->text));
	if (is_large(m->shared.bytes)) {
		json_decref(m->object);
		m->object = NULL;
	}
	return YG_OK;
}

int yg_enrol_message_new(const char *kind, struct yg_bytes body, struct yg_enrol_message **ret)
{
	struct yg_enrol_message *m = yg_calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return YG_ENOMEM;
	yg_buf_init(&m->text, YG_DOC_BODY_MAX);
	rc = read_message(m, kind, body);
	if (rc == YG_OK)
		*ret = m;
	else
		(void)yg_enrol_message_free(m);
	return rc;
}

struct yg_enrol_message *yg_enrol_message_free(struct yg_enrol_message *message)
{
	if (message) {
		json_decref(message->object);
		yg_buf_done(&message->text);
		free(message);
	}
	return NULL;
}

/* What the queue says of a large body. */
static int describe(json_t *entry, const struct yg_shared *shared)
{
	char hex[YG_SHA256_HEX + 1];
	int rc;

	yg_hex((struct yg_bytes){shared->digest, YG_SHA256_BYTES}, hex);
	rc = yg_json_set(entry, "sha256", json_string(hex));
	return rc == YG_OK
		       ? yg_json_set(entry, "size", json_integer((json_int_t)shared->bytes.size))
		       : rc;
}

static int put(struct yg_enrol *enrol, const char *id, const struct yg_enrol_message *m,
	       uint64_t *ret_number)
{
	bool is_apart = is_large(m->shared.bytes);
	char key[KEY_ROOM];
	json_t *entry;
	int rc = next_number(enrol, id, ret_number);

	if (rc != YG_OK)
		return rc;
	key_of(id, *ret_number, key);
	entry = json_pack("{s:I, s:s, s:I, s:b}", "number", (json_int_t)*ret_number, "kind",
			  m->kind, "time", (json_int_t)(yg_enrol_now(enrol) / YG_NS_PER_S),
			  "answered", 0);
	rc = !entry	? YG_ENOMEM
	     : is_apart ? describe(entry, &m->shared)
			: yg_json_set(entry, "body", json_incref(m->object));
	if (rc != YG_OK) {
		json_decref(entry);
		return rc;
	}
	return yg_enrol_put_holding(enrol, "down", key, entry, YG_REVISION_NONE,
				    is_apart ? &m->shared : NULL);
}

static int send(struct yg_enrol *enrol, const struct yg_enrol_sensor *sensor,
		const struct yg_enrol_message *message, uint64_t *ret_number)
{
	int rc = yg_control_begin(enrol->store);

	if (rc != YG_OK)
		return rc;
	rc = put(enrol, sensor->id, message, ret_number);
	if (rc == YG_OK && enrol->note)
		rc = enrol->note(enrol->note_arg, enrol->actor, "sensor.message", sensor->org,
				 sensor->id);
	if (rc == YG_OK)
		return yg_control_commit(enrol->store);
	yg_control_abort(enrol->store);
	return rc;
}

int yg_enrol_down_send(struct yg_enrol *enrol, const char *org, const char *id,
		       const struct yg_enrol_message *message, uint64_t *ret_number)
{
	struct yg_enrol_sensor sensor;
	int rc = yg_enrol_sensor_look(enrol, org, id, &sensor);

	if (rc == YG_OK && sensor.is_revoked) /* nobody would fetch it */
		rc = YG_ENOENT;
	return rc == YG_OK ? send(enrol, &sensor, message, ret_number) : rc;
}

int yg_enrol_down_add(struct yg_enrol *enrol, const char *name, const char *kind,
		      struct yg_bytes body, uint64_t *ret_number)
{
	struct yg_enrol_message *message = NULL;
	struct yg_enrol_sensor sensor;
	int rc = yg_enrol_sensor_find(enrol, name, &sensor);

	if (rc == YG_OK)
		rc = yg_enrol_message_new(kind, body, &message);
	if (rc == YG_OK)
		rc = yg_enrol_down_send(enrol, sensor.org, sensor.id, message, ret_number);
	(void)yg_enrol_message_free(message);
	return rc;
}

/* ---- what waits ---- */

struct listing {
	struct yg_enrol *enrol;
	yg_enrol_down_fn fn;
	void *arg;
	uint32_t seen; /* in this page */
	uint32_t left;
	bool is_full;
	char last[KEY_ROOM];
	struct yg_enrol_down down; /* that is given */
};

static int give_bytes(void *arg, struct yg_bytes bytes)
{
	struct listing *listing = arg;

	listing->down.body = bytes;
	listing->left--;
	return listing->fn(listing->arg, &listing->down);
}

static int give_body(struct listing *listing, const json_t *object)
{
	struct yg_buf body;
	int rc;

	yg_buf_init(&body, YG_DOC_BODY_MAX);
	rc = yg_json_canonical(json_object_get(object, "body"), &body);
	if (rc == YG_OK)
		rc = give_bytes(listing, yg_buf_bytes(&body));
	yg_buf_done(&body);
	return rc;
}

/* An unanswered message to the caller; its body lives during the call. */
static int give(struct listing *listing, const json_t *object)
{
	struct yg_bytes kind = yg_bytes_cut(yg_json_text(object, "kind"), 0, YG_ENROL_KIND_MAX);
	int rc;

	listing->down = (struct yg_enrol_down){
		.number = (uint64_t)yg_json_int(object, "number", 0),
		.time_ns = yg_json_int(object, "time", 0) * YG_NS_PER_S,
	};
	if (kind.size > 0)
		memcpy(listing->down.kind, kind.data, kind.size);
	if (json_object_get(object, "body"))
		return give_body(listing, object);
	rc = yg_control_shared(listing->enrol->store, YG_S("hub"), YG_S("down"),
			       yg_bytes_str(listing->last), give_bytes, listing);
	return rc == YG_ENOENT ? YG_OK : rc; /* let go: it is to reach nobody */
}

static int list_one(void *arg, const struct yg_doc *doc)
{
	struct listing *listing = arg;
	struct yg_fault fault;
	json_t *object = NULL;
	int rc;

	listing->is_full = listing->left == 0;
	if (listing->is_full)
		return YG_EEND;
	rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &object, &fault);
	if (rc != YG_OK)
		return rc;
	listing->seen++;
	(void)snprintf(listing->last, sizeof(listing->last), "%.*s", YG_FMT(doc->key)); /* ours */
	if (json_is_false(json_object_get(object, "answered")))
		rc = give(listing, object);
	json_decref(object);
	return rc;
}

int yg_enrol_down_list(struct yg_enrol *enrol, const char *id, uint64_t after, uint32_t limit,
		       yg_enrol_down_fn fn, void *arg)
{
	struct listing listing = {.enrol = enrol, .fn = fn, .arg = arg, .left = limit};
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
	return listing.is_full ? YG_OK : rc;
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

/* ---- what became of it ---- */

/* A large body does not stand in @entry from here on: an earlier version put it there. */
static int take_out(json_t *entry)
{
	const json_t *body = json_object_get(entry, "body");
	struct yg_buf text;
	int rc = YG_OK;

	yg_buf_init(&text, YG_DOC_BODY_MAX);
	if (body)
		rc = yg_json_canonical(body, &text);
	if (rc == YG_OK && is_large(yg_buf_bytes(&text))) {
		struct yg_shared was = yg_shared_of(yg_buf_bytes(&text));

		rc = describe(entry, &was);
		(void)json_object_del(entry, "body"); /* it is there */
	}
	yg_buf_done(&text);
	return rc;
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
	if (rc == YG_OK)
		rc = take_out(object);
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

/* ---- of sensors that are gone ---- */

struct forgetting {
	char keys[FORGET][KEY_ROOM];
	uint32_t revisions[FORGET];
	json_t *entries[FORGET];
	uint32_t count;
	uint32_t seen;
	char last[KEY_ROOM];
};

static int find_held(void *arg, const struct yg_doc *doc)
{
	struct forgetting *f = arg;
	struct yg_fault fault;
	json_t *entry = NULL;
	int rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &entry, &fault);

	f->seen++;
	(void)snprintf(f->last, sizeof(f->last), "%.*s", YG_FMT(doc->key)); /* ours */
	if (rc != YG_OK || !json_is_false(json_object_get(entry, "answered")) ||
	    json_is_true(json_object_get(entry, "revoked"))) {
		json_decref(entry);
		return rc;
	}
	memcpy(f->keys[f->count], f->last, KEY_ROOM);
	f->revisions[f->count] = doc->revision;
	f->entries[f->count++] = entry;
	return YG_OK;
}

/* As it was, and without what it held. */
static int let_go(struct yg_enrol *enrol, struct forgetting *f)
{
	int rc = YG_OK;

	for (uint32_t i = 0; i < f->count; i++) {
		if (rc == YG_OK)
			rc = take_out(f->entries[i]);
		if (rc == YG_OK)
			rc = yg_json_set(f->entries[i], "revoked", json_true());
		if (rc == YG_OK)
			rc = yg_enrol_put(enrol, "down", f->keys[i], json_incref(f->entries[i]),
					  f->revisions[i]);
		json_decref(f->entries[i]);
	}
	f->count = 0;
	return rc;
}

/* The next of the queue of @id. YG_ENOENT: that was all. */
static int forget_some(struct yg_enrol *enrol, const char *id, struct forgetting *f)
{
	struct yg_doc_filter filter = {.kind = YG_S("down"), .limit = FORGET};
	char prefix[KEY_ROOM], from[KEY_ROOM];
	int rc;

	(void)snprintf(prefix, sizeof(prefix), "%s/", id); /* an id fits */
	memcpy(from, f->last, sizeof(from));
	filter.key_prefix = yg_bytes_str(prefix);
	filter.after_key = yg_bytes_str(from);
	f->seen = 0;
	rc = yg_enrol_list(enrol, &filter, find_held, f);
	if (rc == YG_OK && f->seen > 0)
		return let_go(enrol, f);
	for (uint32_t i = 0; i < f->count; i++) /* where the listing failed */
		json_decref(f->entries[i]);
	return rc == YG_OK ? YG_ENOENT : rc;
}

int yg_enrol_down_forget(struct yg_enrol *enrol, const char *id)
{
	struct forgetting *f = yg_calloc(1, sizeof(*f));
	int rc = f ? YG_OK : YG_ENOMEM;

	while (rc == YG_OK)
		rc = forget_some(enrol, id, f);
	free(f);
	return rc == YG_ENOENT ? YG_OK : rc;
}

/* As above, and nobody waits for more than some of them. */
static int forget_by_turns(struct yg_enrol *enrol, const char *id)
{
	struct forgetting *f = yg_calloc(1, sizeof(*f));
	int rc = f ? YG_OK : YG_ENOMEM;

	while (rc == YG_OK) {
		rc = yg_control_begin(enrol->store);
		if (rc != YG_OK)
			break;
		rc = forget_some(enrol, id, f);
		if (rc == YG_OK)
			rc = yg_control_commit(enrol->store);
		else
			yg_control_abort(enrol->store);
	}
	free(f);
	return rc == YG_ENOENT ? YG_OK : rc;
}

struct settling {
	char (*ids)[YG_ENROL_ID_MAX + 1];
	size_t count;
};

static int note_revoked(void *arg, const struct yg_enrol_sensor *sensor)
{
	struct settling *s = arg;

	if (!sensor->is_revoked)
		return YG_OK;
	if ((s->count & (s->count - 1)) == 0) { /* full at each power of two */
		void *more = yg_reallocarray(s->ids, s->count ? 2 * s->count : 1, sizeof(*s->ids));

		if (!more)
			return YG_ENOMEM;
		s->ids = more;
	}
	memcpy(s->ids[s->count++], sensor->id, sizeof(*s->ids));
	return YG_OK;
}

int yg_enrol_down_settle(struct yg_enrol *enrol)
{
	struct settling s = {.count = 0};
	int rc = yg_enrol_sensor_list(enrol, NULL, note_revoked, &s);

	for (size_t i = 0; rc == YG_OK && i < s.count; i++)
		rc = forget_by_turns(enrol, s.ids[i]);
	free(s.ids);
	return rc;
}
