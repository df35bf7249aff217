/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/indicator.h - what is known of an indicator besides its value: who says so, to whom it may
 * be shown, what may be done with it, how sure one is, and until when.
 * Bytes are borrowed from whoever read it.
 */
#pragma once

#include "model/marking.h"

#define YG_INDICATOR_SOURCE_MAX	    200u /* bytes */
#define YG_INDICATOR_CONFIDENCE_MAX 100u

struct yg_indicator_record {
	struct yg_bytes value;	/* as the list has it */
	struct yg_bytes source; /* who says so; may be empty */
	enum yg_tlp marking;
	enum yg_pap pap;
	uint8_t confidence;	/* 1..100; 0: nothing is said */
	int64_t valid_until_ns; /* the first moment it does not count any more; INT64_MAX: none */
	struct yg_bytes comment;
	bool is_confirmed; /* a person says it counts although a list of well-known values has it */
};

/* Does it count at @now_ns? */
static inline bool yg_indicator_is_valid(const struct yg_indicator_record *record, int64_t now_ns)
{
	return now_ns < record->valid_until_ns;
}
