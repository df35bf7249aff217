/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/clue_take.h"

#include "access/clues.h"
#include "detect/indicators.h"

#include "base/ban.h"

struct taking {
	struct yg_arena *arena;
	struct yg_clue_taken *to;
};

/* A value that stands in the pattern twice is one. */
static bool is_there(const struct yg_clue_taken *t, struct yg_bytes value)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (yg_bytes_eq(t->values[i].value, value))
			return true;
	return false;
}

static int take_value(void *arg, enum yg_clue_kind kind, struct yg_bytes raw)
{
	const struct taking *taking = arg;
	struct yg_clue_taken *t = taking->to;
	uint8_t normal[YG_INDICATOR_NORMAL_MAX];
	enum yg_indicator_type type;
	bool is_person = yg_clue_is_person(kind, raw);
	/* An account may look like a name of a machine; it is only kept, as it is written. */
	bool is_kept = kind == YG_CLUE_MAIL || kind == YG_CLUE_ACCOUNT;
	struct yg_bytes value = {normal, 0};
	struct yg_clue_value *to = &t->values[t->count];

	if (kind == YG_CLUE_OTHER)
		return YG_OK;
	if (is_kept)
		value = yg_bytes_cut(raw, 0, YG_INDICATOR_NORMAL_MAX);
	else
		value.size = yg_indicator_normal(raw, &type, normal);
	if (value.size == 0 || t->count == YG_CLUE_VALUES_MAX || is_there(t, value))
		return YG_OK;
	*to = (struct yg_clue_value){.kind = (uint32_t)kind, .is_person = is_person};
	if (!yg_arena_dup(taking->arena, value, &to->value))
		return YG_ENOMEM;
	t->count++;
	t->clue.facts.has_person |= is_person;
	t->clue.facts.can_person |= is_person && !is_kept;
	t->clue.facts.has_values |= !is_person;
	return YG_OK;
}

int yg_clue_take(const json_t *tree, const struct yg_stix_object *object,
		 const struct yg_collection *of, struct yg_arena *arena, struct yg_clue_taken *ret)
{
	struct taking taking = {arena, ret};
	struct yg_clue *clue = &ret->clue;
	int rc;

	ret->count = 0;
	*clue = (struct yg_clue){.collection = of->number};
	if (object->id.size == 0 || object->id.size >= sizeof(clue->id))
		return YG_ELIMIT;
	memcpy(clue->id, object->id.data, object->id.size);
	clue->facts.version_ns = object->version_ns;
	clue->facts.tlp = object->tlp ? object->tlp : of->default_tlp;
	if (clue->facts.tlp == YG_TLP_NONE)
		clue->facts.tlp = YG_TLP_RED;
	clue->facts.is_shared = yg_clue_scope_of(of, clue->facts.tlp) != YG_CLUE_FOR_NOBODY;
	rc = yg_clue_read(tree, &clue->facts, take_value, &taking);
	if (clue->facts.is_more) { /* a part of it would be something that nobody said */
		ret->count = 0;
		clue->facts.has_values = clue->facts.has_person = clue->facts.can_person = false;
	}
	return rc;
}

int yg_clue_know(void *arg, const struct yg_clue_value *value)
{
	struct yg_clue_knowing *k = arg;
	uint8_t normal[YG_INDICATOR_NORMAL_MAX];
	struct yg_indicator one = {.value = {normal, 0}};
	struct yg_bytes name;

	if (!k->known || yg_warning_lists_count(k->known) == 0)
		return YG_OK;
	if (value->kind != YG_CLUE_MAIL && value->kind != YG_CLUE_ACCOUNT)
		one.value.size = yg_indicator_normal(value->value, &one.type, normal);
	if (one.value.size == 0)
		return YG_OK; /* it is not looked for */
	if (yg_warning_lists_has(k->known, &one, &name)) {
		k->has_any = true;
		(void)snprintf(k->note, YG_CLUE_NOTE_MAX + 1, "%.*s", YG_FMT(name)); /* cut */
	} else {
		k->has_other = true;
	}
	return YG_OK;
}

bool yg_clue_is_known(const struct yg_clue_knowing *knowing)
{
	return knowing->has_any && !knowing->has_other;
}

void yg_clue_rules_text(const struct yg_clue_rules *rules, char to[YG_CLUE_RULES_ROOM])
{
	(void)snprintf(to, YG_CLUE_RULES_ROOM, "%d %u %u %u %u %u %u", (int)rules->is_off,
		       rules->confidence, rules->unsaid, rules->keep_above, rules->lifetime_days,
		       (unsigned)rules->pap, (unsigned)rules->pap_sensors); /* fits */
}

bool yg_clue_rules_read(const char *text, struct yg_clue_rules *ret)
{
	struct yg_bytes rest = yg_bytes_str(text);
	uint64_t numbers[7];
	char again[YG_CLUE_RULES_ROOM];

	for (size_t i = 0; i < 7; i++) {
		size_t space = yg_bytes_chr(rest, ' ');
		size_t end = space == SIZE_MAX ? rest.size : space;

		if (!yg_bytes_u64(yg_bytes_cut(rest, 0, end), &numbers[i]) ||
		    numbers[i] > UINT32_MAX)
			return false;
		rest = yg_bytes_from(rest, space == SIZE_MAX ? end : end + 1);
	}
	*ret = (struct yg_clue_rules){.is_off = numbers[0] != 0,
				      .confidence = (uint32_t)numbers[1],
				      .unsaid = (uint32_t)numbers[2],
				      .keep_above = (uint32_t)numbers[3],
				      .lifetime_days = (uint32_t)numbers[4],
				      .pap = (enum yg_pap)numbers[5],
				      .pap_sensors = (enum yg_pap)numbers[6]};
	yg_clue_rules_text(ret, again);
	return strcmp(text, again) == 0;
}

void yg_clue_shelf_text(const struct yg_collection *of, char name[YG_CLUE_SHELF_NAME],
			char is[YG_CLUE_SHELF_ROOM])
{
	_Static_assert(sizeof(of->sector) + sizeof(of->owner) + 32 <= YG_CLUE_SHELF_ROOM, "fits");
	(void)snprintf(name, YG_CLUE_SHELF_NAME, "shelf %s", of->id); /* fits, as the next */
	(void)snprintf(is, YG_CLUE_SHELF_ROOM, "%u %d %s %s", (unsigned)of->reach,
		       (int)of->is_readable, of->owner, of->sector);
}
