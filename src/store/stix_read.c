/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading by a filter. The statement is put together of the parts that the filter asks for; every
 * value is bound, none stands in its text.
 */
#define YG_BAN_ALLOW_MALLOC
#include "base/buf.h"
#include "store/stix-int.h"

#include "base/ban.h"

#define SQL_MAX 65536u
/* Is a version there for who asks? ?3: what counts where nothing is marked; ?4: his clearance. */
#define SEEN(o)	   "(CASE " o ".tlp WHEN 0 THEN ?3 ELSE " o ".tlp END)<=?4"
#define FIRST_FREE 7 /* ?1 to ?6 are in every statement */

static void add_list(struct yg_buf *sql, const char *column, uint32_t count, int *next)
{
	if (count == 0)
		return;
	yg_buf_addf(sql, " AND %s IN (", column);
	for (uint32_t i = 0; i < count; i++)
		yg_buf_addf(sql, i ? ",?%d" : "?%d", (*next)++);
	yg_buf_add_byte(sql, ')');
}

/* No version of the same id lies further on in one direction, of those the filter lets through. */
static void add_extreme(struct yg_buf *sql, const struct yg_stix_filter *filter, char direction)
{
	yg_buf_addf(sql,
		    "NOT EXISTS(SELECT 1 FROM objects p WHERE p.c=o.c AND p.id=o.id AND"
		    " p.version_ns%co.version_ns AND %s AND %s)",
		    direction, SEEN("p"), filter->specs ? "((1<<p.spec)&?5)<>0" : "p.spec=o.spec");
}

static void add_versions(struct yg_buf *sql, const struct yg_stix_filter *filter, int *next)
{
	const char *join = " AND (";

	if (filter->has_all)
		return;
	if (filter->has_last) {
		yg_buf_add_str(sql, join);
		add_extreme(sql, filter, '>');
		join = " OR ";
	}
	if (filter->has_first) {
		yg_buf_add_str(sql, join);
		add_extreme(sql, filter, '<');
		join = " OR ";
	}
	for (uint32_t i = 0; i < filter->version_count; i++) {
		yg_buf_addf(sql, "%so.version_ns=?%d", join, (*next)++);
		join = " OR ";
	}
	if (join[1] == 'O')
		yg_buf_add_byte(sql, ')');
}

static void add_where(struct yg_buf *sql, const struct yg_stix_filter *filter)
{
	int next = FIRST_FREE;

	yg_buf_add_str(sql, " WHERE o.c=?1 AND o.added_us>?2 AND " SEEN("o"));
	add_list(sql, "o.id", filter->id_count, &next);
	add_list(sql, "o.type", filter->type_count, &next);
	if (filter->specs)
		yg_buf_add_str(sql, " AND ((1<<o.spec)&?5)<>0");
	else
		yg_buf_add_str(sql, " AND o.spec=(SELECT max(p.spec) FROM objects p WHERE p.c=o.c"
				    " AND p.id=o.id AND " SEEN("p") ")");
	add_versions(sql, filter, &next);
}

static int bind_all(sqlite3_stmt *stmt, const struct yg_stix_filter *filter, int64_t limit)
{
	const struct {
		const struct yg_bytes *at;
		uint32_t count;
	} lists[] = {{filter->ids, filter->id_count}, {filter->types, filter->type_count}};
	enum yg_tlp otherwise = filter->otherwise ? filter->otherwise : YG_TLP_RED;
	int next = FIRST_FREE;
	int rc = sqlite3_bind_int64(stmt, 1, filter->collection);

	rc = rc ? rc : sqlite3_bind_int64(stmt, 2, filter->after_us);
	rc = rc ? rc : sqlite3_bind_int64(stmt, 3, (int64_t)otherwise);
	rc = rc ? rc : sqlite3_bind_int64(stmt, 4, (int64_t)filter->clearance);
	/* What a statement does not name cannot be bound; it is in none of them then. */
	if (filter->specs)
		rc = rc ? rc : sqlite3_bind_int64(stmt, 5, (int64_t)filter->specs);
	if (limit > 0)
		rc = rc ? rc : sqlite3_bind_int64(stmt, 6, limit);
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t i = 0; i < lists[k].count && rc == SQLITE_OK; i++)
			rc = sqlite3_bind_text(stmt, next++, (const char *)lists[k].at[i].data,
					       (int)lists[k].at[i].size, SQLITE_STATIC);
	if (filter->has_all)
		return rc;
	for (uint32_t i = 0; i < filter->version_count && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_int64(stmt, next++, filter->versions_ns[i]);
	return rc;
}

static int prepare(struct yg_collections *s, const struct yg_stix_filter *filter, const char *head,
		   int64_t limit, sqlite3_stmt **ret)
{
	struct yg_buf sql;
	int rc;

	if (filter->id_count > YG_STIX_FILTER_MAX || filter->type_count > YG_STIX_FILTER_MAX ||
	    filter->version_count > YG_STIX_FILTER_MAX)
		return YG_ELIMIT;
	yg_buf_init(&sql, SQL_MAX);
	yg_buf_add_str(&sql, head);
	add_where(&sql, filter);
	yg_buf_add_str(&sql, limit > 0 ? " ORDER BY o.added_us LIMIT ?6)" : ")");
	rc = yg_buf_error(&sql);
	if (rc == YG_OK)
		rc = yg_sx_fail(s, sqlite3_prepare_v2(s->db, (const char *)sql.data, (int)sql.size,
						      ret, NULL));
	yg_buf_done(&sql);
	if (rc == YG_OK)
		rc = yg_sx_fail(s, bind_all(*ret, filter, limit));
	return rc;
}

static void read_row(sqlite3_stmt *stmt, const struct yg_stix_filter *filter,
		     struct yg_stix_row *ret)
{
	enum yg_tlp tlp = (enum yg_tlp)sqlite3_column_int(stmt, 5);

	if (tlp == YG_TLP_NONE)
		tlp = filter->otherwise ? filter->otherwise : YG_TLP_RED;
	*ret = (struct yg_stix_row){
		.added_us = sqlite3_column_int64(stmt, 0),
		.object = {.id = yg_sx_bytes(stmt, 1),
			   .version = yg_sx_bytes(stmt, 2),
			   .version_ns = sqlite3_column_int64(stmt, 3),
			   .spec = (enum yg_stix_spec)sqlite3_column_int(stmt, 4),
			   .tlp = tlp,
			   .type = yg_sx_bytes(stmt, 6),
			   .text = yg_sx_bytes(stmt, 7)},
	};
}

int yg_collections_read(struct yg_collections *s, const struct yg_stix_filter *filter,
			bool with_text, yg_stix_row_fn fn, void *arg, bool *ret_is_more)
{
	sqlite3_stmt *stmt = NULL;
	uint32_t count = 0;
	struct yg_stix_row row;
	int rc = prepare(s, filter,
			 with_text ? "SELECT * FROM (SELECT o.added_us, o.id, o.version,"
				     " o.version_ns, o.spec, o.tlp, o.type, o.body FROM objects o"
				   : "SELECT * FROM (SELECT o.added_us, o.id, o.version,"
				     " o.version_ns, o.spec, o.tlp, o.type, x'' FROM objects o",
			 (int64_t)filter->limit + 1, &stmt);

	*ret_is_more = false;
	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		if (count++ == filter->limit) {
			*ret_is_more = true;
			break;
		}
		read_row(stmt, filter, &row);
		s->is_reading = true;
		rc = fn(arg, &row);
		s->is_reading = false;
	}
	(void)sqlite3_finalize(stmt); /* its error was that of the step */
	return rc == YG_EEND ? YG_OK : rc;
}

static int run_filter(struct yg_collections *s, const struct yg_stix_filter *filter,
		      const char *head, uint64_t *ret_count)
{
	sqlite3_stmt *stmt = NULL;
	int rc = prepare(s, filter, head, 0, &stmt);

	if (rc == YG_OK)
		rc = yg_sx_step(s, stmt);
	*ret_count = rc == YG_EEND ? (uint64_t)sqlite3_changes64(s->db) : 0;
	(void)sqlite3_finalize(stmt); /* as above */
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_collections_put_origin(struct yg_collections *s, int64_t c, int64_t added_us,
			      const char *origin)
{
	return yg_sx_run(s, "INSERT OR REPLACE INTO origins VALUES(?1, ?2, ?3)", "iit", c, added_us,
			 yg_bytes_str(origin));
}

int yg_collections_came(struct yg_collections *s, const char *origin, uint32_t limit,
			int (*fn)(void *arg, const struct yg_stix_came *one), void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int rc = yg_sx_take(s,
			    "SELECT o.id, o.version, o.added_us, o.c FROM origins f JOIN objects o"
			    " ON o.c=f.c AND o.added_us=f.added_us WHERE f.origin=?1"
			    " ORDER BY f.added_us DESC LIMIT ?2",
			    &stmt, "ti", yg_bytes_str(origin), (int64_t)limit);

	while (rc == YG_OK && (rc = yg_sx_step(s, stmt)) == YG_OK) {
		struct yg_stix_came one = {.id = yg_sx_bytes(stmt, 0),
					   .version = yg_sx_bytes(stmt, 1),
					   .added_us = sqlite3_column_int64(stmt, 2),
					   .collection = sqlite3_column_int64(stmt, 3)};

		s->is_reading = true;
		rc = fn(arg, &one);
		s->is_reading = false;
	}
	if (stmt)
		(void)sqlite3_reset(stmt);
	return rc == YG_EEND ? YG_OK : rc;
}

int yg_collections_delete(struct yg_collections *s, const struct yg_stix_filter *filter,
			  uint64_t *ret_count)
{
	uint64_t marked;
	int rc = yg_collections_begin(s);

	*ret_count = 0;
	/* So that no indicator acts whose object is gone (clues.h). */
	if (rc == YG_OK)
		rc = run_filter(s, filter,
				"INSERT OR IGNORE INTO clue_gone SELECT c, id FROM objects WHERE"
				" type='indicator' AND n IN (SELECT o.n FROM objects o",
				&marked);
	if (rc == YG_OK)
		rc = run_filter(s, filter, "DELETE FROM ends WHERE n IN (SELECT o.n FROM objects o",
				&marked);
	if (rc == YG_OK)
		rc = run_filter(s, filter,
				"DELETE FROM origins WHERE c=?1 AND added_us IN (SELECT o.added_us"
				" FROM objects o",
				&marked);
	if (rc == YG_OK)
		rc = run_filter(s, filter,
				"DELETE FROM objects WHERE n IN (SELECT o.n FROM objects o",
				ret_count);
	if (rc == YG_OK)
		return yg_collections_commit(s);
	yg_collections_abort(s);
	return rc;
}
