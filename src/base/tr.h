/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/tr.h - the program's texts in two languages, by gettext catalogues.
 *
 * Texts are written in English in the source and marked with N_() or given to yg_tr(); po/ja.po
 * holds the Japanese. The compiled catalogue (msgfmt's .mo) is part of the binary, so that a
 * copied binary still speaks Japanese and the C locale is no obstacle; the language is a
 * parameter, because one process serves people of both.
 * Source: GNU gettext manual, "The Format of GNU MO Files". Thread-safe.
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define N_(text) text /* marks a text for xgettext; translated where it is shown */

enum yg_lang {
	YG_LANG_EN,
	YG_LANG_JA,
};

/* The text for @msgid in @lang; @msgid itself where there is none. Never NULL, never freed. */
const char *yg_tr(enum yg_lang lang, const char *msgid) __attribute__((format_arg(2)));

/* "ja" or "en". False for others. */
bool yg_lang_by_name(struct yg_bytes name, enum yg_lang *ret);

/* From LANGUAGE, LC_ALL, LC_MESSAGES, LANG in gettext's order; Japanese when it begins with ja. */
enum yg_lang yg_lang_of_environment(void);
