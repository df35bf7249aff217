/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control.h"

#include "base/utf8.h"
#include "store/control-int.h"

#include "base/ban.h"

/* UTF-8 without control characters, so that it can be printed, compared and bound as it is. */
static bool is_name(struct yg_bytes name, size_t max)
{
	if (name.size == 0 || name.size > max || !yg_utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return false;
	}
	return true;
}

static bool is_kind(struct yg_bytes kind)
{
	if (kind.size == 0 || kind.size > YG_DOC_KIND_MAX)
		return false;
	for (size_t i = 0; i < kind.size; i++) {
		if ((kind.data[i] < 'a' || kind.data[i] > 'z') && kind.data[i] != '_')
			return false;
	}
	return true;
}

static bool is_id(const struct yg_doc_put *id)
{
	return is_name(id->org, YG_DOC_ORG_MAX) && is_kind(id->kind) &&
	       is_name(id->key, YG_DOC_KEY_MAX);
}

int yg_control_next(struct yg_doc_head head, const struct yg_doc_put *put, uint32_t *ret_revision)
{
	bool is_there = head.revision > 0 && !head.is_removed;

	if (put->expected == YG_REVISION_NONE
		    ? is_there
		    : put->expected != YG_REVISION_ANY && put->expected != head.revision)
		return YG_EMISMATCH;
	if (put->is_removed && !is_there)
		return YG_ENOENT;
	if (head.revision >= YG_REVISION_ANY - 1)
		return YG_ELIMIT;
	*ret_revision = head.revision + 1;
	return YG_OK;
}

struct yg_control *yg_control_free(struct yg_control *store)
{
	if (!store)
		return NULL;
	yg_control_abort(store);
	store->ops->free(store);
	return NULL;
}

int yg_control_begin(struct yg_control *store)
{
	int rc;

	if (store->readers > 0)
		return YG_EINVAL;
	if (store->is_in_transaction) {
		store->joined++;
		return YG_OK;
	}
	rc = store->is_reader ? store->ops->look(store) : store->ops->begin(store);
	store->is_in_transaction = rc == YG_OK;
	store->failed = YG_OK;
	return rc;
}

int yg_control_commit(struct yg_control *store)
{
	int rc = store->failed;

	if (!store->is_in_transaction || store->readers > 0)
		return YG_EINVAL;
	if (store->joined > 0) {
		store->joined--;
		return rc;
	}
	if (rc != YG_OK || store->is_reader)
		store->ops->abort(store);
	else
		rc = store->ops->commit(store);
	store->is_in_transaction = false;
	return rc;
}

void yg_control_abort(struct yg_control *store)
{
	if (!store->is_in_transaction)
		return;
	if (store->readers > 0) {
		store->failed = YG_EINVAL; /* a listing stands on it: the commit will refuse */
		return;
	}
	if (store->joined > 0) {
		store->joined--;
		store->failed = YG_EINVAL; /* of the whole */
		return;
	}
	store->ops->abort(store);
	store->is_in_transaction = false;
}

/* Whoever only reads is told, and asked about it afterwards. */
static bool refuses(struct yg_control *store)
{
	store->was_refused |= store->is_reader;
	return store->is_reader;
}

bool yg_control_was_refused(struct yg_control *store)
{
	bool was_refused = store->was_refused;

	store->was_refused = false;
	return was_refused;
}

static int check_put(const struct yg_doc_put *put)
{
	if (!is_id(put) || !is_name(put->actor, YG_DOC_ACTOR_MAX) ||
	    (put->is_removed && (put->body.size > 0 || put->shared)))
		return YG_EINVAL;
	if (put->shared && put->shared->bytes.size > YG_DOC_BODY_MAX)
		return YG_ELIMIT;
	return put->body.size > YG_DOC_BODY_MAX ? YG_ELIMIT : YG_OK;
}

/* Within the transaction that is open. */
static int put_one(struct yg_control *store, const struct yg_doc_put *put, uint32_t *ret_revision)
{
	int rc = store->failed;

	if (rc != YG_OK)
		return rc;
	rc = store->ops->put(store, put, ret_revision);
	/* A refusal leaves the transaction as it is; anything else may have taken it apart. */
	if (rc != YG_OK && rc != YG_EMISMATCH && rc != YG_ENOENT && rc != YG_ELIMIT)
		store->failed = rc;
	return rc;
}

int yg_control_put(struct yg_control *store, const struct yg_doc_put *put, uint32_t *ret_revision)
{
	uint32_t revision = 0;
	bool is_own = !store->is_in_transaction;
	int rc = check_put(put);

	if (rc != YG_OK)
		return rc;
	if (store->readers > 0)
		return YG_EINVAL;
	if (refuses(store))
		return YG_EACCES;
	if (is_own)
		rc = yg_control_begin(store);
	if (rc != YG_OK)
		return rc;
	rc = put_one(store, put, &revision);
	if (is_own && rc == YG_OK)
		rc = yg_control_commit(store);
	else if (is_own)
		yg_control_abort(store);
	if (rc == YG_OK && ret_revision)
		*ret_revision = revision;
	return rc;
}

int yg_control_purge(struct yg_control *store, const struct yg_doc_put *id, bool keeps_current,
		     uint32_t *ret_count)
{
	uint32_t count = 0;
	int rc;

	if (!is_id(id) || !store->is_in_transaction || store->readers > 0)
		return YG_EINVAL;
	if (refuses(store))
		return YG_EACCES;
	rc = store->failed;
	if (rc == YG_OK)
		rc = store->ops->purge(store, id, keeps_current, &count);
	if (rc != YG_OK && rc != YG_EMISMATCH && rc != YG_ENOENT)
		store->failed = rc;
	if (ret_count)
		*ret_count = count;
	return rc;
}

/* Between a backend and the one who asked: what comes out of a file was written by anyone. */
struct relay {
	yg_doc_fn fn;
	void *arg;
};

static int pass_on(void *arg, const struct yg_doc *doc)
{
	const struct relay *relay = arg;

	if (!is_kind(doc->kind) || !is_name(doc->key, YG_DOC_KEY_MAX) ||
	    !is_name(doc->actor, YG_DOC_ACTOR_MAX) || doc->body.size > YG_DOC_BODY_MAX ||
	    doc->revision == 0 || doc->change == 0)
		return YG_EFORMAT;
	return relay->fn(relay->arg, doc);
}

int yg_control_get(struct yg_control *store, struct yg_bytes org, struct yg_bytes kind,
		   struct yg_bytes key, yg_doc_fn fn, void *arg)
{
	struct yg_doc_put id = {.org = org, .kind = kind, .key = key};
	struct relay relay = {fn, arg};
	int rc;

	if (!is_id(&id))
		return YG_EINVAL;
	store->readers++;
	rc = store->ops->get(store, &id, pass_on, &relay);
	store->readers--;
	return rc;
}

struct yg_shared yg_shared_of(struct yg_bytes bytes)
{
	struct yg_shared shared = {.bytes = bytes};

	yg_sha256(bytes, shared.digest);
	return shared;
}

int yg_control_shared(struct yg_control *store, struct yg_bytes org, struct yg_bytes kind,
		      struct yg_bytes key, yg_shared_fn fn, void *arg)
{
	struct yg_doc_put id = {.org = org, .kind = kind, .key = key};
	int rc;

	if (!is_id(&id))
		return YG_EINVAL;
	store->readers++;
	rc = store->ops->shared(store, &id, fn, arg);
	store->readers--;
	return rc;
}

int yg_control_list(struct yg_control *store, struct yg_bytes org,
		    const struct yg_doc_filter *filter, yg_doc_fn fn, void *arg)
{
	struct relay relay = {fn, arg};
	int rc;

	if (!is_name(org, YG_DOC_ORG_MAX) || filter->limit == 0 || filter->limit > YG_DOC_LIST_MAX)
		return YG_EINVAL;
	if (!is_kind(filter->kind) && !(filter->by_change && filter->kind.size == 0))
		return YG_EINVAL;
	if (filter->key_prefix.size > YG_DOC_KEY_MAX || filter->after_key.size > YG_DOC_KEY_MAX)
		return YG_EINVAL;
	store->readers++;
	rc = store->ops->list(store, org, filter, pass_on, &relay);
	store->readers--;
	return rc;
}

int yg_control_history(struct yg_control *store, struct yg_bytes org, struct yg_bytes kind,
		       struct yg_bytes key, yg_doc_fn fn, void *arg)
{
	struct yg_doc_put id = {.org = org, .kind = kind, .key = key};
	struct relay relay = {fn, arg};
	int rc;

	if (!is_id(&id))
		return YG_EINVAL;
	store->readers++;
	rc = store->ops->history(store, &id, pass_on, &relay);
	store->readers--;
	return rc;
}

int yg_control_last_change(struct yg_control *store, struct yg_bytes org, uint64_t *ret)
{
	return is_name(org, YG_DOC_ORG_MAX) ? store->ops->last_change(store, org, ret) : YG_EINVAL;
}

int yg_control_catch_up(struct yg_control *store, size_t bytes_max)
{
	int rc;

	if (store->is_in_transaction || store->readers > 0)
		return YG_EINVAL;
	if (!store->ops->catch_up)
		return YG_ENOENT;
	if (bytes_max > 0 && refuses(store))
		return YG_EACCES;
	rc = bytes_max > 0 ? yg_control_begin(store) : YG_OK;
	if (rc != YG_OK)
		return rc;
	rc = store->ops->catch_up(store, bytes_max);
	if (bytes_max == 0)
		return rc;
	if (rc == YG_OK)
		return yg_control_commit(store);
	yg_control_abort(store);
	return rc;
}

const char *yg_control_trouble(const struct yg_control *store)
{
	return store->ops->trouble(store);
}
