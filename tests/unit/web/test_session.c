/* SPDX-License-Identifier: Apache-2.0 */
#include "web/session.h"

#include "../check.h"

static void link_works_once(void)
{
	struct yg_web_sessions sessions = {0};
	char key[YG_WEB_KEY_HEX + 1];
	char token[YG_WEB_KEY_HEX + 1] = "";
	char wrong[YG_WEB_KEY_HEX + 1];

	CHECK(!yg_web_link_use(&sessions, YG_S(""), token));
	yg_web_link_new(&sessions, key);
	CHECK(strlen(key) == YG_WEB_KEY_HEX);
	for (size_t i = 0; i < YG_WEB_KEY_HEX; i++) {
		memcpy(wrong, key, sizeof(wrong));
		wrong[i] = wrong[i] == '0' ? '1' : '0';
		CHECK(!yg_web_link_use(&sessions, yg_bytes_str(wrong), token));
	}
	CHECK(!yg_web_link_use(&sessions, (struct yg_bytes){(uint8_t *)key, 63}, token));
	CHECK(yg_web_link_use(&sessions, yg_bytes_str(key), token));
	CHECK(strcmp(token, key) != 0);
	CHECK(yg_web_session(&sessions, yg_bytes_str(token)) == 1);
	CHECK(yg_web_session(&sessions, yg_bytes_str(key)) == 0);
	CHECK(!yg_web_link_use(&sessions, yg_bytes_str(key), wrong));
	yg_web_sessions_done(&sessions);
	CHECK(yg_web_session(&sessions, yg_bytes_str(token)) == 0);
}

static void a_new_link_ends_the_old_one(void)
{
	struct yg_web_sessions sessions = {0};
	char old[YG_WEB_KEY_HEX + 1];
	char key[YG_WEB_KEY_HEX + 1];
	char token[YG_WEB_KEY_HEX + 1];

	yg_web_link_new(&sessions, old);
	yg_web_link_new(&sessions, key);
	CHECK(!yg_web_link_use(&sessions, yg_bytes_str(old), token));
	CHECK(yg_web_link_use(&sessions, yg_bytes_str(key), token));
}

static void the_oldest_session_ends(void)
{
	struct yg_web_sessions sessions = {0};
	char key[YG_WEB_KEY_HEX + 1];
	char tokens[YG_WEB_SESSIONS_MAX + 1][YG_WEB_KEY_HEX + 1];

	for (uint32_t i = 0; i <= YG_WEB_SESSIONS_MAX; i++) {
		yg_web_link_new(&sessions, key);
		CHECK(yg_web_link_use(&sessions, yg_bytes_str(key), tokens[i]));
		CHECK(yg_web_session(&sessions, yg_bytes_str(tokens[i])) == i + 1);
	}
	CHECK(yg_web_session(&sessions, yg_bytes_str(tokens[0])) == 0);
	for (uint32_t i = 1; i <= YG_WEB_SESSIONS_MAX; i++)
		CHECK(yg_web_session(&sessions, yg_bytes_str(tokens[i])) == i + 1);
}

/* A free slot must not open for a token that hashes to nothing. */
static void no_session_without_token(void)
{
	struct yg_web_sessions sessions = {0};
	char zeros[YG_WEB_KEY_HEX];

	memset(zeros, '0', sizeof(zeros));
	CHECK(yg_web_session(&sessions, (struct yg_bytes){(uint8_t *)zeros, sizeof(zeros)}) == 0);
	CHECK(yg_web_session(&sessions, YG_S("")) == 0);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(link_works_once),
		CASE(a_new_link_ends_the_old_one),
		CASE(the_oldest_session_ends),
		CASE(no_session_without_token),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
