/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/clue.h - does an indicator that somebody sent act? What is known of it, the operator's
 * rules, the time: a state, why, a score that fades, and when to look again. Pure.
 *
 *   score = base x (lifetime - t) / lifetime + 5 for each that saw it (20 at most) - 30 for each
 *           false-positive report;  0 once t has reached the lifetime
 *   base:   its confidence, else what the rules say of one that says none; with a person's yes at
 *           least that
 *   t:      from the last of: this version, valid_from, a sighting, a person's yes
 *
 * docs/indicators.md. Tests: tests/unit/model/test_clue.c
 */
#pragma once

#include "base/clock.h"
#include "base/tr.h"
#include "model/marking.h"

#define YG_CLUE_POINT	     1000 /* scores are in thousandths of a point */
#define YG_CLUE_SCORE_MAX    (100 * YG_CLUE_POINT)
#define YG_CLUE_SEEN_POINTS  5
#define YG_CLUE_SEEN_MAX     4u
#define YG_CLUE_FALSE_POINTS 30
#define YG_CLUE_UNSAID	     (-1) /* no confidence is said */
#define YG_CLUE_NEVER	     INT64_MAX

enum yg_clue_state {
	YG_CLUE_WAITS, /* for time, for a person, for other rules */
	YG_CLUE_ACTS,
	YG_CLUE_OVER,
	YG_CLUE_STATE_COUNT
};

/* Why: code, word, English text. The first that holds is said. */
#define YG_CLUE_WHY_MAP(X)                                                                         \
	X(NONE, "", "")                                                                            \
	X(REVOKED, "revoked", N_("whoever sent it has revoked it"))                                \
	X(EXPIRED, "expired", N_("its valid_until is over"))                                       \
	X(REFUSED, "refused", N_("a person said that it shall not act"))                           \
	X(PATTERN, "pattern", N_("its pattern says more than that one of some values was seen"))   \
	X(KIND, "kind",                                                                            \
	  N_("it has no address, name, URL or hash (MD5, SHA-1, SHA-256) that can be looked for")) \
	X(PERSON, "person",                                                                        \
	  N_("its values name a person: where they can be looked for (a mail address or an "       \
	     "account cannot), it acts when a person says that it is an indicator"))               \
	X(MARKING, "marking",                                                                      \
	  N_("its marking lets nobody's logs be searched for it (unmarked counts as red)"))        \
	X(PAP, "pap", N_("its PAP is stricter than the hub's configuration lets act"))             \
	X(KNOWN, "known",                                                                          \
	  N_("it is on a list of well-known values: it acts when a person confirms it"))           \
	X(NOT_YET, "not-yet", N_("its valid_from is still to come"))                               \
	X(CONFIDENCE, "confidence", N_("its confidence is lower than the configuration asks for")) \
	X(REPORTED, "reported", N_("reports of false positives have taken its score too low"))     \
	X(DECAYED, "decayed", N_("nobody has seen it for so long that its score is too low"))
enum yg_clue_why {
#define X(code, word, text) YG_CLUE_WHY_##code,
	YG_CLUE_WHY_MAP(X)
#undef X
		YG_CLUE_WHY_COUNT
};

/* The operator's (docs/hub-config.md). */
struct yg_clue_rules {
	bool is_off;	     /* none acts */
	uint32_t confidence; /* at least this acts: 0 to 100 */
	uint32_t unsaid;     /* what one without a confidence counts as */
	uint32_t keep_above; /* below this score it is over */
	uint32_t lifetime_days;
	enum yg_pap pap;	 /* the strictest that is looked for at the hub */
	enum yg_pap pap_sensors; /* and that is sent to sensors */
};
#define YG_CLUE_RULES_DEFAULT                                                                      \
	{                                                                                          \
		.confidence = 30, .unsaid = 50, .keep_above = 20, .lifetime_days = 180,            \
		.pap = YG_PAP_RED, .pap_sensors = YG_PAP_RED                                       \
	}

struct yg_clue_facts {
	int64_t version_ns;
	int64_t from_ns;
	int64_t until_ns;   /* the first moment it does not count; YG_CLUE_NEVER: none */
	int32_t confidence; /* 0 to 100, YG_CLUE_UNSAID */
	enum yg_tlp tlp;    /* as it counts */
	enum yg_pap pap;    /* NONE counts as RED */
	bool is_revoked;
	bool is_more;	 /* the pattern says more than a list can */
	bool has_values; /* that can be looked for and name nobody */
	bool has_person; /* some that name a person */
	bool can_person; /* and of these, some can be looked for: no mail address, no account */
	bool is_shared;	 /* its marking lets somebody's logs be searched for it */
	bool is_known;	 /* on a list of well-known values */
	bool is_yes;	 /* a person's word */
	bool is_no;
	int64_t said_ns;    /* of that word; 0 */
	uint32_t reports;   /* of false positives: organisations, those of the hub count twice */
	uint32_t sighted;   /* organisations that saw it */
	int64_t sighted_ns; /* last; 0 */
};

struct yg_clue_verdict {
	enum yg_clue_state state;
	enum yg_clue_why why; /* NONE: it acts */
	int32_t score;	      /* YG_CLUE_POINT */
	int64_t next_ns;      /* when time alone changes the state; YG_CLUE_NEVER */
	bool may_sensors;     /* its PAP lets it out to sensors */
};

/* Always fills *ret. */
void yg_clue_judge(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts,
		   int64_t now_ns, struct yg_clue_verdict *ret);
/* The score alone. */
int32_t yg_clue_score(const struct yg_clue_rules *rules, const struct yg_clue_facts *facts,
		      int64_t now_ns);

const char *yg_clue_state_name(enum yg_clue_state state); /* "acts" */
bool yg_clue_state_by_name(struct yg_bytes name, enum yg_clue_state *ret);
const char *yg_clue_why_name(enum yg_clue_why why); /* "decayed" */
const char *yg_clue_why_text(enum yg_clue_why why); /* untranslated */
