/* SPDX-License-Identifier: Apache-2.0 */
/* One predicate on the record at hand, straight from its definition in detect/rules.h. */
#include "detect/engine-int.h"
#include "detect/pred-int.h"

#include "base/ban.h"

static int on_match(unsigned int id, unsigned long long from, unsigned long long to,
		    unsigned int flags, void *arg)
{
	bool *is_found = arg;

	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	*is_found = true;
	return 1; /* one is enough */
}

static void scan(struct yg_scratch *s, uint32_t db, struct yg_bytes text, bool *ret_is_found)
{
	int rc = s->ops->scan(s->engine->sets, s->sets_room, db, text, on_match, ret_is_found);

	if (rc != YG_OK)
		s->error = rc;
}

static bool test_regex(struct yg_scratch *s, const struct yg_img_pred *pred, struct yg_bytes text)
{
	bool is_found = false;

	if (pred->db == YG_IMG_NONE) /* no program asks for it where it is not settled */
		return false;
	scan(s, pred->db, text, &is_found);
	return is_found;
}

/* Does @table hold a member that is @text, given its hash? */
static bool has_member(const struct yg_img *img, const struct yg_img_lookup *lookup,
		       const struct yg_img_table *table, uint32_t hash, struct yg_bytes text)
{
	const struct yg_img_slot *slots = img->slots + table->slots.first;
	uint32_t mask = table->slots.count - 1;

	for (uint32_t at = hash & mask; slots[at].atom != YG_IMG_NONE; at = (at + 1) & mask)
		if (slots[at].hash == hash &&
		    yg_bytes_eq(
			    yg_img_text(img, img->members[lookup->members.first + slots[at].atom]),
			    text))
			return true;
	return false;
}

static bool starts_with_member(const struct yg_img *img, const struct yg_img_lookup *lookup,
			       struct yg_bytes text)
{
	uint64_t lengths = lookup->starts.lengths;
	uint64_t hash = 0;

	for (uint32_t i = 0; lengths && i < text.size; i++, lengths >>= 1) {
		hash = yg_img_roll(hash, text.data[i]);
		if (lengths & 1 && has_member(img, lookup, &lookup->starts, yg_img_mix(hash, i + 1),
					      yg_bytes_cut(text, 0, i + 1)))
			return true;
	}
	return false;
}

static bool ends_with_member(const struct yg_img *img, const struct yg_img_lookup *lookup,
			     struct yg_bytes text)
{
	uint64_t lengths = lookup->ends.lengths;
	uint64_t hash = 0;

	for (uint32_t i = 0; lengths && i < text.size; i++, lengths >>= 1) {
		hash = yg_img_roll(hash, text.data[text.size - 1 - i]);
		if (lengths & 1 && has_member(img, lookup, &lookup->ends, yg_img_mix(hash, i + 1),
					      yg_bytes_from(text, text.size - 1 - i)))
			return true;
	}
	return false;
}

static bool test_one_of(struct yg_scratch *s, const struct yg_img_pred *pred, struct yg_bytes text)
{
	const struct yg_img *img = &s->engine->img;
	const struct yg_img_lookup *lookup = &img->lookups[pred->lookup];
	bool is_found = false;

	if (lookup->equals.slots.count &&
	    has_member(img, lookup, &lookup->equals, (uint32_t)yg_hash64(text, YG_IMG_SEED), text))
		return true;
	if (starts_with_member(img, lookup, text) || ends_with_member(img, lookup, text))
		return true;
	if (lookup->db == YG_IMG_NONE || text.size == 0)
		return false;
	scan(s, lookup->db, text, &is_found);
	return is_found;
}

static struct yg_bytes value_for(struct yg_scratch *s, const struct yg_img_pred *pred,
				 uint32_t index)
{
	return pred->is_cased ? yg_value_text(s, index) : yg_value_folded(s, index);
}

/* Against every value of the other field. */
static bool test_field(struct yg_scratch *s, const struct yg_img_pred *pred, uint32_t index)
{
	for (uint32_t i = yg_value_first(s, pred->other); i != YG_IMG_NONE; i = s->values[i].next)
		if (!s->values[i].is_null) {
			struct yg_bytes text = value_for(s, pred, index);

			s->work += text.size / 8 + 1;
			if (yg_pred_text(pred->op, text, value_for(s, pred, i)))
				return true;
		}
	return false;
}

/* What detect/meter.h counts; wildcards and other fields are counted where they are compared. */
static uint64_t work_of(const struct yg_img_pred *pred, size_t size)
{
	switch (pred->op) {
	case YG_IMG_ONE_OF:
		return size / 2 + 8;
	case YG_PRED_REGEX:
		return size + 16;
	case YG_PRED_CONTAINS:
		return size / 8 + 1;
	default:
		return 1;
	}
}

static bool test_value(struct yg_scratch *s, const struct yg_img_pred *pred, uint32_t index)
{
	double number;

	s->work += work_of(pred, yg_value_text(s, index).size);
	switch (pred->op) {
	case YG_IMG_ONE_OF:
		return test_one_of(s, pred, yg_value_folded(s, index));
	case YG_PRED_REGEX:
		return test_regex(s, pred, yg_value_text(s, index));
	case YG_PRED_CIDR:
		return yg_pred_in_network(pred->address, pred->prefix_bits,
					  yg_value_text(s, index));
	case YG_PRED_LT:
	case YG_PRED_LTE:
	case YG_PRED_GT:
	case YG_PRED_GTE:
		return yg_bytes_double(yg_value_text(s, index), &number) &&
		       yg_pred_compares(pred->op, number, pred->number);
	case YG_PRED_TIME_PART:
		return yg_pred_time_part(pred->part, pred->number_op, pred->number,
					 yg_value_text(s, index));
	case YG_PRED_FIELD_EQUALS:
	case YG_PRED_FIELD_STARTS:
	case YG_PRED_FIELD_ENDS:
	case YG_PRED_FIELD_CONTAINS:
		return test_field(s, pred, index);
	case YG_PRED_GLOB:
		return yg_glob_match_counted(yg_img_text(&s->engine->img, pred->text),
					     value_for(s, pred, index), &s->work);
	default:
		return yg_pred_text(pred->op, value_for(s, pred, index),
				    yg_img_text(&s->engine->img, pred->text));
	}
}

static bool test_keyword(struct yg_scratch *s, const struct yg_img_pred *pred)
{
	uint32_t count = s->value_count + (s->event->raw.size > 0);

	for (uint32_t i = 0; i < count; i++) {
		if (i < s->value_count && s->event->fields[i].is_derived)
			continue;
		if (!s->values[i].is_null && test_value(s, pred, i))
			return true;
	}
	return false;
}

bool yg_pred_test(struct yg_scratch *scratch, uint32_t index)
{
	const struct yg_img_pred *pred = &scratch->engine->img.preds[index];
	uint32_t first;

	if (pred->field == YG_PRED_KEYWORD)
		return test_keyword(scratch, pred);
	first = yg_value_first(scratch, pred->field);
	if (pred->op == YG_PRED_EXISTS)
		return first != YG_IMG_NONE;
	if (pred->op == YG_PRED_IS_NULL) {
		bool is_null = first == YG_IMG_NONE;

		for (uint32_t i = first; i != YG_IMG_NONE && !is_null; i = scratch->values[i].next)
			is_null = scratch->values[i].is_null;
		return is_null;
	}
	for (uint32_t i = first; i != YG_IMG_NONE; i = scratch->values[i].next)
		if (!scratch->values[i].is_null && test_value(scratch, pred, i))
			return true;
	return false;
}
