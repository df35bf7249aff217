/* SPDX-License-Identifier: Apache-2.0 */
/* From chains to situations: placing, and counting what changed. */
#include "store/situations-int.h"

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define MACHINE	  YG_S("machine")
#define PRUNE_MAX 5000 /* spans that go in one batch */

int yg_sit_hand_over(struct yg_situations *s, int64_t from, int64_t to)
{
	int rc = from > 0 ? yg_sit_note(&s->situations, (uint64_t)from) : YG_OK;

	if (rc == YG_OK && to > 0)
		rc = yg_sit_note(&s->situations, (uint64_t)to);
	if (rc != YG_OK || from == to || from <= 0 || to <= 0)
		return rc;
	return yg_sit_run(s, "UPDATE situations SET merged=?2 WHERE n=?1", "ii", from, to);
}

int yg_sit_event(struct yg_situations *s, const struct yg_sit_event *e)
{
	return yg_sit_run(s,
			  "INSERT INTO events(situation, what, time_ns, actor, a, b, other, text)"
			  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			  "iiitiiit", (int64_t)e->situation, (int64_t)e->what, e->by.now_ns,
			  e->by.actor, e->a, e->b, (int64_t)e->other, e->by.text);
}

int yg_sit_new(struct yg_situations *s, struct yg_bytes seed, int64_t now_ns, uint64_t *ret)
{
	const struct yg_bytes parts[] = {YG_S("situation"), seed};
	struct yg_sit_event event = {.what = YG_SITUATION_OPENED, .by = {MACHINE, now_ns, {0}}};
	uint8_t id[YG_ID_BYTES];
	int64_t count = 0;
	int rc;

	yg_id_derive(parts, 2, id);
	/* The alert that opened one may open another after it was taken out of the first. */
	do {
		rc = yg_sit_ask(s, &count, "SELECT count(*) FROM situations WHERE id=?1", "b",
				(struct yg_bytes){id, sizeof(id)});
		if (rc == YG_OK && count > 0) {
			const struct yg_bytes again[] = {YG_S("again"), {id, sizeof(id)}};

			yg_id_derive(again, 2, id);
		}
	} while (rc == YG_OK && count > 0);
	if (rc == YG_OK)
		rc = yg_sit_run(
			s,
			"INSERT INTO situations(id, change, state, assignee, opened_ns,"
			" state_ns, due_ns, certainty, certain_by, certain_ns, merged, tie,"
			" key, bundles, count, removed, level, outcome, orgs, logs, sources,"
			" chains, first_ns, last_ns) VALUES(?1, 0, 0, '', ?2, ?2, NULL, 0,"
			" 'machine', ?2, 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
			"bi", (struct yg_bytes){id, sizeof(id)}, now_ns);
	*ret = (uint64_t)sqlite3_last_insert_rowid(s->db);
	event.situation = *ret;
	if (rc == YG_OK)
		rc = yg_sit_event(s, &event);
	return rc == YG_OK ? yg_sit_note(&s->situations, *ret) : rc;
}

int yg_sit_recount(struct yg_situations *s, uint64_t chain)
{
	int64_t n = (int64_t)chain;
	int rc = yg_sit_run(s, "DELETE FROM chain_parts WHERE chain=?1", "i", n);

	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"INSERT INTO chain_parts SELECT ?1, org, sum(step=0),"
				" sum(iif(step=0, count, 0)), sum(step<>0),"
				" max(iif(step=0, level, 0)), max(iif(step=0, outcome, 0)),"
				" min(iif(step=0, first_ns, 9223372036854775807)),"
				" max(iif(step=0, last_ns, -9223372036854775808)),"
				" min(iif(step=0, day_ns, 9223372036854775807))"
				" FROM alerts WHERE chain=?1 GROUP BY org",
				"i", n);
	return rc == YG_OK
		       ? yg_sit_run(s,
				    "UPDATE chains SET alerts=(SELECT count(*) FROM alerts WHERE"
				    " chain=?1), lead=ifnull((SELECT min(id) FROM alerts WHERE"
				    " chain=?1 AND step=0), x'') WHERE n=?1",
				    "i", n)
		       : rc;
}

/* ---- where a chain belongs ---- */

struct placing {
	int64_t n;
	int64_t situation;
	int64_t by_hand;
	int64_t grp;
	int64_t bundles;
	int64_t count;
	int64_t outcome;
	int64_t actors;
	int64_t is_outside;
	uint8_t lead[YG_SITUATION_ALERT_ID];
	uint8_t pattern[16];
	int64_t minute_ns;
	int64_t now_ns;
};

/* YG_OK; YG_ENOENT: nothing of it is kept, or it went into another. */
static int load(struct yg_situations *s, uint64_t chain, struct placing *p)
{
	sqlite3_stmt *stmt = NULL;
	struct yg_bytes lead, pattern;
	int rc = yg_sit_take(
		s,
		"SELECT c.situation, c.by_hand, c.grp, c.lead, a.pattern, a.minute_ns, a.outside,"
		" sum(p.bundles), sum(p.count), max(p.outcome), (SELECT count(*) FROM (SELECT "
		"DISTINCT"
		" value FROM facets WHERE chain=?1 AND kind=0 LIMIT 2)) FROM chains c"
		" JOIN alerts a ON a.id=c.lead JOIN chain_parts p ON p.chain=c.n WHERE c.n=?1"
		" GROUP BY c.n",
		&stmt, "i", (int64_t)chain);

	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*p = (struct placing){
		.n = (int64_t)chain,
		.situation = sqlite3_column_int64(stmt, 0),
		.by_hand = sqlite3_column_int64(stmt, 1),
		.grp = sqlite3_column_int64(stmt, 2),
		.minute_ns = sqlite3_column_int64(stmt, 5),
		.is_outside = sqlite3_column_int64(stmt, 6),
		.bundles = sqlite3_column_int64(stmt, 7),
		.count = sqlite3_column_int64(stmt, 8),
		.outcome = sqlite3_column_int64(stmt, 9),
		.actors = sqlite3_column_int64(stmt, 10),
	};
	lead = yg_sit_bytes(stmt, 3);
	pattern = yg_sit_bytes(stmt, 4);
	if (lead.size != sizeof(p->lead) || pattern.size != sizeof(p->pattern)) {
		rc = YG_EFORMAT;
	} else {
		memcpy(p->lead, lead.data, sizeof(p->lead));
		memcpy(p->pattern, pattern.data, sizeof(p->pattern));
	}
	(void)sqlite3_reset(stmt);
	return rc == YG_OK && p->bundles == 0 ? YG_ENOENT : rc;
}

static int move(struct yg_situations *s, const struct placing *p, int64_t to)
{
	int rc = yg_sit_hand_over(s, p->situation, to);

	return rc == YG_OK
		       ? yg_sit_run(s, "UPDATE chains SET situation=?2 WHERE n=?1", "ii", p->n, to)
		       : rc;
}

static int open_one(struct yg_situations *s, const struct placing *p, int64_t *ret)
{
	uint64_t number = 0;
	int rc = yg_sit_new(s, (struct yg_bytes){p->lead, sizeof(p->lead)}, p->now_ns, &number);

	*ret = (int64_t)number;
	return rc;
}

/* Is its situation its alone (but for chains of which nothing is kept)? */
static int is_alone(struct yg_situations *s, const struct placing *p, bool *ret)
{
	int64_t others = 0;
	int rc;

	*ret = false;
	if (p->situation == 0) /* as all chains of which nothing was ever kept */
		return YG_OK;
	rc = yg_sit_ask(s, &others,
			"SELECT count(*) FROM (SELECT 1 FROM chains WHERE situation=?1 AND n<>?2"
			" AND lead<>x'' LIMIT 1)",
			"ii", p->situation, p->n);
	*ret = others == 0;
	return rc;
}

/* A thin chain: to the situation of its group. */
static int place_thin(struct yg_situations *s, struct placing *p)
{
	int64_t group = 0, situation = 0, of_group = 0;
	bool alone = false;
	int rc = yg_sit_ask(s, &group,
			    "SELECT node FROM spans WHERE key=?1 AND first_ns<=?2"
			    " ORDER BY first_ns DESC LIMIT 1",
			    "bi", (struct yg_bytes){p->pattern, sizeof(p->pattern)}, p->minute_ns);

	if (rc == YG_ENOENT) /* its span has gone: it stays where it is */
		rc = p->situation > 0 ? YG_OK : YG_EFORMAT;
	else if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE chains SET grp=?2 WHERE n=?1", "ii", p->n, group);
	if (rc != YG_OK || group == 0)
		return rc;
	rc = yg_sit_ask(s, &situation, "SELECT situation FROM groups WHERE n=?1", "i", group);
	if (rc == YG_OK && situation == 0) {
		rc = is_alone(s, p, &alone);
		if (rc == YG_OK && alone)
			rc = yg_sit_ask(s, &of_group,
					"SELECT count(*) FROM groups WHERE situation=?1", "i",
					p->situation);
		situation = p->situation;
		if (rc == YG_OK && (!alone || of_group > 0))
			rc = open_one(s, p, &situation);
		if (rc == YG_OK)
			rc = yg_sit_run(s, "UPDATE groups SET situation=?2 WHERE n=?1", "ii", group,
					situation);
	}
	return rc == YG_OK ? move(s, p, situation) : rc;
}

/* One that is not thin: a situation of its own. */
static int place_own(struct yg_situations *s, struct placing *p)
{
	int64_t situation = p->situation, groups = 0;
	bool alone = false;
	int rc = yg_sit_run(s, "UPDATE chains SET grp=0 WHERE n=?1", "i", p->n);

	if (rc == YG_OK && situation > 0)
		rc = yg_sit_ask(s, &groups, "SELECT count(*) FROM groups WHERE situation=?1", "i",
				situation);
	if (rc == YG_OK)
		rc = is_alone(s, p, &alone);
	if (rc == YG_OK && groups > 0 && alone)
		rc = yg_sit_run(s, "UPDATE groups SET situation=0 WHERE situation=?1", "i",
				situation);
	if (rc == YG_OK && !alone) /* it had none, or one that is others' too */
		rc = open_one(s, p, &situation);
	return rc == YG_OK ? move(s, p, situation) : rc;
}

static int place(struct yg_situations *s, uint64_t chain, yg_situations_thin_fn is_thin,
		 int64_t now_ns)
{
	struct placing p;
	int64_t situation = 0;
	int rc = load(s, chain, &p);

	if (rc == YG_ENOENT) {
		/* Its situation counts what is left. */
		rc = yg_sit_ask(s, &situation, "SELECT situation FROM chains WHERE n=?1", "i",
				(int64_t)chain);
		if (rc == YG_ENOENT)
			return YG_OK;
		return rc == YG_OK ? yg_sit_hand_over(s, situation, situation) : rc;
	}
	if (rc != YG_OK)
		return rc;
	p.now_ns = now_ns;
	if (p.by_hand)
		return yg_sit_hand_over(s, p.situation, p.situation);
	if (is_thin((uint64_t)p.bundles, (uint64_t)p.count, (uint64_t)p.actors, p.is_outside != 0,
		    (enum yg_outcome)p.outcome))
		return place_thin(s, &p);
	return place_own(s, &p);
}

/* ---- counting a situation ---- */

static int count_parts(struct yg_situations *s, int64_t n, struct yg_bytes id)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_run(s, "DELETE FROM parts WHERE situation=?1", "i", n);

	if (rc == YG_OK)
		rc = yg_sit_take(
			s,
			"SELECT p.org, sum(p.bundles), sum(p.count), sum(p.removed), max(p.level),"
			" max(p.outcome), min(p.first_ns), max(p.last_ns), min(p.day_ns), m.text"
			" FROM chains c JOIN chain_parts p ON p.chain=c.n JOIN names m ON m.n=p.org"
			" WHERE c.situation=?1 AND c.lead<>x'' GROUP BY p.org HAVING "
			"sum(p.bundles)>0",
			&stmt, "i", n);
	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		const struct yg_bytes parts[] = {YG_S("part"), id, yg_sit_bytes(stmt, 9)};
		uint8_t part[YG_ID_BYTES];

		yg_id_derive(parts, 3, part);
		rc = yg_sit_run(s,
				"INSERT INTO parts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
				" ?11)",
				"iibiiiiiiii", n, sqlite3_column_int64(stmt, 0),
				(struct yg_bytes){part, sizeof(part)},
				sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
				sqlite3_column_int64(stmt, 3), sqlite3_column_int64(stmt, 4),
				sqlite3_column_int64(stmt, 5), sqlite3_column_int64(stmt, 6),
				sqlite3_column_int64(stmt, 7), sqlite3_column_int64(stmt, 8));
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

static int update_row(struct yg_situations *s, int64_t n)
{
	int rc = yg_sit_run(s, "UPDATE meta SET value=value+1 WHERE name='change'", "");

	if (rc == YG_OK)
		rc = yg_sit_run(
			s,
			"UPDATE situations SET (bundles, count, level, outcome, orgs, first_ns,"
			" last_ns)=(SELECT ifnull(sum(bundles), 0), ifnull(sum(count), 0),"
			" ifnull(max(level), 0), ifnull(max(outcome), 0), count(*),"
			" ifnull(min(first_ns), 0), ifnull(max(last_ns), 0) FROM parts"
			" WHERE situation=?1),"
			" removed=(SELECT ifnull(sum(p.removed), 0) FROM chains c JOIN chain_parts "
			"p"
			" ON p.chain=c.n WHERE c.situation=?1 AND c.lead<>x''),"
			" chains=(SELECT count(*) FROM chains WHERE situation=?1 AND lead<>x''),"
			" logs=(SELECT count(*) FROM (SELECT DISTINCT value FROM chains c JOIN "
			"facets f"
			" ON f.chain=c.n WHERE c.situation=?1 AND c.lead<>x'' AND f.kind=1 LIMIT "
			"?2)),"
			" sources=(SELECT count(*) FROM (SELECT DISTINCT value FROM chains c JOIN "
			"facets"
			" f ON f.chain=c.n WHERE c.situation=?1 AND c.lead<>x'' AND f.kind=0 LIMIT "
			"?2)),"
			" change=(SELECT value FROM meta WHERE name='change') WHERE n=?1",
			"ii", n, (int64_t)YG_SITUATION_DISTINCT);
	return rc;
}

/* By what it belongs together. */
static int update_key(struct yg_situations *s, int64_t n)
{
	int64_t chains = 0, by_hand = 0;
	int rc = yg_sit_ask(s, &chains, "SELECT chains FROM situations WHERE n=?1", "i", n);

	if (rc == YG_OK)
		rc = yg_sit_ask(
			s, &by_hand,
			"SELECT EXISTS(SELECT 1 FROM chains WHERE situation=?1 AND by_hand=1)", "i",
			n);
	if (rc == YG_OK && chains == 0)
		return yg_sit_run(s, "UPDATE situations SET tie=0, key='' WHERE n=?1", "i", n);
	if (rc != YG_OK)
		return rc;
	if (chains > 1 && by_hand)
		return yg_sit_run(s, "UPDATE situations SET tie=?2, key='' WHERE n=?1", "ii", n,
				  (int64_t)YG_TIE_PEOPLE);
	if (chains > 1) /* what its first alert has in common with the others */
		return yg_sit_run(
			s,
			"UPDATE situations SET (tie, key)=(SELECT p.tie, p.value FROM chains c"
			" JOIN alerts a ON a.id=c.lead JOIN spans p ON p.key=a.pattern WHERE"
			" c.situation=?1 ORDER BY a.id, p.first_ns LIMIT 1) WHERE n=?1 AND EXISTS"
			"(SELECT 1 FROM chains c JOIN alerts a ON a.id=c.lead JOIN spans p ON"
			" p.key=a.pattern WHERE c.situation=?1)",
			"i", n);
	return yg_sit_run(
		s,
		"UPDATE situations SET (tie, key)=(SELECT p.tie, p.value FROM chains c"
		" JOIN spans p ON p.node=c.n WHERE c.situation=?1 AND c.lead<>x''"
		" ORDER BY p.alerts DESC, p.key DESC LIMIT 1) WHERE n=?1 AND EXISTS(SELECT 1"
		" FROM chains c JOIN spans p ON p.node=c.n WHERE c.situation=?1 AND"
		" c.lead<>x'')",
		"i", n);
}

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
	int64_t n = (int64_t)number;
	struct now was, is;
	int rc = look(s, n, &was);

	if (rc == YG_OK)
		rc = count_parts(s, n, (struct yg_bytes){was.id, sizeof(was.id)});
	if (rc == YG_OK)
		rc = update_row(s, n);
	if (rc == YG_OK)
		rc = update_key(s, n);
	if (rc == YG_OK)
		rc = look(s, n, &is);
	return rc == YG_OK ? tell_changes(s, n, &was, &is) : rc;
}

/* What nothing was tied to for long goes. */
static int prune(struct yg_situations *s, int64_t before_ns)
{
	return yg_sit_run(s,
			  "DELETE FROM spans WHERE (key, first_ns) IN (SELECT key, first_ns FROM"
			  " spans INDEXED BY spans_by_touch WHERE touched_ns<?1 ORDER BY touched_ns"
			  " LIMIT ?2)",
			  "ii", before_ns, (int64_t)PRUNE_MAX);
}

int yg_situations_settle(struct yg_situations *s, yg_situations_thin_fn is_thin, int64_t before_ns,
			 int64_t now_ns)
{
	int rc = YG_OK;

	s->newest_ns = now_ns;
	for (uint32_t i = 0; i < s->stale.count && rc == YG_OK; i++)
		rc = yg_sit_recount(s, s->stale.items[i]);
	for (uint32_t i = 0; i < s->chains.count && rc == YG_OK; i++)
		rc = place(s, s->chains.items[i], is_thin, now_ns);
	return rc == YG_OK ? prune(s, before_ns) : rc;
}
