/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/finding.h - what detection says: findings, later changes of them, and stories.
 *
 * A finding is one (record, rule) hit. A story bundles the findings of one actor and one field
 * of attack, so that a person reads a few stories instead of thousands of lines.
 * Texts in here are borrowed; each comment says for how long.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/tr.h"

enum yg_level {
	YG_LEVEL_INFORMATIONAL,
	YG_LEVEL_LOW,
	YG_LEVEL_MEDIUM,
	YG_LEVEL_HIGH,
	YG_LEVEL_CRITICAL,
};
const char *yg_level_name(enum yg_level level); /* "high" */
/* False when @name is none; "info" is taken for informational. */
bool yg_level_by_name(struct yg_bytes name, enum yg_level *ret);

enum yg_finding_kind {
	YG_KIND_PATTERN,
	YG_KIND_INDICATOR,
	YG_KIND_BEHAVIOUR,
	YG_KIND_CORRELATION,
};
const char *yg_kind_name(enum yg_finding_kind kind);

/* What is known about whether an attack reached its aim. Ordered: a later value weighs more. */
enum yg_outcome {
	YG_OUTCOME_UNKNOWN,  /* this log cannot tell */
	YG_OUTCOME_ATTEMPT,  /* named facts speak against success */
	YG_OUTCOME_POSSIBLE, /* named facts speak for success */
};
const char *yg_outcome_name(enum yg_outcome outcome);

/*
 * Why an outcome was given: one line for each reason, code, English text. {1} and {2} are
 * numbers, {3} is a text. The JSON output carries the English text whatever the language;
 * terminal and HTML translate it (po/).
 */
#define YG_REASON_MAP(X)                                                                           \
	X(NONE, "")                                                                                \
	X(NO_OUTCOME, N_("this log does not record whether it succeeded"))                         \
	X(STATUS_REFUSED, N_("status {1}: the server refused the request"))                        \
	X(STATUS_NOT_FOUND, N_("status {1}: there is nothing at this path"))                       \
	X(STATUS_ERROR, N_("status {1}: the server failed on the request"))                        \
	X(STATUS_REDIRECT, N_("status {1}: the request was sent elsewhere"))                       \
	X(STATUS_ONLY, N_("status {1} alone does not tell success; nothing else in the log does")) \
	X(SIZE_USUAL, N_("answered with {1} bytes, as usual for this path (median {2})"))          \
	X(SIZE_UNUSUAL, N_("answered with {1} bytes where this path usually gives {2}"))           \
	X(SHELL_ANSWERED,                                                                          \
	  N_("the same source then got an answer from the program it placed: {3}"))                \
	X(PAGE_OPENED, N_("the same source then opened a protected page: {3}"))                    \
	X(PASSWORD_ACCEPTED, N_("the same source was then let in: {3}"))                           \
	X(SIGN_IN_REFUSED, N_("the sign-in was refused"))                                          \
	X(SIGN_IN_ACCEPTED, N_("the sign-in was accepted"))                                        \
	X(BLOCKED, N_("the device says it blocked this"))                                          \
	X(ALLOWED, N_("the device says it let this through"))                                      \
	X(EXECUTED, N_("the record shows that it was carried out"))

enum yg_reason_code {
#define X(code, text) YG_REASON_##code,
	YG_REASON_MAP(X)
#undef X
};

struct yg_reason {
	enum yg_reason_code code;
	int64_t number[2];
	struct yg_bytes text; /* for {3} */
};

/* The untranslated template of a reason; never NULL. */
const char *yg_reason_template(enum yg_reason_code code);
/* Add @template_text to @to with {1} {2} {3} filled from @reason. */
void yg_reason_add(struct yg_buf *to, const char *template_text, const struct yg_reason *reason);

/*
 * The fields of attack: what kind of thing a story is about, and which advice belongs to it.
 * Rules of the own pack name one (x_field); others get theirs from logsource and tags.
 */
#define YG_FIELD_OF_ATTACK_MAP(X)                                                                  \
	X(WEB, "web", N_("attack on the web server"))                                              \
	X(SIGN_IN, "sign-in", N_("sign-in to accounts"))                                           \
	X(NETWORK, "network", N_("network and VPN device"))                                        \
	X(ENDPOINT, "endpoint", N_("computer"))                                                    \
	X(CLOUD, "cloud", N_("cloud service"))                                                     \
	X(OTHER, "other", N_("other"))
enum yg_attack_field {
#define X(code, name, words) YG_ATTACK_##code,
	YG_FIELD_OF_ATTACK_MAP(X)
#undef X
		YG_ATTACK_COUNT
};
const char *yg_attack_name(enum yg_attack_field field);
const char *yg_attack_words(enum yg_attack_field field); /* untranslated */
bool yg_attack_by_name(struct yg_bytes name, enum yg_attack_field *ret);

/* What the output needs to know of a rule. Borrowed from the rule set, valid as long as it. */
struct yg_rule_info {
	struct yg_bytes id;
	struct yg_bytes title;	  /* English, as the rule says */
	struct yg_bytes title_ja; /* empty where the rule has none */
	enum yg_level level;
	enum yg_finding_kind kind;
	enum yg_attack_field field;
	struct yg_bytes advice;	     /* key into the advice table; empty = by field */
	const struct yg_bytes *tags; /* "attack.t1190" */
	uint32_t tag_count;
	bool is_own; /* from the compiled-in pack */
};

/* What stands for @rule when the rule set it belongs to goes. */
typedef const struct yg_rule_info *(*yg_rule_remap_fn)(void *arg, const struct yg_rule_info *rule);

struct yg_finding {
	uint8_t id[YG_ID_BYTES];
	uint8_t story[YG_ID_BYTES];
	int64_t time_ns; /* or YG_TIME_NONE */
	const struct yg_rule_info *rule;
	enum yg_outcome outcome;
	struct yg_reason reason;
	struct yg_bytes source; /* as given; valid as long as the input list */
	uint64_t position;
	uint64_t first_position; /* 0 = none; behaviour and correlation only */
	uint64_t count;		 /* behaviour and correlation: records that made it up; else 1 */
	int64_t first_ns;	 /* behaviour and correlation: time of that first record */
	bool has_value;		 /* value is what was compared: a sum, average or percentile */
	double value;
	struct yg_bytes
		group_json;	/* behaviour and correlation: {"field":"value",…}; may be empty */
	struct yg_bytes actor;	/* source address, else host or user; may be empty */
	bool is_actor_ip;	/* then it is what the output calls src_ip */
	struct yg_bytes target; /* what was attacked: path, account, host; may be empty */
	struct yg_bytes event_json; /* {"field":"value",…}; valid during the emit call */
	struct yg_bytes matched;    /* indicators: the value; else empty */
};

/* A later change of a finding. */
struct yg_finding_update {
	uint8_t id[YG_ID_BYTES]; /* of the finding */
	uint8_t story[YG_ID_BYTES];
	enum yg_outcome outcome;
	struct yg_reason reason;
	int64_t time_ns; /* of the record that caused it */
	struct yg_bytes source;
	uint64_t position;
};

#define YG_STORY_RULES_MAX   16u
#define YG_STORY_TARGETS_MAX 8u

struct yg_story {
	uint8_t id[YG_ID_BYTES];
	enum yg_attack_field field;
	struct yg_bytes actor;
	bool is_actor_ip;
	enum yg_level level;	 /* the highest among its findings */
	enum yg_outcome outcome; /* the weightiest, updates included */
	struct yg_reason reason; /* of that outcome */
	struct yg_bytes source;	 /* of the finding with that outcome */
	uint64_t position;
	uint64_t findings;
	uint64_t records; /* distinct records with a finding */
	int64_t first_ns; /* earliest and latest time, or YG_TIME_NONE */
	int64_t last_ns;
	struct {
		const struct yg_rule_info *rule;
		uint64_t count;
		int64_t first_ns;
		int64_t last_ns;
		enum yg_outcome outcome;
	} rules[YG_STORY_RULES_MAX]; /* by count, then id; those beyond are in other_rules */
	uint32_t rule_count;
	uint64_t other_rules;
	struct yg_bytes targets[YG_STORY_TARGETS_MAX]; /* the first distinct ones */
	uint32_t target_count;
	uint64_t other_targets; /* findings whose target is not in the list */
};
