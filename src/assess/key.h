/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess/key.h - the keys that sign statements, as text files (docs/statement.md).
 *
 * Two forms of our own, secret and public, and the PEM forms that others write for Ed25519. Bytes
 * in, bytes out: files are read and written by app/.
 * Source: RFC 8032 (Ed25519), RFC 8410 sec. 7 and 10 (PKCS #8 and SubjectPublicKeyInfo of it).
 * Pure but for yg_key_new, which asks the system for random bytes. Thread-safe.
 */
#pragma once

#include "base/buf.h"
#include "base/crypt.h"
#include "base/err.h"
#include "model/day.h"

#define YG_KEY_FILE_MAX 4096u /* bytes of a key file */
#define YG_KEY_NAME_MAX 120u  /* bytes of a name */

struct yg_key {
	bool has_secret;
	uint8_t seed[YG_SIGN_SEED_BYTES]; /* only with has_secret */
	uint8_t public_key[YG_SIGN_PUBLIC_BYTES];
	char id[YG_SHA256_HEX + 1];	/* fingerprint: SHA-256 of public_key, hex */
	char name[YG_KEY_NAME_MAX + 1]; /* UTF-8, may be empty */
	int32_t created;		/* first day on which it may sign; YG_DAY_NONE: not said */
	int32_t expires;		/* last day on which it may sign; YG_DAY_NONE: no end */
};

/*
 * A new key. @name: one line of UTF-8 without control characters, at most YG_KEY_NAME_MAX bytes.
 * YG_OK or YG_EINVAL (@reterr says what of it).
 */
YG_MUST_USE int yg_key_new(struct yg_bytes name, int32_t created, int32_t expires,
			   struct yg_key *ret, struct yg_line_fault *reterr);

/*
 * Read a key file of any of the four forms. Nothing may stand beside what the form asks for.
 * YG_OK, YG_EFORMAT, YG_ELIMIT; YG_EDIGEST when the fingerprint in it is not that of the key.
 * *ret is wiped on failure.
 */
YG_MUST_USE int yg_key_read(struct yg_bytes text, struct yg_key *ret, struct yg_line_fault *reterr);

/* The two forms of ours. Secret: @key->has_secret. Failures stay in @to. */
void yg_key_write_secret(const struct yg_key *key, struct yg_buf *to);
void yg_key_write_public(const struct yg_key *key, struct yg_buf *to);

/* Wipe it. */
void yg_key_done(struct yg_key *key);
