/* SPDX-License-Identifier: Apache-2.0 */
/* Clues: reading. */
#define YG_BAN_ALLOW_MALLOC
#include "store/clues-int.h"

#include "base/ban.h"

#define CLUE                                                                                       \
	"k.n, k.c, k.id, k.version_ns, k.from_ns, k.until_ns, k.confidence, k.tlp, k.pap, "        \
	"k.flags,"                                                                                 \
	" k.said_ns, k.reports, k.told, k.sighted, k.sighted_ns, k.sightings, k.state, k.why,"     \
	" k.score, k.since_ns, k.next_ns, k.sensors, k.note"
#define CLUE_COLUMNS 23

static void copy_text(sqlite3_stmt *stmt, int at, char *to, size_t room)
{
	struct yg_bytes b = yg_bytes_cut(yg_sx_bytes(stmt, at), 0, room - 1);

	if (b.size > 0)
		memcpy(to, b.data, b.size);
	to[b.size] = 0;
}

void yg_clue_row(sqlite3_stmt *stmt, struct yg_stix_row *ret)
{
	*ret = (struct yg_stix_row){
		.added_us = sqlite3_column_int64(stmt, 0),
		.object = {.id = yg_sx_bytes(stmt, 1),
			   .version = yg_sx_bytes(stmt, 2),
			   .version_ns = sqlite3_column_int64(stmt, 3),
			   .spec = (enum yg_stix_spec)sqlite3_column_int(stmt, 4),
			   .tlp = (enum yg_tlp)sqlite3_column_int(stmt, 5),
			   .type = yg_sx_bytes(stmt, 6),
			   .text = yg_sx_bytes(stmt, 7)},
	};
}

static void read_clue(sqlite3_stmt *stmt, struct yg_clue *ret)
{
	*ret = (struct yg_clue){
		.number = sqlite3_column_int64(stmt, 0),
		.collection = sqlite3_column_int64(stmt, 1),
		.facts = {.version_ns = sqlite3_column_int64(stmt, 3),
			  .from_ns = sqlite3_column_int64(stmt, 4),
			  .until_ns = sqlite3_column_int64(stmt, 5),
			  .confidence = sqlite3_column_int(stmt, 6),
			  .tlp = (enum yg_tlp)sqlite3_column_int(stmt, 7),
			  .pap = (enum yg_pap)sqlite3_column_int(stmt, 8),
			  .said_ns = sqlite3_column_int64(stmt, 10),
			  .reports = (uint32_t)sqlite3_column_int64(stmt, 11),
			  .sighted_ns = sqlite3_column_int64(stmt, 14)},
		.told = (uint32_t)sqlite3_column_int64(stmt, 12),
		.sightings = (uint64_t)sqlite3_column_int64(stmt, 15),
		.verdict = {.state = (enum yg_clue_state)sqlite3_column_int(stmt, 16),
			    .why = (enum yg_clue_why)sqlite3_column_int(stmt, 17),
			    .score = sqlite3_column_int(stmt, 18),
			    .next_ns = sqlite3_column_int64(stmt, 20),
			    .may_sensors = sqlite3_column_int(stmt, 21) != 0},
		.since_ns = sqlite3_column_int64(stmt, 19),
	};
	copy_text(stmt, 2, ret->id, sizeof(ret->id));
	copy_text(stmt, 22, ret->note, sizeof(ret->note));
	yg_clue_flags(sqlite3_column_int64(stmt, 9), &ret->facts);
	ret->facts.sighted = (uint32_t)sqlite3_column_int64(stmt, 13) + ret->told;
}

/* Every row to @fn. */
static int each(struct yg_collections *s, sqlite3_stmt *stmt, int rc, yg_clue_fn fn, void *arg)
{
	struct yg_clue clue;

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		read_clue(stmt, &clue);
		s->is_reading = true;
		rc = fn(arg, &clue);
		s->is_reading = false;
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt); /* left in the middle */
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_clues_due(struct yg_collections *s, int64_t now_ns, uint32_t limit, yg_clue_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT " CLUE " FROM clues k WHERE k.next_ns<=?1 ORDER BY k.next_ns"
			    " LIMIT ?2",
			    &stmt, "ii", now_ns, (int64_t)limit);

	return each(s, stmt, rc, fn, arg);
}

int yg_clues_named(struct yg_collections *s, struct yg_bytes id, yg_clue_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT " CLUE " FROM clues k WHERE k.id=?1 ORDER BY k.c", &stmt,
			    "t", id);

	return each(s, stmt, rc, fn, arg);
}

int yg_clues_of_value(struct yg_collections *s, struct yg_bytes value, int64_t after,
		      uint32_t limit, yg_clue_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT " CLUE " FROM clue_values v CROSS JOIN clues k ON k.n=v.n"
			    " WHERE v.value=?1 AND v.n>?2 ORDER BY v.n LIMIT ?3",
			    &stmt, "tii", value, after, (int64_t)limit);

	return each(s, stmt, rc, fn, arg);
}

int yg_clues_page(struct yg_collections *s, enum yg_clue_state state, int64_t after, uint32_t limit,
		  yg_clue_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	if (state == YG_CLUE_STATE_COUNT)
		rc = yg_sx_take(s,
				"SELECT " CLUE " FROM clues k WHERE k.n>?1 ORDER BY k.n LIMIT ?2",
				&stmt, "ii", after, (int64_t)limit);
	else
		rc = yg_sx_take(s,
				"SELECT " CLUE " FROM clues k WHERE k.state=?1 AND k.n>?2"
				" ORDER BY k.n LIMIT ?3",
				&stmt, "iii", (int64_t)state, after, (int64_t)limit);
	return each(s, stmt, rc, fn, arg);
}

int yg_clues_values(struct yg_collections *s, int64_t number, yg_clue_values_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT kind, person, value FROM clue_values WHERE n=?1 ORDER BY place",
			    &stmt, "i", number);

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		struct yg_clue_value one = {.kind = (uint32_t)sqlite3_column_int(stmt, 0),
					    .is_person = sqlite3_column_int(stmt, 1) != 0,
					    .value = yg_sx_bytes(stmt, 2)};

		rc = fn(arg, &one);
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt); /* left in the middle */
	}
	return rc == YG_EEND ? YG_OK : rc;
}

/* Columns: finding, org, first_ns, last_ns, count, n. */
static void read_sighting(sqlite3_stmt *stmt, struct yg_clue_sighting *ret)
{
	struct yg_bytes finding = yg_sx_bytes(stmt, 0);

	*ret = (struct yg_clue_sighting){.first_ns = sqlite3_column_int64(stmt, 2),
					 .last_ns = sqlite3_column_int64(stmt, 3),
					 .count = (uint64_t)sqlite3_column_int64(stmt, 4),
					 .number = sqlite3_column_int64(stmt, 5)};
	if (finding.size == sizeof(ret->finding))
		memcpy(ret->finding, finding.data, sizeof(ret->finding));
	copy_text(stmt, 1, ret->org, sizeof(ret->org));
}

int yg_clues_sightings(struct yg_collections *s, int64_t number, uint32_t limit,
		       yg_clue_sighting_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT finding, org, first_ns, last_ns, count, n FROM clue_seen WHERE"
			    " n=?1 ORDER BY finding LIMIT ?2",
			    &stmt, "ii", number, (int64_t)limit);

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		struct yg_clue_sighting one;

		read_sighting(stmt, &one);
		rc = fn(arg, &one);
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt); /* left in the middle */
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_clues_seen_at(struct yg_collections *s, const char *org, yg_clue_seen_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT e.finding, e.org, e.first_ns, e.last_ns, e.count, e.n, k.id"
			    " FROM clue_seen e JOIN clues k ON k.n=e.n WHERE e.org=?1"
			    " ORDER BY e.n, e.finding",
			    &stmt, "t", yg_bytes_str(org));

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		struct yg_clue_sighting one;

		read_sighting(stmt, &one);
		rc = fn(arg, yg_sx_bytes(stmt, 6), &one);
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt); /* left in the middle */
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_clues_of_finding(struct yg_collections *s, const uint8_t finding[YG_CLUE_FINDING],
			uint32_t limit, yg_clue_id_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT k.id FROM clue_seen e CROSS JOIN clues k ON k.n=e.n WHERE"
			    " e.finding=?1 ORDER BY e.n LIMIT ?2",
			    &stmt, "bi", (struct yg_bytes){finding, YG_CLUE_FINDING},
			    (int64_t)limit);

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		rc = fn(arg, yg_sx_bytes(stmt, 0));
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt); /* left in the middle */
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_clues_acting(struct yg_collections *s, int64_t from, int64_t to, yg_clue_acting_fn fn,
		    void *arg)
{
	struct yg_collection of = {.number = INT64_MIN};
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT " CLUE ", v.kind, v.person, v.value, o.n, o.id, o.root,"
			    " o.alias, o.owner, o.sector, o.title, o.description, o.reach,"
			    " o.default_tlp, o.others_write, o.readable, o.writable, o.specs"
			    " FROM clues k CROSS JOIN collections o ON o.n=k.c CROSS JOIN"
			    " clue_values v ON v.n=k.n WHERE k.n>=?1 AND k.n<?2 AND k.state=1"
			    " ORDER BY k.n, v.place",
			    &stmt, "ii", from, to);

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		struct yg_clue clue;
		struct yg_clue_value one = {
			.kind = (uint32_t)sqlite3_column_int(stmt, CLUE_COLUMNS),
			.is_person = sqlite3_column_int(stmt, CLUE_COLUMNS + 1) != 0,
			.value = yg_sx_bytes(stmt, CLUE_COLUMNS + 2)};

		read_clue(stmt, &clue);
		if (of.number != clue.collection) /* mostly many of one in a row, and it is long */
			yg_sx_collection(stmt, CLUE_COLUMNS + 3, &of);
		rc = fn(arg, &clue, &of, &one);
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt); /* left in the middle */
	}
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_clues_parts(struct yg_collections *s, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s, "SELECT coalesce(max(n), 0) FROM clues", &stmt, "");

	if (rc == YG_OK)
		rc = yg_clue_one(s, stmt, ret);
	*ret = rc == YG_OK ? *ret / (int64_t)YG_CLUE_PART + 1 : 0;
	return rc;
}

int yg_clues_counts(struct yg_collections *s, uint64_t ret[YG_CLUE_STATE_COUNT])
{
	int rc = YG_OK;

	for (int64_t state = 0; rc == YG_OK && state < YG_CLUE_STATE_COUNT; state++) {
		sqlite3_stmt *stmt = NULL;
		int64_t count = 0;

		rc = yg_sx_take(s, "SELECT count(*) FROM clues WHERE state=?1", &stmt, "i", state);
		if (rc == YG_OK)
			rc = yg_clue_one(s, stmt, &count);
		ret[state] = (uint64_t)count;
	}
	return rc;
}

#define RELATION(end)                                                                              \
	"SELECT o.added_us, o.id, o.version, o.version_ns, o.spec, o.tlp, o.type, o.body, o.c, "   \
	"o.n"                                                                                      \
	" FROM ends e CROSS JOIN objects o ON o.n=e.n WHERE e." end "=?1 AND e.n>?2"               \
	" ORDER BY e.n LIMIT ?3"

int yg_clues_relations(struct yg_collections *s, const struct yg_relation_ask *ask,
		       yg_relation_fn fn, void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = ask->is_target ? yg_sx_take(s, RELATION("target"), &stmt, "tii", ask->ref,
					     ask->after, (int64_t)ask->limit)
				: yg_sx_take(s, RELATION("source"), &stmt, "tii", ask->ref,
					     ask->after, (int64_t)ask->limit);

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		struct yg_stix_row row;

		yg_clue_row(stmt, &row);
		rc = fn(arg, sqlite3_column_int64(stmt, 8), sqlite3_column_int64(stmt, 9), &row);
		if (rc != YG_OK)
			(void)sqlite3_reset(stmt); /* left in the middle */
	}
	return rc == YG_EEND ? YG_OK : rc;
}
