/* SPDX-License-Identifier: Apache-2.0 */
/* From chains to situations: placing. */
#include "store/situations-int.h"

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
				"INSERT INTO chain_parts(chain, org, bundles, count, removed,"
				" level, outcome, first_ns, last_ns, day_ns, face)"
				" SELECT ?1, org, sum(step=0),"
				" sum(iif(step=0, count, 0)), sum(step<>0),"
				" max(iif(step=0, level, 0)), max(iif(step=0, outcome, 0)),"
				" min(iif(step=0, first_ns, 9223372036854775807)),"
				" max(iif(step=0, last_ns, -9223372036854775808)),"
				" min(iif(step=0, day_ns, 9223372036854775807)),"
				" min(iif(step=0 AND actor<>'', id, NULL))"
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
		" sum(p.bundles), sum(p.count), max(p.outcome), (SELECT count(v) FROM (SELECT"
		" min(value) AS v FROM facets WHERE chain=?1 AND kind=0 UNION SELECT max(value)"
		" FROM facets WHERE chain=?1 AND kind=0)) FROM chains c" /* 2: that or more */
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
			" AND lead>x'' LIMIT 1)",
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
