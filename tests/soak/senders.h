/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/soak/senders.h - what senders do to a journal, for any part that has one: the next batch,
 * an old one again, other bytes under an old name; alone or each in a thread.
 */
#pragma once

#include "journal/journal.h"
#include "soak.h"

#define SOAK_PENDING_MAX 64u

struct soak_sending {
	struct soak_world *world;
	struct yg_journal *journal;
	/* The sender's name in the journal, and what it sends; @is_other: other bytes. */
	void (*name)(const struct soak_world *world, unsigned sender, char to[64]);
	void (*body)(const struct soak_world *world, unsigned sender, uint64_t sequence,
		     bool is_other, struct yg_buf *to);
	struct {
		unsigned sender;
		uint64_t sequence;
		uint64_t position;
	} pending[SOAK_PENDING_MAX];
	size_t pending_count;
	uint64_t batches; /* of each in soak_send_threads(); 0: without end */
};

/* After opening: each sender goes on behind what it knows to be acknowledged. */
void soak_send_begin(struct soak_sending *sending);
void soak_send_step(struct soak_sending *sending, uint64_t *random);
void soak_send_sync(struct soak_sending *sending);
/* All that was created and not sent. */
void soak_send_rest(struct soak_sending *sending);
/* A thread for each sender, and when they have ended @then_end becomes true. */
typedef void *(*soak_thread_fn)(void *arg);
void soak_send_threads(struct soak_sending *sending, uint64_t batches, soak_thread_fn consumer,
		       void *const *consumer_args, unsigned consumer_count, bool *then_end);
