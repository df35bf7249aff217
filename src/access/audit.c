/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the audit log: entries, checkpoints, the key. audit_verify.c looks at it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/audit-int.h"

#include "base/disk.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/utf8.h"

#include "base/ban.h"

#define SEED_FILE_MAX 4096u

/* ---- the key ---- */

static bool join(char to[YG_HUB_PATH_BYTES], const char *data, const char *name)
{
	int size = snprintf(to, YG_HUB_PATH_BYTES, "%s/%s", data, name);

	return size > 0 && (unsigned)size < YG_HUB_PATH_BYTES;
}

static int write_key(const char *data, const char *path, uint8_t seed[YG_SIGN_SEED_BYTES])
{
	char hex[2 * YG_SIGN_SEED_BYTES + 2];
	char folder[YG_HUB_PATH_BYTES];
	int rc;

	if (!join(folder, data, "ca"))
		return YG_ELIMIT;
	rc = yg_disk_mkdir(folder, 0700);
	yg_random(seed, YG_SIGN_SEED_BYTES);
	yg_hex((struct yg_bytes){seed, YG_SIGN_SEED_BYTES}, hex);
	hex[sizeof(hex) - 2] = '\n';
	if (rc == YG_OK)
		rc = yg_disk_create(path, (struct yg_bytes){(const uint8_t *)hex, sizeof(hex) - 1},
				    0600);
	yg_wipe(hex, sizeof(hex));
	return rc;
}

static int read_key(const char *path, uint8_t seed[YG_SIGN_SEED_BYTES])
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, SEED_FILE_MAX, &bytes, &size);

	if (rc == YG_OK &&
	    !yg_hex_read(yg_bytes_trim((struct yg_bytes){bytes, size}), seed, YG_SIGN_SEED_BYTES))
		rc = YG_EFORMAT;
	if (bytes)
		yg_wipe(bytes, size);
	free(bytes);
	return rc;
}

/* The public half, for those who check; made anew when it is not there. */
static int need_public(const char *data, const uint8_t seed[YG_SIGN_SEED_BYTES])
{
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	char path[YG_HUB_PATH_BYTES];
	struct yg_buf text;
	int rc;

	if (!join(path, data, "ca/audit.pub"))
		return YG_ELIMIT;
	yg_sign_public(seed, key);
	yg_buf_init(&text, 256);
	yg_base64_add(&text, (struct yg_bytes){key, sizeof(key)});
	yg_buf_add_byte(&text, '\n');
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_disk_create(path, yg_buf_bytes(&text), 0644);
	yg_buf_done(&text);
	return rc == YG_EDUPLICATE ? YG_OK : rc;
}

/* ---- entries ---- */

void yg_audit_key_of(uint64_t number, char to[YG_AUDIT_KEY_ROOM])
{
	(void)snprintf(to, YG_AUDIT_KEY_ROOM, "%020llu", (unsigned long long)number); /* fits */
}

static int read_end(void *arg, const struct yg_doc *doc)
{
	struct yg_audit_end *end = arg;
	struct yg_fault fault;
	json_t *body = NULL;
	int rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &body, &fault);

	if (rc != YG_OK)
		return rc;
	end->is_signed = yg_bytes_eq(doc->kind, YG_S(YG_AUDIT_CHECKPOINT));
	if (end->is_signed) {
		end->number = (uint64_t)yg_json_int(body, "last", 0);
		yg_hub_text(body, "digest", end->digest, sizeof(end->digest));
	} else {
		end->number = (uint64_t)yg_json_int(body, "number", 0);
		yg_sha256_hex(doc->body, end->digest);
	}
	json_decref(body);
	return YG_OK;
}

/* Where the log ends now, within the transaction that is open. */
static int find_end(struct yg_hub_access *hub, struct yg_audit_end *ret)
{
	struct yg_doc_filter filter = {.by_change = true, .limit = 1};
	uint64_t change = 0;
	int rc = yg_control_last_change(hub->store, YG_S(YG_HUB_AUDIT), &change);

	*ret = (struct yg_audit_end){.is_signed = true, .digest = YG_AUDIT_NOTHING};
	if (rc != YG_OK || change == 0)
		return rc;
	filter.after_change = change - 1;
	return yg_control_list(hub->store, YG_S(YG_HUB_AUDIT), &filter, read_end, ret);
}

/* At most @max bytes of @text, by whole characters. */
static json_t *cut_text(const char *text, size_t max)
{
	struct yg_bytes b = yg_bytes_cut(yg_bytes_str(text ? text : ""), 0, max);

	while (b.size > 0 && b.size == max && !yg_utf8_valid(b))
		b.size--;
	return yg_json_string(b);
}

int yg_audit_append(struct yg_hub_access *hub, const struct yg_hub_deed *deed)
{
	const char *org = deed->org && deed->org[0] ? deed->org : YG_HUB_ORG;
	int64_t now_ns = yg_hub_now_ns(hub);
	struct yg_audit_end end;
	char key[YG_AUDIT_KEY_ROOM];
	char time[YG_ISO_SIZE];
	int rc = find_end(hub, &end);

	if (rc != YG_OK)
		return rc;
	(void)yg_time_iso(now_ns, 0, time); /* returns its size */
	yg_audit_key_of(end.number + 1, key);
	rc = yg_hub_put_at(hub, YG_HUB_AUDIT, deed->actor, YG_AUDIT_ENTRY, key,
			   json_pack("{s:I, s:s, s:o, s:o, s:s, s:o, s:o, s:s}", "number",
				     (json_int_t)end.number + 1, "time", time, "actor",
				     cut_text(deed->actor, YG_DOC_ACTOR_MAX), "org",
				     cut_text(org, YG_ENROL_ID_MAX), "action", deed->action,
				     "object", cut_text(deed->object, YG_AUDIT_OBJECT_MAX),
				     "detail", cut_text(deed->detail, YG_AUDIT_DETAIL_MAX),
				     "previous", end.digest),
			   YG_REVISION_NONE);
	if (rc == YG_OK)
		hub->audit_number = end.number + 1;
	return rc;
}

int yg_audit_add(struct yg_hub_access *hub, const char *actor, const char *org, const char *action,
		 const char *object, const char *detail)
{
	struct yg_hub_deed deed = {actor, org, action, object, detail};
	int rc = yg_hub_begin(hub);

	if (rc == YG_EINVAL) /* a transaction is open: the entry is part of it */
		return yg_audit_append(hub, &deed);
	return rc == YG_OK ? yg_hub_finish(hub, rc, &deed) : rc;
}

/* ---- checkpoints ---- */

struct gathering {
	json_t *digests;
	uint64_t first;
	uint64_t next;
};

static int gather_one(void *arg, const struct yg_doc *doc)
{
	struct gathering *gathering = arg;
	char hex[YG_SHA256_HEX + 1];

	yg_sha256_hex(doc->body, hex);
	gathering->next++;
	return json_array_append_new(gathering->digests, json_string(hex)) == 0 ? YG_OK : YG_ENOMEM;
}

/* The digests of at most YG_AUDIT_LIST_MAX entries up to @last that no checkpoint has yet. */
static int gather(struct yg_hub_access *hub, uint64_t last, struct gathering *ret)
{
	char key[YG_AUDIT_KEY_ROOM];
	struct yg_doc_filter filter = {.kind = YG_S(YG_AUDIT_ENTRY), .limit = YG_AUDIT_LIST_MAX};
	uint64_t after = hub->audit_signed;

	if (last - after > YG_AUDIT_LIST_MAX)
		after = last - YG_AUDIT_LIST_MAX; /* the chain vouches for those before */
	*ret = (struct gathering){json_array(), after + 1, after + 1};
	if (!ret->digests)
		return YG_ENOMEM;
	yg_audit_key_of(after, key);
	filter.after_key = yg_bytes_str(key);
	return yg_control_list(hub->store, YG_S(YG_HUB_AUDIT), &filter, gather_one, ret);
}

static int note_signed(void *arg, const struct yg_doc *doc)
{
	struct yg_audit_end end;
	int rc = read_end(&end, doc);

	*(uint64_t *)arg = end.number;
	return rc;
}

/*
 * Up to where is it signed? Other processes sign too. Keys are numbers, so halving finds the last
 * one; @last: of the last entry.
 */
static int find_signed(struct yg_hub_access *hub, uint64_t last)
{
	struct yg_doc_filter filter = {.kind = YG_S(YG_AUDIT_CHECKPOINT), .limit = 1};
	char key[YG_AUDIT_KEY_ROOM];
	uint64_t above = last;
	int rc = YG_OK;

	while (hub->audit_signed < above && rc == YG_OK) {
		uint64_t middle = hub->audit_signed + (above - hub->audit_signed) / 2;
		uint64_t number = 0;

		yg_audit_key_of(middle, key);
		filter.after_key = yg_bytes_str(key);
		rc = yg_control_list(hub->store, YG_S(YG_HUB_AUDIT), &filter, note_signed, &number);
		if (number > middle)
			hub->audit_signed = number;
		else
			above = middle;
	}
	return rc;
}

/* With the key of our own. */
static int sign_here(const uint8_t seed[YG_SIGN_SEED_BYTES], struct yg_bytes message,
		     uint8_t signature[YG_SIGN_BYTES])
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_DOC_BODY_MAX);
	yg_buf_add_str(&text, YG_AUDIT_CONTEXT);
	yg_buf_add(&text, message);
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		yg_sign(seed, yg_buf_bytes(&text), signature);
	yg_buf_done(&text);
	return rc;
}

int yg_audit_sign(const struct yg_hub_access *hub, json_t *checkpoint)
{
	uint8_t signature[YG_SIGN_BYTES];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_DOC_BODY_MAX);
	rc = yg_json_canonical(checkpoint, &text);
	if (rc == YG_OK)
		rc = hub->sign ? hub->sign(hub->sign_arg, yg_buf_bytes(&text), signature)
			       : sign_here(hub->seed, yg_buf_bytes(&text), signature);
	if (rc == YG_OK) {
		yg_buf_reset(&text);
		yg_base64_add(&text, (struct yg_bytes){signature, sizeof(signature)});
		rc = yg_buf_error(&text);
	}
	if (rc == YG_OK)
		rc = yg_json_set(checkpoint, "signature", yg_json_string(yg_buf_bytes(&text)));
	yg_buf_done(&text);
	return rc;
}

/* @take_digests of entries @first to @end. NULL without memory. */
static json_t *checkpoint_json(struct yg_hub_access *hub, json_t *take_digests, uint64_t first,
			       const struct yg_audit_end *end)
{
	char time[YG_ISO_SIZE];
	struct yg_buf text;
	json_t *checkpoint;

	(void)yg_time_iso(yg_hub_now_ns(hub), 0, time); /* returns its size */
	yg_buf_init(&text, 128);
	yg_base64_add(&text, (struct yg_bytes){hub->key, sizeof(hub->key)});
	checkpoint =
		json_pack("{s:I, s:I, s:s, s:o, s:s, s:o}", "first", (json_int_t)first, "last",
			  (json_int_t)end->number, "digest", end->digest, "digests", take_digests,
			  "time", time, "key", yg_json_string(yg_buf_bytes(&text)));
	yg_buf_done(&text);
	if (checkpoint && yg_audit_sign(hub, checkpoint) != YG_OK) {
		json_decref(checkpoint);
		checkpoint = NULL;
	}
	return checkpoint;
}

/* Beside the store too: whoever cuts the log there must know to cut it here. */
static int write_file(const struct yg_hub_access *hub, const json_t *checkpoint)
{
	struct yg_buf line;
	int rc;

	yg_buf_init(&line, YG_DOC_BODY_MAX);
	rc = yg_json_canonical(checkpoint, &line);
	yg_buf_add_byte(&line, '\n');
	if (rc == YG_OK)
		rc = yg_buf_error(&line);
	if (rc == YG_OK)
		rc = yg_disk_replace(hub->data, yg_buf_bytes(&line), 0600);
	yg_buf_done(&line);
	return rc;
}

/* In a transaction: a checkpoint for what has none. *ret NULL: there is nothing. */
static int make_checkpoint(struct yg_hub_access *hub, json_t **ret)
{
	struct gathering gathering = {0};
	struct yg_audit_end end;
	char key[YG_AUDIT_KEY_ROOM];
	int rc = find_end(hub, &end);

	*ret = NULL;
	if (rc != YG_OK || end.is_signed)
		return rc;
	rc = find_signed(hub, end.number);
	if (rc == YG_OK)
		rc = gather(hub, end.number, &gathering);
	if (rc == YG_OK && gathering.next != end.number + 1)
		rc = YG_EFORMAT; /* entries are missing: nothing is signed over that */
	if (rc != YG_OK) {
		json_decref(gathering.digests);
		return rc;
	}
	*ret = checkpoint_json(hub, gathering.digests, gathering.first, &end);
	if (!*ret)
		return YG_ENOMEM;
	yg_audit_key_of(end.number, key);
	rc = yg_hub_put_at(hub, YG_HUB_AUDIT, "hub", YG_AUDIT_CHECKPOINT, key, json_incref(*ret),
			   YG_REVISION_NONE);
	if (rc == YG_OK)
		hub->audit_signed = end.number;
	return rc;
}

int yg_audit_checkpoint(struct yg_hub_access *hub)
{
	uint64_t signed_before = hub->audit_signed;
	json_t *checkpoint = NULL;
	int rc = hub->has_key ? yg_hub_begin(hub) : YG_EEND;

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = make_checkpoint(hub, &checkpoint);
	if (rc == YG_OK && checkpoint)
		rc = yg_control_commit(hub->store);
	else
		yg_control_abort(hub->store);
	if (rc == YG_OK && checkpoint)
		rc = write_file(hub, checkpoint);
	if (rc != YG_OK)
		hub->audit_signed = signed_before;
	json_decref(checkpoint);
	return rc;
}

void yg_audit_after(struct yg_hub_access *hub)
{
	/* A checkpoint that fails is made up for with the next one. */
	if (!hub->is_together && hub->has_key &&
	    hub->audit_number >= hub->audit_signed + YG_AUDIT_EVERY)
		(void)yg_audit_checkpoint(hub);
}

int yg_audit_seed_open(const char *data, uint8_t seed[YG_SIGN_SEED_BYTES])
{
	char path[YG_HUB_PATH_BYTES];
	int rc = join(path, data, "ca/audit.key") ? read_key(path, seed) : YG_ELIMIT;

	if (rc == YG_ENOENT) {
		rc = write_key(data, path, seed);
		if (rc == YG_EDUPLICATE) /* another process was first */
			rc = read_key(path, seed);
	}
	return rc == YG_OK ? need_public(data, seed) : rc;
}

/* There is a key: where does the log end, and how far is it signed? */
static int begin_signing(struct yg_hub_access *hub, const char *data)
{
	char path[YG_HUB_PATH_BYTES];
	struct yg_audit_end end;
	int rc;

	if (!join(path, data, "audit") || !join(hub->data, data, "audit/checkpoint"))
		return YG_ELIMIT;
	rc = yg_disk_mkdir(path, 0700);
	hub->has_key = rc == YG_OK;
	if (rc == YG_OK)
		rc = find_end(hub, &end);
	if (rc == YG_OK)
		rc = find_signed(hub, end.number);
	/*
	 * More than a crash leaves without a checkpoint: they may have been taken away, with what
	 * stands below them changed. Nothing is signed over that; audit_verify.c says it.
	 */
	if (rc == YG_OK && end.number > hub->audit_signed + YG_AUDIT_UNSIGNED_MAX)
		hub->audit_signed = end.number;
	return rc;
}

int yg_audit_key_open(struct yg_hub_access *hub, const char *data)
{
	int rc = yg_audit_seed_open(data, hub->seed);

	if (rc != YG_OK)
		return rc;
	yg_sign_public(hub->seed, hub->key);
	return begin_signing(hub, data);
}

int yg_audit_signer_open(struct yg_hub_access *hub, const char *data,
			 const uint8_t key[YG_SIGN_PUBLIC_BYTES], yg_audit_sign_fn sign, void *arg)
{
	memcpy(hub->key, key, sizeof(hub->key));
	hub->sign = sign;
	hub->sign_arg = arg;
	return begin_signing(hub, data);
}

/* ---- reading ---- */

struct listing {
	yg_audit_fn fn;
	void *arg;
};

static int list_one(void *arg, const struct yg_doc *doc)
{
	const struct listing *listing = arg;
	struct yg_audit_entry entry = {.line = doc->body};
	struct yg_fault fault;
	json_t *body = NULL;
	int rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &body, &fault);

	if (rc != YG_OK)
		return rc;
	entry.number = (uint64_t)yg_json_int(body, "number", 0);
	entry.time = yg_json_text(body, "time");
	entry.actor = yg_json_text(body, "actor");
	entry.org = yg_json_text(body, "org");
	entry.action = yg_json_text(body, "action");
	entry.object = yg_json_text(body, "object");
	entry.detail = yg_json_text(body, "detail");
	rc = listing->fn(listing->arg, &entry);
	json_decref(body);
	return rc;
}

int yg_audit_list(struct yg_access *by, uint64_t after, uint32_t limit, yg_audit_fn fn, void *arg)
{
	struct yg_doc_filter filter = {.kind = YG_S(YG_AUDIT_ENTRY), .limit = limit};
	struct listing listing = {fn, arg};
	char key[YG_AUDIT_KEY_ROOM];
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_audit, &hub);

	if (rc != YG_OK)
		return rc;
	if (strcmp(by->org, YG_HUB_ORG) != 0)
		return YG_EACCES;
	yg_audit_key_of(after, key);
	filter.after_key = yg_bytes_str(key);
	return yg_control_list(hub->store, YG_S(YG_HUB_AUDIT), &filter, list_one, &listing);
}

static int copy_line(void *arg, const struct yg_doc *doc)
{
	yg_buf_add(arg, doc->body);
	return yg_buf_error(arg);
}

int yg_audit_last(struct yg_hub_access *hub, struct yg_buf *to)
{
	char key[YG_AUDIT_KEY_ROOM];
	struct yg_audit_end end;
	int rc = find_end(hub, &end);

	if (rc == YG_OK)
		rc = find_signed(hub, end.number);
	if (rc != YG_OK || hub->audit_signed == 0)
		return rc == YG_OK ? YG_ENOENT : rc;
	yg_audit_key_of(hub->audit_signed, key);
	return yg_control_get(hub->store, YG_S(YG_HUB_AUDIT), YG_S(YG_AUDIT_CHECKPOINT),
			      yg_bytes_str(key), copy_line, to);
}
