/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/plain.h - lines with a time and a text, of products that nobody described.
 *
 * A line counts as one when a time stands in its first YG_PLAIN_LOOK_BYTES bytes, in one of the
 * forms that programs use (ISO, those of web servers, syslog, log4j, Japanese dates …). It is the
 * last reader that is asked, and never the first: what a better reader knows is left to it.
 *
 * Fields: message (what stands behind the time; the whole line where the time is not at its start);
 * those of a sign-in where the words tell one (parse/words.h).
 *
 * Layer:  parse. Input untrusted. Pure.
 * Tests:  tests/unit/parse/test_plain.c, tests/fuzz/fuzz_parse_plain.c
 */
#pragma once

#include "parse/format-int.h"

#define YG_PLAIN_LOOK_BYTES 64u

bool yg_plain_fits(struct yg_bytes record);
yg_read_fn yg_plain_read;

/* What follows from the fields alone. Also for events read from the record form. */
YG_MUST_USE int yg_plain_finish(struct yg_event *event);

/*
 * An object of JSON of no known kind: where its text tells a sign-in, the event gets the fields of
 * one and the format plain, so that the rules for unknown products look at it. YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_plain_object(struct yg_event *event, struct yg_bytes record);
