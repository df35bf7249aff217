/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/password.h - passwords: what is accepted as one, and the digest that is kept.
 *
 * Apart from the register, because a digest costs time and memory on purpose: these functions
 * touch nothing shared and may run in a thread of their own; one at a time bounds the memory.
 * Source: RFC 9106 (Argon2id), NIST SP 800-63B sec. 5.1.1.2 (length counts, no rules about kinds of
 * characters, known bad ones refused, any printable character allowed).
 * Tests: tests/unit/access/test_password.c
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#define YG_PASSWORD_MIN	     12u   /* characters */
#define YG_PASSWORD_MAX	     1024u /* bytes */
#define YG_PASSWORD_HASH_MAX 128u  /* text of Argon2id with its parameters, NUL included */

/* Parameters of new digests; they stand in each, so older ones stay good when these are raised. */
#define YG_PASSWORD_PASSES 3u
#define YG_PASSWORD_MEMORY (64u << 20) /* bytes */

enum yg_password_fault {
	YG_PASSWORD_GOOD,
	YG_PASSWORD_SHORT,
	YG_PASSWORD_LONG,
	YG_PASSWORD_BYTES, /* no UTF-8, or control characters */
	YG_PASSWORD_NAME,  /* the login, the person's or the organisation's name, and little more */
	YG_PASSWORD_COMMON, /* in the list of the commonest, or one character over and over */
};

/* A msgid: what is wrong, for the person who chose it. */
const char *yg_password_fault_text(enum yg_password_fault fault);

/*
 * May @password be taken? @names: what belongs to the person (login, name, organisations); case
 * does not count. Cost: microseconds.
 */
enum yg_password_fault yg_password_check(struct yg_bytes password, const struct yg_bytes *names,
					 size_t name_count);

/* The digest of @password. YG_OK; YG_ENOMEM. Cost: YG_PASSWORD_MEMORY, about 0.1 to 0.3 s. */
YG_MUST_USE int yg_password_make(struct yg_bytes password, char to[YG_PASSWORD_HASH_MAX]);

/* Is it the one that @hash was made of? YG_OK; YG_EACCES: no (also when @hash is none); YG_ENOMEM.
 * Cost: as making. */
YG_MUST_USE int yg_password_is_right(const char *hash, struct yg_bytes password);

/* Was @hash made with less than today's parameters? Then make it anew after a good sign-in. */
bool yg_password_is_weak(const char *hash);
