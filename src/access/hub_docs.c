/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of a hub's register: reading, writing, listing, and their values. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/hub-int.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"

#include "base/ban.h"

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

int yg_hub_get(struct yg_hub_access *hub, const char *kind, const char *key, json_t **ret,
	       uint32_t *ret_revision)
{
	struct reading reading = {0};
	int rc = yg_control_get(hub->store, YG_S(YG_HUB_REGISTER), yg_bytes_str(kind),
				yg_bytes_str(key), read_document, &reading);

	if (rc != YG_OK)
		return rc == YG_EINVAL ? YG_ENOENT : rc; /* what cannot be a key is not there */
	*ret = reading.value;
	if (ret_revision)
		*ret_revision = reading.revision;
	return YG_OK;
}

int yg_hub_put_raw(struct yg_hub_access *hub, const char *org, const char *actor, const char *kind,
		   const char *key, struct yg_bytes body, uint32_t expected)
{
	const struct yg_doc_put put = {.org = yg_bytes_str(org),
				       .kind = yg_bytes_str(kind),
				       .key = yg_bytes_str(key),
				       .body = body,
				       .expected = expected,
				       .time_ns = yg_hub_now_ns(hub),
				       .actor = yg_bytes_str(actor)};

	return yg_control_put(hub->store, &put, NULL);
}

int yg_hub_put_at(struct yg_hub_access *hub, const char *org, const char *actor, const char *kind,
		  const char *key, json_t *take_body, uint32_t expected)
{
	struct yg_buf text;
	int rc;

	if (!take_body)
		return YG_ENOMEM;
	yg_buf_init(&text, YG_DOC_BODY_MAX);
	rc = yg_json_canonical(take_body, &text);
	if (rc == YG_OK)
		rc = yg_hub_put_raw(hub, org, actor, kind, key, yg_buf_bytes(&text), expected);
	yg_buf_done(&text);
	json_decref(take_body);
	return rc;
}

int yg_hub_put(struct yg_hub_access *hub, const char *actor, const char *kind, const char *key,
	       json_t *take_body, uint32_t expected)
{
	return yg_hub_put_at(hub, YG_HUB_REGISTER, actor, kind, key, take_body, expected);
}

int yg_hub_remove(struct yg_hub_access *hub, const char *actor, const char *kind, const char *key)
{
	struct yg_doc_put put = {.org = YG_S(YG_HUB_REGISTER),
				 .kind = yg_bytes_str(kind),
				 .key = yg_bytes_str(key),
				 .is_removed = true,
				 .expected = YG_REVISION_ANY,
				 .time_ns = yg_hub_now_ns(hub),
				 .actor = yg_bytes_str(actor)};
	int rc = yg_control_put(hub->store, &put, NULL);

	return rc == YG_ENOENT ? YG_OK : rc;
}

struct listing {
	yg_hub_raw_fn fn;
	void *arg;
	uint32_t seen;
	char last[YG_HUB_KEY_MAX];
};

static int list_one(void *arg, const struct yg_doc *doc)
{
	struct listing *listing = arg;

	listing->seen++;
	memcpy(listing->last, doc->key.data, doc->key.size); /* the store holds the limit */
	listing->last[doc->key.size] = '\0';
	return listing->fn(listing->arg, doc->key, doc->body);
}

int yg_hub_each_raw(struct yg_hub_access *hub, const char *org, const char *kind,
		    const char *prefix, const char *after, uint32_t limit, yg_hub_raw_fn fn,
		    void *arg)
{
	struct listing listing = {.fn = fn, .arg = arg};
	struct yg_doc_filter filter = {.kind = yg_bytes_str(kind),
				       .key_prefix = yg_bytes_str(prefix),
				       .after_key = yg_bytes_str(after),
				       .limit = limit ? limit : YG_HUB_PAGE};
	int rc;

	do {
		listing.seen = 0;
		rc = yg_control_list(hub->store, yg_bytes_str(org), &filter, list_one, &listing);
		filter.after_key = yg_bytes_str(listing.last);
	} while (rc == YG_OK && limit == 0 && listing.seen == filter.limit);
	return rc;
}

struct parsing {
	yg_hub_doc_fn fn;
	void *arg;
};

static int parse_one(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	const struct parsing *parsing = arg;
	struct yg_fault fault;
	json_t *value = NULL;
	int rc = yg_json_load(body, YG_DOC_BODY_MAX, &value, &fault);

	if (rc == YG_OK)
		rc = parsing->fn(parsing->arg, key, value);
	json_decref(value);
	return rc;
}

int yg_hub_each(struct yg_hub_access *hub, const char *org, const char *kind, const char *prefix,
		const char *after, uint32_t limit, yg_hub_doc_fn fn, void *arg)
{
	struct parsing parsing = {fn, arg};

	return yg_hub_each_raw(hub, org, kind, prefix, after, limit, parse_one, &parsing);
}

/* ---- secrets ---- */

void yg_hub_secret_new(char secret[YG_HUB_TOKEN_HEX + 1], char digest[YG_SHA256_HEX + 1])
{
	uint8_t bytes[YG_HUB_TOKEN_HEX / 2];

	yg_random(bytes, sizeof(bytes));
	yg_hex((struct yg_bytes){bytes, sizeof(bytes)}, secret);
	yg_sha256_hex(yg_bytes_str(secret), digest);
	yg_wipe(bytes, sizeof(bytes));
}

int yg_hub_secret_look(struct yg_hub_access *hub, const char *kind, const char *owner,
		       struct yg_bytes text, struct yg_hub_secret *ret)
{
	json_t *body = NULL;
	int rc;

	if (text.size != YG_HUB_TOKEN_HEX &&
	    (text.size != strlen(YG_HUB_CERTIFICATE) + YG_SHA256_HEX ||
	     !yg_bytes_starts(text, YG_S(YG_HUB_CERTIFICATE))))
		return YG_EACCES;
	yg_sha256_hex(text, ret->digest);
	rc = yg_hub_get(hub, kind, ret->digest, &body, NULL);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EACCES : rc;
	yg_hub_text(body, owner, ret->owner, sizeof(ret->owner));
	yg_hub_text(body, "id", ret->id, sizeof(ret->id));
	json_decref(body);
	return YG_OK;
}

/* ---- values ---- */

void yg_hub_text(const json_t *body, const char *key, char *to, size_t room)
{
	struct yg_bytes text = yg_bytes_cut(yg_json_text(body, key), 0, room - 1);

	if (text.size > 0)
		memcpy(to, text.data, text.size);
	to[text.size] = '\0';
}

json_t *yg_hub_string(const char *text)
{
	return yg_json_string(yg_bytes_str(text));
}

/* Numbers of a document are exact up to 2^53, so times are kept in seconds. */
json_t *yg_hub_seconds(int64_t time_ns)
{
	return time_ns == YG_TIME_NONE ? json_null() : json_integer(time_ns / YG_NS_PER_S);
}

int64_t yg_hub_time(const json_t *body, const char *key)
{
	const json_t *value = json_object_get(body, key);

	return json_is_integer(value) ? json_integer_value(value) * YG_NS_PER_S : YG_TIME_NONE;
}

json_t *yg_hub_day(int32_t day)
{
	char text[YG_DAY_SIZE];

	if (day == YG_DAY_NONE)
		return json_null();
	yg_day_write(day, text);
	return json_string(text);
}

int32_t yg_hub_day_of(const json_t *body, const char *key)
{
	return yg_day_read(yg_json_text(body, key));
}

json_t *yg_hub_rights_json(uint64_t bits)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < YG_MAY_COUNT && names; i++) {
		if ((bits >> i & 1) &&
		    json_array_append_new(
			    names, json_string(yg_hub_right_name((enum yg_hub_right)i))) != 0) {
			json_decref(names);
			names = NULL;
		}
	}
	return names;
}

/* Names that are not known (any more) give nothing. */
uint64_t yg_hub_rights_of(const json_t *names)
{
	uint64_t bits = 0;
	const json_t *name;
	size_t at;

	json_array_foreach(names, at, name)
	{
		for (unsigned i = 0; i < YG_MAY_COUNT; i++) {
			if (json_is_string(name) &&
			    strcmp(json_string_value(name),
				   yg_hub_right_name((enum yg_hub_right)i)) == 0)
				bits |= UINT64_C(1) << i;
		}
	}
	return bits;
}

bool yg_hub_key(char to[YG_HUB_KEY_MAX], const char *a, const char *b)
{
	int size = snprintf(to, YG_HUB_KEY_MAX, "%s/%s", a, b);

	return size > 0 && (unsigned)size < YG_HUB_KEY_MAX && !strchr(a, '/');
}

bool yg_hub_is_hex_id(const char *id)
{
	return strlen(id) == YG_RANDOM_ID_HEX && strspn(id, "0123456789abcdef") == YG_RANDOM_ID_HEX;
}

bool yg_hub_is_text(const char *text, size_t max)
{
	struct yg_bytes b = yg_bytes_str(text);

	if (b.size == 0 || b.size > max || !yg_utf8_valid(b))
		return false;
	for (size_t i = 0; i < b.size; i++) {
		if (b.data[i] < 0x20 || b.data[i] == 0x7f)
			return false;
	}
	return true;
}
