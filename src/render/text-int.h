/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/text-int.h - text of logs made harmless, measured in columns, shortened; the words for
 * levels, outcomes and times. Private to render/. Pure, thread-safe.
 *
 * Source: Unicode 14 EastAsianWidth (W and F take two columns), Unicode TR 9 (bidi controls).
 */
#pragma once

#include "base/buf.h"
#include "base/tr.h"
#include "model/finding.h"

#define YG_TEXT_TIME_SIZE   40u /* room for yg_text_time, NUL included */
#define YG_TEXT_NUMBER_SIZE 32u /* room for yg_text_number and _size, NUL included */

/*
 * Add @text so that it can do nothing but be read: control characters become \n, \t, \x1b;
 * C1 controls, bidi controls, invisible and line-separating characters \u202e; bytes that are
 * not UTF-8 \xff. The result has no line break.
 */
void yg_text_add(struct yg_buf *to, struct yg_bytes text);

/* Columns @text takes on a terminal. @text should have gone through yg_text_add. */
size_t yg_text_width(struct yg_bytes text);

/* Size in bytes and columns of the first character of @text (not empty). */
size_t yg_text_next(struct yg_bytes text, size_t *ret_width);

/*
 * yg_text_add, but at most @columns (>= 8) wide: what is too long loses its middle, where "…"
 * stands instead.
 */
void yg_text_add_short(struct yg_buf *to, struct yg_bytes text, size_t columns);

/* "2026-11-21 17:31:54"; with_zone: " +09:00" or " UTC" after it. "-" for YG_TIME_NONE. */
const char *yg_text_time(char to[YG_TEXT_TIME_SIZE], int64_t time_ns, int32_t zone_s,
			 bool with_zone);

/* "+09:00", or "UTC". @to as in yg_text_time. */
const char *yg_text_zone(char to[YG_TEXT_TIME_SIZE], int32_t zone_s);

/* 1234567 as "1,234,567"; 9123456 bytes as "9.1 MB". The result lies in @to. */
struct yg_bytes yg_text_number(char to[YG_TEXT_NUMBER_SIZE], uint64_t value);
struct yg_bytes yg_text_size(char to[YG_TEXT_NUMBER_SIZE], uint64_t bytes);

/* Translated words; never NULL. */
const char *yg_words_level(enum yg_level level, enum yg_lang lang);
const char *yg_words_outcome(enum yg_outcome outcome, enum yg_lang lang);

/* The title of @rule in @lang: the English one where there is no other. */
struct yg_bytes yg_words_title(const struct yg_rule_info *rule, enum yg_lang lang);

/* The reason in @lang, as the log's texts fill it (not made harmless yet). */
void yg_words_reason(struct yg_buf *to, const struct yg_reason *reason, enum yg_lang lang);

/*
 * A template with %1 to %9 filled in from @args (@count in all), %% = "%". The order may differ
 * between languages, which is why this is not printf. YG_FILL translates first.
 */
void yg_words_fill(struct yg_buf *to, const char *template_text, const struct yg_bytes *args,
		   size_t count);
#define YG_FILL(to, lang, msgid, ...)                                                              \
	yg_words_fill((to), yg_tr((lang), (msgid)), (const struct yg_bytes[]){__VA_ARGS__},        \
		      sizeof((const struct yg_bytes[]){__VA_ARGS__}) / sizeof(struct yg_bytes))

/* A buffer for a piece of text made of @size bytes of log text: room enough for any escaping. */
void yg_text_scratch(struct yg_buf *scratch, size_t size);

/* End @scratch, handing its error on to @to. _flush adds its content to @to first. */
void yg_text_end(struct yg_buf *to, struct yg_buf *scratch);
void yg_text_flush(struct yg_buf *to, struct yg_buf *scratch);
