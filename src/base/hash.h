/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/hash.h - hashes: fast ones for tables, a cryptographic one for ids and digests.
 *
 * Pure and thread-safe after yg_hash_start().
 */
#pragma once

#include "base/bytes.h"

#define YG_DIGEST_BYTES 32u
#define YG_ID_BYTES	16u
#define YG_ID_HEX	(2 * YG_ID_BYTES)

/* For tables within one process or one image: XXH3, seeded. Not for untrusted collisions. */
uint64_t yg_hash64(struct yg_bytes b, uint64_t seed);

/*
 * A seed that nobody outside can know, drawn once per process: tables whose keys come from
 * logs use it, so that nobody can write lines that all land in one slot. What it decides
 * must never reach the output (results are the same in every run).
 */
uint64_t yg_hash_secret(void);

/* BLAKE2b-256 of @b (RFC 7693). For image keys and integrity. */
void yg_digest(struct yg_bytes b, uint8_t to[YG_DIGEST_BYTES]);

/* The same over several parts, each preceded by its length. */
void yg_digest_parts(const struct yg_bytes *parts, size_t count, uint8_t to[YG_DIGEST_BYTES]);

/*
 * An id derived from its parts: BLAKE2b-128 over the parts, each preceded by its length,
 * so that no two lists of parts can run together. Written as lower-case hex.
 */
void yg_id_derive(const struct yg_bytes *parts, size_t count, uint8_t to[YG_ID_BYTES]);
void yg_hex(struct yg_bytes b, char *to); /* room: 2 × b.size + 1 */
