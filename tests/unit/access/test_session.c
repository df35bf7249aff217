/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "base/ban.h"

static char tokens[YG_HUB_SESSIONS_MAX + 2][YG_HUB_TOKEN_HEX + 1];

static bool is_good(const char *token)
{
	struct yg_hub_actor actor;

	return yg_hub_by_session(hub, yg_bytes_str(token), &actor) == YG_OK;
}

static unsigned listed;
static unsigned own;
static int see(void *arg, const struct yg_session *session)
{
	(void)arg;
	listed++;
	own += session->is_this;
	return strcmp(session->address, "192.0.2.7") == 0 &&
			       strcmp(session->agent, "Browser/1") == 0
		       ? YG_OK
		       : YG_EFORMAT;
}

static void lives(void)
{
	struct yg_hub_actor actor;
	int64_t began_ns;

	hub_start();
	add_org("acme");
	(void)person("tanaka", "member:acme");
	CHECK(sign_in("tanaka", true, true, tokens[0]) == YG_SIGN_IN_DONE);
	CHECK(sign_in("tanaka", true, true, tokens[1]) == YG_SIGN_IN_DONE);
	began_ns = now_ns;
	CHECK(is_good(tokens[0]) && !is_good("") && !is_good("0123"));
	tokens[0][5] ^= 1;
	CHECK(!is_good(tokens[0]));
	tokens[0][5] ^= 1;
	/* Used again and again it lives on; the other one sleeps in. */
	while (now_ns < began_ns + YG_HUB_SESSION_IDLE_S * YG_NS_PER_S) {
		CHECK(is_good(tokens[0]));
		now_ns += HOUR_NS;
	}
	CHECK(is_good(tokens[0]) && !is_good(tokens[1]));
	while (now_ns < began_ns + YG_HUB_SESSION_LIFE_S * YG_NS_PER_S) {
		CHECK(is_good(tokens[0]));
		now_ns += HOUR_NS;
	}
	CHECK(!is_good(tokens[0]));
	CHECK(yg_hub_by_session(hub, yg_bytes_str(tokens[0]), &actor) == YG_EACCES);
	hub_end();
}

static void own_sessions(void)
{
	struct yg_hub_actor actor;
	struct yg_hub_actor other;
	struct yg_hub_actor third;

	hub_start();
	add_org("acme");
	actor = person("tanaka", "member:acme");
	third = person("sato", "member:acme");
	CHECK(sign_in("tanaka", true, true, tokens[0]) == YG_SIGN_IN_DONE);
	CHECK(sign_in("tanaka", true, true, tokens[1]) == YG_SIGN_IN_DONE);
	listed = own = 0;
	CHECK(yg_session_list(hub, &actor, see, NULL) == YG_OK && listed == 3 && own == 1);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(tokens[0]), &other) == YG_OK);
	CHECK(yg_session_end(hub, &third, other.session) == YG_ENOENT); /* not his own */
	CHECK(yg_session_end(hub, &actor, "x") == YG_ENOENT);
	CHECK(yg_session_end(hub, &actor, other.session) == YG_OK && !is_good(tokens[0]));
	/* Another password ends the others, and not this one. */
	CHECK(yg_person_password_set(hub, &actor, SOME_HASH "2") == YG_OK);
	CHECK(!is_good(tokens[1]));
	CHECK(ask(&actor, "acme", YG_MAY_read_findings) == YG_OK);
	CHECK(sign_in("tanaka", true, true, tokens[1]) == YG_SIGN_IN_DONE);
	CHECK(yg_session_end_all(hub, &actor, true) == YG_OK && !is_good(tokens[1]));
	CHECK(ask(&actor, "acme", YG_MAY_read_findings) == YG_OK);
	CHECK(yg_session_end_all(hub, &actor, false) == YG_OK);
	CHECK(ask(&actor, "acme", YG_MAY_read_findings) == YG_EACCES);
	CHECK(yg_session_list(hub, &actor, see, NULL) == YG_EACCES);
	CHECK(yg_session_list(hub, &root, see, NULL) == YG_EACCES);
	hub_end();
}

static void too_many(void)
{
	hub_start();
	add_org("acme");
	(void)person("tanaka", "member:acme");
	for (unsigned i = 0; i < YG_HUB_SESSIONS_MAX + 1; i++) {
		now_ns += YG_NS_PER_S;
		CHECK(sign_in("tanaka", true, true, tokens[i]) == YG_SIGN_IN_DONE);
	}
	CHECK(!is_good(tokens[0])); /* the oldest two went */
	CHECK(is_good(tokens[1]) && is_good(tokens[YG_HUB_SESSIONS_MAX]));
	/* A raised or seen one does not lose its place by name. */
	hub_end();
}

static void many_requests(void)
{
	struct yg_hub_actor actor;

	hub_start();
	add_org("acme");
	actor = person("tanaka", "member:acme");
	for (unsigned i = 0; i < YG_HUB_RATE_BURST; i++)
		CHECK(yg_hub_rate(hub, &actor) == 0);
	CHECK(yg_hub_rate(hub, &actor) == 1000 / YG_HUB_RATE_PER_S);
	CHECK(yg_hub_rate(hub, &root) == 0);
	now_ns += YG_NS_PER_S;
	CHECK(yg_hub_rate(hub, &actor) == 0);
	hub_end();
}

static const struct check_case cases[] = {CASE(lives), CASE(own_sessions), CASE(too_many),
					  CASE(many_requests)};
CHECK_MAIN(cases)
