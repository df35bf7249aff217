/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/people.h - people of a hub: invited, signing in with password and second factor, locked.
 *
 *   add ──► invited ──(link, password)──► active ◄──► locked
 *                                           └────────────┴──► left (its login is free again)
 *
 * What changes the register takes an access of the hub (organisation "hub", right write_people);
 * what a person does with himself takes his actor. Every change is an entry of the audit log, in
 * the same transaction.
 *
 * Kept under the organisation "hub.access" of the store, which is no organisation's id, so no
 * access reaches it: kinds person, login, link. Passwords are kept as Argon2id, links and recovery
 * codes as digests; the secret of the second factor must be kept as it is: DATA is mode 0700. The
 * store keeps all revisions, so what was replaced stays in the file (and in backups), good for
 * nothing.
 *
 * One thread at a time; errors beside those named are the store's.
 * Tests: tests/unit/access/test_people.c
 */
#pragma once

#include "access/hub.h"

#define YG_PERSON_LINK_HEX   64u
#define YG_PERSON_HOURS_MAX  (30u * 24)
#define YG_RECOVERY_CODE_LEN 19u /* "abcd-efgh-ijkl-mnop" */

enum yg_person_state {
	YG_PERSON_INVITED,
	YG_PERSON_ACTIVE,
	YG_PERSON_LOCKED,
	YG_PERSON_LEFT,
};
const char *yg_person_state_name(enum yg_person_state state); /* "invited" */

/* Fixed size, may be copied. No secrets. */
struct yg_person {
	char id[YG_RANDOM_ID_HEX + 1];
	char login[YG_PERSON_LOGIN_MAX + 1];
	char name[YG_ENROL_NAME_MAX + 1];
	enum yg_person_state state;
	struct yg_hub_grant grants[YG_PERSON_GRANTS_MAX];
	uint32_t grant_count;
	bool has_second_factor; /* set up */
	uint32_t recovery_left;
	int64_t added_ns;
	int64_t signed_in_ns; /* last; YG_TIME_NONE: never */
};

/* "analyst" (at the hub), "member:acme". False when it is no grant. */
bool yg_person_grant_read(struct yg_bytes text, struct yg_hub_grant *ret);

/*
 * A new person and a link that works once, within @hours. @by: write_people at the hub. YG_OK;
 * YG_EDUPLICATE: this login is there; YG_EINVAL: login, name, hours or a grant out of its form
 * (administrator and analyst stand at "hub", member and provider elsewhere); YG_ENOENT: a grant
 * names no organisation. A login is 1 to 200 bytes of printable UTF-8 without blanks.
 */
YG_MUST_USE int yg_person_add(struct yg_access *by, const struct yg_person *person, uint32_t hours,
			      char ret_id[YG_RANDOM_ID_HEX + 1], char link[YG_PERSON_LINK_HEX + 1]);

/*
 * A new link for one who lost password (or with @with_factor the second factor too, which is gone
 * then). Sessions end; the old password is good for nothing any more. YG_OK, YG_ENOENT (also one
 * who left), YG_EINVAL.
 */
YG_MUST_USE int yg_person_reset(struct yg_access *by, const char *id, uint32_t hours,
				bool with_factor, char link[YG_PERSON_LINK_HEX + 1]);

/* LOCKED, ACTIVE (unlock: to what it was) or LEFT. Locked and left: sessions end at once. YG_OK,
 * YG_ENOENT, YG_EINVAL. */
YG_MUST_USE int yg_person_set_state(struct yg_access *by, const char *id,
				    enum yg_person_state state);
/* Instead of those before. As yg_person_add. */
YG_MUST_USE int yg_person_set_grants(struct yg_access *by, const char *id,
				     const struct yg_hub_grant *grants, uint32_t count);

/*
 * @by: read_people. At the hub: all; at a member: those with a grant there, with that grant alone.
 * By id after @after ("": from the first), at most @limit. The callback may not write.
 */
typedef int (*yg_person_fn)(void *arg, const struct yg_person *person);
YG_MUST_USE int yg_person_list(struct yg_access *by, const char *after, uint32_t limit,
			       yg_person_fn fn, void *arg);
/* YG_OK, YG_ENOENT. @id: an id or a login. */
YG_MUST_USE int yg_person_get(struct yg_access *by, const char *id, struct yg_person *ret);

/* ---- the link ---- */

/* Whose link this is, so that a page can greet him. YG_OK; YG_EACCES: unknown, used or too old. */
YG_MUST_USE int yg_person_link_look(struct yg_hub_access *hub, struct yg_bytes link,
				    struct yg_person *ret);
/* Use it: @hash of yg_password_make, for a password that yg_person_password_check took. As above.
 */
YG_MUST_USE int yg_person_link_use(struct yg_hub_access *hub, struct yg_bytes link,
				   const char *hash);
/* yg_password_check with all names of the person: login, name, organisations. */
enum yg_password_fault yg_person_password_check(struct yg_hub_access *hub,
						const struct yg_person *person,
						struct yg_bytes password);

/* ---- signing in ---- */

enum yg_sign_in_result {
	YG_SIGN_IN_DONE,
	YG_SIGN_IN_WRONG, /* login, password, code, or the person may not: nobody is told which */
	YG_SIGN_IN_WAIT,  /* too many failures: see wait_s */
};
/*
 * 1. yg_sign_in_begin        2. yg_password_is_right(attempt.hash, password), in any thread
 * 3. yg_sign_in_end          makes a session (access/session.h)
 * An unknown login gets the digest of no password, so it takes the same time.
 */
struct yg_sign_in_attempt {
	char hash[YG_PASSWORD_HASH_MAX];
	char person[YG_RANDOM_ID_HEX + 1]; /* "": unknown */
	char login[YG_PERSON_LOGIN_MAX + 1];
	char address[YG_LIMIT_ADDRESS_MAX + 1];
	char agent[YG_HUB_AGENT_MAX + 1];
	bool is_local;
	int64_t wait_s;
};
/*
 * @address: as the listener sees it. @is_local: the connection came over loopback and no proxy
 * stands before the hub (only its owner knows). DONE: go on; WAIT.
 */
enum yg_sign_in_result yg_sign_in_begin(struct yg_hub_access *hub, struct yg_bytes login,
					struct yg_bytes address, struct yg_bytes agent,
					bool is_local, struct yg_sign_in_attempt *ret);
/* Step 2 was never taken (too many waited): the try does not count. */
void yg_sign_in_forgive(struct yg_hub_access *hub, const struct yg_sign_in_attempt *attempt);
/*
 * @is_right: what step 2 said. DONE: @token is that of a new session, without second factor.
 * Returns YG_OK and *ret_result, or an error of the store (then nobody is signed in).
 */
YG_MUST_USE int yg_sign_in_end(struct yg_hub_access *hub, struct yg_sign_in_attempt *attempt,
			       bool is_right, enum yg_sign_in_result *ret_result,
			       char token[YG_HUB_TOKEN_HEX + 1]);

/*
 * For a visitor of a demo, without a password: a session of the active person @login, whose login
 * begins with "demo-". Only after yg_hub_access_demo(), and only for who asks from this machine.
 * YG_OK; YG_EACCES: this hub is no demo's; YG_ENOENT: nobody that may be looked on as.
 */
#define YG_DEMO_LOGIN "demo-"
YG_MUST_USE int yg_sign_in_demo(struct yg_hub_access *hub, const char *login,
				struct yg_bytes address, struct yg_bytes agent,
				char token[YG_HUB_TOKEN_HEX + 1]);

/*
 * The second factor of the one who has @actor's session: a code of six digits, or a recovery code,
 * which is spent. DONE: the session has it now, under a new @token (the old one is not good any
 * more). WRONG also when none was set up.
 */
YG_MUST_USE int yg_sign_in_second(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				  struct yg_bytes code, enum yg_sign_in_result *ret_result,
				  int64_t *ret_wait_s, char token[YG_HUB_TOKEN_HEX + 1]);

/* ---- what a person does with himself: YG_EACCES for tokens, and for one whose second factor is
 * set up but was not given in this session ---- */

YG_MUST_USE int yg_person_self(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			       struct yg_person *ret);
/* The digest to hold the old password against (step 2 above) before yg_person_password_set.
 * YG_EAGAIN: too many failures, wait *ret_wait_s. */
YG_MUST_USE int yg_person_hash(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
			       char to[YG_PASSWORD_HASH_MAX], int64_t *ret_wait_s);
/* Sets it; all other sessions end. */
YG_MUST_USE int yg_person_password_set(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				       const char *hash);
/* A secret that waits for its first code: base32 to show, and otauth URI to @uri for the picture.
 */
YG_MUST_USE int yg_person_factor_begin(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				       char secret[YG_TOTP_SECRET_TEXT + 1], struct yg_buf *uri);
/*
 * The first code of it is right: from now on it is demanded. @codes: ten, shown once. This session
 * has its second factor now, under a new @token; the others end. YG_OK, YG_EACCES (wrong code),
 * YG_ENOENT (none waits).
 */
YG_MUST_USE int yg_person_factor_end(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				     struct yg_bytes code,
				     char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1],
				     char token[YG_HUB_TOKEN_HEX + 1]);
/* Ten new ones instead of those that are left. */
YG_MUST_USE int yg_person_recovery_new(struct yg_hub_access *hub, const struct yg_hub_actor *actor,
				       char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1]);
