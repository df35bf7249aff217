/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/join.h - what one line says of a try to sign in, lent to a later line of the same try.
 *
 *   conn=1001 fd=12 ACCEPT from IP=198.51.100.7:4711      keeps src_ip      ┐
 *   conn=1001 op=0 BIND dn="uid=x,…" method=128            keeps user        ├ key: conn=1001
 *   conn=1001 op=0 RESULT tag=97 err=49                    takes both        ┘
 *
 * Which lines and which fields is said by descriptions of sources (join, keeps, takes, ends:
 * docs/source-description.md). Each line stays a record of its own, where it stands; a line that
 * takes gets fields that it has not itself. A later line lends nothing to an earlier one.
 *
 * A table belongs to one input, whose lines it is shown in their order. It holds at most
 * YG_JOIN_OPEN_MAX keys; who was not heard of for longest goes first, and is counted. A key is also
 * forgotten when its next line is later than the description's "within". The name of the
 * description and the field hostname are part of every key.
 *
 * Layer:  parse. Lines are untrusted. No clock: time is what lines say.
 * Memory: YG_JOIN_OPEN_MAX times about YG_JOIN_TEXT_BYTES, from the first key on.
 * Tests:  tests/unit/parse/test_join.c, tests/e2e/join.py, tests/fuzz/fuzz_description.c
 */
#pragma once

#include "parse/format.h"
#include "parse/sources.h"

#define YG_JOIN_OPEN_MAX    4096u
#define YG_JOIN_VALUES_MAX  8u	  /* of one key */
#define YG_JOIN_VALUE_BYTES 256u  /* longer values are not kept */
#define YG_JOIN_KEY_BYTES   256u  /* lines with a longer key are not joined */
#define YG_JOIN_TEXT_BYTES  1024u /* of a key and its values */

/* Fields that a record gets from earlier lines; texts live until the next call for the table. */
struct yg_join_lent {
	struct yg_source_pair fields[YG_SOURCE_JOIN_FIELDS_MAX];
	uint32_t count;
};

struct yg_join;

/* NULL without memory. */
struct yg_join *yg_join_new(void);
struct yg_join *yg_join_free(struct yg_join *join);

/*
 * Can @record be one that @sources join? Before it is read, and cheap: by the program before the
 * first bracket or in its place of RFC 5424, or by the first byte and the words that the
 * description needs.
 */
bool yg_join_may(const struct yg_sources *sources, struct yg_bytes record);

/*
 * The next record of the input: @event, read by @by. *ret: what it takes. YG_OK or YG_ENOMEM.
 * @by.source must outlive the table.
 */
YG_MUST_USE int yg_join_next(struct yg_join *join, struct yg_event *event,
			     struct yg_described_by by, struct yg_join_lent *ret);

/* Add to @event those of the @count fields that it lacks; borrowed. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_join_lend(struct yg_event *event, const struct yg_source_pair *fields,
			     uint32_t count);

/* Keys pushed out for others, so far. */
uint64_t yg_join_evicted(const struct yg_join *join);
