/* SPDX-License-Identifier: Apache-2.0 */
/* Which kinds of line a record can be: by its first byte and by words that have to be in it. */
#include "parse/description-int.h"

#include "base/ban.h"

static uint32_t gram(const uint8_t *at)
{
	uint32_t three = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;

	return (three * 0x9e3779b1u) >> 20;
}

void yg_grams_make(struct yg_grams *grams, struct yg_bytes text)
{
	memset(grams->bits, 0, sizeof(grams->bits));
	for (size_t i = 0; i + 3 <= text.size; i++) {
		uint32_t bit = gram(text.data + i);

		grams->bits[bit / 64] |= UINT64_C(1) << (bit % 64);
	}
	grams->is_made = true;
}

/* Triples spread over the word. */
static struct yg_probes probes_of(struct yg_bytes word)
{
	struct yg_probes probes = {0};
	size_t places = word.size >= 3 ? word.size - 2 : 0;

	for (uint32_t i = 0; i < YG_GRAM_PROBES && i < places; i++)
		probes.bits[probes.count++] = (uint16_t)gram(
			word.data +
			i * (places > YG_GRAM_PROBES ? (places - 1) / (YG_GRAM_PROBES - 1) : 1));
	return probes;
}

static int add(struct yg_sources *sources, struct yg_kinds *kinds, struct yg_kind *kind)
{
	if (kinds->count == kinds->room) {
		uint32_t room = kinds->room ? kinds->room * 2 : 4;
		struct yg_kind **items = yg_arena_alloc(sources->arena, room * sizeof(*items));

		if (!items)
			return YG_ENOMEM;
		if (kinds->count > 0)
			memcpy(items, kinds->items, kinds->count * sizeof(*items));
		kinds->items = items; /* the old ones stay in the arena: half as many in all */
		kinds->room = room;
	}
	kinds->items[kinds->count++] = kind;
	return YG_OK;
}

/* May a record of this kind begin with @byte? Cells may stand in quotes. */
static bool may_begin(const struct yg_source_line *line, unsigned byte)
{
	const struct yg_line_pattern *pattern = line->cells ? line->cells[0] : line->pattern;

	if (!pattern || (line->cells && (byte == '"' || byte == line->separator)))
		return true;
	return (pattern->first[byte / 8] & (1u << (byte % 8))) != 0;
}

/* By what records of a source that joins are told before they are read (parse/join.h). */
static int note_join(struct yg_sources *sources, const struct yg_source *source)
{
	int rc = YG_OK;

	if (source->join_key_count == 0)
		return YG_OK;
	sources->is_joining = true;
	for (uint32_t i = 0; i < source->program_count; i++) {
		uint32_t bit = yg_program_bit(source->programs[i]);

		sources->join_programs[bit / 64] |= UINT64_C(1) << (bit % 64);
	}
	for (uint32_t i = 0; source->in_lines && i < source->line_count && rc == YG_OK; i++) {
		const struct yg_source_line *line = &source->lines[i];
		struct yg_kind *kind;

		if (!yg_source_line_joins(line))
			continue;
		for (unsigned byte = 0; byte < 256; byte++)
			if (may_begin(line, byte))
				sources->join_first[byte / 64] |= UINT64_C(1) << (byte % 64);
		kind = yg_arena_zalloc(sources->arena, sizeof(*kind));
		if (!kind)
			return YG_ENOMEM;
		kind->source = source;
		kind->line = line;
		rc = add(sources, &sources->joining, kind);
	}
	return rc;
}

bool yg_sources_join(const struct yg_sources *sources)
{
	return sources && sources->is_joining;
}

int yg_sources_note(struct yg_sources *sources, const struct yg_source *source)
{
	int rc = note_join(sources, source);

	if (rc != YG_OK)
		return rc;
	for (uint32_t i = 0; i < source->program_count; i++) {
		uint32_t bit = yg_program_bit(source->programs[i]);

		sources->programs[bit / 64] |= UINT64_C(1) << (bit % 64);
	}
	for (uint32_t i = 0; i < source->line_count; i++) {
		const struct yg_source_line *line = &source->lines[i];
		struct yg_kind *kind = yg_arena_zalloc(sources->arena, sizeof(*kind));

		if (!kind)
			return YG_ENOMEM;
		kind->source = source;
		kind->line = line;
		if (line->pattern)
			kind->anchor = probes_of(line->pattern->anchor);
		if (source->need_count > 0)
			kind->need = probes_of(source->needs[0]);
		if (line->members)
			rc = add(sources, &sources->of_object, kind);
		for (unsigned byte = 0; byte < 256 && !line->members && rc == YG_OK; byte++) {
			if (!may_begin(line, byte))
				continue;
			if (source->in_lines)
				rc = add(sources, &sources->of_line[byte], kind);
			if (rc == YG_OK && source->in_syslog)
				rc = add(sources, &sources->of_message[byte], kind);
		}
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}
