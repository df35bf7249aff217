/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from the journal to the archive as a part: the hub's own consumer (app/hub_archive.c) on
 * the disk that can be cut, with a clock that goes on by seconds and hours and at times back, so
 * that files are begun, left, closed and gone on with at any moment.
 *
 * Proved of each cut and kill: consumer and journal open; of each batch that the journal holds all
 * lines are in the files of its organisation, each once; when all hours are over every file is
 * closed and whole, and has its filters.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/hub_archive.h"
#include "archive/filters.h"
#include "archive/tree.h"
#include "base/disk.h"
#include "journal/consumer.h"
#include "soak.h"
#include "wire/message.h"

#define PENDING_MAX   64u
#define SEGMENT_BYTES 8192u
#define GROUP_MS      2u
#define LINES_MAX     6u /* of one batch */
#define ORGS	      2u
#define CONSUMER      "archive"
#define START_NS      (YG_ARCHIVE_HOUR_NS * 490000) /* 2025-11-24 */

struct pending {
	unsigned sender;
	uint64_t sequence;
	uint64_t position;
};

struct part {
	struct soak_world *world;
	char folder[256];
	char archive_dir[300];
	struct yg_journal *journal;
	struct yg_hub_archive *archive;
	struct pending pending[PENDING_MAX];
	size_t pending_count;
	bool is_ending; /* threads: no more will come */
	uint64_t batches;
};

/* ---- time, which all lives share ---- */

static int64_t now(void *arg)
{
	const struct soak_world *world = arg;

	return __atomic_load_n(&world->now_ns, __ATOMIC_RELAXED);
}

static void move_clock(struct soak_world *world, int64_t by_s)
{
	(void)__atomic_add_fetch(&world->now_ns, by_s * YG_NS_PER_S, __ATOMIC_RELAXED);
}

/* ---- batches ---- */

static unsigned lines_of(const struct soak_world *world, unsigned sender, uint64_t sequence)
{
	return 1 + (unsigned)((world->seed ^ sequence * 7 ^ sender) % LINES_MAX);
}

/* A line says whose it is, and carries rubbish, so that its bytes are looked at too. */
static void add_line(const struct soak_world *world, unsigned sender, uint64_t sequence,
		     unsigned line, struct yg_buf *to)
{
	uint64_t state = world->seed ^ sequence * 64 ^ sender * 8 ^ line;

	yg_buf_addf(to,
		    "{\"v\":1,\"raw\":\"%u %" PRIu64 " %u\",\"fields\":{\"src_ip\":\"10.%u.%u.%u\","
		    "\"user\":\"u%016" PRIx64 "\"}}\n",
		    sender, sequence, line, sender, (unsigned)(sequence >> 8 & 255),
		    (unsigned)(sequence & 255), random_next(&state));
}

static void make_body(const struct soak_world *world, unsigned sender, uint64_t sequence,
		      bool other, struct yg_journal_batch *to, struct yg_buf *body)
{
	struct yg_wire_batch batch = {.epoch = 1,
				      .sequence = sequence,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = YG_TIME_NONE};
	struct yg_buf content, packed;
	int rc;

	(void)snprintf(batch.sensor, sizeof(batch.sensor), "%s", world->senders[sender].id);
	yg_buf_init(&content, 1u << 16);
	yg_buf_init(&packed, 1u << 16);
	for (unsigned line = 0; line < lines_of(world, sender, sequence); line++)
		add_line(world, sender, sequence, line, &content);
	if (other)
		yg_buf_add_str(&content, "{\"v\":1,\"raw\":\"other\"}\n");
	rc = yg_wire_pack(yg_buf_bytes(&content), &batch, &packed);
	yg_wire_head_write(&batch, body);
	yg_buf_add(body, yg_buf_bytes(&packed));
	if (rc != YG_OK || yg_buf_error(body) != YG_OK)
		give_up("a batch cannot be made");
	to->body = yg_buf_bytes(body);
	memcpy(to->digest, batch.digest, sizeof(to->digest));
	yg_buf_done(&content);
	yg_buf_done(&packed);
}

static void make_drop(const char *sensor, uint64_t sequence, struct yg_journal_batch *to,
		      struct yg_buf *body)
{
	struct yg_wire_drop drop = {.epoch = 1,
				    .first = sequence,
				    .last = sequence,
				    .records = 1,
				    .first_ns = YG_TIME_NONE,
				    .last_ns = YG_TIME_NONE,
				    .time_ns = START_NS};

	(void)snprintf(drop.sensor, sizeof(drop.sensor), "%s", sensor);
	(void)snprintf(drop.reason, sizeof(drop.reason), "spool-full");
	yg_wire_drop_write(&drop, body);
	to->body = yg_buf_bytes(body);
	yg_sha256(to->body, to->digest);
}

static int send_one(struct part *p, unsigned sender, uint64_t sequence, bool other,
		    struct yg_journal_result *ret)
{
	bool is_dropped = soak_is_dropped(p->world, sender, sequence);
	char name[YG_JOURNAL_SENSOR_MAX];
	struct yg_journal_batch b = {.kind = is_dropped ? YG_JOURNAL_DROP : YG_JOURNAL_BATCH,
				     .epoch = 1,
				     .sequence = sequence,
				     .sequence_last = sequence,
				     .received_ns = now(p->world)};
	struct yg_buf body;
	int rc;

	(void)snprintf(name, sizeof(name), "org-%u/%s", sender % ORGS,
		       p->world->senders[sender].id);
	b.sensor = yg_bytes_str(name);
	yg_buf_init(&body, 1u << 16);
	if (is_dropped)
		make_drop(p->world->senders[sender].id, sequence, &b, &body);
	else
		make_body(p->world, sender, sequence, other, &b, &body);
	rc = yg_journal_append(p->journal, &b, ret);
	yg_buf_done(&body);
	return rc;
}

/* ---- starting and ending ---- */

static void part_close(void *arg)
{
	struct part *p = arg;

	if (p) {
		(void)yg_hub_archive_free(p->archive);
		(void)yg_journal_free(p->journal);
		free(p);
	}
}

static int open_all(struct part *p, struct soak_tally *tally)
{
	static const char *const names[] = {CONSUMER};
	char path[300];
	struct yg_journal_report report;
	struct yg_journal_options options = {.folder = path,
					     .consumers = names,
					     .consumer_count = 1,
					     .segment_bytes = SEGMENT_BYTES,
					     .group_ms = GROUP_MS};
	struct yg_hub_archive_opts opts = {.dir = p->archive_dir,
					   .name = CONSUMER,
					   .clock = {.now_ns = now, .arg = p->world},
					   /* of two organisations one has to make room */
					   .writers_max = 1 + (unsigned)(p->world->seed % 2)};
	const char *what = "journal";
	int rc;

	(void)snprintf(path, sizeof(path), "%s/journal", p->folder);
	(void)snprintf(p->archive_dir, sizeof(p->archive_dir), "%s/archive", p->folder);
	rc = yg_journal_open(&options, &p->journal, &report);
	/* As the hub does when it starts (app/hub.c). */
	if (rc == YG_OK)
		rc = yg_disk_mkdir(p->archive_dir, 0700);
	if (rc == YG_OK)
		rc = yg_disk_sync_folder(p->folder);
	opts.journal = p->journal;
	if (rc == YG_OK) {
		what = "archive's cursor";
		rc = yg_hub_archive_new(&opts, &p->archive);
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
	if (world->now_ns == 0)
		world->now_ns = START_NS;
	(void)snprintf(p->folder, sizeof(p->folder), "%.200s", folder);
	if (open_all(p, tally) != YG_OK) {
		part_close(p);
		return NULL;
	}
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		world->senders[i].sent = world->senders[i].known;
	return p;
}

/* ---- what a running hub does ---- */

/* All that became durable is acknowledged. */
static void sync_all(struct part *p)
{
	if (yg_journal_sync(p->journal) != YG_OK)
		give_up("the journal does not sync");
	for (size_t i = 0; i < p->pending_count; i++) {
		const struct pending *w = &p->pending[i];

		if (yg_journal_outcome(p->journal, w->position) != YG_OK)
			give_up("a batch was lost");
		soak_acked(p->world, w->sender, w->sequence);
	}
	p->pending_count = 0;
}

static void make_batch(struct soak_sender *s)
{
	if (s->created >= SOAK_BATCHES)
		give_up("too many batches in one generation");
	s->created++;
}

/* Its next batch, or an old one again, or something else under an old name. */
static void send_step(struct part *p, uint64_t *random)
{
	unsigned sender = (unsigned)random_below(random, SOAK_SENDERS);
	struct soak_sender *s = &p->world->senders[sender];
	struct yg_journal_result result;
	uint64_t sequence = s->sent + 1;
	bool is_again = s->sent > 0 && random_below(random, 12) == 0;
	bool is_other;

	if (p->pending_count == PENDING_MAX)
		sync_all(p);
	if (is_again)
		sequence = s->sent - random_below(random, s->sent < 9 ? s->sent : 9);
	else if (s->sent == s->created)
		make_batch(s);
	is_other = is_again && !soak_is_dropped(p->world, sender, sequence) &&
		   random_below(random, 4) == 0;
	if (send_one(p, sender, sequence, is_other, &result) != YG_OK)
		give_up("a batch was not taken");
	if (is_other)
		return;
	if (result.answer > YG_JOURNAL_AGAIN)
		give_up("%s/%" PRIu64 " was answered with %d", s->id, sequence, (int)result.answer);
	p->pending[p->pending_count++] = (struct pending){sender, sequence, result.position};
	if (!is_again)
		s->sent = sequence;
}

static void must(int rc, const char *what)
{
	if (rc != YG_OK && rc != YG_EAGAIN)
		give_up("%s: %s", what, yg_err_text(rc));
}

static void time_step(struct part *p, uint64_t *random)
{
	uint64_t what = random_below(random, 40);

	if (what == 0)
		move_clock(p->world, -(int64_t)random_below(random, 9000));
	else if (what < 4)
		move_clock(p->world, (int64_t)random_below(random, 7200));
	else
		move_clock(p->world, (int64_t)random_below(random, 120));
}

static void part_step(void *arg, uint64_t *random)
{
	struct part *p = arg;
	uint64_t what = random_below(random, 28);

	if (what < 12)
		send_step(p, random);
	else if (what < 15)
		sync_all(p);
	else if (what < 21)
		must(yg_hub_archive_step(p->archive), "the archive stops");
	else if (what < 23)
		must(yg_hub_archive_seal_over(p->archive), "an hour is not closed");
	else if (what < 27)
		time_step(p, random);
	else
		must(yg_journal_trim(p->journal), "the journal is not trimmed");
}

/* All that the journal holds into the archive; two days later all of that is closed. */
static void part_digest(void *arg)
{
	struct part *p = arg;
	int rc;

	while ((rc = yg_hub_archive_step(p->archive)) == YG_OK)
		;
	must(rc, "the archive stops");
	move_clock(p->world, 2 * 24 * 3600);
	must(yg_hub_archive_seal_over(p->archive), "an hour is not closed");
}

static void part_settle(void *arg)
{
	struct part *p = arg;

	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		struct soak_sender *s = &p->world->senders[i];

		while (s->sent < s->created) {
			struct yg_journal_result result;

			if (p->pending_count == PENDING_MAX)
				sync_all(p);
			if (send_one(p, i, s->sent + 1, false, &result) != YG_OK ||
			    result.answer > YG_JOURNAL_AGAIN)
				give_up("%s: the rest is not taken", s->id);
			p->pending[p->pending_count++] =
				(struct pending){i, ++s->sent, result.position};
		}
	}
	sync_all(p);
	part_digest(p);
}

/* ---- with threads ---- */

struct thread {
	pthread_t id;
	struct part *p;
	unsigned number;
};

static void *sender_thread(void *arg)
{
	struct thread *t = arg;
	struct soak_sender *s = &t->p->world->senders[t->number];
	uint64_t random = t->p->world->seed + s->created * 7 + t->number;

	for (uint64_t i = 0; t->p->batches == 0 || i < t->p->batches; i++) {
		struct yg_journal_result result;

		if (s->sent == s->created)
			make_batch(s);
		if (send_one(t->p, t->number, s->sent + 1, false, &result) != YG_OK ||
		    result.answer > YG_JOURNAL_AGAIN)
			give_up("%s: a batch was not taken", s->id);
		if (yg_journal_wait(t->p->journal, result.position, random_below(&random, 4) == 0))
			give_up("%s: a batch was lost", s->id);
		s->sent++;
		soak_acked(t->p->world, t->number, s->sent);
		move_clock(t->p->world, (int64_t)random_below(&random, 300));
	}
	return NULL;
}

static void *consumer_thread(void *arg)
{
	struct thread *t = arg;

	for (;;) {
		bool is_last = __atomic_load_n(&t->p->is_ending, __ATOMIC_ACQUIRE);
		int rc = yg_hub_archive_step(t->p->archive);

		must(rc, "the archive stops");
		must(yg_hub_archive_seal_over(t->p->archive), "an hour is not closed");
		if (rc == YG_EAGAIN && is_last)
			return NULL;
	}
}

static void part_run(void *arg, uint64_t batches)
{
	struct part *p = arg;
	struct thread threads[SOAK_SENDERS + 1];

	p->batches = batches;
	p->is_ending = false;
	for (unsigned i = 0; i <= SOAK_SENDERS; i++) {
		threads[i] = (struct thread){.p = p, .number = i};
		if (pthread_create(&threads[i].id, NULL,
				   i < SOAK_SENDERS ? sender_thread : consumer_thread,
				   &threads[i]) != 0)
			give_up("no thread");
	}
	for (unsigned i = 0; i <= SOAK_SENDERS; i++) {
		if (i == SOAK_SENDERS)
			__atomic_store_n(&p->is_ending, true, __ATOMIC_RELEASE);
		(void)pthread_join(threads[i].id, NULL);
	}
}

/* ---- looking at what is there ---- */

struct look {
	struct soak_world *world;
	struct soak_tally *tally;
	const char *org;
	const char *path;
	uint8_t *lines[SOAK_SENDERS]; /* (sequence, line) -> how often it is there */
};

static void look_at_line(struct look *look, struct yg_bytes line)
{
	struct yg_bytes rest = yg_bytes_from(line, sizeof("{\"v\":1,\"raw\":\"") - 1);
	struct yg_buf wanted;
	uint64_t number[3];

	for (unsigned i = 0; i < 3; i++) {
		size_t end = yg_bytes_chr(rest, i < 2 ? ' ' : '"');

		if (end == SIZE_MAX || !yg_bytes_u64(yg_bytes_cut(rest, 0, end), &number[i])) {
			soak_wrong(look->tally, "%s: nobody sent %.*s", look->path, YG_FMT(line));
			return;
		}
		rest = yg_bytes_from(rest, end + 1);
	}
	if (number[0] >= SOAK_SENDERS || number[1] == 0 ||
	    number[1] > look->world->senders[number[0]].created || number[2] >= LINES_MAX) {
		soak_wrong(look->tally, "%s: nobody sent %.*s", look->path, YG_FMT(line));
		return;
	}
	yg_buf_init(&wanted, 1024);
	add_line(look->world, (unsigned)number[0], number[1], (unsigned)number[2], &wanted);
	if (!yg_bytes_eq(line, yg_buf_bytes(&wanted)) ||
	    look->org[4] != (char)('0' + number[0] % ORGS))
		soak_wrong(look->tally, "%s: other bytes than were sent, or another's", look->path);
	else if (look->lines[number[0]][number[1] * LINES_MAX + number[2]] < UINT8_MAX)
		look->lines[number[0]][number[1] * LINES_MAX + number[2]]++;
	yg_buf_done(&wanted);
}

static int look_at_text(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	(void)frame;
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n') + 1; /* whole lines: checked */

		look_at_line(arg, yg_bytes_cut(text, 0, end));
		text = yg_bytes_from(text, end);
	}
	return YG_OK;
}

static void note(void *arg, const struct yg_archive_note *note)
{
	const struct look *look = arg;

	soak_wrong(look->tally, "%s: byte %" PRIu64 ": %s", note->path, note->at, note->words);
}

static void look_at_filters(struct look *look, const char *path)
{
	struct yg_archive_filters *filters = NULL;
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = yg_archive_open(path, &archive, &fault);

	if (rc == YG_OK)
		rc = yg_archive_filters_open(archive, &filters, &fault);
	if (rc == YG_OK)
		rc = yg_archive_filters_verify(filters, note, look);
	if (rc != YG_OK)
		soak_wrong(look->tally, "%s: its filters: %s", path, yg_err_text(rc));
	(void)yg_archive_filters_free(filters);
	(void)yg_archive_free(archive);
}

static int look_at_file(void *arg, const struct yg_archive_entry *entry)
{
	struct yg_archive_check check;
	struct look *look = arg;
	int rc;

	look->org = entry->org;
	look->path = entry->path;
	rc = yg_archive_verify(entry->path, &check, note, look_at_text, look);
	if (rc != YG_OK || entry->is_open || !check.is_sealed)
		soak_wrong(look->tally, "%s: not closed, or %s", entry->path, yg_err_text(rc));
	else
		look_at_filters(look, entry->path);
	return YG_OK;
}

/* A batch that is there in part, or more than once. */
static void count_batch(struct look *look, unsigned sender, uint64_t sequence)
{
	const uint8_t *times = look->lines[sender] + sequence * LINES_MAX;
	unsigned count = lines_of(look->world, sender, sequence);
	unsigned least = UINT8_MAX, most = 0;

	for (unsigned i = 0; i < LINES_MAX; i++) {
		if (times[i] > most)
			most = times[i];
		if (i < count && times[i] < least)
			least = times[i];
	}
	if (least != most)
		soak_wrong(look->tally,
			   "batch %" PRIu64 " of sensor-%u: its lines stand there %u "
			   "to %u times",
			   sequence, sender, least, most);
	look->tally->times[sender][sequence] = (uint8_t)most;
}

static void part_check(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct look look = {.world = world, .tally = tally};
	char dir[300];
	int rc;

	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		look.lines[i] = calloc(world->senders[i].created + 1, LINES_MAX);
		if (!look.lines[i])
			give_up("out of memory");
	}
	(void)snprintf(dir, sizeof(dir), "%s/archive", folder);
	rc = yg_archive_walk(dir, NULL, look_at_file, &look);
	if (rc != YG_OK)
		soak_wrong(tally, "the archive cannot be walked: %s", yg_err_text(rc));
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		for (uint64_t q = 1; q <= world->senders[i].created; q++)
			count_batch(&look, i, q);
		free(look.lines[i]);
	}
}

const struct soak_part soak_archive = {
	.name = "archive",
	.is_talkative = true,
	.lies = RECORD_LIE_SEGMENT | RECORD_LIE_REPLACE | RECORD_LIE_FOLDER | RECORD_LIE_ARCHIVE,
	.open = part_open,
	.step = part_step,
	.run = part_run,
	.settle = part_settle,
	.digest = part_digest,
	.close = part_close,
	.check = part_check,
};
