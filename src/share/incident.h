/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share/incident.h - the record of one incident, and what every form makes of it.
 *
 *   record (JSON) ─► check ─► version ─► gate ─► fill ─► rows, what is missing, until when
 *
 * A record is (docs/forms.md)
 *   {"format":"yagura-incident/1","id":"…","tlp":"amber","version":N,
 *    "SECTION":{"FIELD":value,…},…,
 *    "sent":[{"form","stage","at","version"}],"history":[{"version","until","by","before":{…}}]}
 * with the sections and fields of forms/record.yaml. Only those: a key that is none is a fault
 * with its path, so that nothing is stored that no form would ever show. Of a version that was
 * replaced, "history" keeps what was different, so one file holds them all; a hub, whose store
 * keeps revisions, has no such key.
 *
 * Deadlines are days of Japan, counted from a day in the record; what day it is, the caller says.
 * Pure: no files, no clock. Any thread on records of its own; forms may be shared.
 * Source: DOMAIN 4, 7. Tests: tests/unit/share/test_incident.c, tests/fuzz/fuzz_incident.c
 */
#pragma once

#include "access/gate.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "model/day.h"
#include "model/form.h"

#define YG_INCIDENT_FORMAT "yagura-incident/1"
#define YG_INCIDENT_READ_MAX                                                                       \
	(24u << 20)		     /* bytes looked at, so that a text that is too long is named */
#define YG_INCIDENT_LINE_MAX	400u /* bytes */
#define YG_INCIDENT_PROSE_MAX	8000u /* bytes; the gate reads no longer text */
#define YG_INCIDENT_LIST_MAX	200u
#define YG_INCIDENT_SENT_MAX	200u
#define YG_INCIDENT_HISTORY_MAX 1000u /* versions kept; the oldest goes first */
#define YG_INCIDENT_ID_MAX	64u   /* letters, digits, . _ - */
#define YG_INCIDENT_ZONE_S	32400 /* Japan */
#define YG_INCIDENT_FAULTS_MAX	20u

/* What is wrong, each with its path: "attack.indicators[3].type: …". In the language asked for. */
struct yg_incident_faults {
	char at[YG_INCIDENT_FAULTS_MAX][YG_LINE_FAULT_MAX];
	uint32_t count; /* of them */
	uint32_t all;	/* that there were */
};

struct yg_incident_ask {
	const struct yg_forms *forms;
	enum yg_lang lang;
	int64_t now_ns;
	/* The version before, or NULL: a day to come that stands there too may be over by now. */
	const json_t *before;
};

/* YG_OK; YG_EINVAL: faults->all > 0. Nothing is changed. */
YG_MUST_USE int yg_incident_check(const struct yg_incident_ask *ask, const json_t *record,
				  struct yg_incident_faults *faults);

/* An empty one; NULL without memory. @id as above. */
json_t *yg_incident_new(const char *id);
bool yg_incident_is_id(struct yg_bytes id);

/* The day in Japan of a time or a day as records write them, and the time (YG_TIME_NONE of a day);
 * YG_DAY_NONE: it is neither. */
int32_t yg_incident_day(struct yg_bytes text, int64_t *ret_ns);

/* A value of @field for people; a list by lines. */
void yg_incident_words(const struct yg_forms *forms, uint32_t field, const json_t *value,
		       enum yg_lang lang, struct yg_buf *to);

/* The value of @field, borrowed; NULL: not there. */
const json_t *yg_incident_value(const struct yg_forms *forms, const json_t *record, uint32_t field);

/*
 * "section.field=VALUE" into @record; an empty VALUE takes the field out. "section.field+=VALUE"
 * adds to a list. Lists: choices with commas between them; lines and indicators ("address
 * 192.0.2.1 what it is") by line breaks. "tlp=amber". YG_OK; YG_EINVAL: *faults says why; whether
 * the value itself is right, yg_incident_check() says; YG_ENOMEM.
 */
YG_MUST_USE int yg_incident_set(const struct yg_incident_ask *ask, json_t *record,
				struct yg_bytes assignment, struct yg_incident_faults *faults);

/* ---- versions ---- */

/* What differs from @old to @fresh: "tlp", and each field, in the order of the forms. NULL: not
 * there. Return YG_OK to go on. */
typedef int (*yg_incident_diff_fn)(void *arg, struct yg_bytes path, const json_t *before,
				   const json_t *after);
YG_MUST_USE int yg_incident_diff(const struct yg_forms *forms, const json_t *old,
				 const json_t *fresh, yg_incident_diff_fn fn, void *arg);

/* @fresh becomes the version after @old: its number, its history. YG_OK, YG_EEND: nothing differs;
 * YG_ENOMEM. */
YG_MUST_USE int yg_incident_next(const struct yg_forms *forms, const json_t *old, json_t *fresh,
				 const char *by, int64_t now_ns);
/* Version @number as it was; *ret owned. YG_ENOENT: there is none (any more). */
YG_MUST_USE int yg_incident_version(const json_t *record, uint32_t number, json_t **ret);

/* Form @id was sent: a line more in "sent". YG_OK, YG_ELIMIT, YG_ENOMEM. */
YG_MUST_USE int yg_incident_sent(json_t *record, const struct yg_form *form,
				 enum yg_form_stage stage, int64_t at_ns);

/* ---- forms ---- */

/* The stage that comes next: the first that was not sent. False: all were. */
bool yg_incident_stage(const struct yg_form *form, const json_t *record, enum yg_form_stage *ret);

/* Does the record call for this form? Forms without a condition: yes. */
bool yg_incident_applies(const struct yg_forms *forms, const struct yg_form *form,
			 const json_t *record);

struct yg_incident_fill {
	const struct yg_forms *forms;
	const struct yg_form *form;
	enum yg_form_stage stage;
	enum yg_lang lang;
	bool is_attack_only; /* 攻撃技術情報 alone */
	int64_t now_ns;
};
/* Fill @ask->form from @record (as yg_incident_check() passed it). All of *ret lives in @arena;
 * forms and record are borrowed. YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_incident_fill(const struct yg_incident_fill *ask, const json_t *record,
				 struct yg_arena *arena, struct yg_filled *ret);

/* Of the form its deadlines alone: *ret_count of @ret (room YG_FORM_DEADLINES_MAX). Cheap. */
void yg_incident_dues(const struct yg_incident_fill *ask, const json_t *record,
		      struct yg_filled_due *ret, uint32_t *ret_count);

/*
 * The same for what leaves: @record goes through the gate for the form's recipient first, the
 * owner of the record being the one who sends it. @is_person: to one named person (TLP:RED).
 * YG_OK, YG_EACCES with *ret_refusal, YG_ENOMEM.
 */
YG_MUST_USE int yg_incident_leave(const struct yg_incident_fill *ask, const json_t *record,
				  enum yg_outlet outlet, bool is_person, struct yg_arena *arena,
				  struct yg_filled *ret, enum yg_refusal *ret_refusal);
