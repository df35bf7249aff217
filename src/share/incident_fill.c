/* SPDX-License-Identifier: Apache-2.0 */
/* A form filled from a record: its lines for people, what is missing, until when. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "share/incident-int.h"

#include "base/ban.h"

#define VALUE_MAX (1u << 20) /* bytes of one value as text */

/* ---- conditions and stages ---- */

static bool is_key(const struct yg_form_when *when, const json_t *value)
{
	struct yg_bytes text = yg_incident_text(value);

	for (uint32_t i = 0; i < when->count; i++)
		if (text.size > 0 && yg_bytes_eq(text, when->keys[i]))
			return true;
	return false;
}

static bool holds(const struct yg_forms *forms, const struct yg_form_when *when,
		  const json_t *record)
{
	const json_t *value;

	if (when->field == YG_FORM_NONE)
		return true;
	value = yg_incident_value(forms, record, when->field);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (is_key(when, json_array_get(value, i)))
			return true;
	return is_key(when, value);
}

bool yg_incident_applies(const struct yg_forms *forms, const struct yg_form *form,
			 const json_t *record)
{
	return holds(forms, &form->applies, record);
}

/* When the stage was sent, as the record says (the first time); empty: it was not. */
static struct yg_bytes sent_at(const struct yg_form *form, const json_t *record,
			       enum yg_form_stage stage)
{
	const json_t *list = json_object_get(record, "sent");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (yg_bytes_eq(yg_json_text(one, "form"), form->id) &&
		    yg_bytes_eq(yg_json_text(one, "stage"),
				yg_bytes_str(yg_form_stage_name(stage))))
			return yg_json_text(one, "at");
	}
	return (struct yg_bytes){0};
}

bool yg_incident_stage(const struct yg_form *form, const json_t *record, enum yg_form_stage *ret)
{
	for (unsigned i = 0; i < YG_FORM_STAGE_COUNT; i++) {
		if (!form->stages[i] || sent_at(form, record, (enum yg_form_stage)i).size > 0)
			continue;
		*ret = (enum yg_form_stage)i;
		return true;
	}
	return false;
}

/* ---- values for people ---- */

struct filling {
	const struct yg_incident_fill *ask;
	const json_t *record;
	struct yg_arena *arena;
	struct yg_filled *to;
	bool hides[YG_FORM_HALF_COUNT];
};

/* "2026-11-25 09:30", Japan's; a day as it is. */
static void add_time(struct yg_buf *to, struct yg_bytes text, enum yg_lang lang)
{
	int64_t ns;
	int32_t day = yg_incident_day(text, &ns);
	char written[YG_DAY_SIZE];
	struct yg_civil civil;

	if (day == YG_DAY_NONE) {
		yg_buf_add(to, text);
		return;
	}
	yg_day_write(day, written);
	yg_buf_add_str(to, written);
	if (ns == YG_TIME_NONE)
		return;
	civil = yg_time_civil(ns, YG_INCIDENT_ZONE_S);
	yg_buf_addf(to, yg_tr(lang, N_(" %02u:%02u (Japan)")), civil.hour, civil.minute);
}

static void add_choice(struct yg_buf *to, const struct yg_form_field *field, const json_t *value,
		       enum yg_lang lang)
{
	const struct yg_form_choice *choice = yg_form_choice_find(field, yg_incident_text(value));

	yg_buf_add(to, choice ? choice->title.in[lang] : yg_incident_text(value));
}

static void add_indicator(struct yg_buf *to, const json_t *one)
{
	yg_buf_add(to, yg_json_text(one, "type"));
	yg_buf_add_byte(to, ' ');
	yg_buf_add(to, yg_json_text(one, "value"));
	if (json_object_get(one, "comment")) {
		yg_buf_add_str(to, "  ");
		yg_buf_add(to, yg_json_text(one, "comment"));
	}
}

static void add_entry(struct yg_buf *to, const struct yg_form_field *field, const json_t *one,
		      enum yg_lang lang)
{
	if (field->type == YG_FORM_INDICATORS)
		add_indicator(to, one);
	else if (field->type == YG_FORM_CHOICES)
		add_choice(to, field, one, lang);
	else
		yg_buf_add(to, yg_incident_text(one));
}

static void add_value(struct yg_buf *to, const struct yg_form_field *field, const json_t *value,
		      enum yg_lang lang)
{
	switch (field->type) {
	case YG_FORM_TIME:
	case YG_FORM_DAY:
		add_time(to, yg_incident_text(value), lang);
		break;
	case YG_FORM_COUNT:
		yg_buf_add_i64(to, json_integer_value(value));
		break;
	case YG_FORM_ANSWER:
	case YG_FORM_CHOICE:
		add_choice(to, field, value, lang);
		break;
	case YG_FORM_LINES:
	case YG_FORM_CHOICES:
	case YG_FORM_INDICATORS:
		for (size_t i = 0; i < json_array_size(value); i++) {
			if (i > 0)
				yg_buf_add_byte(to, '\n');
			add_entry(to, field, json_array_get(value, i), lang);
		}
		break;
	default:
		yg_buf_add(to, yg_incident_text(value));
		break;
	}
}

void yg_incident_words(const struct yg_forms *forms, uint32_t field, const json_t *value,
		       enum yg_lang lang, struct yg_buf *to)
{
	add_value(to, &forms->fields[field], value, lang);
}

/* What @buf holds, in the arena; @buf is done. */
static int keep(struct filling *f, struct yg_buf *buf, struct yg_bytes *ret)
{
	int rc = yg_buf_error(buf);

	if (rc == YG_OK && buf->size > 0 && !yg_arena_dup(f->arena, yg_buf_bytes(buf), ret))
		rc = YG_ENOMEM;
	yg_buf_done(buf);
	return rc;
}

/* The value of @field, unless its half does not go out. */
static const json_t *value_of(const struct filling *f, uint32_t field)
{
	if (f->hides[yg_form_half_of(f->ask->forms, field)])
		return NULL;
	return yg_incident_value(f->ask->forms, f->record, field);
}

/* ---- lines ---- */

static struct yg_filled_row *new_row(struct filling *f, enum yg_filled_kind kind)
{
	struct yg_filled_row *row = &f->to->rows[f->to->row_count++];

	*row = (struct yg_filled_row){.kind = kind};
	return row;
}

static bool is_needed(const struct filling *f, const struct yg_form_item *item)
{
	return item->need <= f->ask->stage && holds(f->ask->forms, &item->when, f->record);
}

static int fill_field(struct filling *f, const struct yg_form_item *item)
{
	const struct yg_form_field *field = &f->ask->forms->fields[item->field];
	const json_t *value = value_of(f, item->field);
	struct yg_filled_row *row;
	struct yg_buf text;
	int rc;

	if (f->hides[yg_form_half_of(f->ask->forms, item->field)])
		return YG_OK;
	row = new_row(f, YG_FILLED_FIELD);
	row->path = field->path;
	row->label = item->text.in[f->ask->lang];
	row->is_needed = is_needed(f, item);
	row->is_missing = row->is_needed && !value;
	f->to->missing += row->is_missing;
	row->json = YG_S("null");
	if (!value)
		return YG_OK;
	yg_buf_init(&text, VALUE_MAX);
	add_value(&text, field, value, f->ask->lang);
	rc = keep(f, &text, &row->value);
	yg_buf_init(&text, VALUE_MAX);
	if (rc == YG_OK)
		rc = yg_json_canonical(value, &text);
	if (rc == YG_OK)
		rc = keep(f, &text, &row->json);
	else
		yg_buf_done(&text);
	return rc;
}

/* The first field that the paragraph names and that is not there; YG_FORM_NONE: all are. */
static uint32_t lacks(const struct filling *f, const struct yg_form_item *item)
{
	for (uint32_t i = 0; i < item->place_count; i++)
		if (!value_of(f, item->places[i]))
			return item->places[i];
	return YG_FORM_NONE;
}

static int write_paragraph(struct filling *f, const struct yg_form_item *item, struct yg_bytes *ret)
{
	struct yg_bytes rest = item->text.in[f->ask->lang];
	struct yg_buf text;

	yg_buf_init(&text, VALUE_MAX);
	while (rest.size > 0) {
		size_t open = yg_bytes_chr(rest, '{');
		size_t close = yg_bytes_chr(rest, '}');
		uint32_t field;

		yg_buf_add(&text, yg_bytes_cut(rest, 0, open));
		if (open == SIZE_MAX)
			break;
		field = yg_form_field_find(f->ask->forms, yg_bytes_cut(rest, open + 1, close));
		add_value(&text, &f->ask->forms->fields[field], value_of(f, field), f->ask->lang);
		rest = yg_bytes_from(rest, close + 1);
	}
	return keep(f, &text, ret);
}

/* A paragraph that lacks a field is left out; where it is mandatory, its line says what it lacks.
 */
static int fill_paragraph(struct filling *f, const struct yg_form_item *item)
{
	uint32_t field = lacks(f, item);
	struct yg_filled_row *row;

	if (field != YG_FORM_NONE && !is_needed(f, item))
		return YG_OK;
	row = new_row(f, YG_FILLED_PARAGRAPH);
	row->is_needed = is_needed(f, item);
	if (field == YG_FORM_NONE)
		return write_paragraph(f, item, &row->value);
	row->path = f->ask->forms->fields[field].path;
	row->label = f->ask->forms->fields[field].title.in[f->ask->lang];
	row->is_missing = true;
	f->to->missing++;
	return YG_OK;
}

static int fill_rows(struct filling *f)
{
	const struct yg_form *form = f->ask->form;
	uint32_t part = UINT32_MAX;
	int rc = YG_OK;

	f->to->rows = yg_arena_zalloc(f->arena, ((size_t)form->item_count + form->part_count + 1) *
							sizeof(*f->to->rows));
	if (!f->to->rows)
		return YG_ENOMEM;
	for (uint32_t i = 0; rc == YG_OK && i < form->item_count; i++) {
		const struct yg_form_item *item = &form->items[i];

		if (item->part != part) {
			/* The title of a part of which nothing is left goes. */
			if (f->to->row_count > 0 &&
			    f->to->rows[f->to->row_count - 1].kind == YG_FILLED_PART)
				f->to->row_count--;
			part = item->part;
			new_row(f, YG_FILLED_PART)->label = form->parts[part].in[f->ask->lang];
		}
		rc = item->field == YG_FORM_NONE ? fill_paragraph(f, item) : fill_field(f, item);
	}
	if (f->to->row_count > 0 && f->to->rows[f->to->row_count - 1].kind == YG_FILLED_PART)
		f->to->row_count--;
	return rc;
}

/* ---- deadlines ---- */

static int32_t working_day(int32_t day)
{
	while (yg_form_rests(day))
		day++;
	return day;
}

static void count_days(const struct yg_forms *forms, const struct yg_form_deadline *from,
		       const json_t *record, struct yg_filled_due *to)
{
	bool is_longer = from->longer.field != YG_FORM_NONE && holds(forms, &from->longer, record);
	uint32_t aim = is_longer ? from->longer_days : from->days;
	uint32_t latest = is_longer ? from->longer_days : from->latest;

	to->aim = to->latest = to->from;
	if (from->is_prompt)
		return;
	to->aim += (int32_t)(aim - from->first_day);
	to->latest += (int32_t)(latest - from->first_day);
	if (from->moves) {
		to->aim = working_day(to->aim);
		to->latest = working_day(to->latest);
	}
}

static void fill_due(const struct yg_incident_fill *ask, const json_t *record,
		     const struct yg_form_deadline *from, struct yg_filled_due *to)
{
	const struct yg_forms *forms = ask->forms;
	int64_t ns;

	*to = (struct yg_filled_due){.stage = from->stage,
				     .is_prompt = from->is_prompt,
				     .aim = YG_DAY_NONE,
				     .latest = YG_DAY_NONE,
				     .state = YG_DUE_UNKNOWN,
				     .from_path = forms->fields[from->from].path,
				     .sent = sent_at(ask->form, record, from->stage)};
	to->from = yg_incident_day(yg_incident_text(yg_incident_value(forms, record, from->from)),
				   &ns);
	if (to->from != YG_DAY_NONE) {
		count_days(forms, from, record, to);
		to->left = to->latest - yg_day_of_time(ask->now_ns, YG_INCIDENT_ZONE_S);
		to->state = to->left < 0 ? YG_DUE_OVER : to->left == 0 ? YG_DUE_TODAY : YG_DUE_OPEN;
	}
	if (to->sent.size > 0)
		to->state = YG_DUE_SENT;
}

void yg_incident_dues(const struct yg_incident_fill *ask, const json_t *record,
		      struct yg_filled_due *ret, uint32_t *ret_count)
{
	for (uint32_t i = 0; i < ask->form->deadline_count; i++)
		fill_due(ask, record, &ask->form->deadlines[i], &ret[i]);
	*ret_count = ask->form->deadline_count;
}

int yg_incident_fill(const struct yg_incident_fill *ask, const json_t *record,
		     struct yg_arena *arena, struct yg_filled *ret)
{
	bool is_half = ask->is_attack_only || ask->form->is_attack_only;
	struct filling f = {ask, record, arena, ret,
			    .hides = {[YG_FORM_WHO] = is_half,
				      [YG_FORM_DAMAGE] = is_half,
				      [YG_FORM_PUBLIC] = ask->form->audience != YG_FORM_TO_PUBLIC}};
	int rc;

	*ret = (struct yg_filled){.form = ask->form,
				  .lang = ask->lang,
				  .stage = ask->stage,
				  .applies = yg_incident_applies(ask->forms, ask->form, record),
				  .is_attack_only = is_half,
				  .record = yg_json_text(record, "id"),
				  .tlp = yg_json_text(record, "tlp"),
				  .version = (uint32_t)yg_json_int(record, "version", 1),
				  .today = yg_day_of_time(ask->now_ns, YG_INCIDENT_ZONE_S)};
	rc = fill_rows(&f);
	if (rc == YG_OK && ask->form->has_heading && lacks(&f, &ask->form->heading) == YG_FORM_NONE)
		rc = write_paragraph(&f, &ask->form->heading, &ret->heading);
	if (rc == YG_OK)
		yg_incident_dues(ask, record, ret->due, &ret->due_count);
	return rc;
}

/* ---- what leaves ---- */

static int add_own(struct yg_own *own, enum yg_own_kind kind, const json_t *value)
{
	int rc = yg_own_add(own, kind, yg_incident_text(value));

	return rc == YG_EINVAL ? YG_OK : rc; /* too short a text points to nobody */
}

/* The domain of the mail address, and what of @value looks like a domain. */
static int add_domain(struct yg_own *own, const json_t *value)
{
	struct yg_bytes text = yg_bytes_trim(yg_incident_text(value));
	size_t at = yg_bytes_chr(text, '@');
	int rc;

	text = at == SIZE_MAX ? text : yg_bytes_from(text, at + 1);
	if (yg_bytes_chr(text, '.') == SIZE_MAX || yg_bytes_chr(text, ' ') != SIZE_MAX)
		return YG_OK;
	rc = yg_own_add(own, YG_OWN_DOMAIN, text);
	return rc == YG_EINVAL ? YG_OK : rc;
}

/* What points to whoever reports. */
static int own_of(const json_t *record, struct yg_own **ret)
{
	static const struct {
		const char *field;
		enum yg_own_kind kind;
	} kinds[] = {{"organisation", YG_OWN_NAME},
		     {"organisation_en", YG_OWN_NAME},
		     {"corporate_number", YG_OWN_NUMBER},
		     {"address", YG_OWN_CONTACT},
		     {"representative", YG_OWN_CONTACT},
		     {"department", YG_OWN_OTHER},
		     {"person", YG_OWN_CONTACT},
		     {"phone", YG_OWN_CONTACT},
		     {"mail", YG_OWN_CONTACT},
		     {"deputy", YG_OWN_CONTACT},
		     {"phone_night", YG_OWN_CONTACT}};
	const json_t *reporter = json_object_get(record, "reporter");
	const json_t *names = json_object_get(reporter, "own_names");
	int rc = YG_OK;

	*ret = yg_own_new();
	if (!*ret)
		return YG_ENOMEM;
	for (size_t i = 0; rc == YG_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_object_get(reporter, kinds[i].field))
			rc = add_own(*ret, kinds[i].kind,
				     json_object_get(reporter, kinds[i].field));
	if (rc == YG_OK)
		rc = add_domain(*ret, json_object_get(reporter, "mail"));
	for (size_t i = 0; rc == YG_OK && i < json_array_size(names); i++) {
		rc = add_own(*ret, YG_OWN_OTHER, json_array_get(names, i));
		if (rc == YG_OK)
			rc = add_domain(*ret, json_array_get(names, i));
	}
	if (rc != YG_OK)
		*ret = yg_own_free(*ret);
	return rc;
}

int yg_incident_leave(const struct yg_incident_fill *ask, const json_t *record,
		      enum yg_outlet outlet, bool is_person, struct yg_arena *arena,
		      struct yg_filled *ret, enum yg_refusal *ret_refusal)
{
	static const enum yg_audience audiences[] = {YG_AUDIENCE_AUTHORITY, YG_AUDIENCE_PARTNER,
						     YG_AUDIENCE_PUBLIC};
	bool is_half = ask->is_attack_only || ask->form->is_attack_only;
	struct yg_own *own = NULL;
	struct yg_released released = {0};
	struct yg_release_ask gate = {.kind = "incident",
				      .audience = audiences[ask->form->audience],
				      .outlet = outlet,
				      .agreed = is_half ? YG_AGREED_NAMELESS : YG_AGREED_NAMED,
				      .has_damage_consent = !is_half,
				      .is_named_person = is_person,
				      .forms = ask->forms};
	int rc = own_of(record, &own);

	gate.own = own;
	if (rc == YG_OK)
		rc = yg_release(&gate, record, &released);
	*ret_refusal = released.refusal;
	if (rc == YG_OK) {
		/* What is borrowed from the copy has to outlive it. */
		struct yg_bytes *kept[] = {&ret->record, &ret->tlp};

		rc = yg_incident_fill(ask, released.copy, arena, ret);
		for (size_t i = 0; rc == YG_OK && i < 2; i++)
			if (kept[i]->size > 0 && !yg_arena_dup(arena, *kept[i], kept[i]))
				rc = YG_ENOMEM;
		for (uint32_t i = 0; rc == YG_OK && i < ret->due_count; i++)
			if (ret->due[i].sent.size > 0 &&
			    !yg_arena_dup(arena, ret->due[i].sent, &ret->due[i].sent))
				rc = YG_ENOMEM;
	}
	yg_released_done(&released);
	(void)yg_own_free(own);
	return rc;
}
