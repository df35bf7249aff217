/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/mapping.h"

#include <assert.h>

#include "base/utf8.h"
#include "detect/mapping-int.h"

#include "base/ban.h"

#define FOLDED_MAX 1024u /* longer texts are none of the values, which the reader bounds */

static bool fits(struct yg_bytes given, struct yg_bytes wanted)
{
	return given.size == 0 || yg_bytes_eq(given, wanted);
}

bool yg_mapping_fits(const struct yg_mapping_entry *entry, const struct yg_logsource *logsource)
{
	return fits(entry->source.product, logsource->product) &&
	       fits(entry->source.category, logsource->category) &&
	       fits(entry->source.service, logsource->service);
}

bool yg_mapping_covers(const struct yg_mapping *mapping, const struct yg_logsource *logsource)
{
	for (uint32_t i = 0; i < mapping->count; i++)
		if (yg_mapping_fits(&mapping->entries[i], logsource))
			return true;
	return false;
}

uint32_t yg_mapping_entry_count(const struct yg_mapping *mapping)
{
	return mapping->count;
}

bool yg_mapping_renames(const struct yg_mapping *mapping)
{
	return mapping->has_renames;
}

int yg_mapping_add_names(const struct yg_mapping *mapping, struct yg_names *names)
{
	uint32_t id;
	int rc = YG_OK;

	for (uint32_t i = 0; i < mapping->count && rc == YG_OK; i++) {
		const struct yg_mapping_entry *entry = &mapping->entries[i];

		for (uint32_t k = 0; k < entry->test_count && rc == YG_OK; k++)
			rc = yg_names_add(names, entry->tests[k].field, &id);
		for (uint32_t k = 0; k < entry->rename_count && rc == YG_OK; k++) {
			rc = yg_names_add(names, entry->renames[k].as, &id);
			if (rc == YG_OK)
				rc = yg_names_add(names, entry->renames[k].from, &id);
		}
	}
	return rc;
}

static bool is_among(const struct yg_bytes *values, uint32_t count, struct yg_bytes text)
{
	uint8_t folded[FOLDED_MAX];

	if (text.size > sizeof(folded))
		return false;
	text = (struct yg_bytes){folded, yg_fold(text, folded)};
	for (uint32_t i = 0; i < count; i++)
		if (yg_bytes_eq(values[i], text))
			return true;
	return false;
}

static bool is_code_among(const struct yg_mapping_test *test, uint32_t code)
{
	for (uint32_t i = 0; i < test->count; i++) {
		uint64_t value;

		if (yg_bytes_u64(test->values[i], &value) && value == code)
			return true;
	}
	return false;
}

/* Could a channel that the router does not know be one of them? */
static bool has_foreign(const struct yg_router *router, const struct yg_bytes *channels,
			uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!yg_router_has_channel(router, channels[i]))
			return true;
	return false;
}

static bool kind_holds(const struct yg_mapping_view *view, const struct yg_mapping_test *test)
{
	if (test->is_code && view->event_code)
		return is_code_among(test, view->event_code);
	if (test->is_channel && view->is_foreign_channel)
		return has_foreign(view->router, test->values, test->count);
	if (test->is_channel && view->channel.size)
		return is_among(test->values, test->count, view->channel);
	return true;
}

static bool test_holds(const struct yg_mapping_view *view, const struct yg_mapping_test *test)
{
	struct yg_event *event = view->event;
	uint32_t id;

	if (!event)
		return kind_holds(view, test);
	if (test->is_code && event->event_code)
		return is_code_among(test, event->event_code);
	id = yg_names_find(event->names, test->field);
	for (uint32_t i = 0; i < event->field_count; i++)
		if (event->fields[i].name_id == id && id != YG_NAME_OTHER &&
		    is_among(test->values, test->count, yg_event_text(event, &event->fields[i])))
			return true;
	return false;
}

static bool is_from(const struct yg_mapping_view *view, const struct yg_mapping_entry *entry)
{
	if (entry->channel_count == 0 || !view->has_channel)
		return true;
	if (view->is_foreign_channel)
		return has_foreign(view->router, entry->channels, entry->channel_count);
	return is_among(entry->channels, entry->channel_count,
			view->event ? view->event->channel : view->channel);
}

static bool router_says(const struct yg_mapping_view *view, const struct yg_logsource *logsource)
{
	if (view->route == YG_ROUTE_OPEN || view->route == YG_ROUTE_NONE)
		return view->route == YG_ROUTE_OPEN;
	return yg_router_applies(view->router, view->route, logsource);
}

/* What the entries say about a logsource, each of its parts by itself. */
struct said {
	bool is_said[3], is_admitted[3]; /* category, service, neither of both */
};

static void hear(struct said *said, const struct yg_mapping_entry *entry, bool is_admitted)
{
	const bool parts[3] = {entry->source.category.size > 0, entry->source.service.size > 0,
			       entry->source.category.size == 0 && entry->source.service.size == 0};

	for (int k = 0; k < 3; k++) {
		said->is_said[k] |= parts[k];
		said->is_admitted[k] |= parts[k] && is_admitted;
	}
}

/*
 * Of the entries that say what a part means some must admit the record; what none says is the
 * router's.
 */
static bool conclude(const struct yg_mapping_view *view, const struct said *said,
		     const struct yg_logsource *logsource)
{
	struct yg_logsource rest = *logsource;

	for (int k = 0; k < 3; k++)
		if (said->is_said[k] && !said->is_admitted[k])
			return false;
	if (said->is_said[0])
		rest.category = (struct yg_bytes){0};
	if (said->is_said[1])
		rest.service = (struct yg_bytes){0};
	if ((said->is_said[0] || said->is_said[1] || said->is_said[2]) && !rest.category.size &&
	    !rest.service.size)
		return true; /* the product too is what the entries say */
	return router_says(view, &rest);
}

bool yg_mapping_admits(const struct yg_mapping_view *view, const struct yg_logsource *logsource)
{
	const struct yg_mapping *mapping = view->mapping;
	struct said said = {0};

	for (uint32_t i = 0; i < mapping->count; i++)
		if (yg_mapping_fits(&mapping->entries[i], logsource))
			hear(&said, &mapping->entries[i], view->admits[i]);
	return conclude(view, &said, logsource);
}

/* The same for what is rewritten to, whose entries have been decided. */
static bool need_admits(struct yg_mapping_view *view, uint32_t index)
{
	const struct yg_mapping_need *need = &view->mapping->needs[index];
	struct said said = {0};

	if (!view->needs[index]) {
		for (uint32_t i = 0; i < need->count; i++)
			hear(&said, &view->mapping->entries[need->entries[i]],
			     view->admits[need->entries[i]]);
		view->needs[index] = conclude(view, &said, &need->source) ? 2 : 1;
	}
	return view->needs[index] == 2;
}

static bool entry_admits(struct yg_mapping_view *view, const struct yg_mapping_entry *entry)
{
	for (uint32_t i = 0; i < entry->test_count; i++)
		if (!test_holds(view, &entry->tests[i]))
			return false;
	if (!is_from(view, entry) || (entry->is_left && !router_says(view, &entry->source)))
		return false;
	return !entry->is_rewritten || need_admits(view, entry->need);
}

void yg_mapping_look(struct yg_mapping_view *view)
{
	const struct yg_mapping *mapping = view->mapping;

	memset(view->needs, 0, mapping->need_count);
	for (uint32_t i = 0; i < mapping->count; i++)
		view->admits[mapping->order[i]] =
			entry_admits(view, &mapping->entries[mapping->order[i]]);
}

/* --- grouping beforehand ---------------------------------------------------------------------- */

struct reaching {
	struct yg_mapping_view *view;
	const struct yg_logsource *sources;
	uint32_t count;
	uint8_t *taken;
};

static void look_at_kind(struct reaching *r)
{
	yg_mapping_look(r->view);
	for (uint32_t i = 0; i < r->count; i++)
		if (!r->taken[i] && yg_mapping_covers(r->view->mapping, &r->sources[i]))
			r->taken[i] = yg_mapping_admits(r->view, &r->sources[i]);
}

static void look_at_event(void *arg, uint32_t route, struct yg_bytes channel, uint32_t event_code)
{
	struct reaching *r = arg;

	if (route != r->view->route)
		return;
	r->view->has_channel = true;
	r->view->channel = channel;
	r->view->is_foreign_channel = channel.size == 0;
	r->view->event_code = event_code;
	look_at_kind(r);
}

void yg_mapping_reaches(const struct yg_mapping *mapping, const struct yg_router *router,
			uint32_t route, const struct yg_logsource *sources, uint32_t count,
			uint8_t *ret_taken)
{
	struct yg_mapping_view view = {.mapping = mapping, .router = router, .route = route};
	struct reaching r = {&view, sources, count, ret_taken};

	for (uint32_t i = 0; i < count; i++)
		if (yg_mapping_covers(mapping, &sources[i]))
			ret_taken[i] = 0;
	yg_router_each_event(router, look_at_event, &r);
	if (view.has_channel)
		return;
	/* Not a route of channels: a record that names none, or of another format. */
	view.has_channel = route != YG_ROUTE_OPEN;
	look_at_kind(&r);
}

/* --- fields that are called otherwise ----------------------------------------------------------
 */

static int rename_field(struct yg_event *event, const struct yg_mapping_rename *rename)
{
	uint32_t as = yg_names_find(event->names, rename->as);
	uint32_t from = yg_names_find(event->names, rename->from);
	const struct yg_field *found = from == YG_NAME_OTHER ? NULL : yg_event_find(event, from);
	struct yg_field copy;

	if (!found || as == YG_NAME_OTHER || yg_event_find(event, as))
		return YG_OK;
	copy = *found;
	copy.name_id = as;
	copy.name = yg_names_text(event->names, as);
	copy.is_derived = 1;
	return yg_event_add_field(event, &copy);
}

int yg_mapping_rename(const struct yg_mapping_view *view)
{
	const struct yg_mapping *mapping = view->mapping;
	int rc = YG_OK;

	assert(view->event);
	for (uint32_t i = 0; i < mapping->count && rc == YG_OK; i++)
		for (uint32_t k = 0;
		     view->admits[i] && k < mapping->entries[i].rename_count && rc == YG_OK; k++)
			rc = rename_field(view->event, &mapping->entries[i].renames[k]);
	return rc;
}
