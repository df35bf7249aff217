/* SPDX-License-Identifier: Apache-2.0 */
#include "access/retention.h"

#include "../check.h"

#include "base/ban.h"

static int64_t now_ns = INT64_C(1700000000) * YG_NS_PER_S;

static int64_t tell(void *arg)
{
	(void)arg;
	return now_ns;
}

static struct yg_control *store;
static struct yg_enrol *enrol;

static bool start(void)
{
	enrol = yg_enrol_free(enrol);
	store = yg_control_free(store);
	store = yg_control_new_ram();
	return store &&
	       yg_enrol_new(store, (struct yg_clock){.now_ns = tell}, "test", &enrol) == YG_OK;
}

static void end(void)
{
	enrol = yg_enrol_free(enrol);
	store = yg_control_free(store);
}

static int64_t at(int year, unsigned month, unsigned day, unsigned hour)
{
	struct yg_civil t = {
		.year = year, .month = (uint8_t)month, .day = (uint8_t)day, .hour = (uint8_t)hour};
	int64_t ns = 0;

	(void)yg_time_from_civil(&t, 0, &ns);
	return ns;
}

static void settings(void)
{
	struct yg_retention r;

	CHECK(start());
	CHECK(yg_enrol_add_org(enrol, "acme", NULL) == YG_OK);
	CHECK(yg_retention_get(enrol, "acme", &r) == YG_OK);
	for (unsigned k = 0; k <= YG_RETENTION_ALL; k++)
		CHECK(yg_retention_months(&r, (enum yg_retention_kind)k) == YG_RETENTION_MONTHS);
	CHECK(!yg_retention_is_short(&r, YG_RETENTION_ALL));
	CHECK(yg_retention_set(enrol, "acme", YG_RETENTION_WEB, 2, &r) == YG_OK);
	CHECK(!yg_retention_is_short(&r, YG_RETENTION_ALL)); /* of the web nobody wants it */
	CHECK(yg_retention_set(enrol, "acme", YG_RETENTION_ALL, 5, &r) == YG_OK);
	CHECK(yg_retention_is_short(&r, YG_RETENTION_ALL));
	CHECK(yg_retention_set(enrol, "acme", YG_RETENTION_PROXY, 24, &r) == YG_OK);
	CHECK(yg_retention_get(enrol, "acme", &r) == YG_OK);
	CHECK(yg_retention_months(&r, YG_RETENTION_WEB) == 2);
	CHECK(yg_retention_months(&r, YG_RETENTION_PROXY) == 24);
	CHECK(yg_retention_months(&r, YG_RETENTION_FIREWALL) == 5);
	CHECK(yg_retention_is_short(&r, YG_RETENTION_FIREWALL));
	CHECK(!yg_retention_is_short(&r, YG_RETENTION_PROXY));
	end();
}

static void refused(void)
{
	struct yg_retention r;

	CHECK(start());
	CHECK(yg_retention_set(enrol, "none", YG_RETENTION_ALL, 6, &r) == YG_ENOENT);
	CHECK(yg_retention_set(enrol, "../x", YG_RETENTION_ALL, 6, &r) == YG_ENOENT);
	CHECK(yg_enrol_add_org(enrol, "acme", NULL) == YG_OK);
	CHECK(yg_retention_set(enrol, "acme", YG_RETENTION_ALL, 0, &r) == YG_EINVAL);
	CHECK(yg_retention_set(enrol, "acme", YG_RETENTION_ALL, YG_RETENTION_MONTHS_MAX + 1, &r) ==
	      YG_EINVAL);
	CHECK(yg_retention_get(enrol, "acme", &r) == YG_OK && r.months[YG_RETENTION_ALL] == 0);
	CHECK(yg_retention_kind_by_name(YG_S("mail")) == YG_RETENTION_ALL);
	CHECK(yg_retention_kind_by_name(YG_S("proxy")) == YG_RETENTION_PROXY);
	end();
}

/* Each format has a kind, and every kind has a format. */
static void kinds(void)
{
	bool seen[YG_RETENTION_KIND_COUNT] = {false};

	for (unsigned f = 0; f < YG_FORMAT_COUNT; f++) {
		enum yg_retention_kind kind = yg_retention_kind_of((enum yg_format)f);

		CHECK(kind < YG_RETENTION_KIND_COUNT);
		seen[kind] = true;
	}
	for (unsigned k = 0; k < YG_RETENTION_KIND_COUNT; k++)
		CHECK(seen[k]);
}

static void months(void)
{
	CHECK(yg_retention_since(at(2026, 11, 25, 10), 12) == at(2025, 11, 25, 10));
	CHECK(yg_retention_since(at(2026, 3, 31, 10), 1) == at(2026, 2, 28, 10));
	CHECK(yg_retention_since(at(2024, 3, 31, 0), 1) == at(2024, 2, 29, 0));
	CHECK(yg_retention_since(at(2026, 1, 15, 0), 1) == at(2025, 12, 15, 0));
	CHECK(yg_retention_since(at(2026, 1, 15, 0), 13) == at(2024, 12, 15, 0));
	/* Before all times that there are: nothing goes. */
	CHECK(yg_retention_since(at(1680, 1, 1, 0), YG_RETENTION_MONTHS_MAX) == INT64_MIN + 1);
}

/* 1: yes; 0: no; an error. */
static int is_safe(void)
{
	bool safe = false;
	int rc = yg_retention_pass(enrol, &safe);

	return rc == YG_OK ? safe : rc;
}

/* A clock that jumps ahead is believed after a day; one that is put right again, at once. */
static void jumps(void)
{
	const int64_t day = 86400 * YG_NS_PER_S;

	CHECK(start());
	CHECK(is_safe() == 1);
	now_ns += 30 * day;
	CHECK(is_safe() == 1);
	now_ns += 400 * day;
	CHECK(is_safe() == 0);
	now_ns += day / 2;
	CHECK(is_safe() == 0);
	now_ns -= 400 * day;
	CHECK(is_safe() == 1);
	now_ns += 400 * day;
	CHECK(is_safe() == 0);
	now_ns += 400 * day; /* and again: the day begins anew */
	CHECK(is_safe() == 0);
	now_ns += day - YG_NS_PER_S;
	CHECK(is_safe() == 0);
	now_ns += YG_NS_PER_S;
	CHECK(is_safe() == 1);
	now_ns -= 2000 * day; /* far back: nothing young goes */
	CHECK(is_safe() == 1);
	end();
}

static void notes(void)
{
	struct yg_retention_done done = {.files = 3,
					 .records = 90,
					 .bytes = 700,
					 .oldest_ns = 7 * YG_NS_PER_S,
					 .newest_ns = 9 * YG_NS_PER_S};
	struct yg_retention_done found;
	int64_t when;

	CHECK(start());
	CHECK(yg_retention_noted(enrol, "acme", &found, &when) == YG_ENOENT);
	CHECK(yg_retention_note(enrol, "acme", &done) == YG_OK);
	CHECK(yg_retention_noted(enrol, "acme", &found, &when) == YG_OK);
	CHECK(found.files == 3 && found.records == 90 && found.bytes == 700);
	CHECK(found.oldest_ns == done.oldest_ns && found.newest_ns == done.newest_ns);
	CHECK(when / YG_NS_PER_S == now_ns / YG_NS_PER_S);
	end();
}

struct seen {
	char orgs[64];
};

static int see(void *arg, const struct yg_retention *retention)
{
	struct seen *seen = arg;
	size_t size = strlen(seen->orgs);

	(void)snprintf(seen->orgs + size, sizeof(seen->orgs) - size, "%s=%u ", retention->org,
		       yg_retention_months(retention, YG_RETENTION_FIREWALL));
	return YG_OK;
}

static void all(void)
{
	struct seen seen = {{0}};
	struct yg_retention r;

	CHECK(start());
	CHECK(yg_enrol_add_org(enrol, "rival", NULL) == YG_OK);
	CHECK(yg_enrol_add_org(enrol, "acme", NULL) == YG_OK);
	CHECK(yg_retention_set(enrol, "acme", YG_RETENTION_FIREWALL, 18, &r) == YG_OK);
	CHECK(yg_retention_list(enrol, see, &seen) == YG_OK);
	CHECK(strcmp(seen.orgs, "acme=18 rival=12 ") == 0);
	end();
}

static const struct check_case cases[] = {
	CASE(settings), CASE(refused), CASE(kinds), CASE(months),
	CASE(jumps),	CASE(notes),   CASE(all),
};
CHECK_MAIN(cases)
