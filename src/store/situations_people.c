/* SPDX-License-Identifier: Apache-2.0 */
/* What people do: each a transaction, each with its event. */
#define YG_BAN_ALLOW_MALLOC
#include "store/situations-int.h"

#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

struct head {
	int64_t state;
	int64_t merged;
	int64_t certainty;
};

static int head_of(struct yg_situations *s, uint64_t number, struct head *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_take(s, "SELECT state, merged, certainty FROM situations WHERE n=?1", &stmt,
			     "i", (int64_t)number);

	if (rc == YG_OK)
		rc = yg_sit_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*ret = (struct head){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
			     sqlite3_column_int64(stmt, 2)};
	(void)sqlite3_reset(stmt);
	return YG_OK;
}

/* A transaction on situation @number. */
static int begin(struct yg_situations *s, uint64_t number, const struct yg_situation_by *by,
		 struct head *ret)
{
	int rc = by->text.size <= YG_SITUATION_TEXT_MAX && by->actor.size > 0 &&
				 by->actor.size <= YG_SITUATION_WHO_MAX
			 ? yg_sit_begin(s)
			 : YG_EINVAL;

	if (rc != YG_OK)
		return rc;
	rc = head_of(s, number, ret);
	if (rc == YG_OK)
		rc = yg_sit_note(&s->situations, number);
	return rc == YG_OK ? rc : yg_sit_end(s, rc);
}

int yg_situations_set_state(struct yg_situations *s, uint64_t number, enum yg_situation_state from,
			    enum yg_situation_state to, const struct yg_situation_by *by)
{
	struct yg_sit_event event = {
		.situation = number, .what = YG_SITUATION_STATE, .a = from, .b = to, .by = *by};
	struct head head;
	int rc = begin(s, number, by, &head);

	if (rc != YG_OK)
		return rc;
	if (head.state != (int64_t)from || head.merged != 0 || !yg_situation_may(from, to))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE situations SET state=?2, state_ns=?3 WHERE n=?1", "iii",
				(int64_t)number, (int64_t)to, by->now_ns);
	if (rc == YG_OK)
		rc = yg_sit_event(s, &event);
	/* Each alert is judged, by whom and when: criterion 5-1-1-2. */
	if (rc == YG_OK && (to == YG_SITUATION_NOISE || to == YG_SITUATION_CONFIRMED))
		rc = yg_sit_run(
			s,
			"UPDATE alerts SET judged=?2 WHERE chain IN (SELECT n FROM chains WHERE"
			" situation=?1) AND step=0",
			"ii", (int64_t)number, sqlite3_last_insert_rowid(s->db));
	if (rc == YG_OK && to == YG_SITUATION_CONFIRMED && head.certainty == YG_CERTAINTY_MACHINE)
		rc = yg_sit_run(
			s,
			"UPDATE situations SET certainty=?2, certain_by=?3, certain_ns=?4 WHERE"
			" n=?1",
			"iiti", (int64_t)number, (int64_t)YG_CERTAINTY_ANALYST, by->actor,
			by->now_ns);
	return yg_sit_end(s, rc);
}

int yg_situations_comment(struct yg_situations *s, uint64_t number,
			  const struct yg_situation_by *by)
{
	const struct yg_sit_event event = {
		.situation = number, .what = YG_SITUATION_COMMENT, .by = *by};
	struct head head;
	int rc = by->text.size > 0 ? begin(s, number, by, &head) : YG_EINVAL;

	return rc == YG_OK ? yg_sit_end(s, yg_sit_event(s, &event)) : rc;
}

int yg_situations_assign(struct yg_situations *s, uint64_t number, struct yg_bytes assignee,
			 const struct yg_situation_by *by)
{
	struct yg_sit_event event = {.situation = number, .what = YG_SITUATION_ASSIGNED, .by = *by};
	struct head head;
	int rc = assignee.size <= YG_SITUATION_WHO_MAX ? begin(s, number, by, &head) : YG_EINVAL;

	if (rc != YG_OK)
		return rc;
	event.by.text = assignee;
	rc = yg_sit_run(s, "UPDATE situations SET assignee=?2 WHERE n=?1", "it", (int64_t)number,
			assignee);
	return yg_sit_end(s, rc == YG_OK ? yg_sit_event(s, &event) : rc);
}

int yg_situations_due(struct yg_situations *s, uint64_t number, int64_t due_ns,
		      const struct yg_situation_by *by)
{
	const struct yg_sit_event event = {
		.situation = number, .what = YG_SITUATION_DUE, .b = due_ns, .by = *by};
	struct head head;
	int rc = begin(s, number, by, &head);

	if (rc != YG_OK)
		return rc;
	rc = due_ns == YG_TIME_NONE ? yg_sit_run(s, "UPDATE situations SET due_ns=NULL WHERE n=?1",
						 "i", (int64_t)number)
				    : yg_sit_run(s, "UPDATE situations SET due_ns=?2 WHERE n=?1",
						 "ii", (int64_t)number, due_ns);
	return yg_sit_end(s, rc == YG_OK ? yg_sit_event(s, &event) : rc);
}

int yg_situations_certain(struct yg_situations *s, uint64_t number, enum yg_certainty certainty,
			  const struct yg_situation_by *by)
{
	struct yg_sit_event event = {
		.situation = number, .what = YG_SITUATION_CERTAINTY, .b = certainty, .by = *by};
	struct head head;
	int rc = begin(s, number, by, &head);

	if (rc != YG_OK)
		return rc;
	event.a = head.certainty;
	rc = yg_sit_run(
		s, "UPDATE situations SET certainty=?2, certain_by=?3, certain_ns=?4 WHERE n=?1",
		"iiti", (int64_t)number, (int64_t)certainty,
		by->text.size > 0 ? by->text : by->actor, by->now_ns);
	return yg_sit_end(s, rc == YG_OK ? yg_sit_event(s, &event) : rc);
}

/* ---- putting together and apart ---- */

int yg_situations_merge(struct yg_situations *s, uint64_t number, uint64_t other,
			const struct yg_situation_by *by)
{
	const struct yg_sit_event event = {
		.situation = number, .what = YG_SITUATION_MERGED, .other = other, .by = *by};
	struct head head, taken;
	int rc = number == other ? YG_EINVAL : begin(s, number, by, &head);

	if (rc != YG_OK)
		return rc;
	rc = head_of(s, other, &taken);
	if (rc == YG_OK && (head.merged != 0 || taken.merged != 0))
		rc = YG_EINVAL;
	/* From now on people say where these are: the machine moves none of them. */
	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"UPDATE chains SET by_hand=1, origin=iif(situation=?2, ?2, origin),"
				" situation=?1 WHERE situation IN (?1, ?2)",
				"ii", (int64_t)number, (int64_t)other);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE groups SET situation=?1, origin=?2 WHERE situation=?2",
				"ii", (int64_t)number, (int64_t)other);
	if (rc == YG_OK)
		rc = yg_sit_event(s, &event);
	if (rc == YG_OK)
		rc = yg_sit_hand_over(s, (int64_t)other, (int64_t)number);
	/* Counted before it is counted: no event of the machine for what a person did. */
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE situations SET bundles=0 WHERE n=?1", "i",
				(int64_t)other);
	return yg_sit_end(s, rc);
}

int yg_situations_unmerge(struct yg_situations *s, uint64_t number, uint64_t other,
			  const struct yg_situation_by *by)
{
	const struct yg_sit_event event = {
		.situation = number, .what = YG_SITUATION_UNMERGED, .other = other, .by = *by};
	struct head head, taken;
	int rc = begin(s, number, by, &head);

	if (rc != YG_OK)
		return rc;
	rc = head_of(s, other, &taken);
	if (rc == YG_OK && taken.merged != (int64_t)number)
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"UPDATE chains SET situation=?2, origin=0 WHERE situation=?1 AND"
				" origin=?2",
				"ii", (int64_t)number, (int64_t)other);
	if (rc == YG_OK && sqlite3_changes(s->db) == 0)
		rc = YG_EINVAL; /* the machine joined them: there is nothing to take apart */
	if (rc == YG_OK)
		rc = yg_sit_run(s,
				"UPDATE groups SET situation=?2, origin=0 WHERE situation=?1 AND"
				" origin=?2",
				"ii", (int64_t)number, (int64_t)other);
	if (rc == YG_OK)
		rc = yg_sit_event(s, &event);
	if (rc == YG_OK)
		rc = yg_sit_note(&s->situations, other);
	return yg_sit_end(s, rc);
}

/* One alert goes over to chain @to; @from: the chain it was in. */
static int take_out(struct yg_situations *s, uint64_t number, const uint8_t *id, uint64_t to)
{
	struct yg_bytes key = {id, YG_SITUATION_ALERT_ID};
	int64_t from = 0;
	int rc =
		yg_sit_ask(s, &from,
			   "SELECT a.chain FROM alerts a JOIN chains c ON c.n=a.chain WHERE a.id=?1"
			   " AND c.situation=?2",
			   "bi", key, (int64_t)number);

	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE alerts SET chain=?2 WHERE id=?1", "bi", key,
				(int64_t)to);
	return rc == YG_OK ? yg_sit_note(&s->stale, (uint64_t)from) : rc;
}

/* Actors and logs of a chain that was made of alerts. */
static int refill_facets(struct yg_situations *s, uint64_t chain)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sit_run(s, "DELETE FROM facets WHERE chain=?1", "i", (int64_t)chain);

	if (rc == YG_OK)
		rc = yg_sit_take(
			s,
			"SELECT DISTINCT a.org, a.actor, m.text FROM alerts a JOIN names m ON"
			" m.n=a.log WHERE a.chain=?1",
			&stmt, "i", (int64_t)chain);
	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		for (int kind = 0; kind < 2 && rc == YG_OK; kind++) {
			struct yg_bytes value = yg_sit_bytes(stmt, 1 + kind);

			if (value.size > 0)
				rc = yg_sit_run(
					s, "INSERT OR IGNORE INTO facets VALUES(?1, ?2, ?3, ?4)",
					"iiii", (int64_t)chain, (int64_t)kind,
					(int64_t)yg_hash64(value, 0x5947),
					sqlite3_column_int64(stmt, 0));
		}
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_situations_split(struct yg_situations *s, uint64_t number, const uint8_t *ids,
			uint32_t count, const struct yg_situation_by *by, uint64_t *ret)
{
	struct yg_sit_event event = {.situation = number, .what = YG_SITUATION_SPLIT, .by = *by};
	uint64_t chain = 0;
	struct head head;
	int rc = count > 0 && count <= YG_SITUATION_SPLIT_MAX ? begin(s, number, by, &head)
							      : YG_EINVAL;

	if (rc != YG_OK)
		return rc;
	rc = yg_situations_fresh(s, false, &chain);
	for (uint32_t i = 0; i < count && rc == YG_OK; i++)
		rc = take_out(s, number, ids + (size_t)i * YG_SITUATION_ALERT_ID, chain);
	if (rc == YG_OK)
		rc = yg_sit_new(s, (struct yg_bytes){ids, YG_SITUATION_ALERT_ID}, by->now_ns, ret);
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE chains SET situation=?2, by_hand=1 WHERE n=?1", "ii",
				(int64_t)chain, (int64_t)*ret);
	if (rc == YG_OK)
		rc = yg_sit_note(&s->stale, chain);
	for (uint32_t i = 0; i < s->stale.count && rc == YG_OK; i++) {
		rc = yg_sit_recount(s, s->stale.items[i]);
		if (rc == YG_OK)
			rc = refill_facets(s, s->stale.items[i]);
	}
	event.other = rc == YG_OK ? *ret : 0;
	return yg_sit_end(s, rc == YG_OK ? yg_sit_event(s, &event) : rc);
}

/* ---- noise removal ---- */

int yg_situations_steps(struct yg_situations *s, unsigned *ret)
{
	int64_t steps = 0;
	int rc = yg_sit_ask(s, &steps, "SELECT value FROM meta WHERE name='steps'", "");

	*ret = (unsigned)steps;
	return rc == YG_ENOENT ? YG_EFORMAT : rc;
}

int yg_situations_settings(struct yg_situations *s, uint64_t *ret)
{
	int64_t value = 0;
	int rc = yg_sit_ask(s, &value, "SELECT value FROM meta WHERE name='settings'", "");

	*ret = (uint64_t)value;
	return rc == YG_ENOENT ? YG_EFORMAT : rc;
}

/* All alerts are looked at again with what holds now. */
static int settings_changed(struct yg_situations *s, int rc)
{
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE meta SET value=value+1 WHERE name='settings'", "");
	if (rc == YG_OK)
		rc = yg_sit_run(s, "UPDATE meta SET value=0 WHERE name='cursor'", "");
	return yg_sit_end(s, rc);
}

int yg_situations_set_steps(struct yg_situations *s, unsigned steps,
			    const struct yg_situation_by *by)
{
	const struct yg_sit_event event = {.what = YG_SITUATION_COMMENT, .b = steps, .by = *by};
	int rc = yg_sit_begin(s);

	if (rc != YG_OK)
		return rc;
	rc = yg_sit_run(s, "UPDATE meta SET value=?1 WHERE name='steps'", "i", (int64_t)steps);
	if (rc == YG_OK) /* of no situation: number 0 */
		rc = yg_sit_event(s, &event);
	return settings_changed(s, rc);
}

int yg_situations_lists(struct yg_situations *s, bool with_bodies, yg_situation_list_fn fn,
			void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = s->is_reading ? YG_EINVAL
			       : yg_sit_take(s,
					     "SELECT name, allowed, is_on, entries, time_ns, actor,"
					     " iif(?1, body, x'') FROM lists ORDER BY name",
					     &stmt, "i", (int64_t)with_bodies);

	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		const struct yg_situation_list list = {
			.name = yg_sit_bytes(stmt, 0),
			.is_allowed = sqlite3_column_int(stmt, 1) != 0,
			.is_on = sqlite3_column_int(stmt, 2) != 0,
			.entries = (uint32_t)sqlite3_column_int64(stmt, 3),
			.time_ns = sqlite3_column_int64(stmt, 4),
			.actor = yg_sit_bytes(stmt, 5),
			.body = yg_sit_bytes(stmt, 6),
		};

		s->is_reading = true;
		rc = fn(arg, &list);
		s->is_reading = false;
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_situations_put_list(struct yg_situations *s, const struct yg_situation_list *list)
{
	int rc = yg_sit_begin(s);

	if (rc != YG_OK)
		return rc;
	rc = yg_sit_run(
		s,
		"INSERT INTO lists VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
		" allowed=excluded.allowed, is_on=excluded.is_on, entries=excluded.entries,"
		" time_ns=excluded.time_ns, actor=excluded.actor, body=excluded.body",
		"tiiiitb", list->name, (int64_t)list->is_allowed, (int64_t)list->is_on,
		(int64_t)list->entries, list->time_ns, list->actor, list->body);
	return settings_changed(s, rc);
}

int yg_situations_switch_list(struct yg_situations *s, struct yg_bytes name, bool is_on,
			      bool is_removed)
{
	int rc = yg_sit_begin(s);

	if (rc != YG_OK)
		return rc;
	rc = is_removed ? yg_sit_run(s, "DELETE FROM lists WHERE name=?1", "t", name)
			: yg_sit_run(s, "UPDATE lists SET is_on=?2 WHERE name=?1", "ti", name,
				     (int64_t)is_on);
	if (rc == YG_OK && sqlite3_changes(s->db) == 0)
		rc = YG_ENOENT;
	return settings_changed(s, rc);
}

/* ---- what must not be kept any more ---- */

/* A chain without alerts ties nothing any more, and its keys name what has gone. */
static int forget_empty(struct yg_situations *s, int64_t chain)
{
	int64_t alerts = 0;
	int rc = yg_sit_ask(s, &alerts, "SELECT alerts FROM chains WHERE n=?1", "i", chain);

	if (rc != YG_OK || alerts > 0)
		return rc;
	rc = yg_sit_run(s, "DELETE FROM spans WHERE node=?1", "i", chain);
	return rc == YG_OK ? yg_sit_run(s, "DELETE FROM chains WHERE n=?1", "i", chain) : rc;
}

int yg_situations_expire(struct yg_situations *s, struct yg_bytes org, int64_t before_ns,
			 uint32_t limit, uint32_t *ret_count)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = 0;
	int rc;

	*ret_count = 0;
	rc = yg_sit_name(s, org, false, &n);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	rc = yg_sit_begin(s);
	if (rc != YG_OK)
		return rc;
	rc = yg_sit_take(s,
			 "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts INDEXED BY"
			 " alerts_by_org WHERE org=?1 AND minute_ns<?2 ORDER BY id LIMIT ?3)"
			 " RETURNING chain",
			 &stmt, "iii", n, before_ns, (int64_t)limit);
	while (rc == YG_OK && (rc = yg_sit_step(s, stmt)) == YG_OK) {
		(*ret_count)++;
		rc = yg_sit_note(&s->stale, (uint64_t)sqlite3_column_int64(stmt, 0));
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt);
	}
	rc = rc == YG_EEND ? YG_OK : rc;
	for (uint32_t i = 0; i < s->stale.count && rc == YG_OK; i++) {
		int64_t situation = 0;

		rc = yg_sit_recount(s, s->stale.items[i]);
		if (rc == YG_OK)
			rc = refill_facets(s, s->stale.items[i]);
		if (rc == YG_OK)
			rc = yg_sit_ask(s, &situation, "SELECT situation FROM chains WHERE n=?1",
					"i", (int64_t)s->stale.items[i]);
		if (rc == YG_OK)
			rc = yg_sit_hand_over(s, situation, situation);
		if (rc == YG_OK)
			rc = forget_empty(s, (int64_t)s->stale.items[i]);
	}
	return yg_sit_end(s, rc);
}
