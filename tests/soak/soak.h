/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/soak/soak.h - the rig: senders that remember what was acknowledged to them, a part of the
 * product that acknowledges and archives, and a disk or a process that is ended at any moment.
 *
 * A part is what is under test: the journal with two consumers and the database (part_journal.c),
 * the way from the journal to the archive (part_archive.c), the sensor's spool and ledger
 * (part_sensor.c), what it finds and keeps itself (part_house.c), detection in the hub with its
 * store (part_detect.c); each another struct soak_part. It lives in child processes of the rig: on
 * the recording disk (cuts), and on the real one (kills).
 *
 * Proved of each cut and kill: every file opens; each batch that was acknowledged is in the
 * archive, once, with the bytes that were sent; nothing is there that nobody sent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "record.h"

#define SOAK_SENDERS 4u
#define SOAK_BATCHES 20000u  /* of one sender in one generation */
#define SOAK_BODY    3000u   /* bytes, at most */
#define SOAK_ACKS    100000u /* of one life */

/* Survives all cuts and kills: it stands elsewhere. */
struct soak_sender {
	char id[16];
	uint64_t created; /* batches it has made: 1..created */
	uint64_t acked;	  /* of those, acknowledged before this life: all up to this one */
	uint64_t known;	  /* acknowledged until now */
	uint64_t sent;	  /* on this connection */
};

struct soak_ack {
	uint64_t at; /* steps of the disk until then */
	unsigned sender;
	uint64_t sequence;
};

/* In memory that all processes of the rig share. */
struct soak_world {
	uint64_t seed;	 /* of the contents */
	uint64_t random; /* of everything else */
	struct soak_sender senders[SOAK_SENDERS];
	int64_t now_ns;	       /* of a part that keeps time; 0: it has not begun */
	struct record *record; /* NULL: kills, and the end */
	int ack_fd;	       /* kills: where acknowledgements are told; or -1 */
	uint64_t ack_count;
	struct soak_ack acks[SOAK_ACKS]; /* of this life */
};

/* What the archive holds, and what is wrong with it. */
struct soak_tally {
	uint8_t *times[SOAK_SENDERS]; /* sequence -> how often it is there */
	uint64_t wrong;		      /* other bytes, unknown names, files that do not open */
	char what[400];		      /* the first of those */
};

struct soak_part {
	const char *name;
	bool is_talkative; /* it speaks to operators; only seen with SOAK_WORDS set */
	unsigned lies;	   /* the kinds of sync that it makes (enum record_lie) */
	/* Start as the product does, on @folder. NULL: it did not, @tally says why. */
	void *(*open)(struct soak_world *world, const char *folder, struct soak_tally *tally);
	/* One thing that a running product may do, alone in this process. */
	void (*step)(void *part, uint64_t *random);
	/* @batches of each sender (0: without end), with all its threads. */
	void (*run)(void *part, uint64_t batches);
	/* Everything that was created is sent, acknowledged and archived. */
	void (*settle)(void *part);
	/* Only what is in the journal already is archived. */
	void (*digest)(void *part);
	void (*close)(void *part);
	/* Count what is in the archive; nothing is running. */
	void (*check)(struct soak_world *world, const char *folder, struct soak_tally *tally);
};

extern const struct soak_part soak_journal;
extern const struct soak_part soak_archive;
extern const struct soak_part soak_detect; /* a program of its own: it needs most of the hub */
extern const struct soak_part soak_sensor;
extern const struct soak_part soak_house;

/* The bytes of a batch: always the same for (seed of the world, sender, sequence). */
void soak_body(const struct soak_world *world, unsigned sender, uint64_t sequence,
	       struct yg_buf *to);

/* Of some, the sender says that they will never come: these are not to be in the archive. */
bool soak_is_dropped(const struct soak_world *world, unsigned sender, uint64_t sequence);

/* The part has acknowledged it. Any thread. */
void soak_acked(struct soak_world *world, unsigned sender, uint64_t sequence);

__attribute__((format(printf, 2, 3))) void soak_wrong(struct soak_tally *tally, const char *format,
						      ...);
