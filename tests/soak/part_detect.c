/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detection in the hub as a part: the journal, the consumer that judges (app/hub_detect.h) and the
 * facts store, as the keeper runs them.
 *
 * Each batch carries one planted attack line from a log of its own name, so it is one finding in a
 * bundle of its own: the store itself says what is missing and what is doubled. And each is a knock
 * for an event_count rule, whose windows span all cuts and kills: it must have fired where it does
 * when the same lines are judged in one go by the engine of `yagura detect`.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../unit/app/engine_thread.h"
#include "app/hub_detect.h"
#include "base/hash.h"
#include "base/io.h"
#include "detect/judge.h"
#include "senders.h"
#include "wire/batch.h"

#define SEGMENT_BYTES 8192u
#define GROUP_MS      2u
#define FIRED_MAX     (SOAK_BATCHES / 5 + 1)
#define START_S	      INT64_C(1763712000)
#define STEP_S	      7 /* between two batches of a sender, by the times of their lines */
#define PLANTED	      "6b6b6b6b-0000-4000-8000-000000000001"
#define COUNTED	      "6b6b6b6b-0000-4000-8000-000000000002"

static const char rules_text[] = "title: Planted\n"
				 "id: " PLANTED "\n"
				 "name: planted\n"
				 "logsource: {product: linux, service: sshd}\n"
				 "detection:\n"
				 "  sel: {message|contains: 'planted line'}\n"
				 "  condition: sel\n"
				 "level: high\n"
				 "---\n"
				 "title: Five in a minute\n"
				 "id: " COUNTED "\n"
				 "correlation:\n"
				 "  type: event_count\n"
				 "  rules: [planted]\n"
				 "  group-by: [hostname]\n"
				 "  timespan: 1m\n"
				 "  condition: {gte: 5}\n"
				 "  generate: true\n"
				 "level: high\n";

struct part {
	struct soak_world *world;
	struct yg_journal *journal;
	struct engine_thread engine;
	struct yg_facts *facts;
	struct yg_hub_detect *detect;
	struct soak_sending sending;
	int64_t now_ns;
	bool is_ending; /* threads: no more will come */
};

/* ---- what senders send ---- */

static const char *org_of(unsigned sender)
{
	return sender % 2 ? "acme" : "beta";
}

static void name_of(const struct soak_world *world, unsigned sender, char to[64])
{
	(void)snprintf(to, 64, "%s/%s", org_of(sender), world->senders[sender].id); /* fits */
}

static void add_content(const struct soak_world *world, unsigned sender, uint64_t sequence,
			bool is_other, struct yg_buf *to)
{
	const char *host = world->senders[sender].id;
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso((START_S + (int64_t)sequence * STEP_S) * YG_NS_PER_S, 0, iso);
	for (unsigned i = 0; i < 3; i++)
		yg_buf_addf(to,
			    "{\"v\":1,\"format\":\"syslog\",\"source\":\"%" PRIu64
			    "\",\"position\":%u,\"time\":\"%s\",\"has_zone\":true,"
			    "\"fields\":{\"hostname\":\"%s\",\"program\":\"sshd\","
			    "\"message\":\"%s %" PRIx64 "\"}}\n",
			    sequence, i + 1, iso, host,
			    i != sequence % 3 ? "nothing of note"
			    : is_other	      ? "another planted line"
					      : "a planted line",
			    world->seed ^ sequence);
}

static void body_of(const struct soak_world *world, unsigned sender, uint64_t sequence,
		    bool is_other, struct yg_buf *to)
{
	struct yg_wire_batch batch = {.epoch = 1,
				      .sequence = sequence,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_buf content, packed;

	(void)snprintf(batch.sensor, sizeof(batch.sensor), "%s", world->senders[sender].id);
	yg_buf_init(&content, 65536);
	yg_buf_init(&packed, 65536);
	add_content(world, sender, sequence, is_other, &content);
	if (yg_wire_pack(yg_buf_bytes(&content), &batch, &packed) != YG_OK)
		give_up("a batch cannot be packed");
	yg_wire_head_write(&batch, to);
	yg_buf_add(to, yg_buf_bytes(&packed));
	yg_buf_done(&content);
	yg_buf_done(&packed);
}

/* ---- starting and ending ---- */

/* Time goes on with each look, so that states are written now and then. */
static int64_t now(void *arg)
{
	struct part *p = arg;

	return __atomic_add_fetch(&p->now_ns, 40000000, __ATOMIC_RELAXED);
}

static void part_close(void *arg)
{
	struct part *p = arg;

	if (p) {
		(void)yg_hub_detect_free(p->detect);
		engine_stop(&p->engine);
		(void)yg_facts_free(p->facts);
		(void)yg_journal_free(p->journal);
		free(p);
	}
}

/* Beside the folder whose disk is cut: rules are not what is under test. */
static int write_rules(const char *folder, char data[300])
{
	const char *end = strrchr(folder, '/');
	char path[320];

	(void)snprintf(data, 300, "%.*s/rules", (int)(end ? end - folder : 0), folder);
	if (mkdir(data, 0700) != 0)
		return YG_OK; /* of the world before */
	(void)snprintf(path, sizeof(path), "%s/rules", data);
	if (mkdir(path, 0700) != 0)
		return YG_EIO;
	(void)snprintf(path, sizeof(path), "%s/rules/count.yml", data);
	return yg_io_write_to(path, yg_bytes_str(rules_text), 0600);
}

static int open_detect(struct part *p, const char *folder)
{
	const struct yg_hub_detect_opts opts = {
		.name = "detect",
		.journal = p->journal,
		.facts = p->facts,
		.clock = {.now_ns = now, .arg = p},
		.orgs_max = 1 + (unsigned)(p->world->seed % 2), /* judges make room, or not */
		.save_ms = 1 + (int64_t)(p->world->seed % 5) * 500,
		/* Small, so that it ends while the next commit is handed out already; or as it is.
		 */
		.commit_max = p->world->seed % 3 ? 1 + (uint32_t)(p->world->seed % 7) : 0,
	};

	char data[300];
	int rc = write_rules(folder, data);
	int fd;

	if (rc == YG_OK)
		rc = yg_hub_detect_new(&opts, &p->detect);
	if (rc == YG_OK)
		rc = engine_start(&p->engine, data, yg_clock_system(), &fd);
	if (rc == YG_OK)
		yg_hub_detect_link(p->detect, fd);
	return rc;
}

static int open_all(struct part *p, const char *folder, struct soak_tally *tally)
{
	static const char *const names[] = {"detect"};
	char path[300];
	struct yg_journal_report report;
	struct yg_journal_options options = {.folder = path,
					     .consumers = names,
					     .consumer_count = 1,
					     .segment_bytes = SEGMENT_BYTES,
					     .group_ms = GROUP_MS};
	const char *what = "journal";
	int rc;

	(void)snprintf(path, sizeof(path), "%.200s/journal", folder);
	rc = yg_journal_open(&options, &p->journal, &report);
	if (rc == YG_OK) {
		what = "facts";
		(void)snprintf(path, sizeof(path), "%.200s/facts.db", folder);
		rc = yg_facts_open_sqlite(path, true, &p->facts);
	}
	if (rc == YG_OK) {
		what = "detection";
		rc = open_detect(p, folder);
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
	if (open_all(p, folder, tally) != YG_OK) {
		part_close(p);
		return NULL;
	}
	p->sending = (struct soak_sending){
		.world = world, .journal = p->journal, .name = name_of, .body = body_of};
	soak_send_begin(&p->sending);
	return p;
}

/* ---- what a running hub does ---- */

static void consume(struct part *p)
{
	int rc = yg_hub_detect_step(p->detect);

	if (rc != YG_OK && rc != YG_EAGAIN)
		give_up("detection stops: %s; %s", yg_err_text(rc), yg_facts_trouble(p->facts));
}

static void part_step(void *arg, uint64_t *random)
{
	struct part *p = arg;
	uint64_t what = random_below(random, 24);

	if (what < 12)
		soak_send_step(&p->sending, random);
	else if (what < 15)
		soak_send_sync(&p->sending);
	else if (what < 22)
		consume(p);
	else if (what < 23 && yg_hub_detect_save(p->detect) != YG_OK)
		give_up("states cannot be written");
	else if (yg_journal_trim(p->journal) != YG_OK)
		give_up("the journal is not trimmed");
}

static void part_digest(void *arg)
{
	struct part *p = arg;
	int rc;

	/* Time goes on with each step: what waits for other sensors comes, too. */
	while ((rc = yg_hub_detect_step(p->detect)) == YG_OK ||
	       (rc == YG_EAGAIN && yg_hub_detect_counts(p->detect).waiting > 0))
		;
	if (rc != YG_EAGAIN)
		give_up("detection stops: %s; %s", yg_err_text(rc), yg_facts_trouble(p->facts));
}

static void part_settle(void *arg)
{
	struct part *p = arg;

	soak_send_rest(&p->sending);
	part_digest(p);
}

static void *detect_thread(void *arg)
{
	struct part *p = arg;

	for (;;) {
		bool is_last = __atomic_load_n(&p->is_ending, __ATOMIC_ACQUIRE);
		int rc = yg_hub_detect_step(p->detect);

		if (rc == YG_EAGAIN && is_last && yg_hub_detect_counts(p->detect).waiting == 0)
			return NULL;
		if (rc != YG_OK && rc != YG_EAGAIN)
			give_up("detection stops: %s; %s", yg_err_text(rc),
				yg_facts_trouble(p->facts));
	}
}

static void part_run(void *arg, uint64_t batches)
{
	void *const args[] = {arg};

	soak_send_threads(&((struct part *)arg)->sending, batches, detect_thread, args, 1,
			  &((struct part *)arg)->is_ending);
}

/* ---- looking at what is there ---- */

/* Where the event_count rule fired: sequences, as bits. */
struct fired {
	uint8_t *at[SOAK_SENDERS];
};

struct look {
	struct soak_world *world;
	struct soak_tally *tally;
	struct fired fired;
};

static bool read_row(const struct soak_world *world, const struct yg_fact_finding *f,
		     unsigned *ret_sender, uint64_t *ret_sequence)
{
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		if (yg_bytes_eq(f->sensor, yg_bytes_str(world->senders[i].id)) &&
		    yg_bytes_eq(f->org, yg_bytes_str(org_of(i)))) {
			*ret_sender = i;
			return yg_bytes_u64(f->source, ret_sequence) && *ret_sequence > 0 &&
			       *ret_sequence <= world->senders[i].created;
		}
	return false;
}

static int look_at(void *arg, const struct yg_fact_finding *f)
{
	struct look *look = arg;
	unsigned sender;
	uint64_t sequence;

	if (!read_row(look->world, f, &sender, &sequence))
		soak_wrong(look->tally, "nobody sent %.*s/%.*s/%.*s", YG_FMT(f->org),
			   YG_FMT(f->sensor), YG_FMT(f->source));
	else if (yg_bytes_eq(f->rule, YG_S(PLANTED)))
		look->tally->times[sender][sequence] = (uint8_t)(f->count > 255 ? 255 : f->count);
	else if (f->count != 1)
		soak_wrong(look->tally, "%s/%" PRIu64 ": the count fired %" PRIu64 " times",
			   look->world->senders[sender].id, sequence, f->count);
	else
		look->fired.at[sender][sequence] = 1;
	return YG_OK;
}

/* ---- the same in one go ---- */

struct reference {
	uint8_t *at; /* of one sender */
};

static int note_fired(void *arg, const struct yg_finding *f)
{
	struct reference *reference = arg;
	uint64_t sequence = 0;

	if (yg_bytes_eq(f->rule->id, YG_S(COUNTED)) && yg_bytes_u64(f->source, &sequence))
		reference->at[sequence] = 1;
	return YG_OK;
}

static int ignore_update(void *arg, const struct yg_finding_update *update)
{
	(void)arg;
	(void)update;
	return YG_OK;
}

/* All lines of @sender that came, as one log, by worker and judge alone. */
static int judge_all(const struct look *look, const struct yg_hub_rules *rules, unsigned sender,
		     struct reference *reference)
{
	const struct yg_judge_out out = {
		.finding = note_fired, .update = ignore_update, .arg = reference};
	struct yg_tracer *tracer = yg_tracer_new(rules->set.rules.engine, NULL);
	struct yg_judge *judge = yg_judge_new(rules->set.rules.engine, NULL, &out);
	struct yg_detector detector = {.engine = rules->set.rules.engine,
				       .tracer = tracer,
				       .parse = {.zone = rules->zone}};
	struct yg_worker *worker = tracer && judge ? yg_worker_new(&detector) : NULL;
	struct yg_batch *batch = yg_batch_new();
	uint64_t last = look->world->senders[sender].created;
	int rc = worker && batch ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK)
		yg_judge_source(judge, YG_S(""));
	for (uint64_t q = 1; rc == YG_OK && q <= last;) {
		static const uint8_t padding[YG_PARSE_PADDING];
		struct yg_buf *text = &batch->text;

		yg_batch_reset(batch);
		batch->format = YG_FORMAT_RECORD;
		batch->is_forced = true;
		for (; q <= last && batch->record_count + 3 < YG_BATCH_RECORDS_MAX &&
		       text->size < (1u << 20);
		     q++) {
			size_t at = text->size;

			if (look->tally->times[sender][q] == 0)
				continue;
			add_content(look->world, sender, q, false, text);
			while (at < text->size) {
				size_t size =
					yg_bytes_chr(yg_bytes_from(yg_buf_bytes(text), at), '\n');

				batch->records[batch->record_count++] = (struct yg_batch_record){
					.at = (uint32_t)at, .size = (uint32_t)size};
				at += size + 1;
			}
		}
		yg_buf_add(text, (struct yg_bytes){padding, sizeof(padding)});
		yg_worker_run(worker, batch);
		rc = batch->rc;
		for (size_t i = 0; rc == YG_OK && i < batch->trace_count; i++)
			rc = yg_judge_take(judge, &batch->traces[i]);
	}
	(void)yg_worker_free(worker);
	(void)yg_judge_free(judge);
	(void)yg_tracer_free(tracer);
	(void)yg_batch_free(batch);
	return rc;
}

/* Gaps are allowed where what came is not acknowledged yet; what was judged is without any. */
static void check_count(const struct look *look, const struct yg_hub_rules *rules)
{
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		uint64_t last = look->world->senders[i].created;
		struct reference reference = {calloc(last + 2, 1)};

		if (!reference.at || judge_all(look, rules, i, &reference) != YG_OK)
			give_up("out of memory");
		for (uint64_t q = 1; q <= last; q++)
			if (reference.at[q] != look->fired.at[i][q])
				soak_wrong(look->tally,
					   "%s/%" PRIu64 ": the count fired %d times, in one go %d",
					   look->world->senders[i].id, q, look->fired.at[i][q],
					   reference.at[q]);
		free(reference.at);
	}
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
		soak_wrong(tally, "facts: %s", text ? (const char *)text : sqlite3_errmsg(db));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
}

static int read_all(struct look *look, const char *path)
{
	struct yg_fact_filter filter = {.is_all_orgs = true, .limit = YG_FACT_LIST_MAX};
	struct yg_fact_next next = {.is_more = true};
	struct yg_facts *facts = NULL;
	int rc = yg_facts_open_sqlite(path, false, &facts);

	while (rc == YG_OK && next.is_more) {
		rc = yg_facts_list(facts, &filter, look_at, look);
		next = yg_facts_next(facts);
		filter.has_after = true;
		memcpy(filter.after_id, next.after_id, sizeof(filter.after_id));
	}
	(void)yg_facts_free(facts);
	return rc;
}

static void part_check(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct look look = {.world = world, .tally = tally};
	struct yg_hub_rules rules = {.reload = NULL};
	char path[300], data[300];
	int rc;

	(void)snprintf(path, sizeof(path), "%.200s/facts.db", folder);
	check_whole(path, tally);
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		look.fired.at[i] = calloc(world->senders[i].created + 2, 1);
		if (!look.fired.at[i])
			give_up("out of memory");
	}
	rc = read_all(&look, path);
	if (rc == YG_OK)
		rc = write_rules(folder, data);
	if (rc == YG_OK)
		rc = yg_hub_rules_open(&rules, data, true, yg_clock_system());
	if (rc == YG_OK)
		check_count(&look, &rules);
	else
		soak_wrong(tally, "facts cannot be read: %s", yg_err_text(rc));
	yg_hub_rules_done(&rules);
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		free(look.fired.at[i]);
}

const struct soak_part soak_detect = {
	.name = "detect",
	.lies = RECORD_LIE_SEGMENT | RECORD_LIE_REPLACE | RECORD_LIE_DATABASE | RECORD_LIE_FOLDER,
	.open = part_open,
	.step = part_step,
	.run = part_run,
	.settle = part_settle,
	.digest = part_digest,
	.close = part_close,
	.check = part_check,
};
