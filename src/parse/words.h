/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/words.h - a sign-in that is told by its words, in the log of a product nobody described.
 *
 * "Login failed for user 'bob' from 192.0.2.1", "認証に失敗しました: 192.0.2.1": nearly every
 * program that asks for a password says so in a few words. They are looked for where nothing better
 * is known: a word for signing in and a word for refusing it, near each other, and the address of
 * another machine.
 *
 * Fields: user, src_ip, auth_method (app), auth_result (failed, invalid, accepted).
 *
 * Layer:  parse. Input untrusted: at most YG_WORDS_BYTES_MAX bytes of it are looked at. Pure.
 * Limits: what the words mean is a guess. The rules that count such events say so, and wait for
 *         several of one address.
 * Tests:  tests/unit/parse/test_plain.c, tests/fuzz/fuzz_parse_plain.c
 */
#pragma once

#include "model/event.h"

#define YG_WORDS_BYTES_MAX 4096u

struct yg_words {
	struct yg_bytes user, address; /* inside the text, or empty */
	const char *result;	       /* of the sign-in; NULL: the text is about none */
};

/* What @text says. Cost: O(text) up to the limit. */
void yg_words_read(struct yg_bytes text, struct yg_words *ret);

/*
 * The fields of a sign-in that @text tells, with the address it came from: src_ip where the event
 * has one, else the one in the text. *ret_known: it tells one. Without an address nothing is added.
 * YG_OK or YG_ENOMEM.
 */
YG_MUST_USE int yg_words_add(struct yg_event *event, struct yg_bytes text, bool *ret_known);
