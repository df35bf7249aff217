/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/assessment.h - the words of an assessment: answers, what is observed, results.
 *
 * What a person declares and what is observed are two columns and stay two: nothing here adds
 * them up into one figure.
 */
#pragma once

#include "base/bytes.h"

/* What a person declares about one criterion. */
enum yg_answer_state {
	YG_ANSWER_OPEN,
	YG_ANSWER_MET,
	YG_ANSWER_PARTLY,
	YG_ANSWER_NOT_MET,
	YG_ANSWER_NA, /* not applicable, with a reason */
};
#define YG_ANSWER_STATE_COUNT 5u

/* What evidence says about a declared answer, for the one column beside it. */
enum yg_observed {
	YG_OBSERVED_NONE,
	YG_OBSERVED_SUPPORTS,
	YG_OBSERVED_CONTRADICTS,
	YG_OBSERVED_STALE,
};
#define YG_OBSERVED_COUNT 4u

/* What one row of an evidence query says about one resource. */
enum yg_check {
	YG_CHECK_OK,
	YG_CHECK_ALARM,
	YG_CHECK_NA,
	YG_CHECK_UNKNOWN, /* counts as not shown; never vanishes from the denominator */
	YG_CHECK_ERROR,
};

enum yg_level_state {
	YG_LEVEL_PRACTICE, /* official wording is missing */
	YG_LEVEL_NOT_REACHED,
	YG_LEVEL_REACHED,
};

/* Names as in files and in the API: "open", "met", "partly", "not_met", "na". */
const char *yg_answer_state_name(enum yg_answer_state state);
bool yg_answer_state_by_name(struct yg_bytes name, enum yg_answer_state *ret);
/* "none", "supports", "contradicts", "stale" */
const char *yg_observed_name(enum yg_observed observed);
/* "ok", "alarm", "na", "unknown", "error"; others read as unknown. */
const char *yg_check_name(enum yg_check check);
enum yg_check yg_check_by_name(struct yg_bytes name);
/* "practice", "not reached", "reached" */
const char *yg_level_state_name(enum yg_level_state state);

/* Counts of criteria; `supported`, `contradicted`, `stale` overlap the declared states. */
struct yg_assessment_counts {
	uint32_t criteria;
	uint32_t declared[YG_ANSWER_STATE_COUNT];
	uint32_t supported;
	uint32_t contradicted;
	uint32_t stale;
	uint32_t with_evidence;	 /* met, and live evidence attached or observed */
	uint32_t declared_alone; /* met, nothing beside the word */
	uint32_t confirmed;	 /* by the expert, still valid */
	uint32_t returned;
};

/* One line of a result of an evidence query. */
struct yg_check_row {
	struct yg_bytes resource;
	struct yg_bytes reason;
	enum yg_check check;
};

/* One row of a text file of official wording. */
struct yg_official_text {
	struct yg_bytes id;
	struct yg_bytes text;
	uint32_t line;
};

/* Such a file. */
struct yg_official {
	const struct yg_official_text *rows; /* ids unique, in order of the file */
	uint32_t count;
};
