/* SPDX-License-Identifier: Apache-2.0 */
#include "model/form.h"

#include "base/clock.h"
#include "model/day.h"

#include "base/ban.h"

#define DAY_2023  19358
#define DAY_2100  47482
#define WEEK_DAYS 7
#define SATURDAY  5
#define SUNDAY	  6

static const char *const halves[] = {
#define X(code, word) word,
	YG_FORM_HALF_MAP(X)
#undef X
};
static const char *const types[] = {
#define X(code, word) word,
	YG_FORM_TYPE_MAP(X)
#undef X
};
static const char *const stages[] = {
#define X(code, word, title) word,
	YG_FORM_STAGE_MAP(X)
#undef X
};
static const char *const stage_titles[] = {
#define X(code, word, title) title,
	YG_FORM_STAGE_MAP(X)
#undef X
};
static const char *const audiences[] = {"authority", "partner", "public"};
static const char *const due_states[] = {"sent", "open", "today", "over", "unknown"};

static const char *const steps[] = {
#define X(code, word) word,
	YG_REMIND_STEP_MAP(X)
#undef X
};

/* Where @name stands among @count words; @count: nowhere. */
static unsigned find(struct yg_bytes name, const char *const *words, unsigned count)
{
	unsigned i = 0;

	while (i < count && !yg_bytes_eq(name, yg_bytes_str(words[i])))
		i++;
	return i;
}

const char *yg_form_half_name(enum yg_form_half half)
{
	return halves[half];
}

bool yg_form_half_by_name(struct yg_bytes name, enum yg_form_half *ret)
{
	unsigned i = find(name, halves, YG_FORM_HALF_COUNT);

	if (i < YG_FORM_HALF_COUNT)
		*ret = (enum yg_form_half)i;
	return i < YG_FORM_HALF_COUNT;
}

const char *yg_form_type_name(enum yg_form_type type)
{
	return types[type];
}

bool yg_form_type_by_name(struct yg_bytes name, enum yg_form_type *ret)
{
	unsigned i = find(name, types, YG_FORM_TYPE_COUNT);

	if (i < YG_FORM_TYPE_COUNT)
		*ret = (enum yg_form_type)i;
	return i < YG_FORM_TYPE_COUNT;
}

const char *yg_form_stage_name(enum yg_form_stage stage)
{
	return stages[stage];
}

const char *yg_form_stage_title(enum yg_form_stage stage)
{
	return stage_titles[stage];
}

struct yg_bytes yg_form_stage_words(const struct yg_form *form, enum yg_form_stage stage,
				    enum yg_lang lang)
{
	if (form->stage_names[stage].in[lang].size > 0)
		return form->stage_names[stage].in[lang];
	return yg_bytes_str(yg_tr(lang, stage_titles[stage]));
}

bool yg_form_stage_by_name(struct yg_bytes name, enum yg_form_stage *ret)
{
	unsigned i = find(name, stages, YG_FORM_STAGE_COUNT);

	if (i < YG_FORM_STAGE_COUNT)
		*ret = (enum yg_form_stage)i;
	return i < YG_FORM_STAGE_COUNT;
}

const char *yg_form_audience_name(enum yg_form_audience audience)
{
	return audiences[audience];
}

bool yg_form_audience_by_name(struct yg_bytes name, enum yg_form_audience *ret)
{
	unsigned i = find(name, audiences, 3);

	if (i < 3)
		*ret = (enum yg_form_audience)i;
	return i < 3;
}

const char *yg_due_state_name(enum yg_due_state state)
{
	return due_states[state];
}

const char *yg_remind_step_name(enum yg_remind_step step)
{
	return steps[step];
}

bool yg_remind_step_by_name(struct yg_bytes name, enum yg_remind_step *ret)
{
	unsigned i = find(name, steps, YG_REMIND_STEP_COUNT);

	if (i < YG_REMIND_STEP_COUNT)
		*ret = (enum yg_remind_step)i;
	return i < YG_REMIND_STEP_COUNT;
}

uint32_t yg_form_field_find(const struct yg_forms *forms, struct yg_bytes path)
{
	for (uint32_t i = 0; i < forms->field_count; i++)
		if (yg_bytes_eq(path, forms->fields[i].path))
			return i;
	return YG_FORM_NONE;
}

const struct yg_form *yg_form_find(const struct yg_forms *forms, struct yg_bytes id)
{
	for (uint32_t i = 0; i < forms->form_count; i++)
		if (yg_bytes_eq(id, forms->forms[i]->id))
			return forms->forms[i];
	return NULL;
}

enum yg_form_half yg_form_half_of(const struct yg_forms *forms, uint32_t field)
{
	return forms->sections[forms->fields[field].section].half;
}

const struct yg_form_choice *yg_form_choice_find(const struct yg_form_field *field,
						 struct yg_bytes key)
{
	for (uint32_t i = 0; i < field->choice_count; i++)
		if (yg_bytes_eq(key, field->choices[i].key))
			return &field->choices[i];
	return NULL;
}

/* ---- rest days ---- */

static int weekday_of(int32_t day)
{
	int from_monday = (day + 3) % WEEK_DAYS; /* 1970-01-01 was a Thursday */

	return from_monday < 0 ? from_monday + WEEK_DAYS : from_monday;
}

/* Of the years 1980 to 2099: 20.8431 (23.2488) March (September), 0.242194 days a year later. */
static bool is_equinox(const struct yg_civil *date)
{
	int year = date->year - 1980;
	int base = date->month == 3 ? 20843100 : 23248800;

	return (date->month == 3 || date->month == 9) &&
	       date->day == (base + 242194 * year) / 1000000 - year / 4;
}

/* Art. 2: the days themselves. */
static bool is_named_holiday(int32_t day)
{
	static const struct {
		uint8_t month;
		uint8_t day;
	} fixed[] = {{1, 1}, {2, 11}, {2, 23}, {4, 29}, {5, 3},
		     {5, 4}, {5, 5},  {8, 11}, {11, 3}, {11, 23}};
	static const struct {
		uint8_t month;
		uint8_t week; /* the second Monday: 2 */
	} mondays[] = {{1, 2}, {7, 3}, {9, 3}, {10, 2}};
	struct yg_civil date = yg_date_civil(day);

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (date.month == fixed[i].month && date.day == fixed[i].day)
			return true;
	for (size_t i = 0; i < sizeof(mondays) / sizeof(mondays[0]); i++)
		if (date.month == mondays[i].month && weekday_of(day) == 0 &&
		    (date.day - 1) / WEEK_DAYS + 1 == mondays[i].week)
			return true;
	return is_equinox(&date);
}

/* Art. 3: also the first day that is none after a holiday on a Sunday, and a day between two. */
static bool is_holiday(int32_t day)
{
	int32_t before = day - 1;

	if (day < DAY_2023 || day >= DAY_2100)
		return false;
	if (is_named_holiday(day))
		return true;
	if (is_named_holiday(day - 1) && is_named_holiday(day + 1))
		return true;
	while (is_named_holiday(before)) {
		if (weekday_of(before) == SUNDAY)
			return true;
		before--;
	}
	return false;
}

bool yg_form_rests(int32_t day)
{
	struct yg_civil date = yg_date_civil(day);

	return weekday_of(day) >= SATURDAY || (date.month == 12 && date.day >= 29) ||
	       (date.month == 1 && date.day <= 3) || is_holiday(day);
}
