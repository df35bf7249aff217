/* SPDX-License-Identifier: Apache-2.0 */
/* access/warnings-int.h - what the files of access/warnings.h share. */
#pragma once

#include "access/hub-int.h"
#include "access/warnings.h"
#include "base/json.h"

#define YG_WARN_STORE "hub.warn"
#define YG_WARN_KEY   (YG_HUB_KEY_MAX)
/* Whom a plan was about that was erased (access/leave.h); its "erased" is true. */
#define YG_WARN_NOBODY "erased"

YG_MUST_USE int yg_warn_load(struct yg_hub_access *hub, const char *kind, const char *key,
			     json_t **ret);
YG_MUST_USE int yg_warn_save(struct yg_hub_access *hub, const char *actor, const char *kind,
			     const char *key, json_t *take_body);
/* A plan that is new: found by its situation, too. In a transaction. */
YG_MUST_USE int yg_warn_plan_new(struct yg_hub_access *hub, const char *actor, const char *plan,
				 json_t *take_body);
YG_MUST_USE int yg_warn_drop(struct yg_hub_access *hub, const char *actor, const char *kind,
			     const char *key);
json_t *yg_warn_time(int64_t time_ns); /* ISO text; null for YG_TIME_NONE */
int64_t yg_warn_time_of(const json_t *body, const char *key);
bool yg_warn_is_plan(const char *id);
bool yg_warn_is_id(const char *id);
void yg_warn_plan_of(const char *id, char to[YG_WARN_PLAN_HEX + 1]);
/* Of warning @plan to @org; @salt is the plan's own secret. */
void yg_warn_id(const char *plan, const char *salt, const char *org, char to[YG_WARN_ID_HEX + 1]);
struct yg_bytes yg_warn_state(const json_t *body);
bool yg_warn_is_out(const json_t *warning); /* it was released */

/* A key that ascends, or with @is_newest descends, with time. */
void yg_warn_time_key(int64_t time_ns, bool is_newest, char to[17]);

/*
 * The copy of @plan for @rule, @agreed, @outlet: from the store, or made and kept. *ret: the text's
 * document {"refusal","tlp","pap","named","copy","marks"}.
 */
struct yg_warn_variant {
	const char *plan;
	const json_t *body; /* of the plan */
	uint32_t rule;
	enum yg_audience audience;
	enum yg_tlp tlp; /* of the rule */
	enum yg_agreed agreed;
	enum yg_outlet outlet;
};
YG_MUST_USE int yg_warn_text(struct yg_hub_access *hub, const char *actor,
			     const struct yg_warn_variant *variant, json_t **ret);
void yg_warn_variant_of(const char *plan, const json_t *body, const json_t *warning,
			enum yg_outlet outlet, struct yg_warn_variant *ret);

/* @warning goes out: receipts begin, channels are queued. In a transaction. */
YG_MUST_USE int yg_warn_send(struct yg_access *by, const char *id, json_t *warning, json_t *plan,
			     int64_t now_ns);
/* The first @step of @warning; what it lacks of earlier ones counts with it. */
YG_MUST_USE int yg_warn_step_set(json_t *warning, enum yg_warn_step step, int64_t now_ns,
				 const char *who, const char *how);
/* A number of this year, in a transaction. */
YG_MUST_USE int yg_warn_number(struct yg_hub_access *hub, const char *actor, char to[32]);

/* Warning @id, when it is out and of the organisation of @by. YG_ENOENT: not this one's. */
YG_MUST_USE int yg_warn_load_own(struct yg_access *by, struct yg_hub_access *hub, const char *id,
				 json_t **ret);
/* @count more were released today, to all together; in a transaction. */
YG_MUST_USE int yg_warn_note_sent(struct yg_hub_access *hub, const char *actor, uint32_t count,
				  int64_t now_ns);

/* ---- warnings_late.c; @plan in a transaction ---- */

#define YG_WARN_QUESTION "question" /* the channel: to the deputy, about a plan */
bool yg_warn_is_question(const char *channel);
/* Nobody answered: it is overdue, the deputy's mail is queued. YG_OK also when it was answered. */
YG_MUST_USE int yg_warn_question_late(struct yg_hub_access *hub, const char *plan, int64_t now_ns);
YG_MUST_USE int yg_warn_question_note(struct yg_hub_access *hub, const char *plan,
				      const char *state, const char *text, int64_t now_ns,
				      bool is_repeated);
/* *ret_settled: NULL, or how it ended without a mail. */
YG_MUST_USE int yg_warn_question_fill(struct yg_hub_access *hub, struct yg_warn_out *out,
				      const char **ret_settled);

/* ---- reminders.c: rows of the outbox that remind of a report ---- */

#define YG_REMIND_CONTACT "remind_contact" /* channels; the key ends with one, behind a "-" */
#define YG_REMIND_DEPUTY  "remind_deputy"
bool yg_remind_is(const struct yg_warn_out *out);
/* In a transaction. YG_OK also when the reminder is gone. */
YG_MUST_USE int yg_remind_note(struct yg_hub_access *hub, const struct yg_warn_out *out,
			       const char *state, const char *text, int64_t now_ns,
			       bool is_repeated);
/* *ret_settled: NULL, or how it ended without being sent. */
YG_MUST_USE int yg_remind_fill(struct yg_hub_access *hub, struct yg_warn_out *out,
			       const char **ret_settled);

/* A timer at @at_ns, and off again. */
YG_MUST_USE int yg_warn_timer(struct yg_hub_access *hub, const char *actor, int64_t at_ns,
			      const char *id, const char *what);

/* What points to @org: names, number, contacts, domains, id, and @host of it, into @own; its name
 * into @name. api_plans.c */
YG_MUST_USE int yg_warn_own(struct yg_hub_access *hub, const char *org, struct yg_bytes host,
			    json_t *own, json_t *name);

/* Members and relations as the register has them. */
YG_MUST_USE int yg_warn_community(struct yg_hub_access *hub, struct yg_arena *arena,
				  struct yg_community *ret, uint8_t **ret_seen);
