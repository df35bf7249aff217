/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect/sigma_modifier.h - the modifier chain of a field, and the texts it makes of a value.
 * Private to src/detect (see rules-int.h).
 *
 * A text value is carried as a pattern: * and ? are wildcards, \* \? \\ the plain characters, and
 * no other backslash occurs.
 */
#pragma once

#include "detect/rules-int.h"

#define YG_MODIFIERS_MAX 12u /* of one field */

enum yg_modifier {
	YG_MOD_ALL,
	YG_MOD_STARTSWITH,
	YG_MOD_ENDSWITH,
	YG_MOD_CONTAINS,
	YG_MOD_EXISTS,
	YG_MOD_CASED,
	YG_MOD_NEQ,
	YG_MOD_WINDASH,
	YG_MOD_RE,
	YG_MOD_I,
	YG_MOD_M,
	YG_MOD_S,
	YG_MOD_BASE64,
	YG_MOD_BASE64OFFSET,
	YG_MOD_UTF16LE,
	YG_MOD_UTF16BE,
	YG_MOD_UTF16,
	YG_MOD_LT,
	YG_MOD_LTE,
	YG_MOD_GT,
	YG_MOD_GTE,
	YG_MOD_MINUTE,
	YG_MOD_HOUR,
	YG_MOD_DAY,
	YG_MOD_WEEK,
	YG_MOD_MONTH,
	YG_MOD_YEAR,
	YG_MOD_CIDR,
	YG_MOD_EXPAND,
	YG_MOD_FIELDREF,
	YG_MOD_COUNT,
};

#define YG_MOD_BIT(modifier) (1u << (modifier))
#define YG_MODS_WHERE                                                                              \
	(YG_MOD_BIT(YG_MOD_STARTSWITH) | YG_MOD_BIT(YG_MOD_ENDSWITH) | YG_MOD_BIT(YG_MOD_CONTAINS))
#define YG_MODS_WIDE                                                                               \
	(YG_MOD_BIT(YG_MOD_UTF16LE) | YG_MOD_BIT(YG_MOD_UTF16BE) | YG_MOD_BIT(YG_MOD_UTF16))
#define YG_MODS_BASE64 (YG_MOD_BIT(YG_MOD_BASE64) | YG_MOD_BIT(YG_MOD_BASE64OFFSET))
#define YG_MODS_COMPARE                                                                            \
	(YG_MOD_BIT(YG_MOD_LT) | YG_MOD_BIT(YG_MOD_LTE) | YG_MOD_BIT(YG_MOD_GT) |                  \
	 YG_MOD_BIT(YG_MOD_GTE))
#define YG_MODS_TIME                                                                               \
	(YG_MOD_BIT(YG_MOD_MINUTE) | YG_MOD_BIT(YG_MOD_HOUR) | YG_MOD_BIT(YG_MOD_DAY) |            \
	 YG_MOD_BIT(YG_MOD_WEEK) | YG_MOD_BIT(YG_MOD_MONTH) | YG_MOD_BIT(YG_MOD_YEAR))

struct yg_modifiers {
	struct yg_bytes field; /* empty: a keyword */
	uint32_t bits;
	uint8_t list[YG_MODIFIERS_MAX]; /* in the order written */
	uint32_t count;
};

static inline bool yg_mod_has(const struct yg_modifiers *mods, enum yg_modifier modifier)
{
	return (mods->bits & YG_MOD_BIT(modifier)) != 0;
}

/* Read `field|mod|mod`; refuses unknown, repeated and contradictory modifiers. */
YG_MUST_USE int yg_sigma_modifiers(struct yg_load *load, struct yg_bytes key, uint32_t line,
				   struct yg_modifiers *ret);

/* Patterns one value stands for. */
struct yg_forms {
	struct yg_bytes *items; /* in load->arena */
	uint32_t count;
};

/*
 * Sigma string @text -> patterns, placeholders filled in when @mods has expand, encoders applied
 * in their order. load->waits_for is set (and no form given) when a placeholder has no value.
 */
YG_MUST_USE int yg_sigma_forms(struct yg_load *load, const struct yg_modifiers *mods,
			       struct yg_bytes text, uint32_t line, struct yg_forms *ret);

/* True when @pattern has no wildcard; *ret is then the plain text, in @arena (NULL data: no
 * memory). */
bool yg_pattern_is_plain(struct yg_bytes pattern);
bool yg_pattern_plain(struct yg_arena *arena, struct yg_bytes pattern, struct yg_bytes *ret);
