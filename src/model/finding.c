/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

#include <assert.h>

#include "base/ban.h"

static const char *const levels[] = {"informational", "low", "medium", "high", "critical"};
static const char *const kinds[] = {"pattern", "indicator", "behaviour", "correlation"};
static const char *const outcomes[] = {"unknown", "attempt", "possible"};
static const char *const reasons[] = {
#define X(code, text) [YG_REASON_##code] = text,
	YG_REASON_MAP(X)
#undef X
};
static const struct {
	const char *name;
	const char *words;
} fields[] = {
#define X(code, name, words) [YG_ATTACK_##code] = {name, words},
	YG_FIELD_OF_ATTACK_MAP(X)
#undef X
};

const char *yg_level_name(enum yg_level level)
{
	assert(level <= YG_LEVEL_CRITICAL);
	return levels[level];
}

bool yg_level_by_name(struct yg_bytes name, enum yg_level *ret)
{
	if (yg_bytes_eq_nocase(name, YG_S("info"))) {
		*ret = YG_LEVEL_INFORMATIONAL;
		return true;
	}
	for (enum yg_level level = 0; level <= YG_LEVEL_CRITICAL; level++) {
		if (yg_bytes_eq_nocase(name, yg_bytes_str(levels[level]))) {
			*ret = level;
			return true;
		}
	}
	return false;
}

const char *yg_kind_name(enum yg_finding_kind kind)
{
	assert(kind <= YG_KIND_CORRELATION);
	return kinds[kind];
}

const char *yg_outcome_name(enum yg_outcome outcome)
{
	assert(outcome <= YG_OUTCOME_POSSIBLE);
	return outcomes[outcome];
}

const char *yg_reason_template(enum yg_reason_code code)
{
	assert(code < sizeof(reasons) / sizeof(reasons[0]));
	return reasons[code];
}

void yg_reason_add(struct yg_buf *to, const char *template_text, const struct yg_reason *reason)
{
	struct yg_bytes rest = yg_bytes_str(template_text);

	while (rest.size > 0) {
		size_t at = yg_bytes_chr(rest, '{');
		uint8_t which;

		if (at > rest.size)
			at = rest.size;
		yg_buf_add(to, yg_bytes_cut(rest, 0, at));
		rest = yg_bytes_from(rest, at);
		if (rest.size == 0)
			return;
		which = rest.size >= 3 && rest.data[2] == '}' ? rest.data[1] : 0;
		if (which == '1' || which == '2')
			yg_buf_add_i64(to, reason->number[which - '1']);
		else if (which == '3')
			yg_buf_add(to, reason->text);
		else
			yg_buf_add_byte(to, '{');
		rest = yg_bytes_from(rest, which >= '1' && which <= '3' ? 3 : 1);
	}
}

const char *yg_attack_name(enum yg_attack_field field)
{
	assert(field < YG_ATTACK_COUNT);
	return fields[field].name;
}

const char *yg_attack_words(enum yg_attack_field field)
{
	assert(field < YG_ATTACK_COUNT);
	return fields[field].words;
}

bool yg_attack_by_name(struct yg_bytes name, enum yg_attack_field *ret)
{
	for (enum yg_attack_field f = 0; f < YG_ATTACK_COUNT; f++) {
		if (yg_bytes_eq(name, yg_bytes_str(fields[f].name))) {
			*ret = f;
			return true;
		}
	}
	return false;
}
