/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract on one SQLite file. Source: sqlite.org, "Database File Format", "Write-Ahead
 * Logging", "Defense Against The Dark Arts".
 */
#include "base/alloc.h"
#include "store/control-int.h"
#include "store/sqlite-int.h"

#include "base/ban.h"

#define TROUBLE_MAX 240u

enum query {
	BEGIN,
	VIEW,
	COMMIT,
	ROLLBACK,
	HEAD,
	TOMBSTONE,
	INSERT,
	FIND_SHARED,
	ADD_SHARED,
	MOVE_HEAD,
	DROP_SHARED,
	PURGE,
	DROP_HEAD,
	NEWEST,
	GET,
	SHARED,
	LIST,
	CHANGES,
	HISTORY,
	LAST,
	QUERY_COUNT,
};

#define COLUMNS		"change, kind, key, revision, time_ns, actor, removed, body"
#define COLUMNS_OF_DOCS "d.change, d.kind, d.key, d.revision, d.time_ns, d.actor, d.removed, d.body"

static const char *const texts[QUERY_COUNT] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[VIEW] = "BEGIN DEFERRED",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[HEAD] = "SELECT revision, removed, shared FROM heads"
		 " WHERE org=?1 AND kind=?2 AND key=?3",
	/* What is no head was never there, or its last revision is a tombstone. */
	[TOMBSTONE] = "SELECT revision, removed, NULL FROM docs WHERE org=?1 AND kind=?2 AND key=?3"
		      " ORDER BY revision DESC LIMIT 1",
	[INSERT] = "INSERT INTO docs(org, kind, key, revision, time_ns, actor, removed, body)"
		   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[FIND_SHARED] = "SELECT n FROM shared WHERE digest=?1",
	[ADD_SHARED] = "INSERT INTO shared(digest, bytes) VALUES(?1, ?2)",
	[MOVE_HEAD] = "INSERT INTO heads(org, kind, key, change, revision, removed, shared)"
		      " VALUES(?1, ?2, ?3, ?6, ?4, ?5, ?7)"
		      " ON CONFLICT DO UPDATE SET change=excluded.change,"
		      " revision=excluded.revision, removed=excluded.removed,"
		      " shared=excluded.shared",
	[DROP_SHARED] = "DELETE FROM shared WHERE n=?1"
			" AND NOT EXISTS(SELECT 1 FROM heads WHERE shared=?1)",
	[PURGE] = "DELETE FROM docs WHERE org=?1 AND kind=?2 AND key=?3 AND revision<?4",
	[DROP_HEAD] = "DELETE FROM heads WHERE org=?1 AND kind=?2 AND key=?3",
	[NEWEST] = "SELECT change=(SELECT max(change) FROM docs) FROM docs"
		   " WHERE org=?1 AND kind=?2 AND key=?3 ORDER BY revision DESC LIMIT 1",
	[GET] = "SELECT " COLUMNS_OF_DOCS " FROM heads AS h JOIN docs AS d ON d.change=h.change"
		" WHERE h.org=?1 AND h.kind=?2 AND h.key=?3 AND h.removed=0",
	[SHARED] = "SELECT s.bytes FROM heads AS h JOIN shared AS s ON s.n=h.shared"
		   " WHERE h.org=?1 AND h.kind=?2 AND h.key=?3 AND h.removed=0",
	[LIST] = "SELECT " COLUMNS_OF_DOCS
		 " FROM heads AS h CROSS JOIN docs AS d ON d.change=h.change"
		 " WHERE h.org=?1 AND h.kind=?2 AND h.key>=?3 AND h.key<?4 AND h.removed=0"
		 " ORDER BY h.key LIMIT ?5",
	[CHANGES] = "SELECT " COLUMNS " FROM docs INDEXED BY docs_by_org"
		    " WHERE org=?1 AND change>?6 AND (?2='' OR kind=?2) AND key>=?3 AND key<?4"
		    " ORDER BY change LIMIT ?5",
	[HISTORY] = "SELECT " COLUMNS " FROM docs WHERE org=?1 AND kind=?2 AND key=?3"
		    " ORDER BY revision",
	[LAST] = "SELECT coalesce(max(change), 0) FROM docs WHERE org=?1",
};

struct sqlite {
	struct yg_control control;
	sqlite3 *db;
	struct {
		sqlite3_stmt *stmt; /* prepared when first asked for */
		bool is_taken;
	} kept[QUERY_COUNT];
	char trouble[TROUBLE_MAX];
};

/* Remember what SQLite says about @rc, and translate it. */
static int fail(struct sqlite *store, int rc)
{
	if (rc == SQLITE_OK)
		return YG_OK;
	(void)snprintf(store->trouble, sizeof(store->trouble), "%s (%d)", sqlite3_errmsg(store->db),
		       rc); /* cut on purpose */
	return yg_sqlite_error(store->db, rc);
}

/* A statement for @query: the kept one, or another while a callback of that one is running. */
static int take(struct sqlite *store, enum query query, sqlite3_stmt **ret)
{
	bool is_kept = !store->kept[query].is_taken;
	sqlite3_stmt *stmt = is_kept ? store->kept[query].stmt : NULL;

	if (!stmt) {
		int rc = sqlite3_prepare_v3(store->db, texts[query], -1,
					    is_kept ? SQLITE_PREPARE_PERSISTENT : 0, &stmt, NULL);

		if (rc != SQLITE_OK)
			return fail(store, rc);
	}
	if (is_kept) {
		store->kept[query].stmt = stmt;
		store->kept[query].is_taken = true;
	}
	*ret = stmt;
	return YG_OK;
}

/* The error of a statement is that of its step, which was seen already. */
static void give_back(struct sqlite *store, enum query query, sqlite3_stmt *stmt)
{
	if (stmt != store->kept[query].stmt) {
		(void)sqlite3_finalize(stmt);
		return;
	}
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	store->kept[query].is_taken = false;
}

static int bind_text(sqlite3_stmt *stmt, int at, struct yg_bytes text)
{
	return sqlite3_bind_text(stmt, at, text.size > 0 ? (const char *)text.data : "",
				 (int)text.size, SQLITE_STATIC);
}

static int bind_bytes(sqlite3_stmt *stmt, int at, struct yg_bytes bytes)
{
	/* no data would bind NULL */
	return bytes.size > 0
		       ? sqlite3_bind_blob(stmt, at, bytes.data, (int)bytes.size, SQLITE_STATIC)
		       : sqlite3_bind_zeroblob(stmt, at, 0);
}

static int bind_id(sqlite3_stmt *stmt, const struct yg_doc_put *id)
{
	int rc = bind_text(stmt, 1, id->org);

	if (rc == SQLITE_OK)
		rc = bind_text(stmt, 2, id->kind);
	return rc == SQLITE_OK ? bind_text(stmt, 3, id->key) : rc;
}

/* A statement without parameters and rows. */
static int run(struct sqlite *store, enum query query)
{
	sqlite3_stmt *stmt;
	int rc = take(store, query, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = sqlite3_step(stmt);
	rc = rc == SQLITE_DONE ? YG_OK : fail(store, rc);
	give_back(store, query, stmt);
	return rc;
}

static void sqlite_abort(struct yg_control *control)
{
	struct sqlite *store = (struct sqlite *)control;

	/* After some errors SQLite has done it itself. Prepared at opening, it needs no memory;
	 * were it to fail, the next transaction begins with it again. */
	if (!sqlite3_get_autocommit(store->db))
		(void)run(store, ROLLBACK);
}

static int sqlite_begin(struct yg_control *control)
{
	struct sqlite *store = (struct sqlite *)control;

	sqlite_abort(control); /* should one have failed */
	return run(store, BEGIN);
}

static int sqlite_look(struct yg_control *control)
{
	sqlite_abort(control);
	return run((struct sqlite *)control, VIEW);
}

static int sqlite_commit(struct yg_control *control)
{
	int rc = run((struct sqlite *)control, COMMIT);

	if (rc != YG_OK)
		sqlite_abort(control);
	return rc;
}

static void sqlite_free(struct yg_control *control)
{
	struct sqlite *store = (struct sqlite *)control;

	for (unsigned i = 0; i < QUERY_COUNT; i++)
		(void)sqlite3_finalize(store->kept[i].stmt); /* its error was seen already */
	(void)sqlite3_close(store->db);			     /* all statements are finalised */
	free(store);
}

/* Where a document is. */
struct head {
	struct yg_doc_head is;
	int64_t shared; /* what it holds; 0: nothing */
};

/* HEAD or TOMBSTONE. *ret stays as it is when there is none. */
static int read_last(struct sqlite *store, enum query query, const struct yg_doc_put *id,
		     struct head *ret)
{
	sqlite3_stmt *stmt;
	int rc = take(store, query, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = bind_id(stmt, id);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		int64_t revision = sqlite3_column_int64(stmt, 0);

		ret->is.revision = (uint32_t)revision;
		ret->is.is_removed = sqlite3_column_int(stmt, 1) != 0;
		ret->shared = sqlite3_column_int64(stmt, 2);
		rc = revision > 0 && revision < YG_REVISION_ANY &&
				     ret->is.is_removed == (query == TOMBSTONE)
			     ? YG_OK
			     : YG_EFORMAT;
	} else {
		rc = rc == SQLITE_DONE ? YG_OK : fail(store, rc);
	}
	give_back(store, query, stmt);
	return rc;
}

static int read_head(struct sqlite *store, const struct yg_doc_put *id, struct head *ret)
{
	int rc;

	*ret = (struct head){.shared = 0};
	rc = read_last(store, HEAD, id, ret);
	return rc == YG_OK && ret->is.revision == 0 ? read_last(store, TOMBSTONE, id, ret) : rc;
}

/* The first column of the row that @stmt gives, 0 without one. Gives it back. */
static int step_number(struct sqlite *store, enum query query, sqlite3_stmt *stmt, int rc,
		       int64_t *ret)
{
	*ret = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? YG_OK : fail(store, rc);
	give_back(store, query, stmt);
	return rc;
}

/* Where @shared stands, once it does. */
static int keep_shared(struct sqlite *store, const struct yg_shared *shared, int64_t *ret)
{
	sqlite3_stmt *stmt;
	int64_t none;
	int rc = take(store, FIND_SHARED, &stmt);

	if (rc == YG_OK)
		rc = step_number(
			store, FIND_SHARED, stmt,
			sqlite3_bind_blob(stmt, 1, shared->digest, YG_SHA256_BYTES, SQLITE_STATIC),
			ret);
	if (rc != YG_OK || *ret != 0)
		return rc;
	rc = take(store, ADD_SHARED, &stmt);
	if (rc != YG_OK)
		return rc;
	rc = sqlite3_bind_blob(stmt, 1, shared->digest, YG_SHA256_BYTES, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = bind_bytes(stmt, 2, shared->bytes);
	rc = step_number(store, ADD_SHARED, stmt, rc, &none);
	*ret = rc == YG_OK ? sqlite3_last_insert_rowid(store->db) : 0;
	return rc;
}

/* A document does not hold it any more: it goes with the last that did. */
static int drop_shared(struct sqlite *store, int64_t shared)
{
	sqlite3_stmt *stmt;
	int64_t none;
	int rc = shared != 0 ? take(store, DROP_SHARED, &stmt) : YG_OK;

	return rc == YG_OK && shared != 0 ? step_number(store, DROP_SHARED, stmt,
							sqlite3_bind_int64(stmt, 1, shared), &none)
					  : rc;
}

static int insert(struct sqlite *store, const struct yg_doc_put *put, uint32_t revision,
		  int64_t *ret_change)
{
	sqlite3_stmt *stmt;
	int rc = take(store, INSERT, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = bind_id(stmt, put);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 4, revision);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 5, put->time_ns);
	if (rc == SQLITE_OK)
		rc = bind_text(stmt, 6, put->actor);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(stmt, 7, put->is_removed);
	if (rc == SQLITE_OK)
		rc = bind_bytes(stmt, 8, put->body);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	rc = rc == SQLITE_DONE ? YG_OK : fail(store, rc);
	*ret_change = sqlite3_last_insert_rowid(store->db);
	give_back(store, INSERT, stmt);
	return rc;
}

/* PURGE (revisions below @below) and DROP_HEAD. */
static int delete_rows(struct sqlite *store, enum query query, const struct yg_doc_put *id,
		       int64_t below)
{
	sqlite3_stmt *stmt;
	int rc = take(store, query, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = bind_id(stmt, id);
	if (rc == SQLITE_OK && query == PURGE)
		rc = sqlite3_bind_int64(stmt, 4, below);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	rc = rc == SQLITE_DONE ? YG_OK : fail(store, rc);
	give_back(store, query, stmt);
	return rc;
}

/* To @to: the revision, and what it holds. */
static int move_head(struct sqlite *store, const struct yg_doc_put *put, const struct head *to,
		     int64_t change)
{
	sqlite3_stmt *stmt;
	int64_t none;
	int rc;

	if (put->is_removed)
		return delete_rows(store, DROP_HEAD, put, 0);
	rc = take(store, MOVE_HEAD, &stmt);
	if (rc != YG_OK)
		return rc;
	rc = bind_id(stmt, put);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 4, to->is.revision);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(stmt, 5, put->is_removed);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 6, change);
	if (rc == SQLITE_OK && to->shared != 0) /* unbound is NULL */
		rc = sqlite3_bind_int64(stmt, 7, to->shared);
	return step_number(store, MOVE_HEAD, stmt, rc, &none);
}

static int sqlite_put(struct yg_control *control, const struct yg_doc_put *put,
		      uint32_t *ret_revision)
{
	struct sqlite *store = (struct sqlite *)control;
	struct head was, is = {.shared = 0};
	int64_t change = 0;
	int rc = read_head(store, put, &was);

	if (rc == YG_OK)
		rc = yg_control_next(was.is, put, ret_revision);
	if (rc == YG_OK)
		rc = insert(store, put, *ret_revision, &change);
	is.is.revision = *ret_revision;
	if (rc == YG_OK && put->shared)
		rc = keep_shared(store, put->shared, &is.shared);
	if (rc == YG_OK)
		rc = move_head(store, put, &is, change);
	return rc == YG_OK && was.shared != is.shared ? drop_shared(store, was.shared) : rc;
}

/* Is the current revision of @id the newest change of all? */
static int is_newest(struct sqlite *store, const struct yg_doc_put *id, bool *ret)
{
	sqlite3_stmt *stmt;
	int rc = take(store, NEWEST, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = bind_id(stmt, id);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	*ret = rc != SQLITE_ROW || sqlite3_column_int(stmt, 0) != 0;
	rc = rc == SQLITE_ROW ? YG_OK : rc == SQLITE_DONE ? YG_EFORMAT : fail(store, rc);
	give_back(store, NEWEST, stmt);
	return rc;
}

static int sqlite_purge(struct yg_control *control, const struct yg_doc_put *id, bool keeps_current,
			uint32_t *ret_count)
{
	struct sqlite *store = (struct sqlite *)control;
	struct head head;
	bool is_newest_one = false;
	int rc = read_head(store, id, &head);

	if (rc == YG_OK && head.is.revision == 0)
		rc = YG_ENOENT;
	if (rc == YG_OK && !keeps_current)
		rc = is_newest(store, id, &is_newest_one);
	if (rc != YG_OK || is_newest_one)
		return rc == YG_OK ? YG_EMISMATCH : rc;
	if (!keeps_current)
		rc = delete_rows(store, DROP_HEAD, id, 0);
	if (rc == YG_OK)
		rc = delete_rows(store, PURGE, id,
				 (int64_t)head.is.revision + (keeps_current ? 0 : 1));
	if (rc == YG_OK)
		*ret_count = (uint32_t)sqlite3_changes(store->db);
	return rc == YG_OK && !keeps_current ? drop_shared(store, head.shared) : rc;
}

static struct yg_bytes column(sqlite3_stmt *stmt, int at)
{
	const uint8_t *data = sqlite3_column_blob(stmt, at);

	return (struct yg_bytes){data, data ? (size_t)sqlite3_column_bytes(stmt, at) : 0};
}

static int give_row(struct sqlite *store, sqlite3_stmt *stmt, yg_doc_fn fn, void *arg)
{
	int64_t revision = sqlite3_column_int64(stmt, 3);
	struct yg_doc doc = {
		.change = (uint64_t)sqlite3_column_int64(stmt, 0),
		.kind = column(stmt, 1),
		.key = column(stmt, 2),
		.revision = (uint32_t)revision,
		.time_ns = sqlite3_column_int64(stmt, 4),
		.actor = column(stmt, 5),
		.is_removed = sqlite3_column_int(stmt, 6) != 0,
		.body = column(stmt, 7),
	};

	if (!doc.body.data && sqlite3_errcode(store->db) == SQLITE_NOMEM)
		return YG_ENOMEM;
	if (revision <= 0 || revision >= YG_REVISION_ANY)
		return YG_EFORMAT;
	return fn(arg, &doc);
}

/* All rows of @stmt; *ret_count of them. */
static int give_rows(struct sqlite *store, sqlite3_stmt *stmt, yg_doc_fn fn, void *arg,
		     size_t *ret_count)
{
	int rc;

	*ret_count = 0;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		rc = give_row(store, stmt, fn, arg);
		if (rc != YG_OK)
			return rc;
		++*ret_count;
	}
	return rc == SQLITE_DONE ? YG_OK : fail(store, rc);
}

/* GET and HISTORY. */
static int give_document(struct sqlite *store, enum query query, const struct yg_doc_put *id,
			 yg_doc_fn fn, void *arg, size_t *ret_count)
{
	sqlite3_stmt *stmt;
	int rc = take(store, query, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = fail(store, bind_id(stmt, id));
	if (rc == YG_OK)
		rc = give_rows(store, stmt, fn, arg, ret_count);
	give_back(store, query, stmt);
	return rc;
}

static int sqlite_get(struct yg_control *control, const struct yg_doc_put *id, yg_doc_fn fn,
		      void *arg)
{
	size_t count = 0;
	int rc = give_document((struct sqlite *)control, GET, id, fn, arg, &count);

	return rc == YG_OK && count == 0 ? YG_ENOENT : rc;
}

static int sqlite_history(struct yg_control *control, const struct yg_doc_put *id, yg_doc_fn fn,
			  void *arg)
{
	size_t count;

	return give_document((struct sqlite *)control, HISTORY, id, fn, arg, &count);
}

static int sqlite_shared(struct yg_control *control, const struct yg_doc_put *id, yg_shared_fn fn,
			 void *arg)
{
	struct sqlite *store = (struct sqlite *)control;
	sqlite3_stmt *stmt;
	int rc = take(store, SHARED, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = bind_id(stmt, id);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		struct yg_bytes bytes = column(stmt, 0);

		rc = !bytes.data && sqlite3_errcode(store->db) == SQLITE_NOMEM ? YG_ENOMEM
									       : fn(arg, bytes);
	} else {
		rc = rc == SQLITE_DONE ? YG_ENOENT : fail(store, rc);
	}
	give_back(store, SHARED, stmt);
	return rc;
}

/* Keys from @start on and before @end: prefix and keyset as one range of the index. */
struct range {
	uint8_t start[YG_DOC_KEY_MAX + 1];
	size_t start_size;
	uint8_t end[YG_DOC_KEY_MAX];
	size_t end_size;
};

static bool is_behind(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

	return order > 0 || (order == 0 && a.size >= b.size);
}

static void find_range(const struct yg_doc_filter *filter, struct range *range)
{
	struct yg_bytes prefix = filter->key_prefix;
	struct yg_bytes after = filter->after_key;

	*range = (struct range){0};
	if (after.size > 0 && !filter->by_change && is_behind(after, prefix)) {
		memcpy(range->start, after.data, after.size);
		range->start_size = after.size + 1; /* its NUL makes it the next possible key */
	} else if (prefix.size > 0) {
		memcpy(range->start, prefix.data, prefix.size);
		range->start_size = prefix.size;
	}
	while (prefix.size > 0 && prefix.data[prefix.size - 1] == 0xff)
		prefix.size--;
	if (prefix.size > 0) {
		memcpy(range->end, prefix.data, prefix.size);
		range->end_size = prefix.size;
		range->end[prefix.size - 1]++;
	}
}

static int bind_filter(sqlite3_stmt *stmt, struct yg_bytes org, const struct yg_doc_filter *filter,
		       const struct range *range)
{
	int rc = bind_text(stmt, 1, org);

	if (rc == SQLITE_OK)
		rc = bind_text(stmt, 2, filter->kind);
	if (rc == SQLITE_OK)
		rc = bind_text(stmt, 3, (struct yg_bytes){range->start, range->start_size});
	if (rc == SQLITE_OK) /* without an end: a BLOB comes behind every text */
		rc = range->end_size > 0
			     ? bind_text(stmt, 4, (struct yg_bytes){range->end, range->end_size})
			     : sqlite3_bind_zeroblob(stmt, 4, 0);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 5, filter->limit);
	if (rc == SQLITE_OK && filter->by_change)
		rc = sqlite3_bind_int64(stmt, 6,
					filter->after_change > INT64_MAX
						? INT64_MAX
						: (int64_t)filter->after_change);
	return rc;
}

static int sqlite_list(struct yg_control *control, struct yg_bytes org,
		       const struct yg_doc_filter *filter, yg_doc_fn fn, void *arg)
{
	struct sqlite *store = (struct sqlite *)control;
	enum query query = filter->by_change ? CHANGES : LIST;
	struct range range;
	sqlite3_stmt *stmt;
	size_t count;
	int rc = take(store, query, &stmt);

	if (rc != YG_OK)
		return rc;
	find_range(filter, &range);
	rc = fail(store, bind_filter(stmt, org, filter, &range));
	if (rc == YG_OK)
		rc = give_rows(store, stmt, fn, arg, &count);
	give_back(store, query, stmt);
	return rc;
}

static int sqlite_last_change(struct yg_control *control, struct yg_bytes org, uint64_t *ret)
{
	struct sqlite *store = (struct sqlite *)control;
	sqlite3_stmt *stmt;
	int rc = take(store, LAST, &stmt);

	if (rc != YG_OK)
		return rc;
	rc = bind_text(stmt, 1, org);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(stmt, 0);
	rc = rc == SQLITE_ROW ? YG_OK : fail(store, rc);
	give_back(store, LAST, stmt);
	return rc;
}

static int sqlite_catch_up(struct yg_control *control, size_t bytes_max)
{
	struct sqlite *store = (struct sqlite *)control;
	int rc = yg_sqlite_left_over(store->db, bytes_max);

	if (rc != YG_OK && rc != YG_ENOENT)
		(void)snprintf(store->trouble, sizeof(store->trouble), "%s",
			       sqlite3_errmsg(store->db)); /* cut on purpose */
	return rc;
}

static const char *sqlite_trouble(const struct yg_control *control)
{
	return ((const struct sqlite *)control)->trouble;
}

int yg_control_open_sqlite(const char *path, bool may_create, struct yg_control **ret)
{
	static const struct yg_control_ops ops = {
		.free = sqlite_free,
		.begin = sqlite_begin,
		.look = sqlite_look,
		.commit = sqlite_commit,
		.abort = sqlite_abort,
		.put = sqlite_put,
		.purge = sqlite_purge,
		.get = sqlite_get,
		.shared = sqlite_shared,
		.list = sqlite_list,
		.history = sqlite_history,
		.last_change = sqlite_last_change,
		.catch_up = sqlite_catch_up,
		.trouble = sqlite_trouble,
	};
	struct sqlite *store = yg_calloc(1, sizeof(*store));
	int rc;

	if (!store)
		return YG_ENOMEM;
	store->control.ops = &ops;
	rc = yg_sqlite_open(path, may_create, &yg_sqlite_control, &store->db);
	for (enum query query = BEGIN; rc == YG_OK && query <= ROLLBACK; query++) {
		sqlite3_stmt *stmt;

		rc = take(store, query, &stmt);
		if (rc == YG_OK)
			give_back(store, query, stmt);
	}
	if (rc != YG_OK) {
		sqlite_free(&store->control);
		return rc;
	}
	*ret = &store->control;
	return YG_OK;
}

int yg_control_open_reader(const char *path, struct yg_control **ret)
{
	struct yg_control *store;
	int rc = yg_control_open_sqlite(path, false, &store);

	if (rc != YG_OK)
		return rc;
	store->is_reader = true;
	/* The other wall: whatever went past control.c would be refused by the file's own engine.
	 */
	rc = fail((struct sqlite *)store, sqlite3_exec(((struct sqlite *)store)->db,
						       "PRAGMA query_only=ON", NULL, NULL, NULL));
	if (rc != YG_OK) {
		sqlite_free(store);
		return rc;
	}
	*ret = store;
	return YG_OK;
}
