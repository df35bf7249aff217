/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/access-int.h"

#include "access/rights-int.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/day.h"

#include "base/ban.h"

#define ZONE_JAPAN_S (9 * 3600)

#define LOCAL_ORG "local"

static const struct yg_bytes local_org = {(const uint8_t *)LOCAL_ORG, sizeof(LOCAL_ORG) - 1};
static const struct yg_bytes invitations = {(const uint8_t *)"expert", 6};

/* ---- names ---- */

static uint32_t point_at(struct yg_bytes b, size_t size)
{
	uint32_t point = size == 1 ? b.data[0] : b.data[0] & (0x7fu >> size);

	for (size_t i = 1; i < size; i++)
		point = point << 6 | (b.data[i] & 0x3fu);
	return point;
}

/* Would not be seen, or would turn the line round. */
static bool is_unprintable(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	       (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
}

static bool is_blank(uint32_t point)
{
	return point == ' ' || point == 0xa0 || point == 0x3000;
}

size_t yg_access_clean_name(struct yg_bytes person, char to[YG_ACCESS_NAME_MAX + 1])
{
	size_t end = 0; /* behind the last character that is no blank */
	size_t at = 0;

	for (size_t i = 0; i < person.size;) {
		struct yg_bytes rest = yg_bytes_from(person, i);
		size_t size = yg_utf8_size(rest);
		struct yg_bytes put = size ? yg_bytes_cut(rest, 0, size) : YG_S("\xef\xbf\xbd");
		uint32_t point = point_at(put, put.size);

		i += size ? size : 1;
		if (is_unprintable(point) || (at == 0 && is_blank(point)))
			continue;
		if (at + put.size > YG_ACCESS_NAME_MAX)
			break;
		memcpy(to + at, put.data, put.size);
		at += put.size;
		if (!is_blank(point))
			end = at;
	}
	to[end] = '\0';
	return end;
}

static char *join(const char *head, const char *tail)
{
	size_t size = strlen(head) + strlen(tail) + 1;
	char *text = yg_malloc(size);

	if (text)
		(void)snprintf(text, size, "%s%s", head, tail); /* measured above */
	return text;
}

/* ---- invitations ---- */

struct invitation {
	enum yg_role role;
	int32_t until; /* the last day */
	bool is_ended;
};

static int read_invitation(void *arg, const struct yg_doc *doc)
{
	struct invitation *ret = arg;
	struct yg_fault fault;
	json_t *value;
	int rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &value, &fault);

	if (rc != YG_OK)
		return rc;
	ret->until = yg_day_read(yg_json_text(value, "until"));
	/* What is not clearly said is a no. */
	ret->is_ended = json_is_true(json_object_get(value, "ended")) ||
			!yg_role_by_name(yg_json_text(value, "role"), &ret->role) ||
			(ret->role != YG_ROLE_EXPERT && ret->role != YG_ROLE_ASSESSOR) ||
			ret->until == YG_DAY_NONE;
	json_decref(value);
	return YG_OK;
}

/* Is the one with invitation @key welcome now? *ret_role what as. YG_EACCES when no longer. */
static int check_invitation(struct yg_control *store, struct yg_clock clock, const char *key,
			    enum yg_role *ret_role)
{
	struct invitation found = {.is_ended = true};
	int rc = yg_control_get(store, local_org, invitations, yg_bytes_str(key), read_invitation,
				&found);

	if (rc == YG_ENOENT)
		return YG_EACCES; /* it was removed */
	if (rc != YG_OK)
		return rc;
	if (found.is_ended || yg_day_of_time(clock.now_ns(clock.arg), ZONE_JAPAN_S) > found.until)
		return YG_EACCES;
	*ret_role = found.role;
	return YG_OK;
}

struct search {
	struct yg_bytes id;
	char *key; /* owned; NULL: not found */
	unsigned count;
	size_t seen;
	char last[YG_DOC_KEY_MAX + 1];
	size_t last_size;
};

static int look_at_invitation(void *arg, const struct yg_doc *doc)
{
	struct search *search = arg;
	size_t at = doc->key.size;

	search->seen++;
	memcpy(search->last, doc->key.data, doc->key.size);
	search->last_size = doc->key.size;
	while (at > 0 && doc->key.data[at - 1] != '/')
		at--;
	if (at < 2 || !yg_bytes_eq(yg_bytes_from(doc->key, at), search->id) || search->count++ > 0)
		return YG_OK;
	search->key = yg_strndup((const char *)doc->key.data, doc->key.size);
	return search->key ? YG_OK : YG_ENOMEM;
}

/* The key of the one invitation that ends in @id; *ret owned. */
static int find_invitation(struct yg_control *store, const char *id, char **ret)
{
	struct search search = {.id = yg_bytes_str(id)};
	struct yg_doc_filter filter = {.kind = invitations, .limit = YG_DOC_LIST_MAX};
	int rc;

	do {
		search.seen = 0;
		rc = yg_control_list(store, local_org, &filter, look_at_invitation, &search);
		filter.after_key =
			(struct yg_bytes){(const uint8_t *)search.last, search.last_size};
	} while (rc == YG_OK && search.seen == filter.limit);
	if (rc == YG_OK && search.count == 0)
		rc = YG_ENOENT;
	if (rc == YG_OK && search.count > 1)
		rc = YG_EACCES; /* to which of them? */
	if (rc != YG_OK) {
		free(search.key);
		return rc;
	}
	*ret = search.key;
	return YG_OK;
}

/* ---- openers ---- */

int yg_access_local(struct yg_control *store, struct yg_clock clock, const char *person,
		    struct yg_access **ret)
{
	char name[YG_ACCESS_NAME_MAX + 1];
	struct yg_access *access;

	if (yg_access_clean_name(yg_bytes_str(person), name) == 0)
		return YG_EINVAL;
	access = yg_calloc(1, sizeof(*access));
	if (!access)
		return YG_ENOMEM;
	*access = (struct yg_access){
		.store = store, .clock = clock, .role = YG_ROLE_OWNER, .org = LOCAL_ORG};
	access->actor = join("local:", name);
	if (!access->actor) {
		(void)yg_access_free(access);
		return YG_ENOMEM;
	}
	*ret = access;
	return YG_OK;
}

int yg_access_as_expert(const struct yg_access *local, const char *id, struct yg_access **ret)
{
	struct yg_access *access;
	const char *slash;
	int rc;

	if (local->role != YG_ROLE_OWNER || local->hub)
		return YG_EACCES; /* at a hub people are invited to the hub */
	if (id[0] == '\0' || strchr(id, '/'))
		return YG_ENOENT;
	access = yg_calloc(1, sizeof(*access));
	if (!access)
		return YG_ENOMEM;
	*access =
		(struct yg_access){.store = local->store, .clock = local->clock, .org = LOCAL_ORG};
	rc = find_invitation(access->store, id, &access->invitation);
	if (rc == YG_OK)
		rc = check_invitation(access->store, access->clock, access->invitation,
				      &access->role);
	if (rc == YG_OK) {
		slash = strrchr(access->invitation, '/');
		access->assessment_size = slash ? (size_t)(slash - access->invitation) : 0;
		access->actor = join("expert:", id);
		rc = access->actor ? YG_OK : YG_ENOMEM;
	}
	if (rc != YG_OK) {
		(void)yg_access_free(access);
		return rc;
	}
	*ret = access;
	return YG_OK;
}

struct yg_access *yg_access_free(struct yg_access *access)
{
	if (access) {
		free(access->actor);
		free(access->invitation);
		free(access);
	}
	return NULL;
}

enum yg_role yg_access_role(const struct yg_access *access)
{
	return access->role;
}

const char *yg_access_actor(const struct yg_access *access)
{
	return access->actor;
}

int64_t yg_access_now(const struct yg_access *access)
{
	return access->clock.now_ns(access->clock.arg);
}

const char *yg_access_org(const struct yg_access *access)
{
	return access->org;
}

static struct yg_bytes org_of(const struct yg_access *access)
{
	return yg_bytes_str(access->org);
}

/* ---- what this actor may ---- */

/* NULL: no such kind, or a hub's access that was opened for something else than documents. */
static const struct yg_rights *rights_for(const struct yg_access *access, struct yg_bytes kind)
{
	if (access->hub && access->right != YG_MAY_read_assessments &&
	    access->right != YG_MAY_write_assessments)
		return NULL;
	return yg_rights_of(kind);
}

bool yg_access_may_write(const struct yg_access *access, const char *kind)
{
	const struct yg_rights *rights = rights_for(access, yg_bytes_str(kind));

	return rights && rights->by_role[access->role].may_write;
}

/* Documents of the invitation's assessment: its own key, and what lies below. */
static bool is_reachable(const struct yg_access *access, const struct yg_rights *rights,
			 struct yg_bytes key)
{
	struct yg_bytes own = {(const uint8_t *)access->invitation, access->assessment_size};

	if (!access->invitation || rights->is_of_all)
		return true;
	return yg_bytes_starts(key, own) && (key.size == own.size || key.data[own.size] == '/');
}

static bool may_read(const struct yg_access *access, struct yg_bytes kind, struct yg_bytes key)
{
	const struct yg_rights *rights = rights_for(access, kind);

	return rights && rights->by_role[access->role].may_read &&
	       is_reachable(access, rights, key);
}

/* Before each call: an invitation, a grant, a mandate or a credential may have ended meanwhile. */
static int check_actor(const struct yg_access *access)
{
	enum yg_role role;
	int rc;

	if (access->hub)
		return yg_hub_check(access);
	if (!access->invitation)
		return YG_OK;
	rc = check_invitation(access->store, access->clock, access->invitation, &role);
	return rc == YG_OK && role != access->role ? YG_EACCES : rc;
}

static int check_read(const struct yg_access *access, const char *kind, const char *key)
{
	int rc = check_actor(access);

	if (rc == YG_OK && !may_read(access, yg_bytes_str(kind), yg_bytes_str(key)))
		rc = YG_EACCES;
	return rc;
}

static int check_write(const struct yg_access *access, const char *kind, const char *key,
		       bool *ret_is_bytes)
{
	const struct yg_rights *rights = rights_for(access, yg_bytes_str(kind));
	int rc = check_actor(access);

	if (rc != YG_OK)
		return rc;
	if (!rights || !rights->by_role[access->role].may_write ||
	    !is_reachable(access, rights, yg_bytes_str(key)))
		return YG_EACCES;
	*ret_is_bytes = rights->is_bytes;
	return YG_OK;
}

/* ---- transactions ---- */

int yg_access_begin(struct yg_access *access)
{
	return yg_control_begin(access->store);
}

int yg_access_commit(struct yg_access *access)
{
	return yg_control_commit(access->store);
}

void yg_access_abort(struct yg_access *access)
{
	yg_control_abort(access->store);
}

/* ---- writing ---- */

/* @put has body or tombstone and the expected revision; the rest is filled in here. */
static int put_document(struct yg_access *access, const char *kind, const char *key,
			struct yg_doc_put *put, uint32_t *ret_revision)
{
	put->org = org_of(access);
	put->kind = yg_bytes_str(kind);
	put->key = yg_bytes_str(key);
	put->time_ns = yg_access_now(access);
	put->actor = yg_bytes_str(access->actor);
	return yg_control_put(access->store, put, ret_revision);
}

int yg_access_put(struct yg_access *access, const char *kind, const char *key, const json_t *body,
		  uint32_t expected, uint32_t *ret_revision)
{
	struct yg_doc_put put = {.expected = expected};
	bool is_bytes;
	struct yg_buf text;
	int rc = check_write(access, kind, key, &is_bytes);

	if (rc != YG_OK)
		return rc;
	if (is_bytes || !body)
		return YG_EINVAL;
	yg_buf_init(&text, YG_DOC_BODY_MAX);
	rc = yg_json_canonical(body, &text);
	put.body = yg_buf_bytes(&text);
	if (rc == YG_OK)
		rc = put_document(access, kind, key, &put, ret_revision);
	yg_buf_done(&text);
	return rc;
}

int yg_access_put_bytes(struct yg_access *access, const char *kind, const char *key,
			struct yg_bytes body, uint32_t expected, uint32_t *ret_revision)
{
	struct yg_doc_put put = {.expected = expected, .body = body};
	bool is_bytes;
	int rc = check_write(access, kind, key, &is_bytes);

	if (rc != YG_OK)
		return rc;
	return is_bytes ? put_document(access, kind, key, &put, ret_revision) : YG_EINVAL;
}

int yg_access_remove(struct yg_access *access, const char *kind, const char *key, uint32_t expected)
{
	struct yg_doc_put put = {.expected = expected, .is_removed = true};
	bool is_bytes;
	int rc = check_write(access, kind, key, &is_bytes);

	return rc == YG_OK ? put_document(access, kind, key, &put, NULL) : rc;
}

/* ---- reading ---- */

struct reading {
	json_t *value;
	uint8_t *bytes;
	size_t size;
	uint32_t revision;
};

static int read_json(void *arg, const struct yg_doc *doc)
{
	struct reading *reading = arg;
	struct yg_fault fault;

	reading->revision = doc->revision;
	return yg_json_load(doc->body, YG_DOC_BODY_MAX, &reading->value, &fault);
}

static int read_bytes(void *arg, const struct yg_doc *doc)
{
	struct reading *reading = arg;

	reading->revision = doc->revision;
	reading->size = doc->body.size;
	reading->bytes = (uint8_t *)yg_strndup((const char *)doc->body.data, doc->body.size);
	return reading->bytes ? YG_OK : YG_ENOMEM;
}

static int read_document(struct yg_access *access, const char *kind, const char *key, yg_doc_fn fn,
			 struct reading *reading)
{
	int rc = check_read(access, kind, key);

	if (rc != YG_OK)
		return rc;
	return yg_control_get(access->store, org_of(access), yg_bytes_str(kind), yg_bytes_str(key),
			      fn, reading);
}

int yg_access_get(struct yg_access *access, const char *kind, const char *key, json_t **ret,
		  uint32_t *ret_revision)
{
	struct reading reading = {0};
	int rc = read_document(access, kind, key, read_json, &reading);

	if (rc != YG_OK) {
		json_decref(reading.value);
		return rc;
	}
	*ret = reading.value;
	if (ret_revision)
		*ret_revision = reading.revision;
	return YG_OK;
}

int yg_access_get_bytes(struct yg_access *access, const char *kind, const char *key, uint8_t **ret,
			size_t *ret_size, uint32_t *ret_revision)
{
	struct reading reading = {0};
	int rc = read_document(access, kind, key, read_bytes, &reading);

	if (rc != YG_OK) {
		free(reading.bytes);
		return rc;
	}
	*ret = reading.bytes;
	*ret_size = reading.size;
	if (ret_revision)
		*ret_revision = reading.revision;
	return YG_OK;
}

/* A listing on its way: documents that this actor may not see do not count as given. */
struct visit {
	const struct yg_access *access;
	yg_doc_fn fn;
	void *arg;
	uint32_t left;
	uint32_t seen; /* in this page */
	bool is_full;
	uint64_t last_change;
	uint8_t last_key[YG_DOC_KEY_MAX];
	size_t last_key_size;
};

static int visit_one(void *arg, const struct yg_doc *doc)
{
	struct visit *visit = arg;
	int rc;

	visit->seen++;
	visit->last_change = doc->change;
	memcpy(visit->last_key, doc->key.data, doc->key.size); /* the store holds the limit */
	visit->last_key_size = doc->key.size;
	if (!may_read(visit->access, doc->kind, doc->key))
		return YG_OK;
	rc = visit->fn(visit->arg, doc);
	if (rc != YG_OK || --visit->left > 0)
		return rc;
	visit->is_full = true;
	return YG_EEND;
}

/* May documents of the kinds that @filter names be read at all? */
static bool may_list(const struct yg_access *access, const struct yg_doc_filter *filter)
{
	const struct yg_rights *rights = rights_for(access, filter->kind);

	if (filter->by_change && filter->kind.size == 0)
		return true;
	return rights && rights->by_role[access->role].may_read;
}

int yg_access_visit(struct yg_access *access, const struct yg_doc_filter *filter, yg_doc_fn fn,
		    void *arg)
{
	struct visit visit = {.access = access, .fn = fn, .arg = arg, .left = filter->limit};
	struct yg_doc_filter page = *filter;
	int rc = check_actor(access);

	if (rc == YG_OK && !may_list(access, filter))
		rc = YG_EACCES;
	if (rc != YG_OK)
		return rc;
	do {
		visit.seen = 0;
		rc = yg_control_list(access->store, org_of(access), &page, visit_one, &visit);
		if (visit.is_full)
			return YG_OK;
		page.after_change = visit.last_change;
		page.after_key = (struct yg_bytes){visit.last_key, visit.last_key_size};
	} while (rc == YG_OK && visit.seen == page.limit);
	return rc;
}

int yg_access_history(struct yg_access *access, const char *kind, const char *key, yg_doc_fn fn,
		      void *arg)
{
	int rc = check_read(access, kind, key);

	if (rc != YG_OK)
		return rc;
	return yg_control_history(access->store, org_of(access), yg_bytes_str(kind),
				  yg_bytes_str(key), fn, arg);
}

int yg_access_last_change(struct yg_access *access, uint64_t *ret)
{
	int rc = check_actor(access);

	return rc == YG_OK ? yg_control_last_change(access->store, org_of(access), ret) : rc;
}
