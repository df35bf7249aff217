/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/cases.h - 相談: what a member says by telephone or mail, written down within two minutes,
 * linked to a situation, closed with what came of it.
 *
 *   open ─ close ─► closed ─ reopen ─► open
 *
 * Analysts of the hub write and read them (read_cases, write_cases), nobody else: a case holds what
 * people said of themselves and others. Whoever calls need not be a member. One that is erased
 * takes its cases along (access/leave.h).
 *
 * Kept under "hub.cases": kinds case (ID, newest first) and count (year). Times are ISO 8601 texts,
 * UTC. One thread at a time.
 * Source: issue "console": cases by telephone or mail (相談, two minutes, linked to a situation)
 * Tests: tests/unit/access/test_cases.c, tests/e2e/hub_cases.py
 */
#pragma once

#include <jansson.h>

#include "access/hub.h"

#define YG_CASE_ID_HEX	      16u
#define YG_CASE_WHO_MAX	      200u /* bytes: of a name, of where to reach it */
#define YG_CASE_TEXT_MAX      4000u
#define YG_CASE_NOTES_MAX     100u
#define YG_CASE_SITUATION_HEX 32u

/* What is written; NULL: stays as it was (of a new one: nothing). An empty text takes it away. */
struct yg_case_wish {
	const char *channel; /* "telephone", "mail", "visit", "other" */
	const char *org;     /* whose people they are; "" none, or not known */
	const char *who;     /* 1 to YG_CASE_WHO_MAX bytes */
	const char *contact; /* a number or an address to reach them */
	const char *text;    /* what they said; lines end in \n */
	const char *advice;  /* what they were told */
	const char *note;    /* one more of what came later */
	int64_t received_ns; /* when; YG_TIME_NONE: as it was, of a new one now */
	uint32_t expected;   /* revision, or YG_REVISION_ANY */
};

/* @by: write_cases at the hub. YG_OK; YG_EINVAL; YG_ENOENT: there is no such organisation. */
YG_MUST_USE int yg_case_add(struct yg_access *by, const struct yg_case_wish *wish,
			    char ret[YG_CASE_ID_HEX + 1]);
/* As above; YG_ENOENT: no such case; YG_EMISMATCH: somebody else changed it; YG_ELIMIT: notes. */
YG_MUST_USE int yg_case_change(struct yg_access *by, const char *id,
			       const struct yg_case_wish *wish);
/* @situation: an id as analysts see it, which the caller looked at; "": to none. */
YG_MUST_USE int yg_case_link(struct yg_access *by, const char *id, const char *situation);
/* @text: what came of it. YG_EMISMATCH: it is closed. */
YG_MUST_USE int yg_case_close(struct yg_access *by, const char *id, const char *text);
/* YG_EMISMATCH: it is open. */
YG_MUST_USE int yg_case_reopen(struct yg_access *by, const char *id);

/* ---- reading; @by: read_cases at the hub; objects as the API shows them ---- */

/* *ret owned. YG_OK, YG_ENOENT. */
YG_MUST_USE int yg_case_get(struct yg_access *by, const char *id, json_t **ret);

struct yg_case_filter {
	const char *state;     /* "open", "closed"; "": any */
	const char *org;       /* "": any */
	const char *situation; /* "": any */
	const char *after;     /* an id, "": the newest */
	uint32_t limit;
};
/* Newest first. An object is the callback's to keep a reference of. O(cases after @after). */
typedef int (*yg_case_fn)(void *arg, json_t *one);
YG_MUST_USE int yg_case_list(struct yg_access *by, const struct yg_case_filter *filter,
			     yg_case_fn fn, void *arg);
/* How many of @org came in [@from_ns, @to_ns). For the hub's own sums: asks for no right. */
YG_MUST_USE int yg_case_count(struct yg_hub_access *hub, const char *org, int64_t from_ns,
			      int64_t to_ns, uint64_t *ret);
