/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/warnings.h - from a situation to warnings with receipts.
 *
 *   plan: draft ─ a person approves ─► approved ─► (withdrawn | corrected, by a plan of its own)
 *         └─ refused
 *   warning, one for each recipient: ready ─► released ─► delivered ─► seen ─► acknowledged ─►
 * acted needs-consent, needs-approval ─ the one that was hit answers ─► ready | refused
 *
 * A plan holds the notice whole; it never leaves. What a recipient gets is a text: the copy that
 * yg_release() made for a rule, what was agreed to, and an outlet; one text serves all recipients
 * of that kind. Nothing is released before a person approved the plan. A warning's id is derived
 * from plan and recipient, so there is one for each, however often something is done again.
 *
 * The one that was hit is asked at its own pages. Its answer is its own right (write_consent).
 *
 * Of a recipient whose path goes along a relation that analysts may not see, plans and warnings
 * show neither rule, depth, path, reason nor candidates; members never see those of any.
 *
 * Kept under "hub.warn": kinds plan (PLAN), text (PLAN/RULE-AGREED-OUTLET), warning (ID, which
 * begins with PLAN), inbox (ORG/ORDER-ID: what members list), question (ORG/PLAN), timer
 * (TIME/ID), outbox (TIME/ID-CHANNEL), sent (DAY: how many, to all) and count. Times are ISO 8601
 * texts, UTC. One thread at a time. Tests: tests/unit/access/test_warnings.c,
 * tests/e2e/hub_warnings.py
 */
#pragma once

#include <jansson.h>

#include "access/gate.h"
#include "access/hub.h"
#include "model/community.h"
#include "model/form.h"
#include "model/notice.h"

#define YG_WARN_PLAN_HEX 16u
#define YG_WARN_ID_HEX	 32u
#define YG_WARN_TEXT_MAX 1000u /* bytes of a reason or a comment */

/* How long nobody need answer: after that the deputy is told, and the coordinating body sees it. */
struct yg_warn_times {
	int64_t consent_s;  /* the question to the one that was hit */
	int64_t remind_s;   /* not seen: once more to the contact */
	int64_t escalate_s; /* not acknowledged: the deputy, and the list of calls */
};
#define YG_WARN_TIMES_DEFAULT ((struct yg_warn_times){4 * 3600, 2 * 3600, 6 * 3600})

/* One recipient, as warn/ plans it. */
struct yg_warn_planned {
	uint32_t member; /* index in the community */
	uint32_t rule;	 /* its number */
	uint32_t depth;	 /* UINT32_MAX: none */
	uint32_t candidates;
	const uint32_t *path;	/* members, victim to recipient; depth + 1, or NULL */
	const uint32_t *reason; /* relations between them; depth */
	const char *state;	/* "ready", "needs-consent", "needs-approval" */
	const char *redaction;	/* "whole", "named", "anonymous", "indicators" */
	enum yg_audience audience;
	enum yg_tlp tlp;
	bool is_named;
	struct yg_notice_text why;
};
typedef int (*yg_warn_planned_fn)(void *arg, const struct yg_warn_planned *one);
/* What warn/ lends: calls @fn for each recipient when @victim is hit, by id. */
struct yg_warn_planner {
	int (*plan)(void *arg, const struct yg_community *community, uint32_t victim,
		    yg_warn_planned_fn fn, void *fn_arg);
	void *arg;
};

/* What a plan is made of. */
struct yg_warn_wish {
	const char *situation; /* id, hex; "" none */
	const char *victim;    /* organisation */
	json_t *notice;	       /* model/notice.h, without number and time; changed */
	const json_t *own;     /* access/gate.h: what points to the victim */
	enum yg_tlp tlp;       /* at least this strict; NONE: as the rules say */
	int64_t began_ns;      /* when the hub first knew of the situation; YG_TIME_NONE */
	bool is_damage_agreed; /* the victim agreed beforehand to tell 被害内容・対応情報 */
	struct yg_warn_times times;
	/* By this rule, without a person's look (access/automatic.h): only those are in the plan
	 * that may be warned unasked, and nobody is named. NULL: a person's. */
	const char *automatic;
	struct yg_warn_planner planner;
};
/*
 * @by: write_warnings at the hub. Makes a draft and asks the victim where its word is needed.
 * YG_OK; YG_ENOENT: no such organisation; YG_EINVAL: no notice; YG_ELIMIT.
 */
YG_MUST_USE int yg_warn_plan_make(struct yg_access *by, struct yg_warn_wish *wish,
				  char ret[YG_WARN_PLAN_HEX + 1]);

/* Once, for a store of before plans were found by their situation; else nothing. */
YG_MUST_USE int yg_warn_plans_index(struct yg_hub_access *hub);

/* ---- reading: objects as the API shows them; *ret owned ---- */

/* @by: read_warnings at the hub. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_warn_plan_get(struct yg_access *by, const char *plan, json_t **ret);
/* Newest first, after @after (""). Objects are the callback's to keep a reference of. */
typedef int (*yg_warn_fn)(void *arg, json_t *one);
/* @situation: those that were made of it, or followed one that was; "": all. */
YG_MUST_USE int yg_warn_plan_list(struct yg_access *by, const char *situation, const char *after,
				  uint32_t limit, yg_warn_fn fn, void *arg);
/* Warnings of @plan (""; all) by id after @after; only those with @state ("": any; "unread":
 * released and not seen; "open": released and not acknowledged). */
YG_MUST_USE int yg_warn_list(struct yg_access *by, const char *plan, const char *state,
			     const char *after, uint32_t limit, yg_warn_fn fn, void *arg);
/* Texts of @plan with what was taken out: {"rule","agreed","outlet","text":…}. */
YG_MUST_USE int yg_warn_texts(struct yg_access *by, const char *plan, yg_warn_fn fn, void *arg);
/* One warning, whole, and the copy that its recipient gets by @outlet (NULL when refused). */
YG_MUST_USE int yg_warn_get(struct yg_access *by, const char *id, enum yg_outlet outlet,
			    json_t **ret, json_t **ret_copy);
/*
 * How long it took, over the warnings released since @since_ns, of @plan or all (""):
 * {"warnings","notice","read","act"}: each {"count","p50_s","p95_s"}; notice: from the
 * situation's beginning to release; read: release to seen; act: release to acted.
 */
YG_MUST_USE int yg_warn_speed(struct yg_access *by, const char *plan, json_t **ret);

/* ---- deciding: @by write_warnings at the hub ---- */

/*
 * Whatever is ready goes out now; what waits for the victim's word waits on, and another approval
 * sends it. A person's, never a program's: YG_EACCES. YG_OK; YG_ENOENT; YG_EMISMATCH: refused or
 * withdrawn, or nothing is ready. *ret_count: how many were released.
 */
YG_MUST_USE int yg_warn_approve(struct yg_access *by, const char *plan, uint32_t *ret_count);
YG_MUST_USE int yg_warn_refuse(struct yg_access *by, const char *plan, const char *reason);
/*
 * It was wrong (or @notice takes its place): everybody who got it, and nobody else, gets that.
 * Both are plans of their own, released at once. YG_EMISMATCH: withdrawn before, or nothing went.
 */
YG_MUST_USE int yg_warn_withdraw(struct yg_access *by, const char *plan, const char *reason,
				 char ret[YG_WARN_PLAN_HEX + 1]);
YG_MUST_USE int yg_warn_correct(struct yg_access *by, const char *plan, json_t *notice,
				char ret[YG_WARN_PLAN_HEX + 1]);
/* Somebody was called: @result reached, busy, no-answer, wrong-number; reached counts as seen, and
 * with @is_acknowledged as acknowledged. */
struct yg_warn_call {
	const char *result;
	const char *who; /* was spoken with */
	const char *text;
	bool is_acknowledged;
};
YG_MUST_USE int yg_warn_called(struct yg_access *by, const char *id,
			       const struct yg_warn_call *call);

/* ---- the one that was hit: at its own organisation ---- */

/* @by: read_consent. Questions, newest first: {"plan","number","state","asked","due","question",
 * "texts":[…]}. */
YG_MUST_USE int yg_warn_question_list(struct yg_access *by, yg_warn_fn fn, void *arg);
YG_MUST_USE int yg_warn_question_get(struct yg_access *by, const char *plan, json_t **ret);
/* @by: write_consent. "yes", "see" (it wants to see the text first, and answers again), "no". */
struct yg_warn_answer {
	const char *answer;
	bool is_named;	/* its direct buyers may be told its name */
	bool is_damage; /* and the damage half */
	const char *text;
};
/* YG_OK, YG_ENOENT, YG_EINVAL, YG_EMISMATCH: what was answered with yes or no stays so. */
YG_MUST_USE int yg_warn_answer(struct yg_access *by, const char *plan,
			       const struct yg_warn_answer *answer);

/* ---- recipients: at their own organisation ---- */

/* @by: read_warnings. What was sent to it, newest first; being listed is being delivered. */
YG_MUST_USE int yg_warn_inbox(struct yg_access *by, const char *after, uint32_t limit,
			      yg_warn_fn fn, void *arg);
YG_MUST_USE int yg_warn_inbox_get(struct yg_access *by, const char *id, json_t **ret,
				  json_t **ret_copy);
/* The id of the one with this short number. YG_ENOENT. */
YG_MUST_USE int yg_warn_by_code(struct yg_access *by, const char *code,
				char ret[YG_WARN_ID_HEX + 1]);
enum yg_warn_step { YG_WARN_DELIVERED, YG_WARN_SEEN, YG_WARN_ACKNOWLEDGED, YG_WARN_ACTED };
#define YG_WARN_STEPS 4u
const char *yg_warn_step_name(enum yg_warn_step step); /* "acknowledged" */
/* @by: write_warnings. The first of each counts, and an earlier step with it; again is YG_OK. */
YG_MUST_USE int yg_warn_mark(struct yg_access *by, const char *id, enum yg_warn_step step,
			     const char *text);

/* ---- the hub itself ---- */

/* What was released to @org in [@from_ns, @to_ns), newest first. For sums of the hub's own. */
typedef int (*yg_warn_sent_fn)(void *arg, int64_t time_ns, const char *id);
YG_MUST_USE int yg_warn_sent_each(struct yg_hub_access *hub, const char *org, int64_t from_ns,
				  int64_t to_ns, yg_warn_sent_fn fn, void *arg);
/*
 * How many were released on each day that had any: to @org, newest day first; "": to all, days
 * ascending. @from_ns, @to_ns as above, 0: open. Of all: days are whole, a day may come in parts,
 * and what was sent to one that was erased still counts; O(days), which are those of another zone
 * than UTC as far as they were counted by it. Of one: O(its warnings).
 */
typedef int (*yg_warn_day_fn)(void *arg, int64_t day_ns, uint64_t count);
struct yg_warn_days {
	const char *org;
	const struct yg_zone *zone; /* whose days; NULL: UTC */
	int64_t from_ns;
	int64_t to_ns;
};
YG_MUST_USE int yg_warn_days(struct yg_hub_access *hub, const struct yg_warn_days *ask,
			     yg_warn_day_fn fn, void *arg);

/*
 * What is due at @now_ns: reminders, the deputy, overdue questions. At most @limit of them;
 * *ret_count.
 */
YG_MUST_USE int yg_warn_tick(struct yg_hub_access *hub, int64_t now_ns, uint32_t limit,
			     uint32_t *ret_count);

/* ---- the way out: a queue that outlives every process ---- */

/* Channels by which something is sent; the console needs none. */
#define YG_WARN_URL_MAX	   500u
#define YG_WARN_SECRET_MAX 200u

/* One thing to send. */
struct yg_warn_out {
	char key[300]; /* of its row */
	char id[YG_WARN_ID_HEX + 1];
	char channel[16]; /* "mail", "remind", "deputy", "webhook"; "question": of a plan, see below
			   */
	char to[YG_WARN_URL_MAX + 1];
	char secret[YG_WARN_SECRET_MAX + 1];
	char code[16];
	char lang[4];	 /* of the recipient: "ja", "en"; "": nothing is known */
	char number[72]; /* "question": of the plan that an answer is waited for, and since when */
	int64_t due_ns;
	/* A reminder of a report (access/reminders.h): whose; else empty. Then @number is the id of
	 * the report, and channel "remind_contact", "remind_deputy" or "webhook". */
	char org[YG_ENROL_ID_MAX + 1];
	int32_t day; /* of a reminder: the last day of the deadline */
	enum yg_remind_step step;
	json_t *copy; /* owned; NULL: the gate refuses this way out, or there is none: "question" */
	uint32_t tries;
	bool is_repeated; /* it was begun before, and nobody knows how that ended */
};
void yg_warn_out_done_with(struct yg_warn_out *out);

/*
 * A turn through the queue: mails or webhooks, the oldest first, and each row once a round: one
 * whose way is full is passed by, and what comes while a round goes on is of the next one.
 */
struct yg_warn_turn {
	bool is_hooks; /* webhooks; else all that goes by mail */
	/* May the row at @key be taken? One that is under way may not. */
	bool (*is_free)(void *arg, const char *key);
	/* Is there room where it goes (@out: id, channel, to)? NULL: always. */
	bool (*has_room)(void *arg, const struct yg_warn_out *out);
	void *arg;
	/* Where the round is; zeros: at its beginning. */
	char until[17];
	char after[300];
};

/*
 * The next row of @turn that is due at @now_ns; before it is returned it is written down as begun.
 * YG_OK; YG_ENOENT: the round is over; YG_EAGAIN: not yet, but as much was gone over as one call
 * may (YG_WARN_LOOK_MAX rows, YG_WARN_PASS_MAX of them without room), and the next call goes on
 * behind that. What was delivered before costs nothing. A row that can be sent to nobody (contact
 * gone, gate's refusal) is settled here, and the next one looked for.
 */
#define YG_WARN_LOOK_MAX 1000u
#define YG_WARN_PASS_MAX 100u
YG_MUST_USE int yg_warn_out_next(struct yg_hub_access *hub, int64_t now_ns,
				 struct yg_warn_turn *turn, struct yg_warn_out *ret);
enum yg_warn_sent {
	YG_WARN_SENT,  /* the other side took it: delivered */
	YG_WARN_LATER, /* it may go later: tried again, after 1, 2, 4, … minutes, up to six hours
			  apart */
	YG_WARN_BOUNCED, /* it never will */
};
YG_MUST_USE int yg_warn_out_done(struct yg_hub_access *hub, const struct yg_warn_out *out,
				 enum yg_warn_sent how, const char *text, int64_t now_ns);

/* Where a member's own program takes warnings: https, and the secret it checks them by. @by:
 * read_members, write_members; an empty @url: none. YG_EINVAL. */
YG_MUST_USE int yg_warn_hook_get(struct yg_access *by, char ret_url[YG_WARN_URL_MAX + 1]);
YG_MUST_USE int yg_warn_hook_set(struct yg_access *by, const char *url, const char *secret);
