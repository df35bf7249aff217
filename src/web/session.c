/* SPDX-License-Identifier: Apache-2.0 */
#include "web/session.h"

#include "base/hash.h"

#include "base/ban.h"

/* A new key in hex, and the digest to keep. */
static void draw(char to[YG_WEB_KEY_HEX + 1], uint8_t digest[YG_SHA256_BYTES])
{
	uint8_t key[YG_WEB_KEY_BYTES];

	yg_random(key, sizeof(key));
	yg_hex((struct yg_bytes){key, sizeof(key)}, to);
	yg_sha256((struct yg_bytes){(const uint8_t *)to, YG_WEB_KEY_HEX}, digest);
	yg_wipe(key, sizeof(key));
}

/* Always looks at all bytes. */
static bool is_same(const uint8_t *a, const uint8_t *b)
{
	unsigned difference = 0;

	for (size_t i = 0; i < YG_SHA256_BYTES; i++)
		difference |= (unsigned)(a[i] ^ b[i]);
	return difference == 0;
}

void yg_web_link_new(struct yg_web_sessions *sessions, char to[YG_WEB_KEY_HEX + 1])
{
	draw(to, sessions->link);
	sessions->has_link = true;
}

void yg_web_link_set(struct yg_web_sessions *sessions, const char *key)
{
	yg_sha256(yg_bytes_str(key), sessions->link);
	sessions->has_link = true;
}

bool yg_web_link_use(struct yg_web_sessions *sessions, struct yg_bytes key,
		     char token[YG_WEB_KEY_HEX + 1])
{
	uint8_t digest[YG_SHA256_BYTES];

	yg_sha256(key, digest);
	if (key.size != YG_WEB_KEY_HEX || !sessions->has_link || !is_same(digest, sessions->link))
		return false;
	sessions->has_link = false;
	yg_wipe(sessions->link, sizeof(sessions->link));
	yg_web_session_new(sessions, token);
	return true;
}

void yg_web_session_new(struct yg_web_sessions *sessions, char token[YG_WEB_KEY_HEX + 1])
{
	size_t slot = 0;

	for (size_t i = 1; i < YG_WEB_SESSIONS_MAX; i++)
		if (sessions->list[i].number < sessions->list[slot].number)
			slot = i;
	draw(token, sessions->list[slot].digest);
	sessions->list[slot].number = ++sessions->last;
}

uint32_t yg_web_session(const struct yg_web_sessions *sessions, struct yg_bytes token)
{
	uint8_t digest[YG_SHA256_BYTES];

	if (token.size != YG_WEB_KEY_HEX)
		return 0;
	yg_sha256(token, digest);
	for (size_t i = 0; i < YG_WEB_SESSIONS_MAX; i++)
		if (sessions->list[i].number > 0 && is_same(digest, sessions->list[i].digest))
			return sessions->list[i].number;
	return 0;
}

void yg_web_sessions_done(struct yg_web_sessions *sessions)
{
	yg_wipe(sessions, sizeof(*sessions));
}
