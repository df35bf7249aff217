/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess/report.h - reports about an assessment as trees that render/ turns into paper
 * (docs/reports.md has their shapes).
 *
 * A report holds facts and texts of the assessment in one language; sentences around them are
 * render's. It is the firm's own paper: unlike a statement it shows contradictions. Pure but for
 * yg_assess_report.
 */
#pragma once

#include "assess/assess.h"
#include "base/json.h"

#define YG_REPORT_QR_MAX 160u /* bytes of the text in the QR code, with NUL */

enum yg_report_kind {
	YG_REPORT_CISO,	      /* the yearly checks, for the officer in charge */
	YG_REPORT_MANAGEMENT, /* one page */
	YG_REPORT_GAPS,	      /* every criterion that is not met, with the next step */
	YG_REPORT_PROGRESS,   /* what changed between two days */
	YG_REPORT_EXPERT,     /* what the specialist confirmed */
};
#define YG_REPORT_KIND_COUNT 5u

const char *yg_report_kind_name(enum yg_report_kind kind); /* "ciso" */
bool yg_report_kind_by_name(struct yg_bytes name, enum yg_report_kind *ret);

/* Trees of docs/api.md, all borrowed; those a kind does not use may be NULL. */
struct yg_report_parts {
	const json_t *head;
	const json_t *criteria; /* array of criterion, in order of the framework */
	const json_t *scope;
	const json_t *next; /* array of next steps, best first */
	const json_t *experts;
	const json_t *technical;
	const json_t *official_results;
	const char *digest; /* of the snapshot, hex; NULL: none (practice mode) */
	const char *key_id; /* of the newest statement, if it has that digest; NULL: none */
	int32_t today;
	int32_t since;	/* progress: the day with which today is compared */
	int32_t zone_s; /* days of history are counted there */
};

/* Build one. *ret owned by the caller. YG_OK, YG_EINVAL (no head, or progress without a day that
 * lies before today), YG_ENOMEM. Cost: O(criteria + evidence). */
YG_MUST_USE int yg_report_build(enum yg_report_kind kind, const struct yg_report_parts *parts,
				json_t **ret);

/* The text in the QR code: "YAGURA:1:S:" digest [":K:" key id], hex in capitals (QR codes hold
 * those more densely). @key_id may be NULL. */
void yg_report_qr(const char *digest, const char *key_id, char to[YG_REPORT_QR_MAX]);

/*
 * The same of an assessment as it is now, texts in @lang. @since: progress only; YG_DAY_NONE: a
 * year ago. *ret owned by the caller.
 */
YG_MUST_USE int yg_assess_report(struct yg_assess *assess, enum yg_report_kind kind,
				 enum yg_lang lang, int32_t since, int32_t zone_s, json_t **ret);
