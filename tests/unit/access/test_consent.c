/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "base/ban.h"

static struct yg_terms terms = {.version = "2026-10", .host = "Tokyo, own house"};

static int set_terms(void)
{
	struct yg_access *by = open_as(&root, "hub", YG_MAY_write_org);
	int rc;

	terms.from_day = yg_day_read(YG_S("2026-10-01"));
	rc = yg_terms_set(by, &terms);
	(void)yg_access_free(by);
	return rc;
}

static void consents(void)
{
	int32_t day = yg_day_read(YG_S("2026-11-20"));
	struct yg_hub_actor sato;
	struct yg_consent found;
	struct yg_access *read;
	struct yg_access *by;

	hub_start();
	add_org("acme");
	sato = person("sato", "member:acme");
	by = open_as(&sato, "acme", YG_MAY_write_consent);
	read = open_as(&sato, "acme", YG_MAY_read_consent);
	CHECK(yg_consent_is_current(enrol, "acme") == YG_OK); /* nothing is demanded */
	CHECK(yg_consent_is_current(enrol, "none") == YG_ENOENT);
	CHECK(yg_consent_give(by, "2026-10", "Sato", day) == YG_EMISMATCH);
	CHECK(set_terms() == YG_OK);
	CHECK(yg_consent_is_current(enrol, "acme") == YG_EACCES);
	CHECK(yg_consent_get(read, &found) == YG_ENOENT);
	CHECK(yg_consent_give(by, "2026-09", "Sato", day) == YG_EMISMATCH);
	CHECK(yg_consent_give(by, "2026-10", "", day) == YG_EINVAL);
	CHECK(yg_consent_give(by, "2026-10", "Sato", YG_DAY_NONE) == YG_EINVAL);
	CHECK(yg_consent_give(by, "2026-10", "Sato", yg_day_read(YG_S("2026-11-26"))) == YG_EINVAL);
	CHECK(yg_consent_withdraw(by) == YG_ENOENT);
	CHECK(yg_consent_give(by, "2026-10", "Sato", day) == YG_OK);
	CHECK(yg_consent_is_current(enrol, "acme") == YG_OK);
	CHECK(yg_consent_get(read, &found) == YG_OK && found.is_current && found.day == day);
	CHECK(strcmp(found.host, terms.host) == 0);
	/* Other terms, or another house for the data: to be asked again. */
	(void)snprintf(terms.host, sizeof(terms.host), "Osaka, a cloud");
	CHECK(set_terms() == YG_OK && yg_consent_is_current(enrol, "acme") == YG_EACCES);
	CHECK(yg_consent_get(read, &found) == YG_OK && !found.is_current);
	CHECK(yg_consent_give(by, "2026-10", "Sato", day) == YG_OK);
	CHECK(yg_consent_is_current(enrol, "acme") == YG_OK);
	CHECK(yg_consent_withdraw(by) == YG_OK);
	CHECK(yg_consent_is_current(enrol, "acme") == YG_EACCES);
	/* No terms, no demand. */
	terms.version[0] = '\0';
	CHECK(set_terms() == YG_OK && yg_consent_is_current(enrol, "acme") == YG_OK);
	(void)yg_access_free(by);
	(void)yg_access_free(read);
	hub_end();
}

static struct yg_view seen[10];
static unsigned count;
static int see(void *arg, const struct yg_view *view)
{
	(void)arg;
	seen[count++ % 10] = *view;
	return YG_OK;
}

static void views(void)
{
	char id[YG_RANDOM_ID_HEX + 1];
	char mandate[YG_RANDOM_ID_HEX + 1];
	char secret[YG_HUB_TOKEN_HEX + 1];
	char text[YG_VIEW_REASON_MAX + 2];
	struct yg_hub_actor analyst;
	struct yg_hub_actor sato;
	struct yg_hub_actor provider;
	struct yg_hub_actor program;
	struct yg_access *list;
	struct yg_access *by;

	hub_start();
	add_org("acme");
	add_org("other");
	add_org("msp");
	analyst = person("ito", "analyst");
	sato = person("sato", "member:acme");
	provider = person("tanaka", "provider:msp");
	list = open_as(&sato, "acme", YG_MAY_read_views);
	by = open_as(&analyst, "acme", YG_MAY_read_records);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK(yg_views_need_reason(by));
	CHECK(yg_views_add(by, "finding 3f", 20, "") == YG_EINVAL);
	CHECK(yg_views_add(by, "finding 3f", 20, "  \t") == YG_EINVAL);
	CHECK(yg_views_add(by, "finding 3f", 20, text) == YG_EINVAL);
	CHECK(yg_views_add(by, "finding 3f", 20, "bad \xff") == YG_EINVAL);
	CHECK(yg_views_add(by, "", 20, "why") == YG_EINVAL);
	count = 0;
	CHECK(yg_views_list(list, "", 10, see, NULL) == YG_OK && count == 0);
	CHECK(yg_views_add(by, "finding 3f", 20, "is this the intruder?") == YG_OK);
	(void)yg_access_free(by);
	now_ns += YG_NS_PER_S;
	/* The member's own people need none; the provider's, under its mandate, do. */
	by = open_as(&sato, "acme", YG_MAY_read_records);
	CHECK(!yg_views_need_reason(by) && yg_views_add(by, "all", 0, "") == YG_OK);
	(void)yg_access_free(by);
	CHECK(give_mandate("acme", "msp", BIT(read_records), mandate) == YG_OK);
	by = open_as(&provider, "acme", YG_MAY_read_records);
	CHECK(yg_views_add(by, "host web", 0, "") == YG_EINVAL);
	CHECK(yg_views_add(by, "host web", 0, "monthly look") == YG_OK);
	(void)yg_access_free(by);
	now_ns += YG_NS_PER_S;
	/* So does a program that reads as an analyst. */
	CHECK(make_token("acme", YG_HUB_ANALYST, 0, YG_DAY_NONE, id, secret) == YG_OK);
	CHECK(yg_hub_by_token(hub, yg_bytes_str(secret), &program) == YG_OK);
	by = open_as(&program, "acme", YG_MAY_read_records);
	CHECK(yg_views_add(by, "host web", 0, "") == YG_EINVAL);
	CHECK(yg_views_add(by, "host web", 0, "export to the ticket") == YG_OK);
	(void)yg_access_free(by);
	/* What the member sees, latest first. */
	count = 0;
	CHECK(yg_views_list(list, "", 10, see, NULL) == YG_OK && count == 3);
	CHECK_TEXT(yg_bytes_str(seen[0].reason), "export to the ticket");
	CHECK_TEXT(yg_bytes_str(seen[1].org), "msp");
	CHECK(strstr(seen[1].actor, mandate) && seen[1].role == YG_HUB_PROVIDER);
	CHECK_TEXT(yg_bytes_str(seen[2].name), "Name of ito");
	CHECK_TEXT(yg_bytes_str(seen[2].org), "hub");
	CHECK(seen[2].records == 20 && seen[2].time_ns < seen[1].time_ns);
	count = 0;
	CHECK(yg_views_list(list, seen[0].id, 1, see, NULL) == YG_OK && count == 1);
	CHECK_TEXT(yg_bytes_str(seen[0].reason), "monthly look");
	(void)yg_access_free(list);
	list = open_as(&root, "other", YG_MAY_read_views);
	count = 0;
	CHECK(yg_views_list(list, "", 10, see, NULL) == YG_OK && count == 0);
	(void)yg_access_free(list);
	hub_end();
}

static const struct check_case cases[] = {CASE(consents), CASE(views)};
CHECK_MAIN(cases)
