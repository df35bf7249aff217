/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hub's register in memory, a clock that the test sets, and people, organisations and accesses by
 * one call each. What a test needs to be there and is not ends the program.
 */
#pragma once

#include <stdlib.h>

#include "../check.h"
#include "access/audit.h"
#include "access/consent.h"
#include "access/mandate.h"
#include "access/people.h"
#include "access/session.h"
#include "access/token.h"
#include "model/day.h"

#define BIT(right) (UINT64_C(1) << YG_MAY_##right)
#define HOUR_NS	   (3600 * YG_NS_PER_S)
#define DAY_NS	   (24 * HOUR_NS)

static int64_t now_ns;
static struct yg_control *store;
static struct yg_enrol *enrol;
static struct yg_hub_access *hub;
static struct yg_hub_actor root;
static const char *hub_path; /* of a database; NULL: in memory */

static inline int64_t hub_tell(void *arg)
{
	(void)arg;
	return now_ns;
}

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static inline void hub_end(void)
{
	hub = yg_hub_access_free(hub);
	enrol = yg_enrol_free(enrol);
	store = yg_control_free(store);
}

/* Noon of a day in Japan. */
static inline void hub_start(void)
{
	struct yg_clock clock = {.now_ns = hub_tell};
	bool has_zone;

	hub_end();
	MUST(yg_time_parse_iso(YG_S("2026-11-25T12:00:00+09:00"), 0, &now_ns, &has_zone));
	if (hub_path)
		MUST(yg_control_open_sqlite(hub_path, true, &store) == YG_OK);
	else
		store = yg_control_new_ram();
	MUST(store && yg_enrol_new(store, clock, "test", &enrol) == YG_OK);
	MUST(yg_hub_access_new(store, enrol, clock, &hub) == YG_OK);
	yg_hub_local("root", &root);
}

/* An access that must be given. */
static inline struct yg_access *open_as(const struct yg_hub_actor *actor, const char *org,
					enum yg_hub_right right)
{
	struct yg_access *access = NULL;
	int rc = yg_access_hub(hub, actor, org, right, &access);

	if (rc != YG_OK)
		fprintf(stderr, "%s, %u: %s\n", org, (unsigned)right, yg_err_text(rc));
	MUST(rc == YG_OK);
	return access;
}

/* What asking for one gives. */
static inline int ask(const struct yg_hub_actor *actor, const char *org, enum yg_hub_right right)
{
	struct yg_access *access = NULL;
	int rc = yg_access_hub(hub, actor, org, right, &access);

	(void)yg_access_free(access);
	return rc;
}

static inline void add_org(const char *id)
{
	struct yg_access *by = open_as(&root, "hub", YG_MAY_write_org);

	MUST(yg_hub_org_add(by, id, NULL, NULL) == YG_OK);
	(void)yg_access_free(by);
}

/* "analyst", "member:acme provider:msp"; id to @id, the link to @link. */
static inline int invite(const char *login, const char *grants, char id[YG_RANDOM_ID_HEX + 1],
			 char link[YG_PERSON_LINK_HEX + 1])
{
	struct yg_access *by = open_as(&root, "hub", YG_MAY_write_people);
	struct yg_person person = {0};
	int rc;

	(void)snprintf(person.login, sizeof(person.login), "%s", login);
	(void)snprintf(person.name, sizeof(person.name), "Name of %s", login);
	for (struct yg_bytes rest = yg_bytes_str(grants); rest.size > 0;) {
		size_t blank = yg_bytes_chr(rest, ' ');

		MUST(yg_person_grant_read(yg_bytes_cut(rest, 0, blank),
					  &person.grants[person.grant_count++]));
		rest = blank == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, blank + 1);
	}
	rc = yg_person_add(by, &person, 24, id, link);
	(void)yg_access_free(by);
	return rc;
}

/* A digest that stands for one: signing in here says itself whether the password was right. */
#define SOME_HASH "$argon2id$some"

static inline enum yg_sign_in_result sign_in(const char *login, bool is_right, bool is_local,
					     char token[YG_HUB_TOKEN_HEX + 1])
{
	enum yg_sign_in_result result;
	struct yg_sign_in_attempt attempt;

	result = yg_sign_in_begin(hub, yg_bytes_str(login), YG_S("192.0.2.7"), YG_S("Browser/1"),
				  is_local, &attempt);
	if (result == YG_SIGN_IN_DONE)
		MUST(yg_sign_in_end(hub, &attempt, is_right, &result, token) == YG_OK);
	return result;
}

/* The code that an authenticator shows now, plus @steps. */
static inline void code_of(const char *secret, int64_t steps, char to[8])
{
	uint8_t bytes[YG_TOTP_SECRET_BYTES];
	size_t size = 0;

	MUST(yg_base32_read(yg_bytes_str(secret), bytes, sizeof(bytes), &size));
	(void)snprintf(to, 8, "%06u",
		       (unsigned)yg_totp_code((struct yg_bytes){bytes, size},
					      now_ns / YG_NS_PER_S / YG_TOTP_STEP_S + steps) %
			       1000000);
}

/* A person who signed in at this machine, so that no second factor is asked for. */
static inline struct yg_hub_actor person(const char *login, const char *grants)
{
	char id[YG_RANDOM_ID_HEX + 1];
	char link[YG_PERSON_LINK_HEX + 1];
	char token[YG_HUB_TOKEN_HEX + 1];
	struct yg_hub_actor actor;

	MUST(invite(login, grants, id, link) == YG_OK);
	MUST(yg_person_link_use(hub, yg_bytes_str(link), SOME_HASH) == YG_OK);
	MUST(sign_in(login, true, true, token) == YG_SIGN_IN_DONE);
	MUST(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_OK);
	return actor;
}

static inline int give_mandate(const char *org, const char *provider, uint64_t rights,
			       char id[YG_RANDOM_ID_HEX + 1])
{
	struct yg_access *by = open_as(&root, org, YG_MAY_write_mandates);
	struct yg_mandate wish = {.rights = rights,
				  .signed_day = yg_day_read(YG_S("2026-11-20")),
				  .last_day = yg_day_read(YG_S("2027-03-31"))};
	int rc;

	(void)snprintf(wish.provider, sizeof(wish.provider), "%s", provider);
	(void)snprintf(wish.signed_by, sizeof(wish.signed_by), "Sato");
	rc = yg_mandate_give(by, &wish, id);
	(void)yg_access_free(by);
	return rc;
}

static inline int end_mandate(const char *org, const char *id)
{
	struct yg_access *by = open_as(&root, org, YG_MAY_write_mandates);
	int rc = yg_mandate_end(by, org, id);

	(void)yg_access_free(by);
	return rc;
}

static inline int make_token(const char *org, enum yg_hub_role role, uint64_t rights,
			     int32_t last_day, char id[YG_RANDOM_ID_HEX + 1],
			     char secret[YG_HUB_TOKEN_HEX + 1])
{
	struct yg_access *by = open_as(&root, org, YG_MAY_write_tokens);
	struct yg_token wish = {.role = role, .rights = rights, .last_day = last_day};
	int rc = yg_token_new(by, &wish, id, secret);

	(void)yg_access_free(by);
	return rc;
}
