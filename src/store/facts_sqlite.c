/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract on one SQLite file: opening and writing.
 *
 * A row is small: its names are numbers, its id begins with its minute, so all three trees are
 * written at one end while time goes on. The writer remembers the numbers of names, and counts days
 * beside the file until the commit. A row that changes twice in a batch gets one change number:
 * nobody saw the one between.
 */
#include "store/facts_sqlite-int.h"

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define COLUMNS                                                                                    \
	"id, change, org, sensor, rule, about, source, level, outcome, first_ns, last_ns,"         \
	" received_ns, written_ns, count, reason, actor, target, matched, refs, hunt"
#define REF_BYTES 16u
/* 16 MiB of pages, and a checkpoint of as many: in a batch one page is written many times. */
#define SETUP "PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=4000"

const char *const yg_fact_queries[YG_FQ_COUNT_OF] = {
	[YG_FQ_BEGIN] = "BEGIN IMMEDIATE",
	[YG_FQ_COMMIT] = "COMMIT",
	[YG_FQ_ROLLBACK] = "ROLLBACK",
	[YG_FQ_CURSOR] = "SELECT cursor, state FROM consumers WHERE name=?1",
	[YG_FQ_PUT_CURSOR] = "INSERT INTO consumers(name, cursor, state) VALUES(?1, ?2, x'')"
			     " ON CONFLICT DO UPDATE SET cursor=excluded.cursor",
	[YG_FQ_PUT_STATE] = "INSERT INTO consumers(name, cursor, state) VALUES(?1, ?2, ?3)"
			    " ON CONFLICT DO UPDATE SET cursor=excluded.cursor,"
			    " state=excluded.state",
	[YG_FQ_LAST] = "SELECT change FROM last WHERE only=1",
	[YG_FQ_PUT_LAST] = "UPDATE last SET change=?1 WHERE only=1",
	[YG_FQ_NAME_FIND] = "SELECT n FROM names WHERE text=?1",
	[YG_FQ_NAME_ADD] = "INSERT INTO names(text) VALUES(?1)",
	[YG_FQ_RULE_FIND] = "SELECT n FROM rules WHERE id=?1 AND digest=?2",
	[YG_FQ_RULE_ADD] = "INSERT INTO rules(id, digest, title, title_ja, kind, field)"
			   " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[YG_FQ_ROW] = "SELECT " COLUMNS " FROM findings WHERE id=?1",
	[YG_FQ_INSERT] = "INSERT INTO findings(" COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
			 " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
	[YG_FQ_UPDATE] = "UPDATE findings SET change=?2, first_ns=?3, last_ns=?4, received_ns=?5,"
			 " count=?6, refs=?7, level=?8, outcome=?9, reason=?10 WHERE id=?1",
	[YG_FQ_TOUCH] = "UPDATE findings SET change=?2, first_ns=?3, last_ns=?4, received_ns=?5,"
			" count=?6, refs=?7 WHERE id=?1",
	[YG_FQ_OUTCOME] = "UPDATE findings SET change=?2, outcome=?3, reason=?4 WHERE id=?1",
	[YG_FQ_COUNT] = "INSERT INTO days VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
			" ON CONFLICT DO UPDATE SET records=records+excluded.records,"
			" bytes=bytes+excluded.bytes, findings=findings+excluded.findings,"
			" bundles=bundles+excluded.bundles, level0=level0+excluded.level0,"
			" level1=level1+excluded.level1, level2=level2+excluded.level2,"
			" level3=level3+excluded.level3, level4=level4+excluded.level4",
	[YG_FQ_PART] = "SELECT position, state FROM parts WHERE consumer=?1 AND key=?2"
		       " ORDER BY piece",
	[YG_FQ_PUT_PART] = "INSERT INTO parts(consumer, key, piece, position, state)"
			   " VALUES(?1, ?2, ?3, ?4, ?5)",
	[YG_FQ_DROP_PART] = "DELETE FROM parts WHERE consumer=?1 AND key=?2",
	[YG_FQ_EXPIRE] = "DELETE FROM findings WHERE id IN (SELECT id FROM findings"
			 " INDEXED BY findings_by_org WHERE org=?1 AND id<?2 AND received_ns<?4"
			 " ORDER BY id LIMIT ?3)",
	[YG_FQ_LIST_ALL] = "SELECT " COLUMNS " FROM findings WHERE id<?1 AND id>=?2"
			   " ORDER BY id DESC",
	[YG_FQ_LIST_ORG] = "SELECT id, rule, sensor, level, outcome, actor"
			   " FROM findings INDEXED BY findings_by_org"
			   " WHERE org=?3 AND id<?1 AND id>=?2 ORDER BY id DESC",
	[YG_FQ_LIST_CHANGES] = "SELECT " COLUMNS " FROM findings INDEXED BY findings_by_change"
			       " WHERE change>?1 ORDER BY change",
	[YG_FQ_LIST_ORG_CHANGES] =
		"SELECT " COLUMNS " FROM findings INDEXED BY findings_by_org_change"
		" WHERE org=?2 AND change>?1 ORDER BY change",
	[YG_FQ_CHANGE_OF_ORG] = "SELECT id, change FROM findings"
				" INDEXED BY findings_by_org_change"
				" WHERE org=?2 AND change>?1 ORDER BY change LIMIT 1",
	[YG_FQ_HEAD_OF_ORG] = "SELECT id FROM findings INDEXED BY findings_by_org"
			      " WHERE org=?3 AND id<?1 AND id>=?2 ORDER BY id DESC LIMIT 1",
	[YG_FQ_DAYS] = "SELECT day_ns, records, bytes, findings, bundles, level0, level1, level2,"
		       " level3, level4 FROM days WHERE org=?1 AND day_ns>=?2 AND day_ns<?3"
		       " ORDER BY day_ns",
	[YG_FQ_NAME] = "SELECT text FROM names WHERE n=?1",
	[YG_FQ_ABOUT] = "SELECT digest, title, title_ja, kind, field FROM rules WHERE n=?1",
};

/* ---- statements ---- */

int yg_fs_fail(struct yg_facts_sqlite *fs, int rc)
{
	if (rc == SQLITE_OK)
		return YG_OK;
	(void)snprintf(fs->trouble, sizeof(fs->trouble), "%s (%d)", sqlite3_errmsg(fs->db),
		       rc); /* cut on purpose */
	return yg_sqlite_error(fs->db, rc);
}

int yg_fs_take(struct yg_facts_sqlite *fs, enum yg_fact_query query, sqlite3_stmt **ret)
{
	if (!fs->stmts[query]) {
		int rc = sqlite3_prepare_v3(fs->db, yg_fact_queries[query], -1,
					    SQLITE_PREPARE_PERSISTENT, &fs->stmts[query], NULL);

		if (rc != SQLITE_OK)
			return yg_fs_fail(fs, rc);
	}
	*ret = fs->stmts[query];
	return YG_OK;
}

int yg_fs_run(struct yg_facts_sqlite *fs, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? YG_OK : yg_fs_fail(fs, rc);
	(void)sqlite3_reset(stmt); /* its error is that of the step */
	return rc;
}

int yg_fs_bind_text(sqlite3_stmt *stmt, int at, struct yg_bytes text)
{
	return sqlite3_bind_text(stmt, at, text.size > 0 ? (const char *)text.data : "",
				 (int)text.size, SQLITE_STATIC);
}

int yg_fs_bind_blob(sqlite3_stmt *stmt, int at, struct yg_bytes blob)
{
	return blob.size > 0 ? sqlite3_bind_blob(stmt, at, blob.data, (int)blob.size, SQLITE_STATIC)
			     : sqlite3_bind_zeroblob(stmt, at, 0);
}

struct yg_bytes yg_fs_text(sqlite3_stmt *stmt, int at)
{
	const uint8_t *text = sqlite3_column_text(stmt, at);

	return (struct yg_bytes){text, text ? (size_t)sqlite3_column_bytes(stmt, at) : 0};
}

struct yg_bytes yg_fs_blob(sqlite3_stmt *stmt, int at)
{
	const uint8_t *blob = sqlite3_column_blob(stmt, at);

	return (struct yg_bytes){blob, blob ? (size_t)sqlite3_column_bytes(stmt, at) : 0};
}

static int run_query(struct yg_facts_sqlite *fs, enum yg_fact_query query)
{
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, query, &stmt);

	return rc == YG_OK ? yg_fs_run(fs, stmt) : rc;
}

/* The first column of the one row of a bound statement: YG_OK, YG_ENOENT. */
static int ask(struct yg_facts_sqlite *fs, sqlite3_stmt *stmt, int64_t *ret)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	rc = rc == SQLITE_ROW ? YG_OK : rc == SQLITE_DONE ? YG_ENOENT : yg_fs_fail(fs, rc);
	(void)sqlite3_reset(stmt);
	return rc;
}

/* ---- names ---- */

static void forget_names(struct yg_facts_sqlite *fs)
{
	for (unsigned i = 0; fs->names && i < YG_FACT_NAME_SLOTS; i++) {
		free(fs->names[i].text);
		fs->names[i].text = NULL;
	}
}

int yg_fs_name(struct yg_facts_sqlite *fs, struct yg_bytes text, int64_t *ret)
{
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, YG_FQ_NAME_FIND, &stmt);

	if (rc == YG_OK)
		rc = yg_fs_fail(fs, yg_fs_bind_text(stmt, 1, text));
	return rc == YG_OK ? ask(fs, stmt, ret) : rc;
}

static int add_name(struct yg_facts_sqlite *fs, struct yg_bytes text, int64_t *ret)
{
	sqlite3_stmt *stmt;
	int rc = yg_fs_name(fs, text, ret);

	if (rc != YG_ENOENT)
		return rc;
	rc = yg_fs_take(fs, YG_FQ_NAME_ADD, &stmt);
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, yg_fs_bind_text(stmt, 1, text));
	if (rc == YG_OK)
		rc = yg_fs_run(fs, stmt);
	*ret = sqlite3_last_insert_rowid(fs->db);
	return rc;
}

/* A place where the number of @text (with @about behind it) is remembered; NULL: not yet. */
static struct yg_fact_name *remembered(struct yg_facts_sqlite *fs, struct yg_bytes text,
				       uint64_t about, bool *ret_is_right)
{
	uint64_t hash = yg_hash64(text, fs->seed ^ about);
	struct yg_fact_name *name = &fs->names[hash % YG_FACT_NAME_SLOTS];

	*ret_is_right = name->text && name->hash == hash &&
			yg_bytes_eq(text, (struct yg_bytes){(uint8_t *)name->text, name->size});
	name->hash = hash;
	return name;
}

static int remember(struct yg_fact_name *name, struct yg_bytes text, int64_t n)
{
	free(name->text);
	name->text = yg_malloc(text.size + 1);
	if (!name->text)
		return YG_ENOMEM;
	if (text.size > 0)
		memcpy(name->text, text.data, text.size);
	name->size = text.size;
	name->n = n;
	return YG_OK;
}

/* The number of @text, given one if it has none. */
static int need_name(struct yg_facts_sqlite *fs, struct yg_bytes text, int64_t *ret)
{
	bool is_right;
	struct yg_fact_name *name = remembered(fs, text, 0, &is_right);
	int rc;

	if (is_right) {
		*ret = name->n;
		return YG_OK;
	}
	rc = add_name(fs, text, ret);
	return rc == YG_OK ? remember(name, text, *ret) : rc;
}

static int add_rule(struct yg_facts_sqlite *fs, const struct yg_fact_finding *f, int64_t id,
		    int64_t *ret)
{
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, YG_FQ_RULE_ADD, &stmt);
	int b;

	if (rc != YG_OK)
		return rc;
	b = sqlite3_bind_int64(stmt, 1, id);
	b = b ? b : yg_fs_bind_text(stmt, 2, f->rules);
	b = b ? b : yg_fs_bind_text(stmt, 3, f->title);
	b = b ? b : yg_fs_bind_text(stmt, 4, f->title_ja);
	b = b ? b : sqlite3_bind_int(stmt, 5, (int)f->kind);
	b = b ? b : sqlite3_bind_int(stmt, 6, (int)f->field);
	rc = yg_fs_fail(fs, b);
	if (rc == YG_OK)
		rc = yg_fs_run(fs, stmt);
	*ret = sqlite3_last_insert_rowid(fs->db);
	return rc;
}

/* What the row says of its rule: by id and digest of the rule set. */
static int need_rule(struct yg_facts_sqlite *fs, const struct yg_fact_finding *f, int64_t id,
		     int64_t *ret)
{
	bool is_right;
	struct yg_fact_name *name = remembered(fs, f->rules, (uint64_t)id, &is_right);
	sqlite3_stmt *stmt;
	int rc;

	if (is_right) {
		*ret = name->n;
		return YG_OK;
	}
	rc = yg_fs_take(fs, YG_FQ_RULE_FIND, &stmt);
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 1, id));
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, yg_fs_bind_text(stmt, 2, f->rules));
	if (rc == YG_OK)
		rc = ask(fs, stmt, ret);
	if (rc == YG_ENOENT)
		rc = add_rule(fs, f, id, ret);
	return rc == YG_OK ? remember(name, f->rules, *ret) : rc;
}

/* ---- rows ---- */

static void put_u64(uint8_t *to, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t *from)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | from[i];
	return value;
}

/* @to has room for all. */
static struct yg_bytes pack_refs(const struct yg_fact_finding *f, uint8_t *to)
{
	for (uint32_t i = 0; i < f->ref_count; i++) {
		put_u64(to + (size_t)i * REF_BYTES, f->refs[i].number);
		put_u64(to + (size_t)i * REF_BYTES + 8, (uint64_t)f->refs[i].received_ns);
	}
	return (struct yg_bytes){to, (size_t)f->ref_count * REF_BYTES};
}

static bool unpack_refs(struct yg_bytes blob, struct yg_fact_finding *f)
{
	if (blob.size % REF_BYTES != 0 || blob.size / REF_BYTES > YG_FACT_REFS_MAX)
		return false;
	f->ref_count = (uint32_t)(blob.size / REF_BYTES);
	for (uint32_t i = 0; i < f->ref_count; i++) {
		f->refs[i].number = get_u64(blob.data + (size_t)i * REF_BYTES);
		f->refs[i].received_ns = (int64_t)get_u64(blob.data + (size_t)i * REF_BYTES + 8);
	}
	return true;
}

int yg_fs_read_row(sqlite3_stmt *stmt, struct yg_fact_finding *row)
{
	struct yg_bytes id = yg_fs_blob(stmt, YG_COL_ID);
	int64_t level = sqlite3_column_int64(stmt, YG_COL_LEVEL);
	int64_t outcome = sqlite3_column_int64(stmt, YG_COL_OUTCOME);

	*row = (struct yg_fact_finding){
		.change = (uint64_t)sqlite3_column_int64(stmt, YG_COL_CHANGE),
		.level = (enum yg_level)level,
		.outcome = (enum yg_outcome)outcome,
		.first_ns = sqlite3_column_int64(stmt, YG_COL_FIRST),
		.last_ns = sqlite3_column_int64(stmt, YG_COL_LAST),
		.received_ns = sqlite3_column_int64(stmt, YG_COL_RECEIVED),
		.written_ns = sqlite3_column_int64(stmt, YG_COL_WRITTEN),
		.count = (uint64_t)sqlite3_column_int64(stmt, YG_COL_COUNT),
		.reason = yg_fs_text(stmt, YG_COL_REASON),
		.actor = yg_fs_text(stmt, YG_COL_ACTOR),
		.target = yg_fs_text(stmt, YG_COL_TARGET),
		.matched = yg_fs_text(stmt, YG_COL_MATCHED),
		.hunt = yg_fs_text(stmt, YG_COL_HUNT),
	};
	if (id.size != YG_FACT_ID_BYTES || level < 0 || level > YG_LEVEL_CRITICAL || outcome < 0 ||
	    outcome > YG_OUTCOME_POSSIBLE || !unpack_refs(yg_fs_blob(stmt, YG_COL_REFS), row))
		return YG_EFORMAT;
	memcpy(row->id, id.data, YG_FACT_ID_BYTES);
	row->minute_ns = yg_fact_minute_of(row->id);
	return YG_OK;
}

/* The names of a new row as numbers. */
static int bind_names(struct yg_facts_sqlite *fs, sqlite3_stmt *stmt,
		      const struct yg_fact_finding *f)
{
	const struct yg_bytes names[] = {f->org, f->sensor, f->source, f->rule};
	static const int places[] = {YG_COL_ORG, YG_COL_SENSOR, YG_COL_SOURCE, YG_COL_RULE};
	int64_t n = 0;
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < 4; i++) {
		rc = need_name(fs, names[i], &n);
		if (rc == YG_OK)
			rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, places[i] + 1, n));
	}
	if (rc == YG_OK) /* n is the rule's */
		rc = need_rule(fs, f, n, &n);
	return rc == YG_OK ? yg_fs_fail(fs, sqlite3_bind_int64(stmt, YG_COL_ABOUT + 1, n)) : rc;
}

static int insert_row(struct yg_facts_sqlite *fs, const struct yg_fact_finding *f)
{
	const int64_t numbers[][2] = {
		{YG_COL_LEVEL, f->level},	   {YG_COL_OUTCOME, f->outcome},
		{YG_COL_FIRST, f->first_ns},	   {YG_COL_LAST, f->last_ns},
		{YG_COL_RECEIVED, f->received_ns}, {YG_COL_WRITTEN, f->written_ns},
		{YG_COL_COUNT, (int64_t)f->count}, {YG_COL_CHANGE, (int64_t)++fs->change},
	};
	uint8_t refs[YG_FACT_REFS_MAX * REF_BYTES];
	sqlite3_stmt *stmt = NULL;
	int rc = yg_fs_take(fs, YG_FQ_INSERT, &stmt);
	int b = SQLITE_OK;

	if (rc == YG_OK)
		rc = bind_names(fs, stmt, f);
	if (rc != YG_OK)
		return rc;
	for (size_t i = 0; b == SQLITE_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		b = sqlite3_bind_int64(stmt, (int)numbers[i][0] + 1, numbers[i][1]);
	b = b ? b
	      : yg_fs_bind_blob(stmt, YG_COL_ID + 1, (struct yg_bytes){f->id, YG_FACT_ID_BYTES});
	b = b ? b : yg_fs_bind_text(stmt, YG_COL_REASON + 1, f->reason);
	b = b ? b : yg_fs_bind_text(stmt, YG_COL_ACTOR + 1, f->actor);
	b = b ? b : yg_fs_bind_text(stmt, YG_COL_TARGET + 1, f->target);
	b = b ? b : yg_fs_bind_text(stmt, YG_COL_MATCHED + 1, f->matched);
	b = b ? b : yg_fs_bind_blob(stmt, YG_COL_REFS + 1, pack_refs(f, refs));
	b = b ? b : yg_fs_bind_text(stmt, YG_COL_HUNT + 1, f->hunt);
	rc = yg_fs_fail(fs, b);
	return rc == YG_OK ? yg_fs_run(fs, stmt) : rc;
}

/* A number for this change of a row; one that changed in this batch keeps it. */
static int64_t change_of(struct yg_facts_sqlite *fs, const struct yg_fact_finding *row)
{
	return (int64_t)(row->change > fs->change_before ? row->change : ++fs->change);
}

/* @judged: level, outcome and reason too, which stand in an index; else only what each further
 * record of a bundle changes. */
static int update_row(struct yg_facts_sqlite *fs, const struct yg_fact_finding *row, bool judged)
{
	uint8_t refs[YG_FACT_REFS_MAX * REF_BYTES];
	const int64_t numbers[] = {change_of(fs, row), row->first_ns, row->last_ns,
				   row->received_ns, (int64_t)row->count};
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, judged ? YG_FQ_UPDATE : YG_FQ_TOUCH, &stmt);
	int b;

	if (rc != YG_OK)
		return rc;
	b = yg_fs_bind_blob(stmt, 1, (struct yg_bytes){row->id, YG_FACT_ID_BYTES});
	for (int i = 0; b == SQLITE_OK && i < 5; i++)
		b = sqlite3_bind_int64(stmt, i + 2, numbers[i]);
	b = b ? b : yg_fs_bind_blob(stmt, 7, pack_refs(row, refs));
	if (judged) {
		b = b ? b : sqlite3_bind_int64(stmt, 8, row->level);
		b = b ? b : sqlite3_bind_int64(stmt, 9, row->outcome);
		b = b ? b : yg_fs_bind_text(stmt, 10, row->reason);
	}
	rc = yg_fs_fail(fs, b);
	return rc == YG_OK ? yg_fs_run(fs, stmt) : rc;
}

/* The row of @id, whose texts stand until @*ret_stmt is reset: YG_OK, YG_ENOENT. */
static int find_row(struct yg_facts_sqlite *fs, const uint8_t *id, sqlite3_stmt **ret_stmt,
		    struct yg_fact_finding *row)
{
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, YG_FQ_ROW, &stmt);

	if (rc == YG_OK)
		rc = yg_fs_fail(fs,
				yg_fs_bind_blob(stmt, 1, (struct yg_bytes){id, YG_FACT_ID_BYTES}));
	if (rc != YG_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		rc = yg_fs_read_row(stmt, row);
	else
		rc = rc == SQLITE_DONE ? YG_ENOENT : yg_fs_fail(fs, rc);
	*ret_stmt = stmt;
	if (rc != YG_OK)
		(void)sqlite3_reset(stmt);
	return rc;
}

static int fs_add(struct yg_facts *facts, const struct yg_fact_finding *finding, bool *ret_is_new)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	struct yg_fact_finding row;
	enum yg_level level;
	sqlite3_stmt *stmt;
	bool is_judged;
	int rc = find_row(fs, finding->id, &stmt, &row);

	*ret_is_new = rc == YG_ENOENT;
	if (rc == YG_ENOENT)
		return insert_row(fs, finding);
	if (rc != YG_OK)
		return rc;
	level = row.level;
	is_judged = yg_fact_merge(&row, finding);
	if (is_judged) {
		row.outcome = finding->outcome;
		row.reason = finding->reason;
	}
	rc = update_row(fs, &row, is_judged || row.level != level);
	(void)sqlite3_reset(stmt);
	return rc;
}

static int fs_outcome(struct yg_facts *facts, const uint8_t id[YG_FACT_ID_BYTES],
		      enum yg_outcome outcome, struct yg_bytes reason)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	struct yg_fact_finding row;
	sqlite3_stmt *stmt;
	int rc = find_row(fs, id, &stmt, &row);
	int b;

	if (rc != YG_OK)
		return rc;
	(void)sqlite3_reset(stmt); /* its texts are not needed */
	if (outcome <= row.outcome)
		return YG_OK;
	rc = yg_fs_take(fs, YG_FQ_OUTCOME, &stmt);
	if (rc != YG_OK)
		return rc;
	b = yg_fs_bind_blob(stmt, 1, (struct yg_bytes){id, YG_FACT_ID_BYTES});
	b = b ? b : sqlite3_bind_int64(stmt, 2, change_of(fs, &row));
	b = b ? b : sqlite3_bind_int(stmt, 3, (int)outcome);
	b = b ? b : yg_fs_bind_text(stmt, 4, reason);
	rc = yg_fs_fail(fs, b);
	return rc == YG_OK ? yg_fs_run(fs, stmt) : rc;
}

/* ---- days ---- */

static int write_day(struct yg_facts_sqlite *fs, int64_t org, const struct yg_fact_day *day)
{
	const int64_t numbers[] = {org,
				   day->day_ns,
				   (int64_t)day->records,
				   (int64_t)day->bytes,
				   (int64_t)day->findings,
				   (int64_t)day->bundles,
				   (int64_t)day->by_level[0],
				   (int64_t)day->by_level[1],
				   (int64_t)day->by_level[2],
				   (int64_t)day->by_level[3],
				   (int64_t)day->by_level[4]};
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, YG_FQ_COUNT, &stmt);

	for (int i = 0; rc == YG_OK && i < 11; i++)
		rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, i + 1, numbers[i]));
	return rc == YG_OK ? yg_fs_run(fs, stmt) : rc;
}

static int write_both(struct yg_facts_sqlite *fs, int64_t org, const struct yg_fact_day *day)
{
	int rc = write_day(fs, org, day);

	return rc == YG_OK ? write_day(fs, 0, day) : rc;
}

/* What all organisations had on a day, once: in a batch that is mostly one day. */
static int write_sum(struct yg_facts_sqlite *fs, unsigned first)
{
	struct yg_fact_day sum = {.day_ns = fs->days[first].sums.day_ns};

	for (unsigned i = first; i < YG_FACT_DAY_SLOTS; i++) {
		const struct yg_fact_day *day = &fs->days[i].sums;

		if (fs->days[i].org == 0 || fs->days[i].is_summed || day->day_ns != sum.day_ns)
			continue;
		yg_fact_day_sum(&sum, day);
		fs->days[i].is_summed = true;
	}
	return write_day(fs, 0, &sum);
}

static int write_days(struct yg_facts_sqlite *fs)
{
	int rc = YG_OK;

	for (unsigned i = 0; fs->day_count > 0 && i < YG_FACT_DAY_SLOTS && rc == YG_OK; i++) {
		if (fs->days[i].org == 0)
			continue;
		rc = write_day(fs, fs->days[i].org, &fs->days[i].sums);
		if (rc == YG_OK && !fs->days[i].is_summed)
			rc = write_sum(fs, i);
	}
	return rc;
}

static void forget_days(struct yg_facts_sqlite *fs)
{
	if (fs->day_count > 0)
		memset(fs->days, 0, YG_FACT_DAY_SLOTS * sizeof(*fs->days));
	fs->day_count = 0;
}

static int fs_count(struct yg_facts *facts, const struct yg_fact_day *more)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	int64_t org = 0;
	struct yg_fact_day *sums;
	uint64_t slot;
	int rc = need_name(fs, more->org, &org);

	if (rc != YG_OK)
		return rc;
	slot = ((uint64_t)org * 31 + (uint64_t)(more->day_ns / YG_FACT_DAY_NS)) % YG_FACT_DAY_SLOTS;
	sums = &fs->days[slot].sums;
	if (fs->days[slot].org != 0 && (fs->days[slot].org != org || sums->day_ns != more->day_ns))
		return write_both(fs, org, more); /* its place is taken */
	fs->day_count += fs->days[slot].org == 0;
	fs->days[slot].org = org;
	sums->day_ns = more->day_ns;
	yg_fact_day_sum(sums, more);
	return YG_OK;
}

/* ---- cursors and parts ---- */

static int fs_cursor(struct yg_facts *facts, const char *consumer, uint64_t *ret_cursor,
		     struct yg_buf *ret_state)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, YG_FQ_CURSOR, &stmt);

	*ret_cursor = 0;
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, yg_fs_bind_text(stmt, 1, yg_bytes_str(consumer)));
	if (rc != YG_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret_cursor = (uint64_t)sqlite3_column_int64(stmt, 0);
		if (ret_state)
			yg_buf_add(ret_state, yg_fs_blob(stmt, 1));
		rc = ret_state ? yg_buf_error(ret_state) : YG_OK;
	} else {
		rc = rc == SQLITE_DONE ? YG_OK : yg_fs_fail(fs, rc);
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

static int put_cursor(struct yg_facts_sqlite *fs, uint64_t cursor, const struct yg_bytes *state)
{
	bool has_state = state && state->size > 0;
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, has_state ? YG_FQ_PUT_STATE : YG_FQ_PUT_CURSOR, &stmt);

	if (rc == YG_OK)
		rc = yg_fs_fail(fs, yg_fs_bind_text(stmt, 1, yg_bytes_str(fs->facts.consumer)));
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 2, (int64_t)cursor));
	if (rc == YG_OK && has_state)
		rc = yg_fs_fail(fs, yg_fs_bind_blob(stmt, 3, *state));
	return rc == YG_OK ? yg_fs_run(fs, stmt) : rc;
}

static int bind_part(struct yg_facts_sqlite *fs, enum yg_fact_query query, const char *consumer,
		     struct yg_bytes key, sqlite3_stmt **ret)
{
	int rc = yg_fs_take(fs, query, ret);

	if (rc == YG_OK)
		rc = yg_fs_fail(fs, yg_fs_bind_text(*ret, 1, yg_bytes_str(consumer)));
	return rc == YG_OK ? yg_fs_fail(fs, yg_fs_bind_text(*ret, 2, key)) : rc;
}

static int fs_put_part(struct yg_facts *facts, struct yg_bytes key, uint64_t position,
		       struct yg_bytes state)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	sqlite3_stmt *stmt;
	int rc = bind_part(fs, YG_FQ_DROP_PART, facts->consumer, key, &stmt);

	if (rc == YG_OK)
		rc = yg_fs_run(fs, stmt);
	for (int piece = 0; rc == YG_OK && state.size > 0; piece++) {
		struct yg_bytes now = yg_bytes_cut(
			state, 0, state.size < YG_FACT_PIECE ? state.size : YG_FACT_PIECE);

		rc = bind_part(fs, YG_FQ_PUT_PART, facts->consumer, key, &stmt);
		if (rc == YG_OK)
			rc = yg_fs_fail(fs, sqlite3_bind_int(stmt, 3, piece));
		if (rc == YG_OK)
			rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 4, (int64_t)position));
		if (rc == YG_OK)
			rc = yg_fs_fail(fs, yg_fs_bind_blob(stmt, 5, now));
		if (rc == YG_OK)
			rc = yg_fs_run(fs, stmt);
		state = yg_bytes_from(state, now.size);
	}
	return rc;
}

static int fs_part(struct yg_facts *facts, const char *consumer, struct yg_bytes key,
		   uint64_t *ret_position, struct yg_buf *ret_state)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	sqlite3_stmt *stmt;
	bool is_found = false;
	int rc = bind_part(fs, YG_FQ_PART, consumer, key, &stmt);

	if (rc != YG_OK)
		return rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		*ret_position = (uint64_t)sqlite3_column_int64(stmt, 0);
		if (ret_state)
			yg_buf_add(ret_state, yg_fs_blob(stmt, 1));
		is_found = true;
	}
	rc = rc == SQLITE_DONE ? YG_OK : yg_fs_fail(fs, rc);
	(void)sqlite3_reset(stmt);
	if (rc == YG_OK && !is_found)
		return YG_ENOENT;
	return rc == YG_OK && ret_state ? yg_buf_error(ret_state) : rc;
}

/* ---- transactions ---- */

static int fs_last_change(struct yg_facts *facts, uint64_t *ret)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	int64_t change = 0;
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, YG_FQ_LAST, &stmt);

	if (rc == YG_OK)
		rc = ask(fs, stmt, &change);
	if (rc == YG_OK)
		*ret = (uint64_t)change;
	return rc == YG_ENOENT ? YG_EFORMAT : rc;
}

static int make_rooms(struct yg_facts_sqlite *fs)
{
	if (!fs->names)
		fs->names = yg_calloc(YG_FACT_NAME_SLOTS, sizeof(*fs->names));
	if (!fs->days)
		fs->days = yg_calloc(YG_FACT_DAY_SLOTS, sizeof(*fs->days));
	return fs->names && fs->days ? YG_OK : YG_ENOMEM;
}

/* Names of rows that went with the transaction must not be remembered. */
static void fs_abort(struct yg_facts *facts)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;

	forget_names(fs);
	forget_days(fs);
	/* After some errors SQLite has done it itself. */
	if (!sqlite3_get_autocommit(fs->db))
		(void)!run_query(fs, YG_FQ_ROLLBACK);
}

static int fs_begin(struct yg_facts *facts)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	int64_t version = 0;
	int rc = make_rooms(fs);

	if (!sqlite3_get_autocommit(fs->db))
		fs_abort(facts); /* should one have failed */
	if (rc == YG_OK)
		rc = run_query(fs, YG_FQ_BEGIN);
	if (rc != YG_OK)
		return rc;
	/* Another connection wrote, and may have forgotten names: their numbers are asked for anew.
	 */
	rc = yg_sqlite_ask(fs->db, "PRAGMA data_version", &version);
	if (rc == YG_OK && version != fs->data_version)
		forget_names(fs);
	fs->data_version = version;
	if (rc == YG_OK)
		rc = fs_last_change(facts, &fs->change);
	fs->change_before = fs->change;
	if (rc != YG_OK)
		fs_abort(facts);
	return rc;
}

static int fs_commit(struct yg_facts *facts, uint64_t cursor, const struct yg_bytes *state)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	sqlite3_stmt *stmt;
	int rc = write_days(fs);

	if (rc == YG_OK)
		rc = put_cursor(fs, cursor, state);
	if (rc == YG_OK && fs->change != fs->change_before) {
		rc = yg_fs_take(fs, YG_FQ_PUT_LAST, &stmt);
		if (rc == YG_OK)
			rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 1, (int64_t)fs->change));
		if (rc == YG_OK)
			rc = yg_fs_run(fs, stmt);
	}
	if (rc == YG_OK)
		rc = run_query(fs, YG_FQ_COMMIT);
	if (rc == YG_OK)
		forget_days(fs);
	return rc;
}

static int fs_expire(struct yg_facts *facts, struct yg_bytes org, int64_t before_ns, uint32_t limit,
		     uint32_t *ret_count)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	uint8_t prefix[YG_FACT_PREFIX_BYTES];
	sqlite3_stmt *stmt;
	int64_t n = 0;
	int rc = yg_fs_name(fs, org, &n);

	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	yg_fact_prefix(before_ns, prefix);
	rc = yg_fs_take(fs, YG_FQ_EXPIRE, &stmt);
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 1, n));
	if (rc == YG_OK)
		rc = yg_fs_fail(
			fs, yg_fs_bind_blob(stmt, 2, (struct yg_bytes){prefix, sizeof(prefix)}));
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 3, limit));
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 4, before_ns));
	if (rc == YG_OK)
		rc = yg_fs_run(fs, stmt);
	if (rc == YG_OK)
		*ret_count = (uint32_t)sqlite3_changes(fs->db);
	return rc;
}

/* Of names, only what no row has: others may use the same ones. */
static int fs_forget(struct yg_facts *facts, struct yg_bytes org)
{
	static const char names[] =
		"DELETE FROM names WHERE n NOT IN (SELECT org FROM findings"
		" UNION SELECT sensor FROM findings UNION SELECT source FROM findings"
		" UNION SELECT rule FROM findings UNION SELECT id FROM rules"
		" UNION SELECT org FROM days)";
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	char days[64];
	int64_t n = 0;
	int rc = yg_fs_name(fs, org, &n);

	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	rc = run_query(fs, YG_FQ_BEGIN);
	if (rc != YG_OK)
		return rc;
	(void)snprintf(days, sizeof(days), "DELETE FROM days WHERE org=%lld",
		       n > 0 ? (long long)n : -1LL); /* fits; 0 are the sums of all */
	rc = yg_fs_fail(fs, sqlite3_exec(fs->db, days, NULL, NULL, NULL));
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_exec(fs->db, names, NULL, NULL, NULL));
	if (rc == YG_OK)
		rc = run_query(fs, YG_FQ_COMMIT);
	if (rc != YG_OK)
		fs_abort(facts);
	forget_names(fs);
	return rc;
}

static const char *fs_trouble(const struct yg_facts *facts)
{
	return ((const struct yg_facts_sqlite *)facts)->trouble;
}

static void fs_free(struct yg_facts *facts)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;

	for (unsigned i = 0; i < YG_FQ_COUNT_OF; i++)
		(void)sqlite3_finalize(fs->stmts[i]); /* its error was seen already */
	(void)sqlite3_close(fs->db);		      /* all statements are finalised */
	forget_names(fs);
	yg_fs_forget_seen(fs);
	free(fs->names);
	free(fs->days);
	free(fs);
}

int yg_facts_open_sqlite(const char *path, bool may_create, struct yg_facts **ret)
{
	static const struct yg_facts_ops ops = {
		.free = fs_free,
		.cursor = fs_cursor,
		.begin = fs_begin,
		.commit = fs_commit,
		.abort = fs_abort,
		.add = fs_add,
		.outcome = fs_outcome,
		.count = fs_count,
		.put_part = fs_put_part,
		.part = fs_part,
		.list = yg_fs_list,
		.get = yg_fs_get,
		.days = yg_fs_days,
		.last_change = fs_last_change,
		.expire = fs_expire,
		.forget = fs_forget,
		.trouble = fs_trouble,
	};
	struct yg_facts_sqlite *fs = yg_calloc(1, sizeof(*fs));
	sqlite3_stmt *stmt;
	int rc;

	if (!fs)
		return YG_ENOMEM;
	fs->facts.ops = &ops;
	fs->seed = yg_hash_secret();
	rc = yg_sqlite_open(path, may_create, &yg_sqlite_facts, &fs->db);
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_exec(fs->db, SETUP, NULL, NULL, NULL));
	if (rc == YG_OK) /* so that giving up never needs memory */
		rc = yg_fs_take(fs, YG_FQ_ROLLBACK, &stmt);
	if (rc != YG_OK) {
		fs_free(&fs->facts);
		return rc;
	}
	*ret = &fs->facts;
	return YG_OK;
}
