/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule people mean when they name one. */
#include "base/alloc.h"
#include "detect/rules-int.h"

#include "base/ban.h"

/* The part of a path behind its last slash. */
static struct yg_bytes last_part(struct yg_bytes path)
{
	for (size_t i = path.size; i > 0; i--)
		if (path.data[i - 1] == '/')
			return yg_bytes_from(path, i);
	return path;
}

static bool is_file(struct yg_bytes file, struct yg_bytes text)
{
	if (text.size == 0 || !yg_bytes_ends(file, text))
		return false;
	return file.size == text.size || text.data[0] == '/' ||
	       file.data[file.size - text.size - 1] == '/' ||
	       file.data[file.size - text.size - 1] == ':'; /* yagura:AREA/NAME.yml */
}

/* The only rule of the file, or UINT32_MAX with the first of several in *ret_first. */
static uint32_t by_file(const struct yg_rules *rules, struct yg_bytes text, uint32_t *ret_first)
{
	uint32_t count = 0;

	*ret_first = UINT32_MAX;
	for (uint32_t i = 0; i < rules->rule_count; i++) {
		if (!is_file(rules->rules[i].file, text) || rules->rules[i].state == YG_RULE_FILTER)
			continue;
		if (count++ == 0)
			*ret_first = i;
	}
	return count == 1 ? *ret_first : UINT32_MAX;
}

static uint32_t nearest(const struct yg_rules *rules, struct yg_bytes text)
{
	struct yg_bytes *names = yg_calloc(3 * (size_t)rules->rule_count + 1, sizeof(*names));
	size_t near = SIZE_MAX;

	if (!names)
		return UINT32_MAX; /* only a hint is lost */
	for (uint32_t i = 0; i < rules->rule_count; i++) {
		names[3 * (size_t)i] = rules->rules[i].info.id;
		names[3 * (size_t)i + 1] = rules->rules[i].info.title;
		names[3 * (size_t)i + 2] = last_part(rules->rules[i].file);
	}
	near = yg_nearest_of(last_part(text), names, 3 * (size_t)rules->rule_count);
	free(names);
	return near == SIZE_MAX ? UINT32_MAX : (uint32_t)(near / 3);
}

uint32_t yg_rules_meant(const struct yg_rules *rules, struct yg_bytes text, uint32_t *ret_near)
{
	uint32_t found = yg_rules_find(rules, text);

	*ret_near = UINT32_MAX;
	for (uint32_t i = 0; i < rules->rule_count && found == UINT32_MAX; i++)
		if (yg_bytes_eq_nocase(rules->rules[i].info.title, text))
			found = i;
	if (found == UINT32_MAX)
		found = by_file(rules, text, ret_near);
	if (found == UINT32_MAX && *ret_near == UINT32_MAX)
		*ret_near = nearest(rules, text);
	return found;
}
