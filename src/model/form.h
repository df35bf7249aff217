/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/form.h - reports about an incident as data: what a record may hold, which form asks for
 * what of it until when, and a form that was filled.
 *
 * One record (docs/forms.md, JSON) fills every form. Its fields are one list for all forms
 * (forms/record.yaml), in sections; a section belongs to one half, so that 攻撃技術情報 can go out
 * without 被害内容・対応情報. Forms name fields by "section.field". Both are read by parse/form.h,
 * filled by share/incident.h, told by render/form.h.
 * Texts are borrowed: from the arena of whoever read or filled; ids, keys, paths and names of
 * fields and sections end with a NUL. Pure; any thread once complete.
 * Source: DOMAIN 4 (taxonomy, complaints: too many items, unclear which are mandatory) and 7.
 */
#pragma once

#include "base/tr.h"

#define YG_FORM_COUNT_MAX     64u  /* forms */
#define YG_FORM_SECTIONS_MAX  32u  /* of the record, and of one form */
#define YG_FORM_FIELDS_MAX    256u /* of the record */
#define YG_FORM_ITEMS_MAX     200u /* of one form */
#define YG_FORM_CHOICES_MAX   40u
#define YG_FORM_DEADLINES_MAX 6u
#define YG_FORM_WHEN_MAX      16u	 /* values of one condition */
#define YG_FORM_PLACES_MAX    8u	 /* fields that one paragraph names */
#define YG_FORM_WORD_MAX      40u	 /* bytes of ids and keys: a-z 0-9 _ - */
#define YG_FORM_TITLE_MAX     400u	 /* bytes of titles and labels */
#define YG_FORM_PROSE_MAX     2000u	 /* bytes of a paragraph of a form */
#define YG_FORM_DAYS_MAX      3660u	 /* of a deadline */
#define YG_FORM_NONE	      UINT32_MAX /* no field */

/* A text in both languages (enum yg_lang); never empty once read. */
struct yg_form_text {
	struct yg_bytes in[2];
};

/* Which part of a record a section is, and so to whom it may go (access/gate.h). */
#define YG_FORM_HALF_MAP(X)                                                                        \
	X(WHO, "who")	    /* who reports, and how to reach him */                                \
	X(ATTACK, "attack") /* 攻撃技術情報 */                                               \
	X(DAMAGE, "damage") /* 被害内容・対応情報 */                                      \
	X(PUBLIC, "public") /* written for everybody; out only once somebody approved it */
enum yg_form_half {
#define X(code, word) YG_FORM_##code,
	YG_FORM_HALF_MAP(X)
#undef X
		YG_FORM_HALF_COUNT
};
const char *yg_form_half_name(enum yg_form_half half);
bool yg_form_half_by_name(struct yg_bytes name, enum yg_form_half *ret);

#define YG_FORM_TYPE_MAP(X)                                                                        \
	X(LINE, "line") /* one line */                                                             \
	X(PROSE, "text")                                                                           \
	X(LINES, "lines")     /* several lines, a list */                                          \
	X(TIME, "time")	      /* ISO 8601; without a zone Japan's */                               \
	X(DAY, "day")	      /* a day in Japan */                                                 \
	X(COUNT, "count")     /* 0 to 10^12 */                                                     \
	X(ANSWER, "answer")   /* yes, no, unknown */                                               \
	X(CHOICE, "choice")   /* exactly one */                                                    \
	X(CHOICES, "choices") /* several, each once */                                             \
	X(INDICATORS, "indicators")
enum yg_form_type {
#define X(code, word) YG_FORM_##code,
	YG_FORM_TYPE_MAP(X)
#undef X
		YG_FORM_TYPE_COUNT
};
const char *yg_form_type_name(enum yg_form_type type);
bool yg_form_type_by_name(struct yg_bytes name, enum yg_form_type *ret);

/* How far a report is. Its names are also those of the public statement's three steps. */
#define YG_FORM_STAGE_MAP(X)                                                                       \
	X(FIRST, "first", N_("first report"))                                                      \
	X(FOLLOWUP, "followup", N_("follow-up report"))                                            \
	X(FINAL, "final", N_("final report"))
enum yg_form_stage {
#define X(code, word, title) YG_FORM_##code,
	YG_FORM_STAGE_MAP(X)
#undef X
		YG_FORM_STAGE_COUNT /* as "needed from": never */
};
const char *yg_form_stage_name(enum yg_form_stage stage);
const char *yg_form_stage_title(enum yg_form_stage stage); /* untranslated */
bool yg_form_stage_by_name(struct yg_bytes name, enum yg_form_stage *ret);

struct yg_form;
/* What @form calls a stage: "速報", else "第一報" and so on. */
struct yg_bytes yg_form_stage_words(const struct yg_form *form, enum yg_form_stage stage,
				    enum yg_lang lang);

/* Of a time or day: when it may lie as it is written down. */
enum yg_form_tense { YG_FORM_ANY_TIME, YG_FORM_PAST, YG_FORM_FUTURE };

struct yg_form_choice {
	struct yg_bytes key;
	struct yg_form_text title;
};

struct yg_form_field {
	struct yg_bytes path; /* "attack.entry" */
	struct yg_bytes name; /* "entry" */
	uint32_t section;
	enum yg_form_type type;
	enum yg_form_tense tense;
	struct yg_form_text title;
	struct yg_form_text help;	      /* may be empty */
	const struct yg_form_choice *choices; /* ANSWER has them too */
	uint32_t choice_count;
};

struct yg_form_section {
	struct yg_bytes name;
	struct yg_form_text title;
	enum yg_form_half half;
	uint32_t first; /* its fields: [first, first + count) */
	uint32_t count;
};

/* One of @keys stands in the field. @field YG_FORM_NONE: always. */
struct yg_form_when {
	uint32_t field;
	struct yg_bytes keys[YG_FORM_WHEN_MAX];
	uint32_t count;
};

/* A line of a form: a field, or a paragraph with fields in it. */
struct yg_form_item {
	uint32_t field;		  /* YG_FORM_NONE: a paragraph */
	enum yg_form_stage need;  /* mandatory from this stage on; _COUNT: never */
	struct yg_form_when when; /* mandatory only then */
	struct yg_form_text text; /* the label, or the paragraph with {section.field} in it */
	uint32_t places[YG_FORM_PLACES_MAX]; /* fields that the paragraph names */
	uint32_t place_count;
	uint32_t part; /* the form's section it stands in */
};

/*
 * Until when a stage is due, in days of Japan. With first_day 1 the day of @from counts as the
 * first; with 0 the day after it does.
 */
struct yg_form_deadline {
	enum yg_form_stage stage;
	uint32_t from;	 /* a field of type TIME or DAY */
	bool is_prompt;	 /* without delay: there is no number, the day itself is shown */
	uint32_t days;	 /* to aim at */
	uint32_t latest; /* at the latest; as @days where there is one number */
	uint32_t first_day;
	bool moves; /* a last day on which offices rest moves to the next on which they do not */
	struct yg_form_when longer; /* then @longer_days stand for both */
	uint32_t longer_days;
};

enum yg_form_audience { YG_FORM_TO_AUTHORITY, YG_FORM_TO_PARTNER, YG_FORM_TO_PUBLIC };
const char *yg_form_audience_name(enum yg_form_audience audience);
bool yg_form_audience_by_name(struct yg_bytes name, enum yg_form_audience *ret);

struct yg_form {
	struct yg_bytes id;
	struct yg_form_text title;
	struct yg_form_text recipient;
	struct yg_form_text note; /* may be empty: what to know before using it */
	enum yg_form_audience audience;
	enum yg_lang lang;   /* that the recipient reads */
	bool is_letter;	     /* paragraphs for people; else a table of fields */
	bool is_attack_only; /* 攻撃技術情報 alone: nothing in it says who was hit */
	bool has_heading;
	struct yg_form_item heading; /* a paragraph that stands above all, in place of the title */
	bool stages[YG_FORM_STAGE_COUNT];
	struct yg_form_text stage_names[YG_FORM_STAGE_COUNT]; /* empty: as all forms call it */
	struct yg_form_when applies;
	struct yg_form_deadline deadlines[YG_FORM_DEADLINES_MAX];
	uint32_t deadline_count;
	struct yg_form_text parts[YG_FORM_SECTIONS_MAX]; /* titles of its sections */
	uint32_t part_count;
	const struct yg_form_item *items;
	uint32_t item_count;
};

struct yg_forms {
	struct yg_form_section sections[YG_FORM_SECTIONS_MAX];
	uint32_t section_count;
	struct yg_form_field fields[YG_FORM_FIELDS_MAX];
	uint32_t field_count;
	const struct yg_form *forms[YG_FORM_COUNT_MAX];
	uint32_t form_count;
};

/* By "section.field", "id"; YG_FORM_NONE, NULL. */
uint32_t yg_form_field_find(const struct yg_forms *forms, struct yg_bytes path);
const struct yg_form *yg_form_find(const struct yg_forms *forms, struct yg_bytes id);
/* The half that @field is of. */
enum yg_form_half yg_form_half_of(const struct yg_forms *forms, uint32_t field);
/* The choice with this key; NULL. */
const struct yg_form_choice *yg_form_choice_find(const struct yg_form_field *field,
						 struct yg_bytes key);

/* ---- days on which Japan's offices rest ---- */

/*
 * Saturdays, Sundays, national holidays, 29 December to 3 January. @day as in model/day.h, years
 * 2023 to 2099; outside of them only what needs no table.
 * Source: 行政機関の休日に関する法律 art. 1; 国民の祝日に関する法律 art. 2, 3; equinoxes by the
 * usual formula, the official day is announced the year before.
 */
bool yg_form_rests(int32_t day);

/* ---- a form that was filled ---- */

enum yg_filled_kind { YG_FILLED_PART, YG_FILLED_FIELD, YG_FILLED_PARAGRAPH };

struct yg_filled_row {
	enum yg_filled_kind kind;
	struct yg_bytes path;  /* FIELD; a paragraph that lacks something: what it lacks */
	struct yg_bytes label; /* PART: its title */
	struct yg_bytes value; /* for people; lists by lines */
	struct yg_bytes json;  /* FIELD: the value as JSON; "null" without one */
	bool is_needed;
	bool is_missing; /* needed, and not there */
};

enum yg_due_state {
	YG_DUE_SENT,
	YG_DUE_OPEN,
	YG_DUE_TODAY, /* the last day */
	YG_DUE_OVER,
	YG_DUE_UNKNOWN, /* the day it is counted from is not in the record */
};
const char *yg_due_state_name(enum yg_due_state state);

/* Of a deadline: some hours before its last day, on that day, the day after. */
#define YG_REMIND_STEP_MAP(X)                                                                      \
	X(BEFORE, "before")                                                                        \
	X(DAY, "day")                                                                              \
	X(OVER, "over")
enum yg_remind_step {
#define X(code, word) YG_REMIND_##code,
	YG_REMIND_STEP_MAP(X)
#undef X
		YG_REMIND_STEP_COUNT
};
const char *yg_remind_step_name(enum yg_remind_step step);
bool yg_remind_step_by_name(struct yg_bytes name, enum yg_remind_step *ret);

struct yg_filled_due {
	enum yg_form_stage stage;
	bool is_prompt;
	int32_t from;	/* YG_DAY_NONE: not known */
	int32_t aim;	/* YG_DAY_NONE: not known */
	int32_t latest; /* with rest days taken into account where they move it */
	int32_t left;	/* days from today to @latest; negative: over */
	enum yg_due_state state;
	struct yg_bytes from_path; /* of the field it is counted from */
	struct yg_bytes sent;	   /* when it was sent, as the record says */
};

struct yg_filled {
	const struct yg_form *form;
	enum yg_lang lang;
	enum yg_form_stage stage;
	struct yg_bytes heading; /* empty: the form's title */
	bool applies;		 /* the record says that this form is to be filled */
	bool is_attack_only;	 /* the attack half alone */
	struct yg_bytes record;	 /* its id */
	struct yg_bytes tlp;	 /* "amber"; empty: not marked */
	uint32_t version;
	int32_t today;
	struct yg_filled_row *rows;
	uint32_t row_count;
	uint32_t missing;
	struct yg_filled_due due[YG_FORM_DEADLINES_MAX];
	uint32_t due_count;
};
