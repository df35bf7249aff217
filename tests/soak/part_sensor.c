/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensor's spool and ledger as a part: four sources whose places are the checkpoint, batches
 * that are committed (which is what is acknowledged here: from then on a batch may leave), sent,
 * countersigned, moved to another epoch. The archive is what the spool holds; it keeps everything.
 *
 * Proved beside what soak.h says: the ledger is whole by its own rules (chain, countersignatures,
 * nothing cut off that the spool knows), and has exactly one line for each batch of the spool, in
 * order, with its digest.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "sensor/spool-int.h"
#include "soak.h"

#define SENSOR	      "soak"
#define NOW	      (INT64_C(1700000000) * YG_NS_PER_S)
#define SEGMENT_BYTES 16384u	  /* so that many begin and end in one life */
#define LEDGER_BYTES  (16u << 10) /* about 30 entries */
#define BYTES_MAX     (UINT64_C(1) << 40)

static const uint8_t seed[YG_SIGN_SEED_BYTES] = {7};

struct part {
	struct soak_world *world;
	struct yg_spool *spool;
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	int64_t now_ns;
	struct yg_buf out; /* what is sent */
	bool is_ending;
};

/* ---- batches ---- */

static void content_of(const struct soak_world *world, unsigned sender, uint64_t sequence,
		       struct yg_buf *to)
{
	struct yg_buf body;
	char *hex;

	yg_buf_init(&body, 2 * SOAK_BODY);
	soak_body(world, sender, sequence, &body);
	hex = malloc(2 * body.size + 1);
	if (!hex)
		give_up("out of memory");
	yg_hex(yg_buf_bytes(&body), hex);
	yg_buf_addf(to,
		    "{\"v\":1,\"format\":\"syslog\",\"source\":\"%u\",\"position\":%" PRIu64
		    ",\"raw\":\"%s\",\"fields\":{}}\n",
		    sender, sequence, hex);
	free(hex);
	yg_buf_done(&body);
}

static void checkpoint_of(const struct soak_world *world, unsigned sender, uint64_t sequence,
			  struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"at\":[");
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		yg_buf_addf(to, "%s%" PRIu64, i ? "," : "",
			    i == sender ? sequence : world->senders[i].sent);
	yg_buf_add_str(to, "]}");
}

static void commit(struct part *p, unsigned sender, uint64_t sequence)
{
	struct yg_wire_batch batch = {.first_ns = YG_TIME_NONE, .last_ns = YG_TIME_NONE};
	struct yg_buf content, packed, checkpoint, tally;
	int rc;

	yg_buf_init(&content, 1u << 20);
	yg_buf_init(&packed, 1u << 20);
	yg_buf_init(&checkpoint, 4096);
	yg_buf_init(&tally, 4096);
	content_of(p->world, sender, sequence, &content);
	checkpoint_of(p->world, sender, sequence, &checkpoint);
	rc = yg_wire_pack(yg_buf_bytes(&content), &batch, &packed);
	if (rc == YG_OK)
		rc = yg_ledger_tally(yg_buf_bytes(&content), &tally);
	if (rc == YG_OK)
		rc = yg_spool_commit_listed(p->spool, &batch, yg_buf_bytes(&packed),
					    yg_buf_bytes(&checkpoint), yg_buf_bytes(&tally),
					    p->now_ns);
	if (rc != YG_OK)
		give_up("a batch was not taken: %s", yg_err_text(rc));
	yg_buf_done(&content);
	yg_buf_done(&packed);
	yg_buf_done(&checkpoint);
	yg_buf_done(&tally);
}

/* The next batch of @sender; one that is dropped is passed over with the next checkpoint. */
static void commit_next(struct part *p, unsigned sender)
{
	struct soak_sender *s = &p->world->senders[sender];

	if (s->sent == s->created && ++s->created > SOAK_BATCHES)
		give_up("too many batches in one generation");
	if (soak_is_dropped(p->world, sender, s->sent + 1)) {
		s->sent++; /* not acknowledged before a checkpoint says so */
		return;
	}
	commit(p, sender, s->sent + 1);
	s->sent++;
	soak_acked(p->world, sender, s->sent);
}

static void commit_place(struct part *p)
{
	struct yg_buf checkpoint;

	yg_buf_init(&checkpoint, 4096);
	checkpoint_of(p->world, SOAK_SENDERS, 0, &checkpoint);
	if (yg_spool_commit_place(p->spool, yg_buf_bytes(&checkpoint)) != YG_OK)
		give_up("a place was not taken");
	yg_buf_done(&checkpoint);
}

/* ---- sending ---- */

static void send_one(struct part *p)
{
	struct yg_wire_receipt receipt = {0};
	struct yg_wire_fault fault;
	struct yg_wire_batch batch;
	struct yg_spool_item item;
	bool is_foreign;
	int rc = yg_spool_next(p->spool, SENSOR, p->now_ns, &item, &p->out);

	if (rc != YG_OK)
		give_up("nothing can be sent: %s", yg_err_text(rc));
	if (item.kind == YG_SPOOL_NOTHING)
		return;
	if (item.kind != YG_SPOOL_BATCH)
		give_up("batch %" PRIu64 " was lost by the spool", item.number);
	if (yg_wire_batch_read(yg_buf_bytes(&p->out), &batch, &fault) != YG_OK || !batch.has_ledger)
		give_up("batch %" PRIu64 " has no line", item.number);
	receipt.epoch = item.epoch;
	receipt.sequence = item.sequence;
	receipt.time_ns = p->now_ns;
	yg_ledger_sign(&receipt, &batch, seed);
	rc = yg_spool_ack_signed(p->spool, &item, &receipt, p->key, p->now_ns, &is_foreign);
	if (rc != YG_OK || is_foreign)
		give_up("a receipt was not taken: %s", yg_err_text(rc));
}

/* What is over its bound goes, in pieces; the cut itself may be cut off anywhere. */
static void cut_ledger(struct part *p)
{
	uint64_t first;

	if (yg_spool_cut_ledger(p->spool, p->now_ns, &first) != YG_OK)
		give_up("the ledger cannot be cut");
}

static void part_step(void *arg, uint64_t *random)
{
	struct part *p = arg;
	uint64_t what = random_below(random, 24);
	struct yg_spool_state state;

	p->now_ns += (int64_t)random_below(random, 4) * YG_NS_PER_S;
	if (what < 12) {
		commit_next(p, (unsigned)random_below(random, SOAK_SENDERS));
	} else if (what < 20) {
		send_one(p);
	} else if (what < 22) {
		yg_spool_settle_receipt(p->spool, p->now_ns, what == 20);
	} else if (what < 23) {
		state = yg_spool_state(p->spool);
		if (state.acked > 0 &&
		    yg_spool_rewind(p->spool, state.epoch, 1 + random_below(random, state.acked),
				    p->now_ns) != YG_OK)
			give_up("the spool does not go back");
	} else if (random_below(random, 2) == 0) {
		/* What may not leave was read: places alone, often enough for a segment of its own.
		 */
		for (uint64_t n = 1 + random_below(random, 5); n > 0; n--)
			commit_place(p);
	} else if (random_below(random, 2) == 0) {
		cut_ledger(p);
	} else if (random_below(random, 2) == 0) {
		state = yg_spool_state(p->spool);
		if (yg_spool_new_epoch(p->spool, state.epoch + 1, p->now_ns) != YG_OK)
			give_up("no new epoch");
	}
}

/* ---- starting and ending ---- */

static void part_close(void *arg)
{
	struct part *p = arg;

	if (p) {
		(void)yg_spool_free(p->spool);
		yg_buf_done(&p->out);
		free(p);
	}
}

static int note_enrolled(struct part *p)
{
	struct yg_ledger_line line = {.kind = YG_LEDGER_ENROLLED};

	(void)snprintf(line.sensor, sizeof(line.sensor), SENSOR);
	(void)snprintf(line.organisation, sizeof(line.organisation), "org");
	(void)snprintf(line.hub, sizeof(line.hub), "https://127.0.0.1:1");
	memcpy(line.key, p->key, sizeof(line.key));
	return yg_spool_note(p->spool, &line, YG_S(""), p->now_ns);
}

/* Where each source stands, as the checkpoint has it. */
static void read_checkpoint(struct part *p)
{
	struct yg_bytes text = yg_spool_checkpoint(p->spool);
	struct yg_fault fault;
	json_t *object = NULL;

	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		p->world->senders[i].sent = 0;
	if (text.size == 0)
		return;
	if (yg_json_load(text, text.size, &object, &fault) != YG_OK)
		give_up("the checkpoint cannot be read");
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		p->world->senders[i].sent = (uint64_t)json_integer_value(
			json_array_get(json_object_get(object, "at"), i));
	json_decref(object);
}

static void *part_open(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct part *p = calloc(1, sizeof(*p));
	struct yg_spool_attached attached = {0};
	const char *reason = NULL;
	char path[300];
	int rc;

	if (!p)
		give_up("out of memory");
	p->world = world;
	p->now_ns = NOW;
	yg_buf_init(&p->out, 8u << 20);
	yg_sign_public(seed, p->key);
	(void)snprintf(path, sizeof(path), "%.200s/spool", folder);
	rc = yg_spool_open(path, BYTES_MAX, &p->spool, &reason);
	if (rc == YG_OK) {
		p->spool->segment_max = SEGMENT_BYTES;
		yg_spool_bound_ledger(p->spool, LEDGER_BYTES);
		(void)snprintf(path, sizeof(path), "%.200s/ledger", folder);
		rc = yg_spool_attach(p->spool, path, p->now_ns, &attached);
		reason = "ledger";
	}
	if (rc == YG_OK)
		rc = note_enrolled(p);
	if (rc != YG_OK || attached.is_damaged) {
		soak_wrong(tally, "does not open: %s, %s%s", yg_err_text(rc), reason ? reason : "",
			   attached.is_damaged ? " is damaged" : "");
		part_close(p);
		return NULL;
	}
	read_checkpoint(p);
	return p;
}

static void part_settle(void *arg)
{
	struct part *p = arg;

	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		while (p->world->senders[i].sent < p->world->senders[i].created)
			commit_next(p, i);
	yg_spool_settle_receipt(p->spool, p->now_ns, true);
}

static void part_digest(void *arg)
{
	(void)arg; /* opening did it: what the ledger's files lacked came from the spool */
}

/* ---- with threads ---- */

static void *sender_thread(void *arg)
{
	struct part *p = arg;

	while (!__atomic_load_n(&p->is_ending, __ATOMIC_ACQUIRE))
		send_one(p);
	return NULL;
}

static void part_run(void *arg, uint64_t batches)
{
	struct part *p = arg;
	pthread_t sender;

	p->is_ending = false;
	if (pthread_create(&sender, NULL, sender_thread, p) != 0)
		give_up("no thread");
	for (uint64_t n = 0; batches == 0 || n < batches; n++)
		for (unsigned i = 0; i < SOAK_SENDERS; i++)
			commit_next(p, i);
	__atomic_store_n(&p->is_ending, true, __ATOMIC_RELEASE);
	(void)pthread_join(sender, NULL);
}

/* ---- looking at what is there ---- */

struct look {
	struct soak_world *world;
	struct soak_tally *tally;
	const char *spool;
	uint64_t batches; /* lines seen */
};

/* A batch of the spool: whose, and are the bytes those that were made? */
static void look_at_content(struct look *look, struct yg_bytes content)
{
	struct yg_fault fault;
	struct yg_buf wanted;
	json_t *object = NULL;
	uint64_t sender = SOAK_SENDERS;
	int64_t sequence = 0;

	if (yg_json_load(yg_bytes_trim(content), content.size, &object, &fault) == YG_OK) {
		(void)yg_bytes_u64(yg_json_text(object, "source"), &sender);
		sequence = yg_json_int(object, "position", 0);
	}
	json_decref(object);
	if (sender >= SOAK_SENDERS || sequence < 1 ||
	    (uint64_t)sequence > look->world->senders[sender].created) {
		soak_wrong(look->tally, "a batch that nobody made");
		return;
	}
	yg_buf_init(&wanted, 1u << 20);
	content_of(look->world, (unsigned)sender, (uint64_t)sequence, &wanted);
	if (!yg_bytes_eq(yg_buf_bytes(&wanted), content))
		soak_wrong(look->tally, "%" PRIu64 "/%" PRId64 " has other bytes", sender,
			   sequence);
	yg_buf_done(&wanted);
	if (look->tally->times[sender][sequence] < 255)
		look->tally->times[sender][sequence]++;
}

/* Batches whose lines were cut: the spool has them all the same, each once. */
static void look_before_cut(struct look *look, const char *ledger)
{
	struct yg_ledger_line cut;
	uint64_t begins;

	if (yg_ledger_find_cut(ledger, &begins, &cut, NULL) != YG_OK)
		soak_wrong(look->tally, "the ledger cannot be read");
	for (uint64_t n = 1; n <= cut.number; n++) {
		struct yg_wire_batch batch;
		struct yg_buf content;

		yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
		if (yg_spool_peek_batch(look->spool, n, &batch, &content) == YG_OK)
			look_at_content(look, yg_buf_bytes(&content));
		else
			soak_wrong(look->tally, "batch %" PRIu64 " before the cut is lost", n);
		yg_buf_done(&content);
	}
	look->batches = cut.number;
}

/* Each line of a batch: the spool has it under that number, with that digest. */
static int look_at_line(void *arg, const struct yg_ledger_line *line, struct yg_bytes text)
{
	struct look *look = arg;
	struct yg_wire_batch batch;
	struct yg_buf content;

	(void)text;
	if (line->kind != YG_LEDGER_BATCH)
		return YG_OK;
	look->batches++;
	yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
	if (line->number != look->batches ||
	    yg_spool_peek_batch(look->spool, line->number, &batch, &content) != YG_OK ||
	    memcmp(batch.digest, line->digest, sizeof(batch.digest)) != 0)
		soak_wrong(look->tally, "entry %" PRIu64 ": batch %" PRIu64 " is not in the spool",
			   line->n, line->number);
	else
		look_at_content(look, yg_buf_bytes(&content));
	yg_buf_done(&content);
	return YG_OK;
}

static void part_check(struct soak_world *world, const char *folder, struct soak_tally *tally)
{
	struct look look = {.world = world, .tally = tally};
	struct yg_ledger_known known = {0};
	struct yg_ledger_verdict verdict;
	struct yg_wire_batch batch;
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	struct yg_buf content;
	char spool[300];
	char ledger[300];
	int rc;

	yg_sign_public(seed, key);
	known.key = key;
	(void)snprintf(spool, sizeof(spool), "%.200s/spool", folder);
	(void)snprintf(ledger, sizeof(ledger), "%.200s/ledger", folder);
	look.spool = spool;
	look_before_cut(&look, ledger);
	rc = yg_spool_peek_ledger(spool, &known.n, known.hash);
	known.has_head = rc == YG_OK;
	if (rc != YG_OK || known.n == 0)
		soak_wrong(tally, "the spool knows no ledger: %s", yg_err_text(rc));
	rc = yg_ledger_check(ledger, &known, look_at_line, &look, &verdict);
	if (rc != YG_OK || verdict.fault != YG_LEDGER_WHOLE)
		soak_wrong(tally, "ledger: %s, fault %d at entry %" PRIu64 " of %" PRIu64,
			   yg_err_text(rc), (int)verdict.fault, verdict.n, known.n);
	/* And no batch without its line. */
	yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
	if (yg_spool_peek_batch(spool, look.batches + 1, &batch, &content) != YG_EEND)
		soak_wrong(tally, "batch %" PRIu64 " has no line", look.batches + 1);
	yg_buf_done(&content);
}

const struct soak_part soak_sensor = {
	.name = "sensor",
	.lies = RECORD_LIE_SEGMENT | RECORD_LIE_REPLACE | RECORD_LIE_FOLDER,
	.open = part_open,
	.step = part_step,
	.run = part_run,
	.settle = part_settle,
	.digest = part_digest,
	.close = part_close,
	.check = part_check,
};
