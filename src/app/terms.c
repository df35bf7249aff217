/* SPDX-License-Identifier: Apache-2.0 */
#include "app/terms.h"

#include "app/say.h"
#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/nfa.h"
#include "detect/patterns.h"
#include "model/record.h"
#include "render/csv.h"

#include "base/ban.h"

#define TEXT_BYTES_MAX (64u << 20)
#define SHOWN_BYTES    2000u /* of a record on a terminal */

/* One thing to look for. */
struct term {
	struct yg_bytes field; /* empty: anywhere */
	struct yg_bytes text;  /* folded, unless case counts; empty with an expression */
	struct yg_nfa *nfa;
	bool is_plain; /* JSON writes the text as it is */
};

struct yg_terms {
	struct term list[YG_TERMS_MAX];
	uint32_t count;
	bool is_any;
	bool is_exact;
	struct yg_nfa_room *room;
	uint8_t *folded; /* scratch, YG_EVENT_RECORD_MAX bytes and one */
};

struct yg_terms *yg_terms_new(void)
{
	return yg_calloc(1, sizeof(struct yg_terms));
}

struct yg_terms *yg_terms_free(struct yg_terms *terms)
{
	if (!terms)
		return NULL;
	for (uint32_t i = 0; i < terms->count; i++) {
		(void)yg_nfa_free(terms->list[i].nfa);
		free((void *)(uintptr_t)terms->list[i].text.data); /* yg_terms_add made it */
	}
	(void)yg_nfa_room_free(terms->room);
	free(terms->folded);
	free(terms);
	return NULL;
}

void yg_terms_exact(struct yg_terms *terms)
{
	terms->is_exact = true;
}

void yg_terms_any(struct yg_terms *terms)
{
	terms->is_any = true;
}

uint32_t yg_terms_count(const struct yg_terms *terms)
{
	return terms->count;
}

static bool is_plain(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < 0x20 || text.data[i] == '"' || text.data[i] == '\\' ||
		    text.data[i] == '/')
			return false;
	return true;
}

int yg_terms_add(struct yg_terms *terms, struct yg_bytes field, struct yg_bytes text)
{
	struct term *term = &terms->list[terms->count];
	uint8_t *kept;

	if (terms->count == YG_TERMS_MAX)
		return YG_EEND;
	if (text.size > YG_TERM_BYTES_MAX)
		return YG_ELIMIT;
	kept = yg_malloc(text.size + 1);
	if (!kept)
		return YG_ENOMEM;
	*term = (struct term){
		.field = field, .text = {kept, text.size}, .is_plain = is_plain(text)};
	if (terms->is_exact)
		memcpy(kept, text.data, text.size);
	else
		term->text.size = yg_fold(text, kept);
	terms->count++;
	return YG_OK;
}

int yg_terms_add_regex(struct yg_terms *terms, struct yg_bytes regex, const char **reterr)
{
	struct term *term = &terms->list[terms->count];
	int rc;

	if (terms->count == YG_TERMS_MAX)
		return YG_EEND;
	*term = (struct term){0};
	rc = yg_nfa_new(regex, terms->is_exact ? 0 : YG_REGEX_CASELESS, &term->nfa, reterr);
	terms->count += rc == YG_OK;
	return rc;
}

int yg_terms_prepare(struct yg_terms *terms)
{
	uint32_t steps = 0;

	for (uint32_t i = 0; i < terms->count; i++)
		if (terms->list[i].nfa && yg_nfa_size(terms->list[i].nfa) > steps)
			steps = yg_nfa_size(terms->list[i].nfa);
	if (steps > 0) {
		terms->room = yg_nfa_room_new(steps);
		if (!terms->room)
			return YG_ENOMEM;
	}
	terms->folded = yg_malloc(YG_EVENT_RECORD_MAX + 1u);
	return terms->folded ? YG_OK : YG_ENOMEM;
}

static bool holds(struct yg_terms *terms, const struct term *term, struct yg_bytes text)
{
	if (term->nfa)
		return yg_nfa_find(term->nfa, terms->room, text);
	if (terms->is_exact)
		return yg_bytes_find(text, term->text) != SIZE_MAX;
	text = yg_bytes_cut(text, 0, YG_EVENT_RECORD_MAX);
	return yg_bytes_find((struct yg_bytes){terms->folded, yg_fold(text, terms->folded)},
			     term->text) != SIZE_MAX;
}

static bool term_fits(struct yg_terms *terms, const struct term *term, struct yg_event *event)
{
	if (term->field.size == 0 && event->raw.size > 0 && holds(terms, term, event->raw))
		return true;
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_field *field = &event->fields[i];

		/* what we made of other fields (normal forms) is looked at only when it is named */
		if (term->field.size > 0 ? !yg_bytes_eq_nocase(field->name, term->field)
					 : field->is_derived)
			continue;
		if (holds(terms, term, yg_event_text(event, field)))
			return true;
	}
	return false;
}

bool yg_terms_fit(struct yg_terms *terms, struct yg_event *event)
{
	for (uint32_t i = 0; i < terms->count; i++)
		if (term_fits(terms, &terms->list[i], event) == terms->is_any)
			return terms->is_any;
	return !terms->is_any || terms->count == 0;
}

/* Only what stands in the record as it is can be looked for in its bytes. */
bool yg_terms_may_fit(struct yg_terms *terms, struct yg_bytes line)
{
	/* Who writes \u0041 for A hides it from such a look. */
	if (yg_bytes_find(line, YG_S("\\u")) != SIZE_MAX)
		return true;
	for (uint32_t i = 0; i < terms->count; i++) {
		const struct term *term = &terms->list[i];
		bool may = term->nfa || term->field.size > 0 || !term->is_plain ||
			   line.size > YG_EVENT_RECORD_MAX || holds(terms, term, line);

		if (may == terms->is_any)
			return may;
	}
	return !terms->is_any || terms->count == 0;
}

/* As it stands in the log, or its fields. */
static void add_text(struct yg_buf *to, struct yg_event *event)
{
	if (event->raw.size > 0)
		yg_buf_add(to, event->raw);
	else
		yg_record_fields(to, event);
}

void yg_found_write(struct yg_buf *to, struct yg_event *event, struct yg_bytes source, bool is_csv)
{
	struct yg_buf text;
	char iso[YG_ISO_SIZE] = "";

	yg_buf_init(&text, TEXT_BYTES_MAX);
	add_text(&text, event);
	if (event->time_ns != YG_TIME_NONE)
		(void)yg_time_iso(event->time_ns, 0, iso);
	if (event->source.size > 0)
		source = event->source;
	if (is_csv) {
		yg_buf_addf(to, "%s,", iso);
		yg_csv_quoted(to, source);
		yg_buf_addf(to, ",%llu,%s,", (unsigned long long)event->position,
			    yg_format_name(event->format));
		yg_csv_quoted(to, yg_buf_bytes(&text));
		yg_buf_add_str(to, "\r\n");
	} else {
		yg_buf_addf(to, "%s %s:%llu: ", iso[0] ? iso : "-", yg_say_safe(source, 200),
			    (unsigned long long)event->position);
		yg_buf_addf(to, "%s\n", yg_say_safe(yg_buf_bytes(&text), SHOWN_BYTES));
	}
	yg_buf_done(&text);
}
