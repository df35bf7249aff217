/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a framework file: what is there, in the right form, or an exact complaint. */
#include "base/hash.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "model/day.h"
#include "parse/framework-int.h"

#include "base/ban.h"

#define SHOW_MAX 60u

int yg_fw_no_memory(struct yg_fw_reader *reader)
{
	return yg_line_fault_set(reader->fault, YG_ENOMEM, 0, "out of memory");
}

struct yg_bytes yg_fw_show(struct yg_bytes b)
{
	size_t size = 0;

	while (size < b.size) {
		size_t step = yg_utf8_size(yg_bytes_from(b, size));

		if (step == 0 || size + step > SHOW_MAX || b.data[size] < ' ')
			break;
		size += step;
	}
	return (struct yg_bytes){b.data, size};
}

void *yg_fw_alloc(struct yg_fw_reader *reader, size_t count, size_t size)
{
	void *room = yg_arena_zalloc(reader->arena, (count ? count : 1) * size);

	if (!room)
		(void)yg_fw_no_memory(reader); /* the caller returns it */
	return room;
}

int yg_fw_names_init(struct yg_fw_reader *reader, struct yg_fw_names *names, uint32_t count)
{
	uint32_t room = 16;

	while (room < count * 2)
		room *= 2;
	names->slots = yg_fw_alloc(reader, room, sizeof(*names->slots));
	names->values = yg_fw_alloc(reader, room, sizeof(*names->values));
	names->mask = room - 1;
	return names->slots && names->values ? YG_OK : YG_ENOMEM;
}

/* A keyed hash that does not see letter case: the names come from outside. */
static uint64_t hash_name(struct yg_bytes name)
{
	uint64_t hash = yg_hash_secret();
	uint8_t part[64];

	for (size_t at = 0; at < name.size; at += sizeof(part)) {
		size_t size = name.size - at < sizeof(part) ? name.size - at : sizeof(part);

		for (size_t i = 0; i < size; i++) {
			uint8_t c = name.data[at + i];

			part[i] = (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		}
		hash = yg_hash64((struct yg_bytes){part, size}, hash);
	}
	return hash;
}

static uint32_t find_slot(const struct yg_fw_names *names, struct yg_bytes name)
{
	uint32_t slot = (uint32_t)hash_name(name) & names->mask;

	while (names->slots[slot] && !yg_bytes_eq_nocase(*names->slots[slot], name))
		slot = (slot + 1) & names->mask;
	return slot;
}

bool yg_fw_names_add(struct yg_fw_names *names, const struct yg_bytes *name, uint32_t value,
		     uint32_t *ret_old)
{
	uint32_t slot = find_slot(names, *name);

	if (names->slots[slot]) {
		*ret_old = names->values[slot];
		return false;
	}
	names->slots[slot] = name;
	names->values[slot] = value;
	return true;
}

uint32_t yg_fw_names_get(const struct yg_fw_names *names, struct yg_bytes name)
{
	uint32_t slot = find_slot(names, name);

	return names->slots[slot] ? names->values[slot] : UINT32_MAX;
}

const struct yg_yaml *yg_fw_get(const struct yg_yaml *map, const char *key)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	return yg_yaml_is_null(node) ? NULL : node;
}

int yg_fw_text(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       struct yg_bytes *ret)
{
	const struct yg_yaml *node = yg_fw_get(map, key);

	*ret = (struct yg_bytes){0};
	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_SCALAR)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, node->line,
					 "'%s' must be one text, not a list or map", key);
	*ret = yg_bytes_trim(node->text);
	return YG_OK;
}

int yg_fw_need(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       const char *place, struct yg_bytes *ret)
{
	int rc = yg_fw_text(reader, map, key, ret);

	if (rc == YG_OK && ret->size == 0)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line, "%s has no '%s'",
					 place, key);
	return rc;
}

int yg_fw_list(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       uint32_t max, const struct yg_yaml **ret)
{
	const struct yg_yaml *node = yg_fw_get(map, key);

	*ret = NULL;
	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_LIST)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, node->line,
					 "'%s' must be a list", key);
	if (node->count > max)
		return yg_line_fault_set(reader->fault, YG_ELIMIT, node->line,
					 "'%s' has %u items; at most %u are read", key, node->count,
					 max);
	*ret = node;
	return YG_OK;
}

int yg_fw_map(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	      const struct yg_yaml **ret)
{
	const struct yg_yaml *node = yg_fw_get(map, key);

	*ret = NULL;
	if (node && node->kind != YG_YAML_MAP)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, node->line,
					 "'%s' must be a map", key);
	*ret = node;
	return YG_OK;
}

int yg_fw_items(struct yg_fw_reader *reader, const struct yg_yaml *list, struct yg_text_list *ret)
{
	struct yg_bytes *items;

	*ret = (struct yg_text_list){0};
	if (!list || yg_yaml_is_null(list))
		return YG_OK;
	if (list->kind != YG_YAML_LIST)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, list->line,
					 "'%.*s' must be a list", YG_FMT(yg_fw_show(list->key)));
	if (list->count > YG_FW_LIST_MAX)
		return yg_line_fault_set(reader->fault, YG_ELIMIT, list->line,
					 "'%.*s' has %u items; at most %u are read",
					 YG_FMT(yg_fw_show(list->key)), list->count,
					 YG_FW_LIST_MAX);
	items = yg_fw_alloc(reader, list->count, sizeof(*items));
	if (!items)
		return YG_ENOMEM;
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		struct yg_bytes text = yg_bytes_trim(item->text);

		if (item->kind != YG_YAML_SCALAR || yg_yaml_is_null(item) || text.size == 0)
			return yg_line_fault_set(reader->fault, YG_EFORMAT, item->line,
						 "each item of '%.*s' must be a text",
						 YG_FMT(yg_fw_show(list->key)));
		items[ret->count++] = text;
	}
	ret->items = items;
	return YG_OK;
}

int yg_fw_text_list(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		    struct yg_text_list *ret)
{
	return yg_fw_items(reader, yg_yaml_get(map, key), ret);
}

int yg_fw_int(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	      int64_t least, int64_t most, int32_t *ret)
{
	struct yg_bytes text;
	int64_t value;
	int rc = yg_fw_text(reader, map, key, &text);

	if (rc != YG_OK || text.size == 0)
		return rc;
	if (!yg_bytes_i64(text, &value) || value < least || value > most)
		return yg_line_fault_set(
			reader->fault, YG_EFORMAT, yg_fw_get(map, key)->line,
			"'%s' must be a whole number from %lld to %lld, not '%.*s'", key,
			(long long)least, (long long)most, YG_FMT(yg_fw_show(text)));
	*ret = (int32_t)value;
	return YG_OK;
}

/* "3", "3.5", "-0.125" × 1000. */
static bool read_milli(struct yg_bytes text, int32_t *ret)
{
	size_t dot = yg_bytes_chr(text, '.');
	struct yg_bytes whole = yg_bytes_cut(text, 0, dot);
	struct yg_bytes rest =
		dot == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(text, dot + 1);
	int64_t value;
	int64_t part = 0;

	if (!yg_bytes_i64(whole, &value) || value < -YG_FW_NUMBER_MAX || value > YG_FW_NUMBER_MAX ||
	    rest.size > 3 || (dot != SIZE_MAX && rest.size == 0))
		return false;
	for (size_t i = 0; i < 3; i++) {
		uint8_t c = i < rest.size ? rest.data[i] : '0';

		if (c < '0' || c > '9')
			return false;
		part = part * 10 + c - '0';
	}
	*ret = (int32_t)(value * 1000 + (whole.data[0] == '-' ? -part : part));
	return true;
}

int yg_fw_milli(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		int32_t *ret)
{
	struct yg_bytes text;
	int rc = yg_fw_text(reader, map, key, &text);

	if (rc != YG_OK || text.size == 0)
		return rc;
	if (!read_milli(text, ret))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, key)->line,
					 "'%s' must be a number of at most %d with up to three "
					 "decimal places, not '%.*s'",
					 key, YG_FW_NUMBER_MAX, YG_FMT(yg_fw_show(text)));
	return YG_OK;
}

int yg_fw_bool(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key, bool *ret)
{
	static const char *const no[] = {"false", "no", "off"};
	static const char *const yes[] = {"true", "yes", "on"};
	struct yg_bytes text;
	int rc = yg_fw_text(reader, map, key, &text);

	if (rc != YG_OK || text.size == 0)
		return rc;
	for (uint32_t i = 0; i < YG_FW_COUNT(no); i++) {
		bool is_yes = yg_bytes_eq_nocase(text, yg_bytes_str(yes[i]));

		if (is_yes || yg_bytes_eq_nocase(text, yg_bytes_str(no[i]))) {
			*ret = is_yes;
			return YG_OK;
		}
	}
	return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, key)->line,
				 "'%s' must be true or false, not '%.*s'", key,
				 YG_FMT(yg_fw_show(text)));
}

int yg_fw_period(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		 struct yg_period *ret)
{
	struct yg_bytes text;
	int rc = yg_fw_text(reader, map, key, &text);

	if (rc == YG_OK && text.size > 0 && !yg_period_read(text, ret))
		return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, key)->line,
					 "'%s' must be a span such as P1Y, P6M or P14D, not '%.*s'",
					 key, YG_FMT(yg_fw_show(text)));
	return rc;
}

/* Put what a translation says into one of the two places; it goes before the base text there. */
static int take_translation(struct yg_fw_reader *reader, const struct yg_yaml *translations,
			    const char *lang, const char *key, struct yg_bytes *to)
{
	struct yg_bytes text;
	const struct yg_yaml *map;
	int rc = yg_fw_map(reader, translations, lang, &map);

	if (rc == YG_OK)
		rc = yg_fw_text(reader, map, key, &text);
	if (rc == YG_OK && text.size > 0)
		*to = text;
	return rc;
}

int yg_fw_text2(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		struct yg_text2 *ret)
{
	const struct yg_yaml *translations;
	struct yg_bytes text;
	int rc = yg_fw_text(reader, map, key, &text);

	*ret = (struct yg_text2){0};
	if (rc == YG_OK)
		rc = yg_fw_map(reader, map, "translations", &translations);
	if (rc != YG_OK)
		return rc;
	*(reader->is_japanese ? &ret->ja : &ret->en) = text;
	rc = take_translation(reader, translations, "ja", key, &ret->ja);
	return rc == YG_OK ? take_translation(reader, translations, "en", key, &ret->en) : rc;
}

int yg_fw_words(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
		struct yg_text2 *ret)
{
	static const char *const languages[] = {"ja", "en"};
	const struct yg_yaml *node = yg_fw_get(map, key);
	int rc;

	*ret = (struct yg_text2){0};
	if (!node)
		return YG_OK;
	if (node->kind == YG_YAML_SCALAR) {
		*(reader->is_japanese ? &ret->ja : &ret->en) = yg_bytes_trim(node->text);
		return YG_OK;
	}
	rc = yg_fw_own_keys(reader, node, key, languages, YG_FW_COUNT(languages));
	if (rc == YG_OK)
		rc = yg_fw_text(reader, node, "ja", &ret->ja);
	return rc == YG_OK ? yg_fw_text(reader, node, "en", &ret->en) : rc;
}

int yg_fw_word(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *key,
	       const char *const *words, uint32_t count, uint32_t *ret)
{
	struct yg_bytes text;
	const char *nearest;
	char all[128] = "";
	int rc = yg_fw_text(reader, map, key, &text);

	if (rc != YG_OK || !yg_fw_get(map, key))
		return rc;
	for (uint32_t i = 0; i < count; i++)
		if (yg_bytes_eq(text, yg_bytes_str(words[i]))) {
			*ret = i;
			return YG_OK;
		}
	nearest = yg_nearest(text, words, count);
	for (uint32_t i = 0; i < count; i++) {
		size_t used = strlen(all);

		(void)snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", words[i]);
	}
	return yg_line_fault_set(reader->fault, YG_EFORMAT, yg_fw_get(map, key)->line,
				 "'%s' cannot be '%.*s'%s%s%s; it is one of: %s", key,
				 YG_FMT(yg_fw_show(text)), nearest ? " (nearest: '" : "",
				 nearest ? nearest : "", nearest ? "')" : "", all);
}

static bool is_among(struct yg_bytes word, const char *const *words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (yg_bytes_eq(word, yg_bytes_str(words[i])))
			return true;
	return false;
}

int yg_fw_x_keys(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *place,
		 const char *const *ours, uint32_t count)
{
	static const char *const all[] = {"x_source", "x_rules", "x_answers", "x_evidence",
					  "x_help"};
	static const char *const places[] = {"the library or a requirement node",
					     "objects.framework",
					     "objects.framework or a requirement node",
					     "a requirement node", "a requirement node"};

	for (const struct yg_yaml *node = map->first; node; node = node->next) {
		const char *nearest;

		if (!yg_bytes_starts(node->key, YG_S("x_")) || is_among(node->key, ours, count))
			continue;
		for (uint32_t i = 0; i < YG_FW_COUNT(all); i++)
			if (yg_bytes_eq(node->key, yg_bytes_str(all[i])))
				return yg_line_fault_set(reader->fault, YG_EFORMAT, node->line,
							 "'%s' belongs to %s, not to %s", all[i],
							 places[i], place);
		nearest =
			yg_nearest(node->key, count ? ours : all, count ? count : YG_FW_COUNT(all));
		return yg_line_fault_set(
			reader->fault, YG_EFORMAT, node->line, "%s has no key '%.*s'%s%s%s", place,
			YG_FMT(yg_fw_show(node->key)), nearest ? "; nearest: '" : "",
			nearest ? nearest : "", nearest ? "'" : "");
	}
	return YG_OK;
}

int yg_fw_own_keys(struct yg_fw_reader *reader, const struct yg_yaml *map, const char *place,
		   const char *const *keys, uint32_t count)
{
	if (map->kind != YG_YAML_MAP)
		return yg_line_fault_set(reader->fault, YG_EFORMAT, map->line, "%s must be a map",
					 place);
	for (const struct yg_yaml *node = map->first; node; node = node->next) {
		const char *nearest;

		if (is_among(node->key, keys, count))
			continue;
		nearest = yg_nearest(node->key, keys, count);
		return yg_line_fault_set(
			reader->fault, YG_EFORMAT, node->line, "%s has no key '%.*s'%s%s%s", place,
			YG_FMT(yg_fw_show(node->key)), nearest ? "; nearest: '" : "",
			nearest ? nearest : "", nearest ? "'" : "");
	}
	return YG_OK;
}
