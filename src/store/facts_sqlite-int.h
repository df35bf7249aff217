/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/facts_sqlite-int.h - facts_sqlite.c (opening, writing) and facts_sqlite_read.c share this.
 */
#pragma once

#include "store/facts-int.h"
#include "store/sqlite-int.h"

#define YG_FACT_TROUBLE_MAX 240u
#define YG_FACT_NAME_SLOTS  4096u /* names the writer remembers */
#define YG_FACT_DAY_SLOTS   1024u /* days of organisations that a batch counts beside the file */
#define YG_FACT_PIECE	    (16u << 20)
#define YG_FACT_SEEN_SLOTS  128u /* by number, for each of: */
#define YG_FACT_SEEN_OF	    5u	 /* organisation, sensor, rule, source; what is said of a rule */

/* Columns of a row, in the order of the statements that read them. */
enum yg_fact_column {
	YG_COL_ID,
	YG_COL_CHANGE,
	YG_COL_ORG,
	YG_COL_SENSOR,
	YG_COL_RULE,
	YG_COL_ABOUT,
	YG_COL_SOURCE,
	YG_COL_LEVEL,
	YG_COL_OUTCOME,
	YG_COL_FIRST,
	YG_COL_LAST,
	YG_COL_RECEIVED,
	YG_COL_WRITTEN,
	YG_COL_COUNT,
	YG_COL_REASON,
	YG_COL_ACTOR,
	YG_COL_TARGET,
	YG_COL_MATCHED,
	YG_COL_REFS,
	YG_COL_HUNT,
};

/* Every statement there is; tests look at the plan of each. */
enum yg_fact_query {
	YG_FQ_BEGIN,
	YG_FQ_COMMIT,
	YG_FQ_ROLLBACK,
	YG_FQ_CURSOR,
	YG_FQ_PUT_CURSOR,
	YG_FQ_PUT_STATE,
	YG_FQ_LAST,
	YG_FQ_PUT_LAST,
	YG_FQ_NAME_FIND,
	YG_FQ_NAME_ADD,
	YG_FQ_RULE_FIND,
	YG_FQ_RULE_ADD,
	YG_FQ_ROW,
	YG_FQ_INSERT,
	YG_FQ_UPDATE,
	YG_FQ_TOUCH,
	YG_FQ_OUTCOME,
	YG_FQ_COUNT,
	YG_FQ_PART,
	YG_FQ_PUT_PART,
	YG_FQ_DROP_PART,
	YG_FQ_EXPIRE,
	YG_FQ_LIST_ALL,
	YG_FQ_LIST_ORG,
	YG_FQ_LIST_CHANGES,
	YG_FQ_LIST_ORG_CHANGES,
	YG_FQ_HEAD_OF_ORG,
	YG_FQ_CHANGE_OF_ORG,
	YG_FQ_DAYS,
	YG_FQ_NAME,
	YG_FQ_ABOUT,
	YG_FQ_COUNT_OF,
};
extern const char *const yg_fact_queries[YG_FQ_COUNT_OF];

struct yg_fact_name {
	char *text; /* owned; NULL: free */
	size_t size;
	uint64_t hash;
	int64_t n;
};

/* What a listing has read already of what its rows say by number. */
struct yg_fact_seen {
	uint64_t walk; /* of which listing; 0: of none */
	int64_t n;
	struct yg_buf texts; /* one behind the other: a name; or digest and two titles */
	size_t sizes[3];
	int64_t kind;
	int64_t field;
};
struct yg_fact_seens {
	struct yg_fact_seen at[YG_FACT_SEEN_OF][YG_FACT_SEEN_SLOTS];
};

struct yg_facts_sqlite {
	struct yg_facts facts;
	sqlite3 *db;
	sqlite3_stmt *stmts[YG_FQ_COUNT_OF]; /* prepared when first asked for */
	uint64_t seed;
	struct yg_fact_name *names; /* by hash; made when first written */
	uint64_t change;	    /* the last one */
	int64_t data_version;	    /* as SQLite counts what other connections wrote */
	uint64_t change_before;	    /* when the batch began */
	struct {
		int64_t org; /* 0: free */
		bool is_summed;
		struct yg_fact_day sums;
	} * days; /* of the batch; made when first written */
	uint32_t day_count;
	uint64_t walk;		     /* the listing at hand */
	struct yg_fact_seens *seens; /* made when first listed */
	char trouble[YG_FACT_TROUBLE_MAX];
};

/* Remember what SQLite says about @rc, and translate it; SQLITE_OK: YG_OK. */
int yg_fs_fail(struct yg_facts_sqlite *fs, int rc);

/* The statement, without bindings; give it back with sqlite3_reset when done. */
YG_MUST_USE int yg_fs_take(struct yg_facts_sqlite *fs, enum yg_fact_query query,
			   sqlite3_stmt **ret);
/* A statement that gives no row: step and reset. */
YG_MUST_USE int yg_fs_run(struct yg_facts_sqlite *fs, sqlite3_stmt *stmt);
int yg_fs_bind_text(sqlite3_stmt *stmt, int at, struct yg_bytes text);
int yg_fs_bind_blob(sqlite3_stmt *stmt, int at, struct yg_bytes blob);
struct yg_bytes yg_fs_text(sqlite3_stmt *stmt, int at);
struct yg_bytes yg_fs_blob(sqlite3_stmt *stmt, int at);

/* The number of a name: YG_OK, or YG_ENOENT. */
YG_MUST_USE int yg_fs_name(struct yg_facts_sqlite *fs, struct yg_bytes text, int64_t *ret);

/* The columns of a row but for the names behind its numbers. YG_OK or YG_EFORMAT. */
YG_MUST_USE int yg_fs_read_row(sqlite3_stmt *stmt, struct yg_fact_finding *row);

/* facts_sqlite_read.c */
void yg_fs_forget_seen(struct yg_facts_sqlite *fs);
int yg_fs_list(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_fn fn,
	       void *arg);
int yg_fs_get(struct yg_facts *facts, const struct yg_fact_filter *filter,
	      const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg);
int yg_fs_days(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_day_fn fn,
	       void *arg);
