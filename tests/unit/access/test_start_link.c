/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_help.h"

#include "access/start_link.h"

#include "base/ban.h"

static char key[YG_START_LINK_HEX + 1];
static char url[YG_START_URL_MAX + 1];

static int make(void)
{
	struct yg_hub_actor actor;

	yg_hub_local("root", &actor);
	return yg_start_link_make(hub, &actor, key, url);
}

static int use(void)
{
	return yg_start_link_use(hub, yg_bytes_str(key));
}

static void once(void)
{
	char earlier[YG_START_LINK_HEX + 1];

	hub_start();
	CHECK(make() == YG_OK && strcmp(url, "") == 0);
	CHECK(yg_start_link_at(hub, "http://127.0.0.1:1") == YG_OK);
	CHECK(yg_start_link_at(hub, "http://127.0.0.1:8470") == YG_OK);
	memcpy(earlier, key, sizeof(key));
	CHECK(make() == YG_OK && strcmp(url, "http://127.0.0.1:8470") == 0);
	CHECK(yg_start_link_use(hub, yg_bytes_str(earlier)) == YG_EACCES);
	key[3] = key[3] == '0' ? '1' : '0';
	CHECK(use() == YG_EACCES);
	CHECK(make() == YG_OK && use() == YG_OK && use() == YG_EACCES);
	CHECK(yg_start_link_use(hub, YG_S("")) == YG_EACCES);
	hub_end();
}

static void gets_old(void)
{
	hub_start();
	CHECK(make() == YG_OK);
	now_ns += YG_START_LINK_S * YG_NS_PER_S - 1;
	CHECK(use() == YG_OK && make() == YG_OK);
	now_ns += (YG_START_LINK_S + 1) * YG_NS_PER_S;
	CHECK(use() == YG_EACCES);
	hub_end();
}

static void not_for_others(void)
{
	struct yg_hub_actor actor = {.is_local = true, .person = "somebody"};
	char text[YG_START_URL_MAX + 2];

	hub_start();
	CHECK(yg_start_link_make(hub, &actor, key, url) == YG_EACCES);
	actor = (struct yg_hub_actor){0};
	CHECK(yg_start_link_make(hub, &actor, key, url) == YG_EACCES);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(yg_start_link_at(hub, text) == YG_EINVAL);
	hub_end();
}

static const struct check_case cases[] = {CASE(once), CASE(gets_old), CASE(not_for_others)};
CHECK_MAIN(cases)
