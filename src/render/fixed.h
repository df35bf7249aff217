/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/fixed.h - the reviewed sentences of notices and questions (texts/fixed.json, which says
 * where each stands and how one is changed). Compiled in by tools/fixed.py. Thread-safe.
 */
#pragma once

#include "base/tr.h"

/* In the order of the file. */
#define YG_FIXED_MAP(X) /* clang-format off */ \
	X(USE_RESTRICTION) \
	X(UNCONFIRMED) \
	X(UNCONFIRMED_WORDS) \
	X(NO_GUARANTEE) \
	X(NO_ADVICE) \
	X(NOT_OFF) \
	X(WITHDRAWAL) \
	X(CORRECTION) \
	X(EXERCISE) \
	X(CONSENT) \
	X(CONSENT_YES) \
	X(CONSENT_SEE) \
	X(CONSENT_NO) \
	X(ENTER_NUMBER) \
	X(ASK_BACK) \
	X(TLP_CLEAR) \
	X(TLP_GREEN) \
	X(TLP_AMBER) \
	X(TLP_AMBER_STRICT) \
	X(TLP_RED) \
	X(PAP_CLEAR) \
	X(PAP_GREEN) \
	X(PAP_AMBER) \
	X(PAP_RED)
/* clang-format on */
enum yg_fixed {
#define X(code) YG_FIXED_##code,
	YG_FIXED_MAP(X)
#undef X
		YG_FIXED_COUNT
};

extern const char *const yg_fixed_rows[YG_FIXED_COUNT][2]; /* generated: English, Japanese */

/* The sentence in @lang; places to fill are %1. Never NULL, never freed. */
static inline const char *yg_fixed(enum yg_fixed text, enum yg_lang lang)
{
	return yg_fixed_rows[text][lang == YG_LANG_JA];
}
