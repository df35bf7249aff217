/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/back-int.h - parts of looking back: its life and what is told (back.c), which lists and
 * how far (back_state.c), the archive (back_pass.c). Inside sensor/.
 */
#pragma once

#include <pthread.h>

#include "base/hash.h"
#include "sensor/back.h"

enum yg_back_state {
	YG_BACK_WAITS,
	YG_BACK_DONE,	 /* not told */
	YG_BACK_SENDING, /* in the batch that is being collected */
	YG_BACK_TOLD,
};

struct yg_back_look {
	char name[YG_OFFER_NAME_MAX + 1]; /* of the list; of its first part */
	char digest[2 * YG_DIGEST_BYTES + 1];
	enum yg_back_state state;
	uint64_t number; /* lines before this one are looked at */
	uint64_t done;	 /* behind the greatest number that was */
	int64_t from_ns; /* times of arrival */
	int64_t to_ns;
	uint64_t records;
	uint64_t count;
	int64_t first_ns; /* YG_TIME_NONE: none of those that count has a time */
	int64_t last_ns;
	uint32_t gaps;	     /* times in between that the archive lacks */
	uint32_t damaged;    /* files that could not be read to their end */
	uint64_t damaged_at; /* the last of them: its hour and part as one number; 0: none */
	bool has_archive;
};

struct yg_back {
	struct yg_back_config config;
	unsigned days;
	struct yg_lines *writer;
	struct yg_arena *arena;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_started;

	/* Under the lock. */
	bool is_ending;
	bool has_set; /* the thread has not looked at it: */
	uint64_t signature;
	uint64_t number;
	bool is_dirty; /* something was told */
	/* Changed by the thread under the lock; what waits, without it. */
	struct yg_back_look looks[YG_BACK_LOOKS_MAX];
	uint32_t count;
};

static inline int64_t yg_back_now(const struct yg_back *b)
{
	return b->config.clock.now_ns(b->config.clock.arg);
}

/* Wait for @ns, or the end. Is it the end? */
bool yg_back_pause(struct yg_back *b, int64_t ns);

/* ---- back_state.c ---- */

/* What is on the disk; nothing where it cannot be read: then all is looked for again. */
YG_MUST_USE int yg_back_load(struct yg_back *b);
YG_MUST_USE int yg_back_save(struct yg_back *b);
/*
 * The lists that are there now; new and changed ones wait. YG_OK; YG_EAGAIN: the files are not
 * those of @signature (any more): there will be another set; YG_ENOMEM, or an error of the disk.
 */
YG_MUST_USE int yg_back_list(struct yg_back *b, uint64_t signature, uint64_t number);
/* The list @name (with NUL) and its parts: each text to @fn. Files that are gone are passed over.
 */
typedef int (*yg_back_text_fn)(void *arg, const char *file, struct yg_bytes text);
YG_MUST_USE int yg_back_texts(const struct yg_home *home, const char *name, yg_back_text_fn fn,
			      void *arg);

/* ---- back_pass.c ---- */

/* Look for the first YG_BACK_PASS_MAX that wait. YG_OK; YG_EEND: the end came, what was done is
 * kept; or an error. */
YG_MUST_USE int yg_back_pass(struct yg_back *b);
