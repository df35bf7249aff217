/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing. Each page is a walk along one tree from a known place: all bundles by id or by change,
 * or those of an organisation. What the tree does not order is looked at row by row, and the walk
 * ends after YG_FACT_LOOK_MAX rows, whatever it has found: a filter costs a page, never a table. Of
 * one organisation the index itself says what filters ask.
 * Several organisations are merged by their next ids or changes, so that no row of another one is
 * looked at: how far a page comes tells nothing of them.
 */
#include "store/facts_sqlite-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define END_BYTES  (YG_FACT_ID_BYTES + 1)
#define SEEN_ABOUT (YG_FACT_SEEN_OF - 1)
#define SEEN_MAX   (4u * YG_FACT_TEXT_MAX)
#define MERGE_COST 4u /* rows of one tree that one row of several organisations costs */

/* An organisation of several, and its next id. */
struct head {
	int64_t org;
	uint8_t id[YG_FACT_ID_BYTES];
	uint64_t change; /* by change: of that row, when it was looked for */
};

struct walk {
	struct yg_facts_sqlite *fs;
	const struct yg_fact_filter *filter;
	yg_fact_fn fn;
	void *arg;
	int64_t rule; /* numbers of names; 0: any */
	int64_t sensor;
	int64_t *orgs; /* ascending */
	size_t org_count;
	uint8_t end[END_BYTES]; /* ids below */
	size_t end_size;
	uint8_t start[YG_FACT_PREFIX_BYTES]; /* ids from here */
	size_t start_size;
	uint32_t looked;
	uint32_t cost; /* of a row */
	uint32_t given;
	bool is_full;
	struct head *heads; /* a heap, the greatest id or the earliest change first */
	size_t head_count;
};

/* ---- what numbers stand for ---- */

/*
 * A page of one organisation says the same few names again and again, so a listing remembers them:
 * for as long as one statement stands, that is, for one moment of the file, so that a number can
 * not stand for something else meanwhile. Each column has places of its own: the texts of a row
 * stand at the same time.
 */
static struct yg_fact_seen *seen_of(struct yg_facts_sqlite *fs, unsigned of, int64_t n)
{
	if (!fs->seens)
		fs->seens = yg_calloc(1, sizeof(*fs->seens));
	return fs->seens ? &fs->seens->at[of][(uint64_t)n % YG_FACT_SEEN_SLOTS] : NULL;
}

void yg_fs_forget_seen(struct yg_facts_sqlite *fs)
{
	for (unsigned of = 0; fs->seens && of < YG_FACT_SEEN_OF; of++)
		for (unsigned i = 0; i < YG_FACT_SEEN_SLOTS; i++)
			yg_buf_done(&fs->seens->at[of][i].texts);
	free(fs->seens);
	fs->seens = NULL;
}

/* The first @count columns of the row at which @stmt stands. */
static int keep_texts(struct yg_fact_seen *seen, sqlite3_stmt *stmt, int count)
{
	if (seen->texts.max == 0)
		yg_buf_init(&seen->texts, SEEN_MAX);
	yg_buf_reset(&seen->texts);
	for (int i = 0; i < count; i++) {
		struct yg_bytes text = yg_fs_text(stmt, i);

		seen->sizes[i] = text.size;
		yg_buf_add(&seen->texts, text);
	}
	return yg_buf_error(&seen->texts);
}

/* What number @n stands for, in @of's places. */
static int see(struct yg_facts_sqlite *fs, unsigned of, int64_t n, struct yg_fact_seen **ret)
{
	bool is_about = of == SEEN_ABOUT;
	struct yg_fact_seen *seen = seen_of(fs, of, n);
	sqlite3_stmt *stmt;
	int rc = seen ? YG_OK : YG_ENOMEM;
	int step;

	*ret = seen;
	if (rc != YG_OK || (seen->walk == fs->walk && seen->n == n))
		return rc;
	seen->walk = 0;
	rc = yg_fs_take(fs, is_about ? YG_FQ_ABOUT : YG_FQ_NAME, &stmt);
	if (rc == YG_OK)
		rc = yg_fs_fail(fs, sqlite3_bind_int64(stmt, 1, n));
	if (rc != YG_OK)
		return rc;
	step = sqlite3_step(stmt);
	if (step != SQLITE_ROW) {
		rc = step == SQLITE_DONE ? YG_EFORMAT : yg_fs_fail(fs, step);
	} else {
		rc = keep_texts(seen, stmt, is_about ? 3 : 1);
		seen->kind = is_about ? sqlite3_column_int64(stmt, 3) : 0;
		seen->field = is_about ? sqlite3_column_int64(stmt, 4) : 0;
	}
	(void)sqlite3_reset(stmt); /* its error is that of the step */
	if (rc == YG_OK) {
		seen->n = n;
		seen->walk = fs->walk;
	}
	return rc;
}

/* ---- a row to its reader ---- */

static int fill_about(struct yg_facts_sqlite *fs, int64_t n, struct yg_fact_finding *row)
{
	struct yg_fact_seen *seen;
	struct yg_bytes texts;
	int rc = see(fs, SEEN_ABOUT, n, &seen);

	if (rc != YG_OK)
		return rc;
	texts = yg_buf_bytes(&seen->texts);
	row->rules = yg_bytes_cut(texts, 0, seen->sizes[0]);
	row->title = yg_bytes_cut(yg_bytes_from(texts, seen->sizes[0]), 0, seen->sizes[1]);
	row->title_ja = yg_bytes_from(texts, seen->sizes[0] + seen->sizes[1]);
	if (seen->kind < 0 || seen->kind > YG_KIND_CORRELATION || seen->field < 0 ||
	    seen->field >= YG_ATTACK_COUNT)
		return YG_EFORMAT;
	row->kind = (enum yg_finding_kind)seen->kind;
	row->field = (enum yg_attack_field)seen->field;
	return YG_OK;
}

/* Hand on the row at which @stmt stands, with the names behind its numbers. */
static int give(struct walk *walk, sqlite3_stmt *stmt, struct yg_fact_finding *row)
{
	static const struct {
		enum yg_fact_column column;
		size_t to;
	} names[SEEN_ABOUT] = {
		{YG_COL_ORG, offsetof(struct yg_fact_finding, org)},
		{YG_COL_SENSOR, offsetof(struct yg_fact_finding, sensor)},
		{YG_COL_RULE, offsetof(struct yg_fact_finding, rule)},
		{YG_COL_SOURCE, offsetof(struct yg_fact_finding, source)},
	};
	struct yg_facts_sqlite *fs = walk->fs;
	int rc = fill_about(fs, sqlite3_column_int64(stmt, YG_COL_ABOUT), row);

	for (unsigned i = 0; rc == YG_OK && i < SEEN_ABOUT; i++) {
		struct yg_fact_seen *seen;

		rc = see(fs, i, sqlite3_column_int64(stmt, (int)names[i].column), &seen);
		if (rc == YG_OK)
			*(struct yg_bytes *)(void *)((uint8_t *)row + names[i].to) =
				yg_buf_bytes(&seen->texts);
	}
	return rc == YG_OK ? walk->fn(walk->arg, row) : rc;
}

static bool has_org(const struct walk *walk, int64_t org)
{
	size_t low = 0, high = walk->org_count;

	if (walk->filter->is_all_orgs)
		return true;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (walk->orgs[mid] == org)
			return true;
		if (walk->orgs[mid] < org)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* One row was looked at. */
static void count_look(struct walk *walk)
{
	walk->looked += walk->cost;
	walk->is_full = walk->given >= walk->filter->limit || walk->looked >= YG_FACT_LOOK_MAX;
}

/* Look at the row; give it when it passes. */
static int look_at(struct walk *walk, sqlite3_stmt *stmt)
{
	struct yg_fact_next *next = &walk->fs->facts.next;
	struct yg_fact_finding row;
	int rc = yg_fs_read_row(stmt, &row);

	if (rc != YG_OK)
		return rc;
	if (has_org(walk, sqlite3_column_int64(stmt, YG_COL_ORG)) &&
	    (walk->rule == 0 || walk->rule == sqlite3_column_int64(stmt, YG_COL_RULE)) &&
	    (walk->sensor == 0 || walk->sensor == sqlite3_column_int64(stmt, YG_COL_SENSOR)) &&
	    yg_fact_passes(walk->filter, &row)) {
		rc = give(walk, stmt, &row);
		walk->given++;
	}
	if (walk->filter->by_change)
		next->after_change = row.change;
	else
		memcpy(next->after_id, row.id, YG_FACT_ID_BYTES);
	count_look(walk);
	return rc;
}

/* ---- what the index of an organisation says of a row ---- */

enum look_column {
	LOOK_ID,
	LOOK_RULE,
	LOOK_SENSOR,
	LOOK_LEVEL,
	LOOK_OUTCOME,
	LOOK_ACTOR,
};

static bool passes_look(const struct walk *walk, sqlite3_stmt *stmt, const uint8_t *id)
{
	const struct yg_fact_finding row = {
		.level = (enum yg_level)sqlite3_column_int64(stmt, LOOK_LEVEL),
		.outcome = (enum yg_outcome)sqlite3_column_int64(stmt, LOOK_OUTCOME),
		.actor = yg_fs_text(stmt, LOOK_ACTOR),
		.minute_ns = yg_fact_minute_of(id),
	};

	return (walk->rule == 0 || walk->rule == sqlite3_column_int64(stmt, LOOK_RULE)) &&
	       (walk->sensor == 0 || walk->sensor == sqlite3_column_int64(stmt, LOOK_SENSOR)) &&
	       yg_fact_passes(walk->filter, &row);
}

/* The row @id, which is there: the statement that found it still stands. */
static int give_row(struct walk *walk, struct yg_bytes id)
{
	struct yg_fact_finding row;
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(walk->fs, YG_FQ_ROW, &stmt);
	int step;

	if (rc == YG_OK)
		rc = yg_fs_fail(walk->fs, yg_fs_bind_blob(stmt, 1, id));
	if (rc != YG_OK)
		return rc;
	step = sqlite3_step(stmt);
	if (step == SQLITE_ROW)
		rc = yg_fs_read_row(stmt, &row);
	else
		rc = step == SQLITE_DONE ? YG_EFORMAT : yg_fs_fail(walk->fs, step);
	if (rc == YG_OK)
		rc = give(walk, stmt, &row);
	(void)sqlite3_reset(stmt); /* its error is that of the step */
	return rc;
}

/* Most rows that a filter leaves out cost no more than their place in the index. */
static int look_in_index(struct walk *walk, sqlite3_stmt *stmt)
{
	struct yg_bytes id = yg_fs_blob(stmt, LOOK_ID);
	int rc = id.size == YG_FACT_ID_BYTES ? YG_OK : YG_EFORMAT;

	if (rc == YG_OK && passes_look(walk, stmt, id.data)) {
		rc = give_row(walk, id);
		walk->given++;
	}
	if (rc == YG_OK)
		memcpy(walk->fs->facts.next.after_id, id.data, YG_FACT_ID_BYTES);
	count_look(walk);
	return rc;
}

/* ---- one tree ---- */

static int bind_range(const struct walk *walk, sqlite3_stmt *stmt)
{
	int b = yg_fs_bind_blob(stmt, 1, (struct yg_bytes){walk->end, walk->end_size});

	return b ? b : yg_fs_bind_blob(stmt, 2, (struct yg_bytes){walk->start, walk->start_size});
}

static int bind_change(sqlite3_stmt *stmt, uint64_t after)
{
	return sqlite3_bind_int64(stmt, 1, after > INT64_MAX ? INT64_MAX : (int64_t)after);
}

static int bind_walk(const struct walk *walk, sqlite3_stmt *stmt, enum yg_fact_query query)
{
	int b;

	if (walk->filter->by_change) {
		b = bind_change(stmt, walk->filter->after_change);
		return b == SQLITE_OK && query == YG_FQ_LIST_ORG_CHANGES
			       ? sqlite3_bind_int64(stmt, 2, walk->orgs[0])
			       : b;
	}
	b = bind_range(walk, stmt);
	return b == SQLITE_OK && query == YG_FQ_LIST_ORG
		       ? sqlite3_bind_int64(stmt, 3, walk->orgs[0])
		       : b;
}

static int walk_tree(struct walk *walk, enum yg_fact_query query)
{
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(walk->fs, query, &stmt);
	int step = SQLITE_DONE;

	walk->fs->walk++;
	if (rc == YG_OK)
		rc = yg_fs_fail(walk->fs, bind_walk(walk, stmt, query));
	while (rc == YG_OK && !walk->is_full && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = query == YG_FQ_LIST_ORG ? look_in_index(walk, stmt) : look_at(walk, stmt);
	if (rc == YG_OK && step != SQLITE_DONE && step != SQLITE_ROW)
		rc = yg_fs_fail(walk->fs, step);
	if (stmt)
		(void)sqlite3_reset(stmt); /* its error is that of the step */
	return rc;
}

/* ---- several organisations ---- */

static bool is_before(const struct walk *walk, const struct head *a, const struct head *b)
{
	return walk->filter->by_change ? a->change < b->change
				       : memcmp(a->id, b->id, YG_FACT_ID_BYTES) > 0;
}

static void sift(struct walk *walk, size_t at)
{
	for (;;) {
		size_t best = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < walk->head_count &&
			    is_before(walk, &walk->heads[child], &walk->heads[best]))
				best = child;
		if (best == at)
			return;
		struct head other = walk->heads[at];

		walk->heads[at] = walk->heads[best];
		walk->heads[best] = other;
		at = best;
	}
}

/* Where the first one of @head's organisation is looked for: below @end, or behind head->change. */
static int bind_head(const struct walk *walk, const struct head *head, struct yg_bytes end,
		     sqlite3_stmt *stmt)
{
	int b;

	if (walk->filter->by_change) {
		b = bind_change(stmt, head->change);
		return b ? b : sqlite3_bind_int64(stmt, 2, head->org);
	}
	b = yg_fs_bind_blob(stmt, 1, end);
	b = b ? b : yg_fs_bind_blob(stmt, 2, (struct yg_bytes){walk->start, walk->start_size});
	return b ? b : sqlite3_bind_int64(stmt, 3, head->org);
}

/* The next row of @head's organisation: YG_OK, YG_ENOENT. */
static int find_head(struct walk *walk, struct head *head, struct yg_bytes end)
{
	bool by_change = walk->filter->by_change;
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(walk->fs, by_change ? YG_FQ_CHANGE_OF_ORG : YG_FQ_HEAD_OF_ORG, &stmt);

	if (rc == YG_OK)
		rc = yg_fs_fail(walk->fs, bind_head(walk, head, end, stmt));
	if (rc != YG_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == (int)YG_FACT_ID_BYTES) {
		memcpy(head->id, yg_fs_blob(stmt, 0).data, YG_FACT_ID_BYTES);
		if (by_change)
			head->change = (uint64_t)sqlite3_column_int64(stmt, 1);
		rc = YG_OK;
	} else {
		rc = rc == SQLITE_DONE	? YG_ENOENT
		     : rc == SQLITE_ROW ? YG_EFORMAT
					: yg_fs_fail(walk->fs, rc);
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

/* Numbers of changes only ascend: what changed since the head was found has a later one. */
static bool has_moved(const struct walk *walk, const struct head *head, sqlite3_stmt *stmt)
{
	return walk->filter->by_change &&
	       (uint64_t)sqlite3_column_int64(stmt, YG_COL_CHANGE) != head->change;
}

static int look_at_head(struct walk *walk)
{
	struct head *head = &walk->heads[0];
	struct yg_bytes id = {head->id, YG_FACT_ID_BYTES};
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(walk->fs, YG_FQ_ROW, &stmt);

	walk->fs->walk++;
	if (rc == YG_OK)
		rc = yg_fs_fail(walk->fs, yg_fs_bind_blob(stmt, 1, id));
	if (rc != YG_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && !has_moved(walk, head, stmt))
		rc = look_at(walk, stmt);
	else /* it went, or changed, between two looks: then it comes later */
		rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? YG_OK : yg_fs_fail(walk->fs, rc);
	(void)sqlite3_reset(stmt);
	if (rc != YG_OK)
		return rc;
	uint8_t end[YG_FACT_ID_BYTES];

	memcpy(end, head->id, sizeof(end));
	rc = find_head(walk, head, (struct yg_bytes){end, sizeof(end)});
	if (rc == YG_ENOENT) {
		*head = walk->heads[--walk->head_count];
		rc = YG_OK;
	}
	sift(walk, 0);
	return rc;
}

static int walk_orgs(struct walk *walk)
{
	struct yg_bytes end = {walk->end, walk->end_size};
	int rc = YG_OK;

	walk->cost = MERGE_COST;
	walk->heads = yg_calloc(walk->org_count, sizeof(*walk->heads));
	if (!walk->heads)
		return YG_ENOMEM;
	for (size_t i = 0; rc == YG_OK && i < walk->org_count; i++) {
		struct head *head = &walk->heads[walk->head_count];

		head->org = walk->orgs[i];
		head->change = walk->filter->after_change;
		rc = find_head(walk, head, end);
		walk->head_count += rc == YG_OK;
		rc = rc == YG_ENOENT ? YG_OK : rc;
	}
	for (size_t i = walk->head_count; i-- > 0;)
		sift(walk, i);
	while (rc == YG_OK && walk->head_count > 0 && !walk->is_full)
		rc = look_at_head(walk);
	free(walk->heads);
	return rc;
}

/* ---- what is asked ---- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Those of the organisations that there are, once each. */
static int find_orgs(struct walk *walk)
{
	const struct yg_fact_filter *filter = walk->filter;
	size_t count = 0;
	int rc = YG_OK;

	if (filter->is_all_orgs)
		return YG_OK;
	walk->orgs = yg_calloc(filter->org_count + 1, sizeof(*walk->orgs));
	if (!walk->orgs)
		return YG_ENOMEM;
	for (size_t i = 0; rc == YG_OK && i < filter->org_count; i++) {
		rc = yg_fs_name(walk->fs, filter->orgs[i], &walk->orgs[count]);
		count += rc == YG_OK;
		rc = rc == YG_ENOENT ? YG_OK : rc;
	}
	qsort(walk->orgs, count, sizeof(*walk->orgs), compare);
	for (size_t i = 0; i < count; i++)
		if (walk->org_count == 0 || walk->orgs[i] != walk->orgs[walk->org_count - 1])
			walk->orgs[walk->org_count++] = walk->orgs[i];
	return rc;
}

static void set_range(struct walk *walk)
{
	const struct yg_fact_filter *filter = walk->filter;
	struct yg_bytes after = {filter->after_id, YG_FACT_ID_BYTES};
	uint8_t before[YG_FACT_PREFIX_BYTES];

	memset(walk->end, 0xff, sizeof(walk->end));
	walk->end_size = sizeof(walk->end);
	if (filter->to_ns != 0) {
		yg_fact_prefix(filter->to_ns, before);
		memcpy(walk->end, before, sizeof(before));
		walk->end_size = sizeof(before);
	}
	if (filter->has_after &&
	    (filter->to_ns == 0 || memcmp(after.data, before, sizeof(before)) < 0)) {
		memcpy(walk->end, after.data, after.size);
		walk->end_size = after.size;
	}
	if (filter->from_ns != 0) {
		yg_fact_prefix(filter->from_ns, walk->start);
		walk->start_size = sizeof(walk->start);
	}
}

/* YG_OK; YG_ENOENT: a name that no row has. */
static int find_names(struct walk *walk)
{
	int rc = YG_OK;

	if (walk->filter->rule.size > 0)
		rc = yg_fs_name(walk->fs, walk->filter->rule, &walk->rule);
	if (rc == YG_OK && walk->filter->sensor.size > 0)
		rc = yg_fs_name(walk->fs, walk->filter->sensor, &walk->sensor);
	return rc;
}

int yg_fs_list(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_fn fn,
	       void *arg)
{
	struct walk walk = {.fs = (struct yg_facts_sqlite *)facts,
			    .filter = filter,
			    .fn = fn,
			    .arg = arg,
			    .cost = 1};
	int rc = find_names(&walk);
	bool is_none = rc == YG_ENOENT; /* nothing has such a name */

	if (rc == YG_OK)
		rc = find_orgs(&walk);
	set_range(&walk);
	if (rc == YG_OK && (filter->is_all_orgs || walk.org_count > 0)) {
		if (filter->is_all_orgs)
			rc = walk_tree(&walk,
				       filter->by_change ? YG_FQ_LIST_CHANGES : YG_FQ_LIST_ALL);
		else if (walk.org_count == 1)
			rc = walk_tree(&walk,
				       filter->by_change ? YG_FQ_LIST_ORG_CHANGES : YG_FQ_LIST_ORG);
		else
			rc = walk_orgs(&walk);
	}
	facts->next.is_more = walk.is_full;
	free(walk.orgs);
	return is_none ? YG_OK : rc;
}

int yg_fs_get(struct yg_facts *facts, const struct yg_fact_filter *filter,
	      const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg)
{
	struct walk walk = {
		.fs = (struct yg_facts_sqlite *)facts, .filter = filter, .fn = fn, .arg = arg};
	struct yg_fact_finding row;
	sqlite3_stmt *stmt;
	int rc = find_orgs(&walk);

	walk.fs->walk++;
	if (rc == YG_OK)
		rc = yg_fs_take(walk.fs, YG_FQ_ROW, &stmt);
	if (rc == YG_OK)
		rc = yg_fs_fail(walk.fs,
				yg_fs_bind_blob(stmt, 1, (struct yg_bytes){id, YG_FACT_ID_BYTES}));
	if (rc == YG_OK) {
		int step = sqlite3_step(stmt);

		if (step != SQLITE_ROW)
			rc = step == SQLITE_DONE ? YG_ENOENT : yg_fs_fail(walk.fs, step);
		else if (!has_org(&walk, sqlite3_column_int64(stmt, YG_COL_ORG)))
			rc = YG_ENOENT;
		else
			rc = yg_fs_read_row(stmt, &row);
		if (rc == YG_OK)
			rc = give(&walk, stmt, &row);
		(void)sqlite3_reset(stmt);
	}
	free(walk.orgs);
	return rc;
}

/* ---- days ---- */

static void read_part(sqlite3_stmt *stmt, struct yg_fact_day *ret)
{
	ret->day_ns = sqlite3_column_int64(stmt, 0);
	ret->records = (uint64_t)sqlite3_column_int64(stmt, 1);
	ret->bytes = (uint64_t)sqlite3_column_int64(stmt, 2);
	ret->findings = (uint64_t)sqlite3_column_int64(stmt, 3);
	ret->bundles = (uint64_t)sqlite3_column_int64(stmt, 4);
	for (int i = 0; i < 5; i++)
		ret->by_level[i] = (uint64_t)sqlite3_column_int64(stmt, 5 + i);
}

/* Where the parts of the last day that is asked for end, at the latest. */
static int64_t parts_end(const struct yg_fact_filter *filter)
{
	return filter->to_ns == 0 || filter->to_ns > INT64_MAX - YG_FACT_DAY_LONG_NS
		       ? INT64_MAX
		       : filter->to_ns + YG_FACT_DAY_LONG_NS;
}

static int days_of(struct yg_facts_sqlite *fs, struct yg_bytes org, int64_t n,
		   struct yg_fact_days *days)
{
	const struct yg_fact_filter *filter = days->filter;
	struct yg_fact_day part;
	sqlite3_stmt *stmt;
	int rc = yg_fs_take(fs, YG_FQ_DAYS, &stmt);
	int b;

	if (rc != YG_OK)
		return rc;
	days->day.org = org;
	b = sqlite3_bind_int64(stmt, 1, n);
	b = b ? b : sqlite3_bind_int64(stmt, 2, filter->from_ns ? filter->from_ns : INT64_MIN);
	b = b ? b : sqlite3_bind_int64(stmt, 3, parts_end(filter));
	rc = yg_fs_fail(fs, b);
	while (rc == YG_OK) {
		int step = sqlite3_step(stmt);

		if (step == SQLITE_DONE)
			break;
		if (step != SQLITE_ROW) {
			rc = yg_fs_fail(fs, step);
			break;
		}
		read_part(stmt, &part);
		rc = yg_fact_days_add(days, &part);
	}
	(void)sqlite3_reset(stmt);
	return rc == YG_OK ? yg_fact_days_end(days) : rc;
}

int yg_fs_days(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_day_fn fn,
	       void *arg)
{
	struct yg_facts_sqlite *fs = (struct yg_facts_sqlite *)facts;
	struct yg_fact_days days = {.filter = filter, .fn = fn, .arg = arg};
	int rc = YG_OK;

	if (filter->is_all_orgs)
		rc = days_of(fs, (struct yg_bytes){0}, 0, &days);
	for (size_t i = 0; rc == YG_OK && !filter->is_all_orgs && i < filter->org_count; i++) {
		int64_t n = 0;

		rc = yg_fs_name(fs, filter->orgs[i], &n);
		if (rc == YG_ENOENT)
			rc = YG_OK;
		else if (rc == YG_OK)
			rc = days_of(fs, filter->orgs[i], n, &days);
	}
	return rc == YG_EEND ? YG_OK : rc;
}
