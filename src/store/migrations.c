/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of the file, step by step. A step that was released is never changed: a new one is
 * added, and PRAGMA user_version says how many were done.
 */
#include <stdio.h>

#include "store/sqlite-int.h"

#include "base/ban.h"

#define COUNT_OF(steps) (sizeof(steps) / sizeof((steps)[0]))

static const char *const control_steps[] = {
	/* 1: all revisions, and where each document is now. `heads` keeps listings by key and the
	 * look at a document range scans that do not touch bodies. */
	"CREATE TABLE docs("
	" change INTEGER PRIMARY KEY,"
	" org TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" revision INTEGER NOT NULL CHECK(revision > 0),"
	" time_ns INTEGER NOT NULL,"
	" actor TEXT NOT NULL,"
	" removed INTEGER NOT NULL CHECK(removed IN (0, 1)),"
	" body BLOB NOT NULL"
	") STRICT;"
	"CREATE UNIQUE INDEX docs_by_document ON docs(org, kind, key, revision);"
	"CREATE INDEX docs_by_org ON docs(org);"
	"CREATE TABLE heads("
	" org TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" change INTEGER NOT NULL REFERENCES docs(change),"
	" revision INTEGER NOT NULL,"
	" removed INTEGER NOT NULL,"
	" PRIMARY KEY(org, kind, key)"
	") STRICT, WITHOUT ROWID;",
	/* 2: `heads` are what is there: what was removed is in `docs` alone, so that a listing does
	 * not walk over all that ever stood before what it looks for (a queue's rows, timers). */
	"DELETE FROM heads WHERE removed<>0;",
	/* 3: bytes that many documents hold stand once. Who holds them is asked of `heads`: a count
	 * beside it could be wrong. */
	"CREATE TABLE shared("
	" n INTEGER PRIMARY KEY,"
	" digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32),"
	" bytes BLOB NOT NULL"
	") STRICT;"
	"ALTER TABLE heads ADD COLUMN shared INTEGER REFERENCES shared(n);"
	"CREATE INDEX heads_by_shared ON heads(shared) WHERE shared IS NOT NULL;",
	/* 4: messages to sensors stood in their queues, each for itself. There may be tens of GB of
	 * them, and the hub cannot begin before a migration ends: it only says that it is to be
	 * done, and how far it is (sqlite_left_over.c). */
	"CREATE TABLE left_over("
	" what TEXT PRIMARY KEY,"
	" key TEXT NOT NULL,"
	" revision INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO left_over SELECT 'down', '', 0"
	" WHERE EXISTS(SELECT 1 FROM docs WHERE org='hub' AND kind='down');",
	/* 5: `heads` refer to `docs` without saying so to SQLite, which looked at all of them for
	 * each document that was purged (an organisation that leaves has many). Nothing but a purge
	 * deletes, and it takes the head first. */
	"CREATE TABLE heads_anew("
	" org TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" change INTEGER NOT NULL,"
	" revision INTEGER NOT NULL,"
	" removed INTEGER NOT NULL,"
	" shared INTEGER REFERENCES shared(n),"
	" PRIMARY KEY(org, kind, key)"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO heads_anew SELECT org, kind, key, change, revision, removed, shared FROM "
	"heads;"
	"DROP TABLE heads;"
	"ALTER TABLE heads_anew RENAME TO heads;"
	"CREATE INDEX heads_by_shared ON heads(shared) WHERE shared IS NOT NULL;",
};
const struct yg_sqlite_form yg_sqlite_control = {0x59474152, /* "YGAR" */
						 control_steps, COUNT_OF(control_steps)};

static const char *const facts_steps[] = {
	/* 1: bundles by id, which ascends with their minutes: what comes in lands at one end of
	 * each tree. Names stand once, in tables of their own. Two indexes beside, and a third
	 * since step 3. */
	"CREATE TABLE names("
	" n INTEGER PRIMARY KEY,"
	" text TEXT NOT NULL UNIQUE"
	") STRICT;"
	"CREATE TABLE rules("
	" n INTEGER PRIMARY KEY,"
	" id INTEGER NOT NULL REFERENCES names(n),"
	" digest TEXT NOT NULL,"
	" title TEXT NOT NULL,"
	" title_ja TEXT NOT NULL,"
	" kind INTEGER NOT NULL,"
	" field INTEGER NOT NULL,"
	" UNIQUE(id, digest)"
	") STRICT;"
	"CREATE TABLE findings("
	" id BLOB PRIMARY KEY CHECK(length(id) = 16),"
	" change INTEGER NOT NULL,"
	" org INTEGER NOT NULL,"
	" sensor INTEGER NOT NULL,"
	" rule INTEGER NOT NULL,"
	" about INTEGER NOT NULL,"
	" source INTEGER NOT NULL,"
	" level INTEGER NOT NULL,"
	" outcome INTEGER NOT NULL,"
	" first_ns INTEGER NOT NULL,"
	" last_ns INTEGER NOT NULL,"
	" received_ns INTEGER NOT NULL,"
	" written_ns INTEGER NOT NULL,"
	" count INTEGER NOT NULL CHECK(count > 0),"
	" reason TEXT NOT NULL,"
	" actor TEXT NOT NULL,"
	" target TEXT NOT NULL,"
	" matched TEXT NOT NULL,"
	" refs BLOB NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX findings_by_org ON findings(org, id);"
	"CREATE INDEX findings_by_change ON findings(change);"
	/* org 0: the sums of all */
	"CREATE TABLE days("
	" org INTEGER NOT NULL,"
	" day_ns INTEGER NOT NULL,"
	" records INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL,"
	" findings INTEGER NOT NULL,"
	" bundles INTEGER NOT NULL,"
	" level0 INTEGER NOT NULL,"
	" level1 INTEGER NOT NULL,"
	" level2 INTEGER NOT NULL,"
	" level3 INTEGER NOT NULL,"
	" level4 INTEGER NOT NULL,"
	" PRIMARY KEY(org, day_ns)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE consumers("
	" name TEXT PRIMARY KEY,"
	" cursor INTEGER NOT NULL,"
	" state BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE parts("
	" consumer TEXT NOT NULL,"
	" key TEXT NOT NULL,"
	" piece INTEGER NOT NULL,"
	" position INTEGER NOT NULL,"
	" state BLOB NOT NULL,"
	" PRIMARY KEY(consumer, key, piece)"
	") STRICT;"
	/* The number of the last change: one row, so that it never falls back. */
	"CREATE TABLE last(only INTEGER PRIMARY KEY CHECK(only = 1), change INTEGER NOT NULL)"
	" STRICT;"
	"INSERT INTO last VALUES(1, 0);",
	/* 2: what a hunt found in the archive says which one (docs/hub-hunts.md). */
	"ALTER TABLE findings ADD COLUMN hunt TEXT NOT NULL DEFAULT '';",
	/* 3: changes of some organisations without looking at those of the others: how long a page
	 * is would tell how much the others do. */
	"CREATE INDEX findings_by_org_change ON findings(org, change);",
	/* 4: what filters ask of a row stands in the index of its organisation: a page of which
	 * little passes looked at thousands of rows all over the file. */
	("DROP INDEX findings_by_org;"
	 "CREATE INDEX findings_by_org ON findings(org, id, rule, sensor, level, outcome, actor);"),
};
const struct yg_sqlite_form yg_sqlite_facts = {0x59474642, /* "YGFB" */
					       facts_steps, COUNT_OF(facts_steps)};

static const char *const situation_steps[] = {
	/* 1: what ties alerts (spans of keys, chains, groups), and the alerts as they were counted.
	 */
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES('cursor', 0), ('change', 0), ('node', 0), ('steps', 30),"
	" ('settings', 0), ('spans', 0), ('pushed_out', 0);"
	"CREATE TABLE names(n INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE rules(n INTEGER PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL,"
	" title_ja TEXT NOT NULL, UNIQUE(id, title, title_ja)) STRICT;"
	"CREATE TABLE spans(key BLOB NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,"
	" node INTEGER NOT NULL, alerts INTEGER NOT NULL, tie INTEGER NOT NULL, value TEXT NOT "
	"NULL,"
	" touched_ns INTEGER NOT NULL, PRIMARY KEY(key, first_ns)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX spans_by_node ON spans(node, alerts, key);"
	"CREATE INDEX spans_by_touch ON spans(touched_ns);"
	"CREATE TABLE groups(n INTEGER PRIMARY KEY, situation INTEGER NOT NULL,"
	" origin INTEGER NOT NULL) STRICT;"
	"CREATE INDEX groups_by_situation ON groups(situation);"
	"CREATE TABLE chains(n INTEGER PRIMARY KEY, situation INTEGER NOT NULL, grp INTEGER NOT "
	"NULL,"
	" lead BLOB NOT NULL, by_hand INTEGER NOT NULL, alerts INTEGER NOT NULL,"
	" origin INTEGER NOT NULL) STRICT;"
	"CREATE INDEX chains_by_situation ON chains(situation);"
	"CREATE INDEX chains_by_group ON chains(grp);"
	"CREATE TABLE chain_parts(chain INTEGER NOT NULL, org INTEGER NOT NULL,"
	" bundles INTEGER NOT NULL, count INTEGER NOT NULL, removed INTEGER NOT NULL,"
	" level INTEGER NOT NULL, outcome INTEGER NOT NULL, first_ns INTEGER NOT NULL,"
	" last_ns INTEGER NOT NULL, day_ns INTEGER NOT NULL, PRIMARY KEY(chain, org))"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE facets(chain INTEGER NOT NULL, kind INTEGER NOT NULL, value INTEGER NOT NULL,"
	" org INTEGER NOT NULL, PRIMARY KEY(chain, kind, value, org)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE alerts(id BLOB PRIMARY KEY CHECK(length(id) = 16), chain INTEGER NOT NULL,"
	" org INTEGER NOT NULL, rule INTEGER NOT NULL, log INTEGER NOT NULL, actor TEXT NOT NULL,"
	" target TEXT NOT NULL, pattern BLOB NOT NULL, step INTEGER NOT NULL, why TEXT NOT NULL,"
	" level INTEGER NOT NULL, outcome INTEGER NOT NULL, outside INTEGER NOT NULL,"
	" keys INTEGER NOT NULL, count INTEGER NOT NULL, minute_ns INTEGER NOT NULL,"
	" first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, day_ns INTEGER NOT NULL,"
	" judged INTEGER NOT NULL) STRICT, WITHOUT ROWID;" /* judged: the event that did; 0: none */
	"CREATE INDEX alerts_by_chain ON alerts(chain, id);"
	"CREATE INDEX alerts_by_org ON alerts(org, id);",
	/* 2: the situations, and what people made of them. */
	"CREATE TABLE situations(n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"
	" change INTEGER NOT NULL, state INTEGER NOT NULL, assignee TEXT NOT NULL,"
	" opened_ns INTEGER NOT NULL, state_ns INTEGER NOT NULL, due_ns INTEGER,"
	" certainty INTEGER NOT NULL, certain_by TEXT NOT NULL, certain_ns INTEGER NOT NULL,"
	" merged INTEGER NOT NULL, tie INTEGER NOT NULL, key TEXT NOT NULL, bundles INTEGER NOT "
	"NULL,"
	" count INTEGER NOT NULL, removed INTEGER NOT NULL, level INTEGER NOT NULL,"
	" outcome INTEGER NOT NULL, orgs INTEGER NOT NULL, logs INTEGER NOT NULL,"
	" sources INTEGER NOT NULL, chains INTEGER NOT NULL, first_ns INTEGER NOT NULL,"
	" last_ns INTEGER NOT NULL) STRICT;"
	"CREATE INDEX situations_by_last ON situations(last_ns, n) WHERE bundles > 0;"
	"CREATE TABLE parts(situation INTEGER NOT NULL, org INTEGER NOT NULL, id BLOB NOT NULL,"
	" bundles INTEGER NOT NULL, count INTEGER NOT NULL, removed INTEGER NOT NULL,"
	" level INTEGER NOT NULL, outcome INTEGER NOT NULL, first_ns INTEGER NOT NULL,"
	" last_ns INTEGER NOT NULL, day_ns INTEGER NOT NULL, PRIMARY KEY(situation, org))"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX parts_by_org ON parts(org, last_ns, situation);"
	"CREATE INDEX parts_by_day ON parts(org, day_ns);"
	"CREATE UNIQUE INDEX parts_by_id ON parts(id);"
	"CREATE TABLE events(n INTEGER PRIMARY KEY AUTOINCREMENT, situation INTEGER NOT NULL,"
	" what INTEGER NOT NULL, time_ns INTEGER NOT NULL, actor TEXT NOT NULL,"
	" a INTEGER NOT NULL, b INTEGER NOT NULL, other INTEGER NOT NULL, text TEXT NOT NULL) "
	"STRICT;"
	"CREATE INDEX events_by_situation ON events(situation, n);"
	"CREATE TABLE funnel(org INTEGER NOT NULL, day_ns INTEGER NOT NULL, step INTEGER NOT NULL,"
	" bundles INTEGER NOT NULL, findings INTEGER NOT NULL, PRIMARY KEY(org, day_ns, step))"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE lists(name TEXT PRIMARY KEY, allowed INTEGER NOT NULL, is_on INTEGER NOT "
	"NULL,"
	" entries INTEGER NOT NULL, time_ns INTEGER NOT NULL, actor TEXT NOT NULL,"
	" body BLOB NOT NULL) STRICT;",
	/* 3: sums of what chains have, kept by differences (situations_count.c); indexes that know
	 * the greatest and least values; `face`: the first alert with an actor. */
	"ALTER TABLE chain_parts ADD COLUMN situation INTEGER;" /* it counts in; NULL: in none */
	"ALTER TABLE chain_parts ADD COLUMN place INTEGER;"	/* where several chains are */
	"ALTER TABLE chain_parts ADD COLUMN face BLOB;"
	"UPDATE chain_parts SET situation=(SELECT situation FROM chains WHERE n=chain AND"
	" lead>x'' AND situation>0), face=(SELECT min(id) FROM alerts a WHERE"
	" a.chain=chain_parts.chain AND a.org=chain_parts.org AND a.step=0 AND a.actor<>'');"
	"UPDATE chain_parts SET place=situation WHERE situation IN (SELECT situation FROM chains"
	" WHERE lead>x'' GROUP BY situation HAVING count(*)>1);"
	"CREATE INDEX chain_parts_by_first ON chain_parts(place, org, first_ns) WHERE place IS NOT"
	" NULL;"
	"CREATE INDEX chain_parts_by_last ON chain_parts(place, org, last_ns) WHERE place IS NOT"
	" NULL;"
	"CREATE INDEX chain_parts_by_day ON chain_parts(place, org, day_ns) WHERE place IS NOT"
	" NULL;"
	"CREATE INDEX chain_parts_by_grade ON chain_parts(place, org, level, outcome) WHERE place"
	" IS NOT NULL;"
	"CREATE INDEX chain_parts_by_face ON chain_parts(place, org, face) WHERE place IS NOT"
	" NULL;"
	"CREATE TABLE sums(situation INTEGER NOT NULL, org INTEGER NOT NULL," /* 0: of the whole */
	" chains INTEGER NOT NULL, bundles INTEGER NOT NULL, count INTEGER NOT NULL,"
	" removed INTEGER NOT NULL, sources INTEGER NOT NULL, logs INTEGER NOT NULL,"
	" told_bundles INTEGER NOT NULL, told_count INTEGER NOT NULL,"
	" told_removed INTEGER NOT NULL, dirty INTEGER NOT NULL, PRIMARY KEY(situation, org))"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX sums_by_dirty ON sums(situation, org) WHERE dirty=1;"
	"CREATE TABLE seen(situation INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" value INTEGER NOT NULL, org INTEGER NOT NULL, chains INTEGER NOT NULL,"
	" PRIMARY KEY(situation, kind, value, org)) STRICT, WITHOUT ROWID;"
	"INSERT INTO seen SELECT c.situation, f.kind, f.value, f.org, count(*) FROM facets f"
	" JOIN chains c ON c.n=f.chain WHERE c.situation>0 AND c.lead>x'' GROUP BY 1, 2, 3, 4;"
	"INSERT INTO sums SELECT situation, 0, count(DISTINCT chain), sum(bundles), sum(count),"
	" sum(removed), 0, 0, 0, 0, 0, 0 FROM chain_parts WHERE situation IS NOT NULL GROUP BY"
	" situation;"
	"INSERT INTO sums SELECT situation, org, 0, sum(bundles), sum(count), sum(removed), 0, 0,"
	" sum(bundles), sum(count), sum(removed), 0 FROM chain_parts WHERE situation IS NOT NULL"
	" GROUP BY situation, org;"
	"INSERT INTO sums SELECT situation, org, 0, 0, 0, 0, sum(kind=0), sum(kind=1), 0, 0, 0, 0"
	" FROM seen WHERE true GROUP BY situation, org ON CONFLICT DO UPDATE SET"
	" sources=excluded.sources, logs=excluded.logs;"
	"INSERT INTO sums SELECT situation, 0, 0, 0, 0, 0, sum(kind=0), sum(kind=1), 0, 0, 0, 0"
	" FROM (SELECT DISTINCT situation, kind, value FROM seen) WHERE true GROUP BY situation"
	" ON CONFLICT DO UPDATE SET sources=excluded.sources, logs=excluded.logs;"
	"CREATE INDEX chains_by_lead ON chains(situation, lead);"
	"DROP INDEX chains_by_situation;" /* the other one begins as it did */
	"CREATE INDEX chains_by_hand ON chains(situation) WHERE by_hand=1;"
	"CREATE INDEX parts_by_first ON parts(situation, first_ns);"
	"CREATE INDEX parts_by_end ON parts(situation, last_ns);"
	"CREATE INDEX parts_by_grade ON parts(situation, level, outcome);"
	/* Lists by state: after a year most are over. Open: neither noise (2) nor resolved (6). */
	"CREATE INDEX situations_by_state ON situations(state, last_ns, n) WHERE bundles>0;"
	"CREATE INDEX situations_open ON situations(last_ns, n) WHERE bundles>0 AND state<>2 AND"
	" state<>6;"
	"CREATE INDEX situations_by_assignee ON situations(assignee, last_ns, n) WHERE bundles>0"
	" AND assignee<>'';"
	"CREATE INDEX alerts_by_judgement ON alerts(rule, judged) WHERE judged>0;",
};
const struct yg_sqlite_form yg_sqlite_situations = {0x59475354, /* "YGST" */
						    situation_steps, COUNT_OF(situation_steps)};

static const char *const stix_steps[] = {
	/* 1: collections, versions of objects, what was sent, what a data set brought along. */
	"CREATE TABLE collections(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, root TEXT NOT "
	"NULL,"
	" alias TEXT NOT NULL, owner TEXT NOT NULL, sector TEXT NOT NULL, title TEXT NOT NULL,"
	" description TEXT NOT NULL, reach INTEGER NOT NULL, default_tlp INTEGER NOT NULL,"
	" others_write INTEGER NOT NULL, readable INTEGER NOT NULL, writable INTEGER NOT NULL,"
	" specs INTEGER NOT NULL, last_us INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX collections_by_alias ON collections(alias) WHERE alias<>'';"
	"CREATE TABLE objects(n INTEGER PRIMARY KEY, c INTEGER NOT NULL, added_us INTEGER NOT NULL,"
	" id TEXT NOT NULL, version_ns INTEGER NOT NULL, spec INTEGER NOT NULL,"
	" tlp INTEGER NOT NULL, type TEXT NOT NULL, version TEXT NOT NULL, body BLOB NOT NULL)"
	" STRICT;"
	"CREATE UNIQUE INDEX objects_by_time ON objects(c, added_us);"
	"CREATE INDEX objects_by_id ON objects(c, id, version_ns, spec, tlp);"
	"CREATE INDEX definitions ON objects(id) WHERE type='marking-definition';"
	"CREATE TABLE statuses(id TEXT PRIMARY KEY, root TEXT NOT NULL, who TEXT NOT NULL,"
	" made_us INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
	"CREATE INDEX statuses_by_time ON statuses(made_us);"
	"CREATE TABLE texts(kind TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,"
	" PRIMARY KEY(kind, name)) STRICT;",
	/* 2: from which feed a version came. */
	"CREATE TABLE origins(c INTEGER NOT NULL, added_us INTEGER NOT NULL, origin TEXT NOT NULL,"
	" PRIMARY KEY(c, added_us)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX origins_by_name ON origins(origin, added_us);",
	/* 3: what became of indicators that came (store/clues.h); relationships from both ends. */
	"CREATE TABLE clues(n INTEGER PRIMARY KEY, c INTEGER NOT NULL, id TEXT NOT NULL,"
	" version_ns INTEGER NOT NULL, from_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL,"
	" confidence INTEGER NOT NULL, tlp INTEGER NOT NULL, pap INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, said_ns INTEGER NOT NULL, reports INTEGER NOT NULL,"
	" told INTEGER NOT NULL, sighted INTEGER NOT NULL, sighted_ns INTEGER NOT NULL,"
	" sightings INTEGER NOT NULL, state INTEGER NOT NULL, why INTEGER NOT NULL,"
	" score INTEGER NOT NULL, since_ns INTEGER NOT NULL, next_ns INTEGER NOT NULL,"
	" sensors INTEGER NOT NULL, note TEXT NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX clues_by_id ON clues(id, c);"
	"CREATE INDEX clues_by_collection ON clues(c);"
	"CREATE INDEX clues_by_next ON clues(next_ns);"
	"CREATE INDEX clues_by_state ON clues(state, n);"
	"CREATE TABLE clue_values(n INTEGER NOT NULL, place INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, person INTEGER NOT NULL, value TEXT NOT NULL,"
	" PRIMARY KEY(n, place)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX clue_values_by_value ON clue_values(value);"
	"CREATE TABLE clue_cursors(c INTEGER PRIMARY KEY, added_us INTEGER NOT NULL) STRICT;"
	"CREATE TABLE clue_parts(part INTEGER PRIMARY KEY, mark INTEGER NOT NULL) STRICT;"
	"CREATE TABLE clue_gone(c INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY(c, id)) STRICT,"
	" WITHOUT ROWID;"
	"CREATE TABLE clue_seen(n INTEGER NOT NULL, finding BLOB NOT NULL, org TEXT NOT NULL,"
	" first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, count INTEGER NOT NULL,"
	" PRIMARY KEY(n, finding)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX clue_seen_by_finding ON clue_seen(finding, n);"
	"CREATE TABLE ends(n INTEGER PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL)"
	" STRICT;"
	"INSERT INTO ends SELECT n, coalesce(json_extract(CAST(body AS TEXT), '$.source_ref'), ''),"
	" coalesce(json_extract(CAST(body AS TEXT), '$.target_ref'), '') FROM objects WHERE"
	" type='relationship';"
	"CREATE INDEX ends_by_source ON ends(source, n);"
	"CREATE INDEX ends_by_target ON ends(target, n);",
};
const struct yg_sqlite_form yg_sqlite_stix = {0x59475358, /* "YGSX" */
					      stix_steps, COUNT_OF(stix_steps)};

int yg_sqlite_ask(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT;
	}
	rc = rc == SQLITE_OK ? YG_OK : yg_sqlite_error(db, rc);
	(void)sqlite3_finalize(stmt); /* its error is the one of the step */
	return rc;
}

static int run(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? YG_OK : yg_sqlite_error(db, rc);
}

/* How many steps were done; YG_EFORMAT, YG_EMISMATCH when no further may be. */
static int version_of(sqlite3 *db, const struct yg_sqlite_form *form, int64_t *ret)
{
	int64_t id = 0;
	int64_t tables = 0;
	int rc = yg_sqlite_ask(db, "PRAGMA application_id", &id);

	if (rc == YG_OK)
		rc = yg_sqlite_ask(db, "PRAGMA user_version", ret);
	if (rc == YG_OK)
		rc = yg_sqlite_ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc != YG_OK)
		return rc;
	if (id != form->id && (id != 0 || tables > 0 || *ret != 0))
		return YG_EFORMAT;
	if (*ret < 0)
		return YG_EFORMAT;
	return *ret > (int64_t)form->count ? YG_EMISMATCH : YG_OK;
}

/* The same in one view of the file: another process may be migrating it. */
static int look_at_version(sqlite3 *db, const struct yg_sqlite_form *form, int64_t *ret)
{
	int rc = run(db, "BEGIN");

	if (rc == YG_OK)
		rc = version_of(db, form, ret);
	return rc == YG_OK ? run(db, "ROLLBACK") : rc; /* on failure the file is closed */
}

int yg_sqlite_migrate(sqlite3 *db, const struct yg_sqlite_form *form)
{
	char pragma[96];
	int64_t version = 0;
	int64_t count = (int64_t)form->count;
	int rc = look_at_version(db, form, &version);

	if (rc != YG_OK || version == count)
		return rc;
	rc = run(db, "BEGIN IMMEDIATE");
	if (rc != YG_OK)
		return rc;
	rc = version_of(db, form, &version); /* another process may have been first */
	for (int64_t i = version; rc == YG_OK && i < count; i++)
		rc = run(db, form->steps[i]);
	(void)snprintf(pragma, sizeof(pragma), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		       (int)form->id, (int)count); /* 2 numbers fit */
	if (rc == YG_OK)
		rc = run(db, pragma);
	if (rc == YG_OK)
		rc = run(db, "COMMIT");
	if (rc != YG_OK && !sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* closing does it too */
	return rc;
}
