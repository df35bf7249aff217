/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What migrations of hub.db left to be done beside the work: `left_over` says what, and behind
 * which document. Portion by portion, each a transaction together with how far it is, so that a
 * kill costs one portion at most.
 *
 * 'down': messages to sensors that stand whole in the queue of each.
 *
 *   {"answered":…,"body":{…},"kind":…}  ──►  {"answered":…,"kind":…,"sha256":…,"size":…}
 *                                            and, where it waits still, held by its head
 *
 * In place: it is the same revision of the same document in another form.
 */
#include "base/crypt.h"
#include "base/hash.h"
#include "store/control.h"
#include "store/sqlite-int.h"

#include "base/ban.h"

#define SMALL	 1024  /* bytes of a document that is left as it is */
#define ROWS_MAX 1024u /* documents that are looked at in a portion */

struct left_over {
	sqlite3 *db;
	uint8_t key[YG_DOC_KEY_MAX];
	size_t key_size;
	int64_t revision;
	size_t bytes; /* that were read */
};

/* One that the file lets us make: no input of anybody is in it. */
static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
	int rc = sqlite3_prepare_v2(db, sql, -1, ret, NULL);

	return rc == SQLITE_OK ? YG_OK : yg_sqlite_error(db, rc);
}

/* The result of a step, of which a row or the end is good. */
static int stepped(sqlite3 *db, int rc)
{
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? YG_OK : yg_sqlite_error(db, rc);
}

/* A statement that gives no row, with at most two parameters of @blob and @number. */
static int run_with(sqlite3 *db, const char *sql, struct yg_bytes blob, int64_t number)
{
	sqlite3_stmt *stmt = NULL;
	int rc = prepare(db, sql, &stmt);
	int code = SQLITE_OK;

	if (rc != YG_OK)
		return rc;
	if (sqlite3_bind_parameter_count(stmt) >= 1)
		code = sqlite3_bind_blob(stmt, 1, blob.data, (int)blob.size, SQLITE_STATIC);
	if (code == SQLITE_OK && sqlite3_bind_parameter_count(stmt) >= 2)
		code = sqlite3_bind_int64(stmt, 2, number);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	(void)sqlite3_finalize(stmt); /* its error is that of the step */
	return code == SQLITE_DONE ? YG_OK : yg_sqlite_error(db, code);
}

/* ---- how far it is ---- */

static struct yg_bytes column(sqlite3_stmt *stmt, int at)
{
	const uint8_t *data = sqlite3_column_blob(stmt, at);

	return (struct yg_bytes){data, data ? (size_t)sqlite3_column_bytes(stmt, at) : 0};
}

static int take_place(struct left_over *l, struct yg_bytes key, int64_t revision)
{
	if (key.size > sizeof(l->key))
		return YG_EFORMAT;
	if (key.size > 0)
		memcpy(l->key, key.data, key.size);
	l->key_size = key.size;
	l->revision = revision;
	return YG_OK;
}

static int load_place(struct left_over *l)
{
	sqlite3_stmt *stmt = NULL;
	int rc = prepare(l->db, "SELECT key, revision FROM left_over WHERE what='down'", &stmt);
	int code;

	if (rc != YG_OK)
		return rc;
	code = sqlite3_step(stmt);
	rc = code == SQLITE_DONE ? YG_ENOENT : stepped(l->db, code);
	if (rc == YG_OK)
		rc = take_place(l, column(stmt, 0), sqlite3_column_int64(stmt, 1));
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int save_place(const struct left_over *l)
{
	return run_with(l->db,
			"UPDATE left_over SET key=CAST(?1 AS TEXT), revision=?2 WHERE what='down'",
			(struct yg_bytes){l->key, l->key_size}, l->revision);
}

/* ---- one document ---- */

struct row {
	int64_t change;
	int64_t size; /* of its body; large ones alone are of interest */
};

/* The next one, by key and revision. YG_ENOENT: that was the last. */
static int next_row(struct left_over *l, sqlite3_stmt *next, struct row *ret)
{
	int code = sqlite3_reset(next);
	int rc;

	if (code == SQLITE_OK)
		code = sqlite3_bind_text(next, 1, (const char *)l->key, (int)l->key_size,
					 SQLITE_TRANSIENT);
	if (code == SQLITE_OK)
		code = sqlite3_bind_int64(next, 2, l->revision);
	if (code == SQLITE_OK)
		code = sqlite3_step(next);
	rc = code == SQLITE_DONE ? YG_ENOENT : stepped(l->db, code);
	if (rc != YG_OK)
		return rc;
	*ret = (struct row){sqlite3_column_int64(next, 0), sqlite3_column_int64(next, 3)};
	rc = take_place(l, column(next, 1), sqlite3_column_int64(next, 2));
	(void)sqlite3_reset(next); /* the document is changed behind it */
	return rc;
}

/* Held by its head where this is the current revision, and nobody has answered it. */
static int hold(sqlite3 *db, struct yg_bytes digest, struct yg_bytes body, int64_t change)
{
	sqlite3_stmt *stmt = NULL;
	int code;
	int rc = prepare(
		db,
		"INSERT INTO shared(digest, bytes) SELECT ?1, ?2 WHERE EXISTS(SELECT 1 FROM"
		" docs AS d JOIN heads AS h USING(org, kind, key, change) WHERE d.change=?3)"
		" ON CONFLICT DO NOTHING",
		&stmt);

	if (rc != YG_OK)
		return rc;
	code = sqlite3_bind_blob(stmt, 1, digest.data, (int)digest.size, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_bind_blob(stmt, 2, body.data, (int)body.size, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_bind_int64(stmt, 3, change);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	(void)sqlite3_finalize(stmt);
	if (code != SQLITE_DONE)
		return yg_sqlite_error(db, code);
	return run_with(db,
			"UPDATE heads SET shared=(SELECT n FROM shared WHERE digest=?1)"
			" WHERE (org, kind, key)=(SELECT org, kind, key FROM docs WHERE change=?2)"
			" AND change=?2",
			digest, change);
}

/* Members in the order of canonical JSON. What is missing stays so. */
#define WITHOUT_BODY                                                                               \
	"UPDATE docs SET body=CAST(json_patch('{}', json_object("                                  \
	"'answered', json(CASE json_extract(CAST(body AS TEXT), '$.answered') WHEN 1"              \
	" THEN 'true' ELSE 'false' END),"                                                          \
	"'detail', json_extract(CAST(body AS TEXT), '$.detail'),"                                  \
	"'kind', json_extract(CAST(body AS TEXT), '$.kind'),"                                      \
	"'number', json_extract(CAST(body AS TEXT), '$.number'),"                                  \
	"'sha256', CAST(?1 AS TEXT),"                                                              \
	"'size', length(CAST(json_extract(CAST(body AS TEXT), '$.body') AS BLOB)),"                \
	"'status', json_extract(CAST(body AS TEXT), '$.status'),"                                  \
	"'time', json_extract(CAST(body AS TEXT), '$.time'))) AS BLOB) WHERE change=?2"

/* @body goes out of the document of @change. */
static int take_out(struct left_over *l, int64_t change, struct yg_bytes body, bool is_waiting)
{
	uint8_t digest[YG_SHA256_BYTES];
	char hex[YG_SHA256_HEX + 1];
	int rc = YG_OK;

	yg_sha256(body, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
	if (is_waiting)
		rc = hold(l->db, (struct yg_bytes){digest, sizeof(digest)}, body, change);
	return rc == YG_OK ? run_with(l->db, WITHOUT_BODY, yg_bytes_str(hex), change) : rc;
}

static int convert(struct left_over *l, sqlite3_stmt *look, const struct row *row)
{
	int code = sqlite3_reset(look);
	int rc;

	if (code == SQLITE_OK)
		code = sqlite3_bind_int64(look, 1, row->change);
	if (code == SQLITE_OK)
		code = sqlite3_step(look);
	rc = stepped(l->db, code);
	/* What is no message of an earlier version stays as it is. */
	if (code == SQLITE_ROW)
		rc = take_out(l, row->change, column(look, 0), sqlite3_column_int(look, 1) == 0);
	(void)sqlite3_reset(look);
	l->bytes += (size_t)row->size;
	return rc;
}

/* ---- a portion ---- */

static int go_on(struct left_over *l, sqlite3_stmt *next, sqlite3_stmt *look, size_t bytes_max)
{
	int rc = YG_OK;

	for (unsigned i = 0; rc == YG_OK && i < ROWS_MAX && l->bytes < bytes_max; i++) {
		struct row row;

		rc = next_row(l, next, &row);
		if (rc == YG_OK && row.size >= SMALL)
			rc = convert(l, look, &row);
	}
	return rc;
}

int yg_sqlite_left_over(sqlite3 *db, size_t bytes_max)
{
	struct left_over l = {.db = db};
	sqlite3_stmt *next = NULL, *look = NULL;
	int rc = load_place(&l);

	if (rc != YG_OK || bytes_max == 0)
		return rc;
	rc = prepare(
		db,
		"SELECT change, key, revision, length(body) FROM docs INDEXED BY docs_by_document"
		" WHERE org='hub' AND kind='down' AND (key, revision)>(?1, ?2)"
		" ORDER BY key, revision LIMIT 1",
		&next);
	if (rc == YG_OK)
		rc = prepare(db,
			     "SELECT CAST(json_extract(t, '$.body') AS BLOB), json_extract(t,"
			     " '$.answered') FROM (SELECT CAST(body AS TEXT) AS t FROM docs WHERE"
			     " change=?1) WHERE CASE WHEN json_valid(t) THEN json_type(t, '$.body')"
			     "='object' ELSE 0 END",
			     &look);
	if (rc == YG_OK)
		rc = go_on(&l, next, look, bytes_max);
	(void)sqlite3_finalize(next);
	(void)sqlite3_finalize(look);
	if (rc == YG_ENOENT)
		return run_with(db, "DELETE FROM left_over WHERE what='down'", (struct yg_bytes){0},
				0);
	return rc == YG_OK ? save_place(&l) : rc;
}
