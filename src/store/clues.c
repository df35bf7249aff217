/* SPDX-License-Identifier: Apache-2.0 */
/* Clues: filling. */
#define YG_BAN_ALLOW_MALLOC
#include "store/clues.h"

#include "store/clues-int.h"

#include "base/ban.h"

_Static_assert(YG_CLUE_PART == 256, "stix.c has it in what it marks");

enum {
	FLAG_REVOKED = 1,
	FLAG_MORE = 2,
	FLAG_VALUES = 4,
	FLAG_PERSON = 8,
	FLAG_SHARED = 16,
	FLAG_KNOWN = 32,
	FLAG_YES = 64,
	FLAG_NO = 128,
	FLAG_CAN = 256,
	FLAGS_PEOPLE = FLAG_YES | FLAG_NO
};

static int64_t flags_of(const struct yg_clue_facts *f)
{
	return (f->is_revoked ? FLAG_REVOKED : 0) | (f->is_more ? FLAG_MORE : 0) |
	       (f->has_values ? FLAG_VALUES : 0) | (f->has_person ? FLAG_PERSON : 0) |
	       (f->is_shared ? FLAG_SHARED : 0) | (f->is_known ? FLAG_KNOWN : 0) |
	       (f->is_yes ? FLAG_YES : 0) | (f->is_no ? FLAG_NO : 0) |
	       (f->can_person ? FLAG_CAN : 0);
}

void yg_clue_flags(int64_t flags, struct yg_clue_facts *to)
{
	to->is_revoked = (flags & FLAG_REVOKED) != 0;
	to->is_more = (flags & FLAG_MORE) != 0;
	to->has_values = (flags & FLAG_VALUES) != 0;
	to->has_person = (flags & FLAG_PERSON) != 0;
	to->is_shared = (flags & FLAG_SHARED) != 0;
	to->is_known = (flags & FLAG_KNOWN) != 0;
	to->is_yes = (flags & FLAG_YES) != 0;
	to->is_no = (flags & FLAG_NO) != 0;
	to->can_person = (flags & FLAG_CAN) != 0;
}

int yg_clue_one(struct yg_collections *s, sqlite3_stmt *stmt, int64_t *ret)
{
	int rc = yg_sx_step(s, stmt);

	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*ret = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt); /* one row */
	return YG_OK;
}

int yg_clues_version(struct yg_collections *s, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "PRAGMA data_version", &stmt, "");

	return rc == YG_OK ? yg_clue_one(s, stmt, ret) : rc;
}

/* ---- how far ---- */

int yg_clues_cursor(struct yg_collections *s, int64_t collection, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT added_us FROM clue_cursors WHERE c=?1", &stmt, "i",
			    collection);

	*ret = INT64_MIN;
	if (rc == YG_OK)
		rc = yg_clue_one(s, stmt, ret);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_clues_cursor_set(struct yg_collections *s, int64_t collection, int64_t added_us)
{
	return yg_sx_run(s,
			 "INSERT INTO clue_cursors VALUES(?1, ?2) ON CONFLICT(c) DO UPDATE SET"
			 " added_us=excluded.added_us",
			 "ii", collection, added_us);
}

#define OBJECT "added_us, id, version, version_ns, spec, tlp, type, body"

int yg_clues_new(struct yg_collections *s, int64_t collection, int64_t after_us, uint32_t limit,
		 yg_stix_row_fn fn, void *arg, int64_t *ret_last)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT " OBJECT " FROM objects WHERE c=?1 AND added_us>?2"
			    " ORDER BY added_us LIMIT ?3",
			    &stmt, "iii", collection, after_us, (int64_t)limit);

	*ret_last = after_us;
	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		struct yg_stix_row row;

		*ret_last = sqlite3_column_int64(stmt, 0);
		if (!yg_bytes_eq(yg_sx_bytes(stmt, 6), YG_S("indicator")))
			continue;
		yg_clue_row(stmt, &row);
		rc = fn(arg, &row);
	}
	if (rc != YG_EEND && stmt)
		(void)sqlite3_reset(stmt); /* left in the middle */
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_clues_object(struct yg_collections *s, int64_t collection, struct yg_bytes id,
		    yg_stix_row_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	struct yg_stix_row row;
	int rc = yg_sx_take(s,
			    "SELECT " OBJECT " FROM objects WHERE c=?1 AND id=?2"
			    " ORDER BY version_ns DESC, spec DESC LIMIT 1",
			    &stmt, "it", collection, id);

	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	yg_clue_row(stmt, &row);
	rc = fn(arg, &row);
	(void)sqlite3_reset(stmt); /* one row */
	return rc;
}

/* ---- what they say ---- */

/* Once for many in a row: within a transaction nobody else sees the difference. */
static int mark(struct yg_collections *s, int64_t number)
{
	int64_t part = number / (int64_t)YG_CLUE_PART;
	int rc;

	if (s->has_marked && s->marked == part)
		return YG_OK;
	rc = yg_sx_run(s,
		       "INSERT INTO clue_parts VALUES(?1, 1) ON CONFLICT(part) DO UPDATE SET"
		       " mark=mark+1",
		       "i", part);
	s->has_marked = rc == YG_OK && !sqlite3_get_autocommit(s->db);
	s->marked = part;
	return rc;
}

/* Its number, the version that is there, and whether it is listed. */
static int look(struct yg_collections *s, const struct yg_clue *clue, int64_t *ret_number,
		int64_t *ret_version, bool *ret_acts)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT n, version_ns, state FROM clues WHERE id=?1 AND c=?2", &stmt,
			    "ti", yg_bytes_str(clue->id), clue->collection);

	*ret_number = 0;
	*ret_acts = false;
	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_OK : rc;
	*ret_number = sqlite3_column_int64(stmt, 0);
	*ret_version = sqlite3_column_int64(stmt, 1);
	*ret_acts = sqlite3_column_int(stmt, 2) == YG_CLUE_ACTS;
	(void)sqlite3_reset(stmt); /* one row */
	return YG_OK;
}

static int put_values(struct yg_collections *s, int64_t number, const struct yg_clue_value *values,
		      uint32_t count)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		rc = yg_sx_run(s, "INSERT INTO clue_values VALUES(?1, ?2, ?3, ?4, ?5)", "iiiit",
			       number, (int64_t)i, (int64_t)values[i].kind,
			       (int64_t)values[i].is_person, values[i].value);
	return rc;
}

/* With @clue's verdict, which all zero is none yet. */
static int insert(struct yg_collections *s, const struct yg_clue *clue, int64_t *ret_number)
{
	const struct yg_clue_facts *f = &clue->facts;
	const struct yg_clue_verdict *v = &clue->verdict;
	int rc = yg_sx_run(
		s,
		"INSERT INTO clues(c, id, version_ns, from_ns, until_ns, confidence, tlp,"
		" pap, flags, said_ns, reports, told, sighted, sighted_ns, sightings,"
		" state, why, score, since_ns, next_ns, sensors, note)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, 0, 0, 0, 0, ?10, ?11,"
		" ?12, ?13, ?14, ?15, ?16)",
		"itiiiiiiiiiiiiit", clue->collection, yg_bytes_str(clue->id), f->version_ns,
		f->from_ns, f->until_ns, (int64_t)f->confidence, (int64_t)f->tlp, (int64_t)f->pap,
		flags_of(f) & ~FLAGS_PEOPLE, (int64_t)v->state, (int64_t)v->why, (int64_t)v->score,
		clue->since_ns, v->next_ns, (int64_t)v->may_sensors, yg_bytes_str(clue->note));

	*ret_number = sqlite3_last_insert_rowid(s->db);
	return rc;
}

static int update(struct yg_collections *s, const struct yg_clue *clue, int64_t number,
		  bool is_listed)
{
	const struct yg_clue_facts *f = &clue->facts;
	int rc = yg_sx_run(s,
			   "UPDATE clues SET version_ns=?2, from_ns=?3, until_ns=?4, confidence=?5,"
			   " tlp=?6, pap=?7, flags=?8|(flags&?9), next_ns=0 WHERE n=?1",
			   "iiiiiiiii", number, f->version_ns, f->from_ns, f->until_ns,
			   (int64_t)f->confidence, (int64_t)f->tlp, (int64_t)f->pap,
			   flags_of(f) & ~FLAGS_PEOPLE, (int64_t)FLAGS_PEOPLE);

	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM clue_values WHERE n=?1", "i", number);
	return rc == YG_OK && is_listed ? mark(s, number) : rc; /* it may list other values */
}

int yg_clues_put(struct yg_collections *s, const struct yg_clue *clue,
		 const struct yg_clue_value *values, uint32_t count, bool is_back, bool *ret_taken)
{
	int64_t number = 0, version = 0;
	bool acts;
	int rc = look(s, clue, &number, &version, &acts);

	*ret_taken = number == 0 || is_back || version <= clue->facts.version_ns;
	if (rc != YG_OK || !*ret_taken)
		return rc;
	if (number == 0) {
		struct yg_clue fresh = *clue;

		fresh.verdict = (struct yg_clue_verdict){.state = 0};
		fresh.since_ns = 0;
		fresh.facts.is_known = false;
		fresh.note[0] = 0;
		rc = insert(s, &fresh, &number);
	} else {
		rc = update(s, clue, number, acts);
	}
	return rc == YG_OK ? put_values(s, number, values, count) : rc;
}

int yg_clues_put_judged(struct yg_collections *s, const struct yg_clue *clue,
			const struct yg_clue_value *values, uint32_t count)
{
	int64_t number = 0, version = 0;
	bool acts;
	int rc = look(s, clue, &number, &version, &acts);

	if (rc != YG_OK)
		return rc;
	if (number != 0) /* what people said and what was seen of it counts, too */
		return yg_clues_put(s, clue, values, count, false, &acts);
	rc = insert(s, clue, &number);
	if (rc == YG_OK)
		rc = put_values(s, number, values, count);
	return rc == YG_OK && clue->verdict.state == YG_CLUE_ACTS ? mark(s, number) : rc;
}

int yg_clues_level(struct yg_collections *s, int64_t collection, bool *ret)
{
	sqlite3_stmt *stmt = NULL;
	int64_t cursor = 0, last = 0;
	bool has_any = false;
	int rc = yg_clues_cursor(s, collection, &cursor);

	if (rc == YG_OK)
		rc = yg_sx_take(s,
				"SELECT added_us FROM objects WHERE c=?1 ORDER BY added_us DESC"
				" LIMIT 1",
				&stmt, "i", collection);
	if (rc == YG_OK) {
		rc = yg_clue_one(s, stmt, &last);
		has_any = rc == YG_OK;
	}
	*ret = !has_any || last == cursor;
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_clues_drop(struct yg_collections *s, int64_t number)
{
	int rc = mark(s, number);

	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM clue_values WHERE n=?1", "i", number);
	if (rc == YG_OK)
		rc = yg_sx_run(s, "DELETE FROM clue_seen WHERE n=?1", "i", number);
	return rc == YG_OK ? yg_sx_run(s, "DELETE FROM clues WHERE n=?1", "i", number) : rc;
}

/* Its state and whether sensors get it, as one number. */
static int listed_of(struct yg_collections *s, int64_t number, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT CASE state WHEN 1 THEN 1+sensors ELSE 0 END FROM clues"
			    " WHERE n=?1",
			    &stmt, "i", number);

	return rc == YG_OK ? yg_clue_one(s, stmt, ret) : rc;
}

int yg_clues_settle(struct yg_collections *s, const struct yg_clue *clue)
{
	const struct yg_clue_verdict *v = &clue->verdict;
	int64_t is = v->state == YG_CLUE_ACTS ? 1 + (int64_t)v->may_sensors : 0, was = 0;
	int rc = listed_of(s, clue->number, &was);

	if (rc == YG_OK)
		rc = yg_sx_run(
			s,
			"UPDATE clues SET since_ns=CASE WHEN state=?2 AND why=?3 AND since_ns<>0"
			" THEN since_ns ELSE ?4 END, state=?2, why=?3, score=?5, next_ns=?6,"
			" sensors=?7, note=?8, flags=(flags&~?9)|?10 WHERE n=?1",
			"iiiiiiitii", clue->number, (int64_t)v->state, (int64_t)v->why,
			clue->since_ns, (int64_t)v->score, v->next_ns, (int64_t)v->may_sensors,
			yg_bytes_str(clue->note), (int64_t)FLAG_KNOWN,
			clue->facts.is_known ? (int64_t)FLAG_KNOWN : INT64_C(0));
	return rc == YG_OK && is != was ? mark(s, clue->number) : rc;
}

int yg_clues_said(struct yg_collections *s, struct yg_bytes id, const struct yg_clue_words *words)
{
	int64_t flags = (words->is_yes ? FLAG_YES : 0) | (words->is_no ? FLAG_NO : 0);
	int rc = yg_sx_run(s,
			   "UPDATE clues SET flags=(flags&~?2)|?3, said_ns=?4, reports=?5,"
			   " told=?6, next_ns=0 WHERE id=?1",
			   "tiiiii", id, (int64_t)FLAGS_PEOPLE, flags, words->said_ns,
			   (int64_t)words->reports, (int64_t)words->told);

	/* A line of what acts says whether a person confirmed it. */
	if (rc == YG_OK)
		rc = yg_sx_run(s,
			       "INSERT INTO clue_parts SELECT n/?2, 1 FROM clues WHERE id=?1 AND"
			       " state=1 ON CONFLICT(part) DO UPDATE SET mark=mark+1",
			       "ti", id, (int64_t)YG_CLUE_PART);
	return rc;
}

/* A finding that is not there yet, when there is room. Beyond, those that are kept go on counting.
 * *ret_orgs: 1 when nobody of its organisation was hit before. */
static int see_first(struct yg_collections *s, const struct yg_clue_sighting *one,
		     int64_t *ret_count, int64_t *ret_orgs)
{
	struct yg_bytes finding = {one->finding, sizeof(one->finding)};
	sqlite3_stmt *stmt = NULL;
	int64_t kept = 0;
	int rc =
		yg_sx_take(s, "SELECT count(*) FROM clue_seen WHERE n=?1", &stmt, "i", one->number);

	if (rc == YG_OK)
		rc = yg_clue_one(s, stmt, &kept);
	if (rc != YG_OK || kept >= (int64_t)YG_CLUE_SEEN_KEPT)
		return rc;
	rc = yg_sx_take(s, "SELECT NOT EXISTS(SELECT 1 FROM clue_seen WHERE n=?1 AND org=?2)",
			&stmt, "it", one->number, yg_bytes_str(one->org));
	if (rc == YG_OK)
		rc = yg_clue_one(s, stmt, ret_orgs);
	*ret_count = (int64_t)one->count;
	return rc == YG_OK ? yg_sx_run(s, "INSERT INTO clue_seen VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
				       "ibtiii", one->number, finding, yg_bytes_str(one->org),
				       one->first_ns, one->last_ns, *ret_count)
			   : rc;
}

/* One that is there and had @was records, longer or with more. */
static int see_again(struct yg_collections *s, const struct yg_clue_sighting *one, int64_t was,
		     int64_t *ret_count)
{
	struct yg_bytes finding = {one->finding, sizeof(one->finding)};

	*ret_count = (int64_t)one->count > was ? (int64_t)one->count - was : 0;
	return yg_sx_run(s,
			 "UPDATE clue_seen SET first_ns=min(first_ns, ?3), last_ns=max(last_ns,"
			 " ?4), count=count+?5 WHERE n=?1 AND finding=?2",
			 "ibiii", one->number, finding, one->first_ns, one->last_ns, *ret_count);
}

/* By differences: what is kept of a clue may be much, and findings grow often. */
int yg_clues_seen(struct yg_collections *s, const struct yg_clue_sighting *one)
{
	struct yg_bytes finding = {one->finding, sizeof(one->finding)};
	int64_t was = 0, count = 0, orgs = 0;
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT count FROM clue_seen WHERE n=?1 AND finding=?2", &stmt, "ib",
			    one->number, finding);

	if (rc == YG_OK)
		rc = yg_clue_one(s, stmt, &was);
	if (rc == YG_ENOENT)
		rc = see_first(s, one, &count, &orgs);
	else if (rc == YG_OK)
		rc = see_again(s, one, was, &count);
	return rc == YG_OK ? yg_sx_run(s,
				       "UPDATE clues SET sighted_ns=max(sighted_ns, ?2), next_ns=0,"
				       " sighted=sighted+?3, sightings=sightings+?4 WHERE n=?1",
				       "iiii", one->number, one->last_ns, orgs, count)
			   : rc;
}

int yg_clues_again(struct yg_collections *s)
{
	return yg_sx_run(s, "UPDATE clues SET next_ns=0", "");
}

int yg_clues_mark_acting(struct yg_collections *s)
{
	return yg_sx_run(s,
			 "INSERT INTO clue_parts SELECT DISTINCT n/?1, 1 FROM clues WHERE state=1"
			 " ON CONFLICT(part) DO UPDATE SET mark=mark+1",
			 "i", (int64_t)YG_CLUE_PART);
}

int yg_clues_gone(struct yg_collections *s, int64_t *ret_collection, char id[YG_STIX_ID_MAX + 1])
{
	sqlite3_stmt *stmt = NULL;
	struct yg_bytes text;
	int rc = yg_sx_take(s, "SELECT c, id FROM clue_gone ORDER BY c, id LIMIT 1", &stmt, "");

	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*ret_collection = sqlite3_column_int64(stmt, 0);
	text = yg_bytes_cut(yg_sx_bytes(stmt, 1), 0, YG_STIX_ID_MAX);
	if (text.size > 0)
		memcpy(id, text.data, text.size);
	id[text.size] = 0;
	(void)sqlite3_reset(stmt); /* one row */
	return YG_OK;
}

int yg_clues_gone_done(struct yg_collections *s, int64_t collection, struct yg_bytes id)
{
	return yg_sx_run(s, "DELETE FROM clue_gone WHERE c=?1 AND id=?2", "it", collection, id);
}

int yg_clues_part(struct yg_collections *s, int64_t after, struct yg_clue_part *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT part, mark FROM clue_parts WHERE part>?1 ORDER BY part LIMIT 1",
			    &stmt, "i", after);

	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	if (rc != YG_OK)
		return rc == YG_EEND ? YG_ENOENT : rc;
	*ret = (struct yg_clue_part){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)};
	(void)sqlite3_reset(stmt); /* one row */
	return YG_OK;
}

int yg_clues_part_done(struct yg_collections *s, const struct yg_clue_part *part)
{
	return yg_sx_run(s, "DELETE FROM clue_parts WHERE part=?1 AND mark=?2", "ii", part->number,
			 part->mark);
}
