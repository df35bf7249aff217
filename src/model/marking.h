/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/marking.h - what is written on everything that may leave: who may see it, what may be done
 * with it, and how certain it is.
 *
 * TLP 2.0 (FIRST, August 2022) says who may see it; PAP (Permissible Actions Protocol, MISP
 * taxonomy) what may be done with it. Both ascend: a larger value allows less, and of two markings
 * on one object the larger one holds. NONE is below all only as a number: whoever decides about
 * something unmarked decides as for RED.
 * Pure; any thread.
 */
#pragma once

#include "base/bytes.h"

enum yg_tlp {
	YG_TLP_NONE, /* not marked */
	YG_TLP_CLEAR,
	YG_TLP_GREEN,	     /* the community */
	YG_TLP_AMBER,	     /* the recipient's organisation and its clients, who need to know */
	YG_TLP_AMBER_STRICT, /* the recipient's organisation only */
	YG_TLP_RED,	     /* the named recipients only */
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

/*
 * How certain it is (確度). A field of its own wherever a situation, a warning or an indicator
 * goes, and never raised by being passed on: a copy carries it as it was, with whose word it is and
 * from when.
 */
enum yg_certainty {
	YG_CERTAINTY_MACHINE,	/* a machine found it; nobody has looked at it */
	YG_CERTAINTY_ANALYST,	/* a person of the hub looked at it and says it is so */
	YG_CERTAINTY_CONFIRMED, /* the organisation that was hit says so */
	YG_CERTAINTY_COUNT
};

#define YG_CERTAIN_SOURCE_MAX 200u /* bytes */

struct yg_certain {
	enum yg_certainty certainty;
	struct yg_bytes
		source;	 /* whose word it is: a rule, a person's id, an organisation's; borrowed */
	int64_t time_ns; /* of that word; UTC, since 1970 */
};

const char *yg_tlp_name(enum yg_tlp tlp); /* "amber+strict"; "" for none */
const char *yg_pap_name(enum yg_pap pap);
const char *yg_certainty_name(enum yg_certainty certainty); /* "machine", "analyst", "confirmed" */
/* English, marked for translation: "found by machine, not confirmed"; for people to read. */
const char *yg_certainty_text(enum yg_certainty certainty);

/* "TLP:AMBER+STRICT", "amber", "white" (TLP 1: clear) in any case. False: it is none. */
bool yg_tlp_by_name(struct yg_bytes name, enum yg_tlp *ret);
bool yg_pap_by_name(struct yg_bytes name, enum yg_pap *ret);
bool yg_certainty_by_name(struct yg_bytes name, enum yg_certainty *ret);

/* What holds for something that carries both; unmarked is taken for RED. */
enum yg_tlp yg_tlp_stricter(enum yg_tlp a, enum yg_tlp b);
enum yg_pap yg_pap_stricter(enum yg_pap a, enum yg_pap b);
