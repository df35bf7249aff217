/* SPDX-License-Identifier: Apache-2.0 */
/* Private to assess/: one opened assessment and what its files share. */
#pragma once

#include "assess/assess.h"
#include "base/json.h"
#include "model/api.h"

#define ARENA_BYTES_MAX	   (96u << 20) /* framework file and what is read from it */
#define LIBRARY_BYTES_MAX  (16u << 20)
#define OBSERVED_ROWS_MAX  20u	 /* rows kept to show, of one query */
#define EVIDENCE_MAX	   5000u /* documents of evidence in one assessment */
#define SIMPLE_OBJECTS_MAX 500u	 /* experts, technical results, official results */
#define ASSESSMENTS_MAX	   200u
#define TEXT_SHORT_MAX	   400u /* bytes: names, titles */
#define KEY_MAX		   (YG_DOC_KEY_MAX + 1u)

/* The documents about one node; NULL where there is none. */
struct node_docs {
	json_t *answer;
	json_t *dispute;
	json_t *confirmation;
	json_t *evidence; /* array of ids: named by the answer, or naming the criterion themselves
			   */
};

/* What one evidence query said, and of which state of its lists. */
struct observation {
	uint32_t node;
	uint32_t evidence; /* index in the node */
	uint64_t stamp;	   /* of its tables' change numbers and the day; 0: not run yet */
	int32_t day;	   /* of the oldest of its lists that has one; YG_DAY_NONE */
	bool is_there;	   /* its first list was brought in */
	uint32_t checks[5];
	json_t *rows; /* array, at most OBSERVED_ROWS_MAX, alarms first */
	char error[200];
};

/* A framework file that was read: what is costly about opening. Several assessments may use it. */
struct read_framework {
	unsigned users;
	struct yg_arena *arena; /* of the library and its text */
	const struct yg_library *library;
	char sha256[65];
	char key[KEY_MAX]; /* of the document */
};

struct yg_assess {
	struct yg_access *access;
	const struct yg_assess_ports *ports;
	char id[YG_ASSESS_ID_MAX];
	struct read_framework *read;
	const struct yg_library *library;     /* of @read */
	const struct yg_framework *framework; /* of @read */
	const char *framework_sha256;	      /* of @read */
	uint32_t level;
	/* Documents, as of change number @change. */
	bool is_loaded;
	bool is_evaluated;
	uint64_t change;
	uint64_t facts_change; /* of the lists, when the result was made */
	int32_t day;
	int64_t newest_ns; /* of the answers, evidence and other documents loaded */
	json_t *head;
	json_t *scope;			  /* NULL: none yet */
	json_t *official;		  /* NULL: none yet */
	struct node_docs *docs;		  /* by node */
	json_t *evidence;		  /* object: id -> document */
	json_t *experts;		  /* object: id -> document */
	json_t *technical;		  /* object: id -> document */
	json_t *official_results;	  /* object: id -> document */
	struct observation *observations; /* one per query of the framework */
	uint32_t observation_count;
	bool is_observed; /* they are those of the following three */
	uint64_t observed_change;
	int32_t observed_day;
	uint32_t observed_level;
	uint32_t *first_observation; /* by node: index of its first; count follows from the nodes */
	struct yg_criterion_state *states;
	struct yg_assess_result result;
};

/* As yg_assess_open; where the framework is one that @others (some NULL) of the same store have
 * read, it is not read again. Each may be freed before or after. */
YG_MUST_USE int yg_assess_open_beside(struct yg_access *access, const struct yg_assess_ports *ports,
				      const char *id, struct yg_assess *const *others, size_t count,
				      struct yg_assess **ret);

/* See that documents and day are those of now; drops the result where they changed. */
YG_MUST_USE int yg_assess_refresh(struct yg_assess *assess);

/* "ID/part" as a document key; false when it does not fit. */
bool yg_assess_key(const struct yg_assess *assess, struct yg_bytes part, char to[KEY_MAX]);

/* The part of a document's key after "ID/". */
struct yg_bytes yg_assess_key_part(const struct yg_assess *assess, struct yg_bytes key);

/* The node of criterion @ref_id asked at this level, or NULL. */
const struct yg_framework_node *yg_assess_node(const struct yg_assess *assess,
					       struct yg_bytes ref_id, uint32_t *ret_index);

/* Move what can be moved from assessment @from_id to @to_id; may be called again later, when
 * official wording has come in. One transaction. */
YG_MUST_USE int yg_assess_move(struct yg_access *access, const struct yg_assess_ports *ports,
			       const char *from_id, const char *to_id);

/* Keep a framework file: under its @urn, or with its digest behind it where other bytes are kept
 * under the urn. What was asked never changes under an assessment, whoever brought which file. */
YG_MUST_USE int yg_assess_seal(struct yg_access *access, struct yg_bytes urn, struct yg_bytes text,
			       char ret_key[KEY_MAX], struct yg_line_fault *reterr);

/* Official text of @node, empty when there is none. */
struct yg_bytes yg_assess_official_text(const struct yg_assess *assess,
					const struct yg_framework_node *node);

/* How a document of evidence stands today. */
enum evidence_state {
	EVIDENCE_LIVE,
	EVIDENCE_EXPIRED,
	EVIDENCE_CHANGED,
};
const char *yg_evidence_state_name(enum evidence_state state);
/* @node: for the span after which what it wants becomes old; *ret_expires YG_DAY_NONE: never. */
enum evidence_state yg_evidence_state(const struct yg_assess *assess, const json_t *evidence,
				      const struct yg_framework_node *node, int32_t *ret_expires);

/* Digest of all that a confirmation of node @index rests on, as hex. */
YG_MUST_USE int yg_assess_basis(const struct yg_assess *assess, uint32_t index, char to[65]);

/* New evidence, within a transaction: what is loaded is taken as it is, and gets it too. */
YG_MUST_USE int yg_assess_add_evidence(struct yg_assess *assess, const json_t *in,
				       char ret_id[YG_ASSESS_ID_MAX], struct yg_line_fault *reterr);

/* The file attached to evidence @id, without looking whether that is there; *ret heap memory.
 * YG_ENOENT: none. */
YG_MUST_USE int yg_assess_attached_bytes(struct yg_assess *assess, const char *id, uint8_t **ret,
					 size_t *ret_size);

/* What expert @expert_id (NULL: nobody) may confirm or return of node @index, from @in; who it was
 * is taken from the invitation here. The day of @in, else today. */
YG_MUST_USE int yg_assess_confirmation_of(struct yg_assess *assess, const char *expert_id,
					  const json_t *in, uint32_t index, json_t **ret,
					  struct yg_line_fault *reterr);

/* Run what must be run again; fills assess->observations. @facts_change is that of now: while it,
 * the day and the level are the same, nothing is looked at again, however often answers change. */
YG_MUST_USE int yg_assess_observe(struct yg_assess *assess, uint64_t facts_change);

/* What one query says for an answer "met"; *ret_old_on the last day on which its list is good, or
 * YG_DAY_NONE. */
enum yg_observed yg_assess_says(const struct yg_assess *assess,
				const struct observation *observation, int32_t *ret_old_on);

/* Declared and observed do not agree, and the firm has not said that the observation is wrong. */
static inline bool yg_is_unsettled(const struct yg_criterion_state *state)
{
	return state->observed == YG_OBSERVED_CONTRADICTS && !state->is_settled;
}

/* The points of an answer's value at @node, or YG_POINTS_NONE. */
int32_t yg_assess_points(const struct yg_framework *framework, const struct yg_framework_node *node,
			 struct yg_bytes value);

/* The level's rule on @states. Pure. Fills result->level (not practice), points and band. */
void yg_rule_judge(const struct yg_framework *framework, uint32_t level,
		   const struct yg_criterion_state *states, uint32_t count,
		   struct yg_assess_result *result);
/* What the rule has to show besides: {"sum":…}, {"sections":[…]}, {"tasks":[…]}; NULL without
 * memory. */
json_t *yg_rule_detail(const struct yg_framework *framework, uint32_t level,
		       const struct yg_criterion_state *states, uint32_t count, enum yg_lang lang);

/* Does the check digit of a corporate number (法人番号, 13 digits) agree? */
bool yg_is_corporate_number(struct yg_bytes number);

/* Where an object of a list goes. */
struct place {
	char id[YG_ASSESS_ID_MAX];
	char key[KEY_MAX];
	bool is_new;
};
/*
 * That of @id among @objects, or (NULL) a new one while there are fewer than @most. YG_ENOENT:
 * there is no such object; YG_ELIMIT with *reterr.
 */
YG_MUST_USE int yg_assess_place(const struct yg_assess *assess, const json_t *objects,
				const char *id, uint32_t most, struct place *ret,
				struct yg_line_fault *reterr);

/* ---- checking what comes in (check.c) ---- */

/* An object @in that may hold only @keys (NULL-ended); else YG_EINVAL "unknown-key: NAME". */
YG_MUST_USE int yg_in_keys(const json_t *in, const char *const *keys, struct yg_line_fault *reterr);
/* The text under @key to @to (an object), at most @bytes_max; absent: "" or, when @is_needed,
 * "KEY-needed". */
YG_MUST_USE int yg_in_text(const json_t *in, const char *key, size_t bytes_max, bool is_needed,
			   json_t *to, struct yg_line_fault *reterr);
/* A day or null; @otherwise (YG_DAY_NONE: null) when absent. Written in ISO form. */
YG_MUST_USE int yg_in_day(const json_t *in, const char *key, int32_t otherwise, json_t *to,
			  struct yg_line_fault *reterr);
/* One of the words @words (NULL-ended); the first when absent. */
YG_MUST_USE int yg_in_word(const json_t *in, const char *key, const char *const *words, json_t *to,
			   struct yg_line_fault *reterr);
YG_MUST_USE int yg_in_bool(const json_t *in, const char *key, bool otherwise, json_t *to,
			   struct yg_line_fault *reterr);

/* The same for a whole object: one line for each key, in the order in which they are checked. */
enum in_kind {
	IN_TEXT,     /* up to TEXT_SHORT_MAX bytes */
	IN_LONG,     /* up to YG_ASSESS_REASON_MAX bytes */
	IN_WORD,     /* one of @words */
	IN_DAY,	     /* null when absent */
	IN_TODAY,    /* today when absent */
	IN_PAST_DAY, /* today when absent, and not in the future */
	IN_NO,	     /* a truth value, false when absent */
};
struct in_field {
	const char *key;
	enum in_kind kind;
	bool is_needed;
	const char *const *words;
};
/* @fields end with a NULL key. */
YG_MUST_USE int yg_in_fields(const json_t *in, const struct in_field *fields, int32_t today,
			     json_t *to, struct yg_line_fault *reterr);

static inline json_t *yg_day_json(int32_t day)
{
	char text[YG_DAY_SIZE];

	if (day == YG_DAY_NONE)
		return json_null();
	yg_day_write(day, text);
	return json_string(text);
}

static inline int32_t yg_json_day(const json_t *object, const char *key)
{
	return yg_day_read(yg_json_text(object, key));
}
