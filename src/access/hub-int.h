/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/hub-int.h - what the parts of a hub's register share: documents, transactions that carry
 * their entry of the audit log, the check before each change.
 *
 *   yg_hub_require(by, right)  ─►  yg_hub_begin  ─►  puts  ─►  yg_hub_finish (entry, commit)
 */
#pragma once

#include <jansson.h>

#include "access/access-int.h"
#include "access/audit.h"
#include "access/hub.h"
#include "model/day.h"

/* Organisations of the store that no id can be called (a dot is not in one). */
#define YG_HUB_REGISTER "hub.access"
#define YG_HUB_AUDIT	"hub.audit"

#define YG_HUB_KEY_MAX	  (YG_DOC_KEY_MAX + 1)
#define YG_HUB_PAGE	  1000u
#define YG_HUB_PATH_BYTES 4096u

struct yg_hub_access {
	struct yg_control *store;
	struct yg_enrol *enrol;
	struct yg_clock clock;
	struct yg_throttle *by_login;
	struct yg_throttle *by_address;
	struct yg_throttle *by_factor; /* second factors, by person */
	struct yg_rate *requests;
	struct yg_rate *refusals; /* how many refused sign-ins the audit log takes */
	uint64_t refusals_left_out;
	bool has_key;
	uint8_t key[YG_SIGN_PUBLIC_BYTES]; /* signs checkpoints; its secret half is in @seed, or */
	uint8_t seed[YG_SIGN_SEED_BYTES];
	yg_audit_sign_fn sign; /* somebody else's, who signs */
	void *sign_arg;
	char data[YG_HUB_PATH_BYTES]; /* the checkpoint file */
	uint64_t audit_number;	      /* of the entry added last here */
	bool is_together;      /* several changes are one (access/members.h): nothing is signed in
				  between */
	bool is_demo;	       /* `yagura hub --demo` */
	uint64_t audit_signed; /* up to here there are checkpoints, as far as is known here */
};

int64_t yg_hub_now_ns(const struct yg_hub_access *hub);
int64_t yg_hub_now_s(const struct yg_hub_access *hub);
int32_t yg_hub_today(const struct yg_hub_access *hub);
/* The year that today lies in. */
unsigned yg_hub_year(const struct yg_hub_access *hub);

/* *ret owned (json_decref); @ret_revision may be NULL. YG_ENOENT, YG_EFORMAT, YG_ENOMEM, … */
YG_MUST_USE int yg_hub_get(struct yg_hub_access *hub, const char *kind, const char *key,
			   json_t **ret, uint32_t *ret_revision);
/* Takes @take_body; NULL (no memory) gives YG_ENOMEM. As yg_control_put. */
YG_MUST_USE int yg_hub_put(struct yg_hub_access *hub, const char *actor, const char *kind,
			   const char *key, json_t *take_body, uint32_t expected);
/* The same under another organisation of the store. */
YG_MUST_USE int yg_hub_put_at(struct yg_hub_access *hub, const char *org, const char *actor,
			      const char *kind, const char *key, json_t *take_body,
			      uint32_t expected);
/* The same with a body that is canonical JSON already. */
YG_MUST_USE int yg_hub_put_raw(struct yg_hub_access *hub, const char *org, const char *actor,
			       const char *kind, const char *key, struct yg_bytes body,
			       uint32_t expected);
/* YG_OK also when it is not there. */
YG_MUST_USE int yg_hub_remove(struct yg_hub_access *hub, const char *actor, const char *kind,
			      const char *key);

/* A secret that is shown once (hex), and its digest, under which it is known. */
void yg_hub_secret_new(char secret[YG_HUB_TOKEN_HEX + 1], char digest[YG_SHA256_HEX + 1]);
/* Before the digest of a certificate whose key was proved, as web/server.h shows it, which is not
 * below: nothing that is sent may begin so. */
#define YG_HUB_CERTIFICATE "cert:"
struct yg_hub_secret {
	char digest[YG_SHA256_HEX + 1];
	char owner[YG_HUB_KEY_MAX]; /* person or organisation */
	char id[YG_RANDOM_ID_HEX + 1];
};
/*
 * Whose secret is @text? Documents of @kind, by its digest, name the owner under @owner, and what
 * of his it is under "id". YG_OK; YG_EACCES: nobody's; or an error of the store.
 */
YG_MUST_USE int yg_hub_secret_look(struct yg_hub_access *hub, const char *kind, const char *owner,
				   struct yg_bytes text, struct yg_hub_secret *ret);

/* Every document of @kind with a key of @prefix after @after, as JSON; @limit 0: all. */
typedef int (*yg_hub_doc_fn)(void *arg, struct yg_bytes key, const json_t *body);
YG_MUST_USE int yg_hub_each(struct yg_hub_access *hub, const char *org, const char *kind,
			    const char *prefix, const char *after, uint32_t limit, yg_hub_doc_fn fn,
			    void *arg);

/* The same with the documents as they stand there, canonical JSON, for yg_json_peek(). */
typedef int (*yg_hub_raw_fn)(void *arg, struct yg_bytes key, struct yg_bytes body);
YG_MUST_USE int yg_hub_each_raw(struct yg_hub_access *hub, const char *org, const char *kind,
				const char *prefix, const char *after, uint32_t limit,
				yg_hub_raw_fn fn, void *arg);

/* The text under @key to @to, cut. */
void yg_hub_text(const json_t *body, const char *key, char *to, size_t room);
json_t *yg_hub_string(const char *text); /* a JSON text; bytes that are no UTF-8 replaced */
json_t *yg_hub_seconds(int64_t time_ns); /* null for YG_TIME_NONE */
int64_t yg_hub_time(const json_t *body, const char *key);
json_t *yg_hub_day(int32_t day); /* null for YG_DAY_NONE */
int32_t yg_hub_day_of(const json_t *body, const char *key);
json_t *yg_hub_rights_json(uint64_t rights); /* names */
uint64_t yg_hub_rights_of(const json_t *names);
/* "A/B" to @to. False when a part is no key or it is too long. */
bool yg_hub_key(char to[YG_HUB_KEY_MAX], const char *a, const char *b);
bool yg_hub_is_hex_id(const char *id);
/* 1 to @max bytes of UTF-8 without control characters. */
bool yg_hub_is_text(const char *text, size_t max);

/* Before a change: was @by opened for @right, here, and does it still hold? *ret its register. */
YG_MUST_USE int yg_hub_require(struct yg_access *by, enum yg_hub_right right,
			       struct yg_hub_access **ret);

struct yg_sign_in_attempt;

struct yg_hub_deed {
	const char *actor;
	const char *org;
	const char *action;
	const char *object;
	const char *detail;
};
YG_MUST_USE int yg_hub_begin(struct yg_hub_access *hub);
/* @rc YG_OK: the entry, and commit; else nothing of it, and @rc. */
YG_MUST_USE int yg_hub_finish(struct yg_hub_access *hub, int rc, const struct yg_hub_deed *deed);

/* May @role do @right? The table. */
bool yg_hub_role_may(enum yg_hub_role role, enum yg_hub_right right);
const char *yg_hub_right_name(enum yg_hub_right right);
/* May a grant of @role stand at @org? */
bool yg_hub_role_fits(enum yg_hub_role role, const char *org);

/* The organisation @id, closed or not. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_hub_org_look(struct yg_enrol *enrol, const char *id, struct yg_hub_org *ret);

/* What @actor may do at @org, as yg_access_hub, without opening it. */
struct yg_hub_decision {
	enum yg_hub_role role;
	char acts_for[YG_ENROL_ID_MAX + 1];
	char mandate[YG_RANDOM_ID_HEX + 1];
};
YG_MUST_USE int yg_hub_decide(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			      const char *org, enum yg_hub_right right,
			      struct yg_hub_decision *ret);

/* "person:ID", "token:ID", "local:NAME". */
void yg_hub_actor_name(const struct yg_hub_actor *actor, char to[YG_DOC_ACTOR_MAX + 1]);

/* ---- between the parts ---- */

/* mandate.c: the mandate by which @provider may do @right at @org; @only: of this id, NULL: any.
 * YG_OK; YG_EACCES: there are mandates, and none says so; YG_ENOENT: there is none. */
YG_MUST_USE int yg_mandate_find(struct yg_hub_access *hub, const char *provider, const char *org,
				enum yg_hub_right right, const char *only,
				char ret_id[YG_RANDOM_ID_HEX + 1]);
/* Every organisation where one of @provider's mandates says @right. */
YG_MUST_USE int yg_mandate_each(struct yg_hub_access *hub, const char *provider,
				enum yg_hub_right right, int (*fn)(void *arg, const char *org),
				void *arg);

/* session.c, in a transaction of the caller's. */
YG_MUST_USE int yg_session_make(struct yg_hub_access *hub, const char *person,
				const struct yg_sign_in_attempt *from,
				char token[YG_HUB_TOKEN_HEX + 1]);
YG_MUST_USE int yg_session_raise(struct yg_hub_access *hub, const char *person, const char *id,
				 char token[YG_HUB_TOKEN_HEX + 1]);
/* All of @person; but not @but, which may be NULL. */
YG_MUST_USE int yg_session_drop(struct yg_hub_access *hub, const char *actor, const char *person,
				const char *but);
/* Fill @ret (person, session, flags) for a session that is good now, else YG_EACCES. */
YG_MUST_USE int yg_session_look(struct yg_hub_access *hub, const char *person, const char *id,
				struct yg_hub_actor *ret);
/* token.c: the same for a token. */
YG_MUST_USE int yg_token_look(struct yg_hub_access *hub, const char *org, const char *id,
			      struct yg_hub_actor *ret);
/* people.c: name and grants of one who is active; else YG_EACCES. */
YG_MUST_USE int yg_person_fill(struct yg_hub_access *hub, const char *id, struct yg_hub_actor *ret);

/* consent.c: one entry of @org's list of views, in a transaction that is open; id and time are
 * made. What it says was looked at. */
struct yg_view;
YG_MUST_USE int yg_view_put(struct yg_hub_access *hub, const char *org, const struct yg_view *view);

/* For yg_enrol_on_change: @arg is the hub. */
YG_MUST_USE int yg_hub_note(void *arg, const char *actor, const char *action, const char *org,
			    const char *object);

/* audit.c, in a transaction that is open. */
YG_MUST_USE int yg_audit_append(struct yg_hub_access *hub, const struct yg_hub_deed *deed);
/* After a commit: sign when enough has gathered. Never an error of the change itself. */
void yg_audit_after(struct yg_hub_access *hub);
