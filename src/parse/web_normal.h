/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/web_normal.h - request targets and headers in one form, whatever disguise they came in.
 *
 * Our own web rules look at this form (fields cs-uri-normal, cs-headers-normal); the fields as
 * written stay beside it. Done, in this order:
 *
 *   1. case folded (yg_fold);
 *   2. decoded until nothing changes, YG_WEB_ROUNDS_MAX times at most: %XX, %uXXXX, \xHH,
 *      \uXXXX, \" and \\ (what servers escape in logs), &#N; &#xH; and the named HTML entities
 *      that matter (&lt; &quot; …); overlong UTF-8, full-width forms and look-alikes of quotes,
 *      slashes, dots and angle brackets become ASCII; NUL bytes vanish without a mark (who
 *      looks for %00 looks at the field as written);
 *   3. '+' after the first '?' becomes a space; a backslash becomes a slash in the path, and
 *      everywhere after "..";
 *   4. SQL comments become a space: all of one that holds nothing but up to 64 letters, digits,
 *      '_' and spaces; of others only the two marks, as what stands inside may be the attack
 *      itself. The marks of MySQL's executable comments go, with their version number;
 *   5. runs of white space become one space;
 *   6. in the path "//" and "/./" become "/". "../" is kept: traversal must stay visible.
 *
 * The path is what stands before the first '?' after step 2; a leading "scheme://" is no part
 * of it. The result is a fixed point: normalising it again changes nothing, unless the text was
 * encoded more than YG_WEB_ROUNDS_MAX times.
 *
 * Layer:  parse. Pure, thread-safe.
 * Input:  untrusted bytes of any kind and size; the output is never longer.
 * Source: RFC 3986 sec. 2.1 (percent-encoding), 6.2.2 (normalisation); RFC 3629 sec. 10
 *         (overlong forms); HTML Living Standard sec. 13.5 (entities); MySQL manual "Comments".
 * Tests:  tests/unit/parse/test_web_normal.c, tests/fuzz/fuzz_web_normal.c
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define YG_WEB_ROUNDS_MAX 4u

enum yg_web_kind {
	YG_WEB_TARGET, /* a request target: all steps */
	YG_WEB_HEADER, /* a header's value: no path, so no step 6 and less of 3 */
};

/*
 * *ret is @text itself when it is in normal form already, else memory of @arena.
 * Returns YG_OK or YG_ENOMEM. Cost: O(text.size), some passes.
 */
YG_MUST_USE int yg_web_normal(struct yg_bytes text, enum yg_web_kind kind, struct yg_arena *arena,
			      struct yg_bytes *ret);
