/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/crypt.h - digests that others check, signatures, and the text forms of both.
 *
 * Thin over libsodium: Ed25519 (RFC 8032), BLAKE2b (RFC 7693), base64 (RFC 4648); over Nettle:
 * SHA-256 and SHA-1 (FIPS 180-4), which use what the CPU has for it: six times as fast on one that
 * has. Pure but for the random parts; thread-safe. Secret bytes are wiped by yg_wipe().
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

#define YG_SHA256_BYTES	     32u
#define YG_SHA256_HEX	     64u
#define YG_SIGN_SEED_BYTES   32u
#define YG_SIGN_PUBLIC_BYTES 32u
#define YG_SIGN_BYTES	     64u
#define YG_RANDOM_ID_HEX     32u

void yg_sha256(struct yg_bytes b, uint8_t to[YG_SHA256_BYTES]);
/* Lower-case hex with NUL: room YG_SHA256_HEX + 1. */
void yg_sha256_hex(struct yg_bytes b, char to[YG_SHA256_HEX + 1]);

/* The same over pieces that come one after the other. */
struct yg_sha256_state {
	_Alignas(8) uint8_t opaque[128];
};
void yg_sha256_begin(struct yg_sha256_state *state);
void yg_sha256_add(struct yg_sha256_state *state, struct yg_bytes b);
void yg_sha256_end(struct yg_sha256_state *state, uint8_t to[YG_SHA256_BYTES]);

/* SHA-1 (FIPS 180-4), for names that others made of it; it protects nothing. */
#define YG_SHA1_BYTES 20u
void yg_sha1(struct yg_bytes b, uint8_t to[YG_SHA1_BYTES]);

/* Unpredictable bytes from the system. */
void yg_random(uint8_t *to, size_t size);

/* A time-ordered id: 48 bits of milliseconds, 80 random bits, as hex with NUL. */
void yg_random_id(int64_t now_ns, char to[YG_RANDOM_ID_HEX + 1]);

/* The public half of the key that grows from @seed. */
void yg_sign_public(const uint8_t seed[YG_SIGN_SEED_BYTES], uint8_t to[YG_SIGN_PUBLIC_BYTES]);
void yg_sign(const uint8_t seed[YG_SIGN_SEED_BYTES], struct yg_bytes message,
	     uint8_t to[YG_SIGN_BYTES]);
/* For who signs often: half of what a signature costs is to grow the key from its seed. Secret: the
 * owner wipes it. */
struct yg_sign_key {
	uint8_t grown[2 * YG_SIGN_SEED_BYTES];
};
void yg_sign_key_grow(const uint8_t seed[YG_SIGN_SEED_BYTES], struct yg_sign_key *ret);
void yg_sign_by(const struct yg_sign_key *key, struct yg_bytes message, uint8_t to[YG_SIGN_BYTES]);

bool yg_sign_is_valid(const uint8_t key[YG_SIGN_PUBLIC_BYTES], struct yg_bytes message,
		      const uint8_t signature[YG_SIGN_BYTES]);

/* Keyed BLAKE2b-128 (RFC 7693): who has not @key can neither make it nor tell of what it is. */
#define YG_MAC_KEY_BYTES 32u
#define YG_MAC_BYTES	 16u
void yg_mac(const uint8_t key[YG_MAC_KEY_BYTES], struct yg_bytes b, uint8_t to[YG_MAC_BYTES]);

/* HMAC-SHA-256 (RFC 2104), for what others check: a key of any size. */
void yg_hmac_sha256(struct yg_bytes key, struct yg_bytes b, uint8_t to[YG_SHA256_BYTES]);

/* Standard base64 with padding. */
void yg_base64_add(struct yg_buf *to, struct yg_bytes b);
/* Strict: the one canonical form only. @room bytes at @to; False when it is anything else. */
bool yg_base64_read(struct yg_bytes text, uint8_t *to, size_t room, size_t *ret_size);
/* 2 × @size hex digits of either case to @to. */
bool yg_hex_read(struct yg_bytes text, uint8_t *to, size_t size);

void yg_wipe(void *secret, size_t size);
