/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule can see what differs from line to line through a field that holds it, or through a
 * keyword, which is looked for in the whole line. Of keywords it is asked whether their letters
 * allow it at all: "union select" stands in no address, time or number, and reaches into none.
 */
#include "base/alloc.h"
#include "detect/repeat-int.h"
#include "model/names.h"

#include "base/ban.h"

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9;
}

static bool is_client_byte(uint8_t c)
{
	return is_digit(c) || (uint8_t)((c | 0x20) - 'a') < 6 || c == '.' || c == ':';
}

/* The address stands first in the line, with " - " behind it. */
static bool reaches_client(struct yg_bytes word)
{
	static const struct yg_bytes behind = {(const uint8_t *)" - ", 3};
	struct yg_bytes rest;
	size_t i = 0;

	while (i < word.size && is_client_byte(word.data[i]))
		i++;
	rest = yg_bytes_from(word, i);
	return i > 0 && yg_bytes_eq(yg_bytes_cut(rest, 0, 3), yg_bytes_cut(behind, 0, rest.size));
}

/* Does @c fit at @at of a line of which @form is a part, whose beginning is at 0? */
static bool fits_form(uint8_t c, const char *form, size_t size, ptrdiff_t at)
{
	if (at < 0 || (size_t)at >= size)
		return true;
	switch (form[at]) {
	case '0':
		return is_digit(c);
	case 'a':
		return (uint8_t)((c | 0x20) - 'a') < 26;
	case '+':
		return c == '+' || c == '-';
	default:
		return c == (uint8_t)form[at];
	}
}

/* @word somewhere on @form, so that it covers a byte of [from, to). */
static bool reaches_form(struct yg_bytes word, const char *form, size_t from, size_t to)
{
	size_t size = strlen(form);

	for (ptrdiff_t at = (ptrdiff_t)from - (ptrdiff_t)word.size + 1; at < (ptrdiff_t)to; at++) {
		size_t i = 0;

		while (i < word.size && fits_form(word.data[i], form, size, at + (ptrdiff_t)i))
			i++;
		if (i == word.size)
			return true;
	}
	return false;
}

static bool reaches_size(struct yg_bytes word)
{
	char form[] = "\" 000 000000000000000 \"";
	const size_t start = 6;

	/* of each possible number of digits; what follows is a space and a quote, or nothing */
	for (size_t digits = 15; digits > 0; digits--) {
		memcpy(form + start + digits, " \"", 3);
		if (reaches_form(word, form, start, start + digits))
			return true;
	}
	return false;
}

bool yg_repeat_reaches(struct yg_bytes word)
{
	return word.size == 0 || reaches_client(word) || reaches_size(word) ||
	       reaches_form(word, "[00/aaa/0000:00:00:00 +0000] \"", 1, 21);
}

static bool is_unsure_field(uint32_t name)
{
	return name == YG_F_c_ip || name == YG_F_src_ip || name == YG_F_sc_bytes;
}

/*
 * A keyword is unsure where it may reach, where it is no plain text, and where its work is counted,
 * which depends on the size of the line.
 */
static bool is_unsure_keyword(const struct yg_img *img, const struct yg_img_pred *pred,
			      bool is_settled)
{
	if (!is_settled)
		return true;
	switch (pred->op) {
	case YG_PRED_EQUALS:
	case YG_PRED_STARTS:
	case YG_PRED_ENDS:
	case YG_PRED_CONTAINS:
		return yg_repeat_reaches(yg_img_text(img, pred->text));
	default:
		return true;
	}
}

static bool is_unsure(const struct yg_img *img, const struct yg_img_pred *pred, bool is_settled)
{
	bool has_other = pred->op >= YG_PRED_FIELD_EQUALS && pred->op <= YG_PRED_FIELD_CONTAINS;

	if (pred->field == YG_PRED_KEYWORD)
		return is_unsure_keyword(img, pred, is_settled);
	return is_unsure_field(pred->field) || (has_other && is_unsure_field(pred->other));
}

static void set_bit(uint8_t *bits, uint32_t at)
{
	bits[at / 8] |= (uint8_t)(1u << at % 8);
}

static bool get_bit(const uint8_t *bits, uint32_t at)
{
	return bits[at / 8] >> at % 8 & 1;
}

static void go_to(uint8_t *seen, uint32_t step)
{
	if (step < YG_IMG_FALSE)
		set_bit(seen, step);
}

/* Has the condition from @entry on an unsure predicate? @seen: zeros, and again on return. */
static bool has_unsure(const struct yg_img *img, const uint8_t *unsure, uint8_t *seen,
		       uint32_t entry)
{
	uint32_t end = entry;
	bool is_found = false;

	if (entry >= YG_IMG_FALSE)
		return false;
	set_bit(seen, entry);
	for (uint32_t at = entry; at <= end; at++) { /* steps lead to later ones */
		const struct yg_img_code *code = &img->code[at];

		if (!get_bit(seen, at))
			continue;
		seen[at / 8] &= (uint8_t) ~(1u << at % 8);
		is_found |= get_bit(unsure, code->pred);
		go_to(seen, code->if_true);
		go_to(seen, code->if_false);
		if (code->if_true < YG_IMG_FALSE && code->if_true > end)
			end = code->if_true;
		if (code->if_false < YG_IMG_FALSE && code->if_false > end)
			end = code->if_false;
	}
	return is_found;
}

/* --- candidates ------------------------------------------------------------------------------- */

/* One group, and which of its rules what differs can make candidates. */
struct rousing {
	const struct yg_img *img;
	const struct yg_img_group *group;
	uint8_t *is_roused; /* a bit for each local rule */
};

static void rouse(struct rousing *r, uint32_t atom)
{
	const struct yg_img_atom *a = &r->img->atoms[r->group->atoms.first + atom];

	for (uint32_t i = 0; i < a->watch.count; i++)
		set_bit(r->is_roused, r->img->lists[a->watch.first + i]);
}

static void rouse_table(struct rousing *r, const struct yg_img_table *table)
{
	for (uint32_t i = 0; i < table->slots.count; i++) {
		uint32_t atom = r->img->slots[table->slots.first + i].atom;

		if (atom != YG_IMG_NONE)
			rouse(r, atom);
	}
}

/* @is_line: the set is looked for in the whole line, not in what differs alone. */
static void rouse_set(struct rousing *r, const struct yg_img_set *set, bool is_line)
{
	for (uint32_t i = 0; set->db != YG_IMG_NONE && i < set->hits.count; i++) {
		uint32_t atom = r->img->lists[set->hits.first + i];
		struct yg_bytes text =
			yg_img_text(r->img, r->img->atoms[r->group->atoms.first + atom].text);

		if (!is_line || yg_repeat_reaches(text))
			rouse(r, atom);
	}
}

static void rouse_all(struct rousing *r)
{
	for (uint32_t i = 0; i < r->group->fields.count; i++) {
		const struct yg_img_field *field = &r->img->fields[r->group->fields.first + i];
		bool is_line = field->name == YG_PRED_KEYWORD;

		if (!is_line && !is_unsure_field(field->name))
			continue;
		rouse_table(r, &field->equals);
		rouse_table(r, &field->starts);
		rouse_table(r, &field->ends);
		rouse_set(r, &field->texts, is_line);
		rouse_set(r, &field->rare, is_line);
		rouse_set(r, &field->special, is_line);
		rouse_set(r, &field->regexes, false);
	}
}

bool yg_repeat_may_fit(struct yg_scratch *scratch, const struct yg_repeat_rules *rules)
{
	for (uint32_t i = 0; i < rules->count; i++) {
		const struct yg_repeat_rule *rule = &rules->list[i];

		/* no candidate, and none for another client, time or size */
		if (!rule->is_roused && scratch->tried[rule->local] != scratch->round)
			continue;
		if (yg_match_may_fit(scratch, rule->entry, rules->unsure))
			return true;
	}
	return false;
}

/* --- groups ----------------------------------------------------------------------------------- */

void yg_repeat_rules_done(struct yg_repeat_rules *rules)
{
	free(rules->unsure);
	free(rules->list);
	*rules = (struct yg_repeat_rules){.group = NULL};
}

static int make_room(struct yg_repeat_rules *rules, const struct yg_img *img)
{
	rules->unsure = yg_calloc(img->preds_count / 8u + 1u, 1);
	rules->list = yg_calloc(YG_REPEAT_RULES_MAX, sizeof(*rules->list));
	return rules->unsure && rules->list ? YG_OK : YG_ENOMEM;
}

/* The rules that have an unsure predicate. */
static void list_rules(struct yg_repeat_rules *rules, const struct yg_img *img, uint8_t *seen,
		       const uint8_t *is_roused)
{
	const struct yg_img_group *group = rules->group;

	for (uint32_t i = 0; i < group->rules.count && rules->is_usable; i++) {
		uint32_t rule = img->group_rules[group->rules.first + i];
		uint32_t entry = img->rules[rule].entry;

		if (!has_unsure(img, rules->unsure, seen, entry))
			continue;
		rules->is_usable = rules->count < YG_REPEAT_RULES_MAX;
		if (rules->is_usable)
			rules->list[rules->count++] =
				(struct yg_repeat_rule){i, entry, get_bit(is_roused, i)};
	}
}

int yg_repeat_rules_read(struct yg_repeat_rules *rules, const struct yg_engine *engine,
			 const struct yg_img_group *group)
{
	const struct yg_img *img = &engine->img;
	uint8_t *seen = yg_calloc(img->code_count / 8u + 1u, 1);
	struct rousing rousing = {img, group, yg_calloc(group->rules.count / 8u + 1u, 1)};
	int rc;

	yg_repeat_rules_done(rules);
	rc = make_room(rules, img);
	if (rc != YG_OK || !seen || !rousing.is_roused) {
		yg_repeat_rules_done(rules);
		rc = YG_ENOMEM;
	} else {
		rules->group = group;
		rules->is_usable = true;
		for (uint32_t i = 0; i < img->preds_count; i++)
			if (is_unsure(img, &img->preds[i],
				      get_bit(img->settled + group->settled, i)))
				set_bit(rules->unsure, i);
		rouse_all(&rousing);
		list_rules(rules, img, seen, rousing.is_roused);
	}
	free(rousing.is_roused);
	free(seen);
	return rc;
}
