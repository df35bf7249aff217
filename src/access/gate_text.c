/* SPDX-License-Identifier: Apache-2.0 */
/* A text through all its layers: as it is, with escapes undone, and what base64 and hex hide. */
#include "access/gate-int.h"
#include "base/utf8.h"

#include "base/ban.h"

#define RUN_MIN	   8u  /* characters of a run that is looked into */
#define RUN_HEX	   8u  /* the same of hex digits */
#define RUN_OPAQUE 40u /* from here on a run of mixed characters that says nothing is taken out */
#define SCAN_MIN   7u  /* bytes that a run hides, before patterns are looked for in them */
#define TEXT_ARENA (32u << 20)

/* One text on its way; @scan NULL: only what points to the organisation is looked for. */
struct look {
	const struct yg_own *own;
	const struct yg_scan *scan;
	bool with_names;
	struct yg_arena *arena;
	struct yg_spans *spans;
	struct yg_spans hidden; /* of what a run hides */
	unsigned runs;
};

void yg_spans_add(struct yg_spans *spans, size_t start, size_t end, enum yg_taken why)
{
	for (size_t i = 0; i < spans->count; i++)
		if (spans->at[i].start <= start && spans->at[i].end >= end)
			return;
	if (spans->count == YG_GATE_SPANS_MAX) {
		spans->is_over = true;
		return;
	}
	spans->at[spans->count++] = (struct yg_span){(uint32_t)start, (uint32_t)end, why};
}

static int by_start(const void *a, const void *b)
{
	const struct yg_span *left = a;
	const struct yg_span *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return left->end > right->end ? -1 : left->end < right->end;
}

/* In order, and those that overlap as one, for the reason of the longer. */
static void settle(struct yg_spans *spans)
{
	size_t count = 0;

	if (spans->count == 0)
		return;
	qsort(spans->at, spans->count, sizeof(spans->at[0]), by_start);
	for (size_t i = 1; i < spans->count; i++) {
		struct yg_span *last = &spans->at[count];
		struct yg_span next = spans->at[i];

		if (next.start >= last->end) {
			spans->at[++count] = next;
			continue;
		}
		if (next.end - next.start > last->end - last->start)
			last->why = next.why;
		last->end = next.end > last->end ? next.end : last->end;
	}
	spans->count = count + 1;
}

static bool search(struct look *look, struct yg_units units, bool is_scanned,
		   struct yg_spans *spans)
{
	struct yg_units folded;

	if (!yg_units_fold(look->arena, units, &folded) ||
	    !yg_own_search(look->own, look->with_names, folded, look->arena, spans))
		return false;
	return !is_scanned || !look->scan || yg_scan_units(look->scan, folded, look->arena, spans);
}

/* ---- what base64 and hex hide ---- */

static int digit64(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (int)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (int)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (int)(c - '0') + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static size_t decode64(const struct yg_unit *run, size_t size, uint8_t *to)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 6 | (uint32_t)digit64(run[i].point);
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[count++] = (uint8_t)(bits >> have);
		}
	}
	return count;
}

/* Is most of it characters that a text is made of? */
static bool is_texty(struct yg_units units)
{
	size_t good = 0;

	for (size_t i = 0; i < units.count; i++)
		good += units.at[i].point >= ' ' && units.at[i].point != 0xfffd &&
			units.at[i].point != 0x7f;
	return units.count > 1 && good * 4 >= units.count * 3;
}

/* *ret: @bytes, as UTF-8 or UTF-16, say something that must not leave. False without room. */
static bool hides(struct look *look, struct yg_bytes bytes, bool *ret)
{
	for (int wide = 0; wide < 3 && !*ret; wide++) {
		struct yg_units units;
		bool is_changed = false;

		look->hidden.count = 0;
		if (!yg_units_of(look->arena, yg_bytes_from(bytes, wide == 2), wide > 0, 0, 1,
				 &units))
			return false;
		for (unsigned layer = 0; layer < 2 && is_texty(units); layer++) {
			if (!search(look, units, bytes.size >= SCAN_MIN, &look->hidden) ||
			    !yg_units_decode(look->arena, units, false, &units, &is_changed))
				return false;
			if (!is_changed)
				break;
		}
		*ret = look->hidden.count > 0;
	}
	return true;
}

static bool is_hex_run(const struct yg_unit *run, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (run[i].point >= 0x80 || yg_hex_digit((uint8_t)run[i].point) < 0)
			return false;
	return true;
}

/* Letters of both cases and digits without a sense: what it carries cannot be seen. */
static bool is_opaque(const struct yg_unit *run, size_t size)
{
	size_t upper = 0;
	size_t lower = 0;
	size_t digit = 0;

	for (size_t i = 0; i < size; i++) {
		upper += run[i].point >= 'A' && run[i].point <= 'Z';
		lower += run[i].point >= 'a' && run[i].point <= 'z';
		digit += run[i].point >= '0' && run[i].point <= '9';
	}
	return size >= RUN_OPAQUE && upper > 2 && lower > 2 && digit > 1;
}

static bool run_hides(struct look *look, const struct yg_unit *run, size_t size, bool *ret)
{
	uint8_t *bytes = yg_arena_alloc(look->arena, size + 1);

	*ret = false;
	if (!bytes)
		return false;
	if (is_hex_run(run, size)) {
		size_t count = 0;

		for (size_t i = 0; i + 1 < size; i += 2)
			bytes[count++] = (uint8_t)(yg_hex_digit((uint8_t)run[i].point) << 4 |
						   yg_hex_digit((uint8_t)run[i + 1].point));
		return hides(look, (struct yg_bytes){bytes, count}, ret);
	}
	/* A hash or a key is opaque by nature: in structured values it may be. */
	*ret = look->scan && is_opaque(run, size);
	/* A run may begin in the middle of one: with what stands before it. */
	for (size_t skip = 0; skip < 4 && skip < size && !*ret; skip++) {
		size_t count = decode64(run + skip, size - skip, bytes);

		if (!hides(look, (struct yg_bytes){bytes, count}, ret))
			return false;
	}
	return true;
}

static bool search_runs(struct look *look, struct yg_units units)
{
	for (size_t i = 0; i < units.count;) {
		size_t end = i;
		bool is_bad;

		while (end < units.count && digit64(units.at[end].point) >= 0)
			end++;
		if (end - i >= RUN_MIN) {
			if (++look->runs > YG_GATE_RUNS_MAX) {
				look->spans->is_over = true;
				return true;
			}
			if (!run_hides(look, units.at + i, end - i, &is_bad))
				return false;
			if (is_bad)
				yg_spans_add(look->spans, units.at[i].start, units.at[end - 1].end,
					     YG_TAKEN_ENCODED);
		}
		i = end > i ? end : i + 1;
	}
	return true;
}

/* ---- all layers ---- */

static bool layer(struct look *look, struct yg_units units)
{
	return search(look, units, true, look->spans) && search_runs(look, units);
}

/* False without room. */
static bool all_layers(struct look *look, struct yg_bytes text)
{
	struct yg_units first;
	struct yg_units units;
	bool is_changed = true;

	if (!yg_units_read(look->arena, text, &first) || !layer(look, first))
		return false;
	units = first;
	for (unsigned depth = 0; depth < YG_GATE_LAYERS; depth++) {
		if (!yg_units_decode(look->arena, units, false, &units, &is_changed))
			return false;
		if (!is_changed)
			break;
		if (!layer(look, units))
			return false;
	}
	if (is_changed && (!yg_units_decode(look->arena, units, false, &units, &is_changed)))
		return false;
	if (is_changed)
		look->spans->is_over = true; /* it goes on and on: nobody writes so */
	if (!yg_units_decode(look->arena, first, true, &units, &is_changed))
		return false;
	return !is_changed || search(look, units, true, look->spans);
}

static int run_look(struct look *look, struct yg_bytes text, struct yg_spans *spans)
{
	bool has_room;

	spans->count = 0;
	spans->is_over = false;
	if (text.size > YG_GATE_TEXT_MAX)
		return YG_ELIMIT;
	look->arena = yg_arena_new(TEXT_ARENA);
	look->spans = spans;
	if (!look->arena)
		return YG_ENOMEM;
	has_room = all_layers(look, text);
	yg_arena_free(look->arena);
	if (!has_room || spans->is_over)
		return YG_ELIMIT;
	settle(spans);
	return YG_OK;
}

int yg_gate_spans(const struct yg_scan *scan, bool with_names, struct yg_bytes text,
		  struct yg_spans *spans)
{
	struct look look = {.own = scan->own, .scan = scan, .with_names = with_names};

	return run_look(&look, text, spans);
}

bool yg_gate_is_named(const struct yg_own *own, bool with_names, struct yg_bytes text)
{
	struct look look = {.own = own, .with_names = with_names};
	struct yg_spans spans;

	return run_look(&look, text, &spans) != YG_OK || spans.count > 0;
}
