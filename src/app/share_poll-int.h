/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/share_poll-int.h - what another TAXII server has, into a collection of ours: the way there
 * (share_way.c), pages (share_pages.c). `yagura share poll` does it once (share_poll.c), the hub
 * again and again (hub_feeds.c), by way of the process that may connect.
 */
#pragma once

#include "app/share_fetch.h"
#include "app/share_store.h"
#include "base/arena.h"
#include "parse/stix.h"

#define YG_POLL_SET_MAX	    32768u /* of half-filled sets; beyond, they begin anew */
#define YG_POLL_LATER_MAX   10000u /* objects whose marking may still come */
#define YG_POLL_LATER_BYTES (64u << 20)
#define YG_POLL_ASKED_MAX   128u /* words for a next page that are remembered */
#define YG_POLL_TROUBLE_MAX 400u
#define YG_POLL_LONGER	    4 /* times the bounds of a round, for what has to come in one go */

/* Hashes that were seen. */
struct yg_poll_set {
	uint64_t slots[2 * YG_POLL_SET_MAX];
	uint32_t count;
};

struct yg_poll {
	/* options */
	const char *url;
	const char *remote; /* the server's collection */
	struct yg_fetch_opts http;
	const char *secret_file;
	const char *token_file;
	uint32_t limit; /* objects of a page */
	bool is_again;
	bool is_json;
	uint32_t pages_max;	 /* 0: as many as there are */
	int64_t ms_max;		 /* 0: as long as it takes; else it ends behind the page it is at */
	enum yg_tlp default_tlp; /* of what is not marked; NONE: as the collection says */
	const char *origin;	 /* from whom it is, kept with each version; NULL: not */
	bool is_quiet;		 /* nothing is said: @trouble and @wrong_text have it */
	/* One question, which fills in the answer; and a pause of so many milliseconds, false: it
	 * is to end. */
	void (*get)(void *arg, const char *url, struct yg_fetch_answer *ret);
	bool (*pause)(void *arg, int64_t ms);
	void *arg;
	/* the way there */
	struct yg_share_place place;
	struct yg_fetch *fetch;
	struct yg_fetch_answer answer;
	struct yg_buf objects; /* URL, with NUL */
	char state[YG_STIX_UUID + 24];
	char secret[YG_FETCH_SECRET_MAX + 1];
	/* where it is: all that was added up to here is taken; INT64_MIN: nothing yet */
	int64_t cursor_us;
	int64_t kept_us;  /* the same as it stands in the file */
	int64_t round_us; /* where this round began: a question goes on as it began */
	/* what is told at the end */
	uint64_t stored;
	uint64_t there;
	uint64_t refused;
	uint64_t pages;
	uint64_t restarts;
	bool is_cut;			      /* it ended at @pages_max or @ms_max: there is more */
	char trouble[YG_POLL_TROUBLE_MAX];    /* what went wrong last, English; "": nothing */
	char wrong_text[YG_POLL_TROUBLE_MAX]; /* what was refused last */
	/* pages */
	struct yg_poll_set *seen;  /* of this round, by next */
	struct yg_poll_set *wrong; /* objects that were refused, said once */
	struct yg_buf later;	   /* texts, each with a comma before it */
	uint32_t later_count;
	char next[2048];
	bool will_ask;	 /* the word of the page that is stored is the next question */
	int64_t last_us; /* of the page before in this round; INT64_MIN: none */
	/* Words (`next`) that were asked with since the place that is kept. A server moves on
	 * behind one: whoever asks with it again may be given what comes later. */
	uint64_t asked[YG_POLL_ASKED_MAX];
	uint32_t asked_count;
	uint32_t gaps;	   /* rounds that did not begin where they had to, one after the other */
	uint32_t stuck;	   /* pages that brought no way on, one after the other */
	uint32_t tries;	   /* without anything new */
	int64_t broken_us; /* the cursor when it broke last */
	int64_t begun_ms;  /* on a clock that never jumps */
	int64_t from_us;   /* the cursor then */
};

/* Memory of @poll, whose options are filled in. YG_OK, YG_ENOMEM; yg_poll_done() in any case. */
YG_MUST_USE int yg_poll_init(struct yg_poll *poll);
void yg_poll_done(struct yg_poll *poll);
/* ROOT/collections/ID/objects/, by discovery where @url ends with /taxii2/. An error was said. */
YG_MUST_USE int yg_poll_find(struct yg_poll *poll);
/* How far it came the last time; its place is open. */
YG_MUST_USE int yg_poll_resume(struct yg_poll *poll);
/* Said, or kept in @trouble. @hint may be NULL. */
__attribute__((format(printf, 3, 4))) void yg_poll_say(struct yg_poll *poll, const char *hint,
						       const char *format, ...);
/* For a person who runs it; the hub tries again by itself. */
#define YG_POLL_AGAIN N_("what came is kept; run the same again, and it goes on from there")
/* What an answer means that passes by itself, as a format of address, status and what follows;
 * NULL: it is none. And said. */
const char *yg_poll_busy(const struct yg_fetch_answer *answer);
bool yg_poll_say_busy(struct yg_poll *poll);

/* All that is there to the end, or to @pages_max, or @ms_max (where it has come no further by then,
 * or a marking is waited for, YG_POLL_LONGER times that). YG_OK; YG_EAGAIN: it broke off (said),
 * and goes on from there next time; an error that was said. */
YG_MUST_USE int yg_poll_pages(struct yg_poll *poll);
