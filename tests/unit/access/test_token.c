/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "base/ban.h"

static char id[YG_RANDOM_ID_HEX + 1];
static char secret[YG_HUB_TOKEN_HEX + 1];

static void scopes(void)
{
	struct yg_hub_actor actor;

	hub_start();
	add_org("acme");
	add_org("other");
	CHECK(make_token("acme", YG_HUB_ANALYST, 0, YG_DAY_NONE, id, secret) == YG_OK);
	CHECK(strlen(secret) == YG_HUB_TOKEN_HEX);
	CHECK(yg_hub_by_token(hub, YG_S("guess"), &actor) == YG_EACCES);
	CHECK(yg_hub_by_session(hub, yg_bytes_str(secret), &actor) == YG_EACCES);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &actor) == YG_OK);
	/* As an analyst reads, and of that organisation alone. */
	CHECK(ask(&actor, "acme", YG_MAY_read_findings) == YG_OK);
	CHECK(ask(&actor, "acme", YG_MAY_write_tokens) == YG_EACCES);
	CHECK(ask(&actor, "other", YG_MAY_read_findings) == YG_ENOENT);
	CHECK(ask(&actor, "hub", YG_MAY_read_findings) == YG_ENOENT);
	/* Some rights of a role. */
	CHECK(make_token("acme", YG_HUB_MEMBER, BIT(read_ledger), YG_DAY_NONE, id, secret) ==
	      YG_OK);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &actor) == YG_OK);
	CHECK(ask(&actor, "acme", YG_MAY_read_ledger) == YG_OK);
	CHECK(ask(&actor, "acme", YG_MAY_read_findings) == YG_EACCES);
	CHECK(make_token("acme", YG_HUB_ANALYST, BIT(write_org), YG_DAY_NONE, id, secret) ==
	      YG_EINVAL);
	CHECK(make_token("acme", YG_HUB_MEMBER, BIT(write_mandates), YG_DAY_NONE, id, secret) ==
	      YG_EINVAL); /* a person signs that */
	CHECK(make_token("hub", YG_HUB_MEMBER, 0, YG_DAY_NONE, id, secret) == YG_EINVAL);
	CHECK(make_token("hub", YG_HUB_ANALYST, 0, YG_DAY_NONE, id, secret) == YG_OK);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &actor) == YG_OK);
	CHECK(ask(&actor, "other", YG_MAY_read_findings) == YG_OK);
	hub_end();
}

static unsigned listed;
static unsigned revoked;
static struct yg_token last;
static int see(void *arg, const struct yg_token *token)
{
	(void)arg;
	listed++;
	revoked += token->is_revoked;
	last = *token;
	return YG_OK;
}

static void ends(void)
{
	struct yg_hub_actor actor;
	struct yg_access *open;
	struct yg_access *by;

	hub_start();
	add_org("acme");
	add_org("other");
	CHECK(make_token("acme", YG_HUB_MEMBER, 0, yg_day_read(YG_S("2026-11-24")), id, secret) ==
	      YG_EINVAL);
	CHECK(make_token("acme", YG_HUB_MEMBER, 0, yg_day_read(YG_S("2026-11-25")), id, secret) ==
	      YG_OK);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &actor) == YG_OK);
	open = open_as(&actor, "acme", YG_MAY_read_tokens);
	now_ns += 12 * HOUR_NS - 1; /* the last moment of that day in Japan */
	CHECK(yg_token_list(open, see, NULL) == YG_OK && listed == 1);
	CHECK(last.used_ns == now_ns - 12 * HOUR_NS + 1 && strcmp(last.made_by, "local:root") == 0);
	now_ns += 1;
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &actor) == YG_EACCES);
	CHECK(yg_token_list(open, see, NULL) == YG_EACCES);
	(void)yg_access_free(open);
	CHECK(make_token("acme", YG_HUB_MEMBER, 0, YG_DAY_NONE, id, secret) == YG_OK);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &actor) == YG_OK);
	open = open_as(&actor, "acme", YG_MAY_read_tokens);
	by = open_as(&root, "other", YG_MAY_write_tokens);
	CHECK(yg_token_revoke(by, id) == YG_ENOENT); /* of another organisation: not there */
	(void)yg_access_free(by);
	by = open_as(&root, "acme", YG_MAY_write_tokens);
	CHECK(yg_token_revoke(by, "x") == YG_ENOENT);
	CHECK(yg_token_revoke(by, id) == YG_OK && yg_token_revoke(by, id) == YG_OK);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &actor) == YG_EACCES);
	CHECK(yg_token_list(open, see, NULL) == YG_EACCES); /* opened before */
	(void)yg_access_free(open);
	(void)yg_access_free(by);
	hub_end();
}

/* Nobody hands out more than he may do himself. */
static void handing_out(void)
{
	struct yg_token wish = {.role = YG_HUB_MEMBER, .last_day = YG_DAY_NONE};
	struct yg_hub_actor tanaka;
	struct yg_hub_actor admin;
	struct yg_hub_actor program;
	struct yg_access *by;

	hub_start();
	add_org("acme");
	tanaka = person("tanaka", "member:acme");
	admin = person("kanri", "administrator");
	by = open_as(&tanaka, "acme", YG_MAY_write_tokens);
	CHECK(yg_token_new(by, &wish, id, secret) == YG_OK);
	wish.role = YG_HUB_ADMINISTRATOR;
	CHECK(yg_token_new(by, &wish, id, secret) == YG_EACCES);
	wish.role = YG_HUB_ANALYST;
	wish.rights = BIT(read_findings);
	CHECK(yg_token_new(by, &wish, id, secret) == YG_EACCES);
	(void)yg_access_free(by);
	/* An administrator reads no logs, and no token of his does. */
	by = open_as(&admin, "acme", YG_MAY_write_tokens);
	wish.role = YG_HUB_MEMBER;
	CHECK(yg_token_new(by, &wish, id, secret) == YG_EACCES);
	wish.rights = BIT(read_org) | BIT(write_sensors);
	CHECK(yg_token_new(by, &wish, id, secret) == YG_OK);
	(void)yg_access_free(by);
	/* A token that may make tokens gives on what it has. */
	CHECK(make_token("acme", YG_HUB_MEMBER, BIT(write_tokens) | BIT(read_ledger), YG_DAY_NONE,
			 id, secret) == YG_OK);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &program) == YG_OK);
	by = open_as(&program, "acme", YG_MAY_write_tokens);
	wish.rights = BIT(read_findings);
	CHECK(yg_token_new(by, &wish, id, secret) == YG_EACCES);
	wish.rights = BIT(read_ledger);
	CHECK(yg_token_new(by, &wish, id, secret) == YG_OK);
	(void)yg_access_free(by);
	hub_end();
}

static void bounds(void)
{
	uint64_t rights = 0;

	hub_start();
	add_org("acme");
	for (unsigned i = 0; i < YG_HUB_TOKENS_MAX; i++)
		CHECK(make_token("acme", YG_HUB_MEMBER, 0, YG_DAY_NONE, id, secret) == YG_OK);
	CHECK(make_token("acme", YG_HUB_MEMBER, 0, YG_DAY_NONE, id, secret) == YG_ELIMIT);
	CHECK(yg_token_rights_read(YG_S("read_findings, read_ledger"), &rights));
	CHECK(rights == (BIT(read_findings) | BIT(read_ledger)));
	CHECK(!yg_token_rights_read(YG_S(""), &rights));
	CHECK(!yg_token_rights_read(YG_S("read_findings,"), &rights));
	CHECK(!yg_token_rights_read(YG_S("read_everything"), &rights));
	hub_end();
}

static const struct check_case cases[] = {CASE(scopes), CASE(ends), CASE(handing_out),
					  CASE(bounds)};
CHECK_MAIN(cases)
