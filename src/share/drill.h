/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share/drill.h - how a receipt drill (疎通確認訓練) goes down a tree, and what came of it.
 *
 *   waits ─ its parent has it ─► due ─ taken by the sender ─► under way ─► confirmed
 *     │                                     │                      └─► failed (cause)
 *     └─ its parent failed ─► not reached   └ no address ─► failed
 *
 * In normal mode the message goes down: a node is sent to when its parent's receipt is there, and
 * what stands below a node that failed is not reached, or is sent to all the same (AROUND), as the
 * coordinating body does when it goes around somebody. In large-scale mode it goes to all stages AT
 * ONCE. A provision (情報提供) goes in the same ways.
 *
 * Who sends asks for the next one and says what came of it, in any order: nothing here knows a
 * network or a clock. A branch has at most one node that is waited for in vain, so a drill takes as
 * long as its longest branch.
 * Layer: share. Pure. One thread at a time. Source: DOMAIN 4.
 * Tests: tests/unit/share/test_drill.c
 */
#pragma once

#include "share/tree.h"

/* What came of it. Code, word in JSON, words for people, what to do about the contact ("": none
 * of the contact's doing). */
#define YG_DRILL_RESULT_MAP(X)                                                                     \
	X(WAITS, "", "", "")                                                                       \
	X(CONFIRMED, "confirmed", N_("confirmed"), "")                                             \
	X(NO_ADDRESS, "no-address", N_("no address"), N_("ask for an address, and enter it"))      \
	X(NO_HOST, "no-host", N_("the host does not exist"),                                       \
	  N_("correct the address: its host's name leads nowhere"))                                \
	X(REFUSED, "refused", N_("no connection"),                                                 \
	  N_("ask whether the server still stands there, and correct the address"))                \
	X(TIMEOUT, "timeout", N_("no answer in time"),                                             \
	  N_("ask whether the server works; correct the address if it moved"))                     \
	X(TLS, "tls", N_("the connection is not secure"),                                          \
	  N_("ask for a valid certificate and TLS 1.2 or newer"))                                  \
	X(BOUNCED, "bounced", N_("refused by the other side"),                                     \
	  N_("correct the address: the other side knows no such recipient, or does not take it"))  \
	X(BUSY, "busy", N_("put off by the other side"),                                           \
	  N_("try again; ask whether the mailbox is full"))                                        \
	X(BROKEN, "broken", N_("the other side broke off"),                                        \
	  N_("ask whether what answers there is a server of this kind"))                           \
	X(INSIDE, "inside", N_("an address inside"),                                               \
	  N_("correct the address: it leads into an inner network"))                               \
	X(OTHER, "other", N_("could not be sent"), N_("see the words beside it"))                  \
	X(NOT_REACHED, "not-reached", N_("not reached: the one above did not receive it"), "")     \
	X(STOPPED, "stopped", N_("the drill was stopped before"), "")
enum yg_drill_result {
#define X(code, word, title, todo) YG_DRILL_##code,
	YG_DRILL_RESULT_MAP(X)
#undef X
		YG_DRILL_RESULT_COUNT
};
const char *yg_drill_result_name(enum yg_drill_result result);	/* "timeout" */
const char *yg_drill_result_title(enum yg_drill_result result); /* untranslated */
const char *yg_drill_result_todo(enum yg_drill_result result);	/* untranslated */
bool yg_drill_result_by_name(struct yg_bytes name, enum yg_drill_result *ret);

enum yg_drill_way {
	YG_DRILL_DOWN,
	YG_DRILL_AROUND,
	YG_DRILL_AT_ONCE,
};

struct yg_drill;
/* @tree is borrowed, and must stay. NULL without memory. Cost: O(nodes). */
struct yg_drill *yg_drill_new(const struct yg_tree *tree, enum yg_drill_way way);
struct yg_drill *yg_drill_free(struct yg_drill *drill);

/* A node to send to, now under way; YG_TREE_NONE: none is due at the moment. */
uint32_t yg_drill_next(struct yg_drill *drill);
/* What came of @node, which was under way. Nodes below it become due, or are not reached. */
void yg_drill_done(struct yg_drill *drill, uint32_t node, enum yg_drill_result result);
/* No more is sent: what waits or is due is STOPPED. Those under way are still to be told. */
void yg_drill_stop(struct yg_drill *drill);
/* Every node has its result. */
bool yg_drill_is_over(const struct yg_drill *drill);

enum yg_drill_result yg_drill_result_of(const struct yg_drill *drill, uint32_t node);
bool yg_drill_was_sent(const struct yg_drill *drill, uint32_t node);
