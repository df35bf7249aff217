/* SPDX-License-Identifier: Apache-2.0 */
/* app/share_report-int.h - `yagura share report`: what its commands share. */
#pragma once

#include "app/share-int.h"
#include "share/incident.h"

#define YG_REPORT_FILES_MAX 32u

enum yg_report_as { YG_REPORT_JSON, YG_REPORT_CSV, YG_REPORT_XLSX, YG_REPORT_HTML };

struct yg_report_run {
	const char *word; /* "check" */
	const char *path; /* --record */
	const char *form;
	const char *forms[YG_REPORT_FILES_MAX]; /* --form-file */
	uint32_t form_count;
	const char *id;
	const char *by;
	const char *output;
	const char *contacts;
	const char *workbook; /* somebody else's, to be filled */
	const char *map;
	enum yg_form_stage stage;
	bool has_stage;
	bool is_attack_only;
	bool is_person;
	bool is_json;
	enum yg_report_as as;
	bool has_as;
	enum yg_outlet outlet;
	bool has_outlet;
	uint64_t from; /* versions; 0: not given */
	uint64_t to;
	int64_t now_ns;
	int64_t at_ns; /* YG_TIME_NONE: now */
	enum yg_lang lang;
	bool has_lang;
	struct yg_arena *arena;
	struct yg_forms *all;
	json_t *record;
};

/* The record as a person may write it, checked: run->record. Errors are said. */
YG_MUST_USE int yg_report_load(struct yg_report_run *run);
void yg_report_say_faults(const struct yg_report_run *run, const struct yg_incident_faults *faults);
/* --form, or what is wrong with it is said and NULL. */
const struct yg_form *yg_report_form(const struct yg_report_run *run);

/* The form of --form at its stage, through the gate; texts live in run->arena. The exit status:
 * YG_EXIT_DONE, or what is wrong is said. */
int yg_report_leave(struct yg_report_run *run, enum yg_outlet outlet, struct yg_filled *ret);
/* @out to standard output, or to -o FILE; it is done. @status, or YG_EXIT_FAILED: said. */
int yg_report_put_out(const struct yg_report_run *run, struct yg_buf *out, int status);

/* Commands: the exit status. */
int yg_report_check(struct yg_report_run *run);
int yg_report_render(struct yg_report_run *run);
int yg_report_diff(struct yg_report_run *run);
int yg_report_forms(struct yg_report_run *run);
int yg_report_fields(struct yg_report_run *run);
/* share_report_book.c */
int yg_report_fill(struct yg_report_run *run);
int yg_report_workbook_map(struct yg_report_run *run);
