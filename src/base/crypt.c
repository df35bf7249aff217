/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypt.h"

#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/hash.h"

#include "base/ban.h"

#define ID_RANDOM_BYTES 10u

void yg_sha256(struct yg_bytes b, uint8_t to[YG_SHA256_BYTES])
{
	struct sha256_ctx state;

	sha256_init(&state);
	sha256_update(&state, b.size, b.data);
	sha256_digest(&state, YG_SHA256_BYTES, to);
}

void yg_sha256_hex(struct yg_bytes b, char to[YG_SHA256_HEX + 1])
{
	uint8_t digest[YG_SHA256_BYTES];

	yg_sha256(b, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, to);
}

void yg_hmac_sha256(struct yg_bytes key, struct yg_bytes b, uint8_t to[YG_SHA256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	(void)crypto_auth_hmacsha256_init(&state, key.data, key.size); /* these are always 0 */
	(void)crypto_auth_hmacsha256_update(&state, b.data, b.size);
	(void)crypto_auth_hmacsha256_final(&state, to);
	sodium_memzero(&state, sizeof(state));
}

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct yg_sha256_state), "room");

void yg_sha256_begin(struct yg_sha256_state *state)
{
	sha256_init((struct sha256_ctx *)(void *)state);
}

void yg_sha256_add(struct yg_sha256_state *state, struct yg_bytes b)
{
	sha256_update((struct sha256_ctx *)(void *)state, b.size, b.data);
}

void yg_sha256_end(struct yg_sha256_state *state, uint8_t to[YG_SHA256_BYTES])
{
	sha256_digest((struct sha256_ctx *)(void *)state, YG_SHA256_BYTES, to);
}

void yg_mac(const uint8_t key[YG_MAC_KEY_BYTES], struct yg_bytes b, uint8_t to[YG_MAC_BYTES])
{
	/* Always 0: sizes are within the library's limits. */
	(void)crypto_generichash(to, YG_MAC_BYTES, b.data, b.size, key, YG_MAC_KEY_BYTES);
}

void yg_sha1(struct yg_bytes b, uint8_t to[YG_SHA1_BYTES])
{
	struct sha1_ctx state;

	sha1_init(&state);
	sha1_update(&state, b.size, b.data);
	sha1_digest(&state, YG_SHA1_BYTES, to);
}

void yg_random(uint8_t *to, size_t size)
{
	(void)yg_hash_secret(); /* starts the library once */
	randombytes_buf(to, size);
}

void yg_random_id(int64_t now_ns, char to[YG_RANDOM_ID_HEX + 1])
{
	uint8_t id[YG_RANDOM_ID_HEX / 2];
	uint64_t ms = (uint64_t)(now_ns / 1000000);

	for (unsigned i = 0; i < 6; i++)
		id[i] = (uint8_t)(ms >> (40 - 8 * i));
	yg_random(id + 6, ID_RANDOM_BYTES);
	yg_hex((struct yg_bytes){id, sizeof(id)}, to);
}

_Static_assert(sizeof(struct yg_sign_key) == crypto_sign_ed25519_SECRETKEYBYTES, "room");

static void key_pair(const uint8_t *seed, uint8_t *public_key, struct yg_sign_key *key)
{
	(void)crypto_sign_ed25519_seed_keypair(public_key, key->grown, seed); /* always 0 */
}

void yg_sign_public(const uint8_t seed[YG_SIGN_SEED_BYTES], uint8_t to[YG_SIGN_PUBLIC_BYTES])
{
	struct yg_sign_key key;

	key_pair(seed, to, &key);
	yg_wipe(&key, sizeof(key));
}

void yg_sign_key_grow(const uint8_t seed[YG_SIGN_SEED_BYTES], struct yg_sign_key *ret)
{
	uint8_t public_key[YG_SIGN_PUBLIC_BYTES];

	key_pair(seed, public_key, ret);
}

void yg_sign_by(const struct yg_sign_key *key, struct yg_bytes message, uint8_t to[YG_SIGN_BYTES])
{
	(void)crypto_sign_ed25519_detached(to, NULL, message.data, message.size,
					   key->grown); /* always 0 */
}

void yg_sign(const uint8_t seed[YG_SIGN_SEED_BYTES], struct yg_bytes message,
	     uint8_t to[YG_SIGN_BYTES])
{
	struct yg_sign_key key;

	yg_sign_key_grow(seed, &key);
	yg_sign_by(&key, message, to);
	yg_wipe(&key, sizeof(key));
}

bool yg_sign_is_valid(const uint8_t key[YG_SIGN_PUBLIC_BYTES], struct yg_bytes message,
		      const uint8_t signature[YG_SIGN_BYTES])
{
	return crypto_sign_ed25519_verify_detached(signature, message.data, message.size, key) == 0;
}

void yg_base64_add(struct yg_buf *to, struct yg_bytes b)
{
	size_t room = sodium_base64_encoded_len(b.size, sodium_base64_VARIANT_ORIGINAL);
	uint8_t *at = yg_buf_reserve(to, room);

	if (!at)
		return;
	(void)sodium_bin2base64((char *)at, room, b.data, b.size, sodium_base64_VARIANT_ORIGINAL);
	yg_buf_grew(to, room - 1); /* without its NUL */
}

bool yg_base64_read(struct yg_bytes text, uint8_t *to, size_t room, size_t *ret_size)
{
	size_t size;
	const char *end;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] >= 0x80) /* libsodium 1.0.18 takes some of these for '+' or '/' */
			return false;
	}
	if (text.size % 4 != 0 ||
	    sodium_base642bin(to, room, (const char *)text.data, text.size, NULL, &size, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    end != (const char *)text.data + text.size)
		return false;
	*ret_size = size;
	return true;
}

bool yg_hex_read(struct yg_bytes text, uint8_t *to, size_t size)
{
	size_t got;
	const char *end;

	return text.size == 2 * size &&
	       sodium_hex2bin(to, size, (const char *)text.data, text.size, NULL, &got, &end) ==
		       0 &&
	       got == size && end == (const char *)text.data + text.size;
}

void yg_wipe(void *secret, size_t size)
{
	sodium_memzero(secret, size);
}
