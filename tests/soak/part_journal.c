/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's durable core as a part: journal, a consumer whose output and cursor are one transaction
 * of the database, and one whose output is a file that is replaced whole.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypt.h"
#include "base/disk.h"
#include "base/io.h"
#include "journal/consumer.h"
#include "senders.h"
#include "store/control.h"

#define SEGMENT_BYTES 8192u
#define GROUP_MS      2u
#define ORG	      YG_S("soak")
#define TALLY_BYTES   24u
#define PAGE	      5000u

/* The second consumer: how many batches, and a sum over them that knows no order. */
struct statistics {
	char path[300];
	uint64_t cursor, count, sum;
	uint64_t new_count, new_sum;
};

struct part {
	struct soak_world *world;
	char folder[256];
	struct yg_journal *journal;
	struct yg_control *store;
	struct yg_consumer *archive;
	struct yg_consumer *statistics;
	struct statistics counted;
	struct soak_sending sending;
	bool is_ending; /* threads: no more will come */
};

/* ---- the archive: one transaction for output and cursor ---- */

static int tell_number(void *arg, const struct yg_doc *doc)
{
	return yg_bytes_u64(doc->body, arg) ? YG_OK : YG_EFORMAT;
}

static int archive_load(void *arg, uint64_t *ret_cursor)
{
	struct part *p = arg;
	int rc = yg_control_get(p->store, ORG, YG_S("cursor"), YG_S("archive"), tell_number,
				ret_cursor);

	if (rc != YG_ENOENT)
		return rc;
	*ret_cursor = 0;
	return YG_OK;
}

static int archive_begin(void *arg)
{
	return yg_control_begin(((struct part *)arg)->store);
}

static int put(struct part *p, struct yg_bytes kind, const char *key, struct yg_bytes body)
{
	struct yg_doc_put doc = {
		.org = ORG,
		.kind = kind,
		.key = yg_bytes_str(key),
		.body = body,
		.expected = YG_REVISION_ANY, /* a second one would be seen as a revision */
		.actor = YG_S("soak"),
	};

	return yg_control_put(p->store, &doc, NULL);
}

static int archive_take(void *arg, const struct yg_journal_record *record)
{
	const struct yg_journal_batch *b = &record->batch;
	char digest[YG_SHA256_HEX + 1];
	char key[64];

	if (b->kind != YG_JOURNAL_BATCH)
		return YG_OK;
	(void)snprintf(key, sizeof(key), "%.*s/%" PRIu64, YG_FMT(b->sensor), b->sequence);
	yg_sha256_hex(b->body, digest);
	return put(arg, YG_S("batch"), key, yg_bytes_str(digest));
}

static int archive_commit(void *arg, uint64_t cursor)
{
	struct part *p = arg;
	char text[24];
	int rc;

	(void)snprintf(text, sizeof(text), "%" PRIu64, cursor);
	rc = put(p, YG_S("cursor"), "archive", yg_bytes_str(text));
	return rc == YG_OK ? yg_control_commit(p->store) : rc;
}

static void archive_abort(void *arg)
{
	yg_control_abort(((struct part *)arg)->store);
}

static const struct yg_consumer_ops archive_ops = {.load = archive_load,
						   .begin = archive_begin,
						   .take = archive_take,
						   .commit = archive_commit,
						   .abort = archive_abort};

/* ---- statistics: a file that holds output and cursor, replaced whole ---- */

static int statistics_load(void *arg, uint64_t *ret_cursor)
{
	struct statistics *s = arg;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_disk_sync_folder_of(s->path); /* a killed process may not have */

	if (rc == YG_OK)
		rc = yg_io_read_file(s->path, TALLY_BYTES, &bytes, &size);
	s->cursor = s->count = s->sum = 0;
	if (rc == YG_OK && size != TALLY_BYTES)
		rc = YG_EFORMAT;
	if (rc == YG_OK) {
		memcpy(&s->cursor, bytes, 8);
		memcpy(&s->count, bytes + 8, 8);
		memcpy(&s->sum, bytes + 16, 8);
	}
	free(bytes);
	*ret_cursor = s->cursor;
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int statistics_begin(void *arg)
{
	struct statistics *s = arg;

	s->new_count = s->count;
	s->new_sum = s->sum;
	return YG_OK;
}

static uint64_t sum_of(struct yg_bytes sender, uint64_t sequence)
{
	return yg_hash64(sender, sequence);
}

static int statistics_take(void *arg, const struct yg_journal_record *record)
{
	struct statistics *s = arg;

	if (record->batch.kind == YG_JOURNAL_BATCH) {
		s->new_count++;
		s->new_sum += sum_of(record->batch.sensor, record->batch.sequence);
	}
	return YG_OK;
}

static int statistics_commit(void *arg, uint64_t cursor)
{
	struct statistics *s = arg;
	uint8_t bytes[TALLY_BYTES];
	int rc;

	memcpy(bytes, &cursor, 8);
	memcpy(bytes + 8, &s->new_count, 8);
	memcpy(bytes + 16, &s->new_sum, 8);
	rc = yg_disk_replace(s->path, (struct yg_bytes){bytes, sizeof(bytes)}, 0600);
	if (rc == YG_OK) {
		s->cursor = cursor;
		s->count = s->new_count;
		s->sum = s->new_sum;
	}
	return rc;
}

static void statistics_abort(void *arg)
{
	(void)arg; /* the next begin takes the last that was committed */
}

static const struct yg_consumer_ops statistics_ops = {.load = statistics_load,
						      .begin = statistics_begin,
						      .take = statistics_take,
						      .commit = statistics_commit,
						      .abort = statistics_abort};

/* ---- what senders send ---- */

static void name_of(const struct soak_world *world, unsigned sender, char to[64])
{
	(void)snprintf(to, 64, "%s", world->senders[sender].id); /* 15 bytes */
}

static void body_of(const struct soak_world *world, unsigned sender, uint64_t sequence,
		    bool is_other, struct yg_buf *to)
{
	soak_body(world, sender, sequence, to);
	if (is_other)
		yg_buf_add_str(to, "other");
}

/* ---- starting and ending ---- */

static void part_close(void *arg)
{
	struct part *p = arg;

	if (p) {
		(void)yg_consumer_free(p->archive);
		(void)yg_consumer_free(p->statistics);
		(void)yg_journal_free(p->journal);
		(void)yg_control_free(p->store);
		free(p);
	}
}

static int open_all(struct part *p, struct soak_tally *tally)
{
	static const char *const names[] = {"archive", "statistics"};
	char path[300];
	struct yg_journal_report report;
	struct yg_journal_options options = {.folder = path,
					     .consumers = names,
					     .consumer_count = 2,
					     .segment_bytes = SEGMENT_BYTES,
					     .group_ms = GROUP_MS};
	struct yg_consumer_options archive = {.name = "archive",
					      .ops = &archive_ops,
					      .arg = p,
					      .records_max = 1 + (uint32_t)(p->world->seed % 7)};
	struct yg_consumer_options statistics = {
		.name = "statistics", .ops = &statistics_ops, .arg = &p->counted, .records_max = 5};
	const char *what = "journal";
	int rc;

	(void)snprintf(path, sizeof(path), "%s/journal", p->folder);
	rc = yg_journal_open(&options, &p->journal, &report);
	if (rc == YG_OK) {
		what = "database";
		(void)snprintf(path, sizeof(path), "%s/hub.db", p->folder);
		rc = yg_control_open_sqlite(path, true, &p->store);
	}
	if (rc == YG_OK) {
		what = "archive's cursor";
		rc = yg_consumer_new(p->journal, &archive, &p->archive);
	}
	if (rc == YG_OK) {
		what = "statistics' cursor";
		(void)snprintf(p->counted.path, sizeof(p->counted.path), "%s/statistics",
			       p->folder);
		rc = yg_consumer_new(p->journal, &statistics, &p->statistics);
	}
	if (rc != YG_OK)
		soak_wrong(tally, "%s does not open: %s; %s", what, yg_err_text(rc), report.text);
	return rc;
}

static void *part_open(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct part *p = calloc(1, sizeof(*p));

	if (!p)
		give_up("out of memory");
	p->world = world;
	(void)snprintf(p->folder, sizeof(p->folder), "%.200s", folder);
	if (open_all(p, tally) != YG_OK) {
		part_close(p);
		return NULL;
	}
	p->sending = (struct soak_sending){
		.world = world, .journal = p->journal, .name = name_of, .body = body_of};
	soak_send_begin(&p->sending);
	return p;
}

/* ---- what a running hub does ---- */

static void consume(struct yg_consumer *consumer)
{
	int rc = yg_consumer_step(consumer);

	if (rc != YG_OK && rc != YG_EAGAIN)
		give_up("a consumer stops: %s; %s", yg_err_text(rc), yg_consumer_fault(consumer));
}

static void part_step(void *arg, uint64_t *random)
{
	struct part *p = arg;
	uint64_t what = random_below(random, 24);

	if (what < 12)
		soak_send_step(&p->sending, random);
	else if (what < 15)
		soak_send_sync(&p->sending);
	else if (what < 20)
		consume(p->archive);
	else if (what < 22)
		consume(p->statistics);
	else if (yg_journal_trim(p->journal) != YG_OK)
		give_up("the journal is not trimmed");
}

static void digest_all(struct yg_consumer *consumer)
{
	int rc;

	while ((rc = yg_consumer_step(consumer)) == YG_OK)
		;
	if (rc != YG_EAGAIN)
		give_up("a consumer stops: %s; %s", yg_err_text(rc), yg_consumer_fault(consumer));
}

static void part_digest(void *arg)
{
	struct part *p = arg;

	digest_all(p->archive);
	digest_all(p->statistics);
}

static void part_settle(void *arg)
{
	struct part *p = arg;

	soak_send_rest(&p->sending);
	part_digest(p);
}

/* ---- with threads ---- */

struct consuming {
	struct part *p;
	struct yg_consumer *consumer;
};

static void *consumer_thread(void *arg)
{
	struct consuming *c = arg;

	for (;;) {
		bool is_last = __atomic_load_n(&c->p->is_ending, __ATOMIC_ACQUIRE);
		int rc = yg_consumer_step(c->consumer);

		if (rc == YG_EAGAIN && is_last)
			return NULL;
		if (rc == YG_EAGAIN)
			rc = yg_consumer_wait(c->consumer, 20);
		if (rc != YG_OK && rc != YG_EAGAIN)
			give_up("a consumer stops: %s; %s", yg_err_text(rc),
				yg_consumer_fault(c->consumer));
	}
}

static void part_run(void *arg, uint64_t batches)
{
	struct part *p = arg;
	struct consuming both[] = {{p, p->archive}, {p, p->statistics}};
	void *const args[] = {&both[0], &both[1]};

	soak_send_threads(&p->sending, batches, consumer_thread, args, 2, &p->is_ending);
}

/* ---- looking at what is there ---- */

struct look {
	struct soak_world *world;
	struct soak_tally *tally;
	uint64_t count, sum;
	char last_key[YG_DOC_KEY_MAX];
	size_t last_size;
	uint64_t rows;
};

/* "sender/sequence" -> which; false: nobody's. */
static bool read_key(const struct soak_world *world, struct yg_bytes key, unsigned *ret_sender,
		     uint64_t *ret_sequence)
{
	size_t slash = yg_bytes_chr(key, '/');

	if (slash == SIZE_MAX || !yg_bytes_u64(yg_bytes_from(key, slash + 1), ret_sequence))
		return false;
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		if (yg_bytes_eq(yg_bytes_cut(key, 0, slash), yg_bytes_str(world->senders[i].id))) {
			*ret_sender = i;
			return *ret_sequence > 0 && *ret_sequence <= world->senders[i].created;
		}
	}
	return false;
}

static int look_at(void *arg, const struct yg_doc *doc)
{
	struct look *look = arg;
	char digest[YG_SHA256_HEX + 1];
	struct yg_buf body;
	unsigned sender;
	uint64_t sequence;

	look->rows++;
	memcpy(look->last_key, doc->key.data, doc->key.size);
	look->last_size = doc->key.size;
	if (!read_key(look->world, doc->key, &sender, &sequence)) {
		soak_wrong(look->tally, "nobody sent %.*s", YG_FMT(doc->key));
		return YG_OK;
	}
	look->tally->times[sender][sequence] = (uint8_t)(doc->revision > 255 ? 255 : doc->revision);
	look->count++;
	look->sum += sum_of(yg_bytes_str(look->world->senders[sender].id), sequence);
	yg_buf_init(&body, 2 * SOAK_BODY);
	soak_body(look->world, sender, sequence, &body);
	yg_sha256_hex(yg_buf_bytes(&body), digest);
	yg_buf_done(&body);
	if (!yg_bytes_eq(doc->body, yg_bytes_str(digest)))
		soak_wrong(look->tally, "%.*s has other bytes than were sent", YG_FMT(doc->key));
	return YG_OK;
}

/* The database by SQLite's own eyes. */
static void check_whole(const char *path, struct soak_tally *tally)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	const unsigned char *text = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		text = sqlite3_column_text(stmt, 0);
	if (!text || strcmp((const char *)text, "ok") != 0)
		soak_wrong(tally, "database: %s", text ? (const char *)text : sqlite3_errmsg(db));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
}

static void part_check(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct look look = {.world = world, .tally = tally};
	struct yg_doc_filter filter = {.kind = YG_S("batch"), .limit = PAGE};
	struct yg_control *store = NULL;
	struct statistics counted;
	uint64_t cursor, before;
	uint8_t after[YG_DOC_KEY_MAX];
	char path[300];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/hub.db", folder);
	check_whole(path, tally);
	rc = yg_control_open_sqlite(path, false, &store);
	do {
		before = look.rows;
		if (rc == YG_OK)
			rc = yg_control_list(store, ORG, &filter, look_at, &look);
		memcpy(after, look.last_key, look.last_size);
		filter.after_key = (struct yg_bytes){after, look.last_size};
	} while (rc == YG_OK && look.rows == before + PAGE);
	(void)yg_control_free(store);
	if (rc != YG_OK)
		soak_wrong(tally, "database cannot be read: %s", yg_err_text(rc));
	(void)snprintf(counted.path, sizeof(counted.path), "%s/statistics", folder);
	rc = statistics_load(&counted, &cursor);
	if (rc != YG_OK || counted.count != look.count || counted.sum != look.sum)
		soak_wrong(tally,
			   "statistics counted %" PRIu64 ", the archive holds %" PRIu64
			   ", or the sums differ",
			   counted.count, look.count);
}

const struct soak_part soak_journal = {
	.name = "journal",
	.lies = RECORD_LIE_SEGMENT | RECORD_LIE_REPLACE | RECORD_LIE_DATABASE | RECORD_LIE_FOLDER,
	.open = part_open,
	.step = part_step,
	.run = part_run,
	.settle = part_settle,
	.digest = part_digest,
	.close = part_close,
	.check = part_check,
};
