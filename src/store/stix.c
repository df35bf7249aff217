/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, statements, collections, filling. */
#define YG_BAN_ALLOW_MALLOC
#include <stdarg.h>
#include <stdlib.h>

#include "store/stix-int.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define SETUP	 "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000"
#define TEXT_MAX (4u << 20)
/* Ids come in no order: each insertion meets another page of the indexes, which are 200 MB for a
 * million. What does not stay in memory is written and read again and again. */
#define SETUP_FILLING "PRAGMA cache_size=-393216"

/* ---- statements ---- */

int yg_sx_fail(struct yg_collections *s, int rc)
{
	if (rc == SQLITE_OK)
		return YG_OK;
	(void)snprintf(s->trouble, sizeof(s->trouble), "%s (%d)", sqlite3_errmsg(s->db),
		       rc); /* cut on purpose */
	return yg_sqlite_error(s->db, rc);
}

static int bind_one(sqlite3_stmt *stmt, int at, char kind, va_list *args)
{
	struct yg_bytes b;

	if (kind == 'i')
		return sqlite3_bind_int64(stmt, at, va_arg(*args, int64_t));
	b = va_arg(*args, struct yg_bytes);
	if (kind == 't')
		return sqlite3_bind_text(stmt, at, b.size > 0 ? (const char *)b.data : "",
					 (int)b.size, SQLITE_STATIC);
	return b.size > 0 ? sqlite3_bind_blob(stmt, at, b.data, (int)b.size, SQLITE_STATIC)
			  : sqlite3_bind_zeroblob(stmt, at, 0);
}

static int take(struct yg_collections *s, const char *sql, sqlite3_stmt **ret, const char *format,
		va_list *args)
{
	uint32_t at =
		(uint32_t)(((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % YG_SX_SLOTS;
	int rc = SQLITE_OK;

	while (s->slots[at].sql && s->slots[at].sql != sql)
		at = (at + 1) % YG_SX_SLOTS;
	if (!s->slots[at].stmt)
		rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
					&s->slots[at].stmt, NULL);
	if (rc != SQLITE_OK)
		return yg_sx_fail(s, rc);
	s->slots[at].sql = sql;
	*ret = s->slots[at].stmt;
	for (int i = 0; format[i] && rc == SQLITE_OK; i++)
		rc = bind_one(*ret, i + 1, format[i], args);
	return yg_sx_fail(s, rc);
}

int yg_sx_take(struct yg_collections *s, const char *sql, sqlite3_stmt **ret, const char *format,
	       ...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = take(s, sql, ret, format, &args);
	va_end(args);
	return rc;
}

int yg_sx_step(struct yg_collections *s, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return YG_OK;
	rc = rc == SQLITE_DONE ? YG_EEND : yg_sx_fail(s, rc);
	(void)sqlite3_reset(stmt); /* its error is that of the step */
	return rc;
}

int yg_sx_run(struct yg_collections *s, const char *sql, const char *format, ...)
{
	sqlite3_stmt *stmt = NULL;
	va_list args;
	int rc;

	va_start(args, format);
	rc = take(s, sql, &stmt, format, &args);
	va_end(args);
	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc == YG_OK)
		(void)sqlite3_reset(stmt); /* a row nobody asked for */
	return rc == YG_EEND ? YG_OK : rc;
}

struct yg_bytes yg_sx_bytes(sqlite3_stmt *stmt, int at)
{
	const uint8_t *data = sqlite3_column_blob(stmt, at);

	return (struct yg_bytes){data, data ? (size_t)sqlite3_column_bytes(stmt, at) : 0};
}

/* ---- opening ---- */

int yg_collections_open(const char *path, bool may_create, struct yg_collections **ret)
{
	struct yg_collections *s = yg_calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return YG_ENOMEM;
	rc = yg_sqlite_open(path, may_create, &yg_sqlite_stix, &s->db);
	if (rc == YG_OK)
		rc = yg_sx_fail(s, sqlite3_exec(s->db, SETUP, NULL, NULL, NULL));
	if (rc != YG_OK) {
		(void)yg_collections_free(s);
		return rc;
	}
	*ret = s;
	return YG_OK;
}

int yg_collections_fill_much(struct yg_collections *s)
{
	return yg_sx_fail(s, sqlite3_exec(s->db, SETUP_FILLING, NULL, NULL, NULL));
}

struct yg_collections *yg_collections_free(struct yg_collections *s)
{
	if (!s)
		return NULL;
	for (unsigned i = 0; i < YG_SX_SLOTS; i++)
		(void)sqlite3_finalize(s->slots[i].stmt); /* its error was seen already */
	(void)sqlite3_close(s->db);			  /* all statements are finalised */
	free(s);
	return NULL;
}

const char *yg_collections_trouble(const struct yg_collections *s)
{
	return s->trouble;
}

/* ---- transactions ---- */

void yg_collections_abort(struct yg_collections *s)
{
	s->filled = 0;
	s->has_marked = false;
	if (!sqlite3_get_autocommit(s->db))
		(void)!yg_sx_run(s, "ROLLBACK", "");
}

int yg_collections_begin(struct yg_collections *s)
{
	if (s->is_reading)
		return YG_EINVAL;
	if (!sqlite3_get_autocommit(s->db))
		yg_collections_abort(s);
	s->filled = 0;
	s->has_marked = false;
	return yg_sx_run(s, "BEGIN IMMEDIATE", "");
}

/* What is known of the collection that was filled, before another one or the end. */
static int leave_filled(struct yg_collections *s)
{
	int rc = s->filled ? yg_sx_run(s, "UPDATE collections SET last_us=?2 WHERE n=?1", "ii",
				       s->filled, s->last_us)
			   : YG_OK;

	s->filled = 0;
	return rc;
}

int yg_collections_commit(struct yg_collections *s)
{
	int rc = leave_filled(s);

	s->has_marked = false;
	if (rc == YG_OK)
		rc = yg_sx_run(s, "COMMIT", "");
	if (rc != YG_OK)
		yg_collections_abort(s);
	return rc;
}

/* ---- collections ---- */

static const char *const reaches[] = {"own", "sector", "community"};

const char *yg_collection_reach_name(enum yg_collection_reach reach)
{
	return (unsigned)reach < YG_COLLECTION_REACH_COUNT ? reaches[reach] : "";
}

bool yg_collection_reach_by_name(struct yg_bytes name, enum yg_collection_reach *ret)
{
	for (unsigned i = 0; i < YG_COLLECTION_REACH_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(reaches[i]))) {
			*ret = (enum yg_collection_reach)i;
			return true;
		}
	return false;
}

static void draw_uuid(char to[YG_STIX_UUID + 1])
{
	uint8_t b[16];
	char hex[33];

	yg_random(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	yg_hex((struct yg_bytes){b, sizeof(b)}, hex);
	(void)snprintf(to, YG_STIX_UUID + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		       hex + 16, hex + 20);
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text + ('a' - 'A'));
}

static int count_collections(struct yg_collections *s, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT count(*) FROM collections", &stmt, "");

	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc;
	*ret = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

int yg_collections_add(struct yg_collections *s, struct yg_collection *c)
{
	int64_t count = 0;
	int rc;

	if (!c->id[0])
		draw_uuid(c->id);
	lower(c->id);
	rc = count_collections(s, &count);
	if (rc == YG_OK && count >= YG_COLLECTIONS_MAX)
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_sx_run(s,
			       "INSERT OR IGNORE INTO collections(id, root, alias, owner, sector,"
			       " title, description, reach, default_tlp, others_write, readable,"
			       " writable, specs, last_us)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)",
			       "tttttttiiiiii", yg_bytes_str(c->id), yg_bytes_str(c->root),
			       yg_bytes_str(c->alias), yg_bytes_str(c->owner),
			       yg_bytes_str(c->sector), yg_bytes_str(c->title),
			       yg_bytes_str(c->description), (int64_t)c->reach,
			       (int64_t)c->default_tlp, (int64_t)c->may_others_write,
			       (int64_t)c->is_readable, (int64_t)c->is_writable, (int64_t)c->specs);
	if (rc == YG_OK && sqlite3_changes(s->db) == 0)
		rc = YG_EDUPLICATE;
	c->number = sqlite3_last_insert_rowid(s->db);
	return rc;
}

#define COLUMNS                                                                                    \
	"n, id, root, alias, owner, sector, title, description, reach, default_tlp, others_write," \
	" readable, writable, specs"

static void copy_text(sqlite3_stmt *stmt, int at, char *to, size_t room)
{
	struct yg_bytes b = yg_bytes_cut(yg_sx_bytes(stmt, at), 0, room - 1);

	if (b.size > 0)
		memcpy(to, b.data, b.size);
	to[b.size] = 0;
}

void yg_sx_collection(sqlite3_stmt *stmt, int at, struct yg_collection *ret)
{
	*ret = (struct yg_collection){
		.number = sqlite3_column_int64(stmt, at),
		.reach = (enum yg_collection_reach)sqlite3_column_int(stmt, at + 8),
		.default_tlp = (enum yg_tlp)sqlite3_column_int(stmt, at + 9),
		.may_others_write = sqlite3_column_int(stmt, at + 10) != 0,
		.is_readable = sqlite3_column_int(stmt, at + 11) != 0,
		.is_writable = sqlite3_column_int(stmt, at + 12) != 0,
		.specs = (unsigned)sqlite3_column_int(stmt, at + 13),
	};
	copy_text(stmt, at + 1, ret->id, sizeof(ret->id));
	copy_text(stmt, at + 2, ret->root, sizeof(ret->root));
	copy_text(stmt, at + 3, ret->alias, sizeof(ret->alias));
	copy_text(stmt, at + 4, ret->owner, sizeof(ret->owner));
	copy_text(stmt, at + 5, ret->sector, sizeof(ret->sector));
	copy_text(stmt, at + 6, ret->title, sizeof(ret->title));
	copy_text(stmt, at + 7, ret->description, sizeof(ret->description));
}

int yg_collections_get(struct yg_collections *s, struct yg_bytes name, struct yg_collection *ret)
{
	sqlite3_stmt *stmt = NULL;
	char id[YG_STIX_UUID + 1] = "";
	int rc;

	if (yg_stix_is_uuid(name)) {
		memcpy(id, name.data, name.size);
		id[name.size] = 0;
		lower(id);
	}
	rc = yg_sx_take(s,
			"SELECT " COLUMNS " FROM collections WHERE id=?1 OR (alias<>'' AND"
			" alias=?2)",
			&stmt, "tt", yg_bytes_str(id), name);
	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	yg_sx_collection(stmt, 0, ret);
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

int yg_collections_each(struct yg_collections *s, struct yg_bytes root, yg_collection_fn fn,
			void *arg)
{
	sqlite3_stmt *stmt = NULL;
	struct yg_collection c;
	int rc = yg_sx_take(
		s, "SELECT " COLUMNS " FROM collections WHERE ?1='' OR root=?1 ORDER BY id", &stmt,
		"t", root);

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		yg_sx_collection(stmt, 0, &c);
		s->is_reading = true;
		rc = fn(arg, &c);
		s->is_reading = false;
	}
	if (stmt)
		(void)sqlite3_reset(stmt);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_collections_change(struct yg_collections *s, const struct yg_collection *c)
{
	int rc = yg_sx_run(s,
			   "UPDATE OR IGNORE collections SET title=?2, description=?3, alias=?4,"
			   " reach=?5, sector=?6, others_write=?7 WHERE n=?1",
			   "itttiti", c->number, yg_bytes_str(c->title),
			   yg_bytes_str(c->description), yg_bytes_str(c->alias), (int64_t)c->reach,
			   yg_bytes_str(c->sector), (int64_t)c->may_others_write);
	struct yg_collection unused;

	if (rc != YG_OK || sqlite3_changes(s->db) == 1)
		return rc;
	rc = yg_collections_get(s, yg_bytes_str(c->id), &unused);
	return rc == YG_OK ? YG_EDUPLICATE : rc;
}

/* What is known of the indicators of collections that go (store/clues.h), whose parts are marked,
 * and from which feed versions came. */
#define CLUES(of, shelves)                                                                         \
	{                                                                                          \
		"INSERT INTO clue_parts SELECT n/256, 1 FROM clues WHERE c IN (" of ")"            \
		" ON CONFLICT(part) DO UPDATE SET mark=mark+1",                                    \
			"DELETE FROM clue_values WHERE n IN (SELECT n FROM clues WHERE c IN (" of  \
			"))",                                                                      \
			"DELETE FROM clue_seen WHERE n IN (SELECT n FROM clues WHERE c IN (" of    \
			"))",                                                                      \
			"DELETE FROM clues WHERE c IN (" of ")",                                   \
			"DELETE FROM clue_gone WHERE c IN (" of ")",                               \
			"DELETE FROM clue_cursors WHERE c IN (" of ")",                            \
			"DELETE FROM origins WHERE c IN (" of ")",                                 \
			"DELETE FROM texts WHERE kind='clues' AND name IN (SELECT 'shelf '||id "   \
			"FROM"                                                                     \
			" collections WHERE " shelves ")",                                         \
	}
#define CLUES_OF 8u
static const char *const clues_of_one[CLUES_OF] = CLUES("?1", "n=?1");
static const char *const clues_of_owner[CLUES_OF] =
	CLUES("SELECT n FROM collections WHERE owner=?1", "owner=?1");

int yg_collections_remove(struct yg_collections *s, const struct yg_collection *c,
			  uint64_t *ret_objects)
{
	int rc = yg_sx_run(s, "DELETE FROM ends WHERE n IN (SELECT n FROM objects WHERE c=?1)", "i",
			   c->number);

	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM objects WHERE c=?1", "i", c->number);
	*ret_objects = rc == YG_OK ? (uint64_t)sqlite3_changes64(s->db) : 0;
	for (size_t i = 0; rc == YG_OK && i < CLUES_OF; i++)
		rc = yg_sx_run(s, clues_of_one[i], "i", c->number);
	if (rc == YG_OK)
		rc = yg_sx_run(
			s,
			"DELETE FROM texts WHERE kind='poll' AND substr(name, 1, length(?1)+1)"
			"=?1||'/'",
			"t", yg_bytes_str(c->id));
	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM collections WHERE n=?1", "i", c->number);
	return rc == YG_OK && sqlite3_changes(s->db) == 0 ? YG_ENOENT : rc;
}

int yg_collections_drop(struct yg_collections *s, const char *owner)
{
	struct yg_bytes name = yg_bytes_str(owner);
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < CLUES_OF; i++)
		rc = yg_sx_run(s, clues_of_owner[i], "t", name);
	if (rc == YG_OK)
		rc = yg_sx_run(
			s,
			"DELETE FROM ends WHERE n IN (SELECT n FROM objects WHERE c IN (SELECT n"
			" FROM collections WHERE owner=?1))",
			"t", name);
	if (rc == YG_OK)
		rc = yg_sx_run(s,
			       "DELETE FROM objects WHERE c IN (SELECT n FROM collections WHERE"
			       " owner=?1)",
			       "t", name);

	if (rc == YG_OK)
		rc = yg_sx_run(
			s,
			"DELETE FROM texts WHERE kind='poll' AND EXISTS(SELECT 1 FROM"
			" collections WHERE owner=?1 AND substr(name, 1, length(id)+1)=id||'/')",
			"t", name);
	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM collections WHERE owner=?1", "t", name);
	/* What others' indicators hit at @owner is no ground any more for what they score. */
	if (rc == YG_OK)
		rc = yg_sx_run(
			s,
			"UPDATE clues SET next_ns=0, (sighted, sightings)=(SELECT"
			" count(DISTINCT k.org), total(k.count) FROM clue_seen k WHERE k.n=clues.n"
			" AND k.org<>?1) WHERE n IN (SELECT n FROM clue_seen WHERE org=?1)",
			"t", name);
	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM clue_seen WHERE org=?1", "t", name);
	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM statuses WHERE who=?1", "t", name);
	if (rc == YG_OK)
		rc = yg_sx_run(s,
			       "DELETE FROM texts WHERE name=?1 OR substr(name, 1, length(?1)+1)="
			       "?1||'/'",
			       "t", name);
	return rc;
}

/* ---- filling ---- */

/* The same JSON, however it is written? Asked only where the bytes differ. */
static bool is_same(struct yg_bytes a, struct yg_bytes b)
{
	json_t *x = NULL, *y = NULL;
	struct yg_fault fault;
	bool is_equal = yg_bytes_eq(a, b);

	if (is_equal)
		return true;
	if (yg_json_load(a, YG_STIX_OBJECT_MAX, &x, &fault) == YG_OK &&
	    yg_json_load(b, YG_STIX_OBJECT_MAX, &y, &fault) == YG_OK)
		is_equal = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return is_equal;
}

/* Is this version there? YG_ENOENT: no; else as yg_collections_put(). */
static int find_version(struct yg_collections *s, int64_t c, const struct yg_stix_object *object,
			int64_t *ret_added)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT added_us, body FROM objects WHERE c=?1 AND id=?2 AND"
			    " version_ns=?3",
			    &stmt, "iti", c, object->id, object->version_ns);

	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*ret_added = sqlite3_column_int64(stmt, 0);
	rc = is_same(yg_sx_bytes(stmt, 1), object->text) ? YG_EDUPLICATE : YG_EMISMATCH;
	(void)sqlite3_reset(stmt);
	return rc;
}

static int fill_begin(struct yg_collections *s, int64_t c)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	if (s->filled == c)
		return YG_OK;
	rc = leave_filled(s);
	if (rc == YG_OK)
		rc = yg_sx_take(s, "SELECT last_us FROM collections WHERE n=?1", &stmt, "i", c);
	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	s->last_us = sqlite3_column_int64(stmt, 0);
	s->filled = c;
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

/* The next time from @us on that no version has. */
static int free_time(struct yg_collections *s, int64_t c, int64_t *us)
{
	for (;; (*us)++) {
		sqlite3_stmt *stmt = NULL;
		int rc = yg_sx_take(s, "SELECT 1 FROM objects WHERE c=?1 AND added_us=?2", &stmt,
				    "ii", c, *us);

		if (rc == YG_OK)
			rc = yg_sx_step(s, stmt);
		if (rc != YG_OK)
			return rc == YG_EEND ? YG_OK : rc;
		(void)sqlite3_reset(stmt);
	}
}

/* A relationship is found by each of its ends (clues.h). */
static int put_ends(struct yg_collections *s, const struct yg_stix_object *object)
{
	int64_t n = sqlite3_last_insert_rowid(s->db);
	struct yg_fault fault;
	json_t *tree = NULL;
	int rc;

	if (!yg_bytes_eq(object->type, YG_S("relationship")))
		return YG_OK;
	rc = yg_json_load(object->text, YG_STIX_OBJECT_MAX, &tree, &fault);
	if (rc == YG_OK)
		rc = yg_sx_run(s, "INSERT INTO ends VALUES(?1, ?2, ?3)", "itt", n,
			       yg_json_text(tree, "source_ref"), yg_json_text(tree, "target_ref"));
	json_decref(tree);
	return rc == YG_EFORMAT || rc == YG_ELIMIT ? YG_OK : rc;
}

int yg_collections_put(struct yg_collections *s, int64_t c, const struct yg_stix_object *object,
		       int64_t now_us, int64_t added_us, int64_t *ret_added)
{
	int64_t us = added_us;
	int rc = fill_begin(s, c);

	if (rc == YG_OK)
		rc = find_version(s, c, object, ret_added);
	if (rc != YG_ENOENT)
		return rc;
	rc = YG_OK;
	if (added_us == 0)
		us = now_us > s->last_us ? now_us : s->last_us + 1;
	else
		rc = free_time(s, c, &us);
	if (rc == YG_OK)
		rc = yg_sx_run(s,
			       "INSERT INTO objects(c, added_us, id, version_ns, spec, tlp, type,"
			       " version, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
			       "iitiiittb", c, us, object->id, object->version_ns,
			       (int64_t)object->spec, (int64_t)object->tlp, object->type,
			       object->version, object->text);
	if (rc == YG_OK)
		rc = put_ends(s, object);
	if (us > s->last_us)
		s->last_us = us;
	*ret_added = us;
	return rc;
}

bool yg_collections_has(struct yg_collections *s, struct yg_bytes id)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT 1 FROM objects WHERE id=?1 AND type='marking-definition'",
			    &stmt, "t", id);

	if (rc != YG_OK || yg_sx_step(s, stmt) != YG_OK)
		return false;
	(void)sqlite3_reset(stmt);
	return true;
}

/* ---- statuses, texts ---- */

int yg_collections_put_status(struct yg_collections *s, const char *id, struct yg_bytes root,
			      struct yg_bytes who, int64_t now_us, struct yg_bytes body)
{
	int rc = yg_sx_run(s, "DELETE FROM statuses WHERE made_us<?1", "i",
			   now_us - (int64_t)YG_STIX_STATUS_KEPT_S * 1000000);

	return rc == YG_OK
		       ? yg_sx_run(s, "INSERT OR REPLACE INTO statuses VALUES(?1, ?2, ?3, ?4, ?5)",
				   "tttib", yg_bytes_str(id), root, who, now_us, body)
		       : rc;
}

static int add_body(struct yg_collections *s, int rc, sqlite3_stmt *stmt, struct yg_buf *to)
{
	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	yg_buf_add(to, yg_sx_bytes(stmt, 0));
	(void)sqlite3_reset(stmt);
	return yg_buf_error(to);
}

int yg_collections_get_status(struct yg_collections *s, struct yg_bytes id, struct yg_bytes root,
			      struct yg_bytes who, int64_t now_us, struct yg_buf *to)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT body FROM statuses WHERE id=?1 AND root=?2 AND who=?3 AND"
			    " made_us>=?4",
			    &stmt, "ttti", id, root, who,
			    now_us - (int64_t)YG_STIX_STATUS_KEPT_S * 1000000);

	return add_body(s, rc, stmt, to);
}

int yg_collections_put_text(struct yg_collections *s, const char *kind, struct yg_bytes name,
			    struct yg_bytes text)
{
	if (text.size > TEXT_MAX)
		return YG_ELIMIT;
	return yg_sx_run(s, "INSERT OR REPLACE INTO texts VALUES(?1, ?2, ?3)", "ttb",
			 yg_bytes_str(kind), name, text);
}

int yg_collections_get_text(struct yg_collections *s, const char *kind, struct yg_bytes name,
			    struct yg_buf *to)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT body FROM texts WHERE kind=?1 AND name=?2", &stmt, "tt",
			    yg_bytes_str(kind), name);

	return add_body(s, rc, stmt, to);
}
