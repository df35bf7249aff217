/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Situations are counted by differences (store/situations_count.c). Here after each step of random
 * findings, noise removal, merging, splitting and retention against the slow truth: everything
 * counted again from the alerts. Lists by each pair of filters against a look at all.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC
#include <sqlite3.h>
#include <stdlib.h>

#include "app/hub_situations.h"
#include "base/hash.h"

#include "../store/facts_help.h"

#include "base/ban.h"

#define ROUNDS	 12u
#define STEPS	 60u
#define ALERTS	 90u
#define TEXT_MAX 64u
#define NUMBERS	 512u

static uint64_t seed;
static int64_t now_ns;
static uint64_t position;
static struct yg_facts *facts;
static struct yg_hub_situations *hub;
static struct yg_situations *store;
static bool is_expired; /* something of this round */

static int64_t now(void *arg)
{
	(void)arg;
	return now_ns;
}

static uint32_t roll(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* ---- the slow truth ---- */

/* Chains count of which something is kept. */
#define COUNTED                                                                                    \
	"counted AS (SELECT c.n, c.situation, c.by_hand, min(a.id) AS lead FROM chains c"          \
	" JOIN alerts a ON a.chain=c.n AND a.step=0 WHERE c.situation>0 GROUP BY c.n)"
#define PARTS                                                                                      \
	"truth AS (SELECT c.situation, a.org, sum(a.step=0) AS bundles,"                           \
	" sum(iif(a.step=0, a.count, 0)) AS count, sum(a.step<>0) AS removed,"                     \
	" max(iif(a.step=0, a.level, 0)) AS level, max(iif(a.step=0, a.outcome, 0)) AS outcome,"   \
	" min(iif(a.step=0, a.first_ns, 9223372036854775807)) AS first_ns,"                        \
	" max(iif(a.step=0, a.last_ns, -9223372036854775808)) AS last_ns,"                         \
	" min(iif(a.step=0, a.day_ns, 9223372036854775807)) AS day_ns,"                            \
	" count(DISTINCT nullif(a.actor, '')) AS sources, count(DISTINCT a.log) AS logs"           \
	" FROM alerts a JOIN counted c ON c.n=a.chain GROUP BY c.situation, a.org)"
#define PART_COLUMNS                                                                               \
	"situation, org, bundles, count, removed, level, outcome, first_ns, last_ns, day_ns"
#define WHOLES                                                                                     \
	"wholes AS (SELECT s.n, ifnull(sum(t.bundles), 0) AS bundles, ifnull(sum(t.count), 0) AS " \
	"count,"                                                                                   \
	" ifnull(sum(t.removed), 0) AS removed, ifnull(max(t.level), 0) AS level,"                 \
	" ifnull(max(t.outcome), 0) AS outcome, ifnull(sum(t.bundles>0), 0) AS orgs,"              \
	" ifnull(min(t.first_ns) FILTER(WHERE t.bundles>0), 0) AS first_ns,"                       \
	" ifnull(max(t.last_ns) FILTER(WHERE t.bundles>0), 0) AS last_ns,"                         \
	" (SELECT count(*) FROM counted c WHERE c.situation=s.n) AS chains,"                       \
	" (SELECT count(DISTINCT nullif(a.actor, '')) FROM alerts a JOIN counted c ON"             \
	"  c.n=a.chain WHERE c.situation=s.n) AS sources,"                                         \
	" (SELECT count(DISTINCT a.log) FROM alerts a JOIN counted c ON c.n=a.chain"               \
	"  WHERE c.situation=s.n) AS logs"                                                         \
	" FROM situations s LEFT JOIN truth t ON t.situation=s.n GROUP BY s.n)"
#define WHOLE_COLUMNS                                                                              \
	"n, bundles, count, removed, level, outcome, orgs, first_ns, last_ns, chains, sources, "   \
	"logs"
/* By what it belongs together; where nothing says so any more it stays what it was. */
#define KEY_OF(column, own)                                                                        \
	"CASE WHEN s.chains=0 THEN iif('" column "'='tie', 0, '')"                                 \
	" WHEN s.chains>1 AND EXISTS(SELECT 1 FROM chains c WHERE c.situation=s.n AND c.by_hand)"  \
	" THEN iif('" column "'='tie', ?1, '')"                                                    \
	" WHEN s.chains>1 THEN ifnull((SELECT p." column " FROM counted c JOIN alerts a ON"        \
	"  a.id=c.lead JOIN spans p ON p.key=a.pattern WHERE c.situation=s.n"                      \
	"  ORDER BY a.id, p.first_ns LIMIT 1), s." own ")"                                         \
	" ELSE ifnull((SELECT p." column " FROM counted c JOIN spans p ON p.node=c.n"              \
	"  WHERE c.situation=s.n ORDER BY p.alerts DESC, p.key DESC LIMIT 1), s." own ") END"
#define DIFFER(a, b)                                                                               \
	"SELECT count(*) FROM (SELECT * FROM (" a " EXCEPT " b ") UNION ALL SELECT * FROM (" b     \
	" EXCEPT " a "))"

static const struct {
	const char *what;
	const char *sql;
} truths[] = {
	{"parts",
	 "WITH " COUNTED ", " PARTS " " DIFFER("SELECT " PART_COLUMNS " FROM truth WHERE bundles>0",
					       "SELECT " PART_COLUMNS " FROM parts")},
	{"situations", "WITH " COUNTED ", " PARTS ", " WHOLES
		       " " DIFFER("SELECT " WHOLE_COLUMNS " FROM wholes",
				  "SELECT " WHOLE_COLUMNS " FROM situations")},
	{"sources and logs of a member",
	 "WITH " COUNTED ", " PARTS
	 " " DIFFER("SELECT situation, org, sources, logs FROM truth",
		    "SELECT situation, org, sources, logs FROM sums WHERE org>0")},
	{"first actors",
	 "WITH " COUNTED
	 " " DIFFER("SELECT a.chain, a.org, min(a.id) FROM alerts a JOIN counted c ON c.n=a.chain"
		    " WHERE a.step=0 AND a.actor<>'' GROUP BY 1, 2",
		    "SELECT chain, org, face FROM chain_parts WHERE face IS NOT NULL")},
	{"keys", "WITH " COUNTED
		 " SELECT count(*) FROM situations s WHERE s.tie IS NOT " KEY_OF("tie", "tie")},
	{"words of keys",
	 "WITH " COUNTED
	 " SELECT count(*) FROM situations s WHERE s.key IS NOT " KEY_OF("value", "key")},
	{"leads",
	 "WITH " COUNTED " SELECT count(*) FROM chains c WHERE c.situation>0 AND c.lead IS NOT"
	 " ifnull((SELECT lead FROM counted k WHERE k.n=c.n), x'')"},
	/* Numbers of days stay when their alerts go: then there are more. */
	{"the funnel", "SELECT count(*) FROM (SELECT org, day_ns, step, count(*) AS bundles,"
		       " sum(count) AS findings FROM alerts GROUP BY 1, 2, 3) a"
		       " LEFT JOIN funnel f ON f.org=a.org AND f.day_ns=a.day_ns AND f.step=a.step"
		       " WHERE ifnull(f.bundles, 0)<a.bundles OR ifnull(f.findings, 0)<a.findings"
		       " OR (?2=0 AND (f.bundles<>a.bundles OR f.findings<>a.findings))"},
	{"what is left to count", "SELECT count(*) FROM sums WHERE dirty<>0"},
	{"sums of nothing", "SELECT count(*) FROM sums WHERE chains=0 AND bundles=0 AND removed=0"
			    " AND sources=0 AND logs=0"},
	{"chains where they count",
	 "WITH " COUNTED
	 " " DIFFER("SELECT p.chain, p.org, c.situation FROM chain_parts p LEFT JOIN counted c ON"
		    " c.n=p.chain",
		    "SELECT chain, org, situation FROM chain_parts")},
};

/* A look at the file by a connection of its own. */
static sqlite3 *look(void)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path_of("s.db"), &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		abort();
	return db;
}

/* Is everything as it would be counted anew? */
static bool is_true(const char *after)
{
	sqlite3 *db = look();
	bool is_right = true;

	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		sqlite3_stmt *stmt = NULL;
		int rc = sqlite3_prepare_v2(db, truths[i].sql, -1, &stmt, NULL);

		if (rc != SQLITE_OK) {
			fprintf(stderr, "%s: %s\n", truths[i].what, sqlite3_errmsg(db));
			abort();
		}
		/* Only some of them have these. */
		(void)sqlite3_bind_int(stmt, 1, YG_TIE_PEOPLE);
		(void)sqlite3_bind_int(stmt, 2, is_expired);
		if (sqlite3_step(stmt) != SQLITE_ROW)
			abort();
		if (sqlite3_column_int64(stmt, 0) != 0) {
			fprintf(stderr, "after %s: %s: %lld differ\n", after, truths[i].what,
				(long long)sqlite3_column_int64(stmt, 0));
			is_right = false;
		}
		(void)sqlite3_finalize(stmt); /* its error is that of the step */
	}
	(void)sqlite3_close(db); /* nothing of it is open */
	return is_right;
}

/* ---- a small world ---- */

static void open_hub(void)
{
	const struct yg_hub_situations_opts opts = {.path = path_of("s.db"),
						    .facts = facts,
						    .clock = {.now_ns = now},
						    .batch = 1 + roll(20)};

	if (yg_hub_situations_new(&opts, &hub) != YG_OK)
		abort();
	if (yg_situations_open(path_of("s.db"), false, &store) != YG_OK)
		abort();
}

static void close_hub(void)
{
	hub = yg_hub_situations_free(hub);
	store = yg_situations_free(store);
}

static void begin_world(void)
{
	make_folder();
	facts = yg_facts_new_ram();
	position = 0;
	is_expired = false;
	now_ns = T0 + 4320 * MINUTE;
	open_hub();
}

static void end_world(void)
{
	close_hub();
	facts = yg_facts_free(facts);
	remove_store("s.db");
	(void)rmdir(folder);
}

/* One of few addresses, paths and organisations, or one that comes again; each is a piece: an alert
 * that is there gets more of it, and a weightier outcome now and then. */
static void add_piece(void)
{
	static const char *const targets[] = {"/login", "/login?x=1", "suzuki", "pc-7", ""};
	char org[TEXT_MAX], rule[TEXT_MAX], actor[TEXT_MAX], log[TEXT_MAX];
	struct yg_fact_finding f;

	(void)snprintf(org, sizeof(org), "org%u", roll(4));
	(void)snprintf(rule, sizeof(rule), "rule%u", roll(3));
	(void)snprintf(log, sizeof(log), "log%u", roll(3));
	actor[0] = '\0';
	if (roll(12) > 0)
		(void)snprintf(actor, sizeof(actor), "203.0.113.%u", roll(40));
	f = finding_of(org, rule, (int)roll(60 * 24));
	f.actor = yg_bytes_str(actor);
	f.source = yg_bytes_str(log);
	f.target = yg_bytes_str(targets[roll(5)]);
	f.field = roll(4) ? YG_ATTACK_WEB : YG_ATTACK_SIGN_IN;
	f.kind = YG_KIND_PATTERN;
	f.level = (enum yg_level)roll(5);
	f.outcome = roll(12) ? (enum yg_outcome)roll(2) : YG_OUTCOME_POSSIBLE;
	f.count = 1 + roll(3);
	f.written_ns = now_ns;
	yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, f.minute_ns, f.id);
	f.received_ns = T0 + f.id[15] % 4 * 1440 * MINUTE; /* of an alert always the same */
	if (yg_facts_begin(facts, "test", position) != YG_OK ||
	    yg_facts_add(facts, &f, NULL) != YG_OK ||
	    yg_facts_commit(facts, ++position, NULL) != YG_OK)
		abort();
}

static int catch_up(void)
{
	int rc;

	while ((rc = yg_hub_situations_step(hub)) == YG_OK)
		;
	return rc == YG_EAGAIN ? YG_OK : rc;
}

/* A batch, if there is any. */
static bool step_once(void)
{
	int rc = yg_hub_situations_step(hub);

	return rc == YG_OK || rc == YG_EAGAIN;
}

/* ---- people ---- */

struct numbers {
	uint64_t at[NUMBERS];
	unsigned count;
};

static int keep_number(void *arg, const struct yg_situation *one)
{
	struct numbers *n = arg;

	if (n->count < NUMBERS)
		n->at[n->count++] = one->number;
	return YG_OK;
}

/* The number of any situation that is listed, 0: there is none. */
static uint64_t any(void)
{
	const struct yg_situations_filter filter = {.limit = NUMBERS};
	static struct numbers n;

	n.count = 0;
	if (yg_situations_list(store, &filter, keep_number, &n) != YG_OK)
		abort();
	return n.count ? n.at[roll(n.count)] : 0;
}

struct ids {
	uint8_t at[8][YG_SITUATION_ALERT_ID];
	unsigned count;
};

static int keep_id(void *arg, const struct yg_situation_alert *a)
{
	struct ids *ids = arg;

	if (ids->count < 8 && roll(2))
		memcpy(ids->at[ids->count++], a->id, YG_SITUATION_ALERT_ID);
	return YG_OK;
}

static bool is_fair(int rc)
{
	return rc == YG_OK || rc == YG_EINVAL || rc == YG_EMISMATCH || rc == YG_ENOENT;
}

static bool split(const struct yg_situation_by *by)
{
	uint64_t number = any(), made = 0;
	struct ids ids = {.count = 0};

	if (yg_situations_alerts(store, number, YG_S(""), NULL, 20, keep_id, &ids) != YG_OK)
		return false;
	return ids.count == 0 ||
	       is_fair(yg_situations_split(store, number, ids.at[0], ids.count, by, &made));
}

static bool judge(const struct yg_situation_by *by)
{
	uint64_t number = any();
	int rc = yg_situations_set_state(store, number, YG_SITUATION_NEW, YG_SITUATION_CHECK, by);

	if (rc == YG_OK)
		rc = yg_situations_set_state(store, number, YG_SITUATION_CHECK, YG_SITUATION_NOISE,
					     by);
	return is_fair(rc);
}

static bool expire(void)
{
	uint32_t gone = 0;
	char org[TEXT_MAX];

	(void)snprintf(org, sizeof(org), "org%u", roll(4));
	is_expired = true;
	return yg_situations_expire(store, yg_bytes_str(org), T0 + (int64_t)roll(60 * 24) * MINUTE,
				    1 + roll(20), &gone) == YG_OK;
}

/* ---- lists ---- */

struct row {
	uint64_t number;
	int64_t last_ns;
	enum yg_situation_state state;
	bool is_anas;
};
struct rows {
	struct row at[NUMBERS];
	unsigned count;
};

static int keep_row(void *arg, const struct yg_situation *one)
{
	struct rows *rows = arg;

	if (rows->count < NUMBERS)
		rows->at[rows->count++] = (struct row){one->number, one->facts.last_ns, one->state,
						       yg_bytes_eq(one->assignee, YG_S("ana"))};
	return YG_OK;
}

static int find_org(void *arg, const struct yg_situation_part *part)
{
	bool *is_there = arg;

	*is_there |= yg_bytes_eq(part->org, YG_S("org1"));
	return YG_OK;
}

static bool is_wanted(const struct row *row, const struct yg_situations_filter *f)
{
	bool is_hit = f->org.size == 0;

	if (f->org.size > 0 &&
	    yg_situations_parts(store, row->number, 100, find_org, &is_hit) != YG_OK)
		abort();
	return is_hit && (!f->has_state || row->state == f->state) &&
	       (!f->is_open ||
		(row->state != YG_SITUATION_NOISE && row->state != YG_SITUATION_RESOLVED)) &&
	       (f->assignee.size == 0 || row->is_anas);
}

/* Page by page, @filter gives those of @all that it wants, in their order. */
static bool lists(const struct rows *all, struct yg_situations_filter filter)
{
	unsigned at = 0;
	struct rows page;

	do {
		page.count = 0;
		filter.limit = 1 + roll(7);
		if (yg_situations_list(store, &filter, keep_row, &page) != YG_OK)
			return false;
		for (unsigned i = 0; i < page.count; i++, at++) {
			while (at < all->count && !is_wanted(&all->at[at], &filter))
				at++;
			if (at == all->count || all->at[at].number != page.at[i].number)
				return false;
		}
		if (page.count > 0) {
			filter.has_after = true;
			filter.after_last_ns = page.at[page.count - 1].last_ns;
			filter.after_number = page.at[page.count - 1].number;
		}
	} while (page.count == filter.limit);
	while (at < all->count && !is_wanted(&all->at[at], &filter))
		at++;
	return at == all->count;
}

static bool lists_are_right(void)
{
	const struct yg_situations_filter every = {.limit = NUMBERS};
	struct yg_situations_filter f = {0};
	static struct rows all;

	all.count = 0;
	if (yg_situations_list(store, &every, keep_row, &all) != YG_OK)
		return false;
	for (unsigned i = 1; i < all.count; i++)
		if (all.at[i].last_ns > all.at[i - 1].last_ns)
			return false;
	for (unsigned i = 0; i < 16; i++) { /* each pair of filters */
		f = (struct yg_situations_filter){.is_open = i & 1};
		f.assignee = i & 2 ? YG_S("ana") : YG_S("");
		f.org = i & 4 ? YG_S("org1") : YG_S("");
		f.has_state = i & 8;
		f.state = (enum yg_situation_state)roll(3);
		if (!lists(&all, f))
			return false;
	}
	return true;
}

static bool assign(const struct yg_situation_by *by)
{
	return is_fair(yg_situations_assign(store, any(), YG_S("ana"), by));
}

static bool take_turn(unsigned what, const char **ret_what)
{
	const struct yg_situation_by by = {YG_S("person"), now_ns, YG_S("why")};
	static const char *const names[] = {"merging",	   "unmerging",	    "splitting",
					    "a judgement", "retention",	    "steps",
					    "a restart",   "an assignment", "a comment"};

	*ret_what = names[what];
	switch (what) {
	case 0:
		return is_fair(yg_situations_merge(store, any(), any(), &by));
	case 1: /* most pairs were never merged */
		for (unsigned i = 0; i < 40; i++)
			if (!is_fair(yg_situations_unmerge(store, any(), 1 + roll(60), &by)))
				return false;
		return true;
	case 2:
		return split(&by);
	case 3:
		return judge(&by);
	case 4:
		return expire();
	case 5:
		return yg_situations_set_steps(store, roll(2) ? 30 : roll(31), &by) == YG_OK;
	case 6:
		close_hub();
		open_hub();
		return true;
	case 7:
		return assign(&by);
	default:
		return is_fair(yg_situations_comment(store, any(), &by));
	}
}

static void counts_by_differences_are_those_from_the_beginning(void)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		begin_world();
		for (unsigned step = 0; step < STEPS; step++) {
			const char *what = "findings";

			for (unsigned i = roll(2 * ALERTS / STEPS + 3); i > 0; i--)
				add_piece();
			now_ns += (int64_t)roll(60) * MINUTE;
			if (roll(3) == 0) {
				CHECK(take_turn(roll(9), &what));
				CHECK(is_true(what));
				what = "findings";
			}
			if (roll(4) == 0)
				CHECK(catch_up() == YG_OK);
			else
				CHECK(step_once());
			CHECK(is_true(what));
		}
		CHECK(catch_up() == YG_OK && is_true("everything"));
		CHECK(lists_are_right());
		end_world();
	}
}

/* ---- a file of the form before ---- */

static const char before[] =
	"DROP INDEX chain_parts_by_first; DROP INDEX chain_parts_by_last;"
	"DROP INDEX chain_parts_by_day; DROP INDEX chain_parts_by_grade;"
	"DROP INDEX chain_parts_by_face; DROP TABLE sums; DROP TABLE seen;"
	"DROP INDEX chains_by_lead; DROP INDEX chains_by_hand; DROP INDEX parts_by_first;"
	"DROP INDEX parts_by_end; DROP INDEX parts_by_grade; DROP INDEX situations_by_state;"
	"DROP INDEX situations_open; DROP INDEX situations_by_assignee;"
	"DROP INDEX alerts_by_judgement;"
	"CREATE INDEX chains_by_situation ON chains(situation);"
	"ALTER TABLE chain_parts DROP COLUMN situation;"
	"ALTER TABLE chain_parts DROP COLUMN place; ALTER TABLE chain_parts DROP COLUMN face;"
	"PRAGMA user_version=2";

static void a_file_of_the_form_before_is_counted_on(void)
{
	for (unsigned round = 0; round < 4; round++) {
		const char *what = "";
		sqlite3 *db;

		begin_world();
		for (unsigned i = 0; i < ALERTS; i++)
			add_piece();
		CHECK(catch_up() == YG_OK && take_turn(0, &what) && take_turn(2, &what));
		close_hub();
		db = look();
		CHECK(sqlite3_exec(db, before, NULL, NULL, NULL) == SQLITE_OK);
		(void)sqlite3_close(db);
		open_hub();
		CHECK(is_true("the step from the form before"));
		for (unsigned i = 0; i < ALERTS; i++)
			add_piece();
		CHECK(catch_up() == YG_OK && is_true("findings after it"));
		CHECK(take_turn(0, &what) && is_true(what));
		end_world();
	}
}

static const struct check_case cases[] = {
	CASE(counts_by_differences_are_those_from_the_beginning),
	CASE(a_file_of_the_form_before_is_counted_on),
};

int main(void)
{
	seed = getenv("YAGURA_SEED") ? strtoull(getenv("YAGURA_SEED"), NULL, 10) : yg_hash_secret();
	printf("seed %llu\n", (unsigned long long)seed);
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
