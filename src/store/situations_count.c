/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting by differences: what a change costs does not depend on how much a situation holds.
 *
 *   chain_parts, facets ─ triggers ─► sums, seen ─ once a transaction ─► parts, situations
 *
 * A chain counts in its situation while something of it is kept (its lead is not empty). Whatever
 * changes a chain, its parts or its facets, by one row or by many, changes the sums of its
 * situation in the same statement: for that the triggers are there, so no statement elsewhere has
 * to think of it. They are TEMP, made by this program at each opening: those of a file are never
 * run (sqlite_open.c). Sums can be taken off again; greatest and least values cannot, so they are
 * asked of indexes, which hold the parts of chains that share a situation (`place`): most are alone
 * in theirs, and have no need of them. Sums that changed are `dirty` until their situation was
 * counted; what they were then stands beside them (`told_`), and the difference goes to those of
 * the whole (the row of organisation 0, which has chains, sources and logs at once).
 *
 * The slow truth, all of it from the alerts again, stands in tests/unit/app/test_situations_count.c
 * and is compared after each step there.
 */
#include "store/situations-int.h"

#include "base/hash.h"

#include "base/ban.h"

#define MACHINE YG_S("machine")

/* The situation in which a row of chains counts, 0: none. */
#define OLD_COUNTS_IN  "iif(old.lead=x'', 0, old.situation)"
#define NEW_COUNTS_IN  "iif(new.lead=x'', 0, new.situation)"
#define THAT_COUNTS_IN "iif(c.lead=x'', 0, c.situation)"
/* Has a situation several chains? */
#define NEW_IS_SHARED  "(SELECT chains>1 FROM sums WHERE situation=" NEW_COUNTS_IN " AND org=0)"
#define THAT_IS_SHARED "(SELECT chains>1 FROM sums WHERE situation=c.situation AND org=0)"
#define TAKE_OFF                                                                                   \
	"UPDATE sums SET bundles=bundles-old.bundles, count=count-old.count,"                      \
	" removed=removed-old.removed, dirty=1 WHERE situation=old.situation AND org=old.org;"
/* Of a source or log that is not seen at another organisation there. */
#define NEW_NOWHERE_ELSE                                                                           \
	" NOT EXISTS(SELECT 1 FROM seen WHERE situation=new.situation AND kind=new.kind"           \
	" AND value=new.value AND org<>new.org)"
#define OLD_NOWHERE_ELSE                                                                           \
	" NOT EXISTS(SELECT 1 FROM seen WHERE situation=old.situation AND kind=old.kind"           \
	" AND value=old.value AND org<>old.org)"
/* It is one more, of its organisation and of all. */
#define ADD_SEEN ", 0, 0, 0, 0, new.kind=0, new.kind=1, 0, 0, 0, 1 WHERE "
#define TO_WHAT_WAS_SEEN                                                                           \
	" ON CONFLICT DO UPDATE SET sources=sources+excluded.sources,"                             \
	" logs=logs+excluded.logs, dirty=1;"

static const char chain_triggers[] =
	/* It goes into another situation, or counts from now on, or no more. */
	"CREATE TEMP TRIGGER chain_moves AFTER UPDATE OF situation, lead ON main.chains"
	" WHEN " OLD_COUNTS_IN "<>" NEW_COUNTS_IN " BEGIN UPDATE sums SET chains=chains-1, dirty=1"
	" WHERE situation=" OLD_COUNTS_IN " AND org=0;"
	" INSERT INTO sums SELECT new.situation, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1"
	" WHERE " NEW_COUNTS_IN ">0"
	" ON CONFLICT DO UPDATE SET chains=chains+1, dirty=1;"
	/* The second makes the first one share it; those behind find it so. */
	" UPDATE chain_parts SET place=situation"
	" WHERE chain"
	" IN (SELECT n FROM chains"
	" WHERE situation=" NEW_COUNTS_IN " AND lead>x'' AND n<>new.n AND (SELECT chains FROM sums"
	" WHERE situation=new.situation AND org=0)=2);"
	" UPDATE chain_parts SET situation=nullif(" NEW_COUNTS_IN ", 0)"
	", place=iif(" NEW_IS_SHARED ", new.situation, NULL)"
	" WHERE chain=new.n;"
	" UPDATE seen SET chains=chains-1"
	" WHERE (situation, kind, value, org)"
	" IN (SELECT " OLD_COUNTS_IN ", kind, value, org"
	" FROM facets"
	" WHERE chain=new.n);"
	" INSERT INTO seen SELECT new.situation, kind, value, org, 1"
	" FROM facets"
	" WHERE chain=new.n AND " NEW_COUNTS_IN ">0"
	" ON CONFLICT DO UPDATE SET chains=chains+1;"
	" END;"
	"CREATE TEMP TRIGGER chain_goes AFTER DELETE ON main.chains"
	" WHEN " OLD_COUNTS_IN ">0"
	" BEGIN UPDATE sums SET chains=chains-1, dirty=1"
	" WHERE situation=old.situation AND org=0;"
	" END;"
	/* What a part says counts where its chain does. */
	"CREATE TEMP TRIGGER part_comes AFTER INSERT ON main.chain_parts"
	" BEGIN UPDATE chain_parts SET (situation, place)=(SELECT c.situation, iif(" THAT_IS_SHARED
	", c.situation, NULL) FROM chains c"
	" WHERE c.n=new.chain AND " THAT_COUNTS_IN ">0)"
	" WHERE chain=new.chain AND org=new.org;"
	" END;"
	"CREATE TEMP TRIGGER part_moves AFTER UPDATE OF situation ON main.chain_parts"
	" WHEN old.situation IS NOT new.situation"
	" BEGIN " TAKE_OFF " INSERT INTO sums SELECT new.situation, new.org, 0, new.bundles, "
	"new.count, new.removed, 0, 0, 0, 0, 0, 1"
	" WHERE new.situation IS NOT NULL"
	" ON CONFLICT DO UPDATE SET bundles=bundles+excluded.bundles, count=count+excluded.count, "
	"removed=removed+excluded.removed, dirty=1;"
	" END;"
	"CREATE TEMP TRIGGER part_changes AFTER UPDATE OF bundles, count, removed, level, outcome, "
	"first_ns, last_ns, day_ns ON main.chain_parts"
	" WHEN new.situation IS NOT NULL AND old.situation IS new.situation"
	" BEGIN UPDATE sums SET bundles=bundles+new.bundles-old.bundles, "
	"count=count+new.count-old.count, removed=removed+new.removed-old.removed, dirty=1"
	" WHERE situation=new.situation AND org=new.org;"
	" END;"
	"CREATE TEMP TRIGGER part_goes AFTER DELETE ON main.chain_parts"
	" WHEN old.situation IS NOT NULL"
	" BEGIN " TAKE_OFF " END;";

static const char facet_triggers[] =
	/* Sources and logs: how many chains of a situation have one. */
	"CREATE TEMP TRIGGER facet_comes AFTER INSERT ON main.facets"
	" BEGIN INSERT INTO seen SELECT c.situation, new.kind, new.value, new.org, 1 FROM chains c"
	" WHERE c.n=new.chain AND " THAT_COUNTS_IN ">0"
	" ON CONFLICT DO UPDATE SET chains=chains+1;"
	" END;"
	"CREATE TEMP TRIGGER facet_goes AFTER DELETE ON main.facets"
	" BEGIN UPDATE seen SET chains=chains-1"
	" WHERE situation=(SELECT " THAT_COUNTS_IN " FROM chains c"
	" WHERE c.n=old.chain) AND kind=old.kind AND value=old.value AND org=old.org;"
	" END;"
	"CREATE TEMP TRIGGER seen_first AFTER INSERT ON main.seen"
	" BEGIN INSERT INTO sums SELECT new.situation, new.org" ADD_SEEN "true" TO_WHAT_WAS_SEEN
	" INSERT INTO sums SELECT new.situation, 0" ADD_SEEN NEW_NOWHERE_ELSE TO_WHAT_WAS_SEEN
	" END;"
	"CREATE TEMP TRIGGER seen_less AFTER UPDATE OF chains ON main.seen"
	" WHEN new.chains=0"
	" BEGIN DELETE FROM seen"
	" WHERE situation=new.situation AND kind=new.kind AND value=new.value AND org=new.org;"
	" END;"
	"CREATE TEMP TRIGGER seen_last AFTER DELETE ON main.seen"
	" BEGIN UPDATE sums SET sources=sources-(old.kind=0), logs=logs-(old.kind=1), dirty=1"
	" WHERE situation=old.situation AND org=old.org;"
	" UPDATE sums SET sources=sources-(old.kind=0), logs=logs-(old.kind=1), dirty=1"
	" WHERE situation=old.situation AND org=0 AND" OLD_NOWHERE_ELSE ";"
	" END;";

int yg_sit_watch(sqlite3 *db)
{
	int rc = sqlite3_exec(db, chain_triggers, NULL, NULL, NULL);

	return rc == SQLITE_OK ? sqlite3_exec(db, facet_triggers, NULL, NULL, NULL) : rc;
}

/* ---- the parts that changed ---- */

struct part {
	int64_t org;
	int64_t bundles;
	int64_t count;
	int64_t removed;
	uint8_t id[YG_ID_BYTES];
};

#define OF_ONE(what)                                                                               \
	"(SELECT p." what " FROM chains c JOIN chain_parts p ON p.chain=c.n AND p.org=?2"          \
	" WHERE c.situation=?1 AND c.lead>x'')"
#define OF_MANY(what, order)                                                                       \
	"(SELECT " what " FROM chain_parts WHERE place=?1 AND org=?2 ORDER BY " what " " order     \
	" LIMIT 1)"
#define PUT_PART(level, outcome, first, last, day)                                                 \
	"INSERT INTO parts SELECT ?1, ?2, ?3, ?4, ?5, ?6, " level ", " outcome ", " first          \
	", " last ", " day " WHERE true ON CONFLICT DO UPDATE SET bundles=excluded.bundles,"       \
	" count=excluded.count, removed=excluded.removed, level=excluded.level,"                   \
	" outcome=excluded.outcome, first_ns=excluded.first_ns, last_ns=excluded.last_ns,"         \
	" day_ns=excluded.day_ns"

_Static_assert(YG_LEVEL_CRITICAL == 4 && YG_OUTCOME_POSSIBLE == 2, "all of them stand below");
/* The weightiest that any row of @from has. */
#define OUTCOME_OF(from)                                                                           \
	"(SELECT max(o.value) FROM (SELECT 0 AS value UNION ALL SELECT 1 UNION ALL SELECT 2) o"    \
	" WHERE EXISTS(SELECT 1 FROM " from " AND level IN (0, 1, 2, 3, 4) AND outcome=o.value))"

static const char part_of_one[] = PUT_PART(OF_ONE("level"), OF_ONE("outcome"), OF_ONE("first_ns"),
					   OF_ONE("last_ns"), OF_ONE("day_ns"));
static const char part_of_many[] =
	PUT_PART(OF_MANY("level", "DESC"), OUTCOME_OF("chain_parts WHERE place=?1 AND org=?2"),
		 OF_MANY("first_ns", ""), OF_MANY("last_ns", "DESC"), OF_MANY("day_ns", ""));

static int put_part(struct yg_situations *s, int64_t n, const struct part *p, bool is_shared)
{
	return yg_sit_run(s, is_shared ? part_of_many : part_of_one, "iibiii", n, p->org,
			  (struct yg_bytes){p->id, sizeof(p->id)}, p->bundles, p->count,
			  p->removed);
}

/* One part as its sums say; *ret_orgs: how many more organisations were hit. */
static int count_part(struct yg_situations *s, int64_t n, const struct part *p, bool is_shared,
		      int64_t *ret_orgs)
{
	int64_t had = 0;
	int rc = yg_sit_ask(s, &had, "SELECT count(*) FROM parts WHERE situation=?1 AND org=?2",
			    "ii", n, p->org);

	if (rc != YG_OK)
		return rc;
	*ret_orgs += (p->bundles > 0) - had;
	if (p->bundles > 0)
		return put_part(s, n, p, is_shared);
	return had > 0 ? yg_sit_run(s, "DELETE FROM parts WHERE situation=?1 AND org=?2", "ii", n,
				    p->org)
		       : YG_OK;
}

static int count_parts(struct yg_situations *s, int64_t n, struct yg_bytes id, int64_t *ret_orgs)
{
	sqlite3_stmt *stmt = NULL;
	int64_t chains = 0;
	int rc = yg_sit_ask(s, &chains, "SELECT chains FROM sums WHERE situation=?1 AND org=0", "i",
			    n);

	*ret_orgs = 0;
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_sit_take(s,
				 "SELECT u.org, u.bundles, u.count, u.removed, m.text FROM sums u"
				 " INDEXED BY sums_by_dirty JOIN names m ON m.n=u.org"
				 " WHERE u.situation=?1 AND u.dirty=1 AND u.org>0",
				 &stmt, "i", n);
	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		const struct yg_bytes parts[] = {YG_S("part"), id, yg_sit_bytes(stmt, 4)};
		struct part part = {.org = sqlite3_column_int64(stmt, 0),
				    .bundles = sqlite3_column_int64(stmt, 1),
				    .count = sqlite3_column_int64(stmt, 2),
				    .removed = sqlite3_column_int64(stmt, 3)};

		yg_id_derive(parts, 3, part.id);
		rc = count_part(s, n, &part, chains > 1, ret_orgs);
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- its row ---- */

/* What its organisations have more, or less, the whole has. */
static int tell_whole(struct yg_situations *s, int64_t n)
{
	int rc = yg_sit_run(
		s,
		"INSERT INTO sums SELECT ?1, 0, 0, sum(bundles-told_bundles), "
		"sum(count-told_count),"
		" sum(removed-told_removed), 0, 0, 0, 0, 0, 1 FROM sums INDEXED BY sums_by_dirty"
		" WHERE situation=?1 AND dirty=1 AND org>0 HAVING count(*)>0"
		" ON CONFLICT DO UPDATE SET bundles=bundles+excluded.bundles,"
		" count=count+excluded.count, removed=removed+excluded.removed, dirty=1",
		"i", n);

	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"DELETE FROM sums WHERE (situation, org) IN (SELECT situation, org"
				" FROM sums INDEXED BY sums_by_dirty WHERE situation=?1 AND"
				" dirty=1) AND chains=0 AND bundles=0 AND removed=0 AND sources=0"
				" AND logs=0",
				"i", n);
	return rc == YG_OK ? yg_sit_run(s,
					"UPDATE sums SET dirty=0, told_bundles=bundles,"
					" told_count=count, told_removed=removed WHERE (situation,"
					" org) IN (SELECT situation, org FROM sums INDEXED BY"
					" sums_by_dirty WHERE situation=?1 AND dirty=1)",
					"i", n)
			   : rc;
}

static int update_row(struct yg_situations *s, int64_t n, int64_t orgs)
{
	int rc = tell_whole(s, n);

	return rc == YG_OK
		       ? yg_sit_run(
				 s,
				 "UPDATE situations SET orgs=orgs+?2,"
				 " (bundles, count, removed, chains, sources, logs)="
				 "(SELECT ifnull(sum(bundles), 0), ifnull(sum(count), 0),"
				 " ifnull(sum(removed), 0), ifnull(sum(chains), 0),"
				 " min(ifnull(sum(sources), 0), ?3), min(ifnull(sum(logs), 0), ?3)"
				 " FROM sums WHERE situation=?1 AND org=0),"
				 " level=ifnull((SELECT level FROM parts WHERE situation=?1"
				 "  ORDER BY level DESC LIMIT 1), 0),"
				 " outcome=ifnull(" OUTCOME_OF(
					 "parts WHERE situation=?1") ", 0),"
								     " first_ns=ifnull((SELECT "
								     "first_ns FROM parts WHERE "
								     "situation=?1"
								     "  ORDER BY first_ns LIMIT "
								     "1), 0),"
								     " last_ns=ifnull((SELECT "
								     "last_ns FROM parts WHERE "
								     "situation=?1"
								     "  ORDER BY last_ns DESC "
								     "LIMIT 1), 0)"
								     " WHERE n=?1",
				 "iii", n, orgs, (int64_t)YG_SITUATION_DISTINCT)
		       : rc;
}

static int note_change(struct yg_situations *s, int64_t n)
{
	int rc = yg_sit_run(s, "UPDATE meta SET value=value+1 WHERE name='change'", "");

	return rc == YG_OK ? yg_sit_run(s,
					"UPDATE situations SET change=(SELECT value FROM meta WHERE"
					" name='change') WHERE n=?1",
					"i", n)
			   : rc;
}

/* What most of its alerts have in common: of one chain. */
static int key_of_one(struct yg_situations *s, int64_t n)
{
	return yg_sit_run(s,
			  "UPDATE situations SET (tie, key)=(SELECT p.tie, p.value FROM chains c"
			  " JOIN spans p ON p.node=c.n WHERE c.situation=?1 AND c.lead>x''"
			  " ORDER BY p.value='', p.alerts DESC, p.key DESC LIMIT 1) WHERE n=?1 AND "
			  "EXISTS(SELECT 1"
			  " FROM chains c JOIN spans p ON p.node=c.n WHERE c.situation=?1 AND"
			  " c.lead>x'')",
			  "i", n);
}

/* What its first alert has in common with the others. All chains of a group have one pattern, so
 * the first ones say whether it is still known. */
static int key_of_many(struct yg_situations *s, int64_t n)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_take(
		s,
		"SELECT p.tie, p.value FROM (SELECT lead FROM chains WHERE situation=?1 AND"
		" lead>x'' ORDER BY lead LIMIT ?2) c JOIN alerts a ON a.id=c.lead"
		" JOIN spans p ON p.key=a.pattern ORDER BY c.lead, p.first_ns LIMIT 1",
		&stmt, "ii", n, (int64_t)YG_SIT_LEADS);

	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	rc = yg_sit_run(s, "UPDATE situations SET tie=?2, key=?3 WHERE n=?1", "iit", n,
			sqlite3_column_int64(stmt, 0), yg_sit_bytes(stmt, 1));
	(void)sqlite3_reset(stmt);
	return rc;
}

/* By what it belongs together. */
static int update_key(struct yg_situations *s, int64_t n)
{
	int64_t chains = 0, by_hand = 0;
	int rc = yg_sit_ask(s, &chains, "SELECT chains FROM situations WHERE n=?1", "i", n);

	if (rc == YG_OK && chains == 0)
		return yg_sit_run(s, "UPDATE situations SET tie=0, key='' WHERE n=?1", "i", n);
	if (rc == YG_OK)
		rc = yg_sit_ask(
			s, &by_hand,
			"SELECT EXISTS(SELECT 1 FROM chains WHERE situation=?1 AND by_hand=1)", "i",
			n);
	if (rc != YG_OK)
		return rc;
	if (chains > 1 && by_hand)
		return yg_sit_run(s, "UPDATE situations SET tie=?2, key='' WHERE n=?1", "ii", n,
				  (int64_t)YG_TIE_PEOPLE);
	return chains > 1 ? key_of_many(s, n) : key_of_one(s, n);
}

/* ---- what people should know of ---- */

struct now {
	int64_t state;
	int64_t outcome;
	int64_t bundles;
	int64_t merged;
	int64_t chains;
	uint8_t id[YG_SITUATION_ID_BYTES];
};

static int look(struct yg_situations *s, int64_t n, struct now *ret)
{
	sqlite3_stmt *stmt = NULL;
	struct yg_bytes id;
	int rc = yg_sit_take(
		s,
		"SELECT state, outcome, bundles, merged, id, EXISTS(SELECT 1 FROM chains"
		" WHERE situation=situations.n) FROM situations WHERE n=?1",
		&stmt, "i", n);

	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_EFORMAT : rc;
	*ret = (struct now){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
			    sqlite3_column_int64(stmt, 2), sqlite3_column_int64(stmt, 3),
			    sqlite3_column_int64(stmt, 5), {0}};
	id = yg_sit_bytes(stmt, 4);
	if (id.size == sizeof(ret->id))
		memcpy(ret->id, id.data, id.size);
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

static int64_t last_time(struct yg_situations *s)
{
	int64_t ns = 0;

	/* Of the batch: the newest event is of now or before. */
	if (yg_sit_ask(s, &ns, "SELECT ifnull(max(n), 0) FROM events", "") != YG_OK ||
	    yg_sit_ask(s, &ns, "SELECT time_ns FROM events WHERE n=?1", "i", ns) != YG_OK)
		return 0;
	return ns;
}

/* The one that took all of @n in says so, and goes on where people were. */
static int tell_joined(struct yg_situations *s, int64_t n, const struct now *was)
{
	const struct yg_sit_event event = {
		.situation = (uint64_t)was->merged,
		.what = YG_SITUATION_JOINED,
		.other = (uint64_t)n,
		.by = {MACHINE, s->newest_ns ? s->newest_ns : last_time(s), {0}}};
	int rc = yg_sit_event(s, &event);

	return rc == YG_OK
		       ? yg_sit_run(s,
				    "UPDATE situations SET (state, assignee, state_ns, due_ns,"
				    " certainty, certain_by, certain_ns)=(SELECT state, assignee,"
				    " state_ns, due_ns, certainty, certain_by, certain_ns FROM "
				    "situations"
				    " WHERE n=?2) WHERE n=?1 AND state=0 AND (SELECT state FROM "
				    "situations"
				    " WHERE n=?2)>0",
				    "ii", was->merged, n)
		       : rc;
}

/* What was put aside, or was over, is looked at again when it may have succeeded after all. */
static int wake(struct yg_situations *s, int64_t n, const struct now *was)
{
	const struct yg_sit_event event = {
		.situation = (uint64_t)n,
		.what = YG_SITUATION_STATE,
		.a = was->state,
		.b = YG_SITUATION_CHECK,
		.by = {MACHINE, s->newest_ns ? s->newest_ns : last_time(s),
		       YG_S("a later alert says that it may have succeeded")}};
	int rc = yg_sit_event(s, &event);

	return rc == YG_OK ? yg_sit_run(s, "UPDATE situations SET state=?2 WHERE n=?1", "ii", n,
					(int64_t)YG_SITUATION_CHECK)
			   : rc;
}

/* What the counting changed that people should know of. */
static int tell_changes(struct yg_situations *s, int64_t n, const struct now *was,
			const struct now *is)
{
	int rc = YG_OK;

	if (is->chains)
		rc = yg_sit_run(s, "UPDATE situations SET merged=0 WHERE n=?1", "i", n);
	else if (was->bundles > 0 && was->merged > 0)
		rc = tell_joined(s, n, was);
	if (rc == YG_OK && was->outcome < YG_OUTCOME_POSSIBLE &&
	    is->outcome == YG_OUTCOME_POSSIBLE && was->bundles > 0 &&
	    (was->state == YG_SITUATION_NOISE || was->state == YG_SITUATION_RESOLVED))
		rc = wake(s, n, was);
	return rc;
}

int yg_sit_count(struct yg_situations *s, uint64_t number)
{
	int64_t n = (int64_t)number, orgs = 0;
	struct now was, is;
	int rc = look(s, n, &was);

	if (rc == YG_OK)
		rc = count_parts(s, n, (struct yg_bytes){was.id, sizeof(was.id)}, &orgs);
	if (rc == YG_OK)
		rc = update_row(s, n, orgs);
	if (rc == YG_OK)
		rc = note_change(s, n);
	if (rc == YG_OK)
		rc = update_key(s, n);
	if (rc == YG_OK)
		rc = look(s, n, &is);
	return rc == YG_OK ? tell_changes(s, n, &was, &is) : rc;
}

int yg_sit_note_dirty(struct yg_situations *s)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_take(
		s, "SELECT DISTINCT situation FROM sums INDEXED BY sums_by_dirty WHERE dirty=1",
		&stmt, "");

	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		rc = yg_sit_note(&s->situations, (uint64_t)sqlite3_column_int64(stmt, 0));
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}
