/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract in the simplest way: a list of all revisions in the order they came. The current
 * one is the last of its document; rolling back is cutting the list off where it was.
 */
#include "base/alloc.h"
#include "store/control-int.h"

#include "base/ban.h"

struct row {
	struct yg_doc doc; /* its bytes lie in @bytes */
	struct yg_bytes org;
	struct yg_bytes shared; /* each has its own copy: only what is seen is promised */
	bool has_shared;
	uint8_t *bytes;
	bool is_gone;	    /* purged: nobody sees it */
	bool may_come_back; /* by the transaction that is open */
};

struct ram {
	struct yg_control control;
	struct row *rows;
	size_t count;
	size_t room;
	size_t count_before; /* the transaction that is open */
};

static void cut(struct ram *ram, size_t count)
{
	while (ram->count > count)
		free(ram->rows[--ram->count].bytes);
}

static void ram_free(struct yg_control *store)
{
	struct ram *ram = (struct ram *)store;

	cut(ram, 0);
	free(ram->rows);
	free(ram);
}

static int ram_begin(struct yg_control *store)
{
	struct ram *ram = (struct ram *)store;

	ram->count_before = ram->count;
	return YG_OK;
}

static int ram_commit(struct yg_control *store)
{
	struct ram *ram = (struct ram *)store;

	for (size_t i = 0; i < ram->count; i++) {
		struct row *row = &ram->rows[i];

		if (!row->may_come_back)
			continue;
		free(row->bytes);
		row->bytes = NULL;
		row->may_come_back = false;
	}
	return YG_OK;
}

static void ram_abort(struct yg_control *store)
{
	struct ram *ram = (struct ram *)store;

	cut(ram, ram->count_before);
	for (size_t i = 0; i < ram->count; i++) {
		if (ram->rows[i].may_come_back)
			ram->rows[i].is_gone = ram->rows[i].may_come_back = false;
	}
}

static bool is_of(const struct row *row, const struct yg_doc_put *id)
{
	return !row->is_gone && yg_bytes_eq(row->org, id->org) &&
	       yg_bytes_eq(row->doc.kind, id->kind) && yg_bytes_eq(row->doc.key, id->key);
}

static const struct row *current(const struct ram *ram, const struct yg_doc_put *id)
{
	for (size_t i = ram->count; i-- > 0;) {
		if (is_of(&ram->rows[i], id))
			return &ram->rows[i];
	}
	return NULL;
}

/* Copy @from behind *@at. */
static struct yg_bytes keep(uint8_t **at, struct yg_bytes from)
{
	struct yg_bytes copy = {*at, from.size};

	if (from.size > 0)
		memcpy(*at, from.data, from.size);
	*at += from.size;
	return copy;
}

static int ram_put(struct yg_control *store, const struct yg_doc_put *put, uint32_t *ret_revision)
{
	struct ram *ram = (struct ram *)store;
	const struct row *last = current(ram, put);
	struct yg_doc_head head = {0};
	struct row *row;
	uint8_t *at;
	int rc;

	if (last)
		head = (struct yg_doc_head){last->doc.revision, last->doc.is_removed};
	rc = yg_control_next(head, put, ret_revision);
	if (rc != YG_OK)
		return rc;
	if (ram->count == ram->room) {
		size_t room = ram->room ? ram->room * 2 : 64;
		struct row *more = yg_reallocarray(ram->rows, room, sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		ram->rows = more;
		ram->room = room;
	}
	at = yg_malloc(put->org.size + put->kind.size + put->key.size + put->actor.size +
		       put->body.size + (put->shared ? put->shared->bytes.size : 0));
	if (!at)
		return YG_ENOMEM;
	row = &ram->rows[ram->count++];
	row->bytes = at;
	row->is_gone = row->may_come_back = false;
	row->org = keep(&at, put->org);
	row->has_shared = put->shared != NULL;
	row->shared = put->shared ? keep(&at, put->shared->bytes) : (struct yg_bytes){0};
	row->doc = (struct yg_doc){
		.change = ram->count,
		.kind = keep(&at, put->kind),
		.key = keep(&at, put->key),
		.revision = *ret_revision,
		.time_ns = put->time_ns,
		.actor = keep(&at, put->actor),
		.body = keep(&at, put->body),
		.is_removed = put->is_removed,
	};
	return YG_OK;
}

static int ram_purge(struct yg_control *store, const struct yg_doc_put *id, bool keeps_current,
		     uint32_t *ret_count)
{
	struct ram *ram = (struct ram *)store;
	const struct row *last = current(ram, id);

	if (!last)
		return YG_ENOENT;
	if (!keeps_current && last == &ram->rows[ram->count - 1])
		return YG_EMISMATCH;
	for (size_t i = 0; i < ram->count; i++) {
		struct row *row = &ram->rows[i];

		if (!is_of(row, id) || (keeps_current && row == last))
			continue;
		row->is_gone = row->may_come_back = true;
		++*ret_count;
	}
	return YG_OK;
}

static int ram_get(struct yg_control *store, const struct yg_doc_put *id, yg_doc_fn fn, void *arg)
{
	const struct row *row = current((struct ram *)store, id);

	return row && !row->doc.is_removed ? fn(arg, &row->doc) : YG_ENOENT;
}

static int ram_shared(struct yg_control *store, const struct yg_doc_put *id, yg_shared_fn fn,
		      void *arg)
{
	const struct row *row = current((struct ram *)store, id);

	return row && row->has_shared ? fn(arg, row->shared) : YG_ENOENT;
}

static bool fits(const struct row *row, struct yg_bytes org, const struct yg_doc_filter *filter)
{
	return !row->is_gone && yg_bytes_eq(row->org, org) &&
	       (filter->kind.size == 0 || yg_bytes_eq(row->doc.kind, filter->kind)) &&
	       yg_bytes_starts(row->doc.key, filter->key_prefix);
}

static int by_change(struct ram *ram, struct yg_bytes org, const struct yg_doc_filter *filter,
		     yg_doc_fn fn, void *arg)
{
	uint32_t given = 0;
	int rc = YG_OK;

	for (size_t i = 0; i < ram->count && given < filter->limit && rc == YG_OK; i++) {
		const struct row *row = &ram->rows[i];

		if (row->doc.change <= filter->after_change || !fits(row, org, filter))
			continue;
		rc = fn(arg, &row->doc);
		given++;
	}
	return rc;
}

static int compare_bytes(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* By key, the newest revision first. */
static int compare_rows(const void *a_arg, const void *b_arg)
{
	const struct yg_doc *a = *(const struct yg_doc *const *)a_arg;
	const struct yg_doc *b = *(const struct yg_doc *const *)b_arg;
	int order = compare_bytes(a->key, b->key);

	return order != 0 ? order : (a->revision < b->revision) - (a->revision > b->revision);
}

static int ram_list(struct yg_control *store, struct yg_bytes org,
		    const struct yg_doc_filter *filter, yg_doc_fn fn, void *arg)
{
	struct ram *ram = (struct ram *)store;
	const struct yg_doc **found;
	size_t count = 0;
	uint32_t given = 0;
	int rc = YG_OK;

	if (filter->by_change)
		return by_change(ram, org, filter, fn, arg);
	found = yg_calloc(ram->count, sizeof(*found));
	if (!found)
		return YG_ENOMEM;
	for (size_t i = 0; i < ram->count; i++) {
		if (fits(&ram->rows[i], org, filter) &&
		    compare_bytes(ram->rows[i].doc.key, filter->after_key) > 0)
			found[count++] = &ram->rows[i].doc;
	}
	qsort((void *)found, count, sizeof(*found), compare_rows);
	for (size_t i = 0; i < count && given < filter->limit && rc == YG_OK; i++) {
		if (i > 0 && yg_bytes_eq(found[i]->key, found[i - 1]->key))
			continue; /* an older revision */
		if (found[i]->is_removed)
			continue;
		rc = fn(arg, found[i]);
		given++;
	}
	free((void *)found);
	return rc;
}

static int ram_history(struct yg_control *store, const struct yg_doc_put *id, yg_doc_fn fn,
		       void *arg)
{
	struct ram *ram = (struct ram *)store;
	int rc = YG_OK;

	for (size_t i = 0; i < ram->count && rc == YG_OK; i++) {
		if (is_of(&ram->rows[i], id))
			rc = fn(arg, &ram->rows[i].doc);
	}
	return rc;
}

static int ram_last_change(struct yg_control *store, struct yg_bytes org, uint64_t *ret)
{
	struct ram *ram = (struct ram *)store;

	*ret = 0;
	for (size_t i = ram->count; i-- > 0 && *ret == 0;) {
		if (!ram->rows[i].is_gone && yg_bytes_eq(ram->rows[i].org, org))
			*ret = ram->rows[i].doc.change;
	}
	return YG_OK;
}

static const char *ram_trouble(const struct yg_control *store)
{
	(void)store;
	return "";
}

struct yg_control *yg_control_new_ram(void)
{
	static const struct yg_control_ops ops = {
		.free = ram_free,
		.begin = ram_begin,
		.commit = ram_commit,
		.abort = ram_abort,
		.put = ram_put,
		.purge = ram_purge,
		.get = ram_get,
		.shared = ram_shared,
		.list = ram_list,
		.history = ram_history,
		.last_change = ram_last_change,
		.trouble = ram_trouble,
	};
	struct ram *ram = yg_calloc(1, sizeof(*ram));

	if (!ram)
		return NULL;
	ram->control.ops = &ops;
	return &ram->control;
}
