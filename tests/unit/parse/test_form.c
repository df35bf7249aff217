/* SPDX-License-Identifier: Apache-2.0 */
/* test_form FOLDER: the forms that come with the program, and what is refused with its line. */
#include "parse/form.h"

#include "../check.h"
#include "../forms_kit.h"

static struct yg_line_fault fault;
static const char *folder;

#define TITLE "title: {en: x, ja: y}"
#define FIELDS                                                                                     \
	"format: yagura-incident-fields/1\nsections:\n- section: a\n  " TITLE                      \
	"\n  half: attack\n  fields:\n"
#define FORM                                                                                       \
	"format: yagura-form/1\nform: f\n" TITLE "\nrecipient: {en: x, ja: y}\n"                   \
	"audience: authority\nlanguage: ja\nlayout: table\nstages: [first, final]\n"
#define PARTS "sections:\n- " TITLE "\n  items:\n"

static int load(const char *text, bool is_fields)
{
	fault = (struct yg_line_fault){.msg = ""};
	return is_fields ? yg_form_fields_read(yg_bytes_str(text), kit_arena, kit_forms, &fault)
			 : yg_form_read(yg_bytes_str(text), kit_arena, kit_forms, &fault);
}

static bool refuses(const char *text, bool is_fields, uint32_t line, const char *part)
{
	uint32_t before = kit_forms->form_count;
	int rc = load(text, is_fields);

	if (rc == YG_EFORMAT && fault.line == line && strstr(fault.msg, part) &&
	    (is_fields || kit_forms->form_count == before))
		return true;
	fprintf(stderr, "%d, line %u: %s\n", rc, fault.line, fault.msg);
	return false;
}

static void reads_the_own_forms(void)
{
	const struct yg_form *form;
	uint32_t field;

	CHECK(kit_load(folder));
	CHECK(kit_forms->form_count == KIT_FORMS);
	for (size_t i = 0; i < KIT_FORMS; i++)
		CHECK(yg_form_find(kit_forms, yg_bytes_str(kit_names[i])));
	/* The national taxonomy: eight types, exactly one; causes, several; five attack types. */
	field = yg_form_field_find(kit_forms, YG_S("event.type"));
	CHECK(field != YG_FORM_NONE && kit_forms->fields[field].type == YG_FORM_CHOICE);
	CHECK(kit_forms->fields[field].choice_count == 8);
	CHECK(yg_form_half_of(kit_forms, field) == YG_FORM_ATTACK);
	field = yg_form_field_find(kit_forms, YG_S("event.causes"));
	CHECK(kit_forms->fields[field].type == YG_FORM_CHOICES);
	CHECK(kit_forms->fields[field].choice_count == 17);
	field = yg_form_field_find(kit_forms, YG_S("reporter.sector"));
	CHECK(kit_forms->fields[field].choice_count == 16); /* 15 and none of them */
	form = yg_form_find(kit_forms, YG_S("personal-data"));
	CHECK(form->deadline_count == 2 && form->deadlines[0].days == 3 &&
	      form->deadlines[0].latest == 5 && form->deadlines[0].first_day == 1);
	CHECK(form->deadlines[1].days == 30 && form->deadlines[1].longer_days == 60 &&
	      form->deadlines[1].moves);
	CHECK_TEXT(yg_form_stage_words(form, YG_FORM_FIRST, YG_LANG_JA), "速報");
	CHECK(yg_form_find(kit_forms, YG_S("attack-information"))->is_attack_only);
	CHECK(yg_form_find(kit_forms, YG_S("public-statement"))->audience == YG_FORM_TO_PUBLIC);
	CHECK(yg_form_find(kit_forms, YG_S("public-statement"))->stages[YG_FORM_FOLLOWUP]);
	kit_end();
}

static void refuses_fields_with_the_line(void)
{
	CHECK(kit_load(folder));
	CHECK(refuses("", true, 1, "yagura-incident-fields/1"));
	CHECK(refuses("format: yagura-incident-fields/1\nsections: x\n", true, 1, "a list"));
	CHECK(refuses(FIELDS "  - {field: b, type: colour, " TITLE "}\n", true, 7, "no such type"));
	CHECK(refuses(FIELDS "  - {field: b, type: line, " TITLE ", colour: red}\n", true, 7,
		      "no such key: colour"));
	CHECK(refuses(FIELDS "  - {field: B, type: line, " TITLE "}\n", true, 7, "a-z"));
	CHECK(refuses(FIELDS "  - {field: b, type: line}\n", true, 7, "title"));
	CHECK(refuses(FIELDS "  - {field: b, type: choice, " TITLE "}\n", true, 7, "choices"));
	CHECK(refuses(FIELDS "  - {field: b, type: line, tense: past, " TITLE "}\n", true, 7,
		      "tense"));
	CHECK(refuses(FIELDS "  - {field: b, type: line, " TITLE "}\n"
			     "  - {field: b, type: line, " TITLE "}\n",
		      true, 8, "twice: a.b"));
	CHECK(refuses("format: yagura-incident-fields/1\nsections:\n- section: a\n  " TITLE
		      "\n  half: left\n  fields:\n  - {field: b, type: line, " TITLE "}\n",
		      true, 3, "half"));
	kit_end();
}

static void refuses_forms_with_the_line(void)
{
	CHECK(kit_load(folder));
	CHECK(refuses("", false, 1, "yagura-form/1"));
	CHECK(refuses(FORM PARTS "  - {field: event.colour}\n", false, 12, "no such field"));
	CHECK(refuses(FORM PARTS "  - {field: event.type, need: soon}\n", false, 12, "need"));
	CHECK(refuses(FORM PARTS "  - {field: event.type, colour: red}\n", false, 12, "colour"));
	CHECK(refuses(FORM PARTS "  - {label: {en: x, ja: y}}\n", false, 12, "a field"));
	CHECK(refuses(FORM PARTS "  - {text: {en: '{event.nothing}', ja: x}}\n", false, 12,
		      "no such field"));
	CHECK(refuses(FORM PARTS "  - {text: {en: 'a } b', ja: x}}\n", false, 12, "stand around"));
	/* What is written for the public alone is for it alone, and the other way round. */
	CHECK(refuses(FORM PARTS "  - {field: statement.title}\n", false, 12, "does not get"));
	CHECK(refuses(FORM "halves: [attack]\n" PARTS "  - {field: damage.title}\n", false, 13,
		      "does not get"));
	CHECK(refuses(FORM "colour: red\n" PARTS "  - {field: event.type}\n", false, 9, "colour"));
	CHECK(refuses(FORM "deadlines:\n- {stage: followup, from: event.known, days: 3}\n" PARTS
			   "  - {field: event.type}\n",
		      false, 10, "stage"));
	CHECK(refuses(FORM "deadlines:\n- {stage: first, from: event.type, days: 3}\n" PARTS
			   "  - {field: event.type}\n",
		      false, 10, "a day or a time"));
	CHECK(refuses(FORM "deadlines:\n- {stage: first, from: event.known}\n" PARTS
			   "  - {field: event.type}\n",
		      false, 10, "a deadline has"));
	CHECK(refuses(FORM
		      "deadlines:\n- {stage: first, from: event.known, days: 5, latest: 3}\n" PARTS
		      "  - {field: event.type}\n",
		      false, 10, "not below"));
	CHECK(refuses(FORM "applies: {field: event.type, is: [flood]}\n" PARTS
			   "  - {field: event.type}\n",
		      false, 9, "no such choice"));
	CHECK(refuses("format: yagura-form/1\nform: ddos\n" TITLE "\n", false, 1, "already"));
	CHECK(load(FORM PARTS "  - {field: event.type, need: first}\n", false) == YG_OK);
	CHECK(kit_forms->form_count == KIT_FORMS + 1);
	kit_end();
}

static void refuses_too_many(void)
{
	static char text[1u << 16];
	size_t size = 0;

	CHECK(kit_load(folder));
	size += (size_t)snprintf(text, sizeof(text), "%s", FORM PARTS);
	for (unsigned i = 0; i <= YG_FORM_ITEMS_MAX; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size,
					 "  - {field: event.type}\n");
	CHECK(load(text, false) == YG_ELIMIT && fault.line == 10);
	kit_end();
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		CASE(reads_the_own_forms), CASE(refuses_fields_with_the_line),
		CASE(refuses_forms_with_the_line), CASE(refuses_too_many)};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
