/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "base/ban.h"

static void invitations(void)
{
	char id[YG_RANDOM_ID_HEX + 1];
	char other[YG_RANDOM_ID_HEX + 1];
	char link[YG_PERSON_LINK_HEX + 1];
	char second[YG_PERSON_LINK_HEX + 1];
	char token[YG_HUB_TOKEN_HEX + 1];
	struct yg_access *by;
	struct yg_person found;

	hub_start();
	add_org("acme");
	CHECK(invite("Tanaka@Example.JP", "member:acme", id, link) == YG_OK);
	CHECK(invite("tanaka@example.jp", "member:acme", other, second) == YG_EDUPLICATE);
	CHECK(invite("", "", other, second) == YG_EINVAL);
	CHECK(invite("a b", "", other, second) == YG_EINVAL);
	CHECK(invite("a\tb", "", other, second) == YG_EINVAL);
	CHECK(invite("a\xe2\x80\x8e"
		     "b",
		     "", other, second) == YG_EINVAL); /* cannot be seen */
	CHECK(invite("sato", "member:none", other, second) == YG_ENOENT);
	/* Nobody signs in before he has a password. */
	CHECK(sign_in("tanaka@example.jp", true, true, token) == YG_SIGN_IN_WRONG);
	CHECK(yg_person_link_look(hub, YG_S("guess"), &found) == YG_EACCES);
	CHECK(yg_person_link_look(hub, yg_bytes_str(link), &found) == YG_OK);
	CHECK_TEXT(yg_bytes_str(found.login), "Tanaka@Example.JP");
	CHECK(yg_person_password_check(hub, &found, YG_S("tanaka@example.jp")) == YG_PASSWORD_NAME);
	/* A later link takes the place of the first. */
	by = open_as(&root, "hub", YG_MAY_write_people);
	CHECK(yg_person_reset(by, id, 1, false, second) == YG_OK);
	CHECK(yg_person_link_use(hub, yg_bytes_str(link), SOME_HASH) == YG_EACCES);
	now_ns += HOUR_NS;
	CHECK(yg_person_link_use(hub, yg_bytes_str(second), SOME_HASH) == YG_EACCES); /* too old */
	CHECK(yg_person_reset(by, id, 1, false, second) == YG_OK);
	CHECK(yg_person_link_use(hub, yg_bytes_str(second), "") == YG_EINVAL);
	CHECK(yg_person_link_use(hub, yg_bytes_str(second), SOME_HASH) == YG_OK);
	CHECK(yg_person_link_use(hub, yg_bytes_str(second), SOME_HASH) == YG_EACCES); /* used */
	CHECK(sign_in("TANAKA@example.jp", true, true, token) == YG_SIGN_IN_DONE);
	CHECK(yg_person_reset(by, "0123", 1, false, second) == YG_ENOENT);
	(void)yg_access_free(by);
	hub_end();
}

static void states(void)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	struct yg_hub_actor tanaka;
	struct yg_hub_actor other;
	struct yg_access *open;
	struct yg_access *by;
	struct yg_person found;

	hub_start();
	add_org("acme");
	tanaka = person("tanaka", "member:acme");
	by = open_as(&root, "hub", YG_MAY_write_people);
	open = open_as(&tanaka, "acme", YG_MAY_read_people);
	CHECK(yg_person_get(open, "TANAKA", &found) == YG_OK && found.state == YG_PERSON_ACTIVE);
	CHECK(found.signed_in_ns == now_ns && !found.has_second_factor);
	CHECK(yg_person_set_state(by, tanaka.person, YG_PERSON_LOCKED) == YG_OK);
	/* At once: what was opened before, too. */
	CHECK(yg_person_get(open, "tanaka", &found) == YG_EACCES);
	CHECK(ask(&tanaka, "acme", YG_MAY_read_org) == YG_EACCES);
	CHECK(sign_in("tanaka", true, true, token) == YG_SIGN_IN_WRONG);
	CHECK(yg_person_set_state(by, tanaka.person, YG_PERSON_ACTIVE) == YG_OK);
	CHECK(ask(&tanaka, "acme", YG_MAY_read_org) == YG_EACCES); /* the session is gone */
	CHECK(sign_in("tanaka", true, true, token) == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &tanaka) == YG_OK);
	/* Other grants from now on. */
	CHECK(yg_person_set_grants(by, tanaka.person, NULL, 0) == YG_OK);
	CHECK(ask(&tanaka, "acme", YG_MAY_read_org) == YG_ENOENT);
	CHECK(yg_person_set_state(by, tanaka.person, YG_PERSON_INVITED) == YG_EINVAL);
	CHECK(yg_person_set_state(by, tanaka.person, YG_PERSON_LEFT) == YG_OK);
	CHECK(yg_person_set_state(by, tanaka.person, YG_PERSON_ACTIVE) == YG_ENOENT);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &other) == YG_EACCES);
	other = person("tanaka", "member:acme"); /* the login is free */
	CHECK(strcmp(other.person, tanaka.person) != 0);
	(void)yg_access_free(open);
	(void)yg_access_free(by);
	hub_end();
}

/* A demo's visitor: only where the hub was told that it is one, only as the demo's people. */
static void visitors(void)
{
	char id[YG_RANDOM_ID_HEX + 1];
	char link[YG_PERSON_LINK_HEX + 1];
	char token[YG_HUB_TOKEN_HEX + 1] = "x";
	struct yg_hub_actor actor;
	struct yg_access *by;

	hub_start();
	add_org("acme");
	(void)person("demo-mei", "member:acme");
	(void)person("mei", "member:acme");
	CHECK(invite("demo-new", "member:acme", id, link) == YG_OK);
	CHECK(yg_sign_in_demo(hub, "demo-mei", YG_S("127.0.0.1"), YG_S(""), token) == YG_EACCES);
	CHECK(token[0] == '\0');
	yg_hub_access_demo(hub);
	CHECK(yg_sign_in_demo(hub, "mei", YG_S("127.0.0.1"), YG_S(""), token) == YG_ENOENT);
	CHECK(yg_sign_in_demo(hub, "demo-", YG_S("127.0.0.1"), YG_S(""), token) == YG_ENOENT);
	CHECK(yg_sign_in_demo(hub, "demo-other", YG_S("127.0.0.1"), YG_S(""), token) == YG_ENOENT);
	CHECK(yg_sign_in_demo(hub, "demo-new", YG_S("127.0.0.1"), YG_S(""), token) == YG_ENOENT);
	CHECK(token[0] == '\0');
	CHECK(yg_sign_in_demo(hub, "demo-mei", YG_S("127.0.0.1"), YG_S(""), token) == YG_OK);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_OK);
	CHECK(actor.is_local && ask(&actor, "acme", YG_MAY_read_org) == YG_OK);
	by = open_as(&root, "hub", YG_MAY_write_people);
	CHECK(yg_person_set_state(by, actor.person, YG_PERSON_LOCKED) == YG_OK);
	CHECK(yg_sign_in_demo(hub, "demo-mei", YG_S("127.0.0.1"), YG_S(""), token) == YG_ENOENT);
	(void)yg_access_free(by);
	hub_end();
}

static unsigned count;
static uint32_t grants_seen;
static int count_person(void *arg, const struct yg_person *found)
{
	(void)arg;
	count++;
	grants_seen += found->grant_count;
	return YG_OK;
}

static void listings(void)
{
	struct yg_hub_actor tanaka;
	struct yg_access *by;
	struct yg_person found;

	hub_start();
	add_org("acme");
	add_org("other");
	tanaka = person("tanaka", "member:acme member:other");
	now_ns += YG_NS_PER_S; /* ids ascend with time */
	(void)person("sato", "member:other");
	now_ns += YG_NS_PER_S;
	(void)person("ito", "analyst");
	by = open_as(&tanaka, "acme", YG_MAY_read_people);
	count = grants_seen = 0;
	CHECK(yg_person_list(by, "", 10, count_person, NULL) == YG_OK);
	CHECK(count == 1 && grants_seen == 1); /* where else he belongs is none of its business */
	CHECK(yg_person_get(by, "sato", &found) == YG_ENOENT);
	CHECK(yg_person_get(by, "nobody", &found) == YG_ENOENT);
	(void)yg_access_free(by);
	by = open_as(&root, "hub", YG_MAY_read_people);
	count = 0;
	CHECK(yg_person_list(by, "", 10, count_person, NULL) == YG_OK && count == 3);
	count = 0;
	CHECK(yg_person_list(by, tanaka.person, 1, count_person, NULL) == YG_OK && count == 1);
	(void)yg_access_free(by);
	hub_end();
}

static void throttling(void)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	struct yg_sign_in_attempt attempt;

	hub_start();
	add_org("acme");
	(void)person("tanaka", "member:acme");
	for (unsigned i = 0; i < 5; i++) {
		CHECK(sign_in("tanaka", false, false, token) == YG_SIGN_IN_WRONG);
		CHECK(sign_in("nobody", false, false, token) == YG_SIGN_IN_WRONG);
	}
	/* Known and unknown alike; the right password waits too. */
	CHECK(sign_in("tanaka", true, false, token) == YG_SIGN_IN_WAIT);
	CHECK(sign_in("NOBODY", true, false, token) == YG_SIGN_IN_WAIT);
	CHECK(yg_sign_in_begin(hub, YG_S("tanaka"), YG_S("198.51.100.1"), YG_S(""), false,
			       &attempt) == YG_SIGN_IN_WAIT);
	CHECK(attempt.wait_s == YG_THROTTLE_FIRST_S);
	now_ns += YG_THROTTLE_FIRST_S * YG_NS_PER_S;
	CHECK(sign_in("tanaka", true, false, token) == YG_SIGN_IN_DONE);
	CHECK(sign_in("tanaka", false, false, token) == YG_SIGN_IN_WRONG); /* forgotten */
	/* Attempts that are under way count before they are judged. */
	for (unsigned i = 0; i < 4; i++)
		CHECK(yg_sign_in_begin(hub, YG_S("tanaka"), YG_S("198.51.100.1"), YG_S(""), false,
				       &attempt) == YG_SIGN_IN_DONE);
	CHECK(yg_sign_in_begin(hub, YG_S("tanaka"), YG_S("198.51.100.1"), YG_S(""), false,
			       &attempt) == YG_SIGN_IN_WAIT);
	hub_end();
}

/* One address, ever other names. */
static void spraying(void)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	char login[32];
	unsigned refused = 0;

	hub_start();
	for (unsigned i = 0; i < 60; i++) {
		(void)snprintf(login, sizeof(login), "user%u", i);
		refused += sign_in(login, false, false, token) == YG_SIGN_IN_WAIT;
	}
	CHECK(refused == 10);
	hub_end();
}

/* An unknown login is judged by as much work, and never let in. */
static void decoys(void)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	enum yg_sign_in_result result;
	struct yg_sign_in_attempt attempt;

	hub_start();
	CHECK(yg_sign_in_begin(hub, YG_S("nobody"), YG_S("192.0.2.7"), YG_S(""), false, &attempt) ==
	      YG_SIGN_IN_DONE);
	CHECK(!yg_password_is_weak(attempt.hash)); /* it is one, with the parameters of today */
	CHECK(yg_password_is_right(attempt.hash, YG_S("x")) == YG_EACCES);
	CHECK(yg_sign_in_end(hub, &attempt, true, &result, token) == YG_OK);
	CHECK(result == YG_SIGN_IN_WRONG && token[0] == '\0');
	hub_end();
}

static void second_factor(void)
{
	char secret[YG_TOTP_SECRET_TEXT + 1];
	char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1];
	char token[YG_HUB_TOKEN_HEX + 1];
	char fresh[YG_HUB_TOKEN_HEX + 1];
	char code[8];
	enum yg_sign_in_result result;
	struct yg_hub_actor actor;
	struct yg_person self;
	struct yg_buf uri;
	int64_t wait_s = 0;

	hub_start();
	add_org("acme");
	(void)person("tanaka", "member:acme");
	/* From elsewhere: the password alone opens nothing but his own door. */
	CHECK(sign_in("tanaka", true, false, token) == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_OK);
	CHECK(ask(&actor, "acme", YG_MAY_read_findings) == YG_EAGAIN);
	CHECK(ask(&actor, "acme", YG_MAY_write_tokens) == YG_EAGAIN);
	CHECK(ask(&actor, "acme", YG_MAY_read_org) == YG_OK);
	CHECK(ask(&actor, "acme", YG_MAY_write_people) == YG_EACCES);
	CHECK(ask(&actor, "none", YG_MAY_read_findings) == YG_ENOENT);
	CHECK(yg_sign_in_second(hub, &actor, YG_S("123456"), &result, &wait_s, fresh) == YG_OK);
	CHECK(result == YG_SIGN_IN_WRONG);
	/* Set it up. */
	yg_buf_init(&uri, 1000);
	CHECK(yg_person_factor_end(hub, &actor, YG_S("123456"), codes, fresh) == YG_ENOENT);
	CHECK(yg_person_factor_begin(hub, &actor, secret, &uri) == YG_OK);
	CHECK(yg_bytes_find(yg_buf_bytes(&uri), yg_bytes_str(secret)) != SIZE_MAX);
	yg_buf_done(&uri);
	code_of(secret, 5, code);
	CHECK(yg_person_factor_end(hub, &actor, yg_bytes_str(code), codes, fresh) == YG_EACCES);
	code_of(secret, 0, code);
	CHECK(yg_person_factor_end(hub, &actor, yg_bytes_str(code), codes, fresh) == YG_OK);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_EACCES);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(fresh), &actor) == YG_OK);
	CHECK(ask(&actor, "acme", YG_MAY_read_findings) == YG_OK);
	/* The next time. The code that set it up is spent. */
	CHECK(sign_in("tanaka", true, false, token) == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_OK);
	CHECK(yg_person_self(hub, &actor, &self) == YG_EACCES);
	CHECK(yg_person_password_set(hub, &actor, SOME_HASH) == YG_EACCES);
	CHECK(yg_person_recovery_new(hub, &actor, codes) == YG_EACCES);
	CHECK(yg_sign_in_second(hub, &actor, yg_bytes_str(code), &result, &wait_s, fresh) == YG_OK);
	CHECK(result == YG_SIGN_IN_WRONG);
	now_ns += YG_TOTP_STEP_S * YG_NS_PER_S;
	code_of(secret, 0, code);
	CHECK(yg_sign_in_second(hub, &actor, yg_bytes_str(code), &result, &wait_s, fresh) == YG_OK);
	CHECK(result == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_EACCES);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(fresh), &actor) == YG_OK);
	CHECK(actor.has_second_factor && yg_person_self(hub, &actor, &self) == YG_OK);
	CHECK(self.has_second_factor && self.recovery_left == YG_HUB_RECOVERY_CODES);
	/* A recovery code, once, however it is written. */
	CHECK(sign_in("tanaka", true, false, token) == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_OK);
	for (unsigned i = 0; codes[3][i]; i++) {
		if (codes[3][i] == '-')
			codes[3][i] = ' ';
		else if (codes[3][i] >= 'a')
			codes[3][i] = (char)(codes[3][i] - 'a' + 'A');
	}
	CHECK(yg_sign_in_second(hub, &actor, yg_bytes_str(codes[3]), &result, &wait_s, fresh) ==
	      YG_OK);
	CHECK(result == YG_SIGN_IN_DONE);
	CHECK(sign_in("tanaka", true, false, token) == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_OK);
	CHECK(yg_sign_in_second(hub, &actor, yg_bytes_str(codes[3]), &result, &wait_s, fresh) ==
	      YG_OK);
	CHECK(result == YG_SIGN_IN_WRONG);
	/* Guessing waits. */
	for (unsigned i = 0; i < 4; i++)
		CHECK(yg_sign_in_second(hub, &actor, YG_S("000000"), &result, &wait_s, fresh) ==
		      YG_OK);
	CHECK(yg_sign_in_second(hub, &actor, yg_bytes_str(codes[4]), &result, &wait_s, fresh) ==
	      YG_OK);
	CHECK(result == YG_SIGN_IN_WAIT && wait_s > 0);
	hub_end();
}

/* A phone that was lost: the administrator takes the factor away with the password. */
static void resets(void)
{
	char secret[YG_TOTP_SECRET_TEXT + 1];
	char codes[YG_HUB_RECOVERY_CODES][YG_RECOVERY_CODE_LEN + 1];
	char link[YG_PERSON_LINK_HEX + 1];
	char token[YG_HUB_TOKEN_HEX + 1];
	char code[8];
	struct yg_hub_actor tanaka;
	struct yg_access *by;
	struct yg_person found;
	struct yg_buf uri;

	hub_start();
	add_org("acme");
	tanaka = person("tanaka", "member:acme");
	yg_buf_init(&uri, 1000);
	CHECK(yg_person_factor_begin(hub, &tanaka, secret, &uri) == YG_OK);
	yg_buf_done(&uri);
	code_of(secret, 0, code);
	CHECK(yg_person_factor_end(hub, &tanaka, yg_bytes_str(code), codes, token) == YG_OK);
	by = open_as(&root, "hub", YG_MAY_write_people);
	CHECK(yg_person_reset(by, tanaka.person, 1, false, link) == YG_OK);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &tanaka) == YG_EACCES);
	CHECK(sign_in("tanaka", true, false, token) == YG_SIGN_IN_WRONG);
	CHECK(yg_person_link_use(hub, yg_bytes_str(link), SOME_HASH "2") == YG_OK);
	CHECK(sign_in("tanaka", true, true, token) == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &tanaka) == YG_OK);
	CHECK(yg_person_self(hub, &tanaka, &found) == YG_OK && found.has_second_factor);
	CHECK(yg_person_reset(by, tanaka.person, 1, true, link) == YG_OK);
	CHECK(yg_person_link_use(hub, yg_bytes_str(link), SOME_HASH "3") == YG_OK);
	CHECK(sign_in("tanaka", true, true, token) == YG_SIGN_IN_DONE);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(token), &tanaka) == YG_OK);
	CHECK(yg_person_self(hub, &tanaka, &found) == YG_OK && !found.has_second_factor);
	(void)yg_access_free(by);
	hub_end();
}

static const struct check_case cases[] = {
	CASE(invitations), CASE(states), CASE(visitors),      CASE(listings), CASE(throttling),
	CASE(spraying),	   CASE(decoys), CASE(second_factor), CASE(resets),
};
CHECK_MAIN(cases)
