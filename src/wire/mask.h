/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/mask.h - a record made fit to leave: held back, or its fields masked.
 *
 * A masked value leaves nowhere in its record. It stands in the field, often in the raw line, and
 * often inside another field (a name in a message) or its name. So each masked value is looked for
 * in the raw line and in all other fields, upper and lower case alike:
 * - where it stands as a word of its own, its mask takes its place;
 * - a raw line in which a masked value is not found (it stands there in another writing), or is
 *   part of a longer word (three bytes or more), does not leave at all;
 * - a field in which it is part of a longer word leaves as "[masked]".
 * With more than YG_MASK_VALUES_MAX masked values in a record, nothing of it leaves unmasked; of
 * one with more fields than an event holds the raw line stays, for what is in the others is not
 * known.
 *
 * Layer:   wire. May include base/, model/. Pure; any thread with an event of its own.
 * Tests:   tests/unit/wire/test_policy.c, test_taken.c, tests/fuzz/fuzz_policy.c
 */
#pragma once

#include "base/crypt.h"
#include "model/event.h"
#include "wire/policy.h"

#define YG_MASK_VALUES_MAX 64u
#define YG_MASK_GONE	   "[masked]"
#define YG_MASK_TOKEN_MAX  64u /* bytes */

/* Of what kind of communication a record is by its looks; a sign-in is of none. */
enum yg_policy_class yg_mask_class(struct yg_event *event);

/* The token for @value: "~" and 24 hex digits; A–Z count as a–z. */
void yg_mask_token(const uint8_t key[YG_MAC_KEY_BYTES], struct yg_bytes value,
		   char to[YG_MASK_TOKEN_MAX]);

/* "192.0.2.77" -> "192.0.2.0", "2001:db8:1:2::3" -> "2001:db8:1::". False when it is no address. */
bool yg_mask_truncate(struct yg_bytes value, char to[YG_MASK_TOKEN_MAX]);

struct yg_mask {
	const struct yg_policy *local;
	const struct yg_policy *wish; /* may be NULL */
	const uint8_t *key;	      /* YG_MAC_KEY_BYTES */
	bool is_no_log;		      /* `raw: false` is not about this record */
};

/*
 * Make @event, whose source is filled, fit to leave; new texts are in its arena. YG_OK; YG_EACCES:
 * it stays (*ret says why); YG_ENOMEM.
 */
YG_MUST_USE int yg_mask_apply(const struct yg_mask *mask, struct yg_event *event,
			      enum yg_policy_answer *ret);

#define YG_MASK_TAKEN_MAX 8u

/*
 * @values (at most YG_MASK_TAKEN_MAX) were taken from @event, or made from what stands in it: what
 * a finding says of a record. The event is made fit to leave, and each value by it: where a field
 * is masked, a value leaves only as far as it stands in what may leave of the record, else as
 * "[masked]". So a finding never says more than its record would. Empty values stay empty. Returns
 * as yg_mask_apply(); texts are in the event's arena. Cost: as that, and a search for each value.
 */
YG_MUST_USE int yg_mask_taken(const struct yg_mask *mask, struct yg_event *event,
			      struct yg_bytes *values, size_t count, enum yg_policy_answer *ret);
