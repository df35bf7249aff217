/* SPDX-License-Identifier: Apache-2.0 */
#include "render/advice.h"

#include <assert.h>

#include "render/advice-int.h"

#include "base/ban.h"

/* -1, 0, 1: @key against the C string @text, bytewise. */
static int order(struct yg_bytes key, const char *text)
{
	struct yg_bytes other = yg_bytes_str(text);
	size_t size = key.size < other.size ? key.size : other.size;
	int by_bytes = size > 0 ? memcmp(key.data, other.data, size) : 0;

	if (by_bytes != 0)
		return by_bytes < 0 ? -1 : 1;
	return (key.size > other.size) - (key.size < other.size);
}

static const struct yg_advice_row *find(struct yg_bytes key)
{
	size_t low = 0;
	size_t high = yg_advice_row_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int to = order(key, yg_advice_rows[mid].key);

		if (to == 0)
			return &yg_advice_rows[mid];
		if (to < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

bool yg_advice_has(struct yg_bytes key)
{
	return find(key) != NULL;
}

struct yg_advice yg_advice_for(struct yg_bytes key, enum yg_attack_field field,
			       enum yg_outcome outcome, enum yg_lang lang)
{
	const struct yg_advice_row *row = find(key);

	assert(outcome <= YG_OUTCOME_POSSIBLE);
	if (!row)
		row = find(yg_bytes_str(yg_attack_name(field)));
	assert(row); /* tools/advice.py ends the build when a field has no advice */
	return (struct yg_advice){
		.what = row->what[outcome][lang],
		.do_now = row->do_now[outcome][lang],
		.do_not = row->do_not[outcome][lang],
		.whom = row->whom,
	};
}

const char *yg_advice_contacts(const char *whom, enum yg_lang lang, const char **ret_checked)
{
	const struct yg_contact_row *row = NULL;

	for (size_t i = 0; i < yg_contact_row_count; i++) {
		if (strcmp(yg_contact_rows[i].whom, whom) == 0)
			row = &yg_contact_rows[i];
		else if (!row && strcmp(yg_contact_rows[i].whom, "general") == 0)
			row = &yg_contact_rows[i];
	}
	assert(row); /* tools/advice.py ends the build without a list "general" */
	*ret_checked = row->checked;
	return row->lines[lang];
}
