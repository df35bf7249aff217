/* SPDX-License-Identifier: Apache-2.0 */
/* Listings: pages along an index, the newest first. */
#include "store/situations-int.h"

#include "model/day.h"

#include "base/ban.h"

#define DAY_LONG_NS (48 * 3600 * YG_NS_PER_S) /* none is longer, whatever clocks do */

#define SORTED_MAX 2000 /* rows that a list puts in order by itself */
#define COLUMNS                                                                                    \
	" s.n, s.id, s.change, s.state, s.assignee, s.opened_ns, s.state_ns, s.due_ns, "           \
	"s.certainty,"                                                                             \
	" s.certain_by, s.certain_ns, s.merged, s.tie, s.key, s.removed, s.chains, s.logs, "       \
	"s.sources,"
#define WHOLE_OF                                                                                   \
	"SELECT" COLUMNS                                                                           \
	" s.id, s.bundles, s.count, s.level, s.outcome, s.orgs, s.first_ns, s.last_ns, s.removed"
#define WHOLE WHOLE_OF " FROM situations s"
/* A member's part has an id and numbers of its own. */
#define PART                                                                                       \
	"SELECT" COLUMNS                                                                           \
	" p.id, p.bundles, p.count, p.level, p.outcome, 1, p.first_ns, p.last_ns, p.removed"       \
	" FROM parts p JOIN situations s ON s.n=p.situation"

static const char *const what_names[YG_SITUATION_WHAT_COUNT] = {
	"opened", "state",    "comment", "assigned", "certainty",
	"merged", "unmerged", "split",	 "joined",   "due",
};

const char *yg_situation_what_name(enum yg_situation_what what)
{
	return what_names[what];
}

static bool is_right(sqlite3_stmt *stmt)
{
	static const struct {
		int column;
		int64_t below;
	} ranges[] = {{3, YG_SITUATION_STATE_COUNT},
		      {8, YG_CERTAINTY_COUNT},
		      {12, YG_TIE_COUNT},
		      {21, YG_LEVEL_CRITICAL + 1},
		      {22, YG_OUTCOME_POSSIBLE + 1}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		int64_t value = sqlite3_column_int64(stmt, ranges[i].column);

		if (value < 0 || value >= ranges[i].below)
			return false;
	}
	return yg_sit_bytes(stmt, 18).size == YG_SITUATION_ID_BYTES;
}

static int read_row(sqlite3_stmt *stmt, struct yg_situation *ret)
{
	if (!is_right(stmt))
		return YG_EFORMAT;
	*ret = (struct yg_situation){
		.number = (uint64_t)sqlite3_column_int64(stmt, 0),
		.internal = (uint64_t)sqlite3_column_int64(stmt, 0),
		.change = (uint64_t)sqlite3_column_int64(stmt, 2),
		.state = (enum yg_situation_state)sqlite3_column_int(stmt, 3),
		.assignee = yg_sit_bytes(stmt, 4),
		.opened_ns = sqlite3_column_int64(stmt, 5),
		.state_ns = sqlite3_column_int64(stmt, 6),
		.due_ns = sqlite3_column_type(stmt, 7) == SQLITE_NULL
				  ? YG_TIME_NONE
				  : sqlite3_column_int64(stmt, 7),
		.certain = {(enum yg_certainty)sqlite3_column_int(stmt, 8), yg_sit_bytes(stmt, 9),
			    sqlite3_column_int64(stmt, 10)},
		.merged_into = (uint64_t)sqlite3_column_int64(stmt, 11),
		.chains = (uint64_t)sqlite3_column_int64(stmt, 15),
		.removed = (uint64_t)sqlite3_column_int64(stmt, 26),
		.facts = {.tie = (enum yg_tie)sqlite3_column_int(stmt, 12),
			  .key = yg_sit_bytes(stmt, 13),
			  .logs = (uint64_t)sqlite3_column_int64(stmt, 16),
			  .sources = (uint64_t)sqlite3_column_int64(stmt, 17),
			  .bundles = (uint64_t)sqlite3_column_int64(stmt, 19),
			  .count = (uint64_t)sqlite3_column_int64(stmt, 20),
			  .level = (enum yg_level)sqlite3_column_int(stmt, 21),
			  .outcome = (enum yg_outcome)sqlite3_column_int(stmt, 22),
			  .orgs = (uint64_t)sqlite3_column_int64(stmt, 23),
			  .first_ns = sqlite3_column_int64(stmt, 24),
			  .last_ns = sqlite3_column_int64(stmt, 25),
			  .certainty = (enum yg_certainty)sqlite3_column_int(stmt, 8)},
	};
	memcpy(ret->id, yg_sit_bytes(stmt, 18).data, sizeof(ret->id));
	return YG_OK;
}

static int distinct(struct yg_situations *s, int64_t n, int64_t org, struct yg_situation *one)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_take(s,
			     "SELECT min(sources, ?3), min(logs, ?3) FROM sums WHERE situation=?1"
			     " AND org=?2",
			     &stmt, "iii", n, org, (int64_t)YG_SITUATION_DISTINCT);

	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK) /* a part has its sums: they stand or fall together */
		return rc == YG_EEND ? YG_EFORMAT : rc;
	one->facts.sources = (uint64_t)sqlite3_column_int64(stmt, 0);
	one->facts.logs = (uint64_t)sqlite3_column_int64(stmt, 1);
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

/* What of a part the situation's own row would betray: key, number of logs, of sources. */
static int narrow(struct yg_situations *s, int64_t org, struct yg_situation *one,
		  sqlite3_stmt **ret_held)
{
	int64_t n = (int64_t)one->number;
	int rc = distinct(s, n, org, one);

	if (rc != YG_OK)
		return rc;
	one->chains = one->facts.sources > 1 ? one->facts.sources : 1;
	one->number = 0;
	one->merged_into = 0;
	one->change = 0;
	one->assignee = (struct yg_bytes){0};
	one->opened_ns = one->facts.first_ns;
	one->facts.tie = YG_TIE_SINGLE;
	one->facts.key = (struct yg_bytes){0};
	rc = yg_sit_take(
		s,
		"SELECT a.actor, a.outside FROM (SELECT face FROM (SELECT face FROM chain_parts"
		" WHERE place=?1 AND org=?2 AND face IS NOT NULL ORDER BY face LIMIT 1)"
		" UNION ALL SELECT p.face FROM chains c JOIN chain_parts p ON p.chain=c.n AND"
		" p.org=?2 WHERE c.situation=?1 AND c.lead>x'' AND p.place IS NULL) f"
		" JOIN alerts a ON a.id=f.face LIMIT 1",
		ret_held, "ii", n, org);
	if (rc == YG_OK)
		rc = yg_sit_step(s, *ret_held);
	if (rc == YG_OK && yg_sit_bytes(*ret_held, 0).size > 0) {
		one->facts.key = yg_sit_bytes(*ret_held, 0);
		one->facts.tie = sqlite3_column_int(*ret_held, 1) ? YG_TIE_ADDRESS : YG_TIE_ENTITY;
	}
	return rc == YG_EEND ? YG_OK : rc;
}

struct giving {
	const struct yg_situations_filter *filter;
	int64_t org;
	uint32_t given;
	yg_situation_fn fn;
	void *arg;
};

static bool passes(const struct yg_situations_filter *f, const struct yg_situation *one)
{
	if (f->has_state && one->state != f->state)
		return false;
	if (f->is_open && (one->state == YG_SITUATION_NOISE || one->state == YG_SITUATION_RESOLVED))
		return false;
	return f->assignee.size == 0 || yg_bytes_eq(f->assignee, one->assignee);
}

static int give(struct yg_situations *s, sqlite3_stmt *stmt, struct giving *g)
{
	sqlite3_stmt *held = NULL;
	struct yg_situation one;
	int rc = read_row(stmt, &one);

	if (rc != YG_OK || !passes(g->filter, &one))
		return rc;
	if (g->filter->is_part)
		rc = narrow(s, g->org, &one, &held);
	if (rc == YG_OK) {
		s->is_reading = true;
		rc = g->fn(g->arg, &one);
		s->is_reading = false;
		g->given++;
	}
	(void)sqlite3_reset(held); /* NULL is allowed */
	return rc;
}

static int give_all(struct yg_situations *s, sqlite3_stmt *stmt, struct giving *g)
{
	int rc;

	while ((rc = yg_sit_step(s, stmt)) == YG_OK) {
		rc = g->given < g->filter->limit ? give(s, stmt, g) : YG_EEND;
		if (rc != YG_OK) {
			(void)sqlite3_reset(stmt);
			break;
		}
	}
	return rc == YG_EEND ? YG_OK : rc;
}

#define ORDERED " AND (s.last_ns, s.n)<(?1, ?2) ORDER BY s.last_ns DESC, s.n DESC"

/* Whole situations that hit @org: its own, put in order, while they are few; else those of all in
 * order. */
static int walk_of(struct yg_situations *s, int64_t last, int64_t number, int64_t org,
		   sqlite3_stmt **ret)
{
	int64_t count = 0;
	int rc = yg_sit_ask(s, &count,
			    "SELECT count(*) FROM (SELECT 1 FROM parts WHERE org=?1 LIMIT ?2)",
			    "ii", org, (int64_t)SORTED_MAX);

	if (rc != YG_OK)
		return rc;
	if (count < SORTED_MAX)
		return yg_sit_take(s,
				   WHOLE_OF " FROM parts p INDEXED BY parts_by_org CROSS JOIN"
					    " situations s ON s.n=p.situation WHERE p.org=?3 AND"
					    " s.bundles>0" ORDERED,
				   ret, "iii", last, number, org);
	return yg_sit_take(s,
			   WHOLE " INDEXED BY situations_by_last CROSS JOIN parts p ON"
				 " p.situation=s.n AND p.org=?3 WHERE s.bundles>0" ORDERED,
			   ret, "iii", last, number, org);
}

/* The walk that passes the fewest which the filter does not want; newest first. */
static int walk(struct yg_situations *s, const struct yg_situations_filter *f, int64_t last,
		int64_t number, int64_t org, sqlite3_stmt **ret)
{
	_Static_assert(YG_SITUATION_NOISE == 2 && YG_SITUATION_RESOLVED == 6,
		       "the numbers in the index");

	if (f->is_part)
		return yg_sit_take(s,
				   PART " WHERE p.org=?3 AND (p.last_ns, p.situation)<(?1, ?2)"
					" ORDER BY p.last_ns DESC, p.situation DESC",
				   ret, "iii", last, number, org);
	if (f->org.size > 0)
		return walk_of(s, last, number, org, ret);
	if (f->assignee.size > 0)
		return yg_sit_take(s,
				   WHOLE " INDEXED BY situations_by_assignee WHERE s.bundles>0 AND"
					 " s.assignee<>'' AND s.assignee=?3" ORDERED,
				   ret, "iit", last, number, f->assignee);
	if (f->has_state)
		return yg_sit_take(s,
				   WHOLE " INDEXED BY situations_by_state WHERE s.bundles>0 AND"
					 " s.state=?3" ORDERED,
				   ret, "iii", last, number, (int64_t)f->state);
	if (f->is_open)
		return yg_sit_take(s,
				   WHOLE " INDEXED BY situations_open WHERE s.bundles>0 AND"
					 " s.state<>2 AND s.state<>6" ORDERED,
				   ret, "ii", last, number);
	return yg_sit_take(s, WHOLE " WHERE s.bundles>0" ORDERED, ret, "ii", last, number);
}

int yg_situations_list(struct yg_situations *s, const struct yg_situations_filter *filter,
		       yg_situation_fn fn, void *arg)
{
	struct giving g = {.filter = filter, .fn = fn, .arg = arg};
	int64_t last = filter->has_after ? filter->after_last_ns : INT64_MAX;
	int64_t number = filter->has_after ? (int64_t)filter->after_number : INT64_MAX;
	sqlite3_stmt *stmt = NULL;
	int rc;

	if (s->is_reading || filter->limit == 0 || filter->limit > YG_SITUATIONS_LIST_MAX ||
	    (filter->is_part && filter->org.size == 0))
		return YG_EINVAL;
	if (filter->org.size > 0) {
		rc = yg_sit_name(s, filter->org, false, &g.org);
		if (rc != YG_OK)
			return rc == YG_ENOENT ? YG_OK : rc;
	}
	rc = walk(s, filter, last, number, g.org, &stmt);
	return rc == YG_OK ? give_all(s, stmt, &g) : rc;
}

/* The one row of @stmt: YG_OK, YG_ENOENT. */
static int give_one(struct yg_situations *s, sqlite3_stmt *stmt, struct giving *g)
{
	int rc = give_all(s, stmt, g);

	return rc == YG_OK && g->given == 0 ? YG_ENOENT : rc;
}

int yg_situations_get(struct yg_situations *s, const struct yg_situations_filter *filter,
		      const uint8_t id[YG_SITUATION_ID_BYTES], yg_situation_fn fn, void *arg)
{
	const struct yg_situations_filter one = {
		.is_part = filter->is_part, .org = filter->org, .limit = 1};
	struct giving g = {.filter = &one, .fn = fn, .arg = arg};
	struct yg_bytes key = {id, YG_SITUATION_ID_BYTES};
	sqlite3_stmt *stmt = NULL;
	int rc;

	if (s->is_reading)
		return YG_EINVAL;
	if (!filter->is_part)
		rc = yg_sit_take(s, WHOLE " WHERE s.id=?1", &stmt, "b", key);
	else
		rc = yg_sit_name(s, filter->org, false, &g.org);
	if (rc == YG_OK && filter->is_part)
		rc = yg_sit_take(s, PART " WHERE p.id=?1 AND p.org=?2", &stmt, "bi", key, g.org);
	return rc == YG_OK ? give_one(s, stmt, &g) : rc;
}

int yg_situations_number(struct yg_situations *s, uint64_t number, yg_situation_fn fn, void *arg)
{
	const struct yg_situations_filter one = {.limit = 1};
	struct giving g = {.filter = &one, .fn = fn, .arg = arg};
	sqlite3_stmt *stmt = NULL;
	int rc = s->is_reading ? YG_EINVAL
			       : yg_sit_take(s, WHOLE " WHERE s.n=?1", &stmt, "i", (int64_t)number);

	return rc == YG_OK ? give_one(s, stmt, &g) : rc;
}

static int read_alert(sqlite3_stmt *stmt, struct yg_situation_alert *ret)
{
	struct yg_bytes id = yg_sit_bytes(stmt, 0);
	int64_t step = sqlite3_column_int64(stmt, 8), level = sqlite3_column_int64(stmt, 10);
	int64_t outcome = sqlite3_column_int64(stmt, 11), judged = sqlite3_column_int64(stmt, 18);

	if (id.size != YG_SITUATION_ALERT_ID || step < 0 || step >= YG_NOISE_COUNT || level < 0 ||
	    level > YG_LEVEL_CRITICAL || outcome < 0 || outcome > YG_OUTCOME_POSSIBLE ||
	    judged < 0 || judged >= YG_SITUATION_STATE_COUNT)
		return YG_EFORMAT;
	*ret = (struct yg_situation_alert){
		.chain = (uint64_t)sqlite3_column_int64(stmt, 1),
		.org = yg_sit_bytes(stmt, 2),
		.rule = yg_sit_bytes(stmt, 3),
		.title = yg_sit_bytes(stmt, 4),
		.title_ja = yg_sit_bytes(stmt, 5),
		.log = yg_sit_bytes(stmt, 6),
		.actor = yg_sit_bytes(stmt, 7),
		.step = (enum yg_noise)step,
		.why = yg_sit_bytes(stmt, 9),
		.level = (enum yg_level)level,
		.outcome = (enum yg_outcome)outcome,
		.count = (uint64_t)sqlite3_column_int64(stmt, 12),
		.minute_ns = sqlite3_column_int64(stmt, 13),
		.first_ns = sqlite3_column_int64(stmt, 14),
		.last_ns = sqlite3_column_int64(stmt, 15),
		.day_ns = sqlite3_column_int64(stmt, 16),
		.target = yg_sit_bytes(stmt, 17),
		.judged = (enum yg_situation_state)judged,
		.judged_by = yg_sit_bytes(stmt, 19),
		.judged_ns = sqlite3_column_int64(stmt, 20),
		.is_outside = sqlite3_column_int(stmt, 21) != 0,
	};
	memcpy(ret->id, id.data, id.size);
	return YG_OK;
}

/* Which ones first: of all of a situation only ids are put in order, from an index alone. */
#define ALERTS_OF(more)                                                                            \
	"SELECT a.id, a.chain, o.text, r.id, r.title, r.title_ja, l.text, a.actor, a.step, a.why," \
	" a.level, a.outcome, a.count, a.minute_ns, a.first_ns, a.last_ns, a.day_ns, a.target,"    \
	" ifnull(e.b, 0), ifnull(e.actor, ''), ifnull(e.time_ns, 0), a.outside FROM"               \
	" (SELECT a.id FROM chains c CROSS JOIN alerts a INDEXED BY alerts_by_chain ON"            \
	"  a.chain=c.n WHERE c.situation=?1 AND a.id>?2" more " ORDER BY a.id LIMIT ?3) i"         \
	" CROSS JOIN alerts a ON a.id=i.id JOIN names o ON o.n=a.org JOIN names l ON l.n=a.log"    \
	" JOIN rules r ON r.n=a.rule LEFT JOIN events e ON e.n=a.judged ORDER BY a.id"

int yg_situations_alerts(struct yg_situations *s, uint64_t number, struct yg_bytes org,
			 const uint8_t *after, uint32_t limit, yg_situation_alert_fn fn, void *arg)
{
	struct yg_bytes from = {after, after ? YG_SITUATION_ALERT_ID : 0};
	struct yg_situation_alert one;
	sqlite3_stmt *stmt = NULL;
	int64_t n = 0;
	int rc = s->is_reading || limit == 0 || limit > YG_SITUATIONS_LIST_MAX ? YG_EINVAL : YG_OK;

	if (rc == YG_OK && org.size > 0)
		rc = yg_sit_name(s, org, false, &n);
	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc == YG_OK)
		rc = org.size > 0 ? yg_sit_take(s, ALERTS_OF(" AND a.org=?4"), &stmt, "ibii",
						(int64_t)number, from, (int64_t)limit, n)
				  : yg_sit_take(s, ALERTS_OF(""), &stmt, "ibi", (int64_t)number,
						from, (int64_t)limit);
	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		rc = read_alert(stmt, &one);
		s->is_reading = true;
		if (rc == YG_OK)
			rc = fn(arg, &one);
		s->is_reading = false;
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_situations_judged(struct yg_situations *s, struct yg_bytes rule, int64_t from_ns,
			 struct yg_situations_judged *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = s->is_reading ? YG_EINVAL : YG_OK;

	*ret = (struct yg_situations_judged){0};
	if (rc == YG_OK)
		rc = yg_sit_take(
			s,
			"SELECT e.b, count(*) FROM alerts a JOIN rules r ON r.n=a.rule"
			" JOIN events e ON e.n=a.judged WHERE a.judged>0 AND e.time_ns>=?1 AND"
			" r.id=?2 GROUP BY e.b",
			&stmt, "it", from_ns, rule);
	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		int64_t state = sqlite3_column_int64(stmt, 0);
		uint64_t count = (uint64_t)sqlite3_column_int64(stmt, 1);

		if (state == YG_SITUATION_NOISE)
			ret->noise = count;
		else if (state == YG_SITUATION_CONFIRMED)
			ret->confirmed = count;
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_situations_parts(struct yg_situations *s, uint64_t number, uint32_t limit,
			yg_situation_part_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = s->is_reading
			 ? YG_EINVAL
			 : yg_sit_take(
				   s,
				   "SELECT m.text, p.bundles, p.count, p.removed, p.level, "
				   "p.outcome,"
				   " p.first_ns, p.last_ns FROM parts p JOIN names m ON m.n=p.org"
				   " WHERE p.situation=?1 ORDER BY p.first_ns, m.text LIMIT ?2",
				   &stmt, "ii", (int64_t)number, (int64_t)limit);

	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		const struct yg_situation_part part = {
			.org = yg_sit_bytes(stmt, 0),
			.bundles = (uint64_t)sqlite3_column_int64(stmt, 1),
			.count = (uint64_t)sqlite3_column_int64(stmt, 2),
			.removed = (uint64_t)sqlite3_column_int64(stmt, 3),
			.level = (enum yg_level)(sqlite3_column_int(stmt, 4) & 7),
			.outcome = (enum yg_outcome)(sqlite3_column_int(stmt, 5) & 3),
			.first_ns = sqlite3_column_int64(stmt, 6),
			.last_ns = sqlite3_column_int64(stmt, 7),
		};

		s->is_reading = true;
		rc = part.level <= YG_LEVEL_CRITICAL && part.outcome <= YG_OUTCOME_POSSIBLE
			     ? fn(arg, &part)
			     : YG_EFORMAT;
		s->is_reading = false;
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_situations_events(struct yg_situations *s, uint64_t number, yg_situation_event_fn fn,
			 void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = s->is_reading
			 ? YG_EINVAL
			 : yg_sit_take(
				   s,
				   "SELECT n, what, time_ns, actor, a, b, other, text FROM events"
				   " WHERE situation=?1 ORDER BY n",
				   &stmt, "i", (int64_t)number);

	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		int64_t what = sqlite3_column_int64(stmt, 1);
		const struct yg_situation_event event = {
			.number = (uint64_t)sqlite3_column_int64(stmt, 0),
			.what = (enum yg_situation_what)what,
			.time_ns = sqlite3_column_int64(stmt, 2),
			.actor = yg_sit_bytes(stmt, 3),
			.from = sqlite3_column_int64(stmt, 4),
			.to = sqlite3_column_int64(stmt, 5),
			.other = (uint64_t)sqlite3_column_int64(stmt, 6),
			.text = yg_sit_bytes(stmt, 7),
		};

		s->is_reading = true;
		rc = what >= 0 && what < YG_SITUATION_WHAT_COUNT ? fn(arg, &event) : YG_EFORMAT;
		s->is_reading = false;
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

/* ---- days ---- */

struct days {
	struct yg_situations *s;
	const struct yg_situations_days *ask;
	int64_t org;
	struct yg_situations_day day;
	bool is_begun;
	uint32_t given;
	yg_situations_day_fn fn;
	void *arg;
};

static int64_t start_of(const struct days *d, int64_t part_ns, int32_t more)
{
	return yg_day_start_ns(d->ask->zone, yg_day_in(d->ask->zone, part_ns) + more);
}

/* Situations that began on the day to hit the organisation (0: any). */
static int begun(struct days *d)
{
	int64_t to_ns = start_of(d, d->day.day_ns, 1);
	int64_t count = 0;
	int rc = d->org ? yg_sit_ask(d->s, &count,
				     "SELECT count(*) FROM parts WHERE org=?1 AND day_ns>=?2 AND"
				     " day_ns<?3",
				     "iii", d->org, d->day.day_ns, to_ns)
			: yg_sit_ask(d->s, &count,
				     "SELECT count(*) FROM (SELECT min(day_ns) AS d FROM parts"
				     " GROUP BY situation) WHERE d>=?1 AND d<?2",
				     "ii", d->day.day_ns, to_ns);

	d->day.situations = (uint64_t)count;
	return rc;
}

/* A day is complete: count what began on it, and give it. */
static int give_day(struct days *d)
{
	int rc;

	d->is_begun = false;
	if (d->day.day_ns < d->ask->from_ns ||
	    (d->ask->to_ns > 0 && d->day.day_ns >= d->ask->to_ns))
		return YG_OK;
	rc = begun(d);
	d->s->is_reading = true;
	if (rc == YG_OK)
		rc = d->fn(d->arg, &d->day);
	d->s->is_reading = false;
	d->given++;
	return rc;
}

static void add_step(sqlite3_stmt *stmt, struct yg_situations_day *day)
{
	int64_t step = sqlite3_column_int64(stmt, 1);

	if (step < 0 || step >= YG_NOISE_COUNT)
		return; /* of a later version: not ours to count */
	day->bundles[step] += (uint64_t)sqlite3_column_int64(stmt, 2);
	day->findings[step] += (uint64_t)sqlite3_column_int64(stmt, 3);
}

static int give_days(struct days *d, sqlite3_stmt *stmt)
{
	int rc = YG_OK;

	while (rc == YG_OK && d->given < d->ask->limit && (rc = yg_sit_step(d->s, stmt)) == YG_OK) {
		int64_t next = start_of(d, sqlite3_column_int64(stmt, 0), 0);

		if (d->is_begun && next != d->day.day_ns)
			rc = give_day(d);
		if (!d->is_begun)
			d->day = (struct yg_situations_day){.day_ns = next};
		d->is_begun = true;
		add_step(stmt, &d->day);
	}
	if (rc == YG_EEND)
		return d->is_begun ? give_day(d) : YG_OK;
	(void)sqlite3_reset(stmt);
	return rc;
}

/* Where the parts of the last day that is asked for end, at the latest. */
static int64_t parts_end(const struct yg_situations_days *ask)
{
	return ask->to_ns <= 0 || ask->to_ns > INT64_MAX - DAY_LONG_NS ? INT64_MAX
								       : ask->to_ns + DAY_LONG_NS;
}

int yg_situations_days(struct yg_situations *s, const struct yg_situations_days *ask,
		       yg_situations_day_fn fn, void *arg)
{
	struct days d = {.s = s, .ask = ask, .fn = fn, .arg = arg};
	sqlite3_stmt *stmt = NULL;
	int rc = YG_OK;

	if (s->is_reading)
		return YG_EINVAL;
	if (ask->org.size > 0)
		rc = yg_sit_name(s, ask->org, false, &d.org);
	if (rc == YG_ENOENT)
		return YG_OK;
	/* Two statements: of one organisation it is a walk along the tree. */
	if (rc == YG_OK && ask->org.size > 0)
		rc = yg_sit_take(s,
				 "SELECT day_ns, step, bundles, findings FROM funnel WHERE org=?1"
				 " AND day_ns>=?2 AND day_ns<?3 ORDER BY day_ns, step",
				 &stmt, "iii", d.org, ask->from_ns, parts_end(ask));
	else if (rc == YG_OK)
		rc = yg_sit_take(
			s,
			"SELECT day_ns, step, sum(bundles), sum(findings) FROM funnel WHERE"
			" day_ns>=?1 AND day_ns<?2 GROUP BY day_ns, step ORDER BY day_ns, step",
			&stmt, "ii", ask->from_ns, parts_end(ask));
	return rc == YG_OK ? give_days(&d, stmt) : rc;
}
