/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "senders.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypt.h"

#define THREADS_MAX (SOAK_SENDERS + 4u)

/* Send @sequence; @other: other bytes under its name, which must be refused. */
static int send_one(struct soak_sending *p, unsigned sender, uint64_t sequence, bool other,
		    struct yg_journal_result *ret)
{
	bool is_dropped = soak_is_dropped(p->world, sender, sequence);
	char name[64];
	struct yg_journal_batch b = {.kind = is_dropped ? YG_JOURNAL_DROP : YG_JOURNAL_BATCH,
				     .epoch = 1,
				     .sequence = sequence,
				     .sequence_last = sequence};
	struct yg_buf body;
	int rc;

	p->name(p->world, sender, name);
	b.sensor = yg_bytes_str(name);
	yg_buf_init(&body, 2 * SOAK_BODY);
	p->body(p->world, sender, sequence, other, &body);
	if (b.kind == YG_JOURNAL_DROP)
		yg_buf_reset(&body);
	b.body = yg_buf_bytes(&body);
	yg_sha256(b.body, b.digest);
	rc = yg_journal_append(p->journal, &b, ret);
	yg_buf_done(&body);
	return rc;
}

/* All that became durable is acknowledged. */
static void acknowledge(struct soak_sending *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->pending_count; i++) {
		int rc = yg_journal_outcome(p->journal, p->pending[i].position);

		if (rc == YG_OK)
			soak_acked(p->world, p->pending[i].sender, p->pending[i].sequence);
		else if (rc == YG_EAGAIN)
			p->pending[kept++] = p->pending[i];
		else
			give_up("a batch was lost: %s", yg_err_text(rc));
	}
	p->pending_count = kept;
}

void soak_send_sync(struct soak_sending *p)
{
	if (yg_journal_sync(p->journal) != YG_OK)
		give_up("the journal does not sync");
	acknowledge(p);
}

static void make_batch(struct soak_sender *s)
{
	if (s->created >= SOAK_BATCHES)
		give_up("too many batches in one generation");
	s->created++;
}

static void add_pending(struct soak_sending *p, unsigned sender, uint64_t sequence,
			uint64_t position)
{
	p->pending[p->pending_count].sender = sender;
	p->pending[p->pending_count].sequence = sequence;
	p->pending[p->pending_count++].position = position;
}

/* A sender sends its next batch, or an old one again, or something else under an old name. */
void soak_send_step(struct soak_sending *p, uint64_t *random)
{
	unsigned sender = (unsigned)random_below(random, SOAK_SENDERS);
	struct soak_sender *s = &p->world->senders[sender];
	struct yg_journal_result result;
	uint64_t sequence = s->sent + 1;
	bool is_again = s->sent > 0 && random_below(random, 8) == 0;
	bool is_other;

	if (p->pending_count == SOAK_PENDING_MAX)
		soak_send_sync(p);
	if (is_again)
		sequence = s->sent - random_below(random, s->sent < 9 ? s->sent : 9);
	else if (s->sent == s->created)
		make_batch(s);
	is_other = is_again && !soak_is_dropped(p->world, sender, sequence) &&
		   random_below(random, 4) == 0;
	if (send_one(p, sender, sequence, is_other, &result) != YG_OK)
		give_up("a batch was not taken");
	if (is_other) {
		if (result.answer != YG_JOURNAL_CONFLICT)
			give_up("%s/%" PRIu64 ": other bytes were answered with %d", s->id,
				sequence, (int)result.answer);
		return;
	}
	if (result.answer != YG_JOURNAL_NEW && result.answer != YG_JOURNAL_AGAIN)
		give_up("%s/%" PRIu64 " was answered with %d, next is %" PRIu64, s->id, sequence,
			(int)result.answer, result.next_sequence);
	add_pending(p, sender, sequence, result.position);
	if (!is_again)
		s->sent = sequence;
}

void soak_send_begin(struct soak_sending *sending)
{
	for (unsigned i = 0; i < SOAK_SENDERS; i++)
		sending->world->senders[i].sent = sending->world->senders[i].known;
}

void soak_send_rest(struct soak_sending *p)
{
	for (unsigned i = 0; i < SOAK_SENDERS; i++) {
		struct soak_sender *s = &p->world->senders[i];

		while (s->sent < s->created) {
			struct yg_journal_result result;

			if (p->pending_count == SOAK_PENDING_MAX)
				soak_send_sync(p);
			if (send_one(p, i, s->sent + 1, false, &result) != YG_OK ||
			    result.answer > YG_JOURNAL_AGAIN)
				give_up("%s: the rest is not taken", s->id);
			add_pending(p, i, ++s->sent, result.position);
		}
	}
	soak_send_sync(p);
}

/* ---- with threads ---- */

struct thread {
	pthread_t id;
	struct soak_sending *sending;
	unsigned number;
};

static void *sender_thread(void *arg)
{
	struct thread *t = arg;
	struct soak_sender *s = &t->sending->world->senders[t->number];
	uint64_t random = t->sending->world->seed + s->created * 7 + t->number;

	for (uint64_t i = 0; t->sending->batches == 0 || i < t->sending->batches; i++) {
		struct yg_journal_result result;

		if (s->sent == s->created)
			make_batch(s);
		if (send_one(t->sending, t->number, s->sent + 1, false, &result) != YG_OK ||
		    result.answer > YG_JOURNAL_AGAIN)
			give_up("%s: a batch was not taken", s->id);
		if (yg_journal_wait(t->sending->journal, result.position,
				    random_below(&random, 4) == 0))
			give_up("%s: a batch was lost", s->id);
		s->sent++;
		soak_acked(t->sending->world, t->number, s->sent);
	}
	return NULL;
}

void soak_send_threads(struct soak_sending *sending, uint64_t batches, soak_thread_fn consumer,
		       void *const *consumer_args, unsigned consumer_count, bool *then_end)
{
	struct thread threads[THREADS_MAX];
	unsigned count = SOAK_SENDERS + consumer_count;

	sending->batches = batches;
	*then_end = false;
	for (unsigned i = 0; i < count; i++) {
		bool is_sender = i < SOAK_SENDERS;

		threads[i] = (struct thread){.sending = sending, .number = i};
		if (pthread_create(&threads[i].id, NULL, is_sender ? sender_thread : consumer,
				   is_sender ? &threads[i] : consumer_args[i - SOAK_SENDERS]) != 0)
			give_up("no thread");
	}
	for (unsigned i = 0; i < count; i++) {
		if (i == SOAK_SENDERS)
			__atomic_store_n(then_end, true, __ATOMIC_RELEASE);
		(void)pthread_join(threads[i].id, NULL);
	}
}
