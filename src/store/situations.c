/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, statements, and what a consumer fills in. */
#define YG_BAN_ALLOW_MALLOC
#include <stdarg.h>

#include "store/situations-int.h"

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define NAMES (sizeof(((struct yg_situations *)0)->names) / sizeof(struct yg_sit_name))
/* The first alert whose actor is known. */
#define FACE  " face=ifnull(min(face, excluded.face), ifnull(face, excluded.face))"
#define SETUP "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000"

/* ---- statements ---- */

static int fail(struct yg_situations *s, int rc)
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

	switch (kind) {
	case 'i':
		return sqlite3_bind_int64(stmt, at, va_arg(*args, int64_t));
	case 'b':
		b = va_arg(*args, struct yg_bytes);
		return b.size > 0 ? sqlite3_bind_blob(stmt, at, b.data, (int)b.size, SQLITE_STATIC)
				  : sqlite3_bind_zeroblob(stmt, at, 0);
	case 't':
		b = va_arg(*args, struct yg_bytes);
		return sqlite3_bind_text(stmt, at, b.size > 0 ? (const char *)b.data : "",
					 (int)b.size, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(stmt, at);
	}
}

static int take(struct yg_situations *s, const char *sql, sqlite3_stmt **ret, const char *format,
		va_list *args)
{
	uint32_t at =
		(uint32_t)(((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % YG_SIT_SLOTS;
	int rc = SQLITE_OK;

	/* Statements are fewer than slots: their number is that of literals in these files. */
	while (s->slots[at].sql && s->slots[at].sql != sql)
		at = (at + 1) % YG_SIT_SLOTS;
	if (!s->slots[at].stmt)
		rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
					&s->slots[at].stmt, NULL);
	if (rc != SQLITE_OK)
		return fail(s, rc);
	s->slots[at].sql = sql;
	*ret = s->slots[at].stmt;
	for (int i = 0; format[i] && rc == SQLITE_OK; i++)
		rc = bind_one(*ret, i + 1, format[i], args);
	return fail(s, rc);
}

int yg_sit_take(struct yg_situations *s, const char *sql, sqlite3_stmt **ret, const char *format,
		...)
{
	va_list args;
	int rc;

	va_start(args, format);
	rc = take(s, sql, ret, format, &args);
	va_end(args);
	return rc;
}

int yg_sit_step(struct yg_situations *s, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return YG_OK;
	rc = rc == SQLITE_DONE ? YG_EEND : fail(s, rc);
	(void)sqlite3_reset(stmt); /* its error is that of the step */
	return rc;
}

int yg_sit_run(struct yg_situations *s, const char *sql, const char *format, ...)
{
	sqlite3_stmt *stmt = NULL;
	va_list args;
	int rc;

	va_start(args, format);
	rc = take(s, sql, &stmt, format, &args);
	va_end(args);
	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc == YG_OK)
		(void)sqlite3_reset(stmt); /* a row nobody asked for */
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_sit_ask(struct yg_situations *s, int64_t *ret, const char *sql, const char *format, ...)
{
	sqlite3_stmt *stmt = NULL;
	va_list args;
	int rc;

	va_start(args, format);
	rc = take(s, sql, &stmt, format, &args);
	va_end(args);
	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*ret = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

struct yg_bytes yg_sit_bytes(sqlite3_stmt *stmt, int at)
{
	const uint8_t *data = sqlite3_column_blob(stmt, at);

	return (struct yg_bytes){data, data ? (size_t)sqlite3_column_bytes(stmt, at) : 0};
}

/* ---- sets, names ---- */

int yg_sit_note(struct yg_sit_set *set, uint64_t number)
{
	uint32_t low = 0, high = set->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (set->items[mid] < number)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < set->count && set->items[low] == number)
		return YG_OK;
	if (set->count == set->room) {
		uint32_t room = set->room ? set->room * 2 : 256;
		uint64_t *mem = set->count < YG_SIT_DIRTY
					? yg_reallocarray(set->items, room, sizeof(*mem))
					: NULL;

		if (!mem)
			return set->count < YG_SIT_DIRTY ? YG_ENOMEM : YG_ELIMIT;
		set->items = mem;
		set->room = room;
	}
	memmove(&set->items[low + 1], &set->items[low], (set->count - low) * sizeof(*set->items));
	set->items[low] = number;
	set->count++;
	return YG_OK;
}

static void forget(struct yg_situations *s)
{
	s->looked.is_set = false;
	s->chains.count = 0;
	s->stale.count = 0;
	s->situations.count = 0;
}

static int find_name(struct yg_situations *s, struct yg_bytes text, bool may_add, int64_t *ret)
{
	int rc = yg_sit_ask(s, ret, "SELECT n FROM names WHERE text=?1", "t", text);

	if (rc != YG_ENOENT || !may_add)
		return rc;
	rc = yg_sit_run(s, "INSERT INTO names(text) VALUES(?1)", "t", text);
	*ret = sqlite3_last_insert_rowid(s->db);
	return rc;
}

/*
 * Another connection wrote, and may have forgotten names (situations_forget.c): their numbers are
 * asked for anew, for they may be somebody else's now.
 */
static int renew_names(struct yg_situations *s)
{
	int64_t version = 0;
	int rc = yg_sit_ask(s, &version, "PRAGMA data_version", "");

	if (rc == YG_OK && version != s->data_version)
		memset(s->names, 0, sizeof(s->names));
	if (rc == YG_OK)
		s->data_version = version;
	return rc;
}

int yg_sit_name(struct yg_situations *s, struct yg_bytes text, bool may_add, int64_t *ret)
{
	uint64_t hash = yg_hash64(text, s->seed) | 1;
	struct yg_sit_name *known = &s->names[hash % NAMES];
	int rc = YG_OK;

	if (sqlite3_get_autocommit(s->db)) /* else since its begin nobody else wrote */
		rc = renew_names(s);
	if (rc != YG_OK)
		return rc;
	if (known->hash == hash) {
		*ret = known->n;
		return YG_OK;
	}
	rc = find_name(s, text, may_add, ret);
	if (rc == YG_OK)
		*known = (struct yg_sit_name){hash, *ret};
	return rc;
}

static int rule_of(struct yg_situations *s, const struct yg_situation_alert *a, int64_t *ret)
{
	uint64_t hash =
		yg_hash64(a->title_ja, yg_hash64(a->title, yg_hash64(a->rule, ~s->seed))) | 1;
	struct yg_sit_name *known = &s->names[hash % NAMES];
	int rc;

	if (known->hash == hash) {
		*ret = known->n;
		return YG_OK;
	}
	rc = yg_sit_run(s, "INSERT OR IGNORE INTO rules(id, title, title_ja) VALUES(?1, ?2, ?3)",
			"ttt", a->rule, a->title, a->title_ja);
	if (rc == YG_OK)
		rc = yg_sit_ask(s, ret,
				"SELECT n FROM rules WHERE id=?1 AND title=?2 AND title_ja=?3",
				"ttt", a->rule, a->title, a->title_ja);
	if (rc == YG_OK)
		*known = (struct yg_sit_name){hash, *ret};
	return rc;
}

/* ---- opening ---- */

int yg_situations_open(const char *path, bool may_create, struct yg_situations **ret)
{
	struct yg_situations *s = yg_calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return YG_ENOMEM;
	s->seed = yg_hash_secret();
	rc = yg_sqlite_open(path, may_create, &yg_sqlite_situations, &s->db);
	if (rc == YG_OK)
		rc = fail(s, sqlite3_exec(s->db, SETUP, NULL, NULL, NULL));
	if (rc == YG_OK)
		rc = fail(s, yg_sit_watch(s->db));
	if (rc != YG_OK) {
		(void)yg_situations_free(s);
		return rc;
	}
	*ret = s;
	return YG_OK;
}

struct yg_situations *yg_situations_free(struct yg_situations *s)
{
	if (!s)
		return NULL;
	for (unsigned i = 0; i < YG_SIT_SLOTS; i++)
		(void)sqlite3_finalize(s->slots[i].stmt); /* its error was seen already */
	(void)sqlite3_close(s->db);			  /* all statements are finalised */
	free(s->chains.items);
	free(s->stale.items);
	free(s->situations.items);
	free(s);
	return NULL;
}

const char *yg_situations_trouble(const struct yg_situations *s)
{
	return s->trouble;
}

/* ---- transactions ---- */

int yg_situations_cursor(struct yg_situations *s, uint64_t *ret)
{
	int64_t cursor = 0;
	int rc = yg_sit_ask(s, &cursor, "SELECT value FROM meta WHERE name='cursor'", "");

	*ret = (uint64_t)cursor;
	return rc == YG_ENOENT ? YG_EFORMAT : rc;
}

void yg_situations_abort(struct yg_situations *s)
{
	forget(s);
	memset(s->names, 0, sizeof(s->names)); /* numbers that went with it */
	if (!sqlite3_get_autocommit(s->db))
		(void)!yg_sit_run(s, "ROLLBACK", "");
}

int yg_sit_begin(struct yg_situations *s)
{
	int rc;

	if (s->is_reading)
		return YG_EINVAL;
	if (!sqlite3_get_autocommit(s->db))
		yg_situations_abort(s); /* should one have failed */
	rc = yg_sit_run(s, "BEGIN IMMEDIATE", "");
	if (rc != YG_OK)
		return rc;
	rc = renew_names(s);
	if (rc != YG_OK)
		yg_situations_abort(s);
	return rc;
}

int yg_sit_end(struct yg_situations *s, int rc)
{
	if (rc == YG_OK)
		rc = yg_sit_note_dirty(s);
	for (uint32_t i = 0; i < s->situations.count && rc == YG_OK; i++)
		rc = yg_sit_count(s, s->situations.items[i]);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "COMMIT", "");
	if (rc == YG_OK)
		forget(s);
	else
		yg_situations_abort(s);
	return rc;
}

int yg_situations_begin(struct yg_situations *s, uint64_t after)
{
	uint64_t cursor = 0;
	int rc = yg_sit_begin(s);

	if (rc != YG_OK)
		return rc;
	rc = yg_situations_cursor(s, &cursor);
	if (rc == YG_OK && cursor != after)
		rc = YG_EMISMATCH;
	if (rc != YG_OK)
		yg_situations_abort(s);
	return rc;
}

int yg_situations_commit(struct yg_situations *s, uint64_t cursor)
{
	int rc =
		yg_sit_run(s, "UPDATE meta SET value=?1 WHERE name='cursor'", "i", (int64_t)cursor);

	return yg_sit_end(s, rc);
}

int yg_situations_again(struct yg_situations *s)
{
	int rc = yg_sit_begin(s);

	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE meta SET value=0 WHERE name='cursor'", "");
	return yg_sit_end(s, rc);
}

/* ---- spans, chains, groups ---- */

int yg_situations_near(struct yg_situations *s, const uint8_t *key, int64_t from_ns, int64_t to_ns,
		       struct yg_situation_span *ret, unsigned room, unsigned *ret_count)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_take(s,
			     "SELECT first_ns, last_ns, node, alerts FROM spans WHERE key=?1 AND"
			     " first_ns<=?2 ORDER BY first_ns DESC",
			     &stmt, "bi", (struct yg_bytes){key, 16}, to_ns);

	*ret_count = 0;
	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		/* Spans of a key do not overlap, so earlier ones end earlier. */
		if (*ret_count == room || sqlite3_column_int64(stmt, 1) < from_ns) {
			(void)sqlite3_reset(stmt);
			break;
		}
		ret[(*ret_count)++] = (struct yg_situation_span){
			.first_ns = sqlite3_column_int64(stmt, 0),
			.last_ns = sqlite3_column_int64(stmt, 1),
			.node = (uint64_t)sqlite3_column_int64(stmt, 2),
			.alerts = (uint64_t)sqlite3_column_int64(stmt, 3),
		};
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_situations_drop_span(struct yg_situations *s, const uint8_t *key, int64_t first_ns)
{
	return yg_sit_run(s, "DELETE FROM spans WHERE key=?1 AND first_ns=?2", "bi",
			  (struct yg_bytes){key, 16}, first_ns);
}

int yg_situations_put_span(struct yg_situations *s, const struct yg_situation_span *span)
{
	return yg_sit_run(
		s,
		"INSERT INTO spans(key, first_ns, last_ns, node, alerts, tie, value, touched_ns)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET"
		" last_ns=excluded.last_ns, node=excluded.node, alerts=excluded.alerts,"
		" touched_ns=excluded.touched_ns",
		"biiiiiti", (struct yg_bytes){span->key, 16}, span->first_ns, span->last_ns,
		(int64_t)span->node, (int64_t)span->alerts, (int64_t)span->tie, span->value,
		span->touched_ns);
}

int yg_situations_fresh(struct yg_situations *s, bool is_group, uint64_t *ret)
{
	int64_t node = 0;
	int rc = yg_sit_run(s, "UPDATE meta SET value=value+1 WHERE name='node'", "");

	if (rc == YG_OK)
		rc = yg_sit_ask(s, &node, "SELECT value FROM meta WHERE name='node'", "");
	*ret = (uint64_t)node;
	if (rc != YG_OK)
		return rc;
	return is_group ? yg_sit_run(s, "INSERT INTO groups VALUES(?1, 0, 0)", "i", node)
			: yg_sit_run(s, "INSERT INTO chains VALUES(?1, 0, 0, x'', 0, 0, 0)", "i",
				     node);
}

static int unite_groups(struct yg_situations *s, int64_t a, int64_t b)
{
	int64_t sa = 0, sb = 0;
	int rc = yg_sit_ask(s, &sa, "SELECT situation FROM groups WHERE n=?1", "i", a);

	if (rc == YG_OK)
		rc = yg_sit_ask(s, &sb, "SELECT situation FROM groups WHERE n=?1", "i", b);
	if (rc == YG_OK && sa > 0 && sb > 0)
		rc = yg_sit_hand_over(s, sb, sa);
	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"UPDATE chains INDEXED BY chains_by_group SET situation=?1 WHERE "
				"grp=?2 AND situation=?3 AND"
				" by_hand=0",
				"iii", sa > 0 ? sa : sb, b, sb);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE chains SET grp=?1 WHERE grp=?2", "ii", a, b);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE groups SET situation=?1 WHERE n=?2", "ii",
				sa > 0 ? sa : sb, a);
	return rc == YG_OK ? yg_sit_run(s, "DELETE FROM groups WHERE n=?1", "i", b) : rc;
}

struct chain {
	int64_t situation;
	int64_t alerts;
	int64_t by_hand;
	int64_t is_group; /* its situation is that of a group */
	uint8_t lead[YG_SITUATION_ALERT_ID];
	bool has_lead;
};

static int load_chain(struct yg_situations *s, int64_t n, struct chain *ret)
{
	sqlite3_stmt *stmt = NULL;
	struct yg_bytes lead;
	int rc = yg_sit_take(s,
			     "SELECT situation, alerts, by_hand, lead, EXISTS(SELECT 1 FROM groups"
			     " WHERE groups.situation=chains.situation) FROM chains WHERE n=?1",
			     &stmt, "i", n);

	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_EFORMAT : rc;
	*ret = (struct chain){.situation = sqlite3_column_int64(stmt, 0),
			      .alerts = sqlite3_column_int64(stmt, 1),
			      .by_hand = sqlite3_column_int64(stmt, 2),
			      .is_group = sqlite3_column_int64(stmt, 4)};
	lead = yg_sit_bytes(stmt, 3);
	ret->has_lead = lead.size == sizeof(ret->lead);
	if (ret->has_lead)
		memcpy(ret->lead, lead.data, lead.size);
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

/* The situation that two chains in one have: people's, else one of its own, else the older. */
static int64_t situation_of_both(const struct chain *a, const struct chain *b)
{
	if (a->situation == 0 || b->situation == 0)
		return a->situation + b->situation;
	if (a->by_hand != b->by_hand)
		return a->by_hand ? a->situation : b->situation;
	if (a->is_group != b->is_group)
		return a->is_group ? b->situation : a->situation;
	return a->situation < b->situation ? a->situation : b->situation;
}

/* Everything of chain @b is @a's. */
static int relabel(struct yg_situations *s, int64_t a, int64_t b)
{
	int rc = yg_sit_run(s, "UPDATE alerts SET chain=?1 WHERE chain=?2", "ii", a, b);

	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"INSERT INTO chain_parts(chain, org, bundles, count, removed,"
				" level, outcome, first_ns, last_ns, day_ns, face) SELECT ?1, org,"
				" bundles, count, removed, level, outcome, first_ns, last_ns,"
				" day_ns, face FROM chain_parts WHERE chain=?2"
				" ON CONFLICT DO UPDATE SET"
				" bundles=bundles+excluded.bundles, count=count+excluded.count,"
				" removed=removed+excluded.removed,"
				" level=max(level, excluded.level),"
				" outcome=max(outcome, excluded.outcome),"
				" first_ns=min(first_ns, excluded.first_ns),"
				" last_ns=max(last_ns, excluded.last_ns),"
				" day_ns=min(day_ns, excluded.day_ns)," FACE,
				"ii", a, b);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "DELETE FROM chain_parts WHERE chain=?1", "i", b);
	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"INSERT OR IGNORE INTO facets SELECT ?1, kind, value, org FROM"
				" facets WHERE chain=?2",
				"ii", a, b);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "DELETE FROM facets WHERE chain=?1", "i", b);
	return rc == YG_OK ? yg_sit_run(s, "DELETE FROM chains WHERE n=?1", "i", b) : rc;
}

static int unite_chains(struct yg_situations *s, int64_t a, int64_t b)
{
	struct chain x, y;
	int64_t situation;
	bool is_lead;
	int rc = load_chain(s, a, &x);

	if (rc == YG_OK)
		rc = load_chain(s, b, &y);
	if (rc != YG_OK)
		return rc;
	situation = situation_of_both(&x, &y);
	is_lead = y.has_lead && (!x.has_lead || memcmp(y.lead, x.lead, sizeof(x.lead)) < 0);
	rc = yg_sit_hand_over(s, x.situation == situation ? y.situation : x.situation, situation);
	if (rc == YG_OK)
		rc = relabel(s, a, b);
	if (rc == YG_OK)
		rc = yg_sit_run(
			s,
			"UPDATE chains SET situation=?2, alerts=?3, by_hand=?4, lead=?5"
			" WHERE n=?1",
			"iiiib", a, situation, x.alerts + y.alerts, x.by_hand | y.by_hand,
			is_lead ? (struct yg_bytes){y.lead, sizeof(y.lead)}
				: (struct yg_bytes){x.lead, x.has_lead ? sizeof(x.lead) : 0});
	for (uint32_t i = 0; i < s->stale.count && rc == YG_OK; i++)
		if (s->stale.items[i] == (uint64_t)b) {
			rc = yg_sit_note(&s->stale, (uint64_t)a);
			break;
		}
	return rc == YG_OK ? yg_sit_note(&s->chains, (uint64_t)a) : rc;
}

/* How much a node holds: the smaller one is relabelled. */
static int weight_of(struct yg_situations *s, bool is_group, uint64_t node, int64_t *ret)
{
	return is_group ? yg_sit_ask(s, ret, "SELECT count(*) FROM spans WHERE node=?1", "i",
				     (int64_t)node)
			: yg_sit_ask(s, ret, "SELECT alerts FROM chains WHERE n=?1", "i",
				     (int64_t)node);
}

int yg_situations_unite(struct yg_situations *s, bool is_group, uint64_t a, uint64_t b,
			uint64_t *ret)
{
	int64_t x = 0, y = 0;
	int rc = weight_of(s, is_group, a, &x);

	if (rc == YG_OK)
		rc = weight_of(s, is_group, b, &y);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_EFORMAT : rc;
	if (y > x || (x == y && b < a)) {
		uint64_t swap = a;

		a = b;
		b = swap;
	}
	*ret = a;
	rc = is_group ? unite_groups(s, (int64_t)a, (int64_t)b)
		      : unite_chains(s, (int64_t)a, (int64_t)b);
	return rc == YG_OK ? yg_sit_run(s, "UPDATE spans SET node=?1 WHERE node=?2", "ii",
					(int64_t)a, (int64_t)b)
			   : rc;
}

/* ---- alerts ---- */

static int look_up(struct yg_situations *s, const uint8_t id[YG_SITUATION_ALERT_ID],
		   struct yg_situation_alert *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_take(
		s,
		"SELECT a.chain, a.step, a.keys, a.outcome, a.count, a.level, c.by_hand,"
		" a.first_ns, a.last_ns, a.day_ns FROM alerts a JOIN chains c ON c.n=a.chain"
		" WHERE a.id=?1",
		&stmt, "b", (struct yg_bytes){id, YG_SITUATION_ALERT_ID});

	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*ret = (struct yg_situation_alert){
		.chain = (uint64_t)sqlite3_column_int64(stmt, 0),
		.step = (enum yg_noise)sqlite3_column_int(stmt, 1),
		.keys = (unsigned)sqlite3_column_int(stmt, 2),
		.outcome = (enum yg_outcome)sqlite3_column_int(stmt, 3),
		.count = (uint64_t)sqlite3_column_int64(stmt, 4),
		.level = (enum yg_level)sqlite3_column_int(stmt, 5),
		.is_by_hand = sqlite3_column_int(stmt, 6) != 0,
		.first_ns = sqlite3_column_int64(stmt, 7),
		.last_ns = sqlite3_column_int64(stmt, 8),
		.day_ns = sqlite3_column_int64(stmt, 9),
	};
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

int yg_situations_alert(struct yg_situations *s, const uint8_t id[YG_SITUATION_ALERT_ID],
			struct yg_situation_alert *ret)
{
	int rc = look_up(s, id, ret);

	s->looked.is_set = (rc == YG_OK || rc == YG_ENOENT) && !sqlite3_get_autocommit(s->db);
	s->looked.is_there = rc == YG_OK;
	if (rc == YG_OK)
		s->looked.alert = *ret;
	memcpy(s->looked.id, id, YG_SITUATION_ALERT_ID);
	return rc;
}

/* How @id was counted: mostly that was asked for just before, by whoever ties it. Ties change its
 * chain meanwhile, but nothing that is counted. YG_OK, YG_ENOENT. */
static int counted_as(struct yg_situations *s, const uint8_t id[YG_SITUATION_ALERT_ID],
		      struct yg_situation_alert *ret)
{
	bool is_known = s->looked.is_set && memcmp(s->looked.id, id, YG_SITUATION_ALERT_ID) == 0;

	s->looked.is_set = false; /* once: it is another then */
	if (!is_known)
		return look_up(s, id, ret);
	*ret = s->looked.alert;
	return s->looked.is_there ? YG_OK : YG_ENOENT;
}

static int funnel(struct yg_situations *s, int64_t org, const struct yg_situation_alert *a,
		  enum yg_noise step, int64_t bundles, int64_t findings)
{
	return yg_sit_run(s,
			  "INSERT INTO funnel VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET"
			  " bundles=bundles+excluded.bundles, findings=findings+excluded.findings",
			  "iiiii", org, a->day_ns, (int64_t)step, bundles, findings);
}

static int put_facet(struct yg_situations *s, const struct yg_situation_alert *a, int64_t org,
		     int kind, struct yg_bytes value)
{
	/* A fixed seed: the number is kept in the file. */
	return value.size == 0
		       ? YG_OK
		       : yg_sit_run(s, "INSERT OR IGNORE INTO facets VALUES(?1, ?2, ?3, ?4)",
				    "iiii", (int64_t)a->chain, (int64_t)kind,
				    (int64_t)yg_hash64(value, 0x5947), org);
}

/* What @a adds to its chain's part; @was: as it was counted before (NULL: it was not). */
static int add_part(struct yg_situations *s, const struct yg_situation_alert *a, int64_t org,
		    const struct yg_situation_alert *was)
{
	bool is_kept = a->step == YG_NOISE_KEPT;
	bool was_kept = was && was->step == YG_NOISE_KEPT;
	struct yg_bytes face = {a->id, YG_SITUATION_ALERT_ID};

	return yg_sit_run(
		s,
		"INSERT INTO chain_parts(chain, org, bundles, count, removed, level, outcome,"
		" first_ns, last_ns, day_ns, face) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
		" iif(?11, ?12, NULL))"
		" ON CONFLICT DO UPDATE SET bundles=bundles+excluded.bundles,"
		" count=count+excluded.count, removed=removed+excluded.removed,"
		" level=max(level, excluded.level), outcome=max(outcome, excluded.outcome),"
		" first_ns=min(first_ns, excluded.first_ns), last_ns=max(last_ns, "
		"excluded.last_ns),"
		" day_ns=min(day_ns, excluded.day_ns)," FACE,
		"iiiiiiiiiiib", (int64_t)a->chain, org, (int64_t)(is_kept - was_kept),
		(int64_t)(is_kept ? a->count - (was_kept ? was->count : 0) : 0),
		(int64_t)(!is_kept - (was && !was_kept)), (int64_t)(is_kept ? a->level : 0),
		(int64_t)(is_kept ? a->outcome : 0), is_kept ? a->first_ns : INT64_MAX,
		is_kept ? a->last_ns : INT64_MIN, is_kept ? a->day_ns : INT64_MAX,
		(int64_t)(is_kept && a->actor.size > 0), face);
}

static int count_alert(struct yg_situations *s, const struct yg_situation_alert *a, int64_t org,
		       const struct yg_situation_alert *was)
{
	struct yg_bytes id = {a->id, YG_SITUATION_ALERT_ID};
	int rc = YG_OK;

	if (was)
		rc = funnel(s, org, a, was->step, -1, -(int64_t)was->count);
	if (rc == YG_OK)
		rc = funnel(s, org, a, a->step, 1, (int64_t)a->count);
	if (rc == YG_OK && was && was->step == YG_NOISE_KEPT && a->step != YG_NOISE_KEPT)
		rc = yg_sit_note(&s->stale, a->chain); /* greatest values may have gone */
	else if (rc == YG_OK)
		rc = add_part(s, a, org, was);
	if (rc == YG_OK && !was)
		rc = yg_sit_run(s, "UPDATE chains SET alerts=alerts+1 WHERE n=?1", "i",
				(int64_t)a->chain);
	if (rc == YG_OK && a->step == YG_NOISE_KEPT)
		rc = yg_sit_run(s, "UPDATE chains SET lead=?2 WHERE n=?1 AND (lead=x'' OR lead>?2)",
				"ib", (int64_t)a->chain, id);
	if (rc == YG_OK)
		rc = put_facet(s, a, org, 0, a->actor);
	if (rc == YG_OK)
		rc = put_facet(s, a, org, 1, a->log);
	return rc == YG_OK ? yg_sit_note(&s->chains, a->chain) : rc;
}

/* It stays on the day on which it was counted, whatever zone days are of now. */
static struct yg_situation_alert on_its_day(const struct yg_situation_alert *a,
					    const struct yg_situation_alert *was)
{
	struct yg_situation_alert ret = *a;

	ret.day_ns = was->day_ns;
	return ret;
}

int yg_situations_put_alert(struct yg_situations *s, const struct yg_situation_alert *a)
{
	struct yg_situation_alert was, again;
	int64_t org = 0, log = 0, rule = 0;
	struct yg_bytes id = {a->id, YG_SITUATION_ALERT_ID};
	int rc = counted_as(s, a->id, &was);
	bool is_new = rc == YG_ENOENT;

	if (rc != YG_OK && !is_new)
		return rc;
	if (!is_new) {
		again = on_its_day(a, &was);
		a = &again;
	}
	rc = yg_sit_name(s, a->org, true, &org);
	if (rc == YG_OK)
		rc = yg_sit_name(s, a->log, true, &log);
	if (rc == YG_OK)
		rc = rule_of(s, a, &rule);
	if (rc == YG_OK)
		rc = yg_sit_run(
			s,
			"INSERT INTO alerts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
			" ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 0) ON CONFLICT DO"
			" UPDATE SET step=excluded.step, why=excluded.why,"
			" level=excluded.level, outcome=excluded.outcome, keys=excluded.keys,"
			" count=excluded.count, first_ns=excluded.first_ns,"
			" last_ns=excluded.last_ns",
			"biiiittbitiiiiiiiii", id, (int64_t)a->chain, org, rule, log, a->actor,
			a->target, (struct yg_bytes){a->pattern, 16}, (int64_t)a->step, a->why,
			(int64_t)a->level, (int64_t)a->outcome, (int64_t)a->is_outside,
			(int64_t)a->keys, (int64_t)a->count, a->minute_ns, a->first_ns, a->last_ns,
			a->day_ns);
	if (rc == YG_OK)
		rc = count_alert(s, a, org, is_new ? NULL : &was);
	return rc;
}
