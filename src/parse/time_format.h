/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/time_format.h - times by a format that a person wrote down ("%d/%b/%Y %H:%M:%S").
 *
 *   %Y year  %y two digits of it  %m month  %b %B month in English letters  %d %e day
 *   %H %k hour  %I %l hour of twelve  %p AM, PM  %M minute  %S second  %f fraction, 1 to 9 digits
 *   %T is %H:%M:%S  %F is %Y-%m-%d  %z +0900, +09:00, +9, Z  %Z UTC, GMT, JST or letters passed
 * over %a %A day of the week, passed over  %s seconds since 1970  %% a percent sign
 *
 * %d %e %m %H %k %I %l take one or two digits, with blanks before them. A blank stands for one or
 * more. A format without %Y, %y and %s means the latest such day that is not after the reference.
 *
 * Layer:  parse. Pure, thread-safe. The text is untrusted: at most YG_TIME_TEXT_MAX bytes of it are
 *         looked at.
 * Tests:  tests/unit/parse/test_pattern.c, tests/fuzz/fuzz_description.c
 */
#pragma once

#include "parse/format.h"

#define YG_TIME_FORMAT_MAX 64u	/* bytes of a format */
#define YG_TIME_TEXT_MAX   128u /* bytes that a time may take */

/* Is @format one? If not, what is wrong with it (static, English), else NULL. */
const char *yg_time_format_fault(struct yg_bytes format);

/*
 * The time at the start of @text: its size in bytes, 0 when there is none. @zone and @reference_ns
 * as in struct yg_parse_opts. Cost: O(format).
 */
size_t yg_time_format_read(struct yg_bytes format, struct yg_bytes text, const struct yg_zone *zone,
			   int64_t reference_ns, int64_t *ret_ns, bool *ret_has_zone);
