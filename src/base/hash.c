/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#define XXH_INLINE_ALL
#define YG_BAN_ALLOW_MALLOC /* the inlined header mentions malloc */
#include <xxhash.h>

#include "base/ban.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t secret;

uint64_t yg_hash64(struct yg_bytes b, uint64_t seed)
{
	return XXH3_64bits_withSeed(b.data ? b.data : (const uint8_t *)"", b.size, seed);
}

static void draw_secret(void)
{
	int rc = sodium_init();

	assert(rc >= 0); /* fails only where the system has no random source at all */
	randombytes_buf(&secret, sizeof(secret));
}

uint64_t yg_hash_secret(void)
{
	(void)pthread_once(&once, draw_secret); /* cannot fail with a static control */
	return secret;
}

void yg_digest(struct yg_bytes b, uint8_t to[YG_DIGEST_BYTES])
{
	(void)crypto_generichash(to, YG_DIGEST_BYTES, b.data, b.size, NULL,
				 0); /* sizes are legal */
}

static void hash_parts(const struct yg_bytes *parts, size_t count, uint8_t *to, size_t size)
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, size); /* sizes are legal */
	for (size_t i = 0; i < count; i++) {
		uint64_t part_size = parts[i].size;

		(void)crypto_generichash_update(&state, (const uint8_t *)&part_size,
						sizeof(part_size));
		(void)crypto_generichash_update(&state, parts[i].data, parts[i].size);
	}
	(void)crypto_generichash_final(&state, to, size);
}

void yg_digest_parts(const struct yg_bytes *parts, size_t count, uint8_t to[YG_DIGEST_BYTES])
{
	hash_parts(parts, count, to, YG_DIGEST_BYTES);
}

void yg_id_derive(const struct yg_bytes *parts, size_t count, uint8_t to[YG_ID_BYTES])
{
	hash_parts(parts, count, to, YG_ID_BYTES);
}

void yg_hex(struct yg_bytes b, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < b.size; i++) {
		to[2 * i] = digits[b.data[i] >> 4];
		to[2 * i + 1] = digits[b.data[i] & 15];
	}
	to[2 * b.size] = '\0';
}
