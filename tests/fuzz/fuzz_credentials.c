/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes where a hub expects a credential: no session, token or link is guessed, nobody signs
 * in, no checkpoint is believed; base32 that is read is written again as itself.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; nothing is allocated here */
#include <stdint.h>
#include <stdlib.h>

#include "access/audit.h"
#include "access/people.h"
#include "access/token.h"

#define NOW_NS (INT64_C(1795575600) * YG_NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t tell(void *arg)
{
	(void)arg;
	return NOW_NS;
}

static void want(int is_so)
{
	if (!is_so)
		abort();
}

static struct yg_hub_access *hub;

/* One organisation, one person with a link, one token. */
static void start(void)
{
	static struct yg_control *store;
	static struct yg_enrol *enrol;
	struct yg_clock clock = {.now_ns = tell};
	struct yg_token wish = {.role = YG_HUB_MEMBER, .last_day = INT32_MAX};
	struct yg_person person = {.login = "tanaka", .name = "Tanaka"};
	char id[YG_RANDOM_ID_HEX + 1];
	char secret[YG_HUB_TOKEN_HEX + 1];
	struct yg_hub_actor root;
	struct yg_access *by = NULL;

	store = yg_control_new_ram();
	want(store && yg_enrol_new(store, clock, "fuzz", &enrol) == YG_OK);
	want(yg_hub_access_new(store, enrol, clock, &hub) == YG_OK);
	yg_hub_local("fuzz", &root);
	want(yg_access_hub(hub, &root, "hub", YG_MAY_write_org, &by) == YG_OK);
	want(yg_hub_org_add(by, "acme", NULL, NULL) == YG_OK);
	by = yg_access_free(by);
	want(yg_access_hub(hub, &root, "hub", YG_MAY_write_people, &by) == YG_OK);
	want(yg_person_add(by, &person, 1, id, secret) == YG_OK);
	by = yg_access_free(by);
	wish.last_day = INT32_MIN; /* no last day */
	want(yg_access_hub(hub, &root, "acme", YG_MAY_write_tokens, &by) == YG_OK);
	want(yg_token_new(by, &wish, id, secret) == YG_OK);
	(void)yg_access_free(by);
}

static void base32(struct yg_bytes text)
{
	uint8_t bytes[64];
	uint8_t again[64];
	size_t count = 0;
	size_t again_count = 0;
	struct yg_buf out;

	if (!yg_base32_read(text, bytes, sizeof(bytes), &count))
		return;
	yg_buf_init(&out, 256);
	yg_base32_add(&out, (struct yg_bytes){bytes, count});
	want(yg_buf_error(&out) == YG_OK);
	want(yg_base32_read(yg_buf_bytes(&out), again, sizeof(again), &again_count));
	want(again_count == count && (count == 0 || memcmp(again, bytes, count) == 0));
	yg_buf_done(&out);
}

/* Forms that are read before anybody is known. */
static void forms(struct yg_bytes text)
{
	static const struct yg_bytes secret = {(const uint8_t *)"12345678901234567890", 20};
	char address[YG_LIMIT_ADDRESS_MAX];
	struct yg_hub_grant grant;
	uint64_t rights = 0;
	int64_t step = 0;

	base32(text);
	want(yg_limit_address(text, address).size < YG_LIMIT_ADDRESS_MAX);
	if (yg_person_grant_read(text, &grant))
		want(grant.role < YG_HUB_ROLE_COUNT && grant.org[0]);
	if (yg_token_rights_read(text, &rights))
		want(rights != 0 && rights < UINT64_C(1) << YG_MAY_COUNT);
	if (yg_corporate_number_is_right(text))
		want(text.size == 13);
	(void)yg_password_check(text, &text, 1); /* any answer */
	if (yg_totp_is_right(secret, text, NOW_NS / YG_NS_PER_S, -1, &step))
		want(text.size >= YG_TOTP_DIGITS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data, size};
	struct yg_audit_report report;
	enum yg_sign_in_result result;
	struct yg_sign_in_attempt attempt;
	struct yg_hub_actor actor;
	struct yg_person person;
	char token[YG_HUB_TOKEN_HEX + 1];

	if (!hub)
		start();
	forms(text);
	want(yg_hub_by_session(hub, text, &actor) == YG_EACCES);
	want(yg_hub_by_token(hub, text, &actor) == YG_EACCES);
	want(yg_person_link_look(hub, text, &person) == YG_EACCES);
	want(yg_audit_verify(hub, text, &report) == YG_OK);
	want((report.fault == YG_AUDIT_GOOD) == (size == 0));
	/* Login, address and words of the browser from outside; nobody has a password yet. */
	result = yg_sign_in_begin(hub, text, text, text, false, &attempt);
	if (result == YG_SIGN_IN_DONE) {
		want(yg_sign_in_end(hub, &attempt, true, &result, token) == YG_OK);
		want(result == YG_SIGN_IN_WRONG && !token[0]);
	}
	return 0;
}
