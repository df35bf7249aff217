/* SPDX-License-Identifier: Apache-2.0 */
/* app/share_poll-int.h - inside `yagura share poll`: options and the way there (share_poll.c),
 * pages (share_pages.c). */
#pragma once

#include "app/share_fetch.h"
#include "app/share_store.h"
#include "base/arena.h"
#include "parse/stix.h"

#define YG_POLL_SET_MAX	    32768u /* of half-filled sets; beyond, they begin anew */
#define YG_POLL_LATER_MAX   10000u /* objects whose marking may still come */
#define YG_POLL_LATER_BYTES (64u << 20)

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
	/* pages */
	struct yg_poll_set *seen;  /* of this round, by next */
	struct yg_poll_set *wrong; /* objects that were refused, said once */
	struct yg_buf later;	   /* texts, each with a comma before it */
	uint32_t later_count;
	char next[2048];
	int64_t last_us;   /* of the page before in this round; INT64_MIN: none */
	uint32_t tries;	   /* without anything new */
	int64_t broken_us; /* the cursor when it broke last */
};

/* All that is there to the end. YG_OK; YG_EAGAIN: it broke off (said), and goes on from there next
 * time; an error that was said. */
YG_MUST_USE int yg_poll_pages(struct yg_poll *poll);
