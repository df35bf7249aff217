/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/hub.h - who may do what at a hub: from a credential to an access of organisations.
 *
 *   session cookie ─┐
 *   API token ──────┼─► yg_hub_actor ─► yg_access_hub(actor, organisation) ─► struct yg_access
 *   command line ───┘   (a person, or a program of an organisation)
 *
 * People have grants: a role at an organisation. Two roles stand at the hub itself (organisation
 * "hub"): administrator and analyst. A member's person has a grant at his organisation; a service
 * provider's person has one at the provider, and reaches a member only by that member's written
 * mandate, which the member can end at once. What a role may do with a kind of thing is one table
 * (access/hub_rights.def); a pair without a line is a no. When several grants reach an
 * organisation, what any of them allows is allowed, and what only a mandate allowed carries the
 * mandate's id in the actor's name ("person:ID by ORG/MANDATE").
 *
 * An organisation that an actor does not reach answers exactly like one that does not exist
 * (YG_ENOENT), in every call.
 *
 * Below are organisations and reach; people.h, session.h, token.h, mandate.h, consent.h and audit.h
 * are the other parts of the register.
 *
 * One thread at a time. Passwords cost time: yg_password_make/_is_right are apart from the
 * register, so that they can run in a thread of their own.
 * Source: RFC 9106 (Argon2id), RFC 6238 and RFC 4226 (TOTP), NIST SP 800-63B (lengths, throttling).
 * Tests: tests/unit/access/test_hub_*.c (isolation: every question against a reference),
 * docs/access-matrix.csv with tests/e2e/access_matrix.py
 */
#pragma once

#include "access/access.h"
#include "access/enrol.h"
#include "access/limit.h"
#include "access/password.h"
#include "access/totp.h"

#define YG_HUB_ORG "hub" /* the hub itself, as an organisation in the store */

#define YG_PERSON_LOGIN_MAX   200u /* bytes; a mail address or a name, compared without case */
#define YG_PERSON_GRANTS_MAX  16u
#define YG_HUB_SESSIONS_MAX   32u /* of one person; a new one ends the oldest */
#define YG_HUB_SESSION_IDLE_S (12 * 3600)
#define YG_HUB_SESSION_LIFE_S (7 * 24 * 3600)
#define YG_HUB_TOKENS_MAX     256u /* of one organisation */
#define YG_HUB_TOKEN_HEX      64u
#define YG_HUB_MANDATES_MAX   1000u /* that one provider holds */
#define YG_HUB_RECOVERY_CODES 10u
#define YG_HUB_AGENT_MAX      200u /* bytes of a browser's own words */

enum yg_hub_role {
	YG_HUB_ADMINISTRATOR, /* organisations, people, sensors, tokens, backups; reads no logs */
	YG_HUB_ANALYST,	      /* findings of all; raw records with a reason, which members see */
	YG_HUB_MEMBER,	      /* all of the own organisation */
	YG_HUB_PROVIDER,      /* what a mandate gives, at organisations that gave one */
};
#define YG_HUB_ROLE_COUNT 4u
const char *yg_hub_role_name(enum yg_hub_role role); /* "analyst" */
bool yg_hub_role_by_name(struct yg_bytes name, enum yg_hub_role *ret);

/* What access/hub_rights.def has columns for. */
enum yg_hub_right {
#define X(name, ...) YG_MAY_##name,
#include "access/hub_rights.def"
#undef X
	YG_MAY_COUNT
};

/* A credential that was looked at: who it is, and by what. Fixed size, may be copied. */
struct yg_hub_actor {
	char person[YG_RANDOM_ID_HEX + 1]; /* empty: a token of an organisation, or local */
	char token[YG_RANDOM_ID_HEX + 1];  /* its id, never its secret */
	char session[YG_RANDOM_ID_HEX + 1];
	char name[YG_ENROL_NAME_MAX + 1]; /* for people */
	struct yg_hub_grant {
		enum yg_hub_role role;
		char org[YG_ENROL_ID_MAX + 1];
	} grants[YG_PERSON_GRANTS_MAX];
	uint32_t grant_count;
	uint64_t rights; /* bits 1 << enum yg_hub_right that a token was narrowed to */
	bool has_second_factor;
	bool is_local; /* at this machine: 127.0.0.1 or the command line */
};

/* The hub's side of access: register of people, sessions, tokens, mandates, audit. */
struct yg_hub_access;

/*
 * @store and @enrol stay the caller's and outlive it; changes through @enrol are entries of the
 * audit log from now on. Checkpoints of that log are signed after yg_audit_key_open() (audit.h).
 * YG_OK, YG_ENOMEM.
 */
YG_MUST_USE int yg_hub_access_new(struct yg_control *store, struct yg_enrol *enrol,
				  struct yg_clock clock, struct yg_hub_access **ret);
/* From now on this is the hub of a demo (access/people.h, yg_sign_in_demo); never back. */
void yg_hub_access_demo(struct yg_hub_access *hub);
/* Where the people live whose days and hours are meant here: of the clock it was given. */
const struct yg_zone *yg_hub_zone_of(const struct yg_hub_access *hub);
struct yg_hub_access *yg_hub_access_free(struct yg_hub_access *hub);

/* ---- organisations ---- */

struct yg_hub_org {
	char id[YG_ENROL_ID_MAX + 1];
	char name[YG_ENROL_NAME_MAX + 1];
	char corporate_number[14]; /* 法人番号; "": has none */
	int64_t added_ns;
	int64_t closed_ns; /* YG_TIME_NONE: it is not */
	bool is_erased;	   /* nothing is left but this (access/leave.h) */
};
/* 13 digits whose first checks the others. Source: 法人番号の指定等に関する省令 art. 2. */
bool yg_corporate_number_is_right(struct yg_bytes text);
/*
 * @by: write_org at the hub. @name, @number may be NULL. YG_OK; YG_EDUPLICATE: this id or number is
 * there; YG_EINVAL: id or name; YG_EDIGEST: the number does not check.
 */
YG_MUST_USE int yg_hub_org_add(struct yg_access *by, const char *id, const char *name,
			       const char *number);
/* @by: write_org at the hub or the organisation. NULL: as it was; an empty number: none. As above;
 * YG_ENOENT (also one that was erased). */
YG_MUST_USE int yg_hub_org_change(struct yg_access *by, const char *id, const char *name,
				  const char *number);
/* @by as above. Its people, tokens and mandates reach nothing any more, its sensors are refused;
 * data and id stay. YG_OK (also when it was closed), YG_ENOENT. */
YG_MUST_USE int yg_hub_org_close(struct yg_access *by, const char *id);
/* @by: read_org. At the hub: every one, by id after @after ("": the first), at most @limit;
 * elsewhere the one. The callback may not write. */
typedef int (*yg_hub_org_fn)(void *arg, const struct yg_hub_org *org);
YG_MUST_USE int yg_hub_org_list(struct yg_access *by, const char *after, uint32_t limit,
				yg_hub_org_fn fn, void *arg);

/* ---- from a credential to an actor: looked at again on every request ---- */

/* YG_OK; YG_EACCES: unknown, ended, too old, its person left (which, nobody is told). */
YG_MUST_USE int yg_hub_by_session(struct yg_hub_access *hub, struct yg_bytes token,
				  struct yg_hub_actor *ret);
YG_MUST_USE int yg_hub_by_token(struct yg_hub_access *hub, struct yg_bytes token,
				struct yg_hub_actor *ret);
/*
 * The administrator at the data folder (`yagura admin`), and of the start link. Also writes down
 * mandates and consent that a member gave on paper, and hands out any token.
 */
void yg_hub_local(const char *name, struct yg_hub_actor *ret);
/* The same as an analyst of the hub: reads raw records, with a reason that their member sees. */
void yg_hub_local_analyst(const char *name, struct yg_hub_actor *ret);

/*
 * The number of the last change of all that the answers here rest on: while it stays, so do they
 * (but for what time ends). By whatever process; two look-ups in an index.
 */
YG_MUST_USE int yg_hub_change(struct yg_hub_access *hub, uint64_t *ret);

/* ---- from an actor to organisations ---- */

/*
 * An access of @org for @right, as @actor may have it. YG_OK; YG_ENOENT: there is no such
 * organisation, or this actor does not reach it; YG_EACCES: it reaches it, but may not do this;
 * YG_EAGAIN: it may, once it has signed in with a second factor. That is demanded of people for
 * everything but read_org, not at this machine: whoever can make a token or a mandate can read
 * logs by way of it. What a credential, a grant or a mandate allowed is looked at again in every
 * call that takes the access, and in every function of people.h, token.h, … that takes it.
 * A closed organisation is reached by administrators and analysts of the hub alone.
 */
YG_MUST_USE int yg_access_hub(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			      const char *org, enum yg_hub_right right, struct yg_access **ret);

/* For reading over several: every organisation where an actor has a right. */
struct yg_hub_reach {
	bool is_all;			   /* all there are; then none is listed */
	char (*orgs)[YG_ENROL_ID_MAX + 1]; /* by id */
	uint32_t count;
};
/* YG_OK, YG_ENOMEM. Reaching none is no error. */
YG_MUST_USE int yg_hub_reach(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			     enum yg_hub_right right, struct yg_hub_reach *ret);
void yg_hub_reach_done(struct yg_hub_reach *reach);

/* What an access is bound to; "hub" for one of the hub itself. */
const char *yg_access_org(const struct yg_access *access);
