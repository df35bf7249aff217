/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of a workbook, compared with those of a form: which cell may be meant for which field. */
#include "base/alloc.h"
#include "base/utf8.h"
#include "parse/book_label-int.h"

#include "base/ban.h"

#define POINTS_MIN 2u /* of a label that is looked for within another */
#define NAMES_MAX  4u /* of one field: the form's label, the field's title, in two languages */

/* ---- labels ---- */

/* The character at the start of @text, well formed; its size by yg_utf8_size(). */
static uint32_t point_of(struct yg_bytes text, size_t size)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t point = text.data[0] & masks[size];

	for (size_t i = 1; i < size; i++)
		point = point << 6 | (text.data[i] & 0x3f);
	return point;
}

/* Full-width signs are those of ASCII, and large letters are small. */
static uint32_t plain(uint32_t point)
{
	if (point >= 0xff01 && point <= 0xff5e)
		point -= 0xfee0;
	return point >= 'A' && point <= 'Z' ? point | 0x20 : point;
}

static bool is_digit(uint32_t point)
{
	return (point >= '0' && point <= '9') || (point >= 0x2460 && point <= 0x2473); /* ①…⑳ */
}

/* Spaces, punctuation, brackets, bullets. */
static bool is_between(uint32_t point)
{
	static const struct {
		uint16_t from;
		uint16_t to;
	} ranges[] = {{0x0000, 0x002f}, {0x003a, 0x0040}, {0x005b, 0x0060}, {0x007b, 0x00bf},
		      {0x2000, 0x206f}, {0x2190, 0x21ff}, {0x25a0, 0x27bf}, {0x3000, 0x3004},
		      {0x3008, 0x301f}, {0x30fb, 0x30fb}, {0xff5f, 0xff65}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (point >= ranges[i].from && point <= ranges[i].to)
			return true;
	return false;
}

void yg_book_label_make(struct yg_bytes text, struct yg_book_label *ret)
{
	static const char *const tails[] = {"必須", "任意"};

	ret->size = ret->points = 0;
	if (text.size > YG_BOOK_LABEL_MAX)
		return; /* a paragraph */
	while (text.size > 0) {
		size_t size = yg_utf8_size(text);
		uint32_t point = size > 0 ? plain(point_of(text, size)) : 0;

		text = yg_bytes_from(text, size > 0 ? size : 1);
		if (is_between(point) || (is_digit(point) && ret->size == 0))
			continue;
		ret->size += (uint32_t)yg_utf8_put(point, ret->text + ret->size); /* not longer */
		ret->points++;
	}
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct yg_bytes tail = yg_bytes_str(tails[i]);

		if (ret->size > tail.size &&
		    yg_bytes_ends((struct yg_bytes){ret->text, ret->size}, tail)) {
			ret->size -= (uint32_t)tail.size;
			ret->points -= 2;
		}
	}
}

bool yg_book_label_same(const struct yg_book_label *a, const struct yg_book_label *b)
{
	return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

uint32_t yg_book_label_within(const struct yg_book_label *a, const struct yg_book_label *b)
{
	const struct yg_book_label *small = a->size <= b->size ? a : b;
	const struct yg_book_label *large = small == a ? b : a;

	if (small->points < POINTS_MIN ||
	    yg_bytes_find((struct yg_bytes){large->text, large->size},
			  (struct yg_bytes){small->text, small->size}) == SIZE_MAX)
		return UINT32_MAX;
	return large->size - small->size;
}

/* ---- where the labels are ---- */

struct place {
	struct yg_book_label label;
	const struct yg_book_cell *cell;
	uint32_t sheet;
	bool is_taken;
};

struct proposing {
	struct yg_book *book;
	const struct yg_forms *forms;
	struct yg_line_fault *fault;
	struct place *places;
	uint32_t count;
};

static int take_places(struct proposing *p, uint32_t sheet)
{
	const struct yg_book_look *look;
	int rc = yg_book_look(p->book, sheet, &look, p->fault);

	for (uint32_t i = 0; rc == YG_OK && i < look->cell_count && p->count < YG_BOOK_LABELS_MAX;
	     i++) {
		struct place *place = &p->places[p->count];

		yg_book_label_make(look->cells[i].text, &place->label);
		place->cell = &look->cells[i];
		place->sheet = sheet;
		place->is_taken = false;
		p->count += place->label.size > 0;
	}
	return rc;
}

/* ---- a field's ---- */

struct names {
	struct yg_book_label at[NAMES_MAX];
};

static void names_of(const struct proposing *p, const struct yg_form_item *item, struct names *ret)
{
	const struct yg_form_field *field = &p->forms->fields[item->field];

	for (unsigned i = 0; i < 2; i++) {
		yg_book_label_make(item->text.in[i], &ret->at[2 * i]);
		yg_book_label_make(field->title.in[i], &ret->at[2 * i + 1]);
	}
}

/* The empty cell that a label is for. False: there is none. */
static int beside(struct proposing *p, const struct place *place, struct yg_book_proposal *to)
{
	const struct yg_book_cell *cell = place->cell;
	struct yg_cell tries[] = {{cell->at.row, cell->to.column + 1},
				  {cell->to.row + 1, cell->at.column}};
	const struct yg_book_look *look;
	int rc = yg_book_look(p->book, place->sheet, &look, p->fault);

	to->match = YG_BOOK_BLOCKED;
	for (size_t i = 0; rc == YG_OK && i < 2; i++) {
		struct yg_cell at = yg_book_first(look, tries[i]);

		if (at.row > YG_CELL_ROWS_MAX || at.column >= YG_CELL_COLUMNS_MAX ||
		    yg_book_text(look, at).size > 0 || yg_cell_compare(at, cell->at) == 0)
			continue;
		to->cell = at;
		to->match = YG_BOOK_EXACT;
		break;
	}
	return rc;
}

static int settle(struct proposing *p, struct place *place, enum yg_book_match match,
		  struct yg_book_proposal *to)
{
	int rc = beside(p, place, to);

	place->is_taken = true;
	to->sheet = place->sheet;
	to->label = place->cell->at;
	to->text = place->cell->text;
	if (to->match == YG_BOOK_EXACT)
		to->match = match;
	return rc;
}

static bool is_named(const struct names *names, const struct place *place)
{
	for (unsigned i = 0; i < NAMES_MAX; i++)
		if (names->at[i].size > 0 && yg_book_label_same(&names->at[i], &place->label))
			return true;
	return false;
}

/* The first label that says the same. */
static int find_exact(struct proposing *p, const struct names *names, struct yg_book_proposal *to)
{
	struct place *found = NULL;

	for (uint32_t i = 0; i < p->count; i++) {
		if (p->places[i].is_taken || !is_named(names, &p->places[i]))
			continue;
		if (found)
			to->others++;
		else
			found = &p->places[i];
	}
	return found ? settle(p, found, YG_BOOK_EXACT, to) : YG_OK;
}

/* The label that differs least. */
static int find_part(struct proposing *p, const struct names *names, struct yg_book_proposal *to)
{
	struct place *found = NULL;
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < p->count; i++) {
		for (unsigned k = 0; k < NAMES_MAX && !p->places[i].is_taken; k++) {
			uint32_t more = yg_book_label_within(&names->at[k], &p->places[i].label);

			if (more < least) {
				least = more;
				found = &p->places[i];
			}
		}
	}
	return found ? settle(p, found, YG_BOOK_PART, to) : YG_OK;
}

static int propose(struct proposing *p, const struct yg_form *form, struct yg_book_proposal *to,
		   uint32_t *ret_count)
{
	struct names names;
	uint32_t count = 0;
	int rc = YG_OK;

	/* Those that say the same have the first choice, whatever stands before them in the form.
	 */
	for (unsigned pass = 0; pass < 2; pass++) {
		count = 0;
		for (uint32_t i = 0; rc == YG_OK && i < form->item_count; i++) {
			if (form->items[i].field == YG_FORM_NONE)
				continue;
			if (pass == 0)
				to[count] =
					(struct yg_book_proposal){.field = form->items[i].field};
			names_of(p, &form->items[i], &names);
			if (pass == 0)
				rc = find_exact(p, &names, &to[count]);
			else if (to[count].match == YG_BOOK_NONE)
				rc = find_part(p, &names, &to[count]);
			count++;
		}
	}
	*ret_count = count;
	return rc;
}

int yg_book_propose(struct yg_book *book, const struct yg_forms *forms, const struct yg_form *form,
		    struct yg_arena *arena, const struct yg_book_proposal **ret,
		    uint32_t *ret_count, struct yg_line_fault *reterr)
{
	struct proposing p = {.book = book, .forms = forms, .fault = reterr};
	struct yg_book_proposal *to =
		yg_arena_zalloc(arena, ((size_t)form->item_count + 1) * sizeof(*to));
	const struct yg_book_sheet *sheets;
	uint32_t count = yg_book_sheets(book, &sheets);
	int rc;

	p.places = yg_calloc(YG_BOOK_LABELS_MAX + 1, sizeof(*p.places));
	rc = to && p.places ? YG_OK : yg_line_fault_set(reterr, YG_ENOMEM, 0, "out of memory");
	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		if (!sheets[i].is_hidden)
			rc = take_places(&p, i);
	if (rc == YG_OK)
		rc = propose(&p, form, to, ret_count);
	*ret = to;
	free(p.places);
	return rc;
}
