/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/say.h - messages to the operator, on standard error, in his language.
 *
 * A message says what, where and what to do: primary text, place, hint. Only app/ speaks.
 * Texts that come from inputs are made harmless (control characters shown, not obeyed).
 */
#pragma once

#include "base/bytes.h"
#include "base/tr.h"

/* Set once at start, before threads. */
void yg_say_lang(enum yg_lang lang);
enum yg_lang yg_say_lang_now(void);

/* "yagura: TEXT": @format is a msgid (English), translated here. Not for untrusted text in @format.
 */
__attribute__((format(printf, 1, 2))) void yg_say(const char *format, ...);

/* The same with a second line, indented: what to do about it. */
__attribute__((format(printf, 2, 3))) void yg_say_hint(const char *hint, const char *format, ...);

/* @text shortened to @columns bytes and without control characters; static per thread, 4 in turn.
 */
const char *yg_say_safe(struct yg_bytes text, size_t bytes_max);

/* The translation in the language set. */
const char *yg_say_tr(const char *msgid) __attribute__((format_arg(1)));
