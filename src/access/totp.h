/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/totp.h - the second factor: codes of six digits that change every 30 seconds, and base32.
 *
 * Pure; any thread. SHA-1, six digits and 30 s are what every authenticator program can do; HMAC
 * does not need the property that SHA-1 has lost.
 * Source: RFC 6238 (TOTP), RFC 4226 (HOTP), RFC 3174 (SHA-1), RFC 2104 (HMAC), RFC 4648 (base32).
 * Tests: tests/unit/access/test_totp.c (vectors of the RFCs), tests/fuzz/fuzz_credentials.c
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

#define YG_TOTP_SECRET_BYTES 20u
#define YG_TOTP_SECRET_TEXT  32u /* base32, without padding */
#define YG_TOTP_STEP_S	     30
#define YG_TOTP_WINDOW	     1 /* steps before and after now that are good */
#define YG_TOTP_DIGITS	     6u

/* The code of @secret for step @step (seconds since 1970 / 30). 0..999999 */
uint32_t yg_totp_code(struct yg_bytes secret, int64_t step);

/*
 * Is @code (six digits; blanks are passed over) good at @now_s? Steps up to @used are not: each is
 * good once. True: *ret_step is the one to remember. Takes the same time for every wrong code.
 */
bool yg_totp_is_right(struct yg_bytes secret, struct yg_bytes code, int64_t now_s, int64_t used,
		      int64_t *ret_step);

/* What an authenticator program reads from a QR code: otpauth://totp/… */
void yg_totp_uri(struct yg_buf *to, struct yg_bytes secret, struct yg_bytes issuer,
		 struct yg_bytes login);

/* Base32 without padding. */
void yg_base32_add(struct yg_buf *to, struct yg_bytes b);
/* Either case; blanks, '-' and padding at the end are passed over. False: anything else, or more
 * than @room bytes. */
bool yg_base32_read(struct yg_bytes text, uint8_t *to, size_t room, size_t *ret_size);
