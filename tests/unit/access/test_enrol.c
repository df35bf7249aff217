/* SPDX-License-Identifier: Apache-2.0 */
#include "access/enrol.h"

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

/* A sensor of @org, by the whole way. */
static int enter(const char *org, const char *id)
{
	struct yg_enrol_sensor sensor = {.fingerprint = {1}, .until_ns = now_ns};
	struct yg_enrol_token token;
	char text[YG_ENROL_TOKEN_HEX + 1];
	int rc = yg_enrol_token_new(enrol, org, 60, text);

	(void)snprintf(sensor.org, sizeof(sensor.org), "%s", org);
	(void)snprintf(sensor.id, sizeof(sensor.id), "%s", id);
	if (rc == YG_OK)
		rc = yg_enrol_token_look(enrol, yg_bytes_str(text), &token);
	return rc == YG_OK ? yg_enrol_sensor_add(enrol, &token, &sensor) : rc;
}

static void organisations(void)
{
	char token[YG_ENROL_TOKEN_HEX + 1];

	CHECK(start());
	CHECK(yg_enrol_add_org(enrol, "acme", "Acme") == YG_OK);
	CHECK(yg_enrol_add_org(enrol, "acme", NULL) == YG_EDUPLICATE);
	CHECK(yg_enrol_add_org(enrol, "A/B", NULL) == YG_EINVAL);
	CHECK(yg_enrol_token_new(enrol, "other", 60, token) == YG_ENOENT);
	CHECK(yg_enrol_token_new(enrol, "../x", 60, token) == YG_ENOENT);
}

static void tokens(void)
{
	struct yg_enrol_sensor sensor = {.org = "acme", .id = "s1", .host = "nas"};
	struct yg_enrol_token token;
	struct yg_enrol_token twin;
	char text[YG_ENROL_TOKEN_HEX + 1];

	CHECK(start());
	CHECK(yg_enrol_add_org(enrol, "acme", "Acme") == YG_OK);
	CHECK(yg_enrol_token_new(enrol, "acme", 60, text) == YG_OK);
	CHECK(yg_enrol_token_look(enrol, YG_S("guess"), &token) == YG_EACCES);
	CHECK(yg_enrol_token_look(enrol, yg_bytes_str(text), &token) == YG_OK);
	CHECK(strcmp(token.org, "acme") == 0);
	/* Two that come with one token at once: the second is refused, and enters nothing. */
	CHECK(yg_enrol_token_look(enrol, yg_bytes_str(text), &twin) == YG_OK);
	CHECK(yg_enrol_sensor_add(enrol, &token, &sensor) == YG_OK);
	(void)snprintf(sensor.id, sizeof(sensor.id), "s2");
	CHECK(yg_enrol_sensor_add(enrol, &twin, &sensor) == YG_EACCES);
	CHECK(yg_enrol_sensor_look(enrol, "acme", "s2", &sensor) == YG_ENOENT);
	CHECK(yg_enrol_token_look(enrol, yg_bytes_str(text), &token) == YG_EACCES);
	CHECK(yg_enrol_sensor_look(enrol, "acme", "s1", &sensor) == YG_OK);
	CHECK(strcmp(sensor.host, "nas") == 0 && !sensor.is_revoked);
	/* Time runs out. */
	CHECK(yg_enrol_token_new(enrol, "acme", 60, text) == YG_OK);
	now_ns += 60 * YG_NS_PER_S;
	CHECK(yg_enrol_token_look(enrol, yg_bytes_str(text), &token) == YG_EACCES);
}

static unsigned listed;
static int count_one(void *arg, const struct yg_enrol_sensor *sensor)
{
	(void)arg;
	(void)sensor;
	listed++;
	return YG_OK;
}

static int name_one(void *arg, const struct yg_enrol_sensor *sensor)
{
	yg_buf_addf(arg, "%s/%s ", sensor->org, sensor->id);
	return yg_buf_error(arg);
}

static bool page_is(const char *org, const char *after, uint32_t limit, const char *wanted)
{
	struct yg_buf names;
	bool is_right;

	yg_buf_init(&names, 1024);
	is_right = yg_enrol_sensor_page(enrol, org, yg_bytes_str(after), limit, name_one, &names) ==
			   YG_OK &&
		   yg_bytes_eq(yg_buf_bytes(&names), yg_bytes_str(wanted));
	yg_buf_done(&names);
	return is_right;
}

static void sensors(void)
{
	static const uint8_t fingerprint[YG_SHA256_BYTES] = {9};
	struct yg_enrol_sensor sensor;
	uint64_t before;
	uint64_t after;

	CHECK(start());
	CHECK(yg_enrol_add_org(enrol, "acme", NULL) == YG_OK);
	CHECK(yg_enrol_add_org(enrol, "acme-2", NULL) == YG_OK);
	CHECK(enter("acme", "s1") == YG_OK && enter("acme", "s2") == YG_OK);
	CHECK(enter("acme-2", "s3") == YG_OK);
	CHECK(yg_enrol_sensor_look(enrol, "acme-2", "s1", &sensor) == YG_ENOENT);
	CHECK(yg_enrol_sensor_list(enrol, NULL, count_one, NULL) == YG_OK && listed == 3);
	listed = 0;
	CHECK(yg_enrol_sensor_list(enrol, "acme", count_one, NULL) == YG_OK && listed == 2);
	CHECK(page_is(NULL, "", 2, "acme-2/s3 acme/s1 "));
	CHECK(page_is(NULL, "acme/s1", 5, "acme/s2 ") && page_is(NULL, "acme/s2", 5, ""));
	CHECK(page_is("acme", "acme-2/s3", 1, "acme/s1 ") && page_is("acme", "b", 1, ""));
	CHECK(page_is("acme", "", 0, "") && page_is("acme-2", "acme/s1", 5, ""));
	CHECK(yg_enrol_sensor_renew(enrol, "acme", "s1", fingerprint, 5 * YG_NS_PER_S) == YG_OK);
	CHECK(yg_enrol_sensor_look(enrol, "acme", "s1", &sensor) == YG_OK);
	CHECK(sensor.fingerprint[0] == 1 && sensor.has_next && sensor.next[0] == 9);
	CHECK(yg_enrol_sensor_promote(enrol, "acme", "s1") == YG_OK);
	CHECK(yg_enrol_sensor_look(enrol, "acme", "s1", &sensor) == YG_OK && !sensor.has_next);
	CHECK(sensor.fingerprint[0] == 9 && sensor.until_ns == 5 * YG_NS_PER_S);
	CHECK(yg_enrol_change(enrol, &before) == YG_OK);
	CHECK(yg_enrol_sensor_revoke(enrol, "s1") == YG_OK);
	CHECK(yg_enrol_sensor_revoke(enrol, "acme-2/s3") == YG_OK);
	CHECK(yg_enrol_sensor_revoke(enrol, "acme/s3") == YG_ENOENT);
	CHECK(yg_enrol_sensor_revoke(enrol, "none") == YG_ENOENT);
	CHECK(yg_enrol_change(enrol, &after) == YG_OK && after > before);
	CHECK(yg_enrol_sensor_look(enrol, "acme", "s1", &sensor) == YG_OK && sensor.is_revoked);
	CHECK(yg_enrol_sensor_renew(enrol, "acme", "s1", fingerprint, 0) == YG_EACCES);
}

static uint64_t last_seen;
static unsigned downs;
static int see(void *arg, const struct yg_enrol_down *down)
{
	(void)arg;
	downs++;
	last_seen = down->number;
	return yg_bytes_eq(down->body, YG_S("{\"a\":1}")) ? YG_OK : YG_EFORMAT;
}

static void messages(void)
{
	uint64_t number = 0;

	CHECK(start());
	CHECK(yg_enrol_add_org(enrol, "acme", NULL) == YG_OK);
	CHECK(enter("acme", "s1") == YG_OK && enter("acme", "s10") == YG_OK);
	CHECK(yg_enrol_down_add(enrol, "s9", "ping", YG_S("{}"), &number) == YG_ENOENT);
	CHECK(yg_enrol_down_add(enrol, "s1", "ping", YG_S("[]"), &number) == YG_EINVAL);
	CHECK(yg_enrol_down_add(enrol, "s1", "P", YG_S("{}"), &number) == YG_EINVAL);
	CHECK(yg_enrol_down_add(enrol, "s1", "ping", YG_S("{\"a\":1}"), &number) == YG_OK);
	CHECK(number == 1);
	CHECK(yg_enrol_down_add(enrol, "acme/s1", "ping", YG_S("{\"a\":1}"), &number) == YG_OK);
	CHECK(number == 2);
	CHECK(yg_enrol_down_add(enrol, "s10", "ping", YG_S("{\"a\":1}"), &number) == YG_OK);
	CHECK(number == 1);
	CHECK(yg_enrol_down_list(enrol, "s1", 0, 10, see, NULL) == YG_OK);
	CHECK(downs == 2 && last_seen == 2);
	CHECK(yg_enrol_down_list(enrol, "s1", 1, 10, see, NULL) == YG_OK && downs == 3);
	CHECK(yg_enrol_down_answer(enrol, "s1", 2, false, "why") == YG_OK);
	CHECK(yg_enrol_down_answer(enrol, "s1", 2, true, "") == YG_OK);
	CHECK(yg_enrol_down_answer(enrol, "s1", 3, true, "") == YG_ENOENT);
	CHECK(yg_enrol_down_list(enrol, "s1", 1, 10, see, NULL) == YG_OK && downs == 3);
	/* Many that were answered hide none that was not. */
	for (unsigned i = 0; i < 600; i++) {
		CHECK(yg_enrol_down_add(enrol, "s10", "ping", YG_S("{\"a\":1}"), &number) == YG_OK);
		CHECK(i == 599 || yg_enrol_down_answer(enrol, "s10", number, true, "") == YG_OK);
	}
	CHECK(yg_enrol_down_answer(enrol, "s10", 1, true, "") == YG_OK);
	downs = 0;
	CHECK(yg_enrol_down_list(enrol, "s10", 0, 10, see, NULL) == YG_OK);
	CHECK(downs == 1 && last_seen == 601);
	/* The sensor has seen more than the hub knows of. */
	CHECK(yg_enrol_down_floor(enrol, "s10", 700) == YG_OK);
	CHECK(yg_enrol_down_floor(enrol, "s10", 5) == YG_OK);
	CHECK(yg_enrol_down_add(enrol, "s10", "ping", YG_S("{}"), &number) == YG_OK);
	CHECK(number == 701);
	enrol = yg_enrol_free(enrol);
	store = yg_control_free(store);
}

static const struct check_case cases[] = {
	CASE(organisations),
	CASE(tokens),
	CASE(sensors),
	CASE(messages),
};
CHECK_MAIN(cases)
