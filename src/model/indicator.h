/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/indicator.h - what is known of an indicator besides its value: who says so, to whom it may
 * be shown, what may be done with it, how sure one is, and until when.
 *
 * TLP 2.0 (FIRST, August 2022) says who may see it; PAP (Permissible Actions Protocol, MISP
 * taxonomy) what may be done with it. Bytes are borrowed from whoever read it.
 */
#pragma once

#include "base/bytes.h"

#define YG_INDICATOR_SOURCE_MAX	    200u /* bytes */
#define YG_INDICATOR_CONFIDENCE_MAX 100u

enum yg_tlp {
	YG_TLP_NONE, /* not marked */
	YG_TLP_CLEAR,
	YG_TLP_GREEN,
	YG_TLP_AMBER,
	YG_TLP_AMBER_STRICT,
	YG_TLP_RED,
	YG_TLP_COUNT
};

enum yg_pap {
	YG_PAP_NONE, /* not marked */
	YG_PAP_CLEAR,
	YG_PAP_GREEN, /* may be blocked */
	YG_PAP_AMBER, /* may be looked up with others, may not be touched */
	YG_PAP_RED,   /* may be looked for in own logs only, out of the adversary's sight */
	YG_PAP_COUNT
};

struct yg_indicator_record {
	struct yg_bytes value;	/* as the list has it */
	struct yg_bytes source; /* who says so; may be empty */
	enum yg_tlp marking;
	enum yg_pap pap;
	uint8_t confidence;	/* 1..100; 0: nothing is said */
	int64_t valid_until_ns; /* the first moment it does not count any more; INT64_MAX: none */
	struct yg_bytes comment;
};

const char *yg_tlp_name(enum yg_tlp tlp); /* "amber+strict"; "" for none */
const char *yg_pap_name(enum yg_pap pap);
/* "TLP:AMBER+STRICT", "amber", "white" (TLP 1: clear) in any case. False: it is none. */
bool yg_tlp_by_name(struct yg_bytes name, enum yg_tlp *ret);
bool yg_pap_by_name(struct yg_bytes name, enum yg_pap *ret);

/* Does it count at @now_ns? */
static inline bool yg_indicator_is_valid(const struct yg_indicator_record *record, int64_t now_ns)
{
	return now_ns < record->valid_until_ns;
}
